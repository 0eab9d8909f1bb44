"""Estimates: what to expect of all customers together, and intervals by the curvature of the likelihood and by samples of customers."""

import math
from dataclasses import replace
from functools import cache

import pytest
import simulated
from analysed import analysed

from clvcli.estimates import estimates
from clvcli.models.fit import Fit
from clvcli.models.histories import FitError
from clvcli.prediction import Ahead
from clvcli.tables import Unit

NAMES = ("alive_customers", "predicted_orders", "predicted_revenue", "predicted_contribution")
SUMS = dict(zip(NAMES, ("p_alive", "expected_orders", "expected_revenue", "clv_predicted"), strict=True))


@cache
def found(model="bg_nbd", margin=0.4):
    """The forecast of a simulated shop of 400 customers."""
    lines = simulated.shop(400)
    return analysed(
        lines if margin else lines.drop("cost"), command="predict", model=model, horizon="6m", **({"margin": margin} if margin else {})
    ).forecast


def by_name(some):
    return {one.total: one for one in some}


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_totals_are_sums_over_customers(model):
    customers, told = found(model).customers, by_name(estimates(found(model)))
    assert tuple(told) == NAMES
    for name, column in SUMS.items():
        assert told[name].value == pytest.approx(customers[column].sum(), rel=1e-9)


def test_without_a_margin_nothing_is_said_of_contribution():
    assert [one.total for one in estimates(found(margin=None))] == list(NAMES[:3])


def test_units_are_those_of_what_is_counted():
    assert [one.unit for one in estimates(found())] == [Unit.EXPECTED, Unit.EXPECTED, Unit.MONEY, Unit.MONEY]


def test_intervals_hold_the_value_in_their_middle():
    for one in estimates(found()):
        assert one.low < one.value < one.high
        assert one.high - one.value == pytest.approx(one.value - one.low)


@pytest.mark.slow
def test_the_curvature_and_samples_of_customers_agree():
    """The delta method against the bootstrap: both say how far totals move with parameters that are unsure."""
    plain, sampled = by_name(estimates(found())), by_name(estimates(found(), 200))
    for name in NAMES:
        assert sampled[name].value == plain[name].value
        assert sampled[name].high - sampled[name].low == pytest.approx(plain[name].high - plain[name].low, rel=0.15), name


def test_samples_are_the_same_on_every_run():
    assert estimates(found(), 5) == estimates(found(), 5)
    assert estimates(found(), 5) != estimates(found(), 6)


def test_samples_of_a_shop_whose_customers_all_spend_the_same_fit_its_buying_alone():
    fit = found().fitted
    plain = replace(found(), fitted=replace(fit, spending=None, usual=30.0))
    told = by_name(estimates(plain, 20))
    assert told["predicted_revenue"].low < told["predicted_revenue"].value < told["predicted_revenue"].high


def test_without_a_model_of_spending_buying_alone_is_unsure():
    told = by_name(estimates(replace(found(), fitted=replace(found().fitted, spending=None, usual=30.0))))
    orders, revenue = told["predicted_orders"], told["predicted_revenue"]
    assert (revenue.high - revenue.value) / revenue.value == pytest.approx((orders.high - orders.value) / orders.value, rel=0.1)
    assert (orders.low, orders.high) == (
        by_name(estimates(found()))["predicted_orders"].low,
        by_name(estimates(found()))["predicted_orders"].high,
    )


def test_at_no_discount_a_contribution_is_what_the_revenue_leaves():
    plain = replace(found(), ahead=Ahead(found().ahead.days, 0.0))
    told = by_name(estimates(plain))
    assert told["predicted_contribution"].value == pytest.approx(0.4 * told["predicted_revenue"].value, rel=1e-4)


class Refusing:
    """A model that can be fitted to nothing."""

    def __init__(self, model):
        self.model = model

    def fit(self, _):
        raise FitError("no", "never")

    def __getattr__(self, name):
        return getattr(self.model, name)


def test_where_no_sample_can_be_fitted_there_is_no_interval():
    fit = found().fitted
    told = estimates(replace(found(), fitted=replace(fit, model=Refusing(fit.model))), 3)
    assert [(one.low, one.high) for one in told] == [(None, None)] * 4
    assert told[1].value == by_name(estimates(found()))["predicted_orders"].value


def as_unsure_as(variance, **changed):
    """The forecast with parameters whose logarithms have so much variance."""
    buying = found().fitted.buying
    covariance = tuple(tuple(variance * (i == j) for j in range(4)) for i in range(4))
    unsure = Fit(buying.model, buying.parameters, covariance, buying.log_likelihood, buying.customers, buying.evaluations)
    return replace(found(), fitted=replace(found().fitted, buying=unsure), **changed)


def test_what_can_not_be_below_nought_is_not_and_no_more_are_alive_than_there_are():
    told = by_name(estimates(as_unsure_as(25.0)))
    assert (told["predicted_orders"].low, told["predicted_revenue"].low, told["alive_customers"].low) == (0, 0, 0)
    assert told["alive_customers"].high == 400
    assert told["predicted_contribution"].low < 0  # which may be a loss


def test_a_loss_is_forecast_as_one():
    loss = found().customers.with_columns(margin=-found().customers["margin"])
    told = by_name(estimates(replace(found(), customers=loss)))["predicted_contribution"]
    assert told.low < told.value < told.high < 0
    assert told.value == pytest.approx(-by_name(estimates(found()))["predicted_contribution"].value)


def test_a_margin_that_is_not_known_of_a_customer_brings_nothing():
    unknown = found().customers.with_columns(margin=None)
    assert by_name(estimates(replace(found(), customers=unknown)))["predicted_contribution"].value == 0


def test_known_parameters_leave_spend_alone_unsure():
    sure, plain = by_name(estimates(as_unsure_as(0.0))), by_name(estimates(found()))
    assert sure["predicted_orders"].low == sure["predicted_orders"].high == sure["predicted_orders"].value
    width = {name: one["predicted_revenue"].high - one["predicted_revenue"].value for name, one in {"sure": sure, "plain": plain}.items()}
    assert 0 < width["sure"] < width["plain"]


def test_variances_of_buying_and_of_spending_add_up():
    whole, of_spending = (by_name(estimates(one))["predicted_revenue"] for one in (found(), as_unsure_as(0.0)))
    of_buying = by_name(estimates(replace(found(), fitted=replace(found().fitted, spending=frozen(found().fitted.spending)))))[
        "predicted_revenue"
    ]
    widths = [one.high - one.value for one in (of_buying, of_spending)]
    assert whole.high - whole.value == pytest.approx(math.hypot(*widths), rel=1e-6)


def frozen(fit):
    """The same fit, taken as known."""
    return replace(fit, covariance=tuple((0.0,) * 3 for _ in range(3)))


def test_twice_as_many_customers_make_it_surer_by_the_root_of_two():
    once, twice = (analysed(simulated.shop(n), command="predict", model="bg_nbd", horizon="6m", margin=0.4).forecast for n in (300, 1_200))
    relative = [(one.high - one.value) / one.value for one in (by_name(estimates(f))["predicted_orders"] for f in (once, twice))]
    assert relative[0] / relative[1] == pytest.approx(2, rel=0.25)
