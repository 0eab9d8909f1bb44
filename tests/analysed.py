"""Shops of literal lines, analysed as a run does it, without a file."""

import tempfile
from dataclasses import replace
from functools import cache

import narwhals.stable.v2 as nw
import polars as pl
from exported import HEADER, read_text
from orders_text import collected, lines_frame

from clvcli import config
from clvcli.analysis import Analysis
from clvcli.engines import Polars
from clvcli.labels import LABELS
from clvcli.orders import COSTLESS, orders
from clvcli.periods import day_number
from clvcli.request import Request, rates_of
from clvcli.segments import SEGMENT

_FOLDER = tempfile.TemporaryDirectory()
"""Stays as long as the tests do: what was read may be read again."""


@cache
def _read():
    """Any reading, for what it says beside the orders."""
    return read_text(_FOLDER.name, f"{HEADER}1,ann,2024-01-05,10\n")


def analysed(lines, by=(), command="backtest", **options):
    """The analysis of lines, a frame or a text table, by the attributes `by`; `options` are keys of the config."""
    frame, loaded = lines_frame(lines) if isinstance(lines, str) else lines, config.load(None, options)
    seen = frame.filter(pl.col("day") <= day_number(loaded.config.as_of)) if loaded.config.as_of else frame
    attributes = tuple(name for name in by if name not in {SEGMENT.name, *LABELS})
    made = collected(orders(nw.from_native(seen.lazy()), rates_of(loaded.config.margin), attributes))
    costless = int(made[COSTLESS].sum()) if COSTLESS in made.columns else 0
    reading = replace(_read(), orders=made.drop(COSTLESS, strict=False), attributes=attributes, records_without_cost=costless)
    return Analysis(Request(command, (), None, options, tuple(by)), loaded, reading, Polars())
