"""Where should the next unit of spend go? What each month of spend has won."""

import polars as pl
import pytest

from clvcli.acquisition import MONTH, SPEND
from clvcli.reports.budget import COLUMNS, budget_tables, month_rows

JANUARY, FEBRUARY, MARCH, APRIL, MAY = range(2024 * 12, 2024 * 12 + 5)
NAMES = ("channel", "month", "spend", "new_customers", "contribution", "customers_90d", "contribution_90d")
MONEY = ("spend", "contribution", "contribution_90d")
ADS = [
    ("ads", JANUARY, 100, 4, 200, 4, 160),
    ("ads", FEBRUARY, 200, 6, 240, 6, 210),
    ("ads", MARCH, 50, 3, 90, 3, 90),
    ("ads", APRIL, 300, 7, 140, 2, 30),
    ("ads", MAY, 300, 8, 100, 0, 0),
]
MAIL = [("mail", JANUARY, 20, 2, 80, 2, 60), ("mail", FEBRUARY, 40, 0, 0, 0, 0)]


def months(rows):
    """Rows as the report gets them, money in ten-thousandths."""
    return pl.DataFrame(rows, schema=list(NAMES), orient="row").with_columns(pl.col(MONEY) * 10_000)


def of(table, *names):
    """What stands in these columns, by what names the row."""
    keys = table.frame.select(table.frame.columns[: table.keys]).rows()
    return dict(zip([key[0] if len(key) == 1 else key for key in keys], table.frame.select(names).rows(), strict=True))


def test_a_month_is_what_it_won_for_its_spend():
    _, by_month = budget_tables(months([*MAIL, *ADS]))
    assert by_month.for_machines
    assert of(by_month, "spend", "new_customers", "spend_per_customer", "contribution", "earned_per_unit") == {
        ("ads", "2024-01"): (100.0, 4, 25.0, 200.0, 2.0),
        ("ads", "2024-02"): (200.0, 6, 200 / 6, 240.0, 1.2),
        ("ads", "2024-03"): (50.0, 3, 50 / 3, 90.0, 1.8),
        ("ads", "2024-04"): (300.0, 7, 300 / 7, 140.0, 140 / 300),
        ("ads", "2024-05"): (300.0, 8, 37.5, 100.0, 1 / 3),
        ("mail", "2024-01"): (20.0, 2, 10.0, 80.0, 4.0),
        ("mail", "2024-02"): (40.0, 0, None, 0.0, 0.0),
    }


def test_a_month_is_held_against_the_one_before_it():
    _, by_month = budget_tables(months([*ADS, *MAIL]))
    assert of(by_month, "more_spend", "more_customers", "next_customer", "earned_by_more") == {
        ("ads", "2024-01"): (None, None, None, None),
        ("ads", "2024-02"): (100.0, 2, 50.0, 0.5),
        ("ads", "2024-03"): (-150.0, -3, 50.0, 0.8),
        ("ads", "2024-04"): (250.0, 4, 62.5, None),  # not all of April's are 90 days old
        ("ads", "2024-05"): (0.0, 1, 0.0, None),
        ("mail", "2024-01"): (None, None, None, None),
        ("mail", "2024-02"): (20.0, -2, None, -3.0),  # more was spent, and fewer came
    }


def test_of_a_month_without_spend_nothing_was_earned_by_it():
    _, by_month = budget_tables(months([("ads", JANUARY, 0, 2, 50, 2, 40), ("ads", FEBRUARY, 0, 2, 50, 2, 40)]))
    assert of(by_month, "spend_per_customer", "earned_per_unit", "next_customer", "earned_by_more")["ads", "2024-02"] == (
        0.0,
        None,
        None,
        None,
    )


