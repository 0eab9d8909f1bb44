"""From what was typed to a request.

Only light modules are imported here: `clv --help` must not wait for a data frame library.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clvcli.cli import log, progress
from clvcli.cli.groups import CONTRACTS, CUTTING, FORECASTING, READING, REPORTING, VALUING, WATCHING
from clvcli.errors import Problem, UsageError

if TYPE_CHECKING:
    from clvcli.request import Request

_DEFAULTS = {"quiet": False, "engine": "polars", "raw_csv": False, "pseudonymize": False}
_IN_CONFIG = {"map_": "columns", "formula": "show", "status": "statuses", "cut": "cuts"}
_SETTLED = {*READING, *VALUING, *FORECASTING, *CONTRACTS, *CUTTING, *WATCHING, *REPORTING, "show_ids"} - {"config", "rejects", "manifest"}
_OF_CHURN = {"churn_window": "window_days", "churn_rule": "rule"}


def shared(*groups: dict[str, Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of `groups`; it gets their values as one mapping, `given`."""
    options = {name: option for group in groups for name, option in group.items()}

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(command, eval_str=True)
        own = [p for name, p in signature.parameters.items() if name != "given"]
        more = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS.get(n), annotation=o) for n, o in options.items()]

        @wraps(command)
        def call(**values: Any) -> Any:
            return command(**{p.name: values[p.name] for p in own}, given={name: values[name] for name in options})

        call.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
        del call.__wrapped__
        call.__annotations__ = {p.name: p.annotation for p in (*own, *more)}
        return call

    return decorate


def request(
    command: str, orders: list[str] | None, given: dict[str, Any], by: tuple[str, ...] = (), labels: tuple[str, ...] = ()
) -> Request:
    """What was asked for, from what was typed."""
    from clvcli.request import Request

    if given["engine"] != "polars":
        raise UsageError(Problem(f"unknown engine '{given['engine']}'", hint="the one there is: polars"))
    log.checked(given.get("log_format"))
    shown = progress.current()
    if given.get("quiet"):
        shown.end()
    shown.at(f"reading {', '.join(orders or ['the orders'])}")
    output = _path(given.get("output"))
    asked = Request(command, tuple(orders or ()), given["config"], _options(given), by, given["rejects"], output, shown.reading, labels)
    return _pseudonymous(asked) if given.get("pseudonymize") else asked


def _pseudonymous(asked: Request) -> Request:
    """The same with pseudonyms for customers; raises UsageError if there is no key for them."""
    from clvcli.pseudonyms import of_environment

    return replace(asked, pseudonyms=of_environment())


def _path(output: str | Path | None) -> Path | None:
    """Where to write, if not to standard output."""
    return Path(output) if output and output != "-" else None


def _options(given: dict[str, Any]) -> dict[str, Any]:
    """What was typed, under the keys of the config."""
    typed = {n: v for n, v in given.items() if v is not None and n in _SETTLED}
    _refuse_bytes(typed)
    options = {_IN_CONFIG.get(name, name): value for name, value in typed.items()}
    if "columns" in options:
        options["columns"] = dict(_assignment(text, "--map", "customer_id=Customer") for text in options["columns"])
    if "statuses" in options:
        options["statuses"] = dict(_assignment(text, "--status", "shipped=keep") for text in options["statuses"])
    churn = {key: options.pop(name) for name, key in _OF_CHURN.items() if name in options}
    options |= {"churn": churn} if churn else {}
    options |= {"spend": {"files": tuple(options["spend"])}} if "spend" in options else {}
    return options


def _refuse_bytes(typed: Mapping[str, Any]) -> None:
    """Raises UsageError for what was typed in another encoding than the terminal's; the names of files may be any bytes."""
    for name, value in typed.items():
        for text in [value] if isinstance(value, str) else value if isinstance(value, list) else []:
            if name not in _OF_FILES and any("\ud800" <= c <= "\udfff" for c in text):
                raise UsageError(Problem(f"--{name.strip('_').replace('_', '-')}: '{text}' is no text in UTF-8", hint="type it anew"))


_OF_FILES = ("spend", "model_file")


def _assignment(text: str, option: str, example: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise UsageError(Problem(f"{option} {text}: no '=' in it", hint=f"write it as in {option} {example}"))
    return name.strip(), value.strip()


def names(by: str | None) -> tuple[str, ...]:
    """The columns of `--by`."""
    return () if by is None else tuple(dict.fromkeys(name.strip() for name in by.split(",")))


def numbers(assignments: list[str] | None) -> dict[str, float]:
    """The values of `--set name=number`."""
    found = {}
    for text in assignments or ():
        name, value = _assignment(text, "--set", "aov=90")
        found[name] = _number(value)
        if not math.isfinite(found[name]):
            raise UsageError(Problem(f"--set {text}: '{value}' is no number", hint="write it as in --set aov=90"))
    return found


def _number(text: str) -> float:
    """The number that a text is, a share with or without %; nan if it is none."""
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        return math.nan
