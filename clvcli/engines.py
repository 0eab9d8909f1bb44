"""Engines: where frames run. Polars is the one there is; a cluster comes through the same seam."""

from __future__ import annotations

from pathlib import Path

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.tables import Frame

_DAYS = 1 << 16
"""More days than orders may span, and fewer than any two customers are apart as numbers."""


class Polars:
    """Frames on this machine, streamed over all its cores."""

    def frame(self, orders: pl.DataFrame) -> Frame:
        """Orders that were read, for the core to work on."""
        return nw.from_native(orders.lazy())

    def scan(self, path: Path) -> Frame:
        """Canonical orders that were saved, unread until asked for."""
        return nw.from_native(pl.scan_parquet(path))

    def save(self, frame: Frame, path: Path) -> None:
        """Write a frame without holding it in memory."""
        nw.to_native(frame).sink_parquet(path)

    def shared(self, frame: Frame) -> Frame:
        """The same frame, worked out once however often it is read."""
        lazy: pl.LazyFrame = nw.to_native(frame)
        return nw.from_native(lazy.cache())

    def gaps_by_hash(self, orders: pl.DataFrame) -> list[tuple[int, int]]:
        """How often each gap in days between a customer's purchases occurs: as gap_counts has it, in a tenth of the time.

        Customers are told apart by 48 bits of a hash, so of millions a few may be taken for one another. A customer and
        a day are one number, and one sort of such numbers puts each customer's days side by side.
        """
        since, until = orders["day"].min(), orders["day"].max()
        if not isinstance(since, int) or not isinstance(until, int) or until - since >= _DAYS:
            return []
        key = pl.col("customer_id").hash() * (2 * _DAYS) + (pl.col("day") - since).cast(pl.UInt64)
        keys = orders.lazy().filter(pl.col("placed") == 1).select(key.alias("gap")).collect()["gap"]
        ordered = keys.sort(multithreaded=False)  # which costs less than to share the work
        gaps = ordered[1:] - ordered[:-1]
        counts = gaps.filter(gaps < _DAYS).cast(pl.UInt16).value_counts().filter(pl.col("gap") > 0).sort("gap")
        return counts.cast(pl.Int64).rows()

    def collect(self, frame: Frame) -> pl.DataFrame:
        """A frame worked out."""
        result: pl.DataFrame = nw.to_native(frame).collect()
        return result
