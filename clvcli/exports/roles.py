"""Roles: what each column of an export means: as the user maps it, as a preset says, by its name, or by what stands in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from clvcli.errors import KEY, InputError, Place, Problem, UsageError, nearest
from clvcli.exports.headers import folded, normal
from clvcli.expression import Expression, parse
from clvcli.privacy import masked

if TYPE_CHECKING:
    from clvcli.exports.guesses import Guess, Samples
    from clvcli.exports.preset_schema import Preset, Source


@dataclass(frozen=True)
class Role:
    """One thing a column can mean."""

    name: str
    kind: Literal["id", "day", "money", "number", "text"]
    description: str
    required: bool = False


ROLES: tuple[Role, ...] = (
    Role("customer_id", "id", "who placed the order", required=True),
    Role("email", "id", "the customer's e-mail address, where there is no customer_id"),
    Role("order_id", "id", "which order the record belongs to; without it every record is an order"),
    Role("ordered_at", "day", "when it was placed", required=True),
    Role("amount", "money", "what the record brought in, negative for a refund", required=True),
    Role("quantity", "number", "how many; with unit_price it makes the amount"),
    Role("unit_price", "number", "the price of one; with quantity it makes the amount"),
    Role("refund", "money", "what was given back of the amount, as a positive number"),
    Role("discount", "money", "what was taken off before the amount, as a positive number"),
    Role("tax", "money", "the tax in the amount"),
    Role("shipping", "money", "the shipping in the amount"),
    Role("cost", "money", "what the goods cost, in the same currency"),
    Role("currency", "text", "the currency of the amounts"),
    Role("status", "text", "what became of the order: paid, cancelled, pending …"),
    Role("cancelled_at", "text", "when the order was cancelled; empty if it wasn't"),
    Role("channel", "text", "where the customer came from"),
    Role("country", "text", "where the customer lives"),
    Role("product", "text", "what was bought"),
    Role("category", "text", "the kind of product"),
    Role("referred_by", "id", "the customer id of the one who referred this customer"),
    Role("once_per_order", "money", "an amount that stands on several records of an order and counts once, such as shipping"),
)
BY_NAME: Mapping[str, Role] = {role.name: role for role in ROLES}
_OPERATORS = "+-*/()<>=!`"
_AMOUNT_OF_PARTS = "quantity * unit_price"
_BESIDE_PRESETS = frozenset({"cost", "channel", "country", "product", "category", "referred_by"})
"""The roles that a column of their own name takes even where a preset says nothing of them."""


@dataclass(frozen=True, eq=False, repr=False)
class Roles:
    """For each role its column, its arithmetic over columns, or its one value; other columns are attributes by their own name.

    `customers` are the columns that may say who a customer is, the first that has a value counts.
    """

    columns: tuple[str, ...]
    of: Mapping[str, str] = field(default_factory=dict)
    arithmetic: Mapping[str, Expression] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    customers: tuple[str, ...] = ()
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For a role whose value stands in several columns, those after the first."""
    orders: tuple[str, ...] = ()
    """Where several columns may number orders, all of them; the first that has a value counts."""
    guessed: Mapping[str, str] = field(default_factory=dict)
    """The roles that were found by a name or values, not told, and why."""

    def column(self, name: str) -> str | None:
        """The export's column for a role or an attribute, by its own name in any case; None if there is none."""
        return self.of.get(name) if name in BY_NAME else found(name, self.columns)

    def has(self, name: str) -> bool:
        """Whether a role has a value of any kind."""
        return name in self.of or name in self.arithmetic or name in self.constants

    @property
    def numbers(self) -> list[str]:
        """The export's columns that must be numbers."""
        plain = [column for role, column in self.of.items() if BY_NAME[role].kind in ("money", "number")]
        inside = [c for e in self.arithmetic.values() for n in sorted(e.names - e.texts) if (c := found(n, self.columns))]
        return list(dict.fromkeys([*plain, *inside]))

    def attribute(self, name: str) -> str:
        """The export's column for an attribute; raises UsageError if there is none."""
        if (column := self.column(name)) is None:
            raise UsageError(Problem(f"no column '{name}' in the orders", hint=nearest(name, [*self.of, *self.columns])))
        return column


class MissingRoleError(InputError):
    """No column has a role that orders need; `so_far` is what the others mean."""

    def __init__(self, so_far: Roles, *problems: Problem) -> None:
        super().__init__(*problems)
        self.so_far = so_far


def roles(columns: Sequence[str], mapping: Mapping[str, str], samples: Samples, file: str, preset: Preset | None = None) -> Roles:
    """What the columns mean: `mapping` first, then the preset, then names that are a role's own, then what names and values suggest.

    A role mapped to nothing has no column. Raises MissingRoleError, with the columns and some values, if a required role has none.
    """
    for role in mapping:
        _refuse_unknown(role)
    given = {role: _target(role, target, columns, mapping, Place(file, 1)) if target else None for role, target in mapping.items()}
    meant = _by_preset(preset, columns, file) if preset else _by_name(columns, set(given), file)
    settled = {*given, *meant.of, *meant.arithmetic, *meant.constants}
    guessed = _guessed(columns, samples, settled, file) if not preset and _lacks(settled | _parts(meant, given)) else {}
    of = {**meant.of, **{role: one.column for role, one in guessed.items()}, **{r: t for r, t in given.items() if isinstance(t, str)}}
    arithmetic = {**meant.arithmetic, **{role: t for role, t in given.items() if isinstance(t, Expression)}}
    for role, target in given.items():
        of = {r: c for r, c in of.items() if r != role or c == target}
        arithmetic = {r: e for r, e in arithmetic.items() if r != role or e == target}
    if "amount" not in {*of, *arithmetic, *given} and {"quantity", "unit_price"} <= {*of, *arithmetic}:
        arithmetic["amount"] = parse(_AMOUNT_OF_PARTS)
    customers = _customers(of, arithmetic, meant, given)
    of = of if "customer_id" in of or not customers else {**of, "customer_id": customers[0]}
    constants = {role: value for role, value in meant.constants.items() if role not in given}
    orders = meant.orders if "order_id" not in given else ()
    found_ = Roles(
        tuple(columns), of, inputs_first(arithmetic), constants, customers, meant.joined, orders, {r: one.why for r, one in guessed.items()}
    )
    if missing := [role for role in ROLES if role.required and not found_.has(role.name)]:
        raise MissingRoleError(found_, _missing(missing, columns, samples, file, preset))
    return found_


