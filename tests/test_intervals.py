"""Intervals: on paper, as laws, and against a bootstrap on the sample shop and on real data."""

import math

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import given, settings
from orders_text import ENGINES, collected, customers_from, customers_of, observed, on_polars
from program import SHOP
from shops import observations, shops

from clvcli.analysis import analysis
from clvcli.catalog import Catalog
from clvcli.formulas import formula
from clvcli.intervals import Estimate, Sample, intervals, moments, rests, samples, summed, total
from clvcli.metrics import METRICS
from clvcli.orders import orders
from clvcli.periods import Period
from clvcli.rates import Rates
from clvcli.reports.figures import figures
from clvcli.request import Request
from clvcli.tables import Unit

SETTINGS = {"period_years": 1.0, "discount_rate": 0.1, "churn_window_days": 180.0, "target_ltv_to_cac": 3.0}
CATALOG = Catalog(settings=SETTINGS)
MONEY = [m.name for m in METRICS if m.column.unit is Unit.MONEY]
Z = 1.959963984540054


def own(**texts):
    """A catalog with formulas of one's own."""
    return Catalog(own_formulas=tuple(formula(name, name, Unit.NUMBER, text, name) for name, text in texts.items()), settings=SETTINGS)


def of(customers, *names, by=(), catalog=CATALOG):
    """What is found of each group of these customers: `{key: {name: Estimate}}`; keys of one part stand alone."""
    frame = customers if isinstance(customers, nw.LazyFrame) else on_polars(customers)
    groups = samples(collected(moments(frame, by, summed(names, catalog))).to_dicts(), by)
    found = intervals(groups, catalog, names)
    return {key[0] if len(key) == 1 else key: estimates for key, estimates in found.items()} if by else found[()]


# Six customers, on paper

SIX = pl.DataFrame(
    {
        "orders": [1, 2, 1, 3, 1, 2],
        "revenue": [100_000, 300_000, 200_000, 300_000, 100_000, 200_000],  # 10, 30, 20, 30, 10, 20
        "customers": [1, 1, 1, 1, 1, 1],
        "repeat_customers": [0, 1, 0, 1, 0, 1],
        "acquisition_cost": [50_000, 50_000, 50_000, 50_000, 50_000, 50_000],
    }
)

pytestmark = pytest.mark.slow


def test_the_interval_of_a_ratio_is_what_the_pencil_says():
    # AOV = 120 / 10 = 12; what each customer's revenue is over 12 an order: -2, 6, 8, -6, -2, -4, whose squares sum to 160
    found = of(SIX, "aov")["aov"]
    error = math.sqrt(6 / 5 * 160) / 10
    assert (found.value, found.n) == (12.0, 6)
    assert found.error == pytest.approx(error, rel=1e-14)
    assert found.interval == pytest.approx((12 - Z * error, 12 + Z * error), rel=1e-14)
    assert found.interval == pytest.approx((9.2842, 14.7158), abs=5e-5)


def test_the_interval_of_a_mean_is_the_textbooks():
    # 20 ± z · s / √6, where s² = (100 + 100 + 0 + 100 + 100 + 0) / 5 = 80
    found = of(SIX, "revenue_per_customer")["revenue_per_customer"]
    assert (found.value, found.error) == pytest.approx((20.0, math.sqrt(80 / 6)), rel=1e-14)


def test_the_interval_of_a_share_is_the_textbooks():
    # a half, with s² = p(1 - p) · 6/5
    found = of(SIX, "repeat_rate")["repeat_rate"]
    assert (found.value, found.error) == pytest.approx((0.5, math.sqrt(0.25 / 5)), rel=1e-14)


def test_a_product_of_means_moves_with_both_and_with_how_they_go_together():
    # (R/n)·(O/n) at 20 and 5/3, as the mean of 5/3·r + 20·o: 110/3, 90, 160/3, 110, 110/3, 220/3 about 200/3
    each = [5 / 3 * r + 20 * o for r, o in zip((10, 30, 20, 30, 10, 20), (1, 2, 1, 3, 1, 2), strict=True)]
    error = math.sqrt(sum((x - 200 / 3) ** 2 for x in each) / 5 / 6)
    found = of(SIX, "both", catalog=own(both="revenue_per_customer * orders_per_customer"))["both"]
    assert (found.value, found.error) == pytest.approx((100 / 3, error), rel=1e-14)


