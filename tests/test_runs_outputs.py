"""Where an answer goes: names with its day, folders of tables, and never over what was read."""

import hashlib
import json

import polars as pl
import pytest
from exported import HEADER
from program import SHOP, clv

ORDERS = HEADER + "1,ann,2024-01-05,10\n2,bob,2024-02-06,20\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return tmp_path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# Names with fields


@pytest.mark.parametrize("command", [("compute",), ("customers",), ("cohorts",), ("inspect",), ("trend",)])
def test_every_answer_knows_the_day_at_which_it_ends(folder, command):
    ran = clv(*command, "orders.csv", "-q", "-o", "of-{as_of}.json", here=folder)
    assert (ran.code, ran.err, ran.out) == (0, "", b"")
    assert names(folder) == ["of-2024-02-06.json", "orders.csv"]


def test_the_day_is_the_one_that_was_asked_for(folder):
    assert clv("compute", "orders.csv", "-q", "--as-of", "2024-03-31", "-o", "{as_of}.csv", here=folder).code == 0
    assert names(folder) == ["2024-03-31.csv", "orders.csv"]


def test_a_field_that_does_not_exist_is_told_before_anything_is_read(folder):
    ran = clv("compute", "orders.csv", "-o", "{as-of}.csv", here=folder)
    assert (ran.code, names(folder)) == (2, ["orders.csv"])
    assert ran.err.splitlines() == ["error: {as-of}.csv: unknown field '{as-of}'", "hint: did you mean 'as_of'?", "hint: a brace is {{"]


def test_only_a_report_has_a_file_for_each_segment(folder):
    ran = clv("compute", "orders.csv", "-o", "{segment}.csv", here=folder)
    assert ran.code == 2
    assert "clv report writes a file for each segment" in ran.err


def test_an_answer_without_orders_has_no_day(folder):
    ran = clv("explain", "aov", "-o", "{as_of}.txt", here=folder)
    assert ran.code == 2
    assert "nothing to put for '{as_of}'" in ran.err


# Never over what was read


@pytest.mark.parametrize(
    ("orders", "output"),
    [
        ("orders.csv", "orders.csv"),
        ("2024-02-06.csv", "{as_of}.csv"),
        ("2020-01-01.csv", "{as_of}.csv"),
        ("in/orders.csv", "in"),
        ("in/deep/orders.csv", "in/"),
    ],
)
def test_the_orders_are_never_written_over(folder, orders, output):
    path = folder / orders
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ORDERS, encoding="utf-8")
    ran = clv("compute", orders, "-q", "-o", output, here=folder)
    assert (ran.code, path.read_text(encoding="utf-8")) == (2, ORDERS)
    assert ran.err.startswith(f"error: {output.rstrip('/')}: would be written over the orders")


