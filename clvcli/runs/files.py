"""Files: one is written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from clvcli.errors import OutputError, Place, Problem
from clvcli.runs.failures import told
from clvcli.runs.unfinished import clear, hold, published, unfinished

Write = Callable[[IO[bytes]], object]
_BEHIND_DESCRIPTORS = ("/dev/fd/", "/dev/std", "/proc/")


def write_atomically(path: Path, write: Write) -> None:
    """Let `write` fill a new file beside `path`, then put it in its place, with the mode of what stood there.

    Raises OutputError if that can't be done; what stood at `path` before is whole then. A device or a pipe, such as
    /dev/stdout, has no place beside it: it is written to as it is.
    """
    with told(path):
        mode = _mode(path)
        is_stream = mode is not None and _is_stream(path, mode)
        if mode is not None and not is_stream and not stat.S_ISREG(mode):
            raise OutputError(Problem("not a file that can be written", Place(str(path))))
        if not is_stream:
            _replace(path.resolve(), mode, write)
    if is_stream:
        _pour(path, write)


def fill(path: Path, write: Write, mode: int | None = None) -> None:
    """Let `write` fill a file that must not be there yet, down to the disk."""
    with path.open("x+b") as out:
        hold(out.fileno())
        if mode is not None:
            path.chmod(stat.S_IMODE(mode))
        write(out)
        out.flush()
        os.fsync(out.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in it last; where folders can't be synced, they are there all the same."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _mode(path: Path) -> int | None:
    """The mode of the file, through links; None if there is none."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None
    except ValueError as error:  # a name no file can have
        raise OSError(errno.EINVAL, str(error)) from None


def _is_stream(path: Path, mode: int) -> bool:
    """Whether bytes go through it and don't stay; a file is taken for one where it is named as what stands behind a descriptor."""
    is_passed_on = stat.S_ISREG(mode) and str(path.absolute()).startswith(_BEHIND_DESCRIPTORS)
    return is_passed_on or stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _pour(path: Path, write: Write) -> None:
    with told(path, passing=BrokenPipeError), os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND), "wb") as out:
        write(out)
        out.flush()


def _replace(target: Path, mode: int | None, write: Write) -> None:
    clear(target.parent)
    with unfinished(target.parent) as new:
        fill(new, write, mode)
        with published(target):
            new.replace(target)
    sync_folder(target.parent)
