"""Records: text and Parquet cut into records, and the line on which each of them begins."""

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from exported import HEADER, fates, one_order, orders_of, read_export, read_text, refused, written

from clvcli.errors import InputError
from clvcli.exports.dialect import Given
from clvcli.exports.files import files
from clvcli.exports.quality import quality
from clvcli.exports.records import places, records


def records_of(folder, text, **given):
    (file,) = files([written(folder, text)])
    return records(file, Given(**given))


def parquet(folder, name="orders.parquet", **columns):
    path = folder / name
    pl.DataFrame(columns).write_parquet(path)
    return str(path)


# Text


def test_all_columns_are_text(tmp_path):
    text = records_of(tmp_path, "id,number,day\n007,1.50,2024-01-05\n")
    assert text.frame.collect().row(0)[1:4] == ("007", "1.50", "2024-01-05")


def test_ids_keep_what_a_number_would_lose(tmp_path):
    text = HEADER + "00123,007,2024-01-05,1\n123,7,2024-01-05,1\n12345678901234567890,1e3,2024-01-05,1\n1.0,1000,2024-01-05,1\n"
    assert {(order, customer) for order, (customer, *_) in orders_of(read_text(tmp_path, text)).items()} == {
        ("00123", "007"),
        ("123", "7"),
        ("12345678901234567890", "1e3"),
        ("1.0", "1000"),
    }


def test_a_sample_is_the_first_values_of_a_column(tmp_path):
    assert records_of(tmp_path, "id,note\n1,a\n2\n3,c\n").sample("note") == ["a", "c"]


def lines_of(records, numbers):
    """The line on which each of these records begins."""
    return {number: line for number, (line, _) in places(records, numbers).items()}


def test_a_record_begins_on_its_physical_line(tmp_path):
    text = records_of(tmp_path, 'id,note\n1,"one\ntwo"\n2,x\n3,"three\r\n\r\nfour"\n4,y\n')
    assert lines_of(text, [0, 1, 2, 3]) == {0: 2, 1: 4, 2: 5, 3: 8}


def test_a_header_over_two_lines_shifts_the_records(tmp_path):
    assert lines_of(records_of(tmp_path, '"id","note\nlong"\n1,a\n2,b\n'), [0, 1]) == {0: 3, 1: 4}


def test_without_a_header_the_first_line_is_a_record(tmp_path):
    assert lines_of(records_of(tmp_path, "1,a\n2,b\n", has_header=False), [0, 1]) == {0: 1, 1: 2}


def test_blank_separated_records_have_lines_too(tmp_path):
    assert lines_of(records_of(tmp_path, "id day\n1 a\n\n2 b\n"), [0, 1]) == {0: 2, 1: 4}


def test_blank_lines_are_no_records_and_shift_no_line(tmp_path):
    text = HEADER + "\n1,ann,2024-01-05,10\n\n\n2,bob,2024-01-06,x\n   \n3,bob,2024-01-06,5\n"
    read = read_text(tmp_path, text, max_rejects=1)
    assert fates(read) == {"used": 2, "bad_amount": 1}
    assert read.rejects["line"].to_list() == [6]


def test_a_line_of_empty_fields_is_no_record_and_is_counted(tmp_path):
    read = read_text(tmp_path, HEADER + "1,ann,2024-01-05,10\n,,,\n")
    assert (fates(read), read.ledger.blank_lines) == ({"used": 1}, 1)


# Records that are too long or too short


def test_a_record_with_more_fields_than_names_is_set_aside_at_its_line(tmp_path):
    text = HEADER + "1,ann,2024-01-05,10\n2,bob,2024-01-06,20,30,40\n"
    assert "line 3: '2,bob,2024-01-06,20,30,40': 6 fields, expected 4; probably an unquoted delimiter" in refused(tmp_path, text)
    assert fates(read_text(tmp_path, text, max_rejects=1)) == {"used": 1, "fields": 1}


def test_a_comma_between_thousands_is_part_of_the_only_number_it_can_be_in(tmp_path):
    text = HEADER + "1,ann,2024-01-05,10.50\n2,bob,2024-01-06,1,200.50\n3,cy,2024-01-06,2.50\n"
    assert orders_of(read_text(tmp_path, text))["2"] == ("bob", "2024-01-06", 1200.5)


def test_a_comma_that_should_have_been_quoted_never_makes_an_amount_smaller(tmp_path):
    text = "order_id,customer_id,ordered_at,amount,tax,note\n1,ann,2024-01-05,10.50,1,\n2,bob,2024-01-06,1,234.50,2,x\n"
    assert "7 fields, expected 6" in refused(tmp_path, text)


def test_a_blank_that_should_have_been_quoted_never_shifts_a_column(tmp_path):
    text = "customer_id ordered_at amount channel\n1 2024-01-05 10 web\n2 2024-01-06 1 234 web\n"
    reading = read_text(tmp_path, text, delimiter=" ", max_rejects=1)
    assert [amount for *_, amount in orders_of(reading).values()] in ([10.0], [10.0, 1234.0])


