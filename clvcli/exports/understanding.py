"""Understanding: which of the named files are orders, of which platform's export, and a plan for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from clvcli.errors import InputError, Place, Problem, UsageError
from clvcli.exports.dialect import Given
from clvcli.exports.fates import OWNER, Selection
from clvcli.exports.files import File, files
from clvcli.exports.headers import folded
from clvcli.exports.identity import chosen, refuse_names
from clvcli.exports.ids import rounded
from clvcli.exports.kinds import refuse_unsigned, refuse_unsold
from clvcli.exports.plans import Plan, Wishes, doubtful_formats, plan, refuse_several_currencies
from clvcli.exports.presets import NO_PRESET, matching, named
from clvcli.exports.records import Records, records
from clvcli.exports.roles import BY_NAME, MissingRoleError, Roles, roles
from clvcli.exports.wholeness import mendable
from clvcli.rates import Rates

if TYPE_CHECKING:
    from clvcli.exports.preset_schema import Preset

_RESEMBLES = 0.5
_MAY_DIFFER = frozenset({"channel", "country", "product", "category"})
"""The roles that decide nothing; of two columns of one name the first will do."""


@dataclass(frozen=True, eq=False, repr=False)
class Instructions:
    """All that the user may say about an export."""

    given: Given = field(default_factory=Given)
    wishes: Wishes = field(default_factory=Wishes)
    selection: Selection = field(default_factory=Selection)
    margin: Rates | None = None
    preset: str = ""
    presets: Path | None = None
    max_rejects: float = 0.05
    count_free: bool = True
    """Whether orders that brought in nothing count as orders."""
    today: int | None = None
    """The day on which this is asked; orders placed after it are left out, unless there is an end of observation."""
    on_rejects: Callable[[pl.DataFrame], object] | None = None
    """What to do with all rejected records, before it is judged whether they are too many."""
    on_progress: Callable[[str, int], None] | None = None
    """What to do now and then with the name of a file that is written anew, and the number of its records so far."""
    named: Callable[[str], str] = str
    """How customers are called in what is said of their ids."""


@dataclass(frozen=True, eq=False, repr=False)
class Understood:
    """A plan for each file of orders, and the names of files that say nothing of them."""

    plans: tuple[Plan, ...]
    idle: tuple[str, ...] = ()


def understood(names: Sequence[str], instructions: Instructions) -> Understood:
    """What the files are, before any record is counted.

    Raises InputError for files that can't be opened, and where a role or a format isn't certain.
    """
    opened, idle = _opened(names, instructions)
    presets = [_preset(one, instructions) for one in opened]
    main = next((preset for preset in presets if preset and preset.files), None)
    if main:
        found = _joined_plans(opened, presets, main, instructions)
        return replace(found, idle=(*idle, *found.idle))
    for preset, one in zip(presets, opened, strict=True):
        if preset and preset.refuse:
            raise InputError(Problem(f"{preset.title}: {preset.refuse}", Place(one.file.name, 1), f"clv ... --preset {NO_PRESET}"))
    plans, more = _plans(opened, presets, instructions)
    for other in plans[1:]:
        _refuse_other_columns(plans[0], other)
    refuse_several_currencies(plans)
    return Understood(_told_apart(plans), (*idle, *more))


def mended(of: Plan, instructions: Instructions) -> Plan:
    """The plan of a file that is written anew."""
    again = records(of.of.file, instructions.given, mend=True, on_progress=instructions.on_progress)
    return replace(_plan(again, of.preset, instructions), source=of.source)


def thorough(of: Plan, instructions: Instructions) -> Plan:
    """The plan with formats decided over all values of each column."""
    if of.of.beside or OWNER in of.of.schema:
        return of
    again = _plan(of.of, of.preset, instructions, thorough=True)
    kept = {"statuses": of.statuses, "roles": of.roles, "settled": of.settled, "grain": of.grain, "is_grain_certain": of.is_grain_certain}
    return replace(again, source=of.source, **kept)  # type: ignore[arg-type]  # fields of a plan


def _opened(names: Sequence[str], instructions: Instructions) -> tuple[list[Records], tuple[str, ...]]:
    """The records of every file, archives unpacked, and the names of texts in a folder that are no tables."""
    found: list[Records] = []
    idle: list[str] = []
    for file in files(names):
        if file.is_found and file.name.lower().endswith(".txt") and not _is_table(file, instructions):
            idle.append(file.name)
            continue
        members = _tables(_unpacked(file, instructions), instructions) if file.kind == "zip" else [file]
        read = [records(one, instructions.given, on_progress=instructions.on_progress) for one in members]
        found += read if len(read) == 1 else _members(file, read, instructions)
    if not found:
        raise InputError(Problem("no export in this folder", Place(str(Path(idle[0]).parent)), f"not tables: {', '.join(idle)}"))
    return found, tuple(idle)


def _unpacked(archive: File, instructions: Instructions) -> Sequence[File]:
    from clvcli.exports.archives import unpacked

    return unpacked(archive, instructions.given.member)


def _tables(members: Sequence[File], instructions: Instructions) -> Sequence[File]:
    """The members of an archive without texts that are no tables, if there are others."""
    return [one for one in members if not one.name.lower().endswith(".txt") or _is_table(one, instructions)] or members


def _is_table(file: File, instructions: Instructions) -> bool:
    """Whether a text that nobody named has records in several columns."""
    try:
        return len(records(file, instructions.given).columns) > 1
    except InputError:
        return False


def _members(archive: File, read: Sequence[Records], instructions: Instructions) -> list[Records]:
    """The only member of an archive that is orders, or all of a preset in files; raises InputError if there are several."""
    presets = [_preset(one, instructions) for one in read]
    if any(preset and preset.files for preset in presets):
        return list(read)
    fit = [one for one, preset in zip(read, presets, strict=True) if preset or _has_orders(one, instructions)]
    if len(fit) == 1 or (fit and len({tuple(one.columns) for one in fit}) == 1):
        return fit
    members = ", ".join(one.file.name.removeprefix(f"{archive.name}:") for one in read)
    problem = f"the archive has several members: {members}" + ("" if fit else "; none of them is orders")
    raise InputError(Problem(problem, Place(archive.name), f"clv ... --member {members.split(', ')[0]}"))


def _has_orders(of: Records, instructions: Instructions) -> bool:
    try:
        _roles(of, None, instructions)
    except (InputError, UsageError):
        return False
    return True


def _preset(of: Records, instructions: Instructions) -> Preset | None:
    """The preset asked for, else the one that fits; none for columns that have clv's own names."""
    if instructions.preset == NO_PRESET:
        return None
    if instructions.preset:
        return named(instructions.preset, instructions.presets)
    own = {folded(column) for column in of.columns}
    if all(folded(role.name) in own for role in BY_NAME.values() if role.required) and not instructions.presets:
        return None
    return matching(of.columns, instructions.presets, of.file.name)


