"""Value tiers: the customers who bring most, and what share of revenue comes from how few."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.ranks import above, everyone
from clvcli.tables import Column, Frame, Unit

BOUNDARIES = (0.01, 0.10, 0.20, 0.50)
"""Where tiers end, as shares of all customers, most revenue first; the last tier ends at 1."""
VALUE_TIER = Column(
    "value_tier",
    "Value tier",
    Unit.TEXT,
    "Where the customer ranks by revenue, as shares of all customers; equals share the higher tier.",
    "Schmittlein, Cooper & Morrison 1993, Truth in Concentration in the Land of (80/20) Laws",
)
_PARTS = 1_000_000
"""A boundary is a whole number of millionths, so that a rank is compared with it exactly."""
_PARETO = 0.20


def tier_names(boundaries: Sequence[float] = BOUNDARIES) -> tuple[str, ...]:
    """The names of the tiers, best first; the number in front keeps them in this order wherever text is sorted.

    >>> tier_names((0.01, 0.1))
    ('1: top 1%', '2: 1–10%', '3: 10–100%')
    """
    ends = [f"{share * 100:.10g}" for share in (*boundaries, 1.0)]
    spans = [f"top {ends[0]}%", *(f"{start}–{end}%" for start, end in pairwise(ends))]
    width = len(str(len(spans)))
    return tuple(f"{number:0{width}}: {span}" for number, span in enumerate(spans, 1))


def with_value_tier(customers: Frame, boundaries: Sequence[float] = BOUNDARIES) -> Frame:
    """Add `value_tier`: the tier in which the share of customers with strictly more revenue falls.

    A tier begins at its lower boundary and ends before the upper one. So equals share a tier, and
    the best customer is in the first however small the shop is. `boundaries` are shares between 0 and 1,
    increasing, each taken to the millionth. Null on a row of refunds alone, which is no customer.
    Reads `customers` and `revenue`.
    """
    *upper, last = tier_names(boundaries)
    rank = col(VALUE_TIER.name)
    ends = [everyone() * round(share * _PARTS) for share in boundaries]
    tiers = [nw.when(rank * _PARTS < end).then(nw.lit(name)) for end, name in zip(ends, upper, strict=True)]
    lowest = nw.when(~rank.is_null()).then(nw.lit(last))
    ranked = customers.with_columns(above("revenue").alias(VALUE_TIER.name))
    return ranked.with_columns(nw.coalesce(*tiers, lowest).alias(VALUE_TIER.name))


@dataclass(frozen=True)
class Concentration:
    """What share of revenue the best of the customers bring; unknown if there is no revenue."""

    customers: float
    revenue: float | None


def concentration(tiers: Iterable[tuple[int, int]]) -> tuple[Concentration, ...]:
    """The shares of customers and of revenue down to each tier and with it.

    `tiers` are customers and revenue of each, best first, in any unit; refunds of who is no
    customer may come last, with no customers. Revenue reaches more than 1 where later tiers cost money.
    """
    rows = list(tiers)
    everybody, everything = (sum(row[at] for row in rows) for at in (0, 1))
    reached: list[Concentration] = []
    number = money = 0
    for of_tier, brought in rows:
        number, money = number + of_tier, money + brought
        reached.append(Concentration(number / everybody if everybody else 0.0, money / everything if everything > 0 else None))
    return tuple(reached)


def pareto_note(tiers: Iterable[tuple[int, int]]) -> str:
    """A sentence on the tiers that end nearest to a fifth of all customers; empty if there is nothing to say.

    >>> pareto_note([(10, 600), (10, 143), (80, 257)])
    'The top 20.0% of customers bring 74.3% of revenue.'
    """
    told = [step for step in concentration(tiers) if step.customers < 1 and step.revenue is not None]
    if not told:
        return ""
    nearest = min(told, key=lambda step: abs(step.customers - _PARETO))
    return f"The top {Unit.SHARE.show(nearest.customers)} of customers bring {Unit.SHARE.show(nearest.revenue)} of revenue."
