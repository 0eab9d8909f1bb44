"""What an order costs beside its goods."""

import narwhals.stable.v2 as nw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from orders_text import ENGINES, collected, lines_frame, orders_from, values

from clvcli.costs import VariableCosts, contribution, with_variable_costs
from clvcli.orders import orders
from clvcli.rates import Rates

SHOP = """
    customer  order  date        amount
    ann       1      2024-01-05   100
    ann       2      2024-01-06    80
    ann       2      2024-01-09   -30
    ann       r-1    2024-01-10   -20
    bob       3      2024-01-05     0
    bob       4      2024-01-05    10
    bob       4      2024-01-05   -10
"""


def costs_of(costs):
    return values(with_variable_costs(orders_from(SHOP), costs), "variable_costs", key="order_id")


def test_a_fee_is_of_what_was_paid_and_does_not_come_back_with_a_refund():
    assert costs_of(VariableCosts(payment_share=0.029)) == {"1": 2.9, "2": 2.32, "r-1": 0.0, "3": 0.0, "4": 0.29}


def test_fixed_fees_and_postage_are_of_every_order_that_was_placed():
    assert costs_of(VariableCosts(payment_fixed=0.3, shipping_per_order=4.2)) == {"1": 4.5, "2": 4.5, "r-1": 0.0, "3": 4.5, "4": 4.5}


def test_fees_and_postage_add_up():
    assert costs_of(VariableCosts(0.02, 0.3, 3.7))["2"] == 80 * 0.02 + 4.0


def test_without_costs_there_are_none():
    assert set(costs_of(VariableCosts()).values()) == {0.0}


def test_an_order_that_brought_less_than_nothing_is_charged_no_fee():
    """As a discount beyond the price may make it; no refund says so."""
    made = orders_from("customer order date amount\nann 1 2024-01-05 10").with_columns(amount=-nw.col("amount"))
    assert values(with_variable_costs(made, VariableCosts(0.1, 0.5)), "variable_costs", key="order_id") == {"1": 0.5}


@pytest.mark.parametrize(("share", "cost"), [(0.00005, 0.0001), (0.00004, 0.0)])
def test_costs_are_rounded_to_the_nearest_ten_thousandth(share, cost):
    made = orders_from("customer order date amount\nann 1 2024-01-05 1")
    assert values(with_variable_costs(made, VariableCosts(share)), "variable_costs", key="order_id") == {"1": cost}


@ENGINES
def test_costs_are_whole_numbers_and_the_same_on_every_engine(engine):
    frame = collected(with_variable_costs(orders(engine(lines_frame(SHOP))), VariableCosts(0.0333, 0.1, 0.2)))
    assert dict(frame.select("order_id", "variable_costs").rows()) == {"1": 36_300, "2": 29_640, "r-1": 0, "3": 3_000, "4": 6_330}


@given(st.integers(0, 10**12), st.floats(0, 1), st.floats(0, 100))
def test_a_dearer_order_costs_no_less(amount, share, fixed):
    frame = "customer order date amount\nann 1 2024-01-05 1\nann 2 2024-01-05 1"
    made = orders_from(frame).with_columns(amount=nw.when(nw.col("order_id") == "1").then(amount).otherwise(amount + 10_000))
    cheap, dear = values(with_variable_costs(made, VariableCosts(share, fixed)), "variable_costs", key="order_id").values()
    assert 0 <= cheap <= dear


@pytest.mark.parametrize(
    ("costs", "margin", "brought"),
    [(None, Rates(0.5), 50.0), (VariableCosts(0.1), Rates(0.5), 40.0), (VariableCosts(0.1), None, None), (None, None, None)],
)
def test_contribution_is_gross_profit_less_variable_costs(costs, margin, brought):
    made = orders_from(SHOP, margin)
    made = made if costs is None else with_variable_costs(made, costs)
    found = contribution(made.collect_schema().names())
    assert (
        None if found is None else values(made.with_columns(found.alias("contribution")), "contribution", key="order_id")["1"]
    ) == brought
