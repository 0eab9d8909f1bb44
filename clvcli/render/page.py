"""A page: one HTML file that needs nothing else, for a screen of any width, light or dark, for paper, and for who can't see it.

It has no script and asks for nothing over the network; its policy forbids both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import IO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from clvcli import __version__
from clvcli.document import Document, Section, document
from clvcli.errors import printable
from clvcli.render.cells import STAR, Shown, shown
from clvcli.render.look import Look
from clvcli.render.plots import plots
from clvcli.render.shades import positions
from clvcli.tables import Report, Table

_LOADER = PackageLoader("clvcli.render", "")
_SHADES = 10
_DEFINITIONS = "definitions"
_MOST_ROWS = 500
_LONG, _LONG_BESIDE = 30, 16
_FEW_WORDS = 16
_LONG_WORD = 26


@dataclass(frozen=True)
class _Head:
    """A column's header: its name and label, and what stands in its tooltip."""

    name: str
    label: str
    told: str
    is_number: bool
    least: int = 0
    """How many letters a line of a text must hold at least, so that words aren't broken without need."""


@dataclass(frozen=True)
class _Cell:
    """A cell's text, how it looks, and whether it names its row."""

    text: str
    style: str = ""
    width: str = ""
    heads: bool = False


@dataclass(frozen=True)
class _Row:
    cells: tuple[_Cell, ...]
    anchor: str = ""


def html(report: Report, out: IO[bytes], look: Look) -> None:  # noqa: ARG001 - all renderers are called alike
    """The sections with their charts and tables; a report without sections is one of them."""
    whole = report if isinstance(report, Document) else _as_document(report)
    sections = [replace(section, tables=whole.tables_of(section)) for section in whole.sections]
    defined = {name for s in sections for t in s.tables if t.name == _DEFINITIONS for name in t.frame["column"]}
    environment = _environment()
    page = environment.get_template("page.html.jinja").render(
        version=__version__, css=Markup(_css()), title=whole.title, subtitle=whole.subtitle, sections=sections,  # noqa: S704 - our own
        remarks=whole.remarks, origin=whole.origin, plots=plots, grid=partial(_grid, environment, defined),
    )  # fmt: skip
    out.write(page.encode())


def _environment() -> Environment:
    """Templates in which whatever text is put in is escaped, and its control characters are shown, not obeyed."""
    return Environment(loader=_LOADER, autoescape=True, undefined=StrictUndefined, finalize=_shown)


def _shown(value: object) -> object:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _css() -> str:
    return _LOADER.get_source(_environment(), "page.css")[0]


def _as_document(report: Report) -> Document:
    """A report of one question as a page of its own."""
    title = report.tables[0].title if report.tables else report.command
    section = Section(report.command, report.command.capitalize(), tables=report.tables)
    return document(report, title, "", (section,), {"Made by": f"clv {__version__}"})


def _grid(environment: Environment, defined: Collection[str], table: Table, section: str, is_first: bool) -> Markup:  # noqa: FBT001 - as templates call
    """A table, unless it is for machines; of a very long one the first rows, and one that is long stays folded until it is asked for."""
    if table.for_machines:
        return Markup()
    if table.frame.height > _MOST_ROWS:
        note = f"The first {_MOST_ROWS:,} of {table.frame.height:,} rows; -o FILE.csv or FILE.xlsx has all."
        table = replace(table, frame=table.frame.head(_MOST_ROWS), notes=(note, *table.notes))
    columns = shown(table, printable)
    told = {column.name: column.description for column in table.columns}
    heads = [_Head(c.name, c.label, told[c.name], c.is_number, 0 if c.is_number else _least(c)) for c in columns]
    footer = [_Cell(c.footer, "n" if c.is_number else "") for c in columns] if table.footer else []
    return Markup(  # noqa: S704 - what the template made, which escapes
        environment.get_template("grid.html.jinja").render(
            table=table, section=section, title=table.title, columns=heads, rows=list(_rows(table, columns)),
            footer=footer, defined=defined if table.name != _DEFINITIONS else (), is_heat=any(c.shaded for c in columns),
            is_folded=table.name != _DEFINITIONS and table.frame.height > (_LONG if is_first else _LONG_BESIDE) and not table.shaded,
        )
    )  # fmt: skip


def _least(column: Shown) -> int:
    """Enough for the longest word and for a few words in a line, but not for what is no word any more."""
    words = max((len(word) for cell in column.cells for word in cell.split()), default=0)
    return min(max(words, min(max(map(len, column.cells), default=0), _FEW_WORDS)) + 1, _LONG_WORD)


def _rows(table: Table, columns: Sequence[Shown]) -> Iterator[_Row]:
    cells = [list(_cells(c, at < table.keys, positions(columns).get(c.name))) for at, c in enumerate(columns)]
    for at, row in enumerate(zip(*cells, strict=True)):
        yield _Row(row, f"d-{columns[0].cells[at]}" if table.name == _DEFINITIONS else "")


def _cells(column: Shown, heads: bool, shades: Sequence[float | None] | None) -> Iterator[_Cell]:  # noqa: FBT001 - of one cell
    """The cells of a column: in a heat map with their shade, beside bars with how long theirs is."""
    most = max((abs(value) for value in column.values if value is not None), default=0.0) or 1.0
    for at, text in enumerate(column.starred(STAR)):
        style, width = "n" if column.is_number else "" if heads else "t", ""
        if shades and (shade := shades[at]) is not None:
            style += f" h h{min(int(shade * _SHADES), _SHADES - 1)}"
        elif column.barred and (value := column.values[at]) is not None:
            style, width = f"{style} b", f"{abs(value) / most * 100:.0f}"
        yield _Cell(text, style, width, heads)
