"""What people read in the cells of a table: numbers in their units, stars, nothing where nothing was observed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rich.cells import cell_len

from clvcli.errors import printable
from clvcli.tables import Column, Table, Unit

STAR = "*"
_LONGEST = 200
_SHORT_MONEY = 100
_NARROWEST_SHADE = 3


@dataclass(frozen=True)
class Shown:
    """A column as people read it: its texts, the rows whose cells have a star, and the numbers of a heat map or of bars."""

    name: str
    label: str
    is_number: bool
    cells: tuple[str, ...]
    footer: str
    stars: frozenset[int] = frozenset()
    shaded: bool = False
    barred: bool = False
    values: tuple[float | None, ...] = ()

    @cached_property
    def width(self) -> int:
        """The cells of a terminal that it takes; text can be folded, numbers can't."""
        words = self.label.split() if self.is_number else [self.label]
        texts = [*words, *(self.cells if self.is_number else self.starred()), self.footer]
        return max(_NARROWEST_SHADE * self.shaded, *map(cell_len, texts))

    def starred(self, star: str = STAR) -> tuple[str, ...]:
        """The cells with their stars."""
        return tuple(cell + star * (row in self.stars) for row, cell in enumerate(self.cells))


def shown(table: Table, spelled: Callable[[str], str]) -> list[Shown]:
    """The columns that people see, their texts as `spelled` writes them."""
    columns = [c for c in table.columns if c.name not in table.hidden]
    return [
        Shown(
            name=c.name,
            label=spelled(c.label),
            is_number=c.unit.is_number,
            cells=tuple(spelled(_shortened(printable(cell))) for cell in _cells(table, c)),
            footer=spelled(_footer(table, c, columns[0])),
            stars=frozenset(row for row, name in table.marks if name == c.name),
            shaded=c.unit.is_number and c.name in table.shaded,
            barred=c.unit.is_number and c.name in table.bars - table.shaded,
            values=tuple(_numbers(table, c.name)) if c.unit.is_number and c.name in table.shaded | table.bars else (),
        )
        for c in columns
    ]


def _cells(table: Table, column: Column) -> list[str]:
    """A column's cells in its unit, which may be the row's own."""
    values = table.frame[column.name].to_list()
    if column.unit is Unit.ROW:
        return [Unit(unit).show(value) for unit, value in zip(table.frame["unit"], values, strict=True)]
    show = _shower(table, column)
    return [show(value) for value in values]


def _footer(table: Table, column: Column, first: Column) -> str:
    if not table.footer:
        return ""
    return "Total" if column is first else _shower(table, column)(table.footer[column.name]) if column.name in table.footer else ""


def _shower(table: Table, column: Column) -> Callable[[Any], str]:
    """How a column's values are read; in a heat map, of many cells side by side, only as finely as the eye compares them."""
    if column.name not in table.shaded:
        return column.unit.show
    short: Callable[[Any], str] = column.unit.show
    if column.unit is Unit.SHARE:
        short = _whole_percent
    elif column.unit is Unit.MONEY and _largest(table, Unit.MONEY) >= _SHORT_MONEY:
        short = Unit.COUNT.show
    return lambda value: "" if value is None else short(value)


def _whole_percent(share: float) -> str:
    """A share without decimals; what is there, however little, isn't nothing."""
    percent = Unit.COUNT.show(share * 100)
    return "<1%" if percent == "0" and share > 0 else f"{percent}%"


def _largest(table: Table, unit: Unit) -> float:
    """The largest absolute value of a unit in the heat map."""
    columns = [c.name for c in table.columns if c.name in table.shaded and c.unit is unit]
    return max((abs(value) for name in columns for value in _numbers(table, name) if value is not None), default=0)


def _numbers(table: Table, name: str) -> list[float | None]:
    """The numbers of a column, and nothing where one is infinite or none."""
    return [value if value is not None and math.isfinite(value) else None for value in table.frame[name]]


def _shortened(cell: str) -> str:
    return cell if len(cell) <= _LONGEST else cell[: _LONGEST - 1] + "…"
