"""Disks for tests: small ones, and ones that nobody may write to, where this user may mount any."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager

import pytest


@contextmanager
def small_disk(folder, size="1m"):
    """A disk of its own at `folder`, which is soon full; skips where none may be mounted."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def make_read_only(folder):
    """Nobody may write to this disk any more, not even root."""
    _mount("-o", "remount,ro", str(folder))


def fill_up(folder):
    """Leave no room for a byte more."""
    with (folder / "filler").open("wb", buffering=0) as filler:
        try:
            while filler.write(bytes(4096)):
                pass
        except OSError:
            return


def _mount(*words):
    try:
        done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"there is no mount: {error}")
    if done.returncode:
        pytest.skip(f"no disk may be mounted here: {done.stderr.strip()}")
