"""Is it getting better? The answer of `clv trend`."""

import pytest
from program import clv

from clvcli.catalog import Catalog
from clvcli.reports.trend import COLUMNS, drivers

ORDERS = """\
order_id,customer_id,date,amount,channel
1,ann,2024-01-10,100,web
2,ann,2024-05-10,50,web
3,bob,2024-02-01,60,fair
4,cid,2024-04-15,40,web
5,cid,2024-08-01,20,web
6,dan,2024-07-01,30,fair
"""
CONFIG = """\
orders: orders.csv
margin: 0.5
cac: {by: channel, rates: {web: 4, fair: 6}, otherwise: 0}
as_of: 2024-09-30
period: quarter
show: [clv_observed]
"""

# What a customer has brought less its cost: 50 and 30 of gross profit for 10 in the first quarter; then 125 for 14, and 150 for 20.
VALUE = {"2024-Q1": 70 / 2, "2024-Q2": 111 / 3, "2024-Q3": 130 / 4}
WEB = {"2024-Q1": (50 - 4) / 1, "2024-Q2": (95 - 8) / 2, "2024-Q3": (105 - 8) / 2}
FAIR = {"2024-Q1": (30 - 6) / 1, "2024-Q2": (30 - 6) / 1, "2024-Q3": (45 - 12) / 2}
# Of all customers by web: one of two, two of three, two of four.
MIX = {
    "2024-Q2": (2 / 3 - 1 / 2) * ((46 + 43.5) / 2 - 24),
    "2024-Q3": (1 / 2 - 2 / 3) * ((43.5 + 48.5) / 2 - (24 + 16.5) / 2),
}
RATE = {
    "2024-Q2": (1 / 2 + 2 / 3) / 2 * (43.5 - 46),
    "2024-Q3": (2 / 3 + 1 / 2) / 2 * (48.5 - 43.5) + (1 / 3 + 1 / 2) / 2 * (16.5 - 24),
}


@pytest.fixture
def shop(tmp_path):
    """Answers `clv trend` of these orders under this config."""

    def asked(*arguments, config=CONFIG, orders=ORDERS, output="json"):
        (tmp_path / "orders.csv").write_text(orders, encoding="utf-8")
        (tmp_path / "clv.yaml").write_text(config, encoding="utf-8")
        ran = clv("trend", *arguments, "--format", output, "--quiet", here=tmp_path, COLUMNS="300")
        assert (ran.code, ran.err) == (0, "")
        return {table["name"]: table for table in ran.json["tables"]} if output == "json" else ran.text

    return asked


def by_period(table, *names):
    """The numbers of each period."""
    return {row["period"]: tuple(row[name] for name in names) if len(names) > 1 else row[names[0]] for row in table["rows"]}


def columns(table):
    return [column["name"] for column in table["columns"]]


# Period by period


def test_the_figures_are_as_of_each_periods_end(shop):
    trend = shop()["trend"]
    assert by_period(trend, "customers", "orders", "revenue", "gross_profit", "acquisition_cost") == {
        "2024-Q1": (2, 2, 160.0, 80.0, 10.0),
        "2024-Q2": (3, 4, 250.0, 125.0, 14.0),
        "2024-Q3": (4, 6, 300.0, 150.0, 20.0),
    }
    assert by_period(trend, "clv_observed") == pytest.approx(VALUE)
    assert by_period(trend, "aov") == pytest.approx({"2024-Q1": 80.0, "2024-Q2": 62.5, "2024-Q3": 50.0})


def test_what_is_of_a_period_is_of_that_period_alone(shop):
    trend = shop()["trend"]
    assert by_period(trend, "new_customers", "customers_in_period", "orders_in_period", "revenue_in_period") == {
        "2024-Q1": (2, 2, 2, 160.0),
        "2024-Q2": (1, 2, 2, 90.0),
        "2024-Q3": (1, 2, 2, 50.0),
    }
    assert by_period(trend, "retention_rate") == {"2024-Q1": None, "2024-Q2": 0.5, "2024-Q3": 0.5}
    assert by_period(trend, "purchase_frequency") == {"2024-Q1": 4.0, "2024-Q2": 4.0, "2024-Q3": 4.0}


def test_a_customer_won_in_the_period_cost_what_the_period_won_for(shop):
    assert by_period(shop()["trend"], "cac_of_new") == {"2024-Q1": 5.0, "2024-Q2": 4.0, "2024-Q3": 6.0}


