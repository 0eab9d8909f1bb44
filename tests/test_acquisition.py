"""What customers cost to win."""

from orders_text import customers_from, observed, values

from clvcli.acquisition import with_acquisition_cost
from clvcli.rates import Rates

SHOP = """
    customer  order  date        amount  channel
    ann       1      2024-01-05    30    web
    ann       2      2024-02-05    30    fair
    bob       3      2024-01-05    30    fair
    cid       4      2024-01-05    30    -
    dan       r-1    2024-01-05   -30    web
"""


def customers():
    return customers_from(SHOP, observed("2024-12-31"))


def test_one_cost_is_that_of_everyone_who_ordered():
    assert values(with_acquisition_cost(customers(), Rates(12.345)), "acquisition_cost") == {
        "ann": 12.345,
        "bob": 12.345,
        "cid": 12.345,
        "dan": 0.0,
    }


def test_a_cost_by_channel_is_that_of_the_first_channel():
    cac = Rates(1.0, "channel", {"web": 18.38, "fair": 2.5})
    assert values(with_acquisition_cost(customers(), cac), "acquisition_cost") == {"ann": 18.38, "bob": 2.5, "cid": 1.0, "dan": 0.0}


def test_without_a_known_cost_there_is_no_column():
    assert "acquisition_cost" not in with_acquisition_cost(customers(), None).collect_schema().names()
