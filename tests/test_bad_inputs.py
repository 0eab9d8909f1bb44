"""Inputs that are wrong, each in a way of its own: repaired, set aside and counted, or refused with advice; never misread.

The numbers are those of the catalogue of bad inputs that the reading was built against.
"""

import codecs
import gzip
import io
import zipfile

import polars as pl
import pytest
import xlsxwriter
from exported import fates, one_order, orders_of, read_export, read_text, refused, written
from program import clv

from clvcli.errors import InputError

HEADER = "order_id,customer_id,order_date,total\n"
DAYS = range(1, 13)
ROWS = "".join(f"{n},c{n % 3},2026-01-{n:02},{n}.50\n" for n in DAYS)
PLAIN = HEADER + ROWS
TWELVE = {str(n): (f"c{n % 3}", f"2026-01-{n:02}", n + 0.5) for n in DAYS}


def repairs(reading):
    """What was repaired, and how often."""
    mended = reading.plans[0].of.mended
    return {kind: count for kind, (count, _) in mended.repairs.items()} if mended else {}


def decisions(folder, content, *options, name="orders.csv"):
    """What `clv inspect` says it decided, by subject."""
    ran = clv("inspect", written(folder, content, name), *options, "--format", "json", "--config", str(empty(folder)))
    assert ran.code == 0, ran.err
    rows = next(table for table in ran.json["tables"] if table["name"] == "decisions")["rows"]
    return {
        subject: "; ".join(row["decision"] for row in rows if row["subject"] == subject) for subject in [row["subject"] for row in rows]
    }


def empty(folder):
    """A config that settles nothing."""
    path = folder / "empty.yaml"
    path.touch()
    return path


def rejects(reading):
    """The rejected records as `(line, column, value, reason)`."""
    return reading.rejects.select("line", "column", "value", "reason").rows()


# Bytes and letters


def test_01_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    assert orders_of(read_text(tmp_path, codecs.BOM_UTF8 + PLAIN.encode())) == TWELVE


def test_01_a_byte_order_mark_between_concatenated_files(tmp_path):
    second = HEADER.encode() + b"13,c1,2026-01-13,13.50\n"
    reading = read_text(tmp_path, codecs.BOM_UTF8 + PLAIN.encode() + codecs.BOM_UTF8 + second)
    assert orders_of(reading) == {**TWELVE, "13": ("c1", "2026-01-13", 13.5)}
    assert fates(reading) == {"used": 13, "header_again": 1}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_02_utf16_with_a_mark(tmp_path, encoding):
    mark = codecs.BOM_UTF16_LE if encoding.endswith("le") else codecs.BOM_UTF16_BE
    assert orders_of(read_text(tmp_path, mark + PLAIN.encode(encoding))) == TWELVE
    assert decisions(tmp_path, mark + PLAIN.encode(encoding))["text"] == "read as utf-16, since a byte order mark says so"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_03_utf16_without_a_mark(tmp_path, encoding):
    assert orders_of(read_text(tmp_path, PLAIN.encode(encoding))) == TWELVE
    assert decisions(tmp_path, PLAIN.encode(encoding))["text"] == f"read as {encoding}, since every second byte is zero"


WESTERN = HEADER + "1,Società Générale,2026-01-01,10\n2,Peró Café,2026-01-02,20\n"


@pytest.mark.parametrize("mark", [codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE])
def test_02_utf32(tmp_path, mark):
    assert orders_of(read_text(tmp_path, mark + PLAIN.encode("utf-32-le" if mark == codecs.BOM_UTF32_LE else "utf-32-be"))) == TWELVE


def test_04_western_letters_say_which_byte_told(tmp_path):
    assert {customer for customer, _, _ in orders_of(read_text(tmp_path, WESTERN.encode("cp1252"))).values()} == {
        "Società Générale",
        "Peró Café",
    }
    assert decisions(tmp_path, WESTERN.encode("cp1252"))["text"] == "read as cp1252, since byte 0xE0 on line 2 isn't UTF-8"


LATE = (HEADER + "".join(f'{n},c{n % 9},2026-01-{n % 28 + 1:02},"1.50"\n' for n in range(15000))).encode()
"""More than is looked at first."""


def test_04_western_letters_far_down_are_found_too(tmp_path):
    reading = read_text(tmp_path, LATE + "15001,Ren\u00e9,2026-02-01,2\n".encode("cp1252") + LATE.partition(b"\n")[2])
    assert orders_of(reading)["15001"] == ("Ren\u00e9", "2026-02-01", 2.0)
    assert reading.records[0].repairs[0] == ("read as cp1252, since byte 0xE9 on line 15002 isn't UTF-8", "encoding")


def test_04_letters_in_two_encodings_are_refused(tmp_path):
    mixed = LATE + "15001,Ren\u00e9e,2026-02-01,2\n".encode() + "15002,Ren\u00e9,2026-02-01,2\n".encode("cp1252")
    assert refused(tmp_path, mixed) == "orders.csv:15003: not utf-8: byte 0xE9\ntry: clv ... --encoding cp1252"


def test_04_an_encoding_that_was_asked_for_isnt_replaced(tmp_path):
    said = refused(tmp_path, LATE + "15001,Ren\u00e9,2026-02-01,2\n".encode("cp1252"), encoding="utf-8")
    assert said == "orders.csv:15002: not utf-8: byte 0xE9\ntry: clv ... --encoding cp1252"


def test_02_half_a_letter_of_utf_16_is_damage(tmp_path):
    assert "what should be utf-16 can't be decoded\nhint: fetch it again" in refused(tmp_path, LATE.decode().encode("utf-16")[:-1])


def test_04_the_encoding_can_be_forced(tmp_path):
    reading = read_text(tmp_path, WESTERN.encode("cp1252"), encoding="cp1250")
    assert reading.plans[0].of.dialect.encoding.name == "cp1250"


def test_05_baltic_letters_are_told_from_western_ones(tmp_path):
    content = (HEADER + "1,Jānis Bērziņš,2026-01-01,10\n2,Ūna Ķīse,2026-01-02,20\n").encode("cp1257")
    assert orders_of(read_text(tmp_path, content))["1"][0] == "Jānis Bērziņš"
    assert decisions(tmp_path, content)["text"].startswith("read as cp1257, since byte 0xE2 on line 2")


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("cp1257", "klienta id;pasūtījuma datums;kopējā summa\n7;2026-01-01;10\n"),
        ("cp1257", "klienta id;datums;summa\n7;1. janvāris 2026;10\n"),
        ("cp1252", "nº cliente;data da venda;total\n7;2026-01-01;10\n"),
        ("cp1251", "customer id;order date;total\n7;2026-01-01;€\u00a010\n"),
        ("cp1250", "customer id;order date;person;total\n7;2026-01-01;Małgorzata Kędzierska;10 zł\n"),
        ("cp1250", "customer id;order date;total\n7;2026-01-01;10 Kč\n"),
        ("cp1252", "customer id;order date;total\n7;2026-01-01;£10\n"),
    ],
)
def test_05_known_words_tell_encodings_of_like_letters_apart(tmp_path, encoding, content):
    assert one_order(read_text(tmp_path, content.encode(encoding))) == ("7", "2026-01-01", 10.0)