def test_a_period_in_which_nobody_came_has_no_cac_of_new(shop):
    later = shop(config=CONFIG.replace("2024-09-30", "2024-12-31"))["trend"]
    assert by_period(later, "new_customers", "cac_of_new")["2024-Q4"] == (0, None)


def test_without_a_cac_there_is_none_of_new(shop):
    bare = shop(config="orders: orders.csv\nmargin: 0.5\nperiod: quarter\n")["trend"]
    assert not {"cac_of_new", "acquisition_cost"} & {*columns(bare)}


def test_the_last_period_may_be_running_still(shop):
    text = shop(config=CONFIG.replace("2024-09-30", "2024-08-15"), output="table")
    assert "* The last quarter was still running on 2024-08-15; it has no rates yet, and no change is worked out to it." in text
    assert "2*" in text
    assert list(by_period(shop(config=CONFIG.replace("2024-09-30", "2024-08-15"))["why"], "change")) == ["2024-Q2"]


def test_a_whole_last_period_is_not_marked(shop):
    assert "*" not in shop(output="table")


def test_periods_of_another_length_than_in_compute_are_told(shop):
    longer = ORDERS + "7,eva,2022-08-01,10,web\n"
    settled = CONFIG.replace("period: quarter\n", "")
    told = "Rates are of a quarter here and of a year in clv compute, so its CLV is another; --period year goes by years too."
    assert told in shop(orders=longer, config=settled, output="table")
    assert "Rates are of" not in shop(orders=longer, output="table")


def test_the_period_is_the_longest_of_which_there_are_four(shop):
    settled = CONFIG.replace("period: quarter\n", "")
    assert list(by_period(shop(config=settled)["trend"], "orders"))[:2] == ["2024-01", "2024-02"]
    a_quarter_more = ORDERS + "7,eva,2023-12-31,10,web\n"
    assert list(by_period(shop(orders=a_quarter_more, config=settled)["trend"], "orders"))[:2] == ["2023-Q4", "2024-Q1"]


# Why it moved


def test_levers_sum_to_the_change(shop):
    why = shop()["why"]
    levers = [name for name in columns(why) if name not in ("period", "clv_observed", "change")]
    assert levers == ["cac", "customers", "gross_profit", "variable_costs"]
    assert by_period(why, "change") == pytest.approx({"2024-Q2": 2.0, "2024-Q3": -4.5})
    for row in why["rows"]:
        assert sum(row[name] for name in levers) == pytest.approx(row["change"])
    # From 80 less 10 of two to 125 less 14 of three: each averaged over the orders in which they could have moved.
    assert why["rows"][0]["gross_profit"] == pytest.approx(45 * (1 / 2 + 1 / 3) / 2)
    assert why["rows"][0]["cac"] == pytest.approx(10 / 2 - 14 / 3)


def test_levers_of_a_clv_of_rates_are_its_rates(shop):
    why = shop("--formula", "clv_contribution", config=CONFIG.replace("show: [clv_observed]\n", ""))["why"]
    assert columns(why) == [
        "period",
        "clv_contribution",
        "change",
        "aov",
        "purchase_frequency",
        "retention_rate",
        "contribution_margin",
        "cac",
    ]
    first, second = why["rows"]
    assert (first["clv_contribution"], first["change"], first["aov"]) == (pytest.approx(62.5 * 4 * 0.5 * 0.5 - 14 / 3), None, None)
    assert second["change"] == pytest.approx(50 * 0.5 - 5 - (62.5 * 0.5 * 2 * 0.5 * 2 - 14 / 3) + 25)
    assert second["aov"] == pytest.approx((50 - 62.5) * 1.0)
    assert second["cac"] == pytest.approx(-(5 - 14 / 3))
    assert (second["purchase_frequency"], second["retention_rate"], second["contribution_margin"]) == (0.0, 0.0, 0.0)


def test_levers_that_never_moved_are_not_shown_to_people(shop):
    text = shop("--formula", "clv_contribution", "--table", "why", config=CONFIG.replace("show: [clv_observed]\n", ""), output="table")
    assert ("AOV" in text, "CAC" in text, "Purchase frequency" in text) == (True, True, False)


def test_where_no_clv_is_known_there_is_only_the_trend(shop):
    only = "order_id,customer_id,date,amount\n1,ann,2024-09-02,10\n"
    assert list(shop(orders=only, config="orders: orders.csv\n")) == ["trend"]


