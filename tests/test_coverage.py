"""Coverage: intervals of what all customers do together, and where what each did lies among what was expected of them."""

import math

import numpy as np
import polars as pl
import pytest
from scipy.stats import nbinom
from simulated_histories import until

from clvcli import coverage
from clvcli.coverage import interval_of_total, parameter_variance, parameter_variances, places, slopes
from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.fit import Fit
from clvcli.models.histories import Histories, dot
from clvcli.models.nbd import NBD
from clvcli.prediction import Fitted, histories_of
from clvcli.purchases import HISTORY

R, ALPHA = 1.5, 60.0
WIDTH = 1.6448536269514722
"""From the middle of a normal distribution to either end of what holds 90 % of it."""


def nbd(variance=0.0, edges=()):
    """The model without leaving, its parameters as sure as `variance` says."""
    covariance = ((variance, 0.0), (0.0, variance))
    return Fitted(NBD, Fit("nbd", {"r": R, "alpha": ALPHA}, covariance, -1.0, 100.0, 3, edges), None, 1.0)


def rows_of(repeats, active, age):
    """Rows of histories."""
    return pl.DataFrame({"buying_days": repeats + 1, "active_days": active, "age_days": age}).cast(pl.Int64)


SOME = rows_of(np.array([0, 2, 0, 5, 2, 9]), np.array([0, 60, 0, 90, 60, 100]), np.array([100, 90, 100, 120, 90, 100]))


# Slopes and what they bring


def test_slopes_are_those_of_the_total_in_the_logarithms():
    fit = Fit("two", {"u": 2.0, "v": 5.0}, ((0.1, 0.0), (0.0, 0.1)), -1.0, 1.0, 1)
    assert slopes(lambda values: values[0] ** 2 * values[1], fit) == pytest.approx([2 * 20, 20], rel=1e-6)


def test_the_variance_of_a_total_is_that_of_its_slopes():
    fit = Fit("two", {"u": 2.0, "v": 5.0}, ((0.1, -0.05), (-0.05, 0.2)), -1.0, 1.0, 1)
    by_hand = 40**2 * 0.1 + 2 * 40 * 20 * -0.05 + 20**2 * 0.2
    assert parameter_variance(lambda values: values[0] ** 2 * values[1], fit) == pytest.approx(by_hand, rel=1e-6)


def test_variances_of_several_totals_are_those_of_each():
    fit = Fit("two", {"u": 2.0, "v": 5.0}, ((0.1, -0.05), (-0.05, 0.2)), -1.0, 1.0, 1)
    both = parameter_variances(lambda values: np.array([values[0] ** 2 * values[1], values[0]]), fit)
    assert both.tolist() == [
        parameter_variance(lambda values: values[0] ** 2 * values[1], fit),
        parameter_variance(lambda values: values[0], fit),
    ]


def test_totals_worked_out_together_vary_as_each_alone():
    fit = Fit("two", {"u": 2.0, "v": 5.0}, ((0.1, -0.05), (-0.05, 0.2)), -1.0, 1.0, 1)
    alone = [parameter_variance(total, fit) for total in (lambda values: values[0] ** 2, lambda values: values[0] * values[1])]
    assert parameter_variances(lambda values: np.array([values[0] ** 2, values[0] * values[1]]), fit).tolist() == alone


def test_what_is_taken_as_known_brings_no_variance():
    nan = math.nan
    fit = Fit("two", {"u": 2.0, "v": 5.0}, ((0.1, nan), (nan, nan)), -1.0, 1.0, 1, ("v",))
    assert parameter_variance(lambda values: values[0] ** 2 * values[1], fit) == pytest.approx(40**2 * 0.1, rel=1e-6)
    assert parameter_variance(lambda values: values[1], fit) == 0


def test_a_variance_is_never_below_nought():
    odd = Fit("two", {"u": 2.0, "v": 5.0}, ((0.1, 0.3), (0.3, 0.1)), -1.0, 1.0, 1)
    assert parameter_variance(lambda values: values[0] - values[1], odd) >= 0
    assert parameter_variance(lambda values: values[0] / values[1], odd) == 0


# The interval of a total


def chance_of(rows, days):
    """The mean and the variance of what customers buy in so many days by a negative binomial distribution."""
    shape, odds = R + rows["buying_days"].to_numpy() - 1, days / (ALPHA + rows["age_days"].to_numpy())
    return (shape * odds).sum(), (shape * odds * (1 + odds)).sum()


def test_with_known_parameters_the_interval_is_of_chance_alone():
    mean, variance = chance_of(SOME, 90)
    low, high = interval_of_total(nbd(), SOME, 90)
    assert (low, high) == pytest.approx((mean - WIDTH * variance**0.5, mean + WIDTH * variance**0.5), rel=1e-6)


def test_unsure_parameters_widen_it():
    mean, variance = chance_of(SOME, 90)
    seen = histories_of(SOME)
    by_r = R * (90 / (ALPHA + seen.age)).sum()  # how the total moves with ln r and ln alpha
    by_alpha = -((R + seen.repeats) * 90 * ALPHA / (ALPHA + seen.age) ** 2).sum()
    whole = variance + 0.04 * (by_r**2 + by_alpha**2)
    assert interval_of_total(nbd(0.04), SOME, 90)[1] == pytest.approx(mean + WIDTH * whole**0.5, rel=1e-6)


