"""Dialect: how the text of an export is cut into records and fields, decided from its first records."""

from __future__ import annotations

import codecs
import io
import re
from collections import Counter
from dataclasses import dataclass, field, replace

from clvcli.errors import InputError, Place, Problem, UsageError
from clvcli.exports.cutting import BLANKS, MisquotedError, Quoting, numbered, opens_quotes, quoting_of
from clvcli.exports.encodings import Encoding, encoding_of
from clvcli.exports.files import File
from clvcli.exports.header_row import header_row, known
from clvcli.exports.headers import distinct

DELIMITERS = ",;\t|"
_SAMPLE = 200
_MOST_BEFORE = 30
_MOSTLY = 0.5
_SHOWN = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", BLANKS: "spaces"}
_SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=(.|\\t)"?\s*$', re.IGNORECASE)


@dataclass(frozen=True, eq=False, repr=False)
class Dialect:
    """How a file is written: its encoding, delimiter and columns, its first records, and the lines that its header takes."""

    encoding: Encoding
    delimiter: str
    columns: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    header_line: int = 1
    header_lines: int = 1
    has_header: bool = True
    quoting: Quoting = field(default_factory=Quoting)
    returns: bool = False
    """Whether lines end with a carriage return alone."""

    @property
    def shown(self) -> str:
        """The delimiter in a word."""
        return _SHOWN.get(self.delimiter, repr(self.delimiter))

    @property
    def lines_before(self) -> int:
        """The lines before the first record."""
        return self.header_line - 1 + self.header_lines

    @property
    def is_plain(self) -> bool:
        """Whether a fast reader reads it as it is, so far as its first records tell."""
        plain = self.encoding.name in ("utf-8", "ascii") and not (self.quoting.is_escaped or self.quoting.is_spaced or self.returns)
        wide = any(len(row) > len(self.columns) for row in self.sample)
        return plain and not (wide and self.delimiter != BLANKS)


@dataclass(frozen=True, eq=False, repr=False)
class Given:
    """What the user said of a text file; empty where it is for clv to see."""

    encoding: str = ""
    delimiter: str = ""
    has_header: bool | None = None
    member: str = ""
    sheet: str = ""


def dialect(file: File, given: Given) -> Dialect:
    """How `file` is written.

    Raises InputError for text that can't be read, for no records, and for a first line that is a record.
    """
    encoding = _encoding(file, given.encoding)
    text = _decoded(file, encoding)
    returns = "\r" in text and "\n" not in text
    text = text.replace("\r", "\n") if returns else text
    lines = text.split("\n", 4)
    told = next((found for line in lines[:2] if (found := _SEPARATOR_LINE.match(line.strip("\r")))), None)
    chosen = given.delimiter or (told[1] if told else "")
    delimiter = _one_byte(chosen) if chosen else _delimiter(text)
    quoting = quoting_of(text, delimiter)
    rows = _rows(file, text, delimiter, quoting)
    rows = [(line, row) for line, row in rows if not (told and _SEPARATOR_LINE.match(delimiter.join(row)))]
    if not any(any(field.strip() for field in row) for _, row in rows):
        raise InputError(Problem("the file holds no text", Place(file.name), "export it again"))
    return _with_header(file, Dialect(encoding, delimiter, (), (), quoting=quoting, returns=returns), rows, given)


_CONTROLS = bytes(set(range(1, 32)) - {*b"\t\n\x0b\f\r\x1a\x1b"})
_MOSTLY_TEXT = 0.05


def _is_binary(head: bytes) -> bool:
    """Whether more of the first bytes than in any text are signs that no one types."""
    return len(head) - len(head.translate(None, _CONTROLS)) > _MOSTLY_TEXT * len(head)


def _with_header(file: File, how: Dialect, rows: list[tuple[int, list[str]]], given: Given) -> Dialect:
    """The dialect with its columns and first records."""
    at = header_row([row for _, row in rows], file.name, has_header=given.has_header)
    has_header = given.has_header is not False
    line, header = rows[at]
    records = [row for _, row in (rows[at + 1 :] if has_header else rows[at:]) if any(field.strip() for field in row)]
    names = distinct([name.strip() for name in header] if has_header else [str(n + 1) for n in range(len(header))])
    if not records:
        raise InputError(Problem(f"no orders after the header; columns: {', '.join(names)}", Place(file.name, line), "export it again"))
    lines = 1 + sum(name.count("\n") for name in header) if has_header else 0
    return replace(how, columns=names, sample=tuple(map(tuple, records)), header_line=line, header_lines=lines, has_header=has_header)


