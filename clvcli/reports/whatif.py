"""Which lever? What a customer would be worth if some of them moved, and what each of them is good for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from clvcli.catalog import DEFAULT_SHOWN, Catalog
from clvcli.decomposition import effects
from clvcli.errors import Problem, UsageError
from clvcli.levers import LEVERS, Lever, Move, Worth, read_by
from clvcli.reports import sensitivity
from clvcli.reports.figures import metrics_of, reason, total, worked_out
from clvcli.reports.sensitivity import LABEL, LEVER, TODAY, UNIT, named, table
from clvcli.tables import Column, Frame, Table, Unit

_MOVE = Column("move", "Move", Unit.TEXT, "How far the lever is moved: by a share of itself, by percentage points (pt), or to a value.")
_THEN = Column("then", "Then", Unit.ROW, "Where the lever stands after the move, in the unit of its row.")
_ALONE = Column("alone", "Alone", Unit.MONEY, "What the move adds to the CLV if no other lever moves.", "CLV after the move − CLV today")
_PART = Column(
    "part", "Part", Unit.MONEY,
    "The lever's part of the change when all move: its mean effect over every order in which they could; the parts sum to the change.",
    "Shapley 1953; as a decomposition Shorrocks 2013",
)  # fmt: skip
COLUMNS = (_MOVE, _THEN, _ALONE, _PART, *sensitivity.COLUMNS)
"""Every column of these tables; what is money here is in a table what its formula counts."""
_TARGET = "ltv_to_cac"


def whatif_tables(customers: Frame, catalog: Catalog, moves: Sequence[Move], swing: float, by: Sequence[str] = ()) -> tuple[Table, ...]:
    """What the moves do, if any; each lever lower and higher by `swing`; where it breaks even; what one point of it adds, also `by` segment.

    All of it for the first of the shown formulas that has a value. Raises UsageError if none has, and for moves that can't be made.
    """
    read = [*catalog.shown, *DEFAULT_SHOWN, _TARGET, "customers", "revenue"]
    values = worked_out(total(customers, catalog, read), catalog)
    worth = _headline(catalog, values)
    others = [lever for lever in LEVERS if lever not in [one.lever for one in moves]]
    tables = [_moved(worth, moves, values)] if moves else []
    tables.append(sensitivity.tornado(worth, swing, _left_out(worth, others, values)))
    tables += [sensitivity.break_even(worth, replace(worth, name=_TARGET)), sensitivity.points(worth)]
    if by:
        columns = tuple(catalog.column(name) for name in by)
        tables.append(sensitivity.points_by_segment(worth, _segments(customers, worth, by, read), columns))
    return tuple(tables)


def _segments(customers: Frame, worth: Worth, by: Sequence[str], read: Sequence[str]) -> dict[tuple[str | None, ...], Worth]:
    """What each segment's customers are worth, most revenue first."""
    rows = metrics_of(customers, worth.catalog, by, read).sort("revenue", *by, descending=[True, *(False for _ in by)], nulls_last=True)
    groups = (worked_out(rows[at : at + 1], worth.catalog) for at in range(rows.height))
    return {
        key: replace(worth, measured=_measured(values, worth.catalog)) for key, values in zip(rows.select(by).rows(), groups, strict=True)
    }


def _headline(catalog: Catalog, values: Mapping[str, float | None]) -> Worth:
    """The first of the shown formulas that has a value which a lever moves."""
    found = [Worth(name, catalog, _measured(values, catalog)) for name in catalog.shown]
    for worth in found:
        if worth.value is not None and worth.levers:
            return worth
    why = ((worth.name, reason(worth.name, values, catalog) or "no lever moves it") for worth in found)
    raise UsageError(Problem("there is nothing to move: no CLV has a value that a lever moves", hint="\n".join(_grouped(why))))


def _measured(values: Mapping[str, float | None], catalog: Catalog) -> dict[str, float | None]:
    return {name: value for name, value in values.items() if name not in catalog.by_name}


