"""Bars: one scale, eighths of a cell, an axis where there are negative numbers."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clvcli.render.bars import bars

numbers = st.lists(st.none() | st.floats(-1e12, 1e12) | st.integers(-1000, 1000))


def drawn(values, width, *, unicode=True):
    """Each bar as one text between two edges, so that its blanks can be seen."""
    return [f"[{''.join(bar)}]" for bar in bars(values, width, unicode=unicode)]


def test_the_longest_bar_fills_the_width_and_the_others_are_in_proportion():
    assert drawn([8, 4, 1], 4) == ["[████]", "[██  ]", "[▌   ]"]


def test_a_bar_ends_in_an_eighth_of_a_cell():
    assert drawn([8, 7, 6, 5, 4, 3, 2, 1], 1) == ["[█]", "[▉]", "[▊]", "[▋]", "[▌]", "[▍]", "[▎]", "[▏]"]


def test_nothing_has_no_bar_and_what_is_little_has_one():
    assert drawn([1000, 1, 0, None], 4) == ["[████]", "[▏   ]", "[    ]", "[    ]"]
    assert drawn([1000, -1, -1000], 5)[1] == "[ ▕│  ]"


def test_without_unicode_bars_are_of_hashes():
    assert drawn([8, 4, 1], 4, unicode=False) == ["[####]", "[##  ]", "[#   ]"]
    assert drawn([2, -2, -1, 0], 5, unicode=False) == ["[  :##]", "[##:  ]", "[ #:  ]", "[  :  ]"]


def test_negative_numbers_stand_left_of_an_axis_on_the_same_scale():
    assert drawn([4, -2, 1, -1, 0, None], 7) == ["[  │████]", "[██│    ]", "[  │█   ]", "[ █│    ]", "[  │    ]", "[       ]"]


def test_a_bar_to_the_left_ends_in_half_a_cell():
    assert drawn([-4, 4, -1, -3], 5) == ["[██│  ]", "[  │██]", "[ ▐│  ]", "[▐█│  ]"]


def test_of_negative_numbers_alone_the_axis_is_at_the_end():
    assert drawn([-4, -1], 5) == ["[████│]", "[   █│]"]


def test_each_side_has_room_however_small_its_numbers():
    assert drawn([-1, 1000], 5) == ["[▕│   ]", "[ │███]"]
    assert drawn([-1000, 1], 5) == ["[███│ ]", "[   │▏]"]


def test_no_numbers_have_no_bars():
    assert drawn([], 4) == []
    assert drawn([None, 0], 2) == ["[  ]", "[  ]"]


@given(numbers, st.integers(8, 40), st.booleans())
def test_bars_are_all_as_wide_as_they_should_be(values, width, unicode):
    assert {len(bar) - 2 for bar in drawn(values, width, unicode=unicode)} <= {width}


@given(numbers, st.integers(8, 40), st.booleans())
def test_a_larger_number_has_no_shorter_bar(values, width, unicode):
    found = sorted((value, bar) for value, bar in zip(values, bars(values, width, unicode=unicode), strict=True) if value is not None)
    for (_, less), (_, more) in pairwise(found):
        assert len(less.left.strip()) >= len(more.left.strip())
        assert len(less.right.strip()) <= len(more.right.strip())


@pytest.mark.parametrize("unicode", [True, False])
def test_without_unicode_all_of_a_bar_is_ascii(unicode):
    assert "".join(drawn([3, -1, 0, None], 9, unicode=unicode)).isascii() is not unicode


@pytest.mark.parametrize("unicode", [True, False])
def test_a_number_too_small_to_divide_by_has_no_bar(unicode):
    assert drawn([-5e-324, None], 8, unicode=unicode) == drawn([0.0, None], 8, unicode=unicode)
    assert drawn([-5e-324, 1.0], 8, unicode=unicode) == drawn([0.0, 1.0], 8, unicode=unicode)
