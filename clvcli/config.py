"""Config: what a shop has settled about its export and its numbers, from YAML and the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, field_validator, model_validator

from clvcli.catalog import DEFAULT_SHOWN, SETTINGS, Catalog
from clvcli.errors import ConfigError, Place, Problem, UsageError, nearest
from clvcli.expression import Expression, parse
from clvcli.formulas import FORMULAS, Formula, Labels, formula
from clvcli.metrics import METRICS
from clvcli.rates import Rates
from clvcli.segments import Segment
from clvcli.tables import Unit

if TYPE_CHECKING:
    from clvcli.marked_yaml import Marked

NAME = "clv.yaml"
VARIABLE = "CLV_CONFIG"

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0, le=1e9)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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


def _branch(value: Any) -> str:
    """Which kind of value was meant, so that only its own mistakes are told."""
    if isinstance(value, dict | ByAttribute):
        return "table"
    return "word" if isinstance(value, str) and not value.strip().replace(".", "").isdigit() else "number"


def _number_branch(value: Any) -> str:
    return "table" if _branch(value) == "table" else "number"


_share_or_shares = Annotated[Annotated[Share, Tag("number")] | Annotated[Shares, Tag("table")], Discriminator(_number_branch)]
_amount_or_amounts = Annotated[Annotated[Amount, Tag("number")] | Annotated[ByAttribute, Tag("table")], Discriminator(_number_branch)]
_years = Annotated[float, Field(gt=0, le=100)]
_lifespan = Annotated[
    Annotated[_years, Tag("number")] | Annotated[Literal["churn", "tenure", "survival"], Tag("word")],
    Discriminator(lambda value: "word" if _branch(value) == "word" else "number"),
]


class FormulaText(_Strict):
    """A formula as a user writes it; the four labels are there if it is a CLV."""

    text: str
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
    where: str = ""
    date_format: str = ""
    decimal: str = ""
    tz: str = ""
    encoding: str = ""
    delimiter: str = ""
    header: bool = True
    max_rejects: Share = 0.05
    currency: str = ""
    as_of: date | None = None
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
    segments: dict[str, str] = {}

    @field_validator("orders", "show", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


@dataclass(frozen=True)
class Loaded:
    """A config with the place it came from."""

    config: Config
    path: Path | None = None
    document: Marked | None = None
    options: frozenset[str] = frozenset()

    @property
    def orders(self) -> tuple[str, ...]:
        """The configured orders; relative names are relative to the config's folder."""
        folder = self.path.parent if self.path else Path()
        return tuple(name if name == "-" else str(folder / name) for name in self.config.orders)

    @property
    def where(self) -> Expression | None:
        """The condition on records; raises ConfigError if it isn't one."""
        if not self.config.where:
            return None
        found = parse(self.config.where, self._text_place("where", text=self.config.where))
        if not found.is_condition:
            hint = f"compare it with something, as in '{found.text} > 0'"
            raise ConfigError(Problem(f"'{found.text}' is a number, not a condition", found.place, hint))
        return found

    @cached_property
    def catalog(self) -> Catalog:
        """What the config makes of clv's numbers; raises ConfigError with every mistake in formulas and segments."""
        own: list[Formula] = []
        problems: list[Problem] = []
        for name, given in self.config.formulas.items():
            try:
                own.append(self._formula(name, given))
            except ConfigError as error:
                problems.extend(error.problems)
        if problems:
            raise ConfigError(*problems)
        segments = tuple(
            Segment(name, parse(text, self._text_place("segments", name, text=text))) for name, text in self.config.segments.items()
        )
        shown = self.config.show or (*DEFAULT_SHOWN, *self.config.formulas)
        return Catalog(tuple(own), segments, self._settings(), self.config.lifespan, shown)

    def _formula(self, name: str, given: FormulaText) -> Formula:
        taken = {*(m.name for m in METRICS), *(s.name for s in SETTINGS), *(f.name for f in FORMULAS), "lifespan_years"}
        if not name.isidentifier() or name in taken:
            why = "is a name of clv's own" if name in taken else "is no name: use letters, digits and _"
            raise ConfigError(
                Problem(f"formula '{name}' {why}", self.document.key("formulas", name) if self.document else Place(), "choose another name")
            )
        labels = Labels(given.basis, given.scope, given.horizon or "–", given.discounting or "–") if given.basis else None
        place = self._text_place("formulas", name, "text", text=given.text)
        made = formula(
            name,
            given.label or name,
            Unit(given.unit),
            given.text,
            given.description or "Configured.",
            source=given.source,
            labels=labels,
            place=place,
        )
        if made.expression.is_condition:
            hint = "under 'segments:' it can name the customers who meet it"
            raise ConfigError(Problem(f"formula '{name}' is a condition, not a number", place, hint))
        return made

    def _settings(self) -> dict[str, float]:
        return {
            "discount_rate": self.config.discount_rate,
            "churn_window_days": float(self.config.churn.window_days),
            "target_ltv_to_cac": self.config.target_ltv_to_cac,
        }

    def _text_place(self, *path: str, text: str) -> Place:
        place = self.document.value(*path) if self.document and path[0] not in self.options else Place()
        return place if text in place.text else Place(place.file or f"--{path[0]}", column=1, text=text)


