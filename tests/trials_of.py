"""Trials as literal values: what customers did after a cut, and what had been said of it."""

from datetime import date

import numpy as np
import polars as pl

from clvcli.backtest import Forecast, Trial
from clvcli.cuts import Cut
from clvcli.periods import day_number
from clvcli.tables import MONEY_SCALE


def cut_on(day, days=100):
    """The cut on a day as people write it, watched for so many days."""
    return Cut(day_number(date.fromisoformat(day)), days)


def trial_of(revenue, *forecasts, day="2024-06-30", days=100, earned=None, orders=None, repeats=None):
    """The trial of customers who then brought `revenue` each, and so much contribution and so many buying days, if that is told."""
    rows = {
        "customer_id": [f"c{n:03}" for n in range(len(revenue))],
        "buying_days": [1 + n for n in repeats or [0] * len(revenue)],
        "later_revenue": [round(MONEY_SCALE * amount) for amount in revenue],
        "later_days": orders or [int(amount > 0) for amount in revenue],
        **({} if earned is None else {"later_contribution": [round(MONEY_SCALE * amount) for amount in earned]}),
    }
    return Trial(cut_on(day, days), pl.DataFrame(rows), forecasts, (), {})


def said(name, *money, kind="formula", label=None, basis="revenue", orders=None):
    """A forecast of so much money of each customer, and of so many buying days."""
    told = None if orders is None else np.array(orders, dtype=float)
    return Forecast(name, label or name, kind, np.array(money, dtype=float), told, basis)
