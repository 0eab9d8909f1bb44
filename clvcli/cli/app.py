"""The program: its list of commands, and the one place an error becomes a message."""

from __future__ import annotations

import gc
import os
import re
import sys
import time
from typing import Annotated

import typer
from typer.main import get_command

from clvcli import __version__
from clvcli.cli import commands, progress, streams
from clvcli.cli.help import Question, described
from clvcli.cli.log import Log
from clvcli.errors import COMMAND, ClvError, Exit, OutputError, printable
from clvcli.privacy import discreet, redacted
from clvcli.runs import stages
from clvcli.runs.failures import somewhere
from clvcli.tuning import tune

_LONGEST_COMMAND = 100
_OF_CLV = ("--help", "-h", "--version", "-V")
_MORE = "'clv help COMMAND' says more of one, with examples; 'clv inspect FILE' is a good first."
_SAID_OFTEN = {"--map", "--status", "--anonymous", "--cut"}


def _show_versions(wanted: bool) -> None:  # noqa: FBT001 - the shape that Typer calls
    if wanted:
        from clvcli.cli.versions import versions

        print(versions())
        raise typer.Exit


def clv(
    version: Annotated[  # noqa: FBT002
        bool,
        typer.Option("--version", "-V", callback=_show_versions, is_eager=True, help="Show the versions of clv and of what it works with."),
    ] = False,
) -> None:
    """Customer lifetime value from a shop's own order export, with every record accounted for."""


def completion(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.", show_default=False)],
) -> None:
    """How do I complete with TAB? Prints the completions of commands, options, values, columns and names for a shell; changes no file.

    clv completion bash > ~/.local/share/bash-completion/completions/clv

    clv completion zsh > ~/.zfunc/_clv

    clv completion fish > ~/.config/fish/completions/clv.fish
    """
    from clvcli.cli.completion import script

    print(script(shell, get_command(program())))


_COMMANDS = (
    commands.compute,
    commands.segments,
    commands.customers,
    commands.cohorts,
    commands.trend,
    commands.predict,
    commands.backtest,
    commands.whatif,
    commands.report,
    commands.explain,
    commands.inspect,
    commands.init,
    completion,
)


def program(typed: str = "") -> typer.Typer:
    """The program with the command that was typed, or with all if none was: each costs the time that its options take.

    Where none is needed but their names, as in `clv --help`, they have no options.
    """
    found = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    found.callback(epilog=_MORE)(clv)
    for command in [one for one in _COMMANDS if one.__name__ == typed] or _COMMANDS:
        carried_out = _nothing if typed in _OF_CLV else command
        found.command(command.__name__, cls=Question, help=command.__doc__, short_help=described(command.__doc__ or "").short)(carried_out)
    return found


def _nothing() -> None:
    """A command that is only named."""


def main() -> None:
    """Run clv; mistakes become text on standard error and an exit code, bugs stay visible."""
    tune()
    stages.begin()
    streams.prepare()
    words = _asked(sys.argv[1:])
    log, began, code = Log.typed(words), time.monotonic(), int(Exit.BUG)
    log.info("started", version=__version__, command=words[0])
    try:
        code = _ended(words, log)
    finally:
        gc.freeze()  # the process ends here: to look all of it over for garbage once more would take as long as importing pydantic
        log.info("done", seconds=round(time.monotonic() - began, 3), exit=code)
    sys.exit(code if sys.argv[1:] else Exit.USAGE)


def _asked(words: list[str]) -> list[str]:
    """What was typed, with `clv help compute` as `clv compute --help`; who types nothing is shown what there is."""
    if words[:1] == ["help"]:
        return [*(word for word in words[1:2] if word != "help"), "--help"]
    return words or ["--help"]


def _ended(words: list[str], log: Log) -> int:
    """The exit code of a run, after what there is to say of its end."""
    try:
        with progress.begin(wanted=not log), somewhere():
            return _ran(words)
    except ClvError as error:
        error.problems = tuple(map(discreet, error.problems))
        if isinstance(error, OutputError):
            _drop_what_is_left()
        (log.failed if log else _tell)(error)
        return error.exit
    except BrokenPipeError:
        _drop_what_is_left()
        return Exit.OK
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def _ran(words: list[str]) -> int:
    """Carry out what was typed; raises UsageError where that isn't possible."""
    try:
        command = get_command(program(words[0]))
        with command.make_context("clv", list(words)) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except typer.TyperException as error:
        from clvcli.cli.mistyped import usage_error

        raise usage_error(error, words, get_command(program())) from None
    return Exit.OK


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
    shown = printable(redacted(text), kept="\n")
    print(shown, file=sys.stderr)
