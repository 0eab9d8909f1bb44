"""Platforms: what exports of real shops have that the plain ones haven't: refunds, cancellations, other languages, other settings."""

import polars as pl
import pytest
from exported import fates, orders_of, read_export, read_text, refused, written
from program import clv

from clvcli.errors import InputError


def amounts(reading):
    """What each order brought in."""
    return {order: amount for order, (_, _, amount) in orders_of(reading).items()}


# Refunds

SHOPIFY = "Name,Email,Financial Status,Created at,Lineitem quantity,Lineitem name,Currency,Total"
SOLD = [
    "#1,a@x.example,paid,2026-01-01 10:00:00 +0000,1,Mug,EUR,10.00",
    "#1,a@x.example,,,2,Cup,,",
    "#2,b@x.example,refunded,2026-01-02 10:00:00 +0000,1,Mug,EUR,7.00",
    "#3,b@x.example,partially_refunded,2026-01-03 10:00:00 +0000,1,Mug,EUR,9.00",
]


def test_a_refunded_order_gave_all_back_if_no_column_says_how_much(tmp_path):
    reading = read_text(tmp_path, "\n".join([SHOPIFY, *SOLD]))
    assert amounts(reading) == {"#1": 10.0, "#2": 0.0, "#3": 9.0}
    assert (reading.ledger.net, reading.ledger.refunds.amount, reading.ledger.fully_refunded) == (190_000, 70_000, 1)
    assert reading.notes == (
        "no column says how much was refunded: orders that are 'refunded' count as given back whole",
        "no column says how much was refunded: orders that are 'partially_refunded' count in full",
    )


def test_a_refund_is_taken_off_whatever_its_sign(tmp_path):
    lines = [f"{SHOPIFY},Refunded Amount", f"{SOLD[0]},0.00", f"{SOLD[3]},-4.00"]
    assert amounts(read_text(tmp_path, "\n".join(lines))) == {"#1": 10.0, "#3": 5.0}


def test_a_refunded_status_says_nothing_new_where_a_column_says_how_much(tmp_path):
    lines = [f"{SHOPIFY},Refunded Amount", f"{SOLD[0]},0.00", f"{SOLD[2]},3.00", f"{SOLD[2].replace('#2', '#4')},0.00"]
    reading = read_text(tmp_path, "\n".join(lines))
    assert (amounts(reading), reading.notes) == ({"#1": 10.0, "#2": 4.0, "#4": 7.0}, ())


def test_a_refunded_status_speaks_for_a_refund_that_is_left_blank(tmp_path):
    header = "order_id,order_number,order_date,status,order_total,billing_email,refund_items\n"
    content = f"{header}1,1,2026-01-01 10:00:00,completed,5.00,a@x.example,\n2,2,2026-01-02 10:00:00,refunded,30.00,a@x.example,\n"
    assert amounts(read_text(tmp_path, content)) == {"1": 5.0, "2": 0.0}


def test_a_refunded_status_of_an_unknown_file(tmp_path):
    content = "order id,date,customer id,total,status\n1,2026-01-31,c1,10.50,bezahlt\n2,2026-02-01,c2,11.50,erstattet\n"
    assert amounts(read_text(tmp_path, content)) == {"1": 10.5, "2": 0.0}


def test_a_refunded_status_beside_negative_records_takes_nothing_off_twice(tmp_path):
    content = "order id,date,customer id,total,status\n1,2026-01-31,c1,10.50,refunded\n1,2026-02-01,c1,-10.50,refunded\n2,2026-02-01,c2,5.00,paid\n"
    reading = read_text(tmp_path, content)
    assert (amounts(reading), reading.notes) == ({"1": 0.0, "2": 5.0}, ())


GA4 = "event_date,event_timestamp,event_name,user_id,user_pseudo_id,ecommerce.transaction_id,ecommerce.purchase_revenue,ecommerce.refund_value\n"


def test_a_refund_of_an_order_that_is_in_no_file(tmp_path):
    reading = read_text(
        tmp_path, f"{GA4}20260101,1767225600000000,purchase,,p1,T-1,20.00,\n20260103,1767398400000000,refund,,p1,T-9,,5.00\n"
    )
    assert amounts(reading) == {"T-1": 20.0, "T-9": -5.0}
    assert (reading.ledger.orders, reading.notes) == (
        1,
        ("1 refund without a purchase in the data, 5.00: taken off revenue, not counted as orders",),
    )


def test_refunds_of_one_order_that_differ_are_no_guess(tmp_path):
    refunds = "20260103,1767398400000000,refund,,p1,T-1,,5.00\n20260104,1767484800000000,refund,,p1,T-1,,3.00\n"
    said = refused(tmp_path, f"{GA4}20260101,1767225600000000,purchase,,p1,T-1,20.00,\n{refunds}")
    assert "line 2 [ecommerce.transaction_id]: 'T-1': records of one order that contradict each other" in said


