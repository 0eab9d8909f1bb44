"""Are we losing customers? How the share lapsed moves with the rule, what the gaps say, and how long customers stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import polars as pl
from narwhals.stable.v2 import col

from clvcli.churn import RULES, ChurnRule
from clvcli.periods import DAYS_PER_YEAR
from clvcli.reports.figures import collected
from clvcli.survival import Gaps, Step, durations, kaplan_meier, restricted_mean, restricted_means, survival_at
from clvcli.tables import Column, Frame, Table, Unit
from clvcli.timeline import Timeline

_GOLD = "Gold 2020, Fighting Churn with Data"
_KM = "Kaplan & Meier 1958, Nonparametric Estimation from Incomplete Observations"
_CRR = "CRR = (E − N) / S"
RULE = Column("rule", "Rule", Unit.TEXT, "; ".join(f"{name}: {words}" for name, words in RULES.items()) + ".", _GOLD)
SETTING = Column("setting", "Setting", Unit.TEXT, "What the rule is set to; * marks the one in effect.")
_RULES = (
    RULE,
    SETTING,
    Column("days", "Silence", Unit.DAYS, "Days without an order after which a customer has lapsed; of those who bought once, for a personal rule."),
    Column("lapsed", "Lapsed", Unit.COUNT, "Customers who have lapsed under the rule."),
    Column("lapsed_share", "Share", Unit.SHARE, "Share of all customers who have lapsed under the rule."),
    Column("lapsed_of_once", "Of one-time", Unit.SHARE, "Share lapsed of the customers who bought on one day only."),
    Column("lapsed_of_repeat", "Of repeat", Unit.SHARE, "Share lapsed of the customers who bought on several days."),
    Column(
        "came_back", "Came back", Unit.SHARE,
        "Of all silences longer than that which there have been, the share that ended in an order: how often the rule was wrong so far.",
    ),
)  # fmt: skip
_GAPS = (
    Column("share_of_gaps", "Share of gaps", Unit.SHARE, "Share of all gaps between two days of purchase of one customer."),
    Column("gap_days", "Ended within", Unit.DAYS, "Days within which so many of the gaps had ended."),
)
_SURVIVAL = (
    Column("days_stayed", "After", Unit.DAYS, "Days since the first order."),
    Column("at_risk", "Watched", Unit.COUNT, "Customers who were watched for so long and hadn't lapsed before."),
    Column("lost", "Lost", Unit.COUNT, "Customers who lapsed, up to that age; in the curve, at that age."),
    Column("survival", "Still there", Unit.SHARE, "Share of customers who hadn't lapsed by that age, the unfinished ones counted as far as they go.", _KM),
    Column(
        "restricted_mean", "Mean stay", Unit.DAYS, "Mean of the days that customers stayed, none counted beyond that age.",
        "restricted mean survival time: Irwin 1949; Royston & Parmar 2013",
    ),
)  # fmt: skip
_BY_PERIOD = (
    Column("period", "Period", Unit.TEXT, "The calendar period."),
    Column("customers_at_start", "S", Unit.COUNT, "Customers with an order in the period before.", _CRR),
    Column("customers_at_end", "E", Unit.COUNT, "Customers with an order in the period.", _CRR),
    Column("new_customers", "N", Unit.COUNT, "Customers whose first order is in the period.", _CRR),
    Column("retained", "Retained", Unit.COUNT, "Customers with an order in both periods."),
    Column("returned", "Back", Unit.COUNT, "Customers who skipped the period before and came back: E − N − retained."),
    Column("retention_rate", "Retention", Unit.SHARE, "Retained / S: what clv calls the retention rate.", _CRR),
    Column("crr", "CRR", Unit.SHARE, "The textbook's CRR with all customers of the period as E: who came back from long ago counts as kept.", _CRR),
)  # fmt: skip
COLUMNS = (*_RULES, *_GAPS, *_SURVIVAL, *_BY_PERIOD)
_WINDOWS = (30, 60, 90, 120, 180, 365)
_PERCENTILES = (0.5, 0.7, 0.8, 0.9, 0.95)
_MULTIPLES = (1.5, 2.0, 3.0, 4.0)
_EVIDENCE = (0.1, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99)
_AGES = (0, 30, 60, 90, 180, 365, 545, 730, 1095, 1460, 1825)


@dataclass(frozen=True)
class Choice:
    """The churn rule in effect, and the percentile and multiple that its kin would take."""

    rule: ChurnRule
    percentile: float
    multiple: float
    least_days: int


def churn_tables(customers: Frame, gaps: Gaps, choice: Choice, periods: Timeline) -> tuple[Table, ...]:
    """The rules side by side, the gaps as their evidence, survival under the rule in effect, and CRR by period."""
    rows = customers.filter(col("customers") == 1)
    steps = survival_steps(customers)
    return (_rules(rows, gaps, choice), _gaps(gaps, choice), _survival(steps, choice.rule), _by_period(periods), _curve(steps))


def survival_steps(customers: Frame) -> tuple[Step, ...]:
    """The Kaplan–Meier curve of customers under the churn rule they were measured by."""
    return kaplan_meier(collected(durations(customers)).select("exposure_days", "customers", "lapsed_customers").rows())


def _candidates(gaps: Gaps, choice: Choice) -> Iterable[tuple[str, str, ChurnRule]]:
    """Each rule with what it is set to; * marks the one in effect."""
    once = choice.rule.one_time_days

    def told(setting: str, rule: ChurnRule, *, is_set: bool = True) -> tuple[str, str, ChurnRule]:
        return rule.name, setting + " *" * (is_set and rule == choice.rule), rule

    for days in sorted({*_WINDOWS, *([choice.rule.days] if choice.rule.name == "window" else [])}):
        yield told(f"{days} days", ChurnRule(days, one_time_days=once))
    for share in sorted({*_PERCENTILES, choice.percentile}):
        if (found := gaps.percentile(share)) is not None:
            rule = ChurnRule(found, one_time_days=once, name="percentile")
            yield told(f"{share:.0%} of gaps", rule, is_set=share == choice.percentile)
    base = gaps.percentile(choice.percentile)
    for multiple in sorted({*_MULTIPLES, choice.multiple}) if base is not None else ():
        yield told(f"{multiple:g} × own gap", ChurnRule(base or 0, multiple, choice.least_days, once, "personal"))


def _rules(rows: Frame, gaps: Gaps, choice: Choice) -> Table:
    candidates = list(_candidates(gaps, choice))
    lapsed = [rule.lapsed(col("idle_days"), col("active_days"), col("buying_days")) for _, _, rule in candidates]
    flags = [nw.when(met).then(1).otherwise(0).sum().cast(nw.Int64).alias(str(at)) for at, met in enumerate(lapsed)]
    counts = collected(rows.with_columns(once=col("buying_days") <= 1).group_by("once").agg(nw.len().cast(nw.Int64).alias("all"), *flags))
    by_once = {row["once"]: row for row in counts.iter_rows(named=True)}
    lines = [
        (name, setting, rule.days, *_lapsed(by_once, str(at)), _came_back(gaps, rule))
        for at, (name, setting, rule) in enumerate(candidates)
    ]
    schema = {c.name: {Unit.TEXT: pl.String, Unit.SHARE: pl.Float64}.get(c.unit, pl.Int64) for c in _RULES}
    notes = (f"In effect: {choice.rule}; 'churn:' in clv.yaml or --churn-rule and --churn-window choose another.", _advice(gaps, choice))
    return Table("churn_rules", "Who has lapsed, rule by rule", _RULES, pl.DataFrame(lines, schema=schema, orient="row"), notes, keys=2)


def _lapsed(by_once: dict[bool, dict[str, int]], name: str) -> tuple[int, float | None, float | None, float | None]:
    """How many have lapsed, and the shares of all, of one-time and of repeat customers."""
    counts = {once: (row[name], row["all"]) for once, row in by_once.items()}
    lapsed, total = (sum(column) for column in zip(*counts.values(), strict=True)) if counts else (0, 0)
    shares = [n / size if size else None for n, size in (counts.get(True, (0, 0)), counts.get(False, (0, 0)))]
    return lapsed, lapsed / total if total else None, *shares  # type: ignore[return-value]


def _came_back(gaps: Gaps, rule: ChurnRule) -> float | None:
    """How often a silence longer than the rule's has ended in an order; unknown where each customer has a silence of their own."""
    if rule.multiple is not None:
        return None
    ended, lasting = gaps.longer(rule.days)
    return ended / (ended + lasting) if ended + lasting else None


