"""The commands: each reads its options, asks one question, and writes the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from clvcli.cli.options import READING, VALUING, WRITING, Orders, numbers, request, shared, write

Given = dict[str, Any]
By = Annotated[
    str, typer.Option("--by", "-b", metavar="COLUMN[,COLUMN]", help="Columns of the orders, or 'segment' for the configured conditions.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A metric, a formula or a setting.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", "-s", metavar="NAME=NUMBER", help="Use this number; may be repeated.", show_default=False)
]
Most = Annotated[int, typer.Option("--limit", "-n", metavar="NUMBER", min=1, help="How many customers to show to people; a file gets all.")]
Presets = Annotated[bool, typer.Option("--presets", help="List the platforms whose exports clv knows.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a config that is there.")]


@shared(READING, VALUING, WRITING)
def compute(orders: Orders = None, *, given: Given) -> None:
    """What is a customer worth? Every CLV side by side, labelled, and the figures behind them.

    clv compute orders.csv --margin 0.35 --cac 20

    clv compute exports/*.csv --decimal , --date-format %d/%m/%Y -o clv.json
    """
    from clvcli import reports
    from clvcli.analysis import analysis

    found = analysis(request("compute", orders, given))
    write(found.report(*reports.summary(found.customers, found.catalog)), given)


@shared(READING, VALUING, WRITING)
def segments(by: By, orders: Orders = None, *, given: Given) -> None:
    """Who is worth more? One row per segment; customers belong where their first order puts them.

    clv segments --by channel orders.csv

    clv segments --by channel,country
    """
    from clvcli import reports
    from clvcli.analysis import analysis

    names = tuple(dict.fromkeys(name.strip() for name in by.split(",")))
    found = analysis(request("segments", orders, given, by=names))
    write(found.report(reports.by_segment(found.customers, found.catalog, names)), given)


@shared(READING, VALUING, WRITING)
def customers(orders: Orders = None, limit: Most = 20, *, given: Given) -> None:
    """Who are they? One row per customer: metrics, value so far, segment.

    clv customers orders.csv -o customers.csv
    """
    from clvcli import reports
    from clvcli.analysis import analysis
    from clvcli.cli.options import shown_to_people

    found = analysis(request("customers", orders, given))
    table = reports.each_customer(found.customers, found.catalog, limit if shown_to_people(given) else None)
    write(found.report(table), given)


@shared(READING, VALUING, WRITING)
def explain(name: Name, orders: Orders = None, set_: Set = None, *, given: Given) -> None:
    """What does this number mean? Definition, source, pitfalls, and its arithmetic.

    clv explain clv_contribution orders.csv

    clv explain clv_simple --set aov=20 --set purchase_frequency=12 --set lifespan_years=3
    """
    from clvcli.explanation import explanation

    write(explanation(name, request("explain", orders, given), numbers(set_)), given)


@shared(READING, WRITING)
def inspect(orders: Orders = None, presets: Presets = False, *, given: Given) -> None:  # noqa: FBT002 - a flag
    """What did clv understand? Files, decisions, columns, and the ledger of every record and all money.

    clv inspect orders.csv

    clv inspect --presets
    """
    from clvcli.cli.options import shown_to_people
    from clvcli.inspection import inspection, preset_list

    asked = request("inspect", orders, given)
    write(preset_list(asked) if presets else inspection(asked, brief=shown_to_people(given)), given)


@shared(READING)
def init(
    orders: Orders = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")] = Path("clv.yaml"),
    *,
    force: Force = False,
    given: Given,
) -> None:
    """Write a commented clv.yaml for these orders, with what was understood.

    clv init orders.csv
    """
    from clvcli.initial import write_config

    print(write_config(request("init", orders, {**given, "engine": "polars", "output": output}), output, force=force))
