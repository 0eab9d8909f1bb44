"""Closing: the account of every record and of all money, once each has its fate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.attempts import Outcome
from clvcli.exports.fates import FATE, PART
from clvcli.exports.ledger import BLANK, CODES, REASONS, UNSOUND, USED, Entry, Ledger, Step
from clvcli.exports.lines import Lines
from clvcli.exports.names import is_known
from clvcli.exports.numbers import LARGEST
from clvcli.exports.records import FILE
from clvcli.exports.rejects import REASON, SCHEMA, judged, of_orders, rejects

_LARGEST_SUM = 9e18
_MOST_SUMMED_SAFELY = int(_LARGEST_SUM // LARGEST)
_IS_USED = pl.col(FATE) == CODES["used"]


def used(made: pl.DataFrame) -> pl.DataFrame:
    """The orders that are used; filtering copies them, so not if all are."""
    return made if bool((made[FATE] == CODES["used"]).all()) else made.filter(_IS_USED)


def account(made: pl.DataFrame, kept: pl.DataFrame, found: Outcome) -> Ledger:
    """The ledger of all records by their fate, and of all money; `kept` are the orders that are used, one row each."""
    sums = _by_fate(made)
    sums.pop(UNSOUND, None)
    for _, code, records, amount, orders, _ in _with_false_totals(made, found).iter_rows():
        _add(sums, code, records, amount or 0, orders)
    blank = sums.pop(BLANK, (0, 0, 0))[0]
    for one in found.lines:
        if mended := one.plan.of.mended:
            aside = len(mended.quarantined)
            _add(sums, CODES["fields"], aside, 0, aside)
            _add(sums, CODES["header_again"], mended.repairs.get("repeated headers", (0, 0))[0], 0, 0)
            blank += mended.repairs.get("blank lines", (0, 0))[0]
    sums[CODES["used"]] = (*sums.get(CODES["used"], (0, 0))[:2], kept.height)
    entries = tuple(Entry(reason, *sums.get(code, (0, 0, 0))) for code, reason in enumerate(REASONS))
    return replace(_with_steps(Ledger(entries), made, kept, found.lines), blank_lines=blank)


Sums = dict[int, tuple[int, int, int]]


def _add(sums: Sums, code: int, records: int, amount: int, orders: int) -> None:
    had = sums.get(code, (0, 0, 0))
    sums[code] = (had[0] + records, had[1] + amount, had[2] + orders)


def _by_fate(made: pl.DataFrame) -> Sums:
    """For each fate the records, the money before what a column says was given back, and the orders."""
    before = pl.col("amount") + pl.col("refund").fill_null(0) if "refund" in made.columns else pl.col("amount")
    totals = (pl.col("records").sum().cast(pl.Int64), before.sum().alias("amount"), pl.len().cast(pl.Int64).alias("orders"))
    every = made.height and bool((made[FATE] == made[FATE].first()).all())
    by_fate = made.select(pl.col(FATE).first(), *totals) if every else made.group_by(FATE).agg(totals)
    return {code: (records, amount, orders) for code, records, amount, orders in by_fate.iter_rows() if code is not None}


def _with_false_totals(made: pl.DataFrame, found: Outcome) -> pl.DataFrame:
    """The lines that can't be read, those called a total told apart from those that are one."""
    false = false_totals(made, found)
    wrong = pl.col(FILE).is_in(false) & (pl.col(REASON) == CODES["total_line"])
    code = pl.when(wrong).then(pl.lit(CODES["no_total"], pl.Int8)).otherwise(pl.col(REASON)).alias(REASON)
    return found.unsound.with_columns(code) if false else found.unsound


def false_totals(made: pl.DataFrame, found: Outcome) -> list[str]:
    """The files in which a line that is called a total isn't the sum of the others."""
    called = found.unsound.filter((pl.col(REASON) == CODES["total_line"]) & (pl.col("amount").fill_null(0) != 0))
    return [name for name, amount in called.select(FILE, "amount").iter_rows() if amount not in _sums(made, found, name)]


