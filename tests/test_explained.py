"""Every column that an answer shows is one that `clv explain` knows, and so is everything that a model has a name for."""

import sys
from functools import cache

import pytest
from program import ROOT, SHOP, clv, started
from subscriptions import gym

from clvcli.baselines import BASELINES
from clvcli.model_explanations import EXPLAINED
from clvcli.models.assumptions import ASSUMPTIONS
from clvcli.models.meanings import MEANINGS

SPEND = str(ROOT / "sample_data" / "spend.csv")
QUESTIONS = {
    "compute": ("compute",),
    "segments": ("segments", "--by", "channel"),
    "segments with spend": ("segments", "--by", "channel", "--spend", SPEND),
    "segments by labels": ("segments", "--by", "rfm,rfm_segment,value_tier,cohort,cohort_quarter,cohort_year"),
    "cohorts": ("cohorts", "--period", "quarter"),
    "cohorts and what they cost": ("cohorts", "--period", "year", "--measure", "cumulative_contribution"),
    "cohorts by channel": ("cohorts", "--by", "channel", "--period", "year"),
    "churn": ("explain", "churn"),
    "trend": ("trend", "--by", "channel"),
    "whatif": ("whatif", "--by", "channel", "--aov", "+5%", "--retention", "+2pt"),
    "customers": ("customers",),
    "segments by what models expect": ("segments", "--by", "channel", "--formula", "clv_predicted"),
    "predict": ("predict",),
    "predict by the month": ("predict", "--model", "bg_bb", "--period", "month"),
    "backtest": ("backtest", "--by", "channel"),
}
NO_NUMBERS = {
    "name",
    "label",
    "value",
    "unit",
    "how",
    "description",
    "undefined",
    "aspect",
    "text",
    "basis",
    "scope",
    "horizon",
    "discounting",
}
"""What the columns of plain lists are called."""
ATTRIBUTES = {"channel", "month"}


@cache
def explained(name):
    """What is said of a column, or nothing."""
    said = clv("explain", name, "-f", "json", "-q", "--config", str(ROOT / "config.example.yaml"))
    return said.json["tables"][0]["rows"][0]["text"] if (said.code, said.err) == (0, "") else ""


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_column_of_an_answer_is_explained(question):
    command, *more = QUESTIONS[question]
    answer = clv(
        command, *(more[:1] if command == "explain" else ()), SHOP, *(more[1:] if command == "explain" else more), "-f", "json", "-q"
    )
    assert (answer.code, answer.err) == (0, "")
    assert unexplained(answer) == []


def unexplained(answer):
    """The columns of an answer of which nothing is said; an age is explained by the measure's own name."""
    names = {column["name"] for table in answer.json["tables"] for column in table["columns"]}
    return [name for name in sorted(names - NO_NUMBERS - ATTRIBUTES) if not name.isdigit() and not explained(name)]


def test_every_column_of_a_forecast_of_contracts_is_explained(tmp_path):
    (tmp_path / "gym.csv").write_text(gym(), encoding="utf-8")
    assert unexplained(clv("predict", "gym.csv", "-f", "json", "-q", here=tmp_path)) == []


def test_every_forecast_of_a_back_test_is_explained():
    tables = clv("backtest", SHOP, "-f", "json", "-q").json["tables"]
    names = {row["forecast"] for table in tables for row in table["rows"] if "forecast" in row}
    assert {"clv_simple", "bg_nbd", "bg_nbd_aov", "hiatus", "as_before"} < names
    assert [name for name in sorted(names) if not explained(name)] == []


def said(name):
    """What is said of a name, aspect by aspect; an aspect that goes on has an empty name."""
    return [(row["aspect"], row["text"]) for row in clv("explain", name, "-f", "json", "-q").json["tables"][0]["rows"]]


