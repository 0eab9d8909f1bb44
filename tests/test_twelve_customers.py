"""Twelve customers, two channels, half a year: what the pencil says of their unit economics, line by line."""

import pytest
from program import clv

ORDERS = """\
order_id,customer_id,date,amount,channel
1,a1,2024-01-10,50,ads
2,a1,2024-04-10,50,ads
3,a2,2024-01-01,50,ads
4,a3,2024-01-20,50,ads
5,a3,2024-02-19,50,ads
6,a4,2024-01-31,50,ads
7,m1,2024-02-01,50,mail
8,m1,2024-05-01,50,mail
9,m2,2024-02-01,50,mail
10,m2,2024-05-02,50,mail
11,m3,2024-02-10,50,mail
12,m3,2024-03-10,50,mail
13,m4,2024-02-15,50,mail
14,m4,2024-06-15,50,mail
15,a5,2024-04-05,50,ads
16,a6,2024-04-05,50,ads
17,a7,2024-04-20,100,ads
18,m5,2024-05-20,50,mail
19,m5,2024-06-20,50,mail
"""
SPEND = """\
month,channel,amount
2024-01,ads,100
2024-02,mail,20
2024-03,mail,10
2024-04,ads,90
2024-05,mail,8
"""
CONFIG = """\
orders: orders.csv
spend: spend.csv
margin: 0.5
costs: {payment_share: 0.02, payment_fixed: 0.50, shipping_per_order: 3.50}
as_of: 2024-06-30
period: quarter
target_payback_months: 3
"""

# An order of 50 leaves 25 after goods, less 1 + 0.50 of fees and 3.50 of postage; one of 100 leaves 50 less 6.
OF_50, OF_100 = 20.0, 44.0
CONTRIBUTION = {"ads": 9 * OF_50 - OF_50 + OF_100, "mail": 10 * OF_50}
# ads: a1 2, a2 1, a3 2, a4 1, a5 1, a6 1 orders of 50 and a7 one of 100; mail: five customers with two orders each.
CUSTOMERS = {"ads": 7, "mail": 5}
# January's ads won four and cost 25 each, April's won three and cost 30 each; mail cost 5 each in February and 8 in May.
COST = {"ads": 4 * 25 + 3 * 30, "mail": 4 * 5 + 8}
SPENT, LOST = 228, 10  # March's mail won nobody

# Old enough for 90 days are the eight of the first quarter; m1 came back on the 90th day, a1 and m2 on the 91st.
IN_90_DAYS = {"ads": (OF_50 + OF_50 + 2 * OF_50 + OF_50) / 4, "mail": (2 * OF_50 + OF_50 + 2 * OF_50 + OF_50) / 4}
# Three months are 91 days, so that a1 and m2 are in.
IN_3_MONTHS = {"ads": (2 * OF_50 + OF_50 + 2 * OF_50 + OF_50) / 4, "mail": (2 * OF_50 + 2 * OF_50 + 2 * OF_50 + OF_50) / 4}
# Of the first quarter's customers a1, m1, m2 and m4 bought in the second, when eight bought nine times.
RETENTION = {"ads": 1 / 4, "mail": 3 / 4}
FREQUENCY = 9 / 8 / 0.25
LIFESPAN = 0.25 / (1 - 4 / 8)
AOV, MARGIN = 1000 / 19, 404 / 1000
# ads: after one month all seven have brought 7 times 20, 20 (a3) + 24 (a7's more), 184 < 190, and nothing came in the second;
# after three, the four who are that old have brought 120 ≥ 100. mail: 120 ≥ 28 in the first month.
PAID_BACK = {"ads": 3, "mail": 1}

# What a customer has brought less its cost, by the end of each quarter: the four and four of the first, then all twelve.
FIRST, SECOND = {"ads": (100 - 100) / 4, "mail": (100 - 20) / 4}, {"ads": (204 - 190) / 7, "mail": (200 - 28) / 5}
SHARES = [{"ads": 4 / 8, "mail": 4 / 8}, {"ads": 7 / 12, "mail": 5 / 12}]
CHANGE = (204 - 190 + 200 - 28) / 12 - (100 - 100 + 100 - 20) / 8


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twelve")
    for name, text in {"orders.csv": ORDERS, "spend.csv": SPEND, "clv.yaml": CONFIG}.items():
        (folder / name).write_text(text)
    return folder


