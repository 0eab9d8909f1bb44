"""Referrals: what customers brought whom others had sent, beside those others' own value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.tables import Frame

_MOST = 3


def with_referrals(customers: Frame, referrer: str = "referred_by", looped: Collection[str] = ()) -> Frame:
    """Add what the customers that each customer referred number and have brought.

    Reads the attribute `referrer`, a customer id. Someone who names themselves refers nobody, and nor does
    who is `looped`: of people who sent one another in a circle, nobody came first.
    """
    profit = "gross_profit" in customers.collect_schema().names()
    named = customers.filter(~col(referrer).is_null() & (col(referrer) != col("customer_id")))
    named = named.filter(~col("customer_id").is_in(sorted(looped))) if looped else named
    values = [col("customers").sum().cast(nw.Int64).alias("referred_customers")]
    if profit:
        values.append(col("gross_profit").sum().cast(nw.Int64).alias("referred_gross_profit"))
    brought = named.group_by(referrer).agg(*values).rename({referrer: "customer_id"})
    joined = customers.join(brought, on="customer_id", how="left")
    return joined.with_columns(col("referred_customers").fill_null(0), *([col("referred_gross_profit").fill_null(0)] if profit else []))


@dataclass(frozen=True)
class Sent:
    """Who was sent by whom, of so many customers."""

    referrer_of: Mapping[str, str]
    customers: frozenset[str]

    @cached_property
    def circles(self) -> list[list[str]]:
        """Customers who sent one another, in circles of two or more."""
        return [circle for circle in loops(self.referrer_of) if len(circle) > 1]

    def doubts(self, named: Callable[[str], str] = str) -> Iterator[str]:
        """What is odd about it, in sentences, customers called as `named` says."""
        if own := sorted(customer for customer, referrer in self.referrer_of.items() if customer == referrer):
            yield f"referred by themselves, so nobody gets credit: {_shown([*map(named, own)])}"
        if strangers := sorted(set(self.referrer_of.values()) - self.customers):
            yield f"referrers who are no customers, so nobody gets credit: {_shown([*map(named, strangers)])}"
        if self.circles:
            yield f"referred in a circle, so nobody gets credit: {_shown([' → '.join(map(named, [*one, one[0]])) for one in self.circles])}"


def _shown(names: list[str]) -> str:
    return ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST:,} more" if len(names) > _MOST else "")


def loops(referrer_of: Mapping[str, str]) -> list[list[str]]:
    """The circles among customers and who referred them, each from its least id on; nobody is in two.

    >>> loops({"ann": "bob", "bob": "cid", "cid": "ann", "dan": "ann", "eva": "eva"})
    [['ann', 'bob', 'cid'], ['eva']]
    """
    done: set[str] = set()
    found = []
    for start in sorted(referrer_of):
        path: dict[str, None] = {}
        here = start
        while here in referrer_of and here not in done and here not in path:
            path[here] = None
            here = referrer_of[here]
        if here in path:
            names = list(path)
            circle = names[names.index(here) :]
            least = circle.index(min(circle))
            found.append([*circle[least:], *circle[:least]])
        done.update(path)
    return sorted(found)
