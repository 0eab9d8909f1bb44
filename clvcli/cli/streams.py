"""Streams: standard output and error as a run writes to them."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Unread(io.FileIO):
    """Standard error, which a run goes on without if nobody reads it or the disk is full: what was asked for is the answer, and its exit code."""

    def write(self, words: ReadableBuffer, /) -> int:
        """How much was written, or would have been to a reader."""
        try:
            return super().write(words)
        except OSError:
            return len(memoryview(words))


def prepare() -> None:
    """From now on no character fails to be written, and no reader of standard error who leaves ends the run."""
    if sys.stderr is None:  # print() would take standard output
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    if isinstance(sys.stderr, io.TextIOWrapper) and sys.stderr is sys.__stderr__:
        raw = _Unread(sys.stderr.fileno(), "w", closefd=False)
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(raw), encoding=sys.stderr.encoding, line_buffering=True)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
