"""Which channel earns its cost? Contribution at equal ages, payback as observed, and what may be paid for the next customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.catalog import Catalog
from clvcli.differences import FEWEST
from clvcli.horizons import MONTH, REACHED, payback_sizes, payback_steps
from clvcli.metrics import HORIZONS
from clvcli.reports.figures import collected, is_absent, metrics_of, worked_out
from clvcli.reports.segments import FEW, few, named
from clvcli.tables import Column, Frame, Table, Unit

PAYBACK = Column(
    "payback_months_observed", "Paid back", Unit.MONTHS,
    "The first month of age by which customers old enough had brought what they cost; 0 if they cost nothing, empty if it hasn't happened.",
    "payback on the observed curve: each month over customers who are that old, held against what these cost",
)  # fmt: skip
WATCHED = Column("months_watched", "Watched", Unit.MONTHS, "The age of the oldest customer: payback later than that can't be seen.")
COLUMNS = (PAYBACK, WATCHED)
_FORMULAS = (
    "cac", "ltv_to_cac", *(f"contribution_per_customer_{days}d" for days in HORIZONS), "max_cac", "max_cac_payback",
)  # fmt: skip


def wanted(catalog: Catalog, by: Sequence[str]) -> set[str]:
    """The columns of customers that unit_economics reads."""
    return {*by, "customer_id", "customers", "first_day", "age_days", "costed_customers", *catalog.needed(_FORMULAS)}


def unit_economics(customers: Frame, orders: Frame, catalog: Catalog, by: Sequence[str], keys: pl.DataFrame) -> Table | None:
    """One row per segment, in the order of `keys`: what a customer costs, had brought by each age, and when it paid back.

    Nothing where the margin isn't known, since none of it can be said then. `customers` have the metrics by age.
    """
    if is_absent("contribution", catalog):
        return None
    names = [n for n in _FORMULAS if not is_absent(n, catalog)]
    rows = metrics_of(customers, catalog, by, ["customers", *names])
    derived = collected(catalog.derive(nw.from_native(rows.lazy()), names)).select(*by, "customers", *names)
    paid = _paid_back(customers, orders, by, cost_known="acquisition_cost" not in catalog.absent)
    frame = derived.join(paid, on=list(by), how="left", nulls_equal=True) if by else derived.hstack(paid)
    ordered = keys.join(frame, on=list(by), how="left", nulls_equal=True, maintain_order="left") if by else frame
    own = {column.name: column for column in COLUMNS}
    columns = tuple(own.get(name) or _in_short(catalog.column(name)) for name in ordered.columns)
    whole = worked_out(metrics_of(customers, catalog, (), ["customers", *names]), catalog)
    everyone = _paid_back(customers, orders, (), cost_known="acquisition_cost" not in catalog.absent)
    footer = {**{n: whole[n] for n in ("customers", *names)}, **everyone.row(0, named=True)}
    title = f"Unit economics by {named(by)}: contribution of a customer in so many days"
    return Table.of(
        "economics",
        title,
        columns,
        ordered,
        notes=(*_notes(catalog), *([f"{FEW}."] if few(ordered) else [])),
        keys=len(by),
        footer=footer,
        marks=few(ordered),
    )


def _in_short(column: Column) -> Column:
    """The column with less said, where the title says it."""
    return replace(column, label=column.label.replace("Contribution in", "In").replace("Maximum CAC", "Max CAC"))


def _notes(catalog: Catalog) -> tuple[str, ...]:
    ratio, months = catalog.settings["target_ltv_to_cac"], catalog.settings["target_payback_months"]
    return (
        "Contribution is of customers who are that old, before CAC; –: nobody is yet.",
        f"Maximum CAC: at an LTV:CAC of {ratio:g}; by payback: within {months:g} months.",
        "Paid back: each month is of customers who are that old, held against what just these cost, which may not be today's CAC.",
    )


def _paid_back(customers: Frame, orders: Frame, by: Sequence[str], *, cost_known: bool) -> pl.DataFrame:
    """For each segment, the month by which its customers had brought what they cost, and how long anyone was watched."""
    sizes = collected(payback_sizes(customers, by)).sort(*by, REACHED, nulls_last=True)
    steps = collected(payback_steps(customers, orders, by))
    brought: dict[Any, list[tuple[int, int, int]]] = {}
    for row in steps.iter_rows(named=True):
        brought.setdefault(tuple(row[n] for n in by), []).append((row[REACHED], row[MONTH], row["contribution"]))
    rows = []
    for key, group in sizes.group_by(by, maintain_order=True) if by else [((), sizes)]:
        costs = dict(group.select(REACHED, "acquisition_cost").rows()) if cost_known else None
        watched = int(group[REACHED].max())  # type: ignore[arg-type]
        rows.append(
            (
                *key,
                None
                if costs is None
                else payback_month(costs, dict(group.select(REACHED, "customers").rows()), brought.get(tuple(key), []), watched),
                watched,
            )
        )
    schema: dict[str, Any] = {**{n: sizes.schema[n] for n in by}, PAYBACK.name: pl.Int64, WATCHED.name: pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def payback_month(costs: Mapping[int, int], sizes: Mapping[int, int], brought: Sequence[tuple[int, int, int]], watched: int) -> int | None:
    """The first month k of age by which customers k months old had brought what they cost; nothing if none is.

    `costs` are what customers cost by the months they have reached, and `sizes` how many they are; `brought` has months reached,
    month of age, contribution. A month with few customers left says nothing: fewer than FEWEST, and not even half of all.
    """
    if not any(costs.values()):
        return 0
    enough = min(FEWEST, sum(sizes.values()) / 2)
    for month in range(1, watched + 1):
        if sum(size for reached, size in sizes.items() if reached >= month) < enough:
            return None
        cost = sum(amount for reached, amount in costs.items() if reached >= month)
        contribution = sum(amount for reached, at, amount in brought if reached >= month and at < month)
        if contribution >= cost:
            return month
    return None