@pytest.mark.parametrize(("encoding", "name"), [("cp1250", "Paweł Żółć"), ("cp1251", "Иван Петров"), ("shift_jis", "たなか けいこ")])
def test_05_other_letters(tmp_path, encoding, name):
    assert orders_of(read_text(tmp_path, f"{HEADER}1,{name},2026-01-01,10\n2,x,2026-01-02,1\n".encode(encoding)))["1"][0] == name


# How a text is cut into records and fields


def test_06_semicolons_and_decimal_commas(tmp_path):
    content = "order_id;customer_id;order_date;total\n1;a;31/12/2025;1.234,56\n2;b;01/01/2026;7,50\n"
    assert orders_of(read_text(tmp_path, content)) == {"1": ("a", "2025-12-31", 1234.56), "2": ("b", "2026-01-01", 7.5)}


@pytest.mark.parametrize(("number", "delimiter"), [("07", "\t"), ("08", "|")])
def test_07_08_tabs_and_pipes(tmp_path, number, delimiter):
    assert orders_of(read_text(tmp_path, PLAIN.replace(",", delimiter))) == TWELVE


def test_09_the_line_that_names_the_delimiter(tmp_path):
    assert orders_of(read_text(tmp_path, "sep=;\n" + PLAIN.replace(",", ";"))) == TWELVE


def test_10_lines_before_the_header_are_told(tmp_path):
    content = '"Sales report"\n"From","2026-01-01"\n\n' + PLAIN
    assert orders_of(read_text(tmp_path, content)) == TWELVE
    assert decisions(tmp_path, content)["text"] == "header on line 4, 3 before it skipped"


def test_11_a_line_that_sums_up_the_others(tmp_path):
    reading = read_text(tmp_path, PLAIN + "Total,,,84.00\n")
    assert (orders_of(reading), fates(reading)) == (TWELVE, {"used": 12, "total_line": 1})


@pytest.mark.parametrize("word", ["Gesamt", "Totale", "Total général", "Total general", "Total geral", "Kopā", "TOTAL:"])
def test_11_totals_in_seven_languages(tmp_path, word):
    assert fates(read_text(tmp_path, PLAIN + f"{word},,,84.00\n")) == {"used": 12, "total_line": 1}


def test_11_the_word_may_stand_where_the_day_does(tmp_path):
    assert fates(read_text(tmp_path, PLAIN + ",,Total,84.00\n")) == {"used": 12, "total_line": 1}


def test_11_a_total_that_isnt_one_is_set_aside(tmp_path):
    reading = read_text(tmp_path, PLAIN + "Total,,,99.00\n", max_rejects=1)
    assert fates(reading) == {"used": 12, "no_total": 1}
    assert rejects(reading) == [(14, "total", "99.00", "called a total, but not the sum of the others")]


def test_12_a_note_of_the_program_that_wrote_the_file(tmp_path):
    reading = read_text(tmp_path, PLAIN + "12 record(s) downloaded\n")
    assert (orders_of(reading), fates(reading)) == (TWELVE, {"used": 12, "note": 1})


def test_12_the_rules_and_the_count_of_a_database_client(tmp_path):
    content = " order_id | customer_id | order_date | total \n----------+------+-----+------\n 1 | c1 | 2026-01-01 | 1.50\n(1 row)\n"
    assert fates(read_text(tmp_path, content)) == {"used": 1, "note": 2}


def test_13_a_name_that_stands_twice(tmp_path):
    said = refused(tmp_path, "order_id,customer_id,order_date,total,total\n1,c1,2026-01-01,10,12.10\n")
    assert "columns 4 and 5 are both called 'total', and their values differ. Nothing was dropped" in said
    assert "try: clv ... --map amount='total'\ntry: clv ... --map amount='total#2'" in said


def test_13_the_second_can_be_chosen(tmp_path):
    content = "order_id,customer_id,order_date,total,total\n1,c1,2026-01-01,10,12.10\n"
    assert one_order(read_text(tmp_path, content, columns={"amount": "total#2"})) == ("c1", "2026-01-01", 12.1)


def test_13_two_columns_of_one_name_and_the_same_values(tmp_path):
    assert one_order(read_text(tmp_path, "order_id,customer_id,order_date,total,total\n1,c1,2026-01-01,10,10\n")) == (
        "c1",
        "2026-01-01",
        10.0,
    )


def test_13_a_column_called_again_is_told_though_nothing_needs_it(tmp_path):
    content = "order_id,customer_id,order_date,total,note,note\n1,a,2026-01-05,5,x,y\n"
    assert decisions(tmp_path, content)["text"] == "a column called again in the header: note#2"


def test_14_the_header_again(tmp_path):
    reading = read_text(tmp_path, PLAIN + HEADER + "13,c1,2026-01-13,13.5\n")
    assert fates(reading) == {"used": 13, "header_again": 1}
    assert reading.ledger.amount == (84 + 13.5) * 10_000


def test_15_a_second_part_with_other_columns(tmp_path):
    said = refused(tmp_path, PLAIN + "order_id,customer_id,order_date,total,currency\n13,c1,2026-01-13,13.5,EUR\n")
    assert "orders.csv:14: [header] starts a second header with 5 columns (the first has 4). Nothing was dropped" in said
    assert "split" in said


@pytest.mark.parametrize(
    "second", ["customer_id,order_id,order_date,total", "order_id,order_date,customer_id,total", "order_id,order_date,total"]
)
def test_15_a_second_part_with_as_many_columns_or_fewer(tmp_path, second):
    said = refused(tmp_path, f"{PLAIN}{second}\n" + "13,2026-01-13,c1,13.5\n")
    assert "orders.csv:14" in said
    assert "second header" in said


def test_16_too_many_fields(tmp_path):
    content = HEADER + "1,c1,2026-01-01,10\n2,c2,2026-01-02,20,EXTRA\n3,c3,2026-01-03,30\n"
    assert "orders.csv:3" in refused(tmp_path, content)
    reading = read_text(tmp_path, content, max_rejects=1)
    assert fates(reading) == {"used": 2, "fields": 1}
    assert rejects(reading) == [(3, "", "2,c2,2026-01-02,20,EXTRA", "5 fields, expected 4; probably an unquoted delimiter")]


def test_16_empty_fields_too_many(tmp_path):
    reading = read_text(tmp_path, HEADER + "1,c1,2026-01-01,10\n2,c2,2026-01-02,20,,\n3,c3,2026-01-03,30\n")
    assert (fates(reading), repairs(reading)) == ({"used": 3}, {"empty fields too many": 1})


def test_17_too_few_fields(tmp_path):
    content = HEADER + "1,c1,2026-01-01,10\n2,c2\n3,c3,2026-01-03,30\n"
    assert "line 3 [ordered_at]: '': 2 fields, expected 4" in refused(tmp_path, content).replace("[order_date]", "[ordered_at]")
    assert fates(read_text(tmp_path, content, max_rejects=1)) == {"used": 2, "no_date": 1}


def test_17_columns_at_the_end_that_may_be_missing(tmp_path):
    content = "order_id,customer_id,order_date,total,note,gift\n1,c1,2026-01-01,10,x,y\n2,c2,2026-01-02,20\n"
    assert fates(read_text(tmp_path, content)) == {"used": 2}


ADDRESSES = "order_id,customer_id,order_date,address,total\n"


