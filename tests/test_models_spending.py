"""Gamma-Gamma: published figures of CDNOW, the likelihood in other words, and spending that is no Gamma-Gamma's."""

import math
from collections import defaultdict
from dataclasses import fields
from datetime import date

import numpy as np
import pytest
from finite_differences import agree
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from clvcli.models.gamma_gamma import GAMMA_GAMMA, Spending, independence
from clvcli.models.histories import FitError

CALIBRATION_ENDS = date(1997, 9, 30)


def spending_of(rows):
    """Spending from rows of repeats, mean and customers."""
    return Spending(*np.array(rows, dtype=float).T)


def together(one, other):
    """The rows of both."""
    return Spending(*(np.append(getattr(one, field.name), getattr(other, field.name)) for field in fields(Spending)))


def correlation(spending):
    """The rank correlation of repeats and means."""
    return independence(spending.repeats, spending.means, spending.customers)


def paid_again(lines):
    """Of each customer of lines (id, day, amount) up to the end of calibration: repeat buying days, and the mean of what was paid on them."""
    days = defaultdict(lambda: defaultdict(int))
    for customer, day, amount in lines:
        if date.fromisoformat(day) <= CALIBRATION_ENDS:
            days[customer][day] += round(float(amount) * 100)
    again = [[cents for day, cents in bought.items() if day != min(bought)] for bought in days.values()]
    return [(len(cents), sum(cents) / 100 / max(len(cents), 1), 1) for cents in again]


@pytest.fixture(scope="module")
def sample(real_data):
    lines = map(str.split, real_data("cdnow/CDNOW_sample.txt").read_text().splitlines())
    return spending_of(paid_again((customer, day, amount) for _, customer, day, _, amount in lines))


@pytest.fixture(scope="module")
def full(real_data):
    lines = map(str.split, real_data("cdnow/CDNOW_master.txt").read_text().splitlines()[1:])
    return spending_of(paid_again((customer, day, amount) for customer, day, _, amount in lines))


def test_cdnow_sample_gives_the_notes_parameters(sample):
    # Fader & Hardie 2013, note 025: p 6.25, q 3.74, v 15.44; CLVTools' test_correctness_gg.R: -4055.9177
    fit = GAMMA_GAMMA.fit(sample)
    assert fit.values == pytest.approx((6.25, 3.74, 15.44), abs=5e-3)
    assert fit.values == pytest.approx((6.249574, 3.744224, 15.443521), abs=5e-6)
    assert fit.log_likelihood == pytest.approx(-4055.9177, abs=5e-5)
    assert (fit.model, fit.customers, fit.edges, sample.left_out) == ("gamma_gamma", 946, (), 0)


def test_cdnow_full_leaves_out_who_paid_nothing(full):
    fit = GAMMA_GAMMA.fit(full)
    assert full.left_out == 1
    assert fit.values == pytest.approx((6.2754, 3.6245, 14.984), abs=5e-4)
    assert fit.values[:2] == pytest.approx((6.2754, 3.6245), abs=5e-5)
    assert fit.log_likelihood == pytest.approx(-40763.476261, abs=5e-6)
    assert fit.customers == (full.repeats > 0).sum() - 1
    free = (full.repeats > 0) & (full.means <= 0)
    p, q, v = fit.values
    expected = GAMMA_GAMMA.expected(fit.values, full.repeats, full.means, math.nan)
    assert expected[free] == pytest.approx(p * v / (p * full.repeats[free] + q - 1), rel=1e-12)
    assert (expected > 0).all()


def test_cdnow_buyers_who_buy_more_spend_a_little_more(sample):
    back = sample.repeats > 0
    expected = spearmanr(sample.repeats[back], sample.means[back]).statistic
    assert correlation(sample) == pytest.approx(expected, rel=1e-10)
    assert expected == pytest.approx(0.206, abs=5e-4)


