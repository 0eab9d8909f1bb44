"""Conditions on a shop and its segments: which are met, and what is said where nobody can tell."""

from dataclasses import replace

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from orders_text import collected, customers_from, customers_of, observed
from shops import CHANNELS, LAST, shops

from clvcli.acquisition import with_acquisition_cost
from clvcli.catalog import Catalog
from clvcli.churn import ChurnRule
from clvcli.customers import merged
from clvcli.errors import ConfigError, Place
from clvcli.expression import parse
from clvcli.labels import with_labels
from clvcli.measuring import Observation
from clvcli.orders import orders
from clvcli.periods import Period, Window
from clvcli.rates import Rates
from clvcli.reports.checks import checks, doubts, findings, told
from clvcli.reports.figures import figures
from clvcli.watch import conditions, outcomes, segment_name

SHOP = """
    customer  order  date        amount  channel
    ann       1      2023-03-01   100    web
    ann       2      2024-05-01    60    web
    bob       3      2023-04-01    40    web
    cid       4      2023-06-01    30    fair
    dan       5      2024-07-01    20    fair
    eva       6      2024-08-01    10    -
"""
SEEN = observed("2024-12-31", Period.YEAR, since="2023-01-01")
ABSENT = {"gross_profit": "the margin isn't known", "acquisition_cost": "the CAC isn't known"}
CATALOG = Catalog(settings={"period_years": 1.0, "churn_window_days": 180.0, "discount_rate": 0.1, "target_ltv_to_cac": 3.0}, absent=ABSENT)


def asked(*texts, known=("orders", "revenue", "aov", "retention_rate")):
    return conditions([(text, Place("--fail-if", column=1, text=text)) for text in texts], known)


def rows(*texts, by=((),), catalog=CATALOG, text=SHOP):
    """What became of each condition: `{(condition, segment): (met, values, why)}`."""
    table = checks(customers_from(text, SEEN), catalog, asked(*texts, known=catalog.names), by)
    return {(row[0], row[1]): row[3:] for row in table.frame.rows()}


# What a condition is


def test_a_condition_knows_what_it_reads():
    (found,) = asked('channel == "web" and retention_rate < 0.25')
    assert (found.names, found.texts) == ({"channel", "retention_rate"}, {"channel"})


@pytest.mark.parametrize(
    ("text", "message", "column", "hint"),
    [
        ("retntion_rate < 0.25", "unknown name 'retntion_rate'", 1, "did you mean 'retention_rate'?"),
        ("aov < 3 and retention_rat < 1", "unknown name 'retention_rat'", 13, "did you mean 'retention_rate'?"),
        ("aov", "'aov' is a number, not a condition", 1, "compare it with something, as in 'aov < 0.25'"),
        ("1 < 2", "'1 < 2' reads no number of the shop", 1, "name one, as in 'retention_rate < 0.25'"),
        ('aov < 3 or orders == "x"', "'orders' is a number, and never a text", 12, "compare it with a number"),
        ("aov <", "can't read 'aov <': invalid syntax", 1, "use + - * / ** ( ), min(), max(), abs(), coalesce(), if … else, comparisons, and, or, not"),
    ],
)  # fmt: skip
def test_what_is_no_condition_is_refused_where_it_stands(text, message, column, hint):
    with pytest.raises(ConfigError) as caught:
        asked(text)
    (problem,) = caught.value.problems
    assert (problem.message, problem.place.column, problem.hint) == (message, column, hint)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        asked("aov", "aov < 3", "nothing > 0")
    assert [problem.message for problem in caught.value.problems] == ["'aov' is a number, not a condition", "unknown name 'nothing'"]


# What segments are called


@pytest.mark.parametrize(
    ("by", "key", "name"),
    [
        ([], [], "all customers"),
        (["channel"], ["web"], "channel=web"),
        (["channel"], [None], "channel=–"),
        (["channel", "country"], ["web", "LV"], "channel=web, country=LV"),
        (["channel"], ["–"], 'channel="–"'),
        (["channel"], [""], 'channel=""'),
        (["channel"], [" web"], 'channel=" web"'),
        (["channel"], ["a=b"], 'channel="a=b"'),
        (["channel"], ['a"b'], 'channel="a\\"b"'),
        (["channel"], ["a\nb"], 'channel="a\\nb"'),
        (["cohort"], [2024], "cohort=2024"),
    ],
)
def test_a_segment_is_called_by_what_tells_it_apart(by, key, name):
    assert segment_name(by, key) == name


