"""BG/BB: published figures of the donations data, the likelihood in other words, laws of probability, and chances that say too little."""

import math

import numpy as np
import pytest
from finite_differences import agree
from hypothesis import given
from hypothesis import strategies as st

from clvcli.models import bg_bb
from clvcli.models.bg_bb import BG_BB, Chances
from clvcli.models.histories import FitError

# 11,104 donors won in 1995, by gifts of 1996 to 2001 and the year of the last: Fader, Hardie & Shang 2010, Customer-Base Analysis in a
# Discrete-Time Noncontractual Setting; the counts as in the data set donations.csv of lifetimes 0.11.3

DONATIONS = """
    0 0 3464   1 1 1091   1 2 277   1 3 129   1 4 78   1 5 119   1 6 129   2 2 613   2 3 255   2 4 155   2 5 173
    2 6 234   3 3 322   3 4 181   3 5 225   3 6 357   4 4 240   4 5 284   4 6 512   5 5 335   5 6 728   6 6 1203
"""
# what note 010's sheet gives for each, as pymc-marketing's test_distributions.py has it; in order of falling last, then falling taken
SHEET = """
    6 6 -2.18167018824   5 6 -4.29485034929   4 6 -5.38473334360   3 6 -5.80915881601   2 6 -5.65172964525   1 6 -4.88370164695
    5 5 -3.71682127437   4 5 -5.09558227343   3 5 -5.61576884108   2 5 -5.50636893346   1 5 -4.76723821904   4 4 -3.84829625138
    3 4 -5.05936147828   2 4 -5.19562191019   1 4 -4.57070931973   3 3 -3.52745257839   2 3 -4.51620272962   1 3 -4.22465969453
    2 2 -3.01199924784   1 2 -3.58817880928   1 1 -2.28882847451   0 0 -1.16751622367
"""


def threes(text):
    return np.array(text.split(), dtype=float).reshape(-1, 3)


def chances_of(rows, n=6):
    """Chances from rows of taken, last and customers."""
    taken, last, customers = np.array(rows, dtype=float).T
    return Chances(taken, last, np.full(len(taken), float(n)), customers)


DONORS = chances_of(threes(DONATIONS))


@pytest.fixture(scope="module")
def donors():
    return BG_BB.fit(DONORS)


def of_donors(each, taken, last):
    return each[(DONORS.taken == taken) & (DONORS.last == last)][0]


def test_the_donors_are_those_of_the_paper():
    assert (len(DONORS.taken), DONORS.total) == (22, 11_104)


def test_the_parameters_are_those_of_the_paper(donors):
    # 2010, and note 010's sheet; lifetimes and pymc-marketing assert the same
    assert donors.values == pytest.approx((1.204, 0.750, 0.657, 2.783), abs=5e-4)
    assert donors.log_likelihood == pytest.approx(-33225.6, abs=0.05)
    assert donors.log_likelihood == pytest.approx(-33225.5813, abs=5e-5)
    assert (donors.model, donors.customers, donors.edges) == ("bg_bb", 11_104, ())


def test_each_history_is_as_likely_as_in_note_010(donors):
    # the sheet is at the Solver's optimum, whose digits differ from the fifth on
    rows = threes(SHEET)
    found = BG_BB.log_likelihoods(donors.values, chances_of(rows[:, [0, 1, 1]]))
    assert found == pytest.approx(rows[:, 2], abs=1e-5)


def test_gifts_to_come_sum_to_note_010s(donors):
    # sheet "Conditional Expectations (II)": 12884.2 gifts in 2002 to 2006
    assert np.dot(DONORS.customers, BG_BB.expected(donors.values, DONORS, 5)) == pytest.approx(12_884.2, abs=0.05)