def found(given: Path | None, orders: tuple[str, ...] = ()) -> Path | None:
    """The config to use: the one given, else CLV_CONFIG, else the nearest clv.yaml upward, else the one beside the orders."""
    if given or (given := Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None):
        return given
    starts = [Path.cwd(), *(Path(name).absolute().parent for name in orders[:1] if name != "-")]
    path = next((path for start in starts for path in _upward(start) if path.is_file()), None)
    return path and Path(os.path.relpath(path))


def _upward(folder: Path) -> Iterator[Path]:
    """clv.yaml in this folder and those above, no farther than the home folder or the top of a repository."""
    for here in (folder, *folder.parents):
        yield here / NAME
        if here == Path.home() or (here / ".git").exists():
            return


def load(path: Path | None, options: Mapping[str, Any]) -> Loaded:
    """The config at `path`, with `options` from the command line over it.

    Raises ConfigError with every mistake in the file, UsageError with those in the options.
    """
    document = _document(path) if path else None
    data = {} if document is None or document.data is None else document.data
    if not isinstance(data, dict):
        raise ConfigError(Problem("the config must be keys with values, as in 'margin: 0.3'", Place(str(path), 1)))
    columns = {"columns": {**data["columns"], **options["columns"]}} if _both_map(data, options) else {}
    try:
        config = Config.model_validate({**data, **options, **columns})
    except ValidationError as error:
        problems = [_problem(dict(e), document, options) for e in error.errors(include_url=False)]
        kind = ConfigError if any(not e["loc"] or e["loc"][0] not in options for e in error.errors()) else UsageError
        raise kind(*sorted(dict.fromkeys(problems), key=lambda p: (p.place.line, p.place.column))) from None
    return Loaded(config, path, document, frozenset(options))


def _both_map(data: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    """Whether the file and the command line both say what columns mean; then the roles not named again stay."""
    return isinstance(data.get("columns"), dict) and "columns" in options


def _document(path: Path) -> Marked:
    from clvcli.marked_yaml import marked

    return marked(_text(path), str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(Problem(f"can't be read: {error.strerror}", Place(str(path)), "clv init writes a config")) from None
    except UnicodeDecodeError as error:
        raise ConfigError(Problem(f"not UTF-8: byte {error.start}", Place(str(path)))) from None


def _problem(error: dict[str, Any], document: Marked | None, options: Mapping[str, Any]) -> Problem:
    """One of pydantic's errors, in the user's words and at the user's line."""
    path = tuple(part for part in error["loc"] if part not in _BRANCHES)
    name = ".".join(map(str, path))
    if path and path[0] in options:
        option = f"--{_OPTIONS.get(str(path[0]), str(path[0])).replace('_', '-')}"
        return Problem(f"{_said(error)}", Place(option), _advice(error))
    if document is None:
        return Problem(f"{name}: {_said(error)}", hint=_advice(error))
    if error["type"] == "extra_forbidden":
        return Problem(f"unknown key '{name}'", document.key(*path), nearest(str(path[-1]), _keys(path)))
    place = document.key(*path) if error["type"] == "missing" else document.value(*path)
    return Problem(f"{name}: {_said(error)}", place, _advice(error))


_OPTIONS = {"columns": "map", "show": "formula", "churn": "churn-window"}
"""The options that have another name than the key they stand for."""
_BRANCHES = ("number", "table", "word")


def _said(error: dict[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    given = error.get("input")
    shown = f"'{given}' " if isinstance(given, str | int | float) and error["type"] != "missing" else ""
    return "is missing" if error["type"] == "missing" else f"{shown}should be {message}" if shown else message


def _advice(error: dict[str, Any]) -> str:
    given = error.get("input")
    if error["type"] == "less_than_equal" and isinstance(given, int | float) and 1 < given <= 100:  # noqa: PLR2004
        return f"a share is written as a fraction: {given / 100:g}"
    if error["type"] == "literal_error" and isinstance(given, str):
        return nearest(given, [v.strip("' ") for v in str(error["ctx"]["expected"]).replace(" or ", ",").split(",")])
    return ""


_INNER: Mapping[str | int, type[BaseModel]] = {"margin": Shares, "cac": ByAttribute, "churn": Churn, "formulas": FormulaText}


def _keys(path: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand where an unknown one was found."""
    return list((Config if len(path) == 1 else _INNER[path[0]]).model_fields)
