"""Two-part mixed model: whether at all on a day, and how strongly where there is some."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.linear_fit import Covariance
from models.within_person.two_part import checks
from models.within_person.two_part.extent import Extent as Extent  # noqa: PLC0414  (handed on)
from models.within_person.two_part.extent import UnitResponse, unit_response
from models.within_person.two_part.families import Logistic
from models.within_person.two_part.maximize import Maximum, Outcome, Points, maximize, pooled
from models.within_person.two_part.mixed_logistic import RULE
from models.within_person.two_part.model_parts import Layout, Part, layout
from models.within_person.two_part.robust import Clusters, cluster_robust, clusters_of
from models.within_person.two_part.scaling import Scaled, effect_transform, half_vector_jacobian, scaled

Array = NDArray[np.float64]
PartName = Literal["any", "extent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """Correlation of a person's two intercepts: `estimate`, its 95% interval; None and a reason in `note`.

    `std_error_z` is that of the inverse hyperbolic tangent of the estimate, on whose scale the interval is.
    """

    estimate: float | None
    low: float | None
    high: float | None
    std_error_z: float | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoPartFit:
    """A fitted two-part model: logit P(y > 0) = x_a' beta_any + z_a' b; y given y > 0 by `family`.

    "linear": y = x_e' beta_extent + z_e' b + e; "log": the same for log y; "gamma": mean
    exp(x_e' beta_extent + z_e' b). `random_covariance` of b, the effects on any first, then on extent.
    `dispersion` is the residual standard deviation ("linear", "log") or the gamma shape. `joint_covariance`
    is that of (beta_any, beta_extent, lower triangle of random_covariance row by row, log dispersion).
    `log_likelihood` is that of y itself, for any family. `points`, `points_moved`, `outcome` as in
    `LogisticFit`; `clusters_any` and `clusters_extent` are the persons of each part, for `robust_inference`.
    """

    family: Extent
    structure: Covariance
    correlated: bool
    names_any: tuple[str, ...]
    names_extent: tuple[str, ...]
    beta_any: Array
    beta_extent: Array
    random_any: tuple[int, ...]
    random_extent: tuple[int, ...]
    random_covariance: Array
    dispersion: float
    joint_covariance: Array
    correlation: Correlation
    log_likelihood: float
    outcome: Outcome
    note: str
    points: int
    points_moved: float | None
    n_rows: int
    n_rows_extent: int
    n_people: int
    n_people_extent: int
    evaluations: int
    clusters_any: Clusters
    clusters_extent: Clusters

    def inference(self, part: PartName) -> Inference:
        """Coefficients of one part with normal intervals; the covariance knows the other part is estimated.

        Raises
        ------
        NotIdentifiedError
            The fit did not converge.
        """
        if self.outcome == "not converged":
            raise NotIdentifiedError(f"not converged: {self.note}")
        p = self.beta_any.size
        place = slice(0, p) if part == "any" else slice(p, p + self.beta_extent.size)
        names, beta = (
            (self.names_any, self.beta_any) if part == "any" else (self.names_extent, self.beta_extent)
        )
        covariance = self.joint_covariance[place, place]
        return Inference(names=names, beta=beta, covariance=covariance, df=lambda _: math.inf, rule=RULE)

    def robust_inference(self, part: PartName) -> Inference:
        """Coefficients of one part with the cluster-robust covariance; see `robust.cluster_robust`.

        Raises
        ------
        NotIdentifiedError
            The fit did not converge, or the part has no more people than parameters.
        """
        if self.outcome == "not converged":
            raise NotIdentifiedError(f"not converged: {self.note}")
        if part == "any":
            return cluster_robust(self.names_any, self.beta_any, self.clusters_any)
        return cluster_robust(self.names_extent, self.beta_extent, self.clusters_extent)


def split(rows: ModelRows) -> tuple[ModelRows, ModelRows, NDArray[np.intp]]:
    """Split rows with y >= 0 into any (all rows, y > 0) and extent (rows with y > 0), on the same predictors.

    Returns both and, for each person of the extent rows, the number of that person in the rows of any.
    """
    some = rows.y > 0
    people, person = np.unique(rows.person[some], return_inverse=True)
    day = None if rows.day is None else rows.day[some]
    extent = replace(rows, y=rows.y[some], x=rows.x[some], person=person.astype(np.intp), day=day)
    return replace(rows, y=some.astype(np.float64)), extent, people


def fit_two_part(
    rows_any: ModelRows,
    rows_extent: ModelRows,
    *,
    people: NDArray[np.intp],
    family: Extent = "log",
    structure: Covariance = "full",
    correlated: bool = True,
    points: Points = "auto",
) -> TwoPartFit:
    """Fit both parts at once by maximum likelihood, the person effects of one correlated with the other's.

    Estimand: beta_any, the log odds ratio of any, and beta_extent, the difference in y ("linear"), in
    log y ("log") or in the log mean of y ("gamma") given some, per unit of a predictor and for a given
    person. Fitted apart, the extent is biased where the days with some are a person's bad days (Su, Tom &
    Farewell 2009). The likelihood of a person's rows of both parts is integrated over all person effects
    together by adaptive Gauss-Hermite quadrature, points raised until the answer stands still. Covariance:
    inverse of the observed information of all parameters; normal intervals, no small-sample correction.

    Parameters
    ----------
    rows_any : ModelRows
        y 0 or 1 on every day.
    rows_extent : ModelRows
        y on the days with some, with its own predictors; persons numbered anew.
    people : array of int, shape (rows_extent.n_people,)
        Number in `rows_any` of each person of `rows_extent`, rising.
    family : "linear", "log" or "gamma"
        Distribution of the extent.
    structure : "full" or "diagonal"
        "full": all person effects correlate. "diagonal": only the two intercepts do.
    correlated : bool
        False holds every correlation across the parts at zero: the two separate fits.
    points : int or "auto"
        Points of the quadrature per person effect.

    Raises
    ------
    ValueError
        Weights, values that are not finite, a response that does not suit its part, or `people` that does
        not match the rows.
    NotIdentifiedError
        As `fit_logistic`, by either part; or an extent that does not vary.

    References
    ----------
    Olsen & Schafer 2001, J Am Stat Assoc 96:730-745; Tooze, Grunwald & Jones 2002, Stat Methods Med Res
    11:341-355; Su, Tom & Farewell 2009, Biostatistics 10:374-389.
    """
    _check(rows_any, rows_extent, people, family)
    x_any, x_extent = scaled(rows_any, structure=structure), scaled(rows_extent, structure=structure)
    checks.check_separation(rows_any.y, x_any.x, pooled(Logistic(), rows_any.y, x_any.x)[0], rows_any.names)
    response = unit_response(rows_extent.y, x_extent.x, family)
    effects_any, effects_extent = _effects(len(rows_any.random), len(rows_extent.random))
    parts = [
        Part(
            family=Logistic(), y=rows_any.y, x=x_any.x, person=rows_any.person, random=rows_any.random,
            effects=effects_any,
        ),
        Part(
            family=response.family, y=response.y, x=x_extent.x, person=people[rows_extent.person],
            random=rows_extent.random, effects=effects_extent,
        ),
    ]  # fmt: skip
    plan = layout(parts, _entries(effects_any, effects_extent, structure, correlated))
    find = maximize if correlated else _maximize_apart
    found = find(parts, plan, n_people=rows_any.n_people, points=points)
    return _answer(
        rows_any, rows_extent, found=found, plan=plan, parts=parts, scales=(x_any, x_extent),
        response=response, family=family, structure=structure, correlated=correlated,
    )  # fmt: skip


def correlation_test(fit: TwoPartFit, separate: TwoPartFit) -> tuple[float, int, float]:
    """Likelihood-ratio test that the parts share nothing: statistic, degrees of freedom, p-value.

    `separate` is the same model with `correlated=False`. The zero lies inside the range of the correlations,
    so the statistic is chi-square where both variances are positive.

    Raises
    ------
    ValueError
        The fits are not of the same rows and model.
    NotIdentifiedError
        Either fit did not converge or is singular.
    """
    same = [
        (one.n_rows, one.n_rows_extent, one.family, one.structure, one.names_any, one.names_extent)
        for one in (fit, separate)
    ]
    if same[0] != same[1] or separate.correlated or not fit.correlated:
        raise ValueError("the test compares a correlated fit with the separate fit of the same rows")
    if fit.outcome != "converged" or separate.outcome != "converged":
        raise NotIdentifiedError("no correlation to test: a fit is singular or did not converge")
    full = len(fit.random_any) * len(fit.random_extent)
    df = full if fit.structure == "full" else 1
    statistic = max(0.0, 2.0 * (fit.log_likelihood - separate.log_likelihood))
    return statistic, df, float(stats.chi2.sf(statistic, df))


def _check(rows_any: ModelRows, rows_extent: ModelRows, people: NDArray[np.intp], family: Extent) -> None:
    if family not in ("linear", "log", "gamma"):
        raise ValueError("the extent is linear, log or gamma")
    checks.check_answers(rows_any)
    for part, rows in (("any", rows_any), ("extent", rows_extent)):
        try:
            checks.check_rows(rows)
        except NotIdentifiedError as reason:
            raise NotIdentifiedError(f"{part}: {reason}") from None
    right = people.shape == (rows_extent.n_people,) and bool((np.diff(people) > 0).all())
    if not right or people[0] < 0 or people[-1] >= rows_any.n_people:
        raise ValueError("people must give, rising, the number in rows_any of each person of rows_extent")
    if family != "linear" and not (rows_extent.y > 0).all():
        n_rows = int((rows_extent.y <= 0).sum())
        raise ValueError(f"the extent must be above zero on the log scale; it is not in {n_rows} rows")


def _effects(n_any: int, n_extent: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Rows of the factor: both intercepts first, so that they alone can correlate."""
    return (0, *range(2, n_any + 1)), (1, *range(n_any + 1, n_any + n_extent))


