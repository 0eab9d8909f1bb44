"""Rendering: a report to bytes, in one of FORMATS. Machines get values and names, people get units and labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import IO

from clvcli.errors import Problem, UsageError, nearest
from clvcli.render.look import Look
from clvcli.tables import Report

Renderer = Callable[[Report, IO[bytes], Look], None]

FORMATS = ("table", "markdown", "csv", "json", "parquet", "xlsx")
SUFFIXES: Mapping[str, str] = {
    ".txt": "table",
    ".md": "markdown",
    ".csv": "csv",
    ".json": "json",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}
BINARY = frozenset({"parquet", "xlsx"})
ONE_TABLE = frozenset({"csv", "parquet"})
FOR_PEOPLE = frozenset({"table", "markdown"})


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

    Who asks for none gets all; but people don't get what is for machines.
    """
    names = [table.name for table in report.tables]
    if name and name not in names:
        raise UsageError(Problem(f"the answer has no table '{name}'", hint=nearest(name, names)))
    if name:
        return replace(report, tables=tuple(t for t in report.tables if t.name == name)), ()
    if chosen in FOR_PEOPLE:
        return replace(report, tables=tuple(t for t in report.tables if not t.for_machines)), ()
    if chosen in ONE_TABLE and len(names) > 1:
        rest = ", ".join(f"--table {other}" for other in names[1:])
        return report, (f"{chosen} has room for one table: this is {names[0]}; the others: {rest}",)
    return report, ()


def renderer(name: str) -> Renderer:
    """The renderer of a format; its module is imported only now."""
    if name in FOR_PEOPLE:
        from clvcli.render import text

        return {"table": text.terminal, "markdown": text.markdown}[name]
    from clvcli.render import data

    return {"csv": data.csv, "json": data.json, "parquet": data.parquet, "xlsx": data.xlsx}[name]


__all__ = ["BINARY", "FORMATS", "FOR_PEOPLE", "ONE_TABLE", "SUFFIXES", "Look", "format_of", "picked", "renderer"]
