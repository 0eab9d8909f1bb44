"""What an order costs beside its goods: payment fees and shipping."""

from __future__ import annotations

from dataclasses import dataclass

import narwhals.stable.v2 as nw

from clvcli.rates import whole
from clvcli.tables import MONEY_SCALE, Frame


@dataclass(frozen=True)
class VariableCosts:
    """A fee as a share of what was paid and as an amount per order, and the shipping of an order; in currency units."""

    payment_share: float = 0.0
    payment_fixed: float = 0.0
    shipping_per_order: float = 0.0


def with_variable_costs(orders: Frame, costs: VariableCosts) -> Frame:
    """Add `variable_costs` to orders: of what was paid before refunds, since fees and postage don't come back with the goods."""
    paid = nw.col("amount") + nw.col("refunds")
    charged = nw.when(paid > 0).then(paid).otherwise(0)
    per_order = (costs.payment_fixed + costs.shipping_per_order) * MONEY_SCALE
    cost = whole(charged * costs.payment_share + per_order)
    return orders.with_columns(nw.when(nw.col("placed") == 1).then(cost).otherwise(0).alias("variable_costs"))


def contribution(columns: list[str]) -> nw.Expr | None:
    """What an order with these columns contributes: gross profit less variable costs; None where the margin isn't known."""
    if "gross_profit" not in columns:
        return None
    return nw.col("gross_profit") - nw.col("variable_costs") if "variable_costs" in columns else nw.col("gross_profit")