def _guessed(columns: Sequence[str], samples: Samples, settled: set[str], file: str) -> Mapping[str, Guess]:
    """What names and values suggest; the room for that is opened only if there is need of it."""
    from clvcli.exports.guesses import guesses

    return guesses(columns, samples, settled, file)


def _parts(meant: Roles, given: Mapping[str, object]) -> set[str]:
    """The amount, if quantity and price make it."""
    return {"amount"} if {"quantity", "unit_price"} <= {*meant.of, *given} else set()


def _lacks(settled: set[str]) -> bool:
    """Whether a required role is still to be found; an e-mail address serves as a customer."""
    return any(role.required and role.name not in settled for role in ROLES) and not (
        {"ordered_at", "amount"} <= settled and settled & {"customer_id", "email"}
    )


def _customers(of: Mapping[str, str], arithmetic: Mapping[str, Expression], meant: Roles, given: Mapping[str, object]) -> tuple[str, ...]:
    """The columns that may say who a customer is, in order."""
    if isinstance(given.get("customer_id"), str):
        return (of["customer_id"],)
    if meant.customers and "customer_id" not in given:
        return meant.customers
    return tuple(of[role] for role in ("customer_id", "email") if role in of and role not in arithmetic)


def _by_name(columns: Sequence[str], given: set[str], file: str) -> Roles:
    """The columns that have a role's own name."""
    of = {role: column for role in BY_NAME if role not in given and (column := _own_name(role, columns, file))}
    return Roles(tuple(columns), of)


def _by_preset(preset: Preset, columns: Sequence[str], file: str) -> Roles:
    """The columns that a preset names."""
    of: dict[str, str] = {}
    arithmetic: dict[str, Expression] = {}
    constants: dict[str, str] = {}
    joined: dict[str, tuple[str, ...]] = {}
    customers: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    for role, source in preset.columns.items():
        there = [column for name in source.any if (column := _there(name, columns))]
        if role == "customer_id":
            customers = tuple(dict.fromkeys(there))
        if role == "order_id" and len(there) > 1:
            orders = tuple(dict.fromkeys(there))
        if source.text:
            arithmetic |= {role: made} if (made := _over_there(source, columns)) else {}
        elif source.value:
            constants[role] = source.value
        elif source.join:
            parts = [next((c for name in names if (c := _there(name, columns))), None) for names in source.join]
            if parts[0]:
                of[role] = parts[0]
                joined[role] = tuple(part for part in parts[1:] if part)
        elif there:
            of[role] = there[0]
    for role in _BESIDE_PRESETS - preset.columns.keys():
        if column := _own_name(role, columns, file):
            of[role] = column
    return Roles(tuple(columns), of, arithmetic, constants, customers, joined, orders)


def _there(name: str, columns: Sequence[str]) -> str | None:
    return next((column for column in columns if normal(column) == normal(name)), None)


def _over_there(source: Source, columns: Sequence[str]) -> Expression | None:
    """A preset's arithmetic over the columns that are there; one that isn't counts as empty. None if none is."""
    expression = parse(source.text)
    names = {name: _there(name, columns) for name in expression.names if name not in BY_NAME}
    if names and not any(names.values()):
        return None
    text = source.text
    for name, column in names.items():
        text = text.replace(f"`{name}`", f"`{column}`" if column else "(0 / 0)")
    return parse(text)


def inputs_first(arithmetic: Mapping[str, Expression]) -> dict[str, Expression]:
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


def _missing(missing: Sequence[Role], columns: Sequence[str], samples: Samples, file: str, preset: Preset | None) -> Problem:
    what = "; ".join(f"{role.name} ({role.description})" for role in missing)
    for role in missing:
        if preset and role.name in preset.refuse_without:
            return Problem(preset.refuse_without[role.name], Place(file, 1), f"clv ... --map {role.name}=COLUMN")
    width = max(map(len, columns))
    seen = "\n".join(f"  {name:<{width}}  {', '.join(masked(v)[:24] for v in samples[name][:3])}" for name in columns)
    maps = " ".join(f"--map {role.name}=COLUMN" for role in missing)
    counted = "\nwithout any amount, --map amount=1 counts orders alone" if any(role.name == "amount" for role in missing) else ""
    return Problem(f"no column for {what}\nthe columns, with their first values:\n{seen}", Place(file, 1), f"clv ... {maps}{counted}")


def _quoted(name: str) -> str:
    return name if name.isidentifier() else f"'{name}'"
