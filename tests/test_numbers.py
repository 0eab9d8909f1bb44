"""Numbers and ids: text to exact money, and to who or what it stands for."""

import pytest
from exported import HEADER, fates, one_order, orders_of, read_text, refused

from clvcli.errors import ClvError
from clvcli.exports.numbers import LARGEST

HEAD = HEADER.replace(",", "|")
PLAIN = "1|ann|2024-01-05|1\n2|ann|2024-01-06|2\n3|ann|2024-01-07|3\n"


def amount_of(folder, text, **options):
    """The amount, in ten-thousandths, of one record among plain ones; None if it was rejected."""
    read = read_text(folder, HEAD + PLAIN + f"x|ann|2024-01-08|{text}\n", delimiter="|", max_rejects=1, **options)
    return dict(read.orders.select("order_id", "amount").iter_rows()).get("x")


# Money


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("10", 100_000), ("10.5", 105_000), ("-10.5", -105_000), ("+10.5", 105_000), (" 10 ", 100_000), (".5", 5_000), ("5.", 50_000),
        ("0", 0), ("-0", 0), ("0.00", 0), ("1e2", 1_000_000), ("0.0001", 1), ("-0.0001", -1), ("19.99", 199_900), ("0.1", 1_000),
    ],
)  # fmt: skip
def test_a_plain_number_is_exact(tmp_path, text, amount):
    assert amount_of(tmp_path, text) == amount


@pytest.mark.parametrize(
    ("text", "amount"), [("1.00004", 10_000), ("1.00006", 10_001), ("-1.00006", -10_001), ("0.00004", 0), ("7.123456", 71_235)]
)
def test_more_than_four_decimals_are_rounded_to_the_nearest(tmp_path, text, amount):
    assert amount_of(tmp_path, text) == amount


@pytest.mark.parametrize("text", ["89999999999.9999", "-89999999999.9999", "12345678901.2345", "90000000000"])
def test_the_largest_amounts_are_exact(tmp_path, text):
    assert amount_of(tmp_path, text) == int(text.replace(".", "").ljust(len(text.split(".")[0]) + 4, "0"))


@pytest.mark.parametrize(
    "text", ["90000000001", "-90000000001", "1e11", "1e300", "99999999999999999999", "inf", "-inf", "Infinity", "1e400"]
)
def test_an_amount_past_what_is_exact_is_rejected(tmp_path, text):
    assert amount_of(tmp_path, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "12abc",
        "--",
        "0x10",
        "1_000",
        "1.2.3",
        "1-2",
        "(5",
        "5)",
        "=1",
        "free",
        "1 00",
        "$",
        "12 €€ 3",
        "- -5",
        "1,00,0",
        "((5))",
        "$ (5",
        "(5)-(5)",
    ],
)
def test_what_is_no_number_is_rejected(tmp_path, text):
    assert amount_of(tmp_path, text) is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,5", 15_000), ("1 000", 10_000_000), ("−5", -50_000), ("– 5", -50_000), ("$5", 50_000), ("-$5", -50_000), ("$-5", -50_000), ("5 €", 50_000),
        ("5-", -50_000), ("(5)", -50_000), ("($5.25)", -52_500), ("١٢", 120_000), ("१२.५", 125_000), ("USD 5", 50_000), ("5 kr", 50_000),
        ("R$ 5", 50_000), ("$ (5.25)", -52_500), ("(5) kr", -50_000), ("5- €", -50_000), ("Fr. 5", 50_000), ("5 руб.", 50_000), ("5 euro", 50_000),
        ("12.–", 120_000), ("12.-", 120_000), ("CHF 12.--", 120_000), ('="12.50"', 125_000), ("'12.50", 125_000), ("12.50\u200b", 125_000),
        ("12.345,67", 123_456_700), ("1'234", 12_340_000), ("1,234,567", 12_345_670_000), ("1,234.5", 12_345_000),
    ],
)  # fmt: skip
def test_a_number_is_read_however_it_is_written(tmp_path, text, amount):
    assert amount_of(tmp_path, text) == amount


