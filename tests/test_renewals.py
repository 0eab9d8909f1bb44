"""Renewals: payments that come period by period, and how many customers were lost at each."""

import doctest
import math
import random
from collections import Counter
from datetime import date
from itertools import pairwise

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from exported import read_export
from hypothesis import given
from hypothesis import strategies as st
from orders_text import ENGINES, collected, customers_from, customers_of, observed, on_polars, orders_from

from clvcli import renewals
from clvcli.churn import ChurnRule
from clvcli.measuring import Observation
from clvcli.orders import orders
from clvcli.periods import Window, date_of, day_number, months_before
from clvcli.renewals import (
    BILLINGS,
    Billing,
    billing_of,
    every,
    is_clockwork,
    lost_and_stayed,
    renewal_counts,
    rhythm,
    undue,
    with_renewals,
)
from clvcli.survival import gap_counts, kaplan_meier

WEEK, MONTH, QUARTER, YEAR = BILLINGS.values()


def test_the_examples_in_the_module_are_true():
    assert doctest.testmod(renewals).failed == 0


# Billing periods


@pytest.mark.parametrize(
    ("days", "name", "tolerance"),
    [
        (5, "5 days", 2), (7, "week", 2), (8, "8 days", 2), (14, "14 days", 3), (28, "28 days", 7), (29, "29 days", 7),
        (30, "month", 7), (31, "month", 7), (32, "32 days", 7), (61, "61 days", 10), (84, "84 days", 14), (90, "quarter", 15),
        (92, "quarter", 15), (182, "182 days", 15), (360, "year", 30), (366, "year", 30), (730, "730 days", 60),
    ],
)  # fmt: skip
def test_a_billing_period_has_a_name_and_a_tolerance(days, name, tolerance):
    billing = every(days)
    assert (str(billing), billing.tolerance) == (name, tolerance)
    assert billing.overdue_after == billing.days + tolerance


@given(st.integers(5, 800))
def test_a_gap_is_on_one_multiple_or_on_none(days):
    assert every(days).tolerance < every(days).length / 2


@given(st.integers(0, 40_000), st.sampled_from([*BILLINGS.values(), *map(every, (14, 28, 61, 182))]))
def test_the_nearest_number_of_periods_is_the_same_for_a_day_and_for_a_column(days, billing):
    frame = on_polars(pl.DataFrame({"days": [days]}, schema={"days": pl.Int32}))
    column = collected(frame.select(billing.periods(nw.col("days"))))["days"].to_list()
    assert column == [billing.periods(days)]
    assert billing.off(days, billing.periods(days)) <= billing.length / 2


def test_half_a_period_is_one_on_every_engine():
    assert [every(14).periods(days) for days in (6, 7, 20, 21)] == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("gaps", "name"),
    [
        ([], None),
        ([(1, 500), (6, 200)], None),  # nobody bills by the day
        ([(7, 10)], "week"),
        ([(6, 3), (7, 10), (8, 4), (14, 16)], "week"),  # 17 around a week, and 16 on two
        ([(6, 3), (7, 10), (8, 4), (14, 18)], "14 days"),
        ([(5, 9), (6, 8), (7, 4)], "week"),
        ([(28, 5), (29, 1), (30, 20), (31, 30)], "month"),
        ([(28, 57), (56, 3)], "28 days"),
        ([(90, 2), (91, 3), (92, 5)], "quarter"),
        ([(365, 30), (366, 10)], "year"),
        ([(45, 9), (44, 1), (300, 4)], "45 days"),
    ],
)
def test_the_billing_period_is_the_one_around_which_most_gaps_lie(gaps, name):
    found = billing_of(gaps)
    assert (found and str(found)) == name


# How gaps lie to a billing period. Of 60 gaps between payments by the month 40 are on it (24 to 37 days), 5 on two months
# (54 to 67), 2 on twelve; 6 come too soon, 4 of these within twice the tolerance (17 to 23), and 7 lie between one and two.
GAPS = [(3, 2), (17, 1), (23, 3), (24, 5), (31, 30), (37, 5), (38, 1), (44, 2), (45, 4), (54, 2), (67, 3), (365, 2)]


