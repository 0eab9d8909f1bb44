"""Completion: what may stand where on clv's command line, and the script that tells a shell.

The script knows all of it: to complete a word starts no clv. Columns come from the first line of the file that is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from clvcli.cli import shells
from clvcli.cli.log import FORMATS as LOG_FORMATS
from clvcli.cli.shells import COLUMNS, FILES, FLAG, NOTHING, PAIRS, Command, Offer, Option
from clvcli.errors import Problem, UsageError, nearest

_BY_COLUMN = ("by", "ended")


def script(shell: str, every: Any) -> str:
    """The script of a shell for a program with all its commands; raises UsageError for a shell that clv can't tell."""
    if shell not in shells.SCRIPTS:
        raise UsageError(Problem(f"no completions for '{shell}'", hint=nearest(shell, shells.SCRIPTS)))
    return shells.SCRIPTS[shell](list(_commands(every)))


def _commands(every: Any) -> Iterator[Command]:
    words = words_of_options()
    for name, command in every.commands.items():
        options = [p for p in command.params if p.param_type_name == "option"]
        first = {"explain": Offer("words", explained()), "completion": Offer("words", tuple(shells.SCRIPTS))}.get(name, FILES)
        found = tuple(Option((*o.opts, *o.secondary_opts), o.help or "", o.metavar or "", _offer(name, o, words)) for o in options)
        yield Command(name, command.short_help or "", (*found, Option(("--help", "-h"), "Show its help.", "", FLAG)), first)
    yield Command("help", "Show the help of a command.", (), Offer("words", tuple(every.commands)))


def _offer(command: str, option: Any, words: Mapping[str, tuple[str, ...]]) -> Offer:
    """What may stand after an option."""
    if option.is_flag:
        return FLAG
    if option.name == "map_":
        from clvcli.exports import ROLES

        return Offer(PAIRS, tuple(f"{role.name}=" for role in ROLES))
    if option.name == "set_":
        return Offer("words", tuple(f"{name}=" for name in numbers()))
    if option.name in _BY_COLUMN:
        return Offer(COLUMNS, labels() if option.name == "by" else ())
    if option.name in words and not (command == "whatif" and option.name == "lifespan"):
        return Offer("words", words[option.name])
    return FILES if option.metavar == "FILE" else NOTHING


def words_of_options() -> dict[str, tuple[str, ...]]:
    """The values of the options that take one of a few: as the config allows them, or as their own parts of clv know them."""
    from clvcli.exports.presets import presets
    from clvcli.formulas import FORMULAS, LIFESPANS
    from clvcli.render import FORMATS
    from clvcli.reports.cohorts import MEASURES
    from clvcli.settings import Churn, Config

    allowed = {**Config.model_fields, "churn_rule": Churn.model_fields["rule"]}
    literals = {name: tuple(filter(None, get_args(field.annotation))) for name, field in allowed.items()}
    return {
        **{name: words for name, words in literals.items() if words and all(isinstance(word, str) for word in words)},
        "format_": FORMATS,
        "log_format": LOG_FORMATS,
        "measure": tuple(MEASURES),
        "lifespan": tuple(LIFESPANS),
        "base_lifespan": tuple(LIFESPANS),
        "preset": (*sorted(presets()), "none"),
        "formula": tuple(f.name for f in FORMULAS),
        "engine": ("polars",),
        "decimal": (".", ","),
        "horizon": ("12m", "6m", "26w", "24m"),
    }


def numbers() -> tuple[str, ...]:
    """The names that `clv explain` works out."""
    from clvcli.catalog import SETTINGS
    from clvcli.formulas import FORMULAS
    from clvcli.metrics import METRICS

    return tuple(dict.fromkeys(one.name for group in (FORMULAS, METRICS, SETTINGS) for one in group))


def explained() -> tuple[str, ...]:
    """The names that `clv explain` is asked for most: numbers, models, labels and the churn rule."""
    from clvcli.model_explanations import EXPLAINED

    return (*numbers(), *(model.name for model in EXPLAINED), *labels(), "churn")


def labels() -> tuple[str, ...]:
    """What customers can be told apart by beside columns."""
    from clvcli.labels import LABELS

    return ("segment", *LABELS)
