"""Rejects: what can't be read, with its place and what to do about it."""

from datetime import date

import polars as pl
import pytest
from exported import HEADER, fates, read_export, read_text, refused, written
from program import clv

from clvcli.errors import InputError

GOOD = "1,ann,2024-01-05,10\n2,ann,2024-01-06,20\n3,ann,2024-01-07,30\n"
DATES = "correct it, or say how dates are written, as in --date-format %d/%m/%Y"


def rejects_of(folder, text, *names, **options):
    """The chosen columns of the rejects, a tuple a record, without the folder."""
    rows = read_text(folder, text, max_rejects=1, **options).rejects.select(names or ("line", "column", "value", "reason"))
    return list(rows.iter_rows())


def test_a_reject_is_told_with_all_that_helps(tmp_path):
    read = read_text(tmp_path, HEADER + GOOD + "4,bob,05/2024,40\n", max_rejects=1)
    assert read.rejects.to_dicts() == [
        {
            "file": str(tmp_path / "orders.csv"),
            "line": 5,
            "column": "ordered_at",
            "value": "05/2024",
            "reason": "not a date",
            "suggestion": DATES,
        }
    ]


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        ("4,bob,,40,1", "ordered_at", "", "no date"),
        ("4,bob,  ,40,1", "ordered_at", "", "no date"),
        ("4,bob,soon,40,1", "ordered_at", "soon", "not a date"),
        ("4,bob,1970-01-01,40,1", "ordered_at", "1970-01-01", "the first day of 1970, which stands for no date"),
        ("4,bob,2024-01-05,,1", "amount", "", "no amount"),
        ("4,bob,2024-01-05,free,1", "amount", "free", "not a number, or past 90 billion"),
        ("4,bob,2024-01-05,inf,1", "amount", "inf", "not a number, or past 90 billion"),
        ("4,bob,2024-01-05,1e12,1", "amount", "1e12", "not a number, or past 90 billion"),
        ("4,bob,2024-01-05,40,dear", "cost", "dear", "cost is not a number"),
        (",bob,2024-01-05,40,1", "order_id", "", "no order id"),
        ("1,bob,2024-01-05,40,1", "order_id", "1", "order id of two customers"),
    ],
)
def test_each_reason_blames_its_column_and_shows_its_value(tmp_path, row, column, value, reason):
    text = "order_id,customer_id,ordered_at,amount,cost\n5,ann,2024-01-05,10,1\n1,ann,2024-01-05,10,1\n6,ann,2024-01-05,10,1\n" + row + "\n"
    assert (5, column, value.strip(), reason) in [(n, c, v.strip(), r) for n, c, v, r in rejects_of(tmp_path, text)]


def test_the_column_has_the_exports_own_name(tmp_path):
    text = "Nr,Kunde,Datum,Betrag\n1,ann,2024-01-05,10\n2,ann,2024-01-05,10\n3,bob,2024-01-06,frei\n"
    columns = {"order_id": "Nr", "customer_id": "Kunde", "ordered_at": "Datum", "amount": "Betrag"}
    assert rejects_of(tmp_path, text, "column", "value", columns=columns) == [("Betrag", "frei")]


def test_what_arithmetic_reads_is_shown_for_what_it_cannot_make(tmp_path):
    text = "oid,customer_id,ordered_at,qty,price\n1,ann,2024-01-05,1,2\n2,bob,2024-01-06,three,7.50\n"
    columns = {"amount": "qty * price"}
    assert rejects_of(tmp_path, text, "column", "value", columns=columns) == [("amount", "7.50, three")]


def test_every_customer_of_a_shared_order_is_listed(tmp_path):
    text = HEADER + GOOD + "9,bob,2024-01-05,1\n9,cy,2024-01-05,2\n9,cy,2024-01-06,3\n"
    assert rejects_of(tmp_path, text, "line", "value") == [(5, "9"), (6, "9"), (7, "9")]


def test_a_long_value_is_shortened(tmp_path):
    ((value,),) = rejects_of(tmp_path, HEADER + GOOD + f"4,bob,{'x' * 1000},40\n", "value")
    assert value == "x" * 60


def test_each_record_of_an_order_that_is_rejected_as_a_whole_is_listed(tmp_path):
    text = (
        HEADER
        + "1,ann,2024-01-05,10\n1,ann,2024-01-05,20\n2,bob,2024-01-06,5\n2,bob,2024-01-06,5\n3,eve,2024-01-07,free\n3,eve,2024-01-07,free\n"
    )
    read = read_text(tmp_path, text, max_rejects=1, grain="repeated")
    assert read.rejects["line"].to_list() == [2, 3, 6, 7]
    assert read.ledger.of("rejected") == read.rejects.height == 4


