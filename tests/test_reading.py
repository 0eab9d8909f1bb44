"""Reading: export files to canonical orders, or to the reason why not."""

import pytest
from exported import HEADER, fates, one_order, orders_of, read_export, read_text, refused, written

from clvcli.errors import ClvError, InputError
from clvcli.exports import Instructions, read
from clvcli.exports.understanding import understood

SHOP = """order_id,customer_id,ordered_at,amount,channel,quantity,net price
1,ann,2024-01-05,10,web,1,8
2,bob,2024-01-06,20,store,0,16
3,ann,2024-02-06,30,,-1,24
4,cy,2024-03-01,40,web,,32
"""


def used(folder, text=SHOP, **options):
    """The ids of the orders used."""
    return list(orders_of(read_text(folder, text, **options)))


# Orders


def test_records_of_one_order_are_summed_on_the_day_of_the_first(tmp_path):
    text = HEADER + "1,ann,2024-01-06,10\n1,ann,2024-01-05,20.5\n2,bob,2024-01-07,5\n"
    assert orders_of(read_text(tmp_path, text)) == {"1": ("ann", "2024-01-05", 30.5), "2": ("bob", "2024-01-07", 5.0)}


def test_a_refund_reduces_its_order(tmp_path):
    read = read_text(tmp_path, HEADER + "1,ann,2024-01-05,10\n1,ann,2024-01-20,-4\n")
    assert (one_order(read), read.orders["refunds"].to_list()) == (("ann", "2024-01-05", 6.0), [40_000])


def test_a_refund_without_its_order_is_no_order_placed(tmp_path):
    read = read_text(tmp_path, HEADER + "1,ann,2024-01-05,10\n2,ann,2024-01-20,-4\n")
    assert read.orders.sort("order_id").select("order_id", "amount", "placed").rows() == [("1", 100_000, 1), ("2", -40_000, 0)]


def test_an_amount_of_zero_is_an_order_placed(tmp_path):
    assert read_text(tmp_path, HEADER + "1,ann,2024-01-05,0\n").ledger.orders == 1


def test_an_order_in_two_files_counts_once_as_the_newest_has_it(tmp_path):
    first, second = (
        written(tmp_path, HEADER + "1,ann,2024-01-05,10\n", "a.csv"),
        written(tmp_path, HEADER + "1,ann,2024-01-05,5\n", "b.csv"),
    )
    reading = read_export(first, second)
    assert (one_order(reading), fates(reading)) == (("ann", "2024-01-05", 5.0), {"used": 1, "older": 1})
    assert reading.notes == ("1 order differs between files; the newest file counts: 1",)


def test_an_order_that_two_files_have_alike_counts_once_without_a_word(tmp_path):
    first = written(tmp_path, HEADER + "1,ann,2024-01-05,10\n", "a.csv")
    second = written(tmp_path, HEADER + "1,ann,2024-01-05,10\n2,ann,2024-01-06,5\n", "b.csv")
    reading = read_export(first, second)
    assert (reading.ledger.orders, fates(reading), reading.notes) == (2, {"used": 2, "older": 1}, ())


def test_a_refund_that_another_file_has_of_an_order_adds_to_it(tmp_path):
    first = written(tmp_path, HEADER + "1,ann,2024-01-05,10\n", "a.csv")
    second = written(tmp_path, HEADER + "1,ann,2024-02-05,-4\n2,ann,2024-02-06,5\n", "b.csv")
    assert orders_of(read_export(first, second)) == {"1": ("ann", "2024-01-05", 6.0), "2": ("ann", "2024-02-06", 5.0)}


def test_a_refund_that_stands_in_two_files_counts_once(tmp_path):
    sale, refund, other = "1,ann,2024-01-05,30\n", "1,ann,2024-02-06,-10\n", "2,bob,2024-02-07,5\n"
    months = [written(tmp_path, HEADER + rows, f"{n}.csv") for n, rows in enumerate((sale, refund, refund + other))]
    assert orders_of(read_export(*months)) == {"1": ("ann", "2024-01-05", 20.0), "2": ("bob", "2024-02-07", 5.0)}
    whole = written(tmp_path, HEADER + sale + refund, "whole.csv")
    assert orders_of(read_export(whole, months[2])) == {"1": ("ann", "2024-01-05", 20.0), "2": ("bob", "2024-02-07", 5.0)}


