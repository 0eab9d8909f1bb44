"""The program: every command on the sample shop, and where its orders and its config come from."""

import io
import shutil

import openpyxl
import polars as pl
import pytest
from exported import HEADER
from program import ROOT, SHOP, clv

from clvcli.render import FORMATS

COMMANDS = {
    "compute": ("compute", SHOP),
    "segments": ("segments", SHOP, "--by", "channel"),
    "customers": ("customers", SHOP),
    "cohorts": ("cohorts", SHOP, "--period", "quarter"),
    "trend": ("trend", SHOP, "--by", "channel"),
    "predict": ("predict", SHOP, "--model", "bg_nbd"),
    "backtest": ("backtest", SHOP, "--model", "bg_nbd", "--by", "channel"),
    "churn": ("explain", "churn", SHOP),
    "whatif": ("whatif", SHOP, "--aov", "+5%", "--by", "channel"),
    "inspect": ("inspect", SHOP),
    "explain": ("explain", "clv_contribution", SHOP),
    "calculator": ("explain", "aov", "--set", "revenue=90", "--set", "orders=3"),
}
ORDERS = HEADER + "1,ann,2024-01-05,10\n2,bob,2024-02-06,20\n"
every_command = pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
every_format = pytest.mark.parametrize("name", FORMATS)


def numbers(ran):
    """The figures that a run of compute gives, by name."""
    return {row["name"]: row["value"] for table in ran.json["tables"] for row in table["rows"]}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return tmp_path


# Every command


@pytest.mark.slow
@every_command
@every_format
def test_every_command_writes_every_format_in_the_same_bytes_twice(arguments, name):
    first, second = (clv(*arguments, "--format", name, "--quiet") for _ in range(2))
    assert (first.code, first.err) == (0, "")
    assert first.out == second.out != b""


@every_format
def test_a_file_holds_the_same_bytes_as_standard_output(tmp_path, name):
    assert clv("compute", SHOP, "--format", name, "-o", str(tmp_path / "answer"), "--quiet").out == b""
    assert (tmp_path / "answer").read_bytes() == clv("compute", SHOP, "--format", name, "-o", "-", "--quiet").out


@pytest.mark.parametrize("suffix", [".txt", ".md", ".csv", ".json", ".parquet", ".xlsx"])
def test_the_suffix_of_the_output_gives_the_format(tmp_path, suffix):
    clv("compute", SHOP, "-o", str(tmp_path / f"a{suffix}"))
    first = (tmp_path / f"a{suffix}").read_bytes()[:4]
    assert {".txt": b"A cu", ".md": b"## A", ".csv": b"name", ".json": b"{\n  ", ".parquet": b"PAR1", ".xlsx": b"PK\x03\x04"}[
        suffix
    ] == first


@every_format
def test_one_table_can_be_asked_for(name):
    ran = clv("compute", SHOP, "--format", name, "--table", "figures", "-q")
    if name == "xlsx":
        assert openpyxl.load_workbook(io.BytesIO(ran.out)).sheetnames == ["figures"]
    elif name == "parquet":
        assert pl.read_parquet(ran.out)["name"].head(2).to_list() == ["customers", "orders"]
    else:
        assert ("Customers" in ran.text, "clv_contribution" in ran.text) == (True, False)


def test_machines_get_all_customers_and_people_the_first():
    assert len(clv("customers", SHOP, "--format", "json").json["tables"][0]["rows"]) == 2400
    shown = clv("customers", SHOP, "--limit", "3", COLUMNS="200").text
    assert shown.count("C-0") == 3
    assert "3 of 2,400 customers" in shown


def test_the_same_orders_give_the_same_figures_however_they_are_written():
    plain = numbers(clv("compute", SHOP, "--format", "json"))
    typed = numbers(clv("compute", SHOP.replace(".csv", ".parquet"), "--format", "json"))
    european = clv("compute", SHOP.replace(".csv", ".european.csv"), "--decimal", ",", "--date-format", "%d/%m/%Y %H:%M:%S", "-f", "json")
    assert plain == typed == numbers(european)


# Standard output and standard error


@every_command
def test_standard_output_holds_the_answer_alone(arguments):
    ran = clv(*arguments, "--format", "csv")
    assert pl.read_csv(ran.out, infer_schema=False).height
    assert ("records = " in ran.err) == (SHOP in arguments)


def test_people_read_the_account_below_the_tables():
    ran = clv("compute", SHOP)
    assert "16,406 records = 16,276 used + 130 excluded (130 no customer)" in ran.text
    assert ran.err == ""


def test_what_a_format_has_no_room_for_is_told_on_standard_error():
    assert "the others: --table figures" in clv("compute", SHOP, "-f", "csv").err
    assert "the others" not in clv("compute", SHOP, "-f", "json").err


# Where orders come from


def test_standard_input_is_read_for_a_hyphen(tmp_path):
    ran = clv("compute", "-", "--format", "json", here=tmp_path, stdin=ORDERS.encode())
    assert numbers(ran)["revenue"] == 30.0


