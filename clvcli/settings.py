"""Settings: every key of the config, what may stand there, and its default."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from clvcli.rates import Rates

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0, le=1e9)]
Arithmetic = Annotated[str, AfterValidator(lambda text: " ".join(text.splitlines()))]
"""Arithmetic or a condition; it may stand on several lines."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ByAttribute(_Strict):
    """Rates that depend on an attribute."""

    by: str
    rates: dict[str, Amount]
    otherwise: Amount

    def as_rates(self) -> Rates:
        """The same, as the core knows it."""
        return Rates(self.otherwise, self.by, self.rates)


class Shares(ByAttribute):
    """Rates that are shares of revenue."""

    rates: dict[str, Share]
    otherwise: Share


def _number_or_table(value: Any) -> str:
    """Which of the two was meant, so that only its own mistakes are told."""
    return "table" if isinstance(value, dict | ByAttribute) else "number"


def _number_or_word(value: Any) -> str:
    return "word" if isinstance(value, str) else "number"


def _read_number(value: Any) -> Any:
    """The number that a text is, as on the command line; else the value itself."""
    with suppress(ValueError):
        return float(value) if isinstance(value, str) else value
    return value


def _read_day(value: Any) -> Any:
    """The day that a text is, as in 2025-12-31; else the value itself."""
    with suppress(ValueError):
        return date.fromisoformat(value) if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) else value
    return value


_share_or_shares = Annotated[Annotated[Share, Tag("number")] | Annotated[Shares, Tag("table")], Discriminator(_number_or_table)]
_amount_or_amounts = Annotated[Annotated[Amount, Tag("number")] | Annotated[ByAttribute, Tag("table")], Discriminator(_number_or_table)]
_years = Annotated[float, Field(gt=0, le=100)]
_rule = Literal["churn", "tenure", "survival"]
_lifespan = Annotated[
    Annotated[_years, Tag("number")] | Annotated[_rule, Tag("word")], Discriminator(_number_or_word), BeforeValidator(_read_number)
]


class FormulaText(_Strict):
    """A formula as a user writes it; the four labels are there if it is a CLV."""

    text: Arithmetic
    unit: Literal["money", "share", "number", "count", "days", "months", "years"] = "number"
    label: str = ""
    description: str = ""
    source: str = ""
    basis: Literal["", "revenue", "margin"] = ""
    scope: Literal["", "past", "future", "total"] = ""
    horizon: str = ""
    discounting: str = ""

    @model_validator(mode="after")
    def _labelled_wholly(self) -> Self:
        if bool(self.basis) != bool(self.scope):
            raise ValueError("a CLV needs both basis and scope")
        return self


class Churn(_Strict):
    """When a customer counts as lapsed."""

    window_days: Annotated[int, Field(ge=1, le=36_500)] = 180


class Config(_Strict):
    """Everything that can be settled; each key has a default."""

    orders: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    where: Arithmetic = ""
    date_format: str = ""
    decimal: str = ""
    tz: str = ""
    encoding: str = ""
    delimiter: str = ""
    header: bool | None = None
    member: str = ""
    sheet: str = ""
    preset: str = ""
    presets: str = ""
    grain: Literal["", "order", "line", "header_and_lines", "repeated"] = ""
    identity: Literal["auto", "id", "email", "name"] = "auto"
    anonymous: tuple[str, ...] = ()
    allow_anonymous: bool = False
    statuses: dict[str, Literal["keep", "refunded", "cancelled", "unpaid", "test", "not_sale"]] = {}
    tax: Literal["", "include", "exclude"] = ""
    shipping: Literal["", "include", "exclude"] = ""
    minor_units: bool | None = None
    count_free: bool = True
    max_rejects: Share = 0.05
    currency: str = ""
    as_of: Annotated[date, BeforeValidator(_read_day)] | None = None
    period: Literal["auto", "year", "quarter", "month"] = "auto"
    margin: _share_or_shares | None = None
    cac: _amount_or_amounts | None = None
    discount_rate: Annotated[float, Field(ge=0, le=10)] = 0.1
    lifespan: _lifespan = "churn"
    churn: Churn = Churn()
    target_ltv_to_cac: Annotated[float, Field(gt=0)] = 3.0
    attribute_from: Literal["first", "last"] = "first"
    show: tuple[str, ...] = ()
    formulas: dict[str, FormulaText] = {}
    segments: dict[str, Arithmetic] = {}

    @field_validator("orders", "show", "anonymous", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value
