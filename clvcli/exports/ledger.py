"""The ledger: the account of every record and of all money, from the file to the figures."""

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
    Reason("header_again", "excluded", "the header again"),
    Reason("total_line", "excluded", "a line that sums up the others"),
    Reason("part", "excluded", "items of an order that another record sums up"),
    Reason("note", "excluded", "a note of the program that wrote the file"),
    Reason("not_sale", "excluded", "no sale"),
    Reason("test", "excluded", "a test"),
    Reason("cancelled", "excluded", "cancelled"),
    Reason("unpaid", "excluded", "unpaid"),
    Reason("duplicate", "excluded", "the same record again"),
    Reason("older", "excluded", "an order that a newer file has too"),
    Reason("free", "excluded", "brought in nothing"),
    Reason("future", "excluded", "dated after today"),
    Reason("fields", "rejected", "too many or too few fields", "", "put a field with the delimiter in it into double quotes"),
    Reason("no_total", "rejected", "called a total, but not the sum of the others", "amount", "correct it, or drop the line"),
    Reason("no_date", "rejected", "no date", "ordered_at", "fill it in, or drop the record"),
    Reason("bad_date", "rejected", "not a date", "ordered_at", "correct it, or say how dates are written, as in --date-format %d/%m/%Y"),
    Reason("epoch_zero", "rejected", "the first day of 1970, which stands for no date", "ordered_at", "fill it in, or drop the record"),
    Reason("far_date", "rejected", "a date before 1990 or after 2099", "ordered_at", "correct it, or check --date-format"),
    Reason("no_amount", "rejected", "no amount", "amount", "fill it in, or drop the record"),
    Reason(
        "bad_amount",
        "rejected",
        "not a number, or past 90 billion",
        "amount",
        "correct it, or say how numbers are written, as in --decimal ,",
    ),
    Reason("bad_refund", "rejected", "refund is not a number", "refund", "correct it, or say how numbers are written, as in --decimal ,"),
    Reason("bad_cost", "rejected", "cost is not a number", "cost", "correct it, or say how numbers are written, as in --decimal ,"),
    Reason("no_order", "rejected", "no order id", "order_id", "fill it in, or leave order_id out with --map order_id="),
    Reason("two_addresses", "rejected", "two e-mail addresses", "customer_id", "leave the one that is the customer's"),
    Reason("no_customer", "excluded", "no customer", "customer_id", "anonymous sales can't be valued per customer"),
    Reason("currency", "excluded", "another currency", "currency"),
    Reason("after", "excluded", "after the end of observation", "ordered_at"),
    Reason("two_customers", "rejected", "order id of two customers", "order_id", "one order has one customer: correct the ids"),
    Reason(
        "conflict",
        "rejected",
        "records of one order that contradict each other",
        "order_id",
        "say how records make orders, as in --grain line",
    ),
)
CODES = {reason.name: code for code, reason in enumerate(REASONS)}
UNSOUND = -1
"""The code of a record that is rejected for a reason not yet looked for."""
UNKNOWN_STATUS = -2
"""The code of a record whose status isn't known yet."""
BLANK = -3
"""The code of a line that holds nothing and is no record."""


@dataclass(frozen=True)
class Entry:
    """The records and orders of one fate and reason, and the sum of their amounts so far as they can be read."""

    reason: Reason
    records: int
    amount: int
    orders: int = 0


@dataclass(frozen=True)
class Step:
    """Money that is taken off on the way from what was asked to what came in, and how many orders it concerns."""

    name: str
    amount: int = 0
    orders: int = 0

    @property
    def text(self) -> str:
        """What it is, in words."""
        return {"discount": "discounts", "refund": "refunds"}.get(self.name, self.name)