def _entries(
    effects_any: tuple[int, ...], effects_extent: tuple[int, ...], structure: Covariance, correlated: bool
) -> list[tuple[int, int]]:
    def free(row: int, column: int) -> bool:
        if row == column:
            return True
        across = (row in effects_any) != (column in effects_any)
        if across and not correlated:
            return False
        return structure == "full" or {row, column} == {0, 1}

    size = len(effects_any) + len(effects_extent)
    return [(row, column) for row in range(size) for column in range(row + 1) if free(row, column)]


def _maximize_apart(
    parts: Sequence[Part], plan: Layout, *, n_people: int, points: Points = "auto"
) -> Maximum:
    """Maximize each part by itself, and put the answers in the order of `plan`."""
    theta, covariance = np.zeros(plan.size), np.zeros((plan.size, plan.size))
    scores = np.zeros((n_people, plan.size))
    found = []
    for part, beta, tau in zip(parts, plan.beta, plan.tau, strict=True):
        own = tuple(range(len(part.effects)))
        order = {effect: at for at, effect in enumerate(part.effects)}
        mine = [at for at, (row, _) in enumerate(plan.entries) if row in order]
        entries = [(order[plan.entries[at][0]], order[plan.entries[at][1]]) for at in mine]
        alone = replace(part, effects=own)
        found.append(maximize([alone], layout([alone], entries), n_people=n_people, points=points))
        places = [*range(beta.start, beta.stop), *(plan.factor.start + at for at in mine)]
        places += [] if tau is None else [tau]
        theta[places] = found[-1].theta
        covariance[np.ix_(places, places)] = found[-1].covariance
        scores[:, places] = found[-1].scores
    worst = max(found, key=lambda one: ("converged", "singular", "not converged").index(one.outcome))
    moved = [one.moved for one in found if one.moved is not None]
    return Maximum(
        theta=theta, covariance=covariance, scores=scores, outcome=worst.outcome, note=worst.note,
        log_likelihood=math.fsum(one.log_likelihood for one in found),
        points=max(one.points for one in found), moved=max(moved) if moved else None,
        evaluations=sum(one.evaluations for one in found),
    )  # fmt: skip


