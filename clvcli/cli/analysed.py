"""From a request to its analysis, with word of it to the progress line and to the log.

Only light modules are imported here: `clv --help` must not wait for a data frame library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clvcli.cli.log import Log
from clvcli.cli.progress import current

if TYPE_CHECKING:
    from clvcli.analysis import Analysis
    from clvcli.request import Request
    from clvcli.tables import Report


def analysed(asked: Request, given: dict[str, Any]) -> Analysis:
    """The export read as asked; what comes next is working out the answer."""
    from clvcli.analysis import analysis

    found = analysis(asked)
    _tell(asked, given, [one.file.name for one in found.reading.records], found.reading.ledger.as_json())
    current().at("working out the answer")
    return found


def answered(report: Report, asked: Request, given: dict[str, Any]) -> Report:
    """The report of a command that reads the orders itself, if it reads any."""
    if report.facts.get("ledger"):
        _tell(asked, given, asked.orders, report.facts["ledger"])
    return report


def _tell(asked: Request, given: dict[str, Any], files: list[str] | tuple[str, ...], ledger: dict[str, Any]) -> None:
    log = Log.of(given)
    log.read(files, ledger)
    if log and asked.rejects and asked.rejects.exists():
        log.wrote(str(asked.rejects))
