"""Intervals: how sure a number of a group is.

A formula over sums of customers moves with those sums as its own text says; how the sums would have come out with
other customers of the same kind, their products say. Both together are the delta method (Oehlert 1992, A Note on the
Delta Method), for any formula on any group, from one pass over customers and without a random number.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.catalog import Catalog
from clvcli.confidence import width
from clvcli.derivatives import gradient
from clvcli.expression import Expression
from clvcli.metrics import METRICS
from clvcli.tables import MONEY_SCALE, Frame

Key = tuple[Any, ...]
N = "clv:n"
_ROUNDING = 1e-12
_SUMMED = tuple(m.name for m in METRICS if m.merge == "sum")
_NOT_SUMMED = frozenset(m.name for m in METRICS if m.merge != "sum")


@dataclass(frozen=True)
class Sample:
    """A group's customers: how many rows, the sum of each metric and of each product of two, in whole numbers.

    Samples of disjoint groups add up to the sample of all, to the last digit. Money is in ten-thousandths. A row that
    only gave something back is no customer, but its money is in the sums, so it counts in `n`.
    """

    n: int
    sums: Mapping[str, int]
    products: Mapping[tuple[str, str], int]

    def __add__(self, other: Sample) -> Sample:
        return self._with(other, operator.add)

    def __sub__(self, other: Sample) -> Sample:
        return self._with(other, operator.sub)

    def _with(self, other: Sample, op: Callable[[int, int], int]) -> Sample:
        sums = {name: op(total, other.sums[name]) for name, total in self.sums.items()}
        products = {pair: op(total, other.products[pair]) for pair, total in self.products.items()}
        return Sample(op(self.n, other.n), sums, products)

    @property
    def covariances(self) -> dict[tuple[str, str], float]:
        """How the sums of two metrics vary together: n/(n − 1) · (Σxy − Σx·Σy/n), rounded once, at the end."""
        return {(a, b): (self.n * xy - self.sums[a] * self.sums[b]) / (self.n - 1) for (a, b), xy in self.products.items()}


@dataclass(frozen=True)
class Estimate:
    """A number of `n` customers with its standard error; either is None where it isn't known."""

    value: float | None
    error: float | None = None
    n: int = 0

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval, by the normal distribution."""
        if self.value is None or self.error is None:
            return None
        return self.value - width() * self.error, self.value + width() * self.error

    @property
    def z(self) -> float | None:
        """How many standard errors it is from nought; None if it isn't known or is exact."""
        return self.value / self.error if self.value is not None and self.error else None

    @property
    def p(self) -> float | None:
        """How often a number that is truly nought would come out as far from it; None if it isn't known."""
        if self.value is None or self.error is None:
            return None
        return float(self.value == 0) if self.z is None else math.erfc(abs(self.z) / math.sqrt(2))


def summed(names: Iterable[str], catalog: Catalog) -> list[str]:
    """The metrics that the formulas `names` read and that add up, so far as they are known here."""
    needed = catalog.needed(names) - catalog.absent.keys()
    return [name for name in _SUMMED if name in needed]


def moments(customers: Frame, by: Sequence[str], names: Sequence[str]) -> Frame:
    """One row per distinct `by` (one row in all when empty): N, the number of rows, the sum of each metric, and of each product as `a*b`.

    Nothing counts as nought. Metrics that don't add up, or that the frame hasn't got, are left out. Sums and products
    are whole numbers of 128 bits: where what a metric adds up to fits into 64, the sum of any product fits too.
    """
    present = customers.collect_schema().names()
    values = {name: col(name).fill_null(0).cast(nw.Int128) for name in _SUMMED if name in names and name in present}
    sums = [value.sum().alias(name) for name, value in values.items()]
    products = [(values[a] * values[b]).sum().alias(f"{a}*{b}") for a, b in _pairs(list(values))]
    wanted = [nw.len().alias(N), *sums, *products]
    return customers.group_by(*by).agg(*wanted) if by else customers.select(*wanted)


