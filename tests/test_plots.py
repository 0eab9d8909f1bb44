"""Charts as SVG: where things stand, what is said for those who don't see them, and what odd numbers do."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clvcli.charts import Curve, Lines, Mark, Range, Ranges
from clvcli.render.plots import SIZES, plots, ticks
from clvcli.tables import Unit

MONEY = st.floats(-1e9, 1e9, allow_nan=False)


def lines(*points, marks=(), **more):
    return Lines("one", "A title", "It rises.", Unit.MONEY, "months", (Curve("CLV", points),), {0: "0", 1: "1"}, marks, **more)


def elements(drawing, name):
    return [one for one in ET.fromstring(drawing).iter() if one.tag == name]


def test_a_chart_is_drawn_once_for_a_page_and_once_for_a_phone():
    wide, narrow = plots(lines((0, 1), (1, 2)))
    assert [ET.fromstring(one).get("class") for one in (wide, narrow)] == [size.name for size in SIZES]
    assert [ET.fromstring(one).get("viewBox").split()[2] for one in (wide, narrow)] == ["720", "340"]


def test_what_it_shows_is_said():
    drawing = ET.fromstring(plots(lines((0, 1), (1, 2)))[0])
    assert drawing.get("role") == "img"
    assert drawing.get("aria-label") == "A title. It rises."


def test_a_curve_goes_from_left_to_right_and_up_where_numbers_rise():
    (line,) = elements(plots(lines((0, 10), (1, 20), (2, 20)))[0], "polyline")
    (x0, y0), (x1, y1), (x2, y2) = [tuple(map(float, point.split(","))) for point in line.get("points").split()]
    assert x0 < x1 < x2 == 706
    assert y0 > y1 == y2 == 14  # 20 is the topmost tick


def test_a_curve_is_broken_where_it_is_not_known_and_a_point_alone_is_a_dot():
    drawing = plots(lines((0, 1), (1, 2), (2, None), (3, 3), (4, None)))[0]
    assert [len(line.get("points").split()) for line in elements(drawing, "polyline")] == [2, 1]
    assert len(elements(drawing, "circle")) == 1


def test_curves_of_several_have_a_legend_and_one_alone_has_none():
    two = Lines("x", "T", "S", Unit.COUNT, "x", (Curve("a", ((0, 1),)), Curve("CAC", ((0, 2),), is_level=True)), {})
    texts = [one.text for one in elements(plots(two)[0], "text")]
    assert texts[:2] == ["a", "CAC"]
    assert {line.get("class") for line in elements(plots(two)[0], "line")} >= {"s0", "level"}
    assert "CLV" not in [one.text for one in elements(plots(lines((0, 1)))[0], "text")]


def test_a_mark_says_its_word_inside_the_drawing():
    drawing = plots(lines((0, 1), (9, 10), marks=(Mark(9, 10, "paid back"),)))[0]
    (word,) = [one for one in elements(drawing, "text") if one.text == "paid back"]
    assert word.get("text-anchor") == "end"


def test_a_range_is_a_bar_from_nought_with_a_whisker():
    chart = Ranges("r", "T", "S", Unit.MONEY, (Range("a", 10, 5, 20), Range("b", -10)))
    bars = elements(plots(chart)[0], "rect")
    zero = float(bars[0].get("x"))
    assert float(bars[1].get("x")) + float(bars[1].get("width")) == pytest.approx(zero, abs=0.2)
    assert [line.get("class") for line in elements(plots(chart)[0], "line")].count("range") == 3
    assert [one.text for one in elements(plots(chart)[0], "text")] == ["a", "10.00", "b", "-10.00"]


def test_names_are_shown_not_obeyed_and_cut_before_they_run_out_of_the_drawing():
    chart = Ranges("r", "<b>", "\x1b[31m", Unit.MONEY, (Range("<script>" + "x" * 10_000, 1.0),))
    for drawing in plots(chart):
        assert "<script" not in drawing
        assert "\x1b" not in drawing
        assert len(elements(drawing, "text")[0].text) < 60


@given(st.lists(MONEY, min_size=1, max_size=12), st.lists(MONEY, max_size=3))
def test_whatever_the_numbers_all_places_are_inside_the_drawing(values, more):
    chart = lines(*enumerate(values), marks=tuple(Mark(at, value, "m") for at, value in enumerate(values[:1])))
    ranges = Ranges("r", "T", "S", Unit.MONEY, tuple(Range(str(at), value) for at, value in enumerate([*values, *more])))
    for drawing in (*plots(chart), *plots(ranges)):
        _, _, width, height = map(float, ET.fromstring(drawing).get("viewBox").split())
        assert all(-0.1 <= float(x) <= width for x in re.findall(r' (?:x|x1|x2|cx)="([^"]+)"', drawing))
        assert all(-0.1 <= float(y) <= height for y in re.findall(r' (?:y|y1|y2|cy)="([^"]+)"', drawing))


@given(MONEY, MONEY)
def test_ticks_are_round_rise_and_enclose_the_numbers(a, b):
    low, high = sorted((a, b))
    found = ticks(low, high)
    assert found[0] <= low + 1e-6 * abs(low)
    assert found[-1] >= high - 1e-6 * abs(high)
    assert found == sorted(set(found))
    assert 2 <= len(found) <= 8


def test_ticks_by_hand():
    assert ticks(0, 87.3) == [0, 20, 40, 60, 80, 100]
    assert ticks(0, 0) == [0, 0.2]
    assert ticks(-3, 7) == [-4, -2, 0, 2, 4, 6, 8]


def test_every_clv_of_clv_itself_is_named_in_full_beside_its_bar():
    name = "CLV retention immediate (margin, total)"
    assert elements(plots(Ranges("r", "T", "S", Unit.MONEY, (Range(name, 1.0),)))[0], "text")[0].text == name


@pytest.mark.parametrize(("height", "is_high"), [(5.0, True), (90.0, False)])
def test_the_word_of_a_mark_is_not_over_the_level_that_is_reached(height, is_high):
    chart = lines((0, 0), (1, 100), marks=(Mark(0.1, height, "paid back"),))
    for drawing in plots(chart):
        (word,) = (one for one in elements(drawing, "text") if one.text == "paid back")
        circle = elements(drawing, "circle")[-1]
        assert (float(word.get("y")) < float(circle.get("cy"))) is is_high
        assert abs(float(word.get("y")) - float(circle.get("cy"))) > 40
