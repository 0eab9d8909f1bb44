"""CDNOW, cut after 39 weeks: how near baselines came to what customers did in the next 39.

The data are kept beside the repository in ../shared/data, not in it; without them these tests are skipped. All figures were
counted by other programs as well, with pandas and with plain loops.
"""

from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
from exported import read_export

from clvcli.accuracy import accuracy, calibration, calibration_error, capture, perfect_capture
from clvcli.baselines import BASELINES, Past
from clvcli.cuts import RECENT_DAYS
from clvcli.periods import day_number

CUT, END = day_number(date(1997, 9, 30)), day_number(date(1998, 6, 30))
DAYS = 39 * 7
FILES = {
    "sample": ("CDNOW_sample.txt", {"header": False, "columns": {"customer_id": "1", "ordered_at": "3", "amount": "5"}}),
    "full": ("CDNOW_master.txt", {"columns": {"ordered_at": "date", "amount": "dollar_value"}}),
}
BY_NAME = {baseline.name: baseline for baseline in BASELINES}


class Cut(NamedTuple):
    """Customers cut in two: the past, and the buying days and the spend that followed."""

    past: Past
    orders: np.ndarray
    spend: np.ndarray


def cut(lines):
    """The customers of these orders, by id."""
    days = lines.group_by("customer_id", "day").agg(pl.col("amount").sum() / 10_000)
    days = days.with_columns(first=pl.col("day").min().over("customer_id"))
    day, amount, known = pl.col("day"), pl.col("amount"), pl.col("day") <= CUT
    repeat, recent = known & (day > pl.col("first")), known & (day > CUT - RECENT_DAYS)
    seen = {
        "repeats": repeat.sum(),
        "active": day.filter(known).max() - day.min(),
        "age": CUT - day.min(),
        "spend_total": amount.filter(known).sum(),
        "spend_repeat": amount.filter(repeat).sum(),
        "recent_orders": recent.sum(),
        "recent_spend": amount.filter(recent).sum(),
        "orders": (~known).sum(),
        "spend": amount.filter(~known).sum(),
    }
    rows = days.sort("customer_id", "day").group_by("customer_id", maintain_order=True).agg(**seen)
    *past, orders, spend = (rows[name].cast(pl.Float64).to_numpy() for name in seen)
    return Cut(Past(*past), orders, spend)


@pytest.fixture(scope="module")
def cdnow(real_data):
    """Gives the sample, or all of CDNOW, cut in two."""
    made = {}

    def of(name):
        if name not in made:
            path, options = FILES[name]
            made[name] = cut(read_export(str(real_data(f"cdnow/{path}")), date_format="%Y%m%d", **options).orders)
        return made[name]

    return of


def test_the_holdout_is_as_long_as_what_was_seen_of_the_first_customers():
    assert END - CUT == DAYS


@pytest.mark.parametrize(("data", "customers", "repeats", "orders"), [("sample", 2_357, 2_457, 1_882), ("full", 23_570, 24_337, 19_684)])
def test_what_is_held_against_what(cdnow, data, customers, repeats, orders):
    found = cdnow(data)
    assert (len(found.orders), found.past.repeats.sum(), found.orders.sum()) == (customers, repeats, orders)


# bias, MAE, RMSE, correlation, what the tenth of customers brought, Gini, AUC; in printed digits

