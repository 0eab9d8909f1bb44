"""Newton: the parameters at which a likelihood is greatest, found in the logarithms of the parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from clvcli.models.histories import Array, FitError

Matrix: TypeAlias = NDArray[np.float64]
Derivatives: TypeAlias = Callable[[Array], tuple[float, Array, Matrix]]
"""From log-parameters to the log-likelihood, its gradient and its Hessian, all in the logarithms."""

REACH = 12.0
"""A log-parameter farther than this from its scale has run to the edge: it is reported, not chased."""
_FLAT_REACH, _FLAT_GAIN = 8.0, 0.01
"""A log-parameter farther out than this goes no farther for less than the gain: the edge is where it leads."""
_CAP = 1.0
"""No log-parameter moves farther in a step; 0.7, 1.5 and 2 need more evaluations over 33 fits."""
_SHRINK, _SMALLEST = 0.3, 1e-6
_SINGULAR = 1e-12
_AT_EDGE = 0.01


@dataclass(frozen=True)
class Maximum:
    """Where a likelihood is greatest: log-parameters, value, Hessian, how often it was worked out, and which parameters ran to an edge."""

    at: Array
    value: float
    hessian: Matrix
    evaluations: int
    edges: NDArray[np.bool_]


def maximum(derivatives: Derivatives, start: Array, scale: Array, tolerance: float = 1e-14, most: int = 100) -> Maximum:
    """The maximum of `derivatives`, from `start`, within REACH of `scale`; raises FitError where the likelihood isn't finite at the start.

    Newton with the absolute values of the Hessian's eigenvalues, so that each step goes uphill; it stops when the Newton
    decrement g'|H|⁻¹g, twice the log-likelihood still to gain, is below `tolerance`.
    Source: Dauphin et al. 2014, Identifying and Attacking the Saddle Point Problem; Nocedal & Wright 2006, Numerical Optimization, §3.
    """
    at = scale + np.clip(start - scale, -REACH, REACH)
    value, gradient, hessian = derivatives(at)
    if not np.isfinite(value):
        raise FitError("the likelihood has no value for these orders", "look at the dates with 'clv inspect'")
    evaluations, flat = 1, 0
    for _ in range(most):
        step, decrement = _step(at - scale, gradient, hessian)
        if decrement < tolerance or flat > 2:  # noqa: PLR2004 - thrice flat is flat
            break
        found, tried = _uphill(derivatives, at, value, step)
        evaluations += tried
        if found is None:
            break
        at, gain, (value, gradient, hessian) = found[0], found[1][0] - value, found[1]
        flat = flat + 1 if gain < max(1e-6 * max(decrement, 1e-4), 1e-13 * abs(value)) else 0
    return Maximum(at, value, hessian, evaluations, np.abs(at - scale) >= _FLAT_REACH)


def _step(out: Array, gradient: Array, hessian: Matrix) -> tuple[Array, float]:
    """The step uphill that stays within reach, and the Newton decrement; which are so far `out` stay where they are if it leads them farther."""
    free = np.ones(out.size, dtype=np.bool_)
    while True:
        step, decrement = _newton(gradient, hessian, free)
        reach = REACH - _AT_EDGE if decrement >= _FLAT_GAIN else _FLAT_REACH
        leaving = free & (np.abs(out) >= reach) & (step * out > 0)
        if not leaving.any():
            return step * _room(out, step), decrement
        free &= ~leaving


def _newton(gradient: Array, hessian: Matrix, free: NDArray[np.bool_]) -> tuple[Array, float]:
    """The step of those parameters that are free, and the decrement."""
    step = np.zeros_like(gradient)
    if not free.any():
        return step, 0.0
    sizes, directions = np.linalg.eigh(-hessian[np.ix_(free, free)])
    curved = np.maximum(np.abs(sizes), _SINGULAR * max(1.0, float(np.abs(sizes).max())))
    step[free] = directions @ ((directions.T @ gradient[free]) / curved)
    return step, float(gradient @ step)


def _room(out: Array, step: Array) -> float:
    """How much of a step can be gone: none farther than the cap or than the reach, all in one direction, since ridges are narrow."""
    moved = np.abs(step) > 0
    room = (REACH - np.sign(step[moved]) * out[moved]) / np.abs(step[moved])
    return float(np.min([1.0, *room, *(_CAP / np.abs(step[moved]))]))


_Evaluated: TypeAlias = tuple[float, Array, Matrix]


def _uphill(derivatives: Derivatives, at: Array, value: float, step: Array) -> tuple[tuple[Array, _Evaluated] | None, int]:
    """The first of ever shorter steps that doesn't lead downhill, with the likelihood there; None if there is none."""
    share, tried = 1.0, 0
    while share > _SMALLEST:
        evaluated = derivatives(at + share * step)
        tried += 1
        if np.isfinite(evaluated[0]) and evaluated[0] >= value - 1e-13 * abs(value):
            return (at + share * step, evaluated), tried
        share *= _SHRINK
    return None, tried
