"""Spend: what was paid to win customers, from its file to channels and months of the shop; nothing of it is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from clvcli.acquisition import MONTH, SPEND, SpendRow, new_customers, spend_by_month, unattributed
from clvcli.config import Loaded
from clvcli.errors import Place, Problem, UsageError, nearest
from clvcli.exports import Reading
from clvcli.exports.dialect import Given
from clvcli.exports.ledger import counted
from clvcli.exports.spelling import Spelling
from clvcli.periods import Period, Window, date_of, period_name
from clvcli.tables import MONEY_SCALE, Column, Frame, Table, Unit

_HOW = ("encoding", "delimiter", "header", "member", "sheet")
Cells = Mapping[tuple[str | None, int], int]

_CHANNEL = Column("channel", "Channel", Unit.TEXT, "The channel, as the spend file names it; empty where it names none.")
_MONTH = Column("month", "Month", Unit.TEXT, "The month in which the spend could win customers: its own, later by the lag.")
_SPEND = Column("spend", "Spend", Unit.MONEY, "What was spent.")
_WHY = Column("why", "Why", Unit.TEXT, "Why it is in nobody's acquisition cost.")
UNATTRIBUTED = (_CHANNEL, _MONTH, _SPEND, _WHY)


@dataclass(frozen=True, eq=False, repr=False)
class Spent:
    """What was spent by channel and month, and what of it won nobody.

    `cells` has the attribute `by` (unless it is empty), MONTH and SPEND; `lost` has UNATTRIBUTED.
    """

    by: str
    cells: pl.DataFrame
    lost: pl.DataFrame
    rejects: pl.DataFrame
    notes: tuple[str, ...]
    known: tuple[int, int] | None = None
    """The first and the last month that the spend is of, if customers were won in others too."""

    @property
    def table(self) -> Table:
        """One row per channel and month whose spend won nobody."""
        return Table.of("unattributed", "Spend that won nobody", UNATTRIBUTED, self.lost, keys=2, for_machines=not self.lost.height)


def spent(loaded: Loaded, reading: Reading, customers: Frame, window: Window) -> Spent:
    """The spend that the config names, matched to the channels and months of the customers.

    Raises UsageError where the orders lack the attribute by which spend is told apart, InputError for what is wrong in its files.
    """
    from clvcli.exports.spend_wording import told_of_spend
    from clvcli.exports.spending import read_spend

    given = loaded.config.spend
    if given is None:
        raise ValueError("no spend is configured")
    with told_of_spend():
        spelling, how = Spelling(given.date_format, given.decimal), Given(*(getattr(given, name) for name in _HOW))
    found = read_spend(loaded.spend, given.columns, spelling, loaded.config.max_rejects, reading.currency, how)
    by = given.by if found.frame["channel"].is_not_null().any() else ""
    if by and by not in reading.attributes:
        raise _no_channel(by, loaded)
    won = new_customers(customers, by).collect("polars").to_native()
    names = _matched(found.frame["channel"].drop_nulls().unique().to_list(), won[by].drop_nulls().to_list() if by else [], given.channels)
    rows = (SpendRow(first, last, names.get(channel), amount) for first, last, channel, amount in found.frame.rows())
    cells, late = spend_by_month(rows, given.lag_days, window.as_of)
    reached = won.select(pl.col(by) if by else pl.lit(None, pl.String), MONTH).rows()
    known = _span(cells, won)
    lost = unattributed(cells, [cell for cell in reached if cell[0] is not None or not by])
    said = (f"spend: {found}", *(f"spend: {note}" for note in (*found.repairs, *found.notes)))
    notes = (*said, *_account(cells, lost, late, window), *_unknown(names, won, by), *_costless(cells, won, by), *_uncovered(known, won))
    return Spent(by, _cells(cells, by), _lost(lost, late, window), found.rejects, notes, known)


def _no_channel(by: str, loaded: Loaded) -> UsageError:
    hint = f"map it with --map {by}=COLUMN, or name another column of the orders under 'spend: {{by: …}}'"
    return UsageError(Problem(f"the spend is by channel, but the orders have no column '{by}'", Place(loaded.spend[0]), hint))


def _matched(spelled: Iterable[str], known: Iterable[str], given: Mapping[str, str]) -> dict[str | None, str | None]:
    """What each channel of the spend is called in the orders; case and blanks make no difference, unless the orders tell such names apart."""
    names = set(known)
    folded = {_folded(name): name for name in sorted(names, reverse=True)}
    settled = {_folded(name): channel for name, channel in given.items()}
    return {name: settled.get(_folded(name)) or (name if name in names else folded.get(_folded(name), name)) for name in spelled}


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _account(cells: Cells, lost: Cells, late: int, window: Window) -> list[str]:
    """The spend in one line: what was spent, and where it went."""
    total, nobody = sum(cells.values()) + late, sum(lost.values())
    parts = [f"{_money(total - nobody - late)} won customers"]
    parts += [f"{_money(nobody)} in months when a channel won nobody"] if nobody else []
    parts += [f"{_money(late)} too late to win anyone by {date_of(window.as_of)}"] if late else []
    return [f"spend: {_money(total)} = {' + '.join(parts)}"]


def _unknown(names: Mapping[str | None, str | None], won: pl.DataFrame, by: str) -> list[str]:
    """Channels that were paid for and by which no customer ever came."""
    known = set(won[by].drop_nulls().to_list()) if by else set()
    strangers = sorted(name for name in names.values() if name is not None and name not in known) if by else []
    return [f"look at this: spend for '{name}', but no customer came by it; {nearest(name, sorted(known))}" for name in strangers]


def _costless(cells: Cells, won: pl.DataFrame, by: str) -> list[str]:
    """Channels that won customers and were never paid for."""
    if not by:
        return []
    paid = {channel for channel, _ in cells}
    free = won.filter(~pl.col(by).is_in([p for p in paid if p is not None]) | pl.col(by).is_null())
    if not free.height:
        return []
    listed = ", ".join(sorted({str(name) if name is not None else "no channel" for name in free[by]}))
    return [f"spend: none for {counted(int(free['customers'].sum()), 'customer')} of {listed}; their CAC is 0"]


def _span(cells: Cells, won: pl.DataFrame) -> tuple[int, int] | None:
    """The months that the spend is of, if customers were won before or after them: what those cost isn't known."""
    months = sorted(month for _, month in cells) or [-1]
    outside = won.filter((pl.col(MONTH) < months[0]) | (pl.col(MONTH) > months[-1]))
    return (months[0], months[-1]) if outside.height else None


