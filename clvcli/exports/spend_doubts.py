"""Doubts about spend: what would count twice or in the wrong currency, and what is odd though it can be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.currencies import CODES
from clvcli.exports.ids import VALUE, tidied
from clvcli.exports.ledger import counted
from clvcli.exports.numbers import signs
from clvcli.exports.records import FILE
from clvcli.exports.spans import FIRST, LAST, LINE
from clvcli.exports.spend_rows import DETAIL, WHOLE, WRITTEN, SpendRows
from clvcli.periods import date_of
from clvcli.tables import MONEY_SCALE, Unit

_GROUP, _ORDER = "clv:group", "clv:order"
_SHARED: Mapping[str, frozenset[str]] = {
    "USD": frozenset({"AUD", "CAD", "HKD", "MXN", "NZD", "SGD", "USD"}),
    "KR": frozenset({"DKK", "ISK", "NOK", "SEK"}),
}
"""The currencies that a sign at an amount may stand for, by the one that it is taken for."""
_CODE = 3


def currency_of(files: Sequence[SpendRows], currency: str) -> str:
    """The currency of all amounts, so far as it is known; raises InputError if there are several, or it isn't that of the orders."""
    ours = CODES.get(currency.strip(), currency.strip().upper())
    found: dict[str, Place] = {}
    for rows in files:
        for code, place in _currencies(rows, ours).items():
            found.setdefault(code, place)
    if len(found) > 1:
        problem = f"the spend is in several currencies, which can't be added up: {', '.join(sorted(found))}. Nothing was dropped"
        raise InputError(
            Problem(problem, list(found.values())[1], f"give what was spent in {ours or min(found)} alone, or change it into that")
        )
    theirs = next(iter(found), "")
    if theirs != ours and len(theirs) == len(ours) == _CODE:
        problem = f"what was spent is in {theirs}, the orders are in {ours}. Nothing was dropped"
        raise InputError(Problem(problem, found[theirs], f"give the spend in {ours}"))
    return theirs or ours


def _currencies(rows: SpendRows, ours: str) -> dict[str, Place]:
    """The currencies that a column says, else the header of the amount, else the signs at the amounts; each with its first place."""
    used, file = rows.used, rows.of.file.name
    said = used.select(
        LINE, code=tidied(pl.col("currency")).str.to_uppercase().replace({**CODES, "EURO": "EUR", "EUROS": "EUR"})
    ).drop_nulls()
    if said.height:
        return {code: Place(file, line) for line, code in said.unique("code", keep="first", maintain_order=True).iter_rows()}
    if rows.columns.currency:
        return {rows.columns.currency: Place(file, 1)}
    found = {code.upper(): value for code, value in signs(used.lazy().select(pl.col(WRITTEN).alias(VALUE))).items()}
    lines = {code: used.filter(pl.col(WRITTEN) == value)[LINE][0] for code, value in found.items()}
    known = {ours if ours in _SHARED.get(code, ()) else code: Place(file, line) for code, line in lines.items()}
    return {code: place for code, place in known.items() if len(code) == _CODE or len(known) > 1}


def refuse_overlap(files: Sequence[SpendRows]) -> None:
    """Raises InputError if two records of a channel are about different spans of time that share days."""
    spans = pl.concat([_grouped(rows, n) for n, rows in enumerate(files)])
    spans = spans.unique([_GROUP, FIRST, LAST], keep="first", maintain_order=True).sort(_GROUP, FIRST, -pl.col(LAST), nulls_last=True)
    before = pl.col(LAST).cum_max().shift(1).over(_GROUP)
    later = spans.filter(pl.col(FIRST) <= before).head(1)
    for row in later.iter_rows(named=True):
        shares = (pl.col(_GROUP) == row[_GROUP]) & (pl.col(FIRST) <= row[FIRST]) & (pl.col(LAST) >= row[FIRST])
        other = spans.filter(shares & ~((pl.col(FIRST) == row[FIRST]) & (pl.col(LAST) == row[LAST]))).row(0, named=True)
        one, two = sorted((row, other), key=lambda record: record[_ORDER])
        problem = f"{_named(row['channel'])}: {_span(two)} here and {_span(one)} {_where(one, two)} share days, so what was spent on them would count twice"
        raise InputError(Problem(f"{problem}. Nothing was dropped", Place(two[FILE], two[LINE]), "leave out one of the two"))


