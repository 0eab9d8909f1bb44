"""Statuses: which orders count by what became of them, and which were cancelled, unpaid or a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.headers import words
from clvcli.exports.names import vocabulary

if TYPE_CHECKING:
    from clvcli.exports.preset_schema import Preset

KEEP = "keep"
REFUNDED = "refunded"
PARTLY = "partly_refunded"
"""Verdicts on orders that count although all or a part of them was given back; all of it, if no column says how much."""
COUNTED = (KEEP, REFUNDED, PARTLY)
UNKNOWN = "unknown"
FATES = ("cancelled", "unpaid", "test", "not_sale")


@dataclass(frozen=True)
class Verdicts:
    """What each status, as the file spells it, says of an order: keep, a fate, or unknown."""

    of: Mapping[str, str]
    rules: Mapping[str, str]
    strip: str = ""
    otherwise: str = "refuse"
    given: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    """How often each status occurs that isn't known, and what is done with those is settled."""

    def verdict(self, value: str) -> str:
        """What a status says, however it is spelled."""
        bare = " ".join(value.strip().casefold().split())
        bare = bare.removeprefix(self.strip) if self.strip else bare
        return self.given.get(bare) or self.rules.get(bare) or self.rules.get(words(bare)) or UNKNOWN

    def with_all(self, counts: Mapping[str, int]) -> Verdicts:
        """The verdicts on every status that occurs; unknown ones are kept or left out, if that is what is to be done with them."""
        otherwise = {"keep": KEEP, "leave_out": "not_sale"}.get(self.otherwise, UNKNOWN)
        found = {value: self.verdict(value) for value in counts}
        settled = {value: otherwise if verdict == UNKNOWN else verdict for value, verdict in found.items()}
        unknown = {value: counts[value] for value, verdict in found.items() if verdict == UNKNOWN and otherwise != UNKNOWN}
        return replace(self, of=settled, counts=unknown)

    @property
    def unknown(self) -> list[str]:
        """The statuses that nobody knows."""
        return self.of_verdict(UNKNOWN)

    def of_verdict(self, *verdicts: str) -> list[str]:
        """The statuses, as the file spells them, that say this of an order."""
        return [value for value, found in self.of.items() if found in verdicts]


def verdicts(sample: Sequence[str], preset: Preset | None, given: Mapping[str, str]) -> Verdicts:
    """The verdicts on the statuses of the first records."""
    wishes = {" ".join(value.casefold().split()): verdict for value, verdict in given.items()}
    if preset and preset.status:
        listed = preset.status
        by_fate = {verdict: getattr(listed, verdict) for verdict in (*COUNTED, *FATES)}
        common = {value: KEEP if verdict in COUNTED and not listed.refunded else verdict for value, verdict in vocabulary().items()}
        rules = {**common, **{value: fate for fate, values in by_fate.items() for value in values}}
        base = Verdicts({}, rules, listed.strip, listed.unknown, wishes)
    else:
        base = Verdicts({}, vocabulary(), "", "refuse", wishes)
    found = {value: verdict for value in dict.fromkeys(sample) if value.strip() and (verdict := base.verdict(value)) != UNKNOWN}
    return Verdicts(found, base.rules, base.strip, base.otherwise, wishes)


def refuse_unknown(found: Verdicts, counts: Mapping[str, int], column: str, file: str) -> None:
    """Raises InputError with the statuses that nobody knows and how often each occurs."""
    if not found.unknown:
        return
    shown = ", ".join(f"'{value}' ({counts[value]:,})" for value in sorted(found.unknown, key=lambda v: (-counts[v], v))[:10])
    problem = f"[{column}] statuses that clv doesn't know: {shown}. Nothing was dropped"
    attempt = f"say what each means: keep, refunded, cancelled, unpaid, test or not_sale\nclv ... --status '{found.unknown[0]}=keep'"
    raise InputError(Problem(problem, Place(file), attempt))
