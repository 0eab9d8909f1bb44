"""A shop at past days: what its formulas said then, and what its customers did after it."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
import simulated
from analysed import analysed
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from orders_text import lines_frame
from shops import CUSTOMERS, FIRST, LAST, shops
from test_differential import answer
from trials_of import cut_on, said

import clvcli.purchases
from clvcli.backtest import Trial
from clvcli.catalog import DEFAULT_SHOWN, Catalog
from clvcli.cuts import Cut
from clvcli.definition import Labels, formula
from clvcli.engines import Polars
from clvcli.errors import ConfigError, UsageError
from clvcli.forecasts import MODELS, sorted_histories, tried
from clvcli.periods import DAYS_PER_YEAR, date_of, day_number
from clvcli.reports.figures import figures, reason
from clvcli.tables import Unit
from clvcli.trials import formula_forecasts, in_days, newcomers_of, parts, told_verdict, trials

ENDLESS = ("clv_churn", "clv_retention_immediate", "clv_retention_residual", "clv_retention_end")
BY_LIFESPAN = ("clv_contribution", "clv_simple", "clv_monthly")

# What a formula says of so many days


def catalog_of(years=1.0, discount=0.1, **more):
    """A catalog with a period of so many years, and formulas of one's own."""
    return Catalog(settings={"discount_rate": discount, "period_years": years, "churn_window_days": 180.0}, **more)


def values_of(catalog, retained):
    """All figures of a shop of which 100 customers brought 50 each in the last period at a margin of 40 %, with so many of 80 retained."""
    return catalog.work_out(
        {
            "revenue": 9_000.0, "gross_profit": 3_600.0, "variable_costs": 0.0, "revenue_in_period": 5_000.0, "customers_in_period": 100.0,
            "retained_customers": retained, "customers_in_previous_period": 80.0,
        }
    )  # fmt: skip


FOUR_YEARS = 1_461


@pytest.mark.parametrize(("years", "periods"), [(1.0, 4), (0.25, 16), (1 / 12, 48)], ids=["year", "quarter", "month"])
@pytest.mark.parametrize("retained", [0, 20, 60, 79])
def test_of_a_sum_without_end_its_first_periods_are_taken(years, periods, retained):
    """Note 024: m = 20 a period, r and d a period; added up here one period after the other."""
    catalog = catalog_of(years)
    values, m, r = values_of(catalog, retained), 20.0, retained / 80
    d = 1.1**years - 1
    by_hand = {
        "clv_churn": sum(m * r**t for t in range(periods)),
        "clv_retention_immediate": sum(m * r**t / (1 + d) ** t for t in range(periods)),
        "clv_retention_residual": sum(m * r**t / (1 + d) ** t for t in range(1, periods + 1)),
        "clv_retention_end": sum(m * r ** (t - 1) / (1 + d) ** t for t in range(1, periods + 1)),
    }
    assert {name: in_days(catalog.by_name[name], values, catalog, FOUR_YEARS) for name in ENDLESS} == {
        name: (pytest.approx(value, rel=1e-12), "") for name, value in by_hand.items()
    }


def test_the_first_periods_of_a_few_years_come_near_the_whole():
    catalog = catalog_of()
    values = values_of(catalog, 40)
    for name in ENDLESS:
        shares = [in_days(catalog.by_name[name], values, catalog, days)[0] / values[name] for days in (28, 365, 3_653, 36_525)]
        assert shares == sorted(shares)
        assert 0 < shares[0] < 0.1 < shares[1] < 0.6 < shares[2] <= shares[3] == pytest.approx(1)


def own(text, horizon, discounting="none", scope="total", name="own"):
    """A CLV of one's own."""
    return formula(name, name, Unit.MONEY, text, "Own.", labels=Labels("revenue", scope, horizon, discounting))


def told(item, days=FOUR_YEARS, retained=40):
    """What a formula of one's own says of so many days."""
    catalog = catalog_of(own_formulas=(item,))
    return in_days(item, values_of(catalog, retained), catalog, days)


def test_a_formula_of_ones_own_without_end_shrinks_by_what_it_says_of_discounting():
    assert told(own("revenue / 100", "unlimited")) == (pytest.approx(90 * (1 - 0.5**4)), "")
    assert told(own("revenue / 100", "unlimited", "discount_rate")) == (pytest.approx(90 * (1 - (0.5 / 1.1) ** 4)), "")


