"""Who is worth more? One row per segment."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw

from clvcli.catalog import Catalog
from clvcli.customers import merged
from clvcli.errors import ConfigError, Problem
from clvcli.reports.figures import collected, metrics_of, reasons, worked_out
from clvcli.segments import SEGMENT
from clvcli.tables import Column, Frame, Table, Unit

SHARE = Column("share_of_customers", "Share", Unit.SHARE, "Customers of the segment per customer of the shop.")

SEGMENT_METRICS = ("customers", "orders", "revenue", "refunds", "gross_profit", "acquisition_cost", "repeat_customers", "lapsed_customers")
SEGMENT_FORMULAS = ("aov", "orders_per_customer", "repeat_rate", "retention_rate", "margin", "cac", "ltv_to_cac")
_SEGMENT_CLVS = 3
_HIDDEN_IN_SEGMENTS = frozenset({"refunds", "gross_profit", "acquisition_cost", "repeat_customers", "lapsed_customers"})


def by_segment(customers: Frame, catalog: Catalog, by: Sequence[str]) -> Table:
    """One row per segment, most revenue first; the additive columns sum to the total."""
    if SEGMENT.name in by and not catalog.segments:
        raise ConfigError(
            Problem("no segments are configured", hint="name conditions under 'segments:' in clv.yaml, as in 'loyal: orders >= 3'")
        )
    rows = metrics_of(customers, catalog, by, [*SEGMENT_METRICS, *SEGMENT_FORMULAS, *catalog.shown])
    values = worked_out(collected(merged(nw.from_native(rows.lazy()), by=())), catalog)
    clvs = [n for n in catalog.shown if values[n] is not None]
    chosen = [*SEGMENT_FORMULAS, *(clvs if len(catalog.shown) <= _SEGMENT_CLVS else clvs[:_SEGMENT_CLVS])]
    formulas = [n for n in dict.fromkeys(chosen) if values[n] is not None]
    metrics = [m for m in SEGMENT_METRICS if m in rows.columns and m not in catalog.absent]
    share = (nw.col("customers") * (1.0 / (values["customers"] or 1.0))).alias(SHARE.name)
    derived = catalog.derive(nw.from_native(rows.lazy()), formulas).with_columns(share)
    frame = collected(derived.select(*by, metrics[0], SHARE.name, *metrics[1:], *formulas))
    columns = tuple(SHARE if name == SHARE.name else catalog.column(name) for name in frame.columns)
    footer = {**{n: values[n] for n in (*metrics, *formulas)}, SHARE.name: 1.0}
    title = f"Customers by {', '.join(by)}"
    notes = (*reasons([catalog.by_name[n] for n in catalog.shown], values, catalog), *_ratio_note(by))
    ordered = frame.sort("revenue", *by, descending=[True, *(False for _ in by)], nulls_last=True)
    return Table.of("segments", title, columns, ordered, notes=notes, keys=len(by), hidden=_HIDDEN_IN_SEGMENTS, footer=footer)


def _ratio_note(by: Sequence[str]) -> tuple[str, ...]:
    return ("Ratios are of sums: a segment's AOV is its revenue per its orders.",) if by else ()