def test_n_an_unquoted_comma_that_one_column_can_take(tmp_path):
    content = ADDRESSES + "1,c1,2026-01-01,Main St. 1,10.00\n2,c2,2026-01-02,12, Orchard Road,20.00\n3,c3,2026-01-03,Via Roma 7,30.00\n"
    reading = read_text(tmp_path, content, max_rejects=1)
    assert orders_of(reading)["2"] == ("c2", "2026-01-02", 20.0)
    assert repairs(reading) == {"an unquoted comma in address": 1}


def test_n_an_unquoted_comma_that_two_columns_could_take(tmp_path):
    content = (
        "order_id,customer_id,order_date,name,address,total\n"
        + "1,c1,2026-01-01,Ann,Main St,10.00\n" * 1
        + "2,c2,2026-01-02,Bo,Kay,Pine,20.00\n"
    )
    reading = read_text(tmp_path, content, max_rejects=1)
    assert fates(reading) == {"used": 1, "fields": 1}


def test_n_northwind_is_whole(real_data):
    name = str(real_data("northwind/orders.csv"))
    columns = {"customer_id": "customerID", "ordered_at": "orderDate", "amount": "freight"}
    reading = read_export(name, columns=columns, max_rejects=0)
    assert (reading.ledger.orders, round(reading.ledger.net / 10_000, 2)) == (830, 64_942.69)
    assert repairs(reading) == {"an unquoted comma in shipAddress": 176}


def test_18_a_quote_that_never_closes(tmp_path):
    said = refused(tmp_path, 'order_id,name,order_date,total\n1,"Ann,2026-01-01,10\n2,Bo,2026-01-02,20\n', columns={"customer_id": "name"})
    assert "orders.csv:2" in said
    assert "never closes" in said
    assert "[name]" in said


def test_19_quotes_inside_fields_are_letters(tmp_path):
    content = 'order_id,name,order_date,total\n1,Ann 12" Mug,2026-01-01,10\n2,Bo,2026-01-02,20\n3,5" x,2026-01-03,30\n'
    reading = read_text(tmp_path, content, columns={"customer_id": "name"})
    assert [customer for customer, _, _ in orders_of(reading).values()] == ['Ann 12" Mug', "Bo", '5" x']
    assert decisions(tmp_path, content, "--map", "customer_id=name")["text"] == "a double quote is a letter like any other"


def test_20_quotes_behind_a_backslash(tmp_path):
    content = 'order_id,name,order_date,total\n1,"Ann \\"Big\\" Co",2026-01-01,10\n2,Bo,2026-01-02,20\n'
    reading = read_text(tmp_path, content, columns={"customer_id": "name"})
    assert orders_of(reading)["1"][0] == 'Ann "Big" Co'
    assert repairs(reading) == {"quotes behind a backslash": 0}


def test_21_a_line_end_inside_quotes_and_the_physical_line_of_what_follows(tmp_path):
    content = 'order_id,customer_id,order_date,total,note\n1,c1,2026-01-01,10,"two\nlines"\n2,c2,2026-01-02,x,\n' + "".join(
        f"{n},c{n % 7},2026-01-03,1,\n" for n in range(3, 40)
    )
    assert rejects(read_text(tmp_path, content)) == [(4, "total", "x", "not a number, or past 90 billion")]


def test_22_carriage_returns_alone(tmp_path):
    assert orders_of(read_text(tmp_path, PLAIN.replace("\n", "\r"))) == TWELVE


def test_23_line_ends_of_two_kinds(tmp_path):
    lines = PLAIN.splitlines(keepends=True)
    mixed = "".join(line if n % 2 else line.replace("\n", "\r\n") for n, line in enumerate(lines))
    assert orders_of(read_text(tmp_path, mixed)) == TWELVE


def test_24_zero_bytes_are_taken_out_and_told(tmp_path):
    content = PLAIN.replace("3,c0", "\x003,c\x000")
    assert orders_of(read_text(tmp_path, content)) == TWELVE
    assert decisions(tmp_path, content)["text"] == "zero bytes taken out: 2, first on line 4"


def test_25_an_empty_file(tmp_path):
    assert refused(tmp_path, "") == "orders.csv: the file is empty (0 bytes)\nhint: export it again"


def test_26_a_header_alone(tmp_path):
    said = refused(tmp_path, HEADER)
    assert "orders.csv:1: no orders after the header" in said


def test_27_blank_lines(tmp_path):
    reading = read_text(tmp_path, PLAIN.replace("\n", "\n\n") + ",,,\n")
    assert (orders_of(reading), fates(reading), reading.ledger.blank_lines) == (TWELVE, {"used": 12}, 14)


def test_28_no_header(tmp_path):
    said = refused(tmp_path, ROWS)
    assert said.startswith("orders.csv:1: line 1 looks like data, not like the names of columns: '1'")
    assert "--no-header --map customer_id=NUMBER --map ordered_at=NUMBER --map amount=NUMBER" in said


def test_28_no_header_as_told(tmp_path):
    columns = {"order_id": "1", "customer_id": "2", "ordered_at": "3", "amount": "4"}
    assert orders_of(read_text(tmp_path, ROWS, header=False, columns=columns)) == TWELVE


def test_29_one_column(tmp_path):
    said = refused(tmp_path, "order_id\n1\n2\n")
    assert "no column for customer_id (who placed the order); ordered_at (when it was placed); amount" in said


# Ids


def test_30_31_a_late_number_with_decimals_and_a_late_letter_in_an_id(tmp_path):
    rows = "".join(f"{n},{n},2026-01-01,{n}\n" for n in range(1, 300))
    reading = read_text(tmp_path, HEADER + rows + "C300,5,2026-01-02,2.5\n")
    assert orders_of(reading)["C300"] == ("5", "2026-01-02", 2.5)


def test_32_ids_of_twenty_digits(tmp_path):
    content = HEADER + "12345678901234567890,1,2026-01-01,5\n99999999999999999999,2,2026-01-02,6\n"
    assert set(orders_of(read_text(tmp_path, content))) == {"12345678901234567890", "99999999999999999999"}


def test_33_zeros_before_a_number_are_kept_and_told(tmp_path):
    reading = read_text(tmp_path, HEADER + "1,00123,2026-01-01,5\n2,123,2026-01-02,6\n3,0077,2026-01-03,1\n")
    assert set(reading.orders["customer_id"]) == {"00123", "123", "0077"}
    assert reading.notes == ("customer ids with and without zeros before them count as two: 00123 and 123",)


def test_34_ids_that_a_spreadsheet_rounded(tmp_path):
    said = refused(tmp_path, HEADER + "1,4.51E+12,2026-01-01,5\n2,4.51E+12,2026-01-02,6\n3,4512345678901,2026-01-03,7\n")
    assert "[customer_id] ids were rounded by a spreadsheet, as in '4.51E+12': 2 orders, different ids left: 1. Nothing was dropped" in said


def test_34_order_ids_that_a_spreadsheet_rounded_are_no_conflict(tmp_path):
    said = refused(tmp_path, HEADER + "4.51E+12,ann,2026-01-05,10\n4.51E+12,bob,2026-01-06,20\n")
    assert "[order_id] ids were rounded by a spreadsheet, as in '4.51E+12'" in said


