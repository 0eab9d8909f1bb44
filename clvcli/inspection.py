"""Inspection: what clv understood of an export, as tables, and as a config to keep."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from clvcli.analysis import Analysis, Request, analysis
from clvcli.errors import OutputError, Place, Problem
from clvcli.exports import ROLES, Reading
from clvcli.exports.files import STDIN
from clvcli.runs import write_atomically
from clvcli.tables import MONEY_SCALE, Column, Report, Table, Unit

_FILES = (
    Column("file", "File", Unit.TEXT, "The file as it was named."),
    Column("container", "Container", Unit.TEXT, "What the file is."),
    Column("delimiter", "Delimiter", Unit.TEXT, "What separates fields."),
    Column("columns", "Columns", Unit.COUNT, "How many columns there are."),
)
_COLUMNS = (
    Column("column", "Column", Unit.TEXT, "A column of the export."),
    Column("role", "Role", Unit.TEXT, "What it means to clv; empty for an attribute that `--by` can name."),
    Column("sample", "First values", Unit.TEXT, "What stands in it first."),
)
_LEDGER = (
    Column("fate", "Fate", Unit.TEXT, "used, excluded by choice or because it can't count, or rejected as unreadable."),
    Column("reason", "Reason", Unit.TEXT, "Why."),
    Column("records", "Records", Unit.COUNT, "Records of this fate and reason."),
    Column("amount", "Amount", Unit.MONEY, "The sum of their amounts, so far as they can be read."),
)
_SAMPLES = 3


def inspection(request: Request) -> Report:
    """Files, columns with their roles, the ledger, and the first rejects."""
    found = analysis(request)
    tables = [_files(found.reading), _columns(found.reading), _ledger(found.reading)]
    if found.reading.rejects.height:
        tables.append(found.rejects)
    return found.report(*tables)


def _files(reading: Reading) -> Table:
    rows = [
        (
            r.file.name,
            " in ".join(part for part in (r.file.kind, r.file.compression) if part),
            r.dialect.shown if r.dialect else None,
            len(r.schema),
        )
        for r in reading.records
    ]
    return Table("files", "Files", _FILES, pl.DataFrame(rows, schema=[c.name for c in _FILES], orient="row"))


def _columns(reading: Reading) -> Table:
    """The export's columns; then the roles that are worked out of several."""
    roles = {column: role for role, column in reading.roles.of.items()}
    first = reading.records[0]
    rows: list[tuple[str | None, ...]] = [(c, roles.get(c), ", ".join(first.sample(c)[:_SAMPLES])) for c in reading.roles.columns]
    rows += [(e.text, role, None) for role, e in reading.roles.arithmetic.items()]
    frame = pl.DataFrame(rows, schema=dict.fromkeys((c.name for c in _COLUMNS), pl.String), orient="row")
    return Table("columns", "Columns", _COLUMNS, frame)


def _ledger(reading: Reading) -> Table:
    ledger = reading.ledger
    rows = [(e.reason.fate, e.reason.text, e.records, e.amount) for e in ledger]
    schema = {"fate": pl.String, "reason": pl.String, "records": pl.Int64, "amount": pl.Int64}
    footer = {"records": ledger.records, "amount": ledger.amount / MONEY_SCALE}
    return Table.of("ledger", "Ledger", _LEDGER, pl.DataFrame(rows, schema=schema, orient="row"), keys=2, footer=footer)


def write_config(request: Request, path: Path, *, force: bool) -> str:
    """Write what was understood to `path`; gives the sentence to say of it, or for `-` the config itself."""
    if path.exists() and not force:
        raise OutputError(Problem("is there already", Place(str(path)), "add --force to write over it"))
    found = analysis(request)
    text = config_text(found, path)
    if str(path) == STDIN:
        return text.rstrip()
    write_atomically(path, lambda out: out.write(text.encode()))
    return f"{path} written for {found.reading.ledger}"


def config_text(found: Analysis, path: Path) -> str:
    """A commented config: what was understood is set, what could be set stands ready."""
    given = found.loaded.config
    folder = path.absolute().parent
    names = [_relative(name, folder) for name in (found.request.orders or found.loaded.orders)]
    roles = {**found.reading.roles.of, **{role: e.text for role, e in found.reading.roles.arithmetic.items()}}
    mapped = [f"  {role.name}: {_scalar(roles[role.name])}" for role in ROLES if role.name in roles]
    set_here = [
        f"{key}: {_scalar(getattr(given, key))}"
        for key in ("where", "date_format", "decimal", "tz", "encoding", "delimiter")
        if getattr(given, key)
    ]
    currency = f"currency: {found.reading.currency}" if found.reading.currency else "# currency: EUR"
    margin = (
        "# margin: 0.35          # where the cost column is empty"
        if "cost" in roles
        else "# margin: 0.35          # gross profit per unit of revenue; or by product, category or channel:"
    )
    return _CONFIG.format(
        orders="".join(f"\n  - {_scalar(name)}" for name in names),
        columns="\n".join(mapped),
        header="" if given.header else "\nheader: false",
        reading="".join(f"\n{line}" for line in set_here),
        currency=currency,
        margin=margin,
    )


def _relative(name: str, folder: Path) -> str:
    path = Path(name).absolute()
    return name if name == "-" else str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _scalar(value: str) -> str:
    """A YAML scalar, quoted unless it is plainly a word."""
    plain = value.replace("_", "a").replace("/", "a").replace(".", "a").replace("-", "a")
    return (
        value if plain.isalnum() and plain[0].isalpha() and value not in ("true", "false", "null") else "'" + value.replace("'", "''") + "'"
    )


_CONFIG = """\
# What clv understood of these orders. `clv explain NAME` says what each number means.
orders:{orders}

# role: the column that has it, or arithmetic over columns
columns:
{columns}{header}{reading}
{currency}

# where: quantity > 0       # use only records that meet this condition
# period: auto              # year, quarter, month; auto takes the longest that fits twice
# as_of: 2025-12-31         # end of observation; else the day of the last order

{margin}
# margin: {{by: category, rates: {{beans: 0.45}}, otherwise: 0.30}}
# cac: 20                   # what it cost to win a customer; or by channel:
# cac: {{by: channel, rates: {{search: 18, social: 12}}, otherwise: 0}}
# discount_rate: 0.10       # a year
# lifespan: churn           # years, or churn, tenure, survival
# churn: {{window_days: 180}} # days without an order until a customer has lapsed

# formulas:
#   clv_two_years: {{text: aov * purchase_frequency * 2 * margin - cac, unit: money, basis: margin, scope: total, horizon: 2 y}}
# segments:
#   loyal: orders >= 3
"""
