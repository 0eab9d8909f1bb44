"""Who is worth more? One row per segment, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.catalog import Catalog
from clvcli.customers import merged
from clvcli.differences import FEWEST
from clvcli.intervals import moments, samples, summed
from clvcli.labels import IN_ORDER, LABELS
from clvcli.reports.certainty import beside, certainty, column_of, is_of_certainty, of_all, seen
from clvcli.reports.figures import collected, headline, metrics_of, reasons, refuse_taken, worked_out
from clvcli.rfm import RFM, RFM_SEGMENT
from clvcli.segments import OTHER, SEGMENT, SHARE
from clvcli.tables import Frame, Table
from clvcli.tiers import VALUE_TIER, pareto_note

SEGMENT_METRICS = ("customers", "orders", "revenue", "refunds", "gross_profit", "acquisition_cost", "repeat_customers", "lapsed_customers")
SEGMENT_FORMULAS = ("aov", "orders_per_customer", "repeat_rate", "retention_rate", "margin", "cac", "ltv_to_cac")
FEW = f"* Fewer than {FEWEST} customers, whose figures say little"
_KEPT = "clv:kept"
_SEGMENT_CLVS = 3
_HIDDEN_IN_SEGMENTS = frozenset({"refunds", "gross_profit", "acquisition_cost", "repeat_customers", "lapsed_customers"})


def wanted(catalog: Catalog, by: Sequence[str]) -> set[str]:
    """The columns of customers that by_segment reads."""
    return {*by, *SEGMENT_METRICS, *catalog.needed([*SEGMENT_FORMULAS, *catalog.shown])}


def gathered(customers: Frame, by: Sequence[str], *, top: int | None = None, fewest: int = 1) -> tuple[Frame, str | None]:
    """Customers with small segments named alike: those of fewer than so many customers, or beyond the `top` by revenue, are `other`.

    In a cross of attributes all of them are `other` then. Where a segment that is kept is itself called so, the rest is `all others`.
    With the customers comes what the rest is called, if there is any.
    """
    if top is None and fewest <= 1:
        return customers, None
    rows = collected(merged(customers, by)).sort("revenue", *by, descending=[True, *(False for _ in by)], nulls_last=True)
    kept = rows.filter(pl.col("customers") >= fewest).head(rows.height if top is None else top).select(by)
    rest = OTHER if not any((kept[name] == OTHER).any() for name in by) else f"all {OTHER}s"
    known = kept.with_columns(pl.lit(value=True).alias(_KEPT))
    joined = nw.to_native(customers).join(known.lazy(), on=list(by), how="left", nulls_equal=True)
    named = joined.with_columns(pl.when(_KEPT).then(pl.col(name)).otherwise(pl.lit(rest)).alias(name) for name in by)
    frame: Frame = nw.from_native(named.drop(_KEPT))
    return frame, rest if kept.height < rows.height else None


def by_segment(customers: Frame, catalog: Catalog, by: Sequence[str], rest: str | None = None) -> Table:
    """One row per segment, in their own order or most revenue first, and the `rest` last; the additive columns sum to the total.

    Raises UsageError for an attribute that is called like a column of the answer, ConfigError for segments that nobody named.
    """
    rows = metrics_of(customers, catalog, by, [*SEGMENT_METRICS, *SEGMENT_FORMULAS, *catalog.shown])
    values = worked_out(collected(merged(nw.from_native(rows.lazy()), by=())), catalog)
    clvs = [n for n in catalog.shown if values[n] is not None]
    chosen = [*SEGMENT_FORMULAS, *(clvs if len(catalog.shown) <= _SEGMENT_CLVS else clvs[:_SEGMENT_CLVS])]
    formulas = [n for n in dict.fromkeys(chosen) if values[n] is not None]
    metrics = [m for m in SEGMENT_METRICS if m in rows.columns and m not in catalog.absent]
    share = (nw.col("customers") * (1.0 / (values["customers"] or 1.0))).alias(SHARE.name)
    derived = catalog.derive(nw.from_native(rows.lazy()), formulas).with_columns(share)
    ordered = in_order(collected(derived.select(*by, metrics[0], SHARE.name, *metrics[1:], *formulas)), "revenue", by, rest)
    groups = samples(collected(moments(customers, by, summed(formulas, catalog))).iter_rows(named=True), by)
    first = headline(values, catalog)
    judged = first if first in formulas and not _is_circular(by, catalog) else None
    sure = certainty(ordered.select(by).rows() if by else [()], groups, catalog, formulas, judged)
    refuse_taken(by, sure.columns)
    whole = ordered.hstack(sure).select(*by, metrics[0], SHARE.name, *metrics[1:], *beside(formulas, sure.columns))
    footer = {**{n: values[n] for n in (*metrics, *formulas)}, SHARE.name: 1.0, **of_all(groups, catalog, formulas)}
    small = few(whole)
    hidden = {*_HIDDEN_IN_SEGMENTS, *(n for n in whole.columns if is_of_certainty(n, catalog))} - seen(first, small=bool(small))
    why = reasons([catalog.by_name[n] for n in catalog.shown], values, catalog)
    return Table.of(
        "segments", f"Customers by {named(by)}", tuple(column_of(name, catalog, first) for name in whole.columns), whole,
        notes=(*why, *_notes(whole, by, first, judged if small else None)), keys=len(by), hidden=frozenset(hidden & {*whole.columns}),
        footer=footer, marks=small,
    )  # fmt: skip


def few(rows: pl.DataFrame) -> frozenset[tuple[int, str]]:
    """The segments of so few customers that their figures say little, as marks of a table."""
    return frozenset((at, "customers") for at, n in enumerate(rows["customers"]) if n < FEWEST)


def named(by: Sequence[str]) -> str:
    """What the attributes are called in a title."""
    return ", ".join(LABELS[name].label if name in LABELS else name for name in by)


def _is_circular(by: Sequence[str], catalog: Catalog) -> bool:
    """Whether customers were put into segments by what they brought or did, so that segments differ because they were made to."""
    on_behaviour = any(segment.condition.names - segment.condition.texts for segment in catalog.segments)
    return bool({RFM.name, RFM_SEGMENT.name, VALUE_TIER.name} & {*by}) or (SEGMENT.name in by and on_behaviour)


def in_order(frame: pl.DataFrame, first: str, by: Sequence[str], rest: str | None) -> pl.DataFrame:
    """The segments in their own order if they have one, else by what is most of `first`, then by name; the rest of them last."""
    is_rest = [] if rest is None else [pl.all_horizontal(pl.col(name) == rest for name in by).fill_null(value=False)]
    own = [name for name in by if name in IN_ORDER][:1]
    keys = [*is_rest, *own, first, *by]
    return frame.sort(keys, descending=[key is first for key in keys], nulls_last=True)


def _notes(rows: pl.DataFrame, by: Sequence[str], first: str | None, judged: str | None) -> list[str]:
    notes = ["Ratios are of sums: a segment's AOV is its revenue per its orders."] if by else []
    notes += [f"From and to: the 95% interval of {first}."] if by and first else []
    notes += [FEW + ("; believe the CLV drawn to the base." if judged else ".")] if few(rows) else []
    if tuple(by) == (VALUE_TIER.name,):
        notes.append(pareto_note(rows.sort(VALUE_TIER.name, nulls_last=True).select("customers", "revenue").rows()))
    return [note for note in notes if note]
