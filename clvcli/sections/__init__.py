"""The sections of a report, each the answer to one question; and the document that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clvcli.analysis import Analysis
from clvcli.document import Document, Section, document
from clvcli.sections import coming, grounds, groups, moving, staying, worth
from clvcli.sections.findings import Findings

SECTIONS: Mapping[str, Callable[[Findings], Section]] = {
    "headline": worth.headline,
    "clv": worth.clv,
    "segments": groups.segments,
    "cohorts": staying.cohorts,
    "payback": staying.payback,
    "trend": moving.trend,
    "churn": staying.churn,
    "forecast": coming.forecast,
    "backtest": coming.backtest,
    "ledger": grounds.ledger,
    "quality": grounds.quality,
    "settings": grounds.settings,
}
"""What makes each section but `changes`, which reads an earlier run, and `definitions`, which reads the other sections."""
ATTRIBUTES = ("channel", "country", "category")
"""By which segments are made if nothing is said: the first of them that the orders have."""


def sections(found: Analysis, more: Mapping[str, Section], chosen: tuple[str, ...], order: tuple[str, ...]) -> tuple[Section, ...]:
    """The `chosen` sections, or all in the usual `order`; `more` are those made elsewhere. Definitions come last of all that is worked out."""
    names = tuple(dict.fromkeys(chosen)) or tuple(name for name in order if name in SECTIONS or name in more or name == "definitions")
    known = Findings(found, by_of(found), frozenset(chosen))
    made = {name: more.get(name) or SECTIONS.get(name, _nothing)(known) for name in names if name != "definitions"}
    if "definitions" in names:
        made["definitions"] = grounds.definitions(made.values())
    return tuple(made[name] for name in names if name in made)


def _nothing(known: Findings) -> Section:
    """That there is nothing to compare with, for who asked for it by name."""
    kept = "'snapshots:' keeps runs, and --compare previous" if not known.found.loaded.config.snapshots else "--compare previous"
    return Section("changes", "What changed?", (f"Nothing was compared: {kept} compares with the one before.",))


def by_of(found: Analysis) -> tuple[str, ...]:
    """By which attributes customers are told apart: those asked for, else the first of ATTRIBUTES that the orders have."""
    present = [name for name in ATTRIBUTES if name in found.reading.attributes]
    return found.request.by or tuple(present[:1])


__all__ = ["ATTRIBUTES", "SECTIONS", "Document", "by_of", "document", "sections"]
