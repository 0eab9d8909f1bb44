"""Currencies: how many minor units make one unit, by ISO 4217; most have a hundred."""

from __future__ import annotations

_HUNDRED = 100
_NONE = frozenset(["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF", "ISK"])
_THOUSAND = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


CODES = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₺": "TRY", "₩": "KRW", "₴": "UAH", "₪": "ILS", "฿": "THB", "zł": "PLN", "Kč": "CZK",
    "Ft": "HUF", "лв": "BGN", "лв.": "BGN", "lei": "RON", "R$": "BRL", "US$": "USD", "$": "USD", "Lt": "LTL", "Ls": "LVL", "kr.": "kr",
}  # fmt: skip
"""The signs that stand at amounts, and the currency that each most often is of."""


def minor_units(currency: str) -> int:
    """How many minor units a currency has; a hundred if it isn't known."""
    code = currency.strip().upper()
    return 1 if code in _NONE else 1_000 if code in _THOUSAND else _HUNDRED
