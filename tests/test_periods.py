"""Arithmetic on lengths of time."""

import doctest
from datetime import date

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from orders_text import ENGINES, collected

from clvcli import periods
from clvcli.periods import (
    Period,
    Window,
    date_of,
    day_number,
    first_day_of,
    last_day_of,
    longest_period,
    months_before,
    period_index,
    period_name,
    trend_period,
)


def day(text):
    return day_number(date.fromisoformat(text))


def window(first, as_of, period):
    return Window(day(first), day(as_of), period)


def test_the_examples_in_the_module_are_true():
    assert doctest.testmod(periods).failed == 0


@pytest.mark.parametrize("text", ["1969-12-31", "1970-01-01", "2000-02-29", "2024-12-31", "2099-12-31"])
def test_a_day_number_and_its_date_say_the_same(text):
    assert date_of(day(text)).isoformat() == text


@pytest.mark.parametrize(
    ("from_day", "months", "to_day"),
    [
        ("2024-05-15", 1, "2024-04-15"),
        ("2024-01-15", 1, "2023-12-15"),
        ("2024-05-31", 1, "2024-04-30"),
        ("2024-03-31", 1, "2024-02-29"),
        ("2023-03-31", 1, "2023-02-28"),
        ("2024-02-29", 12, "2023-02-28"),
        ("2024-12-31", 12, "2023-12-31"),
        ("2024-05-15", 0, "2024-05-15"),
        ("2024-05-15", 27, "2022-02-15"),
    ],
)
def test_months_go_back_to_the_same_day_or_the_months_last(from_day, months, to_day):
    assert date_of(months_before(day(from_day), months)).isoformat() == to_day


@pytest.mark.parametrize(
    ("as_of", "period", "current", "previous"),
    [
        ("2024-12-31", Period.YEAR, "2024-01-01", "2023-01-01"),
        ("2024-06-15", Period.YEAR, "2023-06-16", "2022-06-16"),
        ("2024-12-31", Period.QUARTER, "2024-10-01", "2024-07-01"),
        ("2024-03-31", Period.MONTH, "2024-03-01", "2024-02-01"),
        ("2024-06-15", Period.MONTH, "2024-05-16", "2024-04-16"),
    ],
)
def test_the_two_latest_periods_end_on_the_end_of_observation(as_of, period, current, previous):
    seen = window("2000-01-01", as_of, period)
    assert (date_of(seen.current_start).isoformat(), date_of(seen.previous_start).isoformat()) == (current, previous)


@pytest.mark.parametrize(
    ("as_of", "period", "current", "previous"),
    [
        ("2025-06-30", Period.QUARTER, "2025-04-01", "2025-01-01"),
        ("2025-04-30", Period.MONTH, "2025-04-01", "2025-03-01"),
        ("2025-02-28", Period.MONTH, "2025-02-01", "2025-01-01"),
        ("2025-02-28", Period.YEAR, "2024-03-01", "2023-03-01"),
    ],
)
def test_periods_that_end_with_a_month_begin_with_one(as_of, period, current, previous):
    seen = window("2000-01-01", as_of, period)
    assert (date_of(seen.current_start).isoformat(), date_of(seen.previous_start).isoformat()) == (current, previous)


@pytest.mark.parametrize(
    ("period", "years", "word"), [(Period.YEAR, 1.0, "year"), (Period.QUARTER, 0.25, "quarter"), (Period.MONTH, 1 / 12, "month")]
)
def test_a_period_has_a_length_and_a_word(period, years, word):
    assert (period.years, period.word) == (years, word)


@pytest.mark.parametrize(
    ("first", "current", "previous"),
    [
        ("2023-01-01", True, True),
        ("2023-01-02", True, False),
        ("2024-01-01", True, False),
        ("2024-01-02", False, False),
    ],
)
def test_a_window_covers_a_period_that_begins_no_earlier_than_the_data(first, current, previous):
    seen = window(first, "2024-12-31", Period.YEAR)
    assert (seen.covers_current, seen.covers_previous) == (current, previous)


def test_a_window_without_a_period_covers_none():
    seen = window("2023-01-01", "2024-12-31", None)
    assert (seen.covers_current, seen.covers_previous) == (False, False)


@pytest.mark.parametrize(
    ("first", "period"),
    [
        ("2023-01-01", Period.YEAR),
        ("2023-01-02", Period.QUARTER),
        ("2024-07-01", Period.QUARTER),
        ("2024-07-02", Period.MONTH),
        ("2024-11-01", Period.MONTH),
        ("2024-11-02", None),
        ("2024-12-31", None),
    ],
)
def test_the_longest_period_is_the_one_that_fits_twice(first, period):
    assert longest_period(day(first), day("2024-12-31")) is period


@pytest.mark.parametrize(
    ("text", "period", "first", "last", "name"),
    [
        ("2024-02-29", Period.MONTH, "2024-02-01", "2024-02-29", "2024-02"),
        ("2024-12-31", Period.MONTH, "2024-12-01", "2024-12-31", "2024-12"),
        ("2025-01-01", Period.MONTH, "2025-01-01", "2025-01-31", "2025-01"),
        ("2024-03-31", Period.QUARTER, "2024-01-01", "2024-03-31", "2024-Q1"),
        ("2024-10-01", Period.QUARTER, "2024-10-01", "2024-12-31", "2024-Q4"),
        ("1999-07-15", Period.YEAR, "1999-01-01", "1999-12-31", "1999"),
    ],
)
def test_a_day_falls_in_a_calendar_period_with_a_name(text, period, first, last, name):
    index = period_index(day(text), period)
    assert (date_of(first_day_of(index, period)).isoformat(), date_of(last_day_of(index, period)).isoformat()) == (first, last)
    assert period_name(index, period) == name


@ENGINES
@pytest.mark.parametrize("period", Period)
def test_the_calendar_period_of_every_day_of_two_centuries_is_the_calendars(engine, period):
    days = range(day("1899-12-31"), day("2100-03-01"))
    frame = engine(pl.DataFrame({"day": pl.Series(days, dtype=pl.Int32)}))
    found = collected(frame.with_columns(period_index(nw.col("day"), period).alias("at"))).sort("day")
    by_the_calendar = [(d.year * 12 + d.month - 1) // period.value for d in map(date_of, days)]
    assert found["at"].to_list() == by_the_calendar
    assert found.schema["at"] == pl.Int32
    assert [period_index(n, period) for n in days] == by_the_calendar


@pytest.mark.parametrize(
    ("first", "as_of", "period"),
    [
        ("2021-12-31", "2024-01-01", Period.YEAR),
        ("2022-01-01", "2024-12-31", Period.QUARTER),
        ("2024-03-31", "2024-09-30", Period.MONTH),
        ("2024-03-31", "2024-10-01", Period.QUARTER),
        ("2024-12-31", "2024-12-31", Period.MONTH),
    ],
)
def test_a_trend_is_of_the_longest_periods_of_which_there_are_four(first, as_of, period):
    assert trend_period(day(first), day(as_of)) is period
