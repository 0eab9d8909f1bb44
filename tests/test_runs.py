"""Runs: a file is written whole or not at all."""

import errno
import os
import resource
from contextlib import contextmanager

import polars as pl
import pytest

from clvcli.errors import OutputError
from clvcli.render import FORMATS, Look, renderer
from clvcli.runs import write_atomically
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


def test_links_in_a_circle_are_no_file(tmp_path):
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    assert "can't be written" in refused(tmp_path / "one")


@pytest.mark.parametrize("name", ["a" * 300, "nul\0"])
def test_a_name_that_no_file_can_have_is_told(tmp_path, name):
    assert "can't be written" in refused(tmp_path / name)
