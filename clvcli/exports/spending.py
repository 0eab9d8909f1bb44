"""Spending: what was spent on advertising, from any export: by channel and span of days, with every record accounted for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.dialect import Given
from clvcli.exports.files import File, files
from clvcli.exports.ledger import USED, Entry, Ledger, counted
from clvcli.exports.records import RECORD, Records, records
from clvcli.exports.rejects import SCHEMA, refuse_too_many
from clvcli.exports.spans import FIRST, LAST, LINE, SAID
from clvcli.exports.spelling import Spelling
from clvcli.exports.spend_columns import SpendColumns, refuse_unknown, spend_columns
from clvcli.exports.spend_doubts import currency_of, doubts_about_spend, refuse_negative, refuse_overlap
from clvcli.exports.spend_rows import FATE, SPEND_REASONS, WRITTEN, SpendRows, spend_rows
from clvcli.exports.spend_wording import told_of_spend, typed
from clvcli.exports.wholeness import cut_off, mendable
from clvcli.tables import MONEY_SCALE, Unit

_LARGEST_SUM = 9e18
_LONGEST = 60
_COLUMNS = (FIRST, LAST, "channel", "amount")


@dataclass(frozen=True, eq=False, repr=False)
class Spending:
    """What was spent: `frame` has one row per record that is used, in the order of time.

    first_day and last_day Int32, days since 1970, both included; channel String, null if the record names none; amount Int64,
    in ten-thousandths. `rejects` are the records that can't be read, as the rejects of orders are. `repairs` say what wasn't as
    plain in the files as it should be.
    """

    frame: pl.DataFrame
    ledger: Ledger
    rejects: pl.DataFrame
    files: tuple[str, ...]
    currency: str = ""
    notes: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()

    @property
    def spent(self) -> int:
        """All that was spent, in ten-thousandths."""
        return int(self.frame["amount"].sum())

    def __str__(self) -> str:
        """One line: the files, what became of their records, and what was spent."""
        return f"{', '.join(self.files)}: {self.ledger}; {Unit.EXACT_MONEY.show(self.spent / MONEY_SCALE)} spent"


def read_spend(
    names: Sequence[str],
    mapping: Mapping[str, str],
    spelling: Spelling,
    max_rejects: float = 0.05,
    currency: str = "",
    given: Given = Given(),
) -> Spending:
    """What the files that `names` stand for say was spent, all their records accounted for.

    `mapping` names the columns of roles (date, month, week, year, start, end, channel, amount, currency); `currency` is that of
    the orders. Raises InputError where reading isn't certain, or spend would count twice; UsageError for a mapping that fits none.
    """
    with told_of_spend():
        opened, idle = _opened(names, mapping, given)
        refuse_unknown(mapping, opened)
        read = [_rows(one, mapping, spelling) for one in opened]
        for one in opened:
            if wrong := cut_off(one):
                raise wrong
        notes = [f"{', '.join(idle)}: nothing about spend"] if idle else []
        return _closed(read, currency, max_rejects, notes)


def _closed(read: Sequence[SpendRows], currency: str, max_rejects: float, said: Sequence[str]) -> Spending:
    """The spending once every record has its fate."""
    ledger = Ledger(tuple(_entries(read)))
    rejects = pl.DataFrame([row for rows in read for row in _rejected(rows)], schema=SCHEMA, orient="row")
    refuse_too_many(ledger, max_rejects, rejects)
    used = pl.concat([rows.used for rows in read])
    names = tuple(rows.of.file.name for rows in read)
    if not used.height:
        raise InputError(Problem(f"no spend is left to work with: {ledger}", Place(names[0])))
    if float(used["amount"].cast(pl.Float64).abs().sum()) > _LARGEST_SUM:
        raise InputError(Problem("the amounts are too large to be summed exactly", Place(names[0]), "check which column is the amount"))
    found = currency_of(read, currency)
    refuse_overlap(read)
    refuse_negative(used)
    notes = [*said, *(note for rows in read for note in rows.notes), *doubts_about_spend(read)]
    repairs = tuple(dict.fromkeys(repair for rows in read for repair, _ in rows.of.repairs))
    return Spending(used.select(_COLUMNS).sort(_COLUMNS, nulls_last=True), ledger, rejects, names, found, tuple(notes), repairs)


def _entries(read: Sequence[SpendRows]) -> Iterator[Entry]:
    """The records and money of every fate."""
    every = pl.concat([rows.frame.select(FATE, "amount") for rows in read])
    sums = {fate: (count, amount) for fate, count, amount in every.group_by(FATE).agg(pl.len(), pl.col("amount").sum()).iter_rows()}
    mended = [rows.of.mended for rows in read if rows.of.mended]
    aside = {
        "header_again": sum(one.repairs.get("repeated headers", (0, 0))[0] for one in mended),
        "fields": sum(len(one.quarantined) for one in mended),
    }
    for name, reason in SPEND_REASONS.items():
        count, amount = sums.get(name, (0, 0))
        if name == USED.name or count + aside.get(name, 0):
            yield Entry(reason, count + aside.get(name, 0), amount)


def _rejected(rows: SpendRows) -> Iterator[tuple[object, ...]]:
    """A row of rejects for each record that can't be read, in the order of lines."""
    file, mended = rows.of.file.name, rows.of.mended
    aside = (
        [(file, one.line, "", one.said[:_LONGEST], one.reason, SPEND_REASONS["fields"].advice) for one in mended.quarantined]
        if mended
        else []
    )
    bad = [name for name, reason in SPEND_REASONS.items() if reason.fate == "rejected"]
    columns = {"date": rows.columns.time[0], "amount": rows.columns.of["amount"]}
    found = []
    for row in rows.frame.with_row_index(RECORD).filter(pl.col(FATE).is_in(bad)).iter_rows(named=True):
        reason = SPEND_REASONS[row[FATE]]
        said = row[WRITTEN] if reason.role == "amount" else row[SAID]
        short = mended.short.get(row[RECORD]) if mended and reason.name.startswith("no_") else None
        why = f"{counted(short, 'field')}, expected {len(rows.of.columns)}" if short else reason.text
        found.append((file, row[LINE], columns[reason.role], (said or "")[:_LONGEST], why, reason.advice))
    yield from sorted([*aside, *found], key=lambda one: one[1])


