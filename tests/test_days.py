"""Days: text to the day in the shop's own time zone."""

import shlex

import pytest
from exported import HEADER, fates, one_order, orders_of, read_text, refused

from clvcli.errors import ClvError, InputError

HEAD = HEADER.replace(",", "|")


def day_of(folder, text, **options):
    """The day of one record among plain ones; None if it was rejected."""
    known = options.pop("known", "2024-01-05")
    read = read_text(folder, HEAD + f"1|ann|{known}|1\n2|ann|{known}|1\nx|ann|{text}|1\n", delimiter="|", max_rejects=1, **options)
    return orders_of(read).get("x", (None, None))[1]


# Days


@pytest.mark.parametrize(
    "text",
    ["2024-02-29", "2024-02-29T10:00", "2024-02-29 10:00:00", "2024-02-29T23:59:59.999Z", "2024-02-29 23:30:00 -0500", " 2024-02-29 "],
)
def test_a_day_is_the_one_that_is_written(tmp_path, text):
    assert day_of(tmp_path, text) == "2024-02-29"


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30", "2023-02-29", "2024-13-01", "2024-00-10", "0000-00-00", "2024-01-05x", "2024-01-055", "yesterday", "2024-1", "2024-W01-1",
    ],
)  # fmt: skip
def test_an_impossible_date_is_rejected(tmp_path, text):
    assert day_of(tmp_path, text) is None


