"""Composition: the sections of a shop's report put together, under a title, over where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from clvcli import __version__
from clvcli.analysis import Analysis
from clvcli.document import Document, Section, document, sentence
from clvcli.periods import date_of
from clvcli.reports.changes import in_short, told
from clvcli.reports.checks import told as findings_told
from clvcli.runs.manifest import hashed
from clvcli.sections import sections
from clvcli.settings import SectionName
from clvcli.tables import Source
from clvcli.watching import Watching

_LONGEST_HASH = 12
_MOST_FILES = 3


def composed(found: Analysis, more: Mapping[str, Section], segment: str = "") -> Document:
    """The report on a shop, or on one segment of its customers; `more` are sections that are made elsewhere, by name."""
    page = found.loaded.config.report
    made = sections(found, more, page.sections, get_args(SectionName))
    report = found.report()
    shop = ", ".join(part for part in (page.title or _files(found), segment) if part)
    first, last = date_of(found.window.first_day), date_of(found.window.as_of)
    money = f", money in {found.reading.currency}" if found.reading.currency else ""
    whole = document(
        report, f"Customer lifetime value: {shop}", f"Orders from {first} to {last}{money}.", made, dict(_origin(report.sources))
    )
    return found.request.pseudonyms.over(whole) if found.request.pseudonyms else whole


def _files(found: Analysis) -> str:
    """What the shop is called that has no name: its files, the first of them if they are many."""
    names = list(dict.fromkeys(Path(one.file.name).name for one in found.reading.records))
    more = [f"{len(names) - _MOST_FILES:,} more"] if len(names) > _MOST_FILES else []
    return ", ".join([*names[:_MOST_FILES], *more])


def of_run(seen: Watching, currency: str) -> Mapping[str, Section]:
    """The section of what changed since an earlier run and what checks found, if either is looked for."""
    if seen.changes is None and seen.checks is None and not seen.notes:
        return {}
    said = [*seen.notes, *([sentence(told(seen.changes, currency))] if seen.changes else [])]
    said += [f"{seen.checks.title}.", *(sentence(f"found: {line}") for line in findings_told(seen.checks))] if seen.checks else []
    tables = (*([seen.checks] if seen.checks else []), *([in_short(seen.changes)] if seen.changes else []))
    return {"changes": Section("changes", "What changed, and what was found?", tuple(said), tables=tables)}


def _origin(sources: tuple[Source, ...]) -> Iterator[tuple[str, str]]:
    """What the report was made by, and of which files; a hash tells whether another file is the same."""
    yield "Made by", f"clv {__version__}"
    for source in sources:
        yield f"{source.role.capitalize()} {Path(source.path or source.name).name}", _hash(source)


def _hash(source: Source) -> str:
    """The beginning of a source's hash; of one that is gone since nothing can be said."""
    digest = hashed(source)["sha256"]
    return f"sha256 {digest[:_LONGEST_HASH]}" if digest else "not kept"
