"""The order of the stages: config, reading, window, catalog, customers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
import polars as pl

from clvcli import config
from clvcli.absences import absences
from clvcli.acquisition import with_acquisition_cost, with_spend
from clvcli.catalog import Catalog
from clvcli.churn import FEWEST_GAPS, WINDOW_DAYS, ChurnRule
from clvcli.config import Loaded
from clvcli.costs import VariableCosts, with_variable_costs
from clvcli.customers import coded, derived, measured, with_attributes
from clvcli.engines import Polars
from clvcli.errors import InputError, Place, Problem, UsageError
from clvcli.exports import Reading, read
from clvcli.exports.rejects import REJECTS
from clvcli.labels import LABELS, with_labels
from clvcli.measuring import Observation
from clvcli.metrics import BY_AGE
from clvcli.periods import DAYS_PER_MONTH, Period, Window, day_number, longest_period
from clvcli.remarks import facts, remarks
from clvcli.request import REFERRER, Request, instructions, rates_of, refuse_to_write_over, write_rejects
from clvcli.tables import Frame, Report, Table

if TYPE_CHECKING:
    from clvcli.referrals import Sent
    from clvcli.spend import Spent
    from clvcli.survival import Gaps

_NO_ORDERS = "name a file, as in 'clv {command} orders.csv', or set 'orders:' in clv.yaml; 'clv init orders.csv' writes one"
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
        period = {"period_years": self.window.period.years} if self.window.period else {}
        costless = {} if self._costs else {"variable_costs": 0.0}
        settings = {**self.loaded.catalog.settings, **period, **costless, "churn_window_days": float(self.churn.days)}
        absent = absences(self.reading, self.loaded, self.window)
        return replace(self.loaded.catalog, settings=settings, absent=absent, currency=self.reading.currency)

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
        given = self.loaded.config.churn
        days = given.window_days or WINDOW_DAYS
        window = ChurnRule(days, one_time_days=given.one_time_days)
        if given.rule == "window" or (given.rule == "auto" and given.window_days):
            return window
        usual = self._usual_gap(given.percentile)
        if usual is None:
            return window
        multiple, least = (given.multiple, given.least_days) if given.rule == "personal" else (None, 0)
        return ChurnRule(usual, multiple, least, given.one_time_days, "personal" if multiple else "percentile")

    def _usual_gap(self, share: float) -> int | None:
        """The days within which this share of the gaps between orders ended; nothing where they are few."""
        from clvcli.survival import Gaps

        if self.reading.orders.height > _MANY_ORDERS:
            quick = Gaps(tuple(self.engine.gaps_by_hash(self.reading.orders)), ())
            if (found := quick.percentile(share, off_by=_MISTAKEN)) is not None:
                return found
        return self.gaps.percentile(share) if self.gaps.count >= FEWEST_GAPS else None

    @cached_property
    def gaps(self) -> Gaps:
        """The gaps between the orders of each customer, and the silences that last."""
        from clvcli.survival import Gaps, gap_counts, silence_counts

        closed = self.engine.collect(gap_counts(self.orders)).sort("gap").rows()
        plain = Observation(self.window, ChurnRule(WINDOW_DAYS))
        silent = self.engine.collect(silence_counts(derived(measured(self.orders, plain), plain))).sort("idle_days").rows()
        return Gaps(tuple(closed), tuple(silent))

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

        return with_horizons(self.engine.shared(self.customers), self.orders, self.seen)

    @cached_property
    def valued(self) -> Frame:
        """The customers with all that the shown formulas read."""
        read = self.catalog.needed([*self.catalog.shown, *(f.name for f in self.catalog.own_formulas)])
        return self.matured if read & BY_AGE else self.customers

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
    def _told_churn(self) -> str:
        """After what a customer has lapsed, and how that was found."""
        given, rule = self.loaded.config.churn, self.churn
        if rule.name == "window":
            why = "" if given.window_days else f", since there are fewer than {FEWEST_GAPS} gaps between orders to tell"
            return f"lapsed: after {rule.days} days without an order{why}"
        usual = f"{rule.days} days, which {given.percentile:.0%} of the gaps between orders stayed within"
        if rule.multiple is None:
            return f"lapsed: after {usual}"
        return f"lapsed: after {rule.multiple:g} × the customer's own mean gap; of who bought once, after {usual}"

    @property
    def _notes(self) -> tuple[str, ...]:
        """What is to be said of spend, costs and referrals."""
        said = self.spent.notes if self.spent else ()
        sent = self._sent.doubts if REFERRER in self.reading.attributes else []
        lapsed = [self._told_churn] if self.request.command in _OF_LAPSED else []
        return (*lapsed, *said, *(f"look at this: {doubt}" for doubt in sent))

    @property
    def rejects(self) -> Table:
        """One row per record that can't be read; the first of them unless all were asked for."""
        return Table("rejects", "Records that can't be read", REJECTS, self.reading.rejects, keys=2)

    def report(self, *tables: Table) -> Report:
        """The tables with all that must be said of how they came about."""
        said = remarks(self.loaded, self.reading, self._told_window, self._notes)
        return Report(self.request.command, tables, facts(self.loaded, self.reading, self._told_window), said)


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
        refuse_to_write_over(names, request)
        reading = read(names, instructions(request, loaded))
    return Analysis(request, loaded, reading, Polars())


def configured(request: Request) -> Loaded:
    """The config that applies, with the command line over it."""
    return config.load(config.found(request.config_path, request.orders), request.options)
