"""Spelling: what the user says of how an export writes dates and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clvcli.errors import Problem, UsageError

SERIALS = ("excel", "excel1904")
"""Formats of days that are counted, from the end of 1899 or from 1904."""
_FORMAT = re.compile(r"(?:[^%]|%[-_0^#:.]*\d?[YCymdbBhaAeDFjHkIlMSfTRrpPzZsGgVuwUWvcxXnt+%])*")


@dataclass(frozen=True)
class Spelling:
    """How this export writes dates and numbers; empty where it is for clv to see."""

    date_format: str = ""
    decimal: str = ""
    tz: str = ""

    def __post_init__(self) -> None:
        if problems := list(self._problems()):
            raise UsageError(*problems)

    def _problems(self) -> Iterator[Problem]:
        if self.decimal not in ("", ".", ","):
            yield Problem(f"'{self.decimal}' is no decimal mark", hint="--decimal . or --decimal ,", setting=("decimal",))
        if self.date_format and self.date_format not in SERIALS and not ("%" in self.date_format and _FORMAT.fullmatch(self.date_format)):
            hint = "write it as in --date-format %d/%m/%Y; excel and excel1904 are days as spreadsheets count them"
            yield Problem(f"'{self.date_format}' is no date format", hint=hint, setting=("date_format",))
        try:
            ZoneInfo(self.tz) if self.tz else None
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a name too long for a file, where tzdata is installed
            yield Problem(f"unknown time zone '{self.tz}'", hint="write it as in --tz Europe/Rome", setting=("tz",))
