"""Grain: whether the records of one order are its parts, repeat it, or are the same again."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.fates import FATE, PART
from clvcli.exports.ledger import CODES, UNSOUND
from clvcli.exports.lines import Lines
from clvcli.exports.plans import Grain

_MOSTLY, _HALF, _FEWEST = 0.95, 0.5, 20
_LEAST_CENT = 0.005
_USED = pl.col(FATE) == CODES["used"]


def tested(lines: Lines) -> Grain:
    """How the records of this file make orders, by those of one id.

    Raises InputError where too few orders have several records to tell.
    """
    if _stands_once(lines):
        return "header_and_lines"
    groups = lines.with_fate(CODES["used"]).group_by("order_id").agg(
        records=pl.len(), amounts=pl.col("amount").n_unique(), days=pl.col("day").n_unique(), negative=(pl.col("amount") < 0).any()
    )  # fmt: skip
    several = pl.col("records") > 1
    constant = several & (pl.col("amounts") == 1)
    sums = groups.select(several.sum().alias("several"), constant.sum().alias("constant")).collect()
    groups_of_several, alike = sums.row(0)
    if not alike or (alike <= _HALF * groups_of_several and groups_of_several >= _FEWEST):
        return "line"
    if _are_the_same_again(lines, groups_of_several):
        return "order"
    if _are_priced(lines):
        return "line"
    if groups_of_several >= _FEWEST and alike >= _MOSTLY * groups_of_several:
        return "repeated"
    column = lines.roles.of.get("amount", "amount")
    problem = (
        f"[{column}] orders with several records: {groups_of_several:,}; with one amount on all of them: {alike:,}. "
        "Is it the order's, repeated, or that of each line? Nothing was dropped"
    )
    raise InputError(Problem(problem, Place(lines.plan.of.file.name), "clv ... --grain repeated\nclv ... --grain line"))


def _stands_once(lines: Lines) -> bool:
    """Whether of the records of an order only one has an amount and a day, and the others lack both."""
    told = pl.col("amount").is_not_null() & pl.col("day").is_not_null()
    bare = lines.is_blank("amount") & lines.is_blank("ordered_at")
    groups = lines.with_fate(CODES["used"], UNSOUND).filter(pl.col("order_id").is_not_null()).group_by("order_id")
    several = groups.agg(told=told.sum(), bare=bare.sum(), all=pl.len()).filter((pl.col("all") > 1) & (pl.col("bare") > 0))
    once = (pl.col("told") == 1) & (pl.col("told") + pl.col("bare") == pl.col("all"))
    orders, right = several.select(pl.len(), once.sum().alias("right")).collect().row(0)
    return bool(orders and right >= _MOSTLY * orders)


def _are_priced(lines: Lines) -> bool:
    """Whether the amounts of orders of several records are what quantity and price make of each record."""
    roles = ("quantity", "unit_price", "amount")
    if not all(role in lines.roles.of for role in roles):
        return False
    quantity, price, amount = (lines.cells.number_in(lines.roles.of[role], role) for role in roles)
    order = pl.col(lines.roles.of["order_id"])
    of_several = lines.plan.of.frame.filter(order.is_not_null() & (pl.len().over(order) > 1))
    fits = ((quantity * price - amount).abs() < _LEAST_CENT).fill_null(value=False)
    return bool(of_several.select(fits.mean() >= _MOSTLY).collect().item())


def _are_the_same_again(lines: Lines, several: int) -> bool:
    """Whether all records of an order are equal in every column: written twice, not parts of it."""
    columns = [c for c in lines.plan.of.schema if not c.startswith("clv:")]
    of_order = lines.roles.of["order_id"]
    rest = [pl.col(c).n_unique() for c in columns if c != of_order]
    frame = lines.plan.of.frame.filter(pl.col(of_order).is_not_null()).group_by(of_order).agg(pl.len().alias("clv:len"), *rest)
    twice = frame.filter(pl.col("clv:len") > 1).select(pl.all_horizontal(pl.col(c) == 1 for c in columns if c != of_order).all()).collect()
    return bool(several and twice.item())


def without_copies(made: pl.DataFrame, lines: Sequence[Lines]) -> pl.DataFrame:
    """Orders of one record each, where a record stands twice; what contradicts itself is rejected.

    Reads the used orders of several records in files of one record per order: records that are equal count once,
    a negative one is a refund, anything else is a conflict.
    """
    for one in lines:
        if one.plan.grain != "order" or "order_id" not in one.roles.of:
            continue
        here = _USED & (pl.col(PART) == one.position)
        suspects = made.filter(here & (pl.col("records") > 1))
        if suspects.height:
            made = _without_copies(made, one, suspects["order_id"], here)
    return made


def _without_copies(made: pl.DataFrame, lines: Lines, suspects: pl.Series, here: pl.Expr) -> pl.DataFrame:
    values = ["amount", *(c for c in ("refund",) if c in lines.names)]
    records = (
        lines.with_fate(CODES["used"]).filter(pl.col("order_id").is_in(suspects.implode())).select("order_id", "day", *values).collect()
    )
    groups = records.group_by("order_id").agg(
        same=pl.struct("day", *values).n_unique() == 1, negative=(pl.col("amount") < 0).any(), one=pl.col("amount").first()
    )
    again = groups.filter(pl.col("same") & (pl.col("one") >= 0))["order_id"]
    conflicts = groups.filter(~pl.col("same") & ~pl.col("negative"))["order_id"]
    made = _rejected(made, here & pl.col("order_id").is_in(conflicts.implode()), "conflict")
    return _once(made, here & pl.col("order_id").is_in(again.implode()))


def _rejected(made: pl.DataFrame, which: pl.Expr, reason: str) -> pl.DataFrame:
    return made.with_columns(pl.when(which).then(pl.lit(CODES[reason], pl.Int8)).otherwise(pl.col(FATE)).alias(FATE))


def _once(made: pl.DataFrame, which: pl.Expr) -> pl.DataFrame:
    """The orders with one of their equal records, and rows of their own for the others."""
    twice = made.filter(which)
    if not twice.height:
        return made
    money = [c for c, dtype in made.schema.items() if dtype == pl.Int64]
    one = twice.with_columns(*(pl.col(c) // pl.col("records") for c in money), pl.lit(1, pl.Int32).alias("records"))
    others = twice.with_columns(
        *(pl.col(c) - pl.col(c) // pl.col("records") for c in money),
        (pl.col("records") - 1).alias("records"),
        pl.lit(CODES["duplicate"], pl.Int8).alias(FATE),
    )
    return pl.concat([made.filter(~which), one, others])
