"""Changes: how far each figure moved between two days, and whether chance alone may have moved it so far.

Most customers of the later day are those of the earlier one, so the two figures move together, and their difference is
surer than that of two shops that share nobody. Its interval is made as if they shared nobody, which makes it too wide
rather than too narrow: what is called beyond chance is so all the more, and what isn't may be.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from clvcli.confidence import CONFIDENCE
from clvcli.differences import FEWEST, difference, rejected, steadied
from clvcli.intervals import Estimate

Verdict = Literal["beyond chance", "within chance", "too few", "counted", "new", "gone", "another period"]
RANKS: Mapping[Verdict | None, int] = {
    "beyond chance": 0, "new": 1, "gone": 1, "within chance": 2, "too few": 3, "counted": 4, "another period": 5, None: 6,
}  # fmt: skip
"""The order in which changes are read."""
Figures = Mapping[str, Mapping[str, Estimate]]
"""The figures of one day: of each segment and of all, by name."""
_UNKNOWN = Estimate(None)


@dataclass(frozen=True)
class Change:
    """How one figure of one segment moved; the interval is that of the change, and None where there is none."""

    segment: str
    name: str
    then: float | None
    now: float | None
    change: float | None = None
    interval: tuple[float, float] | None = None
    verdict: Verdict | None = None

    @property
    def share(self) -> float | None:
        """The change as a part of what was; None where that was nought, or so near it that the part is no number."""
        if self.change is None or not self.then:
            return None
        part = self.change / abs(self.then)
        return part if math.isfinite(part) else None


def changes(then: Figures, now: Figures, shop: str, *, counted: Collection[str], other_period: Collection[str] = ()) -> list[Change]:
    """Every figure of both days, those beyond chance first, then in the order of `now`.

    `shop` is what all customers are called. `counted` are sums, in which there is no chance; `other_period` are figures
    of a period that had another length, which say nothing side by side. A segment of one day alone is one change, of its
    customers. Over segments, and figure by figure, five in a hundred are taken for beyond chance when nothing has changed
    (Holm 1979), at most.
    """
    both = [segment for segment in now if segment in then]
    names = list(dict.fromkeys(name for segment in both for name in (*now[segment], *then[segment])))
    found = [one for name in names for one in _of_figure(name, {s: (_of(then, s, name), _of(now, s, name)) for s in both}, shop)]
    found = [_beside_the_point(one, counted, other_period) for one in found]
    at = {segment: place for place, segment in enumerate(both)}
    found.sort(key=lambda one: at[one.segment])
    appeared = [_alone(segment, now, "new") for segment in now if segment not in then]
    vanished = [_alone(segment, then, "gone") for segment in then if segment not in now]
    return sorted([*found, *appeared, *vanished], key=lambda one: RANKS[one.verdict])


def _of(figures: Figures, segment: str, name: str) -> Estimate:
    return figures[segment].get(name, _UNKNOWN)


def _alone(segment: str, figures: Figures, verdict: Literal["new", "gone"]) -> Change:
    """A segment that stands on one day only, by its customers."""
    customers = _of(figures, segment, "customers").value
    then, now = (None, customers) if verdict == "new" else (customers, None)
    return Change(segment, "customers", then, now, verdict=verdict)


def _of_figure(name: str, pairs: Mapping[str, tuple[Estimate, Estimate]], shop: str) -> Iterable[Change]:
    """One figure of all segments."""
    whole = pairs.get(shop, (_UNKNOWN, _UNKNOWN))
    moved = {s: difference(*(steadied(pair[at], whole[at]) for at in (1, 0))) for s, pair in pairs.items()}
    few = {s for s, pair in pairs.items() if min(one.n for one in pair) < FEWEST}
    tested = {s: one.p for s, one in moved.items() if one.p is not None and s not in few}
    certain = {shop} if tested.get(shop, 1.0) <= 1 - CONFIDENCE else set()
    certain |= rejected({s: p for s, p in tested.items() if s != shop}, 1 - CONFIDENCE)
    for segment, (then, now) in pairs.items():
        one = moved[segment]
        verdict: Verdict | None = "beyond chance" if segment in certain else "within chance" if segment in tested else None
        verdict = "too few" if one.error is not None and segment in few else verdict
        yield Change(segment, name, then.value, now.value, one.value, one.interval, verdict)


def _beside_the_point(found: Change, counted: Collection[str], other_period: Collection[str]) -> Change:
    """The change without a verdict of chance, where there is none to give."""
    if found.name in other_period:
        return replace(found, change=None, interval=None, verdict="another period")
    return replace(found, interval=None, verdict="counted") if found.name in counted and found.change is not None else found
