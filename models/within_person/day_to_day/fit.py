"""Fit the day-to-day model: carry-over, cross-over both ways, and the link on the same day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from models.refusal import NotIdentifiedError
from models.within_person.day_to_day.likelihood import (
    Parameters,
    TwoSeries,
    restricted_deviance,
)

Array = NDArray[np.float64]
Deviance = Callable[[Array], float]
TERMS = ("first_to_first", "second_to_first", "first_to_second", "second_to_second", "same_day")
FLAT_ENOUGH = 1e-3  # largest step that Newton still wants, in standard errors, at an optimum
PENALTY = 1e10  # deviance of parameters outside the space: the search turns back
LEAST_SPREAD = 1e-2  # of the levels in any direction, in within-person spreads; below it they have none


@dataclass(frozen=True, slots=True, kw_only=True)
class DayToDayFit:
    """What carries over from one day to the next.

    `estimates` (5,) and `covariance` (5, 5) follow `TERMS`: the first answer's carry-over, yesterday's second
    answer to today's first, yesterday's first to today's second, the second's carry-over, and the link of the
    second answer to the first on the same day with yesterday held fixed; each in units of the answers.
    `level_covariance` (2, 2) of the persons' own levels. `outcome`: "converged", "singular" (a level without
    variance of its own) or "not converged". `n_pairs` counts rows with the day before it answered too.
    """

    estimates: Array
    covariance: Array
    level_covariance: Array
    noise: Array
    log_likelihood: float
    outcome: str
    n_rows: int
    n_pairs: int
    n_people: int


def fit_day_to_day(
    first: Array,
    second: Array,
    person: NDArray[np.intp],
    day: NDArray[np.int64],
    covariates: Array | None = None,
) -> DayToDayFit:
    """Fit two daily answers jointly, each around the person's own level, by restricted maximum likelihood.

    Estimand: for a person's deviations e from their own (unobserved) level, the matrix a of
    e_t = a e_{t-1} + w_t over days, and the slope q21 / q11 of the second noise on the first. The level is
    a random effect that the likelihood integrates out, not the mean of the answered days: subtracting that
    mean biases every carry-over by about minus one over the number of days (Nickell 1981, Econometrica
    49:1417). Missing days are gaps of the exact length.

    Method: a dynamic two-level model with one lag and random levels (Asparouhov, Hamaker & Muthén 2018,
    Structural Equation Modeling 25:359; Hamaker, Kuiper & Grasman 2015, Psychological Methods 20:102), by
    REML in place of Bayes. Standard errors come from the observed information of all the covariance
    parameters, by the delta method for the same-day slope. It needs stationary days and carry-over equal
    for everybody.

    Parameters
    ----------
    first, second : arrays, shape (n_rows,)
        Such as identity and meaning, no missing values.
    person : array of int, shape (n_rows,)
        0 to n_people - 1, ascending.
    day : array of int, shape (n_rows,)
        Rises strictly within a person.
    covariates : array, shape (n_rows, k), optional
        Beside the intercept, for both answers (day in study, weekday).

    Raises
    ------
    NotIdentifiedError
        Fewer than three people with two days in a row, an answer that never varies within people, or
        covariates that cannot be told apart.
    ValueError
        Rows not in order.
    """
    rows, scale = _two_series(first, second, person, day, covariates)
    n_pairs = int(np.sum(rows.gap == 1))
    people_with_pairs = np.unique(person[rows.gap == 1]).size
    if people_with_pairs < 3:
        raise NotIdentifiedError("fewer than three people answered on two days in a row")

    def deviance(values: Array) -> float:
        found = restricted_deviance(_unpack(values), rows)
        return PENALTY if found is None else found.deviance

    start = _start(rows, person)
    for rank in (2, 1, 0):
        free = start[: 7 + (0, 2, 3)[rank]]
        found = optimize.minimize(deviance, free, method="BFGS", options={"gtol": 1e-3, "maxiter": 300})
        values, information, step = _newton(deviance, np.asarray(found.x))
        positive = bool(np.linalg.eigvalsh(information).min() > 0)
        if _spread(values, rank) > LEAST_SPREAD:
            break
    parameters = _unpack(values)
    settled = positive and step < FLAT_ENOUGH and found.fun < PENALTY
    units = np.outer(scale, 1.0 / scale)
    factors = np.array([units[0, 0], units[0, 1], units[1, 0], units[1, 1], units[1, 0]])
    jacobian = np.column_stack([_slope_of_estimates(values, k) for k in range(values.size)])
    covariance = jacobian @ np.linalg.pinv(information) @ jacobian.T
    both = np.outer(scale, scale)
    return DayToDayFit(
        estimates=_estimates(values) * factors,
        covariance=covariance * np.outer(factors, factors),
        level_covariance=parameters.level @ parameters.level.T * both,
        noise=parameters.q * both,
        log_likelihood=-0.5 * deviance(values)
        - (rows.z.shape[0] - rows.f.shape[1]) * float(np.log(scale).sum()),
        outcome="not converged" if not settled else "converged" if rank == 2 else "singular",
        n_rows=int(rows.z.shape[0]),
        n_pairs=n_pairs,
        n_people=int(rows.starts.size),
    )


def _two_series(
    first: Array, second: Array, person: NDArray[np.intp], day: NDArray[np.int64], covariates: Array | None
) -> tuple[TwoSeries, Array]:
    """Rows in unit within-person scale, and the scale (2,)."""
    new = np.concatenate([[True], person[1:] != person[:-1]]) if person.size else np.zeros(0, dtype=bool)
    gap = np.where(new, 0, np.diff(day, prepend=day[:1]))
    if np.any(np.diff(person) < 0) or np.any(gap[~new] <= 0):
        raise ValueError("rows must be sorted by person, with days rising within a person")
    z = np.column_stack([first, second]).astype(np.float64)
    f = np.ones((z.shape[0], 1)) if covariates is None else np.column_stack([np.ones(z.shape[0]), covariates])
    if z.shape[0] <= f.shape[1] or np.linalg.matrix_rank(f) < f.shape[1]:
        raise NotIdentifiedError("there are too few rows, or the covariates cannot be told apart")
    starts = np.flatnonzero(new)
    means = np.add.reduceat(z, starts, axis=0) / np.bincount(person)[:, None]
    scale = np.sqrt(((z - means[person]) ** 2).mean(axis=0))
    if not np.all(scale > 1e-9 * np.maximum(1.0, np.abs(z).max(axis=0))):
        raise NotIdentifiedError("an answer never varies within a person")
    return TwoSeries(z=(z - z.mean(axis=0)) / scale, f=f, gap=gap.astype(np.int64), starts=starts), scale


def _unpack(values: Array) -> Parameters:
    """Read the free numbers: a by rows; the factor of q, logarithms on its diagonal; the levels' factor.

    The levels' factor has three numbers at full rank, two (one column) where the levels of the two answers
    move as one, none where nobody differs.
    """
    noise = np.array([[np.exp(values[4]), 0.0], [values[5], np.exp(values[6])]])
    free = np.append(values[7:], np.zeros(10 - values.size))
    level = np.array([[free[0], 0.0], [free[1], free[2]]])
    return Parameters(a=values[:4].reshape(2, 2), q=noise @ noise.T, level=level)


def _spread(values: Array, rank: int) -> float:
    """Smallest spread that the levels still have in any of their directions."""
    if rank == 0:
        return np.inf
    return float(np.linalg.svd(_unpack(values).level, compute_uv=False)[rank - 1])


def _estimates(values: Array) -> Array:
    """Give the five terms; the second noise on the first is l21 / l11 of the noise's factor."""
    return np.append(values[:4], values[5] / np.exp(values[4]))


