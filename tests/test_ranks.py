"""How many stand above or below."""

import polars as pl
from orders_text import ENGINES, collected

from clvcli.ranks import above, below, everyone

CUSTOMERS = pl.DataFrame(
    {
        "customer_id": ["ann", "bob", "cid", "dan", "eva"],
        "customers": [1, 1, 1, 0, 1],
        "revenue": [300, 100, 300, -700, -50],
    }
)


@ENGINES
def test_equals_stand_level_and_who_is_no_customer_stands_nowhere(engine):
    rows = collected(engine(CUSTOMERS).with_columns(above=above("revenue"), below=below("revenue"), everyone=everyone())).sort(
        "customer_id"
    )
    assert rows["above"].to_list() == [0, 2, 0, None, 3]
    assert rows["below"].to_list() == [2, 1, 2, None, 0]
    assert rows["everyone"].to_list() == [4] * 5


@ENGINES
def test_a_rank_is_a_whole_number_that_has_room_to_be_multiplied(engine):
    rows = collected(engine(CUSTOMERS).select(above=above("revenue"), below=below("revenue"), everyone=everyone()))
    assert set(rows.dtypes) == {pl.Int64}
