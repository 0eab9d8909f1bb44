"""How a move is written, where it may lead, and what a formula comes to then."""

import math

import pytest

from clvcli.catalog import Catalog
from clvcli.definition import formula
from clvcli.errors import UsageError
from clvcli.levers import LEVERS, Worth, move, share_of
from clvcli.tables import Unit

BY_OPTION = {lever.option.removeprefix("--"): lever for lever in LEVERS}
SETTINGS = {"period_years": 1.0, "discount_rate": 0.25, "churn_window_days": 180.0, "target_ltv_to_cac": 3.0}
# AOV 100, twice a year, a margin of 40 %, three of four come back, 20 to win one: 100 * 2 * 4 * 0.4 - 20
SHOP = {
    "revenue": 1000.0, "orders": 10.0, "gross_profit": 400.0, "customers": 4.0, "acquisition_cost": 80.0, "orders_in_period": 6.0,
    "customers_in_period": 3.0, "revenue_in_period": 600.0, "customers_in_previous_period": 4.0, "retained_customers": 3.0, **SETTINGS,
}  # fmt: skip


def worth(name="clv_contribution", lifespan="churn", **changed):
    own = formula("mine", "Mine", Unit.COUNT, "orders_per_customer", "For a test.")
    catalog = Catalog(own_formulas=(own,), settings=SETTINGS, lifespan=lifespan, currency="EUR")
    return Worth(name, catalog, {**SHOP, **changed})


def names(levers):
    return [lever.name for lever in levers]


# Moves


@pytest.mark.parametrize(
    ("option", "text", "today", "then"),
    [
        ("aov", "+5%", 40.0, 42.0),
        ("aov", "-10%", 40.0, 36.0),
        ("aov", " +.5% ", 40.0, 40.2),
        ("aov", "25", 40.0, 25.0),
        ("aov", "0.35", 40.0, 0.35),
        ("cac", "−10%", 40.0, 36.0),
        ("retention", "+2pt", 0.5, 0.52),
        ("retention", "-1.5pt", 0.5, 0.485),
        ("retention", "+10%", 0.5, 0.55),
        ("margin", "35%", 0.5, 0.35),
        ("margin", "0.35", 0.5, 0.35),
        ("margin", "+5%", -0.1, -0.105),
        ("lifespan", "4", 2.0, 4.0),
    ],
)
def test_a_move_leads_where_it_says(option, text, today, then):
    found = move(BY_OPTION[option], text)
    assert found.of(today) == pytest.approx(then)
    assert found.problems(today) == []
    assert found.text == text


@pytest.mark.parametrize("option", BY_OPTION)
@pytest.mark.parametrize(
    "text", ["", "fast", "+5", "-5", "2pt", "+5 %", "5%%", "+-5%", "1e9", "nan", "inf", "+5,5%", "+٣%", "%", "pt", "+pt"]
)
def test_what_says_nothing_or_two_things_is_refused(option, text):
    with pytest.raises(UsageError, match="doesn't say how far to move it") as refused:
        move(BY_OPTION[option], text)
    assert str(refused.value.problems[0].place) == f"--{option}"


def test_only_a_share_moves_by_points_or_to_a_per_cent():
    for text, hint in (("+2pt", "points are for shares"), ("35%", "'25' is that value")):
        with pytest.raises(UsageError, match=hint):
            move(BY_OPTION["aov"], text)


@pytest.mark.parametrize(
    ("option", "text", "today", "message"),
    [
        ("retention", "+60pt", 0.5, "'+60pt' would make it 110.0%, but a share is 0% to 100%\nhint: Retention rate is 50.0% today"),
        ("retention", "-60pt", 0.5, "'-60pt' would make it -10.0%, but a share is 0% to 100%"),
        ("retention", "+120%", 0.5, "'+120%' would make it 110.0%, but a share is 0% to 100%"),
        ("margin", "35", 0.5, "'35' would make it 3500.0%, but a share is 0% to 100%\nhint: a share is written as 35% or 0.35"),
        ("aov", "-120%", 40.0, "'-120%' would make it -8.00, which is less than nothing\nhint: AOV is 40.00 today"),
    ],
)
def test_a_lever_can_not_stand_everywhere(option, text, today, message):
    (problem,) = move(BY_OPTION[option], text).problems(today)
    assert message in str(problem)


