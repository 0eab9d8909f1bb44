"""Roles: what columns mean, by their own names, as they are mapped, and worked out of several."""

import pytest
from exported import HEADER, fates, one_order, orders_of, read_export, read_text, refused, written

from clvcli.errors import ClvError, ConfigError, UsageError
from clvcli.exports.roles import ROLES, folded, roles

PARTS = "oid,customer_id,ordered_at,qty,price,discount\n1,ann,2024-01-05,3,10.50,0.1\n2,bob,2024-01-06,1,2,0\n"


def meaning(*columns, **mapping):
    """What each role's column is in a file with these columns."""
    return dict(roles(columns, mapping, {name: ["x"] for name in columns}, "orders.csv").of)


REQUIRED = ("customer_id", "ordered_at", "amount")
OWN = {name: name for name in REQUIRED}


# By name


def test_a_column_with_a_roles_name_has_that_role():
    assert meaning(*(role.name for role in ROLES)) == {role.name: role.name for role in ROLES}


@pytest.mark.parametrize("name", ["Customer_ID", "CUSTOMER ID", "customer-id", "CustomerId", " customer id ", "customer.id"])
def test_case_blanks_and_punctuation_do_not_matter(name):
    assert meaning(name, "ordered_at", "amount")["customer_id"] == name


@pytest.mark.parametrize("name", ["NÚMERO DE CLIENTE", "Número De Cliente", "número de cliente", "Nº Cliente"])
def test_letters_beyond_ascii_may_be_large_or_small(tmp_path, name):
    assert one_order(read_text(tmp_path, f"{name},fecha de venta,importe\nann,2024-01-05,10\n")) == (
        "ann",
        "2024-01-05",
        10.0,
    )


@pytest.mark.parametrize("text", ["zł 10", "Kč 10", "10 лв"])
def test_an_amount_may_have_a_currency_of_any_letters(tmp_path, text):
    assert one_order(read_text(tmp_path, f"customer,order date,revenue\nann,2024-01-05,{text}\n")) == ("ann", "2024-01-05", 10.0)


NAMED = "Pasūtījums,Klients,E-pasts,Datums,Summa\n1,Jānis Bērziņš,j@example.lv,2025-01-05,10\n2,Jānis Bērziņš,b@example.lv,2025-01-06,20\n"


@pytest.mark.parametrize(
    "name", ["Total (EUR)", "total [USD]", "Total in €", "Order Total USD", "order_total_eur", "Total:", "*Total", "Betrag, €"]
)
def test_a_currency_and_marks_behind_a_name_are_no_part_of_it(tmp_path, name):
    assert one_order(read_text(tmp_path, f'order_id;customer;order date;"{name}"\n1;ann;2024-01-05;10.50\n')) == ("ann", "2024-01-05", 10.5)


def test_totals_in_two_currencies_are_refused(tmp_path):
    said = refused(tmp_path, "order_id;customer;order date;Total (EUR);Total (USD)\n1;ann;2024-01-05;10.50;11.50\n")
    assert "Total (EUR) and Total (USD) could both be amount" in said


def test_a_name_alone_goes_before_one_with_a_currency(tmp_path):
    assert one_order(read_text(tmp_path, "order_id;customer;order date;Total (EUR);Total\n1;ann;2024-01-05;10.50;11.50\n"))[2] == 11.5


@pytest.mark.parametrize("name", ["cancelled", "is_canceled", "Storniert", "Cancelled at"])
@pytest.mark.parametrize(
    ("yes", "no"), [("yes", "no"), ("1", "0"), ("TRUE", "FALSE"), ("2024-01-06", "0000-00-00 00:00:00"), ("2024-01-06", "")]
)
def test_what_a_column_says_was_cancelled_is_left_out(tmp_path, name, yes, no):
    content = f"order_id,customer,order date,total,{name}\n1,ann,2024-01-05,10.50,{no}\n2,bob,2024-01-05,7.50,{yes}\n"
    assert fates(read_text(tmp_path, content)) == {"used": 1, "cancelled": 1}


