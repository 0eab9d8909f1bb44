"""Rendering for machines: values and names in CSV, JSON, Parquet and Excel, inert wherever they are opened."""

import csv
import datetime as dt
import io
import json
import math

import openpyxl
import polars as pl
import pytest
from sample_reports import AWKWARD, CHANNEL, EMPTY, EVIL, ORDINARY, REPORTS

from clvcli.errors import ClvError, UsageError
from clvcli.render import BINARY, FOR_PEOPLE, FORMATS, Look, format_of, picked, renderer
from clvcli.tables import Column, Report, Table, Unit

every_report = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
RUNS = ("=", "+", "-", "@", "\t", "\r", "\x00")


def rendered(report, name):
    out = io.BytesIO()
    renderer(name)(report, out, Look())
    return out.getvalue()


def csv_rows(report):
    return list(csv.reader(io.StringIO(rendered(report, "csv").decode(), newline="")))


def sheets(report):
    """Every cell of each sheet, as Excel would read it."""
    book = openpyxl.load_workbook(io.BytesIO(rendered(report, "xlsx")))
    return {sheet.title: [list(row) for row in sheet.iter_rows()] for sheet in book}


def text_table(*values, name="note"):
    return Report("x", (Table("customers", "T", (Column(name, name, Unit.TEXT, "D."),), pl.DataFrame({name: values})),))


@every_report
@pytest.mark.parametrize("name", ["csv", "json", "parquet", "xlsx"])
def test_two_runs_give_the_same_bytes(report, name):
    assert rendered(report, name) == rendered(report, name)


# CSV


def test_csv_is_the_first_table_by_names_and_values():
    assert csv_rows(ORDINARY) == [
        ["channel", "customers", "share", "revenue", "since"],
        ["web", "1234", "0.9992", "12345.67", "2024-01-05"],
        ["", "1", "0.0008", "", ""],
    ]


def test_csv_of_nothing_is_its_header():
    assert csv_rows(EMPTY) == [["channel", "customers", "share", "revenue", "since"]]


def test_no_text_in_csv_runs_in_a_spreadsheet():
    header, *rows = csv_rows(AWKWARD)
    assert not [cell for cell in [*header, *(c for row in rows for c in row[:2])] if cell.startswith(RUNS)]


def test_text_in_csv_is_otherwise_as_it_is():
    first = [row[0] for row in csv_rows(AWKWARD)[1:]]
    assert first == ["'" + text if (text or "").startswith(RUNS) else text or "" for text in EVIL]


def test_negative_numbers_in_csv_are_numbers():
    assert float(csv_rows(AWKWARD)[1][2]) == AWKWARD.tables[0].frame["n0"][0] < 0


# JSON


def test_json_holds_everything_that_machines_need():
    (table,) = json.loads(rendered(ORDINARY, "json"))["tables"]
    assert table["rows"] == [
        {"channel": "web", "customers": 1234, "share": 0.9992, "revenue": 12345.67, "since": "2024-01-05"},
        {"channel": None, "customers": 1, "share": 0.0008, "revenue": None, "since": None},
    ]
    assert (table["title"], table["total"], table["notes"]) == (
        "Customers by channel",
        {"customers": 1235, "revenue": 12345.67},
        ["A note."],
    )
    assert table["columns"][0] == {
        "name": "channel",
        "label": "Channel",
        "unit": "text",
        "type": "string",
        "description": "Where customers came from.",
        "source": "",
    }


def test_json_begins_with_its_schema_and_the_facts():
    assert list(json.loads(rendered(ORDINARY, "json"))) == ["schema", "command", "version", "tables", "remarks"]
    assert json.loads(rendered(ORDINARY, "json"))["schema"] == "clv/1"


def test_text_in_json_is_as_it_is():
    assert [row["a|b"] for row in json.loads(rendered(AWKWARD, "json"))["tables"][0]["rows"]] == EVIL


def units_table(value, unit):
    columns = (Column("value", "V", Unit.ROW, "V."), Column("unit", "U", Unit.TEXT, "U."))
    return Report(
        "x", (Table("t", "T", columns, pl.DataFrame({"value": [value], "unit": [unit]}, schema_overrides={"value": pl.Float64})),)
    )


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (3.0, "count", "3"),
        (2.5, "count", "2.5"),
        (3.0, "money", "3.0"),
        (None, "count", "null"),
        (0.1, "share", "0.1"),
        (-0.0, "number", "-0.0"),
    ],
)
def test_a_count_is_a_whole_number_in_json_if_it_is_one(value, unit, written):
    assert f'"value": {written},' in rendered(units_table(value, unit), "json").decode()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("unit", ["count", "money"])
def test_what_is_no_number_is_null_in_json(value, unit):
    assert json.loads(rendered(units_table(value, unit), "json"))["tables"][0]["rows"] == [{"value": None, "unit": unit}]


# Parquet


@every_report
def test_parquet_is_the_first_table_as_it_is(report):
    assert pl.read_parquet(rendered(report, "parquet")).equals(report.tables[0].frame)


def test_parquet_is_typed():
    types = pl.read_parquet(rendered(ORDINARY, "parquet")).schema
    assert dict(types) == {"channel": pl.String, "customers": pl.Int64, "share": pl.Float64, "revenue": pl.Float64, "since": pl.Date}


