"""Derivatives of a likelihood, held against differences of the likelihood itself."""

import numpy as np
import pytest

STEP = 1e-4


def agree(derivatives, point, within=1e-6):
    """Whether the gradient and the Hessian at a point are what central differences of value and gradient say, within a share of the largest."""
    point = np.asarray(point, dtype=float)
    _, gradient, hessian = derivatives(point)
    moves = STEP * np.eye(len(point))
    sides = [(derivatives(point + move), derivatives(point - move)) for move in moves]
    slopes = [(up[0] - down[0]) / (2 * STEP) for up, down in sides]
    curves = [(up[1] - down[1]) / (2 * STEP) for up, down in sides]
    assert gradient == pytest.approx(np.array(slopes), abs=within * max(1, np.abs(hessian).max()))
    assert hessian == pytest.approx(np.array(curves), abs=within * max(1, np.abs(hessian).max()))
    return True
