"""Tiers of customers by what they brought, and the share of revenue that comes from how few."""

import doctest
from collections import Counter
from fractions import Fraction

import duckdb
import polars as pl
import pytest
from exported import read_export
from hypothesis import given
from hypothesis import strategies as st
from orders_text import ENGINES, collected, customers_of, observed, on_polars

from clvcli import tiers
from clvcli.tiers import BOUNDARIES, VALUE_TIER, concentration, pareto_note, tier_names, with_value_tier

TOP, NEXT, TENTH, MIDDLE, REST = tier_names()


def shop(revenues):
    """Customers who brought so much, numbered; None stands for a row of refunds alone."""
    rows = [(f"{at:03}", int(revenue is not None), -500 if revenue is None else revenue) for at, revenue in enumerate(revenues)]
    return pl.DataFrame(rows, schema={"customer_id": pl.String, "customers": pl.Int64, "revenue": pl.Int64}, orient="row")


def tiered(revenues, boundaries=BOUNDARIES, engine=on_polars):
    """The tier of each of them."""
    return collected(with_value_tier(engine(shop(revenues)), boundaries)).sort("customer_id")[VALUE_TIER.name].to_list()


def test_the_examples_of_the_docstrings():
    assert doctest.testmod(tiers).failed == 0


def test_names_read_and_sort_from_the_best_to_the_least():
    assert list(tier_names()) == ["1: top 1%", "2: 1–10%", "3: 10–20%", "4: 20–50%", "5: 50–100%"]
    assert tier_names((0.005, 0.07, 0.125)) == ("1: top 0.5%", "2: 0.5–7%", "3: 7–12.5%", "4: 12.5–100%")


@pytest.mark.parametrize("number", [1, 8, 9, 10, 150])
def test_any_number_of_tiers_sorts_as_text(number):
    names = tier_names([at / (number + 1) for at in range(1, number + 1)])
    assert (len(names), sorted(names)) == (number + 1, list(names))


@ENGINES
def test_a_hundred_who_all_differ_fill_the_tiers_to_their_boundaries(engine):
    found = tiered(range(100, 0, -1), engine=engine)
    assert found == [TOP] * 1 + [NEXT] * 9 + [TENTH] * 10 + [MIDDLE] * 30 + [REST] * 50


@ENGINES
def test_equals_share_the_higher_tier(engine):
    # Of ten, the second to the fourth are equal: one customer has more than each of them, which is 10 %.
    assert tiered([90, 70, 70, 70, 50, 40, 30, 20, 10, 0], engine=engine) == [TOP, *[TENTH] * 3, MIDDLE, *[REST] * 5]


@pytest.mark.parametrize("people", [1, 2, 100])
def test_where_all_are_equal_nobody_has_more(people):
    assert tiered([70] * people) == [TOP] * people


@ENGINES
def test_a_loss_is_in_the_last_tier(engine):
    assert tiered([-1, 0, -5_000_000, 1], (0.25, 0.5, 0.75), engine) == ["3: 50–75%", "2: 25–50%", "4: 75–100%", "1: top 25%"]


@ENGINES
def test_who_only_gave_something_back_has_no_tier_and_is_not_counted(engine):
    assert tiered([None, 10, None, 20], (0.5,), engine) == [None, "2: 50–100%", None, "1: top 50%"]


def test_without_customers_there_are_no_tiers():
    assert tiered([None]) == [None]
    assert tiered([]) == []


@pytest.mark.parametrize("share", [0.1, 0.07, 0.29, 0.3, 0.57, 0.58])
def test_a_boundary_is_met_exactly(share):
    found = tiered(range(100, 0, -1), (share,))
    assert Counter(found) == dict(zip(tier_names((share,)), (round(100 * share), round(100 * (1 - share))), strict=True))


# Laws

SHOPS = st.lists(st.one_of(st.none(), st.integers(-3, 12)), max_size=40)
CUTS = st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True).map(lambda found: [cut / 100 for cut in sorted(found)])


@given(SHOPS, CUTS)
def test_the_share_with_more_revenue_never_reaches_the_end_of_a_tier(revenues, cuts):
    names, ends = tier_names(cuts), [Fraction(0), *(Fraction(round(cut * 100), 100) for cut in cuts), Fraction(1)]
    customers = [revenue for revenue in revenues if revenue is not None]
    for revenue, tier in zip(revenues, tiered(revenues, cuts), strict=True):
        if revenue is None:
            assert tier is None
        else:
            share, at = Fraction(sum(other > revenue for other in customers), len(customers)), names.index(tier)
            assert ends[at] <= share < ends[at + 1]