def test_a_record_that_is_too_short_for_its_amount_is_rejected(tmp_path):
    text = HEADER + "1,ann,2024-01-05,10\n2,bob,2024-01-06\n3\n"
    assert fates(read_text(tmp_path, text, max_rejects=1)) == {"used": 1, "no_amount": 1, "no_date": 1}


def test_a_record_that_is_too_short_for_an_attribute_has_none(tmp_path):
    text = "order_id,customer_id,ordered_at,amount,channel\n1,ann,2024-01-05,10,web\n2,bob,2024-01-06,20\n"
    read = read_text(tmp_path, text, by=("channel",))
    assert dict(read.orders.select("order_id", "channel").iter_rows()) == {"1": "web", "2": None}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_a_file_that_is_cut_off_in_its_last_line_is_refused(tmp_path, pack):
    whole = "order_id,customer_id,ordered_at,amount,channel\n1,ann,2024-01-05,10.50,web\n2,bob,2024-01-06,25.00,web"
    cut = whole.removesuffix("5.00,web")
    assert fates(read_text(tmp_path, pack(whole.encode()))) == {"used": 2}
    assert "orders.csv:3: the last line is incomplete: 4 fields, expected 5, and no line end" in refused(tmp_path, pack(cut.encode()))


# Parquet


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (pl.Series(["007", " a "]), ["007", "a"]),
        (pl.Series([7, 9_007_199_254_740_993]), ["7", "9007199254740993"]),
        (pl.Series(["x", "y"], dtype=pl.Categorical), ["x", "y"]),
        (pl.Series(["x", "y"], dtype=pl.Enum(["x", "y"])), ["x", "y"]),
        (pl.Series([b"x", b"y"]), ["x", "y"]),
    ],
    ids=["text", "int", "categorical", "enum", "binary"],
)
def test_typed_ids_become_text(tmp_path, ids, expected):
    name = parquet(tmp_path, customer_id=ids, ordered_at=[date(2024, 1, 5)] * 2, amount=[1, 2])
    assert [customer for customer, *_ in orders_of(read_export(name)).values()] == expected


@pytest.mark.parametrize(
    ("ids", "known"),
    [
        (pl.Series([1, None]), 1),
        (pl.Series(["ann", None]), 1),
        (pl.Series(["ann", ""]), 1),
        (pl.Series(["ann", "  "]), 1),
        (pl.Series(["ann", "NULL"]), 1),
        (pl.Series([1.0, float("nan")]), 1),
    ],
)
def test_an_id_that_is_null_in_any_way_is_no_customer(tmp_path, ids, known):
    name = parquet(tmp_path, customer_id=ids, ordered_at=[date(2024, 1, 5)] * 2, amount=[1, 2])
    assert fates(read_export(name)) == {"used": known, "no_customer": 2 - known}


@pytest.mark.parametrize(
    "amount",
    [
        pl.Series([12.34]),
        pl.Series([12.34], dtype=pl.Float32),
        pl.Series([Decimal("12.3400")], dtype=pl.Decimal(20, 4)),
        pl.Series([Decimal("12.34")], dtype=pl.Decimal(38, 2)),
        pl.Series(["12.34"]),
    ],
    ids=["float", "float32", "decimal", "wide decimal", "text"],
)
def test_typed_amounts_are_exact(tmp_path, amount):
    name = parquet(tmp_path, customer_id=["ann"], ordered_at=[date(2024, 1, 5)], amount=amount)
    assert one_order(read_export(name)) == ("ann", "2024-01-05", 12.34)


@pytest.mark.parametrize("dtype", [pl.Int8, pl.UInt8, pl.Int64, pl.UInt64, pl.Int128])
def test_whole_amounts_are_exact(tmp_path, dtype):
    name = parquet(tmp_path, customer_id=["ann"], ordered_at=[date(2024, 1, 5)], amount=pl.Series([100], dtype=dtype))
    assert one_order(read_export(name)) == ("ann", "2024-01-05", 100.0)


LATE = datetime(2024, 1, 5, 23, 30)  # noqa: DTZ001 - a shop's own clock has no zone


