"""Laws of reading: what was written is what is read, and nothing is ever lost in silence."""

import csv
import gzip
import io
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import pytest
import zstandard
from exported import accounted, read_export, read_text, written
from hypothesis import assume, example, given
from hypothesis import strategies as st

from clvcli.errors import ClvError
from clvcli.exports.ids import NOBODY, NOTHING
from clvcli.periods import day_number

COLUMNS = ("order_id", "customer_id", "ordered_at", "amount", "note")
PACKED = {"plain": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}

names = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="@"), min_size=1, max_size=8).filter(
    lambda name: name not in NOTHING and name.lower() not in NOBODY and name[0] not in "'=" and not name.endswith(".0")
)  # what stands for nobody, and what programs put around ids, is taken off
notes = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12
)  # a bare return in an unquoted field has two readings: refused

pytestmark = pytest.mark.slow
days = st.dates(date(1990, 1, 1), date(2026, 1, 1))
amounts = st.integers(-(10**13), 10**13)


@dataclass(frozen=True)
class Way:
    """One of the ways in which the same records can be written."""

    delimiter: str
    decimal: str
    thousands: bool
    date_format: str
    line_end: str
    quoting: int
    columns: tuple[str, ...]
    encoding: str
    packed: str

    def written(self, records):
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator=self.line_end, quoting=self.quoting)
        writer.writerow(self.columns)
        for order, customer, day, amount, note in records:
            cells = (order, customer, day.strftime(self.date_format), self.number(amount), note)
            writer.writerow(dict(zip(COLUMNS, cells, strict=True))[name] for name in self.columns)
        return PACKED[self.packed](text.getvalue().encode(self.encoding))

    def number(self, amount):
        whole, rest = divmod(abs(amount), 10_000)
        grouped = f"{whole:,}" if self.thousands else str(whole)
        swapped = grouped.replace(",", "." if self.decimal == "," else ",")
        return f"{'-' if amount < 0 else ''}{swapped}{self.decimal}{rest:04}"


ways = st.builds(
    Way,
    delimiter=st.sampled_from(",;\t|"),
    decimal=st.sampled_from(",."),
    thousands=st.booleans(),
    date_format=st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m-%d-%Y", "%d.%m.%Y %H:%M:%S", "%Y%m%d", "%d %b %Y"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    columns=st.permutations(COLUMNS).map(tuple),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    packed=st.sampled_from(list(PACKED)),
)


@st.composite
def shops(draw):
    """Records of orders; each order has one customer."""
    customers = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    lines = draw(st.lists(st.tuples(st.integers(0, 12), days, amounts, notes), min_size=1, max_size=20))
    return [(f"o{n}", customers[n % len(customers)], day, amount, note) for n, day, amount, note in lines]


