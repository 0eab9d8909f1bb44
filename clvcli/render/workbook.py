"""For spreadsheets: one sheet a table, values with formats of their units, and nothing that runs."""

from __future__ import annotations

import datetime as dt
import io
from typing import IO, Any

import xlsxwriter  # type: ignore[import-untyped]

from clvcli.errors import OutputError, Problem
from clvcli.render.data import finite
from clvcli.render.look import Look
from clvcli.tables import Column, Report, Table, Unit

_FORMATS = {
    Unit.MONEY: "#,##0.00",
    Unit.EXACT_MONEY: "#,##0.00##",
    Unit.SHARE: "0.0%",
    Unit.EXPECTED: "#,##0.0",
    Unit.COUNT: "#,##0",
    Unit.NUMBER: "#,##0.00",
    Unit.MONTHS: "#,##0.0",
    Unit.YEARS: "#,##0.00",
    Unit.DAYS: "#,##0",
    Unit.DATE: "yyyy-mm-dd",
}
_LONGEST_NAME = 31
_LONGEST_TEXT = 32_767
_MOST_ROWS = 1_048_576
_WIDEST = 40
_NARROWEST = 8
_LIGHT, _STRONG = "#F1F6FB", "#4A90CB"


def xlsx(report: Report, out: IO[bytes], look: Look) -> None:  # noqa: ARG001 - all renderers are called alike
    """One sheet a table: names as frozen headers, numbers in their units, heat maps shaded."""
    whole = io.BytesIO()
    book = xlsxwriter.Workbook(
        whole, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001 - the same bytes on every run
    formats = {unit: book.add_format({"num_format": shape}) for unit, shape in _FORMATS.items()}
    bold = book.add_format({"bold": True})
    for table in report.tables:
        _sheet(book, table, formats, bold)
    book.close()
    out.write(whole.getbuffer())


def _sheet(book: Any, table: Table, formats: dict[Unit, Any], bold: Any) -> None:
    if table.frame.height >= _MOST_ROWS:
        said = f"{table.name} has {table.frame.height:,} rows; an Excel sheet has room for {_MOST_ROWS:,}, its header among them"
        raise OutputError(Problem(said, hint="write CSV or Parquet, as in -o FILE.csv"))
    sheet = book.add_worksheet(table.name[:_LONGEST_NAME])
    frame = finite(table.frame)
    for at, column in enumerate(table.columns):
        values = [_fitting(value) for value in frame[column.name].to_list()]
        units = _units(table, column)
        sheet.write_string(0, at, column.name, bold)
        for row, (value, unit) in enumerate(zip(values, units, strict=True), 1):
            sheet.write(row, at, value, formats.get(unit))
        widths = (len(unit.show(value)) for value, unit in zip(values, units, strict=True))
        sheet.set_column(at, at, min(_WIDEST, max(len(column.name), *widths, _NARROWEST) + 2))
    sheet.freeze_panes(1, table.keys)
    sheet.autofilter(0, 0, table.frame.height, len(table.columns) - 1)
    _shade(sheet, table)


def _units(table: Table, column: Column) -> list[Unit]:
    """The unit of each cell of a column, which may be the one that its row names."""
    if column.unit is Unit.ROW:
        return [Unit(unit) for unit in table.frame["unit"]]
    return [column.unit] * table.frame.height


def _shade(sheet: Any, table: Table) -> None:
    """The cells of a heat map from light to strong, by the spreadsheet's own scale, which stays true when rows are filtered."""
    shaded = [at for at, column in enumerate(table.columns) if column.name in table.shaded]
    if shaded and table.frame.height:
        scale = {"type": "2_color_scale", "min_color": _LIGHT, "max_color": _STRONG}
        sheet.conditional_format(1, min(shaded), table.frame.height, max(shaded), scale)


def _fitting(value: Any) -> Any:
    """The value, its text cut where a cell of Excel ends."""
    too_long = isinstance(value, str) and len(value) > _LONGEST_TEXT
    return f"{value[: _LONGEST_TEXT - 1]}…" if too_long else value
