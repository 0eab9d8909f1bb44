"""The header row: which of the first records names the columns, and whether there is one at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.headers import normal
from clvcli.privacy import masked

_LOOKED_AT = 30
_DATA = re.compile(
    r"[-+]?[$€£]?\s*[0-9][0-9.,'\s]*\s*[€%]?|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}.*|[^@\s]+@[^@\s]+\.[a-z]+|true|false", re.IGNORECASE
)
"""What stands in records and hardly ever names a column: a number, a date, an e-mail address."""
_HALF = 0.5


def header_row(rows: Sequence[Sequence[str]], file: str, *, has_header: bool | None) -> int:
    """The place of the header among the first records; of the first record, if there is said to be no header.

    Raises InputError where a header was taken for granted and the first line looks like a record.
    """
    width = _width(rows)
    full = [at for at, row in enumerate(rows[:_LOOKED_AT]) if len(row) >= max(width - 1, 1) and sum(map(_is_filled, row)) > _HALF * width]
    if not full:
        return 0
    if has_header is False:
        return full[0]
    named = [at for at in full if not _looks_like_data(rows[at])]
    if named and named[0] == full[0]:
        return full[0]
    best = max(full, key=lambda at: (known(rows[at]), -at))
    if known(rows[best]) > 1:
        return best
    if has_header or len(rows) == 1 or width == 1:
        return full[0]
    first = next(cell for cell in rows[full[0]] if _DATA.fullmatch(normal(cell)))
    problem = f"line 1 looks like data, not like the names of columns: '{masked(first.strip())[:24]}'"
    called = ", ".join(f"{n} ({masked(cell.strip())[:24]})" for n, cell in enumerate(rows[full[0]], 1))
    hint = f"without names they are called {called}; say which is which, as in --map order_id=1:"
    attempt = "clv ... --no-header --map customer_id=NUMBER --map ordered_at=NUMBER --map amount=NUMBER"
    raise InputError(Problem(problem, Place(file, 1), f"{hint}\n{attempt}"))


def known(row: Sequence[str]) -> int:
    """How many cells are names of columns that exports have."""
    from clvcli.exports.names import is_known

    return sum(is_known(cell) for cell in row if cell.strip())


def _width(rows: Sequence[Sequence[str]]) -> int:
    """The number of fields that most records have; of two as frequent ones the larger."""
    widths = Counter(len(row) for row in rows if len(row) > 1) or Counter(len(row) for row in rows)
    return max(widths, key=lambda width: (widths[width], width)) if widths else 1


def _is_filled(cell: str) -> bool:
    return bool(cell.strip())


def _looks_like_data(row: Sequence[str]) -> bool:
    """Whether a cell is a number, a date or an address, which hardly ever names a column; or a name stands twice in a short row."""
    filled = [normal(cell) for cell in row if cell.strip()]
    return any(_DATA.fullmatch(cell) for cell in filled)
