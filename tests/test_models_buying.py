"""Models of buying: published figures, the same in other words, what must hold of any shop, and shops that other programs fail on.

Parameters and times of papers are in weeks; a model doesn't mind which unit they are in, so long as it is one.
"""

import doctest
import math
from itertools import pairwise

import numpy as np
import pytest
from buyers import CUSTOMERS, HARD, bg_buyers, hard, histories, history, in_days, in_unit, mbg_buyers, pareto_buyers
from finite_differences import agree
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln, roots_genlaguerre
from scipy.stats import nbinom

from clvcli.models import quadrature, starts
from clvcli.models.bg_likelihood import Leaving
from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.buying import horizon
from clvcli.models.histories import FitError, Histories
from clvcli.models.mbg_nbd import MBG_NBD
from clvcli.models.nbd import NBD, Purchasing
from clvcli.models.newton import maximum
from clvcli.models.pareto_likelihood import Lifetimes
from clvcli.models.pareto_nbd import PARETO_NBD
from clvcli.models.quadrature import beta_rule, time_rule

MODELS = (BG_NBD, MBG_NBD, PARETO_NBD, NBD)
EACH = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
STORIES = {BG_NBD: bg_buyers, MBG_NBD: mbg_buyers, PARETO_NBD: pareto_buyers}
MADE_WITH = {BG_NBD: (0.6, 30.0, 0.8, 2.4), MBG_NBD: (0.8, 40.0, 0.9, 1.8), PARETO_NBD: (0.6, 60.0, 0.7, 90.0)}
LEAVING = pytest.mark.parametrize("model", MODELS[:3], ids=lambda model: model.name)
ORDINARY = {
    BG_NBD: (0.243, 4.414, 0.793, 2.426),
    MBG_NBD: (0.525, 6.183, 0.891, 1.614),
    PARETO_NBD: (0.55, 10.58, 0.61, 11.67),
    NBD: (0.385, 12.07),
}
FEW = Histories(*np.array([(0, 0, 0, 9), (0, 0, 39, 5), (1, 2, 39, 4), (2, 30, 38, 3), (7, 20, 30, 1), (26, 30, 31, 2)], dtype=float).T)
NEWCOMER = history(0, 0, 0)


def log_likelihood(model, values, repeats, active, age):
    return model.log_likelihoods(values, history(repeats, active, age))[0]


# the likelihood of one customer, as others work it out


@pytest.mark.parametrize(
    ("model", "values", "row", "expected"),
    [
        # Fader & Hardie, note 027, on overflow; pymc-marketing's test_distributions.py
        (BG_NBD, (0.25, 4, 0.8, 2.5), (200, 38, 40), 100.7957),
        (MBG_NBD, (0.25, 4, 0.8, 2.5), (200, 38, 40), 100.7869),
        (BG_NBD, (0.25, 4, 0.8, 2.5), (0, 0, 40), -0.59947382),
        (MBG_NBD, (0.25, 4, 0.8, 2.5), (0, 0, 40), -0.41792826),
        # pymc-marketing's test_distributions.py, from lifetimes; with alpha above beta too
        (PARETO_NBD, (0.55, 10.58, 0.61, 11.67), (1, 1.5, 12), -4.00694866),
        (PARETO_NBD, (0.45, 10.58, 0.71, 11.67), (1, 1.5, 12), -4.13593316),
        (PARETO_NBD, (0.55, 11.67, 0.61, 10.58), (1, 1.5, 12), -4.03618538),
        (PARETO_NBD, (0.55, 11.67, 0.61, 10.58), (4, 5.3, 10), -10.72932589),
        (PARETO_NBD, (0.55, 11.67, 0.61, 10.58), (2, 6, 8), -6.66878882),
        # mpmath 1.4.1 at 40 digits, where hypergeometric functions give nan or no digits (lifetimes from x = 100)
        (PARETO_NBD, (0.514, 2.88, 0.286, 14.1), (2000, 97, 98), 3982.9734084606),
        (PARETO_NBD, (0.55, 400, 0.6, 1), (100, 250, 273), -293.232524307746),
        (PARETO_NBD, (0.55, 1, 0.6, 400), (100, 250, 273), -200.698258914276),
        (PARETO_NBD, (0.01, 5, 0.02, 7), (0, 0, 400), -0.04225902750835),
        (PARETO_NBD, (500, 2e4, 300, 9e4), (12, 200, 365), -51.9830337634343),
        (PARETO_NBD, (20, 30, 2, 300), (3000, 980, 1000), 302.963262024645),
        (PARETO_NBD, (3, 50, 0.5, 50), (7, 60, 365), -26.598787834406),
    ],
)
def test_the_log_likelihood_of_a_customer_is_that_of_the_source(model, values, row, expected):
    places = len(str(expected).partition(".")[2])
    assert log_likelihood(model, values, *row) == pytest.approx(expected, abs=0.51 * 10.0**-places, rel=1e-12)


