"""`clv report`: one page, a workbook, Markdown or a folder; its sections, segments, what stays, and who has their turn."""

import hashlib
import json
import shutil
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from program import SHOP, clv, started

from clvcli.errors import Exit

pytestmark = pytest.mark.slow

SECTIONS = "sections: [headline, segments, changes]"


@pytest.fixture
def here(tmp_path):
    shutil.copyfile(SHOP, tmp_path / "orders.csv")
    return tmp_path


def config(here, *lines):
    (here / "clv.yaml").write_text("\n".join(["orders: orders.csv", "margin: 0.4", "cac: 12", "model: bg_nbd", "verdict: never", *lines]))
    return here


def brief(here, *lines):
    return config(here, f"report: {{title: Beans & Co, {SECTIONS}, by: channel}}", *lines)


def test_without_an_output_it_is_read_in_the_terminal(here):
    ran = clv("report", here=brief(here))
    assert ran.code == 0
    assert [line for line in ran.lines if line.isupper() and line.endswith("?")] == [
        "WHAT IS A CUSTOMER WORTH?", "WHO IS WORTH MORE?", "WHAT CHANGED?",
    ]  # fmt: skip
    assert "Customers by channel" in ran.text


def test_the_page_has_the_title_that_was_configured(here):
    assert clv("report", "-o", "r.html", here=brief(here)).code == 0
    page = (here / "r.html").read_text()
    assert "<title>Customer lifetime value: Beans &amp; Co</title>" in page
    assert page.count("<section ") == 3


def test_without_a_config_all_sections_are_there(here):
    assert clv("report", "orders.csv", "-o", "r.html", "-q", here=here).err == ""
    assert (here / "r.html").read_text().count("<section ") == 13


def test_markdown_has_sections_and_tables_that_a_chat_bears(here):
    assert clv("report", "-o", "r.md", here=brief(here)).code == 0
    lines = (here / "r.md").read_text().splitlines()
    assert lines[0] == "# Customer lifetime value: Beans \\& Co"
    assert [line for line in lines if line.startswith("## ")] == [
        "## What is a customer worth?",
        "## Who is worth more?",
        "## What changed?",
    ]
    assert "### Customers by channel" in lines


def test_a_workbook_has_a_sheet_for_each_table(here):
    assert clv("report", "-o", "r.xlsx", here=brief(here)).code == 0
    book = openpyxl.load_workbook(here / "r.xlsx")
    assert book.sheetnames == ["segments", "economics"]
    assert book["segments"].freeze_panes == "B2"
    assert book["segments"]["A1"].value == "channel"


@pytest.mark.parametrize(("form", "read"), [("csv", pl.read_csv), ("parquet", pl.read_parquet)])
def test_a_folder_has_a_file_for_each_table_and_a_manifest(here, form, read):
    assert clv("report", "-o", "tables/", "--format", form, "-q", here=brief(here)).code == 0
    assert {path.name for path in (here / "tables").iterdir()} == {f"segments.{form}", f"economics.{form}", "manifest.json"}
    assert read(here / "tables" / f"segments.{form}").height == 6
    manifest = json.loads((here / "tables" / "manifest.json").read_text())
    assert [Path(one["path"]).name for one in manifest["inputs"]] == ["orders.csv"]
    assert manifest["inputs"][0]["bytes"] == (here / "orders.csv").stat().st_size
    assert manifest["ledger"]["records"] == 16406
    assert {"reading", "computing"} <= {*manifest["durations"]}


def test_a_manifest_can_be_had_beside_any_output(here):
    ran = clv("report", "-o", "r-{as_of}.html", "--manifest", "{as_of}.json", "-q", "--fail-if", "retention_rate < 0.3", here=brief(here))
    assert ran.code == 6
    manifest = json.loads((here / "2025-12-31.json").read_text())
    page = (here / "r-2025-12-31.html").read_bytes()
    assert manifest["outputs"] == [{"name": "r-2025-12-31.html", "bytes": len(page), "sha256": hashlib.sha256(page).hexdigest()}]
    assert manifest["config"]["sha256"] == hashlib.sha256((here / "clv.yaml").read_bytes()).hexdigest()
    assert (manifest["exit_code"], len(manifest["checks"])) == (6, 7)


