"""The published schema of JSON: strict, and met by what every command writes."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from clvcli.cli.app import app
from clvcli.config import Config
from clvcli.exports.ledger import REASONS
from clvcli.tables import Unit
from typer.testing import CliRunner

ROOT = Path(__file__).parents[1]
SHOP = str(ROOT / "sample_data" / "orders.csv")
SCHEMA = json.loads((ROOT / "docs" / "reference" / "clv-1.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)

COMMANDS = {
    "compute": ["compute", SHOP],
    "compute without a period": ["compute", SHOP, "--as-of", "2023-01-20", "--config", "/dev/null"],
    "compute with everything set": ["compute", SHOP, "--margin", "0.3", "--cac", "20", "--period", "month", "--lifespan", "survival", "--where", "quantity > 0"],
    "segments": ["segments", SHOP, "--by", "channel,country"],
    "customers": ["customers", SHOP],
    "inspect": ["inspect", SHOP],
    "explain": ["explain", "clv_contribution"],
    "explain with figures": ["explain", "clv_contribution", SHOP],
    "explain as a calculator": ["explain", "aov", "--set", "revenue=100", "--set", "orders=3"],
    "explain what is undefined": ["explain", "aov", "--set", "revenue=100", "--set", "orders=0"],
}