def test_gaps_are_on_the_period_on_a_multiple_or_on_neither():
    found = rhythm(GAPS, MONTH)
    assert (found.count, found.once, found.multiples) == (60, 40, ((2, 5), (12, 2)))
    assert (found.early, found.beside) == (6, 4 + 3)
    assert found.skipped == 5 * 1 + 2 * 11
    assert found.share == pytest.approx(40 / 60)
    assert found.share_with_skipped == pytest.approx(47 / 60)


def test_of_no_gaps_there_is_no_share():
    nothing = rhythm([], MONTH)
    assert (nothing.share, nothing.share_with_skipped, nothing.is_clockwork, nothing.other_plan) == (None, None, False, None)


@pytest.mark.parametrize(
    ("gaps", "clockwork"),
    [
        ([(30, 12), (31, 18)], True),
        ([(30, 12), (31, 17)], False),  # 29 gaps are few
        ([(30, 24), (61, 6)], True),
        ([(30, 23), (61, 7)], False),  # 77 %
        ([(30, 150), (31, 150), (40, 28)], True),  # 300 on 15 days, and 28 on the 14 beside them: 10.0 times as dense
        ([(30, 150), (31, 150), (40, 29)], False),
        ([(1, 1_000)], False),
        ([], False),
    ],
)
def test_payments_of_a_contract_are_mostly_on_time_and_hardly_ever_just_beside(gaps, clockwork):
    assert is_clockwork(gaps) is clockwork


@pytest.mark.parametrize(
    ("multiples", "other"),
    [
        ([], None),
        ([(61, 90), (91, 30), (122, 10)], None),  # pauses, which get rarer with their length
        ([(61, 90), (91, 30), (365, 40)], 12),
        ([(61, 90), (91, 30), (365, 29)], None),
        ([(61, 10), (91, 60)], 3),
        ([(61, 800)], None),
    ],
)
def test_a_peak_far_out_is_another_plan(multiples, other):
    assert rhythm([(30, 1_000), *multiples], MONTH).other_plan == other


# Chance


def counted(gaps):
    """How often each gap of at least a day occurs."""
    return sorted(Counter(max(1, round(gap)) for gap in gaps).items())


def watched(draw, customers, days):
    """The gaps of customers who buy at random for so many days, from a random one of these on."""
    rng = random.Random(5)
    for _ in range(customers):
        mean, day = draw(rng, None), rng.uniform(0, days)
        while (gap := draw(rng, mean)) + day < days:
            day += gap
            yield gap


MEANS = (1, 2, 5, 7, 9, 14, 20, 30, 45, 61, 91, 182, 365)


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("shape", [0.5, 1, 2, 4, 8])
def test_gaps_of_who_buys_at_random_are_no_payments(mean, shape):
    rng = random.Random(round(mean * shape))
    for n in (30, 100, 2_000):
        gaps = counted(rng.gammavariate(shape, mean / shape) for _ in range(n))
        assert not is_clockwork(gaps)


@pytest.mark.parametrize("mean", MEANS)
def test_of_gaps_without_memory_less_than_a_third_lie_on_a_billing_period(mean):
    going_on = 1 - 1 / mean
    gaps = [(days, n) for days in range(1, 2_000) if (n := round(1e6 * going_on ** (days - 1) / mean))]
    found = billing_of(gaps)
    assert found is None or rhythm(gaps, found).share < 1 / 3


@pytest.mark.parametrize("days", [20, 60, 365, 1_000])
def test_customers_of_different_habits_seen_for_a_while_are_no_subscribers(days):
    def draw(rng, mean):
        return rng.expovariate(1 / mean) if mean else rng.gammavariate(2, 15)

    assert not is_clockwork(counted(watched(draw, 2_000, days)))


