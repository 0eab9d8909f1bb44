"""The ledger: the account of every record and of its money, from the file to the figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from clvcli.tables import MONEY_SCALE, Unit

Fate = Literal["used", "excluded", "rejected"]


@dataclass(frozen=True)
class Reason:
    """Why a record isn't used. `role` is the column to blame; the first reason that holds counts."""

    name: str
    fate: Fate
    text: str
    role: str = ""
    advice: str = ""


UNUSED: tuple[Fate, ...] = ("excluded", "rejected")
USED = Reason("used", "used", "used")
REASONS: tuple[Reason, ...] = (
    USED,
    Reason("where", "excluded", "doesn't meet --where"),
    Reason("no_date", "rejected", "no date", "ordered_at", "fill it in, or drop the record"),
    Reason("bad_date", "rejected", "not a date", "ordered_at", "say how dates are written, as in --date-format %d/%m/%Y"),
    Reason("far_date", "rejected", "a date before 1990 or after 2099", "ordered_at", "correct it, or check --date-format"),
    Reason("no_amount", "rejected", "no amount", "amount", "fill it in, or drop the record"),
    Reason("bad_amount", "rejected", "not a number, or past 90 billion", "amount", "say how numbers are written, as in --decimal ,"),
    Reason("bad_cost", "rejected", "cost is not a number", "cost", "say how numbers are written, as in --decimal ,"),
    Reason("no_order", "rejected", "no order id", "order_id", "fill it in, or leave order_id out with --map order_id="),
    Reason("no_customer", "excluded", "no customer", "customer_id", "anonymous sales can't be valued per customer"),
    Reason("currency", "excluded", "another currency", "currency"),
    Reason("after", "excluded", "after the end of observation", "ordered_at"),
    Reason("two_customers", "rejected", "order id of two customers", "order_id", "one order has one customer: correct the ids"),
)
CODES = {reason.name: code for code, reason in enumerate(REASONS)}
UNSOUND = -1
"""The code of a record that is rejected for a reason not yet looked for."""


@dataclass(frozen=True)
class Entry:
    """The records of one fate and reason, and the sum of their amounts so far as they can be read."""

    reason: Reason
    records: int
    amount: int


@dataclass(frozen=True)
class Ledger:
    """Every record of the export, by what became of it."""

    entries: tuple[Entry, ...]
    orders: int = 0

    @property
    def records(self) -> int:
        """Records in the export."""
        return sum(entry.records for entry in self.entries)

    @property
    def amount(self) -> int:
        """The sum of all readable amounts, in ten-thousandths."""
        return sum(entry.amount for entry in self.entries)

    def of(self, fate: Fate) -> int:
        """Records of a fate."""
        return sum(entry.records for entry in self.entries if entry.reason.fate == fate)

    def moved(self, to: str, records: int, amount: int) -> Ledger:
        """The ledger after so many used records turned out not to be usable."""
        used = next(entry for entry in self.entries if entry.reason is USED)
        rest = [entry for entry in self.entries if entry.reason is not USED]
        less = Entry(USED, used.records - records, used.amount - amount)
        return Ledger((less, *rest, Entry(REASONS[CODES[to]], records, amount)))

    def __str__(self) -> str:
        """One line: records = used + excluded + rejected, each with its reasons."""
        parts = [f"{_count(self.of('used'))} used"]
        parts += [f"{_count(self.of(fate))} {fate} ({self._reasons(fate)})" for fate in UNUSED if self.of(fate)]
        return f"{counted(self.records, 'record')} = {' + '.join(parts)}"

    def _reasons(self, fate: Fate) -> str:
        return ", ".join(f"{_count(e.records)} {e.reason.text}" for e in self if e.reason.fate == fate)

    def __iter__(self) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.records or entry.reason is USED)

    def as_json(self) -> dict[str, object]:
        """The ledger for machines; amounts in currency units."""
        entries = [{"fate": e.reason.fate, "reason": e.reason.name, "records": e.records, "amount": e.amount / MONEY_SCALE} for e in self]
        return {"records": self.records, "amount": self.amount / MONEY_SCALE, "orders": self.orders, "entries": entries}


def counted(number: int, noun: str) -> str:
    """A number with its noun, as in `1 record`."""
    return f"{_count(number)} {noun}{'' if number == 1 else 's'}"


def _count(number: int) -> str:
    return Unit.COUNT.show(number)
