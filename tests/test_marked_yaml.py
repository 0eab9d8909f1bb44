"""YAML with the place of everything in it, and without YAML's surprises."""

import json
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clvcli.errors import ConfigError
from clvcli.marked_yaml import DEEPEST, LARGEST_BYTES, marked


def read(text):
    return marked(text, "clv.yaml").data


def refused(text):
    """What the error says of the only problem there is."""
    with pytest.raises(ConfigError) as told:
        marked(text, "clv.yaml")
    (problem,) = told.value.problems
    return str(problem)


# Values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("y", "y"), ("True", "True"), ("TRUE", "TRUE"),
        ("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("Null", "Null"),
        ("010", 10), ("0o10", "0o10"), ("0x1F", "0x1F"), ("1_000", "1_000"), ("12", 12), ("-12", -12), ("+12", 12), ("1:30", "1:30"),
        ("123456789012345678", 123456789012345678), ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0), ("-1.5E-3", -0.0015),
        (".inf", ".inf"), (".nan", ".nan"), ("NaN", "NaN"), ("2025-12-31", "2025-12-31"), ("2025-12-31 10:00:00", "2025-12-31 10:00:00"),
        ("'12'", "12"), ('"true"', "true"), ("=", "="), ("12%", "12%"), ("a b", "a b"), ("Ā", "Ā"), ("'<<'", "<<"), ("<<", "<<"),
    ],
)  # fmt: skip
def test_a_scalar_is_what_it_looks_like(text, value):
    read_value = read(f"key: {text}")["key"]
    assert (read_value, type(read_value)) == (value, type(value))


def test_an_endless_number_is_no_whole_number():
    assert read("key: " + "9" * 5000) == {"key": float("inf")}


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "--- # nothing\n...\n", "\ufeff"])
def test_nothing_is_null(text):
    assert read(text) is None


def test_mappings_lists_and_long_texts_are_plain_values():
    text = "a: [1, two, {b: 3}]\nc:\n  - d: |\n      one\n      two\n  - >-\n    folded\n    text\n"
    assert read(text) == {"a": [1, "two", {"b": 3}], "c": [{"d": "one\ntwo\n"}, "folded text"]}


# Places


TEXT = """\
orders: shop.csv
cac:
  by: channel
  rates: {web: 12, "tv": '20'}
segments:
  - loyal
  -   lapsed
"""


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("orders",), "1:1", "1:9"),
        (("cac",), "2:1", "3:3"),
        (("cac", "by"), "3:3", "3:7"),
        (("cac", "rates", "web"), "4:11", "4:16"),
        (("cac", "rates", "tv"), "4:20", "4:27"),
        (("segments", 1), "7:7", "7:7"),
    ],
)
def test_every_key_and_value_has_its_place(path, key, value):
    document = marked(TEXT, "clv.yaml")
    assert (str(document.key(*path)), str(document.value(*path))) == (f"clv.yaml:{key}", f"clv.yaml:{value}")


def test_the_place_of_what_is_missing_is_the_nearest_above_it():
    document = marked(TEXT, "clv.yaml")
    assert str(document.key("cac", "otherwise")) == "clv.yaml:2:1"
    assert str(document.key("nothing", "of", "the", "kind")) == "clv.yaml"


def test_a_place_shows_its_line_with_a_caret():
    assert marked(TEXT, "clv.yaml").value("cac", "rates", "web").excerpt == (
        "  |\n"
        "4 |   rates: {web: 12, \"tv\": '20'}\n"
        "  |                ^"
    )  # fmt: skip


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\u2028", "\x85"])
def test_a_place_is_on_the_line_it_says(line_end):
    place = marked(f"a: 1{line_end}b: 2{line_end}c: 3", "clv.yaml").key("c")
    assert place.text[place.column - 1] == "c"


