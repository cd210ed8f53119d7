"""Profile-likelihood intervals for the coefficients of a Tobit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import null_space
from scipy.stats import chi2

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.engine import Engine
from models.within_person.tobit.fit import TobitFit, arithmetic_for
from models.within_person.tobit.maximize import (
    CLOSE,
    STUCK,
    Search,
    newton_step,
    score_of,
    value_of,
    within_reach,
)
from models.within_person.tobit.scaled_rows import ScaledRows, scaled_rows

Array = NDArray[np.float64]
MOST_STEPS: Final = 30
MOST_SECANTS: Final = 12
FARTHEST: Final = 100.0  # Wald intervals' half-widths from the estimate, the farthest that an end is sought
UNCHANGED: Final = 1e-9  # change of the root deviance from one value to the next that is none
HIGHER: Final = 1e-3  # by which a log-likelihood above the fit's is more than the error of its quadrature
EXACT: Final = 1e-5  # of the root deviance, at an end of the interval


@dataclass(frozen=True, slots=True, kw_only=True)
class TobitInterval:
    """Ends of an interval, None where an end was not found; `note` says of each such end what stopped it."""

    name: str
    low: float | None
    high: float | None
    level: float
    note: str


def profile_interval(
    rows: ModelRows, fit: TobitFit, name: str, *, level: float = 0.95, engine: Engine = "auto"
) -> TobitInterval:
    """Values of a coefficient that a likelihood-ratio test at 1 - level does not reject.

    2 (l(best) - l(value)) <= chi-square quantile with 1 df, all other parameters at their best for each
    value (Venzon & Moolgavkar 1988, J R Stat Soc C 37:87-94). A fixed coefficient is a linear constraint on
    the working parameters, so each value is Newton's method in the space that is left; the ends are found by
    secants of the signed root of the deviance, which is nearly linear. Takes the points of `fit`.

    Raises
    ------
    ValueError
        No such coefficient, or the fit is not of these rows.
    NotIdentifiedError
        The fit did not converge.
    """
    if name not in fit.names:
        raise ValueError(f"no coefficient is called {name}")
    if fit.outcome == "not converged":
        raise NotIdentifiedError("a fit that did not converge has no profile")
    data = scaled_rows(rows, floor=fit.floor, ceiling=fit.ceiling, structure=fit.structure)
    if (data.n_rows, data.n_people, data.names) != (fit.n_rows, fit.n_people, fit.names):
        raise ValueError("the fit is not of these rows")
    j = fit.names.index(name)
    target = math.sqrt(float(chi2.ppf(level, 1)))
    ends: list[float | None] = []
    missing = []
    for side, which in ((-1.0, "lower"), (1.0, "upper")):
        try:
            ends.append(_end(data, fit, j, side * target, engine))
        except NotIdentifiedError as reason:
            ends.append(None)
            missing.append(f"no {which} end: {reason}")
    return TobitInterval(name=name, low=ends[0], high=ends[1], level=level, note="; ".join(missing))


def _end(data: ScaledRows, fit: TobitFit, j: int, target: float, engine: Engine) -> float:
    """Value of the coefficient at which the signed root of the deviance reaches `target`, or a reason."""
    error = math.sqrt(float(fit.covariance[j, j]))
    best = float(fit.beta[j])
    search = Search(data, arithmetic_for(engine, data.n_rows), 1)
    search.points = fit.points_by_person.copy()
    theta, (value, root) = fit.working, (best, 0.0)
    trial = best + target * error
    for _ in range(MOST_SECANTS):
        theta, log_likelihood = _held(search, theta, data, j, trial)
        drop = fit.log_likelihood - data.log_jacobian - log_likelihood
        new = math.copysign(math.sqrt(max(2 * drop, 0.0)), target)
        if abs(new - target) < EXACT:
            return trial
        if drop < -HIGHER:
            raise NotIdentifiedError("the likelihood is higher there than at the fit")
        if abs(new - root) < UNCHANGED:
            raise NotIdentifiedError("the likelihood stops falling before it has fallen far enough")
        if abs(trial - best) > FARTHEST * abs(target) * error:
            raise NotIdentifiedError("the likelihood falls too slowly, far beyond the Wald interval's end")
        slope = (trial - value) / (new - root)
        value, root = trial, new
        trial += (target - new) * slope
    raise NotIdentifiedError(f"not met in {MOST_SECANTS} steps toward it")


def _held(search: Search, theta: Array, data: ScaledRows, j: int, held: float) -> tuple[Array, float]:
    """Maximize with coefficient j held: back[j] d + (held - center) h = 0 in the working parameters."""
    m = data.gram.shape[0]
    across = np.zeros(theta.size)
    across[: m - 1] = data.back[j]
    across[m - 1] = held - (data.y_center if j == 0 else 0.0)
    left = null_space(across[None, :])
    at = left @ (left.T @ theta)
    if at[m - 1] <= 0:
        at = theta.copy()
        at[: m - 1] -= across[: m - 1] * (across @ theta) / (across[: m - 1] @ across[: m - 1])
    search.own_moments = False
    now = search.evaluate(at)
    for _ in range(MOST_STEPS):
        if search.points.size:
            search.follow_moments(now[1])
        step, distance, _ = newton_step(
            left.T @ score_of(now), left.T @ (now[0].information + now[1].information) @ left
        )
        if distance < CLOSE:
            return at, value_of(now)
        at = at + within_reach(left @ step, at, m)
        now = search.evaluate(at)
    raise NotIdentifiedError(f"with the coefficient held, {STUCK}")