def _moved(worth: Worth, moves: Sequence[Move], values: Mapping[str, float | None]) -> Table:
    """One row per lever that is moved, and the change of all moves together."""
    _refuse_what_cannot_be(worth, moves, values)
    before = {one.lever.name: worth.today(one.lever) or 0.0 for one in moves}
    after = {one.lever.name: one.of(before[one.lever.name]) for one in moves}
    value, then = worth.value or 0.0, worth.at(after) or 0.0
    parts = effects(worth.at, before, after, list(after)) or {}
    rows = []
    for one in moves:
        name = one.lever.name
        alone = worth.at({name: after[name]})
        added = None if alone is None else alone - value
        rows.append((*named(one.lever), one.text, before[name], after[name], added, parts.get(name)))
    instead = f"{worth.shown(then)} instead of {worth.shown(value)}"
    title = f"A customer would be worth {instead} ({worth.name})" if worth.is_of_a_customer else f"{worth.name} would be {instead}"
    said = (*_of_the_parts(moves), *_for_all(worth, then - value), *_left_out(worth, [one.lever for one in moves], values))
    return table(
        "whatif",
        title,
        (LEVER, LABEL, UNIT, _MOVE, TODAY, _THEN, _ALONE, _PART),
        rows,
        worth,
        notes=said,
        footer={_PART.name: then - value},
    )


def _of_the_parts(moves: Sequence[Move]) -> tuple[str, ...]:
    parts = (
        "Alone is what a move adds by itself. Part is what it adds to the change of all, averaged over every order; the parts sum to it."
    )
    return (parts,) if len(moves) > 1 else ()


def _for_all(worth: Worth, change: float) -> tuple[str, ...]:
    for_all = f"For as many customers as today, {Unit.COUNT.show(worth.customers)}, that is {worth.shown(change * worth.customers)}."
    return (for_all,) if worth.is_of_a_customer else ()


def _refuse_what_cannot_be(worth: Worth, moves: Sequence[Move], values: Mapping[str, float | None]) -> None:
    """Raises UsageError with every move that can't be made."""
    problems = [problem for one in moves for problem in _problems(worth, one, moves, values)]
    if problems:
        raise UsageError(*problems)
    after = {one.lever.name: one.of(worth.today(one.lever) or 0.0) for one in moves}
    if worth.at(after) is None:
        then = worth.catalog.work_out({**worth.measured, **after})
        raise UsageError(Problem(f"{worth.name} has no value after these moves", hint=reason(worth.name, then, worth.catalog) or ""))


def _problems(worth: Worth, one: Move, moves: Sequence[Move], values: Mapping[str, float | None]) -> Iterator[Problem]:
    today, leader = worth.today(one.lever), worth.leader(one.lever)
    if today is None:
        why = reason(one.lever.name, values, worth.catalog) or ""
        yield Problem(f"{one.lever.label} can't be moved: it isn't known here", one.place, why)
    elif leader and leader in [other.lever for other in moves]:
        text = worth.catalog.by_name[one.lever.name].expression.text
        message = f"{one.lever.label} follows from {leader.label} here: {one.lever.name} = {text}"
        yield Problem(message, one.place, "move one of the two, or fix the years, as in --base-lifespan 3")
    else:
        yield from one.problems(today)


def _left_out(worth: Worth, levers: Sequence[Lever], values: Mapping[str, float | None]) -> tuple[str, ...]:
    """Why some of the levers are none here."""
    why = ((lever.label, _why_none(worth, lever, values)) for lever in levers)
    return tuple(f"{line}." for line in _grouped(why))


def _why_none(worth: Worth, lever: Lever, values: Mapping[str, float | None]) -> str:
    """Why a lever is none here; nothing if it is one."""
    leader = worth.leader(lever)
    if worth.today(lever) is None:
        return reason(lever.name, values, worth.catalog) or ""
    if not worth.reads(lever):
        return f"{worth.name} doesn't move with it{_what_does(worth, lever, values)}"
    text = worth.catalog.by_name[lever.name].expression.text
    return f"follows from {leader.label} ({text}); --base-lifespan 3 makes it a lever of its own" if leader else ""


def _what_does(worth: Worth, lever: Lever, values: Mapping[str, float | None]) -> str:
    """What to type for a lever to move something."""
    ways = []
    if lever.name == "retention_rate" and "lifespan_years" in read_by(worth.name, worth.catalog):
        ways.append("--base-lifespan churn lets the lifespan follow from it")
    names = [name for name in dict.fromkeys((*worth.catalog.shown, *DEFAULT_SHOWN)) if values[name] is not None]
    ways += [f"--formula {name} does" for name in names if replace(worth, name=name).reads(lever)][:1]
    return "".join(f"; {way}" for way in ways)


def _grouped(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """One line for all that has the same said of it."""
    said: dict[str, list[str]] = {}
    for name, why in pairs:
        said.setdefault(why, []).append(name)
    yield from (f"{', '.join(names)}: {why}" for why, names in said.items() if why)
