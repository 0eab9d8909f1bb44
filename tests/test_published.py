"""Worked examples and identities from the literature, through clv's own formulas."""

import pytest
from orders_text import collected, customers_from, observed

from clvcli.catalog import Catalog
from clvcli.customers import merged
from clvcli.expression import parse
from clvcli.metrics import METRICS
from clvcli.periods import Period
from clvcli.rates import Rates
from clvcli.reports.figures import figures
from clvcli.tables import Unit

CATALOG = Catalog(lifespan=3)


def test_ninety_times_three_less_six_at_twenty_percent_is_52_80():
    given = {"aov": 90.0, "orders_per_lifetime": 3.0, "cac": 6.0, "margin": 0.2}
    assert CATALOG.work_out(given)["clv_net_of_cac"] == pytest.approx((90 * 3 - 6) * 0.2)
    assert Unit.MONEY.show(CATALOG.work_out(given)["clv_net_of_cac"]) == "52.80"


def test_taking_the_cac_off_after_the_margin_gives_less():
    given = {"aov": 90.0, "purchase_frequency": 1.0, "cac": 6.0, "margin": 0.2}
    worked_out = CATALOG.work_out(given)
    assert worked_out["clv_contribution"] == pytest.approx(90 * 3 * 0.2 - 6)
    assert worked_out["clv_net_of_cac"] - worked_out["clv_contribution"] == pytest.approx(6 * (1 - 0.2))


def a_gym_visitor(years):
    """Twenty a month for so many years."""
    months = [f"{year}-{month:02}-01" for year in range(2025 - years, 2025) for month in range(1, 13)]
    records = [f"ann {number} {day} 20" for number, day in enumerate(months)]
    return customers_from("customer order date amount\n" + "\n".join(records), observed("2024-12-31", Period.YEAR), Rates(1.0))


def test_a_gym_at_twenty_a_month_for_three_years_is_worth_720_and_240_a_year():
    year = Catalog(lifespan=1, settings={"period_years": 1.0})
    three_years = Catalog(lifespan=3, settings={"period_years": 1.0})
    assert figures(a_gym_visitor(3), year)["clv_simple"] == 240
    assert figures(a_gym_visitor(3), three_years)["clv_simple"] == 720
    assert figures(a_gym_visitor(3), three_years)["clv_monthly"] == pytest.approx(720)
    assert figures(a_gym_visitor(3), three_years)["revenue"] == 720


def test_a_gym_as_a_calculator_gives_the_same():
    assert CATALOG.work_out({"aov": 20.0, "purchase_frequency": 12.0})["clv_simple"] == 720


def test_ltv_is_check_times_purchases_a_month_times_profitability_times_months():
    check, purchases_a_month, profitability, months = 50.0, 1.5, 0.3, 36
    given = {"aov": check, "purchase_frequency": purchases_a_month * 12, "margin": profitability}
    assert (
        CATALOG.work_out(given)["clv_monthly"] == pytest.approx(50.0 * 1.5 * 0.3 * 36) == check * purchases_a_month * profitability * months
    )


@pytest.mark.parametrize(("retention", "discount"), [(0.8, 0.1), (0.5, 0.0), (0.0, 0.25), (0.99, 0.01)])
def test_the_three_timings_of_note_024_are_one_value_at_three_times(retention, discount):
    margin = 100.0
    given = {"margin_per_period": margin, "retention_rate": retention, "discount_rate": discount, "period_years": 1.0}
    found = CATALOG.work_out(given)
    immediate, residual, end = (found[f"clv_retention_{timing}"] for timing in ("immediate", "residual", "end"))
    assert immediate - margin == pytest.approx(residual)
    assert immediate / (1 + discount) == pytest.approx(end)


def test_the_three_timings_are_the_sums_they_stand_for():
    margin, retention, discount = 100.0, 0.8, 0.1
    given = {"margin_per_period": margin, "retention_rate": retention, "discount_rate": discount, "period_years": 1.0}
    worth = [margin * (retention / (1 + discount)) ** period for period in range(500)]
    assert CATALOG.work_out(given)["clv_retention_immediate"] == pytest.approx(sum(worth))
    assert CATALOG.work_out(given)["clv_retention_residual"] == pytest.approx(sum(worth[1:]))


def test_a_yearly_discount_is_compounded_over_shorter_periods():
    quarterly = CATALOG.work_out({"discount_rate": 0.1, "period_years": 0.25})["discount_per_period"]
    assert (1 + quarterly) ** 4 == pytest.approx(1.1)


