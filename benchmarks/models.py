"""Measures what models cost: their fits against lifetimes, forecasts against reading, back-tests against a plain answer.

usage: uv run python benchmarks/models.py [--peer-python peer/bin/python] [--retail FILE] [--rounds 3] [--only fits,big] [--write]

Like run.py it reports a bound that is missed and ends with an error only if a command fails.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from measure import Command, CommandError, Spread, answer_of, in_turn
from pairs import Pair, Programs, Target
from run import HEADER, README, export_files, measured, say, short_number, table_row

HERE = Path(__file__).parent
BLOCK = re.compile(r"(?<=<!-- models -->\n).*?(?=<!-- /models -->)", re.DOTALL)
LEAST = {"bg_nbd": 50.0, "gamma_gamma": 15.0, "pareto_nbd": 150.0}
"""How many times the CPU of clv's fit the peer's must be at least."""
ONCE = "pareto_nbd"
"""The peer's fit of it takes minutes: one round will do."""
MEMORY_MIB = 1024
ROWS_PER_CUSTOMER = 4.85  # of generate.py
CUTS = ("--cut", "2011-03-31", "--cut", "2011-06-30", "--cut", "2011-08-31")
LOST = 1e-6
"""By so much a log-likelihood may be lower than the peer's: that is rounding."""
SHORT_RUN_REPEATS = 2


@dataclass(frozen=True)
class Given:
    """What is measured and with what."""

    customers: int
    big: int
    rounds: int
    data: Path
    peer_python: str
    retail: Sequence[Path]

    def work(self, *words: object, python: str = sys.executable) -> Command:
        return [python, str(HERE / "fits.py"), *map(str, words)]

    def buyers(self, customers: int) -> Path:
        """The file of so many customers, drawn if it is missing."""
        file = self.data / f"buyers{short_number(customers)}.npz"
        if not file.exists():
            say(f"drawing {customers:,} customers as {file}")
            self.data.mkdir(parents=True, exist_ok=True)
            subprocess.run([sys.executable, str(HERE / "buyers.py"), str(customers), str(file)], check=True, stdout=sys.stderr)
        return file.resolve()


def of_rounds(answers: Sequence[dict[str, Any]], name: str) -> float:
    return Spread.over([answer[name] for answer in answers]).median


def verdict(*, holds: bool) -> str:
    return "yes" if holds else "no"


def fits(given: Given, folder: Path) -> Iterator[str]:
    """Of each model the CPU of the peer's fit and of clv's, and the difference of log-likelihoods."""
    yield f"| fit, {given.customers:,} customers | lifetimes / clv, CPU | CPU of clv | CPU of lifetimes | log-likelihood, clv less lifetimes | target | within |"
    yield "|---|---|---|---|---|---|---|"
    if not given.peer_python:
        say("fits: nothing to compare with; give --peer-python PATH, an interpreter with lifetimes")
    file = given.buyers(given.customers)
    for model, least in LEAST.items() if given.peer_python else ():
        commands = given.work("lifetimes", model, file, python=given.peer_python), given.work("clv", model, file)
        peer, clv = in_turn(lambda command: answer_of(command, folder), commands, 1 if model == ONCE else given.rounds, say)
        ratio = Spread.over([a["cpu_seconds"] / b["cpu_seconds"] for a, b in zip(peer, clv, strict=True)])
        gain = likelihood(given, folder, model, clv[-1]) - likelihood(given, folder, model, peer[-1])
        yield row(
            model,
            f"{ratio.median:.0f} ({ratio.low:.0f}-{ratio.high:.0f})",
            f"{of_rounds(clv, 'cpu_seconds'):.2f} s",
            f"{of_rounds(peer, 'cpu_seconds'):.1f} s",
            f"{gain:+.1e}",
            f"CPU ≥ {least:g}, likelihood ≥ −{LOST:.0e}",
            verdict(holds=ratio.median >= least and gain >= -LOST),
        )


def likelihood(given: Given, folder: Path, model: str, fit: dict[str, Any]) -> float:
    """The log-likelihood of a fit, whoever made it, by one function."""
    return float(answer_of(given.work("likelihood", model, given.buyers(given.customers), *fit["parameters"]), folder)["log_likelihood"])


def big(given: Given, folder: Path) -> Iterator[str]:
    """The fit to many customers: time, and memory above the frame of customers."""
    yield f"| fit, {given.big:,} customers | CPU of clv | peak above the customers | target | within |"
    yield "|---|---|---|---|---|"
    for model in LEAST:
        found = [answer_of(given.work("clv", model, given.buyers(given.big)), folder) for _ in range(given.rounds)]
        peak = of_rounds(found, "peak_mib")
        say(f"  {model}: {found}")
        yield row(
            model,
            f"{of_rounds(found, 'cpu_seconds'):.2f} s",
            f"{peak:.0f} MiB",
            f"peak < {MEMORY_MIB} MiB",
            verdict(holds=peak < MEMORY_MIB),
        )


