"""Histories: the distinct ways in which customers bought, and how many customers bought so; all that models of buying see."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]


class FitError(ValueError):
    """No model can be fitted: why, in a shop owner's words, and what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(frozen=True)
class Histories:
    """Distinct histories, in days: one place in each array per history, `customers` says of how many.

    `repeats` counts buying days after the first (x in the BTYD papers), `active` is first to last buying day (t_x),
    `age` is first buying day to the end of observation (T). Raises ValueError where they can't be those of a customer.
    """

    repeats: Array
    active: Array
    age: Array
    customers: Array

    def __post_init__(self) -> None:
        for array in (self.repeats, self.active, self.age, self.customers):
            if not np.isfinite(array).all():
                raise ValueError("a history has a number that is missing or infinite")
        wrong = {
            "a count of repeats that is no whole number": (self.repeats < 0) | (self.repeats != np.floor(self.repeats)),
            "a last buying day after the end of observation": self.active > self.age,
            "a last buying day before the first": self.active < 0,
            "repeats on the first day, or a later day without repeats": (self.repeats > 0) != (self.active > 0),
        }
        for what, where in wrong.items():
            if where.any():
                raise ValueError(f"{self.customers[where].sum():.0f} customers have {what}")

    @cached_property
    def total(self) -> float:
        """How many customers there are."""
        return float(self.customers.sum())

    @cached_property
    def scale(self) -> float:
        """The mean age in days, by which times are measured while fitting, so that the unit doesn't matter."""
        return max(dot(self.customers, self.age) / max(self.total, 1.0), 1e-12)

    @cached_property
    def exceeding(self) -> Array:
        """How many customers have more than 0, 1, 2 … repeats: sums of ln Γ(r + x) − ln Γ(r) are sums of so many ln(r + j)."""
        counts = np.bincount(self.repeats.astype(np.int64), weights=self.customers)
        return np.asarray(counts.sum() - np.cumsum(counts))[:-1]

    @cached_property
    def pairs(self) -> tuple[Array, Array, NDArray[np.intp]]:
        """The distinct pairs of repeats and age, in order: the repeats, the ages, and at which pair each history stands."""
        ages, at = np.unique(self.age, return_inverse=True)
        pairs, places = np.unique(self.repeats.astype(np.int64) * ages.size + at, return_inverse=True)
        return pairs // max(ages.size, 1) * 1.0, ages[pairs % max(ages.size, 1)], places


def dot(a: Array, b: Array) -> float:
    """The sum of products; not `a @ b`, whose threads cost a hundred times more on long arrays and add up in any order."""
    return float(np.einsum("i,i->", a, b))
