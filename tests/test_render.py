"""Rendering for people: four reports, ordinary, empty, with pictures and awkward, in a terminal and as Markdown."""

import io
import re
import unicodedata

import polars as pl
import pytest
from sample_reports import AWKWARD, EMPTY, EVIL, NUMBERS, ORDINARY, REPORTS

from clvcli.render import Look, renderer
from clvcli.tables import Column, Report, Table, Unit

every_report = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)


def rendered(report, name="table", **look):
    out = io.BytesIO()
    renderer(name)(report, out, Look(**look))
    return out.getvalue()


def cells_wide(line):
    """How many cells a terminal uses for a line: two for a wide character, none for one that combines."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


# In a terminal


def test_a_table_has_labels_units_a_total_and_notes():
    assert rendered(ORDINARY).decode() == (
        "Customers by channel\n"
        "\n"
        "Channel  Customers  Share    Revenue  Since\n"
        "────────────────────────────────────────────────\n"
        "web          1,234  99.9%  12,345.67  2024-01-05\n"
        "–                1   0.1%          –  –\n"
        "\n"
        "Total        1,235         12,345.67\n"
        "\n"
        "A note.\n"
        "\n"
        "2 records = 2 used\n"
    )


def test_an_empty_table_shows_its_columns():
    first, *rest = [line for line in rendered(EMPTY).decode().splitlines() if line]
    assert first == "Nothing"
    assert rest[0].split() == ["Channel", "Customers", "Share", "Revenue", "Since"]


@every_report
@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("unicode", [True, False])
def test_nothing_is_wider_than_the_terminal(report, width, unicode):
    lines = rendered(report, width=width, unicode=unicode).decode().splitlines()
    assert max(map(cells_wide, lines)) <= width


@pytest.mark.parametrize("width", [1, 20, 39])
def test_a_terminal_that_is_too_narrow_gets_forty_cells(width):
    assert max(map(cells_wide, rendered(ORDINARY, width=width).decode().splitlines())) <= 40


@every_report
@pytest.mark.parametrize("width", [80, 200])
def test_no_number_is_cut_or_folded(report, width):
    shown = rendered(report, width=width).decode()
    for table in report.tables:
        for column in table.columns:
            if column.unit.is_number and column.unit is not Unit.ROW and column.name not in table.shaded:
                assert all(column.unit.show(value) in shown for value in table.frame[column.name])


@every_report
@pytest.mark.parametrize("color", [True, False])
def test_control_characters_are_shown_not_obeyed(report, color):
    shown = rendered(report, color=color, width=200).decode()
    without_styles = re.sub(r"\x1b\[[0-9;]*m", "", shown) if color else shown
    assert {c for c in without_styles if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")} <= {"\n"}


def test_data_bring_no_style_of_their_own():
    styles = set(re.findall(r"\x1b\[[0-9;]*m", rendered(AWKWARD, color=True).decode()))
    assert styles <= set(re.findall(r"\x1b\[[0-9;]*m", rendered(ORDINARY, color=True).decode()))


def test_markup_is_shown_as_it_stands():
    assert "[red]x[/red]" in rendered(AWKWARD, width=200).decode()
    assert "[/nope]" in rendered(AWKWARD, width=200).decode()


@every_report
def test_without_colour_there_are_no_escapes(report):
    assert b"\x1b" not in rendered(report, color=False)


@every_report
def test_without_unicode_all_is_ascii(report):
    assert rendered(report, unicode=False).isascii()


@every_report
def test_no_line_ends_in_blanks(report):
    assert all(line == line.rstrip() for line in rendered(report).decode().splitlines())


def test_a_table_too_wide_continues_below_with_its_keys():
    lines = rendered(AWKWARD, width=80).decode().splitlines()
    assert sum("Number" in line for line in lines) > 1
    assert sum(line.startswith("Total") for line in lines) == sum("[/nope]" in line[:28] for line in lines)


def test_a_column_without_room_beside_its_keys_still_stands():
    keys = tuple(Column(f"k{n}", f"Key {n}", Unit.TEXT, "A key.") for n in range(4))
    frame = pl.DataFrame({**{c.name: ["wide " * 10] for c in keys}, "customers": [123_456]})
    report = Report("segments", (Table("segments", "Keys", (*keys, NUMBERS[0]), frame, keys=4),))
    lines = rendered(report, width=80).decode().splitlines()
    assert max(map(len, lines)) <= 80
    assert "123,456" in "\n".join(lines)


# As Markdown


def test_markdown_is_a_table_with_a_total_and_notes():
    assert rendered(ORDINARY, "markdown").decode() == (
        "## Customers by channel\n"
        "\n"
        "| Channel | Customers | Share | Revenue | Since |\n"
        "| --- | --: | --: | --: | --- |\n"
        "| web | 1,234 | 99.9% | 12,345.67 | 2024-01-05 |\n"
        "| – | 1 | 0.1% | – | – |\n"
        "| **Total** | **1,235** |  | **12,345.67** |  |\n"
        "\n"
        "A note.\n"
        "\n"
        "2 records = 2 used\n"
    )


@every_report
def test_every_row_of_markdown_has_as_many_cells_as_the_header(report):
    rows = [line for line in rendered(report, "markdown").decode().splitlines() if line.startswith("|")]
    bars = {len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows}
    widths = {len(table.columns) + 1 for table in report.tables}
    assert bars == widths


def test_a_row_of_markdown_is_one_line():
    rows = [line for line in rendered(AWKWARD, "markdown").decode().splitlines() if line.startswith("|")]
    assert len(rows) == len(EVIL) + 3 + 2


@pytest.mark.parametrize("evil", ["**bold**", "_i_", "`c`", "<b>", "[red]"])
def test_markup_in_data_is_no_markdown(evil):
    assert evil not in rendered(AWKWARD, "markdown").decode()


@every_report
@pytest.mark.parametrize("name", ["table", "markdown"])
def test_two_runs_give_the_same_bytes(report, name):
    assert rendered(report, name) == rendered(report, name)
