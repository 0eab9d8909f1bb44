"""Records of an export to one row per order."""

from datetime import date

import narwhals.stable.v2 as nw
import polars as pl
from orders_text import collected, orders_from, values

from clvcli.orders import LINES, ORDERS, orders
from clvcli.periods import date_of
from clvcli.rates import Rates


def by_order(frame, *names):
    return values(frame, *names, key="order_id")


def days(frame):
    return {order: date_of(day) for order, day in collected(frame).select("order_id", "day").iter_rows()}


def test_lines_of_an_order_are_summed_on_its_first_day():
    given = orders_from("""
        customer  order  date        amount
        ann       1      2024-01-06    20
        ann       1      2024-01-05    10.5
        bob       2      2024-01-07     5
    """)
    assert by_order(given, "customer_id", "amount", "placed") == {"1": ("ann", 30.5, 1), "2": ("bob", 5.0, 1)}
    assert days(given) == {"1": date(2024, 1, 5), "2": date(2024, 1, 7)}


def test_a_refund_reduces_its_order_and_is_told_apart():
    given = orders_from("""
        customer  order  date        amount
        ann       1      2024-01-05    30
        ann       1      2024-01-09   -10
        bob       2      2024-01-05    30
        bob       2      2024-01-09   -30
    """)
    assert by_order(given, "amount", "refunds", "placed") == {"1": (20.0, 10.0, 1), "2": (0.0, 30.0, 1)}


def test_a_refund_whose_purchase_is_not_there_is_no_order():
    given = orders_from("""
        customer  order  date        amount
        ann       r-1    2024-01-09   -10
        ann       r-2    2024-01-09    -1
        ann       r-2    2024-01-10    -2
    """)
    assert by_order(given, "amount", "refunds", "placed") == {"r-1": (-10.0, 10.0, 0), "r-2": (-3.0, 3.0, 0)}


def test_an_order_for_nothing_is_an_order():
    given = orders_from("""
        customer  order  date        amount
        ann       1      2024-01-05     0
    """)
    assert by_order(given, "amount", "refunds", "placed") == {"1": (0.0, 0.0, 1)}


def test_the_same_order_id_of_two_customers_is_two_orders():
    given = collected(
        orders_from("""
        customer  order  date        amount
        ann       1      2024-01-05    10
        bob       1      2024-01-05    20
    """)
    )
    assert sorted(given["customer_id"]) == ["ann", "bob"]


def test_without_cost_or_margin_there_is_no_gross_profit():
    given = orders_from("""
        customer  order  date        amount
        ann       1      2024-01-05    10
    """)
    assert collected(given).columns == [c.name for c in ORDERS if c.name not in ("gross_profit", "placed")] + ["placed"]


ONE_ORDER = """
    customer  order  date        amount  category
    ann       1      2024-01-05    10    beans
    ann       1      2024-01-05    30    cups
    ann       2      2024-01-06   100    -
"""
ONE_ORDER_WITH_COST = """
    customer  order  date        amount  cost  category
    ann       1      2024-01-05    10       4  beans
    ann       1      2024-01-05    30       -  cups
    ann       2      2024-01-06    -5      -2  beans
"""


def test_one_margin_makes_the_gross_profit_of_all():
    assert by_order(orders_from(ONE_ORDER, Rates(0.2)), "gross_profit") == {"1": 8.0, "2": 20.0}


def test_a_margin_by_category_is_that_of_each_line():
    margin = Rates(0.1, "category", {"beans": 0.5, "cups": 0.2})
    assert by_order(orders_from(ONE_ORDER, margin), "gross_profit") == {"1": 10 * 0.5 + 30 * 0.2, "2": 100 * 0.1}


def test_a_cost_is_taken_from_the_amount_and_a_missing_one_counts_nothing():
    assert by_order(orders_from(ONE_ORDER_WITH_COST), "gross_profit") == {"1": 6.0, "2": -3.0}


def test_where_the_cost_is_missing_the_margin_decides():
    assert by_order(orders_from(ONE_ORDER_WITH_COST, Rates(0.2)), "gross_profit") == {"1": 6.0 + 30 * 0.2, "2": -3.0}
    by_category = Rates(0.1, "category", {"cups": 0.5})
    assert by_order(orders_from(ONE_ORDER_WITH_COST, by_category), "gross_profit") == {"1": 6.0 + 30 * 0.5, "2": -3.0}


def test_a_gross_profit_is_rounded_to_the_nearest_ten_thousandth():
    given = orders_from(
        """
        customer  order  date        amount
        ann       1      2024-01-05    0.0003
        ann       2      2024-01-05    0.0001
    """,
        Rates(0.5),
    )
    assert by_order(given, "gross_profit") == {"1": 0.0002, "2": 0.0001}


def test_an_attribute_is_kept_and_the_least_one_stands_for_an_order():
    given = orders_from("""
        customer  order  date        amount  channel  category
        ann       1      2024-01-05    10    web      cups
        ann       1      2024-01-05    30    web      beans
        ann       2      2024-01-05    30    -        -
    """)
    assert by_order(given, "channel", "category") == {"1": ("web", "beans"), "2": (None, None)}


def test_money_is_whole_numbers_on_every_path():
    for margin in (None, Rates(0.3), Rates(0.3, "category", {"cups": 0.5})):
        for text in (ONE_ORDER, ONE_ORDER_WITH_COST):
            schema = orders_from(text, margin).collect_schema()
            assert {schema[n] for n in ("amount", "refunds", "gross_profit") if n in schema} == {nw.Int64}


def test_no_lines_make_no_orders():
    empty = pl.DataFrame(schema={"customer_id": pl.String, "order_id": pl.String, "day": pl.Int32, "amount": pl.Int64})
    assert collected(orders(nw.from_native(empty.lazy()))).height == 0


def test_every_column_of_both_tables_says_what_it_is():
    assert all(column.label and column.description for column in (*LINES, *ORDERS))
