"""Roles: what each column of an export means, by name or as the user maps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from clvcli.errors import KEY, InputError, Place, Problem, UsageError, nearest
from clvcli.expression import Expression, parse


@dataclass(frozen=True)
class Role:
    """One thing a column can mean."""

    name: str
    kind: Literal["id", "day", "money", "number", "text"]
    description: str
    required: bool = False


ROLES: tuple[Role, ...] = (
    Role("customer_id", "id", "who placed the order", required=True),
    Role("order_id", "id", "which order the record belongs to; without it every record is an order"),
    Role("ordered_at", "day", "when it was placed", required=True),
    Role("amount", "money", "what the record brought in, negative for a refund", required=True),
    Role("quantity", "number", "how many; with unit_price it makes the amount"),
    Role("unit_price", "number", "the price of one; with quantity it makes the amount"),
    Role("cost", "money", "what the goods cost, in the same currency"),
    Role("currency", "text", "the currency of the amounts"),
    Role("channel", "text", "where the customer came from"),
    Role("country", "text", "where the customer lives"),
    Role("product", "text", "what was bought"),
    Role("category", "text", "the kind of product"),
    Role("referred_by", "id", "the customer id of the one who referred this customer"),
)
BY_NAME: Mapping[str, Role] = {role.name: role for role in ROLES}
_OPERATORS = "+-*/()<>=!`"
_AMOUNT_OF_PARTS = "quantity * unit_price"


@dataclass(frozen=True)
class Roles:
    """For each role its column or its arithmetic over columns; other columns are attributes by their own name."""

    columns: tuple[str, ...]
    of: Mapping[str, str] = field(default_factory=dict)
    arithmetic: Mapping[str, Expression] = field(default_factory=dict)

    def column(self, name: str) -> str | None:
        """The export's column for a role or an attribute, by its own name in any case; None if there is none."""
        return self.of.get(name) if name in BY_NAME else found(name, self.columns)

    @property
    def numbers(self) -> list[str]:
        """The export's columns that must be numbers."""
        plain = [column for role, column in self.of.items() if BY_NAME[role].kind in ("money", "number")]
        inside = [c for e in self.arithmetic.values() for n in sorted(e.names) if (c := found(n, self.columns))]
        return list(dict.fromkeys([*plain, *inside]))

    def attribute(self, name: str) -> str:
        """The export's column for an attribute; raises UsageError if there is none."""
        if (column := self.column(name)) is None:
            raise UsageError(Problem(f"no column '{name}' in the orders", hint=nearest(name, [*self.of, *self.columns])))
        return column


def folded(name: str) -> str:
    """A name without case, blanks and punctuation: `Customer ID` and `customer_id` are one."""
    return "".join(c for c in name.casefold() if c.isalnum())


def roles(columns: Sequence[str], mapping: Mapping[str, str], samples: Mapping[str, Sequence[str]], file: str) -> Roles:
    """What the columns mean: `mapping` first, then names that are a role's own; a role mapped to nothing has no column.

    Raises InputError, with the columns and some values, if a required role has no column.
    """
    for role in mapping:
        _refuse_unknown(role)
    given = {role: _target(role, target, columns, mapping, Place(file, 1)) if target else None for role, target in mapping.items()}
    of = {role: t for role, t in given.items() if isinstance(t, str)}
    arithmetic = {role: t for role, t in given.items() if isinstance(t, Expression)}
    for role in BY_NAME:
        if role not in given and (column := _own_name(role, columns, file)):
            of[role] = column
    if "amount" not in {*of, *arithmetic} and {"quantity", "unit_price"} <= of.keys():
        arithmetic["amount"] = parse(_AMOUNT_OF_PARTS)
    arithmetic = _inputs_first(arithmetic)
    missing = [role for role in ROLES if role.required and role.name not in {*of, *arithmetic}]
    if missing:
        raise _missing(missing, columns, samples, file)
    return Roles(tuple(columns), of, arithmetic)


def _inputs_first(arithmetic: Mapping[str, Expression]) -> dict[str, Expression]:
    """The arithmetic, each role after those it reads; its own name in it means the column.

    Raises UsageError for roles that read each other.
    """
    done: dict[str, Expression] = {}
    while len(done) < len(arithmetic):
        waiting = {role: e for role, e in arithmetic.items() if role not in done}
        ready = {role: e for role, e in waiting.items() if not (e.names - {role}) & waiting.keys()}
        if not ready:
            raise UsageError(Problem(f"{' and '.join(waiting)} are worked out of each other", hint="map one of them to a column"))
        done |= ready
    return done


def _refuse_unknown(role: str) -> None:
    if role not in BY_NAME:
        raise UsageError(Problem(f"'{role}' is no role a column can have", hint=nearest(role, BY_NAME), setting=("columns", role, KEY)))


def _target(role: str, target: str, columns: Sequence[str], mapping: Mapping[str, str], place: Place) -> str | Expression:
    """The column a role is mapped to, or the arithmetic that makes it."""
    is_number = BY_NAME[role].kind in ("money", "number")
    may_be_arithmetic = is_number and any(c in _OPERATORS for c in target)
    if column := target if target in columns else None if may_be_arithmetic else found(target, columns):
        return column
    if is_number and not target.isidentifier():
        expression = parse(target, Place(f"{role} =", column=1, text=target))
        if expression.is_condition:
            raise UsageError(
                Problem(f"{role}: '{target}' is a condition, not a number", hint="map it to a column, or to arithmetic over columns")
            )
        known = {*mapping, "quantity", "unit_price"}
        if strange := sorted(n for n in expression.names if n not in known and not found(n, columns)):
            raise UsageError(Problem(f"{role}: no column '{strange[0]}' in the orders", place, nearest(strange[0], columns)))
        return expression
    raise UsageError(Problem(f"{role}: no column '{target}' in the orders", place, nearest(target, columns)))


def found(name: str, columns: Sequence[str]) -> str | None:
    """The column of that name: exactly, else the only one that differs in case and punctuation alone."""
    if name in columns:
        return name
    alike = [column for column in columns if folded(column) == folded(name)]
    return alike[0] if len(alike) == 1 and folded(name) else None


def _own_name(role: str, columns: Sequence[str], file: str) -> str | None:
    alike = [column for column in columns if folded(column) == folded(role)]
    if len(alike) > 1 and role not in alike:
        problem = Problem(
            f"{' and '.join(alike)} could both be {role}", Place(file, 1), f"choose one with --map {role}={_quoted(alike[0])}"
        )
        raise InputError(problem)
    return role if role in alike else (alike[0] if alike else None)


def _missing(missing: Sequence[Role], columns: Sequence[str], samples: Mapping[str, Sequence[str]], file: str) -> InputError:
    what = "; ".join(f"{role.name} ({role.description})" for role in missing)
    width = max(map(len, columns))
    seen = "\n".join(f"  {name:<{width}}  {', '.join(v[:24] for v in samples[name][:3])}" for name in columns)
    maps = " ".join(f"--map {role.name}=COLUMN" for role in missing)
    return InputError(Problem(f"no column for {what}\nthe columns, with their first values:\n{seen}", Place(file, 1), f"add {maps}"))


def _quoted(name: str) -> str:
    return name if name.isidentifier() else f"'{name}'"
