"""RFM: each customer scored from 1 to 5 on recency, frequency and monetary value, and a name for the three."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.ranks import above, below, everyone
from clvcli.tables import Column, Frame, Unit

SCORES = range(1, 6)
_SOURCE = "Hughes 1994, Strategic Database Marketing; Bult & Wansbeek 1995, Optimal Selection for Direct Mail"
RFM = Column(
    "rfm",
    "RFM",
    Unit.TEXT,
    "Scores from 1 to 5 for recency, frequency and monetary value, best 555; equals score the same, the least of their range.",
    _SOURCE,
)
RFM_SEGMENT = Column("rfm_segment", "RFM segment", Unit.TEXT, "The name of the customer's RFM scores.", _SOURCE)


@dataclass(frozen=True)
class Name:
    """A name for all scores in two ranges, whose ends are in: recency, and FM, the mean of the other two."""

    name: str
    recency: tuple[int, int]
    fm: tuple[int, int]
    meaning: str

    def covers(self, recency: Any, fm: Any) -> Any:
        """Whether such scores have this name: a bool of whole numbers, an expression of expressions."""
        (coldest, latest), (least, most) = self.recency, self.fm
        return (recency >= coldest) & (recency <= latest) & (fm >= least) & (fm <= most)


NAMES: tuple[Name, ...] = (
    Name("champions", (5, 5), (4, 5), "Bought just now, and buy often and much."),
    Name("loyal", (3, 4), (4, 5), "Buy often and much, the last time not long ago."),
    Name("potential loyal", (4, 5), (2, 3), "Bought lately, neither little nor much so far."),
    Name("new", (5, 5), (1, 1), "Bought just now, little so far."),
    Name("promising", (4, 4), (1, 1), "Bought lately, little so far."),
    Name("needs attention", (3, 3), (3, 3), "In the middle of everything, and could go either way."),
    Name("about to sleep", (3, 3), (1, 2), "Bought little, and not lately."),
    Name("can't lose them", (1, 2), (5, 5), "Among the best once, silent for long."),
    Name("at risk", (1, 2), (3, 4), "Bought well, silent for long."),
    Name("hibernating", (1, 2), (1, 2), "Bought little, silent for long."),
)
"""The names, best first; each of the 125 codes has exactly one."""


def with_rfm(customers: Frame) -> Frame:
    """Add `rfm` and `rfm_segment`; both are null on a row of refunds alone, which is no customer.

    A score is 1 + ⌊5 × customers with a strictly worse value / customers⌋, worse being more idle
    days, fewer orders or less revenue. So equal values score the same, the least of the scores
    over which they spread, and nobody is flattered: where 72% bought once, these have an F of 1
    and all others a 4 or a 5. In a shop of fewer than five customers nobody reaches 5.
    Reads `customers`, `idle_days`, `orders` and `revenue`.
    """
    code = _score(above("idle_days")) * 100 + _score(below("orders")) * 10 + _score(below("revenue"))
    coded = customers.with_columns(code.alias(RFM.name))
    recency, fm = col(RFM.name) // 100, mean_score(col(RFM.name) // 10 % 10, col(RFM.name) % 10)
    names = [nw.when(name.covers(recency, fm)).then(nw.lit(name.name)) for name in NAMES]
    return coded.with_columns(col(RFM.name).cast(nw.String), nw.coalesce(*names).alias(RFM_SEGMENT.name))


def name_of(recency: int, frequency: int, monetary: int) -> str:
    """The name of three scores, each from 1 to 5."""
    return next(name.name for name in NAMES if name.covers(recency, mean_score(frequency, monetary)))


def mean_score(frequency: Any, monetary: Any) -> Any:
    """FM: the mean of the scores F and M, halves rounded up."""
    return (frequency + monetary + 1) // 2


def _score(worse: nw.Expr) -> nw.Expr:
    return worse * len(SCORES) // everyone() + 1
