"""Sensitivity: how much hangs on each lever, where it breaks even, and what one point of it is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from clvcli.levers import LEVERS, Lever, Worth, move
from clvcli.roots import nearest_root
from clvcli.tables import Column, Table, Unit

LEVER = Column("lever", "Name", Unit.TEXT, "The number that is moved, by its name.")
LABEL = Column("label", "Lever", Unit.TEXT, "What the number is called.")
UNIT = Column("unit", "Unit", Unit.TEXT, "What the lever counts.")
TODAY = Column("today", "Today", Unit.ROW, "Where the lever stands in the orders, in the unit of its row.")
_LOWER = Column("at_lower", "Lower", Unit.MONEY, "The CLV with the lever lower by the swing.", "one-way sensitivity analysis")
_HIGHER = Column("at_higher", "Higher", Unit.MONEY, "The CLV with the lever higher by the swing.", "one-way sensitivity analysis")
_SPAN = Column("span", "Span", Unit.MONEY, "How far the two are apart: how much hangs on the lever.", "tornado diagram")
_AT_ZERO = Column("at_zero", "Zero at", Unit.ROW, "Where the lever would have to stand for a CLV of zero.", "break-even analysis")
_TO_ZERO = Column(
    "to_zero", "Away", Unit.SHARE, "How far that is from today, per unit of today's value.", "margin of safety of break-even analysis"
)
_AT_TARGET = Column(
    "at_target", "Target at", Unit.ROW, "Where the lever would have to stand for LTV:CAC to be at its target.", "LTV:CAC turned around"
)
_TO_TARGET = Column("to_target", "Away", Unit.SHARE, "How far that is from today, per unit of today's value.", "LTV:CAC turned around")
_POINT = Column("point", "Point", Unit.TEXT, "What one point is: a percentage point (pt) of a share, a per cent of anything else.")
_ADDS = Column("adds", "Adds", Unit.MONEY, "What one point adds to the CLV of a customer.", "CLV after the move − CLV today")
_FOR_ALL = Column(
    "adds_for_all", "For all", Unit.MONEY, "What one point adds for as many customers as there are.", "per customer × customers"
)
_OF_SEGMENT = {
    lever.name: (
        Column(
            f"{lever.name}_adds", f"{lever.label} {lever.point}", Unit.MONEY,
            f"What {lever.label} {lever.point} adds to the CLV of a customer of the segment.", _ADDS.source,
        ),
        Column(
            f"{lever.name}_adds_for_all", f"{lever.label} {lever.point}, for all", Unit.MONEY,
            f"What {lever.label} {lever.point} adds for all customers of the segment.", _FOR_ALL.source,
        ),
    )
    for lever in LEVERS
}  # fmt: skip
COLUMNS = (
    LEVER, LABEL, UNIT, TODAY, _LOWER, _HIGHER, _SPAN, _AT_ZERO, _TO_ZERO, _AT_TARGET, _TO_TARGET, _POINT, _ADDS, _FOR_ALL,
    *(column for pair in _OF_SEGMENT.values() for column in pair),
)  # fmt: skip
"""Every column of these tables; what is money here is in a table what its formula counts."""
FOR_MACHINES = frozenset({LEVER.name, UNIT.name})
Row = tuple[Any, ...]


def tornado(worth: Worth, swing: float, notes: Sequence[str] = ()) -> Table:
    """Each lever lower and higher by `swing` of itself; the one that most hangs on first."""
    rows: list[Row] = []
    for lever in worth.levers:
        today = worth.today(lever) or 0.0
        low, high = (_after(worth, lever, today + way * swing * abs(today)) for way in (-1, 1))
        rows.append((*named(lever), today, low, high, None if low is None or high is None else abs(high - low)))
    columns = (LEVER, LABEL, UNIT, TODAY, replace(_LOWER, label=f"-{percent(swing)}"), replace(_HIGHER, label=f"+{percent(swing)}"), _SPAN)
    title = f"{worth.name} is {worth.shown(worth.value)}: each lever {percent(swing)} lower and higher"
    gaps = ("–: so far the lever can't go, or there is no value.",) if any(row[-1] is None for row in rows) else ()
    return table("tornado", title, columns, _descending(rows), worth, notes=(*gaps, *notes), bars=frozenset({_SPAN.name}))


def break_even(worth: Worth, to_cac: Worth) -> Table:
    """Where each lever would bring the CLV to zero, and LTV:CAC (`to_cac`) to its target."""
    target = worth.catalog.settings.get("target_ltv_to_cac") if to_cac.value is not None else None
    zeros = {x: _where(worth, x, 0.0) for x in worth.levers}
    aims = {x: None if target is None else _where(to_cac, x, target) for x in worth.levers}
    rows: list[Row] = [
        (*named(x), worth.today(x), zeros[x], _away(worth, x, zeros[x]), aims[x], _away(worth, x, aims[x])) for x in worth.levers
    ]
    columns = (
        LEVER,
        LABEL,
        UNIT,
        TODAY,
        _AT_ZERO,
        _TO_ZERO,
        replace(_AT_TARGET, label=f"LTV:CAC {Unit.NUMBER.show(target)} at"),
        _TO_TARGET,
    )
    title = f"Where {worth.name} is zero" + (f", and where LTV:CAC is {Unit.NUMBER.show(target)}" if target is not None else "")
    hidden = _if_empty(zeros, _AT_ZERO, _TO_ZERO) | _if_empty(aims, _AT_TARGET, _TO_TARGET)
    notes = [f"No lever brings {worth.name} to zero."] if _AT_ZERO.name in hidden else []
    seen = [*zeros.values(), *([] if _AT_TARGET.name in hidden else aims.values())]
    notes += ["–: the lever alone can't bring it there."] if None in seen and not notes else []
    return table("break_even", title, columns, rows, worth, notes=tuple(notes), hidden=FOR_MACHINES | hidden)


def _if_empty(found: Mapping[Lever, float | None], *columns: Column) -> frozenset[str]:
    """The columns, if there is nothing to stand in them."""
    return frozenset() if any(value is not None for value in found.values()) else frozenset(column.name for column in columns)


def points(worth: Worth) -> Table:
    """What one point of each lever adds, for a customer and for all of them; most first."""
    rows: list[Row] = [(*named(x), x.point, worth.today(x), *_adds(worth, x)) for x in worth.levers]
    columns = (LEVER, LABEL, UNIT, _POINT, TODAY, _ADDS, replace(_FOR_ALL, label=f"For all {Unit.COUNT.show(worth.customers)}"))
    hidden = FOR_MACHINES if worth.is_of_a_customer else FOR_MACHINES | {_FOR_ALL.name}
    title = f"What one point of each lever adds to {worth.name}"
    return table("points", title, columns, _descending(rows, len(columns) - 2), worth, keys=2, hidden=hidden)


def points_by_segment(worth: Worth, segments: Mapping[Row, Worth], by: Sequence[Column]) -> Table:
    """The same for a customer of each segment, and for machines for all customers of it."""
    pairs = [_OF_SEGMENT[lever.name] for lever in worth.levers]
    columns = (*by, worth.catalog.column("customers"), *(column for pair in pairs for column in pair))
    rows = [(*key, *_of_group(of, worth.levers)) for key, of in segments.items()]
    total = dict(zip([c.name for c in columns[len(by) :]], _of_group(worth, worth.levers), strict=True))
    title = f"What one point adds to {worth.name} by {', '.join(c.name for c in by)}"
    hidden = frozenset(for_all.name for _, for_all in pairs)
    return table("points_by_segment", title, columns, rows, worth, keys=len(by), hidden=hidden, footer=total)


def table(name: str, title: str, columns: Sequence[Column], rows: Sequence[Row], worth: Worth, **rest: Any) -> Table:
    """A table whose money is in the unit of the formula."""
    counted = tuple(replace(c, unit=worth.unit) if c.unit is Unit.MONEY else c for c in columns)
    schema = {c.name: pl.Int64 if c.unit is Unit.COUNT else pl.Float64 if c.unit.is_number else pl.String for c in counted}
    return Table(name, title, counted, pl.DataFrame(rows, schema=schema, orient="row"), **{"hidden": FOR_MACHINES, **rest})


def percent(share: float) -> str:
    """A share as a person would type it: 0.1 is 10%."""
    return f"{share * 100:g}%"


def named(lever: Lever) -> Row:
    """What leads the row of a lever: its name, its label and its unit."""
    return lever.name, lever.label, lever.column.unit.value


def _descending(rows: list[Row], column: int = -1) -> list[Row]:
    """The rows by a column, largest first and unknown last; levers that do the same but for the last digits stay in their own order."""
    return sorted(rows, key=lambda row: (row[column] is None, -float(f"{row[column] or 0.0:.9g}")))


def _after(worth: Worth, lever: Lever, value: float) -> float | None:
    """What the formula comes to with a lever elsewhere; nothing where the lever can't stand."""
    low, high = lever.range(worth.today(lever) or 0.0)
    return worth.at({lever.name: value}) if low <= value <= high else None


def _adds(worth: Worth, lever: Lever) -> tuple[float | None, float | None]:
    """What one point of a lever adds, for a customer and for all."""
    today = worth.today(lever)
    after = None if today is None else _after(worth, lever, move(lever, lever.point).of(today))
    adds = None if after is None or worth.value is None else after - worth.value
    return adds, None if adds is None or not worth.is_of_a_customer else adds * worth.customers


def _of_group(worth: Worth, levers: Sequence[Lever]) -> Row:
    """A group's customers, and what one point of each lever adds there."""
    return int(worth.customers), *(number for lever in levers for number in _adds(worth, lever))


def _where(worth: Worth, lever: Lever, wanted: float) -> float | None:
    """Where a lever would have to stand for the formula to come to `wanted`, if it can stand there."""
    today = worth.today(lever) or 0.0

    def missing(value: float) -> float | None:
        found = worth.at({lever.name: value})
        return None if found is None else found - wanted

    return nearest_root(missing, today, *lever.range(today)) if worth.reads(lever) else None


def _away(worth: Worth, lever: Lever, value: float | None) -> float | None:
    """How far a value is from where the lever stands, per unit of that."""
    today = worth.today(lever)
    return value / today - 1 if value is not None and today else None
