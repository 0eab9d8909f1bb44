"""Signals: a program that is told to stop leaves nothing half written; a process that only calls clv keeps its own."""

import importlib
import inspect
import os
import signal
import subprocess
import sys
import time
import tomllib

import pytest
from program import PACKAGE, ROOT, SHOP, clv

from clvcli.__main__ import run
from clvcli.runs import signals

WAITS = """
import sys, time
from pathlib import Path
from clvcli.runs import signals, write_atomically
signals.watch()
import polars as pl
def at_it(out):
    out.write(b"half")
    out.flush()
    print("at it", flush=True)
    {busy}
write_atomically(Path("file"), at_it)
"""
SLEEPS = "time.sleep(60)"
QUERIES = """many = pl.LazyFrame({"x": range(100_000)}); many.join(many, how="cross").filter(pl.col.x * pl.col.x_right % 10_007 == 3).select(pl.len()).collect(engine="streaming")"""
"""Ten thousand million pairs, in little memory."""


def started(code, folder, **more):
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": PACKAGE},
        **more,
    )
    assert process.stdout.readline() == b"at it\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_program_that_is_told_to_stop_leaves_what_was_there_and_says_so(tmp_path, number):
    (tmp_path / "file").write_bytes(b"before")
    process = started(WAITS.format(busy=SLEEPS), tmp_path)
    process.send_signal(number)
    _, told = process.communicate(timeout=10)
    assert (process.returncode, told.decode()) == (128 + number, f"clv: stopped by {number.name}; no output was changed\n")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"before"}


def test_it_does_not_wait_for_a_query_to_end(tmp_path):
    process = started(WAITS.replace("{busy}", QUERIES), tmp_path)
    time.sleep(0.2)
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert (process.returncode, [path.name for path in tmp_path.iterdir()]) == (143, [])
    assert time.monotonic() - begun < 2


def test_what_was_complete_before_is_named(tmp_path):
    code = WAITS.format(busy=SLEEPS).replace("signals.watch()", "signals.watch(); write_atomically(Path('first'), lambda out: None)")
    process = started(code, tmp_path)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=10)
    assert told.decode() == f"clv: stopped by SIGTERM; complete before that: {tmp_path}/first\n"
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


def test_what_a_program_was_told_to_ignore_it_goes_on_ignoring(tmp_path):
    ignoring = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{WAITS.format(busy=SLEEPS)}"
    process = started(ignoring, tmp_path)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.1)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 143


STOPS = """import subprocess
    with signals.unblocked():
        sleeping = subprocess.Popen(["sleep", "60"])
    sleeping.terminate()
    print(sleeping.wait(), flush=True)"""


def test_a_command_that_is_started_can_be_stopped(tmp_path):
    process = started(WAITS.format(busy=STOPS), tmp_path)
    assert process.stdout.read() == b"-15\n"  # communicate would leave out what readline has fetched already
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_who_only_calls_clv_keeps_their_own_signals(tmp_path):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, set()), signal.getsignal(signal.SIGINT)
    assert clv("compute", SHOP, here=tmp_path).code == 0
    assert (signal.pthread_sigmask(signal.SIG_BLOCK, set()), signal.getsignal(signal.SIGINT)) == before


def test_what_is_unblocked_is_blocked_again():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        with signals.unblocked():
            assert signal.SIGHUP not in signal.pthread_sigmask(signal.SIG_BLOCK, set())
        assert signal.SIGHUP in signal.pthread_sigmask(signal.SIG_BLOCK, set())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_where_there_are_no_such_signals_nothing_is_done(monkeypatch):
    monkeypatch.setattr(signals.sys, "platform", "win32")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, set())
    signals.watch()
    with signals.unblocked():
        assert signal.pthread_sigmask(signal.SIG_BLOCK, set()) == before


def test_the_program_that_is_installed_is_the_one_that_signals_end():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, name = project["scripts"]["clv"].split(":")
    assert getattr(importlib.import_module(module), name) is run
    assert "signals.watch()" in inspect.getsource(run)