def _uncovered(known: tuple[int, int] | None, won: pl.DataFrame) -> list[str]:
    if known is None:
        return []
    outside = won.filter((pl.col(MONTH) < known[0]) | (pl.col(MONTH) > known[1]))
    span = f"{period_name(known[0], Period.MONTH)} to {period_name(known[1], Period.MONTH)}" if known[0] > 0 else "no month of the orders"
    count = counted(int(outside["customers"].sum()), "customer")
    return [f"look at this: the spend is of {span}; what {count} won outside it cost isn't known, and CAC is of the others"]


def _cells(cells: Cells, by: str) -> pl.DataFrame:
    rows = sorted(((channel, month, amount) for (channel, month), amount in cells.items()), key=str)
    frame = pl.DataFrame(rows, schema={"channel": pl.String, MONTH: pl.Int32, SPEND: pl.Int64}, orient="row")
    return frame.rename({"channel": by}) if by else frame.drop("channel")


def _lost(lost: Cells, late: int, window: Window) -> pl.DataFrame:
    nobody = "no new customer by this channel in this month"
    rows: list[tuple[str | None, str | None, int, str]] = [
        (c, period_name(m, Period.MONTH), amount, nobody) for (c, m), amount in sorted(lost.items(), key=str)
    ]
    rows += [(None, None, late, f"too late to win anyone by {date_of(window.as_of)}")] if late else []
    return pl.DataFrame(rows, schema={"channel": pl.String, "month": pl.String, "spend": pl.Int64, "why": pl.String}, orient="row")


def _money(amount: int) -> str:
    return Unit.MONEY.show(amount / MONEY_SCALE)
