"""What is typed wrongly: one error of clv's own with what to type, whatever part of the command line it is."""

import pytest
from program import SHOP, clv
from typer import TyperException

from clvcli.cli.mistyped import usage_error

WRONG = {
    ("segmets",): ["no command is called 'segmets'", "did you mean 'segments'?"],
    ("help", "segmets"): ["no command is called 'segmets'", "did you mean 'segments'?"],
    (SHOP,): [f"no command is called '{SHOP}'", f"it is a file: type what to do with it first, as in 'clv compute {SHOP}'"],
    ("compute", "--formta", "json"): ["clv compute has no option --formta", "did you mean '--format'?"],
    ("compute", "--formta=json"): ["clv compute has no option --formta", "did you mean '--format'?"],
    ("compute", "--zzz"): ["clv compute has no option --zzz", "'clv compute --help' lists its options"],
    ("compute", "-Z"): ["clv compute has no option -Z", "'clv compute --help' lists its options"],
    ("predict", "--save-modle", "x"): ["clv predict has no option --save-modle", "did you mean '--save-model'?"],
    ("compute", "--force"): ["clv compute has no option --force", "it is an option of clv init"],
    ("inspect", "--save-model", "x"): ["clv inspect has no option --save-model", "it is an option of clv predict"],
    ("--verson",): ["clv has no option --verson", "did you mean '--version'?"],
    ("--nope",): ["clv has no option --nope", "'clv --help' lists its options"],
    ("--config", "x", "compute"): ["--config stands before the command", "options come after it, as in 'clv compute --config'"],
    ("--config",): ["--config stands before the command", "options come after it, as in 'clv COMMAND --config'"],
    ("compute", SHOP, "--as-of"): ["--as-of needs a value", "--as-of DATE: End of observation, as in 2025-12-31; else the last order."],
    ("compute", "--quiet=3"): ["--quiet takes no value", "write it as --quiet"],
    ("explain",): ["clv explain needs NAME", "NAME: A metric, a formula or a setting."],
    ("completion", "bash", "zsh"): ["clv completion has no use for 'zsh'", "'clv completion --help' says what it takes"],
    ("compute", "--margin", "a lot"): [
        "--margin: 'a lot' should be a number",
        "--margin SHARE: Gross profit per unit of revenue, as in 0.35.",
    ],
    ("compute", "--margin=x"): ["--margin: 'x' should be a number", "--margin SHARE: Gross profit per unit of revenue, as in 0.35."],
    ("predict", "--bootstrap", "1.5"): [
        "--bootstrap: '1.5' should be a whole number",
        "--bootstrap TIMES: Refit to so many samples of customers for the intervals; 0 for none.",
    ],
    ("customers", "-n0"): [
        "--limit: '0' should be greater than or equal to 1",
        "--limit NUMBER: How many customers to show to people; a file gets all.",
    ],
    ("whatif", "--base-lifespan", "0"): [
        "--base-lifespan: '0' is neither years, as in 3, nor one of churn, tenure, survival",
        "--base-lifespan YEARS|RULE: The lifespan before it is moved: years, or churn, tenure, survival.",
    ],
    ("compute", SHOP, "--format", "jsn"): ["unknown format 'jsn'", "did you mean 'json'?"],
    ("compute", SHOP, "--log-format", "txt"): ["unknown log format 'txt'", "did you mean 'text'?"],
    ("compute", SHOP, "--period", "yaer"): ["--period: 'yaer' should be 'auto', 'year', 'quarter' or 'month'", "did you mean 'year'?"],
    ("compute", SHOP, "--lifespan", "chrn"): ["--lifespan: 'chrn' should be 'churn', 'tenure' or 'survival'", "did you mean 'churn'?"],
    ("compute", SHOP, "--table", "figurs"): ["the answer has no table 'figurs'", "did you mean 'figures'?"],
    ("cohorts", SHOP, "--measure", "retenton"): ["no measure of cohorts is called 'retenton'", "did you mean 'retention'?"],
    ("explain", "clv_simpel"): ["no number is called 'clv_simpel'", "did you mean 'clv_simple'?"],
    ("segments", SHOP, "--by", "chanel"): ["no column 'chanel' in the orders", "did you mean 'channel'?"],
    ("completion", "bsh"): ["no completions for 'bsh'", "did you mean 'bash'?"],
}


@pytest.mark.parametrize("typed", WRONG, ids=" ".join)
def test_a_mistake_is_told_with_what_to_type(typed):
    message, hint = WRONG[typed]
    ran = clv(*typed)
    assert (ran.code, ran.out) == (2, b"")
    assert ran.err == f"error: {message}\nhint: {hint}\n"


def test_what_is_missing_is_shown_behind_what_was_typed():
    assert clv("segments", "my orders.csv").err.splitlines() == [
        "error: clv segments needs --by",
        "hint: --by COLUMN[,COLUMN]: Columns of the orders, or 'segment' for the configured conditions.",
        "try: clv segments 'my orders.csv' --by channel",
    ]


@pytest.mark.parametrize("typed", [("comp\x1b[31mute",), ("compute", "--ma\x07rgin"), ("compute", "--margin", "\x1b[2J")])
def test_control_characters_that_are_typed_are_shown_not_obeyed(typed):
    ran = clv(*typed)
    assert ran.code == 2
    assert not {"\x1b", "\x07"} & {*ran.err}


def test_options_may_stand_before_and_after_the_orders():
    before, after = clv("compute", "-f", "csv", "-q", SHOP), clv("compute", SHOP, "-f", "csv", "-q")
    assert before == after
    assert before.code == 0


def test_a_mistake_that_is_not_known_is_shown_as_it_is():
    assert str(usage_error(TyperException("something else"), ["compute"], None)) == "something else"


def test_a_mistake_of_a_kind_of_its_own_is_told_too(tmp_path):
    (tmp_path / "odd.csv").write_text("Wer,Was\nann,1\nbob,2\n", encoding="utf-8")
    ran = clv("compute", "odd.csv", here=tmp_path)
    assert ran.code == 4
    assert ran.err.startswith("error: odd.csv:1: no column for ")
