"""Who is worth more? Small segments put together, and the order of the rows."""

from dataclasses import replace

import polars as pl
import pytest
from orders_text import collected, customers_from, observed
from program import clv

from clvcli.acquisition import with_acquisition_cost
from clvcli.catalog import Catalog
from clvcli.customers import merged
from clvcli.errors import UsageError
from clvcli.labels import with_labels
from clvcli.periods import Period
from clvcli.rates import Rates
from clvcli.reports.segments import by_segment, gathered, in_order, named, wanted

SHOP = """
    customer  order  date        amount  channel  land
    ann       1      2024-01-05    90    web      LV
    bob       2      2024-01-06    10    web      FI
    cid       3      2024-01-07    60    fair     LV
    dan       4      2024-01-08    50    fair     -
    eva       5      2024-01-09    40    mail     FI
    fay       6      2024-01-10    20    -        LV
    gus       7      2024-01-11     5    other    LV
"""
SEEN = observed("2024-12-31", Period.YEAR)
CATALOG = Catalog(settings={"period_years": 1.0, "discount_rate": 0.1, "churn_window_days": 180.0, "target_ltv_to_cac": 3.0})


def customers(text=SHOP):
    return customers_from(text, SEEN)


def gathering(by=("channel",), text=SHOP, **asked):
    """Customers and revenue of each segment that is left, and what the rest is called."""
    frame, rest = gathered(customers(text), by, **asked)
    rows = collected(merged(frame, by)).select(*by, "customers", "revenue").rows()
    return {row[0] if len(by) == 1 else row[:-2]: (row[-2], row[-1] / 10_000) for row in rows}, rest


def test_where_nothing_is_asked_nothing_is_gathered():
    asked_nothing = customers()
    assert gathered(asked_nothing, ["channel"]) == (asked_nothing, None)


def test_segments_of_few_customers_are_one():
    found, rest = gathering(fewest=2)
    assert (found, rest) == ({"web": (2, 100.0), "fair": (2, 110.0), "other": (3, 65.0)}, "other")


def test_the_top_segments_by_revenue_are_kept():
    found, rest = gathering(top=3, text=SHOP.replace("other", "kiosk"))
    assert (found, rest) == ({"web": (2, 100.0), "fair": (2, 110.0), "mail": (1, 40.0), "other": (2, 25.0)}, "other")


def test_both_may_be_asked():
    assert gathering(top=1, fewest=2) == ({"fair": (2, 110.0), "other": (5, 165.0)}, "other")


def test_where_all_are_kept_there_is_no_rest():
    found, rest = gathering(top=9)
    assert (len(found), found[None], rest) == (5, (1, 20.0), None)


def test_a_segment_that_is_itself_called_other_is_not_mixed_up_with_the_rest():
    more = SHOP + "    hob       8      2024-01-12   500    other    LV\n"
    found, rest = gathering(top=1, text=more)
    assert (found, rest) == ({"other": (2, 505.0), "all others": (6, 270.0)}, "all others")


def test_of_crossed_attributes_all_are_other_in_the_rest():
    found, rest = gathering(("channel", "land"), top=2)
    assert (found, rest) == ({("web", "LV"): (1, 90.0), ("fair", "LV"): (1, 60.0), ("other", "other"): (5, 125.0)}, "other")


def test_segments_of_equal_revenue_are_kept_by_name():
    level = SHOP.replace("90    web", "10    web").replace("60    fair", "10    fair").replace("50    fair", "10    fair")
    assert gathering(top=1, text=level)[0]["mail"] == (1, 40.0)
    assert "fair" in gathering(top=2, text=level)[0]
    assert "web" not in gathering(top=2, text=level)[0]


def test_an_attribute_may_be_called_anything():
    assert gathering(("is_kept",), text=SHOP.replace("channel", "is_kept"), fewest=2)[1] == "other"


# The order of rows

ROWS = pl.DataFrame({"channel": ["b", "a", None, "other"], "revenue": [1, 1, 5, 9]})
TIERS = pl.DataFrame({"channel": ["x", "y", "x"], "value_tier": ["2: 20–50%", "1: top 20%", "1: top 20%"], "revenue": [9, 1, 5]})