def test_what_is_the_same_for_all_customers_is_certain():
    same_price = SIX.with_columns(revenue=pl.col("orders") * 123_457)
    found = of(same_price, "aov", "cac", "discount_per_period", "one", catalog=own(one="customers / customers"))
    assert {name: estimate.error for name, estimate in found.items()} == dict.fromkeys(found, 0.0)
    assert found["cac"].interval == (5.0, 5.0)
    assert found["discount_per_period"].value == pytest.approx(0.1)


def test_a_customer_alone_has_a_value_and_no_interval():
    found = of(SIX.head(1), "aov")["aov"]
    assert (found, found.interval) == (Estimate(10.0, None, 1), None)


def test_what_is_undefined_has_no_interval():
    found = of(SIX.with_columns(orders=0), "aov", "retention_rate")
    assert found == {"aov": Estimate(None, None, 6), "retention_rate": Estimate(None, None, 6)}
    assert found["aov"].interval is None


def test_what_has_no_finite_slope_has_no_interval():
    catalog = own(root="(orders - 10) ** 0.5", steep="(orders - 10) * 1e15 ** 15 * 1e15 ** 5")
    found = of(SIX, "root", "steep", catalog=catalog)
    assert found == {"root": Estimate(0.0, None, 6), "steep": Estimate(0.0, None, 6)}


def test_days_do_not_add_up_and_are_left_out():
    catalog = own(since="coalesce(first_day, 0) + orders")
    dated = SIX.with_columns(first_day=pl.lit(19_000, dtype=pl.Int32))
    assert summed(["since"], catalog) == ["orders"]
    assert collected(moments(on_polars(dated), (), ["orders", "first_day"])).columns == ["clv:n", "orders", "orders*orders"]
    assert of(dated, "since", catalog=catalog) == {"since": Estimate(None, None, 6)}


def test_only_what_the_formulas_read_is_summed():
    assert summed(["aov"], CATALOG) == ["orders", "revenue"]
    assert summed(["clv_observed"], Catalog(absent={"acquisition_cost": "not known"})) == [
        "gross_profit",
        "variable_costs",
        "customers",
        "costed_customers",
    ]
    columns = collected(moments(on_polars(SIX), (), ["orders", "revenue", "gross_profit"])).columns
    assert columns == ["clv:n", "orders", "revenue", "orders*orders", "orders*revenue", "revenue*revenue"]


def test_what_is_absent_is_undefined_even_where_the_frame_has_it():
    groups = samples(collected(moments(on_polars(SIX), (), ["acquisition_cost", "customers"])).to_dicts(), ())
    without = Catalog(settings=SETTINGS, absent={"acquisition_cost": "not known", "period_years": "too short"})
    assert intervals(groups, without, ["cac", "discount_per_period"])[()] == dict.fromkeys(
        ("cac", "discount_per_period"), Estimate(None, None, 6)
    )


@ENGINES
def test_products_too_large_for_64_bits_are_exact(engine):
    big, small = 2**62 + 1, -(2**60) - 1
    rows = pl.DataFrame({"channel": ["web", "web", "fair"], "orders": [3, None, 1], "revenue": [big, small, 5]})
    found = samples(collected(moments(engine(rows), ["channel"], ["orders", "revenue"])).to_dicts(), ["channel"])
    products = {("orders", "orders"): 9, ("orders", "revenue"): 3 * big, ("revenue", "revenue"): big**2 + small**2}
    assert found[("web",)] == Sample(2, {"orders": 3, "revenue": big + small}, products)
    assert found[("fair",)].products[("revenue", "revenue")] == 25


