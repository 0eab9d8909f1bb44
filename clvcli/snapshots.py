"""Snapshots: the tables of each run kept by its day, and found again to compare with."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

import polars as pl

from clvcli.config import Loaded
from clvcli.errors import InputError, Place, Problem, UsageError
from clvcli.runs.failures import told
from clvcli.runs.files import Write
from clvcli.runs.folders import write_folder_atomically
from clvcli.runs.manifest import MANIFEST, SCHEMA, Output, Run, manifest, noted, written
from clvcli.tables import Table

PREVIOUS = "previous"
WATCHED = "watched"
_SUFFIX = ".parquet"
_NEAREST = 3
_NO_MATTER = frozenset({
    "as_of", "report", "snapshots", "compare", "keep", "fail_if", "on_success", "on_failure", "show_ids",
    "verdict", "cuts", "holdout", "max_rejects",
})  # fmt: skip
"""The settings that no figure depends on, or that are meant to differ from run to run."""
_LONGEST = 60


@dataclass(frozen=True)
class Snapshot:
    """What was kept of the run of one day."""

    day: date
    path: Path
    manifest: Mapping[str, Any]
    watched: pl.DataFrame


@dataclass(frozen=True)
class Earlier:
    """The snapshot to compare with, if there is one, and what is to be said of how it was found."""

    snapshot: Snapshot | None
    notes: tuple[str, ...] = ()


class _BrokenError(Exception):
    """A snapshot that can't be compared with; the text says why."""


def folder_of(loaded: Loaded) -> Path | None:
    """The folder of snapshots, if there is to be one; one that is named in the config is relative to its folder."""
    base = loaded.path.parent if loaded.path and "snapshots" not in loaded.options else Path()
    return base / loaded.config.snapshots if loaded.config.snapshots else None


def save(folder: Path, tables: Sequence[Table], run: Run) -> Path:
    """Keep the tables of a run as FOLDER/<as_of>/, a Parquet file each, with its manifest; gives the folder of the day.

    FOLDER is made if it isn't there yet. What was kept of that day before is replaced. Raises OutputError if it can't be written.
    """
    path, outputs = folder / str(run.facts["as_of"]), list[Output]()
    files = {f"{table.name}{_SUFFIX}": noted(f"{table.name}{_SUFFIX}", _parquet(table.frame), outputs) for table in tables}
    with told(folder):
        folder.mkdir(exist_ok=True)
    write_folder_atomically(path, {**files, MANIFEST: lambda out: out.write(written(manifest(run, outputs)))})
    return path


def _parquet(frame: pl.DataFrame) -> Write:
    def write(out: IO[bytes]) -> None:
        whole = io.BytesIO()  # Polars has errors of its own for a file that can't be written
        frame.write_parquet(whole)
        out.write(whole.getbuffer())

    return write


def snapshots(folder: Path) -> list[tuple[date, Path]]:
    """The folders of days in `folder`, the oldest first; whether each holds what it should is another matter. Raises InputError."""
    if not folder.is_dir():
        return []
    try:
        days = [(_day(path.name), path) for path in folder.iterdir() if path.is_dir()]
    except OSError as error:
        raise InputError(Problem(f"can't be read: {error.strerror}", Place(str(folder)))) from None
    return sorted((day, path) for day, path in days if day)


def snapshot(folder: Path | None, wanted: str, facts: Mapping[str, Any], columns: Sequence[str]) -> Earlier:
    """The snapshot to hold a run against: the newest before its day, or that of a day.

    `facts` are those of the run's report, `columns` those that a table `watched` has. Where there is no earlier one, or
    the newest is broken, a note says so. Raises UsageError for what is no day, and where there is no folder; InputError
    where the day has no snapshot, or a broken one.
    """
    folder, day = refuse_no_day(folder, wanted)
    return _newest_before(folder, facts, columns) if day is None else _read_or_refuse(day, folder / str(day), facts, columns)


