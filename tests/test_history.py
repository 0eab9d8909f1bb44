"""History: what changed in each period; and the timeline: how things stood at its end."""

from datetime import date

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from orders_text import collected, customers_from, observed, orders_from, values

from clvcli.acquisition import with_acquisition_cost
from clvcli.activity import activity
from clvcli.churn import ChurnRule
from clvcli.costs import VariableCosts, with_variable_costs
from clvcli.history import changes, lapses, paths
from clvcli.periods import Period, day_number
from clvcli.rates import Rates
from clvcli.timeline import timeline

SHOP = """
    customer  order  date        amount  channel
    ann       1      2024-01-10    30    web
    ann       2      2024-01-20    10    web
    ann       3      2024-02-15    20    web
    bob       4      2024-01-31    50    fair
    bob       r-1    2024-02-05    -5    fair
    bob       5      2024-04-02    15    fair
    cid       r-2    2023-12-28    -2    web
    cid       6      2024-02-01    40    web
    eva       r-3    2024-03-03    -9    web
"""
DECEMBER, JANUARY, FEBRUARY, MARCH, APRIL = (2024 * 12 + month for month in (-1, 0, 1, 2, 3))
WINDOW = ChurnRule(30)


def day(text):
    return day_number(date.fromisoformat(text))


FIRST, LAST = day("2024-01-10"), day("2024-04-30")


def steps(period=Period.MONTH, margin=None, known=None, costs=None):
    made = orders_from(SHOP, margin)
    made = made if costs is None else with_variable_costs(made, costs)
    return paths(activity(made, period, count_days=True), known)


def known():
    """The channel of each customer and what it cost."""
    paid = with_acquisition_cost(customers_from(SHOP, observed("2024-04-30")), Rates(0.0, "channel", {"web": 7.0, "fair": 3.0}))
    return paid.select("customer_id", "channel", "acquisition_cost")


def of(frame, *names, key="at"):
    return values(frame, *names, key=key)


# Paths


def test_a_step_knows_what_was_before_and_after_it():
    found = of(steps(), "before", "after", "orders_to_date", "buying_days_to_date", key=["customer_id", "at"])
    assert found == {
        ("ann", JANUARY): (None, FEBRUARY, 2, 2),
        ("ann", FEBRUARY): (JANUARY, None, 3, 3),
        ("bob", JANUARY): (None, APRIL, 1, 1),
        ("bob", FEBRUARY): (None, None, None, None),  # a refund is no purchase, and no step on the way
        ("bob", APRIL): (JANUARY, None, 2, 2),
        ("cid", DECEMBER): (None, None, None, None),
        ("cid", FEBRUARY): (None, None, 1, 1),
        ("eva", MARCH): (None, None, None, None),
    }


def test_a_step_knows_the_last_day_before_it_and_the_first_of_all():
    found = {key: days for key, days in of(steps(), "last_day_before", "first_day_ever", key=["customer_id", "at"]).items() if days[1]}
    assert found == {
        ("ann", JANUARY): (None, day("2024-01-10")),
        ("ann", FEBRUARY): (day("2024-01-20"), day("2024-01-10")),
        ("bob", JANUARY): (None, day("2024-01-31")),
        ("bob", APRIL): (day("2024-01-31"), day("2024-01-31")),
        ("cid", FEBRUARY): (None, day("2024-02-01")),
    }


# Changes


def test_what_moves_in_a_period_changes_it_once():
    assert of(changes(steps()), "orders", "revenue", "refunds", "buying_days", "repeat_customers") == {
        DECEMBER: (0, -2.0, 2.0, 0, 0),
        JANUARY: (3, 90.0, 0.0, 3, 1),  # ann buys for the second time
        FEBRUARY: (2, 55.0, 5.0, 2, 0),
        MARCH: (0, -9.0, 9.0, 0, 0),
        APRIL: (1, 15.0, 0.0, 1, 1),  # and bob does
    }


def test_customers_of_a_period_are_new_retained_or_back():
    assert of(changes(steps()), "customers_in_period", "new_customers", "retained_customers") == {
        DECEMBER: (0, 0, 0),
        JANUARY: (2, 2, 0),
        FEBRUARY: (2, 1, 1),
        MARCH: (0, 0, 0),
        APRIL: (1, 0, 0),
    }