def _rows(file: File, text: str, delimiter: str, quoting: Quoting) -> list[tuple[int, list[str]]]:
    """The first records with the line on which each begins; the last is left out if it may be cut."""
    rows = [
        row for row in numbered(io.StringIO(text, newline=""), delimiter, quoting, most=_SAMPLE) if any(field.strip() for field in row[1])
    ]
    return rows[:-1] if not file.is_whole and 2 < len(rows) < _SAMPLE else rows  # noqa: PLR2004 - a header and a record


def _one_byte(delimiter: str) -> str:
    """A delimiter as Polars takes it; raises UsageError for what can't be one."""
    delimiter = "\t" if delimiter == "\\t" else delimiter
    if len(delimiter.encode(errors="replace")) != 1 or delimiter in '\r\n\0"':
        raise UsageError(
            Problem(f"{delimiter!r} is no delimiter", hint="give one character, as in --delimiter ';'", setting=("delimiter",))
        )
    return delimiter


def _encoding(file: File, name: str) -> Encoding:
    """The encoding asked for, else the one that is seen.

    Raises UsageError if it isn't one of text, InputError if the file isn't text.
    """
    if not name:
        seen = encoding_of(file.head, is_whole=file.is_whole)
        if seen.why and not seen.is_wide and _is_binary(file.head):
            raise InputError(Problem("this is no text", Place(file.name), "save it as CSV, and give that file"))
        return seen
    try:
        found = codecs.lookup(name)
    except LookupError:
        found = None
    if found is None or not getattr(found, "_is_text_encoding", True):
        raise UsageError(Problem(f"unknown encoding '{name}'", hint="try --encoding cp1252", setting=("encoding",)))
    return Encoding(found.name if found.name != "utf-8-sig" else "utf-8", "as asked")


def _decoded(file: File, encoding: Encoding) -> str:
    """The text of the file's first bytes, without zeros."""
    head = file.head.removeprefix(codecs.BOM_UTF8)
    try:
        text = codecs.getincrementaldecoder(encoding.name)().decode(head, final=file.is_whole)
    except UnicodeDecodeError as error:
        line = head.count(b"\n", 0, error.start) + 1
        problem = f"not {encoding.name}: byte 0x{head[error.start]:02X}"
        raise InputError(Problem(problem, Place(file.name, line), "clv ... --encoding cp1252")) from None
    except UnicodeError as error:
        raise InputError(Problem(f"not {encoding.name}: {error}", Place(file.name), "clv ... --encoding cp1252")) from None
    return text.replace("\0", "").removeprefix("\ufeff")


def _delimiter(text: str) -> str:
    """The delimiter that cuts most records into as many fields; of several the one that cuts out most names of columns, or most fields."""
    fits = {delimiter: _fit(text, delimiter) for delimiter in DELIMITERS}
    good = {delimiter: found for delimiter, found in fits.items() if found[0] > _MOSTLY}
    if not good:
        return BLANKS if _fit(text, BLANKS)[0] == 1.0 else max(DELIMITERS, key=lambda d: fits[d])
    best = max(found[0] for found in good.values())
    close = [d for d, found in good.items() if found[0] > best - _MOSTLY / 5]
    return max(close, key=lambda d: (_most_named(text, d) if len(close) > 1 else 0, good[d][1]))


def _fit(text: str, delimiter: str) -> tuple[float, int]:
    """The share of records that this delimiter cuts into as many fields, and how many those are."""
    rows = _cut(text, delimiter)
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return (0.0, min(len(rows), 1))
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return (count / len(rows), width)


def _most_named(text: str, delimiter: str) -> int:
    """How many names of columns stand in the record that has most of them."""
    return max(map(known, _cut(text, delimiter)[:_MOST_BEFORE]))


def _cut(text: str, delimiter: str) -> list[list[str]]:
    """The first records that aren't empty; none if their quotes can't be read."""
    quoting = Quoting(is_used=opens_quotes(text, delimiter))
    try:
        return [row for _, row in numbered(io.StringIO(text, newline=""), delimiter, quoting, most=_SAMPLE) if row]
    except MisquotedError:
        return []
