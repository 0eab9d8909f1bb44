"""Spend columns: what the columns of a report on advertising mean, as the user maps them, or by their names in seven languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from clvcli.errors import KEY, InputError, Place, Problem, UsageError, nearest
from clvcli.exports.currencies import CODES
from clvcli.exports.headers import without_currency, words
from clvcli.exports.ids import NOTHING
from clvcli.exports.names import dictionary
from clvcli.exports.records import Records
from clvcli.exports.roles import found
from clvcli.exports.spend_wording import setting, typed
from clvcli.privacy import masked

ROLES: Mapping[str, str] = {
    "date": "the day of the spend, or its month",
    "month": "its month",
    "week": "the first day of its week",
    "year": "its year, where that isn't in the month",
    "start": "its first day",
    "end": "its last day",
    "channel": "where it was spent",
    "amount": "what was spent",
    "currency": "the currency of the amounts",
}
"""What a column of a report can mean."""
_FILE = "spend_names.yaml"
_TIMES = (("date",), ("month",), ("week",), ("start", "end"), ("start",))
_CHANNELS = ("channel", "source", "platform", "campaign")
_AGAIN = re.compile(r"#[0-9]+$")
_CURRENCY = re.compile(r",? ?(?:in )?[(\[]([a-z]{3}|[$€£¥])[)\]]$|,? ?(?:in )?([$€£¥])$| (?:in )?([a-z]{3})$")
_SPENT = re.compile(r"\b(?:ads?|media)\b|spe[ns]|advert|market|gast|dépens|ausg|werb|publici|pubblici|tērē|tēriņ|reklām|usado|invest")
"""Words in the headers of amounts that are spent, not earned."""
_ORDERED = re.compile(r"order|auftrag|bestell|ordin|commande|pedido|encomenda|pasūtīj")
_HALF = 0.5


@dataclass(frozen=True, eq=False, repr=False)
class SpendColumns:
    """For each role its column; `labels` are all columns that divide the spend, the channel first."""

    of: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    currency: str = ""
    """The currency that the amount's header names."""
    notes: tuple[str, ...] = ()

    @property
    def time(self) -> tuple[str, ...]:
        """The columns that say when."""
        return tuple(self.of[role] for role in ("date", "month", "week", "start", "end") if role in self.of)


def refuse_unknown(mapping: Mapping[str, str], files: Sequence[Records]) -> None:
    """Raises UsageError for a role that there isn't, or a column that none of the files has."""
    for role, target in mapping.items():
        if role not in ROLES:
            raise UsageError(Problem(f"'{role}' is no role a column of spend can have", hint=nearest(role, ROLES), setting=_way(role, KEY)))
        if target and not any(found(target, one.columns) for one in files):
            columns = dict.fromkeys(column for one in files for column in one.columns)
            raise UsageError(Problem(f"{role}: no column '{target}' in the spend", hint=nearest(target, columns), setting=_way(role)))


def _way(*path: str) -> tuple[str, ...]:
    return ("spend", "columns", *path)


def spend_columns(of: Records, mapping: Mapping[str, str]) -> SpendColumns:
    """What the columns of a file mean; a role mapped to nothing has no column.

    Raises InputError for a file that looks like orders, and with the columns that are there if none says when or how much.
    """
    given = {role: column for role, target in mapping.items() if (column := found(target, of.columns) if target else "") is not None}
    if not given.get("amount"):
        _refuse_orders(of)
    time = _time(of, given)
    of_roles = {**time, **{role: column for role in ("amount", "currency") if (column := _column(of, role, given))}}
    if missing := [role for role in ("date", "amount") if not (time if role == "date" else role in of_roles)]:
        raise InputError(_missing(missing, of))
    labels = {column: kind for kind in (*_CHANNELS, "detail") for column in _candidates(of, kind) if column not in of_roles.values()}
    likely = next((column for column, kind in labels.items() if kind in _CHANNELS), "")
    channel = given.get("channel", likely)
    of_roles |= {"channel": channel} if channel else {}
    notes = [*_said_of_channel(of, channel, labels, given), *_said_of_amount(of, of_roles["amount"], given)]
    every = tuple(dict.fromkeys([channel, *labels] if channel else labels))
    return SpendColumns(of_roles, every, _currency(of_roles["amount"]), tuple(notes))


def _time(of: Records, given: Mapping[str, str]) -> dict[str, str]:
    """The columns that say when: those that are mapped, else those by which it is said most plainly."""
    told = {role: column for roles in _TIMES for role in roles if (column := given.get(role))}
    if not told:
        told = next((there for roles in _TIMES if len(there := {r: c for r in roles if (c := _column(of, r, given))}) == len(roles)), {})
    for one, other in (("start", "end"), ("end", "start"), ("month", "year")):
        if one in told and other not in told and (column := _column(of, other, given)):
            told[other] = column
    return {} if "end" in told and "start" not in told else told


