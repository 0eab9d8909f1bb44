"""Histories that are simulated with a fixed seed by the words of the papers: at what rates customers buy, and when they leave."""

import numpy as np

from clvcli.models.histories import Histories


def bg_nbd(random, values, ages):
    """Repeats and active days of customers of so many days: after each repeat purchase they leave with a chance of their own."""
    r, alpha, a, b = values
    rates, chances = random.gamma(r, 1 / alpha, ages.size), random.beta(a, b, ages.size)
    return _until_leaving(random, rates, chances, ages)


def _until_leaving(random, rates, chances, ages):
    repeats, active, now = np.zeros(ages.size), np.zeros(ages.size), np.zeros(ages.size)
    there = np.arange(ages.size)
    while there.size:
        now[there] += random.exponential(1 / rates[there])
        there = there[now[there] < ages[there]]
        repeats[there] += 1
        active[there] = now[there]
        there = there[random.random(there.size) >= chances[there]]
    return repeats, active


def pareto_nbd(random, values, ages):
    """Repeats and active days of customers of so many days, who leave at rates of their own."""
    r, alpha, s, beta = values
    rates, leaving = random.gamma(r, 1 / alpha, ages.size), random.gamma(s, 1 / beta, ages.size)
    return until(random, rates, np.minimum(ages, random.exponential(1 / np.maximum(leaving, 1e-300))))


def until(random, rates, days):
    """Repeats and active days of customers who buy at these rates for so many days: times of a Poisson process are uniform."""
    repeats = random.poisson(rates * days).astype(float)
    last = random.random(days.size) ** (1 / np.maximum(repeats, 1))
    return repeats, np.where(repeats > 0, last * days, 0.0)


def histories(repeats, active, ages):
    """One customer each."""
    return Histories(repeats, active, ages, np.ones(ages.size))


def compressed(repeats, active, ages):
    """The same, each distinct history once, in the order of their numbers."""
    rows, counts = np.unique(np.stack([repeats, active, ages]), axis=1, return_counts=True)
    return Histories(*rows, counts.astype(float))