def test_standard_input_is_not_read_without_one(tmp_path):
    ran = clv("compute", here=tmp_path, stdin=ORDERS.encode())
    assert (ran.code, ran.out) == (2, b"")
    assert "no orders were named, on the command line or in a config" in ran.err
    assert "'clv compute orders.csv'" in ran.err


def test_a_config_in_the_folder_names_the_orders(folder):
    (folder / "clv.yaml").write_text("orders: orders.csv\nmargin: 0.5\n", encoding="utf-8")
    ran = clv("compute", "-f", "json", here=folder)
    assert numbers(ran)["revenue"] == 30.0
    assert "config: clv.yaml" in ran.err


def test_segments_need_no_file_in_a_folder_with_a_config(tmp_path):
    shutil.copytree(ROOT / "sample_data", tmp_path / "shop")
    ran = clv("segments", "--by", "channel", here=tmp_path / "shop")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.lines if line.startswith(("search", "social", "Total"))][:6] == [
        "search",
        "social",
        "Total",
    ] * 2


def test_a_config_above_names_orders_relative_to_itself(folder):
    (folder / "clv.yaml").write_text("orders: orders.csv\n", encoding="utf-8")
    (folder / "deep" / "er").mkdir(parents=True)
    assert clv("compute", here=folder / "deep" / "er", HOME=str(folder)).code == 0


def test_orders_on_the_command_line_go_before_those_of_the_config(folder):
    (folder / "clv.yaml").write_text("orders: nowhere.csv\n", encoding="utf-8")
    assert clv("compute", "orders.csv", here=folder).code == 0


def test_the_environment_may_name_the_config(folder):
    (folder / "other.yaml").write_text("orders: orders.csv\n", encoding="utf-8")
    assert "config: other.yaml" in clv("compute", here=folder, CLV_CONFIG="other.yaml").text


# Options


@pytest.mark.parametrize(
    ("options", "revenue"),
    [
        ((), 30.0),
        (("--where", "amount > 15"), 20.0),
        (("--as-of", "2024-01-31"), 10.0),
        (("-m", "amount=amount * 2"), 60.0),
        (("--map", "customer_id=order_id", "--map", "amount=amount"), 30.0),
        (("--currency", "EUR"), 30.0),
    ],
)
def test_options_change_what_is_read(folder, options, revenue):
    assert numbers(clv("compute", "orders.csv", *options, "-f", "json", here=folder))["revenue"] == revenue


def test_options_change_what_is_worked_out():
    plain = ("compute", SHOP, "--config", str(ROOT / "config.example.yaml"), "-f", "json")
    assert numbers(clv(*plain, "--cac", "20"))["cac"] == 20.0
    assert numbers(clv(*plain, "--lifespan", "2.5"))["lifespan_years"] == 2.5
    assert clv(*plain, "--period", "month").json["period"]["name"] == "month"
    assert clv(*plain, "--churn-window", "90").json["settings"]["churn"]["window_days"] == 90
    forecasting = clv(*plain, "--horizon", "26w", "--model", "pareto_nbd").json["settings"]
    assert (forecasting["horizon"], forecasting["model"]) == ("26w", "pareto_nbd")
    assert [row["name"] for row in clv(*plain, "--formula", "clv_simple").json["tables"][0]["rows"]] == ["clv_simple"]


def test_rejects_are_written_where_they_are_wanted(folder):
    (folder / "orders.csv").write_text(ORDERS + "3,cy,soon,5\n", encoding="utf-8")
    ran = clv("compute", "orders.csv", "--max-rejects", "1", "--rejects", "rejects.csv", here=folder)
    assert ran.code == 0
    assert pl.read_csv(folder / "rejects.csv").rows() == [
        ("orders.csv", 4, "ordered_at", "soon", "not a date", "correct it, or say how dates are written, as in --date-format %d/%m/%Y")
    ]


def test_rejects_are_written_even_if_they_are_too_many(folder):
    (folder / "orders.csv").write_text(ORDERS + "3,cy,soon,5\n", encoding="utf-8")
    assert clv("compute", "orders.csv", "--rejects", "rejects.csv", here=folder).code == 4
    assert pl.read_csv(folder / "rejects.csv").height == 1


@pytest.mark.parametrize("arguments", [("explain", "aov"), ("init",)])
def test_every_command_that_takes_rejects_writes_them(folder, arguments):
    (folder / "orders.csv").write_text(ORDERS + "3,cy,soon,5\n", encoding="utf-8")
    clv(*arguments, "orders.csv", "--max-rejects", "1", "--rejects", "rejects.csv", here=folder)
    assert (folder / "rejects.csv").exists()


# Segments by awkward columns


