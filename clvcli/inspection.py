"""Inspection: what clv understood of an export, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from clvcli.analysis import Analysis, analysis
from clvcli.exports import Reading
from clvcli.exports.fates import OWNER
from clvcli.exports.ledger import USED, Ledger, counted
from clvcli.exports.plans import Plan
from clvcli.exports.presets import presets
from clvcli.exports.quality import Quality, quality
from clvcli.exports.records import Records
from clvcli.exports.rejects import REJECTS
from clvcli.remarks import unread
from clvcli.request import Request, configured
from clvcli.tables import Column, Report, Table, Unit

_FILES = (
    Column("file", "File", Unit.TEXT, "The file as it was named."),
    Column("container", "Container", Unit.TEXT, "What the file is."),
    Column("preset", "Preset", Unit.TEXT, "Which platform's export it is, if it is known."),
    Column("delimiter", "Delimiter", Unit.TEXT, "What separates fields."),
    Column("encoding", "Encoding", Unit.TEXT, "How its letters are written."),
    Column("columns", "Columns", Unit.COUNT, "How many columns there are."),
)
_DECISIONS = (
    Column("subject", "What", Unit.TEXT, "What was decided."),
    Column("decision", "Decided", Unit.TEXT, "How."),
    Column("setting", "Setting", Unit.TEXT, "The key of clv.yaml, or the option, that decides it otherwise."),
)
_COLUMNS = (
    Column("column", "Column", Unit.TEXT, "A column of the export."),
    Column("role", "Role", Unit.TEXT, "What it means to clv; empty for an attribute that `--by` can name."),
    Column("why", "Because", Unit.TEXT, "Why it is taken to mean that."),
    Column("format", "Written as", Unit.TEXT, "How its values are written, where that matters."),
    Column("blank", "Empty", Unit.COUNT, "In how many records it is empty, where it has a role."),
    Column("sample", "First values", Unit.TEXT, "What stands in it first."),
)
_LEDGER = (
    Column("step", "Step", Unit.TEXT, "From what the file holds to what is used."),
    Column(
        "fate", "Fate", Unit.TEXT, "used, excluded by choice or because it can't count, or rejected as unreadable; empty for money alone."
    ),
    Column("records", "Records", Unit.COUNT, "Records of this step."),
    Column("orders", "Orders", Unit.COUNT, "Orders of this step."),
    Column("amount", "Amount", Unit.EXACT_MONEY, "Its money, so far as it can be read."),
)
_PRESETS = (
    Column("preset", "Preset", Unit.TEXT, "Its name, as --preset takes it."),
    Column("title", "Export", Unit.TEXT, "Which export it is."),
    Column("grain", "Records", Unit.TEXT, "How records make orders."),
    Column("columns", "Recognised by", Unit.TEXT, "The columns that a file must have."),
    Column("origin", "From", Unit.TEXT, "Whether it is clv's own or yours."),
)
_SAMPLES = 3
_MANY = 16
"""From so many columns on people see those that have a role, and only the names of the others."""


def inspection(request: Request, *, brief: bool = False) -> Report:
    """Files, what was decided, columns with their roles, the ledger, and the first rejects.

    In `brief` a wide file's columns without a role are named in a note only.
    """
    found = analysis(request)
    tables, doubts = inspected(found, brief=brief)
    report = found.report(*tables)
    return replace(report, remarks=(*report.remarks, *doubts))


def inspected(found: Analysis, *, brief: bool = False) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """The tables of an inspection, and what is doubtful of the columns."""
    reading = found.reading
    looks = [quality(plan) for plan in reading.plans]
    tables = [_files(reading), _decisions(reading), _columns(reading.plans[0], looks[0], brief=brief), _ledger(reading.ledger)]
    if reading.rejects.height:
        tables.append(Table("rejects", "Records that can't be read", REJECTS, reading.rejects, keys=2))
    return tuple(tables), tuple(f"look at this: {remark}" for look in looks for remark in look.remarks)


def preset_list(request: Request) -> Report:
    """The presets there are, clv's and the user's own."""
    own = configured(request).presets
    theirs = {path.stem for path in own.glob("*.y*ml")} if own else set()
    rows = [
        (
            name,
            one.title,
            "refused" if one.refuse else one.grain,
            ", ".join(" / ".join(names) for names in one.match.require),
            "yours" if name in theirs else "clv",
        )
        for name, one in sorted(presets(own).items())
    ]
    return Report(
        "inspect", (Table("presets", "Presets", _PRESETS, pl.DataFrame(rows, schema=[c.name for c in _PRESETS], orient="row")),), unread()
    )


def _files(reading: Reading) -> Table:
    rows = [_file(one.of, one.preset.name if one.preset else None) for one in reading.plans]
    rows += [_file(beside, None) for one in reading.plans for beside in one.of.beside]
    return Table("files", "Files", _FILES, pl.DataFrame(rows, schema=[c.name for c in _FILES], orient="row"))


def _file(of: Records, preset: str | None) -> tuple[object, ...]:
    text = of.dialect if of.sheet is None else None
    return (
        of.file.name, of.container, preset, text.shown if text else None, text.encoding.name if text else None, len([c for c in of.schema if not c.startswith("clv:")])
    )  # fmt: skip


def _decisions(reading: Reading) -> Table:
    decided = [(Path(one.of.file.name).name, list(_decided(one))) for one in reading.plans]
    rows = dict.fromkeys(
        row if all(row in others for _, others in decided) else (row[0], f"{row[1]} ({name})", row[2])
        for name, rows in decided
        for row in rows
    )
    return Table(
        "decisions",
        "Decisions",
        _DECISIONS,
        pl.DataFrame(list(rows), schema=dict.fromkeys((c.name for c in _DECISIONS), pl.String), orient="row"),
    )


def _decided(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """What was settled for the user, and what settles it otherwise."""
    for repair, setting in plan.of.repairs:
        yield "text", repair, setting
    if plan.of.dialect and not plan.of.dialect.has_header:
        yield "text", "no header; columns are called by their number", "header"
    if plan.preset:
        yield "preset", f"{plan.preset.name}: {plan.preset.title}", "preset"
    yield "records", plan.shown_grain, "grain"
    yield "customers", _known_by(plan), "identity"
    yield "dates", _dates(plan), "date_format"
    decimals = sorted({how.shown for how in plan.numbers.values() if how.kind != "whole"})
    if decimals:
        yield "numbers", ", ".join(decimals), "decimal"
    if plan.removed:
        yield "amount", f"without {' and '.join(plan.removed)}", "tax, shipping"
    if plan.settled:
        yield "currency", f"the account's own, by {plan.roles.of['amount']}", "currency"
    for verdict, values in _verdicts(plan).items():
        yield "status", f"{verdict}: {', '.join(values)}", "statuses"


def _known_by(plan: Plan) -> str:
    if plan.roles.of["customer_id"] == OWNER:
        return "those of the orders that the records belong to"
    columns = ", else ".join(plan.roles.customers) or plan.roles.of["customer_id"]
    guests = [value for value in plan.guests if value]
    return f"by {columns}" + (f"; {', '.join(guests)} is nobody" if guests else "")


def _dates(plan: Plan) -> str:
    """How days are written and whose day they are."""
    tz, zone = plan.wishes.spelling.tz, plan.days.zone
    whose = (
        f"in {tz}"
        if tz
        else "brought to UTC: offsets differ"
        if plan.days.is_moved
        else f"days of {zone}"
        if zone
        else "the shop's own day, as written"
    )
    typed = plan.of.schema[plan.roles.of["ordered_at"]] != pl.String
    return f"{'typed' if typed else plan.days.shown}; {whose}"


def _verdicts(plan: Plan) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for value, verdict in sorted(plan.statuses.of.items()) if plan.statuses else ():
        found.setdefault(verdict.replace("_", " "), []).append(value)
    return found


def _columns(plan: Plan, look: Quality, *, brief: bool) -> Table:
    """The export's columns; then the roles that are worked out of several."""
    roles = {column: role for role, column in plan.roles.of.items()}
    roles |= dict.fromkeys(plan.roles.customers, "customer_id")
    formats = {column: how.shown for column, how in plan.numbers.items()} | {plan.roles.of["ordered_at"]: plan.days.shown}
    columns = [c for c in plan.roles.columns if not c.startswith("clv:")]
    shown = [c for c in columns if c in roles] if brief and len(columns) > _MANY else columns
    rows: list[tuple[object, ...]] = [
        (
            c,
            roles.get(c),
            _why(plan, roles[c]) if c in roles else None,
            formats.get(c) if plan.of.schema[c] == pl.String else None,
            look.blank.get(c),
            _sample(plan, c),
        )
        for c in shown
    ]
    rows += [(e.text, role, _why(plan, role), None, None, None) for role, e in plan.roles.arithmetic.items()]
    rows += [(f"always {value}", role, _why(plan, role), None, None, None) for role, value in plan.roles.constants.items()]
    schema = {c.name: pl.Int64 if c.unit is Unit.COUNT else pl.String for c in _COLUMNS}
    others = [c for c in columns if c not in shown]
    notes = (f"{len(others)} more, which --by can name: {', '.join(others)}.",) if others else ()
    return Table("columns", "Columns", _COLUMNS, pl.DataFrame(rows, schema=schema, orient="row"), notes)


