"""Fit: parameters, how sure they are, and what is left unsaid of those that ran to an edge."""

import math
from itertools import pairwise

import numpy as np
import pytest

from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.fit import Fit, fitted
from clvcli.models.histories import Histories
from clvcli.models.newton import Maximum
from clvcli.models.sbg import SBG, Renewals

# Two parameters, 2 and 5 times e: the curvature is [[8, 2], [2, 3]], whose inverse is [[3, -2], [-2, 8]] / 20.
TWO = Maximum(np.log([2.0, 5.0]), -100.0, -np.array([[8.0, 2.0], [2.0, 3.0]]), 6, np.array([False, False]))


def with_edges(*edges, hessian=TWO.hessian):
    return fitted("two", ("u", "v"), Maximum(TWO.at, TWO.value, hessian, 6, np.array(edges)), 50)


def test_a_fit_names_what_was_found():
    fit = fitted("two", ("u", "v"), TWO, 50)
    assert (fit.model, fit.customers, fit.evaluations, fit.log_likelihood, fit.edges) == ("two", 50, 6, -100.0, ())
    assert fit.parameters == pytest.approx({"u": 2.0, "v": 5.0})
    assert fit.values == tuple(fit.parameters.values())


def test_errors_are_those_of_the_curvature():
    fit = fitted("two", ("u", "v"), TWO, 50)
    assert fit.covariance == pytest.approx(np.array([[3, -2], [-2, 8]]) / 20)
    assert fit.errors == pytest.approx({"u": 2 * math.sqrt(0.15), "v": 5 * math.sqrt(0.4)})
    low, high = fit.intervals["u"]
    assert (low, high) == pytest.approx((2 * math.exp(-1.959964 * math.sqrt(0.15)), 2 * math.exp(1.959964 * math.sqrt(0.15))), rel=1e-6)


def test_criteria_take_off_for_each_parameter():
    fit = fitted("two", ("u", "v"), TWO, 50)
    assert fit.aic == 2 * 2 + 200
    assert fit.bic == pytest.approx(2 * math.log(50) + 200)


def test_a_parameter_at_an_edge_has_no_interval_and_the_others_have_theirs():
    flat = -np.array([[8.0, 0.0], [0.0, 1e-9]])
    fit = with_edges(False, True, hessian=flat)
    assert fit.errors == {"u": pytest.approx(2 / math.sqrt(8)), "v": None}
    assert fit.intervals["v"] is None
    assert math.isnan(fit.covariance[1][1])
    assert fit.matrix.tolist() == [[pytest.approx(1 / 8), 0.0], [0.0, 0.0]]


def test_of_two_that_grow_together_one_carries_what_is_known_of_their_ratio():
    """As r and alpha do where customers don't differ: the likelihood knows only their ratio, here with a variance of 1/40."""
    ridge = -40 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    fit = with_edges(True, True, hessian=ridge)
    assert fit.errors == {"u": None, "v": None}
    slope = np.array([1.0, -1.0])
    assert slope @ fit.matrix @ slope == pytest.approx(1 / 40)


def test_an_edge_that_nothing_bears_out_stays_unknown():
    fit = with_edges(True, True, hessian=-1e-3 * np.eye(2))
    assert np.isnan(np.array(fit.covariance)).all()
    assert not fit.matrix.any()


def test_where_the_likelihood_is_no_summit_nothing_is_known_of_errors():
    fit = with_edges(False, False, hessian=np.diag([-1.0, 0.5]))
    assert fit.errors == {"u": None, "v": None}
    assert fit.intervals == {"u": None, "v": None}


def test_of_customers_who_are_all_alike_the_rate_is_as_sure_as_their_purchases_make_it():
    """400 who never leave and buy by Poisson's law: r and alpha run off together, and ln(r / alpha) has a variance of 1 / purchases."""
    random = np.random.default_rng(11)
    repeats = random.poisson(4.0, 400).astype(float)
    active = np.where(repeats > 0, 390.0 - random.integers(0, 20, 400), 0.0)
    fit = BG_NBD.fit(Histories(repeats, active, np.full(400, 400.0), np.ones(400)))
    assert {"r", "alpha"} & set(fit.edges)
    assert fit.errors["r"] is None
    slope = np.array([1.0, -1.0, 0.0, 0.0])
    assert slope @ fit.matrix @ slope == pytest.approx(1 / repeats.sum(), rel=0.05)


def test_intervals_of_contracts_narrow_with_more_of_them():
    survivors = np.array([1000, 869, 743, 653, 593])
    fits = [SBG.fit(Renewals.from_survivors(times * survivors)) for times in (1, 4, 16)]
    assert all(larger.errors["alpha"] == pytest.approx(smaller.errors["alpha"] / 2, rel=1e-6) for smaller, larger in pairwise(fits))


def test_a_fit_is_a_value():
    one = Fit("two", {"u": 1.0}, ((0.1,),), -5.0, 3.0, 1)
    assert one == Fit("two", {"u": 1.0}, ((0.1,),), -5.0, 3.0, 1)