def test_sums_of_days_move_with_each_order():
    found = collected(changes(steps())).sort("at").select("at", "first_days", "last_days").rows()
    assert found == [
        (DECEMBER, 0, 0),
        (JANUARY, day("2024-01-10") + day("2024-01-31"), day("2024-01-20") + day("2024-01-31")),
        (FEBRUARY, day("2024-02-01"), 26 + day("2024-02-01")),
        (MARCH, 0, 0),
        (APRIL, 0, 62),
    ]


def test_profit_and_costs_change_where_they_are_known():
    found = changes(steps(margin=Rates(0.5), costs=VariableCosts(shipping_per_order=2.0)))
    assert of(found, "gross_profit", "variable_costs")[FEBRUARY] == (27.5, 4.0)
    assert not {"gross_profit", "variable_costs", "acquisition_cost"} & set(changes(steps()).collect_schema().names())


def test_customers_cost_something_in_the_period_in_which_they_were_won():
    found = changes(steps(known=known()), ["channel"])
    assert of(found, "new_customers", "acquisition_cost", key=["channel", "at"]) == {
        ("fair", JANUARY): (1, 3.0),
        ("fair", FEBRUARY): (0, 0.0),
        ("fair", APRIL): (0, 0.0),
        ("web", DECEMBER): (0, 0.0),
        ("web", JANUARY): (1, 7.0),
        ("web", FEBRUARY): (1, 7.0),
        (None, MARCH): (0, 0.0),
    }


# Lapses


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # 31 days after 31 January, 1 and 15 February, all in March; bob is back in April
        (WINDOW, {MARCH: (3, ("2024-01-31", "2024-02-01", "2024-02-15")), APRIL: (-1, ("2024-01-31",))}),
        # who bought once is given 20 days: bob and cid have lapsed in February
        (
            ChurnRule(30, one_time_days=20),
            {FEBRUARY: (2, ("2024-01-31", "2024-02-01")), MARCH: (1, ("2024-02-15",)), APRIL: (-1, ("2024-01-31",))},
        ),
        # ann's mean gap is 18 days on 15 February: with 27 of silence she has lapsed by 14 March, as the others have by their 30
        (ChurnRule(30, 1.5, name="personal"), {MARCH: (3, ("2024-01-31", "2024-02-01", "2024-02-15")), APRIL: (-1, ("2024-01-31",))}),
        # on 20 January it was 10: with 5 she has lapsed by the 26th, and was back in February, to lapse again
        (
            ChurnRule(99, 0.5, name="personal"),
            {JANUARY: (1, ("2024-01-20",)), FEBRUARY: (0, ("2024-02-15", "-2024-01-20"))},
        ),
        (ChurnRule(365), {}),
    ],
)
def test_a_customer_lapses_when_the_silence_is_too_long_and_comes_back_with_an_order(rule, expected):
    found = collected(lapses(steps(), rule, Period.MONTH, LAST)).sort("at").select("at", "lapsed_customers", "lapsed_last_days").rows()

    def total(number, days):
        signed = [-day(text[1:]) if text.startswith("-") else day(text) for text in days]
        return (-1 if number < 0 else 1) * sum(signed)

    assert found == [(at, number, total(number, days)) for at, (number, days) in expected.items()]


@pytest.mark.parametrize(("as_of", "lapsed"), [("2024-05-02", 0), ("2024-05-03", 1)])
def test_who_lapses_after_the_end_has_not_lapsed(as_of, lapsed):
    found = of(lapses(steps(), WINDOW, Period.MONTH, day(as_of)), "lapsed_customers")
    assert found.get(2024 * 12 + 4, 0) == lapsed  # bob, 31 days after 2 April


def test_who_lapses_and_comes_back_in_one_period_was_not_gone_at_its_end():
    rows = collected(lapses(steps(Period.QUARTER), WINDOW, Period.QUARTER, day("2024-06-30"))).sort("at")
    assert rows.select("at", "lapsed_customers").rows() == [(2024 * 4, 3), (2024 * 4 + 1, 0)]  # bob is back on 2 April, and gone on 3 May


def test_lapses_are_by_attributes_too():
    found = lapses(steps(known=known()), WINDOW, Period.MONTH, LAST, ["channel"])
    assert of(found, "lapsed_customers", key=["channel", "at"]) == {("fair", MARCH): 1, ("fair", APRIL): -1, ("web", MARCH): 2}


# The timeline


def stood(as_of=LAST, first=FIRST, by=(), rule=WINDOW, **rest):
    walked = steps(known=known() if by else None, **rest)
    frames = (changes(walked, by), lapses(walked, rule, Period.MONTH, as_of, by))
    return timeline(*map(collected, frames), Period.MONTH, (first, as_of), by)


