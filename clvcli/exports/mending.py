"""Mending: a text that no fast reader takes, written anew as a plain one, with an account of what was done to each record.

Only what has one reading is repaired. A record that has none is set aside with its line; nothing is dropped uncounted.
"""

from __future__ import annotations

import array
import csv
import io
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.header_row import known
from clvcli.exports.ledger import counted

Row = tuple[int, Sequence[str]]
_NUMBER = re.compile(r"[-+(]?[^\w\s]?\s?[0-9][0-9.,\s]*\)?")
_DATE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}.*")
_SET_APART = re.compile(
    r"[-+(]?[^\w\s]?[0-9]{1,3}(?:([,;| \t])[0-9]{3})(?:\1[0-9]{3})*(?:[.,][0-9]+)?\)?|[-+(]?[^\w\s]?[0-9]+,[0-9]{1,2}\)?"
)
"""A number that a delimiter cuts: its thousands or its decimals are set apart by one."""
_EMPTY = ("", "NULL")
_IN_MEMORY = 64 * 1024 * 1024
_EVERY = 50_000
_folders: list[tempfile.TemporaryDirectory[str]] = []
"""Where large files were written anew; Python removes them when the run ends."""


@dataclass(frozen=True)
class Quarantined:
    """A record that can't be read as it stands."""

    line: int
    fields: int
    said: str
    reason: str


@dataclass
class Mended:
    """The plain text: UTF-8, commas, no header; the line on which each record began; what was repaired and set aside."""

    content: Path | bytes
    lines: array.array[int]
    repairs: dict[str, tuple[int, int]] = field(default_factory=dict)
    """For each kind of repair how often it was done, and the first line; 0 of what concerns the whole file."""
    quarantined: list[Quarantined] = field(default_factory=list)
    short: dict[int, int] = field(default_factory=dict)
    """How many fields a record had that was made as long as the others, by its number."""

    def repaired(self, kind: str, line: int) -> None:
        """Count a repair."""
        count, first = self.repairs.get(kind, (0, line))
        self.repairs[kind] = (count + 1, first)


