"""How near a forecast came: worked out with a pencil, and what is true of every forecast."""

import math
from dataclasses import asdict
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clvcli.accuracy import Calibrated, accuracy, auc, calibration, calibration_error, capture, gini, perfect_capture, within


def array(*values):
    return np.array(values, dtype=float)


# Four customers, of whom the first and the last look the same.
# off by 1, -1, -1, -1; from the means 2 and 2.5: (-1 0 2 -1) · (-2.5 .5 2.5 -.5) = 8, squares 6 and 13
# places from the middle: -1 .5 1.5 -1, in the perfect order -1.5 .5 1.5 -.5; times what they did 7 and 8
# who came back was ahead of who didn't in 2 of 3 pairs and level in 1

PREDICTED, ACTUAL = array(1, 2, 4, 1), array(0, 3, 5, 2)


def test_four_customers():
    found = asdict(accuracy(PREDICTED, ACTUAL))
    assert found == pytest.approx(
        {
            "customers": 4, "predicted": 8, "actual": 10, "error": -2, "bias": -0.2, "mae": 1, "rmse": 1,
            "correlation": 8 / math.sqrt(6 * 13), "capture": 0.5, "gini": 7 / 8, "auc": 2.5 / 3,
        },
        abs=1e-15,
    )  # fmt: skip
    assert {type(value) for value in found.values()} == {int, float}


def test_errors_of_all_sizes_weigh_alike_in_one_measure_and_large_ones_more_in_the_other():
    found = accuracy(array(3, 0, 0), array(0, 0, 4))
    assert (found.mae, found.rmse) == (7 / 3, math.sqrt(25 / 3))


# Capture


def test_who_ties_for_the_last_place_of_the_tenth_shares_it():
    # of 20 customers two are the tenth: one who brought 4, and one of four who brought 6 together
    score = array(9, 5, 5, 5, 5, *[1] * 15)
    brought = array(4, 1, 2, 3, 0, 10, *[0] * 14)
    assert capture(score, brought) == (4 + 6 / 4) / 20
    assert perfect_capture(brought) == (10 + 4) / 20


@pytest.mark.parametrize(("customers", "tenth"), [(1, 1), (4, 1), (14, 1), (15, 2), (24, 2), (25, 3), (2357, 236), (23_570, 2357)])
def test_the_tenth_is_the_nearest_whole_number_of_customers(customers, tenth):
    assert perfect_capture(np.ones(customers)) == pytest.approx(tenth / customers, rel=1e-12)


# Order


def curve(order, actual):
    """The area between what customers brought, in this order, and the diagonal; by trapeziums."""
    heights = [0.0, *np.cumsum(actual[list(order)])]
    return sum((a + b) / 2 for a, b in pairwise(heights)) - len(actual) * heights[-1] / 2


FEW = st.lists(st.tuples(st.integers(0, 2), st.integers(-3, 6)), min_size=1, max_size=6)


@given(FEW)
def test_ties_count_as_the_mean_over_every_order_of_theirs(customers):
    score, actual = (array(*column) for column in zip(*customers, strict=True))
    orders = [p for p in permutations(range(len(score))) if all(score[a] >= score[b] for a, b in pairwise(p))]
    best = curve(np.argsort(-actual, kind="stable"), actual)
    if best:
        assert gini(score, actual) == pytest.approx(np.mean([curve(p, actual) for p in orders]) / best, abs=1e-12)
    else:
        assert gini(score, actual) is None
    if actual.sum() > 0:
        first = [actual[p[0]] for p in orders]
        assert capture(score, actual) == pytest.approx(np.mean(first) / actual.sum(), abs=1e-12)
    pairs = [(score[i], score[j]) for i, a in enumerate(actual) for j, b in enumerate(actual) if a > 0 >= b]
    wins = [(a > b) + (a == b) / 2 for a, b in pairs]
    assert auc(score, actual) == (pytest.approx(np.mean(wins)) if pairs else None)


# What is undefined


def test_refunds_leave_measures_defined_or_none():
    found = accuracy(array(1, 2), array(-5, 3))
    assert (found.error, found.mae, found.gini, found.auc) == (5, 3.5, 1, 1)
    assert found.correlation == pytest.approx(1, abs=1e-15)
    assert (found.bias, found.capture, perfect_capture(array(-5, 3))) == (None, None, None)


def test_a_total_that_is_nought_but_for_rounding_has_no_shares():
    back = array(0.1, 0.2, -0.3)
    assert back.sum() > 0
    assert (accuracy(array(1, 1, 1), back).bias, perfect_capture(back)) == (None, None)


@pytest.mark.parametrize(("predicted", "actual"), [((0.1,) * 3, (1, 2, 3)), ((1, 2, 3), (0.1,) * 3), ((1,), (1,))])
def test_without_spread_there_is_no_correlation(predicted, actual):
    assert accuracy(array(*predicted), array(*actual)).correlation is None


