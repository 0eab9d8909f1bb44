"""Request: what was asked for, and what it and the config say of how the orders are to be read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from clvcli import config, render
from clvcli.config import Loaded
from clvcli.errors import Place, Problem, UsageError
from clvcli.exports import Instructions
from clvcli.exports.dialect import Given
from clvcli.exports.fates import Selection
from clvcli.exports.files import paths
from clvcli.exports.plans import Wishes
from clvcli.exports.rejects import REJECTS
from clvcli.exports.spelling import Spelling
from clvcli.labels import LABELS
from clvcli.periods import day_number
from clvcli.rates import Rates
from clvcli.runs import write_atomically
from clvcli.runs.names import Template
from clvcli.segments import SEGMENT
from clvcli.tables import Report, Table

if TYPE_CHECKING:
    from clvcli.pseudonyms import Pseudonyms

REFERRER = "referred_by"
_NO_ORDERS = "name a file, as in 'clv {command} orders.csv', or set 'orders:' in clv.yaml; 'clv init orders.csv' writes one"


@dataclass(frozen=True)
class Request:
    """What the command line asked for, before anything is read."""

    command: str
    orders: tuple[str, ...] = ()
    config_path: Path | None = None
    options: Mapping[str, Any] = None  # type: ignore[assignment]  # set by every caller
    by: tuple[str, ...] = ()
    rejects: Path | None = None
    output: Path | None = None
    on_progress: Callable[[str, int], None] | None = None
    labels: tuple[str, ...] = ()
    """Labels of clv's own that the answer shows beside `by`."""
    numbers: tuple[str, ...] = ()
    """Numbers that are asked for beside those that are shown."""
    pseudonyms: Pseudonyms | None = None
    """By what customers are called, if not by their ids."""
    if_any: tuple[str, ...] = ()
    """Attributes that are read if the orders have them."""


def instructions(request: Request, loaded: Loaded) -> Instructions:
    """What the config and the command line say about the export."""
    given = loaded.config
    as_of = day_number(given.as_of) if isinstance(given.as_of, date) else None
    wishes = Wishes(
        mapping=given.columns,
        spelling=Spelling(given.date_format, given.decimal, given.tz),
        **{name: getattr(given, name) for name in _WISHES},
    )
    return Instructions(
        given=Given(given.encoding, given.delimiter, given.header, given.member, given.sheet),
        wishes=wishes,
        preset=given.preset,
        presets=loaded.presets,
        selection=Selection(loaded.where, given.currency, as_of, tuple(_attributes(request, loaded)), _if_any(request, loaded)),
        margin=rates_of(given.margin),
        max_rejects=given.max_rejects,
        count_free=given.count_free,
        today=day_number(date.today()),  # noqa: DTZ011 - the user's own today
        on_rejects=partial(write_rejects, request.rejects) if request.rejects else None,
        on_progress=request.on_progress,
        named=request.pseudonyms.of if request.pseudonyms else str,
    )


_WISHES = ("grain", "identity", "tax", "shipping", "minor_units", "statuses", "anonymous", "allow_anonymous")
"""The keys of the config that say what records mean."""


_JUDGES = ("compute", "segments", "report")


def numbers_asked(request: Request, loaded: Loaded) -> tuple[str, ...]:
    """The numbers that are shown, the user's own, and those that are asked for: by name, and by conditions where they are judged."""
    own = (formula.name for formula in loaded.catalog.own_formulas)
    return (*loaded.catalog.shown, *own, *request.numbers, *(loaded.watched if request.command in _JUDGES else ()))


def write_rejects(path: Path, frame: pl.DataFrame) -> None:
    """Write records that can't be read as CSV."""
    report = Report("rejects", (Table("rejects", "", REJECTS, frame, keys=2),))
    write_atomically(path, lambda out: render.renderer("csv")(report, out, render.Look()))


