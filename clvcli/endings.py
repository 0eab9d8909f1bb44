"""Endings: the day on which each customer's contract ended, where a column of the orders says so."""

from __future__ import annotations

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.engines import Polars
from clvcli.errors import InputError, Problem
from clvcli.exports.days import day
from clvcli.exports.formats import Values, day_format
from clvcli.exports.ids import VALUE, tidied
from clvcli.exports.spelling import Spelling
from clvcli.renewals import ENDED
from clvcli.tables import Frame

_EXAMPLES = 3


def with_endings(customers: Frame, column: str, engine: Polars, spelling: Spelling) -> Frame:
    """Add ENDED to customers, the day number of what the attribute `column` says; null where it is empty: the contract goes on.

    Raises InputError where its values can't be read as days, or could be in two ways.
    """
    texts = engine.collect(customers.select(column).unique()).drop_nulls().sort(column)[column]
    if texts.is_empty():
        return customers.with_columns(nw.lit(None, dtype=nw.Int32()).alias(ENDED))
    values = pl.LazyFrame({VALUE: texts})
    how = day_format(Values("the orders", column, texts.to_list(), lambda: values), spelling)
    known = values.select(pl.col(VALUE).alias(column), day(tidied(pl.col(VALUE)), how).alias(ENDED)).collect()
    if unread := known.filter(pl.col(ENDED).is_null())[column].to_list():
        shown = ", ".join(repr(text) for text in unread[:_EXAMPLES])
        count = "1 value is no day" if len(unread) == 1 else f"{len(unread):,} values are no days"
        raise InputError(Problem(f"[{column}] {count}: {shown}", hint="--ended takes the column of the last day"))
    return customers.join(engine.frame(known), on=column, how="left")
