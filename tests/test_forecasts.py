"""Forecasts: by which model a shop is forecast and why, and what is refused."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import simulated
from analysed import analysed
from simulated_members import donors, members

from clvcli.config import Config
from clvcli.contracts import ContractForecast
from clvcli.cuts import Cut
from clvcli.engines import Polars
from clvcli.errors import InputError, UsageError
from clvcli.forecasts import MODELS, BuyingForecast, Shop, Wishes, ahead, forecast, sorted_histories, wishes
from clvcli.models.mbg_nbd import MBG_NBD
from clvcli.models.pareto_nbd import PARETO_NBD
from clvcli.opportunities import BUYING_BY_PERIOD
from clvcli.periods import Period
from clvcli.prediction import Ahead, fitted, known, predicted
from clvcli.survival import Gaps
from clvcli.tables import MONEY_SCALE

ENGINE = Polars()


@pytest.fixture(scope="module")
def lines():
    """Two years of a simulated shop."""
    return simulated.shop()


@pytest.fixture(scope="module")
def paying():
    """Members who pay by the month."""
    return members()


def of(lines, **options):
    """The forecast of a shop under these keys of the config."""
    return analysed(lines, command="predict", **options).forecast


def known_of(found):
    """What models see of an analysis."""
    return known(ENGINE.frame(sorted_histories(found.buying, Cut(found.window.as_of), ENGINE)), ENGINE)


def refused(error, ask):
    """What is said of a forecast that can't be, and what to do."""
    with pytest.raises(error) as told:
        ask()
    (problem,) = told.value.problems
    return problem.message, problem.hint


@pytest.fixture(scope="module")
def auto(lines):
    return of(lines, margin=0.4, horizon="6m")


# What is wished


def test_wishes_are_those_of_the_config():
    assert wishes(Config()) == Wishes("auto", Ahead(365, 0.1))
    asked = Config(
        model="bg_bb", period="quarter", horizon="90d", discount_rate=0.2, margin={"by": "channel", "rates": {}, "otherwise": 0.3}
    )
    assert wishes(asked) == Wishes("bg_bb", Ahead(90, 0.2), None, own_margins=True, period=Period.QUARTER)


def test_a_horizon_is_a_whole_number_of_days():
    assert ahead(Config(horizon="12m")).days == 365
    assert ahead(Config(horizon="26w")).days == 182


# Which model


def test_auto_takes_the_model_that_was_nearest_on_the_past(auto):
    errors = {name: auto.tried.of_orders[name].mae for name in MODELS}
    assert auto.fitted.model.name == min(errors, key=errors.get)
    assert auto.tried.cut.days == 183
    assert auto.why == "of 3 models it was nearest to what customers did in the 183 days after 2024-06-30"
    assert (auto.untried, auto.period) == ("", None)


def test_the_model_is_fitted_to_all_that_was_seen_and_not_to_the_past_alone(auto):
    (then,) = (fit for fit in auto.tried.fits if fit.model is auto.fitted.model)
    assert auto.fitted.buying.customers == auto.customers.height
    assert auto.fitted.buying.log_likelihood < then.buying.log_likelihood  # of more purchases


def test_a_model_that_is_named_is_taken_and_tried_alone(lines):
    found = of(lines, model="pareto_nbd", horizon="6m")
    assert found.fitted.model is PARETO_NBD
    assert found.why == "as asked"
    assert [fit.model for fit in found.tried.fits] == [PARETO_NBD]


def test_a_model_that_was_saved_is_taken_as_it_is_and_its_kind_is_tried(lines):
    found = analysed(lines, command="predict")
    saved = replace(fitted(MBG_NBD, known_of(found)), usual=17.0, doubts=("as it was",))
    again = forecast(found.shop, ENGINE, Wishes("auto", Ahead(183, 0.1), saved))
    assert again.fitted is saved
    assert again.why == "its parameters were saved"
    assert [fit.model for fit in again.tried.fits] == [MBG_NBD]
    assert forecast(found.shop, ENGINE, Wishes("mbg_nbd", Ahead(183, 0.1), saved)).customers.equals(again.customers)


@pytest.mark.parametrize("model", ["bg_nbd", "pareto_nbd", "bg_bb", "sbg"])
def test_a_saved_model_is_not_another_one(lines, model):
    found = analysed(lines, command="predict")
    saved = fitted(MBG_NBD, known_of(found))
    assert refused(UsageError, lambda: forecast(found.shop, ENGINE, Wishes(model, Ahead(183, 0.1), saved))) == (
        f"the saved model is MBG/NBD, but the one asked for is {model}",
        "leave out --model or --model-file",
    )


