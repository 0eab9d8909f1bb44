"""A shop that is simulated with a fixed seed: customers who buy at random until they leave."""

from datetime import date
from random import Random

import polars as pl

from clvcli.periods import day_number

FIRST = day_number(date(2023, 1, 1))
_SCHEMA = {"customer_id": pl.String, "order_id": pl.String, "day": pl.Int32, "amount": pl.Int64, "cost": pl.Int64, "channel": pl.String}


def shop(customers=300, days=730, seed=1):
    """Lines of two years: each customer at a rate and with a mean spend of the own, lost after a purchase with a chance of the own."""
    random = Random(seed)
    lines = [line for n in range(customers) for line in _purchases(f"c{n:04}", random, days)]
    return pl.DataFrame(lines, schema=_SCHEMA, orient="row").with_row_index("at").select(
        "customer_id", pl.format("o{}", "at").alias("order_id"), "day", "amount", "cost", "channel"
    )  # fmt: skip


def _purchases(customer, random, days):
    day, last = FIRST + random.randrange(days * 3 // 4), FIRST + days - 1
    rate, leaving, mean = random.gammavariate(1.5, 1 / 60), random.betavariate(0.8, 2.5), random.gammavariate(6, 5)
    channel = random.choice(("web", "fair", None))
    while day <= last:
        amount = max(round(10_000 * random.gammavariate(4, mean / 4)), 1)
        yield customer, "", day, amount, amount * 6 // 10, channel
        if random.random() < leaving:
            return
        day += max(round(random.expovariate(rate)), 1)