VALUES = st.one_of(st.none(), st.text(alphabet='ab=, "–\\\n', max_size=6))


@given(st.lists(VALUES, min_size=2, max_size=2), st.lists(VALUES, min_size=2, max_size=2))
def test_two_segments_never_share_a_name(one, other):
    assert (segment_name(["x", "y"], one) == segment_name(["x", "y"], other)) == (one == other)


# What becomes of conditions, over numbers alone


def became(text, groups, by=("channel",), why=lambda name, segment: f"{name} of {segment} isn't known here"):
    names = {name for group in groups.values() for name in group} - {*by}
    return [(one.segment, one.met, one.why) for one in outcomes(asked(text, known=names), by, groups, why)]


def test_each_group_is_judged_by_its_own_numbers():
    assert became("aov < 3", {"channel=web": {"aov": 2.0}, "channel=fair": {"aov": 3.0}}) == [
        ("channel=web", True, ""),
        ("channel=fair", False, ""),
    ]


def test_what_a_group_is_told_apart_by_may_be_read():
    groups = {"channel=web": {"channel": "web", "aov": 2.0}, "channel=–": {"channel": None, "aov": 2.0}}
    assert [met for _, met, _ in became('channel == "web" and aov < 3', groups)] == [True, False]


def test_an_unknown_number_is_neither_met_nor_not_met():
    assert became("aov < 3", {"all": {"aov": None}}) == [("all", None, "aov of all isn't known here")]
    assert became("not aov < 3", {"all": {"aov": None}}) == [("all", None, "aov of all isn't known here")]


def test_what_the_known_numbers_decide_is_decided():
    assert became("aov < 3 or orders > 1", {"all": {"aov": None, "orders": 2.0}}) == [("all", True, "")]
    assert became("aov < 3 and orders > 1", {"all": {"aov": None, "orders": 1.0}}) == [("all", False, "")]


def test_a_division_by_nought_can_not_be_judged():
    assert became("aov / orders < 3", {"all": {"aov": 1.0, "orders": 0.0}}) == [
        ("all", None, "aov / orders < 3 divides by zero or is no number"),
    ]


def test_a_number_that_nobody_can_account_for_is_named():
    assert became("aov < 3", {"all": {"aov": None}}, why=lambda *_: None) == [("all", None, "aov isn't known")]


def test_an_attribute_that_segments_are_not_told_apart_by_is_not_taken_for_an_empty_text():
    (found,) = became('channel != "web"', {"country=LV": {"country": "LV"}}, by=("country",))
    assert found == ("country=LV", None, "it is of segments by channel: clv segments --by channel")


@given(st.lists(st.one_of(st.none(), st.floats(-10, 10)), min_size=1, max_size=6), st.floats(-10, 10))
def test_a_condition_and_its_opposite_part_the_groups(values, threshold):
    groups = {str(at): {"aov": value} for at, value in enumerate(values)}
    one, other = (became(f"{negated}aov < {threshold!r}".replace("--", "- -"), groups) for negated in ("", "not "))
    assert [met for _, met, _ in one] == [None if met is None else not met for _, met, _ in other]
    assert [met for _, met, _ in one] == [None if value is None else value < threshold for value in values]


# The table


def test_the_shop_is_judged_by_its_figures():
    assert rows("revenue > 250", "aov < 40", "orders == 7") == {
        ("revenue > 250", "all customers"): ("yes", "revenue is 260.00", None),
        ("aov < 40", "all customers"): ("no", "aov is 43.33", None),
        ("orders == 7", "all customers"): ("no", "orders is 6", None),
    }


