"""Progress: what a run is at, on the last line of a terminal, once it has taken a second; no trace of it is left."""

from __future__ import annotations

import os
import sys
import threading
import time
from types import TracebackType
from typing import Self, TextIO

from clvcli.errors import printable

_PATIENCE = 1.0
"""Seconds that a run may take before it says what it is at."""
_BETWEEN = 0.1
_USUAL_COLUMNS = 80
"""What a terminal has that doesn't know how wide it is."""
_ERASED = "\r\x1b[K"


class Progress:
    """What a run is at. A thread of its own writes it, so that saying it costs the run no more than an assignment."""

    def __init__(self, stream: TextIO | None, patience: float = _PATIENCE) -> None:
        self._stream = stream
        self._patience = patience
        self._text = ""
        self._shown = ""
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def at(self, stage: str) -> None:
        """What the run is at from now on; nothing is shown before it has taken a second in all."""
        self._text = stage
        if self._stream and self._thread is None and not self._ended.is_set():
            self._thread = threading.Thread(target=self._show, name="progress", daemon=True)
            self._thread.start()

    def reading(self, file: str, records: int) -> None:
        """How far the slow reading of a file is."""
        self.at(f"reading {file}: {records:,} records one by one")

    def end(self) -> None:
        """Erase what is shown, and show nothing more: what comes next on the terminal is for good."""
        self._ended.set()
        with self._lock:
            if self._stream and self._shown:
                self._write("")

    def _show(self) -> None:
        started = time.monotonic()
        while not self._ended.wait(_BETWEEN):
            if time.monotonic() - started >= self._patience:
                with self._lock:
                    if not self._ended.is_set() and self._shown != self._text:
                        self._write(self._text)

    def _write(self, text: str) -> None:
        """Write over what is shown. A terminal that went away is none to worry about here."""
        if not self._stream:
            return
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns or _USUAL_COLUMNS
            shown = printable(text)
            short = shown if len(shown) < columns else f"{shown[: columns - 4]}..."
            self._stream.write(_ERASED + short)
            self._stream.flush()
        except (OSError, ValueError):
            self._ended.set()
        self._shown = text

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()


_current = Progress(None)


def begin(*, wanted: bool) -> Progress:
    """The progress of the run that begins: shown on a terminal that can erase, if it is wanted, and nowhere else."""
    global _current  # noqa: PLW0603 - a process has one terminal and one run
    _current.end()
    _current = Progress(sys.stderr if wanted and _is_terminal(sys.stderr) else None)
    return _current


def current() -> Progress:
    """The progress of this run."""
    return _current


def _is_terminal(stream: TextIO | None) -> bool:
    """Whether it is a terminal on which a line can be written over."""
    try:
        return stream is not None and os.isatty(stream.fileno()) and os.environ.get("TERM", "dumb") != "dumb"
    except (OSError, ValueError):  # a stream without a file behind it
        return False
