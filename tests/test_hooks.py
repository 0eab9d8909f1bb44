"""Hooks: who is told how a run ended, and that neither data nor a hook that fails can do harm."""

import os
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clvcli import config, hooks
from clvcli.errors import Exit, InputError, OutputError, Place, Problem
from clvcli.hooks import Ending, Hooks, hooks_of, line, run

TELLS = [
    sys.executable,
    "-c",
    "import os, sys; print(sys.argv[1], *(os.environ['CLV_' + n] for n in ('SUMMARY', 'EXIT', 'OUTPUT', 'AS_OF')), sep='|')",
]
ALL_IS_WELL = Ending("clv: 122.11 EUR a customer", Exit.OK, "report.html", "2025-12-31")
FOUND = Ending("clv: 1 of 1 check found something", Exit.FOUND, "report.html", "2025-12-31")


def ends(code):
    return [sys.executable, "-c", f"import sys; sys.exit({code})"]


def with_hooks(ending=None, error=None, well=(*TELLS, "well"), badly=(*TELLS, "badly"), **more):
    with Hooks(well, badly, **more) as made:
        if error:
            raise error
        if ending:
            made.ended(ending)


# Who is told


def test_all_is_well(capfd):
    with_hooks(ALL_IS_WELL)
    assert capfd.readouterr() == ("", "well|clv: 122.11 EUR a customer|0|report.html|2025-12-31\n")


def test_something_was_found(capfd):
    with_hooks(FOUND)
    assert capfd.readouterr().err == "badly|clv: 1 of 1 check found something|6|report.html|2025-12-31\n"


def test_a_run_that_fails_is_told_with_its_code(capfd):
    with pytest.raises(InputError):
        with_hooks(error=InputError(Problem("no such file", Place("orders.csv"), "did you mean it?")), output="report.html")
    assert capfd.readouterr().err == "badly|clv failed: orders.csv: no such file|4|report.html|\n"


def test_a_run_that_fails_after_it_has_ended_says_of_which_day_it_is(capfd):
    made = Hooks((), (*TELLS, "badly"))
    made.ended(ALL_IS_WELL)
    error = OutputError(Problem("can't be written", Place("report.html")))
    made.__exit__(OutputError, error, None)
    assert capfd.readouterr().err == "badly|clv failed: report.html: can't be written|5|report.html|2025-12-31\n"


def test_a_bug_is_told_too_and_stays_one(capfd):
    with pytest.raises(ZeroDivisionError):
        with_hooks(error=ZeroDivisionError("x"))
    assert capfd.readouterr().err == "badly|clv failed: a bug: ZeroDivisionError|1||\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), BrokenPipeError(), SystemExit(2)])
def test_who_ends_a_run_by_hand_needn_t_be_told(error, capfd):
    with pytest.raises(type(error)):
        with_hooks(error=error)
    assert capfd.readouterr().err == ""


def test_without_a_hook_nothing_is_run(capfd):
    with_hooks(ALL_IS_WELL, well=(), badly=())
    assert capfd.readouterr() == ("", "")


def test_a_run_that_says_nothing_of_itself_is_well(capfd):
    with_hooks(output="report.html")
    assert capfd.readouterr().err == "well|clv: done|0|report.html|\n"


# A hook that fails


def test_a_hook_that_fails_is_an_error_where_all_was_well():
    with pytest.raises(OutputError) as caught:
        with_hooks(ALL_IS_WELL, well=ends(22))
    assert str(caught.value) == f"on_success: {sys.executable} ended with code 22\nhint: what the run itself wrote is whole"


def test_a_hook_that_fails_is_only_told_where_something_was_found(capfd):
    with_hooks(FOUND, badly=ends(22))
    assert capfd.readouterr().err == f"error: on_failure: {sys.executable} ended with code 22\nhint: what the run itself wrote is whole\n"


def test_a_hook_that_fails_does_not_hide_why_the_run_did(capfd):
    with pytest.raises(InputError, match="no such file"):
        with_hooks(error=InputError(Problem("no such file")), badly=["/no/such/program"])
    assert "on_failure: /no/such/program can't be run: No such file or directory" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["no-such-program-of-clv"], "no-such-program-of-clv can't be run: No such file or directory"),
        (["/"], "/ can't be run: Permission denied"),
        (["a\0b"], "a\0b can't be run: no name that a program can have"),
    ],
)
def test_a_program_that_can_not_be_run_is_told(command, told):
    with pytest.raises(OutputError) as caught:
        run("on_success", command, ALL_IS_WELL)
    (problem,) = caught.value.problems
    assert problem.message == f"on_success: {told}"
    assert problem.hint == "is it spelled so, on PATH and executable? a hook is a program and its arguments, not a line for a shell"


def test_a_hook_that_was_stopped_is_told():
    stops = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
    with pytest.raises(OutputError, match="was stopped by signal 9"):
        run("on_success", stops, ALL_IS_WELL)


