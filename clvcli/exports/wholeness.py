"""Wholeness: whether a file has more in it than was read: records that quotes swallow, a last line that was cut off."""

from __future__ import annotations

import csv

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.audit import last_line
from clvcli.exports.cutting import BLANKS, MisquotedError
from clvcli.exports.files import damage, reason
from clvcli.exports.ledger import counted
from clvcli.exports.physical import QUOTING, misquoted, physical
from clvcli.exports.records import Records


def swallowed(of: Records) -> InputError | None:
    """The error if quotes that stand wrong make fewer records of the file than it has.

    Only a file with quotes is counted again, strictly.
    """
    how = of.dialect
    if how is None or of.mended or not how.quoting.is_used or not of.audit.has_quotes:
        return None
    try:
        rows = sum(1 for _ in physical(of.file, how, strict=True))
        read = of.frame.select(pl.col(how.columns[0]).len()).collect().item()
    except MisquotedError as error:
        return misquoted(error, of.file, how)
    except (pl.exceptions.PolarsError, UnicodeError):
        return None
    if rows == read:
        return None
    return InputError(
        Problem("its double quotes don't pair: they can be read in two ways. Nothing was dropped", Place(of.file.name), QUOTING)
    )


def mendable(of: Records, error: Exception) -> Records:
    """The records, which stopped the fast reader, if writing them anew may help; raises InputError if nothing will."""
    try:
        if wrong := swallowed(of):
            raise wrong
    except damage() as broken:
        raise InputError(Problem(f"the file is damaged: {reason(broken)}", Place(of.file.name), "fetch it again")) from None
    if of.dialect is None or of.mended:
        said = str(error).splitlines()[0]
        raise InputError(Problem(f"can't be read: {said}", Place(of.file.name), "save it as CSV, and give that file"))
    return of


def cut_off(of: Records) -> InputError | None:
    """The error if the last line has no end and too few fields, as in a file that was cut off."""
    how = of.dialect
    if how is None or of.sheet or how.delimiter == BLANKS or how.returns or how.encoding.is_wide:
        return None
    line, width = last_line(of.file).decode(how.encoding.name, errors="replace").rpartition("\r")[2], len(how.columns)
    if not line.strip(" \t\x1a") or line.count('"') % 2:
        return None
    row = next(csv.reader([line], delimiter=how.delimiter))
    if len(row) >= width or len(row) < min(map(len, how.sample)) == 1:
        return None
    if any(len(one) == len(row) for one in how.sample[:-1]):
        return None
    number = max((start for start, _ in physical(of.file, how)), default=0)
    problem = f"the last line is incomplete: {counted(len(row), 'field')}, expected {width}, and no line end. The file was cut off"
    return InputError(Problem(problem, Place(of.file.name, number), "fetch it again, or end its last line"))
