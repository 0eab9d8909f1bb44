"""Segments: names for kinds of customer, each a condition in text; the first that is met wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw

from clvcli.errors import ConfigError, Problem
from clvcli.expression import Expression
from clvcli.tables import Column, Frame, Unit

SEGMENT = Column("segment", "Segment", Unit.TEXT, "The first segment whose condition the customer meets.")
SHARE = Column("share_of_customers", "Share", Unit.SHARE, "Customers of the segment per customer of the shop.")
OTHER = "other"


@dataclass(frozen=True)
class Segment:
    """A name for the customers who meet a condition."""

    name: str
    condition: Expression

    def __post_init__(self) -> None:
        if not self.condition.is_condition:
            message = f"segment {self.name}: '{self.condition.text}' is a number, not a condition"
            raise ConfigError(Problem(message, self.condition.place, f"compare it with something, as in '{self.condition.text} >= 3'"))


def label(customers: Frame, segments: Sequence[Segment], values: Mapping[str, nw.Expr]) -> Frame:
    """Add the column `segment`; who meets no condition, or can't be judged, is `other`."""
    met = [nw.when(s.condition.frame(values)).then(nw.lit(s.name)) for s in segments]
    return customers.with_columns(nw.coalesce(*met, nw.lit(OTHER)).alias(SEGMENT.name))
