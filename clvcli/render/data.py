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

from clvcli.errors import printable
from clvcli.render.look import Look
from clvcli.tables import Report, Table, Unit

SCHEMA = "clv/1"
_RUNS_AS_FORMULA = r"^(?:[\s\x00\u200b\u2060\ufeff]*[=+\-@|＝＋－＠]|[\t\r\n\x00])"
"""Text that a spreadsheet runs, or may once it has left out blanks before it (OWASP, CSV Injection; CWE-1236)."""
_UNSEEN = re.compile(r"[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""What JSON may hold as it is, but a terminal obeys or doesn't show."""


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
        **({} if report.outline is None else {"sections": report.outline}),
        "tables": [_table(t) for t in report.tables],
        "remarks": list(report.remarks),
    }
    text = _json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
    text = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    out.write(text.encode(errors="backslashreplace") + b"\n")  # which escapes the bytes of a file's name that are no text as JSON does


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
    for row in finite(table.frame).iter_rows(named=True):
        counts = {name: row[name] for name in own_unit if row["unit"] == Unit.COUNT.value and row[name] is not None}
        yield {**row, **{name: int(count) for name, count in counts.items() if count == int(count)}}


def finite(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with nothing where a number is infinite or none, for formats that can't hold one."""
    return frame.with_columns(pl.when(cs.float().is_finite()).then(cs.float()))


def _plain(value: object) -> str:
    """A date as ISO 8601."""
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value)} has no place in JSON")
