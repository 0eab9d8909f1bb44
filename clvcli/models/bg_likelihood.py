"""The likelihood of BG/NBD and MBG/NBD: that of purchasing, with a chance to leave after each purchase."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clvcli.models.histories import Array, Histories, dot
from clvcli.models.nbd import Purchasing
from clvcli.models.newton import Matrix

_AT_ONCE = 16_384
"""So many histories are at work at once: what fits into a processor's own memory, where sums cost a third."""


@dataclass(frozen=True)
class Leaving:
    """The log-likelihood of all histories: of purchasing, of staying after all purchases but the last, and of having left after that or not.

    Per customer it is that of purchasing · B(a, b + k + 1)/B(a, b) · (1 + odds of having left), where k counts the chances
    to leave before the last one. `at_first` is 1 if the first purchase is such a chance.
    """

    histories: Histories
    at_first: int

    def derivatives(self, logs: Array) -> tuple[float, Array, Matrix]:
        """The log-likelihood, its gradient and its Hessian in the logarithms of r, alpha, a and b."""
        r, alpha, a, b = map(float, np.exp(logs))
        value, gradient, hessian = self._of_leaving(r, alpha, a, b)
        for of_some, at in ((self._purchasing.derivatives(logs[:2]), slice(0, 2)), (self._of_staying(a, b), slice(2, 4))):
            value += of_some[0]
            gradient[at] += of_some[1]
            hessian[at, at] += of_some[2]
        return value, gradient, hessian

    @cached_property
    def _purchasing(self) -> Purchasing:
        return Purchasing(self.histories)

    @cached_property
    def _with_a_chance(self) -> tuple[tuple[Array, Array, Array, Array], ...]:
        """Those who have had a chance to leave: repeats, active, age and customers, in pieces that fit into a processor's own memory."""
        h = self.histories
        kept = np.flatnonzero(h.repeats + self.at_first > 0)
        pieces = np.array_split(kept, 1 + kept.size // _AT_ONCE)
        return tuple((h.repeats[piece], h.active[piece], h.age[piece], h.customers[piece]) for piece in pieces)

    @cached_property
    def _exceeding(self) -> Array:
        """How many customers have had more than 0, 1, 2 … chances to leave."""
        return np.concatenate([np.full(self.at_first, self.histories.total), self.histories.exceeding])

    def _of_staying(self, a: float, b: float) -> tuple[float, Array, Matrix]:
        """Of B(a, b + k + 1)/B(a, b), the product of (b + j)/(a + b + j) for j = 0 … k."""
        exceeding = self._exceeding
        stays = b + np.arange(exceeding.size)
        one, all_ = 1 / stays, 1 / (a + stays)
        ones, alls = dot(exceeding, one), dot(exceeding, all_)
        squares, all_squares = dot(exceeding, one**2), dot(exceeding, all_**2)
        by_a, by_b, both = -a * alls, b * (ones - alls), a * b * all_squares
        hessian = np.array([[by_a + a**2 * all_squares, both], [both, by_b - b**2 * (squares - all_squares)]])
        return -dot(exceeding, np.log1p(a / stays)), np.array([by_a, by_b]), hessian

    def _of_leaving(self, r: float, alpha: float, a: float, b: float) -> tuple[float, Array, Matrix]:
        """Of 1 + a/(b + k) · ((alpha + T)/(alpha + t_x))^(r + x), the odds of having left."""
        value, gradient, hessian = 0.0, np.zeros(4), np.zeros((4, 4))
        for repeats, active, age, customers in self._with_a_chance:
            shape, stays = r + repeats, b + repeats + (self.at_first - 1)
            now, then, share = alpha / (alpha + age), alpha / (alpha + active), b / stays
            silent = np.log1p((age - active) / (alpha + active))
            odds = np.log(a / stays) + shape * silent
            having_left, alive = np.exp(np.minimum(odds, 0)), np.exp(-np.maximum(odds, 0))  # as 1 to the other, whichever is less
            either = 1 / (having_left + alive)
            left = customers * having_left * either
            slopes = np.array([r * silent, shape * (now - then), np.ones_like(odds), -share])
            curves = np.einsum("ik,jk->ij", left * alive * either * slopes, slopes)
            curves[0, 0] += dot(left, slopes[0])
            curves[[0, 1], [1, 0]] += r * dot(left, now - then)
            curves[1, 1] += dot(left, shape * (now * (1 - now) - then * (1 - then)))
            curves[3, 3] -= dot(left, share * (1 - share))
            value += dot(customers, np.maximum(odds, 0) + np.log1p(having_left * alive))
            gradient, hessian = gradient + np.einsum("ik,k->i", slopes, left), hessian + curves
        return value, gradient, hessian
