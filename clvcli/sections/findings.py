"""Findings: what several sections of a report read, each worked out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from clvcli import answers, inspection, outlook
from clvcli.analysis import Analysis
from clvcli.contracts import ContractForecast
from clvcli.document import sentence
from clvcli.errors import InputError, UsageError
from clvcli.intervals import Estimate, intervals, moments, samples, summed
from clvcli.periods import Period, period_index
from clvcli.reports.contracts import contract_tables
from clvcli.reports.figures import collected, figures, headline
from clvcli.reports.predict import prediction_tables
from clvcli.tables import Table

_MOST_COHORTS = 24
"""Rows of a heat map that a page can show as a whole."""

Tables = Mapping[str, Table]


@dataclass(frozen=True)
class Findings:
    """A shop's analysis, by which attributes its segments are, and which sections were asked for by name."""

    found: Analysis
    by: tuple[str, ...] = ()
    asked: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def values(self) -> dict[str, float | None]:
        """Every metric and formula of all customers together, in currency units."""
        return figures(self.found.valued, self.found.catalog)

    @cached_property
    def headline(self) -> str | None:
        """The CLV that stands for all."""
        return headline(self.values, self.found.catalog)

    @cached_property
    def intervals(self) -> dict[str, Estimate]:
        """Each CLV that is shown and has a value, with its standard error."""
        catalog = self.found.catalog
        names = [name for name in catalog.shown if catalog.by_name[name].labels and self.values.get(name) is not None]
        rows = collected(moments(self.found.valued, (), summed(names, catalog)))
        return intervals(samples(rows.iter_rows(named=True), ()), catalog, names)[()]

    @cached_property
    def summary(self) -> Tables:
        """The tables of `clv compute`."""
        return _by_name(answers.compute(self.found, for_people=False))

    @cached_property
    def inspected(self) -> tuple[Tables, tuple[str, ...]]:
        """The tables of `clv inspect`, without values of the file, and what is doubtful."""
        tables, doubts = inspection.inspected(self.found, brief=True)
        return _by_name(tuple(table.without("sample") for table in tables)), doubts

    @cached_property
    def ages(self) -> Tables:
        """The cohorts month by month, for curves over all of them."""
        return _by_name(answers.cohorts(self.found, "retention", period=Period.MONTH))

    @cached_property
    def tried(self) -> Tables | str:
        """The tables of `clv backtest`, or why there are none."""
        if self.found.loaded.config.verdict == "never" and "backtest" not in self.asked:
            return "Left out, as verdict: never says."
        if self.found.reading.orders.height > answers.MANY_ORDERS and "backtest" not in self.asked:
            return f"Left out for more than {answers.MANY_ORDERS:,} orders, unless 'sections:' names it; clv backtest works it out."
        return _or_why(lambda: outlook.backtest(self.found))

    @cached_property
    def forecast(self) -> Tables | str:
        """The tables of `clv predict` but for that of single customers, or why there are none."""
        return _or_why(self._forecast)

    def _forecast(self) -> tuple[Table, ...]:
        forecast, catalog = self.found.forecast, self.found.catalog
        if isinstance(forecast, ContractForecast):
            return contract_tables(forecast, catalog, 1)[1:]
        return prediction_tables(forecast, catalog, 1, 0)[1:]

    @property
    def cohort_period(self) -> Period:
        """The period by which cohorts are shown: the one that was set, else the shortest of which a page holds all."""
        chosen, window = self.found.loaded.config.period, self.found.window
        if chosen != "auto":
            return Period[chosen.upper()]
        shorter = (Period.MONTH, Period.QUARTER)
        counts = {p: period_index(window.as_of, p) - period_index(window.first_day, p) + 1 for p in shorter}
        return next((period for period, count in counts.items() if count <= _MOST_COHORTS), Period.YEAR)


def _by_name(tables: tuple[Table, ...]) -> Tables:
    return {table.name: table for table in tables}


def _or_why(tables: Callable[[], tuple[Table, ...]]) -> Tables | str:
    """The tables by name, or in a sentence why there are none."""
    try:
        return _by_name(tables())
    except (InputError, UsageError) as error:
        problem = error.problems[0]
        return sentence(f"{problem.message}{f': {problem.hint}' if problem.hint else ''}")
