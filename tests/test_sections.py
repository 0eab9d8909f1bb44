"""The sections of a report: each says its finding, and its numbers are those of the command that has the question alone."""

from typing import get_args

import polars as pl
import pytest
import simulated
from analysed import analysed

from clvcli import answers, outlook
from clvcli.charts import Lines, Ranges
from clvcli.document import Section
from clvcli.sections import ATTRIBUTES, SECTIONS, by_of, grounds, sections
from clvcli.sections.findings import Findings
from clvcli.settings import SectionName
from clvcli.tables import Unit

ORDER = get_args(SectionName)
FEW = "customer order date amount channel\nann 1 2024-01-05 10 web\nbob 2 2024-01-20 20 shop\nann 3 2024-02-05 30 web"


def known(lines=None, by=("channel",), **options):
    options = {"margin": 0.4, "cac": 20.0, "model": "bg_nbd", **options}
    return Findings(analysed(simulated.shop() if lines is None else lines, by, command="report", **options), by)


@pytest.fixture(scope="module")
def shop():
    return known()


@pytest.fixture(scope="module")
def made(shop):
    return {name: section(shop) for name, section in SECTIONS.items()}


def test_there_is_a_section_for_each_name_that_a_config_may_have():
    assert [*SECTIONS, "changes", "definitions"] == sorted([*SECTIONS, "changes", "definitions"], key=[*SECTIONS, *ORDER].index)
    assert {*SECTIONS, "changes", "definitions"} == {*ORDER}


def test_each_is_called_by_its_name_and_says_something(made):
    for name, section in made.items():
        assert section.name == name
        assert section.title
        assert all(line.endswith((".", "?")) for line in section.said), section.said
        assert section.said


def test_no_two_tables_or_charts_have_one_name(made):
    tables = [table.name for section in made.values() for table in section.tables]
    charts = [chart.name for section in made.values() for chart in section.charts]
    assert len(tables) == len({*tables})
    assert len(charts) == len({*charts})


def test_tables_are_those_of_the_commands(shop, made):
    found = shop.found
    assert made["clv"].tables[1].frame.equals(answers.compute(found, for_people=False)[1].frame)
    assert made["segments"].tables[0].frame.equals(answers.segments(found, ("channel",))[0].frame)
    assert [t.name for t in made["trend"].tables] == [t.name for t in answers.trend(found)]
    assert made["backtest"].tables[0].frame.equals(outlook.backtest(found)[0].frame)


def test_the_headline_says_the_figure_its_interval_and_how_far_it_was_off(shop, made):
    section, column = made["headline"], shop.found.catalog.column(shop.headline)
    low, high = shop.intervals[shop.headline].interval
    value = column.unit.show(shop.values[shop.headline])
    assert value in section.said[0]
    assert f"between {column.unit.show(low)} and {column.unit.show(high)}" in section.said[1]
    assert section.said[2].startswith("Cut on ")
    assert section.figures[0].shown.startswith(value)
    assert section.figures[0].said == f"{column.unit.show(low)} to {column.unit.show(high)}"


def test_each_clv_has_its_interval_beside_it(shop, made):
    frame = made["clv"].tables[0].frame
    assert frame.columns[:6] == ["name", "label", "value", "low", "high", "unit"]
    assert (
        (frame.filter(pl.col("low").is_not_null()).select((pl.col("low") <= pl.col("value")) & (pl.col("value") <= pl.col("high"))))
        .to_series()
        .all()
    )
    (chart,) = made["clv"].charts
    assert isinstance(chart, Ranges)
    assert [one.value for one in chart.ranges] == [e.value for e in shop.intervals.values()]


def test_segments_say_which_differ_and_are_drawn_with_their_intervals(made):
    table, (chart,) = made["segments"].tables[0], made["segments"].charts
    assert [one.label for one in chart.ranges] == table.frame["channel"].fill_null("–").to_list()
    differ = table.frame.filter(pl.col("versus_rest").is_in(["higher", "lower"]))["channel"].to_list()
    assert all(name in made["segments"].said[0] for name in differ)


