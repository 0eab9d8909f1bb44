"""Records: the export as a frame of text, one row per record, and the way back from a record to its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.audit import has_bare_returns, last_line, suspects
from clvcli.exports.dialect import BLANKS, Dialect, Given, dialect
from clvcli.exports.files import DAMAGE, HEAD_BYTES, File

RECORD = "clv:record"
FILE = "clv:file"
MORE = "clv:more"
"""Columns that say which record a row is, and what follows its last named field; no export has a column of such a name."""
_NO_DELIMITER = "\x1f"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Records:
    """One file's records, unread until asked for; text columns unless the file is typed (Parquet)."""

    file: File
    frame: pl.LazyFrame
    schema: pl.Schema
    dialect: Dialect | None = None

    def sample(self, column: str) -> list[str]:
        """The first values of a column, as text."""
        if self.dialect:
            at = self.dialect.columns.index(column)
            return [row[at] for row in self.dialect.sample if len(row) > at]
        return [str(v) for v in self.frame.select(column).head(100).collect()[column] if v is not None]


def records(file: File, given: Given) -> Records:
    """The records of `file`; raises InputError for text whose lines or columns can't be told apart."""
    if file.kind == "parquet":
        return _parquet(file)
    how = dialect(file, given)
    if how.encoding not in ("utf-8", "ascii"):
        file, how = _as_utf8(file, how.encoding), replace(how, encoding="utf-8")
    frame = _blank_separated(file, how) if how.delimiter == BLANKS else _delimited(file, how)
    found = Records(file, _numbered(frame, file), pl.Schema(dict.fromkeys(how.columns, pl.String())), how)
    if how.delimiter == BLANKS and (ragged := misshapen(found)):
        raise ragged
    return found


def _parquet(file: File) -> Records:
    content = io.BytesIO(file.content) if isinstance(file.content, bytes) else file.content
    frame = pl.scan_parquet(content, glob=False)
    try:
        schema = frame.collect_schema()
    except pl.exceptions.PolarsError as error:
        raise InputError(Problem(f"not a readable Parquet file: {error}", Place(file.name))) from None
    return Records(file, _numbered(frame, file), schema)


def _delimited(file: File, how: Dialect) -> pl.LazyFrame:
    return pl.scan_csv(
        _content(file),
        has_header=False,
        skip_rows=how.blank_lines + int(how.has_header),
        separator=how.delimiter,
        infer_schema=False,
        schema=dict.fromkeys((*how.columns, MORE), pl.String),
        missing_columns="insert",
        glob=False,
    )


def _blank_separated(file: File, how: Dialect) -> pl.LazyFrame:
    line = pl.scan_csv(
        _content(file),
        has_header=False,
        skip_lines=how.blank_lines + int(how.has_header),
        separator=_NO_DELIMITER,
        quote_char=None,
        infer_schema=False,
        new_columns=["line"],
        glob=False,
    )
    words = pl.col("line").str.extract_all(r"\S+")
    return line.filter(words.list.len() > 0).select(words.list.get(n, null_on_oob=True).alias(c) for n, c in enumerate(how.columns))


def _content(file: File) -> io.BytesIO | Path:
    """What Polars may open itself."""
    return io.BytesIO(file.content) if isinstance(file.content, bytes) else file.content


def _as_utf8(file: File, encoding: str) -> File:
    """The same file, written anew in memory."""
    try:
        with file.open() as stream:
            text = stream.read().decode(encoding).encode()
    except (UnicodeError, *DAMAGE) as error:
        raise InputError(Problem(f"not {encoding}: {error}", Place(file.name))) from None
    return File(file.name, "text", text, "", text[:HEAD_BYTES])


def _numbered(frame: pl.LazyFrame, file: File) -> pl.LazyFrame:
    return frame.with_row_index(RECORD).with_columns(pl.lit(file.name).alias(FILE))


def blank_records(of: Records) -> list[int]:
    """The numbers of records that are nothing but a blank line."""
    if of.dialect is None:
        return []
    return [n for n, (_, row) in enumerate(_physical(of)) if not row or (len(row) == 1 and not row[0].strip())]