def test_a_stall_that_sells_on_saturdays_has_no_subscribers():
    rng = random.Random(6)
    gaps = counted(7 * next(weeks for weeks in range(1, 99) if rng.random() < 0.5) for _ in range(2_000))
    assert str(billing_of(gaps)) == "week"
    assert rhythm(gaps, WEEK).share_with_skipped > 0.9
    assert not is_clockwork(gaps)


def paid_by_the_month(rng, months, *, late=0, skips=0.0, extras=0.0):
    """The days on which a customer pays from a random day on, whole months apart."""
    first = day_number(date(2022, 1, 1)) + rng.randrange(365)
    days = {first}
    for month in range(1, months):
        due = months_before(first, -month)
        days |= set() if rng.random() < skips else {due + rng.randint(0, late)}
        days |= {due + rng.randint(8, 22)} if rng.random() < extras else set()
    return sorted(days)


@pytest.mark.parametrize(
    "habits", [{}, {"late": 5}, {"skips": 0.05}, {"extras": 0.05}, {"late": 3, "skips": 0.03, "extras": 0.03}], ids=str
)
def test_payments_by_the_month_are_clockwork(habits):
    rng = random.Random(9)
    gaps = counted(later - day for _ in range(300) for day, later in pairwise(paid_by_the_month(rng, 18, **habits)))
    found = rhythm(gaps, billing_of(gaps))
    assert found.billing == MONTH
    assert found.is_clockwork
    assert found.other_plan is None


CDNOW = {"columns": {"ordered_at": "date", "amount": "dollar_value"}, "date_format": "%Y%m%d"}
UCI = {
    "columns": {"order_id": "InvoiceNo", "customer_id": "CustomerID", "ordered_at": "InvoiceDate", "amount": "Quantity * UnitPrice"},
}
FUZZY_FACTORY = {}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cdnow/CDNOW_master.txt", CDNOW),
        ("uci_online_retail/online_retail.parquet", UCI),
        ("maven_fuzzy_factory/orders.csv", FUZZY_FACTORY),
    ],
    ids=["CDNOW", "UCI", "Fuzzy Factory"],
)
def test_shops_where_people_buy_at_will_are_not_taken_for_contracts(real_data, name, options):
    made = read_export(str(real_data(name)), **options).orders
    gaps = collected(gap_counts(on_polars(made))).sort("gap").rows()
    assert rhythm(gaps, billing_of(gaps)).share < 0.25
    assert not is_clockwork(gaps)


# Renewals, worked out on paper. A gym at 20 a month, on 31 December:
GYM = """
    customer  order  date        amount
    ann       a1     2024-08-31    20
    ann       a2     2024-09-30    20
    ann       a3     2024-10-31    20
    ann       a4     2024-11-30    20
    ann       a5     2024-12-31    20
    bob       b1     2024-01-15    20
    bob       b2     2024-02-15    20
    bob       b3     2024-03-15    20
    cid       c1     2024-06-10    20
    cid       c2     2024-07-10    20
    cid       c3     2024-10-10    20
    cid       c4     2024-11-10    20
    cid       c5     2024-12-10    20
    dan       d1     2024-12-20    20
    eva       e1     2024-06-01    20
    fay       f1     2024-11-20    20
    fay       f2     2024-12-20    20
    gus       g1     2024-11-27    20
    gus       g2     2024-12-27    20
    hal       h1     2024-10-05    20
    hal       towel  2024-10-20     9
    hal       h2     2024-11-05    20
    hal       h3     2024-12-05    20
    ian       i1     2024-10-24    20
    ian       i2     2024-11-24    20
    jay       j1     2024-10-23    20
    jay       j2     2024-11-23    20
    kim       back   2024-11-23   -20
"""
OF_THE_GYM = {
    "ann": (5, 3, 0),  # paid today, so whether those due today have renewed isn't known
    "bob": (3, 2, 1),  # three payments, two renewals, lost at the third
    "cid": (5, 4, 0),  # two pauses of a month, and went on
    "dan": (1, 0, 0),  # due in January
    "eva": (1, 0, 1),  # lost at the first renewal
    "fay": (2, 1, 0),  # paid 11 days ago
    "gus": (2, 0, 0),  # paid 4 days ago: not decided
    "hal": (3, 2, 0),  # a towel is no payment
    "ian": (2, 1, 0),  # paid 37 days ago, not overdue
    "jay": (2, 1, 1),  # paid 38 days ago
}


