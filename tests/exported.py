"""Exports as literal text in the test itself, read the way the command line reads them."""

from dataclasses import replace
from pathlib import Path

import pytest

from clvcli import config
from clvcli.errors import InputError
from clvcli.exports import read
from clvcli.periods import date_of
from clvcli.request import Request, instructions
from clvcli.tables import MONEY_SCALE

HEADER = "order_id,customer_id,ordered_at,amount\n"


def written(folder, content, name="orders.csv"):
    """The name of a new file that holds `content`."""
    path = Path(folder, name)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def read_export(*names, by=(), **options):
    """What clv reads from these files; `options` are keys of the config."""
    request = Request("segments", names, None, options, by)
    everything = replace(instructions(request, config.load(None, options)), on_rejects=lambda _: None)
    return read(names, everything)


def read_text(folder, content, **options):
    """What clv reads from one file of this content."""
    return read_export(written(folder, content), **options)


def orders_of(reading):
    """The orders as `{order_id: (customer_id, day, amount)}`, in dates and currency units."""
    rows = reading.orders.sort("order_id", "customer_id").select("order_id", "customer_id", "day", "amount").iter_rows()
    return {order: (customer, str(date_of(day)), amount / MONEY_SCALE) for order, customer, day, amount in rows}


def one_order(reading):
    """The only order, as `(customer_id, day, amount)`."""
    (order,) = orders_of(reading).values()
    return order


def fates(reading):
    """How many records met which fate, as `{reason: records}`; fates of none are left out."""
    return {entry.reason.name: entry.records for entry in reading.ledger if entry.records}


def refused(folder, content, error=InputError, **options):
    """What the error says when a file of this content is refused; places are relative to `folder`."""
    with pytest.raises(error) as told:
        read_text(folder, content, **options)
    return str(told.value).replace(f"{folder}/", "")


def accounted(reading):
    """Whether every record has its fate, and all money its place."""
    ledger = reading.ledger
    left_out = sum(entry.amount for entry in ledger if entry.reason.fate != "used")
    ties_out = ledger.gross - ledger.discount.amount - sum(s.amount for s in ledger.policy) - left_out - ledger.refunds.amount == ledger.net
    return (
        ledger.records == sum(map(ledger.of, ("used", "excluded", "rejected")))
        and ties_out
        and reading.orders["amount"].sum() == ledger.net
        and ledger.of("rejected") == reading.rejects.height
    )
