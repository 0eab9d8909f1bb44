"""Scores from one to five, and a name for each of the 125 codes."""

from collections import Counter
from itertools import product

import duckdb
import polars as pl
import pytest
from exported import read_export
from hypothesis import given
from hypothesis import strategies as st
from orders_text import ENGINES, collected, customers_from, customers_of, observed, on_polars

from clvcli.rfm import NAMES, RFM, RFM_SEGMENT, SCORES, mean_score, name_of, with_rfm

GRID = {
    5: ["new", "potential loyal", "potential loyal", "champions", "champions"],
    4: ["promising", "potential loyal", "potential loyal", "loyal", "loyal"],
    3: ["about to sleep", "about to sleep", "needs attention", "loyal", "loyal"],
    2: ["hibernating", "hibernating", "at risk", "at risk", "can't lose them"],
    1: ["hibernating", "hibernating", "at risk", "at risk", "can't lose them"],
}
"""The published grid: R down, FM from 1 to 5 across."""
FM = {(1, 1): 1, (1, 2): 2, (1, 3): 2, (1, 4): 3, (1, 5): 3, (2, 2): 2, (2, 3): 3, (2, 4): 3, (2, 5): 4}
FM |= {(3, 3): 3, (3, 4): 4, (3, 5): 4, (4, 4): 4, (4, 5): 5, (5, 5): 5}
CODES = list(product(SCORES, repeat=3))
_TYPES = {"customer_id": pl.String, "customers": pl.Int64, "idle_days": pl.Int64, "orders": pl.Int64, "revenue": pl.Int64}


def shop(rows):
    """Customers from `(idle days, orders, revenue)`, numbered; None stands for a row of refunds alone."""
    cells = [(f"{at:05}", 1, *row) if row else (f"{at:05}", 0, None, 0, -500) for at, row in enumerate(rows)]
    return pl.DataFrame(cells, schema=_TYPES, orient="row")


def codes(frame, engine=on_polars):
    """The code of each customer, in the order of their ids."""
    return collected(with_rfm(engine(frame))).sort("customer_id")[RFM.name].to_list()


def scores(frame):
    """The three scores of each row that has a code."""
    return [tuple(map(int, code)) for code in codes(frame) if code]


# The grid


def test_each_of_the_125_codes_has_exactly_one_name():
    assert len(CODES) == 125
    assert {sum(name.covers(r, mean_score(f, m)) for name in NAMES) for r, f, m in CODES} == {1}


def test_the_names_are_those_of_the_published_grid():
    assert {code: name_of(*code) for code in CODES} == {
        (r, f, m): GRID[r][FM[min(f, m), max(f, m)] - 1] for r, f, m in CODES
    }  # fmt: skip
    assert len({name.name for name in NAMES}) == 10


def test_a_name_says_who_they_are():
    assert all(name.meaning.endswith(".") for name in NAMES)


@ENGINES
def test_a_frame_names_a_code_as_a_pencil_does(engine):
    shops = shop([(5 - r, f, m) for r, f, m in CODES])
    rows = collected(with_rfm(engine(shops)))
    assert sorted(rows["rfm"]) == [f"{r}{f}{m}" for r, f, m in CODES]
    assert all(name_of(*map(int, code)) == name for code, name in rows.select("rfm", "rfm_segment").iter_rows())


# Scores on paper


@ENGINES
def test_five_who_all_differ_have_a_fifth_each(engine):
    frame = shop([(400, 1, 50_0000), (3, 9, 10_0000), (90, 2, 20_0000), (200, 3, 30_0000), (7, 4, 40_0000)])
    assert codes(frame, engine) == ["115", "551", "322", "233", "444"]


