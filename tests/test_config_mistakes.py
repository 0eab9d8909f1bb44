"""What is said of a mistake in the config: each at its line and column, all at once."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clvcli.analysis import analysis
from clvcli.config import NAME, Config, load
from clvcli.errors import ClvError, ConfigError
from clvcli.request import Request


def loaded(folder, text, **options):
    (folder / NAME).write_text(text, encoding="utf-8")
    return load(folder / NAME, options)


def refused(folder, text, error=ConfigError, **options):
    """What is said of the mistakes in a config of this text; places are relative to `folder`."""
    with pytest.raises(error) as told:
        understood(loaded(folder, text, **options))
    return str(told.value).replace(f"{folder}/", "")


def understood(config):
    """A config whose texts have been read too."""
    assert config.catalog
    return config.where


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("margn: 0.3\n", "clv.yaml:1:1: unknown key 'margn'\n  |\n1 | margn: 0.3\n  | ^\nhint: did you mean 'margin'?"),
        ("churn:\n  window: 9\n", "clv.yaml:2:3: unknown key 'churn.window'\n  |\n2 |   window: 9\n  |   ^\nhint: did you mean 'window_days'?"),
        (
            "formulas:\n  x: {txt: aov, text: aov}\n",
            "clv.yaml:2:7: unknown key 'formulas.x.txt'\n  |\n2 |   x: {txt: aov, text: aov}\n  |       ^\nhint: did you mean 'text'?",
        ),
        ("margin: 35\n", "clv.yaml:1:9: margin: '35' should be less than or equal to 1\n  |\n1 | margin: 35\n  |         ^\nhint: a share is written as a fraction: 0.35"),
        ("margin: 12%\n", "clv.yaml:1:9: margin: '12%' should be a valid number"),
        ("margin: {by: x, rates: {a: 2}, otherwise: 0}\n", "clv.yaml:1:28: margin.rates.a: '2' should be less than or equal to 1"),
        ("margin: {by: x, rates: {}}\n", "clv.yaml:1:1: margin.otherwise: is missing"),
        ("cac: -5\n", "clv.yaml:1:6: cac: '-5' should be greater than or equal to 0"),
        ("cac: [5]\n", "clv.yaml:1:6: cac: should be a valid number"),
        ("lifespan: chrn\n", "clv.yaml:1:11: lifespan: 'chrn' should be 'churn', 'tenure' or 'survival'\n  |\n1 | lifespan: chrn\n  |           ^\nhint: did you mean 'churn'?"),
        ("lifespan: 0\n", "clv.yaml:1:11: lifespan: '0' should be greater than 0"),
        ("period: week\n", "clv.yaml:1:9: period: 'week' should be 'auto', 'year', 'quarter' or 'month'"),
        ("as_of: 2024-02-30\n", "clv.yaml:1:8: as_of: '2024-02-30' should be a valid date"),
        ("as_of: 20240201\n", "clv.yaml:1:8: as_of: "),
        ("as_of: 1735603200\n", "clv.yaml:1:8: as_of: "),
        ("margin: true\n", "clv.yaml:1:9: margin: "),
        ("churn: {window_days: true}\n", "clv.yaml:1:22: churn.window_days: "),
        ("target_ltv_to_cac: 1e400\n", "clv.yaml:1:20: target_ltv_to_cac: "),
        ("header: maybe\n", "clv.yaml:1:9: header: 'maybe' should be a valid boolean"),
        ("orders: 5\n", "clv.yaml:1:9: orders: '5' should be"),
        ("orders: [a.csv, 5]\n", "clv.yaml:1:17: orders.1: '5' should be a valid string"),
        ("columns: {amount: 4}\n", "clv.yaml:1:19: columns.amount: '4' should be a valid string"),
        ("columns: [amount]\n", "clv.yaml:1:10: columns: should be"),
        ("1: 2\n", "clv.yaml:1:1: "),
        ("null: 2\n", "clv.yaml:1:1: "),
        ("a: {1: 2}\n", "clv.yaml:1:1: unknown key 'a'"),
        ("<<: {margin: 0.3}\n", "clv.yaml:1:1: unknown key '<<'"),
        ("- margin: 0.3\n", "clv.yaml:1: the config must be keys with values, as in 'margin: 0.3'"),
        ("margin\n", "clv.yaml:1: the config must be keys with values, as in 'margin: 0.3'"),
        ("margin: 0.3\nmargin: 0.4\n", "clv.yaml:2:1: key 'margin' stands twice"),
        ("margin: [\n", "clv.yaml:2:1: "),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_line_and_column(tmp_path, text, said):
    assert refused(tmp_path, text).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("where: quantity >\n", "clv.yaml:1:8: can't read 'quantity >'"),
        ("where: \"quantity > __import__('os')\"\n", "clv.yaml:1:20: "),
        ("where: quantity * 2\n", "clv.yaml:1:8: 'quantity * 2' is a number, not a condition"),
        ("formulas: {x: {text: aov * nosuch}}\n", "clv.yaml:1:28: unknown name 'nosuch'"),
        ("formulas: {x: {text: 'aov +'}}\n", "clv.yaml:1:23: can't read 'aov +'"),
        ("formulas: {x: {text: aov > 1}}\n", "clv.yaml:1:22: formula x: 'aov > 1' is a condition, not a number"),
        ("formulas: {aov: {text: revenue}}\n", "clv.yaml:1:12: formula 'aov' is a name of clv's own"),
        ("formulas: {a b: {text: revenue}}\n", "clv.yaml:1:12: formula 'a b' is no name"),
        ("formulas: {x: {text: aov, basis: margin}}\n", "clv.yaml:1:15: formulas.x: a CLV needs both basis and scope"),
        ("formulas: {x: aov}\n", "clv.yaml:1:15: formulas.x: "),
        ("formulas: {x: {text: aov, unit: euro}}\n", "clv.yaml:1:33: formulas.x.unit: 'euro' should be"),
        ("formulas: {x: {}}\n", "clv.yaml:1:12: formulas.x.text: is missing"),
        ("segments: {loyal: orders}\n", "clv.yaml:1:19: segment loyal: 'orders' is a number, not a condition"),
        ("segments: {loyal: ordrs > 1}\n", "clv.yaml:1:19: unknown name 'ordrs'"),
        ("segments: {loyal: ''}\n", "clv.yaml:1:20: "),
        ("show: [clv_simple, clv_smple]\n", "clv.yaml:1:20: unknown formula 'clv_smple'"),
        ("columns: {custmer_id: Kunde}\n", "clv.yaml:1:11: "),
        ("tz: Europe/Rom\n", "clv.yaml:1:5: unknown time zone 'Europe/Rom'"),
        ("decimal: ;\n", "clv.yaml:1:10: ';' is no decimal mark"),
        ("date_format: dmy\n", "clv.yaml:1:14: 'dmy' is no date format"),
    ],
)  # fmt: skip
def test_a_mistake_in_what_a_text_means_is_told_in_the_text(tmp_path, text, said):
    (tmp_path / "orders.csv").write_text("customer_id,ordered_at,amount,quantity\nann,2024-01-05,1,1\n", encoding="utf-8")
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        assert analysis(Request("compute", (str(tmp_path / "orders.csv"),), tmp_path / NAME, {})).catalog
    assert str(told.value).replace(f"{tmp_path}/", "").startswith(said)


def test_a_text_over_several_lines_is_shown_on_one(tmp_path):
    said = refused(tmp_path, "where: |\n  quantity >\n  nosuch nosuch\n")
    assert said.splitlines()[:4] == [
        "clv.yaml:1:26: can't read 'quantity > nosuch nosuch': invalid syntax",
        "  |",
        "1 | where: quantity > nosuch nosuch",
        "  |                          ^",
    ]


def test_all_mistakes_are_told_at_once_in_their_order(tmp_path):
    with pytest.raises(ConfigError) as told:
        loaded(tmp_path, "period: week\nmargn: 1\nmargin: 2\ncac: x\n")
    assert [problem.place.line for problem in told.value.problems] == [1, 2, 3, 4]


def test_all_mistakes_in_formulas_are_told_at_once(tmp_path):
    said = refused(tmp_path, "formulas:\n  x: {text: 'aov *'}\n  y: {text: 'aov +'}\n")
    assert "clv.yaml:2:14" in said
    assert "clv.yaml:3:14" in said


def test_control_characters_stay_out_of_a_config(tmp_path):
    assert refused(tmp_path, "tz: 'Europe\x1b[31m'").startswith("clv.yaml")


# Laws

keys = st.sampled_from([*Config.model_fields, "window_days", "by", "rates", "otherwise", "text", "unit", "x", "1"])
scalars = st.sampled_from(
    ["", "1", "-1", "0.5", "1e400", "true", "null", "NO", "aov", "orders > 1", "2025-12-31", "churn", "'", '"x', "[", "{", "*a", "é", "%"]
)
lines = st.tuples(st.sampled_from(["", "  ", "    ", "- "]), keys, scalars).map(lambda line: f"{line[0]}{line[1]}: {line[2]}\n")


@given(st.text(max_size=60) | st.lists(lines, max_size=8).map("".join))
@example("formulas: {a: {text: b}, b: {text: a}}")
@example("as_of: 99999999999999999")
@example("segments: {x: " + "(" * 500 + "}")
def test_any_text_is_a_config_or_an_error_of_it(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("mistakes")
    with suppress(UnicodeEncodeError, ConfigError):
        assert loaded(folder, text).catalog.names


@given(
    st.dictionaries(
        keys, st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=2)
    )
)
def test_any_options_are_a_config_or_an_error_of_them(options):
    with suppress(ClvError):
        assert load(None, options).config.model_dump(mode="json")
