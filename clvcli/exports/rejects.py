"""Rejects: the lines that can't be read, why, and where they stand; and those among them that are no records at all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports import days
from clvcli.exports.fates import FITS, RAW, is_empty
from clvcli.exports.ledger import BLANK, CODES, REASONS, UNSOUND, Ledger, counted
from clvcli.exports.lines import AGAIN, EMPTY, FIRST, Lines
from clvcli.exports.names import TOTALS
from clvcli.exports.records import FILE, RECORD, places
from clvcli.privacy import masked
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
REASON = "clv:reason"
VALUE = "clv:value"
_SHOWN = 3
_LONGEST = 60
_NOTES = (
    r"^[0-9,. ]*record\(?s?\)? (?:downloaded|exported)|^seller id|^end of (?:file|report)|^-+ ?end|^\(?[0-9,]+ rows? (?:affected|selected)"
    r"|^\([0-9,]+ rows?\)|^[-+=|:]{3,}(?:,|$)|^\x1a+(?:,|$)"
)


def judged(lines: Lines, *, is_total: bool = True) -> pl.LazyFrame:
    """The lines that can't be read, each with its reason, its amount so far as it is readable, and what stands in the column to blame.

    `is_total` says whether a line that is called a total is taken for one.
    """
    unsound = lines.with_fate(UNSOUND)
    code = pl.coalesce(*(pl.when(holds).then(pl.lit(code, pl.Int8)) for code, holds in _reasons(lines)), pl.lit(CODES["no_order"], pl.Int8))
    code = code if is_total else code.replace(CODES["total_line"], CODES["no_total"])
    return _told(unsound.with_columns(code.alias(REASON)), lines)


def of_orders(lines: Lines, orders: Mapping[str, pl.Series]) -> pl.LazyFrame:
    """The lines whose orders were rejected as a whole, by reason."""
    code = pl.coalesce(
        *(pl.when(pl.col("order_id").is_in(ids.implode())).then(pl.lit(CODES[name], pl.Int8)) for name, ids in orders.items())
    )
    theirs = lines.with_fate(CODES["used"], *(CODES[name] for name in orders))
    return _told(theirs.with_columns(code.alias(REASON)).filter(pl.col(REASON).is_not_null()), lines)


def _reasons(lines: Lines) -> list[tuple[int, pl.Expr]]:
    """Each reason with when it holds; what is left has no order id."""
    day = pl.col("day")
    day_column = lines.roles.of["ordered_at"]
    blanks = [is_empty(pl.col(RAW + c)) for role in ("ordered_at", "amount", "customer_id") for c in lines.cells.sources(role)]
    nothing = pl.all_horizontal(blanks)
    summed = pl.col("customer_id").is_null() & _is_total(pl.col(FIRST)) | pl.col("amount").is_not_null() & _is_total(
        pl.col(RAW + day_column)
    )
    footer = lines.plan.preset.read.footer if lines.plan.preset else ()
    notes = "|".join([_NOTES, *(f"^{re.escape(note)}|, *{re.escape(note)}" for note in footer)])
    said = pl.concat_str([pl.col(FIRST), *(pl.col(RAW + c) for c in lines.cells.sources("order_id"))], separator=", ", ignore_nulls=True)
    found = [
        (BLANK, pl.col(EMPTY)),
        (CODES["header_again"], pl.col(AGAIN)),
        (CODES["total_line"], day.is_null() & summed),
        (CODES["note"], day.is_null() & said.str.to_lowercase().str.contains(notes)),
        (CODES["note"], nothing & ~pl.col(EMPTY) & pl.lit(bool(footer))),
        (CODES["part"], nothing & _is_of_order_before(lines)),
        (CODES["fields"], ~pl.col(FITS)),
        (CODES["no_date"], day.is_null() & is_empty(pl.col(RAW + day_column))),
        (CODES["bad_date"], day.is_null()),
        (CODES["epoch_zero"], day == 0),
        (CODES["far_date"], ~day.is_between(days.FIRST_DAY, days.LAST_DAY)),
        (CODES["no_amount"], pl.col("amount").is_null() & lines.is_blank("amount")),
    ]
    if lines.has_refund:
        found.append((CODES["bad_refund"], pl.col("refund").is_null()))
    found.append((CODES["bad_amount"], pl.col("amount").is_null()))
    if "cost" in lines.names:
        found.append((CODES["bad_cost"], pl.col("cost").is_null() & ~lines.is_blank("cost")))
    return found


def _is_total(text: pl.Expr) -> pl.Expr:
    """Whether a cell says that its line sums up the others."""
    return text.str.to_lowercase().str.strip_chars(" :.\t").is_in(sorted(TOTALS))


def _is_of_order_before(lines: Lines) -> pl.Expr:
    """Whether a record holds nothing but an item, where an order's values stand on one of its records or are repeated."""
    blanks = [is_empty(pl.col(RAW + c)) for c in lines.cells.sources("order_id")]
    unread = [pl.col(name).is_null() for name in ("day", "amount", "customer_id")]
    return pl.all_horizontal([pl.lit(lines.plan.is_whole_order and bool(blanks)), ~pl.col(EMPTY), *blanks, *unread])


