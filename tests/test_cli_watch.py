"""Watching as it is typed: what is found is told on standard error, once all is written, and the exit code says so."""

import json
import sys

import polars as pl
import pytest
from program import SHOP, clv, started

FOUND = "found: retention_rate < 0.6: retention_rate is 52.1%\n"


def checks(ran):
    """The rows of the table `checks`: `{(condition, segment): met}`."""
    (table,) = (table for table in ran.json["tables"] if table["name"] == "checks")
    return {(row["condition"], row["segment"]): row["met"] for row in table["rows"]}


# What is found


def test_what_is_found_ends_with_code_6_after_the_answer():
    ran = clv("compute", SHOP, "--fail-if", "retention_rate < 0.6")
    assert (ran.code, ran.err) == (6, FOUND)
    assert ran.text.startswith("A customer is worth 122.11 EUR")
    assert ran.text == clv("compute", SHOP).text


def test_what_is_not_found_is_told_unless_it_is_to_be_quiet():
    ran = clv("compute", SHOP, "--fail-if", "retention_rate < 0.2", "--fail-if", "aov < 1")
    assert (ran.code, ran.err) == (0, "checked: None of 2 checks found something\n")
    assert clv("compute", SHOP, "--fail-if", "retention_rate < 0.2", "--quiet").err == ""


def test_to_be_quiet_does_not_silence_what_is_found():
    ran = clv("compute", SHOP, "--fail-if", "retention_rate < 0.6", "--quiet")
    assert (ran.code, ran.err) == (6, FOUND)


def test_a_check_that_can_not_be_judged_does_not_pass():
    ran = clv("compute", SHOP, "--fail-if", "retention_rate < 0.1", "--as-of", "2023-01-20", "--quiet")
    assert (ran.code, ran.err) == (6, "found: retention_rate < 0.1 can't be judged: the data begin on 2023-01-01: not even two months\n")


def test_what_was_asked_to_be_written_is_written(tmp_path):
    ran = clv("compute", SHOP, "--fail-if", "aov > 1", "-o", str(tmp_path / "a.json"), "--quiet")
    assert ran.code == 6
    assert {table["name"] for table in json.loads((tmp_path / "a.json").read_text())["tables"]} == {"clv", "figures", "checks"}


def test_an_error_goes_before_what_is_found(tmp_path):
    assert clv("compute", SHOP, "--fail-if", "aov > 1", "-o", str(tmp_path / "no" / "a.json"), "--quiet").code == 5


def test_control_characters_in_the_data_are_shown_and_not_obeyed(tmp_path):
    (tmp_path / "orders.csv").write_text("customer_id,ordered_at,amount,channel\nann,2024-01-05,30,w\x1b[31mb\nbob,2024-02-06,20,web\n")
    ran = clv("segments", "orders.csv", "--by", "channel", "--fail-if", "aov > 25", "--quiet", here=tmp_path)
    assert ran.err.startswith('found: aov > 25 for channel="w\\u001b[31mb": aov is 30.00\n')


# By segment


def test_segments_are_judged_one_by_one():
    ran = clv("segments", SHOP, "--by", "channel", "--fail-if", "retention_rate < 0.25", "--quiet")
    assert (ran.code, ran.err) == (6, "found: retention_rate < 0.25 for channel=social: retention_rate is 24.0%\n")


def test_a_condition_may_be_of_one_segment():
    only = "channel == 'social' and ltv_to_cac < 3", "channel == 'marketplace' and ltv_to_cac < 3"
    ran = clv("segments", SHOP, "--by", "channel", *(part for text in only for part in ("--fail-if", text)), "--quiet")
    assert (ran.code, ran.err) == (6, f"found: {only[1]} for channel=marketplace: ltv_to_cac is 2.67\n")


