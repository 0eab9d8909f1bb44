"""Answers: what is asked of an analysis and turned into tables, one function per question that needs more than its customers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.acquisition import MONTH
from clvcli.activity import activity
from clvcli.analysis import Analysis
from clvcli.cohorts import cells, cohort_costs
from clvcli.errors import UsageError
from clvcli.history import OF_WINNING, changes, lapses, paths
from clvcli.labels import APART
from clvcli.periods import Period, period_index, trend_period
from clvcli.reports import budget, economics
from clvcli.reports import segments as of_segments
from clvcli.reports.churn import Choice, churn_tables
from clvcli.reports.cohorts import cohort_tables
from clvcli.reports.figures import refuse_no_segments, total
from clvcli.reports.summary import FIGURES, summary
from clvcli.reports.trend import trend_tables
from clvcli.tables import Frame, Table
from clvcli.timeline import Timeline, timeline
from clvcli.triangle import acquisition_costs, triangle

MANY_ORDERS = 250_000
"""More orders than that aren't held against the past unless it is asked for."""


def compute(found: Analysis, *, for_people: bool) -> tuple[Table, ...]:
    """What is a customer worth? And under it, how far such figures were off on the shop's own past."""
    customers = _as_one_row(found) if found.loaded.conditions else found.valued
    first, *rest = summary(customers, found.catalog)
    told = _verdict(found, for_people=for_people)
    return (replace(first, notes=(*first.notes, told)) if told else first, *rest, *checks(found, customers, [()]))


def _as_one_row(found: Analysis) -> Frame:
    """All customers as the group that they are, measured once for the figures and the conditions."""
    names = [*FIGURES, *found.catalog.shown, *found.loaded.watched]
    return found.engine.frame(total(found.valued, found.catalog, names))


def checks(found: Analysis, customers: Frame, groupings: Sequence[Sequence[str]], rest: str | None = None) -> tuple[Table, ...]:
    """Is it as it should be? What became of the conditions, for each grouping; nothing where there are none."""
    if not found.loaded.conditions:
        return ()
    from clvcli.reports.checks import checks

    return (checks(customers, found.catalog, found.loaded.conditions, groupings, rest),)


def _verdict(found: Analysis, *, for_people: bool) -> str | None:
    """The verdict of a back-test in a sentence, where it is wanted, or why there is none; for many orders only where it is asked for."""
    wanted, many = found.loaded.config.verdict, found.reading.orders.height > MANY_ORDERS
    if wanted == "never" or (wanted == "auto" and not for_people) or not any(found.catalog.by_name[n].labels for n in found.catalog.shown):
        return None
    if wanted == "auto" and many:
        return "How far such figures were off on this shop's own past: clv backtest."
    try:
        _ = found.cuts  # which costs less than to import models
        from clvcli.trials import told_verdict

        return f"On this shop's own past, {told_verdict(found)}."
    except UsageError as error:
        return f"Not held against the past: {error.problems[0].message}."


def cohorts(
    found: Analysis, measure: str, *, by: Sequence[str] = (), period: Period | None = None, count_refunds: bool = False
) -> tuple[Table, ...]:
    """Do they stay? By months unless another period is asked for, and by attributes if there are any."""
    chosen, engine = found.loaded.config.period, found.engine
    period = period or (Period.MONTH if chosen == "auto" else Period[chosen.upper()])
    apart, grouped = [_apart(name) for name in by], _grouped(found, by)
    rows = cells(engine.shared(activity(_in_time(found), period, count_refunds=count_refunds)), grouped if by else None, apart)
    whole = triangle(engine.collect(rows), period, found.window.first_day, found.window.as_of, apart)
    is_held_against_cost = measure == "cumulative_contribution" and "acquisition_cost" not in found.catalog.absent
    costs = acquisition_costs(engine.collect(cohort_costs(grouped, period, apart)), apart) if is_held_against_cost else None
    return cohort_tables(whole, measure, costs)


def trend(found: Analysis, by: Sequence[str] = ()) -> tuple[Table, ...]:
    """Is it getting better? Period by period, and by mix and rate of attributes if there are any."""
    period = _trend_period(found)
    groups = _timeline(found, period, by) if by else None
    return trend_tables(_timeline(found, period), groups, found.catalog)


