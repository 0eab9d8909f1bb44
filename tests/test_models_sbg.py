"""sBG: published tables, the likelihood in other words, laws of lifetimes, and contracts that say too little."""

import math

import numpy as np
import pytest
from finite_differences import agree
from hypothesis import given
from hypothesis import strategies as st

from clvcli.models.histories import FitError
from clvcli.models.sbg import SBG, Renewals

# Fader & Hardie 2007, How to Project Customer Retention, Table 1: customers left of 1,000 after each year, 7 years to fit and 5 to foretell

HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491)
REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241)
LATER = {HIGH_END: (468, 445, 427, 409, 394), REGULAR: (223, 207, 194, 183, 173)}
PUBLISHED = {HIGH_END: (0.668, 3.806), REGULAR: (0.704, 1.182)}
LIKELIHOOD = {HIGH_END: -1611.158, REGULAR: -1680.265}
COHORTS = pytest.mark.parametrize("survivors", [HIGH_END, REGULAR], ids=["high end", "regular"])


def fit_of(survivors):
    return SBG.fit(Renewals.from_survivors(survivors))


@COHORTS
def test_the_parameters_are_those_of_the_paper(survivors):
    fit = fit_of(survivors)
    assert fit.values == pytest.approx(PUBLISHED[survivors], abs=5e-4)
    assert fit.log_likelihood == pytest.approx(LIKELIHOOD[survivors], abs=5e-4)
    assert (fit.model, fit.customers, fit.edges) == ("sbg", 1000, ())


@pytest.mark.parametrize(
    ("survivors", "predicted", "error"),
    [(HIGH_END, (460, 436, 414, 395, 378), 0.028), (REGULAR, (220, 204, 191, 180, 170), 0.015)],
    ids=["high end", "regular"],
)
def test_years_8_to_12_come_out_as_near_as_in_the_paper(survivors, predicted, error):
    left = 1000 * SBG.survival(fit_of(survivors).values, np.arange(8, 13))
    assert tuple(left.round()) == predicted
    assert np.abs(left / LATER[survivors] - 1).mean() == pytest.approx(error, abs=5e-4)


def test_derl_of_case_1():
    # Fader & Hardie 2010, Customer-Base Valuation in a Contractual Setting, Table 3: alpha 3.80, beta 15.20 at 10 %, 1 to 5 payments made
    assert SBG.residual_lifetime((3.80, 15.20), 0.1, np.arange(1, 6)) == pytest.approx([3.31, 3.45, 3.59, 3.72, 3.84], abs=5e-3)


def test_derl_of_case_2():
    # the same; the paper prints .067 and .267, and its figures are those of 1/15 and 4/15: the printed ones give 7.67 for 7.68
    assert SBG.residual_lifetime((1 / 15, 4 / 15), 0.1, np.arange(1, 6)) == pytest.approx([7.68, 9.46, 9.86, 10.06, 10.19], abs=5e-3)
    assert SBG.residual_lifetime((0.067, 0.267), 0.1, np.arange(1, 6)) == pytest.approx([7.67, 9.455, 9.85, 10.06, 10.19], abs=5e-3)


@pytest.mark.parametrize(
    ("alpha", "beta", "rate", "lifetime"),
    [
        (1.0, 200.0, 0.1, 10.500184489157006),  # where SciPy 1.17's hyp2f1 gives nan
        (0.668, 3.806, 0.001, 53.002470676801412),
        (2.0, 50.0, 0.001, 44.408504193347308),
        (0.01, 200.0, 0.0001, 9664.9134933076387),
        (3.8, 15.2, 0.01, 5.9627344587407088),
        (0.3, 10000.0, 0.05, 20.987432983095949),
    ],
)
def test_del_is_what_mpmath_says(alpha, beta, rate, lifetime):
    # 2F1(1, b; a+b; 1/(1+d)) with mpmath 1.4.1 at 30 digits
    assert SBG.lifetime((alpha, beta), rate) == pytest.approx(lifetime, rel=1e-11)


