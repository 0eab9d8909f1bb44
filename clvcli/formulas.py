"""The derived numbers: each a line of text over metrics, settings and other formulas, with its source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw

from clvcli.errors import ConfigError, Place, Problem, nearest
from clvcli.expression import Expression, parse
from clvcli.tables import MONEY_SCALE, Column, Frame, Unit


@dataclass(frozen=True)
class Labels:
    """The four labels without which a CLV is only a number."""

    basis: str
    scope: str
    horizon: str
    discounting: str


@dataclass(frozen=True)
class Formula:
    """One derived number; `labels` are there if it is a CLV, `pitfall` is what it does badly."""

    column: Column
    expression: Expression
    labels: Labels | None = None
    pitfall: str = ""

    @property
    def name(self) -> str:
        """Its name, in frames, in other formulas and on the command line."""
        return self.column.name


def formula(  # noqa: PLR0913 - a definition states everything about one number
    name: str,
    label: str,
    unit: Unit,
    text: str,
    description: str,
    *,
    source: str = "",
    labels: Labels | None = None,
    pitfall: str = "",
    place: Place | None = None,
) -> Formula:
    """The formula of `text`; raises ConfigError where the text isn't arithmetic."""
    where = place or Place(f"formula {name}", column=1, text=text)
    return Formula(Column(name, label, unit, description, source), parse(text, where), labels, pitfall)


LIFESPANS: Mapping[str, tuple[str, str, str]] = {
    "churn": (
        "period_years / churn_rate",
        "One over the churn of a period: the mean lifetime if everybody leaves at one constant rate.",
        "Undefined where nobody left. Customers aren't alike, so for a base with a loyal core it is too short.",
    ),
    "tenure": (
        "tenure_years",
        "Mean time from the first order to the last one so far.",
        "Biased short: customers who are still buying are cut off today, and one-time buyers count as zero.",
    ),
    "survival": (
        "exposure_days / lapsed_customers / 365.25",
        "Time at risk over the number of lapses: the mean lifetime at a constant rate, with customers who haven't lapsed counted as unfinished.",
        "Assumes one constant rate of lapsing, and depends on the churn window that says who has lapsed.",
    ),
}
"""How a lifespan can be read from the data: text, description, pitfall. The fourth way is a fixed number of years."""

_PAST = Labels("margin", "past", "to date", "none")
_BY_LIFESPAN = Labels("margin", "total", "lifespan", "none")
_UNLIMITED = "unlimited"
_NOTE_024 = "Fader & Hardie, note 024, Reconciling and Clarifying CLV Formulas"

