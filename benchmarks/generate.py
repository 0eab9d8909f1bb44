"""Synthetic order lines for the benchmarks: a Pareto/NBD population of customers, drawn from a fixed seed.

usage: python benchmarks/generate.py ROWS OUT_PREFIX [--seed N]   writes OUT_PREFIX.csv and OUT_PREFIX.parquet

Lines are made slice of time by slice of time, so memory is about 40 bytes a customer and one slice.
The same ROWS, seed and numpy give the same bytes.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.uint8]

START = np.datetime64("2023-01-01T00:00:00", "s")
DAYS = 1096
SECONDS_A_DAY = 86_400
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"

PURCHASE_SHAPE, PURCHASE_SCALE = 0.55, 1 / 70  # orders a day ~ Gamma
DROPOUT_SHAPE, DROPOUT_SCALE = 0.61, 1 / 120  # hazard of leaving, a day ~ Gamma
LAST_LINE = 0.62  # lines of an order ~ Geometric: 1.61 on average
REFUNDED = 0.02
REFUND_DAYS = (1, 30)

CHANNELS = ("web", "ios", "android", "store", "marketplace", "phone")
CHANNEL_SHARES = (0.45, 0.2, 0.15, 0.1, 0.08, 0.02)
COUNTRIES = (
    *("US", "GB", "DE", "FR", "NL", "ES", "IT", "SE", "PL", "CA"),
    *("AU", "JP", "BR", "MX", "IE", "AT", "BE", "CH", "DK", "NO"),
)
PRODUCTS = 5_000
SKUS = tuple(f"SKU-{product * 7919 % 100_000:05d}" for product in range(PRODUCTS))

ROWS_PER_CUSTOMER = 4.85  # what the constants above come to, measured on ten million rows
ROWS_PER_SLICE = 300_000
ROWS_PER_GROUP = 250_000
EXPORT_TYPES: dict[str, type[pl.DataType]] = {
    "order_id": pl.String,
    "customer_id": pl.String,
    "ordered_at": pl.String,
    "amount": pl.Float64,
    "currency": pl.String,
    "channel": pl.String,
    "country": pl.String,
    "product": pl.String,
}


@dataclass(frozen=True)
class Population:
    """Customers by day of first order, so customer i comes before customer i + 1; days count from START."""

    first_day: Floats
    leaves_on: Floats
    orders_a_day: Floats
    generosity: Floats
    country: Indices


@dataclass(frozen=True)
class Assortment:
    """What each product costs and how often it is chosen."""

    price: Floats
    share: Floats


@dataclass(frozen=True)
class Written:
    """How much an export holds."""

    rows: int = 0
    orders: int = 0
    customers: int = 0


def zipf(count: int, exponent: float) -> Floats:
    weights = 1 / np.arange(1, count + 1) ** exponent
    shares: Floats = weights / weights.sum()
    return shares


def draw_population(rng: np.random.Generator, customers: int) -> Population:
    first_day = np.sort(DAYS * rng.beta(1.25, 1.0, customers))  # a shop that grows mildly
    hazard = np.maximum(rng.gamma(DROPOUT_SHAPE, DROPOUT_SCALE, customers), 1e-12)
    return Population(
        first_day=first_day,
        leaves_on=np.minimum(first_day + rng.exponential(1.0, customers) / hazard, DAYS),
        orders_a_day=rng.gamma(PURCHASE_SHAPE, PURCHASE_SCALE, customers),
        generosity=rng.gamma(6.0, 1 / 5, customers) + 0.1,
        country=rng.choice(len(COUNTRIES), customers, p=zipf(len(COUNTRIES), 1.0)).astype(np.uint8),
    )


def draw_assortment(rng: np.random.Generator) -> Assortment:
    return Assortment(price=rng.lognormal(3.0, 0.9, PRODUCTS), share=zipf(PRODUCTS, 0.9))


def customers_for(rows: int) -> int:
    """Enough customers for ROWS lines: the surplus, cut off at the end, covers the luck of small draws."""
    return math.ceil(rows / ROWS_PER_CUSTOMER * (1 + 20 / math.sqrt(rows)))


def draw_orders(rng: np.random.Generator, people: Population, begin: float, end: float) -> pl.DataFrame:
    """The orders placed in [begin, end): repeat orders as a Poisson process, and the newcomers' first."""
    new, known = np.searchsorted(people.first_day, (begin, end))
    since = np.maximum(people.first_day[:known], begin)
    exposure = np.maximum(np.minimum(people.leaves_on[:known], end) - since, 0)
    repeaters = np.repeat(np.arange(known), rng.poisson(people.orders_a_day[:known] * exposure))
    repeat_days = since[repeaters] + rng.random(len(repeaters)) * exposure[repeaters]
    days = np.concatenate([repeat_days, people.first_day[new:known]])
    orders = pl.DataFrame(
        {
            "customer": np.concatenate([repeaters, np.arange(new, known)]),
            "second": (days * SECONDS_A_DAY).astype(np.int64),
            "channel": rng.choice(len(CHANNELS), len(days), p=CHANNEL_SHARES),
        }
    )
    return orders.sort("second", "customer", maintain_order=True)


def draw_lines(rng: np.random.Generator, orders: pl.DataFrame, people: Population, assortment: Assortment) -> pl.DataFrame:
    lines = orders[np.repeat(np.arange(orders.height), rng.geometric(LAST_LINE, orders.height))]
    product = rng.choice(PRODUCTS, lines.height, p=assortment.share)
    generosity = people.generosity[lines["customer"].to_numpy()]
    paid = assortment.price[product] * generosity * rng.lognormal(0.0, 0.25, lines.height)
    cents = np.maximum(1, np.rint(100 * paid)).astype(np.int64)
    return lines.with_columns(pl.Series("product", product), pl.Series("cents", cents))


