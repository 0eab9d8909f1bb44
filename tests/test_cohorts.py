"""Cohorts: who came when, followed through their age; and the triangle of what was observed of them."""

from datetime import date

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from orders_text import ENGINES, collected, customers_from, observed, orders_from, values

from clvcli.acquisition import with_acquisition_cost
from clvcli.activity import activity
from clvcli.cohorts import cells, cohort_costs, cohort_label
from clvcli.periods import Period, day_number, period_index, period_name
from clvcli.rates import Rates
from clvcli.triangle import acquisition_costs, triangle

SHOP = """
    customer  order  date        amount  channel
    ann       1      2024-01-05    30    web
    ann       2      2024-02-10    20    web
    ann       3      2024-04-20    10    fair
    bob       4      2024-01-20    10    fair
    bob       r-1    2024-02-01    -5    fair
    cid       r-2    2023-12-30    -3    web
    cid       5      2024-02-11    40    web
    cid       6      2024-03-01     8    web
    dan       7      2024-04-02     6    -
    eva       r-3    2024-03-03    -9    web
"""
SEEN = observed("2024-04-20", since="2024-01-05")
DECEMBER, JANUARY, FEBRUARY, MARCH, APRIL = (2024 * 12 + month for month in (-1, 0, 1, 2, 3))
KEYS = ["cohort", "age"]


def orders_of_shop(margin=None):
    return orders_from(SHOP, margin)


def customers_of_shop():
    return customers_from(SHOP, SEEN)


def of_cells(*names, period=Period.MONTH, margin=None, **asked):
    """What stands in each cell, `{(cohort, age): (…)}`."""
    found = cells(activity(orders_of_shop(margin), period, **asked))
    return values(found.with_columns(nw.col("cohort").cast(nw.Int64)), *names, key=KEYS)


# Cells


def test_a_cell_is_what_a_cohort_did_at_an_age():
    assert of_cells("active", "orders", "revenue") == {
        (JANUARY, 0): (2, 2, 40.0),
        (JANUARY, 1): (1, 1, 15.0),  # bob gave something back, and that is no activity
        (JANUARY, 3): (1, 1, 10.0),
        (FEBRUARY, 0): (1, 1, 37.0),  # cid's refund of something bought before the data begin
        (FEBRUARY, 1): (1, 1, 8.0),
        (APRIL, 0): (1, 1, 6.0),
        (None, 0): (0, 0, -9.0),  # eva never bought
    }


def test_where_refunds_count_as_activity_they_make_cohorts_too():
    assert of_cells("active", "orders", "revenue", count_refunds=True) == {
        (DECEMBER, 0): (1, 0, -3.0),
        (DECEMBER, 2): (1, 1, 40.0),
        (DECEMBER, 3): (1, 1, 8.0),
        (JANUARY, 0): (2, 2, 40.0),
        (JANUARY, 1): (2, 1, 15.0),
        (JANUARY, 3): (1, 1, 10.0),
        (MARCH, 0): (1, 0, -9.0),
        (APRIL, 0): (1, 1, 6.0),
    }


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period.QUARTER, {(2024 * 4, 0): (3, 100.0), (2024 * 4, 1): (1, 10.0), (2024 * 4 + 1, 0): (1, 6.0), (None, 0): (0, -9.0)}),
        (Period.YEAR, {(2024, 0): (4, 116.0), (None, 0): (0, -9.0)}),
    ],
)
def test_cohorts_are_by_quarter_and_year_too(period, expected):
    assert of_cells("active", "revenue", period=period) == expected


def test_contribution_is_in_the_cells_where_it_is_known():
    assert of_cells("contribution", margin=Rates(0.5))[JANUARY, 1] == 7.5
    assert "contribution" not in cells(activity(orders_of_shop(), Period.MONTH)).collect_schema().names()


def test_cells_are_by_the_attributes_of_customers():
    found = cells(activity(orders_of_shop(), Period.QUARTER), customers_of_shop(), ["channel"])
    of_channels = values(found.with_columns(nw.col("cohort").cast(nw.Int64)), "active", "revenue", key=["channel", *KEYS])
    assert of_channels == {
        ("fair", 2024 * 4, 0): (1, 5.0),
        ("web", 2024 * 4, 0): (2, 95.0),
        ("web", 2024 * 4, 1): (1, 10.0),
        (None, 2024 * 4 + 1, 0): (1, 6.0),
        (None, None, 0): (0, -9.0),
    }


def test_a_cohort_cost_what_its_customers_cost():
    paid = with_acquisition_cost(customers_of_shop(), Rates(1.0, "channel", {"web": 20.0, "fair": 5.5}))
    by_month = cohort_costs(paid, Period.MONTH)
    assert values(by_month, "acquisition_cost", key="cohort") == {JANUARY: 25.5, FEBRUARY: 20.0, APRIL: 1.0}
    by_channel = cohort_costs(paid, Period.YEAR, ["channel"])
    assert values(by_channel, "acquisition_cost", key=["channel", "cohort"]) == {
        ("fair", 2024): 5.5,
        ("web", 2024): 40.0,
        (None, 2024): 1.0,
    }


# Names


@ENGINES
@pytest.mark.parametrize("period", Period)
def test_a_cohort_is_called_what_its_period_is_called(engine, period):
    days = [day_number(date(year, month, 15)) for year in (1969, 2024, 2025) for month in range(1, 13)]
    frame = engine(pl.DataFrame({"day": [*days, None]}, schema={"day": pl.Int32}))
    named = collected(frame.with_columns(cohort_label(nw.col("day"), period).alias("cohort")))
    assert dict(named.select("day", "cohort").rows()) == {
        **{day: period_name(period_index(day, period), period) for day in days},
        None: None,
    }


