"""What comes next, and how far forecasts are to be believed: which tables answer, and what is refused."""

import json
from dataclasses import replace

import polars as pl
import polars.selectors as cs
import pytest
import simulated
import subscriptions
from analysed import analysed
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from program import SHOP, clv
from shops import LAST, shops

from clvcli import outlook
from clvcli.analysis import analysis
from clvcli.baselines import BASELINES
from clvcli.errors import ConfigError, UsageError
from clvcli.periods import date_of
from clvcli.request import Request
from clvcli.trials import told_verdict

OF_BACKTEST = ["accuracy", "accuracy_of_orders", "calibration", "coverage", "tracking"]


def names(tables):
    return [table.name for table in tables]


def of(tables, name):
    return next(table for table in tables if table.name == name).frame


# Can I believe it?


def test_a_back_test_answers_with_every_table():
    tables = outlook.backtest(analysed(simulated.shop(), cuts=("2024-01-31",), margin=0.4, model="bg_nbd"))
    assert names(tables) == [*OF_BACKTEST, "new_customers"]
    assert tables[0].title.startswith("Cut on 2024-01-31 and held against the 334 days after it: ")


def test_the_first_table_says_what_compute_repeats():
    found = analysed(simulated.shop(), cuts=("2024-01-31",), margin=0.4, model="bg_nbd")
    assert outlook.backtest(found)[0].title.lower() == told_verdict(found).lower()


def test_by_segment_there_are_two_tables_more():
    found = analysed(simulated.shop(), ("channel",), cuts=("2024-06-30",), holdout="4w", margin=0.4, model="bg_nbd")
    tables = outlook.backtest(found, ("channel",))
    assert names(tables) == [*OF_BACKTEST, "nearest_by_segment", "accuracy_by_segment"]
    assert of(tables, "nearest_by_segment")["forecast"].unique().sort().to_list() == ["bg_nbd", "clv_contribution"]
    assert len(of(tables, "accuracy_by_segment")["forecast"].unique()) > 10


def test_the_headline_by_segment_is_the_first_shown_that_said_something():
    """Without a cost or a margin that is clv_simple; without a formula that forecasts, the model stands alone."""
    lines = simulated.shop().drop("cost")
    for shown, headline in ((), "clv_simple"), (("clv_observed",), None):
        found = analysed(lines, ("channel",), cuts=("2024-06-30",), holdout="4w", model="bg_nbd", show=shown)
        told = {*of(outlook.backtest(found, found.request.by), "nearest_by_segment")["forecast"]}
        assert told == {"bg_nbd", headline} - {None}


def test_every_cut_has_its_rows_in_every_table():
    tables = outlook.backtest(analysed(simulated.shop(), ("channel",), cuts=("2024-03-31", "2024-01-31"), model="bg_nbd"), ("channel",))
    for table in tables:
        assert table.frame["cut"].unique().sort().cast(str).to_list() == ["2024-01-31", "2024-03-31"]


def test_segments_that_nobody_named_are_refused():
    with pytest.raises(ConfigError, match="no segments are configured"):
        outlook.backtest(analysed(simulated.shop(60), ("segment",), cuts=("2024-06-30",), model="bg_nbd"), ("segment",))


@settings(max_examples=8)
@given(shops(fewest=5), st.sampled_from([None, 0.3]))
def test_of_any_shop_every_number_is_one_or_is_missing(lines, margin):
    """None is infinite, and of what is defined the totals and the errors are known."""
    found = analysed(lines, ("channel",), margin=margin, as_of=str(date_of(LAST)), cuts=(str(date_of(LAST - 300)),))
    placed = found.reading.orders.filter(pl.col("placed") == 1)["day"].min()
    assume(placed is not None and placed <= LAST - 328)
    tables = outlook.backtest(found, ("channel",))
    for table in tables:
        for column in table.frame.select(cs.float()):
            assert column.drop_nulls().is_finite().all(), (table.name, column.name)
    known = of(tables, "accuracy").filter(pl.col("undefined").is_null())
    assert known.height >= len(BASELINES)
    assert known.select("predicted", "actual", "mae", "rmse").null_count().row(0) == (0, 0, 0, 0)
    assert (
        of(tables, "accuracy").filter(pl.col("undefined").is_not_null())["predicted"].null_count()
        == of(tables, "accuracy").height - known.height
    )


# What next?


def test_a_prediction_is_of_all_customers_or_of_the_first_few():
    found = analysed(simulated.shop(60), command="predict", model="bg_nbd", horizon="6m")
    tables = outlook.predict(found, None, None, 0)
    assert names(tables) == ["predictions", "forecast", "parameters"]
    assert tables[0].frame.height == 60
    assert outlook.predict(found, 5, None, 0)[0].frame.height == 5


def test_a_prediction_can_be_saved(tmp_path):
    found = analysed(simulated.shop(60), command="predict", model="bg_nbd", horizon="6m")
    found = replace(found, request=replace(found.request, orders=(SHOP,)))
    outlook.predict(found, 5, tmp_path / "model.json", 0)
    saved = json.loads((tmp_path / "model.json").read_text())
    assert (saved["model"], saved["buying"]["parameters"]) == ("bg_nbd", dict(found.forecast.fitted.buying.parameters))


@pytest.fixture(scope="module")
def gym(tmp_path_factory):
    path = tmp_path_factory.mktemp("gym") / "members.csv"
    path.write_text(subscriptions.gym())
    return str(path)


def members(gym, model="auto"):
    return analysis(Request("predict", (gym,), None, {"model": model}))


def test_members_are_predicted_by_the_renewals_they_come_to(gym):
    assert names(outlook.predict(members(gym), 5, None, 0)) == ["predictions", "forecast", "renewals", "parameters"]


def test_what_is_not_done_with_a_model_that_counts_in_periods(gym, tmp_path):
    with pytest.raises(UsageError, match="the parameters of sBG aren't saved"):
        outlook.predict(members(gym), 5, tmp_path / "model.json", 0)
    with pytest.raises(UsageError, match="sBG has no bootstrap"):
        outlook.predict(members(gym), 5, None, 10)
    with pytest.raises(UsageError, match="the parameters of BG/BB aren't saved"):
        outlook.predict(analysed(simulated.shop(60), command="predict", model="bg_bb", period="quarter"), 5, tmp_path / "model.json", 0)
    assert not list(tmp_path.iterdir())


def test_by_bg_bb_calendar_periods_are_counted():
    tables = outlook.predict(analysed(simulated.shop(60), command="predict", model="bg_bb", period="quarter"), 5, None, 0)
    assert "BG/BB" in tables[0].title


def test_a_saved_model_that_is_read_is_not_written_over(tmp_path):
    saved = clv("predict", SHOP, "--model", "bg_nbd", "--save-model", "model.json", "-q", "-o", "first.csv", here=tmp_path)
    assert (saved.code, saved.err) == (0, "")
    ran = clv("predict", SHOP, "--model-file", "model.json", "-o", "./model.json", here=tmp_path)
    assert (ran.code, ran.out) == (2, b"")
    assert "model.json: would be written over the saved model" in ran.err
