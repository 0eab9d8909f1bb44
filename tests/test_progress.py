"""Progress: on a terminal only, after a second only, and gone without a trace."""

import fcntl
import io
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest
from exported import HEADER
from program import PACKAGE, clv

from clvcli.cli.progress import Progress, begin, current

pytestmark = pytest.mark.slow

ERASE = "\r\x1b[K"
SLOW = """
import sys, time
sys.argv = ['clv', *sys.argv[1:]]
import clvcli.cli.commands as commands
import clvcli.cli.analysed as analysed
import clvcli.cli.app as app
before = commands.analysed
def slow(asked, given):
    time.sleep(1.5)
    found = before(asked, given)
    if 'fail' in asked.orders[0]: raise KeyboardInterrupt
    time.sleep(0.4)
    return found
commands.analysed = slow
app.main()
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "orders.csv").write_text(HEADER + "1,ann,2024-01-05,10\n2,bob,2024-02-06,20\n", encoding="utf-8")
    return tmp_path


def on_terminal(folder, *arguments, columns=80, signal_after=None, **environment):
    """What a slow run shows on the terminal behind standard error, what it answers, and its exit code."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    settled = {**os.environ, "PYTHONPATH": PACKAGE, "HOME": str(folder), "TERM": "xterm", **environment}
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, *arguments], cwd=folder, env=settled, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs
    )
    os.close(theirs)
    if signal_after:
        time.sleep(signal_after)
        process.send_signal(signal.SIGINT)
    shown = _all(ours)
    out, _ = process.communicate()
    os.close(ours)
    return shown, out.decode(), process.returncode


def _all(terminal):
    shown = b""
    while select.select([terminal], [], [], 30)[0]:
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            break
    return shown.decode()


def test_a_slow_run_says_what_it_is_at_and_erases_it(folder):
    shown, out, code = on_terminal(folder, "compute", "orders.csv", "-f", "json")
    assert code == 0
    assert f"{ERASE}reading orders.csv" in shown
    assert f"{ERASE}working out the answer" in shown
    progress, _, remarks = shown.rpartition(ERASE)
    assert "\n" not in progress
    assert "2 records = 2 used" in remarks
    assert out.startswith("{\n")


@pytest.mark.parametrize("options", [("--quiet",), ("--log-format", "json")])
def test_who_wants_quiet_or_a_log_sees_no_progress(folder, options):
    shown, _, code = on_terminal(folder, "compute", "orders.csv", "-f", "json", *options)
    assert (code, "\x1b" in shown) == (0, False)


def test_a_terminal_that_cannot_erase_sees_no_progress(folder):
    shown, _, _ = on_terminal(folder, "compute", "orders.csv", "-f", "json", TERM="dumb")
    assert "\x1b" not in shown


def test_a_line_is_no_longer_than_the_terminal(folder):
    (folder / f"{'x' * 90}.csv").write_bytes((folder / "orders.csv").read_bytes())
    shown, _, _ = on_terminal(folder, "compute", f"{'x' * 90}.csv", "-f", "json", "-o", "a.json", columns=40)
    lines = [line for line in shown.split(ERASE)[1:] if line.startswith("reading")]
    assert lines
    assert {len(line) for line in lines} == {39}


def test_a_mistake_stands_where_progress_was(folder):
    shown, _, code = on_terminal(folder, "segments", "orders.csv", "--by", "nosuch")
    assert code == 2
    assert shown.rpartition(ERASE)[2].startswith("error: no column 'nosuch' in the orders\r\n")


def test_an_interrupted_run_leaves_no_line(folder):
    shown, _, code = on_terminal(folder, "compute", "orders.csv", signal_after=2.0)
    assert code == 130
    assert shown.rpartition(ERASE)[2].startswith(("", "clv: stopped"))
    assert "reading" not in shown.rpartition(ERASE)[2]


def test_a_pipe_sees_no_progress(folder):
    done = subprocess.run(
        [sys.executable, "-c", SLOW, "compute", "orders.csv"], cwd=folder, env={**os.environ, "PYTHONPATH": PACKAGE}, capture_output=True, check=True
    )  # fmt: skip
    assert done.stderr == b""


# In this process


class Screen(io.StringIO):
    """A terminal of this process, as wide as the real one behind `number`."""

    def __init__(self, number):
        super().__init__()
        self.number = number

    def fileno(self):
        return self.number


@pytest.fixture
def screen():
    ours, theirs = pty.openpty()
    yield Screen(theirs)
    os.close(ours)
    os.close(theirs)


def wait_for(screen, text):
    for _ in range(100):
        if text in screen.getvalue():
            return
        time.sleep(0.05)
    raise AssertionError(screen.getvalue())


def test_before_its_time_nothing_is_shown_and_nothing_erased(screen):
    with Progress(screen) as progress:
        progress.at("reading")
    assert screen.getvalue() == ""


def test_each_stage_is_written_over_the_one_before(screen):
    with Progress(screen, patience=0) as progress:
        progress.at("one")
        wait_for(screen, "one")
        progress.reading("a.csv", 120_000)
        wait_for(screen, "120,000")
    assert screen.getvalue() == f"{ERASE}one{ERASE}reading a.csv: 120,000 records one by one{ERASE}"


def test_after_the_end_nothing_is_shown(screen):
    progress = Progress(screen, patience=0)
    progress.end()
    progress.at("late")
    time.sleep(0.3)
    assert screen.getvalue() == ""


def test_control_characters_of_a_name_are_shown_not_obeyed(screen):
    with Progress(screen, patience=0) as progress:
        progress.at("reading \x1b[31m\n.csv")
        wait_for(screen, "csv")
    assert "reading \\x1b[31m\\n.csv" in screen.getvalue()


def test_a_terminal_that_goes_away_ends_progress_and_nothing_else():
    gone = io.StringIO()  # which has no descriptor to ask
    with Progress(gone, patience=0) as progress:
        progress.at("reading")
        time.sleep(0.3)
        progress.at("still reading")
    assert gone.getvalue() == ""
    assert progress._ended.is_set()


def test_what_is_no_terminal_has_no_progress():
    clv("explain", "aov", terminal=True, TERM="xterm")
    assert current()._stream is None
    assert begin(wanted=False) is current()
