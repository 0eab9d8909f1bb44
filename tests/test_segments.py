"""Names for kinds of customer."""

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from clvcli.errors import ConfigError
from clvcli.expression import parse
from clvcli.segments import Segment, label

CUSTOMERS = {"orders": [5.0, 2.0, None, 1.0], "channel": ["web", "fair", "web", "fair"]}


def labelled(**conditions):
    """The segment of each of CUSTOMERS."""
    segments = [Segment(name, parse(text)) for name, text in conditions.items()]
    frame = nw.from_native(pl.DataFrame(CUSTOMERS).lazy())
    return label(frame, segments, {name: nw.col(name) for name in CUSTOMERS}).collect()["segment"].to_list()


def test_the_first_condition_that_is_met_wins():
    assert labelled(loyal="orders >= 5", repeat="orders >= 2") == ["loyal", "repeat", "other", "other"]


def test_who_cannot_be_judged_is_other():
    assert labelled(few="not orders > 2") == ["other", "few", "other", "few"]


def test_conditions_compare_attributes_with_text():
    assert labelled(web='channel == "web"') == ["web", "other", "web", "other"]


def test_without_segments_everybody_is_other():
    assert labelled() == ["other"] * 4


def test_a_number_is_no_condition():
    with pytest.raises(ConfigError) as error:
        Segment("loyal", parse("orders"))
    (problem,) = error.value.problems
    assert problem.message == "segment loyal: 'orders' is a number, not a condition"
    assert problem.hint == "compare it with something, as in 'orders >= 3'"
