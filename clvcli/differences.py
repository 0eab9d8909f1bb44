"""Differences: which groups are truly apart, and how far what is seen of a small one is to be believed."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Literal, TypeVar

from clvcli.catalog import Catalog
from clvcli.confidence import CONFIDENCE
from clvcli.intervals import Estimate, Key, Sample, intervals, rests

FEWEST = 30
"""Customers below which a group's own spread says too little, and a normal interval is no more than a hint."""

_EACH_OTHERS_REST = 2
"""So many groups are compared once, not once each."""

Verdict = Literal["higher", "lower", "not distinguishable", "too few"]
K = TypeVar("K", bound=Hashable)


def difference(one: Estimate, other: Estimate) -> Estimate:
    """How much more the one is than the other, for groups that share no customer; its `z` tells whether that is chance."""
    n = one.n + other.n
    if one.value is None or other.value is None:
        return Estimate(None, None, n)
    error = None if one.error is None or other.error is None else math.hypot(one.error, other.error)
    return Estimate(0.0 if math.isclose(one.value, other.value) else one.value - other.value, error, n)


def steadied(own: Estimate, other: Estimate) -> Estimate:
    """`own`, with an error no less than the other's would be for so few customers, where its own don't show their spread.

    They don't if they are fewer than FEWEST, or all alike: of ten customers none may have come back, and yet the
    eleventh may.
    """
    return own if not own.n or (own.error and own.n >= FEWEST) else as_wide(own, other)


def as_wide(own: Estimate, other: Estimate) -> Estimate:
    """`own`, with an error no less than the other's would be for so few customers.

    A group that happens to have none of the large customers shows a small error of its own, and would look certainly lower.
    """
    shows = own.value is None or (own.error is None and own.n > 1) or not other.error
    return own if shows else Estimate(own.value, max(own.error or 0.0, other.error * math.sqrt(other.n / own.n)), own.n)  # type: ignore[operator]


def distinguishable(groups: Mapping[Key, Sample], catalog: Catalog, names: Sequence[str]) -> dict[Key, dict[str, Verdict | None]]:
    """Whether each formula of a group differs from that of all other groups together, at 5 % over all groups.

    None where either has no value. The correction is over the groups, formula by formula; of two groups, each is the
    other's rest, which is one comparison.
    """
    own, rest = intervals(groups, catalog, names), intervals(rests(groups), catalog, names)
    of_formula = {name: _verdicts({key: (own[key][name], rest[key][name]) for key in groups}) for name in names}
    return {key: {name: of_formula[name][key] for name in names} for key in groups}


def _verdicts(pairs: Mapping[Key, tuple[Estimate, Estimate]]) -> dict[Key, Verdict | None]:
    """What is said of each group and its rest."""
    differences = {key: difference(as_wide(own, rest), as_wide(rest, own)) for key, (own, rest) in pairs.items()}
    few = {key for key, pair in pairs.items() if min(estimate.n for estimate in pair) < FEWEST}
    tested = {key: found.p for key, found in differences.items() if key not in few and found.p is not None}
    twice = _EACH_OTHERS_REST if len(pairs) == _EACH_OTHERS_REST else 1
    certain = rejected(tested, (1 - CONFIDENCE) * twice)

    def said(key: Key, more: float | None) -> Verdict | None:
        if more is None or key not in few | tested.keys():
            return None
        if key in few:
            return "too few"
        return "not distinguishable" if key not in certain else "higher" if more > 0 else "lower"

    return {key: said(key, found.value) for key, found in differences.items()}


def rejected(p_values: Mapping[K, float], level: float) -> set[K]:
    """The hypotheses to give up so that, with this probability at most, any of them is true.

    Source: Holm 1979, A Simple Sequentially Rejective Multiple Test Procedure.
    """
    found: set[K] = set()
    for left, key in zip(range(len(p_values), 0, -1), sorted(p_values, key=lambda key: p_values[key]), strict=True):
        if p_values[key] * left > level:
            break
        found.add(key)
    return found


def shrunk(values: Sequence[float | None], errors: Sequence[float | None], base: float | None) -> list[float | None]:
    """The values of groups, drawn to the base by as much as chance alone may have driven them apart.

    Each keeps the share τ²/(τ² + error²) of its distance from the base; a group without an error gets the base.
    τ² is how much groups truly differ, by DerSimonian & Laird 1986, Meta-Analysis in Clinical Trials.
    The idea: Efron & Morris 1975, Data Analysis Using Stein's Estimator and its Generalizations.
    """
    apart = _between([(value, error) for value, error in zip(values, errors, strict=True) if value is not None and error])

    def drawn(value: float | None, error: float | None) -> float | None:
        if value is None or error is None or base is None:
            return base
        return value if error == 0 else base + (value - base) * apart / (apart + error * error)

    return [drawn(value, error) for value, error in zip(values, errors, strict=True)]


def _between(known: Sequence[tuple[float, float]]) -> float:
    """The variance between groups that their errors leave unexplained; nought if they explain it all."""
    weights = [1 / (error * error) for _, error in known]
    together = math.fsum(weights)
    spread = together - math.fsum(w * w for w in weights) / together if len(known) > 1 else 0.0
    if spread <= 0:
        return 0.0
    mean = math.fsum(w * value for w, (value, _) in zip(weights, known, strict=True)) / together
    apart = math.fsum(w * (value - mean) ** 2 for w, (value, _) in zip(weights, known, strict=True))
    return max(0.0, (apart - (len(known) - 1)) / spread)