@dataclass(frozen=True)
class Ledger:
    """Every record of the export by what became of it, and the steps of its money.

    Gross less `discount`, less `policy` (tax, shipping), less what is excluded and rejected, less `refunds`, is net.
    The refunds are those of the orders that are used: `refund` is what a column says, `refund_rows` are records of
    their own with negative amounts, so that what the file's amounts sum to is gross less discounts and those.
    """

    entries: tuple[Entry, ...]
    orders: int = 0
    discount: Step = Step("discount")
    policy: tuple[Step, ...] = ()
    refund: Step = Step("refund")
    refunds: Step = Step("refunds")
    fully_refunded: int = 0
    blank_lines: int = 0
    """Lines of the file that hold nothing, and are no records."""

    @property
    def records(self) -> int:
        """Records in the export."""
        return sum(entry.records for entry in self.entries)

    @property
    def amount(self) -> int:
        """The sum of all amounts in the file that can be read, in ten-thousandths."""
        return sum(entry.amount for entry in self.entries) + sum(step.amount for step in self.policy)

    @property
    def refund_rows(self) -> int:
        """What was given back by records of their own, which the sum of all amounts is less."""
        return self.refunds.amount - self.refund.amount

    @property
    def gross(self) -> int:
        """The sum of all amounts before discounts and refunds."""
        return self.amount + self.discount.amount + self.refund_rows

    @property
    def used(self) -> Entry:
        """What is used, before refunds that a column names."""
        return next(entry for entry in self.entries if entry.reason is USED)

    @property
    def net(self) -> int:
        """What came in from the orders that are used."""
        return self.used.amount - self.refund.amount

    def of(self, fate: Fate) -> int:
        """Records of a fate."""
        return sum(entry.records for entry in self.entries if entry.reason.fate == fate)

    def __str__(self) -> str:
        """One line: records = used + excluded + rejected, each with its reasons."""
        parts = [f"{_count(self.of('used'))} used"]
        parts += [f"{_count(self.of(fate))} {fate} ({self._reasons(fate)})" for fate in UNUSED if self.of(fate)]
        return f"{counted(self.records, 'record')} = {' + '.join(parts)}"

    def _reasons(self, fate: Fate) -> str:
        return ", ".join(f"{_count(e.records)} {e.reason.text}" for e in self if e.reason.fate == fate)

    @property
    def money(self) -> str:
        """One line: what the file holds − what was taken out and left out − refunds = net."""
        left_out = [(entry.amount, entry.reason.text) for entry in self if entry.reason is not USED]
        off = [*((step.amount, step.text) for step in self.policy), *left_out, (self.refund.amount, self.refund.text)]
        shown = [f"{'+' if amount < 0 else '−'} {_money(abs(amount))} {text}" for amount, text in off if amount]
        first = (
            f"{_money(self.amount + self.discount.amount)} before {_money(self.discount.amount)} discounts = "
            if self.discount.amount
            else ""
        )
        last = f" after {_money(self.refund_rows)} refunds" if self.refund_rows else ""
        if not shown:
            return f"{first}{_money(self.amount)} in the file, all of it used{last}"
        return f"{first}{_money(self.amount)} in the file {' '.join(shown)} = {_money(self.net)} net{last}"

    def __iter__(self) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.records or entry.reason is USED)

    def as_json(self) -> dict[str, object]:
        """The ledger for machines; amounts in currency units."""
        entries = [
            {"fate": e.reason.fate, "reason": e.reason.name, "records": e.records, "orders": e.orders, "amount": e.amount / MONEY_SCALE}
            for e in self
        ]
        steps = [
            {"step": s.name, "orders": s.orders, "amount": s.amount / MONEY_SCALE} for s in (self.discount, *self.policy, self.refunds)
        ]
        return {
            "records": self.records,
            "amount": self.amount / MONEY_SCALE,
            "orders": self.orders,
            "entries": entries,
            "gross": self.gross / MONEY_SCALE,
            "steps": steps,
            "net": self.net / MONEY_SCALE,
            "blank_lines": self.blank_lines,
        }


def counted(number: int, noun: str) -> str:
    """A number with its noun, as in `1 record`."""
    return f"{_count(number)} {noun}{'' if number == 1 else 's'}"


def _count(number: int) -> str:
    return Unit.COUNT.show(number)


def _money(amount: int) -> str:
    return Unit.EXACT_MONEY.show(amount / MONEY_SCALE)
