"""Units, columns and tables."""

from datetime import date

import polars as pl
import pytest

from clvcli.tables import Column, Report, Table, Unit

WHO = Column("customer_id", "Customer", Unit.TEXT, "Who.")
REVENUE = Column("revenue", "Revenue", Unit.MONEY, "How much.")
FIRST = Column("first_day", "First order", Unit.DATE, "When.")


@pytest.mark.parametrize(
    ("unit", "value", "shown"),
    [
        (Unit.TEXT, "ann", "ann"),
        (Unit.DATE, date(2024, 2, 29), "2024-02-29"),
        (Unit.COUNT, 23570, "23,570"),
        (Unit.DAYS, 1234.0, "1,234 d"),
        (Unit.MONTHS, 3.26, "3.3 mo"),
        (Unit.YEARS, 0.5, "0.50 y"),
        (Unit.MONEY, 2_500_315.63, "2,500,315.63"),
        (Unit.MONEY, -9.999, "-10.00"),
        (Unit.SHARE, 0.4061, "40.6%"),
        (Unit.NUMBER, 2.0, "2.00"),
        (Unit.ROW, 2.0, "2.0"),
    ],
)
def test_people_read_a_value_in_its_unit(unit, value, shown):
    assert unit.show(value) == shown


@pytest.mark.parametrize("unit", Unit)
def test_what_is_unknown_is_a_dash_in_every_unit(unit):
    assert unit.show(None) == "–"


def test_no_zero_is_shown_as_negative():
    assert Unit.MONEY.show(-0.001) == "0.00"
    assert Unit.SHARE.show(-0.0) == "0.0%"


@pytest.mark.parametrize(
    ("unit", "json_type", "is_number"),
    [(Unit.TEXT, "string", False), (Unit.DATE, "string", False), (Unit.COUNT, "integer", True), (Unit.MONEY, "number", True)],
)
def test_a_unit_knows_its_type_in_json_and_whether_it_is_a_number(unit, json_type, is_number):
    assert (unit.json_type, unit.is_number) == (json_type, is_number)


def test_measured_money_becomes_currency_units_and_derived_money_stays():
    measured = pl.Series([12_5000, None, -5_0000])
    assert Unit.MONEY.in_units(measured).to_list() == [12.5, None, -5.0]
    assert Unit.MONEY.in_units(pl.Series([12.5, None, -5.0])).to_list() == [12.5, None, -5.0]


def test_money_is_written_as_it_was_given_to_the_last_cent():
    ten_thousandths = [2_5900, 4_8100, 1996_5200, 12_3456, 2_500_315_6300]
    assert Unit.MONEY.in_units(pl.Series(ten_thousandths)).to_list() == [2.59, 4.81, 1996.52, 12.3456, 2500315.63]


def test_day_numbers_become_dates_and_dates_stay():
    days = pl.Series([0, 19_782, None])
    dates = [date(1970, 1, 1), date(2024, 2, 29), None]
    assert Unit.DATE.in_units(days).to_list() == dates
    assert Unit.DATE.in_units(pl.Series(dates)).to_list() == dates


def test_a_table_turns_what_was_measured_into_units():
    frame = pl.DataFrame({"customer_id": ["ann"], "revenue": [12_5000], "first_day": [1]})
    table = Table.of("customers", "Customers", (WHO, REVENUE, FIRST), frame, notes=("one",))
    assert table.frame.rows() == [("ann", 12.5, date(1970, 1, 2))]
    assert table.notes == ("one",)


def test_a_column_that_nobody_defined_is_not_shown():
    frame = pl.DataFrame({"customer_id": ["ann"], "secret": [1]})
    with pytest.raises(ValueError, match=r"customers: the frame has \['customer_id', 'secret'\], its columns say \['customer_id'\]"):
        Table("customers", "Customers", (WHO,), frame)


@pytest.mark.parametrize(
    "picture",
    [{"shaded": frozenset({"age"})}, {"bars": frozenset({"age"})}, {"marks": frozenset({(0, "age")})}],
    ids=["shaded", "bars", "marks"],
)
def test_a_picture_of_a_column_that_is_not_there_is_a_mistake(picture):
    with pytest.raises(ValueError, match="customers: no column is called age"):
        Table("customers", "Customers", (WHO,), pl.DataFrame({"customer_id": ["ann"]}), **picture)


def test_a_report_is_tables_with_what_must_be_said():
    table = Table("customers", "Customers", (WHO,), pl.DataFrame({"customer_id": ["ann"]}))
    report = Report("customers", (table,), {"currency": "EUR"}, ("money in EUR",))
    assert (report.tables[0].frame.item(), report.facts["currency"], report.remarks[0]) == ("ann", "EUR", "money in EUR")
