"""What the place that is written to can show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """What the terminal can show: in colour it has 256 of them, with `true_color` 16 million."""

    width: int = 80
    color: bool = False
    unicode: bool = True
    true_color: bool = False