def _advice(gaps: Gaps, choice: Choice) -> str:
    found = gaps.percentile(choice.percentile)
    if found is None:
        return "Nobody bought on two days, so the data say nothing of how long a silence may be."
    return f"By this shop's own gaps: {choice.percentile:.0%} of {gaps.count:,} ended within {found:,} days."


def _gaps(gaps: Gaps, choice: Choice) -> Table:
    shares = sorted({*_EVIDENCE, choice.percentile})
    rows = [(share, days) for share in shares if (days := gaps.percentile(share)) is not None]
    frame = pl.DataFrame(rows, schema={_GAPS[0].name: pl.Float64, _GAPS[1].name: pl.Int64}, orient="row")
    note = "Only gaps that have ended are counted, and only of customers who bought on two days or more; long ones are still running."
    return Table("gaps", f"The gaps between orders: {gaps.count:,} of them", _GAPS, frame, (note,))


def _survival(steps: Sequence[Step], rule: ChurnRule) -> Table:
    last = steps[-1].days if steps else 0
    ages = [age for age in _AGES if age < last] + ([last] if steps else [])
    rows = [(age, *_at(steps, age), survival_at(steps, age), restricted_mean(steps, age)) for age in ages]
    frame = pl.DataFrame(rows, schema=_steps_schema(), orient="row")
    mean = restricted_mean(steps, last)
    told = (
        ""
        if not mean
        else f"Restricted mean: customers stay {mean:,.1f} of the first {last:,} day{'s' * (last != 1)}, {mean / DAYS_PER_YEAR:.2f} years. "
    )
    note = f"{told}Who lapsed is lost at the last order; who hasn't is unfinished at the end of observation. Rule: {rule}."
    return Table("survival", "How long customers stay", _SURVIVAL, frame, (note,))