def test_18_log_likelihoods_of_note_004():
    # Fader & Hardie's spreadsheet of note 004, first 18 customers of CDNOW; it holds unrounded parameters and times in days/7
    values = (0.242594523, 4.413602022, 0.792922021, 2.425906780)
    repeats = (2, 1, 0, 0, 0, 7, 1, 0, 2, 0, 5, 0, 0, 0, 0, 0, 10, 1)
    weeks = (30.43, 1.71, 0, 0, 0, 29.43, 5, 0, 35.71, 0, 24.43, 0, 0, 0, 0, 0, 34.14, 4.86)
    said = (-9.4596, -4.4711, -0.5538, -0.5538, -0.5538, -21.8644, -4.8651, -0.5538, -9.5367, -0.5538, -17.3593,
            -0.5538, -0.5538, -0.5538, -0.5538, -0.5538, -27.3144, -4.8520)  # fmt: skip
    found = [log_likelihood(BG_NBD, values, x, round(t * 7) / 7, 38 + 6 / 7) for x, t in zip(repeats, weeks, strict=True)]
    assert found == pytest.approx(said, abs=5e-5)


def test_the_nbd_is_scipys():
    # P(x in T) = Γ(r + x)/(Γ(r) x!) (alpha/(alpha + T))^r (T/(alpha + T))^x, which is the likelihood · T^x/x!
    r, alpha = ORDINARY[NBD]
    repeats, age = np.array([0.0, 1, 7, 40]), 39.0
    found = NBD.log_likelihoods((r, alpha), Histories(repeats, repeats / 2, np.full(4, age), np.ones(4)))
    assert found + repeats * math.log(age) - gammaln(repeats + 1) == pytest.approx(
        nbinom.logpmf(repeats, r, alpha / (alpha + age)), rel=1e-12
    )


@pytest.mark.parametrize("values", [(0.5, 10, 1e5, 1e7), (1e5, 1e6, 0.6, 12), (1e-3, 10, 1e-3, 1e-3), (1, 1e-3, 1, 1e4), (30, 1, 2, 1e-2)])
def test_a_finer_sum_over_times_of_leaving_is_no_other(monkeypatch, values):
    given = hard("few without repeats")
    coarse = PARETO_NBD.log_likelihoods(values, given)
    monkeypatch.setattr("clvcli.models.pareto_likelihood._WIDTH", 0.5)
    monkeypatch.setattr("clvcli.models.pareto_likelihood._FALL", 2.0)
    monkeypatch.setattr("clvcli.models.pareto_likelihood._NARROW", -1.0)
    assert coarse == pytest.approx(PARETO_NBD.log_likelihoods(values, given), rel=1e-11, abs=1e-11)


# the likelihood of all, and its derivatives

LIKELIHOODS = {
    BG_NBD: lambda given: Leaving(given, 0).derivatives,
    MBG_NBD: lambda given: Leaving(given, 1).derivatives,
    PARETO_NBD: lambda given: Lifetimes(given).derivatives,
    NBD: lambda given: Purchasing(given).derivatives,
}


@EACH
@pytest.mark.parametrize("shift", [(0, 0, 0, 0), (1.5, -2, 1, 2), (-2, 1, -2, -3)])
def test_gradient_and_hessian_are_differences_of_the_likelihood(model, shift):
    given = FEW if model is PARETO_NBD else hard("an ordinary shop")
    point = np.log(ORDINARY[model]) + shift[: len(model.parameters)]
    assert agree(LIKELIHOODS[model](given), point)


@EACH
@pytest.mark.parametrize("case", ["an ordinary shop", "one with 20,000", "half came today"])
def test_the_likelihood_of_all_is_the_sum_of_the_customers(model, case):
    given, values = hard(case), np.multiply(ORDINARY[model], [1, 7, 1, 7 if model is PARETO_NBD else 1][: len(model.parameters)])
    total = (given.customers * model.log_likelihoods(values, given)).sum()
    assert LIKELIHOODS[model](given)(np.log(values))[0] == pytest.approx(total, rel=1e-12)