@ENGINES
def test_without_customers_there_is_nothing_to_say(engine):
    found = samples(collected(moments(engine(SIX.clear()), (), ["orders", "revenue"])).to_dicts(), ())[()]
    assert found == Sample(0, {"orders": 0, "revenue": 0}, {("orders", "orders"): 0, ("orders", "revenue"): 0, ("revenue", "revenue"): 0})
    assert intervals({(): found}, CATALOG, ["aov"])[()]["aov"] == Estimate(None, None, 0)
    assert total([]) == Sample(0, {}, {})


def test_groups_come_in_the_order_of_their_values_and_none_last():
    rows = SIX.with_columns(
        channel=pl.Series(["web", None, "fair", "web", None, "web"]), country=pl.Series(["LV", "FI", None, "FI", None, "LV"])
    )
    assert list(of(rows, "aov", by=["channel"])) == ["fair", "web", None]
    pairs = list(of(rows, "aov", by=["channel", "country"]))
    assert pairs == [("fair", None), ("web", "FI"), ("web", "LV"), (None, "FI"), (None, None)]
    assert of(rows, "aov", by=["channel"])["web"]["aov"].n == 3


REFUNDED = """
    customer  order  date        amount
    ann       1      2024-01-10   100
    bob       2      2024-02-10    40
    hal       r-3    2024-06-01   -15
"""


def test_who_only_gave_something_back_counts_as_one_who_might_not_have_been_there():
    # revenue per customer = 125 / 2; the rows' residuals r - 62.5 · c: 37.5, -22.5, -15
    found = of(customers_from(REFUNDED, observed("2024-12-31", Period.YEAR)), "revenue_per_customer")["revenue_per_customer"]
    assert (found.value, found.n) == (62.5, 3)
    assert found.error == pytest.approx(math.sqrt(3 / 2 * (37.5**2 + 22.5**2 + 15**2)) / 2, rel=1e-14)


@pytest.mark.parametrize(
    ("estimate", "z", "p"),
    [
        (Estimate(-Z, 1.0), -Z, 0.05),
        (Estimate(3.0, 2.0), 1.5, 0.1336144),
        (Estimate(0.0, 2.0), 0.0, 1.0),
        (Estimate(3.0, 0.0), None, 0.0),
        (Estimate(0.0, 0.0), None, 1.0),
        (Estimate(3.0), None, None),
        (Estimate(None), None, None),
    ],
)
def test_how_far_an_estimate_is_from_nought(estimate, z, p):
    assert estimate.z == z
    assert estimate.p == (p if p is None else pytest.approx(p, abs=5e-8))


# Laws

COMPARED = (
    "aov", "orders_per_customer", "repeat_rate", "retention_rate", "revenue_per_customer", "margin", "clv_contribution", "clv_observed",
    "clv_churn", "clv_retention_end", "payback_months",
)  # fmt: skip


def customers(lines, seen):
    """The customers of a shop that Hypothesis made, and what they cost to win."""
    made = customers_of(orders(nw.from_native(lines.lazy()), Rates(0.3), ("channel", "country")), ("channel", "country"), seen)
    return on_polars(collected(made.with_columns(acquisition_cost=nw.col("customers") * 52_500)))


@given(shops(), observations())
def test_the_moments_of_groups_add_up_to_those_of_all(lines, seen):
    of_shop, names = customers(lines, seen), summed(COMPARED, CATALOG)
    groups = samples(collected(moments(of_shop, ["channel", "country"], names)).to_dicts(), ["channel", "country"])
    whole = samples(collected(moments(of_shop, (), names)).to_dicts(), ())[()]
    assert total(groups.values()) == whole
    for key, rest in rests(groups).items():
        assert rest + groups[key] == whole
        assert rest == total(group for other, group in groups.items() if other != key) or len(groups) == 1


@settings(max_examples=10)
@given(shops(), observations())
def test_the_value_is_the_one_that_reports_show(lines, seen):
    of_shop, everything = customers(lines, seen), [f.name for f in CATALOG.formulas]
    found, shown = of(of_shop, *everything), figures(of_shop, CATALOG)
    assert {name: estimate.value for name, estimate in found.items()} == {name: shown[name] for name in everything}


