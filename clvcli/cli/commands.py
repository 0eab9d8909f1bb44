"""The commands: each reads its options, asks one question, and writes the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from clvcli.cli import reporting
from clvcli.cli.analysed import analysed, answered
from clvcli.cli.checked import check
from clvcli.cli.groups import CONTRACTS, CUTTING, FORECASTING, NAMING, READING, REPORTING, TRYING, VALUING, WATCHING, WRITING, Orders
from clvcli.cli.moves import BASE, MOVES, base, in_words_of_whatif, moves
from clvcli.cli.options import names, numbers, request, shared
from clvcli.cli.output import shown_to_people, write
from clvcli.cli.progress import current

Given = dict[str, Any]
By = Annotated[
    str, typer.Option("--by", "-b", metavar="COLUMN[,COLUMN]", help="Columns of the orders, or 'segment' for the configured conditions.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A metric, a formula or a setting.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", "-s", metavar="NAME=NUMBER", help="Use this number; may be repeated.", show_default=False)
]
Most = Annotated[int, typer.Option("--limit", "-n", metavar="NUMBER", min=1, help="How many customers to show to people; a file gets all.")]
ByIfAny = Annotated[str | None, typer.Option("--by", "-b", metavar="COLUMN[,COLUMN]", help="Split by these too.", show_default=False)]
Measure = Annotated[
    str,
    typer.Option(
        metavar="MEASURE", help="retention, active, orders, revenue, contribution, cumulative_revenue or cumulative_contribution."
    ),
]
Swing = Annotated[str, typer.Option(metavar="SHARE", help="How far each lever is swung to see what hangs on it.")]
Fewest = Annotated[int, typer.Option(metavar="NUMBER", min=1, help="Segments of fewer customers become one: other.")]
Top = Annotated[
    int | None,
    typer.Option(metavar="NUMBER", min=1, help="Segments to keep, most revenue first; the rest becomes other.", show_default=False),
]
SaveModel = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the fitted parameters to this JSON file.", show_default=False)]
Bootstrap = Annotated[
    int, typer.Option(metavar="TIMES", min=0, max=10_000, help="Refit to so many samples of customers for the intervals; 0 for none.")
]
CountRefunds = Annotated[bool, typer.Option("--count-refunds", help="Count a refund as activity, also where it is all a customer did.")]
Presets = Annotated[bool, typer.Option("--presets", help="List the platforms whose exports clv knows.")]
Wait = Annotated[float, typer.Option("--lock-wait", metavar="SECONDS", min=0, help="How long to wait for another run in the same folder.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a config that is there.")]


@shared(READING, VALUING, FORECASTING, WATCHING, WRITING)
def compute(orders: Orders = None, *, given: Given) -> None:
    """What is a customer worth? Every CLV side by side, labelled, and the figures behind them.

    clv compute orders.csv --margin 0.35 --cac 20

    clv compute exports/*.csv --decimal , --date-format %d/%m/%Y -o clv.json
    """
    from clvcli import answers

    found = analysed(request("compute", orders, given), given)
    report = found.report(*answers.compute(found, for_people=shown_to_people(given)))
    write(report, given)
    check(report, given)


@shared(READING, VALUING, FORECASTING, WATCHING, WRITING)
def segments(by: By, orders: Orders = None, *, min_customers: Fewest = 1, top: Top = None, given: Given) -> None:
    """Who is worth more? One row per segment and how sure that is; customers belong where their first order puts them.

    clv segments --by channel orders.csv

    clv segments --by channel,country --min-customers 50

    clv segments --by rfm_segment
    """
    from clvcli import answers

    found = analysed(request("segments", orders, given, by=names(by)), given)
    report = found.report(*answers.segments(found, found.request.by, min_customers, top))
    write(report, given)
    check(report, given)


@shared(READING, VALUING, FORECASTING, NAMING, WRITING)
def customers(orders: Orders = None, limit: Most = 20, *, given: Given) -> None:
    """Who are they? One row per customer: metrics, value so far, segment.

    clv customers orders.csv -o customers.csv

    clv customers orders.csv --where 'country == "IT"' --limit 5
    """
    from clvcli.reports.customers import each_customer

    found = analysed(request("customers", orders, given, labels=("rfm", "rfm_segment", "value_tier")), given)
    table = each_customer(found.valued, found.catalog, limit if shown_to_people(given) else None)
    write(found.report(table), given)


@shared(READING, VALUING, WRITING)
def cohorts(
    orders: Orders = None,
    by: ByIfAny = None,
    measure: Measure = "retention",
    *,
    count_refunds: CountRefunds = False,
    given: Given,
) -> None:
    """Do they stay? Customers by the period of their first order, followed through their age.

    clv cohorts orders.csv

    clv cohorts orders.csv --period quarter --measure cumulative_contribution

    clv cohorts orders.csv --by channel
    """
    from clvcli import answers

    found = analysed(request("cohorts", orders, given, by=names(by)), given)
    write(found.report(*answers.cohorts(found, measure, by=found.request.by, count_refunds=count_refunds)), given)


@shared(MOVES, READING, BASE, WRITING)
def whatif(orders: Orders = None, by: ByIfAny = None, swing: Swing = "10%", *, given: Given) -> None:
    """Which lever? What a customer would be worth if some moved; what hangs on each, where it breaks even, what a point adds.

    clv whatif orders.csv

    clv whatif orders.csv --aov +5% --retention +2pt --cac -10%

    clv whatif orders.csv --by channel
    """
    from clvcli.levers import share_of
    from clvcli.reports.whatif import whatif_tables

    asked, share = moves(given), share_of(swing)
    found = analysed(request("whatif", orders, base(given), by=names(by)), given)
    catalog = in_words_of_whatif(found.catalog)
    write(found.report(*whatif_tables(found.customers, catalog, asked, share, found.request.by)), given)


@shared(READING, VALUING, FORECASTING, CONTRACTS, NAMING, WRITING)
def predict(
    orders: Orders = None, limit: Most = 20, save_model: SaveModel = None, bootstrap: Bootstrap = 0, *, given: Given
) -> None:  # fmt: skip
    """What next? P(alive), orders, spend and margin to expect of each customer within the horizon, and how sure that is.

    clv predict orders.csv --margin 0.35

    clv predict orders.csv --model pareto_nbd --horizon 6m -o predictions.csv
    """
    from clvcli import outlook

    found = analysed(request("predict", orders, given), given)
    write(found.report(*outlook.predict(found, limit if shown_to_people(given) else None, save_model, bootstrap)), given)


@shared(READING, VALUING, TRYING, CUTTING, WRITING)
def backtest(orders: Orders = None, by: ByIfAny = None, *, given: Given) -> None:
    """Can I believe it? Every formula, model and baseline as of a past day, held against what this shop's customers then did.

    clv backtest orders.csv --margin 0.35

    clv backtest orders.csv --cut 2024-12-31 --holdout 6m --by channel
    """
    from clvcli import outlook

    found = analysed(request("backtest", orders, given, by=names(by)), given)
    write(found.report(*outlook.backtest(found, found.request.by)), given)


@shared(READING, VALUING, WRITING)
def trend(orders: Orders = None, by: ByIfAny = None, *, given: Given) -> None:
    """Is it getting better? The figures period by period, and why the CLV moved.

    clv trend orders.csv

    clv trend orders.csv --period month --by channel
    """
    from clvcli import answers

    found = analysed(request("trend", orders, given, by=names(by)), given)
    write(found.report(*answers.trend(found, found.request.by)), given)


@shared(READING, VALUING, FORECASTING, CONTRACTS, CUTTING, NAMING, REPORTING, WATCHING, WRITING)
def report(orders: Orders = None, by: ByIfAny = None, lock_wait: Wait = 0, *, given: Given) -> None:
    """What should those who decide know? One page, a workbook or a folder of tables: what is worth what, why, and how sure that is.

    clv report orders.csv -o report.html

    clv report orders.csv --by channel -o 'reports/{as_of}.xlsx' --keep 12

    clv report orders.csv -o report.html --snapshots history --compare previous
    """
    reporting.run(request("report", orders, given, by=names(by)), given, lock_wait)


@shared(READING, VALUING, FORECASTING, WRITING)
def explain(name: Name, orders: Orders = None, set_: Set = None, *, given: Given) -> None:
    """What does this number mean? Definition, source, pitfalls, and its arithmetic.

    clv explain clv_contribution orders.csv

    clv explain aov --set revenue=90 --set orders=3
    """
    from clvcli.explanation import explanation

    asked = request("explain", orders, given)
    write(answered(explanation(name, asked, numbers(set_)), asked, given), given)


@shared(READING, WRITING)
def inspect(orders: Orders = None, presets: Presets = False, *, given: Given) -> None:  # noqa: FBT002 - a flag
    """What did clv understand? Files, decisions, columns, and the ledger of every record and all money.

    clv inspect orders.csv

    clv inspect --presets
    """
    from clvcli.inspection import inspection, preset_list

    asked = request("inspect", orders, given)
    found = preset_list(asked) if presets else inspection(asked, brief=shown_to_people(given))
    write(answered(found, asked, given), given)


@shared(READING)
def init(
    orders: Orders = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")] = Path("clv.yaml"),
    *,
    force: Force = False,
    given: Given,
) -> None:
    """How do I begin? Write a commented clv.yaml for these orders, with what was understood of them.

    clv init orders.csv

    clv init exports/*.csv --date-format %d/%m/%Y -o shop.yaml
    """
    from clvcli.initial import write_config

    said = write_config(request("init", orders, {**given, "engine": "polars", "output": output}), output, force=force)
    current().end()
    print(said)
