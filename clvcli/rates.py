"""A number that may depend on an attribute: one margin for all, or one per category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import narwhals.stable.v2 as nw


@dataclass(frozen=True)
class Rates:
    """`otherwise`, except where the attribute `by` has one of the values in `rates`."""

    otherwise: float
    by: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes it reads."""
        return (self.by,) if self.by else ()

    def expression(self, scale: int = 1) -> nw.Expr:
        """The rate of each row, times `scale`."""
        of_value = [nw.when(nw.col(self.by) == value).then(nw.lit(rate * scale)) for value, rate in self.rates.items()]
        return nw.coalesce(*of_value, nw.lit(self.otherwise * scale)) if of_value else nw.lit(self.otherwise * scale)


def whole(amount: nw.Expr) -> nw.Expr:
    """`amount` to the nearest whole number, the same on every engine."""
    return (amount + 0.5).floor().cast(nw.Int64)
