"""Explanation: what a number means, where it comes from, and how it is worked out here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import polars as pl

from clvcli.analysis import Analysis, analysis
from clvcli.catalog import SETTINGS, Catalog
from clvcli.churn import RULES
from clvcli.errors import Problem, UsageError, nearest
from clvcli.remarks import unread
from clvcli.reports.figures import figures, reason
from clvcli.request import Request, configured
from clvcli.rfm import NAMES, RFM, RFM_SEGMENT
from clvcli.tables import Column, Report, Table, Unit

_DEFINITION = (
    Column("aspect", "", Unit.TEXT, "What is said of the number."),
    Column("text", "", Unit.TEXT, "What there is to say."),
)
_ARITHMETIC = (
    Column("name", "Name", Unit.TEXT, "The number."),
    Column("value", "Value", Unit.ROW, "What it is here."),
    Column("unit", "Unit", Unit.TEXT, "What it counts."),
    Column("how", "How", Unit.TEXT, "How it is worked out, with the numbers put in."),
)


def explanation(name: str, request: Request, given: Mapping[str, float]) -> Report:
    """The definition of `name`, and its arithmetic with this shop's numbers or with `given` ones.

    Raises UsageError for a name that stands for nothing.
    """
    request = replace(request, numbers=(name,))
    loaded = configured(request)
    if name != "churn" and name not in loaded.catalog.names and (elsewhere := _defined_elsewhere(name, loaded.catalog)):
        return Report("explain", (elsewhere,), unread())
    found = analysis(request) if request.orders or (loaded.orders and not given) else None
    if name == "churn":
        return _churn(found)
    catalog = found.catalog if found else loaded.catalog
    for known in (name, *given):
        if known not in catalog.names:
            raise UsageError(Problem(f"no number is called '{known}'", hint=_nearest(known, catalog)))
    definition = _definition(name, catalog)
    values = _values(found, catalog, given)
    tables = (definition, _arithmetic(name, catalog, values)) if values else (definition,)
    return found.report(*tables) if found else Report("explain", tables, unread())


def _churn(found: Analysis | None) -> Report:
    """The churn rules, with what they make of this shop if there is one."""
    from clvcli import answers

    definition = _table("churn", "the rules by which a customer counts as lapsed", RULES.items())
    if found is None:
        return Report("explain", (definition,), unread())
    return found.report(*answers.churn(found), definition)


def _defined_elsewhere(name: str, catalog: Catalog) -> Table | None:
    """What a name stands for that is no number of the catalog: something of models, or a column of an answer, which may be of several."""
    from clvcli.model_explanations import told

    if of_models := told().get(name):
        return _table(name, of_models.label, of_models.rows)
    columns = _columns_shown(catalog).get(name)
    if not columns:
        return None
    rows = (row for column in columns for row in _of_column(column, "what" if column is columns[0] else "or"))
    return _table(name, columns[0].label, [*rows, *_names_of(name)])


def _nearest(known: str, catalog: Catalog) -> str:
    """The name that was meant, also by what tables call it; single letters, which parameters have for names, are too near to anything."""
    from clvcli.model_explanations import told

    shown, of_models = _columns_shown(catalog), told()
    labels = {column.label.casefold(): name for name, columns in reversed(shown.items()) for column in columns}
    labels |= {one.label.casefold(): name for name, one in of_models.items()}
    names = sorted(name for name in {*catalog.names, *shown, *of_models} if len(name) > 1)
    return nearest(labels.get(known.casefold(), known), names)


def _columns_shown(catalog: Catalog) -> dict[str, list[Column]]:
    """Every column of an answer that is no number of the catalog, by name; each that means something else."""
    from clvcli.reports import (
        backtest,
        budget,
        certainty,
        changes,
        checks,
        churn,
        cohorts,
        contracts,
        economics,
        newcomers,
        predict,
        trend,
        watched,
        whatif,
    )
    from clvcli.sections import grounds, worth
    from clvcli.spend import UNATTRIBUTED

    of_answers = (economics, certainty, cohorts, churn, trend, whatif, budget, predict, contracts, backtest, newcomers)
    rooms = (*of_answers, checks, changes, watched, worth, grounds)
    ends = [f"{name}_{end.name}" for name in catalog.by_name for end in (certainty.LOW, certainty.HIGH, certainty.SHRUNK)]
    intervals = (certainty.column_of(name, catalog) for name in ends)
    found: dict[str, list[Column]] = {}
    for column in (*catalog.columns.values(), *(c for room in rooms for c in room.COLUMNS), *UNATTRIBUTED, *intervals):
        same = found.setdefault(column.name, [])
        if column.description not in [known.description for known in same]:
            same.append(column)
    return found


def _of_column(column: Column, aspect: str) -> Iterator[tuple[str, str]]:
    yield aspect, column.description
    yield "unit", column.unit.value
    yield from [("source", column.source)] if column.source else []


def _names_of(name: str) -> list[tuple[str, str]]:
    """The names of RFM scores and what they stand for."""
    if name not in (RFM.name, RFM_SEGMENT.name):
        return []
    spans = ((n, "–".join(map(str, dict.fromkeys(n.recency))), "–".join(map(str, dict.fromkeys(n.fm)))) for n in NAMES)
    return [(n.name, f"R {recency}, mean of F and M {fm}: {n.meaning}") for n, recency, fm in spans]


def _values(found: Analysis | None, catalog: Catalog, given: Mapping[str, float]) -> dict[str, float | None]:
    """What each name stands for: given, or this shop's, or worked out of those."""
    if not found:
        return catalog.work_out(given) if given else {}
    measured = figures(found.matured, catalog)
    kept = {n: v for n, v in measured.items() if n not in catalog.by_name}
    return catalog.work_out({**kept, **given}) if given else measured


