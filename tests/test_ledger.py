"""The ledger: every record and all money accounted for, whatever became of it."""

import pytest
from exported import HEADER, fates, read_export, read_text, written

from clvcli.exports import Entry, Ledger
from clvcli.exports.ledger import CODES, REASONS, UNUSED, USED
from clvcli.remarks import account

ALL_FATES = """order_id,customer_id,ordered_at,amount,cost,currency,quantity
1,ann,2024-01-05,10,4,EUR,1
1,ann,2024-01-05,5,2,EUR,1
2,bob,2024-01-06,20,9,EUR,1
3,,2024-01-06,7,3,EUR,1
4,cy,2024-01-07,8,3,USD,1
5,cy,2024-03-01,9,3,EUR,1
6,cy,2024-01-07,11,3,EUR,0
7,cy,,12,3,EUR,1
8,cy,soon,13,3,EUR,1
9,cy,1970-01-01,14,3,EUR,1
10,cy,2024-01-07,,3,EUR,1
11,cy,2024-01-07,free,3,EUR,1
12,cy,2024-01-07,15,dear,EUR,1
,cy,2024-01-07,16,3,EUR,1
13,cy,2024-01-07,17,3,EUR,1
13,dan,2024-01-07,18,3,EUR,1
"""
OPTIONS = {"where": "quantity > 0", "currency": "EUR", "as_of": "2024-01-31", "max_rejects": 1}


def read_all(folder):
    return read_text(folder, ALL_FATES, **OPTIONS)


def test_every_fate_is_counted_with_its_money(tmp_path):
    assert {e.reason.name: (e.reason.fate, e.records, e.amount / 10_000) for e in read_all(tmp_path).ledger} == {
        "used": ("used", 3, 35.0),
        "where": ("excluded", 1, 11.0),
        "no_date": ("rejected", 1, 12.0),
        "bad_date": ("rejected", 1, 13.0),
        "epoch_zero": ("rejected", 1, 14.0),
        "no_amount": ("rejected", 1, 0.0),
        "bad_amount": ("rejected", 1, 0.0),
        "bad_cost": ("rejected", 1, 15.0),
        "no_order": ("rejected", 1, 16.0),
        "no_customer": ("excluded", 1, 7.0),
        "currency": ("excluded", 1, 8.0),
        "after": ("excluded", 1, 9.0),
        "two_customers": ("rejected", 2, 35.0),
    }


def test_records_are_used_or_excluded_or_rejected(tmp_path):
    ledger = read_all(tmp_path).ledger
    assert ledger.records == ALL_FATES.count("\n") - 1
    assert ledger.records == ledger.of("used") + ledger.of("excluded") + ledger.of("rejected") == 3 + 4 + 9


def test_all_money_that_can_be_read_is_accounted_for(tmp_path):
    read = read_all(tmp_path)
    assert read.ledger.amount == (35 + 11 + 12 + 13 + 14 + 15 + 16 + 7 + 8 + 9 + 35) * 10_000
    assert read.orders["amount"].sum() == 35 * 10_000


MORE_FATES = """order_id,email,ordered_at,amount,refund,status
1,ann@shop.example,2024-01-05,10,0,paid
2,ann@shop.example,2024-01-05,10,0,cancelled
3,ann@shop.example,2024-01-05,10,0,pending
4,ann@shop.example,2024-01-05,10,0,test
5,ann@shop.example,2024-01-05,10,0,gift
6,ann@shop.example,2024-01-05,0,0,paid
7,ann@shop.example,1980-01-05,10,0,paid
8,ann@shop.example,2024-01-05,10,some,paid
9,ann@shop.example; bo@shop.example,2024-01-05,10,0,paid
10,ann@shop.example,2024-01-05,10,0,paid
10,ann@shop.example,2024-01-05,10,0,paid
11,ann@shop.example,2024-01-05,10,0,paid
11,ann@shop.example,2024-01-05,12,0,paid
order_id,email,ordered_at,amount,refund,status
12,ann@shop.example,2024-01-05,10,0,paid,more,and more
Total,,,99,,
17 record(s) exported
"""
MORE_OPTIONS = {
    "columns": {"customer_id": "email"},
    "statuses": {"gift": "not_sale"},
    "grain": "order",
    "count_free": False,
    "max_rejects": 1,
}


def test_each_reason_there_is_can_be_met(tmp_path):
    met = set(fates(read_all(tmp_path))) | set(fates(read_text(tmp_path, MORE_FATES, **MORE_OPTIONS)))
    late = "".join(f"{n},c{n % 9},2024-01-05,1\n" for n in range(200))
    met |= set(fates(read_text(tmp_path, f"{HEADER}{late}x,c1,2098-01-05,1\n")))
    first, second = written(tmp_path, HEADER + "1,a,2024-01-05,1\n", "a.csv"), written(tmp_path, HEADER + "1,a,2024-01-05,2\n", "b.csv")
    met |= set(fates(read_export(first, second)))
    met |= set(fates(read_text(tmp_path, HEADER + late + "Total,,,200\n")))
    items = "order_id,customer_id,ordered_at,amount,item\n1,a,2024-01-05,1,Mug\n,,,,Cup\n"
    met |= set(fates(read_text(tmp_path, items, grain="header_and_lines")))
    assert {reason.name for reason in REASONS} == met


