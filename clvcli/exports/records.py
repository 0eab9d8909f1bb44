"""Records: the export as a frame of text, one row per record, and the way back from a record to its line."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.audit import Audit, audit, zeros
from clvcli.exports.cutting import BLANKS, MisquotedError, Quoting
from clvcli.exports.dialect import Dialect, Given, dialect
from clvcli.exports.encodings import Encoding, encoding_of_all
from clvcli.exports.files import File, damage, reason
from clvcli.exports.header_row import header_row
from clvcli.exports.headers import again, distinct
from clvcli.exports.physical import misquoted, physical

if TYPE_CHECKING:
    from clvcli.exports.mending import Mended, Row
    from clvcli.exports.sheets import Sheet

RECORD = "clv:record"
FILE = "clv:file"
MORE = "clv:more"
"""Columns that say which record a row is, and what follows its last named field; no export has a column of such a name."""
_NO_DELIMITER = "\x1f"
_SAMPLE = 200


@dataclass(frozen=True, eq=False, repr=False)
class Records:
    """One file's records, unread until asked for; text columns unless the file is typed (Parquet)."""

    file: File
    frame: pl.LazyFrame
    schema: pl.Schema
    dialect: Dialect | None = None
    mended: Mended | None = None
    sheet: Sheet | None = None
    audit: Audit = field(default_factory=Audit)
    more: bool = False
    """Whether the frame has the column MORE, since the text was read as it is."""
    beside: tuple[Records, ...] = ()
    """Files whose values were joined to these."""

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self.schema)

    @property
    def repairs(self) -> list[tuple[str, str]]:
        """What wasn't as plain as it should be and how it was read, each with the setting that decides it otherwise."""
        how = self.dialect
        said: list[tuple[str, str]] = []
        if how and self.sheet is None:
            said += (
                [(f"read as {how.encoding.name}, since {how.encoding.why}", "encoding")] if how.encoding.why not in ("", "as asked") else []
            )
            said += (
                [("a double quote is a letter like any other", "delimiter")] if not how.quoting.is_used and self.audit.has_quotes else []
            )
        if how and how.header_line > 1:
            said.append((f"header on line {how.header_line}, {how.header_line - 1} before it skipped", "header"))
        said += [(f"a column called again in the header: {name}", "columns") for name in again(how.columns if how else ())]
        for kind, (count, line) in sorted(self.mended.repairs.items()) if self.mended else ():
            said.append((f"{kind}: {count:,}, first on line {line}" if count else kind, "rejects"))
        return said

    def sample(self, column: str) -> list[str]:
        """The first values of a column, as text."""
        if self.dialect and column in self.dialect.columns:
            at = self.dialect.columns.index(column)
            return [row[at] for row in self.dialect.sample if len(row) > at]
        if column not in self._heads:
            self._heads[column] = [str(v) for v in self.frame.select(column).head(100).collect()[column] if v is not None]
        return self._heads[column]

    @property
    def samples(self) -> Samples:
        """The first values of every column; none is read before it is asked for."""
        return Samples(self)

    @cached_property
    def _heads(self) -> dict[str, list[str]]:
        return {}

    @property
    def container(self) -> str:
        """What the file is, in words, with the sheet that was taken."""
        return f"{self.file.shown}, sheet {self.sheet.name}" if self.sheet else self.file.shown


@dataclass(frozen=True, eq=False, repr=False)
class Samples(Mapping[str, list[str]]):
    """The first values of the columns of some records, as text."""

    of: Records

    def __getitem__(self, column: str) -> list[str]:
        return self.of.sample(column)

    def __iter__(self) -> Iterator[str]:
        return iter(self.of.schema)

    def __len__(self) -> int:
        return len(self.of.schema)


def records(file: File, given: Given, *, mend: bool = False, on_progress: Callable[[str, int], None] | None = None) -> Records:
    """The records of `file`, mended if no fast reader can take them as they are.

    Raises InputError for text whose lines or columns can't be told apart.
    """
    progress = (lambda count: on_progress(file.name, count)) if on_progress else None
    if file.kind == "parquet":
        return _parquet(file)
    if file.kind in ("workbook", "html"):
        return _of_sheet(file, given)
    how = dialect(file, given)
    found = audit(file, how.delimiter)
    if found.opens_quotes and not how.quoting.is_used:
        how = replace(how, quoting=Quoting())
    if how.encoding.is_wide:
        found = replace(found, has_zeros=False, has_bare_returns=False)
    if mend or not how.is_plain or found.has_bare_returns or found.has_zeros:
        return _mended(file, how, found, progress)
    frame = _blank_separated(file, how) if how.delimiter == BLANKS else _delimited(file, how)
    return Records(file, _numbered(frame, file), _texts(how), how, audit=found, more=True)


def _texts(how: Dialect) -> pl.Schema:
    return pl.Schema(dict.fromkeys(how.columns, pl.String()))


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
        io.BytesIO(file.content) if isinstance(file.content, bytes) else file.content,
        has_header=False,
        skip_lines=how.lines_before,
        separator=how.delimiter,
        quote_char='"' if how.quoting.is_used else None,
        infer_schema=False,
        schema=dict.fromkeys((*how.columns, MORE), pl.String),
        missing_columns="insert",
        glob=False,
    )


