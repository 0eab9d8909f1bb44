"""Real data: figures that are published or were counted by other means, through the path that the program reads by.

The data are kept beside the repository in ../shared/data, not in it; without them these tests are skipped.
"""

import csv
from collections import Counter
from datetime import date

import polars as pl
import pytest
from exported import fates, read_export
from program import clv

from clvcli.errors import ClvError
from clvcli.periods import date_of


def options(**given):
    """The command line for these keys of the config."""
    mapped = [f"--map={role}={column}" for role, column in given.pop("columns", {}).items()]
    return [*mapped, *(f"--{name.replace('_', '-')}={value}" for name, value in given.items())]


def figures(*names, config, **given):
    """The headline figures, by name."""
    ran = clv("compute", *map(str, names), *options(**given), "--config", str(config), "--format", "json", "--quiet")
    assert (ran.code, ran.err) == (0, "")
    return {row["name"]: row["value"] for table in ran.json["tables"] for row in table["rows"]}


def table(command, *names, config, **given):
    """The first table of an answer."""
    ran = clv(command, *map(str, names), *options(**given), "--config", str(config), "--format", "json", "--quiet")
    assert (ran.code, ran.err) == (0, "")
    return ran.json["tables"][0]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A config that settles nothing."""
    path = tmp_path_factory.mktemp("config") / "clv.yaml"
    path.touch()
    return path


# CDNOW: 23,570 customers who first bought in the first quarter of 1997 (Fader and Hardie)

CDNOW = {"columns": {"ordered_at": "date", "amount": "dollar_value"}, "date_format": "%Y%m%d"}


@pytest.fixture(scope="module")
def cdnow(real_data):
    return read_export(str(real_data("cdnow/CDNOW_master.txt")), **CDNOW)


def test_cdnow_is_read_whole(cdnow):
    assert fates(cdnow) == {"used": 69_659}
    assert cdnow.ledger.amount == 25_003_156_300
    assert cdnow.orders["customer_id"].n_unique() == 23_570


def test_cdnow_ids_keep_their_zeros(cdnow):
    assert cdnow.orders["customer_id"].str.len_chars().unique().to_list() == [5]


def test_cdnow_cohorts_by_month_of_first_purchase(cdnow):
    first = cdnow.orders.group_by("customer_id").agg(pl.col("day").min())["day"]
    assert Counter(date_of(day).strftime("%Y-%m") for day in first) == {"1997-01": 7_846, "1997-02": 8_476, "1997-03": 7_248}


def test_cdnow_days_and_repeats(cdnow):
    days = cdnow.orders.group_by("customer_id").agg(pl.col("day").n_unique(), orders=pl.len())
    assert (days["day"].sum(), (days["day"] == 1).sum(), (days["orders"] == 1).sum()) == (67_591, 12_054, 11_908)


def test_cdnow_active_customers_by_month_of_each_cohort(cdnow):
    months = cdnow.orders.with_columns(month=pl.col("day").cast(pl.Date).dt.truncate("1mo"))
    months = months.with_columns(cohort=pl.col("month").min().over("customer_id"))
    active = months.group_by("cohort", "month").agg(pl.col("customer_id").n_unique()).sort("month")
    assert active.filter(pl.col("cohort") == date(1997, 3, 1))["customer_id"].to_list() == [
        7248, 1032, 752, 756, 674, 564, 561, 579, 634, 569, 464, 472, 678, 420, 443, 457,
    ]  # fmt: skip


def test_cdnow_figures(real_data, empty):
    found = figures(real_data("cdnow/CDNOW_master.txt"), config=empty, **CDNOW)
    assert (found["customers"], found["orders"], found["revenue"]) == (23_570, 69_659, 2_500_315.63)
    assert found["aov"] == pytest.approx(35.8936, abs=5e-5)
    assert found["orders_per_customer"] == pytest.approx(2.9554, abs=5e-5)
    assert found["revenue_per_customer"] == pytest.approx(106.0804, abs=5e-5)


def test_the_cdnow_sample_without_a_header(real_data):
    columns = {"customer_id": "1", "ordered_at": "3", "amount": "5"}
    sample = read_export(str(real_data("cdnow/CDNOW_sample.txt")), header=False, columns=columns, date_format="%Y%m%d")
    assert (fates(sample), sample.ledger.amount) == ({"used": 6_919}, 2_440_919_400)


# UCI Online Retail: every line of one shop from December 2010 to December 2011

UCI = {"columns": {"order_id": "InvoiceNo", "customer_id": "CustomerID", "ordered_at": "InvoiceDate", "amount": "Quantity * UnitPrice"}}
SALES = {**UCI, "where": "Quantity > 0 and UnitPrice > 0"}


@pytest.fixture(scope="module", params=["online_retail.csv.gz", "online_retail.parquet"])
def uci(request, real_data):
    return real_data(f"uci_online_retail/{request.param}")


def test_uci_is_read_whole(uci):
    read = read_export(str(uci), **UCI)
    assert fates(read) == {"used": 406_829, "no_customer": 135_080}
    assert (read.ledger.records, read.ledger.amount) == (541_909, 97_477_479_340)
    assert {entry.reason.name: entry.amount for entry in read.ledger} == {"used": 83_000_658_140, "no_customer": 14_476_821_200}
    assert (read.orders["order_id"].n_unique(), read.orders["customer_id"].n_unique()) == (22_190, 4_372)


def test_uci_customers_by_what_they_brought_net_of_refunds(uci, empty):
    rows = table("customers", uci, config=empty, **UCI)["rows"]
    assert [(row["customer_id"].removesuffix(".0"), row["revenue"]) for row in rows[:3]] == [
        ("14646", 279_489.02),
        ("18102", 256_438.49),
        ("17450", 187_482.17),
    ]
    net = Counter("loss" if row["revenue"] < 0 else "nothing" if row["revenue"] == 0 else "gain" for row in rows)
    assert (net["loss"], net["nothing"]) == (41, 14)  # counted in Decimal; sums of floats leave a residue in five of the fourteen


def test_uci_sales(uci, empty):
    read = read_export(str(uci), **SALES)
    assert (fates(read)["used"], read.ledger.orders, read.orders["amount"].sum()) == (397_884, 18_532, 89_114_079_040)
    found = figures(uci, config=empty, **SALES)
    assert (found["customers"], found["orders"], found["revenue"]) == (4_338, 18_532, 8_911_407.904)
    assert found["aov"] == pytest.approx(480.866, abs=5e-4)
    assert found["orders_per_customer"] == pytest.approx(4.2720, abs=5e-5)
    assert found["revenue_per_customer"] == pytest.approx(2_054.27, abs=5e-3)
    assert round((1 - found["repeat_rate"]) * found["customers"]) == 1_493


def test_uci_months(uci):
    orders = read_export(str(uci), **SALES).orders.with_columns(month=pl.col("day").cast(pl.Date).dt.strftime("%Y-%m"))
    months = orders.group_by("month").agg(pl.col("amount").sum(), pl.len(), pl.col("customer_id").n_unique()).sort("month")
    assert months.head(5).rows() == [
        ("2010-12", 5_727_138_900, 1_400, 885),
        ("2011-01", 5_694_450_400, 987, 741),
        ("2011-02", 4_471_373_500, 997, 758),
        ("2011-03", 5_955_007_600, 1_321, 974),
        ("2011-04", 4_692_003_610, 1_149, 856),
    ]


def test_uci_segments_sum_to_the_total_in_every_additive_column(uci, empty):
    countries = table("segments", uci, config=empty, by="Country", margin=0.3, cac=10, **SALES)
    additive = ("customers", "orders", "revenue", "refunds", "gross_profit", "acquisition_cost", "repeat_customers", "lapsed_customers")
    for name in additive:
        assert round(sum(row[name] for row in countries["rows"]) * 10_000) == round(countries["total"][name] * 10_000), name
    assert countries["total"]["revenue"] == 8_911_407.904
    assert {row["Country"]: row["customers"] for row in countries["rows"]}["United Kingdom"] == 3_920


# Northwind: 176 of its 830 orders have an unquoted comma in the address


@pytest.fixture(scope="module")
def northwind(real_data, tmp_path_factory):
    """Order lines with customer and day, joined by hand; malformed orders are read by what stands before the address."""
    with real_data("northwind/orders.csv").open(encoding="utf-8", newline="") as file:
        orders = {row[0]: (row[1], row[3]) for row in csv.reader(file)}
    with real_data("northwind/order-details.csv").open(encoding="utf-8", newline="") as file:
        details = list(csv.reader(file))
    path = tmp_path_factory.mktemp("northwind") / "lines.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*row, *orders[row[0]]] for row in details)
    return path


NORTHWIND = """
orders: lines.csv
columns:
  order_id: orderID
  customer_id: customerID
  ordered_at: orderDate
  amount: quantity * unitPrice * (1 - discount)
