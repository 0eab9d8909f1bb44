"""Log lines: what a run did and when, for people and for machines, with nobody's address in them."""

import json
import re

import pytest
from exported import HEADER
from program import SHOP, clv

from clvcli.cli.log import Log, as_json, as_text

ORDERS = HEADER + "1,ann,2024-01-05,10\n2,bob,2024-02-06,20\n"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return tmp_path


def logged(ran):
    """The lines of a JSON log."""
    return [json.loads(line) for line in ran.err.splitlines()]


def events(ran):
    return [line["event"] for line in logged(ran)]


def test_a_run_is_told_from_its_start_to_its_end(folder):
    lines = logged(clv("compute", "orders.csv", "-o", "answer.json", "--log-format", "json", here=folder))
    assert all(TIME.fullmatch(line["ts"]) for line in lines)
    plain = [{name: value for name, value in line.items() if name != "ts"} for line in lines]
    assert plain[0] == {"level": "info", "event": "started", "version": "0.1.0", "command": "compute"}
    assert plain[1] == {
        "level": "info", "event": "read", "files": ["orders.csv"], "records": 2, "used": 2, "excluded": 0, "rejected": 0, "orders": 2,
    }  # fmt: skip
    assert plain[-2] == {"level": "info", "event": "wrote", "path": "answer.json", "bytes": (folder / "answer.json").stat().st_size}
    assert (plain[-1]["event"], plain[-1]["exit"]) == ("done", 0)
    assert 0 < plain[-1]["seconds"] < 60
    assert {line["event"] for line in plain[2:-2]} == {"remark"}


def test_the_same_as_text(folder):
    lines = clv("compute", "orders.csv", "-o", "answer.json", "--log-format", "text", here=folder).err.splitlines()
    assert re.fullmatch(rf"{TIME.pattern} info started version=0\.1\.0 command=compute", lines[0])
    assert re.fullmatch(rf"{TIME.pattern} info read files=orders\.csv records=2 used=2 excluded=0 rejected=0 orders=2", lines[1])
    assert re.fullmatch(rf"{TIME.pattern} info wrote path=answer\.json bytes=\d+", lines[-2])
    assert re.fullmatch(rf"{TIME.pattern} info done seconds=\d+\.\d+ exit=0", lines[-1])


@pytest.mark.parametrize("command", [("inspect",), ("explain", "aov"), ("customers",), ("whatif",), ("cohorts",), ("trend",)])
def test_every_command_that_reads_says_so_once(command):
    assert events(clv(*command, SHOP, "--log-format", "json", "-f", "json")).count("read") == 1


def test_a_command_that_reads_nothing_does_not_say_it_does():
    assert events(clv("explain", "aov", "--log-format=json")) == ["started", "done"]


def test_the_answer_itself_is_the_same_with_a_log():
    assert clv("compute", SHOP, "--log-format", "json").out == clv("compute", SHOP).out
    assert clv("compute", SHOP, "--log-format", "json", "-f", "csv").out == clv("compute", SHOP, "-f", "csv").out


def test_what_somebody_should_look_at_is_a_warning():
    lines = logged(clv("compute", SHOP, "--log-format", "json"))
    assert [line["message"].split(":")[0] for line in lines if line["level"] == "warning"] == [
        "12 orders cost more than was paid, by 12.51"
    ]


def test_a_quiet_log_holds_warnings_and_errors_alone(folder):
    assert clv("compute", "orders.csv", "-q", "--log-format", "json", here=folder).err == ""
    assert {line["level"] for line in logged(clv("compute", SHOP, "--quiet", "--log-format", "json"))} == {"warning"}
    assert [line["level"] for line in logged(clv("compute", "no.csv", "--quiet", "--log-format", "json", here=folder))] == ["error"]


def test_an_error_is_told_in_its_parts(folder):
    lines = logged(clv("compute", "ordes.csv", "--log-format", "json", here=folder))
    failed = {"message": "no such file", "place": "ordes.csv", "hint": "did you mean 'orders.csv'?", "exit": 4}
    assert {name: value for name, value in lines[-2].items() if name != "ts"} == {"level": "error", "event": "failed", **failed}
    assert (lines[-1]["event"], lines[-1]["exit"]) == ("done", 4)


def test_each_mistake_of_a_config_is_an_error_with_its_place(folder):
    (folder / "clv.yaml").write_text("margn: 1\nperiod: week\n", encoding="utf-8")
    lines = logged(clv("compute", "orders.csv", "--log-format", "json", here=folder))
    assert [(line["place"], line["exit"]) for line in lines if line["level"] == "error"] == [("clv.yaml:1:1", 3), ("clv.yaml:2:9", 3)]


@pytest.mark.parametrize("option", [("--log-format", "json"), ("--log-format=json",)])
def test_a_mistake_of_usage_is_logged_too(option):
    ran = clv("compute", *option, "--nope")
    assert (ran.code, events(ran)) == (2, ["started", "failed", "done"])
    assert logged(ran)[1]["message"] == "clv compute has no option --nope"


def test_an_unknown_format_is_no_log():
    assert clv("compute", SHOP, "--log-format", "xml").err == "error: unknown log format 'xml'\nhint: there are: text, json\n"


def test_rejects_that_are_written_are_told(folder):
    (folder / "orders.csv").write_text(ORDERS + "3,cy,soon,5\n", encoding="utf-8")
    ran = clv("compute", "orders.csv", "--max-rejects", "1", "--rejects", "bad.csv", "--log-format", "json", here=folder)
    assert [line["path"] for line in logged(ran) if line["event"] == "wrote"] == ["bad.csv"]
    assert next(line["rejected"] for line in logged(ran) if line["event"] == "read") == 1


def test_a_log_holds_no_address_no_secret_and_no_escape(folder):
    (folder / "ann.smith@example.com.csv").write_text(ORDERS, encoding="utf-8")
    ran = clv("compute", "ann.smith@example.com.csv", "--log-format", "json", here=folder)
    assert ran.code == 0
    assert "smith" not in ran.err
    evil = clv("compute", "\x1b[31m\u202ered.csv", "--log-format", "text", here=folder).err
    assert not {"\x1b", "\u202e"} & {*evil}


def test_values_of_more_than_one_word_are_quoted_in_text():
    parts = {"ts": "2026-01-01T03:17:04Z", "level": "info", "event": "read", "n": 3, "file": "my orders.csv", "all": ["a", "b"], "none": ""}
    assert as_text(parts) == '2026-01-01T03:17:04Z info read n=3 file="my orders.csv" all=a,b none=""'
    assert as_text({**parts, "file": 'a"b\nc=\\'}).split("file=")[1].startswith(r'"a\"b\nc=\\" all')


def test_a_line_of_json_is_ascii_on_one_line():
    line = as_json({"ts": "t", "message": "ē\n\x1b"})
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line) == {"ts": "t", "message": "ē\n\x1b"}


@pytest.mark.parametrize(
    ("typed", "log"),
    [
        ([], Log()),
        (["compute", "--log-format", "json"], Log("json")),
        (["compute", "--log-format=text", "-q"], Log("text", is_quiet=True)),
        (["compute", "--log-format"], Log()),
        (["compute", "--log-format", "xml"], Log()),
    ],
)
def test_a_log_is_known_from_what_was_typed(typed, log):
    assert Log.typed(typed) == log
    assert bool(log) == bool(log.format)


def test_a_log_is_known_from_the_options_of_a_command():
    assert Log.of({"log_format": "json", "quiet": True}) == Log("json", is_quiet=True)
    assert Log.of({}) == Log()
