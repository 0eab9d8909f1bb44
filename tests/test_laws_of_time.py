"""What is true of every shop through time: cohorts, timelines, horizons, spend and gaps add up."""

import math
from collections import defaultdict
from dataclasses import replace

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from orders_text import collected, customers_of
from shops import FIRST, LAST, shops

from clvcli.acquisition import MONTH, SPEND, SpendRow, new_customers, spend_by_month, unattributed, with_acquisition_cost, with_spend
from clvcli.activity import activity
from clvcli.catalog import Catalog
from clvcli.churn import ChurnRule
from clvcli.cohorts import cells, cohort_costs, cohort_label
from clvcli.costs import VariableCosts, contribution, with_variable_costs
from clvcli.customers import merged
from clvcli.history import changes, lapses, paths
from clvcli.horizons import MONTH as MONTH_OF_AGE
from clvcli.horizons import REACHED, payback_sizes, payback_steps, with_horizons
from clvcli.labels import LABELS, with_labels
from clvcli.measuring import Observation
from clvcli.metrics import BY_AGE, METRICS
from clvcli.orders import orders
from clvcli.periods import Period, Window, last_day_of, period_index, period_name
from clvcli.rates import Rates
from clvcli.reports.segments import gathered
from clvcli.reports.trend import trend_tables
from clvcli.survival import durations, gap_counts, kaplan_meier, restricted_mean, silence_counts
from clvcli.timeline import timeline
from clvcli.triangle import triangle

ATTRIBUTES = ("channel", "country")
COSTS = VariableCosts(0.029, 0.3, 2.0)
CAC = Rates(1.0, "channel", {"web": 7.5, "fair": 0.0})
RULES = st.one_of(
    st.builds(ChurnRule, st.sampled_from([1, 30, 180, 365])),
    st.builds(ChurnRule, st.integers(1, 400), st.none(), st.just(0), st.integers(1, 400), st.just("percentile")),
    st.builds(
        ChurnRule,
        st.integers(1, 400),
        st.floats(0.1, 8),
        st.integers(0, 90),
        st.one_of(st.none(), st.integers(1, 400)),
        st.just("personal"),
    ),
)

pytestmark = pytest.mark.slow
PERIODS = st.sampled_from(Period)
BY = st.sampled_from([["channel"], ["country"], ["country", "channel"]])
ENDS = st.integers(LAST, LAST + 365)


def orders_of(lines):
    """The orders with their profit and variable costs, worked out once."""
    made = orders(nw.from_native(lines.lazy()), Rates(0.3), ATTRIBUTES)
    return in_memory(with_variable_costs(made, COSTS))


def in_memory(frame):
    return nw.from_native(collected(frame).lazy())


def customers(made, as_of=LAST, period=None, rule=None):
    """One row per customer of those orders, with attributes and what they cost to win."""
    seen = Observation(Window(FIRST, as_of, period), rule or ChurnRule(180))
    return in_memory(with_acquisition_cost(customers_of(made, ATTRIBUTES, seen), CAC))


def rows(frame, *keys):
    """The rows, in an order of their own."""
    return collected(frame).sort(*keys, nulls_last=True).to_dicts()


def sums(frame, *names):
    """The sums of the columns."""
    (row,) = collected(frame.select(nw.col(names).sum())).rows()
    return row


# Cohorts


@given(shops(), PERIODS, st.booleans())
def test_cells_sum_to_the_shop(lines, period, count_refunds):
    made = orders_of(lines)
    found = cells(activity(made, period, count_refunds=count_refunds))
    brought = made.with_columns(contribution(made.collect_schema().names()).alias("contribution"))
    assert sums(found, "orders", "revenue", "contribution") == sums(brought, "placed", "amount", "contribution")


