"""Beta-geometric lifetimes: at the end of each period a customer leaves with a chance of their own, which differs as Beta(a, b).

P(still there after t periods) is S(t) = B(a, b+t)/B(a, b); of who has stayed for n of them the same is true with b+n.
sBG says this of contracts, BG/BB of the unseen end of buying.
Source: Fader & Hardie 2007, How to Project Customer Retention (Journal of Interactive Marketing 21(1)), eq. 6.
"""

from __future__ import annotations

import numpy as np

from clvcli.models.histories import Array

_NATS = 20.0
"""A term of the fraction brings a factor of about exp(−2√d): after 20/√d of them what is left out is below a double's rounding."""


def survival(alpha: float, beta: float, periods: Array) -> Array:
    """S(t) for each whole number of periods, as a product of retention rates."""
    counts = np.asarray(periods).astype(np.int64)
    steps = np.log1p(alpha / (beta + np.arange(int(counts.max(initial=0)))))
    return np.exp(-np.concatenate(([0.0], np.cumsum(steps)))[counts])


def periods_to_come(alpha: float, beta: Array, rate: float, periods: int | None = None) -> Array:
    """For each `beta` the sum of S(t)/(1+d)^t for t = 1 … periods, or for ever: how many more periods a customer will stay.

    `rate` is d, of one period. For ever at no rate it is finite for alpha > 1 only, and nan otherwise.
    """
    each, at = np.unique(beta, return_inverse=True)
    if periods is not None:
        return _of_some(alpha, each, rate, periods)[at]
    if rate > 0:
        return _for_ever(alpha, each, rate)[at]
    return (each / (alpha - 1) if alpha > 1 else np.full(each.shape, np.nan))[at]


def _of_some(alpha: float, beta: Array, rate: float, periods: int) -> Array:
    stays, total = np.ones(beta.shape), np.zeros(beta.shape)
    for t in range(periods):
        stays = stays * ((beta + t) / (alpha + beta + t) / (1 + rate))
        total = total + stays
    return total


def _for_ever(alpha: float, beta: Array, rate: float) -> Array:
    """b/(a+b) · z · ₂F₁(1, b+1; a+b+1; z) with z = 1/(1+d), by Gauss's continued fraction from its far end.

    All its coefficients lie between 0 and 1, so nothing cancels; SciPy's hyp2f1 gives nan at a = 1, b = 200, d = 0.1.
    Source: Gauss 1813; NIST Digital Library of Mathematical Functions, §15.7.
    """
    z, b, c = 1 / (1 + rate), beta + 1, alpha + beta + 1
    fraction = np.ones(beta.shape)
    for m in range(int(np.ceil(_NATS / np.sqrt(rate))) // 2 + 10, 0, -1):
        fraction = 1 - z * ((b + m) * (c + m - 1) / ((c + 2 * m - 1) * (c + 2 * m))) / fraction
        fraction = 1 - z * (m * (c - b + m - 1) / ((c + 2 * m - 2) * (c + 2 * m - 1))) / fraction
    return beta / (alpha + beta) * z / (1 - z * (b / c) / fraction)
