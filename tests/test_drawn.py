"""Tables with pictures, in a terminal and as Markdown: heat maps, marked cells, bars."""

import io
import json
import math
import re

import polars as pl
import pytest
from sample_reports import AGES, CHANNEL, EFFECTS, NUMBERS, PICTURES, TRIANGLE

from clvcli.render import Look, renderer
from clvcli.tables import Column, Report, Table, Unit

SHADED = re.compile(r"\x1b\[38;5;(16|231);48;5;(\d+)m(.*?)\x1b\[0m")
WIDE = tuple(Column(str(age), str(age), Unit.SHARE, "Share who bought.") for age in range(18))
COHORTS = [f"{2024 + n // 12}-{n % 12 + 1:02d}" for n in range(18)]
WIDE_TRIANGLE = Table(
    "cohorts",
    "Retention",
    (Column("cohort", "Cohort", Unit.TEXT, "When they came."), NUMBERS[0], *WIDE),
    pl.DataFrame(
        {
            "cohort": COHORTS,
            "customers": [1000] * 18,
            **{c.name: [1 / (age + 1) if age + row < 18 else None for row in range(18)] for age, c in enumerate(WIDE)},
        }
    ),
    keys=2,
    shaded=frozenset(c.name for c in WIDE),
)


def rendered(*tables, name="table", **look):
    out = io.BytesIO()
    renderer(name)(Report("x", tables), out, Look(**look))
    return out.getvalue().decode()


def money(*amounts, **rest):
    """A table of money in one column, as the whole of a report."""
    frame = pl.DataFrame({"revenue": amounts}, schema={"revenue": pl.Float64})
    return Table("t", "T", (Column("revenue", "Revenue", Unit.MONEY, "Revenue."),), frame, keys=0, **rest)


def cells_of(table, **look):
    """The texts below the header of a table with one column."""
    return rendered(table, **look).splitlines()[4:-1]


# A heat map


def test_a_heat_map_has_whole_per_cents_narrow_gaps_and_nothing_where_nothing_was_observed():
    assert rendered(TRIANGLE) == (
        "Retention\n"
        "\n"
        "Cohort   Customers     0   1   2   3\n"
        "─────────────────────────────────────\n"
        "2024-01      1,200  100% 38% 20% <1%*\n"
        "2024-02         90  100% 40%  0%*\n"
        "2024-03        240  100% 10%*\n"
        "2024-04          7  100%*\n"
        "\n"
        "Total        1,537  100% 38% 19%\n"
        "\n"
        "* the month isn't over\n"
        "\n"
    )


def test_on_a_colour_terminal_cells_are_shaded_and_their_shades_meet():
    line = rendered(TRIANGLE, color=True).splitlines()[4]
    assert SHADED.findall(line) == [("231", "25", "100% "), ("16", "153", "38% "), ("16", "153", "20% "), ("16", "255", "<1%*")]
    assert SHADED.sub("", line) == "2024-01      1,200  "


def test_the_total_is_no_part_of_the_heat_map():
    assert [len(SHADED.findall(line)) for line in rendered(TRIANGLE, color=True).splitlines() if line[:4] == "2024"] == [4, 3, 2, 1]
    assert len(SHADED.findall(rendered(TRIANGLE, color=True))) == 10


def test_colours_take_nothing_away_and_add_no_text():
    lines = re.sub(r"\x1b\[[0-9;]*m", "", rendered(TRIANGLE, EFFECTS, color=True, true_color=True)).splitlines()
    assert [line.rstrip() for line in lines] == rendered(TRIANGLE, EFFECTS).splitlines()


def test_a_terminal_with_all_colours_gets_shades_between_the_steps():
    shown = rendered(TRIANGLE, color=True, true_color=True)
    assert len(set(re.findall(r"48;2;\d+;\d+;\d+", shown))) > 5
    assert not SHADED.search(shown)