def test_the_first_ten_customers_are_expected_to_spend_what_the_note_says():
    # lifetimes' TestGammaGammaFitter, on its cdnow_customers_summary_with_transactions.csv, whose means are rounded
    repeats = np.array([2.0, 1, 0, 0, 0, 7, 1, 0, 2, 0])
    means = np.array([22.35, 11.77, 0, 0, 0, 73.74, 11.77, 0, 25.55, 0])
    note = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert GAMMA_GAMMA.expected((6.25, 3.74, 15.44), repeats, means, math.nan) == pytest.approx(note, abs=0.05)


# The likelihood

FEW = spending_of([(1, 12.5, 3), (3, 80, 1), (2, 7.25, 2), (1, 40, 1), (7, 31, 4), (2, 19.99, 1)])


def log_likelihood(values, x, m):
    """Note 025, eq. 1a."""
    p, q, v = values
    gammas = math.lgamma(p * x + q) - math.lgamma(p * x) - math.lgamma(q)
    return gammas + q * math.log(v) + (p * x - 1) * math.log(m) + p * x * math.log(x) - (p * x + q) * math.log(x * m + v)


@pytest.mark.parametrize("values", [(6.25, 3.74, 15.44), (0.3, 0.7, 200.0), (90.0, 40.0, 2.0)])
def test_the_likelihood_is_the_notes(values):
    expected = sum(n * log_likelihood(values, x, m) for x, m, n in zip(FEW.repeats, FEW.means, FEW.customers, strict=True))
    assert GAMMA_GAMMA.derivatives(FEW)(np.log(values))[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("values", [(6.25, 3.74, 15.44), (0.3, 0.7, 200.0), (90.0, 40.0, 2.0), (1.0, 1.0, 1.0)])
def test_the_derivatives_are_those_of_the_likelihood(values):
    assert agree(GAMMA_GAMMA.derivatives(FEW), np.log(values))


def test_at_the_maximum_the_slope_is_nought():
    shop = simulated(1000, 6.0, 4.0, 15.0)
    assert GAMMA_GAMMA.derivatives(shop)(np.log(GAMMA_GAMMA.fit(shop).values))[1] == pytest.approx(np.zeros(3), abs=1e-3)


def test_a_row_of_three_customers_is_three_rows():
    single = spending_of([(x, m, 1) for x, m, n in zip(FEW.repeats, FEW.means, FEW.customers, strict=True) for _ in range(int(n))])
    assert GAMMA_GAMMA.fit(single).log_likelihood == pytest.approx(GAMMA_GAMMA.fit(FEW).log_likelihood, rel=1e-10)
    assert correlation(single) == pytest.approx(correlation(FEW), rel=1e-12)


def simulated(customers, p, q, v, seed=20243):
    drawn = np.random.default_rng(seed)
    repeats = 1.0 + drawn.poisson(2, customers)
    return Spending(repeats, drawn.gamma(p * repeats) / drawn.gamma(q, 1 / v, customers) / repeats, np.ones(customers))


def test_a_simulated_shop_gives_its_parameters_back():
    truth = (6.0, 4.0, 15.0)
    fit = GAMMA_GAMMA.fit(simulated(20_000, *truth))
    assert all(abs(fit.parameters[name] - true) < 3 * fit.errors[name] for name, true in zip(GAMMA_GAMMA.parameters, truth, strict=True))
    assert GAMMA_GAMMA.mean_of_all(fit.values) == pytest.approx(30, rel=0.02)


@pytest.mark.parametrize("rate", [1e-4, 0.92, 1500.0])
def test_the_currency_does_not_matter(rate):
    shop = simulated(500, 6.0, 4.0, 15.0)
    abroad = Spending(shop.repeats, shop.means * rate, shop.customers)
    here, there = GAMMA_GAMMA.fit(shop), GAMMA_GAMMA.fit(abroad)
    p, q, v = here.values
    assert there.values == pytest.approx((p, q, v * rate), rel=1e-6)
    assert there.log_likelihood == pytest.approx(here.log_likelihood - 500 * math.log(rate), rel=1e-10)
    assert there.evaluations == here.evaluations
    here_expected = GAMMA_GAMMA.expected(here.values, shop.repeats, shop.means, math.nan)
    assert GAMMA_GAMMA.expected(there.values, shop.repeats, abroad.means, math.nan) == pytest.approx(here_expected * rate, rel=1e-6)


# What is expected

VALUES = st.tuples(st.floats(0.05, 500), st.floats(0.05, 500), st.floats(0.01, 1e5))


@given(VALUES, st.integers(0, 50), st.floats(-100, 1e4))
def test_nobody_is_expected_to_spend_less_than_nothing(values, repeats, mean):
    assert GAMMA_GAMMA.expected(values, np.array([float(repeats)]), np.array([mean]), 35.0)[0] >= 0


@given(VALUES.filter(lambda values: values[1] > 1.001), st.integers(1, 50), st.floats(0.01, 1e4))
def test_each_is_drawn_from_the_own_mean_to_that_of_all(values, repeats, mean):
    of_all = GAMMA_GAMMA.mean_of_all(values)
    (expected,) = GAMMA_GAMMA.expected(values, np.array([float(repeats)]), np.array([mean]), math.nan)
    assert min(mean, of_all) * (1 - 1e-9) <= expected <= max(mean, of_all) * (1 + 1e-9)
    weight = values[0] * repeats / (values[0] * repeats + values[1] - 1)
    assert expected == pytest.approx(weight * mean + (1 - weight) * of_all, rel=1e-9)


def test_who_has_not_come_back_is_expected_to_spend_what_all_do():
    values = (6.0, 4.0, 15.0)
    assert GAMMA_GAMMA.mean_of_all(values) == pytest.approx(30.0, rel=1e-14)
    found = GAMMA_GAMMA.expected(values, np.array([0.0, 0.0]), np.array([math.nan, 99.0]), 35.0)
    assert found == pytest.approx([30.0, 30.0], rel=1e-14)


def test_without_a_mean_of_all_the_usual_stands_for_it():
    # lifetimes issues 370 and 146: q <= 1 made CLVs negative
    values = (2.0, 0.7, 15.0)
    assert GAMMA_GAMMA.mean_of_all(values) is None
    assert GAMMA_GAMMA.mean_of_all((2.0, 1.0, 15.0)) is None
    found = GAMMA_GAMMA.expected(values, np.array([0.0, 1.0, 4.0]), np.array([0.0, 20.0, 20.0]), 35.0)
    assert found == pytest.approx([35.0, 2 * 35 / 1.7, 2 * 95 / 7.7], rel=1e-14)
    # a customer's own mean isn't finite either where px + q <= 1
    assert GAMMA_GAMMA.expected((0.1, 0.7, 15.0), np.array([1.0, 9.0]), np.array([20.0, 20.0]), 35.0)[0] == 35.0


def test_who_got_money_back_is_expected_to_spend_as_who_paid_nothing():
    # lifetimes issues 77, 134, 172 and 211; 6 · 15 / (6 · 2 + 4 - 1)
    found = GAMMA_GAMMA.expected((6.0, 4.0, 15.0), np.array([2.0, 2.0]), np.array([0.0, -12.0]), 35.0)
    assert found == pytest.approx([6.0, 6.0], rel=1e-14)


# Spending that is no Gamma-Gamma's


def test_spend_too_wide_for_a_mean_is_fitted_all_the_same():
    fit = GAMMA_GAMMA.fit(simulated(5000, 2.0, 0.7, 15.0))
    assert abs(fit.parameters["q"] - 0.7) < 3 * fit.errors["q"]
    assert GAMMA_GAMMA.mean_of_all(fit.values) is None


def test_who_paid_nothing_or_got_money_back_is_left_out_and_counted():
    more = spending_of([(2, 0, 3), (1, -5, 1), (0, 0, 60), (0, 12, 5)])
    both = together(FEW, more)
    assert (both.left_out, FEW.left_out) == (4, 0)
    assert GAMMA_GAMMA.fit(both).values == pytest.approx(GAMMA_GAMMA.fit(FEW).values, rel=1e-12)
    assert GAMMA_GAMMA.fit(both).customers == 12


@pytest.mark.parametrize("rows", [np.empty((0, 3)), [(0, 20, 50)], [(0, 20, 50), (2, 0, 3), (1, -4, 2)], [(2, 30, 0), (1, 20, 0)]])
def test_without_anybody_who_came_back_and_paid_there_is_nothing_to_fit(rows):
    with pytest.raises(FitError, match="no customer has come back and paid something") as raised:
        GAMMA_GAMMA.fit(spending_of(rows))
    assert "average" in raised.value.hint


@pytest.mark.parametrize("rows", [[(1, 9.99, 80), (4, 9.99, 7)], [(3, 20, 1)], [(3, 0.1 + 0.2, 5), (2, 0.3, 5)]])
def test_if_all_spend_the_same_there_is_no_spread_to_model(rows):
    with pytest.raises(FitError, match="every customer spends the same") as raised:
        GAMMA_GAMMA.fit(spending_of(rows))
    assert raised.value.hint.startswith("use the average")


def test_of_two_prices_each_customer_keeps_the_own():
    prices = spending_of([(x, price, 100) for x in (1, 2, 3, 4) for price in (10, 20)])
    fit = GAMMA_GAMMA.fit(prices)
    assert fit.edges == ("p",)
    assert fit.errors["p"] is None
    assert GAMMA_GAMMA.expected(fit.values, prices.repeats, prices.means, math.nan) == pytest.approx(prices.means, rel=1e-3)


def test_of_customers_who_do_not_differ_each_is_expected_to_spend_what_all_do():
    drawn = np.random.default_rng(20244)
    repeats = 1.0 + drawn.poisson(3, 2000)
    alike = Spending(repeats, drawn.gamma(5 * repeats) / repeats * 3, np.ones(2000))
    fit = GAMMA_GAMMA.fit(alike)
    expected = GAMMA_GAMMA.expected(fit.values, alike.repeats, alike.means, math.nan)
    assert fit.parameters["q"] > 100
    assert expected == pytest.approx(np.full(2000, 15.0), rel=0.1)


def test_one_whale_does_not_break_the_fit():
    whale = together(simulated(5000, 6.0, 4.0, 15.0), spending_of([(20_000, 1e6, 1)]))
    fit = GAMMA_GAMMA.fit(whale)
    assert (fit.edges, fit.customers) == ((), 5001)
    assert np.isfinite(GAMMA_GAMMA.expected(fit.values, whale.repeats, whale.means, math.nan)).all()


@pytest.mark.parametrize(
    ("row", "message"),
    [((1.5, 10, 1), "no whole number"), ((-1, 10, 1), "no whole number"), ((1, math.nan, 1), "missing"), ((1, 10, math.inf), "infinite")],
)
def test_what_can_not_be_spending_is_refused(row, message):
    with pytest.raises(ValueError, match=message):
        spending_of([row])


# Independence


def test_rank_correlation_on_paper():
    # repeats 1 1 2 3 have the ranks 1.5 1.5 3 4, means 10 30 20 40 the ranks 1 3 2 4: 3 over the root of 4.5 · 5
    rows = [(1, 10, 1), (1, 30, 1), (2, 20, 1), (3, 40, 1), (0, 999, 50)]
    assert correlation(spending_of(rows)) == pytest.approx(3 / math.sqrt(4.5 * 5), rel=1e-14)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-2, 4), st.integers(1, 5)), min_size=1, max_size=12))
def test_rank_correlation_is_scipys(rows):
    spending = spending_of(rows)
    repeats, means = (np.repeat(array, spending.customers.astype(int)) for array in (spending.repeats, spending.means))
    repeats, means = repeats[repeats > 0], means[repeats > 0]
    if len(repeats) < 3 or np.ptp(repeats) == 0 or np.ptp(means) == 0:
        assert correlation(spending) is None
    else:
        assert correlation(spending) == pytest.approx(spearmanr(repeats, means).statistic, abs=1e-12)
