"""The churn rules: after how much silence a customer counts as lapsed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import narwhals.stable.v2 as nw

RULES: Mapping[str, str] = {
    "window": "silent for longer than a fixed number of days",
    "percentile": "silent for longer than all but the longest gaps between orders were",
    "personal": "silent for longer than a multiple of the customer's own mean gap",
}
"""The rules by name, in words."""
WINDOW_DAYS = 180
"""The window where nothing else is set, and the gaps between orders are too few to tell."""
FEWEST_GAPS = 30
"""Gaps below which they tell nothing of when a customer has lapsed."""


@dataclass(frozen=True)
class ChurnRule:
    """When a customer has lapsed: idle for more than `days`.

    Of those who bought once there is no gap: `one_time_days` holds for them if it is given. With a `multiple`,
    who bought more often has lapsed after so many times their own mean gap, and never within `least_days`.
    Source: a fixed window as max_inactive in Gold 2020, Fighting Churn with Data; the 80th percentile
    of gaps and a multiple of a customer's own gap as the trade has them.
    """

    days: int
    multiple: float | None = None
    least_days: int = 0
    one_time_days: int | None = None
    name: str = "window"

    def lapsed(self, idle: nw.Expr, active: nw.Expr, buying_days: nw.Expr) -> nw.Expr:
        """Whether a customer has lapsed; all three in days."""
        return idle > self.allowed(active, buying_days)

    def allowed(self, active: nw.Expr, buying_days: nw.Expr) -> nw.Expr:
        """The days of silence after which a customer has lapsed who was `active` for so long: idle for more of them is `lapsed`."""
        of_once = self.days if self.one_time_days is None else self.one_time_days
        if self.multiple is None:
            same = nw.lit(self.days)
            return same if of_once == self.days else nw.when(buying_days > 1).then(same).otherwise(nw.lit(of_once))
        gaps = nw.max_horizontal(buying_days - 1, nw.lit(1))
        own = (active * self.multiple / gaps).floor().cast(nw.Int64)
        return nw.when(buying_days > 1).then(nw.max_horizontal(own, nw.lit(self.least_days))).otherwise(of_once)

    def __str__(self) -> str:
        silence = f"{self.days} days" if self.multiple is None else f"{self.multiple:g} × own mean gap, at least {self.least_days} days"
        once = self.days if self.one_time_days is None else self.one_time_days
        told = f"; {once} days after a single order" if self.multiple is not None or once != self.days else ""
        return f"{self.name}: {silence}{told}"
