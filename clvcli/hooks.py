"""Hooks: a command of the user's own that is told how a run ended. It is run without a shell, so data can't become commands.

Only light modules are imported here: a run without hooks pays nothing for them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from clvcli.errors import ClvError, Exit, OutputError, Problem, printable
from clvcli.privacy import masked, redacted
from clvcli.runs.signals import unblocked

if TYPE_CHECKING:
    import subprocess

    from clvcli.config import Loaded

SECONDS = 60.0
"""How long a hook may take."""
_LONGEST = 400


@dataclass(frozen=True)
class Ending:
    """How a run ended, as its hook is told: a line fit for a chat, the exit code, what was written, and the last day observed."""

    summary: str
    exit: Exit = Exit.OK
    output: str = ""
    as_of: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """The same, as the hook reads it."""
        told = {"SUMMARY": self.summary, "EXIT": str(int(self.exit)), "OUTPUT": self.output, "AS_OF": self.as_of}
        return {f"CLV_{name}": value.replace("\0", "") for name, value in told.items()}


class Hooks:
    """What is run when a block has ended: `on_success` if all is well, else `on_failure`, also where the block ended with an error.

    A block says of itself how it `ended`; one that ends with an error or is interrupted needn't. A hook that fails is an
    OutputError of its own if all was well, and is only told if it wasn't.
    """

    def __init__(self, on_success: Sequence[str], on_failure: Sequence[str], folder: Path = Path(), *, output: str = "") -> None:
        self._commands = {True: tuple(on_success), False: tuple(on_failure)}
        self._folder = folder
        self._ending = Ending("clv: done", output=output)

    def ended(self, ending: Ending) -> None:
        """How the block ended."""
        self._ending = ending

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None and (issubclass(kind, KeyboardInterrupt | BrokenPipeError | SystemExit)):
            return
        ending = self._ending if error is None else _failed(error, self._ending)
        name = "on_success" if ending.exit is Exit.OK else "on_failure"
        try:
            run(name, self._commands[ending.exit is Exit.OK], ending, self._folder)
        except OutputError as failure:
            if ending.exit is Exit.OK:
                raise
            print("error:", printable(str(failure), kept="\n"), file=sys.stderr)


def hooks_of(loaded: Loaded, named: Path | None, output: str = "") -> tuple[Hooks, str]:
    """The hooks of a config, and what is to be said of them, if anything.

    A config that was merely found, in this folder or beside the orders, may have come with the data; it runs no command.
    `named` is the config that was named on the command line, if one was.
    """
    from clvcli.config import VARIABLE

    given = loaded.config
    folder = loaded.path.parent if loaded.path else Path()
    if named or os.environ.get(VARIABLE) or not (given.on_success or given.on_failure):
        return Hooks(given.on_success, given.on_failure, folder, output=output), ""
    told = f"on_success and on_failure aren't run, since {loaded.path} was found and not named: add --config {loaded.path}"
    return Hooks((), (), folder, output=output), told


def _failed(error: BaseException, ending: Ending) -> Ending:
    """How a block ended that ended with an error."""
    code = error.exit if isinstance(error, ClvError) else Exit.BUG
    first = str(error.problems[0]).splitlines()[0] if isinstance(error, ClvError) and error.problems else f"a bug: {type(error).__name__}"
    return Ending(line(f"clv failed: {first}"), code, ending.output, ending.as_of)


def line(text: str) -> str:
    """A text as one line fit for a chat: no control character, address or password is left in it, and it ends before anybody stops reading."""
    shown = printable(redacted(masked(text)))
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def run(name: str, command: Sequence[str], ending: Ending, folder: Path = Path(), seconds: float = SECONDS) -> None:
    """Run a hook, if there is one, and show on standard error what it says; its first word with a slash is relative to `folder`.

    Raises OutputError if it can't be run, takes longer or fails. Of its arguments, which may hold a secret, nothing is said.
    """
    if not command:
        return
    import subprocess

    program = str(folder / command[0]) if os.sep in command[0] else command[0]
    try:
        with unblocked():
            started = subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
                [program, *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=_standard_error(),
                stderr=subprocess.STDOUT,
                env={**os.environ, **ending.environment},
                start_new_session=True,
            )
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "no name that a program can have"
        hint = "is it spelled so, on PATH and executable? a hook is a program and its arguments, not a line for a shell"
        raise _failure(name, command[0], f"can't be run: {said}", hint) from None
    said = _waited(started, name, command[0], seconds)
    if said:
        print(printable(said.rstrip(), kept="\n\t"), file=sys.stderr)
    if started.returncode:
        how = f"ended with code {started.returncode}" if started.returncode > 0 else f"was stopped by signal {-started.returncode}"
        raise _failure(name, command[0], how)


def _failure(name: str, program: str, how: str, hint: str = "what the run itself wrote is whole") -> OutputError:
    return OutputError(Problem(f"{name}: {program} {how}", hint=hint))


def _standard_error() -> int:
    """Where a hook writes: straight to standard error, or into our hands where that is no file."""
    import subprocess

    try:
        return subprocess.DEVNULL if sys.stderr is None else sys.stderr.fileno()
    except OSError:
        return subprocess.PIPE


def _waited(started: subprocess.Popen[bytes], name: str, program: str, seconds: float) -> str:
    """What a hook said that isn't shown yet; raises OutputError if its end takes too long, and ends it with all that it has started."""
    import subprocess

    try:
        said, _ = started.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _end(started)
        raise _failure(name, program, f"hadn't ended after {seconds:g} seconds, and was stopped") from None
    return (said or b"").decode(errors="backslashreplace")


def _end(started: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            started.kill()
        else:
            os.killpg(started.pid, signal.SIGKILL)
    started.communicate()
