"""The derived numbers: each a line of text over metrics, settings and other formulas, with its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clvcli.definition import Formula, Labels, formula
from clvcli.metrics import HORIZONS
from clvcli.tables import Unit

LIFESPANS: Mapping[str, tuple[str, str, str, str]] = {
    "churn": (
        "period_years / churn_rate",
        "One over the churn of a period: the mean lifetime if everybody leaves at one constant rate.",
        "Undefined where nobody left. Customers aren't alike, so for a base with a loyal core it is too short.",
        "the textbook's 1 / churn",
    ),
    "tenure": (
        "tenure_years",
        "Mean time from the first order to the last one so far.",
        "Biased short: customers who are still buying are cut off today, and one-time buyers count as zero.",
        "the textbook's average customer lifespan",
    ),
    "survival": (
        "exposure_days / lapsed_customers / 365.25",
        "Time at risk over the number of lapses: the mean lifetime at a constant rate, with customers who haven't lapsed counted as unfinished.",
        "Assumes one constant rate of lapsing, and depends on the churn window that says who has lapsed.",
        "the mean of an exponential lifetime with censoring: time at risk / events",
    ),
}
"""How a lifespan can be read from the data: text, description, pitfall, source. The fourth way is a fixed number of years."""

_PAST = Labels("margin", "past", "to date", "none")
_BY_LIFESPAN = Labels("margin", "total", "lifespan", "none")
_UNLIMITED = "unlimited"
_NOTE_024 = "Fader & Hardie, note 024, Reconciling and Clarifying CLV Formulas"


def _by_age() -> Iterator[Formula]:
    """The contribution per customer at each horizon."""
    for days in HORIZONS:
        yield formula(
            f"contribution_per_customer_{days}d", f"Contribution in {days} days", Unit.MONEY,
            f"contribution_{days}d / customers_{days}d",
            f"What a customer had brought {days} days after the first order, of those who are that old.",
            source="N-day LTV, contribution, before CAC",
            pitfall="A measurement, not a lifetime; customers won since are not in it.",
        )  # fmt: skip


FORMULAS: tuple[Formula, ...] = (
    formula(
        "aov", "AOV", Unit.MONEY, "revenue / orders",
        "Average order value: revenue per order.",
        source="the trade's average order value",
        pitfall="Revenue per customer is another number: one customer places several orders.",
    ),
    formula(
        "orders_per_customer", "Orders per customer", Unit.NUMBER, "orders / customers",
        "Orders placed so far per customer.",
        source="frequency of RFM, averaged",
    ),
    formula(
        "revenue_per_customer", "Revenue per customer", Unit.MONEY, "revenue / customers",
        "Revenue so far per customer, the first order included.",
        source="monetary value of RFM, averaged",
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
        source="Fader & Hardie: transactions per unit of time observed, (x + 1) / T",
        pitfall="Undefined while no customer is a day old; high for a young base, because the first order is always there.",
    ),
    formula(
        "tenure_years", "Tenure", Unit.YEARS, "active_days / customers / 365.25",
        "Mean time from the first order to the last one so far.",
        source="the textbook's average customer lifespan",
        pitfall="Biased short: customers who are still buying are cut off at the end of observation.",
    ),
    formula(
        "repeat_rate", "Repeat rate", Unit.SHARE, "repeat_customers / customers",
        "Share of customers with two orders or more.",
        source="the trade's repeat purchase rate",
    ),
    formula(
        "retention_rate", "Retention rate", Unit.SHARE, "retained_customers / customers_in_previous_period",
        "Share of the previous period's customers who bought in the current one.",
        source="CRR = (E − N) / S, where E counts those of S who are still there",
        pitfall="Customers who skipped the previous period and came back are neither retained nor new.",
    ),
    formula(
        "churn_rate", "Churn rate", Unit.SHARE, "1 - retention_rate",
        "Share of the previous period's customers who didn't buy in the current one.",
        source="1 − CRR",
    ),
    formula(
        "lapsed_rate", "Lapsed rate", Unit.SHARE, "lapsed_customers / customers",
        "Share of all customers who have been idle for longer than the churn window.",
        source="Gold 2020, Fighting Churn with Data: churn of activity",
        pitfall="A definition, not an observation: it moves with the churn window.",
    ),
    formula(
        "refund_rate", "Refund rate", Unit.SHARE, "refunds / (revenue + refunds)",
        "Share of gross revenue that was given back.",
        source="returns / gross sales",
    ),
    formula(
        "margin", "Margin", Unit.SHARE, "gross_profit / revenue",
        "Gross profit per unit of revenue.",
        source="gross margin = gross profit / net sales",
        pitfall="A ratio of sums: large orders weigh more than small ones.",
    ),
    formula(
        "contribution", "Contribution", Unit.MONEY, "gross_profit - coalesce(variable_costs, 0)",
        "Gross profit less the variable costs of orders: payment fees and shipping, if they are configured.",
        source="contribution = gross profit − variable costs",
    ),
    formula(
        "contribution_margin", "Contribution margin", Unit.SHARE, "margin - coalesce(variable_costs / revenue, 0)",
        "Contribution per unit of revenue; the margin itself where no variable costs are configured.",
        source="contribution margin ratio",
    ),
    formula(
        "cac", "CAC", Unit.MONEY, "acquisition_cost / coalesce(costed_customers, customers)",
        "Customer acquisition cost: what a customer cost to win, of those for whom that is known.",
        source="CAC = spend / new customers",
    ),
    formula(
        "revenue_per_period", "Revenue per period", Unit.MONEY, "revenue_in_period / customers_in_period",
        "Revenue of the current period per customer who bought in it (ARPA).",
        source="ARPA",
    ),
    formula(
        "margin_per_period", "Margin per period", Unit.MONEY, "revenue_per_period * contribution_margin",
        "Contribution of the current period per customer who bought in it.",
        source="m in Fader & Hardie, note 024",
    ),
    formula(
        "discount_per_period", "Discount per period", Unit.SHARE, "(1 + discount_rate) ** period_years - 1",
        "The yearly discount rate over one period.",
        source="d in Fader & Hardie, note 024, compounded",
    ),
    formula(
        "orders_per_lifetime", "Orders per lifetime", Unit.NUMBER, "purchase_frequency * lifespan_years",
        "Orders a customer places over the lifespan.",
        source="the textbook's frequency × lifespan",
    ),
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
        "clv_contribution", "CLV contribution", Unit.MONEY, "aov * purchase_frequency * lifespan_years * contribution_margin - cac",
        "Lifetime contribution less the cost of winning the customer, subtracted once and after margin.",
        source="the textbook's margin CLV less CAC, as in LTV − CAC",
        labels=_BY_LIFESPAN,
        pitfall="Frequency is of active customers only; nothing is discounted.",
    ),
    formula(
        "clv_churn", "CLV margin over churn", Unit.MONEY, "revenue_per_period * contribution_margin / churn_rate",
        "Contribution of a period divided by the share who leave in it.",
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
        "clv_observed", "CLV observed", Unit.MONEY, "contribution / customers - cac",
        "What customers have brought so far, less what they cost to win.",
        source="historic CLV: what was measured, net of CAC",
        labels=_PAST,
        pitfall="A measurement, not a forecast: young customers have had little time.",
    ),
    formula(
        "clv_predicted", "CLV predicted", Unit.MONEY, "predicted_contribution / customers",
        "What a customer will bring within the horizon, by a model fitted to how this shop's customers bought.",
        source="Fader, Hardie & Lee 2005, RFM and CLV; Fader & Hardie 2013, note 025",
        labels=Labels("margin", "future", "horizon", "discount_rate"),
        pitfall="What is still to come of customers won so far: the past is not in it, nor what a new customer brings with the first order.",
    ),
    formula(
        "alive_share", "Share alive", Unit.SHARE, "alive_customers / customers",
        "Share of customers who haven't left for good, by a model: the mean of P(alive).",
        source="P(alive), Fader, Hardie & Lee 2008, note 021",
        pitfall="No observation: a model's opinion of who is still there. By BG/NBD who bought once is alive for ever.",
    ),
    formula(
        "predicted_orders_per_customer", "Predicted orders per customer", Unit.NUMBER, "predicted_orders / customers",
        "Buying days to come within the horizon per customer, by a model.",
        source="E[X(T, T+t)], Fader, Hardie & Lee 2005, Counting Your Customers the Easy Way",
        pitfall="Of customers won so far; orders of one day are one.",
    ),
    formula(
        "ltv_to_cac", "LTV:CAC", Unit.NUMBER, "aov * purchase_frequency * lifespan_years * contribution_margin / cac",
        "Lifetime contribution, before acquisition cost, per unit of acquisition cost.",
        source="LTV:CAC, as investors ask for it; the LTV is before CAC",
        pitfall="Three is a rule of thumb; a long lifespan hides how long the cash is away.",
    ),
    formula(
        "payback_months", "Payback", Unit.MONTHS, "cac / max(aov * purchase_frequency / 12 * contribution_margin, 0)",
        "Months of average contribution that pay for the acquisition.",
        source="CAC / (ARPA × gross margin)",
        pitfall="Spreads the margin evenly; the observed curve is steeper at the first order.",
    ),
    formula(
        "max_cac", "Maximum CAC", Unit.MONEY, "aov * purchase_frequency * lifespan_years * contribution_margin / target_ltv_to_cac",
        "What may be paid for a customer at the target LTV:CAC.",
        source="LTV:CAC turned around",
        pitfall="As good as the lifespan it is given.",
    ),
    *_by_age(),
    formula(
        "max_cac_payback", "Maximum CAC by payback", Unit.MONEY, "contribution_to_payback / customers_to_payback",
        "What may be paid for a customer to have it back by the target payback: what customers that old had brought by that age.",
        source="payback turned around, on the observed curve",
        pitfall="Only of customers who are that old; those won since may be others.",
    ),
    formula(
        "referral_value", "Referral value", Unit.MONEY, "referred_gross_profit / customers",
        "Gross profit of referred customers per customer, beside CLV.",
        source="Kumar, Petersen & Leone 2007, customer referral value",
        pitfall="The referred customers' own CLV holds the same money: never add the two over the same customers.",
    ),
    formula(
        "referral_savings", "Referral savings", Unit.MONEY, "referred_customers / customers * cac",
        "Acquisition cost saved per customer: the referred customers at the CAC of this group.",
        source="Kumar, Petersen & Leone 2007, customer referral value: acquisition cost saved",
        pitfall="Counts every referred customer as one that would have been bought.",
    ),
    formula(
        "clv_with_referrals", "CLV with referrals", Unit.MONEY, "clv_contribution + referral_value + referral_savings",
        "Lifetime contribution less CAC, and what the customers who were referred brought and saved.",
        source="CLV + CRV, Kumar, Petersen & Leone 2007",
        labels=_BY_LIFESPAN,
        pitfall="Counts referred customers twice when all are added up: once as themselves, once with who referred them. For ranking customers only.",
    ),
)  # fmt: skip


def lifespan(choice: str | float) -> Formula:
    """The formula `lifespan_years` for a fixed number of years or one of LIFESPANS."""
    if isinstance(choice, str):
        text, description, pitfall, source = LIFESPANS[choice]
    else:
        text, description, pitfall, source = repr(float(choice)), "A fixed number of years, as configured.", "An assumption.", "your own"
    return formula("lifespan_years", "Lifespan", Unit.YEARS, text, description, pitfall=pitfall, source=source)