def test_segments_are_judged_most_revenue_first():
    found = rows("aov < 40 and customers > 1", by=(("channel",),))
    assert list(found.items()) == [
        (("aov < 40 and customers > 1", "channel=web"), ("no", "aov is 66.67, customers is 2", None)),
        (("aov < 40 and customers > 1", "channel=fair"), ("yes", "aov is 25.00, customers is 2", None)),
        (("aov < 40 and customers > 1", "channel=–"), ("no", "aov is 10.00, customers is 1", None)),
    ]


def test_of_a_report_the_shop_comes_before_its_segments_condition_by_condition():
    found = rows("aov < 40", 'channel == "fair" and aov < 30', by=((), ("channel",)))
    assert [key[1] for key in found] == [
        "all customers",
        "channel=web",
        "channel=fair",
        "channel=–",
        "channel=web",
        "channel=fair",
        "channel=–",
    ]
    assert [row[0] for row in found.values()] == ["no", "no", "yes", "yes", "no", "yes", "no"]


def test_a_condition_of_segments_that_are_not_made_is_told_once():
    found = rows('country == "LV"', by=(("channel",),))
    assert found == {('country == "LV"', "all customers"): (None, "", "it is of segments by country: clv segments --by country")}


def test_a_condition_that_is_told_twice_is_judged_once():
    assert len(rows("aov < 40", "aov < 40")) == 1


def test_what_is_not_known_of_this_shop_says_why():
    assert rows("margin < 0.3", by=(("channel",),))["margin < 0.3", "channel=web"] == (None, "margin is –", "the margin isn't known")
    assert rows("gross_profit < 3")["gross_profit < 3", "all customers"] == (None, "gross_profit is –", "the margin isn't known")


def test_what_is_not_known_of_a_segment_says_why():
    found = rows("retention_rate < 0.6", by=(("channel",),))
    assert found["retention_rate < 0.6", "channel=web"] == ("yes", "retention_rate is 50.0%", None)
    assert found["retention_rate < 0.6", "channel=–"] == (
        None,
        "retention_rate is –",
        "retention_rate = retained_customers / customers_in_previous_period divides by zero: customers_in_previous_period, retained_customers is 0",
    )


def test_settings_days_and_labels_may_be_read():
    found = rows("churn_window_days > 100", "last_day >= 0")
    assert [row[:2] for row in found.values()] == [("yes", "churn_window_days is 180 d"), ("yes", "last_day is 2024-08-01")]
    labelled = with_labels(customers_from(SHOP, SEEN), ["cohort_year"], (0.2,))
    table = checks(labelled, CATALOG, asked('cohort_year == "2023" and customers > 2', known=CATALOG.names), [("cohort_year",)])
    assert table.frame.select("segment", "met").rows() == [("cohort_year=2023", "yes"), ("cohort_year=2024", "no")]


def test_money_is_in_currency_units():
    made = with_acquisition_cost(customers_from(SHOP, SEEN, Rates(0.5)), Rates(10.0))
    catalog = replace(CATALOG, absent={})
    table = checks(made, catalog, asked("gross_profit == 130 and acquisition_cost == 50", known=catalog.names), [()])
    assert table.frame["met"].to_list() == ["yes"]


def test_the_title_says_how_many_found_something():
    def title(*texts):
        return checks(customers_from(SHOP, SEEN), CATALOG, asked(*texts, known=CATALOG.names), [()]).title

    assert title("aov < 40") == "None of 1 check found something"
    assert title("aov < 50", "aov < 40") == "1 of 2 checks found something"
    assert title("margin < 1", "aov < 40") == "None of 2 checks found something; 1 can't be judged"
    assert title("margin < 1", "aov < 50") == "1 of 2 checks found something; 1 can't be judged"
    assert title(*(f"aov < {limit}" for limit in range(50, 1051))) == "1,001 of 1,001 checks found something"


# What is told of it


def table_of(*texts, by=((),), text=SHOP):
    return checks(customers_from(text, SEEN), CATALOG, asked(*texts, known=CATALOG.names), by)


def test_only_what_was_found_is_told():
    assert told(table_of("aov < 50", "aov < 40", "margin < 1")) == (
        "aov < 50: aov is 43.33",
        "margin < 1 can't be judged: the margin isn't known",
    )
    assert told(table_of("aov < 40")) == ()