def test_34_rounded_ids_are_told_beside_a_missing_column(tmp_path):
    said = refused(tmp_path, "order_id,customer_id,total\n1,4.51E+12,5\n2,4.51E+12,6\n3,4512345678901,7\n")
    assert "no column for ordered_at" in said
    assert "rounded by a spreadsheet" in said


def test_35_ids_with_a_point_and_a_zero(tmp_path):
    reading = read_text(tmp_path, HEADER + "1,17850.0,2026-01-01,5\n2,17850.0,2026-01-02,6\n3,13047.0,2026-01-02,6\n")
    assert set(reading.orders["customer_id"]) == {"17850", "13047"}


def test_35_some_ids_with_a_point_and_a_zero(tmp_path):
    reading = read_text(tmp_path, HEADER + "1,17850.0,2026-01-01,5\n2,17850,2026-01-02,6\n")
    assert set(reading.orders["customer_id"]) == {"17850.0", "17850"}
    assert "17850.0 and 17850 count as two customers" in reading.notes[0]


# Numbers


@pytest.mark.parametrize(
    ("number", "written_as", "value"),
    [
        ("36", "$2,057.97", 2057.97), ("36", "$1,149.00 ", 1149.0), ("37", "($33.62)", -33.62), ("37", "-33.62", -33.62), ("37", "33.62-", -33.62),
        ("37", "\u221233.62", -33.62), ("38", "12.00\u00a0€", 12.0), ("38", "EUR 5.00", 5.0), ("39", "1'234.50", 1234.5), ("39", "1\u2019234.50", 1234.5),
        ("63", "١٢٫٥٠".replace("٫", "."), 12.5), ("36", "US$ 12.50", 12.5), ("36", "12.50 USD", 12.5), ("38", "1\u202f234.50 €", 1234.5),
    ],
)  # fmt: skip
def test_36_37_38_39_63_ways_to_write_an_amount(tmp_path, number, written_as, value):
    content = f'order_id,customer_id,order_date,total\n1,a,2026-01-01,"{written_as}"\n2,a,2026-01-01,100.25\n'
    assert orders_of(read_text(tmp_path, content))["1"][2] == value


@pytest.mark.parametrize(
    ("written_as", "value"),
    [("1.234,56 €", 1234.56), ("12,00\u00a0€", 12.0), ("1\u202f234,56 €", 1234.56), ("EUR 5,00", 5.0), ("-1.234,56", -1234.56)],
)
def test_38_amounts_with_a_decimal_comma(tmp_path, written_as, value):
    content = f"order_id;customer_id;order_date;total\n1;a;2026-01-01;{written_as}\n2;a;2026-01-01;100,25\n"
    assert orders_of(read_text(tmp_path, content))["1"][2] == value


def test_40_thousands_or_decimals(tmp_path):
    said = refused(tmp_path, HEADER + "1,1,2026-01-01,1.234\n2,2,2026-01-02,2.500\n3,3,2026-01-03,9.999\n")
    assert "[total] '1.234' may be a thousand or a fraction, and no value tells which. Nothing was dropped" in said
    assert "--decimal ." in said


@pytest.mark.parametrize(("decimal", "value"), [(".", 1.234), (",", 1234.0)])
def test_40_thousands_or_decimals_as_told(tmp_path, decimal, value):
    reading = read_text(tmp_path, HEADER + "1,1,2026-01-01,1.234\n2,2,2026-01-02,2.500\n", decimal=decimal)
    assert orders_of(reading)["1"][2] == value


def test_40_another_column_of_money_tells(tmp_path):
    content = "order_id,customer_id,order_date,total,tax\n1,1,2026-01-01,1.234,2.50\n2,2,2026-01-02,2.500,3.00\n"
    assert orders_of(read_text(tmp_path, content))["1"][2] == 1.234


def test_41_two_decimal_marks(tmp_path):
    said = refused(tmp_path, "order_id;customer_id;order_date;total\n1;1;2026-01-01;12,50\n2;2;2026-01-02;12.50\n3;3;2026-01-03;1.234,50\n")
    assert "[total] decimals begin with a point in '12.50' and with a comma in '12,50', '1.234,50'. Nothing was dropped" in said


@pytest.mark.parametrize("nothing", ["--", "N/A", "\\N", "NULL", "nan", "#N/A", "", "-", "–", "n/a", "NA"])
def test_42_words_for_nothing(tmp_path, nothing):
    content = (
        HEADER + f"1,{nothing},2026-01-01,10\n2,b,2026-01-02,{nothing}\n" + "".join(f"{n},c{n % 7},2026-01-03,1.50\n" for n in range(3, 50))
    )
    assert fates(read_text(tmp_path, content)) == {"used": 47, "no_customer": 1, "no_amount": 1}


@pytest.mark.parametrize("nothing", ["-", "—", "NA", "n/a"])
def test_42_a_refund_counts_where_most_orders_have_none(tmp_path, nothing):
    content = "order_id,customer_id,order_date,total,refund amount\n1,a,2026-01-01,10,4\n" + "".join(
        f"{n},c{n % 3},2026-01-02,10,{nothing}\n" for n in range(2, 9)
    )
    assert read_text(tmp_path, content).ledger.refunds.amount == 40_000


@pytest.mark.parametrize("none", ["", "0"])
@pytest.mark.parametrize("name", ["refunded", "Refunded Amount"])
def test_42_a_refund_counts_where_only_late_orders_have_one(tmp_path, name, none):
    first = "".join(f"{n},c{n % 7},2026-01-01,10,{none}\n" for n in range(300))
    content = f"order_id,customer_id,order_date,total,{name}\n{first}301,c1,2026-01-02,10,7\n"
    assert read_text(tmp_path, content).ledger.refunds.amount == 70_000


def test_42_a_column_that_only_late_says_that_money_was_given_back(tmp_path):
    first = "".join(f"{n},c{n % 7},2026-01-01,10,0\n" for n in range(300))
    said = refused(tmp_path, f"order_id,customer_id,order_date,total,refunded\n{first}301,c1,2026-01-02,10,1\n")
    assert "orders.csv:302: [refunded] '1' says that money was given back, and no column says how much" in said


def test_42_errors_of_a_spreadsheet_are_set_aside_and_told(tmp_path):
    content = HEADER + "1,a,2026-01-01,#REF!\n" + "".join(f"{n},c{n % 7},2026-01-03,1.50\n" for n in range(3, 50))
    assert fates(read_text(tmp_path, content)) == {"used": 47, "bad_amount": 1}
    ran = clv("inspect", written(tmp_path, content), "--config", str(empty(tmp_path)))
    assert "[total] 1 values are errors of a spreadsheet" in ran.text.replace("\n", " ")


@pytest.mark.parametrize("end", ["\x1a", "\r\n\x1a", "\x1a\x1a"])
def test_61_the_mark_that_ends_a_file_is_no_record(tmp_path, end):
    assert fates(read_text(tmp_path, PLAIN + end)) == {"used": 12, "note": 1}


# Dates


def test_43_day_or_month_first(tmp_path):
    said = refused(tmp_path, HEADER + "1,c1,01/02/2026,10\n2,c2,03/04/2026,20\n3,c3,11/12/2026,30\n")
    assert "[order_date] '01/02/2026' may be a day and a month or a month and a day, and no date tells which" in said
    assert "--date-format %m/%d/%Y" in said


