"""Purchases: buying days up to a day and what followed, and the histories that models are fitted to."""

from datetime import date

import duckdb
import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orders_text import ENGINES, collected, lines_frame, observed, on_duckdb, on_polars, orders_from
from shops import FIRST, LAST, shops

from clvcli.costs import VariableCosts, with_variable_costs
from clvcli.customers import derived, measured
from clvcli.cuts import Cut
from clvcli.orders import orders
from clvcli.periods import date_of, day_number
from clvcli.purchases import HISTORIES, HISTORY, REPEATS, buying, distinct, histories, spends
from clvcli.rates import Rates
from clvcli.tables import MONEY_SCALE

SHOP = """
    customer  order  date        amount  cost
    ann       1      2024-01-01     100    60
    ann       2      2024-01-01      20    15
    ann       3      2024-03-01      50    30
    ann       3      2024-03-01      10     5
    ann       4      2024-06-01      40    20
    ann       r-4    2024-06-20     -40   -20
    bob       5      2024-02-01      30    20
    bob       6      2024-05-20      35    20
    cid       r-7    2024-01-05      -5    -5
    cid       8      2024-02-10      12     4
    dan       9      2024-05-02      70    50
    eva       r-10   2024-03-03      -9    -9
"""
"""Ann gave the last order back after all others; Cid gave something back before ever buying, Eva never bought at all."""
AS_OF = day_number(date(2024, 6, 1))


def day(text):
    return day_number(date.fromisoformat(text))


def rows(frame, *names):
    """The named columns of each row, in the order of customers and days; days as people write them, money in units."""
    found = collected(frame)
    ordered = found.sort("customer_id", *(["day"] if "day" in found.columns else []))
    return list(zip(*(_shown(ordered[name]) for name in names), strict=True))


def _shown(column):
    if column.name.endswith("day"):
        return [str(date_of(value)) for value in column]
    is_money = "revenue" in column.name or "contribution" in column.name
    return [value / MONEY_SCALE if is_money else value for value in column]


def bought(text=SHOP, as_of=AS_OF, margin=None):
    return buying(orders_from(text, margin), as_of)


def test_orders_of_one_day_are_one_buying_day_and_a_late_refund_is_of_the_last_day():
    assert rows(bought(), "customer_id", "day", "placed", "revenue", "contribution", "first_day") == [
        ("ann", "2024-01-01", 1, 120, 45, "2024-01-01"),
        ("ann", "2024-03-01", 1, 60, 25, "2024-01-01"),
        ("ann", "2024-06-01", 1, 0, 0, "2024-01-01"),
        ("bob", "2024-02-01", 1, 30, 10, "2024-02-01"),
        ("bob", "2024-05-20", 1, 35, 15, "2024-02-01"),
        ("cid", "2024-01-05", 0, -5, 0, "2024-02-10"),
        ("cid", "2024-02-10", 1, 12, 8, "2024-02-10"),
        ("dan", "2024-05-02", 1, 70, 20, "2024-05-02"),
    ]


def test_where_the_margin_is_not_known_nothing_is_contributed():
    frame = bought("customer order date amount\n ann 1 2024-01-01 10")
    assert collected(frame).columns == ["customer_id", "day", "placed", "revenue", "first_day"]
    assert "later_contribution" not in collected(histories(frame, Cut(AS_OF))).columns


def test_fees_and_shipping_are_taken_off_what_is_contributed():
    made = with_variable_costs(orders_from("customer order date amount\n ann 1 2024-01-01 10\n ann 2 2024-01-09 20", Rates(0.5)),
                               VariableCosts(shipping_per_order=3))  # fmt: skip
    assert rows(buying(made, AS_OF), "contribution") == [(2,), (7,)]


def test_the_histories_of_a_whole_shop():
    found = histories(bought(), Cut(AS_OF))
    assert rows(found, "customer_id", "first_day", "last_day", *HISTORY, "revenue", "repeat_revenue", "contribution") == [
        ("ann", "2024-01-01", "2024-06-01", 3, 152, 152, 180, 60, 70),
        ("bob", "2024-02-01", "2024-05-20", 2, 109, 121, 65, 35, 25),
        ("cid", "2024-02-10", "2024-02-10", 1, 0, 112, 7, 0, 8),
        ("dan", "2024-05-02", "2024-05-02", 1, 0, 30, 70, 0, 20),
    ]
    assert rows(found, "later_days", "later_revenue", "later_contribution") == [(0, 0, 0)] * 4


