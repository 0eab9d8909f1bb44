"""Guesses: the role of a column by what such columns are called in seven languages, and by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.headers import without_currency, words
from clvcli.exports.ids import NOTHING, are_names
from clvcli.exports.names import NO, YES, dictionary, vocabulary

Samples = Mapping[str, Sequence[str]]
_MUST_BE_ONE = ("customer_id", "order_id", "ordered_at", "amount")
"""The roles for which two equally good columns are one too many."""
_EMAIL = re.compile(r"[^@\s;,]+@[^@\s;,]+\.[^@\s;,]{2,}")
_DATE = re.compile(
    r"[0-9]{1,4} ?[-/.] ?[0-9]{1,2} ?[-/.] ?[0-9]{1,4}.*|(?:19|20)[0-9]{6}|[0-9]{10}(?:\.[0-9]+)?|[0-9]{13}|[0-9]{16}|[2-5][0-9]{4}(?:[.,][0-9]+)?"
    r"|.*[0-9].*[^\W\d_]{3,}.*[0-9]{1,4}.*|[^\W\d_]{3,}.*[0-9]{1,2}.*[0-9]{2,4}.*"
)
_NUMBER = re.compile(r"[^\w]*(?:[^\W\d_]{1,3}\$?)?[^\w]*\d[\d.,'’\s\u066b\u066c]*[^\d]{0,5}")
_CURRENCY = re.compile(r"[A-Za-z]{3}|[$€£¥]")
_ORDER_NAME = re.compile(r"#?\w{0,6}\d+")
_NEVER_ORDERED = re.compile(
    r"ship|deliver|due|estimat|expect|limit|expir|birth|updat|availab|arriv|payout|modif|geburt|liefer|fällig|versand|consegna|scadenza|nascita|"
    r"livraison|échéance|naissance|entrega|vencim|nacim|nascim|piegād|termiņ|dzimš"
)
"""Words in the headers of dates that are not those of orders."""
_SALE = (
    r"order|payment|financial|transaction|sale|invoice|auftrag|bestell|zahl|rechnung|ordine|pagamento|fattura|commande|paiement|facture|"
    r"pedido|pago|factura|encomenda|fatura|pasūtījum|maksājum|apmaks|rēķin"
)
_STATUS = re.compile(
    rf"(?:{_SALE}).*(?:stat|stage|état|estado|situação)|(?:stat|état|estado|situação).*(?:{_SALE})|^(?:status|statuss|statut)$"
)
"""Words in the headers of what became of an order."""
_PRICES = frozenset({"price", "preis", "prezzo", "prix", "precio", "preço", "cena"})
_AROUND = " \t\r\n\u00a0\u200b\u200e\u200f\ufeff='\""
"""What spreadsheets put around a value."""
_HALF = 0.5
_KEEP = "keep"
_MOST = {"email": 0.8, "ordered_at": 0.95, "name": 0.9}


@dataclass(frozen=True)
class Guess:
    """The column that a role is taken to have, and why."""

    column: str
    why: str


def guesses(columns: Sequence[str], samples: Samples, settled: set[str], file: str) -> dict[str, Guess]:
    """For each role that isn't settled the column whose name says so and whose values don't gainsay it.

    Raises InputError where two columns are as good, and for ids that can't be customers.
    """
    found: dict[str, Guess] = {}
    for role in dictionary():
        if role in settled:
            continue
        taken = {guess.column for guess in found.values()}
        ranked = [column for column in candidates(role, columns, samples) if column not in taken]
        if not ranked:
            continue
        best = [column for column in ranked if _rank(role, column) == _rank(role, ranked[0]) and _has_some(samples[column])]
        best = best or ranked[:1]
        if len(best) > 1 and role in _MUST_BE_ONE and samples[best[0]] != samples[best[1]]:
            problem = f"[header] {' and '.join(best)} could both be {role}. Nothing was dropped"
            raise InputError(Problem(problem, Place(file, 1), f"clv ... --map {role}='{best[0]}'"))
        found[role] = Guess(best[0], "by its name")
    found = _rather_by_address(_price_of_one(found), columns, samples, settled)
    return _refused_accounts({**_by_content(columns, samples, settled | found.keys()), **found}, columns, samples, file)


def _rather_by_address(found: dict[str, Guess], columns: Sequence[str], samples: Samples, settled: set[str]) -> dict[str, Guess]:
    """Without people's names as ids where there are their addresses: two people may share a name."""
    if "customer_id" not in found or not are_names(samples[found["customer_id"].column]):
        return found
    rest = {role: guess for role, guess in found.items() if role != "customer_id"}
    rest = {**_by_content(columns, samples, settled | rest.keys()), **rest}
    return rest if "email" in settled | rest.keys() else found


