"""Orders as a text table in the test itself, and frames as plain values to hold against it."""

from datetime import date
from decimal import Decimal

import duckdb
import narwhals.stable.v2 as nw
import polars as pl
import pytest

from clvcli.catalog import Catalog
from clvcli.churn import ChurnRule
from clvcli.customers import coded, derived, measured, with_attributes
from clvcli.measuring import Observation
from clvcli.orders import LINES, orders
from clvcli.periods import Window, day_number
from clvcli.tables import MONEY_SCALE

NULL = "-"
_ROLES = {"customer": "customer_id", "order": "order_id", "date": "day"}
_TYPES = {"day": pl.Int32, "amount": pl.Int64, "cost": pl.Int64}
_READ = {
    "day": lambda text: day_number(date.fromisoformat(text)),
    "amount": lambda text: int(Decimal(text) * MONEY_SCALE),
    "cost": lambda text: int(Decimal(text) * MONEY_SCALE),
}


def lines_frame(text):
    """LINES and attributes from a table: a header of `customer order date amount …`, a record a line, `-` for nothing."""
    header, *records = [line.split() for line in text.strip().splitlines()]
    names = [_ROLES.get(name, name) for name in header]
    values = [[None if cell == NULL else _READ.get(n, str)(cell) for n, cell in zip(names, record, strict=True)] for record in records]
    return pl.DataFrame(values, schema={n: _TYPES.get(n, pl.String) for n in names}, orient="row")


def attributes_of(lines):
    """The columns that are no part of LINES."""
    known = {column.name for column in LINES}
    return [name for name in lines.columns if name not in known]


def orders_from(text, margin=None):
    """ORDERS from such a table, with its attributes."""
    lines = lines_frame(text)
    return orders(nw.from_native(lines.lazy()), margin, attributes_of(lines))


def observed(as_of, period=None, *, since="2000-01-01", churn_window_days=180):
    """What is known of a shop whose first order was on the day `since`."""
    first, last = (day_number(date.fromisoformat(day)) for day in (since, as_of))
    return Observation(Window(first, last, period), ChurnRule(churn_window_days))


def customers_from(text, seen, margin=None, pick="first"):
    """One row per customer, from such a table: every metric, and each attribute as of the first or the last order."""
    return customers_of(orders_from(text, margin), attributes_of(lines_frame(text)), seen, pick)


def customers_of(orders, attributes, seen, pick="first"):
    """One row per customer from ORDERS, as a run makes it."""
    if not attributes:
        return derived(measured(orders, seen), seen)
    orders, codes = coded(orders, attributes)
    return derived(with_attributes(measured(orders, seen, pick), orders, codes, pick), seen)


def on_polars(frame):
    """A frame of the engine that clv runs on."""
    return nw.from_native(frame.lazy())


def on_duckdb(frame):
    """The same frame on an engine of another kind."""
    return nw.from_native(duckdb.from_arrow(frame.to_arrow()))


ENGINES = pytest.mark.parametrize("engine", [on_polars, on_duckdb])


def collected(frame):
    """A frame of any engine, worked out."""
    return frame.collect("polars").to_native()


def values(frame, *names, key="customer_id"):
    """What stands in the columns `names` of each row, in currency units and dates: `{key: (…)}`, or `{key: …}` for one name.

    Where several columns tell rows apart, `key` is a list of them.
    """
    rows = collected(frame).sort(key, nulls_last=True)
    units = {name: Catalog().column(name).unit for name in names}
    columns = [unit.in_units(rows[name]).to_list() for name, unit in units.items()]
    cells = columns[0] if len(columns) == 1 else zip(*columns, strict=True)
    return dict(zip(rows[key].to_list() if isinstance(key, str) else rows.select(key).rows(), cells, strict=True))