def _plans(opened: Sequence[Records], presets: Sequence[Preset | None], instructions: Instructions) -> tuple[list[Plan], list[str]]:
    """A plan for each file, and the names of files in a folder that have other columns than orders.

    Raises InputError for a file that was named, or resembles the others, and lacks a column that orders need.
    """
    plans: list[Plan] = []
    lacking: list[tuple[Records, MissingRoleError]] = []
    for one, preset in zip(opened, presets, strict=True):
        try:
            plans.append(_plan(one, preset, instructions))
        except MissingRoleError as error:
            if not one.file.is_found:
                raise
            lacking.append((one, error))
    known = {folded(column) for plan in plans for column in plan.of.columns}
    for one, missing in lacking:
        alike = sum(folded(column) in known for column in one.columns)
        if not plans or alike >= _RESEMBLES * max(len(one.columns), min(len(plan.of.columns) for plan in plans)):
            raise missing
    return plans, [one.file.name for one, _ in lacking]


def _roles(of: Records, preset: Preset | None, instructions: Instructions) -> Roles:
    """What the columns mean; raises MissingRoleError with all else that is doubtful of the columns there are."""
    try:
        meant = roles(list(of.schema), instructions.wishes.mapping, of.samples, of.file.name, preset)
    except MissingRoleError as missing:
        more = [*_rounded(of, missing.so_far), *doubtful_formats(of, missing.so_far, preset, instructions.wishes)]
        raise MissingRoleError(missing.so_far, *missing.problems, *more) from None
    kind = instructions.wishes.identity
    if kind in ("email", "id") and meant.customers:
        meant = replace(meant, customers=chosen(meant.customers, of.samples, kind, of.file.name))
        meant = replace(meant, of={**meant.of, "customer_id": meant.customers[0]})
    return meant


def _rounded(of: Records, meant: Roles) -> Iterator[Problem]:
    """The ids among the first records that a spreadsheet rounded."""
    for column in dict.fromkeys([*meant.customers, *(meant.of[r] for r in ("order_id",) if r in meant.of)]):
        if problem := rounded(pl.Series(of.sample(column), dtype=pl.String), column, of.file.name):
            yield problem


