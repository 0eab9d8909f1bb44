"""Dialect: encoding, delimiter, quoting and header of a text, seen or given."""

import pytest
from exported import HEADER, fates, one_order, orders_of, read_text, refused

from clvcli.errors import ClvError, InputError, UsageError

ANN = ("ann", "2024-01-05", 10.5)
TEXT = "order_id,customer_id,ordered_at,amount\n1,ann,2024-01-05,10.5\n"


# Delimiters


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_a_delimiter_is_seen(tmp_path, mark):
    assert one_order(read_text(tmp_path, TEXT.replace(",", mark))) == ANN


@pytest.mark.parametrize("mark", [":", "^", "~", " ", "\x01"])
def test_any_other_character_is_a_delimiter_if_it_is_given(tmp_path, mark):
    assert one_order(read_text(tmp_path, TEXT.replace(",", mark), delimiter=mark)) == ANN


def test_backslash_t_as_a_shell_passes_it_on_is_a_tab(tmp_path):
    assert one_order(read_text(tmp_path, TEXT.replace(",", "\t"), delimiter="\\t")) == ANN


@pytest.mark.parametrize("mark", [";;", "§", "\n", "\r", '"', "\0"])
def test_what_cannot_be_a_delimiter_is_refused(tmp_path, mark):
    assert "is no delimiter" in refused(tmp_path, TEXT, UsageError, delimiter=mark)


def test_the_delimiter_is_the_one_that_cuts_all_records_alike(tmp_path):
    text = "order_id;customer_id;ordered_at;amount;note\n1;ann;2024-01-05;10.5;a, b, c\n2;bob;2024-01-06;1;d\n"
    assert list(orders_of(read_text(tmp_path, text))) == ["1", "2"]


def test_columns_may_be_set_apart_by_blanks(tmp_path):
    text = " customer_id  ordered_at   amount\n 00001 1997-01-01   11.77\n 00002 1997-01-12   12.00\n"
    assert list(orders_of(read_text(tmp_path, text)).values()) == [("00001", "1997-01-01", 11.77), ("00002", "1997-01-12", 12.0)]


# Header


def test_columns_without_a_header_are_numbered(tmp_path):
    columns = {"order_id": "1", "customer_id": "2", "ordered_at": "3", "amount": "4"}
    assert one_order(read_text(tmp_path, "1,ann,2024-01-05,10.5\n", header=False, columns=columns)) == ANN


def test_a_file_without_a_header_that_is_read_with_one_loses_no_order_silently(tmp_path):
    assert "line 1 looks like data" in refused(tmp_path, "1,ann,2024-01-05,10.5\n2,bob,2024-01-06,7\n")


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("customer id;order date;total", "Jan {}, 2024, 10:15:00 AM;1,234.50"),
        ("customer id|order date|total|note", "2024-01-{:02}|1,234.50|a, b, c, d"),
        ("customer id\torder date\ttotal\tnote", "2024-01-{:02}\t1.234,50\ta; b; c; d; e"),
    ],
)
def test_a_sign_that_stands_in_every_record_but_not_in_the_header_is_no_delimiter(tmp_path, head, cells):
    sign = head[len("customer id")]
    rows = "".join(f"c{n % 9}{sign}{cells.format(n % 28 + 1)}\n" for n in range(50))
    assert {amount for _, _, amount in orders_of(read_text(tmp_path, f"{head}\n{rows}")).values()} == {1234.5}


@pytest.mark.parametrize("first", ["１２,ann,x,y", "\"'12'\",ann,x,y", "\u200b12\u200b,ann,x,y"])
def test_a_first_line_of_data_in_disguise_is_no_header_either(tmp_path, first):
    assert "line 1 looks like data" in refused(tmp_path, f"{first}\n2,bob,2024-01-06,7\n")


def test_blank_separated_columns_without_a_header_are_numbered(tmp_path):
    columns = {"customer_id": "1", "ordered_at": "2", "amount": "3"}
    read = read_text(tmp_path, "ann 2024-01-05 10.5\n", header=False, delimiter=" ", columns=columns)
    assert one_order(read) == ANN


