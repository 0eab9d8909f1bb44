"""`clv whatif` on a shop that a pencil can work out: AOV 100, twice a year, a margin of 40 %, three of four come back."""

import pytest
from program import SHOP, clv

from clvcli.reports.whatif import COLUMNS

ORDERS = """order_id,customer_id,ordered_at,amount,channel
1,ann,2023-01-01,100,web
2,bob,2023-02-01,100,web
3,cid,2023-03-01,100,fair
4,dan,2023-04-01,100,fair
5,ann,2024-02-01,100,web
6,ann,2024-03-01,100,web
7,bob,2024-02-01,100,web
8,bob,2024-03-01,100,web
9,cid,2024-02-01,100,fair
10,cid,2024-12-31,100,fair
"""
KNOWN = ("--base-margin", "0.4", "--base-cac", "20")
# 100 * 2 * 0.4 / 0.25 - 20 = 300, of which 320 before the CAC


@pytest.fixture
def here(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def tables(here):
    """The tables of a run by name: their rows by lever, or by the segment."""

    def ran(*arguments):
        found = clv("whatif", "orders.csv", *arguments, "--format", "json", here=here)
        assert (found.code, found.json["command"]) == (0, "whatif"), found.err
        return {t["name"]: {next(iter(row.values())): row for row in t["rows"]} | {"whole": t} for t in found.json["tables"]}

    return ran


@pytest.fixture
def said(here):
    """What a run says on standard error, with its exit code."""

    def ran(*arguments):
        found = clv("whatif", *arguments, here=here)
        return [*found.err.splitlines(), found.code]

    return ran


# The numbers


def test_moves_do_what_the_pencil_says(tables):
    found = tables(*KNOWN, "--aov", "+5%", "--retention", "+5pt")["whatif"]
    aov, retention = found["aov"], found["retention_rate"]
    assert (aov["move"], aov["today"], aov["then"]) == ("+5%", 100.0, 105.0)
    assert (retention["move"], retention["today"], retention["then"]) == ("+5pt", 0.75, pytest.approx(0.8))
    # one over a churn of 0.2 is five years: 80 * 5 - 20 = 380; with an AOV of 105 in place of 100, 400
    assert (aov["alone"], retention["alone"]) == (pytest.approx(16), pytest.approx(80))
    assert (aov["part"], retention["part"]) == (pytest.approx((16 + 20) / 2), pytest.approx((80 + 84) / 2))
    assert found["whole"]["total"] == {"part": pytest.approx(100)}
    assert found["whole"]["title"] == "A customer would be worth 400.00 instead of 300.00 (clv_contribution)"
    assert found["whole"]["notes"][-1] == "For as many customers as today, 4, that is 400.00."


@pytest.mark.parametrize("cac", [("--cac", "-10%"), ("--cac=-10%",), ("--cac", "18")])
def test_a_move_down_is_read_as_one(tables, cac):
    row = tables(*KNOWN, *cac)["whatif"]["cac"]
    assert (row["then"], row["alone"], row["part"]) == (pytest.approx(18), pytest.approx(2), pytest.approx(2))


def test_all_levers_move_at_once(tables):
    moves = ("--aov", "+5%", "--frequency", "+10%", "--margin", "+1pt", "--cac", "-10%", "--lifespan", "+25%")
    found = tables(*KNOWN, "--base-lifespan", "4", *moves)["whatif"]
    assert found["whole"]["total"]["part"] == pytest.approx((105 * 2.2 * 0.41 * 5 - 18) - 300)
    assert sum(row["part"] for row in found["whole"]["rows"]) == pytest.approx(found["whole"]["total"]["part"])


def test_a_tornado_shows_what_hangs_on_each_lever_the_most_first(tables):
    found = tables(*KNOWN)["tornado"]
    assert list(found) == ["retention_rate", "aov", "purchase_frequency", "margin", "cac", "whole"]
    high, low = 80 / 0.175 - 20, 80 / 0.325 - 20
    assert (found["retention_rate"]["at_lower"], found["retention_rate"]["at_higher"]) == (pytest.approx(low), pytest.approx(high))
    assert found["retention_rate"]["span"] == pytest.approx(high - low)
    assert (found["cac"]["at_lower"], found["cac"]["at_higher"], found["cac"]["span"]) == (
        pytest.approx(302),
        pytest.approx(298),
        pytest.approx(4),
    )


def test_a_swing_may_be_larger_until_a_lever_can_not_go_so_far(tables):
    found = tables(*KNOWN, "--swing", "40%")["tornado"]
    assert (found["aov"]["at_lower"], found["aov"]["at_higher"]) == (pytest.approx(172), pytest.approx(428))
    assert (found["retention_rate"]["at_higher"], found["retention_rate"]["span"]) == (None, None)
    assert list(found)[-2:] == ["retention_rate", "whole"]
    assert found["whole"]["notes"][0] == "–: so far the lever can't go, or there is no value."


def test_break_even_is_where_the_pencil_says(tables):
    found = tables(*KNOWN)["break_even"]
    zero = {name: row["at_zero"] for name, row in found.items() if name != "whole"}
    assert zero == {
        "aov": pytest.approx(6.25),
        "purchase_frequency": pytest.approx(0.125),
        "retention_rate": None,  # even a customer who never comes back is worth 80 - 20
        "margin": pytest.approx(0.025),
        "cac": pytest.approx(320),
    }
    assert found["whole"]["notes"] == ["–: the lever alone can't bring it there."]
    assert (found["aov"]["to_zero"], found["cac"]["to_zero"]) == (pytest.approx(-0.9375), pytest.approx(15))
    assert (found["cac"]["at_target"], found["aov"]["at_target"]) == (pytest.approx(320 / 3), pytest.approx(18.75))
    assert (found["cac"]["to_target"], found["aov"]["to_target"]) == (pytest.approx(13 / 3), pytest.approx(-0.8125))


def test_a_point_is_worth_what_the_pencil_says(tables):
    found = tables(*KNOWN)["points"]
    points = {name: (row["point"], row["adds"], row["adds_for_all"]) for name, row in found.items() if name != "whole"}
    assert points == {
        "retention_rate": ("+1pt", pytest.approx(80 / 0.24 - 320), pytest.approx(4 * (80 / 0.24 - 320))),
        "margin": ("+1pt", pytest.approx(8), pytest.approx(32)),
        "aov": ("+1%", pytest.approx(3.2), pytest.approx(12.8)),
        "purchase_frequency": ("+1%", pytest.approx(3.2), pytest.approx(12.8)),
        "cac": ("-1%", pytest.approx(0.2), pytest.approx(0.8)),
    }
    assert list(points)[:2] == ["retention_rate", "margin"]


def test_a_point_is_worth_something_else_in_each_segment(tables):
    found = tables(*KNOWN, "--by", "channel")["points_by_segment"]
    # of the fair's two customers one came back: 100 * 2 * 0.4 * 2 - 20 = 140; from the web both did, so nobody knows their lifespan
    assert found["fair"]["customers"] == 2
    assert (found["fair"]["aov_adds"], found["fair"]["margin_adds"]) == (pytest.approx(1.6), pytest.approx(4))
    assert found["fair"]["retention_rate_adds"] == pytest.approx(80 / 0.49 - 160)
    assert found["fair"]["retention_rate_adds_for_all"] == pytest.approx(2 * (80 / 0.49 - 160))
    assert (found["web"]["aov_adds"], found["web"]["retention_rate_adds_for_all"]) == (None, None)
    assert (found["whole"]["total"]["customers"], found["whole"]["total"]["aov_adds"]) == (4, pytest.approx(3.2))


def test_without_moves_there_are_no_moves(tables):
    assert list(tables(*KNOWN)) == ["tornado", "break_even", "points"]
    assert list(tables(*KNOWN, "--aov", "+1%", "--by", "channel")) == ["whatif", "tornado", "break_even", "points", "points_by_segment"]


# What isn't known, and what doesn't move


def test_without_a_cost_to_win_a_customer_there_is_no_target(tables, here):
    found = tables("--base-margin", "0.4", "--formula", "clv_monthly")
    assert {row["at_target"] for row in found["break_even"]["whole"]["rows"]} == {None}
    assert found["break_even"]["whole"]["title"] == "Where clv_monthly is zero"
    assert any(
        note.startswith("CAC: the cost of winning a customer isn't known: add --base-cac 20") for note in found["tornado"]["whole"]["notes"]
    )
    assert "LTV:CAC" not in clv("whatif", "orders.csv", "--base-margin", "0.4", here=here).text


def test_without_a_margin_revenue_is_what_can_be_moved(tables):
    found = tables()
    assert found["tornado"]["whole"]["title"] == "clv_simple is 800.00: each lever 10% lower and higher"
    assert [row["lever"] for row in found["tornado"]["whole"]["rows"]] == ["retention_rate", "aov", "purchase_frequency"]
    assert any(note.startswith("Margin: the margin isn't known: add --base-margin 0.35") for note in found["tornado"]["whole"]["notes"])
    assert found["break_even"]["whole"]["notes"] == ["No lever brings clv_simple to zero."]


def test_what_is_not_known_can_not_be_moved(said):
    assert said("orders.csv", "--margin", "+1pt", "--cac", "18")[:3] == [
        "error: --margin: Margin can't be moved: it isn't known here",
        "hint: the margin isn't known: add --base-margin 0.35, 'margin:' in clv.yaml, or a cost column",
        "",
    ]


def test_a_lever_that_does_nothing_says_so(tables):
    found = tables(*KNOWN, "--base-lifespan", "3", "--retention", "+5pt")
    row = found["whatif"]["retention_rate"]
    assert (row["alone"], row["part"]) == (0.0, 0.0)
    assert found["whatif"]["whole"]["notes"][-1] == (
        "Retention rate: clv_contribution doesn't move with it; --base-lifespan churn lets the lifespan follow from it; "
        "--formula clv_churn does."
    )
    assert found["tornado"]["whole"]["notes"] == []


def test_a_lifespan_that_follows_from_retention_is_no_lever_of_its_own(tables, said):
    told = "Lifespan: follows from Retention rate (period_years / churn_rate); --base-lifespan 3 makes it a lever of its own."
    assert tables(*KNOWN)["tornado"]["whole"]["notes"] == [told]
    alone = tables(*KNOWN, "--lifespan", "5")["whatif"]
    assert (alone["lifespan_years"]["alone"], alone["whole"]["notes"][-1]) == (pytest.approx(80), told)
    assert said("orders.csv", *KNOWN, "--lifespan", "5", "--retention", "80%") == [
        "error: --lifespan: Lifespan follows from Retention rate here: lifespan_years = period_years / churn_rate",
        "hint: move one of the two, or fix the years, as in --base-lifespan 3",
        2,
    ]


def test_moves_that_leave_no_value_are_refused(said):
    assert said("orders.csv", *KNOWN, "--retention", "100%") == [
        "error: clv_contribution has no value after these moves",
        "hint: lifespan_years = period_years / churn_rate divides by zero: churn_rate is 0",
        2,
    ]


def test_where_no_clv_has_a_value_there_is_nothing_to_move(said):
    *told, code = said("orders.csv", "--as-of", "2023-01-15", "--base-margin", "0.4")
    assert told[0] == "error: there is nothing to move: no CLV has a value that a lever moves"
    assert any("the data begin on 2023-01-01: not even two months" in line for line in told)
    assert code == 2


def test_a_ratio_is_not_taken_times_customers(tables, here):
    found = tables(*KNOWN, "--formula", "ltv_to_cac", "--cac", "40")
    assert found["whatif"]["whole"]["title"] == "ltv_to_cac would be 8.00 instead of 16.00"
    assert (found["points"]["cac"]["adds"], found["points"]["cac"]["adds_for_all"]) == (pytest.approx(16 / 99), None)
    assert {c["name"]: c["unit"] for c in found["points"]["whole"]["columns"]}["adds"] == "number"
    assert "For all" not in clv("whatif", "orders.csv", *KNOWN, "--formula", "ltv_to_cac", here=here).text


def test_a_part_is_unknown_where_a_mixture_of_moves_is(tables, here):
    (here / "clv.yaml").write_text("formulas:\n  odd: {text: aov / (aov - 60 * purchase_frequency), basis: margin, scope: total}\n")
    # 100 / (100 - 120) today; 150 / (150 - 75) after both; but with an AOV of 150 and 2.5 orders a year there is no value
    found = tables("--formula", "odd", "--aov", "150", "--frequency", "1.25")["whatif"]
    assert found["whole"]["total"]["part"] == pytest.approx(2 + 5)
    found = tables("--formula", "odd", "--aov", "120", "--frequency", "1")["whatif"]
    assert (found["aov"]["alone"], found["aov"]["part"], found["purchase_frequency"]["part"]) == (None, None, None)


# Bad input


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (("--aov", "fast"), "error: --aov: 'fast' doesn't say how far to move it"),
        (("--aov", "+2pt"), "error: --aov: '+2pt' doesn't say how far to move it"),
        (("--retention", "+60pt"), "error: --retention: '+60pt' would make it 135.0%, but a share is 0% to 100%"),
        (("--margin", "30"), "error: --margin: '30' would make it 3000.0%, but a share is 0% to 100%"),
        (("--cac", "-120%"), "error: --cac: '-120%' would make it -4.00, which is less than nothing"),
        (("--swing", "2"), "error: --swing: '2' is no share of a lever"),
        (("--by", "segment"), "error: no segments are configured"),
        (("--by", "aov"), "error: 'aov' is a number or an id of clv's own, not an attribute"),
    ],
)
def test_what_is_typed_wrongly_is_said(said, arguments, first):
    *told, code = said("orders.csv", *KNOWN, *arguments)
    assert told[0] == first
    assert code in (2, 3)


