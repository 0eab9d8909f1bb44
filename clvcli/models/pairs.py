"""Pairs: what depends on repeats and age alone is worked out once for each pair of them, in pieces that fit into memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from clvcli.models.histories import Array, Histories

OfPairs: TypeAlias = Callable[[Array, Array], Array]
"""From repeats and ages, one place in each per pair, to a row per pair."""

_CELLS = 1 << 18
"""So many numbers, 2 MiB of them, are at work at once."""
_NATS = 38.0
"""What is off by exp(−38) of the function or less is exact to rounding."""


def by_pair(histories: Histories, of_pairs: OfPairs, cells: int) -> Array:
    """What `of_pairs` makes of repeats and ages, given to each history of that pair; it needs `cells` numbers for a pair."""
    repeats, ages, places = histories.pairs
    return _in_pieces(of_pairs, repeats, ages, cells)[places]


def along_ages(histories: Histories, of_pairs: OfPairs, cells: int, since: float) -> Array:
    """The same, of what changes smoothly with ln(`since` + age): for a number of repeats that many ages have it is interpolated.

    `of_pairs` must be analytic, and bounded while the imaginary part of that logarithm is below π/2, as is what is expected
    of customers who buy at a rate ~ Gamma(r + x, alpha + T).
    """
    repeats, ages, places = histories.pairs
    if not ages.size:
        return by_pair(histories, of_pairs, cells)
    counts, of = np.unique(repeats, return_inverse=True)
    nodes, angles, half = _nodes(float(ages.min()), float(ages.max()), since)
    often = np.bincount(of) > nodes.size
    between, found = often[of], np.empty(repeats.size)
    found[~between] = _in_pieces(of_pairs, repeats[~between], ages[~between], cells)
    known = _in_pieces(of_pairs, np.repeat(counts[often], nodes.size), np.tile(nodes, int(np.count_nonzero(often))), cells)
    asked, at = np.unique(ages[between], return_inverse=True)
    weights = _interpolation(np.log1p((asked - ages.min()) / (since + ages.min())) / half - 1, angles)
    lines = np.einsum("ij,kj->ki", weights, known.reshape(-1, nodes.size))
    found[between] = lines[(np.cumsum(often) - 1)[of[between]], at]
    return found[places]


def _in_pieces(of_pairs: OfPairs, repeats: Array, ages: Array, cells: int) -> Array:
    pieces = 1 + repeats.size * cells // _CELLS
    parts = zip(np.array_split(repeats, pieces), np.array_split(ages, pieces), strict=True)
    return np.concatenate([of_pairs(*part) for part in parts])


def _nodes(youngest: float, oldest: float, since: float) -> tuple[Array, Array, float]:
    """The ages that are Chebyshev's nodes in ln(`since` + age), their angles, and half of how far that logarithm goes.

    Source: Trefethen 2019, Approximation Theory and Approximation Practice, theorem 8.2: with n of them the error falls as ρ^−n.
    """
    half = max(float(np.log1p((oldest - youngest) / (since + youngest))) / 2, 1e-9)
    count = int(np.ceil(_NATS / np.arcsinh(np.pi / 2 / half)))
    angles = np.pi * (np.arange(count) + 0.5) / count
    grown = np.expm1(half * (1 + np.cos(angles)))
    return np.minimum(youngest + (since + youngest) * grown, oldest), angles, half


def _interpolation(places: Array, angles: Array) -> Array:
    """For each place between −1 and 1 the weights of the values at the cosines of these angles: a cosine transform, evaluated there."""
    orders = np.arange(1, angles.size, dtype=np.float64)
    there = np.cos(np.arccos(np.clip(places, -1, 1))[:, None] * orders)
    return np.asarray((1 + 2 * np.einsum("ij,kj->ik", there, np.cos(angles[:, None] * orders))) / angles.size)
