"""The commands: each reads its options, asks one question, and writes the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from clvcli.cli.moves import BASE, MOVES, base, in_words_of_whatif, moves
from clvcli.cli.options import CONTRACTS, CUTTING, FORECASTING, READING, TRYING, VALUING, WRITING, Orders, names, numbers, request, shared
from clvcli.cli.output import shown_to_people, write

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
Force = Annotated[bool, typer.Option("--force", help="Write over a config that is there.")]


@shared(READING, VALUING, FORECASTING, WRITING)
def compute(orders: Orders = None, *, given: Given) -> None:
    """What is a customer worth? Every CLV side by side, labelled, and the figures behind them.

    clv compute orders.csv --margin 0.35 --cac 20

    clv compute exports/*.csv --decimal , --date-format %d/%m/%Y -o clv.json
    """
    from clvcli import answers
    from clvcli.analysis import analysis

    found = analysis(request("compute", orders, given))
    write(found.report(*answers.compute(found, for_people=shown_to_people(given))), given)


@shared(READING, VALUING, FORECASTING, WRITING)
def segments(by: By, orders: Orders = None, *, min_customers: Fewest = 1, top: Top = None, given: Given) -> None:
    """Who is worth more? One row per segment and how sure that is; customers belong where their first order puts them.

    clv segments --by channel orders.csv

    clv segments --by channel,country --min-customers 50

    clv segments --by rfm_segment
    """
    from clvcli import answers
    from clvcli.analysis import analysis

    found = analysis(request("segments", orders, given, by=names(by)))
    write(found.report(*answers.segments(found, min_customers, top)), given)


@shared(READING, VALUING, FORECASTING, WRITING)
def customers(orders: Orders = None, limit: Most = 20, *, given: Given) -> None:
    """Who are they? One row per customer: metrics, value so far, segment.

    clv customers orders.csv -o customers.csv
    """
    from clvcli.analysis import analysis
    from clvcli.reports.customers import each_customer

    found = analysis(request("customers", orders, given, labels=("rfm", "rfm_segment", "value_tier")))
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
    from clvcli.analysis import analysis

    found = analysis(request("cohorts", orders, given, by=names(by)))
    write(found.report(*answers.cohorts(found, measure, count_refunds=count_refunds)), given)


@shared(MOVES, READING, BASE, WRITING)
def whatif(orders: Orders = None, by: ByIfAny = None, swing: Swing = "10%", *, given: Given) -> None:
    """Which lever? What a customer would be worth if some moved; what hangs on each, where it breaks even, what a point adds.

    clv whatif orders.csv

    clv whatif orders.csv --aov +5% --retention +2pt --cac -10%

    clv whatif orders.csv --by channel
    """
    from clvcli.analysis import analysis
    from clvcli.levers import share_of
    from clvcli.reports.whatif import whatif_tables

    asked, share = moves(given), share_of(swing)
    found = analysis(request("whatif", orders, base(given), by=names(by)))
    catalog = in_words_of_whatif(found.catalog)
    write(found.report(*whatif_tables(found.customers, catalog, asked, share, found.request.by)), given)


@shared(READING, VALUING, FORECASTING, CONTRACTS, WRITING)
def predict(
    orders: Orders = None, limit: Most = 20, save_model: SaveModel = None, bootstrap: Bootstrap = 0, *, given: Given
) -> None:  # fmt: skip
    """What next? P(alive), orders, spend and margin to expect of each customer within the horizon, and how sure that is.

    clv predict orders.csv --margin 0.35

    clv predict orders.csv --model pareto_nbd --horizon 6m -o predictions.csv
    """
    from clvcli import outlook
    from clvcli.analysis import analysis

    found = analysis(request("predict", orders, given))
    write(found.report(*outlook.predict(found, limit if shown_to_people(given) else None, save_model, bootstrap)), given)


@shared(READING, VALUING, TRYING, CUTTING, WRITING)
def backtest(orders: Orders = None, by: ByIfAny = None, *, given: Given) -> None:
    """Can I believe it? Every formula, model and baseline as of a past day, held against what this shop's customers then did.

    clv backtest orders.csv --margin 0.35

    clv backtest orders.csv --cut 2024-06-30 --cut 2024-12-31 --holdout 6m --by channel
    """
    from clvcli import outlook
    from clvcli.analysis import analysis

    found = analysis(request("backtest", orders, given, by=names(by)))
    write(found.report(*outlook.backtest(found)), given)


@shared(READING, VALUING, WRITING)
def trend(orders: Orders = None, by: ByIfAny = None, *, given: Given) -> None:
    """Is it getting better? The figures period by period, and why the CLV moved.

    clv trend orders.csv

    clv trend orders.csv --period month --by channel
    """
    from clvcli import answers
    from clvcli.analysis import analysis

    found = analysis(request("trend", orders, given, by=names(by)))
    write(found.report(*answers.trend(found)), given)


@shared(READING, VALUING, FORECASTING, WRITING)
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
