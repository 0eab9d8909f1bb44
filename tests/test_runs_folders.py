"""Folders: one is written whole or not at all, and nothing of somebody else's is replaced."""

import json
import subprocess
import sys

import pytest
from disks import fill_up, small_disk

from clvcli.errors import OutputError
from clvcli.runs import exchange, folders
from clvcli.runs.folders import foreign, manifest_in, write_folder_atomically

OURS = {"table.csv": b"a\n1\n", "manifest.json": b'{"schema": "clv/manifest/1", "outputs": [{"name": "table.csv"}]}\n'}
NEW = {"table.csv": b"a\n2\n", "manifest.json": OURS["manifest.json"]}


def write(path, files):
    write_folder_atomically(path, {name: lambda out, content=content: out.write(content) for name, content in files.items()})


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def refused(path, files=NEW):
    with pytest.raises(OutputError) as told:
        write(path, files)
    return str(told.value)


@pytest.fixture(params=["in one step", "in two steps"])
def how(request, monkeypatch):
    """Both ways for a folder to come into its place."""
    if request.param == "in two steps":
        monkeypatch.setattr(folders, "exchange", lambda *_: False)
    return request.param


def test_a_new_folder_is_written(tmp_path):
    write(tmp_path / "report", OURS)
    assert content(tmp_path / "report") == OURS
    assert names(tmp_path) == ["report"]


def test_a_folder_of_ours_is_replaced_with_all_in_it(tmp_path, how):
    write(tmp_path / "report", {**OURS, "manifest.json": OURS["manifest.json"].replace(b"]", b', {"name": "old.csv"}]'), "old.csv": b"a"})
    write(tmp_path / "report", NEW)
    assert content(tmp_path / "report") == NEW
    assert names(tmp_path) == ["report"]


def test_an_empty_folder_is_filled_and_keeps_its_mode(tmp_path, how):
    (tmp_path / "report").mkdir(mode=0o700)
    write(tmp_path / "report", NEW)
    assert content(tmp_path / "report") == NEW
    assert (tmp_path / "report").stat().st_mode & 0o777 == 0o700


def test_through_a_link_its_folder_is_replaced(tmp_path, how):
    write(tmp_path / "there", OURS)
    (tmp_path / "link").symlink_to("there")
    write(tmp_path / "link", NEW)
    assert (tmp_path / "link").is_symlink()
    assert content(tmp_path / "there") == NEW


def test_files_are_filled_in_their_order(tmp_path):
    seen = []
    write_folder_atomically(tmp_path / "report", {name: lambda _, name=name: seen.append(name) for name in ("b", "a", "manifest.json")})
    assert seen == ["b", "a", "manifest.json"]


def test_the_old_folder_is_whole_until_the_new_one_is(tmp_path, how):
    write(tmp_path / "report", OURS)
    seen = []
    write_folder_atomically(tmp_path / "report", {"table.csv": lambda _: seen.append(content(tmp_path / "report"))})
    assert seen == [OURS]


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), ValueError("a bug"), KeyboardInterrupt()])
def test_a_failure_in_the_middle_leaves_the_old_folder_and_nothing_else(tmp_path, error):
    def fail(out):
        raise error

    write(tmp_path / "report", OURS)
    with pytest.raises((OutputError, type(error))):
        write_folder_atomically(tmp_path / "report", {"table.csv": lambda out: out.write(b"half"), "more.csv": fail})
    assert content(tmp_path / "report") == OURS
    assert names(tmp_path) == ["report"]


def test_if_the_new_folder_cannot_take_its_place_the_old_one_is_put_back(tmp_path, monkeypatch):
    write(tmp_path / "report", OURS)
    monkeypatch.setattr(folders, "exchange", lambda *_: False)
    rename = type(tmp_path).rename

    def refuse_the_new(path, target):
        if path.name.endswith(".tmp"):
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(type(tmp_path), "rename", refuse_the_new)
    assert "can't be written: Input/output error" in refused(tmp_path / "report")
    assert content(tmp_path / "report") == OURS
    assert names(tmp_path) == ["report"]


def test_a_full_disk_leaves_the_old_folder(tmp_path):
    with small_disk(tmp_path / "small") as disk:
        write(disk / "report", OURS)
        fill_up(disk)
        told = refused(disk / "report", {**NEW, "table.csv": bytes(200_000)})
        assert "can't be written: No space left on device, 0 bytes are free\nhint: the folder that was there is unchanged" in told
        assert content(disk / "report") == OURS
        assert names(disk) == ["filler", "report"]


# What isn't clv's


