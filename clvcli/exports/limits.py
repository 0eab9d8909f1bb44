"""Limits: how much a packed file may unpack to, so that a small one can't fill the memory or take for ever."""

from __future__ import annotations

from clvcli.errors import InputError, Place, Problem

LARGEST_BYTES = 20 * 10**9
LARGEST_BYTES_IN_MEMORY = 4 * 10**9
"""What is unpacked as a whole before it is read, as the members of a ZIP file are."""
LARGEST_RATIO = 200
HARMLESS_BYTES = 100 * 10**6
"""A file that unpacks to no more than this may be packed as tightly as it likes."""
HARMLESS_CELLS = 20 * 10**6
MOST_CELLS = 200 * 10**6
"""A sheet is laid out in memory with the empty cells between those that hold something."""
SPARSEST = 5
"""A large sheet has no more cells for each that is written down than this."""


def refuse_bomb(name: str, size: int, packed: int, most: int = LARGEST_BYTES) -> None:
    """Raises InputError for content of `size` bytes or more that is larger than anyone's, or was packed into next to nothing."""
    what = f"more than {LARGEST_RATIO} times as large as the file" if size > max(HARMLESS_BYTES, LARGEST_RATIO * packed) else ""
    what = f"more than {most // 10**9} GB" if size > most else what
    if what:
        raise InputError(Problem(f"what it unpacks to is {what}", Place(name), "if that is right, unpack it and give the unpacked file"))


def refuse_vast(name: str, sheet: str, height: int, width: int, filled: int) -> None:
    """Raises InputError for a sheet that has more cells than fit into memory, or hardly any that hold something."""
    if height * width > min(max(HARMLESS_CELLS, SPARSEST * filled), MOST_CELLS):
        problem = f"the sheet '{sheet}' spans {height:,} rows and {width:,} columns, but holds {filled:,} cells"
        raise InputError(Problem(problem, Place(name), "delete what stands far out, or save the table as CSV, and give that file"))