@EACH
def test_the_gradient_is_nought_at_the_fit(model):
    given = hard("few without repeats")
    _, gradient, _ = LIKELIHOODS[model](given)(np.log(model.fit(given).values))
    assert gradient == pytest.approx(np.zeros(len(model.parameters)), abs=1e-5)


@EACH
@pytest.mark.parametrize("days", [7, 1 / 86_400, 365.25], ids=["weeks", "seconds", "years"])
def test_the_unit_of_time_does_not_matter(model, days):
    # lifetimes' issue 396; densities are per unit of time, so the likelihood differs by sum(x)·ln(unit) and in nothing else
    given = hard("an ordinary shop")
    ours, theirs = model.fit(given), model.fit(in_unit(given, days))
    scales = [1 / days if name in {"alpha", "beta"} else 1 for name in model.parameters]
    assert theirs.values == pytest.approx(np.multiply(ours.values, scales), rel=1e-6)
    repeats = float((given.customers * given.repeats).sum())
    assert theirs.log_likelihood == pytest.approx(ours.log_likelihood + repeats * math.log(days), rel=1e-12)
    assert model.expected(theirs.values, in_unit(given, days), 90 / days) == pytest.approx(model.expected(ours.values, given, 90), rel=1e-6)


@EACH
def test_the_same_customers_twice_give_the_same_fit(model):
    given = hard("an ordinary shop")
    doubled = Histories(given.repeats, given.active, given.age, 2 * given.customers)
    assert model.fit(doubled).values == pytest.approx(model.fit(given).values, rel=1e-6)
    assert model.fit(doubled).log_likelihood == pytest.approx(2 * model.fit(given).log_likelihood)
    assert model.fit(given) == model.fit(given)


# whether customers are alive


@pytest.mark.parametrize(
    ("values", "row", "expected"),
    [
        # BTYD's vignette, p. 8: .9979 (its parameters to four digits)
        ((0.5534, 10.5802, 0.6061, 11.6562), (26, 30.86, 31), 0.9979),
        # mpmath 1.4.1 at 40 digits
        ((0.514, 2.88, 0.286, 14.1), (2000, 97, 98), 1.71640962647e-5),
        ((0.5143, 2.8845, 0.2856, 14.1087), (221, 103.42857, 103.57143), 0.999596052318),
        ((20, 30, 2, 300), (3000, 980, 1000), 3.55406675679e-23),
        ((500, 2e4, 300, 9e4), (12, 200, 365), 0.0723322060803),
    ],
)
def test_p_alive_of_pareto_nbd(values, row, expected):
    assert PARETO_NBD.alive(values, history(*row))[0] == pytest.approx(expected, rel=5e-5 if expected == 0.9979 else 1e-10)


@pytest.mark.parametrize("row", [(221, 103.42857, 103.57143), (254, 97.14286, 97.28571), (161, 94.71429, 98.0), (204, 98.57143, 99.42857)])
def test_p_alive_is_a_chance_where_it_was_nan(row):
    # CLVTools' issue 100, at its parameters
    alive = PARETO_NBD.alive((0.5143, 2.8845, 0.2856, 14.1087), history(*row))[0]
    assert 0.9 < alive < 1 or row[1:] == (94.71429, 98.0)
    assert 0 < alive < 1


@EACH
def test_p_alive_falls_with_silence_and_is_certain_on_the_day_of_a_purchase(model):
    alive = [model.alive(ORDINARY[model], history(5, 30, age))[0] for age in (30, 31, 35, 60, 300, 1e6)]
    assert all(later <= sooner for sooner, later in pairwise(alive))
    at_once = {BG_NBD: 1 - 0.793 / (0.793 + 2.426 + 4), MBG_NBD: 1 - 0.891 / (0.891 + 1.614 + 5)}  # E[p] after what was survived
    assert alive[0] == pytest.approx(at_once.get(model, 1))


def test_p_alive_of_who_never_came_back():
    # in BG/NBD they have had no chance to leave (Batislam et al. 2007 say so against it); in MBG/NBD one, in Pareto/NBD all the time
    never = history(0, 0, 39)
    assert BG_NBD.alive(ORDINARY[BG_NBD], never)[0] == 1
    assert NBD.alive(ORDINARY[NBD], never)[0] == 1
    r, alpha, a, b = ORDINARY[MBG_NBD]
    assert MBG_NBD.alive(ORDINARY[MBG_NBD], never)[0] == pytest.approx(1 / (1 + a / b * ((alpha + 39) / alpha) ** r))
    assert PARETO_NBD.alive((0.553277, 74.04, 0.60624, 81.68), history(0, 0, 273))[0] == pytest.approx(0.294271410775, rel=1e-10)  # mpmath