def test_a_segment_is_named_and_a_small_one_is_called_small():
    one = table_of("aov < 15", by=(("channel",),))
    assert told(one) == ("aov < 15 for channel=–: aov is 10.00",)
    assert doubts(one) == ("this is of fewer than 30 customers, whose figures say little: clv segments --min-customers 30 gathers them",)
    assert doubts(table_of("aov < 70", by=(("channel",),)))[0].startswith("3 of these are of fewer than 30 customers")
    assert doubts(table_of("aov < 70", by=((),))) == ()


def test_what_can_not_be_judged_of_a_small_segment_alone_is_passed_over_but_told():
    table = table_of("retention_rate < 0.1", by=(("channel",),))
    assert table.frame.select("segment", "met").rows() == [("channel=web", "no"), ("channel=fair", "yes"), ("channel=–", None)]
    assert told(table) == ("retention_rate < 0.1 for channel=fair: retention_rate is 0.0%",)
    assert doubts(table)[1:] == ("1 check of segments of fewer than 30 customers can't be judged, and is passed over",)
    both = table_of("retention_rate < 0.1", "churn_rate < 0", by=(("channel",),))
    assert doubts(both)[1:] == ("2 checks of segments of fewer than 30 customers can't be judged, and are passed over",)


def test_what_can_not_be_judged_of_any_segment_is_not_passed_over():
    assert len(told(table_of("margin < 0.1", by=(("channel",),)))) == 3


def test_who_only_gave_something_back_is_no_segment():
    text = SHOP + "    hal       7      2024-08-01   -15    mail\n"
    assert [key[1] for key in rows("orders < 9", by=(("channel",),), text=text)] == ["channel=web", "channel=fair", "channel=–"]


def test_many_findings_are_told_in_part():
    lines = told(table_of("aov < 70", by=(("channel",),)), most=1)
    assert lines[:2] == ("aov < 70 for channel=web: aov is 66.67", "2 more; all are in the table checks: --table checks")


def test_what_can_not_be_judged_is_no_column_for_people_where_all_can():
    assert "why" in table_of("aov < 40").hidden
    assert "why" not in table_of("margin < 1").hidden


# Laws


@given(shops(), st.integers(-10, 10))
def test_over_segments_a_condition_says_what_their_figures_say(lines, threshold):
    seen = Observation(Window(LAST - 1000, LAST, Period.YEAR), ChurnRule(180))
    made = customers_of(orders(nw.from_native(lines.lazy()), None, ["channel"]), ["channel"], seen)
    table = checks(made, CATALOG, asked(f"orders > {threshold}".replace("-", "0 - "), known=CATALOG.names), [("channel",)])
    counts = dict(collected(merged(made, ["channel"])).filter(pl.col("customers") > 0).select("channel", "orders").rows())
    assert dict(table.frame.select("segment", "met").rows()) == {
        segment_name(["channel"], [channel]): "yes" if counts[channel] > threshold else "no" for channel in CHANNELS if channel in counts
    }


@given(shops())
def test_a_segment_alone_is_judged_as_a_shop_of_its_own(lines):
    seen = Observation(Window(LAST - 1000, LAST, Period.YEAR), ChurnRule(180))
    made = customers_of(orders(nw.from_native(lines.lazy()), None, ["channel"]), ["channel"], seen)
    condition = parse("aov < 100 or repeat_rate > 0.5")
    for row in checks(made, CATALOG, [condition], [("channel",)]).frame.iter_rows(named=True):
        channel = row["segment"].removeprefix("channel=")
        is_it = nw.col("channel").is_null() if channel == "–" else nw.col("channel") == channel
        met = condition.number(figures(made.filter(is_it), CATALOG))
        assert row["met"] == {None: None, 0.0: "no", 1.0: "yes"}[met]


def test_findings_are_what_is_met_or_not_known():
    assert findings(table_of("aov < 50", "aov < 40", "margin < 1"))["condition"].to_list() == ["aov < 50", "margin < 1"]