@pytest.mark.parametrize(
    "column", ["orders", "revenue", "customers", "day", "share_of_customers", "placed", "aov", "name", "Net-Price €", "=1+1"]
)
def test_a_column_may_have_any_name_clvs_own_too(tmp_path, column):
    text = f"order_id,customer_id,ordered_at,amount,{column}\n1,ann,2024-01-05,10,x\n2,bob,2024-01-06,20,y\n"
    (tmp_path / "orders.csv").write_text(text, encoding="utf-8")
    ran = clv("segments", "--by", column, "orders.csv", "-f", "csv", here=tmp_path)
    if ran.code == 0:
        assert [line.split(",")[:2] for line in ran.lines[1:]] == [["y", "1"], ["x", "1"]]
    else:
        assert (ran.code, ran.out, f"'{column}'" in ran.err) == (2, b"", True)


@pytest.mark.parametrize("column", ["cut", "basis", "forecast", "bias", "actual", "at", "model", "name", "=1+1"])
def test_a_back_test_by_a_column_of_any_name_is_answered_or_refused(tmp_path, column):
    months = [f"2024-{month:02}-{day:02}" for month in range(1, 10) for day in (3, 17)]
    rows = (f"{n},c{n % 5},{day},{10 + n},{'xy'[n % 5 % 2]}" for n, day in enumerate(months))
    (tmp_path / "orders.csv").write_text("\n".join([f"order_id,customer_id,ordered_at,amount,{column}", *rows]), encoding="utf-8")
    ran = clv("backtest", "--by", column, "orders.csv", "--table", "nearest_by_segment", "-f", "csv", here=tmp_path)
    if ran.code == 0:
        assert {line.split(",")[1] for line in ran.lines[1:]} == {"x", "y"}
    else:
        assert (ran.code, ran.out, f"'{column}'" in ran.err) == (2, b"", True)


def test_a_column_that_is_named_twice_stands_once():
    assert clv("segments", "--by", "channel,channel", SHOP, "-f", "csv") == clv("segments", "--by", "channel", SHOP, "-f", "csv")


@pytest.mark.parametrize("by", ["channel,", ",", "", " "])
def test_segments_by_nothing_are_refused(by):
    ran = clv("segments", "--by", by, SHOP)
    assert (ran.code, ran.err.splitlines()[0]) == (2, "error: no column '' in the orders")


def test_segments_of_missing_values_stand_for_themselves(tmp_path):
    text = 'order_id,customer_id,ordered_at,amount,channel\n1,ann,2024-01-05,10,\n2,bob,2024-01-06,20,""\n3,cy,2024-01-06,30,web\n'
    (tmp_path / "orders.csv").write_text(text, encoding="utf-8")
    rows = clv("segments", "--by", "channel", "orders.csv", "-f", "json", here=tmp_path).json["tables"][0]["rows"]
    assert {row["channel"]: row["customers"] for row in rows} == {"web": 1, None: 2}


SOME_COSTS = "order_id,customer_id,ordered_at,amount,cost\n1,ann,2024-01-05,10,4\n2,bob,2024-02-06,20,\n"


@pytest.mark.parametrize("command", [("compute",), ("segments", "--by", "segment"), ("customers",), ("explain", "aov"), ("inspect",)])
@pytest.mark.parametrize("period", ["auto", "year"])
def test_segments_are_labelled_even_if_other_numbers_are_unknown(tmp_path, command, period):
    (tmp_path / "orders.csv").write_text(SOME_COSTS, encoding="utf-8")
    (tmp_path / "clv.yaml").write_text(f"period: {period}\nsegments: {{big: revenue > 15}}\n", encoding="utf-8")
    assert clv(*command, "orders.csv", here=tmp_path).code == 0


def test_what_is_decided_of_one_file_only_names_it(tmp_path):
    (tmp_path / "a.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "b.csv").write_text(ORDERS.replace(",", ";").replace(";10\n", ";10,50\n").replace("\n1;", "\n3;"), encoding="utf-8")
    rows = clv("inspect", "a.csv", "b.csv", "--table", "decisions", "-f", "json", here=tmp_path).json["tables"][0]["rows"]
    said = [(row["subject"], row["decision"]) for row in rows]
    assert ("customers", "by customer_id") in said
    assert ("numbers", "1.234,56 (b.csv)") in said
    assert len(said) == len(set(said))


def test_the_customers_of_records_beside_the_orders_are_those_of_their_orders(tmp_path):
    orders = "order_id,created_at,website_session_id,user_id,primary_product_id,items_purchased,price_usd,cogs_usd\n"
    refunds = "order_item_refund_id,created_at,order_item_id,order_id,refund_amount_usd\n"
    (tmp_path / "orders.csv").write_text(orders + "1,2024-01-05 10:00:00,1,7,1,1,49.99,19.49\n", encoding="utf-8")
    (tmp_path / "refunds.csv").write_text(refunds + "1,2024-01-09 10:00:00,1,1,49.99\n", encoding="utf-8")
    shown = clv("inspect", ".", "--table", "decisions", here=tmp_path).text
    assert "those of the orders that the records belong to" in " ".join(shown.split())
    assert "clv:" not in shown
