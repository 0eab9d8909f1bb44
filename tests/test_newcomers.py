"""Customers won after a cut: what they brought in their first days, and what had been told of a new one."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
import simulated
from analysed import analysed
from orders_text import lines_frame
from trials_of import cut_on

from clvcli.cuts import Cut
from clvcli.differences import FEWEST
from clvcli.engines import Polars
from clvcli.forecasts import tried
from clvcli.models.bg_nbd import BG_NBD
from clvcli.models.gamma_gamma import GAMMA_GAMMA
from clvcli.newcomers import AS_BEFORE, Newcomers, Told, first_days, newcomers
from clvcli.periods import date_of
from clvcli.reports.newcomers import newcomer_tables

CUT = cut_on("2024-06-30", 100)
OLD = ["old a1 2024-05-11 7", "old a2 2024-06-30 3", "old a3 2024-07-01 99", "young b1 2024-05-12 1000"]


def won(day, name):
    """A customer won on a day who brought 10, 20 after 50 days, less 5 that were given back, and 40 a day later."""
    first = date_of(day)
    rows = ((0, 10), (50, 20), (50, -5), (51, 40))
    return [f"{name} {name}-{n} {first + timedelta(days=after)} {amount}" for n, (after, amount) in enumerate(rows)]


def shop(new=FEWEST, days=(CUT.day + 1, CUT.day + 50)):
    """Customers won before the cut, so many won within these days, and one won too late to be followed for fifty days."""
    first, last = days
    lines = [line for n in range(new) for line in won(first if n % 2 else last, f"n{n}")]
    late = [f"late l {date_of(CUT.day + 51)} 1000"]
    return lines_frame("\n".join(["customer order date amount", *OLD, *lines, *late]))


def of(lines, cut=CUT, formulas=(), **options):
    found = analysed(lines, **options)
    return newcomers(found.buying, tried(found.buying, cut, Polars(), []), dict(formulas), Polars())


FORMULA = Told("CLV simple", "formula", "revenue", 50.0)


def test_half_of_the_days_are_first_days():
    assert [first_days(Cut(0, days)) for days in (28, 29, 365)] == [14, 14, 182]


def test_customers_won_in_the_first_half_are_followed_for_as_long_as_the_second():
    """25 each within fifty days: 10, 20 and −5."""
    found = of(shop(), formulas={"clv_simple": FORMULA})
    assert (found.customers, found.days, found.actual) == (FEWEST, 50, {"revenue": 25.0})
    assert found.told["clv_simple"] == FORMULA
    assert found.bias("clv_simple") == 1


def test_beside_them_stand_those_who_were_won_long_enough_before():
    """Of the old 7 and 3; what came after the cut, and who was won too late before it, wasn't known."""
    found = of(shop())
    assert found.told == {AS_BEFORE: Told("as customers won before", "baseline", "revenue", 10.0)}
    assert found.bias(AS_BEFORE) == pytest.approx(10 / 25 - 1)


def test_where_the_margin_is_known_it_is_of_margin():
    found = of(shop(), margin=0.4)
    assert found.actual == {"revenue": 25.0, "margin": 10.0}
    assert found.told[AS_BEFORE].basis == "margin"
    assert found.told[AS_BEFORE].value == pytest.approx(4)


def test_few_newcomers_say_nothing():
    assert of(shop(new=FEWEST - 1)) is None
    assert of(shop(new=0)) is None


def test_few_days_say_nothing():
    lines = shop(days=(CUT.day + 1, CUT.day + 13))
    assert of(lines, Cut(CUT.day, 27)) is None
    assert of(lines, Cut(CUT.day, 28)).days == 14


def test_where_nobody_was_won_long_enough_before_there_is_no_baseline():
    assert of(shop().filter(pl.col("customer_id") != "old")).told == {}


def test_a_forecast_of_what_nobody_told_or_nothing_came_of_is_not_off():
    found = Newcomers(30, 50, {"revenue": 0.0}, {"told": FORMULA, "of margin": replace(FORMULA, basis="margin")})
    assert [found.bias(name) for name in ("told", "of margin", "untold")] == [None, None, None]


@pytest.mark.parametrize("spending", ["gamma_gamma", "without a mean", "none"])
def test_a_model_tells_the_first_day_as_it_was_and_the_repeats_to_come(spending):
    found = analysed(simulated.shop())
    cut = cut_on("2024-01-31", 300)
    test = tried(found.buying, cut, found.engine, [BG_NBD])
    fit = test.fits[0]
    spend = {
        "gamma_gamma": (fit.spending, GAMMA_GAMMA.mean_of_all(fit.spending.values)),
        "without a mean": (replace(fit.spending, parameters={**fit.spending.parameters, "q": 0.9}), fit.usual),
        "none": (None, fit.usual),
    }
    model, mean = spend[spending]
    new = newcomers(found.buying, replace(test, fits=(replace(fit, spending=model),)), {}, found.engine)
    first = (test.rows["revenue"] - test.rows["repeat_revenue"]).sum() / 10_000 / test.rows.height
    repeats = BG_NBD.expected_of_new(fit.buying.values, np.array([150.0]))[0]
    told = new.told["bg_nbd"]
    assert (told.label, told.kind, told.basis) == ("BG/NBD", "model", "revenue")
    assert told.value == pytest.approx(first + repeats * mean)


# As a table

NEW = Newcomers(40, 50, {"revenue": 25.0, "margin": 10.0}, {"clv_simple": FORMULA, AS_BEFORE: Told("as before", "baseline", "margin", 9.0)})


def test_a_table_of_what_was_told_of_a_new_customer():
    (table,) = newcomer_tables([(CUT, NEW)])
    assert table.name == "new_customers"
    assert table.title == "New customers: what they brought in their first 50 days, each"
    names = ("cut", "first_days", "customers", "forecast", "kind", "basis", "predicted_each", "actual_each", "bias")
    assert table.frame.select(names).rows() == [
        (date(2024, 6, 30), 50, 40, "clv_simple", "formula", "revenue", 50, 25, 1),
        (date(2024, 6, 30), 50, 40, AS_BEFORE, "baseline", "margin", 9, 10, pytest.approx(-0.1)),
    ]
    assert table.hidden == {"cut", "first_days", "customers"}
    assert "Of 40 customers" in table.notes[0]


def test_of_several_cuts_each_has_its_rows_and_who_was_not_followed_none():
    (table,) = newcomer_tables([(CUT, NEW), (cut_on("2024-12-31"), None), (cut_on("2025-06-30"), replace(NEW, days=60, customers=90))])
    assert table.frame["cut"].unique().sort().to_list() == [date(2024, 6, 30), date(2025, 6, 30)]
    assert table.title == "New customers: what they brought in their first 50 or 60 days, each"
    assert table.hidden == {"first_days"}
    assert "Of 90 customers" in table.notes[0]


def test_without_newcomers_there_is_no_table():
    assert newcomer_tables([(CUT, None)]) == ()