def samples(rows: Iterable[Mapping[str, Any]], by: Sequence[str]) -> dict[Key, Sample]:
    """The sample of each group, by its values of `by`, from the rows of `moments`; in the order of those values, none last."""
    found = {tuple(row[name] for name in by): _sample({name: v for name, v in row.items() if name not in by}) for row in rows}
    return {key: found[key] for key in sorted(found, key=lambda key: [(v is None, "" if v is None else v) for v in key])}


def _sample(row: Mapping[str, Any]) -> Sample:
    whole = {name: int(value or 0) for name, value in row.items()}  # other engines give decimals, and none for no rows
    names = [name for name in whole if f"{name}*{name}" in whole]
    return Sample(whole[N], {name: whole[name] for name in names}, {(a, b): whole[f"{a}*{b}"] for a, b in _pairs(names)})


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(a, b) for at, a in enumerate(names) for b in names[at:]]


def total(groups: Iterable[Sample]) -> Sample:
    """All groups together."""
    found = list(groups)
    return reduce(operator.add, found) if found else Sample(0, {}, {})


def rests(groups: Mapping[Key, Sample]) -> dict[Key, Sample]:
    """For each group, all others together: the total less the group."""
    everyone = total(groups.values())
    return {key: everyone - group for key, group in groups.items()}


def intervals(groups: Mapping[Key, Sample], catalog: Catalog, names: Sequence[str]) -> dict[Key, dict[str, Estimate]]:
    """Each formula of `names` on each group, with its standard error.

    Settings are constants. Without an error are one customer alone, what is undefined, and what has no finite slope;
    without a value too, what reads a day, since days don't add up.
    """
    formulas = _with_inputs(names, catalog)
    unreadable = {name for name in names if catalog.needed([name]) & _NOT_SUMMED}
    found: dict[Key, dict[str, Estimate]] = {}
    for key, group in groups.items():
        estimates = _estimates(group, formulas, catalog)
        found[key] = {name: Estimate(None, None, group.n) if name in unreadable else estimates[name] for name in names}
    return found


def _with_inputs(names: Iterable[str], catalog: Catalog) -> dict[str, Expression]:
    """The formulas `names` and those they read, each after those it reads."""
    wanted = set(names)
    for formula in reversed(catalog.formulas):
        wanted |= formula.expression.names if formula.name in wanted else set()
    return {f.name: f.expression for f in catalog.formulas if f.name in wanted}


def _estimates(group: Sample, formulas: Mapping[str, Expression], catalog: Catalog) -> dict[str, Estimate]:
    scales = {name: MONEY_SCALE if name in catalog.scaled else 1 for name in group.sums if name not in catalog.absent}
    sums = {name: group.sums[name] / scale for name, scale in scales.items()}
    covariances = group.covariances if group.n > 1 else {}
    found = {}
    for name, (value, slopes) in gradient(formulas, {**catalog.constants, **sums}, sums.keys()).items():
        of_whole = {metric: slope / scales[metric] for metric, slope in slopes.items() if slope}
        known = value is not None and group.n > 1
        found[name] = Estimate(value, _error(of_whole, covariances) if known else None, group.n)
    return found


def _error(slopes: Mapping[str, float], covariances: Mapping[tuple[str, str], float]) -> float | None:
    """The root of slopes' · covariances · slopes; None where it is no number, nought where rounding alone leaves something of it."""
    terms = [
        (1 if a == b else 2) * slopes[a] * slopes[b] * together
        for (a, b), together in covariances.items()
        if a in slopes and b in slopes
    ]  # fmt: skip
    largest = sum(map(abs, terms))
    if not math.isfinite(largest):
        return None
    variance = math.fsum(terms)
    return math.sqrt(variance) if variance > _ROUNDING * largest else 0.0
