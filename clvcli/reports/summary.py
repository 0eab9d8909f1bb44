"""What is a customer worth? Every CLV side by side with its labels, and the figures behind them."""

from __future__ import annotations

from collections.abc import Sequence

from clvcli.catalog import Catalog
from clvcli.definition import Formula
from clvcli.reports.figures import frame_of, headline, labels_told, reason, reasons, total, worked_out
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
FIGURES = (
    "customers", "orders", "revenue", "refunds", "aov", "orders_per_customer", "revenue_per_customer", "purchase_frequency",
    "purchase_rate", "repeat_rate", "retention_rate", "churn_rate", "lapsed_rate", "tenure_years", "lifespan_years", "margin",
    "contribution_margin", "cac", "ltv_to_cac", "payback_months", "max_cac", "referral_value", "referral_savings",
)  # fmt: skip
"""The headline figures, in the order in which they are read."""


def summary(customers: Frame, catalog: Catalog) -> tuple[Table, ...]:
    """What a customer is worth: every CLV side by side with its labels, and the figures behind them."""
    values = worked_out(total(customers, catalog, [*FIGURES, *catalog.shown]), catalog)
    shown = [catalog.by_name[name] for name in catalog.shown]
    own = [f.name for f in catalog.own_formulas if not f.labels and f.name not in FIGURES]
    names = [n for n in (*FIGURES, *own) if values.get(n) is not None or (n in catalog.by_name and n not in _OPTIONAL)]
    plain = [f.name for f in shown if not f.labels]
    without_costs = () if values.get("variable_costs") else ("contribution_margin",)
    names = [n for n in names if n not in (*plain, *without_costs)]
    rest = _figures([*plain, *names], values, catalog)
    clvs = [f for f in shown if f.labels]
    return (_clvs(clvs, values, catalog), rest) if clvs else (rest,)


_LOSS = "The variable costs, {}, are more than the gross profit, {}: the more orders, the more is lost."
_OPTIONAL = frozenset({"referral_value", "referral_savings"})


def _clvs(shown: Sequence[Formula], values: dict[str, float | None], catalog: Catalog) -> Table:
    rows = [
        (f.name, f.column.label, values[f.name], f.column.unit.value, *labels_told(f, values, catalog), reason(f.name, values, catalog))
        for f in shown
    ]
    columns = (_NAME, _LABEL, _VALUE, _UNIT, *_LABELS, _WHY)
    first = headline(values, catalog)
    title = "No CLV can be worked out" if first is None else _headline(catalog.by_name[first], values, catalog)
    return Table(
        "clv", title, columns, frame_of(columns, rows), reasons(shown, values, catalog), hidden=frozenset({"label", "unit", "undefined"})
    )


def _headline(formula: Formula, values: dict[str, float | None], catalog: Catalog) -> str:
    basis, scope, horizon, discount = labels_told(formula, values, catalog)
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
    costs, profit = values.get("variable_costs") or 0.0, values.get("gross_profit")
    notes = (_LOSS.format(Unit.MONEY.show(costs), Unit.MONEY.show(profit)),) if costs and profit is not None and costs > profit else ()
    return Table(
        "figures", "The figures", columns, frame_of(columns, rows), notes, hidden=frozenset({"name", "unit", "description", "undefined"})
    )
