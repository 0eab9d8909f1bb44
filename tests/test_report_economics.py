"""Which channel earns its cost? Contribution at equal ages, and payback as observed."""

import polars as pl
import pytest
from orders_text import customers_from, observed, orders_from
from program import clv

from clvcli.acquisition import with_acquisition_cost
from clvcli.catalog import Catalog
from clvcli.differences import FEWEST
from clvcli.horizons import with_horizons
from clvcli.periods import Period
from clvcli.rates import Rates
from clvcli.reports.economics import COLUMNS, payback_month, unit_economics, wanted

# As of 30 June: ann is 180 days old, bob 90, cid 89 and dan 30.
ORDERS = """\
order_id,customer_id,date,amount,channel
1,ann,2024-01-02,40,web
2,ann,2024-02-01,20,web
3,ann,2024-02-02,10,web
4,ann,2024-04-01,6,web
5,ann,2024-06-30,2,web
6,bob,2024-04-01,80,fair
r-1,bob,2024-03-31,-10,fair
7,bob,2024-06-30,30,fair
8,cid,2024-04-02,50,fair
9,dan,2024-05-31,60,
r-2,eva,2024-01-01,-20,web
"""
CONFIG = """\
orders: orders.csv
margin: 0.5
cac: {by: channel, rates: {web: 9, fair: 4}, otherwise: 1}
as_of: 2024-06-30
target_payback_months: 3
"""
IN_DAYS = [f"contribution_per_customer_{days}d" for days in (30, 60, 90, 180, 365)]


@pytest.fixture
def shop(tmp_path):
    """The economics of this shop under a config, as a table of the program; nothing if there is none."""

    def asked(*arguments, config=CONFIG, orders=ORDERS):
        (tmp_path / "orders.csv").write_text(orders, encoding="utf-8")
        (tmp_path / "clv.yaml").write_text(config, encoding="utf-8")
        ran = clv("segments", "--by", "channel", *arguments, "--format", "json", "--quiet", here=tmp_path)
        assert (ran.code, ran.err) == (0, "")
        return {table["name"]: table for table in ran.json["tables"]}.get("economics")

    return asked


def by_channel(table, *names):
    return {row["channel"]: tuple(row[name] for name in names) if len(names) > 1 else row[names[0]] for row in table["rows"]}


def test_contribution_at_an_age_is_of_customers_who_are_that_old(shop):
    table = shop()
    assert by_channel(table, "customers", *IN_DAYS) == {
        "fair": (2, 30.0, 30.0, 50.0, None, None),  # cid is 89 days old, so that 90 days are bob's
        "web": (1, 30.0, 35.0, 38.0, 39.0, None),
        None: (1, 30.0, None, None, None, None),
    }
    assert [table["total"][name] for name in ("customers", *IN_DAYS)] == [4, 30.0, 95 / 3, 44.0, 39.0, None]


def test_variable_costs_are_taken_off(shop):
    table = shop(config=CONFIG + "costs: {shipping_per_order: 2}\n")
    assert by_channel(table, *IN_DAYS)["web"] == (26.0, 29.0, 30.0, 29.0, None)


def test_segments_are_in_the_order_of_the_table_before_it(shop):
    assert list(by_channel(shop(), "cac")) == ["fair", "web", None]
    assert list(by_channel(shop("--top", "1"), "cac")) == ["fair", "other"]
    assert by_channel(shop("--top", "1"), "customers")["other"] == 2


def test_what_customers_cost_and_may_cost(shop):
    table = shop()
    assert by_channel(table, "cac") == {"fair": 4.0, "web": 9.0, None: 1.0}
    assert table["total"]["cac"] == 4.5
    assert by_channel(table, "max_cac_payback") == {"fair": None, "web": 38.0, None: None}  # three months are 91 days
    assert table["total"]["max_cac_payback"] == 38.0


def test_payback_is_observed_and_no_later_than_anybody_was_watched(shop):
    table = shop()
    assert by_channel(table, "payback_months_observed", "months_watched") == {"fair": (1, 2), "web": (1, 5), None: (None, 0)}
    assert (table["total"]["payback_months_observed"], table["total"]["months_watched"]) == (1, 5)


@pytest.mark.parametrize(
    ("margin", "expected"),
    [
        # ann brought 60 in the first month of 30.4 days, 70 by the second, 76 by the third; the fair's two 120, and no more in the second
        (0.14, {"fair": 1, "web": 2, None: None}),
        (0.12, {"fair": 1, "web": 3, None: None}),
        (0.06, {"fair": None, "web": None, None: None}),
    ],
)
def test_payback_comes_later_where_less_is_left(shop, margin, expected):
    assert by_channel(shop(config=CONFIG.replace("margin: 0.5", f"margin: {margin}")), "payback_months_observed") == expected


