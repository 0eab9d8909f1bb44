"""The published schema of the JSON: strict, and met by what every command writes."""

import json
from functools import cache

import pytest
from jsonschema import Draft202012Validator
from program import ROOT, SHOP, clv
from subscriptions import gym

from clvcli.config import Config
from clvcli.exports.ledger import REASONS
from clvcli.settings import Churn, Costs, Spend
from clvcli.tables import Unit

pytestmark = pytest.mark.slow

SCHEMA = json.loads((ROOT / "docs" / "reference" / "clv-1.schema.json").read_text(encoding="utf-8"))
SPEND = str(ROOT / "sample_data" / "spend.csv")
FEW = ["--where", "channel == 'email'"]
BARE = "order_id,customer_id,ordered_at,amount\n1,ann,2024-01-05,10\n2,bob,2024-02-07,20\n3,ann,2024-04-06,5\n4,cid,2024-04-06,0\n"
SETTLED = """
margin: {by: category, rates: {beans: 0.4}, otherwise: 0.3}
costs: {payment_share: 0.015, payment_fixed: 0.25, shipping_per_order: 4.5}
cac: {by: channel, rates: {search: 18.38}, otherwise: 0}
churn: {rule: percentile, percentile: 0.9, one_time_days: 90}
value_tiers: [0.05, 0.2]
target_payback_months: 6
statuses: {lost: refunded}
"""
BROKEN = "order_id,customer_id,ordered_at,amount\n1,ann,2024-01-05,10\n2,bob,soon,free\n2,,2024-01-06,5\n"

COMMANDS = {
    "compute": ["compute", SHOP],
    "compute what is undefined": ["compute", SHOP, "--as-of", "2023-01-20", "--config", "empty.yaml"],
    "compute with all there is": ["compute", SHOP, "--margin", "0.3", "--cac", "20", "--period", "month", "--lifespan", "survival"],
    "compute with much that is settled": ["compute", SHOP, "--config", "settled.yaml"],
    "compute with a verdict": ["compute", SHOP, "--config", "verdict.yaml"],
    "compute with checks": ["compute", SHOP, "--fail-if", "aov < 40", "--fail-if", "channel == 'web'"],
    "segments": ["segments", SHOP, "--by", "channel,country"],
    "segments with checks": ["segments", SHOP, "--by", "channel", "--fail-if", "retention_rate < 0.25", "--fail-if", "cac > 90"],
    "segments with spend": ["segments", SHOP, "--by", "channel", "--config", "empty.yaml", "--spend", SPEND],
    "segments that are few": ["segments", SHOP, "--by", "rfm,country", "--min-customers", "3", "--top", "9"],
    "segments without a margin": ["segments", "bare.csv", "--by", "value_tier"],
    "segments by what models expect": ["segments", SHOP, "--by", "channel", "--formula", "clv_predicted", "--formula", "alive_share"],
    "customers": ["customers", SHOP],
    "cohorts": ["cohorts", SHOP, "--as-of", "2025-12-10"],
    "cohorts held against their cost": ["cohorts", SHOP, "--measure", "cumulative_contribution", "--period", "quarter"],
    "cohorts by group": ["cohorts", SHOP, "--by", "channel,country", "--period", "year", "--measure", "active"],
    "cohorts without a margin": ["cohorts", "bare.csv", "--measure", "cumulative_revenue"],
    "trend": ["trend", SHOP],
    "trend by group": ["trend", SHOP, "--by", "channel", "--as-of", "2025-11-10", "--lifespan", "churn"],
    "trend of little that is known": ["trend", "bare.csv", "--period", "month"],
    "predict": ["predict", SHOP, *FEW],
    "predict by one model, and sample": ["predict", SHOP, *FEW, "--model", "bg_nbd", "--horizon", "26w", "--bootstrap", "3"],
    "predict by the month": ["predict", SHOP, *FEW, "--model", "bg_bb", "--period", "month"],
    "predict contracts": ["predict", "gym.csv", "--margin", "0.6"],
    "predict contracts that end": ["predict", "gym.csv", "--ended", "ended_on", "--billing", "month"],
    "predict without a margin": ["predict", "bare.csv", "--horizon", "3m", "--discount-rate", "0"],
    "predict contracts without a margin": ["predict", "gym.csv", "--model", "sbg", "--discount-rate", "0"],
    "backtest": ["backtest", SHOP],
    "backtest by group": ["backtest", SHOP, "--by", "channel,country"],
    "backtest at two cuts": ["backtest", SHOP, "--cut", "2024-06-30", "--cut", "2024-12-31", "--holdout", "6m", "--by", "channel"],
    "backtest without a margin": ["backtest", "bare.csv"],
    "backtest of contracts": ["backtest", "gym.csv"],
    "whatif": ["whatif", SHOP],
    "whatif with moves": ["whatif", SHOP, "--aov", "+5%", "--retention", "+2pt", "--cac", "-10%", "--by", "channel,country"],
    "whatif of little that is known": ["whatif", SHOP, "--config", "empty.yaml", "--formula", "ltv_to_cac", "--formula", "clv_simple"],
    "report": ["report", SHOP],
    "report with checks and changes": [
        "report",
        SHOP,
        "--by",
        "channel",
        "--fail-if",
        "aov < 40",
        "--snapshots",
        "kept",
        "--compare",
        "previous",
    ],
    "report of little that is known": ["report", "bare.csv", "--config", "empty.yaml"],
    "report of contracts": ["report", "gym.csv", "--margin", "0.6"],
    "inspect": ["inspect", SHOP],
    "inspect the presets": ["inspect", "--presets"],
    "inspect with rejects": ["inspect", "-", "--max-rejects", "1"],
    "explain": ["explain", "clv_contribution"],
    "explain with figures": ["explain", "clv_contribution", SHOP],
    "explain churn": ["explain", "churn", SHOP],
    "explain churn by another rule": ["explain", "churn", SHOP, "--churn-rule", "personal"],
    "explain the rules": ["explain", "churn"],
    "explain a model": ["explain", "bg_nbd"],
    "explain a parameter": ["explain", "alpha"],
    "explain as a calculator": ["explain", "aov", "--set", "revenue=100", "--set", "orders=3"],
    "explain what is undefined": ["explain", "aov", "--set", "revenue=100", "--set", "orders=0"],
}


