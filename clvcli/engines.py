"""Engines: where frames run. Polars is the one there is; a cluster comes through the same seam."""

from __future__ import annotations

from pathlib import Path

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.tables import Frame


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

    def collect(self, frame: Frame) -> pl.DataFrame:
        """A frame worked out."""
        result: pl.DataFrame = nw.to_native(frame).collect()
        return result
