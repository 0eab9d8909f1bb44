"""What next? Who is still there, and what customers will buy and bring within the horizon, by a model fitted to the shop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clvcli.catalog import Catalog
from clvcli.estimates import Estimated, estimates
from clvcli.forecasts import MODELS, BuyingForecast
from clvcli.models.fit import Fit
from clvcli.models.meanings import meaning
from clvcli.periods import Period, date_of
from clvcli.reports.figures import frame_of, labels_told
from clvcli.tables import Column, Table, Unit

P_ALIVE = Column(
    "p_alive",
    "P(alive)",
    Unit.SHARE,
    "The chance that the customer hasn't left for good, by the model.",
    "Fader, Hardie & Lee 2008, note 021",
)
EXPECTED_ORDERS = Column(
    "expected_orders", "Orders to come", Unit.NUMBER, "Buying days to expect within the horizon.", "E[X(T, T+t)], Fader, Hardie & Lee 2005"
)
DISCOUNTED_ORDERS = Column(
    "discounted_orders", "Discounted orders", Unit.NUMBER, "The same, later ones counting less by the discount rate.",
    "DET: Fader, Hardie & Lee 2005, RFM and CLV",
)  # fmt: skip
RESIDUAL_ORDERS = Column(
    "residual_orders", "DERT", Unit.NUMBER, "Discounted expected residual transactions: buying days to come for ever, discounted.",
    "DERT: Fader, Hardie & Lee 2005, RFM and CLV",
)  # fmt: skip
EXPECTED_SPEND = Column(
    "expected_spend", "Spend per order", Unit.MONEY, "What the customer will spend on a buying day: the own mean, drawn to that of all.",
    "E[M | x, m], Fader & Hardie 2013, note 025",
)  # fmt: skip
EXPECTED_REVENUE = Column(
    "expected_revenue", "Revenue to come", Unit.MONEY, "Orders to come times spend per order, not discounted.", "E[X] × E[M]"
)
RESIDUAL_VALUE = Column(
    "residual_value", "Value for ever", Unit.MONEY, "Margin × spend per order × DERT: all that is still to come, discounted.",
    "CLV = margin × E[M] × DERT, Fader, Hardie & Lee 2005",
)  # fmt: skip
_PER_CUSTOMER = (
    P_ALIVE, EXPECTED_ORDERS, EXPECTED_SPEND, EXPECTED_REVENUE, RESIDUAL_ORDERS, DISCOUNTED_ORDERS, RESIDUAL_VALUE,
)  # fmt: skip
_OWN = ("customer_id", "buying_days", "active_days", "age_days", "last_day")

WHAT = Column("what", "Figure", Unit.TEXT, "What is expected of all customers together.")
VALUE = Column("value", "Value", Unit.ROW, "The number, in the unit of its row.")
UNIT = Column("unit", "Unit", Unit.TEXT, "What the number counts.")
LOW = Column(
    "low", "From", Unit.ROW, "Where the 95 % interval begins: unsure parameters alone.", "Oehlert 1992, A Note on the Delta Method"
)
HIGH = Column("high", "To", Unit.ROW, "Where it ends.", "Oehlert 1992, A Note on the Delta Method")
PAST_ERROR = Column(
    "past_error",
    "Off on the past",
    Unit.SHARE,
    "How far the same model was off when it was tried on this shop's own past; see clv backtest.",
)
FORECAST = (WHAT, VALUE, UNIT, LOW, HIGH, PAST_ERROR)

MODEL = Column("model", "Model", Unit.TEXT, "Which model it belongs to.")
PARAMETER = Column("parameter", "Parameter", Unit.TEXT, "The parameter as papers call it; times are in days.")
ESTIMATE = Column("estimate", "Estimate", Unit.PARAMETER, "Its value by maximum likelihood.")
ERROR = Column("standard_error", "Error", Unit.PARAMETER, "Its standard error, by the curvature of the likelihood.", "Fisher information")
FROM = Column(
    "from", "From", Unit.PARAMETER, "Where its 95 % interval begins, by the normal distribution of its logarithm.", "Wald interval"
)
TO = Column("to", "To", Unit.PARAMETER, "Where it ends.", "Wald interval")
MEANING = Column("meaning", "Meaning", Unit.TEXT, "What it says of customers.")
LIKELIHOOD = Column(
    "log_likelihood", "Log-likelihood", Unit.NUMBER, "How likely the histories are by the model; the same for each of its parameters."
)
AIC = Column("aic", "AIC", Unit.NUMBER, "Akaike's criterion: less is better, between models of the same data.", "Akaike 1974")
BIC = Column("bic", "BIC", Unit.NUMBER, "Schwarz's criterion: less is better, between models of the same data.", "Schwarz 1978")
_PARAMETERS = (MODEL, PARAMETER, ESTIMATE, ERROR, FROM, TO, MEANING, LIKELIHOOD, AIC, BIC)
_LABELS = {
    "gamma_gamma": "Gamma-Gamma",
    "nbd": "NBD",
    "bg_bb": "BG/BB",
    "sbg": "sBG",
    **{name: model.label for name, model in MODELS.items()},
}
COLUMNS = (*_PER_CUSTOMER, *FORECAST, *_PARAMETERS)


def prediction_tables(found: BuyingForecast, catalog: Catalog, most: int | None, bootstrap: int) -> tuple[Table, ...]:
    """What to expect of each customer, of all together, and the parameters that say so."""
    return (
        _customers(found, catalog, most),
        _forecast(found, catalog, bootstrap),
        parameters([found.fitted.buying, *([found.fitted.spending] if found.fitted.spending else [])], found.period),
    )


def _customers(found: BuyingForecast, catalog: Catalog, most: int | None) -> Table:
    """Customers, those who will bring the most first."""
    has_margin = "contribution" in found.customers.columns
    worth = "clv_predicted" if has_margin else EXPECTED_REVENUE.name
    rows = found.customers.sort(worth, descending=True, nulls_last=True, maintain_order=True)  # they are in order of customer_id
    shown = rows if most is None else rows.head(most)
    value = catalog.column("clv_predicted")
    columns = (*(catalog.column(name) for name in _OWN), *_PER_CUSTOMER[:4], value, *_PER_CUSTOMER[4:])
    left_out = {} if has_margin else {"clv_predicted", RESIDUAL_VALUE.name}
    hidden = {"active_days", "age_days", RESIDUAL_ORDERS.name, DISCOUNTED_ORDERS.name, RESIDUAL_VALUE.name, *left_out}
    notes = [f"The first {shown.height:,} of {rows.height:,} customers; -o FILE writes all."] if shown.height < rows.height else []
    notes.append(value_told(catalog, has_margin=has_margin))
    if found.period:
        notes.append(
            f"{found.fitted.model.label} counts by the {found.period.word}: a buying day here is a {found.period.word} with a purchase."
        )
    title = f"The {_span(found)}, customer by customer ({found.fitted.model.label})"
    frame = shown.select(column.name for column in columns)
    return Table.of("predictions", title, columns, frame, notes=tuple(notes), hidden=frozenset(hidden))


def value_told(catalog: Catalog, *, has_margin: bool) -> str:
    """The four labels of the CLV that is predicted, or why there is none."""
    if not has_margin:
        return f"clv_predicted: {catalog.absent.get('predicted_contribution', 'the margin is not known')}."
    basis, scope, horizon, rate = labels_told(catalog.by_name["clv_predicted"], {}, catalog)
    return f"CLV predicted: {basis}, {scope}, {horizon}, discounted at {rate}."


def _span(found: BuyingForecast) -> str:
    """The horizon in words: days, or the calendar periods that the model counts by."""
    word = found.period.word if found.period else "day"
    return f"next {word}" if found.ahead.days == 1 else f"next {found.ahead.days:,} {word}s"


def _forecast(found: BuyingForecast, catalog: Catalog, bootstrap: int) -> Table:
    """What to expect of all customers together, how sure that is by the model, and how far off the model was on the past."""
    rows = [_row(one, _past_error(one, found), catalog) for one in estimates(found, bootstrap)]
    by = f"{bootstrap} bootstrap samples of customers" if bootstrap else "the curvature of the likelihood"
    notes = [f"From and to: the 95% interval by {by}; it knows unsure parameters, not how wrong the model is."]
    notes += [_tried(found)]
    notes += [f"Look at this: {doubt}." for doubt in found.fitted.doubts]
    title = f"The {_span(found)} of {len(found.customers):,} customers won so far"
    labels = f"by {found.fitted.model.label}: {found.why}"
    currency = f", money in {catalog.currency}" if catalog.currency else ""
    return Table(
        "forecast", f"{title}, {labels}{currency}", FORECAST, frame_of(FORECAST, rows), tuple(notes), hidden=frozenset({UNIT.name})
    )  # fmt: skip


def _row(one: Estimated, past: float | None, catalog: Catalog) -> tuple[object, ...]:
    return (catalog.column(one.total).label, one.value, one.unit.value, one.low, one.high, past)


def _past_error(one: Estimated, found: BuyingForecast) -> float | None:
    """How far the same model was off on the past, in orders or in money; nobody knows of whom it was right to think alive."""
    if found.tried is None or one.total == "alive_customers":
        return None
    of = found.tried.of_orders if one.total == "predicted_orders" else found.tried.of_money
    held = of.get(found.fitted.model.name)
    return held.bias if held else None


def _tried(found: BuyingForecast) -> str:
    if found.tried is None:
        return f"The model wasn't tried on the past: {found.untried}."
    cut = found.tried.cut
    return f"Off on the past: fitted to the orders up to {date_of(cut.day)} and held against the {cut.days} days after it."


def parameters(fits: Sequence[Fit], period: Period | None = None) -> Table:
    """The parameters of fitted models, with how sure they are; times are in days, or in calendar periods."""
    rows = [row for fit in fits for row in _parameter_rows(fit)]
    frame = frame_of(_PARAMETERS, rows)
    notes = tuple(
        f"{_LABELS[fit.model]}: log-likelihood {fit.log_likelihood:,.3f}, AIC {fit.aic:,.1f}, BIC {fit.bic:,.1f}, "
        f"{fit.customers:,.0f} customers, {fit.evaluations} evaluations."
        for fit in fits
    )
    hidden = frozenset({LIKELIHOOD.name, AIC.name, BIC.name})
    return Table(
        "parameters", f"The parameters, times in {period.word if period else 'day'}s", _PARAMETERS, frame, notes, keys=2, hidden=hidden
    )


def _parameter_rows(fit: Fit) -> Iterator[tuple[object, ...]]:
    """A row per parameter of a fit."""
    for name, value in fit.parameters.items():
        low, high = fit.intervals[name] or (None, None)
        yield (fit.model, name, value, fit.errors[name], low, high, meaning(fit.model, name), fit.log_likelihood, fit.aic, fit.bic)
