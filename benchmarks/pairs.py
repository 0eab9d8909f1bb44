"""What is measured against what, by which command lines, and which ratio is wanted."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from measure import Command, Comparison

QUERIES = Path(__file__).with_name("queries.py")
NEEDS_PEER = "lifetimes"
PRESET = "shopify_orders"
SAME_COLUMNS = {
    "order_id": "Name",
    "customer_id": "Email",
    "ordered_at": "Created at",
    "amount": "Total",
    "currency": "Currency",
    "status": "Financial Status",
    "country": "Shipping Country",
    "channel": "Source",
}
"""What the preset takes the columns of the export for, said by hand."""
PLAIN_READING = ("--preset", "none", "--grain", "header_and_lines", *(f"--map={role}={column}" for role, column in SAME_COLUMNS.items()))
SHORT_RUN_REPEATS = 5  # a tenth of a second is noisy and cheap


@dataclass(frozen=True)
class Programs:
    """How the measured programs are started; the peer's interpreter has pandas and lifetimes."""

    clv: Command = (sys.executable, "-m", "clvcli")
    python: str = sys.executable
    peer_python: str = ""

    def ask_clv(self, question: str, export: Path, *options: str) -> Command:
        return [*self.clv, question, str(export), *options, "--quiet", "--output", "result.json"]

    def help_of_clv(self) -> Command:
        return [*self.clv, "--help"]

    def query(self, name: str, *exports: Path) -> Command:
        return [self.python, str(QUERIES), name, *map(str, exports)]

    def peer_query(self, name: str, export: Path) -> Command:
        return [self.peer_python, str(QUERIES), name, str(export)]


@dataclass(frozen=True)
class Exports:
    """The files the programs read."""

    rows: int
    csv: Path
    parquet: Path
    tiny_csv: Path
    shop_csv: Path


@dataclass(frozen=True)
class Target:
    """The bounds of a comparison; None where there is none."""

    cpu_at_most: float | None = None
    cpu_at_least: float | None = None
    memory_at_most: float | None = None
    peak_mib_at_most: float | None = None

    def __str__(self) -> str:
        bounds = {
            "CPU ≤ {:g}": self.cpu_at_most,
            "CPU ≥ {:g}": self.cpu_at_least,
            "memory ≤ {:g}": self.memory_at_most,
            "peak ≤ {:.0f} MiB": self.peak_mib_at_most,
        }
        return ", ".join(text.format(bound) for text, bound in bounds.items() if bound is not None)

    def missed_by(self, found: Comparison) -> list[str]:
        """The names of the bounds that do not hold."""
        checks = {
            "CPU": at_most(found.cpu_ratio.median, self.cpu_at_most) and at_least(found.cpu_ratio.median, self.cpu_at_least),
            "memory": at_most(found.memory_ratio, self.memory_at_most),
            "peak": at_most(found.peak_mib, self.peak_mib_at_most),
        }
        return [name for name, holds in checks.items() if not holds]


@dataclass(frozen=True)
class Pair:
    """Program A, which is in question, against program B, which sets the measure."""

    name: str
    a: Command
    b: Command
    target: Target
    repeats: int = 1


def at_most(figure: float, bound: float | None) -> bool:
    return bound is None or figure <= bound


def at_least(figure: float, bound: float | None) -> bool:
    return bound is None or figure >= bound


def pairs(programs: Programs, exports: Exports) -> tuple[Pair, ...]:
    compute = Target(cpu_at_most=1.5, memory_at_most=1.5, peak_mib_at_most=100 + 115 * exports.rows / 2**20)
    compute_csv = programs.ask_clv("compute", exports.csv)
    compute_parquet = programs.ask_clv("compute", exports.parquet)
    by_channel = programs.ask_clv("segments", exports.csv, "--by", "channel")
    cohorts = [programs.ask_clv("cohorts", export) for export in (exports.csv, exports.parquet)]
    compute_tiny = programs.ask_clv("compute", exports.tiny_csv)
    polars = programs.query("import-polars")
    peer = programs.peer_query("pandas-lifetimes", exports.csv)
    short = SHORT_RUN_REPEATS
    return (
        Pair("compute-parquet", compute_parquet, programs.query("customers", exports.parquet), compute),
        Pair("compute-csv", compute_csv, programs.query("customers", exports.csv), compute),
        Pair(
            "preset",
            programs.ask_clv("compute", exports.shop_csv),
            programs.ask_clv("compute", exports.shop_csv, *PLAIN_READING),
            Target(cpu_at_most=1.5),
        ),
        Pair("cohorts-csv", cohorts[0], compute_csv, Target(cpu_at_most=1.5)),
        Pair("cohorts-parquet", cohorts[1], compute_parquet, Target(cpu_at_most=1.5)),
        Pair("segments-by-channel", by_channel, compute_csv, Target(cpu_at_most=1.2)),
        Pair("report", programs.ask_clv("report", exports.csv, "--by", "channel"), compute_csv, Target()),
        Pair("help", programs.help_of_clv(), polars, Target(cpu_at_most=0.5), repeats=short),
        Pair("tiny", compute_tiny, polars, Target(cpu_at_most=2.0), repeats=short),
        Pair(NEEDS_PEER, peer, compute_csv, Target(cpu_at_least=8)),
    )
