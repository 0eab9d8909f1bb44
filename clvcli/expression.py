"""Arithmetic written as text, over numbers and over frames.

The text is parsed by Python's `ast` and checked against a whitelist; nothing is ever
evaluated as Python. What is unknown stays unknown: null in gives null out, and so does
a division by zero or a result too large for a number.

>>> parse("revenue / orders").number({"revenue": 30.0, "orders": 4.0})
7.5
>>> parse("revenue / orders").number({"revenue": 30.0, "orders": 0.0}) is None
True
>>> sorted(parse("aov * margin - cac").names)
['aov', 'cac', 'margin']
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any

import narwhals.stable.v2 as nw

from clvcli.errors import Place
from clvcli.syntax import is_text, syntax_tree

_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
Value = float | bool | str | None


@dataclass(frozen=True)
class Expression:
    """A formula or a condition that has been read and found to be arithmetic."""

    text: str
    tree: ast.expr = field(repr=False, compare=False)
    place: Place = field(default=Place(), repr=False, compare=False)
    quoted: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names it reads; never stated twice, so never out of step."""
        calls = {id(n.func) for n in ast.walk(self.tree) if isinstance(n, ast.Call)}
        found = (n for n in ast.walk(self.tree) if isinstance(n, ast.Name) and id(n) not in calls)
        return frozenset(self._meant(n) for n in found)

    @property
    def is_condition(self) -> bool:
        """Whether it is true or false rather than a number."""
        node = self.tree
        return isinstance(node, ast.Compare | ast.BoolOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))

    @property
    def texts(self) -> frozenset[str]:
        """The names that are compared with text, as `channel` in `channel == "web"`."""
        pairs = ((n.left, n.comparators[0]) for n in ast.walk(self.tree) if isinstance(n, ast.Compare))
        both = ((a, b) for pair in pairs for a, b in (pair, pair[::-1]))
        return frozenset(self._meant(a) for a, b in both if isinstance(a, ast.Name) and is_text(b))

    def place_of(self, name: str) -> Place:
        """Where `name` first stands."""
        found = [n.col_offset for n in ast.walk(self.tree) if isinstance(n, ast.Name) and self._meant(n) == name]
        return self.place.moved(min(found, default=0))

    def spelled(self, shown: Mapping[str, str]) -> str:
        """Its text with names written as something else, such as their numbers."""
        pattern = re.compile(r"`[^`]+`|\b[^\W\d]\w*\b")
        return pattern.sub(lambda m: shown.get(m.group().strip("`"), m.group()), self.text)

    def number(self, values: Mapping[str, Value]) -> float | None:
        """Its value over numbers; null where it is undefined."""
        empty = {name: "" for name in self.texts if values.get(name) is None}
        result = self.worked_out(self.tree, {**values, **empty}, over_numbers)
        return None if result is None else float(result)

    def frame(self, columns: Mapping[str, nw.Expr]) -> nw.Expr:
        """Its value over a frame's columns; null where it is undefined. A missing text is an empty one."""
        texts = {name: columns[name].fill_null("") for name in self.texts}
        result = self.worked_out(self.tree, {**columns, **texts}, _over_frames)
        result = result if isinstance(result, nw.Expr) else nw.lit(result)
        return result if self.is_condition else nw.when(result.is_finite()).then(result)

    def _meant(self, node: ast.Name) -> str:
        return self.quoted.get(node.id, node.id)

    def worked_out(self, node: ast.expr, values: Mapping[str, Any], apply: Callable[..., Any]) -> Any:
        """What a node of the tree comes to, each step made by `apply` of its operator or function and its parts."""

        def inner(child: ast.expr) -> Any:
            return self.worked_out(child, values, apply)

        match node:
            case ast.Name():
                return values[self._meant(node)]
            case ast.Constant(value=value):
                return value if isinstance(value, str) else float(value)  # type: ignore[arg-type]
            case ast.UnaryOp(op=op, operand=operand):
                return apply(type(op), inner(operand))
            case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
                return apply(type(op), inner(left), inner(right))
            case ast.BoolOp(op=op, values=parts):
                return reduce(lambda a, b: apply(type(op), a, b), map(inner, parts))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return apply(name, *map(inner, arguments))
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                return apply("if", *map(inner, (test, body, otherwise)))
        raise AssertionError(ast.dump(node))  # parse() lets nothing else through


def over_numbers(op: type[ast.AST] | str, *values: Value) -> Value:
    """One step over numbers, with the three-valued logic of SQL for conditions."""
    if op is ast.And:
        return False if False in values else None if None in values else True
    if op is ast.Or:
        return True if True in values else None if None in values else False
    if op == "coalesce":
        return next((value for value in values if value is not None), None)
    if op == "if":
        return None if values[0] is None else values[1] if values[0] else values[2]
    if None in values:
        return None
    if isinstance(op, str):
        return abs(values[0]) if op == "abs" else {"min": min, "max": max}[op](values)  # type: ignore[arg-type, type-var]
    if op is ast.Not:
        return not values[0]
    try:
        result = -values[0] if op is ast.USub else _BINARY[op](*values)  # type: ignore[operator]
    except (ZeroDivisionError, OverflowError):
        return None
    return result if isinstance(result, bool) or (isinstance(result, int | float) and math.isfinite(result)) else None


def _over_frames(op: type[ast.AST] | str, *values: Any) -> Any:
    """One step over columns; a constant subexpression is worked out as a number."""
    if not any(isinstance(v, nw.Expr) for v in values):
        return over_numbers(op, *values)
    if isinstance(op, str):
        return _called(op, *values)
    if op is ast.And:
        return _truth(values[0]) & _truth(values[1])
    if op is ast.Or:
        return _truth(values[0]) | _truth(values[1])
    if op is ast.Not:
        return ~values[0]
    if op is ast.USub:
        return -values[0]
    left, right = map(_column, values)
    result = _BINARY[op](left, right)
    if op is ast.Pow:
        return nw.when(result.is_finite()).then(result)
    return nw.when(right != 0).then(result) if op is ast.Div else result


def _called(name: str, *values: Any) -> nw.Expr:
    """A function of columns; unknown in gives unknown out, except where that is what it is for."""
    if name == "if":
        test = _truth(values[0])
        return nw.when(test).then(_column(values[1])).otherwise(nw.when(~test).then(_column(values[2])))
    given = [_column(value) for value in values]
    if name == "coalesce":
        return nw.coalesce(*given)
    if name == "abs":
        return given[0].abs()
    known = nw.all_horizontal(*(~value.is_null() for value in given), ignore_nulls=False)
    return nw.when(known).then(nw.min_horizontal(*given) if name == "min" else nw.max_horizontal(*given))


def _column(value: Any) -> nw.Expr:
    return value if isinstance(value, nw.Expr) else nw.lit(value)


def _truth(value: Any) -> nw.Expr:
    return value if isinstance(value, nw.Expr) else nw.lit(value, dtype=nw.Boolean())


def parse(text: str, place: Place | None = None) -> Expression:
    """Read `text`; a name with spaces stands in backticks.

    `place` is where the text begins, so that an error points into the file it came from.
    Raises ConfigError at the first thing that isn't arithmetic.
    """
    place = place or Place(text=text, column=1)
    tree, quoted = syntax_tree(text, place)
    return Expression(text, tree, place, quoted)
