"""What can go wrong, in the user's words, and what the shell is told."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum


class Exit(IntEnum):
    """What the shell is told."""

    OK = 0
    BUG = 1
    USAGE = 2
    CONFIG = 3
    INPUT = 4
    OUTPUT = 5
    FOUND = 6
    LOCKED = 75
    INTERRUPTED = 130


def printable(text: str, kept: str = "") -> str:
    """The text with control and direction characters, and all others without a shape, shown, not obeyed; but for those `kept`."""
    return text if text.isprintable() else "".join(c if c in kept else _visible(c) for c in text)


def _visible(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode()


@dataclass(frozen=True)
class Place:
    """Where in a text a mistake stands; lines and columns count from 1, 0 means unknown."""

    file: str = ""
    line: int = 0
    column: int = 0
    text: str = ""

    def __str__(self) -> str:
        """`file:line:column`, as editors read it, without the parts that are unknown."""
        numbers = [str(n) for n in (self.line, self.column) if n]
        name = printable(self.file)
        return ":".join([name, *numbers]) if name else ""

    def moved(self, columns: int) -> Place:
        """The place so many columns to the right."""
        return replace(self, column=self.column + columns) if self.column else self

    @property
    def excerpt(self) -> str:
        """The line itself with a caret under the column; empty where there is no line to show."""
        if not self.text or not self.column:
            return ""
        number = str(self.line) if self.line else ""
        margin = " " * len(number)
        return f"{margin} |\n{number} | {self.text}\n{margin} | {' ' * (self.column - 1)}^"


KEY = "[key]"
COMMAND = "clv ..."
"""How a hint names the command that was typed, to which it adds."""


@dataclass(frozen=True)
class Problem:
    """One mistake: what it is, where it stands, and what to do about it.

    A hint may have several lines; one that begins with COMMAND is to be typed.
    `setting` is the way to the config's value that is to blame, with KEY at its end if it is the key;
    whoever knows where that was set gives the place.
    """

    message: str
    place: Place = Place()
    hint: str = ""
    setting: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        where = str(self.place)
        lines = [f"{where}: {self.message}" if where else self.message, self.place.excerpt]
        hints = [f"{'try' if line.startswith(COMMAND) else 'hint'}: {line}" for line in self.hint.splitlines()]
        return "\n".join(line for line in (*lines, *hints) if line)


class ClvError(Exception):
    """A run that can't go on, as the list of its mistakes."""

    exit: Exit = Exit.INPUT

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n\n".join(str(problem) for problem in self.problems)


class UsageError(ClvError):
    """The command line can't be carried out."""

    exit = Exit.USAGE


class ConfigError(ClvError):
    """The config or a formula is wrong."""

    exit = Exit.CONFIG


class InputError(ClvError):
    """The orders are missing, unreadable or ambiguous."""

    exit = Exit.INPUT


class OutputError(ClvError):
    """The result could not be written, and what stood there before is whole; or a hook failed."""

    exit = Exit.OUTPUT


class LockedError(ClvError):
    """Another run writes to the same place."""

    exit = Exit.LOCKED


_LISTED = 24


def nearest(name: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?` for a name that isn't known, or the names that are."""
    names = list(dict.fromkeys(known))
    folded = {n.casefold(): n for n in names}
    close = difflib.get_close_matches(name.casefold(), folded, 1, cutoff=0.6)
    if close:
        return f"did you mean '{folded[close[0]]}'?"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"there are: {', '.join(names[:_LISTED])}{more}" if names else ""
