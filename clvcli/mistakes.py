"""Mistakes: what is wrong with a value of a YAML file, in the words of whoever wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clvcli.errors import nearest


def said(error: Mapping[str, Any]) -> str:
    """What is wrong with a value."""
    if error["type"] == "missing":
        return "is missing"
    wanted = _WANTED.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ").replace(
        "'', ", ""
    ).replace("'' or ", "")
    given = error["input"]
    return f"'{given}' {wanted}" if isinstance(given, str | int | float) and error["type"] != "value_error" else wanted


_SURELY_PER_CENT = 2
_WANTED = {"dict_type": "should be keys with values", "model_type": "should be keys with values", "tuple_type": "should be a list"}
"""What pydantic says in Python's words, in YAML's."""


def advice(error: Mapping[str, Any]) -> str:
    """What to do about it, where there is more to say."""
    given = error.get("input")
    if error["type"] in ("less_than_equal", "less_than") and isinstance(given, int | float) and 1 < given <= 100:  # noqa: PLR2004
        if given < _SURELY_PER_CENT:
            return f"a share is at most 1, which is all of it; {given:g}% is written {given / 100:g}"
        return f"a share is written as a fraction: {given / 100:g}"
    if error["type"] == "date_type":
        return "a day is written as in 2025-12-31"
    if error["type"] == "literal_error" and isinstance(given, str):
        words = [word.strip("' ") for word in str(error["ctx"]["expected"]).replace(" or ", ",").split(",")]
        return nearest(given, filter(None, words))
    return ""
