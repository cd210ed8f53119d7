"""Gauss-Hermite nodes for integrals over person effects, to be placed on each person's own effects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MOST_NODES: Final = 20_000  # of one grid; beyond it the product rule is the wrong tool


@dataclass(frozen=True, slots=True)
class Nodes:
    """A product grid in standard units: `points` (n_nodes, q) and `log_weights` (n_nodes,).

    With person effects u = center + root @ point, the integral of f(u) against the standard normal density
    is |root| times the sum of exp(log_weights - u'u / 2) f(u): the weights hold the ratio of the
    Gauss-Hermite weight to the normal density at the point, with the constant (2 pi)^(q/2) canceled.
    """

    n_points: int
    points: Array
    log_weights: Array


@lru_cache(maxsize=64)
def adaptive_nodes(n_points: int, q: int) -> Nodes:
    """Nodes of the adaptive Gauss-Hermite rule with `n_points` in each of `q` dimensions.

    Liu & Pierce (1994), Biometrika 81:624-629; Naylor & Smith (1982), Applied Statistics 31:214-225. Placed
    at the mean (or mode) and the spread of a person's effects given the data, the rule is exact where their
    distribution is normal times a polynomial of degree 2 n_points - 1.

    Raises
    ------
    ValueError
        Fewer than one point or dimension, or a grid of more than `MOST_NODES` nodes.
    """
    if n_points < 1 or q < 1:
        raise ValueError(f"a quadrature needs a point and a dimension, not {n_points} and {q}")
    if n_points**q > MOST_NODES:
        raise ValueError(f"{n_points} points in {q} dimensions are {n_points**q} nodes, over {MOST_NODES}")
    point, weight = np.polynomial.hermite_e.hermegauss(n_points)
    log_weight = np.log(weight / np.sqrt(2 * np.pi)) + point**2 / 2
    points = np.stack([axis.ravel() for axis in np.meshgrid(*[point] * q, indexing="ij")], axis=1)
    weights = np.sum([axis.ravel() for axis in np.meshgrid(*[log_weight] * q, indexing="ij")], axis=0)
    for array in (points, weights):
        array.setflags(write=False)
    return Nodes(n_points, np.ascontiguousarray(points), np.ascontiguousarray(weights))
