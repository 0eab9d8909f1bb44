"""What is true of every shop and every formula."""

import math
from contextlib import suppress

import narwhals.stable.v2 as nw
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st
from orders_text import collected, customers_of
from shops import CUSTOMERS, observations, shops

from clvcli.catalog import Catalog
from clvcli.customers import coded, measured, merged
from clvcli.errors import ConfigError
from clvcli.expression import parse
from clvcli.measuring import Observation
from clvcli.metrics import METRICS
from clvcli.orders import orders
from clvcli.periods import Window
from clvcli.rates import Rates

ATTRIBUTES = ("channel", "country")
MONEY = Catalog().scaled
DAYS = ("first_day", "last_day")
CALENDAR_REPEATS = 28 * 365 + 7
"""After so many days the same dates fall on the same days of the year, from 1970 to 2099."""


def orders_of(lines):
    return orders(nw.from_native(lines.lazy()), Rates(0.3), ATTRIBUTES)


def customers(lines, seen):
    """One row per customer of all metrics and the first attributes, worked out once."""
    made = nw.from_native(collected(orders_of(lines)).lazy())
    return nw.from_native(collected(customers_of(made, ATTRIBUTES, seen)).lazy())


def rows(frame, *keys):
    """The rows, in an order of their own."""
    return collected(frame).sort(*keys, nulls_last=True).to_dicts()


@given(shops(), observations(), st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(lines, seen, random):
    shuffled = lines[random.sample(range(lines.height), lines.height)]
    assert rows(customers(shuffled, seen), "customer_id") == rows(customers(lines, seen), "customer_id")


@given(shops(), observations())
def test_grouping_groups_is_grouping_once(lines, seen):
    of_shop = customers(lines, seen)
    in_steps = merged(merged(of_shop, ATTRIBUTES), ["channel"])
    once = merged(of_shop, ["channel"])
    assert rows(in_steps, "channel") == rows(once, "channel")
    assert rows(merged(once, ["channel"]), "channel") == rows(once, "channel")
    assert rows(merged(once, by=()), "customers") == rows(merged(of_shop, by=()), "customers")


@given(shops(), observations(), st.sets(st.tuples(st.sampled_from(CUSTOMERS), st.booleans())))
def test_parts_of_the_orders_measured_apart_merge_into_the_whole(lines, seen, in_part):
    made = collected(coded(orders_of(lines), ATTRIBUTES)[0])
    days = made.select("customer_id", "day").iter_rows()
    first = pl.Series([(customer, day % 2 == 0) in in_part for customer, day in days], dtype=pl.Boolean)
    parts = [measured(nw.from_native(made.filter(where).lazy()), seen) for where in (first, ~first)]
    whole = measured(nw.from_native(made.lazy()), seen)
    assert rows(merged(nw.concat(parts)), "customer_id") == rows(whole, "customer_id")


@given(shops(), observations(), st.sampled_from([["channel"], ["country"], ["country", "channel"]]))
def test_segments_sum_to_the_total_in_every_additive_metric(lines, seen, by):
    of_shop = customers(lines, seen)
    segments, (total,) = rows(merged(of_shop, by), *by), rows(merged(of_shop, by=()), "customers")
    additive = [m.name for m in METRICS if m.merge == "sum" and m.name in total]
    assert {name: sum(s[name] or 0 for s in segments) for name in additive} == {name: total[name] for name in additive}


@given(shops(), observations())
def test_in_cents_everything_costs_a_hundred_times_as_much_and_nothing_else_changes(lines, seen):
    in_cents = lines.with_columns(pl.col("amount", "cost") * 100)
    plain = rows(customers(lines.with_columns(cost=pl.col("cost").fill_null(0)), seen), "customer_id")
    scaled = rows(customers(in_cents.with_columns(cost=pl.col("cost").fill_null(0)), seen), "customer_id")
    assert scaled == [{n: v * 100 if n in MONEY else v for n, v in row.items()} for row in plain]


@given(shops(), observations())
def test_age_is_active_and_idle_time_together(lines, seen):
    for row in rows(customers(lines, seen), "customer_id"):
        if row["customers"]:
            assert row["age_days"] == row["active_days"] + row["idle_days"]
            assert min(row["active_days"], row["idle_days"]) >= 0
        else:
            assert row["age_days"] is row["active_days"] is row["idle_days"] is None


def later(seen, days, period):
    """The same observation so many days later."""
    window = Window(seen.window.first_day + days, seen.window.as_of + days, period)
    return Observation(window, seen.churn)


def moved(row, days):
    return {name: value + days if name in DAYS and value is not None else value for name, value in row.items()}


@given(shops(), observations(), st.integers(-1_000, 10_000))
def test_when_a_shop_was_does_not_matter_without_a_period(lines, seen, days):
    shifted = lines.with_columns(day=pl.col("day") + days)
    before = rows(customers(lines, later(seen, 0, None)), "customer_id")
    after = rows(customers(shifted, later(seen, days, None)), "customer_id")
    assert after == [moved(row, days) for row in before]


@given(shops(), observations())
def test_a_period_depends_on_the_calendar_alone(lines, seen):
    shifted = lines.with_columns(day=pl.col("day") + CALENDAR_REPEATS)
    before = rows(customers(lines, seen), "customer_id")
    after = rows(customers(shifted, later(seen, CALENDAR_REPEATS, seen.window.period)), "customer_id")
    assert after == [moved(row, CALENDAR_REPEATS) for row in before]


@given(shops(), observations(), st.permutations(CUSTOMERS))
def test_what_customers_are_called_does_not_matter(lines, seen, names):
    renamed = dict(zip(CUSTOMERS, names, strict=True))
    called = lines.with_columns(pl.col("customer_id").replace(renamed))
    expected = [{**row, "customer_id": renamed[row["customer_id"]]} for row in rows(customers(lines, seen), "customer_id")]
    assert rows(customers(called, seen), "customer_id") == sorted(expected, key=lambda row: row["customer_id"])


@given(shops(), observations())
def test_a_period_divides_its_customers_into_new_retained_and_returned(lines, seen):
    for row in rows(customers(lines, seen), "customer_id"):
        assert row["new_customers"] + row["retained_customers"] <= max(row["customers_in_period"], row["new_customers"])
        assert row["retained_customers"] <= min(row["customers_in_period"], row["customers_in_previous_period"])
        assert row["orders_in_period"] <= row["orders"]
        assert row["repeat_customers"] <= row["customers"] <= 1
        assert row["buying_days"] <= row["orders"]


NAMES = ("x", "y", "net sales")
NUMBERS = st.one_of(st.sampled_from([0.0, 1.0, -1.0, 2.0, 0.5]), st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))
LEAVES = st.sampled_from(["x", "y", "`net sales`", "0", "1", "2.5", "1e3", "0.1"])


