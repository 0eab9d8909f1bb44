"""The way from a report to the output: a file, or what stands behind standard output.

Only light modules are imported here: `clv --help` must not wait for a data frame library.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clvcli.errors import OutputError, Place, Problem, UsageError

if TYPE_CHECKING:
    from clvcli.render import Look
    from clvcli.tables import Report


def write(report: Report, given: dict[str, Any]) -> None:
    """Write the report to --output or standard output; say on standard error what its format leaves out."""
    from clvcli import render
    from clvcli.runs import write_atomically

    output = given["output"] if given["output"] != "-" else None
    if not output and sys.stdout is None:
        raise OutputError(Problem("is closed", Place("standard output"), "write to a file with -o"))
    chosen = render.format_of(given["format_"], Path(output).suffix if output else "")
    if not output and chosen in render.BINARY and sys.stdout.isatty():
        raise UsageError(Problem(f"{chosen} isn't for a terminal", hint=f"add -o FILE.{chosen}"))
    report, left_out = render.picked(report, given["table"], chosen)
    if not given["quiet"] and chosen not in render.FOR_PEOPLE:
        for line in (*report.remarks, *left_out):
            print(line, file=sys.stderr)
    if output:
        write_atomically(Path(output), lambda out: render.renderer(chosen)(report, out, look(to_file=True)))
        return
    try:
        render.renderer(chosen)(report, sys.stdout.buffer, look(to_file=False))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        if "Broken pipe" in str(error):  # Polars has no BrokenPipeError
            raise BrokenPipeError from None
        raise OutputError(Problem(f"can't be written: {error.strerror or error}", Place("standard output"))) from None


def shown_to_people(given: dict[str, Any]) -> bool:
    """Whether the answer goes to a format for people."""
    from clvcli import render

    return render.format_of(given["format_"], Path(given["output"] or "").suffix) in render.FOR_PEOPLE


def look(*, to_file: bool) -> Look:
    """What the place that is written to can show: colour and width depend on it, nothing else does."""
    from clvcli.render import Look

    on_terminal = sys.stdout.isatty() and not to_file
    color = on_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    encoding = "utf-8" if to_file else (sys.stdout.encoding or "ascii")
    true_color = os.environ.get("COLORTERM") in ("truecolor", "24bit")
    return Look(shutil.get_terminal_size().columns, color, encoding.lower().replace("-", "") == "utf8", true_color)