def problems(document):
    """Where a document breaks the schema, and how."""
    found = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(document)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """What a command writes, by its name above."""
    here = tmp_path_factory.mktemp("schema")
    (here / "empty.yaml").touch()
    (here / "settled.yaml").write_text(SETTLED, encoding="utf-8")
    (here / "bare.csv").write_text(BARE, encoding="utf-8")
    (here / "gym.csv").write_text(gym(), encoding="utf-8")
    (here / "verdict.yaml").write_text("verdict: always\n", encoding="utf-8")
    assert clv("report", SHOP, "--by", "channel", "--as-of", "2025-06-30", "--snapshots", "kept", here=here).code == 0
    return cache(lambda name: clv(*COMMANDS[name], "--format", "json", here=here, stdin=BROKEN.encode()).json)


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_writes_meets_the_schema(written, name):
    assert problems(written(name)) == []


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


def test_every_command_that_writes_json_is_here():
    assert set(SCHEMA["properties"]["command"]["enum"]) == {arguments[0] for arguments in COMMANDS.values()}


def test_the_schema_knows_every_unit_reason_and_setting():
    defined = SCHEMA["$defs"]
    assert set(defined["unit"]["enum"]) == {unit.value for unit in Unit}
    assert set(defined["ledger"]["properties"]["entries"]["items"]["properties"]["reason"]["enum"]) == {reason.name for reason in REASONS}
    of_the_run = {"report", "snapshots", "compare", "keep", "fail_if", "on_success", "on_failure", "show_ids"}
    told_by_tables = {"orders", "columns", "formulas", "segments", "show"}
    assert set(defined["settings"]["required"]) == set(Config.model_fields) - told_by_tables - of_the_run
    inner = defined["settings"]["properties"]
    assert set(inner["churn"]["required"]) == set(Churn.model_fields)
    assert set(inner["costs"]["required"]) == set(Costs.model_fields)
    assert set(inner["spend"]["oneOf"][1]["required"]) == set(Spend.model_fields)


def changed(document, path, value):
    """A copy of the document in which `value` stands at `path`, or nothing if it is None."""
    copy = json.loads(json.dumps(document))
    *above, last = path
    inner = copy
    for part in above:
        inner = inner[part]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "clv/2"),
        (("schema",), None),
        (("command",), "guess"),
        (("as_of",), "yesterday"),
        (("as_of",), None),
        (("ledger", "records"), -1),
        (("ledger", "entries", 0, "fate"), "lost"),
        (("ledger", "more"), 1),
        (("settings", "margn"), 0.3),
        (("settings", "churn", "window_days"), 0),
        (("settings", "churn", "rule"), "mood"),
        (("settings", "churn", "percentile"), 80),
        (("settings", "costs", "payment_share"), 1.5),
        (("settings", "spend"), {"files": ["ads.csv"]}),
        (("settings", "value_tiers"), []),
        (("settings", "target_payback_months"), 0),
        (("settings", "model"), "oracle"),
        (("settings", "cuts"), ["soon"]),
        (("settings", "holdout"), "later"),
        (("settings", "verdict"), "maybe"),
        (("period", "name"), "week"),
        (("tables",), []),
        (("tables", 0, "rows", 0, "value"), "12.50"),
        (("tables", 0, "rows", 0, "value"), None),
        (("tables", 0, "rows", 0, "more"), 1),
        (("tables", 0, "columns", 0, "unit"), "euro"),
        (("tables", 0, "columns", 0, "description"), ""),
        (("tables", 0, "notes"), "one"),
        (("more",), 1),
    ],
)
def test_the_schema_is_strict(written, path, value):
    assert problems(changed(written("compute"), path, value))


