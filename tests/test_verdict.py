"""What the trials say in one sentence, of literal trials."""

import pytest
from trials_of import said, trial_of

from clvcli.newcomers import Newcomers, Told
from clvcli.verdict import verdict

SHOWN = ("clv_contribution", "clv_simple", "clv_churn")
ONCE = "cut on 2024-06-30 and held against the 100 days after it"
TWICE = "cut on 2024-06-30, 2024-12-31 and held against what followed"


def of(*forecasts, revenue=(100,), **more):
    """The verdict of one trial in which a customer brought 100."""
    return verdict([trial_of(revenue, *forecasts, **more)], SHOWN)


def off(name, share, kind="formula", label=None):
    """A forecast that was off by a share of the 100 that a customer brought."""
    return said(name, 100 * (1 + share), kind=kind, label=label)


MODEL = off("bg_nbd", -0.03, "model", "BG/NBD")


def test_the_nearest_then_the_headline_then_the_farthest():
    told = of(off("clv_contribution", 0.2), off("clv_simple", -0.4), off("clv_churn", 0.3), MODEL)
    assert told == f"{ONCE}: BG/NBD came nearest, 3% too low; clv_contribution was 20% too high and clv_simple was 40% too low"


def test_what_was_off_by_more_than_half_is_no_forecast():
    told = of(off("clv_contribution", 0.2), off("clv_simple", 1.64), MODEL)
    assert told == (
        f"{ONCE}: BG/NBD came nearest, 3% too low; clv_contribution was 20% too high; "
        "clv_simple was 164% too high: don't take it for a forecast here"
    )


def test_two_that_are_no_forecasts_are_told_together():
    told = of(off("clv_contribution", 0.51), off("clv_simple", 12.345), MODEL)
    assert told == (
        f"{ONCE}: BG/NBD came nearest, 3% too low; clv_contribution was 51% too high and clv_simple was 1,234% too high: "
        "don't take them for forecasts here"
    )


def test_a_headline_that_is_the_farthest_is_told_once():
    assert of(off("clv_contribution", 0.8), off("clv_simple", 0.1), MODEL).endswith(
        "low; clv_contribution was 80% too high: don't take it for a forecast here"
    )


def test_just_half_is_not_far_off():
    assert of(off("clv_simple", 0.5), MODEL).endswith("clv_simple was 50% too high")


def test_where_the_headline_is_nearest_it_is_told_once():
    told = of(off("clv_contribution", 0.01), off("clv_simple", 0.6), MODEL)
    assert told == f"{ONCE}: clv_contribution came nearest, 1% too high; clv_simple was 60% too high: don't take it for a forecast here"


def test_the_headline_is_the_first_that_forecast_something():
    assert of(off("clv_simple", 0.2), off("clv_churn", 0.3), MODEL).endswith("clv_simple was 20% too high and clv_churn was 30% too high")


def test_without_formulas_the_nearest_stands_alone():
    assert of(off("bg_nbd", 0.03, "model", "BG/NBD"), off("nbd", 0.4, "baseline", "NBD")) == f"{ONCE}: BG/NBD came nearest, 3% too high"


def test_even_the_nearest_may_be_too_far_off():
    assert of(off("bg_nbd", 0.7, "model", "BG/NBD")) == f"{ONCE}: BG/NBD came nearest, 70% too high: don't take it for a forecast here"


def test_a_baseline_is_called_one():
    told = of(off("run_rate", 0.13, "baseline", "last 90 days go on"), off("clv_simple", 0.2), MODEL, off("x", 0.01, "variant"))
    assert told.startswith(f"{ONCE}: BG/NBD came nearest")
    told = of(off("run_rate", 0.01, "baseline", "last 90 days go on"), off("clv_simple", 0.2), MODEL)
    assert told == f"{ONCE}: the baseline 'last 90 days go on' came nearest, 1% too high; clv_simple was 20% too high"


def test_a_variant_of_a_model_is_never_named_however_near():
    told = of(off("bg_nbd_own_mean", 0.0, "variant", "BG/NBD × own mean"), MODEL, off("clv_simple", -0.2))
    assert "own mean" not in told
    assert "BG/NBD came nearest" in told


def test_of_equals_the_first_is_nearest():
    assert "one came nearest" in of(off("one", 0.1, "model"), off("two", 0.1, "model"))


def test_each_forecast_is_held_against_what_it_is_of():
    """Margin against what was earned: 40 of 100."""
    told = of(said("clv_contribution", 44, basis="margin"), said("bg_nbd", 130, kind="model", label="BG/NBD"), earned=[40])
    assert told == f"{ONCE}: clv_contribution came nearest, 10% too high"


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "right to 0.5%"),
        (0.0049, "right to 0.5%"),
        (-0.0049, "right to 0.5%"),
        (0.0051, "1% too high"),
        (-0.0149, "1% too low"),
        (0.504, "50% too high: don't take it for a forecast here"),
    ],
)
def test_how_far_off_in_words(share, words):
    assert of(off("bg_nbd", share, "model", "BG/NBD")) == f"{ONCE}: BG/NBD came nearest, {words}"