def test_a_formula_over_a_fixed_time_is_taken_in_proportion():
    assert told(own("revenue / 100", "12m"), 365) == (pytest.approx(90 * 365 / 365.25), "")
    assert told(own("revenue / 100", "90d"), 45) == (pytest.approx(45), "")


def test_a_formula_that_reads_the_lifespan_however_far_off_takes_the_days_for_it():
    middle = formula("middle", "middle", Unit.NUMBER, "2 * orders_per_lifetime", "Own.")
    item = own("middle * 3", "12m")
    catalog = catalog_of(own_formulas=(middle, item), lifespan=0.5)
    values = catalog.work_out({"orders_in_period": 300.0, "customers_in_period": 100.0})
    assert in_days(item, values, catalog, 183) == (pytest.approx(2 * 3 * 0.5 * 3), "")


def test_why_a_formula_says_nothing():
    nothing = {
        own("revenue / 100", "to date", scope="past"): "it measures the past and forecasts nothing",
        own("predicted_revenue / 100", "12m"): "the models stand in rows of their own",
        own("revenue / 0", "12m"): "own = revenue / 0 divides by zero",
        own("revenue / 100", "while it lasts"): "its horizon, 'while it lasts', doesn't say how much of it falls into 1461 days",
        own("revenue / 100", ""): "its horizon, '', doesn't say how much of it falls into 1461 days",
    }
    for item, why in nothing.items():
        assert told(item) == (None, why)
    assert in_days(catalog_of().by_name["aov"], {"aov": 3.0}, catalog_of(), 30) == (None, "it measures the past and forecasts nothing")


@pytest.mark.parametrize(
    "missing", [{"retention_rate": None}, {"discount_per_period": None}, {"period_years": None}, {"period_years": 0.0}]
)
def test_a_sum_without_end_says_nothing_where_nobody_knows_how_it_shrinks(missing):
    item = own("revenue / 100", "unlimited")
    catalog = catalog_of(own_formulas=(item,))
    assert in_days(item, {**values_of(catalog, 40), **missing}, catalog, 365) == (None, "retention_rate has no value")


# At a cut


def of_one_day(lines):
    """The lines with orders that are of one day each, so that nothing of one comes later."""
    return lines.with_columns(pl.format("{}@{}", "order_id", "day").alias("order_id"))


def a_cut(found, share):
    """A day of a shop with some days on either side, as near its end as `share` says."""
    first, last = found.window.first_day, found.window.as_of
    assume(last - first >= 60)
    day = first + 28 + round(share * (last - first - 56))
    return Cut(day, last - day)


shares = st.floats(0, 1)


@settings(max_examples=20)
@given(shops(fewest=5), shares)
def test_a_formula_says_at_a_cut_what_it_said_on_that_day(lines, share):
    """With the orders up to that day, the days that followed for a lifespan and no acquisition cost; of a sum without end its first periods."""
    lines = of_one_day(lines)
    found = analysed(lines, margin=0.3)
    assume(found.reading.orders["placed"].sum() > 0)
    cut = a_cut(found, share)
    then = analysed(
        lines.filter(pl.col("day") <= cut.day), command="compute",
        as_of=str(date_of(cut.day)), lifespan=cut.days / DAYS_PER_YEAR, cac=0.0, margin=0.3,
    )  # fmt: skip
    values = figures(then.valued, then.catalog)
    told, why = formula_forecasts(found.at(cut), DEFAULT_SHOWN, cut, 3)
    assert why.pop("clv_observed") == "it measures the past and forecasts nothing"
    assert why == {name: reason(name, values, then.catalog) for name in DEFAULT_SHOWN if name != "clv_observed" and values[name] is None}
    said = {forecast.name: forecast.money for forecast in told}
    assert {*said, *why} == {*BY_LIFESPAN, *ENDLESS}
    for name, money in said.items():
        assert money.tolist() == [pytest.approx(values[name] * _first_periods(name, values, cut.days), rel=1e-12)] * 3


def _first_periods(name, values, days):
    if name in BY_LIFESPAN:
        return 1
    left = values["retention_rate"] / (1 if name == "clv_churn" else 1 + values["discount_per_period"])
    return 1 - left ** (days / 365.25 / values["period_years"])