@given(shops(), PERIODS, BY, st.booleans())
def test_cohorts_by_attribute_sum_to_cohorts_of_all(lines, period, by, count_refunds):
    made = orders_of(lines)
    did, names = activity(made, period, count_refunds=count_refunds), ("active", "orders", "revenue", "contribution")
    groups = cells(did, customers(made), by).group_by("cohort", "age").agg(nw.col(names).sum())
    assert rows(groups, "cohort", "age") == rows(cells(did).select("cohort", "age", *names), "cohort", "age")


@given(shops(), PERIODS, ENDS)
def test_the_triangle_holds_every_customer_and_what_they_brought(lines, period, as_of):
    made = orders_of(lines)
    found = triangle(collected(cells(activity(made, period))), period, FIRST, as_of)
    everybody = [row for row in rows(customers(made), "customer_id") if row["customers"]]
    assert found.frame.filter(pl.col("age") == 0)["customers"].sum() == len(everybody)
    assert found.frame["revenue"].sum() == sum(row["revenue"] for row in everybody)
    last = found.frame.group_by("cohort").agg(pl.col("cumulative_revenue", "cumulative_contribution").last())
    assert last["cumulative_revenue"].sum() == found.frame["revenue"].sum()
    assert last["cumulative_contribution"].sum() == found.frame["contribution"].sum()
    assert found.frame["active"].le(found.frame["customers"]).all()
    assert found.frame.filter(pl.col("age") == 0).select(pl.col("active") == pl.col("customers")).to_series().all()


@given(shops(), PERIODS, BY)
def test_cohorts_cost_what_their_customers_cost(lines, period, by):
    of_shop = customers(orders_of(lines))
    (whole,) = sums(of_shop, "acquisition_cost")
    assert sums(cohort_costs(of_shop, period), "acquisition_cost") == (whole,)
    assert sums(cohort_costs(of_shop, period, by), "acquisition_cost") == (whole,)


@given(shops(), PERIODS)
def test_a_customer_belongs_to_the_cohort_that_is_called_by_the_first_day(lines, period):
    labelled = customers(orders_of(lines)).with_columns(cohort_label(nw.col("first_day"), period).alias("called"))
    for row in rows(labelled, "customer_id"):
        first = row["first_day"]
        assert row["called"] == (None if first is None else period_name(period_index(first, period), period))


# Timelines


def steps_of(made, period, by=(), known=None):
    return in_memory(
        paths(activity(made, period, count_days=True), known.select("customer_id", *by, "acquisition_cost") if known else None)
    )


def history(made, period, rule, as_of, by=()):
    """The timeline of all customers, or of groups."""
    steps = steps_of(made, period, by, customers(made))
    frames = (collected(changes(steps, by)), collected(lapses(steps, rule, period, as_of, by)))
    first = collected(made.filter(nw.col("placed") == 1).select(nw.col("day").min()))["day"][0]
    return timeline(*frames, period, (FIRST if first is None else first, as_of), by)


def as_measured(made, period, rule, end, by=()):
    """The metrics as of a day, of the orders up to it."""
    upto = customers(in_memory(made.filter(nw.col("day") <= end)), end, period, rule)
    return {tuple(row[name] for name in by): row for row in collected(merged(upto, by)).to_dicts()}


def is_of_the_first(found, at):
    return at == period_index(found.first_day, found.period)


UNKNOWN_AT_FIRST = {"orders_in_previous_period", "customers_in_previous_period", "retained_customers"}


@given(shops(), PERIODS, RULES, st.sampled_from([(), ("channel",), ("country", "channel")]), st.data())
def test_each_row_of_a_timeline_is_what_was_measured_as_of_its_end(lines, period, rule, by, data):
    made = orders_of(lines)
    if by:  # of who gave something back before they bought, only hindsight knows the group
        made = made.filter(nw.col("placed") == 1)
    found = history(made, period, rule, LAST, by)
    assume(found.frame.height)
    at = data.draw(st.sampled_from(sorted(set(found.frame["at"]))))
    measured = as_measured(made, period, rule, last_day_of(at, period), by)
    names = {m.name for m in METRICS} & set(found.frame.columns)
    names -= UNKNOWN_AT_FIRST if is_of_the_first(found, at) else set()
    assert {"customers", "lapsed_customers", "exposure_days", "age_days", "acquisition_cost", "gross_profit"} <= names
    for row in found.frame.filter(pl.col("at") == at).to_dicts():
        known = measured.get(tuple(row[name] for name in by), dict.fromkeys(names, 0))
        assert {name: row[name] for name in names} == {name: known[name] for name in names}, row


