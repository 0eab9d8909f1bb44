"""Quality: what a second look at all values of the columns shows; it costs a pass of its own, so only who inspects asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.days import clock_gaps
from clvcli.exports.fates import is_empty
from clvcli.exports.ledger import counted
from clvcli.exports.plans import Plan

_ERRORS = ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!")
"""What spreadsheets write where a formula failed."""
_MARKED = r"""^\s*(?:="|')|[\u200b-\u200f\u2060\ufeff\u00ad\u202a-\u202e\u00a0]|^\s|\s$"""


@dataclass(frozen=True)
class Quality:
    """How many values of each column are empty, and sentences on what else is odd in a file."""

    blank: Mapping[str, int]
    remarks: Sequence[str]


def quality(plan: Plan) -> Quality:
    """The quality of the columns of one file that have a role; raises InputError if the file is gone since it was read."""
    try:
        return _looked_at(plan)
    except OSError as error:
        raise InputError(Problem(f"can't be read a second time: {error.strerror or error}", Place(plan.of.file.name))) from None


def _looked_at(plan: Plan) -> Quality:
    columns = [c for c in dict.fromkeys([*plan.roles.of.values(), *plan.roles.customers, *plan.roles.numbers]) if c in plan.of.schema]
    texts = [c for c in columns if plan.of.schema[c] == pl.String]
    ids = [c for c in (*plan.roles.customers, plan.roles.of.get("order_id", "")) if c in texts]
    counts = [is_empty(pl.col(c).cast(pl.String)).sum().alias(f"blank:{c}") for c in columns]
    errors = [pl.col(c).str.strip_chars().is_in(_ERRORS).sum().alias(f"error:{c}") for c in texts]
    marked = [pl.col(c).str.contains(_MARKED).sum().alias(f"marked:{c}") for c in dict.fromkeys(ids)]
    found = plan.of.frame.select(*counts, *errors, *marked).collect().row(0, named=True)
    blank = {c: found[f"blank:{c}"] for c in columns}
    return Quality(blank, [*_said(found), *_again(plan), *_clock(plan)])


def _said(found: Mapping[str, int]) -> Iterator[str]:
    kinds = {
        "error": "values are errors of a spreadsheet, and count as empty or unreadable",
        "marked": "ids had marks or blanks around them, which were taken off",
    }
    for key, count in found.items():
        kind, _, column = key.partition(":")
        if count and kind in kinds:
            yield f"[{column}] {count:,} {kinds[kind]}"


def _again(plan: Plan) -> Iterator[str]:
    """Lines of an order that stand twice: they may be two of a thing, so they count."""
    if plan.grain != "line":
        return
    columns = [c for c in plan.of.schema if not c.startswith("clv:")]
    dated = plan.of.frame.filter(~is_empty(pl.col(plan.roles.of["ordered_at"]).cast(pl.String)))
    records, different = dated.select(pl.len(), pl.struct(columns).hash().n_unique().alias("n")).collect().row(0)
    if records > different:
        yield f"equal to another in every column: {counted(records - different, 'record')}; as lines of orders they all count"


def _clock(plan: Plan) -> Iterator[str]:
    """Times that the shop's clock never showed, or showed twice."""
    column, tz = plan.roles.of["ordered_at"], plan.wishes.spelling.tz or plan.days.zone
    if not tz or plan.of.schema[column] != pl.String or not plan.days.has_clock:
        return
    skipped, twice = plan.of.frame.select(*clock_gaps(pl.col(column), plan.days, tz)).collect().row(0)
    if skipped or twice:
        yield f"[{column}] {skipped:,} times were skipped by the clock in {tz} and count an hour later; {twice:,} were shown twice and count as the first"
