"""Headers: the names of columns as they are compared, whatever a program or a language made of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

_SIGN = r"[$€£¥]"
_CODE = (
    f"(?:{_SIGN}|eur|usd|gbp|chf|cad|aud|nzd|sek|nok|dkk|pln|czk|huf|ron|bgn|brl|mxn|inr|jpy|ars|clp|cop|try|zar|ils|uah|hkd|sgd|krw|aed)"
)
_IN_CURRENCY = rf",?(?: in)? ?(?:\({_CODE}\)|\[{_CODE}\]|{_SIGN})$|,?(?: in)? {_CODE}$"
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")


def normal(name: str) -> str:
    """A header without case, marks that can't be seen, quotes and needless blanks: how presets write it."""
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", name)).strip().strip("\"'")
    return " ".join(visible.casefold().split())


def folded(name: str) -> str:
    """A name without case, blanks and punctuation: `Customer ID` and `customer_id` are one."""
    return "".join(c for c in name.casefold() if c.isalnum())


def words(name: str) -> str:
    """A header as words: `orderDate`, `order_date` and `Order Date` are one."""
    apart = "".join(f" {c}" if c.isupper() and (before.islower() or before.isdigit()) else c for before, c in pairwise(f" {name}"))
    return " ".join(re.sub(r"[_\-.]+", " ", normal(apart)).strip(" :*").split())


def without_currency(name: str) -> str:
    """A header as words, without the currency behind it: `total (eur)` is a total."""
    return re.sub(_IN_CURRENCY, "", name)


def again(names: Sequence[str]) -> list[str]:
    """The names that `distinct` gave to columns whose name stood before."""
    return [name for name in names if (end := re.search(r"#[0-9]+$", name)) and name[: end.start()] in names]


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names with `#2`, `#3` behind those that stand again; a column without one is called by its place."""
    seen: dict[str, int] = {}
    found = []
    for place, name in enumerate(names, start=1):
        shown = name if name.strip() else f"(column {place})"
        seen[shown] = seen.get(shown, 0) + 1
        found.append(shown if seen[shown] == 1 else f"{shown}#{seen[shown]}")
    return tuple(found)
