"""Runs: what a run leaves behind. A file is written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import IO

from clvcli.errors import OutputError, Place, Problem


def write_atomically(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Let `write` fill a new file beside `path`, then put it in its place.

    Raises OutputError if that can't be done; what stood at `path` before is whole then.
    """
    if not path.parent.is_dir():
        raise OutputError(Problem("can't be written", Place(str(path)), f"there is no folder {path.parent}"))
    if path.exists() and not path.is_file():
        raise OutputError(Problem("not a file that can be written", Place(str(path))))
    target = path.resolve()
    unfinished = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with unfinished.open("xb") as out:
            write(out)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise OutputError(
            Problem(f"can't be written: {error.strerror or error}", Place(str(path)), "the file that was there is unchanged")
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
