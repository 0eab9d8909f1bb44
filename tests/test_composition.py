"""The report as a whole: its title, where it comes from, and what stands in it."""

import hashlib
import json
from dataclasses import replace

import simulated
from analysed import analysed
from program import clv

from clvcli.composition import composed, of_run
from clvcli.document import Document, Section
from clvcli.tables import Source
from clvcli.watching import watching

OPTIONS = {"margin": 0.4, "cac": 12.0, "model": "bg_nbd"}


def found(**options):
    return analysed(simulated.shop(60), ("channel",), command="report", **{**OPTIONS, **options})


def test_each_table_is_in_it_once_and_in_the_order_of_its_sections():
    whole = composed(found(), {})
    names = [table.name for table in whole.tables]
    assert len(names) == len({*names})
    assert names == [table.name for section in whole.sections for table in section.tables]
    assert isinstance(whole, Document)


def test_its_title_is_the_one_that_was_set_else_the_files():
    named = composed(found(report={"title": "Beans & Co", "sections": ("headline",)}), {}, "web")
    assert named.title == "Customer lifetime value: Beans & Co, web"
    assert composed(found(report={"sections": ("headline",)}), {}).title == "Customer lifetime value: orders.csv"
    assert named.subtitle.startswith("Orders from ")


def test_many_files_are_counted(tmp_path):
    for month in range(1, 6):
        (tmp_path / f"{month}.csv").write_text(f"customer_id,order_id,ordered_at,amount\nann,{month},2024-0{month}-05,10\n")
    assert clv("report", ".", "-o", "r.html", "-q", here=tmp_path).code == 0
    assert "<h1>Customer lifetime value: 1.csv, 2.csv, 3.csv, 2 more</h1>" in (tmp_path / "r.html").read_text()


def test_it_says_of_which_files_it_was_made(tmp_path):
    text = "customer_id,order_id,ordered_at,amount\nann,1,2024-01-05,10\n"
    (tmp_path / "o.csv").write_text(text)
    assert clv("report", "o.csv", "-o", "r.html", "-q", here=tmp_path).code == 0
    assert f"sha256 {hashlib.sha256(text.encode()).hexdigest()[:12]}" in (tmp_path / "r.html").read_text()


def test_of_a_file_that_is_gone_no_hash_is_told(monkeypatch):
    shop = found(report={"sections": ("headline",)})
    gone = replace(shop.report(), sources=(Source("o.csv", "orders", "/nowhere/o.csv"),))
    monkeypatch.setattr(type(shop), "report", lambda *_: gone)
    assert composed(shop, {}).origin["Orders o.csv"] == "not kept"


def test_what_is_made_elsewhere_has_its_place():
    changes = Section("changes", "What changed?", ("Nothing.",))
    assert composed(found(report={"sections": ("headline", "changes")}), {"changes": changes}).sections[1] is changes


def test_a_run_that_looks_for_nothing_has_no_section_of_it():
    assert of_run(watching(found()), "EUR") == {}


def test_what_checks_found_and_what_changed_is_said(tmp_path):
    shop = found(fail_if=("orders > 1", "orders < 1"))
    section = of_run(watching(shop), "EUR")["changes"]
    assert section.said[0] == "1 of 2 checks found something."
    assert section.said[1].startswith("Found: orders > 1: orders is ")
    assert [table.name for table in section.tables] == ["checks"]


def test_a_snapshot_that_is_not_there_is_said(tmp_path):
    shop = found(compare="previous", snapshots=str(tmp_path))
    assert of_run(watching(shop), "EUR")["changes"].said == (f"There is no earlier snapshot in {tmp_path} to compare with.",)


def test_json_names_the_tables_of_each_section(tmp_path):
    (tmp_path / "o.csv").write_text("customer_id,order_id,ordered_at,amount\nann,1,2024-01-05,10\nann,2,2024-03-05,10\n")
    whole = json.loads(clv("report", "o.csv", "-f", "json", "-q", here=tmp_path).out)
    assert {table for section in whole["sections"] for table in section["tables"]} == {table["name"] for table in whole["tables"]}