def figures(found, *names, key="at"):
    return values(nw.from_native(found.frame.lazy()), *names, key=key)


def test_the_metrics_as_of_each_end_are_the_sums_of_all_changes_to_it():
    found = stood()
    assert figures(found, "customers", "orders", "revenue", "refunds", "buying_days", "repeat_customers", "lapsed_customers") == {
        JANUARY: (2, 3, 88.0, 2.0, 3, 1, 0),  # with the refund of December, before there was a purchase
        FEBRUARY: (3, 5, 143.0, 7.0, 5, 1, 0),
        MARCH: (3, 5, 134.0, 16.0, 5, 1, 3),
        APRIL: (3, 6, 149.0, 16.0, 6, 2, 2),
    }


def test_the_days_of_all_customers_are_as_of_each_end():
    assert figures(stood(), "age_days", "active_days", "idle_days", "exposure_days") == {
        JANUARY: (21 + 0, 10 + 0, 11 + 0, 21),
        FEBRUARY: (50 + 29 + 28, 36 + 0 + 0, 14 + 29 + 28, 107),
        MARCH: (81 + 60 + 59, 36, 45 + 60 + 59, 36),  # all have lapsed
        APRIL: (111 + 90 + 89, 36 + 62 + 0, 75 + 28 + 89, 36 + 90 + 0),  # bob is back
    }


def test_a_periods_own_figures_stand_beside_those_of_the_one_before():
    names = ("orders_in_period", "revenue_in_period", "customers_in_period", "new_customers")
    assert figures(stood(), *names) == {JANUARY: (3, 90.0, 2, 2), FEBRUARY: (2, 55.0, 2, 1), MARCH: (0, -9.0, 0, 0), APRIL: (1, 15.0, 1, 0)}
    before = ("orders_in_previous_period", "customers_in_previous_period", "retained_customers")
    assert figures(stood(), *before) == {JANUARY: (None, None, None), FEBRUARY: (3, 2, 1), MARCH: (2, 2, 0), APRIL: (0, 0, 0)}


def test_profit_and_costs_are_summed_up_where_they_are_known():
    found = stood(margin=Rates(0.5), costs=VariableCosts(shipping_per_order=2.0))
    assert figures(found, "gross_profit", "variable_costs")[APRIL] == (74.5, 12.0)
    assert not {"gross_profit", "variable_costs", "acquisition_cost"} & set(stood().frame.columns)


def test_a_period_still_running_is_as_of_the_end_of_observation():
    found = stood(as_of=day("2024-04-15"))
    assert (found.last_is_partial, stood().last_is_partial) == (True, False)
    assert figures(found, "age_days", "idle_days")[APRIL] == (96 + 75 + 74, 60 + 13 + 74)


def test_a_timeline_goes_on_after_the_last_order():
    found = stood(as_of=day("2024-06-30"))
    assert found.names == ["2024-01", "2024-02", "2024-03", "2024-04", "2024-05", "2024-06"]
    assert figures(found, "orders", "customers_in_period", "lapsed_customers")[2024 * 12 + 5] == (6, 0, 3)


def test_groups_have_timelines_of_their_own():
    found = stood(by=["channel"])
    assert found.by == ("channel",)
    assert found.frame.select("channel", "at").rows() == [
        *((channel, at) for channel in ("fair", "web", None) for at in (JANUARY, FEBRUARY, MARCH, APRIL))
    ]
    shown = figures(
        found, "customers", "revenue", "acquisition_cost", "lapsed_customers", "customers_in_previous_period", key=["channel", "at"]
    )
    assert shown["fair", APRIL] == (1, 60.0, 3.0, 0, 0)
    assert shown["web", JANUARY] == (1, 38.0, 7.0, 0, None)
    assert shown["web", MARCH] == (2, 98.0, 14.0, 2, 2)
    assert shown[None, APRIL] == (0, -9.0, 0.0, 0, 0)


def test_groups_sum_to_the_whole():
    additive = ("customers", "orders", "revenue", "age_days", "exposure_days", "lapsed_customers", "repeat_customers", "retained_customers")
    groups, whole = stood(by=["channel"]).frame, stood().frame
    summed = groups.group_by("at").agg(pl.col(additive).sum()).sort("at").select(additive).tail(3)
    assert summed.rows() == whole.select(additive).tail(3).rows()