@pytest.mark.parametrize(("date_format", "day"), [("%d/%m/%Y", "2026-02-01"), ("%m/%d/%Y", "2026-01-02")])
def test_43_day_or_month_first_as_told(tmp_path, date_format, day):
    assert one_order(read_text(tmp_path, HEADER + "1,c1,01/02/2026,10\n", date_format=date_format))[1] == day


def test_43_only_one_order_of_day_and_month_sorts_the_file(tmp_path):
    said = refused(tmp_path, HEADER + "1,c1,01/02/2026,10\n2,c2,02/02/2026,20\n3,c3,01/03/2026,30\n")
    assert "(they are in order of time as %d/%m/%Y)" in said


def test_44_day_first_and_month_first_in_one_column(tmp_path):
    said = refused(tmp_path, HEADER + "1,c1,31/12/2025,10\n2,c2,10/03/2026,20\n3,c3,03/25/2026,30\n")
    assert "[order_date] the day comes first in '31/12/2025' and the month in '03/25/2026'. Nothing was dropped" in said


def test_45_dates_in_two_ways(tmp_path):
    rows = "".join(f"{n},c,2026-01-{n:02},1.50\n" for n in range(1, 29))
    said = refused(tmp_path, HEADER + rows + "30,c,03/25/2026,1.50\n")
    assert "dates are written in several ways: 28 like '2026-01-01'; 1 like '03/25/2026'" in said


def test_45_a_few_dates_in_another_way_are_set_aside(tmp_path):
    rows = "".join(f"{n},c{n % 7},2026-01-{n % 28 + 1:02},1.50\n" for n in range(200))
    reading = read_text(tmp_path, HEADER + rows + "x,c,03/25/2026,1.50\n")
    assert fates(reading) == {"used": 200, "bad_date": 1}


def test_46_days_as_a_spreadsheet_counts_them(tmp_path):
    content = HEADER + "1,c1,46023,10\n2,c2,46024.5,20\n"
    assert [day for _, day, _ in orders_of(read_text(tmp_path, content)).values()] == ["2026-01-01", "2026-01-02"]
    assert decisions(tmp_path, content)["dates"].startswith("46022, as Excel counts days")


def test_46_days_counted_from_1904(tmp_path):
    reading = read_text(tmp_path, HEADER + "1,c1,44561,10\n", date_format="excel1904")
    assert one_order(reading)[1] == "2026-01-01"


def test_46_days_counted_and_written(tmp_path):
    assert "dates are written in several ways" in refused(tmp_path, HEADER + "1,c1,46023,10\n2,c2,46024.5,20\n3,c3,2026-01-05,30\n")


def test_47_months_by_name(tmp_path):
    content = "order_id;customer_id;order_date;total\n1;c1;10-Dez-25;10\n2;c2;03-Mär-26;20\n3;c3;5 gen 2026;30\n4;c4;5. janv. 2026;40\n5;c5;7 de marzo de 2026;1\n6;c6;3. maijs 2026;1\n7;c7;Jul-21-25;1\n8;c8;Sep 4, 2026 1:05:07 AM PDT;1\n9;c9;9 fev 2026;1\n"
    days = [day for _, day, _ in orders_of(read_text(tmp_path, content)).values()]
    assert days == [
        "2025-12-10",
        "2026-03-03",
        "2026-01-05",
        "2026-01-05",
        "2026-03-07",
        "2026-05-03",
        "2025-07-21",
        "2026-09-04",
        "2026-02-09",
    ]


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-02-30", "not a date"), ("0000-00-00", "not a date"), ("1970-01-01", "the first day of 1970, which stands for no date"),
        ("2226-01-01", "a date before 1990 or after 2099"),
    ],
)  # fmt: skip
def test_48_impossible_dates(tmp_path, day, reason):
    rows = "".join(f"{n},c{n % 7},2026-01-03,1.50\n" for n in range(2, 50))
    assert rejects(read_text(tmp_path, f"{HEADER}1,c1,{day},10\n{rows}")) == [(2, "order_date", day, reason)]


@pytest.mark.parametrize("epoch", [1767225600, 1767225600_000, 1767225600_000_000])
def test_49_times_counted_from_1970(tmp_path, epoch):
    content = HEADER + f"1,c1,{epoch},10\n"
    assert one_order(read_text(tmp_path, content))[1] == "2026-01-01"
    assert "since 1970" in decisions(tmp_path, content)["dates"]


def test_49_times_counted_in_two_units(tmp_path):
    assert "dates are written in several ways" in refused(tmp_path, HEADER + "1,c1,1767225600,10\n2,c2,1767225600000,20\n")


def test_50_hours_that_the_clock_skips_or_shows_twice(tmp_path):
    content = HEADER + "1,c1,2026-03-29 03:30:00,10\n2,c2,2026-10-25 03:30:00,20\n"
    assert [day for _, day, _ in orders_of(read_text(tmp_path, content, tz="Europe/Riga")).values()] == ["2026-03-29", "2026-10-25"]
    ran = clv("inspect", written(tmp_path, content), "--tz", "Europe/Riga", "--config", str(empty(tmp_path)))
    assert "1 times were skipped by the clock in Europe/Riga and count an hour later; 1 were shown twice" in ran.text.replace("\n", " ")


def test_51_offsets_that_differ_are_brought_to_utc(tmp_path):
    content = HEADER + "1,c1,2026-01-01T23:30:00-05:00,10\n2,c2,2026-01-02T01:00:00+02:00,20\n"
    assert [day for _, day, _ in orders_of(read_text(tmp_path, content)).values()] == ["2026-01-02", "2026-01-01"]
    assert "brought to UTC: offsets differ" in decisions(tmp_path, content)["dates"]


def test_51_a_shops_own_offset_is_its_own_day(tmp_path):
    reading = read_text(tmp_path, HEADER + "1,c1,2026-01-01T23:30:00-05:00,10\n")
    assert one_order(reading)[1] == "2026-01-01"
    assert one_order(read_text(tmp_path, HEADER + "1,c1,2026-01-01T23:30:00-05:00,10\n", tz="UTC"))[1] == "2026-01-02"


# What records mean

CURRENCIES = "order_id,customer_id,order_date,total,currency\n1,c1,2026-01-01,10,EUR\n2,c1,2026-01-02,1000,HUF\n"


def test_52_two_currencies(tmp_path):
    said = refused(tmp_path, CURRENCIES)
    assert "in several currencies, which can't be added up. Nothing was dropped" in said
    assert "EUR                 1 record              10.00" in said
    assert fates(read_text(tmp_path, CURRENCIES, currency="EUR")) == {"used": 1, "currency": 1}


def test_52_each_file_in_a_currency_of_its_own(tmp_path):
    euros = written(tmp_path, HEADER + "1,c1,2026-01-01,€1.50\n2,c2,2026-01-02,€7\n", "a.csv")
    dollars = written(tmp_path, HEADER + "3,c1,2026-01-01,8\n4,c2,2026-01-02,$7\n", "b.csv")
    with pytest.raises(InputError, match=r"b.csv:3: \[total\] amounts are in several currencies: '€1.50', '\$7'"):
        read_export(euros, dollars)


