"""What a run says of itself, from one run to the next, as a report that is kept would have it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from program import SHOP

from clvcli.analysis import analysis
from clvcli.errors import ConfigError, Exit, InputError
from clvcli.remarks import facts
from clvcli.request import Request
from clvcli.runs.manifest import Run
from clvcli.snapshots import folder_of, refuse_no_day, save
from clvcli.watching import watching


def ran(as_of="2025-12-31", by=("channel",), config=None, **options):
    """The analysis of the sample shop as of a day."""
    return analysis(Request("report", (SHOP,), config, {"as_of": date.fromisoformat(as_of), **options}, by))


def keep(found, watched):
    run = Run("report", ["report"], datetime(2026, 1, 1, tzinfo=UTC), facts(found.loaded, found.reading, found.window))
    return save(folder_of(found.loaded), [watched.watched], run)


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """A folder in which the middle of 2025 was kept."""
    folder = tmp_path_factory.mktemp("history")
    found = ran("2025-06-30", snapshots=str(folder))
    keep(found, watching(found, ("channel",)))
    return str(folder)


def test_a_run_without_anything_to_look_for_says_what_a_customer_is_worth():
    told = watching(ran())
    assert (told.checks, told.changes, told.notes, told.exit) == (None, None, (), Exit.OK)
    assert told.line == "clv, The sample shop: 122.11 EUR a customer as of 2025-12-31"
    assert {*told.watched.frame["segment"]} == {"all customers"}


def test_conditions_are_judged_on_the_shop_and_on_the_segments_that_were_asked_for():
    found = ran(fail_if=("retention_rate < 0.25", "channel == 'social' and cac > 1"))
    alone, apart = watching(found, ("channel",)), watching(found, ("channel",), judged=("channel",))
    assert (alone.checks.frame.height, apart.checks.frame.height) == (2, 1 + 6 + 6)
    assert (alone.exit, apart.exit) == (Exit.FOUND, Exit.FOUND)  # of the shop alone, the second can't be judged
    assert apart.line.endswith(
        "2 of 13 checks found something; the first: retention_rate < 0.25 for channel=social: retention_rate is 24.0%"
    )
    assert watching(ran(fail_if=("aov < 1",))).exit == Exit.OK


def test_the_first_run_has_nothing_to_compare_with(tmp_path):
    told = watching(ran(snapshots=str(tmp_path), compare="previous"))
    assert (told.changes, told.notes) == (None, (f"There is no earlier snapshot in {tmp_path} to compare with.",))
    assert told.line == "clv, The sample shop: 122.11 EUR a customer as of 2025-12-31"


@pytest.mark.parametrize("compare", ["previous", "2025-06-30"])
def test_the_next_run_says_what_changed(history, compare):
    told = watching(ran(snapshots=history, compare=compare), ("channel",))
    assert told.changes.title == "Changes since 2025-06-30: 3 figures beyond chance"
    assert told.line == "clv, The sample shop: 122.11 EUR a customer as of 2025-12-31 (+3.07 since 2025-06-30, 3 figures beyond chance)"
    assert (told.notes, told.exit) == ((), Exit.OK)


def test_a_run_of_the_same_day_held_against_itself_has_not_changed(history):
    told = watching(ran("2025-06-30", snapshots=history, compare="2025-06-30"), ("channel",))
    assert {*told.changes.frame["change"]} <= {0.0, None}
    assert {*told.changes.frame["verdict"]} <= {"within chance", "counted", None}


def test_other_settings_are_told(history):
    told = watching(ran(snapshots=history, compare="previous", cac=20.0, lifespan=2.0), ("channel",))
    notes = [note for note in told.changes.notes if note.startswith("Since then ")]
    assert "Since then lifespan was 3.0 and is 2.0: figures moved by that too." in notes
    assert any(note.startswith("Since then cac") for note in notes)


def test_another_currency_is_told_and_nothing_is_compared(history, tmp_path):
    found = ran(snapshots=history, compare="previous")
    found = replace(found, reading=replace(found.reading, currency="GBP"))
    told = watching(found)
    assert told.changes is None
    assert told.notes[0].endswith("2025-06-30 can't be compared with: its money is in EUR, and now it is in GBP.")


def test_a_line_of_a_shop_with_a_title(tmp_path):
    (tmp_path / "clv.yaml").write_text("cac: 12\nreport: {title: Beans & Co}\n")
    assert watching(ran(config=tmp_path / "clv.yaml")).line.startswith("clv, Beans & Co: ")


def test_a_day_that_can_not_be_compared_with_is_an_error_at_its_line(history, tmp_path):
    (tmp_path / "clv.yaml").write_text(f"snapshots: {history}\ncompare: 2024-01-01\n")
    with pytest.raises(ConfigError) as caught:
        watching(ran(config=tmp_path / "clv.yaml"))
    assert caught.value.problems[0].place.line == 2
    with pytest.raises(InputError, match="there is no snapshot of 2024-01-01"):
        watching(ran(snapshots=history, compare="2024-01-01"))


def test_whether_there_is_such_a_day_is_known_before_anything_is_read(history):
    assert refuse_no_day(folder_of(ran(snapshots=history).loaded), "previous")[1] is None
    assert refuse_no_day(folder_of(ran(snapshots=history).loaded), "2025-06-30")[1] == date(2025, 6, 30)


def test_small_segments_and_models_are_watched_too():
    found = ran(by=("channel",), show=("clv_predicted",), model="bg_nbd", fail_if=("predicted_orders > 1",))
    told = watching(found, ("channel",))
    rows = told.watched.frame.filter(told.watched.frame["name"] == "clv_predicted")
    assert (rows.height, rows["value"].null_count(), told.exit) == (7, 0, Exit.FOUND)