@dataclass(frozen=True)
class Mender:
    """How the records of one file are mended: its columns, and what well-formed records show of each."""

    file: str
    columns: Sequence[str]
    sample: Sequence[Sequence[str]]
    delimiter: str = ","
    on_progress: Callable[[int], None] | None = None

    def mend(self, rows: Iterable[Row]) -> Mended:
        """The records of `rows`, each of as many fields as there are columns.

        Raises InputError where a second table with other columns begins.
        """
        found = Mended(b"", array.array("L"))
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as raw:
            text = io.TextIOWrapper(raw, "utf-8", newline="")
            writer = csv.writer(text, lineterminator="\n")
            for count, (line, row) in enumerate(rows, start=1):
                if len(row) == len(self.columns) and row[0] != self.columns[0]:
                    found.lines.append(line)
                    writer.writerow(row)
                elif (mended := self._mended(line, row, found)) is not None:
                    found.lines.append(line)
                    writer.writerow(mended)
                if self.on_progress and not count % _EVERY:
                    self.on_progress(count)
            text.flush()
            found.content = _kept(raw)
            text.detach()
        return found

    def _mended(self, line: int, row: Sequence[str], found: Mended) -> Sequence[str] | None:
        """The record with as many fields as there are columns; None if it is none or was set aside."""
        width = len(self.columns)
        filled = [cell for cell in row if cell.strip()]
        if not filled:
            found.repaired("blank lines", line)
            return None
        if [cell.strip("\ufeff ") for cell in row[:width]] == self._plain_names and not any(row[width:]):
            found.repaired("repeated headers", line)
            return None
        if len(row) == width:
            return row
        self._refuse_second_table(line, row)
        if len(row) > width:
            return self._narrowed(line, row, found)
        if self._only_optional(len(row)):
            found.repaired("missing fields at the end of a line", line)
        else:
            found.short[len(found.lines)] = len(row)
        return [*row, *[""] * (width - len(row))]

    @cached_property
    def _plain_names(self) -> list[str]:
        return [re.sub(r"#\d+$", "", name) for name in self.columns]

    def _narrowed(self, line: int, row: Sequence[str], found: Mended) -> Sequence[str] | None:
        width = len(self.columns)
        if not any(cell.strip() for cell in row[width:]):
            found.repaired("empty fields too many", line)
            return row[:width]
        joined = self._rejoined(row)
        if joined is None:
            self._set_aside(line, row, found)
            return None
        at, whole = joined
        found.repaired(f"an unquoted {_NAMES.get(self.delimiter, 'delimiter')} in {self.columns[at]}", line)
        return whole

    def _rejoined(self, row: Sequence[str]) -> tuple[int, list[str]] | None:
        """The only way to join fields that were cut apart in one column; None if there is none, or another.

        A column of text takes anything, one of numbers what is a number with its thousands or decimals set apart.
        """
        extra = len(row) - len(self.columns)
        ways = []
        for at in range(len(self.columns)):
            whole = [*row[:at], self.delimiter.join(row[at : at + extra + 1]), *row[at + extra + 1 :]]
            if self._may_hold(at, whole[at]) and all(self._fits(n, cell) for n, cell in enumerate(whole) if n != at):
                ways.append((at, whole))
        spaced = [way for way in ways if all(cell.startswith(" ") for cell in row[way[0] + 1 : way[0] + extra + 1])]
        if spaced and not self._leads_with_blanks:
            ways = [way for way in spaced if not any(c.startswith(" ") for n, c in enumerate(way[1]) if n != way[0])]
        return ways[0] if len(ways) == 1 else None

    @cached_property
    def _whole(self) -> list[Sequence[str]]:
        return [row for row in self.sample if len(row) == len(self.columns)]

    @cached_property
    def _leads_with_blanks(self) -> bool:
        """Whether fields of well-formed records begin with a blank."""
        return any(cell.startswith(" ") for row in self._whole for cell in row)

    def _may_hold(self, at: int, cell: str) -> bool:
        return self._kinds[at] is None or (self._kinds[at] is _NUMBER and bool(_SET_APART.fullmatch(cell.strip())))

    def _fits(self, at: int, cell: str) -> bool:
        """Whether a cell is a number or a date where all well-formed records have one."""
        kind = self._kinds[at]
        return kind is None or cell.strip() in _EMPTY or bool(kind.fullmatch(cell.strip()))

    @cached_property
    def _kinds(self) -> list[re.Pattern[str] | None]:
        """For each column what all its values in well-formed records are: dates, numbers, or text of any kind."""
        columns = [[row[at].strip() for row in self._whole if row[at].strip() not in _EMPTY] for at in range(len(self.columns))]
        return [next((kind for kind in (_DATE, _NUMBER) if cells and all(map(kind.fullmatch, cells))), None) for cells in columns]

    def _only_optional(self, width: int) -> bool:
        """Whether the columns from `width` on may be left out: in some well-formed record all of them are empty."""
        return width > 1 and any(not any(cell.strip() for cell in row[width:]) for row in self._whole)

    def _set_aside(self, line: int, row: Sequence[str], found: Mended) -> None:
        width = len(self.columns)
        probably = "; probably an unquoted delimiter" if len(row) > width else ""
        found.quarantined.append(
            Quarantined(line, len(row), self.delimiter.join(row), f"{counted(len(row), 'field')}, expected {width}{probably}")
        )

    def _refuse_second_table(self, line: int, row: Sequence[str]) -> None:
        if len(row) > 1 and known(row) >= max(2, len(row) - 1):
            problem = f"starts a second header with {len(row)} columns (the first has {len(self.columns)}). Nothing was dropped"
            raise InputError(
                Problem(f"[header] {problem}", Place(self.file, line), f"split {self.file} before line {line}, and give clv both parts")
            )


_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


def _kept(raw: tempfile.SpooledTemporaryFile[bytes]) -> Path | bytes:
    """What was written: in memory if it is small, else in a file."""
    size = raw.tell()
    raw.seek(0)
    if size <= _IN_MEMORY:
        return raw.read()
    folder = tempfile.TemporaryDirectory(prefix="clv-")
    _folders.append(folder)
    path = Path(folder.name, "records.csv")
    with path.open("wb") as out:
        shutil.copyfileobj(raw, out)
    return path


def rows_of(sheet_rows: Sequence[Sequence[str]], after: int) -> Iterator[Row]:
    """The rows of a sheet after its header, numbered as the program that made it numbers them."""
    yield from ((number, row) for number, row in enumerate(sheet_rows, start=1) if number > after)
