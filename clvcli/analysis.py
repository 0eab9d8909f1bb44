"""The order of the stages: config, reading, window, catalog, customers; and what is said of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from clvcli import __version__, config, render, reports
from clvcli.acquisition import with_acquisition_cost
from clvcli.catalog import Catalog
from clvcli.config import Loaded
from clvcli.customers import coded, derived, measured, with_attributes, with_referrals
from clvcli.engines import Polars
from clvcli.errors import InputError, Place, Problem, UsageError
from clvcli.exports import Instructions, Ledger, Reading, read
from clvcli.exports.dialect import Given
from clvcli.exports.fates import Selection
from clvcli.exports.files import paths
from clvcli.exports.ledger import counted
from clvcli.exports.plans import Wishes
from clvcli.exports.rejects import REJECTS
from clvcli.exports.spelling import Spelling
from clvcli.metrics import PERIOD_METRICS, Observation
from clvcli.periods import Period, Window, date_of, day_number, longest_period
from clvcli.rates import Rates
from clvcli.runs import write_atomically
from clvcli.tables import Frame, Report, Table

REFERRER = "referred_by"
_NO_ORDERS = "name a file, as in 'clv {command} orders.csv', or set 'orders:' in clv.yaml; 'clv init orders.csv' writes one"


@dataclass(frozen=True)
class Request:
    """What the command line asked for, before anything is read."""

    command: str
    orders: tuple[str, ...] = ()
    config_path: Path | None = None
    options: Mapping[str, Any] = None  # type: ignore[assignment]  # set by every caller
    by: tuple[str, ...] = ()
    rejects: Path | None = None
    output: Path | None = None
    on_progress: Callable[[str, int], None] | None = None


@dataclass(frozen=True)
class Analysis:
    """An export read under a config; nothing more is worked out until a table is asked for."""

    request: Request
    loaded: Loaded
    reading: Reading
    engine: Polars

    @cached_property
    def window(self) -> Window:
        """The days under observation: to --as-of, else to the last order; never to today."""
        placed = self.reading.orders.lazy().filter(pl.col("placed") == 1)
        first, last = placed.select(first=pl.col("day").min(), last=pl.col("day").max()).collect().row(0)
        if first is None:
            raise InputError(Problem(f"nothing but refunds: {self.reading.ledger}", Place(self.reading.records[0].file.name)))
        as_of = day_number(self.loaded.config.as_of) if self.loaded.config.as_of else last
        chosen = self.loaded.config.period
        period = longest_period(first, as_of) if chosen == "auto" else Period[chosen.upper()]
        return Window(first, as_of, period)

    @cached_property
    def catalog(self) -> Catalog:
        """The numbers of this shop, and why some of them have no value here."""
        period = {"period_years": self.window.period.years} if self.window.period else {}
        settings = {**self.loaded.catalog.settings, **period}
        return replace(self.loaded.catalog, settings=settings, absent=self._absent(), currency=self.reading.currency)

    @property
    def orders(self) -> Frame:
        """One row per order."""
        return self.engine.frame(self.reading.orders)

    @property
    def customers(self) -> Frame:
        """One row per customer: every metric there is, and the attributes asked for."""
        seen = Observation(self.window, self.loaded.config.churn.window_days)
        customers = derived(self._with_attributes(seen), seen)
        customers = with_acquisition_cost(customers, _rates(self.loaded.config.cac))
        customers = with_referrals(customers, REFERRER) if REFERRER in self.reading.attributes else customers
        return self.catalog.label(customers) if self.loaded.config.segments else customers

    def _with_attributes(self, seen: Observation) -> Frame:
        """Customers as measured; each stage that is asked for twice is shared."""
        attributes, pick = self.reading.attributes, self.loaded.config.attribute_from
        if not attributes:
            return measured(self.orders, seen)
        orders, codes = (self.engine.shared(frame) for frame in coded(self.orders, attributes))
        return with_attributes(self.engine.shared(measured(orders, seen, pick)), orders, codes, pick)

    def _absent(self) -> dict[str, str]:
        """The metrics that can't be known here: why, and what to type."""
        absent: dict[str, str] = {}
        columns = self.reading.orders.columns
        if "gross_profit" not in columns:
            absent |= dict.fromkeys(
                ("gross_profit", "referred_gross_profit"),
                "the margin isn't known: add --margin 0.35, 'margin:' in clv.yaml, or a cost column",
            )
        elif self.reading.records_without_cost and self.loaded.config.margin is None:
            without = f"{self.reading.records_without_cost:,} records have no cost: add --margin 0.35 for those"
            absent |= dict.fromkeys(("gross_profit", "referred_gross_profit"), without)
        if self.loaded.config.cac is None:
            absent["acquisition_cost"] = "the cost of winning a customer isn't known: add --cac 20, or 'cac:' in clv.yaml"
        if REFERRER not in columns:
            absent |= dict.fromkeys(
                ("referred_customers", "referred_gross_profit"), "no column says who referred a customer: --map referred_by=COLUMN"
            )
        return absent | self._absent_by_period()

    def _absent_by_period(self) -> dict[str, str]:
        window, begin = self.window, date_of(self.window.first_day)
        if window.period is None:
            return dict.fromkeys([*PERIOD_METRICS, "period_years"], f"the data begin on {begin}: not even two months")
        word = window.period.word
        if not window.covers_current:
            return dict.fromkeys(PERIOD_METRICS, f"the data begin on {begin}: less than one {word}; try a shorter --period")
        if not window.covers_previous:
            why = f"the data begin on {begin}: no {word} before the last one; try a shorter --period"
            return dict.fromkeys(("orders_in_previous_period", "customers_in_previous_period", "retained_customers"), why)
        return {}

    @property
    def rejects(self) -> Table:
        """One row per record that can't be read; the first of them unless all were asked for."""
        return Table("rejects", "Records that can't be read", REJECTS, self.reading.rejects, keys=2)

    def report(self, *tables: Table) -> Report:
        """The tables with all that must be said of how they came about."""
        return Report(self.request.command, tables, self._facts(), self._remarks())

    def _facts(self) -> dict[str, Any]:
        window = self.window
        period = None if window.period is None else {
            "name": window.period.word,
            "start": date_of(window.current_start).isoformat(),
            "end": date_of(window.as_of).isoformat(),
            "previous_start": date_of(window.previous_start).isoformat(),
        }  # fmt: skip
        settings = self.loaded.config.model_dump(mode="json", exclude={"orders", "columns", "formulas", "segments", "show"})
        return {
            "version": __version__,
            "as_of": date_of(window.as_of).isoformat(),
            "period": period,
            "currency": self.reading.currency or None,
            "settings": settings,
            "ledger": self.reading.ledger.as_json(),
        }

    def _remarks(self) -> tuple[str, ...]:
        window = self.window
        money = [f"money in {self.reading.currency}"] if self.reading.currency else []
        span = [f"period: {window.period.word} {date_of(window.current_start)} to {date_of(window.as_of)}"] if window.period else []
        chosen = [f"{self.loaded.config.period} as asked"] if self.loaded.config.period != "auto" else ["the longest that fits twice"]
        known = " · ".join(
            [f"{date_of(window.first_day)} to {date_of(window.as_of)}", *(f"{s} ({c})" for s, c in zip(span, chosen, strict=False)), *money]
        )
        repaired = list(dict.fromkeys(repair for one in self.reading.records for repair, _ in one.repairs))
        used = [f"repaired: {'; '.join(repaired)}"] if repaired else []
        used += [f"config: {self.loaded.path}"] if self.loaded.path else []
        if "cost" in self.reading.roles.of and self.loaded.config.margin is not None and not self.reading.records_without_cost:
            used.append("margin: from the cost column, which is full; the configured margin isn't used")
        return (known, account(self.reading.ledger), *self._doubts(), *used)

    def _doubts(self) -> tuple[str, ...]:
        """What is doubtful of the data, and files that say nothing of orders."""
        idle = self.reading.idle
        unread = [f"not orders, and not read: {', '.join(idle)}"] if idle else []
        return tuple(f"look at this: {note}" for note in self.reading.notes) + tuple(unread)