FOLLOWED = """
    with orders as (
        select customer_id, order_id, min(day) as day, sum(amount)::bigint as amount, sum(amount - cost)::bigint as earned,
               bool_or(amount > 0) or not bool_or(amount < 0) as placed
        from lines group by all
    ),
    known as (select *, least(day, max(day) filter (placed) over ()) as seen from orders),
    won as (select customer_id, min(day) filter (placed) as first from known group by customer_id having first <= $cut)
    select customer_id, coalesce(sum(amount) filter (later), 0)::bigint as revenue, coalesce(sum(earned) filter (later), 0)::bigint as earned,
           count(distinct seen) filter (later and placed) as days
    from (select *, seen > $cut and seen <= $until as later from known) join won using (customer_id)
    group by customer_id order by customer_id
"""


@settings(max_examples=25)
@given(shops(fewest=5), shares, shares)
def test_what_followed_is_that_of_a_query_over_the_raw_lines(lines, share, watched):
    lines = lines.with_columns(pl.col("cost").fill_null(0))
    found = analysed(lines)
    assume(found.reading.orders["placed"].sum() > 0)
    whole = a_cut(found, share)
    cut = Cut(whole.day, 28 + round(watched * (whole.days - 28)))
    by_hand = answer(FOLLOWED, lines, {"cut": cut.day, "until": cut.end})
    rows = sorted_histories(found.buying, cut, found.engine)
    test = Trial(cut, rows, (), (), {})
    assert rows["customer_id"].to_list() == by_hand["customer_id"].to_list()
    assert test.orders.tolist() == by_hand["days"].to_list()
    assert test.money("revenue").tolist() == [amount / 10_000 for amount in by_hand["revenue"]]
    assert test.money("margin").tolist() == [amount / 10_000 for amount in by_hand["earned"]]


def test_the_day_of_the_cut_is_known_and_the_last_day_is_watched():
    lines = """
        customer order date       amount
        ann      1     2024-01-01 1
        ann      2     2024-03-31 20
        ann      3     2024-04-01 300
        ann      4     2024-05-30 4000
        ann      5     2024-05-31 50000
        bob      6     2024-03-31 6
        cid      7     2024-04-01 7
    """
    rows = sorted_histories(analysed(lines).buying, cut_on("2024-03-31", 60), Polars())
    names = ("customer_id", "buying_days", "revenue", "later_days", "later_revenue")
    assert rows.select(names).rows() == [("ann", 2, 210_000, 2, 43_000_000), ("bob", 1, 60_000, 0, 0)]


# By segment


def cents(values):
    """Money as whole ten-thousandths, which add up."""
    return [round(value * 10_000) for value in values]


@settings(max_examples=12)
@given(shops(fewest=5), shares, st.sampled_from([("channel",), ("country",), ("channel", "country")]))
def test_segments_add_up_to_the_whole(lines, share, by):
    found = analysed(lines, by, margin=0.3)
    assume(found.reading.orders["placed"].sum() > 0)
    cut = a_cut(found, share)
    rows = sorted_histories(found.buying, cut, found.engine)
    each = np.arange(rows.height) + 0.25
    formulas, _ = formula_forecasts(found.at(cut), DEFAULT_SHOWN, cut, rows.height)
    model, earned = said("model", *each, kind="model"), said("earned", *each, kind="baseline", basis="margin")
    test = Trial(cut, rows, (*formulas, model, earned, replace(model, name="mute", money=None)), (), {})
    found_parts = parts(found, test)
    assert sum(part.customers for part in found_parts) == rows.height
    assert len({part.segment for part in found_parts}) == len(found_parts)
    for name, basis in (("model", "revenue"), ("earned", "margin")):
        told = [part.told[name] for part in found_parts]
        assert {of for of, _, _ in told} == {basis}
        assert sum(predicted for _, predicted, _ in told) == each.sum()
        assert sum(cents(actual for _, _, actual in told)) == sum(cents(test.money(basis)))
    assert not any("mute" in part.told for part in found_parts)
    assert {part.nearest for part in found_parts} == {""}


def test_a_formula_by_segment_is_that_of_the_segments_own_customers_then():
    found = analysed(simulated.shop(), ("channel",), margin=0.4, cuts=("2024-06-30",), model="bg_nbd")
    (test,) = trials(found)
    by_channel = {part.segment: part for part in parts(found, test)}
    assert list(by_channel) == [("fair",), ("web",), (None,)]
    for (channel,), part in by_channel.items():
        lines = simulated.shop().filter(pl.col("channel").eq_missing(channel))
        lifespan = test.cut.days / DAYS_PER_YEAR
        alone = analysed(lines, margin=0.4, as_of="2024-06-30", lifespan=lifespan, cac=0.0, period="quarter")
        values = figures(alone.valued, alone.catalog)
        for name in (*BY_LIFESPAN, *ENDLESS):
            value, _ = in_days(alone.catalog.by_name[name], values, alone.catalog, test.cut.days)
            assert part.told[name][1] == pytest.approx(value * part.customers, rel=1e-12)
        assert part.nearest == "bg_nbd"


