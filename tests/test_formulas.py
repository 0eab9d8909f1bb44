"""Derived numbers as text over measured ones."""

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from clvcli.definition import formula
from clvcli.derivation import apply, in_order, values_of, work_out
from clvcli.errors import ConfigError, Place
from clvcli.formulas import FORMULAS, LIFESPANS, lifespan
from clvcli.tables import Unit


def ratio(name, text):
    return formula(name, name, Unit.NUMBER, text, "For a test.")


def applied(frame, formulas, settings=None, scaled=()):
    """The formulas' columns over a frame."""
    return apply(nw.from_native(pl.DataFrame(frame).lazy()), formulas, settings or {}, scaled).collect().to_dict(as_series=False)


def test_a_formula_reads_metrics_settings_and_formulas_before_it():
    formulas = [ratio("aov", "revenue / orders"), ratio("twice", "aov * factor")]
    assert applied({"revenue": [30.0, 10.0], "orders": [4, 0]}, formulas, {"factor": 2.0}) == {
        "revenue": [30.0, 10.0],
        "orders": [4, 0],
        "aov": [7.5, None],
        "twice": [15.0, None],
    }


def test_measured_money_is_read_in_currency_units():
    assert applied({"revenue": [30_0000], "orders": [4]}, [ratio("aov", "revenue / orders")], scaled=["revenue"])["aov"] == [7.5]


def test_a_formula_is_null_where_a_name_has_no_value():
    assert applied({"revenue": [30.0]}, [ratio("margin", "gross_profit / revenue"), ratio("half", "margin / 2")]) == {
        "revenue": [30.0],
        "margin": [None],
        "half": [None],
    }


def test_a_constant_is_there_in_every_row():
    assert applied({"revenue": [1.0, 2.0]}, [lifespan(3)])["lifespan_years"] == [3.0, 3.0]


def test_a_column_goes_before_a_setting_and_text_stays_text():
    frame = nw.from_native(pl.DataFrame({"x": [2], "channel": ["web"]}).lazy())
    values = values_of(frame, {"x": 1.0, "y": 3.0}, ())
    assert frame.select(**values).collect().to_dict(as_series=False) == {"x": [2.0], "y": [3.0], "channel": ["web"]}


def test_over_numbers_a_given_formula_is_not_worked_out_again():
    formulas = [ratio("aov", "revenue / orders"), ratio("twice", "aov * 2")]
    assert work_out(formulas, {"aov": 90.0}) == {"aov": 90.0, "twice": 180.0}
    assert work_out(formulas, {"revenue": 30.0, "orders": 4.0})["twice"] == 15.0
    assert work_out(formulas, {"revenue": 30.0})["twice"] is None


def test_formulas_are_put_after_those_they_read():
    formulas = [ratio("c", "b + a"), ratio("a", "revenue"), ratio("b", "a * 2"), ratio("d", "c")]
    assert [f.name for f in in_order(formulas, ["revenue"])] == ["a", "b", "c", "d"]


def test_a_formula_may_not_read_itself():
    with pytest.raises(ConfigError, match="formula a reads itself: a → b → a"):
        in_order([ratio("a", "b + 1"), ratio("b", "a")], [])


def test_an_unknown_name_is_refused_with_the_nearest_one():
    mine = formula("mine", "Mine", Unit.NUMBER, "orders / custmers", "", place=Place("clv.yaml", 4, 9, "  mine: orders / custmers"))
    with pytest.raises(ConfigError) as error:
        in_order([mine], ["orders", "customers"])
    (problem,) = error.value.problems
    assert (problem.message, problem.hint) == ("unknown name 'custmers'", "did you mean 'customers'?")
    assert str(problem.place) == "clv.yaml:4:18"


def test_a_text_that_is_no_arithmetic_names_its_formula():
    with pytest.raises(ConfigError, match="formula mine:6: a dot can't stand here"):
        ratio("mine", "a + (b.c)")


@pytest.mark.parametrize(
    ("choice", "text"),
    [(3, "3.0"), (0.5, "0.5"), ("churn", "period_years / churn_rate"), ("tenure", "tenure_years")],
)
def test_a_lifespan_is_a_number_of_years_or_read_from_the_data(choice, text):
    assert lifespan(choice).expression.text == text


@pytest.mark.parametrize("choice", [2.5, *LIFESPANS])
def test_every_lifespan_is_in_years_and_says_what_it_does_badly(choice):
    assert (lifespan(choice).name, lifespan(choice).column.unit) == ("lifespan_years", Unit.YEARS)
    assert lifespan(choice).column.description
    assert lifespan(choice).pitfall


@pytest.mark.parametrize("item", FORMULAS, ids=lambda f: f.name)
def test_a_clv_has_four_labels_a_pitfall_and_is_money(item):
    assert item.column.label
    assert item.column.description.endswith(".")
    assert (item.labels is not None) == item.name.startswith("clv_")
    if item.labels:
        assert all((item.labels.basis, item.labels.scope, item.labels.horizon, item.labels.discounting))
        assert item.pitfall
        assert item.column.unit is Unit.MONEY


def test_a_cost_that_no_margin_pays_for_has_no_payback():
    losing = {"aov": 20.0, "purchase_frequency": 3.0, "margin": -0.1, "cac": 6.0}
    assert work_out(FORMULAS, losing)["payback_months"] is None
    assert work_out(FORMULAS, {**losing, "margin": 0.2})["payback_months"] == 6


def test_no_two_formulas_have_one_name():
    assert len({f.name for f in FORMULAS}) == len(FORMULAS)
