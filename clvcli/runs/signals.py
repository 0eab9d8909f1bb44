"""Signals: a run that is told to stop leaves nothing half written, and says so.

Python's own handlers wait until a query has ended, which may take as long as all of it. So a thread waits for signals.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from clvcli.runs.unfinished import stop

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_LINE_ERASED_CURSOR_SHOWN = b"\r\x1b[K\x1b[?25h"


def watch() -> None:
    """From now on a signal ends this process at once. It must come before threads that outlive a signal: those of Polars.

    It is for a process that is clv's own, and never for one that calls clv. What whoever started the process has told
    it to ignore, as `nohup` does, it goes on ignoring. Where there are no such signals, as on Windows, nothing is done.
    """
    if sys.platform == "win32":
        return
    signals = {getattr(signal, name) for name in _NAMES}
    watched = {one for one in signals if signal.getsignal(one) is not signal.SIG_IGN}
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    threading.Thread(target=_leave, args=(watched,), name="signals", daemon=True).start()


@contextmanager
def unblocked() -> Iterator[None]:
    """A command that is started inside can be stopped by signals, as if clv had not started it."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_UNBLOCK, {getattr(signal, name) for name in _NAMES})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave(watched: set[signal.Signals]) -> None:
    """Wait for a signal; then clear up and end, with what a shell takes for an end by that signal."""
    number = signal.sigwait(watched)
    done = stop()
    changed = f"complete before that: {', '.join(str(path) for path in done)}" if done else "no output was changed"
    text = f"clv: stopped by {signal.Signals(number).name}; {changed}\n".encode(errors="backslashreplace")
    with suppress(OSError):
        os.write(2, (_LINE_ERASED_CURSOR_SHOWN if os.isatty(2) else b"") + text)
    os._exit(128 + number)
