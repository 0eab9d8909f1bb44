"""Values: text to days, in the shop's own time zone."""

import pytest
from exported import HEADER, fates, one_order, orders_of, read_text, refused

from clvcli.errors import ClvError

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
        "2024-02-30", "2023-02-29", "2024-13-01", "2024-00-10", "0000-00-00", "2024-01-05x", "2024-01-055", "20240105", "24-01-05", "05/01/2024",
        "yesterday", "45000", "2024-1", "2024-W01-1",
    ],
)  # fmt: skip
def test_an_impossible_date_is_rejected(tmp_path, text):
    assert day_of(tmp_path, text) is None


@pytest.mark.parametrize(
    ("text", "fate"), [("1989-12-31", "far_date"), ("1970-01-01", "far_date"), ("0024-01-05", "far_date"), ("2100-01-01", "far_date")]
)
def test_a_date_far_away_is_rejected_as_such(tmp_path, text, fate):
    read = read_text(tmp_path, HEADER + f"1,ann,1990-01-01,1\n2,ann,2099-12-31,1\n3,ann,{text},1\n", max_rejects=1)
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
        "orders.csv: ordered_at: '05/01/2024' isn't written as 2025-12-31\n"
        "hint: say how dates are written, as in --date-format %d/%m/%Y"
    )  # fmt: skip


def test_the_example_of_a_date_that_needs_explaining_is_one_that_does(tmp_path):
    assert "'05/01/2024' isn't written as" in refused(tmp_path, HEADER + "1,ann,2024-01-04,1\n2,ann,05/01/2024,1\n")


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