@pytest.mark.parametrize("actual", [(0, 0, 0), (2, 2, 2)])
def test_who_all_did_the_same_can_not_be_put_in_order(actual):
    found = accuracy(array(1, 2, 3), array(*actual))
    assert (found.gini, found.auc) == (None, None)


def test_of_nobody_nothing_is_known():
    found = asdict(accuracy(array(), array()))
    assert {name: value for name, value in found.items() if value is not None} == {
        "customers": 0,
        "predicted": 0,
        "actual": 0,
        "error": 0,
    }
    assert calibration({"bg": array()}, array(), array()) == ()
    assert (calibration_error((), "bg"), within(array(), array())) == (None, None)


@pytest.mark.parametrize("wrong", [(1, 2), (1, 2, math.nan), (1, 2, math.inf)])
@pytest.mark.parametrize("measure", [accuracy, within, lambda a, b: calibration({"bg": a}, b, b), lambda a, b: calibration({}, a, b)])
def test_numbers_that_are_missing_are_a_mistake(measure, wrong):
    with pytest.raises(ValueError, match=r"same customers|missing or infinite"):
        measure(array(*wrong), array(1, 2, 3))


@pytest.mark.parametrize("unit", [1e-300, 1e150])
def test_numbers_of_any_size_have_a_correlation_and_a_gini(unit):
    assert accuracy(PREDICTED * unit, ACTUAL).correlation == pytest.approx(8 / math.sqrt(78), abs=1e-15)
    assert gini(PREDICTED, ACTUAL * unit) == pytest.approx(7 / 8, abs=1e-15)


# Calibration


def test_calibration_is_by_past_repeats_and_seven_or_more_are_one_row():
    repeats = array(0, 0, 1, 7, 12, 0)
    rows = calibration({"bg": array(0, 1, 2, 5, 6, 2), "nbd": array(1, 1, 1, 9, 9, 1)}, array(0, 0, 3, 4, 9, 1), repeats)
    assert rows == (
        Calibrated(0, 3, 1 / 3, {"bg": 1.0, "nbd": 1.0}),
        Calibrated(1, 1, 3.0, {"bg": 2.0, "nbd": 1.0}),
        Calibrated(7, 2, 6.5, {"bg": 5.5, "nbd": 9.0}),
    )
    assert [row.label for row in rows] == ["0", "1", "7+"]
    # 3 customers 2/3 too high, 1 customer 1 too low, 2 customers 1 too low; the other: 2/3, 2 too low, 2.5 too high
    assert calibration_error(rows, "bg") == pytest.approx((2 + 1 + 2) / 6)
    assert calibration_error(rows, "nbd") == pytest.approx((2 + 2 + 5) / 6)


# Intervals


@pytest.mark.parametrize(
    ("below", "upto", "share"),
    [
        (0.2, 0.4, 1), (0.0, 0.1, 0.5), (0.9, 1.0, 0.5), (0.0, 1.0, 0.9), (0.96, 0.99, 0), (0.0, 0.04, 0), (0.03, 0.07, 0.5),
        (0.5, 0.5, 1), (0.97, 0.97, 0), (0.05, 0.05, 0), (0.95, 0.95, 0), (0.5, 0.5 - 1e-17, 1), (0.6, 0.6 - 1e-16, 1),
    ],
)  # fmt: skip
def test_a_count_is_within_by_so_much_of_its_step(below, upto, share):
    assert within(array(below), array(upto)) == pytest.approx(share, abs=1e-12)
    assert within(array(below, 0.5), array(upto, 0.6)) == pytest.approx((share + 1) / 2, abs=1e-12)


def test_other_bounds():
    assert within(array(0.0, 0.2), array(0.2, 0.6), low=0.1, high=0.5) == pytest.approx((0.5 + 0.75) / 2)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=8).filter(any))
def test_counts_that_come_as_forecast_are_within_nine_times_in_ten(weights):
    # as many customers of each count as the forecast has it
    ends = np.cumsum([0, *weights]) / sum(weights)
    below, upto = np.repeat(ends[:-1], weights), np.repeat(ends[1:], weights)
    assert within(below, upto) == pytest.approx(0.9, abs=1e-12)
    assert within(1 - upto, 1 - below) == pytest.approx(0.9, abs=1e-12)


# Laws

AMOUNTS = st.one_of(st.integers(-(10**7), 10**9), st.sampled_from([0, 0, 1, -1, 100])).map(lambda n: n / 8)
"""In eighths, so that sums are exact in any order."""
CUSTOMERS = st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=40).map(lambda rows: tuple(np.array(rows).T.copy()))
"""What was forecast of each customer, and what each did."""