def test_payback_is_where_the_curve_reaches_the_cac(made):
    (chart,) = made["payback"].charts
    curve, level = chart.curves
    assert level.is_level
    assert {y for _, y in level.points} == {20.0}
    first = next(x for x, y in curve.points if y >= 20.0)
    assert [(mark.x, mark.label) for mark in chart.marks] == [(first, f"paid back in month {first:.0f}")]
    assert "contribution so far exceeds that" in made["payback"].said[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"margin": None}, "It can't be said: the margin isn't known"),
        ({"cac": None}, "What winning a customer cost isn't known: "),
        ({"cac": 0.0}, "Winning a customer costs nothing here"),
        ({"cac": 100_000.0}, "which no age that was watched has brought back"),
    ],
)
def test_payback_says_why_it_cannot_be_told(options, said):
    section = SECTIONS["payback"](known(FEW, **options))
    assert said in section.said[0]
    assert not any(chart.marks for chart in section.charts)


def test_cohorts_are_shown_by_the_shortest_period_of_which_a_page_holds_all():
    lines = "customer order date amount\n" + "\n".join(f"c{at} {at} {2000 + at}-01-05 10" for at in range(20))
    assert known(FEW, ()).cohort_period.word == "month"
    assert known(lines, ()).cohort_period.word == "year"
    assert known(lines, (), period="quarter").cohort_period.word == "quarter"
    assert known(simulated.shop(), ()).cohort_period.word in ("month", "quarter")


def test_the_trend_says_what_moved_last_and_by_which_lever(shop, made):
    why = {table.name: table for table in made["trend"].tables}["why"].frame.row(-1, named=True)
    assert why["period"] in made["trend"].said[0]
    assert ("rose" if why["change"] > 0 else "fell") in made["trend"].said[0]
    (chart,) = made["trend"].charts
    assert isinstance(chart, Lines)
    assert [y for _, y in chart.curves[0].points] == made["trend"].tables[0].frame[shop.headline].to_list()


def test_the_survival_chart_begins_with_all_and_falls(made):
    (chart,) = made["churn"].charts
    shares = [y for _, y in chart.curves[0].points]
    assert shares[0] == 1.0
    assert shares == sorted(shares, reverse=True)
    assert len(shares) < 200


def test_the_forecast_is_of_all_together_and_names_nobody(made):
    assert "predictions" not in [table.name for table in made["forecast"].tables]
    assert "predicted orders" in made["forecast"].said[1]


def test_the_back_test_shows_what_happened_beside_what_models_had(made):
    (chart,) = made["backtest"].charts
    assert [curve.label for curve in chart.curves] == ["what happened", "bg_nbd"]
    assert [mark.label for mark in chart.marks] == ["cut"]


def test_settings_that_were_set_come_first(made):
    frame = made["settings"].tables[0].frame
    set_ones = frame.filter(pl.col("is_set") == "yes")
    assert frame.head(set_ones.height).equals(set_ones)
    assert {"margin", "cac", "model"} <= {*set_ones["setting"]}


def test_every_column_of_the_other_sections_is_defined(made):
    frame = grounds.definitions(made.values()).tables[0].frame
    shown = {c.name for section in made.values() for table in section.tables for c in table.columns if not c.name.isdigit()}
    assert {*frame["column"]} == shown
    assert frame["meaning"].str.len_chars().min() > 0


def test_of_a_shop_of_a_few_days_every_section_still_says_something():
    for name, section in SECTIONS.items():
        found = section(known(FEW, ()))
        assert found.said, name


def test_sections_are_chosen_and_ordered_by_name(shop):
    found = sections(shop.found, {}, ("trend", "headline"), ORDER)
    assert [section.name for section in found] == ["trend", "headline"]


def test_all_come_in_the_usual_order_and_those_made_elsewhere_in_their_place():
    changes = Section("changes", "What changed?", ("Nothing.",))
    found = sections(analysed(FEW, ("channel",), command="report", margin=0.4), {"changes": changes}, (), ORDER)
    assert [section.name for section in found] == list(ORDER)
    assert found[1] is changes


def test_who_asks_for_no_verdict_gets_no_back_test_unless_it_is_named():
    found = analysed(simulated.shop(60), (), command="report", verdict="never", model="bg_nbd")
    assert Findings(found).tried == "Left out, as verdict: never says."
    assert not isinstance(Findings(found, (), frozenset({"backtest"})).tried, str)


