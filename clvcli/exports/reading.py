"""Reading: export files to canonical orders and the ledger that closes over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports import values
from clvcli.exports.dialect import Given
from clvcli.exports.files import DAMAGE, files
from clvcli.exports.ledger import CODES, REASONS, Entry, Ledger, counted
from clvcli.exports.lines import CURRENCY, REASON, Lines, Selection, currency, summed
from clvcli.exports.records import Records, cut_off, misshapen, records, swallowed
from clvcli.exports.rejects import SCHEMA, refuse_too_many, rejects
from clvcli.exports.roles import BY_NAME, Roles, folded, roles
from clvcli.exports.values import Formats
from clvcli.orders import orders
from clvcli.rates import Rates
from clvcli.tables import MONEY_SCALE, Unit

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
    first = _first_currency(found[0], meant)
    lines, made, counts, unused = _collected(found, meant, instructions, first)
    ledger = _ledger(made, counts, unused)
    _refuse_swallowed(found)
    made, ledger, shared = _without_shared_ids(made, ledger, lines)
    costless = _costless(lines, shared) if counts["costless"] and len(shared) else counts["costless"]
    refused = _NO_REJECTS
    if ledger.of("rejected"):
        bad = pl.concat([frame for one in lines for frame in (one.unusable, one.of_orders(shared))])
        refused = rejects(bad, found, meant, None if instructions.on_rejects else _EXAMPLES)
    if instructions.on_rejects:
        instructions.on_rejects(refused)
    refuse_too_many(ledger, instructions.max_rejects, refused)
    if counts["others"]:
        _refuse_several_currencies(lines)
    if not made.height:
        raise _nothing_left(ledger, found)
    chosen = instructions.selection.currency.upper() or first.strip().upper()
    orders = int(made["placed"].sum())
    kept = instructions.selection.kept(meant)
    return Reading(made, Ledger(ledger.entries, orders), meant, found, refused, chosen, kept, costless)


_NO_REJECTS = pl.DataFrame(schema=SCHEMA)


def _collected(
    found: Sequence[Records], meant: Roles, instructions: Instructions, first: str, *, cleaned: bool = False
) -> tuple[list[Lines], pl.DataFrame, dict[str, int], pl.DataFrame]:
    """The lines, the orders, the counts over used lines, and the sums over the rest by reason; in one pass over the files.

    A second pass is made only if something turns out not to be clean.
    """
    choice = instructions.selection
    lines = [Lines(r, meant, instructions.formats, choice, n, cleaned) for n, r in enumerate(found)]
    used = pl.concat([one.used for one in lines])
    wanted = orders(nw.from_native(used), instructions.margin, choice.kept(meant)).to_native()
    try:
        made, counts, unused = pl.collect_all([wanted, used.select(_counts(used, choice, first)), summed(lines)])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(error, found) from None
    if unused["too_long"].sum():
        _refuse_misshapen(found)
    rejected = unused.filter(pl.col(REASON).is_in([code for code, reason in enumerate(REASONS) if reason.fate == "rejected"]))
    if not cleaned and (rejected.height or not all(values.are_clean(made[name]) for name in ("customer_id", "order_id"))):
        return _collected(found, meant, instructions, first, cleaned=True)
    return lines, made, counts.row(0, named=True), unused


def _refuse_misshapen(found: Sequence[Records]) -> None:
    """Raises InputError at the first record with too many fields."""
    for one in found:
        if ragged := misshapen(one):
            raise ragged


def _counts(used: pl.LazyFrame, choice: Selection, first: str) -> list[pl.Expr]:
    """What is counted over used records: their number, missing costs, and currencies spelled unlike the first."""
    names = used.collect_schema().names()
    look = CURRENCY in names and not choice.currency
    others = (pl.col(CURRENCY) != first).fill_null(value=True).sum() if look else pl.lit(0)
    costless = pl.col("cost").is_null().sum() if "cost" in names else pl.lit(0)
    largest = pl.col("amount").abs().max().alias("largest")
    dearest = (pl.col("cost").abs().max() if "cost" in names else pl.lit(0)).alias("dearest")
    return [pl.len().alias("records"), costless.alias("costless"), others.alias("others"), largest, dearest]


def _ledger(made: pl.DataFrame, counts: Mapping[str, int], unused: pl.DataFrame) -> Ledger:
    largest = max(n or 0 for n in (counts["largest"], counts["dearest"], *unused["largest"]))
    if largest * (counts["records"] + int(unused["records"].sum())) > _LARGEST_SUM:
        raise InputError(Problem("the amounts are too large to be summed exactly", hint="check --decimal, and that amount isn't an id"))
    sums = {code: (records, amount) for code, records, amount, *_ in unused.iter_rows()}
    sums[CODES["used"]] = counts["records"], int(made["amount"].sum())
    return Ledger(tuple(Entry(reason, *sums.get(code, (0, 0))) for code, reason in enumerate(REASONS)))


def _refuse_swallowed(found: Sequence[Records]) -> None:
    """Raises InputError if quotes or line ends that stand wrong, or a cut, hid records of a file or parts of them."""
    for one in found:
        if wrong := swallowed(one) or cut_off(one):
            raise wrong


def _costless(lines: Sequence[Lines], shared: pl.Series) -> int:
    """Used records without a cost, those of orders of two customers left out."""
    used = pl.concat([one.used for one in lines]).filter(~pl.col("order_id").is_in(shared.implode()))
    return int(used.select(pl.col("cost").is_null().sum()).collect().item())


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


def _refuse_several_currencies(lines: Sequence[Lines]) -> None:
    """Raises InputError with a table of them if used records are in several currencies."""
    sums = [pl.len().alias("records"), pl.col("amount").sum()]
    used = (
        pl.concat([one.used for one in lines]).group_by(currency()).agg(sums).sort("records", CURRENCY, descending=[True, False]).collect()
    )
    if used.height == 1:
        return
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