def test_what_is_no_number_is_not_shaded_and_bends_no_scale():
    shown = rendered(money(math.nan, math.inf, 1.0, 2.0, None, shaded=frozenset({"revenue"})), color=True)
    assert [cell.strip() for _, _, cell in SHADED.findall(shown)] == ["1.00", "2.00"]


def test_text_is_never_part_of_a_heat_map():
    table = Table(
        "t", "T", (CHANNEL,), pl.DataFrame({"channel": ["web", None]}), shaded=frozenset({"channel"}), bars=frozenset({"channel"})
    )
    assert not SHADED.search(rendered(table, color=True))


@pytest.mark.parametrize(
    ("amounts", "shown"),
    [((99.5, 2.0, None), ["99.50", " 2.00", ""]), ((12345.67, 0.4, None), ["12,346", "     0", ""]), ((-100.0, 1.0), ["-100", "   1"])],
)
def test_money_in_a_heat_map_has_cents_only_where_all_of_it_is_little(amounts, shown):
    width = max(map(len, [*shown, "Revenue"]))
    assert cells_of(money(*amounts, shaded=frozenset({"revenue"}))) == [text and text.rjust(width) for text in shown]


@pytest.mark.parametrize(
    ("share", "shown"), [(0.0, "0%"), (0.004, "<1%"), (0.006, "1%"), (0.996, "100%"), (-0.004, "0%"), (-0.2, "-20%"), (1.5, "150%")]
)
def test_a_share_in_a_heat_map_is_a_whole_per_cent(share, shown):
    table = Table("t", "T", (AGES[0],), pl.DataFrame({"0": [share]}), keys=0, shaded=frozenset({"0"}))
    assert [cell.strip() for cell in cells_of(table)] == [shown]


def test_a_wide_triangle_continues_below_with_its_keys_and_only_where_there_is_more():
    first, second = rendered(WIDE_TRIANGLE, width=80).split("\n\n")[1:3]
    assert first.splitlines()[0] == "Cohort   Customers     0   1   2   3   4   5   6   7   8   9  10  11  12  13"
    assert second.splitlines()[0] == "Cohort   Customers   14  15  16  17"
    assert [line[:7] for line in first.splitlines()[2:]] == COHORTS
    assert [line[:7] for line in second.splitlines()[2:]] == COHORTS[:4]


def test_a_wide_terminal_has_a_triangle_in_one_piece():
    lines = rendered(WIDE_TRIANGLE, width=200).splitlines()
    assert sum(line.startswith("Cohort") for line in lines) == 1
    assert len(lines[2]) == len("Cohort   Customers     0") + 17 * len("  17")


def test_the_labels_of_a_heat_map_stand_above_their_numbers():
    columns = (Column("a", "Days to 30", Unit.COUNT, "A."), Column("b", "Days", Unit.COUNT, "B."))
    table = Table("t", "T", columns, pl.DataFrame({"a": [1234], "b": [5]}), keys=0, shaded=frozenset("ab"))
    assert rendered(table).splitlines()[2:] == [" Days", "to 30 Days", "───────────", "1,234    5", ""]


def test_columns_between_two_heat_maps_keep_their_gaps():
    columns = tuple(Column(name, name, Unit.COUNT, "A number.") for name in "abc")
    table = Table("t", "T", columns, pl.DataFrame({"a": [1], "b": [2], "c": [3]}), keys=0, shaded=frozenset("ac"))
    assert rendered(table).splitlines()[2:] == ["  a   b    c", "─────────────", "  1   2    3", ""]


# Marked cells


def test_digits_stand_below_each_other_beside_a_star():
    assert cells_of(money(5.0, 1234.5, None, marks=frozenset({(1, "revenue")}))) == ["    5.00", "1,234.50*", "       –"]


def test_text_is_followed_by_its_star():
    table = Table("t", "T", (CHANNEL,), pl.DataFrame({"channel": ["web", "mail"]}), marks=frozenset({(0, "channel")}))
    assert cells_of(table) == ["web*", "mail"]


