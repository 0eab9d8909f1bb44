"""Contracts: a shop whose customers pay period by period until they cancel, forecast by how many renewed and how many were lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from operator import mul

import numpy as np
import polars as pl

from clvcli.costs import contribution
from clvcli.engines import Polars
from clvcli.errors import InputError, Problem
from clvcli.models.fit import Fit
from clvcli.models.histories import Array, FitError
from clvcli.models.sbg import SBG, Renewals
from clvcli.prediction import Ahead, metrics_of, valued
from clvcli.renewals import BILLINGS, Billing, Rhythm, billing_of, lost_and_stayed, rhythm, undue, with_contracts, with_renewals
from clvcli.survival import Gaps
from clvcli.tables import MONEY_SCALE, Frame


@dataclass(frozen=True)
class Step:
    """A renewal: how many came to it and were lost at it, the share of new customers left after it, and what the model has of both."""

    renewal: int
    at_risk: int
    lost: int
    survival: float
    fitted_survival: float
    retention: float
    fitted_retention: float


@dataclass(frozen=True)
class ContractForecast:
    """A contractual shop forecast: the fit, each customer with the payments to come, and the renewals it was fitted to.

    `lifetime` is DEL, the discounted payments of a new customer; `undue` counts customers who have come to no renewal yet.
    """

    fit: Fit
    billing: Billing
    rhythm: Rhythm
    ahead: Ahead
    customers: pl.DataFrame
    steps: tuple[Step, ...]
    lifetime: float | None
    undue: int
    has_endings: bool

    @property
    def metrics(self) -> pl.DataFrame:
        """The metrics PREDICTED by customer_id, in ten-thousandths."""
        return metrics_of(self.customers)


@dataclass(frozen=True)
class Contracts:
    """What a contractual shop is forecast from: rows of customers, with the day their contract ended if `has_endings`, and how they pay."""

    customers: Frame
    gaps: Gaps
    as_of: int
    billing_name: str = ""
    has_endings: bool = False
    own_margins: bool = False

    @property
    def billing(self) -> Billing:
        """How often customers pay, as was said or as the gaps between payments show; raises InputError where neither tells."""
        found = BILLINGS.get(self.billing_name) or billing_of(self.gaps.closed)
        if found is None:
            why = "no customer paid again after a week or more, so no billing period shows: sBG needs renewals"
            raise InputError(Problem(why, hint="say how often contracts are paid, as in --billing month, or use --model bg_nbd"))
        return found


def contract_forecast(of: Contracts, engine: Polars, ahead: Ahead) -> ContractForecast:
    """The shop forecast; raises InputError where no billing period or no renewal can be seen."""
    customers, as_of, billing = of.customers, of.as_of, of.billing
    present = customers.collect_schema().names()
    wanted = ("customer_id", "first_day", "last_day", "revenue", "renewals", "is_lost", "payments", "since", "paid_on", "customers")
    brought = contribution(present)
    profit = [] if brought is None else [brought.alias("contribution")]
    renewed = with_contracts(customers, billing, as_of) if of.has_endings else with_renewals(customers, billing, as_of)
    rows = engine.collect(renewed.select(*wanted, *profit)).sort("customer_id")
    counts = rows.group_by("renewals", "is_lost").agg(pl.col("customers").sum()).sort("renewals", "is_lost").rows()
    lost, stayed = (np.array(each, dtype=np.float64) for each in lost_and_stayed(counts))
    renewals = Renewals(lost, stayed)
    try:
        fit = SBG.fit(renewals)
    except FitError as error:
        raise InputError(Problem(error.message, hint=error.hint)) from None
    rate = math.expm1(ahead.rate * billing.length)
    expected = valued(_expected(rows, fit, billing, ahead), own_margins=of.own_margins)
    lifetime = SBG.lifetime(fit.values, rate)
    return ContractForecast(
        fit,
        billing,
        rhythm(of.gaps.closed, billing),
        ahead,
        expected,
        tuple(_steps(renewals, fit)),
        lifetime,
        undue(counts),
        of.has_endings,
    )


def totals(found: ContractForecast, values: Sequence[float]) -> dict[str, float]:
    """What to expect of all customers together under these parameters, by metric."""
    fit = replace(found.fit, parameters=dict(zip(found.fit.parameters, values, strict=True)))
    rows = _expected(found.customers, fit, found.billing, found.ahead)
    rows = rows.with_columns(clv_predicted=pl.col("discounted_revenue") * pl.col("margin"))
    columns = {"alive_customers": "p_alive", "predicted_orders": "expected_orders", "predicted_revenue": "expected_revenue"}
    columns |= {"predicted_contribution": "clv_predicted"} if "contribution" in rows.columns else {}
    return {name: float(rows[column].to_numpy().sum()) for name, column in columns.items()}


def _steps(renewals: Renewals, fit: Fit) -> list[Step]:
    times = np.arange(1.0, len(renewals.lost) + 1.0)
    fitted, retained = SBG.survival(fit.values, times), SBG.retention(fit.values, times)
    kept = [1 - lost / risk for lost, risk in zip(renewals.lost, renewals.at_risk, strict=True)]
    rows = zip(times, renewals.at_risk, renewals.lost, accumulate(kept, mul), fitted, kept, retained, strict=True)
    return [Step(int(t), int(risk), int(lost), *map(float, shares)) for t, risk, lost, *shares in rows]


def _expected(rows: pl.DataFrame, fit: Fit, billing: Billing, ahead: Ahead) -> pl.DataFrame:
    """Each customer with the payments to come: the next when it is due, the others a period after each other."""
    rate = math.expm1(ahead.rate * billing.length)
    payments = rows["payments"].to_numpy().astype(np.float64)
    wait = np.maximum(billing.length - rows["since"].to_numpy(), 0.0)
    there = 1.0 - rows["is_lost"].to_numpy()
    due = _due(wait, billing, ahead)
    plain, discounted = (_renewals(fit, payments, due, each) for each in (0.0, rate))
    endless = SBG.residual_lifetime(fit.values, rate, payments) if rate > 0 else np.full(len(payments), np.nan)
    until = np.exp(-ahead.rate * wait)
    paid = rows["revenue"].to_numpy() / MONEY_SCALE / rows["paid_on"].to_numpy()
    frame = rows.with_columns(
        p_alive=pl.Series(there), expected_orders=pl.Series(there * plain), discounted_orders=pl.Series(there * discounted * until),
        residual_orders=pl.Series(there * endless * until).fill_nan(None), expected_spend=pl.Series(paid),
    )  # fmt: skip
    spend = pl.col("expected_spend")
    revenue = {"expected_revenue": pl.col("expected_orders") * spend, "discounted_revenue": pl.col("discounted_orders") * spend}
    return frame.with_columns(**revenue)


def _due(wait: Array, billing: Billing, ahead: Ahead) -> Array:
    """How many payments fall due within the horizon."""
    return np.asarray(np.where(wait <= ahead.days, np.floor((ahead.days - wait) / billing.length) + 1, 0.0))


def _renewals(fit: Fit, payments: Array, due: Array, rate: float) -> Array:
    """The expected number of payments of those that fall due, the first of them whole."""
    found = np.zeros_like(payments)
    for count in np.unique(due[due > 0]):
        at = due == count
        found[at] = SBG.expected_renewals(fit.values, payments[at], int(count), rate)
    return found
