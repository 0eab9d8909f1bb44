"""Options that several commands take, and the way from them to a request.

Only light modules are imported here: `clv --help` must not wait for a data frame library.
"""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clvcli.errors import Problem, UsageError

if TYPE_CHECKING:
    from clvcli.request import Request

Orders = Annotated[
    list[str] | None,
    typer.Argument(metavar="ORDERS", help="Files, folders or globs of the export; - is standard input.", show_default=False),
]

READING: dict[str, Any] = {
    "config": Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="Config to use, instead of the nearest clv.yaml.", show_default=False),
    ],
    "map_": Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            "-m",
            metavar="ROLE=COLUMN",
            help="What a column means; may be arithmetic, as in 'amount=qty * price'.",
            show_default=False,
        ),
    ],
    "where": Annotated[
        str | None, typer.Option(metavar="CONDITION", help="Use only records that meet it, as in 'quantity > 0'.", show_default=False)
    ],
    "date_format": Annotated[str | None, typer.Option(metavar="FORMAT", help="How dates are written, as in %d/%m/%Y.", show_default=False)],
    "decimal": Annotated[str | None, typer.Option(metavar="MARK", help="The decimal mark: . or ,", show_default=False)],
    "tz": Annotated[
        str | None, typer.Option("--tz", metavar="ZONE", help="The shop's time zone, for times with an offset.", show_default=False)
    ],
    "currency": Annotated[str | None, typer.Option(metavar="CODE", help="Use only orders in this currency.", show_default=False)],
    "encoding": Annotated[str | None, typer.Option(metavar="NAME", help="How the text is encoded, if not as UTF-8.", show_default=False)],
    "delimiter": Annotated[
        str | None, typer.Option(metavar="CHARACTER", help="What separates fields, if clv sees it wrong.", show_default=False)
    ],
    "header": Annotated[
        bool | None,
        typer.Option(
            "--header/--no-header", help="Whether the first line names the columns; without, they are 1, 2, 3.", show_default=False
        ),
    ],
    "preset": Annotated[
        str | None, typer.Option(metavar="NAME", help="Which platform wrote the export; none for no platform.", show_default=False)
    ],
    "grain": Annotated[
        str | None,
        typer.Option(metavar="GRAIN", help="How records make orders: order, line, header_and_lines or repeated.", show_default=False),
    ],
    "identity": Annotated[
        str | None, typer.Option(metavar="KIND", help="By what customers are known: auto, id, email or name.", show_default=False)
    ],
    "anonymous": Annotated[
        list[str] | None, typer.Option(metavar="ID", help="A customer id that stands for nobody; may be repeated.", show_default=False)
    ],
    "allow_anonymous": Annotated[
        bool | None, typer.Option("--allow-anonymous", help="Go on even if hardly any order has a customer.", show_default=False)
    ],
    "status": Annotated[
        list[str] | None,
        typer.Option(
            metavar="STATUS=VERDICT", help="What a status means: keep, refunded, cancelled, unpaid, test or not_sale.", show_default=False
        ),
    ],
    "tax": Annotated[str | None, typer.Option(metavar="POLICY", help="Tax in the amount: include or exclude.", show_default=False)],
    "shipping": Annotated[
        str | None, typer.Option(metavar="POLICY", help="Shipping in the amount: include or exclude.", show_default=False)
    ],
    "minor_units": Annotated[
        bool | None, typer.Option("--minor-units/--major-units", help="Whether amounts are in cents.", show_default=False)
    ],
    "member": Annotated[str | None, typer.Option(metavar="NAME", help="Which file of a ZIP archive.", show_default=False)],
    "sheet": Annotated[str | None, typer.Option(metavar="NAME", help="Which sheet of a workbook.", show_default=False)],
    "as_of": Annotated[
        str | None, typer.Option(metavar="DATE", help="End of observation, as in 2025-12-31; else the last order.", show_default=False)
    ],
    "count_free": Annotated[
        bool | None,
        typer.Option("--count-free/--no-count-free", help="Whether orders that brought in nothing count as orders.", show_default=False),
    ],
    "max_rejects": Annotated[
        float | None, typer.Option(metavar="SHARE", help="Share of records that may be unreadable (0.05).", show_default=False)
    ],
    "rejects": Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the records that can't be read to this CSV.", show_default=False)
    ],
}
VALUING: dict[str, Any] = {
    "period": Annotated[str | None, typer.Option(metavar="PERIOD", help="year, quarter, month, or auto.", show_default=False)],
    "margin": Annotated[
        float | None, typer.Option(metavar="SHARE", help="Gross profit per unit of revenue, as in 0.35.", show_default=False)
    ],
    "cac": Annotated[float | None, typer.Option("--cac", metavar="AMOUNT", help="What it cost to win a customer.", show_default=False)],
    "spend": Annotated[
        list[str] | None,
        typer.Option(
            "--spend", metavar="FILE", help="What was spent to win customers, by date and channel; may be repeated.", show_default=False
        ),
    ],
    "lifespan": Annotated[str | None, typer.Option(metavar="YEARS|RULE", help="Years, or churn, tenure, survival.", show_default=False)],
    "discount_rate": Annotated[
        float | None, typer.Option(metavar="RATE", help="How much less money is worth in a year (0.1).", show_default=False)
    ],
    "churn_window": Annotated[
        int | None, typer.Option(metavar="DAYS", help="Days without an order until a customer has lapsed.", show_default=False)
    ],
    "churn_rule": Annotated[
        str | None,
        typer.Option(metavar="RULE", help="When a customer has lapsed: auto, window, percentile or personal.", show_default=False),
    ],
    "formula": Annotated[
        list[str] | None, typer.Option("--formula", metavar="NAME", help="Show this formula; may be repeated.", show_default=False)
    ],
}
FORECASTING: dict[str, Any] = {
    "horizon": Annotated[
        str | None, typer.Option(metavar="LENGTH", help="How far models look ahead, as in 12m, 26w or 90d (12m).", show_default=False)
    ],
    "model": Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="bg_nbd, mbg_nbd, pareto_nbd, bg_bb, sbg, or auto: the nearest on the shop's own past.", show_default=False
        ),
    ],
    "model_file": Annotated[
        str | None, typer.Option(metavar="FILE", help="Forecast by parameters that --save-model wrote.", show_default=False)
    ],
}
TRYING: dict[str, Any] = {name: option for name, option in FORECASTING.items() if name != "model_file"}
CONTRACTS: dict[str, Any] = {
    "ended": Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="The column that says when a contract ended; empty where it goes on.", show_default=False),
    ],
    "billing": Annotated[
        str | None, typer.Option(metavar="PERIOD", help="How often contracts are paid: week, month, quarter or year.", show_default=False)
    ],
}
CUTTING: dict[str, Any] = {
    "cut": Annotated[
        list[str] | None,
        typer.Option(
            "--cut", metavar="DATE", help="The last day that forecasts know, as in 2024-12-31; may be repeated.", show_default=False
        ),
    ],
    "holdout": Annotated[
        str | None,
        typer.Option(metavar="LENGTH", help="How long after the cut they are held against, as in 6m; else to the end.", show_default=False),
    ],
}
WRITING: dict[str, Any] = {
    "format_": Annotated[
        str | None,
        typer.Option("--format", "-f", metavar="FORMAT", help="table, markdown, csv, json, parquet or xlsx.", show_default=False),
    ],
    "output": Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write here; the suffix gives the format.", show_default=False)
    ],
    "table": Annotated[str | None, typer.Option(metavar="NAME", help="Only this table of the answer.", show_default=False)],
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="Nothing on standard error when all is well.")],
    "engine": Annotated[str, typer.Option(metavar="NAME", help="Where to compute; polars is the one there is.", show_default=False)],
}
_DEFAULTS = {"quiet": False, "engine": "polars"}
_IN_CONFIG = {"map_": "columns", "formula": "show", "status": "statuses", "cut": "cuts"}
_SETTLED = {*READING, *VALUING, *FORECASTING, *CONTRACTS, *CUTTING} - {"config", "rejects"}
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
    progress = _show_progress if sys.stderr is not None and sys.stderr.isatty() and not given.get("quiet") else None
    output = _path(given.get("output"))
    return Request(command, tuple(orders or ()), given["config"], _options(given), by, given["rejects"], output, progress, labels)


def _show_progress(file: str, records: int) -> None:
    """Say how far the slow reading of a file is; the next line is written over it."""
    print(f"\r{file}: {records:,} records read one by one", end="\x1b[K\r", file=sys.stderr, flush=True)


def _path(output: str | Path | None) -> Path | None:
    """Where to write, if not to standard output."""
    return Path(output) if output and output != "-" else None


def _options(given: dict[str, Any]) -> dict[str, Any]:
    """What was typed, under the keys of the config."""
    typed = {n: v for n, v in given.items() if v is not None and n in _SETTLED}
    options = {_IN_CONFIG.get(name, name): value for name, value in typed.items()}
    if "columns" in options:
        options["columns"] = dict(_assignment(text, "--map", "customer_id=Customer") for text in options["columns"])
    if "statuses" in options:
        options["statuses"] = dict(_assignment(text, "--status", "shipped=keep") for text in options["statuses"])
    churn = {key: options.pop(name) for name, key in _OF_CHURN.items() if name in options}
    options |= {"churn": churn} if churn else {}
    options |= {"spend": {"files": tuple(options["spend"])}} if "spend" in options else {}
    return options


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
