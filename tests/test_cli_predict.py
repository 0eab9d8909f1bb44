"""What `clv predict` shows and writes, what a model tells in other commands, and what shops it refuses."""

import csv
import io
import json
import random
import re

import openpyxl
import polars as pl
import pytest
import simulated
from program import SHOP, clv
from simulated_members import csv_of, donors, members

HEADER = "order_id,customer_id,ordered_at,amount\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the exports of a shop of 250 customers, of a gym and of donors."""
    here = tmp_path_factory.mktemp("predict")
    (here / "shop.csv").write_text(csv_of(simulated.shop(250)))
    (here / "gym.csv").write_text(csv_of(members(120)))
    (here / "donors.csv").write_text(csv_of(donors()))
    return here


def typed(folder, *arguments):
    """What a run in the folder gives as JSON: its tables by name."""
    ran = clv(*arguments, "--format", "json", here=folder)
    assert ran.code == 0, ran.err
    return {table["name"]: table for table in ran.json["tables"]}


@pytest.fixture(scope="module")
def tables(folder):
    return typed(folder, "predict", "shop.csv", "--margin", "0.4", "--horizon", "6m")


def totals(tables):
    """The forecast of all customers together, by what it is of."""
    return {row["what"]: row for row in tables["forecast"]["rows"]}


# The answer


def test_people_see_the_first_customers_and_machines_all_of_them(folder, tables):
    shown = clv("predict", "shop.csv", "--margin", "0.4", "--horizon", "6m", "--limit", "3", here=folder)
    assert shown.text.startswith("The next 183 days, customer by customer (")
    assert "The first 3 of 250 customers; -o FILE writes all." in shown.text
    assert len(tables["predictions"]["rows"]) == 250
    assert tables["predictions"]["notes"] == ["CLV predicted: margin, future, 6.0 mo, discounted at 10.0% a year."]


def test_customers_who_will_bring_the_most_come_first(tables):
    worth = [row["clv_predicted"] for row in tables["predictions"]["rows"]]
    assert worth == sorted(worth, reverse=True)


def test_a_row_is_worked_out_of_itself(tables):
    for row in tables["predictions"]["rows"]:
        assert 0 <= row["p_alive"] <= 1
        assert row["expected_revenue"] == pytest.approx(row["expected_orders"] * row["expected_spend"])
        assert row["clv_predicted"] == pytest.approx(row["discounted_orders"] * row["expected_spend"] * 0.4, rel=1e-3)
        assert row["residual_value"] == pytest.approx(row["residual_orders"] * row["expected_spend"] * 0.4, rel=1e-3)
        assert row["discounted_orders"] <= row["expected_orders"] <= row["residual_orders"] * 10


def test_the_forecast_adds_the_customers_up(tables):
    columns = {"Customers alive": "p_alive", "Predicted orders": "expected_orders", "Predicted revenue": "expected_revenue",
               "Predicted contribution": "clv_predicted"}  # fmt: skip
    told = totals(tables)
    assert list(told) == list(columns)
    for what, column in columns.items():
        assert told[what]["value"] == pytest.approx(sum(row[column] for row in tables["predictions"]["rows"]))
        assert told[what]["low"] < told[what]["value"] < told[what]["high"]


def test_beside_the_interval_stands_how_far_the_model_was_off_on_the_past(folder, tables):
    told = totals(tables)
    assert told["Customers alive"]["past_error"] is None
    held = typed(folder, "backtest", "shop.csv", "--margin", "0.4", "--horizon", "6m")["accuracy_of_orders"]["rows"]
    model = tables["parameters"]["rows"][0]["model"]
    (of_model,) = (row for row in held if row["forecast"] == model)
    assert told["Predicted orders"]["past_error"] == pytest.approx(of_model["bias"])
    assert told["Predicted revenue"]["past_error"] == told["Predicted contribution"]["past_error"] is not None


def test_parameters_have_errors_intervals_and_meanings(tables):
    rows = tables["parameters"]["rows"]
    assert [row["model"] for row in rows[-3:]] == ["gamma_gamma"] * 3
    for row in rows:
        assert row["from"] < row["estimate"] < row["to"]
        assert row["standard_error"] > 0
        assert row["meaning"]
    assert rows[0]["aic"] == pytest.approx(8 - 2 * rows[0]["log_likelihood"])