def _blank_separated(file: File, how: Dialect) -> pl.LazyFrame:
    line = pl.scan_csv(
        io.BytesIO(file.content) if isinstance(file.content, bytes) else file.content,
        has_header=False,
        skip_lines=how.lines_before,
        separator=_NO_DELIMITER,
        quote_char=None,
        infer_schema=False,
        new_columns=["line"],
        glob=False,
    )
    words = pl.col("line").str.extract_all(r"\S+")
    cut = line.filter(words.list.len() > 0)
    return cut.select(*(words.list.get(n, null_on_oob=True).alias(c) for n, c in enumerate((*how.columns, MORE))))


def _mended(file: File, how: Dialect, found: Audit, on_progress: Callable[[int], None] | None) -> Records:
    """The records of a text that was written anew."""
    from clvcli.exports.mending import Mender

    mender = Mender(file.name, how.columns, how.sample, how.delimiter, on_progress)
    try:
        mended = mender.mend(physical(file, how, strict=True))
    except MisquotedError as error:
        raise misquoted(error, file, how) from None
    except UnicodeError:
        return _mended(file, replace(how, encoding=encoding_of_all(file, how.encoding)), found, on_progress)
    except damage() as error:
        raise InputError(Problem(f"the file is damaged: {reason(error)}", Place(file.name), "fetch it again")) from None
    _tell(file, mended, how, found)
    return Records(file, _numbered(_plain(mended, how), file), _texts(how), how, mended, audit=found)


def _tell(file: File, mended: Mended, how: Dialect, found: Audit) -> None:
    """Add what the whole text had that plain ones haven't."""
    for is_so, what in (
        (how.quoting.is_escaped, "quotes behind a backslash"),
        (how.quoting.is_spaced, "blanks before quotes"),
        (found.has_bare_returns, "carriage returns that end a line"),
    ):
        if is_so:
            mended.repairs[what] = (0, 0)
    if found.has_zeros:
        mended.repairs["zero bytes taken out"] = zeros(file)


def _plain(mended: Mended, how: Dialect) -> pl.LazyFrame:
    content = mended.content
    if not mended.lines:
        return pl.LazyFrame(schema=_texts(how))
    return pl.scan_csv(
        io.BytesIO(content) if isinstance(content, bytes) else content,
        has_header=False,
        infer_schema=False,
        schema=dict(_texts(how)),
        glob=False,
    )


def _of_sheet(file: File, given: Given) -> Records:
    from clvcli.exports.mending import Mender, rows_of
    from clvcli.exports.sheets import sheet

    found = sheet(file, given.sheet)
    at = header_row(found.rows, file.name, has_header=given.has_header)
    has_header = given.has_header is not False
    width = max(len(row) for row in found.rows)
    header = [*found.rows[at], *[""] * (width - len(found.rows[at]))]
    names = distinct([name.strip() for name in header] if has_header else [str(n + 1) for n in range(width)])
    rest = found.rows[at + int(has_header) :]
    sample = [row for row in rest[:_SAMPLE] if any(cell.strip() for cell in row)]
    if not sample:
        raise InputError(Problem(f"no orders after the header; columns: {', '.join(names)}", Place(file.name, at + 1), "export it again"))
    how = Dialect(Encoding("utf-8"), ",", names, tuple(sample), header_line=at + 1, has_header=has_header)
    mended = Mender(file.name, names, sample).mend(rows_of(found.rows, at + int(has_header)))
    return Records(file, _numbered(_plain(mended, how), file), _texts(how), how, mended, found)


def _numbered(frame: pl.LazyFrame, file: File) -> pl.LazyFrame:
    return frame.with_row_index(RECORD).with_columns(pl.lit(file.name).alias(FILE))


def places(of: Records, numbers: list[int]) -> dict[int, tuple[int, int]]:
    """The physical line on which each of these records begins and how many fields it has; Parquet has rows instead of lines."""
    if of.dialect is None:
        return {n: (n + 1, len(of.schema)) for n in numbers}
    width = len(of.dialect.columns)
    if of.mended:
        return {n: (of.mended.lines[n], of.mended.short.get(n, width)) for n in numbers}
    wanted, last = set(numbers), max(numbers, default=-1)
    found: dict[int, tuple[int, int]] = {}
    for number, (line, row) in enumerate(_as_read(of)):
        if number in wanted:
            found[number] = (line, len(row))
        if number >= last:
            break
    return found


def line_of(of: Records, column: str, value: str) -> int:
    """The line of the first record with this value in a column; 0 if none has it."""
    found = of.frame.filter(pl.col(column).cast(pl.String) == value).select(RECORD).head(1).collect()
    return places(of, [found.item()])[found.item()][0] if found.height else 0


def _as_read(of: Records) -> Iterator[Row]:
    """The records as the fast reader numbers them; it keeps blank lines, except between words."""
    assert of.dialect is not None  # noqa: S101 - the callers have looked
    return (row for row in physical(of.file, of.dialect) if row[1] or of.dialect.delimiter != BLANKS)
