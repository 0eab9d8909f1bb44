"""Reading: export files to canonical orders and the ledger that closes over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.attempts import Attempt, Outcome, outcome
from clvcli.exports.closing import account, refuse_overflow, rejected, used
from clvcli.exports.doubts import doubts, without_free, without_future
from clvcli.exports.fates import FATE, PART
from clvcli.exports.grain import without_copies
from clvcli.exports.identity import guarded, identified, of_one_customer
from clvcli.exports.ledger import CODES, Ledger
from clvcli.exports.overlap import newest
from clvcli.exports.plans import Plan
from clvcli.exports.records import Records
from clvcli.exports.rejects import refuse_too_many
from clvcli.exports.roles import Roles
from clvcli.exports.understanding import Instructions, mended, thorough, understood
from clvcli.exports.wholeness import cut_off, swallowed
from clvcli.orders import COSTLESS, TAKEN_OFF
from clvcli.periods import date_of

_EXAMPLES = 20


@dataclass(frozen=True, eq=False, repr=False)
class Reading:
    """An export, read: one row per order, the ledger, and what was decided on the way."""

    orders: pl.DataFrame
    ledger: Ledger
    plans: tuple[Plan, ...]
    rejects: pl.DataFrame
    currency: str = ""
    attributes: tuple[str, ...] = ()
    records_without_cost: int = 0
    notes: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    """The names of files that say nothing of orders."""

    @property
    def roles(self) -> Roles:
        """What the columns of the first file mean."""
        return self.plans[0].roles

    @property
    def records(self) -> tuple[Records, ...]:
        """The files that were read."""
        return tuple(one.of for one in self.plans)


def read(names: Sequence[str], instructions: Instructions) -> Reading:
    """The orders that `names` stand for, all their records accounted for.

    Raises InputError where reading isn't certain, and if nothing is left to use.
    """
    found = understood(names, instructions)
    several = len({plan.source for plan in found.plans}) > 1
    attempt = Attempt(found.plans, instructions.selection, instructions.margin, patient=several)
    last = outcome(attempt, lambda plan: mended(plan, instructions), lambda plan: thorough(plan, instructions))
    for plan in last.attempt.plans:
        if wrong := swallowed(plan.of) or cut_off(plan.of):
            raise wrong
    return _closed(last, instructions, found.idle)


def _closed(found: Outcome, instructions: Instructions, idle: tuple[str, ...]) -> Reading:
    """The reading once every record has its fate."""
    refuse_overflow(found)
    plans = found.attempt.plans
    made, said = _settled(found, instructions)
    kept = _per_order(used(made).drop(FATE), plans)
    ledger = account(made, kept, found)
    refused = rejected(made, found, ledger, None if instructions.on_rejects else _EXAMPLES)
    if instructions.on_rejects:
        instructions.on_rejects(refused)
    refuse_too_many(ledger, instructions.max_rejects, refused)
    if not kept.height:
        hint = _first_order(made) if any(e.reason.name == "after" for e in ledger) else ""
        raise InputError(Problem(f"no order is left to work with: {ledger}", Place(plans[0].of.file.name), hint))
    anonymous = next((e.orders for e in ledger if e.reason.name == "no_customer"), 0)
    notes = (*said, *guarded(kept, anonymous, plans), *doubts(kept, plans, instructions.named))
    costless = int(kept[COSTLESS].sum()) if COSTLESS in kept.columns else 0
    attributes = instructions.selection.kept(plans[0].roles)
    frame = kept.drop(COSTLESS, *TAKEN_OFF, strict=False)
    return Reading(frame, ledger, plans, refused, _currency(found), attributes, costless, notes, idle)


def _first_order(made: pl.DataFrame) -> str:
    """When the orders begin, for an end of observation that leaves none."""
    first = made.filter(pl.col(FATE) == CODES["after"])["day"].min()
    return f"the first order is of {date_of(first)}" if isinstance(first, int) else ""


def _settled(found: Outcome, instructions: Instructions) -> tuple[pl.DataFrame, list[str]]:
    """The orders of every fate once all that concerns several of them is settled, and what is to be said of it."""
    plans = found.attempt.plans
    made, said = identified(found.made, plans)
    made, overlap = newest(without_copies(made, found.lines), found.lines)
    made = of_one_customer(made, found.attempt.plans[0])
    if instructions.selection.as_of is None:
        made = without_future(made, instructions.today, plans[0].of.file.name)
    return made if instructions.count_free else without_free(made), [*said, *overlap]


def _per_order(used: pl.DataFrame, plans: Sequence[Plan]) -> pl.DataFrame:
    """One row per order, also of those that several files have records of, or whose refunds had to be given their customer."""
    is_linked = any(plan.preset and plan.preset.linked for plan in plans)
    if not used.height or (used[PART].max() == used[PART].min() and not is_linked):
        return used.drop(PART)
    sums = [c for c, dtype in used.schema.items() if dtype.is_integer() and c not in ("day", "placed", PART)]
    least = [c for c in used.columns if c not in (*sums, "customer_id", "order_id", "placed", PART)]
    return used.group_by("customer_id", "order_id").agg(pl.col(sums).sum(), pl.col("placed").max(), *(pl.col(c).min() for c in least))


def _currency(found: Outcome) -> str:
    """The currency of all orders, as far as it is known."""
    return found.lines[0].selection.currency.upper() or (found.lines[0].spelled or "").strip().upper()
