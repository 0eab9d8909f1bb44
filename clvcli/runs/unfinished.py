"""Unfinished: hidden names for what isn't complete yet, and how it is cleared away, whatever becomes of the run."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NAME = re.compile(r"\.clv-(?P<pid>[0-9]+)-[0-9a-f]{8}\.(?:tmp|old\.(?P<target>.+))")
_DAY = 86_400
_PATIENCE = 1.0
"""Seconds that a signal waits for a rename that is on its way."""

_lock = threading.Lock()
_paths: set[Path] = set()
_published: list[Path] = []


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """A hidden name in `folder` for a file or a folder that isn't complete; what is there in the end is removed."""
    path = _hidden(folder)
    with _lock:
        _paths.add(path)
    try:
        yield path
    finally:
        with _lock:  # a signal that has come keeps it: the run then ends as one that was stopped, and not as one that failed
            remove(path)
            _paths.discard(path)


def _hidden(folder: Path) -> Path:
    """A name that nothing has yet, and of which `clear` knows whose it was."""
    return folder / f".clv-{os.getpid()}-{secrets.token_hex(4)}.tmp"


@contextmanager
def published(path: Path) -> Iterator[None]:
    """Something is put in its place at `path`, which no signal cuts in two."""
    with _lock:
        yield
        _published.append(path)


def stop() -> tuple[Path, ...]:
    """Remove all that this process hasn't finished, and let it finish nothing more; gives what was in its place before."""
    _lock.acquire(timeout=_PATIENCE)  # and never released: the process ends
    for path in list(_paths):
        remove(path)
    return tuple(dict.fromkeys(_published))


def clear(folder: Path) -> None:
    """Remove what runs that were killed left in `folder`; a folder that one of them had put aside goes back to its place."""
    try:
        names = [entry.name for entry in os.scandir(folder) if _NAME.fullmatch(entry.name)]
    except OSError:
        return
    for name in names:
        found, path = _NAME.fullmatch(name), folder / name
        if not found or path in _paths or _is_alive(int(found["pid"]), path):
            continue
        if found["target"] and not os.path.lexists(folder / found["target"]):
            with suppress(OSError):
                path.rename(folder / found["target"])
        else:
            remove(path)


def set_aside(path: Path, new: Path) -> Path:
    """The name under which `path` waits until `new` is in its place, from which `clear` can tell where it belongs."""
    return path.with_name(f"{new.name.removesuffix('.tmp')}.old.{path.name}")


def remove(path: Path) -> None:
    """Remove a file or a folder with all in it, as far as that can be done; a link is removed, and not what it leads to."""
    with suppress(OSError):
        if path.is_symlink() or not path.is_dir():
            path.unlink()
        else:
            shutil.rmtree(_out_of_reach(path))


def _out_of_reach(folder: Path) -> Path:
    """The folder under a name that nobody knows, where it can have one, so that nobody puts a file into it while it is removed."""
    try:
        return folder.rename(_hidden(folder.parent))
    except OSError:
        return folder


def _is_alive(pid: int, path: Path) -> bool:
    """Whether the run that began `path` may still be at it.

    A number of a process says little in a container, where it is the same each time; there the lock tells.
    """
    if sys.platform == "win32":
        with suppress(OSError):
            return time.time() - path.lstat().st_mtime < _DAY
        return False
    return (pid != os.getpid() and _runs(pid)) or _is_locked(path)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _is_locked(path: Path) -> bool:
    """Whether a process has `path` open to write to; of a link nobody has."""
    import fcntl

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def hold(descriptor: int) -> None:
    """Show other runs that this one is at it, for as long as the descriptor is open."""
    if sys.platform == "win32":
        return
    import fcntl

    with suppress(OSError):  # where there are no locks, the number of the process tells
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
