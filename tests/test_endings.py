"""The day on which contracts ended, read from a column, and renewals counted from it."""

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from program import clv

from clvcli.endings import with_endings
from clvcli.engines import Polars
from clvcli.errors import InputError
from clvcli.exports.spelling import Spelling
from clvcli.periods import date_of, day_number
from clvcli.renewals import BILLINGS, ENDED, with_contracts

MONTH = BILLINGS["month"]
# A gym at 20 a month, seen until 2024-12-31; ann joined a year ago and stays, bob left after his third month, cid after his first
# few days, dan joined this week, and eve has given notice for next year.
LIST = """\
id,member,joined,ended,amount
1,ann,2023-12-31,,20
2,bob,2024-01-15,2024-04-14,20
3,cid,2024-05-01,2024-05-09,20
4,dan,2024-12-27,,20
5,eve,2024-06-30,2025-02-28,20
"""


def day(text):
    return day_number(date_of(0).fromisoformat(text))


def ended(*texts, spelling=None):
    customers = pl.DataFrame({"customer_id": [f"c{n}" for n in range(len(texts))], "until": texts}, schema_overrides={"until": pl.String})
    engine = Polars()
    found = engine.collect(with_endings(nw.from_native(customers.lazy()), "until", engine, spelling or Spelling()))
    return found.sort("customer_id")[ENDED].to_list()


def test_an_empty_cell_is_a_contract_that_goes_on():
    assert ended("2024-04-14", None, "2024-05-09") == [day("2024-04-14"), None, day("2024-05-09")]
    assert ended(None, None) == [None, None]


def test_the_format_is_proven_by_all_values_or_given():
    assert ended("03.04.2024", "31.12.2024") == [day("2024-04-03"), day("2024-12-31")]
    assert ended("03/04/2024", spelling=Spelling("%d/%m/%Y")) == [day("2024-04-03")]
    assert ended("2024-04-14T09:30:00") == [day("2024-04-14")]


def test_two_readings_are_refused():
    with pytest.raises(InputError, match="03/04/2024"):
        ended("03/04/2024", "05/06/2024")


def test_values_that_are_no_days_are_refused_with_examples():
    with pytest.raises(InputError) as refused:
        ended(*["2024-01-01"] * 300, *[f"2024-{m:02}-{d:02}" for m in range(1, 13) for d in range(1, 29)], "soon")
    assert "1 value is no day: 'soon'" in str(refused.value)


def renewed(first, last, as_of="2024-12-31", bought=1):
    row = {"customer_id": ["c"], "customers": [1], "first_day": [day(first)], "buying_days": [bought], ENDED: [last and day(last)]}
    frame = nw.from_native(pl.DataFrame(row, schema_overrides={ENDED: pl.Int32}).lazy())
    return Polars().collect(with_contracts(frame, MONTH, day(as_of))).row(0, named=True)


@pytest.mark.parametrize(
    ("first", "last", "payments", "is_lost"),
    [
        ("2023-12-31", None, 13, 0),  # 366 days are 12.02 months: the first payment and twelve renewals
        ("2024-01-15", "2024-04-14", 3, 1),  # 90 days, of which the last isn't paid for: due on days 0, 30 and 60
        ("2024-05-01", "2024-05-09", 1, 1),
        ("2024-05-01", "2024-05-01", 1, 1),  # ended on its first day: the first payment was made all the same
        ("2024-12-27", None, 1, 0),
        ("2024-06-30", "2025-02-28", 7, 0),  # notice given, but still there
        ("2024-12-01", "2024-12-31", 1, 1),  # ended on the last day that was seen
    ],
)
def test_payments_fall_due_until_the_contract_ends(first, last, payments, is_lost):
    found = renewed(first, last)
    assert (found["payments"], found["renewals"], found["is_lost"]) == (payments, payments - 1, is_lost)


def test_days_since_the_last_payment_fell_due():
    assert renewed("2024-12-27", None)["since"] == 4
    assert renewed("2024-11-01", None)["since"] == pytest.approx(60 - 30.4375)


@pytest.fixture
def empty(tmp_path):
    path = tmp_path / "empty.yaml"
    path.touch()
    return path


@pytest.fixture
def members(tmp_path):
    path = tmp_path / "members.csv"
    path.write_text(LIST)
    return str(path)


def predicted(*arguments):
    return clv(
        "predict",
        *arguments,
        "--map",
        "ordered_at=joined",
        "--map",
        "customer_id=member",
        "--identity",
        "id",
        "--as-of",
        "2024-12-31",
        "--format",
        "json",
        "--quiet",
    )


def test_a_list_of_contracts_is_forecast_without_its_payments(members, empty):
    done = predicted(members, "--ended", "ended", "--billing", "month", "--config", str(empty), "--margin", "0.5")
    assert done.code == 0, done.err
    tables = {table["name"]: table for table in done.json["tables"]}
    steps = [(row["renewal"], row["at_risk"], row["lost"]) for row in tables["renewals"]["rows"]]
    assert steps[:4] == [(1, 4, 1), (2, 3, 0), (3, 3, 1), (4, 2, 0)]
    rows = {row["customer_id"]: row for row in tables["predictions"]["rows"]}
    assert {who for who, row in rows.items() if row["p_alive"] == 1} == {"ann", "dan", "eve"}
    assert rows["bob"]["expected_orders"] == 0
    assert rows["ann"]["expected_spend"] == 20
    assert "Contracts end where the column says so" in tables["forecast"]["notes"][0]


def test_a_list_without_a_billing_period_is_refused_with_what_to_type(members, empty):
    done = predicted(members, "--ended", "ended", "--config", str(empty))
    assert done.code == 4
    assert "no billing period shows" in done.err
    assert "--billing month" in done.err


def test_a_column_that_isnt_there_is_told(members, empty):
    done = predicted(members, "--ended", "until", "--billing", "month", "--config", str(empty))
    assert done.code == 2
    assert "no column 'until' in the orders" in done.err


def test_a_model_of_buying_at_will_is_refused_for_contracts(members, empty):
    done = predicted(members, "--ended", "ended", "--billing", "month", "--model", "bg_nbd", "--config", str(empty))
    assert done.code == 4
    assert "customers pay by contract, as --billing or --ended says" in done.err