def _slope_of_estimates(values: Array, k: int) -> Array:
    """Differentiate the five terms by the k-th free number."""
    slope = np.zeros(5)
    if k < 4:
        slope[k] = 1.0
    elif k == 4:
        slope[4] = -values[5] / np.exp(values[4])
    elif k == 5:
        slope[4] = 1.0 / np.exp(values[4])
    return slope


def _start(rows: TwoSeries, person: NDArray[np.intp]) -> Array:
    """Modest carry-over, the within-person noise, and the spread of the person means."""
    count = np.bincount(person)[:, None]
    means = np.add.reduceat(rows.z, rows.starts, axis=0) / count
    rest = rows.z - means[person]
    noise = np.linalg.cholesky(np.cov(rest.T) + 1e-3 * np.eye(2))
    level = np.linalg.cholesky(np.cov(means.T) + 1e-3 * np.eye(2)) if count.size > 2 else np.eye(2)
    return np.array(
        [0.2, 0.0, 0.0, 0.2, np.log(noise[0, 0]), noise[1, 0], np.log(noise[1, 1]),
         level[0, 0], level[1, 0], level[1, 1]]
    )  # fmt: skip


def _newton(deviance: Deviance, values: Array, rounds: int = 8) -> tuple[Array, Array, float]:
    """Walk to the optimum of half the deviance; also its curvature there, and the last step in errors."""
    step = np.inf
    for _ in range(rounds):
        slope, information = _differences(deviance, values)
        curvature, axes = np.linalg.eigh(information)
        safe = np.maximum(np.abs(curvature), 1e-6 * np.abs(curvature).max())
        move = -axes @ ((axes.T @ slope) / safe)
        step = float(np.sqrt(np.abs(slope @ move)))
        if step < FLAT_ENOUGH / 10:
            break
        here = deviance(values)
        length = 1.0
        while length > 1e-4 and deviance(values + length * move) > here:
            length /= 2
        values = values + length * move
    return values, information, step


def _differences(deviance: Deviance, values: Array) -> tuple[Array, Array]:
    """Slope and curvature of half the deviance by central differences, narrow for the slope."""
    n, narrow, width = values.size, 1e-4, 2e-4
    slope = [deviance(values + unit) - deviance(values - unit) for unit in narrow * np.eye(n)]
    units = width * np.eye(n)
    here = deviance(values)
    up = np.array([deviance(values + unit) for unit in units])
    down = np.array([deviance(values - unit) for unit in units])
    curvature = np.diag((up - 2 * here + down) / width**2)
    for i in range(n):
        for j in range(i):
            both = deviance(values + units[i] + units[j]) + deviance(values - units[i] - units[j])
            curvature[i, j] = curvature[j, i] = (both - up[i] - up[j] - down[i] - down[j] + 2 * here) / (
                2 * width**2
            )
    return np.array(slope) / (4 * narrow), curvature / 2