def _at(steps: Sequence[Step], age: int) -> tuple[int, int]:
    """Customers watched for so long, and those lost up to then."""
    return sum(s.lapsed + s.censored for s in steps if s.days >= age), sum(s.lapsed for s in steps if s.days <= age)


def _steps_schema() -> dict[str, pl.DataType]:
    return {c.name: pl.Float64() if c.name in ("survival", "restricted_mean") else pl.Int64() for c in _SURVIVAL}


def _curve(steps: Sequence[Step]) -> Table:
    rows = [(s.days, s.at_risk, s.lapsed, s.survival, mean) for s, mean in zip(steps, restricted_means(steps), strict=True)]
    frame = pl.DataFrame(rows, schema=_steps_schema(), orient="row")
    return Table("survival_curve", "Every step of the survival curve", _SURVIVAL, frame, for_machines=True)


def _by_period(found: Timeline) -> Table:
    start, end, new, kept = (
        pl.col(n) for n in ("customers_in_previous_period", "customers_in_period", "new_customers", "retained_customers")
    )
    rate, textbook = (pl.when(start > 0).then(part / start) for part in (kept, end - new))
    values = (start, end, new, kept, end - new - kept, rate, textbook)
    frame = found.frame.select(
        pl.Series("period", found.names, dtype=pl.String), *(value.alias(c.name) for value, c in zip(values, _BY_PERIOD[1:], strict=True))
    )
    frame = frame.with_columns(pl.when(pl.col("retained").is_not_null()).then("returned").alias("returned"))
    partial = _running(found, frame.height)
    return Table("crr", "Who was kept, period by period", _BY_PERIOD, frame, marks=partial)


def _running(found: Timeline, height: int) -> frozenset[tuple[int, str]]:
    """The last period's rates, if it was still running."""
    return frozenset({(height - 1, "retention_rate"), (height - 1, "crr")}) if found.last_is_partial else frozenset()
