"""Where a function is zero, nearest to where it stands."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clvcli.roots import nearest_root


@given(st.floats(0.01, 1e4), st.floats(0.01, 1e4), st.floats(-1e3, 1e3).filter(lambda slope: abs(slope) > 1e-3))
def test_a_line_is_zero_where_it_is(start, root, slope):
    assert nearest_root(lambda x: slope * (x - root), start, 0.0, math.inf) == pytest.approx(root)


@pytest.mark.parametrize(
    ("function", "start", "low", "high", "root"),
    [
        (lambda x: x * x - 2, 1.0, 0.0, math.inf, math.sqrt(2)),
        (lambda x: x * x - 2, -1.0, -math.inf, math.inf, -math.sqrt(2)),
        (lambda x: (x - 1) * (x - 5), 2.0, 0.0, 10.0, 1.0),
        (lambda x: (x - 1) * (x - 5), 4.5, 0.0, 10.0, 5.0),
        (lambda x: 1 / (1 - x) - 20 if x != 1 else None, 0.5, 0.0, 1.0, 0.95),
        (lambda x: x - 8, 0.0, 0.0, math.inf, 8.0),
        (lambda x: x - 0.25, 1.0, 0.0, 1.0, 0.25),
        (lambda x: x - 3, 3.0, 0.0, math.inf, 3.0),
    ],
)
def test_the_nearest_zero_is_found(function, start, low, high, root):
    assert nearest_root(function, start, low, high) == pytest.approx(root)


@pytest.mark.parametrize(
    ("function", "low", "high"),
    [
        (lambda x: x, 0.0, math.inf),  # zero at the end only
        (lambda x: x + 1, 0.0, math.inf),
        (lambda x: 1 / (x - 2) if x != 2 else None, 0.0, math.inf),  # jumps from one sign to the other
        (lambda x: x - 2 if abs(x - 2) > 0.2 else None, 0.0, math.inf),  # undefined where it would be zero
        (lambda _: None, 0.0, 1.0),
        (lambda x: x - 2, 0.0, 1.0),
    ],
)
def test_no_zero_is_none(function, low, high):
    assert nearest_root(function, 0.7, low, high) is None