@given(shops(), PERIODS, RULES, ENDS)
def test_the_last_row_is_as_of_the_end_of_observation(lines, period, rule, as_of):
    made = orders_of(lines)
    (row,) = history(made, period, rule, as_of).frame.tail(1).to_dicts()
    (measured,) = as_measured(made, period, rule, as_of).values()
    of_all_time = [
        m.name
        for m in METRICS
        if m.name in row and not m.name.endswith("_period") and m.name not in ("retained_customers", "new_customers")
    ]
    assert {name: row[name] for name in of_all_time} == {name: measured[name] for name in of_all_time}


@given(shops(), PERIODS, RULES, BY)
def test_groups_of_a_timeline_sum_to_the_whole(lines, period, rule, by):
    made = orders_of(lines)
    groups, whole = (history(made, period, rule, LAST, keys).frame for keys in (by, ()))
    names = [name for name in whole.columns if name not in ("at", "end") and whole[name].dtype.is_integer()]
    summed = groups.group_by("at").agg(pl.col(names).sum()).sort("at").select(names)
    assert summed.rows() == whole.select(pl.col(names).fill_null(0)).rows()


SETTINGS = {"period_years": 1.0, "discount_rate": 0.1, "churn_window_days": 180.0, "target_ltv_to_cac": 3.0, "target_payback_months": 12.0}


@given(shops(), PERIODS, RULES, st.sampled_from(["clv_observed", "clv_contribution", "clv_churn"]), BY)
def test_levers_and_mix_and_rate_sum_to_the_change(lines, period, rule, formula, by):
    made = orders_of(lines)
    catalog = Catalog(
        settings=SETTINGS, shown=(formula,), absent=dict.fromkeys(("referred_customers", "referred_gross_profit"), "nobody is")
    )
    of_all, groups = (history(made, period, rule, LAST, keys) for keys in ((), by))
    tables = {table.name: table.frame for table in trend_tables(of_all, groups, catalog)}
    values = dict(tables["trend"].select("period", formula).rows())
    names = list(values)
    for table in ("why", "mix"):
        for row in tables.get(table, pl.DataFrame()).to_dicts():
            start, end = values[names[names.index(row["period"]) - 1]], values[row["period"]]
            parts = [value for name, value in row.items() if name not in ("period", formula, "change")]
            if None in (start, end) or None in parts:
                assert row["change"] is None or None in parts
                continue
            assert close(row["change"], end - start, start, end)
            assert close(math.fsum(parts), row["change"], start, end)


def close(left, right, *sizes):
    """Whether two differences of numbers of these sizes are the same to nine digits."""
    return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9 * max(1.0, *map(abs, sizes)) * 1_000)


# Horizons


@given(shops(), ENDS, st.integers(0, 400), BY)
def test_what_segments_had_brought_by_an_age_sums_to_the_total(lines, as_of, payback_days, by):
    made = orders_of(lines)
    seen = Observation(Window(FIRST, as_of, None), ChurnRule(180), payback_days)
    matured = in_memory(with_horizons(customers(made, as_of), made, seen))
    names = sorted(BY_AGE)
    assert sums(merged(matured, by), *names) == sums(merged(matured, ()), *names)


