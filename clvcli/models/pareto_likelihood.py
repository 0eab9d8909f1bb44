"""The likelihood of Pareto/NBD: each customer is alive, or has left at some time since they last bought.

At which, nobody knows, so the likelihood has an integral over it. Papers write that as a difference of two
hypergeometric functions, which has no digits left for frequent buyers. Here it is a sum over times, all of whose terms
are positive. To have stayed is one more term, and means over all of them are the gradient and the Hessian.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clvcli.models.histories import Array, Histories, dot
from clvcli.models.newton import Matrix
from clvcli.models.quadrature import unit_rule

_WIDTH, _FALL, _FARTHEST_FALL = 2.8, 10.0, 400.0
"""In a panel ln y grows by no more, and the integrand falls no farther; what it falls altogether beyond the last doesn't count."""
_FEW, _NARROW, _FLAT = 6, 1.0, 2.0
"""So few nodes are as good where it is no wider and falls no farther, as with most customers."""
_LEAST = 37.0
"""What is below exp(−37) of the integrand's value at the last purchase isn't summed."""
_NOTHING = 1e-250
_AT_ONCE = 32_768
"""So many terms are at work at once: what fits into a processor's own memory."""


@dataclass(frozen=True)
class Lifetimes:
    """The log-likelihood of all histories."""

    histories: Histories

    def derivatives(self, logs: Array) -> tuple[float, Array, Matrix]:
        """The log-likelihood, its gradient and its Hessian in the logarithms of r, alpha, s and beta."""
        values = [float(value) for value in np.exp(logs)]
        value, gradient, hessian = self._of_counts(*values[:2])
        for rows, terms in _terms(values, self.histories):
            found = terms.derivatives(values, self.histories.repeats[rows], self.histories.customers[rows])
            value, gradient, hessian = value + found[0], gradient + found[1], hessian + found[2]
        return value, gradient, hessian

    def _of_counts(self, r: float, alpha: float) -> tuple[float, Array, Matrix]:
        """Of Γ(r + x)/Γ(r) · alpha^−x, which only counts of repeats matter to; the slope of alpha^−x stands with those of the terms."""
        h = self.histories
        steps = r + np.arange(h.exceeding.size, dtype=np.float64)
        slope = r * dot(h.exceeding, 1 / steps)
        value = dot(h.exceeding, np.log(steps)) - dot(h.customers, h.repeats) * float(np.log(alpha))
        return value, np.array([slope, 0, 0, 0]), np.diag([slope - r**2 * dot(h.exceeding, steps**-2.0), 0, 0, 0])


def log_odds(values: Sequence[float], histories: Histories) -> Array:
    """The log-odds of having left to being alive."""
    found = np.empty_like(histories.age)
    for rows, terms in _terms(values, histories):
        having_left = terms.logs[:-1]
        most = having_left.max(axis=0)
        found[rows] = most + np.log(np.exp(having_left - most).sum(axis=0)) - terms.logs[-1]
    return found


@dataclass(frozen=True)
class _Terms:
    """What the likelihoods of customers are sums of: a column each, a row per time y of having left, and a last one of being alive.

    `logs` are the terms' logarithms, `bought` is ln(1 + y/alpha) and `stayed` is ln(1 + y/beta), where y is T for the alive.
    """

    logs: Array
    bought: Array
    stayed: Array

    def derivatives(self, values: Sequence[float], repeats: Array, customers: Array) -> tuple[float, Array, Matrix]:
        """The sum of the log-likelihoods and its derivatives: means of the terms' own, and their covariances within a customer."""
        most = self.logs.max(axis=0)
        weights = np.exp(self.logs - most)
        totals = weights.sum(axis=0)
        weights *= customers / totals
        slopes, curves = self._derivatives(values, repeats, weights)
        weighed = weights * slopes
        sums = weighed.sum(axis=1)
        curves += np.einsum("ik,jk->ij", weighed.reshape(4, -1), slopes.reshape(4, -1))
        curves -= np.einsum("ik,jk->ij", sums / customers, sums)
        return dot(customers, most + np.log(totals)), sums.sum(axis=1), curves

    def _derivatives(self, values: Sequence[float], repeats: Array, weights: Array) -> tuple[Array, Matrix]:
        """Slopes of each term's logarithm in the logarithms of r, alpha, s and beta, and the weighted sum of its curvatures."""
        r, _, s, _ = values
        left = np.append(np.ones(len(weights) - 1), 0.0)[:, None]
        early, soon = np.exp(-self.bought), np.exp(-self.stayed)
        of_early, of_soon = (r + repeats) * early, (s + left) * soon
        slopes = np.stack([-r * self.bought, r - of_early, left - s * self.stayed, s - of_soon])
        curves = np.zeros((4, 4))
        curves[0, 0] = -r * _sum(weights, self.bought)
        curves[[0, 1], [1, 0]] = r * _sum(weights, 1 - early)
        curves[1, 1] = -_sum(weights, of_early * (1 - early))
        curves[2, 2] = -s * _sum(weights, self.stayed)
        curves[[2, 3], [3, 2]] = s * _sum(weights, 1 - soon)
        curves[3, 3] = -_sum(weights, of_soon * (1 - soon))
        return slopes, curves


