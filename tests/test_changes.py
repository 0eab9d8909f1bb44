"""How far figures moved between two days, and whether chance alone may have moved them so far."""

import math
from dataclasses import replace
from datetime import date

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from analysed import analysed
from hypothesis import given, settings
from hypothesis import strategies as st
from orders_text import customers_from, customers_of, observed
from program import SHOP as SAMPLE
from shops import observations, shops

from clvcli.acquisition import with_acquisition_cost
from clvcli.analysis import analysis
from clvcli.catalog import Catalog
from clvcli.changes import Change, changes
from clvcli.confidence import width
from clvcli.expression import parse
from clvcli.intervals import Estimate, intervals, moments, samples
from clvcli.orders import orders
from clvcli.periods import Period
from clvcli.rates import Rates
from clvcli.reports.changes import changes_table, in_short, of_headline, signed, told
from clvcli.reports.checks import checks
from clvcli.reports.figures import figures
from clvcli.reports.in_a_line import in_a_line
from clvcli.reports.watched import COLUMNS, GROUNDS, figures_watched, wanted, watched
from clvcli.request import Request
from clvcli.tables import Unit

ALL = "all customers"
CATALOG = Catalog(
    settings={"period_years": 1.0, "churn_window_days": 180.0, "discount_rate": 0.1, "target_ltv_to_cac": 3.0}, currency="EUR"
)


def moved(then, now, **more):
    """The changes of estimates `{segment: {name: (value, error, n)}}`, by segment and name."""
    days = ({segment: {name: Estimate(*one) for name, one in names.items()} for segment, names in day.items()} for day in (then, now))
    found = changes(*days, ALL, **{"counted": (), **more})
    return {(one.segment, one.name): one for one in found}


def of_shop(then, now, **more):
    return moved({ALL: {"aov": then}}, {ALL: {"aov": now}}, **more)[ALL, "aov"]


# One figure


def test_a_change_is_now_less_then_with_the_error_of_both():
    found = of_shop((10.0, 3.0, 100), (12.0, 4.0, 100))
    assert (found.then, found.now, found.change, found.share) == (10.0, 12.0, 2.0, 0.2)
    assert found.interval == pytest.approx((2 - 5 * width(), 2 + 5 * width()))
    assert found.verdict == "within chance"


@pytest.mark.parametrize(
    ("now", "verdict"), [(19.7, "within chance"), (19.9, "beyond chance"), (0.3, "within chance"), (0.1, "beyond chance")]
)
def test_what_is_more_than_two_errors_away_is_beyond_chance(now, verdict):
    found = of_shop((10.0, 3.0, 100), (now, 4.0, 100))
    assert found.verdict == verdict
    assert (found.interval[0] > 0 or found.interval[1] < 0) == (verdict == "beyond chance")


@pytest.mark.parametrize(("then", "now"), [((10.0, 0.1, 29), (20.0, 0.1, 100)), ((10.0, 0.1, 100), (20.0, 0.1, 29))])
def test_of_few_customers_nothing_is_said(then, now):
    assert of_shop(then, now).verdict == "too few"


def test_what_is_unknown_on_either_day_has_no_change():
    for then, now in [((None, None, 50), (3.0, 1.0, 50)), ((3.0, 1.0, 50), (None, None, 50))]:
        found = of_shop(then, now)
        assert (found.change, found.share, found.interval, found.verdict) == (None, None, None, None)


def test_a_figure_of_one_day_alone_has_no_change():
    found = moved({ALL: {"aov": (1.0, 1.0, 50)}}, {ALL: {"cac": (2.0, 1.0, 50)}})
    assert (found[ALL, "aov"].then, found[ALL, "aov"].now, found[ALL, "aov"].verdict) == (1.0, None, None)
    assert (found[ALL, "cac"].then, found[ALL, "cac"].now, found[ALL, "cac"].verdict) == (None, 2.0, None)


def test_a_sum_has_no_chance_in_it():
    found = of_shop((10.0, None, 100), (12.0, None, 100), counted=["aov"])
    assert (found.change, found.interval, found.verdict) == (2.0, None, "counted")
    assert of_shop((None, None, 100), (12.0, None, 100), counted=["aov"]).verdict is None


