"""The slopes of formulas: on paper, and against differences in exact fractions."""

import ast
import doctest
import math
import operator
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clvcli import derivatives, expression
from clvcli.catalog import Catalog
from clvcli.derivatives import gradient, slopes
from clvcli.expression import parse
from clvcli.formulas import LIFESPANS

GIVEN = {"x": 3.0, "y": 2.0, "net sales": 20.0, "zero": 0.0, "minus": -2.0, "unknown": None, "channel": "web"}
E = math.log(3)

ON_PAPER = [
    ("x + y", 5.0, {"x": 1.0, "y": 1.0}),
    ("x - y", 1.0, {"x": 1.0, "y": -1.0}),
    ("-x", -3.0, {"x": -1.0}),
    ("x * y", 6.0, {"x": 2.0, "y": 3.0}),
    ("x * x * x", 27.0, {"x": 27.0}),
    ("x / y", 1.5, {"x": 0.5, "y": -0.75}),
    ("1 / (1 + x) - 1", -0.75, {"x": -1 / 16}),
    ("`net sales` / x", 20 / 3, {"net sales": 1 / 3, "x": -20 / 9}),
    ("x ** 2", 9.0, {"x": 6.0}),
    ("x ** -1", 1 / 3, {"x": -1 / 9}),
    ("minus ** 3", -8.0, {"minus": 12.0}),
    ("x ** y", 9.0, {"x": 6.0, "y": 9 * E}),
    ("2 ** x", 8.0, {"x": 8 * math.log(2)}),
    ("zero ** 2", 0.0, {"zero": 0.0}),
    ("zero ** 1", 0.0, {"zero": 1.0}),
    ("zero ** 0", 1.0, {"zero": 0.0}),
    ("zero ** y", 0.0, {"zero": 0.0, "y": 0.0}),
    ("7", 7.0, {}),
    ("x * 0 + 1", 1.0, {"x": 0.0}),
]
AT_KINKS = [
    ("max(x, y)", {"x": 1.0, "y": 0.0}),
    ("min(x, y, 9)", {"x": 0.0, "y": 1.0}),
    ("max(x, 3, x * x - 6)", {"x": 1.0}),
    ("max(zero, 0)", {"zero": 1.0}),
    ("max(0, zero)", {"zero": 0.0}),
    ("abs(x)", {"x": 1.0}),
    ("abs(minus)", {"minus": -1.0}),
    ("abs(zero)", {"zero": 1.0}),
    ("x if x > y else y", {"x": 1.0, "y": 0.0}),
    ("x if x < y else y * y", {"x": 0.0, "y": 4.0}),
    ("x if 1 > 0 else y", {"x": 1.0, "y": 0.0}),
    ("x if y > 0 else zero ** 0.5", {"x": 1.0, "y": 0.0, "zero": 0.0}),
    ('2 * x if channel == "web" else y', {"x": 2.0, "y": 0.0}),
    ('2 * x if place == "" else y', {"x": 2.0, "y": 0.0}),
    ("coalesce(unknown, x)", {"unknown": 0.0, "x": 1.0}),
    ("coalesce(x / zero, y, x)", {"x": 0.0, "y": 1.0, "zero": 0.0}),
    ("coalesce(missing, 4) * y", {"missing": 0.0, "y": 4.0}),
    ("x > y", {"x": 0.0, "y": 0.0}),
    ("x > y and not y > 5", {"x": 0.0, "y": 0.0}),
    ("1 > 0", {}),
]


def test_the_examples_in_the_module_are_true():
    assert doctest.testmod(derivatives).failed == 0


@pytest.mark.parametrize(("text", "value", "expected"), ON_PAPER)
def test_slopes_are_what_the_pencil_says(text, value, expected):
    found, partials = slopes(parse(text), GIVEN)
    assert found == pytest.approx(value, rel=1e-15)
    assert partials == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(("text", "expected"), AT_KINKS)
def test_at_a_kink_the_branch_that_is_taken_counts(text, expected):
    assert slopes(parse(text), GIVEN)[1] == expected