def _answer(
    rows_any: ModelRows,
    rows_extent: ModelRows,
    *,
    found: Maximum,
    plan: Layout,
    parts: list[Part],
    scales: tuple[Scaled, Scaled],
    response: UnitResponse,
    family: Extent,
    structure: Covariance,
    correlated: bool,
) -> TwoPartFit:
    """Return from unit scale to the units of the rows."""
    transform = effect_transform(parts, [scale.back for scale in scales], [1.0, response.unit])
    root = transform @ plan.factor_of(found.theta)
    covariance = root @ root.T
    in_any, in_extent = plan.beta
    size, n_effects = in_extent.stop, plan.n_effects
    n_triangle = n_effects * (n_effects + 1) // 2
    jacobian = np.zeros((size + n_triangle + 1, plan.size))
    jacobian[in_any, in_any] = scales[0].back
    jacobian[in_extent, in_extent] = response.unit * scales[1].back
    jacobian[size:-1, plan.factor] = half_vector_jacobian(plan, plan.factor_of(found.theta), transform)
    jacobian[-1, -1] = 1.0
    joint = jacobian @ found.covariance @ jacobian.T
    influence = found.scores @ found.covariance @ jacobian[:size].T
    n_any, n_extent = (_n_parameters(part, plan) for part in parts)
    beta_extent = response.unit * scales[1].back @ found.theta[in_extent]
    beta_extent[0] += response.shift
    second = len(rows_any.random)
    triangle = joint[size:-1, size:-1]
    return TwoPartFit(
        family=family, structure=structure, correlated=correlated,
        names_any=rows_any.names, names_extent=rows_extent.names,
        beta_any=scales[0].back @ found.theta[in_any], beta_extent=beta_extent,
        random_any=rows_any.random, random_extent=rows_extent.random, random_covariance=covariance,
        dispersion=response.unit * math.exp(float(found.theta[-1])), joint_covariance=joint,
        correlation=_correlation(covariance, triangle, second, found.outcome, correlated),
        log_likelihood=found.log_likelihood + response.constant, outcome=found.outcome, note=found.note,
        points=found.points, points_moved=found.moved, n_rows=rows_any.y.size,
        n_rows_extent=rows_extent.y.size, n_people=rows_any.n_people, n_people_extent=rows_extent.n_people,
        evaluations=found.evaluations, clusters_any=clusters_of(rows_any, influence[:, in_any], n_any),
        clusters_extent=clusters_of(rows_extent, influence[:, in_extent], n_extent),
    )  # fmt: skip


