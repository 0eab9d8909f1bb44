"""Labels: attributes that clv gives customers itself, by what they did; any of them can be grouped by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from narwhals.stable.v2 import col

from clvcli.cohorts import COHORT, cohort_label
from clvcli.periods import Period
from clvcli.rfm import RFM, RFM_SEGMENT, with_rfm
from clvcli.tables import Column, Frame, Unit
from clvcli.tiers import VALUE_TIER, with_value_tier

GROUP = Column("group", "Group", Unit.TEXT, "The customer's attributes, as of the first order.")
MISSING, BETWEEN = "–", " · "
"""What stands in the name of a group for an attribute that is missing, and between two."""
APART = "by "
"""What stands before the name of an attribute where a frame has columns of its own."""
_COHORTS: Mapping[str, Period] = {COHORT.name: Period.MONTH, "cohort_quarter": Period.QUARTER, "cohort_year": Period.YEAR}
LABELS: Mapping[str, Column] = {
    column.name: column
    for column in (
        RFM,
        RFM_SEGMENT,
        VALUE_TIER,
        COHORT,
        Column("cohort_quarter", "Cohort", Unit.TEXT, "The calendar quarter of the customer's first order.", COHORT.source),
        Column("cohort_year", "Cohort", Unit.TEXT, "The calendar year of the customer's first order.", COHORT.source),
    )
}
"""The labels by name; a column of the orders that is called so needs another name to be grouped by."""
IN_ORDER = frozenset({VALUE_TIER.name, *_COHORTS})
"""The labels that have an order of their own, which is that of their names."""


def group_name(values: Sequence[str | None]) -> str:
    """What customers with these attributes are called together.

    >>> group_name(["web", None])
    'web · –'
    """
    return BETWEEN.join(MISSING if value is None else str(value) for value in values)


def with_labels(customers: Frame, names: Collection[str], boundaries: Sequence[float]) -> Frame:
    """Add those of LABELS that are among `names`."""
    if RFM.name in names or RFM_SEGMENT.name in names:
        had = customers.collect_schema().names()
        customers = with_rfm(customers).select(*had, *(n for n in (RFM.name, RFM_SEGMENT.name) if n in names))
    if VALUE_TIER.name in names:
        customers = with_value_tier(customers, boundaries)
    cohorts = [cohort_label(col("first_day"), period).alias(name) for name, period in _COHORTS.items() if name in names]
    return customers.with_columns(*cohorts) if cohorts else customers