@pytest.mark.parametrize(
    ("formula", "lifespan", "expected"),
    [
        ("clv_contribution", "churn", ("aov", "purchase_frequency", "retention_rate", "contribution_margin", "cac")),
        ("clv_contribution", "tenure", ("aov", "purchase_frequency", "contribution_margin", "cac", "lifespan_years")),
        ("clv_contribution", 3.0, ("aov", "purchase_frequency", "contribution_margin", "cac", "lifespan_years")),
        ("clv_churn", "churn", ("retention_rate", "contribution_margin", "revenue_per_period")),
        ("clv_observed", "churn", ("cac", "customers", "gross_profit", "variable_costs")),
        ("discount_per_period", "churn", ()),
    ],
)
def test_a_formula_is_driven_by_levers_where_it_reads_them_and_by_metrics_elsewhere(formula, lifespan, expected):
    assert drivers(formula, Catalog(lifespan=lifespan)) == expected


# Mix and rate


def test_a_change_is_mix_and_rate(shop):
    mix = shop("--by", "channel")["mix"]
    assert by_period(mix, "mix") == pytest.approx(MIX)
    assert by_period(mix, "rate") == pytest.approx(RATE)
    assert by_period(mix, "change") == pytest.approx({"2024-Q2": 2.0, "2024-Q3": -4.5})


def test_the_segments_stand_before_and_after_the_last_whole_period(shop):
    segments = shop("--by", "channel")["mix_segments"]
    assert [tuple(row.values()) for row in segments["rows"]] == [
        ("fair", pytest.approx(1 / 3), 0.5, pytest.approx(FAIR["2024-Q2"]), pytest.approx(FAIR["2024-Q3"])),
        ("web", pytest.approx(2 / 3), 0.5, pytest.approx(WEB["2024-Q2"]), pytest.approx(WEB["2024-Q3"])),
    ]
    running = shop("--by", "channel", config=CONFIG.replace("2024-09-30", "2024-08-15"))
    assert list(by_period(running["mix"], "mix")) == ["2024-Q2"]
    assert {row["group"]: row["share_after"] for row in running["mix_segments"]["rows"]} == pytest.approx({"web": 2 / 3, "fair": 1 / 3})


def test_of_one_period_there_is_nothing_to_split(shop):
    one = shop("--by", "channel", config=CONFIG.replace("2024-09-30", "2024-03-31"))
    assert (one["mix"]["rows"], one["why"]["rows"], "mix_segments" in one) == ([], [], False)


def test_where_the_clv_was_not_known_before_there_is_no_split(shop):
    settled = CONFIG.replace("show: [clv_observed]\n", "")
    rows = shop("--by", "channel", "--formula", "clv_contribution", config=settled)["mix"]["rows"]
    assert (rows[0]["mix"], rows[0]["rate"], rows[0]["change"]) == (None, None, None)
    assert rows[1]["mix"] + rows[1]["rate"] == pytest.approx(rows[1]["change"])


def test_segments_may_be_crossed_and_unnamed(shop):
    header, *lines = ORDERS.split()
    crossed = "\n".join([f"{header},land", *(f"{line},{'LV' if 'ann' in line else ''}" for line in lines)]) + "\n"
    found = shop("--by", "channel,land", orders=crossed)
    assert {row["group"] for row in found["mix_segments"]["rows"]} == {"web · LV", "web · –", "fair · –"}
    assert by_period(found["mix"], "change") == pytest.approx({"2024-Q2": 2.0, "2024-Q3": -4.5})


@pytest.mark.parametrize("name", ["at", "before", "after", "period"])
def test_an_attribute_may_be_called_like_a_part_of_the_timeline(shop, name):
    renamed = shop("--by", name, orders=ORDERS.replace("channel", name), config=CONFIG.replace("by: channel", f"by: {name}"))
    assert renamed["mix"]["rows"] == shop("--by", "channel")["mix"]["rows"]


def test_every_column_says_what_it_is():
    assert all(c.label and c.description.endswith(".") for c in COLUMNS)
    assert len({c.name for c in COLUMNS}) == len(COLUMNS)


# Money that moved before the first purchase


def test_a_refund_before_the_first_purchase_is_not_lost(shop):
    early = ORDERS + "r-1,zoë,2023-11-30,-10,web\n"
    assert by_period(shop(orders=early)["trend"], "revenue", "refunds") == {
        "2024-Q1": (150.0, 10.0),
        "2024-Q2": (240.0, 10.0),
        "2024-Q3": (290.0, 10.0),
    }
