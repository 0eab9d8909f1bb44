"""Identity: who the customers of the orders are; ids that are nobody's, and shares that no customer has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports import ids
from clvcli.exports.fates import FATE
from clvcli.exports.ids import typed
from clvcli.exports.ledger import CODES
from clvcli.exports.plans import Plan, Wishes
from clvcli.privacy import masked

if TYPE_CHECKING:
    from clvcli.exports.preset_schema import Preset

_SHARE, _GUESSED_SHARE, _FEWEST = 0.5, 0.05, 20
_COVERED = 0.2
_UNIQUE, _UNIQUE_FEWEST = 0.999, 50
_NOTABLE = 0.2
_HALF = 0.5
_SURELY_FEWER = 0.9
"""The share of orders below which an estimated number of customers is surely below that of orders."""
_USED = pl.col(FATE) == CODES["used"]


def refuse_names(preset: Preset | None, wishes: Wishes, file: str) -> None:
    """Raises InputError if people are known by a display name alone, unless that was asked for."""
    if preset and preset.named_only and wishes.identity != "name" and "customer_id" not in wishes.mapping:
        attempt = "if two people of one name may be taken for one:\nclv ... --identity name"
        raise InputError(Problem(f"{preset.title}: {preset.named_only}", Place(file, 1), attempt))


def chosen(columns: Sequence[str], samples: Mapping[str, Sequence[str]], kind: str, file: str) -> tuple[str, ...]:
    """The identity columns that are left if only ids or only addresses count; raises InputError if none is."""
    addresses = [c for c in columns if any("@" in value for value in samples[c])]
    left = (
        [c for c in columns if c in addresses]
        if kind == "email"
        else [c for c in columns if c not in addresses]
        if kind == "id"
        else list(columns)
    )
    if not left:
        what = "no e-mail address" if kind == "email" else "no customer id"
        raise InputError(
            Problem(
                f"there is {what} in this file", Place(file, 1), f"clv ... --map {'email' if kind == 'email' else 'customer_id'}=COLUMN"
            )
        )
    return tuple(left)


def identified(made: pl.DataFrame, plans: Sequence[Plan]) -> tuple[pl.DataFrame, list[str]]:
    """The orders with their customers settled, and what is to be said of it.

    Raises InputError for an id that is nobody's or can't be one customer's.
    """
    notes: list[str] = []
    made = _linked(made, plans)
    made, decimal = _without_decimals(made)
    notes += decimal
    made = _without_nobody(made, plans)
    if any(plan.roles.guessed or len(plan.roles.customers) > 1 or _has_addresses(plan) for plan in plans):
        made = _without_two_addresses(made)
    return made, notes


def _has_addresses(plan: Plan) -> bool:
    return any("@" in value for column in plan.roles.customers for value in plan.of.sample(column)[:20])


def _linked(made: pl.DataFrame, plans: Sequence[Plan]) -> pl.DataFrame:
    """Records without a customer, or those that a preset ties to another order, with the customer of their order."""
    if not any(plan.preset and plan.preset.linked for plan in plans):
        return made
    paid = (
        made.filter(_USED & pl.col("customer_id").is_not_null() & (pl.col("placed") == 1))
        .group_by("order_id")
        .agg(owner=pl.col("customer_id").min())
    )
    joined = made.join(paid, on="order_id", how="left", maintain_order="left")
    refund = (pl.col("placed") == 0) | pl.col("customer_id").is_null()
    is_tied = pl.col("owner").is_not_null() & refund
    fate = pl.when(is_tied & (pl.col(FATE) == CODES["no_customer"])).then(pl.lit(CODES["used"], pl.Int8)).otherwise(pl.col(FATE))
    customer = pl.when(is_tied).then(pl.col("owner")).otherwise(pl.col("customer_id"))
    return joined.with_columns(fate.alias(FATE), customer.alias("customer_id")).drop("owner")


def _without_decimals(made: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Ids without the `.0` that a table of numbers gave them, if all have it."""
    customers = made["customer_id"]
    if ids.least_of(customers)[:1] > "9":
        return made, []
    ends = customers.str.ends_with(".0")
    if not ends.any():
        return made, []
    if ends.drop_nulls().all():
        return made.with_columns(pl.col("customer_id").str.strip_suffix(".0")), []
    count = int(ends.sum())
    return made, [f"customer ids with and without .0 behind them: {count:,} orders have it; 17850.0 and 17850 count as two customers"]