def test_a_figure_of_another_period_is_not_held_against_this_one():
    found = of_shop((0.5, 0.01, 100), (0.2, 0.01, 100), other_period=["aov"])
    assert (found.then, found.now, found.change, found.interval, found.verdict) == (0.5, 0.2, None, None, "another period")


def test_what_is_certain_on_both_days_changed_for_certain():
    assert of_shop((3.0, 0.0, 100), (2.0, 0.0, 100)).verdict == "beyond chance"
    assert of_shop((3.0, 0.0, 100), (3.0, 0.0, 100)).verdict == "within chance"


@pytest.mark.parametrize(("then", "now", "share"), [(0.0, 1.0, None), (-4.0, -2.0, 0.5), (1e-320, 1e10, None)])
def test_the_part_that_a_change_is(then, now, share):
    assert Change(ALL, "aov", then, now, now - then).share == share


# Several segments


def test_a_segment_that_shows_no_spread_is_not_certain():
    then = {ALL: {"rate": (0.5, 0.01, 1000)}, "channel=web": {"rate": (1.0, 0.0, 40)}}
    now = {ALL: {"rate": (0.5, 0.01, 1000)}, "channel=web": {"rate": (0.9, 0.0, 40)}}
    found = moved(then, now)["channel=web", "rate"]
    assert (found.verdict, found.interval is None) == ("within chance", False)


def test_over_many_segments_one_in_twenty_is_no_news():
    names = [f"channel={at}" for at in range(20)]
    then = {ALL: {"aov": (10.0, 1.0, 1000)}, **{name: {"aov": (10.0, 1.0, 50)} for name in names}}
    now = {**then, names[0]: {"aov": (13.0, 1.0, 50)}}  # 2.1 errors: p = 0.034, twentyfold more than five in a hundred
    assert moved(then, now)[names[0], "aov"].verdict == "within chance"
    alone = ({ALL: then[ALL], names[0]: day[names[0]]} for day in (then, now))
    assert moved(*alone)[names[0], "aov"].verdict == "beyond chance"


def test_segments_that_are_new_or_gone_are_told_once_with_their_customers():
    one = {"customers": (50.0, None, 50), "aov": (3.0, 1.0, 50)}
    found = moved({ALL: one, "channel=fair": one}, {ALL: one, "channel=web": {**one, "customers": (60.0, None, 60)}})
    assert [(key, one.then, one.now, one.verdict) for key, one in found.items()][:2] == [
        (("channel=web", "customers"), None, 60.0, "new"),
        (("channel=fair", "customers"), 50.0, None, "gone"),
    ]
    assert len(found) == 4


def test_what_is_beyond_chance_comes_first_then_the_shop():
    few, sure, same = (3.0, 1.0, 5), (30.0, 1.0, 50), (3.0, 1.0, 50)
    then = {ALL: {"aov": same, "cac": same}, "channel=web": {"aov": same, "cac": few}}
    now = {ALL: {"aov": same, "cac": sure}, "channel=web": {"aov": sure, "cac": few}}
    assert [(key, one.verdict) for key, one in moved(then, now).items()] == [
        ((ALL, "cac"), "beyond chance"),
        (("channel=web", "aov"), "beyond chance"),
        ((ALL, "aov"), "within chance"),
        (("channel=web", "cac"), "too few"),
    ]


ESTIMATES = st.tuples(st.floats(-1e6, 1e6), st.one_of(st.none(), st.floats(0, 1e3)), st.integers(1, 1000))
DAYS = st.dictionaries(
    st.sampled_from([ALL, "x=1", "x=2"]), st.dictionaries(st.sampled_from(["aov", "cac", "customers"]), ESTIMATES, max_size=3), max_size=3
)


@given(DAYS)
def test_a_day_held_against_itself_has_not_changed(day):
    for one in moved(day, day, counted=["customers"]).values():
        assert one.change in (0.0, None)
        assert one.verdict in ("within chance", "too few", "counted", None)


