"""Attempts: one pass over the files under what is settled, and what the next one has to do better, if anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports import ids
from clvcli.exports.fates import CURRENCY, FATE, PART, Selection, currency
from clvcli.exports.grain import tested
from clvcli.exports.ledger import CODES, REASONS, UNKNOWN_STATUS, UNSOUND, counted
from clvcli.exports.lines import Lines
from clvcli.exports.plans import Plan
from clvcli.exports.rejects import REASON, by_reason
from clvcli.exports.statuses import refuse_unknown
from clvcli.exports.wholeness import mendable
from clvcli.orders import orders
from clvcli.rates import Rates
from clvcli.tables import MONEY_SCALE, Unit

_REJECTED = [code for code, reason in enumerate(REASONS) if reason.fate == "rejected"]


@dataclass(frozen=True, eq=False, repr=False)
class Attempt:
    """The plans of all files, and how they are read: `currency` is the one that is used, None if records have none."""

    plans: tuple[Plan, ...]
    selection: Selection
    margin: Rates | None = None
    currency: str | None = ""
    patient: bool = False
    thorough: bool = False
    is_grain_tested: bool = False

    @property
    def lines(self) -> list[Lines]:
        """The files' records under this attempt."""
        choice = replace(self.selection, currency=self.currency or "") if self.currency else self.selection
        spelled = None if self.currency is None else self.first_currency
        return [Lines(plan, choice, n, spelled, self.patient) for n, plan in enumerate(self.plans)]

    @property
    def first_currency(self) -> str | None:
        """The currency of the first record that has one, as it is spelled there; None if there is no telling."""
        plan = self.plans[0]
        if value := plan.roles.constants.get("currency"):
            return value
        column = plan.roles.of.get("currency")
        return next((v for v in plan.of.sample(column) if v.strip()), "") if column else None


@dataclass(frozen=True, eq=False, repr=False)
class Outcome:
    """What an attempt gave: its lines, the orders of every fate, and the lines that can't be read by file and reason."""

    attempt: Attempt
    lines: list[Lines]
    made: pl.DataFrame
    unsound: pl.DataFrame


Mend = Callable[[Plan], Plan]
Thorough = Callable[[Plan], Plan]


def outcome(attempt: Attempt, mend: Mend, thorough: Thorough) -> Outcome:
    """The outcome of the attempt after which nothing can be done better.

    `mend` gives the plan of a file written anew, `thorough` one whose formats are decided over all values.
    Raises InputError where that leads to no certain reading.
    """
    while True:
        lines = attempt.lines
        try:
            made = _collected(lines, attempt)
            unsound = by_reason(lines) if (made[FATE] == UNSOUND).any() else _NONE
        except (pl.exceptions.PolarsError, OSError) as error:
            attempt = _mended_after(error, attempt, mend)
            continue
        better = _better(attempt, lines, made, unsound, mend, thorough)
        if better is None:
            return Outcome(attempt, lines, made, unsound)
        attempt = better


_NONE = pl.DataFrame(
    schema={"clv:file": pl.String, REASON: pl.Int8, "records": pl.Int64, "amount": pl.Int64, "orders": pl.UInt32, "too_long": pl.UInt32}
)


def _collected(lines: Sequence[Lines], attempt: Attempt) -> pl.DataFrame:
    """The orders of every fate, in one pass over the files; those of several files stand apart."""
    parts = [one.classified for one in lines]
    every = nw.from_native(parts[0] if len(parts) == 1 else _alike(parts))
    kept = attempt.selection.kept(attempt.plans[0].roles)
    apart = (FATE,) if len(lines) == 1 else (FATE, PART)
    made: pl.DataFrame = orders(every, attempt.margin, kept, apart).to_native().collect()
    return made if PART in made.columns else made.with_columns(pl.lit(0, pl.Int16).alias(PART))


def _alike(parts: Sequence[pl.LazyFrame]) -> pl.LazyFrame:
    """The lines of several files with the columns that any of them has; a line is one record, and gave nothing back, where its file doesn't say."""
    names = [part.collect_schema().names() for part in parts]
    told = [name for name in _UNSAID if any(name in of for of in names)]
    filled = [
        part.with_columns(pl.lit(_UNSAID[name], pl.Int64).alias(name) for name in told if name not in own)
        for part, own in zip(parts, names, strict=True)
    ]
    return pl.concat(filled, how="diagonal")


_UNSAID = {"records": 1, "refund": 0}


def _better(
    attempt: Attempt, lines: list[Lines], made: pl.DataFrame, unsound: pl.DataFrame, mend: Mend, thorough: Thorough
) -> Attempt | None:
    """The attempt to make next; None if this one will do."""
    if unsound["too_long"].sum():
        long = set(unsound.filter(pl.col("too_long") > 0)["clv:file"])
        return replace(attempt, plans=tuple(mend(p) if p.of.file.name in long and not p.of.mended else p for p in attempt.plans))
    if (made[FATE] == UNKNOWN_STATUS).any():
        return _with_statuses(attempt, lines)
    if not attempt.thorough and unsound[REASON].is_in(_REJECTED).any():
        return replace(attempt, plans=tuple(map(thorough, attempt.plans)), thorough=True, patient=True)
    if not attempt.patient and not _is_tidy(made, attempt):
        return replace(attempt, patient=True)
    if (made[FATE] == CODES["currency"]).any() and not attempt.selection.currency and attempt.currency == "":
        return _with_currency(attempt, lines)
    if not attempt.is_grain_tested and any(not plan.is_grain_certain for plan in attempt.plans):
        return _with_grain(attempt, lines, made)
    return None


