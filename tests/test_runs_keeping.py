"""Keeping: only the newest days stay, and nothing else is touched."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clvcli.errors import OutputError
from clvcli.runs.keeping import prune, prune_folders
from clvcli.runs.names import Template

OURS = b'{"schema": "clv/manifest/1", "outputs": [{"name": "segments.parquet"}]}'
DAYS = ["2025-12-28", "2025-12-29", "2025-12-30", "2025-12-31"]


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def snapshot(folder, manifest=OURS, **more):
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_bytes(manifest)
    (folder / "segments.parquet").write_bytes(b"")
    for name in more:
        (folder / name).write_bytes(b"")


def test_the_newest_days_stay(tmp_path):
    for day in DAYS:
        (tmp_path / f"clv-{day}.html").write_bytes(b"")
    assert prune(Template(f"{tmp_path}/clv-{{as_of}}.html"), 2) == (tmp_path / "clv-2025-12-28.html", tmp_path / "clv-2025-12-29.html")
    assert names(tmp_path) == ["clv-2025-12-30.html", "clv-2025-12-31.html"]


def test_all_segments_of_a_day_stay_or_go_together(tmp_path):
    for day in DAYS:
        for segment in ("search", "social"):
            (tmp_path / f"{segment}-{day}.html").write_bytes(b"")
    assert len(prune(Template(f"{tmp_path}/{{segment}}-{{as_of}}.html"), 1)) == 6
    assert names(tmp_path) == ["search-2025-12-31.html", "social-2025-12-31.html"]


@pytest.mark.parametrize("keep", [4, 5, 100, 0, -1])
def test_who_keeps_more_than_there_are_keeps_all_and_nobody_keeps_none(tmp_path, keep):
    for day in DAYS:
        (tmp_path / f"{day}.csv").write_bytes(b"")
    assert prune(Template(f"{tmp_path}/{{as_of}}.csv"), keep) == ()
    assert len(names(tmp_path)) == 4


def test_what_has_no_day_in_its_name_is_never_removed(tmp_path):
    (tmp_path / "clv.html").write_bytes(b"")
    assert prune(Template(f"{tmp_path}/clv.html"), 1) == prune(Template(f"{tmp_path}/{{segment}}.html"), 1) == ()
    assert names(tmp_path) == ["clv.html"]


def test_of_folders_only_those_of_clv_go(tmp_path):
    folder = tmp_path / "his{tory}"
    for day in DAYS:
        snapshot(folder / day)
    snapshot(folder / "2024-01-01", b"{}")
    snapshot(folder / "2024-01-02", notes=b"mine")
    snapshot(folder / "2024-02-30")
    (folder / "2024-01-03").write_bytes(b"")
    (folder / "2024-01-04").symlink_to("2025-12-31")
    (folder / "2024-01-05").mkdir()
    assert [path.name for path in prune_folders(folder, 2)] == ["2024-01-03", "2025-12-28", "2025-12-29"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05", "2024-02-30", "2025-12-30", "2025-12-31",
    ]  # fmt: skip


def test_what_a_link_in_a_folder_leads_to_stays(tmp_path):
    (tmp_path / "kept").write_bytes(b"kept")
    for day in DAYS:
        snapshot(tmp_path / "history" / day)
    (tmp_path / "history" / DAYS[0] / "segments.parquet").unlink()
    (tmp_path / "history" / DAYS[0] / "segments.parquet").symlink_to(tmp_path / "kept")
    assert len(prune_folders(tmp_path / "history", 1)) == 3
    assert (tmp_path / "kept").read_bytes() == b"kept"


def test_what_cannot_be_removed_is_told(tmp_path, monkeypatch):
    for day in DAYS:
        (tmp_path / f"{day}.csv").write_bytes(b"")

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "unlink", refuse)
    with pytest.raises(OutputError, match=r"2025-12-28\.csv: can't be removed: Permission denied"):
        prune(Template(f"{tmp_path}/{{as_of}}.csv"), 1)


DATED = st.dates(date(2020, 1, 1), date(2026, 12, 31)).map(lambda day: f"clv-{day}.csv")
ODD = st.text("abc-0123456789_ .", min_size=1, max_size=12).map(lambda text: f"x{text}.csv") | st.sampled_from(
    [
        "clv-2025-13-01.csv",
        "clv-2025-02-30.csv",
        "clv-٢٠٢٥-01-01.csv",
        "clv-2025-01-01.csv.gz",
        "CLV-2025-01-01.csv",
        "clv-20250101.csv",
        "clv-.csv",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dated=st.sets(DATED, max_size=8), odd=st.sets(ODD, max_size=6), keep=st.integers(1, 9))
def test_just_the_newest_stay_and_all_that_is_no_output(tmp_path_factory, dated, odd, keep):
    folder = tmp_path_factory.mktemp("reports")
    for name in dated | odd:
        (folder / name).write_bytes(b"")
    removed = prune(Template(f"{folder}/clv-{{as_of}}.csv"), keep)
    stay = {path.name for path in folder.iterdir()}
    assert stay == odd | set(sorted(dated)[-keep:])
    assert [path.name for path in removed] == sorted(dated)[:-keep]
    assert prune(Template(f"{folder}/clv-{{as_of}}.csv"), keep) == ()