def test_the_order_of_rows_does_not_change_a_byte(folder):
    head, *rows = (folder / "shop.csv").read_text().splitlines()
    random.Random(3).shuffle(rows)
    (folder / "shuffled.csv").write_text("\n".join([head, *rows, ""]))
    one, other = (clv("predict", name, "--horizon", "6m", "-f", "csv", "-q", here=folder).out for name in ("shop.csv", "shuffled.csv"))
    assert one == other


def test_a_file_gets_all_customers(folder):
    assert clv("predict", "shop.csv", "--horizon", "6m", "-o", "all.csv", "-q", here=folder).out == b""
    rows = list(csv.DictReader(io.StringIO((folder / "all.csv").read_text())))
    assert len(rows) == 250
    assert {"customer_id", "p_alive", "expected_orders", "expected_spend", "expected_revenue", "residual_orders"} <= set(rows[0])
    clv("predict", "shop.csv", "--horizon", "6m", "-o", "all.xlsx", "-q", here=folder)
    assert openpyxl.load_workbook(folder / "all.xlsx").sheetnames == ["predictions", "forecast", "parameters"]
    clv("predict", "shop.csv", "--horizon", "6m", "-o", "all.parquet", "-q", here=folder)
    assert pl.read_parquet(folder / "all.parquet").height == 250


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_a_model_is_taken_by_its_name(folder, model):
    found = typed(folder, "predict", "shop.csv", "--model", model, "--horizon", "90d")
    assert found["parameters"]["rows"][0]["model"] == model
    assert (
        "by " + {"bg_nbd": "BG/NBD", "mbg_nbd": "MBG/NBD", "pareto_nbd": "Pareto/NBD"}[model] + ": as asked" in found["forecast"]["title"]
    )


def test_without_a_margin_revenue_ranks_and_clv_is_said_to_be_unknown(folder):
    found = typed(folder, "predict", "shop.csv", "--horizon", "6m")
    worth = [row["expected_revenue"] for row in found["predictions"]["rows"]]
    assert worth == sorted(worth, reverse=True)
    assert found["predictions"]["notes"] == [
        "clv_predicted: the margin isn't known: add --margin 0.35, 'margin:' in clv.yaml, or a cost column."
    ]
    assert list(totals(found)) == ["Customers alive", "Predicted orders", "Predicted revenue"]


def test_where_some_costs_are_missing_nothing_is_made_of_the_others(folder):
    head, *rows = (folder / "shop.csv").read_text().splitlines()
    costs = [f"{row},{'2' if n % 2 else ''}" for n, row in enumerate(rows)]
    (folder / "costs.csv").write_text("\n".join([f"{head},cost", *costs, ""]))
    found = typed(folder, "predict", "costs.csv", "--horizon", "6m")
    assert {row["clv_predicted"] for row in found["predictions"]["rows"]} == {None}
    assert "records have no cost: add --margin 0.35 for those." in found["predictions"]["notes"][0]
    assert "Predicted contribution" not in totals(found)
    known = typed(folder, "predict", "costs.csv", "--horizon", "6m", "--margin", "0.4")
    assert totals(known)["Predicted contribution"]["value"] > 0


def test_the_bootstrap_is_the_same_on_every_run(folder):
    one, other = (typed(folder, "predict", "shop.csv", "--model", "bg_nbd", "--horizon", "6m", "--bootstrap", "8") for _ in range(2))
    assert one == other
    assert one["forecast"]["notes"][0].startswith("From and to: the 95% interval by 8 bootstrap samples of customers; ")


def test_at_no_discount_there_is_no_value_for_ever(folder):
    (folder / "flat.yaml").write_text("discount_rate: 0\nmargin: 0.4\n")
    found = typed(folder, "predict", "shop.csv", "--model", "bg_nbd", "--horizon", "6m", "-c", "flat.yaml")["predictions"]["rows"]
    assert {row["residual_orders"] for row in found} == {None}
    assert found[0]["discounted_orders"] == pytest.approx(found[0]["expected_orders"], rel=1e-6)


