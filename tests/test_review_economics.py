"""What a sceptical analyst tried on unit economics, and found: one test for each mistake that was there."""

import pytest
from program import clv

ORDERS = """order_id,customer_id,date,amount
1,ann,2023-01-10,100
2,ann,2023-05-20,100
3,bob,2023-02-20,100
r1,bob,2023-06-05,-50
"""
DASHES = """order_id,customer_id,date,amount,channel
1,ann,2023-01-10,10,web
2,bob,2023-01-11,20,–
3,cid,2023-01-12,40,
4,cid,2023-02-12,40,
5,bob,2023-03-12,70,–
"""


def table(ran, name):
    [found] = [t for t in ran.json["tables"] if t["name"] == name]
    return [dict(zip([c["name"] for c in found["columns"]], row, strict=True)) if isinstance(row, list) else row for row in found["rows"]]


def shop(tmp_path, text):
    (tmp_path / "orders.csv").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_refund_after_the_last_order_is_in_the_last_row_of_a_trend(tmp_path):
    ran = clv("trend", "orders.csv", "--period", "month", "-f", "json", here=shop(tmp_path, ORDERS))
    last = table(ran, "trend")[-1]
    assert (last["period"], last["revenue"], last["refunds"]) == ("2023-05", 250.0, 50.0)


def test_a_refund_after_the_last_order_is_in_the_last_cell_of_its_cohort(tmp_path):
    ran = clv("cohorts", "orders.csv", "-f", "json", here=shop(tmp_path, ORDERS))
    cells = {(row["cohort"], row["age"]): row["cumulative_revenue_per_acquired"] for row in table(ran, "cells")}
    assert (cells["2023-01", 4], cells["2023-02", 3]) == (200.0, 50.0)


def test_cohorts_count_a_dash_and_nothing_in_a_column_once(tmp_path):
    ran = clv("cohorts", "orders.csv", "--by", "channel", "--measure", "active", "-f", "json", here=shop(tmp_path, DASHES))
    rows = {row["group"]: (row["customers"], row["0"], row["1"]) for row in table(ran, "cohorts")}
    assert rows == {"–": (2, 2, 1), "web": (1, 1, 0)}
    assert table(ran, "curve")[0]["customers"] == 3


def test_costs_of_cohorts_count_a_dash_and_nothing_in_a_column_once(tmp_path):
    import polars as pl

    from clvcli.triangle import acquisition_costs

    costs = pl.DataFrame({"channel": [None, "–", "web"], "cohort": [7, 7, 7], "acquisition_cost": [1, 2, 4]})
    assert acquisition_costs(costs, ["channel"]) == {("–", 7): 3, ("web", 7): 4}


def test_mix_and_rate_sum_to_the_change_where_a_column_has_dashes_and_nothing(tmp_path):
    options = ("--period", "month", "--by", "channel", "--margin", "0.5", "--cac", "1", "--formula", "clv_observed", "-f", "json")
    ran = clv("trend", "orders.csv", *options, here=shop(tmp_path, DASHES))
    changes = {row["period"]: row["change"] for row in table(ran, "why")}
    assert changes["2023-02"] == pytest.approx(40 / 3 / 2)
    assert {row["period"]: row["change"] for row in table(ran, "mix")} == pytest.approx(changes)


@pytest.mark.parametrize("config", ["spend: []", "spend: {files: []}"])
def test_a_spend_of_no_file_is_a_mistake_of_the_config(tmp_path, config):
    (shop(tmp_path, ORDERS) / "clv.yaml").write_text(config, encoding="utf-8")
    ran = clv("segments", "--by", "cohort", "orders.csv", here=tmp_path)
    assert (ran.code, ran.out) == (3, b"")
    assert ran.err.startswith("error: clv.yaml:1:")
    assert "spend.files: names no file" in ran.err


@pytest.mark.parametrize(
    ("tiers", "told"),
    [
        ("[]", "value_tiers: there can be 1 to 20 of them"),
        ("[10, 20]", "value_tiers.0: '10' should be less than 1"),
        (str([n / 100 for n in range(1, 22)]), "value_tiers: there can be 1 to 20 of them"),
    ],
)
def test_value_tiers_are_refused_in_words_of_the_config(tmp_path, tiers, told):
    (shop(tmp_path, ORDERS) / "clv.yaml").write_text(f"value_tiers: {tiers}", encoding="utf-8")
    ran = clv("compute", "orders.csv", here=tmp_path)
    assert (ran.code, "Tuple" in ran.err) == (3, False)
    assert told in ran.err