@pytest.mark.parametrize(
    "text", ["unknown", "x + unknown", "x / zero", "missing", "minus ** 0.5", "x if unknown > 1 else y", "unknown > 1", "10 ** 400"]
)
def test_what_is_undefined_has_no_slopes(text):
    assert slopes(parse(text), GIVEN) == (None, {})


@pytest.mark.parametrize(
    ("text", "value", "names"),
    [
        ("zero ** 0.5", 0.0, {"zero"}),
        ("minus ** y", 4.0, {"y"}),
        ("zero ** zero", 1.0, {"zero"}),
        ("x ** (1e10 * zero) / 1e-310", None, set()),
    ],
)
def test_a_slope_that_is_no_finite_number_is_nan(text, value, names):
    found, partials = slopes(parse(text), GIVEN)
    assert found == value
    assert {name for name, slope in partials.items() if math.isnan(slope)} == names


def test_a_slope_too_large_for_a_number_is_nan():
    found, partials = slopes(parse("x / y"), {"x": 1.0, "y": 1e-300})
    assert found == pytest.approx(1e300)
    assert math.isnan(partials["y"])


def test_whole_numbers_move_as_others_do():
    assert slopes(parse("x - y"), {"x": 3, "y": 2}) == (1.0, {"x": 1.0, "y": -1.0})


AOV_AND_MORE = {"aov": parse("revenue / orders"), "worth": parse("aov * orders * rate"), "condition": parse("worth > 1")}


def test_a_gradient_goes_through_all_formulas_between():
    found = gradient(AOV_AND_MORE, {"revenue": 30.0, "orders": 4.0, "rate": 0.5}, ["revenue", "orders"])
    assert found == {
        "aov": (7.5, {"revenue": 0.25, "orders": -1.875}),
        "worth": (15.0, {"revenue": 0.5, "orders": 0.0}),
        "condition": (1.0, {"revenue": 0.0, "orders": 0.0}),
    }


def test_what_is_given_is_an_input_and_not_worked_out_again():
    found = gradient(AOV_AND_MORE, {"revenue": 30.0, "orders": 4.0, "rate": 0.5, "aov": 10.0}, ["aov", "orders", "revenue"])
    assert found["aov"] == (10.0, {"aov": 1.0, "orders": 0.0, "revenue": 0.0})
    assert found["worth"] == (20.0, {"aov": 2.0, "orders": 5.0, "revenue": 0.0})


def test_what_nobody_knows_leaves_a_formula_undefined():
    found = gradient(AOV_AND_MORE, {"revenue": 30.0, "orders": None}, ["revenue", "orders"])
    assert found["aov"] == found["worth"] == (None, {})


def test_the_elasticities_of_a_product_are_one_and_minus_one():
    values = {"revenue": 540.0, "orders": 13.0, "orders_in_period": 7.0, "customers_in_period": 5.0, "gross_profit": 229.0}
    values |= {"acquisition_cost": 0.0, "customers": 7.0, "period_years": 1.0}
    formulas = {f.name: f.expression for f in Catalog(lifespan=3.0).formulas}
    value, partials = gradient(formulas, values, values)["clv_contribution"]
    elasticities = {name: partials[name] * values[name] / value for name in values}
    assert elasticities == pytest.approx(
        {
            "revenue": 0.0, "orders": -1.0, "orders_in_period": 1.0, "customers_in_period": -1.0, "gross_profit": 1.0,
            "acquisition_cost": 0.0, "customers": 0.0, "period_years": -1.0,
        },
        abs=1e-12,
    )  # fmt: skip
    assert partials["acquisition_cost"] == pytest.approx(-1 / 7)


# Against differences in fractions, which have no rounding: a step so small that only the slope is left of it.

STEP = Fraction(1, 10**40)
_EXACT = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow, ast.USub: operator.neg
}  # fmt: skip


def over_fractions(op, *parts):
    """One step of a formula, exactly; powers must be whole."""
    exact = [Fraction(part) if isinstance(part, float) else part for part in parts]
    if op not in _EXACT or None in exact:
        return expression.over_numbers(op, *exact)
    try:
        return _EXACT[op](*exact)
    except ZeroDivisionError:
        return None


