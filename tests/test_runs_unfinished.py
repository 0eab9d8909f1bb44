"""Unfinished: what killed runs left is cleared away, and what others are at is not."""

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clvcli.runs import write_atomically
from clvcli.runs.unfinished import clear, hold, remove, set_aside, unfinished


@pytest.fixture(scope="module")
def dead():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_unfinished_is_hidden_and_gone_in_the_end(tmp_path):
    with unfinished(tmp_path) as path:
        path.write_bytes(b"half")
        assert path.name.startswith(f".clv-{os.getpid()}-")
    assert names(tmp_path) == []


def test_what_a_dead_run_left_goes_with_the_next_output(tmp_path, dead):
    (tmp_path / f".clv-{dead}-0a1b2c3d.tmp").write_bytes(b"half")
    (tmp_path / f".clv-{dead}-0a1b2c3e.tmp").mkdir()
    (tmp_path / f".clv-{dead}-0a1b2c3e.tmp" / "table.csv").write_bytes(b"half")
    write_atomically(tmp_path / "file", lambda out: out.write(b"new"))
    assert names(tmp_path) == ["file"]


def test_what_a_run_of_the_same_number_left_goes_too(tmp_path):
    (tmp_path / f".clv-{os.getpid()}-0a1b2c3d.tmp").write_bytes(b"left by the process 7 of the container before")
    clear(tmp_path)
    assert names(tmp_path) == []


def test_what_this_run_is_at_stays(tmp_path):
    with unfinished(tmp_path) as path:
        path.write_bytes(b"half")
        clear(tmp_path)
        assert path.exists()


def test_what_another_run_is_at_stays(tmp_path):
    (tmp_path / f".clv-{os.getppid()}-0a1b2c3d.tmp").write_bytes(b"half")
    clear(tmp_path)
    assert names(tmp_path) == [f".clv-{os.getppid()}-0a1b2c3d.tmp"]


@pytest.mark.parametrize("is_folder", [True, False])
def test_what_a_run_in_another_container_is_at_stays(tmp_path, dead, is_folder):
    path = tmp_path / f".clv-{dead}-0a1b2c3d.tmp"
    path.mkdir() if is_folder else path.write_bytes(b"half")
    theirs = os.open(path, os.O_RDONLY)
    hold(theirs)
    clear(tmp_path)
    assert path.exists()
    fcntl.flock(theirs, fcntl.LOCK_UN)
    os.close(theirs)
    clear(tmp_path)
    assert not path.exists()


@pytest.mark.parametrize(
    "name", [".clv-1-2.tmp", ".clv-x-0a1b2c3d.tmp", "clv-{}-0a1b2c3d.tmp", ".clv-{}-0a1b2c3d.tmp~", ".clv-{}-0A1B2C3D.tmp", ".clv.lock"]
)
def test_no_other_name_is_taken_for_one_of_ours(tmp_path, dead, name):
    (tmp_path / name.format(dead)).write_bytes(b"somebody's")
    clear(tmp_path)
    assert names(tmp_path) == [name.format(dead)]


def test_a_link_is_removed_and_not_what_it_leads_to(tmp_path, dead):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_bytes(b"kept")
    (tmp_path / f".clv-{dead}-0a1b2c3d.tmp").symlink_to("kept")
    (tmp_path / f".clv-{dead}-0a1b2c3e.tmp").mkdir()
    (tmp_path / f".clv-{dead}-0a1b2c3e.tmp" / "link").symlink_to(tmp_path / "kept")
    clear(tmp_path)
    assert names(tmp_path) == ["kept"]
    assert (tmp_path / "kept" / "file").read_bytes() == b"kept"


def test_a_folder_that_was_put_aside_goes_back_if_nothing_took_its_place(tmp_path, dead):
    aside = set_aside(tmp_path / "report", tmp_path / f".clv-{dead}-0a1b2c3d.tmp")
    aside.mkdir()
    (aside / "table.csv").write_bytes(b"old")
    clear(tmp_path)
    assert (tmp_path / "report" / "table.csv").read_bytes() == b"old"
    assert names(tmp_path) == ["report"]


def test_a_folder_that_was_put_aside_goes_if_the_new_one_took_its_place(tmp_path, dead):
    (tmp_path / "report").mkdir()
    set_aside(tmp_path / "report", tmp_path / f".clv-{dead}-0a1b2c3d.tmp").mkdir()
    clear(tmp_path)
    assert names(tmp_path) == ["report"]


def test_in_a_folder_that_is_not_there_nothing_is_left(tmp_path):
    clear(tmp_path / "nowhere")
    remove(tmp_path / "nowhere")
    assert names(tmp_path) == []


STOPPED = """
import sys, threading
from pathlib import Path
from clvcli.runs import unfinished
def at_it():
    with unfinished.unfinished(Path.cwd()) as path:
        path.mkdir()
        begun.set()
        while True:
            (path / "more").write_bytes(b"")
begun = threading.Event()
threading.Thread(target=at_it, daemon=True).start()
begun.wait()
print(unfinished.stop(), sorted(Path.cwd().iterdir()))
"""


def test_a_run_that_is_stopped_leaves_nothing_and_finishes_nothing_more(tmp_path):
    done = subprocess.run([sys.executable, "-c", STOPPED], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout == "() []\n", done.stderr
    assert names(tmp_path) == []


def test_a_lock_of_a_live_run_is_not_waited_for(tmp_path):
    begun = time.monotonic()
    with unfinished(tmp_path) as path:
        path.write_bytes(b"")
        clear(Path(tmp_path))
    assert time.monotonic() - begun < 1
