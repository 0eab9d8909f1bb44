"""Lapsing: the churn rule that a config and the gaps between orders come to, and the words for it."""

import pytest

from clvcli.churn import ChurnRule
from clvcli.lapsing import rule_of, told
from clvcli.settings import Churn


def usual_gap(share):
    """A shop whose gaps stay within 100 × the share asked for, in days."""
    return round(100 * share)


def too_few(share):
    """A shop with too few gaps to tell."""
    return


CASES = {
    "few gaps": (Churn(), too_few, ChurnRule(180), "lapsed: after 180 days without an order, since there are fewer than 30 gaps between orders to tell"),
    "gaps": (Churn(), usual_gap, ChurnRule(80, name="percentile"), "lapsed: after 80 days, which 80% of the gaps between orders stayed within"),
    "window": (Churn(window_days=45), usual_gap, ChurnRule(45), "lapsed: after 45 days without an order"),
    "window by name": (Churn(rule="window"), usual_gap, ChurnRule(180), None),
    "percentile over a window": (
        Churn(rule="percentile", window_days=45, percentile=0.5), usual_gap, ChurnRule(50, name="percentile"),
        "lapsed: after 50 days, which 50% of the gaps between orders stayed within",
    ),
    "percentile of few": (Churn(rule="percentile", window_days=45), too_few, ChurnRule(45), "lapsed: after 45 days without an order"),
    "personal": (
        Churn(rule="personal", multiple=2.5, least_days=14, one_time_days=200), usual_gap, ChurnRule(80, 2.5, 14, 200, "personal"),
        "lapsed: after 2.5 × the customer's own mean gap; of who bought once, after 200 days",
    ),
    "personal and the gaps": (
        Churn(rule="personal"), usual_gap, ChurnRule(80, 3.0, 30, None, "personal"),
        "lapsed: after 3 × the customer's own mean gap; of who bought once, after 80 days, which 80% of the gaps between orders stayed within",
    ),
    "once": (
        Churn(one_time_days=200), usual_gap, ChurnRule(80, None, 0, 200, "percentile"),
        "lapsed: after 80 days, which 80% of the gaps between orders stayed within; of who bought once, after 200 days",
    ),
    "window and once": (
        Churn(window_days=45, one_time_days=90), too_few, ChurnRule(45, one_time_days=90),
        "lapsed: after 45 days without an order; of who bought once, after 90 days",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "gaps", "rule", "words"), CASES.values(), ids=CASES)
def test_the_rule_is_what_was_set_else_what_the_gaps_show(given, gaps, rule, words):
    assert rule_of(given, gaps) == rule
    assert words is None or told(given, rule) == words