@given(DAYS, DAYS)
def test_back_again_is_the_same_change_the_other_way(then, now):
    there, back = moved(then, now), moved(now, then)
    assert there.keys() == back.keys()
    for key, one in there.items():
        other = back[key]
        assert (one.then, one.now) == (other.now, other.then)
        assert one.change == (None if other.change is None else -other.change)
        assert one.verdict == {"new": "gone", "gone": "new"}.get(other.verdict, other.verdict)


# What is kept of a day

TEXT = """
    customer  order  date        amount  cost  channel
    ann       1      2023-03-01   100     60   web
    ann       2      2024-05-01    60     30   web
    bob       3      2023-04-01    40     20   web
    cid       4      2023-06-01    30     10   fair
    dan       5      2024-07-01    20     10   -
"""


def customers(text=TEXT):
    return with_acquisition_cost(customers_from(text, observed("2024-12-31", Period.YEAR, since="2023-01-01")), Rates(5.0))


def test_what_is_watched_are_the_figures_of_the_shop_and_of_each_segment():
    table = watched(customers(), CATALOG, ["channel"])
    assert [column.name for column in COLUMNS] == table.frame.columns
    assert table.frame["segment"].unique(maintain_order=True).to_list() == [ALL, "channel=web", "channel=fair", "channel=–"]
    values = figures(customers(), CATALOG)
    shop = table.frame.filter(pl.col("segment") == ALL)
    assert dict(shop.select("name", "value").rows()) == {name: values.get(name) for name in (*figures_watched(CATALOG), *GROUNDS)}
    assert shop["by"].null_count() == shop.height
    web = table.frame.filter(pl.col("segment") == "channel=web")
    assert (web["by"].unique().to_list(), web["customers"].unique().to_list()) == (["channel"], [2])
    assert dict(web.select("name", "value").rows())["aov"] == pytest.approx(200 / 3)
    assert not {*GROUNDS} & {*web["name"]}


def test_the_interval_of_what_is_watched_is_that_of_its_formula():
    shop = watched(customers(), CATALOG).frame.filter(pl.col("name") == "aov").row(0, named=True)
    group = samples(moments(customers(), (), ["revenue", "orders"]).collect("polars").to_native().iter_rows(named=True), ())
    assert (shop["low"], shop["high"]) == pytest.approx(intervals(group, CATALOG, ["aov"])[()]["aov"].interval)
    counts = watched(customers(), CATALOG).frame.filter(pl.col("name") == "revenue").row(0, named=True)
    assert (counts["value"], counts["low"], counts["how"]) == (250.0, None, "")


def test_no_more_columns_are_read_than_it_says():
    whole = customers()
    few = whole.select(*(name for name in whole.collect_schema().names() if name in wanted(CATALOG, ["channel"])))
    assert watched(few, CATALOG, ["channel"]).frame.equals(watched(whole, CATALOG, ["channel"]).frame)


@settings(max_examples=25)
@given(shops(), observations())
def test_a_shop_held_against_itself_has_not_changed(lines, seen):
    made = customers_of(orders(nw.from_native(lines.lazy()), None, ["channel"]), ["channel"], seen)
    frame = watched(made, CATALOG, ["channel"]).frame
    table = changes_table(date(2024, 12, 31), frame, frame, CATALOG)
    assert {*table.frame["change"]} <= {0.0, None}
    assert {*table.frame["verdict"]} <= {"within chance", "too few", "counted", None}
    assert table.title == "Changes since 2024-12-31: 0 figures beyond chance"


# The table of changes


def held(then, now, by=("channel",), catalog=CATALOG, notes=()):
    frames = [watched(customers(text), catalog, by).frame for text in (then, now)]
    return changes_table(date(2024, 6, 30), *frames, catalog, notes)


def test_changes_are_told_in_the_unit_of_the_figure():
    table = held(TEXT, TEXT.replace(" 100 ", " 200 "))
    row = table.frame.filter((pl.col("segment") == ALL) & (pl.col("name") == "revenue")).row(0, named=True)
    assert (row["label"], row["unit"], row["then"], row["now"], row["change"], row["change_share"], row["verdict"]) == (
        "Revenue", "money", 250.0, 350.0, 100.0, 0.4, "counted",
    )  # fmt: skip
    assert not {*GROUNDS} & {*table.frame["name"]}


