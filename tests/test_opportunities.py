"""Opportunities: buying counted in calendar periods, and the chances of each number of periods with a purchase."""

import itertools
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orders_text import ENGINES, collected, lines_frame, on_polars, orders_from
from scipy.special import betaln

from clvcli.cuts import Cut
from clvcli.models.bg_bb import BG_BB, Chances
from clvcli.models.buying import BuyingModel
from clvcli.models.histories import Histories
from clvcli.opportunities import BUYING_BY_PERIOD, by_period
from clvcli.orders import orders
from clvcli.periods import Period, day_number, period_index
from clvcli.purchases import HISTORY, buying, histories
from clvcli.rates import Rates

DONATIONS = """
    customer  order  date        amount
    ann       1      2019-04-03     25
    ann       2      2020-03-01     25
    ann       3      2020-10-10     10
    ann       4      2022-06-01     25
    ann       5      2023-02-01     25
    bob       6      2020-05-05     50
    bob       r-6    2021-01-07     -5
    cid       7      2023-01-20     30
"""
"""Ann gave twice in 2020; 2023 isn't over, so that what was given in it says nothing yet, and Cid is no donor so far."""
AS_OF = day_number(date(2023, 6, 30))
VALUES = (1.204, 0.750, 0.657, 2.783)
"""Alpha, beta, gamma and delta of the donors of Fader, Hardie & Shang 2010."""


def year(number):
    return period_index(day_number(date(number, 1, 1)), Period.YEAR)


def histories_of(*rows):
    """Histories from rows of periods with a purchase after the first, the last of them, and how many there were."""
    taken, last, periods = np.array(rows, dtype=float).T
    return Histories(taken, last, periods, np.ones(taken.size))


# From days to periods


def test_days_are_years_and_the_one_that_is_running_is_left_out():
    days, cut = by_period(buying(orders_from(DONATIONS), AS_OF), Period.YEAR, AS_OF)
    assert cut == Cut(year(2022))
    found = collected(days).sort("customer_id", "day").select("customer_id", "day", "first_day", "placed", "revenue").rows()
    assert found == [
        ("ann", year(2019), year(2019), 1, 250_000),
        ("ann", year(2020), year(2019), 1, 350_000),
        ("ann", year(2022), year(2019), 1, 250_000),
        ("bob", year(2020), year(2020), 1, 500_000),
        ("bob", year(2021), year(2020), 0, -50_000),
    ]


def test_a_year_that_is_over_counts():
    end = day_number(date(2023, 12, 31))
    days, cut = by_period(buying(orders_from(DONATIONS), end), Period.YEAR, end)
    assert cut == Cut(year(2023))
    assert collected(days)["customer_id"].unique().sort().to_list() == ["ann", "bob", "cid"]


def test_histories_of_years():
    days, cut = by_period(buying(orders_from(DONATIONS), AS_OF), Period.YEAR, AS_OF)
    found = collected(histories(days, cut)).sort("customer_id")
    assert found.select("customer_id", *HISTORY, "repeat_revenue").rows() == [("ann", 3, 3, 3, 600_000), ("bob", 1, 0, 2, -50_000)]


def test_contribution_is_added_up_where_it_is_known():
    days, _ = by_period(buying(orders_from(DONATIONS, Rates(0.5)), AS_OF), Period.QUARTER, AS_OF)
    assert collected(days)["contribution"].sum() == (25 + 25 + 10 + 25 + 25 + 50 - 5 + 30) * 5_000  # the first quarter of 2023 is over


@ENGINES
def test_every_engine_gives_the_same(engine):
    found = [by_period(buying(orders(on(lines_frame(DONATIONS))), AS_OF), Period.MONTH, AS_OF)[0] for on in (engine, on_polars)]
    names = ["customer_id", "day", "first_day", "placed", "revenue"]
    assert sorted(collected(found[0]).select(names).rows()) == sorted(collected(found[1]).select(names).rows())


# BG/BB as a model of buying


def test_it_is_a_model_of_buying():
    model: BuyingModel = BUYING_BY_PERIOD
    assert (model.name, model.label, model.parameters, model.source) == ("bg_bb", "BG/BB", BG_BB.parameters, BG_BB.source)