def test_orders_without_an_id_of_their_own_are_told(tmp_path):
    reading = read_text(tmp_path, f"{GA4}20260101,1767225600000000,purchase,,p1,(not set),20.00,\n")
    assert reading.notes == ("1 order of no known id: each of its records counts as an order",)


def test_times_in_microseconds_can_be_inspected(tmp_path):
    path = written(tmp_path, f"{GA4}20260101,1767225600000000,purchase,,p1,T-1,20.00,\n")
    assert clv("inspect", path, here=tmp_path).code == 0


PAYPAL = "Date,Time,TimeZone,Type,Status,Currency,Gross,From Email Address,Transaction ID,Reference Txn ID"
PAID = "12/31/2025,10:00:00,PST,Website Payment,Completed,USD,100.00,ann@x.example,T1,"


@pytest.mark.parametrize("kind", ["Payment Reversal", "Chargeback", "Payment Refund"])
def test_money_that_was_called_back_is_a_refund(tmp_path, kind):
    back = f"01/10/2026,10:00:00,PST,{kind},Completed,USD,-100.00,me@x.example,T2,T1"
    assert orders_of(read_text(tmp_path, f"{PAYPAL}\n{PAID}\n{back}")) == {"T1": ("ann@x.example", "2025-12-31", 0.0)}


@pytest.mark.parametrize("order", ["T1", "T0", ""])
def test_a_refund_is_of_the_customer_whom_it_was_paid_to(tmp_path, order):
    back = f"01/10/2026,10:00:00,PST,Payment Refund,Completed,USD,-40.00,me@x.example,T2,{order},Ann@x.example"
    reading = read_text(tmp_path, f"{PAYPAL},To Email Address\n{PAID},me@x.example\n{back}")
    assert {customer for customer, _, _ in orders_of(reading).values()} == {"ann@x.example"}
    assert (reading.ledger.orders, reading.ledger.net) == (1, 600_000)


def test_what_a_shop_paid_itself_is_no_sale_though_no_column_says_so(tmp_path):
    spent = "01/10/2026,10:00:00,PST,PreApproved Payment Bill User Payment,Completed,USD,-40.00,me@x.example,T2,"
    assert fates(read_text(tmp_path, f"{PAYPAL}\n{PAID}\n{spent}")) == {"used": 1, "not_sale": 1}


@pytest.mark.parametrize(
    ("column", "value", "settled"),
    [
        ("type", "refund", {"amount": '-`total` if `type` == "refund" else `total`'}),
        ("Belegart", "Gutschrift", {"amount": '-`total` if `Belegart` == "Gutschrift" else `total`'}),
        ("refunded", "true", {"refund": '`total` if `refunded` == "true" else 0'}),
    ],
)
def test_a_record_that_is_called_a_refund_isnt_added_to_sales(tmp_path, column, value, settled):
    other = "false" if value == "true" else "sale"
    content = f"order id,date,customer id,total,{column}\n1,2026-01-31,c1,10.50,{other}\n2,2026-02-03,c1,10.50,{value}\n3,2026-02-01,c2,5.00,{other}\n"
    ((role, sign),) = settled.items()
    assert refused(tmp_path, content) == (
        f"orders.csv:3: [{column}] '{value}' says that money was given back, and no column says how much. Nothing was dropped\n"
        f"try: clv ... --map {role}='{sign}'"
    )
    assert sum(amounts(read_text(tmp_path, content, columns=settled)).values()) == (15.5 if role == "refund" else 5.0)


def test_a_record_that_is_called_a_refund_and_is_negative_is_one(tmp_path):
    content = "order id,date,customer id,total,type\n1,2026-01-31,c1,10.50,sale\n1,2026-02-03,c1,-10.50,refund\n"
    assert amounts(read_text(tmp_path, content)) == {"1": 0.0}


# Statuses


@pytest.mark.parametrize("done", ["Completato", "Abgeschlossen", "Terminée", "wc-completed"])
def test_a_status_in_the_language_of_the_shop(tmp_path, done):
    header = "Order Number,Order Status,Order Date,Email (Billing),Order Total Amount\n"
    content = f"{header}1,{done},2026-01-31 10:00,a@x.example,10.00\n2,Storniert,2026-01-31 10:00,a@x.example,20.00\n"
    assert fates(read_text(tmp_path, content)) == {"used": 1, "cancelled": 1}


def test_a_second_status_may_know_what_was_cancelled(tmp_path):
    header = "order id,date,customer id,total,payment status,order status\n"
    content = f"{header}1,2026-01-31,c1,10.50,paid,shipped\n2,2026-02-01,c2,11.50,unpaid,new\n3,2026-02-01,c2,12.50,paid,cancelled\n4,2026-02-01,c2,1.50,paid,pending\n"
    reading = read_text(tmp_path, content)
    assert (fates(reading), amounts(reading)) == ({"used": 2, "unpaid": 1, "cancelled": 1}, {"1": 10.5, "4": 1.5})