@pytest.mark.parametrize("rate", [0.001, 0.003, 0.01, 0.1, 1.0])
@pytest.mark.parametrize("values", [(0.05, 0.2), (0.668, 3.806), (1.0, 5.0), (2.0, 2.0), (3.8, 15.2), (50.0, 400.0)])
def test_lifetimes_are_the_sums_that_they_stand_for(values, rate):
    periods = np.arange(int(40 / rate))
    worth = SBG.survival(values, periods) / (1 + rate) ** periods
    assert SBG.lifetime(values, rate) == pytest.approx(worth.sum(), rel=1e-11)
    staying = SBG.survival(values, periods[3:]) / SBG.survival(values, np.array([2])) / (1 + rate) ** (periods[3:] - 3)
    assert SBG.residual_lifetime(values, rate, np.array([3])) == pytest.approx(staying.sum(), rel=1e-11)


def test_at_no_rate_a_lifetime_is_the_mean_if_there_is_one():
    # sum of B(a, b+t)/B(a, b) over t = (a+b-1)/(a-1) for a > 1; E[1/θ] of Beta(3, 4) is 6/2
    assert SBG.lifetime((3.0, 4.0), 0.0) == pytest.approx(3.0, rel=1e-14)
    assert SBG.residual_lifetime((3.0, 4.0), 0.0, np.array([1, 5])) == pytest.approx([2.0, 4.0], rel=1e-14)
    assert SBG.lifetime((1.0, 4.0), 0.0) is None
    assert np.isnan(SBG.residual_lifetime((0.9, 4.0), 0.0, np.array([1, 5]))).all()
    assert SBG.expected_renewals((0.9, 4.0), np.array([1]), 2, 0.0) == pytest.approx([4 / 4.9 + 4 / 4.9 * 5 / 5.9], rel=1e-14)


def test_retention_rises_and_makes_survival():
    values, renewals = (0.668, 3.806), np.arange(1, 13)
    rates = SBG.retention(values, renewals)
    assert rates[0] == pytest.approx(3.806 / 4.474, rel=1e-14)
    assert (np.diff(rates) > 0).all()
    assert SBG.survival(values, renewals) == pytest.approx(np.cumprod(rates), rel=1e-13)
    assert SBG.survival(values, np.array([0.0])) == pytest.approx([1.0])


PARAMETER = st.floats(0.01, 1000)


@given(PARAMETER, PARAMETER, st.floats(0.001, 2), st.integers(1, 30))
def test_who_comes_to_a_renewal_renews_or_not(alpha, beta, rate, payments):
    now, next_one = SBG.residual_lifetime((alpha, beta), rate, np.array([payments, payments + 1]))
    assert now == pytest.approx(SBG.retention((alpha, beta), payments) * (1 + next_one / (1 + rate)), rel=1e-9)
    first = SBG.residual_lifetime((alpha, beta), rate, np.array([1]))[0]
    assert SBG.lifetime((alpha, beta), rate) == pytest.approx(1 + first / (1 + rate), rel=1e-12)


@given(PARAMETER, PARAMETER, st.floats(0.02, 2), st.integers(1, 30))
def test_renewals_of_ever_more_periods_become_those_for_ever(alpha, beta, rate, payments):
    n = np.array([payments])
    few, more, most = (SBG.expected_renewals((alpha, beta), n, periods, rate)[0] for periods in (1, 2, 1900))
    assert few == pytest.approx(SBG.retention((alpha, beta), payments), rel=1e-12)
    assert few < more <= most * (1 + 1e-12)
    assert most == pytest.approx(SBG.residual_lifetime((alpha, beta), rate, n)[0], rel=1e-9)


# The likelihood

TWO_COHORTS = Renewals(np.array([40.0, 25.0, 9.0, 4.0]), np.array([0.0, 70.0, 0.0, 52.0]))


def ln_beta(a, b):
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def test_the_likelihood_is_that_of_lifetimes():
    # 2007, eq. 5 and 6: P(T = t) = B(a+1, b+t-1)/B(a, b) of each who left at t, S(t) = B(a, b+t)/B(a, b) of each who was there after t
    a, b = 0.8, 2.3
    left = [ln_beta(a + 1, b + t - 1) - ln_beta(a, b) for t in range(1, 5)]
    there = [ln_beta(a, b + t) - ln_beta(a, b) for t in range(1, 5)]
    expected = np.dot(TWO_COHORTS.lost, left) + np.dot(TWO_COHORTS.stayed_last, there)
    assert SBG.derivatives(TWO_COHORTS)(np.log([a, b]))[0] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("point", [(0.0, 0.0), (-1.0, 2.0), (3.0, -2.0), (0.3, 6.0)])
