"""Doubts: what is odd about the orders that were read, though they can be used; and those that a policy leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.fates import FATE
from clvcli.exports.ids import VALUE, are_names, least_of
from clvcli.exports.ledger import CODES, counted
from clvcli.exports.plans import Plan
from clvcli.exports.records import RECORD
from clvcli.exports.statuses import KEEP, PARTLY, REFUNDED
from clvcli.periods import date_of
from clvcli.tables import MONEY_SCALE, Unit

_USED = pl.col(FATE) == CODES["used"]
_MOST_IN_FUTURE = 0.01
_SHOWN = 5
_OFTEN = 0.05


def without_future(made: pl.DataFrame, today: int | None, file: str) -> pl.DataFrame:
    """The orders with those that were placed after today left out; raises InputError if they are too many for slips of a clock."""
    if today is None or (made["day"].max() or 0) <= today + 1:  # type: ignore[operator]  # a day number
        return made
    late = _USED & (pl.col("day") > today + 1)
    count, orders, last = made.select(late.sum(), _USED.sum().alias("all"), pl.col("day").filter(late).max().alias("last")).row(0)
    if count > _MOST_IN_FUTURE * orders:
        problem = f"dated after today: {count:,} of {counted(orders, 'order')}, the last {date_of(last)}. Nothing was dropped"
        raise InputError(
            Problem(
                problem,
                Place(file),
                f"if they are read wrongly, say how; if they are right, say till when:\nclv ... --date-format FORMAT\nclv ... --as-of {date_of(last)}",
            )
        )
    return made.with_columns(pl.when(late).then(pl.lit(CODES["future"], pl.Int8)).otherwise(pl.col(FATE)).alias(FATE))


def without_free(made: pl.DataFrame) -> pl.DataFrame:
    """The orders without those that brought in nothing and gave nothing back."""
    free = _USED & (pl.col("amount") == 0) & (pl.col("refunds") == 0)
    return made.with_columns(pl.when(free).then(pl.lit(CODES["free"], pl.Int8)).otherwise(pl.col(FATE)).alias(FATE))


def doubts(used: pl.DataFrame, plans: Sequence[Plan], named: Callable[[str], str] = str) -> Iterator[str]:
    """What a careful reader would look at, in sentences, customers called as `named` says."""
    yield from (note for plan in plans for note in (*_unknown_statuses(plan), *_refunds_by_status(plan, used)))
    yield from (note for plan in plans for note in _names(plan))
    yield from (note for plan in plans for note in _aside(plan))
    yield from _without_id(used, plans)
    yield from _without_currency(plans)
    yield from _of_amounts(used)
    yield from _dear(used, plans)
    yield from _with_zeros(used["customer_id"], named)


def _unknown_statuses(plan: Plan) -> Iterator[str]:
    if plan.statuses and plan.statuses.counts:
        what = "kept" if plan.statuses.otherwise == KEEP else "left out"
        shown = ", ".join(
            f"'{value}' ({count:,})" for value, count in sorted(plan.statuses.counts.items(), key=lambda one: (-one[1], one[0]))[:_SHOWN]
        )
        yield f"statuses that {plan.preset.title if plan.preset else 'clv'} isn't known to have were {what}: {shown}; --status 'NAME=cancelled' decides otherwise"


def _names(plan: Plan) -> Iterator[str]:
    column = plan.roles.of.get("customer_id", "")
    if "customer_id" in plan.roles.guessed and are_names(plan.of.sample(column)):
        yield f"customers are known by {column}, where two of one name count as one; --map customer_id=COLUMN or --map email=COLUMN is safer"


def _refunds_by_status(plan: Plan, used: pl.DataFrame) -> Iterator[str]:
    """Statuses that speak of refunds where neither a column nor negative records say how much was given back."""
    if plan.statuses is None:
        return
    whole = sorted(plan.statuses.of_verdict(REFUNDED))
    if whole and plan.preset is None and "refund" in used.columns and (negative := int((used["refunds"] > used["refund"]).sum())):
        if _orders_of(plan, whole) > negative:
            yield f"negative records say what was given back: orders that are {' or '.join(map(repr, whole[:_SHOWN]))} count in full beside them"
        return
    if plan.roles.has("refund"):
        return
    for verdict, how in ((REFUNDED, "count as given back whole"), (PARTLY, "count in full")):
        if values := sorted(plan.statuses.of_verdict(verdict)):
            yield f"no column says how much was refunded: orders that are {' or '.join(repr(v) for v in values[:_SHOWN])} {how}"


def _orders_of(plan: Plan, statuses: Sequence[str]) -> int:
    """How many orders have one of these statuses."""
    order = plan.roles.of.get("order_id", RECORD)
    theirs = plan.of.frame.filter(pl.col(plan.roles.of["status"]).cast(pl.String).is_in(statuses))
    return int(theirs.select(pl.col(order).n_unique()).collect().item())


def _aside(plan: Plan) -> Iterator[str]:
    """A discount beside an amount that is worked out without it."""
    made = plan.roles.arithmetic.get("amount")
    if plan.preset is None and "discount" in plan.roles.of and made and made.names == {"quantity", "unit_price"}:
        column = plan.roles.of["discount"]
        yield f"the amount is quantity × unit price, before [{column}]; --map amount='quantity * unit_price - `{column}`' takes that off"


def _without_currency(plans: Sequence[Plan]) -> Iterator[str]:
    """Files that say no currency beside others that do."""
    silent = [plan.of.file.name for plan in plans if not plan.roles.has("currency")]
    if silent and len(silent) < len(plans):
        yield f"no currency in {', '.join(silent[:_SHOWN])}: the amounts are taken to be in that of the other files"


_OWN_ID = r"(?:^|:)[0-9]{3}-[0-9]{10}$"


def _without_id(used: pl.DataFrame, plans: Sequence[Plan]) -> Iterator[str]:
    """Orders whose id says that it is none, in exports that write so."""
    if any(plan.nothing and "order_id" in plan.roles.of for plan in plans) and (lone := int(used["order_id"].str.contains(_OWN_ID).sum())):
        yield f"{counted(lone, 'order')} of no known id: each of its records counts as an order"


def _of_amounts(used: pl.DataFrame) -> Iterator[str]:
    """Refunds without a purchase, refunds larger than theirs, and orders that brought in nothing."""
    lone = pl.col("placed") == 0
    more = (pl.col("placed") == 1) & (pl.col("amount") < 0)
    free = (pl.col("placed") == 1) & (pl.col("amount") == 0) & (pl.col("refunds") == 0)
    row = used.select(
        lone=lone.sum(),
        money=pl.col("refunds").filter(lone).sum(),
        more=more.sum(),
        ids=pl.col("order_id").filter(more).sort().head(_SHOWN).implode(),
        free=free.sum(),
    ).row(0, named=True)
    if row["lone"]:
        yield (
            f"{counted(row['lone'], 'refund')} without a purchase in the data, {Unit.MONEY.show(row['money'] / MONEY_SCALE)}: "
            "taken off revenue, not counted as orders"
        )
    if row["more"]:
        yield f"{counted(row['more'], 'order')} gave back more than it took: {', '.join(row['ids'])}{' …' if row['more'] > _SHOWN else ''}"
    if row["free"]:
        yield f"{counted(row['free'], 'order')} brought in nothing, but counted; --no-count-free leaves out what was free"


def _dear(used: pl.DataFrame, plans: Sequence[Plan]) -> Iterator[str]:
    """Orders whose goods cost more than was paid for them, where a column says what they cost."""
    if "gross_profit" not in used.columns or not any(plan.roles.has("cost") for plan in plans):
        return
    dear = (pl.col("placed") == 1) & (pl.col("amount") > 0) & (pl.col("refunds") == 0) & (pl.col("gross_profit") < 0)
    count, loss, ids = used.select(
        dear.sum().alias("count"),
        -pl.col("gross_profit").filter(dear).sum().alias("loss"),
        pl.col("order_id").filter(dear).sort().head(_SHOWN).implode(),
    ).row(0)
    if count:
        shown = f"{', '.join(ids)}{' …' if count > _SHOWN else ''}"
        often = "; is the cost really that of its record?" if count > _OFTEN * used.height else ""
        yield f"{counted(count, 'order')} cost more than was paid, by {Unit.MONEY.show(loss / MONEY_SCALE)}: {shown}{often}"


def _with_zeros(ids: pl.Series, named: Callable[[str], str]) -> Iterator[str]:
    """Numbers with zeros before them that stand without them too: text keeps them apart."""
    if least_of(ids)[:1] > "0":
        return
    led = ids.filter(ids.str.starts_with("0"))
    led = led.filter(led.str.contains(r"^0+[0-9]+$")).unique()
    if not len(led):
        return
    bare = pl.DataFrame({VALUE: led.str.strip_chars_start("0"), "led": led})
    both = bare.filter(pl.col(VALUE).is_in(ids.filter(ids.is_in(bare[VALUE].implode())).unique().implode())).sort(VALUE)
    if both.height:
        yield f"customer ids with and without zeros before them count as two: {named(both['led'][0])} and {named(both[VALUE][0])}" + (
            f", and {both.height - 1:,} more" if both.height > 1 else ""
        )
