"""What the place that is written to can show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """What the terminal can show."""

    width: int = 80
    color: bool = False
    unicode: bool = True
