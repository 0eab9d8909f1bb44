"""Overlap: the same order in several files, which counts once, as the newest of them has it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.fates import FATE, PART
from clvcli.exports.ledger import CODES, counted
from clvcli.exports.lines import Lines

_LISTED = 5
_FEWEST_STRANGE = 3
_USED = pl.col(FATE) == CODES["used"]
_PLACED = pl.col("placed") == 1
"""Whether there is a purchase, not only something given back."""
_LEFT_OUT = [CODES[name] for name in ("cancelled", "unpaid", "test")]
_ALIKE_IN_TIME = "files cover the same days and have no order ids: an order that stands in two of them counts twice"


def newest(made: pl.DataFrame, lines: Sequence[Lines]) -> tuple[pl.DataFrame, list[str]]:
    """The orders with those that several files have taken from the newest of them only, and what is to be said of the others.

    The newest file is the one whose last order is latest; of two alike the one named last. A refund that another
    file has to an order of this one adds to it. An order that a newer file has as cancelled, unpaid or a test doesn't count.
    Raises InputError for the files of two shops, which number their orders alike.
    """
    if len(lines) < 2:  # noqa: PLR2004 - two files
        return made, []
    if not all("order_id" in one.roles.of for one in lines):
        return made, [_ALIKE_IN_TIME] if _cover_the_same_days(made.filter(_USED)) else []
    latest = made.group_by(PART).agg(pl.col("day").max()).sort("day", PART)[PART].to_list()
    ranked = made.with_columns(rank=pl.col(PART).replace_strict({part: place for place, part in enumerate(latest)}, return_dtype=pl.Int32))
    standing = _without_withdrawn(ranked)
    used = standing.filter(_USED)
    several = used.group_by("order_id").agg(parts=pl.col(PART).n_unique()).filter(pl.col("parts") > 1)["order_id"]
    theirs = used.filter(pl.col("order_id").is_in(several.implode()))
    _refuse_two_shops(theirs.filter(_PLACED), lines)
    newest_of = (
        theirs.filter(_PLACED)
        .group_by("order_id")
        .agg(keep=pl.col("rank").max(), differ=pl.struct("amount", "customer_id").n_unique() > 1, given_back=pl.col("refunds").unique())
    )
    older = pl.concat([_older_purchases(theirs, newest_of), _refunds_again(theirs, newest_of)]).unique()
    return _without(standing, older).drop("rank"), list(_differing(newest_of.filter("differ").sort("order_id")["order_id"]))


def _refuse_two_shops(theirs: pl.DataFrame, lines: Sequence[Lines]) -> None:
    """Raises InputError if most orders that several files have are other customers' on other days."""
    alike = [pl.col(name).n_unique() > 1 for name in ("customer_id", "day")]
    shared = theirs.group_by("order_id").agg(strange=pl.all_horizontal(alike), parts=pl.col(PART).unique().sort())
    strange = shared.filter("strange").sort("order_id")
    if strange.height < _FEWEST_STRANGE or strange.height * 2 <= shared.height:
        return
    first, second = (next(one.plan.of.file.name for one in lines if one.position == part) for part in strange["parts"][0][:2])
    problem = (
        f"{strange.height:,} of {shared.height:,} order ids that {first} has too are of other customers and other days, such as "
        f"'{strange['order_id'][0]}': another shop's, it seems. Nothing was dropped"
    )
    raise InputError(Problem(problem, Place(second), "read the files of each shop on their own"))


def _cover_the_same_days(used: pl.DataFrame) -> bool:
    """Whether a file begins before another one ends."""
    spans = used.group_by(PART).agg(first=pl.col("day").min(), last=pl.col("day").max()).sort("first", "last")
    return bool((spans["first"].shift(-1) < spans["last"].cum_max()).any())


def _without_withdrawn(ranked: pl.DataFrame) -> pl.DataFrame:
    """The orders without those that a newer file has as cancelled, unpaid or a test."""
    gone = ranked.filter(pl.col(FATE).is_in(_LEFT_OUT)).group_by("order_id").agg(out=pl.col("rank").max())
    older = ranked.filter(_USED).join(gone, on="order_id").filter(pl.col("rank") < pl.col("out"))
    return _without(ranked, older.select("order_id", PART).unique())


def _without(orders: pl.DataFrame, older: pl.DataFrame) -> pl.DataFrame:
    """The orders with those used ones marked that a newer file has."""
    if older.is_empty():
        return orders
    marked = orders.join(older.with_columns(older=pl.lit(value=True)), on=["order_id", PART], how="left", maintain_order="left")
    is_older = _USED & pl.col("older").fill_null(value=False)
    fate = pl.when(is_older).then(pl.lit(CODES["older"], pl.Int8)).otherwise(pl.col(FATE))
    return marked.with_columns(fate.alias(FATE)).drop("older")


def _older_purchases(theirs: pl.DataFrame, newest_of: pl.DataFrame) -> pl.DataFrame:
    return theirs.filter(_PLACED).join(newest_of, on="order_id").filter(pl.col("rank") < pl.col("keep")).select("order_id", PART)


def _refunds_again(theirs: pl.DataFrame, newest_of: pl.DataFrame) -> pl.DataFrame:
    """Refunds that stand in a newer file too, on their own or within their order."""
    alone = theirs.filter(~_PLACED)
    last = pl.col("rank").max().over("order_id", "customer_id", "day", "refunds")
    known = alone.join(newest_of, on="order_id").filter(pl.col("refunds").is_in(pl.col("given_back")))
    return pl.concat([alone.filter(pl.col("rank") < last), known.select(alone.columns)]).select("order_id", PART)


def _differing(conflicts: pl.Series) -> Sequence[str]:
    """What to say of orders that files have in different ways."""
    if not len(conflicts):
        return ()
    shown = ", ".join(conflicts.head(_LISTED))
    differ = f"{counted(len(conflicts), 'order')} {'differs' if len(conflicts) == 1 else 'differ'} between files"
    return (f"{differ}; the newest file counts: {shown}{' …' if len(conflicts) > _LISTED else ''}",)