def test_a_greater_share_takes_a_wider_interval():
    low, high = interval_of_total(nbd(), SOME, 90, 0.95)
    narrow_low, narrow_high = interval_of_total(nbd(), SOME, 90)
    assert low < narrow_low < narrow_high < high


def test_nobody_buys_less_than_nothing():
    low, high = interval_of_total(nbd(), SOME.head(1), 2)
    assert low == 0
    assert high > 0


def test_in_parts_it_is_the_same(monkeypatch):
    whole = interval_of_total(nbd(0.01), SOME, 90)
    monkeypatch.setattr(coverage, "_ROWS", 2)
    assert interval_of_total(nbd(0.01), SOME, 90) == pytest.approx(whole, rel=1e-7)


def test_who_has_left_or_goes_on_buying_much_varies_by_both():
    """One who bought 300 times and is alive by one chance of a hundred: next to nothing is expected, but what may come is much."""
    values = (1.5, 60.0, 0.8, 2.5)
    names = ("r", "alpha", "a", "b")
    fit = Fitted(BG_NBD, Fit("bg_nbd", dict(zip(names, values, strict=True)), ((0.0,) * 4,) * 4, -1.0, 1.0, 1), None, 1.0)
    silent = rows_of(np.array([300]), np.array([300]), np.array([313]))
    seen = histories_of(silent)
    assert 0.005 < BG_NBD.alive(values, seen)[0] < 0.02
    chances = BG_NBD.chances(values, seen, 365, 1_500)[0]
    mean = dot(chances, np.arange(1_501.0))
    variance = dot(chances, np.arange(1_501.0) ** 2) - mean**2
    assert interval_of_total(fit, silent, 365)[1] == pytest.approx(mean + WIDTH * variance**0.5, rel=1e-6)


def test_the_order_of_customers_does_not_matter():
    assert interval_of_total(nbd(0.01), SOME.reverse(), 90) == interval_of_total(nbd(0.01), SOME, 90)


def test_of_a_hundred_shops_ninety_buy_what_the_interval_holds():
    """Small shops that never lose anybody, fitted, and what they bought afterwards."""
    random, held = np.random.default_rng(9), []
    age = np.full(150, 300.0)
    for _ in range(150):
        rates = random.gamma(R, 1 / ALPHA, 150)
        repeats, active = until(random, rates, age)
        active = np.where(repeats > 0, np.clip(np.round(active), 1, age), 0)
        rows = rows_of(repeats, active, age)
        fit = Fitted(NBD, NBD.fit(histories_of(rows)), None, 1.0)
        low, high = interval_of_total(fit, rows, 200)
        held.append(low <= random.poisson(rates * 200).sum() <= high)
    assert 0.83 <= np.mean(held) <= 0.97  # of 150 the share is sure to 2.5 points


# Where what each did lies


def test_places_are_chances_of_less_and_of_no_more():
    did = np.array([0.0, 3.0, 2.0, 0.0, 1.0, 7.0])
    below, upto = places(nbd(), SOME, did, 90)
    shape, odds = R + SOME["buying_days"].to_numpy() - 1, 90 / (ALPHA + SOME["age_days"].to_numpy())
    law = nbinom(shape, 1 / (1 + odds))
    np.testing.assert_allclose(below, law.cdf(did - 1), atol=1e-12)
    np.testing.assert_allclose(upto, law.cdf(did), rtol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_places_in_parts_are_the_same(monkeypatch, size):
    did = np.array([0.0, 3.0, 2.0, 0.0, 1.0, 7.0])
    whole = places(nbd(), SOME, did, 90)
    monkeypatch.setattr(coverage, "_ROWS", size)
    np.testing.assert_allclose(places(nbd(), SOME, did, 90), whole, rtol=1e-12)


def test_places_of_what_a_model_draws_are_uniform():
    """Of 20,000 customers of one history, what BG/NBD says they do lies below each tenth as often as it should."""
    values = (1.5, 60.0, 0.8, 2.5)
    fit = Fitted(
        BG_NBD, Fit("bg_nbd", dict(zip(("r", "alpha", "a", "b"), values, strict=True)), ((0.0,) * 4,) * 4, -1.0, 1.0, 1), None, 1.0
    )
    one = Histories(np.array([4.0]), np.array([100.0]), np.array([150.0]), np.ones(1))
    chances = BG_NBD.chances(values, one, 365, 60)[0]
    random = np.random.default_rng(6)
    did = random.choice(61, 20_000, p=chances / chances.sum()).astype(float)
    rows = rows_of(np.full(20_000, 4), np.full(20_000, 100), np.full(20_000, 150))
    below, upto = places(fit, rows, did, 365)
    spread = below + random.random(20_000) * (upto - below)
    assert np.histogram(spread, np.linspace(0, 1, 11))[0] == pytest.approx(np.full(10, 2_000), abs=4 * math.sqrt(1_800))
    assert dot(chances, np.arange(61.0)) == pytest.approx(BG_NBD.expected(values, one, 365)[0], rel=1e-6)


def test_rows_of_histories_are_all_that_is_read():
    assert set(HISTORY) == set(SOME.columns)