def test_a_sum_without_end_of_ones_own_is_told_by_segment_as_for_all():
    """It doesn't read the retention rate itself, by which it shrinks."""
    formulas = {"mine": {"text": "revenue_per_customer * 5", "unit": "money", "basis": "revenue", "scope": "total", "horizon": "unlimited"}}
    found = analysed(simulated.shop(), ("channel",), cuts=("2024-06-30",), model="bg_nbd", formulas=formulas, show=("mine",))
    (test,) = trials(found)
    assert "mine" in test.by_name
    assert all("mine" in part.told for part in parts(found, test))


def test_of_a_segment_a_formula_that_is_undefined_there_is_left_out():
    """Nobody from the fair bought in the period before the last, so there is no churn of them; nobody else did but Ann."""
    lines = """
        customer order date       amount channel
        ann      1     2022-01-01 10     web
        ann      2     2022-12-10 10     web
        ann      3     2023-12-01 10     web
        bob      4     2022-03-10 10     web
        bob      5     2022-08-10 10     web
        cid      6     2023-11-20 30     fair
        ann      7     2024-12-31 50     web
    """
    found = analysed(lines, ("channel",), cuts=("2023-12-31",), margin=0.5)
    (test,) = trials(found)
    fair, web = parts(found, test)
    assert (fair.segment, fair.customers, web.segment, web.customers) == (("fair",), 1, ("web",), 2)
    assert "clv_churn" in test.by_name
    assert ("clv_churn" in web.told, "clv_churn" in fair.told, "clv_simple" in fair.told) == (True, False, True)
    assert web.told["same_rate"][2] == 50


def test_by_segments_that_nobody_named_is_refused():
    found = analysed(simulated.shop(60), ("segment",), cuts=("2024-06-30",), model="bg_nbd")
    with pytest.raises(ConfigError, match="no segments are configured"):
        parts(found, trials(found)[0])


def test_segments_of_conditions_are_those_of_the_day_of_the_cut():
    found = analysed(simulated.shop(), ("segment",), cuts=("2024-06-30",), model="bg_nbd", segments={"loyal": "orders >= 3"})
    (test,) = trials(found)
    loyal = sum(found.at(test.cut).reading.orders.group_by("customer_id").len()["len"] >= 3)
    assert {part.segment[0]: part.customers for part in parts(found, test)} == {"loyal": loyal, "other": test.rows.height - loyal}


# No leak

CUT = Cut(LAST - 365, 365)


def later(lines):
    """Lines that are put after the cut, each an order of its own."""
    day = CUT.day + 1 + (pl.col("day") - FIRST) % CUT.days
    customers = {name: f"new {name}" for name in CUSTOMERS[:2]}
    return lines.with_columns(day.cast(pl.Int32).alias("day"), pl.format("later {} {}", "order_id", "day").alias("order_id")).with_columns(
        pl.when(pl.col("country") == "FI").then(pl.col("customer_id").replace(customers)).otherwise("customer_id").alias("customer_id")
    )


def forecast_at_the_cut(lines, models):
    """Everything that was said at the cut, and of whom."""
    found = analysed(lines, as_of=str(date_of(LAST)), margin=0.3)
    rows = sorted_histories(found.buying, CUT, found.engine)
    assume(rows.height)
    test = tried(found.buying, CUT, found.engine, models)
    formulas, why = formula_forecasts(found.at(CUT), DEFAULT_SHOWN, CUT, rows.height)
    told = {f.name: [None if one is None else one.tolist() for one in (f.money, f.orders)] for f in (*formulas, *test.forecasts)}
    fits = {fit.model.name: dict(fit.buying.parameters) for fit in test.fits}
    known = rows.drop(name for name in rows.columns if name.startswith("later_")).rows()
    return known, told, fits, {**why, **test.undefined}


