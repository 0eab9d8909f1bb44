"""Runs: what a run leaves behind. A file is written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from clvcli.errors import OutputError, Place, Problem


def write_atomically(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Let `write` fill a new file beside `path`, then put it in its place, with the mode of what stood there.

    Raises OutputError if that can't be done; what stood at `path` before is whole then.
    """
    mode = None
    try:
        mode = _mode(path)
        if mode is not None and not stat.S_ISREG(mode):
            raise OutputError(Problem("not a file that can be written", Place(str(path))))
        _replace(path.resolve(), mode, write)
    except OSError as error:
        raise OutputError(Problem(f"can't be written: {error.strerror or error}", Place(str(path)), _hint(path, mode))) from None


def _mode(path: Path) -> int | None:
    """The mode of the file, through links; None if there is none."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None
    except ValueError as error:  # a name no file can have
        raise OSError(errno.EINVAL, str(error)) from None


def _replace(target: Path, mode: int | None, write: Callable[[IO[bytes]], object]) -> None:
    unfinished = target.with_name(f".clv-{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with unfinished.open("xb") as out:
            if mode is not None:
                unfinished.chmod(stat.S_IMODE(mode))
            write(out)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name last; where folders can't be synced, the file is there all the same."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _hint(path: Path, mode: int | None) -> str:
    if mode is not None:
        return "the file that was there is unchanged"
    return "" if path.parent.is_dir() else f"there is no folder {path.parent}"