@ENGINES
def test_equals_take_the_least_score_of_those_they_spread_over(engine):
    # Of ten, seven bought once and have a 1; one has seven below, 1 + ⌊3.5⌋ = 4; two have eight below, 1 + 4 = 5.
    frame = shop([(0, orders, 10) for orders in (1, 1, 1, 3, 1, 1, 2, 1, 1, 3)])
    assert codes(frame, engine) == ["111", "111", "111", "151", "111", "111", "141", "111", "111", "151"]


@pytest.mark.parametrize("people", [1, 2, 5, 100])
def test_where_all_are_equal_nobody_is_better_than_the_least(people):
    frame = shop([(30, 2, 70_0000)] * people)
    assert codes(frame) == ["111"] * people
    assert set(collected(with_rfm(on_polars(frame)))[RFM_SEGMENT.name]) == {"hibernating"}


def test_of_a_few_customers_nobody_reaches_five():
    assert codes(shop([(9, 1, 1), (8, 2, 2), (7, 3, 3)])) == ["111", "222", "444"]


@ENGINES
def test_a_loss_ranks_below_nothing_and_nothing_below_a_gain(engine):
    frame = shop([(1, 1, revenue) for revenue in (0, -500_0000, 1, -1, 999_0000)])
    assert codes(frame, engine) == ["113", "111", "114", "112", "115"]


@ENGINES
def test_who_only_gave_something_back_is_not_scored_and_not_counted(engine):
    frame = shop([None, (2, 1, 1), None, (1, 2, 2), None])
    rows = collected(with_rfm(engine(frame))).sort("customer_id")
    assert rows["rfm"].to_list() == [None, "111", None, "333", None]
    assert rows["rfm_segment"].to_list() == [None, "hibernating", None, "needs attention", None]


def test_without_customers_nobody_is_scored():
    assert codes(shop([None, None])) == [None, None]
    assert codes(shop([])) == []


def test_customers_that_were_measured_are_scored_and_keep_what_they_had():
    orders = """
        customer  order  date        amount
        ann       1      2024-12-30   10.00
        ann       2      2024-12-31   10.00
        bob       3      2024-01-01   90.00
        cid       4      2024-12-31   20.00
        dan       r-5    2024-06-01   -5.00
    """
    before = customers_from(orders, observed("2024-12-31"))
    after = collected(with_rfm(before)).sort("customer_id")
    assert after["rfm"].to_list() == ["241", "114", "211", None]
    assert after.drop("rfm", "rfm_segment").equals(collected(before).sort("customer_id"))
    assert after.columns[-2:] == ["rfm", "rfm_segment"]


