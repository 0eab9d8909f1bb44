"""Plan: all that is settled about one file before its records are read: what its columns mean and how they are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.currencies import minor_units
from clvcli.exports.days import DayFormat
from clvcli.exports.formats import Values, day_format, decimal_proven, number_format
from clvcli.exports.headers import normal
from clvcli.exports.ids import VALUE
from clvcli.exports.numbers import NumberFormat, signs
from clvcli.exports.records import Records, line_of
from clvcli.exports.roles import BY_NAME, Roles, found
from clvcli.exports.spelling import Spelling
from clvcli.exports.statuses import Verdicts, verdicts
from clvcli.expression import Expression

if TYPE_CHECKING:
    from clvcli.exports.preset_schema import Preset, Source

Grain = Literal["order", "line", "header_and_lines", "repeated"]
GRAINS: Mapping[str, str] = {
    "order": "one record per order",
    "line": "records of one order are summed",
    "header_and_lines": "an order's values stand on its first record only",
    "repeated": "an order's values are repeated on all its records",
}
"""How records make orders, in words."""


@dataclass(frozen=True, eq=False, repr=False)
class Wishes:
    """What the user settles about the meaning of records; empty where it is for the preset or for clv."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    spelling: Spelling = field(default_factory=Spelling)
    grain: str = ""
    identity: str = ""
    tax: str = ""
    shipping: str = ""
    minor_units: bool | None = None
    statuses: Mapping[str, str] = field(default_factory=dict)
    anonymous: tuple[str, ...] = ()
    allow_anonymous: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """What one file's columns mean, how each is written, and how its records make orders."""

    of: Records
    roles: Roles
    preset: Preset | None
    wishes: Wishes
    numbers: Mapping[str, NumberFormat]
    days: DayFormat
    grain: Grain
    is_grain_certain: bool
    statuses: Verdicts | None
    removed: tuple[str, ...] = ()
    """What policy takes out of the amount: tax, shipping."""
    settled: bool = False
    """Whether the columns in the account's own currency are read."""
    also_status: str = ""
    """Another column that says what became of an order, where nobody said which; it may know which were cancelled."""
    source: str = ""
    """What stands before ids, where exports of several platforms are read together."""

    @property
    def is_whole_order(self) -> bool:
        """Whether an order's values are taken once, not summed over its records."""
        return self.grain in ("header_and_lines", "repeated")

    @property
    def guests(self) -> tuple[str, ...]:
        """Ids of the first identity column that stand for nobody."""
        return (*(self.preset.guests if self.preset else ()), *self.wishes.anonymous)

    @property
    def nothing(self) -> tuple[str, ...]:
        """Words that stand for an empty field in this kind of export."""
        return self.preset.nothing if self.preset else ()

    @property
    def shown_grain(self) -> str:
        """How records make orders, in words."""
        return GRAINS[self.grain]


def _is_of_a_line(roles: Roles) -> bool:
    """Whether an amount is worked out of what surely is a line's own."""
    made = roles.arithmetic.get("amount")
    return made is not None and made.names == {"quantity", "unit_price"}


_MUST_BE_KNOWN = {"amount", "ordered_at", "order_id"}
"""The roles of which none is guessed in a file whose records are surely parts of their orders."""


def plan(of: Records, roles: Roles, preset: Preset | None, wishes: Wishes, *, thorough: bool = False) -> Plan:
    """The plan for a file; raises InputError where dates or numbers aren't certain."""
    grain = wishes.grain or (preset.grain if preset else "line")
    certain = bool(wishes.grain or preset or _is_of_a_line(roles) or not _MUST_BE_KNOWN & roles.guessed.keys())
    return Plan(
        of,
        roles,
        preset,
        wishes,
        _numbers(of, roles, preset, wishes, thorough=thorough),
        _days(of, roles, preset, wishes.spelling, thorough=thorough),
        grain,  # type: ignore[arg-type]  # checked where it comes from
        certain,
        verdicts(of.sample(roles.of["status"]), preset, wishes.statuses) if "status" in roles.of else None,
        removed=_removed(of, roles, preset, wishes),
        also_status=_other_status(of, roles),
    )