def _opened(names: Sequence[str], mapping: Mapping[str, str], given: Given) -> tuple[list[Records], list[str]]:
    """The records of every file, archives unpacked; and the names of files in a folder that aren't about spend."""
    found: list[Records] = []
    idle: list[str] = []
    wrong: InputError | None = None
    for file in files(names):
        try:
            read = _members(file, mapping, given) if file.kind == "zip" else [records(file, given, mend=True)]
            found += [one for one in read if not file.is_found or _columns(one, mapping)]
        except InputError as error:
            if not file.is_found:
                raise
            wrong = wrong or error
            idle.append(file.name)
    if wrong and not found:
        raise wrong
    return found, idle


def _members(archive: File, mapping: Mapping[str, str], given: Given) -> list[Records]:
    """The members of an archive that say what was spent; raises InputError if there are several of different columns."""
    from clvcli.exports.archives import unpacked

    read = [records(one, given, mend=True) for one in unpacked(archive, given.member)]
    fit = [one for one in read if _is_spend(one, mapping)] if len(read) > 1 else read
    if fit and len({tuple(one.columns) for one in fit}) == 1:
        return fit
    members = [one.file.name.removeprefix(f"{archive.name}:") for one in read]
    problem = f"the archive has several members: {', '.join(members)}" + ("" if fit else "; none of them says what was spent")
    raise InputError(Problem(problem, Place(archive.name), typed(member=members[0])))


def _is_spend(of: Records, mapping: Mapping[str, str]) -> bool:
    """Whether a file says what was spent, and when."""
    try:
        _columns(of, mapping)
    except InputError:
        return False
    return True


def _columns(of: Records, mapping: Mapping[str, str]) -> SpendColumns:
    """What the columns of a file mean; raises InputError also for one that is damaged."""
    with _readable(of):
        return spend_columns(of, mapping)


def _rows(of: Records, mapping: Mapping[str, str], spelling: Spelling) -> SpendRows:
    """The records of a file; raises InputError also for one that is damaged."""
    with _readable(of):
        return spend_rows(of, spend_columns(of, mapping), spelling)


@contextmanager
def _readable(of: Records) -> Iterator[None]:
    """Say what is wrong of a file that its engine can't read."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        mendable(of, error)
        raise