@given(SHOPS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(revenues, random):
    frame = shop(revenues)
    order = list(range(frame.height))
    random.shuffle(order)
    one, other = (collected(with_value_tier(on_polars(f))).sort("customer_id") for f in (frame, frame[order]))
    assert one.equals(other)


@given(SHOPS)
def test_more_revenue_never_means_a_lower_tier(revenues):
    found = sorted((-revenue, tier) for revenue, tier in zip(revenues, tiered(revenues), strict=True) if revenue is not None)
    assert [tier for _, tier in found] == sorted(tier for _, tier in found)


# Concentration


def test_shares_are_of_all_down_to_a_tier_and_with_it():
    reached = [(c.customers, c.revenue) for c in concentration([(1, 500), (4, 250), (15, 250)])]
    assert reached == [(0.05, 0.5), (0.25, 0.75), (1.0, 1.0)]


def test_refunds_of_who_is_no_customer_are_part_of_the_revenue():
    assert [c.revenue for c in concentration([(2, 80), (8, 40), (0, -20)])] == [0.8, 1.2, 1.0]


@pytest.mark.parametrize("rows", [[(1, 0), (3, 0)], [(1, 10), (3, -20)]])
def test_without_revenue_there_is_no_share_of_it(rows):
    assert {c.revenue for c in concentration(rows)} == {None}
    assert pareto_note(rows) == ""


def test_without_customers_there_is_nothing_to_say():
    assert concentration([]) == ()
    assert [c.customers for c in concentration([(0, 10)])] == [0.0]
    assert pareto_note([]) == ""


def test_the_note_is_about_the_tiers_nearest_to_a_fifth():
    assert pareto_note([(1, 300), (9, 200), (9, 100), (31, 200), (50, 200)]) == "The top 19.0% of customers bring 60.0% of revenue."
    assert pareto_note([(50, 900), (50, 100)]) == "The top 50.0% of customers bring 90.0% of revenue."


def test_of_all_customers_in_one_tier_there_is_nothing_to_say():
    assert pareto_note([(7, 700)]) == ""
    assert pareto_note([(7, 700), (0, -100)]) == ""


# Real data

SALES = {
    "columns": {"order_id": "InvoiceNo", "customer_id": "CustomerID", "ordered_at": "InvoiceDate", "amount": "Quantity * UnitPrice"},
    "where": "Quantity > 0 and UnitPrice > 0",
}
_SQL = """
    WITH customers AS (
        SELECT sum(Quantity::DECIMAL(18, 4) * UnitPrice::DECIMAL(12, 4)) AS revenue
        FROM '{}' WHERE CustomerID <> '' AND Quantity::BIGINT > 0 AND UnitPrice::DECIMAL(12, 4) > 0 GROUP BY CustomerID
    ), placed AS (SELECT revenue, (SELECT count(*) FROM customers m WHERE m.revenue > c.revenue) * 100 AS more FROM customers c)
    SELECT CASE WHEN more < 4338 THEN 1 WHEN more < 43380 THEN 2 WHEN more < 86760 THEN 3 WHEN more < 216900 THEN 4 ELSE 5 END AS tier,
           count(*), (sum(revenue) * 10000)::BIGINT
    FROM placed GROUP BY tier ORDER BY tier
"""


def test_uci_is_concentrated_as_sql_says(real_data):
    path = real_data("uci_online_retail/online_retail.parquet")
    customers = customers_of(on_polars(read_export(str(path), **SALES).orders), [], observed("2011-12-09"))
    found = (
        collected(with_value_tier(customers))
        .group_by("value_tier")
        .agg(pl.col("customers").sum(), pl.col("revenue").sum())
        .sort("value_tier")
    )
    assert found["value_tier"].to_list() == list(tier_names())
    rows = list(zip(found["customers"], found["revenue"], strict=True))
    assert rows == [(customers, revenue) for _, customers, revenue in duckdb.sql(_SQL.format(path)).fetchall()]
    assert [customers for customers, _ in rows] == [44, 390, 434, 1_301, 2_169]
    assert pareto_note(rows) == "The top 20.0% of customers bring 74.6% of revenue."