def _plan(of: Records, preset: Preset | None, instructions: Instructions, *, thorough: bool = False) -> Plan:
    """The plan for a file; one that stops the fast reader is written anew first."""
    try:
        return _plan_as_is(of, preset, instructions, thorough=thorough)
    except pl.exceptions.PolarsError as error:
        again = mendable(of, error)
        return _plan_as_is(
            records(again.file, instructions.given, mend=True, on_progress=instructions.on_progress), preset, instructions, thorough=True
        )


def _plan_as_is(of: Records, preset: Preset | None, instructions: Instructions, *, thorough: bool) -> Plan:
    meant = _roles(of, preset, instructions)
    _refuse_twins(of, meant, instructions.wishes)
    _refuse_cut_ids(of, meant)
    refuse_names(preset, instructions.wishes, of.file.name)
    if preset is None:
        refuse_unsold(of, meant, instructions.selection.where)
        refuse_unsigned(of, meant)
    return plan(of, meant, preset, instructions.wishes, thorough=thorough)


def _refuse_twins(of: Records, meant: Roles, wishes: Wishes) -> None:
    """Raises InputError if a column that something depends on stands twice with values that differ."""
    for role, column in meant.of.items():
        twins = [other for other in of.columns if other.startswith(f"{column}#") and other[len(column) + 1 :].isdigit()]
        if role in wishes.mapping or role in _MAY_DIFFER or not twins:
            continue
        differ = [pl.col(column).ne_missing(pl.col(twin)).any().alias(twin) for twin in twins]
        found = of.frame.select(differ).collect().row(0, named=True)
        if twin := next((twin for twin in twins if found[twin]), None):
            places = f"{of.columns.index(column) + 1} and {of.columns.index(twin) + 1}"
            problem = f"[header] columns {places} are both called '{column}', and their values differ. Nothing was dropped"
            raise InputError(Problem(problem, Place(of.file.name, 1), f"clv ... --map {role}='{column}'\nclv ... --map {role}='{twin}'"))


def _refuse_cut_ids(of: Records, meant: Roles) -> None:
    """Raises InputError for ids that are numbers too long for a cell of a workbook."""
    cut = {of.columns[at] for at in of.sheet.cut_columns if at < len(of.columns)} if of.sheet else set()
    for column in (*meant.customers, meant.of.get("order_id", "")):
        if column in cut:
            every = of.frame.select(pl.len(), pl.col(column).n_unique().alias("ids")).collect().row(0)
            problem = f"[{column}] {every[0]:,} ids became {every[1]:,}: Excel keeps 15 digits of a number. Nothing was dropped"
            raise InputError(Problem(problem, Place(of.file.name), "export as CSV, or as a workbook with the ids as text"))


def _joined_plans(opened: Sequence[Records], presets: Sequence[Preset | None], main: Preset, instructions: Instructions) -> Understood:
    """The plans of a preset in several files: that of the orders, and of rows that are added to them."""
    from clvcli.exports.joins import joined

    at = next(n for n, preset in enumerate(presets) if preset is main)
    parts = joined(opened[at], [one for n, one in enumerate(opened) if n != at], main, instructions.wishes.spelling)
    plans = [_plan(parts.orders, main, instructions)]
    for name, added in parts.added.items():
        mapping = {**main.files[name].rows, "customer_id": OWNER}
        wishes = replace(instructions.wishes, mapping=mapping, grain="line")
        meant = roles(list(added.schema), mapping, added.samples, added.file.name)
        currency = {k: v for k, v in plans[0].roles.constants.items() if k == "currency"}
        plans.append(plan(added, replace(meant, constants=currency), None, wishes))
    return Understood(tuple(plans), tuple(one.file.name for one in parts.idle))


def _refuse_other_columns(first: Plan, other: Plan) -> None:
    """Raises InputError if two files of no known platform have other columns."""
    if first.preset or other.preset:
        return
    missing = [c for c in first.of.schema if c not in other.of.schema]
    more = [c for c in other.of.schema if c not in first.of.schema and folded(c) in map(folded, BY_NAME)]
    if missing or more:
        has = (
            f"no column '{missing[0]}', which {first.of.file.name} has"
            if missing
            else f"a column '{more[0]}', which {first.of.file.name} hasn't"
        )
        raise InputError(Problem(has, Place(other.of.file.name, 1), "give files of one kind together"))


def _told_apart(plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """The plans, each with the name of its platform before its ids if there are several platforms."""
    sources = [plan.preset.name if plan.preset else "" for plan in plans]
    return (
        tuple(replace(plan, source=source) for plan, source in zip(plans, sources, strict=True)) if len(set(sources)) > 1 else tuple(plans)
    )