def test_52_signs_that_only_stand_far_down(tmp_path):
    content = HEADER + "".join(f"{n},c{n % 7},2026-01-03,1.50\n" for n in range(300)) + "301,c1,2026-01-01,€1.50\n302,c1,2026-01-01,$1.50\n"
    assert "orders.csv:303: [total] amounts are in several currencies: '€1.50', '$1.50'" in refused(tmp_path, content)


def test_53_the_same_order_twice(tmp_path):
    reading = read_text(tmp_path, HEADER + "1,c1,2026-01-01,10\n1,c1,2026-01-01,10\n2,c2,2026-01-02,20\n", grain="order")
    assert (reading.ledger.orders, reading.ledger.net, fates(reading)) == (2, 300_000, {"used": 2, "duplicate": 1})


def test_53_the_same_record_twice_where_amounts_were_guessed(tmp_path):
    reading = read_text(tmp_path, HEADER + "1,c1,2026-01-01,10\n1,c1,2026-01-01,10\n2,c2,2026-01-02,20\n")
    assert (reading.ledger.orders, reading.ledger.net, fates(reading)) == (2, 300_000, {"used": 2, "duplicate": 1})


def test_53_equal_lines_of_an_order_count_and_are_told(tmp_path):
    content = "order_id,customer_id,order_date,sku,quantity,unit_price\n1,c1,2026-01-01,A,1,10\n1,c1,2026-01-01,A,1,10\n"
    assert one_order(read_text(tmp_path, content))[2] == 20.0
    ran = clv("inspect", written(tmp_path, content), "--config", str(empty(tmp_path)))
    assert "equal to another in every column: 1 record; as lines of orders they all count" in ran.text.replace("\n", " ")


def test_53_an_amount_that_was_mapped_may_stand_on_every_line(tmp_path):
    rows = "".join(f"{n},c{n % 3},2026-01-{n:02},{sku},{n}.50\n" for n in range(1, 25) for sku in "AB")
    content = "order_id,customer_id,order_date,sku,worth\n" + rows
    assert orders_of(read_text(tmp_path, content, columns={"amount": "worth"}))["7"][2] == 7.5


def test_53_the_same_record_twice_where_the_amount_is_called_so(tmp_path):
    content = "order_id,customer_id,order_date,amount\n1,c1,2026-01-01,10\n1,c1,2026-01-01,10\n2,c2,2026-01-02,20\n"
    assert fates(read_text(tmp_path, content)) == {"used": 2, "duplicate": 1}


def test_54_one_order_of_two_customers(tmp_path):
    content = HEADER + "1,c1,2026-01-01,10\n1,c2,2026-01-01,15\n" + "".join(f"{n},c{n % 7 + 3},2026-01-03,1.50\n" for n in range(3, 60))
    reading = read_text(tmp_path, content)
    assert fates(reading) == {"used": 57, "two_customers": 2}
    assert [row[0] for row in rejects(reading)] == [2, 3]


@pytest.mark.parametrize("amounts", [[14900, 50950], [14900.0, 50950.0]])
def test_55_cents_of_a_parquet_file(tmp_path, amounts):
    days = ["2026-01-01", "2026-01-02"]
    frame = pl.DataFrame({"order_id": ["1", "2"], "customer_id": ["c1", "c2"], "order_date": days, "amount_cents": amounts})
    frame.write_parquet(tmp_path / "orders.parquet")
    reading = read_export(str(tmp_path / "orders.parquet"), minor_units=True, columns={"amount": "amount_cents"})
    assert orders_of(reading)["2"][2] == 509.5


def test_55_whole_numbers_of_a_parquet_file_may_be_cents(tmp_path):
    days = ["2026-01-01", "2026-01-02"]
    frame = pl.DataFrame({"order_id": ["1", "2"], "customer_id": ["c1", "c2"], "order_date": days, "amount_cents": [14900, 50950]})
    frame.write_parquet(tmp_path / "orders.parquet")
    with pytest.raises(InputError, match="whole numbers such as 14900 may be units or cents"):
        read_export(str(tmp_path / "orders.parquet"))


CENTS = "order_id,customer_id,order_date,amount,currency\n1,c1,2026-01-01,14900,eur\n2,c2,2026-01-02,50900,eur\n"


def test_55_cents_or_units(tmp_path):
    said = refused(tmp_path, CENTS)
    assert "[amount] whole numbers such as 14900 may be units or cents. Nothing was dropped" in said
    assert "--minor-units" in said


@pytest.mark.parametrize(("minor_units", "value"), [(True, 149.0), (False, 14900.0)])
def test_55_cents_or_units_as_told(tmp_path, minor_units, value):
    assert orders_of(read_text(tmp_path, CENTS, minor_units=minor_units))["1"][2] == value


@pytest.mark.parametrize(("currency", "value"), [("jpy", 14900.0), ("kwd", 14.9), ("eur", 149.0)])
def test_55_not_every_currency_has_cents(tmp_path, currency, value):
    assert orders_of(read_text(tmp_path, CENTS.replace("eur", currency), minor_units=True))["1"][2] == value


PAGE = "<html><body><table>{}</table></body></html>".format(
    "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in line.split(",")) + "</tr>" for line in PLAIN.splitlines())
)


def test_56_a_page_that_is_called_a_workbook(tmp_path):
    reading = read_export(written(tmp_path, PAGE, "orders.xls"))
    assert (orders_of(reading), reading.records[0].container) == (TWELVE, "html, sheet table 1")


def test_57_json_that_is_called_csv(tmp_path):
    assert "this is JSON, not a table" in refused(tmp_path, '[{"order_id": 1, "total": 5}]')


ADDRESSED = "order_id,email,order_date,total\n"


def test_58_addresses_are_folded(tmp_path):
    reading = read_text(tmp_path, ADDRESSED + "1,Ann@Example.com ,2026-01-01,10\n2,ann@example.com,2026-01-02,20\n")
    assert set(reading.orders["customer_id"]) == {"ann@example.com"}


def test_58_two_addresses_are_set_aside(tmp_path):
    content = (
        ADDRESSED
        + '1,"ann@example.com; ann2@example.com",2026-01-03,5\n'
        + "".join(f"{n},b{n % 7}@example.com,2026-01-03,1.50\n" for n in range(3, 50))
    )
    reading = read_text(tmp_path, content, identity="email")
    assert fates(reading) == {"used": 47, "two_addresses": 1}


def test_59_ids_that_a_spreadsheet_was_to_take_for_text(tmp_path):
    reading = read_text(tmp_path, HEADER + '"=""00123""",c1,2026-01-01,10\n\'00124,c2,2026-01-02,20\n')
    assert set(orders_of(reading)) == {"00123", "00124"}


def test_60_marks_that_cant_be_seen(tmp_path):
    content = HEADER + "1,c1\u200b,2026-01-01,10\n2,\u00a0c1,2026-01-02,20\n3,\ufeffc1,2026-01-03,1\n"
    assert set(read_text(tmp_path, content).orders["customer_id"]) == {"c1"}
    ran = clv("inspect", written(tmp_path, content), "--config", str(empty(tmp_path)))
    assert "[customer_id] 3 ids had marks or blanks around them, which were taken off" in ran.text.replace("\n", " ")


def test_61_a_file_that_was_cut_off(tmp_path):
    said = refused(tmp_path, PLAIN[:-9])
    assert "orders.csv:13: the last line is incomplete: 3 fields, expected 4, and no line end. The file was cut off" in said


