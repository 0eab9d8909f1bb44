"""`clv backtest` as a user types it."""

import io
from datetime import date, timedelta

import polars as pl
import pytest
import subscriptions
from exported import HEADER
from program import ROOT, SHOP, clv, started

from clvcli.baselines import BASELINES
from clvcli.catalog import DEFAULT_SHOWN
from clvcli.forecasts import MODELS

TABLES = ["accuracy", "accuracy_of_orders", "calibration", "coverage", "tracking", "new_customers"]
CUT = ("--cut", "2024-12-31")


def tables(*arguments, **more):
    """The rows of each table that a back-test gives to machines."""
    ran = clv("backtest", *arguments, "--format", "json", "--quiet", **more)
    assert (ran.code, ran.err) == (0, "")
    return {table["name"]: table["rows"] for table in ran.json["tables"]}


def by_forecast(rows):
    return {row["forecast"]: row for row in rows}


@pytest.fixture(scope="module")
def sample():
    """The back-test of the sample shop by channel."""
    return tables(SHOP, *CUT, "--by", "channel")


@pytest.fixture
def shop(tmp_path):
    """Gives the name of an export of these customers, days and amounts."""

    def written(*orders):
        path = tmp_path / "shop.csv"
        path.write_text(HEADER + "".join(f"{n},{customer},{day},{amount}\n" for n, (customer, day, amount) in enumerate(orders)))
        return str(path)

    return written


# The sample shop


def test_machines_get_every_table(sample):
    assert list(sample) == [*TABLES, "nearest_by_segment", "accuracy_by_segment"]


def test_every_formula_model_and_baseline_has_its_row(sample):
    names = [*(name for name in DEFAULT_SHOWN if name != "clv_observed"), *MODELS, "nbd", "bg_nbd_own_mean", "bg_nbd_aov"]
    names += [*(baseline.name for baseline in BASELINES), "clv_observed"]
    assert [row["forecast"] for row in sample["accuracy"]] == names
    assert by_forecast(sample["accuracy"])["clv_observed"]["undefined"] == "it measures the past and forecasts nothing"


def test_csv_holds_the_first_table():
    frame = pl.read_csv(io.BytesIO(clv("backtest", SHOP, *CUT, "--model", "bg_nbd", "--format", "csv", "-q").out))
    assert frame.columns[:6] == ["cut", "days", "forecast", "label", "kind", "basis"]
    assert set(frame["cut"]) == {"2024-12-31"}
    assert {*MODELS} & {*frame["forecast"]} == {"bg_nbd"}


def test_people_see_the_verdict_first_and_no_table_that_is_for_machines():
    ran = clv("backtest", SHOP, *CUT, "--format", "markdown", "-q")
    assert ran.lines[0].startswith("## Cut on 2024-12-31 and held against the 365 days after it: BG/NBD came nearest, 4% too low; ")
    headings = [line for line in ran.lines if line.startswith("## ")]
    assert [heading[3:20] for heading in headings[1:]] == ["Orders that follo", "How sure the mode", "New customers: wh"]


def test_compute_repeats_the_verdict_under_its_figure():
    told = clv("compute", SHOP, "--format", "markdown", "-q").text
    verdict = clv("backtest", SHOP, "--format", "markdown", "-q").lines[0].removeprefix("## Cut on ")
    assert f"On this shop's own past, cut on {verdict}." in told
    assert "On this shop's own past" not in clv("compute", SHOP, "--format", "json", "-q").text


def test_segments_add_up_to_the_whole(sample):
    """What came does, and what models and baselines said; formulas are worked out for each segment alone."""
    whole = by_forecast(sample["accuracy"])
    by_channel = pl.DataFrame(sample["accuracy_by_segment"]).group_by("forecast").agg(pl.col("predicted", "actual").sum())
    for name, predicted, actual in by_channel.rows():
        assert actual == pytest.approx(whole[name]["actual"])
        if not name.startswith("clv_"):
            assert predicted == pytest.approx(whole[name]["predicted"])
    assert set(by_channel["forecast"]) == {name for name, row in whole.items() if row["undefined"] is None}


