"""For machines: values as they are, columns by name, text that no spreadsheet runs as a formula."""

from __future__ import annotations

import datetime as dt
import json as _json
from collections.abc import Iterator
from typing import IO, Any

import polars as pl

from clvcli.render.look import Look
from clvcli.tables import Report, Table, Unit

SCHEMA = "clv/1"
_RUNS_AS_FORMULA = r"^[=+\-@\t\r]"
_SHEET_FORMATS = {Unit.MONEY: "#,##0.00", Unit.SHARE: "0.0%", Unit.COUNT: "#,##0", Unit.DATE: "yyyy-mm-dd", Unit.DAYS: "#,##0"}
_LONGEST_SHEET_NAME = 31
_WIDEST = 40


def csv(report: Report, out: IO[bytes], look: Look) -> None:  # noqa: ARG001 - all renderers are called alike
    """The first table, with a leading apostrophe before text that a spreadsheet would run."""
    frame = report.tables[0].frame
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    frame.with_columns(_neutral(pl.col(name)).alias(name) for name in texts).write_csv(out)


def _neutral(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(_RUNS_AS_FORMULA)).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)


def parquet(report: Report, out: IO[bytes], look: Look) -> None:  # noqa: ARG001
    """The first table, typed."""
    report.tables[0].frame.write_parquet(out)


def json(report: Report, out: IO[bytes], look: Look) -> None:  # noqa: ARG001
    """Everything, in the published schema."""
    whole = {"schema": SCHEMA, "command": report.command, **report.facts, "tables": [_table(t) for t in report.tables]}
    out.write(_json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False, default=_plain).encode() + b"\n")


def _table(table: Table) -> dict[str, Any]:
    columns = [
        {"name": c.name, "label": c.label, "unit": c.unit.value, "type": c.unit.json_type, "description": c.description, "source": c.source}
        for c in table.columns
    ]
    rows = list(_rows(table))
    return {
        "name": table.name,
        "title": table.title,
        "columns": columns,
        "rows": rows,
        "total": dict(table.footer) or None,
        "notes": list(table.notes),
    }


def _rows(table: Table) -> Iterator[dict[str, Any]]:
    counted = [c.name for c in table.columns if c.unit is Unit.ROW]
    for row in table.frame.iter_rows(named=True):
        whole = {name: int(row[name]) for name in counted if row["unit"] == Unit.COUNT.value and row[name] is not None}
        yield {**row, **whole}


def _plain(value: object) -> str:
    """A date as ISO 8601."""
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value)} has no place in JSON")


def xlsx(report: Report, out: IO[bytes], look: Look) -> None:  # noqa: ARG001
    """One sheet a table: labels as frozen headers, their descriptions as comments, numbers in their units."""
    import xlsxwriter  # type: ignore[import-untyped]

    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001 - the same bytes on every run
    for table in report.tables:
        _sheet(book, table)
    book.close()


def _sheet(book: Any, table: Table) -> None:
    sheet = book.add_worksheet(table.name[:_LONGEST_SHEET_NAME])
    bold = book.add_format({"bold": True})
    for at, column in enumerate(table.columns):
        values = table.frame[column.name].to_list()
        shape = book.add_format({"num_format": _SHEET_FORMATS[column.unit]} if column.unit in _SHEET_FORMATS else {})
        sheet.write_string(0, at, column.name, bold)
        sheet.write_column(1, at, values, shape)
        sheet.set_column(at, at, min(_WIDEST, max(len(column.name), *(len(column.unit.show(v)) for v in values), 8) + 2))
    sheet.freeze_panes(1, table.keys)
    sheet.autofilter(0, 0, table.frame.height, len(table.columns) - 1)
