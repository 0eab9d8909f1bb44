"""Grain: whether the records of one order are its parts, repeat it, or are the same again; and the same order in two files."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.fates import FATE, PART
from clvcli.exports.ledger import CODES, UNSOUND, counted
from clvcli.exports.lines import Lines
from clvcli.exports.plans import Grain

_MOSTLY, _HALF, _FEWEST = 0.95, 0.5, 20
_LISTED = 5
_USED = pl.col(FATE) == CODES["used"]
_PLACED = pl.col("placed") == 1
"""Whether there is a purchase, not only something given back."""


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


_LEFT_OUT = [CODES[name] for name in ("cancelled", "unpaid", "test")]


def without_withdrawn(made: pl.DataFrame, lines: Sequence[Lines]) -> pl.DataFrame:
    """The orders without those that a newer file has as cancelled, unpaid or a test."""
    if len(lines) < 2 or not all("order_id" in one.roles.of for one in lines):  # noqa: PLR2004 - two files
        return made
    gone = made.filter(pl.col(FATE).is_in(_LEFT_OUT))
    if not gone.height:
        return made
    latest = made.group_by(PART).agg(pl.col("day").max()).sort("day", PART)[PART].to_list()
    rank = pl.col(PART).replace_strict({part: place for place, part in enumerate(latest)}, return_dtype=pl.Int32)
    last = gone.group_by("order_id").agg(rank.max().alias("out"))
    marked = made.join(last, on="order_id", how="left", maintain_order="left")
    is_older = _USED & (rank < pl.col("out")).fill_null(value=False)
    fate = pl.when(is_older).then(pl.lit(CODES["older"], pl.Int8)).otherwise(pl.col(FATE))
    return marked.with_columns(fate.alias(FATE)).drop("out")


def newest(made: pl.DataFrame, lines: Sequence[Lines]) -> tuple[pl.DataFrame, list[str]]:
    """The orders with those that several files have taken from the newest of them only, and what is to be said of the others.

    The newest file is the one whose last order is latest; of two alike the one named last. A refund that another
    file has to an order of this one adds to it.
    """
    if len(lines) < 2 or not all("order_id" in one.roles.of for one in lines):  # noqa: PLR2004 - two files
        return made, []
    used = made.filter(_USED)
    several = used.group_by("order_id").agg(parts=pl.col(PART).n_unique()).filter(pl.col("parts") > 1)["order_id"]
    if not len(several):
        return made, []
    latest = used.group_by(PART).agg(pl.col("day").max()).sort("day", PART)[PART].to_list()
    rank = {part: place for place, part in enumerate(latest)}
    theirs = used.filter(pl.col("order_id").is_in(several.implode())).with_columns(
        rank=pl.col(PART).replace_strict(rank, return_dtype=pl.Int32)
    )
    newest_of = (
        theirs.filter(_PLACED)
        .group_by("order_id")
        .agg(keep=pl.col("rank").max(), differ=pl.struct("amount", "customer_id").n_unique() > 1, given_back=pl.col("refunds").unique())
    )
    older = pl.concat([_older_purchases(theirs, newest_of), _refunds_again(theirs, newest_of)]).unique()
    marked = made.join(older.with_columns(older=pl.lit(value=True)), on=["order_id", PART], how="left", maintain_order="left")
    is_older = _USED & pl.col("older").fill_null(value=False)
    fate = pl.when(is_older).then(pl.lit(CODES["older"], pl.Int8)).otherwise(pl.col(FATE))
    conflicts = newest_of.filter("differ").sort("order_id")["order_id"]
    notes = []
    if len(conflicts):
        shown = ", ".join(conflicts.head(_LISTED))
        differ = f"{counted(len(conflicts), 'order')} {'differs' if len(conflicts) == 1 else 'differ'} between files"
        notes.append(f"{differ}; the newest file counts: {shown}{' …' if len(conflicts) > _LISTED else ''}")
    return marked.with_columns(fate.alias(FATE)).drop("older"), notes


def _older_purchases(theirs: pl.DataFrame, newest_of: pl.DataFrame) -> pl.DataFrame:
    return theirs.filter(_PLACED).join(newest_of, on="order_id").filter(pl.col("rank") < pl.col("keep")).select("order_id", PART)


def _refunds_again(theirs: pl.DataFrame, newest_of: pl.DataFrame) -> pl.DataFrame:
    """Refunds that stand in a newer file too, on their own or within their order."""
    alone = theirs.filter(~_PLACED)
    last = pl.col("rank").max().over("order_id", "customer_id", "day", "refunds")
    known = alone.join(newest_of, on="order_id").filter(pl.col("refunds").is_in(pl.col("given_back")))
    return pl.concat([alone.filter(pl.col("rank") < last), known.select(alone.columns)]).select("order_id", PART)
