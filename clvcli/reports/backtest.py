"""Can I believe it? Every forecast as it would have been made on past days, held against what followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import polars as pl

from clvcli.accuracy import Accuracy, calibration, calibration_error, perfect_capture, within
from clvcli.backtest import Forecast, Trial
from clvcli.coverage import NOMINAL, interval_of_total, places
from clvcli.cuts import Cut
from clvcli.forecasts import MODELS
from clvcli.models.histories import Array
from clvcli.models.nbd import NBD
from clvcli.periods import date_of
from clvcli.reports.figures import frame_of
from clvcli.tables import Column, Table, Unit
from clvcli.tracking import ACTUAL, DAY, NAME

CUT = Column("cut", "Cut on", Unit.DATE, "The last day that forecasts knew.")
DAYS = Column("days", "Days after", Unit.DAYS, "How many days after the cut they are held against.")
FORECAST = Column("forecast", "Forecast", Unit.TEXT, "What made the forecast: a formula, a model or a baseline, by name.")
LABEL = Column("label", "Label", Unit.TEXT, "What it is called.")
KIND = Column(
    "kind",
    "Kind",
    Unit.TEXT,
    "formula: one figure for all customers; model: fitted to how customers bought; variant: a model with a simpler guess of spend; baseline: what anyone could guess.",
)
BASIS = Column("basis", "Basis", Unit.TEXT, "What is counted: revenue, margin (contribution), or orders (buying days).")
PREDICTED = Column("predicted", "Predicted", Unit.MONEY, "What was forecast of all customers won by the cut.")
ACTUALLY = Column("actual", "Actual", Unit.MONEY, "What they did.")
BIAS = Column("bias", "Off by", Unit.SHARE, "Predicted less actual, as a share of the actual total.")
MAE = Column("mae", "MAE", Unit.MONEY, "Mean absolute error of a customer's forecast.", "Wübben & von Wangenheim 2008")
RMSE = Column("rmse", "RMSE", Unit.MONEY, "Root of the mean squared error of a customer's forecast.", "the standard error measure")
CORRELATION = Column(
    "correlation", "Correlation", Unit.NUMBER, "Pearson's correlation of forecasts and what customers did.", "Pearson 1895"
)
CAPTURE = Column(
    "capture", "Top 10%", Unit.SHARE, "The share of the actual total that the tenth of customers with the highest forecasts brought.",
    "Malthouse & Blattberg 2005, Can We Predict Customer Lifetime Value?",
)  # fmt: skip
GINI = Column(
    "gini", "Gini", Unit.SHARE, "How well forecasts put customers in order: the Gini coefficient as a share of the best possible one.",
    "Schechtman & Yitzhaki 1987; 0 by chance, 100 % in the perfect order",
)  # fmt: skip
AUC = Column(
    "auc", "AUC", Unit.SHARE, "The chance that a customer who bought again had a higher forecast than one who didn't; 50 % by chance.",
    "Hanley & McNeil 1982",
)  # fmt: skip
UNDEFINED = Column("undefined", "Undefined", Unit.TEXT, "Why there is no forecast, if there is none.")
CUSTOMERS = Column("customers", "Customers", Unit.COUNT, "Customers of the row.")
REPEATS = Column("repeats", "Repeats before", Unit.TEXT, "Buying days after the first, up to the cut; 7+ are seven and more.")
MEAN = Column("mean", "Predicted", Unit.NUMBER, "What was forecast of a mean customer of the row, in buying days.")
MEAN_ACTUAL = Column("mean_actual", "Actual", Unit.NUMBER, "What a mean customer of the row did.")
WITHIN = Column(
    "within", "Within 90%", Unit.SHARE,
    "The share of customers who did what the model's 90 % interval for each had room for; near 90 % if its intervals are right.",
    "Smith 1985; Czado, Gneiting & Held 2009, Predictive Model Assessment for Count Data",
)  # fmt: skip
TOTAL_LOW = Column(
    "total_low", "Total from", Unit.NUMBER, "Where the model's 90 % interval for the total of buying days begins.", "Oehlert 1992"
)
TOTAL_HIGH = Column("total_high", "Total to", Unit.NUMBER, "Where it ends.", "Oehlert 1992")
TOTAL = Column("total", "Total", Unit.NUMBER, "The buying days that followed.")
HOLDS = Column("holds", "Holds", Unit.TEXT, "yes where the total was within the interval.")
OFF = Column(
    "calibration_error", "Calibration error", Unit.NUMBER,
    "How far a mean forecast was off at each number of past repeats, averaged over customers, in buying days.", "Fader, Hardie & Lee 2005",
)  # fmt: skip
WEEK_END = Column(DAY, "Week to", Unit.DATE, "The last day of the week.")
SERIES = Column(NAME, "Series", Unit.TEXT, f"{ACTUAL}, or the model that had it so.")
CUMULATIVE = Column("cumulative_repeats", "Repeats so far", Unit.NUMBER, "Repeat purchases so far of customers won by the cut.")
AFTER = Column("is_after_cut", "After the cut", Unit.TEXT, "yes where the models hadn't seen what happened.")

_MEASURES = (BIAS, MAE, RMSE, CORRELATION, CAPTURE, GINI, AUC)
_OF_ORDERS = {
    column.name: Column(column.name, column.label, Unit.NUMBER, column.description, column.source)
    for column in (PREDICTED, ACTUALLY, MAE, RMSE)
}
_MODELS = {**{name: (model.label, "model") for name, model in MODELS.items()}, NBD.name: (NBD.label, "baseline")}
_ACCURACY = (CUT, DAYS, FORECAST, LABEL, KIND, BASIS, PREDICTED, ACTUALLY, *_MEASURES, UNDEFINED)
COLUMNS = (
    *_ACCURACY, CUSTOMERS, REPEATS, MEAN, MEAN_ACTUAL, WITHIN, TOTAL_LOW, TOTAL_HIGH, TOTAL, HOLDS, OFF, WEEK_END, SERIES, CUMULATIVE, AFTER,
)  # fmt: skip


def backtest_tables(trials: Sequence[Trial], said: str, tracks: Sequence[pl.DataFrame]) -> tuple[Table, ...]:
    """What each forecast made of the days after each cut, under what is `said` of them: in money, in orders, by past orders, how sure the models were, and week by week."""
    return (_money(trials, said), _orders(trials), _calibration(trials), _coverage(trials), _tracking(trials, tracks))


def _money(trials: Sequence[Trial], said: str) -> Table:
    rows = [row for test in trials for row in (*_accuracies(test, test.of_money, lambda f: f.basis), *_undefined(test))]
    revenue = trials[-1].money("revenue")
    perfect = _perfect(trials[-1], trials[-1].orders if revenue is None else revenue)
    hidden = {LABEL.name, CORRELATION.name, AUC.name, UNDEFINED.name, *(_one_cut(trials))}
    why = {reason: [n for n, r in trials[-1].undefined.items() if r == reason] for reason in trials[-1].undefined.values()}
    notes = (*perfect, *(f"{', '.join(names)}: {reason}." for reason, names in why.items()))
    return Table.of(
        "accuracy", said[0].upper() + said[1:], _ACCURACY, frame_of(_ACCURACY, rows), notes=notes, keys=3, hidden=frozenset(hidden)
    )  # fmt: skip


def _orders(trials: Sequence[Trial]) -> Table:
    columns = tuple(_OF_ORDERS.get(column.name, column) for column in _ACCURACY if column is not UNDEFINED)
    rows = [row[:-1] for test in trials for row in _accuracies(test, test.of_orders, lambda _: "orders")]
    hidden = {LABEL.name, BASIS.name, *_one_cut(trials)}
    return Table.of(
        "accuracy_of_orders", "Orders that followed, purchases of a day taken as one", columns, frame_of(columns, rows),
        notes=_perfect(trials[-1], trials[-1].orders), keys=3, hidden=frozenset(hidden),
    )  # fmt: skip


def _perfect(test: Trial, actual: Array) -> tuple[str, ...]:
    best = perfect_capture(actual)
    told = "" if best is None else f" Top 10%: a forecast that knew would have captured {best:.1%}."
    won = "1 customer" if len(actual) == 1 else f"{len(actual):,} customers"
    return (f"Off by: predicted less actual. {won} won by {date_of(test.cut.day)}.{told}",)


def _accuracies(test: Trial, found: Mapping[str, Accuracy], basis: Callable[[Forecast], str]) -> Iterator[tuple[object, ...]]:
    for forecast in test.forecasts:
        if (a := found.get(forecast.name)) is not None:
            measures = (a.bias, a.mae, a.rmse, a.correlation, a.capture, a.gini, a.auc)
            yield (
                *_of_cut(test.cut),
                forecast.name,
                forecast.label,
                forecast.kind,
                basis(forecast),
                a.predicted,
                a.actual,
                *measures,
                None,
            )


def _undefined(test: Trial) -> Iterator[tuple[object, ...]]:
    for name, why in test.undefined.items():
        yield (*_of_cut(test.cut), name, *_MODELS.get(name, (name, "formula")), None, *[None] * 9, why)


def _calibration(trials: Sequence[Trial]) -> Table:
    columns = (CUT, FORECAST, REPEATS, CUSTOMERS, MEAN_ACTUAL, MEAN, OFF)
    rows: list[tuple[object, ...]] = []
    for test in trials:
        told = {f.name: f.orders for f in test.forecasts if f.orders is not None}
        groups = calibration(told, test.orders, test.rows["buying_days"].to_numpy().astype(float) - 1)
        for name in told:
            off = calibration_error(groups, name)
            rows += [(test.cut.day, name, g.label, g.customers, g.actual, g.predicted[name], off) for g in groups]
    return Table.of(
        "calibration", "By how often customers had bought again", columns, frame_of(columns, rows), keys=3, for_machines=True
    )  # fmt: skip


def _coverage(trials: Sequence[Trial]) -> Table:
    columns = (CUT, FORECAST, WITHIN, TOTAL_LOW, TOTAL_HIGH, TOTAL, HOLDS, OFF)
    rows: list[tuple[object, ...]] = []
    for test in trials:
        told = {f.name: f.orders for f in test.forecasts if f.orders is not None}
        groups = calibration(told, test.orders, test.rows["buying_days"].to_numpy().astype(float) - 1)
        for fit in test.fits:
            low, high = interval_of_total(fit, test.rows, test.cut.days)
            share, total = within(*places(fit, test.rows, test.orders, test.cut.days)), float(test.orders.sum())
            holds = "yes" if low <= total <= high else "no"
            rows.append((test.cut.day, fit.model.name, share, low, high, total, holds, calibration_error(groups, fit.model.name)))
    note = f"An interval of {NOMINAL:.0%} knows chance and unsure parameters, not how wrong the model is: that is what Off by above says."
    return Table.of(
        "coverage", "How sure the models were", columns, frame_of(columns, rows), notes=(note,), keys=2, hidden=_one_cut(trials), for_machines=not rows
    )  # fmt: skip


def _tracking(trials: Sequence[Trial], tracks: Sequence[pl.DataFrame]) -> Table:
    columns = (CUT, WEEK_END, AFTER, SERIES, CUMULATIVE)
    parts = [
        track.select(
            pl.lit(test.cut.day).alias(CUT.name), DAY,
            pl.when(pl.col(DAY) > test.cut.day).then(pl.lit("yes")).otherwise(pl.lit("no")).alias(AFTER.name), NAME, CUMULATIVE.name,
        )
        for test, track in zip(trials, tracks, strict=True)
    ]  # fmt: skip
    return Table.of("tracking", "Repeat purchases, week by week", columns, pl.concat(parts), keys=2, for_machines=True)


def _of_cut(cut: Cut) -> tuple[int, int]:
    return cut.day, cut.days


def _one_cut(trials: Sequence[Trial]) -> frozenset[str]:
    """What people needn't see in every row where there is one cut."""
    return frozenset({CUT.name, DAYS.name}) if len(trials) == 1 else frozenset()