def _sums(made: pl.DataFrame, found: Outcome, name: str) -> set[int]:
    """What the amounts of a file may sum to: of all its records, or of those that are used, before or after refunds."""
    part = next(one.position for one in found.lines if one.plan.of.file.name == name)
    here = made.filter((pl.col(PART) == part) & (pl.col(FATE) != UNSOUND))
    refund = pl.col("refund").fill_null(0) if "refund" in made.columns else pl.lit(0)
    sums = [
        frame.select(net=pl.col("amount").sum(), before=(pl.col("amount") + refund).sum()).row(0) for frame in (here, here.filter(_IS_USED))
    ]
    others = found.unsound.filter((pl.col(FILE) == name) & (pl.col(REASON) != CODES["total_line"]))["amount"].sum()
    return {amount + more for pair in sums for amount in pair for more in (0, others)}


def _with_steps(ledger: Ledger, made: pl.DataFrame, kept: pl.DataFrame, lines: Sequence[Lines]) -> Ledger:
    given_back = kept.select(
        pl.col("refunds").sum(),
        (pl.col("refunds") != 0).sum().alias("orders"),
        ((pl.col("refunds") > 0) & (pl.col("amount") == 0) & (pl.col("placed") == 1)).sum().alias("whole"),
    ).row(0)
    removed = {part for one in lines for part in one.plan.removed}
    return replace(
        ledger,
        orders=int(kept["placed"].sum() or 0),
        discount=_step(made, "discount"),
        policy=tuple(_step(made, part) for part in ("tax", "shipping") if part in removed),
        refund=_step(kept, "refund"),
        refunds=Step("refunds", given_back[0] or 0, given_back[1]),
        fully_refunded=given_back[2],
    )


def _step(made: pl.DataFrame, name: str) -> Step:
    if name not in made.columns:
        return Step(name)
    amount, orders = made.select(pl.col(name).sum(), (pl.col(name) != 0).sum().alias("orders")).row(0)
    return Step(name, amount or 0, orders)


def rejected(made: pl.DataFrame, found: Outcome, ledger: Ledger, limit: int | None) -> pl.DataFrame:
    """The rejected records, the first of them unless all are asked for.

    Raises InputError if one of them is the header of other columns.
    """
    if not ledger.of("rejected"):
        return pl.DataFrame(schema=SCHEMA)
    whole = {
        reason.name: made.filter(pl.col(FATE) == code)["order_id"]
        for code, reason in enumerate(REASONS)
        if reason.fate == "rejected" and (made[FATE] == code).any()
    }
    false = false_totals(made, found)
    bad = [judged(one, is_total=one.plan.of.file.name not in false) for one in found.lines] if found.unsound.height else []
    bad += [of_orders(one, whole) for one in found.lines] if whole else []
    rows = rejects(bad, found.lines, limit)
    _refuse_second_header(rows)
    return rows


def _refuse_second_header(rows: pl.DataFrame) -> None:
    """Raises InputError for a rejected record in which the name of a column stands for its value."""
    for row in rows.filter(pl.col("reason") == REASONS[CODES["bad_date"]].text).iter_rows(named=True):
        if is_known(row["value"]):
            file, line = row["file"], row["line"]
            problem = f"[header] starts a second header: '{row['value']}' stands in column {row['column']}. Nothing was dropped"
            raise InputError(Problem(problem, Place(file, line), f"split {file} before line {line}, and give clv both parts"))


def refuse_overflow(found: Outcome) -> None:
    """Raises InputError if a sum of money may have passed the largest whole number."""
    made = found.made
    if (made["records"].max() or 0) > _MOST_SUMMED_SAFELY:  # type: ignore[operator]  # a whole number
        every = pl.concat([one.classified for one in found.lines], how="diagonal")
        amounts = [name for name in ("amount", "cost") if name in every.collect_schema()]
        sums = list(every.select(pl.col(amounts).cast(pl.Float64).abs().sum()).collect().row(0))
    else:
        sums = [_sum_at_most(made[name]) for name in ("amount", "refunds", "gross_profit") if name in made.columns]
    if max(sums) > _LARGEST_SUM:
        raise InputError(Problem("the amounts are too large to be summed exactly", hint="check --decimal, and that amount isn't an id"))


def _sum_at_most(money: pl.Series) -> float:
    """What the absolute amounts sum to, or more where that is cheaper to say and small enough."""
    most, least = pl.LazyFrame([money]).select(pl.all().max().alias("most"), pl.all().min().alias("least")).collect().row(0)
    largest = max(most or 0, -(least or 0)) * float(len(money))
    return largest if largest <= _LARGEST_SUM else float(money.cast(pl.Float64).abs().sum())


__all__ = ["USED", "account", "false_totals", "refuse_overflow", "rejected", "used"]