def test_a_table_that_clv_wrote_is_not_replaced_while_it_is_read(folder):
    (folder / "out").mkdir()
    (folder / "out" / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (folder / "out" / "manifest.json").write_text('{"schema": "clv/manifest/1", "outputs": [{"name": "orders.csv"}]}', encoding="utf-8")
    assert clv("compute", "out/orders.csv", "-q", "-o", "out/", here=folder).code == 2
    assert names(folder / "out") == ["manifest.json", "orders.csv"]


def test_the_config_and_the_spend_are_never_written_over(folder):
    (folder / "clv.yaml").write_text("margin: 0.5\n", encoding="utf-8")
    ran = clv("compute", "orders.csv", "-q", "-f", "csv", "-o", "clv.yaml", here=folder)
    assert (ran.code, (folder / "clv.yaml").read_text(encoding="utf-8")) == (2, "margin: 0.5\n")
    assert ran.err.startswith("error: clv.yaml: would be written over what was read")


@pytest.mark.parametrize(("output", "rejects"), [("{as_of}.csv", "2024-02-06.csv"), ("x.csv", "x.csv"), ("out", "out/rejects.csv")])
def test_nothing_is_written_twice(folder, output, rejects):
    (folder / "out").mkdir()
    ran = clv("compute", "orders.csv", "-q", "-o", output, "--rejects", rejects, here=folder)
    assert ran.code == 2
    assert "would be written twice" in ran.err


# Folders


def test_a_folder_gets_every_table_and_a_manifest(folder):
    ran = clv("segments", SHOP, "--by", "channel", "-q", "-o", "out/", here=folder)
    assert (ran.code, ran.err, ran.out) == (0, "", b"")
    told = json.loads((folder / "out" / "manifest.json").read_bytes())
    assert names(folder / "out") == sorted([*(one["name"] for one in told["outputs"]), "manifest.json"])
    assert [one["name"] for one in told["outputs"]] == ["segments.csv", "economics.csv"]
    for one in told["outputs"]:
        content = (folder / "out" / one["name"]).read_bytes()
        assert (one["bytes"], one["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_its_tables_are_those_of_a_file(folder):
    for output in ("out/", "alone.csv"):
        assert clv("segments", SHOP, "--by", "channel", "-q", "-o", output, here=folder).code == 0
    assert (folder / "out" / "segments.csv").read_bytes() == (folder / "alone.csv").read_bytes()


def test_a_manifest_says_how_the_answer_came_about(folder):
    clv("compute", SHOP, "-o", "out/", here=folder)
    told = json.loads((folder / "out" / "manifest.json").read_bytes())
    assert (told["schema"], told["command"], told["as_of"], told["currency"]) == ("clv/manifest/1", "compute", "2025-12-31", "EUR")
    assert told["arguments"] == ["compute", SHOP, "-o", "out/"]
    assert told["ledger"]["records"] == 16_406
    assert (told["inputs"][0]["role"], told["inputs"][0]["path"], told["inputs"][0]["records"]) == ("orders", SHOP, 16_406)
    assert list(told["durations"]) == ["reading", "computing", "writing"]


def test_two_runs_differ_in_their_times_alone(folder):
    for name in ("one", "other"):
        clv("compute", "orders.csv", "-q", "-o", "out/", here=folder)
        (folder / "out").rename(folder / name)
    for path in (folder / "one").iterdir():
        one, other = path.read_bytes(), (folder / "other" / path.name).read_bytes()
        if path.name == "manifest.json":
            one, other = ({**json.loads(text), "started": None, "durations": None} for text in (one, other))
        assert one == other


def test_parquet_keeps_types(folder):
    assert clv("customers", "orders.csv", "-q", "-o", "out/", "--format", "parquet", here=folder).code == 0
    assert names(folder / "out") == ["customers.parquet", "manifest.json"]
    assert pl.read_parquet(folder / "out" / "customers.parquet").height == 2


def test_machines_get_all_customers(folder):
    many = HEADER + "".join(f"{n},c{n},2024-01-05,10\n" for n in range(50))
    (folder / "many.csv").write_text(many, encoding="utf-8")
    assert clv("customers", "many.csv", "-q", "-o", "out/", here=folder).code == 0
    assert pl.read_csv(folder / "out" / "customers.csv").height == 50


def test_of_several_tables_one_may_be_asked_for(folder):
    assert clv("segments", SHOP, "--by", "channel", "-q", "-o", "out/", "--table", "economics", here=folder).code == 0
    assert names(folder / "out") == ["economics.csv", "manifest.json"]


def test_a_folder_that_is_there_is_one_without_a_slash_too(folder):
    (folder / "out").mkdir()
    assert clv("compute", "orders.csv", "-q", "-o", "out", here=folder).code == 0
    assert "manifest.json" in names(folder / "out")


def test_what_was_in_it_is_replaced_if_clv_wrote_it(folder):
    assert clv("segments", SHOP, "--by", "channel", "-q", "-o", "out/", here=folder).code == 0
    assert clv("compute", "orders.csv", "-q", "-o", "out/", here=folder).code == 0
    assert names(folder / "out") == ["clv.csv", "figures.csv", "manifest.json"]
    (folder / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    ran = clv("compute", "orders.csv", "-q", "-o", "out/", here=folder)
    assert (ran.code, ran.err.splitlines()[0]) == (5, "error: out: has something in it that clv didn't write: notes.txt")
    assert "notes.txt" in names(folder / "out")


def test_a_folder_may_be_called_by_its_day(folder):
    assert clv("compute", "orders.csv", "-q", "-o", "history/{as_of}/", here=folder).code == 5
    (folder / "history").mkdir()
    assert clv("compute", "orders.csv", "-q", "-o", "history/{as_of}/", here=folder).code == 0
    assert names(folder / "history") == ["2024-02-06"]


@pytest.mark.parametrize("name", ["json", "table", "markdown", "xlsx"])
def test_a_folder_is_for_formats_of_one_table(folder, name):
    ran = clv("compute", "orders.csv", "-q", "-o", "out/", "--format", name, here=folder)
    assert (ran.code, names(folder)) == (2, ["orders.csv"])
    assert f"which {name} isn't for" in ran.err


def test_what_must_be_said_is_said_of_a_folder_too(folder):
    assert "2 records = 2 used" in clv("compute", "orders.csv", "-o", "out/", here=folder).err


def test_a_manifest_says_what_was_looked_for_and_found(folder):
    ran = clv("compute", "orders.csv", "-q", "-o", "out/", "--table", "clv", "--fail-if", "customers < 10", here=folder)
    told = json.loads((folder / "out" / "manifest.json").read_bytes())
    assert (ran.code, told["exit_code"], [check["met"] for check in told["checks"]]) == (6, 6, ["yes"])
    assert names(folder / "out") == ["clv.csv", "manifest.json"]


@pytest.mark.parametrize("command", ["cohorts", "trend", "whatif", "inspect", "explain aov", "segments --by channel,country"])
def test_every_answer_may_be_a_folder(folder, command):
    name, *rest = command.split()
    ran = clv(name, *(rest if name == "explain" else []), SHOP, *(rest if name != "explain" else []), "-q", "-o", "out/", here=folder)
    assert (ran.code, ran.err) == (0, "")
    told = json.loads((folder / "out" / "manifest.json").read_bytes())
    assert told["command"] == name
    assert names(folder / "out") == sorted([*(one["name"] for one in told["outputs"]), "manifest.json"])
