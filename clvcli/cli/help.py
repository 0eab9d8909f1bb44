"""Help: a command as its question, what answers it, examples, and its options in groups; plain text of any width.

Only light modules are imported here: `clv --help` must not wait for a data frame library.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from typer.core import TyperCommand

from clvcli.cli.groups import CONTRACTS, CUTTING, FORECASTING, NAMING, READING, VALUING, WATCHING, WRITING
from clvcli.cli.moves import BASE, MOVES

OWN = "Options"
MOVED, BEFORE = "How far levers are moved", "What levers are before they are moved"
_FILES = ("encoding", "delimiter", "header", "date_format", "decimal", "minor_units", "tz", "member", "sheet", "max_rejects", "rejects")
"""Options of reading that say how a file is written, and not what it means."""
GROUPS: dict[str, Iterable[str]] = {
    MOVED: MOVES,
    BEFORE: [name for name in BASE if name not in VALUING],
    "The orders": [name for name in READING if name not in _FILES],
    "How the file is written": _FILES,
    "What customers are worth": VALUING,
    "Forecasts": [*FORECASTING, *CONTRACTS, *CUTTING],
    "The answer": [*WRITING, *NAMING, *WATCHING],
}
HOW_TO: dict[str, tuple[str, ...]] = {
    "compute": ("which-clv-should-i-believe", "set-margin-and-cac", "choose-a-lifespan"),
    "segments": ("which-channel-is-worth-more", "compare-segments"),
    "customers": ("count-referrals", "compare-segments"),
    "cohorts": ("are-we-losing-customers",),
    "trend": ("are-we-losing-customers",),
    "predict": ("see-what-comes-next", "forecast-subscriptions"),
    "backtest": ("which-clv-should-i-believe", "see-what-comes-next"),
    "whatif": ("which-lever", "what-may-i-pay-for-a-customer"),
    "explain": ("find-out-what-a-number-means", "write-your-own-formula"),
    "inspect": ("read-an-unknown-file", "map-foreign-columns"),
    "init": ("read-an-unknown-file", "set-margin-and-cac"),
    "report": ("cron",),
    "completion": ("complete-with-the-tab-key",),
}
"""The how-to pages that a command belongs to, the nearest first."""
_NAMES_WIDTH = 29
_NARROW = 60
"""A terminal with fewer columns has no room for meanings beside names."""


@dataclass(frozen=True)
class Described:
    """What a command says of itself: its question, what answers it, and examples to type."""

    question: str
    answer: str
    examples: tuple[str, ...]

    @property
    def short(self) -> str:
        """The question with the first that answers it."""
        return " ".join(filter(None, (self.question, self.answer.partition("\n\n")[0])))


def described(text: str) -> Described:
    """The parts of a command's docstring: a question and its answer, further paragraphs, and lines to type that begin with `clv`."""
    paragraphs = [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n")]
    question, mark, answer = paragraphs[0].partition("? ")
    said = [answer, *(part for part in paragraphs[1:] if not part.startswith("clv "))]
    return Described(question + mark.strip(), "\n\n".join(filter(None, said)), tuple(p for p in paragraphs if p.startswith("clv ")))


def grouped(params: Iterable[Any]) -> dict[str, list[Any]]:
    """The options of a command by the heading they stand under; those of its own, that no other group has, come first."""
    heading = {name: title for title, names in GROUPS.items() for name in names}
    found: dict[str, list[Any]] = {OWN: [], **{title: [] for title in GROUPS}}
    for param in params:
        if param.param_type_name == "option":
            found[MOVED if param.name in MOVES and param.metavar == "MOVE" else heading.get(param.name, OWN)].append(param)
    return {title: options for title, options in found.items() if options}


class Question(TyperCommand):
    """A command that shows its help as clv does."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the usage, then each part under its heading."""
        self.format_usage(ctx, formatter)
        told = described(self.help or "")
        params: list[Any] = list(self.get_params(ctx))
        arguments = [(p.metavar or p.name.upper(), p.help or "") for p in params if p.param_type_name == "argument"]
        parts = [_wrapped(told.question, formatter.width), _wrapped(told.answer, formatter.width)]
        parts += [_section("Examples", [f"  {line}" for line in told.examples])] if told.examples else []
        parts += [_section("Arguments", rows(arguments, formatter.width))] if arguments else []
        for title, options in grouped(params).items():
            records = [(names(option, ctx), meaning(option)) for option in options]
            parts.append(_section(title, rows(records, formatter.width)))
        parts.append(_wrapped(_more(ctx.info_name), formatter.width, indent=""))
        formatter.write("\n" + "\n\n".join(filter(None, parts)) + "\n")


def names(option: Any, ctx: Any) -> str:
    """The names of an option and what is to be typed after them."""
    return str(option.get_help_record(ctx)[0]).replace(" / ", ", ")


def meaning(option: Any) -> str:
    """What an option means, and what holds without it."""
    without = "" if option.is_flag or option.default is None or not option.show_default else f" [default: {option.default}]"
    return (option.help or "") + (" [needed]" if option.required else without)


def _more(command: str) -> str:
    """Where more is said."""
    pages = ", ".join(f"docs/how-to/{name}.md" for name in HOW_TO.get(command, ()))
    return f"More: {pages or 'docs/reference/commands.md'}; 'clv explain NAME' says what a number or a setting means."


def _wrapped(text: str, width: int, indent: str = "  ") -> str:
    paragraphs = filter(None, text.split("\n\n"))
    return "\n\n".join(
        textwrap.fill(part, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False) for part in paragraphs
    )


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([f"{title}:", *lines])


def rows(records: Iterable[tuple[str, str]], width: int) -> list[str]:
    """Names with their meanings beside them, in the same columns in every section; a name that is too long stands above its meaning."""
    found: list[str] = []
    names_width = _NAMES_WIDTH if width >= _NARROW else 2
    for name, text in records:
        beside = textwrap.wrap(text, width - names_width - 4, break_on_hyphens=False) or [""]
        first = f"  {name:<{names_width}}  "
        found += [(first + beside.pop(0)).rstrip()] if len(name) <= names_width else [f"  {name}"]
        found += [f"{'':{names_width + 4}}{line}" for line in beside]
    return found
