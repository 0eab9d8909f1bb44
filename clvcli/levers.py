"""Levers: the numbers of a CLV that a shop can move, how a move is written, and what a formula comes to then."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from clvcli.catalog import Catalog
from clvcli.definition import Formula
from clvcli.derivation import work_out
from clvcli.errors import Place, Problem, UsageError
from clvcli.formulas import FORMULAS, lifespan
from clvcli.tables import Column, Unit

_COLUMNS = {f.name: f.column for f in (*FORMULAS, lifespan("churn"))}


@dataclass(frozen=True)
class Lever:
    """A number that a shop can move: the formula that it sets, the option that moves it, and the move that is one point of it.

    `carried` are formulas that hold the same money counted otherwise, and move in proportion with it.
    """

    name: str
    option: str
    point: str
    carried: tuple[str, ...] = ()

    @property
    def column(self) -> Column:
        """What it is called and what it counts."""
        return _COLUMNS[self.name]

    @property
    def label(self) -> str:
        """What it is called."""
        return self.column.label

    @property
    def is_share(self) -> bool:
        """Whether it can move by percentage points."""
        return self.column.unit is Unit.SHARE

    def range(self, today: float) -> tuple[float, float]:
        """Between which values it can stand; below zero only if it does today, as the margin of a shop that sells below cost."""
        return -math.inf if today < 0 else 0.0, 1.0 if self.is_share else math.inf


LEVERS = (
    Lever("aov", "--aov", "+1%", carried=("revenue_per_period",)),
    Lever("purchase_frequency", "--frequency", "+1%", carried=("revenue_per_period",)),
    Lever("retention_rate", "--retention", "+1pt"),
    Lever("margin", "--margin", "+1pt"),
    Lever("cac", "--cac", "-1%"),
    Lever("lifespan_years", "--lifespan", "+1%"),
)
"""A period's revenue per customer is AOV × frequency of that period, so it goes with both."""


@dataclass(frozen=True)
class Move:
    """How far a lever is moved: relative to itself (a fraction), by points (a fraction), or to a value."""

    lever: Lever
    kind: Literal["relative", "points", "absolute"]
    amount: float
    text: str

    def of(self, today: float) -> float:
        """Where the lever stands after the move."""
        return {"relative": today * (1 + self.amount), "points": today + self.amount, "absolute": self.amount}[self.kind]

    def problems(self, today: float) -> list[Problem]:
        """Why the lever can't be moved so far, if it can't."""
        value, (low, high) = self.of(today), self.lever.range(today)
        if low <= value <= high:
            return []
        shown, hint = self.lever.column.unit.show(value), f"{self.lever.label} is {self.lever.column.unit.show(today)} today"
        if not self.lever.is_share:
            return [Problem(f"'{self.text}' would make it {shown}, which is less than nothing", self.place, hint)]
        in_per_cent = self.kind == "absolute" and 1 < value <= 100  # noqa: PLR2004
        hint = f"a share is written as {value:g}% or {value / 100:g}" if in_per_cent else hint
        return [Problem(f"'{self.text}' would make it {shown}, but a share is 0% to 100%", self.place, hint)]

    @property
    def place(self) -> Place:
        """Where it was typed."""
        return Place(self.lever.option)


_MOVE = re.compile(r"([+\-−]?)(\d+(?:\.\d+)?|\.\d+)(%|pt|)", re.ASCII)


def move(lever: Lever, text: str) -> Move:
    """The move that a text says: '+5%' and '-10%' relative, '+2pt' by percentage points, '25', '0.35' or '35%' to that value.

    Raises UsageError for a text that says nothing, or that could be read in two ways: '+5' may have lost its '%'.
    """
    found = _MOVE.fullmatch(text.strip())
    sign, digits, unit = found.groups() if found else ("", "0", "none")
    amount = float(digits) * (-1 if sign in ("-", "−") else 1) / (1 if unit == "" else 100)
    if sign and unit == "%":
        return Move(lever, "relative", amount, text)
    if sign and unit == "pt" and lever.is_share:
        return Move(lever, "points", amount, text)
    if not sign and (unit == "" or (unit == "%" and lever.is_share)):
        return Move(lever, "absolute", amount, text)
    ways = "'+5%' and '-10%' are per cent of it"
    ways += ", '+2pt' is two percentage points, '35%' or '0.35' is that value" if lever.is_share else ", '25' is that value"
    why = "points are for shares; " if unit == "pt" and not lever.is_share else ""
    raise UsageError(Problem(f"'{text}' doesn't say how far to move it", Place(lever.option), why + ways))