@pytest.mark.parametrize(("header", "word"), [("Auftragsstatus", "storniert"), ("Statut commande", "Annulée"), ("status", "cancelled")])
def test_a_status_is_known_by_what_its_header_speaks_of(tmp_path, header, word):
    content = f"order id;date;customer id;total;{header}\n1;2026-01-31;c1;10.50;paid\n2;2026-02-01;c2;11.50;{word}\n"
    assert fates(read_text(tmp_path, content)) == {"used": 1, "cancelled": 1}


def test_a_status_in_words_of_its_own_is_asked_about(tmp_path):
    content = "order id,date,customer id,total,order status\n1,2026-01-31,c1,10.50,in picking\n2,2026-02-01,c2,11.50,cancelled\n3,2026-02-01,c2,1.50,in packing\n"
    assert "[order status] statuses that clv doesn't know: 'in packing' (1), 'in picking' (1)" in refused(tmp_path, content)


@pytest.mark.parametrize("header", ["newsletter status", "fulfillment status", "Lieferstatus"])
def test_a_status_of_something_else_says_nothing_of_an_order(tmp_path, header):
    content = f"order id,date,customer id,total,{header}\n1,2026-01-31,c1,10.50,confirmed\n2,2026-02-01,c2,11.50,pending\n"
    assert fates(read_text(tmp_path, content)) == {"used": 2}


# Dates that could be read in two ways

UCI = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


@pytest.mark.parametrize("written_as", ["01-12-2010 08:26", "12/1/2010 8:26"])
def test_the_mark_in_a_date_tells_which_of_its_forms_it_is(tmp_path, written_as):
    assert orders_of(read_text(tmp_path, f"{UCI}536365,A,MUG,6,{written_as},2.55,17850,United Kingdom\n"))["536365"][1] == "2010-12-01"


def test_a_date_with_a_hyphen_isnt_taken_to_begin_with_the_month(tmp_path):
    header = "Row ID,Order ID,Order Date,Customer ID,Sales,Profit\n"
    said = refused(tmp_path, f"{header}1,CA-1,08-11-2018,CG-1,261.96,1\n2,CA-2,06-12-2018,DV-1,14.62,1\n")
    assert "[Order Date] '08-11-2018' may be a day and a month or a month and a day" in said


@pytest.mark.parametrize(("zone", "day"), [("PST", "2025-01-12"), ("GMT", None)])
def test_the_month_comes_first_only_where_it_does(tmp_path, zone, day):
    content = "\n".join([PAYPAL, PAID.replace("12/31/2025", "01/12/2025").replace("PST", zone)])
    if day:
        assert orders_of(read_text(tmp_path, content))["T1"][1] == day
    else:
        assert "[Date] '01/12/2025' may be a day and a month or a month and a day" in refused(tmp_path, content)


def test_the_language_of_the_other_columns_tells_the_order_of_a_date(tmp_path):
    header = "Date,Heure,Fuseau horaire,Type,État,Devise,Avant commission,De l'adresse email,Numéro de transaction\n"
    content = header + '03/04/2025,10:00:00,CET,Paiement Express Checkout,Effectué,EUR,"1 234,56",a@x.example,T1\n'
    assert orders_of(read_text(tmp_path, content)) == {"T1": ("a@x.example", "2025-04-03", 1234.56)}


# Currencies and units

SHIPMENTS = "amazon-order-id\tamazon-order-item-id\tpurchase-date\tbuyer-email\tsku\tquantity-shipped\tcurrency\titem-price\titem-promotion-discount\n"


def test_shipments_are_read_like_unshipped_orders(tmp_path):
    content = f"{SHIPMENTS}1-1\t1\t2026-01-01T23:30:00+00:00\ta@x.example\tA\t2\tEUR\t20.00\t-1.50\n"
    assert orders_of(read_text(tmp_path, content)) == {"1-1": ("a@x.example", "2026-01-01", 18.5)}


def test_lines_in_two_currencies_are_refused(tmp_path):
    line = "1-{n}\t1\t2026-01-01T23:30:00+00:00\ta@x.example\tA\t2\t{currency}\t20.00\t\n"
    content = SHIPMENTS + line.format(n=1, currency="EUR") + line.format(n=2, currency="GBP")
    assert "several currencies" in refused(tmp_path, content)


def test_a_report_of_orders_without_prices_is_refused(tmp_path):
    content = (
        "order-id\torder-item-id\tpurchase-date\tbuyer-email\tsku\tquantity-purchased\n1\t1\t2026-01-01T23:30:00+00:00\ta@x.example\tA\t2\n"
    )
    assert refused(tmp_path, content).startswith("orders.csv:1: this report has no prices. Export it with the column item-price")


STRIPE = "id,Created (UTC),Amount,Amount Refunded,Currency,Status,Captured,Customer ID\n"


