"""A segment as a shop of its own: its figures are those of its row, and all of them together are the shop's."""

import polars as pl
import pytest
import simulated
from analysed import analysed

from clvcli import answers
from clvcli.composition import composed
from clvcli.errors import UsageError
from clvcli.outlook import backtest
from clvcli.parts import parts
from clvcli.reports.figures import figures

SUMS = ("customers", "orders", "revenue", "gross_profit", "acquisition_cost", "lapsed_customers", "repeat_customers")
OPTIONS = {"margin": 0.4, "cac": 12.0, "model": "bg_nbd"}


@pytest.fixture(scope="module")
def whole():
    return analysed(simulated.shop(), ("channel",), command="report", **OPTIONS)


@pytest.fixture(scope="module")
def found(whole):
    return list(parts(whole, ("channel",)))


def test_there_is_a_part_for_each_segment_in_order_of_their_names(found):
    names = [part.name for part in found]
    assert len(names) == len({*names}) > 1
    assert names == sorted(names, key=lambda name: (name == "–", name))


def test_a_part_has_the_figures_of_its_row(whole, found):
    rows = answers.segments(whole, ("channel",))[0].frame.with_columns(pl.col("channel").fill_null("–"))
    for part in found:
        row, own = rows.row(by_predicate=pl.col("channel") == part.name, named=True), figures(part.valued, part.catalog)
        for name in ("customers", "orders", "revenue", "aov", "retention_rate", "cac", "clv_contribution"):
            assert own[name] == pytest.approx(row[name], rel=1e-12), (part.name, name)


def test_all_parts_together_are_the_shop(whole, found):
    own = [figures(part.valued, part.catalog) for part in found]
    everyone = figures(whole.valued, whole.catalog)
    for name in SUMS:
        assert sum(one[name] for one in own) == pytest.approx(everyone[name], rel=1e-12), name


def test_days_and_the_churn_rule_are_the_shops(whole, found):
    for part in found:
        assert (part.window, part.churn) == (whole.window, whole.churn)
        assert part.reading.orders.height < whole.reading.orders.height
        assert any(remark.endswith("the ledger is of the whole shop") for remark in part.report().remarks)


def test_customers_without_the_attribute_are_a_part_too():
    lines = "customer order date amount channel\nann 1 2024-01-05 10 web\nbob 2 2024-01-20 20 -\nann 3 2024-02-05 30 web"
    assert [part.name for part in parts(analysed(lines, ("channel",), command="report"), ("channel",))] in (["web", "–"], ["-", "web"])


def test_spend_stays_spread_over_the_whole_shop(whole):
    costly = [part for part in parts(whole, ("channel",)) if part.spent is None]
    assert len(costly) > 1
    assert {figures(part.valued, part.catalog)["cac"] for part in costly} == {12.0}


def test_a_part_that_began_after_the_cut_is_tried_on_no_past():
    days = [f"2024-{month:02}-15" for month in range(1, 13)]
    lines = ["customer order date amount channel", *(f"c{at % 3} {at} {day} 10 web" for at, day in enumerate(days))]
    lines += ["late 90 2024-12-01 10 new", "late 91 2024-12-12 10 new"]
    new, _ = parts(analysed("\n".join(lines), ("channel",), command="report"), ("channel",))
    with pytest.raises(UsageError, match="nobody had bought anything by 2024-07-01, where the past is cut"):
        backtest(new)
    assert "backtest" in [section.name for section in composed(new, {}, new.name).sections]