def test_people_are_known_by_address_rather_than_by_name(tmp_path):
    reading = read_text(tmp_path, NAMED)
    assert {customer for customer, _, _ in orders_of(reading).values()} == {"j@example.lv", "b@example.lv"}
    assert reading.notes == ()


def test_people_are_known_by_an_address_in_a_column_of_any_name(tmp_path):
    reading = read_text(tmp_path, NAMED.replace("E-pasts", "Kontakts"))
    assert {customer for customer, _, _ in orders_of(reading).values()} == {"j@example.lv", "b@example.lv"}


def test_names_alone_are_used_and_told(tmp_path):
    reading = read_text(tmp_path, NAMED.replace("j@example.lv", "").replace("b@example.lv", "x"))
    assert {customer for customer, _, _ in orders_of(reading).values()} == {"Jānis Bērziņš"}
    assert "customers are known by Klients, where two of one name count as one" in reading.notes[0]


@pytest.mark.parametrize("value", ["K 17", "ann", "4711", "ann@example.com", "K-17 B"])
def test_an_id_is_no_name(tmp_path, value):
    assert read_text(tmp_path, f"Kunde,Datum,Summe\n{value},2025-01-05,10\n").notes == ()


def test_a_date_may_end_with_a_day_of_one_digit(tmp_path):
    assert one_order(read_text(tmp_path, "cliente;fecha de pedido;importe\nann;2024 enero 5;10\n")) == ("ann", "2024-01-05", 10.0)


def test_other_columns_are_attributes():
    assert meaning(*REQUIRED, "colour") == OWN


def test_the_exact_name_wins_over_one_that_is_alike():
    assert meaning("Customer ID", *REQUIRED) == OWN


def test_two_columns_that_are_alike_are_refused(tmp_path):
    said = refused(tmp_path, "Customer ID,customer-id,ordered_at,amount\n1,2,2024-01-05,10\n")
    assert said == (
        "orders.csv:1: Customer ID and customer-id could both be customer_id\nhint: choose one with --map customer_id='Customer ID'"
    )


def test_mapping_settles_which_of_two_columns_is_meant(tmp_path):
    text = "Customer ID,customer-id,ordered_at,amount\nann,x,2024-01-05,10\n"
    assert one_order(read_text(tmp_path, text, columns={"customer_id": "Customer ID"})) == ("ann", "2024-01-05", 10.0)


def test_roles_without_a_column_are_told_with_the_columns_and_their_values(tmp_path):
    said = refused(tmp_path, "Wer,Tagesdatum,Einnahme in T\nann,1,10\nbob,2,20\n")
    assert said == (
        "orders.csv:1: no column for customer_id (who placed the order); ordered_at (when it was placed);"
        " amount (what the record brought in, negative for a refund)\n"
        "the columns, with their first values:\n"
        "  Wer            ann, bob\n"
        "  Tagesdatum     1, 2\n"
        "  Einnahme in T  10, 20\n"
        "try: clv ... --map customer_id=COLUMN --map ordered_at=COLUMN --map amount=COLUMN\n"
        "hint: without any amount, --map amount=1 counts orders alone"
    )


def test_a_name_in_other_letters_is_itself():
    assert folded("Überweisung Nr. 1") == "überweisungnr1"


# By mapping


def test_a_mapped_column_has_the_role(tmp_path):
    columns = {"customer_id": "Kunde", "ordered_at": "Datum", "amount": "Betrag"}
    assert one_order(read_text(tmp_path, "Kunde,Datum,Betrag\nann,2024-01-05,10\n", columns=columns)) == ("ann", "2024-01-05", 10.0)


def test_a_mapped_column_is_found_in_any_case(tmp_path):
    columns = {"customer_id": "kunden nr", "ordered_at": "DATUM", "amount": "betrag"}
    assert one_order(read_text(tmp_path, "Kunden-Nr,Datum,Betrag\nann,2024-01-05,10\n", columns=columns)) == ("ann", "2024-01-05", 10.0)


