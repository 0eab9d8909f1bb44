"""The fastest ways known to do the benchmarks' work by hand: the references that clv is measured against.

usage: python benchmarks/queries.py customers FILE.csv|FILE.parquet
       python benchmarks/queries.py import-polars
       python benchmarks/queries.py pandas-lifetimes FILE.csv   (under a Python with pandas and lifetimes)

Every query imports what it needs itself: one process pays for one library only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def read_order_lines(path: str) -> pl.LazyFrame:
    """Customer, order, day and exact cents. A CSV reader's own parsing of dates costs three times as much."""
    import polars as pl

    if path.endswith(".parquet"):
        lines, day = pl.scan_parquet(path), pl.col("ordered_at").dt.date()
    else:
        text = dict.fromkeys(("customer_id", "order_id", "ordered_at"), pl.String)
        lines = pl.scan_csv(path, schema_overrides={**text, "amount": pl.Float64})
        day = pl.col("ordered_at").str.head(10).str.to_date("%Y-%m-%d")
    cents = (pl.col("amount") * 100).round().cast(pl.Int64)
    return lines.select("customer_id", "order_id", day=day, cents=cents)


def customers(path: str) -> None:
    """Line to order to customer: orders, revenue, first and last day of each customer; prints the totals."""
    import polars as pl

    orders = (
        read_order_lines(path)
        .group_by("customer_id", "order_id")
        .agg(pl.col("cents").sum(), first_day=pl.col("day").min(), last_day=pl.col("day").max())
    )
    table = (
        orders.group_by("customer_id")
        .agg(pl.col("cents").sum(), pl.col("first_day").min(), pl.col("last_day").max(), orders=pl.len())
        .collect(engine="streaming")
    )
    totals = table.select(
        pl.len().alias("customers"),
        pl.col("orders", "cents").sum(),
        pl.col("first_day").min(),
        pl.col("last_day").max(),
    )
    print(totals.write_json())


def import_polars() -> None:
    """What any program on Polars pays before it does anything."""
    import polars  # noqa: F401


def pandas_lifetimes(path: str) -> None:
    """The peer's way to the same table: frequency, recency, age and mean value of each customer."""
    import pandas as pd  # type: ignore[import-untyped]
    from lifetimes.utils import summary_data_from_transaction_data  # type: ignore[import-not-found]

    columns = ["customer_id", "ordered_at", "amount"]
    lines = pd.read_csv(path, usecols=columns)
    table = summary_data_from_transaction_data(lines, *columns[:2], monetary_value_col="amount")
    print(f"customers {len(table)}")


QUERIES: dict[str, Callable[..., None]] = {
    "customers": customers,
    "import-polars": import_polars,
    "pandas-lifetimes": pandas_lifetimes,
}


def main(name: str = "", *paths: str) -> None:
    if name not in QUERIES:
        raise SystemExit(__doc__)
    QUERIES[name](*paths)


if __name__ == "__main__":
    main(*sys.argv[1:])
