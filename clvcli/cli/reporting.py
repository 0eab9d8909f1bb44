"""The run of `clv report`: in its turn, to its end, and with word of it to whoever is to know.

Only light modules are imported here: `clv --help` must not wait for a data frame library.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from clvcli.cli.analysed import analysed
from clvcli.cli.checked import tell
from clvcli.cli.log import Log
from clvcli.cli.output import named, run_of, write
from clvcli.cli.progress import current
from clvcli.errors import Exit, Place, Problem, UsageError, printable

if TYPE_CHECKING:
    from clvcli.analysis import Analysis
    from clvcli.config import Loaded
    from clvcli.document import Document
    from clvcli.request import Request
    from clvcli.runs.names import Template
    from clvcli.watching import Watching


def run(asked: Request, given: dict[str, Any], wait: float) -> None:
    """Work the report out and write it, keep what is to be kept, and say how it went; ends with code 6 if checks found something."""
    from clvcli.hooks import hooks_of
    from clvcli.request import configured
    from clvcli.sections import ATTRIBUTES
    from clvcli.snapshots import folder_of, refuse_no_day

    loaded = configured(asked)
    if loaded.config.compare:
        with loaded.blamed():
            refuse_no_day(folder_of(loaded), loaded.config.compare)
    output = _output(given)
    hooks, said = hooks_of(loaded, given["config"], output=given["output"] or "")
    if said:
        _say(said, {**given, "quiet": False})
    with hooks, _alone(loaded, output, wait):
        by = asked.by or tuple(dict.fromkeys(loaded.config.report.by))
        found = analysed(replace(asked, by=by, if_any=() if by else ATTRIBUTES), given)
        seen = _seen(found)
        last, paths = _written(found, seen, output, given)
        _kept(found, last, paths, seen, output, given)
        _let_go(found, output, given)
        hooks.ended(_ending(found, seen, given))
    _tell(seen, given)


def _output(given: dict[str, Any]) -> Template | None:
    """The name to write under, if it isn't standard output."""
    from clvcli.runs.names import Template

    return Template(given["output"]) if given["output"] and given["output"] != "-" else None


@contextmanager
def _alone(loaded: Loaded, output: Template | None, wait: float) -> Iterator[None]:
    """Nobody else writes to the folders that this run writes to; each lock is had before anything is read."""
    from clvcli.runs.failures import told
    from clvcli.runs.locks import locked
    from clvcli.snapshots import folder_of

    folders, snapshots = [output.folder] if output and not _is_device(output) else [], folder_of(loaded)
    if snapshots:
        with told(snapshots):
            snapshots.mkdir(exist_ok=True)
        folders.append(snapshots)
    with ExitStack() as stack:
        for folder in sorted({os.path.realpath(one): one for one in folders}.values(), key=os.path.realpath):
            stack.enter_context(locked(folder, wait))
        yield


def _is_device(output: Template) -> bool:
    """Whether what is written to is no file but a device or a pipe, which others may write to as well."""
    path = Path(output.text)
    return path.exists() and not path.is_file() and not path.is_dir()


def _seen(found: Analysis) -> Watching:
    """What is watched of the shop and of the segments that the report shows; checks judge those that were asked for."""
    from clvcli.sections import by_of
    from clvcli.watching import watching

    return watching(found, by_of(found), found.request.by)


def _written(found: Analysis, seen: Watching, output: Template | None, given: dict[str, Any]) -> tuple[Document, list[Path]]:
    """Write the report, or one for each segment; gives the last, and where they are."""
    from clvcli.composition import composed, of_run

    if not output or not _is_by_segment(output):
        whole = composed(found, of_run(seen, found.reading.currency))
        path = write(whole, given)
        return whole, [path] if path else []
    paths = []
    for name, document in _of_segments(found, output):
        paths.append(write(document, given, segment=name))
    return document, [path for path in paths if path]


def _is_by_segment(output: Template) -> bool:
    """Whether each segment gets a report of its own, so that none is of the whole shop."""
    return "segment" in output.fields


def _of_segments(found: Analysis, output: Template) -> Iterator[tuple[str, Document]]:
    """A report for each segment, worked out one after another."""
    from clvcli.composition import composed
    from clvcli.parts import parts

    if not found.request.by:
        hint = "say by what segments are told apart: --by channel, or 'report: {by: channel}' in clv.yaml"
        raise UsageError(Problem("there are no segments to put for '{segment}'", Place(output.text), hint))
    for part in parts(found, found.request.by):
        current().at(f"working out the report on {part.name}")
        yield part.name, composed(part, {}, part.name)


def _kept(found: Analysis, last: Document, paths: list[Path], seen: Watching, output: Template | None, given: dict[str, Any]) -> None:
    """Keep the run's tables, and write its manifest."""
    from clvcli.runs import manifest as manifests
    from clvcli.runs import write_atomically
    from clvcli.snapshots import folder_of, save

    folder, log = folder_of(found.loaded), Log.of(given)
    judged = replace(last, tables=(*(table for table in last.tables if table.name != "checks"), *([seen.checks] if seen.checks else [])))
    if folder:
        log.wrote(
            str(save(folder, (*(() if output and _is_by_segment(output) else last.tables), seen.watched), run_of(judged)) / "manifest.json")
        )
    if given["manifest"]:
        at = named(last, given["manifest"], option="--manifest")
        files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
        write_atomically(
            at, lambda out: out.write(manifests.written(manifests.manifest(run_of(judged), [manifests.output(file) for file in files])))
        )
        log.wrote(str(at))


def _let_go(found: Analysis, output: Template | None, given: dict[str, Any]) -> None:
    """Let go of reports and snapshots that are older than what is kept."""
    from clvcli.runs.keeping import prune, prune_folders
    from clvcli.snapshots import folder_of

    folder, keep = folder_of(found.loaded), found.loaded.config.keep
    for path in [*(prune(output, keep) if output and keep else ()), *(prune_folders(folder, keep) if folder and keep else ())]:
        Log.of(given).info("removed", path=str(path))


def _ending(found: Analysis, seen: Watching, given: dict[str, Any]) -> Any:
    """How the run ended, as its hook is told."""
    from clvcli.hooks import Ending, line
    from clvcli.periods import date_of

    return Ending(line(seen.line), seen.exit, given["output"] or "", str(date_of(found.window.as_of)))


def _tell(seen: Watching, given: dict[str, Any]) -> None:
    """Say what was found, and all in a line; ends with code 6 if checks found something."""
    log = Log.of(given)
    for note in seen.notes:
        _say(note, given)
    if log:
        log.info("summary", message=seen.line)
    elif not given["quiet"] and given["output"] not in (None, "-"):
        _say(seen.line, given)
    said = bool(log) or given["output"] in (None, "-")
    if seen.told is not None and tell(seen.told, given if said else {**given, "quiet": True}):
        raise typer.Exit(Exit.FOUND)


def _say(text: str, given: dict[str, Any]) -> None:
    """Say something on standard error, or in the log."""
    log = Log.of(given)
    current().end()
    if log:
        log.remarks([text])
    elif not given["quiet"]:
        print(printable(text), file=sys.stderr)
