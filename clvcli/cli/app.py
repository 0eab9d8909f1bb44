"""The program: its list of commands, and the one place an error becomes a message."""

from __future__ import annotations

import gc
import io
import os
import re
import sys
from typing import Annotated

import typer

from clvcli import __version__
from clvcli.cli import commands
from clvcli.errors import COMMAND, ClvError, Exit, OutputError
from clvcli.tuning import tune

_LONGEST_COMMAND = 100
_SAID_OFTEN = {"--map", "--status", "--anonymous", "--cut"}

_COMMANDS = (
    commands.compute,
    commands.segments,
    commands.customers,
    commands.cohorts,
    commands.trend,
    commands.predict,
    commands.backtest,
    commands.whatif,
    commands.explain,
    commands.inspect,
    commands.init,
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - the shape that Typer calls
    if wanted:
        print(f"clv {__version__}")
        raise typer.Exit


def clv(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")] = False,  # noqa: FBT002
) -> None:
    """Customer lifetime value from a shop's own order export, with every record accounted for."""


def program(typed: str = "") -> typer.Typer:
    """The program with the command that was typed, or with all if none was: each costs the time that its options take."""
    found = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    found.callback()(clv)
    for command in [one for one in _COMMANDS if one.__name__ == typed] or _COMMANDS:
        found.command()(command)
    return found


def main() -> None:
    """Run clv; mistakes become text on standard error and an exit code, bugs stay visible."""
    tune()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        program(next(iter(sys.argv[1:]), ""))(prog_name="clv")
    except ClvError as error:
        if isinstance(error, OutputError):
            _drop_what_is_left()
        _tell(error)
        sys.exit(error.exit)
    except BrokenPipeError:
        _drop_what_is_left()
        sys.exit(Exit.OK)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    finally:
        gc.freeze()  # the process ends here: to look all of it over for garbage once more would take as long as importing pydantic


def _drop_what_is_left() -> None:
    """Let what standard output still holds go nowhere, or Python would fail on it when it ends."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _typed(more: str) -> str:
    """The command as it was typed with something more, in short if it is long; what is said anew isn't said twice."""
    import shlex

    anew = set(re.findall(r"--[\w-]+", more)) - _SAID_OFTEN
    words = sys.argv[1:]
    given = [word for at, word in enumerate(words) if word.partition("=")[0] not in anew and (at == 0 or words[at - 1] not in anew)]
    typed = shlex.join(["clv", *given])
    return (typed if len(typed) <= _LONGEST_COMMAND else COMMAND) + more


def _tell(error: ClvError) -> None:
    """Each mistake as `error:` with its place, its line and its hint; control characters are shown, not obeyed."""
    text = "\n\n".join(f"error: {problem}" for problem in error.problems)
    text = re.sub(rf"(?<=^try: ){re.escape(COMMAND)}(.*)", lambda found: _typed(found[1]), text, flags=re.MULTILINE)
    shown = "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
    print(shown, file=sys.stderr)
