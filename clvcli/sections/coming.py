"""What comes next, and can it be believed: the forecast, and the back-test of every formula and model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import polars as pl

from clvcli.charts import Curve, Lines, Mark
from clvcli.document import Section
from clvcli.sections.findings import Findings
from clvcli.tables import Table, Unit
from clvcli.tracking import ACTUAL

_SO_FAR = "cumulative_repeats"
_MOST_POINTS = 80
_MOST_TICKS = 6


def forecast(known: Findings) -> Section:
    """What to expect of the customers won so far, and how far such a forecast was off."""
    title, found = "What comes next?", known.forecast
    if isinstance(found, str):
        return Section("forecast", title, (found,))
    table = found["forecast"]
    rows = table.frame.rows(named=True)
    told = [f"{row['what'].lower()} {Unit(row['unit']).show(row['value'])}" for row in rows if row["value"] is not None]
    return Section(
        "forecast",
        title,
        (f"{table.title}.", f"Expected: {'; '.join(told)}."),
        tables=(replace(table, title="In all"), *_rest(found, "forecast")),
    )


def backtest(known: Findings) -> Section:
    """Every formula and model as of a past day, held against what followed."""
    title, found = "Can I believe it?", known.tried
    if isinstance(found, str):
        return Section("backtest", title, (found,))
    accuracy = found["accuracy"]
    chart = _tracking(found["tracking"])
    tables = (replace(accuracy, title="In money"), *_rest(found, "accuracy"))
    return Section("backtest", title, (f"{accuracy.title}.",), charts=(chart,) if chart else (), tables=tables)


def _rest(tables: Mapping[str, Table], first: str) -> list[Table]:
    return [table for name, table in tables.items() if name != first]


def _tracking(table: Table) -> Lines | None:
    """Repeat purchases so far, as they came and as the models had them, over the last cut."""
    cut = max(table.frame["cut"], default=None)
    frame = table.frame.filter(pl.col("cut") == cut).sort("day")
    names = list(dict.fromkeys(frame["name"]))
    if cut is None or names == [ACTUAL]:
        return None
    days: list[date] = frame["day"].unique().sort().to_list()
    kept = [*days[:: max(len(days) // _MOST_POINTS, 1)], days[-1]]
    told = frame.filter(pl.col("day").is_in(kept)).with_columns(x=(pl.col("day") - days[0]).dt.total_days().cast(pl.Float64))
    curves = tuple(Curve(_called(name), tuple(told.filter(pl.col("name") == name).select("x", _SO_FAR).rows())) for name in names)
    at_cut = told.filter((pl.col("name") == ACTUAL) & (pl.col("day") <= cut)).select("x", _SO_FAR).tail(1).rows()
    step = -(-len(days) // _MOST_TICKS)
    return Lines(
        "tracking_chart", "Repeat purchases so far, as they came and as models had it",
        f"Right of the cut, on {cut}, models hadn't seen what happened. In the end: {_ends(frame, days[-1])}.",
        Unit.COUNT, "week to", curves, {float((day - days[0]).days): day.isoformat() for day in days[::step]},
        tuple(Mark(x, y, "cut") for x, y in at_cut),
    )  # fmt: skip


def _called(name: str) -> str:
    return "what happened" if name == ACTUAL else name


def _ends(frame: pl.DataFrame, last: date) -> str:
    """Where each series ends."""
    rows = frame.filter(pl.col("day") == last).select("name", _SO_FAR).rows()
    return "; ".join(f"{_called(name)} {Unit.COUNT.show(value)}" for name, value in rows)
