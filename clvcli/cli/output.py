"""The way from a report to the output: a file, a folder, or what stands behind standard output.

Only light modules are imported here: `clv --help` must not wait for a data frame library.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clvcli.cli.log import Log
from clvcli.cli.progress import current
from clvcli.errors import Exit, OutputError, Place, Problem, UsageError

if TYPE_CHECKING:
    from clvcli.render import Look
    from clvcli.runs.manifest import Run
    from clvcli.tables import Report


def write(report: Report, given: dict[str, Any], segment: str | None = None) -> Path | None:
    """Write the report, of one segment or of all, to --output or standard output, and give its path if it has one; say on standard error what its format leaves out."""
    from clvcli import render
    from clvcli.runs import stages, write_atomically

    output = given["output"] if given["output"] != "-" else None
    if not output and sys.stdout is None:
        raise OutputError(Problem("is closed", Place("standard output"), "write to a file with -o"))
    stages.current().end("computing")
    path = named(report, output, segment) if output else None
    if output and path and _is_folder(output, path):
        _write_folder(report, path, given)
        return path
    chosen = render.format_of(given["format_"], path.suffix if path else "")
    if not path and chosen in render.BINARY and sys.stdout.isatty():
        raise UsageError(Problem(f"{chosen} isn't for a terminal", hint=f"add -o FILE.{chosen}"))
    report, left_out = render.picked(report, given["table"], chosen)
    raw = bool(given.get("raw_csv"))
    log = _remarked(lambda: (*render.told(report, chosen, raw=raw), *left_out), given, to_people=chosen in render.FOR_PEOPLE)
    if path:
        current().at(f"writing {path}")
        write_atomically(path, lambda out: render.renderer(chosen)(report, out, look(to_file=True, raw=raw)))
        log.wrote(str(path))
        return path
    current().end()
    try:
        render.renderer(chosen)(report, sys.stdout.buffer, look(to_file=False, raw=raw))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        if "Broken pipe" in str(error):  # Polars has no BrokenPipeError
            raise BrokenPipeError from None
        raise OutputError(Problem(f"can't be written: {error.strerror or error}", Place("standard output"))) from None
    return None


def _remarked(lines: Callable[[], Iterable[str]], given: dict[str, Any], *, to_people: bool = False) -> Log:
    """The log, after what is to be said of the answer: there, or on standard error where the answer itself doesn't say it."""
    log = Log.of(given)
    said = list(lines()) if log or not (to_people or given["quiet"]) else []
    log.remarks(said)
    if said and not log:
        current().end()
        for line in said:
            print(line, file=sys.stderr)
    return log


def shown_to_people(given: dict[str, Any]) -> bool:
    """Whether the answer goes to a format for people."""
    from clvcli import render

    output = given["output"] or ""
    if output not in ("", "-") and _is_folder(output, Path(output)):
        return False
    return render.format_of(given["format_"], Path(output).suffix) in render.FOR_PEOPLE


def named(report: Report, output: str, segment: str | None = None, option: str = "-o") -> Path:
    """Where to write, with what the report knows put into the name; never over what it was made from."""
    from clvcli.runs.names import Template

    path = Template(output).named(as_of=report.facts.get("as_of"), segment=segment)
    real = Path(os.path.realpath(path))
    read = [Path(os.path.realpath(one.path)) for one in report.sources if one.path]
    if real in read or (real.is_dir() and any(real in one.parents for one in read)):
        raise UsageError(Problem("would be written over what was read", Place(str(path)), f"give {option} another name"))
    return path


def _is_folder(output: str, path: Path) -> bool:
    """Whether a folder is to be written: the name ends in a slash, or a folder is there."""
    return output.endswith(("/", os.sep)) or path.is_dir()


def _write_folder(report: Report, path: Path, given: dict[str, Any]) -> None:
    """Write every table of the report as a file of its own, and beside them what they were made from."""
    from clvcli import render
    from clvcli.runs.folders import write_folder_atomically
    from clvcli.runs.manifest import MANIFEST, Output, manifest, noted, written

    chosen = render.format_of(given["format_"] or "csv", "")
    if chosen not in render.ONE_TABLE:
        hint = f"use --format {' or '.join(sorted(render.ONE_TABLE))}, or -o FILE.{chosen}"
        raise UsageError(Problem(f"a folder holds a file for each table, which {chosen} isn't for", Place(given["output"]), hint))
    whole, (report, _) = report, render.picked(report, given["table"], chosen)
    raw = bool(given.get("raw_csv"))
    log = _remarked(lambda: render.told(report, chosen, is_folder=True, raw=raw), given)
    current().at(f"writing {path}")
    outputs: list[Output] = []
    files = {f"{one.name}.{chosen}": _one_table(replace(report, tables=(one,)), chosen, raw=raw) for one in report.tables}
    noting = {name: noted(name, fill, outputs) for name, fill in files.items()}
    write_folder_atomically(path, {**noting, MANIFEST: lambda out: out.write(written(manifest(run_of(whole), outputs)))})
    for name in (*noting, MANIFEST):
        log.wrote(str(path / name))


def _one_table(report: Report, chosen: str, *, raw: bool) -> Any:
    from clvcli import render

    return lambda out: render.renderer(chosen)(report, out, look(to_file=True, raw=raw))


def run_of(report: Report) -> Run:
    """The run that made a report, for its manifest: it is as long as it took until now, and found what its checks say."""
    from clvcli.reports.checks import findings
    from clvcli.runs import stages
    from clvcli.runs.manifest import Run

    stage = stages.current()
    stage.end("writing")
    checks = next((table for table in report.tables if table.name == "checks"), None)
    code = Exit.FOUND if checks and findings(checks).height else Exit.OK
    rows = checks.frame.rows(named=True) if checks else []
    took = stage.seconds
    return Run(report.command, sys.argv[1:], stage.started, report.facts, report.sources, took, report.remarks, int(code), rows)


def look(*, to_file: bool, raw: bool = False) -> Look:
    """What the place that is written to can show: colour and width depend on it, nothing else does; and whether text is raw."""
    from clvcli.render import Look

    on_terminal = sys.stdout.isatty() and not to_file
    color = on_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    encoding = "utf-8" if to_file else (sys.stdout.encoding or "ascii")
    true_color = os.environ.get("COLORTERM") in ("truecolor", "24bit")
    return Look(shutil.get_terminal_size().columns, color, encoding.lower().replace("-", "") == "utf8", true_color, raw, on_terminal)