def test_segments_are_by_what_was_asked_for_else_by_what_there_is():
    assert by_of(analysed(FEW, ("channel",))) == ("channel",)
    assert by_of(analysed(FEW, ())) == ()
    assert ATTRIBUTES[0] == "channel"
    assert "no channel, country or category" in SECTIONS["segments"](known(FEW, ())).said[0]


def test_a_section_that_is_named_twice_is_there_once(shop):
    found = sections(shop.found, {}, ("trend", "headline", "trend"), ORDER)
    assert [section.name for section in found] == ["trend", "headline"]


def test_a_month_of_age_that_few_customers_reached_says_nothing_of_payback():
    many = [f"c{at} {at} 2024-{1 + at % 2 * 2:02}-05 10 web" for at in range(60)]
    lines = "\n".join(["customer order date amount channel", *many, "old 99 2023-01-05 10 web", "old 100 2024-03-30 9999 web"])
    section = SECTIONS["payback"](known(lines))
    assert "which no age that was watched has brought back" in section.said[0]
    assert not section.charts[0].marks
    assert max(x for x, _ in section.charts[0].curves[0].points) < max(section.tables[0].frame["age"])


def test_the_rest_of_the_segments_is_not_said_to_be_worth_less_than_the_few_that_sell_most():
    rows = [(f"k{at:03}", channel, 10 + at % 3) for at in range(160) for channel in [f"ch{at % 40:02}"]]
    lines = ["customer order date amount channel"]
    for at, (who, channel, amount) in enumerate(rows):
        worth = amount * (30 if int(channel[2:]) < 20 else 1)
        lines += [f"{who} {at}a 2023-0{1 + at % 9}-05 {worth} {channel}", f"{who} {at}b 2024-0{1 + at % 9}-05 {worth} {channel}"]
    section = SECTIONS["segments"](known("\n".join(lines)))
    rest = section.tables[0].frame.row(-1, named=True)
    assert (rest["channel"], rest["versus_rest"]) == ("other", "lower")
    assert section.said == ("Of the 20 segments that brought most revenue no CLV differs from the rest by more than chance may do.",)


def test_of_one_segment_nothing_is_said_to_differ_or_not():
    section = SECTIONS["segments"](known("\n".join(line.replace("shop", "web") for line in FEW.splitlines())))
    assert section.said == ("There is only one, so nothing can be held against it.",)


def test_of_a_day_nothing_is_said_of_how_long_customers_stay():
    section = SECTIONS["churn"](known("customer order date amount channel\nann 1 2024-01-05 10 web"))
    assert not any("Restricted mean" in line for line in section.said)
    assert all(table.frame.height for table in section.tables if not table.for_machines)
    two = SECTIONS["churn"](known("customer order date amount channel\nann 1 2024-01-05 10 web\nbob 2 2024-01-06 10 web"))
    assert "Restricted mean: customers stay 1.0 of the first 1 day, 0.00 years." in two.said


def test_where_there_is_no_clv_the_headline_says_why():
    section = SECTIONS["headline"](known("customer order date amount channel\nann 1 2024-01-05 10 web", cac=None))
    assert any("not even two months" in line for line in section.said)


def test_where_few_customers_have_come_of_age_no_curve_of_retention_is_told():
    lines = [
        "customer order date amount channel",
        "old 0 2024-01-05 10 web",
        *(f"c{at} {at} 2024-02-05 10 web" for at in range(1, 9)),
        "d 9 2024-03-05 1 web",
    ]
    section = SECTIONS["cohorts"](known("\n".join(lines)))
    assert section.said
    assert not section.charts


def test_a_chart_of_one_bar_says_what_it_is_and_not_from_where_to_where():
    found = known(of_one_channel(), margin=None, cac=None)
    (clv,), (segments,) = SECTIONS["clv"](found).charts, SECTIONS["segments"](found).charts
    value = Unit.MONEY.show(found.values["clv_simple"])
    assert clv.told == f"{value} for CLV simple (revenue, total)."
    assert segments.told == f"CLV simple of one segment, web: {value}."


def of_one_channel():
    """A shop of one channel whose customers come back now and then."""
    rows = [f"c{at} {at}{month} 2023-{month:02}-0{1 + at % 9} 10 web" for at in range(40) for month in range(1 + at % 3, 13, 1 + at % 5)]
    return "\n".join(["customer order date amount channel", *rows])