def test_two_columns_of_one_name_are_refused(tmp_path):
    said = refused(tmp_path, "order_id,customer_id,ordered_at,amount,amount\n1,ann,2024-01-05,10,99\n")
    assert said.startswith("orders.csv:1: [header] columns 4 and 5 are both called 'amount', and their values differ")


def test_columns_without_a_name_are_no_twins(tmp_path):
    assert one_order(read_text(tmp_path, "order_id,customer_id,ordered_at,amount,,\n1,ann,2024-01-05,10.5,,\n")) == ANN


@pytest.mark.parametrize("text", [HEADER, HEADER + "\n\n", HEADER + "  \n"])
def test_a_header_alone_is_refused_with_its_columns(tmp_path, text):
    said = refused(tmp_path, text)
    assert said == "orders.csv:1: no orders after the header; columns: order_id, customer_id, ordered_at, amount\nhint: export it again"


@pytest.mark.parametrize("text", ["\n\n", "   ", "\ufeff", "\ufeff\n"])
def test_nothing_but_blanks_is_refused(tmp_path, text):
    assert refused(tmp_path, text) == "orders.csv: the file holds no text\nhint: export it again"


def test_blank_lines_before_the_header_are_no_header(tmp_path):
    assert one_order(read_text(tmp_path, "\n\n" + TEXT)) == ANN


def test_lines_before_the_header_are_skipped_and_told(tmp_path):
    reading = read_text(tmp_path, "Orders of my shop\nMade on 2024-02-01\n" + TEXT)
    assert one_order(reading) == ANN
    assert reading.records[0].repairs == [("header on line 3, 2 before it skipped", "header")]


# Quoting


def test_quoted_fields_hold_delimiters_quotes_and_line_ends(tmp_path):
    text = 'order_id,customer_id,note,ordered_at,amount\n1,"ann, ""A""","one\ntwo,\r\nthree",2024-01-05,10.5\n'
    assert one_order(read_text(tmp_path, text)) == ('ann, "A"', "2024-01-05", 10.5)


def test_a_quoted_header_may_hold_delimiters_and_line_ends(tmp_path):
    text = '"order_id","customer_id","ordered_at","amount","note, long\nor short"\n1,ann,2024-01-05,10.5,x\n'
    assert one_order(read_text(tmp_path, text)) == ANN


@pytest.mark.parametrize(
    ("second", "third", "fourth"),
    [
        ('12" mug', '6" mug', "x"),
        ('"a" mug', "x", 'b "c"'),
        ("x", '"', 'x"y'),
        ("x", '"', '"y'),
        ("x", '"', "y"),
        ('"', "x", "y"),
    ],
)
def test_quotes_that_stand_wrong_swallow_no_record(tmp_path, second, third, fourth):
    text = f"""order_id,customer_id,ordered_at,amount,note
1,ann,2024-01-05,10,{second}
2,bob,2024-01-06,20,{third}
3,cy,2024-01-07,30,{fourth}
"""
    assert fates_or_refusal(tmp_path, text) in ({"used": 3}, "refused")


def fates_or_refusal(folder, text):
    try:
        return fates(read_text(folder, text))
    except InputError:
        return "refused"


@pytest.mark.parametrize("quoted", ["x" * 300_000, '"' + "x,\n" * 100_000 + '"'], ids=["plain", "quoted"])
def test_a_field_may_be_huge(tmp_path, quoted):
    text = f"order_id,customer_id,ordered_at,amount,note\n1,ann,2024-01-05,10.5,{quoted}\n"
    assert one_order(read_text(tmp_path, text)) == ANN


# Encoding


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    assert one_order(read_text(tmp_path, "\ufeff" + TEXT)) == ANN


def test_a_byte_order_mark_before_a_file_without_a_header_is_no_part_of_an_id(tmp_path):
    columns = {"order_id": "1", "customer_id": "2", "ordered_at": "3", "amount": "4"}
    assert orders_of(read_text(tmp_path, "\ufeff1,ann,2024-01-05,10.5\n", header=False, columns=columns)) == {"1": ANN}