@pytest.mark.parametrize(
    "files",
    [
        {"notes.txt": b""},
        {"manifest.json": b"{}"},
        {"manifest.json": b'{"schema": "dbt"}'},
        {"manifest.json": b"\xff"},
        {"manifest.json": b"[" * 100_000},
        {"manifest.json": b"[]"},
        {**OURS, "notes.txt": b"mine"},
        {**OURS, ".hidden": b"mine"},
    ],
)
def test_a_folder_with_something_of_somebody_else_is_refused(tmp_path, files):
    (tmp_path / "theirs").mkdir()
    for name, what in files.items():
        (tmp_path / "theirs" / name).write_bytes(what)
    assert "theirs: has something in it that clv didn't write: " in refused(tmp_path / "theirs")
    assert content(tmp_path / "theirs") == files


def test_a_folder_inside_is_never_ours(tmp_path):
    write(tmp_path / "report", OURS)
    (tmp_path / "report" / "more").mkdir()
    assert "didn't write: more" in refused(tmp_path / "report")


def test_of_many_names_the_first_are_told(tmp_path):
    for name in "abcde":
        (tmp_path / name).write_bytes(b"")
    assert foreign(tmp_path) == ("a", "b", "c", "d", "e")
    assert "didn't write: a, b, c and 2 more" in refused(tmp_path)


def test_the_folder_that_somebody_is_in_is_not_taken_from_under_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "is the folder that you are in" in refused(tmp_path)
    assert "is the folder that you are in" in refused(type(tmp_path)())


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    assert "file: is a file, and no folder" in refused(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_a_link_to_nothing_is_filled_in(tmp_path):
    (tmp_path / "link").symlink_to("there")
    write(tmp_path / "link", NEW)
    assert content(tmp_path / "there") == NEW


def test_a_mount_point_cannot_be_replaced(tmp_path):
    with small_disk(tmp_path / "small") as disk:
        assert "is a mount point, which can't be replaced" in refused(disk)


def test_what_a_link_in_an_old_folder_leads_to_stays(tmp_path, how):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_bytes(b"kept")
    write(tmp_path / "report", OURS)
    (tmp_path / "report" / "table.csv").unlink()
    (tmp_path / "report" / "table.csv").symlink_to(tmp_path / "kept")
    write(tmp_path / "report", NEW)
    assert content(tmp_path / "kept") == {"file": b"kept"}


def test_a_folder_that_is_not_there_has_no_manifest(tmp_path):
    assert manifest_in(tmp_path) is None
    assert "there is no folder" in refused(tmp_path / "nowhere" / "report")


# In one step or in two


def test_two_names_change_places(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_bytes(b"")
    if not exchange.exchange(tmp_path / "one", tmp_path / "other"):
        pytest.skip("this file system can't")
    assert names(tmp_path / "one") == ["other"]
    assert names(tmp_path / "other") == ["one"]


def test_a_name_that_is_not_there_changes_places_with_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        exchange.exchange(tmp_path / "one", tmp_path / "other")


@pytest.mark.parametrize("number", sorted(exchange._CANNOT))
def test_a_system_that_cannot_says_so(tmp_path, monkeypatch, number):
    class System:
        def __init__(self, *_, **__):
            pass

        def renameat2(self, *_):
            return -1

    monkeypatch.setattr(exchange.ctypes, "CDLL", System)
    monkeypatch.setattr(exchange.ctypes, "get_errno", lambda: number)
    monkeypatch.setattr(exchange.sys, "platform", "linux")
    assert exchange.exchange(tmp_path, tmp_path) is False


def test_a_system_without_the_call_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(exchange.ctypes, "CDLL", lambda *_, **__: object())
    assert exchange.exchange(tmp_path, tmp_path) is False


KILLED = """
import os, signal
from pathlib import Path
from clvcli.runs import folders
folders.exchange = lambda *_: False
rename = Path.rename
def killed_in_between(path, target):
    rename(path, target)
    os.kill(os.getpid(), signal.SIGKILL)
Path.rename = killed_in_between
folders.write_folder_atomically(Path("report"), {"table.csv": lambda out: out.write(b"new")})
"""


def test_a_run_that_is_killed_between_the_two_steps_is_made_good_by_the_next(tmp_path, monkeypatch):
    write(tmp_path / "report", OURS)
    subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, check=False)
    assert not (tmp_path / "report").exists()
    write(tmp_path / "another", NEW)
    assert names(tmp_path) == ["another", "report"]
    assert content(tmp_path / "report") == OURS


def test_a_manifest_names_what_may_be_replaced(tmp_path):
    write(tmp_path / "report", OURS)
    assert manifest_in(tmp_path / "report") == json.loads(OURS["manifest.json"])
    assert foreign(tmp_path / "report") == ()