def figures(frame):
    """Payments, renewals and whether lost, by customer."""
    rows = collected(frame).select("customer_id", "payments", "renewals", "is_lost").rows()
    return {customer: tuple(numbers) for customer, *numbers in sorted(rows)}


def counts(customers, billing, as_of):
    """The rows of renewal_counts, in order."""
    return sorted(collected(renewal_counts(customers, billing, as_of)).select("renewals", "is_lost", "customers").rows())


@ENGINES
def test_a_gym_by_the_month(engine):
    as_of = day_number(date(2024, 12, 31))
    gym = engine(collected(customers_from(GYM, observed("2024-12-31"))))
    assert figures(with_renewals(gym, MONTH, as_of)) == OF_THE_GYM
    rows = counts(gym, MONTH, as_of)
    assert rows == [(0, 0, 2), (0, 1, 1), (1, 0, 2), (1, 1, 1), (2, 0, 1), (2, 1, 1), (3, 0, 1), (4, 0, 1)]
    assert lost_and_stayed(rows) == ((1, 1, 1, 0), (2, 1, 1, 1))
    assert undue(rows) == 2  # dan and gus


def test_the_gaps_of_the_gym():
    found = rhythm(collected(gap_counts(orders_from(GYM))).rows(), MONTH)
    assert found.multiples == ((3, 1),)  # cid
    assert (found.count, found.once, found.early, found.skipped) == (17, 14, 2, 2)  # before and after the towel


BY_YEAR = """
    customer  order  date        amount
    ann       1      2020-02-29   120
    ann       2      2021-02-28   120
    ann       3      2022-03-25   120
    ann       4      2023-03-01   120
    bob       5      2021-06-01   120
    bob       6      2022-05-10   120
    cid       7      2022-12-01   120
    dan       8      2023-06-02   120
"""


def test_a_club_by_the_year():
    as_of = "2024-03-30"  # 395 days after ann's last payment, 690 after bob's, 485 after cid's, 302 after dan's
    club = customers_from(BY_YEAR, observed(as_of))
    assert figures(with_renewals(club, YEAR, day_number(date(2024, 3, 30)))) == {
        "ann": (4, 3, 0), "bob": (2, 1, 1), "cid": (1, 0, 1), "dan": (1, 0, 0),
    }  # fmt: skip
    assert figures(with_renewals(club, YEAR, day_number(date(2024, 3, 31))))["ann"] == (4, 3, 1)


BY_WEEK = """
    customer  order  date        amount
    ann       1      2024-05-06    12
    ann       2      2024-05-13    12
    ann       3      2024-05-21    12
    ann       4      2024-05-27    12
    bob       5      2024-05-06    12
    bob       6      2024-05-20    12
    cid       7      2024-05-06    12
    cid       8      2024-05-06    12
    dan       9      2024-05-25    12
"""


def test_a_box_by_the_week():
    rows = counts(customers_from(BY_WEEK, observed("2024-05-29")), WEEK, day_number(date(2024, 5, 29)))
    # ann paid 2 days ago, which isn't decided; bob skipped one and is due since 2 days; cid's two orders are of one day
    assert rows == [(0, 0, 1), (0, 1, 1), (1, 0, 1), (2, 0, 1)]
    assert lost_and_stayed(rows) == ((1, 0), (1, 1))
    assert undue(rows) == 1