def test_every_table_that_people_or_machines_see_is_here(written):
    known = {rule["if"]["properties"]["name"]["const"] for rule in SCHEMA["$defs"]["table"]["allOf"]}
    named = SCHEMA["$defs"]["table"]["properties"]["name"]["enum"]
    seen = {table["name"] for name in COMMANDS for table in written(name)["tables"]}
    assert (set(named), set(named) - known) == (seen, {"customers", "points_by_segment"})


@pytest.mark.parametrize(
    ("name", "table", "column", "value"),
    [
        ("segments", "segments", "versus_rest", "better"),
        ("segments", "segments", "customers", None),
        ("segments with checks", "checks", "met", "maybe"),
        ("segments with checks", "checks", "customers", None),
        ("segments with spend", "economics", "months_watched", -1),
        ("segments with spend", "budget", "spend", None),
        ("segments with spend", "budget_months", "month", "January"),
        ("segments with spend", "unattributed", "why", ""),
        ("cohorts", "cohorts", "cohort", "2023-1"),
        ("cohorts", "cohorts", "-1", 0.5),
        ("cohorts", "cohorts", "0", "1.0"),
        ("cohorts", "curve", "retention", 1.5),
        ("cohorts", "equal_age", "cumulative_revenue_per_acquired", 1.0),
        ("cohorts", "cells", "is_partial", "maybe"),
        ("trend", "trend", "period", "Q1"),
        ("trend", "trend", "aov", "38.54"),
        ("trend", "why", "change", "56.67"),
        ("trend by group", "mix", "more", 1.0),
        ("trend by group", "mix_segments", "share_before", 26.9),
        ("explain churn", "churn_rules", "rule", "mood"),
        ("explain churn", "gaps", "gap_days", -1),
        ("explain churn", "survival", "survival", 1.1),
        ("explain churn", "crr", "returned", -1),
        ("predict", "predictions", "p_alive", 1.5),
        ("predict", "predictions", "last_day", "soon"),
        ("predict", "predictions", "payments", 3),
        ("predict", "forecast", "unit", "euro"),
        ("predict", "parameters", "model", "oracle"),
        ("predict contracts", "predictions", "payments", 0),
        ("predict contracts", "renewals", "renewal", 0),
        ("backtest", "accuracy", "kind", "oracle"),
        ("backtest", "accuracy", "auc", 80.0),
        ("backtest", "accuracy_of_orders", "basis", "money"),
        ("backtest", "calibration", "repeats", "8"),
        ("backtest", "coverage", "holds", "maybe"),
        ("backtest", "tracking", "day", "week 3"),
        ("backtest", "new_customers", "actual_each", None),
        ("backtest by group", "nearest_by_segment", "actual", None),
        ("backtest by group", "accuracy_by_segment", "basis", "orders"),
    ],
)
def test_the_schema_is_strict_about_each_table(written, name, table, column, value):
    document = written(name)
    at = [one["name"] for one in document["tables"]].index(table)
    row = {**document["tables"][at]["rows"][0], column: value}
    assert problems(changed(document, ("tables", at, "rows", 0), row))


@pytest.mark.parametrize("name", COMMANDS)
def test_rows_hold_their_columns_and_nothing_else(written, name):
    for table in written(name)["tables"]:
        names = [column["name"] for column in table["columns"]]
        assert all(list(row) == names for row in table["rows"])
        assert set(table["total"] or {}) <= set(names)


JSON_TYPES = {"string": str, "integer": int, "number": (int, float)}


@pytest.mark.parametrize("name", COMMANDS)
def test_values_have_the_type_of_their_column_or_are_null(written, name):
    for table in written(name)["tables"]:
        types = {column["name"]: JSON_TYPES[column["type"]] for column in table["columns"]}
        assert all(value is None or isinstance(value, types[key]) for row in table["rows"] for key, value in row.items())
