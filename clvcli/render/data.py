"""For machines: values as they are, columns by name, text that no spreadsheet runs as a formula."""

from __future__ import annotations

import datetime as dt
import io
import json as _json
import re
from collections.abc import Iterator
from typing import IO, Any

import polars as pl
import polars.selectors as cs

from clvcli.document import Document, Section
from clvcli.errors import OutputError, Problem
from clvcli.render.cells import printable
from clvcli.render.look import Look
from clvcli.tables import Report, Table, Unit

SCHEMA = "clv/1"
_RUNS_AS_FORMULA = r"^(?:[\s\x00\u200b\u2060\ufeff]*[=+\-@|＝＋－＠]|[\t\r\n\x00])"
"""Text that a spreadsheet runs, or may once it has left out blanks before it (OWASP, CSV Injection; CWE-1236)."""
_UNSEEN = re.compile(r"[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""What JSON may hold as it is, but a terminal obeys or doesn't show."""
_SHEET_FORMATS = {
    Unit.MONEY: "#,##0.00",
    Unit.SHARE: "0.0%",
    Unit.EXPECTED: "#,##0.0",
    Unit.COUNT: "#,##0",
    Unit.DATE: "yyyy-mm-dd",
    Unit.DAYS: "#,##0",
}
_LONGEST_SHEET_NAME = 31
_LONGEST_SHEET_TEXT = 32_767
_MOST_SHEET_ROWS = 1_048_576
_WIDEST = 40


def csv(report: Report, out: IO[bytes], look: Look) -> None:
    """The first table, with a leading apostrophe before text that a spreadsheet would run, unless raw text is asked for."""
    frame = report.tables[0].frame
    if not look.raw:
        frame = frame.with_columns(cs.string().str.replace(_RUNS_AS_FORMULA, "'$0"))
        frame = frame.rename(lambda name: re.sub(_RUNS_AS_FORMULA, r"'\g<0>", name))
    if look.is_terminal:
        out.write(b"".join(printable(line).encode() + b"\n" for line in frame.write_csv().split("\n")[:-1]))
    else:
        frame.write_csv(out)


def formulas(table: Table) -> int:
    """How many texts of a table a spreadsheet would run."""
    counts = table.frame.select(cs.string().str.contains(_RUNS_AS_FORMULA).sum()).rows()  # no row where no column is text
    return sum(sum(row) for row in counts) + sum(bool(re.match(_RUNS_AS_FORMULA, column.name)) for column in table.columns)


def parquet(report: Report, out: IO[bytes], look: Look) -> None:  # noqa: ARG001 - all renderers are called alike
    """The first table, typed."""
    whole = io.BytesIO()  # Polars and XlsxWriter have errors of their own for a file that can't be written
    report.tables[0].frame.write_parquet(whole)
    out.write(whole.getbuffer())


def json(report: Report, out: IO[bytes], look: Look) -> None:  # noqa: ARG001
    """Everything, in the published schema."""
    whole = {
        "schema": SCHEMA,
        "command": report.command,
        **report.facts,
        **({"sections": [_section(one, report) for one in report.sections]} if isinstance(report, Document) else {}),
        "tables": [_table(t) for t in report.tables],
        "remarks": list(report.remarks),
    }
    text = _json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
    text = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    out.write(text.encode(errors="backslashreplace") + b"\n")  # which escapes the bytes of a file's name that are no text as JSON does


def _section(section: Section, of: Document) -> dict[str, Any]:
    return {
        "name": section.name,
        "title": section.title,
        "said": list(section.said),
        "figures": [{"label": one.label, "shown": one.shown} for one in section.figures],
        "tables": [table.name for table in of.tables_of(section)],
    }


def _table(table: Table) -> dict[str, Any]:
    columns = [
        {"name": c.name, "label": c.label, "unit": c.unit.value, "type": c.unit.json_type, "description": c.description, "source": c.source}
        for c in table.columns
    ]
    return {
        "name": table.name,
        "title": table.title,
        "columns": columns,
        "rows": list(_rows(table)),
        "total": dict(table.footer) or None,
        "notes": list(table.notes),
    }


def _rows(table: Table) -> Iterator[dict[str, Any]]:
    """The rows by name; in a column whose unit is the row's own, whole counts are whole numbers."""
    own_unit = [c.name for c in table.columns if c.unit is Unit.ROW]
    for row in _finite(table.frame).iter_rows(named=True):
        counts = {name: row[name] for name in own_unit if row["unit"] == Unit.COUNT.value and row[name] is not None}
        yield {**row, **{name: int(count) for name, count in counts.items() if count == int(count)}}


def _finite(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with nothing where a number is infinite or none, for formats that can't hold one."""
    return frame.with_columns(pl.when(cs.float().is_finite()).then(cs.float()))


def _plain(value: object) -> str:
    """A date as ISO 8601."""
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value)} has no place in JSON")


def xlsx(report: Report, out: IO[bytes], look: Look) -> None:  # noqa: ARG001
    """One sheet a table: names as frozen headers, numbers in their units."""
    import xlsxwriter  # type: ignore[import-untyped]

    whole = io.BytesIO()
    book = xlsxwriter.Workbook(
        whole, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001 - the same bytes on every run
    for table in report.tables:
        _sheet(book, table)
    book.close()
    out.write(whole.getbuffer())


def _sheet(book: Any, table: Table) -> None:
    if table.frame.height >= _MOST_SHEET_ROWS:
        said = f"{table.name} has {table.frame.height:,} rows; an Excel sheet has room for {_MOST_SHEET_ROWS:,}, its header among them"
        raise OutputError(Problem(said, hint="write CSV or Parquet, as in -o FILE.csv"))
    sheet = book.add_worksheet(table.name[:_LONGEST_SHEET_NAME])
    bold = book.add_format({"bold": True})
    frame = _finite(table.frame)
    for at, column in enumerate(table.columns):
        values = [_fitting(value) for value in frame[column.name].to_list()]
        shape = book.add_format({"num_format": _SHEET_FORMATS[column.unit]} if column.unit in _SHEET_FORMATS else {})
        sheet.write_string(0, at, column.name, bold)
        sheet.write_column(1, at, values, shape)
        sheet.set_column(at, at, min(_WIDEST, max(len(column.name), *(len(column.unit.show(v)) for v in values), 8) + 2))
    sheet.freeze_panes(1, table.keys)
    sheet.autofilter(0, 0, table.frame.height, len(table.columns) - 1)


def _fitting(value: Any) -> Any:
    """The value, its text cut where a cell of Excel ends."""
    too_long = isinstance(value, str) and len(value) > _LONGEST_SHEET_TEXT
    return f"{value[: _LONGEST_SHEET_TEXT - 1]}…" if too_long else value
