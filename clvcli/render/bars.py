"""Bars beside numbers, in eighths of a cell where the terminal has them; if numbers are negative, to both sides of an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

LONGEST = 32
SHORTEST = 8
_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


class Bar(NamedTuple):
    """What is left of the axis, the axis and what is right of it, blanks included; without negative numbers there is no axis."""

    left: str
    axis: str
    right: str


_NOTHING = 1e-300
"""Below it a length in cells per number is more than a number holds."""


def bars(values: Sequence[float | None], width: int, *, unicode: bool) -> list[Bar]:
    """A bar in `width` cells for each number, all on one scale: the largest absolute value has the longest."""
    values = [0.0 if value is not None and abs(value) < _NOTHING else value for value in values]
    numbers = [value for value in values if value is not None]
    most, least = max([0.0, *numbers]), max([0.0, *(-value for value in numbers)])
    if not least:
        return [Bar("", "", _rightwards((value or 0) / (most or 1) * width, width, unicode=unicode)) for value in values]
    left = _left_of_axis(most, least, width - 1)
    right = width - 1 - left
    scale = min(left / least, right / most if most else left / least)
    axis = "│" if unicode else ":"
    return [
        Bar(
            _leftwards(-(value or 0) * scale, left, unicode=unicode),
            " " if value is None else axis,
            _rightwards((value or 0) * scale, right, unicode=unicode),
        )
        for value in values
    ]


def _left_of_axis(most: float, least: float, cells: int) -> int:
    """How many of the cells are left of the axis; each side that has numbers has some."""
    return min(max(1, round(cells * least / (most + least))), cells - 1 if most else cells)


def _rightwards(length: float, room: int, *, unicode: bool) -> str:
    if length <= 0:
        return " " * room
    if not unicode:
        return ("#" * max(1, round(length))).ljust(room)
    whole, eighths = divmod(max(1, round(length * 8)), 8)
    return ("█" * whole + _EIGHTHS[eighths]).ljust(room)


def _leftwards(length: float, room: int, *, unicode: bool) -> str:
    """The same to the left, in halves of a cell: no finer blocks begin at its right edge, but for the thinnest."""
    if length <= 0:
        return " " * room
    if not unicode:
        return ("#" * max(1, round(length))).rjust(room)
    whole, half = divmod(round(length * 2), 2)
    return ("▐" * half + "█" * whole or "▕").rjust(room)
