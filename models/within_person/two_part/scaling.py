"""Columns at unit scale for the arithmetic, and the way back to the units they came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.within_person.design.model_rows import ModelRows
from models.within_person.two_part.model_parts import Layout, Part

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scaled:
    """A part's columns at unit scale: `x` = rows.x @ `back`, so beta in its own units is `back` @ beta."""

    x: Array
    back: Array


def scaled(rows: ModelRows, *, structure: str) -> Scaled:
    """Center and scale the columns.

    A column with a person effect of its own is centered only where that effect may go with the intercept's
    (`structure` "full"): elsewhere centering would change the model.
    """
    p = rows.x.shape[1]
    center = rows.x.mean(axis=0)
    center[0] = 0.0
    if structure != "full":
        center[list(rows.random)] = 0.0
    x = rows.x - center
    scale = np.sqrt(np.square(x).mean(axis=0))
    back = np.eye(p) / scale
    back[0, 1:] -= (center / scale)[1:]
    return Scaled(np.ascontiguousarray(x / scale), back)


def half_vector_jacobian(plan: Layout, factor: Array, transform: Array) -> Array:
    """Differentiate the lower triangle of transform L L' transform' in the free entries of L.

    Shape (q (q + 1) / 2, number of entries), the triangle row by row.
    """
    rows = np.tril_indices(plan.n_effects)
    columns = []
    for row, column in plan.entries:
        change = np.zeros_like(factor)
        change[row, column] = 1.0
        moved = transform @ (change @ factor.T + factor @ change.T) @ transform.T
        columns.append(moved[rows])
    return np.array(columns).T


def effect_transform(parts: Sequence[Part], backs: Sequence[Array], units: Sequence[float]) -> Array:
    """Take person effects at unit scale, in the order of L, to their own units, part after part.

    `backs` as in `Scaled`; `units`, the size of each part's unit of response.
    """
    size = sum(len(part.effects) for part in parts)
    transform = np.zeros((size, size))
    first = 0
    for part, back, unit in zip(parts, backs, units, strict=True):
        random, effects = np.array(part.random), np.array(part.effects)
        transform[first : first + random.size, effects] = unit * back[np.ix_(random, random)]
        first += random.size
    return transform
