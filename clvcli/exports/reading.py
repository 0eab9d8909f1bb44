"""Reading: export files to canonical orders and the ledger that closes over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports import values
from clvcli.exports.dialect import Given
from clvcli.exports.files import DAMAGE, files
from clvcli.exports.ledger import CODES, REASONS, UNSOUND, Entry, Ledger, counted
from clvcli.exports.lines import CURRENCY, FATE, Lines, Selection, summed
from clvcli.exports.records import Records, cut_off, misshapen, records, swallowed
from clvcli.exports.rejects import SCHEMA, refuse_too_many, rejects
from clvcli.exports.roles import BY_NAME, Roles, folded, roles
from clvcli.exports.values import Formats
from clvcli.orders import COSTLESS, orders
from clvcli.rates import Rates
from clvcli.tables import MONEY_SCALE, Unit

_LARGEST_SUM = 9e18
_MOST_SUMMED_SAFELY = int(_LARGEST_SUM // values.LARGEST)
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
    on_rejects: Callable[[pl.DataFrame], object] | None = None
    """What to do with all rejected records, before it is judged whether they are too many."""


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
    lines, made = _collected(found, meant, instructions)
    ledger = _ledger(lines, made, found)
    _refuse_swallowed(found)
    used, ledger, shared = _without_shared_ids(_used(made), ledger, lines)
    refused = _NO_REJECTS
    if ledger.of("rejected"):
        bad = pl.concat([frame for one in lines for frame in (one.rejected, one.of_orders(shared))])
        refused = rejects(bad, found, meant, None if instructions.on_rejects else _EXAMPLES)
    if instructions.on_rejects:
        instructions.on_rejects(refused)
    refuse_too_many(ledger, instructions.max_rejects, refused)
    if not used.height:
        raise _nothing_left(ledger, found)
    costless = int(used[COSTLESS].sum()) if COSTLESS in used.columns else 0
    orders = int(used["placed"].sum())
    kept = instructions.selection.kept(meant)
    chosen = lines[0].selection.currency.upper() or (lines[0].spelled or "").strip().upper()
    return Reading(used.drop(COSTLESS, strict=False), Ledger(ledger.entries, orders), meant, found, refused, chosen, kept, costless)


_NO_REJECTS = pl.DataFrame(schema=SCHEMA)


def _collected(
    found: Sequence[Records], meant: Roles, instructions: Instructions, *, currency: str | None = "", cleaned: bool = False
) -> tuple[list[Lines], pl.DataFrame]:
    """The lines, and the orders of every fate; in one pass over the files.

    A second pass is made only if something turns out not to be clean, or one currency to be spelled in several ways.
    """
    choice = replace(instructions.selection, currency=currency or instructions.selection.currency)
    spelled = None if currency is None else _first_currency(found[0], meant)
    lines = [Lines(r, meant, instructions.formats, choice, n, spelled, cleaned) for n, r in enumerate(found)]
    every = nw.from_native(pl.concat([one.classified for one in lines]))
    try:
        made = orders(every, instructions.margin, choice.kept(meant), apart=(FATE,)).to_native().collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(error, found) from None
    if not cleaned and not _is_clean(made):
        return _collected(found, meant, instructions, currency=currency, cleaned=True)
    if not choice.currency and spelled is not None and (made[FATE] == CODES["currency"]).any():
        return _collected(found, meant, instructions, currency=_only_currency(lines), cleaned=cleaned)
    return lines, made


def _used(made: pl.DataFrame) -> pl.DataFrame:
    """The orders that are used; filtering copies them, so not if all are."""
    return (made if _is_all_used(made) else made.filter(pl.col(FATE) == CODES["used"])).drop(FATE)


def _is_all_used(made: pl.DataFrame) -> bool:
    return bool((made[FATE] == CODES["used"]).all())


def _is_clean(made: pl.DataFrame) -> bool:
    """Whether every record could be read and no id has blanks around it."""
    return not (made[FATE] == UNSOUND).any() and all(values.are_clean(made[name]) for name in ("customer_id", "order_id"))


def _refuse_misshapen(found: Sequence[Records]) -> None:
    """Raises InputError at the first record with too many fields."""
    for one in found:
        if ragged := misshapen(one):
            raise ragged


def _ledger(lines: Sequence[Lines], made: pl.DataFrame, found: Sequence[Records]) -> Ledger:
    """The account of all records by their fate; raises InputError if amounts are too large to be summed exactly."""
    _refuse_overflow(lines, made)
    totals = (pl.col("records").sum(), pl.col("amount").sum())
    by_fate = made.select(pl.col(FATE).first(), *totals) if _is_all_used(made) else made.group_by(FATE).agg(totals)
    sums = {code: (records, amount) for code, records, amount in by_fate.iter_rows()}
    if sums.pop(UNSOUND, None):
        unread = summed(lines)
        if unread["too_long"].sum():
            _refuse_misshapen(found)
        sums |= {code: (records, amount) for code, records, amount, _ in unread.iter_rows()}
    return Ledger(tuple(Entry(reason, *sums.get(code, (0, 0))) for code, reason in enumerate(REASONS)))


def _refuse_overflow(lines: Sequence[Lines], made: pl.DataFrame) -> None:
    """Raises InputError if a sum of money may have passed the largest whole number."""
    if (made["records"].max() or 0) > _MOST_SUMMED_SAFELY:  # type: ignore[operator]  # a whole number
        every = pl.concat([one.classified for one in lines])
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


def _refuse_swallowed(found: Sequence[Records]) -> None:
    """Raises InputError if quotes or line ends that stand wrong, or a cut, hid records of a file or parts of them."""
    for one in found:
        if wrong := swallowed(one) or cut_off(one):
            raise wrong


def _without_shared_ids(made: pl.DataFrame, ledger: Ledger, lines: Sequence[Lines]) -> tuple[pl.DataFrame, Ledger, pl.Series]:
    """Reject the orders whose id belongs to two customers; gives their ids too."""
    none = pl.Series("order_id", [], pl.String)
    if made["order_id"].hash().n_unique() == made.height:
        return made, ledger, none
    shared = made.group_by("order_id").len().filter(pl.col("len") > 1)["order_id"]
    if not len(shared):
        return made, ledger, none
    count, amount = pl.concat([one.of_orders(shared) for one in lines]).select(pl.len(), pl.col("amount").sum()).collect().row(0)
    left = made.filter(~pl.col("order_id").is_in(shared.implode()))
    return left, ledger.moved("two_customers", count, amount), shared


def _first_currency(of: Records, meant: Roles) -> str:
    """The currency of the first record that has one, as it is spelled there."""
    column = meant.column("currency")
    return next((v for v in of.sample(column) if v.strip()), "") if column else ""


def _only_currency(lines: Sequence[Lines]) -> str | None:
    """The currency of all records, however they spell it, or none; raises InputError with a table if there are several."""
    sums = [pl.len().alias("records"), pl.col("amount").sum()]
    used = (
        pl.concat([one.currencies for one in lines])
        .group_by(CURRENCY)
        .agg(sums)
        .sort("records", CURRENCY, descending=[True, False])
        .collect()
    )
    if used.height == 1:
        only: str | None = used[CURRENCY].item()
        return only
    rows = [f"  {c or '(none)':<8}{counted(n, 'record'):>20} {Unit.MONEY.show(a / MONEY_SCALE):>18}" for c, n, a in used.iter_rows()]
    problem = "\n".join(["the orders are in several currencies, which can't be added up", *rows])
    first = next(c for c in used[CURRENCY] if c)
    raise InputError(Problem(problem, hint=f"choose one, as in --currency {first}; the others are left out and counted"))


def _refuse_other_columns(first: Records, other: Records) -> None:
    missing = [c for c in first.schema if c not in other.schema]
    more = [c for c in other.schema if c not in first.schema and folded(c) in map(folded, BY_NAME)]
    if missing or more:
        problem = (
            f"no column '{missing[0]}', which {first.file.name} has" if missing else f"a column '{more[0]}', which {first.file.name} hasn't"
        )
        raise InputError(Problem(problem, Place(other.file.name, 1), "give files of one kind together"))


def _refuse_unproven(of: Records, meant: Roles, formats: Formats) -> None:
    """Raises InputError where the first records show that dates or numbers need to be explained."""
    when = meant.of["ordered_at"]
    if of.schema[when] == pl.String and not formats.date_format and (unlike := values.first_not_iso(of.sample(when))):
        problem = f"{when}: '{unlike}' isn't written as 2025-12-31"
        hint = f"say how dates are written, as in --date-format {values.likely_date_format(unlike)}"
        raise InputError(Problem(problem, Place(of.file.name), hint))
    for column in meant.numbers:
        if of.schema[column] == pl.String:
            _refuse_unproven_number(of, column, formats.decimal)


def _refuse_unproven_number(of: Records, column: str, decimal: str) -> None:
    sample = of.sample(column)
    if unlike := values.first_not_written_with(sample, decimal):
        mark = "," if unlike.rfind(",") > unlike.rfind(".") else "."
        kind = f"a number with '{decimal}' as its decimal mark" if decimal else "a plain number"
        hint = f"if it is a number, say how it is written: --decimal {mark}"
        raise InputError(Problem(f"{column}: '{unlike}' isn't {kind}", Place(of.file.name), hint))
    if not decimal and values.thousands_or_decimals(sample):
        example = next(v.strip() for v in sample if v.strip())
        problem = f"{column}: every value reads like '{example}', a thousand or a fraction"
        hint = "--decimal . if the point begins the fraction, --decimal , if it sets thousands apart"
        raise InputError(Problem(problem, Place(of.file.name), hint))


def _unreadable(error: Exception, found: Sequence[Records]) -> InputError:
    """Why Polars stopped, as nearly as the files can tell."""
    for one in found:
        try:
            if wrong := misshapen(one) or swallowed(one):
                return wrong
        except DAMAGE as damage:
            return InputError(Problem(f"damaged: {damage}", Place(one.file.name), "fetch the file again"))
    text = str(error).splitlines()[0]
    hint = "add --encoding cp1252, or the encoding it was written in" if "utf-8" in text.lower() or "utf8" in text.lower() else ""
    return InputError(Problem(f"can't be read: {text}", Place(found[0].file.name), hint))


def _nothing_left(ledger: Ledger, found: Sequence[Records]) -> InputError:
    return InputError(Problem(f"no order is left to work with: {ledger}", Place(found[0].file.name)))


__all__ = ["Instructions", "Reading", "read", "understood"]
