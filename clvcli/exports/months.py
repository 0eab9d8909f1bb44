"""Months: their names in seven languages and the ways these are cut short, each with its number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

_FULL: Mapping[str, tuple[str, ...]] = {
    "en": ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"),
    "de": ("januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember"),
    "it": (
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    "pt": ("janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"),
    "lv": (
        "janvāris",
        "februāris",
        "marts",
        "aprīlis",
        "maijs",
        "jūnijs",
        "jūlijs",
        "augusts",
        "septembris",
        "oktobris",
        "novembris",
        "decembris",
    ),
}
_MORE = {
    "jänner": 1,
    "feber": 2,
    "maerz": 3,
    "mrz": 3,
    "fevr": 2,
    "févr": 2,
    "aout": 8,
    "sept": 9,
    "janv": 1,
    "juil": 7,
    "decembre": 12,
    "fevrier": 2,
}
_SHORTEST = 3


def _names() -> Iterator[tuple[str, int]]:
    for months in _FULL.values():
        for number, name in enumerate(months, start=1):
            yield from ((name[:length], number) for length in range(_SHORTEST, len(name) + 1))


@cache
def months() -> Mapping[str, str]:
    """Every beginning of a name that means one month, in all languages alike, with its number as text."""
    meant: dict[str, set[int]] = {}
    for name, number in (*_names(), *_MORE.items()):
        meant.setdefault(name, set()).add(number)
    return {name: str(numbers.pop()) for name, numbers in meant.items() if len(numbers) == 1}