WITHOUT_REFUNDS = ("--where", "amount >= 0")
LIFESPAN = ("--lifespan", repr(365 / 365.25), "--cac", "0")


def computed(*arguments):
    """Every number that compute gives to machines."""
    found = clv("compute", SHOP, "--as-of", "2024-12-31", *LIFESPAN, *arguments, "--format", "json", "-q").json
    return {row["name"]: row["value"] for table in found["tables"] for row in table["rows"]}


def test_a_formula_says_at_a_cut_what_compute_said_on_that_day():
    """With the holdout for a lifespan, and no acquisition cost, which was paid before; of a sum without end the first year."""
    then = computed(*WITHOUT_REFUNDS)
    accuracy = tables(SHOP, *CUT, *WITHOUT_REFUNDS, "--model", "bg_nbd")["accuracy"]
    customers = then["customers"]
    each = {
        name: row["predicted"] / customers for name, row in by_forecast(accuracy).items() if row["kind"] == "formula" and row["predicted"]
    }
    kept, discounted = then["retention_rate"], then["retention_rate"] / 1.1
    endless = ("clv_retention_immediate", "clv_retention_residual", "clv_retention_end")
    left = {"clv_churn": kept, **dict.fromkeys(endless, discounted)}
    by_hand = {name: then[name] * (1 - left.get(name, 0.0) ** (365 / 365.25)) for name in DEFAULT_SHOWN if name != "clv_observed"}
    assert each == {name: pytest.approx(value, rel=1e-9) for name, value in by_hand.items()}


def test_a_refund_that_is_booked_on_its_order_is_known_before_it_was_given():
    """The sample shop refunds lines of earlier orders: a cut sees a few per mille less than the shop saw that day."""
    then = computed()
    accuracy = by_forecast(tables(SHOP, *CUT, "--model", "bg_nbd")["accuracy"])
    seen = accuracy["clv_simple"]["predicted"] / then["customers"] / then["clv_simple"]
    assert 0.99 < seen < 1


# Several cuts


def test_of_several_cuts_each_has_the_rows_it_has_alone():
    days = ("2024-06-30", "2024-12-31")
    more = ("--by", "channel", "--model", "bg_nbd")
    together = tables(SHOP, "--cut", days[1], "--cut", days[0], *more)
    for day in days:
        alone = tables(SHOP, "--cut", day, *more)
        assert {name: [row for row in rows if row["cut"] == day] for name, rows in together.items()} == alone


def test_cuts_can_stand_in_the_config(tmp_path):
    (tmp_path / "own.yaml").write_text(f"orders: {SHOP}\ncuts: [2024-06-30, 2024-12-31]\nholdout: 6m\nmodel: bg_nbd\n")
    accuracy = tables("--config", str(tmp_path / "own.yaml"))["accuracy"]
    assert {(row["cut"], row["days"]) for row in accuracy} == {("2024-06-30", 183), ("2024-12-31", 183)}


# What can't be cut