FORMULAS: tuple[Formula, ...] = (
    formula(
        "aov", "AOV", Unit.MONEY, "revenue / orders",
        "Average order value: revenue per order.",
        pitfall="Revenue per customer is another number: one customer places several orders.",
    ),
    formula("orders_per_customer", "Orders per customer", Unit.NUMBER, "orders / customers", "Orders placed so far per customer."),
    formula(
        "revenue_per_customer", "Revenue per customer", Unit.MONEY, "revenue / customers",
        "Revenue so far per customer, the first order included.",
    ),
    formula(
        "purchase_frequency", "Purchase frequency", Unit.NUMBER, "orders_in_period / customers_in_period / period_years",
        "Orders a year of those who bought in the current period.",
        source="the textbook's frequency",
        pitfall="It is conditional on having bought in the period, so it overstates how often the whole base buys.",
    ),
    formula(
        "purchase_rate", "Purchase rate", Unit.NUMBER, "orders / (age_days / 365.25)",
        "Orders a year since the first order, quiet time included.",
        pitfall="Undefined while no customer is a day old; high for a young base, because the first order is always there.",
    ),
    formula(
        "tenure_years", "Tenure", Unit.YEARS, "active_days / customers / 365.25",
        "Mean time from the first order to the last one so far.",
        pitfall="Biased short: customers who are still buying are cut off at the end of observation.",
    ),
    formula("repeat_rate", "Repeat rate", Unit.SHARE, "repeat_customers / customers", "Share of customers with two orders or more."),
    formula(
        "retention_rate", "Retention rate", Unit.SHARE, "retained_customers / customers_in_previous_period",
        "Share of the previous period's customers who bought in the current one.",
        source="CRR = (E − N) / S, where E counts those of S who are still there",
        pitfall="Customers who skipped the previous period and came back are neither retained nor new.",
    ),
    formula("churn_rate", "Churn rate", Unit.SHARE, "1 - retention_rate", "Share of the previous period's customers who didn't buy in the current one."),
    formula(
        "lapsed_rate", "Lapsed rate", Unit.SHARE, "lapsed_customers / customers",
        "Share of all customers who have been idle for longer than the churn window.",
        pitfall="A definition, not an observation: it moves with the churn window.",
    ),
    formula("refund_rate", "Refund rate", Unit.SHARE, "refunds / (revenue + refunds)", "Share of gross revenue that was given back."),
    formula(
        "margin", "Margin", Unit.SHARE, "gross_profit / revenue",
        "Gross profit per unit of revenue.",
        pitfall="A ratio of sums: large orders weigh more than small ones.",
    ),
    formula("cac", "CAC", Unit.MONEY, "acquisition_cost / customers", "Customer acquisition cost: what a customer cost to win."),
    formula("revenue_per_period", "Revenue per period", Unit.MONEY, "revenue_in_period / customers_in_period", "Revenue of the current period per customer who bought in it (ARPA)."),
    formula("margin_per_period", "Margin per period", Unit.MONEY, "revenue_per_period * margin", "Gross profit of the current period per customer who bought in it."),
    formula("discount_per_period", "Discount per period", Unit.SHARE, "(1 + discount_rate) ** period_years - 1", "The yearly discount rate over one period."),
    formula("orders_per_lifetime", "Orders per lifetime", Unit.NUMBER, "purchase_frequency * lifespan_years", "Orders a customer places over the lifespan."),
    formula(
        "clv_simple", "CLV simple", Unit.MONEY, "aov * purchase_frequency * lifespan_years",
        "Average order value × orders a year × years.",
        source="the textbook formula",
        labels=Labels("revenue", "total", "lifespan", "none"),
        pitfall="Revenue, not profit; frequency is of active customers only, so it overstates.",
    ),
    formula(
        "clv_monthly", "CLV monthly", Unit.MONEY, "aov * purchase_frequency / 12 * margin * lifespan_years * 12",
        "LTV = S × C × P × t: average check, purchases a month, profitability, months.",
        source="LTV = S × C × P × t",
        labels=_BY_LIFESPAN,
        pitfall="Before acquisition cost; frequency is of active customers only.",
    ),
    formula(
        "clv_net_of_cac", "CLV net of CAC inside", Unit.MONEY, "(aov * orders_per_lifetime - cac) * margin",
        "Lifetime revenue less CAC, times margin.",
        source="worked example: (90 × 3 − 6) × 0.2 = 52.80",
        labels=_BY_LIFESPAN,
        pitfall="Takes the CAC off before the margin, so only margin × CAC is subtracted: too high by CAC × (1 − margin).",
    ),
    formula(
        "clv_contribution", "CLV contribution", Unit.MONEY, "aov * purchase_frequency * lifespan_years * margin - cac",
        "Lifetime gross profit less the cost of winning the customer, subtracted once and after margin.",
        labels=_BY_LIFESPAN,
        pitfall="Frequency is of active customers only; nothing is discounted.",
    ),
    formula(
        "clv_churn", "CLV margin over churn", Unit.MONEY, "revenue_per_period * margin / churn_rate",
        "Gross profit of a period divided by the share who leave in it.",
        source="ARPA ÷ churn",
        labels=Labels("margin", "total", _UNLIMITED, "none"),
        pitfall="Assumes one constant rate of leaving; infinite where nobody left, so undefined there.",
    ),
    formula(
        "clv_retention_immediate", "CLV retention immediate", Unit.MONEY,
        "margin_per_period * (1 + discount_per_period) / (1 + discount_per_period - retention_rate)",
        "m(1+d)/(1+d−r): the first margin comes now, at full value.",
        source=_NOTE_024,
        labels=Labels("margin", "total", _UNLIMITED, "discount_rate"),
        pitfall="Constant retention and margin for ever; customers who leave and return count as new.",
    ),
    formula(
        "clv_retention_residual", "CLV retention residual", Unit.MONEY,
        "margin_per_period * retention_rate / (1 + discount_per_period - retention_rate)",
        "m·r/(1+d−r): what is still to come after the first margin.",
        source=_NOTE_024,
        labels=Labels("margin", "future", _UNLIMITED, "discount_rate"),
        pitfall="The first margin is left out: don't hold it against CAC alone.",
    ),
    formula(
        "clv_retention_end", "CLV retention end", Unit.MONEY,
        "margin_per_period / (1 + discount_per_period - retention_rate)",
        "m/(1+d−r): each margin is booked at the end of its period.",
        source=_NOTE_024,
        labels=Labels("margin", "total", _UNLIMITED, "discount_rate"),
        pitfall="One period of discount lower than the version paid at once.",
    ),
    formula(
        "clv_observed", "CLV observed", Unit.MONEY, "(gross_profit - acquisition_cost) / customers",
        "What customers have brought so far, less what they cost to win.",
        labels=_PAST,
        pitfall="A measurement, not a forecast: young customers have had little time.",
    ),
    formula(
        "ltv_to_cac", "LTV:CAC", Unit.NUMBER, "aov * purchase_frequency * lifespan_years * margin / cac",
        "Lifetime gross profit, before acquisition cost, per unit of acquisition cost.",
        pitfall="Three is a rule of thumb; a long lifespan hides how long the cash is away.",
    ),
    formula(
        "payback_months", "Payback", Unit.MONTHS, "cac / max(aov * purchase_frequency / 12 * margin, 0)",
        "Months of average gross profit that pay for the acquisition.",
        pitfall="Spreads the margin evenly; the observed curve is steeper at the first order.",
    ),
    formula(
        "max_cac", "Maximum CAC", Unit.MONEY, "aov * purchase_frequency * lifespan_years * margin / target_ltv_to_cac",
        "What may be paid for a customer at the target LTV:CAC.",
        pitfall="As good as the lifespan it is given.",
    ),
    formula("referral_value", "Referral value", Unit.MONEY, "referred_gross_profit / customers", "Gross profit of referred customers per customer, beside CLV.", pitfall="The referred customers' own CLV holds the same money: never add the two."),
)  # fmt: skip