def summed(records):
    """The orders that these records make."""
    first, amount = {}, Counter()
    for order, customer, day, value, _ in records:
        first[order, customer] = min(day_number(day), first.get((order, customer), 10**6))
        amount[order, customer] += value
    return {(order, customer, day, amount[order, customer]) for (order, customer), day in first.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("exports")


@given(shops(), ways)
def test_the_orders_that_were_written_are_read(folder, records, way):
    read = read_text(
        folder,
        way.written(records),
        delimiter=way.delimiter,
        decimal=way.decimal,
        date_format=way.date_format,
        encoding=way.encoding.removesuffix("-sig"),
    )
    assert set(read.orders.select("order_id", "customer_id", "day", "amount").iter_rows()) == summed(records)
    assert read.ledger.of("used") == len(records)


PLAINLY = Way(
    ",",
    ".",
    thousands=False,
    date_format="%Y-%m-%d",
    line_end="\n",
    quoting=csv.QUOTE_ALL,
    columns=COLUMNS,
    encoding="utf-8",
    packed="plain",
)


@given(shops(), st.lists(st.sampled_from(["first", "second", "both"]), min_size=13, max_size=13))
def test_orders_in_several_files_are_those_of_one_and_count_once(folder, records, places):
    where = {f"o{n}": place for n, place in enumerate(places)}
    halves = [[r for r in records if where[r[0]] in (place, "both")] for place in ("first", "second")]
    files = [written(folder, PLAINLY.written(half), f"{n}.csv") for n, half in enumerate(halves) if half]
    assume(halves[0] != halves[1])
    read = read_export(*files, decimal=".")
    assert set(read.orders.select("order_id", "customer_id", "day", "amount").iter_rows()) == summed(records)
    again = sum(where[order] == "both" for order, *_ in records) if all(halves) else 0
    assert {e.reason.name: e.records for e in read.ledger if e.records} == ({"used": len(records)} | ({"older": again} if again else {}))


# What is not well formed

CELLS = [
    "", " ", "1", "2", "ann", "bob", "2024-01-05", "2024-02-30", "1970-01-01", "05/01/2024", "2024-01-05T23:30:00Z", "10", "-10", "1,5", "1.234",
    "free", "nan", "inf", "1e400", "90000000001", "NULL", "EUR", "usd", "a\nb", 'a"b', "a,b", "é", "🙂", "\ufeff", "=1+1", "'", "\x1b[31m",
]  # fmt: skip
NAMES = [
    "order_id",
    "customer_id",
    "ordered_at",
    "amount",
    "cost",
    "currency",
    "channel",
    "Customer ID",
    "quantity",
    "unit_price",
    "",
    "day",
]
OPTIONS = st.fixed_dictionaries(
    {"max_rejects": st.sampled_from([0.05, 1])},
    optional={
        "decimal": st.sampled_from([".", ","]),
        "delimiter": st.sampled_from([",", ";", " ", "\t"]),
        "date_format": st.sampled_from(["%d/%m/%Y", "%Y-%m-%d %H:%M:%S"]),
        "tz": st.sampled_from(["Europe/Rome", "Asia/Tokyo"]),
        "encoding": st.sampled_from(["cp1252", "utf-16", "latin-1"]),
        "header": st.booleans(),
        "currency": st.sampled_from(["EUR", "usd"]),
        "as_of": st.sampled_from(["2024-01-05", "1980-01-01"]),
        "where": st.sampled_from(["amount > 0", "amount != 5 or not amount < 1", 'customer_id == "ann"']),
        "columns": st.sampled_from([{"amount": "quantity * unit_price"}, {"order_id": "channel"}]),
    },
)


@given(st.lists(st.lists(st.sampled_from(CELLS), min_size=4, max_size=5), min_size=1, max_size=8), OPTIONS)
@example([["1", "ann", "2024-01-05", "10", ""]] * 3 + [["", "", "", "", ""]], {"max_rejects": 1})
def test_every_record_is_used_excluded_or_rejected(folder, rows, options):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["order_id", "customer_id", "ordered_at", "amount", "currency"], *rows])
    with suppress(ClvError):
        reading = read_text(folder, text.getvalue(), **{**options, "header": True, "delimiter": ",", "encoding": ""})
        assert reading.ledger.records + reading.ledger.blank_lines == len(rows)
        assert accounted(reading)


@given(st.lists(st.sampled_from([*CELLS, *NAMES, *',;|\t"\n\r \0', ",", ",", "\n", "\r\n"]), max_size=40), st.booleans(), OPTIONS)
@example(tokens=['1,ann,2024-01-05,10,12"\n2,bob,2024-01-05,20,6"\n3,cy,2024-01-05,30,x\n'], headed=True, options={"max_rejects": 1})
@example(tokens=['1,ann,2024-01-05,10,"\n2,bob,2024-01-05,20,"x\n'], headed=True, options={"max_rejects": 1})
def test_text_that_is_no_table_is_refused_or_loses_nothing(folder, tokens, headed, options):
    text = ("order_id,customer_id,ordered_at,amount,note\n" if headed else "") + "".join(tokens)
    with suppress(ClvError):
        reading = read_text(folder, text, **options)
        assert accounted(reading)
        if headed and not options.keys() & {"delimiter", "encoding", "header"} and "\r" not in text.replace("\r\n", "\n"):
            rows = csv.reader(io.StringIO(text, newline=""))
            assert reading.ledger.records + reading.ledger.blank_lines >= sum(any(cell.strip() for cell in row) for row in rows) - 1


@given(st.binary(max_size=200), OPTIONS)
@example(b"\xff\xfe\x00\xd8", {"max_rejects": 1, "encoding": "utf-16"})
@example(b"\x28\xb5\x2f\xfd\x00", {"max_rejects": 1})
@example(b"\x1f\x8b\x08", {"max_rejects": 1})
@example(b"PAR1PAR1", {"max_rejects": 1})
def test_bytes_that_are_no_text_are_refused_or_accounted_for(folder, content, options):
    with suppress(ClvError):
        assert accounted(read_text(folder, content, **options))