@pytest.mark.parametrize(("models", "examples"), [((), 15), (tuple(MODELS.values()), 5)], ids=["formulas and baselines", "models"])
def test_what_comes_after_a_cut_changes_no_forecast_made_at_it(models, examples):
    """Whatever known customers and new ones order and return later, it is as if they hadn't."""

    @settings(max_examples=examples)
    @given(shops(fewest=6), shops())
    def law(lines, more):
        before = of_one_day(lines).filter(pl.col("day") <= CUT.day)
        assume(analysed(before).reading.orders["placed"].sum() > 0)
        assert forecast_at_the_cut(pl.concat([before, later(more)]), models) == forecast_at_the_cut(before, models)

    law()


def test_a_later_refund_counts_on_its_own_day_unless_it_is_booked_on_the_order():
    """As most exports have it, a refund of June is a row of June; some write it into the order of January, which is less from the start."""
    cut = cut_on("2024-03-31", 184)
    lines = "customer order date amount\nann 1 2024-01-05 100\nann {} 2024-06-01 -40\nbob 3 2024-10-01 7"
    revenue = ("revenue", "later_revenue")
    apart, booked = (sorted_histories(analysed(lines.format(order)).buying, cut, Polars()) for order in (2, 1))
    assert apart.select(revenue).rows() == [(1_000_000, -400_000)]
    assert booked.select(revenue).rows() == [(600_000, 0)]


# Several cuts


def test_of_several_cuts_each_trial_is_that_of_the_cut_alone():
    days = ("2024-03-31", "2024-06-30")
    together = trials(analysed(simulated.shop(), cuts=days, margin=0.4))
    assert [str(date_of(test.cut.day)) for test in together] == list(days)
    for test, day in zip(together, days, strict=True):
        (alone,) = trials(analysed(simulated.shop(), cuts=(day,), margin=0.4))
        assert test.rows.equals(alone.rows)
        assert (test.cut, test.undefined, list(test.by_name)) == (alone.cut, alone.undefined, list(alone.by_name))
        assert (test.of_money, test.of_orders) == (alone.of_money, alone.of_orders)
        assert [fit.buying for fit in test.fits] == [fit.buying for fit in alone.fits]


def test_buying_days_are_worked_out_once_for_all_cuts(monkeypatch):
    worked_out, once = [], clvcli.purchases.buying
    monkeypatch.setattr(clvcli.purchases, "buying", lambda *given: worked_out.append(given) or once(*given))
    found = analysed(simulated.shop(60), cuts=("2024-03-31", "2024-06-30", "2024-09-30"), model="bg_nbd")
    assert len(trials(found)) == 3
    assert len(worked_out) == 1


# Which models, which formulas


@pytest.mark.parametrize(("model", "fitted"), [("auto", ["bg_nbd", "mbg_nbd", "pareto_nbd"]), ("pareto_nbd", ["pareto_nbd"])])
def test_the_models_that_are_asked_for_are_tried(model, fitted):
    (test,) = trials(analysed(simulated.shop(), cuts=("2024-06-30",), model=model))
    assert [fit.model.name for fit in test.fits] == fitted


@pytest.mark.parametrize("model", ["sbg", "bg_bb"])
def test_a_model_that_counts_in_periods_is_not_tried(model):
    with pytest.raises(UsageError) as told:
        trials(analysed(simulated.shop(60), model=model))
    assert str(told.value) == f"{model} counts in periods and isn't tried on past days\nhint: --model auto, bg_nbd, mbg_nbd, pareto_nbd"


def test_a_formula_without_labels_is_no_forecast():
    found = analysed(simulated.shop(60), show=("aov", "clv_simple"))
    told, why = formula_forecasts(found.at(CUT_OF_SIMULATED), ("aov", "clv_simple"), CUT_OF_SIMULATED, 2)
    assert ([forecast.name for forecast in told], why) == (["clv_simple"], {})
    assert (told[0].label, told[0].kind, told[0].basis) == ("CLV simple", "formula", "revenue")


CUT_OF_SIMULATED = cut_on("2024-06-30", 180)
MINE = {"mine": {"text": "revenue_per_customer * 0.3", "unit": "money", "basis": "margin", "scope": "total", "horizon": "12m"}}
WITHOUT_COST = simulated.shop(60).drop("cost")


def test_a_formula_of_margin_is_undefined_where_no_margin_is_known_to_hold_it_against():
    found = analysed(WITHOUT_COST, formulas=MINE, show=("mine",))
    told, why = formula_forecasts(found.at(CUT_OF_SIMULATED), ("mine",), CUT_OF_SIMULATED, 2)
    assert (told, why) == ([], {"mine": found.catalog.absent["gross_profit"]})