# The triangle


def of_shop(period=Period.MONTH, as_of="2024-04-20", first="2024-01-05", by=(), margin=None):
    rows = collected(cells(activity(orders_of_shop(margin), period), customers_of_shop() if by else None, by))
    return triangle(rows, period, *(day_number(date.fromisoformat(day)) for day in (first, as_of)), by)


def test_the_triangle_has_every_cell_that_could_be_observed():
    found = of_shop().frame.select("cohort", "age", "customers", "active", "orders", "revenue", "cumulative_revenue", "is_partial")
    assert found.rows() == [
        (JANUARY, 0, 2, 2, 2, 400_000, 400_000, False),
        (JANUARY, 1, 2, 1, 1, 150_000, 550_000, False),
        (JANUARY, 2, 2, 0, 0, 0, 550_000, False),
        (JANUARY, 3, 2, 1, 1, 100_000, 650_000, True),
        (FEBRUARY, 0, 1, 1, 1, 370_000, 370_000, False),
        (FEBRUARY, 1, 1, 1, 1, 80_000, 450_000, False),
        (FEBRUARY, 2, 1, 0, 0, 0, 450_000, True),
        (APRIL, 0, 1, 1, 1, 60_000, 60_000, True),
    ]


def test_on_the_last_day_of_a_period_nothing_is_partial():
    found = of_shop(as_of="2024-04-30")
    assert (found.frame["is_partial"].any(), found.last_is_partial, found.whole.height) == (False, False, 8)


def test_a_triangle_goes_on_after_the_last_order():
    found = of_shop(Period.QUARTER, as_of="2024-12-31").frame
    assert found.select("cohort", "age", "active").rows() == [
        (2024 * 4, 0, 3), (2024 * 4, 1, 1), (2024 * 4, 2, 0), (2024 * 4, 3, 0), (2024 * 4 + 1, 0, 1), (2024 * 4 + 1, 1, 0), (2024 * 4 + 1, 2, 0),
    ]  # fmt: skip


def test_the_curve_is_over_cohorts_that_reached_the_age_by_the_end_of_a_whole_period():
    found = of_shop().at_each_age().select("age", "cohorts", "customers", "active", "orders", "revenue", "cumulative_revenue")
    assert found.rows() == [(0, 2, 3, 3, 3, 770_000, 770_000), (1, 2, 3, 2, 2, 230_000, 1_000_000), (2, 1, 2, 0, 0, 0, 550_000)]


def test_groups_have_triangles_of_their_own():
    found = of_shop(Period.QUARTER, by=["channel"]).frame
    assert found.select("group", "cohort", "age", "customers", "active", "cumulative_revenue").rows() == [
        ("fair", 2024 * 4, 0, 1, 1, 50_000),
        ("fair", 2024 * 4, 1, 1, 0, 50_000),
        ("web", 2024 * 4, 0, 2, 2, 950_000),
        ("web", 2024 * 4, 1, 2, 1, 1_050_000),
        ("–", 2024 * 4 + 1, 0, 1, 1, 60_000),
    ]


def test_a_group_of_two_attributes_is_called_by_both():
    rows = collected(cells(activity(orders_of_shop(), Period.YEAR), customers_of_shop(), ["channel"])).with_columns(land=pl.lit("LV"))
    found = triangle(rows, Period.YEAR, SEEN.window.first_day, SEEN.window.as_of, ["channel", "land"])
    assert found.frame["group"].to_list() == ["fair · LV", "web · LV", "– · LV"]


def test_what_groups_do_at_each_age_is_told_apart():
    found = of_shop(as_of="2024-04-30", by=["channel"]).at_each_age("group").select("group", "age", "cohorts", "customers", "active")
    assert found.filter(pl.col("group") == "web").rows() == [
        ("web", 0, 2, 2, 2),
        ("web", 1, 2, 2, 2),
        ("web", 2, 2, 2, 0),
        ("web", 3, 1, 1, 1),
    ]


def test_contribution_is_summed_up_like_revenue():
    found = of_shop(margin=Rates(0.5))
    assert found.measures == ("orders", "revenue", "contribution")
    assert found.frame["cumulative_contribution"].to_list()[:4] == [200_000, 275_000, 275_000, 325_000]


@pytest.mark.parametrize(("first", "midway"), [("2024-01-01", False), ("2024-01-02", True)])
def test_a_first_cohort_may_be_cut(first, midway):
    assert of_shop(first=first).begins_midway is midway


def test_a_cohort_is_called_by_its_period():
    assert of_shop().name(JANUARY) == "2024-01"
    assert of_shop(Period.QUARTER).name(2024 * 4) == "2024-Q1"


def test_what_cohorts_cost_is_found_by_group_and_cohort():
    paid = with_acquisition_cost(customers_of_shop(), Rates(2.0))
    assert acquisition_costs(collected(cohort_costs(paid, Period.YEAR))) == {(None, 2024): 80_000}
    by_channel = acquisition_costs(collected(cohort_costs(paid, Period.YEAR, ["channel"])), ["channel"])
    assert by_channel == {("fair", 2024): 20_000, ("web", 2024): 40_000, ("–", 2024): 20_000}
