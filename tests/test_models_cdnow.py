"""Models of buying on CDNOW: what papers and other programs print, and figures of our own that must not move.

Times in papers are weeks, and ours are days: alpha and beta are 7 times as great, and so is each density, once per repeat.
The sample's figures are of 2,357 customers who were won in the first quarter of 1997 and watched until the end of September.
"""

import math
from collections import defaultdict
from datetime import date

import numpy as np
import pytest
from buyers import histories

from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.mbg_nbd import MBG_NBD
from clvcli.models.nbd import NBD
from clvcli.models.pareto_nbd import PARETO_NBD

WEEK = 7
CALIBRATION_ENDS = date(1997, 9, 30)
RATE = 0.0027 / WEEK
"""15 % a year, as Fader, Hardie & Lee 2005 have it a week."""
TIMES = ("alpha", "beta")


def bought(lines):
    """Repeats, active days and age of each customer by id, from lines of ids and dates."""
    days = defaultdict(set)
    for customer, day in lines:
        days[customer].add(date.fromisoformat(day))
    seen = {customer: sorted(day for day in of if day <= CALIBRATION_ENDS) for customer, of in sorted(days.items())}
    return {c: (len(of) - 1, (of[-1] - of[0]).days, (CALIBRATION_ENDS - of[0]).days) for c, of in seen.items()}


@pytest.fixture(scope="module")
def customers(real_data):
    return bought(line.split()[1:3] for line in real_data("cdnow/CDNOW_sample.txt").read_text().splitlines())


@pytest.fixture(scope="module")
def sample(customers):
    return histories(*np.array(list(customers.values())).T)


@pytest.fixture(scope="module")
def full(real_data):
    found = bought(line.split()[:2] for line in real_data("cdnow/CDNOW_master.txt").read_text().splitlines()[1:])
    return histories(*np.array(list(found.values())).T)


def in_weeks(fit, figures=None):
    """Parameters, or figures of them, with times in weeks."""
    return [value / (WEEK if name in TIMES else 1) for name, value in (figures or fit.parameters).items()]


def weekly_likelihood(fit, given):
    """The log-likelihood of times in weeks."""
    return fit.log_likelihood + (given.customers * given.repeats).sum() * math.log(WEEK)


def of_all(given, figures):
    """The sum over customers."""
    return (given.customers * figures).sum()


@pytest.mark.parametrize(
    ("model", "published", "likelihood"),
    [
        # Fader, Hardie & Lee 2005, Marketing Science 24(2), Table 2; so in lifetimes' test_estimation.py
        (BG_NBD, (0.243, 4.414, 0.793, 2.426), -9582.4),
        # the same, for the Pareto/NBD
        (PARETO_NBD, (0.553, 10.578, 0.606, 11.669), -9595.0),
        # BTYDplus, in lifetimes' TestModifiedBetaGammaFitter; its likelihood as run by us
        (MBG_NBD, (0.525, 6.183, 0.891, 1.614), -9582.1),
    ],
    ids=["bg_nbd", "pareto_nbd", "mbg_nbd"],
)
def test_the_parameters_are_those_of_the_paper(sample, model, published, likelihood):
    fit = model.fit(sample)
    assert (fit.customers, fit.edges) == (2357, ())
    assert in_weeks(fit) == pytest.approx(published, abs=5.1e-4)
    assert weekly_likelihood(fit, sample) == pytest.approx(likelihood, abs=0.05)


def test_clvtools_has_the_same_parameters_and_standard_errors(sample):
    # CLVTools' test_correctness_bgnbd.R and test_correctness_pnbd_nocovstaticcov.R; its optimiser stops a little earlier
    bg, pareto = BG_NBD.fit(sample), PARETO_NBD.fit(sample)
    assert in_weeks(bg) == pytest.approx([0.2425945, 4.4136019, 0.7929199, 2.4258881], rel=2e-5)
    assert weekly_likelihood(bg, sample) == pytest.approx(-9582.429, abs=5e-4)
    assert weekly_likelihood(pareto, sample) == pytest.approx(-9594.976, abs=5e-4)
    assert in_weeks(pareto, pareto.errors) == pytest.approx([0.0476264, 0.8427222, 0.1872594, 6.2105448], rel=2e-4)


