"""The published schema of the JSON: strict, and met by what every command writes."""

import json
from functools import cache

import pytest
from jsonschema import Draft202012Validator
from program import ROOT, SHOP, clv

from clvcli.config import Config
from clvcli.exports.ledger import REASONS
from clvcli.tables import Unit

SCHEMA = json.loads((ROOT / "docs" / "reference" / "clv-1.schema.json").read_text(encoding="utf-8"))
BROKEN = "order_id,customer_id,ordered_at,amount\n1,ann,2024-01-05,10\n2,bob,soon,free\n2,,2024-01-06,5\n"

COMMANDS = {
    "compute": ["compute", SHOP],
    "compute what is undefined": ["compute", SHOP, "--as-of", "2023-01-20", "--config", "empty.yaml"],
    "compute with all there is": ["compute", SHOP, "--margin", "0.3", "--cac", "20", "--period", "month", "--lifespan", "survival"],
    "segments": ["segments", SHOP, "--by", "channel,country"],
    "customers": ["customers", SHOP],
    "inspect": ["inspect", SHOP],
    "inspect the presets": ["inspect", "--presets"],
    "inspect with rejects": ["inspect", "-", "--max-rejects", "1"],
    "explain": ["explain", "clv_contribution"],
    "explain with figures": ["explain", "clv_contribution", SHOP],
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
    assert set(defined["settings"]["required"]) == set(Config.model_fields) - {"orders", "columns", "formulas", "segments", "show"}


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