def _is_tidy(made: pl.DataFrame, attempt: Attempt) -> bool:
    """Whether ids need nothing taken off, and addresses are in small letters."""
    customers = made["customer_id"]
    if not ids.are_tidy(made, "customer_id", "order_id"):
        return False
    addressed = any("@" in value for plan in attempt.plans for column in plan.roles.customers for value in plan.of.sample(column)[:50])
    return not addressed or bool((customers.str.to_lowercase() == customers).all() or not customers.str.contains("@", literal=True).any())


def _with_statuses(attempt: Attempt, lines: Sequence[Lines]) -> Attempt:
    """The attempt with a verdict on every status there is; raises InputError for those that nobody knows."""
    plans = []
    for one in lines:
        plan = one.plan
        if plan.statuses is None:
            plans.append(plan)
            continue
        column = plan.roles.of["status"]
        counts = dict(plan.of.frame.group_by(pl.col(column).cast(pl.String)).len().collect().iter_rows())
        known = plan.statuses.with_all({value: count for value, count in counts.items() if value is not None and value.strip()})
        refuse_unknown(known, counts, column, plan.of.file.name)
        plans.append(replace(plan, statuses=known))
    return replace(attempt, plans=tuple(plans))


def _with_currency(attempt: Attempt, lines: Sequence[Lines]) -> Attempt:
    """The attempt in the only currency there is, however it is spelled, or in the account's own.

    Raises InputError with a table of the currencies if there are several.
    """
    codes = (CODES["used"], CODES["currency"])
    every = pl.concat([one.with_fate(*codes).select(currency(), "amount") for one in lines if CURRENCY in one.names])
    sums = every.group_by(CURRENCY).agg(pl.len().alias("records"), pl.col("amount").sum()).collect()
    sums = sums.sort("records", CURRENCY, descending=[True, False], nulls_last=True)
    if sums.height == 1:
        return replace(attempt, currency=sums[CURRENCY].item())
    if all(plan.preset and plan.preset.settled and not plan.settled for plan in attempt.plans):
        return replace(attempt, plans=tuple(map(_settled, attempt.plans)))
    rows = [f"  {c or '(none)':<8}{counted(n, 'record'):>20} {Unit.MONEY.show((a or 0) / MONEY_SCALE):>18}" for c, n, a in sums.iter_rows()]
    problem = "\n".join(["the orders are in several currencies, which can't be added up. Nothing was dropped", *rows])
    first = next(c for c in sums[CURRENCY] if c)
    raise InputError(
        Problem(problem, Place(attempt.plans[0].of.file.name), f"to use one, and count what is left out:\nclv ... --currency {first}")
    )


def _settled(plan: Plan) -> Plan:
    """The plan that reads the columns in the account's own currency."""
    settled = plan.preset.settled if plan.preset else None
    assert settled is not None  # noqa: S101 - the caller has looked
    columns: Mapping[str, str] = {"amount": settled.amount, "refund": settled.refund, "currency": settled.currency}
    there = {role: column for role, column in columns.items() if column in plan.roles.columns}
    roles = replace(plan.roles, of={**plan.roles.of, **there})
    numbers = {**plan.numbers, **{there[role]: plan.numbers[plan.roles.of[role]] for role in ("amount", "refund") if role in there}}
    return replace(plan, roles=roles, numbers=numbers, settled=True)


def _with_grain(attempt: Attempt, lines: Sequence[Lines], made: pl.DataFrame) -> Attempt | None:
    """The attempt with the grain that records of one order show; None if it is the one they were read with."""
    plans = []
    for one in lines:
        several = made.filter((pl.col(FATE) == CODES["used"]) & (pl.col(PART) == one.position) & (pl.col("records") > 1))
        unsound = made.filter((pl.col(FATE) == UNSOUND) & (pl.col(PART) == one.position) & pl.col("order_id").is_not_null())
        unsure = not one.plan.is_grain_certain and "order_id" in one.roles.of and (several.height or unsound.height)
        plans.append(replace(one.plan, grain=tested(one), is_grain_certain=True) if unsure else one.plan)
    if all(plan.grain == one.plan.grain for plan, one in zip(plans, lines, strict=True)):
        return None
    return replace(attempt, plans=tuple(plans), is_grain_tested=True)


def _mended_after(error: Exception, attempt: Attempt, mend: Mend) -> Attempt:
    """The attempt with files written anew, after the fast reader stopped; raises InputError if there is nothing to be mended."""
    can_be = [plan for plan in attempt.plans if plan.of.dialect and not plan.of.mended] or attempt.plans[:1]
    for plan in can_be:
        mendable(plan.of, error)
    return replace(attempt, plans=tuple(mend(plan) if plan in can_be else plan for plan in attempt.plans))
