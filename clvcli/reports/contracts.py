"""What next, of customers who pay until they cancel? Who is there, how many renewals are to come, and how long customers stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clvcli.catalog import Catalog
from clvcli.confidence import width
from clvcli.contracts import ContractForecast, Step, totals
from clvcli.coverage import parameter_variance
from clvcli.models.doubts import contract_doubts
from clvcli.renewals import BILLINGS
from clvcli.reports.figures import frame_of
from clvcli.reports.predict import (
    DISCOUNTED_ORDERS,
    EXPECTED_ORDERS,
    EXPECTED_REVENUE,
    EXPECTED_SPEND,
    FORECAST,
    P_ALIVE,
    RESIDUAL_ORDERS,
    RESIDUAL_VALUE,
    parameters,
    value_told,
)  # fmt: skip
from clvcli.tables import Column, Table, Unit

PAYMENTS = Column("payments", "Payments", Unit.COUNT, "Payments made so far, the first included; what was bought between two is none.")
RENEWAL = Column("renewal", "Renewal", Unit.COUNT, "Which renewal: 1 is the second payment.")
AT_RISK = Column("at_risk", "At risk", Unit.COUNT, "Customers who came to this renewal.")
LOST = Column("lost", "Lost", Unit.COUNT, "Customers who didn't renew.")
OBSERVED = Column("survival", "Still there", Unit.SHARE, "The share of new customers left after this renewal.", "Kaplan & Meier 1958")
FITTED = Column("fitted_survival", "By sBG", Unit.SHARE, "The same by the model.", "S(t), Fader & Hardie 2007, eq. 6")
RENEWED = Column("retention", "Renewed", Unit.SHARE, "Of those who came to this renewal, the share who renewed.", "CRR of a renewal")
FITTED_RENEWED = Column("fitted_retention", "By sBG", Unit.SHARE, "The same by the model.", "r(t), Fader & Hardie 2007, eq. 8")
COLUMNS = (PAYMENTS, RENEWAL, AT_RISK, LOST, OBSERVED, FITTED, RENEWED, FITTED_RENEWED)

_SURVIVAL = (RENEWAL, AT_RISK, LOST, OBSERVED, FITTED, RENEWED, FITTED_RENEWED)
_FOR_EVER = "discounted for ever"


def contract_tables(found: ContractForecast, catalog: Catalog, most: int | None) -> tuple[Table, ...]:
    """What to expect of each customer, of all together, how long customers stay, and the parameters that say so."""
    return (_customers(found, catalog, most), _forecast(found, catalog), _survival(found.steps), parameters([found.fit]))


def _customers(found: ContractForecast, catalog: Catalog, most: int | None) -> Table:
    has_margin = "contribution" in found.customers.columns
    worth = "clv_predicted" if has_margin else EXPECTED_REVENUE.name
    rows = found.customers.sort(worth, "customer_id", descending=[True, False], nulls_last=True)
    shown = rows if most is None else rows.head(most)
    own = (catalog.column("customer_id"), PAYMENTS, catalog.column("last_day"))
    columns = (
        *own, P_ALIVE, EXPECTED_ORDERS, EXPECTED_SPEND, EXPECTED_REVENUE, catalog.column("clv_predicted"),
        RESIDUAL_ORDERS, DISCOUNTED_ORDERS, RESIDUAL_VALUE,
    )  # fmt: skip
    hidden = {DISCOUNTED_ORDERS.name, RESIDUAL_VALUE.name, *(() if has_margin else ("clv_predicted",))}
    notes = [f"The first {shown.height:,} of {rows.height:,} customers; -o FILE writes all."] if shown.height < rows.height else []
    notes.append(value_told(catalog, has_margin=has_margin))
    gone = "whose contract has ended" if found.has_endings else "who is overdue"
    notes.append(f"P(alive) is no guess here: {gone} is gone, the others aren't. Orders to come are payments.")
    title = f"The next {found.ahead.days:,} days, customer by customer (sBG, a payment every {found.billing})"
    frame = shown.select(column.name for column in columns)
    return Table.of("predictions", title, columns, frame, notes=tuple(notes), hidden=frozenset(hidden))


def _forecast(found: ContractForecast, catalog: Catalog) -> Table:
    """What to expect of all customers together, and of a new one."""
    rows: list[tuple[object, ...]] = []
    for name, value in totals(found, found.fit.values).items():
        reach = width() * parameter_variance(lambda values, name=name: totals(found, values)[name], found.fit) ** 0.5  # type: ignore[misc]
        column = catalog.column(name)
        rows.append((column.label, value, column.unit.value, value - reach, value + reach, None))
    if found.lifetime is not None:
        rows.append((f"Payments of a new customer, {_FOR_EVER} (DEL)", found.lifetime, Unit.NUMBER.value, None, None, None))
    notes = list(_notes(found))
    title = f"The next {found.ahead.days:,} days of {found.customers.height:,} customers won so far, by sBG"
    return Table("forecast", title, FORECAST, frame_of(FORECAST, rows), tuple(notes), hidden=frozenset({"unit", "past_error"}))


def _notes(found: ContractForecast) -> Iterator[str]:
    """What renewals were taken to be, and what is doubtful of it."""
    billing, rhythm = found.billing, found.rhythm
    if found.has_endings:
        yield f"Contracts end where the column says so; a payment falls due every {billing}."
    else:
        period = f"a {billing}" if billing.name in BILLINGS else f"{billing}"
        yield (
            f"{rhythm.share or 0:.0%} of payments came {period} after the one before, give or take {billing.tolerance} days: "
            "who is overdue by more than that is lost."
        )
    if found.undue:
        yield f"Customers who have come to no renewal yet, and say nothing of how long customers stay: {found.undue:,}."
    if rhythm.skipped:
        yield f"Payments skipped by customers who then went on, and so count as there: {rhythm.skipped:,}."
    if plan := rhythm.other_plan:
        yield f"Look at this: some seem to pay every {plan} × {billing}; give their orders alone, with --where, for a forecast of their own."
    if not found.has_endings and not rhythm.is_clockwork:
        yield "Look at this: orders don't come like the payments of a contract, which sBG takes them for: see whether customers renew here, or buy as they like."
    yield from (f"Look at this: {doubt}." for doubt in contract_doubts(found.fit))


def _survival(steps: Sequence[Step]) -> Table:
    """How many came to each renewal and renewed, beside what the model has."""
    rows = [(s.renewal, s.at_risk, s.lost, s.survival, s.fitted_survival, s.retention, s.fitted_retention) for s in steps]
    note = "Retention rises with age because those who leave easily are gone, not because anybody becomes more loyal."
    return Table("renewals", "How long customers stay", _SURVIVAL, frame_of(_SURVIVAL, rows), (note,))
