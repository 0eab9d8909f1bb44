"""Rejects: the records that can't be read, with their place and what to do about each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.ledger import REASONS, Ledger
from clvcli.exports.lines import REASON, VALUE
from clvcli.exports.records import FILE, RECORD, Records, lines_of
from clvcli.exports.roles import Roles
from clvcli.tables import Column, Unit

REJECTS = (
    Column("file", "File", Unit.TEXT, "Where the record stands."),
    Column("line", "Line", Unit.COUNT, "The line it begins on."),
    Column("column", "Column", Unit.TEXT, "The column to blame."),
    Column("value", "Value", Unit.TEXT, "What stands there."),
    Column("reason", "Reason", Unit.TEXT, "Why it can't be read."),
    Column("suggestion", "Suggestion", Unit.TEXT, "What to do about it."),
)
"""What a rejected record's row says."""
SCHEMA = {c.name: pl.Int64 if c.unit is Unit.COUNT else pl.String for c in REJECTS}
_SHOWN = 3
_LONGEST = 60


def rejects(unusable: pl.LazyFrame, of: Sequence[Records], roles: Roles, limit: int | None = None) -> pl.DataFrame:
    """One row per rejected record: file, line, column, value, reason, suggestion; in the order of the files."""
    rejected = [code for code, reason in enumerate(REASONS) if reason.fate == "rejected"]
    found = unusable.filter(pl.col(REASON).is_in(rejected))
    order = pl.col(FILE).replace_strict({r.file.name: n for n, r in enumerate(of)}, return_dtype=pl.Int64)
    frame = (found if limit is None else found.head(limit)).collect().sort(order, RECORD)
    places = {r.file.name: lines_of(r, frame.filter(pl.col(FILE) == r.file.name)[RECORD].to_list()) for r in of}
    rows = [_row(row, places, roles) for row in frame.iter_rows(named=True)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _row(row: dict[str, Any], places: dict[str, dict[int, int]], roles: Roles) -> tuple[object, ...]:
    reason = REASONS[row[REASON]]
    column = roles.column(reason.role) or reason.role
    return row[FILE], places[row[FILE]].get(row[RECORD]), column, row[VALUE][:_LONGEST], reason.text, reason.advice


def refuse_too_many(ledger: Ledger, most: float, examples: pl.DataFrame) -> None:
    """Raises InputError with the first rejects if more than the share `most` of all records was rejected."""
    rejected = ledger.of("rejected")
    if not rejected or rejected <= most * ledger.records:
        return
    problem = f"{rejected:,} of {ledger.records:,} records can't be read, more than the {Unit.SHARE.show(most)} allowed"
    lines = [_told(row) for row in examples.head(_SHOWN).iter_rows(named=True)]
    hint = f"{examples['suggestion'][0]}; or --rejects FILE to see them all and --max-rejects 1 to go on without them"
    first = examples.row(0, named=True)
    raise InputError(Problem("\n".join([problem, *lines]), Place(first["file"], first["line"]), hint))


def _told(row: dict[str, object]) -> str:
    return f"  line {row['line']}, {row['column']}: '{row['value']}': {row['reason']}"
