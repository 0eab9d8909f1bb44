"""Shades of a heat map: one scale, from light to strong, under text that can be read."""

import pytest
from rich.color import Color

from clvcli.render.cells import Shown
from clvcli.render.drawn import GAIN, LOSS
from clvcli.render.shades import STEPS, shade, shades

POSITIONS = [n / 200 for n in range(201)]
STEP_OF = {step: n for n, step in enumerate(STEPS)}


def luminance(color):
    """Relative luminance after WCAG 2.2, worked out apart from the program."""
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in color.get_truecolor()]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one, other):
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def column(name, *values):
    return Shown(name, name, is_number=True, cells=tuple(map(str, values)), footer="", shaded=True, values=values)


def steps(*columns):
    """The steps, 0 to 4, of all cells by column."""
    found = shades(columns, true_color=False)
    return {name: [style and STEP_OF[style.bgcolor] for style in styles] for name, styles in found.items()}


def test_contrast_is_measured_as_wcag_measures_it():
    assert contrast(Color.parse("#000000"), Color.parse("#ffffff")) == pytest.approx(21)
    assert contrast(Color.parse("#767676"), Color.parse("#ffffff")) == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("true_color", [True, False])
def test_text_has_enough_contrast_on_every_shade(true_color):
    styles = [shade(position, true_color=true_color) for position in POSITIONS]
    assert min(contrast(style.color, style.bgcolor) for style in styles) >= 4.5


@pytest.mark.parametrize("ground", ["#000000", "#ffffff"])
@pytest.mark.parametrize("bar", [GAIN, LOSS], ids=["gain", "loss"])
def test_bars_are_seen_on_black_and_on_white(bar, ground):
    assert contrast(bar.color, Color.parse(ground)) >= 3


@pytest.mark.parametrize("true_color", [True, False])
def test_more_is_never_lighter(true_color):
    luminances = [luminance(shade(position, true_color=true_color).bgcolor) for position in POSITIONS]
    assert luminances == sorted(luminances, reverse=True)


def test_all_shades_are_of_one_hue():
    for red, green, blue in (shade(position, true_color=True).bgcolor.get_truecolor() for position in POSITIONS):
        assert red <= green <= blue


def test_both_kinds_of_colour_begin_and_end_alike():
    ends = [[shade(position, true_color=kind).bgcolor.get_truecolor() for position in (0, 1)] for kind in (True, False)]
    assert ends[0] == ends[1] == [STEPS[0].get_truecolor(), STEPS[-1].get_truecolor()]


def test_all_columns_share_one_scale_from_the_least_to_the_most():
    assert steps(column("1", 0.0, 20.0, 39.0), column("2", 40.0, 79.0, 100.0)) == {"1": [0, 1, 1], "2": [2, 3, 4]}


def test_a_scale_may_begin_below_zero():
    assert steps(column("1", -50, 0, 50)) == {"1": [0, 2, 4]}


def test_an_outlier_shares_the_shade_at_its_end_and_leaves_the_others_theirs():
    """The middle half of these is 20 to 60, so that the scale ends at 60 + 1.5 × 40 = 120, and 60 is its middle."""
    assert steps(column("0", 1000), column("1", 0, 10, 20, 30, 40, 50, 60, 70)) == {"0": [4], "1": [0, 0, 0, 1, 1, 2, 2, 2]}
    assert steps(column("0", -1000), column("1", 0, -10, -20, -30, -40, -50, -60, -70)) == {"0": [0], "1": [4, 4, 4, 3, 3, 2, 2, 2]}


def test_where_most_numbers_are_equal_the_scale_goes_to_the_most():
    assert steps(column("1", 0, 0, 0, 0, 0, 5, 10)) == {"1": [0, 0, 0, 0, 0, 2, 4]}


def test_what_was_not_observed_has_no_shade():
    assert steps(column("1", None, 1, 2)) == {"1": [None, 0, 4]}


def test_of_equal_numbers_none_is_stronger():
    assert steps(column("1", 7, 7), column("2", None, 7)) == {"1": [0, 0], "2": [None, 0]}


def test_nothing_has_no_shades():
    assert steps() == {}
    assert steps(column("1", None)) == {"1": [None]}


def test_only_columns_of_the_heat_map_are_shaded():
    assert steps(Shown("n", "N", is_number=True, cells=("1",), footer="", values=(1,))) == {}