def _other_status(of: Records, roles: Roles) -> str:
    """The column that says what became of an order as well as the one that was guessed."""
    if "status" not in roles.guessed:
        return ""
    from clvcli.exports.guesses import candidates

    return next((column for column in candidates("status", roles.columns, of.samples) if column != roles.of["status"]), "")


def doubtful_formats(of: Records, roles: Roles, preset: Preset | None, wishes: Wishes) -> Iterator[Problem]:
    """What is not certain of how the columns are written that have a role."""
    checks: list[Callable[[], object]] = [lambda: _numbers(of, roles, preset, wishes, thorough=False)]
    checks += [lambda: _days(of, roles, preset, wishes.spelling, thorough=False)] if "ordered_at" in roles.of else []
    for check in checks:
        try:
            check()
        except InputError as error:
            yield from error.problems


def values_of(of: Records, column: str) -> Values:
    """The values of one text column, for a decision over all of them."""
    every = of.frame.select(pl.col(column).cast(pl.String).alias(VALUE))
    return Values(of.file.name, column, of.sample(column), lambda: every, lambda value: line_of(of, column, value))


def _is_text(of: Records, column: str) -> bool:
    return of.schema[column] == pl.String


def _numbers(of: Records, roles: Roles, preset: Preset | None, wishes: Wishes, *, thorough: bool) -> dict[str, NumberFormat]:
    """How each column of numbers is written; one that proves nothing follows the others."""
    extracted = {roles.of[role] for role, source in preset.columns.items() if source.sum_of and role in roles.of} if preset else set()
    columns = [column for column in roles.numbers if _is_text(of, column) and column not in extracted]
    values = {column: values_of(of, column) for column in columns}
    others = ""
    formats: dict[str, NumberFormat] = {}
    undecided: list[str] = []
    for column in columns:
        try:
            formats[column] = number_format(values[column], wishes.spelling, thorough=thorough)
        except InputError as error:
            if "may be a thousand" not in str(error):
                raise
            undecided.append(column)
    if undecided:
        others = decimal_proven(list(values.values()))
        formats |= {column: number_format(values[column], wishes.spelling, others, thorough=True) for column in undecided}
    if not roles.has("currency"):
        for column, how in formats.items():
            if how.kind == "written" and (thorough or signs(values[column].sample)):
                _refuse_several(values[column], signs(values[column].every()))
    formats |= {c: NumberFormat("whole" if of.schema[c].is_integer() else "plain") for c in roles.numbers if of.schema[c].is_numeric()}
    minor = _minor(of, roles, preset, wishes, formats)
    money = {column for role, column in roles.of.items() if BY_NAME[role].kind == "money" or role == "unit_price"}
    return {column: replace(how, minor=minor if column in money else 1) for column, how in formats.items()}


def _refuse_several(of: Values, found: Mapping[str, str]) -> None:
    """Raises InputError for amounts that say themselves that they are in several currencies; `found` has an example of each."""
    if len(found) > 1:
        what = f"amounts are in several currencies: {', '.join(repr(value) for value in found.values())}"
        hint = "export one currency at a time, or with a column that says the currency"
        raise of.refusal(what, list(found.values())[-1], hint)


def refuse_several_currencies(plans: Sequence[Plan]) -> None:
    """Raises InputError for files whose amounts say that each file is in a currency of its own."""
    found: dict[str, str] = {}
    for one in plans if len(plans) > 1 else ():
        column = one.roles.of.get("amount", "")
        if column in one.numbers and one.numbers[column].kind == "written" and not one.roles.has("currency"):
            of = values_of(one.of, column)
            found = {**found, **signs(of.sample)}
            _refuse_several(of, found)


_LEAST_CENTS = 100
_MOSTLY = 0.8


_MOST_DIGITS = 18
"""A whole number of more is no amount, and Python reads none of thousands."""


