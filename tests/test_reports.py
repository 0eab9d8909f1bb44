"""Questions about customers, answered as tables."""

import polars as pl
import pytest
from orders_text import customers_from, observed

from clvcli.acquisition import with_acquisition_cost
from clvcli.catalog import DEFAULT_SHOWN, Catalog
from clvcli.definition import Labels, formula
from clvcli.errors import ConfigError
from clvcli.expression import parse
from clvcli.metrics import BY_AGE, METRICS, PREDICTED
from clvcli.periods import Period
from clvcli.rates import Rates
from clvcli.reports.customers import each_customer
from clvcli.reports.figures import figures, reason
from clvcli.reports.segments import by_segment
from clvcli.reports.summary import summary
from clvcli.segments import Segment
from clvcli.tables import Unit

SHOP = """
    customer  order  date        amount  channel
    ann       1      2023-01-05    30    web
    ann       2      2024-01-05    30    web
    ann       2      2024-01-09   -10    web
    bob       3      2023-03-01    20    fair
    cid       4      2022-06-01    10    -
    dan       r-1    2024-06-01    -5    web
"""
SEEN = observed("2024-12-31", Period.YEAR)
SETTINGS = {"period_years": 1.0, "discount_rate": 0.1, "churn_window_days": 180.0, "target_ltv_to_cac": 3.0}
NOT_REFERRED = dict.fromkeys(("referred_customers", "referred_gross_profit"), "nobody is referred")
SHOWN = ("clv_contribution", "clv_observed")


def shop(text=SHOP):
    """Customers with their channel, a margin of a half and a CAC of 5."""
    return with_acquisition_cost(customers_from(text, SEEN, Rates(0.5)), Rates(5.0))


def catalog(**changes):
    return Catalog(**{"settings": SETTINGS, "absent": NOT_REFERRED, "shown": SHOWN, **changes})


def column(table, name, key="name"):
    return dict(zip(table.frame[key].to_list(), table.frame[name].to_list(), strict=True))


def test_the_figures_are_those_of_all_customers_together():
    values = figures(shop(), catalog())
    assert (values["customers"], values["orders"], values["revenue"]) == (3, 4, 75.0)
    assert values["aov"] == 75 / 4
    assert values["churn_rate"] == 0.5
    assert values["clv_contribution"] == 75 / 4 * 1 / 0.5 * 0.5 - 5
    assert values["referral_value"] is None


def test_every_number_that_is_measured_is_among_the_figures():
    measured = {m.name for m in METRICS if m.column.unit is not Unit.DATE} - NOT_REFERRED.keys() - BY_AGE - PREDICTED - {"variable_costs"}
    values = figures(shop(), catalog())
    assert {n for n in measured if values.get(n) is None} == set()
    assert (values["new_customers"], values["lapsed_customers"], values["exposure_days"]) == (0, 3, 365)


def test_the_headline_is_the_first_clv_that_is_defined():
    clvs, _ = summary(shop(), catalog(currency="EUR"))
    assert clvs.title == "A customer is worth 13.75 EUR (clv_contribution: margin, total, 2.00 y, not discounted)"
    assert column(clvs, "value") == {"clv_contribution": 13.75, "clv_observed": (75 * 0.5 - 3 * 5) / 3}
    assert clvs.notes == ()


def test_a_clv_that_is_discounted_says_at_what_rate():
    clvs, _ = summary(shop(), catalog(shown=("clv_retention_end",)))
    assert column(clvs, "discounting") == {"clv_retention_end": "10.0% a year"}
    assert clvs.title.endswith("(clv_retention_end: margin, total, unlimited, discounted at 10.0% a year)")


def test_what_is_undefined_says_why_once():
    clvs, numbers = summary(shop(), catalog(absent={**NOT_REFERRED, "gross_profit": "the margin isn't known"}))
    assert clvs.title == "No CLV can be worked out"
    assert column(clvs, "undefined") == dict.fromkeys(SHOWN, "the margin isn't known")
    assert clvs.notes == ("clv_contribution, clv_observed: the margin isn't known.",)
    assert column(numbers, "undefined")["margin"] == "the margin isn't known"


def test_the_figures_table_holds_what_is_known_and_what_ought_to_be():
    _, numbers = summary(shop(), catalog())
    assert column(numbers, "how")["aov"] == "revenue / orders"
    assert column(numbers, "how")["customers"] == ""
    assert column(numbers, "value")["lifespan_years"] == 2.0
    assert "referral_value" not in column(numbers, "value")


