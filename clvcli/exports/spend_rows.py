"""Spend rows: the records of a report on advertising, typed, each with its fate: what is used, what only sums it up, what can't be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from clvcli.exports import numbers
from clvcli.exports.days import FIRST_DAY, LAST_DAY
from clvcli.exports.formats import Values, number_format
from clvcli.exports.headers import words
from clvcli.exports.ids import tidied
from clvcli.exports.ledger import CODES, REASONS, USED, Reason, counted
from clvcli.exports.names import TOTALS
from clvcli.exports.records import FILE, RECORD, Records
from clvcli.exports.spans import FIRST, LAST, LINE, SAID, spans
from clvcli.exports.spelling import Spelling
from clvcli.exports.spend_columns import SpendColumns
from clvcli.tables import MONEY_SCALE, Unit

FATE, DETAIL, WHOLE = "clv:fate", "clv:detail", "clv:whole"
"""The name of the reason for a record's fate; by what a channel is divided further; all that stands in the record."""
WRITTEN, _CALLED = "clv:written", "clv:called"
_TOTAL, _NOTE, _HEADER, _FIELDS = (REASONS[CODES[name]] for name in ("total_line", "note", "header_again", "fields"))
_FILL_IN = "fill it in, or drop the record"
SPEND_REASONS: Mapping[str, Reason] = {
    reason.name: reason
    for reason in (
        USED,
        _HEADER,
        _TOTAL,
        _NOTE,
        _FIELDS,
        Reason("no_date", "rejected", "no date", "date", _FILL_IN),
        Reason("bad_date", "rejected", "not a date", "date", "correct it, or say how dates are written, with date_format under 'spend:'"),
        Reason("far_date", "rejected", "a date before 1990 or after 2099", "date", "correct it, or check date_format under 'spend:'"),
        Reason("backwards", "rejected", "ends before it begins", "date", "correct the dates"),
        Reason("no_amount", "rejected", "no amount", "amount", "write 0 if nothing was spent, or drop the record"),
        Reason("bad_amount", "rejected", "not a number, or past 90 billion", "amount", "correct it, or say how numbers are written, with decimal under 'spend:'"),
    )
}  # fmt: skip
"""What may become of a record of spend; the first reason that holds counts."""
_MINOR = {"micros": 1_000_000, "cents": 100}
"""How many make a currency unit, by the word in the header that says what they are."""


@dataclass(frozen=True, eq=False, repr=False)
class SpendRows:
    """One file's records: FILE, LINE, first_day, last_day, channel, amount, FATE, DETAIL, WHOLE, and what is written of the amount."""

    of: Records
    columns: SpendColumns
    frame: pl.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def used(self) -> pl.DataFrame:
        """The records that count."""
        return self.frame.filter(pl.col(FATE) == USED.name)


def spend_rows(of: Records, columns: SpendColumns, spelling: Spelling) -> SpendRows:
    """The records of a file under what its columns mean; raises InputError where dates or numbers aren't certain."""
    table = _table(of)
    called = _is_called_total(columns, of.columns[0])
    table = table.with_columns(called.alias(_CALLED))
    if table[_CALLED].all():
        table = table.with_columns(pl.lit(value=False).alias(_CALLED))
    time = {role: column for role, column in columns.of.items() if role not in ("channel", "amount", "currency")}
    dated = spans(of, table, time, spelling, ~table[_CALLED])
    texts = [pl.col(column).cast(pl.String) for column in of.columns]
    whole = [pl.concat_str(pl.lit(f"{name}="), pl.col(name).cast(pl.String).fill_null("")) for name in sorted(of.columns)]
    channel = columns.of.get("channel", "")
    frame = table.select(
        FILE,
        LINE,
        _CALLED,
        _written(table, columns.of["amount"]).alias(WRITTEN),
        _amount(of, table, columns.of["amount"], spelling).alias("amount"),
        (tidied(pl.col(channel).cast(pl.String)) if channel else pl.lit(None, pl.String)).alias("channel"),
        _joined([column for column in columns.labels if column != channel]).alias(DETAIL),
        pl.concat_str(whole, separator="\x1f").alias(WHOLE),
        (pl.col(columns.of["currency"]).cast(pl.String) if "currency" in columns.of else pl.lit(None, pl.String)).alias("currency"),
        (pl.sum_horizontal([text.str.strip_chars() != "" for text in texts]) == 1).alias(_NOTE.name),
    ).hstack(dated)
    return _with_whole_months(_with_totals(SpendRows(of, columns, frame.with_columns(_fate().alias(FATE)), columns.notes)), time)


