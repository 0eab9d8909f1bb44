"""Cuts: which past days a shop can be cut at, and how long what followed is watched."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clvcli.cuts import LEAST_DAYS, Cut, cut_at, cuts, usual_cut
from clvcli.errors import UsageError
from clvcli.periods import Window, date_of, day_number


def day(text):
    return day_number(date.fromisoformat(text))


def seen(first, last):
    return Window(day(first), day(last), None)


TWO_YEARS = seen("2023-01-01", "2024-12-31")


def refused(ask):
    """What is said of a cut that can't be, and what to do about it."""
    with pytest.raises(UsageError) as told:
        ask()
    (problem,) = told.value.problems
    return problem.message, problem.hint


def test_a_cut_is_watched_until_its_last_day():
    assert Cut(100, 30).end == 130
    assert Cut(100).end == 100


def test_unless_a_day_is_named_the_holdout_is_as_long_as_the_horizon():
    assert cuts([], TWO_YEARS, 365, None) == (Cut(day("2024-01-01"), 365),)
    assert cuts([], TWO_YEARS, 365, 90) == (Cut(day("2024-10-02"), 90),)


def test_the_usual_holdout_is_half_of_what_was_seen_at_most():
    assert usual_cut(seen("2024-01-01", "2024-04-10"), 365) == Cut(day("2024-02-20"), 50)
    assert usual_cut(seen("2024-01-01", "2024-04-11"), 365) == Cut(day("2024-02-21"), 50)  # of 101 days the past gets the odd one


def test_a_shop_is_cut_once_on_each_day_that_is_named_in_the_order_of_time():
    named = [day("2024-06-30"), day("2023-12-31"), day("2024-06-30")]
    assert cuts(named, TWO_YEARS, 365, None) == (Cut(day("2023-12-31"), 366), Cut(day("2024-06-30"), 184))
    assert cuts(named, TWO_YEARS, 365, 90) == (Cut(day("2023-12-31"), 90), Cut(day("2024-06-30"), 90))


def test_four_weeks_on_either_side_are_enough():
    assert usual_cut(seen("2024-01-01", "2024-02-26"), 365) == Cut(day("2024-01-29"), 28)
    assert cut_at(day("2024-01-29"), seen("2024-01-01", "2024-02-26"), None) == Cut(day("2024-01-29"), 28)


def test_fewer_days_than_that_are_not_cut():
    assert refused(lambda: usual_cut(seen("2024-01-01", "2024-02-25"), 365)) == (
        "the orders are of 56 days, from 2024-01-01 to 2024-02-25: too few to be cut in two",
        "a back-test takes 57 days",
    )
    assert refused(lambda: usual_cut(seen("2024-01-01", "2024-01-01"), 365))[0].startswith("the orders are of 1 day, from 2024-01-01 to ")


@pytest.mark.parametrize("named", ["2020-05-05", "2023-01-28", "2024-12-04", "2024-12-31", "2030-01-01"])
def test_a_day_that_leaves_too_little_is_refused_with_those_that_would_not(named):
    message, hint = refused(lambda: cuts([day(named)], TWO_YEARS, 365, None))
    assert message == f"a cut at {named} leaves too little of the data, 2023-01-01 to 2024-12-31"
    assert hint == "cut between 2023-01-29 and 2024-12-03"
    for end in ("2023-01-29", "2024-12-03"):
        assert cut_at(day(end), TWO_YEARS, None).end == TWO_YEARS.as_of


def test_with_a_holdout_the_days_that_would_do_end_earlier():
    message, hint = refused(lambda: cut_at(day("2024-12-03"), TWO_YEARS, 90))
    assert message == "a cut at 2024-12-03, with 90 days after it, leaves too little of the data, 2023-01-01 to 2024-12-31"
    assert hint == "cut between 2023-01-29 and 2024-10-02"
    assert cut_at(day("2024-10-02"), TWO_YEARS, 90) == Cut(day("2024-10-02"), 90)


def test_a_holdout_for_which_no_day_would_do_is_to_be_shorter():
    assert refused(lambda: cut_at(day("2024-01-31"), seen("2024-01-01", "2024-12-31"), 360))[1] == "shorten --holdout"
    assert refused(lambda: cut_at(day("2024-01-31"), seen("2024-01-01", "2024-02-25"), None))[1] == "a back-test takes 57 days"


SPANS = st.integers(2 * LEAST_DAYS, 4_000)


@given(SPANS, st.integers(LEAST_DAYS, 5_000))
def test_the_usual_cut_leaves_the_past_no_less_than_what_follows(span, horizon):
    cut = usual_cut(Window(0, span, None), horizon)
    assert cut.end == span
    assert LEAST_DAYS <= cut.days <= min(horizon, cut.day)


@given(SPANS, st.integers(-100, 4_100), st.none() | st.integers(1, 2_000))
def test_a_named_day_has_enough_on_either_side_or_is_refused(span, named, holdout):
    held = span - named if holdout is None else holdout
    if min(named, held) >= LEAST_DAYS and named + held <= span:
        assert cuts([named], Window(0, span, None), 365, holdout) == (Cut(named, held),)
    else:
        message, hint = refused(lambda: cuts([named], Window(0, span, None), 365, holdout))
        assert message.startswith(f"a cut at {date_of(named)}")
        assert hint