def test_the_first_reason_that_holds_counts(tmp_path):
    text = HEADER + "1,ann,2024-01-05,10\n,,2023-99-99,free\n,,2024-01-05,5\n"
    assert fates(read_text(tmp_path, text, max_rejects=1)) == {"used": 1, "bad_date": 1, "no_order": 1}


def test_orders_are_what_was_placed_not_what_was_refunded(tmp_path):
    text = HEADER + "1,ann,2024-01-05,10\n1,ann,2024-01-09,-4\n2,ann,2024-01-06,20\n3,ann,2024-01-07,-20\n"
    read = read_text(tmp_path, text)
    assert (read.ledger.orders, fates(read)) == (2, {"used": 4})


# As text


def test_the_ledger_reads_as_a_sum(tmp_path):
    text = HEADER + "1,ann,2024-01-05,10\n2,,2024-01-05,5\n3,ann,soon,5\n4,,2024-01-05,5\n"
    assert (
        str(read_text(tmp_path, text, max_rejects=1).ledger)
        == "4 records = 1 used + 2 excluded (2 no customer) + 1 rejected (1 not a date)"
    )


def test_the_ledger_says_nothing_of_fates_that_none_met(tmp_path):
    assert str(read_text(tmp_path, HEADER + "1,ann,2024-01-05,10\n").ledger) == "1 record = 1 used"


def test_its_money_stands_beside_it(tmp_path):
    text = HEADER + "1,ann,2024-01-05,1234.50\n2,,2024-01-05,5\n"
    assert account(read_text(tmp_path, text).ledger) == (
        "2 records = 1 used + 1 excluded (1 no customer); 1 order; 1,239.50 in the file − 5.00 no customer = 1,234.50 net"
    )


def test_large_numbers_are_readable():
    ledger = Ledger((Entry(USED, 1_234_567, 0), Entry(REASONS[CODES["no_customer"]], 1_000, 0)))
    assert str(ledger) == "1,235,567 records = 1,234,567 used + 1,000 excluded (1,000 no customer)"


def test_machines_get_units_and_names(tmp_path):
    text = HEADER + "1,ann,2024-01-05,10.25\n2,,2024-01-05,5\n"
    assert read_text(tmp_path, text).ledger.as_json() == {
        "records": 2,
        "amount": 15.25,
        "orders": 1,
        "entries": [
            {"fate": "used", "reason": "used", "records": 1, "orders": 1, "amount": 10.25},
            {"fate": "excluded", "reason": "no_customer", "records": 1, "orders": 1, "amount": 5.0},
        ],
        "gross": 15.25,
        "steps": [{"step": "discount", "orders": 0, "amount": 0.0}, {"step": "refunds", "orders": 0, "amount": 0.0}],
        "net": 10.25,
        "blank_lines": 0,
    }


# From the file to the figures

REFUNDED = """order_id,customer_id,ordered_at,amount,discount,tax,refund,status
1,ann,2024-01-05,100,5,10,0,paid
2,bob,2024-01-06,200,0,20,50,paid
3,bob,2024-01-07,300,0,30,0,cancelled
4,cy,2024-01-08,-40,0,-4,0,paid
5,dee,2024-01-09,60,0,6,60,refunded
"""


def test_money_ties_out_from_gross_to_net(tmp_path):
    ledger = read_text(tmp_path, REFUNDED, tax="exclude").ledger
    assert (ledger.amount, ledger.gross, ledger.net) == (6_200_000, 6_610_000, 1_890_000)
    assert (ledger.discount.amount, ledger.policy[0].amount, ledger.refunds.amount, ledger.refund_rows) == (
        50_000,
        620_000,
        1_350_000,
        360_000,
    )


# As a definition


@pytest.mark.parametrize("reason", [r for r in REASONS if r.fate == "rejected"], ids=lambda reason: reason.name)
def test_who_is_told_of_a_reject_is_told_what_to_do(reason):
    assert reason.role or reason.name == "fields"
    assert reason.advice


def test_reasons_are_named_once_and_fates_are_three():
    assert len(CODES) == len(REASONS)
    assert {reason.fate for reason in REASONS} == {"used", *UNUSED}


def test_refunded_orders_beside_negative_records_of_others_are_told(tmp_path):
    content = "order id,date,customer id,total,status\n1,2026-01-31,c1,10,refunded\n2,2026-02-01,c1,9,paid\n2,2026-02-02,c1,-9,paid\n3,2026-02-01,c2,5,refunded\n"
    reading = read_text(tmp_path, content)
    said = "negative records say what was given back: orders that are 'refunded' count in full beside them"
    assert (reading.notes, reading.ledger.net) == ((said,), 150_000)
