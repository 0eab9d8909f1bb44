"""Trials: the shop's formulas and models as they would have been at past days, held against what followed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from clvcli.analysis import Analysis
from clvcli.backtest import Basis, Forecast, Trial
from clvcli.catalog import Catalog
from clvcli.cuts import Cut
from clvcli.definition import Formula
from clvcli.errors import Problem, UsageError
from clvcli.forecasts import MODELS, tried
from clvcli.labels import APART
from clvcli.metrics import PREDICTED
from clvcli.models.buying import BuyingModel
from clvcli.newcomers import Newcomers, Told, first_days, newcomers
from clvcli.periods import DAYS_PER_YEAR, days_in
from clvcli.reports.backtest_by import Part
from clvcli.reports.figures import figures, metrics_of, reason, refuse_no_segments, worked_out
from clvcli.verdict import verdict

_PAST = "it measures the past and forecasts nothing"
_PREDICTED = "the models stand in rows of their own"
_OF_ENDLESS = "retention_rate"
_AT = f"{APART}at"
"""What says how much of a value without end falls into the first periods."""


def trials(found: Analysis) -> tuple[Trial, ...]:
    """One trial per cut: of the models and formulas that are configured; raises UsageError for a cut that leaves too little on either side."""
    models, refused = _models(found)
    tests = ((tried(found.buying, cut, found.engine, models), cut) for cut in found.cuts)
    return tuple(_with_formulas(replace(test, undefined={**test.undefined, **refused}), found, cut) for test, cut in tests)


def _models(found: Analysis) -> tuple[list[BuyingModel], dict[str, str]]:
    """The models to try, and why others can't be; none where orders come like payments of a contract, which they don't hold for."""
    named, shop = found.loaded.config.model, found.shop
    if named not in ("auto", *MODELS):
        raise UsageError(Problem(f"{named} counts in periods and isn't tried on past days", hint=f"--model auto, {', '.join(MODELS)}"))
    wanted = [MODELS[named]] if named in MODELS else list(MODELS.values())
    if shop.is_contractual:
        return [], {model.name: f"{shop.told_rhythm}: see clv predict --model sbg" for model in wanted}
    return wanted, {}


def told_verdict(found: Analysis) -> str:
    """What the trials say in a sentence."""
    tests = trials(found)
    return verdict(tests, found.loaded.catalog.shown, newcomers_of(found, tests[-1]))


def newcomers_of(found: Analysis, test: Trial) -> Newcomers | None:
    """What customers won after the cut brought in their first days, beside what the formulas of scope total and the models said."""
    then = found.at(Cut(test.cut.day, first_days(test.cut)))
    names = [
        f.name
        for f in test.forecasts
        if f.kind == "formula" and (labels := then.catalog.by_name[f.name].labels) and labels.scope == "total"
    ]
    forecasts, _ = formula_forecasts(then, names, Cut(test.cut.day, first_days(test.cut)), 1)
    told = {f.name: Told(f.label, f.kind, f.basis, float(f.money[0])) for f in forecasts if f.money is not None}
    return newcomers(found.buying, test, told, found.engine)


def _with_formulas(test: Trial, found: Analysis, cut: Cut) -> Trial:
    then = found.at(cut)
    told, undefined = formula_forecasts(then, found.loaded.catalog.shown, cut, test.rows.height)
    return replace(test, forecasts=(*told, *test.forecasts), undefined={**undefined, **test.undefined})


def formula_forecasts(then: Analysis, names: Iterable[str], cut: Cut, customers: int) -> tuple[list[Forecast], dict[str, str]]:
    """What each formula said of every customer's money in the days after the cut, one figure for all; and why some said nothing."""
    values = figures(then.valued, then.catalog)
    told: list[Forecast] = []
    undefined: dict[str, str] = {}
    for name in names:
        item = then.catalog.by_name[name]
        if item.labels is None:
            continue
        value, why = in_days(item, values, then.catalog, cut.days)
        basis: Basis = "revenue" if item.labels.basis == "revenue" else "margin"
        if value is not None and basis == "margin" and "gross_profit" in then.catalog.absent:
            value, why = None, then.catalog.absent["gross_profit"]
        if value is None:
            undefined[name] = why
        else:
            told.append(Forecast(name, item.column.label, "formula", np.full(customers, value), basis=basis))
    return told, undefined


