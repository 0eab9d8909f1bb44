"""Do they stay? The answer of `clv cohorts`."""

from datetime import date

import polars as pl
import pytest
from orders_text import collected, customers_from, observed, orders_from
from program import clv

from clvcli.activity import activity
from clvcli.cohorts import cells
from clvcli.errors import UsageError
from clvcli.periods import Period, day_number
from clvcli.rates import Rates
from clvcli.reports.cohorts import COLUMNS, MEASURES, cohort_tables
from clvcli.triangle import triangle

SHOP = """
    customer  order  date        amount  channel
    ann       1      2024-01-05    30    web
    ann       2      2024-02-10    20    web
    ann       3      2024-04-20    10    fair
    bob       4      2024-01-20    10    fair
    bob       r-1    2024-02-01    -5    fair
    cid       5      2024-02-11    37    web
    cid       6      2024-03-01     8    web
    dan       7      2024-04-02     6    -
"""
JANUARY, FEBRUARY, APRIL = (2024 * 12 + month for month in (0, 1, 3))


def found(period=Period.MONTH, as_of="2024-04-20", first="2024-01-05", by=(), margin=None):
    """The triangle of the shop."""
    customers = customers_from(SHOP, observed(as_of)) if by else None
    rows = collected(cells(activity(orders_from(SHOP, margin), period), customers, by))
    return triangle(rows, period, *(day_number(date.fromisoformat(day)) for day in (first, as_of)), by)


def tables(measure="retention", costs=None, **rest):
    return {table.name: table for table in cohort_tables(found(**rest), measure, costs)}


def rows(table):
    """The rows, each as its key and a list of what follows."""
    return {row[0]: list(row[1:]) for row in table.frame.rows()}


# The triangle


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("retention", {"2024-01": [2, 1.0, 0.5, 0.0, 0.5], "2024-02": [1, 1.0, 1.0, 0.0, None], "2024-04": [1, 1.0, None, None, None]}),
        ("active", {"2024-01": [2, 2, 1, 0, 1], "2024-02": [1, 1, 1, 0, None], "2024-04": [1, 1, None, None, None]}),
        ("orders", {"2024-01": [2, 1.0, 0.5, 0.0, 0.5], "2024-02": [1, 1.0, 1.0, 0.0, None], "2024-04": [1, 1.0, None, None, None]}),
        ("revenue", {"2024-01": [2, 20.0, 7.5, 0.0, 5.0], "2024-02": [1, 37.0, 8.0, 0.0, None], "2024-04": [1, 6.0, None, None, None]}),
        (
            "contribution",
            {"2024-01": [2, 10.0, 3.75, 0.0, 2.5], "2024-02": [1, 18.5, 4.0, 0.0, None], "2024-04": [1, 3.0, None, None, None]},
        ),
        (
            "cumulative_revenue",
            {"2024-01": [2, 20.0, 27.5, 27.5, 32.5], "2024-02": [1, 37.0, 45.0, 45.0, None], "2024-04": [1, 6.0, None, None, None]},
        ),
        (
            "cumulative_contribution",
            {"2024-01": [2, 10.0, 13.75, 13.75, 16.25], "2024-02": [1, 18.5, 22.5, 22.5, None], "2024-04": [1, 3.0, None, None, None]},
        ),
    ],
)
def test_a_cohort_is_followed_through_its_age_per_customer_acquired(measure, expected):
    table = tables(measure, margin=Rates(0.5))["cohorts"]
    assert rows(table) == expected
    assert table.title == f"{MEASURES[measure].label} by months since the first order"
    assert {c.unit for c in table.columns[2:]} == {MEASURES[measure].unit}


def test_the_period_still_running_is_marked_and_said():
    table = tables()["cohorts"]
    assert table.marks == {(0, "3"), (1, "2"), (2, "0")}
    assert table.shaded == {"0", "1", "2", "3"}
    (note,) = table.notes
    assert "* The last month was still running on 2024-04-20; averages leave it out." in note
    assert "The data begin on 2024-01-05, within a month: the first cohort is cut, and may hold older customers." in note


def test_where_every_period_is_whole_there_is_nothing_to_mark():
    table = tables(as_of="2024-04-30", first="2024-01-01")["cohorts"]
    assert (table.marks, table.notes) == (frozenset(), ("Empty: not observed yet.",))


