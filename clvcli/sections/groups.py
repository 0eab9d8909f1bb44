"""Who is worth more: segments, and which of them earn what they cost."""

from __future__ import annotations

import polars as pl

from clvcli import answers
from clvcli.charts import Range, Ranges
from clvcli.differences import FEWEST
from clvcli.document import Section
from clvcli.labels import group_name
from clvcli.sections.findings import Findings
from clvcli.tables import Table, Unit

_MOST = 20
"""Segments that a page shows; the rest of them are one."""


def segments(known: Findings) -> Section:
    """One row per segment, how sure it is, and what winning its customers may cost."""
    title = "Who is worth more?"
    if not known.by:
        return Section("segments", title, ("The orders have no channel, country or category; --by names another column of them.",))
    tables = tuple(table for table in answers.segments(known.found, known.by, top=_MOST) if table.name != "checks")
    chart = _chart(tables[0], known)
    return Section("segments", title, tuple(_said(tables[0])), charts=(chart,) if chart else (), tables=tables)


def _said(table: Table) -> list[str]:
    """Which segments surely differ from the rest; those that are no segment but what is left of them were not chosen by chance."""
    if table.frame.height == 1:
        return ["There is only one, so nothing can be held against it."]
    if "versus_rest" not in table.frame.columns:
        return []
    keys = [column.name for column in table.columns[: table.keys]]
    found: dict[str, list[str]] = {"higher": [], "lower": []}
    for row in table.frame.head(_MOST).iter_rows(named=True):
        found.get(row["versus_rest"], []).append(group_name([row[key] for key in keys]))
    told = [
        f"surely worth {'more' if word == 'higher' else 'less'} than the rest: {', '.join(names)}" for word, names in found.items() if names
    ]
    none = "No segment's CLV" if table.frame.height <= _MOST else f"Of the {_MOST} segments that brought most revenue no CLV"
    return ["; ".join(told).capitalize() + "." if told else f"{none} differs from the rest by more than chance may do."]


def _chart(table: Table, findings: Findings) -> Ranges | None:
    """The headline CLV of each segment with its interval; of small ones, whose figures say little, only where there are no others."""
    first = findings.headline
    if first is None or f"{first}_low" not in table.frame.columns or findings.found.catalog.column(first).unit is not Unit.MONEY:
        return None
    keys = [column.name for column in table.columns[: table.keys]]
    known = table.frame.filter(pl.col(first).is_not_null())
    enough = known.filter(pl.col("customers") >= FEWEST)
    rows = (enough if enough.height > 1 else known).rows(named=True)
    ranges = tuple(Range(group_name([row[key] for key in keys]), row[first], row[f"{first}_low"], row[f"{first}_high"]) for row in rows)
    if not ranges:
        return None
    best = max(ranges, key=lambda r: r.value)
    label = findings.found.catalog.column(first).label
    most = f"the most is {Unit.MONEY.show(best.value)}, of {best.label}"
    told = (
        f"{label} of {len(ranges)} segments; {most}."
        if len(ranges) > 1
        else f"{label} of one segment, {best.label}: {Unit.MONEY.show(best.value)}."
    )
    return Ranges("segments_chart", f"{label} by segment", told, Unit.MONEY, ranges)
