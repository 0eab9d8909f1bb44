"""The end of a run that was told to look for something: what it found, on standard error, and the exit code that says so.

Only light modules are imported here: `clv --help` must not wait for a data frame library.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from clvcli.cli.log import Log
from clvcli.cli.progress import current
from clvcli.errors import Exit, printable

if TYPE_CHECKING:
    from clvcli.tables import Report, Table


def check(report: Report, given: dict[str, Any]) -> None:
    """Say what the conditions found, once all is written; ends with code 6 if that is anything."""
    table = next((one for one in report.tables if one.name == "checks"), None)
    if table is None:
        return
    from clvcli.masking import for_people

    if tell(for_people(replace(report, tables=(table,))).tables[0], given):
        raise typer.Exit(Exit.FOUND)


def tell(table: Table, given: dict[str, Any]) -> bool:
    """Say each finding of a table that people may see, and that there is none unless it is to be quiet; whether there is any."""
    from clvcli.reports.checks import doubts, told

    found, log = told(table), Log.of(given)
    told_first = [("found", line) for line in found] or [("checked", table.title)]
    lines = [*told_first, *(("look at this", line) for line in doubts(table))]
    current().end()
    if log:
        for event, line in lines:
            (log.info if event == "checked" else log.warning)(event.replace("look at this", "doubt"), message=line)
    elif found or not given["quiet"]:
        for event, line in lines:
            print(printable(f"{event}: {line}"), file=sys.stderr)
    return bool(found)