@pytest.mark.parametrize("model", EXPLAINED, ids=lambda m: m.name)
def test_a_model_is_explained_with_its_assumptions_its_paper_and_its_parameters(model):
    rows = said(model.name)
    assumed = ASSUMPTIONS[model.name]
    assert rows[0] == ("what", assumed.what)
    assert [text for _, text in rows if text in assumed.assumes] == list(assumed.assumes)
    assert {("pitfall", assumed.pitfall), ("source", model.source), *MEANINGS[model.name].items()} < set(rows)


def test_every_model_has_assumptions_and_meanings():
    assert {model.name for model in EXPLAINED} == ASSUMPTIONS.keys() == MEANINGS.keys()


@pytest.mark.parametrize("parameter", sorted({name for names in MEANINGS.values() for name in names}))
def test_a_parameter_is_explained_in_each_model_that_has_it(parameter):
    told = " ".join(text for _, text in said(parameter))
    having = [model for model in EXPLAINED if parameter in MEANINGS[model.name]]
    assert all(MEANINGS[model.name][parameter] in told and f"{model.label}: {model.source}" in told for model in having)


def test_what_a_parameter_says_in_several_models_is_said_once():
    rows = said("alpha")
    assert rows[1:3] == [("unit", "days, in BG/NBD, MBG/NBD, Pareto/NBD, NBD"), ("", "a number without a unit, in BG/BB, sBG")]
    assert [text.partition(":")[0] for _, text in rows[3:6]] == ["BG/NBD, MBG/NBD, Pareto/NBD, NBD", "BG/BB", "sBG"]


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda b: b.name)
def test_a_baseline_is_explained(baseline):
    assert {("what", baseline.description), ("source", baseline.source)} < set(said(baseline.name))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bgnbd", "bg_nbd"),
        ("pareto/nbd", "pareto_nbd"),
        ("DERT", "residual_orders"),
        ("P(alive)", "p_alive"),
        ("alfa", "alpha"),
        ("run_rat", "run_rate"),
        ("gama_gama", "gamma_gamma"),
        ("p_alife", "p_alive"),
    ],
)
def test_a_near_miss_is_put_right(typed, meant):
    assert clv("explain", typed).err.splitlines()[1] == f"hint: did you mean '{meant}'?"


def test_a_column_of_several_tables_is_explained_in_each():
    rows = said("days")
    assert [aspect for aspect, _ in rows] == ["what", "unit", "or", "unit"]
    assert (rows[0][1].startswith("Days without an order"), rows[2][1].startswith("How many days after the cut")) == (True, True)


def test_a_formula_of_ones_own_goes_before_a_name_of_a_model(tmp_path):
    (tmp_path / "clv.yaml").write_text("formulas: {hiatus: {text: aov * 2, description: Mine.}}\n", encoding="utf-8")
    assert "Mine." in clv("explain", "hiatus", here=tmp_path).text


ORDERS = "customer_id,ordered_at,amount,channel\nann,2023-01-05,30,web\nbob,2023-06-05,30,mail\nann,2024-03-05,30,web\n"
LOADED = "import sys, clvcli.cli.app as app\ntry: app.main()\nexcept SystemExit: pass\nprint('scipy' in sys.modules, file=sys.stderr)"


@pytest.mark.parametrize(
    ("arguments", "is_loaded"),
    [
        ("--help", False),
        ("explain aov", False),
        ("explain clv_predicted", False),
        ("explain aov orders.csv", False),
        ("compute orders.csv -f json", False),
        ("segments orders.csv --by channel", False),
        ("cohorts orders.csv", False),
        ("trend orders.csv", False),
        ("predict orders.csv", True),
    ],
)
def test_only_who_asks_for_a_model_waits_for_scipy(arguments, is_loaded, tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    done = started(f'"$PYTHON" -c "$LOADED" {arguments}', tmp_path, LOADED=LOADED, PYTHON=sys.executable)
    assert done.stderr.decode().splitlines()[-1] == str(is_loaded)


def test_the_names_of_rfm_are_part_of_what_is_explained():
    shown = clv("explain", "rfm_segment").text
    assert "champions        R 5, mean of F and M 4–5" in shown
