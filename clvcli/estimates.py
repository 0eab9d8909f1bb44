"""Estimates: what to expect of all customers of a shop together, and how sure that is so far as the parameters go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clvcli.confidence import CONFIDENCE, width
from clvcli.coverage import parameter_variances
from clvcli.forecasts import BuyingForecast
from clvcli.models.buying import BuyingModel
from clvcli.models.fit import Fit
from clvcli.models.gamma_gamma import GAMMA_GAMMA, Spending
from clvcli.models.histories import Array, FitError, Histories, dot
from clvcli.prediction import Fitted, distinct_of, expected_spend, histories_of
from clvcli.purchases import REPEAT_REVENUE
from clvcli.tables import MONEY_SCALE, Unit

_SEED = 2005
"""Where a bootstrap's random numbers begin, so that they are the same on every run."""
_ENDS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)

Values = Sequence[float]


@dataclass(frozen=True)
class Estimated:
    """A number expected of all customers together, with the ends of its 95 % interval; `total` names the metric it is the sum of."""

    total: str
    value: float
    low: float | None = None
    high: float | None = None

    @property
    def unit(self) -> Unit:
        """What it counts."""
        return Unit.MONEY if self.total in ("predicted_revenue", "predicted_contribution") else Unit.EXPECTED


def estimates(found: BuyingForecast, bootstrap: int = 0) -> tuple[Estimated, ...]:
    """The totals of a forecast: alive, orders, revenue, and contribution where the margin is known; intervals by `bootstrap` samples if any."""
    sums = _Sums(found)
    if not bootstrap:
        return _by_curvature(sums)
    totals = np.array(list(_samples(sums, bootstrap))).reshape(-1, len(sums.names))
    return tuple(_by_samples(*each) for each in zip(sums.names, sums.of(found.fitted), totals.T, strict=True))


@dataclass(frozen=True)
class _Sums:
    """Totals over a shop's customers, as they hang on the parameters of both models: of distinct histories, each by its customers or spend."""

    found: BuyingForecast

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics whose sums are estimated."""
        known = ("alive_customers", "predicted_orders", "predicted_revenue")
        return (*known, "predicted_contribution") if "contribution" in self.found.customers.columns else known

    @cached_property
    def distinct(self) -> tuple[Histories, NDArray[np.intp]]:
        """The distinct histories, one customer each, and at which of them each customer stands."""
        different, at = distinct_of(self.found.customers)
        return histories_of(different), at

    def of(self, fit: Fitted) -> Array:
        """The totals under a fit, in the order of `names`."""
        return _dots(self.expected(fit.model, fit.buying.values), self.weights(fit))

    def expected(self, model: BuyingModel, values: Values) -> tuple[Array, ...]:
        """What each total adds up of a customer of each distinct history, as it hangs on the model of buying."""
        seen, ahead = self.distinct[0], self.found.ahead
        expected = model.expected(values, seen, ahead.days)
        known = (model.alive(values, seen), expected, expected)
        is_valued = len(self.names) > len(known)
        discounted = (model.discounted(values, seen, ahead.rate, ahead.days) if ahead.rate > 0 else expected,) if is_valued else ()
        return (*known, *discounted)

    def weights(self, fit: Fitted) -> tuple[Array, ...]:
        """How much of that each total takes of each distinct history: its customers, or their spend, as it hangs on the model of spending."""
        spend = expected_spend(fit, self.found.customers)
        earned = (self._summed(spend * self._margins),) if "predicted_contribution" in self.names else ()
        return (self._counts, self._counts, self._summed(spend), *earned)

    @cached_property
    def _counts(self) -> Array:
        return self._summed(np.ones(len(self.distinct[1])))

    @cached_property
    def _margins(self) -> Array:
        return np.asarray(np.nan_to_num(self.found.customers["margin"].to_numpy().astype(np.float64)))

    def _summed(self, values: Array) -> Array:
        """The customers' values added up at each history; all histories occur."""
        return np.bincount(self.distinct[1], weights=values).astype(np.float64)


def _dots(expected: Sequence[Array], weights: Sequence[Array]) -> Array:
    return np.array([dot(*pair) for pair in zip(weights, expected, strict=True)])


def _by_curvature(sums: _Sums) -> tuple[Estimated, ...]:
    """The totals with the intervals that the curvature of both likelihoods gives; what can't be below nought isn't."""
    fit = sums.found.fitted
    expected, weights = sums.expected(fit.model, fit.buying.values), sums.weights(fit)
    totals = _dots(expected, weights)
    variances = parameter_variances(lambda values: _dots(sums.expected(fit.model, values), weights), fit.buying)
    if (spending := fit.spending) is not None:
        variances = variances + parameter_variances(
            lambda values: _dots(expected, sums.weights(_spending(fit, spending, values))), spending
        )
    widths = width() * np.sqrt(variances)
    return tuple(_within(*each, len(sums.distinct[1])) for each in zip(sums.names, totals, widths, strict=True))


def _spending(fit: Fitted, of: Fit, values: Values) -> Fitted:
    """The fit with other values of the model of spending."""
    return replace(fit, spending=replace(of, parameters=dict(zip(of.parameters, values, strict=True))))


def _within(name: str, value: float, width: float, customers: int) -> Estimated:
    low = float(value - width) if name == "predicted_contribution" else max(float(value - width), 0.0)
    high = min(float(value + width), customers) if name == "alive_customers" else float(value + width)
    return Estimated(name, float(value), low, high)


def _samples(sums: _Sums, times: int) -> Iterator[Array]:
    """The totals under models refitted to so many samples of the customers, drawn with replacement; samples without a fit are left out.

    Source: Efron 1979, Bootstrap Methods: Another Look at the Jackknife.
    """
    seen, at = sums.distinct
    customers, chance = len(at), np.random.default_rng(_SEED)
    repeats = seen.repeats[at]
    spent = sums.found.customers[REPEAT_REVENUE].to_numpy() / MONEY_SCALE
    for _ in range(times):
        drawn = np.bincount(chance.integers(customers, size=customers), minlength=customers).astype(np.float64)
        try:
            fit = _refitted(sums.found.fitted, seen, at, (repeats, spent), drawn)
        except FitError:
            continue
        yield sums.of(fit)


def _refitted(fit: Fitted, seen: Histories, at: NDArray[np.intp], paid: tuple[Array, Array], drawn: Array) -> Fitted:
    """Both models fitted to customers each of whom was drawn so many times."""
    counts = np.bincount(at, weights=drawn).astype(np.float64)
    some = counts > 0
    buying = fit.model.fit(Histories(seen.repeats[some], seen.active[some], seen.age[some], counts[some]))
    if fit.spending is None:
        return replace(fit, buying=buying)
    repeats, spent = paid
    again = (repeats > 0) & (drawn > 0)
    spending = GAMMA_GAMMA.fit(Spending(repeats[again], spent[again] / repeats[again], drawn[again]))
    return replace(fit, buying=buying, spending=spending)


def _by_samples(name: str, value: float, totals: Array) -> Estimated:
    if not totals.size:
        return Estimated(name, float(value))
    low, high = np.quantile(totals, _ENDS)
    return Estimated(name, float(value), float(low), float(high))
