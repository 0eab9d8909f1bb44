"""What a customer is worth: the headline, and every CLV side by side."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from clvcli.charts import Range, Ranges
from clvcli.document import Figure, Section
from clvcli.reports.figures import labels_told
from clvcli.sections.findings import Findings
from clvcli.tables import Column, Table, Unit

LOW = Column(
    "low",
    "From",
    Unit.ROW,
    "Lower end of the 95 % interval, in the unit of its row; null where it isn't known.",
    "delta method: Oehlert 1992",
)
HIGH = Column(
    "high",
    "To",
    Unit.ROW,
    "Upper end of the 95 % interval, in the unit of its row; null where it isn't known.",
    "delta method: Oehlert 1992",
)
COLUMNS = (LOW, HIGH)
_DIFFERENT = (
    "They answer different questions: what is counted (basis), of which orders (scope), how far ahead (horizon), "
    "and what later money is worth (discount)."
)
_CHANCE = "From and to is the 95% interval by chance alone; it doesn't know how wrong a formula is."
_CARDS = ("cac", "ltv_to_cac", "payback_months", "aov", "purchase_frequency", "retention_rate", "margin", "customers", "orders", "revenue")
_MOST_CARDS = 8


def headline(known: Findings) -> Section:
    """The CLV that stands for all, what it cost to win a customer, and how far such a figure was off on the past."""
    catalog, values = known.found.catalog, known.values
    clvs = known.summary.get("clv")
    said = [f"{clvs.title}." if clvs else "No CLV is shown.", *(clvs.notes if clvs and not known.headline else ())]
    said += [_how_sure(known)] if known.headline and known.intervals[known.headline].interval else []
    said += [f"{known.tried['accuracy'].title}."] if not isinstance(known.tried, str) else []
    cards = [Figure(catalog.column(n).label, catalog.column(n).unit.show(values[n])) for n in _CARDS if values.get(n) is not None]
    first = [_first_card(known)] if known.headline else []
    return Section("headline", "What is a customer worth?", tuple(said), (*first, *cards[:_MOST_CARDS]))


def _first_card(known: Findings) -> Figure:
    """The headline with its interval."""
    name, catalog = known.headline or "", known.found.catalog
    column, end = catalog.column(name), known.intervals[name].interval
    between = f"{column.unit.show(end[0])} to {column.unit.show(end[1])}" if end else ""
    worth = " ".join(part for part in (column.unit.show(known.values[name]), catalog.currency) if part)
    return Figure(column.label, worth, between)


def _how_sure(known: Findings) -> str:
    name = known.headline or ""
    low, high = known.intervals[name].interval or (0.0, 0.0)
    show, customers = known.found.catalog.column(name).unit.show, Unit.COUNT.show(known.values["customers"])
    return f"With {customers} customers chance alone leaves it between {show(low)} and {show(high)}, 95 times in a hundred."


def clv(known: Findings) -> Section:
    """Every CLV with its labels and interval, and the figures they are worked out from."""
    title, figures = "Every CLV, side by side", known.summary["figures"]
    if "clv" not in known.summary:
        return Section("clv", title, ("No CLV is shown.",), tables=(figures,))
    table = _with_intervals(known.summary["clv"], known)
    return Section("clv", title, (_DIFFERENT, _CHANCE), charts=tuple(_side_by_side(known)), tables=(table, figures))


def _with_intervals(table: Table, known: Findings) -> Table:
    """The table of CLVs with the ends of each one's interval behind its value."""
    ends = [known.intervals[name].interval if name in known.intervals else None for name in table.frame["name"]]
    more = [pl.Series(column.name, [end and end[at] for end in ends], pl.Float64) for at, column in enumerate(COLUMNS)]
    at = table.frame.columns.index("value") + 1
    columns = (*table.columns[:at], *COLUMNS, *table.columns[at:])
    frame = table.frame.with_columns(more).select(column.name for column in columns)
    return replace(table, title="The CLVs", columns=columns, frame=frame)


def _side_by_side(known: Findings) -> list[Ranges]:
    """The CLVs as bars, those in money."""
    catalog = known.found.catalog
    shown = {n: e for n, e in known.intervals.items() if catalog.column(n).unit is Unit.MONEY}
    ranges = tuple(
        Range(f"{catalog.column(n).label} ({_labels(n, known)})", e.value or 0.0, *(e.interval or (None, None))) for n, e in shown.items()
    )
    if not ranges:
        return []
    least, most = min(ranges, key=lambda r: r.value), max(ranges, key=lambda r: r.value)
    of_most = f"{Unit.MONEY.show(most.value)} for {most.label}."
    told = f"From {Unit.MONEY.show(least.value)} for {least.label} to {of_most}" if len(ranges) > 1 else of_most
    return [Ranges("clv_chart", f"The CLVs{_money(known)}", told, Unit.MONEY, ranges)]


def _labels(name: str, known: Findings) -> str:
    basis, scope, *_ = labels_told(known.found.catalog.by_name[name], known.values, known.found.catalog)
    return f"{basis}, {scope}"


def _money(known: Findings) -> str:
    currency = known.found.catalog.currency
    return f", in {currency}" if currency else ""
