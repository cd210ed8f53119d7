"""The extent at unit scale for the arithmetic, by family."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.within_person.two_part.families import Family, Gamma, Normal

Array = NDArray[np.float64]
Extent = Literal["linear", "log", "gamma"]

LEAST_SPREAD: Final = 1e-10  # residual deviation over the size of the response that counts as variation


@dataclass(frozen=True, slots=True)
class UnitResponse:
    """The extent at unit scale: own scale = shift + unit * y; `constant` is what the log-likelihood lacks."""

    family: Family
    y: Array
    shift: float
    unit: float
    constant: float


def unit_response(y: Array, x: Array, family: Extent) -> UnitResponse:
    """Bring the extent to unit scale.

    Raises
    ------
    NotIdentifiedError
        It does not vary, or not beyond what the columns of `x` (n, p) say.
    """
    if family == "gamma":
        mean = float(y.mean())
        if float(np.ptp(y)) <= LEAST_SPREAD * mean:
            raise NotIdentifiedError("extent: it never varies")
        return UnitResponse(Gamma(), y / mean, math.log(mean), 1.0, -y.size * math.log(mean))
    own = np.log(y) if family == "log" else y
    shift = float(own.mean())
    rest = own - shift - x @ np.linalg.lstsq(x, own - shift, rcond=None)[0]
    unit = float(np.sqrt(np.mean(rest**2)))
    if unit <= LEAST_SPREAD * max(float(np.abs(own).max()), 1e-300):
        raise NotIdentifiedError("extent: the predictors leave no variation in it")
    constant = -y.size * math.log(unit) - (float(own.sum()) if family == "log" else 0.0)
    return UnitResponse(Normal(), (own - shift) / unit, shift, unit, constant)
