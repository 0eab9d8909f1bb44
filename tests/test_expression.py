"""Arithmetic as text: what it gives over numbers and over frames, and what it refuses."""

import doctest

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from orders_text import ENGINES, collected

from clvcli import expression
from clvcli.errors import ConfigError, Place
from clvcli.expression import parse

NUMBERS = [
    ("1 + 2 * 3", 7.0),
    ("(1 + 2) * 3", 9.0),
    ("90 * 3 - 6", 264.0),
    ("  1 + 2 ", 3.0),
    ("revenue\n  / orders\n", 7.5),
    ("-orders", -4.0),
    ("revenue / orders", 7.5),
    ("orders ** 0.5", 2.0),
    ("2 ** -1", 0.5),
    ("min(orders, 3)", 3.0),
    ("max(orders, 3, revenue)", 30.0),
    ("min(1, 2)", 1.0),
    ("orders > 4", 0.0),
    ("orders >= 4", 1.0),
    ("orders < 4", 0.0),
    ("orders <= 4", 1.0),
    ("orders == 4", 1.0),
    ("orders != 4", 0.0),
    ("not orders > 4", 1.0),
    ("1 > 0 and orders > 1", 1.0),
    ("orders > 5 or revenue > 5", 1.0),
    ("orders > 1 and revenue > 50 and orders > 0", 0.0),
    ("`net revenue` / orders", 5.0),
    ("max(1, 2, 3, orders, 3, 2, 1)", 4.0),
    ("revenue / (orders / (revenue / orders))", 56.25),
    ("orders if revenue > 5 else 1", 4.0),
    ("1 if revenue < 5 else orders", 4.0),
    ("2 * (orders if not revenue < 5 else 1 / 0)", 8.0),
    ("1 if 1 > 0 else orders", 1.0),
    ("abs(-orders)", 4.0),
    ("abs(2 - 5)", 3.0),
    ("coalesce(unknown, orders)", 4.0),
    ("coalesce(orders, unknown, 1)", 4.0),
    ("coalesce(orders / nothing, 7)", 7.0),
]
UNDEFINED = [
    "unknown",
    "orders + unknown",
    "-unknown",
    "min(orders, unknown)",
    "orders / nothing",
    "1 / 0",
    "0 ** -1 * orders",
    "(-orders) ** 0.5",
    "1000 ** 1000",
    "orders ** 600",
    "unknown > 1",
    "not unknown > 1",
    "1 / 0 > 1",
    "unknown > 1 and orders > 1",
    "orders > 1 and 1 / 0 > 1",
    "unknown > 1 or orders > 5",
    "not (orders < 1 or 1 / 0 > 1)",
    "not (orders > 1 and 0 < 0 ** -1)",
    "orders if unknown > 1 else 2",
    "unknown if orders > 1 else 2",
    "abs(unknown)",
    "coalesce(unknown, orders / nothing)",
]
GIVEN = {"revenue": 30.0, "orders": 4.0, "net revenue": 20.0, "nothing": 0.0, "unknown": None, "channel": "web"}


def over_a_frame(text, engine):
    """The text's value over a frame of the one row GIVEN."""
    frame = engine(pl.DataFrame({name: [value] for name, value in GIVEN.items()}, schema_overrides={"unknown": pl.Float64}))
    columns = {name: nw.col(name) for name in GIVEN}
    return collected(frame.with_columns(value=parse(text).frame(columns).cast(nw.Float64)))["value"].item()


def test_the_examples_in_the_module_are_true():
    assert doctest.testmod(expression).failed == 0


@ENGINES
@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_arithmetic_gives_the_same_over_numbers_and_frames(text, value, engine):
    assert parse(text).number(GIVEN) == value
    assert over_a_frame(text, engine) == value


@ENGINES
@pytest.mark.parametrize("text", UNDEFINED)
def test_what_is_undefined_is_null_over_numbers_and_frames(text, engine):
    assert parse(text).number(GIVEN) is None
    assert over_a_frame(text, engine) is None


@ENGINES
@pytest.mark.parametrize(("text", "holds"), [('place != "web"', True), ('place == ""', True), ('place == "web"', False)])
def test_a_missing_text_is_an_empty_one(text, holds, engine):
    frame = engine(pl.DataFrame({"place": [None]}, schema={"place": pl.String}))
    assert collected(frame.with_columns(met=parse(text).frame({"place": nw.col("place")})))["met"].to_list() == [holds]
    assert parse(text).number({"place": None}) == float(holds)


@ENGINES
@pytest.mark.parametrize("text", ["unknown > 1 and orders > 5", "orders > 5 and unknown > 1"])
def test_one_false_part_makes_a_conjunction_false(text, engine):
    assert (parse(text).number(GIVEN), over_a_frame(text, engine)) == (0.0, 0.0)


@ENGINES
@pytest.mark.parametrize("text", ["unknown > 1 or orders > 1", "orders > 1 or unknown > 1"])
def test_one_true_part_makes_a_disjunction_true(text, engine):
    assert (parse(text).number(GIVEN), over_a_frame(text, engine)) == (1.0, 1.0)


@ENGINES
@pytest.mark.parametrize("text", ["(-orders) ** 0.5 > 1", "min((-orders) ** 0.5, 1)", "1 / nothing ** -1", "orders < orders ** 600"])
def test_a_part_that_is_no_finite_number_leaves_the_whole_undefined(text, engine):
    assert parse(text).number(GIVEN) is None
    assert over_a_frame(text, engine) is None


@ENGINES
@pytest.mark.parametrize(
    ("text", "value"),
    [('channel == "web"', 1.0), ('"web" == channel', 1.0), ('channel != "web"', 0.0), ('channel == "shop" or orders > 3', 1.0)],
)
def test_a_text_is_compared_for_being_the_same(text, value, engine):
    assert parse(text).number(GIVEN) == value
    assert over_a_frame(text, engine) == value


