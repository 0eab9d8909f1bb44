"""What the business has agreed: its numbers, its segments, its settings; one value, passed down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import narwhals.stable.v2 as nw

from clvcli.definition import Formula
from clvcli.derivation import apply, in_order, unknown_name, values_of, work_out
from clvcli.errors import ConfigError, Problem, nearest
from clvcli.formulas import FORMULAS, lifespan
from clvcli.labels import LABELS
from clvcli.metrics import METRICS
from clvcli.orders import ORDERS
from clvcli.segments import SEGMENT, SHARE, Segment, label
from clvcli.tables import Column, Frame, Unit

SETTINGS: tuple[Column, ...] = (
    Column(
        "period_years",
        "Period",
        Unit.YEARS,
        "Length of the period over which buying is compared, in years.",
        "chosen, or the longest that fits twice",
    ),
    Column(
        "discount_rate", "Discount rate", Unit.SHARE, "How much less money is worth in a year.", "d in Fader & Hardie, note 024, per year"
    ),
    Column(
        "churn_window_days",
        "Churn window",
        Unit.DAYS,
        "Days without an order after which a customer counts as lapsed.",
        "Gold 2020, Fighting Churn with Data: max_inactive",
    ),
    Column("target_ltv_to_cac", "Target LTV:CAC", Unit.NUMBER, "The LTV:CAC at which max_cac is worked out.", "the rule of thumb of three"),
    Column(
        "target_payback_months",
        "Target payback",
        Unit.MONTHS,
        "Months by which a customer should have paid back what it cost; max_cac_payback is worked out at it.",
        "the rule of thumb of a year",
    ),
    Column("horizon_months", "Horizon", Unit.MONTHS, "How far ahead models look.", "chosen; a year unless it is set"),
)

DEFAULT_SHOWN = (
    "clv_contribution", "clv_observed", "clv_simple", "clv_monthly", "clv_churn",
    "clv_retention_immediate", "clv_retention_residual", "clv_retention_end",
)  # fmt: skip
"""The CLVs shown unless configured; the first that is defined is the headline."""


@dataclass(frozen=True)
class Catalog:
    """Metrics, formulas, segments and settings; `absent` says of a name that has no value here why, and what to type."""

    own_formulas: tuple[Formula, ...] = ()
    segments: tuple[Segment, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)
    lifespan: str | float = "churn"
    shown: tuple[str, ...] = DEFAULT_SHOWN
    absent: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""

    def __post_init__(self) -> None:
        clvs = [f.name for f in self.formulas if f.labels]
        for at, name in enumerate(self.shown):
            if name not in self.by_name:
                hint = nearest(name, [*clvs, *self.by_name])
                raise ConfigError(Problem(f"unknown formula '{name}'", hint=hint, setting=("show", at)))
        for segment in self.segments:
            segment_names = segment.condition.names - segment.condition.texts
            for name in sorted(segment_names - self.names):
                raise unknown_name(segment.condition, name, self.names)

    @cached_property
    def formulas(self) -> tuple[Formula, ...]:
        """All formulas, each after those it reads; a configured one replaces clv's of the same name."""
        own = {f.name: f for f in (*FORMULAS, lifespan(self.lifespan), *self.own_formulas)}
        return in_order(own.values(), [*(m.name for m in METRICS), *(s.name for s in SETTINGS)])

    @cached_property
    def by_name(self) -> dict[str, Formula]:
        """The formulas by name."""
        return {f.name: f for f in self.formulas}

    @property
    def names(self) -> set[str]:
        """Every name a formula may read."""
        return {*(m.name for m in METRICS), *(s.name for s in SETTINGS), *self.by_name}

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Every number clv can show or explain, by name."""
        parts = (ORDERS, (SEGMENT, SHARE), LABELS.values(), SETTINGS, (m.column for m in METRICS), (f.column for f in self.formulas))
        return {column.name: column for part in parts for column in part}

    def column(self, name: str) -> Column:
        """The column of a name; an attribute of the export is a text that nobody defined."""
        return self.columns.get(name) or Column(name, name.replace("_", " ").capitalize(), Unit.TEXT, f"The export's column {name}.")

    def needed(self, names: Iterable[str]) -> set[str]:
        """The metrics that the formulas `names` read, directly or through others."""
        found: set[str] = set()
        for name in names:
            inputs = self.by_name[name].expression.names if name in self.by_name else {name}
            found |= self.needed(inputs) if name in self.by_name else inputs
        return found

    def derive(self, frame: Frame, names: Iterable[str] | None = None) -> Frame:
        """Add formulas to a frame of metrics, at whatever grain it is; all of them, or `names` and what they read."""
        wanted = self.formulas if names is None else self._with_inputs(names)
        return apply(self._known(frame), wanted, self.constants, self.scaled)

    def label(self, customers: Frame) -> Frame:
        """Add the column `segment` to customers."""
        names = {name for s in self.segments for name in s.condition.names}
        derived = self.derive(customers, [n for n in names if n in self.by_name])
        values = values_of(derived, self.constants, self.scaled)
        labelled = label(derived, self.segments, {name: values.get(name, nw.lit(None)) for name in names})
        return labelled.select(*(n for n in customers.collect_schema().names() if n not in self.absent), SEGMENT.name)

    def work_out(self, values: Mapping[str, float | None]) -> dict[str, float | None]:
        """Settings, formulas and `values` together, over numbers in currency units."""
        return work_out(self.formulas, {**self.constants, **values})

    @property
    def scaled(self) -> list[str]:
        """The metrics held in ten-thousandths: money, and what a model expects."""
        return [m.name for m in METRICS if m.column.unit in (Unit.MONEY, Unit.EXPECTED)]

    @property
    def constants(self) -> dict[str, float]:
        """The settings that have a value here."""
        return {name: value for name, value in self.settings.items() if name not in self.absent}

    def _known(self, frame: Frame) -> Frame:
        return frame.drop(*(n for n in frame.collect_schema().names() if n in self.absent))

    def _with_inputs(self, names: Iterable[str]) -> tuple[Formula, ...]:
        wanted: set[str] = set()
        unread = [n for n in names if n in self.by_name]
        while unread:
            name = unread.pop()
            wanted.add(name)
            unread.extend(n for n in self.by_name[name].expression.names if n in self.by_name and n not in wanted)
        return tuple(f for f in self.formulas if f.name in wanted)