def test_62_a_file_that_was_cut_off_inside_quotes(tmp_path):
    said = refused(tmp_path, PLAIN + '13,"c')
    assert "orders.csv:14" in said
    assert "never closes; the download is incomplete" in said


def test_38_a_sign_and_the_code_of_its_currency_are_one(tmp_path):
    content = "order_id;customer_id;order_date;total\n1;a;2026-01-05;1.234,56 €\n2;b;2026-01-06;EUR 5,00\n"
    assert [amount for _, _, amount in orders_of(read_text(tmp_path, content)).values()] == [1234.56, 5.0]


def test_36_thousands_in_groups_of_two(tmp_path):
    content = HEADER + '1,a,2026-01-05,"₹1,23,456.50"\n2,b,2026-01-06,₹12.00\n'
    assert orders_of(read_text(tmp_path, content))["1"][2] == 123_456.5


def test_63_a_decimal_mark_of_another_script(tmp_path):
    assert orders_of(read_text(tmp_path, HEADER + "1,a,2026-01-05,٥٫٥\n2,b,2026-01-06,١٬٢٣٤٫٥\n"))["2"][2] == 1234.5


def test_63_digits_of_other_scripts(tmp_path):
    assert one_order(read_text(tmp_path, HEADER + "1,c1,2026-01-01,١٢\n"))[2] == 12.0


def test_64_a_delimiter_at_the_end(tmp_path):
    assert orders_of(read_text(tmp_path, PLAIN.replace("\n", ",\n"))) == TWELVE


def test_65_blanks_after_the_delimiter(tmp_path):
    reading = read_text(tmp_path, 'order_id, customer_id, order_date, total\n1, c1, 2026-01-01, 10\n2, "c, 2", 2026-01-02, 20\n')
    assert orders_of(reading) == {"1": ("c1", "2026-01-01", 10.0), "2": ("c, 2", "2026-01-02", 20.0)}


# Containers


def test_66_68_packed_whatever_it_is_called(tmp_path):
    packed = gzip.compress(PLAIN.encode())
    assert orders_of(read_export(written(tmp_path, packed, "orders.csv.gz"))) == TWELVE
    assert orders_of(read_export(written(tmp_path, packed, "orders.csv"))) == TWELVE


