"""Two measures over three waves when people have levels of their own: the random-intercept panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.civic.cross_lagged import BACKWARD, FIRST_CARRIED, FORWARD, SECOND_CARRIED
from models.comparison.clusters import influence_inference
from models.inference.coefficients import Array, Inference
from models.refusal import NotIdentifiedError

PATHS: Final = (FORWARD, BACKWARD, FIRST_CARRIED, SECOND_CARRIED)
MEASURES: Final = 6  # two at each of three waves
PARAMETERS: Final = 16  # of 21 variances and covariances
STEPS: Final = 200
STARTS: Final = (0.0, 0.2, 0.5)  # shares of what the first and the last wave have in common
STILL: Final = 1e-9  # slope left, in units of the standard errors, that ends the iteration
PEOPLE_PER_PARAMETER: Final = 5
_LOWER: Final = np.tril_indices(MEASURES)
_TWICE: Final = np.where(_LOWER[0] == _LOWER[1], 1.0, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomIntercepts:
    """Paths of deviations from people's own levels (`PATHS`), and the variances (2,) of those levels."""

    paths: Inference
    own_levels: Array
    discrepancy: float

    @property
    def levels_vary(self) -> bool:
        """Whether both measures' own levels come out with a variance above zero."""
        return bool(np.all(self.own_levels > 0.0))


def random_intercepts(values: Array, program: NDArray[np.int64]) -> RandomIntercepts:
    """Cross-lagged paths of deviations from people's own levels (Hamaker, Kuiper & Grasman 2015).

    Estimand: by how much a person's second measure (later) lies above their own level for one by which the
    first (before) did, `FORWARD`, the second's deviation before held fixed; and the reverse. Psychological
    Methods 20:102. With z the measures less the program's mean at the wave: z_t = u + w_t, u (2,) a person's
    levels, w_1 free, w_t = B w_{t-1} + e_t, B the same in both intervals, e_2 and e_3 each with a covariance
    of its own: 16 parameters of 21 moments. (Paths free by interval leave one moment more than parameters.)
    No covariates: what lasts of them is in the levels.

    Maximum likelihood under normality by Fisher scoring; covariance of the paths from people's influence
    functions (D'VD)^-1 D'V (vech(z_i z_i') - sigma), D the derivatives of sigma, V the normal weights
    (Browne 1984), summed by program and corrected for few (`influence_inference`). Variances of levels may
    come out at or below zero: paths are regular there, and the levels say that there is nothing stable to
    take out.

    Parameters
    ----------
    values : array (n, 6)
        First and second measure at the first wave, at the second, at the third; complete.
    program : array (n,)

    Raises
    ------
    NotIdentifiedError
        Fewer people than five for each parameter, missing values, a measure without spread, no convergence,
        or shocks whose covariance is not positive.
    """
    if len(values) < PEOPLE_PER_PARAMETER * PARAMETERS or not np.all(np.isfinite(values)):
        raise NotIdentifiedError(
            f"fewer than {PEOPLE_PER_PARAMETER * PARAMETERS} people have both measures at three waves"
        )
    codes = np.unique(program, return_inverse=True)[1]
    total = np.bincount(codes)
    means = np.column_stack([np.bincount(codes, weights=column) / total for column in values.T])
    z = values - means[codes]
    scale = z.std(axis=0).reshape(3, 2).mean(axis=0)  # one unit for a measure at all waves
    if np.any(z.std(axis=0) <= 1e-10 * np.maximum(1.0, np.abs(values).max(axis=0))):
        raise NotIdentifiedError("nobody of a program differs from the others in one of the measures")
    unit = np.tile(scale, 3)
    z = z / unit
    sample = z.T @ z / len(z)
    theta = _maximized(sample, min((_start(sample, share) for share in STARTS), key=_apart(sample)))
    implied, slopes = _implied(theta), _slopes(theta)
    weighted = _weighted(slopes, implied)
    products = z[:, _LOWER[0]] * z[:, _LOWER[1]] - implied[_LOWER]
    influence = np.linalg.solve(weighted.T @ slopes, weighted.T @ products.T).T
    back = np.array([scale[1] / scale[0], scale[0] / scale[1], 1.0, 1.0])
    paths = influence_inference(PATHS, back * theta[:4], back * influence[:, :4], codes)
    levels = theta[[4, 6]] * scale**2
    return RandomIntercepts(paths=paths, own_levels=levels, discrepancy=_discrepancy(sample, theta))