@pytest.mark.parametrize("text", ["", " ", "NULL", "null", "NaN", "nan", "N/A", "#N/A", "None", "\\N"])
def test_an_amount_that_says_it_is_none_is_none(tmp_path, text):
    read = read_text(tmp_path, HEAD + PLAIN + f"x|ann|2024-01-08|{text}\n", delimiter="|", max_rejects=1)
    assert fates(read) == {"used": 3, "no_amount": 1}


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12,5", 125_000), ("1.234,56", 12_345_600), ("1.234", 12_340_000), ("1.234.567,8", 12_345_678_000), ("-3,5", -35_000),
        ("1 234,56", 12_345_600), ("1\u00a0234,56", 12_345_600), ("1\u202f234,56", 12_345_600), ("1'234,56", 12_345_600),
        ("12,-", 120_000), ("1.003,–", 10_030_000), ("-12,- €", -120_000),
        ("12,00 €", 120_000), ("€ 12", 120_000), ("12", 120_000), (",5", 5_000),
    ],
)  # fmt: skip
def test_with_a_decimal_comma_points_and_blanks_set_thousands_apart(tmp_path, text, amount):
    assert amount_of(tmp_path, text, decimal=",") == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.5", 125_000),
        ("1,234.56", 12_345_600),
        ("1,234", 12_340_000),
        ("$1,149.00 ", 11_490_000),
        ("1'234.50", 12_345_000),
        ("-£3", -30_000),
    ],
)
def test_with_a_decimal_point_commas_set_thousands_apart(tmp_path, text, amount):
    assert amount_of(tmp_path, text, decimal=".") == amount


@pytest.mark.parametrize("text", ["12.50", "1.23", "1.2345", "1,234.50", "1,2,3", "1..234", "1 2", "12 50", ",", "€", "1.234,5.6"])
def test_a_point_that_sets_no_thousands_apart_is_no_decimal_comma(tmp_path, text):
    assert amount_of(tmp_path, text, decimal=",") is None


@pytest.mark.parametrize("text", ["12,50", "1,23", "1,2345", "1.234,50", "1.2.3", "1,,234", "1 2", "12 50", ".", "$"])
def test_a_comma_that_sets_no_thousands_apart_is_no_decimal_point(tmp_path, text):
    assert amount_of(tmp_path, text, decimal=".") is None


def test_a_value_far_down_decides_how_all_are_written(tmp_path):
    rows = "".join(f"{n};c{n % 99};2024-01-05;1.234\n" for n in range(400))
    text = "order_id;customer_id;ordered_at;amount\n" + rows
    assert one_order(read_text(tmp_path, f"{text}x;x;2024-01-05;12,50\n", where="order_id == 'x'".replace("'", '"')))[2] == 12.5
    assert orders_of(read_text(tmp_path, f"{text}x;x;2024-01-05;12,50\n"))["0"][2] == 1234.0


def test_numbers_that_read_as_thousands_or_fractions_are_refused_until_they_are_explained(tmp_path):
    text = HEADER + "1,ann,2024-01-05,\n2,ann,2024-01-05,1.234\n3,bob,2024-01-06,-2.500\n"
    assert "orders.csv:3: [amount] '1.234' may be a thousand or a fraction" in refused(tmp_path, text)
    assert [amount for *_, amount in orders_of(read_text(tmp_path, text, decimal=".", max_rejects=1)).values()] == [1.234, -2.5]
    assert [amount for *_, amount in orders_of(read_text(tmp_path, text, decimal=",", max_rejects=1)).values()] == [1234.0, -2500.0]


@pytest.mark.parametrize("role", ["cost", "quantity", "unit_price"])
def test_each_column_is_written_in_its_own_way(tmp_path, role):
    text = f"customer_id;ordered_at;amount;{role}\nann;2024-01-05;1.50;12,50\n"
    reading = read_text(tmp_path, text)
    assert (reading.plans[0].numbers["amount"].decimal, reading.plans[0].numbers[role].decimal) == (".", ",")


def test_a_column_that_is_text_is_no_amount(tmp_path):
    assert "[amount] 'free' is no number, and neither are most of its values" in refused(
        tmp_path, HEADER + "1,a,2024-01-05,free\n2,b,2024-01-06,dear\n"
    )


