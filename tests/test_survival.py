"""Survival: how long customers stay, and the gaps between their orders."""

import doctest
from itertools import pairwise

import narwhals.stable.v2 as nw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from orders_text import collected, customers_from, observed, orders_from

from clvcli import survival
from clvcli.survival import Gaps, Step, durations, gap_counts, kaplan_meier, restricted_mean, silence_counts, survival_at

# Eight customers: of all 8 one was lost on day 0, of the 7 left two were on day 30 and one was seen no longer,
# of the 4 left one was lost on day 60, and three were still there on day 90.
ROWS = [(90, 3, 0), (0, 1, 1), (30, 3, 2), (60, 1, 1)]
STEPS = (
    Step(0, 8, 1, 0, 7 / 8),
    Step(30, 7, 2, 1, 7 / 8 * 5 / 7),
    Step(60, 4, 1, 0, 7 / 8 * 5 / 7 * 3 / 4),
    Step(90, 3, 0, 3, 7 / 8 * 5 / 7 * 3 / 4),
)


def test_the_examples_in_the_module_are_true():
    assert doctest.testmod(survival).failed == 0


def test_survival_falls_by_who_lapsed_of_those_at_risk():
    steps = kaplan_meier(ROWS)
    assert [(s.days, s.at_risk, s.lapsed, s.censored) for s in steps] == [(s.days, s.at_risk, s.lapsed, s.censored) for s in STEPS]
    assert [s.survival for s in steps] == pytest.approx([s.survival for s in STEPS], abs=1e-15)


def test_of_nobody_nothing_is_known():
    assert kaplan_meier([]) == ()
    assert survival_at((), 0) is None
    assert restricted_mean((), 0) is None


@pytest.mark.parametrize(
    ("days", "share"),
    [(-1, 1.0), (0, 7 / 8), (29, 7 / 8), (30, 5 / 8), (59, 5 / 8), (60, 15 / 32), (90, 15 / 32), (91, None)],
)
def test_survival_at_an_age_is_that_of_the_step_before_it(days, share):
    assert survival_at(STEPS, days) == pytest.approx(share)


def test_survival_is_whole_before_the_first_step():
    assert survival_at(STEPS[1:], 29) == 1.0


@pytest.mark.parametrize(
    ("until", "mean"),
    [
        (0, 0.0),
        (10, 10 * 7 / 8),
        (30, 30 * 7 / 8),
        (31, 30 * 7 / 8 + 5 / 8),
        (90, 30 * 7 / 8 + 30 * 5 / 8 + 30 * 15 / 32),
        (91, None),
    ],
)
def test_the_restricted_mean_is_the_area_below_the_curve(until, mean):
    assert restricted_mean(STEPS, until) == pytest.approx(mean)


def test_nobody_has_lapsed_so_everybody_stays_throughout():
    steps = kaplan_meier([(10, 2, 0), (40, 3, 0)])
    assert [s.survival for s in steps] == [1.0, 1.0]
    assert restricted_mean(steps, 40) == 40.0


def test_everybody_has_lapsed_so_nobody_is_left():
    steps = kaplan_meier([(10, 1, 1), (20, 1, 1)])
    assert survival_at(steps, 20) == 0.0
    assert restricted_mean(steps, 20) == pytest.approx(15.0)


WATCHED = st.lists(st.tuples(st.integers(0, 400), st.booleans()), min_size=1, max_size=60)


def counted(customers):
    """Rows for kaplan_meier of customers (days, has lapsed)."""
    days = sorted({n for n, _ in customers})
    return [(day, sum(n == day for n, _ in customers), sum(n == day and lapsed for n, lapsed in customers)) for day in days]


@given(WATCHED, st.floats(0, 1))
def test_the_curve_and_its_mean_are_those_of_lifelines(customers, share):
    steps = kaplan_meier(counted(customers))
    theirs = KaplanMeierFitter().fit([n for n, _ in customers], [lapsed for _, lapsed in customers])
    curve = theirs.survival_function_["KM_estimate"]
    assert [s.survival for s in steps] == pytest.approx([curve.loc[s.days] for s in steps], abs=1e-9)
    table = theirs.event_table
    assert [(s.at_risk, s.lapsed, s.censored) for s in steps] == [
        tuple(table.loc[s.days, ["at_risk", "observed", "censored"]]) for s in steps
    ]
    until = int(share * steps[-1].days)
    assert restricted_mean(steps, until) == pytest.approx(restricted_mean_survival_time(theirs, t=until), abs=1e-9)


@given(WATCHED)
def test_survival_never_rises_and_everybody_is_counted_once(customers):
    steps = kaplan_meier(counted(customers))
    assert all(later.survival <= sooner.survival for sooner, later in pairwise(steps))
    assert sum(s.lapsed + s.censored for s in steps) == len(customers) == steps[0].at_risk


# Measuring

SHOP = """
    customer  order  date        amount
    ann       1      2024-01-01    10
    ann       2      2024-01-01    10
    ann       3      2024-01-31    10
    ann       r-1    2024-02-10   -10
    ann       4      2024-03-01    10
    bob       5      2024-01-01    10
    cid       6      2024-02-01    10
    cid       7      2024-03-02    10
    dan       8      2024-06-10    10
    eva       r-2    2024-05-01   -10
"""


def shop():
    return customers_from(SHOP, observed("2024-06-30", churn_window_days=90))


def test_durations_end_at_the_last_order_of_who_lapsed_and_at_the_end_of_who_did_not():
    rows = collected(durations(shop())).sort("exposure_days").rows()
    assert rows == [(0, 1, 1), (20, 1, 0), (30, 1, 1), (60, 1, 1)]  # bob, dan, cid, ann


def test_gaps_are_between_days_of_purchase():
    assert sorted(collected(gap_counts(orders_from(SHOP))).rows()) == [(30, 3)]


def test_a_shop_of_one_time_buyers_has_no_gaps():
    once = orders_from(SHOP).filter(nw.col("customer_id") == "bob")
    assert collected(gap_counts(once)).rows() == []


def test_silences_are_of_who_ever_bought():
    assert sorted(collected(silence_counts(shop())).rows()) == [(20, 1), (120, 1), (121, 1), (181, 1)]


GAPS = Gaps(((7, 2), (14, 5), (30, 2), (200, 1)), ((3, 4), (30, 1), (31, 2), (400, 3)))


@pytest.mark.parametrize(("share", "days"), [(0.01, 7), (0.2, 7), (0.21, 14), (0.7, 14), (0.71, 30), (0.9, 30), (0.95, 200), (1.0, 200)])
def test_a_percentile_is_the_days_within_which_so_many_gaps_ended(share, days):
    assert GAPS.percentile(share) == days


def test_a_percentile_is_reached_exactly():
    of_a_hundred = Gaps(tuple((days, 1) for days in range(1, 101)), ())
    assert 0.55 * 100 > 55
    assert [of_a_hundred.percentile(n / 100) for n in range(1, 100)] == list(range(1, 100))


def test_there_is_no_percentile_of_no_gaps():
    assert Gaps((), ((3, 1),)).percentile(0.5) is None


def test_a_percentile_of_counts_that_may_be_off_is_known_where_that_makes_no_difference():
    assert GAPS.percentile(0.5, off_by=1) == 14
    assert GAPS.percentile(0.7, off_by=1) is None  # seven ended within 14 days: it might be six
    assert GAPS.percentile(0.95, off_by=1) is None


def test_gaps_longer_than_some_days_ended_or_last():
    assert GAPS.count == 10
    assert GAPS.longer(30) == (1, 5)
    assert GAPS.longer(0) == (10, 10)