@pytest.mark.parametrize(
    ("model", "parameters", "likelihood", "sums"),
    [
        (BG_NBD, (0.242595, 4.413602, 0.792922, 2.425907), -9582.429207, (1917.2777, 1653.4087, 6718.7069)),
        (MBG_NBD, (0.524843, 6.183085, 0.891359, 1.614002), -9582.135716, (1057.6364, 1576.7283, 5849.7348)),
        (PARETO_NBD, (0.553277, 10.577683, 0.606240, 11.668735), -9594.976179, (1051.8752, 1665.5131, 7185.9722)),
    ],
    ids=["bg_nbd", "mbg_nbd", "pareto_nbd"],
)
def test_our_own_figures_do_not_move(sample, model, parameters, likelihood, sums):
    # our own: customers alive, purchases expected in 39 weeks, and DERT
    fit = model.fit(sample)
    assert in_weeks(fit) == pytest.approx(parameters, abs=5.1e-7)
    assert weekly_likelihood(fit, sample) == pytest.approx(likelihood, abs=1e-6)
    foretold = (
        model.alive(fit.values, sample),
        model.expected(fit.values, sample, 39 * WEEK),
        model.discounted(fit.values, sample, RATE),
    )
    assert [of_all(sample, figures) for figures in foretold] == pytest.approx(sums, abs=1e-4)


@pytest.mark.parametrize(
    ("model", "parameters", "likelihood"),
    [
        (BG_NBD, (0.251624, 4.788943, 0.723434, 2.161088), -95368.443933),
        (MBG_NBD, (0.63714, 7.31029, 0.807474, 1.228394), -95336.958320),
        (PARETO_NBD, (0.59742, 11.58566, 0.522186, 8.82776), -95415.118617),
    ],
    ids=["bg_nbd", "mbg_nbd", "pareto_nbd"],
)
def test_our_own_figures_of_all_customers_do_not_move(full, model, parameters, likelihood):
    # our own; lifetimes 0.11.3 finds the same likelihoods to 1e-5
    fit = model.fit(full)
    assert fit.customers == 23_570
    assert in_weeks(fit) == pytest.approx(parameters, abs=5.1e-6)
    assert weekly_likelihood(fit, full) == pytest.approx(likelihood, abs=2e-6)


def test_the_nbd_expects_half_as_much_again(sample, full):
    # 1,882 and 19,684 were bought in the 39 weeks that followed: the NBD, by which nobody leaves, expects 55.7 % and 47.4 % more
    for given, actual, over in ((sample, 1882, 0.557), (full, 19_684, 0.474)):
        expected = of_all(given, NBD.expected(NBD.fit(given).values, given, 273))
        assert expected / actual - 1 == pytest.approx(over, abs=5e-4)


@pytest.mark.parametrize(
    ("model", "of_sample", "of_all_customers"), [(PARETO_NBD, -0.115, -0.129), (BG_NBD, -0.121, -0.143), (MBG_NBD, -0.162, -0.191)],
    ids=["pareto_nbd", "bg_nbd", "mbg_nbd"],
)  # fmt: skip
def test_the_models_expect_an_eighth_too_little(sample, full, model, of_sample, of_all_customers):
    # our own back-test: bias over the 39 weeks to 30 June 1998
    for given, actual, over in ((sample, 1882, of_sample), (full, 19_684, of_all_customers)):
        assert of_all(given, model.expected(model.fit(given).values, given, 273)) / actual - 1 == pytest.approx(over, abs=5.1e-4)


@pytest.mark.parametrize(
    ("customer", "alive", "expected", "dert"),
    [
        (1, 0.86917843, 1.45539961, 6.48610939),
        (10, 0.29500021, 0.10708660, 0.47724036),
        (100, 0.76478172, 0.78687202, 3.49707733),
        (1000, 0.79154439, 2.60147972, 11.28785554),
        (1008, 0.19991639, 0.22478305, 0.97459501),
    ],
)
def test_clvtools_foretells_the_same_of_five_customers(customers, customer, alive, expected, dert):
    # CLVTools 0.12.1, built and run: PAlive, CET of 39 weeks and DERT at its parameters
    values = np.array([0.553594, 10.58394, 0.6057171, 11.64589]) * [1, WEEK, 1, WEEK]
    given = histories(*np.array([customers[f"{customer:04}"]]).T)
    assert PARETO_NBD.alive(values, given)[0] == pytest.approx(alive, rel=2e-6)
    assert PARETO_NBD.expected(values, given, 39 * WEEK)[0] == pytest.approx(expected, rel=2e-6)
    assert PARETO_NBD.discounted(values, given, RATE)[0] == pytest.approx(dert, rel=3e-6)
