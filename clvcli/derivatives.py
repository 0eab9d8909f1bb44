"""Derivatives: how much a formula moves with each of its inputs, worked out from its own text.

Every step of a formula carries its slopes along with its value (forward differentiation: Griewank & Walther 2008,
Evaluating Derivatives, chapter 3). Where a formula has a kink (min, max, abs, if, coalesce), the slopes are those
of the branch that is taken.

>>> from clvcli.expression import parse
>>> slopes(parse("revenue / orders"), {"revenue": 30.0, "orders": 4.0})
(7.5, {'orders': -1.875, 'revenue': 0.25})
>>> slopes(parse("max(revenue / orders, 0)"), {"revenue": 30.0, "orders": 0.0})
(None, {})
"""

from __future__ import annotations

import ast
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clvcli.expression import Expression, Value, over_numbers

Slopes = tuple[float | None, dict[str, float]]
"""A value, and its partial derivative by each input: none where the value is undefined, nan where there is no finite one."""


def slopes(expression: Expression, values: Mapping[str, Value]) -> Slopes:
    """An expression's value over numbers, and its partial derivative by each number that it reads.

    A condition is one or nought, and flat. A slope that is infinite, as of `x ** 0.5` at 0, is nan.
    """
    numbers = sorted(expression.names - expression.texts)
    return _finite(_followed(expression, {name: _input(name, value) for name, value in values.items()}), numbers)


def gradient(formulas: Mapping[str, Expression], values: Mapping[str, Value], by: Collection[str]) -> dict[str, Slopes]:
    """The value of each formula, and its partial derivative by each name in `by`, through all formulas between them.

    `formulas` stand after those they read; what `values` already gives is an input, not worked out again.
    What isn't in `by` is a constant.
    """
    known = {name: _input(name, value) if name in by else _constant(value) for name, value in values.items()}
    for name, expression in formulas.items():
        if name not in known:
            known[name] = _followed(expression, known)
    return {name: _finite(known[name], sorted(by)) for name in formulas}


@dataclass(frozen=True)
class _Step:
    """A value on the way, and how it moves with the inputs; inputs that don't move it are left out."""

    value: Value
    slopes: Mapping[str, float] = field(default_factory=dict)


def _constant(value: Value) -> _Step:
    return _Step(float(value) if isinstance(value, int | float) else value)


def _input(name: str, value: Value) -> _Step:
    return _Step(float(value), {name: 1.0}) if isinstance(value, int | float) else _Step(value)


_UNKNOWN = _Step(None)


def _followed(expression: Expression, known: Mapping[str, _Step]) -> _Step:
    """An expression worked out over steps; what isn't known is undefined, and a missing text is an empty one."""
    steps = {name: known.get(name, _UNKNOWN) for name in expression.names}
    steps |= {name: _Step("") for name in expression.texts if steps[name].value is None}
    end: Any = expression.worked_out(expression.tree, steps, _over_steps)
    return _Step(_constant(end.value).value, end.slopes) if isinstance(end, _Step) else _constant(end)


def _finite(step: _Step, names: Sequence[str]) -> Slopes:
    if not isinstance(step.value, float):
        return None, {}
    found = {name: step.slopes.get(name, 0.0) for name in names}
    return step.value, {name: slope if math.isfinite(slope) else math.nan for name, slope in found.items()}


def _over_steps(op: type[ast.AST] | str, *parts: _Step | Value) -> _Step:
    """One step over values and their slopes: the chain rule."""
    steps = [part if isinstance(part, _Step) else _Step(part) for part in parts]
    values = [step.value for step in steps]
    value = over_numbers(op, *values)
    total: dict[str, float] = {}
    if isinstance(value, float):
        for weight, step in zip(_weights(op, value, values), steps, strict=True):
            for name, slope in step.slopes.items() if weight else ():
                total[name] = total.get(name, 0.0) + weight * slope
    return _Step(value, total)


def _weights(op: type[ast.AST] | str, value: float, parts: list[Any]) -> tuple[float, ...]:
    """How the value of one step moves with each of its parts."""
    if op == "if":
        return (0.0, 1.0, 0.0) if parts[0] else (0.0, 0.0, 1.0)
    if op in ("min", "max", "coalesce"):
        taken = parts.index(value)
        return tuple(float(at == taken) for at in range(len(parts)))
    if op == "abs":
        return (1.0 if parts[0] >= 0 else -1.0,)
    if op is ast.USub:
        return (-1.0,)
    left, right = parts
    if op is ast.Mult:
        return right, left
    if op is ast.Div:
        return 1 / right, -value / right
    if op is ast.Pow:
        return _slope_in_base(left, right, value), _slope_in_exponent(left, right, value)
    return 1.0, 1.0 if op is ast.Add else -1.0


def _slope_in_base(base: float, exponent: float, power: float) -> float:
    if base:
        return power * exponent / base
    return {0.0: 0.0, 1.0: 1.0}.get(exponent, 0.0 if exponent > 1 else math.nan)


def _slope_in_exponent(base: float, exponent: float, power: float) -> float:
    """How a power moves with its exponent; below nought there are powers of whole numbers only, and none between them."""
    if base > 0:
        return power * math.log(base)
    return 0.0 if base == 0 and exponent > 0 else math.nan
