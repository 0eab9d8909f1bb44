"""The churn rules: after how much silence a customer has lapsed."""

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from orders_text import ENGINES, collected

from clvcli.churn import RULES, ChurnRule

WINDOW = ChurnRule(90)
KINDLY = ChurnRule(90, one_time_days=30)
PERCENTILE = ChurnRule(60, one_time_days=120, name="percentile")
PERSONAL = ChurnRule(90, 2.0, 20, name="personal")
PERSONAL_OF_ONCE = ChurnRule(90, 1.5, 0, 45, "personal")

# Idle, active and buying days. Four days of purchase in sixty are a mean gap of twenty: twice that is forty days of silence.
EXAMPLES = [
    (WINDOW, (90, 0, 1), False),
    (WINDOW, (91, 0, 1), True),
    (WINDOW, (91, 200, 5), True),
    (KINDLY, (30, 0, 1), False),
    (KINDLY, (31, 0, 1), True),
    (KINDLY, (90, 10, 2), False),
    (KINDLY, (91, 10, 2), True),
    (PERCENTILE, (61, 0, 1), False),
    (PERCENTILE, (121, 0, 1), True),
    (PERCENTILE, (61, 5, 2), True),
    (PERSONAL, (40, 60, 4), False),
    (PERSONAL, (41, 60, 4), True),
    (PERSONAL, (20, 6, 4), False),  # twice a mean gap of two days, but never within twenty
    (PERSONAL, (21, 6, 4), True),
    (PERSONAL, (90, 0, 1), False),
    (PERSONAL, (91, 0, 1), True),
    (PERSONAL_OF_ONCE, (45, 0, 1), False),
    (PERSONAL_OF_ONCE, (46, 0, 1), True),
    (PERSONAL_OF_ONCE, (10, 20, 4), False),  # one and a half times 6⅔ days are ten
    (PERSONAL_OF_ONCE, (11, 20, 4), True),
]


def judged(rule, rows, engine=lambda frame: nw.from_native(frame.lazy())):
    """For customers of these idle, active and buying days: have they lapsed, and how long they may be silent."""
    frame = engine(pl.DataFrame([(at, *row) for at, row in enumerate(rows)], schema=["at", "idle", "active", "days"], orient="row"))
    lapsed = rule.lapsed(nw.col("idle"), nw.col("active"), nw.col("days")).alias("lapsed")
    allowed = rule.allowed(nw.col("active"), nw.col("days")).alias("allowed")
    return collected(frame.with_columns(lapsed, allowed)).sort("at").select("lapsed", "allowed").rows()


@ENGINES
@pytest.mark.parametrize(("rule", "customer", "lapsed"), EXAMPLES)
def test_a_customer_has_lapsed_when_the_silence_is_longer_than_the_rule_allows(engine, rule, customer, lapsed):
    ((found, allowed),) = judged(rule, [customer], engine)
    assert found is lapsed
    assert (customer[0] > allowed) is lapsed


def test_whose_silence_is_not_known_has_not_been_judged():
    assert judged(WINDOW, [(None, None, 0)]) == [(None, 90)]


RULES_OF_ANY_KIND = st.builds(
    ChurnRule,
    st.integers(1, 400),
    st.one_of(st.none(), st.sampled_from([0.1, 0.3, 1.1, 1.5, 2.0, 3.0, 7.7]), st.floats(0.01, 100)),
    st.integers(0, 60),
    st.one_of(st.none(), st.integers(1, 400)),
)
CUSTOMERS = st.tuples(st.integers(0, 1_500), st.integers(0, 1_500), st.integers(1, 40))


@given(RULES_OF_ANY_KIND, st.lists(CUSTOMERS, min_size=1, max_size=20))
def test_to_have_lapsed_is_to_be_silent_for_longer_than_is_allowed(rule, customers):
    assert [idle > allowed for (idle, _, _), (_, allowed) in zip(customers, judged(rule, customers), strict=True)] == [
        lapsed for lapsed, _ in judged(rule, customers)
    ]


@given(RULES_OF_ANY_KIND, CUSTOMERS, st.integers(1, 1_000))
def test_who_has_lapsed_has_lapsed_the_more_later_on(rule, customer, days):
    idle, active, buying_days = customer
    now, later = judged(rule, [customer, (idle + days, active, buying_days)])
    assert now[0] <= later[0]
    assert now[1] == later[1]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (WINDOW, "window: 90 days"),
        (KINDLY, "window: 90 days; 30 days after a single order"),
        (ChurnRule(90, one_time_days=90), "window: 90 days"),
        (PERCENTILE, "percentile: 60 days; 120 days after a single order"),
        (PERSONAL, "personal: 2 × own mean gap, at least 20 days; 90 days after a single order"),
        (PERSONAL_OF_ONCE, "personal: 1.5 × own mean gap, at least 0 days; 45 days after a single order"),
    ],
)
def test_a_rule_says_what_it_is(rule, words):
    assert str(rule) == words
    assert rule.name in RULES