def tables(shop, *arguments):
    ran = clv(*arguments, "--format", "json", "--quiet", here=shop)
    assert (ran.code, ran.err) == (0, "")
    return {table["name"]: table for table in ran.json["tables"]}


def by_key(table, key, column):
    return {row[key]: row[column] for row in table["rows"]}


@pytest.fixture(scope="module")
def segments(shop):
    return tables(shop, "segments", "--by", "channel")


def test_the_pencil_added_up_what_the_pencil_wrote_down():
    assert CONTRIBUTION == {"ads": 204.0, "mail": 200.0}
    assert pytest.approx(5.5) == CHANGE
    assert sum(COST.values()) + LOST == SPENT


def test_cac_adds_up_to_the_spend_and_what_won_nobody_is_shown(segments):
    assert by_key(segments["segments"], "channel", "acquisition_cost") == COST
    assert [(row["channel"], row["month"], row["spend"]) for row in segments["unattributed"]["rows"]] == [("mail", "2024-03", LOST)]
    assert by_key(segments["segments"], "channel", "cac") == pytest.approx({c: COST[c] / CUSTOMERS[c] for c in COST})


def test_contribution_is_of_customers_old_enough(segments):
    assert by_key(segments["economics"], "channel", "contribution_per_customer_90d") == pytest.approx(IN_90_DAYS)
    assert segments["economics"]["total"]["contribution_per_customer_90d"] == pytest.approx(27.5)
    assert by_key(segments["economics"], "channel", "contribution_per_customer_180d") == {
        "ads": OF_50,
        "mail": None,
    }  # a2, since the first of January


def test_payback_is_read_off_the_observed_curve(segments):
    assert by_key(segments["economics"], "channel", "payback_months_observed") == PAID_BACK


def test_maximum_cac_is_for_a_ratio_and_for_a_payback(shop, segments):
    assert by_key(segments["economics"], "channel", "max_cac_payback") == pytest.approx(IN_3_MONTHS)
    assert segments["economics"]["total"]["max_cac"] == pytest.approx(AOV * FREQUENCY * LIFESPAN * MARGIN / 3)


def test_retention_is_of_the_quarter_before(segments):
    assert by_key(segments["segments"], "channel", "retention_rate") == pytest.approx(RETENTION)


def test_the_clv_takes_variable_costs_off(shop):
    figures = by_key(tables(shop, "compute")["clv"], "name", "value")
    assert figures["clv_contribution"] == pytest.approx(AOV * FREQUENCY * LIFESPAN * MARGIN - 218 / 12)
    assert figures["clv_observed"] == pytest.approx((404 - 218) / 12)


def test_the_change_is_mix_and_rate(shop):
    (row,) = tables(shop, "trend", "--by", "channel", "--formula", "clv_observed")["mix"]["rows"]
    more = {c: SHARES[1][c] - SHARES[0][c] for c in FIRST}
    mix = sum(more[c] * (FIRST[c] + SECOND[c]) / 2 for c in FIRST)
    rate = sum((SHARES[0][c] + SHARES[1][c]) / 2 * (SECOND[c] - FIRST[c]) for c in FIRST)
    assert (row["mix"], row["rate"], row["change"]) == pytest.approx((mix, rate, CHANGE))
    assert (mix, rate) == pytest.approx((-2.18333333, 7.68333333))


def test_the_budget_says_what_each_month_won(segments):
    rows = {(row["channel"], row["month"]): row for row in segments["budget_months"]["rows"]}
    assert rows["ads", "2024-01"]["spend_per_customer"] == 25.0
    assert rows["ads", "2024-01"]["earned_per_unit"] == pytest.approx(120 / 100)
    assert (rows["mail", "2024-03"]["new_customers"], rows["mail", "2024-03"]["spend_per_customer"]) == (0, None)
    assert rows["ads", "2024-04"]["more_customers"] == -1
    assert rows["ads", "2024-04"]["next_customer"] == pytest.approx((90 - 100) / (3 - 4))


def test_the_cohorts_are_by_month_and_hold_everybody(shop):
    found = tables(shop, "cohorts", "--measure", "active", "--period", "month")
    assert {row["cohort"]: [row[str(age)] for age in range(6)] for row in found["cohorts"]["rows"]} == {
        "2024-01": [4, 1, 0, 1, 0, 0],
        "2024-02": [4, 1, 0, 2, 1, None],
        "2024-04": [3, 0, 0, None, None, None],
        "2024-05": [1, 1, None, None, None, None],
    }
