"""Reading: export files to canonical orders and the ledger that closes over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports import values
from clvcli.exports.dialect import Given
from clvcli.exports.files import files
from clvcli.exports.ledger import CODES, REASONS, Entry, Ledger
from clvcli.exports.lines import REASON, Selection, lines
from clvcli.exports.records import Records, misshapen, records
from clvcli.exports.rejects import SCHEMA, refuse_too_many, rejects
from clvcli.exports.roles import Roles, roles
from clvcli.exports.values import Formats
from clvcli.orders import orders
from clvcli.rates import Rates
from clvcli.tables import MONEY_SCALE, Unit

_CURRENCY = "clv:currency"
_LARGEST_SUM = 9e18
_EXAMPLES = 20


@dataclass(frozen=True)
class Instructions:
    """All that the user may say about an export."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    given: Given = Given()
    formats: Formats = Formats()
    selection: Selection = Selection()
    margin: Rates | None = None
    max_rejects: float = 0.05
    keep_rejects: bool = False


@dataclass(frozen=True)
class Reading:
    """An export, read: one row per order, the ledger, and what was decided on the way."""

    orders: pl.DataFrame
    ledger: Ledger
    roles: Roles
    records: tuple[Records, ...]
    rejects: pl.DataFrame
    currency: str = ""
    attributes: tuple[str, ...] = ()
    records_without_cost: int = 0


def understood(names: Sequence[str], instructions: Instructions) -> tuple[tuple[Records, ...], Roles]:
    """The files and what their columns mean, before any record is read.

    Raises InputError for files that can't be opened, and where a role or a format isn't certain.
    """
    found = tuple(records(file, instructions.given) for file in files(names))
    first = found[0]
    samples = {column: first.sample(column) for column in first.schema}
    meant = roles(list(first.schema), instructions.mapping, samples, first.file.name)
    for other in found[1:]:
        _refuse_other_columns(first, other)
    for one in found:
        _refuse_unproven(one, meant, instructions.formats)
    return found, meant


def read(names: Sequence[str], instructions: Instructions) -> Reading:
    """The orders that `names` stand for, all their records accounted for.

    Raises InputError where reading isn't certain, and if nothing is left to use.
    """
    found, meant = understood(names, instructions)
    choice = instructions.selection
    frame = pl.concat([lines(r, meant, instructions.formats, choice, n) for n, r in enumerate(found)])
    kept = choice.kept(meant)
    collected, account = _collected(frame, found, instructions.margin, kept)
    ledger = _ledger(account)
    collected, ledger, frame = _without_shared_ids(collected, ledger, frame)
    refused = rejects(frame, found, meant, None if instructions.keep_rejects else _EXAMPLES) if ledger.of("rejected") else _NO_REJECTS
    refuse_too_many(ledger, instructions.max_rejects, refused)
    currency = _one_currency(account, choice.currency)
    if not collected.height:
        raise _nothing_left(ledger, found)
    free = int(account.filter(pl.col(REASON) == 0)["costless"].sum()) if "costless" in account.columns else 0
    return Reading(collected, Ledger(ledger.entries, int(collected["placed"].sum())), meant, found, refused, currency, kept, free)


_NO_REJECTS = pl.DataFrame(schema=SCHEMA)


