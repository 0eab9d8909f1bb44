"""Histories: distinct ways to buy, by how many customers, and what can't be one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln

from clvcli.models.histories import Histories, dot


def histories_of(*rows):
    """Histories from rows of repeats, active, age and customers."""
    return Histories(*np.array(rows, dtype=float).T)


SOME = histories_of((0, 0, 100, 7), (2, 30, 50, 2), (5, 80, 80, 1))


def test_customers_are_counted_and_their_mean_age_is_the_scale():
    assert SOME.total == 10
    assert SOME.scale == pytest.approx((7 * 100 + 2 * 50 + 80) / 10)


def test_of_nobody_the_scale_is_no_division_by_nought():
    nobody = Histories(*(np.empty(0) for _ in range(4)))
    assert nobody.total == 0
    assert nobody.scale > 0
    assert nobody.exceeding.size == 0
    assert histories_of((0, 0, 0, 3)).scale > 0


def test_how_many_have_more_repeats_than_so_many():
    assert SOME.exceeding.tolist() == [3, 3, 1, 1, 1]


def test_pairs_of_repeats_and_age_are_told_apart_once():
    some = histories_of((0, 0, 100, 7), (2, 30, 50, 2), (0, 0, 50, 1), (2, 40, 50, 1), (0, 0, 100, 3))
    repeats, ages, at = some.pairs
    assert list(zip(repeats, ages, strict=True)) == [(0, 50), (0, 100), (2, 50)]
    assert at.tolist() == [1, 2, 0, 2, 1]
    assert Histories(*(np.empty(0) for _ in range(4))).pairs[0].size == 0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((1, 10, 9, 4), "4 customers have a last buying day after the end of observation"),
        ((1, -1, 9, 4), "4 customers have a last buying day before the first"),
        ((0, 5, 9, 4), "4 customers have repeats on the first day, or a later day without repeats"),
        ((3, 0, 9, 4), "4 customers have repeats on the first day, or a later day without repeats"),
        ((1.5, 3, 9, 4), "4 customers have a count of repeats that is no whole number"),
        ((-1, 0, 9, 4), "4 customers have a count of repeats that is no whole number"),
        ((np.nan, 0, 9, 4), "a history has a number that is missing or infinite"),
        ((1, 3, np.inf, 4), "a history has a number that is missing or infinite"),
    ],
)
def test_what_can_not_be_a_history_is_refused(row, message):
    with pytest.raises(ValueError, match=message):
        histories_of((0, 0, 100, 7), row)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 90)), min_size=1, max_size=20), st.floats(0.01, 1e4))
def test_sums_of_gamma_functions_are_sums_of_logarithms(counts, start):
    """Σ ln Γ(r + x) − ln Γ(r) over customers is Σ ln(r + j) over those with more than j repeats, so no digits are lost."""
    histories = histories_of(*((x, min(x, 1), 1, customers) for x, customers in counts))
    steps = start + np.arange(histories.exceeding.size, dtype=float)
    plain = sum(customers * (gammaln(start + x) - gammaln(start)) for x, customers in counts)
    assert dot(histories.exceeding, np.log(steps)) == pytest.approx(plain, rel=1e-8, abs=1e-8)


def test_a_sum_of_products():
    assert dot(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 11.0