def _definition(name: str, catalog: Catalog) -> Table:
    return _table(name, catalog.column(name).label, _aspects(name, catalog))


def _table(name: str, label: str, rows: Iterable[tuple[str, str]]) -> Table:
    frame = pl.DataFrame(list(rows), schema={"aspect": pl.String, "text": pl.String}, orient="row")
    return Table("definition", f"{name} · {label}", _DEFINITION, frame)


def _aspects(name: str, catalog: Catalog) -> Iterator[tuple[str, str]]:
    column = catalog.column(name)
    yield "what", column.description
    yield "unit", column.unit.value
    formula = catalog.by_name.get(name)
    if formula is None:
        setting = name in {s.name for s in SETTINGS}
        yield "kind", "a setting" if setting else "measured once per customer; merges by sum, min or max"
        yield from [("source", column.source)] if column.source else []
        return
    yield "formula", formula.expression.text
    if formula.labels:
        labels = formula.labels
        horizon = {"lifespan": "the lifespan", "horizon": "the horizon"}.get(labels.horizon, labels.horizon)
        discounting = "the discount rate" if labels.discounting == "discount_rate" else labels.discounting
        yield "labels", f"basis {labels.basis}, scope {labels.scope}, horizon {horizon}, discounting {discounting}"
    if column.source:
        yield "source", column.source
    if formula.pitfall:
        yield "pitfall", formula.pitfall
    for number, read in enumerate(sorted(formula.expression.names)):
        yield "" if number else "reads", f"{read}: {catalog.column(read).description}"


def _arithmetic(name: str, catalog: Catalog, values: Mapping[str, float | None]) -> Table:
    """The number and everything it reads, inputs first, each with its numbers put in."""
    order = list(dict.fromkeys(_inputs_first(name, catalog, values)))
    rows = [(n, values.get(n), catalog.column(n).unit.value, _put_in(n, catalog, values)) for n in order]
    schema = {"name": pl.String, "value": pl.Float64, "unit": pl.String, "how": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    why = reason(name, values, catalog)
    notes = (f"{name}: {why}.",) if why else ()
    return Table("arithmetic", "The arithmetic", _ARITHMETIC, frame, notes, hidden=frozenset({"unit"}))


def _inputs_first(name: str, catalog: Catalog, values: Mapping[str, float | None]) -> Iterator[str]:
    formula = catalog.by_name.get(name)
    if formula and not (values.get(name) is not None and _is_given(name, catalog, values)):
        for read in sorted(formula.expression.names):
            yield from _inputs_first(read, catalog, values)
    yield name


def _is_given(name: str, catalog: Catalog, values: Mapping[str, float | None]) -> bool:
    """Whether a formula's value didn't come from its own text."""
    inputs = {n: values.get(n) for n in catalog.by_name[name].expression.names}
    return catalog.by_name[name].expression.number(inputs) != values[name]


def _put_in(name: str, catalog: Catalog, values: Mapping[str, float | None]) -> str:
    if name not in catalog.by_name or (values.get(name) is not None and _is_given(name, catalog, values)):
        return ""
    formula = catalog.by_name[name]
    if not formula.expression.names:
        return formula.column.description
    shown = {n: _shown(values.get(n)) for n in formula.expression.names}
    return f"{formula.expression.text} = {formula.expression.spelled(shown)}"


def _shown(value: float | None) -> str:
    return "?" if value is None else f"{value:.6g}"
