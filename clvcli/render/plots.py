"""Plots: charts as SVG, once for a wide page and once for a phone; colours are the page's, so that they follow light and dark."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from clvcli.charts import Chart, Curve, Lines, Range, Ranges
from clvcli.errors import printable
from clvcli.tables import Unit

_LETTER = 7.6
"""About as wide as a letter is at the size of a chart's text."""
_LOW = 70
"""So near the bottom a mark's word would be where its curve is."""
_SERIES = 6
"""So many series have colours of their own."""


@dataclass(frozen=True)
class Size:
    """How wide a chart is, and how much of that the names of its rows may take."""

    name: str
    width: int
    names: int


SIZES = (Size("wide", 720, 320), Size("narrow", 340, 340))


def plots(chart: Chart) -> list[Markup]:
    """The chart in each of SIZES, of which a page shows the one that fits."""
    return [_lines(chart, size) if isinstance(chart, Lines) else _ranges(chart, size) for size in SIZES]


def _svg(chart: Chart, size: Size, height: float, parts: Sequence[Markup]) -> Markup:
    """The drawing, with what it shows in words for those who can't see it."""
    label = printable(f"{chart.title}. {chart.told}")
    head = Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(size.name, size.width, _at(height), label)
    return head + Markup("").join(parts) + Markup("</svg>")


def _at(place: float) -> str:
    """A place to a tenth of a pixel, which no rounding of a processor changes."""
    return f"{place:.1f}".removesuffix(".0")


