"""Trials of models and baselines at a cut: what is forecast of whom, and what it is held against."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import simulated
from analysed import analysed
from trials_of import cut_on, said, trial_of

from clvcli.backtest import Held, past_of, trial
from clvcli.baselines import BASELINES
from clvcli.engines import Polars
from clvcli.forecasts import MODELS, sorted_histories
from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.nbd import NBD
from clvcli.models.pareto_nbd import PARETO_NBD
from clvcli.prediction import expected_spend, histories_of, known

CUT = cut_on("2024-06-30", 180)
ENGINE = Polars()


def tried_on(lines, models=(), cut=CUT, **options):
    """The trial of models on these lines."""
    rows = sorted_histories(analysed(lines, **options).buying, cut, ENGINE)
    return trial(rows, cut, known(ENGINE.frame(rows), ENGINE), models)


@pytest.fixture(scope="module")
def tried():
    return tried_on(simulated.shop(), [BG_NBD, PARETO_NBD], margin=0.4)


# What is forecast


def test_the_models_then_what_stands_beside_them(tried):
    baselines = [baseline.name for baseline in BASELINES]
    assert [f.name for f in tried.forecasts] == ["bg_nbd", "pareto_nbd", "nbd", "bg_nbd_own_mean", "bg_nbd_aov", *baselines]
    assert [f.kind for f in tried.forecasts] == ["model", "model", "baseline", "variant", "variant", *["baseline"] * len(baselines)]
    assert [f.label for f in tried.forecasts][:5] == ["BG/NBD", "Pareto/NBD", "NBD", "BG/NBD × own mean", "BG/NBD × AOV"]
    assert [fit.model.name for fit in tried.fits] == ["bg_nbd", "pareto_nbd"]
    assert tried.undefined == {}


def test_a_model_tells_the_orders_it_expects_and_what_is_spent_on_them(tried):
    for fit in tried.fits:
        told = tried.by_name[fit.model.name]
        orders = fit.model.expected(fit.buying.values, histories_of(tried.rows), 180)
        np.testing.assert_allclose(told.orders, orders, rtol=1e-12)
        np.testing.assert_allclose(told.money, orders * expected_spend(fit, tried.rows), rtol=1e-12)


def test_variants_are_the_first_model_with_simpler_guesses_of_spend(tried):
    orders, rows = tried.by_name["bg_nbd"].orders, tried.rows
    usual = rows["repeat_revenue"].sum() / (rows["buying_days"] - 1).sum() / 10_000
    means = [
        revenue / repeats / 10_000 if repeats else usual
        for revenue, repeats in rows.select("repeat_revenue", pl.col("buying_days") - 1).rows()
    ]
    np.testing.assert_allclose(tried.by_name["bg_nbd_aov"].money, orders * usual, rtol=1e-12)
    np.testing.assert_allclose(tried.by_name["bg_nbd_own_mean"].money, orders * np.array(means), rtol=1e-12)
    assert tried.by_name["bg_nbd_aov"].orders is None


def test_baselines_are_those_of_the_past_of_each_customer(tried):
    past = past_of(tried.rows, CUT.day - simulated.FIRST + 1)
    for baseline in BASELINES:
        told = tried.by_name[baseline.name]
        np.testing.assert_array_equal(told.orders, baseline.orders(past, 180))
        np.testing.assert_array_equal(told.money, baseline.spend(past, 180))


def test_the_past_of_customers_in_currency_units():
    """Ann bought on 1 Jan, 1 May and 20 June, Bob on 2 June; the last 90 days begin on 2 April."""
    lines = """
        customer order date       amount
        ann      1     2024-01-01 10.50
        ann      2     2024-05-01 20
        ann      3     2024-06-20 30
        ann      4     2024-06-25 -2
        bob      5     2024-06-02 7
    """
    past = past_of(sorted_histories(analysed(lines).buying, CUT, ENGINE), 182)
    assert (past.repeats.tolist(), past.active.tolist(), past.age.tolist()) == ([2, 0], [171, 0], [181, 28])
    assert (past.spend_total.tolist(), past.spend_repeat.tolist()) == ([58.5, 7], [48, 0])
    assert (past.recent_orders.tolist(), past.recent_spend.tolist(), past.history) == ([2, 1], [48, 7], 182)


def test_a_run_rate_is_of_all_days_where_the_shop_is_younger():
    """The shop begins on 1 June: 30 days to the cut. Three orders in 30 days are 18 in 180."""
    lines = "customer order date amount\nann 1 2024-06-01 10\nann 2 2024-06-11 10\nann 3 2024-06-21 10\nbob 4 2024-12-27 1"
    assert tried_on(lines).by_name["run_rate"].orders.tolist() == [18]


# What can't be forecast


NO_REPEATS = "customer order date amount\nann 1 2024-01-01 10\nbob 2 2024-03-01 20\ncid 3 2024-12-27 1"


def test_models_that_cannot_be_fitted_are_undefined_and_baselines_stand():
    found = tried_on(NO_REPEATS, list(MODELS.values()))
    assert list(found.undefined) == ["bg_nbd", "mbg_nbd", "pareto_nbd", "nbd"]
    assert all(": " in why for why in found.undefined.values())
    assert [f.name for f in found.forecasts] == [baseline.name for baseline in BASELINES]
    assert (found.fits, found.best_model) == ((), None)


def test_without_a_model_no_spend_is_varied():
    found = tried_on(simulated.shop(60))
    assert [f.name for f in found.forecasts][:2] == ["nbd", "same_rate"]
    assert found.fits == ()


# What they are held against


def test_each_forecast_is_held_against_its_own_basis():
    found = trial_of([100, 0], said("all", 60, 60), said("earned", 30, 30, basis="margin"), earned=[50, 0])
    assert found.money("revenue").tolist() == [100, 0]
    assert found.money("margin").tolist() == [50, 0]
    assert {name: (held.predicted, held.actual, held.bias) for name, held in found.of_money.items()} == {
        "all": (120, 100, 0.2),
        "earned": (60, 50, 0.2),
    }


def test_where_the_margin_is_not_known_nothing_is_held_against_it():
    found = trial_of([100, 0], said("all", 60, 60), said("earned", 30, 30, basis="margin"))
    assert found.money("margin") is None
    assert list(found.of_money) == ["all"]


def test_orders_are_held_against_buying_days():
    found = trial_of([100, 0], said("both", 1, 1, orders=[2, 1]), said("money", 1, 1), orders=[2, 0])
    assert list(found.of_orders) == ["both"]
    assert (found.of_orders["both"].predicted, found.of_orders["both"].actual, found.of_orders["both"].mae) == (3, 2, 0.5)


def test_the_best_model_is_nearest_customer_by_customer_in_orders(tried):
    assert tried.best_model.model.name == min(("bg_nbd", "pareto_nbd"), key=lambda name: tried.of_orders[name].mae)


def test_of_models_that_are_equally_near_the_first_is_best(tried):
    same = {"bg_nbd": tried.by_name["pareto_nbd"].orders}
    equal = replace(tried, forecasts=tuple(replace(f, orders=same.get(f.name, f.orders)) for f in tried.forecasts))
    assert equal.best_model.model is BG_NBD


def test_nbd_is_no_model_to_choose(tried):
    assert NBD not in [fit.model for fit in tried.fits]
    assert tried.by_name["nbd"].kind == "baseline"


def test_how_near_a_forecast_came_is_worked_out_when_it_is_asked_for():
    actual = np.array([0.0, 2.0, 1.0])
    held = Held({"near": (actual + 0.5, actual), "broken": (np.full(3, np.nan), actual)})
    assert (list(held), len(held)) == (["near", "broken"], 2)
    assert held["near"] is held["near"]
    assert held["near"].mae == pytest.approx(0.5)
    with pytest.raises(ValueError, match="missing or infinite"):
        held["broken"]