def parts(found: Analysis, test: Trial) -> tuple[Part, ...]:
    """The trial by segment: formulas worked out for each segment's customers then, the others added up over them."""
    then, by = found.at(test.cut), found.request.by
    refuse_no_segments(by, then.catalog)
    known = found.engine.collect(then.customers.filter(nw.col("customers") == 1).select("customer_id", *by))
    placed = test.rows.select("customer_id").join(known, on="customer_id", how="left", maintain_order="left").with_row_index(_AT)
    at = placed.group_by(by).agg(_AT).sort(by, nulls_last=True)
    names = [*(f.name for f in test.forecasts if f.kind == "formula"), _OF_ENDLESS]
    figures_of = {row.select(by).row(0): row.drop(by) for row in metrics_of(then.valued, then.catalog, by, names).iter_slices(1)}
    best = test.best_model
    return tuple(
        Part(
            test.cut,
            tuple(row[:-1]),
            len(row[-1]),
            _told(test, np.array(row[-1]), figures_of.get(tuple(row[:-1])), then),
            best.model.name if best else "",
        )
        for row in at.iter_rows()
    )


def _told(test: Trial, at: NDArray[np.int64], metrics: pl.DataFrame | None, then: Analysis) -> dict[str, tuple[str, float, float]]:
    """What each forecast said of the customers at these places, and what they brought."""
    values = worked_out(metrics, then.catalog) if metrics is not None else {}
    told: dict[str, tuple[str, float, float]] = {}
    for forecast in test.forecasts:
        actual = test.money(forecast.basis)
        if forecast.money is None or actual is None:
            continue
        predicted: float | None = float(forecast.money[at].sum())
        if forecast.kind == "formula":
            value, _ = in_days(then.catalog.by_name[forecast.name], values, then.catalog, test.cut.days)
            predicted = None if value is None else value * len(at)
        if predicted is not None:
            told[forecast.name] = (forecast.basis, predicted, float(actual[at].sum()))
    return told


def in_days(item: Formula, values: Mapping[str, float | None], catalog: Catalog, days: int) -> tuple[float | None, str]:
    """What a CLV formula says of the next so many days, and why it says nothing where it doesn't.

    One over a lifespan takes these days for the lifespan. One without end is a sum of periods that shrink by the retention rate
    (and the discount): of it the first periods are taken, 1 − q^n of the whole. One over a fixed time is taken in proportion.
    """
    labels = item.labels
    if labels is None or labels.scope == "past":
        return None, _PAST
    if catalog.needed([item.name]) & PREDICTED:
        return None, _PREDICTED
    value = values.get(item.name)
    if value is None:
        return None, reason(item.name, values, catalog) or ""
    if labels.horizon == "unlimited":
        share = _share_of_endless(values, days, is_discounted=labels.discounting != "none")
        return (None, f"{_OF_ENDLESS} has no value") if share is None else (value * share, "")
    if "lifespan_years" in _read(item.name, catalog):
        return value, ""
    try:
        return value * days / days_in(labels.horizon), ""
    except ValueError:
        return None, f"its horizon, '{labels.horizon}', doesn't say how much of it falls into {days} days"


def _share_of_endless(values: Mapping[str, float | None], days: int, *, is_discounted: bool) -> float | None:
    retention, discount, years = (values.get(name) for name in (_OF_ENDLESS, "discount_per_period", "period_years"))
    if retention is None or discount is None or not years:
        return None
    left = retention / (1 + discount) if is_discounted else retention
    return 1.0 - math.pow(left, days / DAYS_PER_YEAR / years)


def _read(name: str, catalog: Catalog) -> set[str]:
    """Every name a formula reads, directly or through others."""
    found: set[str] = set()
    unread: Sequence[str] = [name]
    while unread:
        names = {n for one in unread if one in catalog.by_name for n in catalog.by_name[one].expression.names}
        unread = sorted(names - found)
        found |= names
    return found