def test_mapping_wins_over_a_columns_own_name(tmp_path):
    text = "order_id,customer_id,email,ordered_at,amount,net\n1,17,ann@x.example,2024-01-05,12.20,10\n"
    columns = {"customer_id": "email", "amount": "net"}
    assert one_order(read_text(tmp_path, text, columns=columns)) == ("ann@x.example", "2024-01-05", 10.0)


@pytest.mark.parametrize("name", ["day", "placed", "refunds", "index"])
def test_a_column_may_have_a_name_that_clv_uses_itself(tmp_path, name):
    text = f"Kunde,Datum,Betrag,{name}\nann,2024-01-05,10,Mon\nbob,2024-01-06,20,Tue\n"
    columns = {"customer_id": "Kunde", "ordered_at": "Datum", "amount": "Betrag"}
    read = read_text(tmp_path, text, columns=columns, where=f'{name} == "Mon"')
    assert orders_of(read).popitem()[1] == ("ann", "2024-01-05", 10.0)
    assert fates(read) == {"used": 1, "where": 1}


@pytest.mark.parametrize("role", ["customer_id", "ordered_at"])
def test_the_mapped_column_may_be_called_day(tmp_path, role):
    names = {"customer_id": "who", "ordered_at": "when", "amount": "amount"} | {role: "day"}
    text = f"{names['customer_id']},{names['ordered_at']},amount\nann,2024-01-05,10\nbob,2024-01-06,7\ncy,monday,20\n"
    read = read_text(tmp_path, text, columns=names, max_rejects=1)
    assert fates(read) == {"used": 2, "bad_date": 1}


def test_a_role_that_is_mapped_to_nothing_has_no_column(tmp_path):
    text = HEADER + "1,ann,2024-01-05,10\n1,bob,2024-01-06,20\n"
    assert sorted(orders_of(read_text(tmp_path, text, columns={"order_id": ""})).values()) == [
        ("ann", "2024-01-05", 10.0),
        ("bob", "2024-01-06", 20.0),
    ]


@pytest.mark.parametrize("role", ["cost", "currency"])
def test_a_role_that_is_mapped_to_nothing_does_not_take_the_column_of_its_name(tmp_path, role):
    text = f"customer_id,ordered_at,amount,{role}\nann,2024-01-05,10,3\nbob,2024-01-06,20,4\n"
    read = read_text(tmp_path, text, columns={role: ""})
    assert fates(read) == {"used": 2}
    assert (read.currency, "gross_profit" in read.orders.columns) == ("", False)


def test_an_unknown_role_is_refused_with_the_nearest(tmp_path):
    said = refused(tmp_path, PARTS, ClvError, columns={"custmer_id": "oid"})
    assert "'custmer_id' is no role a column can have" in said
    assert "did you mean 'customer_id'?" in said


def test_an_unknown_column_is_refused_with_the_nearest(tmp_path):
    said = refused(tmp_path, PARTS, ClvError, columns={"customer_id": "custmer_id"})
    assert "customer_id: no column 'custmer_id' in the orders" in said
    assert "did you mean 'customer_id'?" in said


@pytest.mark.parametrize("role", ["customer_id", "ordered_at", "channel"])
def test_arithmetic_makes_no_id_no_date_and_no_text(tmp_path, role):
    assert f"{role}: no column 'qty * price' in the orders" in refused(tmp_path, PARTS, ClvError, columns={role: "qty * price"})


# By arithmetic


def amounts(folder, text, **columns):
    return [amount for *_, amount in orders_of(read_text(folder, text, columns=columns)).values()]


def test_quantity_times_unit_price_is_the_amount_if_there_is_none(tmp_path):
    text = "customer_id,ordered_at,quantity,unit_price\nann,2024-01-05,3,10.50\nbob,2024-01-06,-1,2\n"
    assert amounts(tmp_path, text) == [31.5, -2.0]