def test_who_cost_nothing_has_paid_back_at_once(shop):
    table = shop(config=CONFIG.replace("fair: 4", "fair: 0"))
    assert by_channel(table, "payback_months_observed")["fair"] == 0


def test_without_a_cac_contribution_is_shown_all_the_same(shop):
    table = shop(config="orders: orders.csv\nmargin: 0.5\nas_of: 2024-06-30\n")
    assert not {"cac", "ltv_to_cac"} & {column["name"] for column in table["columns"]}
    assert by_channel(table, IN_DAYS[0], "payback_months_observed", "months_watched")["web"] == (30.0, None, 5)


def test_without_a_margin_there_is_nothing_to_say(shop):
    assert shop(config="orders: orders.csv\nas_of: 2024-06-30\n") is None


def test_a_segment_that_only_gave_back_has_no_economics(shop):
    refunds_alone = "\n".join(line for line in ORDERS.splitlines() if ",dan," not in line) + "\n"
    table = shop(orders=refunds_alone)
    assert by_channel(table, "customers", "cac", "months_watched")[None] == (0, None, None)
    assert table["total"]["customers"] == 3


def test_small_segments_are_marked_and_the_targets_told(shop, tmp_path):
    shop()
    text = clv("segments", "--by", "channel", "--table", "economics", here=tmp_path, COLUMNS="200").text
    assert "Maximum CAC: at an LTV:CAC of 3; by payback: within 3 months." in text
    assert "2*" in text
    assert "* Fewer than" in text


# The observed curve


COSTS = {3: 100, 1: 40}
BROUGHT = [(3, 0, 60), (1, 0, 50), (3, 1, 10), (3, 2, 40)]


@pytest.mark.parametrize(
    ("costs", "brought", "watched", "month"),
    [
        (COSTS, BROUGHT, 3, 3),  # after one month 110 of 140, after two 70 of 100, after three 110 of 100
        (COSTS, BROUGHT, 2, None),
        ({3: 70, 1: 40}, BROUGHT, 3, 1),
        ({3: 70, 1: 50}, BROUGHT, 3, 2),
        ({3: 1000}, BROUGHT, 3, None),
        ({3: 0, 1: 0}, BROUGHT, 3, 0),
        ({0: 40}, [(0, 0, 50)], 0, None),
        ({}, [], 0, 0),
    ],
)
def test_payback_is_the_month_by_which_those_old_enough_had_brought_what_they_cost(costs, brought, watched, month):
    assert payback_month(costs, dict.fromkeys(costs, FEWEST), brought, watched) == month


def test_payback_is_not_read_off_a_few_of_many():
    few, half = {3: 1, 1: 300}, {3: 2, 1: 2}
    assert payback_month(COSTS, few, BROUGHT, 3) is None
    assert payback_month(COSTS, half, BROUGHT, 3) == 3


# The table itself


TEXT = """
    customer  order  date        amount  channel
    ann       1      2024-01-02    40    web
    bob       2      2024-04-01    80    fair
"""
SEEN = observed("2024-06-30", Period.MONTH)
CATALOG = Catalog(
    settings={
        "period_years": 1 / 12,
        "discount_rate": 0.1,
        "churn_window_days": 180.0,
        "target_ltv_to_cac": 3.0,
        "target_payback_months": 12.0,
    }
)


def table(by, keys):
    made = orders_from(TEXT, Rates(0.5))
    customers = with_horizons(with_acquisition_cost(customers_from(TEXT, SEEN, Rates(0.5)), Rates(5.0)), made, SEEN)
    read = customers.select(*(name for name in customers.collect_schema().names() if name in wanted(CATALOG, by)))
    return unit_economics(read, made, CATALOG, by, keys)


def test_it_reads_no_more_than_it_says():
    found = table(["channel"], pl.DataFrame({"channel": ["web", "fair"]}))
    assert found.frame.select("channel", "customers", "cac", "months_watched").rows() == [("web", 1, 5.0, 5), ("fair", 1, 5.0, 2)]


def test_all_customers_may_be_one_row():
    whole = table([], pl.DataFrame())
    assert (whole.frame.height, whole.keys, whole.frame["customers"].to_list()) == (1, 0, [2])
    assert whole.footer["contribution_per_customer_30d"] == whole.frame["contribution_per_customer_30d"][0] == 30.0


def test_every_column_says_what_it_is():
    found = table(["channel"], pl.DataFrame({"channel": ["web", "fair"]}))
    assert [c.name for c in found.columns] == found.frame.columns
    assert all(c.label and c.description.endswith(".") for c in (*found.columns, *COLUMNS))
