"""Names: what the columns of exports are called in seven languages, and the words for totals and for an order's status."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from clvcli.exports.headers import words

TOTALS = frozenset(
    [
        "total",
        "totals",
        "grand total",
        "sum",
        "subtotal",
        "gesamt",
        "gesamtsumme",
        "summe",
        "totale",
        "totale generale",
        "totaux",
        "total général",
        "suma",
        "total general",
        "soma",
        "total geral",
        "kopā",
        "kopsumma",
        "pavisam",
    ]
)
"""What the first field of a line that sums up the others says."""
_FILE = Path(__file__)


def _loaded(name: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(_FILE.with_name(name).read_bytes(), loader)  # noqa: S506 - a safe loader


@cache
def dictionary() -> Mapping[str, Mapping[str, int]]:
    """For each role the names that its column may have, in small letters, with the place of each in its language."""
    roles = _loaded("names.yaml")
    return {
        role: {words(name): place for names in languages.values() for place, name in reversed(list(enumerate(names)))}
        for role, languages in roles.items()
    }


@cache
def _every_name() -> frozenset[str]:
    own = (words(role) for role in dictionary())
    return frozenset(name for names in dictionary().values() for name in names) | frozenset(own)


def is_known(header: str) -> bool:
    """Whether columns are called so in exports."""
    return words(header) in _every_name()


@cache
def vocabulary() -> Mapping[str, str]:
    """What the words for an order's status say of it: keep, cancelled, unpaid or test."""
    return {words(value): fate for fate, values in _loaded("statuses.yaml").items() for value in values}
