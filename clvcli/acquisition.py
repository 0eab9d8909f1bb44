"""What each customer cost to win."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from clvcli.rates import Rates, whole
from clvcli.tables import MONEY_SCALE, Frame


def with_acquisition_cost(customers: Frame, cac: Rates | None) -> Frame:
    """Add `acquisition_cost`: the CAC of the customer's attribute, or the CAC of all; nothing if none is known.

    Only a customer who ordered was won; a row of refunds alone cost nothing.
    """
    if cac is None:
        return customers
    won = whole(cac.expression(MONEY_SCALE)) * nw.col("customers")
    return customers.with_columns(won.alias("acquisition_cost"))