def test_a_configured_number_is_shown_among_the_figures_and_a_configured_clv_among_the_clvs():
    plain = formula("net_aov", "Net AOV", Unit.MONEY, "aov * margin", "For a test.")
    clv = formula("clv_two", "CLV two", Unit.MONEY, "2 * net_aov", "For a test.", labels=Labels("margin", "total", "2 y", "none"))
    clvs, numbers = summary(shop(), catalog(own_formulas=(plain, clv), shown=("clv_two", "net_aov", "repeat_rate", "refund_rate")))
    assert column(clvs, "value") == {"clv_two": 75 / 4}
    assert column(numbers, "value")["net_aov"] == 75 / 8
    assert column(numbers, "value")["refund_rate"] == 15 / 90
    assert numbers.frame["name"].is_unique().all()


def test_segments_are_rows_with_the_total_below():
    table = by_segment(shop(), catalog(), ["channel"])
    assert table.title == "Customers by channel"
    assert column(table, "revenue", key="channel") == {"web": 50.0, "fair": 20.0, None: 5.0}
    assert column(table, "share_of_customers", key="channel") == pytest.approx({"web": 1 / 3, "fair": 1 / 3, None: 1 / 3})
    assert table.footer["revenue"] == 75.0
    assert table.footer["aov"] == 75 / 4
    assert table.footer["share_of_customers"] == 1.0
    assert table.keys == 1
    assert table.notes[0] == "Ratios are of sums: a segment's AOV is its revenue per its orders."


def test_additive_columns_of_segments_sum_to_the_footer():
    table = by_segment(shop(), catalog(), ["channel"])
    additive = ("customers", "orders", "revenue", "refunds", "gross_profit", "acquisition_cost", "repeat_customers", "lapsed_customers")
    assert {name: table.frame[name].sum() for name in additive} == {name: table.footer[name] for name in additive}


def test_segments_of_equal_revenue_are_in_the_order_of_their_names():
    table = by_segment(
        shop("""
        customer  order  date        amount  channel
        ann       1      2024-01-05    10    b
        bob       2      2024-01-05    10    a
        cid       3      2024-01-05    20    c
    """),
        catalog(),
        ["channel"],
    )
    assert table.frame["channel"].to_list() == ["c", "a", "b"]


def test_segments_show_no_more_than_three_default_clvs_and_every_one_that_was_asked_for():
    four = ("clv_observed", "clv_simple", "clv_monthly", "clv_churn")
    for shown, kept in ((four, four[:3]), (four[1:], four[1:])):
        columns = by_segment(shop(), catalog(shown=shown), ["channel"]).frame.columns
        assert tuple(n for n in columns if n in four) == kept


def test_a_column_that_has_no_value_for_the_shop_is_left_out_of_segments():
    without_margin = catalog(absent={**NOT_REFERRED, "gross_profit": "the margin isn't known"})
    table = by_segment(shop(), without_margin, ["channel"])
    assert not {"gross_profit", "margin", "clv_observed"} & set(table.frame.columns)
    assert table.notes[0] == "clv_contribution, clv_observed: the margin isn't known."


def test_segments_may_be_of_the_whole():
    table = by_segment(shop(), catalog(), [])
    assert (table.frame["customers"].to_list(), table.keys) == ([3], 0)


def test_configured_segments_are_a_key_like_any_other():
    own = catalog(segments=(Segment("loyal", parse("orders >= 2")),))
    table = by_segment(own.label(shop()), own, ["segment", "channel"])
    assert table.frame.select("segment", "channel", "customers").rows() == [
        ("loyal", "web", 1),
        ("other", "fair", 1),
        ("other", None, 1),
    ]


def test_segments_that_nobody_configured_are_refused():
    with pytest.raises(ConfigError, match="no segments are configured"):
        by_segment(shop(), catalog(), ["segment"])


def test_each_customer_is_a_row_most_revenue_first():
    table = each_customer(shop(), catalog())
    assert table.frame.select("customer_id", "revenue", "aov").rows() == [
        ("ann", 50.0, 25.0),
        ("bob", 20.0, 20.0),
        ("cid", 10.0, 10.0),
        ("dan", -5.0, None),
    ]
    assert table.notes == ()
    assert table.frame.columns[0] == "customer_id"


