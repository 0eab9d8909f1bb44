"""Who are they? One row per customer."""

from __future__ import annotations

import polars as pl

from clvcli.catalog import Catalog
from clvcli.reports.figures import chosen, collected, is_absent
from clvcli.segments import SEGMENT
from clvcli.tables import Frame, Table

CUSTOMER_FORMULAS = ("aov", "purchase_rate", "clv_observed")
_SHOWN_OF_A_CUSTOMER = frozenset(
    {
        "customer_id",
        "segment",
        "rfm_segment",
        "orders",
        "revenue",
        "gross_profit",
        "first_day",
        "last_day",
        "idle_days",
        "aov",
        "clv_observed",
    }
)


def each_customer(customers: Frame, catalog: Catalog, most: int | None = None) -> Table:
    """One row per customer, most revenue first; the first `most` of them."""
    names = customers.collect_schema().names()
    formulas = [n for n in dict.fromkeys((*CUSTOMER_FORMULAS, *chosen(catalog))) if not is_absent(n, catalog)]
    kept = [n for n in names if n not in catalog.absent]
    frame = collected(catalog.derive(customers, formulas).select(*kept, *formulas))
    ordered = frame.sort("revenue", "customer_id", descending=[True, False]).head(most or frame.height)
    lead = [n for n in ("customer_id", SEGMENT.name) if n in ordered.columns]
    ordered = ordered.select(*lead, pl.exclude(lead))
    notes = (f"{ordered.height:,} of {frame.height:,} customers, most revenue first; -o FILE writes all of them.",) if most else ()
    hidden = frozenset(c for c in ordered.columns if c not in _SHOWN_OF_A_CUSTOMER and c not in chosen(catalog) and c in catalog.columns)
    return Table.of("customers", "Customers", tuple(map(catalog.column, ordered.columns)), ordered, notes=notes, hidden=hidden)
