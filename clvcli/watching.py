"""Watching: what a run that nobody looks at says of itself: what its checks found, what changed since an earlier run, all in a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clvcli.analysis import Analysis
from clvcli.answers import checks
from clvcli.errors import Exit
from clvcli.masking import for_people
from clvcli.periods import date_of
from clvcli.remarks import facts
from clvcli.reports import watched as of_watched
from clvcli.reports.changes import changes_table
from clvcli.reports.checks import findings
from clvcli.reports.in_a_line import in_a_line
from clvcli.snapshots import Earlier, differences_of_settings, folder_of, snapshot
from clvcli.tables import Frame, Report, Table
from clvcli.watch import SHOP, segment_name

_KEPT = tuple(column.name for column in of_watched.COLUMNS)


@dataclass(frozen=True)
class Watching:
    """What a run found of itself.

    `watched` is what a snapshot must hold; `checks` and `changes` are None where nothing is to be looked for or compared
    with, `told` is the checks as people may see them; `notes` say how the earlier run was found, or that there is none;
    `line` holds what is in the data, but ids as people may see them.
    """

    watched: Table
    checks: Table | None
    told: Table | None
    changes: Table | None
    notes: tuple[str, ...]
    line: str

    @property
    def exit(self) -> Exit:
        """How the run ends if all is written."""
        return Exit.FOUND if self.checks is not None and findings(self.checks).height else Exit.OK


def watching(found: Analysis, by: Sequence[str] = (), judged: Sequence[str] = ()) -> Watching:
    """What is watched of the shop and of its segments by `by`, what checks found, and what changed.

    Conditions are judged on the shop, and on the segments by `judged` if there are any: by attributes that were asked for,
    since what a report chose by itself must not change its exit code. Raises UsageError, ConfigError or InputError where a
    day to compare with can't be had.
    """
    customers = _held(found, {*by, *judged})
    kept = _pseudonymous(found, customers, by, of_watched.watched(customers, found.catalog, by))
    judgements = [_pseudonymous(found, customers, judged, one) for one in checks(found, customers, [(), judged] if judged else [()])]
    found_checks = judgements[0] if judgements else None
    shown = for_people(found.report(found_checks)).tables[0] if found_checks else None
    earlier = _earlier(found)
    changes = _changes(found, kept, earlier)
    values = dict(kept.frame.filter(kept.frame["segment"] == SHOP).select("name", "value").iter_rows())
    since = (earlier.snapshot.day, changes) if earlier.snapshot and changes else None
    as_of, title = date_of(found.window.as_of), found.loaded.config.report.title
    line = in_a_line(values, found.catalog, as_of, title=title, changes=since, checks=shown)
    return Watching(kept, found_checks, shown, changes, earlier.notes, line)


def _held(found: Analysis, by: set[str]) -> Frame:
    """The customers with all that is read of them, measured once."""
    wanted = of_watched.wanted(found.catalog, ()) | by | found.catalog.needed(found.loaded.watched)
    present = found.valued.collect_schema().names()
    return found.engine.frame(found.engine.collect(found.valued.select(*(name for name in present if name in wanted))))


def _pseudonymous(found: Analysis, customers: Frame, by: Sequence[str], table: Table) -> Table:
    """The table with a pseudonym for each id that a segment is told apart by, and for each e-mail address, if that is asked for."""
    names = found.request.pseudonyms
    if names is None:
        return table
    keys = found.engine.collect(customers.select(*by).unique()).rows() if by else []
    called = {segment_name(by, key): segment_name(by, names.of_key(by, key)) for key in keys}
    frame = table.frame.with_columns(table.frame["segment"].replace(called))
    return names.over(Report("report", (replace(table, frame=frame),))).tables[0]


def _earlier(found: Analysis) -> Earlier:
    """The run to compare with, if one is asked for."""
    wanted = found.loaded.config.compare
    if not wanted:
        return Earlier(None)
    with found.loaded.blamed():
        return snapshot(folder_of(found.loaded), wanted, facts(found.loaded, found.reading, found.window), _KEPT)


def _changes(found: Analysis, kept: Table, earlier: Earlier) -> Table | None:
    """What changed since the earlier run; what else is otherwise than it was stands in its notes."""
    then = earlier.snapshot
    if then is None:
        return None
    now = facts(found.loaded, found.reading, found.window)
    otherwise = (f"Since then {told}: figures moved by that too." for told in differences_of_settings(then.manifest, now))
    return changes_table(then.day, then.watched, kept.frame, found.catalog, (*earlier.notes, *otherwise))
