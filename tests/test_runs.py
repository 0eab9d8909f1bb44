"""Runs: a file is written whole or not at all."""

import errno
import os
import re
import resource
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from disks import fill_up, make_read_only, small_disk
from xlsxwriter.exceptions import FileCreateError

from clvcli.errors import OutputError
from clvcli.render import FORMATS, Look, renderer
from clvcli.runs import write_atomically
from clvcli.runs.failures import somewhere
from clvcli.tables import Column, Report, Table, Unit

BEFORE, AFTER = b"what was there\n", b"what is new\n"


def writing(content):
    return lambda out: out.write(content)


def failing(error):
    def write(out):
        out.write(AFTER[:5])
        out.flush()
        raise error

    return write


def refused(path, write=None):
    """What is said when `path` can't be written."""
    with pytest.raises(OutputError) as told:
        write_atomically(path, write or writing(AFTER))
    return str(told.value)


@contextmanager
def no_file_longer_than(size):
    """Like a full disk, for this process alone."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# Written


def test_a_new_file_is_written(tmp_path):
    write_atomically(tmp_path / "new", writing(AFTER))
    assert (tmp_path / "new").read_bytes() == AFTER


def test_a_file_that_is_there_is_replaced_whole(tmp_path):
    (tmp_path / "old").write_bytes(BEFORE * 100)
    write_atomically(tmp_path / "old", writing(AFTER))
    assert (tmp_path / "old").read_bytes() == AFTER


def test_nothing_else_is_left_in_the_folder(tmp_path):
    write_atomically(tmp_path / "new", writing(AFTER))
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_the_old_file_is_whole_until_the_new_one_is(tmp_path):
    (tmp_path / "file").write_bytes(BEFORE)
    seen = []

    def write(out):
        out.write(AFTER)
        seen.append((tmp_path / "file").read_bytes())

    write_atomically(tmp_path / "file", write)
    assert seen == [BEFORE]


def test_who_has_the_old_file_open_reads_it_to_its_end(tmp_path):
    (tmp_path / "file").write_bytes(BEFORE)
    with (tmp_path / "file").open("rb") as reader:
        write_atomically(tmp_path / "file", writing(AFTER))
        assert reader.read() == BEFORE


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_that_is_there_keeps_its_mode(tmp_path, mode):
    path = tmp_path / "private"
    path.write_bytes(BEFORE)
    path.chmod(mode)
    write_atomically(path, writing(AFTER))
    assert path.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("name", ["a" * 240 + ".json", "ā.json", "a b.json", "-", ".json", "a\nb.json"])
def test_a_name_may_be_any_that_the_system_takes(tmp_path, name):
    write_atomically(tmp_path / name, writing(AFTER))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_through_a_link_its_target_is_replaced(tmp_path):
    (tmp_path / "target").write_bytes(BEFORE)
    (tmp_path / "link").symlink_to("target")
    write_atomically(tmp_path / "link", writing(AFTER))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == AFTER


def test_through_a_link_to_nothing_its_target_is_made(tmp_path):
    (tmp_path / "link").symlink_to("target")
    write_atomically(tmp_path / "link", writing(AFTER))
    assert (tmp_path / "target").read_bytes() == AFTER


def test_through_a_link_into_another_folder_that_folder_is_written(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "file")
    write_atomically(tmp_path / "link", writing(AFTER))
    assert {path.name for path in tmp_path.rglob("*")} == {"there", "link", "file"}


# Not written


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), OSError("something"), BrokenPipeError()])
def test_a_failure_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path, error):
    (tmp_path / "file").write_bytes(BEFORE)
    assert "the file that was there is unchanged" in refused(tmp_path / "file", failing(error))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": BEFORE}


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyboardInterrupt(), MemoryError()])
def test_a_bug_or_an_interruption_leaves_the_old_file_and_nothing_else(tmp_path, error):
    (tmp_path / "file").write_bytes(BEFORE)
    with pytest.raises(type(error)):
        write_atomically(tmp_path / "file", failing(error))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": BEFORE}


def test_a_failure_leaves_no_new_file(tmp_path):
    refused(tmp_path / "file", failing(OSError(errno.EIO, "Input/output error")))
    assert list(tmp_path.iterdir()) == []


LONG = Report("x", (Table("t", "T", (Column("n", "N", Unit.COUNT, "N."),), pl.DataFrame({"n": range(20_000)})),))


@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, name):
    (tmp_path / "file").write_bytes(BEFORE)
    with no_file_longer_than(4096):
        said = refused(tmp_path / "file", lambda out: renderer(name)(LONG, out, Look()))
    assert "can't be written" in said
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": BEFORE}


def test_a_folder_that_is_not_there_is_told(tmp_path):
    assert f"there is no folder {tmp_path}/nowhere" in refused(tmp_path / "nowhere" / "file")


def test_of_a_file_that_was_not_there_it_is_not_said_that_it_is_unchanged(tmp_path):
    assert "unchanged" not in refused(tmp_path / "nowhere" / "file")
    assert "unchanged" not in refused(tmp_path / "file", failing(OSError(errno.EIO, "Input/output error")))


def test_a_folder_that_may_not_be_written_is_told(tmp_path):
    folder = tmp_path / "readonly"
    folder.mkdir()
    (folder / "file").write_bytes(BEFORE)
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write everywhere")
    assert "can't be written: Permission denied" in refused(folder / "file")
    assert (folder / "file").read_bytes() == BEFORE


def test_a_folder_is_no_file(tmp_path):
    assert refused(tmp_path) == f"{tmp_path}: not a file that can be written"


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_bytes(BEFORE)
    assert "can't be written" in refused(tmp_path / "file" / "inner")


def test_a_disk_that_is_full_is_told_with_what_is_free(tmp_path):
    with small_disk(tmp_path / "small") as disk:
        (disk / "file").write_bytes(BEFORE)
        fill_up(disk)
        told = refused(disk / "file", writing(bytes(200_000)))
        assert told.splitlines() == [
            f"{disk}/file: can't be written: No space left on device, 0 bytes are free",
            "hint: the file that was there is unchanged",
        ]
        assert {path.name for path in disk.iterdir()} == {"file", "filler"}
        assert (disk / "file").read_bytes() == BEFORE


def test_a_disk_that_is_read_only_is_told(tmp_path):
    with small_disk(tmp_path / "small") as disk:
        (disk / "file").write_bytes(BEFORE)
        make_read_only(disk)
        assert "can't be written: Read-only file system" in refused(disk / "file")
        assert (disk / "file").read_bytes() == BEFORE


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    "error",
    [
        FULL,
        OSError("No space left on device (os error 28)"),
        FileCreateError(FULL),
        pl.exceptions.ComputeError("No space left on device (os error 28)"),
    ],
    ids=["Python", "Polars", "XlsxWriter", "Polars, of Parquet"],
)
def test_whoever_says_that_the_disk_is_full_it_is_one_error(tmp_path, error):
    assert re.search(r"can't be written: No space left on device, [\d,]+ bytes are free", refused(tmp_path / "file", failing(error)))


def test_an_error_of_polars_that_is_not_of_the_disk_stays_what_it_is(tmp_path):
    with pytest.raises(pl.exceptions.ComputeError, match="a bug"):
        write_atomically(tmp_path / "file", failing(pl.exceptions.ComputeError("a bug")))


def test_of_a_file_whose_folder_went_away_it_is_not_said_that_it_is_unchanged(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").write_bytes(BEFORE)

    def write(out):
        out.write(AFTER)
        for path in [*folder.iterdir()]:
            path.unlink()
        folder.rmdir()

    told = refused(folder / "file", write)
    assert told.splitlines() == [f"{folder}/file: can't be written: No such file or directory", f"hint: there is no folder {folder}"]
    assert not folder.exists()


# Devices and pipes


def test_a_pipe_gets_the_bytes_and_stays_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_atomically(tmp_path / "pipe", writing(AFTER))
    reader.join()
    assert read == [AFTER]
    assert (tmp_path / "pipe").is_fifo()


def test_a_pipe_that_nobody_reads_to_its_end_is_no_mistake(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = threading.Thread(target=lambda: os.close(os.open(tmp_path / "pipe", os.O_RDONLY)))
    reader.start()

    def write(out):
        reader.join()
        out.write(AFTER)

    with pytest.raises(BrokenPipeError):
        write_atomically(tmp_path / "pipe", write)


def test_a_device_that_is_full_is_told():
    assert refused(Path("/dev/full")) == "/dev/full: can't be written: No space left on device"


@pytest.mark.parametrize(("how", "whole"), [(">", AFTER), (">>", BEFORE + AFTER), ("| cat >", AFTER)])
def test_what_stands_behind_standard_output_is_written_to_as_it_is(tmp_path, how, whole):
    (tmp_path / "file").write_bytes(BEFORE)
    code = f"from pathlib import Path; from clvcli.runs import write_atomically; write_atomically(Path('/dev/stdout'), lambda out: out.write({AFTER!r}))"
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -c "$CODE" {how} file'], env={**os.environ, "CODE": code}, cwd=tmp_path, check=False
    )
    assert (done.returncode, (tmp_path / "file").read_bytes()) == (0, whole)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_links_in_a_circle_are_no_file(tmp_path):
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    assert "can't be written" in refused(tmp_path / "one")


@pytest.mark.parametrize("name", ["a" * 300, "nul\0"])
def test_a_name_that_no_file_can_have_is_told(tmp_path, name):
    assert "can't be written" in refused(tmp_path / name)


def test_a_folder_that_went_away_under_the_program_is_told(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(OutputError, match="the folder that clv runs in is gone\nhint: cd to one that is there"), somewhere():
        Path.cwd()


def test_a_file_that_is_missing_elsewhere_is_no_such_thing(tmp_path):
    with pytest.raises(FileNotFoundError), somewhere():
        (tmp_path / "nowhere").read_bytes()
