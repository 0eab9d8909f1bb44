"""Coverage: how sure a model is of what it expects, and how often what happened was within it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import polars as pl

from clvcli.confidence import width
from clvcli.models.fit import Fit
from clvcli.models.histories import Array, Histories, dot
from clvcli.prediction import Fitted, distinct_of, histories_of
from clvcli.purchases import HISTORIES

NOMINAL = 0.9
"""How often what happens should be within an interval of a back-test."""
_STEP = 1e-4
_ROWS = 2048
_TAIL, _FEWEST, _TINY = 4.0, 20, 1e-300
"""So many times what is expected of who is still there, and so many more, is next to certainly more than a customer will do."""


def slopes(total: Callable[[Sequence[float]], float], fit: Fit) -> Array:
    """How a total moves with the logarithm of each parameter: central differences."""
    return np.asarray(_slopes(lambda values: np.array([total(values)]), fit)[:, 0])


def parameter_variance(total: Callable[[Sequence[float]], float], fit: Fit) -> float:
    """The variance of a total that comes from not knowing the parameters: the delta method over their logarithms.

    Parameters that ran to an edge are taken as known. Source: Oehlert 1992, A Note on the Delta Method.
    """
    return float(parameter_variances(lambda values: np.array([total(values)]), fit)[0])


def parameter_variances(totals: Callable[[Sequence[float]], Array], fit: Fit) -> Array:
    """The same of several totals that are worked out together."""
    slope = _slopes(totals, fit)
    return np.asarray(np.maximum(np.einsum("it,ij,jt->t", slope, fit.matrix, slope), 0.0))


def _slopes(totals: Callable[[Sequence[float]], Array], fit: Fit) -> Array:
    """A row per parameter, a column per total."""
    logs = np.log(np.array(fit.values))
    moves = np.eye(len(logs)) * _STEP
    return np.array([(totals(tuple(np.exp(logs + m))) - totals(tuple(np.exp(logs - m)))) / (2 * _STEP) for m in moves])


def interval_of_total(of: Fitted, rows: pl.DataFrame, days: int, share: float = NOMINAL) -> tuple[float, float]:
    """The interval of the buying days of all customers together: chance and unknown parameters, and no error of the model itself."""
    different, at = distinct_of(rows)
    seen = histories_of(different.with_columns(pl.Series(HISTORIES, np.bincount(at))))
    means = of.model.expected(of.buying.values, seen, days)
    by_chance = dot(seen.customers, np.maximum(_squares(of, seen, days) - means**2, 0.0))
    unknown = parameter_variance(lambda values: dot(seen.customers, of.model.expected(values, seen, days)), of.buying)
    mean, reach = dot(seen.customers, means), width(share) * (by_chance + unknown) ** 0.5
    return max(mean - reach, 0.0), mean + reach


def places(of: Fitted, rows: pl.DataFrame, orders: Array, days: int) -> tuple[Array, Array]:
    """P(X < y) and P(X ≤ y) of what each customer did, y buying days in so many days, as the model had it."""
    different, at = distinct_of(rows)
    asked, places = np.unique(orders.astype(np.int64) * different.height + at, return_inverse=True)
    counts, histories = np.divmod(asked, different.height)
    below, upto = np.empty(asked.size), np.empty(asked.size)
    for begin in range(0, asked.size, _ROWS):
        part = slice(begin, begin + _ROWS)
        y, lines = counts[part], np.arange(counts[part].size)
        seen = histories_of(different[histories[part]])
        chances = np.cumsum(of.model.chances(of.buying.values, seen, days, int(y[-1])), axis=1)
        below[part] = np.where(y > 0, chances[lines, np.maximum(y - 1, 0)], 0.0)
        upto[part] = chances[lines, y]
    return np.clip(below, 0.0, 1.0)[places], np.clip(upto, 0.0, 1.0)[places]


def _squares(of: Fitted, seen: Histories, days: int) -> Array:
    """The mean square of each history's buying days in so many days; of who is there it hangs on repeats and age alone, as all models have it."""
    repeats, ages, at = seen.pairs
    lately = Histories(repeats, np.where(repeats > 0, ages, 0.0), ages, np.ones_like(ages))
    parts = [_squares_if_there(of, part, days) for part in _parts(lately)]
    return np.asarray(of.model.alive(of.buying.values, seen) * np.concatenate([np.empty(0), *parts])[at])


def _parts(seen: Histories) -> Iterator[Histories]:
    """The histories, a few thousand at a time; they are in order of repeats."""
    for begin in range(0, seen.repeats.size, _ROWS):
        part = slice(begin, begin + _ROWS)
        yield Histories(seen.repeats[part], seen.active[part], seen.age[part], seen.customers[part])


def _squares_if_there(of: Fitted, seen: Histories, days: int) -> Array:
    """The same of who hasn't left, by the chances up to far out in the tail."""
    alive = np.maximum(of.model.alive(of.buying.values, seen), _TINY)
    most = int(_TAIL * float((of.model.expected(of.buying.values, seen, days) / alive).max()) + _FEWEST)
    chances = of.model.chances(of.buying.values, seen, days, most)
    return np.asarray(np.einsum("ij,j->i", chances, np.arange(most + 1.0) ** 2) / alive)