@pytest.mark.parametrize("currency", ["eur", "jpy"])
def test_whole_amounts_may_be_cents_unless_a_currency_has_none(tmp_path, currency):
    content = f"{STRIPE}ch_1,2026-01-05 10:00,2000,0,{currency},Paid,true,cus_1\nch_2,2026-01-05 10:00,3050,0,{currency},Paid,true,cus_2\n"
    if currency == "jpy":
        assert amounts(read_text(tmp_path, content)) == {"ch_1": 2000.0, "ch_2": 3050.0}
    else:
        assert "[Amount] whole numbers such as 2000 may be units or cents" in refused(tmp_path, content)


# How records make orders

EBAY = "Sales Record Number,Order Number,Buyer Username,Item Number,Item Title,Quantity,Total Price,Sale Date\n"


def test_a_record_that_sums_up_its_order_counts_and_its_items_dont(tmp_path):
    content = f"{EBAY}101,12-1,u1,,,3,$37.00,Jul-21-25\n101,12-1,u1,11,Mug,1,$15.00,Jul-21-25\n101,12-1,u1,12,Cup,2,,\n102,12-2,u2,13,Cup,1,$9.00,Jul-22-25\n"
    reading = read_text(tmp_path, content)
    assert (amounts(reading), fates(reading)) == ({"12-1": 37.0, "12-2": 9.0}, {"used": 2, "part": 2})


def test_items_on_records_without_an_order_number_are_of_the_order_before(tmp_path):
    header = "Order Number,Order Status,Order Date,Email (Billing),Order Total Amount,Item Name\n"
    content = f"{header}1,Completed,2026-01-31 10:00,a@x.example,10.00,Mug\n,,,,,Cup\n2,Completed,2026-01-31 10:00,b@x.example,5.00,Mug\n"
    reading = read_text(tmp_path, content)
    assert (amounts(reading), fates(reading)) == ({"1": 10.0, "2": 5.0}, {"used": 2, "part": 1})


def test_the_values_of_an_order_on_its_first_record_of_an_unknown_file(tmp_path):
    lines = "".join(f"{n},2026-01-{n:02},c{n % 3},Mug,{n}.50\n{n},,,Cup,\n" for n in range(1, 6))
    reading = read_text(tmp_path, f"order id,date,customer id,item,total\n{lines}")
    assert (reading.plans[0].grain, fates(reading)) == ("header_and_lines", {"used": 10})
    assert amounts(reading) == {str(n): n + 0.5 for n in range(1, 6)}


def test_an_order_of_two_people_is_refused_with_its_line(tmp_path):
    lines = [SHOPIFY, *SOLD[:1], SOLD[1].replace("a@x.example", "other@x.example"), *SOLD[2:]]
    said = refused(tmp_path, "\n".join(lines))
    assert "line 2 [Name]: '#1': order id of two customers" in said


# Who bought


@pytest.mark.parametrize(
    "header",
    [
        "ID;Referenz;Neukunde;Lieferung;Kunde;Gesamt;Zahlung;Status;Datum",
        "ID;Riferimento;Nuovo cliente;Consegna;Cliente;Totale;Pagamento;Stato;Data",
        "ID;Référence;Nouveau client;Livraison;Client;Total;Paiement;État;Date;Société",
    ],
)
def test_people_known_by_an_initial_are_refused_in_any_language(tmp_path, header):
    said = refused(tmp_path, f"{header}\n1;ABC;1;Italia;M. Rossi;45,00 €;Card;X;2026-01-31 10:00:00\n")
    assert "the grid's export knows people only as 'F. Lastname'" in said


# What is worked out of parts


def test_a_discount_beside_quantity_and_price_is_told(tmp_path):
    content = "Order ID,Date,Customer ID,Qty,Unit Price,Discount\n1,2026-01-31,c1,2,10.00,0\n2,2026-02-01,c2,3,10.00,2.00\n"
    reading = read_text(tmp_path, content)
    told = "the amount is quantity × unit price, before [Discount]; --map amount='quantity * unit_price - `Discount`' takes that off"
    assert (amounts(reading), reading.notes) == ({"1": 20.0, "2": 30.0}, (told,))
    assert amounts(read_text(tmp_path, content, columns={"amount": "quantity * unit_price - `Discount`"})) == {"1": 20.0, "2": 28.0}


@pytest.mark.parametrize(
    "header",
    [
        "Bestellnr.;Bestelldatum;Kunden-Nr.;Betrag netto;MwSt.;Betrag brutto",
        "Numero ordine;Data ordine;Codice cliente;Imponibile;IVA;Totale ivato",
        "N° commande;Date;N° client;Total HT;TVA;Total TTC",
        "Nº pedido;Fecha;ID cliente;Base imponible;IVA;Total con IVA",
        "Rēķina Nr.;Rēķina datums;Klienta numurs;Summa bez PVN;PVN;Summa ar PVN",
        "Order Number;Order Date;Customer ID;Net Total;Tax;Gross Total",
    ],
)
def test_what_was_paid_is_read_not_what_is_left_without_tax(tmp_path, header):
    content = f"{header}\n1;31.12.2025;K1;100,00;19,00;119,00\n2;01.01.2026;K2;10,00;1,90;11,90\n"
    assert amounts(read_text(tmp_path, content)) == {"1": 119.0, "2": 11.9}