def account(ledger: Ledger) -> str:
    """The ledger in one line, with its money."""
    return f"{ledger}; {counted(ledger.orders, 'order')}; {ledger.money}"


def unread() -> dict[str, Any]:
    """The facts of a report for which no orders were read."""
    return {"version": __version__, **dict.fromkeys(("as_of", "period", "currency", "settings", "ledger"))}


def analysis(request: Request) -> Analysis:
    """Read what was asked for.

    Raises UsageError if there are no orders to read, ConfigError and InputError for what is wrong with them.
    """
    loaded = configured(request)
    names = request.orders or loaded.orders
    if not names:
        where = f" in {loaded.path}" if loaded.path else ""
        raise UsageError(
            Problem(
                f"no orders were named, on the command line or{where or ' in a config'}", hint=_NO_ORDERS.format(command=request.command)
            )
        )
    with loaded.blamed():
        _refuse_to_write_over(names, request)
        reading = read(names, instructions(request, loaded))
    return Analysis(request, loaded, reading, Polars())


def _refuse_to_write_over(names: Sequence[str], request: Request) -> None:
    """Raises UsageError if what is to be written would stand in place of the orders, or of something else that is written."""
    read_from = paths(names) if request.output or request.rejects else set()
    for option, path in (("-o", request.output), ("--rejects", request.rejects)):
        if path and os.path.realpath(path) in read_from:
            raise UsageError(Problem("would be written over the orders", Place(str(path)), f"give {option} another name"))
    if request.output and request.rejects and os.path.realpath(request.output) == os.path.realpath(request.rejects):
        raise UsageError(Problem("would be written twice", Place(str(request.output)), "give --rejects another name"))


