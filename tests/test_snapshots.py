"""Snapshots: what is kept of a run is found again, and what can't be compared with is told and never crashed on."""

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from orders_text import customers_from, observed

from clvcli import config
from clvcli.catalog import Catalog
from clvcli.errors import ConfigError, InputError, OutputError, UsageError
from clvcli.periods import Period
from clvcli.reports.watched import COLUMNS, watched
from clvcli.runs.manifest import Run
from clvcli.snapshots import differences_of_settings, folder_of, save, snapshot, snapshots

NAMES = [column.name for column in COLUMNS]
TEXT = """
    customer  order  date        amount
    ann       1      2023-03-01   100
    bob       2      2024-04-01    40
"""
CATALOG = Catalog(settings={"period_years": 1.0, "churn_window_days": 180.0})
TABLE = watched(customers_from(TEXT, observed("2024-12-31", Period.YEAR, since="2023-01-01")), CATALOG)
DAYS = ("2024-03-31", "2024-06-30", "2024-09-30")


def facts(as_of="2024-12-31", currency="EUR", **settings):
    return {"as_of": as_of, "currency": currency, "version": "0.1.0", "settings": settings}


def keep(folder, *days, **more):
    for day in days:
        save(folder, [TABLE], Run("report", ["report"], datetime(2025, 1, 1, tzinfo=UTC), facts(day, **more)))
    return folder


@pytest.fixture
def history(tmp_path):
    """Three days of a year."""
    return keep(tmp_path / "history", *DAYS)


def found(folder, wanted="previous", **now):
    return snapshot(folder, wanted, facts(**now), NAMES)


# What is kept


def test_a_day_has_a_folder_with_its_tables_and_a_manifest(tmp_path):
    path = save(tmp_path, [TABLE], Run("report", ["report", "orders.csv"], datetime(2025, 1, 1, tzinfo=UTC), facts("2024-12-31")))
    assert path == tmp_path / "2024-12-31"
    assert sorted(one.name for one in path.iterdir()) == ["manifest.json", "watched.parquet"]
    assert pl.read_parquet(path / "watched.parquet").equals(TABLE.frame)
    manifest = json.loads((path / "manifest.json").read_text())
    assert (manifest["as_of"], manifest["currency"], [one["name"] for one in manifest["outputs"]]) == (
        "2024-12-31",
        "EUR",
        ["watched.parquet"],
    )


def test_the_same_run_keeps_the_same_bytes(tmp_path):
    one, other = (keep(tmp_path / name, "2024-12-31") / "2024-12-31" / "watched.parquet" for name in ("a", "b"))
    assert one.read_bytes() == other.read_bytes()


def test_a_day_that_is_run_again_is_replaced(history):
    keep(history, "2024-09-30", margin=0.5)
    assert [day.isoformat() for day, _ in snapshots(history)] == list(DAYS)
    assert found(history).snapshot.manifest["settings"] == {"margin": 0.5}


def test_what_is_somebody_elses_is_not_replaced(tmp_path):
    (tmp_path / "2024-12-31").mkdir()
    (tmp_path / "2024-12-31" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="something in it that clv didn't write"):
        keep(tmp_path, "2024-12-31")
    assert (tmp_path / "2024-12-31" / "notes.txt").read_text() == "mine"


def test_a_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "history").write_text("mine")
    with pytest.raises(OutputError, match="history: can't be written: File exists"):
        keep(tmp_path / "history", "2024-12-31")


def test_only_folders_of_days_are_snapshots(history):
    for name in ("latest", "2024-13-01", "20241231", ".2024-12-31", "2024-12-31.old"):
        (history / name).mkdir()
    (history / "2024-12-30").write_text("a file")
    assert [day.isoformat() for day, _ in snapshots(history)] == list(DAYS)


def test_where_there_is_no_folder_there_are_no_snapshots(tmp_path):
    assert snapshots(tmp_path / "history") == []


def test_a_folder_that_can_not_be_read_is_told(history, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError, match="history: can't be read: Permission denied"):
        snapshots(history)


# The one before


def test_the_previous_one_is_the_newest_before_this_day(history):
    for as_of, day in [("2024-12-31", "2024-09-30"), ("2024-09-30", "2024-06-30"), ("2024-07-01", "2024-06-30")]:
        earlier = found(history, as_of=as_of)
        assert (earlier.snapshot.day, earlier.notes) == (date.fromisoformat(day), ())
    assert found(history).snapshot.watched.equals(TABLE.frame)


@pytest.mark.parametrize("as_of", ["2024-03-31", "2024-01-01"])
def test_where_there_is_none_before_that_is_no_error(history, as_of):
    assert found(history, as_of=as_of).snapshot is None
    assert found(history, as_of=as_of).notes == (f"There is no earlier snapshot in {history} to compare with.",)


def cut_short(path):
    (path / "watched.parquet").write_bytes((path / "watched.parquet").read_bytes()[:-10])


def flipped(path):
    content = bytearray((path / "watched.parquet").read_bytes())
    content[40] ^= 1
    (path / "watched.parquet").write_bytes(content)


def rewrite(**changes):
    def change(path):
        manifest = json.loads((path / "manifest.json").read_text())
        (path / "manifest.json").write_text(json.dumps({**manifest, **changes}))

    return change


def with_other_columns(path):
    shutil.rmtree(path)
    save(
        path.parent,
        [type(TABLE)("watched", "", COLUMNS[:2], TABLE.frame.select(NAMES[:2]))],
        Run("report", [], datetime(2025, 1, 1, tzinfo=UTC), facts(path.name)),
    )