def test_an_encoding_that_is_given_is_used(tmp_path):
    text = TEXT.replace("ann", "änn €").encode("cp1252")
    assert one_order(read_text(tmp_path, text, encoding="cp1252")) == ("änn €", "2024-01-05", 10.5)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "UTF8", "utf_8"])
def test_every_unicode_encoding_can_be_given(tmp_path, encoding):
    assert one_order(read_text(tmp_path, TEXT.replace("ann", "Ōzols").encode(encoding), encoding=encoding)) == ("Ōzols", "2024-01-05", 10.5)


def test_text_that_is_not_utf_8_is_read_by_its_letters(tmp_path):
    reading = read_text(tmp_path, TEXT.encode() + b"2,J\xf6rg,2024-01-06,7\n")
    assert orders_of(reading)["2"][0] == "Jörg"
    assert reading.records[0].repairs == [("read as cp1252, since byte 0xF6 on line 3 isn't UTF-8", "encoding")]


def test_text_that_stops_being_utf_8_far_down_is_read_as_what_it_is(tmp_path):
    rows = "".join(f"{n},c{n % 99},2024-01-05,1\n" for n in range(20_000))
    reading = read_text(tmp_path, (HEADER + rows).encode() + b"x,J\xf6rg,2024-01-06,7\n")
    assert orders_of(reading)["x"] == ("J\xf6rg", "2024-01-06", 7.0)
    assert reading.records[0].repairs == [("read as cp1252, since byte 0xF6 on line 20002 isn't UTF-8", "encoding")]


def test_text_that_is_not_in_the_given_encoding_is_refused_at_its_line(tmp_path):
    said = refused(tmp_path, TEXT.encode() + b"2,J\x81rg,2024-01-06,7\n", encoding="cp1252")
    assert said.startswith("orders.csv:3: not cp1252: byte 0x81")


@pytest.mark.parametrize("encoding", ["utf-9", "rot13", "hex", "base64", "zlib", "undefined", "a\nb"])
def test_what_is_no_encoding_of_text_is_refused(tmp_path, encoding):
    assert "--encoding cp1252" in refused(tmp_path, TEXT, ClvError, encoding=encoding)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_seen(tmp_path, encoding):
    assert one_order(read_text(tmp_path, TEXT.replace("ann", "Ōzols").encode(encoding))) == ("Ōzols", "2024-01-05", 10.5)


def test_zero_bytes_are_taken_out_and_told(tmp_path):
    reading = read_text(tmp_path, TEXT + "2,b\0b,2024-01-06,7\n")
    assert orders_of(reading)["2"][0] == "bb"
    assert reading.records[0].repairs == [("zero bytes taken out: 1, first on line 3", "rejects")]


@pytest.mark.parametrize("note", ["x", '"x"'])
def test_a_carriage_return_alone_among_other_line_ends_swallows_no_record(tmp_path, note):
    text = f"order_id,customer_id,ordered_at,amount,note\n1,ann,2024-01-05,10,{note}\r2,bob,2024-01-06,20,y\n3,cy,2024-01-07,30,z\n"
    assert fates_or_refusal(tmp_path, text) in ({"used": 3}, "refused")


@pytest.mark.parametrize("header", ["order_id,customer_id,ordered_at,amount\r,note", "order_id\r,customer_id,ordered_at,amount"])
def test_a_carriage_return_alone_in_the_header_is_refused_or_loses_nothing(tmp_path, header):
    assert fates_or_refusal(tmp_path, f"{header}\n1,ann,2024-01-05,10\n") in ({"used": 1}, "refused")


def test_line_ends_may_be_mixed(tmp_path):
    assert list(orders_of(read_text(tmp_path, TEXT.replace("\n", "\r\n") + "2,bob,2024-01-06,7\n"))) == ["1", "2"]


def test_the_last_line_needs_no_end(tmp_path):
    assert one_order(read_text(tmp_path, TEXT.rstrip("\n"))) == ANN