def _table(of: Records) -> pl.DataFrame:
    """All records with the line on which each begins."""
    table = of.frame.collect()
    lines = pl.Series(LINE, of.mended.lines, dtype=pl.Int64) if of.mended else (table[RECORD].cast(pl.Int64) + 1).alias(LINE)
    return table.with_columns(lines)


def _is_called_total(columns: SpendColumns, first: str) -> pl.Expr:
    """Whether a record says of itself, where it should say when or where it was spent, that it sums up others."""
    asked = dict.fromkeys([*columns.labels, *columns.time, first])
    said = [pl.col(column).cast(pl.String).str.to_lowercase().str.replace(r":.*$", "").str.strip_chars(" .*\t") for column in asked]
    return pl.any_horizontal(text.is_in(sorted(TOTALS)) for text in said).fill_null(value=False)


def _joined(columns: list[str]) -> pl.Expr:
    """What stands in some columns, as one text."""
    texts = [tidied(pl.col(column).cast(pl.String)) for column in columns]
    return pl.concat_str(texts, separator=", ", ignore_nulls=True) if texts else pl.lit("")


def _written(table: pl.DataFrame, column: str) -> pl.Expr:
    return pl.col(column) if table.schema[column] == pl.String else pl.col(column).cast(pl.String)


def _amount(of: Records, table: pl.DataFrame, column: str, spelling: Spelling) -> pl.Expr:
    """The amount in ten-thousandths; null if it can't be read."""
    minor = next((minor for word, minor in _MINOR.items() if word in words(column).split()), 1)
    if table.schema[column].is_numeric():
        return numbers.money(pl.col(column).cast(pl.Float64) / minor)
    asked = table.filter(~pl.col(_CALLED)).select(LINE, _written(table, column).alias("text")).drop_nulls("text")
    lines = dict(zip(asked["text"].reverse(), asked[LINE].reverse(), strict=True))
    texts = asked.select(value=pl.col("text"))
    how = number_format(Values(of.file.name, column, texts["value"].to_list(), texts.lazy, lambda value: lines.get(value, 0)), spelling)
    return numbers.money(numbers.number(tidied(_written(table, column)), how) / minor)


def _fate() -> pl.Expr:
    """The name of the first reason that holds, totals left out."""
    blank = tidied(pl.col(WRITTEN)).is_null()
    first, last, unread = pl.col(FIRST), pl.col(LAST), pl.any_horizontal(pl.col(FIRST, LAST).is_null())
    found = {
        _TOTAL.name: pl.col(_CALLED) & unread,
        _NOTE.name: pl.col(_NOTE.name) & blank & unread,
        "no_date": pl.col(SAID).is_null(),
        "bad_date": unread,
        "far_date": (first < FIRST_DAY) | (last > LAST_DAY),
        "backwards": last < first,
        "no_amount": blank,
        "bad_amount": pl.col("amount").is_null(),
    }
    return pl.coalesce([*(pl.when(holds).then(pl.lit(name)) for name, holds in found.items()), pl.lit(USED.name)])


