"""What every step after a fit needs of it: coefficients, their covariance, and degrees of freedom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """Coefficients `beta` (p,) named `names`, their `covariance` (p, p), and the rule for intervals.

    `df` gives the degrees of freedom of a contrast (p,) of the coefficients, infinity for the normal
    distribution; `rule` says in words how it is reached and what the covariance allows for. `df_of` tells
    what they count: rows (people, evenings), which are lost with a missing answer, or clusters (programs),
    which stay while any of their people answers. Pooling over imputed copies asks for it.
    """

    names: tuple[str, ...]
    beta: Array
    covariance: Array
    df: Callable[[Array], float]
    rule: str
    df_of: Literal["rows", "clusters"] = "rows"
