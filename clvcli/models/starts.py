"""Starts: whether a model of buying can be fitted at all, and from where its likeliest parameters are looked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from clvcli.models.histories import Array, FitError, Histories, dot
from clvcli.models.newton import Derivatives, Maximum, maximum

_MANY, _SAMPLE = 20_000, 40_000
"""With more distinct histories than that, a sample of so many customers says where to begin: all takes half as long."""
_ROUGH = 1e-3
"""Twice the log-likelihood still to gain where a search may begin."""
MANY_LEAVE_AT_ONCE = (5.0, 1.0, 0.2, 0.02)
"""Where to look besides, on the scale of the parameters: many customers never come back, and the others are much alike.

The likelihood of shops of both kinds of customers has two maxima, and the one that is found from the moments of all is often the lower.
"""


def require_repeats(histories: Histories) -> None:
    """Nothing, if histories tell something of buying again; raises FitError if none does."""
    if histories.total == 0:
        raise FitError("there are no customers, so there is nothing to learn from", "look at the file with 'clv inspect'")
    if histories.total == 1:
        raise FitError(
            "there is only one customer, and a model learns from how customers differ",
            "give the orders of all customers; if they are, look with 'clv inspect' at which column the customer's id was found in",
        )
    if not histories.age.any():
        raise FitError(
            "every order is on the last day, so nobody has had time to buy again",
            "give the orders of at least some months, or look with 'clv inspect' at how the dates were read",
        )
    if not histories.repeats.any():
        raise FitError(
            "nobody bought again: customers who are still to come back can't be told apart from 'everyone left'",
            "give the orders of a longer time; 'clv compute' tells what can be said without a model",
        )


def rates_start(histories: Histories) -> tuple[float, float]:
    """Values of r and alpha from the mean and the variance of repeats, as if all had been watched for the mean age."""
    mean = dot(histories.customers, histories.repeats) / histories.total
    variance = dot(histories.customers, (histories.repeats - mean) ** 2) / histories.total
    r = float(np.clip(mean**2 / max(variance - mean, 0.05 * mean), 0.1, 5.0))
    return r, r * histories.scale / mean


def likeliest(likelihood: Callable[[Histories], Derivatives], histories: Histories, starts: Sequence[Array], scale: Array) -> Maximum:
    """The greatest maximum found from several starts in log-parameters; raises FitError as `maximum` does."""
    if len(starts) == 1:
        return maximum(likelihood(histories), starts[0], scale)
    sample = thinned(histories, _SAMPLE) if histories.repeats.size > _MANY else histories
    rough = [maximum(likelihood(sample), start, scale, _ROUGH) for start in starts]
    best = max(rough, key=lambda found: found.value)
    found = maximum(likelihood(histories), best.at, scale)
    return replace(found, evaluations=found.evaluations + sum(one.evaluations for one in rough))


def thinned(histories: Histories, customers: int) -> Histories:
    """About so many of the customers, as many of each history as its share is, in the order of the histories; all if there are no more."""
    share = min(1.0, customers / histories.total)
    upto = np.floor(np.cumsum(histories.customers) * share)
    kept = np.diff(upto, prepend=0.0)
    some = kept > 0
    return Histories(histories.repeats[some], histories.active[some], histories.age[some], kept[some])


def rising(start: float, most: Array) -> Array:
    """Differences ln Γ(start + n) − ln Γ(start) for each whole n of `most`: sums of ln(start + j), which lose no digits however great `start` is.

    >>> rising(1.0, np.array([0.0, 4.0])).round(6)
    array([0.      , 3.178054])
    """
    steps = np.log(start + np.arange(np.max(most, initial=0.0)))
    return np.concatenate([[0.0], np.cumsum(steps)])[most.astype(np.int64)]
