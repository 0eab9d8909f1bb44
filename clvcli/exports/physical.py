"""Physical lines: the records of a text one by one, each with the line on which it begins, and where its quotes go wrong."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.cutting import MisquotedError, numbered
from clvcli.exports.dialect import Dialect
from clvcli.exports.files import File

if TYPE_CHECKING:
    from clvcli.exports.mending import Row

QUOTING = 'a double quote inside a field must be doubled, and the field quoted, as in "12"" mug"'
"""What to do about quotes that stand wrong."""


def physical(file: File, how: Dialect, *, strict: bool = False) -> Iterator[Row]:
    """Every record of a text with the line it begins on, those before and with the header left out."""
    newline = None if how.returns else ""
    with file.open() as raw, io.TextIOWrapper(raw, how.encoding.name, errors="strict" if strict else "replace", newline=newline) as text:
        lines = (line.replace("\0", "") for line in text)
        is_strict = strict and how.quoting.is_used and not how.quoting.is_escaped
        every = numbered(lines, how.delimiter, how.quoting, strict=is_strict)
        yield from (row for row in every if row[0] > how.lines_before)


def misquoted(error: MisquotedError, file: File, how: Dialect) -> InputError:
    """What to say of quotes that can't be read: where they stand, in which column, and what is wrong."""
    with file.open() as raw, io.TextIOWrapper(raw, how.encoding.name, errors="replace", newline=None if how.returns else "") as text:
        line = next(itertools.islice(text, error.line - 1, None), "")
    fields = len(next(csv.reader([line.replace("\r", "")], delimiter=how.delimiter), ()))
    column = f"[{how.columns[fields - 1]}] " if 0 < fields <= len(how.columns) else ""
    what = "a double quote stands where none can"
    if "end of data" in str(error):
        what = "a quote that opens here never closes; the download is incomplete, or a quote is missing"
    return InputError(Problem(f"{column}{what}. Nothing was dropped", Place(file.name, error.line), QUOTING))