def test_gifts_of_new_donors_are_note_010s(donors):
    # and pymc-marketing's test_beta_geo_beta_binom.py
    sheet = [0.4985, 0.9233, 1.2969, 1.6323, 1.9381, 2.2202, 2.4826, 2.7285, 2.9603, 3.1798, 3.3887]
    assert BG_BB.expected_of_new(donors.values, np.arange(1, 12)) == pytest.approx(sheet, abs=5e-5)


def test_who_is_still_a_donor_in_2002_is_table_6s(donors):
    alive = BG_BB.alive(donors.values, DONORS, after=1)
    assert [of_donors(alive, *cell) for cell in ((0, 0), (2, 4), (6, 6))] == pytest.approx([0.11, 0.59, 0.93], abs=5e-3)


def test_dert_at_10_percent(donors):
    # eq. 14, summed term by term with another program: 40/ln(1.1) terms
    gifts = BG_BB.discounted(donors.values, DONORS, 0.1)
    assert [of_donors(gifts, 6, 6), of_donors(gifts, 0, 0)] == pytest.approx([5.910, 0.115], abs=5e-4)


# The likelihood

MIXED = Chances(
    np.array([0.0, 0, 1, 2, 1, 3, 2, 4, 0]),
    np.array([0.0, 0, 1, 2, 4, 3, 6, 4, 0]),
    np.array([3.0, 8, 4, 2, 7, 9, 6, 4, 0]),
    np.array([50.0, 90, 20, 10, 8, 12, 9, 4, 5]),
)


def ln_beta(a, b):
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def log_likelihood(values, x, last, n):
    """The paper's, term by term with Gamma functions."""
    a, b, c, d = values
    there = ln_beta(a + x, b + n - x) + ln_beta(c, d + n)
    gone = [ln_beta(a + x, b + last - x + i) + ln_beta(c + 1, d + last + i) for i in range(int(n - last))]
    return math.log(sum(map(math.exp, [there, *gone]))) - ln_beta(a, b) - ln_beta(c, d)


@pytest.mark.parametrize("values", [(1.2, 0.75, 0.66, 2.8), (0.1, 30, 4, 0.3)])
def test_the_likelihood_is_the_papers(values):
    rows = zip(MIXED.taken, MIXED.last, MIXED.chances, strict=True)
    expected = np.array([log_likelihood(values, *row) for row in rows])
    assert BG_BB.log_likelihoods(values, MIXED) == pytest.approx(expected, rel=1e-12)
    assert BG_BB.derivatives(MIXED)(np.log(values))[0] == pytest.approx(np.dot(expected, MIXED.customers), rel=1e-12)


@pytest.mark.parametrize("point", [(0, 0, 0, 0), (0.2, -0.3, -0.4, 1.0), (-2, 3, 1, -1), (3, 2, -3, 4)])
def test_the_derivatives_are_those_of_the_likelihood(point):
    assert agree(BG_BB.derivatives(MIXED), point)


def test_at_the_maximum_the_slope_is_nought(donors):
    assert BG_BB.derivatives(DONORS)(np.log(donors.values))[1] == pytest.approx(np.zeros(4), abs=1e-2)


def test_in_parts_it_is_the_same(monkeypatch):
    whole = BG_BB.derivatives(MIXED)(np.zeros(4))
    monkeypatch.setattr(bg_bb, "_BLOCK", 5)
    assert len(list(MIXED.blocks())) > 3
    for part, of_all in zip(BG_BB.derivatives(MIXED)(np.zeros(4)), whole, strict=True):
        assert part == pytest.approx(of_all, rel=1e-13)


def test_who_has_had_no_chance_yet_says_nothing():
    new = chances_of([(0, 0, 7)], n=0)
    assert BG_BB.log_likelihoods((1.2, 0.75, 0.66, 2.8), new) == pytest.approx([0.0], abs=1e-15)
    assert BG_BB.alive((1.2, 0.75, 0.66, 2.8), new) == pytest.approx([1.0])
    assert BG_BB.expected((1.2, 0.75, 0.66, 2.8), new, 4) == pytest.approx(BG_BB.expected_of_new((1.2, 0.75, 0.66, 2.8), np.array([4])))


