"""Shops of people who pay by the calendar, simulated with a fixed seed: members by the month until they cancel, donors once a year."""

from datetime import date

import numpy as np
import polars as pl

from clvcli.periods import date_of, day_number, months_before
from clvcli.tables import MONEY_SCALE

_SCHEMA = {"customer_id": pl.String, "order_id": pl.String, "day": pl.Int32, "amount": pl.Int64}


def _lines(rows):
    made = pl.DataFrame([(who, str(n), day, paid * MONEY_SCALE) for n, (who, day, paid) in enumerate(rows)], schema=_SCHEMA, orient="row")
    return made.sort("day", "order_id")


def members(customers=200, alpha=0.7, beta=3.8, until="2024-12-31"):
    """Lines of members who pay 20 by the month, a few a day or two late, and leave at each renewal with a chance of their own, as sBG has it."""
    random, end = np.random.default_rng(2007), day_number(date.fromisoformat(until))

    def paid():
        for n in range(customers):
            first, leaving = end - int(random.integers(1_000)), random.beta(alpha, beta)
            day, paid = first, 1
            while day <= end:
                yield f"m{n:04}", day, 20
                if random.random() < leaving:
                    break
                day, paid = months_before(first, -paid) + int(random.choice([0, 0, 0, 1, 2])), paid + 1

    return _lines(paid())


def donors(customers=300, years=6):
    """Lines of donors who give 25 to 33 once a year with a chance of their own until they stop; all came in 2018, and the last year is running."""
    random = np.random.default_rng(10)

    def gifts():
        for n in range(customers):
            gives = random.beta(2, 2)
            for year in range(2018, 2018 + years):
                day = day_number(date(year, 3, 1)) + int(random.integers(200))
                if year == 2018 or random.random() < gives:
                    yield f"d{n:03}", day, 25 + int(random.integers(9))
                if random.random() < 0.1:
                    break

    return _lines(gifts())


def csv_of(lines):
    """Such lines as the text of an export."""
    rows = (f"{order},{who},{date_of(day)},{paid / MONEY_SCALE:g}" for who, order, day, paid in lines.select(list(_SCHEMA)).rows())
    return "\n".join(["order_id,customer_id,ordered_at,amount", *rows, ""])