def test_of_too_short_a_past_the_first_model_is_taken_untried(lines):
    short = lines.filter(pl.col("day") < simulated.FIRST + 50)
    found = of(short, horizon="60d")
    assert found.fitted.model is MODELS["bg_nbd"]
    assert found.why == "there is too little of the past to try others on"
    assert found.tried is None
    assert found.untried == "the orders are of 50 days, from 2023-01-01 to 2023-02-19: too few to be cut in two"


def test_where_no_model_could_be_fitted_then_it_is_said_why():
    """All came back after the middle of the time."""
    text = "customer order date amount\n ann 1 2024-01-01 10\n bob 2 2024-01-20 20\n ann 3 2024-06-10 10\n bob 4 2024-05-01 15\n bob 5 2024-07-01 15"
    found = of(text, horizon="6m")
    assert found.tried is None
    assert found.untried.startswith("at the cut on 2024-04-01 nobody bought again: ")


# What is expected


def test_customers_are_forecast_as_the_model_does(auto, lines):
    expected = predicted(
        auto.fitted, auto.customers.select(pl.exclude("^expected.*$", "^discounted.*$", "residual_orders", "p_alive")), auto.ahead
    )
    assert auto.customers["customer_id"].to_list() == sorted(auto.customers["customer_id"])
    assert auto.customers["expected_revenue"].equals(expected["expected_revenue"])
    assert auto.customers["residual_orders"].equals(expected["residual_orders"])


def test_a_forecast_contribution_is_discounted_revenue_at_the_margin_of_all(auto):
    customers = auto.customers
    np.testing.assert_allclose(customers["margin"], customers["contribution"].sum() / customers["revenue"].sum(), rtol=1e-12)
    np.testing.assert_allclose(customers["clv_predicted"], customers["discounted_revenue"] * customers["margin"], rtol=1e-12)
    for_ever = customers["residual_orders"] * customers["expected_spend"] * customers["margin"]
    np.testing.assert_allclose(customers["residual_value"], for_ever, rtol=1e-12)


def test_where_margins_differ_each_customer_keeps_the_own(lines):
    found = of(lines.drop("cost"), horizon="6m", margin={"by": "channel", "rates": {"web": 0.6, "fair": 0.2}, "otherwise": 0.4})
    by_own = found.customers.with_columns(own=pl.col("contribution") / pl.col("revenue"))
    np.testing.assert_allclose(by_own["margin"], by_own["own"], rtol=1e-12)
    assert by_own["margin"].n_unique() > 3


def test_of_who_brought_nothing_the_margin_is_that_of_all():
    text = """
        customer order date       amount channel
        ann      1     2024-01-01 100    web
        ann      2     2024-03-01 100    web
        bob      3     2024-02-01 100    fair
        bob      4     2024-04-01 20     fair
        cid      5     2024-01-05 50     web
        cid      r-5   2024-01-09 -50    web
    """
    found = of(text, horizon="2m", margin={"by": "channel", "rates": {"web": 0.6, "fair": 0.1}, "otherwise": 0.4})
    margins = dict(found.customers.select("customer_id", "margin").rows())
    assert margins == pytest.approx({"ann": 0.6, "bob": 0.1, "cid": (120 + 12) / 320})


def test_where_the_margin_is_not_known_nothing_is_said_of_contribution(lines):
    found = of(lines.drop("cost"), horizon="6m")
    assert found.customers.select("margin", "clv_predicted", "residual_value").null_count().row(0) == (found.customers.height,) * 3
    assert found.metrics["predicted_contribution"].is_null().all()


def test_where_all_was_given_back_there_is_no_margin():
    text = """
        customer order date       amount cost
        ann      1     2024-01-01 100    50
        ann      2     2024-03-01 100    50
        ann      r-2   2024-03-09 -200   -50
        bob      3     2024-02-01 0      0
    """
    assert of(text, horizon="2m").customers["margin"].is_null().all()


def test_metrics_are_ten_thousandths_rounded(auto):
    metrics = auto.metrics
    assert metrics.columns == ["customer_id", "alive_customers", "predicted_orders", "predicted_revenue", "predicted_contribution"]
    assert set(metrics.dtypes[1:]) == {pl.Int64}
    wanted = auto.customers.select("p_alive", "expected_orders", "expected_revenue", "clv_predicted") * MONEY_SCALE
    assert np.abs(metrics.drop("customer_id").to_numpy() - wanted.to_numpy()).max() <= 0.5 + 1e-6


# By the period


