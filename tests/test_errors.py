"""Mistakes as the user reads them."""

import pytest

from clvcli.errors import ClvError, ConfigError, Exit, InputError, OutputError, Place, Problem, UsageError, nearest


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        (Place(), ""),
        (Place("clv.yaml"), "clv.yaml"),
        (Place("clv.yaml", 3), "clv.yaml:3"),
        (Place("clv.yaml", 3, 9), "clv.yaml:3:9"),
        (Place("formula aov", column=4), "formula aov:4"),
        (Place(line=3, column=9), ""),
    ],
)
def test_a_place_reads_as_editors_read_it(place, shown):
    assert str(place) == shown


def test_a_caret_stands_under_the_column():
    place = Place("clv.yaml", 12, 8, "margin: much")
    assert place.excerpt.splitlines() == [
        "   |",
        "12 | margin: much",
        "   |        ^",
    ]


def test_a_text_without_a_line_number_is_shown_with_a_caret_too():
    assert Place(column=1, text="1 +").excerpt.splitlines() == [" |", " | 1 +", " | ^"]


@pytest.mark.parametrize("place", [Place("clv.yaml", 12, 8), Place("clv.yaml", 12, text="margin: much")])
def test_without_text_or_column_there_is_no_excerpt(place):
    assert place.excerpt == ""


def test_a_place_moves_right_only_if_its_column_is_known():
    assert Place("f", 1, 5).moved(3) == Place("f", 1, 8)
    assert Place("f", 1).moved(3) == Place("f", 1)


def test_a_problem_says_where_what_and_what_to_do():
    problem = Problem("unknown name 'custmers'", Place("clv.yaml", 2, 1, "custmers"), "did you mean 'customers'?")
    assert str(problem).splitlines() == [
        "clv.yaml:2:1: unknown name 'custmers'",
        "  |",
        "2 | custmers",
        "  | ^",
        "hint: did you mean 'customers'?",
    ]


def test_a_problem_without_place_or_hint_is_its_message():
    assert str(Problem("no orders")) == "no orders"


def test_an_error_lists_all_its_problems():
    error = ClvError(Problem("first"), Problem("second", hint="try"))
    assert str(error) == "first\n\nsecond\nhint: try"
    assert [p.message for p in error.problems] == ["first", "second"]


@pytest.mark.parametrize(
    ("error", "code"),
    [(UsageError, 2), (ConfigError, 3), (InputError, 4), (OutputError, 5)],
)
def test_each_kind_of_error_has_its_exit_code(error, code):
    assert error(Problem("x")).exit == Exit(code) == code


def test_the_nearest_name_is_found_whatever_its_case():
    assert nearest("Custmers", ["orders", "customers"]) == "did you mean 'customers'?"


def test_far_from_every_name_the_names_are_listed():
    assert nearest("zzz", ["orders", "customers", "orders"]) == "there are: orders, customers"


def test_a_long_list_of_names_is_cut_and_counted():
    names = [f"n{number}" for number in range(30)]
    assert nearest("zzz", names) == f"there are: {', '.join(names[:24])} and 6 more"


def test_with_no_names_there_is_nothing_to_say():
    assert nearest("zzz", []) == ""
