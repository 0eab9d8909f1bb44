"""Faults: whatever happens to a run, what it leaves is the old report or the new one, whole, and the next run goes its way.

Each run is a process of its own. The moments at which it is killed are drawn from a fixed seed: half of them anywhere in the
run, half when it has begun to write, where a careless one would leave half a report.
"""

from __future__ import annotations

import gzip
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest
from disks import fill_up, make_read_only, small_disk
from program import PACKAGE, ROOT

from clvcli.runs.folders import foreign, manifest_in
from clvcli.runs.locks import locked

COMMAND = ("report", "--quiet")
"""The command under test, without its orders and its output."""
REPORT = "report.html"
LOCKS = COMMAND[0] == "report"
"""Whether the command locks the folder that it writes to; the lock stays there, and is empty."""
OLD = b"the report of last week\n"
KILLS = 20
ORDERS = 1_500
"""So many lines of the sample shop's, to be quick."""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")]


def begun(
    folder: Path, output: str = REPORT, orders: str = "../shop/orders.csv", command: tuple[str, ...] = COMMAND
) -> subprocess.Popen[bytes]:
    """The command as it runs in `folder`, beside the shop's."""
    surroundings = {**os.environ, "PYTHONPATH": PACKAGE, "HOME": str(folder), "COLUMNS": "80"}
    words = [sys.executable, "-m", "clvcli", command[0], orders, *command[1:], "-o", output]
    return subprocess.Popen(words, cwd=folder, env=surroundings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """The exit code, and what was said."""
    out, err = process.communicate(timeout=60)
    return process.returncode, (out + err).decode()


def seen(folder: Path) -> set[tuple[str, int, int]]:
    """What is in a folder: names, sizes and times."""
    found = set()
    for where, inner, names in os.walk(folder):
        for name in (*inner, *names):
            with suppress(FileNotFoundError):
                one = Path(where, name).lstat()
                found.add((name, one.st_size, one.st_mtime_ns))
    return found


def left(folder: Path) -> list[str]:
    """What is in a folder, but for the lock."""
    return sorted(path.name for path in folder.iterdir() if path.name != ".clv.lock")


def opened(folder: Path) -> Path:
    """A folder for reports, beside that of the shop."""
    (folder / "shop").mkdir()
    with (ROOT / "sample_data" / "orders.csv").open(encoding="utf-8") as orders:
        (folder / "shop" / "orders.csv").write_text("".join(islice(orders, ORDERS)), encoding="utf-8")
    shutil.copy(ROOT / "sample_data" / "clv.yaml", folder / "shop")
    (folder / "reports").mkdir()
    return folder / "reports"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The report as an undisturbed run writes it, and the seconds that this takes; the first run fills the caches."""
    folder = opened(tmp_path_factory.mktemp("whole"))
    for _ in range(2):
        start = time.monotonic()
        assert ended(begun(folder)) == (0, "")
        seconds = time.monotonic() - start
    return (folder / REPORT).read_bytes(), seconds


@pytest.fixture
def folder(tmp_path):
    """A folder with a report of last week's."""
    folder = opened(tmp_path)
    (folder / REPORT).write_bytes(OLD)
    return folder


@pytest.fixture
def disk(tmp_path):
    """The same on a disk of its own, which is small."""
    folder = opened(tmp_path)
    folder.rmdir()
    with small_disk(folder):
        (folder / REPORT).write_bytes(OLD)
        yield folder


def moments(seconds: float, count: int = KILLS):
    """When to kill: so many seconds after the start, or after something has changed in the folder."""
    draw = random.Random(20)
    for number in range(count):
        yield (False, draw.uniform(0, seconds)) if number % 2 else (True, draw.choice([0, draw.uniform(0, 0.005)]))


def strike(process: subprocess.Popen[bytes], folder: Path, moment: tuple[bool, float], number: int) -> None:
    """Send the signal at its moment, or when the process has ended, which it doesn't mind."""
    waits_for_a_change, seconds = moment
    before = seen(folder)
    while waits_for_a_change and process.poll() is None and seen(folder) == before:
        time.sleep(0.0001)
    time.sleep(seconds)
    process.send_signal(number)


# Killed


def test_a_run_that_is_killed_leaves_the_old_report_or_the_new_one(folder, whole):
    new, seconds = whole
    codes = set()
    for moment in moments(seconds):
        (folder / REPORT).write_bytes(OLD)
        process = begun(folder)
        strike(process, folder, moment, signal.SIGKILL)
        codes.add(ended(process)[0])
        assert (folder / REPORT).read_bytes() in (OLD, new)
    assert codes <= {0, -signal.SIGKILL}, "no run is kept from its work by one that was killed"
    assert ended(begun(folder)) == (0, "")
    assert (left(folder), (folder / REPORT).read_bytes()) == ([REPORT], new)


def test_a_run_that_is_killed_leaves_the_old_folder_or_the_new_one(folder, whole):
    (folder / REPORT).unlink()
    assert ended(begun(folder, "tables/")) == (0, "")
    tables = folder / "tables"
    expected = {path.name: path.read_bytes() for path in tables.iterdir() if path.name != "manifest.json"}
    for moment in moments(whole[1], KILLS // 2):
        process = begun(folder, "tables/")
        strike(process, folder, moment, signal.SIGKILL)
        assert ended(process)[0] in (0, -signal.SIGKILL)
        assert (manifest_in(tables) is not None, foreign(tables)) == (True, ())
        assert {name: (tables / name).read_bytes() for name in expected} == expected
    assert ended(begun(folder, "tables/")) == (0, "")
    assert left(folder) == ["tables"]


# Told to stop


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_a_run_that_is_told_to_stop_leaves_nothing_half_written(folder, whole, number):
    new, seconds = whole
    for moment in [(False, 0.4 * seconds), (False, 0.7 * seconds), *moments(seconds, 1)]:
        (folder / REPORT).write_bytes(OLD)
        process = begun(folder)
        strike(process, folder, moment, number)
        start = time.monotonic()
        code, said = ended(process)
        assert time.monotonic() - start < 2
        assert left(folder) == [REPORT]
        if code == 128 + number and "no output was changed" in said:
            assert said == f"clv: stopped by {number.name}; no output was changed\n"
            assert (folder / REPORT).read_bytes() == OLD
        else:
            assert code in (0, 128 + number)
            assert (folder / REPORT).read_bytes() == new


def test_reading_much_does_not_keep_a_run_from_stopping(folder, real_data):
    process = begun(folder, orders=str(real_data("uci_online_retail")), command=("compute", "--quiet"))
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    start = time.monotonic()
    code, said = ended(process)
    assert time.monotonic() - start < 2
    if code:  # a fast machine may have read it all
        assert (code, said) == (143, "clv: stopped by SIGTERM; no output was changed\n")
        assert (left(folder), (folder / REPORT).read_bytes()) == ([REPORT], OLD)


def test_who_stops_reading_is_not_answered_with_an_error(folder):
    process = begun(folder, "-")
    process.stdout.close()
    process.stdout = None
    assert process.wait(timeout=60) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


# Not written


def test_a_full_disk_leaves_the_old_report(disk):
    fill_up(disk)
    code, said = ended(begun(disk))
    assert (code, "Traceback" in said) == (5, False)
    assert "No space left on device" in said
    assert "0 bytes are free" in said or LOCKS
    assert (left(disk), (disk / REPORT).read_bytes()) == (["filler", REPORT], OLD)
    (disk / "filler").unlink()
    assert ended(begun(disk)) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")  # noqa: PTH110
def test_a_full_disk_behind_standard_output_is_told(folder):
    with Path("/dev/full").open("wb") as full:
        words = [sys.executable, "-m", "clvcli", COMMAND[0], "../shop/orders.csv", *COMMAND[1:]]
        done = subprocess.run(
            words, cwd=folder, stdout=full, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": PACKAGE}, check=False
        )
    assert (done.returncode, done.stderr) == (5, b"error: standard output: can't be written: No space left on device\n")


def test_a_disk_that_is_read_only_leaves_the_old_report(disk):
    make_read_only(disk)
    code, said = ended(begun(disk))
    assert (code, "Read-only file system" in said, "Traceback" in said) == (5, True, False)
    assert (left(disk), (disk / REPORT).read_bytes()) == ([REPORT], OLD)


def test_a_folder_that_may_not_be_written_leaves_the_old_report(folder):
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write everywhere; a disk that is read-only is tried beside this")
    code, said = ended(begun(folder))
    folder.chmod(0o700)
    assert (code, "Permission denied" in said) == (5, True)
    assert (left(folder), (folder / REPORT).read_bytes()) == ([REPORT], OLD)


def test_a_truncated_export_leaves_the_old_report(folder):
    packed = gzip.compress((folder.parent / "shop" / "orders.csv").read_bytes())
    (folder / "orders.csv.gz").write_bytes(packed[: len(packed) * 6 // 10])
    code, said = ended(begun(folder, orders="orders.csv.gz"))
    assert (code, "Traceback" in said) == (4, False)
    assert "the file is damaged" in said
    assert (left(folder), (folder / REPORT).read_bytes()) == (["orders.csv.gz", REPORT], OLD)


@pytest.mark.parametrize("when", ["while it reads", "while it writes"])
def test_a_folder_that_is_removed_in_the_middle_is_told(folder, whole, when):
    process = begun(folder, "../reports/" + REPORT)
    strike(process, folder, (when == "while it writes", 0.5 * whole[1] if when == "while it reads" else 0.0), 0)
    shutil.rmtree(folder, ignore_errors=True)
    code, said = ended(process)
    assert "Traceback" not in said
    if code:  # it may have been done
        assert code == 5
        assert said.startswith(("error: ../reports", "error: the folder that clv runs in is gone\nhint: "))
    assert when == "while it writes" or (code, folder.exists()) == (5, False)


# Two at once


@pytest.mark.skipif(not LOCKS, reason="this command locks nothing: two of them write one after the other")
def test_a_second_run_is_told_that_there_is_a_first(folder):
    with locked(folder):
        code, said = ended(begun(folder))
    assert (code, "--lock-wait" in said) == (75, True)
    assert (folder / REPORT).read_bytes() == OLD


def test_two_runs_at_once_leave_a_whole_report(folder, whole):
    both = [begun(folder) for _ in range(2)]
    codes = {ended(process)[0] for process in both}
    assert codes <= ({0, 75} if LOCKS else {0})
    assert (left(folder), (folder / REPORT).read_bytes()) == ([REPORT], whole[0])