# what is expected


def test_expected_of_a_new_customer_in_note_004():
    # Fader & Hardie's spreadsheet of note 004, at its unrounded parameters. At 78 it prints 1.8576, for it stops after 150 terms of a
    # series that hasn't ended (1.85762); all terms give 1.85796 (mpmath), which we hold to
    found = BG_NBD.expected_of_new((0.242594523, 4.413602022, 0.792922021, 2.425906780), np.array([1 / 7, 1, 3, 31 + 6 / 7, 32, 78]))
    assert found[:5] == pytest.approx([0.0078, 0.0532, 0.1506, 1.0405, 1.0437], abs=5e-5)
    assert found[5] == pytest.approx(1.85796, abs=5e-6)


@pytest.mark.parametrize(
    ("model", "values", "times", "expected"),
    [
        # pymc-marketing's test_beta_geo.py and test_modified_beta_geo.py, from lifetimes
        (BG_NBD, (0.243, 4.414, 0.793, 2.426), (1, 3, 6), (0.05326789117165627, 0.15086523089304896, 0.2807558935767553)),
        (MBG_NBD, (0.525, 6.183, 0.891, 1.614), (1, 3, 6), (0.053084795263698685, 0.15086328860664794, 0.28136022398301175)),
        # the manual of BTYD 2.4, pnbd.Expectation
        (PARETO_NBD, (0.55, 10.56, 0.61, 11.64), (1, 2, 3, 4, 5), (0.05077821, 0.09916088, 0.14542507, 0.18979930, 0.23247466)),
        (PARETO_NBD, (0.55, 10.56, 0.61, 11.64), (6, 7, 8, 9), (0.27361274, 0.31335159, 0.35181024, 0.38909211)),
    ],
)
def test_expected_of_a_new_customer(model, values, times, expected):
    assert model.expected_of_new(values, np.array(times, float)) == pytest.approx(
        expected, rel=1e-9, abs=5.1e-9 if model is PARETO_NBD else 0
    )


@pytest.mark.parametrize(
    ("model", "values", "row", "time", "expected"),
    [
        # note 004's spreadsheet (1.226) and CLVTools run on CDNOW (1.22599333)
        (BG_NBD, (0.242594523, 4.413602022, 0.792922021, 2.425906780), (2, 213 / 7, 272 / 7), 39, 1.226),
        # BTYD's vignette, p. 8: 25.46 at unrounded parameters
        (PARETO_NBD, (0.5534, 10.5802, 0.6061, 11.6562), (26, 30.86, 31), 52, 25.455),
        # lifetimes' issue 302: nan there, since a + b + x < 1; here mpmath
        (BG_NBD, (0.11, 2.24, 0.31, 0.50), (0, 0, 1), 30, 0.56458861553278),
    ],
)
def test_expected_of_a_customer(model, values, row, time, expected):
    places = len(str(expected).partition(".")[2])
    assert model.expected(values, history(*row), time)[0] == pytest.approx(expected, abs=0.51 * 10.0**-places, rel=1e-12)


