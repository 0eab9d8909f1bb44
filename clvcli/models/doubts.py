"""Doubts: what is to be said of a fit before anybody believes it, in a shop owner's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from clvcli.models.fit import Fit
from clvcli.models.histories import Histories, dot
from clvcli.models.nbd import NBD

FEW_REPEATERS = 100
"""Customers who bought again, or came to a renewal, below which parameters are unsure."""
WHALE = 0.1
"""The share of all repeats from which one customer is said to hold many of them."""
CORRELATED = 0.3
"""The rank correlation of spend and number of purchases from which independence is in doubt."""
_FAR = 6.0
"""The logarithm of a parameter, on its scale, from which customers are as good as alike in it."""
_AS_LIKELY = 2.0
"""A gain in log-likelihood that chance brings nineteen times of twenty: half of the 95th percentile of chi-squared."""
_BY_CHANCE = 3.0
"""Standard errors by which orders must vary less than by chance to be regular."""


def doubts(fit: Fit, histories: Histories, refitted: Callable[[Histories], Fit]) -> Iterator[str]:
    """What is doubtful of a fit of buying; `refitted` is asked what it would be without the most frequent customer if that one weighs much."""
    repeaters = dot(histories.customers, (histories.repeats > 0).astype(np.float64))
    if repeaters < FEW_REPEATERS:
        who = "1 customer" if repeaters == 1 else f"{repeaters:,.0f} customers"
        yield f"only {who} bought again: the parameters are unsure, so look at their intervals"
    names = tuple(fit.parameters)
    for said, of in ((_of_rates(fit, histories), names[:2]), (_of_leaving(fit, histories), names[2:])):
        yield from tuple(said) or _of_edges(fit, of)
    yield from _of_whale(fit, histories, refitted)


def contract_doubts(fit: Fit) -> Iterator[str]:
    """What is doubtful of a fit of contracts."""
    if fit.customers < FEW_REPEATERS:
        who = "1 customer has" if fit.customers == 1 else f"{fit.customers:,.0f} customers have"
        yield f"only {who} come to a renewal: the parameters are unsure, so look at their intervals"
    alpha, beta = fit.values
    if min(alpha, beta) > np.exp(_FAR):
        share = f"{alpha / (alpha + beta):.1%}"
        yield f"no spread in how soon customers leave: {share} of them do at each renewal, so who stayed long is as likely to leave as who is new"
    elif max(alpha, beta) < np.exp(-_FAR):
        yield "customers leave at the first renewal or never: how long the others stay is not to be told yet"


def spending_doubts(rank_correlation: float | None, left_out: int) -> Iterator[str]:
    """What is doubtful of a fit of spending, of which customers who spent nothing again were left out."""
    if left_out:
        said = "1 customer who bought again spent nothing by it or less, and is" if left_out == 1 else (
            f"{left_out:,} customers who bought again spent nothing by it or less, and are"
        )  # fmt: skip
        yield f"{said} left out of the fit of spending, not of the forecast"
    if rank_correlation is not None and abs(rank_correlation) > CORRELATED:
        kind, wrong = ("more", "low for frequent buyers and too high for rare ones") if rank_correlation > 0 else (
            "less", "high for frequent buyers and too low for rare ones",
        )  # fmt: skip
        yield (
            f"who buys more often spends {kind} each time (rank correlation {rank_correlation:+.2f}), but the models take spend and "
            f"frequency to be independent: the forecast is too {wrong}"
        )


def _of_rates(fit: Fit, histories: Histories) -> Iterator[str]:
    """No spread in how often customers buy, or buying more regular than chance."""
    if "r" not in fit.parameters:
        yield from _of_chances(fit)
        return
    if fit.parameters["r"] < np.exp(_FAR):
        return
    rate = fit.parameters["r"] / fit.parameters["alpha"]
    if _dispersion(histories) < 1 - _BY_CHANCE * np.sqrt(2 / histories.total):
        yield (
            f"customers buy more regularly than by chance, about every {1 / rate:,.0f} days: P(alive) falls too slowly after a missed order, "
            "so look at the idle days too; if they pay by subscription, use --model sbg"
        )
    else:
        yield f"no spread in how often customers buy: all as if once in {1 / rate:,.0f} days, so no customer is forecast to buy more than another"


def _of_chances(fit: Fit) -> Iterator[str]:
    """No spread in how often customers take a chance to buy."""
    alpha, beta = fit.values[:2]
    if min(alpha, beta) > np.exp(_FAR):
        yield (
            f"no spread in how often customers buy: all as if in {alpha / (alpha + beta):.0%} of periods, "
            "so no customer is forecast to buy more than another"
        )


def _of_leaving(fit: Fit, histories: Histories) -> Iterator[str]:
    """No sign of leaving, or no spread in it; of models with leaving, whose third parameter it begins with."""
    if len(fit.parameters) == len(NBD.parameters):
        return
    if _is_nobody_leaving(fit, histories):
        without = "a model without leaving (NBD)" if "r" in fit.parameters else "a model without leaving"
        yield f"no sign of customers leaving: {without} fits as well, so the forecast is that all go on buying"
    elif fit.values[2] > np.exp(_FAR):
        yield "no spread in how soon customers leave: all are equally likely to, so P(alive) says little of one of them"


def _is_nobody_leaving(fit: Fit, histories: Histories) -> bool:
    """Whether a model without leaving is as likely; by the period, where there is no such model, whether next to nobody leaves."""
    if "r" in fit.parameters:
        return fit.log_likelihood - NBD.fit(histories).log_likelihood < _AS_LIKELY
    gamma, delta = fit.values[2:]
    return bool(gamma < np.exp(-_FAR) * delta)


def _of_edges(fit: Fit, names: Sequence[str]) -> Iterator[str]:
    """Parameters of these names that ran to an edge, where nothing else says why."""
    if unsure := [name for name in names if name in fit.edges]:
        are = "is" if len(unsure) == 1 else "are"
        yield f"these orders don't tell how large {' and '.join(unsure)} {are}: no interval is known, and those of the forecast take it as given"


def _dispersion(histories: Histories) -> float:
    """The variance of purchases over their mean, had all bought at one rate: by chance 1, give or take √(2/n) of n customers.

    Source: Cox & Lewis 1966, the index of dispersion.
    """
    expected = histories.age * (dot(histories.customers, histories.repeats) / max(dot(histories.customers, histories.age), 1e-12))
    seen = expected > 0
    return dot(histories.customers[seen], (histories.repeats - expected)[seen] ** 2 / expected[seen]) / max(histories.total, 1.0)


def _of_whale(fit: Fit, histories: Histories, refitted: Callable[[Histories], Fit]) -> Iterator[str]:
    """One customer who holds many of all repeats."""
    most = int(np.argmax(histories.repeats))
    share = float(histories.repeats[most]) / max(dot(histories.customers, histories.repeats), 1.0)
    if share <= WHALE or histories.repeats.size < 2:  # noqa: PLR2004 - without it nobody would be left
        return
    without = histories.customers.copy()
    without[most] -= 1
    kept = without > 0
    rest = Histories(histories.repeats[kept], histories.active[kept], histories.age[kept], without[kept])
    if rest.total > 1 and rest.repeats.any():
        name = next(iter(fit.parameters))
        before, after = fit.parameters[name], refitted(rest).parameters[name]
        yield f"1 customer holds {share:.0%} of all repeat purchases: without that one {name} moves from {before:.3g} to {after:.3g}"
