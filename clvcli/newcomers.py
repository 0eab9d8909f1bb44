"""Newcomers: what customers won after a cut brought in their first days, beside what had been forecast of a new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
from narwhals.stable.v2 import col

from clvcli.backtest import Basis, Kind, Trial
from clvcli.cuts import Cut
from clvcli.differences import FEWEST
from clvcli.engines import Polars
from clvcli.models.gamma_gamma import GAMMA_GAMMA
from clvcli.prediction import Fitted
from clvcli.purchases import REPEAT_REVENUE
from clvcli.tables import MONEY_SCALE, Frame

FEWEST_FIRST_DAYS = 14
"""First days below which newcomers say too little."""
AS_BEFORE = "as_before"
"""The baseline of newcomers: what those won so far brought in as many first days."""


@dataclass(frozen=True)
class Told:
    """What was forecast of a new customer's first days, in currency units."""

    label: str
    kind: Kind
    basis: Basis
    value: float


@dataclass(frozen=True)
class Newcomers:
    """Customers won after a cut and followed for so many first days: what they brought each, and what had been told of a new one, by name."""

    customers: int
    days: int
    actual: Mapping[Basis, float]
    told: Mapping[str, Told]

    def bias(self, name: str) -> float | None:
        """How far a forecast was off, as a share of what came; None where nothing was told or nothing came."""
        one = self.told.get(name)
        actual = self.actual.get(one.basis) if one else None
        return (one.value - actual) / actual if one and actual is not None and actual > 0 else None


def first_days(cut: Cut) -> int:
    """Half of the days after a cut: customers won in the one half can be followed for as long as the other."""
    return cut.days // 2


def newcomers(days: Frame, test: Trial, formulas: Mapping[str, Told], engine: Polars) -> Newcomers | None:
    """The newcomers after a trial's cut, from rows of `buying`; None where they are too few or can't be followed for long enough."""
    half, cut = first_days(test.cut), test.cut.day
    if half < FEWEST_FIRST_DAYS:
        return None
    won = _brought(days, cut + 1, test.cut.end - half, half, engine)
    if won.customers < FEWEST:
        return None
    before = _brought(days, 0, cut - half, half, engine)
    told = {**formulas, **dict(_of_models(test, half))}
    if before.customers:
        basis: Basis = "margin" if "margin" in before.each else "revenue"
        told[AS_BEFORE] = Told("as customers won before", "baseline", basis, before.each[basis])
    return Newcomers(won.customers, half, won.each, told)


@dataclass(frozen=True)
class _Brought:
    """Customers, and what they brought each."""

    customers: int
    each: Mapping[Basis, float]


def _brought(days: Frame, since: int, until: int, within: int, engine: Polars) -> _Brought:
    """What customers won from one day to another brought in so many days after their first; what came before that was given back."""
    first = col("first_day")
    rows = days.filter((first >= since) & (first <= until) & (col("day") <= first + within))
    money = {"revenue": "revenue", "margin": "contribution"}
    known: dict[Basis, str] = {basis: name for basis, name in money.items() if name in days.collect_schema().names()}  # type: ignore[misc]
    sums = [nw.when(col("day") == first).then(col("placed")).otherwise(0).sum().cast(nw.Int64).alias("won")]
    found: pl.DataFrame = engine.collect(rows.select(*sums, *(col(name).sum().cast(nw.Int64) for name in known.values())))
    row = found.row(0, named=True)
    won = int(row["won"] or 0)
    return _Brought(won, {basis: row[name] / MONEY_SCALE / won for basis, name in known.items()} if won else {})


def _of_models(test: Trial, half: int) -> Iterator[tuple[str, Told]]:
    """The first day as it was so far, and the repeats that a model expects of a new customer."""
    revenue, repeat = test.rows.select("revenue", REPEAT_REVENUE).sum().row(0)
    first = (revenue - repeat) / MONEY_SCALE / test.rows.height
    for fit in test.fits:
        repeats = float(fit.model.expected_of_new(fit.buying.values, np.array([float(half)]))[0])
        yield fit.model.name, Told(fit.model.label, "model", "revenue", first + repeats * _mean_spend(fit))


def _mean_spend(fit: Fitted) -> float:
    mean = GAMMA_GAMMA.mean_of_all(fit.spending.values) if fit.spending else None
    return fit.usual if mean is None else mean
