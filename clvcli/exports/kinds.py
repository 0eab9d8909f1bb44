"""Kinds: records that say of themselves that they give money back, or sell nothing, in a file that nobody knows."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.headers import words
from clvcli.exports.names import NO, YES, dictionary
from clvcli.exports.records import Records, line_of
from clvcli.exports.roles import Roles, found
from clvcli.expression import Expression

_KINDS = frozenset({
    "type", "transaction type", "order type", "document type", "record type", "event", "event type", "kind", "operation",
    "typ", "art", "belegart", "vorgang", "vorgangsart", "transaktionsart", "tipo", "tipo documento", "tipo transazione", "tipo operazione",
    "type de transaction", "type de document", "nature", "tipo de documento", "tipo de transacción", "tipo de transação", "veids",
    "darījuma veids", "dokumenta veids", "belegtyp", "dokumentart", "dokumenttyp", "rechnungsart", "rechnungstyp", "doc type", "invoice type", "transaction kind",
    "document", "tipo di documento", "tipo doc", "tipo fattura", "type document", "type de pièce", "type de facture", "tipo de factura",
    "tipo de fatura", "tipo de operación",
})  # fmt: skip
"""What a column is called that says what kind of record each is."""
_GIVEN_BACK = frozenset({
    "refund", "refunds", "partial refund", "full refund", "credit note", "credit memo", "return", "chargeback", "reversal",
    "gutschrift", "rückerstattung", "erstattung", "retoure", "storno", "rückbuchung", "rimborso", "nota di credito", "nota credito", "reso",
    "remboursement", "avoir", "note de crédit", "reembolso", "devolución", "nota de crédito", "abono", "devolução", "estorno", "atmaksa",
    "kredītrēķins", "atgriešana", "credit", "credit invoice", "creditnote", "refund receipt", "sales return", "rechnungskorrektur",
    "stornorechnung", "rechnungsstorno", "korrekturrechnung", "facture d'avoir", "note d'avoir", "factura rectificativa", "rectificativa",
})  # fmt: skip
_NOT_SOLD = frozenset({
    "quote", "quotation", "estimate", "offer", "proposal", "proforma", "pro forma", "proforma invoice", "pro forma invoice", "delivery note",
    "packing slip", "bill", "expense", "angebot", "kostenvoranschlag", "lieferschein", "proformarechnung", "proforma rechnung", "preventivo",
    "offerta", "ddt", "documento di trasporto", "fattura proforma", "devis", "facture proforma", "facture pro forma", "bon de livraison",
    "presupuesto", "cotización", "albarán", "factura proforma", "orçamento", "proposta", "cotação", "guia de remessa", "fatura proforma",
    "piedāvājums", "tāme", "avansa rēķins", "priekšapmaksas rēķins",
})  # fmt: skip
_PAID = frozenset({
    "payment", "customer payment", "zahlung", "zahlungseingang", "pagamento", "incasso", "paiement", "règlement", "pago", "cobro",
    "recebimento", "maksājums",
})  # fmt: skip
_OWED = frozenset({"invoice", "sales invoice", "rechnung", "fattura", "facture", "factura", "fatura", "rēķins"})
"""What is paid by a payment; where both are listed, the money stands there twice."""


_TESTS = frozenset({
    "test", "is test", "test order", "is test order", "testmode", "test mode", "testbestellung", "testauftrag", "ordine di prova", "ordine test",
    "commande test", "commande de test", "pedido de prueba", "pedido de teste", "testa pasūtījums",
})  # fmt: skip


def _refuse_tests(of: Records, column: str) -> None:
    """Raises InputError where a column of yes and no says that some orders were tests."""
    if words(column).rstrip("? ") not in _TESTS:
        return
    said = _kinds(of.frame, column)
    if tests := [value for value in said if value.strip().lower() in YES and {one.strip().lower() for one in said} <= YES | NO | {""}]:
        problem = f"[{column}] '{tests[0]}' says that an order was a test. Nothing was dropped"
        place = Place(of.file.name, line_of(of, column, tests[0]))
        raise InputError(Problem(problem, place, "clv ... --where " + f"'`{column}` != \"{tests[0]}\"'"))


def refuse_unsold(of: Records, roles: Roles, where: Expression | None) -> None:
    """Raises InputError where records say that they are offers, or payments of other records, and no condition is on that."""
    judged = {found(name, roles.columns) for name in where.names} if where else set()
    for column in roles.columns if roles.guessed else ():
        if column in judged:
            continue
        _refuse_tests(of, column)
        if words(column) not in _KINDS:
            continue
        kinds = _kinds(of.frame, column)
        pay = _PAID if any(words(kind) in _OWED for kind in kinds) else frozenset()
        if unsold := [kind for kind in kinds if words(kind) in _NOT_SOLD | pay]:
            problem = f"[{column}] '{unsold[0]}' is no sale, though it has an amount. Nothing was dropped"
            others = " and ".join(f'`{column}` != "{kind}"' for kind in unsold)
            raise InputError(Problem(problem, Place(of.file.name, line_of(of, column, unsold[0])), f"clv ... --where '{others}'"))


def refuse_unsigned(of: Records, roles: Roles) -> None:
    """Raises InputError where records are called refunds, and nothing takes their amounts off."""
    amount = roles.of.get("amount")
    if "amount" not in roles.guessed or amount is None:
        return
    if (quantity := roles.of.get("quantity")) and (value := _returned(of, quantity, amount)):
        raise _refusal(of, quantity, value, f"clv ... --map amount='-`{amount}` if `{quantity}` < 0 else `{amount}`'")
    for column in roles.columns:
        name = words(column).rstrip("? ")
        if name in _KINDS and (values := _positive(of, column, amount)):
            back = " or ".join(f'`{column}` == "{value}"' for value in values)
            raise _refusal(of, column, values[0], f"clv ... --map amount='-`{amount}` if {back} else `{amount}`'")
        value = _yes(of.sample(column)) if name in dictionary()["refund"] and not roles.has("refund") else ""
        if value or (column == roles.of.get("refund") and "refund" in roles.guessed and _is_flag(of, column) and (value := "1")):
            sign = f"'`{amount}` if `{column}` == \"{value}\" else 0'"
            raise _refusal(of, column, value, f"clv ... --map refund={sign}")


def _positive(of: Records, column: str, amount: str) -> list[str]:
    """The kinds of records that give money back although their amounts have no minus."""
    return [kind for kind in _kinds(of.frame.filter(_is_bare(amount)), column) if words(kind) in _GIVEN_BACK]


def _returned(of: Records, quantity: str, amount: str) -> str:
    """The first quantity with a minus whose amount has none; empty if there is none."""
    back = pl.col(quantity).cast(pl.String).str.strip_chars()
    rows = of.frame.filter(back.str.contains(r"^[-\u2212\u2013(] ?[0-9]") & _is_bare(amount)).select(back).head(1).collect()
    return str(rows.item()) if rows.height else ""


def _is_bare(amount: str) -> pl.Expr:
    """Whether an amount is something without a minus."""
    size = pl.col(amount).cast(pl.String)
    return size.str.contains("[1-9]") & ~size.str.contains("[-\u2212\u2013(]")


def _kinds(frame: pl.LazyFrame, column: str) -> list[str]:
    return frame.select(pl.col(column).cast(pl.String).unique()).collect().to_series().drop_nulls().sort().to_list()


def _yes(sample: Sequence[str]) -> str:
    """How a column of yes and no says yes; empty if it is none, or never does."""
    said = {value.strip().lower() for value in sample}
    return next((value.strip() for value in sample if value.strip().lower() in YES), "") if said <= YES | NO | {""} else ""


def _is_flag(of: Records, column: str) -> bool:
    """Whether a column whose first values are none or 0 has nothing but 1 beside them."""
    if not {value.strip() for value in of.sample(column)} <= {"", "0"}:
        return False
    text = pl.col(column).cast(pl.String).fill_null("").str.strip_chars()
    only, some = of.frame.select(text.is_in(("", "0", "1")).all(), (text == "1").any().alias("some")).collect().row(0)
    return bool(only and some)


def _refusal(of: Records, column: str, value: str, hint: str) -> InputError:
    problem = f"[{column}] '{value}' says that money was given back, and no column says how much. Nothing was dropped"
    return InputError(Problem(problem, Place(of.file.name, line_of(of, column, value)), hint))
