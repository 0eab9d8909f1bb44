"""What each metric measures, on a few orders in view."""

from datetime import date

import pytest
from orders_text import customers_from, observed, values

from clvcli.metrics import BY_AGE, METRICS, PERIOD_METRICS
from clvcli.periods import Period
from clvcli.rates import Rates
from clvcli.tables import Unit

YEAR_2024 = observed("2024-12-31", Period.YEAR)


def test_orders_are_purchases_and_revenue_is_net_of_refunds():
    given = customers_from(
        """
        customer  order  date        amount
        ann       1      2024-01-05    30
        ann       1      2024-01-09   -10
        ann       2      2024-02-01     5
    """,
        YEAR_2024,
    )
    assert values(given, "orders", "revenue", "refunds") == {"ann": (2, 25.0, 10.0)}


def test_a_refund_alone_is_money_but_no_activity():
    given = customers_from(
        """
        customer  order  date        amount
        ann       1      2024-03-05    30
        ann       r-1    2024-01-01   -10
        ann       r-2    2024-12-09   -10
    """,
        YEAR_2024,
    )
    assert values(given, "orders", "revenue", "refunds", "buying_days") == {"ann": (1, 10.0, 20.0, 1)}
    assert values(given, "first_day", "last_day") == {"ann": (date(2024, 3, 5), date(2024, 3, 5))}


def test_who_only_gave_back_is_no_customer():
    given = customers_from(
        """
        customer  order  date        amount
        ann       r-1    2024-03-05   -10
    """,
        YEAR_2024,
        Rates(0.5),
    )
    assert values(given, "revenue", "refunds", "gross_profit") == {"ann": (-10.0, 10.0, -5.0)}
    counts = [
        m.name for m in METRICS if m.column.unit is Unit.COUNT and m.name not in BY_AGE and not m.name.startswith(("referred", "costed"))
    ]
    assert {name: values(given, name)["ann"] for name in counts} == dict.fromkeys(counts, 0)
    unknown = ("first_day", "last_day", "age_days", "active_days", "idle_days", "exposure_days")
    assert values(given, *unknown) == {"ann": (None,) * len(unknown)}


def test_two_orders_a_day_are_one_buying_day():
    given = customers_from(
        """
        customer  order  date        amount
        ann       1      2024-01-05    30
        ann       2      2024-01-05    30
        ann       3      2024-01-06    30
        ann       r-1    2024-01-07   -30
    """,
        YEAR_2024,
    )
    assert values(given, "orders", "buying_days") == {"ann": (3, 2)}


def test_days_are_counted_from_the_first_order_to_the_last_and_to_the_end():
    given = customers_from(
        """
        customer  order  date        amount
        ann       1      2024-12-01    30
        ann       2      2024-12-11    30
        bob       3      2024-12-31    30
    """,
        YEAR_2024,
    )
    assert values(given, "age_days", "active_days", "idle_days") == {"ann": (30, 10, 20), "bob": (0, 0, 0)}


def test_the_current_period_begins_and_ends_with_its_days():
    given = customers_from(
        """
        customer  order  date        amount
        last-day  1      2024-12-31     1
        first-day 2      2024-01-01     2
        day-before 3     2023-12-31     3
        previous  4      2023-01-01     4
        too-old   5      2022-12-31     5
    """,
        YEAR_2024,
    )
    assert values(given, "customers_in_period", "customers_in_previous_period") == {
        "last-day": (1, 0),
        "first-day": (1, 0),
        "day-before": (0, 1),
        "previous": (0, 1),
        "too-old": (0, 0),
    }
    assert values(given, "revenue_in_period", "orders_in_period")["first-day"] == (2.0, 1)
    assert values(given, "revenue_in_period", "orders_in_period")["day-before"] == (0.0, 0)


def test_who_bought_in_both_periods_is_retained_and_who_came_in_the_current_is_new():
    given = customers_from(
        """
        customer  order  date        amount
        stayed    1      2023-06-01    10
        stayed    2      2024-06-01    10
        left      3      2023-06-01    10
        new       4      2024-06-01    10
        came-back 5      2022-06-01    10
        came-back 6      2024-06-01    10
    """,
        YEAR_2024,
    )
    assert values(given, "retained_customers", "new_customers") == {
        "stayed": (1, 0),
        "left": (0, 0),
        "new": (0, 1),
        "came-back": (0, 0),
    }


def test_a_refund_alone_retains_nobody_but_is_revenue_of_its_period():
    given = customers_from(
        """
        customer  order  date        amount
        ann       1      2023-06-01    30
        ann       r-1    2024-06-01   -10
    """,
        YEAR_2024,
    )
    assert values(given, "customers_in_period", "retained_customers", "orders_in_period") == {"ann": (0, 0, 0)}
    assert values(given, "revenue_in_period") == {"ann": -10.0}


def test_two_orders_make_a_repeat_customer_even_on_one_day():
    given = customers_from(
        """
        customer  order  date        amount
        ann       1      2024-01-05    30
        ann       2      2024-01-05    30
        bob       3      2024-01-05    30
        bob       r-1    2024-02-05   -10
    """,
        YEAR_2024,
    )
    assert values(given, "customers", "repeat_customers") == {"ann": (1, 1), "bob": (1, 0)}


def test_who_is_idle_for_longer_than_the_churn_window_has_lapsed():
    given = customers_from(
        """
        customer  order  date        amount
        at-edge   1      2024-12-01    10
        lapsed    2      2024-11-20    10
        lapsed    3      2024-11-30    10
    """,
        observed("2024-12-31", churn_window_days=30),
    )
    assert values(given, "idle_days", "lapsed_customers", "exposure_days") == {"at-edge": (30, 0, 30), "lapsed": (31, 1, 10)}


def test_observation_may_end_after_the_last_order():
    given = customers_from(
        """
        customer  order  date        amount
        ann       1      2022-06-01    10
        ann       2      2023-06-01    10
    """,
        observed("2024-05-31", Period.YEAR),
    )
    assert values(given, "age_days", "active_days", "idle_days") == {"ann": (730, 365, 365)}
    assert values(given, "customers_in_period", "customers_in_previous_period", "retained_customers") == {"ann": (1, 1, 1)}


def test_without_a_period_nothing_of_a_period_is_measured():
    given = customers_from(
        """
        customer  order  date        amount
        ann       1      2024-01-05    30
    """,
        observed("2024-12-31"),
    )
    assert not PERIOD_METRICS & set(given.collect_schema().names())


def test_every_metric_says_what_it_is():
    assert all(m.column.label and m.column.description.endswith(".") for m in METRICS)
    assert len({m.name for m in METRICS}) == len(METRICS)
    assert {m.name for m in METRICS} >= PERIOD_METRICS


@pytest.mark.parametrize(("name", "merge"), [("revenue", "sum"), ("first_day", "min"), ("last_day", "max")])
def test_a_metric_knows_how_it_merges(name, merge):
    assert {m.name: m.merge for m in METRICS}[name] == merge


def test_a_metric_is_measured_or_derived_never_both():
    assert [m.name for m in METRICS if m.measure and m.derive] == []
