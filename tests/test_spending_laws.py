"""Laws of reading spend: what was written is what is read, in any dialect and language, and no money is lost."""

import csv
import io
from calendar import monthrange
from collections import Counter
from dataclasses import dataclass

import pytest
from exported import written
from hypothesis import given
from hypothesis import strategies as st
from order_files import LANGUAGES, MONTHS

from clvcli.errors import ClvError
from clvcli.exports.ids import NOTHING
from clvcli.exports.names import TOTALS, _loaded
from clvcli.exports.spelling import Spelling
from clvcli.exports.spending import read_spend
from clvcli.periods import date_of
from clvcli.tables import MONEY_SCALE

NAMES = _loaded("spend_names.yaml")
STYLES = ("iso", "slashed", "compact", "named", "range", "between")
channels = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="'="), min_size=1, max_size=8).filter(
    lambda name: name not in NOTHING and name.lower().split(":")[0].strip(" .*") not in TOTALS
)
records = st.lists(
    st.tuples(st.integers(2015 * 12, 2030 * 12 - 1), channels, st.integers(0, 10**12)), min_size=1, max_size=12
)  # months since the year 0

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Way:
    """One of the ways in which the same spend can be written."""

    language: str
    style: str
    order: tuple[str, ...]
    delimiter: str
    decimal: str
    thousands: bool
    sign: str
    encoding: str
    quoting: int
    ends_with_total: bool
    name: int

    def content(self, spent):
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.delimiter, quoting=self.quoting)
        roles = [part for role in self.order for part in (("start", "end") if role == "month" and self.style == "between" else (role,))]
        writer.writerow([self.header(role) for role in roles])
        for record in spent:
            writer.writerow([cell for role in self.order for cell in self.cells(role, *record)])
        if self.ends_with_total:
            total = self.number(sum(amount for _, _, amount in spent))
            writer.writerow([{"amount": total, "channel": "Total"}.get(role, "") for role in roles])
        return text.getvalue().encode(self.encoding)

    def header(self, role):
        role = "date" if role == "month" and self.style == "range" else role
        names = NAMES[role][self.language]
        return names[self.name % len(names)].title()

    def cells(self, role, month, channel, amount):
        if role == "month":
            return self.month(*divmod(month, 12))
        return [channel if role == "channel" else self.number(amount)]

    def month(self, year, at):
        first, last = f"{year}-{at + 1:02}-01", f"{year}-{at + 1:02}-{monthrange(year, at + 1)[1]}"
        return {
            "iso": [first[:7]],
            "slashed": [f"{at + 1:02}/{year}"],
            "compact": [f"{year}{at + 1:02}"],
            "named": [f"{MONTHS[self.language][at]} {year}"],
            "range": [f"{first} - {last}"],
            "between": [first, last],
        }[self.style]

    def number(self, amount):
        whole, rest = divmod(amount, MONEY_SCALE)
        grouped = f"{whole:,}" if self.thousands else str(whole)
        swapped = grouped.replace(",", "." if self.decimal == "," else ",")
        return f"{swapped}{self.decimal}{rest:04}{self.sign}"


ways = st.builds(
    Way,
    language=st.sampled_from(LANGUAGES),
    style=st.sampled_from(STYLES),
    order=st.permutations(["month", "channel", "amount"]).map(tuple),
    delimiter=st.sampled_from(",;\t|"),
    decimal=st.sampled_from(",."),
    thousands=st.booleans(),
    sign=st.sampled_from(["", " €", " EUR"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    ends_with_total=st.booleans(),
    name=st.integers(0, 5),
)


def read(folder, content):
    return read_spend([written(folder, content, "ads.csv")], {}, Spelling())


@given(spent=records, way=ways)
def test_spend_is_read_as_it_was_written(tmp_path_factory, spent, way):
    found = read(tmp_path_factory.mktemp("ads"), way.content(spent))
    seen = [(date_of(first).year * 12 + date_of(first).month - 1, channel, amount) for first, _, channel, amount in found.frame.rows()]
    assert Counter(seen) == Counter(spent)
    assert all(date_of(first).day == 1 and date_of(last + 1).day == 1 for first, last, *_ in found.frame.rows())
    assert found.ledger.records == len(spent) + way.ends_with_total
    assert found.rejects.height == 0
    assert found.currency == ("EUR" if way.sign else "")


cells = st.sampled_from(
    ["2025-01-03", "2025-01", "03/04/2025", "31/12/2025", "Total", "", "--", "google", "meta", "10", "1.234", "1,5", "-3", "x", "€5", "$5", "a;b", '"']
)  # fmt: skip


@given(table=st.lists(st.lists(cells, min_size=2, max_size=4), max_size=8), limit=st.sampled_from([0.05, 1.0]))
def test_whatever_a_file_holds_it_is_refused_or_accounted_for(tmp_path_factory, table, limit):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["date", "channel", "amount"], *table])
    name = written(tmp_path_factory.mktemp("ads"), text.getvalue(), "ads.csv")
    try:
        found = read_spend([name], {}, Spelling(), limit)
    except ClvError:
        return
    unused = sum(entry.amount for entry in found.ledger if entry.reason.fate != "used")
    assert found.spent + unused == found.ledger.amount
    assert found.frame.height == found.ledger.of("used")
    assert found.rejects.height == found.ledger.of("rejected")
    assert found.ledger.records <= len(table)