def test_cohorts_are_by_quarter_and_by_year():
    quarters, years = (tables("active", period=period)["cohorts"] for period in (Period.QUARTER, Period.YEAR))
    assert rows(quarters) == {"2024-Q1": [3, 3, 1], "2024-Q2": [1, 1, None]}
    assert rows(years) == {"2024": [4, 4]}


# Averages


def test_the_curve_is_the_average_over_cohorts_that_reached_the_age():
    table = tables()["curve"]
    assert table.frame.columns == [
        "age",
        "cohorts",
        "customers",
        "retention",
        *(f"{name}_per_acquired" for name in ("orders", "revenue", "cumulative_revenue")),
    ]
    assert rows(table) == {
        0: [2, 3, 1.0, 1.0, 77 / 3, 77 / 3],
        1: [2, 3, 2 / 3, 2 / 3, 23 / 3, 100 / 3],
        2: [1, 2, 0.0, 0.0, 0.0, 27.5],
    }
    assert table.hidden == frozenset()


def test_where_the_margin_is_known_people_see_contribution_in_the_place_of_revenue():
    table = tables(margin=Rates(0.5))["curve"]
    assert table.hidden == {"revenue_per_acquired", "cumulative_revenue_per_acquired"}
    assert rows(table)[1] == pytest.approx([2, 3, 2 / 3, 2 / 3, 23 / 3, 11.5 / 3, 100 / 3, 50 / 3])


def test_a_cohort_is_held_against_earlier_ones_at_the_same_age():
    table = tables()["equal_age"]
    assert table.frame.columns == [
        "cohort",
        "customers",
        "age",
        "retention",
        "average",
        "cumulative_revenue_per_acquired",
        "average_so_far",
    ]
    assert rows(table) == {"2024-01": [2, 2, 0.0, None, 27.5, None], "2024-02": [1, 1, 1.0, 0.5, 45.0, 27.5]}


def test_later_cohorts_are_held_against_all_before_them():
    table = tables(as_of="2024-04-30", margin=Rates(0.5))["equal_age"]
    assert rows(table)["2024-04"] == [1, 0, 1.0, 1.0, 3.0, (20 + 18.5) / 3]


def test_where_no_period_is_whole_nothing_is_averaged():
    assert list(tables(period=Period.YEAR)) == ["cohorts", "cells"]


# Costs


COSTS = {(None, JANUARY): 275_000, (None, FEBRUARY): 300_000}


def test_a_cohorts_contribution_is_held_against_what_it_cost():
    table = tables("cumulative_contribution", COSTS, margin=Rates(0.5))["cohorts"]
    assert table.frame.columns == ["cohort", "customers", "cac", "paid_back_at", "0", "1", "2", "3"]
    assert {cohort: row[1:3] for cohort, row in rows(table).items()} == {
        "2024-01": [13.75, 1],  # 27.50 cost, 20 and 7.50 brought
        "2024-02": [30.0, None],
        "2024-04": [None, None],  # nobody knows what it cost
    }


def test_only_contribution_so_far_is_held_against_costs():
    assert "cac" not in tables("contribution", COSTS, margin=Rates(0.5))["cohorts"].frame.columns
    assert "cac" not in tables("cumulative_contribution", None, margin=Rates(0.5))["cohorts"].frame.columns


# Groups and cells


def test_groups_are_rows_of_their_own_most_customers_first():
    grouped = tables(as_of="2024-04-30", by=["channel"])
    assert list(grouped) == ["cohorts", "curve", "cells"]
    assert rows(grouped["cohorts"]) == {
        "web": [2, 1.0, 1.0, 0.0, 1.0],
        "fair": [1, 1.0, 0.0, 0.0, 0.0],
        "–": [1, 1.0, None, None, None],
    }


def test_a_group_is_over_its_cohorts_that_reached_the_age():
    table = tables("cumulative_revenue", as_of="2024-04-30", by=["channel"])["cohorts"]
    assert rows(table)["web"] == [2, 33.5, 47.5, 47.5, 60.0]


def test_every_cell_is_there_for_machines():
    table = tables()["cells"]
    assert (table.for_machines, table.keys, table.frame.height) == (True, 2, 8)
    assert table.frame.row(1) == ("2024-01", 1, 2, 1, 0.5, 0.5, 7.5, 27.5, "no")
    assert table.frame["is_partial"].to_list() == ["no", "no", "no", "yes", "no", "no", "yes", "yes"]


