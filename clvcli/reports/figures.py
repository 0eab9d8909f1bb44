"""Figures: every number of a group of customers in currency units, and why one has no value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from clvcli.catalog import DEFAULT_SHOWN, Catalog
from clvcli.customers import merged
from clvcli.definition import Formula, Labels
from clvcli.errors import ConfigError, Problem, UsageError
from clvcli.metrics import METRICS
from clvcli.segments import SEGMENT
from clvcli.tables import Column, Frame, Unit


def figures(customers: Frame, catalog: Catalog) -> dict[str, float | None]:
    """Every metric and formula of all customers together, in currency units."""
    return worked_out(total(customers, catalog, [m.name for m in METRICS if m.column.unit is not Unit.DATE]), catalog)


def headline(values: Mapping[str, float | None], catalog: Catalog) -> str | None:
    """The CLV that stands for all: the first of those shown that has a value."""
    return next((n for n in catalog.shown if catalog.by_name[n].labels and values.get(n) is not None), None)


def chosen(catalog: Catalog) -> tuple[str, ...]:
    """The formulas that were asked for by name."""
    by_default = len(DEFAULT_SHOWN)
    return catalog.shown[by_default:] if catalog.shown[:by_default] == DEFAULT_SHOWN else catalog.shown


def is_absent(name: str, catalog: Catalog) -> bool:
    """Whether a number can't be known here."""
    return bool(catalog.needed([name]) & catalog.absent.keys())


def total(customers: Frame, catalog: Catalog, names: Sequence[str]) -> pl.DataFrame:
    """All customers as one row, with the metrics that `names` read."""
    return metrics_of(customers, catalog, (), names)


def metrics_of(customers: Frame, catalog: Catalog, by: Sequence[str], names: Sequence[str]) -> pl.DataFrame:
    """Customers as one row per distinct `by`, with the metrics that `names` read; raises ConfigError for segments that nobody named."""
    refuse_no_segments(by, catalog)
    wanted = catalog.needed([*names, *(f.name for f in catalog.own_formulas)])
    rows = merged(customers, by)
    return collected(rows.select(*by, *(m for m in rows.collect_schema().names() if m in wanted)))


def refuse_no_segments(by: Sequence[str], catalog: Catalog) -> None:
    """Raises ConfigError if segments are asked for and none are configured."""
    if SEGMENT.name in by and not catalog.segments:
        hint = "name conditions under 'segments:' in clv.yaml, as in 'loyal: orders >= 3'"
        raise ConfigError(Problem("no segments are configured", hint=hint))


def refuse_taken(by: Sequence[str], columns: Sequence[str]) -> None:
    """Raises UsageError if customers are told apart by what a column of the answer is called."""
    if taken := [name for name in by if name in columns]:
        hint = f"call the column of the orders something else: --map category={taken[0]}"
        raise UsageError(Problem(f"'{taken[0]}' is a column of the answer itself", hint=hint))


def collected(frame: Frame) -> pl.DataFrame:
    """The frame worked out."""
    result: pl.DataFrame = frame.collect("polars").to_native()
    return result


def worked_out(total: pl.DataFrame, catalog: Catalog) -> dict[str, float | None]:
    """Metrics in currency units, settings and every formula."""
    values: dict[str, float | None] = {}
    for name in total.columns:
        if name not in catalog.absent and (series := total[name]).dtype.is_numeric():
            scaled = Unit.MONEY.in_units(series) if name in catalog.scaled else series
            values[name] = scaled[0]
    return catalog.work_out(values)


def reasons(shown: Sequence[Formula], values: dict[str, float | None], catalog: Catalog) -> tuple[str, ...]:
    """One note for all formulas that are undefined for the same reason."""
    why: dict[str, list[str]] = {}
    for formula in shown:
        if text := reason(formula.name, values, catalog):
            why.setdefault(text, []).append(formula.name)
    return tuple(f"{', '.join(names)}: {text}." for text, names in why.items())


def reason(name: str, values: Mapping[str, float | None], catalog: Catalog) -> str | None:
    """Why a number is undefined: the first thing it reads, however indirectly, that has no value."""
    if values.get(name) is not None:
        return None
    if name in catalog.absent:
        return catalog.absent[name]
    if name not in catalog.by_name:
        return f"{name} isn't known"
    inputs = sorted(catalog.by_name[name].expression.names)
    for read in inputs:
        if values.get(read) is None:
            return reason(read, values, catalog)
    zeros = [read for read in inputs if not values[read]]
    why = "divides by zero" if "/" in catalog.by_name[name].expression.text else "is no number"
    return f"{name} = {catalog.by_name[name].expression.text} {why}" + (f": {', '.join(zeros)} is 0" if zeros else "")


def labels_told(formula: Formula, values: Mapping[str, float | None], catalog: Catalog) -> tuple[str, str, str, str]:
    """The four labels with this shop's lifespan and rate in them."""
    labels = formula.labels or Labels("", "", "", "")
    years = values.get("lifespan_years")
    ahead = Unit.MONTHS.show(catalog.settings.get("horizon_months"))
    horizon = {"lifespan": Unit.YEARS.show(years), "horizon": ahead}.get(labels.horizon, labels.horizon)
    rate = Unit.SHARE.show(catalog.settings.get("discount_rate"))
    return labels.basis, labels.scope, horizon, f"{rate} a year" if labels.discounting == "discount_rate" else labels.discounting


def frame_of(columns: Sequence[Column], rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    """Rows as a frame: texts, whole numbers where the unit is of such, else numbers in the unit of their column or row."""
    whole = {Unit.COUNT: pl.Int64, Unit.DATE: pl.Int64, Unit.TEXT: pl.String}
    return pl.DataFrame(rows, schema={c.name: whole.get(c.unit, pl.Float64) for c in columns}, orient="row")
