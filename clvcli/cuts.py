"""Cuts: past days until which a shop is taken to be known, so that what was forecast then can be held against what followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clvcli.errors import Problem, UsageError
from clvcli.periods import Window, date_of

LEAST_DAYS = 28
"""Days on either side of a cut below which nothing can be held against anything."""

RECENT_DAYS = 90
"""The last days before a cut whose buying is told apart, for a forecast that they go on."""


@dataclass(frozen=True)
class Cut:
    """A day until which purchases are known, and the days after it on which what followed is watched; none to see only the past."""

    day: int
    days: int = 0

    @property
    def end(self) -> int:
        """The last day that is watched."""
        return self.day + self.days


def cuts(days: Sequence[int], window: Window, horizon: int, holdout: int | None) -> tuple[Cut, ...]:
    """The days at which a shop is cut: those named, else the usual one; raises UsageError for one that leaves too little on either side."""
    if not days:
        usual = usual_cut(window, holdout or horizon)
        return (usual if holdout is None else cut_at(usual.day, window, usual.days),)
    return tuple(cut_at(day, window, holdout) for day in sorted(set(days)))


def usual_cut(window: Window, days: int) -> Cut:
    """The day at which a shop is cut unless another is named: the holdout is so many days, at most half of what was seen.

    Raises UsageError where there are too few days for that.
    """
    span = window.as_of - window.first_day
    if span < 2 * LEAST_DAYS:
        seen = f"from {date_of(window.first_day)} to {date_of(window.as_of)}"
        raise UsageError(
            Problem(
                f"the orders are of {'1 day' if span == 0 else f'{span + 1} days'}, {seen}: too few to be cut in two",
                hint=f"a back-test takes {2 * LEAST_DAYS + 1} days",
            )
        )
    held = min(days, span // 2)
    return Cut(window.as_of - held, held)


def cut_at(day: int, window: Window, days: int | None) -> Cut:
    """The cut at a named day, with a holdout of so many days, or all that follow; raises UsageError where either side is too short."""
    held = window.as_of - day if days is None else days
    if day - window.first_day < LEAST_DAYS or held < LEAST_DAYS or day + held > window.as_of:
        first, last = date_of(window.first_day + LEAST_DAYS), date_of(window.as_of - max(held if days else 0, LEAST_DAYS))
        reach = f", with {days} days after it," if days else ""
        why = f"a cut at {date_of(day)}{reach} leaves too little of the data, {date_of(window.first_day)} to {date_of(window.as_of)}"
        raise UsageError(Problem(why, hint=_too_short(days) or (f"cut between {first} and {last}" if first <= last else _too_long(days))))
    return Cut(day, held)


def _too_short(days: int | None) -> str:
    """What to do about a holdout that is too short itself, if one is named."""
    return f"--holdout {LEAST_DAYS}d or longer" if days is not None and days < LEAST_DAYS else ""


def _too_long(days: int | None) -> str:
    """What to do where no day has enough before it and after it."""
    return f"a back-test takes {2 * LEAST_DAYS + 1} days" if days is None else "shorten --holdout"