def test_rejects_stand_in_the_order_of_the_files(tmp_path):
    first = written(tmp_path, HEADER + GOOD + "4,bob,soon,1\n1,bob,2024-01-05,1\n5,bob,2024-01-05,free\n", "b.csv")
    second = written(tmp_path, HEADER + "6,bob,later,1\n7,cy,2024-01-05,1\n8,cy,2024-01-05,1\n", "a.csv")
    rejects = read_export(first, second, max_rejects=1).rejects
    assert list(rejects.select("file", "line").iter_rows()) == [(first, 2), (first, 5), (first, 6), (first, 7), (second, 2)]


def test_a_record_of_parquet_is_known_by_its_row(tmp_path):
    name = str(tmp_path / "orders.parquet")
    columns = {"customer_id": ["ann", "bob", "cy"], "ordered_at": [date(2024, 1, 5), None, date(1970, 1, 1)], "amount": [1.0, 2.0, 3.0]}
    pl.DataFrame(columns).write_parquet(name)
    rejects = read_export(name, max_rejects=1).rejects
    assert list(rejects.select("line", "value", "reason").iter_rows()) == [
        (2, "", "no date"),
        (3, "1970-01-01", "the first day of 1970, which stands for no date"),
    ]


def test_records_that_are_excluded_are_no_rejects(tmp_path):
    read = read_text(tmp_path, HEADER + GOOD + "4,,2024-01-08,40\n")
    assert (fates(read), read.rejects.height) == ({"used": 3, "no_customer": 1}, 0)


# Too many


def test_more_rejects_than_allowed_are_refused_with_the_first_of_them(tmp_path):
    said = refused(tmp_path, HEADER + GOOD + "4,bob,soon,1\n5,bob,later,1\n6,bob,2024-01-05,free\n7,bob,never,1\n")
    assert said == (
        "orders.csv:5: 4 of 7 records can't be read, more than the 5.0% allowed. Nothing was dropped\n"
        "  line 5 [ordered_at]: 'soon': not a date\n"
        "  line 6 [ordered_at]: 'later': not a date\n"
        "  line 7 [amount]: 'free': not a number, or past 90 billion\n"
        f"hint: {DATES}; or go on without them, and have them all listed:\n"
        "try: clv ... --max-rejects 1 --rejects rejects.csv"
    )


@pytest.mark.parametrize(("allowed", "read"), [(0.25, True), (0.24, False), (0, False), (1, True)])
def test_the_share_of_rejects_that_is_allowed_is_inclusive(tmp_path, allowed, read):
    name = written(tmp_path, HEADER + GOOD + "4,bob,soon,1\n")
    if read:
        assert fates(read_export(name, max_rejects=allowed)) == {"used": 3, "bad_date": 1}
    else:
        with pytest.raises(InputError, match="1 of 4 records can't be read"):
            read_export(name, max_rejects=allowed)


def test_no_rejects_are_always_allowed(tmp_path):
    assert fates(read_text(tmp_path, HEADER + GOOD, max_rejects=0)) == {"used": 3}


def test_rejects_are_never_written_over_the_orders(tmp_path):
    content = HEADER + "1,ann,2024-01-05,10\n2,bob,never,20\n"
    name = written(tmp_path, content)
    (tmp_path / "link.csv").symlink_to(name)
    for other in (name, str(tmp_path / "link.csv")):
        ran = clv("compute", name, "--max-rejects", "1", "--rejects", other, here=tmp_path)
        assert (ran.code, "would be written over the orders" in ran.err) == (2, True)
    assert (tmp_path / "orders.csv").read_text() == content


def test_rejects_and_the_answer_are_two_files(tmp_path):
    other = str(tmp_path / "r.csv")
    ran = clv("customers", written(tmp_path, HEADER + "1,ann,2024-01-05,10\n"), "--rejects", other, "-o", other, here=tmp_path)
    assert (ran.code, "would be written twice" in ran.err) == (2, True)


def test_what_is_to_be_typed_about_an_address_is_whole(tmp_path):
    content = "order_id,email,order_date,total\n" + "".join(f"{n},till@x.de,2026-01-05,5.50\n" for n in range(30))
    said = clv("compute", written(tmp_path, content), here=tmp_path).err
    assert "'t…@x.de' has 30 of 30 orders" in said
    assert "--anonymous 'till@x.de'" in said
