"""Decomposition: why a number changed, in parts that sum exactly to the change."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import combinations
from typing import Generic, TypeVar

Segment = TypeVar("Segment", bound=Hashable)
Value = Callable[[Mapping[str, float]], float | None]
"""A number as a function of what it is worked out from; nothing where it is undefined."""


def effects(value: Value, before: Mapping[str, float], after: Mapping[str, float], levers: Sequence[str]) -> dict[str, float] | None:
    """What each lever has done to a number: its effect, averaged over every order in which the levers could have moved.

    The effects sum to value(after) − value(before) if nothing but the levers differs. No lever comes first: the result doesn't
    depend on their order. One that hasn't moved has an effect of 0. Nothing, if some mixture of before and after is undefined.
    The number is worked out 2ⁿ times for n levers that moved, so they should be few: eight cost 256 evaluations.
    Source: Shapley 1953, A Value for n-Person Games; as a decomposition Shorrocks 2013, J. Economic Inequality 11.
    """
    moved = [name for name in dict.fromkeys(levers) if before[name] != after[name]]

    @cache
    def mixture(names: frozenset[str]) -> float | None:
        return value({**before, **{name: after[name] for name in names}})

    found = {name: _mean_effect(name, moved, mixture) for name in moved}
    return None if None in found.values() else {name: found.get(name) or 0.0 for name in levers}


def _mean_effect(name: str, moved: Sequence[str], mixture: Callable[[frozenset[str]], float | None]) -> float | None:
    """The mean over all orders of what moving `name` does after those that moved before it."""
    others, steps = [other for other in moved if other != name], []
    for size in range(len(moved)):
        for earlier in map(frozenset, combinations(others, size)):
            without, with_it = mixture(earlier), mixture(earlier | {name})
            if without is None or with_it is None:
                return None
            steps.append((with_it - without) / (math.comb(len(others), size) * len(moved)))
    return math.fsum(steps)  # to the last digit the same in any order


@dataclass(frozen=True)
class MixAndRate(Generic[Segment]):
    """A change in two parts: `mix`, who the customers are, and `rate`, how they behave.

    `segments` holds both parts for each segment, where they can be told apart.
    """

    mix: float
    rate: float
    segments: Mapping[Segment, tuple[float, float]] = field(default_factory=dict)


Group = Mapping[Segment, Mapping[str, float]]
"""The sums of each segment."""


def mix_and_rate(
    value: Value, before: Group[Segment], after: Group[Segment], *, count: str = "customers", ratio: tuple[str, str] | None = None
) -> MixAndRate[Segment] | None:
    """A change of a formula of sums between two groups, as mix and rate; nothing where it is undefined.

    Each segment's sums hold `count`, its customers. A group is put together of the segments' shares of all customers and of sums per
    customer, so that growth alone is no change. Mix is what the new shares do, rate what the new behaviour does, each averaged over
    both orders, so that mix + rate = value(after) − value(before), both per customer. A segment that is missing on one side, or has
    no customers there, behaves as on the other: all its effect is mix. Sums without a customer to them are behaviour.
    With `ratio`, the names of numerator and denominator if `value` is a plain ratio, the parts of the segments sum to the two.
    Source: Kitagawa 1955, Components of a Difference Between Two Rates, JASA 50, there of rates, here of any formula of sums.
    """
    groups = _Groups((before, after), count)
    if not all(groups.customers):
        return None
    found = effects(lambda at: value(groups.sums(int(at["who"]), int(at["how"]))), _BEFORE, _AFTER, tuple(_BEFORE))
    if found is None:
        return None
    return MixAndRate(found["who"], found["how"], _of_segments(groups, *ratio) if ratio else {})


_BEFORE, _AFTER = {"who": 0.0, "how": 0.0}, {"who": 1.0, "how": 1.0}


@dataclass(frozen=True)
class _Groups(Generic[Segment]):
    """A group before (0) and after (1), and groups made of who was there on one side and how they behaved on the other."""

    sides: tuple[Group[Segment], Group[Segment]]
    count: str

    @cached_property
    def segments(self) -> list[Segment]:
        """The segments of either side."""
        return list(dict.fromkeys(segment for side in self.sides for segment in side))

    @cached_property
    def customers(self) -> list[float]:
        """All customers, before and after."""
        return [math.fsum(sums[self.count] for sums in side.values()) for side in self.sides]

    def sums(self, who: int, how: int) -> dict[str, float]:
        """The sums of the whole group, per customer."""
        return {name: math.fsum(self.part(segment, name, who, how) for segment in self.segments) for name in self._names}

    @cached_property
    def _names(self) -> list[str]:
        return sorted({name for side in self.sides for sums in side.values() for name in sums})

    def part(self, segment: Segment, name: str, who: int, how: int) -> float:
        """What a segment brings to a sum of the group, per customer of the group."""
        share = self._of(segment, self.count, who) / self.customers[who]
        known = how if self._of(segment, self.count, how) else 1 - how
        customers = self._of(segment, self.count, known)
        nobodys = 0.0 if known == how else self._of(segment, name, how) / self.customers[how]
        return nobodys + (share * self._of(segment, name, known) / customers if customers else 0.0)

    def _of(self, segment: Segment, name: str, side: int) -> float:
        return self.sides[side].get(segment, {}).get(name, 0.0)


def _of_segments(groups: _Groups[Segment], numerator: str, denominator: str) -> dict[Segment, tuple[float, float]]:
    """Mix and rate of each segment of a ratio of sums: a segment that grew adds to the mix by as much as it is better than the whole."""
    wholes = {(who, how): groups.sums(who, how) for who in (0, 1) for how in (0, 1)}

    def step(segment: Segment, start: tuple[int, int], end: tuple[int, int]) -> float:
        above, below = (groups.part(segment, name, *end) - groups.part(segment, name, *start) for name in (numerator, denominator))
        (a, b), (c, d) = ((wholes[at][numerator], wholes[at][denominator]) for at in (start, end))
        return ((above - a / b * below) / d + (above - c / d * below) / b) / 2

    return {
        segment: (
            (step(segment, (0, 0), (1, 0)) + step(segment, (0, 1), (1, 1))) / 2,
            (step(segment, (0, 0), (0, 1)) + step(segment, (1, 0), (1, 1))) / 2,
        )
        for segment in groups.segments
    }
