"""What each customer did in each calendar period."""

from datetime import date

import pytest
from orders_text import collected, on_duckdb, on_polars, orders_from, values

from clvcli.activity import activity
from clvcli.costs import VariableCosts, with_variable_costs
from clvcli.periods import Period, day_number, period_index
from clvcli.rates import Rates

SHOP = """
    customer  order  date        amount
    ann       1      2024-01-05    30
    ann       2      2024-01-05    20
    ann       3      2024-01-31    10
    ann       3      2024-02-02    -4
    ann       r-1    2024-02-10    -6
    ann       4      2024-04-01     5
    bob       r-2    2024-01-01    -7
    bob       5      2024-01-02     8
    bob       r-3    2024-12-31    -1
"""
JANUARY, FEBRUARY, APRIL, DECEMBER = (2024 * 12 + month - 1 for month in (1, 2, 4, 12))


def did(period=Period.MONTH, *names, margin=None, **asked):
    """What each customer did in each period, `{(customer, period): (…)}`, in currency units and dates."""
    return values(activity(orders_from(SHOP, margin), period, **asked), *names, key=["customer_id", "at"])


def test_orders_and_money_are_of_the_period_they_fall_in():
    assert did(Period.MONTH, "orders", "revenue", "refunds") == {
        ("ann", JANUARY): (3, 56.0, 4.0),  # the refund of an order is of the order's day
        ("ann", FEBRUARY): (0, -6.0, 6.0),
        ("ann", APRIL): (1, 5.0, 0.0),
        ("bob", JANUARY): (1, 1.0, 7.0),
        ("bob", DECEMBER): (0, -1.0, 1.0),
    }


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period.QUARTER, {("ann", 2024 * 4): 3, ("ann", 2024 * 4 + 1): 1, ("bob", 2024 * 4): 1, ("bob", 2024 * 4 + 3): 0}),
        (Period.YEAR, {("ann", 2024): 4, ("bob", 2024): 1}),
    ],
)
def test_a_period_is_a_calendar_month_quarter_or_year(period, expected):
    assert did(period, "orders") == expected


def test_first_and_last_days_and_buying_days_are_of_purchases():
    assert did(Period.MONTH, "first_day", "last_day", "buying_days", count_days=True) == {
        ("ann", JANUARY): (date(2024, 1, 5), date(2024, 1, 31), 2),
        ("ann", FEBRUARY): (None, None, 0),
        ("ann", APRIL): (date(2024, 4, 1), date(2024, 4, 1), 1),
        ("bob", JANUARY): (date(2024, 1, 2), date(2024, 1, 2), 1),
        ("bob", DECEMBER): (None, None, 0),
    }


def test_buying_days_are_counted_where_they_are_asked_for():
    assert "buying_days" not in activity(orders_from(SHOP), Period.MONTH).collect_schema().names()


def test_a_refund_alone_is_activity_where_refunds_are_counted():
    assert did(Period.MONTH, "active") == {
        key: int(key not in {("ann", FEBRUARY), ("bob", DECEMBER)}) for key in did(Period.MONTH, "orders")
    }
    assert set(did(Period.MONTH, "active", count_refunds=True).values()) == {1}


def test_contribution_is_there_where_the_margin_is_known():
    assert did(Period.QUARTER, "gross_profit", "contribution", margin=Rates(0.5))["ann", 2024 * 4] == (25.0, 25.0)
    names = activity(orders_from(SHOP), Period.MONTH).collect_schema().names()
    assert not {"gross_profit", "variable_costs", "contribution"} & set(names)


def test_contribution_is_less_variable_costs():
    costs = VariableCosts(payment_share=0.1, shipping_per_order=2.0)
    found = activity(with_variable_costs(orders_from(SHOP, Rates(0.5)), costs), Period.MONTH)
    assert values(found, "gross_profit", "variable_costs", "contribution", key=["customer_id", "at"]) == {
        ("ann", JANUARY): (28.0, 12.0, 16.0),  # 30, 20 and 10 were paid: 6 of fees, 6 of postage
        ("ann", FEBRUARY): (-3.0, 0.0, -3.0),
        ("ann", APRIL): (2.5, 2.5, 0.0),
        ("bob", JANUARY): (0.5, 2.8, -2.3),
        ("bob", DECEMBER): (-0.5, 0.0, -0.5),
    }


def test_variable_costs_are_known_without_a_margin_but_no_contribution():
    names = activity(with_variable_costs(orders_from(SHOP), VariableCosts(0.1)), Period.MONTH).collect_schema().names()
    assert ("variable_costs" in names, "contribution" in names) == (True, False)


def test_the_periods_are_those_of_period_index():
    found = collected(activity(orders_from(SHOP), Period.MONTH))
    assert set(found["at"]) == {period_index(day_number(date(2024, month, 1)), Period.MONTH) for month in (1, 2, 4, 12)}


def test_on_another_engine_everybody_did_the_same():
    made = collected(with_variable_costs(orders_from(SHOP, Rates(0.5)), VariableCosts(0.029, 0.3)))
    sides = [collected(activity(on(made), Period.MONTH, count_days=True)).sort("customer_id", "at") for on in (on_polars, on_duckdb)]
    assert sides[0].rows() == sides[1].select(sides[0].columns).rows()
