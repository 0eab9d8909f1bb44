"""Confidence: how often an interval should hold the number that it is about, and how wide that makes it."""

from __future__ import annotations

from statistics import NormalDist

CONFIDENCE = 0.95


def width(share: float = CONFIDENCE) -> float:
    """How many standard errors such an interval reaches to either side, by the normal distribution.

    >>> round(width(), 3)
    1.96
    """
    return NormalDist().inv_cdf((1 + share) / 2)
