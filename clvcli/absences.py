"""Absences: the metrics that can't be known of a shop, why, and what to type."""

from __future__ import annotations

from collections.abc import Iterable

from clvcli.config import Loaded
from clvcli.exports import Reading
from clvcli.metrics import HORIZONS, PERIOD_METRICS
from clvcli.periods import Period, Window, date_of
from clvcli.request import REFERRER
from clvcli.tables import Frame

_OF_PROFIT = (
    "gross_profit",
    "referred_gross_profit",
    *(f"contribution_{n}d" for n in HORIZONS),
    "contribution_to_payback",
    "predicted_contribution",
)


def absences(reading: Reading, loaded: Loaded, window: Window) -> dict[str, str]:
    """What has no value here, by name: why, and what to type."""
    columns = reading.orders.columns
    absent: dict[str, str] = {}
    if "gross_profit" not in columns:
        absent |= _all(_OF_PROFIT, "the margin isn't known: add --margin 0.35, 'margin:' in clv.yaml, or a cost column")
    elif _has_unknown_costs(reading, loaded):
        absent |= _all(_OF_PROFIT, f"{reading.records_without_cost:,} records have no cost: add --margin 0.35 for those")
    if loaded.config.cac is None and loaded.config.spend is None:
        absent["acquisition_cost"] = (
            "the cost of winning a customer isn't known: add --cac 20, --spend FILE, or 'cac:' or 'spend:' in clv.yaml"
        )
    if REFERRER not in columns:
        absent |= _all(("referred_customers", "referred_gross_profit"), "no column says who referred a customer: --map referred_by=COLUMN")
    return absent | _by_period(window)


def without_doubtful_profit(frame: Frame, reading: Reading, loaded: Loaded) -> Frame:
    """Orders or customers, without the gross profit if some records have no cost: what they earned would be too much."""
    return frame.drop("gross_profit", strict=False) if _has_unknown_costs(reading, loaded) else frame


def _has_unknown_costs(reading: Reading, loaded: Loaded) -> bool:
    return bool(reading.records_without_cost) and loaded.config.margin is None


def _by_period(window: Window) -> dict[str, str]:
    begin = date_of(window.first_day)
    if window.period is None:
        return _all([*PERIOD_METRICS, "period_years"], f"the data begin on {begin}: not even two months")
    word = window.period.word
    if not window.covers_current:
        return _all(PERIOD_METRICS, f"the data begin on {begin}: less than one {word}{_shorter(window)}")
    if not window.covers_previous:
        why = f"the data begin on {begin}: no {word} before the last one{_shorter(window)}"
        return _all(("orders_in_previous_period", "customers_in_previous_period", "retained_customers"), why)
    return {}


def _shorter(window: Window) -> str:
    return "" if window.period is Period.MONTH else "; try a shorter --period"


def _all(names: Iterable[str], why: str) -> dict[str, str]:
    return dict.fromkeys(names, why)
