"""Mixed logistic regression of days within persons: does it happen at all, and what goes with it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.linear_fit import Covariance
from models.within_person.two_part import checks
from models.within_person.two_part.families import Logistic
from models.within_person.two_part.maximize import Maximum, Outcome, Points, maximize, pooled, start_values
from models.within_person.two_part.model_parts import Layout, Part, layout
from models.within_person.two_part.robust import Clusters, cluster_robust, clusters_of
from models.within_person.two_part.scaling import effect_transform, half_vector_jacobian, scaled

Array = NDArray[np.float64]

WIDER = 3.0  # times the first spread: where a second climb begins if the first ends at none
HIGHER = 1e-6  # of a log-likelihood: what counts as higher
RULE = "covariance from the observed information, which knows the variances are estimated"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticStart:
    """Where a fit may begin: `beta` (p,) and `random_covariance` (q, q), of full rank, in the rows' units.

    `points` per person effect at which a fit of nearly the same rows stood still; None if there was none.
    """

    beta: Array
    random_covariance: Array
    points: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticFit:
    """A fitted logit P(y = 1 | x, b) = x' beta + z' b, b ~ N(0, random_covariance).

    `beta` (p,) are log odds ratios for a given person; `covariance` (p, p). `random_covariance` (q, q), on
    the logit scale. `joint_covariance` (p + q (q + 1) / 2,) squared: of beta and the lower triangle of
    `random_covariance`, row by row. `points` of the quadrature per person effect; `points_moved` the largest
    move of a parameter, in standard errors, when they were last raised (None where they were given).
    `outcome` "singular": a person effect has no variance of its own. `n_events` rows with y = 1;
    `n_always` and `n_never` persons with nothing else and with none. `clusters`: the persons, for `robust`.
    """

    names: tuple[str, ...]
    beta: Array
    covariance: Array
    random: tuple[int, ...]
    random_covariance: Array
    joint_covariance: Array
    structure: Covariance
    log_likelihood: float
    outcome: Outcome
    note: str
    points: int
    points_moved: float | None
    n_rows: int
    n_people: int
    n_events: int
    n_always: int
    n_never: int
    evaluations: int
    clusters: Clusters


def free_entries(effects: tuple[int, ...], structure: Covariance) -> list[tuple[int, int]]:
    """Free entries of the triangular factor of the covariance of `effects`."""
    return [(row, column) for row in effects for column in effects
            if row == column or (structure == "full" and column < row)]  # fmt: skip


def fit_logistic(
    rows: ModelRows,
    *,
    structure: Covariance = "full",
    points: Points = "auto",
    start: LogisticStart | None = None,
) -> LogisticFit:
    """Fit by maximum likelihood; unbalanced persons and gaps welcome.

    Estimand: beta, the log odds ratio of y = 1 per unit of a predictor for a given person (not averaged over
    persons: `margins.average_marginal_effect`). Likelihood: the product of the rows' probabilities,
    integrated over each person's normal effects by adaptive Gauss-Hermite quadrature, the number of points
    raised until the answer stands still. Covariance: inverse of the observed information of all parameters;
    no small-sample correction (normal intervals; with few people they are too short).

    Parameters
    ----------
    rows : ModelRows
        y 0 or 1, unweighted.
    structure : "full" or "diagonal"
        Whether the person effects may correlate.
    points : int or "auto"
        Points of the quadrature per person effect.
    start : LogisticStart, optional
        Where to begin. With its number of points the likelihood is climbed once, at that number. Where a
        climb from there does not arrive at a spread above zero, the fit is made as if nothing had been given.

    Raises
    ------
    ValueError
        Weights, values that are not finite, or a response other than 0 and 1.
    NotIdentifiedError
        Its message begins with the name of what is wrong: all zero; all one; separation; quasi-separation;
        no one's answer ever varies; one person; one row
        each; too few people or rows; constant or collinear predictor.

    References
    ----------
    Stiratelli, Laird & Ware 1984, Biometrics 40:961-971; Pinheiro & Chao 2006, J Comput Graph Stat 15:58-81.
    """
    checks.check_rows(rows)
    checks.check_answers(rows)
    scale = scaled(rows, structure=structure)
    effects = tuple(range(len(rows.random)))
    part = Part(
        family=Logistic(), y=rows.y, x=scale.x, person=rows.person, random=rows.random, effects=effects
    )
    plan = layout([part], free_entries(effects, structure))
    transform = effect_transform([part], [scale.back], [1.0])
    found = None
    if start is not None:
        found = _from_start(part, plan, start, n_people=rows.n_people, backs=(scale.back, transform))
    if found is None:
        alike = pooled(Logistic(), rows.y, scale.x)[0]
        checks.check_separation(rows.y, scale.x, alike, rows.names)
        found = _highest(part, plan, alike, n_people=rows.n_people, points=points)
    factor = plan.factor_of(found.theta)
    p = rows.x.shape[1]
    jacobian = np.zeros((p + len(effects) * (len(effects) + 1) // 2, plan.size))
    jacobian[:p, :p] = scale.back
    jacobian[p:, plan.factor] = half_vector_jacobian(plan, factor, transform)
    joint = jacobian @ found.covariance @ jacobian.T
    root = transform @ factor
    share = np.bincount(rows.person, weights=rows.y) / np.bincount(rows.person)
    return LogisticFit(
        names=rows.names, beta=scale.back @ found.theta[:p], covariance=joint[:p, :p], random=rows.random,
        random_covariance=root @ root.T, joint_covariance=joint, structure=structure,
        log_likelihood=found.log_likelihood, outcome=found.outcome, note=found.note, points=found.points,
        points_moved=found.moved, n_rows=rows.y.size, n_people=rows.n_people, n_events=int(rows.y.sum()),
        n_always=int((share == 1).sum()), n_never=int((share == 0).sum()), evaluations=found.evaluations,
        clusters=clusters_of(rows, found.scores @ found.covariance @ jacobian[:p].T, plan.size),
    )  # fmt: skip


def _from_start(
    part: Part, plan: Layout, start: LogisticStart, *, n_people: int, backs: tuple[Array, Array]
) -> Maximum | None:
    """Climb from start values; None where that does not arrive inside.

    `backs` take coefficients (`Scaled.back`) and person effects (`effect_transform`) to the rows' units.
    """
    away = np.linalg.inv(backs[1])
    theta = np.zeros(plan.size)
    theta[: start.beta.size] = np.linalg.solve(backs[0], start.beta)
    try:
        factor = np.linalg.cholesky(away @ start.random_covariance @ away.T)
        theta[plan.factor] = [factor[entry] for entry in plan.entries]
        found = maximize([part], plan, n_people=n_people, points=start.points or "auto", start=theta)
    except (NotIdentifiedError, np.linalg.LinAlgError):
        return None
    return found if found.outcome == "converged" else None


def _highest(part: Part, plan: Layout, alike: Array, *, n_people: int, points: Points) -> Maximum:
    """Climb from a moderate spread, and say so where the likelihood is higher without any, or at more.

    The likelihood of one spread can have a maximum at zero and another inside. `alike` (p,) are the
    coefficients without person effects, a stationary point with all spreads zero.
    """
    found = maximize([part], plan, n_people=n_people, points=points)
    if found.outcome == "singular" and plan.n_effects == 1:
        wide = start_values([part], plan)
        wide[plan.factor] *= WIDER
        other = maximize([part], plan, n_people=n_people, points=points, start=wide)
        if other.outcome == "converged" and other.log_likelihood > found.log_likelihood + HIGHER:
            found = other
    height = float(part.family.derivatives(part.y, part.x @ alike, 0.0).value.sum())
    if found.outcome != "converged" or height <= found.log_likelihood + HIGHER:
        return found
    start = np.zeros(plan.size)
    start[: alike.size] = alike
    return maximize([part], plan, n_people=n_people, points=points, start=start)


def inference(fit: LogisticFit) -> Inference:
    """Coefficients with normal intervals.

    Raises
    ------
    NotIdentifiedError
        The fit did not converge.
    """
    if fit.outcome == "not converged":
        raise NotIdentifiedError(f"not converged: {fit.note}")
    return Inference(
        names=fit.names, beta=fit.beta, covariance=fit.covariance, df=lambda _: math.inf, rule=RULE
    )


def robust(fit: LogisticFit) -> Inference:
    """Coefficients with the cluster-robust covariance; see `robust.cluster_robust`.

    Raises
    ------
    NotIdentifiedError
        The fit did not converge, or there are no more people than parameters.
    """
    if fit.outcome == "not converged":
        raise NotIdentifiedError(f"not converged: {fit.note}")
    return cluster_robust(fit.names, fit.beta, fit.clusters)


def latent_icc(fit: LogisticFit) -> tuple[float, float]:
    """Share of the latent variance that lies between persons, where slopes' predictors are zero; its error.

    var(b0) / (var(b0) + pi^2 / 3), the logistic residual variance (Goldstein, Browne & Rasbash 2002,
    Understanding Statistics 1:223-231, "linear threshold"); standard error by the delta method.
    """
    between, within = float(fit.random_covariance[0, 0]), math.pi**2 / 3.0
    p = fit.beta.size
    error = math.sqrt(max(0.0, float(fit.joint_covariance[p, p])))
    return between / (between + within), error * within / (between + within) ** 2