def _terms(values: Sequence[float], histories: Histories) -> Iterator[tuple[NDArray[np.intp], _Terms]]:
    """The terms of all customers, in pieces of those who need equally many panels; and which these are."""
    reach, fall = _reach(values, histories)
    panels = np.maximum(1, np.ceil(np.maximum(reach / _WIDTH, np.minimum(fall, _FARTHEST_FALL) / _FALL)))
    panels[(reach <= _NARROW) & (fall <= _FLAT)] = 0
    for needed in np.unique(panels):
        rule = unit_rule(int(needed)) if needed else unit_rule(1, _FEW)
        rows = np.flatnonzero(panels == needed)
        for piece in np.array_split(rows, 1 + rows.size * rule[0].size // _AT_ONCE):
            yield piece, _terms_of(values, (histories.repeats[piece], histories.active[piece], histories.age[piece]), reach[piece], rule)


def _reach(values: Sequence[float], histories: Histories) -> tuple[Array, Array]:
    """How far ln(1 + (y − t_x)/(near + t_x)) goes, where near is the less of alpha and beta; and how far the integrand's logarithm falls."""
    r, alpha, s, beta = values
    shape, rest = r + histories.repeats, np.full_like(histories.repeats, s + 1)
    near, far = (shape, rest) if alpha <= beta else (rest, shape)
    since = min(alpha, beta) + histories.active
    share = since / (max(alpha, beta) + histories.active)
    reach = np.log1p((histories.age - histories.active) / since)
    slope = near - 1 + far * share
    reach = np.where(slope > 0, np.minimum(reach, _LEAST / np.maximum(slope, _NOTHING)), reach)
    return reach, (near - 1) * reach + far * np.log1p(share * np.expm1(reach))


def _terms_of(values: Sequence[float], histories: tuple[Array, Array, Array], reach: Array, rule: tuple[Array, Array]) -> _Terms:
    """The terms of customers with so many repeats, active days and days of age.

    Having left at y: s/beta · (1 + y/alpha)^−(r + x) · (1 + y/beta)^−(s + 1) dy; being alive: the same without s/beta, and with s, at T.
    Source: Fader & Hardie 2005, note 009, eq. 9 and 12, which are integrals before they are hypergeometric functions.
    """
    r, alpha, s, beta = values
    repeats, active, age = histories
    nodes, weights = rule
    near, far = min(alpha, beta), max(alpha, beta)
    since, grown = near + active, reach * nodes[:, None]
    left = active + since * np.expm1(grown)
    by_near = np.vstack([np.log1p(active / near) + grown, np.log1p(age / near)])
    by_far = np.vstack([np.log1p(left / far), np.log1p(age / far)])
    bought, stayed = (by_near, by_far) if alpha <= beta else (by_far, by_near)
    logs = -(r + repeats) * bought - s * stayed
    logs[:-1] += grown - stayed[:-1] + np.log(weights)[:, None] + np.log(s / beta * since * np.maximum(reach, _NOTHING))
    return _Terms(logs, bought, stayed)


def _sum(weights: Array, values: Array) -> float:
    return float(np.einsum("ij,ij->", weights, values))
