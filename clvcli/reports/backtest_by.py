"""Can I believe it of each segment? What was forecast of a segment's customers, and what they brought."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clvcli.cuts import Cut
from clvcli.labels import LABELS
from clvcli.reports.backtest import ACTUALLY, BASIS, BIAS, CUSTOMERS, CUT, FORECAST, PREDICTED
from clvcli.reports.figures import frame_of, refuse_taken
from clvcli.segments import SEGMENT
from clvcli.tables import Column, Table, Unit

_SHARED = (CUSTOMERS, FORECAST, BASIS, PREDICTED, ACTUALLY, BIAS)


@dataclass(frozen=True)
class Part:
    """The customers of a trial who share a segment's values: what each forecast said of them together, what came, and on what basis."""

    cut: Cut
    segment: tuple[str | None, ...]
    customers: int
    told: Mapping[str, tuple[str, float, float]]
    nearest: str


def segment_tables(by_cut: Sequence[Sequence[Part]], by: Sequence[str], headline: str) -> tuple[Table, ...]:
    """Each segment with the headline and the model that was nearest at the cut; for machines with every forecast.

    Raises UsageError for an attribute with the name of a column.
    """
    named = tuple(
        {**LABELS, SEGMENT.name: SEGMENT}.get(name)
        or Column(name, name.replace("_", " ").capitalize(), Unit.TEXT, f"The export's column {name}.")
        for name in by
    )
    refuse_taken(by, [column.name for column in (CUT, *_SHARED)])
    columns = (CUT, *named, *_SHARED)
    all_rows = [(part, row) for parts in by_cut for part in parts for row in _rows(part)]
    seen = [row for part, row in all_rows if row[-5] in (headline, part.nearest)]
    hidden = frozenset({CUT.name} if len(by_cut) == 1 else ())
    title = f"By {', '.join(c.label for c in named)}: the headline, and the model that was nearest customer by customer"
    brief = Table.of("nearest_by_segment", title, columns, frame_of(columns, seen), keys=1 + len(by), hidden=hidden, for_machines=not seen)
    whole = frame_of(columns, [row for _, row in all_rows])
    return brief, Table.of("accuracy_by_segment", "Every forecast by segment", columns, whole, keys=1 + len(by), for_machines=True)


def _rows(part: Part) -> Iterator[tuple[object, ...]]:
    for name, (basis, predicted, actual) in part.told.items():
        bias = (predicted - actual) / actual if actual > 0 else None
        yield (part.cut.day, *part.segment, part.customers, name, basis, predicted, actual, bias)