def test_what_was_refunded_of_an_unknown_file(tmp_path):
    content = "order_number,created_at,email,total,refunded\n1,2026-01-31T10:00:00Z,a@x.example,119.00,0.00\n2,2026-02-01T10:00:00Z,b@x.example,12.00,12.00\n"
    assert amounts(read_text(tmp_path, content)) == {"1": 119.0, "2": 0.0}


def test_the_same_order_in_two_exports(tmp_path):
    first = written(tmp_path, "\n".join([SHOPIFY, *SOLD]), "march.csv")
    again = SOLD[0].replace("paid", "refunded")
    new = "#9,e@x.example,paid,2026-04-01 10:00:00 +0000,1,Mug,EUR,1.00"
    second = written(tmp_path, f"{SHOPIFY}\n{again}\n{new}", "april.csv")
    reading = read_export(first, second)
    assert amounts(reading) == {"#1": 0.0, "#2": 0.0, "#3": 9.0, "#9": 1.0}
    assert fates(reading)["older"] == 2
    assert reading.notes[0] == "1 order differs between files; the newest file counts: #1"


# Columns that hold no text


def test_times_that_are_numbers_in_a_file_that_knows_types(tmp_path):
    columns = {"event_timestamp": [1767225600000000], "event_name": ["purchase"], "user_pseudo_id": ["p1"], "transaction_id": ["T-1"]}
    pl.DataFrame({**columns, "purchase_revenue": [20.0]}).write_parquet(tmp_path / "events.parquet")
    assert orders_of(read_export(str(tmp_path / "events.parquet"))) == {"T-1": ("p1", "2026-01-01", 20.0)}


def test_a_column_without_a_value_is_no_order_id(tmp_path):
    content = "Invoice ID,Transaction ID,Date,Email,Amount\n,T1,2026-01-31,a@x.example,10.00\n,T2,2026-02-01,b@x.example,5.00\n"
    assert amounts(read_text(tmp_path, content)) == {"T1": 10.0, "T2": 5.0}


# Several platforms at once


def test_records_and_refunds_of_two_platforms_all_stand_in_the_ledger(tmp_path):
    refund = "01/10/2026,10:00:00,PST,Payment Refund,Completed,USD,-40.00,me@x.example,T2,T1"
    wallet = written(tmp_path, f"{PAYPAL}\n{PAID}\n{refund}", "wallet.csv")
    shop = written(tmp_path, "\n".join([f"{SHOPIFY},Refunded Amount", f"{SOLD[0]},2.00", f"{SOLD[1]},"]).replace("EUR", "USD"), "shop.csv")
    reading = read_export(wallet, shop)
    assert (fates(reading), reading.ledger.net) == ({"used": 4}, 680_000)
    assert (reading.ledger.refunds.orders, reading.ledger.refunds.amount) == (2, 420_000)
    assert {order.rpartition(":")[2]: amount for order, amount in amounts(reading).items()} == {"T1": 60.0, "#1": 8.0}


@pytest.mark.parametrize(("status", "reason"), [("voided", "cancelled"), ("pending", "unpaid")])
def test_an_order_that_was_cancelled_since_counts_no_more(tmp_path, status, reason):
    first = written(tmp_path, "\n".join([SHOPIFY, SOLD[0]]), "march.csv")
    new = "#9,e@x.example,paid,2026-04-01 10:00:00 +0000,1,Mug,EUR,1.00"
    second = written(tmp_path, "\n".join([SHOPIFY, SOLD[0].replace("paid", status), new]), "april.csv")
    for names in ((first, second), (second, first)):
        reading = read_export(*names)
        assert (amounts(reading), fates(reading)) == ({"#9": 1.0}, {"used": 1, reason: 1, "older": 1})


def test_an_order_that_was_paid_since_counts(tmp_path):
    first = written(tmp_path, "\n".join([SHOPIFY, SOLD[0].replace("paid", "pending")]), "march.csv")
    new = "#9,e@x.example,paid,2026-04-01 10:00:00 +0000,1,Mug,EUR,1.00"
    second = written(tmp_path, "\n".join([SHOPIFY, SOLD[0], new]), "april.csv")
    assert amounts(read_export(first, second)) == {"#1": 10.0, "#9": 1.0}


def test_a_file_without_a_currency_beside_one_that_has_it(tmp_path):
    till = "Date,Time,Time Zone,Gross Sales,Net Sales,Total Collected,Transaction ID,Event Type,Customer ID\n"
    square = written(tmp_path, f"{till}2026-01-01,10:00:00,Eastern Time (US & Canada),$5.00,$5.00,$5.00,T1,Payment,C1\n", "till.csv")
    shop = written(tmp_path, "\n".join([SHOPIFY, SOLD[0]]), "shop.csv")
    assert read_export(square, shop).notes == (f"no currency in {square}: the amounts are taken to be in that of the other files",)


