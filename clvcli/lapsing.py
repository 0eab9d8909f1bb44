"""Lapsing: the churn rule that a shop's config and its gaps between orders come to, and how that is told."""

from __future__ import annotations

from collections.abc import Callable

from clvcli.churn import FEWEST_GAPS, WINDOW_DAYS, ChurnRule
from clvcli.customers import derived, measured
from clvcli.engines import Polars
from clvcli.measuring import Observation
from clvcli.periods import Window
from clvcli.settings import Churn
from clvcli.survival import Gaps, gap_counts, silence_counts
from clvcli.tables import Frame


def rule_of(given: Churn, usual_gap: Callable[[float], int | None]) -> ChurnRule:
    """The rule: a window that was set, else by the gap that a share of the shop's gaps stay within, if there are enough to tell."""
    window = ChurnRule(given.window_days or WINDOW_DAYS, one_time_days=given.one_time_days)
    if given.rule == "window" or (given.rule == "auto" and given.window_days):
        return window
    usual = usual_gap(given.percentile)
    if usual is None:
        return window
    multiple, least = (given.multiple, given.least_days) if given.rule == "personal" else (None, 0)
    return ChurnRule(usual, multiple, least, given.one_time_days, "personal" if multiple else "percentile")


def gaps_of(orders: Frame, window: Window, engine: Polars) -> Gaps:
    """The gaps between the orders of each customer, and the silences that last at the end of observation."""
    closed = engine.collect(gap_counts(orders)).sort("gap").rows()
    plain = Observation(window, ChurnRule(WINDOW_DAYS))
    silent = engine.collect(silence_counts(derived(measured(orders, plain), plain))).sort("idle_days").rows()
    return Gaps(tuple(closed), tuple(silent))


def told(given: Churn, rule: ChurnRule) -> str:
    """After what a customer has lapsed, and how that was found."""
    once = "" if rule.one_time_days is None else f"{rule.one_time_days} days"
    of_once = f"; of who bought once, after {once}" if once else ""
    if rule.name == "window":
        why = "" if given.window_days else f", since there are fewer than {FEWEST_GAPS} gaps between orders to tell"
        return f"lapsed: after {rule.days} days without an order{why}{of_once}"
    usual = f"{rule.days} days, which {given.percentile:.0%} of the gaps between orders stayed within"
    if rule.multiple is None:
        return f"lapsed: after {usual}{of_once}"
    return f"lapsed: after {rule.multiple:g} × the customer's own mean gap; of who bought once, after {once or usual}"
