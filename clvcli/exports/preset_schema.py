"""The schema of a preset: all that can be said of one kind of export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _listed(value: Any) -> Any:
    """One or several texts as a tuple; a number such as 9999 is the text that it is."""
    several = (value,) if isinstance(value, str | int) else value
    return tuple(str(one) if type(one) is int else one for one in several) if isinstance(several, tuple | list) else value


def _spelled_out(value: Any) -> Any:
    return {"any": _listed(value)} if isinstance(value, str | list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
AnyOf = Annotated[tuple[Names, ...], BeforeValidator(_listed)]
Order = Literal["", "dmy", "mdy"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Match(_Part):
    """By which columns a file is recognised; a list inside a list means any of them."""

    require: AnyOf
    bonus: AnyOf = ()
    forbid: Names = ()


class Source(_Part):
    """Where a role's values come from: the first column of several, columns joined, arithmetic, or one value for all."""

    any: Names = ()
    join: AnyOf = ()
    text: str = ""
    value: str = ""
    sum_of: str = ""
    """A pattern whose group holds numbers in a text; they are summed."""
    negative: bool = False
    """Whether the column has the other sign than its role."""
    zone: str = ""
    zone_column: Names = ()
    order: Order | dict[str, Order] = ""
    """Which of two numbers of a date is the day, where the dates don't tell; by the mark between them, or by a column that is there."""
    month_first_in: Names = ()
    """The only time zones in which the month may come first so, in small letters, `*` standing for anything."""


class Condition(_Part):
    """What a record's column must hold, in small letters; `*` stands for anything."""

    column: Names
    is_: Names = Field((), alias="is")
    is_not: Names = ()


class Rows(_Part):
    """Records that meet all conditions have this fate."""

    fate: Literal["test", "not_sale", "cancelled", "unpaid"]
    if_: tuple[Condition, ...] = Field(alias="if")


class Links(_Part):
    """Records that belong to the order that another column names, as a refund to its payment."""

    if_: tuple[Condition, ...] = Field(alias="if")
    order_id: Names
    customer_id: Names = ()
    """Who bought, where such a record swaps who pays and who is paid."""


class Statuses(_Part):
    """What an order's status, in small letters, says of it; and what to do with one that isn't listed."""

    keep: Names
    refunded: Names = ()
    partly_refunded: Names = ()
    """What counts, although all or a part of it was given back; all of it, if no column says how much."""
    cancelled: Names = ()
    unpaid: Names = ()
    test: Names = ()
    not_sale: Names = ()
    strip: str = ""
    unknown: Literal["keep", "leave_out", "refuse"] = "refuse"


class Reading(_Part):
    """How the file is written, where that can't be seen."""

    quoted: bool = True
    footer: Names = ()


class JoinedFile(_Part):
    """A file beside the orders: values taken from it, sums over it, or rows of it added to the orders."""

    require: Names
    on: str
    take: Names = ()
    sum: Mapping[str, str] = {}
    rows: Mapping[str, str] = {}


class Need(_Part):
    """Files of which one is needed, and what to say if it isn't there."""

    files: Names
    advice: str


class Settled(_Part):
    """The columns in the currency of the account, for a file in several."""

    amount: str
    refund: str = ""
    currency: str


class Preset(_Part):
    """One kind of export."""

    name: str = ""
    title: str
    note: str = ""
    """Where to get it, and what to know of its columns."""
    match: Match
    read: Reading = Reading()
    grain: Literal["order", "line", "header_and_lines", "repeated"] = "order"
    columns: dict[str, Annotated[Source, BeforeValidator(_spelled_out)]] = {}
    guests: Names = ()
    nothing: Names = ()
    includes: tuple[Literal["tax", "shipping"], ...] = ()
    """What the amount has in it."""
    without: tuple[Literal["tax", "shipping"], ...] = ()
    """What is taken out of the amount unless the config says otherwise."""
    units: Literal["major", "minor", "ask"] = "major"
    status: Statuses | None = None
    rows: tuple[Rows, ...] = ()
    links: Links | None = None
    summary: Names = ()
    """The column that is empty in a record that sums up its order; the other records of that order are its items."""
    linked: bool = False
    """Whether a record without a customer has that of the other records of its order."""
    settled: Settled | None = None
    named_only: str = ""
    """What to say of people who are known by a display name alone."""
    refuse: str = ""
    refuse_without: dict[str, str] = {}
    files: dict[str, JoinedFile] = {}
    needs: tuple[Need, ...] = ()
