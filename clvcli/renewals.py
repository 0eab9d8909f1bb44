"""Renewals: payments that come period by period, and how many customers were lost at each."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.churn import FEWEST_GAPS
from clvcli.periods import DAYS_PER_MONTH, DAYS_PER_YEAR, Days
from clvcli.tables import Frame

ENDED = "ended_day"
"""The day on which a customer's contract ended."""
_SHORTEST = 7
"""Nobody bills more often than by the week; who buys more often buys as they need."""
_OF_TEN = 8
"""So many of ten gaps lie on the billing period where orders come like payments of a contract."""
_DENSER = 10
"""And so many times as many a day as just beside it. Of gaps that vary by a fifth around a month eight of ten lie on it, but 4 times as many."""
_MORE = 3
"""So many times as many gaps on a multiple as on the one before it: pauses get rarer with their length, another plan doesn't."""
_SKIPPED_ONE = 2
"""So many billing periods lie between two payments where one was skipped."""
_EDGE = 1 / 64
"""Half the distance of a whole day from any edge between two periods, which lie at 32nds: so a tie is the later on every engine."""


@dataclass(frozen=True)
class Billing:
    """How often customers pay until they cancel: every `length` days on average, of which a month has 30.4375.

    >>> [(b.name, b.days, b.tolerance, b.overdue_after) for b in BILLINGS.values()]
    [('week', 7, 2, 9), ('month', 30, 7, 37), ('quarter', 91, 15, 106), ('year', 365, 30, 395)]
    """

    name: str
    length: float

    @property
    def days(self) -> int:
        """Its length in whole days."""
        return int(self.length)

    @property
    def tolerance(self) -> int:
        """By how many days a payment may be early or late.

        A quarter of a week or a month, which holds weekends, months of unequal length and the days for which a failed
        card is tried again; a twelfth of a year, which holds an invoice to be paid within 30 days. Always less than half
        a period, so that a gap is on one multiple of it or on none.
        """
        shares = self.days // 4, max(7, self.days // 6), max(15, self.days // 12)
        return max(2, min(shares))

    @property
    def overdue_after(self) -> int:
        """The days since a payment after which the next one won't come any more."""
        return self.days + self.tolerance

    def periods(self, days: Days) -> Days:
        """The whole number of billing periods nearest to so many days; for one number or for a column of them.

        >>> [BILLINGS["month"].periods(days) for days in (0, 15, 16, 31, 365, 3653)]
        [0, 0, 1, 1, 12, 120]
        """
        periods = (days + (self.length / 2 + _EDGE)) / self.length
        return periods.floor().cast(nw.Int64) if isinstance(periods, nw.Expr) else math.floor(periods)

    def off(self, gap: int, periods: int = 1) -> float:
        """By how many days a gap misses so many billing periods."""
        return abs(gap - periods * self.length)

    def __str__(self) -> str:
        return self.name


BILLINGS: Mapping[str, Billing] = {
    b.name: b
    for b in (
        Billing("week", 7.0),
        Billing("month", DAYS_PER_MONTH),
        Billing("quarter", DAYS_PER_YEAR / 4),
        Billing("year", DAYS_PER_YEAR),
    )
}
"""The billing periods that have a name."""


def every(days: int) -> Billing:
    """The billing period of so many days: one with a name if it is within a twenty-fourth of that, so that 28 days are no month.

    >>> [str(every(days)) for days in (7, 14, 28, 31, 92, 360)]
    ['week', '14 days', '28 days', 'month', 'quarter', 'year']
    """
    return next((b for b in BILLINGS.values() if b.off(days) * 24 <= b.length), Billing(f"{days} days", float(days)))


def billing_of(gaps: Iterable[tuple[int, int]]) -> Billing | None:
    """The billing period around which most gaps lie, of (days, how many); null where all are shorter than a week.

    It is there for any shop: whether its customers pay by it, `rhythm` tells.

    >>> str(billing_of([(14, 3), (28, 1), (30, 4), (31, 7), (61, 2)]))
    'month'
    """
    ordered = sorted(gaps)
    centres = [days for days, _ in ordered if days >= _SHORTEST]
    fullest = max((_around(ordered, days) for days in centres), key=_total, default=None)
    return every(max(_median(fullest), _SHORTEST)) if fullest else None