def lifespan(choice: str | float) -> Formula:
    """The formula `lifespan_years` for a fixed number of years or one of LIFESPANS."""
    if isinstance(choice, str):
        text, description, pitfall = LIFESPANS[choice]
    else:
        text, description, pitfall = repr(float(choice)), "A fixed number of years, as configured.", "An assumption."
    return formula("lifespan_years", "Lifespan", Unit.YEARS, text, description, pitfall=pitfall)


def in_order(formulas: Iterable[Formula], known: Iterable[str]) -> tuple[Formula, ...]:
    """The formulas, each after those it reads.

    Raises ConfigError at a name that is neither known nor a formula, and at a formula that reads itself.
    """
    by_name = {f.name: f for f in formulas}
    names = {*known, *by_name}
    done: dict[str, Formula] = {}

    def add(item: Formula, path: Sequence[str]) -> None:
        if item.name in path:
            loop = " → ".join([*path[path.index(item.name) :], item.name])
            raise ConfigError(Problem(f"formula {item.name} reads itself: {loop}", item.expression.place))
        for name in sorted(item.expression.names):
            if name not in names:
                raise unknown_name(item.expression, name, names)
            if name in by_name and name not in done:
                add(by_name[name], [*path, item.name])
        done[item.name] = item

    for item in by_name.values():
        if item.name not in done:
            add(item, [])
    return tuple(done.values())


def unknown_name(expression: Expression, name: str, known: Iterable[str]) -> ConfigError:
    """The error for a name in an expression that stands for nothing."""
    return ConfigError(Problem(f"unknown name '{name}'", expression.place_of(name), nearest(name, sorted(known))))


def apply(frame: Frame, formulas: Sequence[Formula], settings: Mapping[str, float], money: Iterable[str]) -> Frame:
    """Add one column per formula, in their order; a formula may read those before it.

    `money` names the measured columns held in ten-thousandths. A formula that reads a name
    the frame hasn't got is null.
    """
    values = values_of(frame, settings, money)
    for item in formulas:
        result = item.expression.frame(values) if item.expression.names <= values.keys() else nw.lit(None)
        frame = frame.with_columns(result.cast(nw.Float64).alias(item.name))
        values[item.name] = nw.col(item.name)
    return frame


def values_of(frame: Frame, settings: Mapping[str, float], money: Iterable[str]) -> dict[str, nw.Expr]:
    """What each name in a formula or condition stands for in `frame`, in currency units.

    Money is divided by a column, since Polars divides by one number through its reciprocal, which isn't exact.
    """
    in_money, schema = set(money), frame.collect_schema()
    values: dict[str, nw.Expr] = {name: nw.lit(float(value)) for name, value in settings.items()}
    for name, dtype in schema.items():
        number = nw.col(name).cast(nw.Float64) if dtype.is_numeric() else nw.col(name)
        values[name] = number / (number * 0.0 + float(MONEY_SCALE)) if name in in_money else number
    return values


def work_out(formulas: Sequence[Formula], values: Mapping[str, float | None]) -> dict[str, float | None]:
    """Every formula's value over numbers; what `values` already gives is not worked out again."""
    known: dict[str, float | None] = dict(values)
    for item in formulas:
        if item.name not in known:
            inputs = {name: known.get(name) for name in item.expression.names}
            known[item.name] = item.expression.number(inputs)
    return known