def _column(of: Records, role: str, given: Mapping[str, str]) -> str:
    """The column of a role; empty if it has none. Raises InputError where two are as likely."""
    if role in given:
        return given[role]
    likely = _candidates(of, role)
    rest = [column for column in likely[1:] if _rank(role, column) == _rank(role, likely[0]) and _differ(of, likely[0], column)]
    if rest:
        problem = f"[header] {likely[0]} and {rest[0]} could both be {role}. Nothing was dropped"
        raise InputError(Problem(problem, Place(of.file.name, 1), typed(columns={role: likely[0]})))
    return likely[0] if likely else ""


def _candidates(of: Records, role: str) -> list[str]:
    """The columns that are called like a role and have values that may be, the likeliest first."""
    ranks = {column: rank for column in of.columns if (rank := _rank(role, column)) and _fits(role, of.sample(column))}
    return sorted(ranks, key=lambda column: (ranks[column], of.columns.index(column)))


def _rank(role: str, column: str) -> tuple[int, int] | None:
    """How likely a column has a role by its name, the least the likeliest; a name with a currency behind it after those without."""
    names = dictionary(_FILE)[role]
    name = words(_AGAIN.sub("", column))
    bare = [name, *([_CURRENCY.sub("", name), without_currency(name)] if role == "amount" else [])]
    return next(((names[one], int(n > 0)) for n, one in enumerate(bare) if one in names), None)


def _fits(role: str, sample: Sequence[str]) -> bool:
    """Whether a column has values, and where they should be dates or numbers, half of them have digits."""
    given = [value for value in sample if value.strip() not in ("", *NOTHING)]
    if role not in ("date", "week", "year", "start", "end", "amount"):
        return bool(given)
    return bool(given) and sum(any(map(str.isdigit, value)) for value in given) >= _HALF * len(given)


def _differ(of: Records, one: str, other: str) -> bool:
    return bool(of.frame.select(pl.col(one).ne_missing(pl.col(other)).any()).collect().item())


def _currency(column: str) -> str:
    """The currency that a header names behind the amount; empty if it names none."""
    name = words(_AGAIN.sub("", column))
    if not (behind := _CURRENCY.search(name)) or (behind[3] and without_currency(name) == name):
        return ""
    code = next(part for part in behind.groups() if part)
    return CODES.get(code, code.upper())


def _said_of_channel(of: Records, channel: str, labels: Mapping[str, str], given: Mapping[str, str]) -> Iterator[str]:
    others = [column for column, kind in labels.items() if kind in _CHANNELS and column != channel]
    if "channel" in given:
        return
    if not channel:
        yield f"{of.file.name}: no column says the channel; where one does, {setting(columns={'channel': 'COLUMN'})} names it"
    elif others:
        yield f"{of.file.name}: the channel is [{channel}], not {_listed(others)}; {setting(columns={'channel': others[0]})} decides otherwise"
    elif labels[channel] == "campaign":
        yield f"{of.file.name}: each [{channel}] counts as a channel, since no other column says which it was"


def _said_of_amount(of: Records, amount: str, given: Mapping[str, str]) -> Iterator[str]:
    others = (
        [] if "amount" in given else [column for column in _candidates(of, "amount") if column != amount and _differ(of, amount, column)]
    )
    if others:
        yield f"{of.file.name}: the amount is [{amount}], not {_listed(others)}; {setting(columns={'amount': others[0]})} decides otherwise"


def _listed(columns: Sequence[str]) -> str:
    return " or ".join(f"[{column}]" for column in columns)


def _refuse_orders(of: Records) -> None:
    """Raises InputError for a file in which customers or orders are numbered, and nothing says that it is about advertising."""
    amounts = _candidates(of, "amount")
    if _candidates(of, "ads") or any(_SPENT.search(words(column)) for column in amounts):
        return
    orders = {name for name in dictionary()["order_id"] if _ORDERED.search(name)}
    people = set() if _candidates(of, "campaign") else dictionary()["customer_id"].keys() | dictionary()["email"].keys()
    ids = [column for column in of.columns if words(column) in people | orders and _fits("", of.sample(column))]
    if ids:
        problem = f"[{ids[0]}] this looks like orders, not like what was spent on advertising. Nothing was dropped"
        hint = f"give the file of what was spent; if this is it, {typed(columns={'amount': amounts[0] if amounts else 'COLUMN'})}"
        raise InputError(Problem(problem, Place(of.file.name, 1), hint))


def _missing(missing: Sequence[str], of: Records) -> Problem:
    """What to say of a file in which nothing says when or how much, with the columns and some values."""
    what = "; ".join(f"{role} ({ROLES[role]})" for role in missing)
    width = max(map(len, of.columns))
    seen = "\n".join(f"  {name:<{width}}  {', '.join(masked(v)[:24] for v in of.sample(name)[:3])}" for name in of.columns)
    hint = typed(columns=dict.fromkeys(missing, "COLUMN"))
    return Problem(f"no column for {what}\nthe columns, with their first values:\n{seen}", Place(of.file.name, 1), hint)
