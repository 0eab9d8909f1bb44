"""What customers cost to win."""

from datetime import date

import polars as pl
import pytest
from orders_text import customers_from, observed, on_polars, values

from clvcli.acquisition import (
    MONTH,
    SPEND,
    SpendRow,
    new_customers,
    spend_by_month,
    unattributed,
    with_acquisition_cost,
    with_spend,
)
from clvcli.periods import Period, day_number, period_index
from clvcli.rates import Rates

SHOP = """
    customer  order  date        amount  channel
    ann       1      2024-01-05    30    web
    ann       2      2024-02-05    30    fair
    bob       3      2024-01-05    30    fair
    cid       4      2024-01-05    30    -
    dan       r-1    2024-01-05   -30    web
"""


def customers():
    return customers_from(SHOP, observed("2024-12-31"))


def test_one_cost_is_that_of_everyone_who_ordered():
    assert values(with_acquisition_cost(customers(), Rates(12.345)), "acquisition_cost") == {
        "ann": 12.345,
        "bob": 12.345,
        "cid": 12.345,
        "dan": 0.0,
    }


def test_a_cost_by_channel_is_that_of_the_first_channel():
    cac = Rates(1.0, "channel", {"web": 18.38, "fair": 2.5})
    assert values(with_acquisition_cost(customers(), cac), "acquisition_cost") == {"ann": 18.38, "bob": 2.5, "cid": 1.0, "dan": 0.0}


def test_without_a_known_cost_there_is_no_column():
    assert "acquisition_cost" not in with_acquisition_cost(customers(), None).collect_schema().names()


# Spend


def day(text):
    return day_number(date.fromisoformat(text))


def month(text):
    return period_index(day(f"{text}-01"), Period.MONTH)


def test_an_amount_is_spent_evenly_and_its_parts_sum_to_it():
    row = SpendRow(day("2024-01-30"), day("2024-02-01"), "web", 100)
    assert list(row.days()) == [(day("2024-01-30"), 33), (day("2024-01-31"), 33), (day("2024-02-01"), 34)]
    assert list(SpendRow(day("2024-01-30"), day("2024-01-30"), None, 7).days()) == [(day("2024-01-30"), 7)]
    assert sum(part for _, part in SpendRow(day("2024-01-01"), day("2024-12-31"), "web", -1_000_003).days()) == -1_000_003


JANUARY = SpendRow(day("2024-01-01"), day("2024-01-31"), "web", 3_100)


@pytest.mark.parametrize(
    ("lag", "as_of", "cells", "late"),
    [
        (0, "2024-12-31", {("web", "2024-01"): 3_100}, 0),
        (10, "2024-12-31", {("web", "2024-01"): 2_100, ("web", "2024-02"): 1_000}, 0),
        (31, "2024-12-31", {("web", "2024-02"): 2_900, ("web", "2024-03"): 200}, 0),
        (0, "2024-01-20", {("web", "2024-01"): 2_000}, 1_100),
        (10, "2024-01-20", {("web", "2024-01"): 1_000}, 2_100),
        (0, "2023-12-31", {}, 3_100),
    ],
)
def test_spend_is_of_the_month_in_which_it_can_win_customers(lag, as_of, cells, late):
    assert spend_by_month([JANUARY], lag, day(as_of)) == ({(channel, month(at)): amount for (channel, at), amount in cells.items()}, late)


def test_spend_of_several_rows_adds_up_by_channel_and_month():
    fair = SpendRow(day("2024-01-05"), day("2024-01-05"), "fair", 11)
    nobodys = SpendRow(day("2024-02-05"), day("2024-02-05"), None, 13)
    cells, late = spend_by_month([JANUARY, fair, JANUARY, nobodys], 0, day("2024-12-31"))
    assert (cells, late) == ({("web", month("2024-01")): 6_200, ("fair", month("2024-01")): 11, (None, month("2024-02")): 13}, 0)


WINNERS = """
    customer  order  date        amount  channel
    ann       1      2024-01-05    30    web
    bob       2      2024-01-31    30    web
    cid       3      2024-01-05    30    web
    dan       4      2024-02-05    30    web
    eva       5      2024-01-05    30    -
    fay       6      2024-01-05    30    fair
    gus       r-1    2024-01-05   -30    web
"""


def winners():
    return customers_from(WINNERS, observed("2024-12-31"))


def test_new_customers_are_counted_by_channel_and_month_of_the_first_order():
    assert values(new_customers(winners(), "channel"), "customers", key=["channel", MONTH]) == {
        ("fair", month("2024-01")): 1,
        ("web", month("2024-01")): 3,
        ("web", month("2024-02")): 1,
        (None, month("2024-01")): 1,
    }
    assert values(new_customers(winners(), ""), "customers", key=MONTH) == {month("2024-01"): 5, month("2024-02"): 1}


def cells_of(rows, by="channel"):
    frame = pl.DataFrame(
        [(c, month(at), amount) for c, at, amount in rows], schema={by or "-": pl.String, MONTH: pl.Int32, SPEND: pl.Int64}, orient="row"
    )
    return on_polars(frame if by else frame.drop("-"))


def test_spend_is_shared_by_those_it_won_and_what_is_left_over_falls_on_the_least_ids():
    spent = cells_of([("web", "2024-01", 100_001), ("web", "2024-02", 5), ("fair", "2024-02", 8), (None, "2024-01", 9)])
    assert values(with_spend(winners(), "channel", spent), "acquisition_cost") == {
        "ann": 3.3334,
        "bob": 3.3334,
        "cid": 3.3333,
        "dan": 0.0005,
        "eva": 0.0,  # of no channel, and so is the spend: nobody knows that they belong together
        "fay": 0.0,
        "gus": 0.0,
    }


def test_spend_without_channels_is_shared_by_all_of_the_month():
    spent = cells_of([("", "2024-01", 50_000), ("", "2024-03", 7)], by="")
    assert values(with_spend(winners(), "", spent), "acquisition_cost") == {
        **dict.fromkeys(("ann", "bob", "cid", "eva", "fay"), 1.0),
        "dan": 0.0,
        "gus": 0.0,
    }


def test_money_that_came_back_is_shared_too():
    spent = cells_of([("web", "2024-01", -10)])
    assert values(with_spend(winners(), "channel", spent), "acquisition_cost") == pytest.approx(
        {"ann": -0.0003, "bob": -0.0003, "cid": -0.0004, **dict.fromkeys(("dan", "eva", "fay", "gus"), 0.0)}
    )


def test_only_the_cost_is_added():
    had = winners().collect_schema().names()
    assert with_spend(winners(), "channel", cells_of([])).collect_schema().names() == [*had, "acquisition_cost", "costed_customers"]


def test_spend_of_a_month_in_which_nobody_was_won_is_attributed_to_nobody():
    cells = {("web", 1): 10, ("web", 2): 20, (None, 1): 30, ("fair", 1): 0}
    assert unattributed(cells, [("web", 1)]) == {("web", 2): 20, (None, 1): 30}
    assert unattributed(cells, cells) == {}