def _around(ordered: Sequence[tuple[int, int]], days: int) -> Sequence[tuple[int, int]]:
    """The gaps that are so many days long, or off by no more than that billing period allows."""
    tolerance, of_days = every(days).tolerance, itemgetter(0)
    return ordered[bisect_left(ordered, days - tolerance, key=of_days) : bisect_right(ordered, days + tolerance, key=of_days)]


def _total(gaps: Iterable[tuple[int, int]]) -> int:
    return sum(n for _, n in gaps)


def _median(ordered: Sequence[tuple[int, int]]) -> int:
    reached = accumulate(n for _, n in ordered)
    return next(days for (days, _), n in zip(ordered, reached, strict=True) if 2 * n >= _total(ordered))


@dataclass(frozen=True)
class Rhythm:
    """How a shop's gaps between buying days lie to a billing period.

    `count` are all; `once` are on the period, and `multiples` on two periods or more, with how many: payments were
    skipped. `early` come too soon to be the next payment, and `beside` miss the period by up to twice its tolerance.
    """

    billing: Billing
    count: int
    once: int
    multiples: tuple[tuple[int, int], ...]
    early: int
    beside: int

    @property
    def share(self) -> float | None:
        """The share of gaps that are on the billing period."""
        return self.once / self.count if self.count else None

    @property
    def share_with_skipped(self) -> float | None:
        """The share on it or on a whole multiple; by chance alone it is 71 % of a week, and half of a month."""
        return (self.once + _total(self.multiples)) / self.count if self.count else None

    @property
    def skipped(self) -> int:
        """How many payments were left out by customers who then went on paying."""
        return sum((periods - 1) * n for periods, n in self.multiples)

    @property
    def other_plan(self) -> int | None:
        """Of how many periods another plan seems to be, by which some customers pay: 12 where most pay by the month, some by the year."""
        of = dict(self.multiples)
        peaks = (p for p, n in self.multiples if p > _SKIPPED_ONE and n >= FEWEST_GAPS and n >= _MORE * of.get(p - 1, 0))
        return next(peaks, None)

    @property
    def is_clockwork(self) -> bool:
        """Whether orders come like the payments of a contract: eight of ten gaps on the billing period, and hardly any beside it.

        Buying at random never does: of exponential gaps less than a third lie on any billing period, whatever their mean.
        """
        wide = 2 * self.billing.tolerance
        mostly = self.count >= FEWEST_GAPS and self.once * 10 >= self.count * _OF_TEN
        return mostly and self.once * wide >= self.beside * (wide + 1) * _DENSER


def rhythm(gaps: Iterable[tuple[int, int]], billing: Billing) -> Rhythm:
    """How gaps of (days, how many) lie to a billing period.

    >>> found = rhythm([(3, 1), (30, 40), (31, 50), (45, 2), (61, 7)], BILLINGS["month"])
    >>> found.once, found.multiples, found.early, found.beside, found.skipped, found.is_clockwork
    (90, ((2, 7),), 1, 0, 7, True)
    """
    on: Counter[int] = Counter()
    count = early = beside = 0
    for days, n in gaps:
        periods = max(billing.periods(days), 1)
        count += n
        if billing.off(days, periods) <= billing.tolerance:
            on[periods] += n
        else:
            early += n if days < billing.length else 0
            beside += n if billing.off(days) <= 2 * billing.tolerance else 0
    once = on.pop(1, 0)
    return Rhythm(billing, count, once, tuple(sorted(on.items())), early, beside)


def is_clockwork(gaps: Sequence[tuple[int, int]]) -> bool:
    """Whether orders whose gaps these are come like the payments of a contract, so that models of buying at will don't hold."""
    billing = billing_of(gaps)
    return billing is not None and rhythm(gaps, billing).is_clockwork


