"""Labels: attributes that clv gives customers itself."""

import narwhals.stable.v2 as nw
import pytest
from orders_text import customers_from, observed, values

from clvcli.labels import IN_ORDER, LABELS, with_labels

SHOP = """
    customer  order  date        amount  channel
    ann       1      2023-12-31   100    web
    ann       2      2024-06-30    50    web
    bob       3      2024-01-01    40    fair
    cid       4      2024-08-15    30    -
    dan       5      2024-10-01    20    web
    eva       6      2024-12-31    10    web
    fay       r-1    2024-12-31    -5    web
"""
SEEN = observed("2024-12-31")


def labelled(*names, boundaries=(0.2, 0.6)):
    return with_labels(customers_from(SHOP, SEEN), names, boundaries)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cohort", ["2023-12", "2024-01", "2024-08", "2024-10", "2024-12", None]),
        ("cohort_quarter", ["2023-Q4", "2024-Q1", "2024-Q3", "2024-Q4", "2024-Q4", None]),
        ("cohort_year", ["2023", "2024", "2024", "2024", "2024", None]),
        ("value_tier", ["1: top 20%", "2: 20–60%", "2: 20–60%", "3: 60–100%", "3: 60–100%", None]),
        # of five: recency 2, 1, 3, 4, 5 from who is idle longest up; frequency 5 for the one of two orders; money 5 to 1
        ("rfm", ["255", "114", "313", "412", "511", None]),
        ("rfm_segment", ["can't lose them", "at risk", "about to sleep", "potential loyal", "new", None]),
    ],
)
def test_a_label_says_what_a_customer_did(name, expected):
    assert list(values(labelled(name), name).values()) == expected


def test_only_the_labels_asked_for_are_added():
    had = customers_from(SHOP, SEEN).collect_schema().names()
    assert labelled().collect_schema().names() == had
    assert labelled("rfm_segment").collect_schema().names() == [*had, "rfm_segment"]
    assert set(labelled(*LABELS).collect_schema().names()) == {*had, *LABELS}


def test_labels_do_not_depend_on_one_another():
    together = labelled(*LABELS)
    assert {name: values(together, name) for name in LABELS} == {name: values(labelled(name), name) for name in LABELS}


def test_the_tiers_are_those_of_the_boundaries_given():
    assert set(values(labelled("value_tier", boundaries=(0.5,)), "value_tier").values()) == {"1: top 50%", "2: 50–100%", None}


def test_who_never_bought_has_no_label():
    (fay,) = values(labelled(*LABELS).filter(nw.col("customer_id") == "fay"), *LABELS).values()
    assert set(fay) == {None}


def test_every_label_says_what_it_is_and_those_with_an_order_are_labels():
    assert all(column.name == name and column.description.endswith(".") and column.source for name, column in LABELS.items())
    assert LABELS.keys() >= IN_ORDER