def _minor(of: Records, roles: Roles, preset: Preset | None, wishes: Wishes, formats: Mapping[str, NumberFormat]) -> int:
    """How many of the file's units make a currency unit; raises InputError where whole numbers may be cents."""
    currency = roles.constants.get("currency") or next(
        (v for v in (of.sample(roles.of["currency"]) if "currency" in roles.of else ()) if v.strip()), ""
    )
    if wishes.minor_units is not None:
        return minor_units(currency) if wishes.minor_units else 1
    if currency and minor_units(currency) == 1:
        return 1
    if preset and preset.units != "ask":
        return minor_units(currency) if preset.units == "minor" else 1
    column = roles.of.get("amount")
    if column is None or column not in formats or formats[column].kind != "whole":
        return 1
    sample = [int(v) for value in of.sample(column) if (v := value.strip().lstrip("+-")).isdecimal() and len(v) <= _MOST_DIGITS and int(v)]
    large = sum(number >= _LEAST_CENTS for number in sample) >= _MOSTLY * len(sample) > 0
    like_an_api = currency.islower() or any(word in normal(column) for word in ("cents", "minor"))
    if not large or not (like_an_api or (preset and preset.units == "ask")):
        return 1
    problem = f"[{column}] whole numbers such as {sample[0]} may be units or cents. Nothing was dropped"
    raise InputError(
        Problem(problem, Place(of.file.name, line_of(of, column, str(sample[0]))), "clv ... --minor-units\nclv ... --major-units")
    )


def _days(of: Records, roles: Roles, preset: Preset | None, spelling: Spelling, *, thorough: bool) -> DayFormat:
    column = roles.of["ordered_at"]
    if of.schema[column].is_temporal():
        return DayFormat(zone=_zone(preset))
    return day_format(values_of(of, column), spelling, _order(of, column, preset), _zone(preset), thorough=thorough)


def _order(of: Records, column: str, preset: Preset | None) -> str:
    """Which of two numbers is the day in this kind of export; empty if that isn't certain of this file."""
    source = preset.columns.get("ordered_at") if preset else None
    if not source:
        return ""
    mark = next((m[0] for value in of.sample(column) if (m := _MARK.search(value))), "/")
    keys = {mark, *map(normal, of.columns)}
    orders = {"/" if source.order == "mdy" else mark: source.order} if isinstance(source.order, str) else source.order
    order = next((order for key, order in orders.items() if key in keys), "")
    return "" if order == "mdy" and not _may_be_month_first(of, source) else order


_MARK = re.compile("[./-]")


def _may_be_month_first(of: Records, source: Source) -> bool:
    """Whether the clocks of a file are all where the month may come first."""
    column = next((c for name in source.zone_column if (c := found(name, tuple(of.columns)))), None)
    zones = {value.strip().lower() for value in of.sample(column) if value.strip()} if column else set()
    return not source.month_first_in or all(any(fnmatchcase(zone, known) for known in source.month_first_in) for zone in zones)


def _zone(preset: Preset | None) -> str:
    source = preset.columns.get("ordered_at") if preset else None
    return source.zone if source else ""


def _removed(of: Records, roles: Roles, preset: Preset | None, wishes: Wishes) -> tuple[str, ...]:
    """What is taken out of the amount; raises InputError for what no column tells."""
    found_: list[str] = []
    for part, wish in (("tax", wishes.tax), ("shipping", wishes.shipping)):
        included = part in preset.includes if preset else True
        by_preset = bool(preset and part in preset.without and roles.has(part))
        if wish == "exclude" and included and not roles.has(part):
            raise InputError(
                Problem(f"no column says how much {part} is in the amount", Place(of.file.name, 1), f"clv ... --map {part}=COLUMN")
            )
        if (wish == "exclude" and included) or (by_preset and wish != "include"):
            found_.append(part)
    return tuple(found_)


def columns_of(expression: Expression, roles: Roles) -> Sequence[str]:
    """The file's columns that an expression reads."""
    return [column for name in sorted(expression.names) if (column := roles.column(name) or found(name, roles.columns))]
