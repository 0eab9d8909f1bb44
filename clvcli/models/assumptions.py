"""Assumptions: what each model tells, what it takes for granted, and where that misleads, in a shop owner's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Assumed:
    """What a model tells, where it is used, what it takes for granted, a sentence each, and where it misleads."""

    what: str
    use: str
    assumes: tuple[str, ...]
    pitfall: str


_RATES = "While there, each customer buys at random times at a rate of their own, which stays the same; rates differ as Gamma(r, alpha)."
_APART = "How often a customer buys and how soon they leave have nothing to do with each other."
_BUYING = "a model of buying: clv predict --model {}, clv backtest"

ASSUMPTIONS: Mapping[str, Assumed] = {
    "bg_nbd": Assumed(
        "How many orders are to come of each customer, and whether the customer is still there, from how often and how lately they bought.",
        _BUYING.format("bg_nbd"),
        (_RATES, "After each repeat purchase a customer leaves for good with a chance of their own; chances differ as Beta(a, b).", _APART),
        "Who has bought once can't have left: P(alive) is 100 % however long ago that was.",
    ),
    "mbg_nbd": Assumed(
        "The same as BG/NBD, for shops where many buy once and never again.",
        _BUYING.format("mbg_nbd"),
        (
            _RATES,
            "After each purchase, the first one too, a customer leaves for good with a chance of their own; chances differ as Beta(a, b).",
            _APART,
        ),
        "A customer leaves only right after a purchase, never between two.",
    ),
    "pareto_nbd": Assumed(
        "The same as BG/NBD, with customers who may leave at any time.",
        _BUYING.format("pareto_nbd"),
        (_RATES, "Each customer leaves for good at any time, at a rate of their own; rates of leaving differ as Gamma(s, beta).", _APART),
        "s and beta are rarely sure: many pairs of them tell nearly the same, so look at what is forecast and not at either alone.",
    ),
    "nbd": Assumed(
        "What would be to come if nobody ever left; it shows what leaving is worth.",
        "a baseline of clv backtest",
        (_RATES, "Nobody leaves."),
        "Too high wherever customers leave; it never gives anybody up.",
    ),
    "gamma_gamma": Assumed(
        "What each customer spends on a buying day: the own mean, drawn to that of all as far as it rests on few orders.",
        "a model of spending, beside each model of buying",
        (
            "What a customer spends varies around a mean of their own, as Gamma(p, ν); these means differ, with ν as Gamma(q, v).",
            "How much a customer spends and how often they buy have nothing to do with each other.",
        ),
        "Where frequent buyers spend more each time or less, the forecast is off; clv predict says so.",
    ),
    "bg_bb": Assumed(
        "The same as BG/NBD, for shops where customers can buy once in each period, as donors who are asked once a year.",
        "a model of buying by the period: clv predict --model bg_bb --period year",
        (
            "While there, each customer takes each chance to buy with a probability of their own; these differ as Beta(alpha, beta).",
            "Before each chance a customer leaves for good with a probability of their own; these differ as Beta(gamma, delta).",
            _APART,
        ),
        "Two purchases in one period count as one, so it says too little of shops where customers buy more often than that.",
    ),
    "sbg": Assumed(
        "How long customers stay who pay by contract, where each renewal and each cancellation is seen.",
        "a model of contracts: clv predict --model sbg",
        ("At each renewal a customer leaves with a chance of their own, which stays the same; chances differ as Beta(alpha, beta).",),
        "Retention rises with age though nobody changes: those who leave easily are gone. Prices and plans that change aren't in it.",
    ),
}
"""By the model's name."""
