"""Charts: what is drawn, as values; how it looks is the renderer's affair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clvcli.tables import Unit


@dataclass(frozen=True)
class Curve:
    """Points that belong together, in order of x; where y isn't known the line is broken.

    A `level` is what others are held against, drawn dashed.
    """

    label: str
    points: tuple[tuple[float, float | None], ...]
    is_level: bool = False


@dataclass(frozen=True)
class Mark:
    """A point worth a word, as where a customer has paid back."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Lines:
    """Curves over one x, with the names of its places where it has names; `told` is what they show, in a sentence."""

    name: str
    title: str
    told: str
    unit: Unit
    x_label: str
    curves: tuple[Curve, ...]
    ticks: Mapping[float, str]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Range:
    """A number with its interval, as far as that is known."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Ranges:
    """Numbers of one unit side by side, each a bar with its interval; `told` is what they show, in a sentence."""

    name: str
    title: str
    told: str
    unit: Unit
    ranges: tuple[Range, ...]


Chart = Lines | Ranges
