"""Shops whose truth is known: whether intervals hold it as often as they say, and whether a large shop gives it back."""

from statistics import NormalDist

import numpy as np
import pytest
from simulated_histories import bg_nbd, compressed, histories, pareto_nbd

from clvcli.coverage import parameter_variance
from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.histories import dot
from clvcli.models.pareto_nbd import PARETO_NBD

SHOPS, CUSTOMERS, YOUNGEST, OLDEST = 200, 1_500, 39 * 7, 78 * 7
LARGE = 200_000
DAYS = 365
WIDTH = NormalDist().inv_cdf(0.975)

# The parameters of CDNOW by the week, as the papers have them, in days.
TRUE_BG_NBD = (0.243, 4.414 * 7, 0.793, 2.426)
TRUE_PARETO_NBD = (0.553, 10.578 * 7, 0.606, 11.669 * 7)
MODELS = {"bg_nbd": (BG_NBD, bg_nbd, TRUE_BG_NBD), "pareto_nbd": (PARETO_NBD, pareto_nbd, TRUE_PARETO_NBD)}
of_each_model = pytest.mark.parametrize("name", MODELS)
pytestmark = pytest.mark.slow


def simulated(name, customers, seed):
    """Repeats, active days and ages of customers won over nine months."""
    _, simulate, values = MODELS[name]
    random = np.random.default_rng(seed)
    ages = random.integers(YOUNGEST, OLDEST + 1, customers).astype(float)
    return (*simulate(random, values, ages), ages)


def shops(name):
    """The histories of 200 shops."""
    columns = simulated(name, SHOPS * CUSTOMERS, seed=2005)
    return (histories(*shop) for shop in zip(*(np.split(column, SHOPS) for column in columns), strict=True))


def is_within(value, interval):
    """Whether the interval holds the value; one that isn't known holds nothing."""
    return interval is not None and interval[0] <= value <= interval[1]


@of_each_model
def test_of_a_hundred_intervals_ninety_five_hold_the_truth(name):
    """Those of parameters, and those of what is to come, held against what the true parameters expect of the same customers."""
    model, _, values = MODELS[name]
    of_parameters, of_totals = [], []
    for shop in shops(name):

        def total(of, shop=shop):
            return dot(shop.customers, model.expected(of, shop, DAYS))

        fit = model.fit(shop)
        of_parameters += [is_within(value, interval) for value, interval in zip(values, fit.intervals.values(), strict=True)]
        of_totals.append(abs(total(values) - total(fit.values)) <= WIDTH * parameter_variance(total, fit) ** 0.5)
    assert 0.93 <= np.mean(of_parameters) <= 0.97
    assert 0.92 <= np.mean(of_totals) <= 0.98  # of 200 the share is sure to 1.5 points


@of_each_model
def test_a_large_shop_gives_back_each_parameter(name):
    model, _, values = MODELS[name]
    repeats, active, ages = simulated(name, LARGE, seed=1987)
    to_the_day = np.where(repeats > 0, np.clip(np.round(active), 1, ages), 0.0)
    shop = compressed(repeats, to_the_day, ages)
    assert shop.total == LARGE
    assert shop.repeats.size < LARGE / 2
    fit = model.fit(shop)
    errors = [(found - true) / error for found, true, error in zip(fit.values, values, fit.errors.values(), strict=True)]
    assert np.abs(errors).max() < 3
    mean = fit.parameters["r"] / fit.parameters["alpha"]
    assert mean == pytest.approx(values[0] / values[1], rel=0.02)