def test_the_derivatives_are_those_of_the_likelihood(point):
    assert agree(SBG.derivatives(TWO_COHORTS), point)


def test_at_the_maximum_the_slope_is_nought():
    assert SBG.derivatives(TWO_COHORTS)(np.log(SBG.fit(TWO_COHORTS).values))[1] == pytest.approx([0, 0], abs=1e-3)


def test_cohorts_add_up():
    assert TWO_COHORTS.total == 200
    assert TWO_COHORTS.at_risk.tolist() == [200, 160, 65, 56]
    one = Renewals.from_survivors([10, 7, 6])
    assert (one.lost.tolist(), one.stayed_last.tolist(), one.total) == ([3, 1], [0, 6], 10)


def test_a_simulated_shop_gives_its_parameters_back():
    truth, drawn = (1.1, 14.0), np.random.default_rng(20241)
    leaves = drawn.geometric(drawn.beta(*truth, 20_000))
    seen = drawn.integers(1, 37, 20_000)
    lost = np.bincount(leaves[leaves <= seen] - 1, minlength=36)
    fit = SBG.fit(Renewals(lost.astype(float), np.bincount(seen[leaves > seen] - 1, minlength=36).astype(float)))
    assert all(abs(fit.parameters[name] - true) < 3 * fit.errors[name] for name, true in zip(SBG.parameters, truth, strict=True))


# Contracts that say too little


@pytest.mark.parametrize(
    ("lost", "stayed_last", "message"),
    [
        ([], [], "nobody has come to a renewal yet"),
        ([0, 0], [0, 0], "nobody has come to a renewal yet"),
        ([0, 0], [30, 70], "nobody has left yet"),
        ([100, 0], [0, 0], "everybody left at the first renewal"),
        ([10], [90], "only the first renewal has been seen"),
        ([10, 0], [90, 0], "only the first renewal has been seen"),
    ],
)
def test_too_little_to_fit_is_said(lost, stayed_last, message):
    with pytest.raises(FitError, match=message) as raised:
        SBG.fit(Renewals(np.array(lost, dtype=float), np.array(stayed_last, dtype=float)))
    assert raised.value.hint


@pytest.mark.parametrize(
    ("lost", "stayed_last", "message"),
    [
        ([1.0], [1.0, 2.0], "not as many renewals"),
        ([-1.0, 2.0], [0.0, 9.0], "count of customers"),
        ([1.0, 2.0], [math.nan, 9.0], "count of customers"),
        ([1.0, 2.0], [math.inf, 9.0], "count of customers"),
    ],
)
def test_what_can_not_be_counts_is_refused(lost, stayed_last, message):
    with pytest.raises(ValueError, match=message):
        Renewals(np.array(lost), np.array(stayed_last))


def test_survivors_can_not_rise():
    with pytest.raises(ValueError, match="count of customers"):
        Renewals.from_survivors([100, 110, 90])


def test_who_leave_at_a_constant_rate_have_no_spread():
    # the geometric law: a tenth leaves each time
    fit = fit_of([100_000 * 0.9**t for t in range(9)])
    assert fit.edges == ("alpha", "beta")
    assert fit.errors == {"alpha": None, "beta": None}
    assert SBG.retention(fit.values, np.arange(1, 20)) == pytest.approx(np.full(19, 0.9), abs=1e-3)


def test_who_leave_at_the_first_renewal_or_never_are_at_the_other_edge():
    fit = SBG.fit(Renewals(np.array([300.0, 0, 0, 0]), np.array([0.0, 0, 0, 700])))
    assert fit.edges == ("alpha", "beta")
    assert SBG.survival(fit.values, np.array([1, 30])) == pytest.approx([0.7, 0.7], abs=1e-3)
    assert 1 < SBG.lifetime(fit.values, 0.01) < 101


def test_contracts_by_the_day_are_fitted_like_those_by_the_year():
    # a customer in three thousand leaves a day: b is far from a, and no edge
    days = 730
    left = 50_000 * SBG.survival((1.5, 5000.0), np.arange(days + 1))
    fit = fit_of(left)
    assert fit.edges == ()
    assert fit.values == pytest.approx((1.5, 5000.0), rel=1e-4)
