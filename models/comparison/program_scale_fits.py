"""What an outcome of people has to do with a score of their programs: regressions with programs at random."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.polynomial import hermite_e
from numpy.typing import NDArray

from models.comparison.clusters import regression_inference
from models.comparison.logistic_function import softplus
from models.comparison.program_variance import HIGHER, highest_fit, logistic_summits
from models.comparison.regression_fits import Family, RegressionFit, fitted
from models.inference.coefficients import Array, Inference
from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.fit import fit
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.small_sample import kenward_roger
from models.within_person.linear.sums import person_sums
from models.within_person.two_part.maximize import LADDERS
from models.within_person.two_part.mixed_logistic import LogisticFit, LogisticStart, fit_logistic, inference

SLOPE: Final = "slope"
DIFFERENCE: Final = "difference"
FEWEST_PROGRAMS: Final = 3  # an intercept and a slope between programs, and something left over
SAME: Final = 1e-6  # between the programs' scores, over 10 points or the largest of them: rounding alone
STEP: Final = 1.0  # units between the two scores of a difference in probability
# Coefficients without program effects times sqrt(1 + this times the variance) are about those with them
# (Zeger, Liang & Albert 1988, Biometrics 44:1049): where the climb begins.
ATTENUATION: Final = 0.346
LEAST: Final = 0.01  # variance at which the climb begins: at zero the likelihood is flat in the deviation
MANY_ROWS: Final = 20_000
AT_ONCE: Final = 2_000  # rows at all points of the quadrature, to stay in the cache
FAR: Final = 300.0  # log odds beyond which a probability is 0 or 1 to all digits
NODES, WEIGHTS = hermite_e.hermegauss(25)  # of the quadrature over the programs' levels
BETWEEN: Final = 2  # coefficients that only programs tell of: the intercept and the slope
LOGISTIC_RULE: Final = (
    "observed information at the maximum; degrees of freedom programs less two, for the score is the "
    "program's (a convention: logistic models have no exact one)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRows:
    """Rows of n people sorted by program: `y` (n,); `x` (n, 2 + p), the constant, the score, the covariates.

    `program` (n,) from 0 to the number of programs - 1, ascending; `names` (2 + p,), `SLOPE` the second. The
    score is in the unit for which a slope is told.
    """

    y: Array
    x: Array
    program: NDArray[np.intp]
    names: tuple[str, ...]

    @property
    def n_programs(self) -> int:
        """Number of programs."""
        return int(self.program[-1]) + 1 if self.program.size else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """Answer of one fit: `slope` per unit (log odds or points), and the `difference` in probability, if any.

    `program_sd` is the spread of the programs' own levels beside the score, on the scale of the slope;
    `names` of the coefficients, `plain` (p,) those without program effects and `points` of the quadrature
    (logistic), `fit` (linear): where another fit of nearly the same rows may begin.
    """

    slope: Inference
    difference: Inference | None
    program_sd: float
    names: tuple[str, ...]
    plain: Array | None = None
    points: int | None = None
    fit: LinearFit | None = None


def slope_of(rows: ProgramRows, family: Family, *, start: Slope | None = None) -> Slope:
    """Fit one regression with a random intercept by program.

    `start`: the answer of nearly the same rows (another imputed copy, another score), to begin from and for
    the points of the quadrature. It changes the answer by no more than their tolerances.

    Raises
    ------
    NotIdentifiedError
        Fewer than `FEWEST_PROGRAMS` programs or two values of the score; separation; no convergence.
    """
    _check(rows)
    near = start if start is not None and start.names == rows.names else None
    return _logistic(rows, near) if family == "logistic" else _linear(rows, near)


def _check(rows: ProgramRows) -> None:
    if rows.n_programs < FEWEST_PROGRAMS:
        raise NotIdentifiedError(f"fewer than {FEWEST_PROGRAMS} programs have people with an answer")
    score = rows.x[:, 1]
    if float(np.ptp(score)) <= SAME * max(1.0, float(np.abs(score).max())):
        raise NotIdentifiedError("all programs have the same score")


def _linear(rows: ProgramRows, start: Slope | None) -> Slope:
    """Linear mixed model by restricted maximum likelihood, with Kenward and Roger's covariance and df.

    Estimand: the slope b of E[y | score, covariates] = a + b score + c'covariates, programs differing by a
    normal intercept. The score is the program's, so that the df of b come to about the programs less two
    where programs differ, and to more where they do not (Kenward & Roger 1997, Biometrics 53:983). Of
    several maxima the highest is taken (`program_variance.highest_fit`).
    """
    sums = person_sums(_model_rows(rows))
    found = highest_fit(sums, fit(sums, start=None if start is None else start.fit))
    adjusted = kenward_roger(found, sums)
    return Slope(
        slope=_alone(adjusted, 1, SLOPE), difference=None,
        program_sd=float(np.sqrt(max(0.0, found.random_covariance[0, 0]))), names=rows.names, fit=found,
    )  # fmt: skip


def _logistic(rows: ProgramRows, start: Slope | None) -> Slope:
    """Logistic model with a normal intercept by program, by maximum likelihood.

    Estimand of `slope`: the log odds ratio per unit of the score, for people of like covariates and programs
    of like own level. Of `difference`: the mean over the people, and over the programs' levels, of P(y = 1)
    half a unit above a person's program less that half a unit below.

    Adaptive quadrature (`mixed_logistic.fit_logistic`). Where the likelihood falls from a variance of
    programs of zero on, the plain logistic regression is a maximum: the slope of the log-likelihood in that
    variance at zero is half of sum over programs of (sum of residuals)^2 - sum of variances, and the
    information about coefficients and variance has no cross term there. It may be a local one: a coarse
    profile (`program_variance.logistic_summits`) tells where else to climb, and the highest is the answer.

    Degrees of freedom: programs less two for both, a convention (`LOGISTIC_RULE`); coverage with twelve
    programs is simulated in tests/simulation/fidelity.json.
    """
    df = float(rows.n_programs - BETWEEN)
    plain = fitted(rows.x, rows.y, None, "logistic", start=None if start is None else start.plain)
    points = None if start is None else start.points
    found = _highest(rows, plain, points)
    if found is None:
        return Slope(
            slope=_single(SLOPE, plain.beta[1], plain.bread[1, 1], df, LOGISTIC_RULE),
            difference=_average_difference(rows, plain.beta, 0.0, _bordered(plain.bread), df), program_sd=0.0,
            names=rows.names, plain=plain.beta, points=points,
        )  # fmt: skip
    told = inference(found)
    variance = max(0.0, float(found.random_covariance[0, 0]))
    return Slope(
        slope=_single(SLOPE, told.beta[1], told.covariance[1, 1], df, LOGISTIC_RULE),
        difference=_average_difference(rows, found.beta, variance, found.joint_covariance, df),
        program_sd=float(np.sqrt(variance)), names=rows.names, plain=plain.beta,
        points=_points_enough(found),
    )  # fmt: skip


def _highest(rows: ProgramRows, plain: RegressionFit, points: int | None) -> LogisticFit | None:
    """Fit with the highest likelihood of those begun at every summit; None where that is at no variance.

    Where the slope at zero is above zero, one summit is what a climb from there comes to.
    """
    first = _variance_to_begin(rows, plain)
    spread = np.bincount(rows.program, weights=plain.variance).astype(float)
    summits = logistic_summits(rows, plain.beta, spread)
    begin = (first,) if first > 0.0 and len(summits) < 2 else (*((first,) if first > 0.0 else ()), *summits)
    best, height = None, -math.inf if first > 0.0 else _log_likelihood(rows, plain) + HIGHER
    for variance in begin:
        beta = plain.beta * np.sqrt(1.0 + ATTENUATION * variance)
        near = LogisticStart(beta=beta, random_covariance=np.array([[max(variance, LEAST)]]), points=points)
        found = fit_logistic(_model_rows(rows), start=near)
        inside = first > 0.0 or found.outcome != "singular"
        if inside and (best is None or found.outcome != "not converged") and found.log_likelihood > height:
            best, height = found, found.log_likelihood + HIGHER
    return best


def _log_likelihood(rows: ProgramRows, plain: RegressionFit) -> float:
    """Log-likelihood of a logistic regression without program effects."""
    odds = rows.x @ plain.beta
    return float(rows.y @ odds - softplus(odds).sum())


def cluster_robust_slope(rows: ProgramRows, family: Family, weights: Array | None = None) -> Inference:
    """Slope of a regression without program effects, programs as clusters (CR2, Satterthwaite df).

    The estimating equations of Liang & Zeger 1986 (Biometrika 73:13) with independence as the working
    correlation; a population-averaged slope, a little nearer to zero than that of `slope_of`.

    Raises
    ------
    NotIdentifiedError
        As `clusters.regression_inference`, or too few programs.
    """
    _check(rows)
    found = regression_inference(rows.x, rows.y, weights, rows.program, family, names=rows.names, only=(1,))
    return _alone(found, 0, SLOPE)


def _model_rows(rows: ProgramRows) -> ModelRows:
    return ModelRows(y=rows.y, x=rows.x, names=rows.names, random=(0,), person=rows.program)


def _points_enough(found: LogisticFit) -> int:
    """Points for fits of nearly the same rows: those of this one, for many rows those before the last.

    Raising them moved no parameter by a ten-thousandth of its standard error: they were enough already.
    """
    ladder = LADDERS[1]
    if found.n_rows <= MANY_ROWS or found.points_moved is None or found.points not in ladder[1:]:
        return found.points
    return ladder[ladder.index(found.points) - 1]


def _variance_to_begin(rows: ProgramRows, plain: RegressionFit) -> float:
    """One step of Fisher's scoring from a programs' variance of zero; its sign is that of the slope there.

    Slope of the log-likelihood in the variance (as in `_logistic`) over its information at zero, half the sum
    over programs of the squared sums of their people's variances.
    """
    left_over = np.bincount(rows.program, weights=plain.residuals)
    spread = np.bincount(rows.program, weights=plain.variance)
    return float((left_over**2).sum() - spread.sum()) / float((spread**2).sum())


def _average_difference(
    rows: ProgramRows, beta: Array, variance: float, covariance: Array, df: float
) -> Inference:
    """Mean over people and programs' levels of P(y = 1) half a step above less half a step below.

    E[sigma(x'beta + b)], b ~ N(0, variance), by Gauss-Hermite quadrature; its derivative in the variance is
    half of E[sigma''] (Stein's identity). `covariance` (p + 1, p + 1) of the coefficients and the variance;
    standard error by the delta method.
    """
    nodes, weights = (NODES, WEIGHTS / WEIGHTS.sum()) if variance > 0.0 else (np.zeros(1), np.ones(1))
    levels = np.sqrt(variance) * nodes
    middle, slope = rows.x @ beta, float(np.clip(beta[1] * STEP, -FAR, FAR))
    value, gradient = 0.0, np.zeros(beta.size + 1)
    for first in range(0, len(middle), AT_ONCE):
        x = rows.x[first : first + AT_ONCE]
        against = np.exp(-np.clip(middle[first : first + AT_ONCE, None] + levels, -FAR, FAR))
        for half in (-0.5, 0.5):
            p = 1.0 / (1.0 + against * math.exp(-half * slope))
            spread = p * (1.0 - p)
            steep = spread @ weights
            value += 2.0 * half * float((p @ weights).sum())
            gradient[:-1] += 2.0 * half * (steep @ x)
            gradient[1] += 2.0 * half * half * STEP * float(steep.sum())
            gradient[-1] += half * float(((spread * (1.0 - 2.0 * p)) @ weights).sum())
    value, gradient = value / len(middle), gradient / len(middle)
    told = float(gradient @ covariance @ gradient)
    return _single(DIFFERENCE, value, told, df, f"delta method; {LOGISTIC_RULE}")


def _bordered(covariance: Array) -> Array:
    """Covariance with a row and column of zeros for a variance that is zero."""
    return np.pad(covariance, (0, 1))


def _single(name: str, value: float, variance: float, df: float, rule: str) -> Inference:
    return Inference(
        names=(name,), beta=np.array([float(value)]), covariance=np.array([[float(variance)]]),
        df=lambda _: df, rule=rule, df_of="clusters",
    )  # fmt: skip


def _alone(of: Inference, place: int, name: str) -> Inference:
    """One coefficient by itself, with its own degrees of freedom."""
    at = np.zeros(len(of.names))
    at[place] = 1.0
    df = of.df(at)
    return _single(name, of.beta[place], of.covariance[place, place], df, of.rule)
