"""What is a customer worth, and how far such figures were off on the shop's own past."""

import pytest
import simulated
from analysed import analysed

from clvcli import answers, trials
from clvcli.trials import told_verdict

TOLD = "On this shop's own past, cut on "
YOUNG = "customer order date amount\nann 1 2024-01-01 10\nbob 2 2024-02-10 20"


def last_note(lines, *, for_people=True, **options):
    """What stands last under the figures."""
    notes = answers.compute(analysed(lines, command="compute", model="bg_nbd", margin=0.4, **options), for_people=for_people)[0].notes
    return notes[-1] if notes else ""


def test_under_the_figure_stands_the_verdict():
    found = analysed(simulated.shop(), command="compute", model="bg_nbd", margin=0.4)
    first, figures = answers.compute(found, for_people=True)
    assert first.notes[-1] == f"On this shop's own past, {told_verdict(found)}."
    assert first.notes[-1].startswith(TOLD)
    assert figures.name == "figures"


@pytest.mark.parametrize(
    ("wanted", "for_people", "is_told"),
    [("auto", True, True), ("auto", False, False), ("always", True, True), ("always", False, True), ("never", True, False), ("never", False, False)],
)  # fmt: skip
def test_whom_the_verdict_is_told(wanted, for_people, is_told):
    note = last_note(simulated.shop(60), for_people=for_people, verdict=wanted)
    assert note.startswith(TOLD) is is_told


def test_the_verdict_is_of_the_cut_that_is_configured():
    assert last_note(simulated.shop(60), cuts=("2024-03-31",), holdout="26w").startswith(f"{TOLD}2024-03-31 and held against the 182 days")


def test_where_no_clv_is_shown_there_is_no_verdict():
    assert TOLD not in last_note(simulated.shop(60), show=("aov",))
    assert TOLD in last_note(simulated.shop(60), show=("aov", "clv_simple"))


@pytest.mark.parametrize("wanted", ["auto", "always"])
def test_of_few_days_it_is_said_why_there_is_none(wanted):
    told = "Not held against the past: the orders are of 41 days, from 2024-01-01 to 2024-02-10: too few to be cut in two."
    assert last_note(YOUNG, verdict=wanted) == told


def test_of_one_day_too():
    told = "Not held against the past: the orders are of 1 day, from 2024-01-01 to 2024-01-01: too few to be cut in two."
    assert last_note("customer order date amount\nann 1 2024-01-01 10\nbob 2 2024-01-01 20") == told


def test_a_configured_cut_outside_the_data_is_no_reason_to_say_nothing_of_the_figures():
    told = "Not held against the past: a cut at 2020-01-01 leaves too little of the data, 2023-01-06 to 2024-12-25."
    assert last_note(simulated.shop(60), cuts=("2020-01-01",)) == told


@pytest.mark.parametrize("model", ["sbg", "bg_bb"])
def test_a_configured_model_that_cannot_be_tried_is_no_reason_either(model):
    found = analysed(simulated.shop(60), command="compute", model=model)
    told = f"Not held against the past: {model} counts in periods and isn't tried on past days."
    assert answers.compute(found, for_people=True)[0].notes[-1] == told


def test_of_many_orders_people_are_told_where_to_find_the_verdict(monkeypatch):
    """Since it takes a while; whoever always wants it gets it."""
    lines = simulated.shop(60)
    monkeypatch.setattr(answers, "MANY_ORDERS", lines.height - 1)
    assert last_note(lines) == "How far such figures were off on this shop's own past: clv backtest."
    assert last_note(lines, verdict="always").startswith(TOLD)
    monkeypatch.setattr(answers, "MANY_ORDERS", lines.height)
    assert last_note(lines).startswith(TOLD)


def test_many_are_a_quarter_of_a_million():
    assert answers.MANY_ORDERS == 250_000


def test_where_there_is_no_verdict_nothing_is_tried(monkeypatch):
    monkeypatch.setattr(trials, "told_verdict", pytest.fail)
    assert TOLD not in last_note(simulated.shop(60), for_people=False)
    assert TOLD not in last_note(simulated.shop(60), verdict="never")
