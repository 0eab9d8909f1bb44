"""Is it getting better? The figures as of each period's end, and why they moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.catalog import SETTINGS, Catalog
from clvcli.decomposition import effects, mix_and_rate
from clvcli.labels import APART, GROUP, group_name
from clvcli.metrics import PERIOD_METRICS
from clvcli.periods import PARTIAL, Period, date_of
from clvcli.reports.figures import collected, headline, worked_out
from clvcli.tables import MONEY_SCALE, Column, Table, Unit
from clvcli.timeline import Timeline

PERIOD = Column("period", "Period", Unit.TEXT, "The calendar period; cumulative figures are as of its end.")
CAC_OF_NEW = Column("cac_of_new", "CAC of new", Unit.MONEY, "What a customer won in the period cost.", "CAC = spend / new customers")
CHANGE = Column("change", "Change", Unit.MONEY, "The change of the CLV since the end of the period before.")
MIX = Column(
    "mix", "Mix", Unit.MONEY, "What other customers make of it: another share of each segment among all who were won.", "Kitagawa 1955"
)
RATE = Column("rate", "Rate", Unit.MONEY, "What behaviour makes of it: each segment's customers buying otherwise.", "Kitagawa 1955")
_OF_SEGMENT = (
    Column("share_before", "Share before", Unit.SHARE, "Share of all customers won by the end of the period before."),
    Column("share_after", "Share after", Unit.SHARE, "Share of all customers won by the end of the last whole period."),
    Column("value_before", "CLV before", Unit.MONEY, "The segment's CLV as of the end of the period before."),
    Column("value_after", "CLV after", Unit.MONEY, "The segment's CLV as of the end of the last whole period."),
)
COLUMNS = (PERIOD, PARTIAL, CAC_OF_NEW, CHANGE, MIX, RATE, GROUP, *_OF_SEGMENT)

_SHOWN = ("new_customers", "customers_in_period", "orders_in_period", "revenue_in_period")
_FORMULAS = ("aov", "purchase_frequency", "retention_rate", "contribution_margin", "repeat_rate", "lapsed_rate")
_SEEN = frozenset({PERIOD.name, *_SHOWN, "aov", "purchase_frequency", "retention_rate", "contribution_margin", CAC_OF_NEW.name})
LEVERS = ("aov", "purchase_frequency", "retention_rate", "contribution_margin", "cac", "revenue_per_period", "lifespan_years")
"""What a CLV is decomposed into, so far as it reads them."""


def trend_tables(found: Timeline, groups: Timeline | None, catalog: Catalog) -> tuple[Table, ...]:
    """The figures period by period, each change by lever, and by mix and rate if there are `groups`."""
    usual, catalog = catalog.settings.get("period_years"), _over(catalog, found)
    rows = _rows(found, catalog)
    formula = headline(rows[-1], catalog)
    first = replace(_trend(found, catalog, formula), notes=_notes(found, usual))
    if formula is None:
        return (first,)
    more = [_why(found, rows, formula, catalog), *(() if groups is None else _mix(found, groups, formula, catalog))]
    return (first, *(replace(table, for_machines=not table.frame.height) for table in more))


def _over(catalog: Catalog, found: Timeline) -> Catalog:
    """The catalog for periods of this length, each of which has the one before it."""
    absent = {name: why for name, why in catalog.absent.items() if name not in (*PERIOD_METRICS, "period_years")}
    return replace(catalog, settings={**catalog.settings, "period_years": found.period.years}, absent=absent)


def _rows(found: Timeline, catalog: Catalog) -> list[dict[str, float | None]]:
    """The figures as of each period's end, in currency units."""
    return [worked_out(found.frame[at : at + 1].drop(*found.by), catalog) for at in range(found.frame.height)]


