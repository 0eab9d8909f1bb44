"""Privacy: ids of people as those who look on may see them, and secrets as nobody may; functions of text alone.

An e-mail address keeps its first letter and its domain, a telephone number its first and last two digits, a name of several
words its initials. Any other id stands for somebody only to those who can look it up, and stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import replace

from clvcli.errors import Place, Problem

ID_COLUMNS = frozenset({"customer_id", "referred_by"})
"""The columns of which each value is the id of somebody."""
_LOCAL = r"[^\s@;,<>'\"()/\\…]"
"""What an address may have before its @; what is masked already isn't masked again."""
ADDRESS = re.compile(rf"(?<!{_LOCAL}){_LOCAL}++@\w[\w-]*+(?:\.\w[\w-]*+)*+")
"""An e-mail address among other text; it begins where a run of letters does, so that no text is looked at twice."""
TELEPHONE = re.compile(r"(?<![\w+])\+\d(?:[ ().-]{0,2}\d){7,14}(?!\w)")
"""A telephone number with its country; without one it looks like any other id."""
_MOST_INITIALS = 3
_URL_SECRET = re.compile(r"(?<=[\w+.-]{2})(:/{1,2})[^\s/'\"]*@(?=\S)")
"""Who logs in where, also once the name of a file was made of a URL; a drive of Windows has one letter."""
_NAMED_SECRET = re.compile(
    r"(?i)((?:password|passwd|pwd|secret|token|api_?key|access_?key|credential|signature|sig|authorization)[\w-]*+[\"']?\s?[=:]\s?)"
    r"(\"[^\"]*+\"?|'[^']*+'?|(?:(?:bearer|basic)\s)?[^\s&,;'\"\]}]++)"
)
HIDDEN = "***"


def is_name(text: str) -> bool:
    """Whether an id is a name of people or firms: several words without a digit."""
    return text[:1].isalpha() and len(text.split(maxsplit=1)) > 1 and not re.search(r"[\d@]", text)


def mask(identity: str) -> str:
    """An id as people may see it.

    >>> mask("ann.smith@example.com"), mask("+371 2000 0017"), mask("Ann Smith"), mask("C-1017")
    ('a…@example.com', '+37…17', 'A… S…', 'C-1017')
    """
    if "@" in identity[1:]:
        return f"{identity[0]}…@{identity.rpartition('@')[2]}"
    if TELEPHONE.fullmatch(identity):
        return f"{identity[:3]}…{identity[-2:]}"
    if is_name(identity):
        return " ".join(f"{word[0]}…" for word in identity.split()[:_MOST_INITIALS])
    return identity


def masked(text: str) -> str:
    """A text as a message may show it: what is an e-mail address or a telephone number in it, masked."""
    if "@" in text:
        text = ADDRESS.sub(lambda found: mask(found[0]), text)
    return TELEPHONE.sub(lambda found: mask(found[0]), text) if "+" in text else text


def redacted(text: str) -> str:
    """A text without what may be a password in it: before the host of a URL, or after a word for one.

    >>> redacted("postgres://ann:secret@db/shop?password=secret&ssl=1")
    'postgres://***@db/shop?password=***&ssl=1'
    """
    if ":/" in text:
        text = _URL_SECRET.sub(rf"\1{HIDDEN}@", text)
    return _NAMED_SECRET.sub(rf"\1{HIDDEN}", text) if "=" in text or ":" in text else text


def discreet(problem: Problem) -> Problem:
    """A mistake as standard error may show it: ids masked in what it says, secrets gone from all of it.

    A hint keeps its ids, since it is to be typed.
    """
    return replace(
        problem, message=redacted(masked(problem.message)), place=_without_secrets(problem.place), hint=redacted(problem.hint)
    )  # fmt: skip


def _without_secrets(place: Place) -> Place:
    """The place with its caret where it was."""
    text = redacted(place.text)
    before = place.text[: max(place.column - 1, 0)]
    moved = len(redacted(before)) - len(before) if text != place.text else 0
    return replace(place, file=redacted(place.file), text=text, column=min(place.column + moved, len(text) + 1) if place.column else 0)
