"""Dialect: how the text of an export is cut into records and fields, decided from its first records."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from clvcli.errors import InputError, Place, Problem, UsageError
from clvcli.exports.files import File

DELIMITERS = ",;\t|"
BLANKS = " "
"""The delimiter of a file whose columns are set apart by any number of spaces."""
_SAMPLE = 200


@dataclass(frozen=True)
class Dialect:
    """Encoding, delimiter and column names of a text file, its first records, and the blank lines before them."""

    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    has_header: bool = True
    blank_lines: int = 0

    @property
    def shown(self) -> str:
        """The delimiter in a word."""
        return {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", BLANKS: "spaces"}.get(self.delimiter, repr(self.delimiter))


@dataclass(frozen=True)
class Given:
    """What the user said of a text file; empty where it is for clv to see."""

    encoding: str = ""
    delimiter: str = ""
    has_header: bool = True


def dialect(file: File, given: Given) -> Dialect:
    """How `file` is written.

    Raises InputError for text that can't be read, for no records, and for two columns of one name.
    """
    text = _decoded(file, given.encoding)
    delimiter = _one_byte(given.delimiter) if given.delimiter else _delimiter(text)
    rows = [row for row in fields(text, delimiter) if any(field.strip() for field in row)]
    if not file.is_whole and len(rows) > 2:  # noqa: PLR2004 - the last record of the head may be cut
        rows = rows[:-1]
    if not rows:
        raise InputError(Problem("the file holds no text", Place(file.name)))
    names = _names(rows[0]) if given.has_header else tuple(str(n + 1) for n in range(len(rows[0])))
    records = rows[1:] if given.has_header else rows
    if not records:
        raise InputError(Problem("no records after the header", Place(file.name, 1), f"columns: {', '.join(names)}"))
    _refuse_twins(file, names)
    blank = len(text) - len(text.lstrip("\r\n"))
    before = text[:blank].count("\n")
    return Dialect(_checked_encoding(given.encoding), delimiter, names, tuple(map(tuple, records)), given.has_header, before)


def _names(header: list[str]) -> tuple[str, ...]:
    """The columns' names; a column without one is called by its place."""
    return tuple(name if name.strip() else f"(column {n + 1})" for n, name in enumerate(header))


def fields(text: str, delimiter: str, rows: int = _SAMPLE) -> Iterator[list[str]]:
    """The first records of `text`, cut into fields."""
    csv.field_size_limit(1 << 30)
    lines = io.StringIO(text, newline="")
    if delimiter == BLANKS:
        cut: Iterator[list[str]] = (line.split() for line in lines)
    else:
        cut = iter(csv.reader(lines, delimiter=delimiter))
    for number, row in enumerate(cut):
        if number > rows:
            return
        yield row


def _one_byte(delimiter: str) -> str:
    """A delimiter as Polars takes it; raises UsageError for what can't be one."""
    delimiter = "\t" if delimiter == "\\t" else delimiter
    if len(delimiter.encode(errors="replace")) != 1 or delimiter in '\r\n\0"':
        raise UsageError(
            Problem(f"{delimiter!r} is no delimiter", hint="give one character, as in --delimiter ';'", setting=("delimiter",))
        )
    return delimiter


def _checked_encoding(name: str) -> str:
    """The encoding asked for; raises InputError if it isn't one of text."""
    try:
        found = codecs.lookup(name or "utf-8")
    except LookupError:
        found = None
    if found is None or not getattr(found, "_is_text_encoding", True):
        raise InputError(Problem(f"unknown encoding '{name}'", hint="try --encoding cp1252", setting=("encoding",)))
    return found.name


def _decoded(file: File, encoding: str) -> str:
    head = file.head.removeprefix(codecs.BOM_UTF8)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not encoding:
        raise InputError(Problem("this is UTF-16 text", Place(file.name, 1), "add --encoding utf-16"))
    try:
        text = codecs.getincrementaldecoder(_checked_encoding(encoding))().decode(head, final=file.is_whole)
    except UnicodeDecodeError as error:
        line = head.count(b"\n", 0, error.start) + 1
        problem = f"not {encoding or 'UTF-8'}: byte 0x{head[error.start]:02X}"
        raise InputError(Problem(problem, Place(file.name, line), "add --encoding cp1252, or the encoding it was written in")) from None
    except UnicodeError as error:
        raise InputError(Problem(f"not {encoding}: {error}", Place(file.name), "try --encoding cp1252")) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(
            Problem("a NUL character: this isn't plain text", Place(file.name, line), "if it is UTF-16, add --encoding utf-16")
        )
    if "\r" in text and "\n" not in text:
        hint = f"write the line ends anew: tr '\\r' '\\n' < {file.name} > unix.csv"
        raise InputError(Problem("lines end with a carriage return alone", Place(file.name, 1), hint))
    return text


def _delimiter(text: str) -> str:
    """The delimiter that cuts most records into as many fields as the header; the one with more fields wins."""

    def fit(delimiter: str) -> tuple[float, int]:
        try:
            rows = [row for row in fields(text, delimiter) if row]
        except csv.Error:
            return (0.0, 0)
        width = len(rows[0]) if rows else 0
        return (sum(len(row) == width for row in rows) / len(rows), width) if width > 1 else (0.0, width)

    best = max(DELIMITERS, key=fit)
    if fit(best)[0] > 0.5:  # noqa: PLR2004 - more than half of the records
        return best
    return BLANKS if fit(BLANKS)[0] == 1.0 else ","


def _refuse_twins(file: File, names: tuple[str, ...]) -> None:
    twins = [name for name in dict.fromkeys(names) if names.count(name) > 1 and name]
    if twins:
        places = [str(n + 1) for n, name in enumerate(names) if name == twins[0]]
        problem = f"columns {' and '.join(places)} are both called '{twins[0]}'"
        raise InputError(Problem(problem, Place(file.name, 1), "rename one of them in the file's first line"))