def _text(words: str, x: float, y: float, anchor: str = "start", style: str = "") -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}"{}>{}</text>').format(
        _at(x), _at(y), anchor, Markup(' class="{}"').format(style) if style else Markup(""), printable(words)
    )


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>').format(_at(x1), _at(y1), _at(x2), _at(y2), style)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from the one below `low` to the one above `high`, at most so many steps apart.

    >>> ticks(0, 87.3)
    [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    """
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if span / (power * factor) <= most)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [at * step for at in range(first, max(last, first + 1) + 1)]


def _short(unit: Unit, value: float, step: float) -> str:
    """How a tick reads: without decimals that all ticks have as noughts."""
    if unit is Unit.SHARE:
        return f"{value:.0%}" if step >= 0.01 else f"{value:.1%}"  # noqa: PLR2004 - a whole per cent
    return f"{value:,.0f}" if step >= 1 else f"{value:,.2f}"


@dataclass(frozen=True)
class _Plane:
    """Where numbers stand in a drawing."""

    x0: float
    x1: float
    y0: float
    y1: float
    left: float
    right: float
    top: float
    bottom: float

    def x(self, value: float) -> float:
        return self.left + (value - self.x0) / ((self.x1 - self.x0) or 1) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - (value - self.y0) / ((self.y1 - self.y0) or 1) * (self.bottom - self.top)


def _lines(chart: Lines, size: Size) -> Markup:
    xs = [x for curve in chart.curves for x, _ in curve.points]
    ys = [y for curve in chart.curves for _, y in curve.points if y is not None]
    grid = ticks(min(0.0, *ys), max(0.0, *ys))
    step = grid[1] - grid[0]
    names = [_short(chart.unit, y, step) for y in grid]
    legend = _legend(chart.curves, size)
    top = 14 + 20 * len(legend)
    plane = _Plane(min(xs), max(xs), grid[0], grid[-1], max(map(len, names)) * _LETTER + 14, size.width - 14, top, top + 200)
    parts = [*_placed_legend(legend), *_grid(chart, plane, grid, names)]
    for at, curve in enumerate(chart.curves):
        parts += _curve(curve, plane, _style(chart.curves, at))
    parts += _marks(chart, plane)
    return _svg(chart, size, plane.bottom + 42, parts)


def _style(curves: Sequence[Curve], at: int) -> str:
    """What a curve is drawn in; levels have a style of their own."""
    return "level" if curves[at].is_level else f"s{sum(not c.is_level for c in curves[:at]) % _SERIES}"


def _legend(curves: Sequence[Curve], size: Size) -> list[list[tuple[str, str, float]]]:
    """The names of several curves in lines: name, style and place; a curve alone is named by the title."""
    lines: list[list[tuple[str, str, float]]] = []
    if len(curves) == 1:
        return lines
    x = float(size.width)
    for at, curve in enumerate(curves):
        width = 30 + len(curve.label) * _LETTER + 14
        if x + width > size.width:
            lines.append([])
            x = 4.0
        lines[-1].append((curve.label, _style(curves, at), x))
        x += width
    return lines


def _placed_legend(lines: Sequence[Sequence[tuple[str, str, float]]]) -> Iterator[Markup]:
    for row, line in enumerate(lines):
        for label, style, x in line:
            yield _line(x, row * 20 + 11, x + 22, row * 20 + 11, style)
            yield _text(label, x + 28, row * 20 + 15)


def _grid(chart: Lines, plane: _Plane, grid: Sequence[float], names: Sequence[str]) -> Iterator[Markup]:
    for value, name in zip(grid, names, strict=True):
        yield _line(plane.left, plane.y(value), plane.right, plane.y(value), "axis" if value == 0 else "grid")
        yield _text(name, plane.left - 6, plane.y(value) + 4, "end")
    free = -math.inf
    for at, (value, name) in enumerate(sorted(chart.ticks.items())):
        half = len(name) * _LETTER / 2
        x = min(max(plane.x(value), half), plane.right + 14 - half)
        if at and x - half < free:
            continue
        free = x + half + 6
        yield _line(plane.x(value), plane.bottom, plane.x(value), plane.bottom + 4, "axis")
        yield _text(name, x, plane.bottom + 18, "middle")
    yield _text(chart.x_label, plane.right, plane.bottom + 36, "end", "quiet")


def _curve(curve: Curve, plane: _Plane, style: str) -> Iterator[Markup]:
    """The curve, broken where it isn't known; with few points each has a dot that says its value."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in curve.points:
        if y is None:
            pieces.append([])
        else:
            pieces[-1].append((x, y))
    for piece in filter(None, pieces):
        path = " ".join(f"{_at(plane.x(x))},{_at(plane.y(y))}" for x, y in piece)
        yield Markup('<polyline points="{}" class="{}"/>').format(path, style)
    lone = [piece[0] for piece in pieces if len(piece) == 1]
    for x, y in lone:
        yield Markup('<circle cx="{}" cy="{}" r="3" class="dot {}"/>').format(_at(plane.x(x)), _at(plane.y(y)), style)


def _marks(chart: Lines, plane: _Plane) -> Iterator[Markup]:
    for mark in chart.marks:
        x, y = plane.x(mark.x), plane.y(mark.y)
        is_right = x + len(mark.label) * _LETTER + 12 < plane.right
        yield _line(x, plane.top, x, plane.bottom, "mark")
        yield Markup('<circle cx="{}" cy="{}" r="5" class="dot mark"/>').format(_at(x), _at(y))
        word = plane.top + 14 if y > plane.bottom - _LOW else plane.bottom - 10  # where the curve isn't, nor a level that it crosses
        yield _text(mark.label, x + 8 if is_right else x - 8, word, "start" if is_right else "end", "strong")


def _ranges(chart: Ranges, size: Size) -> Markup:
    """A row for each: on a wide page the name is left of the bar, on a phone above it."""
    ends = [end for r in chart.ranges for end in (r.value, r.low, r.high) if end is not None]
    beside = size.width > size.names
    left = min(max(len(r.label) for r in chart.ranges) * _LETTER + 12, size.names) if beside else 4.0
    room = max(len(chart.unit.show(r.value)) for r in chart.ranges) * _LETTER + 12
    row = 30 if beside else 46
    plane = _Plane(min(0.0, *ends), max(0.0, *ends), 0, 1, left, size.width - room, 6, 6 + row * len(chart.ranges))
    parts = [_line(plane.x(0), plane.top, plane.x(0), plane.bottom, "axis")]
    for at, one in enumerate(chart.ranges):
        parts += _range(one, plane, size, (plane.top + row * at, row), chart.unit)
    return _svg(chart, size, plane.bottom + 6, parts)


def _range(one: Range, plane: _Plane, size: Size, place: tuple[float, float], unit: Unit) -> Iterator[Markup]:
    top, row = place
    beside = size.width > size.names
    middle = top + (row / 2 if beside else row - 14)
    most = int((size.names if beside else size.width) / _LETTER) - 2
    label = one.label if len(one.label) <= most else one.label[: most - 1] + "…"
    yield _text(label, plane.left - 10, middle + 4, "end") if beside else _text(label, plane.left, top + 14)
    start, end = sorted((plane.x(0), plane.x(one.value)))
    yield Markup('<rect x="{}" y="{}" width="{}" height="14" rx="2" class="bar"/>').format(
        _at(start), _at(middle - 7), _at(max(end - start, 1))
    )
    far = end
    if one.low is not None and one.high is not None:
        low, high = plane.x(one.low), plane.x(one.high)
        far = max(end, high)
        yield _line(low, middle, high, middle, "range")
        yield from (_line(x, middle - 5, x, middle + 5, "range") for x in (low, high))
    yield _text(unit.show(one.value), far + 6, middle + 4, "start", "strong")