def candidates(role: str, columns: Sequence[str], samples: Samples) -> list[str]:
    """The columns that are called like a role and have values that may be, the likeliest first; those without any last."""
    ranks = {c: rank for c in columns if (rank := _rank(role, c)) is not None}
    is_bare = {c: role in _MUST_BE_ONE and not _has_some(samples[c]) for c in ranks}
    return sorted((c for c in ranks if _fits(role, c, samples[c])), key=lambda c: (is_bare[c], ranks[c], columns.index(c)))


def _rank(role: str, column: str) -> int | None:
    """How likely a column has a role by its name, 0 the likeliest; a name with a currency behind it after those without."""
    names = dictionary()[role]
    if (name := words(column)) in names:
        return names[name]
    if (name := without_currency(name)) in names:
        return len(names) + names[name]
    return 2 * len(names) if _is_about(role, column) else None


def _is_about(role: str, column: str) -> bool:
    """Whether a header that no dictionary has speaks of what became of an order, not of its way to the customer."""
    return role == "status" and _STATUS.search(words(column)) is not None and not _NEVER_ORDERED.search(words(column))


def _fits(role: str, column: str, sample: Sequence[str]) -> bool:
    """Whether at least half of a column's values are what its role needs; and a date isn't one of something else."""
    if role == "ordered_at" and _NEVER_ORDERED.search(words(column)):
        return False
    if role == "refund" and {"1"} <= {value.strip() for value in sample} <= {"", "0", "1"}:
        return False
    if _is_about(role, column) and any(vocabulary().get(words(value), _KEEP) != _KEEP for value in sample):
        return True
    return _share(sample, _TESTS[role]) >= _HALF if role in _TESTS else True


def _is(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value) is not None


_TESTS: Mapping[str, Callable[[str], bool]] = {
    "email": lambda value: "@" in value,
    "ordered_at": _is(_DATE),
    "currency": _is(_CURRENCY),
    "cancelled_at": lambda value: value.lower() in YES | NO or _DATE.fullmatch(value) is not None,
    "status": lambda value: words(value) in vocabulary(),
    **{role: _is(_NUMBER) for role in ("amount", "quantity", "unit_price", "refund", "discount", "tax", "shipping", "cost")},
}


def _share(sample: Sequence[str], test: Callable[[str], bool]) -> float:
    """The share of values, empty ones left out, that pass a test; of none it is all."""
    given = [bare for value in sample if (bare := value.strip(_AROUND)) and bare not in NOTHING]
    return sum(map(test, given)) / len(given) if given else 1.0


def _price_of_one(found: dict[str, Guess]) -> dict[str, Guess]:
    """A column called price is the price of one where there is a quantity."""
    amount = found.get("amount")
    if amount and words(amount.column) in _PRICES and "quantity" in found:
        rest = {role: guess for role, guess in found.items() if role != "amount"}
        return {**rest, "unit_price": Guess(amount.column, "a price beside a quantity is that of one")}
    return found


def _by_content(columns: Sequence[str], samples: Samples, settled: set[str]) -> dict[str, Guess]:
    """The only column of e-mail addresses, the only one of dates, and a column `Name` whose values number orders."""
    found = {}
    addresses = [c for c in columns if _has_some(samples[c]) and _share(samples[c], _is(_EMAIL)) >= _MOST["email"]]
    if len(addresses) == 1 and not settled & {"email", "customer_id"}:
        found["email"] = Guess(addresses[0], "the only column of e-mail addresses")
    plain = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}.*")
    days = [
        c for c in columns
        if _has_some(samples[c]) and not _NEVER_ORDERED.search(words(c)) and _share(samples[c], _is(plain)) >= _MOST["ordered_at"]
    ]  # fmt: skip
    if len(days) == 1 and "ordered_at" not in settled:
        found["ordered_at"] = Guess(days[0], "the only column of dates")
    names = [c for c in columns if words(c) == "name" and _has_some(samples[c]) and _share(samples[c], _is(_ORDER_NAME)) >= _MOST["name"]]
    if len(names) == 1 and "order_id" not in settled:
        found["order_id"] = Guess(names[0], "its values number orders")
    return found


def _has_some(sample: Sequence[str]) -> bool:
    return any(value.strip() for value in sample)


def _refused_accounts(found: dict[str, Guess], columns: Sequence[str], samples: Samples, file: str) -> dict[str, Guess]:
    """Raises InputError where those who pay are shops, not customers."""
    customer = found.get("customer_id") or found.get("email")
    accounts = [c for c in columns if any(value.startswith("acct_") for value in samples[c])]
    if accounts and (customer is None or any(words(c) == "application id" for c in columns)):
        problem = f"[{accounts[0]}] these are accounts of shops ('{samples[accounts[0]][0][:24]}'), not customers: a report of fees"
        raise InputError(Problem(f"{problem}. Nothing was dropped", Place(file, 1), "export the payments of the shop itself"))
    return found