def archive(**members):
    """A ZIP archive with these members and what a Mac adds."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "."), content)
        file.writestr("__MACOSX/._orders.csv", b"\x00\x05\x16\x07")
    return out.getvalue()


def test_67_an_archive_of_one_export_and_something_else(tmp_path):
    content = archive(orders__csv=PLAIN, products__csv="sku,name\nA,Apple\n")
    assert orders_of(read_export(written(tmp_path, content, "export.zip"))) == TWELVE


def test_67_an_archive_of_two_exports(tmp_path):
    content = archive(a__csv=PLAIN, b__csv=PLAIN.replace("order_date", "date"))
    with pytest.raises(Exception, match=r"the archive has several members: a\.csv, b\.csv") as told:
        read_export(written(tmp_path, content, "export.zip"))
    assert "--member a.csv" in str(told.value)
    assert orders_of(read_export(written(tmp_path, content, "export.zip"), member="b.csv")) == TWELVE


def test_67_a_text_that_is_no_table_is_left_in_its_archive(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("export/orders.csv", PLAIN)
        archive.writestr("export/readme.txt", "What this is.")
    assert orders_of(read_export(written(tmp_path, content.getvalue(), "export.zip"))) == TWELVE


def test_69_a_packed_file_that_is_damaged_from_its_start(tmp_path):
    said = refused(tmp_path, gzip.compress(PLAIN.encode())[:-8])
    assert said.startswith("orders.csv: the file is damaged: ")


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"BZh91AY&SY", "a file packed by bzip2, which clv can't unpack"),
        (b"\xfd7zXZ\x00", "a file packed by xz, which clv can't unpack"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive, which clv can't unpack"),
        (b"Rar!\x1a\x07", "a RAR archive, which clv can't unpack"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b'<?xml version="1.0"?>\n<Workbook/>', "XML, not a table"),
    ],
)
def test_56_what_is_no_table_is_called_by_its_name(tmp_path, start, what):
    assert f"orders.csv: this is {what}" in refused(tmp_path, start + b"\0" * 40)


def test_69_a_packed_file_that_is_damaged(tmp_path):
    said = refused(tmp_path, gzip.compress(PLAIN.encode() * 1000)[:-40])
    assert "orders.csv: the file is damaged: Compressed file ended before the end-of-stream marker was reached" in said


def test_70_a_field_of_300_kilobytes(tmp_path):
    content = "order_id,customer_id,order_date,total,note\n" + f"1,c1,2026-01-01,10,{'x' * 300_000}\n2,c2,2026-01-02,20,y\n"
    assert read_text(tmp_path, content).ledger.orders == 2


def workbook(path, *sheets):
    """A workbook of these sheets; a cell that begins with = is a formula."""
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return str(path)


CELLS = [line.split(",") for line in PLAIN.splitlines()]


def test_71_the_sheet_with_the_orders_is_found(tmp_path):
    name = workbook(tmp_path / "orders.xlsx", ("Info", [["Report of January"], ["made by", "me"]]), ("Orders", CELLS))
    reading = read_export(name)
    assert (orders_of(reading), reading.records[0].container) == (TWELVE, "workbook, sheet Orders")


def test_71_a_formula_that_sums_up_is_no_order(tmp_path):
    rows = [[int(a), b, c, float(d)] for a, b, c, d in CELLS[1:]]
    name = workbook(tmp_path / "orders.xlsx", ("Orders", [CELLS[0], *rows, ["Total", "", "", "=SUM(D2:D13)"]]))
    assert fates(read_export(name)) == {"used": 12, "total_line": 1}


def test_71_ids_that_were_too_long_for_a_cell(tmp_path):
    rows = [[100_000_000_000_000_000 + n, "c1", "2026-01-01", 5] for n in range(4)]
    name = workbook(tmp_path / "orders.xlsx", ("Orders", [CELLS[0], *rows]))
    with pytest.raises(Exception, match=r"\[order_id\] 4 ids became 1: Excel keeps 15 digits of a number"):
        read_export(name)


def test_71_sheets_of_the_same_columns_are_not_left_out(tmp_path):
    second = [["101", "c1", "2026-02-01", "7.50"]]
    name = workbook(tmp_path / "orders.xlsx", ("January", CELLS), ("Feb 26", [CELLS[0], *second]))
    said = "2 sheets have the same columns: 'January', 'Feb 26'. Nothing was dropped"
    with pytest.raises(InputError, match=said):
        read_export(name)
    assert orders_of(read_export(name, sheet="Feb 26")) == {"101": ("c1", "2026-02-01", 7.5)}


def test_71_a_workbook_of_libreoffice(tmp_path):
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(f"<table:table-row>{''.join(map(cell.format, row))}</table:table-row>" for row in CELLS)
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))
    body = f'<office:body><office:spreadsheet><table:table table:name="A">{rows}</table:table></office:spreadsheet></office:body>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    listed = f'<m:file-entry m:full-path="/" m:media-type="{kind}"/>'
    with zipfile.ZipFile(tmp_path / "orders.ods", "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", f'<?xml version="1.0"?><office:document-content {spaces}>{body}</office:document-content>')
        archive.writestr(
            "META-INF/manifest.xml", f'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{listed}</m:manifest>'
        )
    assert orders_of(read_export(str(tmp_path / "orders.ods"))) == TWELVE


def test_71_a_copy_of_a_sheet_is_no_other(tmp_path):
    name = workbook(tmp_path / "orders.xlsx", ("January", CELLS), ("Copy", CELLS))
    assert orders_of(read_export(name)) == TWELVE


def test_56_a_cell_over_several_columns(tmp_path):
    rows = "".join(f"<tr><td>{n}<td>c1<td>2026-01-{n:02}<td>{n}.50</tr>" for n in DAYS)
    head = "<tr><th>order_id<th>customer_id<th>order_date<th>total</tr>"
    page = f"<table>{head}{rows}<tr><td colspan=3>Total<td>84.00</tr></table>"
    assert fates(read_export(written(tmp_path, page, "orders.xls"))) == {"used": 12, "total_line": 1}


# Without a number


def test_an_archive_that_unpacks_to_too_much(tmp_path):
    content = gzip.compress(HEADER.encode() + b"0" * 300_000_000, 9)
    assert "orders.csv: what it unpacks to is more than 200 times as large as the file" in refused(tmp_path, content)


def test_an_order_in_two_files_counts_once_and_the_newest_counts(tmp_path):
    written(tmp_path, PLAIN, "a.csv")
    written(tmp_path, HEADER + "12,c0,2026-01-12,99.00\n13,c1,2026-01-13,13.50\n", "b.csv")
    reading = read_export(str(tmp_path / "b.csv"), str(tmp_path / "a.csv"))
    assert orders_of(reading) == {**TWELVE, "12": ("c0", "2026-01-12", 99.0), "13": ("c1", "2026-01-13", 13.5)}
    assert fates(reading) == {"used": 13, "older": 1}
    assert reading.notes == ("1 order differs between files; the newest file counts: 12",)


def test_orders_in_the_future(tmp_path):
    rows = "".join(f"{n},c{n % 7},2026-01-{n % 28 + 1:02},1.50\n" for n in range(200))
    reading = read_text(tmp_path, HEADER + rows + "x,c,2098-01-01,1.50\n")
    assert fates(reading) == {"used": 200, "future": 1}
    assert fates(read_text(tmp_path, HEADER + rows + "x,c,2098-01-01,1.50\n", as_of="2098-12-31")) == {"used": 201}


def test_too_many_orders_in_the_future(tmp_path):
    said = refused(tmp_path, PLAIN + "13,c1,2098-01-13,1\n")
    assert "dated after today: 1 of 13 orders, the last 2098-01-13. Nothing was dropped" in said


def test_orders_that_brought_in_nothing(tmp_path):
    content = PLAIN + "13,c1,2026-01-13,0.00\n"
    reading = read_text(tmp_path, content)
    assert (reading.ledger.orders, reading.notes) == (
        13,
        ("1 order brought in nothing, but counted; --no-count-free leaves out what was free",),
    )
    assert fates(read_text(tmp_path, content, count_free=False)) == {"used": 12, "free": 1}


def test_refunds_without_a_purchase(tmp_path):
    reading = read_text(tmp_path, PLAIN + "R1,c1,2026-01-13,-4.00\n")
    assert (reading.ledger.orders, reading.ledger.net) == (12, 800_000)
    assert reading.notes == ("1 refund without a purchase in the data, 4.00: taken off revenue, not counted as orders",)


def test_a_refund_larger_than_its_purchase(tmp_path):
    reading = read_text(tmp_path, PLAIN + "1,c1,2026-01-13,-4.00\n")
    assert "1 order gave back more than it took: 1" in reading.notes


def test_a_customer_with_every_third_order(tmp_path):
    rows = "".join(f"{n},{'till' if n % 3 == 0 else f'c{n}'},2026-01-01,1.50\n" for n in range(90))
    assert read_text(tmp_path, HEADER.replace("order_date", "ordered_at").replace("total", "amount") + rows).notes == (
        "one customer has 30 of 90 orders: a wholesaler, or a till's default customer?",
    )


def test_exports_of_two_platforms_keep_their_ids_apart(tmp_path):
    written(tmp_path, "order_id,customer_id,ordered_at,amount\n1,7,2026-01-01,10\n", "a.csv")
    preset = tmp_path / "presets"
    preset.mkdir()
    (preset / "till.yaml").write_text(
        "title: Till\nmatch: {require: [bon, kunde, summe, tag]}\ncolumns: {order_id: bon, customer_id: kunde, amount: summe, ordered_at: tag}\n"
    )
    written(tmp_path, "bon,kunde,summe,tag\n1,7,20.50,2026-01-02\n2,ann@example.com,1.50,2026-01-02\n", "b.csv")
    reading = read_export(str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), presets=str(preset))
    assert {order: customer for order, (customer, _, _) in orders_of(reading).items()} == {
        "1": "7",
        "till:1": "till:7",
        "till:2": "ann@example.com",
    }


def test_amounts_that_say_themselves_that_their_currencies_differ(tmp_path):
    said = refused(tmp_path, HEADER + "1,a,2025-01-01,€ 5.00\n2,b,2025-01-02,$ 7.00\n")
    assert said.startswith("orders.csv:3: [total] amounts are in several currencies: '€ 5.00', '$ 7.00'. Nothing was dropped\nhint: ")


def test_a_second_currency_far_down_is_seen(tmp_path):
    rows = "".join(f"{n},c{n % 50},2025-01-{n % 28 + 1:02},5.50 EUR\n" for n in range(3000))
    assert "'5.50 EUR', '7.00 USD'" in refused(tmp_path, f"{HEADER}{rows}3001,b,2025-01-02,7.00 USD\n")


def test_a_column_that_says_the_currency_goes_before_the_amounts(tmp_path):
    content = "order_id,customer_id,ordered_at,amount,currency\n1,a,2025-01-01,€ 5.00,EUR\n2,b,2025-01-02,$ 7.00,USD\n"
    assert orders_of(read_text(tmp_path, content, currency="EUR")) == {"1": ("a", "2025-01-01", 5.0)}


def test_a_status_can_be_said_to_mean_that_all_was_given_back(tmp_path):
    content = "order_id,customer_id,ordered_at,amount,status\n1,a,2025-01-01,5,paid\n2,b,2025-01-02,7,zurp\n"
    reading = read_text(tmp_path, content, statuses={"zurp": "refunded"})
    assert orders_of(reading) == {"1": ("a", "2025-01-01", 5.0), "2": ("b", "2025-01-02", 0.0)}
    assert reading.ledger.refunds.amount == 70_000


def test_what_is_no_text_is_called_that(tmp_path):
    content = b"\x7fELF\x02\x01\x01" + bytes(range(1, 256)) * 20
    assert refused(tmp_path, content) == "orders.csv: this is no text\nhint: save it as CSV, and give that file"


def test_text_with_a_few_odd_signs_is_text(tmp_path):
    content = (HEADER + "1,Ren\u00e9\x01,2026-01-01,10\n2,b\x02ob,2026-01-02,20\n").encode("cp1252")
    assert read_text(tmp_path, content).ledger.orders == 2