def _with_totals(rows: SpendRows) -> SpendRows:
    """The rows with the fate of those that sum up others, and what is to be said of sums that aren't."""
    frame = rows.frame.with_row_index(RECORD)
    totals: dict[int, int | None] = {}
    parts = frame.filter((pl.col(FATE) == USED.name) & ~pl.col(_CALLED))
    for row in frame.filter((pl.col(FATE) == USED.name) & pl.col(_CALLED)).iter_rows(named=True):
        inside = parts.filter((pl.col(FIRST) >= row[FIRST]) & (pl.col(LAST) <= row[LAST]))
        inside = inside.filter(pl.col("channel") == row["channel"]) if row["channel"] in set(parts["channel"].drop_nulls()) else inside
        totals |= {row[RECORD]: inside["amount"].sum()} if inside.height else {}
    every = parts["amount"].sum()
    undated = frame.filter(pl.col(FATE) == _TOTAL.name)
    unlike = undated.filter(pl.col("amount").is_not_null() & (pl.col("amount") != every))
    is_true = undated.filter(pl.col("amount") == every).height > 0
    totals |= {row[RECORD]: every for row in unlike.iter_rows(named=True)} if not is_true else {}
    totals |= dict.fromkeys(_unnamed(frame, parts, rows.columns), None)
    fate = pl.when(pl.col(RECORD).is_in(list(totals))).then(pl.lit(_TOTAL.name)).otherwise(pl.col(FATE)).alias(FATE)
    summed = frame.filter(pl.col(RECORD).is_in(list(totals))).iter_rows(named=True)
    wrong = [row for row in summed if totals[row[RECORD]] not in (None, row["amount"])]
    notes = [_of_total(row, totals[row[RECORD]] or 0, len(wrong)) for row in wrong[:1]]
    return SpendRows(rows.of, rows.columns, frame.with_columns(fate).drop(RECORD), (*rows.notes, *notes))


def _of_total(row: Mapping[str, object], amount: int, lines: int) -> str:
    said = Unit.EXACT_MONEY.show(int(str(row["amount"])) / MONEY_SCALE)
    more = f" ({counted(lines, 'line')} like that)" if lines > 1 else ""
    return f"{row[FILE]}:{row[LINE]} is called a total of {said}, but what it sums up comes to {Unit.EXACT_MONEY.show(amount / MONEY_SCALE)}{more}"


def _unnamed(frame: pl.DataFrame, parts: pl.DataFrame, columns: SpendColumns) -> list[int]:
    """The one record that isn't called a total, but is the sum of all others and says neither when nor where of its own."""
    others = parts["amount"].sum()
    if parts.height < 2:  # noqa: PLR2004 - one record sums up nothing
        return []
    undated = frame.filter((pl.col(FATE) == "no_date") & (pl.col("amount") == others))
    is_bare = pl.col("channel").is_null() & (pl.col(DETAIL) == "")
    hull = (pl.col(FIRST) == parts[FIRST].min()) & (pl.col(LAST) == parts[LAST].max())
    bare = parts.filter(is_bare)
    whole = bare.filter(hull & (2 * pl.col("amount") == others)) if columns.labels and bare.height == 1 else bare.clear()
    return [*undated[RECORD].head(1), *(whole[RECORD] if not undated.height else ())]


def _with_whole_months(rows: SpendRows, time: Mapping[str, str]) -> SpendRows:
    """The rows, each over its month if all are dated on the first of one and there is one per month of what they are about."""
    used = rows.used
    dates = used[FIRST].cast(pl.Date)
    is_daily = set(time) in ({"date"}, {"start"}) and bool((used[FIRST] == used[LAST]).all())
    once = used.select("channel", DETAIL, FIRST).is_unique().all()
    if not (is_daily and once and dates.n_unique() > 1 and bool((dates.dt.day() == 1).all())):
        return rows
    last = pl.when(pl.col(FATE) == USED.name).then(pl.col(FIRST).cast(pl.Date).dt.month_end().cast(pl.Int32)).otherwise(pl.col(LAST))
    note = f"{rows.of.file.name}: every date is the first of a month, so each record covers its month"
    return SpendRows(rows.of, rows.columns, rows.frame.with_columns(last.alias(LAST)), (*rows.notes, note))
