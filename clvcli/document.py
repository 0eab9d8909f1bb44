"""Document: a report of many questions, in sections that are read one after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from clvcli.charts import Chart
from clvcli.tables import Report, Table


def sentence(text: str) -> str:
    """A text as a sentence: with a capital, and a full stop where nothing else ends it.

    >>> sentence("12 orders: a, b …"), sentence("nothing changed")
    ('12 orders: a, b …', 'Nothing changed.')
    """
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '…', '?', '!')) else '.'}"


@dataclass(frozen=True)
class Figure:
    """A number that stands large at the top: what it is called, how it reads, and what is said under it."""

    label: str
    shown: str
    said: str = ""


@dataclass(frozen=True)
class Section:
    """The answer to one of a report's questions: what is said of it, numbers that stand out, charts, and tables."""

    name: str
    title: str
    said: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Document(Report):
    """A report in sections; its `tables` are those of all sections, each once."""

    title: str = ""
    subtitle: str = ""
    sections: tuple[Section, ...] = ()
    origin: Mapping[str, str] = field(default_factory=dict)
    """Where it comes from: the version, and the hashes of what was read."""

    @property
    def outline(self) -> list[dict[str, Any]]:
        """The sections with the names of their tables, for machines."""
        return [
            {
                "name": section.name,
                "title": section.title,
                "said": list(section.said),
                "figures": [{"label": one.label, "shown": one.shown} for one in section.figures],
                "tables": [table.name for table in self.tables_of(section)],
            }
            for section in self.sections
        ]

    def tables_of(self, section: Section) -> tuple[Table, ...]:
        """A section's tables as the report has them now, without those that were left out since."""
        present = {table.name: table for table in self.tables}
        return tuple(present[table.name] for table in section.tables if table.name in present)


def document(report: Report, title: str, subtitle: str, sections: tuple[Section, ...], origin: Mapping[str, str]) -> Document:
    """The report that `sections` make, with what `report` says of how it came about."""
    tables = {table.name: table for section in reversed(sections) for table in reversed(section.tables)}
    given = {field.name: getattr(report, field.name) for field in fields(Report)} | {"tables": tuple(reversed(tables.values()))}
    return Document(**given, title=title, subtitle=subtitle, sections=sections, origin=origin)
