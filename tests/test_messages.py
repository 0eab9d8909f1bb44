"""What is typed wrongly is answered in the words of whoever typed it, and never with a wrong figure or a traceback."""

from __future__ import annotations

import polars as pl
import pytest
from terminal import Terminal

from clvcli.tables import Unit

ORDERS = "customer_id,order_id,ordered_at,amount,orders\nann,1,2024-01-05,46.03,a\nbob,2,2024-02-28,20.00,b\n"


@pytest.fixture
def terminal(tmp_path):
    (tmp_path / "shop.csv").write_text(ORDERS)
    return Terminal(tmp_path)


def test_a_mistake_in_an_option_is_not_blamed_on_the_config(terminal):
    shown = terminal.type("clv compute sample_data/orders.csv --where 'quantity ='")
    assert shown[0].startswith("error: --where:10: can't read 'quantity ='")


def test_a_condition_on_records_must_be_a_condition(terminal):
    shown = terminal.type("clv compute shop.csv --where amount")
    assert shown[0].endswith("'amount' is a number, not a condition")
    assert shown[-1] == "[exit 3]"


def test_a_formula_must_be_a_number(terminal):
    (terminal.folder / "own.yaml").write_text("formulas:\n  big: {text: revenue > 10}\n")
    shown = terminal.type("clv compute shop.csv --config own.yaml")
    assert shown[0] == "error: own.yaml:2:15: formula big: 'revenue > 10' is a condition, not a number"
    assert shown[-1] == "[exit 3]"


def test_the_mistakes_in_a_config_come_in_the_order_of_its_lines(terminal):
    (terminal.folder / "own.yaml").write_text("margn: 1\nperiod: week\ncac: {by: channel, rates: {}}\n")
    shown = terminal.type("clv compute shop.csv --config own.yaml")
    assert [line.split(":")[2] for line in shown if line.startswith("error: ")] == ["1", "2", "3"]


def test_a_config_that_was_found_is_named_as_briefly_as_it_can_be(terminal):
    (terminal.folder / "clv.yaml").write_text("margin: 2\n")
    assert terminal.type("clv compute shop.csv")[0].startswith("error: clv.yaml:1:9: margin: ")


def test_an_option_is_called_by_its_own_name(terminal):
    assert terminal.type("clv compute shop.csv --churn-window 0")[0].startswith("error: --churn-window: ")


def test_a_file_that_is_nearly_named_is_suggested_with_its_folder(terminal):
    assert terminal.type("clv compute sample_data/order.csv")[1] == "hint: did you mean 'sample_data/orders.csv'?"


def test_a_role_can_be_left_out(terminal):
    (terminal.folder / "shop.csv").write_text("customer_id,order_id,ordered_at,amount\nann,,2024-01-05,30\nbob,7,2024-01-06,31\n")
    assert "2 records = 2 used; 2 orders; 61.00 in the file, all of it used" in terminal.type("clv compute shop.csv --map order_id=")


@pytest.mark.parametrize("name", ["customer_id", "order_id", "amount", "orders"])
def test_a_segment_by_a_name_of_clvs_own_is_refused_or_answered(terminal, name):
    shown = terminal.type(f"clv segments shop.csv --by {name}")
    assert shown[0] == f"Customers by {name}" or shown[-1] == "[exit 2]"


def test_a_column_named_twice_counts_once(terminal):
    assert terminal.type("clv segments sample_data/orders.csv --by country,country")[0] == "Customers by country"


@pytest.mark.parametrize(("decimal", "amount"), [(",", "46.03"), (".", "46,03"), (",", "1.23.456"), (",", "1234.5678")])
def test_a_mark_that_does_not_set_thousands_apart_is_not_taken_away(terminal, decimal, amount):
    (terminal.folder / "shop.csv").write_text(f"customer_id;ordered_at;amount\nann;2024-01-05;{amount}\n")
    assert terminal.type(f"clv compute shop.csv --decimal {decimal}")[-1] == "[exit 4]"


def test_a_file_name_is_whole_where_there_is_room(terminal):
    shown = terminal.type("clv inspect sample_data/orders.european.csv --date-format %d/%m/%Y --decimal , --table files")
    assert any(line.startswith("sample_data/orders.european.csv ") for line in shown)


def test_a_workbook_is_refused_at_the_terminal_before_anything_is_said(terminal):
    assert terminal.type("clv compute sample_data/orders.csv --format xlsx")[0] == "error: xlsx isn't for a terminal"


def test_a_folder_that_is_not_there_is_named(terminal):
    shown = terminal.type("clv compute sample_data/orders.csv --quiet -o reports/worth.csv")
    assert shown == [
        "error: reports/worth.csv: can't be written: No such file or directory",
        "hint: there is no folder reports",
        "[exit 5]",
    ]


def test_a_formula_that_is_no_clv_is_not_announced_as_a_missing_one(terminal):
    assert "No CLV can be worked out" not in terminal.type("clv compute sample_data/orders.csv --formula aov")


def test_money_in_a_file_for_machines_has_no_more_digits_than_were_paid():
    amounts = pl.Series("revenue", [19_965_200, 21, 84, -42])
    assert Unit.MONEY.in_units(amounts).to_list() == [1996.52, 0.0021, 0.0084, -0.0042]


def test_a_word_that_may_be_left_out_is_no_empty_word(terminal):
    assert terminal.type("clv compute sample_data/orders.csv --grain nope") == [
        "error: --grain: 'nope' should be 'order', 'line', 'header_and_lines' or 'repeated'",
        "hint: there are: order, line, header_and_lines, repeated",
        "[exit 2]",
    ]


def test_an_encoding_that_does_not_exist_is_a_mistake_of_usage(terminal):
    assert terminal.type("clv compute sample_data/orders.csv --encoding klingon")[-1] == "[exit 2]"