def test_a_channel_is_its_months_halved_by_their_spend():
    by_channel, _ = budget_tables(months([*MAIL, *ADS]))
    names = (
        "spend",
        "new_customers",
        "spend_per_customer",
        "cac_little",
        "cac_much",
        "cac_next",
        "contribution_90d_each",
        "earned_by_next",
    )
    found = of(by_channel, *names)
    # March and January are the months of little, April and May those of much; February is in the middle.
    assert found["ads"] == pytest.approx((950.0, 28, 950 / 28, 150 / 7, 40.0, 450 / 8, 490 / 15, 490 / 15 / 56.25))
    assert found["mail"] == (60.0, 2, 30.0, None, None, None, 30.0, None)  # two months are too few to halve
    assert list(found) == ["ads", "mail"]


FLAT = [("ads", month, spend, new, 0, 0, 0) for month, spend, new in ((JANUARY, 10, 3), (FEBRUARY, 10, 1), (MARCH, 40, 2), (APRIL, 40, 2))]


def test_where_much_spend_won_no_more_there_is_no_next_customer():
    by_channel, _ = budget_tables(months(FLAT))
    assert of(by_channel, "cac_little", "cac_much", "cac_next", "contribution_90d_each", "earned_by_next")["ads"] == (
        5.0,
        20.0,
        None,
        None,
        None,
    )


def test_where_spend_was_always_the_same_there_is_no_next_customer():
    by_channel, _ = budget_tables(months([(c, month, 10, new + 1, 5, 1, 5) for new, (c, month, *_) in enumerate(ADS[:4])]))
    assert of(by_channel, "cac_next")["ads"] == (None,)


def test_where_nobody_came_in_months_of_little_their_cac_is_not_known():
    rows = [("ads", month, spend, new, 0, 0, 0) for month, spend, new in ((JANUARY, 1, 0), (FEBRUARY, 1, 0), (MARCH, 9, 1), (APRIL, 9, 2))]
    assert of(budget_tables(months(rows))[0], "cac_little", "cac_much", "cac_next")["ads"] == (None, 6.0, 16 / 3)


def test_the_order_of_months_does_not_matter():
    first, second = (budget_tables(months(rows)) for rows in ([*ADS, *MAIL], [*MAIL[::-1], *ADS[::-1]]))
    assert [table.frame.rows() for table in first] == [table.frame.rows() for table in second]


CELLS = pl.DataFrame(
    {"source": ["ads", "ads", "mail", None], MONTH: [JANUARY, FEBRUARY, JANUARY, MARCH], SPEND: [100, 50, 20, 7]},
    schema_overrides={MONTH: pl.Int32},
)
WON = pl.DataFrame(
    {
        "source": ["ads", "ads", "web", None],
        MONTH: [JANUARY, MARCH, JANUARY, MARCH],
        "new_customers": [4, 1, 9, 3],
        "contribution": [200, 30, 900, 60],
        "customers_90d": [4, 0, 9, 3],
        "contribution_90d": [160, 0, 800, 50],
    },
    schema_overrides={MONTH: pl.Int32},
)


def test_months_are_those_of_spend_and_those_in_which_a_paid_channel_won_someone():
    rows = month_rows(WON, CELLS, "source").select(NAMES).sort("channel", "month").rows()
    assert rows == [
        ("ads", JANUARY, 100, 4, 200, 4, 160),
        ("ads", FEBRUARY, 50, 0, 0, 0, 0),
        ("ads", MARCH, 0, 1, 30, 0, 0),
        ("mail", JANUARY, 20, 0, 0, 0, 0),
    ]


def test_spend_of_no_channel_is_of_all():
    rows = (
        month_rows(WON.filter(pl.col("source") == "ads").drop("source"), CELLS.head(2).drop("source"), "")
        .select(NAMES)
        .sort("month")
        .rows()
    )
    assert rows == [
        ("all", JANUARY, 100, 4, 200, 4, 160),
        ("all", FEBRUARY, 50, 0, 0, 0, 0),
        ("all", MARCH, 0, 1, 30, 0, 0),
    ]


def test_every_column_says_what_it_is():
    for table in budget_tables(months(ADS)):
        assert [c.name for c in table.columns] == table.frame.columns
        assert set(table.columns) <= set(COLUMNS)
    assert all(c.label and c.description.endswith(".") for c in COLUMNS)
