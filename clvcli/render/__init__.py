"""Rendering: a report to bytes, in one of FORMATS. Machines get values and names, people get units and labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import IO

from clvcli.errors import Problem, UsageError, nearest, printable
from clvcli.render.look import Look
from clvcli.tables import Report

Renderer = Callable[[Report, IO[bytes], Look], None]

FORMATS = ("table", "markdown", "html", "csv", "json", "parquet", "xlsx")
SUFFIXES: Mapping[str, str] = {
    ".txt": "table",
    ".md": "markdown",
    ".html": "html",
    ".csv": "csv",
    ".json": "json",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}
BINARY = frozenset({"parquet", "xlsx"})
ONE_TABLE = frozenset({"csv", "parquet"})
FOR_PEOPLE = frozenset({"table", "markdown", "html"})


def format_of(name: str | None, suffix: str) -> str:
    """The format asked for, else the one of the output's suffix, else a table."""
    chosen = name or SUFFIXES.get(suffix.lower(), "" if suffix else "table")
    if chosen in FORMATS:
        return chosen
    if name:
        raise UsageError(Problem(f"unknown format '{name}'", hint=nearest(name, FORMATS)))
    raise UsageError(Problem(f"no format has the suffix '{suffix}'", hint=f"use {', '.join(SUFFIXES)}, or add --format"))


def picked(report: Report, name: str | None, chosen: str) -> tuple[Report, tuple[str, ...]]:
    """The report with the table asked for, and what to say of the tables that a format has no room for.

    Who asks for none gets all; but people don't get what is for machines, nor ids that are masked.
    """
    names = [table.name for table in report.tables]
    if name and name not in names:
        raise UsageError(Problem(f"the answer has no table '{name}'", hint=nearest(name, names)))
    if name:
        report = replace(report, tables=tuple(t for t in report.tables if t.name == name))
        return (_for_people(report) if chosen in FOR_PEOPLE else report), ()
    if chosen in FOR_PEOPLE:
        return _for_people(replace(report, tables=tuple(t for t in report.tables if not t.for_machines))), ()
    if chosen in ONE_TABLE and len(names) > 1:
        rest = ", ".join(f"--table {other}" for other in names[1:])
        return report, (f"{chosen} has room for one table: this is {names[0]}; the others: {rest}",)
    return report, ()


def told(report: Report, chosen: str, *, is_folder: bool = False, raw: bool = False) -> tuple[str, ...]:
    """What standard error says beside a format for machines: the remarks as people may see them, and what was made safe."""
    from clvcli.render.data import formulas

    count = sum(map(formulas, report.tables if is_folder else report.tables[:1])) if chosen == "csv" and not raw else 0
    cells = "1 text begins" if count == 1 else f"{count:,} texts begin"
    safe = (f"{cells} like a formula of a spreadsheet, and got an apostrophe; --raw-csv leaves it out",) if count else ()
    return tuple(map(printable, (*_for_people(replace(report, tables=())).remarks, *safe)))


def _for_people(report: Report) -> Report:
    """The report with its ids masked; who needs no mask doesn't wait for it."""
    from clvcli.masking import for_people

    return for_people(report)


def renderer(name: str) -> Renderer:
    """The renderer of a format; its module is imported only now."""
    if name == "html":
        from clvcli.render import page

        return page.html
    if name in FOR_PEOPLE:
        from clvcli.render import text

        return {"table": text.terminal, "markdown": text.markdown}[name]
    if name == "xlsx":
        from clvcli.render import workbook

        return workbook.xlsx
    from clvcli.render import data

    return {"csv": data.csv, "json": data.json, "parquet": data.parquet}[name]


__all__ = ["BINARY", "FORMATS", "FOR_PEOPLE", "ONE_TABLE", "SUFFIXES", "Look", "format_of", "picked", "renderer", "told"]
