"""Forecasts that need no model, worked out with a pencil."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clvcli.baselines import BASELINES, HIATUS_DAYS, Past, own_mean

BY_NAME = {baseline.name: baseline for baseline in BASELINES}


def array(*values):
    return np.array(values, dtype=float)


# ann: 4 days in 300, the last 20 days ago; bob: once, 100 days ago; cid: 3 days in 365, silent for 265; dan: today

PAST = Past(
    repeats=array(3, 0, 2, 0),
    active=array(280, 0, 100, 0),
    age=array(300, 100, 365, 0),
    spend_total=array(100, 40, 90, 15),
    spend_repeat=array(60, 0, 50, 0),
    recent_orders=array(2, 0, 0, 1),
    recent_spend=array(45, 0, 0, 15),
)
DAYS = 180.0
EVERY_DAY = (300 + 100 + 365 + 1) / 180

EXPECTED = {
    "same_rate": ((3 / 300 * 180, 0, 2 / 365 * 180, 0), (60 / 300 * 180, 0, 50 / 365 * 180, 0)),
    "hiatus": ((3 / 300 * 180, 0, 0, 0), (60 / 300 * 180, 0, 0, 0)),
    "run_rate": ((4, 0, 0, 2), (90, 0, 0, 30)),
    "same_count": ((3, 0, 2, 0), (60, 0, 50, 0)),
    "rate_with_first": ((4 / 300 * 180, 1 / 100 * 180, 3 / 365 * 180, 180), (60, 72, 90 / 365 * 180, 15 * 180)),
    "rate_of_all": ((9 / EVERY_DAY,) * 4, (245 / EVERY_DAY,) * 4),
}


def test_the_baselines_have_names_of_their_own_and_say_what_they_are():
    assert list(BY_NAME) == list(EXPECTED)
    assert all(baseline.label and baseline.description.endswith(".") and baseline.source for baseline in BASELINES)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_each_baseline_forecasts(name):
    orders, spend = EXPECTED[name]
    assert BY_NAME[name].orders(PAST, DAYS) == pytest.approx(orders, rel=1e-14)
    assert BY_NAME[name].spend(PAST, DAYS) == pytest.approx(spend, rel=1e-14)


@pytest.mark.parametrize(("silent", "left"), [(HIATUS_DAYS, False), (HIATUS_DAYS + 1, True)])
def test_after_twenty_six_weeks_of_silence_a_customer_has_left(silent, left):
    past = replace(PAST, active=array(300 - silent, 0, 100, 0))
    assert (BY_NAME["hiatus"].orders(past, DAYS)[0] == 0) == left


@pytest.mark.parametrize(("history", "orders"), [(400, 2), (90, 2), (45, 4), (1, 180), (0, 180)])
def test_the_run_rate_of_a_young_shop_is_of_all_its_days(history, orders):
    past = replace(PAST, recent_orders=array(1, 0, 0, 0), history=history)
    assert BY_NAME["run_rate"].orders(past, DAYS).tolist() == [orders, 0, 0, 0]


def test_the_mean_of_a_customer_is_of_repeats_and_else_another_one():
    assert own_mean(PAST, 33.5).tolist() == [20, 33.5, 25, 33.5]
    assert own_mean(replace(PAST, spend_repeat=array(0, 0, -50, 0)), 33.5).tolist() == [33.5] * 4


def test_of_nobody_nothing_is_forecast():
    nobody = Past(*[array()] * 7)
    assert own_mean(nobody, 1.0).shape == (0,)
    assert [forecast(nobody, DAYS).shape for b in BASELINES for forecast in (b.orders, b.spend)] == [(0,)] * 12


def test_arrays_of_other_customers_are_a_mistake():
    with pytest.raises(ValueError, match="same customers"):
        replace(PAST, active=array(1, 2))


# Laws


@st.composite
def customers(draw):
    """What could be known of a customer."""
    age = draw(st.integers(0, 900))
    active = draw(st.integers(0, age))
    repeats = draw(st.integers(1, min(active, 30))) if active else 0
    first, later = draw(st.integers(-100, 10_000)), draw(st.integers(-100, 10_000)) if repeats else 0
    recent = draw(st.integers(0, repeats))
    return repeats, active, age, first + later, later, recent, later if recent else 0


PASTS = st.lists(customers(), min_size=1, max_size=20).map(lambda rows: Past(*np.array(rows, dtype=float).T.copy()))


def changed(past, change, *names):
    """The past with a change made to arrays, all of them if none is named."""
    known = names or [field.name for field in fields(past) if field.name != "history"]
    return replace(past, **{name: change(getattr(past, name)) for name in known})


def forecasts(past, days=DAYS):
    """What each baseline forecasts: orders and spend."""
    return {baseline.name: (baseline.orders(past, days), baseline.spend(past, days)) for baseline in BASELINES}


@given(PASTS, st.integers(1, 1000))
def test_a_forecast_is_a_number_for_each_customer_and_orders_are_never_less_than_none(past, days):
    for orders, spend in forecasts(past, days).values():
        assert orders.shape == spend.shape == past.age.shape
        assert np.isfinite([orders, spend]).all()
        assert (orders >= 0).all()


@given(PASTS)
def test_in_cents_it_is_a_hundred_times_as_much_and_as_many_orders(past):
    in_cents = changed(past, lambda money: money * 100, "spend_total", "spend_repeat", "recent_spend")
    plain = forecasts(past)
    for name, (orders, spend) in forecasts(in_cents).items():
        assert (orders == plain[name][0]).all()
        assert spend == pytest.approx(100 * plain[name][1], rel=1e-12)
    assert own_mean(in_cents, 300.0) == pytest.approx(100 * own_mean(past, 3.0), rel=1e-12)


@given(PASTS, st.randoms(use_true_random=False))
def test_the_order_of_customers_does_not_matter(past, random):
    order = random.sample(range(len(past.age)), len(past.age))
    plain = forecasts(past)
    for name, found in forecasts(changed(past, lambda values: values[order])).items():
        assert (np.array(found) == np.array(plain[name])[:, order]).all()


@given(PASTS)
def test_twice_the_time_brings_twice_as_much_unless_time_does_not_count(past):
    once = forecasts(past)
    for name, found in forecasts(past, 2 * DAYS).items():
        factor = 1 if name == "same_count" else 2
        assert np.array(found) == pytest.approx(factor * np.array(once[name]), rel=1e-12)


@given(PASTS)
def test_the_hiatus_only_takes_customers_away(past):
    same, hiatus = BY_NAME["same_rate"], BY_NAME["hiatus"]
    gone = past.age - past.active > HIATUS_DAYS
    assert (hiatus.orders(past, DAYS) == np.where(gone, 0, same.orders(past, DAYS))).all()
    assert (hiatus.spend(past, DAYS) == np.where(gone, 0, same.spend(past, DAYS))).all()