BROKEN = {
    "manifest.json: No such file or directory": lambda path: (path / "manifest.json").unlink(),
    "watched.parquet: No such file or directory": lambda path: (path / "watched.parquet").unlink(),
    "manifest.json is no JSON": lambda path: (path / "manifest.json").write_text('{"schema": "clv/man'),
    "manifest.json is of no run": lambda path: (path / "manifest.json").write_text("[]"),
    "it was kept by another clv, as clv/manifest/2; this one reads clv/manifest/1": rewrite(schema="clv/manifest/2"),
    "watched.parquet isn't what manifest.json says: it was changed, or copied in part": cut_short,
    "its money is in GBP, and now it is in EUR": rewrite(currency="GBP"),
    "its money is in no currency, and now it is in EUR": rewrite(currency=None),
    "it was kept by clv 0.1.0, which kept other columns": with_other_columns,
}


@pytest.mark.parametrize(("told", "breaks"), BROKEN.items(), ids=[told.partition(":")[0] for told in BROKEN])
def test_a_broken_one_is_told_and_the_one_before_it_is_taken(history, told, breaks):
    breaks(history / "2024-09-30")
    earlier = found(history)
    assert earlier.snapshot.day == date(2024, 6, 30)
    assert earlier.notes == (f"{history / '2024-09-30'} can't be compared with: {told}.",)


@pytest.mark.parametrize("breaks", [flipped, rewrite(outputs=None), rewrite(outputs=[{"name": "watched.parquet"}]), rewrite(outputs=[1])])
def test_what_the_manifest_does_not_vouch_for_is_not_read(history, breaks):
    breaks(history / "2024-09-30")
    assert "isn't what manifest.json says" in found(history).notes[0]


def test_a_manifest_of_another_program_is_none(history):
    rewrite(schema="dbt/manifest/12")(history / "2024-09-30")
    assert found(history).notes[0].endswith("manifest.json is of no run.")


def test_where_all_are_broken_all_are_told(history):
    for day in DAYS:
        cut_short(history / day)
    assert found(history).snapshot is None
    assert len(found(history).notes) == 4


# The one of a day


@pytest.mark.parametrize("day", DAYS)
def test_a_day_is_found(history, day):
    assert found(history, day).snapshot.day == date.fromisoformat(day)


def test_a_day_that_is_not_there_is_told_with_the_nearest(history):
    keep(history, "2023-01-31")
    with pytest.raises(InputError) as caught:
        found(history, "2024-07-31")
    (problem,) = caught.value.problems
    assert problem.message == f"there is no snapshot of 2024-07-31 in {history}"
    assert problem.hint == "the nearest are of 2024-03-31, 2024-06-30, 2024-09-30"


def test_where_there_is_no_day_at_all_that_is_told(tmp_path):
    with pytest.raises(InputError) as caught:
        found(tmp_path / "history", "2024-07-31")
    assert caught.value.problems[0].hint == "there is none at all: clv report keeps one on each run"


def test_a_day_that_is_broken_is_an_error(history):
    cut_short(history / "2024-06-30")
    with pytest.raises(InputError, match=r"2024-06-30: can't be compared with: watched\.parquet isn't what"):
        found(history, "2024-06-30")


@pytest.mark.parametrize("wanted", ["last", "2024-6-30", "20240630", "2024-06-31", ""])
def test_what_is_no_day_is_refused(history, wanted):
    with pytest.raises(UsageError, match="is no day") as caught:
        found(history, wanted)
    assert caught.value.problems[0].setting == ("compare",)


def test_without_a_folder_there_is_nothing_to_compare_with():
    with pytest.raises(UsageError, match="there are no snapshots to compare with"):
        found(None)


def test_a_day_that_the_config_names_is_blamed_on_its_line(history):
    path = history.parent / "clv.yaml"
    path.write_text("snapshots: history\ncompare: 2020-01-01\n")
    loaded = config.load(path, {})
    with pytest.raises(ConfigError) as caught, loaded.blamed():
        snapshot(folder_of(loaded), loaded.config.compare, facts(), NAMES)
    assert (caught.value.problems[0].place.line, caught.value.problems[0].place.column) == (2, 10)


# Where they are


def test_a_folder_of_the_config_is_relative_to_it_and_one_that_is_typed_is_not(tmp_path):
    path = tmp_path / "clv.yaml"
    path.write_text("snapshots: history\n")
    assert folder_of(config.load(path, {})) == tmp_path / "history"
    assert folder_of(config.load(path, {"snapshots": "typed"})) == Path("typed")
    assert folder_of(config.load(None, {"snapshots": "typed"})) == Path("typed")
    assert folder_of(config.load(None, {})) is None


# Other settings


def test_settings_that_figures_depend_on_are_told():
    then = facts(margin=0.3, cac=None, churn={"rule": "auto", "window_days": None}, lifespan="churn", keep=3, as_of="2024-01-01")
    now = facts(margin=0.4, cac=20.0, churn={"rule": "window", "window_days": 90}, lifespan="churn", keep=5, as_of=None)
    assert differences_of_settings(then, now) == (
        "cac was not set and is 20.0",
        "churn.rule was auto and is window",
        "churn.window_days was not set and is 90",
        "margin was 0.3 and is 0.4",
    )


def test_a_setting_that_is_gone_is_told_and_a_long_one_is_cut():
    then = facts(margin={"by": "category", "rates": {f"category {at}": 0.5 for at in range(9)}, "otherwise": 0.1}, where="")
    assert differences_of_settings(then, facts(where=None)) == (
        "margin.by was category and is not set",
        "margin.otherwise was 0.1 and is not set",
        'margin.rates was {"category 0": 0.5, "category 1": 0.5, "category 2": 0.5, "… and is not set',
    )


def test_the_same_settings_are_no_news():
    assert differences_of_settings(facts(margin=0.3), facts(margin=0.3)) == ()
    assert differences_of_settings({"settings": None}, {"settings": {}}) == ()
