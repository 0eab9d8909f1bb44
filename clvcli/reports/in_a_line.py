"""A run in one line, fit for a chat: what a customer is worth, how that moved, and what the checks found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from clvcli.catalog import Catalog
from clvcli.reports.changes import of_headline
from clvcli.reports.checks import findings, told
from clvcli.reports.figures import headline
from clvcli.tables import Table, Unit


def in_a_line(
    values: Mapping[str, float | None],
    catalog: Catalog,
    as_of: date,
    *,
    title: str = "",
    changes: tuple[date, Table] | None = None,
    checks: Table | None = None,
) -> str:
    """The run of a day in a line; `values` are the shop's figures, `changes` a table of that name and since when.

    It holds what is in the data: whoever shows it escapes it, as `hooks.line` does.
    """
    first = headline(values, catalog)
    worth = f"{Unit.MONEY.show(values[first])} {catalog.currency}".rstrip() + " a customer" if first else "no CLV can be worked out"
    said = f"clv{f', {title}' if title else ''}: {worth} as of {as_of}{_moved(values, catalog, changes)}"
    return f"{said}, {_found(checks)}" if checks is not None else said


def _moved(values: Mapping[str, float | None], catalog: Catalog, changes: tuple[date, Table] | None) -> str:
    if changes is None:
        return ""
    since, table = changes
    moved = of_headline(table, values, catalog)
    beyond = table.frame.filter(table.frame["verdict"] == "beyond chance").height
    figures = f"{beyond:,} {'figure' if beyond == 1 else 'figures'} beyond chance"
    return f" ({moved} since {since}, {figures})" if moved else f" ({figures} since {since})"


def _found(checks: Table) -> str:
    """What the checks found, the first of it in full."""
    found = findings(checks).height
    title = f"{checks.title[:1].lower()}{checks.title[1:]}"
    if not found:
        return title
    return f"{title}{': ' if found == 1 and ';' not in title else '; the first: '}{told(checks, 1)[0]}"