def test_by_the_year_a_customer_buys_in_a_year_or_not():
    found = of(donors(), model="bg_bb", horizon="3y", margin=0.5)
    assert found.fitted.model is BUYING_BY_PERIOD
    assert (found.period, found.ahead, found.why) == (Period.YEAR, Ahead(3, 0.1, 365.25), "as asked")
    assert found.untried == "it counts by the year, the back-test by the day"
    assert found.customers["expected_orders"].max() <= 3
    assert found.customers["buying_days"].max() <= 5
    assert found.customers["age_days"].unique().to_list() == [4]  # all came in 2018, and the last whole year is 2022


def test_the_last_order_stays_a_day():
    found = of(donors(), model="bg_bb", horizon="3y")
    last = dict(donors().group_by("customer_id").agg(pl.col("day").max()).rows())
    assert dict(found.customers.select("customer_id", "last_day").rows()) == last


@pytest.mark.parametrize(("horizon", "period", "ahead"), [("3y", "year", 3), ("2m", "year", 1), ("3y", "month", 36), ("1y", "quarter", 4)])
def test_a_horizon_is_a_whole_number_of_periods(horizon, period, ahead):
    assert of(donors(), model="bg_bb", horizon=horizon, period=period).ahead.days == ahead


def test_without_a_whole_period_there_is_nothing_to_count(lines):
    short = lines.filter(pl.col("day") < simulated.FIRST + 300)
    assert refused(InputError, lambda: of(short, model="bg_bb", horizon="1y")) == (
        "the data hold no whole year, and BG/BB counts by the year",
        "count shorter ones, as with --period month, or use another --model",
    )


# By contract


def test_members_are_forecast_as_contracts(paying):
    found = of(paying)
    assert isinstance(found, ContractForecast)
    assert found.fit.model == "sbg"
    assert of(paying, model="sbg").customers.equals(found.customers)


@pytest.mark.parametrize(("model", "label"), [("bg_nbd", "BG/NBD"), ("pareto_nbd", "Pareto/NBD")])
def test_a_subscription_is_not_given_to_a_model_of_buying_at_random(paying, model, label):
    message, hint = refused(InputError, lambda: of(paying, model=model))
    assert (
        message
        == f"customers pay every month, 100% of gaps between orders, as by a contract: {label} takes purchases to come at random (Poisson), which these don't"
    )
    assert hint == "use --model sbg, which counts renewals"


def test_a_saved_model_is_not_taken_for_contracts_either(paying, lines):
    saved = fitted(MBG_NBD, known_of(analysed(lines)))
    message, _ = refused(InputError, lambda: forecast(analysed(paying).shop, ENGINE, Wishes("auto", Ahead(183, 0.1), saved)))
    assert "MBG/NBD takes purchases to come at random" in message


def test_who_says_that_customers_pay_by_contract_is_believed(lines):
    shop = replace(analysed(lines).shop, billing="month")
    assert not analysed(lines).shop.is_contractual
    assert shop.is_contractual
    assert isinstance(forecast(shop, ENGINE, Wishes("auto", Ahead(183, 0.1))), ContractForecast)
    message, _ = refused(InputError, lambda: forecast(shop, ENGINE, Wishes("bg_nbd", Ahead(183, 0.1))))
    assert message.startswith("customers pay by contract, as --billing or --ended says: BG/NBD takes")
    assert replace(shop, billing="", has_endings=True).is_contractual
    assert replace(shop, gaps=Gaps((), ())).told_rhythm == "customers pay by contract, as --billing or --ended says"


# What is refused


def test_a_horizon_out_of_proportion_is_refused(lines):
    short = lines.filter(pl.col("day") < simulated.FIRST + 100)
    message, hint = refused(InputError, lambda: of(short, horizon="12m"))
    assert message.startswith(
        "a horizon of 365 days is out of proportion to the 100 days that were seen: the models assume that customers go on "
    )
    assert hint == "look at most 300 days ahead, as in --horizon 100d"
    assert isinstance(of(short, horizon="300d"), BuyingForecast)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (" ann 1 2024-01-01 10\n bob 2 2024-01-01 20", "every order is on the last day, so nobody has had time to buy again", "give the orders of at least some months"),
        (" ann 1 2024-01-01 10\n bob 2 2024-03-01 20", "nobody bought again: customers who are still to come back can't be told apart ", "give the orders of a longer time"),
        (" ann 1 2024-01-01 10\n ann 2 2024-03-01 20", "there is only one customer, and a model learns from how customers differ", "give the orders of all"),
    ],
)  # fmt: skip
def test_what_no_model_can_be_fitted_to_is_refused(text, message, hint):
    told = refused(InputError, lambda: of(f"customer order date amount\n{text}", horizon="1m"))
    assert told[0].startswith(message)
    assert told[1].startswith(hint)


def test_the_shop_of_an_analysis_is_what_a_forecast_is_made_from(lines):
    found = analysed(lines)
    assert isinstance(found.shop, Shop)
    assert found.shop.window == found.window