def _parts(theta: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Give B, and the covariances of levels, of the first deviations, and of the shocks of waves 2 and 3."""
    forward, backward, first, second = theta[:4]
    b = np.array([[first, backward], [forward, second]])
    cov = [np.array([[a, c], [c, d]]) for a, c, d in theta[4:].reshape(4, 3)]
    return b, cov[0], cov[1], cov[2], cov[3]


def _implied(theta: Array) -> Array:
    """Covariance (6, 6) of the measures; polynomial in theta, so that it also holds of complex theta."""
    b, levels, first, shock_2, shock_3 = _parts(theta)
    second = b @ first @ b.T + shock_2
    third = b @ second @ b.T + shock_3
    one, two, three = first @ b.T, first @ b.T @ b.T, second @ b.T
    within = np.block([[first, one, two], [one.T, second, three], [two.T, three.T, third]])
    return np.asarray(within + np.tile(levels, (3, 3)))


def _slopes(theta: Array) -> Array:
    """Give the derivatives (21, 16) of the covariances by theta, exact to rounding by a complex step."""
    steps = theta[:, None] + 1e-30j * np.eye(PARAMETERS)
    return np.column_stack([_implied(column)[_LOWER].imag / 1e-30 for column in steps.T])


def _weighted(slopes: Array, implied: Array) -> Array:
    """V D (21, 16), V the weights of covariances under normality: half of tr(S^-1 dS S^-1 dS)."""
    inverse = np.linalg.inv(implied)
    found = np.empty_like(slopes)
    for j, column in enumerate(slopes.T):
        change = np.zeros((MEASURES, MEASURES))
        change[_LOWER] = column
        change = change + np.tril(change, -1).T
        found[:, j] = 0.5 * _TWICE * (inverse @ change @ inverse)[_LOWER]
    return found


def _discrepancy(sample: Array, theta: Array) -> float:
    """Minus twice the log-likelihood for each person, less what does not depend on theta; inf outside."""
    implied = _implied(theta)
    values = np.linalg.eigvalsh(implied)
    if values[0] <= 1e-10 * values[-1]:
        return float("inf")
    return float(np.log(values).sum() + np.trace(np.linalg.solve(implied, sample)))


def _apart(sample: Array) -> Callable[[Array], float]:
    return lambda theta: _discrepancy(sample, theta)


def _start(sample: Array, share: float) -> Array:
    """Levels a share of what waves 1 and 3 have in common, the paths of a regression on the wave before."""
    levels = share * (sample[:2, 4:] + sample[4:, :2]) / 2.0
    within = sample - np.tile(levels, (3, 3))
    b = 0.5 * np.linalg.lstsq(within[:2, :2], within[:2, 2:4], rcond=None)[0].T
    first, second, third = (within[k : k + 2, k : k + 2] for k in (0, 2, 4))
    shocks = (second - b @ first @ b.T, third - b @ second @ b.T)
    covariances = [part[np.tril_indices(2)] for part in (levels, first, *shocks)]
    return np.concatenate([[b[1, 0], b[0, 1], b[0, 0], b[1, 1]], *covariances])


def _maximized(sample: Array, theta: Array) -> Array:
    """Fisher scoring, a step halved until the likelihood rises."""
    value = _discrepancy(sample, theta)
    for _ in range(STEPS):
        if not np.isfinite(value):
            break
        slopes = _slopes(theta)
        weighted = _weighted(slopes, _implied(theta))
        slope = weighted.T @ (sample - _implied(theta))[_LOWER]
        information = weighted.T @ slopes
        if np.linalg.cond(information) > 1e12:
            raise NotIdentifiedError("people's own levels cannot be told from what is carried over")
        step = np.linalg.solve(information, slope)
        if float(slope @ step) <= STILL**2:
            return _proper(theta)
        for _ in range(40):
            trial = _discrepancy(sample, theta + step)
            if trial < value + 1e-14 * abs(value):
                break
            step = step / 2.0
        else:
            break
        theta, value = theta + step, trial
    raise NotIdentifiedError("the model with levels of people's own did not converge")


def _proper(theta: Array) -> Array:
    _, _, first, shock_2, shock_3 = _parts(theta)
    if any(np.linalg.eigvalsh(part)[0] <= 0.0 for part in (first, shock_2, shock_3)):
        raise NotIdentifiedError(
            "with levels of people's own the covariance of what is left comes out not positive"
        )
    return theta