def _trend(found: Timeline, catalog: Catalog, formula: str | None) -> Table:
    names = [n for n in dict.fromkeys((*_FORMULAS, *([formula] if formula else []), *catalog.shown)) if n not in catalog.absent]
    derived = collected(catalog.derive(nw.from_native(found.frame.lazy()), names))
    money = "acquisition_cost" in found.frame.columns
    spent = pl.col("acquisition_cost") - pl.col("acquisition_cost").shift(1).fill_null(0)
    of_new = (
        pl.when(pl.col("new_customers") > 0).then(spent / (pl.col("new_customers") * MONEY_SCALE)) if money else pl.lit(None, pl.Float64)
    )
    derived = _without_running(derived, found, [n for n in names if catalog.needed([n]) & PERIOD_METRICS])
    partial = pl.Series(PARTIAL.name, ["no"] * (derived.height - 1) + ["yes" if found.last_is_partial else "no"], dtype=pl.String)
    derived = derived.with_columns(pl.Series(PERIOD.name, found.names, dtype=pl.String), of_new.alias(CAC_OF_NEW.name), partial)
    metrics = [n for n in found.frame.columns if n in catalog.columns and n not in (*_SHOWN, *catalog.absent)]
    known = [n for n in _FORMULAS if n in names]
    kept = [PERIOD.name, PARTIAL.name, *_SHOWN, *known, *([CAC_OF_NEW.name] if money else []), *names, *metrics]
    frame = derived.select(*dict.fromkeys(kept))
    own = {column.name: column for column in COLUMNS}
    columns = tuple(own.get(name) or catalog.column(name) for name in frame.columns)
    hidden = frozenset(n for n in frame.columns if n not in _SEEN and n != formula) | _empty(frame)
    marks = frozenset((frame.height - 1, name) for name in _SHOWN) if found.last_is_partial else frozenset()
    return Table.of("trend", f"By {found.period.word}", columns, frame, hidden=hidden, marks=marks)


def _without_running(frame: pl.DataFrame, found: Timeline, names: Sequence[str]) -> pl.DataFrame:
    """The frame without rates of a period that was still running: they would look like a collapse."""
    if not found.last_is_partial:
        return frame
    over = pl.int_range(pl.len()) < frame.height - 1
    return frame.with_columns(pl.when(over).then(pl.col(name)).alias(name) for name in names)


def _empty(frame: pl.DataFrame) -> frozenset[str]:
    """Columns without any number."""
    return frozenset(name for name in frame.columns if frame[name].null_count() == frame.height)


def _notes(found: Timeline, usual_years: float | None) -> tuple[str, ...]:
    word = found.period.word
    notes = [f"AOV, margin and CLV are of all customers to date, as of the {word}'s end; what is “in the period” is of that {word} alone."]
    usual = next((period.word for period in Period if period.years == usual_years), None)
    if usual and usual != word:
        notes.append(
            f"Rates are of a {word} here and of a {usual} in clv compute, so its CLV is another; --period {usual} goes by {usual}s too."
        )
    if found.last_is_partial:
        notes.append(
            f"* The last {word} was still running on {date_of(found.as_of)}; it has no rates yet, and no change is worked out to it."
        )
    return tuple(notes)


def drivers(formula: str, catalog: Catalog) -> tuple[str, ...]:
    """The levers and metrics that a formula is worked out from: LEVERS where it reads them, metrics where it doesn't."""
    settings = {setting.name for setting in SETTINGS}
    found: dict[str, None] = {}
    unread = [formula]
    while unread:
        for name in sorted(catalog.by_name[unread.pop()].expression.names - settings):
            through = name == "lifespan_years" and "retention_rate" in _all_read(name, catalog)
            if name not in catalog.by_name or (name in LEVERS and not through):
                found[name] = None
            else:
                unread.append(name)
    return tuple(sorted(found, key=lambda name: (LEVERS.index(name) if name in LEVERS else len(LEVERS), name)))


def _all_read(name: str, catalog: Catalog) -> set[str]:
    """Every formula that a formula reads, directly or through others."""
    direct = {n for n in catalog.by_name[name].expression.names if n in catalog.by_name}
    return direct | {n for one in direct for n in _all_read(one, catalog)}


def _whole(found: Timeline, rows: Sequence[Mapping[str, float | None]]) -> list[tuple[str, Mapping[str, float | None]]]:
    """The periods that were over, with their figures."""
    named = list(zip(found.names, rows, strict=True))
    return named[:-1] if found.last_is_partial else named


def _why(found: Timeline, rows: Sequence[Mapping[str, float | None]], formula: str, catalog: Catalog) -> Table:
    """A row per period: the change of the CLV, and what each lever did to it; the levers sum to the change."""
    levers = [name for name in drivers(formula, catalog) if any(row.get(name) is not None for row in rows)]
    label = catalog.column(formula).label
    parts = list(_changes(_whole(found, rows), formula, levers, catalog))
    told = (Column(n, catalog.column(n).label, Unit.MONEY, f"What its change did to {label}.", "Shapley 1953") for n in levers)
    schema = {PERIOD.name: pl.String, formula: pl.Float64, CHANGE.name: pl.Float64, **dict.fromkeys(levers, pl.Float64)}
    frame = pl.DataFrame(parts, schema=schema, orient="row")
    note = f"The levers sum to the change of {formula}; each is its effect averaged over every order in which they could have moved."
    columns = (PERIOD, catalog.column(formula), CHANGE, *told)
    still = frozenset(name for name in levers if not (frame[name].abs().max() or 0))
    return Table("why", f"Why {label} moved", columns, frame, (note,), hidden=still)


