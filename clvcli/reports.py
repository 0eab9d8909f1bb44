"""The questions clv answers: customers and a catalog in, tables out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.catalog import Catalog
from clvcli.customers import merged
from clvcli.errors import ConfigError, Problem
from clvcli.formulas import Formula, Labels
from clvcli.metrics import METRICS
from clvcli.segments import SEGMENT
from clvcli.tables import Column, Frame, Table, Unit

_NAME = Column("name", "CLV", Unit.TEXT, "The formula's name, as `clv explain` and `--formula` take it.")
_LABEL = Column("label", "Figure", Unit.TEXT, "What the number is called.")
_VALUE = Column("value", "Value", Unit.ROW, "The number, in the unit of its row; null where it is undefined.")
_UNIT = Column("unit", "Unit", Unit.TEXT, "What the number counts.")
_HOW = Column("how", "How", Unit.TEXT, "The formula's text; empty for what is measured.")
_DESCRIPTION = Column("description", "Description", Unit.TEXT, "What the number is.")
_WHY = Column("undefined", "Undefined", Unit.TEXT, "Why there is no number, if there is none.")
_LABELS = (
    Column("basis", "Basis", Unit.TEXT, "What is counted: revenue or margin."),
    Column("scope", "Scope", Unit.TEXT, "Which orders: past, future, or total for both."),
    Column("horizon", "Horizon", Unit.TEXT, "How far the value reaches."),
    Column("discounting", "Discount", Unit.TEXT, "At what yearly rate later money is worth less."),
)
SHARE = Column("share_of_customers", "Share", Unit.SHARE, "Customers of the segment per customer of the shop.")

FIGURES = (
    "customers", "orders", "revenue", "refunds", "aov", "orders_per_customer", "revenue_per_customer", "purchase_frequency",
    "purchase_rate", "repeat_rate", "retention_rate", "churn_rate", "lapsed_rate", "tenure_years", "lifespan_years", "margin", "cac",
    "ltv_to_cac", "payback_months", "max_cac", "referral_value",
)  # fmt: skip
"""The headline figures, in the order in which they are read."""
SEGMENT_METRICS = ("customers", "orders", "revenue", "refunds", "gross_profit", "acquisition_cost", "repeat_customers", "lapsed_customers")
SEGMENT_FORMULAS = ("aov", "orders_per_customer", "repeat_rate", "retention_rate", "margin", "cac", "ltv_to_cac")
_SEGMENT_CLVS = 3
_HIDDEN_IN_SEGMENTS = frozenset({"refunds", "gross_profit", "acquisition_cost", "repeat_customers", "lapsed_customers"})
CUSTOMER_FORMULAS = ("aov", "purchase_rate", "clv_observed")
_SHOWN_OF_A_CUSTOMER = frozenset(
    {"customer_id", "segment", "orders", "revenue", "gross_profit", "first_day", "last_day", "idle_days", "aov", "clv_observed"}
)


def figures(customers: Frame, catalog: Catalog) -> dict[str, float | None]:
    """Every metric and formula of all customers together, in currency units."""
    return _worked_out(_total(customers, catalog, [m.name for m in METRICS if m.column.unit is not Unit.DATE]), catalog)


def summary(customers: Frame, catalog: Catalog) -> tuple[Table, ...]:
    """What a customer is worth: every CLV side by side with its labels, and the figures behind them."""
    values = _worked_out(_total(customers, catalog, [*FIGURES, *catalog.shown]), catalog)
    shown = [catalog.by_name[name] for name in catalog.shown]
    own = [f.name for f in catalog.own_formulas if not f.labels and f.name not in FIGURES]
    names = [n for n in (*FIGURES, *own) if values.get(n) is not None or (n in catalog.by_name and n not in _OPTIONAL)]
    plain = [f.name for f in shown if not f.labels]
    names = [n for n in names if n not in plain]
    rest = _figures([*plain, *names], values, catalog)
    clvs = [f for f in shown if f.labels]
    return (_clvs(clvs, values, catalog), rest) if clvs else (rest,)


_OPTIONAL = frozenset({"referral_value"})


def _clvs(shown: Sequence[Formula], values: dict[str, float | None], catalog: Catalog) -> Table:
    rows = [
        (f.name, f.column.label, values[f.name], f.column.unit.value, *_told(f, values, catalog), reason(f.name, values, catalog))
        for f in shown
    ]
    columns = (_NAME, _LABEL, _VALUE, _UNIT, *_LABELS, _WHY)
    headline = next((f for f in shown if values[f.name] is not None), None)
    title = "No CLV can be worked out" if headline is None else _headline(headline, values, catalog)
    return Table(
        "clv", title, columns, _frame(columns, rows), _reasons(shown, values, catalog), hidden=frozenset({"label", "unit", "undefined"})
    )


def _headline(formula: Formula, values: dict[str, float | None], catalog: Catalog) -> str:
    basis, scope, horizon, discount = _told(formula, values, catalog)
    discounted = "not discounted" if discount == "none" else f"discounted at {discount}"
    worth = " ".join(part for part in (formula.column.unit.show(values[formula.name]), catalog.currency) if part)
    return f"A customer is worth {worth} ({formula.name}: {basis}, {scope}, {horizon}, {discounted})"


def _figures(names: Sequence[str], values: dict[str, float | None], catalog: Catalog) -> Table:
    rows = []
    for name in names:
        column = catalog.column(name)
        how = catalog.by_name[name].expression.text if name in catalog.by_name else ""
        rows.append((name, column.label, values.get(name), column.unit.value, how, column.description, reason(name, values, catalog)))
    columns = (_NAME, _LABEL, _VALUE, _UNIT, _HOW, _DESCRIPTION, _WHY)
    return Table("figures", "The figures", columns, _frame(columns, rows), hidden=frozenset({"name", "unit", "description", "undefined"}))


def by_segment(customers: Frame, catalog: Catalog, by: Sequence[str]) -> Table:
    """One row per segment, most revenue first; the additive columns sum to the total."""
    if SEGMENT.name in by and not catalog.segments:
        raise ConfigError(
            Problem("no segments are configured", hint="name conditions under 'segments:' in clv.yaml, as in 'loyal: orders >= 3'")
        )
    rows = _merged(customers, catalog, by, [*SEGMENT_METRICS, *SEGMENT_FORMULAS, *catalog.shown])
    values = _worked_out(_collected(merged(nw.from_native(rows.lazy()), by=())), catalog)
    clvs = [n for n in catalog.shown if values[n] is not None]
    chosen = [*SEGMENT_FORMULAS, *(clvs if len(catalog.shown) <= _SEGMENT_CLVS else clvs[:_SEGMENT_CLVS])]
    formulas = [n for n in dict.fromkeys(chosen) if values[n] is not None]
    metrics = [m for m in SEGMENT_METRICS if m in rows.columns and m not in catalog.absent]
    share = (nw.col("customers") * (1.0 / (values["customers"] or 1.0))).alias(SHARE.name)
    derived = catalog.derive(nw.from_native(rows.lazy()), formulas).with_columns(share)
    frame = _collected(derived.select(*by, metrics[0], SHARE.name, *metrics[1:], *formulas))
    columns = tuple(SHARE if name == SHARE.name else catalog.column(name) for name in frame.columns)
    footer = {**{n: values[n] for n in (*metrics, *formulas)}, SHARE.name: 1.0}
    title = f"Customers by {', '.join(by)}"
    notes = (*_reasons([catalog.by_name[n] for n in catalog.shown], values, catalog), *_ratio_note(by))
    ordered = frame.sort("revenue", *by, descending=[True, *(False for _ in by)], nulls_last=True)
    return Table.of("segments", title, columns, ordered, notes=notes, keys=len(by), hidden=_HIDDEN_IN_SEGMENTS, footer=footer)


def _ratio_note(by: Sequence[str]) -> tuple[str, ...]:
    return ("Ratios are of sums: a segment's AOV is its revenue per its orders.",) if by else ()


def each_customer(customers: Frame, catalog: Catalog, most: int | None = None) -> Table:
    """One row per customer, most revenue first; the first `most` of them."""
    names = customers.collect_schema().names()
    formulas = [n for n in dict.fromkeys((*CUSTOMER_FORMULAS, *_chosen(catalog))) if not _is_absent(n, catalog)]
    kept = [n for n in names if n not in catalog.absent]
    frame = _collected(catalog.derive(customers, formulas).select(*kept, *formulas))
    ordered = frame.sort("revenue", "customer_id", descending=[True, False]).head(most or frame.height)
    lead = [n for n in ("customer_id", SEGMENT.name) if n in ordered.columns]
    ordered = ordered.select(*lead, pl.exclude(lead))
    notes = (f"{ordered.height:,} of {frame.height:,} customers, most revenue first; -o FILE writes all of them.",) if most else ()
    hidden = frozenset(c for c in ordered.columns if c not in _SHOWN_OF_A_CUSTOMER and c not in _chosen(catalog) and c in catalog.columns)
    return Table.of("customers", "Customers", tuple(map(catalog.column, ordered.columns)), ordered, notes=notes, hidden=hidden)


def _chosen(catalog: Catalog) -> tuple[str, ...]:
    """The formulas that were asked for by name."""
    from clvcli.catalog import DEFAULT_SHOWN

    by_default = len(DEFAULT_SHOWN)
    return catalog.shown[by_default:] if catalog.shown[:by_default] == DEFAULT_SHOWN else catalog.shown


def _is_absent(name: str, catalog: Catalog) -> bool:
    return bool(catalog.needed([name]) & catalog.absent.keys())


def _total(customers: Frame, catalog: Catalog, names: Sequence[str]) -> pl.DataFrame:
    """All customers as one row, with the metrics that `names` read."""
    return _merged(customers, catalog, (), names)


def _merged(customers: Frame, catalog: Catalog, by: Sequence[str], names: Sequence[str]) -> pl.DataFrame:
    """Customers as one row per distinct `by`, with the metrics that `names` read."""
    wanted = catalog.needed([*names, *(f.name for f in catalog.own_formulas)])
    rows = merged(customers, by)
    return _collected(rows.select(*by, *(m for m in rows.collect_schema().names() if m in wanted)))


def _collected(frame: Frame) -> pl.DataFrame:
    result: pl.DataFrame = frame.collect("polars").to_native()
    return result


def _worked_out(total: pl.DataFrame, catalog: Catalog) -> dict[str, float | None]:
    """Metrics in currency units, settings and every formula."""
    values: dict[str, float | None] = {}
    for name in total.columns:
        if name not in catalog.absent and (series := total[name]).dtype.is_numeric():
            scaled = Unit.MONEY.in_units(series) if name in catalog.money else series
            values[name] = scaled[0]
    return catalog.work_out(values)


def _told(formula: Formula, values: dict[str, float | None], catalog: Catalog) -> tuple[str, str, str, str]:
    """The four labels with this shop's lifespan and rate in them."""
    labels = formula.labels or Labels("", "", "", "")
    years = values.get("lifespan_years")
    horizon = Unit.YEARS.show(years) if labels.horizon == "lifespan" else labels.horizon
    rate = Unit.SHARE.show(catalog.settings.get("discount_rate"))
    return labels.basis, labels.scope, horizon, f"{rate} a year" if labels.discounting == "discount_rate" else labels.discounting


def _reasons(shown: Sequence[Formula], values: dict[str, float | None], catalog: Catalog) -> tuple[str, ...]:
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


def _frame(columns: Sequence[Column], rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    schema = {c.name: pl.Float64 if c.unit is Unit.ROW else pl.String for c in columns}
    return pl.DataFrame(rows, schema=schema, orient="row")


__all__ = ["SEGMENT", "by_segment", "each_customer", "figures", "reason", "summary"]