@pytest.mark.parametrize("people", [15, 35, 49, 55, 1_000, 3_003])
def test_no_score_is_lost_at_the_edge_of_a_fifth(people):
    frame = shop([(0, 1, place) for place in range(people)])
    assert [m for _, _, m in scores(frame)] == [1 + 5 * place // people for place in range(people)]


# Laws

_ROWS = st.one_of(st.none(), st.tuples(st.integers(0, 4), st.integers(1, 3), st.integers(-2, 3)))
SHOPS = st.lists(_ROWS, max_size=40).map(shop)


@given(SHOPS)
def test_a_score_is_what_the_rule_says(frame):
    rows = frame.filter(pl.col("customers") == 1).sort("customer_id").select("idle_days", "orders", "revenue").rows()
    worse = [(sum(w[0] > row[0] for w in rows), sum(w[1] < row[1] for w in rows), sum(w[2] < row[2] for w in rows)) for row in rows]
    assert scores(frame) == [tuple(1 + 5 * number // len(rows) for number in three) for three in worse]


@given(SHOPS)
def test_a_better_value_never_scores_less_and_an_equal_one_the_same(frame):
    rows = collected(with_rfm(on_polars(frame))).drop_nulls("rfm")
    for at, value in enumerate([-rows["idle_days"], rows["orders"], rows["revenue"]]):
        score = [int(code[at]) for code in rows["rfm"]]
        pairs = list(zip(value, score, strict=True))
        assert all(better[1] >= worse[1] for worse, better in product(pairs, repeat=2) if better[0] >= worse[0])


@given(SHOPS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(frame, random):
    order = list(range(frame.height))
    random.shuffle(order)
    assert (
        collected(with_rfm(on_polars(frame[order]))).sort("customer_id").equals(collected(with_rfm(on_polars(frame))).sort("customer_id"))
    )


@given(SHOPS)
def test_every_customer_has_exactly_one_name_and_nobody_else_has(frame):
    rows = collected(with_rfm(on_polars(frame)))
    assert rows.height == frame.height
    named = {name.name for name in NAMES}
    assert all((name in named) if customer else (name is None) for customer, name in rows.select("customers", "rfm_segment").iter_rows())


# Real data, scored by SQL as the rule reads

_SQL = """
    SELECT concat(1 + 5 * (SELECT count(*) FROM customers w WHERE w.last < c.last) // n,
                  1 + 5 * (SELECT count(*) FROM customers w WHERE w.orders < c.orders) // n,
                  1 + 5 * (SELECT count(*) FROM customers w WHERE w.revenue < c.revenue) // n) AS code, count(*)
    FROM customers c, (SELECT count(*) AS n FROM customers) GROUP BY code
"""
_UCI = """
    CREATE TABLE customers AS
    SELECT max(InvoiceDate[:10]) AS last, count(DISTINCT InvoiceNo) AS orders,
           sum(Quantity::DECIMAL(18, 4) * UnitPrice::DECIMAL(12, 4)) AS revenue
    FROM '{}' WHERE CustomerID <> '' AND Quantity::BIGINT > 0 AND UnitPrice::DECIMAL(12, 4) > 0 GROUP BY CustomerID
"""
_CDNOW = r"""
    CREATE TABLE customers AS
    SELECT max(f[2]) AS last, count(*) AS orders, sum(f[4]::DECIMAL(12, 2)) AS revenue
    FROM (SELECT regexp_extract_all(line, '\S+') AS f FROM read_csv('{}', header = false, skip = 1, delim = '|', columns = {{line: VARCHAR}}))
    GROUP BY f[1]
"""
UCI = {"columns": {"order_id": "InvoiceNo", "customer_id": "CustomerID", "ordered_at": "InvoiceDate", "amount": "Quantity * UnitPrice"}}
SALES = {**UCI, "where": "Quantity > 0 and UnitPrice > 0"}
CDNOW = {"columns": {"ordered_at": "date", "amount": "dollar_value"}, "date_format": "%Y%m%d"}


def counted(sql, path):
    """Customers by code, as DuckDB counts them from the file."""
    base = duckdb.connect()
    base.execute(sql.format(path))
    return dict(base.execute(_SQL).fetchall())


def scored(path, as_of, **options):
    """The scored customers of an export."""
    return collected(with_rfm(customers_of(on_polars(read_export(str(path), **options).orders), [], observed(as_of))))


def test_cdnow(real_data):
    rows = scored(real_data("cdnow/CDNOW_master.txt"), "1998-06-30", **CDNOW)
    assert Counter(rows["rfm"]) == counted(_CDNOW, real_data("cdnow/CDNOW_master.txt"))
    once = rows.filter(pl.col("orders") == 1)
    assert (once.height, set(once["rfm"].str.slice(1, 1))) == (11_908, {"1"})
    assert sorted(set(rows["rfm"].str.slice(1, 1))) == ["1", "3", "4", "5"]  # half bought once, so nobody has an F of 2


def test_uci(real_data):
    rows = scored(real_data("uci_online_retail/online_retail.parquet"), "2011-12-09", **SALES)
    assert Counter(rows["rfm"]) == counted(_UCI, real_data("uci_online_retail/online_retail.parquet"))
    names = Counter(rows["rfm_segment"])
    assert names.total() == 4_338
    assert [names[name.name] for name in NAMES] == [601, 828, 493, 35, 87, 178, 358, 75, 590, 1_093]