@given(shops(), observations())
def test_in_cents_money_is_a_hundred_times_as_unsure_and_nothing_else_changes(lines, seen):
    of_shop = customers(lines, seen)
    present = of_shop.collect_schema().names()
    in_cents = of_shop.with_columns(nw.col(name) * 100 for name in MONEY if name in present)
    plain, scaled = of(of_shop, *COMPARED), of(in_cents, *COMPARED)
    for name, estimate in plain.items():
        factor = 100 if CATALOG.by_name[name].column.unit is Unit.MONEY else 1
        assert (estimate.interval is None) == (scaled[name].interval is None)
        if estimate.error is not None:
            assert scaled[name].value == pytest.approx(estimate.value * factor, rel=1e-9)
            assert scaled[name].error == pytest.approx(estimate.error * factor, rel=1e-3)


@given(shops(), observations())
def test_the_order_of_customers_does_not_matter(lines, seen):
    of_shop = collected(customers(lines, seen))
    assert of(of_shop.reverse(), *COMPARED, by=["channel"]) == of(of_shop, *COMPARED, by=["channel"])


# A bootstrap of 2,000 replicates. Its own standard error has a chance error of 1/√4000 = 1.6 %, its percentiles have twice
# that, so the widths that are compared are 2 · 1.96 standard errors of either.

REPLICATES = 2_000
FEWEST = 300


def bootstrapped(rows, catalog):
    """The standard error of each formula over shops of as many customers, drawn from these with replacement."""
    drawn = [rows.sample(n=rows.height, with_replacement=True, seed=seed).sum() for seed in range(REPLICATES)]
    unknown = catalog.needed(COMPARED) - catalog.settings.keys() - set(rows.columns)
    replicates = pl.concat(drawn).with_columns(pl.lit(None, dtype=pl.Int64).alias(name) for name in sorted(unknown))
    derived = collected(catalog.derive(on_polars(replicates), COMPARED))
    return {name: derived[name].std() for name in COMPARED if not derived[name].null_count()}


def compared(path, by, config=None, **options):
    """For each large group: how many formulas were compared, having found that each is as wide as the bootstrap says."""
    run = analysis(Request("segments", (str(path),), config, options, tuple(by)))
    people, names = collected(run.customers), summed(COMPARED, run.catalog)
    groups = samples(collected(moments(on_polars(people), by, names)).to_dicts(), by)
    count = {}
    for key, found in intervals(groups, run.catalog, COMPARED).items():
        if groups[key].n > FEWEST:
            rows = people.filter(*(pl.col(name).eq_missing(value) for name, value in zip(by, key, strict=True)))
            errors = bootstrapped(rows.select(n for n in names if n in rows.columns), run.catalog)
            for name, error in errors.items():
                width, wanted = 2 * Z * found[name].error, 2 * Z * error
                assert width == pytest.approx(wanted, rel=0.1, abs=1e-6 * abs(found[name].value)), (key, name)
            count[key] = len(errors)
    return count


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A config that settles nothing."""
    path = tmp_path_factory.mktemp("config") / "clv.yaml"
    path.touch()
    return path


@pytest.mark.slow
def test_a_bootstrap_of_the_sample_shop_is_as_wide():
    large = ("marketplace", "organic", "search", "social")
    assert compared(SHOP, ["channel"]) == {(channel,): len(COMPARED) for channel in large}


@pytest.mark.slow
def test_a_bootstrap_of_cdnow_is_as_wide(real_data, empty):
    assert compared(real_data("cdnow/CDNOW_master.txt"), [], empty, margin=0.3, cac=10) == {(): len(COMPARED)}


@pytest.mark.slow
@pytest.mark.parametrize(("by", "key"), [([], ()), (["Country"], ("United Kingdom",))])
def test_a_bootstrap_of_uci_is_as_wide(real_data, empty, by, key):
    margin = {"by": "Country", "rates": {"Germany": 0.4, "France": 0.2}, "otherwise": 0.3}
    assert compared(real_data("uci_online_retail/online_retail.parquet"), by, empty, margin=margin, cac=10) == {key: len(COMPARED)}
