"""Meanings: what each parameter of each model says of customers, in a shop owner's words."""

from __future__ import annotations

from collections.abc import Mapping

_BUYING = {
    "r": "how alike customers are in how often they buy: small where a few buy much more often than most",
    "alpha": "days; r / alpha is how many buying days a day a mean customer has while still there",
}
_GEOMETRIC = {
    "a": "a / (a + b) is the chance that a mean customer leaves for good after a purchase",
    "b": "the larger a + b, the more alike customers are in how soon they leave",
}
MEANINGS: Mapping[str, Mapping[str, str]] = {
    "bg_nbd": {**_BUYING, **_GEOMETRIC},
    "mbg_nbd": {**_BUYING, **_GEOMETRIC},
    "pareto_nbd": {
        **_BUYING,
        "s": "how alike customers are in how soon they leave for good: small where most leave early and a few stay",
        "beta": "days; s / beta is the share of new customers who leave in a day",
    },
    "nbd": _BUYING,
    "gamma_gamma": {
        "p": "how alike the orders of one customer are in what they cost",
        "q": "how alike customers are in what they spend per order; at 1 and below spend has no mean",
        "v": "money; p·v / (q − 1) is what a mean customer spends on a buying day",
    },
    "bg_bb": {
        "alpha": "alpha / (alpha + beta) is how often a mean customer buys when there is a chance to, while still there",
        "beta": "the larger alpha + beta, the more alike customers are in how often they buy",
        "gamma": "gamma / (gamma + delta) is the chance that a mean customer leaves for good before the next chance to buy",
        "delta": "the larger gamma + delta, the more alike customers are in how soon they leave",
    },
    "sbg": {
        "alpha": "alpha / (alpha + beta) is the share of new customers who leave at the first renewal",
        "beta": "the larger alpha + beta, the more alike customers are in how soon they leave",
    },
}
"""Meanings by model and parameter."""


def meaning(model: str, parameter: str) -> str:
    """What a parameter says of customers."""
    return MEANINGS[model][parameter]