def test_the_names_are_read_from_the_text():
    assert parse("max(aov * margin - cac, `net revenue`)").names == {"aov", "margin", "cac", "net revenue"}


def test_names_compared_with_text_are_known():
    assert parse('channel == "web" and "LV" != country and orders > 1').texts == {"channel", "country"}
    assert parse("orders > 1").texts == frozenset()


@pytest.mark.parametrize(
    ("text", "is_condition"),
    [("orders > 1", True), ("orders > 1 or orders < 0", True), ("not orders > 1", True), ("-orders", False), ("orders + 1", False)],
)
def test_a_condition_is_told_from_a_number(text, is_condition):
    assert parse(text).is_condition is is_condition


def test_names_are_spelled_as_their_numbers():
    assert parse("aov * `net revenue` / aov_2").spelled({"aov": "90", "net revenue": "5"}) == "90 * 5 / aov_2"


def test_expressions_of_the_same_text_are_equal():
    assert parse("a + b") == parse("a + b")


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("", "can't read '': ", 1),
        ("   ", "can't read '   ': ", None),
        ("aov *", "can't read 'aov *': ", None),
        ("aov margin", "can't read 'aov margin': ", None),
        ("1\0", "can't read '1", None),
        ("aov\ud800", "can't read 'aov", 1),
        ("__import__('os')", "a call other than min(), max(), coalesce() and abs() can't stand here", 1),
        ("aov + sum(a, b)", "a call other than min(), max(), coalesce() and abs() can't stand here", 7),
        ("max(aov)", "a call other than min(), max(), coalesce() and abs() can't stand here", 1),
        ("max(a, b, key=c)", "a call other than min(), max(), coalesce() and abs() can't stand here", 1),
        ("max(*a, b)", "Starred can't stand here", 5),
        ("1 < aov < 2", "a chain of comparisons can't stand here", 1),
        ("aov in margin", "a chain of comparisons can't stand here", 1),
        ("aov // 2", "this operator can't stand here", 1),
        ("+aov", "this sign can't stand here", 1),
        ("~aov", "this sign can't stand here", 1),
        ("aov + b'x'", "this value can't stand here", 7),
        ("aov * 1e16", "this value can't stand here", 7),
        ("aov * True", "True can't stand here", 7),
        ("None", "None can't stand here", 1),
        ("aov.real", "a dot can't stand here", 1),
        ("aov[0]", "an index can't stand here", 1),
        ("aov if cac else 1", "a number where a condition is wanted can't stand here", 8),
        ("(aov > 1) if cac > 1 else 1", "a condition where a number is wanted can't stand here", 2),
        ("abs(aov, 1)", "a call other than min(), max(), coalesce() and abs() can't stand here", 1),
        ("lambda: 1", "Lambda can't stand here", 1),
        ("[aov]", "List can't stand here", 1),
        ("aov + (cac > 1)", "a condition where a number is wanted can't stand here", 8),
        ("aov and cac > 1", "a number where a condition is wanted can't stand here", 1),
        ("not aov", "a number where a condition is wanted can't stand here", 5),
        ("-(aov > 1)", "a condition where a number is wanted can't stand here", 3),
        ("channel > 'web'", "a text where a number is wanted can't stand here", 11),
        ("'web' == 'web'", "a text where a number is wanted can't stand here", 1),
        ("'web'", "a text where a number is wanted can't stand here", 1),
        ("(aov + 1) == 'web'", "a text where a number is wanted can't stand here", 14),
        ("channel + 'web'", "a text where a number is wanted can't stand here", 11),
        ("  aov\n + a.b", "a dot can't stand here", 10),
        ("größe + a.b", "a dot can't stand here", 9),
    ],
)
def test_what_is_not_arithmetic_is_refused_at_its_place(text, message, column):
    with pytest.raises(ConfigError) as error:
        parse(text)
    (problem,) = error.value.problems
    assert message in problem.message
    assert column in (None, problem.place.column)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("aov + " * 200 + "1", "longer than 1000 characters or deeper than 50 parentheses"),
        ("(" * 51 + "1" + ")" * 51, "longer than 1000 characters or deeper than 50 parentheses"),
        ("a+" * 150 + "a", "more than 200 parts"),
        ("-" * 900 + "1", "more than 200 parts"),
        ("1 / (" * 30 + "aov" + ")" * 30, "divisions too deep in each other"),
        ("max(1, " * 30 + "aov" + ")" * 30, "divisions too deep in each other"),
    ],
)
def test_what_is_too_large_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        parse(text)


def test_an_error_points_into_the_file_the_formula_came_from():
    place = Place("clv.yaml", 7, 9, "  mine: aov + revenue.net")
    with pytest.raises(ConfigError) as error:
        parse("aov + revenue.net", place)
    assert str(error.value.problems[0].place) == "clv.yaml:7:15"


def test_a_name_has_its_place():
    assert parse("aov + cac * cac").place_of("cac").column == 7
    assert parse("`net revenue` + cac").place_of("cac").column == 17
    assert parse("`größter Wert` + cac").place_of("cac").column == 18
    assert parse("größe + cac").place_of("cac").column == 9


def test_what_python_warns_of_is_read_in_silence():
    assert parse(r'channel == "\d"').number({"channel": r"\d"}) == 1.0


def test_a_tree_that_was_never_checked_is_a_bug_not_a_number():
    with pytest.raises(AssertionError, match="Lambda"):
        expression.Expression("lambda: 1", expression.ast.parse("lambda: 1", mode="eval").body).number({})