def test_of_nobody_nothing_was_lost():
    assert lost_and_stayed([]) == ((), ())
    assert undue([]) == 0


# Fader & Hardie 2007, How to Project Customer Retention, table 1: customers left of each 1,000, year after year
HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491)
REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241)
SCHEMA = {"customer_id": pl.String, "order_id": pl.String, "day": pl.Int32, "amount": pl.Int64}


def shop_of(paid):
    """ORDERS of customers by the days on which they paid."""
    rows = [(f"c{at}", f"{at}-{n}", day, 200_000) for at, days in enumerate(paid) for n, day in enumerate(days)]
    return on_polars(collected(orders(on_polars(pl.DataFrame(rows, schema=SCHEMA, orient="row")))))


def seen_until(as_of, days=180):
    return Observation(Window(0, as_of, None), ChurnRule(days))


@pytest.mark.parametrize("survivors", [HIGH_END, REGULAR], ids=["high end", "regular"])
def test_the_survivors_of_fader_and_hardie_are_found_in_their_payments(survivors):
    rng = random.Random(2007)
    years = [t + 1 for t, (before, after) in enumerate(pairwise(survivors)) for _ in range(before - after)]
    years += [len(survivors)] * survivors[-1]
    rng.shuffle(years)
    firsts = [rng.randrange(250) for _ in years]
    paid = [
        [first + math.floor(t * 365.25) + rng.randint(-10, 10) * (t > 0) for t in range(n)] for first, n in zip(firsts, years, strict=True)
    ]
    as_of = 250 + math.floor(7 * 365.25) + 42  # the eighth payment is decided, and nobody's ninth is due
    made = shop_of(paid)
    gaps = collected(gap_counts(made)).sort("gap").rows()
    assert billing_of(gaps) == YEAR
    assert is_clockwork(gaps)
    rows = counts(customers_of(made, [], seen_until(as_of)), YEAR, as_of)
    lost, stayed = lost_and_stayed(rows)
    assert lost == tuple(before - after for before, after in pairwise(survivors))
    assert stayed == (0, 0, 0, 0, 0, 0, survivors[-1])
    steps = kaplan_meier((t, sum(of), of[0]) for t, of in enumerate(zip(lost, stayed, strict=True), start=1))
    assert [round(1000 * step.survival) for step in steps] == list(survivors[1:])


def shifted_beta_geometric(rng, alpha, beta, until):
    """The days on which a customer pays who came on a random day: by the month, until lost at a renewal or until the end."""
    first, lost = rng.randrange(until + 1), rng.betavariate(alpha, beta)
    days, month = [first], 1
    while rng.random() > lost and (due := months_before(first, -month)) <= until:
        days, month = [*days, due], month + 1
    return days


@pytest.mark.parametrize("until", [100, 400])
def test_customers_of_a_growing_shop_are_lost_at_the_rate_at_which_they_leave(until):
    rng, alpha, beta = random.Random(17), 0.7, 3.0
    won = customers_of(shop_of([shifted_beta_geometric(rng, alpha, beta, until) for _ in range(8_000)]), [], seen_until(until))
    lost, stayed = lost_and_stayed(counts(won, MONTH, until))
    at_risk = [sum(lost[t:]) + sum(stayed[t:]) for t in range(len(lost))]
    expected = [n * alpha / (alpha + beta + t) for t, n in enumerate(at_risk)]
    assert sum(lost) == pytest.approx(sum(expected), abs=3 * math.sqrt(sum(expected)))
    # Counting every payment made by the end takes those due in its last week for loyal if they paid, and for nothing if they didn't.
    all_paid = collected(with_renewals(won, MONTH, until).select(stays=(nw.col("payments") - 1).sum()))["stays"].item()
    assert all_paid > sum(at_risk) - sum(lost) + 3 * math.sqrt(sum(expected))


# Laws