@pytest.mark.parametrize(
    ("model", "values", "row", "time", "expected"),
    [
        (BG_NBD, (0.243, 4.414, 1, 2.426), (2, 38.86), 39, 1.6251495363433),
        (MBG_NBD, (0.243, 4.414, 1, 2.426), (2, 38.86), 39, 1.6742023898662),
        (BG_NBD, (0.243, 4.414, 1.0000001, 2.426), (2, 38.86), 39, 1.6251495081004),  # textbook: 7 digits
        (BG_NBD, (0.243, 4.414, 0.793, 2.426), (300, 90), 52, 138.03652091784),
        (BG_NBD, (0.243, 4.414, 0.793, 2.426), (3000, 900), 52, 168.70117823362),  # textbook: nan
        (MBG_NBD, (0.243, 4.414, 0.793, 2.426), (3000, 900), 52, 168.70240166526),
        (BG_NBD, (0.5, 10, 5, 2), (1, 30), 100, 1.2546177957087),
        (MBG_NBD, (0.5, 10, 5, 2), (1, 30), 100, 1.3643785627891),
        (PARETO_NBD, (0.55, 10.58, 1, 11.67), (2, 38.86), 52, 1.8441303286652),
        (PARETO_NBD, (0.55, 10.58, 1.0000001, 11.67), (26, 31), 52, 21.712362045969),
    ],
)
def test_expected_of_the_living_is_what_mpmath_says(model, values, row, time, expected):
    # ∫ (r + x)/(alpha + T) 2F1(r + x + 1, a; a + b + x; -t/(alpha + T)) dt, and ∫ … (1 + t/(beta + T))^-s dt, with mpmath 1.4.1 at 40 digits
    given = history(row[0], row[1], row[1])
    assert (model.expected(values, given, time) / model.alive(values, given))[0] == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(
    ("model", "row", "rate", "time", "expected"),
    [
        (BG_NBD, (2, 38.86), 0.0027, None, 7.0967959123561),
        (BG_NBD, (0, 10), 0.0027, None, 1.9811793750056),
        (BG_NBD, (26, 31), 0.0027, None, 73.181279037272),
        (BG_NBD, (2, 38.86), 0.0027, 52, 2.0114779540515),
        (BG_NBD, (26, 31), 0.01, 52, 21.341117559695),
        (MBG_NBD, (26, 31), 0.0027, None, 74.474397487441),
        (MBG_NBD, (2, 38.86), 0.0027, 52, 2.0738927179586),
        (PARETO_NBD, (2, 38.86), 0.0027, 52, 1.991286481043),
        (PARETO_NBD, (26, 31), 0.01, 52, 20.272622114914),
    ],
)
def test_discounted_of_the_living_is_what_mpmath_says(model, row, rate, time, expected):
    # the integrands of the test above, times exp(-rate·t), with mpmath 1.4.1 at 40 digits
    values = (0.243, 4.414, 0.793, 2.426) if model is not PARETO_NBD else (0.55, 10.58, 0.61, 11.67)
    given = history(*row, row[1]) if row[0] else history(0, 0, row[1])
    assert (model.discounted(values, given, rate, time) / model.alive(values, given))[0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((7, 35, 77.86), 1.864183),
        ((0, 0, 77.86), 0.364756),
        ((10, 70, 77.86), 24.259956),
        ((1, 30, 77.86), 2.199155),
        ((10, 30, 77.86), 0.167928),
    ],
)
def test_dert_of_pareto_nbd(row, expected):
    # Fader, Hardie & Lee 2005, RFM and CLV: 15 % a year, δ = .0027 a week; the formula with U(s, s, z) by mpmath, and CLVTools' to 2e-6
    values = (0.5629966, 12.559037, 0.4081095, 10.5148048)
    assert PARETO_NBD.discounted(values, history(*row), 0.0027)[0] == pytest.approx(expected, abs=6e-7)


def test_dert_of_bg_nbd_is_a_mean_over_rates_and_chances():
    # E[λ/(λp + δ)], λ ~ Gamma(r + x, alpha + T) by Gauss and Laguerre's rule, p ~ Beta(a, b + x) by ours
    r, alpha, a, b = ORDINARY[BG_NBD]
    rates, rate_weights = roots_genlaguerre(60, r + 9)
    chances, chance_weights = beta_rule(a, np.array([b + 10.0]))
    rates, rate_weights = rates / (alpha + 39), rate_weights / rate_weights.sum()
    mean = (rate_weights[:, None] * chance_weights * rates[:, None] / (rates[:, None] * chances + 0.0027)).sum()
    given = history(10, 30, 39)
    assert BG_NBD.discounted(ORDINARY[BG_NBD], given, 0.0027)[0] == pytest.approx(mean * BG_NBD.alive(ORDINARY[BG_NBD], given)[0], rel=1e-8)


@EACH
def test_nothing_discounted_is_what_is_expected(model):
    assert model.discounted(ORDINARY[model], FEW, 0.0, 52) == pytest.approx(model.expected(ORDINARY[model], FEW, 52), rel=1e-11)


@EACH
def test_discounted_grows_with_the_horizon_towards_dert(model):
    found = [model.discounted(ORDINARY[model], FEW, 0.01, days) for days in (0, 1, 52, 520, 5000, None)]
    assert found[0] == pytest.approx(0)
    assert all((later > sooner).all() for sooner, later in pairwise(found[:4]))
    assert found[4] == pytest.approx(found[5], rel=1e-12)
    assert (found[2] < model.expected(ORDINARY[model], FEW, 52)).all()


@EACH
@pytest.mark.parametrize(("rate", "days"), [(0.0, None), (-0.1, 52)])
def test_without_an_end_purchases_must_be_discounted(model, rate, days):
    with pytest.raises(ValueError, match="no end to them"):
        model.discounted(ORDINARY[model], FEW, rate, days)


def test_a_horizon_ends_where_nothing_is_left():
    assert (horizon(0.0, 30), horizon(0.01, 30), horizon(0.01, None)) == (30, 30, 4000)
    assert horizon(10.0, 30) == 4


