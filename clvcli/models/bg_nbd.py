"""BG/NBD: customers buy at rates of their own, and after each repeat purchase leave with a chance of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, expit  # type: ignore[import-untyped]

from clvcli.models.bg_likelihood import Leaving
from clvcli.models.buying import horizon
from clvcli.models.fit import Fit, fitted
from clvcli.models.histories import Array, Histories
from clvcli.models.nbd import log_chances, log_likelihoods_of_rates
from clvcli.models.pairs import along_ages, by_pair
from clvcli.models.quadrature import beta_rule, time_rule
from clvcli.models.starts import MANY_LEAVE_AT_ONCE, likeliest, rates_start, require_repeats, rising

_BETA_CELLS = 96
_TIME_CELLS = 96 * 120


@dataclass(frozen=True)
class BgNbd:
    """Purchases at a rate λ ~ Gamma(r, alpha) until the customer leaves, with a chance p ~ Beta(a, b) after each of them.

    `at_first` is 1 if customers may leave right after the first purchase too (MBG/NBD), 0 if they can't (BG/NBD).
    Formulas are written for the BG/NBD; in the MBG/NBD b + x + 1 stands for b + x, after Hoppe & Wagner 2007.
    """

    name: str
    label: str
    source: str
    at_first: int
    parameters: Sequence[str] = ("r", "alpha", "a", "b")

    def fit(self, histories: Histories) -> Fit:
        """The parameters where these histories are likeliest; raises FitError."""
        require_repeats(histories)
        scale = np.log([1.0, histories.scale, 1.0, 1.0])
        starts = [np.log([*rates_start(histories), 1.0, 2.5]), np.log(MANY_LEAVE_AT_ONCE) + scale][: 1 + self.at_first]
        found = likeliest(lambda some: Leaving(some, self.at_first).derivatives, histories, starts, scale)
        return fitted(self.name, self.parameters, found, histories.total)

    def log_likelihoods(self, values: Sequence[float], histories: Histories) -> Array:
        """The log-likelihood of each history, for one customer.

        Source: Fader, Hardie & Lee 2005, eq. 6, and as note 027 has it, so that no Gamma function overflows.
        """
        r, alpha, a, b = values
        survived = self._chances_to_leave(histories)
        stayed = rising(b, survived) - rising(a + b, survived)
        return log_likelihoods_of_rates(r, alpha, histories) + stayed + np.logaddexp(0, self._log_odds(values, histories))

    def alive(self, values: Sequence[float], histories: Histories) -> Array:
        """P(alive); 1 for who has had no chance to leave. Source: Fader, Hardie & Lee 2008, note 021."""
        return np.asarray(expit(-self._log_odds(values, histories)))

    def expected(self, values: Sequence[float], histories: Histories, days: float) -> Array:
        """E[X(T, T+t)] = P(alive) · E[(1 − (1 + p·t/(alpha + T))^−(r + x)) / p], p ~ Beta(a, b + x).

        It is eq. 10 of Fader, Hardie & Lee 2005, whose hypergeometric function fails at a = 1 and at hundreds of repeats.
        """
        r, alpha, a, b = values

        def of_living(repeats: Array, age: Array) -> Array:
            p, weights = self._chance_rule(a, b, repeats)
            return _until_leaving(p, weights, r + repeats, days / (alpha + age))

        return self.alive(values, histories) * along_ages(histories, of_living, _BETA_CELLS, alpha)

    def discounted(self, values: Sequence[float], histories: Histories, rate: float, days: float | None = None) -> Array:
        """P(alive) · ∫ e^(−rate·t) · E[(r + x)/(alpha + T) · (1 + p·t/(alpha + T))^−(r + x + 1)] dt; without `days` for ever.

        It is E[λ/(λp + rate) · (1 − e^−(λp + rate)·days)] over λ ~ Gamma(r + x, alpha + T) and p ~ Beta(a, b + x).
        """
        r, alpha, a, b = values
        until = horizon(rate, days)

        def of_living(repeats: Array, age: Array) -> Array:
            p, weights = self._chance_rule(a, b, repeats)
            shape, since = r + repeats, alpha + age
            scale = since / np.maximum(1, (shape + 1) * (weights * p).sum(axis=1))
            times, spans = time_rule(np.minimum(scale, 1 / rate) if rate else scale, until)
            later = np.log1p(p[:, None, :] * (times / since[:, None])[:, :, None])
            buying = np.einsum("ik,ijk->ij", weights, np.exp(-(shape + 1)[:, None, None] * later))
            return np.asarray(np.einsum("ij,ij->i", spans * np.exp(-rate * times), buying) * shape / since)

        return self.alive(values, histories) * along_ages(histories, of_living, _TIME_CELLS, alpha)

    def expected_of_new(self, values: Sequence[float], days: Array) -> Array:
        """E[X(t)]: what is expected of a customer right after the first purchase."""
        r, alpha, a, b = values
        none = np.zeros(1)
        p, weights = self._chance_rule(a, b, none)
        stayed = b / (a + b) if self.at_first else 1.0
        return stayed * _until_leaving(p, weights, np.full_like(days, r), days / alpha)

    def chances(self, values: Sequence[float], histories: Histories, days: float, most: int) -> Array:
        """P(X(T, T+t) = n). Source: Fader, Hardie & Lee 2005, eq. 8, for who is alive with r + x, alpha + T and b + x.

        Its bracket, the chance of at least n purchases at the same rate, is an incomplete Beta function.
        """
        r, alpha, a, b = values
        counts = np.arange(1, most + 1, dtype=np.float64)

        def of_living(repeats: Array, age: Array) -> Array:
            stays = (b + self.at_first + repeats)[:, None] + counts - 1
            stayed = np.concatenate([np.ones_like(repeats)[:, None], np.cumprod(stays / (a + stays), axis=1)], axis=1)
            time = days / (alpha + age)
            found = stayed * np.exp(log_chances(r + repeats, time, most))
            so_many = betainc(counts, (r + repeats)[:, None], (time / (1 + time))[:, None])
            found[:, 1:] += stayed[:, :-1] * a / (a + stays) * so_many
            return np.asarray(found)

        alive = self.alive(values, histories)
        found = alive[:, None] * by_pair(histories, of_living, 8 * (most + 1))
        found[:, 0] += 1 - alive
        return np.asarray(found)

    def _chances_to_leave(self, histories: Histories) -> Array:
        return histories.repeats + self.at_first

    def _chance_rule(self, a: float, b: float, repeats: Array) -> tuple[Array, Array]:
        """The rule for p ~ Beta(a, b + chances to leave that weren't taken): a row per number of repeats."""
        distinct, places = np.unique(repeats, return_inverse=True)
        p, weights = beta_rule(a, b + self.at_first + distinct)
        return p[places], weights[places]

    def _log_odds(self, values: Sequence[float], histories: Histories) -> Array:
        """The log-odds of having left to being alive; −∞ for who has had no chance to leave."""
        r, alpha, a, b = values
        survived = self._chances_to_leave(histories)
        silent = np.log1p((histories.age - histories.active) / (alpha + histories.active))
        odds = np.log(a) - np.log(b + np.maximum(survived, 1) - 1) + (r + histories.repeats) * silent
        return np.where(survived > 0, odds, -np.inf)


def _until_leaving(p: Array, weights: Array, shape: Array, time: Array) -> Array:
    """E[(1 − (1 + p·time)^−shape) / p]: purchases within `time` at a rate ~ Gamma(shape, 1), up to the one after which they leave."""
    bought = -np.expm1(-shape[:, None] * np.log1p(p * time[:, None])) / p
    return np.asarray((weights * bought).sum(axis=1))


BG_NBD = BgNbd(
    "bg_nbd",
    "BG/NBD",
    "Fader, Hardie & Lee 2005, “Counting Your Customers” the Easy Way, Marketing Science 24(2)",
    at_first=0,
)