def test_at_a_cut_only_what_came_before_is_history_and_the_days_after_it_are_what_followed():
    found = histories(bought(), Cut(day("2024-04-30"), 20))
    assert rows(found, "customer_id", *HISTORY, "last_day", "revenue", "repeat_revenue", "contribution") == [
        ("ann", 2, 60, 120, "2024-03-01", 180, 60, 70),
        ("bob", 1, 0, 89, "2024-02-01", 30, 0, 10),
        ("cid", 1, 0, 80, "2024-02-10", 7, 0, 8),
    ]
    assert rows(found, "customer_id", "later_days", "later_revenue", "later_contribution") == [
        ("ann", 0, 0, 0),
        ("bob", 1, 35, 15),
        ("cid", 0, 0, 0),
    ]


def test_the_last_ninety_days_before_a_cut_are_told_apart():
    found = histories(bought(), Cut(day("2024-05-31")))  # they begin on 3 March: Ann's second day is just too old
    assert rows(found, "customer_id", "recent_days", "recent_revenue") == [("ann", 0, 0), ("bob", 1, 35), ("cid", 0, 0), ("dan", 1, 70)]
    assert rows(histories(bought(), Cut(day("2024-05-29"))), "recent_days", "recent_revenue")[0] == (1, 60)


def test_equal_histories_are_one_that_counts_for_more():
    twins = f"{SHOP}    tim  11  2024-02-01  80  1\n    tim  12  2024-05-20  35  1\n    uma  13  2024-05-02  1  1\n"
    found = histories(bought(twins), Cut(AS_OF))
    assert sorted(collected(distinct(found)).select(*HISTORY, HISTORIES).rows()) == [
        (1, 0, 30, 2),
        (1, 0, 112, 1),
        (2, 109, 121, 2),
        (3, 152, 152, 1),
    ]
    assert sorted(collected(spends(found)).select(REPEATS, "repeat_revenue", HISTORIES).rows()) == [(1, 350_000, 2), (2, 600_000, 1)]


# Laws

some_shops = settings(max_examples=8)
DAYS = st.one_of(st.integers(FIRST, LAST), st.just(LAST))


def made(lines):
    return on_polars(collected(orders(nw.from_native(lines.lazy()), Rates(0.3))))


def table(frame):
    """The rows in an order of their own."""
    found = collected(frame)
    return found.select(sorted(found.columns)).sort(sorted(found.columns)).rows(named=True)


@some_shops
@given(shops(), DAYS, st.integers(0, 400), st.randoms(use_true_random=False))
def test_the_order_of_orders_does_not_matter(lines, day, days, random):
    shuffled = lines[random.sample(range(lines.height), lines.height)]
    one, other = (histories(buying(made(each), LAST), Cut(day, days)) for each in (lines, shuffled))
    assert table(one) == table(other)
    assert table(distinct(one)) == table(distinct(other))
    assert table(spends(one)) == table(spends(other))


@some_shops
@given(shops(), DAYS)
def test_histories_are_what_is_measured_of_customers_as_of_that_day(lines, day):
    found = table(histories(buying(made(lines), LAST), Cut(day)))
    then = collected(made(lines)).filter(pl.col("day") <= day)
    seen = observed(date_of(day).isoformat(), since=date_of(FIRST).isoformat())
    won = collected(derived(measured(on_polars(then), seen), seen)).filter(pl.col("customers") == 1).sort("customer_id").to_dicts()
    same = ("customer_id", "first_day", "last_day", *HISTORY, "revenue")
    assert [tuple(row[n] for n in same) for row in sorted(found, key=lambda row: row["customer_id"])] == [
        tuple(row[n] for n in same) for row in won
    ]
    by_id = {row["customer_id"]: row for row in found}
    assert {row["customer_id"]: by_id[row["customer_id"]]["contribution"] for row in won} == {
        row["customer_id"]: row["gross_profit"] for row in won
    }


@some_shops
@given(shops(), DAYS)
def test_what_was_paid_by_the_end_of_the_first_day_and_on_later_ones_is_all(lines, day):
    days = collected(buying(made(lines), LAST)).filter(pl.col("day") <= day)
    by_first = dict(days.filter(pl.col("day") <= pl.col("first_day")).group_by("customer_id").agg(pl.col("revenue").sum()).rows())
    for row in table(histories(buying(made(lines), LAST), Cut(day))):
        assert row["revenue"] == by_first[row["customer_id"]] + row["repeat_revenue"]


@some_shops
@given(shops(), DAYS)
def test_what_came_before_a_cut_and_after_it_is_all_that_came(lines, day):
    days = buying(made(lines), LAST)
    whole = {row["customer_id"]: row for row in table(histories(days, Cut(LAST)))}
    for row in table(histories(days, Cut(day, LAST - day))):
        all_of_it = whole[row["customer_id"]]
        assert row["buying_days"] + row["later_days"] == all_of_it["buying_days"]
        assert row["revenue"] + row["later_revenue"] == all_of_it["revenue"]
        assert row["contribution"] + row["later_contribution"] == all_of_it["contribution"]


