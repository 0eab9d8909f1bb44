"""Kinds: records that say of themselves that they give money back, in a file that nobody knows."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.headers import words
from clvcli.exports.names import dictionary
from clvcli.exports.records import Records, line_of
from clvcli.exports.roles import Roles

_KINDS = frozenset({
    "type", "transaction type", "order type", "document type", "record type", "event", "event type", "kind", "operation",
    "typ", "art", "belegart", "vorgang", "vorgangsart", "transaktionsart", "tipo", "tipo documento", "tipo transazione", "tipo operazione",
    "type de transaction", "type de document", "nature", "tipo de documento", "tipo de transacción", "tipo de transação", "veids",
    "darījuma veids", "dokumenta veids",
})  # fmt: skip
"""What a column is called that says what kind of record each is."""
_GIVEN_BACK = frozenset({
    "refund", "refunds", "partial refund", "full refund", "credit note", "credit memo", "return", "chargeback", "reversal",
    "gutschrift", "rückerstattung", "erstattung", "retoure", "storno", "rückbuchung", "rimborso", "nota di credito", "nota credito", "reso",
    "remboursement", "avoir", "note de crédit", "reembolso", "devolución", "nota de crédito", "abono", "devolução", "estorno", "atmaksa",
    "kredītrēķins", "atgriešana",
})  # fmt: skip
_YES = frozenset({"true", "yes", "y", "1", "ja", "sì", "si", "oui", "sí", "sim", "jā", "x"})
_NO = frozenset({"false", "no", "n", "0", "nein", "non", "não", "nē", ""})


def refuse_unsigned(of: Records, roles: Roles) -> None:
    """Raises InputError where records are called refunds, and nothing takes their amounts off."""
    amount = roles.of.get("amount")
    if "amount" not in roles.guessed or amount is None:
        return
    for column in roles.columns:
        if words(column) in _KINDS and (value := _positive(of, column, amount)):
            sign = f"'-`{amount}` if `{column}` == \"{value}\" else `{amount}`'"
            raise _refusal(of, column, value, f"clv ... --map amount={sign}")
        if words(column) in dictionary()["refund"] and not roles.has("refund") and (value := _yes(of.sample(column))):
            sign = f"'`{amount}` if `{column}` == \"{value}\" else 0'"
            raise _refusal(of, column, value, f"clv ... --map refund={sign}")


def _positive(of: Records, column: str, amount: str) -> str:
    """The first kind of record that gives money back although its amounts have no minus; empty if there is none."""
    size = pl.col(amount).cast(pl.String)
    bare = size.str.contains("[1-9]") & ~size.str.contains("[-\u2212\u2013(]")
    kinds = of.frame.filter(bare).select(pl.col(column).cast(pl.String).unique()).collect().to_series().drop_nulls().sort()
    return next((kind for kind in kinds if words(kind) in _GIVEN_BACK), "")


def _yes(sample: Sequence[str]) -> str:
    """How a column of yes and no says yes; empty if it is none, or never does."""
    said = {value.strip().lower() for value in sample}
    return next((value.strip() for value in sample if value.strip().lower() in _YES), "") if said <= _YES | _NO else ""


def _refusal(of: Records, column: str, value: str, hint: str) -> InputError:
    problem = f"[{column}] '{value}' says that money was given back, and no column says how much. Nothing was dropped"
    return InputError(Problem(problem, Place(of.file.name, line_of(of, column, value)), hint))