BARE = "customer_id,ordered_at,amount\n"


def test_files_that_cover_the_same_days_without_order_ids_are_told(tmp_path):
    first = written(tmp_path, BARE + "ann,2024-01-05,30\nbob,2024-02-05,20\n", "a.csv")
    second = written(tmp_path, BARE + "eve,2024-02-04,10\n", "b.csv")
    assert "an order that stands in two of them counts twice" in read_export(first, second).notes[0]


def test_files_of_one_month_each_need_no_order_ids(tmp_path):
    first = written(tmp_path, BARE + "ann,2024-01-05,30\nbob,2024-01-31,20\n", "a.csv")
    second = written(tmp_path, BARE + "eve,2024-02-01,10\n", "b.csv")
    assert read_export(second, first).notes == ()


def test_another_refund_in_another_file_is_one_more(tmp_path):
    whole = written(tmp_path, HEADER + "1,ann,2024-01-05,30\n1,ann,2024-02-06,-10\n", "whole.csv")
    later = written(tmp_path, HEADER + "1,ann,2024-03-06,-5\n2,bob,2024-03-07,5\n", "later.csv")
    assert orders_of(read_export(whole, later))["1"] == ("ann", "2024-01-05", 15.0)


@pytest.mark.parametrize("id_", ["clv:file", "=1+1", "[red]", "; DROP '", "🙂", "00", "-2", "a\tb"])
def test_an_id_may_be_any_text(tmp_path, id_):
    assert one_order(read_text(tmp_path, HEADER.replace(",", "|") + f"{id_}|{id_}|2024-01-05|1\n"))[0] == id_


def test_an_attribute_is_kept_if_it_is_asked_for(tmp_path):
    read = read_text(tmp_path, SHOP, by=("Channel", "net price"))
    assert read.orders.sort("order_id").select("Channel", "net price").rows() == [
        ("web", "8"),
        ("store", "16"),
        (None, "24"),
        ("web", "32"),
    ]


@pytest.mark.parametrize("name", ["customer_id", "order_id", "amount"])
def test_what_an_order_is_made_of_is_no_attribute(tmp_path, name):
    assert name in refused(tmp_path, SHOP, ClvError, by=(name,))


def test_an_unknown_attribute_is_refused_with_the_nearest(tmp_path):
    said = refused(tmp_path, SHOP, ClvError, by=("chanel",))
    assert said == "no column 'chanel' in the orders\nhint: did you mean 'channel'?"


@pytest.mark.parametrize("blank", ["", '""', " "])
def test_an_attribute_that_is_blank_in_any_way_is_one_value(tmp_path, blank):
    text = f"order_id,customer_id,ordered_at,amount,channel\n1,ann,2024-01-05,10,\n2,bob,2024-01-06,20,{blank}\n"
    assert read_text(tmp_path, text, by=("channel",)).orders["channel"].to_list() == [None, None]


# Costs


def test_a_cost_makes_gross_profit(tmp_path):
    text = "order_id,customer_id,ordered_at,amount,cost\n1,ann,2024-01-05,10,4\n1,ann,2024-01-05,5,1.5\n2,bob,2024-01-06,7,7\n"
    read = read_text(tmp_path, text)
    assert dict(read.orders.select("order_id", "gross_profit").iter_rows()) == {"1": 95_000, "2": 0}


def test_used_records_without_a_cost_are_counted(tmp_path):
    text = (
        "order_id,customer_id,ordered_at,amount,cost\n1,ann,2024-01-05,10,4\n2,,2024-01-05,10,\n3,bob,2024-01-06,7,\n4,bob,2024-01-06,7, \n"
    )
    assert read_text(tmp_path, text).records_without_cost == 2


def test_without_cost_and_margin_there_is_no_gross_profit(tmp_path):
    assert "gross_profit" not in read_text(tmp_path, SHOP).orders.columns