def test_cells_of_groups_are_told_apart_by_their_group():
    table = tables(by=["channel"])["cells"]
    assert table.keys == 3
    assert table.frame.filter(pl.col("group") == "web").select("cohort", "age", "active").rows() == [
        ("2024-01", 0, 1), ("2024-01", 1, 1), ("2024-01", 2, 0), ("2024-01", 3, 1), ("2024-02", 0, 1), ("2024-02", 1, 1), ("2024-02", 2, 0),
    ]  # fmt: skip


def test_every_column_says_what_it_is():
    defined = {column.name: column for column in COLUMNS}
    for table in cohort_tables(found(margin=Rates(0.5)), "cumulative_contribution", COSTS):
        assert [c.name for c in table.columns] == table.frame.columns
        assert all(c.label and c.description.endswith(".") for c in table.columns)
        assert all(c.name in defined or c.name.isdigit() for c in table.columns)


# Mistakes


def test_a_measure_that_there_is_not_is_refused():
    with pytest.raises(UsageError, match="no measure of cohorts is called 'retenton'") as told:
        tables("retenton")
    assert "did you mean 'retention'" in str(told.value)


@pytest.mark.parametrize("measure", ["contribution", "cumulative_contribution"])
def test_contribution_without_a_margin_is_refused(measure):
    with pytest.raises(UsageError, match="the margin isn't known") as told:
        tables(measure)
    assert "--margin 0.35" in str(told.value)


# The program


ORDERS = "\n".join(",".join(line.split()) for line in SHOP.strip().splitlines()).replace("-,", ",").replace(",-\n", ",\n") + "\n"


@pytest.fixture
def shop(tmp_path):
    text = ORDERS.replace("customer,order,", "customer_id,order_id,").replace("6,-", "6,")
    (tmp_path / "orders.csv").write_text(text, encoding="utf-8")
    return tmp_path


def asked(shop, *arguments):
    ran = clv("cohorts", "orders.csv", *arguments, "--format", "json", "--quiet", here=shop)
    assert (ran.code, ran.err) == (0, "")
    return {table["name"]: [list(row.values()) for row in table["rows"]] for table in ran.json["tables"]}


def test_the_program_follows_cohorts_by_month(shop):
    assert asked(shop)["cohorts"] == [
        ["2024-01", 2, 1.0, 0.5, 0.0, 0.5],
        ["2024-02", 1, 1.0, 1.0, 0.0, None],
        ["2024-04", 1, 1.0, None, None, None],
    ]


def test_the_program_counts_refunds_where_it_is_asked_to(shop):
    assert asked(shop, "--count-refunds", "--measure", "active")["cohorts"][0] == ["2024-01", 2, 2, 2, 0, 1]


def test_the_program_follows_them_by_another_period_and_by_attributes(shop):
    by_quarter = asked(shop, "--period", "quarter", "--by", "channel", "--measure", "active", "--as-of", "2024-06-30")
    assert by_quarter["cohorts"] == [["web", 2, 2, 1], ["fair", 1, 1, 0], ["–", 1, 1, None]]


def test_the_program_groups_by_labels_too(shop):
    assert [row[:2] for row in asked(shop, "--by", "cohort_quarter", "--as-of", "2024-04-30")["cohorts"]] == [
        ["2024-Q1", 3],
        ["2024-Q2", 1],
    ]


def test_the_program_holds_contribution_against_the_cost_of_winning(shop):
    found = asked(shop, "--margin", "0.5", "--cac", "12", "--measure", "cumulative_contribution")["cohorts"]
    assert [row[:4] for row in found] == [["2024-01", 2, 12.0, 1], ["2024-02", 1, 12.0, 0], ["2024-04", 1, 12.0, None]]
    grouped = asked(
        shop, "--margin", "0.5", "--cac", "12", "--measure", "cumulative_contribution", "--by", "channel", "--as-of", "2024-04-30"
    )
    assert grouped["cohorts"][0][:3] == ["web", 2, 16.75]


@pytest.mark.parametrize("name", ["age", "at", "active", "group"])
def test_an_attribute_may_be_called_like_a_part_of_the_triangle(shop, name):
    expected = asked(shop, "--by", "channel", "--as-of", "2024-04-30")
    path = shop / "orders.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("channel", name), encoding="utf-8")
    assert asked(shop, "--by", name, "--as-of", "2024-04-30") == expected
