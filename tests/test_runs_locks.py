"""Locks: one run at a time in a folder, and none that outlives its run."""

import signal
import subprocess
import sys
import time

import pytest
from disks import make_read_only, small_disk

from clvcli.errors import Exit, LockedError, OutputError
from clvcli.runs.locks import locked

HOLDS = """
import sys, time
from pathlib import Path
from clvcli.runs.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holds_too(folder):
    """What another run in this folder comes to."""
    with locked(folder):
        pass


def holder(folder, seconds):
    """Another process that has locked the folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLDS, str(folder), str(seconds)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    return process


def test_a_folder_is_locked_and_free_again(tmp_path):
    for _ in range(2):
        with locked(tmp_path):
            pass
    assert [path.name for path in tmp_path.iterdir()] == [".clv.lock"]


def test_another_run_is_told_how_to_wait(tmp_path):
    with holder(tmp_path, 60) as process:
        begun = time.monotonic()
        with pytest.raises(LockedError) as told, locked(tmp_path):
            pass
        assert time.monotonic() - begun < 5
        assert told.value.exit is Exit.LOCKED == 75
        assert str(told.value).splitlines() == [
            f"{tmp_path}: another run of clv writes to this folder",
            "hint: wait for it with --lock-wait SECONDS, as in --lock-wait 60",
        ]
        process.kill()


def test_who_waits_gets_it_when_the_other_has_ended(tmp_path):
    with holder(tmp_path, 0.5) as other, locked(tmp_path, wait=60):
        assert other.wait(timeout=10) == 0


def test_who_does_not_wait_long_enough_is_told(tmp_path):
    with holder(tmp_path, 60) as process:
        with pytest.raises(LockedError, match=r"it was waited for 0.2 s; give it longer"), locked(tmp_path, wait=0.2):
            pass
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_killed_leaves_no_lock(tmp_path, number):
    with holder(tmp_path, 60) as process:
        process.send_signal(number)
        assert process.wait() == -number
        with locked(tmp_path), pytest.raises(LockedError):
            holds_too(tmp_path)


def test_the_lock_is_let_go_when_the_run_fails(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path):
        raise KeyError
    with locked(tmp_path):
        pass


def test_two_folders_do_not_stand_in_each_others_way(tmp_path):
    (tmp_path / "one").mkdir()
    with locked(tmp_path), locked(tmp_path / "one"):
        for folder in (tmp_path, tmp_path / "one"):
            with pytest.raises(LockedError):
                holds_too(folder)


def test_a_folder_that_is_not_there_is_told_and_not_made(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for name in ("nowhere", "file", "nowhere/in"):
        with pytest.raises(OutputError, match=f"{name}: is no folder, so it can't be locked\nhint: make it first"), locked(tmp_path / name):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_may_not_be_written_is_told(tmp_path):
    with small_disk(tmp_path / "small") as disk:
        make_read_only(disk)
        with pytest.raises(OutputError, match="can't be locked: Read-only file system"), locked(disk):
            pass
