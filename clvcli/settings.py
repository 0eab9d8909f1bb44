"""Settings: every key of the config, what may stand there, and its default."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from clvcli.measuring import PAYBACK_MONTHS
from clvcli.periods import days_in
from clvcli.rates import Rates
from clvcli.tiers import BOUNDARIES

_MOST_TIERS = 20
_LONGEST_DAYS = 36_600

SectionName = Literal[
    "headline", "changes", "clv", "segments", "cohorts", "payback", "trend", "churn", "forecast", "backtest",
    "ledger", "quality", "settings", "definitions",
]  # fmt: skip
"""The sections of a report, in the order in which they are read."""
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


_days = Annotated[int, Field(ge=1, le=36_500)]


class Churn(_Strict):
    """When a customer counts as lapsed."""

    rule: Literal["auto", "window", "percentile", "personal"] = "auto"
    window_days: _days | None = None
    percentile: Annotated[float, Field(gt=0, lt=1)] = 0.8
    multiple: Annotated[float, Field(gt=0, le=100)] = 3.0
    least_days: Annotated[int, Field(ge=0, le=36_500)] = 30
    one_time_days: _days | None = None


class Costs(_Strict):
    """What an order costs beside its goods."""

    payment_share: Share = 0.0
    payment_fixed: Amount = 0.0
    shipping_per_order: Amount = 0.0


class Spend(_Strict):
    """What was spent to win customers, and how its file says so."""

    files: tuple[str, ...]
    columns: dict[str, str] = {}
    date_format: str = ""
    decimal: str = ""
    encoding: str = ""
    delimiter: str = ""
    header: bool | None = None
    member: str = ""
    sheet: str = ""
    by: str = "channel"
    channels: dict[str, str] = {}
    lag_days: Annotated[int, Field(ge=0, le=365)] = 0

    @field_validator("files", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return _several(value)

    @field_validator("files")
    @classmethod
    def _some(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("names no file; write it as in [ads.csv], or leave the spend out")
        return value


def _several(value: Any) -> Any:
    """A text or a day alone as one of several."""
    return (value,) if isinstance(value, str | date) else tuple(value) if isinstance(value, list) else value


def _a_length(text: str) -> str:
    """A length of time of a day at least and a century at most."""
    if not 1 <= days_in(text) <= _LONGEST_DAYS:
        raise ValueError(f"'{text}' is not between a day and a century; write it as in 12m, 26w, 90d or 2y")
    return text


Length = Annotated[str, AfterValidator(_a_length)]
"""A length of time as people write it."""
LengthIfAny = Annotated[str, AfterValidator(lambda text: _a_length(text) if text else text)]


class Page(_Strict):
    """What a report shows."""

    title: str = ""
    sections: tuple[SectionName, ...] = ()
    by: tuple[str, ...] = ()

    @field_validator("sections", "by", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return _several(value)


def _files_or_table(value: Any) -> Any:
    """A spend that is no more than its files."""
    return {"files": value} if isinstance(value, str | list | tuple) else value


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
    costs: Costs = Costs()
    cac: _amount_or_amounts | None = None
    spend: Annotated[Spend, BeforeValidator(_files_or_table)] | None = None
    discount_rate: Annotated[float, Field(ge=0, le=10)] = 0.1
    lifespan: _lifespan = "churn"
    churn: Churn = Churn()
    target_ltv_to_cac: Annotated[float, Field(gt=0)] = 3.0
    target_payback_months: Annotated[float, Field(gt=0, le=600)] = PAYBACK_MONTHS
    horizon: Length = "12m"
    model: Literal["auto", "bg_nbd", "mbg_nbd", "pareto_nbd", "bg_bb", "sbg"] = "auto"
    model_file: str = ""
    ended: str = ""
    billing: Literal["", "week", "month", "quarter", "year"] = ""
    cuts: tuple[Annotated[date, BeforeValidator(_read_day)], ...] = ()
    holdout: LengthIfAny = ""
    verdict: Literal["auto", "always", "never"] = "auto"
    value_tiers: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = BOUNDARIES
    attribute_from: Literal["first", "last"] = "first"
    show: tuple[str, ...] = ()
    formulas: dict[str, FormulaText] = {}
    segments: dict[str, Arithmetic] = {}
    report: Page = Page()
    snapshots: str = ""
    compare: str = ""
    keep: Annotated[int, Field(ge=1, le=10_000)] | None = None
    fail_if: tuple[Arithmetic, ...] = ()
    on_success: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    show_ids: bool = False

    @field_validator("orders", "show", "anonymous", "value_tiers", "cuts", "fail_if", "on_success", "on_failure", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return _several(value)

    @field_validator("value_tiers")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if list(value) != sorted(set(value)):
            raise ValueError("each tier must reach farther than the one before, as in [0.01, 0.1, 0.2, 0.5]")
        if not 1 <= len(value) <= _MOST_TIERS:
            raise ValueError(f"there can be 1 to {_MOST_TIERS} of them, as in [0.01, 0.1, 0.2, 0.5]")
        return value

    @field_validator("spend")
    @classmethod
    def _one_cac(cls, value: Spend | None, info: ValidationInfo) -> Spend | None:
        if value is not None and info.data.get("cac") is not None:
            raise ValueError("cac and spend both say what customers cost to win: leave one of them out")
        return value
