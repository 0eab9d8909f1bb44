"""On what a report stands: the ledger, the quality of the data, the settings, and what each column means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from clvcli.document import Section, sentence
from clvcli.remarks import account
from clvcli.sections.findings import Findings
from clvcli.settings import Config
from clvcli.tables import Column, Table, Unit

SETTING = (
    Column("setting", "Setting", Unit.TEXT, "The key of clv.yaml."),
    Column("setting_value", "Value", Unit.TEXT, "What it is set to; empty for clv to see."),
    Column("default", "Default", Unit.TEXT, "What it is where nothing is set."),
    Column("is_set", "Set", Unit.TEXT, "yes where it isn't the default."),
)
DEFINITION = (
    Column("column", "Column", Unit.TEXT, "What the column is called in data."),
    Column("label", "Label", Unit.TEXT, "What it is called above a table."),
    Column("meaning", "Meaning", Unit.TEXT, "What its values are."),
    Column("source", "Source", Unit.TEXT, "The paper or rule that it follows."),
)
COLUMNS = (*SETTING, *DEFINITION)


def ledger(known: Findings) -> Section:
    """Every record and all money, from the file to the figures."""
    tables, _ = known.inspected
    return Section("ledger", "Where did every record go?", (f"{account(known.found.reading.ledger)}.",), tables=(tables["ledger"],))


def quality(known: Findings) -> Section:
    """What was understood of the files, and what is doubtful in them."""
    tables, doubts = known.inspected
    notes = [sentence(note.removeprefix("look at this: ")) for note in (*known.found.reading.notes, *doubts)]
    said = notes or ["Nothing in the data looks doubtful."]
    return Section(
        "quality", "How good are the data?", tuple(said), tables=tuple(table for name, table in tables.items() if name != "ledger")
    )


def settings(known: Findings) -> Section:
    """What the numbers were worked out with, what was set first."""
    given, usual = known.found.report().facts["settings"], Config().model_dump(mode="json")
    rows = [(key, _told(value), _told(usual[key]), "yes" if value != usual[key] else "no") for key, value in given.items()]
    rows.sort(key=lambda row: (row[-1] == "no", list(given).index(row[0])))
    frame = pl.DataFrame(rows, schema=dict.fromkeys((c.name for c in SETTING), pl.String), orient="row")
    said = [
        f"Config: {known.found.loaded.path}." if known.found.loaded.path else "No config was used: all is clv's own choice or was typed."
    ]
    return Section("settings", "Worked out with what?", tuple(said), tables=(Table("settings", "Settings", SETTING, frame),))


def _told(value: Any) -> str:
    """A setting as YAML would have it, in a line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_told(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_told, value))
    return "" if value is None else {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def definitions(sections: Iterable[Section]) -> Section:
    """What each column of the other sections means, in the order of their names."""
    columns = {column.name: column for section in sections for table in section.tables for column in table.columns if column.description}
    rows = [(c.name, c.label, c.description, c.source) for c in sorted(columns.values(), key=lambda c: c.name) if not c.name.isdigit()]
    frame = pl.DataFrame(rows, schema=dict.fromkeys((c.name for c in DEFINITION), pl.String), orient="row")
    table = Table("definitions", "Definitions", DEFINITION, frame)
    return Section("definitions", "What does each number mean?", ("clv explain NAME says more of each.",), tables=(table,))