def test_in_markdown_a_star_is_a_star():
    assert "| 2024-01 | 1,200 | 100% | 38% | 20% | \\<1%\\* |\n" in rendered(TRIANGLE, name="markdown")
    assert "| 2024-04 | 7 | 100%\\* |  |  |  |\n" in rendered(TRIANGLE, name="markdown")


# Bars


def test_numbers_have_bars_to_both_sides_of_an_axis():
    assert rendered(EFFECTS) == (
        "Levers\n"
        "\n"
        "         Change\n"
        "Lever    of CLV\n"
        "─────────────────────────────────────────────────\n"
        "Margin   100.00            │████████████████████\n"
        "AOV       12.50            │██▌\n"
        "CAC       -1.00           ▕│\n"
        "Churn    -50.00  ██████████│\n"
        "None       0.00            │\n"
        "Unknown       –\n"
        "\n"
    )


def test_without_unicode_bars_are_ascii():
    lines = rendered(EFFECTS, unicode=False).splitlines()
    assert lines[5] == "Margin  |100.00            :####################"
    assert lines[8] == "Churn   |-50.00  ##########:"


@pytest.mark.parametrize("width", [40, 59])
def test_a_narrow_terminal_has_no_bars(width):
    assert rendered(EFFECTS, width=width).splitlines()[5:7] == ["Margin   100.00", "AOV       12.50"]


def test_bars_share_what_numbers_leave_and_are_never_too_long():
    names = [f"n{n}" for n in range(3)]
    columns = tuple(Column(name, name, Unit.COUNT, "A number.") for name in names)
    table = Table("t", "T", columns, pl.DataFrame({name: [100] for name in names}), keys=0, bars=frozenset(names))
    blocks = {width: {len(bar) for bar in re.findall("█+", rendered(table, width=width))} for width in (60, 80, 200)}
    assert blocks == {60: {(60 - 3 * 3 - 2 * 2) // 3 - 2}, 80: {(80 - 3 * 3 - 2 * 2) // 3 - 2}, 200: {32}}


def test_text_is_folded_for_a_short_bar_only():
    columns = (CHANNEL, NUMBERS[0])
    table = Table("t", "T", columns, pl.DataFrame({"channel": ["of words " * 9], "customers": [100]}), bars=frozenset({"customers"}))
    assert re.findall("█+", rendered(table, width=80)) == ["█" * 8]
    assert max(map(len, rendered(table, width=80).splitlines())) <= 80


def test_without_room_there_is_no_bar():
    names = [f"Number{n}" for n in range(8)]
    columns = tuple(Column(name, name, Unit.COUNT, "A number.") for name in names)
    table = Table("t", "T", columns, pl.DataFrame({name: [100] for name in names}), keys=0, bars=frozenset(names))
    assert "█" not in rendered(table, width=80)


def test_a_star_stands_between_a_number_and_its_bar():
    marked = money(1.0, 2.0, bars=frozenset({"revenue"}), marks=frozenset({(1, "revenue")}))
    assert cells_of(marked) == [f"   1.00  {'█' * 16}", f"   2.00* {'█' * 32}"]


def test_losses_and_gains_have_colours_of_their_own():
    lines = rendered(EFFECTS, color=True).splitlines()
    assert lines[5].endswith("│\x1b[38;5;32m████████████████████\x1b[0m")
    assert lines[8].endswith("\x1b[38;5;166m██████████\x1b[0m│")


def test_markdown_has_no_bars():
    assert "| Margin | 100.00 |\n| AOV | 12.50 |\n" in rendered(EFFECTS, name="markdown")


# For machines


def test_pictures_change_nothing_for_machines():
    plain = [Table(t.name, t.title, t.columns, t.frame, t.notes, t.keys, t.hidden, t.footer) for t in PICTURES.tables]
    assert json.loads(rendered(*PICTURES.tables, name="json")) == json.loads(rendered(*plain, name="json"))
    assert rendered(TRIANGLE, name="csv") == rendered(plain[0], name="csv")
