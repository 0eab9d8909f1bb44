"""Roots: where a function of one number is zero, nearest to where it stands."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

Function = Callable[[float], float | None]

_HALVINGS = 40
_DOUBLINGS = 40
_CLOSE_TO_ZERO = 1e-6


def nearest_root(function: Function, start: float, low: float, high: float) -> float | None:
    """The zero of `function` that is nearest to `start`, between `low` and `high`, which may be infinite; nothing if none is found.

    Looked for on both sides, in steps that double away from `start` and halve towards an end, then by bisection. The function is
    taken to be continuous, and may be undefined in places. Where it is zero at an end, it doesn't change its sign: that is no root.
    """
    found = [root for end in (low, high) if (root := _root(function, _points(start, end))) is not None]
    return min(found, key=lambda root: (abs(root - start), root), default=None)


def _points(start: float, end: float) -> list[float]:
    """From `start` towards `end`: each time half of what is left, or twice as far if there is no end."""
    if not math.isinf(end):
        return [end + (start - end) * 0.5**n for n in range(_HALVINGS)]
    unit = math.copysign(abs(start) or 1.0, end)
    return [start, *(start + unit * 2.0**n for n in range(-_DOUBLINGS, _DOUBLINGS))]


def _root(function: Function, points: list[float]) -> float | None:
    """The first zero on the way along the points."""
    known = [(x, y) for x in points if (y := function(x)) is not None]
    for (x, y), (further, beyond) in pairwise(known):
        if y == 0:
            return x
        if (y < 0) != (beyond < 0) and beyond:
            return _bisected(function, x, further, y)
    return None


def _bisected(function: Function, start: float, end: float, at_start: float) -> float | None:
    """The zero between two points, as close as numbers go; nothing if the function jumps from one sign to the other."""
    near_enough = _CLOSE_TO_ZERO * max(abs(at_start), 1.0)
    middle, value = start, at_start
    while value != 0 and (next_one := start + (end - start) / 2) not in (start, end):
        if (found := function(next_one)) is None:
            return None
        middle, value = next_one, found
        start, end = (middle, end) if (value < 0) == (at_start < 0) else (start, middle)
    return middle if abs(value) <= near_enough else None