@EACH
def test_what_is_expected_of_a_new_customer_is_what_is_expected_of_one_of_today(model):
    found = model.expected_of_new(ORDINARY[model], np.array([0.0, 1, 52]))
    assert found == pytest.approx([model.expected(ORDINARY[model], NEWCOMER, days)[0] for days in (0, 1, 52)], rel=1e-12)


@EACH
def test_what_is_foretold_of_a_customer_does_not_depend_on_the_others(model):
    # some predictions are interpolated between ages if there are many
    values = ORDINARY[model]
    many = histories(*np.array([(x, x / 2, age) for x in (0, 3, 40) for age in range(40, 400)], dtype=float).T)
    for foretold in (
        lambda given: model.alive(values, given),
        lambda given: model.expected(values, given, 52),
        lambda given: model.discounted(values, given, 0.0027),
        lambda given: model.discounted(values, given, 0.0027, 52),
        lambda given: model.chances(values, given, 52, 3)[:, 3],
    ):
        alone = [foretold(history(many.repeats[at], many.active[at], many.age[at]))[0] for at in range(7, 1000, 160)]
        assert foretold(many)[7:1000:160] == pytest.approx(alone, rel=1e-9)


@EACH
def test_more_orders_and_less_silence_are_worth_more(model):
    rows = histories([1, 2, 5, 5], [20, 20, 20, 38], [39, 39, 39, 39])
    expected = model.expected(ORDINARY[model], rows, 52)
    assert expected[3] >= expected[2]
    assert NBD.expected(ORDINARY[NBD], rows, 52)[2] > NBD.expected(ORDINARY[NBD], rows, 52)[0]


# how many purchases


@pytest.mark.parametrize(
    ("time", "count", "expected"),
    [(39, 0, 0.5737864), (30, 11, 0.0019995214), (30, 20, 0.0002222260), (2, 10, 1.07869e-7)],
)
def test_chances_of_a_new_customer_of_bg_nbd(time, count, expected):
    # the manual of BTYD 2.4, bgnbd.pmf; the last from lifetimes' test_estimation.py
    found = BG_NBD.chances((0.243, 4.414, 0.793, 2.426), NEWCOMER, time, count)
    assert found[0, count] == pytest.approx(expected, abs=0.51e-7 if expected > 0.1 else 0.51e-10 if expected > 1e-6 else 0.51e-12)


@EACH
def test_chances_sum_to_one_and_their_mean_is_what_is_expected(model):
    chances = model.chances(ORDINARY[model], FEW, 52, 600)
    assert (chances >= 0).all()
    assert chances.sum(axis=1) == pytest.approx(np.ones(6), abs=1e-12)
    assert (np.cumsum(chances, axis=1) <= 1 + 1e-12).all()
    assert (chances * np.arange(601)).sum(axis=1) == pytest.approx(model.expected(ORDINARY[model], FEW, 52), rel=1e-9)


@EACH
def test_fewer_chances_are_the_first_of_more(model):
    assert model.chances(ORDINARY[model], FEW, 52, 5) == pytest.approx(model.chances(ORDINARY[model], FEW, 52, 40)[:, :6], abs=1e-12)
    assert model.chances(ORDINARY[model], FEW, 0, 2) == pytest.approx(np.array([[1, 0, 0]] * 6))
    assert model.chances(ORDINARY[model], FEW, 52, 0).shape == (6, 1)


@LEAVING
def test_chances_are_those_of_a_simulation(model):
    # purchases of 200,000 customers who are alive after 5 repeats in 30 of 39 weeks, within 20 weeks; each chance within 4 standard errors
    n, values, given = 200_000, ORDINARY[model], history(5, 30, 39)
    r, alpha, left, stayed = values
    if model is PARETO_NBD:
        repeats, *_ = pareto_buyers(n, (r + 5, alpha + 39, left, stayed + 39), np.full(n, 20.0), seed=2)
    else:
        repeats, *_ = bg_buyers(n, (r + 5, alpha + 39, left, stayed + 5 + (model is MBG_NBD)), np.full(n, 20.0), seed=2)
    alive = model.alive(values, given)[0]
    simulated = alive * np.bincount(repeats.astype(int), minlength=12)[:12] / n
    simulated[0] += 1 - alive
    assert np.abs(simulated - model.chances(values, given, 20, 11)[0]).max() < 4 * math.sqrt(0.25 / n)