def test_the_retention_rate_is_those_still_there_without_the_new_over_those_at_the_start():
    """CRR = (E − N) / S with S = 4 at the start, of whom 1 left, and N = 2 new: E = 5."""
    customers = customers_from(
        """
        customer  order  date        amount
        stayed-1  1      2023-05-01    10
        stayed-2  2      2023-05-01    10
        stayed-3  3      2023-05-01    10
        left      4      2023-05-01    10
        stayed-1  5      2024-05-01    10
        stayed-2  6      2024-05-01    10
        stayed-3  7      2024-05-01    10
        new-1     8      2024-05-01    10
        new-2     9      2024-05-01    10
    """,
        observed("2024-12-31", Period.YEAR),
    )
    total = collected(merged(customers, by=())).row(0, named=True)
    assert (total["customers_in_period"], total["new_customers"], total["customers_in_previous_period"]) == (5, 2, 4)
    assert figures(customers, CATALOG)["retention_rate"] == (5 - 2) / 4


THE_DESIGN = {
    "aov": "revenue / orders",
    "orders_per_customer": "orders / customers",
    "revenue_per_customer": "revenue / customers",
    "purchase_frequency": "orders_in_period / customers_in_period / period_years",
    "purchase_rate": "orders / (age_days / 365.25)",
    "tenure_years": "active_days / customers / 365.25",
    "repeat_rate": "repeat_customers / customers",
    "retention_rate": "retained_customers / customers_in_previous_period",
    "churn_rate": "1 - retention_rate",
    "lapsed_rate": "lapsed_customers / customers",
    "margin": "gross_profit / revenue",
    "cac": "acquisition_cost / coalesce(costed_customers, customers)",
    "clv_simple": "aov * purchase_frequency * lifespan_years",
    "clv_monthly": "aov * purchase_frequency / 12 * margin * lifespan_years * 12",
    "clv_net_of_cac": "(aov * orders_per_lifetime - cac) * margin",
    "clv_contribution": "aov * purchase_frequency * lifespan_years * k - cac",
    "clv_churn": "revenue_per_period * k / churn_rate",
    "clv_retention_immediate": "m * (1 + d) / (1 + d - r)",
    "clv_retention_residual": "m * r / (1 + d - r)",
    "clv_retention_end": "m / (1 + d - r)",
    "clv_observed": "contribution / customers - cac",
    "referral_value": "referred_gross_profit / customers",
}
SHORT = {"k": "contribution_margin", "m": "margin_per_period", "d": "discount_per_period", "r": "retention_rate"}


@pytest.mark.parametrize("name", THE_DESIGN)
def test_a_formula_of_the_design_is_worked_out_as_designed(name):
    designed = parse(THE_DESIGN[name])
    inputs = {SHORT.get(n, n) for n in designed.names}
    numbers = {n: 0.5 + 0.01 * index for index, n in enumerate(sorted(inputs))}
    by_design = designed.number({n: numbers[SHORT.get(n, n)] for n in designed.names})
    assert CATALOG.by_name[name].expression.names == inputs
    assert CATALOG.work_out(numbers)[name] == pytest.approx(by_design)


@pytest.mark.parametrize("name", [*THE_DESIGN, "ltv_to_cac", "payback_months", "max_cac", "lifespan_years"])
def test_a_formula_of_the_design_says_what_it_is(name):
    formula = CATALOG.by_name[name]
    assert (formula.column.unit in Unit, bool(formula.column.label), bool(formula.column.description)) == (True, True, True)
    if name.startswith("clv_"):
        labels = formula.labels
        assert labels.basis in ("revenue", "margin")
        assert labels.scope in ("past", "future", "total")
        assert labels.horizon in ("to date", "lifespan", "unlimited")
        assert labels.discounting in ("none", "discount_rate")


MEASURED = (
    "customers", "orders", "revenue", "refunds", "gross_profit", "acquisition_cost", "first_day", "last_day", "age_days", "active_days",
    "idle_days", "buying_days", "repeat_customers", "lapsed_customers", "orders_in_period", "revenue_in_period", "customers_in_period",
    "customers_in_previous_period", "retained_customers", "new_customers", "referred_customers", "referred_gross_profit",
)  # fmt: skip


def test_every_metric_of_the_design_is_measured():
    assert set(MEASURED) <= {m.name for m in METRICS}