@given(shops(), ENDS)
def test_the_older_the_fewer_and_no_order_is_later_than_its_age(lines, as_of):
    made = orders_of(lines)
    seen = Observation(Window(FIRST, as_of, None), ChurnRule(180))
    for row in rows(with_horizons(customers(made, as_of), made, seen), "customer_id"):
        flags = [row[f"customers_{days}d"] for days in (30, 60, 90, 180, 365)]
        assert flags == sorted(flags, reverse=True)
        assert all(row[f"contribution_{days}d"] == 0 for days in (30, 60, 90, 180, 365) if not row[f"customers_{days}d"])
        if row["customers"] and row["active_days"] <= 365 <= row["age_days"]:
            assert row["contribution_365d"] == row["gross_profit"] - row["variable_costs"] - beyond(made, row)


def beyond(made, customer):
    """What a customer's refunds later than a year after the first order took off."""
    names = made.collect_schema().names()
    late = made.filter((nw.col("customer_id") == customer["customer_id"]) & (nw.col("day") > customer["first_day"] + 365))
    return sums(late.with_columns(contribution(names).alias("contribution")), "contribution")[0]


@given(shops(), ENDS, BY)
def test_payback_counts_every_customer_and_all_they_brought(lines, as_of, by):
    made = orders_of(lines)
    of_shop = customers(made, as_of)
    everybody = of_shop.filter(nw.col("customers") == 1)
    assert sums(payback_sizes(of_shop, by), "customers", "acquisition_cost") == sums(everybody, "customers", "acquisition_cost")
    profit, costs = sums(everybody, "gross_profit", "variable_costs")
    steps = payback_steps(of_shop, made, by)
    assert sums(steps, "contribution") == (profit - costs,)
    assert all(0 <= row[MONTH_OF_AGE] <= row[REACHED] for row in rows(steps, *by, REACHED, MONTH_OF_AGE))


# Spend


AMOUNTS = st.one_of(st.integers(-(10**6), 10**9), st.sampled_from([0, 1, -1, 7]))
SPANS = st.builds(
    lambda first, length, channel, amount: SpendRow(first, first + length, channel, amount),
    st.integers(FIRST, LAST + 60),
    st.one_of(st.just(0), st.integers(0, 366)),
    st.sampled_from(["web", "fair", "tv", None]),
    AMOUNTS,
)


@given(SPANS)
def test_the_days_of_spend_sum_to_it_and_are_even(row):
    days = list(row.days())
    assert [day for day, _ in days] == list(range(row.first_day, row.last_day + 1))
    assert sum(part for _, part in days) == row.amount
    assert max(part for _, part in days) - min(part for _, part in days) <= 1


@given(st.lists(SPANS, max_size=8), st.integers(0, 90), ENDS)
def test_what_was_spent_by_month_and_too_late_is_all_that_was_spent(spans, lag, as_of):
    months, late = spend_by_month(spans, lag, as_of)
    assert sum(months.values()) + late == sum(row.amount for row in spans)
    assert spend_by_month(spans[::-1], lag, as_of) == (months, late)


@given(shops(), st.lists(SPANS, max_size=8), st.integers(0, 90), st.sampled_from(["channel", ""]))
def test_costs_of_customers_sum_to_the_spend_of_cells_that_won_someone(lines, spans, lag, by):
    of_shop = customers(orders_of(lines)).drop("acquisition_cost")
    spans = spans if by else [replace(row, channel=None) for row in spans]
    months, _ = spend_by_month(spans, lag, LAST + 500)
    frame = pl.DataFrame(
        [(*cell, amount) for cell, amount in months.items()], schema={"channel": pl.String, MONTH: pl.Int32, SPEND: pl.Int64}, orient="row"
    )
    paid = rows(with_spend(of_shop, by, nw.from_native((frame if by else frame.drop("channel")).lazy())), "customer_id")
    of_cells = defaultdict(list)
    for row in paid:
        if row["customers"]:
            of_cells[row["channel"] if by else None, period_index(row["first_day"], Period.MONTH)].append(row["acquisition_cost"])
        else:
            assert row["acquisition_cost"] == 0
    for cell, costs in of_cells.items():
        spent = 0 if by and cell[0] is None else months.get(cell, 0)
        assert sum(costs) == spent
        assert max(costs) - min(costs) <= 1
    won = {cell: costs for cell, costs in of_cells.items() if not by or cell[0] is not None}
    assert sum(map(sum, of_cells.values())) + sum(unattributed(months, won).values()) == sum(months.values())
    counted = new_customers(of_shop, by)
    assert sums(counted, "customers") == (sum(map(len, of_cells.values())),)


