"""Manifests: what a run read, wrote and was told, without what is secret."""

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from clvcli.runs.manifest import Output, Run, manifest, noted, shown, written
from clvcli.runs.stages import Stages
from clvcli.tables import Source

BEGAN = datetime(2026, 1, 5, 6, 0, 0, 123456, tzinfo=UTC)


def of(**more):
    return manifest(Run("segments", ["segments", "--by", "channel"], BEGAN, **more), [])


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_what_is_known_of_a_run_is_in_it(tmp_path):
    (tmp_path / "orders.csv").write_bytes(b"orders")
    (tmp_path / "clv.yaml").write_bytes(b"margin: 0.3")
    run = Run(
        "segments",
        ["segments", "orders.csv"],
        BEGAN,
        facts={
            "version": "0.1.0",
            "as_of": "2025-12-31",
            "currency": "EUR",
            "ledger": {"records": 3},
            "settings": {"margin": 0.3},
            "period": None,
        },
        sources=[
            Source("orders.csv", "orders", str(tmp_path / "orders.csv"), records=3),
            Source("standard input", "orders", content=b"1,2"),
            Source("clv.yaml", "config", str(tmp_path / "clv.yaml")),
        ],
        durations={"reading": 0.12345, "writing": 2.0},
        warnings=("look at this",),
        exit_code=6,
        checks=({"condition": "retention_rate < 0.25", "held": True},),
    )
    assert manifest(run, [Output("segments.csv", 12, "ab")]) == {
        "schema": "clv/manifest/1",
        "version": "0.1.0",
        "command": "segments",
        "arguments": ["segments", "orders.csv"],
        "as_of": "2025-12-31",
        "currency": "EUR",
        "inputs": [
            {"path": str(tmp_path / "orders.csv"), "role": "orders", "bytes": 6, "sha256": sha256(b"orders"), "records": 3},
            {"path": "standard input", "role": "orders", "bytes": 3, "sha256": sha256(b"1,2"), "records": None},
        ],
        "config": {"path": str(tmp_path / "clv.yaml"), "sha256": sha256(b"margin: 0.3")},
        "ledger": {"records": 3},
        "settings": {"margin": 0.3},
        "outputs": [{"name": "segments.csv", "bytes": 12, "sha256": "ab"}],
        "started": "2026-01-05T06:00:00Z",
        "durations": {"reading": 0.123, "writing": 2.0},
        "warnings": ["look at this"],
        "exit_code": 6,
        "checks": [{"condition": "retention_rate < 0.25", "held": True}],
    }


def test_of_what_is_not_known_there_is_null():
    assert {name for name, value in of().items() if value is None} == {"version", "as_of", "currency", "config", "ledger", "settings"}


def test_a_file_that_went_away_has_no_hash(tmp_path):
    found = of(sources=[Source("orders.csv", "orders", str(tmp_path / "orders.csv")), Source("standard input", "orders")])["inputs"]
    assert [(one["bytes"], one["sha256"]) for one in found] == [(None, None), (None, None)]


def test_a_large_file_is_hashed_whole(tmp_path):
    (tmp_path / "orders.csv").write_bytes(bytes(3_000_000))
    assert of(sources=[Source("x", "orders", str(tmp_path / "orders.csv"))])["inputs"][0]["sha256"] == sha256(bytes(3_000_000))


def test_times_are_in_utc():
    there = BEGAN.astimezone(timezone(timedelta(hours=2)))
    assert manifest(Run("segments", [], there), [])["started"] == "2026-01-05T06:00:00Z"


def test_it_is_json_that_ends_with_a_line():
    assert json.loads(written(of())) == of()
    assert written(of()).endswith(b"}\n")


@pytest.mark.parametrize(
    ("word", "seen"),
    [
        ("postgres://shop:hunter2@db/orders", "postgres://***@db/orders"),
        ("https://:hunter2@example.org", "https://***@example.org"),
        ("https://example.org/?token=hunter2&day=1", "https://example.org/?token=***&day=1"),
        ("password=hunter2", "password=***"),
        ("API_KEY: hunter2", "API_KEY: ***"),
        ("--db-password=hunter2", "--db-password=***"),
        ("https://example.org/a@b", "https://example.org/a@b"),
        ("amount=qty * price", "amount=qty * price"),
        ("channel == 'email'", "channel == 'email'"),
        ("ann@example.org", "ann@example.org"),
    ],
)
def test_passwords_are_not_shown(word, seen):
    assert shown(["compute", word]) == ["compute", seen]


def test_the_word_after_an_option_for_a_secret_is_not_shown():
    assert shown(["--pseudonym-key", "hunter2", "--by", "key"]) == ["--pseudonym-key", "***", "--by", "key"]


def test_what_is_written_is_noted():
    outputs, out = [], io.BytesIO()
    noted("a.csv", lambda file: file.write(b"a\n1\n"), outputs)(out)
    assert outputs == [Output("a.csv", 4, sha256(b"a\n1\n"))]
    assert out.getvalue() == b"a\n1\n"


def test_stages_last_from_the_end_of_the_one_before():
    stages = Stages()
    stages.end("reading")
    stages.end("computing")
    stages.end("reading")
    assert list(stages.seconds) == ["reading", "computing"]
    assert all(0 <= seconds < 60 for seconds in stages.seconds.values())
    assert stages.started.utcoffset() == timedelta(0)