def _grouped(rows: SpendRows, number: int) -> pl.DataFrame:
    """The spans of a file by what they are about: the channel; also its campaign, where records say from when to when each ran."""
    own = pl.lit(number if "channel" not in rows.columns.of else -1)
    is_divided = "end" in rows.columns.of and (pl.col(DETAIL) != "").all().over("channel")
    detail = pl.when(is_divided).then(pl.col(DETAIL)).otherwise(pl.lit(""))
    group = pl.struct(own.cast(pl.Int64).alias("of"), "channel", detail.alias("detail"))
    order = pl.int_range(pl.len(), dtype=pl.Int64) + number * (1 << 40)
    return rows.used.select(group.alias(_GROUP), FILE, LINE, FIRST, LAST, "channel", order.alias(_ORDER))


def refuse_negative(used: pl.DataFrame) -> None:
    """Raises InputError for a channel and a month in which more was given back than spent."""
    month = pl.col(FIRST).cast(pl.Date).dt.month_start().alias("month")
    sums = used.group_by("channel", month).agg(pl.col("amount").sum(), pl.struct(FILE, LINE, least="amount").sort_by("amount").first())
    for row in sums.filter(pl.col("amount") < 0).sort("month", "channel", nulls_last=True).head(1).iter_rows(named=True):
        where = next(value for value in row.values() if isinstance(value, dict))
        net = Unit.EXACT_MONEY.show(row["amount"] / MONEY_SCALE)
        problem = f"{_named(row['channel'])}: what was spent in {row['month']:%Y-%m} comes to {net}, since credits are larger. Nothing was dropped"
        hint = "date the credit in the month whose spend it lowers, or leave it out"
        raise InputError(Problem(problem, Place(where[FILE], where[LINE]), hint))


def doubts_about_spend(files: Sequence[SpendRows]) -> Iterator[str]:
    """What a careful reader would look at, in sentences."""
    used = pl.concat([rows.used for rows in files])
    yield from _without_channel(files)
    yield from _of_credits(used)
    yield from _again(used)


def _without_channel(files: Sequence[SpendRows]) -> Iterator[str]:
    for rows in files:
        bare = rows.used.filter(pl.col("channel").is_null())
        if "channel" in rows.columns.of and bare.height:
            yield f"{rows.of.file.name}: no channel in {counted(bare.height, 'record')}, {_money(bare)} in all, the first on line {bare[LINE][0]}"


def _of_credits(used: pl.DataFrame) -> Iterator[str]:
    back = used.filter(pl.col("amount") < 0)
    if back.height:
        yield f"negative amounts are credits, taken off what was spent: {counted(back.height, 'record')}, {_money(back)} in all"


def _again(used: pl.DataFrame) -> Iterator[str]:
    """Records that are equal in all, and those of one channel and time that differ in something else."""
    copies = used.filter(pl.col(WHOLE).is_duplicated())
    if more := copies.height - copies[WHOLE].n_unique():
        pair = copies.filter(pl.col(WHOLE) == copies[WHOLE][0]).select(FILE, LINE).head(2).rows()
        yield f"equal to another in every column: {counted(more, 'record')}, as on {_pair(pair)}; all count, so look whether that is right"
    rest = used.unique(WHOLE, keep="first", maintain_order=True)
    alike = rest.group_by("channel", FIRST, LAST, maintain_order=True).agg(FILE, LINE, (pl.col(DETAIL).n_unique() > 1).alias("differ"))
    alike = alike.filter(pl.col(LINE).list.len() > 1)
    for differ, what in ((False, ""), (True, " that differ in other columns")):
        some = alike.filter(pl.col("differ") == differ)
        if some.height:
            pair = list(zip(some[FILE][0], some[LINE][0], strict=True))[:2]
            count = counted(int(some[LINE].list.len().sum()), "record")
            yield f"added up: {count} of one channel and time{what}, as on {_pair(pair)}"


def _pair(pair: Sequence[tuple[str, int]]) -> str:
    (one, line), (other, again) = pair
    return f"lines {line} and {again}" if one == other else f"line {line} of {one} and line {again} of {other}"


def _where(one: Mapping[str, Any], two: Mapping[str, Any]) -> str:
    return f"on line {one[LINE]}" + (f" of {one[FILE]}" if one[FILE] != two[FILE] else "")


def _span(row: Mapping[str, Any]) -> str:
    """A span as people write it: a month, a day, or from one day to another."""
    first, last = date_of(row[FIRST]), date_of(row[LAST])
    is_month = first.day == 1 and (first.year, first.month) == (last.year, last.month) and date_of(row[LAST] + 1).day == 1
    return f"{first:%Y-%m}" if is_month else str(first) if first == last else f"{first} to {last}"


def _named(channel: str | None) -> str:
    return "spend without a channel" if channel is None else channel


def _money(rows: pl.DataFrame) -> str:
    return Unit.EXACT_MONEY.show(int(rows["amount"].sum()) / MONEY_SCALE)