def test_an_amount_that_is_there_is_not_worked_out(tmp_path):
    assert amounts(tmp_path, "customer_id,ordered_at,quantity,unit_price,amount\nann,2024-01-05,3,10.50,7\n") == [7.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("qty * price", [31.5, 2.0]),
        ("qty * price * (1 - discount)", [28.35, 2.0]),
        ("QTY * Price", [31.5, 2.0]),
        ("`qty` * `price`", [31.5, 2.0]),
        ("max(qty, price)", [10.5, 2.0]),
        ("-qty", [-3.0, -1.0]),
        ("12.5", [12.5, 12.5]),
    ],
)
def test_an_amount_may_be_arithmetic_over_columns(tmp_path, text, expected):
    assert amounts(tmp_path, PARTS, amount=text) == expected


def test_a_column_whose_name_has_blanks_stands_in_backticks(tmp_path):
    text = "customer_id,ordered_at,net amount,tax-rate\nann,2024-01-05,10,0.22\n"
    assert amounts(tmp_path, text, amount="`net amount` * (1 + `tax-rate`)") == [12.2]


def test_arithmetic_may_read_the_column_of_the_same_name(tmp_path):
    assert amounts(tmp_path, "customer_id,ordered_at,amount\nann,2024-01-05,10\n", amount="amount * 1.22") == [12.2]


@pytest.mark.parametrize("swapped", [False, True])
def test_arithmetic_may_read_what_other_arithmetic_makes(tmp_path, swapped):
    columns = {"quantity": "qty * 2", "amount": "quantity * price"}
    assert amounts(tmp_path, PARTS, **dict(sorted(columns.items(), reverse=swapped))) == [63.0, 4.0]


def test_a_cost_may_be_worked_out_of_an_amount_that_is_worked_out(tmp_path):
    read = read_text(tmp_path, PARTS, columns={"cost": "amount * 0.5", "amount": "qty * price"})
    assert read.orders.sort("customer_id")["gross_profit"].to_list() == [157_500, 10_000]


@pytest.mark.parametrize(("price", "fate"), [("", "no_amount"), ("x", "bad_amount"), ("inf", "bad_amount"), ("1e308", "bad_amount")])
def test_arithmetic_over_what_is_no_number_is_counted(tmp_path, price, fate):
    text = f"customer_id,ordered_at,net,tax\nann,2024-01-05,10,1\nbob,2024-01-06,{price},{price}\n"
    read = read_text(tmp_path, text, columns={"amount": "net * tax"}, max_rejects=1)
    assert fates(read) == {"used": 1, fate: 1}


def test_a_division_by_zero_is_no_amount(tmp_path):
    read = read_text(tmp_path, PARTS, columns={"amount": "price / discount"}, max_rejects=1)
    assert fates(read) == {"used": 1, "bad_amount": 1}


def test_arithmetic_over_an_unknown_column_is_refused_with_the_nearest(tmp_path):
    said = refused(tmp_path, PARTS, ClvError, columns={"amount": "qty * pricee"})
    assert "amount: no column 'pricee' in the orders" in said
    assert "did you mean 'price'?" in said


@pytest.mark.parametrize("text", ["qty *", "qty ** ", "print(qty)", "qty > 1", "qty; price", "__import__('os')", "qty if price else 1"])
def test_what_is_no_arithmetic_is_refused(tmp_path, text):
    refused(tmp_path, PARTS, (ConfigError, UsageError), columns={"amount": text})


def test_arithmetic_that_goes_round_in_a_circle_is_refused(tmp_path):
    refused(tmp_path, PARTS, (ConfigError, UsageError), columns={"amount": "cost * 2", "cost": "amount * 2"})


def test_ambiguous_numbers_are_refused_in_arithmetic_too(tmp_path):
    text = "customer_id,ordered_at,qty,price\nann,2024-01-05,3,1.500\nbob,2024-01-06,1,2.000\n"
    assert "a thousand or a fraction" in refused(tmp_path, text, columns={"amount": "qty * price"})


# Without an order id


def test_without_an_order_id_every_record_is_an_order(tmp_path):
    text = "customer_id,ordered_at,amount\n" + "ann,2024-01-05,10\n" * 3
    first, second = written(tmp_path, text, "a.csv"), written(tmp_path, text.replace("10", "20"), "b.csv")
    read = read_export(first, second)
    assert (read.ledger.orders, read.orders["order_id"].n_unique()) == (6, 6)