def test_too_short_a_past_to_try_a_model_on_is_said(folder):
    rows = [line for line in (folder / "shop.csv").read_text().splitlines()[1:] if "2023-01-01" <= line.split(",")[2] < "2023-02-15"]
    (folder / "short.csv").write_text(HEADER + "\n".join(rows) + "\n")
    found = typed(folder, "predict", "short.csv", "--horizon", "1m")
    assert found["forecast"]["notes"][1].startswith(
        "The model wasn't tried on the past: the orders are of 45 days, from 2023-01-01 to 2023-02-14: "
    )
    assert {row["past_error"] for row in found["forecast"]["rows"]} == {None}


def test_doubts_are_said_to_whoever_looks(folder):
    (folder / "few.csv").write_text(csv_of(simulated.shop(60)))
    shown = " ".join(clv("predict", "few.csv", "--horizon", "6m", here=folder).text.split())
    assert re.search(r"Look at this: only \d\d customers bought again: the parameters are unsure, so look at their intervals\.", shown)


def test_parameters_at_an_edge_have_no_interval(folder):
    """Nobody leaves: who buys every 20 days or so to the end."""
    lines = [f"{n}{who:03},c{who},{2023 + n * 20 // 360}-{n * 20 % 360 // 30 + 1:02}-{n * 20 % 30 // 2 + who % 14 + 1:02},{10 + n % 5}"
             for who in range(40) for n in range(30)]  # fmt: skip
    (folder / "clockwork.csv").write_text(HEADER + "\n".join(lines) + "\n")
    found = typed(folder, "predict", "clockwork.csv", "--model", "bg_nbd", "--horizon", "90d")
    r = found["parameters"]["rows"][0]
    assert (r["parameter"], r["standard_error"], r["from"], r["to"]) == ("r", None, None, None)
    said = " ".join(found["forecast"]["notes"])
    assert "customers buy more regularly than by chance" in said
    assert "no sign of customers leaving" in said


# Parameters that are kept


def test_saved_parameters_give_the_same_forecast(folder):
    first = typed(folder, "predict", "shop.csv", "--margin", "0.4", "--horizon", "6m", "--save-model", "model.json")
    again = typed(folder, "predict", "shop.csv", "--margin", "0.4", "--horizon", "6m", "--model-file", "model.json")
    assert again["predictions"]["rows"] == first["predictions"]["rows"]
    assert again["parameters"]["rows"] == first["parameters"]["rows"]
    assert "its parameters were saved" in again["forecast"]["title"]
    assert json.loads((folder / "model.json").read_text())["as_of"] == "2024-12-30"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("predict", "shop.csv", "--model-file", "none.json"), 4, "error: none.json: can't be read: No such file or directory\nhint: write one with"),
        (("predict", "shop.csv", "--model-file", "shop.csv"), 4, "error: shop.csv: is no saved model: the file: Invalid JSON"),
        (("compute", "shop.csv", "--formula", "clv_predicted", "--model-file", "shop.csv"), 4, "error: shop.csv: is no saved model: the file: "),
        (("predict", "shop.csv", "--save-model", "shop.csv"), 2, "error: shop.csv: would be written over the orders\nhint: give --save-model another name"),
        (("predict", "shop.csv", "-o", "a.json", "--save-model", "a.json"), 2, "error: a.json: would be written twice\nhint: give --save-model another name"),
        (("predict", "shop.csv", "--save-model", "no/where.json"), 5, "error: no/where.json: can't be written: No such file or directory"),
        (("predict", "gym.csv", "--save-model", "gym.json"), 2, "error: the parameters of sBG aren't saved\nhint: they are in the table 'parameters'"),
        (("predict", "gym.csv", "--bootstrap", "9"), 2, "error: sBG has no bootstrap\nhint: leave out --bootstrap"),
        (("predict", "donors.csv", "--model", "bg_bb", "--save-model", "d.json"), 2, "error: the parameters of BG/BB aren't saved"),
        (("predict", "shop.csv", "--model", "weibull"), 2, "error: --model: "),
        (("predict", "shop.csv", "--horizon", "soon"), 2, "error: --horizon: 'soon' is no length of time; write it as in 12m, 26w, 90d or 2y"),
        (("predict", "shop.csv", "--horizon", "0d"), 2, "error: --horizon: '0d' is not between a day and a century"),
    ],
)  # fmt: skip
def test_what_can_not_be_done_is_said_with_what_to_do(folder, arguments, code, said):
    before = (folder / "shop.csv").read_bytes()
    ran = clv(*arguments, here=folder)
    assert ran.code == code, ran.err
    assert ran.err.startswith(said)
    assert ran.out == b""
    assert (folder / "shop.csv").read_bytes() == before


