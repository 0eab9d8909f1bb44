"""Real data: figures that are published or were counted by other means, through the path that the program reads by.

The data are kept beside the repository in ../shared/data, not in it; without them these tests are skipped.
"""

import csv
from collections import Counter
from datetime import date

import polars as pl
import pytest
from exported import fates, orders_of, read_export
from program import clv

from clvcli.errors import ClvError
from clvcli.periods import date_of

pytestmark = pytest.mark.slow


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


def test_uci_is_read_by_its_preset(uci):
    reading = read_export(str(uci))
    assert fates(reading) == {"used": 406_829, "no_customer": 135_080}
    assert (reading.ledger.amount, reading.ledger.net, reading.currency) == (97_477_479_340, 83_000_658_140, "GBP")
    returned = reading.orders.filter(pl.col("order_id").str.starts_with("C"))
    assert (returned.height, returned["customer_id"].n_unique(), returned["records"].sum()) == (3_654, 1_589, 8_905)
    assert returned["amount"].sum() == -6_113_420_900


def test_superstore_is_read_by_its_preset(real_data):
    (path,) = real_data("superstore").glob("*.csv")
    reading = read_export(str(path))
    assert fates(reading) == {"used": 9_994}
    assert (reading.ledger.orders, reading.orders["customer_id"].n_unique()) == (5_009, 793)


def test_cdnow_is_read_by_its_preset(real_data):
    reading = read_export(str(real_data("cdnow/CDNOW_master.txt")))
    assert (fates(reading), reading.ledger.net) == ({"used": 69_659}, 25_003_156_300)


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


def test_northwind_as_it_is_gives_no_postcode_for_a_country(real_data, empty):
    columns = {"ordered_at": "orderDate", "amount": "freight"}
    countries = table("segments", real_data("northwind/orders.csv"), config=empty, by="shipCountry", columns=columns)["rows"]
    assert {row["shipCountry"] for row in countries} == {
        "Argentina", "Austria", "Belgium", "Brazil", "Canada", "Denmark", "Finland", "France", "Germany", "Ireland", "Italy", "Mexico", "Norway",
        "Poland", "Portugal", "Spain", "Sweden", "Switzerland", "UK", "USA", "Venezuela",
    }  # fmt: skip


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


# Exports of platforms, with the header that each really writes: orders, what became of each record, refunds, currency