def test_no_argument_of_a_hook_is_ever_shown(capfd):
    for command in (["no-such-program-of-clv", "t0ken"], [*ends(1), "t0ken"]):
        with pytest.raises(OutputError) as caught:
            run("on_success", command, ALL_IS_WELL)
        assert "t0ken" not in str(caught.value) + capfd.readouterr().err


def test_a_hook_has_only_so_long_and_takes_what_it_started_with_it(tmp_path):
    alive = tmp_path / "alive"
    child = f"import time; time.sleep(2); open({str(alive)!r}, 'w')"
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    begun = time.monotonic()
    with pytest.raises(OutputError, match=r"hadn't ended after 0\.5 seconds, and was stopped"):
        run("on_success", [sys.executable, "-c", parent], ALL_IS_WELL, seconds=0.5)
    assert time.monotonic() - begun < 10
    time.sleep(2.5)
    assert not alive.exists()


def test_a_hook_reads_nothing(tmp_path):
    typed = tmp_path / "typed"
    typed.write_text("what was meant for clv")
    code = f"from pathlib import Path; import sys; Path({str(tmp_path / 'read')!r}).write_text(sys.stdin.read())"
    kept = os.dup(0)
    try:
        with typed.open() as stream:
            os.dup2(stream.fileno(), 0)
            run("on_success", [sys.executable, "-c", code], ALL_IS_WELL)
    finally:
        os.dup2(kept, 0)
        os.close(kept)
    assert (tmp_path / "read").read_text() == ""


def test_what_a_hook_says_is_shown_though_standard_error_is_no_file(capsys):
    says = [sys.executable, "-c", r"print('a\x1b[31m\tb')"]
    run("on_success", says, ALL_IS_WELL)
    assert capsys.readouterr() == ("", "a\\x1b[31m\tb\n")


def test_a_hook_is_run_without_standard_error_too(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stderr", None)
    run("on_success", [sys.executable, "-c", f"open({str(tmp_path / 'ran')!r}, 'w'); print('x')"], ALL_IS_WELL)
    assert (tmp_path / "ran").exists()


# Nothing in the data becomes a command


@pytest.mark.parametrize("text", ["$(touch owned)", "`touch owned`", "; touch owned", "x\ntouch owned", "' && touch owned '", "\0"])
def test_a_summary_is_a_text_and_no_command(text, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    run("on_success", [*TELLS, text.replace("\0", "")], Ending(line(text), Exit.OK, text, text))
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err.count("|0|") == 1


@given(st.text())
def test_a_line_is_one_line_without_control_characters(text):
    shown = line(text)
    assert len(shown) <= 400
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1


def test_a_line_ends_in_time():
    assert line("word " * 200).endswith("…")
    assert line("Zoë · 日本 → 3 %") == "Zoë · 日本 → 3 %"


def test_a_control_character_is_shown_and_not_obeyed():
    assert line("a\nb\x1b[31m\u202e") == "a\\nb\\x1b[31m\\u202e"


def test_a_line_holds_no_address_and_no_password():
    shown = line("clv failed: postgres://ann:pa55@db/shop: no such file; email=bob.smith@example.com")
    assert ("pa55" in shown, "bob.smith" in shown) == (False, False)


# Whose hooks are run


def settled(folder, text="on_success: [./tell.sh]\non_failure: [mail, me]\n"):
    (folder / "clv.yaml").write_text(text)
    return config.load(folder / "clv.yaml", {})


def test_hooks_of_a_config_that_was_named_are_run(tmp_path, capfd):
    script = tmp_path / "tell.sh"
    script.write_text('#!/bin/sh\necho "$CLV_EXIT: $CLV_SUMMARY"\n')
    script.chmod(0o755)
    made, said = hooks_of(settled(tmp_path), tmp_path / "clv.yaml", "report.html")
    with made:
        made.ended(ALL_IS_WELL)
    assert (said, capfd.readouterr().err) == ("", "0: clv: 122.11 EUR a customer\n")


def test_hooks_of_a_config_that_was_found_are_not_run_and_that_is_told(tmp_path, monkeypatch, capfd):
    monkeypatch.delenv("CLV_CONFIG", raising=False)
    made, said = hooks_of(settled(tmp_path, f"on_success: [touch, '{tmp_path}/owned']\n"), None)
    with made:
        made.ended(ALL_IS_WELL)
    path = tmp_path / "clv.yaml"
    assert said == f"on_success and on_failure aren't run, since {path} was found and not named: add --config {path}"
    assert not (tmp_path / "owned").exists()


def test_a_config_that_the_environment_names_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("CLV_CONFIG", str(tmp_path / "clv.yaml"))
    assert hooks_of(settled(tmp_path), None)[1] == ""


def test_of_a_config_without_hooks_there_is_nothing_to_say(tmp_path, monkeypatch):
    monkeypatch.delenv("CLV_CONFIG", raising=False)
    assert hooks_of(settled(tmp_path, "margin: 0.3\n"), None)[1] == ""
    assert hooks_of(config.load(None, {}), None)[1] == ""


def test_without_hooks_no_module_for_them_is_loaded():
    assert "subprocess" not in vars(hooks)
    assert Path(hooks.__file__).name == "hooks.py"