def test_rows_are_most_revenue_first_then_by_name():
    assert in_order(ROWS, "revenue", ["channel"], None)["channel"].to_list() == ["other", None, "a", "b"]


def test_the_rest_is_last():
    assert in_order(ROWS, "revenue", ["channel"], "other")["channel"].to_list() == [None, "a", "b", "other"]


def test_labels_with_an_order_of_their_own_keep_it():
    rows = in_order(TIERS, "revenue", ["channel", "value_tier"], None).select("value_tier", "channel").rows()
    assert rows == [("1: top 20%", "x"), ("1: top 20%", "y"), ("2: 20–50%", "x")]


def test_in_a_cross_the_rest_is_where_every_attribute_is_of_the_rest():
    crossed = pl.DataFrame({"channel": ["other", "other", None], "land": ["other", "LV", "other"], "revenue": [9, 5, 1]})
    assert in_order(crossed, "revenue", ["channel", "land"], "other")["land"].to_list() == ["LV", "other", "other"]


def test_attributes_are_called_by_their_labels_in_titles():
    assert named(["channel", "value_tier", "rfm"]) == "channel, Value tier, RFM"


def test_a_table_needs_no_more_columns_than_it_says():
    read = wanted(CATALOG, ["channel"])
    whole = customers()
    few = whole.select(*(name for name in whole.collect_schema().names() if name in read))
    assert by_segment(few, CATALOG, ["channel"]).frame.equals(by_segment(whole, CATALOG, ["channel"]).frame)


def test_an_attribute_called_like_a_column_of_the_answer_is_refused():
    taken = customers(SHOP.replace("channel", "aov_low"))
    with pytest.raises(UsageError, match="'aov_low' is a column of the answer itself") as told:
        by_segment(taken, CATALOG, ["aov_low"])
    assert "--map category=aov_low" in str(told.value)


def test_segments_made_by_what_customers_brought_are_not_judged_by_it():
    valued = with_acquisition_cost(customers_from(SHOP, SEEN, Rates(0.5)), Rates(1.0))
    catalog = replace(CATALOG, shown=("clv_observed",))
    assert "versus_rest" in by_segment(valued, catalog, ["channel"]).frame.columns
    tiers = with_labels(valued, ["value_tier"], (0.2,))
    assert "versus_rest" not in by_segment(tiers, catalog, ["value_tier"]).frame.columns


# The program


@pytest.fixture
def shop(tmp_path):
    header, *lines = (",".join(line.split()) for line in SHOP.strip().splitlines())
    text = "\n".join([header.replace("customer,order", "customer_id,order_id"), *(line.replace(",-", ",") for line in lines)]) + "\n"
    (tmp_path / "orders.csv").write_text(text, encoding="utf-8")
    return tmp_path


def asked(shop, *arguments):
    ran = clv("segments", "orders.csv", *arguments, "--format", "json", "--quiet", here=shop)
    assert (ran.code, ran.err) == (0, "")
    return ran.json["tables"][0]


def test_the_program_puts_small_segments_together(shop):
    table = asked(shop, "--by", "land", "--min-customers", "2")
    assert [(row["land"], row["customers"], row["revenue"]) for row in table["rows"]] == [
        ("LV", 4, 175.0),
        ("FI", 2, 50.0),
        ("other", 1, 50.0),
    ]
    assert table["total"]["revenue"] == 275.0


def test_the_program_keeps_the_top(shop):
    assert [row["channel"] for row in asked(shop, "--by", "channel", "--top", "2")["rows"]] == ["fair", "web", "other"]


def test_tiers_are_in_their_order_and_say_what_few_bring(shop):
    table = asked(shop, "--by", "value_tier")
    assert [row["value_tier"] for row in table["rows"]] == sorted(row["value_tier"] for row in table["rows"])
    text = clv("segments", "orders.csv", "--by", "value_tier", here=shop, COLUMNS="200").text
    assert "of customers bring" in text