"""


def test_northwind_by_config(northwind):
    config = northwind.with_name("clv.yaml")
    config.write_text(NORTHWIND, encoding="utf-8")
    found = figures(config=config)
    assert (found["orders"], found["customers"]) == (830, 89)
    assert found["revenue"] == pytest.approx(1_265_793.04, abs=5e-3)


def test_northwind_before_discount(northwind):
    read = read_export(str(northwind), columns={"order_id": "orderID", "customer_id": "customerID", "ordered_at": "orderDate"})
    assert read.orders["amount"].sum() == 13_544_585_900
    assert fates(read) == {"used": 2_155}


@pytest.mark.parametrize("arguments", [("compute",), ("segments", "--by", "shipCountry")])
def test_northwind_as_it_is_gives_no_postcode_for_a_country(real_data, empty, arguments):
    name = str(real_data("northwind/orders.csv"))
    ran = clv(*arguments, name, "--config", str(empty), "-m", "ordered_at=orderDate", "-m", "amount=freight")
    assert (ran.code, ran.out) == (4, b"")
    assert "orders.csv:4: 15 fields, expected 14" in ran.err


# Maven Fuzzy Factory: three years of a toy shop

MAVEN = {"columns": {"customer_id": "user_id", "ordered_at": "created_at", "amount": "price_usd", "cost": "cogs_usd"}}


def test_maven_figures(real_data, empty):
    found = figures(real_data("maven_fuzzy_factory/orders.csv"), config=empty, **MAVEN)
    assert (found["customers"], found["orders"], found["revenue"]) == (31_696, 32_313, 1_938_509.75)
    assert found["aov"] == pytest.approx(59.9916, abs=5e-5)


def test_maven_customers_by_orders_and_orders_by_year(real_data):
    orders = read_export(str(real_data("maven_fuzzy_factory/orders.csv")), **MAVEN).orders
    assert Counter(orders.group_by("customer_id").len()["len"]) == {1: 31_105, 2: 565, 3: 26}
    assert Counter(date_of(day).year for day in orders["day"]) == {2012: 2_586, 2013: 7_447, 2014: 16_860, 2015: 5_420}


def test_maven_items_sum_to_its_orders(real_data, tmp_path):
    folder = real_data("maven_fuzzy_factory/orders.csv").parent
    users = pl.read_csv(folder / "orders.csv", infer_schema=False).select("order_id", "user_id")
    items = pl.read_csv(folder / "order_items.csv", infer_schema=False).join(users, on="order_id")
    items.write_csv(tmp_path / "items.csv")
    read = read_export(str(tmp_path / "items.csv"), **MAVEN)
    whole = read_export(str(folder / "orders.csv"), **MAVEN)
    assert (fates(read), read.ledger.orders) == ({"used": 40_025}, 32_313)
    assert read.orders["amount"].sum() == whole.orders["amount"].sum()


# Inputs that are wrong, each in a way of its own


BAD_INPUTS = {"columns": {"ordered_at": "order_date", "amount": "total"}, "max_rejects": 1}


def test_every_bad_input_is_refused_or_accounted_for(real_data):
    names = sorted(path for path in real_data("bad_inputs").iterdir() if path.name != "SOURCE.txt")
    for name in names:
        try:
            read = read_export(str(name), **BAD_INPUTS)
        except ClvError as error:
            assert name.name in str(error) or "currencies" in str(error)  # noqa: PT017 - either of two ends is right
        else:
            assert read.ledger.records == sum(read.ledger.of(fate) for fate in ("used", "excluded", "rejected"))
            assert read.orders["amount"].sum() == next(entry.amount for entry in read.ledger)
    assert len(names) > 40
