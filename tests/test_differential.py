"""The core against other people's definitions of the same numbers, on raw lines."""

import duckdb
import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import given
from orders_text import collected, customers_of, observed
from shops import observations, shops

from clvcli.customers import derived, measured
from clvcli.orders import orders
from clvcli.periods import date_of

pytestmark = pytest.mark.slow

BY_HAND = """
    with seen as (
        select as_of, as_of = last_day(as_of) as ends_a_month, as_of - to_months(months) as one_back, as_of - to_months(2 * months) as two_back
        from (select $as_of::date as as_of, $months::int as months)
    ),
    periods as (
        select as_of,
               case when ends_a_month then last_day(one_back::date) else one_back::date end + 1 as current_start,
               case when ends_a_month then last_day(two_back::date) else two_back::date end + 1 as previous_start
        from seen
    ),
    purchases as (
        select customer_id, order_id, date '1970-01-01' + min(day) as bought_on
        from lines group by all
        having bool_or(amount > 0) or not bool_or(amount < 0)
    ),
    dated as (
        select *, count(*) filter (bought_on between current_start and as_of) over each_customer as now,
               count(*) filter (bought_on >= previous_start and bought_on < current_start) over each_customer as before
        from purchases, periods
        window each_customer as (partition by customer_id)
    ),
    bought as (
        select customer_id, count(*) as orders, min(bought_on) as first, max(bought_on) as last, count(distinct bought_on) as buying_days,
               any_value(now) as now, any_value(before) as before
        from dated group by customer_id
    ),
    paid as (
        select customer_id, sum(amount)::bigint as revenue, -coalesce(sum(amount) filter (amount < 0), 0)::bigint as refunds
        from lines group by customer_id
    )
    select customer_id, coalesce(orders, 0) as orders, revenue, refunds,
           first - date '1970-01-01' as first_day, last - date '1970-01-01' as last_day, coalesce(buying_days, 0) as buying_days,
           coalesce(now, 0) as orders_in_period, (coalesce(now, 0) > 0)::int as customers_in_period,
           (coalesce(before, 0) > 0)::int as customers_in_previous_period, (coalesce(now, 0) > 0 and coalesce(before, 0) > 0)::int as retained_customers,
           coalesce(first >= current_start, false)::int as new_customers, (coalesce(orders, 0) >= 2)::int as repeat_customers,
           coalesce(as_of - last > $churn_window_days, false)::int as lapsed_customers
    from paid left join bought using (customer_id), periods
    order by customer_id
"""


@given(shops(), observations())
def test_customers_are_those_of_a_query_over_the_raw_lines(lines, seen):
    parameters = {
        "as_of": date_of(seen.window.as_of).isoformat(),
        "months": seen.window.period.value,
        "churn_window_days": seen.churn.days,
    }
    by_hand = answer(BY_HAND, lines, parameters)
    customers = collected(derived(measured(orders(nw.from_native(lines.lazy())), seen), seen))
    assert customers.select(by_hand.columns).sort("customer_id").to_dicts() == by_hand.to_dicts()


ATTRIBUTES_BY_HAND = """
    with purchases as (
        select customer_id, order_id, min(day) as day, min(channel) as channel, min(country) as country
        from lines group by all
        having bool_or(amount > 0) or not bool_or(amount < 0)
    )
    select customer_id, first(channel order by {direction}, order_id) as channel, first(country order by {direction}, order_id) as country
    from (select distinct customer_id from lines) left join purchases using (customer_id)
    group by customer_id order by customer_id
"""


@pytest.mark.parametrize(("pick", "direction"), [("first", "day"), ("last", "day desc")])
@given(lines=shops(), seen=observations())
def test_attributes_are_those_of_a_query_over_the_raw_lines(lines, seen, pick, direction):
    attributes = ["channel", "country"]
    by_hand = answer(ATTRIBUTES_BY_HAND.format(direction=direction), lines)
    customers = customers_of(orders(nw.from_native(lines.lazy()), attributes=attributes), attributes, seen, pick)
    assert collected(customers).select(by_hand.columns).sort("customer_id").rows() == by_hand.rows()


def answer(query, lines, parameters=None):
    """What a query over the raw lines gives."""
    with duckdb.connect() as connection:
        connection.register("lines", lines.to_arrow())
        found = connection.execute(query, parameters)
        return pl.DataFrame(found.fetchall(), schema=[column[0] for column in found.description], orient="row")


@pytest.fixture(scope="module")
def cdnow(real_data):
    """Customer, day and ten-thousandths of a dollar of every CDNOW transaction, each an order."""
    records = [line.split() for line in real_data("cdnow/CDNOW_master.txt").read_text().splitlines()]
    columns = [(customer, day, round(float(dollars) * 10_000)) for customer, day, _, dollars in records[1:]]
    frame = pl.DataFrame(columns, schema={"customer_id": pl.String, "date": pl.String, "amount": pl.Int64}, orient="row")
    day = pl.col("date").str.to_date("%Y%m%d").cast(pl.Int32).alias("day")
    return frame.with_row_index("order_id").select("customer_id", pl.col("order_id").cast(pl.String), day, "amount")


@pytest.fixture(scope="module")
def cdnow_customers(cdnow):
    """CDNOW's customers as of the end of June 1998."""
    seen = observed("1998-06-30")
    return collected(derived(measured(orders(nw.from_native(cdnow.lazy())), seen), seen))


def test_cdnow_is_what_was_published_of_it(cdnow, cdnow_customers):
    assert (cdnow.height, cdnow_customers.height) == (69_659, 23_570)
    assert cdnow_customers["revenue"].sum() == 2_500_315_6300
    assert cdnow_customers["orders"].sum() == 69_659
    assert cdnow_customers["buying_days"].sum() == 67_591
    assert (cdnow_customers["orders"] == 1).sum() == 11_908
    assert (cdnow_customers["buying_days"] == 1).sum() == 12_054


HISTORIES = """
    select customer_id, count(distinct day) - 1 as x, max(day) - min(day) as t_x, date '1998-06-30' - (date '1970-01-01' + min(day)) as t
    from lines group by customer_id order by customer_id
"""


def test_the_histories_of_cdnow_are_those_of_the_btyd_papers(cdnow, cdnow_customers):
    """x, t_x and T as the papers and `lifetimes` define them, worked out of the raw days by SQL."""
    histories = answer(HISTORIES, cdnow)
    ours = cdnow_customers.sort("customer_id").select(pl.col("buying_days") - 1, "active_days", "age_days")
    assert ours.rows() == histories.select("x", "t_x", "t").rows()


def test_the_mean_histories_of_cdnow_are_those_that_lifetimes_gives(cdnow_customers):
    """Measured once with lifetimes 0.11.3, which warns when it is imported beside a current pandas."""
    assert (cdnow_customers["buying_days"] - 1).mean() == pytest.approx(1.86767, abs=5e-6)
    assert cdnow_customers["active_days"].mean() == pytest.approx(134.872, abs=5e-4)
    assert cdnow_customers["age_days"].mean() == pytest.approx(502.094, abs=5e-4)
