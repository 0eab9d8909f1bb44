"""A big export as a platform writes it, made of the order lines of the benchmarks: its columns are those of a preset.

usage: python benchmarks/shop_export.py LINES.parquet OUT.csv PRESET

An order's values stand on its first record only, or on each of them, as the preset's grain has it.
"""

from __future__ import annotations

import sys

import polars as pl

from clvcli.exports.preset_schema import Preset
from clvcli.exports.presets import named

_HAVING = {
    "order_id": pl.format("#{}", pl.col("order_id").str.slice(1)),
    "customer_id": pl.format("{}@example.com", pl.col("customer_id").str.to_lowercase()),
    "ordered_at": pl.format("{} +0000", pl.col("ordered_at").cast(pl.String).str.replace("T", " ").str.slice(0, 19)),
    "amount": pl.col("total").cast(pl.String),
    "currency": pl.col("currency"),
    "country": pl.col("country"),
    "channel": pl.col("channel"),
    "status": pl.lit("paid"),
}
"""The roles that an export has values for, and which."""
_ON_EACH = ("order_id", "customer_id", "ordered_at")


def column_of(preset: Preset, role: str) -> str:
    """The column in which an export has this role: one that it is recognised by, or the first."""
    names = preset.columns[role].any
    needed = [needed for several in preset.match.require for needed in several]
    return next((name for name in names if name.lower() in needed), names[0])


def shop_export(lines: pl.LazyFrame, preset: Preset) -> pl.LazyFrame:
    """The purchases among the lines under the preset's headers; columns that it is recognised by are there, empty or not."""
    bought = lines.filter(pl.col("amount") > 0)
    totals = bought.group_by("order_id").agg(total=pl.col("amount").sum().round(2))
    whole = bought.join(totals, on="order_id", how="left", maintain_order="left")
    is_first = pl.col("order_id").is_first_distinct() if preset.grain == "header_and_lines" else pl.lit(value=True)
    cells = {
        column_of(preset, role): value if role in _ON_EACH else pl.when(is_first).then(value)
        for role, value in _HAVING.items()
        if role in preset.columns
    }
    there = {name.lower() for name in cells}
    needed, optional = ([names[0] for names in some if names[0] not in there] for some in (preset.match.require, preset.match.bonus))
    fillings = {name.capitalize(): pl.lit("1") for name in needed} | {name.capitalize(): pl.lit(None, pl.String) for name in optional}
    return whole.select(**cells, **fillings)


def main() -> None:
    """Write the export."""
    lines, out, name = sys.argv[1:]
    shop_export(pl.scan_parquet(lines), named(name)).sink_csv(out)


if __name__ == "__main__":
    main()
