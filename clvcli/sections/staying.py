"""Do they stay, when have they paid back, and are we losing them: cohorts, payback and churn."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from clvcli import answers
from clvcli.charts import Curve, Lines, Mark
from clvcli.differences import FEWEST
from clvcli.document import Section
from clvcli.periods import DAYS_PER_YEAR
from clvcli.sections.findings import Findings
from clvcli.tables import Table, Unit

_MOST_TICKS = 12
_FEWEST_POINTS = 2
_LATER, _FEWEST_COHORTS = (12, 6, 3, 2), 3
"""Months of which the share of customers who buy is told, if so many cohorts have reached them."""


def cohorts(known: Findings) -> Section:
    """A heat map of retention, and the curve over all cohorts."""
    title, curve = "Do they stay?", known.ages.get("curve")
    tables = answers.cohorts(known.found, "retention", period=known.cohort_period)
    shown = tuple(table for table in tables if table.name in ("cohorts", "equal_age"))
    drawn = _drawn(curve) if curve else None
    if drawn is None or drawn.height < _FEWEST_POINTS:
        return Section("cohorts", title, ("Customers haven't been watched long enough for a curve.",), tables=shown)
    ages, shares = drawn["age"].to_list(), drawn["retention"].to_list()
    points = tuple(zip(map(float, ages[1:]), shares[1:], strict=True))
    later = next((age for age in _LATER if age < len(ages) and drawn["cohorts"][age] >= _FEWEST_COHORTS), None)
    told = f"Of all customers {shares[1]:.1%} buy in the month after the one of their first order"
    told += f", and {shares[later]:.1%} {later} months after it." if later else "."
    chart = Lines(
        "retention_chart",
        "Customers who buy again, by months since the first order",
        told,
        Unit.SHARE,
        "months",
        (Curve("Retention", points),),
        _months(ages[1:]),
    )
    return Section("cohorts", title, (told,), charts=(chart,) if len(points) >= _FEWEST_POINTS else (), tables=shown)


def _drawn(curve: Table) -> pl.DataFrame:
    """The curve up to the age that few customers have reached, whose figures say little: fewer than FEWEST, and not even half of all."""
    customers = curve.frame["customers"]
    return curve.frame.filter(pl.col("customers") >= min(FEWEST, customers[0] / 2))


def _months(ages: list[int]) -> dict[float, str]:
    """Every so many months a tick."""
    step = next(s for s in (1, 2, 3, 6, 12, 24, 60, 120) if len(ages) / s <= _MOST_TICKS)
    return {float(age): str(age) for age in ages if age % step == 0}


def payback(known: Findings) -> Section:
    """What a customer has brought by each age, against what winning one cost."""
    title, curve, catalog = "When have they paid back?", known.ages.get("curve"), known.found.catalog
    name = "cumulative_contribution_per_acquired"
    if curve is None or name not in curve.frame.columns:
        why = catalog.absent.get("contribution") or catalog.absent.get("gross_profit") or "no cohort has been watched for a whole month"
        return Section("payback", title, (f"It can't be said: {why}.",))
    drawn = _drawn(curve)
    points = tuple((float(age), value) for age, value in drawn.select("age", name).rows())
    cac = known.values.get("cac")
    curves = [
        Curve("Contribution so far", points),
        *([Curve("CAC", tuple((x, cac) for x, _ in points), is_level=True)] if cac is not None else []),
    ]
    paid = next(((age, value) for age, value in points if cac is not None and value is not None and value >= cac), None)
    told = _told(known, cac, paid)
    marks = (Mark(paid[0], paid[1], f"paid back in month {paid[0]:.0f}"),) if paid and cac else ()
    ages = drawn["age"].to_list()
    chart = Lines(
        "payback_chart", "Contribution of a customer so far, by months since the first order", told, Unit.MONEY, "months", tuple(curves), _months(ages), marks
    )  # fmt: skip
    return Section("payback", title, (told, _OTHERS), charts=(chart,), tables=(_shown(curve),))


_OTHERS = "Each age is of the cohorts that have reached it, so another age is of other customers, and the curve may dip; it ends where few are left."


def _told(known: Findings, cac: float | None, paid: tuple[float, float | None] | None) -> str:
    catalog = known.found.catalog
    if cac is None:
        return f"What winning a customer cost isn't known: {catalog.absent.get('acquisition_cost', 'no CAC')}."
    cost = f"{Unit.MONEY.show(cac)} {catalog.currency}".strip()
    if not cac:
        return "Winning a customer costs nothing here, so each has paid back at once."
    if paid is None:
        return f"Winning a customer costs {cost}, which no age that was watched has brought back."
    when = "in the month of the first order" if not paid[0] else f"{paid[0]:.0f} months after the one of the first order"
    return f"Winning a customer costs {cost}; contribution so far exceeds that {when}."


def _shown(curve: Table) -> Table:
    """The curve's money, age by age."""
    return replace(curve, hidden=curve.hidden | {"retention"})


def churn(known: Findings) -> Section:
    """The churn rule in effect with its evidence, and how long customers stay by it."""
    tables = {table.name: table for table in answers.churn(known.found)}
    curve = tables["survival_curve"].frame.select(pl.col("days_stayed") / DAYS_PER_YEAR, "survival").rows()
    told = tables["survival"].notes[0].partition(". ")[0] + "."
    said = (*tables["churn_rules"].notes[1:], *([told] if curve[-1:] and curve[-1][0] else []))
    charts = (_survival(curve, told),) if len(curve) >= _FEWEST_POINTS else ()
    return Section(
        "churn",
        "Are we losing customers?",
        said,
        charts=charts,
        tables=tuple(table for table in tables.values() if table.frame.height or table.for_machines),
    )


def _survival(curve: list[tuple[float, float]], told: str) -> Lines:
    """The share still there by years since the first order, in steps thinned to what a chart can show."""
    thinned = curve[:: max(len(curve) // 120, 1)]
    points = ((0.0, 1.0), *thinned, *(curve[-1:] if thinned[-1] != curve[-1] else ()))
    last = curve[-1][0]
    step = next(s for s in (0.25, 0.5, 1.0, 2.0, 5.0, 10.0) if last / s <= _MOST_TICKS)
    ticks = {at * step: f"{at * step:g}" for at in range(int(last / step) + 1)}
    return Lines(
        "survival_chart",
        "Customers still there, by years since the first order",
        told,
        Unit.SHARE,
        "years",
        (Curve("Still there", points),),
        ticks,
    )
