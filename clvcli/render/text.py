"""For people: labels, units and notes, in a terminal or as Markdown."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import IO, Literal

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from clvcli.document import Document, Section
from clvcli.errors import printable
from clvcli.render.cells import STAR, Shown, shown
from clvcli.render.drawn import GAP, Lane, bar_width, lane, room, together
from clvcli.render.look import Look
from clvcli.render.shades import shades
from clvcli.tables import Report, Table

NARROWEST = 40
_MOST_ROWS = 30


def terminal(report: Report, out: IO[bytes], look: Look) -> None:
    """Aligned tables that fit the width; a table too wide for it continues below, its keys repeated."""
    buffer = io.StringIO()
    console = Console(
        file=buffer, width=max(look.width, NARROWEST), force_terminal=look.color, no_color=not look.color,
        color_system=_colors(look), highlight=False, emoji=False, markup=False, legacy_windows=False,
    )  # fmt: skip
    if isinstance(report, Document):
        _print_sections(console, report, look)
    else:
        for table in report.tables:
            _print(console, table, look)
    for remark in report.remarks:
        console.print(Text(_spelling(look)(remark), style="dim"))
    lines = "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"
    out.write(lines.encode())


def _print_sections(console: Console, whole: Document, look: Look) -> None:
    """The sections one after another, each under its title in capitals, with what is said of it."""
    spelled = _spelling(look)
    for section in whole.sections:
        console.print(Text(spelled(section.title).upper(), style="bold"))
        console.print()
        for line in (*section.said, *_figures(section)):
            console.print(Text(spelled(line)))
            console.print()
        for table in whole.tables_of(section):
            _print(console, table, look)


def _colors(look: Look) -> Literal["256", "truecolor"] | None:
    return None if not look.color else "truecolor" if look.true_color else "256"


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
    columns = shown(table, spelled)
    tints = shades(columns, true_color=look.true_color)
    for at, block in enumerate(_blocks(columns, table.keys, console.width)):
        lanes = [lane(group, tints, bar_width(block, console.width), look) for group in together(block)]
        rows = range(table.frame.height) if at == 0 else _observed(block[table.keys :], table.frame.height)
        console.print(_grid(lanes, rows, look, header=any(c.label for c in columns), footer=bool(table.footer)))
        console.print()
    for note in table.notes:
        console.print(Text(spelled(note)))
    if table.notes:
        console.print()


def _grid(lanes: Sequence[Lane], rows: Iterable[int], look: Look, *, header: bool, footer: bool) -> Grid:
    """The lanes side by side."""
    grid = Grid(
        box=box.SIMPLE_HEAD if look.unicode else box.ASCII2,
        show_footer=footer,
        show_header=header,
        padding=(0, GAP - 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        footer_style="bold",
    )
    for each in lanes:
        grid.add_column(each.header, each.footer, justify=each.justify, overflow="fold", width=each.width)
    for row in rows:
        grid.add_row(*(each.cells[row] for each in lanes))
    return grid


def _observed(columns: Sequence[Shown], height: int) -> list[int]:
    """The rows to show where a table continues: all but those of which a heat map has nothing."""
    return [row for row in range(height) if any(c.cells[row] or not c.shaded for c in columns)]


def _blocks(columns: Sequence[Shown], keys: int, width: int) -> Iterator[list[Shown]]:
    """The columns in groups that fit side by side, each group led by the keys."""
    lead, rest = list(columns[:keys]), list(columns[keys:])
    block: list[Shown] = []
    for column in rest:
        if block and room([*lead, *block, column]) > width:
            yield [*lead, *block]
            block = []
        block.append(column)
    yield [*lead, *block]


def markdown(report: Report, out: IO[bytes], look: Look) -> None:  # noqa: ARG001 - all renderers are called alike
    """The same tables for a pull request or a chat."""
    if isinstance(report, Document):
        parts = [f"# {_escaped(report.title)}\n", f"{_line(report.subtitle)}\n", *_markdown_sections(report)]
    else:
        parts = [part for table in report.tables for part in _markdown_table(table, "##")]
    parts += [f"{_line(remark)}\n" for remark in report.remarks]
    out.write("\n".join(parts).encode())


def _markdown_sections(whole: Document) -> Iterator[str]:
    for section in whole.sections:
        yield f"## {_escaped(section.title)}\n"
        yield from (f"{_line(line)}\n" for line in (*section.said, *_figures(section)))
        for table in whole.tables_of(section):
            yield from _markdown_table(_first_rows(table), "###")


def _figures(section: Section) -> list[str]:
    """The numbers that stand out, in a line."""
    return [" · ".join(f"{one.label} {one.shown}" for one in section.figures)] if section.figures else []


def _first_rows(table: Table) -> Table:
    """The table, or of a long one as much as a chat bears."""
    if table.frame.height <= _MOST_ROWS or table.shaded:
        return table
    note = f"The first {_MOST_ROWS} of {table.frame.height:,} rows."
    return replace(table, frame=table.frame.head(_MOST_ROWS), notes=(note, *table.notes))


def _markdown_table(table: Table, level: str) -> list[str]:
    columns = shown(table, _escaped)
    rows = [[c.label for c in columns], ["--:" if c.is_number else "---" for c in columns]]
    rows += map(list, zip(*(c.starred(_escaped(STAR)) for c in columns), strict=True))
    if table.footer:
        rows.append([f"**{c.footer}**" if c.footer else "" for c in columns])
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return [f"{level} {_line(table.title)}\n", lines, *(f"{_line(note)}\n" for note in table.notes)]


def _escaped(text: str) -> str:
    """A text that Markdown shows as it stands: no tag, picture, link or entity, and nothing made bold or struck out."""
    return re.sub(r"([\\|<>*_`~&\[\]]|:(?=//)|(?<=www)\.)", r"\\\1", printable(text))


def _line(text: str) -> str:
    """A text on a line of its own, which begins no heading, list or block."""
    return re.sub(r"^([0-9]+)(?=[.)])|^(?=[#+=-])", r"\1\\", _escaped(text).lstrip(" "))