def test_every_move_that_says_nothing_is_said_at_once(said):
    told = said("nothing.csv", "--aov", "+5", "--cac", "less")
    assert [line for line in told if str(line).startswith("error")] == [
        "error: --aov: '+5' doesn't say how far to move it",
        "error: --cac: 'less' doesn't say how far to move it",
    ]


@pytest.mark.parametrize(
    ("option", "value"), [("--base-margin", "35"), ("--base-cac", "-1"), ("--base-lifespan", "soon"), ("--base-lifespan", "0")]
)
def test_what_the_shop_is_today_must_be_possible(said, option, value):
    *told, code = said("orders.csv", option, value)
    assert told[-2].startswith(f"error: {option}: '{value}")
    assert code == 2


@pytest.mark.parametrize(("rule", "years"), [("churn", 4.0), ("2.5", 2.5)])
def test_the_lifespan_today_may_be_years_or_a_rule(tables, rule, years):
    assert tables(*KNOWN, "--base-lifespan", rule, "--lifespan", "5")["whatif"]["lifespan_years"]["today"] == pytest.approx(years)


# For people


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_a_terminal_of_any_width_shows_all_of_it(columns):
    shown = clv("whatif", SHOP, "--aov", "+5%", "--by", "channel", COLUMNS=columns)
    assert (shown.code, shown.err) == (0, "")
    assert max(map(len, shown.lines)) <= int(columns)
    for words in ("would be worth", "lower and higher", "is zero", "one point of each", "by channel"):
        assert words in " ".join(shown.lines)


def test_every_column_is_defined_once_with_a_sentence(tables):
    found = tables(*KNOWN, "--aov", "+1%", "--by", "channel")
    shown = {column["name"] for table in found.values() for column in table["whole"]["columns"]}
    assert shown - {"channel", "customers"} <= {column.name for column in COLUMNS}
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
    assert all(column.description.endswith(".") for column in COLUMNS)
