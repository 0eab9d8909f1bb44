"""What the place that is written to can show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """What the terminal can show: in colour it has 256 of them, with `true_color` 16 million; `raw` text isn't made safe for spreadsheets.

    A terminal obeys control characters, also those in data.
    """

    width: int = 80
    color: bool = False
    unicode: bool = True
    true_color: bool = False
    raw: bool = False
    is_terminal: bool = False
