"""Forecasts: by which model a shop is forecast, how that was chosen, and how far off it was on the shop's own past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from clvcli.backtest import Trial, trial
from clvcli.contracts import ContractForecast, Contracts, contract_forecast
from clvcli.cuts import Cut, usual_cut
from clvcli.engines import Polars
from clvcli.errors import InputError, Problem, UsageError
from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.buying import BuyingModel
from clvcli.models.histories import FitError
from clvcli.models.mbg_nbd import MBG_NBD
from clvcli.models.pareto_nbd import PARETO_NBD
from clvcli.opportunities import BUYING_BY_PERIOD, by_period
from clvcli.periods import DAYS_PER_MONTH, Period, Window, date_of, days_in
from clvcli.prediction import Ahead, Fitted, Known, fitted, known, metrics_of, predicted, valued
from clvcli.purchases import histories
from clvcli.renewals import billing_of, is_clockwork, rhythm
from clvcli.settings import Config, Shares
from clvcli.survival import Gaps
from clvcli.tables import Frame

MODELS: Mapping[str, BuyingModel] = {model.name: model for model in (BG_NBD, MBG_NBD, PARETO_NBD)}
"""The models of buying that a shop can be forecast by, by name; the first is the one where nothing tells which is best."""
FARTHEST = 3
"""How many times as far as it has seen a model may look ahead."""


@dataclass(frozen=True)
class Shop:
    """What a shop is forecast from: rows of `buying`, rows of customers, the gaps between their orders, and the days that were seen."""

    buying: Frame
    customers: Frame
    gaps: Gaps
    window: Window
    billing: str = ""
    has_endings: bool = False

    @property
    def is_contractual(self) -> bool:
        """Whether the shop says so, by a billing period or a column of endings, or orders come like the payments of a contract."""
        return bool(self.billing) or self.has_endings or is_clockwork(self.gaps.closed)

    @property
    def told_rhythm(self) -> str:
        """How orders come, where they come like that."""
        billing = billing_of(self.gaps.closed)
        if billing is None or not is_clockwork(self.gaps.closed):
            return "customers pay by contract, as --billing or --ended says"
        return f"customers pay every {billing}, {rhythm(self.gaps.closed, billing).share or 0:.0%} of gaps between orders, as by a contract"


@dataclass(frozen=True)
class Wishes:
    """How a shop is to be forecast: the model's name or `auto`, or one that is `saved`; how far ahead; and whose margin is taken.

    With `own_margins` each customer's revenue to come earns what the customer's earned so far, else what all did.
    """

    model: str
    ahead: Ahead
    saved: Fitted | None = None
    own_margins: bool = False
    period: Period = Period.YEAR


def wishes(config: Config, saved: Fitted | None = None) -> Wishes:
    """How the config and the command line want the shop to be forecast."""
    period = Period.YEAR if config.period == "auto" else Period[config.period.upper()]
    return Wishes(config.model, ahead(config), saved, isinstance(config.margin, Shares), period)


def ahead(config: Config) -> Ahead:
    """How far models look, and at what rate what they see is discounted."""
    return Ahead(round(days_in(config.horizon)), config.discount_rate)


@dataclass(frozen=True)
class BuyingForecast:
    """A shop forecast: the model, why it was taken, what it expects of each customer, and its trial on the past if there could be one."""

    fitted: Fitted
    ahead: Ahead
    customers: pl.DataFrame
    why: str
    tried: Trial | None
    untried: str = ""
    period: Period | None = None

    @cached_property
    def metrics(self) -> pl.DataFrame:
        """The metrics PREDICTED by customer_id, in ten-thousandths."""
        return metrics_of(self.customers)


def sorted_histories(days: Frame, cut: Cut, engine: Polars) -> pl.DataFrame:
    """The histories at a cut, by customer_id."""
    return engine.collect(histories(days, cut)).sort("customer_id", multithreaded=False)  # which costs less than to share the work


def tried(days: Frame, cut: Cut, engine: Polars, models: Sequence[BuyingModel]) -> Trial:
    """The trial of models at a cut; raises UsageError where nobody had bought by then."""
    rows = sorted_histories(days, cut, engine)
    if rows.is_empty():
        raise UsageError(Problem(f"nobody had bought anything by {date_of(cut.day)}, where the past is cut", hint="cut later, with --cut"))
    return trial(rows, cut, known(engine.frame(rows), engine), models)


def forecast(shop: Shop, engine: Polars, wishes: Wishes) -> BuyingForecast | ContractForecast:
    """The shop forecast, by the model that is asked for, or that suits it.

    Raises InputError where no model can be fitted, where the horizon is out of proportion to what was seen, and where orders come
    like payments of a contract but a model is asked for that takes purchases to come at random; UsageError where a model is
    saved and another asked for.
    """
    _refuse_far(shop.window, wishes.ahead.days)
    _refuse_another(wishes)
    if wishes.saved is None and (wishes.model == "sbg" or (wishes.model == "auto" and shop.is_contractual)):
        return contract_forecast(
            Contracts(shop.customers, shop.gaps, shop.window.as_of, shop.billing, shop.has_endings, wishes.own_margins),
            engine,
            wishes.ahead,
        )
    if wishes.model == "bg_bb":
        return _by_period(shop, engine, wishes)
    if shop.is_contractual:
        asked = wishes.saved.model if wishes.saved else MODELS[wishes.model]
        raise InputError(Problem(f"{shop.told_rhythm}: {_AT_RANDOM.format(asked.label)}", hint="use --model sbg, which counts renewals"))
    return _by_day(shop, engine, wishes)


_AT_RANDOM = "{} takes purchases to come at random (Poisson), which these don't"


def _by_day(shop: Shop, engine: Polars, wishes: Wishes) -> BuyingForecast:
    rows = sorted_histories(shop.buying, Cut(shop.window.as_of), engine)
    seen = known(engine.frame(rows), engine)
    named = [wishes.saved.model] if wishes.saved else [MODELS[wishes.model]] if wishes.model in MODELS else []
    asked = named or list(MODELS.values())
    test, untried = _on_the_past(shop.buying, shop.window, engine, wishes, asked)
    chosen, why = _chosen(wishes, seen, asked, test)
    expected = predicted(chosen, rows, wishes.ahead)
    return BuyingForecast(chosen, wishes.ahead, valued(expected, own_margins=wishes.own_margins), why, test, untried)


def _by_period(shop: Shop, engine: Polars, wishes: Wishes) -> BuyingForecast:
    """The shop forecast by BG/BB, in calendar periods."""
    period = wishes.period
    days, cut = by_period(shop.buying, period, shop.window.as_of)
    rows = sorted_histories(days, cut, engine)
    if rows.is_empty():
        why = f"the data hold no whole {period.word}, and BG/BB counts by the {period.word}"
        raise InputError(Problem(why, hint="count shorter ones, as with --period month, or use another --model"))
    length = DAYS_PER_MONTH * period.value
    ahead = Ahead(max(round(wishes.ahead.days / length), 1), wishes.ahead.discount_rate, length)
    chosen, why = _chosen(replace(wishes, model=BUYING_BY_PERIOD.name), known(engine.frame(rows), engine), [BUYING_BY_PERIOD], None)
    last = engine.collect(shop.customers.select("customer_id", "last_day"))
    by_day = rows.drop("last_day").join(last, on="customer_id", how="left", maintain_order="left")
    expected = predicted(chosen, by_day, ahead)
    untried = f"it counts by the {period.word}, the back-test by the day"
    return BuyingForecast(chosen, ahead, valued(expected, own_margins=wishes.own_margins), why, None, untried, period)


def _on_the_past(days: Frame, window: Window, engine: Polars, wishes: Wishes, models: Sequence[BuyingModel]) -> tuple[Trial | None, str]:
    """The trial of the models at the usual cut, or why there is none."""
    try:
        found = tried(days, usual_cut(window, wishes.ahead.days), engine, models)
    except UsageError as error:
        return None, error.problems[0].message
    return (found, "") if found.fits else (None, f"at the cut on {date_of(found.cut.day)} {next(iter(found.undefined.values()))}")


def _chosen(wishes: Wishes, shop: Known, asked: Sequence[BuyingModel], test: Trial | None) -> tuple[Fitted, str]:
    """The model that is taken, fitted to all that was seen, and why it is."""
    if wishes.saved is not None:
        return wishes.saved, "its parameters were saved"
    try:
        if wishes.model != "auto":
            return fitted(asked[0], shop), "as asked"
        best = test.best_model if test else None
        if best is None or test is None:
            return fitted(asked[0], shop), "there is too little of the past to try others on"
        cut = date_of(test.cut.day)
        return fitted(
            best.model, shop
        ), f"of {len(test.fits)} models it was nearest to what customers did in the {test.cut.days} days after {cut}"
    except FitError as error:
        raise InputError(Problem(error.message, hint=error.hint)) from None


def _refuse_another(wishes: Wishes) -> None:
    if wishes.saved is not None and wishes.model not in ("auto", wishes.saved.model.name):
        raise UsageError(
            Problem(
                f"the saved model is {wishes.saved.model.label}, but the one asked for is {wishes.model}",
                hint="leave out --model or --model-file",
            )
        )


def _refuse_far(window: Window, days: int) -> None:
    """Nothing if the horizon is in proportion, or if all was on one day, of which fitting says what is wrong; else raises InputError."""
    span = window.as_of - window.first_day + 1
    if days > FARTHEST * span > FARTHEST:
        raise InputError(
            Problem(
                f"a horizon of {days:,} days is out of proportion to the {span:,} days that were seen: "
                "the models assume that customers go on as they did, which nobody knows for so long",
                hint=f"look at most {FARTHEST * span:,} days ahead, as in --horizon {min(span, days)}d",
            )
        )
