"""What changed? Each figure now and as it was kept of an earlier day, and whether chance alone may have moved it so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from clvcli.catalog import Catalog
from clvcli.changes import Change, changes
from clvcli.confidence import width
from clvcli.intervals import Estimate
from clvcli.metrics import PERIOD_METRICS
from clvcli.reports.figures import frame_of, headline
from clvcli.reports.watched import GROUNDS, told_apart
from clvcli.tables import Column, Table, Unit
from clvcli.watch import SHOP

_WIDE = "it is made as if the two days shared no customer, though most are the same, so it is rather too wide than too narrow"
COLUMNS = (
    Column("segment", "Of", Unit.TEXT, "The segment, by what tells it apart; or all customers."),
    Column("name", "Name", Unit.TEXT, "The figure's name, as `clv explain` takes it."),
    Column("label", "Figure", Unit.TEXT, "What the figure is called."),
    Column("unit", "Unit", Unit.TEXT, "What the figure counts."),
    Column("then", "Then", Unit.ROW, "The figure as it was kept of the earlier day; null where there was none."),
    Column("now", "Now", Unit.ROW, "The figure now; null where there is none."),
    Column("change", "Change", Unit.ROW, "Now less then, in the figure's own unit; of a share in points of a hundred."),
    Column("change_share", "Relative", Unit.SHARE, "The change as a part of what was."),
    Column("low", "From", Unit.ROW, f"Lower end of the 95 % interval of the change; {_WIDE}."),
    Column("high", "To", Unit.ROW, f"Upper end of the 95 % interval of the change; {_WIDE}."),
    Column(
        "verdict", "Verdict", Unit.TEXT,
        "Whether chance alone may have moved the figure so far, at 5 % over all segments; too few: fewer than 30 customers on either day; "
        "counted: a sum, in which there is no chance; new, gone: a segment of one day alone; another period: figures of unlike periods.",
        "Holm 1979, A Simple Sequentially Rejective Multiple Test Procedure",
    ),
)  # fmt: skip
BEYOND = ("beyond chance", "new", "gone")
"""The verdicts of changes that somebody should read of."""
_MOST_TOLD = 3
_INTERVALS = f"From and to: the 95% interval of the change; {_WIDE}."


def changes_table(since: date, then: pl.DataFrame, now: pl.DataFrame, catalog: Catalog, notes: Sequence[str] = ()) -> Table:
    """One row per figure and segment of both days, and per segment of one; those beyond chance first.

    `then` and `now` are tables `watched`; `notes` are what is to be said of the earlier day.
    """
    more: list[str] = []
    if told_apart(then) != told_apart(now) and told_apart(then) and told_apart(now):
        more.append(f"Segments were told apart by {told_apart(then)} then: the shop alone is compared.")
    if told_apart(then) != told_apart(now):
        then, now = (frame.filter(pl.col("segment") == SHOP) for frame in (then, now))
    grounds = _grounds(then, now, catalog)
    unlike = _of_the_period(catalog) if any(note.startswith("period_years") for note in grounds) else set()
    formulas = _otherwise_worked_out(then, now)
    counted = {name for name in now["name"].unique() if name not in catalog.by_name}
    found = [one for one in changes(_figures(then), _figures(now), SHOP, counted=counted, other_period=unlike) if _is_known(one)]
    rows = [_row(one, catalog) for one in found]
    said = [f"Since then {note}: figures moved by that too." for note in (*grounds, *formulas)]
    title = f"Changes since {since}: {_counted(found)}"
    return Table(
        "changes", title, COLUMNS, frame_of(COLUMNS, rows), notes=(_INTERVALS, *more, *notes, *said), keys=2,
        hidden=frozenset({"name", "unit"}),
    )  # fmt: skip


def _figures(frame: pl.DataFrame) -> Mapping[str, Mapping[str, Estimate]]:
    """The figures of a table `watched`, each with the error that its interval tells."""
    found: dict[str, dict[str, Estimate]] = {}
    for row in frame.iter_rows(named=True):
        if row["name"] not in GROUNDS:
            error = None if row["low"] is None else (row["high"] - row["low"]) / (2 * width())
            found.setdefault(row["segment"], {})[row["name"]] = Estimate(row["value"], error, row["customers"])
    return found


def _grounds(then: pl.DataFrame, now: pl.DataFrame, catalog: Catalog) -> list[str]:
    """What clv found for itself then and finds otherwise now."""
    before, after = (dict(frame.filter(pl.col("name").is_in(GROUNDS)).select("name", "value").iter_rows()) for frame in (then, now))
    shown = {name: catalog.column(name).unit.show for name in GROUNDS}
    return [
        f"{name} went from {shown[name](before.get(name))} to {shown[name](after.get(name))}"
        for name in GROUNDS
        if before.get(name) != after.get(name)
    ]


def _otherwise_worked_out(then: pl.DataFrame, now: pl.DataFrame) -> list[str]:
    """The formulas that have another text now."""
    before, after = (dict(frame.select("name", "how").iter_rows()) for frame in (then, now))
    return [f"{name} became {after[name]}" for name in after if name in before and before[name] != after[name]]


def _of_the_period(catalog: Catalog) -> set[str]:
    """The figures that read what was bought in a period."""
    return {name for name in (*catalog.by_name, *PERIOD_METRICS) if catalog.needed([name]) & {*PERIOD_METRICS, "period_years"}}


def _is_known(found: Change) -> bool:
    return found.then is not None or found.now is not None


def _row(found: Change, catalog: Catalog) -> tuple[object, ...]:
    column = catalog.column(found.name)
    low, high = found.interval or (None, None)
    named = found.segment, found.name, column.label, column.unit.value
    return *named, found.then, found.now, found.change, found.share, low, high, found.verdict


def _counted(found: Iterable[Change]) -> str:
    """How many changes are worth reading."""
    counts = {word: sum(one.verdict == word for one in found) for word in BEYOND}
    told = [f"{counts['beyond chance']:,} figures beyond chance" if counts["beyond chance"] != 1 else "1 figure beyond chance"]
    told += [f"{counts[word]:,} {'segment' if counts[word] == 1 else 'segments'} {word}" for word in ("new", "gone") if counts[word]]
    return ", ".join(told)


def in_short(table: Table) -> Table:
    """The changes for people: those beyond chance, segments that are new or gone, and the CLVs and figures of the shop."""
    frame = table.frame.filter((pl.col("segment") == SHOP) | pl.col("verdict").is_in(BEYOND))
    return replace(table, frame=frame, notes=table.notes)


def told(table: Table, currency: str = "") -> str:
    """The changes in a sentence: how many are beyond chance, and the first of them."""
    beyond = table.frame.filter(pl.col("verdict").is_in(BEYOND))
    shown = [_moved(row, currency) for row in beyond.head(_MOST_TOLD).iter_rows(named=True)]
    return f"{table.title}: {'; '.join(shown)}{'; …' if beyond.height > _MOST_TOLD else ''}" if shown else table.title


def _moved(row: Mapping[str, object], currency: str) -> str:
    whom = "" if row["segment"] == SHOP else f"{row['segment']}"
    if row["verdict"] in ("new", "gone"):
        return f"{whom} is {row['verdict']}"
    unit = Unit(row["unit"])
    money = f" {currency}" if unit is Unit.MONEY and currency else ""
    return f"{row['name']}{f' for {whom}' if whom else ''} {signed(unit, row['change'])} to {unit.show(row['now'])}{money}"


def signed(unit: Unit, change: object) -> str:
    """A change with its sign; of a share in points, since a share of a share is another number."""
    if unit is Unit.SHARE and isinstance(change, float):
        return f"{change * 100:+.1f} pt"
    shown = unit.show(change)
    return shown if shown.startswith("-") or not isinstance(change, int | float) else f"+{shown}"


def of_headline(table: Table, values: Mapping[str, float | None], catalog: Catalog) -> str:
    """How the headline moved, as in `+3.20 since 2025-09-30`, without the day; empty where that isn't known."""
    rows = table.frame.filter((pl.col("segment") == SHOP) & (pl.col("name") == (headline(values, catalog) or "")))
    if rows.is_empty() or rows["change"][0] is None:
        return ""
    return signed(Unit(rows["unit"][0]), rows["change"][0])
