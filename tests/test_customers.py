"""One row per customer, and rows to fewer rows of the same columns."""

from datetime import date

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from orders_text import collected, customers_from, observed, orders_from, values

from clvcli.customers import measured, merged
from clvcli.periods import Period
from clvcli.rates import Rates

SHOP = """
    customer  order  date        amount  channel
    ann       1      2023-01-05    30    web
    ann       2      2024-01-05    20    fair
    bob       3      2024-03-01     5    web
    cid       4      2022-06-01    10    -
"""
YEAR_2024 = observed("2024-12-31", Period.YEAR)


def shop():
    return customers_from(SHOP, YEAR_2024)


def test_each_customer_is_one_row_of_every_metric():
    assert values(shop(), "customers", "orders", "revenue") == {
        "ann": (1, 2, 50.0),
        "bob": (1, 1, 5.0),
        "cid": (1, 1, 10.0),
    }


def test_gross_profit_is_measured_where_orders_have_it():
    assert values(measured(orders_from(SHOP, Rates(0.5)), YEAR_2024), "gross_profit")["ann"] == 25.0
    assert "gross_profit" not in measured(orders_from(SHOP), YEAR_2024).collect_schema().names()


def test_customers_merge_into_segments_by_sum_min_and_max():
    segments = merged(shop(), ["channel"])
    assert values(segments, "customers", "orders", "revenue", "retained_customers", key="channel") == {
        "web": (2, 3, 55.0, 1),
        None: (1, 1, 10.0, 0),
    }
    assert values(segments, "first_day", "last_day", key="channel")["web"] == (date(2023, 1, 5), date(2024, 3, 1))


def test_all_customers_merge_into_one_row():
    total = collected(merged(shop(), by=())).row(0, named=True)
    assert (total["customers"], total["orders"], total["customers_in_period"]) == (3, 4, 2)


def test_no_customers_merge_into_zeros():
    nobody = shop().filter(nw.col("customer_id") == "nobody")
    total = collected(merged(nobody, by=())).row(0, named=True)
    assert (total["customers"], total["revenue"], total["first_day"]) == (0, 0, None)


def test_rows_of_two_parts_of_a_customers_orders_merge_into_the_whole():
    early, late = (
        """
        customer  order  date        amount
        ann       1      2023-06-01    10
        ann       2      2024-02-01    10
    """,
        """
        customer  order  date        amount
        ann       3      2023-07-01    10
        ann       4      2024-03-01    10
    """,
    )
    parts = merged(nw.concat([measured(orders_from(early), YEAR_2024), measured(orders_from(late), YEAR_2024)]))
    whole = measured(orders_from(early + "\n".join(late.splitlines()[2:])), YEAR_2024)
    assert collected(parts).to_dicts() == collected(whole).to_dicts()


def test_an_attribute_is_that_of_the_first_order_or_of_the_last():
    assert values(customers_from(SHOP, YEAR_2024, pick="first"), "channel") == {"ann": "web", "bob": "web", "cid": None}
    assert values(customers_from(SHOP, YEAR_2024, pick="last"), "channel") == {"ann": "fair", "bob": "web", "cid": None}


@pytest.mark.parametrize("pick", ["first", "last"])
def test_on_one_day_the_least_order_id_decides(pick):
    given = """
        customer  order  date        amount  channel
        ann       10     2024-01-05    30    fair
        ann       2      2024-01-05    30    web
        ann       11     2024-01-05    30    shop
        bob       13     2024-01-05    30    web
        bob       12     2024-01-05    30    -
    """
    assert values(customers_from(given, YEAR_2024, pick=pick), "channel") == {"ann": "fair", "bob": None}


def test_a_refund_alone_gives_no_attribute():
    given = """
        customer  order  date        amount  channel
        ann       r-1    2024-01-01   -30    returns
        ann       1      2024-01-05    30    web
        ann       r-2    2024-01-05   -30    returns
        bob       r-3    2024-01-05   -30    returns
    """
    for pick in ("first", "last"):
        assert values(customers_from(given, YEAR_2024, pick=pick), "channel") == {"ann": "web", "bob": None}


def test_several_attributes_are_those_of_one_and_the_same_order():
    given = """
        customer  order  date        amount  channel  country
        ann       2      2024-01-05    30    fair     -
        ann       1      2024-01-05    30    web      LV
        bob       3      2024-01-05    30    -        FI
    """
    assert values(customers_from(given, YEAR_2024), "channel", "country") == {"ann": ("web", "LV"), "bob": (None, "FI")}


@pytest.mark.parametrize("name", ["code", "settled", "least", "greatest_code"])
def test_an_attribute_may_be_called_anything(name):
    given = SHOP.replace("channel", name)
    assert values(customers_from(given, YEAR_2024, pick="last"), name) == {"ann": "fair", "bob": "web", "cid": None}


def test_measures_are_whole_numbers():
    schema = shop().collect_schema()
    assert {schema[n] for n in schema if n not in ("customer_id", "channel", "first_day", "last_day")} == {nw.Int64}
    assert {schema[n] for n in ("first_day", "last_day")} <= {nw.Int32, nw.Int64}
    assert isinstance(collected(shop()), pl.DataFrame)
