"""What the business has agreed, as one value."""

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from orders_text import collected, customers_from, observed, values

from clvcli.catalog import DEFAULT_SHOWN, SETTINGS, Catalog
from clvcli.definition import formula
from clvcli.errors import ConfigError
from clvcli.expression import parse
from clvcli.formulas import FORMULAS
from clvcli.metrics import METRICS
from clvcli.periods import Period
from clvcli.rates import Rates
from clvcli.segments import Segment
from clvcli.tables import Unit

SHOP = """
    customer  order  date        amount
    ann       1      2024-01-05    30
    ann       2      2024-02-05    30
    bob       3      2024-01-05    15
"""
MINE = formula("mine", "Mine", Unit.MONEY, "aov * 2", "For a test.")


def shop():
    return customers_from(SHOP, observed("2024-12-31", Period.YEAR), Rates(0.5))


def test_every_metric_setting_and_formula_has_a_name():
    names = Catalog().names
    assert names == {*(m.name for m in METRICS), *(s.name for s in SETTINGS), *(f.name for f in FORMULAS), "lifespan_years"}
    assert names <= Catalog().columns.keys()


def test_a_name_has_a_column_and_an_attribute_is_text():
    assert Catalog().column("aov").unit is Unit.MONEY
    assert Catalog().column("first_channel").label == "First channel"
    assert Catalog().column("first_channel").unit is Unit.TEXT


def test_a_configured_formula_stands_among_clvs_own():
    catalog = Catalog(own_formulas=(MINE,), shown=("mine", "clv_observed"))
    assert catalog.column("mine").description == "For a test."
    assert values(catalog.derive(shop(), ["mine"]), "aov") == {"ann": 30.0, "bob": 15.0}
    assert catalog.derive(shop(), ["mine"]).collect().sort("customer_id")["mine"].to_list() == [60.0, 30.0]


def test_a_configured_formula_may_replace_one_of_clvs():
    own = formula("aov", "AOV", Unit.MONEY, "revenue / customers", "Another.")
    assert Catalog(own_formulas=(own,)).by_name["aov"].expression.text == "revenue / customers"


def test_all_formulas_are_derived_unless_some_are_named():
    everything = Catalog().derive(shop()).collect_schema().names()
    assert {f.name for f in Catalog().formulas} <= set(everything)
    some = Catalog().derive(shop(), ["margin"]).collect_schema().names()
    assert [n for n in some if n in Catalog().by_name] == ["margin"]


def test_naming_a_formula_brings_what_it_reads_once():
    some = Catalog().derive(shop(), ["clv_net_of_cac", "customers"]).collect_schema().names()
    read = ["retention_rate", "churn_rate", "lifespan_years", "purchase_frequency", "orders_per_lifetime", "margin", "cac", "aov"]
    assert sorted(n for n in some if n in Catalog().by_name) == sorted([*read, "clv_net_of_cac"])


def test_the_metrics_a_formula_needs_are_found_through_other_formulas():
    read = ("revenue_in_period", "customers_in_period", "gross_profit", "variable_costs", "revenue")
    assert Catalog().needed(["margin_per_period", "orders"]) == {*read, "orders"}


def test_what_is_absent_is_null_even_if_it_was_measured():
    catalog = Catalog(absent={"gross_profit": "no margin"})
    frame = catalog.derive(shop(), ["margin"])
    assert "gross_profit" not in frame.collect_schema().names()
    assert values(frame, "margin") == {"ann": None, "bob": None}


def test_an_absent_setting_has_no_value():
    catalog = Catalog(settings={"period_years": 1.0, "discount_rate": 0.1}, absent={"period_years": "no period"})
    assert catalog.work_out({})["discount_per_period"] is None
    assert catalog.work_out({"period_years": 2.0})["discount_per_period"] == pytest.approx(1.1**2 - 1)


def test_formulas_over_numbers_and_over_a_frame_are_the_same():
    catalog = Catalog(
        settings={"period_years": 1.0, "discount_rate": 0.1, "target_ltv_to_cac": 3.0, "target_payback_months": 12.0}, lifespan=2
    )
    frame = pl.DataFrame({m.name: [index * 10_000] for index, m in enumerate(METRICS, start=3)})
    over_frame = collected(catalog.derive(nw.from_native(frame.lazy()))).row(0, named=True)
    units = {m.name: Unit.MONEY.in_units(frame[m.name])[0] if m.name in catalog.scaled else frame[m.name][0] for m in METRICS}
    over_numbers = catalog.work_out(units)
    assert {n: over_frame[n] for n in catalog.by_name} == {
        n: v and pytest.approx(v, rel=1e-12) for n, v in over_numbers.items() if n in catalog.by_name
    }


def test_customers_are_labelled_by_conditions_on_any_number():
    segments = (
        Segment("big", parse("aov >= 20 and aov < target_ltv_to_cac * 100")),
        Segment("margin-unknown", parse("ltv_to_cac > 1")),
        Segment("small", parse("orders == 1 and revenue < 20")),
    )
    labelled = Catalog(segments=segments, settings={"target_ltv_to_cac": 3.0}).label(shop())
    assert values(labelled, "segment") == {"ann": "big", "bob": "small"}
    assert labelled.collect_schema().names() == [*shop().collect_schema().names(), "segment"]


def test_a_condition_on_an_attribute_reads_its_text():
    customers = shop().with_columns(channel=nw.col("customer_id"))
    segments = (Segment("ann herself", parse('channel == "ann"')), Segment("nowhere", parse('country == "LV"')))
    assert values(Catalog(segments=segments).label(customers), "segment") == {"ann": "ann herself", "bob": "other"}


def test_an_unknown_formula_to_show_is_refused():
    with pytest.raises(ConfigError) as error:
        Catalog(shown=("clv_simpel",))
    (problem,) = error.value.problems
    assert (problem.message, problem.hint) == ("unknown formula 'clv_simpel'", "did you mean 'clv_simple'?")


def test_a_segment_may_read_only_what_has_a_name():
    with pytest.raises(ConfigError) as error:
        Catalog(segments=(Segment("loyal", parse("order > 3")),))
    (problem,) = error.value.problems
    assert (problem.message, problem.hint) == ("unknown name 'order'", "did you mean 'orders'?")


def test_what_is_shown_by_default_exists_and_is_a_clv():
    assert all(Catalog().by_name[name].labels for name in DEFAULT_SHOWN)