A, B = "ann@example.com", "bo@example.com"
EXPORTS = {
    "shopify_fixtures/shopify_full79_two_lines.csv": ({"#1001": (A, "2024-05-01", 34.98)}, {"used": 2}, 0.0, "USD"),
    "shopify_fixtures/shopify_ragged_continuation.csv": (
        {"#5001": ("emily.chen@example.com", "2026-09-22", 69.5), "#5002": ("mike.t@example.com", "2026-09-22", 36.4)},
        {"used": 3, "cancelled": 1},
        0.0,
        "USD",
    ),
    "stripe_fixtures/stripe_payments_classic.csv": (
        {
            "ch_101": ("cus_A", "2024-01-05", 120.0),
            "ch_102": ("cus_B", "2024-02-05", 49.9),
            "ch_104": ("cus_A", "2024-03-05", 0.0),
            "ch_105": ("guest@example.com", "2024-03-06", 40.0),
        },
        {"used": 4, "test": 1, "unpaid": 2},
        101.5,
        "EUR",
    ),
    "square_fixtures/square_transactions_2026.csv": (
        {"SQA1x": ("CUST1", "2026-09-13", 27.0)},
        {"used": 1, "no_customer": 2},
        0.0,
        "",
    ),
    "paypal_fixtures/paypal_en.csv": (
        {"3LW066840A4238521": ("buyer1@example.com", "2017-12-31", 150.0)},
        {"used": 2, "not_sale": 1, "unpaid": 1},
        50.0,
        "EUR",
    ),
    "paypal_fixtures/paypal_de.csv": (
        {"TX123": ("max@example.com", "2026-06-01", 1234.5)},
        {"used": 1, "not_sale": 2, "unpaid": 1},
        0.0,
        "EUR",
    ),
    "etsy_fixtures/etsy_sold_orders.csv": ({"9001": ("1", "2026-09-03", 76.0), "9002": ("2", "2026-09-12", 30.3)}, {"used": 2}, 0.0, "CAD"),
    "etsy_fixtures/etsy_items_uk_duplicate_header_bad_row.csv": (
        {"3310000001": ("maria_g", "2026-09-22", 74.96), "3310000005": ("x", "2026-09-23", 29.98)},
        {"used": 3},
        0.0,
        "USD",
    ),
    "ebay_fixtures/ebay_orders_preamble_footer.csv": (
        {"12-34567-89012": ("buyer_1", "2025-07-21", 1905.97), "12-34567-89013": ("buyer_2", "2025-08-02", 18.0)},
        {"used": 2, "note": 2},
        0.0,
        "",
    ),
    "woo_fixtures/woo_webtoffee.csv": (
        {"501": ("7", "2026-01-15", 108.0), "502": ("7", "2026-01-16", 0.0), "504": ("guest@example.com", "2026-01-18", 20.0)},
        {"used": 3, "unpaid": 2},
        50.0,
        "EUR",
    ),
    "magento_fixtures/magento_sales_order_grid.csv": (
        {"000000001": (A, "2026-01-15", 121.0), "000000002": (B, "2026-01-15", 0.0)},
        {"used": 2, "cancelled": 1},
        60.5,
        "",
    ),
    "squarespace_fixtures/squarespace_orders.csv": ({"1": ("buyer@example.com", "2018-07-25", 30.0)}, {"used": 2}, 0.0, "USD"),
    "olist_schema_fixture": (
        {"o1": ("u1", "2017-10-02", 77.42), "o2": ("u1", "2018-07-24", 141.46)},
        {"used": 2, "cancelled": 2},
        0.0,
        "BRL",
    ),
    "ga4_fixture/ga4_purchase_flat.csv": (
        {"000-0000000005": ("5555.1", "2020-12-03", 10.0), "T-1": ("1234.5678", "2020-11-30", 20.0), "T-2": ("U7", "2020-12-01", 0.0)},
        {"used": 5, "not_sale": 1},
        40.0,
        "",
    ),
}

ADVICE = {
    "shopify_fixtures/shopify_statuses_currencies.csv": ("several currencies", "clv ... --currency USD"),
    "shopify_fixtures/shopify_transporter_orders_template.csv": ("no column for ordered_at", "clv ... --map ordered_at=COLUMN"),
    "stripe_fixtures/stripe_application_fees_decimal_comma.csv": ("these are accounts of shops", "export the payments of the shop itself"),
    "stripe_fixtures/stripe_balance_history.csv": ("a balance history has no customers", "Export Payments with all columns"),
    "stripe_fixtures/fixture-invoices.json": ("this is JSON, not a table", "export it as CSV"),
    "amazon_fixtures/amazon_all_orders.tsv": ("the All Orders report has no buyer", "Export the fulfilled or unshipped orders"),
    "amazon_fixtures/amazon_date_range_preamble.csv": ("a settlement report has no buyers", "Export the fulfilled or unshipped orders"),
    "amazon_fixtures/amazon_unshipped_orders.txt": (":4: 1 of 3 records can't be read", "clv ... --max-rejects 1 --rejects rejects.csv"),
    "bigcommerce_fixtures/bigcommerce_orders.csv": ("several currencies", "clv ... --currency EUR"),
    "woo_fixtures/woo_analytics_orders.csv": ("no e-mail and no customer id", "Export with an order-export plugin"),
    "prestashop_fixtures/prestashop_orders.csv": ("knows people only as 'F. Lastname'", "clv ... --identity name"),
    "instacart_sample/df_sample.csv": ("no column for ordered_at", "clv ... --map ordered_at=COLUMN"),
}

