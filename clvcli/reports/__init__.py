"""The questions clv answers: customers and a catalog in, tables out; one module per question."""

from clvcli.reports.customers import each_customer
from clvcli.reports.figures import figures, reason
from clvcli.reports.segments import SHARE, by_segment
from clvcli.reports.summary import summary
from clvcli.segments import SEGMENT

__all__ = ["SEGMENT", "SHARE", "by_segment", "each_customer", "figures", "reason", "summary"]
