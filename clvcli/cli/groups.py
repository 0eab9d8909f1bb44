"""The options of the commands, in the groups in which several take them, and the orders that all take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

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
WATCHING: dict[str, Any] = {
    "fail_if": Annotated[
        list[str] | None,
        typer.Option(
            "--fail-if",
            metavar="CONDITION",
            help="End with code 6 if it is met, as 'retention_rate < 0.25'; may be repeated.",
            show_default=False,
        ),
    ],
}
WRITING: dict[str, Any] = {
    "format_": Annotated[
        str | None,
        typer.Option("--format", "-f", metavar="FORMAT", help="table, markdown, html, csv, json, parquet or xlsx.", show_default=False),
    ],
    "output": Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write here; the suffix gives the format, {as_of} is the last day, FOLDER/ gets a file for each table.",
            show_default=False,
        ),
    ],
    "table": Annotated[str | None, typer.Option(metavar="NAME", help="Only this table of the answer.", show_default=False)],
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="Nothing on standard error when all is well.")],
    "log_format": Annotated[
        str | None,
        typer.Option(metavar="FORMAT", help="Log lines with their time on standard error: text or json.", show_default=False),
    ],
    "show_ids": Annotated[
        bool | None,
        typer.Option("--show-ids", help="Show people customer ids that are e-mail addresses or names whole.", show_default=False),
    ],
    "raw_csv": Annotated[bool, typer.Option("--raw-csv", help="No apostrophe before text in CSV that a spreadsheet would run.")],
    "engine": Annotated[str, typer.Option(metavar="NAME", help="Where to compute; polars is the one there is.", show_default=False)],
}
NAMING: dict[str, Any] = {
    "pseudonymize": Annotated[
        bool, typer.Option("--pseudonymize", help="Replace customer ids by a keyed hash; the key is in CLV_PSEUDONYM_KEY_FILE.")
    ],
}
REPORTING: dict[str, Any] = {
    "snapshots": Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Keep this run's tables there, to compare with.", show_default=False)
    ],
    "compare": Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="Say what changed since a snapshot: previous, or a day as in 2025-12-31.", show_default=False),
    ],
    "manifest": Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write there what this run read and wrote, with hashes, as JSON.", show_default=False),
    ],
    "keep": Annotated[
        int | None, typer.Option(metavar="NUMBER", min=1, help="How many dated reports and snapshots stay.", show_default=False)
    ],
}