def swallowed(of: Records) -> InputError | None:
    """The error if quotes or line ends that stand wrong make fewer records of the file than it has.

    Only a file with quotes or with carriage returns on their own is counted again, strictly.
    """
    if of.dialect is None:
        return None
    suspected = suspects(of.file)
    bare = b"\r" in suspected and has_bare_returns(of.file)
    if not bare and b'"' not in suspected:
        return None
    hint = _RETURNS.format(file=of.file.name) if bare else _QUOTES
    line = of.dialect.blank_lines + int(of.dialect.has_header)
    rows = 0
    try:
        for start, _ in _physical(of, strict=True):
            line, rows = start, rows + 1
        read = of.frame.select(pl.col(of.dialect.columns[0]).len()).collect().item()
    except csv.Error:
        return InputError(Problem("a double quote stands where none can", Place(of.file.name, line + 1), hint))
    except pl.exceptions.PolarsError:
        read = -1
    if rows == read:
        return None
    what = "a carriage return stands on its own" if bare else "its double quotes don't pair: they can be read in two ways"
    return InputError(Problem(what, Place(of.file.name), hint))


_QUOTES = 'a double quote inside a field must be doubled, and the field quoted, as in "12"" mug"; nothing was dropped'
_RETURNS = "it ends no line here: tr '\\r' ' ' < {file} > clean.csv; nothing was dropped"


def cut_off(of: Records) -> InputError | None:
    """The error if the last line has no end and too few fields, as in a file that was cut off."""
    if of.dialect is None or of.dialect.delimiter == BLANKS:
        return None
    line, width = last_line(of.file).decode(errors="replace"), len(of.dialect.columns)
    if not line.strip() or line.count('"') % 2 or len(next(csv.reader([line], delimiter=of.dialect.delimiter))) >= width:
        return None
    number, row = max((start, len(fields)) for start, fields in _physical(of))
    problem = f"{row} fields, expected {width}, and no line end"
    return InputError(Problem(problem, Place(of.file.name, number), "the file was cut off: fetch it again, or end its last line"))


def lines_of(of: Records, numbers: list[int]) -> dict[int, int]:
    """The physical line on which each of these records begins; Parquet has rows instead of lines."""
    if of.dialect is None:
        return {n: n + 1 for n in numbers}
    wanted = set(numbers)
    found: dict[int, int] = {}
    for number, (line, _) in enumerate(_physical(of)):
        if number in wanted:
            found[number] = line
        if len(found) == len(wanted):
            break
    return found


def misshapen(of: Records) -> InputError | None:
    """The error for the first record with more fields than the header has names, if one is to blame."""
    if of.dialect is None:
        return None
    width = len(of.dialect.columns)
    for line, row in _physical(of):
        if len(row) > width:
            problem = f"{len(row)} fields, expected {width}"
            hint = f"a field with the delimiter ({of.dialect.shown}) in it must stand in double quotes; nothing was dropped"
            return InputError(Problem(problem, Place(of.file.name, line), hint))
    return None


def _physical(of: Records, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Every record with the line it begins on."""
    how = of.dialect
    assert how is not None  # noqa: S101 - both callers have looked
    with of.file.open() as raw, io.TextIOWrapper(raw, how.encoding, errors="replace", newline="") as text:
        cut: Iterator[tuple[int, list[str]]]
        if how.delimiter == BLANKS:
            cut = ((n + 1, line.split()) for n, line in enumerate(text) if line.strip())
        else:
            cut = _starts(csv.reader(text, delimiter=how.delimiter, strict=strict))
        blank = 0 if how.delimiter == BLANKS else how.blank_lines
        yield from islice(cut, blank + int(how.has_header), None)


def _starts(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Each row of a csv reader with the line it starts on."""
    csv.field_size_limit(1 << 30)
    before = 0
    for row in reader:
        yield before + 1, row
        before = reader.line_num  # type: ignore[attr-defined]
