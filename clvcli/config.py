"""Config: what a shop has settled about its export and its numbers, from YAML and the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from clvcli.catalog import DEFAULT_SHOWN, SETTINGS, Catalog
from clvcli.churn import WINDOW_DAYS
from clvcli.definition import Formula, Labels, formula
from clvcli.errors import KEY, ClvError, ConfigError, Place, Problem, UsageError, nearest
from clvcli.expression import Expression, parse
from clvcli.formulas import FORMULAS
from clvcli.metrics import METRICS
from clvcli.mistakes import advice, said
from clvcli.periods import DAYS_PER_MONTH, days_in
from clvcli.segments import Segment
from clvcli.settings import ByAttribute, Churn, Config, Costs, FormulaText, Page, Shares, Spend
from clvcli.tables import Unit

if TYPE_CHECKING:
    from clvcli.marked_yaml import Marked

NAME = "clv.yaml"
VARIABLE = "CLV_CONFIG"


@dataclass(frozen=True)
class Loaded:
    """A config with the place it came from."""

    config: Config
    path: Path | None = None
    document: Marked | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def orders(self) -> tuple[str, ...]:
        """The configured orders; relative names are relative to the config's folder."""
        folder = self.path.parent if self.path else Path()
        return tuple(name if name == "-" else str(folder / name) for name in self.config.orders)

    @property
    def presets(self) -> Path | None:
        """The folder of the user's own presets; a relative name is relative to the config's folder."""
        folder = self.path.parent if self.path else Path()
        return folder / self.config.presets if self.config.presets else None

    @property
    def spend(self) -> tuple[str, ...]:
        """The files of spend; those named in the config are relative to its folder."""
        folder = self.path.parent if self.path and "spend" not in self.options else Path()
        return tuple(str(folder / name) for name in self.config.spend.files) if self.config.spend else ()

    @property
    def model_file(self) -> Path | None:
        """The file of a saved model; one that is named in the config is relative to its folder."""
        folder = self.path.parent if self.path and "model_file" not in self.options else Path()
        return folder / self.config.model_file if self.config.model_file else None

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
        with self.blamed():
            return Catalog(tuple(own), segments, self._settings(), self.config.lifespan, shown)

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Say where each setting was set that an error inside blames; what stands in the file is an error of the config."""
        try:
            yield
        except ClvError as error:
            if not any(problem.setting for problem in error.problems):
                raise
            problems = [replace(p, place=self._place(*p.setting)) if p.setting else p for p in error.problems]
            kind = ConfigError if any(p.setting and p.place.line for p in problems) else type(error)
            raise kind(*problems) from None

    @cached_property
    def conditions(self) -> tuple[Expression, ...]:
        """The conditions of which a run says whether they are met; raises ConfigError with every mistake in them."""
        if not self.config.fail_if:
            return ()
        from clvcli.watch import conditions

        texts = ((text, self._text_place("fail_if", at, text=text)) for at, text in enumerate(self.config.fail_if))
        return conditions(texts, self.catalog.names)

    @property
    def watched(self) -> tuple[str, ...]:
        """The numbers that the conditions read."""
        return tuple(sorted({name for condition in self.conditions for name in condition.names - condition.texts}))

    def _formula(self, name: str, given: FormulaText) -> Formula:
        taken = {*(m.name for m in METRICS), *(s.name for s in SETTINGS), *(f.name for f in FORMULAS), "lifespan_years"}
        if not name.isidentifier() or name in taken:
            why = "is a name of clv's own" if name in taken else "is no name: use letters, digits and _"
            raise ConfigError(Problem(f"formula '{name}' {why}", self._place("formulas", name, KEY), "choose another name"))
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
            raise ConfigError(Problem(f"formula {name}: '{given.text}' is a condition, not a number", place, hint))
        return made

    def _settings(self) -> dict[str, float]:
        return {
            "discount_rate": self.config.discount_rate,
            "churn_window_days": float(self.config.churn.window_days or WINDOW_DAYS),
            "target_ltv_to_cac": self.config.target_ltv_to_cac,
            "target_payback_months": self.config.target_payback_months,
            "horizon_months": days_in(self.config.horizon) / DAYS_PER_MONTH,
        }

    def _text_place(self, *path: str | int, text: str) -> Place:
        """Where a text begins; what is written there otherwise, as over several lines, is shown as it was read."""
        place = self._place(*path)
        before = place.text[: max(place.column - 1, 0)]
        return place if place.text.startswith(before + text) else replace(place, column=len(before) + 1, text=before + text)

    def _place(self, *path: str | int) -> Place:
        return _place(path, self.document, self.options)


def found(given: Path | None, orders: tuple[str, ...] = ()) -> Path | None:
    """The config to use: the one given, else CLV_CONFIG, else the nearest clv.yaml upward, else the one beside the orders."""
    if given or (given := Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None):
        return given
    starts = [Path.cwd(), *(_folder(Path(name).absolute()) for name in orders[:1] if name != "-")]
    path = next((path for start in starts for path in _upward(start) if path.is_file()), None)
    return path and Path(os.path.relpath(path))


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


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
    together = {key: {**_table(data[key]), **options[key]} for key in _TABLES if _both_set(key, data, options)}
    kept = {key: value for key, value in data.items() if not (key in _INSTEAD and _INSTEAD[key] in options)}
    try:
        config = Config.model_validate({**kept, **options, **together})
    except ValidationError as error:
        problems = [_problem(dict(e), document, options) for e in error.errors(include_url=False)]
        kind = UsageError if all(_is_option(e["loc"], options) for e in error.errors()) else ConfigError
        raise kind(*sorted(dict.fromkeys(problems), key=lambda p: (p.place.line, p.place.column))) from None
    return Loaded(config, path, document, options)


_TABLES = ("columns", "churn", "spend")
"""The keys of which an option sets a part; what the file says of the rest stays."""
_INSTEAD = {"cac": "spend", "spend": "cac"}
"""What the file says of the one gives way to an option for the other."""


def _both_set(key: str, data: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    """Whether the file and the command line each set parts of a key."""
    return key in options and isinstance(_table(data.get(key)), dict)


def _table(value: Any) -> Any:
    """A spend that is no more than its files, as the table it is short for."""
    return {"files": value} if isinstance(value, str | list) else value


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


def _place(path: tuple[str | int, ...], document: Marked | None, options: Mapping[str, Any]) -> Place:
    """Where a setting was set: its option, or its line in the file."""
    if _is_option(path, options):
        name = _OPTIONS.get(".".join(map(str, path[:2]))) or _OPTIONS.get(str(path[0]), str(path[0]))
        return Place(f"--{name.replace('_', '-')}")
    if document is None:
        return Place()
    place = document.key(*path[:-1]) if path[-1] == KEY else document.value(*path)
    return replace(place, text="") if path[0] in _MAY_HOLD_SECRETS else place


_MAY_HOLD_SECRETS = ("on_success", "on_failure")
"""The keys of which no message shows what stands there."""


def _is_option(path: tuple[str | int, ...], options: Mapping[str, Any]) -> bool:
    """Whether a setting comes from the command line; parts of a table may come from both."""
    return path[0] in options and (path[0] not in _TABLES or len(path) == 1 or path[1] in options[path[0]])


_OPTIONS = {
    "columns": "map",
    "show": "formula",
    "churn.window_days": "churn-window",
    "churn.rule": "churn-rule",
    "statuses": "status",
    "cuts": "cut",
}
"""The options that have another name than the key they stand for."""
_TAGGED = ("margin", "cac", "lifespan")
"""The settings of several kinds; pydantic names the kind after the key."""


def _problem(error: dict[str, Any], document: Marked | None, options: Mapping[str, Any]) -> Problem:
    """One of pydantic's errors, in the user's words and at the user's line."""
    path = (error["loc"][0], *error["loc"][2:]) if error["loc"][0] in _TAGGED else error["loc"]
    name = ".".join(str(part) for part in path if part != KEY)
    is_of_key = error["type"] in ("missing", "extra_forbidden")
    place = _place((*path, KEY) if is_of_key else path, document, options)
    if error["type"] == "extra_forbidden":
        return Problem(f"unknown key '{name}'", place, nearest(str(path[-1]), _keys(path)))
    told = said({**error, "input": None}) if path[0] in _MAY_HOLD_SECRETS else said(error)
    return Problem(told if _is_option(path, options) else f"{name}: {told}", place, advice(error))


_INNER: Mapping[str | int, type[BaseModel]] = {
    "margin": Shares,
    "cac": ByAttribute,
    "churn": Churn,
    "costs": Costs,
    "spend": Spend,
    "formulas": FormulaText,
    "report": Page,
}


def _keys(path: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand where an unknown one was found."""
    return list((Config if len(path) == 1 else _INNER[path[0]]).model_fields)