@pytest.mark.parametrize("text", ["20240105", "24-01-05", "05/01/2024", "45000", "5 Jan 2024", "1704412800"])
def test_dates_in_two_ways_are_refused(tmp_path, text):
    with pytest.raises(InputError, match=r"dates are written in several ways: 2 like '2024-01-05'; 1 like '"):
        day_of(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "known", "day"),
    [
        ("2024/1/5", "2024/01/04", "2024-01-05"), ("2024.01.05", "2024.01.04", "2024-01-05"), ("5.1.2024", "31.12.2023", "2024-01-05"),
        ("5/1/24", "31/12/23", "2024-01-05"), ("1/5/24 8:26", "12/31/23 8:26", "2024-01-05"), ("05.01.2024, 10:15", "31.12.2023, 10:15", "2024-01-05"),
        ("20240105", "20231231", "2024-01-05"), ("45296", "45291", "2024-01-05"), ("45296.75", "45291", "2024-01-05"), ("45296,75", "45291,5", "2024-01-05"), ("1. 5. 2024", "31. 12. 2023", "2024-05-01"), ("05 / 01 / 2024", "31 / 12 / 2023", "2024-01-05"),
        ("2024-Jan-05", "2023-Dec-31", "2024-01-05"),
        ("Fri Jan 05 2024 10:00:00 GMT+0100", "Sun Dec 31 2023 10:00:00 GMT+0100", "2024-01-05"), ("2024. 1. 5.", "2023. 12. 31.", "2024-01-05"),
        ("1704412800", "1704326400", "2024-01-05"), ("1704412800.5", "1704326400", "2024-01-05"), ("1704412800000", "1704326400000", "2024-01-05"),
        ("5 Jan 2024", "31 Dec 2023", "2024-01-05"), ("Fri, 5 Jan 2024", "31 Dec 2023", "2024-01-05"), ("January 5th, 2024", "Dec 31, 2023", "2024-01-05"),
        ("5 de enero de 2024", "31 de diciembre de 2023", "2024-01-05"), ("5. janvāris 2024", "31. decembris 2023", "2024-01-05"),
        ("05-GEN-24", "31-DIC-23", "2024-01-05"), ("5. Jänner 2024", "31. Dez. 2023", "2024-01-05"), ("5 août 2024", "31 déc. 2023", "2024-08-05"),
        ("1º de maio de 2024", "31 de dezembro de 2023", "2024-05-01"),
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(tmp_path, text, known, day):
    assert day_of(tmp_path, text, known=known) == day


def test_a_second_of_a_fraction_is_no_year(tmp_path):
    assert day_of(tmp_path, "01.06.2026", known="31.05.2026") == "2026-06-01"


@pytest.mark.parametrize(
    ("text", "fate"), [("1989-12-31", "far_date"), ("1970-01-01", "epoch_zero"), ("0024-01-05", "far_date"), ("2100-01-01", "far_date")]
)
def test_a_date_far_away_is_rejected_as_such(tmp_path, text, fate):
    read = read_text(tmp_path, HEADER + f"1,ann,1990-01-01,1\n2,ann,2026-01-01,1\n3,ann,{text},1\n", max_rejects=1)
    assert fates(read) == {"used": 2, fate: 1}


@pytest.mark.parametrize(
    ("how", "text", "day"),
    [
        ("%d/%m/%Y", "05/01/2024", "2024-01-05"),
        ("%m/%d/%Y", "05/01/2024", "2024-05-01"),
        ("%d/%m/%Y", "5/1/2024", "2024-01-05"),
        ("%d/%m/%Y", "05/01/2024 23:59:59", "2024-01-05"),
        ("%d/%m/%Y %H:%M:%S", "05/01/2024 23:59:59", "2024-01-05"),
        ("%m/%d/%Y %I:%M:%S %p", "1/5/2024 11:30:00 PM", "2024-01-05"),
        ("%m/%d/%Y %H:%M", "1/5/2024 8:26", "2024-01-05"),
        ("%d.%m.%y", "05.01.24", "2024-01-05"),
        ("%Y%m%d", "20240105", "2024-01-05"),
        ("%d%b%Y", "05OCT2023", "2023-10-05"),
        ("%d-%b-%Y", "05-Oct-2023", "2023-10-05"),
        ("%d %b %Y", "5 Jan 2024", "2024-01-05"),
        ("%B %d, %Y", "January 5, 2024", "2024-01-05"),
        ("%Y-%m-%dT%H:%M:%SZ", "2024-01-05T23:30:00Z", "2024-01-05"),
        ("%s", "1704412800", "2024-01-05"),
    ],
)
def test_a_date_is_read_as_its_format_says(tmp_path, how, text, day):
    assert one_order(read_text(tmp_path, HEAD + f"x|ann|{text}|1\n", delimiter="|", date_format=how))[1] == day


@pytest.mark.parametrize("text", ["31/02/2024", "01/13/2024", "2024-01-05", "5 Jan 2024", "05/01/2024x", "05/01/20245"])
def test_a_date_in_another_format_is_rejected(tmp_path, text):
    assert day_of(tmp_path, text, known="05/01/2024", date_format="%d/%m/%Y") is None


@pytest.mark.parametrize("how", ["dmy", "DD/MM/YYYY", "%", "%Q", "%d/%m/%"])
def test_what_is_no_date_format_is_refused(tmp_path, how):
    assert f"'{how}' is no date format" in refused(tmp_path, HEADER + "1,ann,05/01/2024,1\n", ClvError, date_format=how)


def test_dates_in_another_order_are_refused_until_they_are_explained(tmp_path):
    said = refused(tmp_path, HEADER + "1,ann,05/01/2024,1\n")
    assert said == (
        "orders.csv:2: [ordered_at] '05/01/2024' may be a day and a month or a month and a day, and no date tells which. Nothing was dropped\n"
        "try: clv ... --date-format %d/%m/%Y\n"
        "try: clv ... --date-format %m/%d/%Y"
    )  # fmt: skip


@pytest.mark.parametrize("text", ["05.01.24", "05.01.2024.", "05.01.2024, 10:15:30", "05.01.24 9:15", "5.1.2024 9.15", "5. 1. 2024"])
def test_the_format_that_is_advised_reads_the_dates(tmp_path, text):
    content = HEAD + f"1|ann|{text}|1\n"
    advice = [shlex.split(line)[-1] for line in refused(tmp_path, content).splitlines() if line.startswith("try:")]
    assert [one_order(read_text(tmp_path, content, date_format=how))[1] for how in advice][:2] == ["2024-01-05", "2024-05-01"]


@pytest.mark.parametrize("sign", ["-", "/", "."])
def test_a_year_of_two_digits_may_come_first(tmp_path, sign):
    content = HEADER + "1,ann,24-11-05,1\n2,bob,24-12-07,1\n3,cy,24-12-21,1\n".replace("-", sign)
    assert "'24-11-05' may be a day, month and year or a year, month and day".replace("-", sign) in refused(tmp_path, content)
    assert orders_of(read_text(tmp_path, content, date_format=f"%y{sign}%m{sign}%d"))["1"][1] == "2024-11-05"
    assert orders_of(read_text(tmp_path, content, date_format=f"%d{sign}%m{sign}%y"))["1"][1] == "2005-11-24"


def test_days_that_vary_more_than_years_come_first(tmp_path):
    rows = "".join(f"{n},c{n},{n}.11.24,1\n" for n in range(11, 20))
    assert orders_of(read_text(tmp_path, HEADER + rows))["11"][1] == "2024-11-11"


def test_a_date_far_down_decides_which_number_is_the_day(tmp_path):
    rows = "".join(f"{n},c{n % 99},05/01/2024,1\n" for n in range(400))
    assert orders_of(read_text(tmp_path, f"{HEADER}{rows}x,x,13/01/2024,1\n"))["0"][1] == "2024-01-05"
    assert orders_of(read_text(tmp_path, f"{HEADER}{rows}x,x,01/13/2024,1\n"))["0"][1] == "2024-05-01"


def test_a_date_far_down_that_contradicts_the_first_ones_is_told(tmp_path):
    rows = "".join(f"{n},c{n % 99},25/01/2024,1\n" for n in range(400))
    assert "orders.csv:402: [ordered_at] the day comes first in '25/01/2024'" in refused(tmp_path, f"{HEADER}{rows}x,x,01/13/2024,1\n")


# Zones


@pytest.mark.parametrize(
    ("text", "tz", "day"),
    [
        ("2024-01-05T23:30:00Z", "Europe/Rome", "2024-01-06"),
        ("2024-01-05T23:30Z", "Europe/Rome", "2024-01-06"),
        ("2024-01-05 23:30:00 UTC", "Europe/Rome", "2024-01-06"),
        ("2024-01-05T23:30:00.123456+00:00", "Europe/Rome", "2024-01-06"),
        ("2024-01-05 23:30:00 +0000", "Europe/Rome", "2024-01-06"),
        ("2024-01-05 23:30:00+00", "Europe/Rome", "2024-01-06"),
        ("2024-01-06T00:30:00+01:00", "Europe/Rome", "2024-01-06"),
        ("2024-01-06T00:30:00+01:00", "UTC", "2024-01-05"),
        ("2024-01-05T20:00:00-05:00", "UTC", "2024-01-06"),
        ("2024-01-05T20:00:00-05:00", "Asia/Kathmandu", "2024-01-06"),
        ("2024-12-31T18:15:00Z", "Asia/Kathmandu", "2025-01-01"),
        ("2024-12-31T18:14:59Z", "Asia/Kathmandu", "2024-12-31"),
        # Rome is two hours ahead in summer, one in winter: the last Sundays of March and October 2024
        ("2024-03-30T22:59:59Z", "Europe/Rome", "2024-03-30"),
        ("2024-03-31T21:59:59Z", "Europe/Rome", "2024-03-31"),
        ("2024-03-31T22:00:00Z", "Europe/Rome", "2024-04-01"),
        ("2024-10-27T22:30:00Z", "Europe/Rome", "2024-10-27"),
        ("2024-10-26T22:30:00Z", "Europe/Rome", "2024-10-27"),
        ("2024-01-05T23:30:00", "Asia/Tokyo", "2024-01-05"),
        ("2024-01-05", "Asia/Tokyo", "2024-01-05"),
    ],
)
def test_a_time_with_an_offset_has_its_day_in_the_shops_zone(tmp_path, text, tz, day):
    assert day_of(tmp_path, text, known="2024-01-05T10:00:00Z", tz=tz) == day


def test_an_offset_is_seen_however_late_in_the_file_it_comes(tmp_path):
    text = HEADER + "1,ann,2024-01-05 10:00:00,1\n" * 500 + "x,bob,2024-01-05 23:30:00Z,1\n"
    assert orders_of(read_text(tmp_path, text, tz="Asia/Tokyo"))["x"][1] == "2024-01-06"


@pytest.mark.parametrize("text", ["2024-02-30T10:00:00Z", "2024-01-05T25:00:00Z"])
def test_an_impossible_time_with_an_offset_is_rejected(tmp_path, text):
    assert day_of(tmp_path, text, known="2024-01-05T10:00:00Z", tz="Europe/Rome") is None


@pytest.mark.parametrize(
    ("tz", "day"), [("", "2024-01-05"), ("America/New_York", "2024-01-05"), ("UTC", "2024-01-06"), ("Asia/Tokyo", "2024-01-06")]
)
def test_an_offset_that_a_format_reads_counts_as_without_a_format(tmp_path, tz, day):
    text = HEADER + "x,ann,2024-01-05 23:30:00 -0500,1\n"
    assert one_order(read_text(tmp_path, text, tz=tz)) == ("ann", day, 1.0)
    assert one_order(read_text(tmp_path, text, tz=tz, date_format="%Y-%m-%d %H:%M:%S %z")) == ("ann", day, 1.0)


@pytest.mark.parametrize("tz", ["Europe/Rom", "../../etc/passwd", "/etc/passwd", "CET+1", "\0", "a" * 300])
def test_an_unknown_time_zone_is_refused(tmp_path, tz):
    assert "unknown time zone" in refused(tmp_path, HEADER + "1,ann,2024-01-05,1\n", ClvError, tz=tz)


@pytest.mark.parametrize(
    "text", ["'2026-01-05", '="2026-01-05"', "\u200e2026-01-05", "05\u00a0janv.\u00a02026", "5. Januar\u202f2026", "Jan\u00a05, 2026 10:00"]
)
def test_what_programs_put_around_a_date_is_no_part_of_it(tmp_path, text):
    assert one_order(read_text(tmp_path, f"order_id;customer;order date;total\n1;ann;{text};10.50\n"))[1] == "2026-01-05"
