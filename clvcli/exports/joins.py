"""Joins: exports that come as several files of different kinds, made one: values taken over, sums, and rows added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports import numbers
from clvcli.exports.fates import OWNER
from clvcli.exports.formats import number_format
from clvcli.exports.headers import normal
from clvcli.exports.plans import values_of
from clvcli.exports.records import MORE, RECORD, Records, places
from clvcli.exports.roles import found
from clvcli.exports.spelling import Spelling
from clvcli.expression import parse
from clvcli.tables import MONEY_SCALE

if TYPE_CHECKING:
    from clvcli.exports.preset_schema import JoinedFile, Preset

_KEY = "clv:key"


@dataclass(frozen=True)
class Joined:
    """The orders' own file with what the others add to it; files of rows to be added; and files that say nothing of orders."""

    orders: Records
    added: Mapping[str, Records] = field(default_factory=dict)
    idle: tuple[Records, ...] = ()


def joined(main: Records, others: Sequence[Records], preset: Preset, spelling: Spelling) -> Joined:
    """The orders of a preset in several files; raises InputError if one that is needed isn't there, or stands there twice."""
    parts: dict[str, Records] = {}
    idle = []
    for other in others:
        _refuse_ragged(other)
        name = next((name for name, part in preset.files.items() if _is(part, other)), "")
        if (first := main if _has(other, preset.match.require) else parts.get(name)) is not None:
            raise _two_of_a_kind(first, other)
        if name:
            parts[name] = other
        else:
            idle.append(other)
    for need in preset.needs:
        if not set(need.files) & parts.keys():
            raise InputError(Problem(need.advice, Place(main.file.name, 1), "give both files, or their folder"))
    orders = main
    added = {}
    for name, other in parts.items():
        part = preset.files[name]
        if part.rows:
            added[name] = _with_owner(other, main, part, preset)
        else:
            orders = _with(orders, other, part, spelling)
    return Joined(orders, added, tuple(idle))


def _two_of_a_kind(first: Records, other: Records) -> InputError:
    problem = f"is a file of the same kind as {first.file.name}, and an export has one of each. Nothing was dropped"
    return InputError(Problem(problem, Place(other.file.name, 1), "put the records of both into one file"))


def _refuse_ragged(other: Records) -> None:
    """Raises InputError for a file beside the orders with a line that can't be cut into its columns."""
    aside = [one.line for one in other.mended.quarantined] if other.mended else []
    if other.more:
        long = other.frame.filter(pl.col(MORE).is_not_null()).select(RECORD).head(1).collect()
        aside += [places(other, [long.item()])[long.item()][0]] if long.height else []
    if aside:
        problem = "too many or too few fields, in a file whose values belong to orders. Nothing was dropped"
        raise InputError(Problem(problem, Place(other.file.name, aside[0]), "put a field with the delimiter in it into double quotes"))


def _is(part: JoinedFile, of: Records) -> bool:
    return _has(of, [(name,) for name in part.require])


def _has(of: Records, require: Sequence[Sequence[str]]) -> bool:
    """Whether a file has one of each of some names among its columns."""
    there = {normal(column) for column in of.columns}
    return all(any(normal(name) in there for name in names) for names in require)


def _key(part: JoinedFile, of: Records) -> str:
    return found(part.on, of.columns) or part.on


def _with(orders: Records, other: Records, part: JoinedFile, spelling: Spelling) -> Records:
    """The orders with the values that another file has for them, or the sums over its records."""
    text = pl.col(_key(part, other)).cast(pl.String).alias(_KEY)
    schema: dict[str, pl.DataType]
    if part.sum:
        summed = other.frame
        for name, arithmetic in part.sum.items():
            summed = _with_amount(summed, other, name, arithmetic, spelling)
        known = {name: pl.when(pl.col(name).is_not_null().all()).then(pl.col(name).sum()) for name in part.sum}
        totals = [(total.cast(pl.Float64) / MONEY_SCALE).alias(name) for name, total in known.items()]
        more, schema = summed.group_by(text).agg(totals), {name: pl.Float64() for name in part.sum}
    else:
        columns = {name: found(name, other.columns) or name for name in part.take}
        more = other.frame.group_by(text).agg(pl.col(column).min().alias(name) for name, column in columns.items())
        schema = {name: pl.String() for name in part.take}
    keyed = orders.frame.with_columns(pl.col(_key(part, orders)).cast(pl.String).alias(_KEY))
    frame = keyed.join(more, on=_KEY, how="left", maintain_order="left").drop(_KEY)
    return replace(orders, frame=frame, schema=pl.Schema({**orders.schema, **schema}), beside=(*orders.beside, other))


def _with_amount(frame: pl.LazyFrame, other: Records, name: str, arithmetic: str, spelling: Spelling) -> pl.LazyFrame:
    """The records of another file with the exact amount that arithmetic over its columns gives."""
    expression = parse(arithmetic)
    inputs = {read: f"clv:{name}:{n}" for n, read in enumerate(sorted(expression.names))}
    for read, alias in inputs.items():
        column = found(read, other.columns) or read
        text = other.schema[column] == pl.String
        value = (
            numbers.number(pl.col(column), number_format(values_of(other, column), spelling)) if text else pl.col(column).cast(pl.Float64)
        )
        frame = frame.with_columns(value.alias(alias))
    result: pl.LazyFrame = (
        nw.from_native(frame)
        .with_columns(expression.frame({read: nw.col(alias) for read, alias in inputs.items()}).alias(name))
        .to_native()
    )
    return result.with_columns(numbers.money(pl.col(name)).alias(name))


def _with_owner(other: Records, main: Records, part: JoinedFile, preset: Preset) -> Records:
    """Rows of another file with the customer of the order that each names."""
    names = preset.columns["customer_id"].any
    owner = next((c for name in names if (c := found(name, main.columns))), names[0])
    key = _key(part, main)
    people = main.frame.select(pl.col(key).cast(pl.String).alias(_KEY), pl.col(owner).cast(pl.String).alias(OWNER)).unique(_KEY)
    frame = other.frame.with_columns(pl.col(_key(part, other)).cast(pl.String).alias(_KEY))
    frame = frame.join(people, on=_KEY, how="left", maintain_order="left").drop(_KEY)
    return replace(other, frame=frame, schema=pl.Schema({**other.schema, OWNER: pl.String()}))