def configured(request: Request) -> Loaded:
    """The config that applies, with the command line over it."""
    return config.load(config.found(request.config_path, request.orders), request.options)


def instructions(request: Request, loaded: Loaded) -> Instructions:
    """What the config and the command line say about the export."""
    given = loaded.config
    as_of = day_number(given.as_of) if isinstance(given.as_of, date) else None
    wishes = Wishes(
        mapping=given.columns,
        spelling=Spelling(given.date_format, given.decimal, given.tz),
        **{name: getattr(given, name) for name in _WISHES},
    )
    return Instructions(
        given=Given(given.encoding, given.delimiter, given.header, given.member, given.sheet),
        wishes=wishes,
        preset=given.preset,
        presets=loaded.presets,
        selection=Selection(loaded.where, given.currency, as_of, tuple(_attributes(request, loaded)), (REFERRER,)),
        margin=_rates(given.margin),
        max_rejects=given.max_rejects,
        count_free=given.count_free,
        today=day_number(date.today()),  # noqa: DTZ011 - the user's own today
        on_rejects=_rejects_writer(request.rejects),
        on_progress=request.on_progress,
    )


_WISHES = ("grain", "identity", "tax", "shipping", "minor_units", "statuses", "anonymous", "allow_anonymous")
"""The keys of the config that say what records mean."""


def _rejects_writer(path: Path | None) -> Callable[[pl.DataFrame], None] | None:
    """What writes rejected records to `path`, if there is one."""
    if path is None:
        return None

    def write(frame: pl.DataFrame) -> None:
        report = Report("rejects", (Table("rejects", "", REJECTS, frame, keys=2),))
        write_atomically(path, lambda out: render.renderer("csv")(report, out, render.Look()))

    return write


def _attributes(request: Request, loaded: Loaded) -> Iterable[str]:
    """The attributes that the question, the rates and the segments read."""
    tables = [r for r in (_rates(loaded.config.margin), _rates(loaded.config.cac)) if r]
    texts = [name for s in loaded.catalog.segments for name in s.condition.texts]
    wanted = [*request.by, *(a for r in tables for a in r.attributes), *texts]
    names = dict.fromkeys(name for name in wanted if name != reports.SEGMENT.name)
    if taken := [name for name in names if name in {*loaded.catalog.columns, reports.SHARE.name}]:
        hint = f"if the orders have a column of that name, call it something else: --map category={taken[0]}"
        raise UsageError(Problem(f"'{taken[0]}' is a number or an id of clv's own, not an attribute", hint=hint))
    return names


def _rates(given: Any) -> Rates | None:
    if given is None or isinstance(given, int | float):
        return None if given is None else Rates(float(given))
    return given.as_rates()  # type: ignore[no-any-return]


__all__ = ["Analysis", "Request", "account", "analysis", "configured", "instructions", "unread"]
