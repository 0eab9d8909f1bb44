"""Quadrature: rules that make a sum of an integral, with nodes where functions of buying and leaving change."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from clvcli.models.histories import Array

NODES = 12
"""Nodes in a panel; the exponential of a fall by 10 is integrated to 1e-13."""
_PANEL = 2.5
"""How wide a panel of a time rule may be in logarithms: 3 leave errors of 4e-10, and 4 of 4e-7."""
_BETA_NODES = 96
_LEAST = 36.0
"""What is below exp(−36) of the greatest value isn't summed."""
_SPREAD = 3.0
_TINY = 1e-290


@lru_cache(maxsize=64)
def unit_rule(panels: int = 1, nodes: int = NODES) -> tuple[Array, Array]:
    """Places between 0 and 1, and their weights: Gauss–Legendre with so many nodes in each of so many panels of equal width.

    Source: Davis & Rabinowitz 1984, Methods of Numerical Integration, §2.7.

    >>> places, weights = unit_rule()
    >>> round(float((weights * places**3).sum()), 12)
    0.25
    """
    places, weights = np.polynomial.legendre.leggauss(nodes)
    of_panels = (np.arange(panels)[:, None] + (places + 1) / 2) / panels
    return of_panels.ravel(), np.tile(weights / 2 / panels, panels)


def time_rule(scale: Array, until: float, fineness: Array | float = 1.0) -> tuple[Array, Array]:
    """Times from 0 to `until` and their weights: a row per `scale`, the shortest time in which the function changes.

    Nodes are Gauss–Legendre in ln(1 + time/scale), as many panels as the row with the longest reach needs; `fineness`
    says how many times narrower they must be.
    """
    reach = np.log1p(until / scale)
    panels = int(np.ceil(np.max(fineness * reach, initial=0.0) / _PANEL))
    nodes, weights = unit_rule(max(1, panels))
    grown = np.exp(reach[:, None] * nodes)
    return scale[:, None] * (grown - 1), (reach * scale)[:, None] * weights * grown


def beta_rule(a: float, b: Array) -> tuple[Array, Array]:
    """Chances p and weights of the mean over p ~ Beta(a, b): a row per `b`.

    The trapezoidal rule in ln(p/(1 − p)) = mode + c·sinh(t), where the density is log-concave and falls
    double-exponentially in t. It needs no Gamma function, so that no a or b is too small or too great for it.
    Source: Takahasi & Mori 1974, Double Exponential Formulas for Numerical Integration.

    >>> chances, weights = beta_rule(0.8, np.array([2.4]))
    >>> round(float((weights * chances).sum()), 12)
    0.25
    """
    half = a * b / (a + b)
    tail = np.log1p(_LEAST / half + np.sqrt(2 * _LEAST / half))
    width = np.minimum(_SPREAD, half**-0.5)
    low, high = -np.arcsinh((tail + _LEAST / a) / width), np.arcsinh((tail + _LEAST / b) / width)
    t = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, _BETA_NODES)
    logit = np.log(a / b)[:, None] + width[:, None] * np.sinh(t)
    p, q = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
    density = a * p + b[:, None] * q + np.log(np.cosh(t))
    weights = np.exp(density - density.max(axis=1, keepdims=True))
    return np.maximum(np.exp(p), _TINY), weights / weights.sum(axis=1, keepdims=True)
