"""Failures: what keeps an output from being written, whoever says so, as one error."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clvcli.errors import OutputError, Place, Problem

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_BY_LIBRARIES = (("polars.exceptions", "PolarsError"), ("xlsxwriter.exceptions", "FileCreateError"))


@contextmanager
def told(path: Path, what: str = "can't be written", passing: type[OSError] | tuple[()] = ()) -> Iterator[None]:
    """What the system refuses inside is an OutputError that names `path` and says `what`, and if what was there still is.

    An error that is `passing` passes.
    """
    was_there = _kind(path)
    try:
        yield
    except failures() as error:
        found = cause(error)
        if found is None:
            raise
        if isinstance(found, passing):
            raise found from None
        raise OutputError(Problem(f"{what}: {reason(found, path)}", Place(str(path)), _hint(path, was_there))) from None


@contextmanager
def somewhere() -> Iterator[None]:
    """What fails because the folder that the program runs in was removed is an OutputError that says so."""
    try:
        yield
    except FileNotFoundError:
        try:
            Path.cwd()
        except FileNotFoundError:
            raise OutputError(Problem("the folder that clv runs in is gone", hint="cd to one that is there")) from None
        raise


def failures() -> tuple[type[Exception], ...]:
    """What writing raises; an error of a library that isn't loaded can't have been raised."""
    return (OSError, *(getattr(sys.modules[module], name) for module, name in _BY_LIBRARIES if module in sys.modules))


def cause(error: Exception) -> OSError | None:
    """What the system said, with its number, found in the error of a library; None if it said nothing."""
    within = error.args[0] if error.args and isinstance(error.args[0], OSError) else error
    if isinstance(within, OSError) and within.errno is not None:
        return within
    found = re.search(r"os error (\d+)", str(error))
    if found:
        return OSError(int(found[1]), os.strerror(int(found[1])))
    return within if isinstance(within, OSError) else None


def reason(error: OSError, path: Path) -> str:
    """Why something can't be written, and of a full disk how much of it is free."""
    said = error.strerror or str(error) or type(error).__name__
    if error.errno in _FULL and _kind(path) in ("", "file", "folder"):
        with suppress(OSError):
            return f"{said}, {shutil.disk_usage(path.parent).free:,} bytes are free"
    return said


def _kind(path: Path) -> str:
    """What stands there, if it can be seen."""
    with suppress(OSError, ValueError):
        if path.exists():
            return "folder" if path.is_dir() else "file" if path.is_file() else "device"
    return ""


def _hint(path: Path, was_there: str) -> str:
    if was_there in ("file", "folder") and _kind(path) == was_there:
        return f"the {was_there} that was there is unchanged"
    with suppress(ValueError):
        return "" if path.parent.is_dir() else f"there is no folder {path.parent}"
    return ""
