"""Watch: conditions on a shop or its segments, and what became of each: met, not met, or not to be judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from clvcli.derivation import unknown_name
from clvcli.errors import ConfigError, Place, Problem
from clvcli.expression import Expression, Value, parse
from clvcli.labels import MISSING

SHOP = "all customers"
"""What the whole shop is called where segments have names; theirs hold a `=`."""
Group = Mapping[str, Value]
"""The numbers of a group of customers in currency units, and what it is told apart by, by name."""


@dataclass(frozen=True)
class Outcome:
    """What became of one condition on one group: `met` is None where it can't be judged, and `why` says why."""

    condition: Expression
    segment: str
    met: bool | None
    values: Mapping[str, float | None]
    why: str = ""


def segment_name(by: Sequence[str], key: Sequence[object]) -> str:
    """What a group is called wherever it must be found again; two groups never share a name.

    >>> segment_name(["channel", "country"], ["web", None])
    'channel=web, country=–'
    >>> segment_name(["channel"], ["a, b=c"])
    'channel="a, b=c"'
    >>> segment_name([], [])
    'all customers'
    """
    return ", ".join(f"{name}={_spelled(value)}" for name, value in zip(by, key, strict=True)) or SHOP


def _spelled(value: object) -> str:
    if value is None:
        return MISSING
    text = str(value)
    is_plain = text not in ("", MISSING) and text == text.strip() and text.isprintable() and not {*text} & {*',="'}
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def conditions(texts: Iterable[tuple[str, Place]], known: Collection[str]) -> tuple[Expression, ...]:
    """The conditions that texts are, each with its place; raises ConfigError with every mistake in them.

    They may read the numbers `known`, and by `==` and `!=` whatever segments are told apart by.
    """
    found: list[Expression] = []
    problems: list[Problem] = []
    for text, place in texts:
        try:
            found.append(_condition(parse(text, place), known))
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(*problems)
    return tuple(found)


def _condition(given: Expression, known: Collection[str]) -> Expression:
    if not given.is_condition:
        hint = f"compare it with something, as in '{given.text} < 0.25'"
        raise ConfigError(Problem(f"'{given.text}' is a number, not a condition", given.place, hint))
    for name in sorted(given.names - given.texts - {*known}):
        raise unknown_name(given, name, known)
    for name in sorted(given.texts & {*known}):
        raise ConfigError(Problem(f"'{name}' is a number, and never a text", given.place_of(name), "compare it with a number"))
    if not given.names:
        raise ConfigError(Problem(f"'{given.text}' reads no number of the shop", given.place, "name one, as in 'retention_rate < 0.25'"))
    return given


def outcomes(
    asked: Sequence[Expression], by: Sequence[str], groups: Mapping[str, Group], why: Callable[[str, str], str | None]
) -> list[Outcome]:
    """What became of each condition on each group, condition by condition.

    `groups` are told apart by the attributes `by`; `why` says of a name and a group why the number has no value.
    """
    return [_outcome(condition, by, segment, group, why) for condition in asked for segment, group in groups.items()]


def _outcome(condition: Expression, by: Sequence[str], segment: str, group: Group, why: Callable[[str, str], str | None]) -> Outcome:
    read = {name: group.get(name) for name in condition.names}
    numbers = {name: _number(read[name]) for name in in_order(condition) if name not in condition.texts}
    if outside := sorted(condition.texts - {*by}):
        return Outcome(
            condition, segment, None, numbers, f"it is of segments by {', '.join(outside)}: clv segments --by {','.join(outside)}"
        )
    met = condition.number(read)
    if met is not None:
        return Outcome(condition, segment, bool(met), numbers)
    reasons = [why(name, segment) or f"{name} isn't known" for name, value in numbers.items() if value is None]
    return Outcome(condition, segment, None, numbers, reasons[0] if reasons else f"{condition.text} divides by zero or is no number")


def in_order(condition: Expression) -> list[str]:
    """The names that a condition reads, as they come in its text."""
    return sorted(condition.names, key=lambda name: (condition.place_of(name).column, name))


def _number(value: Value) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)
