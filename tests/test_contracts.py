"""Contracts: a gym worked out on paper, from renewals to what each member will still pay."""

import math
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from analysed import analysed
from orders_text import collected, customers_from, observed, on_polars
from simulated_members import members

from clvcli.contracts import ContractForecast, Contracts, Step, contract_forecast, totals
from clvcli.engines import Polars
from clvcli.errors import InputError
from clvcli.models.sbg import SBG, Renewals
from clvcli.periods import DAYS_PER_MONTH, day_number
from clvcli.prediction import Ahead
from clvcli.renewals import BILLINGS, Billing
from clvcli.survival import Gaps

ENGINE = Polars()
GYM = """
    customer  order  date        amount  cost
    ann       1      2024-01-10      20    12
    ann       2      2024-02-10      20    12
    ann       3      2024-03-11      20    12
    ann       4      2024-04-10      20    12
    ann       5      2024-05-10      20    12
    bob       6      2024-01-20      30    12
    bob       7      2024-02-20      30    12
    bob       8      2024-03-20      30    12
    cid       9      2024-03-15      20    12
    dan       10     2024-02-01      20    12
    dan       11     2024-03-01      20    12
    dan       12     2024-05-01      20    12
    eva       13     2024-05-25      20    12
"""
"""As of 31 May Ann has paid five times and is due on 9 June; Bob left at his third renewal, Cid at the first; Dan skipped April and is
due today; Eva has just begun. So of the four who came to the first renewal one was lost, of the three who came to the third one was."""
AS_OF = day_number(date(2024, 5, 31))
SPEND = {"ann": 20, "bob": 30, "cid": 20, "dan": 20, "eva": 20}
MARGIN = 1 - 13 * 12 / (10 * 20 + 3 * 30)


def gym(horizon=90, discount=0.1, text=GYM, **changed):
    """The forecast of the gym so many days ahead."""
    seen = observed("2024-05-31")
    customers = customers_from(text, seen)
    gaps = tuple(sorted({29: 2, 30: 2, 31: 2, 61: 1}.items()))
    return contract_forecast(replace(Contracts(customers, Gaps(gaps, ()), AS_OF), **changed), ENGINE, Ahead(horizon, discount))


def of(found, name):
    """A column of the customers, by customer."""
    return dict(found.customers.select("customer_id", name).rows())


# What was seen


def test_renewals_are_those_of_the_paper():
    found = gym()
    assert [(step.renewal, step.at_risk, step.lost) for step in found.steps] == [(1, 4, 1), (2, 3, 0), (3, 2, 1), (4, 1, 0)]
    assert [step.survival for step in found.steps] == pytest.approx([3 / 4, 3 / 4, 3 / 8, 3 / 8])
    assert [step.retention for step in found.steps] == pytest.approx([3 / 4, 1, 1 / 2, 1])
    assert found.undue == 1
    assert found.billing == BILLINGS["month"]
    assert found.rhythm.skipped == 1


def test_the_model_is_fitted_to_these_renewals_and_stands_beside_them():
    found = gym()
    fit = SBG.fit(Renewals(*(pl.Series(each).cast(pl.Float64).to_numpy() for each in ([1, 0, 1, 0], [0, 1, 0, 1]))))
    assert (found.fit.parameters, found.fit.customers, found.fit.log_likelihood) == (fit.parameters, 4, fit.log_likelihood)
    alpha, beta = fit.values
    first, second = found.steps[:2]
    assert first == Step(1, 4, 1, first.survival, first.fitted_survival, first.retention, first.fitted_retention)
    assert first.fitted_survival == first.fitted_retention == pytest.approx(beta / (alpha + beta))
    assert second.fitted_survival == pytest.approx(beta / (alpha + beta) * (beta + 1) / (alpha + beta + 1))


# What is to come, by hand


def renewing(found, payments, due, rate=0.0):
    """Σ over the payments that fall due of the chance that each is made, given so many so far; the first whole, later ones discounted."""
    alpha, beta = found.fit.values
    total, there = 0.0, 1.0
    for at in range(due):
        there *= (beta + payments - 1 + at) / (alpha + beta + payments - 1 + at)
        total += there / (1 + rate) ** at
    return total


# Customer: payments, days until the next is due, how many fall due in 90 days
PAPER = {"ann": (5, DAYS_PER_MONTH - 21, 3), "dan": (3, DAYS_PER_MONTH - 30, 3), "eva": (1, DAYS_PER_MONTH - 6, 3)}


def test_payments_to_come_are_those_of_the_paper():
    found = gym()
    expected = of(found, "expected_orders")
    assert (of(found, "payments"), of(found, "p_alive")) == (
        {"ann": 5, "bob": 3, "cid": 1, "dan": 3, "eva": 1}, {"ann": 1, "bob": 0, "cid": 0, "dan": 1, "eva": 1},
    )  # fmt: skip
    assert {n: expected[n] for n in PAPER} == pytest.approx({n: renewing(found, paid, due) for n, (paid, _, due) in PAPER.items()})
    assert expected["bob"] == expected["cid"] == 0
    assert of(found, "expected_spend") == pytest.approx(SPEND)
    assert of(found, "expected_revenue") == pytest.approx({n: orders * SPEND[n] for n, orders in expected.items()})