def test_two_shops_that_number_their_orders_alike(tmp_path):
    line = "#{n},{who}{n}@x.example,paid,2026-0{month}-01 10:00:00 +0000,1,Mug,EUR,10.00"
    here = written(tmp_path, "\n".join([SHOPIFY, *(line.format(n=n, who="a", month=1) for n in range(1, 4))]), "here.csv")
    there = written(tmp_path, "\n".join([SHOPIFY, *(line.format(n=n, who="b", month=2) for n in range(1, 4))]), "there.csv")
    with pytest.raises(InputError) as told:
        read_export(here, there)
    assert str(told.value).replace(f"{tmp_path}/", "") == (
        "there.csv: 3 of 3 order ids that here.csv has too are of other customers and other days, such as '#1': another shop's, it seems. "
        "Nothing was dropped\nhint: read the files of each shop on their own"
    )


def test_an_order_whose_customer_changed_since_is_the_newest_ones(tmp_path):
    first = written(tmp_path, "\n".join([SHOPIFY, SOLD[0]]), "march.csv")
    new = "#9,e@x.example,paid,2026-04-01 10:00:00 +0000,1,Mug,EUR,1.00"
    second = written(tmp_path, "\n".join([SHOPIFY, SOLD[0].replace("a@x", "ann@new"), new]), "april.csv")
    reading = read_export(first, second)
    assert orders_of(reading)["#1"] == ("ann@new.example", "2026-01-01", 10.0)
    assert (fates(reading), reading.notes[0]) == ({"used": 2, "older": 1}, "1 order differs between files; the newest file counts: #1")


def test_a_list_of_customers_beside_orders_is_idle(tmp_path):
    written(tmp_path, "order id,date,customer id,total\n1,2026-01-01,c1,5.5\n", "orders.csv")
    written(tmp_path, "customer id,name\nc1,Ann\n", "customers.csv")
    reading = read_export(str(tmp_path))
    assert (amounts(reading), [name.rpartition("/")[2] for name in reading.idle]) == ({"1": 5.5}, ["customers.csv"])


# Offers, payments and credit notes among invoices


@pytest.mark.parametrize(
    ("column", "offer", "sold"),
    [
        ("Belegart", "Angebot", "Rechnung"),
        ("Document Type", "Quote", "Invoice"),
        ("Type de document", "Devis", "Facture"),
        ("Tipo documento", "Preventivo", "Fattura"),
    ],
)
def test_an_offer_is_no_sale(tmp_path, column, offer, sold):
    content = f"{column};order id;date;customer id;total\n{sold};1;2026-01-31;c1;10,00\n{offer};2;2026-02-01;c1;500,00\n"
    condition = f'`{column}` != "{offer}"'
    assert refused(tmp_path, content) == (
        f"orders.csv:3: [{column}] '{offer}' is no sale, though it has an amount. Nothing was dropped\ntry: clv ... --where '{condition}'"
    )
    assert amounts(read_text(tmp_path, content, where=condition)) == {"1": 10.0}


def test_a_payment_is_no_sale_beside_its_invoice(tmp_path):
    header = "Transaction Type,order id,date,customer id,total\n"
    assert amounts(read_text(tmp_path, f"{header}Payment,1,2026-01-31,c1,10.00\n")) == {"1": 10.0}
    said = refused(tmp_path, f"{header}Invoice,1,2026-01-31,c1,10.00\nPayment,2,2026-02-01,c1,10.00\n")
    assert "[Transaction Type] 'Payment' is no sale" in said


def test_every_kind_of_credit_note_is_taken_off(tmp_path):
    content = "Belegtyp;order id;date;customer id;total\nRechnung;1;2026-01-31;c1;10,00\nRechnungskorrektur;2;2026-02-01;c1;4,00\nGutschrift;3;2026-02-01;c1;1,00\n"
    sign = '-`total` if `Belegtyp` == "Gutschrift" or `Belegtyp` == "Rechnungskorrektur" else `total`'
    assert refused(tmp_path, content).endswith(f"try: clv ... --map amount='{sign}'")
    assert read_text(tmp_path, content, columns={"amount": sign}).ledger.net == 50_000


def test_a_question_in_a_header_asks_for_yes_or_no(tmp_path):
    content = "order id,date,customer id,total,Refunded?\n1,2026-01-31,c1,10.50,0\n2,2026-02-03,c1,10.50,1\n"
    assert "[Refunded?] '1' says that money was given back" in refused(tmp_path, content)


