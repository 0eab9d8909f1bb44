"""Folders: one is written whole or not at all, and only what clv wrote is replaced."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clvcli.errors import OutputError, Place, Problem
from clvcli.runs.exchange import exchange
from clvcli.runs.failures import told
from clvcli.runs.files import Write, fill, sync_folder
from clvcli.runs.manifest import MANIFEST, SCHEMA
from clvcli.runs.unfinished import clear, hold, published, set_aside, unfinished

_BESIDE = {MANIFEST, ".clv.lock"}
"""What may be in a folder of clv's besides the files that its manifest names."""
_LISTED = 3


def write_folder_atomically(path: Path, files: Mapping[str, Write]) -> None:
    """Let each of `files` be filled in a new folder beside `path`, in this order, then put the folder in its place.

    What was there before is removed, if clv wrote it. Raises OutputError if anything can't be done, or if there is
    something of somebody else's; what stood at `path` before is whole then.
    """
    with told(path):
        target = path.resolve()
        clear(target.parent)
        _refuse_what_is_not_ours(path, target)
        with unfinished(target.parent) as new:
            _fill_all(new, files, _mode(target))
            _put(new, target)
        sync_folder(target.parent)


def manifest_in(folder: Path) -> Mapping[str, Any] | None:
    """The manifest of a folder that clv wrote; None if it is none."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("schema") == SCHEMA else None


def foreign(folder: Path) -> tuple[str, ...]:
    """The names in a folder, sorted, that clv didn't put there."""
    names = {entry.name for entry in os.scandir(folder)}
    ours = manifest_in(folder)
    if ours is None:
        return tuple(sorted(names))
    listed = {one["name"] for one in ours["outputs"] if isinstance(one, dict) and isinstance(one.get("name"), str)}
    return tuple(sorted(names - listed - _BESIDE))


def _refuse_what_is_not_ours(path: Path, target: Path) -> None:
    if not os.path.lexists(target):
        return
    if not target.is_dir():
        raise OutputError(Problem("is a file, and no folder", Place(str(path)), "give -o another name, or one without a slash at its end"))
    if target.is_mount():
        raise OutputError(
            Problem("is a mount point, which can't be replaced", Place(str(path)), f"name a folder in it, such as {path}/worth/")
        )
    if target == Path.cwd():
        raise OutputError(Problem("is the folder that you are in", Place(str(path)), "name a folder in it, as in -o worth/"))
    if theirs := foreign(target):
        more = f" and {len(theirs) - _LISTED} more" if len(theirs) > _LISTED else ""
        told = f"has something in it that clv didn't write: {', '.join(theirs[:_LISTED])}{more}"
        raise OutputError(Problem(told, Place(str(path)), "name a new folder, or a file in this one; what clv replaces is only its own"))


def _mode(target: Path) -> int | None:
    return stat.S_IMODE(target.stat().st_mode) if target.exists() else None


def _fill_all(new: Path, files: Mapping[str, Write], mode: int | None) -> None:
    new.mkdir()
    descriptor = os.open(new, os.O_RDONLY) if os.name == "posix" else None
    try:
        if descriptor is not None:
            hold(descriptor)
        for name, write in files.items():
            fill(new / name, write)
        if mode is not None:
            new.chmod(mode)
        sync_folder(new)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _put(new: Path, target: Path) -> None:
    """Put the folder in its place; what was there is then under the name that the new one had, or is gone."""
    with published(target):
        if not target.exists():
            new.rename(target)
        elif not exchange(new, target):
            _put_in_two_steps(new, target)


def _put_in_two_steps(new: Path, target: Path) -> None:
    """The same where names can't change places: if this is cut in two, `clear` puts the old folder back."""
    aside = set_aside(target, new)
    target.rename(aside)
    try:
        new.rename(target)
    except OSError:
        aside.rename(target)
        raise
    aside.rename(new)