def test_a_formula_of_margin_is_held_against_what_was_earned():
    found = analysed(WITHOUT_COST, formulas=MINE, show=("mine",), margin=0.5, cuts=("2024-06-30",), model="bg_nbd")
    (test,) = trials(found)
    assert test.by_name["mine"].basis == "margin"
    assert test.of_money["mine"].actual == pytest.approx(test.money("revenue").sum() / 2, abs=0.01)


def test_what_customers_cost_to_win_is_past_at_the_cut():
    free, dear = (trials(analysed(simulated.shop(), cuts=("2024-06-30",), model="bg_nbd", cac=cac))[0] for cac in (0.0, 50.0))
    assert (dear.of_money, dear.undefined) == (free.of_money, free.undefined)
    assert "clv_contribution" in dear.by_name


def test_a_configured_lifespan_gives_way_to_the_days_after_the_cut():
    short, long = (trials(analysed(simulated.shop(), cuts=("2024-06-30",), model="bg_nbd", lifespan=years))[0] for years in (1, 9))
    assert short.of_money == long.of_money


# A shop whose customers pay by the month


def monthly(customers=40, months=20):
    """Lines of customers who pay every month on the day of the first; every other leaves half-way."""
    first = date_of(simulated.FIRST)
    rows = [
        f"m{n} {n}-{k} {first + timedelta(days=n % 28 + round(k * 30.4375))} 20"
        for n in range(customers)
        for k in range(months if n % 2 else months // 2)
    ]
    return lines_frame("\n".join(["customer order date amount", *rows]))


def test_models_are_not_tried_where_orders_come_like_payments_of_a_contract():
    (test,) = trials(analysed(monthly(), cuts=("2024-01-31",)))
    why = "customers pay every month, 100% of gaps between orders, as by a contract: see clv predict --model sbg"
    assert {name: test.undefined[name] for name in MODELS} == dict.fromkeys(MODELS, why)
    assert test.fits == ()
    assert {"clv_simple", "same_rate", "run_rate"} <= test.of_money.keys()


def test_one_model_that_is_asked_for_is_not_tried_there_either():
    (test,) = trials(analysed(monthly(), cuts=("2024-01-31",), model="bg_nbd"))
    assert [name for name in test.undefined if name in MODELS] == ["bg_nbd"]


# Customers won after the cut


def test_of_new_customers_formulas_of_scope_total_are_told_for_half_of_the_days():
    found = analysed(simulated.shop(), cuts=("2024-01-31",), margin=0.4)
    (test,) = trials(found)
    new = newcomers_of(found, test)
    assert new.days == test.cut.days // 2 == 167
    total = ["clv_contribution", "clv_simple", "clv_monthly", "clv_churn", "clv_retention_immediate", "clv_retention_end"]
    assert [name for name in new.told if name.startswith("clv")] == total
    values = figures(found.at(Cut(test.cut.day, 167)).valued, found.at(Cut(test.cut.day, 167)).catalog)
    assert new.told["clv_simple"].value == pytest.approx(values["clv_simple"])
    assert new.told["clv_simple"].value == pytest.approx(test.by_name["clv_simple"].money[0] * 167 / test.cut.days)


def test_of_new_customers_nothing_is_said_where_the_days_are_few():
    found = analysed(simulated.shop(60), cuts=("2024-06-30",), holdout="4w", model="bg_nbd")
    (test,) = trials(found)
    assert newcomers_of(found, test) is None


def test_the_verdict_of_a_shop_is_that_of_its_trials():
    found = analysed(simulated.shop(), cuts=("2024-01-31",), margin=0.4)
    told = told_verdict(found)
    assert told.startswith("cut on 2024-01-31 and held against the 334 days after it: ")
    assert "in their first 167 days" in told


def test_a_holdout_is_watched_no_longer_than_it_was_asked_for():
    days = {"4w": 28, "90d": 90, "": 178}
    watched = [trials(analysed(simulated.shop(60), cuts=("2024-06-30",), holdout=holdout, model="bg_nbd"))[0] for holdout in days]
    assert [test.cut for test in watched] == [Cut(day_number(date(2024, 6, 30)), held) for held in days.values()]
    orders = [test.orders.sum() for test in watched]
    assert 0 < orders[0] < orders[1] < orders[2]