def test_small_segments_are_judged_together_where_they_are_put_together():
    condition = "clv_observed < -1"
    asked = ("segments", SHOP, "--by", "channel,country", "--fail-if", condition, "--format", "json", "--quiet")
    apart, together = clv(*asked), clv(*asked, "--min-customers", "30")
    assert apart.err == (
        "found: clv_observed < -1 for channel=marketplace, country=FR: clv_observed is -5.97\n"
        "found: clv_observed < -1 for channel=marketplace, country=LV: clv_observed is -6.74\n"
        "look at this: 2 of these are of fewer than 30 customers, whose figures say little: clv segments --min-customers 30 gathers them\n"
    )
    assert checks(apart)[condition, "channel=marketplace, country=LV"] == "yes"
    assert checks(together)[condition, "channel=other, country=other"] == "no"
    assert (apart.code, together.code) == (6, 0)


def test_the_checks_are_a_table_for_machines():
    asked = ("segments", SHOP, "--by", "channel", "--fail-if", "clv_contribution < 40")
    assert checks(clv(*asked, "-f", "json", "-q")) == {
        ("clv_contribution < 40", f"channel={name}"): "yes" if name == "social" else "no"
        for name in ("search", "organic", "referral", "email", "marketplace", "social")
    }
    rows = pl.read_csv(clv(*asked, "--table", "checks", "-f", "csv", "-q").out)
    assert rows.filter(pl.col("met") == "yes")["segment"].to_list() == ["channel=social"]
    assert "Condition" not in clv(*asked).text
    assert "Condition" in clv(*asked, "--table", "checks").text


def test_what_is_judged_is_what_the_table_shows():
    ran = clv("segments", SHOP, "--by", "channel", "--fail-if", "aov < 40 and repeat_rate > 0.6", "-f", "json", "-q")
    rows = {f"channel={row['channel']}": row for row in ran.json["tables"][0]["rows"]}
    assert {segment: met == "yes" for (_, segment), met in checks(ran).items()} == {
        segment: row["aov"] < 40 and row["repeat_rate"] > 0.6 for segment, row in rows.items()
    }


# What may be read


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("contribution_90d > 1", "contribution_90d is 54,277.49"),
        ("customers_to_payback > 1", "customers_to_payback is 1,536"),
        ("period_years == 1", "period_years is 1.00 y"),
        ("revenue_per_customer / aov > 3", "revenue_per_customer is 141.36, aov is 38.54"),
        ("twice > 3", "twice is 77.07"),
    ],
)
def test_every_number_can_be_watched(condition, told, tmp_path):
    (tmp_path / "clv.yaml").write_text("cac: 12\nformulas:\n  twice: {text: aov * 2}\n")
    ran = clv("compute", SHOP, "--config", "clv.yaml", "--fail-if", condition, "--quiet", here=tmp_path)
    assert (ran.code, ran.err) == (6, f"found: {condition}: {told}\n")


def test_what_a_model_expects_can_be_watched_though_it_is_not_shown():
    ran = clv("compute", SHOP, "--model", "bg_nbd", "--fail-if", "predicted_orders > 1", "-q")
    assert ran.code == 6
    assert ran.err.startswith("found: predicted_orders > 1: predicted_orders is ")


def test_a_model_that_can_not_be_fitted_leaves_the_check_unjudged(tmp_path):
    (tmp_path / "orders.csv").write_text("customer_id,ordered_at,amount\nann,2024-01-05,30\nbob,2024-02-06,20\n")
    ran = clv("compute", "orders.csv", "--fail-if", "alive_share < 0.5", "-q", here=tmp_path)
    assert ran.code == 6
    assert ran.err.startswith("found: alive_share < 0.5 can't be judged: ")


def test_a_watched_number_changes_no_figure():
    plain = clv("compute", SHOP, "-f", "json", "-q").json["tables"]
    watched = clv("compute", SHOP, "--fail-if", "contribution_90d > 1 and last_day > 1", "-f", "json", "-q").json["tables"]
    assert watched[:-1] == plain


# Where conditions come from


