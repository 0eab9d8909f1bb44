"""Prediction: a model of buying and one of spending, fitted to a shop, and what they expect of each of its customers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clvcli.engines import Polars
from clvcli.models.buying import BuyingModel
from clvcli.models.doubts import doubts, spending_doubts
from clvcli.models.fit import Fit
from clvcli.models.gamma_gamma import GAMMA_GAMMA, Spending, independence
from clvcli.models.histories import Array, FitError, Histories
from clvcli.periods import DAYS_PER_YEAR
from clvcli.purchases import HISTORIES, HISTORY, REPEAT_REVENUE, REPEATS, distinct, spends
from clvcli.tables import MONEY_SCALE, Frame

EXPECTATIONS = ("p_alive", "expected_orders", "discounted_orders", "residual_orders")


@dataclass(frozen=True)
class Known:
    """What models see of a shop: its distinct histories, and what who bought again spent.

    `usual` is the mean spend on a repeat day of purchase, or on any where there is none, in currency units.
    """

    histories: Histories
    spending: Spending
    usual: float


@dataclass(frozen=True)
class Fitted:
    """A model of buying with the model of spending beside it; `spending` is None where spending has no spread to model."""

    model: BuyingModel
    buying: Fit
    spending: Fit | None
    usual: float
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ahead:
    """How far a forecast looks, in days, and at what rate a year it is discounted; its days may be periods of so many days each."""

    days: int
    discount_rate: float
    length: float = 1.0

    @property
    def rate(self) -> float:
        """The same rate a day, continuously: delta in the BTYD papers."""
        return math.log1p(self.discount_rate) * self.length / DAYS_PER_YEAR


def known(rows: Frame, engine: Polars) -> Known:
    """What models see of rows of `histories`; only the distinct ones are collected."""
    spent = spent_again(rows, engine)
    again = spent.select(pl.col(REPEAT_REVENUE) * pl.col(HISTORIES), pl.col(REPEATS) * pl.col(HISTORIES))
    revenue, days = (again if spent.height else engine.collect(rows.select("revenue", "buying_days"))).sum().row(0)
    return Known(compressed(rows, engine), spending_of(spent), revenue / MONEY_SCALE / days if days else 0.0)


def compressed(rows: Frame, engine: Polars) -> Histories:
    """The distinct histories of rows of `histories`, in order."""
    return histories_of(_sorted(engine.collect(distinct(rows)), HISTORY))


def spent_again(rows: Frame, engine: Polars) -> pl.DataFrame:
    """The distinct `spends` of rows of `histories`, in order."""
    return _sorted(engine.collect(spends(rows)), (REPEATS, REPEAT_REVENUE))


def spending_of(spent: pl.DataFrame) -> Spending:
    """Rows of `spends` as the model of spending takes them."""
    repeats = _array(spent, REPEATS)
    return Spending(repeats, _array(spent, REPEAT_REVENUE) / MONEY_SCALE / repeats, _array(spent, HISTORIES))


def histories_of(rows: pl.DataFrame) -> Histories:
    """Rows of distinct histories as models take them; each row counts for its customers, or for one."""
    counts = _array(rows, HISTORIES) if HISTORIES in rows.columns else np.ones(rows.height)
    return Histories(_array(rows, "buying_days") - 1, _array(rows, "active_days"), _array(rows, "age_days"), counts)


def distinct_of(rows: pl.DataFrame) -> tuple[pl.DataFrame, NDArray[np.intp]]:
    """The distinct histories of rows, in order, and at which of them each row stands."""
    columns = [rows[name].to_numpy() for name in HISTORY]
    spans = [int(column.max(initial=0)) + 1 for column in columns]
    different, at = np.unique(np.ravel_multi_index(columns, spans), return_inverse=True)
    return pl.DataFrame(dict(zip(HISTORY, np.unravel_index(different, spans), strict=True))), at


def fitted(model: BuyingModel, shop: Known) -> Fitted:
    """The model fitted to a shop, and the model of spending beside it; raises FitError where the model of buying can't be."""
    buying = model.fit(shop.histories)
    spending, doubt = _spending(shop)
    said = (*doubts(buying, shop.histories, model.fit), *doubt)
    return Fitted(model, buying, spending, shop.usual, said)


