"""Derivation: formulas worked out, each after those it reads, over the rows of a frame or over single numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import narwhals.stable.v2 as nw

from clvcli.definition import Formula
from clvcli.errors import ConfigError, Problem, nearest
from clvcli.expression import Expression
from clvcli.tables import MONEY_SCALE, Frame


def in_order(formulas: Iterable[Formula], known: Iterable[str]) -> tuple[Formula, ...]:
    """The formulas, each after those it reads.

    Raises ConfigError at a name that is neither known nor a formula, and at a formula that reads itself.
    """
    by_name = {f.name: f for f in formulas}
    names = {*known, *by_name}
    done: dict[str, Formula] = {}

    def add(item: Formula, path: Sequence[str]) -> None:
        if item.name in path:
            loop = " → ".join([*path[path.index(item.name) :], item.name])
            raise ConfigError(Problem(f"formula {item.name} reads itself: {loop}", item.expression.place))
        for name in sorted(item.expression.names):
            if name not in names:
                raise unknown_name(item.expression, name, names)
            if name in by_name and name not in done:
                add(by_name[name], [*path, item.name])
        done[item.name] = item

    for item in by_name.values():
        if item.name not in done:
            add(item, [])
    return tuple(done.values())


def unknown_name(expression: Expression, name: str, known: Iterable[str]) -> ConfigError:
    """The error for a name in an expression that stands for nothing."""
    return ConfigError(Problem(f"unknown name '{name}'", expression.place_of(name), nearest(name, sorted(known))))


def apply(frame: Frame, formulas: Sequence[Formula], settings: Mapping[str, float], scaled: Iterable[str]) -> Frame:
    """Add one column per formula, in their order; a formula may read those before it.

    `scaled` names the measured columns held in ten-thousandths. A name the frame hasn't got is null.
    """
    values = values_of(frame, settings, scaled)
    for item in formulas:
        known = {name: values.get(name, nw.lit(None, dtype=nw.Float64())) for name in item.expression.names}
        result = item.expression.frame(known) if known.keys() & values.keys() or not known else nw.lit(None)
        frame = frame.with_columns(result.cast(nw.Float64).alias(item.name))
        values[item.name] = nw.col(item.name)
    return frame


def values_of(frame: Frame, settings: Mapping[str, float], scaled: Iterable[str]) -> dict[str, nw.Expr]:
    """What each name in a formula or condition stands for in `frame`, in currency units.

    What is scaled is divided by a column, since Polars divides by one number through its reciprocal, which isn't exact.
    """
    in_scale, schema = set(scaled), frame.collect_schema()
    values: dict[str, nw.Expr] = {name: nw.lit(float(value)) for name, value in settings.items()}
    for name, dtype in schema.items():
        number = nw.col(name).cast(nw.Float64) if dtype.is_numeric() else nw.col(name)
        values[name] = number / (number * 0.0 + float(MONEY_SCALE)) if name in in_scale else number
    return values


def work_out(formulas: Sequence[Formula], values: Mapping[str, float | None]) -> dict[str, float | None]:
    """Every formula's value over numbers; what `values` already gives is not worked out again."""
    known: dict[str, float | None] = dict(values)
    for item in formulas:
        if item.name not in known:
            inputs = {name: known.get(name) for name in item.expression.names}
            known[item.name] = item.expression.number(inputs)
    return known