def _without_nobody(made: pl.DataFrame, plans: Sequence[Plan]) -> pl.DataFrame:
    """Orders of ids that stand for nobody are anonymous; raises InputError where they are too many to be taken for granted."""
    known = tuple(value.lower() for plan in plans for value in plan.guests)
    sources = "|".join(sorted({plan.source for plan in plans}))
    bare = pl.col("customer_id").str.replace(f"^(?:{sources}):", "") if any(plan.source for plan in plans) else pl.col("customer_id")
    if not known and not ids.may_name_nobody(made.select(bare)["customer_id"]):
        return made
    nobody = ids.is_nobody(bare)
    asked = bare.str.to_lowercase().is_in(known) if known else pl.lit(value=False)
    theirs = made.filter(_USED & (nobody | asked))
    if not theirs.height:
        return made
    used = made.filter(_USED).height
    told = theirs.filter(~asked) if known else theirs
    if told.height > _FEWEST and told.height > _GUESSED_SHARE * used and not plans[0].wishes.allow_anonymous:
        value = str(told["customer_id"][0])
        problem = f"'{masked(value)}' stands on {told.height:,} of {used:,} orders: that is nobody's id. Nothing was dropped"
        attempt = f"to know guests by another column, or to leave them out and count them:\nclv ... --map email=COLUMN\nclv ... --anonymous {typed(value)}"
        raise InputError(Problem(f"[{plans[0].roles.of['customer_id']}] {problem}", Place(plans[0].of.file.name), attempt))
    fate = pl.when(_USED & (nobody | asked)).then(pl.lit(CODES["no_customer"], pl.Int8)).otherwise(pl.col(FATE))
    return made.with_columns(fate.alias(FATE))


def _without_two_addresses(made: pl.DataFrame) -> pl.DataFrame:
    two = pl.col("customer_id").str.contains(r"@[^@]*[;, /|].*@")
    fate = pl.when(_USED & two).then(pl.lit(CODES["two_addresses"], pl.Int8)).otherwise(pl.col(FATE))
    return made.with_columns(fate.fill_null(pl.col(FATE)).alias(FATE))


