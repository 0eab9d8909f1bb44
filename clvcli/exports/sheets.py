"""Sheets: the tables of workbooks and of HTML pages as rows of text."""

from __future__ import annotations

import datetime as dt
import shlex
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from clvcli.errors import InputError, Place, Problem, nearest
from clvcli.exports.encodings import encoding_of
from clvcli.exports.files import File
from clvcli.exports.header_row import known
from clvcli.exports.limits import LARGEST_BYTES_IN_MEMORY, refuse_bomb
from clvcli.exports.parts import refuse_workbook_bomb

_WIDEST = 1000
_MOST_SPANNED = 1_000_000
"""So many cells of a page may be there because others span several columns."""
_LONGEST_TAG = 8192
"""Python's parser looks at what is left of a tag that never ends once for each of its characters."""
_PIECE = 1 << 20
_LOOKED_AT = 30
_EXACT_DIGITS = 10**15
"""Excel keeps fifteen digits of a number; what was longer is lost."""


@dataclass(frozen=True)
class Sheet:
    """One table: its rows of text, as they stand; and the columns with numbers too long to be kept whole."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    cut_columns: frozenset[int] = frozenset()


def sheet(file: File, name: str = "") -> Sheet:
    """The table of a workbook or a page whose header knows most columns, or the one asked for.

    Raises InputError for a file that can't be opened, has no table, or no sheet of that name.
    """
    found = list(_workbook(file) if file.kind == "workbook" else _page(file))
    if name:
        chosen = [one for one in found if one.name == name]
        if not chosen:
            problem = Problem(f"no sheet is called '{name}'", Place(file.name), nearest(name, [one.name for one in found]), ("sheet",))
            raise InputError(problem)
        return chosen[0]
    filled = [one for one in found if any(any(cell.strip() for cell in row) for row in one.rows)]
    if not filled:
        what = "no sheet has anything in it" if file.kind == "workbook" else "this is an HTML page without a table"
        raise InputError(Problem(what, Place(file.name), "save it as CSV, and give that file"))
    best = max(filled, key=lambda one: (max(map(known, one.rows[:_LOOKED_AT])), len(one.rows)))
    _refuse_parts(file, best, filled)
    return best


def _refuse_parts(file: File, best: Sheet, others: Sequence[Sheet]) -> None:
    """Raises InputError if other sheets have the same header, and records of their own: only one would be read."""
    header = max(best.rows[:_LOOKED_AT], key=known)
    parts = [one.name for one in others if one is best or (header in one.rows[:_LOOKED_AT] and _below(one, header) - _below(best, header))]
    if known(header) > 1 and len(parts) > 1:
        shown = ", ".join(f"'{name}'" for name in parts)
        tries = "\n".join(f"clv ... --sheet {shlex.quote(name)}" for name in parts)
        hint = f"save each as CSV, and give all of them; or choose one:\n{tries}"
        raise InputError(Problem(f"{len(parts)} sheets have the same columns: {shown}. Nothing was dropped", Place(file.name), hint))


def _below(one: Sheet, header: Sequence[str]) -> set[tuple[str, ...]]:
    """What stands under the header of a sheet."""
    return {row for row in one.rows if row != header and any(cell.strip() for cell in row)}


def _workbook(file: File) -> Iterator[Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        refuse_workbook_bomb(file)
        with file.open() as stream, CalamineWorkbook.from_filelike(stream) as book:
            for name in book.sheet_names:
                cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                cut = frozenset(
                    at for row in cells for at, cell in enumerate(row) if isinstance(cell, float) and abs(cell) >= _EXACT_DIGITS
                )
                yield Sheet(name, tuple(tuple(map(_as_text, row)) for row in cells), cut)
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile, zlib.error, struct.error) as error:
        raise InputError(
            Problem(f"can't be opened as a workbook: {error}", Place(file.name), "save it as CSV, and give that file")
        ) from None


def _as_text(cell: object) -> str:
    """A cell as a CSV would hold it: whole numbers without a point, days and times in ISO."""
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer() and abs(cell) < _EXACT_DIGITS * 10:
            return str(int(cell))
        case dt.datetime():
            return cell.isoformat(sep=" ", timespec="seconds") if cell.time() != dt.time() else cell.date().isoformat()
        case dt.date() | dt.time():
            return cell.isoformat()
        case _:
            return str(cell)


class _Tables(HTMLParser):
    """The cells of all tables of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._cell: list[str] | None = None
        self._width = 1
        self._spanned = 0

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self._end_cell()
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self._end_cell()
            self._cell, self._width = [], _span(attrs) if self._spanned < _MOST_SPANNED else 1
            self._spanned += self._width - 1
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None:
            self.tables[-1][-1] += [" ".join("".join(self._cell).split()), *[""] * (self._width - 1)]
        self._cell = None


def _span(attrs: Sequence[tuple[str, str | None]]) -> int:
    """How many columns a cell spans."""
    said = dict(attrs).get("colspan") or ""
    return min(int(said), _WIDEST) if said.isdecimal() and said.isascii() and int(said) else 1


def _read(file: File) -> Iterator[bytes]:
    """The bytes of a file, piece by piece; raises InputError if they are too many for what the file is packed into."""
    size = 0
    with file.open() as stream:
        while piece := stream.read(_PIECE):
            size += len(piece)
            refuse_bomb(file.name, size, file.packed_bytes if file.compression else size, LARGEST_BYTES_IN_MEMORY)
            yield piece


def _page(file: File) -> Iterator[Sheet]:
    content = b"".join(_read(file))
    reader = _Tables()
    reader.feed(content.decode(encoding_of(content, is_whole=True).name, errors="replace"))
    if len(reader.rawdata) > _LONGEST_TAG:
        raise InputError(Problem("the page breaks off inside a tag or a comment", Place(file.name), "fetch it again"))
    reader.close()
    for number, rows in enumerate(reader.tables, start=1):
        yield Sheet(f"table {number}", tuple(map(tuple, rows)))