@LEAVING
def test_a_new_customers_likelihood_is_that_of_a_simulation(model):
    # the share of 200,000 new customers who haven't come back in 39 weeks
    n, values = 200_000, ORDINARY[model]
    repeats, *_ = STORIES[model](n, values, np.full(n, 39.0), seed=5)
    assert (repeats == 0).mean() == pytest.approx(math.exp(log_likelihood(model, values, 0, 0, 39)), abs=4 * math.sqrt(0.25 / n))
    assert repeats.mean() == pytest.approx(model.expected_of_new(values, np.array([39.0]))[0], abs=4 * repeats.std() / math.sqrt(n))


# recovering what was put in


@LEAVING
def test_what_a_shop_was_made_with_is_found_again(model):
    n, values = 10_000, MADE_WITH[model]
    fit = model.fit(histories(*STORIES[model](n, values, 365, seed=9)))
    for name, true in zip(model.parameters, values, strict=True):
        assert abs(fit.parameters[name] - true) < 3 * fit.errors[name], name
    assert (fit.model, fit.customers, fit.edges) == (model.name, n, ())


@LEAVING
@pytest.mark.slow
def test_many_histories_are_begun_with_a_sample_of_them(model):
    # more distinct histories than a sample's: the slope is nought at the fit all the same
    given = in_days(*STORIES[model](90_000, MADE_WITH[model], 365, seed=6))
    assert given.repeats.size > 20_000
    fit = model.fit(given)
    _, gradient, _ = LIKELIHOODS[model](given)(np.log(fit.values))
    assert gradient == pytest.approx(np.zeros(4), abs=1e-4)
    assert model.fit(given) == fit


# hard cases


@LEAVING
@pytest.mark.parametrize("case", HARD)
def test_hard_cases_are_fitted_and_foretold(model, case):
    given = hard(case)
    fit = model.fit(given)
    assert fit.log_likelihood == pytest.approx((given.customers * model.log_likelihoods(fit.values, given)).sum(), rel=1e-10)
    assert fit.log_likelihood >= NBD.fit(given).log_likelihood - 0.02  # each model's limit as customers leave ever more rarely
    assert fit.evaluations < 60
    days, rate = given.scale, 0.3 / given.scale
    alive, chances = model.alive(fit.values, given), model.chances(fit.values, given, days, 20)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert ((chances >= 0) & (chances.sum(axis=1)[:, None] <= 1 + 1e-9)).all()
    expected = model.expected(fit.values, given, days)
    discounted, dert = model.discounted(fit.values, given, rate, days), model.discounted(fit.values, given, rate)
    assert (np.isfinite(expected) & np.isfinite(dert)).all()
    assert ((discounted >= 0) & (discounted <= expected * (1 + 1e-9)) & (discounted <= dert * (1 + 1e-9))).all()
    assert {error is None for name, error in fit.errors.items() if name in fit.edges} <= {True}


@LEAVING
def test_where_nobody_leaves_leaving_is_at_the_edge(model):
    fit = model.fit(hard("nobody leaves"))
    assert set(model.parameters[2:]) & set(fit.edges)
    assert fit.values[:2] == pytest.approx(NBD.fit(hard("nobody leaves")).values, rel=1e-2)


@pytest.mark.parametrize("model", [MBG_NBD, PARETO_NBD, NBD], ids=lambda model: model.name)
def test_where_all_buy_at_one_rate_the_spread_is_at_the_edge_and_the_rate_is_known(model):
    fit = model.fit(hard("clockwork" if model is NBD else "one rate for all"))
    assert "r" in fit.edges
    assert fit.parameters["r"] / fit.parameters["alpha"] == pytest.approx(0.03, rel=0.12)


@pytest.mark.parametrize("model", [MBG_NBD, PARETO_NBD], ids=lambda model: model.name)
def test_a_shop_of_one_timers_and_regulars_is_not_taken_for_one_of_rare_buyers(model):
    # two maxima: that from moments, where all stay and most buy rarely, is that of the NBD
    given = hard("one where some leave at once")
    assert model.fit(given).log_likelihood > NBD.fit(given).log_likelihood + 500
    assert model.alive(model.fit(given).values, history(0, 0, 365))[0] < 0.01


def test_leaving_early_is_no_long_search():
    # the degenerate fit of facts that took 169 evaluations: all who bought again did so in the first of 143 weeks
    fits = [model.fit(hard("all left early")) for model in (BG_NBD, MBG_NBD, PARETO_NBD)]
    assert max(fit.evaluations for fit in fits) < 60
    assert all(set(fit.edges) for fit in fits)


