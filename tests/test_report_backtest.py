"""Tables of a back-test, of literal trials."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
import simulated
from analysed import analysed
from trials_of import cut_on, said, trial_of

from clvcli.cuts import Cut
from clvcli.errors import UsageError
from clvcli.forecasts import tried
from clvcli.labels import LABELS
from clvcli.models.bg_nbd import BG_NBD
from clvcli.periods import day_number
from clvcli.reports.backtest import COLUMNS, backtest_tables
from clvcli.reports.backtest_by import Part, segment_tables
from clvcli.segments import SEGMENT
from clvcli.tracking import repeat_days, tracked

EMPTY_TRACK = pl.DataFrame(schema={"day": pl.Int64, "name": pl.String, "cumulative_repeats": pl.Float64})


def tables(*trials, verdict="nothing came nearest"):
    """The tables of these trials by name, without any weeks."""
    return {table.name: table for table in backtest_tables(trials, verdict, [EMPTY_TRACK] * len(trials))}


def rows(table, *names):
    """What stands in these columns of a table."""
    return table.frame.select(names).rows()


ONE = trial_of(
    [100, 0, 20],
    said("clv_simple", 60, 60, 60, label="CLV simple"),
    said("clv_contribution", 10, 10, 10, label="CLV contribution", basis="margin"),
    said("run_rate", 90, 0, 30, kind="baseline", label="last 90 days go on", orders=[3, 0, 1]),
    earned=[50, 0, 10],
    orders=[2, 0, 1],
    repeats=[3, 0, 8],
)


def test_money_is_held_against_what_followed():
    accuracy = tables(ONE)["accuracy"]
    assert rows(accuracy, "cut", "days", "forecast", "label", "kind", "basis", "predicted", "actual", "bias") == [
        (date(2024, 6, 30), 100, "clv_simple", "CLV simple", "formula", "revenue", 180.0, 120.0, 0.5),
        (date(2024, 6, 30), 100, "clv_contribution", "CLV contribution", "formula", "margin", 30.0, 60.0, -0.5),
        (date(2024, 6, 30), 100, "run_rate", "last 90 days go on", "baseline", "revenue", 120.0, 120.0, 0.0),
    ]
    measures = ("mae", "rmse", "correlation", "capture", "gini", "auc")
    assert rows(accuracy, *measures)[0] == (pytest.approx(140 / 3), pytest.approx((6_800 / 3) ** 0.5), None, pytest.approx(1 / 3), 0, 0.5)
    assert rows(accuracy, *measures)[2] == (pytest.approx(20 / 3), pytest.approx((200 / 3) ** 0.5), pytest.approx(0.9897, abs=1e-4), pytest.approx(100 / 120), 1, 1)  # fmt: skip
    assert accuracy.title == "Nothing came nearest"
    assert accuracy.notes == (
        "Off by: predicted less actual. 3 customers won by 2024-06-30. Top 10%: a forecast that knew would have captured 83.3%.",
    )


def test_orders_are_counted_in_buying_days_and_have_no_unit_of_money():
    table = tables(ONE)["accuracy_of_orders"]
    assert rows(table, "forecast", "basis", "predicted", "actual", "bias") == [("run_rate", "orders", 4.0, 3.0, pytest.approx(1 / 3))]
    assert {column.unit.name for column in table.columns if column.name in ("predicted", "actual", "mae", "rmse")} == {"NUMBER"}
    assert "undefined" not in table.frame.columns


def test_what_is_undefined_stands_below_with_its_reason_and_is_told_once_for_all():
    undefined = {"clv_churn": "no churn", "own": "no churn", "bg_nbd": "nobody came back", "nbd": "nobody came back"}
    accuracy = tables(replace(ONE, undefined=undefined))["accuracy"]
    assert rows(accuracy, "forecast", "label", "kind", "basis", "predicted", "undefined")[3:] == [
        ("clv_churn", "clv_churn", "formula", None, None, "no churn"),
        ("own", "own", "formula", None, None, "no churn"),
        ("bg_nbd", "BG/NBD", "model", None, None, "nobody came back"),
        ("nbd", "NBD", "baseline", None, None, "nobody came back"),
    ]
    assert accuracy.notes[1:] == ("clv_churn, own: no churn.", "bg_nbd, nbd: nobody came back.")


def test_where_nothing_came_totals_are_nought_and_shares_undefined():
    found = tables(trial_of([0], said("run_rate", 5, kind="baseline", orders=[1])))
    assert rows(found["accuracy"], "predicted", "actual", "bias", "mae", "capture", "gini", "auc") == [(5, 0, None, 5, None, None, None)]
    assert rows(found["accuracy_of_orders"], "actual", "bias") == [(0, None)]
    assert found["accuracy"].notes == ("Off by: predicted less actual. 1 customer won by 2024-06-30.",)


def test_calibration_is_by_repeats_before_the_cut():
    table = tables(ONE)["calibration"]
    assert table.for_machines
    assert rows(table, "forecast", "repeats", "customers", "mean_actual", "mean", "calibration_error") == [
        ("run_rate", "0", 1, 0, 0, pytest.approx(1 / 3)),
        ("run_rate", "3", 1, 2, 3, pytest.approx(1 / 3)),
        ("run_rate", "7+", 1, 1, 1, pytest.approx(1 / 3)),
    ]


def test_of_one_cut_people_do_not_see_its_day_in_every_row():
    found, twice = tables(ONE), tables(ONE, ONE)
    for name in ("accuracy", "accuracy_of_orders", "coverage"):
        assert "cut" in found[name].hidden
        assert "cut" not in twice[name].hidden
    assert {"label", "correlation", "auc", "undefined"} < found["accuracy"].hidden
    assert rows(twice["accuracy"], "forecast") == rows(found["accuracy"], "forecast") * 2


def test_without_a_model_the_table_of_how_sure_they_were_is_kept_from_people():
    assert tables(ONE)["coverage"].for_machines
    assert tables(ONE)["coverage"].frame.height == 0


def test_every_column_is_among_those_that_are_explained():
    explained = {column.name for column in COLUMNS}
    assert {name for table in tables(ONE).values() for name in table.frame.columns} <= explained


# Of a model that was fitted


@pytest.fixture(scope="module")
def fitted():
    """The tables of BG/NBD on a simulated shop, and its trial."""
    found, cut = analysed(simulated.shop(), margin=0.4), cut_on("2024-06-30", 178)
    test = tried(found.buying, cut, found.engine, [BG_NBD])
    track = tracked(found.engine.collect(repeat_days(found.buying, cut)), test.rows, test.fits, cut)
    return {table.name: table for table in backtest_tables([test], "all is well", [track])}, test


def test_how_sure_the_models_were(fitted):
    found, test = fitted
    coverage = found["coverage"]
    ((name, within, low, high, total, holds),) = rows(coverage, "forecast", "within", "total_low", "total_high", "total", "holds")
    assert (name, total, holds) == ("bg_nbd", test.orders.sum(), "yes" if low <= total <= high else "no")
    assert 0.8 < within < 1
    assert low < test.of_orders["bg_nbd"].predicted < high
    assert not coverage.for_machines
    assert coverage.notes == (
        "An interval of 90% knows chance and unsure parameters, not how wrong the model is: that is what Off by above says.",
    )
    off = {error for name, error in rows(found["calibration"], "forecast", "calibration_error") if name == "bg_nbd"}
    assert {error for (error,) in rows(coverage, "calibration_error")} == off


@pytest.mark.parametrize(("orders", "holds"), [(0, "no"), (9, "no")])
def test_a_total_that_is_not_within_the_interval_does_not_hold(fitted, orders, holds):
    _, test = fitted
    other = replace(test, rows=test.rows.with_columns(later_days=pl.lit(orders).cast(pl.Int64)))
    assert rows(tables(other)["coverage"], "total", "holds") == [(orders * test.rows.height, holds)]


def test_repeats_week_by_week_with_the_cut_marked(fitted):
    found, test = fitted
    weeks = found["tracking"].frame
    actual = weeks.filter(pl.col("name") == "actual")
    assert set(weeks["name"]) == {"actual", "bg_nbd"}
    assert actual["day"].diff().drop_nulls().dt.total_days().unique().to_list() == [7]
    assert actual["cumulative_repeats"].is_sorted()
    last = actual.filter(pl.col("is_after_cut") == "no")["day"].max()
    assert last <= date(2024, 6, 30) < actual.filter(pl.col("is_after_cut") == "yes")["day"].min()
    repeats = (test.rows["buying_days"] - 1).sum()
    assert actual.filter(pl.col("day") <= date(2024, 6, 30))["cumulative_repeats"].max() <= repeats
    assert actual["cumulative_repeats"].max() <= repeats + test.orders.sum()


# By segment

CUTS = [Cut(day_number(day), 100) for day in (date(2024, 6, 30), date(2024, 12, 31))]


def part(cut, segment, nearest="bg_nbd", **told):
    """The part of a trial of two customers; of each forecast its basis, what it said and what came."""
    return Part(cut, segment, 2, told, nearest)


TOLD = {"clv_simple": ("revenue", 150.0, 100.0), "bg_nbd": ("revenue", 90.0, 100.0), "nbd": ("revenue", 95.0, 100.0)}


def test_people_see_the_headline_and_the_nearest_model_of_each_segment_machines_all():
    nothing = {"clv_simple": ("revenue", 5.0, 0.0), "bg_nbd": ("revenue", 1.0, -3.0)}
    parts = [part(CUTS[0], ("web",), **TOLD), part(CUTS[0], (None,), **nothing)]
    brief, whole = segment_tables([parts], ("channel",), "clv_simple")
    columns = ("channel", "customers", "forecast", "basis", "predicted", "actual", "bias")
    assert rows(brief, *columns) == [
        ("web", 2, "clv_simple", "revenue", 150, 100, 0.5),
        ("web", 2, "bg_nbd", "revenue", 90, 100, -0.1),
        (None, 2, "clv_simple", "revenue", 5, 0, None),
        (None, 2, "bg_nbd", "revenue", 1, -3, None),
    ]
    assert [name for (name,) in rows(whole, "forecast")] == ["clv_simple", "bg_nbd", "nbd", "clv_simple", "bg_nbd"]
    assert (brief.name, whole.name, brief.for_machines, whole.for_machines) == ("nearest_by_segment", "accuracy_by_segment", False, True)
    assert brief.title == "By Channel: the headline, and the model that was nearest customer by customer"
    assert brief.hidden == {"cut"}


def test_of_several_cuts_each_has_its_own_nearest():
    parts = [[part(CUTS[0], ("web", "LV"), **TOLD)], [part(CUTS[1], ("web", "LV"), nearest="nbd", **TOLD)]]
    brief, _ = segment_tables(parts, ("channel", "country"), "")
    assert rows(brief, "cut", "channel", "country", "forecast") == [
        (date(2024, 6, 30), "web", "LV", "bg_nbd"),
        (date(2024, 12, 31), "web", "LV", "nbd"),
    ]
    assert brief.hidden == frozenset()
    assert brief.keys == 3


def test_a_segment_is_explained_as_what_it_is():
    brief, _ = segment_tables([[part(CUTS[0], ("a", "b", "c"), **TOLD)]], ("segment", "value_tier", "till"), "")
    assert brief.columns[1] is SEGMENT
    assert brief.columns[2] is LABELS["value_tier"]
    assert brief.columns[3].description == "The export's column till."


def test_an_attribute_with_the_name_of_a_column_of_the_answer_is_refused():
    with pytest.raises(UsageError, match="'basis' is a column of the answer itself"):
        segment_tables([[part(CUTS[0], ("web",), **TOLD)]], ("basis",), "")


def test_without_a_headline_and_a_model_there_is_nothing_brief_to_see():
    brief, whole = segment_tables([[part(CUTS[0], ("web",), nearest="", **TOLD)]], ("channel",), "")
    assert (brief.frame.height, brief.for_machines, whole.frame.height) == (0, True, 3)