# Refusals


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "clv.yaml:3:1: key 'a' stands twice\n  |\n3 | a: 3\n  | ^\nhint: it is first set on line 1"),
        ("x:\n  a: 1\n  'a': 3\n", "clv.yaml:3:3: key 'a' stands twice\n  |\n3 |   'a': 3\n  |   ^\nhint: it is first set on line 2"),
        ("a: &x 1\nb: *x\n", "clv.yaml:2:4: an alias (*x) can't stand here: write the value out\n  |\n2 | b: *x\n  |    ^"),
        ("a: !!int '1'\n", "clv.yaml:1:4: a tag (tag:yaml.org,2002:int) can't stand here\n  |\n1 | a: !!int '1'\n  |    ^"),
        ("a: !x {}\n", "clv.yaml:1:4: a tag (!x) can't stand here\n  |\n1 | a: !x {}\n  |    ^"),
        ("a: [1, 2\n", "clv.yaml:2:1: expected ',' or ']', but got '<stream end>'"),
        ("a: 'open\n", "clv.yaml:2:1: found unexpected end of stream"),
        ("a: 1\n  b: 2\n", "clv.yaml:2:4: mapping values are not allowed here\n  |\n2 |   b: 2\n  |    ^"),
        ("a:\n\t- 1\n", "clv.yaml:2:1: found character '\\t' that cannot start any token\n  |\n2 | \t- 1\n  | ^"),
        ("a: %x\n", "clv.yaml:1:4: found character '%' that cannot start any token\n  |\n1 | a: %x\n  |    ^"),
        ("? [a]\n: 1\n", "clv.yaml:1:3: found unhashable key\n  |\n1 | ? [a]\n  |   ^"),
        ("? {a: b}\n: 1\n", "clv.yaml:1:3: found unhashable key\n  |\n1 | ? {a: b}\n  |   ^"),
    ],
    ids=["twin", "inner twin", "alias", "tag", "own tag", "bracket", "quote", "indent", "tab", "percent", "list key", "mapping key"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_at_its_place(text, said):
    assert refused(text) == said


def test_a_key_that_differs_only_in_how_it_is_written_stands_twice():
    assert "key '1' stands twice" in refused("1: a\n'1': b\n")


def test_every_key_that_stands_twice_is_told():
    with pytest.raises(ConfigError) as told:
        marked("a: 1\nb: 1\na: 2\nb: 2\na: 3\n", "clv.yaml")
    assert [str(problem.place) for problem in told.value.problems] == ["clv.yaml:3:1", "clv.yaml:4:1", "clv.yaml:5:1"]


def test_of_a_key_that_stands_twice_what_is_in_it_is_not_told():
    with pytest.raises(ConfigError) as told:
        marked("a: [x]\na: [y, z]\nb: {c: 1}\nb: {c: 2, c: 3}\n", "clv.yaml")
    assert [str(problem.place) for problem in told.value.problems] == ["clv.yaml:2:1", "clv.yaml:4:1"]


def test_the_line_of_a_command_is_not_shown():
    with pytest.raises(ConfigError) as told:
        marked("on_success: [curl,\n  https://example.org/x]\na: 1\na: 2\non_success: []\n", "clv.yaml")
    assert [(problem.place.line, problem.place.text) for problem in told.value.problems] == [(4, "a: 2"), (5, "")]


def test_a_second_document_is_refused_in_plain_words():
    said = refused("a: 1\n---\nb: 2\n")
    assert said.startswith("clv.yaml:2:1: ")
    assert "but found" not in said
    assert "document" in said


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x07", "\ufffe"])
def test_a_character_that_is_no_text_is_refused(character):
    assert refused(f"a: 1\nb: x{character}y\n").startswith("clv.yaml")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_nesting_without_end_is_refused(opening):
    assert f"nested deeper than {DEEPEST}" in refused(opening * 5000)


def test_nesting_may_be_as_deep_as_it_is_allowed():
    depth = DEEPEST - 2
    assert str(read("a: " + "[" * depth + "]" * depth)["a"]) == "[" * depth + "]" * depth


def test_more_than_a_mebibyte_is_refused():
    assert refused("#" + "x" * LARGEST_BYTES) == "clv.yaml: more than 1 MiB of YAML"


def test_a_mebibyte_is_counted_in_bytes():
    assert refused("#" + "ā" * (LARGEST_BYTES // 2)) == "clv.yaml: more than 1 MiB of YAML"


def test_a_bomb_of_aliases_is_refused_before_it_goes_off():
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    assert "an alias (*a0) can't stand here" in refused("\n".join(lines))


# Laws


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text("abcXYZ _", min_size=1, max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(plain)
def test_json_is_read_as_json(value):
    assert read(json.dumps(value)) == value


@given(
    st.text()
    | st.lists(st.sampled_from([*"abc:-?[]{}#&*!|>'\"%@`,\n\t ", "key: ", "  - ", "\n  ", "\r", "\u2028", "1e5", "---\n"])).map("".join)
)
@example("a: !!int z")
@example("a: !!timestamp z")
@example("- " * 5000)
@example("? " * 5000)
@example("%YAML 9.9\n---\na: 1")
@example("{" * 60)
@example("a: \udc80")
def test_any_text_is_read_or_refused(text):
    with suppress(ConfigError):
        document = marked(text, "clv.yaml")
        keys = document.data if isinstance(document.data, dict) else ()
        assert all(document.key(key).line for key in keys if isinstance(key, str))