@pytest.mark.parametrize(("days", "due"), [(0, (0, 1, 0)), (9, (0, 1, 0)), (10, (1, 1, 0)), (31, (1, 2, 1)), (40, (2, 2, 1))])
def test_only_payments_that_fall_due_within_the_horizon_count(days, due):
    found = gym(days)
    expected = of(found, "expected_orders")
    by_hand = {n: renewing(found, paid, at) for (n, (paid, _, _)), at in zip(PAPER.items(), due, strict=True)}
    # Dan's is due in 0.4 days, so not on the very day
    assert {n: expected[n] for n in PAPER} == pytest.approx(by_hand if days else {**by_hand, "dan": 0})


def test_clv_is_what_is_to_come_discounted_to_the_day_on_which_it_comes_at_the_margin_of_the_gym():
    found = gym()
    daily = math.log(1.1) / 365.25
    rate = math.expm1(daily * DAYS_PER_MONTH)
    assert of(found, "margin")["ann"] == pytest.approx(MARGIN)
    for name, (paid, wait, due) in PAPER.items():
        discounted = renewing(found, paid, due, rate) * math.exp(-daily * wait)
        assert of(found, "discounted_orders")[name] == pytest.approx(discounted)
        assert of(found, "clv_predicted")[name] == pytest.approx(discounted * SPEND[name] * MARGIN)
        for_ever = renewing(found, paid, 5_000, rate) * math.exp(-daily * wait)
        assert of(found, "residual_orders")[name] == pytest.approx(for_ever, rel=1e-6)
        assert of(found, "residual_value")[name] == pytest.approx(for_ever * SPEND[name] * MARGIN, rel=1e-6)


def test_a_new_member_makes_a_payment_at_once_and_those_of_who_has_made_one():
    """DEL = 1 + DERL of one payment, discounted by the period until the next. Source: Fader & Hardie 2010."""
    found = gym()
    rate = 1.1 ** (1 / 12) - 1
    assert found.lifetime == pytest.approx(1 + renewing(found, 1, 5_000, rate) / (1 + rate), rel=1e-6)


def test_at_no_rate_there_is_no_value_for_ever_unless_all_leave_soon_enough():
    found = gym(discount=0.0)
    assert found.customers["residual_orders"].is_null().all()
    assert found.customers["discounted_orders"].equals(found.customers["expected_orders"])
    alpha, beta = found.fit.values
    assert found.lifetime == (pytest.approx((alpha + beta - 1) / (alpha - 1)) if alpha > 1 else None)


def test_totals_are_sums_over_customers_and_move_with_the_parameters():
    found = gym()
    columns = {"alive_customers": "p_alive", "predicted_orders": "expected_orders", "predicted_revenue": "expected_revenue",
               "predicted_contribution": "clv_predicted"}  # fmt: skip
    assert totals(found, found.fit.values) == pytest.approx({name: found.customers[column].sum() for name, column in columns.items()})
    alpha, beta = found.fit.values
    leaving = totals(found, (2 * alpha, beta))
    assert leaving["alive_customers"] == 3
    assert leaving["predicted_orders"] < found.customers["expected_orders"].sum()


def test_metrics_are_ten_thousandths():
    metrics = {row["customer_id"]: row for row in gym().metrics.to_dicts()}
    assert metrics["ann"]["alive_customers"] == 10_000
    assert metrics["bob"] == {
        "customer_id": "bob",
        "alive_customers": 0,
        "predicted_orders": 0,
        "predicted_revenue": 0,
        "predicted_contribution": 0,
    }
    assert metrics["ann"]["predicted_revenue"] == round(of(gym(), "expected_revenue")["ann"] * 10_000)


def test_without_a_margin_nothing_is_said_of_value():
    text = "\n".join(line.rpartition(" ")[0] for line in GYM.strip().splitlines())
    found = gym(text=text)
    assert found.customers.select("margin", "clv_predicted", "residual_value").null_count().row(0) == (5, 5, 5)
    assert list(totals(found, found.fit.values)) == ["alive_customers", "predicted_orders", "predicted_revenue"]
    assert found.metrics["predicted_contribution"].is_null().all()


def test_fees_are_taken_off_what_is_contributed():
    costs = {"payment_fixed": 1.0}
    plain, less = (
        analysed(GYM, command="predict", model="sbg", horizon="3m", as_of="2024-05-31", **some).forecast for some in ({}, {"costs": costs})
    )
    assert of(plain, "margin")["ann"] == pytest.approx(MARGIN)
    assert of(less, "margin")["ann"] == pytest.approx(MARGIN - 13 / 290)


