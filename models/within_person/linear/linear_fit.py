"""What a fitted linear mixed model says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Method = Literal["reml", "ml"]
Covariance = Literal["full", "diagonal"]
Outcome = Literal["converged", "singular", "not converged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearFit:
    """A fitted y = X beta + Z b + e, b ~ N(0, random_covariance), residual variance `residual_variance`.

    `beta` (p,); `covariance` (p, p) of beta, generalized least squares at the estimated variances;
    `random_covariance` (q, q). `log_likelihood` is the restricted one where `method` is "reml", with its
    constant, as lme4 prints it. `correlation` is that of residuals a day apart, None where they are
    independent. `outcome` "singular": a person effect, or a combination of them, has no variance of its own
    (`note` names which). `evaluations` counts passes over the persons.
    """

    names: tuple[str, ...]
    beta: Array
    covariance: Array
    random: tuple[int, ...]
    random_covariance: Array
    residual_variance: float
    log_likelihood: float
    method: Method
    structure: Covariance
    outcome: Outcome
    note: str
    n_rows: int
    n_people: int
    evaluations: int
    correlation: float | None = None
