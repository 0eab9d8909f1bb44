"""Is it getting better: the figures period by period, and why the CLV moved."""

from __future__ import annotations

from clvcli import answers
from clvcli.charts import Curve, Lines
from clvcli.document import Section
from clvcli.sections.findings import Findings
from clvcli.tables import Table, Unit

_MOST_TICKS = 8
_FEWEST_POINTS = 2


def trend(known: Findings) -> Section:
    """The headline CLV and what a customer cost over time, with what each lever did to it."""
    tables = answers.trend(known.found)
    said = _moved(tables) or ["There aren't two whole periods yet, with a CLV in each, to compare."]
    chart = _chart(tables[0], known, said[0])
    return Section("trend", "Is it getting better?", tuple(said), charts=(chart,) if chart else (), tables=tables)


def _moved(tables: tuple[Table, ...]) -> list[str]:
    """The last change, and the lever that did most to it."""
    why = next((table for table in tables if table.name == "why" and table.frame.height), None)
    if why is None:
        return []
    row = why.frame.row(-1, named=True)
    period, change = row["period"], row["change"]
    if change is None:
        return []
    name = why.columns[1].label
    levers = {column.label: row[column.name] for column in why.columns[3:] if row[column.name] is not None}
    along = {label: moved for label, moved in levers.items() if moved * change > 0}
    most = max(along, key=lambda label: abs(along[label]), default=None)
    word = "rose" if change > 0 else "fell"
    because = f", most of all by {most} ({along[most]:+,.2f})" if most else ""
    return [f"In {period} {name} {word} by {Unit.MONEY.show(abs(change))} to {Unit.MONEY.show(row[why.columns[1].name])}{because}."]


def _chart(table: Table, known: Findings, told: str) -> Lines | None:
    """The headline CLV as of each period's end, if it is money; what isn't known is left open."""
    first, frame = known.headline, table.frame
    if first is None or first not in frame.columns or known.found.catalog.column(first).unit is not Unit.MONEY:
        return None
    points = tuple((float(at), value) for at, value in enumerate(frame[first]))
    if sum(value is not None for _, value in points) < _FEWEST_POINTS:
        return None
    names = frame["period"].to_list()
    step = -(-len(names) // _MOST_TICKS)
    ticks = {float(at): name for at, name in enumerate(names) if at % step == (len(names) - 1) % step}
    label = known.found.catalog.column(first).label
    return Lines(
        "trend_chart",
        f"{label} as of each period's end",
        told,
        Unit.MONEY,
        "period",
        (Curve(label, points),),
        ticks,
    )
