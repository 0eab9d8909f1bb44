"""Histories of buyers: written out, simulated with a fixed seed, and the hard cases that other programs fail on."""

from functools import cache

import numpy as np
import simulated_histories
from simulated_histories import until

from clvcli.models.histories import Histories


def history(repeats, active, age):
    """One customer's history."""
    return histories([repeats], [active], [age])


def histories(repeats, active, age):
    """Distinct histories of customers, in the order of repeats, active days and age."""
    rows, customers = np.unique(np.column_stack([repeats, active, age]).astype(float), axis=0, return_counts=True)
    return Histories(*np.ascontiguousarray(rows.T), customers.astype(float))


def in_unit(given, days):
    """The same customers with time in units of so many days."""
    return Histories(given.repeats, given.active / days, given.age / days, given.customers)


def pareto_buyers(customers, values, ages, seed):
    """Repeats, last times of purchase and ages of buyers of the Pareto/NBD; ages are given, or at random up to so many days."""
    random = np.random.default_rng(seed)
    ages = ages if np.ndim(ages) else random.uniform(0, ages, customers)
    return *simulated_histories.pareto_nbd(random, values, ages), ages


def bg_buyers(customers, values, ages, seed):
    """The same of the BG/NBD."""
    random = np.random.default_rng(seed)
    ages = ages if np.ndim(ages) else random.uniform(0, ages, customers)
    return *simulated_histories.bg_nbd(random, values, ages), ages


def mbg_buyers(customers, values, ages, seed):
    """The same of the MBG/NBD: who stays after the first purchase is a buyer of the BG/NBD whose chance to leave has survived one."""
    r, alpha, a, b = values
    repeats, active, ages = bg_buyers(customers, (r, alpha, a, b + 1), ages, seed)
    stayed = np.random.default_rng(seed + 1).random(customers) < b / (a + b)
    return np.where(stayed, repeats, 0), np.where(stayed, active, 0), ages


def in_days(repeats, active, age):
    """Times as whole days, the day of the first purchase being none of the repeats'."""
    repeats, active, age = np.asarray(repeats), np.ceil(active), np.ceil(age)
    return histories(np.minimum(repeats, active), active, age)


CUSTOMERS = 1000
_PARETO = (0.55, 74.0, 0.6, 82.0)
HARD = (
    "an ordinary shop", "one where some leave at once", "hundreds of repeats", "thousands of repeats", "one with 20,000", "few without repeats",
    "time in seconds", "time in years", "half came today", "nobody leaves", "one rate for all", "one rate of leaving", "clockwork",
    "clockwork that stops", "twelve customers", "all bought on the last day", "all left early", "one repeat each", "all alike",
)  # fmt: skip
"""The cases of lifetimes' issues 405, 25, 332, 396 and 302, CLVTools' 112 and BTYDplus' 51, and the edges of what the models can say."""


@cache
def hard(case, n=CUSTOMERS):
    """The histories of a hard case."""
    random = np.random.default_rng(7)
    ages = random.integers(30, 400, n).astype(float)
    often = np.where(np.arange(n) % 2, random.poisson(50, n), 0)
    stopping = 30 * (np.minimum(ages, random.integers(20, 400, n)) // 30)
    ordinary = pareto_buyers(n, _PARETO, 273, seed=3)
    whale = [np.append(column, value) for column, value in zip(ordinary, (20_000, 27_200, 27_300), strict=True)]
    few = pareto_buyers(n, (2.0, 100.0, 0.8, 2000.0), random.integers(365, 1096, n), seed=4)
    made = {
        "an ordinary shop": lambda: in_days(*bg_buyers(n, (0.24, 31.0, 0.8, 2.4), 273, seed=1)),
        "one where some leave at once": lambda: histories(often, np.where(often, 365 - random.integers(0, 20, n), 0), np.full(n, 365)),
        "hundreds of repeats": lambda: histories(often + 150, 501 - random.integers(0, 9, n), np.full(n, 501)),
        "thousands of repeats": lambda: histories(random.integers(1000, 4900, n), 5000 - random.integers(0, 90, n), np.full(n, 5000)),
        "one with 20,000": lambda: in_days(*whale),
        "few without repeats": lambda: in_days(*few),
        "time in seconds": lambda: in_unit(in_days(*ordinary), 1 / 86_400),
        "time in years": lambda: in_unit(in_days(*ordinary), 365.25),
        "half came today": lambda: in_days(*np.where(np.arange(n) % 2, ordinary, 0)),
        "nobody leaves": lambda: in_days(*until(random, random.gamma(1.0, 1 / 60, n), ages), ages),
        "one rate for all": lambda: in_days(
            *until(random, np.full(n, 0.03), np.minimum(ages, random.exponential(1 / random.gamma(0.8, 1 / 200, n)))), ages
        ),
        "one rate of leaving": lambda: in_days(
            *until(random, random.gamma(1.0, 1 / 40, n), np.minimum(ages, random.exponential(150, n))), ages
        ),
        "clockwork": lambda: histories(ages // 30, ages // 30 * 30, ages),
        "clockwork that stops": lambda: histories(stopping // 30, stopping, ages),
        "twelve customers": lambda: in_days(*pareto_buyers(12, (1.0, 74.0, 0.6, 82.0), 273, seed=8)),
        "all bought on the last day": lambda: histories(1 + often, ages, ages),
        "all left early": lambda: histories(often % 4, np.where(often % 4, often % 4 + random.integers(0, 6, n), 0), np.full(n, 1000)),
        "one repeat each": lambda: histories(np.ones(n), np.ceil(ages * random.uniform(0.01, 0.99, n)), ages),
        "all alike": lambda: histories(np.full(n, 3), np.full(n, 60), np.full(n, 100)),
    }
    return made[case]()
