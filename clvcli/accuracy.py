"""Accuracy: how near a forecast of each customer came to what the customer did."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clvcli.models.histories import Array, dot

MOST_REPEATS = 7
"""Customers with so many repeats or more are one row of a calibration."""
_TENTH = 10
_ROUNDING = 1e-12
"""A total that is no more than this part of what was added up is nought: refunds took back what was sold."""


@dataclass(frozen=True)
class Accuracy:
    """A forecast held against what happened: totals, and means over customers, in orders or in currency units as they came.

    `bias` is the error as a share of the actual total, `mae` the mean absolute error, `rmse` the root of the mean squared
    error, and `capture`, `gini` and `auc` say how well the forecast put customers in order. What is undefined is None: all of
    it without customers, shares of a total that isn't above nought, measures of order where all customers did the same.
    """

    customers: int
    predicted: float
    actual: float
    error: float
    bias: float | None
    mae: float | None
    rmse: float | None
    correlation: float | None
    capture: float | None
    gini: float | None
    auc: float | None


def accuracy(predicted: Array, actual: Array) -> Accuracy:
    """How near `predicted` came to `actual`, one place per customer in each; raises ValueError where a number is missing or infinite."""
    _check(predicted, actual)
    errors, total, known, ranks = predicted - actual, _total(actual), len(actual) > 0, _ranks(predicted)
    error = float(errors.sum())
    return Accuracy(
        customers=len(actual),
        predicted=float(predicted.sum()),
        actual=float(actual.sum()),
        error=error,
        bias=error / total if total else None,
        mae=float(np.abs(errors).mean()) if known else None,
        rmse=math.sqrt(dot(errors, errors) / len(errors)) if known else None,
        correlation=_correlation(predicted, actual),
        capture=capture(predicted, actual),
        gini=_gini(ranks, actual),
        auc=_auc(ranks, actual),
    )


def capture(score: Array, actual: Array) -> float | None:
    """The share of the actual total that the tenth of customers with the highest scores brought; None if the total isn't above nought.

    A tenth is the nearest whole number of customers, one at least. Those who tie for its last places share them evenly.
    """
    total = _total(actual)
    if total is None:
        return None
    most = max((len(score) + _TENTH // 2) // _TENTH, 1)
    least = np.partition(score, -most)[-most]
    above, level = score > least, score == least
    brought = actual[above].sum() + actual[level].mean() * (most - np.count_nonzero(above))
    return float(brought / total)


def perfect_capture(actual: Array) -> float | None:
    """The capture of a forecast that knew: no forecast can have more."""
    return capture(actual, actual)


def gini(score: Array, actual: Array) -> float | None:
    """How well a score puts customers in order: 1 as a forecast that knew, 0 as by chance, −1 the wrong way round.

    It is the area between the curve of what the first customers brought, in the order of their scores, and the diagonal,
    as a share of that area in the perfect order; it needs no total. Customers of one score stand in every order at once:
    this is the mean over all orders of theirs. None where all customers did the same.
    Source: Schechtman & Yitzhaki 1987, A Measure of Association Based on Gini's Mean Difference: cov(y, rank of score) / cov(y, rank of y).
    """
    return _gini(_ranks(score), actual)


def _gini(ranks: Array, actual: Array) -> float | None:
    if not _spread(actual):
        return None
    brought = _scaled(actual - np.median(actual))  # from the median, so that no term of the perfect order is negative
    return dot(ranks, brought) / dot(_ranks(actual), brought)


def auc(score: Array, actual: Array) -> float | None:
    """The chance that a customer who came back (actual above 0) had a higher score than one who didn't, ties counted half.

    None unless there are both kinds. Source: Mann & Whitney 1947; Hanley & McNeil 1982, area under the ROC curve.
    """
    return _auc(_ranks(score), actual)


def _auc(ranks: Array, actual: Array) -> float | None:
    came = actual > 0
    yes, no = np.count_nonzero(came), np.count_nonzero(~came)
    if not (yes and no):
        return None
    return float(0.5 + ranks[came].sum() / yes / no)


@dataclass(frozen=True)
class Calibrated:
    """The customers of so many `repeats` before the cut (7: seven or more): the mean of what they did, and of each forecast by name."""

    repeats: int
    customers: int
    actual: float
    predicted: Mapping[str, float]

    @property
    def label(self) -> str:
        """The number of repeats as it is shown."""
        return f"{self.repeats}+" if self.repeats == MOST_REPEATS else str(self.repeats)


def calibration(predicted: Mapping[str, Array], actual: Array, repeats: Array) -> tuple[Calibrated, ...]:
    """What customers of 0, 1, … 6 and 7 or more repeats did, and what was forecast of them; a row of nobody is left out.

    Source: Fader, Hardie & Lee 2005, Counting Your Customers the Easy Way: conditional expectations by frequency.
    """
    for forecast in (*predicted.values(), repeats):
        _check(forecast, actual)
    groups = np.minimum(repeats, MOST_REPEATS).astype(np.int64)
    counts = np.bincount(groups)
    sums = {name: np.bincount(groups, weights=forecast) for name, forecast in predicted.items()}
    happened = np.bincount(groups, weights=actual)
    return tuple(
        Calibrated(at, n, float(happened[at]) / n, {name: float(sums[name][at]) / n for name in predicted})
        for at, n in enumerate(counts.tolist())
        if n
    )


def calibration_error(rows: Sequence[Calibrated], name: str) -> float | None:
    """How far the forecast called `name` was off in a row of a calibration: the mean over customers; None without any."""
    customers = sum(row.customers for row in rows)
    off = math.fsum(row.customers * abs(row.predicted[name] - row.actual) for row in rows)
    return off / customers if customers else None


def within(below: Array, upto: Array, low: float = 0.05, high: float = 0.95) -> float | None:
    """The share of customers whose count was within (low, high) of what had been forecast: near high − low if intervals are right.

    `below` and `upto` are P(X < y) and P(X ≤ y) of each customer's count y. As counts are whole, a customer's place in the
    forecast is spread evenly from the one to the other, and counts for the part of it that is within; None without customers.
    Source: Smith 1985, Diagnostic checks of non-standard time series models: the randomised probability integral transform,
    here as its expectation; Czado, Gneiting & Held 2009, Predictive Model Assessment for Count Data, Biometrics 65(4).
    """
    _check(below, upto)
    if not len(below):
        return None
    length = upto - below
    overlap = np.maximum(np.minimum(upto, high) - np.maximum(below, low), 0.0)
    inside = (below > low) & (below < high)
    has_length = length > 0
    shares = np.where(has_length, overlap / np.where(has_length, length, 1.0), inside)
    return float(shares.mean())


def _check(one: Array, other: Array) -> None:
    if one.shape != other.shape:
        raise ValueError(f"{one.shape} and {other.shape} aren't of the same customers")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise ValueError("a number is missing or infinite")


def _total(actual: Array) -> float | None:
    """The total, if shares of it mean something."""
    total = float(actual.sum())
    return total if total > _ROUNDING * float(np.abs(actual).sum()) else None


def _spread(values: Array) -> bool:
    return len(values) > 0 and bool(values.min() < values.max())


def _scaled(values: Array) -> Array:
    """The values as parts of the largest, so that no product of two is too large or too small."""
    return np.asarray(values / np.abs(values).max())


def _ranks(score: Array) -> Array:
    """How far each customer stands from the middle when all are in order, the highest score last; equals stand in the middle of their places."""
    _, places, ties = np.unique(score, return_inverse=True, return_counts=True)
    middles = np.cumsum(ties) - (ties - 1) / 2
    return np.asarray(middles[places] - (len(score) + 1) / 2)


def _correlation(one: Array, other: Array) -> float | None:
    """Pearson's; None where either is the same for all."""
    if not (_spread(one) and _spread(other)):
        return None
    a, b = (_scaled(values - values.mean()) for values in (one, other))
    return min(max(dot(a, b) / math.sqrt(dot(a, a) * dot(b, b)), -1.0), 1.0)
