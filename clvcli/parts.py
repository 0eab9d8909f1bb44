"""Parts: one segment of a shop's customers as a shop of its own, within the days, the churn rule and the costs of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.analysis import Analysis
from clvcli.churn import ChurnRule
from clvcli.labels import group_name
from clvcli.periods import Window
from clvcli.reports.figures import refuse_no_segments
from clvcli.tables import Frame, Report, Table

if TYPE_CHECKING:
    from clvcli.spend import Spent


@dataclass(frozen=True)
class Part(Analysis):
    """The customers of one segment, and their orders."""

    whole: Analysis
    name: str
    ids: pl.DataFrame

    @cached_property
    def window(self) -> Window:
        """The days of the whole shop."""
        return self.whole.window

    @cached_property
    def churn(self) -> ChurnRule:
        """The rule of the whole shop."""
        return self.whole.churn

    @cached_property
    def customers(self) -> Frame:
        """The segment's customers, at what they cost in the whole shop."""
        return self._of_segment(self.whole.customers)

    @cached_property
    def _measured(self) -> Frame:
        return self._of_segment(self.whole._measured)  # noqa: SLF001 - of the same kind

    @cached_property
    def spent(self) -> Spent | None:
        """Nothing: what was spent is spread over the customers of the whole shop, and is in what each cost."""
        return None

    @property
    def _notes(self) -> tuple[str, ...]:
        return (*self.whole._notes, f"only customers of {self.name}; the ledger is of the whole shop")  # noqa: SLF001

    def report(self, *tables: Table) -> Report:
        """The tables with all that must be said; ids are masked as in the whole shop, whose remarks name others too."""
        report = super().report(*tables)
        return report if report.customers is None else replace(report, customers=self.whole.reading.orders)

    def _of_segment(self, customers: Frame) -> Frame:
        return customers.join(self.engine.frame(self.ids), on="customer_id", how="semi")


def parts(whole: Analysis, by: Sequence[str]) -> Iterator[Part]:
    """A part for each segment by these attributes, in order of their names."""
    refuse_no_segments(by, whole.catalog)
    known = whole.engine.collect(whole.customers.filter(nw.col("customers") == 1).select("customer_id", *by))
    groups = known.group_by(by).agg("customer_id").sort(by, nulls_last=True)
    for row in groups.iter_rows():
        ids = pl.DataFrame({"customer_id": row[-1]}, schema={"customer_id": pl.String})
        reading = replace(whole.reading, orders=whole.reading.orders.join(ids, on="customer_id", how="semi"))
        key = whole.request.pseudonyms.of_key(by, row[:-1]) if whole.request.pseudonyms else row[:-1]
        name = group_name([None if value is None else str(value) for value in key])
        yield Part(whole.request, whole.loaded, reading, whole.engine, whole, name, ids)