BY = st.sampled_from([*BILLINGS.values(), every(14), every(61)])
AS_OF = 3_000
HISTORIES = st.lists(st.sets(st.one_of(st.integers(0, AS_OF), st.integers(AS_OF - 60, AS_OF)), max_size=12), max_size=12)
OF_CUSTOMERS = {"customers": pl.Int64, "first_day": pl.Int32, "last_day": pl.Int32, "buying_days": pl.Int64, "customer_id": pl.String}


def won(paid, shift=0):
    """Rows of customers by the days on which they paid; who never did only gave something back."""
    rows = [
        (1, min(days) + shift, max(days) + shift, len(days), f"c{at}") if days else (0, None, None, 0, f"c{at}")
        for at, days in enumerate(paid)
    ]
    return on_polars(pl.DataFrame(rows, schema=OF_CUSTOMERS, orient="row"))


@given(HISTORIES, BY)
def test_every_customer_was_lost_or_stayed_or_is_not_due(paid, billing):
    rows = counts(won(paid), billing, AS_OF)
    lost, stayed = lost_and_stayed(rows)
    assert sum(lost) + sum(stayed) + undue(rows) == sum(map(bool, paid))
    assert len(lost) == len(stayed)
    assert not lost or lost[-1] + stayed[-1] > 0


@given(HISTORIES, BY, st.integers(-20_000, 20_000))
def test_shifting_all_days_shifts_nothing(paid, billing, by):
    assert figures(with_renewals(won(paid, by), billing, AS_OF + by)) == figures(with_renewals(won(paid), billing, AS_OF))


@given(HISTORIES, BY)
def test_when_nothing_has_come_for_long_all_are_lost_after_what_they_paid(paid, billing):
    rows = figures(with_renewals(won(paid), billing, AS_OF + 1_000))
    assert all(is_lost and renewed == payments - 1 for payments, renewed, is_lost in rows.values())


@given(HISTORIES, BY)
def test_payments_are_no_more_than_buying_days_or_than_periods(paid, billing):
    for name, (payments, renewed, _) in figures(with_renewals(won(paid), billing, AS_OF)).items():
        days = paid[int(name[1:])]
        assert 1 <= payments <= min(len(days), (max(days) - min(days)) / billing.length + 1.5)
        assert max(payments - 2, 0) <= renewed < payments


@given(st.lists(st.sets(st.integers(1, 24)), min_size=1, max_size=8), st.sampled_from(["month", "quarter", "week"]), st.data())
def test_payments_on_time_are_counted_whatever_was_skipped(kept, name, data):
    billing = BILLINGS[name]
    late = st.integers(-(billing.tolerance // 2), billing.tolerance // 2)
    dues = [[0, *sorted(each)] for each in kept]
    paid = [[0, *(math.floor(due * billing.length) + data.draw(late) for due in each[1:])] for each in dues]
    rows = figures(with_renewals(won(paid), billing, AS_OF))
    assert [rows[f"c{at}"][0] for at in range(len(dues))] == [len(each) for each in dues]
    gaps = counted(later - day for days in paid for day, later in pairwise(days))
    assert rhythm(gaps, billing).skipped == sum(each[-1] + 1 - len(each) for each in dues)


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(1, 50)), max_size=40, unique_by=lambda gap: gap[0]), BY, st.randoms())
def test_every_gap_has_its_place_in_any_order(gaps, billing, rng):
    shuffled = rng.sample(gaps, len(gaps))
    assert rhythm(shuffled, billing) == rhythm(gaps, billing)
    assert billing_of(shuffled) == billing_of(gaps)
    found = rhythm(gaps, billing)
    assert found.count == sum(n for _, n in gaps)
    assert found.once + sum(n for _, n in found.multiples) + found.early <= found.count


def test_a_billing_period_is_what_its_length_makes_it():
    assert every(30) is MONTH
    assert Billing("fortnight", 14.0).overdue_after == 17
    assert str(date_of(day_number(date(2024, 1, 31)) + MONTH.overdue_after)) == "2024-03-08"