def check_same(found, wanted, **other):
    """Checks that the measures are as wanted, but for rounding and for those that are given."""
    expected = {**asdict(wanted), **other}
    assert asdict(found) == {n: None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9) for n, value in expected.items()}


@given(CUSTOMERS)
def test_every_measure_is_a_number_within_its_bounds_or_none(customers):
    found = accuracy(*customers)
    assert all(value is None or math.isfinite(value) for value in asdict(found).values())
    assert 0 <= found.mae <= found.rmse * (1 + 1e-12)
    assert abs(found.error) <= found.mae * found.customers * (1 + 1e-9) + 1e-9
    assert all(value is None or -1 - 1e-12 <= value <= 1 + 1e-12 for value in (found.correlation, found.gini))
    assert found.auc is None or 0 <= found.auc <= 1
    best = perfect_capture(customers[1])
    assert (found.capture is None) == (best is None)
    assert best is None or found.capture <= best * (1 + 1e-12)


@given(CUSTOMERS)
def test_a_forecast_that_knew_is_perfect(customers):
    actual = customers[1]
    found = accuracy(actual, actual)
    assert (found.error, found.mae, found.rmse, found.capture) == (0, 0, 0, perfect_capture(actual))
    assert found.bias in (0, None)
    assert found.gini == (1 if actual.min() < actual.max() else None)
    assert found.auc == (1 if (actual > 0).any() and (actual <= 0).any() else None)
    assert found.correlation == (pytest.approx(1, abs=1e-12) if actual.min() < actual.max() else None)


@given(CUSTOMERS, AMOUNTS)
def test_a_forecast_that_is_the_same_for_all_is_as_good_as_chance(customers, figure):
    actual = customers[1]
    found = accuracy(np.full(actual.shape, figure), actual)
    assert found.correlation is None
    assert found.gini in (0, None)
    assert found.auc in (0.5, None)
    tenth = max((len(actual) + 5) // 10, 1) / len(actual)
    assert found.capture in (None, pytest.approx(tenth, rel=1e-9))


@given(CUSTOMERS, st.sampled_from([0.125, 2, 100, 1000]))
def test_money_in_another_unit_changes_only_what_is_in_that_unit(customers, unit):
    predicted, actual = customers
    plain, scaled = accuracy(predicted, actual), accuracy(predicted * unit, actual * unit)
    in_money = {name: getattr(plain, name) * unit for name in ("predicted", "actual", "error", "mae", "rmse")}
    check_same(scaled, plain, **in_money)


@given(CUSTOMERS, st.randoms(use_true_random=False))
def test_the_order_of_customers_does_not_matter(customers, random):
    predicted, actual = customers
    order = random.sample(range(len(actual)), len(actual))
    check_same(accuracy(predicted[order], actual[order]), accuracy(predicted, actual))


@given(CUSTOMERS)
def test_a_forecast_the_other_way_round_is_as_far_from_chance_on_the_other_side(customers):
    score, actual = customers
    if (area := auc(score, actual)) is not None:
        assert auc(-score, actual) == pytest.approx(1 - area, abs=1e-12)
        assert auc(score, (actual <= 0).astype(float)) == pytest.approx(1 - area, abs=1e-12)
    if (share := gini(score, actual)) is not None:
        assert gini(-score, actual) == pytest.approx(-share, abs=1e-12)


@given(CUSTOMERS)
def test_order_alone_counts_for_capture_gini_and_auc(customers):
    score, actual = customers
    places = np.unique(score, return_inverse=True)[1].astype(float)
    for measure in (capture, gini, auc):
        assert measure(places, actual) == measure(score, actual)


@given(CUSTOMERS)
def test_everybody_twice_changes_sums_and_nothing_else(customers):
    once, twice = accuracy(*customers), accuracy(*(np.repeat(values, 2) for values in customers))
    sums = {name: 2 * getattr(once, name) for name in ("customers", "predicted", "actual", "error")}
    check_same(twice, once, **sums, capture=twice.capture)


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS, st.integers(0, 12)), min_size=1, max_size=40))
def test_rows_of_a_calibration_add_up_to_all_and_are_off_by_no_more_than_customers_are(rows):
    predicted, actual, repeats = np.array(rows).T.copy()
    found, whole = calibration({"bg": predicted}, actual, repeats), accuracy(predicted, actual)
    assert sum(row.customers for row in found) == whole.customers
    assert sum(row.customers * row.actual for row in found) == pytest.approx(whole.actual, abs=1e-6)
    assert sum(row.customers * row.predicted["bg"] for row in found) == pytest.approx(whole.predicted, abs=1e-6)
    off = calibration_error(found, "bg")
    assert abs(whole.error) / whole.customers - 1e-6 <= off <= whole.mae + 1e-6
    assert calibration_error(calibration({"bg": actual}, actual, repeats), "bg") == 0