def test_a_manifest_is_not_written_over_the_orders(here):
    before = (here / "orders.csv").read_bytes()
    ran = clv("report", "-o", "r.html", "--manifest", "orders.csv", here=brief(here))
    assert ran.code == 2
    assert "would be written over what was read" in ran.err
    assert (here / "orders.csv").read_bytes() == before


@pytest.mark.parametrize("name", ["r.html", "r.md", "r.xlsx", "r.json", "r.txt", "r.csv", "r.parquet"])
def test_two_runs_make_the_same_bytes(here, name):
    for run in ("one", "two"):
        (here / run).mkdir()
        assert clv("report", "-o", f"{run}/{name}", "-q", here=brief(here)).code == 0
    assert (here / "one" / name).read_bytes() == (here / "two" / name).read_bytes()


def test_two_folders_differ_only_in_their_manifests_times(here):
    for run in ("one/", "two/"):
        assert clv("report", "-o", run, "-q", here=brief(here)).code == 0
    names = {path.name for path in (here / "one").iterdir()}
    assert all((here / "one" / n).read_bytes() == (here / "two" / n).read_bytes() for n in names - {"manifest.json"})
    first, second = (json.loads((here / run / "manifest.json").read_text()) for run in ("one", "two"))
    differ = {key for key in first if first[key] != second[key]}
    assert differ <= {"started", "durations", "arguments"}


def test_the_name_holds_the_day_and_dated_reports_are_let_go(here):
    for day in ("2025-10-31", "2025-11-30", "2025-12-31"):
        ran = clv("report", "--as-of", day, "--keep", "2", "--snapshots", "history", "-o", "clv-{as_of}.html", "-q", here=brief(here))
        assert (ran.code, ran.err) == (0, "")
    assert sorted(path.name for path in here.glob("*.html")) == ["clv-2025-11-30.html", "clv-2025-12-31.html"]
    assert sorted(path.name for path in (here / "history").iterdir() if path.is_dir()) == ["2025-11-30", "2025-12-31"]


def test_each_segment_gets_a_report_of_its_own(here):
    (here / "out").mkdir()
    assert clv("report", "-o", "out/{segment}.html", "-q", here=brief(here)).code == 0
    names = ["email", "marketplace", "organic", "referral", "search", "social"]
    assert sorted(path.stem for path in (here / "out").glob("*.html")) == names
    segments = clv("segments", "--by", "channel", "-f", "json", here=here).json["tables"][0]["rows"]
    for row in segments:
        page = (here / "out" / f"{row['channel']}.html").read_text()
        assert f"Beans &amp; Co, {row['channel']}" in page
        assert f"{row['clv_contribution']:,.2f} EUR" in page
        assert f"<dt>Customers</dt><dd>{row['customers']:,}</dd>" in page


def test_a_snapshot_never_takes_the_report_on_a_segment_for_the_shops(here):
    (here / "out").mkdir()
    for where, kept in (("channel != ''", "many"), ("channel == 'email'", "one")):
        words = ["report", "--where", where, "--snapshots", kept, "-o", "out/{segment}.html", "-q"]
        assert clv(*words, here=brief(here)).code == 0
        assert sorted(path.name for path in next((here / kept).glob("2*")).iterdir()) == ["manifest.json", "watched.parquet"]


def test_segments_need_something_to_be_told_apart_by(here):
    ran = clv("report", "-o", "{segment}.html", here=config(here))
    assert ran.code == 2
    assert "there are no segments to put for '{segment}'" in ran.err


def test_what_changed_since_the_run_before_is_a_section(here):
    brief(here, "snapshots: history", "compare: previous")
    assert "no earlier snapshot" in clv("report", "--as-of", "2025-06-30", "-o", "r.html", here=here).err
    ran = clv("report", "-o", "r.html", here=here)
    assert ran.code == 0
    assert "since 2025-06-30" in ran.err
    assert "Changes since 2025-06-30" in (here / "r.html").read_text()
    assert "Changes since 2025-06-30" in clv("report", "--compare", "2025-06-30", here=here).text


def test_a_condition_that_is_met_ends_with_six_after_all_is_written(here):
    brief(here, "fail_if: retention_rate < 0.25")
    ran = clv("report", "-o", "r.html", "-q", here=here)
    assert ran.code == 6
    assert ran.err == "found: retention_rate < 0.25 for channel=social: retention_rate is 24.0%\n"
    assert "1 of 7 checks found something" in (here / "r.html").read_text()


