"""What is kept of a run to be compared with: each headline figure and CLV, of the shop and of its segments, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.catalog import Catalog
from clvcli.customers import merged
from clvcli.intervals import Estimate, Sample, intervals, moments, samples, summed, total
from clvcli.reports.checks import group_values
from clvcli.reports.figures import collected, frame_of, metrics_of
from clvcli.reports.segments import in_order
from clvcli.reports.summary import FIGURES
from clvcli.tables import Column, Frame, Table, Unit
from clvcli.watch import SHOP, segment_name

COLUMNS = (
    Column("segment", "Of", Unit.TEXT, "The segment, by what tells it apart; or all customers."),
    Column("by", "By", Unit.TEXT, "What segments are told apart by; null for the shop."),
    Column("customers", "Customers", Unit.COUNT, "How many customers that is."),
    Column("name", "Name", Unit.TEXT, "The figure's name, as `clv explain` takes it."),
    Column("label", "Figure", Unit.TEXT, "What the figure is called."),
    Column("unit", "Unit", Unit.TEXT, "What the figure counts."),
    Column("value", "Value", Unit.ROW, "The figure; null where it is undefined."),
    Column("low", "From", Unit.ROW, "Lower end of the 95 % interval; null for what is counted, which has none."),
    Column("high", "To", Unit.ROW, "Upper end of the 95 % interval."),
    Column("how", "How", Unit.TEXT, "The formula's text; empty for what is measured."),
)
GROUNDS = ("period_years", "churn_window_days")
"""The settings that clv finds for itself, on which figures rest: they are kept beside them."""


def figures_watched(catalog: Catalog) -> list[str]:
    """The figures that are kept: the headline figures, the CLVs shown and the user's own."""
    return list(dict.fromkeys([*FIGURES, *catalog.shown, *(f.name for f in catalog.own_formulas)]))


def wanted(catalog: Catalog, by: Sequence[str]) -> set[str]:
    """The columns of customers that `watched` reads."""
    return {*by, "customers", "revenue", *catalog.needed(figures_watched(catalog))}


def watched(customers: Frame, catalog: Catalog, by: Sequence[str] = ()) -> Table:
    """One row per figure of the shop, and of each segment if there are any, most revenue first; two passes over the customers."""
    names = figures_watched(catalog)
    measured = in_order(metrics_of(customers, catalog, by, ["customers", "revenue", *names]), "revenue", by, None)
    groups = samples(collected(moments(customers, by, summed(names, catalog))).iter_rows(named=True), by)
    whole = collected(merged(nw.from_native(measured.lazy()), ()))
    rows = list(_rows(whole, {(): total(groups.values())}, catalog, (), names))
    rows += _rows(measured, groups, catalog, by, names) if by else []
    frame = frame_of(COLUMNS, rows)
    return Table("watched", "What is watched", COLUMNS, frame, keys=2, hidden=frozenset({"by", "name", "unit", "how"}), for_machines=True)


def _rows(
    measured: pl.DataFrame, groups: Mapping[tuple[object, ...], Sample], catalog: Catalog, by: Sequence[str], names: Sequence[str]
) -> Iterator[tuple[object, ...]]:
    keys = measured.select(by).rows() if by else [()]
    sure = intervals(groups, catalog, [name for name in names if name in catalog.by_name])
    values = group_values(measured, catalog, by, names)
    for key, group, customers in zip(keys, values, measured["customers"], strict=True):
        called = segment_name(by, key), ",".join(by) or None, customers
        for name in (*names, *(() if by else GROUNDS)):
            value, column = group.get(name), catalog.column(name)
            low, high = sure[key].get(name, Estimate(None)).interval or (None, None)
            how = catalog.by_name[name].expression.text if name in catalog.by_name else ""
            yield *called, name, column.label, column.unit.value, value, low, high, how


def told_apart(frame: pl.DataFrame) -> str | None:
    """What the segments of a table `watched` are told apart by; None where there are none."""
    found = frame.filter(pl.col("segment") != SHOP)["by"]
    return found[0] if len(found) else None
