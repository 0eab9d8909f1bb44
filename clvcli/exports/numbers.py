"""Numbers: how a column writes them, decided over all its values, and text to exact money; the only room that makes money.

Money is exact: a Float64 holds every amount up to 90 billion to a ten-thousandth, and is rounded to it at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from clvcli.exports.currencies import CODES
from clvcli.exports.ids import BLANK, INVISIBLE, VALUE
from clvcli.tables import MONEY_SCALE

LARGEST = 9 * 10**10 * MONEY_SCALE
"""The largest amount that is surely exact: 90 billion, in ten-thousandths."""

Kind = Literal["whole", "plain", "written"]


@dataclass(frozen=True)
class NumberFormat:
    """How a column writes numbers.

    `whole` is digits alone, `plain` has a point before its decimals and nothing else, `written` may have
    thousands, a currency, brackets or a sign behind. `minor` is how many of them make a currency unit.
    """

    kind: Kind = "plain"
    decimal: str = "."
    minor: int = 1

    @property
    def shown(self) -> str:
        """The format in words."""
        cents = f", in 1/{self.minor} of the unit" if self.minor > 1 else ""
        return {"whole": "whole", "plain": "1234.56"}.get(self.kind, "1.234,56" if self.decimal == "," else "1,234.56") + cents


_SPACES = r"[ \u00a0\u2009\u202f]"
_SETS_APART = r"[ \u00a0\u2009\u202f'’]"
_CURRENCY = rf"(?:[$€£¥₹₽₺₩₴₪฿¢]|[A-Z]{{1,2}}\$|[A-Z]{{3}}|(?:kr|S?Fr|Rs|руб|р|грн|лв)\.?|Kč|zł|Ft|lei|L[ts]|[RK]M|TL|[Ee]uro?){_SPACES}*"
_MINUS = "[-\u2212\u2013]"
_DIGITS = ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "０１２３４５６７８９")
_SIGNED = rf"^{_SPACES}*(?:{_MINUS}|\+|\()?{_SPACES}*(?:{_CURRENCY})?(?:{_MINUS}|\+|\()?{_SPACES}*(?P<body>[0-9][0-9.,]*(?:{_SETS_APART}[0-9]{{3}}[0-9.,]*)*|[.,][0-9]+)(?:{_MINUS}|\))?{_SPACES}*(?:{_CURRENCY})?(?:{_MINUS}|\))?{_SPACES}*$"
_AROUND = rf'([0-9][.,])[-\u2212\u2013\u2014]{{1,2}}|^="([^"]*)"$|^\'|{INVISIBLE}'
"""`12.–`, `="12.50"`, an apostrophe before a number, and marks that can't be seen."""
_PLAIN = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"


def number(text: pl.Expr, how: NumberFormat) -> pl.Expr:
    """The number that a text is; it may be infinite or none, and null if it isn't written as `how` says."""
    if how.kind == "whole":
        found = text.cast(pl.Int64, strict=False).cast(pl.Float64)
    elif how.kind == "plain":
        found = text.cast(pl.Float64, strict=False)
    else:
        found = _written(text, how.decimal)
        found = (
            pl.coalesce(found, pl.when(text.str.contains(_PLAIN)).then(text).cast(pl.Float64, strict=False))
            if how.decimal == "."
            else found
        )
    return found / how.minor if how.minor > 1 else found


def money(units: pl.Expr) -> pl.Expr:
    """An amount in currency units as a whole number of ten-thousandths; null if it is none, or past LARGEST."""
    exact = pl.when(units.abs() <= LARGEST / MONEY_SCALE).then(units)
    return (exact * MONEY_SCALE).round().cast(pl.Int64, strict=False)


def _written(text: pl.Expr, decimal: str) -> pl.Expr:
    latin = _latin(text)
    body = latin.str.extract(_SIGNED, 1)
    thousands = "." if decimal == "," else ","
    bare = body.str.replace_all(_SETS_APART, "").str.replace_all(thousands, "", literal=True).str.replace(decimal, ".", literal=True)
    size = pl.when(body.str.contains(_grouped(decimal))).then(bare).cast(pl.Float64, strict=False)
    opens, closes = (latin.str.count_matches(bracket, literal=True) for bracket in "()")
    minus = latin.str.count_matches(_MINUS)
    signed = pl.when((opens == 1) | (minus == 1)).then(-size).otherwise(size)
    return pl.when((opens == closes) & (opens <= 1) & (minus <= 1)).then(signed)


def _latin(text: pl.Expr) -> pl.Expr:
    """The text with the digits of other scripts as ours, without what spreadsheets put around it; a dash for no decimals is none."""
    text = text.str.replace_all(_AROUND, "${1}${2}")
    others = [*(digit for digits in _DIGITS for digit in digits), "\u066b", "\u066c"]
    ours = [*(str(n) for _ in _DIGITS for n in range(10)), ".", ","]
    return pl.when(text.str.contains(f"[{''.join(_DIGITS)}]")).then(text.str.replace_many(others, ours)).otherwise(text)