def churn(found: Analysis) -> tuple[Table, ...]:
    """Are we losing customers? The rules side by side, their evidence, and how long customers stay."""
    given = found.loaded.config.churn
    choice = Choice(found.churn, given.percentile, given.multiple, given.least_days)
    return churn_tables(found.customers, found.gaps, choice, _timeline(found, _trend_period(found)))


def segments(found: Analysis, by: Sequence[str], fewest: int = 1, top: int | None = None) -> tuple[Table, ...]:
    """Who is worth more, and which channel earns its cost."""
    catalog = found.catalog
    wanted = of_segments.wanted(catalog, by) | economics.wanted(catalog, by) | catalog.needed(found.loaded.watched)
    customers = _held(found, found.matured, wanted)
    named, rest = of_segments.gathered(customers, by, top=top, fewest=fewest)
    customers = _held(found, named, wanted)
    first = of_segments.by_segment(customers, catalog, by, rest)
    more = economics.unit_economics(customers, found.orders, catalog, by, first.frame.select(by))
    return (first, *([more] if more else []), *_spend_tables(found), *checks(found, customers, [by], rest))


def _grouped(found: Analysis, by: Sequence[str]) -> Frame:
    """The customers with these attributes under names that no other column has."""
    refuse_no_segments(by, found.catalog)
    return found.customers.with_columns(col(name).alias(_apart(name)) for name in by)


def _apart(name: str) -> str:
    return f"{APART}{name}"


def _held(found: Analysis, frame: Frame, names: Iterable[str]) -> Frame:
    """A frame worked out and kept in memory, since several tables are made of it."""
    present = frame.collect_schema().names()
    return found.engine.frame(found.engine.collect(frame.select(*(n for n in present if n in set(names)))))


def _spend_tables(found: Analysis) -> tuple[Table, ...]:
    """What spend has won by channel and month, and what of it won nobody, if there is a file of spend."""
    spent = found.spent
    if spent is None or "gross_profit" in found.catalog.absent:
        return (spent.table,) if spent else ()
    matured = found.matured.filter(col("customers") == 1)
    month = period_index(col("first_day"), Period.MONTH).alias(MONTH)
    costs = [col("variable_costs")] if "variable_costs" in matured.collect_schema().names() else []
    brought = sum((-cost for cost in costs), col("gross_profit")).sum()
    sums = (col("customers").sum().alias("new_customers"), brought.alias("contribution"), col("customers_90d", "contribution_90d").sum())
    won = found.engine.collect(matured.with_columns(month).group_by(*([spent.by] if spent.by else []), MONTH).agg(*sums))
    tables = budget.budget_tables(budget.month_rows(won, spent.cells, spent.by, spent.known))
    return (*tables, spent.table)


def _in_time(found: Analysis) -> Frame:
    """The orders; what was given back after the end of observation, as after the last order it may be, is of its last day."""
    return found.orders.with_columns(nw.min_horizontal(col("day"), nw.lit(found.window.as_of)).cast(nw.Int32).alias("day"))


def _trend_period(found: Analysis) -> Period:
    chosen = found.loaded.config.period
    return trend_period(found.window.first_day, found.window.as_of) if chosen == "auto" else Period[chosen.upper()]


def _timeline(found: Analysis, period: Period, by: Sequence[str] = ()) -> Timeline:
    """The metrics as they stood at the end of each calendar period."""
    present = found.customers.collect_schema().names()
    costs = [name for name in OF_WINNING if name in present and name not in found.catalog.absent]
    apart = [_apart(name) for name in by]
    known = _grouped(found, by).select("customer_id", *apart, *costs) if by or costs else None
    steps = found.engine.shared(paths(activity(_in_time(found), period, count_days=True), known))
    days = (found.window.first_day, found.window.as_of)
    frames = (changes(steps, apart), lapses(steps, found.churn, period, days[1], apart))
    changed, lapsed = (found.engine.collect(frame) for frame in frames)
    return timeline(changed, lapsed, period, days, apart)