def test_quiet_says_nothing_when_all_is_well(here):
    ran = clv("report", "-o", "r.html", "-q", "--fail-if", "retention_rate < 0.01", here=brief(here))
    assert (ran.code, ran.text, ran.err) == (0, "", "")


def test_a_summary_in_one_line_is_said(here):
    ran = clv("report", "-o", "r.html", here=brief(here))
    assert [line for line in ran.err.splitlines() if line.startswith("clv, Beans & Co: ")]


def test_the_report_before_stays_if_this_run_fails(here):
    brief(here)
    assert clv("report", "-o", "r.html", here=here).code == 0
    before = (here / "r.html").read_bytes()
    (here / "orders.csv").write_text("nothing of orders\n1\n")
    assert clv("report", "-o", "r.html", here=here).code == 4
    assert (here / "r.html").read_bytes() == before


def test_hooks_of_a_named_config_are_told_how_it_ended(here):
    brief(here, "fail_if: retention_rate < 0.25", "on_success: [touch, well]", "on_failure: [touch, found]")
    assert clv("report", "-o", "r.html", "-q", here=here).code == 6
    assert not (here / "found").exists()
    assert clv("report", "--config", "clv.yaml", "-o", "r.html", "-q", here=here).code == 6
    assert (here / "found").exists()
    assert clv("report", "--config", "clv.yaml", "--fail-if", "orders < 1", "-o", "r.html", "-q", here=here).code == 0
    assert (here / "well").exists()


def test_a_hook_is_told_of_an_error_too(here):
    brief(here, "on_failure: [touch, failed]")
    (here / "orders.csv").unlink()
    assert clv("report", "--config", "clv.yaml", "-o", "r.html", "-q", here=here).code == 4
    assert (here / "failed").exists()


def test_another_run_in_the_folder_is_waited_for_or_given_way(here):
    from clvcli.runs.locks import locked

    with locked(here):
        ran = clv("report", "-o", "r.html", here=brief(here))
    assert ran.code == 75
    assert "another run of clv writes to this folder" in ran.err
    assert not (here / "r.html").exists()


def test_a_log_in_json_says_each_step(here):
    ran = clv("report", "-o", "r.html", "--snapshots", "history", "--log-format", "json", here=brief(here))
    events = [json.loads(line)["event"] for line in ran.err.splitlines()]
    assert [event for event in events if event not in ("remark", "doubt")] == ["started", "read", "wrote", "wrote", "summary", "done"]


def test_a_section_that_there_is_not_is_refused_with_those_that_there_are(here):
    ran = clv("report", here=config(here, "report: {sections: [headline, trends]}"))
    assert ran.code == 3
    assert "trend" in ran.err


def test_a_page_of_half_a_million_lines_is_under_a_megabyte(real_data, tmp_path):
    assert clv("report", str(real_data("uci_online_retail/online_retail.parquet")), "-o", str(tmp_path / "r.html"), "-q").code == 0
    assert (tmp_path / "r.html").stat().st_size < 1_000_000


def test_json_holds_the_sections_too(here):
    ran = clv("report", "-f", "json", here=brief(here))
    assert [(one["name"], one["tables"]) for one in ran.json["sections"]] == [
        ("headline", []), ("segments", ["segments", "economics"]), ("changes", []),
    ]  # fmt: skip


def test_who_stops_reading_standard_error_stops_no_report(here):
    ended = started("clv report orders.csv -o tables/ --fail-if 'orders > 0' 2>&1 >/dev/null | true; exit ${PIPESTATUS[0]}", here)
    assert ended.returncode == Exit.FOUND
    assert (here / "tables" / "manifest.json").exists()
    ended = started("clv report orders.csv -o report.html --log-format json 2>&1 >/dev/null | true; exit ${PIPESTATUS[0]}", here)
    assert ended.returncode == Exit.OK
    assert (here / "report.html").exists()
    ended = started("clv report orders.csv -o full.html 2> /dev/full", here)
    assert ended.returncode == Exit.OK
    assert started("clv compute orders.csv --format csv 2>&-", here).stdout == started("clv compute orders.csv --format csv", here).stdout


def test_an_attribute_that_is_named_twice_is_one(here):
    config(here, "report: {sections: [segments], by: [channel, channel]}")
    once, twice = (clv("report", *more, "--format", "csv", here=here) for more in (("--by", "channel"), ()))
    assert (twice.code, twice.out) == (0, once.out)