def forecasts(given: Given, folder: Path) -> Iterator[str]:
    """The steps from a file of orders to a forecast of each customer, and how the last ones compare with the first."""
    files = export_files(given.data, round(given.customers * ROWS_PER_CUSTOMER))
    yield "| forecast of each customer | reading | into histories | fitting | predicting | the last two / reading, CPU | target | within |"
    yield "|---|---|---|---|---|---|---|---|"
    for file in files:
        for model in ("bg_nbd", "pareto_nbd"):
            found = [answer_of(given.work("predict", model, file.resolve()), folder) for _ in range(given.rounds)]
            say(f"  {model}: {found}")
            ratio = Spread.over([(each["fitting"] + each["cpu_seconds"]) / each["reading"] for each in found])
            yield row(
                f"{model}, {file.suffix[1:].upper()}, {found[-1]['customers']:,} customers",
                *(f"{of_rounds(found, step):.2f} s" for step in ("reading", "grouping", "fitting", "cpu_seconds")),
                f"{ratio.median:.2f} ({ratio.low:.2f}-{ratio.high:.2f})",
                "CPU ≤ 1",
                verdict(holds=ratio.median <= 1),
            )


def commands(given: Given, folder: Path) -> Iterator[str]:
    """Whole commands in pairs, as in run.py."""
    yield HEADER
    for pair in command_pairs(given):
        yield table_row(pair, measured(pair, given.rounds, folder))


def command_pairs(given: Given) -> Iterator[Pair]:
    clv = Programs()
    csv, parquet = (file.resolve() for file in export_files(given.data, round(given.customers * ROWS_PER_CUSTOMER)))
    for file in (csv, parquet):
        predict = [*clv.clv, "predict", str(file), "--model", "bg_nbd", "--quiet", "--output", "result.parquet"]
        yield Pair(f"predict-{file.suffix[1:]}", predict, clv.ask_clv("compute", file), Target())
    for file in given.retail:
        kind = file.name.removeprefix(file.stem.split(".")[0] + ".").replace(".", "-")
        compute, backtest = clv.ask_clv("compute", file), clv.ask_clv("backtest", file)
        people = [*clv.clv, "compute", str(file), "--quiet", "--format", "table"]
        yield Pair(f"backtest-{kind}", backtest, compute, Target(cpu_at_most=4), SHORT_RUN_REPEATS)
        yield Pair(f"three-cuts-{kind}", clv.ask_clv("backtest", file, *CUTS), backtest, Target(cpu_at_most=2), SHORT_RUN_REPEATS)
        yield Pair(f"verdict-{kind}", people, compute, Target(), SHORT_RUN_REPEATS)


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


PARTS: dict[str, Callable[[Given, Path], Iterator[str]]] = {"fits": fits, "big": big, "forecasts": forecasts, "commands": commands}


def conditions(given: Given) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in ("polars", "numpy", "scipy"))
    rounds = f"Rounds: {given.rounds}, of lifetimes' Pareto/NBD 1, of the pairs of a real shop {SHORT_RUN_REPEATS * given.rounds}."
    return f"{datetime.now(tz=UTC).date()}. {rounds} Python {platform.python_version()}, {versions}, {os.cpu_count()} CPUs."


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what models cost and print ratios.")
    size: Callable[[str], int] = lambda text: int(float(text))  # noqa: E731
    parser.add_argument("--customers", type=size, default=1_000_000, help="customers of the fits and forecasts, for example 1e6")
    parser.add_argument("--big", type=size, default=10_000_000, help="customers of the big fits")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", type=lambda names: names.split(","), default=list(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--data", type=Path, default=HERE / ".data", help="where drawn files are kept")
    parser.add_argument("--peer-python", default="", help="an interpreter with lifetimes")
    parser.add_argument("--retail", type=Path, nargs="*", default=[], help="files of a real shop, as UCI Online Retail, for back-tests")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    retail = [file.resolve() for file in options.retail]
    given = Given(options.customers, options.big, options.rounds, options.data, options.peer_python, retail)
    if unknown := set(options.only) - PARTS.keys():
        raise SystemExit(f"unknown part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    tables: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name in options.only:
                say(name)
                tables.append("\n".join(PARTS[name](given, Path(folder))))
        except CommandError as error:
            say(str(error))
            return 1
    text = "\n\n".join([*tables, conditions(given)])
    print(text)
    if options.write:
        README.write_text(BLOCK.sub(lambda _: f"{text}\n", README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
