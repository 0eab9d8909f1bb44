"""Why a number changed: parts that sum to the change, whoever counts first."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clvcli.decomposition import effects, mix_and_rate
from clvcli.expression import parse

LEVERS = ("a", "b", "c", "d")
TEXTS = ("a * b * c - d", "a / (1 + b - c)", "max(a * b, c) / d", "a + b * c ** 2", "(a - b) / (c + d)")
NUMBERS = st.one_of(st.integers(1, 50).map(lambda n: n / 4), st.floats(0.01, 100))
STATES = st.fixed_dictionaries(dict.fromkeys(LEVERS, NUMBERS))


def of(text):
    return parse(text).number


# Levers


def test_the_effects_of_two_factors_are_what_the_pencil_says():
    # 2 * 3 = 6, 4 * 3 = 12, 2 * 5 = 10, 4 * 5 = 20: a adds 6 first and 10 last, b 4 first and 8 last
    assert effects(of("a * b"), {"a": 2.0, "b": 3.0}, {"a": 4.0, "b": 5.0}, ["a", "b"]) == {"a": 8.0, "b": 6.0}


def test_the_effects_of_three_factors_are_what_the_pencil_says():
    # a alone adds 1; after b or after c 2; after both 4: (2 * 1 + 2 + 2 + 2 * 4) / 6
    ones, twos = dict.fromkeys("abc", 1.0), dict.fromkeys("abc", 2.0)
    assert effects(of("a * b * c"), ones, twos, "abc") == pytest.approx(dict.fromkeys("abc", 14 / 6))


@given(st.sampled_from(TEXTS), STATES, STATES)
def test_effects_sum_to_the_change_and_do_not_depend_on_the_order(text, before, after):
    value = of(text)
    found = effects(value, before, after, LEVERS)
    if found is None:
        return
    size = max(abs(x) for x in (value(before), value(after), *found.values()))
    assert math.isclose(sum(found.values()), value(after) - value(before), abs_tol=1e-9 * max(size, 1))
    assert effects(value, before, after, LEVERS[::-1]) == found


@given(st.sampled_from(TEXTS), STATES, NUMBERS)
def test_what_moves_alone_has_all_of_the_change(text, before, new):
    after, value = {**before, "a": new}, of(text)
    found = effects(value, before, after, LEVERS)
    change = None if None in (value(before), value(after)) else value(after) - value(before)
    assert found == (None if change is None else {"a": pytest.approx(change), "b": 0.0, "c": 0.0, "d": 0.0})


def test_nothing_moved_is_no_change():
    assert effects(of("a / b"), {"a": 1, "b": 0}, {"a": 1, "b": 0}, ["a", "b"]) == {"a": 0.0, "b": 0.0}


def test_a_mixture_that_is_undefined_leaves_all_undefined():
    # defined before (1 / 1) and after (1 / -1), but not between: 1 / 0
    assert effects(of("a / (b - c)"), {"b": 2.0, "c": 1.0, "a": 1.0}, {"a": 1.0, "b": 1.0, "c": 2.0}, "abc") is None


def test_what_is_no_lever_stays_as_it_was_before():
    assert effects(of("a * b"), {"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 5.0}, ["a"]) == {"a": 4.0}


# Mix and rate


def sums(customers, orders, revenue):
    return {"customers": customers, "orders": orders, "revenue": revenue}


PER_CUSTOMER = of("revenue / customers")


def test_mix_and_rate_of_two_segments_are_what_the_pencil_says():
    # half of the customers bring 10, half 30: 20. Then three quarters bring 12 and one quarter 28: 16.
    before = {"web": sums(10, 10, 100), "fair": sums(10, 10, 300)}
    after = {"web": sums(30, 30, 360), "fair": sums(10, 10, 280)}
    found = mix_and_rate(PER_CUSTOMER, before, after, ratio=("revenue", "customers"))
    # mix: 15 - 20 with the old behaviour, 16 - 20 with the new; rate: 20 - 20 among the old customers, 16 - 15 among the new
    assert (found.mix, found.rate) == (pytest.approx((-5 - 4) / 2), pytest.approx((0 + 1) / 2))
    # of a segment: what its share grew by, times how far it is above the mean of all, which is 17.5 with the old and 18 with the new
    # behaviour; and what its behaviour changed by, times its mean share
    assert found.segments == {
        "web": (pytest.approx(0.25 * ((10 - 17.5) + (12 - 18)) / 2), pytest.approx(2 * 0.625)),
        "fair": (pytest.approx(-0.25 * ((30 - 17.5) + (28 - 18)) / 2), pytest.approx(-2 * 0.375)),
    }


def test_growth_alone_is_no_change():
    before = {"web": sums(10, 20, 100), "fair": sums(5, 30, 300)}
    after = {name: {metric: 2 * n for metric, n in of_segment.items()} for name, of_segment in before.items()}
    found = mix_and_rate(of("revenue / orders"), before, after)
    assert (found.mix, found.rate) == (pytest.approx(0), pytest.approx(0))
    assert found.segments == {}


@pytest.mark.parametrize("swapped", [False, True])
def test_what_a_segment_does_that_only_one_side_has_is_mix(swapped):
    sides = {"web": sums(10, 10, 100)}, {"web": sums(10, 10, 100), "new": sums(10, 10, 300)}
    found = mix_and_rate(PER_CUSTOMER, *(sides[::-1] if swapped else sides))
    assert (found.mix, found.rate) == (pytest.approx(-10 if swapped else 10), pytest.approx(0))


def test_what_a_segment_without_customers_gave_back_is_behaviour():
    before = {"web": sums(10, 10, 100), None: sums(0, 0, 0)}
    after = {"web": sums(10, 10, 100), None: sums(0, 0, -20)}
    found = mix_and_rate(PER_CUSTOMER, before, after)
    assert (found.mix, found.rate) == (0, pytest.approx(-2))


@pytest.mark.parametrize("nobody", [{}, {"web": sums(0, 0, 0)}])
def test_nobody_can_not_be_compared(nobody):
    somebody = {"web": sums(10, 10, 100)}
    assert mix_and_rate(PER_CUSTOMER, nobody, somebody) is None
    assert mix_and_rate(PER_CUSTOMER, somebody, nobody) is None


def test_what_is_undefined_on_one_side_has_no_parts():
    assert mix_and_rate(of("revenue / orders"), {"web": sums(1, 0, 0)}, {"web": sums(1, 1, 5)}) is None


SEGMENTS = st.dictionaries(
    st.sampled_from(["web", "fair", None]),
    st.tuples(st.integers(0, 50), st.integers(0, 200), st.integers(-10_000, 10**7)).map(lambda n: sums(n[0], n[1], n[2] / 100)),
    max_size=3,
)
FORMULAS = (
    "revenue / orders",
    "revenue / customers",
    "orders / customers",
    "revenue / orders * 0.4 * (orders / customers) - customers / orders",
)


@given(SEGMENTS, SEGMENTS, st.sampled_from(FORMULAS))
def test_mix_and_rate_sum_to_the_change_to_the_cent_and_so_do_the_segments(before, after, text):
    value, parts = of(text), tuple(text.split(" / "))
    ratio = parts if len(parts) == 2 else None
    found = mix_and_rate(value, before, after, ratio=ratio)
    totals = [sums(*(sum(s[metric] for s in side.values()) for metric in ("customers", "orders", "revenue"))) for side in (before, after)]
    if found is None:
        return
    start, end = map(value, totals)
    cent = 0.005 + 1e-9 * max(abs(start), abs(end))
    assert found.mix + found.rate == pytest.approx(end - start, abs=cent)
    if ratio:
        assert set(found.segments) == {*before, *after}
        assert sum(mix for mix, _ in found.segments.values()) == pytest.approx(found.mix, abs=cent)
        assert sum(rate for _, rate in found.segments.values()) == pytest.approx(found.rate, abs=cent)


@given(SEGMENTS, SEGMENTS)
def test_backwards_everything_has_the_other_sign(before, after):
    there, back = mix_and_rate(PER_CUSTOMER, before, after), mix_and_rate(PER_CUSTOMER, after, before)
    assert (there is None) == (back is None)
    if there:
        assert (there.mix, there.rate) == (pytest.approx(-back.mix, abs=1e-6), pytest.approx(-back.rate, abs=1e-6))