# Gaps and survival


@given(shops(), RULES, ENDS)
def test_gaps_silences_and_durations_count_every_customer(lines, rule, as_of):
    made = orders_of(lines)
    everybody = [row for row in rows(customers(made, as_of, None, rule), "customer_id") if row["customers"]]
    gaps = collected(gap_counts(made)).rows()
    assert sum(times for _, times in gaps) == sum(row["buying_days"] - 1 for row in everybody)
    assert sum(gap * times for gap, times in gaps) == sum(row["active_days"] for row in everybody)
    of_shop = customers(made, as_of, None, rule)
    silent = collected(silence_counts(of_shop)).rows()
    assert (sum(n for _, n in silent), sum(days * n for days, n in silent)) == (len(everybody), sum(row["idle_days"] for row in everybody))
    watched = collected(durations(of_shop)).select("exposure_days", "customers", "lapsed_customers").rows()
    assert sum(days * n for days, n, _ in watched) == sum(row["exposure_days"] for row in everybody)
    assert sum(lost for *_, lost in watched) == sum(row["lapsed_customers"] for row in everybody)


@given(shops(fewest=3), RULES, ENDS)
def test_nobody_stays_longer_than_was_watched(lines, rule, as_of):
    steps = kaplan_meier(
        collected(durations(customers(orders_of(lines), as_of, None, rule))).select("exposure_days", "customers", "lapsed_customers").rows()
    )
    if steps:
        mean = restricted_mean(steps, steps[-1].days)
        assert 0 <= mean <= steps[-1].days
        assert mean == steps[-1].days or any(step.lapsed for step in steps)


# Segments put together, labels, and the order of rows


@given(shops(), BY, st.one_of(st.none(), st.integers(1, 4)), st.integers(1, 3))
def test_small_segments_put_together_sum_to_the_same_total(lines, by, top, fewest):
    of_shop = customers(orders_of(lines))
    fewer, rest = gathered(of_shop, by, top=top, fewest=fewest)
    names = [m.name for m in METRICS if m.merge == "sum" and m.name in of_shop.collect_schema().names()]
    assert sums(merged(fewer, by), *names) == sums(of_shop, *names)
    kept = collected(merged(fewer, by))
    assert kept.height <= collected(merged(of_shop, by)).height
    assert top is None or kept.height <= top + (rest is not None)


@settings(max_examples=20)
@given(shops(), st.randoms(use_true_random=False), PERIODS, RULES)
def test_the_order_of_orders_does_not_matter(lines, random, period, rule):
    made = collected(orders_of(lines))
    shuffled = made[random.sample(range(made.height), made.height)]
    one, other = (nw.from_native(frame.lazy()) for frame in (made, shuffled))
    for of, keys in (
        (lambda m: cells(activity(m, period)), ("cohort", "age")),
        (lambda m: changes(steps_of(m, period)), ("at",)),
        (lambda m: lapses(steps_of(m, period), rule, period, LAST), ("at",)),
        (gap_counts, ("gap",)),
        (lambda m: with_horizons(customers(m), m, Observation(Window(FIRST, LAST, None), rule)), ("customer_id",)),
        (lambda m: with_labels(customers(m), LABELS, (0.2, 0.5)), ("customer_id",)),
    ):
        assert rows(of(one), *keys) == rows(of(other), *keys)