def worked_out(formulas, values):
    """Every formula, exactly."""
    known = dict(values)
    for name, formula in formulas.items():
        known[name] = formula.worked_out(formula.tree, {n: known.get(n) for n in formula.names}, over_fractions)
    return {name: Fraction(known[name]) if known[name] is not None else None for name in formulas}


def differences(formulas, values, name):
    """What each formula gains by a step of `name`, per unit of it; None where it is undefined."""
    here, there = (worked_out(formulas, {**values, name: values[name] + step}) for step in (0, STEP))
    return {f: None if None in (here[f], there[f]) else (there[f] - here[f]) / STEP for f in formulas}


NAMES = ("x", "y", "net sales")
LEAVES = st.sampled_from(["x", "y", "`net sales`", "0", "1", "2.5", "0.125"])
NUMBERS = st.tuples(*(st.integers(-24, 24).map(lambda eighths, odd=odd: eighths / 8 + 1 / odd) for odd in (1009, 2003, 4001)))
"""Three numbers that no arithmetic with small ones makes equal, so that no formula stands at a kink."""


def _larger(inner):
    between = st.sampled_from([" + ", " - ", " * ", " / "])
    compared = st.tuples(inner, st.sampled_from([" < ", " >= "]), inner).map("".join)
    return st.one_of(
        st.tuples(st.just("("), inner, between, inner, st.just(")")).map("".join),
        st.tuples(st.sampled_from(["min", "max", "coalesce"]), inner, inner).map(lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"),
        st.tuples(inner, compared, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})"),
        st.tuples(LEAVES, st.sampled_from(["2", "3", "-1", "-2", "0"])).map(" ** ".join).map("({})".format),
        inner.map("abs({})".format),
        inner.map("-({})".format),
    )


@settings(max_examples=100)
@given(st.recursive(LEAVES, _larger, max_leaves=8), NUMBERS)
def test_the_slopes_of_any_formula_are_its_differences(text, numbers):
    formula = parse(text)
    values = dict(zip(NAMES, numbers, strict=True))
    found, partials = slopes(formula, values)
    assert found == formula.number(values)
    exact = {name: Fraction(value) for name, value in values.items()}
    here = worked_out({"f": formula}, exact)["f"]
    assume(None not in (found, here) and math.isclose(found, here, rel_tol=1e-9, abs_tol=1e-9))
    for name in formula.names:
        difference = float(differences({"f": formula}, exact, name)["f"])
        assert math.isclose(partials[name], difference, rel_tol=1e-6, abs_tol=1e-6), (text, values, name)


MONEY = st.integers(1, 10**7).map(lambda cents: cents / 100)
COUNTS = st.integers(1, 10**5).map(float)


@settings(max_examples=100)
@given(st.data(), st.sampled_from([*LIFESPANS, 2.5]))
def test_the_slopes_of_every_formula_of_clv_are_its_differences(data, lifespan):
    catalog = Catalog(settings={"period_years": 1.0, "discount_rate": 0.1, "target_ltv_to_cac": 3.0}, lifespan=lifespan)
    formulas = {f.name: f.expression for f in catalog.formulas}
    read = sorted(catalog.needed(formulas) - catalog.settings.keys())
    values = {name: data.draw(MONEY if name in catalog.scaled else COUNTS, name) for name in read}
    assume(0.01 < values["retained_customers"] / values["customers_in_previous_period"] < 1.05)
    found = gradient(formulas, {**catalog.settings, **values}, read)
    exact = {name: Fraction(value) for name, value in {**catalog.settings, **values}.items()}
    name = data.draw(st.sampled_from(read), "moved")
    for formula, difference in differences(formulas, exact, name).items():
        value, partials = found[formula]
        assert (value is None) == (difference is None), formula
        if difference is not None:
            scale = abs(value) + sum(abs(partials[n] * values[n]) for n in read)
            assert partials[name] * values[name] == pytest.approx(float(difference) * values[name], abs=1e-9 * scale), formula