def test_new_and_vanished_segments_are_told():
    table = held(TEXT, TEXT.replace("fair", "mail"))
    assert table.title == "Changes since 2024-06-30: 0 figures beyond chance, 1 segment new, 1 segment gone"
    assert table.frame.head(2).select("segment", "name", "then", "now", "verdict").rows() == [
        ("channel=mail", "customers", None, 1.0, "new"),
        ("channel=fair", "customers", 1.0, None, "gone"),
    ]
    assert told(table) == f"{table.title}: channel=mail is new; channel=fair is gone"


def test_segments_that_were_told_apart_otherwise_are_not_compared():
    frame = watched(customers(), CATALOG, ["channel"]).frame
    other = frame.with_columns(segment=pl.col("segment").str.replace("channel", "land"), by=pl.col("by").str.replace("channel", "land"))
    table = changes_table(date(2024, 6, 30), other, frame, CATALOG)
    assert {*table.frame["segment"]} == {ALL}
    assert "Segments were told apart by land then: the shop alone is compared." in table.notes
    quiet = changes_table(date(2024, 6, 30), watched(customers(), CATALOG).frame, frame, CATALOG)
    assert ({*quiet.frame["segment"]}, len(quiet.notes)) == ({ALL}, 1)


def test_a_period_of_another_length_is_told_and_its_figures_are_not_compared():
    quarterly = replace(CATALOG, settings={**CATALOG.settings, "period_years": 0.25, "churn_window_days": 90.0})
    frames = (watched(customers(), catalog, ["channel"]).frame for catalog in (quarterly, CATALOG))
    table = changes_table(date(2024, 6, 30), *frames, CATALOG, ["A note."])
    assert table.notes[1:] == (
        "A note.",
        "Since then period_years went from 0.25 y to 1.00 y: figures moved by that too.",
        "Since then churn_window_days went from 90 d to 180 d: figures moved by that too.",
    )
    verdicts = dict(table.frame.filter(pl.col("segment") == ALL).select("name", "verdict").rows())
    assert (verdicts["purchase_frequency"], verdicts["retention_rate"], verdicts["clv_contribution"]) == ("another period",) * 3
    assert (verdicts["aov"], verdicts["customers"]) == ("too few", "counted")


def test_a_formula_that_has_another_text_now_is_told():
    frame = watched(customers(), CATALOG).frame
    before = frame.with_columns(how=pl.when(pl.col("name") == "aov").then(pl.lit("revenue / customers")).otherwise("how"))
    table = changes_table(date(2024, 6, 30), before, frame, CATALOG)
    assert table.notes[-1] == "Since then aov became revenue / orders: figures moved by that too."


def test_people_read_in_short_what_moved_and_the_shop():
    table = held(TEXT, TEXT.replace("fair", "mail"))
    short = in_short(table)
    assert short.frame.head(2)["verdict"].to_list() == ["new", "gone"]
    assert {*short.frame["segment"][2:]} == {ALL}
    assert (short.title, short.notes) == (table.title, table.notes)


@pytest.mark.parametrize(
    ("unit", "change", "shown"),
    [
        (Unit.MONEY, 3.074, "+3.07"),
        (Unit.MONEY, -3.074, "-3.07"),
        (Unit.MONEY, -0.001, "+0.00"),
        (Unit.SHARE, 0.0213, "+2.1 pt"),
        (Unit.SHARE, -0.0213, "-2.1 pt"),
        (Unit.YEARS, 0.5, "+0.50 y"),
        (Unit.MONEY, None, "–"),
    ],
)
def test_a_change_has_its_sign(unit, change, shown):
    assert signed(unit, change) == shown


# A run in one line


def test_a_line_says_what_a_customer_is_worth():
    values = figures(customers(), CATALOG)
    assert in_a_line(values, CATALOG, date(2024, 12, 31)) == f"clv: {values['clv_contribution']:.2f} EUR a customer as of 2024-12-31"
    bare = replace(CATALOG, currency="", shown=("aov",))
    assert in_a_line(values, bare, date(2024, 12, 31), title="Beans & Co") == "clv, Beans & Co: no CLV can be worked out as of 2024-12-31"


