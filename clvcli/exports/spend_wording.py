"""Wording of spend: what is to be typed about it stands under `spend:` in the config, and what is said of records is said of spend."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from clvcli.errors import COMMAND, ClvError, Problem

_KEY = "spend"
_OPTIONS = {name: name.replace("-", "_") for name in ("date-format", "decimal", "encoding", "delimiter", "sheet", "member")}
_ROLES = {"ordered_at": "date", "amount": "amount"}
_MESSAGES = (("no orders after", "no records after"), ("these are orders", "these are records"))
_HINTS = (
    ("its orders count twice", "its spend counts twice"),
    ("with the orders", "with the spend"),
    ("a --date-format with --rejects FILE", f"a date_format under '{_KEY}:'"),
    (", as in --map order_id=1:", ":"),
    (", and have them all listed:", ":"),
    (" --rejects rejects.csv", ""),
)
_INLINE = re.compile(rf"--({'|'.join(_OPTIONS)}) ([^\s;]+)")
_PLAIN = re.compile(r"[A-Za-z_][\w ]*")


def setting(**values: object) -> str:
    """The line of the config that settles these keys of the spend, as in `spend: {columns: {amount: Cost}}`."""
    return f"{_KEY}: {_mapping(values)}"


def typed(**values: object) -> str:
    """What to type, and where, to settle these keys of the spend."""
    return f"in clv.yaml: {setting(**values)}"


def _mapping(values: Mapping[str, object]) -> str:
    return "{" + ", ".join(f"{_scalar(key)}: {_yaml(value)}" for key, value in values.items()) + "}"


def _yaml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Mapping():
            return _mapping(value)
        case _:
            return _scalar(str(value))


def _scalar(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in ("true", "false", "yes", "no", "on", "off", "null")
    return text if is_plain else "'" + text.replace("'", "''") + "'"


@contextmanager
def told_of_spend() -> Iterator[None]:
    """Say of the mistakes inside what the user can do about the spend: what is an option for orders is a key of the config for it."""
    try:
        yield
    except ClvError as error:
        raise type(error)(*map(_told, error.problems)) from None


def _told(problem: Problem) -> Problem:
    hint = "\n".join(map(_hint, problem.hint.splitlines()))
    way = problem.setting and (problem.setting if problem.setting[0] == _KEY else (_KEY, *problem.setting))
    return replace(problem, message=_replaced(problem.message, _MESSAGES), hint=hint, setting=way)


def _replaced(text: str, words: tuple[tuple[str, str], ...]) -> str:
    for one, other in words:
        text = text.replace(one, other)
    return text


def _hint(line: str) -> str:
    """A line of a hint; a command that consists of options about the file as the keys that stand for them."""
    if not line.startswith(COMMAND):
        return _INLINE.sub(lambda said: f"{_OPTIONS[said[1]]}: {_scalar(said[2])} under '{_KEY}:'", _replaced(line, _HINTS))
    values: dict[str, object] = {}
    columns: dict[str, object] = {}
    words = iter(shlex.split(line.removeprefix(COMMAND)))
    for word in words:
        option = word.removeprefix("--")
        if option == "no-header":
            values["header"] = False
        elif option == "map":
            role, _, column = next(words).partition("=")
            columns |= {_ROLES[role]: column} if role in _ROLES else {}
        elif option in _OPTIONS:
            values[_OPTIONS[option]] = next(words)
        else:
            return _replaced(line, _HINTS)
    return typed(**values, **({"columns": columns} if columns else {}))