SETTLED = {
    ("shopify_fixtures/shopify_statuses_currencies.csv", "currency", "USD"): (
        {"#1001": ("a@example.com", "2026-03-01", 113.25), "#1002": ("b@example.com", "2026-03-02", 40.0)},
        {"used": 3, "cancelled": 1, "currency": 1},
    ),
    ("bigcommerce_fixtures/bigcommerce_orders.csv", "currency", "EUR"): (
        {"100": ("12", "2026-02-03", 121.0)},
        {"used": 1, "unpaid": 1, "currency": 1},
    ),
    ("amazon_fixtures/amazon_unshipped_orders.txt", "max_rejects", 1): (
        {
            "113-4521987-1234501": ("x1y2z3@marketplace.example", "2026-09-22", 29.31),
            "113-4521987-1234502": ("q9w8e7@marketplace.example", "2026-09-22", 93.92),
        },
        {"used": 2, "bad_date": 1},
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_gives_its_orders(real_data, name):
    reading = read_export(str(real_data(name)))
    found = (orders_of(reading), fates(reading), reading.ledger.refunds.amount / 10_000, reading.currency)
    assert found == EXPORTS[name]
    assert reading.ledger.net == sum(round(amount * 10_000) for _, _, amount in EXPORTS[name][0].values())
    assert reading.ledger.records == sum(EXPORTS[name][1].values())


@pytest.mark.parametrize("name", ADVICE)
def test_an_export_that_is_not_enough_is_refused_with_advice(real_data, name):
    with pytest.raises(ClvError) as told:
        read_export(str(real_data(name)))
    assert all(part in str(told.value) for part in ADVICE[name])


@pytest.mark.parametrize(("name", "key", "value"), SETTLED)
def test_an_export_gives_its_orders_once_that_is_settled(real_data, name, key, value):
    reading = read_export(str(real_data(name)), **{key: value})
    assert (orders_of(reading), fates(reading)) == SETTLED[name, key, value]


def test_orders_of_olist_without_people_are_refused(real_data):
    folder = real_data("olist_schema_fixture")
    with pytest.raises(ClvError, match="customer_id is one per order: give olist_customers_dataset"):
        read_export(*(str(folder / f"olist_{part}_dataset.csv") for part in ("orders", "order_items")))


def test_what_was_repaired_or_is_no_record_is_told(real_data):
    ragged = read_export(str(real_data("shopify_fixtures/shopify_ragged_continuation.csv")))
    assert ragged.records[0].repairs == [("empty fields too many: 1, first on line 3", "rejects")]
    twice = read_export(str(real_data("etsy_fixtures/etsy_items_uk_duplicate_header_bad_row.csv")))
    assert twice.records[0].repairs == [("a column called again in the header: Delivery Discount#2", "columns")]
    report = read_export(str(real_data("ebay_fixtures/ebay_orders_preamble_footer.csv")))
    assert (report.ledger.blank_lines, report.records[0].dialect.header_line) == (2, 2)
    unset = read_export(str(real_data("ga4_fixture/ga4_purchase_flat.csv")))
    assert unset.notes == ("1 order of no known id: each of its records counts as an order",)


def test_a_toy_shop_with_its_refunds_in_a_file_of_their_own(real_data, tmp_path):
    folder = real_data("maven_fuzzy_factory")
    reading = read_export(*(str(folder / name) for name in ("orders.csv", "order_item_refunds.csv")))
    ledger = reading.ledger
    assert fates(reading) == {"used": 32_313 + 1_731}
    assert (ledger.orders, ledger.refunds.orders, ledger.refunds.amount) == (32_313, 1_723, 853_386_900)
    assert (ledger.gross, ledger.net) == (19_385_097_500, 18_531_710_600)
    assert reading.orders["customer_id"].n_unique() == 31_696


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
