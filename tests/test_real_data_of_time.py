"""Real data through time: cohort tables and months as others counted them, and survival as lifelines has it.

The data are kept beside the repository in ../shared/data, not in it; without them these tests are skipped.
"""

import narwhals.stable.v2 as nw
import pytest
from exported import read_export
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from orders_text import collected, observed
from program import clv

from clvcli.customers import derived, measured
from clvcli.survival import durations, kaplan_meier, restricted_mean, survival_at

CDNOW = ("--map=ordered_at=date", "--map=amount=dollar_value", "--date-format=%Y%m%d")
UCI = (
    "--map=order_id=InvoiceNo", "--map=customer_id=CustomerID", "--map=ordered_at=InvoiceDate", "--map=amount=Quantity * UnitPrice",
)  # fmt: skip

pytestmark = pytest.mark.slow
SALES = "--where=Quantity > 0 and UnitPrice > 0"


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A config that settles nothing."""
    path = tmp_path_factory.mktemp("config") / "clv.yaml"
    path.touch()
    return str(path)


def table(command, path, config, *options):
    """The rows of the first table of an answer."""
    ran = clv(command, str(path), *options, "--config", config, "--format", "json", "--quiet")
    assert (ran.code, ran.err) == (0, "")
    return ran.json["tables"][0]["rows"]


def cohorts(path, config, *options):
    """The customers of each cohort who were active, month after month."""
    rows = table("cohorts", path, config, "--measure", "active", *options)
    return {row["cohort"]: [n for age, n in row.items() if age.isdigit() and n is not None] for row in rows}


# CDNOW, whose cohorts are those of the first three months of 1997


ACTIVE_OF_CDNOW = {
    "1997-01": [7846, 1157, 964, 810, 679, 736, 720, 582, 559, 594, 673, 634, 528, 511, 664, 472, 497, 498],
    "1997-02": [8476, 1312, 980, 783, 847, 786, 626, 619, 666, 721, 661, 545, 568, 718, 545, 548, 551],
    "1997-03": [7248, 1032, 752, 756, 674, 564, 561, 579, 634, 569, 464, 472, 678, 420, 443, 457],
}


def test_cdnow_active_customers_of_each_cohort(real_data, empty):
    assert cohorts(real_data("cdnow/CDNOW_master.txt"), empty, *CDNOW) == ACTIVE_OF_CDNOW


def test_cdnow_month_by_month(real_data, empty):
    months = {row["period"]: row for row in table("trend", real_data("cdnow/CDNOW_master.txt"), empty, "--period", "month", *CDNOW)}
    revenue = {name: months[name]["revenue_in_period"] for name in ("1997-01", "1997-02", "1997-03", "1998-06")}
    assert revenue == {"1997-01": 299_060.17, "1997-02": 379_590.03, "1997-03": 393_155.27, "1998-06": 76_109.30}
    assert [months[name]["new_customers"] for name in ACTIVE_OF_CDNOW] == [7_846, 8_476, 7_248]
    assert months["1998-06"]["customers_in_period"] == 498 + 551 + 457
    assert (months["1998-06"]["customers"], months["1998-06"]["orders"]) == (23_570, 69_659)


@pytest.fixture(scope="module")
def watched(real_data):
    """How long each customer of CDNOW was watched, and whether they had lapsed, under a window of 90 days."""
    path = str(real_data("cdnow/CDNOW_master.txt"))
    reading = read_export(path, columns={"ordered_at": "date", "amount": "dollar_value"}, date_format="%Y%m%d")
    seen = observed("1998-06-30", since="1997-01-01", churn_window_days=90)
    return collected(derived(measured(nw.from_native(reading.orders.lazy()), seen), seen))


def test_survival_of_cdnow_under_a_rule_of_90_days_is_that_of_lifelines(watched):
    steps = kaplan_meier(
        collected(durations(nw.from_native(watched.lazy()))).select("exposure_days", "customers", "lapsed_customers").rows()
    )
    theirs = KaplanMeierFitter().fit(watched["exposure_days"].to_numpy(), watched["lapsed_customers"].to_numpy())
    curve = theirs.survival_function_["KM_estimate"]
    assert max(abs(step.survival - curve.loc[step.days]) for step in steps) < 1e-9
    assert len(curve) == len(steps) + (steps[0].days > 0)
    assert (steps[0].at_risk, sum(step.lapsed for step in steps)) == (23_570, watched["lapsed_customers"].sum())
    for until in (0, 30, 90, 365, 500, steps[-1].days):
        assert restricted_mean(steps, until) == pytest.approx(restricted_mean_survival_time(theirs, t=until), abs=1e-9)
        assert survival_at(steps, until) == pytest.approx(theirs.predict(until), abs=1e-9)


# UCI Online Retail


@pytest.fixture(scope="module", params=["online_retail.csv.gz", "online_retail.parquet"])
def uci(request, real_data):
    return real_data(f"uci_online_retail/{request.param}")


def test_uci_cohorts_of_sales(uci, empty):
    found = cohorts(uci, empty, SALES, *UCI)
    assert found["2010-12"] == [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]
    assert found["2011-01"] == [417, 92, 111, 96, 134, 120, 103, 101, 125, 136, 152, 49]
    assert sum(row[0] for row in found.values()) == 4_338


def test_uci_cohorts_with_cancellations_as_activity(uci, empty):
    found = cohorts(uci, empty, "--count-refunds", *UCI)
    assert found["2010-12"] == [948, 362, 317, 367, 341, 376, 360, 336, 336, 374, 354, 474, 260]
    assert found["2011-01"][:3] == [421, 101, 119]
    assert sum(row[0] for row in found.values()) == 4_372


def test_uci_month_by_month(uci, empty):
    months = table("trend", uci, empty, "--period", "month", SALES, *UCI)
    names = ("period", "revenue_in_period", "orders_in_period", "customers_in_period")
    assert [tuple(row[name] for name in names) for row in months[:5]] == [
        ("2010-12", 572_713.89, 1_400, 885),
        ("2011-01", 569_445.04, 987, 741),
        ("2011-02", 447_137.35, 997, 758),
        ("2011-03", 595_500.76, 1_321, 974),
        ("2011-04", 469_200.361, 1_149, 856),
    ]
    last = months[-1]
    assert (last["period"], last["customers"], last["orders"], last["revenue"]) == ("2011-12", 4_338, 18_532, 8_911_407.904)
