"""Locks: one run at a time in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clvcli.errors import LockedError, OutputError, Place, Problem

LOCK = ".clv.lock"


@contextmanager
def locked(folder: Path, wait: float = 0.0) -> Iterator[None]:
    """Nobody else runs in `folder` meanwhile; for another that does, `wait` seconds are waited.

    The system drops the lock when the process ends, however it ends; the empty file `.clv.lock` stays. A folder that
    is itself replaced can't hold its lock: lock the folder around it. Raises LockedError if the other run goes on,
    OutputError if the folder can't be written to.
    """
    from filelock import FileLock, Timeout

    if not folder.is_dir():
        raise OutputError(Problem("is no folder, so it can't be locked", Place(str(folder)), "make it first"))
    lock = FileLock(folder / LOCK, timeout=max(wait, 0.0))
    try:
        lock.acquire()
    except Timeout:
        if not (folder / LOCK).exists():  # which the library takes for a lock that somebody has
            raise OutputError(Problem("can't be locked: no file can be made in it", Place(str(folder)))) from None
        hint = f"it was waited for {wait:g} s; give it longer" if wait > 0 else "wait for it with --lock-wait SECONDS, as in --lock-wait 60"
        raise LockedError(Problem("another run of clv writes to this folder", Place(str(folder)), hint)) from None
    except OSError as error:
        raise OutputError(Problem(f"can't be locked: {error.strerror or error}", Place(str(folder)))) from None
    try:
        yield
    finally:
        lock.release()