def test_what_it_says_is_what_bg_bb_says():
    some = histories_of((0, 0, 6), (2, 4, 6), (6, 6, 6), (1, 3, 4))
    chances = Chances(some.repeats, some.active, some.age, some.customers)
    np.testing.assert_array_equal(BUYING_BY_PERIOD.log_likelihoods(VALUES, some), BG_BB.log_likelihoods(VALUES, chances))
    np.testing.assert_array_equal(BUYING_BY_PERIOD.alive(VALUES, some), BG_BB.alive(VALUES, chances, after=1))
    np.testing.assert_array_equal(BUYING_BY_PERIOD.expected(VALUES, some, 5.0), BG_BB.expected(VALUES, chances, 5))
    by_rate = BG_BB.discounted(VALUES, chances, 0.1, 5)
    np.testing.assert_allclose(BUYING_BY_PERIOD.discounted(VALUES, some, np.log(1.1), 5.0), by_rate, rtol=1e-12)
    np.testing.assert_allclose(
        BUYING_BY_PERIOD.discounted(VALUES, some, np.log(1.1)), BG_BB.discounted(VALUES, chances, 0.1, None), rtol=1e-9
    )
    ages = np.array([1.0, 5.0])
    np.testing.assert_array_equal(BUYING_BY_PERIOD.expected_of_new(VALUES, ages), BG_BB.expected_of_new(VALUES, ages))


def test_dert_of_the_best_and_the_worst_donors():
    """At 10 % a year, of (x, t_x, n) = (6, 6, 6) and (0, 0, 6); Fader, Hardie & Shang 2010 have 5.91 and 0.12."""
    found = BUYING_BY_PERIOD.discounted(VALUES, histories_of((6, 6, 6), (0, 0, 6)), np.log(1.1))
    assert found == pytest.approx([5.91, 0.115], abs=0.01)


def test_it_is_fitted_as_bg_bb_is():
    some = Histories(*np.array([[0, 0, 4, 50], [1, 1, 4, 10], [2, 3, 4, 8], [3, 4, 4, 6], [4, 4, 4, 9], [1, 3, 4, 7]], dtype=float).T)
    assert BUYING_BY_PERIOD.fit(some) == BG_BB.fit(Chances(some.repeats, some.active, some.age, some.customers))


# Chances

ABOVE_NOUGHT = st.floats(0.05, 20)
PARAMETERS = st.tuples(ABOVE_NOUGHT, ABOVE_NOUGHT, ABOVE_NOUGHT, ABOVE_NOUGHT)
HISTORY_OF_SIX = st.sampled_from([(0, 0, 6), (1, 1, 6), (2, 4, 6), (3, 6, 6), (6, 6, 6), (0, 0, 1), (1, 1, 1)])


@settings(max_examples=25)
@given(PARAMETERS, HISTORY_OF_SIX, st.integers(1, 12))
def test_chances_sum_to_one_and_have_what_is_expected_for_their_mean(values, history, periods):
    some = histories_of(history)
    found = BUYING_BY_PERIOD.chances(values, some, periods, periods)[0]
    assert (found >= -1e-12).all()
    assert found.sum() == pytest.approx(1, abs=1e-9)
    assert (found * np.arange(periods + 1)).sum() == pytest.approx(BUYING_BY_PERIOD.expected(values, some, periods)[0], rel=1e-7, abs=1e-9)


@settings(max_examples=15)
@given(PARAMETERS, HISTORY_OF_SIX, st.integers(1, 4))
def test_chances_are_ratios_of_likelihoods(values, history, periods):
    """P(k of the next m) is the likelihood of the histories that go on so, over that of the history itself."""
    taken, last, n = history
    likely = np.zeros(periods + 1)
    for later in itertools.product((0, 1), repeat=periods):
        at = n + max((t for t, bought in enumerate(later, 1) if bought), default=0)
        longer = histories_of((taken + sum(later), at if any(later) else last, n + periods))
        likely[sum(later)] += np.exp(BUYING_BY_PERIOD.log_likelihoods(values, longer)[0])
    so_far = np.exp(BUYING_BY_PERIOD.log_likelihoods(values, histories_of(history))[0])
    assert BUYING_BY_PERIOD.chances(values, histories_of(history), periods, periods)[0] == pytest.approx(
        likely / so_far, rel=1e-7, abs=1e-10
    )


def test_who_was_there_last_year_and_never_leaves_takes_chances_by_a_beta_binomial():
    """One who took 3 of 4 chances: p ~ Beta(alpha + 3, beta + 1)."""
    alpha, beta = VALUES[:2]
    found = BUYING_BY_PERIOD.chances((alpha, beta, 1e-9, 1.0), histories_of((3, 4, 4)), 2, 2)[0]
    ways = np.array([1, 2, 1])
    by_hand = ways * np.exp(betaln(alpha + 3 + np.arange(3), beta + 1 + 2 - np.arange(3)) - betaln(alpha + 3, beta + 1))
    assert found == pytest.approx(by_hand, rel=1e-6)


def test_more_than_there_are_periods_is_impossible_and_fewer_can_be_asked_for():
    some = histories_of((2, 4, 6), (6, 6, 6))
    whole, cut_off = (BUYING_BY_PERIOD.chances(VALUES, some, 3, most) for most in (6, 1))
    assert not whole[:, 4:].any()
    np.testing.assert_allclose(cut_off, whole[:, :2], rtol=1e-12)
    assert whole.shape == (2, 7)