def _spending(shop: Known) -> tuple[Fit | None, tuple[str, ...]]:
    """The model of spending, if there is spread to model, and what is doubtful of it."""
    try:
        fit = GAMMA_GAMMA.fit(shop.spending)
    except FitError as error:
        return None, (f"{error.message}: each is forecast to spend what their orders after the first brought, else what is usual",)
    paid = shop.spending
    said = tuple(spending_doubts(independence(paid.repeats, paid.means, paid.customers), int(paid.left_out)))
    if GAMMA_GAMMA.mean_of_all(fit.values) is None:
        said = (*said, "spend is spread so widely (q ≤ 1) that it has no mean: who bought once is taken to spend what is usual")
    return fit, said


def expectations(of: Fitted, rows: pl.DataFrame, ahead: Ahead) -> pl.DataFrame:
    """Distinct histories with EXPECTATIONS: P(alive), buying days to come within the horizon, the same discounted, and for ever discounted."""
    seen, values = histories_of(rows), of.buying.values
    expected = of.model.expected(values, seen, ahead.days)
    discounted = of.model.discounted(values, seen, ahead.rate, ahead.days) if ahead.rate > 0 else expected
    found = {"p_alive": of.model.alive(values, seen), "expected_orders": expected, "discounted_orders": discounted}
    endless = of.model.discounted(values, seen, ahead.rate) if ahead.rate > 0 else np.full(rows.height, np.nan)
    return rows.select(HISTORY).with_columns(
        *(pl.Series(name, array) for name, array in found.items()), pl.Series("residual_orders", endless).fill_nan(None)
    )


def expected_spend(of: Fitted, rows: pl.DataFrame) -> Array:
    """What each customer spends on a buying day to come, in currency units: the own mean, drawn to that of all."""
    repeats, spent = _array(rows, "buying_days") - 1, np.maximum(_array(rows, REPEAT_REVENUE), 0.0) / MONEY_SCALE
    means = spent / np.maximum(repeats, 1.0)
    if of.spending is None:
        return np.asarray(np.where(means > 0, means, of.usual))
    return GAMMA_GAMMA.expected(of.spending.values, repeats, means, of.usual)


def predicted(of: Fitted, rows: pl.DataFrame, ahead: Ahead) -> pl.DataFrame:
    """Rows of `histories` with EXPECTATIONS, expected_spend, and expected_revenue and discounted_revenue within the horizon."""
    different, at = distinct_of(rows)
    expected = expectations(of, different, ahead).select(EXPECTATIONS)[at]
    spend = pl.col("expected_spend")
    return rows.with_columns(*expected, pl.Series("expected_spend", expected_spend(of, rows))).with_columns(
        (pl.col("expected_orders") * spend).alias("expected_revenue"), (pl.col("discounted_orders") * spend).alias("discounted_revenue")
    )


def _sorted(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The rows in order of whole numbers: one stable sort by each, which takes a third of one by all of them."""
    for name in reversed(names):
        frame = frame.sort(name, maintain_order=True, multithreaded=False)
    return frame


def valued(customers: pl.DataFrame, *, own_margins: bool) -> pl.DataFrame:
    """The customers with what they are to contribute, where the margin is known: clv_predicted within the horizon, and for ever, discounted."""
    if "contribution" not in customers.columns:
        unknown = pl.lit(None, dtype=pl.Float64)
        return customers.with_columns(margin=unknown, clv_predicted=unknown, residual_value=unknown)
    earned, revenue = pl.col("contribution"), pl.col("revenue")
    of_all = earned.sum() / pl.when(revenue.sum() != 0).then(revenue.sum())
    margin = pl.when(revenue > 0).then(earned / revenue).otherwise(of_all) if own_margins else of_all
    return customers.with_columns(margin=margin).with_columns(
        clv_predicted=pl.col("discounted_revenue") * pl.col("margin"),
        residual_value=pl.col("residual_orders") * pl.col("expected_spend") * pl.col("margin"),
    )


def metrics_of(customers: pl.DataFrame) -> pl.DataFrame:
    """The metrics PREDICTED by customer_id, in ten-thousandths, of customers that are `valued`."""
    wanted = {
        "alive_customers": pl.col("p_alive"),
        "predicted_orders": pl.col("expected_orders"),
        "predicted_revenue": pl.col("expected_revenue"),
        "predicted_contribution": pl.col("clv_predicted"),
    }
    whole = ((value * MONEY_SCALE + 0.5).floor().cast(pl.Int64).alias(name) for name, value in wanted.items())
    return customers.select("customer_id", *whole)


def _array(frame: pl.DataFrame, name: str) -> Array:
    return np.asarray(frame[name].to_numpy(), dtype=np.float64)
