"""How sure is it? Intervals, verdicts and what to believe of small segments, beside the segments' figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from clvcli.catalog import Catalog
from clvcli.differences import distinguishable, shrunk, steadied
from clvcli.intervals import Estimate, Key, Sample, intervals, total
from clvcli.segments import SHARE
from clvcli.tables import Column, Unit

_DELTA = "delta method: Oehlert 1992"
LOW = Column("low", "From", Unit.MONEY, "Lower end of the 95 % interval.", _DELTA)
HIGH = Column("high", "To", Unit.MONEY, "Upper end of the 95 % interval.", _DELTA)
SHRUNK = Column(
    "shrunk", "Drawn to the base", Unit.MONEY,
    "The segment's CLV drawn towards the shop's by as much as chance alone may have driven it away; what to believe of a small segment.",
    "DerSimonian & Laird 1986; Efron & Morris 1975",
)  # fmt: skip
VERDICT = Column(
    "versus_rest", "Against the rest", Unit.TEXT,
    "Whether the segment's CLV differs from that of all other customers together, at 5 % over all segments.",
    "Holm 1979, A Simple Sequentially Rejective Multiple Test Procedure",
)  # fmt: skip
COLUMNS = (LOW, HIGH, SHRUNK, VERDICT, SHARE)


def certainty(
    keys: Sequence[Key], groups: Mapping[Key, Sample], catalog: Catalog, formulas: Sequence[str], first: str | None
) -> pl.DataFrame:
    """For each segment, in the order of `keys`, the interval of each formula, and of the headline what to believe and what is certain."""
    found = intervals(groups, catalog, formulas)
    columns: dict[str, list[object]] = {}
    for name in formulas:
        ends = [found[key][name].interval for key in keys]
        columns[f"{name}_{LOW.name}"] = [end and end[0] for end in ends]
        columns[f"{name}_{HIGH.name}"] = [end and end[1] for end in ends]
    if first is not None and first in formulas:
        verdicts = distinguishable(groups, catalog, [first])
        columns[f"{first}_{SHRUNK.name}"] = list(_drawn([found[key][first] for key in keys], groups, catalog, first))
        columns[VERDICT.name] = [verdicts[key][first] for key in keys]
    texts = {name: pl.String if name == VERDICT.name else pl.Float64 for name in columns}
    return pl.DataFrame(columns, schema=texts)


def _drawn(own: Sequence[Estimate], groups: Mapping[Key, Sample], catalog: Catalog, first: str) -> Sequence[float | None]:
    """The headline of each segment, drawn to that of all."""
    whole = intervals({(): total(groups.values())}, catalog, [first])[()][first]
    return shrunk([one.value for one in own], [steadied(one, whole).error for one in own], whole.value)


def seen(first: str | None, *, small: bool) -> set[str]:
    """Those of its columns that people see: of the headline only, and what to believe of it where there are small segments."""
    return {f"{first}_{LOW.name}", f"{first}_{HIGH.name}", VERDICT.name, *({f"{first}_{SHRUNK.name}"} if small else set())}


def is_of_certainty(name: str, catalog: Catalog) -> bool:
    """Whether a column says how sure another one is."""
    formula, _, end = name.rpartition("_")
    return name == VERDICT.name or (end in (LOW.name, HIGH.name, SHRUNK.name) and formula in catalog.by_name)


def beside(formulas: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The formulas, each followed by what says how sure it is; the verdict last."""
    ends = (LOW.name, HIGH.name, SHRUNK.name)
    found = [
        name for formula in formulas for name in (formula, *(f"{formula}_{end}" for end in ends)) if name == formula or name in columns
    ]
    return [*found, *(name for name in columns if name == VERDICT.name)]


def of_all(groups: Mapping[Key, Sample], catalog: Catalog, formulas: Sequence[str]) -> dict[str, float]:
    """The ends of each formula's interval for all segments together, by column name."""
    whole = intervals({(): total(groups.values())}, catalog, formulas)[()]
    ends = {name: estimate.interval for name, estimate in whole.items()}
    return {f"{name}_{column.name}": end[at] for name, end in ends.items() if end for at, column in enumerate((LOW, HIGH))}


def column_of(name: str, catalog: Catalog, first: str | None = None) -> Column:
    """The column of a name, which may be an end of a formula's interval."""
    if name in (SHARE.name, VERDICT.name):
        return SHARE if name == SHARE.name else VERDICT
    formula, _, end = name.rpartition("_")
    kind = {column.name: column for column in (LOW, HIGH, SHRUNK)}.get(end)
    if kind is None or formula not in catalog.by_name:
        return catalog.column(name)
    of = catalog.column(formula)
    label = kind.label if formula == first else f"{of.label} {kind.label.lower()}"
    return Column(name, label, of.unit, f"{of.label}: {kind.description}", kind.source)
