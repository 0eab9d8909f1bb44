"""Fit: a model's parameters as estimated, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clvcli.confidence import width
from clvcli.models.newton import Matrix, Maximum

_SURE = 4.0
"""The variance of a logarithm below which a parameter at an edge is borne out by the others."""


@dataclass(frozen=True)
class Fit:
    """Parameters by name, in days; `covariance` is of their logarithms, nan in the rows of those that are taken as known.

    Taken as known is who ran to an edge, but for one that the others bear out, as r where r and alpha grew together: then their
    ratio is as sure as the purchases make it, though neither has an interval of its own.
    """

    model: str
    parameters: Mapping[str, float]
    covariance: tuple[tuple[float, ...], ...]
    log_likelihood: float
    customers: float
    evaluations: int
    edges: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[float, ...]:
        """The parameters in the model's order."""
        return tuple(self.parameters.values())

    @cached_property
    def matrix(self) -> Matrix:
        """The covariance of the logarithms, as an array; nought where it isn't known."""
        return np.asarray(np.nan_to_num(np.array(self.covariance)))

    @property
    def errors(self) -> dict[str, float | None]:
        """The standard error of each parameter; None where it ran to an edge or isn't known."""
        return {name: None if e is None else e * self.parameters[name] for name, e in self._log_errors.items()}

    @property
    def intervals(self) -> dict[str, tuple[float, float] | None]:
        """The 95 % interval of each parameter, by the normal distribution of its logarithm."""
        return {
            name: None if e is None else (self.parameters[name] * math.exp(-width() * e), self.parameters[name] * math.exp(width() * e))
            for name, e in self._log_errors.items()
        }

    @property
    def aic(self) -> float:
        """Akaike's information criterion."""
        return 2 * len(self.parameters) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """The Bayesian information criterion."""
        return len(self.parameters) * math.log(self.customers) - 2 * self.log_likelihood

    @property
    def _log_errors(self) -> dict[str, float | None]:
        known = [row[at] for at, row in enumerate(self.covariance)]
        return {name: math.sqrt(v) if v >= 0 and name not in self.edges else None for name, v in zip(self.parameters, known, strict=True)}


def fitted(model: str, names: Sequence[str], found: Maximum, customers: float) -> Fit:
    """The fit of a maximum found in log-parameters."""
    edges = tuple(name for name, edge in zip(names, found.edges, strict=True) if edge)
    values = {name: float(value) for name, value in zip(names, np.exp(found.at), strict=True)}
    return Fit(model, values, _covariance(found), found.value, customers, found.evaluations, edges)


def _covariance(found: Maximum) -> tuple[tuple[float, ...], ...]:
    """The inverse of the negative Hessian over the parameters that didn't run to an edge, and those of the others that are borne out."""
    covariance = _inverse(found.hessian, ~found.edges)
    for at in np.flatnonzero(found.edges):
        kept = ~np.isnan(np.diag(covariance))
        kept[at] = True
        wider = _inverse(found.hessian, kept)
        if wider[at, at] < _SURE:
            covariance = wider
    return tuple(tuple(map(float, row)) for row in covariance)


def _inverse(hessian: Matrix, kept: NDArray[np.bool_]) -> Matrix:
    """The inverse of the negative Hessian over the parameters that are kept; nan for the others, and for all where it isn't curved downwards."""
    covariance = np.full(hessian.shape, np.nan)
    if kept.any():
        sizes, directions = np.linalg.eigh(-hessian[np.ix_(kept, kept)])
        if (sizes > 0).all():
            covariance[np.ix_(kept, kept)] = (directions / sizes) @ directions.T
    return covariance