def test_a_ridge_is_followed_to_the_edge_without_leaving_it():
    # steep across, and along ever flatter: the likelihood of one rate for all in ln r and ln alpha; a step that is cut short is so in both
    def derivatives(at):
        across, along = at[0] - at[1], math.exp(-at[1])
        gradient = np.array([-2e6 * across, 2e6 * across + along])
        return -1e6 * across**2 - along, gradient, np.array([[-2e6, 2e6], [2e6, -2e6 - along]])

    found = maximum(derivatives, np.array([0.0, 0.1]), np.zeros(2))
    assert found.evaluations < 15
    assert found.edges.tolist() == [True, True]
    assert found.at[0] == pytest.approx(found.at[1], abs=1e-3)


def test_a_parameter_at_the_edge_does_not_keep_the_others_from_their_maximum():
    def derivatives(at):
        left = math.exp(-at[0])
        return -left - (at[1] - 1) ** 2, np.array([left, 2 - 2 * at[1]]), -np.diag([left, 2.0])

    found = maximum(derivatives, np.array([9.0, 3.0]), np.zeros(2))
    assert found.at[1] == pytest.approx(1)
    assert found.edges.tolist() == [True, False]


# what can't be fitted


@EACH
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "there are no customers"),
        ([(3, 10, 20)], "there is only one customer"),
        ([(0, 0, 0)] * 5, "every order is on the last day"),
        ([(0, 0, 30), (0, 0, 0)], "nobody bought again: .* can't be told apart from 'everyone left'"),
    ],
)
def test_what_can_not_be_fitted_is_said(model, rows, said):
    given = histories(*np.array(rows, dtype=float).reshape(-1, 3).T)
    with pytest.raises(FitError, match=said) as caught:
        model.fit(given)
    assert caught.value.hint


@EACH
def test_nobody_is_foretold_nothing(model):
    nobody = histories([], [], [])
    assert model.expected(ORDINARY[model], nobody, 52).shape == (0,)
    assert model.discounted(ORDINARY[model], nobody, 0.01).shape == (0,)
    assert model.chances(ORDINARY[model], nobody, 52, 3).shape == (0, 4)


def test_names():
    assert [model.name for model in MODELS] == ["bg_nbd", "mbg_nbd", "pareto_nbd", "nbd"]
    assert [model.label for model in MODELS] == ["BG/NBD", "MBG/NBD", "Pareto/NBD", "NBD"]
    assert [tuple(model.parameters) for model in MODELS[1:]] == [("r", "alpha", "a", "b"), ("r", "alpha", "s", "beta"), ("r", "alpha")]
    assert all(year in model.source for model, year in zip(MODELS, ("2005", "2007", "1987", "1959"), strict=True))


# rules


def test_examples_in_docstrings():
    assert doctest.testmod(quadrature).failed == 0
    assert doctest.testmod(starts).failed == 0


@given(st.floats(-11, 11), st.floats(-11, 11))
def test_a_beta_rule_has_the_moments_of_beta(log_a, log_b):
    a, b = math.exp(log_a), math.exp(log_b)
    chances, weights = beta_rule(a, np.array([b]))
    mean = a / (a + b)
    assert (weights * chances).sum() == pytest.approx(mean, rel=1e-6, abs=2e-7)
    assert (weights * chances**2).sum() == pytest.approx(mean * (a + 1) / (a + b + 1), rel=1e-6, abs=2e-7)


@given(st.floats(-3, 6), st.floats(-3, 6), st.floats(0.05, 40))
def test_a_time_rule_integrates_what_changes_no_faster_than_its_scale(log_scale, log_until, power):
    scale, until = math.exp(log_scale), math.exp(log_until)
    times, spans = time_rule(np.array([scale]), until)
    assert (spans * np.exp(-times / scale)).sum() == pytest.approx(-scale * math.expm1(-until / scale), rel=1e-9)
    wide = scale * max(1, power)
    assert (spans * (1 + times / wide) ** -(power + 1)).sum() == pytest.approx(
        -wide / power * math.expm1(-power * math.log1p(until / wide)), rel=1e-8
    )


def test_a_sample_has_the_shares_of_all():
    given = hard("an ordinary shop")
    sample = starts.thinned(given, 100)
    assert sample.total == pytest.approx(100, abs=1)
    assert starts.thinned(given, 10 * CUSTOMERS).customers == pytest.approx(given.customers)
    share = [(some.customers * (some.repeats == 0)).sum() / some.total for some in (given, sample)]
    assert share[0] == pytest.approx(share[1], abs=0.02)
