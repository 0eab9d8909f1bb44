"""Outlook: what is asked of models: what comes next, and how far they and the formulas are to be believed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clvcli.analysis import Analysis
from clvcli.contracts import ContractForecast
from clvcli.errors import Problem, UsageError
from clvcli.periods import date_of
from clvcli.reports.backtest import backtest_tables
from clvcli.reports.backtest_by import Part, segment_tables
from clvcli.reports.contracts import contract_tables
from clvcli.reports.newcomers import newcomer_tables
from clvcli.reports.predict import prediction_tables
from clvcli.request import named, refuse_to_write_over
from clvcli.saved_models import save
from clvcli.tables import Table
from clvcli.tracking import repeat_days, tracked
from clvcli.trials import newcomers_of, parts, trials
from clvcli.verdict import verdict


def predict(found: Analysis, most: int | None, save_to: Path | None, bootstrap: int) -> tuple[Table, ...]:
    """What next? Of each customer, of all together, and by which parameters; they are saved if a file is named for them."""
    forecast = found.forecast
    if isinstance(forecast, ContractForecast):
        _refuse_of_periods("sBG", save_to, bootstrap)
        return contract_tables(forecast, found.catalog, most)
    if forecast.period:
        _refuse_of_periods(forecast.fitted.model.label, save_to)
    if save_to or found.loaded.model_file:
        refuse_to_write_over(named(found.request, found.loaded), found.request, save_to, found.loaded.model_file)
    if save_to:
        save(forecast.fitted, save_to, date_of(found.window.as_of).isoformat(), found.reading.currency)
    return prediction_tables(forecast, found.catalog, most, bootstrap)


def _refuse_of_periods(label: str, save_to: Path | None, bootstrap: int = 0) -> None:
    """Raises UsageError for what isn't done with a model that counts in periods."""
    if save_to:
        raise UsageError(Problem(f"the parameters of {label} aren't saved", hint="they are in the table 'parameters' of -o FILE.json"))
    if bootstrap:
        raise UsageError(Problem(f"{label} has no bootstrap", hint="leave out --bootstrap: its intervals are those of the curvature"))


def backtest(found: Analysis, by: Sequence[str] = ()) -> tuple[Table, ...]:
    """Can I believe it? Each forecast as of past days, held against what followed; by attributes if there are any."""
    tests, shown = trials(found), found.loaded.catalog.shown
    repeats = [found.engine.collect(repeat_days(found.buying, test.cut)) for test in tests]
    tracks = [tracked(one, test.rows, test.fits, test.cut) for one, test in zip(repeats, tests, strict=True)]
    new = [(test.cut, newcomers_of(found, test)) for test in tests]
    tables = (*backtest_tables(tests, verdict(tests, shown, new[-1][1]), tracks), *newcomer_tables(new))
    if not by:
        return tables
    by_cut: list[tuple[Part, ...]] = [parts(found, test) for test in tests]
    return (*tables, *segment_tables(by_cut, by, next((n for n in shown if n in tests[-1].by_name), "")))
