"""Cutting: a text into records and fields, by its delimiter and its quotes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

BLANKS = " "
"""The delimiter of a file whose columns are set apart by any number of spaces."""
_SAMPLE = 200
_LONGEST_FIELD = 1 << 30


@dataclass(frozen=True)
class Quoting:
    """How double quotes enclose fields: whether they do, whether a backslash stands before one inside, and blanks before the first."""

    is_used: bool = True
    is_escaped: bool = False
    is_spaced: bool = False


class MisquotedError(csv.Error):
    """Double quotes that can't be read, and the line on which their record begins."""

    def __init__(self, said: str, line: int) -> None:
        super().__init__(said)
        self.line = line


def numbered(
    lines: Iterable[str], delimiter: str, quoting: Quoting = Quoting(), *, strict: bool = False, most: int | None = None
) -> Iterator[tuple[int, list[str]]]:
    """The records of a text, each with the line on which it begins; raises MisquotedError, most readily if `strict`."""
    if delimiter == BLANKS:
        yield from ((number, line.split()) for number, line in enumerate(lines, start=1) if most is None or number <= most)
        return
    csv.field_size_limit(_LONGEST_FIELD)
    used: Literal[0, 3] = csv.QUOTE_MINIMAL if quoting.is_used else csv.QUOTE_NONE
    escaped = "\\" if quoting.is_escaped else None
    reader = csv.reader(
        lines, delimiter=delimiter, quoting=used, escapechar=escaped, doublequote=not escaped, skipinitialspace=quoting.is_spaced, strict=strict
    )  # fmt: skip
    before = 0
    try:
        for count, row in enumerate(reader, start=1):
            yield before + 1, row
            before = reader.line_num
            if most is not None and count >= most:
                return
    except csv.Error as error:
        raise MisquotedError(str(error), before + 1) from None


def quoting_of(text: str, delimiter: str) -> Quoting:
    """How the first records of a text use double quotes."""
    if '"' not in text or delimiter == BLANKS or not opens_quotes(text, delimiter):
        return Quoting(is_used='"' not in text or delimiter == BLANKS)
    plain, escaped = Quoting(), Quoting(is_escaped=True)
    found = escaped if '\\"' in text and not _is_strict(text, delimiter, plain) and _is_strict(text, delimiter, escaped) else plain
    fields = (
        field for _, row in numbered(io.StringIO(text, newline=""), delimiter, found, most=_SAMPLE) for field in row if field[:1] == " "
    )
    is_spaced = f'{delimiter} "' in text and any(field.lstrip(" ").startswith('"') for field in fields)
    return Quoting(is_escaped=found.is_escaped, is_spaced=is_spaced)


def opens_quotes(text: str, delimiter: str) -> bool:
    """Whether a double quote stands where a field begins."""
    return text.startswith('"') or any(before + '"' in text or f'{before} "' in text for before in ("\n", "\r", delimiter))


def _is_strict(text: str, delimiter: str, quoting: Quoting) -> bool:
    """Whether the quotes of the first records stand where they may; the last one may be cut."""
    try:
        for _ in numbered(io.StringIO(text, newline=""), delimiter, quoting, strict=True, most=_SAMPLE):
            pass
    except MisquotedError as error:
        return "end of data" in str(error)
    return True
