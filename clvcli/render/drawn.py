"""Columns side by side in a terminal: text for the grid to fold, and numbers drawn here, with their shades, stars and bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

from clvcli.render.bars import LONGEST, SHORTEST, bars
from clvcli.render.cells import STAR, Shown
from clvcli.render.look import Look

GAP = 2
FOLDED = 28
NARROWEST_FOR_BARS = 60
GAIN = Style(color=Color.from_ansi(32))
LOSS = Style(color=Color.from_ansi(166))
"""Blue and orange, which the colour-blind tell apart, seen on white as on black."""

Shades = Mapping[str, Sequence[Style | None]]
_ENDLESS = Console(width=10_000)


@dataclass(frozen=True)
class Lane:
    """One column of the grid: that of a table, or all neighbours of a heat map, so that their shades meet."""

    header: Text
    cells: Sequence[Text]
    footer: Text
    justify: Literal["left", "right"]
    width: int | None


def together(columns: Sequence[Shown]) -> list[list[Shown]]:
    """The columns in groups that are each one lane."""
    return [list(group) for _, group in groupby(columns, key=lambda c: c.shaded or c.name)]


def room(columns: Sequence[Shown], folded: int = FOLDED) -> int:
    """The cells that columns take side by side without bars, their text folded at `folded`."""
    widths = (c.width + _slot(c) if c.is_number else min(c.width, folded) for c in columns)
    return sum(widths) + GAP * (len(together(columns)) - 1)


def bar_width(columns: Sequence[Shown], width: int) -> int:
    """The cells that are left for each bar; text is folded only for short ones. 0 if there is no room for bars."""
    count = sum(c.barred for c in columns)
    if not count or width < NARROWEST_FOR_BARS:
        return 0
    beside, folded = ((width - room(columns, at)) // count - GAP for at in (width, FOLDED))
    fitting = beside if beside >= SHORTEST else min(folded, SHORTEST)
    return min(fitting, LONGEST) if fitting >= SHORTEST else 0


def lane(group: Sequence[Shown], shades: Shades, bar: int, look: Look) -> Lane:
    """The lane of a group; a heat map's last cells and marked ones keep a slot, so that digits stand below each other."""
    first = group[0]
    bar = bar if first.barred else 0
    if not bar and not any(_slot(c) for c in group):
        justify: Literal["left", "right"] = "right" if first.is_number else "left"
        width = first.width if first.is_number else None
        return Lane(Text(first.label), [Text(cell) for cell in first.starred()], Text(first.footer), justify, width)
    columns = [_picture(c, shades.get(c.name), bar, look) for c in group]
    cells = [Text.assemble(*row) for row in zip(*columns, strict=True)]
    footer = Text("".join(_right(c.footer, c.width) + " " * _slot(c) for c in group))
    width = sum(c.width + _slot(c) for c in group) + (GAP - _slot(first) + bar if bar else 0)
    return Lane(_header(group), cells, footer, "left", width)


def _slot(column: Shown) -> int:
    """The cells between a number and what follows in which a star may stand."""
    return int(column.is_number and (column.shaded or bool(column.stars)))


def _header(group: Sequence[Shown]) -> Text:
    """The labels, each above its numbers, the last words in one line."""
    labels = [[line.plain.rstrip() for line in Text(c.label).wrap(_ENDLESS, c.width, overflow="fold")] for c in group]
    height = max(map(len, labels))
    filled = [[""] * (height - len(label)) + label for label in labels]
    return Text(
        "\n".join(
            "".join(_right(word, c.width) + " " * _slot(c) for c, word in zip(group, line, strict=True))
            for line in zip(*filled, strict=True)
        )
    )


def _picture(column: Shown, shades: Sequence[Style | None] | None, bar: int, look: Look) -> list[Text]:
    """The cells of one column: numbers in their shades, stars, bars."""
    stars = (STAR if row in column.stars else " " * _slot(column) for row in range(len(column.cells)))
    cells = [Text(_right(cell, column.width) + star) for cell, star in zip(column.cells, stars, strict=True)]
    for cell, style in zip(cells, shades or (), strict=False):
        cell.stylize(style or "")
    if bar:
        for cell, (loss, axis, gain) in zip(cells, bars(column.values, bar, unicode=look.unicode), strict=True):
            cell.append(" " * (GAP - _slot(column))).append(loss, LOSS).append(axis).append(gain.rstrip(), GAIN)
    return cells


def _right(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text