@pytest.mark.parametrize(
    ("arguments", "told", "hint"),
    [
        (["--cut", "2020-01-01"], "a cut at 2020-01-01 leaves too little of the data, 2023-01-01 to 2025-12-31", "cut between 2023-01-29 and 2025-12-03"),
        (["--cut", "2026-03-01"], "a cut at 2026-03-01 leaves too little of the data, 2023-01-01 to 2025-12-31", "cut between 2023-01-29 and 2025-12-03"),
        (["--cut", "2023-01-28"], "a cut at 2023-01-28 leaves too little of the data, 2023-01-01 to 2025-12-31", "cut between 2023-01-29 and 2025-12-03"),
        (["--cut", "2025-12-04"], "a cut at 2025-12-04 leaves too little of the data, 2023-01-01 to 2025-12-31", "cut between 2023-01-29 and 2025-12-03"),
        (
            ["--cut", "2025-06-30", "--holdout", "12m"],
            "a cut at 2025-06-30, with 365 days after it, leaves too little of the data, 2023-01-01 to 2025-12-31",
            "cut between 2023-01-29 and 2024-12-31",
        ),
        (
            ["--cut", "2025-06-30", "--holdout", "3y"],
            "a cut at 2025-06-30, with 1096 days after it, leaves too little of the data, 2023-01-01 to 2025-12-31",
            "shorten --holdout",
        ),
        (
            ["--cut", "2025-06-30", "--holdout", "27d"],
            "a cut at 2025-06-30, with 27 days after it, leaves too little of the data, 2023-01-01 to 2025-12-31",
            "--holdout 28d or longer",
        ),
        (
            ["--holdout", "27d"],
            "a cut at 2025-12-04, with 27 days after it, leaves too little of the data, 2023-01-01 to 2025-12-31",
            "--holdout 28d or longer",
        ),
        (["--cut", "2025-13-01"], "--cut: '2025-13-01' should be a valid date", "a day is written as in 2025-12-31"),
        (["--model", "sbg"], "sbg counts in periods and isn't tried on past days", "--model auto, bg_nbd, mbg_nbd, pareto_nbd"),
    ],
)  # fmt: skip
def test_what_cannot_be_cut_is_refused_with_what_to_type(arguments, told, hint):
    ran = clv("backtest", SHOP, *arguments)
    assert (ran.code, ran.out, ran.err) == (2, b"", f"error: {told}\nhint: {hint}\n")


@pytest.mark.parametrize("day", ["2023-01-29", "2025-12-03"])
def test_the_first_and_the_last_day_that_are_hinted_at_can_be_cut_on(day):
    assert {row["cut"] for row in tables(SHOP, "--cut", day, "--model", "bg_nbd")["accuracy"]} == {day}


def test_few_days_are_refused(shop):
    ran = clv("backtest", shop(("ann", "2024-01-01", 10), ("bob", "2024-02-25", 20)))
    told = "the orders are of 56 days, from 2024-01-01 to 2024-02-25: too few to be cut in two"
    assert (ran.code, ran.err) == (2, f"error: {told}\nhint: a back-test takes 57 days\n")
    assert clv("backtest", shop(("ann", "2024-01-01", 10), ("bob", "2024-02-26", 20))).code == 0


def test_a_cut_named_in_few_days_is_not_blamed_on_the_holdout(shop):
    ran = clv("backtest", shop(("ann", "2024-01-01", 10), ("bob", "2024-02-20", 20)), "--cut", "2024-01-30")
    told = "a cut at 2024-01-30 leaves too little of the data, 2024-01-01 to 2024-02-20"
    assert (ran.code, ran.err) == (2, f"error: {told}\nhint: a back-test takes 57 days\n")


def test_segments_that_nobody_named_are_an_error_of_the_config():
    ran = clv("backtest", SHOP, "--by", "segment", "--model", "bg_nbd")
    assert (ran.code, ran.err.splitlines()[0]) == (3, "error: no segments are configured")


# Shops of which little can be said


def totals_are_known(found):
    """Whether every forecast that was made has its totals and errors; JSON has nothing where a number is infinite or none."""
    held = [row for row in (*found["accuracy"], *found["accuracy_of_orders"]) if not row.get("undefined")]
    return all(row[name] is not None for row in held for name in ("predicted", "actual", "mae", "rmse"))


def undefined(found):
    """Why there is no forecast, by name."""
    return {row["forecast"]: row["undefined"] for row in found["accuracy"] if row["undefined"]}


def defined(found):
    return {row["forecast"] for row in found["accuracy"] if not row["undefined"]}


def months(customer, first, count, amount=10):
    """An order a month."""
    return [(customer, date(2024, first + n, 5), amount) for n in range(count)]


MODELS_AND_NBD = {*MODELS, "nbd"}
SIMPLE = {baseline.name for baseline in BASELINES}
EACH_ONCE = [(f"c{n}", date(2024, 1, 1) + timedelta(days=7 * n), 10 + n) for n in range(30)]
LITTLE = {
    "nobody came back": (EACH_ONCE, [], "nobody"),
    "one customer": (months("ann", 1, 9), [], "only one customer"),
    "all on one day": ([(f"c{n}", "2024-01-01", 10 + n) for n in range(9)], ["--as-of", "2024-12-31"], "nobody"),
}