def test_free_members_are_worth_nothing_at_no_margin():
    free = GYM.replace("  20    12", "   0     0").replace("  30    12", "   0     0")
    assert gym(text=free).customers["margin"].is_null().all()


# How they pay, and when they end


def test_a_billing_period_that_is_said_goes_before_what_the_gaps_show():
    some = Contracts(on_polars(pl.DataFrame()), Gaps(((30, 40),), ()), AS_OF)
    assert some.billing == BILLINGS["month"]
    assert replace(some, billing_name="quarter").billing == BILLINGS["quarter"]
    assert replace(some, gaps=Gaps(((50, 40),), ())).billing == Billing("50 days", 50.0)


@pytest.mark.parametrize("gaps", [(), ((1, 5), (6, 9))])
def test_where_no_gap_is_a_billing_period_it_is_to_be_said(gaps):
    with pytest.raises(InputError) as told:
        _ = Contracts(on_polars(pl.DataFrame()), Gaps(gaps, ()), AS_OF).billing
    (problem,) = told.value.problems
    assert problem.message == "no customer paid again after a week or more, so no billing period shows: sBG needs renewals"
    assert problem.hint.startswith("say how often contracts are paid, as in --billing month")


def test_where_the_end_of_contracts_is_known_nobody_is_lost_for_being_late():
    """A list of contracts: Ann's goes on, Bob's ended after 100 days, Cid's before the first renewal, Dan's goes on for longer than that."""
    first = [AS_OF - 200, AS_OF - 180, AS_OF - 150, AS_OF - 95]
    table = {
        "customer_id": ["ann", "bob", "cid", "dan"], "customers": [1] * 4, "first_day": first, "last_day": first, "buying_days": [1] * 4,
        "revenue": [200_000] * 4, "ended_day": [None, AS_OF - 80, AS_OF - 149, AS_OF + 30],
    }  # fmt: skip
    frame = on_polars(pl.DataFrame(table, schema_overrides={"ended_day": pl.Int32}))
    found = contract_forecast(Contracts(frame, Gaps((), ()), AS_OF, "month", has_endings=True), ENGINE, Ahead(31, 0.1))
    assert of(found, "p_alive") == {"ann": 1, "bob": 0, "cid": 0, "dan": 1}
    assert of(found, "payments") == {"ann": 7, "bob": 4, "cid": 1, "dan": 4}  # 200 days are 6.6 months, 99 are 3.3, 95 are 3.1
    assert [(step.at_risk, step.lost) for step in found.steps] == [(4, 1), (3, 0), (3, 0), (2, 1), (1, 0), (1, 0)]
    assert of(found, "expected_orders")["ann"] == pytest.approx(renewing(found, 7, 1))
    assert of(found, "expected_spend")["ann"] == 20
    assert found.has_endings


# What can't be


def refused(text, gaps=((30, 9),)):
    with pytest.raises(InputError) as told:
        gym(text=text, gaps=Gaps(gaps, ()))
    (problem,) = told.value.problems
    return problem.message, problem.hint


HEADER = "customer order date amount"
PAID = {
    "nobody lost": (" ann 1 2024-04-10 20\n ann 2 2024-05-10 20", "nobody has left yet: how long customers stay can't be told before some have cancelled"),
    "all lost at once": (" ann 1 2024-01-10 20\n bob 2 2024-02-10 20", "everybody left at the first renewal"),
    "no renewal yet": (" ann 1 2024-05-10 20\n bob 2 2024-05-20 20", "nobody has come to a renewal yet"),
    "one renewal": (" ann 1 2024-04-10 20\n ann 2 2024-05-10 20\n bob 3 2024-04-01 20", "only the first renewal has been seen: who stays after it can't be told from that"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "message"), PAID.values(), ids=PAID)
def test_too_few_renewals_are_refused_with_what_to_wait_for(rows, message):
    told, hint = refused(f"{HEADER}\n{rows}")
    assert told == message
    assert hint


# What came of members who were simulated


def test_members_pay_what_was_forecast_of_them():
    """Cut a year before the end: what those who were members then paid in that year, to a twentieth."""
    lines = members(2_500)
    cut = day_number(date(2024, 1, 1))
    found = analysed(lines.filter(pl.col("day") <= cut), command="predict", model="sbg", horizon="12m", as_of="2024-01-01").forecast
    assert isinstance(found, ContractForecast)
    won = set(found.customers["customer_id"])
    later = lines.filter((pl.col("day") > cut) & (pl.col("day") <= cut + 365) & pl.col("customer_id").is_in(won))
    assert found.customers["expected_orders"].sum() == pytest.approx(later.height, rel=0.05)
    assert found.fit.values == pytest.approx((0.7, 3.8), rel=0.35)
    assert collected(analysed(lines).customers).height == 2_500
