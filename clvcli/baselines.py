"""Baselines: forecasts that need no model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np

from clvcli.cuts import RECENT_DAYS
from clvcli.models.histories import Array

HIATUS_DAYS = 182
"""26 weeks."""


@dataclass(frozen=True)
class Past:
    """What was known of each customer at the cut, one place in each array per customer; days, buying days and currency units.

    `repeats` counts buying days after the first (x in the BTYD papers), `active` is first to last buying day (t_x), `age` is first
    buying day to the cut (T). `spend_total` is of all days, `spend_repeat` of those after the first. `recent_orders` counts buying days
    among the last RECENT_DAYS, the cut's own the last of them, and `recent_spend` is of those. `history` is how long the shop itself
    had been seen, which matters if that is less. Raises ValueError where the arrays aren't of the same customers.
    """

    repeats: Array
    active: Array
    age: Array
    spend_total: Array
    spend_repeat: Array
    recent_orders: Array
    recent_spend: Array
    history: float = RECENT_DAYS

    def __post_init__(self) -> None:
        shapes = {field.name: getattr(self, field.name).shape for field in fields(self) if field.name != "history"}
        if len(set(shapes.values())) > 1:
            raise ValueError(f"these aren't of the same customers: {shapes}")

    @property
    def days(self) -> Array:
        """The age, where none is taken as one day, so that it can be divided by."""
        return np.maximum(self.age, 1.0)


def own_mean(past: Past, otherwise: float) -> Array:
    """What each customer spent on a mean day after the first; `otherwise` of those who had no such day, or spent nothing on them."""
    known = (past.repeats > 0) & (past.spend_repeat > 0)
    return np.where(known, past.spend_repeat / np.maximum(past.repeats, 1.0), otherwise)


Guess: TypeAlias = Callable[[Past, float], Array]
"""From the past of customers and a number of days to what each will do in so many days after the cut."""


@dataclass(frozen=True)
class Baseline:
    """A forecast that anyone can make with a sheet of paper: what each customer will buy, in buying days and in currency units."""

    name: str
    label: str
    description: str
    source: str
    orders: Guess
    spend: Guess


def _rate(measured: Callable[[Past], Array]) -> Guess:
    """So much a day since the first order, going on."""
    return lambda past, days: measured(past) / past.days * days


def _while_active(forecast: Guess) -> Guess:
    """The forecast for who hasn't been silent for too long, and nothing for the rest."""
    return lambda past, days: np.where(past.age - past.active <= HIATUS_DAYS, forecast(past, days), 0.0)


def _run_rate(measured: Callable[[Past], Array]) -> Guess:
    """So much a day of the last days, going on."""
    return lambda past, days: measured(past) / max(min(RECENT_DAYS, past.history), 1.0) * days


def _same_for_all(measured: Callable[[Past], Array]) -> Guess:
    """So much a day of a customer's age, all taken together; the mean over customers ÷ the mean age, and both have as many."""
    return lambda past, days: np.full(past.age.shape, float(measured(past).sum()) / max(float(past.days.sum()), 1.0) * days)


def _orders(past: Past) -> Array:
    return past.repeats + 1.0


_REPEAT_RATE, _REPEAT_SPEND = _rate(lambda past: past.repeats), _rate(lambda past: past.spend_repeat)
_HEURISTICS = "Wübben & von Wangenheim 2008, Instant Customer Base Analysis, J. Marketing 72(3)"
_TEXTBOOK = "the simple CLV formula: AOV × purchase frequency × time, nobody ever leaves"
_NO_AGE = "An age of 0 counts as one day."

BASELINES: tuple[Baseline, ...] = (
    Baseline(
        "same_rate", "same rate as past",
        "Each customer goes on at the rate since the first order, which itself doesn't count: "
        f"repeats ÷ age, and what they brought ÷ age. {_NO_AGE}",
        f"{_HEURISTICS}: managers' forecast of purchases",
        orders=_REPEAT_RATE,
        spend=_REPEAT_SPEND,
    ),
    Baseline(
        "hiatus", "hiatus of 26 weeks",
        f"Who has been silent for more than {HIATUS_DAYS} days has left; the others go on at the rate since the first order, "
        f"which itself doesn't count. {_NO_AGE}",
        f"{_HEURISTICS}: the hiatus heuristic",
        orders=_while_active(_REPEAT_RATE),
        spend=_while_active(_REPEAT_SPEND),
    ),
    Baseline(
        "run_rate", f"last {RECENT_DAYS} days go on",
        f"Each customer goes on as in the last {RECENT_DAYS} days, first orders included; if the shop is younger, as in all its days.",
        "run rate",
        orders=_run_rate(lambda past: past.recent_orders),
        spend=_run_rate(lambda past: past.recent_spend),
    ),
    Baseline(
        "same_count", "as many as so far",
        "Each customer comes back as often as so far and brings as much, however long that took.",
        "the naive forecast: Hyndman & Athanasopoulos 2021, Forecasting: Principles and Practice, §5.2",
        orders=lambda past, _: past.repeats,
        spend=lambda past, _: past.spend_repeat,
    ),
    Baseline(
        "rate_with_first", "orders ÷ age, per customer",
        f"Each customer goes on at all orders ÷ age, the first included, and at all that was spent ÷ age. {_NO_AGE}",
        f"{_TEXTBOOK}; for each customer alone",
        orders=_rate(_orders),
        spend=_rate(lambda past: past.spend_total),
    ),
    Baseline(
        "rate_of_all", "one figure for all",
        f"Every customer does what the mean customer did so far ÷ the mean age, the first order included. {_NO_AGE}",
        f"{_TEXTBOOK}; for all customers together",
        orders=_same_for_all(_orders),
        spend=_same_for_all(lambda past: past.spend_total),
    ),
)  # fmt: skip
"""What a model must beat."""
