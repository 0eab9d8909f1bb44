"""Rates that depend on an attribute, and rounding."""

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from clvcli.rates import Rates, whole


def of_each(expression, **columns):
    """What an expression gives for each row."""
    frame = nw.from_native(pl.DataFrame(columns).lazy())
    return frame.with_columns(result=expression).collect()["result"].to_list()


def test_one_rate_is_the_rate_of_all():
    assert of_each(Rates(0.35).expression(), channel=["web", None]) == [0.35, 0.35]


def test_a_rate_by_channel_leaves_the_rest_to_the_other_rate():
    rates = Rates(0.1, "channel", {"web": 0.2, "shop": 0.3})
    assert of_each(rates.expression(), channel=["shop", "web", "fair", None]) == [0.3, 0.2, 0.1, 0.1]


def test_a_rate_can_be_scaled():
    assert of_each(Rates(2.5, "channel", {"web": 6.0}).expression(10_000), channel=["web", "fair"]) == [60_000, 25_000]


@pytest.mark.parametrize(
    ("rates", "attributes"),
    [(Rates(0.35), ()), (Rates(0.1, "channel", {"web": 0.2}), ("channel",))],
)
def test_rates_know_the_attributes_they_read(rates, attributes):
    assert rates.attributes == attributes


def test_the_nearest_whole_number_takes_halves_upward():
    assert of_each(whole(nw.col("x")), x=[1.4, 1.5, 2.5, -1.5, -1.6, None]) == [1, 2, 3, -1, -2, None]