def with_renewals(customers: Frame, billing: Billing, as_of: int) -> Frame:
    """The customers who ever bought, with `payments`, `renewals`, `is_lost` and days `since` the last payment, from their buying.

    `payments` are the buying days, though never more than billing periods have begun: what was bought between two
    payments is none. Who skips some and goes on stays one customer. `is_lost` is 1 where the next is overdue.
    `renewals` are those that were paid and are decided. One that was paid within the tolerance of the end isn't: who
    was due on that day and won't pay can't be told yet, so to count those who paid would make customers stay too long.
    """
    won = customers.filter(col("customers") == 1)
    payments = nw.min_horizontal(col("buying_days"), billing.periods(col("last_day") - col("first_day")) + 1)
    idle = as_of - col("last_day")
    is_lost = nw.when(idle > billing.overdue_after).then(1).otherwise(0).cast(nw.Int64)
    is_decided = nw.when(idle > billing.tolerance).then(1).otherwise(0).cast(nw.Int64)
    known = (payments.cast(nw.Int64).alias("payments"), is_lost.alias("is_lost"), is_decided.alias("renewals"))
    counted = won.with_columns(*known, idle.cast(nw.Float64).alias("since"), payments.cast(nw.Int64).alias("paid_on"))
    decided = nw.max_horizontal(col("payments") - 2 + col("renewals"), nw.lit(0))
    return counted.with_columns(decided.cast(nw.Int64).alias("renewals"))


def with_contracts(customers: Frame, billing: Billing, as_of: int) -> Frame:
    """The same of customers of whom it is known on what day the contract ENDED; null where it goes on.

    A payment falls due on the first day and then every billing period; one that was due by the last day of the contract, or of
    observation, was paid. So a list of contracts will do, without their payments: `paid_on` counts the days on which there is an
    amount, for what a payment is. Who has ended is lost at the next renewal.
    """
    won = customers.filter(col("customers") == 1)
    has_ended = (col(ENDED) <= as_of).fill_null(value=False)
    until = nw.when(has_ended).then(col(ENDED) - 1).otherwise(nw.lit(as_of))
    begun = ((until - col("first_day") + _EDGE) / billing.length).floor().cast(nw.Int64)
    renewals = nw.max_horizontal(begun, nw.lit(0)).cast(nw.Int64)
    is_lost = nw.when(has_ended).then(1).otherwise(0).cast(nw.Int64)
    since = (as_of - col("first_day")) - renewals * billing.length
    known = ((renewals + 1).alias("payments"), renewals.alias("renewals"), is_lost.alias("is_lost"))
    return won.with_columns(*known, since.cast(nw.Float64).alias("since"), col("buying_days").alias("paid_on"))


def renewal_counts(customers: Frame, billing: Billing, as_of: int) -> Frame:
    """One row per `renewals` and `is_lost`: how many customers had so many renewals, and were lost at the next or not."""
    rows = with_renewals(customers, billing, as_of).group_by("renewals", "is_lost")
    return rows.agg(col("customers").sum().cast(nw.Int64))


def lost_and_stayed(rows: Iterable[tuple[int, int, int]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Customers lost at renewal 1, 2, 3 …, and those still there who have had 1, 2, 3 … renewals, of rows of renewal_counts.

    Renewal t is payment t + 1: `lost[t - 1]` made t payments and not the next, and `stayed[t - 1]` made t + 1 and can't
    be followed farther. Both are equally long. Who has had no renewal yet and isn't lost says nothing of how long
    customers stay, and is in neither: they are `undue`. At risk at renewal t are all lost or stayed from t on.
    Source: Fader & Hardie 2007, How to Project Customer Retention: n(t) lost in period t, and the rest of each cohort.

    Ten customers: four made one payment and no second, one made three and no fourth; two are there after two payments,
    one after four, and two after a first whose renewal isn't decided.

    >>> rows = [(0, 1, 4), (2, 1, 1), (1, 0, 2), (3, 0, 1), (0, 0, 2)]
    >>> lost_and_stayed(rows)
    ((4, 0, 1), (2, 0, 1))
    >>> undue(rows)
    2
    """
    lost: Counter[int] = Counter()
    stayed: Counter[int] = Counter()
    for renewals, is_lost, customers in rows:
        if is_lost:
            lost[renewals + 1] += customers
        elif renewals:
            stayed[renewals] += customers
    times = range(1, max((*lost, *stayed), default=0) + 1)
    return tuple(lost[t] for t in times), tuple(stayed[t] for t in times)


def undue(rows: Iterable[tuple[int, int, int]]) -> int:
    """How many customers of rows of renewal_counts are there and have had no renewal that is decided."""
    return sum(customers for renewals, is_lost, customers in rows if not renewals and not is_lost)