def guarded(used: pl.DataFrame, anonymous: int, plans: Sequence[Plan]) -> list[str]:
    """What is to be said of how orders spread over customers.

    Raises InputError where one id has an absurd share, every order a customer of its own, or hardly any a customer.
    """
    lean = used.select("customer_id", "order_id", "placed")
    placed = lean if bool((lean["placed"] == 1).all()) else lean.filter(pl.col("placed") == 1)
    plan, wish = plans[0], plans[0].wishes
    column, file = plan.roles.of["customer_id"], Place(plan.of.file.name)
    insists = wish.identity not in ("", "auto") or "customer_id" in wish.mapping
    some = lean.gather_every(max(1, lean.height // _LOOKED_AT))
    _refuse_rounded(used, some, plan)
    if not placed.height:
        return []
    total = placed.height
    if total + anonymous > _FEWEST and total < _COVERED * (total + anonymous) and not wish.allow_anonymous:
        problem = f"[{column}] orders with a customer: only {total:,} of {total + anonymous:,}. Figures per customer would be of a few"
        raise InputError(Problem(f"{problem}. Nothing was dropped", file, "to go on with those:\nclv ... --allow-anonymous"))
    top, most = _top(some, placed)
    people = _people(placed)
    if total > _UNIQUE_FEWEST and people > _UNIQUE * total and not insists and _is_by_id(some):
        problem = f"[{column}] almost every order has a customer of its own ({people:,} for {total:,} orders): it is an id per order, it seems, not per person"
        raise InputError(
            Problem(
                f"{problem}. Nothing was dropped",
                file,
                f"clv ... --{'identity email' if _has_addresses(plan) else 'map customer_id=COLUMN'}\nif it is right that nobody ever came back:\nclv ... --identity id",
            )
        )
    limit = _GUESSED_SHARE if "customer_id" in plan.roles.guessed else _SHARE
    if most > _FEWEST and most > limit * total and not insists:
        problem = f"[{column}] '{masked(top)}' has {most:,} of {total:,} orders: that is no one customer"
        kind = "email" if "@" in top else "id"
        attempt = f"to leave them out and count them, or to take it for one:\nclv ... --anonymous {typed(top)}\nclv ... --identity {kind}"
        raise InputError(Problem(f"{problem}. Nothing was dropped", file, attempt))
    if most > _FEWEST and most > _NOTABLE * total:
        return [f"one customer has {most:,} of {total:,} orders: a wholesaler, or a till's default customer?"]
    return []


_LOOKED_AT = 20_000


def _top(some: pl.DataFrame, placed: pl.DataFrame) -> tuple[str, int]:
    """The customer with most of some orders, and how many of all orders are theirs; about, where they are few."""
    counts = some.group_by("customer_id").len().sort("len", "customer_id", descending=[True, False])
    name, most = str(counts["customer_id"][0]), int(counts["len"][0])
    if most * 2 < _GUESSED_SHARE * some.height:
        return name, most * placed.height // some.height
    return name, int((placed["customer_id"] == name).sum())


def _people(placed: pl.DataFrame) -> int:
    """How many customers the orders have, exactly if that may be nearly as many as orders; else about."""
    about = int(placed.select(pl.col("customer_id").approx_n_unique()).item())
    return about if about < _SURELY_FEWER * placed.height else placed["customer_id"].n_unique()


def _is_by_id(some: pl.DataFrame) -> bool:
    """Whether customers are known by an id, which may be one per order; an address isn't."""
    return int(some["customer_id"].str.contains("@", literal=True).sum()) < _HALF * some.height


def _refuse_rounded(used: pl.DataFrame, some: pl.DataFrame, plan: Plan) -> None:
    """Raises InputError for ids that a spreadsheet rounded, if there is one among some of them."""
    for name, shown in (("customer_id", plan.roles.of["customer_id"]), ("order_id", plan.roles.of.get("order_id", ""))):
        if not some[name].str.contains("(?i)e\\+").any():
            continue
        if problem := ids.rounded(used[name], shown, plan.of.file.name):
            raise InputError(problem)


def _have_twins(texts: pl.Series) -> bool:
    """Whether two texts may be the same; sorted by one core, since hashes sort in less time than cores need to share the work."""
    hashes = texts.hash().sort(multithreaded=False)
    return bool((hashes[1:] == hashes[:-1]).any())


def of_one_customer(made: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """The orders with those rejected whose id belongs to two customers; raises InputError if a spreadsheet rounded those ids."""
    used = made if bool((made[FATE] == CODES["used"]).all()) else made.filter(_USED)
    if not _have_twins(used["order_id"]):
        return made
    shared = used.group_by("order_id").agg(people=pl.col("customer_id").n_unique()).filter(pl.col("people") > 1)["order_id"]
    if not len(shared):
        return made
    if problem := ids.rounded(used["order_id"], plan.roles.of["order_id"], plan.of.file.name):
        raise InputError(problem)
    theirs = _USED & pl.col("order_id").is_in(shared.implode())
    return made.with_columns(pl.when(theirs).then(pl.lit(CODES["two_customers"], pl.Int8)).otherwise(pl.col(FATE)).alias(FATE))
