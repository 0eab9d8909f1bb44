"""Horizons: what customers had brought by an age, and when that paid for them; the metrics by age."""

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from orders_text import ENGINES, collected, customers_from, observed, orders_from, values

from clvcli.acquisition import with_acquisition_cost
from clvcli.costs import VariableCosts, with_variable_costs
from clvcli.horizons import MONTH, REACHED, months_of, payback_sizes, payback_steps, with_horizons
from clvcli.measuring import Observation
from clvcli.metrics import BY_AGE, HORIZONS, METRICS
from clvcli.rates import Rates

# As of 30 June: ann is 180 days old, bob 90, cid 89 and dan 30.
SHOP = """
    customer  order  date        amount  channel
    ann       1      2024-01-02    40    web
    ann       2      2024-02-01    20    web
    ann       3      2024-02-02    10    web
    ann       4      2024-04-01     6    web
    ann       5      2024-06-30     2    web
    bob       6      2024-04-01    80    fair
    bob       r-1    2024-03-31   -10    fair
    bob       7      2024-06-30    30    fair
    cid       8      2024-04-02    50    fair
    dan       9      2024-05-31    60    -
    eva       r-2    2024-01-01   -20    web
"""
SEEN = observed("2024-06-30")
HALF = Rates(0.5)


def aged(margin=HALF, seen=SEEN, costs=None):
    """The customers with the metrics by age."""
    made = orders_from(SHOP, margin)
    made = made if costs is None else with_variable_costs(made, costs)
    return with_horizons(customers_from(SHOP, seen, margin), made, seen)


def test_who_is_old_enough_is_counted_at_each_age():
    ages = [f"customers_{days}d" for days in HORIZONS]
    assert values(aged(), *ages) == {
        "ann": (1, 1, 1, 1, 0),
        "bob": (1, 1, 1, 0, 0),
        "cid": (1, 1, 0, 0, 0),
        "dan": (1, 0, 0, 0, 0),
        "eva": (0, 0, 0, 0, 0),
    }


def test_contribution_is_of_orders_up_to_the_age_of_who_is_that_old():
    ages = [f"contribution_{days}d" for days in HORIZONS]
    assert values(aged(), *ages) == {
        "ann": (30.0, 35.0, 38.0, 39.0, 0.0),  # orders 2 on the 30th day, 3 on the 31st, 4 on the 90th, 5 on the 180th
        "bob": (35.0, 35.0, 50.0, 0.0, 0.0),  # the refund of the day before the first order counts from the start
        "cid": (25.0, 25.0, 0.0, 0.0, 0.0),
        "dan": (30.0, 0.0, 0.0, 0.0, 0.0),
        "eva": (0.0, 0.0, 0.0, 0.0, 0.0),
    }


def test_contribution_is_less_variable_costs():
    found = values(aged(costs=VariableCosts(shipping_per_order=1.0)), "contribution_60d")
    assert found == {"ann": 32.0, "bob": 34.0, "cid": 24.0, "dan": 0.0, "eva": 0.0}


@pytest.mark.parametrize(
    ("days", "expected"),
    [(30, {"ann": (1, 30.0), "bob": (1, 35.0), "dan": (1, 30.0)}), (91, {"ann": (1, 38.0), "bob": (0, 0.0), "dan": (0, 0.0)})],
)
def test_the_age_of_payback_is_a_target(days, expected):
    found = values(aged(seen=Observation(SEEN.window, SEEN.churn, days)), "customers_to_payback", "contribution_to_payback")
    assert {name: found[name] for name in expected} == expected


def test_without_a_margin_customers_are_counted_and_nothing_was_brought():
    names = set(aged(margin=None).collect_schema().names())
    assert {m.name for m in METRICS if m.name in BY_AGE and m.derive} <= names
    assert not {m.name for m in METRICS if m.age} & names


def test_metrics_by_age_are_whole_numbers():
    schema = aged().collect_schema()
    assert {schema[name] for name in BY_AGE} == {nw.Int64}


def test_every_horizon_counts_customers_and_what_they_brought():
    wanted = {f"{what}_{age}" for what in ("customers", "contribution") for age in (*(f"{n}d" for n in HORIZONS), "to_payback")}
    assert wanted == BY_AGE


# Payback


@ENGINES
def test_a_month_of_age_is_a_twelfth_of_a_year(engine):
    days = [-40, -1, 0, 30, 31, 60, 61, 91, 92, 365, 366, 1461]
    found = collected(engine(pl.DataFrame({"days": days})).with_columns(months_of(nw.col("days")).alias("months"))).sort("days")
    assert found["months"].to_list() == [0, 0, 0, 0, 1, 1, 2, 2, 3, 11, 12, 48]  # 30.4375 days are a month, 91.3125 three


def paying():
    return with_acquisition_cost(customers_from(SHOP, SEEN, HALF), Rates(1.0, "channel", {"web": 9.0, "fair": 4.0}))


def test_payback_is_of_customers_by_the_months_they_are_old():
    assert values(payback_sizes(paying(), []), "customers", "acquisition_cost", key=REACHED) == {0: (1, 1.0), 2: (2, 8.0), 5: (1, 9.0)}
    by_channel = values(payback_sizes(paying(), ["channel"]), "customers", "acquisition_cost", key=["channel", REACHED])
    assert by_channel == {("fair", 2): (2, 8.0), ("web", 5): (1, 9.0), (None, 0): (1, 1.0)}


def test_what_customers_cost_may_not_be_known():
    assert collected(payback_sizes(customers_from(SHOP, SEEN), [])).columns == [REACHED, "customers"]


def test_payback_steps_are_of_each_month_of_age():
    found = values(payback_steps(paying(), orders_from(SHOP, HALF), []), "contribution", key=[REACHED, MONTH])
    assert found == {(0, 0): 30.0, (2, 0): 35.0 + 25.0, (2, 2): 15.0, (5, 0): 30.0, (5, 1): 5.0, (5, 2): 3.0, (5, 5): 1.0}


def test_payback_steps_are_by_attribute_and_less_variable_costs():
    made = with_variable_costs(orders_from(SHOP, HALF), VariableCosts(payment_share=0.1))
    found = values(payback_steps(paying(), made, ["channel"]), "contribution", key=["channel", REACHED, MONTH])
    assert found[None, 0, 0] == 24.0
    assert found["fair", 2, 0] == 35.0 - 8.0 + 25.0 - 5.0
    assert found["web", 5, 1] == 4.0


def test_without_a_margin_there_are_no_steps():
    with pytest.raises(ValueError, match="gross profit"):
        payback_steps(paying(), orders_from(SHOP), [])