def test_only_the_first_customers_are_shown_if_asked():
    table = each_customer(shop(), catalog(), most=2)
    assert table.frame["customer_id"].to_list() == ["ann", "bob"]
    assert table.notes == ("2 of 4 customers, most revenue first; -o FILE writes all of them.",)


def test_customers_of_equal_revenue_are_in_the_order_of_their_ids():
    table = each_customer(
        shop("""
        customer  order  date        amount  channel
        bob       2      2024-01-05    10    -
        ann       1      2024-01-05    10    -
    """),
        catalog(),
    )
    assert table.frame["customer_id"].to_list() == ["ann", "bob"]


def test_a_customer_shows_the_formulas_that_were_asked_for():
    asked = catalog(shown=("clv_contribution", "clv_simple"))
    assert {"clv_contribution", "clv_simple"} <= set(each_customer(shop(), asked).frame.columns)


def test_of_the_default_clvs_a_customer_shows_only_what_is_observed():
    by_default = catalog(shown=(*DEFAULT_SHOWN, "repeat_rate"))
    assert {"clv_observed", "repeat_rate"} == {*DEFAULT_SHOWN, "repeat_rate"} & set(each_customer(shop(), by_default).frame.columns)


def test_what_is_absent_is_no_column_of_a_customer():
    table = each_customer(shop(), catalog(absent={**NOT_REFERRED, "gross_profit": "the margin isn't known"}))
    assert not {"gross_profit", "clv_observed"} & set(table.frame.columns)
    assert "aov" in table.frame.columns


def test_attributes_and_chosen_numbers_are_for_people_and_the_rest_for_machines():
    own = catalog(segments=(Segment("loyal", parse("orders >= 2")),), shown=("clv_simple",))
    table = each_customer(own.label(shop()), own)
    assert table.frame.columns[:2] == ["customer_id", "segment"]
    shown = {c.name for c in table.columns} - table.hidden
    measured = {"orders", "revenue", "gross_profit", "first_day", "last_day", "idle_days"}
    assert shown == {"customer_id", "segment", "channel", "aov", "clv_observed", "clv_simple"} | measured


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("aov", {"aov": 3.0}, None),
        ("aov", {"revenue": 3.0, "orders": 0.0}, "aov = revenue / orders divides by zero: orders is 0"),
        ("cac", {"customers": 3.0}, "no CAC"),
        ("ltv_to_cac", {"customers": 3.0, "aov": 1.0}, "no CAC"),
        ("aov", {"orders": 0.0}, "revenue isn't known"),
        ("nonsense", {}, "nonsense isn't known"),
    ],
)
def test_the_reason_is_the_first_input_that_has_no_value(name, values, why):
    assert reason(name, values, catalog(absent={"acquisition_cost": "no CAC"})) == why


def test_where_a_difference_is_zero_no_input_is_blamed():
    gap = formula("gap", "Gap", Unit.NUMBER, "1 / (orders - customers)", "For a test.")
    own = catalog(own_formulas=(gap,))
    assert reason("gap", {"orders": 2.0, "customers": 2.0}, own) == "gap = 1 / (orders - customers) divides by zero"


def test_what_divides_nothing_is_not_said_to_divide_by_zero():
    root = formula("root", "Root", Unit.NUMBER, "(orders - customers) ** 0.5", "For a test.")
    assert "divides by zero" not in reason("root", {"orders": 1.0, "customers": 2.0}, catalog(own_formulas=(root,)))


def test_every_column_of_a_table_is_defined_and_its_own():
    tables = [*summary(shop(), catalog()), by_segment(shop(), catalog(), ["channel"]), each_customer(shop(), catalog())]
    for table in tables:
        assert [c.name for c in table.columns] == table.frame.columns
        assert table.hidden <= set(table.frame.columns)
        assert all(c.label and c.description for c in table.columns)


def test_a_shop_without_customers_has_no_shares():
    table = by_segment(
        shop("""
        customer  order  date        amount  channel
        dan       r-1    2024-06-01    -5    web
    """),
        catalog(),
        ["channel"],
    )
    assert table.frame.select("customers", "share_of_customers").rows() == [(0, 0.0)]
    assert isinstance(table.frame, pl.DataFrame)
