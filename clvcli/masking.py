"""Masking: a report as people may see it, its ids masked, those whose masks are alike told apart by a number.

The number counts the customers of one mask by their first day: who comes later gets the next one, and nobody another.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import polars as pl

from clvcli.document import Document
from clvcli.privacy import ADDRESS, ID_COLUMNS, TELEPHONE, is_name, mask
from clvcli.tables import Column, Report, Table

AnyReport = TypeVar("AnyReport", bound=Report)
_FEW = 50
"""So many conditions on each customer cost less than to mask all of them."""
_LOOKED_AT = 1000
_NOTHING = re.compile(r"(?!)")
_ATTRIBUTE = re.compile(r"(?:^|, )(\w+)=")


def for_people(report: Report) -> Report:
    """The report with the ids in its tables, notes and remarks masked, unless people are to see them."""
    if report.shows_ids:
        return report
    names = _names(report)
    told_apart = _told_apart(report)
    texts = "\n".join(piece for text in _texts(report, of_ids=False) for piece in told_apart.split(text))
    shown = {name for name in names if name in texts}
    ids = {*_texts(report, of_ids=True), *shown, *ADDRESS.findall(texts), *TELEPHONE.findall(texts)}
    cover = Cover({one: label for one, label in _labels(ids, report.customers).items() if label != one}, frozenset(shown), told_apart)
    return cover.over(report) if cover.labels else report


@dataclass(frozen=True)
class Cover:
    """How each id is shown; those among them that are names, which no pattern finds in a text; and what stands before one, as `agent=`."""

    labels: dict[str, str]
    names: frozenset[str] = frozenset()
    told_apart: re.Pattern[str] = _NOTHING

    def over(self, report: Report) -> Report:
        """The report under this cover."""
        covered = replace(
            report, tables=tuple(map(self._over_table, report.tables)), remarks=tuple(map(self.over_text, report.remarks))
        )  # fmt: skip
        return said_anew(covered, self.over_text)

    def over_text(self, text: str) -> str:
        """A text with what is an id in it as it is shown."""
        patterns = [ADDRESS, TELEPHONE] if "@" in text or "+" in text else []
        if self.names:
            patterns.append(re.compile("|".join(map(re.escape, sorted(self.names, key=len, reverse=True)))))
        pieces = self.told_apart.split(text) if patterns else [text]
        for pattern in patterns:
            pieces = [pattern.sub(lambda found: self.labels.get(found[0], found[0]), piece) for piece in pieces]
        return "".join(pieces)

    def _over_table(self, table: Table) -> Table:
        columns = [self._over_column(table.frame[column.name]) for column in table.columns]
        told = {name: self.over_text(value) if isinstance(value, str) else value for name, value in table.footer.items()}
        return replace(
            table, title=self.over_text(table.title), frame=pl.DataFrame(columns), notes=tuple(map(self.over_text, table.notes)), footer=told
        )  # fmt: skip

    def _over_column(self, values: pl.Series) -> pl.Series:
        if values.dtype != pl.String:
            return values
        if values.name in ID_COLUMNS:
            return pl.Series(values.name, [self.labels.get(value, value) for value in values], dtype=pl.String)
        return pl.Series(values.name, [value if value is None else self.over_text(value) for value in values], dtype=pl.String)


def said_anew(report: AnyReport, words: Callable[[str], str]) -> AnyReport:
    """The report with what it says beside its tables and remarks as `words` writes it: the title and sections of a document."""
    if not isinstance(report, Document):
        return report
    return replace(report, title=words(report.title), sections=reworded(report.sections, words))


def reworded(value: Any, words: Callable[[str], str]) -> Any:
    """A value with each text in it as `words` writes it; tables stay, which a document finds by their names."""
    if isinstance(value, str):
        return words(value)
    if isinstance(value, tuple | list):
        return type(value)(reworded(one, words) for one in value)
    if isinstance(value, Mapping):
        return {key: reworded(one, words) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type | Table | Column):
        told = {one.name: reworded(getattr(value, one.name), words) for one in fields(value) if one.name != "name"}
        return replace(value, **told)
    return value


def _words(value: Any) -> list[str]:
    """Each text in a value."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    reworded(value, note)
    return found


def _texts(report: Report, *, of_ids: bool) -> Iterator[str]:
    """Every text of a report that is an id; or every other one."""
    if not of_ids:
        yield from report.remarks
    if not of_ids and isinstance(report, Document):
        yield from (report.title, *_words(report.sections))
    for table in report.tables:
        if not of_ids:
            yield from (table.title, *table.notes, *(value for value in table.footer.values() if isinstance(value, str)))
        for values in table.frame.iter_columns():
            if values.dtype == pl.String and (values.name in ID_COLUMNS) == of_ids:
                yield from values.drop_nulls()


def _names(report: Report) -> Collection[str]:
    """The customers who are known by their names, if this shop's are."""
    if report.customers is None or not (some := report.customers["customer_id"].head(_LOOKED_AT).to_list()):
        return ()
    return [one for one in report.customers["customer_id"].unique() if is_name(one)] if sum(map(is_name, some)) * 2 > len(some) else ()


def _told_apart(report: Report) -> re.Pattern[str]:
    """What stands before the value of an attribute by which segments are told apart; in an address it would be a part of it."""
    columns = [table.frame["segment"] for table in report.tables if table.frame.schema.get("segment") == pl.String]
    names = {name for values in columns for text in values.drop_nulls().unique() for name in _ATTRIBUTE.findall(text)}
    return re.compile(rf"\b((?:{'|'.join(map(re.escape, sorted(names)))})=)") if names else _NOTHING


def _labels(ids: Iterable[str], customers: pl.DataFrame | None) -> dict[str, str]:
    """How each id is shown: its mask, and from the second customer of that mask on a number; an address in any letters is one."""
    folded = {one: one.lower() if "@" in one else one for one in ids}
    masks = {one: mask(one) for one in folded.values()}
    hidden = {one: label for one, label in masks.items() if label != one}
    numbers: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for one in (*_by_first_day(hidden, customers), *sorted(hidden)):
        alike = numbers[mask(one)]
        alike.setdefault(one, len(alike) + 1)
    told = {one: f"{label} ({number})" if (number := numbers[label][one]) > 1 else label for one, label in hidden.items()}
    return {one: told.get(key, one) for one, key in folded.items()}


def _by_first_day(hidden: Mapping[str, str], customers: pl.DataFrame | None) -> list[str]:
    """The customers whose masks are among those that are shown, by their first day."""
    if customers is None or not hidden:
        return []
    known = customers.lazy().select("customer_id", "day")
    if len(hidden) <= _FEW:
        ends = {(one[0], _end(one)) for one in hidden}
        alike = (pl.col("customer_id").str.starts_with(first) & pl.col("customer_id").str.ends_with(end) for first, end in sorted(ends))
        known = known.filter(pl.any_horizontal(*alike))
    first = known.group_by("customer_id").agg(pl.col("day").min()).sort("day", "customer_id").collect()
    shown = set(hidden.values())
    return [one for one in first["customer_id"] if mask(one) in shown]


def _end(identity: str) -> str:
    """What all ids with the mask of this one end with."""
    return identity[identity.rfind("@") :] if "@" in identity else ""
