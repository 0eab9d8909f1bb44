"""Differences: tests on paper, Holm's correction, and shrinkage against a published example."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from orders_text import collected, on_polars
from program import SHOP

from clvcli import differences
from clvcli.analysis import analysis
from clvcli.catalog import Catalog
from clvcli.differences import FEWEST, difference, distinguishable, rejected, shrunk, steadied
from clvcli.formulas import formula
from clvcli.intervals import Estimate, intervals, moments, samples, summed
from clvcli.request import Request
from clvcli.tables import Unit

CATALOG = Catalog(
    own_formulas=(formula("root", "Root", Unit.NUMBER, "(revenue - 400 * customers) ** 0.5", "Root."),), settings={"period_years": 1.0}
)


def test_the_error_of_a_difference_is_the_hypotenuse_of_the_two():
    found = difference(Estimate(12.0, 3.0, 50), Estimate(2.0, 4.0, 40))
    assert (found, found.z) == (Estimate(10.0, 5.0, 90), 2.0)
    assert found.interval == pytest.approx((10 - 9.7998, 10 + 9.7998), abs=5e-5)


@pytest.mark.parametrize("other", [Estimate(None, None, 4), Estimate(None, 1.0, 4)])
def test_nothing_differs_from_what_has_no_value(other):
    assert difference(Estimate(1.0, 1.0, 3), other) == difference(other, Estimate(1.0, 1.0, 3)) == Estimate(None, None, 7)


def test_a_difference_is_as_unsure_as_nobody_knows_if_one_side_is():
    assert difference(Estimate(3.0, None, 1), Estimate(1.0, 1.0, 4)) == Estimate(2.0, None, 5)


def test_what_only_rounding_sets_apart_is_the_same():
    assert difference(Estimate(0.1 + 0.2, 0.0, 2), Estimate(0.3, 0.0, 2)) == Estimate(0.0, 0.0, 4)


@pytest.mark.parametrize(
    ("own", "error"),
    [
        (Estimate(1.0, 0.5, 25), 2.0),  # too few to know their own spread: the other's is 1 of 100, so 2 of 25
        (Estimate(1.0, 2.5, 25), 2.5),
        (Estimate(1.0, None, 1), 10.0),
        (Estimate(1.0, 0.0, 100), 1.0),  # all alike
        (Estimate(1.0, 0.5, 100), 0.5),
        (Estimate(1.0, None, 100), None),  # no finite slope
        (Estimate(1.0, None, 0), None),
        (Estimate(None, None, 1), None),
    ],
)
def test_a_spread_that_a_group_does_not_show_is_the_others(own, error):
    assert steadied(own, Estimate(2.0, 1.0, 100)) == Estimate(own.value, error, own.n)


@pytest.mark.parametrize("other", [Estimate(2.0, 0.0, 100), Estimate(2.0, None, 100), Estimate(None, None, 0)])
def test_where_the_other_shows_no_spread_either_a_group_stays_as_it_is(other):
    assert steadied(Estimate(1.0, 0.5, 3), other) == Estimate(1.0, 0.5, 3)


# Holm


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        ([], set()),
        ([0.05], {0}),
        ([0.06], set()),
        ([0.01, 0.04, 0.03, 0.005], {0, 3}),  # 0.005 ≤ 0.05 / 4, 0.01 ≤ 0.05 / 3, 0.03 > 0.05 / 2
        ([0.02, 0.02, 0.02], set()),
        ([0.05, 0.025, 0.01], {0, 1, 2}),
        ([0.03, 0.02, 0.0, 0.9], {2}),
    ],
)
def test_holm_is_what_the_pencil_says(p_values, expected):
    assert rejected(dict(enumerate(p_values)), 0.05) == expected


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_lies_between_bonferroni_and_no_correction_and_never_skips_one(p_values):
    found = rejected(dict(enumerate(p_values)), 0.05)
    assert {at for at, p in enumerate(p_values) if p * len(p_values) <= 0.05} <= found <= {at for at, p in enumerate(p_values) if p <= 0.05}
    assert all(p_values[inside] <= p for inside in found for at, p in enumerate(p_values) if at not in found)


# Shrinkage


def test_shrinkage_is_what_the_pencil_says():
    # weights 4, mean 2, Q = 4 + 0 + 4 = 8, less 2, over 12 - 48 / 12 = 8: τ² = 3/4, and each keeps (3/4) / (3/4 + 1/4)
    assert shrunk([1.0, 2.0, 3.0], [0.5, 0.5, 0.5], 2.0) == pytest.approx([1.25, 2.0, 2.75], rel=1e-15)


def test_the_less_sure_a_group_is_the_nearer_it_comes_to_the_base():
    # weights 4, 4 and 1, mean 2, Q = 4 + 4 + 0 = 8, less 2, over 9 - 33 / 9 = 16/3: τ² = 9/8
    apart = 9 / 8
    expected = [2 - apart / (apart + 0.25), 2 + apart / (apart + 0.25), 2.0]
    assert shrunk([1.0, 3.0, 2.0], [0.5, 0.5, 1.0], 2.0) == pytest.approx(expected, rel=1e-15)
    assert shrunk([1.0, 3.0, 2.0], [0.5, 0.5, 1.0], 0.0)[2] == pytest.approx(2 * apart / (apart + 1), rel=1e-15)


def test_what_chance_explains_is_drawn_to_the_base_wholly():
    assert shrunk([1.0, 2.0, 3.0], [5.0, 5.0, 5.0], 2.5) == [2.5, 2.5, 2.5]
    assert shrunk([1.0], [0.5], 2.5) == [2.5]
    assert shrunk([], [], 2.5) == []


def test_a_group_that_outweighs_all_others_leaves_nothing_to_measure_their_differences_by():
    assert shrunk([1.0, 3.0], [1e-12, 1.0], 2.0) == [2.0, 2.0]


def test_without_an_error_a_group_gets_the_base_and_what_is_exact_stays():
    assert shrunk([7.0, None, 8.0], [None, None, 0.0], 2.5) == [2.5, 2.5, 8.0]
    assert shrunk([7.0, 8.0], [1.0, 1.0], None) == [None, None]


VACCINATED = [
    (4, 119), (6, 300), (3, 228), (62, 13536), (33, 5036), (180, 1361), (8, 2537), (505, 87886), (29, 7470), (17, 1699), (186, 50448), (5, 2493),
    (27, 16886),
]  # fmt: skip
NOT_VACCINATED = [
    (11, 128), (29, 274), (11, 209), (248, 12619), (47, 5761), (372, 1079), (10, 619), (499, 87892), (45, 7232), (65, 1600), (141, 27197), (3, 2338),
    (29, 17825),
]  # fmt: skip


def test_the_variance_between_groups_is_the_one_published_for_thirteen_trials_of_a_vaccine():
    # Colditz et al. 1994, cases and others; log risk ratios; Stata's metan and R's metafor by DerSimonian and Laird: 0.3088
    known = []
    for (a, b), (c, d) in zip(VACCINATED, NOT_VACCINATED, strict=True):
        known.append((math.log(a / (a + b) / (c / (c + d))), math.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))))
    assert differences._between(known) == pytest.approx(0.3088, abs=5e-5)


# Whether a segment differs from the rest of the shop


def people(channel, count, *revenues, orders=1, cac=0):
    """So many customers of a channel, who bring these revenues by turns."""
    bought = [revenues[at % len(revenues)] * 10_000 for at in range(count)]
    ones = {"customers": 1, "orders": orders, "repeat_customers": int(orders > 1), "acquisition_cost": cac * 10_000}
    return pl.DataFrame({"channel": channel, "revenue": bought}).with_columns(
        pl.lit(value, dtype=pl.Int64).alias(n) for n, value in ones.items()
    )


def verdicts(name, *groups):
    """What is said of each channel."""
    frame = moments(on_polars(pl.concat(groups)), ["channel"], summed([name], CATALOG))
    found = distinguishable(samples(collected(frame).to_dicts(), ["channel"]), CATALOG, [name])
    return {channel: said[name] for (channel,), said in found.items()}


def test_a_segment_is_higher_or_lower_than_the_rest_or_not_to_be_told_from_it():
    groups = people("high", 40, 100, 120), people("low", 40, 50, 70), people("mid", 40, 75, 97), people("tiny", FEWEST - 1, 500, 600)
    assert verdicts("revenue_per_customer", *groups) == {"high": "lower", "low": "lower", "mid": "lower", "tiny": "too few"}
    tiny = people("tiny", 5, 85)
    expected = {"high": "higher", "low": "lower", "mid": "not distinguishable", "tiny": "too few"}
    assert verdicts("revenue_per_customer", *groups[:3], tiny) == expected


def test_with_many_segments_more_is_asked_of_each():
    # 10.5 against 10, 2.2 errors apart: enough where nothing else is compared, and not for the first of ten
    one, many = people("one", 200, 8, 13), [people(f"{n}", 200, 7, 13) for n in range(9)]
    assert verdicts("aov", one, pl.concat(many).with_columns(channel=pl.lit("rest"))) == {"one": "higher", "rest": "lower"}
    assert verdicts("aov", one, *many)["one"] == "not distinguishable"


def test_a_rest_of_too_few_customers_is_no_measure():
    assert verdicts("aov", people("web", 40, 1, 2), people("fair", FEWEST - 1, 8, 9)) == {"web": "too few", "fair": "too few"}


def test_nobody_who_came_back_of_thirty_is_no_sign_where_few_do():
    # 6 of 300 came back; 0 of 30 is 2.5 errors away by the spread of the many alone, since the thirty show none
    groups = people("web", 294, 10), people("web", 6, 10, orders=2), people("fair", 30, 10)
    assert verdicts("repeat_rate", *groups) == {"web": "not distinguishable", "fair": "not distinguishable"}
    many_back = people("web", 150, 10), people("web", 150, 10, orders=2), people("fair", 30, 10)
    assert verdicts("repeat_rate", *many_back) == {"web": "higher", "fair": "lower"}


def test_what_is_exact_differs_where_it_differs():
    assert verdicts("cac", people("web", 30, 10, cac=12), people("fair", 30, 10, cac=5)) == {"web": "higher", "fair": "lower"}
    same = people("web", 30, 10, cac=5), people("fair", 30, 10, cac=5)
    assert verdicts("cac", *same) == {"web": "not distinguishable", "fair": "not distinguishable"}


def test_nothing_is_said_of_what_has_no_value_on_either_side():
    assert verdicts("aov", people("web", 50, 1, 2)) == {"web": None}
    assert verdicts("aov", people("web", 50, 1, 2), people("fair", 50, 1, 2), people("gift", 50, 0, orders=0))["gift"] is None
    assert verdicts("root", people("web", 50, 400), people("fair", 50, 500, 600)) == {"web": None, "fair": None}


def test_segments_of_the_sample_shop():
    run = analysis(Request("segments", (SHOP,), None, {}, ("channel",)))
    names = ["repeat_rate", "aov"]
    groups = samples(collected(moments(run.customers, ["channel"], summed(names, run.catalog))).to_dicts(), ["channel"])
    found = distinguishable(groups, run.catalog, names)
    higher, lower, neither = "higher", "lower", "not distinguishable"
    assert {channel: (said["repeat_rate"], said["aov"]) for (channel,), said in found.items()} == {
        "email": (higher, neither),
        "marketplace": (higher, lower),
        "organic": (higher, neither),
        "referral": (higher, higher),
        "search": (higher, higher),
        "social": (lower, lower),
    }
    everything = intervals(groups, run.catalog, names)
    assert everything[("social",)]["repeat_rate"].interval == pytest.approx((0.2466, 0.3227), abs=5e-5)