@pytest.mark.parametrize(
    ("when", "tz", "day"),
    [
        (pl.Series([date(2024, 1, 5)]), "", "2024-01-05"),
        (pl.Series([date(2024, 1, 5)]), "Asia/Tokyo", "2024-01-05"),
        (pl.Series([LATE]), "", "2024-01-05"),
        (pl.Series([LATE]), "Asia/Tokyo", "2024-01-05"),
        (pl.Series([LATE], dtype=pl.Datetime("ms")), "", "2024-01-05"),
        (pl.Series([LATE.replace(tzinfo=UTC)]), "", "2024-01-05"),
        (pl.Series([LATE.replace(tzinfo=UTC)]), "Europe/Rome", "2024-01-06"),
        (pl.Series([LATE.replace(tzinfo=UTC)]).dt.convert_time_zone("Europe/Rome"), "", "2024-01-06"),
        (pl.Series([LATE.replace(tzinfo=ZoneInfo("Europe/Rome"))]), "America/New_York", "2024-01-05"),
        (pl.Series([20240105]), "", "2024-01-05"),
        (pl.Series([1704497400]), "Europe/Rome", "2024-01-06"),
        (pl.Series(["2024-01-05 23:30:00"]), "", "2024-01-05"),
        (pl.Series(["2024-01-05T23:30:00Z"]), "Europe/Rome", "2024-01-06"),
    ],
)
def test_typed_times_have_their_day_in_the_shops_zone(tmp_path, when, tz, day):
    name = parquet(tmp_path, customer_id=["ann"], ordered_at=when, amount=[1])
    assert one_order(read_export(name, tz=tz)) == ("ann", day, 1.0)


@pytest.mark.parametrize(
    "when",
    [pl.Series([5]), pl.Series(["05.01.2024"]), pl.Series([["2024-01-05"]]), pl.Series([True])],
    ids=["int", "text", "list", "bool"],
)
def test_what_is_no_date_is_refused(tmp_path, when):
    with pytest.raises(InputError):
        read_export(parquet(tmp_path, customer_id=["ann"], ordered_at=when, amount=[1]))


@pytest.mark.parametrize("when", [pl.Series([LATE.time()]), pl.Series([LATE - LATE])], ids=["time", "duration"])
def test_a_time_without_a_day_is_refused(tmp_path, when):
    with pytest.raises(InputError):
        read_export(parquet(tmp_path, customer_id=["ann"], ordered_at=when, amount=[1]))


@pytest.mark.parametrize("amount", [pl.Series([[1]]), pl.Series([{"value": 1}]), pl.Series([LATE])], ids=["list", "struct", "time"])
def test_an_amount_that_is_no_number_is_refused(tmp_path, amount):
    with pytest.raises(InputError):
        read_export(parquet(tmp_path, customer_id=["ann"], ordered_at=[date(2024, 1, 5)], amount=amount))


@pytest.mark.parametrize("ids", [pl.Series([["ann"]]), pl.Series([b"\xff"])], ids=["list", "binary"])
def test_an_id_that_is_no_text_is_refused(tmp_path, ids):
    with pytest.raises(InputError):
        read_export(parquet(tmp_path, customer_id=ids, ordered_at=[date(2024, 1, 5)], amount=[1]))


def test_an_empty_parquet_file_is_refused(tmp_path):
    with pytest.raises(InputError):
        read_export(parquet(tmp_path, customer_id=pl.Series([], dtype=pl.String), ordered_at=pl.Series([], dtype=pl.Date), amount=[]))


# Several files


def test_a_file_without_a_column_of_the_first_is_refused(tmp_path):
    first = parquet(tmp_path, "a.parquet", customer_id=["ann"], ordered_at=[date(2024, 1, 5)], amount=[1], channel=["web"])
    second = parquet(tmp_path, "b.parquet", customer_id=["bob"], ordered_at=[date(2024, 1, 5)], amount=[1])
    with pytest.raises(InputError, match=r"b\.parquet:1: no column 'channel', which .*a\.parquet has"):
        read_export(first, second)


def test_files_may_have_their_columns_in_another_order(tmp_path):
    first = written(tmp_path, HEADER + "1,ann,2024-01-05,10\n", "a.csv")
    second = written(tmp_path, "amount,ordered_at,customer_id,order_id\n20,2024-01-06,bob,2\n", "b.csv")
    assert orders_of(read_export(first, second)) == {"1": ("ann", "2024-01-05", 10.0), "2": ("bob", "2024-01-06", 20.0)}


def test_a_currency_that_only_a_later_file_has_is_not_overlooked(tmp_path):
    first = written(tmp_path, HEADER + "1,ann,2024-01-05,10\n", "a.csv")
    second = written(tmp_path, "order_id,customer_id,ordered_at,amount,currency\n2,bob,2024-01-06,20,USD\n", "b.csv")
    with pytest.raises(InputError, match="currency"):
        read_export(first, second)


def test_files_may_have_their_columns_in_other_types(tmp_path):
    first = parquet(tmp_path, "a.parquet", customer_id=[1], ordered_at=[date(2024, 1, 5)], amount=[10], channel=[1])
    second = parquet(tmp_path, "b.parquet", customer_id=["2"], ordered_at=[LATE], amount=[Decimal("2.50")], channel=["web"])
    assert [*orders_of(read_export(first, second, by=("channel",))).values()] == [("1", "2024-01-05", 10.0), ("2", "2024-01-05", 2.5)]


def test_a_file_that_goes_away_in_mid_run_is_told(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("customer_id,order_id,ordered_at,amount\nann,1,2024-01-05,10\n")
    (plan,) = read_export(str(path)).plans
    path.unlink()
    with pytest.raises(InputError, match=r"orders.csv: can't be read a second time: No such file or directory"):
        quality(plan)
