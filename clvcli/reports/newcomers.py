"""Can I believe it of new customers? What was told of a new one at the cut, and what those who were won after it brought."""

from __future__ import annotations

from collections.abc import Sequence

from clvcli.cuts import Cut
from clvcli.newcomers import Newcomers
from clvcli.reports.backtest import BASIS, BIAS, CUSTOMERS, CUT, FORECAST, KIND
from clvcli.reports.figures import frame_of
from clvcli.tables import Column, Table, Unit

FIRST_DAYS = Column("first_days", "First days", Unit.DAYS, "How many days after the first order each customer is followed.")
EACH = Column("predicted_each", "Predicted", Unit.MONEY, "What was told of a new customer's first days.")
ACTUAL_EACH = Column("actual_each", "Actual", Unit.MONEY, "What customers won after the cut brought in those days, each.")
COLUMNS = (FIRST_DAYS, EACH, ACTUAL_EACH)
_NEW = (CUT, FIRST_DAYS, CUSTOMERS, FORECAST, KIND, BASIS, EACH, ACTUAL_EACH, BIAS)


def newcomer_tables(by_cut: Sequence[tuple[Cut, Newcomers | None]]) -> tuple[Table, ...]:
    """One table, if there are newcomers after any cut: of each forecast what it said of a new customer, before acquisition cost, and what came."""
    rows = [
        (cut.day, new.days, new.customers, name, one.kind, one.basis, one.value, new.actual[one.basis], new.bias(name))
        for cut, new in by_cut
        if new is not None
        for name, one in new.told.items()
    ]
    if not rows:
        return ()
    days = sorted({new.days for _, new in by_cut if new is not None})
    hidden = frozenset({CUT.name, FIRST_DAYS.name, CUSTOMERS.name} if len(by_cut) == 1 else {FIRST_DAYS.name})
    won = max(new.customers for _, new in by_cut if new is not None)
    note = "The first table is of customers won by the cut, whose first orders lay before it. A CLV of scope total counts the first order"
    notes = (f"{note}, so this is what it claims, for so many days. Of {won:,} customers, before acquisition cost.",)
    title = f"New customers: what they brought in their first {' or '.join(map(str, days))} days, each"
    return (Table.of("new_customers", title, _NEW, frame_of(_NEW, rows), notes=notes, keys=4, hidden=hidden),)
