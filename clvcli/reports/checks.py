"""Is it as it should be? Each condition that a run was told to look for, on the shop or on each segment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.catalog import Catalog
from clvcli.differences import FEWEST
from clvcli.expression import Expression
from clvcli.periods import date_of
from clvcli.reports.figures import collected, frame_of, metrics_of, reason, worked_out
from clvcli.reports.segments import in_order
from clvcli.tables import Column, Frame, Table, Unit
from clvcli.watch import SHOP, Group, Outcome, outcomes, segment_name

COLUMNS = (
    Column("condition", "Condition", Unit.TEXT, "What the run was told to look for, as --fail-if and fail_if have it."),
    Column("segment", "Of", Unit.TEXT, "The segment that was judged, by what tells it apart; or all customers."),
    Column("customers", "Customers", Unit.COUNT, "How many customers that is."),
    Column("met", "Found", Unit.TEXT, "Whether the condition is met: yes or no; null where it can't be judged."),
    Column("values", "Because", Unit.TEXT, "What the condition reads, as it stands here."),
    Column("why", "Can't be judged", Unit.TEXT, "Why the condition can't be judged, if it can't."),
)
Row = tuple[Expression, str, int, str | None, str, str | None]
MOST_TOLD = 20
"""How many findings are told one by one."""


def checks(
    customers: Frame, catalog: Catalog, conditions: Sequence[Expression], groupings: Sequence[Sequence[str]], rest: str | None = None
) -> Table:
    """One row per condition and group: the shop for the grouping by nothing, else each segment, in the order of the segments' own table.

    A condition that compares an attribute with a text is judged only where segments are told apart by it.
    """
    at = {condition: at for at, condition in enumerate(dict.fromkeys(conditions))}
    rows = [row for by in groupings for row in _rows(customers, catalog, [c for c in at if c.texts <= {*by}], by, rest)]
    nowhere = [c for c in at if not any(c.texts <= {*by} for by in groupings)]
    rows = sorted([*rows, *_rows(customers, catalog, nowhere, (), None)], key=lambda row: at[row[0]])
    frame = frame_of(COLUMNS, [(condition.text, *more) for condition, *more in rows])
    hidden = frozenset() if frame["why"].count() else frozenset({"why"})
    return Table("checks", _title(rows), COLUMNS, frame, keys=2, hidden=hidden, for_machines=True)


def _rows(customers: Frame, catalog: Catalog, asked: Sequence[Expression], by: Sequence[str], rest: str | None) -> list[Row]:
    if not asked:
        return []
    names = sorted({name for one in asked for name in one.names - one.texts})
    measured = in_order(metrics_of(customers, catalog, by, [*names, "customers", "revenue"]), "revenue", by, rest)
    measured = measured.filter(pl.col("customers") > 0) if by else measured  # who only gave something back is no segment
    called = [segment_name(by, key) for key in (measured.select(by).rows() if by else [()])]
    groups = dict(zip(called, group_values(measured, catalog, by, names), strict=True))
    counts = dict(zip(called, measured["customers"], strict=True))
    found = outcomes(asked, by, groups, _reasons(measured, called, catalog))
    return [_row(one, counts[one.segment], catalog) for one in found]


def group_values(measured: pl.DataFrame, catalog: Catalog, by: Sequence[str], names: Sequence[str]) -> list[Group]:
    """Each group's numbers `names` in currency units, its settings, and what it is told apart by; what isn't known is left out."""
    derived = collected(catalog.derive(nw.from_native(measured.lazy()), [n for n in names if n in catalog.by_name]))
    scaled = [name for name in names if name in catalog.scaled and name in derived.columns]
    in_units = derived.with_columns(Unit.MONEY.in_units(derived[name]).alias(name) for name in scaled)
    present = [name for name in names if name in in_units.columns]
    rows = in_units.select(*by, *dict.fromkeys(["customers", *present])).iter_rows(named=True)
    return [{**catalog.constants, **row} for row in rows]


def _reasons(measured: pl.DataFrame, called: Sequence[str], catalog: Catalog) -> Callable[[str, str], str | None]:
    """Why a number of a group has no value, worked out only for the groups of which it is asked."""
    known: dict[str, Mapping[str, float | None]] = {}

    def why(name: str, segment: str) -> str | None:
        if segment not in known:
            known[segment] = worked_out(measured[called.index(segment)], catalog)
        return reason(name, known[segment], catalog)

    return why


def _row(found: Outcome, customers: int, catalog: Catalog) -> Row:
    values = ", ".join(f"{name} is {_shown(name, value, catalog)}" for name, value in found.values.items())
    met = None if found.met is None else "yes" if found.met else "no"
    return found.condition, found.segment, customers, met, values, found.why or None


def _shown(name: str, value: float | None, catalog: Catalog) -> str:
    unit = catalog.column(name).unit
    return unit.show(date_of(int(value)) if unit is Unit.DATE and value is not None else value)


def _title(rows: Sequence[Row]) -> str:
    met, unknown = (sum(row[3] == what for row in rows) for what in ("yes", None))
    found = f"{f'{met:,}' if met else 'None'} of {len(rows):,} {'check' if len(rows) == 1 else 'checks'} found something"
    return f"{found}; {unknown:,} can't be judged" if unknown else found


def findings(table: Table) -> pl.DataFrame:
    """The checks that a run must not pass over in silence: those that found something, and those that can't be judged.

    What can't be judged of a small segment, and can of others, is passed over: it would have said nothing either way.
    """
    return table.frame.filter((pl.col("met") == "yes") | (pl.col("met").is_null() & ~_PASSED_OVER))


_IS_SMALL = (pl.col("segment") != SHOP) & (pl.col("customers") < FEWEST)
_PASSED_OVER = _IS_SMALL & pl.col("met").is_not_null().any().over("condition")


def told(table: Table, most: int = MOST_TOLD) -> tuple[str, ...]:
    """Each finding in a line; of many the first, and how many more there are."""
    found = findings(table)
    lines = [_line(row) for row in found.head(most).iter_rows(named=True)]
    if found.height > most:
        lines.append(f"{found.height - most:,} more; all are in the table checks: --table checks")
    return tuple(lines)


def doubts(table: Table) -> tuple[str, ...]:
    """What is to be said of checks on small segments, if there are any."""
    found = findings(table)
    few, passed_over = found.filter(_IS_SMALL).height, table.frame.filter(pl.col("met").is_null() & _PASSED_OVER).height
    which = "this is" if found.height == 1 else f"{few:,} of these {'is' if few == 1 else 'are'}"
    of_few = f"of fewer than {FEWEST} customers"
    told = [f"{which} {of_few}, whose figures say little: clv segments --min-customers {FEWEST} gathers them"] if few else []
    checks = "1 check" if passed_over == 1 else f"{passed_over:,} checks"
    told += [f"{checks} of segments {of_few} can't be judged, and {'is' if passed_over == 1 else 'are'} passed over"] if passed_over else []
    return tuple(told)


def _line(row: Mapping[str, str | None]) -> str:
    whom = f" for {row['segment']}" if row["segment"] != SHOP else ""
    return f"{row['condition']}{whom}" + (f" can't be judged: {row['why']}" if row["why"] else f": {row['values']}")