ORDERS = {
    ("sample", "same_rate"): "+55.7% 1.024 2.212 .584 45.9% .666 .760",
    ("sample", "hiatus"): "+38.0% .940 2.187 .586 46.3% .645 .750",
    ("sample", "run_rate"): "+13.5% .911 2.290 .593 45.7% .534 .677",
    ("sample", "same_count"): "+30.6% .897 1.971 .577 45.4% .660 .758",
    ("sample", "rate_with_first"): "+206.5% 1.922 2.723 .585 45.9% .680 .774",
    ("sample", "rate_of_all"): "+204.9% 2.244 2.628 – 10.0% .000 .500",
    ("full", "same_rate"): "+47.4% 1.038 2.158 .651 44.4% .657 .754",
    ("full", "hiatus"): "+31.6% .967 2.139 .653 44.7% .640 .742",
    ("full", "run_rate"): "+9.5% .946 2.211 .640 42.5% .524 .675",
    ("full", "same_count"): "+23.6% .911 1.936 .650 44.1% .654 .753",
    ("full", "rate_with_first"): "+191.6% 1.909 2.660 .650 44.4% .664 .760",
    ("full", "rate_of_all"): "+190.0% 2.234 2.812 – 10.0% .000 .500",
}
SPEND = {
    ("sample", "same_rate"): "+61.2% 43.3 200 .294 48.9%",
    ("sample", "hiatus"): "+45.5% 40.1 199 .296 49.7%",
    ("sample", "run_rate"): "+12.9% 36.3 106 .537 48.0%",
    ("sample", "same_count"): "+34.3% 38.3 158 .313 49.1%",
    ("sample", "rate_with_first"): "+193.0% 73.0 219 .304 50.0%",
    ("sample", "rate_of_all"): "+190.8% 85.9 104 – 10.0%",
    ("full", "same_rate"): "+44.1% 42.3 133 .595 50.4%",
    ("full", "hiatus"): "+30.4% 39.5 130 .603 50.7%",
    ("full", "run_rate"): "+11.3% 38.9 128 .589 49.8%",
    ("full", "same_count"): "+20.8% 37.7 115 .608 50.4%",
    ("full", "rate_with_first"): "+165.6% 71.4 154 .580 49.9%",
    ("full", "rate_of_all"): "+164.3% 87.0 136 – 10.0%",
}


def printed(value, digits):
    """A number as the table has it: without the nought in front."""
    return "–" if value is None else f"{value:.{digits}f}".removeprefix("0")


@pytest.mark.parametrize(("data", "name"), ORDERS)
def test_orders_of_the_next_39_weeks(cdnow, data, name):
    past, orders, _ = cdnow(data)
    found = accuracy(BY_NAME[name].orders(past, DAYS), orders)
    measures = (found.mae, found.rmse, found.correlation, found.gini, found.auc)
    mae, rmse, correlation, gini, auc = (printed(value, 3) for value in measures)
    assert f"{found.bias:+.1%} {mae} {rmse} {correlation} {found.capture:.1%} {gini} {auc}" == ORDERS[data, name]


@pytest.mark.parametrize(("data", "name"), SPEND)
def test_spend_of_the_next_39_weeks(cdnow, data, name):
    past, _, spend = cdnow(data)
    found = accuracy(BY_NAME[name].spend(past, DAYS), spend)
    shown = f"{found.bias:+.1%} {found.mae:.1f} {found.rmse:.0f} {printed(found.correlation, 3)} {found.capture:.1%}"
    assert shown == SPEND[data, name]


@pytest.mark.parametrize(("name", "dollars", "share"), [("rate_of_all", 87.13, "264%"), ("run_rate", 36.70, "111%")])
def test_dollars_per_customer_of_all_of_cdnow(cdnow, name, dollars, share):
    past, _, spend = cdnow("full")
    forecast = BY_NAME[name].spend(past, DAYS)
    assert (round(forecast.mean(), 2), f"{forecast.sum() / spend.sum():.0%}", round(spend.mean(), 2)) == (dollars, share, 32.96)


@pytest.mark.parametrize(("data", "orders", "spend"), [("sample", "68.4%", "76.3%"), ("full", "67.6%", "76.3%")])
def test_what_the_best_tenth_brought(cdnow, data, orders, spend):
    found = cdnow(data)
    assert (f"{perfect_capture(found.orders):.1%}", f"{perfect_capture(found.spend):.1%}") == (orders, spend)
    assert capture(found.orders + 1, found.orders) == perfect_capture(found.orders)


ACTUAL = [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]
SAME_RATE = [0, 1.206, 2.419, 3.625, 4.742, 5.965, 7.187, 12.370]


def test_calibration_of_the_sample_by_past_repeats(cdnow):
    past, orders, _ = cdnow("sample")
    rows = calibration({"same_rate": BY_NAME["same_rate"].orders(past, DAYS)}, orders, past.repeats)
    assert [row.label for row in rows] == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert [row.customers for row in rows] == [1_411, 439, 214, 100, 62, 38, 29, 64]
    assert [round(row.actual, 3) for row in rows] == ACTUAL
    assert [round(row.predicted["same_rate"], 3) for row in rows] == SAME_RATE


@pytest.mark.parametrize(("data", "off"), [("sample", 0.728), ("full", 0.696)])
def test_how_far_the_same_rate_is_off_by_past_repeats(cdnow, data, off):
    past, orders, _ = cdnow(data)
    rows = calibration({"same_rate": BY_NAME["same_rate"].orders(past, DAYS)}, orders, past.repeats)
    assert round(calibration_error(rows, "same_rate"), 3) == off