def _why(plan: Plan, role: str) -> str:
    """Why a column has a role."""
    if role in plan.wishes.mapping:
        return "as asked"
    guessed = plan.roles.guessed
    if role == "customer_id" and role not in guessed and plan.roles.of[role] == plan.roles.of.get("email"):
        role = "email"
    if role in guessed:
        return guessed[role]
    return (
        "the preset" if plan.preset and role in plan.preset.columns else "its own name" if role in plan.roles.of else "quantity and price"
    )


def _sample(plan: Plan, column: str) -> str:
    """The first values that differ."""
    return ", ".join(list(dict.fromkeys(value for value in plan.of.sample(column) if value.strip()))[:_SAMPLES])


def _ledger(ledger: Ledger) -> Table:
    rows = list(_steps(ledger))
    schema = {"step": pl.String, "fate": pl.String, "records": pl.Int64, "orders": pl.Int64, "amount": pl.Int64}
    whole, blank = counted(ledger.fully_refunded, "order"), counted(ledger.blank_lines, "blank line")
    notes = (
        *([f"Of those placed, refunded wholly: {whole}."] if ledger.fully_refunded else []),
        *([f"Not counted as records: {blank}."] if ledger.blank_lines else []),
    )
    return Table.of("ledger", "Ledger", _LEDGER, pl.DataFrame(rows, schema=schema, orient="row"), notes=notes)


def _steps(ledger: Ledger) -> Iterator[tuple[str, str | None, int | None, int | None, int]]:
    """What the file holds, each thing that is taken off, and what is left."""
    yield "in the file", None, ledger.records, sum(e.orders for e in ledger), ledger.amount
    if ledger.gross != ledger.amount:
        yield "gross", None, ledger.records, None, ledger.gross
    if ledger.discount.amount:
        yield "− discounts", None, None, ledger.discount.orders, -ledger.discount.amount
    for step in ledger.policy:
        yield f"− {step.text}", None, None, step.orders, -step.amount
    for entry in ledger:
        if entry.reason is not USED:
            yield f"− {entry.reason.text}", entry.reason.fate, -entry.records, -entry.orders, -entry.amount
    if ledger.refunds.amount:
        yield "− refunds", None, None, ledger.refunds.orders, -ledger.refunds.amount
    yield "net", "used", ledger.used.records, ledger.used.orders, ledger.net