def share_of(text: str) -> float:
    """How far each lever is swung, as a share of itself: '10%' or '0.1'; raises UsageError for another text."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)(%?)", text.strip(), re.ASCII)
    share = float(found[1]) / (100 if found[2] else 1) if found else 0.0
    if 0 < share <= 1:
        return share
    raise UsageError(Problem(f"'{text}' is no share of a lever", Place("--swing"), "write it as in 10%"))


@dataclass(frozen=True)
class Worth:
    """What a formula comes to for a group of customers, wherever the levers stand; `measured` are their metrics, and the settings."""

    name: str
    catalog: Catalog
    measured: Mapping[str, float | None]

    @property
    def value(self) -> float | None:
        """What it is today."""
        return self._today[self.name]

    @property
    def unit(self) -> Unit:
        """What it counts."""
        unit = self.catalog.by_name[self.name].column.unit
        return Unit.NUMBER if unit is Unit.COUNT else unit

    @property
    def is_of_a_customer(self) -> bool:
        """Whether it is money that a customer is worth, so that it can be taken times customers."""
        return self.unit is Unit.MONEY and self.catalog.by_name[self.name].labels is not None

    @property
    def customers(self) -> float:
        """How many customers the group has."""
        return self.measured.get("customers") or 0.0

    @property
    def levers(self) -> tuple[Lever, ...]:
        """The levers that move it by themselves, and stand somewhere today."""
        return tuple(x for x in LEVERS if self.reads(x) and self.today(x) is not None and self.leader(x) is None)

    def shown(self, value: float | None) -> str:
        """A value of it as people read it."""
        return " ".join(part for part in (self.unit.show(value), self.unit is Unit.MONEY and self.catalog.currency) if part)

    def today(self, lever: Lever) -> float | None:
        """Where a lever stands today, if that is known."""
        return self._today[lever.name]

    def reads(self, lever: Lever) -> bool:
        """Whether the formula moves with the lever."""
        return not read_by(self.name, self.catalog).isdisjoint((lever.name, *lever.carried))

    def leader(self, lever: Lever) -> Lever | None:
        """The lever that a lever follows from, if it does: the lifespan from retention, where it is one over churn."""
        followed = read_by(lever.name, self.catalog)
        return next((other for other in LEVERS if other is not lever and other.name in followed), None)

    def at(self, moved: Mapping[str, float]) -> float | None:
        """What the formula comes to with levers at other values, by their names."""
        known: dict[str, float | None] = {**self.measured, **moved}
        for lever in LEVERS:
            before = self.today(lever)
            for name in lever.carried if before and lever.name in moved else ():
                stood = known.get(name, self._today[name])
                known[name] = None if stood is None or not before else stood * moved[lever.name] / before
        return work_out(self._formulas, known)[self.name]

    @cached_property
    def _today(self) -> dict[str, float | None]:
        return work_out(self._formulas, self.measured)

    @cached_property
    def _formulas(self) -> tuple[Formula, ...]:
        """The formula, the levers, and all that they read, in order."""
        wanted = {self.name, *(name for lever in LEVERS for name in (lever.name, *lever.carried))}
        read = frozenset().union(*(read_by(name, self.catalog) for name in wanted))
        return tuple(f for f in self.catalog.formulas if f.name in read)


def read_by(name: str, catalog: Catalog) -> frozenset[str]:
    """A name, and every name that its formula reads, directly or through others."""
    formula = catalog.by_name.get(name)
    return frozenset({name}).union(*(read_by(read, catalog) for read in formula.expression.names) if formula else ())