# Conditions


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("quantity > 0", ["1"]),
        ("quantity >= 0", ["1", "2"]),
        ("not quantity > 0", ["2", "3"]),
        ("quantity != 0", ["1", "3"]),
        ("amount * 2 > 50", ["3", "4"]),
        ("`net price` < 20", ["1", "2"]),
        ("QUANTITY > 0", ["1"]),
        ('channel == "web"', ["1", "4"]),
        ("channel == 'web'", ["1", "4"]),
        ('channel != "web"', ["2", "3"]),
        ('channel == "web" and amount < 20', ["1"]),
        ('channel == "store" or quantity < 0', ["2", "3"]),
        ('customer_id != "ann"', ["2", "4"]),
        ("min(amount, 25) == 25", ["3", "4"]),
        ("1 > 0", ["1", "2", "3", "4"]),
    ],
)
def test_only_records_that_meet_the_condition_are_used(tmp_path, where, expected):
    read = read_text(tmp_path, SHOP, where=where)
    assert list(orders_of(read)) == expected
    assert fates(read) == {"used": len(expected), **({"where": 4 - len(expected)} if len(expected) < 4 else {})}


def test_a_condition_may_read_what_arithmetic_makes(tmp_path):
    assert used(tmp_path, columns={"amount": "`net price` * 2"}, where="amount > 40") == ["3", "4"]


def test_a_condition_over_numbers_reads_them_as_the_export_writes_them(tmp_path):
    text = "order_id;customer_id;ordered_at;amount;tax\n1;ann;2024-01-05;1,5;0,5\n2;bob;2024-01-05;1,5;1.000,5\n"
    assert used(tmp_path, text, decimal=",", where="tax > 1") == ["2"]


@pytest.mark.parametrize(("where", "expected"), [('kind != "test"', ["1", "3"]), ('kind == ""', ["3"]), ('not kind == "test"', ["1", "3"])])
def test_an_empty_cell_is_an_empty_text(tmp_path, where, expected):
    text = "order_id,customer_id,ordered_at,amount,kind\n1,a,2024-01-05,1,sale\n2,b,2024-01-05,1,test\n3,c,2024-01-05,1,\n"
    assert used(tmp_path, text, where=where) == expected


@pytest.mark.parametrize("where", ["amount", "amount * 2", "1"])
def test_what_is_no_condition_is_refused(tmp_path, where):
    assert "is a number, not a condition" in refused(tmp_path, SHOP, ClvError, where=where)


def test_a_condition_over_an_unknown_column_is_refused_with_the_nearest(tmp_path):
    said = refused(tmp_path, SHOP, ClvError, where="quantitty > 0")
    assert "no column 'quantitty' in the orders" in said
    assert "did you mean 'quantity'?" in said


# Currency


MIXED = "order_id,customer_id,ordered_at,amount,currency\n1,ann,2024-01-05,10,EUR\n2,bob,2024-01-06,20,usd\n3,cy,2024-01-07,30, eur \n"


def test_several_currencies_are_refused_with_a_table_of_them(tmp_path):
    assert refused(tmp_path, MIXED) == (
        "orders.csv: the orders are in several currencies, which can't be added up. Nothing was dropped\n"
        "  EUR                2 records              40.00\n"
        "  USD                 1 record              20.00\n"
        "hint: to use one, and count what is left out:\n"
        "try: clv ... --currency EUR"
    )


@pytest.mark.parametrize("chosen", ["EUR", "eur"])
def test_the_chosen_currency_is_used_and_the_others_are_counted(tmp_path, chosen):
    read = read_text(tmp_path, MIXED, currency=chosen)
    assert (list(orders_of(read)), fates(read), read.currency) == (["1", "3"], {"used": 2, "currency": 1}, "EUR")


def test_one_currency_however_it_is_spelled_is_the_currency(tmp_path):
    assert read_text(tmp_path, MIXED.replace("usd", "eur")).currency == "EUR"


def test_a_currency_that_is_missing_in_some_records_is_another_one(tmp_path):
    said = refused(tmp_path, MIXED.replace("usd", ""))
    assert "  (none)              1 record              20.00\n" in said
    assert "--currency EUR" in said


@pytest.mark.parametrize("blanks", [(",", ",", ","), (',""', ",", ", "), (",  ", ", ", ",")])
def test_a_currency_that_is_always_blank_is_none(tmp_path, blanks):
    rows = "".join(f"{n},ann,2024-01-05,10{blank}\n" for n, blank in enumerate(blanks))
    read = read_text(tmp_path, "order_id,customer_id,ordered_at,amount,currency\n" + rows)
    assert (fates(read), read.currency) == ({"used": 3}, "")