def _attributes(request: Request, loaded: Loaded) -> Iterable[str]:
    """The attributes that the question, the rates and the segments read."""
    tables = [r for r in (rates_of(loaded.config.margin), rates_of(loaded.config.cac)) if r]
    texts = [name for s in loaded.catalog.segments for name in s.condition.texts]
    contracts = [loaded.config.ended] if loaded.config.ended else []
    wanted = [*request.by, *contracts, *(a for r in tables for a in r.attributes), *texts]
    names = dict.fromkeys(name for name in wanted if name not in {SEGMENT.name, *LABELS})
    if taken := [name for name in names if name in loaded.catalog.columns]:
        hint = f"if the orders have a column of that name, call it something else: --map category={taken[0]}"
        raise UsageError(Problem(f"'{taken[0]}' is a number or an id of clv's own, not an attribute", hint=hint))
    return names


def _if_any(request: Request, loaded: Loaded) -> tuple[str, ...]:
    """The attributes that are read if the orders have them: who referred, by what the spend is told apart, and what is asked for like that."""
    spend = loaded.config.spend
    by_spend = [spend.by] if spend and spend.by and spend.by not in {SEGMENT.name, *LABELS} else []
    return tuple(dict.fromkeys((REFERRER, *by_spend, *request.if_any)))


def rates_of(given: Any) -> Rates | None:
    """A configured number, or numbers by attribute, as the core knows them."""
    if given is None or isinstance(given, int | float):
        return None if given is None else Rates(float(given))
    return given.as_rates()  # type: ignore[no-any-return]


def refuse_to_write_over(names: Sequence[str], request: Request, model: Path | None = None, reads: Path | None = None) -> None:
    """Raises UsageError if what is to be written would stand in place of what is read, or of something else that is written.

    A name with fields stands for every name that it may give.
    """
    options = {"-o": request.output, "--rejects": request.rejects, "--save-model": model}
    written = {option: (path, _template(option, path, request)) for option, path in options.items() if path}
    read_from = sorted(paths(names)) if written else []
    for number, (option, (path, template)) in enumerate(written.items()):
        if reads and template.matches(reads):
            raise UsageError(Problem("would be written over the saved model", Place(str(path)), f"give {option} another name"))
        if any(_covers(template, Path(real)) for real in read_from):
            raise UsageError(Problem("would be written over the orders", Place(str(path)), f"give {option} another name"))
        for other, first in list(written.values())[:number]:
            if _covers(first, path):
                raise UsageError(Problem("would be written twice", Place(str(other)), f"give {option} another name"))


def _template(option: str, path: Path, request: Request) -> Template:
    """The name of an output; only -o has fields, and only the names of reports have segments."""
    if option != "-o" or request.command == "init":
        return Template(str(path).replace("{", "{{").replace("}", "}}"))
    template = Template(str(path))
    if "segment" in template.fields and request.command != "report":
        hint = f"clv report writes a file for each segment; clv {request.command} has all of them in one: leave out {{segment}}"
        raise UsageError(Problem("only a report has a file for each {segment}", Place(str(path)), hint))
    return template


def _covers(template: Template, path: Path) -> bool:
    """Whether an output may be this very file, or a folder that it is in."""
    real = Path(os.path.realpath(path))
    return any(template.matches(one) for one in (real, *real.parents))


def named(request: Request, loaded: Loaded) -> Sequence[str]:
    """The orders that are to be read, on the command line or in the config; raises UsageError if there are none."""
    names = request.orders or loaded.orders
    if not names:
        where = f" in {loaded.path}" if loaded.path else " in a config"
        told = f"no orders were named, on the command line or{where}"
        raise UsageError(Problem(told, hint=_NO_ORDERS.format(command=request.command)))
    return names


def configured(request: Request) -> Loaded:
    """The config that applies, with the command line over it."""
    loaded = config.load(config.found(request.config_path, request.orders), request.options)
    _ = loaded.conditions  # so that a mistake in one is told before anything is read
    return loaded