def _told(frame: pl.LazyFrame, lines: Lines) -> pl.LazyFrame:
    said = [(code, _said(lines, reason.role)) for code, reason in enumerate(REASONS) if reason.fate == "rejected"]
    value = pl.coalesce([*(pl.when(pl.col(REASON) == code).then(text) for code, text in said), pl.lit("")])
    records = pl.col("records") if "records" in lines.names else pl.lit(1, pl.Int64)
    before = pl.col("amount") + pl.col("refund") if lines.has_refund else pl.col("amount")
    refund = pl.col("refund") if lines.has_refund else pl.lit(0, pl.Int64)
    return frame.select(
        FILE, RECORD, REASON, FITS, "order_id", records.alias("records"), before.alias("amount"), refund.alias("refund"), value.alias(VALUE)
    )


def _said(lines: Lines, role: str) -> pl.Expr:
    columns = [pl.col(RAW + c) for c in lines.cells.sources(role)]
    return pl.concat_str(columns, separator=", ", ignore_nulls=True) if columns else pl.lit("")


def by_reason(lines: Sequence[Lines]) -> pl.DataFrame:
    """The unsound lines of all files, by file and reason: their number, amount and orders, and how many have too many fields."""
    sums = {
        "records": pl.col("records").sum(),
        "amount": pl.col("amount").sum(),
        "orders": pl.col("order_id").drop_nulls().n_unique(),
        "too_long": (~pl.col(FITS)).sum(),
    }
    return pl.concat([judged(one) for one in lines]).group_by(FILE, REASON).agg(**sums).collect()


def rejects(found: Sequence[pl.LazyFrame], lines: Sequence[Lines], limit: int | None = None) -> pl.DataFrame:
    """One row per rejected record: file, line, column, value, reason, suggestion; in the order of the files."""
    order = {one.plan.of.file.name: n for n, one in enumerate(lines)}
    rows = [row for one in lines for row in _quarantined(one)][: limit or None]
    rows += _unsound(found, lines, order, limit) if found else []
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort(pl.col("file").replace_strict(order, return_dtype=pl.Int64), "line")


def _unsound(
    found: Sequence[pl.LazyFrame], lines: Sequence[Lines], order: Mapping[str, int], limit: int | None
) -> list[tuple[object, ...]]:
    """A row for each line that was judged and rejected."""
    rejected = [code for code, reason in enumerate(REASONS) if reason.fate == "rejected"]
    every = pl.concat(found).filter(pl.col(REASON).is_in(rejected))
    frame = _each_record((every if limit is None else every.head(limit)).collect(), lines)
    frame = frame.sort(pl.col(FILE).replace_strict(order, return_dtype=pl.Int64), RECORD)
    at = {one.plan.of.file.name: one for one in lines}
    where = {name: places(one.plan.of, frame.filter(pl.col(FILE) == name)[RECORD].to_list()) for name, one in at.items()}
    return [_row(row, where[row[FILE]].get(row[RECORD], (0, 0)), at[row[FILE]]) for row in frame.iter_rows(named=True)]


def _each_record(frame: pl.DataFrame, lines: Sequence[Lines]) -> pl.DataFrame:
    """The rows with one for each record of the orders that were rejected as a whole."""
    is_whole = (pl.col("records") > 1) & pl.col("order_id").is_not_null()
    whole = frame.filter(is_whole)
    if whole.is_empty():
        return frame
    theirs = pl.concat([one.records_of(whole["order_id"]) for one in lines if one.plan.is_whole_order]).collect()
    return pl.concat([frame.filter(~is_whole), whole.drop(RECORD).join(theirs, on=[FILE, "order_id"]).select(frame.columns)])


def _row(row: dict[str, Any], place: tuple[int, int], lines: Lines) -> tuple[object, ...]:
    reason = REASONS[row[REASON]]
    line, fields = place
    how = lines.plan.of.dialect
    width = len(how.columns) if how else len(lines.plan.of.schema)
    sources = lines.cells.sources(reason.role)
    column = sources[0] if len(sources) == 1 else reason.role
    if fields and fields < width and reason.name.startswith("no_"):
        return row[FILE], line, column, row[VALUE][:_LONGEST], f"{counted(fields, 'field')}, expected {width}", "complete the line"
    return row[FILE], line, column, row[VALUE][:_LONGEST], reason.text, reason.advice


def _quarantined(lines: Lines) -> list[tuple[object, ...]]:
    """The records that were set aside when the file was written anew."""
    mended = lines.plan.of.mended
    advice = REASONS[CODES["fields"]].advice
    name = lines.plan.of.file.name
    return [(name, one.line, "", one.said[:_LONGEST], one.reason, advice) for one in mended.quarantined] if mended else []


def refuse_too_many(ledger: Ledger, most: float, examples: pl.DataFrame) -> None:
    """Raises InputError with the first rejects if more than the share `most` of all records was rejected."""
    rejected = ledger.of("rejected")
    if not rejected or rejected <= most * ledger.records:
        return
    problem = (
        f"{rejected:,} of {ledger.records:,} records can't be read, more than the {Unit.SHARE.show(most)} allowed. Nothing was dropped"
    )
    lines = [_shown(row) for row in examples.head(_SHOWN).iter_rows(named=True)]
    hint = f"{examples['suggestion'][0]}; or go on without them, and have them all listed:\nclv ... --max-rejects 1 --rejects rejects.csv"
    first = examples.row(0, named=True)
    raise InputError(Problem("\n".join([problem, *lines]), Place(first["file"], first["line"]), hint))


def _shown(row: dict[str, object]) -> str:
    where = f"line {row['line']}" + (f" [{row['column']}]" if row["column"] else "")
    return f"  {where}: '{masked(str(row['value']))}': {row['reason']}"


__all__ = ["REASON", "REJECTS", "SCHEMA", "by_reason", "judged", "of_orders", "refuse_too_many", "rejects"]