def _changes(
    periods: Sequence[tuple[str, Mapping[str, float | None]]], formula: str, levers: Sequence[str], catalog: Catalog
) -> Iterator[tuple[Any, ...]]:
    def value(at: Mapping[str, float]) -> float | None:
        return catalog.work_out(at)[formula]

    for (_, before), (name, after) in pairwise(periods):
        start, end = before[formula], after[formula]
        at_start, at_end = (_known(side, levers) for side in (before, after))
        found = effects(value, at_start, at_end, levers) if at_start and at_end else None
        change = None if start is None or end is None else end - start
        yield (name, end, change, *(None if found is None else found[lever] for lever in levers))


def _known(figures: Mapping[str, float | None], names: Sequence[str]) -> dict[str, float] | None:
    """The figures of these names, if all of them have a value."""
    known = {name: value for name in names if (value := figures.get(name)) is not None}
    return known if len(known) == len(names) else None


def _mix(found: Timeline, groups: Timeline, formula: str, catalog: Catalog) -> Iterator[Table]:
    """A row per period: the change as mix and rate; and the segments before and after the last one."""
    sides = _by_group(groups, catalog)
    ends = sorted(sides)[: -1 if found.last_is_partial else None]
    names = dict(zip(found.frame["at"], found.names, strict=True))

    def value(at: Mapping[str, float]) -> float | None:
        return catalog.work_out(at)[formula]

    rows = []
    for before, after in pairwise(ends):
        split = mix_and_rate(value, sides[before], sides[after])
        rows.append((names[after], *((split.mix + split.rate, split.mix, split.rate) if split else (None, None, None))))
    schema = {PERIOD.name: pl.String, **dict.fromkeys((CHANGE.name, MIX.name, RATE.name), pl.Float64)}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    named = ", ".join(name.removeprefix(APART) for name in groups.by)
    note = f"Mix + rate = change of {formula}. Mix: who was won, by {named}; rate: how they behave."
    yield Table("mix", f"Who was won, and how they behave, by {named}", (PERIOD, CHANGE, MIX, RATE), frame, (note,))
    if len(ends) > 1:
        yield _of_segments(sides[ends[-2]], sides[ends[-1]], value, f"The segments in {names[ends[-1]]} and before")


Sums = Mapping[str, Mapping[str, float]]


def _by_group(groups: Timeline, catalog: Catalog) -> dict[int, dict[str, dict[str, float]]]:
    """The sums of each group at each period's end, in currency units; what isn't known in some period is left out."""
    sides: dict[int, dict[str, dict[str, float]]] = {}
    metrics = [n for n in groups.frame.columns if n in catalog.columns and n not in (*groups.by, *catalog.absent)]
    for row in groups.frame.iter_rows(named=True):
        sums = {n: row[n] / MONEY_SCALE if n in catalog.scaled else float(row[n]) for n in metrics if row[n] is not None}
        side, name = sides.setdefault(row["at"], {}), group_name([row[n] for n in groups.by])
        alike = side.get(name, {})
        side[name] = {n: total + alike.get(n, 0.0) for n, total in sums.items()}
    return sides


def _of_segments(before: Sums, after: Sums, value: Any, title: str) -> Table:
    totals = [sum(sums["customers"] for sums in side.values()) or 1.0 for side in (before, after)]
    shares = [{name: sums["customers"] / total for name, sums in side.items()} for side, total in zip((before, after), totals, strict=True)]
    rows = [
        (name, shares[0].get(name), share, value(before[name]) if name in before else None, value(after[name]))
        for name, share in sorted(shares[1].items(), key=lambda one: (-one[1], one[0]))
    ]
    schema = {GROUP.name: pl.String, **{column.name: pl.Float64 for column in _OF_SEGMENT}}
    return Table("mix_segments", title, (GROUP, *_OF_SEGMENT), pl.DataFrame(rows, schema=schema, orient="row"))
