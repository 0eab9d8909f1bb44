"""Presets: a platform's export described as data, and which of them a file's columns match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clvcli.errors import KEY, ConfigError, InputError, Place, Problem, UsageError, nearest
from clvcli.exports.headers import normal

if TYPE_CHECKING:
    from clvcli.exports.preset_schema import Preset

BUILT_IN = Path(__file__).with_name("presets")
NO_PRESET = "none"
"""The name with which a run says that no preset is to be used."""


@cache
def _documents(folder: Path) -> Mapping[str, Any]:
    """The presets of a folder of clv's own, unchecked, by name."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {path.stem: yaml.load(path.read_bytes(), loader) for path in sorted(folder.glob("*.yaml"))}  # noqa: S506 - a safe loader


def _as_preset(name: str, document: Mapping[str, Any]) -> Preset:
    """A preset from its YAML; the schema is loaded only if there is need of it."""
    from clvcli.exports.preset_schema import Preset

    return Preset.model_validate({**document, "name": name})


def presets(own: Path | None = None) -> dict[str, Preset]:
    """All presets by name; the user's own go before those of clv of the same name."""
    built_in = {name: _as_preset(name, document) for name, document in _documents(BUILT_IN).items()}
    return {**built_in, **(_checked(own) if own else {})}


def named(name: str, own: Path | None = None) -> Preset:
    """The preset of that name; raises UsageError if there is none."""
    every = presets(own)
    if name not in every:
        raise UsageError(Problem(f"no preset is called '{name}'", hint=nearest(name, every), setting=("preset",)))
    return every[name]


def matching(columns: Sequence[str], own: Path | None = None, file: str = "") -> Preset | None:
    """The preset that a file with these columns is of; the one with most of its columns there wins.

    Raises InputError where two fit as well.
    """
    there = {normal(column) for column in columns}
    mine = _checked(own) if own else {}
    built_in = {name: document for name, document in _documents(BUILT_IN).items() if name not in mine}
    scores = {name: _score(document["match"], there) for name, document in built_in.items()}
    scores |= {name: _score(preset.match.model_dump(), there) for name, preset in mine.items()}
    best = max(scores.values(), default=0)
    fit = sorted(name for name, score in scores.items() if score == best)
    if best <= 0:
        return None
    if len(fit) > 1:
        raise InputError(Problem(f"fits the presets {' and '.join(fit)} alike", Place(file, 1), f"choose one, as in --preset {fit[0]}"))
    return mine.get(fit[0]) or _as_preset(fit[0], built_in[fit[0]])


def _score(match: Mapping[str, Any], there: set[str]) -> int:
    """How many of the columns that a preset knows a file has; 0 if it lacks one that it needs, or has one that it mustn't."""
    required = [_is_there(names, there) for names in match["require"]]
    if not all(required) or any(normal(name) in there for name in match.get("forbid", ())):
        return 0
    return len(required) + sum(_is_there(names, there) for names in match.get("bonus", ()))


def _is_there(names: str | Sequence[str], there: set[str]) -> bool:
    return any(normal(name) in there for name in ([names] if isinstance(names, str) else names))


def _checked(folder: Path) -> dict[str, Preset]:
    """The presets of the user's folder; raises ConfigError with every mistake in them."""
    if not folder.is_dir():
        raise ConfigError(Problem(f"there is no folder {folder}", setting=("presets",)))
    return {path.stem: preset for path in sorted(folder.glob("*.y*ml")) for preset in _of_user(path)}


def _of_user(path: Path) -> Iterator[Preset]:
    from pydantic import ValidationError

    from clvcli.marked_yaml import marked
    from clvcli.mistakes import advice, said

    document = marked(path.read_text(encoding="utf-8"), str(path))
    if not isinstance(document.data, dict):
        raise ConfigError(Problem("a preset must be keys with values", Place(str(path), 1)))
    try:
        yield _as_preset(path.stem, document.data)
    except ValidationError as error:
        problems = []
        for one in error.errors(include_url=False):
            at = tuple(part for part in one["loc"] if part != KEY)
            where = document.key(*at) if one["type"] in ("missing", "extra_forbidden") else document.value(*at)
            told = "unknown key" if one["type"] == "extra_forbidden" else said(one)
            problems.append(Problem(f"{'.'.join(map(str, at))}: {told}", where, advice(one)))
        raise ConfigError(*problems) from None