@pytest.mark.parametrize("name", LITTLE)
def test_where_no_model_can_be_fitted_the_others_stand(shop, name):
    orders, more, why = LITTLE[name]
    found = tables(shop(*orders), *more)
    reasons = undefined(found)
    assert reasons.keys() >= MODELS_AND_NBD
    assert all(why in reasons[model] for model in MODELS_AND_NBD)
    assert defined(found) >= SIMPLE
    assert found["coverage"] == []
    assert totals_are_known(found)
    assert clv("backtest", shop(*orders), *more).code == 0


def test_members_who_pay_by_the_month_are_for_sbg(tmp_path):
    (tmp_path / "gym.csv").write_text(subscriptions.gym())
    found = tables(str(tmp_path / "gym.csv"))
    reasons = undefined(found)
    assert {reasons[model] for model in MODELS} == {
        "customers pay every month, 100% of gaps between orders, as by a contract: see clv predict --model sbg"
    }
    assert defined(found) >= {"clv_simple", *SIMPLE}
    assert totals_are_known(found)
    people = clv("backtest", str(tmp_path / "gym.csv"))
    assert people.code == 0
    assert "How sure the models were" not in people.text


SOME = [order for n in range(12) for order in months(f"c{n}", 1 + n % 3, 1 + n % 4, 10 + n)]


def test_where_nobody_bought_after_the_cut_totals_are_nought(shop):
    found = tables(shop(*SOME), "--as-of", "2024-12-31", "--cut", "2024-07-01")
    for row in (*found["accuracy"], *found["accuracy_of_orders"]):
        if row.get("undefined") is None:
            assert (row["actual"], row["bias"], row["capture"], row["gini"], row["auc"]) == (0, None, None, None, None)
            assert row["mae"] >= 0
    assert totals_are_known(found)
    ran = clv("backtest", shop(*SOME), "--as-of", "2024-12-31", "--cut", "2024-07-01")
    assert ran.code == 0
    assert " ".join(ran.lines[:2]).endswith("customers brought nothing, so there is nothing to hold a forecast against")


def test_where_only_refunds_came_after_the_cut_the_total_is_negative(shop):
    refunds = [("c3", "2024-08-01", -5), ("c4", "2024-09-01", -7.5)]
    found = tables(shop(*SOME, *refunds), "--as-of", "2024-12-31", "--cut", "2024-07-01", "--margin", "0.5")
    held = [row for row in found["accuracy"] if row["undefined"] is None]
    assert {row["actual"] for row in held if row["basis"] == "revenue"} == {-12.5}
    assert {row["actual"] for row in held if row["basis"] == "margin"} == {-6.25}
    assert {row["bias"] for row in held} == {None}
    assert {row["actual"] for row in found["accuracy_of_orders"]} == {0}
    assert totals_are_known(found)


# The same on every run


@pytest.mark.slow
def test_the_order_of_lines_and_the_number_of_threads_change_nothing(tmp_path):
    header, *lines = (ROOT / "sample_data" / "orders.csv").read_text(encoding="utf-8").splitlines()
    given = {"1": lines, "2": lines[::-1], "4": sorted(lines, key=lambda line: line[::-1])}
    shown = []
    for threads, ordered in given.items():
        folder = tmp_path / threads
        folder.mkdir()
        (folder / "orders.csv").write_text("\n".join([header, *ordered, ""]), encoding="utf-8")
        command = "clv backtest orders.csv --cut 2024-06-30 --cut 2024-12-31 --by channel --margin 0.4 --format json"
        shown.append(started(command, here=folder, POLARS_MAX_THREADS=threads, OMP_NUM_THREADS=threads))
    assert {ran.returncode for ran in shown} == {0}
    assert shown[0].stdout == shown[1].stdout == shown[2].stdout
