"""Fuzz: whatever is in a file, it is refused in words or each of its records is accounted for; and no value is read as another one.

In CI each test has a number of examples of its own, always the same ones. `CLV_EXAMPLES=20000 pytest tests/test_fuzz.py` runs so many
of each instead, other ones each time.
"""

import os
import re
import unicodedata
from decimal import Decimal

import polars as pl
import pytest
from exported import accounted, read_text
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st
from order_files import order_files

from clvcli.errors import ClvError
from clvcli.exports import days, ids, numbers
from clvcli.exports.dating import dates, days_apart
from clvcli.exports.days import DayFormat
from clvcli.exports.ids import VALUE
from clvcli.exports.numbers import NumberFormat
from clvcli.periods import date_of

pytestmark = pytest.mark.slow

MORE = int(os.environ.get("CLV_EXAMPLES", "0"))


def examples(count):
    """The settings of a test of a third of so many examples, or of as many as the environment asks for."""
    return settings(
        max_examples=MORE or max(count // 3, 20),
        derandomize=not MORE,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def read_or_refused(folder, content, **options):
    """What is read, all accounted for; None if the file is refused in words."""
    try:
        reading = read_text(folder, content, **options)
    except ClvError as error:
        words = str(error).strip()
    else:
        words = ""
        assert accounted(reading)
    event("refused" if words else "read")
    return None if words else reading


# Text that may be no table

ROWS = ["1,ann,2024-01-05,10", "2;bob;05/01/2024;1,50", "3\tcy\t2024-01-07\t-3", '4,"d, e",2024-01-08,"1,234.50"', "5|fi|20240109|7"]
HEADERS = [
    "order_id,customer_id,ordered_at,amount",
    "order_id;customer_id;ordered_at;amount",
    "Email\tDate\tTotal",
    '"order id","customer","date","total","note"',
]
PIECES = [
    *',;\t|"', '""', "\n", "\r\n", "\r", "\0", "\ufeff", "sep=;\n", "sep=,\r\n", '"sep=,"\n', "\\", '\\"', " ", '"\n', ',"', '",', "=", "'", "\u2028", "\x85", "\x0b",
    "\x0c", "\x1a", "\x1c", "é", "🙂", "1", "2024-01-05", "Total", "NULL", *ROWS, *(row + "\n" for row in ROWS), *HEADERS, *(h + "\n" for h in HEADERS),
]  # fmt: skip
LIMITS = st.fixed_dictionaries({"max_rejects": st.sampled_from([0.05, 1])})
OPTIONS = LIMITS | st.fixed_dictionaries(
    {"max_rejects": st.just(1)},
    optional={
        "delimiter": st.sampled_from([",", ";", " ", "\t", "|"]),
        "encoding": st.sampled_from(["utf-8", "cp1252", "utf-16", "utf-16-le", "utf-32", "shift_jis", "utf-7", "latin-1"]),
        "header": st.booleans(),
        "decimal": st.sampled_from([".", ","]),
        "date_format": st.sampled_from(["%d/%m/%Y", "%d.%m.%y", "excel"]),
    },
)
pieces = st.sampled_from(PIECES)
rows = st.builds(
    "{}{d}c{}{d}2024-01-{:02}{d}{}{d}{}\n".format,
    st.integers(1, 99),
    st.integers(1, 5),
    st.integers(1, 31),
    st.integers(-9, 999),
    pieces,
    d=st.just(","),
)
tables = st.builds(
    lambda rows, junk, delimiter, line_end: "".join(
        ["order_id,customer_id,ordered_at,amount,note\n", *rows[: junk[0]], junk[1], *rows[junk[0] :]]
    ).replace(",", delimiter).replace("\n", line_end),
    st.lists(rows, min_size=1, max_size=8), st.tuples(st.integers(0, 8), pieces), st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n", "\r"]),
)  # fmt: skip
texts = st.lists(pieces, max_size=30).map("".join) | tables | tables
encoded = st.builds(
    lambda text, encoding: text.encode(encoding, errors="replace"),
    tables | texts,
    st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp1257", "utf-32"]),
)


@examples(250)
@given(texts, OPTIONS)
def test_text_that_may_be_no_table(folder, text, options):
    read_or_refused(folder, text, **options)


@examples(60)
@given(st.one_of(encoded, st.binary(max_size=120), st.builds(bytes.__add__, encoded, st.binary(max_size=40))), OPTIONS)
def test_bytes_that_may_be_no_text(folder, content, options):
    read_or_refused(folder, content, **options)


# Well-formed files with something wrong


@st.composite
def spoilt(draw):
    """The bytes of a well-formed file, with some of them turned, put in, left out, doubled or cut off."""
    content = bytearray(draw(order_files()).content[:6000])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        until = min(len(content), at + draw(st.integers(1, 12)))
        match draw(st.sampled_from(["turn", "put in", "put in", "leave out", "double", "cut off", "double line", "leave out line"])):
            case "turn" if at < len(content):
                content[at] ^= 1 << draw(st.integers(0, 7))
            case "put in":
                content[at:at] = draw(st.one_of(st.sampled_from([p.encode() for p in PIECES]), st.binary(min_size=1, max_size=3)))
            case "leave out":
                del content[at:until]
            case "double":
                content[at:at] = content[at:until]
            case "cut off":
                del content[at:]
            case "double line":
                content[at:at] = content[at : content.find(b"\n", at) + 1]
            case "leave out line":
                del content[at : content.find(b"\n", at) + 1]
    return bytes(content)


@examples(120)
@given(spoilt(), st.sampled_from([0.05, 1]))
def test_a_spoilt_file(folder, content, most):
    read_or_refused(folder, content, max_rejects=most)


CELLS = st.one_of(
    st.sampled_from(["", " ", "NULL", "x", "1.234", "1,5", "12.50", "2024-02-30", "31/12/2023", "1704412800", "a;b", "é", "Total", "order_id", "ann", "-"]),
    st.text(st.characters(codec="utf-8", exclude_characters='\r\n\0"', exclude_categories=("Cc",)), max_size=6),
)  # fmt: skip
LINES = st.one_of(
    st.builds("{},{},2024-01-{:02},{}".format, st.integers(1, 99), st.sampled_from(["ann", "bob", "cy"]), st.integers(1, 31), st.integers(-99, 9999)),
    st.lists(CELLS, max_size=6).map(",".join),
    st.just(""),
)  # fmt: skip


@examples(120)
@given(st.lists(LINES, min_size=1, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans())
@example(["1,ann,2024-01-05,10", "", ",,,", "2,bob,2024-01-06,20,,"], "\n", True)
def test_every_line_is_a_record_or_blank(folder, lines, line_end, ends):
    text = line_end.join(["order_id,customer_id,ordered_at,amount", *lines]) + line_end * ends
    reading = read_or_refused(folder, text, max_rejects=1, header=True, delimiter=",")
    if reading is not None:
        cells = [[cell.strip() for cell in line.split(",")] for line in lines]
        said, filled = (sum(any(cell not in nothing for cell in row) for row in cells) for nothing in (("", *ids.NOTHING), ("",)))
        assert said <= reading.ledger.records <= filled


# Values

DIGITS = "0123456789" * 3 + "٠١٢٣٤٥٦٧٨٩۳۴०१२９８"
number_texts = st.one_of(
    st.text(DIGITS + "..,,''’  \u00a0\u202f", max_size=12),
    st.text(DIGITS + ".,-+()$€ eE%xX'\u2212–\u00a0_#\u0660²½\t", max_size=12),
    st.builds("{}{}{}".format, st.sampled_from(["", "$", "-", "(", "€ ", "USD ", "+", "−", "- ", "R$"]), st.text(DIGITS + ",. ", max_size=10), st.sampled_from(["", "-", ")", " €", " kr", "%", "e5", " CR"])),
)  # fmt: skip


@examples(400)
@given(st.lists(number_texts, min_size=1, max_size=8), st.sampled_from([".", ","]))
def test_a_number_has_the_digits_that_are_written(texts, decimal):
    frame = pl.DataFrame({VALUE: texts}, schema={VALUE: pl.String})
    numbers.votes(frame.lazy())
    read = frame.select(numbers.money(numbers.number(pl.col(VALUE), NumberFormat("written", decimal))).alias(VALUE))[VALUE]
    for text, amount in zip(texts, read, strict=True):
        assert amount is None or amount in meant(text, decimal), text


def meant(text, decimal):
    """What a careful person may take a text for, in ten-thousandths, with this decimal mark."""
    latin = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in text).strip(" \u00a0\u202f")
    if re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+", latin):
        return {int(round(Decimal(latin) * 10_000, 0))}
    digits = re.sub(rf"[^0-9{decimal}]", "", latin)
    if digits.count(decimal) > 1 or not re.search("[0-9]", digits):
        return set()
    exact = Decimal(digits.replace(decimal, ".")) * 10_000
    near = {int(exact.to_integral_value(rounding)) for rounding in ("ROUND_HALF_EVEN", "ROUND_HALF_UP", "ROUND_HALF_DOWN")}
    return {-n for n in near} if re.search("[-\u2212–(]", latin) else near


day_texts = st.one_of(
    st.text("0123456789" * 2 + "-/.: T,Z+", max_size=20),
    st.builds("{}{}{}{}{}{}".format, st.integers(0, 3000), st.sampled_from("-/. "), st.integers(0, 40), st.sampled_from("-/. "), st.integers(0, 3000), st.sampled_from(["", " 10:00", "T25:61:00Z", " 1:00 PM", "x", "."])),
    st.builds("{} {} {}".format, st.integers(0, 40), st.sampled_from(["Jan", "märz", "juin", "ju", "de maio de", "ž", "Foo", "III"]), st.integers(0, 3000)),
    st.datetimes().map(str),
    st.text(DIGITS, max_size=17),
)  # fmt: skip
KINDS = ("iso", "ymd", "dmy", "mdy", "named", "compact", "serial", "serial1904", "seconds", "milliseconds", "microseconds")


@examples(300)
@given(st.lists(day_texts, min_size=1, max_size=8), st.sampled_from(KINDS), st.sampled_from(["", "UTC", "Europe/Rome"]))
def test_a_day_has_the_digits_that_are_written(texts, kind, tz):
    frame = pl.DataFrame({VALUE: texts}, schema={VALUE: pl.String})
    found = dates(frame.lazy())
    days_apart(frame.lazy())
    read = frame.select(days.day(pl.col(VALUE), DayFormat(kind), tz).alias(VALUE))[VALUE]
    for text, day in zip(texts, read, strict=True):
        if day is not None and kind in ("iso", "ymd", "dmy", "mdy", "named", "compact"):
            at = date_of(day)
            groups = {int(group) for group in re.findall("[0-9]+", text)}
            assert at.day in groups or kind == "compact", (text, at)
            assert {at.year, at.year % 100} & groups or kind == "compact", (text, at)
    assert sum(found.kinds.values()) <= len(texts)


SEPARATOR = "\x1f"
NUMBERS = {".": ("1.5", "20", "1234.56"), ",": ("1,5", "20", "1.234,56")}
DAYS = {
    "iso": ("2024-01-31", "2024-02-03"),
    "dmy": ("31/01/2024", "03/02/2024"),
    "named": ("31 Jan 2024", "3 Feb 2024"),
    "serial": ("45000", "45001"),
}


@examples(80)
@given(
    st.sampled_from(list(NUMBERS)),
    st.sampled_from(list(DAYS)),
    st.lists(st.tuples(number_texts, day_texts, st.booleans()), min_size=1, max_size=6),
)
def test_odd_values_among_plain_ones(folder, decimal, kind, odd):
    cells = [(NUMBERS[decimal][n % 3], DAYS[kind][n % 2]) for n in range(30)]
    cells += [(amount, DAYS[kind][0]) if is_amount else (NUMBERS[decimal][0], day) for amount, day, is_amount in odd]
    records = [SEPARATOR.join([str(n), f"c{n % 9}", day, amount]) for n, (amount, day) in enumerate(cells)]
    head = SEPARATOR.join(["order_id", "customer_id", "ordered_at", "amount"])
    reading = read_or_refused(folder, "\n".join([head, *records]), delimiter=SEPARATOR, max_rejects=1)
    if reading is not None:
        assert reading.ledger.records == len(cells)
        read = dict(reading.orders.select("order_id", "amount").iter_rows())
        for n, (amount, _) in enumerate(cells):
            assert str(n) not in read or read[str(n)] in meant(amount, decimal), amount


@examples(200)
@given(st.lists(st.text("aA0'\"= .-@#\u200b\u00a0\ufeff\u00ad\u202eé🙂e+12N", max_size=8), min_size=1, max_size=8))
def test_ids_are_freed_once_and_for_all(texts):
    frame = pl.DataFrame({VALUE: texts}, schema={VALUE: pl.String})
    once = frame.select(ids.folded_address(ids.tidied(pl.col(VALUE))))
    assert once.select(ids.tidied(pl.col(VALUE)))[VALUE].drop_nulls().str.len_chars().min() != 0
    kept = [value for value in once[VALUE] if value is not None and value[:1] not in ("'", "=")]
    again = pl.DataFrame({VALUE: kept}, schema={VALUE: pl.String}).select(ids.tidied(pl.col(VALUE)))[VALUE].to_list()
    assert again == kept
