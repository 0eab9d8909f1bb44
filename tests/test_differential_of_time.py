"""Cohorts, gaps, survival and spend against other people's definitions of them, in SQL over the raw lines."""

import narwhals.stable.v2 as nw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from orders_text import collected
from shops import FIRST, LAST, observations, shops
from test_differential import answer

from clvcli.activity import activity
from clvcli.churn import ChurnRule
from clvcli.cohorts import cells
from clvcli.customers import derived, measured
from clvcli.history import changes, lapses, paths
from clvcli.orders import orders
from clvcli.periods import Period, date_of
from clvcli.survival import Gaps, durations, gap_counts, kaplan_meier, silence_counts
from clvcli.timeline import timeline

OF_ORDERS = """
    with placed as (
        select customer_id, order_id, date '1970-01-01' + min(day) as bought_on, sum(amount)::bigint as amount,
               bool_or(amount > 0) or not bool_or(amount < 0) as is_purchase
        from lines group by all
    )
"""

CELLS = (
    OF_ORDERS
    + """
    , dated as (select *, date_trunc('{unit}', bought_on) as period from placed),
    came as (select customer_id, min(period) as cohort from dated where is_purchase{or_any} group by customer_id)
    select date_part('year', cohort)::int as year, date_part('{unit}', cohort)::int as part,
           greatest(date_diff('{unit}', cohort, period), 0) as age,
           count(distinct customer_id) filter (is_purchase{or_any}) as active,
           count(*) filter (is_purchase) as orders, sum(amount)::bigint as revenue
    from dated join came using (customer_id)
    group by all order by all
    """
)

pytestmark = pytest.mark.slow


def of_month(cohort, period):
    """The year and the number of a period in it, as SQL has them."""
    return (cohort, cohort) if period is Period.YEAR else (cohort * period.value // 12, cohort % (12 // period.value) + 1)


@pytest.mark.parametrize("count_refunds", [False, True])
@given(lines=shops(), period=st.sampled_from(Period))
def test_cells_are_those_of_a_query_over_the_raw_lines(lines, period, count_refunds):
    by_hand = answer(CELLS.format(unit=period.word, or_any=" or true" if count_refunds else ""), lines)
    found = collected(cells(activity(orders(nw.from_native(lines.lazy())), period, count_refunds=count_refunds))).drop_nulls("cohort")
    rows = found.select("cohort", "age", "active", "orders", "revenue").rows()
    assert sorted((*of_month(cohort, period), *rest) for cohort, *rest in rows) == by_hand.rows()


GAPS = (
    OF_ORDERS
    + """
    , days as (select distinct customer_id, bought_on from placed where is_purchase),
    gaps as (select bought_on - lag(bought_on) over (partition by customer_id order by bought_on) as gap from days)
    select count(gap) as gaps, {percentiles} from gaps where gap is not null
    """
)
SHARES = (0.05, 0.1, 0.25, 0.5, 0.55, 0.7, 0.8, 0.9, 0.95, 1.0)


@given(shops())
def test_percentiles_of_gaps_are_those_of_sql(lines):
    by_hand = answer(GAPS.format(percentiles=", ".join(f"quantile_disc(gap, {share}) as p{at}" for at, share in enumerate(SHARES))), lines)
    gaps = Gaps(tuple(collected(gap_counts(orders(nw.from_native(lines.lazy())))).sort("gap").rows()), ())
    assert (gaps.count, *(gaps.percentile(share) for share in SHARES)) == by_hand.row(0)


SILENCES = (
    OF_ORDERS
    + """
    , customers as (select customer_id, min(bought_on) as first, max(bought_on) as last from placed where is_purchase group by customer_id)
    select $as_of::date - last as idle, count(*) as customers from customers group by idle order by idle
    """
)
AT_RISK = (
    OF_ORDERS
    + """
    , customers as (
        select customer_id, min(bought_on) as first, max(bought_on) as last, $as_of::date - max(bought_on) > $days as has_lapsed
        from placed where is_purchase group by customer_id
    ),
    watched as (select case when has_lapsed then last else $as_of::date end - first as stayed, has_lapsed from customers)
    select stayed, sum(count(*)) over (order by stayed desc)::bigint as at_risk, count(*) filter (has_lapsed) as lapsed,
           count(*) filter (not has_lapsed) as censored
    from watched group by stayed order by stayed
    """
)


@given(shops(), observations())
def test_the_counts_of_a_survival_curve_are_those_of_sql(lines, seen):
    as_of = date_of(seen.window.as_of).isoformat()
    found = derived(measured(orders(nw.from_native(lines.lazy())), seen), seen)
    steps = kaplan_meier(collected(durations(found)).select("exposure_days", "customers", "lapsed_customers").rows())
    by_hand = answer(AT_RISK, lines, {"as_of": as_of, "days": seen.churn.days})
    assert [(s.days, s.at_risk, s.lapsed, s.censored) for s in steps] == by_hand.rows()
    assert sorted(collected(silence_counts(found)).rows()) == answer(SILENCES, lines, {"as_of": as_of}).rows()


LAPSED = (
    OF_ORDERS
    + """
    , ends as (select unnest(generate_series(date '2022-01-31', date '2024-12-31', interval 1 month)) as some_day),
    months as (select last_day(some_day::date) as ended_on from ends),
    upto as (
        select ended_on, customer_id, min(bought_on) as first, max(bought_on) as last, count(distinct bought_on) as buying_days
        from months join placed on bought_on <= ended_on where is_purchase group by all
    )
    select ended_on, count(*) as customers, count(*) filter ({lapsed}) as lapsed,
           sum(case when {lapsed} then last else ended_on end - first)::bigint as exposure, sum(last - first)::bigint as active
    from upto group by ended_on order by ended_on
    """
)
RULES = {
    "ended_on - last > 90": ChurnRule(90),
    "ended_on - last > if(buying_days = 1, 45, 90)": ChurnRule(90, one_time_days=45),
    "if(buying_days = 1, ended_on - last > 60, ended_on - last > 10 and (ended_on - last) * (buying_days - 1) > 1.5 * (last - first))": ChurnRule(
        60, 1.5, 10, name="personal"
    ),
}


@pytest.mark.parametrize("lapsed", RULES)
@given(lines=shops())
def test_a_timeline_is_that_of_a_query_for_each_month_end(lines, lapsed):
    by_hand = {str(end)[:7]: rest for end, *rest in answer(LAPSED.format(lapsed=lapsed), lines).rows()}
    steps = paths(activity(orders(nw.from_native(lines.lazy())), Period.MONTH, count_days=True))
    frames = (collected(changes(steps)), collected(lapses(steps, RULES[lapsed], Period.MONTH, LAST)))
    found = timeline(*frames, Period.MONTH, (FIRST, LAST))
    rows = found.frame.select("customers", "lapsed_customers", "exposure_days", "active_days").rows()
    nobody = [0, 0, 0, 0]
    assert [list(row) for row in rows] == [by_hand.get(name, nobody) for name in found.names]
