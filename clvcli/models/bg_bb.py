"""BG/BB: how often customers buy who have a chance to at set times – yearly appeals, weekly boxes, conferences – until they leave unseen.

While there, a customer takes each chance with probability p, and before each leaves with probability θ; p differs between
customers as Beta(alpha, beta), θ as Beta(gamma, delta).
Source: Fader, Hardie & Shang 2010, Customer-Base Analysis in a Discrete-Time Noncontractual Setting (Marketing Science 29(6));
note 010.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clvcli.models.beta_geometric import periods_to_come, survival
from clvcli.models.fit import Fit, fitted
from clvcli.models.histories import Array, FitError, dot
from clvcli.models.newton import Derivatives, Matrix, maximum

Counts = NDArray[np.int64]

_STARTS = np.log([[1.0, 1.0, 1.0, 1.0], [1.0, 0.5, 0.5, 2.0], [2.0, 5.0, 1.0, 10.0]])
_FEWEST = 3
"""With two chances there are three shares to learn four parameters from."""
_BLOCK = 1 << 17
"""Ends of histories that are worked out together: what bounds the memory."""


@dataclass(frozen=True)
class Chances:
    """Distinct histories: how many chances were `taken` (x), which was the `last` of these (t_x), of how many (n), by how many customers.

    Chances are counted after the one at which the customer was won. Raises ValueError where they can't be those of a customer.
    """

    taken: Array
    last: Array
    chances: Array
    customers: Array

    def __post_init__(self) -> None:
        for array in (self.taken, self.last, self.chances, self.customers):
            if not np.isfinite(array).all():
                raise ValueError("a history has a number that is missing or infinite")
        wrong = {
            "a count that is no whole number": sum(c != np.floor(c) for c in (self.taken, self.last, self.chances)) > 0,
            "more chances taken than there were by the last one": self.taken > self.last,
            "a last chance after the end of observation": self.last > self.chances,
            "none taken but a last one": (self.taken <= 0) != (self.last <= 0),
            "a count below nought": self.taken < 0,
        }
        for what, where in wrong.items():
            if where.any():
                raise ValueError(f"{self.customers[where].sum():.0f} customers have {what}")

    @property
    def total(self) -> float:
        """How many customers there are."""
        return float(self.customers.sum())

    def blocks(self) -> Iterator[Chances]:
        """The same in parts whose histories can have ended in no more than about _BLOCK ways together."""
        ends = np.cumsum(self.chances - self.last + 1)
        cuts = np.flatnonzero(np.diff(ends // _BLOCK)) + 1
        parts = (np.split(array, cuts) for array in (self.taken, self.last, self.chances, self.customers))
        return (Chances(*part) for part in zip(*parts, strict=True))


@dataclass(frozen=True)
class BgBb:
    """The beta-geometric/beta-binomial model; periods are those between chances, rates are of one period."""

    name: str = "bg_bb"
    label: str = "BG/BB"
    parameters: tuple[str, ...] = ("alpha", "beta", "gamma", "delta")
    source: str = "Fader, Hardie & Shang 2010, Customer-Base Analysis in a Discrete-Time Noncontractual Setting"

    def fit(self, chances: Chances) -> Fit:
        """The parameters where these histories are likeliest, the best from three starts; raises FitError."""
        if not chances.taken.any():
            raise FitError(
                "nobody bought again: who buys rarely and who has left can't be told apart",
                "wait for the next chance to buy, or see whether the file has repeat orders",
            )
        if chances.chances.max() < _FEWEST:
            raise FitError("nobody has had more than two chances to buy again", "wait for the third, or count shorter periods")
        derivatives = self.derivatives(chances)
        found = [maximum(derivatives, start, np.zeros(4)) for start in _STARTS]
        best = replace(max(found, key=lambda each: each.value), evaluations=sum(each.evaluations for each in found))
        return fitted(self.name, self.parameters, best, chances.total)

    def derivatives(self, chances: Chances) -> Derivatives:
        """The log-likelihood and its derivatives in the log-parameters.

        A likelihood is a sum over the ways in which a history can have ended, ln L = ln Σ exp(hₖ): its gradient is the mean of
        those of hₖ, weighted by exp(hₖ − ln L), its Hessian the mean of theirs and the covariance of the gradients.
        """
        blocks = list(chances.blocks())
        most = int(chances.chances.max(initial=0))

        def at(point: Array) -> tuple[float, Array, Matrix]:
            terms = _Terms.of(np.exp(point), most)
            value, gradient, hessian = 0.0, np.zeros(4), np.zeros((4, 4))
            for block in blocks:
                part = _of_block(terms, block)
                value, gradient, hessian = value + part[0], gradient + part[1], hessian + part[2]
            return value, gradient, hessian

        return at

    def log_likelihoods(self, values: Sequence[float], chances: Chances) -> Array:
        """The log-likelihood of each history, for one customer."""
        terms = _Terms.of(np.array(values), int(chances.chances.max(initial=0)))
        parts = ((terms.logs(ends), ends) for ends in map(_Ends.of, chances.blocks()))
        return np.concatenate([np.logaddexp.reduceat(logs, ends.begins) for logs, ends in parts])

    def alive(self, values: Sequence[float], chances: Chances, after: int = 0) -> Array:
        """P(alive) at the last chance of each history, or so many chances `after` it; the paper has `after` 1 (eq. 11, A10).

        B(α+x, β+n−x) B(γ, δ+n+m) / (B(α, β) B(γ, δ) L).
        """
        most = int(chances.chances.max(initial=0))
        terms = _Terms.of(np.array(values), most + after)
        ends = _Ends.there(chances)
        there = terms.logs(ends) - self.log_likelihoods(values, chances)
        staying, n = terms.delta.logs - terms.leaving.logs, ends.stayed
        return np.minimum(np.exp(there + staying[n + after] - staying[n]), 1.0)

    def expected(self, values: Sequence[float], chances: Chances, periods: int) -> Array:
        """E[X(n, n+m)]: how many of the next so many chances a customer of each history will take (eq. 13)."""
        return self.discounted(values, chances, 0.0, periods)

    def discounted(self, values: Sequence[float], chances: Chances, rate: float, periods: int | None = None) -> Array:
        """The same, the i-th of them divided by (1 + rate)^i; without `periods` for ever, which papers call DERT (eq. 14).

        P(alive at n) · (α+x)/(α+β+n) · Σ S(i)/(1+d)^i, with the survival S of who has stayed for n periods. For ever at no
        rate it is nan where it isn't finite, for γ ≤ 1.
        """
        alpha, beta, gamma, delta = values
        share = (alpha + chances.taken) / (alpha + beta + chances.chances)
        return self.alive(values, chances) * share * periods_to_come(gamma, delta + chances.chances, rate, periods)

    def expected_of_new(self, values: Sequence[float], periods: Array) -> Array:
        """E[X(n)]: how many of so many chances a customer takes after the one at which they were won (eq. 8)."""
        alpha, beta, gamma, delta = values
        counts = np.asarray(periods).astype(np.int64)
        staying = survival(gamma, delta, np.arange(int(counts.max(initial=0)) + 1, dtype=np.float64))
        return np.asarray(alpha / (alpha + beta) * (np.cumsum(staying) - 1)[counts])


BG_BB = BgBb()


@dataclass(frozen=True)
class _Ends:
    """The ways in which each history can have ended: there at the last chance, or gone before one after the last taken.

    A row each; a history's rows begin at `begins` with the first way. There a customer took x chances, let `missed` go by,
    and had stayed for `stayed` periods before `gone` (1) or not (0). `history` is whose row it is.
    """

    taken: Counts
    missed: Counts
    stayed: Counts
    gone: Counts
    history: Counts
    begins: Counts

    @classmethod
    def there(cls, chances: Chances) -> _Ends:
        """Of each history only the first way."""
        x, n = (array.astype(np.int64) for array in (chances.taken, chances.chances))
        rows = np.arange(len(x))
        return cls(x, n - x, n, np.zeros_like(x), rows, rows)

    @classmethod
    def of(cls, chances: Chances) -> _Ends:
        """All of them."""
        x, last, n = (array.astype(np.int64) for array in (chances.taken, chances.last, chances.chances))
        ways = n - last + 1
        begins = np.cumsum(ways) - ways
        history = np.repeat(np.arange(len(x)), ways)
        way = np.arange(len(history)) - begins[history]
        gone = np.minimum(way, 1)
        stayed = np.where(gone, last[history] + way - 1, n[history])
        return cls(x[history], stayed - x[history], stayed, gone, history, begins)


@dataclass(frozen=True)
class _Rising:
    """ln Γ(c+n)/Γ(c) for n = 0, 1, 2 … as a sum of logarithms, and its first and second derivative in ln c."""

    logs: Array
    first: Array
    second: Array

    @classmethod
    def of(cls, c: float, most: int) -> _Rising:
        """For n up to `most`."""
        j = np.arange(most, dtype=np.float64)
        summed = (np.concatenate(([0.0], np.cumsum(each))) for each in (np.log(c + j), c / (c + j), c * j / (c + j) ** 2))
        return cls(*summed)


@dataclass(frozen=True)
class _Terms:
    """What the log-likelihood of an end is made of: ln B(a+i, b+j)/B(a, b) is a sum of three rising factorials, no Gamma function."""

    shares: Array
    alpha: _Rising
    beta: _Rising
    gamma: _Rising
    delta: _Rising
    taking: _Rising
    leaving: _Rising

    @classmethod
    def of(cls, values: Array, most: int) -> _Terms:
        """For histories of so many chances at most; `shares` are what each parameter is of the sum of its two."""
        taking, leaving = float(values[0] + values[1]), float(values[2] + values[3])
        each = [_Rising.of(float(value), most + 1) for value in (*values, taking, leaving)]
        return cls(values / np.array([taking, taking, leaving, leaving]), *each)

    def logs(self, ends: _Ends) -> Array:
        """Of each end ln B(α+x, β+s−x)/B(α, β) + ln B(γ+g, δ+s)/B(γ, δ), where s is `stayed` and g `gone`."""
        taking = self.alpha.logs[ends.taken] + self.beta.logs[ends.missed] - self.taking.logs[ends.stayed]
        leaving = self.gamma.logs[ends.gone] + self.delta.logs[ends.stayed] - self.leaving.logs[ends.stayed + ends.gone]
        return np.asarray(taking + leaving)

    def gradients(self, ends: _Ends) -> Array:
        """The gradient of each end in the log-parameters: a row per parameter."""
        own = (self.alpha.first[ends.taken], self.beta.first[ends.missed], self.gamma.first[ends.gone], self.delta.first[ends.stayed])
        taking, leaving = self.taking.first[ends.stayed], self.leaving.first[ends.stayed + ends.gone]
        return np.asarray(np.stack(own) - self.shares[:, None] * np.stack((taking, taking, leaving, leaving)))

    def curvature(self, ends: _Ends, weights: Array) -> Matrix:
        """The sum of the ends' Hessians, so weighted."""
        own = (self.alpha.second[ends.taken], self.beta.second[ends.missed], self.gamma.second[ends.gone], self.delta.second[ends.stayed])
        hessian = np.diag([dot(weights, each) for each in own])
        for pair, sums, at in ((slice(0, 2), self.taking, ends.stayed), (slice(2, 4), self.leaving, ends.stayed + ends.gone)):
            first, squares = dot(weights, sums.first[at]), dot(weights, sums.first[at] - sums.second[at])
            shares = self.shares[pair]
            hessian[pair, pair] += np.outer(shares, shares) * squares - np.diag(shares) * first
        return hessian


def _of_block(terms: _Terms, chances: Chances) -> tuple[float, Array, Matrix]:
    """The log-likelihood of these histories, its gradient and its Hessian."""
    ends = _Ends.of(chances)
    logs = terms.logs(ends)
    highest = np.maximum.reduceat(logs, ends.begins)
    shares = np.exp(logs - highest[ends.history])
    sums = np.add.reduceat(shares, ends.begins)
    shares = shares / sums[ends.history]
    gradients = terms.gradients(ends)
    means = np.add.reduceat(shares * gradients, ends.begins, axis=1)
    weights = shares * chances.customers[ends.history]
    spread = gradients - means[:, ends.history]
    hessian = np.einsum("in,jn->ij", weights * spread, spread) + terms.curvature(ends, weights)
    return dot(chances.customers, highest + np.log(sums)), np.einsum("n,in->i", chances.customers, means), hessian