def test_what_is_below_zero_today_may_stay_there():
    assert BY_OPTION["margin"].range(-0.1) == (-math.inf, 1.0)
    assert BY_OPTION["cac"].range(20.0) == (0.0, math.inf)


@pytest.mark.parametrize(("text", "share"), [("10%", 0.1), ("0.25", 0.25), (" 100% ", 1.0)])
def test_a_swing_is_a_share(text, share):
    assert share_of(text) == share


@pytest.mark.parametrize("text", ["", "10", "0%", "-10%", "120%", "far", "nan"])
def test_a_swing_that_is_no_share_is_refused(text):
    with pytest.raises(UsageError, match="is no share of a lever"):
        share_of(text)


# Worth


def test_a_formula_is_worth_today_what_the_pencil_says():
    assert worth().value == pytest.approx(300)
    assert worth("clv_retention_end").value == pytest.approx(80 / (1.25 - 0.75))


@pytest.mark.parametrize(
    ("moved", "value"),
    [
        ({}, 300),
        ({"aov": 105.0}, 316),
        ({"purchase_frequency": 1.0}, 140),
        ({"retention_rate": 0.8}, 380),
        ({"margin": 0.5}, 380),
        ({"cac": 320.0}, 0),
        ({"lifespan_years": 3.0}, 220),
        ({"aov": 105.0, "retention_rate": 0.8}, 400),
        ({"retention_rate": 1.0}, None),
    ],
)
def test_a_formula_comes_to_what_the_pencil_says(moved, value):
    found = worth().at(moved)
    assert found is value if value is None else found == pytest.approx(value, abs=1e-9)


def test_the_revenue_of_a_period_goes_with_order_value_and_frequency():
    # margin of a period 200 * 0.4 = 80, times 1.1 and 1.2; over 1 + 0.25 - 0.75
    assert worth("clv_retention_end").at({"aov": 110.0, "purchase_frequency": 2.4}) == pytest.approx(80 * 1.1 * 1.2 / 0.5)
    assert worth("clv_retention_end", revenue_in_period=None).at({"aov": 110.0}) is None
    assert worth("clv_retention_end", revenue=0.0, gross_profit=0.0).at({"aov": 110.0}) is None  # no part of nothing is 110


@pytest.mark.parametrize(
    ("name", "lifespan", "levers"),
    [
        ("clv_contribution", "churn", ["aov", "purchase_frequency", "retention_rate", "margin", "cac"]),
        ("clv_contribution", 3, ["aov", "purchase_frequency", "margin", "cac", "lifespan_years"]),
        ("clv_retention_end", 3, ["aov", "purchase_frequency", "retention_rate", "margin"]),
        ("clv_simple", "tenure", ["aov", "purchase_frequency"]),
        ("clv_observed", "churn", ["cac"]),
    ],
)
def test_the_levers_of_a_formula_are_what_it_reads(name, lifespan, levers):
    assert names(worth(name, lifespan).levers) == levers


def test_a_lever_that_is_not_known_is_none():
    unknown = worth(acquisition_cost=None, name="clv_simple")
    assert unknown.today(BY_OPTION["cac"]) is None
    assert names(worth("clv_contribution", acquisition_cost=None).levers) == ["aov", "purchase_frequency", "retention_rate", "margin"]


def test_the_lifespan_follows_from_retention_where_it_is_one_over_churn():
    assert worth().leader(BY_OPTION["lifespan"]) == BY_OPTION["retention"]
    assert worth(lifespan="tenure").leader(BY_OPTION["lifespan"]) is None


def test_only_money_that_a_customer_is_worth_is_taken_times_customers():
    assert worth().is_of_a_customer
    assert not worth("aov").is_of_a_customer
    assert not worth("ltv_to_cac").is_of_a_customer
    assert worth().customers == 4
    assert worth(customers=None).customers == 0


def test_a_value_is_shown_in_its_unit():
    assert worth().shown(300.0) == "300.00 EUR"
    assert worth("ltv_to_cac").shown(16.0) == "16.00"
    assert worth("mine").unit is Unit.NUMBER
