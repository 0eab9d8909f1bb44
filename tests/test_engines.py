"""The same orders give the same customers, segments and formulas on every engine."""

import math
import operator

import polars as pl
import pytest
from orders_text import attributes_of, collected, customers_of, lines_frame, observed, on_duckdb, on_polars

from clvcli.acquisition import with_acquisition_cost
from clvcli.catalog import Catalog
from clvcli.customers import merged
from clvcli.engines import Polars
from clvcli.expression import parse
from clvcli.orders import orders
from clvcli.periods import Period
from clvcli.rates import Rates
from clvcli.referrals import with_referrals
from clvcli.segments import Segment
from clvcli.survival import gap_counts

AWKWARD = """
    customer  order  date        amount   cost     channel  category  referred_by
    ann       1      2023-02-05   30.00   10.00    web      cups      -
    ann       1      2023-02-05    0.01       -    web      beans     -
    ann       1      2023-03-01  -10.00   -3.33    web      cups      -
    ann       2      2024-02-29   19.99    7.77    fair     -         -
    ann       3      2024-02-29    5.05       -    shop     beans     -
    bob       10     2024-01-01  123.4567 23.4567  fair     cups      ann
    bob       9      2024-01-01    0.03       -    web      tea       zoë
    Zoë       4      2022-12-31    0.00    0.00    -        -         -
    Zoë       r-4    2024-05-05   -7.00   -7.00    -        -         -
    客户-7     5      2023-07-01  999999.99 1.00    web      tea       Zoë
    客户-7     6      2024-12-31    0.07    0.01    web      tea       Zoë
    full      7      2023-12-31   50.00       -    fair     cups      bob
    full      7      2024-01-02  -50.00       -    fair     cups      bob
    only-back r-8    2024-06-06  -12.34   -1.00    web      cups      ann
    only-back r-8    2024-06-07   -0.01       -    web      cups      ann
    self      11     2024-11-11    8.00    9.50    shop     tea       self
"""
SEEN = observed("2024-12-31", Period.YEAR, since="2022-12-31", churn_window_days=90)
CATALOG = Catalog(
    segments=(
        Segment("loyal", parse("orders >= 2 and aov > 1")),
        Segment("web", parse('channel == "web" or min(revenue, orders) < 0')),
        Segment("odd", parse("not (clv_observed > -1) or purchase_rate ** 2 > 1")),
    ),
    settings={"period_years": 1.0, "discount_rate": 0.1, "churn_window_days": 90.0, "target_ltv_to_cac": 3.0},
)
MARGIN = Rates(0.3, "category", {"cups": 0.55, "beans": 0.15})
CAC = Rates(1.5, "channel", {"web": 12.3456, "fair": 0.0})


def labelled(lines, names, margin, pick):
    """The way from lines to labelled customers, as a run takes it."""
    found = customers_of(orders(lines, margin, names), names, SEEN, pick)
    return CATALOG.label(with_referrals(with_acquisition_cost(found, CAC)))


def equal(frame, key):
    """The frame's rows on both engines: whole numbers and texts, and ratios to twelve digits."""
    on_first, on_second = (collected(f).sort(key, nulls_last=True) for f in frame)
    assert on_first.columns == on_second.columns
    for name in on_first.columns:
        same = is_close if on_first[name].dtype.is_float() else operator.eq
        assert all(same(*pair) for pair in zip(on_first[name], on_second[name], strict=True)), name
    return on_first


def is_close(left, right):
    return left is right if None in (left, right) else math.isclose(left, right, rel_tol=1e-12)


@pytest.fixture(scope="module", params=["first", "last"])
def customers(request):
    """The customers of AWKWARD on Polars and on DuckDB."""
    lines = lines_frame(AWKWARD)
    return [labelled(on(lines), attributes_of(lines), MARGIN, request.param) for on in (on_polars, on_duckdb)]


def test_orders_are_the_same():
    lines = lines_frame(AWKWARD)
    for margin in (None, Rates(0.3333), MARGIN):
        rows = equal([orders(on(lines), margin, attributes_of(lines)) for on in (on_polars, on_duckdb)], ["customer_id", "order_id"])
        assert rows.height == 12


def test_customers_are_the_same(customers):
    rows = equal(customers, ["customer_id"])
    assert rows["customer_id"].to_list() == sorted(["ann", "bob", "Zoë", "客户-7", "full", "only-back", "self"])
    assert sorted(set(rows["segment"])) == ["loyal", "odd", "other", "web"]


def test_the_formulas_of_each_customer_are_the_same(customers):
    rows = equal([CATALOG.derive(c) for c in customers], ["customer_id"])
    assert rows["clv_contribution"].is_null().any()
    assert rows["aov"].is_not_null().any()


@pytest.mark.parametrize("by", [["channel"], ["channel", "category"], ["segment"]])
def test_segments_and_their_formulas_are_the_same(customers, by):
    rows = equal([CATALOG.derive(merged(c, by)) for c in customers], by)
    assert rows.height > 1


@pytest.mark.parametrize("lifespan", [2.5, "churn", "tenure", "survival"])
def test_the_total_and_its_formulas_are_the_same(customers, lifespan):
    catalog = Catalog(settings=CATALOG.settings, lifespan=lifespan)
    total = equal([catalog.derive(merged(c, by=())) for c in customers], ["customers"])
    assert total["clv_contribution"].is_not_null().all()


def test_orders_that_are_saved_are_scanned_as_they_were(tmp_path):
    engine, lines = Polars(), lines_frame(AWKWARD)
    made = orders(engine.frame(lines), MARGIN)
    engine.save(made, tmp_path / "orders.parquet")
    key = ["customer_id", "order_id"]
    assert engine.collect(engine.scan(tmp_path / "orders.parquet")).sort(key).equals(engine.collect(made).sort(key))


def test_a_shared_frame_is_the_frame_itself():
    made = orders(Polars().frame(lines_frame(AWKWARD)), MARGIN)
    key = ["customer_id", "order_id"]
    assert collected(Polars().shared(made)).sort(key).equals(collected(made).sort(key))


def test_an_engine_takes_orders_that_are_in_memory():
    orders_read = pl.DataFrame({"customer_id": ["ann"], "amount": [1]})
    assert Polars().collect(Polars().frame(orders_read)).equals(orders_read)


def test_gaps_by_hash_are_those_by_name():
    days = {f"c{number}": {number % 7, number % 11 + 9, number * number % 400} for number in range(300)}
    rows = [(customer, day, 1) for customer, theirs in days.items() for day in theirs] + [("c1", 3, 1), ("c1", 3, 1), ("c2", 390, 0)]
    made = pl.DataFrame(rows, schema={"customer_id": pl.String, "day": pl.Int32, "placed": pl.Int8}, orient="row")
    by_name = Polars().collect(gap_counts(Polars().frame(made))).sort("gap").rows()
    assert Polars().gaps_by_hash(made) == by_name


def test_gaps_by_hash_are_not_counted_over_more_days_than_fit():
    made = pl.DataFrame({"customer_id": ["ann", "ann"], "day": [0, 1 << 16], "placed": [1, 1]})
    assert Polars().gaps_by_hash(made) == []
    assert Polars().gaps_by_hash(made.with_columns(day=pl.Series([0, (1 << 16) - 1]))) == [((1 << 16) - 1, 1)]
