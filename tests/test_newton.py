"""Newton: the maximum of likelihoods that are worked out on paper, from any start, and what is done where there is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clvcli.models.histories import FitError
from clvcli.models.newton import REACH, maximum

SCALE = np.zeros(2)


def hill(top, curve):
    """A likelihood whose logarithm is a parabola around `top`."""
    top, curve = np.array(top), np.array(curve)
    return lambda at: (float(-0.5 * (at - top) @ curve @ (at - top)), -curve @ (at - top), -curve)


def rate(events, time):
    """The likelihood of so many events in so much time, in the logarithm of their rate."""
    return lambda at: (
        events * at[0] - time * np.exp(at[0]), np.array([events - time * np.exp(at[0])]), np.array([[-time * np.exp(at[0])]])
    )  # fmt: skip


def test_a_parabola_is_climbed_in_steps_of_one_at_most():
    found = maximum(hill([3.5, -0.5], [[2.0, 0.5], [0.5, 1.0]]), SCALE, SCALE)
    assert found.at == pytest.approx([3.5, -0.5])
    assert found.value == pytest.approx(0, abs=1e-12)
    assert found.evaluations == 5  # four steps, of which the first three are as long as may be
    assert not found.edges.any()


@given(st.integers(1, 10_000), st.floats(0.1, 1e4), st.floats(-6, 6))
def test_a_rate_is_events_over_time_from_any_start(events, time, start):
    scale = np.array([np.log(events / time)])
    found = maximum(rate(events, time), scale + start, scale)
    assert np.exp(found.at[0]) == pytest.approx(events / time, rel=1e-6)
    assert found.hessian[0, 0] == pytest.approx(-events, rel=1e-6)


def test_a_start_beyond_reach_is_taken_from_the_edge_of_it():
    assert maximum(hill([0.0, 0.0], np.eye(2)), np.array([100.0, -100.0]), SCALE).at == pytest.approx([0, 0])


def test_from_a_saddle_it_goes_uphill_all_the_same():
    """−(u² − 1)² − v² has two summits, at u = ±1, and between them the slope leads Newton's plain step to the saddle."""

    def derivatives(at):
        u, v = at
        gradient = np.array([-4 * u * (u * u - 1), -2 * v])
        return -((u * u - 1) ** 2) - v * v, gradient, np.array([[4 - 12 * u * u, 0.0], [0.0, -2.0]])

    found = maximum(derivatives, np.array([0.05, 0.7]), SCALE)
    assert found.at == pytest.approx([1, 0], abs=1e-5)


def test_where_more_is_always_likelier_it_stops_at_the_edge_and_says_so():
    """−exp(−u) grows for ever, ever less: what is farther out than reach is not chased."""

    def derivatives(at):
        u, v = at
        left = np.exp(-u)
        return -left - v * v, np.array([left, -2 * v]), np.array([[-left, 0.0], [0.0, -2.0]])

    found = maximum(derivatives, np.array([0.0, 0.5]), SCALE)
    assert found.edges.tolist() == [True, False]
    assert found.at[1] == pytest.approx(0, abs=1e-6)
    assert found.at[0] <= REACH
    assert found.value == pytest.approx(0, abs=1e-3)


def test_a_steep_way_out_ends_at_the_end_of_reach():
    found = maximum(lambda at: (float(at.sum()), np.ones(2), -1e-6 * np.eye(2)), SCALE, SCALE)
    assert found.edges.all()
    assert found.at.max() <= REACH
    assert found.at.min() > REACH - 0.1


def test_a_likelihood_without_a_value_is_refused():
    with pytest.raises(FitError, match="the likelihood has no value for these orders") as told:
        maximum(lambda _: (np.nan, np.zeros(2), -np.eye(2)), SCALE, SCALE)
    assert told.value.hint == "look at the dates with 'clv inspect'"


def test_a_step_onto_no_value_is_shortened():
    """Beyond 1.4 there is no likelihood, so that the full step to 2 can't be taken, and the shorter ones lead there."""

    def derivatives(at):
        value = -0.5 * (at[0] - 1.3) ** 2 if at[0] < 1.4 else np.nan
        return value, np.array([1.3 - at[0]]), np.array([[-0.4]])

    assert maximum(derivatives, np.array([0.6]), np.zeros(1)).at == pytest.approx([1.3], abs=1e-3)


def test_where_no_step_leads_uphill_the_start_is_the_answer():
    """Derivatives that promise what the likelihood doesn't keep."""
    found = maximum(lambda at: (-abs(at[0]), np.array([1.0]), np.array([[-1.0]])), np.zeros(1), np.zeros(1))
    assert found.at == pytest.approx([0.0])


def test_a_plateau_is_left_after_three_steps_that_bring_nothing():
    found = maximum(lambda _: (0.0, np.array([1e-3]), np.array([[-1e-2]])), np.zeros(1), np.zeros(1))
    assert found.evaluations <= 6


def test_it_stops_after_as_many_steps_as_are_allowed():
    assert maximum(rate(100, 1.0), np.zeros(1), np.zeros(1), most=2).evaluations == 3