def draw_refunds(rng: np.random.Generator, lines: pl.DataFrame) -> pl.DataFrame:
    """One negative line for the whole of an order, days later, under the order's own id."""
    unchanged = pl.col("customer", "second", "channel", "product").first()
    orders = lines.group_by("order", maintain_order=True).agg(unchanged, -pl.col("cents").sum())
    refunded = orders.filter(rng.random(orders.height) < REFUNDED)
    after_days, before_days = REFUND_DAYS
    delay = rng.integers(after_days * SECONDS_A_DAY, before_days * SECONDS_A_DAY, refunded.height)
    return refunded.with_columns(pl.col("second") + pl.Series("delay", delay)).select(lines.columns)


def draw_slices(rows: int, seed: int, people: Population) -> Iterator[pl.DataFrame]:
    """Order lines and refunds in order of time; a refund waits for the slice it falls into."""
    assortment = draw_assortment(np.random.default_rng([seed, 1]))
    slices = max(1, math.ceil(rows / ROWS_PER_SLICE))
    waiting: list[pl.DataFrame] = []
    numbered = 0
    for number, (begin, end) in enumerate(pairwise(np.linspace(0, DAYS, slices + 1))):
        rng = np.random.default_rng([seed, 2, number])
        orders = draw_orders(rng, people, begin, end).with_row_index("order", offset=numbered)
        numbered += orders.height
        lines = draw_lines(rng, orders, people, assortment)
        refunds = pl.concat([*waiting, draw_refunds(rng, lines)])
        due = pl.col("second") < int(end * SECONDS_A_DAY)
        waiting = [refunds.filter(~due)]
        yield pl.concat([lines, refunds.filter(due)]).sort("second", maintain_order=True)


def as_export(lines: pl.DataFrame, people: Population) -> pl.DataFrame:
    """Numbers to the columns of an export. An odd multiplier modulo 2**32 shuffles the ids one to one."""
    country = people.country[lines["customer"].to_numpy()]
    shuffled = pl.col("customer").cast(pl.Int64) * 2_654_435_761 % 2**32
    moment = pl.from_epoch(pl.col("second") + int(START.astype(np.int64)), time_unit="s")
    return lines.select(
        order_id="O" + pl.col("order").cast(pl.String).str.zfill(10),
        customer_id="C" + shuffled.cast(pl.String).str.zfill(10),
        ordered_at=moment,
        amount=pl.col("cents") / 100,
        currency=pl.lit("EUR"),
        channel=pl.Series(CHANNELS).gather(lines["channel"]),
        country=pl.Series(COUNTRIES).gather(country),
        product=pl.Series(SKUS).gather(lines["product"]),
    )


def write_csv(rows: int, seed: int, target: Path) -> Written:
    people = draw_population(np.random.default_rng([seed, 0]), customers_for(rows))
    written = Written()
    with target.open("wb") as file:
        for drawn in draw_slices(rows, seed, people):
            lines = drawn.head(rows - written.rows)
            export = as_export(lines, people)
            header = written.rows == 0
            export.write_csv(file, include_header=header, datetime_format=TIME_FORMAT, float_precision=2)
            written = add(written, lines)
    if written.rows < rows:
        raise SystemExit(f"only {written.rows:,} of {rows:,} rows: ROWS_PER_CUSTOMER is too high")
    return written


def add(written: Written, lines: pl.DataFrame) -> Written:
    """Orders and customers are numbered by time without gaps, so the highest number so far counts them."""
    if lines.is_empty():
        return written
    orders, customers = lines.select(pl.col("order", "customer").max().cast(pl.Int64) + 1).row(0)
    return Written(
        rows=written.rows + lines.height,
        orders=max(written.orders, orders),
        customers=max(written.customers, customers),
    )


def write_parquet(csv: Path, target: Path) -> None:
    moment = pl.col("ordered_at").str.to_datetime(TIME_FORMAT)
    lines = pl.scan_csv(csv, schema=EXPORT_TYPES).with_columns(moment)
    lines.sink_parquet(target, row_group_size=ROWS_PER_GROUP)


def generate(rows: int, prefix: Path, seed: int) -> Written:
    """Both files appear whole or not at all, so that an interrupted run is never taken for data."""
    csv, parquet = Path(f"{prefix}.csv"), Path(f"{prefix}.parquet")
    unfinished_csv, unfinished_parquet = Path(f"{csv}.unfinished"), Path(f"{parquet}.unfinished")
    written = write_csv(rows, seed, unfinished_csv)
    write_parquet(unfinished_csv, unfinished_parquet)
    unfinished_csv.replace(csv)
    unfinished_parquet.replace(parquet)
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description="Write synthetic order lines as CSV and Parquet.")
    parser.add_argument("rows", type=lambda text: int(float(text)), help="order lines, for example 10e6")
    parser.add_argument("prefix", type=Path, metavar="OUT_PREFIX", help="OUT_PREFIX.csv, OUT_PREFIX.parquet")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    written = generate(arguments.rows, arguments.prefix, arguments.seed)
    print(f"{written.rows:,} rows, {written.orders:,} orders, {written.customers:,} customers")


if __name__ == "__main__":
    main()
