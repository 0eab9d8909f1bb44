"""Measures clv against hand-written queries, start-up and a peer, and prints the ratios as a markdown table.

usage: uv run python benchmarks/run.py [--rows 10e6] [--rounds 3] [--only help,tiny] [--write]

A ratio outside its target is reported, never an error: timing is no test. A command that fails is one.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shlex
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from measure import CommandError, Comparison, compare
from pairs import NEEDS_PEER, PRESET, Exports, Pair, Programs, pairs

HERE = Path(__file__).parent
README = HERE / "README.md"
TABLE_BLOCK = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- /table -->)", re.DOTALL)
TINY_ROWS = 100
HEADER = (
    "| pair (A / B) | CPU A / B, median (min-max) | memory A / B | CPU of A | peak of A | target | within |\n|---|---|---|---|---|---|---|"
)


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def short_number(rows: int) -> str:
    """10_000_000 is 10m, 1_500 is 1500."""
    for factor, suffix in ((10**6, "m"), (10**3, "k")):
        if rows % factor == 0:
            return f"{rows // factor}{suffix}"
    return str(rows)


def export_files(folder: Path, rows: int) -> tuple[Path, Path]:
    """The CSV and the Parquet file of so many rows, generated if either is missing."""
    prefix = folder / f"clv{short_number(rows)}"
    files = prefix.with_suffix(".csv"), prefix.with_suffix(".parquet")
    if not all(file.exists() for file in files):
        say(f"generating {rows:,} rows as {prefix}.csv and .parquet")
        # A child of its own: the memory of a parent that imported numpy would count as that of every command.
        command = [sys.executable, str(HERE / "generate.py"), str(rows), str(prefix)]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return files


def shop_file(folder: Path, lines: Path, rows: int) -> Path:
    """The same orders as the export of a platform, generated if it is missing."""
    file = folder / f"shop{short_number(rows)}.csv"
    if not file.exists():
        say(f"generating {file}")
        subprocess.run([sys.executable, str(HERE / "shop_export.py"), str(lines), str(file), PRESET], check=True, stdout=sys.stderr)
    return file


def prepare_exports(folder: Path, rows: int) -> Exports:
    folder.mkdir(parents=True, exist_ok=True)
    tiny_csv, _ = export_files(folder, TINY_ROWS)
    csv, parquet = export_files(folder, rows)
    shop = shop_file(folder, parquet, rows)
    return Exports(rows, csv=csv.resolve(), parquet=parquet.resolve(), tiny_csv=tiny_csv.resolve(), shop_csv=shop.resolve())


def measured(pair: Pair, rounds: int, folder: Path) -> Comparison | None:
    """None if one of the commands fails, after saying how."""
    say(f"{pair.name}\n  A: {shlex.join(pair.a)}\n  B: {shlex.join(pair.b)}")
    try:
        return compare(pair.a, pair.b, rounds * pair.repeats, folder, lambda line: say(f"  {line}"))
    except (CommandError, OSError) as error:
        say(f"  failed: {error}")
        return None


def table_row(pair: Pair, found: Comparison | None) -> str:
    if found is None:
        return f"| {pair.name} | failed | | | | {pair.target} | |"
    ratio, missed = found.cpu_ratio, pair.target.missed_by(found)
    cells = (
        pair.name,
        f"{ratio.median:.2f} ({ratio.low:.2f}-{ratio.high:.2f})",
        f"{found.memory_ratio:.2f}",
        f"{found.cpu_seconds:.2f} s",
        f"{found.peak_mib:.0f} MiB",
        str(pair.target),
        f"no: {', '.join(missed)}" if missed else "yes",
    )
    return f"| {' | '.join(cells)} |"


def conditions(rows: int, rounds: int) -> str:
    return (
        f"Order lines: {rows:,}. Rounds: {rounds}. Python {platform.python_version()}, polars {version('polars')}, {os.cpu_count()} CPUs."
    )


def write_table(text: str) -> None:
    page = README.read_text(encoding="utf-8")
    README.write_text(TABLE_BLOCK.sub(lambda _: f"{text}\n", page), encoding="utf-8")


def row_count(text: str) -> int:
    rows = int(float(text))
    if rows < 1:
        raise argparse.ArgumentTypeError("at least 1 row")
    return rows


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure clv and print ratios of cost.")
    parser.add_argument("--rows", type=row_count, default=10_000_000, help="order lines, for example 1e6")
    parser.add_argument("--rounds", type=row_count, default=3)
    parser.add_argument("--only", type=lambda names: names.split(","), help="some of the pairs: help,tiny")
    parser.add_argument("--data", type=Path, default=HERE / ".data", help="where generated files are kept")
    parser.add_argument("--clv", type=shlex.split, default=Programs.clv, help="the command of another clv")
    parser.add_argument("--peer-python", default="", help="an interpreter with pandas and lifetimes")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    return parser.parse_args()


def chosen(every: tuple[Pair, ...], only: list[str] | None, has_peer: bool) -> list[Pair]:
    names = [pair.name for pair in every]
    unknown = set(only or ()) - set(names)
    if unknown:
        raise SystemExit(f"unknown pair: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    wanted = [pair for pair in every if only is None or pair.name in only]
    if not has_peer and any(pair.name == NEEDS_PEER for pair in wanted):
        say(f"{NEEDS_PEER}: skipped; give --peer-python PATH, an interpreter with pandas and lifetimes")
    return [pair for pair in wanted if has_peer or pair.name != NEEDS_PEER]


def main() -> int:
    options = arguments()
    programs = Programs(clv=options.clv, peer_python=options.peer_python)
    exports = prepare_exports(options.data, options.rows)
    wanted = chosen(pairs(programs, exports), options.only, bool(options.peer_python))
    with tempfile.TemporaryDirectory() as folder:
        results = [(pair, measured(pair, options.rounds, Path(folder))) for pair in wanted]
    rows = [table_row(pair, found) for pair, found in results]
    table = "\n".join([HEADER, *rows, "", conditions(options.rows, options.rounds)])
    print(table)
    if options.write:
        write_table(table)
    return 1 if any(found is None for _, found in results) else 0


if __name__ == "__main__":
    sys.exit(main())