def _grouped(decimal: str) -> str:
    """The pattern of digits with this decimal mark, their thousands set apart in one way or not at all."""
    mark, other = (r"\.", ",") if decimal == "." else (",", r"\.")
    groups = "|".join(rf"[1-9][0-9]{{0,2}}(?:{sign}[0-9]{{3}})+" for sign in (other, " ", "\u00a0", "\u2009", "\u202f", "['’]"))
    groups += r"|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}" if decimal == "." else ""
    return rf"^(?:[0-9]+|{groups})?(?:{mark}[0-9]*)?$"


@dataclass(frozen=True, eq=False, repr=False)
class Votes:
    """How many values of a column can only be read in which way, and an example of each."""

    values: int
    plain: int
    whole: int
    point: int
    comma: int
    point_or_thousands: int
    comma_or_thousands: int
    strange: int
    examples: dict[str, list[str]]

    @property
    def decimal(self) -> str:
        """The decimal mark that they prove; empty if none is or both are."""
        return "" if self.point and self.comma else "." if self.point else "," if self.comma else ""

    @property
    def is_mixed(self) -> bool:
        """Whether some prove a point and others a comma."""
        return bool(self.point and self.comma)

    @property
    def is_open(self) -> bool:
        """Whether a sign stands that could set thousands apart or begin decimals, and nothing proves which."""
        return not self.decimal and not self.is_mixed and bool(self.point_or_thousands or self.comma_or_thousands)

    def format(self, decimal: str = "") -> NumberFormat:
        """The format that fits all, with the decimal mark that is proven or given."""
        mark = decimal or self.decimal
        if self.plain == self.values and mark in ("", "."):
            return NumberFormat("whole" if self.whole == self.values and not mark else "plain")
        return NumberFormat("written", mark or ".")


_KINDS = ("point", "comma", "point_or_thousands", "comma_or_thousands", "strange")
_EXAMPLES = 3


def votes(values: pl.LazyFrame) -> Votes:
    """What the values of a column, given as VALUE, say of how they write numbers; blank ones say nothing."""
    text = pl.col(VALUE).str.strip_chars()
    plain, whole = (pl.col(VALUE).str.contains(pattern) for pattern in (_PLAIN, r"^[+-]?[0-9]+$"))
    kinds = values.filter(~BLANK).select(VALUE, kind=_kind(_latin(text)), plain=plain, whole=whole)
    counts = [(pl.col("kind") == kind).sum().alias(kind) for kind in _KINDS]
    examples = [pl.col(VALUE).filter(pl.col("kind") == kind).head(_EXAMPLES).implode().alias(f"e:{kind}") for kind in _KINDS]
    found = kinds.select(pl.len().alias("values"), pl.col("plain", "whole").sum(), *counts, *examples).collect().row(0, named=True)
    shown = {kind: list(found.pop(f"e:{kind}")) for kind in _KINDS}
    return Votes(**found, examples=shown)


def signs(values: pl.LazyFrame) -> dict[str, str]:
    """The currencies that stand in the values of a column, each with the first value that has it."""
    sign = pl.col(VALUE).str.extract(rf"({_CURRENCY})").str.strip_chars()
    found = values.select(sign=sign.replace(CODES), value=VALUE).filter(pl.col("sign").is_not_null()).group_by("sign", maintain_order=True)
    return dict(found.first().collect().iter_rows())


def _kind(text: pl.Expr) -> pl.Expr:
    """Which way of writing decimals a value proves."""
    body = text.str.extract(_SIGNED, 1)
    marks = body.str.replace_all(r"[^.,]", "")
    ambiguous = body.str.contains(r"^(?:[1-9][0-9]{0,2})[.,][0-9]{3}$")
    last = marks.str.tail(1)
    several = marks.str.contains(r"^(?:\.\.+|,,+)$")
    scientific = text.str.contains(_PLAIN) & text.str.contains(r"[eE]")
    return (
        pl.when(scientific).then(pl.when(text.str.contains(r"\.")).then(pl.lit("point")).otherwise(pl.lit("whole")))
        .when(body.is_null()).then(pl.lit("strange"))
        .when(marks == "").then(pl.lit("whole"))
        .when(several).then(pl.when(last == ".").then(pl.lit("comma")).otherwise(pl.lit("point")))
        .when(ambiguous & (last == ".")).then(pl.lit("point_or_thousands"))
        .when(ambiguous).then(pl.lit("comma_or_thousands"))
        .when(last == ".").then(pl.lit("point"))
        .otherwise(pl.lit("comma"))
    )  # fmt: skip
