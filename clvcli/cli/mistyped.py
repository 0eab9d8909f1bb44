"""Mistyped: what Typer finds wrong with a command line, as a mistake in clv's own words with what to type instead.

Typer keeps the classes of its mistakes to itself: here they are told by what they hold, and one that isn't known is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

from clvcli.errors import COMMAND, Problem, UsageError, nearest

_EXAMPLES = {"by": "--by channel"}
"""What to add where an option is missing."""


def usage_error(error: typer.TyperException, words: Sequence[str], every: Any) -> UsageError:
    """A mistake of Typer's as one of clv's; `words` is what was typed, `every` the program with all its commands."""
    context, param = getattr(error, "ctx", None), getattr(error, "param", None)
    command = context.command_path if context else "clv"
    if "No such command" in error.message:
        return UsageError(_no_command(words[0], [*every.commands, "help"]))
    if error.message.startswith("Got unexpected extra argument"):
        return UsageError(_too_many(command, error.message))
    if type(error).__name__ == "MissingParameter" and param is not None:
        return UsageError(_missing(command, param))
    if param is not None:
        return UsageError(_wrong_value(error.message, param, words))
    option = getattr(error, "option_name", "")
    if type(error).__name__ == "NoSuchOption":
        known = [name for one in (context.command.get_params(context) if context else ()) for name in (*one.opts, *one.secondary_opts)]
        return UsageError(_no_option(command, option, known, words, every))
    if option:
        return UsageError(_value_or_none(option, error.message, every))
    return UsageError(Problem(error.format_message()))  # pragma: no cover - a mistake of a kind that Typer doesn't have yet


def _no_command(name: str, known: Sequence[str]) -> Problem:
    """Who types a file first has left out the command."""
    if Path(name).exists():
        return Problem(f"no command is called '{name}'", hint=f"it is a file: type what to do with it first, as in 'clv compute {name}'")
    return Problem(f"no command is called '{name}'", hint=nearest(name, known))


def _no_option(command: str, option: str, known: Sequence[str], words: Sequence[str], every: Any) -> Problem:
    """An option that another command has, or that is written nearly so; before a command stands none but those of clv itself."""
    elsewhere = [name for name, one in every.commands.items() if option in _names(one)]
    if command == "clv" and elsewhere:
        found = next((word for word in words if word in every.commands), "COMMAND")
        return Problem(f"{option} stands before the command", hint=f"options come after it, as in 'clv {found} {option}'")
    if elsewhere:
        return Problem(f"{command} has no option {option}", hint=f"it is an option of {_listed(elsewhere)}")
    hint = nearest(option.removeprefix("--"), [name.removeprefix("--") for name in known if name.startswith("--")])
    near = hint.replace("'", "'--", 1) if hint.startswith("did") and option.startswith("--") else ""
    return Problem(f"{command} has no option {option}", hint=near or f"'{command} --help' lists its options")


def _listed(commands: Sequence[str]) -> str:
    """The commands, or that it is most of them."""
    *others, last = (f"clv {name}" for name in commands)
    return f"{', '.join(others)} and {last}" if others else last


def _names(command: Any) -> Iterator[str]:
    for param in command.params:
        yield from (*param.opts, *param.secondary_opts)


def _missing(command: str, param: Any) -> Problem:
    """What a command can't do without."""
    name = param.opts[0] if param.param_type_name == "option" else param.metavar
    example = f"\n{COMMAND} {_EXAMPLES[param.name]}" if param.name in _EXAMPLES else ""
    return Problem(f"{command} needs {name}", hint=_meaning(param) + example)


def _meaning(param: Any) -> str:
    """What is to be typed, and what it means."""
    head = f"{param.opts[0]} {param.metavar}" if param.param_type_name == "option" and param.metavar else param.metavar
    return f"{head}: {param.help}"


def _wrong_value(message: str, param: Any, words: Sequence[str]) -> Problem:
    """A value that is none of its option's: no number, or one out of range."""
    own = param.param_type_name == "option" and not message.startswith(("Input ", "Value error"))
    if own:  # the option says it itself
        return Problem(f"{param.opts[0]}: {message.rstrip('.')}", hint=_meaning(param))
    wanted = re.sub(r", unable to parse.*", "", message).removeprefix("Input ")
    wanted = wanted.replace("a valid number", "a number").replace("a valid integer", "a whole number")
    name = param.opts[0] if param.param_type_name == "option" else param.metavar
    return Problem(f"{name}: '{_given(param, words)}' {wanted}", hint=_meaning(param))


def _given(param: Any, words: Sequence[str]) -> str:
    """The value as it was typed."""
    found = ""
    for at, word in enumerate(words):
        name, sign, value = word.partition("=")
        if name in param.opts:
            found = value if sign else "".join(words[at + 1 : at + 2])
        elif not word.startswith("--") and word[:2] in param.opts:
            found = word[2:]
    return found


def _value_or_none(option: str, message: str, every: Any) -> Problem:
    """An option without its value, or one that takes none."""
    if "does not take a value" in message:
        return Problem(f"{option} takes no value", hint=f"write it as {option}")
    found = next((p for one in every.commands.values() for p in one.params if option in p.opts), None)
    return Problem(f"{option} needs a value", hint=_meaning(found) if found is not None else "")


def _too_many(command: str, message: str) -> Problem:
    rest = message.partition("(s) (")[2].rstrip(")") or message
    return Problem(f"{command} has no use for '{rest}'", hint=f"'{command} --help' says what it takes")
