"""Names: what the columns of exports are called in seven languages, and the words for totals and for an order's status."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
YES = frozenset({"true", "yes", "y", "1", "ja", "sì", "si", "oui", "sí", "sim", "jā", "x"})
NO = frozenset({"false", "no", "n", "0", "nein", "non", "não", "nē"})
"""What the columns that only say yes or no say, in small letters."""
_FILE = Path(__file__)
_NUMBERED = ("customer_id", "order_id")
_NUMBER_WORDS = frozenset({"number", "no", "nr", "#", "num", "n", "n°", "numero", "numéro", "número", "nummer", "numurs"})
_OF = frozenset({"of", "de", "di", "do", "del", "da", "du"})
_COMPOUND = re.compile(r"(\w{3,}?)(?:nummer|nr)")


def _loaded(name: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(_FILE.with_name(name).read_bytes(), loader)  # noqa: S506 - a safe loader


@cache
def dictionary(file: str = "names.yaml") -> Mapping[str, Mapping[str, int]]:
    """For each role the names that its column may have, in small letters, with the place of each in its language."""
    roles = _loaded(file)
    return {role: _with_places(languages.values(), is_id=role in _NUMBERED) for role, languages in roles.items()}


def _with_places(languages: Iterable[Sequence[str]], *, is_id: bool) -> Mapping[str, int]:
    """The names of a role with their places; of ids with every short form of the word for a number."""
    listed = {words(name): place for names in languages for place, name in reversed(list(enumerate(names)))}
    short = {form: place for name, place in listed.items() for form in _numbered(name)} if is_id else {}
    return {**short, **listed}


def _numbered(name: str) -> Iterator[str]:
    """A name with the word for a number in it, with that word in all ways: `order number` as `order no`, `n° ticket` as `ticket nr`."""
    about = [word for word in name.split() if word not in _NUMBER_WORDS | _OF]
    compound = _COMPOUND.fullmatch(name)
    if about and "id" in (about[0], about[-1]):
        stem = " ".join(word for word in about if word != "id")
        yield from (f"id {stem}", f"{stem} id", *(f"id {of} {stem}" for of in _OF))
    if (about and _NUMBER_WORDS & set(name.split())) or compound:
        stem = compound[1] if compound else " ".join(about)
        for number in _NUMBER_WORDS:
            yield from (f"{stem} {number}", f"{number} {stem}", *(f"{number} {of} {stem}" for of in _OF))
        yield from (f"{stem}nr", f"{stem}nummer")


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
