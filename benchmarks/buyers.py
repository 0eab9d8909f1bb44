"""Customers of a shop that doesn't exist, as models see them: drawn by Pareto/NBD and Gamma-Gamma from a fixed seed.

usage: python benchmarks/buyers.py CUSTOMERS OUT.npz [--seed N]

They are won over 12 weeks and watched for 39, as CDNOW's are, each purchase on a day: buying_days, active_days, age_days and
repeat_revenue in ten-thousandths, one place per customer. The same CUSTOMERS, seed and numpy give the same file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

WON_DAYS, WATCHED_DAYS = 84, 273
PURCHASE_SHAPE, PURCHASE_SCALE = 0.55, 1 / 74  # purchases a day ~ Gamma, as CDNOW's
DROPOUT_SHAPE, DROPOUT_SCALE = 0.61, 1 / 82  # hazard of leaving, a day ~ Gamma
SPEND_SHAPE, SCALE_SHAPE, SCALE_RATE = 6.25, 3.74, 15.44  # p, q and v of Gamma-Gamma, as CDNOW's
CENT = 100  # ten-thousandths of the currency unit
AT_ONCE = 1_000_000


def draw_customers(rng: np.random.Generator, customers: int) -> dict[str, Counts]:
    """So many customers; purchases of a day are one, and none is on the first day."""
    age = WATCHED_DAYS - rng.integers(0, WON_DAYS, customers)
    hazard = np.maximum(rng.gamma(DROPOUT_SHAPE, DROPOUT_SCALE, customers), 1e-12)
    stayed = np.minimum(rng.exponential(1.0, customers) / hazard, age)
    bought = rng.poisson(rng.gamma(PURCHASE_SHAPE, PURCHASE_SCALE, customers) * stayed)
    who = np.repeat(np.arange(customers), bought)
    day = np.maximum(np.ceil(rng.random(who.size) * stayed[who]), 1).astype(np.int64)
    known, days = np.divmod(np.unique(who * (WATCHED_DAYS + 1) + day), WATCHED_DAYS + 1)
    repeats, active = np.bincount(known, minlength=customers), np.zeros(customers, np.int64)
    np.maximum.at(active, known, days)
    scale = rng.gamma(SCALE_SHAPE, 1 / SCALE_RATE, customers)
    paid = rng.gamma(SPEND_SHAPE * np.maximum(repeats, 1)) / scale
    cents = np.where(repeats > 0, np.maximum(np.rint(100 * paid), 1), 0).astype(np.int64)
    return {"buying_days": repeats + 1, "active_days": active, "age_days": age, "repeat_revenue": cents * CENT}


def generate(customers: int, target: Path, seed: int) -> None:
    """The file appears whole or not at all."""
    sizes = [min(AT_ONCE, customers - begin) for begin in range(0, customers, AT_ONCE)]
    parts = [draw_customers(np.random.default_rng([seed, number]), size) for number, size in enumerate(sizes)]
    unfinished = target.with_suffix(".unfinished.npz")
    np.savez(unfinished, **{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    unfinished.replace(target)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write customers for models to be fitted to.")
    parser.add_argument("customers", type=lambda text: int(float(text)), help="how many, for example 1e6")
    parser.add_argument("target", type=Path, metavar="OUT.npz")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    generate(arguments.customers, arguments.target, arguments.seed)


if __name__ == "__main__":
    main()
