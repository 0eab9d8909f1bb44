"""Referrals: what customers brought whom others had sent."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from orders_text import ENGINES, attributes_of, customers_from, customers_of, lines_frame, observed, values

from clvcli import referrals
from clvcli.orders import orders
from clvcli.rates import Rates
from clvcli.referrals import Sent, loops, with_referrals

SEEN = observed("2024-12-31")
REFERRALS = """
    customer  order  date        amount  referred_by
    ann       1      2024-01-05    30    -
    bob       2      2024-01-06    10    ann
    cid       3      2024-01-07    20    ann
    dan       4      2024-01-07    40    dan
    eva       5      2024-01-07    40    stranger
"""


def referring(text, margin=None, **rest):
    """Customers of a table with `referred_by`, with what they brought."""
    return with_referrals(customers_from(text, SEEN, margin), **rest)


def test_the_examples_in_the_module_are_true():
    assert doctest.testmod(referrals).failed == 0


def test_a_customer_is_credited_with_those_who_name_them():
    brought = referring(REFERRALS, Rates(0.5))
    assert values(brought, "referred_customers", "referred_gross_profit") == {
        "ann": (2, 15.0),
        "bob": (0, 0.0),
        "cid": (0, 0.0),
        "dan": (0, 0.0),
        "eva": (0, 0.0),
    }


def test_without_gross_profit_referred_customers_are_counted_all_the_same():
    brought = referring(REFERRALS)
    assert values(brought, "referred_customers")["ann"] == 2
    assert "referred_gross_profit" not in brought.collect_schema().names()


def test_the_column_of_referrers_may_be_called_anything():
    brought = referring(REFERRALS.replace("referred_by", "friend"), referrer="friend")
    assert values(brought, "referred_customers")["ann"] == 2


def test_who_only_gave_back_is_no_referred_customer():
    given = """
        customer  order  date        amount  referred_by
        ann       1      2024-01-05    30    -
        bob       r-1    2024-01-06   -10    ann
    """
    assert values(referring(given, Rates(0.5)), "referred_customers", "referred_gross_profit")["ann"] == (0, 0.0)


CIRCLE = """
    customer  order  date        amount  referred_by
    ann       1      2024-01-05    30    cid
    bob       2      2024-01-06    10    ann
    cid       3      2024-01-07    20    bob
    dan       4      2024-01-08    40    ann
"""


def test_of_who_sent_one_another_in_a_circle_nobody_gets_credit():
    assert values(referring(CIRCLE), "referred_customers") == {"ann": 2, "bob": 1, "cid": 1, "dan": 0}
    assert values(referring(CIRCLE, looped=["ann", "bob", "cid"]), "referred_customers") == {"ann": 1, "bob": 0, "cid": 0, "dan": 0}


@ENGINES
def test_credit_is_the_same_on_every_engine(engine):
    lines = lines_frame(CIRCLE)
    made = customers_of(orders(engine(lines), Rates(0.5), attributes_of(lines)), ["referred_by"], SEEN)
    found = with_referrals(made, looped=["ann", "bob", "cid"])
    assert values(found, "referred_customers", "referred_gross_profit")["ann"] == (1, 20.0)


@pytest.mark.parametrize(
    ("referrer_of", "found"),
    [
        ({}, []),
        ({"ann": "bob"}, []),
        ({"ann": "bob", "bob": "cid"}, []),
        ({"ann": "ann"}, [["ann"]]),
        ({"bob": "ann", "ann": "bob"}, [["ann", "bob"]]),
        ({"zoë": "ann", "ann": "bob", "bob": "ann", "cid": "zoë"}, [["ann", "bob"]]),
        ({"d": "c", "c": "d", "b": "a", "a": "b"}, [["a", "b"], ["c", "d"]]),
        ({"a": "c", "c": "b", "b": "a"}, [["a", "c", "b"]]),
        ({"a": "z", "z": "m", "m": "z"}, [["m", "z"]]),
    ],
)
def test_circles_are_found_each_from_its_least_id_on(referrer_of, found):
    assert loops(referrer_of) == found


PEOPLE = st.sampled_from("abcdefgh")


@given(st.dictionaries(PEOPLE, PEOPLE))
def test_who_follows_referrers_without_end_is_in_a_circle_and_nobody_else(referrer_of):
    def comes_back(person):
        here = referrer_of.get(person)
        for _ in range(len(referrer_of)):
            if here in (person, None):
                break
            here = referrer_of.get(here)
        return here == person

    found = loops(referrer_of)
    assert sorted(one for circle in found for one in circle) == sorted(filter(comes_back, referrer_of))
    assert all(referrer_of[one] == next_ for circle in found for one, next_ in zip(circle, [*circle[1:], circle[0]], strict=True))
    assert found == sorted(found)
    assert all(circle[0] == min(circle) for circle in found)


# What is odd


def doubts(referrer_of, *customers):
    return list(Sent(referrer_of, frozenset(customers)).doubts())


def test_nothing_is_odd_about_customers_who_were_sent_by_customers():
    assert doubts({"bob": "ann", "cid": "ann"}, "ann", "bob", "cid") == []


def test_who_names_themselves_is_told():
    assert doubts({"ann": "ann"}, "ann") == ["referred by themselves, so nobody gets credit: ann"]
    assert Sent({"ann": "ann"}, frozenset({"ann"})).circles == []


def test_referrers_whom_nobody_knows_are_told():
    assert doubts({"ann": "zoë", "bob": "eva"}, "ann", "bob") == ["referrers who are no customers, so nobody gets credit: eva, zoë"]


def test_circles_are_told_and_only_the_first_of_many():
    pairs = {f"{n}{one}": f"{n}{other}" for n in range(5) for one, other in ("ab", "ba")}
    told = "referred in a circle, so nobody gets credit: 0a → 0b → 0a, 1a → 1b → 1a, 2a → 2b → 2a and 2 more"
    assert doubts(pairs, *pairs) == [told]
    assert len(Sent(pairs, frozenset(pairs)).circles) == 5
