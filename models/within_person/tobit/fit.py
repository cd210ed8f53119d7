"""Multilevel Tobit: a normal mixed model seen through a floor, a ceiling or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.stats import norm
from scipy.stats import t as student

from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.engine import Engine, choose
from models.within_person.linear.linear_fit import Covariance, Outcome
from models.within_person.tobit.left_over import NOTHING_LEFT, nothing_left
from models.within_person.tobit.likelihood import free_entries
from models.within_person.tobit.maximize import (
    NUMPY,
    SHARE,
    Arithmetic,
    Maximum,
    grows_without_end,
    ignoring_bounds,
    maximize,
)
from models.within_person.tobit.scaled_rows import ScaledRows, scaled_rows
from models.within_person.tobit.start import first_guess, ordinary, with_spread

Array = NDArray[np.float64]
SINGULAR: Final = 1e-4  # smallest singular value of the relative covariance factor that counts as variance
UNKNOWN: Final = 3e-4  # least information on a combination of coefficients, as a share of that uncensored
UNKNOWN_UNSETTLED: Final = 1e-2  # the same where the search did not converge
ROWS_AT_ONCE: Final = 65_536
WORTH_COMPILING: Final = 100_000  # rows from which loading the compiled loops saves time


@dataclass(frozen=True, slots=True, kw_only=True)
class TobitFit:
    """A fitted y* = X beta + Z b + e, y = y* kept between `floor` and `ceiling`.

    b ~ N(0, `random_covariance`), e ~ N(0, `residual_sd`^2 / weight). `beta` (p,) is on the latent scale of
    y*; `covariance` (p, p) from the observed information of all parameters. `joint_covariance` is that of
    (beta, lower triangle of random_covariance row after row, residual_sd), and `scores` (n_people, same
    length as its `working` parameters) with `to_joint` give the cluster-robust one.

    `points`: quadrature points in each dimension of the person who needed the most (0: nobody at a bound);
    `points_by_person`: those of each person with a censored row, in their order; `points_by_count`: how many
    of these persons ended with how many; `moved`: how far the last rise of the points moved any combination
    of the parameters, in its standard errors. `outcome` "singular": a person effect, or a combination, has
    no variance of its own (`note` names which). `evaluations` counts passes over the persons.
    """

    names: tuple[str, ...]
    beta: Array
    covariance: Array
    random: tuple[int, ...]
    random_covariance: Array
    residual_sd: float
    log_likelihood: float
    structure: Covariance
    outcome: Outcome
    note: str
    floor: float | None
    ceiling: float | None
    n_rows: int
    n_people: int
    n_floor: int
    n_ceiling: int
    n_people_always_at_bound: int
    points: int
    points_by_count: tuple[tuple[int, int], ...]
    moved: float
    evaluations: int
    joint_covariance: Array
    working: Array
    scores: Array
    information: Array
    to_joint: Array
    points_by_person: NDArray[np.int64]
    between: tuple[int, ...]

    def inference(self, distribution: Literal["t", "normal"] = "t") -> Inference:
        """Return the coefficients with the rule for intervals and tests.

        The maximum-likelihood covariance treats the variances as known, so with few people the normal
        intervals are short (about .94 for .95 at 91 persons). "t" takes degrees of freedom from the level
        that a coefficient is learned at (the inner-outer rule of Pinheiro & Bates 2000, section 2.4.2, made
        strict as SAS's containment rule is): a column that is constant within persons, or has a person
        effect, has n_people - (number of columns constant within persons); any other
        n_rows - n_people - (number of the others). A contrast takes the smallest of its coefficients'.
        """
        if distribution == "normal":
            return Inference(
                names=self.names, beta=self.beta, covariance=self.covariance, df=lambda _: np.inf,
                rule="observed information",
            )  # fmt: skip
        outer = max(self.n_people - len(self.between), 1)
        inner = max(self.n_rows - self.n_people - (len(self.names) - len(self.between)), 1)
        learned_between = set(self.between) | set(self.random)
        by_column = np.array(
            [outer if j in learned_between else max(inner, 1) for j in range(len(self.names))], dtype=float
        )

        def df(contrast: Array) -> float:
            used = np.asarray(contrast) != 0
            return float(by_column[used].min()) if used.any() else np.inf

        return Inference(
            names=self.names, beta=self.beta, covariance=self.covariance, df=df,
            rule="observed information; terms between persons or with a person effect learn from people, "
            "the others from days",
        )  # fmt: skip

    def wald(self, level: float = 0.95, distribution: Literal["t", "normal"] = "t") -> Array:
        """Intervals (p, 2) of the coefficients: estimate -+ quantile times standard error."""
        inference = self.inference(distribution)
        df = np.array([inference.df(row) for row in np.eye(len(self.names))])
        finite = np.isfinite(df)
        tail = (1 + level) / 2
        quantile = np.where(finite, student.ppf(tail, np.where(finite, df, 1.0)), norm.ppf(tail))
        half = quantile * np.sqrt(np.diag(self.covariance))
        return np.column_stack([self.beta - half, self.beta + half])


def fit_tobit(
    rows: ModelRows,
    *,
    floor: float | None,
    ceiling: float | None,
    structure: Covariance = "full",
    points: int | Literal["auto"] = "auto",
    share: float = SHARE,
    engine: Engine = "auto",
    start: TobitFit | None = None,
) -> TobitFit:
    """Fit a multilevel Tobit by maximum likelihood.

    Estimand: coefficients of the latent response, of which a row at a bound says only that it lies beyond.
    Tobin (1958), Econometrica 26:24-36; with person effects integrated out by adaptive Gauss-Hermite
    quadrature (Liu & Pierce 1994), by Newton's method on the observed information (Louis 1982). Without a
    row at a bound this is the linear mixed model by maximum likelihood.

    Parameters
    ----------
    rows
        The rows of the model; a row with weight w has residual variance residual_sd^2 / w.
    floor, ceiling
        Bounds of the response, in its unit; a row that equals one is censored there. None: no such bound.
    structure
        "full" or "diagonal" covariance of the person effects.
    points
        Quadrature points in each dimension. "auto" raises them person by person until a rise moves no
        combination of the parameters by `share` of its standard error, nor the log-likelihood by 2e-4.
    start
        An earlier fit of the same model to begin from.

    Raises
    ------
    ValueError
        Values that no Tobit can hold (see `scaled_rows`); counts only.
    NotIdentifiedError
        Rows that cannot carry the model, with the rule that failed.
    """
    arithmetic = arithmetic_for(engine, rows.y.size)
    data = scaled_rows(rows, floor=floor, ceiling=ceiling, structure=structure, add=arithmetic.add_products)
    linear = ignoring_bounds(data, arithmetic)
    if nothing_left(linear) or (nothing_left(data) and grows_without_end(data, ordinary(data), arithmetic)):
        raise NotIdentifiedError(NOTHING_LEFT)
    theta = first_guess(data, linear, arithmetic) if start is None else _from_fit(start, data)
    found = maximize(data, with_spread(theta, data), arithmetic=arithmetic, points=points, share=share)
    if found.reason == NOTHING_LEFT:
        raise NotIdentifiedError(NOTHING_LEFT)
    _coefficients_known(found, linear, arithmetic)
    still = share if points == "auto" else np.inf
    return _fit(found, data, floor=floor, ceiling=ceiling, between=_constant_within(rows), still=still)


def arithmetic_for(engine: Engine, rows: int) -> Arithmetic:
    """Choose plain numpy or the compiled loops; the compiler is loaded only when chosen."""
    if choose(engine, rows=rows, worth_it=WORTH_COMPILING) == "numpy":
        return NUMPY
    from models.within_person.tobit.compiled import compiled  # noqa: PLC0415  (loads the compiler)

    return compiled()


def _from_fit(start: TobitFit, data: ScaledRows) -> Array:
    if start.names != data.names or start.random != data.random or start.structure != data.structure:
        raise ValueError("a start must be a fit with the same columns, person effects and structure")
    h = data.y_scale / start.residual_sd
    shifted = start.beta.copy()
    shifted[0] -= data.y_center
    scaled = np.linalg.solve(data.back, shifted)
    z = list(data.random)
    to_scaled = np.linalg.inv(data.back[np.ix_(z, z)]) * h
    relative = to_scaled @ start.random_covariance @ to_scaled.T
    la, lb = free_entries(len(z), data.structure)
    lower = np.linalg.cholesky(relative + 1e-6 * np.eye(len(z)))
    return np.concatenate([-scaled * h, [h], lower[la, lb]])


def _constant_within(rows: ModelRows) -> tuple[int, ...]:
    """Columns whose value is the same on all rows of each person."""
    varies = np.zeros(rows.x.shape[1], dtype=bool)
    for low in range(0, rows.y.size, ROWS_AT_ONCE):
        part = slice(low, low + ROWS_AT_ONCE + 1)
        left = np.flatnonzero(~varies)
        x, person = rows.x[part][:, left], rows.person[part]
        steps = np.abs(np.diff(x, axis=0))[person[1:] == person[:-1]]
        varies[left] = steps.max(axis=0, initial=0.0) > 1e-9 * np.abs(x).max(axis=0, initial=0.0)
    return tuple(int(j) for j in np.flatnonzero(~varies))


def _fit(
    found: Maximum, data: ScaledRows, *, floor: float | None, ceiling: float | None,
    between: tuple[int, ...], still: float,
) -> TobitFit:  # fmt: skip
    m, z = data.gram.shape[0], list(data.random)
    theta = found.theta
    la, lb = free_entries(len(z), data.structure)
    factor = np.zeros((len(z), len(z)))
    factor[la, lb] = theta[m:]
    h = float(theta[m - 1])
    to_effects = data.back[np.ix_(z, z)] / h
    joint = _to_joint(theta, factor, data)
    joint_covariance = joint @ found.covariance @ joint.T
    beta = -data.back @ theta[: m - 1] / h
    beta[0] += data.y_center
    spread = to_effects @ factor
    outcome, note = _outcome(found, factor, data, still)
    used, count = np.unique(found.points, return_counts=True)
    return TobitFit(
        names=data.names, beta=beta, covariance=joint_covariance[: m - 1, : m - 1], random=data.random,
        random_covariance=spread @ spread.T, residual_sd=data.y_scale / h,
        log_likelihood=found.log_likelihood + data.log_jacobian, structure=data.structure, outcome=outcome,
        note=note, floor=floor, ceiling=ceiling, n_rows=data.n_rows, n_people=data.n_people,
        n_floor=data.n_floor, n_ceiling=data.n_ceiling,
        n_people_always_at_bound=data.n_people_always_at_bound, points=int(used.max(initial=0)),
        points_by_count=tuple((int(a), int(b)) for a, b in zip(used, count, strict=True)),
        moved=found.moved, evaluations=found.evaluations, joint_covariance=joint_covariance, working=theta,
        scores=found.scores, information=found.information, to_joint=joint,
        points_by_person=found.points, between=between,
    )  # fmt: skip


def _to_joint(theta: Array, factor: Array, data: ScaledRows) -> Array:
    """Differentiate (beta, lower triangle of the person covariance, residual sd) in theta."""
    m, z = data.gram.shape[0], list(data.random)
    q, h = len(z), float(theta[m - 1])
    la, lb = free_entries(q, data.structure)
    ra, rb = np.tril_indices(q)
    out = np.zeros((m - 1 + ra.size + 1, theta.size))
    out[: m - 1, : m - 1] = -data.back / h
    out[: m - 1, m - 1] = data.back @ theta[: m - 1] / h**2
    to_effects = data.back[np.ix_(z, z)]
    spread = to_effects @ factor
    out[m - 1 : -1, m - 1] = (-2 / h**3) * (spread @ spread.T)[ra, rb]
    for k, (a, b) in enumerate(zip(la, lb, strict=True)):
        half = np.outer(to_effects[:, a], spread[:, b]) / h**2
        out[m - 1 : -1, m + k] = (half + half.T)[ra, rb]
    out[-1, m - 1] = -data.y_scale / h**2
    return out


def _coefficients_known(found: Maximum, linear: ScaledRows, arithmetic: Arithmetic) -> None:
    """Refuse where censored rows leave a coefficient without information: it runs off to infinity.

    So it is when every row that a predictor marks lies at the same bound. Compared, at the same parameters,
    with the information on the coefficients if no row were censored.
    """
    if not np.isfinite(found.theta).all():
        raise NotIdentifiedError("the likelihood has no maximum on these rows")
    d = slice(0, linear.gram.shape[0] - 1)
    uncensored = arithmetic.without_censored(found.theta, linear, np.arange(linear.n_people)).information
    shares = linalg.eigh(found.information[d, d], uncensored[d, d], eigvals_only=True)
    if not shares[0] > (UNKNOWN if found.converged else UNKNOWN_UNSETTLED):
        raise NotIdentifiedError(
            "the rows at a bound leave a combination of the coefficients without information"
        )


def _outcome(found: Maximum, factor: Array, data: ScaledRows, still: float) -> tuple[Outcome, str]:
    """Name how the fit ended; `still` is the move at the last rise of the points that calls for no note."""
    if not found.converged:
        return "not converged", found.reason
    notes = []
    if found.moved > still and found.points.size:
        notes.append(
            f"{int(found.points.max())} points still move the estimates by {found.moved:.1e} standard errors"
        )
    left, spread, _ = np.linalg.svd(factor)
    if spread[-1] >= SINGULAR:
        return "converged", "; ".join(notes)
    effects = [data.names[column] for column in data.random]
    without = [name for name, row in zip(effects, factor, strict=True) if np.linalg.norm(row) < SINGULAR]
    if without:
        notes.append(f"no variance between persons in the effect of {', '.join(without)}")
    else:
        of = [name for name, part in zip(effects, left[:, -1], strict=True) if abs(part) > 1e-3]
        notes.append(f"no variance of its own in a combination of the effects of {', '.join(of)}")
    return "singular", "; ".join(notes)