def test_goods_that_came_back_arent_added_to_sales(tmp_path):
    content = "order id,date,customer id,quantity,total\n1,2026-01-31,c1,2,10.00\n1,2026-02-03,c1,-1,5.00\n2,2026-02-13,c2,1,5.00\n"
    sign = "-`total` if `quantity` < 0 else `total`"
    said = "orders.csv:3: [quantity] '-1' says that money was given back, and no column says how much. Nothing was dropped"
    assert refused(tmp_path, content) == f"{said}\ntry: clv ... --map amount='{sign}'"
    assert amounts(read_text(tmp_path, content, columns={"amount": sign})) == {"1": 5.0, "2": 5.0}
    assert amounts(read_text(tmp_path, content.replace(",5.00\n2", ",-5.00\n2"))) == {"1": 5.0, "2": 5.0}


@pytest.mark.parametrize("orders", [3, 30])
def test_amounts_that_quantity_and_price_make_are_of_the_line(tmp_path, orders):
    lines = "".join(f"{n},2026-01-{n % 28 + 1:02},c{n % 3},{item},1,10.00,10.00\n" for n in range(orders) for item in ("Adult", "Child"))
    reading = read_text(tmp_path, f"order id,date,customer id,item,quantity,unit price,total\n{lines}")
    assert (reading.plans[0].grain, set(amounts(reading).values())) == ("line", {20.0})


def test_an_id_per_order_beside_an_address_is_no_customer(tmp_path):
    lines = "".join(f"{n},2026-01-{n % 28 + 1:02},guest-{n},a{n % 5}@x.example,10.00\n" for n in range(60))
    content = f"order id,date,customer id,email,total\n{lines}"
    said = refused(tmp_path, content)
    assert "[customer id] almost every order has a customer of its own (60 for 60 orders)" in said
    assert "try: clv ... --identity email" in said
    assert {customer for customer, _, _ in orders_of(read_text(tmp_path, content, identity="email")).values()} == {
        f"a{n}@x.example" for n in range(5)
    }


# What columns are called


@pytest.mark.parametrize(
    "header",
    ["N° ticket;Date;N° client;Montant TTC", "Nº ticket;Fecha;Nº de cliente;Importe", "Bon-Nr.;Datum;Kunde-Nr.;Betrag", "Receipt #;Date;Customer #;Amount",
     "Num. scontrino;Data;N° cliente;Importo", "Rechnungsnr.;Datum;Kundennr.;Betrag", "Nr. pasūtījuma;Datums;Klienta nr.;Summa"],
)  # fmt: skip
def test_numbers_by_the_short_form_of_the_word(tmp_path, header):
    content = f"{header}\nT1;31.01.2026;C1;2,40\nT1;31.01.2026;C1;1,10\nT2;01.02.2026;C2;1,20\n"
    assert orders_of(read_text(tmp_path, content)) == {"T1": ("C1", "2026-01-31", 3.5), "T2": ("C2", "2026-02-01", 1.2)}


@pytest.mark.parametrize("header", ["Cliente;Cod. cliente", "Klients;Partnera kods", "Debitor;Debitorennummer"])
def test_a_customers_number_goes_before_a_name(tmp_path, header):
    content = f"order id;date;{header};total\n1;2026-01-31;Ann Oak;C1;10,50\n2;2026-02-01;Ann Oak;C2;11,50\n"
    assert {customer for customer, _, _ in orders_of(read_text(tmp_path, content)).values()} == {"C1", "C2"}


def test_the_total_of_a_line_goes_before_its_quantity_and_price(tmp_path):
    content = "Order ID,Date,Customer ID,Quantity,Unit Price,Line Total\n1,2026-01-31,c1,2,5.00,9.00\n1,2026-01-31,c1,1,7.00,7.00\n2,2026-02-13,c2,1,7.00,7.00\n"
    assert amounts(read_text(tmp_path, content)) == {"1": 16.0, "2": 7.0}


def test_a_total_of_refunds_and_a_void_of_an_unknown_file(tmp_path):
    content = (
        "Order ID,Date,Customer ID,Order Total,Refunds Total,Voided\n1,2026-01-31,c1,20.00,-5.00,false\n2,2026-02-13,c2,7.00,0.00,true\n"
    )
    reading = read_text(tmp_path, content)
    assert (amounts(reading), fates(reading)) == ({"1": 15.0}, {"used": 1, "cancelled": 1})


@pytest.mark.parametrize(
    "nobody", ["Walk-in Customer", "Cash Sale", "Barverkauf", "Unbekannt", "Cliente generico", "Client de passage", "Público en general", "consumidor final", "Gadījuma pircējs", "00000"]
)  # fmt: skip
def test_customers_that_stand_for_nobody_in_any_language(tmp_path, nobody):
    content = f"order id,date,customer id,total\n1,2026-01-31,{nobody},10.00\n2,2026-02-01,c2,5.00\n"
    assert fates(read_text(tmp_path, content)) == {"used": 1, "no_customer": 1}


# More of what platforms write


