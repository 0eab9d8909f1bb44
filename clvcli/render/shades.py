"""Heat maps: cells shaded from light to strong blue, a hue that the colour-blind see, under text that keeps its contrast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.color import Color, blend_rgb
from rich.style import Style

from clvcli.render.cells import Shown

STEPS = tuple(Color.from_ansi(number) for number in (255, 153, 75, 32, 25))
"""From the least to the most, of the 256 colours: almost white, then blues that are each as much darker (L* 15) than the one before."""

_BLACK = Color.from_ansi(16)
_WHITE = Color.from_ansi(231)
_DARK = 0.179
"""The luminance at which black and white text have the same contrast, 4.6:1."""
_DIM = 0.04045


def shades(columns: Iterable[Shown], *, true_color: bool) -> Mapping[str, list[Style | None]]:
    """The shades of the cells of a heat map, all on one scale, by column; None where there is no number."""
    return {
        name: [None if at is None else shade(at, true_color=true_color) for at in column] for name, column in positions(columns).items()
    }


def positions(columns: Iterable[Shown]) -> Mapping[str, list[float | None]]:
    """Where each cell of a heat map stands between the least, 0, and the most, 1, by column; None where there is no number."""
    values = {c.name: c.values for c in columns if c.shaded}
    low, high = _ends([value for column in values.values() for value in column if value is not None])
    span = (high - low) or 1
    return {
        name: [None if value is None else (min(max(value, low), high) - low) / span for value in column] for name, column in values.items()
    }


def _ends(numbers: Iterable[float]) -> tuple[float, float]:
    """The least and the most, but for outliers, which would leave all others one shade: they share that of the scale's end.

    Outliers are what lies further from the middle half than 1.5 times its width (Tukey 1977).
    """
    ordered = sorted(numbers) or [0]
    first, third = ordered[len(ordered) // 4], ordered[len(ordered) * 3 // 4]
    reach = 1.5 * (third - first)
    return (max(ordered[0], first - reach), min(ordered[-1], third + reach)) if reach else (ordered[0], ordered[-1])


def shade(position: float, *, true_color: bool) -> Style:
    """The shade at a position from 0, the lightest, to 1, the strongest."""
    last = len(STEPS) - 1
    if true_color:
        step = min(int(position * last), last - 1)
        ends = STEPS[step].get_truecolor(), STEPS[step + 1].get_truecolor()
        ground = Color.from_triplet(blend_rgb(*ends, position * last - step))
    else:
        ground = STEPS[min(int(position * len(STEPS)), last)]
    return Style(color=_WHITE if _luminance(ground) < _DARK else _BLACK, bgcolor=ground)


def _luminance(color: Color) -> float:
    """Relative luminance as WCAG 2 defines it, 0 to 1."""
    red, green, blue = map(_linear, color.get_truecolor().normalized)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    """A part of a colour of sRGB, 0 to 1, as light."""
    return part / 12.92 if part <= _DIM else ((part + 0.055) / 1.055) ** 2.4