@pytest.mark.parametrize("mark", [";", "..", "x"])
def test_what_is_no_decimal_mark_is_refused(tmp_path, mark):
    assert f"'{mark}' is no decimal mark" in refused(tmp_path, HEADER + "1,ann,2024-01-05,1\n", ClvError, decimal=mark)


def test_sums_past_the_largest_whole_number_are_refused(tmp_path):
    rows = "".join(f"{n},ann,2024-01-05,90000000000\n" for n in range(10_500))
    assert "too large to be summed exactly" in refused(tmp_path, HEADER + rows)


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        ("order_id,customer_id,ordered_at,amount", "o,ann,2024-01-05,90000000000"),
        ("order_id,customer_id,ordered_at,amount", "o,,2024-01-05,90000000000"),
        ("order_id,customer_id,ordered_at,amount", "o,ann,1970-01-01,90000000000"),
        ("order_id,customer_id,ordered_at,amount,cost", "o,ann,2024-01-05,1,90000000000"),
    ],
    ids=["of one order", "without a customer", "rejected", "costs"],
)
def test_no_sum_ever_wraps(tmp_path, columns, row):
    text = f"{columns}\nx,bob,2024-01-05,1\n" + f"{row}\n" * 20_600
    assert "too large to be summed exactly" in refused(tmp_path, text, max_rejects=1)


def test_the_largest_amount_is_as_large_as_a_float_is_exact():
    assert float(LARGEST) + 1 != float(LARGEST)
    assert (LARGEST / 10_000) * 10_000 == LARGEST


def test_amounts_far_down_tell_how_numbers_with_a_currency_are_written(tmp_path):
    rows = "".join(f"{n}|c{n % 99}|2024-01-05|{n} €\n" for n in range(1, 300))
    assert orders_of(read_text(tmp_path, f"{HEAD}{rows}x|x|2024-01-05|0,021 €\n"))["x"][2] == 0.021
    assert orders_of(read_text(tmp_path, f"{HEAD}{rows}x|x|2024-01-05|12,5 €\ny|x|2024-01-05|1.234 €\n"))["y"][2] == 1234
    assert "'1,234 €' may be a thousand or a fraction" in refused(tmp_path, f"{HEAD}{rows}x|x|2024-01-05|1,234 €\n")


def test_no_thousand_begins_with_a_zero(tmp_path):
    assert amount_of(tmp_path, "0,021", decimal=".") is None
    assert amount_of(tmp_path, "0,021", decimal=",") == 210


# Ids


def test_blanks_around_ids_are_no_part_of_them(tmp_path):
    text = HEADER + "1, ann,2024-01-05,1\n 1 ,ann ,2024-01-05,2\n2,\tann\u00a0,2024-01-06,4\n"
    assert orders_of(read_text(tmp_path, text)) == {"1": ("ann", "2024-01-05", 3.0), "2": ("ann", "2024-01-06", 4.0)}


def test_blanks_behind_what_makes_an_id_text_are_no_part_of_it_either(tmp_path):
    text = HEADER.replace(",", "|") + '1|\' ann|2024-01-05|1\n2|="ann "|2024-01-05|2\n3|ann|2024-01-06|4\n'
    assert {customer for customer, _, _ in orders_of(read_text(tmp_path, text)).values()} == {"ann"}


def test_blanks_inside_ids_are_part_of_them(tmp_path):
    assert one_order(read_text(tmp_path, HEADER + "1,ann lee,2024-01-05,1\n"))[0] == "ann lee"


@pytest.mark.parametrize("none", ["", '""', "   ", "NULL", "null", "None", "NaN", "nan", "N/A", "#N/A", "\\N", " NULL "])
def test_an_id_that_says_there_is_none_is_none(tmp_path, none):
    read = read_text(tmp_path, HEADER + f"1,ann,2024-01-05,1\n2,{none},2024-01-05,1\n{none},ann,2024-01-05,1\n", max_rejects=1)
    assert fates(read) == {"used": 1, "no_customer": 1, "no_order": 1}