def test_currencies_of_records_that_are_not_used_do_not_matter(tmp_path):
    read = read_text(tmp_path, MIXED.replace("2,bob,", "2,,"))
    assert (fates(read), read.currency) == ({"used": 2, "no_customer": 1}, "EUR")


def test_without_a_currency_column_the_chosen_one_is_believed(tmp_path):
    assert read_text(tmp_path, HEADER + "1,ann,2024-01-05,10\n", currency="chf").currency == "CHF"


# The end of observation


def test_records_after_the_end_of_observation_are_excluded(tmp_path):
    read = read_text(tmp_path, SHOP, as_of="2024-02-06")
    assert (list(orders_of(read)), fates(read)) == (["1", "2", "3"], {"used": 3, "after": 1})


def test_the_end_of_observation_is_a_day_of_the_shop(tmp_path):
    text = HEADER + "1,ann,2024-01-31T22:59:00Z,10\n2,bob,2024-01-31T23:01:00Z,20\n"
    assert used(tmp_path, text, as_of="2024-01-31", tz="Europe/Rome") == ["1"]


# Orders of two customers


def test_an_order_of_two_customers_is_rejected_whole(tmp_path):
    read = read_text(tmp_path, HEADER + "1,ann,2024-01-05,10\n2,ann,2024-01-05,1\n2,bob,2024-01-05,2\n2,bob,2024-01-06,4\n", max_rejects=1)
    assert (orders_of(read), fates(read)) == ({"1": ("ann", "2024-01-05", 10.0)}, {"used": 1, "two_customers": 3})


def test_an_order_is_not_of_two_customers_because_one_record_has_none(tmp_path):
    read = read_text(tmp_path, HEADER + "1,ann,2024-01-05,10\n1,,2024-01-05,5\n")
    assert (orders_of(read), fates(read)) == ({"1": ("ann", "2024-01-05", 10.0)}, {"used": 1, "no_customer": 1})


def test_costs_that_are_missing_in_orders_of_two_customers_do_not_matter(tmp_path):
    text = "order_id,customer_id,ordered_at,amount,cost\n1,ann,2024-01-05,10,4\n2,ann,2024-01-05,1,\n2,bob,2024-01-05,2,\n"
    assert read_text(tmp_path, text, max_rejects=1).records_without_cost == 0


# Nothing left


def test_nothing_to_use_is_refused_with_the_ledger(tmp_path):
    assert refused(tmp_path, HEADER + "1,,2024-01-05,10\n2,,2024-01-05,10\n") == (
        "orders.csv: no order is left to work with: 2 records = 0 used + 2 excluded (2 no customer)"
    )


def test_a_currency_that_no_record_has_leaves_nothing(tmp_path):
    assert "no order is left to work with" in refused(tmp_path, MIXED, currency="GBP")


# Before reading


def test_what_is_understood_of_an_export_can_be_asked_without_reading_it(tmp_path):
    name = written(tmp_path, HEADER + "1,ann,2024-01-05,10\n2,ann,2024-01-05,10\n3,bob,2024-01-06,broken\n")
    (plan,) = understood([name], Instructions()).plans
    assert (plan.of.file.name, plan.of.dialect.delimiter, plan.roles.of["amount"]) == (name, ",", "amount")


def test_reading_without_instructions_reads_canonical_names(tmp_path):
    assert one_order(read([written(tmp_path, HEADER + "1,ann,2024-01-05,10\n")], Instructions())) == ("ann", "2024-01-05", 10.0)


def test_the_same_file_gives_the_same_orders_in_any_order_of_its_records(tmp_path):
    header, *rows = SHOP.splitlines(keepends=True)
    assert orders_of(read_text(tmp_path, header + "".join(reversed(rows)))) == orders_of(read_text(tmp_path, SHOP))


def test_reading_stops_at_the_first_file_that_is_no_export(tmp_path):
    with pytest.raises(InputError, match=r"notes\.txt:1: no column for"):
        read_export(written(tmp_path, "Remember the milk.\nAnd the bread.\n", "notes.txt"), written(tmp_path, SHOP))