@pytest.mark.parametrize(
    "kind",
    [
        "Autorizzazione",
        "Autorisation",
        "Autorización",
        "Autorisierung",
        "Authorization",
        "Reserve Release",
        "Payment Review Release",
        "Blocco conto",
    ],
)
def test_money_that_is_only_set_aside_is_no_sale(tmp_path, kind):
    aside = f"12/31/2025,10:00:00,PST,{kind},Completed,USD,25.00,ann@x.example,T2,"
    assert fates(read_text(tmp_path, f"{PAYPAL}\n{PAID}\n{aside}")) == {"used": 1, "not_sale": 1}


def test_a_gift_card_is_no_sale_until_it_is_redeemed(tmp_path):
    header = "Date,Time,Time Zone,Category,Item,Qty,Gross Sales,Net Sales,Transaction ID,Event Type,Customer ID,Itemization Type\n"
    line = "2026-01-01,10:00:00,Eastern Time (US & Canada),Food,{item},1.0,$50.00,$50.00,{order},Payment,C1,{kind}\n"
    content = header + line.format(item="Mug", order="T1", kind="Physical Good") + line.format(item="Card", order="T2", kind="Gift Card")
    reading = read_text(tmp_path, content)
    assert (amounts(reading), fates(reading)) == ({"T1": 50.0}, {"used": 1, "not_sale": 1})


@pytest.mark.parametrize(
    ("total", "refunds", "left"),
    [("40.00", "amount:5.00|reason:a||amount:6.00|reason:b", 29.0), ("40.00", "amount:-5.00|reason:a||amount:6.5|reason:b", 28.5), ("40,50", "amount:5,50|reason:a", 35.0), ("40,50", "amount:5.50|reason:a", 35.0), ("40.50", "amount:5,50|reason:a", 35.0)],
)  # fmt: skip
def test_refunds_in_a_text_are_written_with_either_mark(tmp_path, total, refunds, left):
    header = "order_id;order_number;order_date;status;order_total;billing_email;refund_items\n"
    content = f"{header}1;1;2026-01-01 10:00:00;completed;{total};a@x.example;{refunds}\n"
    assert amounts(read_text(tmp_path, content)) == {"1": left}


def test_of_hits_that_repeat_the_best_id_says_who_bought(tmp_path):
    hit = "20260101,176722560000000{n},purchase,{user},p1,T-1,20.00,\n"
    assert orders_of(read_text(tmp_path, GA4 + hit.format(n=0, user="") + hit.format(n=1, user="u1"))) == {
        "T-1": ("u1", "2026-01-01", 20.0)
    }


TOYS = "order_id,created_at,website_session_id,user_id,primary_product_id,items_purchased,price_usd,cogs_usd\n1,2012-03-19 10:42:46,20,20,1,1,49.99,19.49\n"
TOYS_BACK = "order_item_refund_id,created_at,order_item_id,order_id,refund_amount_usd\n1,2012-04-06 11:32:43,2,1,9.99\n"


@pytest.mark.parametrize(
    ("again", "name", "first"),
    [
        (TOYS.replace("\n1,", "\n2,"), "more.csv", "orders.csv"),
        (TOYS.replace("cogs_usd\n1", "cogs_usd,note\n2").replace("19.49", "19.49,x"), "more.csv", "orders.csv"),
        (TOYS_BACK.replace("\n1,", "\n2,"), "more.csv", "refunds.csv"),
    ],
)
def test_two_files_of_a_kind_that_are_joined_to_others_are_refused(tmp_path, again, name, first):
    names = [written(tmp_path, TOYS, "orders.csv"), written(tmp_path, TOYS_BACK, "refunds.csv")]
    assert amounts(read_export(*names)) == {"1": 40.0}
    with pytest.raises(InputError) as told:
        read_export(*names, written(tmp_path, again, name))
    said = str(told.value).replace(f"{tmp_path}/", "")
    assert (
        said
        == f"{name}:1: is a file of the same kind as {first}, and an export has one of each. Nothing was dropped\nhint: put the records of both into one file"
    )


@pytest.mark.parametrize(("column", "yes", "no"), [("is_test", "true", "false"), ("Test?", "1", "0"), ("Testbestellung", "Ja", "")])
def test_orders_that_a_column_calls_tests_are_asked_for(tmp_path, column, yes, no):
    content = f"Order number,Customer number,Order date,Total,{column}\n1,7,2024-01-05,30,{no}\n2,8,2024-01-09,20,{yes}\n"
    said = refused(tmp_path, content)
    assert said.startswith(f"orders.csv:3: [{column}] '{yes}' says that an order was a test. Nothing was dropped")
    assert fates(read_text(tmp_path, content, where=f'`{column}` != "{yes}"')) == {"used": 1, "where": 1}


def test_a_column_of_test_results_is_no_such_column(tmp_path):
    content = "Order number,Customer number,Order date,Total,Test\n1,7,2024-01-05,30,A\n2,8,2024-01-09,20,B\n"
    assert fates(read_text(tmp_path, content)) == {"used": 2}