# Laws

VALUES = st.tuples(*[st.floats(0.05, 50)] * 4)


def all_histories(n):
    """Each way to take x of n chances with the last at t_x, and in how many orders that can be."""
    cells = [(0, 0, 1), *((x, t, math.comb(t - 1, x - 1)) for t in range(1, n + 1) for x in range(1, t + 1))]
    return chances_of(cells, n)


@given(VALUES, st.integers(1, 12))
def test_one_history_or_another_comes_about(values, n):
    every = all_histories(n)
    assert np.dot(every.customers, np.exp(BG_BB.log_likelihoods(values, every))) == pytest.approx(1, rel=1e-10)


@given(VALUES, st.integers(1, 10), st.integers(1, 10))
def test_what_is_expected_of_a_history_is_what_is_expected_of_all(values, n, more):
    every = all_histories(n)
    weights = every.customers * np.exp(BG_BB.log_likelihoods(values, every))
    first, both = BG_BB.expected_of_new(values, np.array([n, n + more]))
    assert np.dot(weights, every.taken) == pytest.approx(first, rel=1e-9)
    assert np.dot(weights, BG_BB.expected(values, every, more)) == pytest.approx(both - first, rel=1e-8)


@given(VALUES, st.integers(1, 10))
def test_who_has_just_bought_is_there_and_fewer_are_later(values, n):
    every = all_histories(n)
    now, later = BG_BB.alive(values, every), BG_BB.alive(values, every, after=1)
    assert now[every.last == n] == pytest.approx(1, rel=1e-12)
    assert ((later > 0) & (later < now) & (now <= 1)).all()


def test_where_hardly_anybody_can_be_left_nothing_breaks():
    # S(400) is below the smallest double; who has bought at the last of 400 chances stays for the next by (delta+400)/(gamma+delta+400)
    old = chances_of([(0, 0, 9), (300, 400, 1)], n=400)
    values = (5.0, 5.0, 4000.0, 1.0)
    assert BG_BB.alive(values, old, after=1) == pytest.approx([0.0, 401 / 4401], abs=1e-12)
    assert np.isfinite(BG_BB.expected(values, old, 10)).all()


def test_of_no_histories_nothing_is_expected():
    nobody = chances_of(np.empty((0, 3)))
    assert BG_BB.log_likelihoods((1.0, 1.0, 1.0, 1.0), nobody).shape == (0,)
    assert BG_BB.discounted((1.0, 1.0, 1.0, 1.0), nobody, 0.1).shape == (0,)


def test_discounting_weighs_each_chance():
    values = (1.2, 0.75, 0.66, 2.8)
    each = [BG_BB.expected(values, DONORS, i) - BG_BB.expected(values, DONORS, i - 1) for i in range(1, 5)]
    worth = sum(gifts / 1.1**i for i, gifts in enumerate(each, start=1))
    assert BG_BB.discounted(values, DONORS, 0.1, 4) == pytest.approx(worth, rel=1e-12)
    assert BG_BB.discounted(values, DONORS, 0.1, 500) == pytest.approx(BG_BB.discounted(values, DONORS, 0.1), rel=1e-12)


def test_for_ever_at_no_rate_is_finite_only_if_all_leave_soon_enough():
    assert np.isnan(BG_BB.discounted((1.2, 0.75, 0.66, 2.8), DONORS, 0.0)).all()
    # else it is P(alive) · (alpha+x)/(alpha+beta+n) · (delta+n)/(gamma-1): of (6, 6) that is 7.2/7.95 · 8.8/2
    assert of_donors(BG_BB.discounted((1.2, 0.75, 3.0, 2.8), DONORS, 0.0), 6, 6) == pytest.approx(7.2 / 7.95 * 8.8 / 2, rel=1e-12)


# A shop whose truth is known, and chances that say too little


