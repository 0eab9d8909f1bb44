"""The options of `clv whatif`: moves of levers, and what they are today where neither the orders nor the config say it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clvcli.cli.groups import VALUING
from clvcli.errors import Problem, UsageError

if TYPE_CHECKING:
    from clvcli.catalog import Catalog
    from clvcli.levers import Move

_RULES = ("churn", "tenure", "survival")
_LONGEST = 100


def _lever(what: str, example: str) -> Any:
    return Annotated[str | None, typer.Option(metavar="MOVE", help=f"Move {what}, as in {example}.", show_default=False)]


def _years_or_rule(text: str | None) -> str | None:
    """What `--base-lifespan` takes."""
    if text is None or text in _RULES:
        return text
    number = re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII)
    if number and 0 < float(text) <= _LONGEST:
        return text
    raise typer.BadParameter(f"{text!r} is neither years, as in 3, nor one of {', '.join(_RULES)}.")


MOVES: dict[str, Any] = {
    "aov": _lever("the average order value", "+5%"),
    "frequency": _lever("the purchase frequency", "+10%"),
    "retention": _lever("the retention rate", "+2pt, two percentage points"),
    "margin": _lever("the margin", "+1pt, or 40% for that value"),
    "cac": _lever("what it costs to win a customer", "-10%"),
    "lifespan": _lever("the lifespan", "+10%, or 3 for that many years"),
}
BASE: dict[str, Any] = {
    **{name: option for name, option in VALUING.items() if name not in MOVES},
    "base_margin": Annotated[
        float | None, typer.Option(metavar="SHARE", min=0, max=1, help="The margin before it is moved, as in 0.35.", show_default=False)
    ],
    "base_cac": Annotated[
        float | None, typer.Option(metavar="AMOUNT", min=0, max=1e9, help="The CAC before it is moved.", show_default=False)
    ],
    "base_lifespan": Annotated[
        str | None,
        typer.Option(
            metavar="YEARS|RULE", callback=_years_or_rule, help="The lifespan before it is moved: years, or churn, tenure, survival.",
            show_default=False,
        ),
    ],
}  # fmt: skip


def moves(given: dict[str, Any]) -> list[Move]:
    """The moves that were typed; raises UsageError with every one that says nothing."""
    from clvcli.levers import LEVERS, move

    found: list[Move] = []
    problems: list[Problem] = []
    for lever in LEVERS:
        text = given[lever.option.removeprefix("--")]
        try:
            found += [] if text is None else [move(lever, text)]
        except UsageError as error:
            problems += error.problems
    if problems:
        raise UsageError(*problems)
    return found


def base(given: dict[str, Any]) -> dict[str, Any]:
    """What was typed, with what the shop is today in the place of the moves."""
    return {**given, **{name: given[f"base_{name}"] for name in ("margin", "cac", "lifespan")}}


def in_words_of_whatif(catalog: Catalog) -> Catalog:
    """The catalog whose hints name the options of `clv whatif`, where --margin is a move."""
    return replace(catalog, absent={name: re.sub(r"--(margin|cac|lifespan)\b", r"--base-\1", why) for name, why in catalog.absent.items()})