def _collected(
    frame: pl.LazyFrame, found: Sequence[Records], margin: Rates | None, kept: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The orders, and the sums the ledger is made of, in one pass over the files."""
    used = nw.from_native(frame.filter(pl.col(REASON) == 0))
    wanted = orders(used, margin, kept).to_native()
    try:
        made, account = pl.collect_all([wanted, _account(frame)])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(error, found) from None
    return made, account


def _account(frame: pl.LazyFrame) -> pl.LazyFrame:
    names = frame.collect_schema().names()
    costless = [pl.col("cost").is_null().sum().alias("costless")] if "cost" in names else []
    return frame.group_by(REASON, *([_CURRENCY] if _CURRENCY in names else [])).agg(
        pl.len().alias("records"), pl.col("amount").sum(), pl.col("amount").cast(pl.Float64).abs().sum().alias("turnover"), *costless
    )


def _ledger(account: pl.DataFrame) -> Ledger:
    if account["turnover"].sum() > _LARGEST_SUM:
        raise InputError(Problem("the amounts are too large to be summed exactly", hint="check --decimal, and that amount isn't an id"))
    by_code = account.group_by(REASON).agg(pl.col("records").sum(), pl.col("amount").sum())
    sums = {code: (records, amount) for code, records, amount in by_code.iter_rows()}
    return Ledger(tuple(Entry(reason, *sums.get(code, (0, 0))) for code, reason in enumerate(REASONS)))


def _without_shared_ids(made: pl.DataFrame, ledger: Ledger, frame: pl.LazyFrame) -> tuple[pl.DataFrame, Ledger, pl.LazyFrame]:
    """Reject the orders whose id belongs to two customers."""
    if made["order_id"].hash().n_unique() == made.height:
        return made, ledger, frame
    shared = made.group_by("order_id").len().filter(pl.col("len") > 1)["order_id"]
    if not len(shared):
        return made, ledger, frame
    in_two = pl.col("order_id").is_in(shared.implode())
    code = CODES["two_customers"]
    frame = frame.with_columns(pl.when((pl.col(REASON) == 0) & in_two).then(pl.lit(code, pl.Int8)).otherwise(pl.col(REASON)).alias(REASON))
    count, amount = frame.filter(pl.col(REASON) == code).select(pl.len(), pl.col("amount").sum()).collect().row(0)
    return made.filter(~in_two), ledger.moved("two_customers", count, amount), frame


def _one_currency(account: pl.DataFrame, chosen: str) -> str:
    """The currency of the orders used; raises InputError with a table if there are several."""
    if _CURRENCY not in account.columns:
        return chosen
    used = account.filter(pl.col(REASON) == 0).sort("records", descending=True)
    found = [c for c in used[_CURRENCY].to_list() if c]
    if used.height > 1:
        rows = [
            f"  {c or '(none)':<8}{n:>12,} records {Unit.MONEY.show(a / MONEY_SCALE):>18}"
            for c, n, a in used.select(_CURRENCY, "records", "amount").iter_rows()
        ]
        problem = "\n".join(["the orders are in several currencies, which can't be added up", *rows])
        raise InputError(Problem(problem, hint=f"choose one, as in --currency {found[0]}; the others are left out and counted"))
    return chosen or (found[0] if found else "")


def _refuse_other_columns(first: Records, other: Records) -> None:
    if missing := [c for c in first.schema if c not in other.schema]:
        problem = f"no column '{missing[0]}', which {first.file.name} has"
        raise InputError(Problem(problem, Place(other.file.name, 1), "give files of one kind together"))


def _refuse_unproven(of: Records, meant: Roles, formats: Formats) -> None:
    """Raises InputError where the first records show that dates or numbers need to be explained."""
    when = meant.of["ordered_at"]
    if of.schema[when] == pl.String and not formats.date_format and not values.dates_are_iso(of.sample(when)):
        example = next(v for v in of.sample(when) if v.strip())
        problem = f"{when}: '{example}' isn't written as 2025-12-31"
        raise InputError(Problem(problem, Place(of.file.name), "say how dates are written, as in --date-format %d/%m/%Y"))
    for role in ("amount", "quantity", "unit_price", "cost"):
        column = meant.column(role)
        if column and of.schema[column] == pl.String and not formats.decimal:
            _refuse_unproven_number(of, column)


def _refuse_unproven_number(of: Records, column: str) -> None:
    sample = of.sample(column)
    if not values.numbers_have_a_point(sample):
        example = next(v for v in sample if v.strip())
        problem = f"{column}: '{example}' isn't a plain number"
        hint = f"--decimal {',' if example.rfind(',') > example.rfind('.') else '.'}"
        raise InputError(Problem(problem, Place(of.file.name), f"if it is a number, say how it is written: {hint}"))
    if values.thousands_or_decimals(sample):
        problem = f"{column}: every value reads like '{sample[0]}', a thousand or a fraction"
        raise InputError(
            Problem(problem, Place(of.file.name), "--decimal . if the point begins the fraction, --decimal , if it sets thousands apart")
        )


def _unreadable(error: Exception, found: Sequence[Records]) -> InputError:
    """Why Polars stopped, as nearly as the files can tell."""
    for one in found:
        try:
            if ragged := misshapen(one):
                return ragged
        except (OSError, EOFError) as damage:
            return InputError(Problem(f"damaged: {damage}", Place(one.file.name), "fetch the file again"))
    text = str(error).splitlines()[0]
    hint = "add --encoding cp1252, or the encoding it was written in" if "utf-8" in text.lower() or "utf8" in text.lower() else ""
    return InputError(Problem(f"can't be read: {text}", Place(found[0].file.name), hint))


def _nothing_left(ledger: Ledger, found: Sequence[Records]) -> InputError:
    return InputError(Problem(f"no order is left to work with: {ledger}", Place(found[0].file.name)))


__all__ = ["Instructions", "Reading", "read", "understood"]