def test_a_line_says_how_it_moved_and_what_was_found():
    values, table = figures(customers(), CATALOG), held(TEXT, TEXT)
    found = checks(customers(), CATALOG, [parse("aov < 50"), parse("aov < 51")], [()])
    said = in_a_line(values, CATALOG, date(2024, 12, 31), changes=(date(2024, 6, 30), table), checks=found)
    assert said.endswith(
        " a customer as of 2024-12-31 (+0.00 since 2024-06-30, 0 figures beyond chance), 1 of 2 checks found something: aov < 51: aov is 50.00"
    )
    one_more = checks(customers(), CATALOG, [parse("aov < 51"), parse("aov < 52")], [()])
    assert in_a_line(values, CATALOG, date(2024, 12, 31), checks=one_more).endswith("found something; the first: aov < 51: aov is 50.00")
    nothing = checks(customers(), CATALOG, [parse("aov < 5")], [()])
    assert in_a_line(values, CATALOG, date(2024, 12, 31), checks=nothing).endswith("2024-12-31, none of 1 check found something")


def test_a_line_without_a_headline_still_counts_what_moved():
    table = held(TEXT, TEXT)
    bare = replace(CATALOG, shown=("aov",))
    assert of_headline(table, {}, bare) == ""
    assert "(0 figures beyond chance since 2024-06-30)" in in_a_line({}, bare, date(2024, 12, 31), changes=(date(2024, 6, 30), table))


# The sample shop


@pytest.fixture(scope="module")
def half_a_year():
    """The sample shop's changes in the second half of 2025, and its catalog."""
    days = (date(2025, 6, 30), date(2025, 12, 31))
    then, now = (analysis(Request("report", (SAMPLE,), None, {"as_of": day}, ("channel",))) for day in days)
    frames = (watched(found.valued, found.catalog, ("channel",)).frame for found in (then, now))
    return changes_table(days[0], *frames, now.catalog), now.catalog


def test_the_sample_shop_has_changes_of_both_kinds(half_a_year):
    table, _ = half_a_year
    verdicts = dict(table.frame.filter(pl.col("segment") == ALL).select("name", "verdict").rows())
    assert (verdicts["orders_per_customer"], verdicts["aov"], verdicts["revenue"]) == ("beyond chance", "within chance", "counted")
    assert table.title == "Changes since 2025-06-30: 3 figures beyond chance"


def test_the_verdict_of_the_shop_is_what_the_interval_says(half_a_year):
    table, _ = half_a_year
    for row in table.frame.filter((pl.col("segment") == ALL) & pl.col("low").is_not_null()).iter_rows(named=True):
        assert row["change"] == pytest.approx(row["now"] - row["then"])
        assert (row["verdict"] == "beyond chance") == (row["low"] > 0 or row["high"] < 0)
        assert math.isclose(row["change"] - row["low"], row["high"] - row["change"], abs_tol=1e-9)


def test_the_first_changes_are_told_in_a_sentence(half_a_year):
    table, _ = half_a_year
    assert told(table, "EUR") == (
        "Changes since 2025-06-30: 3 figures beyond chance: orders_per_customer +0.27 to 3.67; purchase_rate -0.24 to 2.65; "
        "tenure_years +0.08 y to 0.51 y"
    )


def test_money_and_segments_are_told_with_their_names():
    names = {"segment": "channel=web", "name": "aov", "label": "AOV", "unit": "money", "then": 1.0, "now": 2.5, "change": 1.5}
    table = held(TEXT, TEXT)
    row = pl.DataFrame({**names, "change_share": 1.5, "low": 1.0, "high": 2.0, "verdict": "beyond chance"}, schema=table.frame.schema)
    made = replace(table, frame=pl.concat([row] * 4), title="Changes")
    assert told(made, "EUR") == "Changes: " + "; ".join(["aov for channel=web +1.50 to 2.50 EUR"] * 3) + "; …"


def test_formulas_of_the_users_own_are_watched_too():
    found = analysed(TEXT, by=("channel",), command="report", cac=1.0, formulas={"twice": {"text": "aov * 2", "label": "Twice"}})
    rows = watched(found.valued, found.catalog).frame.filter(pl.col("name") == "twice").select("label", "value", "how").rows()
    assert rows == [("Twice", 100.0, "aov * 2")]
