"""For people: labels, units and notes, in a terminal or as Markdown."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import IO

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as Grid
from rich.text import Text

from clvcli.render.look import Look
from clvcli.tables import Column, Report, Table, Unit

NARROWEST = 40
_LONGEST_CELL = 200
_FOLDED = 28
_GAP = 2


def terminal(report: Report, out: IO[bytes], look: Look) -> None:
    """Aligned tables that fit the width; a table too wide for it continues below, its keys repeated."""
    buffer = io.StringIO()
    console = Console(
        file=buffer, width=max(look.width, NARROWEST), force_terminal=look.color, no_color=not look.color,
        color_system="standard" if look.color else None, highlight=False, emoji=False, markup=False, legacy_windows=False,
    )  # fmt: skip
    for table in report.tables:
        _print(console, table, look)
    for remark in report.remarks:
        console.print(Text(_spelling(look)(remark), style="dim"))
    shown = "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"
    out.write(shown.encode())


_ASCII = {ord(k): v for k, v in {"–": "-", "─": "-", "━": "=", "·": "|", "×": "x", "÷": "/", "→": "->", "…": "..."}.items()}


def _spelling(look: Look) -> Callable[[str], str]:
    """How text is written before it is laid out, so that all of it fits."""
    return printable if look.unicode else _in_ascii


def _in_ascii(text: str) -> str:
    return printable(text).translate(_ASCII).encode("ascii", "backslashreplace").decode()


def _print(console: Console, table: Table, look: Look) -> None:
    spelled = _spelling(look)
    console.print(Text(spelled(table.title), style="bold"))
    console.print()
    columns = [replace(c, label=spelled(c.label)) for c in table.columns if c.name not in table.hidden]
    cells = {c.name: [spelled(cell) for cell in _cells(table, c)] for c in columns}
    footers = {c.name: spelled(_footer(table, c, columns[0])) for c in columns}
    widths = {c.name: _width(c, [*cells[c.name], footers[c.name]]) for c in columns}
    for block in _blocks(columns, widths, table.keys, console.width):
        grid = Grid(
            box=box.SIMPLE_HEAD if look.unicode else box.ASCII2,
            show_footer=bool(table.footer),
            show_header=any(c.label for c in columns),
            padding=(0, _GAP - 1, 0, 0),
            pad_edge=False,
            show_edge=False,
        )
        for c in block:
            footer = Text(footers[c.name], style="bold")
            fixed = widths[c.name] - _GAP if c.unit.is_number else None
            grid.add_column(Text(c.label), justify="right" if c.unit.is_number else "left", footer=footer, overflow="fold", width=fixed)
        for row in zip(*(cells[c.name] for c in block), strict=True):
            grid.add_row(*(Text(cell) for cell in row))
        console.print(grid)
        console.print()
    for note in table.notes:
        console.print(Text(spelled(note)))
    if table.notes:
        console.print()


def _blocks(columns: Sequence[Column], widths: Mapping[str, int], keys: int, width: int) -> Iterator[list[Column]]:
    """The columns in groups that fit side by side, each group led by the keys."""
    lead, rest = list(columns[:keys]), list(columns[keys:])
    room = width - sum(widths[c.name] for c in lead)
    block: list[Column] = []
    for column in rest:
        if block and sum(widths[c.name] for c in [*block, column]) > room:
            yield [*lead, *block]
            block = []
        block.append(column)
    yield [*lead, *block]


def _width(column: Column, cells: Sequence[str]) -> int:
    """What a column needs beside its neighbours; text can be folded, numbers can't."""
    words = column.label.split() if column.unit.is_number else [column.label]
    widest = max(Measurement.get(_PLAIN, _PLAIN.options, Text(cell)).maximum for cell in [*words, *cells, ""])
    return (widest if column.unit.is_number else min(widest, _FOLDED)) + _GAP


_PLAIN = Console(width=10_000)


def _cells(table: Table, column: Column) -> list[str]:
    """A column's cells as people read them; the unit may be the row's own."""
    values = table.frame[column.name].to_list()
    if column.unit is Unit.ROW:
        return [Unit(unit).show(value) for unit, value in zip(table.frame["unit"], values, strict=True)]
    return [_shortened(printable(column.unit.show(value))) for value in values]


def _footer(table: Table, column: Column, first: Column) -> str:
    if not table.footer:
        return ""
    return "Total" if column is first else column.unit.show(table.footer[column.name]) if column.name in table.footer else ""


def _shortened(cell: str) -> str:
    return cell if len(cell) <= _LONGEST_CELL else cell[: _LONGEST_CELL - 1] + "…"


def printable(text: str) -> str:
    """The text with control and direction characters, and all others without a shape, shown, not obeyed."""
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode()


def markdown(report: Report, out: IO[bytes], look: Look) -> None:  # noqa: ARG001 - all renderers are called alike
    """The same tables for a pull request or a chat."""
    parts = [part for table in report.tables for part in _markdown_table(table)]
    parts += [f"{_escaped(remark)}\n" for remark in report.remarks]
    out.write("\n".join(parts).encode())


def _markdown_table(table: Table) -> list[str]:
    columns = [c for c in table.columns if c.name not in table.hidden]
    rows = [[_escaped(c.label) for c in columns], ["--:" if c.unit.is_number else "---" for c in columns]]
    rows += [[_escaped(cell) for cell in row] for row in zip(*(_cells(table, c) for c in columns), strict=True)]
    if table.footer:
        rows.append([f"**{cell}**" if (cell := _footer(table, c, columns[0])) else "" for c in columns])
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return [f"## {_escaped(table.title)}\n", lines, *(f"{_escaped(note)}\n" for note in table.notes)]


def _escaped(text: str) -> str:
    return re.sub(r"([\\|<>*_`\[\]])", r"\\\1", printable(text))