def refuse_no_day(folder: Path | None, wanted: str) -> tuple[Path, date | None]:
    """The folder and the day to compare with, None for the previous, known before any order is read.

    Raises UsageError for what is no day, and where there is no folder; InputError where the day has no snapshot.
    """
    day = None if wanted == PREVIOUS else _day(wanted)
    if day is None and wanted != PREVIOUS:
        hint = f"write it as in --compare {PREVIOUS}, or --compare 2025-12-31"
        raise UsageError(Problem(f"'{wanted}' is no day", hint=hint, setting=("compare",)))
    if folder is None:
        hint = "name the folder in which runs are kept: --snapshots FOLDER, or 'snapshots:' in clv.yaml"
        raise UsageError(Problem("there are no snapshots to compare with", hint=hint, setting=("compare",)))
    known = [each for each, _ in snapshots(folder)] if day else []
    if day and day not in known:
        near = sorted(sorted(known, key=lambda other: abs(other - day))[:_NEAREST])
        hint = f"the nearest are of {', '.join(map(str, near))}" if near else "there is none at all: clv report keeps one on each run"
        raise InputError(Problem(f"there is no snapshot of {day} in {folder}", hint=hint, setting=("compare",)))
    return folder, day


def _newest_before(folder: Path, facts: Mapping[str, Any], columns: Sequence[str]) -> Earlier:
    notes: list[str] = []
    for day, path in reversed(snapshots(folder)):
        if day >= date.fromisoformat(facts["as_of"]):
            continue
        try:
            return Earlier(_read(day, path, facts, columns), tuple(notes))
        except _BrokenError as error:
            notes.append(f"{path} can't be compared with: {error}.")
    return Earlier(None, (*notes, f"There is no earlier snapshot in {folder} to compare with."))


def _read_or_refuse(day: date, path: Path, facts: Mapping[str, Any], columns: Sequence[str]) -> Earlier:
    try:
        return Earlier(_read(day, path, facts, columns))
    except _BrokenError as error:
        raise InputError(Problem(f"can't be compared with: {error}", Place(str(path)), f"name another day, or {PREVIOUS}")) from None


def _read(day: date, path: Path, facts: Mapping[str, Any], columns: Sequence[str]) -> Snapshot:
    """A snapshot as it was written; raises _BrokenError if it isn't, or is of other money."""
    known = _manifest(path)
    if known.get("currency") != facts.get("currency"):
        raise _BrokenError(f"its money is in {known.get('currency') or 'no currency'}, and now it is in {facts.get('currency') or 'none'}")
    name = f"{WATCHED}{_SUFFIX}"
    outputs = [one for one in _list(known.get("outputs")) if isinstance(one, dict) and one.get("name") == name]
    try:
        content = (path / name).read_bytes()
    except OSError as error:
        raise _BrokenError(f"{name}: {error.strerror}") from None
    if [one.get("sha256") for one in outputs] != [hashlib.sha256(content).hexdigest()]:
        raise _BrokenError(f"{name} isn't what {MANIFEST} says: it was changed, or copied in part")
    frame = pl.read_parquet(io.BytesIO(content))
    if frame.columns != list(columns):
        raise _BrokenError(f"it was kept by clv {known.get('version')}, which kept other columns")
    return Snapshot(day, path, known, frame)


def _manifest(path: Path) -> Mapping[str, Any]:
    try:
        known = json.loads((path / MANIFEST).read_bytes())
    except OSError as error:
        raise _BrokenError(f"{MANIFEST}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise _BrokenError(f"{MANIFEST} is no JSON") from None
    schema = known.get("schema") if isinstance(known, dict) else None
    if not isinstance(known, dict) or schema != SCHEMA:
        is_ours = isinstance(schema, str) and schema.startswith(SCHEMA.rpartition("/")[0])
        raise _BrokenError(f"it was kept by another clv, as {schema}; this one reads {SCHEMA}" if is_ours else f"{MANIFEST} is of no run")
    return known


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if text == day.isoformat() else None


def differences_of_settings(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Each setting that figures depend on and that isn't what it was, in words; of two manifests or facts."""
    before, after = (_flat(one.get("settings") or {}) for one in (then, now))
    changed = (name for name in sorted({*before, *after}) if before.get(name) != after.get(name))
    return tuple(f"{name} was {_told(before.get(name))} and is {_told(after.get(name))}" for name in changed)


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in _NO_MATTER:
            found |= {f"{name}.{inner}": each for inner, each in value.items()} if isinstance(value, dict) and value else {name: value}
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _told(value: object) -> str:
    text = "not set" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
