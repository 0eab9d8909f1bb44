"""The order of the stages: config, reading, window, catalog, customers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.absences import absences, without_doubtful_profit
from clvcli.acquisition import with_acquisition_cost, with_spend
from clvcli.catalog import Catalog
from clvcli.churn import FEWEST_GAPS, ChurnRule
from clvcli.config import Loaded
from clvcli.costs import VariableCosts, with_variable_costs
from clvcli.customers import coded, derived, measured, with_attributes
from clvcli.cuts import Cut, cuts
from clvcli.engines import Polars
from clvcli.errors import InputError, Place, Problem
from clvcli.exports import Reading, read
from clvcli.exports.spelling import Spelling
from clvcli.labels import LABELS, with_labels
from clvcli.lapsing import gaps_of, rule_of, told
from clvcli.measuring import Observation
from clvcli.metrics import BY_AGE, PREDICTED
from clvcli.periods import DAYS_PER_MONTH, DAYS_PER_YEAR, Period, Window, date_of, day_number, days_in, longest_period
from clvcli.remarks import facts, remarks
from clvcli.request import REFERRER, Request, configured, instructions, named, numbers_asked, rates_of, refuse_to_write_over, write_rejects
from clvcli.runs import stages
from clvcli.sources import sources
from clvcli.tables import Frame, Report, Table

if TYPE_CHECKING:
    from clvcli.contracts import ContractForecast
    from clvcli.forecasts import BuyingForecast, Shop
    from clvcli.prediction import Fitted
    from clvcli.referrals import Sent
    from clvcli.spend import Spent
    from clvcli.survival import Gaps

_MANY_ORDERS = 100_000
_MISTAKEN = 100
"""Gaps by which counts by hash may be off: many more than there are pairs of customers with one hash, of any number that fits here."""
_OF_LAPSED = ("compute", "customers", "segments", "trend")
_BY_CALENDAR = ("cohorts", "trend")


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
        absent = {**absences(self.reading, self.loaded, self.window), **self._unpredicted}
        period = {"period_years": self.window.period.years} if self.window.period else {}
        costless = {} if self._costs else {"variable_costs": 0.0}
        settings = {**self.loaded.catalog.settings, **period, **costless, "churn_window_days": float(self.churn.days)}
        return replace(self.loaded.catalog, settings=settings, absent=absent, currency=self.reading.currency)

    @cached_property
    def _is_predicted(self) -> bool:
        """Whether a number is asked for that a model tells."""
        catalog, names = self.loaded.catalog, numbers_asked(self.request, self.loaded)
        return bool(catalog.needed(n for n in names if n in catalog.names) & PREDICTED)

    @cached_property
    def _unpredicted(self) -> dict[str, str]:
        """Why no model tells anything of this shop, if one is asked for."""
        if not self._is_predicted:
            return {}
        _ = self._saved
        try:
            _ = self.forecast
        except InputError as error:
            return dict.fromkeys(PREDICTED, f"{error.problems[0].message}: {error.problems[0].hint}")
        return {}

    @cached_property
    def buying(self) -> Frame:
        """One row per customer and buying day, held in memory: histories at any day come from it."""
        from clvcli.purchases import buying

        orders = without_doubtful_profit(self.orders, self.reading, self.loaded)
        return self.engine.frame(self.engine.collect(buying(orders, self.window.as_of)))

    @cached_property
    def forecast(self) -> BuyingForecast | ContractForecast:
        """The shop forecast by the model that is asked for; raises InputError where it can't be."""
        from clvcli.forecasts import forecast, wishes

        return forecast(self.shop, self.engine, wishes(self.loaded.config, self._saved))

    @cached_property
    def _saved(self) -> Fitted | None:
        """The model that was saved, if a file is named; raises InputError where that is none, or is of another currency."""
        if not self.loaded.model_file:
            return None
        from clvcli.saved_models import load

        return load(self.loaded.model_file, self.reading.currency)

    @property
    def shop(self) -> Shop:
        """What a forecast is made from."""
        from clvcli.forecasts import Shop

        given, customers = self.loaded.config, without_doubtful_profit(self._measured, self.reading, self.loaded)
        if not given.ended:
            return Shop(self.buying, customers, self._seen_gaps, self.window, given.billing)
        from clvcli.endings import with_endings

        spelling = Spelling(given.date_format, given.decimal, given.tz)
        ended = with_endings(customers, given.ended, self.engine, spelling)
        return Shop(self.buying, ended, self._seen_gaps, self.window, given.billing, has_endings=True)

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """The past days at which forecasts are tried; raises UsageError where one leaves too little on either side."""
        config = self.loaded.config
        holdout = round(days_in(config.holdout)) if config.holdout else None
        return cuts([day_number(day) for day in config.cuts], self.window, round(days_in(config.horizon)), holdout)

    def at(self, cut: Cut) -> Analysis:
        """The shop as it was known at the end of that day, its lifespans as long as the days after it; what winning cost is past."""
        shown = tuple(n for n in self.loaded.catalog.shown if not self.loaded.catalog.needed([n]) & PREDICTED)
        then = {"as_of": date_of(cut.day), "lifespan": cut.days / DAYS_PER_YEAR, "spend": None, "cac": 0.0, "show": shown}
        loaded = replace(self.loaded, config=self.loaded.config.model_copy(update=then))
        return replace(self, loaded=loaded, reading=replace(self.reading, orders=self.reading.orders.filter(pl.col("day") <= cut.day)))

    @cached_property
    def orders(self) -> Frame:
        """One row per order, with its variable costs if any are configured."""
        orders = self.engine.frame(self.reading.orders)
        return with_variable_costs(orders, self._costs) if self._costs else orders

    @cached_property
    def _costs(self) -> VariableCosts | None:
        """What an order costs beside its goods, if anything is configured."""
        costs = VariableCosts(**self.loaded.config.costs.model_dump())
        return None if costs == VariableCosts() else costs

    @cached_property
    def churn(self) -> ChurnRule:
        """When a customer of this shop has lapsed: by a window that was set, else by the gaps between its orders if there are enough."""
        return rule_of(self.loaded.config.churn, self._usual_gap)

    def _usual_gap(self, share: float) -> int | None:
        """The days within which this share of the gaps between orders ended; nothing where they are few."""
        if self.reading.orders.height > _MANY_ORDERS and (found := self._seen_gaps.percentile(share, off_by=_MISTAKEN)) is not None:
            return found
        return self.gaps.percentile(share) if self.gaps.count >= FEWEST_GAPS else None

    @cached_property
    def _seen_gaps(self) -> Gaps:
        """The gaps between orders; of many orders by hash, which is quicker and near enough, and without the silences."""
        from clvcli.survival import Gaps

        is_many = self.reading.orders.height > _MANY_ORDERS
        return Gaps(tuple(self.engine.gaps_by_hash(self.reading.orders)), ()) if is_many else self.gaps

    @cached_property
    def gaps(self) -> Gaps:
        """The gaps between the orders of each customer, and the silences that last."""
        return gaps_of(self.orders, self.window, self.engine)

    @cached_property
    def seen(self) -> Observation:
        """What measuring needs to know of this shop."""
        return Observation(self.window, self.churn, round(self.loaded.config.target_payback_months * DAYS_PER_MONTH))

    @cached_property
    def customers(self) -> Frame:
        """One row per customer: every metric but those by age, and the attributes and labels asked for."""
        customers = self._with_cost(self._measured)
        if REFERRER in self.reading.attributes:
            from clvcli.referrals import with_referrals

            customers = with_referrals(customers, REFERRER, [one for circle in self._sent.circles for one in circle])
        texts = {name for segment in self.loaded.catalog.segments for name in segment.condition.texts}
        asked = {*self.request.by, *self.request.labels, *texts} & LABELS.keys()
        customers = with_labels(customers, asked, self.loaded.config.value_tiers)
        return self.catalog.label(customers) if self.loaded.config.segments else customers

    @cached_property
    def matured(self) -> Frame:
        """The customers with the metrics by age too."""
        from clvcli.horizons import with_horizons

        return with_horizons(self.engine.shared(self._predicted(self.customers)), self.orders, self.seen)

    @cached_property
    def valued(self) -> Frame:
        """The customers with all that the shown formulas read."""
        read = self.catalog.needed(numbers_asked(self.request, self.loaded))
        return self.matured if read & BY_AGE else self._predicted(self.customers)

    def _predicted(self, customers: Frame) -> Frame:
        """The customers with what a model expects of them, if that is asked for and one can be fitted."""
        if not self._is_predicted or self._unpredicted:
            return customers
        return customers.join(self.engine.frame(self.forecast.metrics), on="customer_id", how="left")

    @cached_property
    def _sent(self) -> Sent:
        """Who was sent by whom, if a column says so."""
        from clvcli.referrals import Sent

        pairs = self.engine.collect(self._measured.filter(nw.col("customers") == 1).select("customer_id", REFERRER)).rows()
        return Sent(
            {customer: referrer for customer, referrer in pairs if referrer is not None}, frozenset(customer for customer, _ in pairs)
        )

    @cached_property
    def spent(self) -> Spent | None:
        """What was spent to win customers, by channel and month, if there is a file of it."""
        if self.loaded.config.spend is None:
            return None
        from clvcli.spend import spent

        with self.loaded.blamed():
            found = spent(self.loaded, self.reading, self._measured, self.window)
        if self.request.rejects and found.rejects.height:
            write_rejects(self.request.rejects, pl.concat([self.reading.rejects, found.rejects]))
        return found

    @cached_property
    def _measured(self) -> Frame:
        """Customers as measured, with their attributes; each stage that is asked for twice is shared."""
        return derived(self._with_attributes(), self.seen)

    def _with_attributes(self) -> Frame:
        attributes, pick = self.reading.attributes, self.loaded.config.attribute_from
        if not attributes:
            return measured(self.orders, self.seen)
        orders, codes = (self.engine.shared(frame) for frame in coded(self.orders, attributes))
        return with_attributes(self.engine.shared(measured(orders, self.seen, pick)), orders, codes, pick)

    def _with_cost(self, customers: Frame) -> Frame:
        """What each customer cost to win: by the spend, else by the CAC."""
        if self.spent is None:
            return with_acquisition_cost(customers, rates_of(self.loaded.config.cac))
        return with_spend(self.engine.shared(customers), self.spent.by, self.engine.frame(self.spent.cells), self.spent.known)

    @property
    def _told_window(self) -> Window:
        """The window as far as the answer depends on it: cohorts and trends go by calendar periods of their own."""
        return replace(self.window, period=None) if self.request.command in _BY_CALENDAR else self.window

    @property
    def _notes(self) -> tuple[str, ...]:
        """What is to be said of spend, costs and referrals."""
        said = self.spent.notes if self.spent else ()
        called = self.request.pseudonyms.of if self.request.pseudonyms else str
        sent = self._sent.doubts(called) if REFERRER in self.reading.attributes else []
        lapsed = [told(self.loaded.config.churn, self.churn)] if self.request.command in _OF_LAPSED else []
        return (*lapsed, *said, *(f"look at this: {doubt}" for doubt in sent))

    def report(self, *tables: Table) -> Report:
        """The tables with all that must be said of how they came about."""
        said = remarks(self.loaded, self.reading, self._told_window, self._notes)
        told = facts(self.loaded, self.reading, self._told_window)
        read = sources(self.loaded, self.reading)
        report = Report(self.request.command, tables, told, said, self.reading.orders, self.loaded.config.show_ids, read)
        return self.request.pseudonyms.over(report) if self.request.pseudonyms else report


def analysis(request: Request) -> Analysis:
    """Read what was asked for.

    Raises UsageError if there are no orders to read, ConfigError and InputError for what is wrong with them.
    """
    loaded = configured(request)
    names = named(request, loaded)
    with loaded.blamed():
        refuse_to_write_over(names, request)
        reading = read(names, instructions(request, loaded))
    stages.current().end("reading")
    return Analysis(request, loaded, reading, Polars())