def test_another_model_than_the_saved_one_is_refused(folder):
    clv("predict", "shop.csv", "--model", "bg_nbd", "--horizon", "6m", "--save-model", "bg.json", "-q", here=folder)
    for model in ("pareto_nbd", "bg_bb", "sbg"):
        ran = clv("predict", "shop.csv", "--model", model, "--horizon", "6m", "--model-file", "bg.json", here=folder)
        assert ran.code == 2
        assert ran.err == f"error: the saved model is BG/NBD, but the one asked for is {model}\nhint: leave out --model or --model-file\n"


# What no model can be fitted to

ANN_AND_BOB = "1,ann,2024-01-05,30\n2,bob,2024-01-06,20\n3,ann,2024-03-05,30\n"
BAD = {
    "too little history": (ANN_AND_BOB, "a horizon of 365 days is out of proportion to the 61 days that were seen: the models assume that customers go on ",
                           "look at most 183 days ahead, as in --horizon 61d"),
    "one customer": ("1,ann,2023-01-05,30\n2,ann,2024-02-06,20\n", "there is only one customer, and a model learns from how customers differ",
                     "give the orders of all customers; if they are, look with 'clv inspect' at which column the customer's id was found in"),
    "nobody came back": ("1,ann,2023-01-05,30\n2,bob,2024-02-06,20\n",
                         "nobody bought again: customers who are still to come back can't be told apart from 'everyone left'",
                         "give the orders of a longer time; 'clv compute' tells what can be said without a model"),
    "all on one day": ("1,ann,2024-01-05,30\n2,bob,2024-01-05,20\n3,ann,2024-01-05,9\n", "every order is on the last day, so nobody has had time to buy again",
                       "give the orders of at least some months, or look with 'clv inspect' at how the dates were read"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "message", "hint"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_by_predict_with_what_to_do(tmp_path, rows, message, hint):
    (tmp_path / "bad.csv").write_text(HEADER + rows)
    ran = clv("predict", "bad.csv", here=tmp_path)
    assert (ran.code, ran.out) == (4, b"")
    error, told = ran.err.splitlines()
    assert error.startswith(f"error: {message}")
    assert told == f"hint: {hint}"


@pytest.mark.parametrize(("rows", "message", "hint"), BAD.values(), ids=BAD)
def test_in_other_commands_it_is_why_a_number_has_no_value(tmp_path, rows, message, hint):
    (tmp_path / "bad.csv").write_text(HEADER + rows)
    ran = clv(
        "compute", "bad.csv", "--formula", "clv_predicted", "--formula", "clv_simple", "--margin", "0.4", "-f", "json", "-q", here=tmp_path
    )
    assert ran.code == 0
    summary = ran.json["tables"][0]
    (row,) = (row for row in summary["rows"] if row["name"] == "clv_predicted")
    assert row["value"] is None
    assert any(message in note and hint in note for note in summary["notes"])


def test_a_subscription_is_not_forecast_as_buying_at_random(folder):
    ran = clv("predict", "gym.csv", "--model", "bg_nbd", here=folder)
    assert (ran.code, ran.out) == (4, b"")
    error, hint = ran.err.splitlines()
    assert error.startswith(
        "error: customers pay every month, 100% of gaps between orders, as by a contract: BG/NBD takes purchases to come at random "
    )
    assert hint == "hint: use --model sbg, which counts renewals"


def test_zero_and_negative_spend_is_counted_and_forecast_all_the_same(folder):
    """Two who came back for nothing, and one who was paid for it."""
    text = (folder / "shop.csv").read_text()
    free = "".join(f"x{n}-{month},free{n},2024-0{month}-05,{30 if month == 1 else 0}\n" for n in (1, 2) for month in (1, 5, 9))
    free += "x3-1,free3,2024-01-05,30\nx3-5,free3,2024-05-05,5\nr3-5,free3,2024-05-09,-30\n"
    (folder / "free.csv").write_text(text + free)
    found = typed(folder, "predict", "free.csv", "--horizon", "6m")
    said = "Look at this: 3 customers who bought again spent nothing by it or less, and are left out of the fit of spending, not of the forecast."
    assert said in found["forecast"]["notes"]
    of = {row["customer_id"]: row for row in found["predictions"]["rows"]}
    assert all(of[f"free{n}"]["expected_spend"] > 0 for n in (1, 2, 3))
    assert all(of[f"free{n}"]["expected_spend"] < of["c0001"]["expected_spend"] * 2 for n in (1, 2, 3))


def test_customers_who_bought_alike_are_forecast_alike(tmp_path):
    """Every history thrice, under other names: the same parameters, three times the total."""
    lines = simulated.shop(100)
    copies = [
        lines.with_columns(pl.format(f"{n}-{{}}", "customer_id").alias("customer_id"), pl.format(f"{n}-{{}}", "order_id").alias("order_id"))
        for n in range(3)
    ]
    (tmp_path / "once.csv").write_text(csv_of(copies[0]))
    (tmp_path / "thrice.csv").write_text(csv_of(pl.concat(copies)))
    once, thrice = (typed(tmp_path, "predict", name, "--model", "bg_nbd", "--horizon", "6m") for name in ("once.csv", "thrice.csv"))
    assert [row["estimate"] for row in thrice["parameters"]["rows"]] == pytest.approx(
        [row["estimate"] for row in once["parameters"]["rows"]], rel=1e-5
    )
    assert totals(thrice)["Predicted orders"]["value"] == pytest.approx(3 * totals(once)["Predicted orders"]["value"], rel=1e-6)


# By contract and by the period


def test_a_gym_is_forecast_by_its_renewals(folder):
    found = typed(folder, "predict", "gym.csv", "--margin", "0.5", "--horizon", "12m")
    assert list(found) == ["predictions", "forecast", "renewals", "parameters"]
    assert found["predictions"]["title"] == "The next 365 days, customer by customer (sBG, a payment every month)"
    rows = found["predictions"]["rows"]
    assert {row["p_alive"] for row in rows} == {0, 1}
    told = totals(found)
    assert told["Customers alive"]["value"] == sum(row["p_alive"] for row in rows)
    assert told["Predicted orders"]["low"] < told["Predicted orders"]["value"] < told["Predicted orders"]["high"]
    assert told["Predicted contribution"]["value"] == pytest.approx(sum(row["clv_predicted"] for row in rows))
    assert told["Payments of a new customer, discounted for ever (DEL)"]["value"] > 5
    survival = found["renewals"]["rows"]
    assert [row["renewal"] for row in survival] == list(range(1, len(survival) + 1))
    assert [row["fitted_retention"] for row in survival] == sorted(row["fitted_retention"] for row in survival)
    assert {row["model"] for row in found["parameters"]["rows"]} == {"sbg"}


def test_of_a_gym_people_see_the_first_members_and_what_is_taken_for_granted(folder):
    ran = clv("predict", "gym.csv", "--limit", "4", here=folder)
    assert "The first 4 of 120 customers; -o FILE writes all." in ran.text
    shown = " ".join(ran.text.split())
    assert "P(alive) is no guess here: who is overdue is gone, the others aren't. Orders to come are payments." in shown
    assert "100% of payments came a month after the one before, give or take 7 days: who is overdue by more than that is lost." in shown
    assert "Customers who have come to no renewal yet, and say nothing of how long customers stay: " in shown
    assert "Look at this" not in shown
    assert "Predicted contribution" not in shown


def test_at_no_discount_nothing_is_said_of_payments_for_ever(folder):
    (folder / "flat.yaml").write_text("discount_rate: 0\n")
    told = totals(typed(folder, "predict", "gym.csv", "-c", "flat.yaml", "--horizon", "12m"))
    assert "Payments of a new customer, discounted for ever (DEL)" not in told


def test_contracts_of_a_shop_that_has_none_are_doubted(folder):
    found = typed(folder, "predict", "shop.csv", "--model", "sbg", "--horizon", "12m")
    said = " ".join(found["forecast"]["notes"])
    assert "Look at this: orders don't come like the payments of a contract, which sBG takes them for: see whether" in said
    assert " days after the one before, give or take " in said


def test_skipped_payments_and_another_plan_are_told(folder):
    """Of 120 members half pay by the month and skip April; of another 60 the payments are a year apart."""
    monthly = [(f"m{n:03}", 30.4375 * month + n % 28) for n in range(120) for month in range(30 - n % 20) if month != 3]
    yearly = [(f"y{n:03}", 365.25 * year + n) for n in range(60) for year in range(3)]
    rows = [(who, simulated.FIRST + round(day), 20) for who, day in (*monthly, *yearly)]
    lines = pl.DataFrame([(who, str(n), day, paid * 10_000) for n, (who, day, paid) in enumerate(rows)],
                         schema={"customer_id": pl.String, "order_id": pl.String, "day": pl.Int32, "amount": pl.Int64}, orient="row")  # fmt: skip
    (folder / "plans.csv").write_text(csv_of(lines))
    found = typed(folder, "predict", "plans.csv", "--model", "sbg", "--horizon", "12m")
    said = " ".join(found["forecast"]["notes"])
    assert "Payments skipped by customers who then went on, and so count as there: " in said
    assert "Look at this: some seem to pay every 12 × month; give their orders alone, with --where, for a forecast of their own." in said


def test_the_end_of_contracts_is_read_from_a_column(tmp_path):
    rows = [f"{n},m{n},2024-{n % 9 + 1:02}-10,{f'2024-{n % 9 + 3:02}-20' if n % 3 else ''},20" for n in range(120)]
    (tmp_path / "list.csv").write_text("order_id,customer_id,ordered_at,ended,amount\n" + "\n".join(rows) + "\n")
    ran = clv("predict", "list.csv", "--ended", "ended", "--billing", "month", "--as-of", "2024-12-31", "--identity", "id", here=tmp_path)
    assert ran.code == 0, ran.err
    shown = " ".join(ran.text.split())
    assert "P(alive) is no guess here: whose contract has ended is gone, the others aren't." in shown
    assert "Contracts end where the column says so; a payment falls due every month." in shown


def test_donors_are_forecast_by_the_year(folder):
    found = typed(folder, "predict", "donors.csv", "--model", "bg_bb", "--horizon", "3y", "--margin", "0.9")
    assert found["predictions"]["title"] == "The next 3 years, customer by customer (BG/BB)"
    assert found["predictions"]["notes"] == [
        "CLV predicted: margin, future, 36.0 mo, discounted at 10.0% a year.",
        "BG/BB counts by the year: a buying day here is a year with a purchase.",
    ]
    assert found["forecast"]["title"].startswith("The next 3 years of 300 customers won so far, by BG/BB: as asked")
    assert found["parameters"]["title"] == "The parameters, times in years"
    rows = found["predictions"]["rows"]
    assert max(row["expected_orders"] for row in rows) < 3
    assert {row["last_day"][:4] for row in rows} <= {"2018", "2019", "2020", "2021", "2022", "2023"}
    assert "The model wasn't tried on the past: it counts by the year, the back-test by the day." in found["forecast"]["notes"]
    one = typed(folder, "predict", "donors.csv", "--model", "bg_bb", "--horizon", "12m")
    assert one["predictions"]["title"].startswith("The next year, customer by customer")


# A model's numbers in other commands


def test_segments_add_up_to_the_forecast(folder):
    (folder / "by.csv").write_text(_with_channels(simulated.shop(250)))
    forecast = totals(typed(folder, "predict", "by.csv", "--margin", "0.4", "--horizon", "6m"))["Predicted contribution"]["value"]
    found = typed(folder, "segments", "by.csv", "--by", "channel", "--formula", "clv_predicted", "--margin", "0.4", "--horizon", "6m")[
        "segments"
    ]
    assert sum(row["clv_predicted"] * row["customers"] for row in found["rows"]) == pytest.approx(forecast, rel=1e-4)
    assert found["total"]["clv_predicted"] * 250 == pytest.approx(forecast, rel=1e-4)
    assert all(row["clv_predicted_low"] < row["clv_predicted"] < row["clv_predicted_high"] for row in found["rows"])


def _with_channels(lines):
    head, *rows = csv_of(lines).splitlines()
    channels = [channel or "none" for channel in lines["channel"]]
    return "\n".join([f"{head},channel", *(f"{row},{channel}" for row, channel in zip(rows, channels, strict=True)), ""])


def test_a_customer_is_worth_to_customers_what_predict_says(folder, tables):
    found = typed(folder, "customers", "shop.csv", "--formula", "clv_predicted", "--margin", "0.4", "--horizon", "6m")["customers"]["rows"]
    by_customer = {row["customer_id"]: row["clv_predicted"] for row in tables["predictions"]["rows"]}
    assert {row["customer_id"]: row["clv_predicted"] for row in found} == pytest.approx(by_customer, abs=5.1e-5)


def test_explain_tells_what_clv_predicted_is_and_works_it_out(folder, tables):
    found = typed(folder, "explain", "clv_predicted", "shop.csv", "--margin", "0.4", "--horizon", "6m")
    about = {row["aspect"]: row["text"] for row in found["definition"]["rows"]}
    assert about["formula"] == "predicted_contribution / customers"
    assert about["labels"] == "basis margin, scope future, horizon the horizon, discounting the discount rate"
    assert "Fader, Hardie & Lee 2005" in about["source"]
    values = {row["name"]: row["value"] for row in found["arithmetic"]["rows"]}
    forecast = totals(tables)["Predicted contribution"]["value"]
    assert values == pytest.approx({"customers": 250, "predicted_contribution": forecast, "clv_predicted": forecast / 250}, rel=1e-5)


@pytest.mark.parametrize(
    "name",
    ["p_alive", "expected_orders", "expected_spend", "residual_orders", "residual_value", "past_error", "payments", "fitted_survival"],
)
def test_every_column_of_a_forecast_is_explained(name):
    ran = clv("explain", name, "-f", "json", "-q")
    assert ran.code == 0
    assert {row["aspect"] for row in ran.json["tables"][0]["rows"]} >= {"what", "unit"}


# The sample shop and CDNOW


def test_the_sample_shop_is_forecast(folder):
    found = typed(folder, "predict", SHOP)
    assert len(found["predictions"]["rows"]) == 2_400
    assert totals(found)["Predicted contribution"]["value"] == pytest.approx(51_782.92, rel=1e-3)
    assert totals(found)["Predicted orders"]["past_error"] == pytest.approx(-0.059, abs=0.001)


def test_cdnow_is_forecast_as_published(real_data, tmp_path):
    """Fader, Hardie & Lee 2005: r .553, alpha 10.578, s .606, beta 11.669 by the week; the sum of E[X(39 weeks)] is 1,665.5."""
    sample = str(real_data("cdnow/CDNOW_sample.txt"))
    mapped = ("--no-header", "--map", "customer_id=1", "--map", "ordered_at=3", "--map", "amount=5", "--date-format", "%Y%m%d")
    found = typed(tmp_path, "predict", sample, *mapped, "--as-of", "1997-09-30", "--model", "pareto_nbd", "--horizon", "39w")
    values = {row["parameter"]: row["estimate"] for row in found["parameters"]["rows"]}
    assert [values["r"], values["alpha"] / 7, values["s"], values["beta"] / 7] == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=5e-4)
    assert totals(found)["Predicted orders"]["value"] == pytest.approx(1_665.5131, rel=1e-6)
    assert len(found["predictions"]["rows"]) == 2_357
