"""Shops made by Hypothesis: a few customers, awkward orders."""

from datetime import date, timedelta

import polars as pl
from hypothesis import strategies as st

from clvcli.churn import ChurnRule
from clvcli.measuring import Observation
from clvcli.periods import Period, Window, day_number

CUSTOMERS = ("ann", "bob", "Zoë", "客户-7", "e@x.lv")
CHANNELS = ("web", "fair", None)
FIRST, LAST = day_number(date(2022, 1, 1)), day_number(date(2024, 12, 31))
_SCHEMA = {
    "customer_id": pl.String,
    "order_id": pl.String,
    "day": pl.Int32,
    "amount": pl.Int64,
    "cost": pl.Int64,
    "channel": pl.String,
    "country": pl.String,
}
_AMOUNTS = st.one_of(st.integers(-(10**9), 10**10), st.sampled_from([0, 1, -1, 100_000, -100_000]))
_DAYS = st.one_of(st.integers(FIRST, LAST), st.sampled_from([day_number(date(2024, 1, 1)), day_number(date(2023, 12, 31)), LAST]))


@st.composite
def _line(draw):
    customer = draw(st.sampled_from(CUSTOMERS))
    order = f"{draw(st.integers(1, 4))}-{customer}"
    cost = draw(st.one_of(st.none(), st.integers(-(10**6), 10**8)))
    return customer, order, draw(_DAYS), draw(_AMOUNTS), cost, draw(st.sampled_from(CHANNELS)), draw(st.sampled_from(("LV", "FI")))


def shops(fewest=1):
    """Lines of up to thirty records, from 2022 to 2024."""
    return st.lists(_line(), min_size=fewest, max_size=30).map(lambda rows: pl.DataFrame(rows, schema=_SCHEMA, orient="row"))


def observations():
    """Ends of observation up to a year after the last order, with any period and churn window."""
    as_of = st.one_of(st.sampled_from([LAST, *_month_ends()]), st.integers(LAST, LAST + 365))
    window = st.builds(Window, st.just(FIRST), as_of, st.sampled_from(Period))
    return st.builds(Observation, window, st.builds(ChurnRule, st.sampled_from([1, 30, 180, 365])))


def _month_ends():
    firsts = (date(2025, month, 1) for month in range(2, 13))
    return [day_number(first - timedelta(days=1)) for first in firsts]