# Excel


def test_excel_has_a_sheet_with_names_and_typed_values():
    ((_, rows),) = sheets(ORDINARY).items()
    assert [[cell.value for cell in row] for row in rows] == [
        ["channel", "customers", "share", "revenue", "since"],
        ["web", 1234, 0.9992, 12345.67, dt.datetime(2024, 1, 5)],  # noqa: DTZ001 - Excel knows no zones
        [None, 1, 0.0008, None, None],
    ]
    assert [cell.number_format for cell in rows[1]] == ["General", "#,##0", "0.0%", "#,##0.00", "yyyy-mm-dd"]


def test_no_cell_of_excel_is_a_formula_or_a_link():
    cells = [cell for rows in sheets(AWKWARD).values() for row in rows for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not [cell for cell in cells if cell.hyperlink]


def test_text_in_excel_is_as_it_is():
    visible = [text for text in EVIL if text and text.isprintable()]
    found = [row[0].value for row in sheets(AWKWARD)["segments"][1:]]
    assert [text for text in found if text in visible] == visible


def test_text_that_excel_has_no_room_for_is_shortened_not_dropped():
    ((_, rows),) = sheets(text_table("x" * 40_000, "after")).items()
    assert rows[1][0].value == "x" * 32_766 + "…"
    assert rows[2][0].value == "after"


def test_more_rows_than_excel_has_are_refused():
    frame = pl.DataFrame({"n": pl.int_range(1_048_576, eager=True)})
    report = Report("x", (Table("customers", "T", (Column("n", "N", Unit.COUNT, "N."),), frame),))
    with pytest.raises(ClvError, match="1,048,576"):
        rendered(report, "xlsx")


def test_excel_of_nothing_is_its_header():
    ((_, rows),) = sheets(EMPTY).items()
    assert [[cell.value for cell in row] for row in rows] == [["channel", "customers", "share", "revenue", "since"]]


def test_each_table_has_its_sheet():
    tables = tuple(Table(name, name, (CHANNEL,), pl.DataFrame({"channel": [name]})) for name in ("clv", "figures"))
    assert {name: rows[1][0].value for name, rows in sheets(Report("x", tables)).items()} == {"clv": "clv", "figures": "figures"}


# Which format, which table


@pytest.mark.parametrize(
    ("name", "suffix", "chosen"),
    [
        (None, "", "table"),
        (None, ".json", "json"),
        (None, ".CSV", "csv"),
        (None, ".md", "markdown"),
        (None, ".txt", "table"),
        ("csv", ".json", "csv"),
    ],
)
def test_the_format_is_the_one_asked_for_or_that_of_the_suffix(name, suffix, chosen):
    assert format_of(name, suffix) == chosen


@pytest.mark.parametrize(
    ("name", "suffix", "said"),
    [
        ("jsn", "", "unknown format 'jsn'\nhint: did you mean 'json'?"),
        (None, ".docx", "no format has the suffix '.docx'\nhint: use .txt, .md, .html, .csv"),
    ],
)
def test_an_unknown_format_is_refused(name, suffix, said):
    with pytest.raises(UsageError) as told:
        format_of(name, suffix)
    assert str(told.value).startswith(said)


TWO = Report(
    "x",
    (Table("clv", "A", (CHANNEL,), pl.DataFrame({"channel": ["a"]})), Table("figures", "B", (CHANNEL,), pl.DataFrame({"channel": ["b"]}))),
)


@pytest.mark.parametrize("name", FORMATS)
def test_one_table_can_be_asked_for_in_every_format(name):
    report, said = picked(TWO, "figures", name)
    assert ([table.name for table in report.tables], said) == (["figures"], ())


@pytest.mark.parametrize(("name", "said"), [("csv", "csv has room for one table: this is clv; the others: --table figures"), ("json", "")])
def test_what_a_format_has_no_room_for_is_told(name, said):
    assert "".join(picked(TWO, None, name)[1]) == said


CELLS = Table("cells", "C", (CHANNEL,), pl.DataFrame({"channel": ["c"]}), for_machines=True)
THREE = Report("x", (*TWO.tables[:1], CELLS, *TWO.tables[1:]))


@pytest.mark.parametrize("name", FORMATS)
def test_people_do_not_get_what_is_for_machines(name):
    report, _ = picked(THREE, None, name)
    assert [table.name for table in report.tables] == (["clv", "figures"] if name in FOR_PEOPLE else ["clv", "cells", "figures"])


@pytest.mark.parametrize("name", FORMATS)
def test_whoever_asks_gets_what_is_for_machines(name):
    assert picked(THREE, "cells", name) == (Report("x", (CELLS,)), ())


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_a_format_for_one_table_has_the_first_and_names_all_others(name):
    report, said = picked(THREE, None, name)
    assert report.tables[0].name == "clv"
    assert said == (f"{name} has room for one table: this is clv; the others: --table cells, --table figures",)


def test_an_unknown_table_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match="the answer has no table 'figure'\nhint: did you mean 'figures'"):
        picked(TWO, "figure", "json")


def test_formats_that_are_no_text_are_known():
    assert {name for name in FORMATS if b"\x00" in rendered(ORDINARY, name)} == BINARY