def simulated(customers, values, n):
    drawn = np.random.default_rng(20242)
    buys, leaves = drawn.beta(*values[:2], customers), drawn.beta(*values[2:], customers)
    there, taken, last = np.ones(customers, dtype=bool), np.zeros(customers), np.zeros(customers)
    for chance in range(1, n + 1):
        there &= drawn.random(customers) >= leaves
        bought = there & (drawn.random(customers) < buys)
        taken, last = taken + bought, np.where(bought, chance, last)
    cells, counts = np.unique(np.stack([taken, last], axis=1), axis=0, return_counts=True)
    return chances_of(np.column_stack([cells, counts]), n)


def test_a_simulated_shop_gives_its_parameters_back():
    truth = (0.8, 9.0, 0.6, 12.0)
    fit = BG_BB.fit(simulated(20_000, truth, 26))
    assert all(abs(fit.parameters[name] - true) < 3 * fit.errors[name] for name, true in zip(BG_BB.parameters, truth, strict=True))


@pytest.mark.parametrize(
    ("rows", "n", "message"),
    [
        ([(0, 0, 100)], 6, "nobody bought again"),
        (np.empty((0, 3)), 6, "nobody bought again"),
        ([(0, 0, 50), (1, 1, 20), (1, 2, 20), (2, 2, 10)], 2, "more than two chances"),
    ],
)
def test_too_little_to_fit_is_said(rows, n, message):
    with pytest.raises(FitError, match=message) as raised:
        BG_BB.fit(chances_of(rows, n))
    assert raised.value.hint


@pytest.mark.parametrize(
    ("taken", "last", "message"),
    [
        (math.nan, 3, "missing or infinite"),
        (1.5, 3, "7 customers have a count that is no whole number"),
        (4, 3, "more chances taken"),
        (2, 9, "after the end"),
        (0, 3, "none taken but a last one"),
        (-1, -1, "below nought"),
    ],
)
def test_what_can_not_be_a_history_is_refused(taken, last, message):
    with pytest.raises(ValueError, match=message):
        chances_of([(taken, last, 7)])


def hard_cases():
    yield "nobody leaves", chances_of([(x, max(x, t), n) for x, t, n in ((0, 0, 40), (1, 6, 40), (3, 6, 90), (5, 6, 60), (6, 6, 30))])
    yield "every chance is taken", chances_of([(6, 6, 100)])
    yield "one customer once", chances_of([(0, 0, 99), (1, 3, 1)])
    yield "all left after the first", chances_of([(1, 1, 99)])
    yield "clockwork", chances_of([(3, 6, 99)])
    yield "twelve customers", chances_of([(0, 0, 5), (1, 2, 2), (2, 3, 1), (3, 6, 2), (6, 6, 2)])
    yield "of all ages", MIXED


@pytest.mark.parametrize("chances", [pytest.param(chances, id=name) for name, chances in hard_cases()])
def test_hard_cases_end_with_forecasts(chances):
    fit = BG_BB.fit(chances)
    alive, gifts = BG_BB.alive(fit.values, chances), BG_BB.expected(fit.values, chances, 5)
    assert math.isfinite(fit.log_likelihood)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert ((gifts >= 0) & (gifts <= 5)).all()


def test_who_never_leave_are_found_never_to():
    fit = BG_BB.fit(chances_of([(0, 0, 8), (1, 5, 20), (2, 6, 60), (3, 6, 90), (4, 6, 90), (5, 6, 60), (6, 6, 20)]))
    assert "delta" in fit.edges
    assert fit.errors["delta"] is None
    assert BG_BB.alive(fit.values, chances_of([(0, 0, 1)])) > 0.9


def test_who_take_every_chance_are_expected_to_go_on():
    every = chances_of([(6, 6, 100)])
    assert BG_BB.expected(BG_BB.fit(every).values, every, 5) == pytest.approx([5.0], abs=0.01)