@some_shops
@given(shops(), DAYS)
def test_histories_are_those_of_customers(lines, day):
    for row in table(histories(buying(made(lines), LAST), Cut(day))):
        assert 0 <= row["active_days"] <= row["age_days"]
        assert (row["buying_days"] > 1) == (row["active_days"] > 0)
        assert row["recent_days"] <= row["buying_days"]


@some_shops
@given(shops(), DAYS)
def test_counts_of_distinct_histories_are_counts_of_customers(lines, day):
    found = histories(buying(made(lines), LAST), Cut(day))
    of_customers = table(found)
    assert sum(row[HISTORIES] for row in table(distinct(found))) == len(of_customers)
    again = [row for row in of_customers if row["buying_days"] > 1]
    spent = table(spends(found))
    assert sum(row[HISTORIES] for row in spent) == len(again)
    assert sum(row[HISTORIES] * row["repeat_revenue"] for row in spent) == sum(row["repeat_revenue"] for row in again)


# Other people's words for the same, over the raw lines

BY_HAND = """
    with purchases as (
        select customer_id, order_id, min(day) as day, sum(amount)::bigint as amount, bool_or(amount > 0) or not bool_or(amount < 0) as placed
        from lines group by all
    ),
    firsts as (select customer_id, min(day) as first_day from purchases where placed group by customer_id)
    select customer_id, first_day,
           count(distinct day) filter (placed and day <= $cut) as buying_days,
           max(day) filter (placed and day <= $cut) - first_day as active_days,
           $cut - first_day as age_days,
           coalesce(sum(amount) filter (day <= $cut), 0)::bigint as revenue,
           coalesce(sum(amount) filter (day > first_day and day <= $cut), 0)::bigint as repeat_revenue,
           count(distinct day) filter (placed and day > $cut - 90 and day <= $cut) as recent_days,
           coalesce(sum(amount) filter (day > $cut - 90 and day <= $cut), 0)::bigint as recent_revenue,
           count(distinct day) filter (placed and day > $cut and day <= $until) as later_days,
           coalesce(sum(amount) filter (day > $cut and day <= $until), 0)::bigint as later_revenue
    from firsts join purchases using (customer_id)
    where first_day <= $cut
    group by customer_id, first_day
    order by customer_id
"""


def answer(query, lines, **parameters):
    """What a query over the raw lines gives."""
    with duckdb.connect() as connection:
        connection.register("lines", lines.to_arrow())
        found = connection.execute(query, parameters)
        return pl.DataFrame(found.fetchall(), schema=[column[0] for column in found.description], orient="row")


@some_shops
@given(shops(), DAYS, st.integers(0, 400))
def test_histories_are_those_of_a_query_over_the_raw_lines(lines, day, days):
    by_hand = answer(BY_HAND, lines, cut=day, until=day + days)
    found = collected(histories(buying(made(lines), LAST), Cut(day, days))).sort("customer_id")
    assert found.select(by_hand.columns).rows() == by_hand.rows()


def test_histories_of_cdnow_are_those_of_a_query_over_its_lines(real_data):
    records = [line.split() for line in real_data("cdnow/CDNOW_sample.txt").read_text().splitlines()]
    columns = [
        (who, str(n), day_number(date.fromisoformat(on)), round(float(paid) * 10_000)) for n, (_, who, on, _, paid) in enumerate(records)
    ]
    lines = pl.DataFrame(
        columns, schema={"customer_id": pl.String, "order_id": pl.String, "day": pl.Int32, "amount": pl.Int64}, orient="row"
    )
    cut = Cut(day("1997-09-30"), 273)
    by_hand = answer(BY_HAND, lines, cut=cut.day, until=cut.end)
    days = buying(orders(nw.from_native(lines.lazy())), day("1998-06-30"))
    found = collected(histories(days, cut)).sort("customer_id")
    assert found.select(by_hand.columns).rows() == by_hand.rows()
    assert (found.height, found["later_days"].sum()) == (
        2_357,
        1_882,
    )  # 2,357 customers, who bought on 1,882 days of the 39 weeks after the cut: Fader, Hardie & Lee 2005


@ENGINES
@pytest.mark.parametrize("cut", [Cut(AS_OF), Cut(day("2024-04-30"), 20), Cut(day("2023-12-31"), 60)])
def test_every_engine_gives_the_same(engine, cut):
    lines = lines_frame(SHOP)
    found = histories(buying(orders(engine(lines)), AS_OF), cut)
    plain = histories(buying(orders(on_polars(lines)), AS_OF), cut)
    assert table(found) == table(plain)
    assert table(distinct(found)) == table(distinct(plain))
    assert table(spends(found)) == table(spends(plain))


@some_shops
@given(shops(), DAYS)
def test_duckdb_gives_the_same_of_any_shop(lines, day):
    one, other = (table(histories(buying(orders(on(lines), Rates(0.3)), LAST), Cut(day, 90))) for on in (on_polars, on_duckdb))
    assert one == other