def _arithmetic(inner):
    between = st.sampled_from([" + ", " - ", " * ", " / "])
    return st.one_of(
        st.tuples(st.just("("), inner, between, inner, st.just(")")).map("".join),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda parts: f"{parts[0]}({parts[1]}, {parts[2]}, 1)"),
        st.tuples(LEAVES, st.sampled_from(["2", "3", "-1", "0.5", "0"])).map(" ** ".join).map("({})".format),
        inner.map("-({})".format),
    )


def _logic(inner):
    return st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map("".join).map("({})".format),
        inner.map("(not {})".format),
    )


ARITHMETIC = st.recursive(LEAVES, _arithmetic, max_leaves=8)
COMPARISONS = st.tuples(ARITHMETIC, st.sampled_from([" < ", " <= ", " > ", " >= ", " == ", " != "]), ARITHMETIC).map("".join)
CONDITIONS = st.recursive(COMPARISONS.map("({})".format), _logic, max_leaves=3)


@settings(max_examples=200)
@given(st.one_of(ARITHMETIC, CONDITIONS), st.lists(st.tuples(*[st.one_of(st.none(), NUMBERS)] * 3), min_size=1, max_size=4))
def test_a_formula_gives_the_same_over_numbers_and_over_frames(text, values):
    expression = parse(text)
    frame = nw.from_native(pl.DataFrame(values, schema=dict.fromkeys(NAMES, pl.Float64), orient="row").lazy())
    over_frame = frame.with_columns(result=expression.frame({name: nw.col(name) for name in NAMES}).cast(nw.Float64))
    for found, row in zip(collected(over_frame)["result"], values, strict=True):
        wanted = expression.number(dict(zip(NAMES, row, strict=True)))
        assert found is wanted if None in (found, wanted) else math.isclose(found, wanted, rel_tol=1e-12), (text, row)


FORMULA_LIKE = st.text(alphabet="aov_019.eE+-*/%<>=!()[]{}`'\"\\,:;@#~ \t\n\0é²\ud800", max_size=60)
WORDS = st.lists(
    st.sampled_from(["aov", "max(", ")", "(", "1", "not ", " and ", " if ", " else ", "lambda:", "**", "-", ":=", "*"]), max_size=60
)


@settings(max_examples=200)
@given(st.one_of(st.text(), FORMULA_LIKE, WORDS.map("".join)))
@example("(" * 2_000)
@example("[" * 999)
@example("-" * 999)
@example("9" * 999)
@example("f'" + "{" * 900)
@example("1 / (" * 49 + "x" + ")" * 49)
def test_any_text_is_arithmetic_or_refused(text):
    with suppress(ConfigError):
        expression = parse(text)
        of_nothing_known = expression.number(dict.fromkeys(expression.names))
        assert of_nothing_known is None or not expression.names or expression.is_condition