def _n_parameters(part: Part, plan: Layout) -> int:
    """Count what the rows of a part tell of: coefficients, its rows of the factor, a dispersion."""
    entries = sum(row in part.effects for row, _ in plan.entries)
    return int(part.x.shape[1] + entries + part.family.has_dispersion)


def _correlation(
    covariance: Array, triangle: Array, second: int, outcome: Outcome, correlated: bool
) -> Correlation:
    """Correlate effects 0 and `second`, with Fisher's z and the delta method for its interval."""
    if not correlated:
        return Correlation(estimate=None, low=None, high=None, std_error_z=None, note="held at zero")
    if outcome != "converged":
        note = "no interval: the fit did not converge"
        if outcome == "singular":
            note = "on the boundary: a person effect has no variance of its own, or one tells all of another"
        return Correlation(estimate=None, low=None, high=None, std_error_z=None, note=note)
    one, two, both = covariance[0, 0], covariance[second, second], covariance[second, 0]
    rho = float(both / math.sqrt(one * two))
    spread = 1.0 - rho**2
    # atanh(rho) moves by (d both / sqrt(one two) - rho (d one / one + d two / two) / 2) / (1 - rho^2).
    gradient = np.zeros(triangle.shape[0])
    gradient[0] = -rho / (2.0 * one) / spread
    gradient[_place(second, second)] = -rho / (2.0 * two) / spread
    gradient[_place(second, 0)] = 1.0 / math.sqrt(one * two) / spread
    error = math.sqrt(max(0.0, float(gradient @ triangle @ gradient)))
    reach = float(stats.norm.ppf(0.975)) * error
    z = math.atanh(rho)
    return Correlation(
        estimate=rho, low=math.tanh(z - reach), high=math.tanh(z + reach), std_error_z=error, note=""
    )


def _place(row: int, column: int) -> int:
    """Where an entry of a lower triangle lies, row by row."""
    return row * (row + 1) // 2 + column