# Nothing to hold them against


@pytest.mark.parametrize("revenue", [(0, 0), (5, -5), (0, -20)])
def test_where_customers_brought_nothing_nothing_is_said_of_forecasts(revenue):
    told = of(said("clv_simple", 10, 10), revenue=revenue)
    assert told == f"{ONCE}: customers brought nothing, so there is nothing to hold a forecast against"


def test_of_several_cuts_it_is_said_after_which_nothing_came():
    first, second = trial_of([100], off("clv_simple", 0.2)), trial_of([0], said("clv_simple", 10), day="2024-12-31")
    told = "after 2024-12-31 customers brought nothing, so there is nothing to hold a forecast against"
    assert verdict([first, second], SHOWN) == f"{TWICE}: {told}"
    third = trial_of([-1], said("clv_simple", 10), day="2024-09-30")
    assert "after 2024-09-30 and 2024-12-31 customers brought nothing" in verdict([first, third, second], SHOWN)


def test_where_margin_came_without_revenue_at_one_cut_and_no_formula_is_known_at_both():
    """As costs are given back with an order that is."""
    first = trial_of([0], said("clv_monthly", 5, basis="margin"), said("nbd", 9, kind="baseline"), earned=[4])
    second = trial_of([100], said("nbd", 90, kind="baseline"), day="2024-12-31")
    assert verdict([first, second], SHOWN).startswith(f"{TWICE}: after 2024-06-30 customers brought nothing")


# Several cuts


def twice(first, second):
    """The verdict of two trials with these errors by name: of formulas if they are shown, else of models."""
    tests = [
        trial_of([100], *(off(name, share, "formula" if name in SHOWN else "model") for name, share in errors.items()), day=day)
        for errors, day in ((first, "2024-06-30"), (second, "2024-12-31"))
    ]
    return verdict(tests, SHOWN)


def test_of_several_cuts_the_mean_error_counts_whatever_its_sign():
    told = twice({"steady": 0.1, "lucky": 0.5, "clv_simple": 0.3}, {"steady": 0.2, "lucky": -0.5, "clv_simple": 0.5})
    assert told == f"{TWICE}: steady came nearest, 15% too high on average; clv_simple was 40% too high on average"


def test_of_several_cuts_too_high_once_and_too_low_once_is_off():
    assert twice({"m": 0.2}, {"m": -0.3}) == f"{TWICE}: m came nearest, 25% off on average"
    assert twice({"m": -0.2}, {"m": -0.3}) == f"{TWICE}: m came nearest, 25% too low on average"
    assert twice({"m": 0.004}, {"m": -0.004}) == f"{TWICE}: m came nearest, right to 0.5%"


def test_what_is_known_at_one_cut_alone_is_not_named():
    assert twice({"m": 0.2, "clv_simple": 0.3}, {"m": 0.2, "clv_contribution": 0.01}) == f"{TWICE}: m came nearest, 20% too high on average"
    assert "clv_simple" not in twice({"m": 0.2, "clv_simple": 0.01}, {"m": 0.2})


# Customers won after the cut


def test_how_far_the_headline_was_off_of_new_customers_is_told_last():
    new = Newcomers(40, 50, {"revenue": 50.0}, {"clv_simple": Told("CLV simple", "formula", "revenue", 40.0)})
    told = verdict([trial_of([100], off("clv_simple", 0.2), MODEL)], SHOWN, new)
    assert told.startswith(f"{ONCE}: BG/NBD came nearest, 3% too low; clv_simple was 20% too high; ")
    assert told.endswith("in their first 50 days clv_simple was 20% too low")


@pytest.mark.parametrize("told", [{}, {"clv_churn": Told("CLV churn", "formula", "revenue", 40.0)}])
def test_of_new_customers_nothing_is_said_where_the_headline_told_nothing(told):
    trials = [trial_of([100], off("clv_simple", 0.2), MODEL)]
    assert verdict(trials, SHOWN, Newcomers(40, 50, {"revenue": 50.0}, told)) == verdict(trials, SHOWN)


def test_of_new_customers_nothing_is_said_where_there_is_no_headline():
    new = Newcomers(40, 50, {"revenue": 50.0}, {"clv_simple": Told("CLV simple", "formula", "revenue", 40.0)})
    assert verdict([trial_of([100], MODEL)], SHOWN, new) == f"{ONCE}: BG/NBD came nearest, 3% too low"
