"""Secrets: a password in a config, an option or the environment stands in nothing that a run shows or leaves behind."""

import json
import re
from pathlib import Path

import pytest
from program import ROOT, clv, started

ORDERS = "order_id,customer_id,ordered_at,amount\n1,ann,2024-01-05,10\n2,bob,2024-02-05,20\n3,ann,2024-04-06,5\n"
URL = "postgres://clv:CANARY@db.example/shop"
KEY = "CANARY-of-a-key-of-32-bytes-at-all"
HOOKS = """
on_success: [curl, -H, 'Authorization: Bearer CANARY', 'https://u:CANARY@example.org/ping']
on_failure: [mail, -s, CANARY, me@example.org]
snapshots: https://u:CANARY@example.org/history
compare: previous
keep: 3
fail_if: customers < 0
report: {title: My shop}
"""


@pytest.fixture
def here(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "hooks.yaml").write_text(f"orders: orders.csv\n{HOOKS}", encoding="utf-8")
    return tmp_path


def config(here, text):
    (here / "bad.yaml").write_text(text, encoding="utf-8")
    return ["compute", "orders.csv", "--config", "bad.yaml"]


BROKEN = {
    "a file of orders": f"orders: {URL}\n",
    "a file of spend": f"spend: {URL}\n",
    "spend and its columns": f"spend: {{files: [{URL}], colums: {{}}}}\n",
    "a number": f"margin: {URL}\n",
    "an unknown key": f"{URL}: 1\n",
    "a key beside it": f"margn: 0.3 # {URL}\n",
    "a folder of presets": f"presets: {URL}\npreset: x\n",
    "a condition": f"where: {URL}\n",
    "a key that stands twice": f"tz: UTC\ntz: {URL}\n",
    "no YAML": f"tz: [{URL}\n",
    "an alias": f"tz: *a # {URL}\n",
    "a hook that is no list": "on_failure: {curl: CANARY}\n",
    "a hook with a number": "on_failure: [1, CANARY]\n",
    "a hook on several lines": "on_failure:\n  - 1\n  - CANARY\n",
    "a hook of one word": "on_success: 1 # CANARY\n",
    "a hook that stands twice": "on_failure: [x]\non_failure: [curl, CANARY]\n",
    "a hook that is no YAML": "on_failure: [curl, 'CANARY' x]\n",
    "a hook on several lines that is no YAML": "on_failure:\n  - curl\n  - 'CANARY' x\n",
    "a hook with a tag": "on_success: [curl, CANARY, !!x y]\n",
    "a hook with another key behind it": "{on_success: [curl, CANARY], margn: 3}\n",
    "a hook whose name is misspelled": "on_sucess: [curl, CANARY]\n",
    "a hook in large letters": "ON-FAILURE: [curl, CANARY]\n",
    "a hook in the wrong place": "report: {on_success: [curl, CANARY]}\n",
    "a hook in a place of its own": "hooks:\n  on_success: [curl, CANARY]\n  on_sucess: [curl, CANARY]\n",
    "keys of a bucket": "spend: s3://AKIA:CANARY@bucket/ads.csv\n",
    "a token": "spend: https://example.org/ads.csv?token=CANARY\n",
    "a password by its name": "margin: password=CANARY\n",
    "a formula": f"formulas: {{f: {{text: '{URL}'}}}}\n",
    "a segment": f"segments: {{s: '{URL}'}}\n",
    "a time zone": f"tz: {URL}\n",
    "an encoding": f"encoding: {URL}\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("log", [[], ["--log-format", "json"]], ids=["told", "logged"])
def test_no_mistake_in_a_config_shows_a_password(here, text, log):
    words = config(here, text)
    done = clv(*([words[0], *words[2:]] if text.startswith("orders") else words), *log, here=here)
    assert done.code in (2, 3, 4)
    assert done.err
    assert "CANARY" not in done.err + done.text


TYPED = [
    ["compute", URL],
    ["compute", "orders.csv", "--config", URL],
    ["compute", "orders.csv", "--spend", URL],
    ["compute", "orders.csv", "-o", f"{URL}/out.json"],
    ["compute", "orders.csv", "--rejects", f"{URL}/out.csv"],
    ["predict", "orders.csv", "--model-file", URL],
    ["compute", "orders.csv", "--margin", URL],
    ["compute", "orders.csv", "--preset", URL],
    ["compute", "orders.csv", "--map", URL],
    ["compute", "orders.csv", "--where", URL],
    ["compute", "orders.csv", f"--dsn={URL}"],
    ["explain", URL],
    [URL],
]


@pytest.mark.parametrize("words", TYPED, ids=" ".join)
def test_no_mistake_in_a_command_shows_a_password(here, words):
    done = clv(*words, here=here)
    assert done.code in (2, 3, 4, 5)
    assert "CANARY" not in done.err + done.text


@pytest.mark.parametrize("name", ["table", "markdown", "html", "json", "csv"])
def test_no_answer_holds_what_is_run_afterwards(here, name):
    done = clv("compute", "--config", "hooks.yaml", "--format", name, here=here)
    assert "CANARY" not in done.err + done.text


def test_settings_are_those_that_numbers_depend_on(here):
    settings = clv("compute", "--config", "hooks.yaml", "--format", "json", here=here).json["settings"]
    assert not {"on_success", "on_failure", "snapshots", "compare", "keep", "fail_if", "report", "show_ids"} & settings.keys()
    (here / "spend.yaml").write_text("presets: https://u:CANARY@example.org/p\ncosts: {payment_share: 0.1}\n", encoding="utf-8")
    told = clv("explain", "aov", "orders.csv", "--config", "spend.yaml", "--format", "json", here=here)
    if told.code == 0:
        assert told.json["settings"]["presets"] == "https://***@example.org/p"
    assert "CANARY" not in told.err + told.text


def test_a_folder_holds_no_password_in_its_manifest(here):
    clv("compute", "--config", "hooks.yaml", "-o", "out/", here=here, CLV_PSEUDONYM_KEY=KEY)
    found = [path for path in (here / "out").rglob("*") if path.is_file()]
    assert "manifest.json" in {path.name for path in found}
    assert not [path.name for path in found if b"CANARY" in path.read_bytes()]


@pytest.mark.parametrize(
    "words",
    [["customers"], ["customers", "-f", "json"], ["customers", "-o", "out/"], ["customers", "--where", "nothing"], ["predict"]],
    ids=" ".join,
)
def test_the_key_of_pseudonyms_stands_nowhere(here, words):
    done = clv(words[0], "orders.csv", *words[1:], "--pseudonymize", here=here, CLV_PSEUDONYM_KEY=KEY)
    assert "CANARY" not in done.err + done.text
    assert not [path for path in here.rglob("*") if path.is_file() and path.name != "hooks.yaml" and b"CANARY" in path.read_bytes()]


def test_a_bug_shows_no_value_of_a_variable(here):
    done = started("clv compute orders.csv --config hooks.yaml -o /dev/full", here=Path(here), CLV_PSEUDONYM_KEY=KEY)
    assert done.returncode == 5
    assert b"CANARY" not in done.stderr + done.stdout


def test_a_log_in_json_is_json(here):
    lines = clv("compute", "orders.csv", "--config", URL, "--log-format", "json", here=here).err.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["started", "failed", "done"]


def test_no_module_can_open_a_connection():
    lines = [line for module in (ROOT / "clvcli").rglob("*.py") for line in module.read_text(encoding="utf-8").splitlines()]
    assert not [line for line in lines if re.match(r"\s*(?:import|from) (?:socket|ssl|http|urllib|ftplib|smtplib|requests|httpx)\b", line)]