def test_the_config_may_tell_what_to_look_for_and_the_command_line_tells_otherwise(tmp_path):
    (tmp_path / "clv.yaml").write_text("fail_if: aov < 40\n")
    configured = clv("compute", SHOP, "-q", "--config", "clv.yaml", here=tmp_path)
    assert (configured.code, configured.err) == (6, "found: aov < 40: aov is 38.54\n")
    assert clv("compute", SHOP, "-q", "--config", "clv.yaml", "--fail-if", "aov < 30", here=tmp_path).code == 0


def test_other_commands_take_no_notice(tmp_path):
    (tmp_path / "clv.yaml").write_text("fail_if: [aov < 40, contribution_90d > 1]\n")
    plain, watched = (clv("customers", SHOP, "-f", "csv", "-q", *more, here=tmp_path) for more in ([], ["--config", "clv.yaml"]))
    assert (watched.code, len(watched.lines[0].split(","))) == (0, len(plain.lines[0].split(",")) - ("acquisition_cost" in plain.lines[0]))


def test_a_mistake_is_told_before_anything_is_read(tmp_path):
    (tmp_path / "clv.yaml").write_text("orders: nowhere.csv\nfail_if:\n  - aov < 40\n  - aovv < 40\n")
    ran = clv("compute", here=tmp_path)
    assert ran.code == 3
    assert ran.err == "error: clv.yaml:4:5: unknown name 'aovv'\n  |\n4 |   - aovv < 40\n  |     ^\nhint: did you mean 'aov'?\n"


def test_a_condition_over_several_lines_is_one(tmp_path):
    (tmp_path / "clv.yaml").write_text("fail_if:\n  - >-\n    aov < 40\n    and revenue > 1\n")
    ran = clv("compute", SHOP, "-q", "--config", "clv.yaml", here=tmp_path)
    assert ran.err == "found: aov < 40 and revenue > 1: aov is 38.54, revenue is 339,267.62\n"


# A log


def test_a_log_says_what_was_found():
    ran = clv("compute", SHOP, "--fail-if", "aov < 40", "--quiet", "--log-format", "json", "-f", "csv")
    line = json.loads(ran.err.splitlines()[-1])
    assert (line["level"], line["event"], line["message"], ran.code) == ("warning", "found", "aov < 40: aov is 38.54", 6)
    small = clv("segments", SHOP, "--by", "country,channel", "--fail-if", "clv_observed < -6", "-q", "--log-format", "json", "-f", "csv")
    assert [json.loads(line)["event"] for line in small.err.splitlines()][-2:] == ["found", "doubt"]
    well = clv("compute", SHOP, "--fail-if", "aov < 4", "--log-format", "text", "-f", "csv")
    assert 'info checked message="None of 1 check found something"' in well.err


# What isn't asked for costs nothing


def test_without_conditions_nothing_of_watching_is_loaded():
    lists = "import sys; from clvcli.cli.app import main\ntry: main()\nfinally: print(*sorted(sys.modules), file=sys.stderr)"
    ran = started(f"\"$PYTHON\" -c '{lists}' compute {SHOP} --table clv", PYTHON=sys.executable)
    loaded = {*ran.stderr.decode().split()} if isinstance(ran.stderr, bytes) else {*ran.stderr.split()}
    assert "clvcli.reports.summary" in loaded
    assert not {"clvcli.watch", "clvcli.reports.checks", "clvcli.snapshots", "clvcli.hooks", "clvcli.changes"} & loaded


def test_a_manifest_says_how_the_run_ended_also_where_a_check_can_not_be_judged(tmp_path):
    done = clv(
        "report",
        SHOP,
        "--as-of",
        "2023-01-20",
        "--fail-if",
        "retention_rate < 0.25",
        "-o",
        "page.md",
        "--manifest",
        "run.json",
        here=tmp_path,
    )
    assert (done.code, json.loads((tmp_path / "run.json").read_bytes())["exit_code"]) == (6, 6)
