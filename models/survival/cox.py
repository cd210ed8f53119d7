"""Cox proportional-hazards regression with Efron's ties and split (counting-process) rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]

MOST_STEPS = 30
TOLERANCE = 1e-10  # relative change of the log partial likelihood that ends the search
RUNS_AWAY = (
    15.0  # log hazard ratio per standard deviation beyond which a likelihood that is flat has no maximum
)
NO_INFORMATION = 1e-13  # information per event below which it is rounding alone
FLAT = 1e-6  # share of the information at no effect below which the likelihood has flattened out
NO_DRIFT = 1e-10  # variance of the drift score, relative to the most there could be, that counts as none
SEPARATED = "a covariate separates the people with the event: no finite hazard ratio"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxFit:
    """Log hazard ratios `beta` (p,) and their `covariance` (p, p), from the observed information.

    `event_ranks` (n_events,; rank of each event's time among all rows' ends), `residuals` (n_events, p;
    Schoenfeld) and `weights` (n_events, p, p; each event's share of the information) serve the
    proportional-hazards check. `influence` (n_rows, p) is the change of beta for each row given its weight
    (weight times dfbeta), for variances by person or program.
    """

    beta: Array
    covariance: Array
    log_likelihood: float
    event_ranks: Array
    residuals: Array
    weights: Array
    influence: Array
    n_rows: int
    n_events: int


@dataclass(frozen=True, slots=True)
class _Risk:
    """Rows sorted for sums over those at risk, and what is summed: 1, x, and the products of its columns.

    Tie groups are the distinct times of events, K of them; products are the upper triangle, row by row.
    """

    x: Array
    case: Array  # weight of each row
    event_rows: NDArray[np.intp]  # rows that end in an event, in order of time
    event_weight: Array  # per event, mean weight of its tie group
    tie: NDArray[np.intp]  # per event, number of its tie group
    done: Array  # per event, share of its tie group taken out before it (Efron)
    first: NDArray[np.intp]  # per tie group, its first event
    by_stop: NDArray[np.intp]
    left_from: NDArray[np.intp]  # per tie group, first row (by stop) still under observation
    by_start: NDArray[np.intp]
    not_entered_from: NDArray[np.intp]  # per tie group, first row (by start) not yet under observation
    moments: Array  # (n_rows, 1 + p + p (p + 1) / 2)


@dataclass(frozen=True, slots=True)
class _Evaluated:
    """Log partial likelihood at some beta, its `score` (p,) and `information` (p, p).

    Of each event the expected covariates `mean` (n_events, p) and the sum `total` at risk (n_events,); of
    each tie group the sums of the moments over people `at_risk` and over those `tied` (K, moments).
    """

    value: float
    score: Array
    information: Array
    mean: Array
    total: Array
    at_risk: Array
    tied: Array


def _risk(start: Array, stop: Array, event: NDArray[np.bool_], x: Array, case: Array) -> _Risk:
    by_stop, by_start = np.argsort(stop, kind="stable"), np.argsort(start, kind="stable")
    rows = by_stop[event[by_stop]]
    times, tie, size = np.unique(stop[rows], return_inverse=True, return_counts=True)
    first = np.concatenate([[0], np.cumsum(size)[:-1]])
    upper = np.triu_indices(x.shape[1])
    return _Risk(
        x=x, case=case, event_rows=rows, by_stop=by_stop, by_start=by_start, tie=tie, first=first,
        event_weight=(np.bincount(tie, weights=case[rows]) / size)[tie],
        left_from=np.searchsorted(stop[by_stop], times, side="left"),
        not_entered_from=np.searchsorted(start[by_start], times, side="left"),
        done=(np.arange(rows.size) - first[tie]) / size[tie],
        moments=np.column_stack([np.ones(stop.size), x, x[:, upper[0]] * x[:, upper[1]]]),
    )  # fmt: skip


def _at_risk(values: Array, risk: _Risk) -> Array:
    """Sum of `values` over the rows at risk at each tie group: not yet left, less those not yet entered."""
    # Every tie group has a row of its own that leaves there, so that its part of the rows is never empty.
    parts = np.add.reduceat(values[risk.by_stop], risk.left_from, axis=0)
    total = np.cumsum(parts[::-1], axis=0)[::-1]
    late = risk.by_start[int(risk.not_entered_from[0]) :]
    if late.size:
        ahead = np.cumsum(values[late][::-1], axis=0)[::-1]
        ahead = np.concatenate([ahead, np.zeros((1, values.shape[1]))])
        total = total - ahead[risk.not_entered_from - risk.not_entered_from[0]]
    return np.asarray(total)


def _evaluate(beta: Array, risk: _Risk) -> _Evaluated:
    """Log partial likelihood and its derivatives; an event's own share of its ties is taken out (Efron)."""
    p = beta.size
    linear = risk.x @ beta
    values = risk.moments * (risk.case * np.exp(linear - linear.max()))[:, None]
    at_risk = _at_risk(values, risk)
    tied = np.add.reduceat(values[risk.event_rows], risk.first, axis=0)
    sums = at_risk[risk.tie, : p + 1] - risk.done[:, None] * tied[risk.tie, : p + 1]
    total = sums[:, 0]
    mean = sums[:, 1:] / total[:, None]
    hazard = risk.event_weight / total
    second = np.bincount(risk.tie, weights=hazard) @ at_risk[:, p + 1 :]
    second -= np.bincount(risk.tie, weights=hazard * risk.done) @ tied[:, p + 1 :]
    own = risk.case[risk.event_rows]
    events = (linear[risk.event_rows] - linear.max()) * own
    return _Evaluated(
        value=float((events - risk.event_weight * np.log(total)).sum()),
        score=own @ risk.x[risk.event_rows] - risk.event_weight @ mean,
        information=_square(second, p) - (mean * risk.event_weight[:, None]).T @ mean,
        mean=mean, total=total, at_risk=at_risk, tied=tied,
    )  # fmt: skip


def _square(upper: Array, p: int) -> Array:
    """Symmetric matrices (..., p, p) of their upper triangles."""
    places = np.zeros((p, p), dtype=np.intp)
    places[np.triu_indices(p)] = np.arange(p * (p + 1) // 2)
    return np.asarray(upper[..., np.maximum(places, places.T)])


def _own_information(at: _Evaluated, risk: _Risk) -> Array:
    """Each event's share of the information, shape (n_events, p, p)."""
    p = at.mean.shape[1]
    second = at.at_risk[risk.tie, p + 1 :] - risk.done[:, None] * at.tied[risk.tie, p + 1 :]
    spread = _square(second / at.total[:, None], p) - at.mean[:, :, None] * at.mean[:, None, :]
    return np.asarray(spread * risk.event_weight[:, None, None])


def fit(
    *,
    stop: Array,
    event: NDArray[np.bool_],
    x: Array,
    start: Array | None = None,
    weights: Array | None = None,
) -> CoxFit:
    """Maximize Efron's partial likelihood by Newton-Raphson with step halving.

    A row is at risk at t if start < t <= stop: half open, so that a person split at a change of a
    covariate is never counted twice. (statsmodels' PHReg takes start <= t, which counts a person twice
    at an event tied with the split.)

    Parameters
    ----------
    stop, start : arrays, shape (n_rows,)
        End and beginning of each row's time at risk; start defaults to minus infinity.
    event : array of bool, shape (n_rows,)
        Whether the row ends in an event.
    x : array, shape (n_rows, p)
        Covariates, constant within a row.
    weights : array, shape (n_rows,), optional
        Positive weights of the rows. The covariance then takes them for counts; the one to use is
        `robust_covariance`. The proportional-hazards check is of fits without weights.

    Raises
    ------
    NotIdentifiedError
        No events, collinear covariates, or a likelihood without a maximum (a covariate separates
        those with the event from those without).

    References
    ----------
    Cox 1972, JRSS-B 34:187; Efron 1977, JASA 72:557; Andersen & Gill 1982, Ann Stat 10:1100.
    """
    start = np.full(stop.shape, -np.inf) if start is None else start
    if np.any(start >= stop):
        raise ValueError("every row must end after it begins")
    if not event.any():
        raise NotIdentifiedError("no event was observed")
    center = x.mean(axis=0)
    scale = x.std(axis=0)
    if np.any(scale == 0) or np.linalg.matrix_rank((x - center) / scale) < x.shape[1]:
        raise NotIdentifiedError("the covariates cannot be told apart on these rows")
    apart, back = _uncorrelated((x - center) / scale)
    case = np.ones(stop.shape) if weights is None else weights
    if not np.all((case > 0) & np.isfinite(case)):
        raise ValueError("weights must be positive numbers")
    risk = _risk(start, stop, event, apart, case)
    under_observation = risk.not_entered_from[0] - risk.left_from[0]
    if risk.first.size == 1 and risk.event_rows.size == under_observation:
        raise NotIdentifiedError("everybody under observation had the event at one time: nobody to compare")
    beta, at = _maximum(risk)
    return _answer(beta, at, risk, back=back / scale[:, None], start=start, stop=stop)


def _uncorrelated(x: Array) -> tuple[Array, Array]:
    """Columns of mean square 1 without correlation, and B (p, p) with them = x B.

    However much alike covariates are, steps and their lengths are then those of the hazard itself: two
    coefficients that are large and cancel do not look like a hazard that runs away.
    """
    apart, triangle = np.linalg.qr(x)
    sign = np.where(np.diag(triangle) < 0.0, -1.0, 1.0) * np.sqrt(len(x))
    return apart * sign, np.asarray(np.linalg.inv(triangle) * sign)


def _maximum(risk: _Risk) -> tuple[Array, _Evaluated]:
    """Newton-Raphson with step halving, from no effect."""
    beta = np.zeros(risk.x.shape[1])
    at = at_no_effect = _evaluate(beta, risk)
    # Covariates have variance 1 here, so that an event tells of the order of 1 where it tells anything.
    least = np.linalg.eigvalsh(at.information).min()
    if least <= NO_INFORMATION * float(risk.event_weight.sum()):
        raise NotIdentifiedError("the covariates cannot be told apart at the events")
    for _ in range(MOST_STEPS):
        try:
            step = np.linalg.solve(at.information, at.score)
        except np.linalg.LinAlgError:
            raise NotIdentifiedError("the covariates cannot be told apart at the events") from None
        for halving in range(20):
            candidate = beta + step / 2**halving
            if np.abs(candidate).max() > RUNS_AWAY and _flat(at.information, at_no_effect.information):
                raise NotIdentifiedError(SEPARATED)
            moved = _evaluate(candidate, risk)
            if moved.value >= at.value - TOLERANCE * abs(at.value):
                break
        else:
            raise NotIdentifiedError(_why_not_found(at.information, at_no_effect.information))
        change, beta, at = abs(moved.value - at.value), candidate, moved
        if change <= TOLERANCE * max(1.0, abs(at.value)) and np.abs(step).max() < 1e-6:
            return beta, at
    raise NotIdentifiedError(_why_not_found(at.information, at_no_effect.information))


def _why_not_found(information: Array, at_no_effect: Array) -> str:
    """Tell a likelihood that flattened out on its way to infinity from a search that failed otherwise."""
    return SEPARATED if _flat(information, at_no_effect) else "the search did not converge"


def _flat(information: Array, at_no_effect: Array) -> bool:
    """Whether nearly nothing is left of the information in some direction."""
    return bool(np.linalg.eigvalsh(information).min() < FLAT * np.linalg.eigvalsh(at_no_effect).min())


def _score_residuals(beta: Array, at: _Evaluated, risk: _Risk, *, start: Array, stop: Array) -> Array:
    """Each row's part in the score, its weight included, shape (n_rows, p).

    x_i less the mean of the tied events' expectations, where the row ends in an event, less the sum over the
    events at which it is at risk of its expected part (Therneau & Grambsch 2000, Modeling Survival Data,
    sect. 4.6); at Efron's l-th of d tied events those that have the event count with 1 - l / d.
    """
    linear = risk.x @ beta
    hazard = (risk.event_weight / at.total)[:, None]
    parts = np.column_stack([hazard, hazard * at.mean])
    whole = np.add.reduceat(parts, risk.first, axis=0)
    taken = np.add.reduceat(parts * risk.done[:, None], risk.first, axis=0)
    times = stop[risk.event_rows][risk.first]
    passed = np.concatenate([np.zeros((1, parts.shape[1])), np.cumsum(whole, axis=0)])
    exposed = passed[np.searchsorted(times, stop, "right")] - passed[np.searchsorted(times, start, "right")]
    exposed[risk.event_rows] -= taken[risk.tie]
    residual = -np.exp(linear - linear.max())[:, None] * (exposed[:, :1] * risk.x - exposed[:, 1:])
    residual[risk.event_rows] += risk.x[risk.event_rows] - _tied_means(at, risk)
    return np.asarray(residual * risk.case[:, None])


def robust_covariance(fitted: CoxFit, cluster: NDArray[np.int64]) -> tuple[Array, int]:
    """Covariance of beta that lets rows of one cluster be alike, and its degrees of freedom G - 1.

    G / (G - 1) times the sum over clusters of the outer products of their summed `influence` (Lin & Wei 1989,
    JASA 84:1074; R's coxph with `cluster`, which leaves the factor out). A person with several rows, or with
    a weight, is a cluster of its own.

    Parameters
    ----------
    cluster : array of int, shape (n_rows,)
        Number 0, 1, ... of each row's cluster.

    Raises
    ------
    NotIdentifiedError
        Fewer than two clusters, or no more of them than coefficients.
    """
    there = np.unique(cluster)
    sums = np.zeros((int(there.max()) + 1, fitted.beta.size))
    np.add.at(sums, cluster, fitted.influence)
    df = there.size - 1
    if there.size <= max(fitted.beta.size, 1):
        raise NotIdentifiedError("too few programs for the number of covariates")
    return np.asarray(sums.T @ sums * there.size / df), df


def _tied_means(at: _Evaluated, risk: _Risk) -> Array:
    """Average the expected covariates of each event (n_events, p) over those tied with it."""
    sums = np.add.reduceat(at.mean, risk.first, axis=0)
    return np.asarray((sums / np.bincount(risk.tie)[:, None])[risk.tie])


def _answer(beta: Array, at: _Evaluated, risk: _Risk, *, back: Array, start: Array, stop: Array) -> CoxFit:
    """Go back to the covariates as they were: those of `risk` are theirs, centered, times `back`."""
    inverse, onward = np.linalg.inv(at.information), np.linalg.inv(back)
    covariance = back @ inverse @ back.T
    return CoxFit(
        beta=back @ beta,
        covariance=(covariance + covariance.T) / 2.0,
        influence=_score_residuals(beta, at, risk, start=start, stop=stop) @ inverse @ back.T,
        log_likelihood=at.value,
        event_ranks=stats.rankdata(stop)[risk.event_rows],
        residuals=(risk.x[risk.event_rows] - _tied_means(at, risk)) @ onward,
        weights=onward.T @ _own_information(at, risk) @ onward,
        n_rows=risk.x.shape[0],
        n_events=risk.event_rows.size,
    )


def proportional_hazards_p(fitted: CoxFit, columns: Sequence[int]) -> float | None:
    """Test that log hazard ratios do not drift with time: score test for their products with rank time.

    The test of Grambsch & Therneau 1994 (Biometrika 81:515) with each event's own information, as
    R's cox.zph(transform="rank") since survival 3.0; chi-square with one degree of freedom per column.
    A small value speaks against proportional hazards. All columns together give cox.zph's global test.

    Parameters
    ----------
    fitted : CoxFit
        The fit.
    columns : sequence of int
        Columns of x whose log ratios are tested together.

    Returns
    -------
    float or None
        None where the events leave no time over which a ratio could drift (all on one day, say).
    """
    chosen = list(columns)
    clock = fitted.event_ranks - fitted.event_ranks.mean()
    score = clock @ fitted.residuals[:, chosen]
    own = np.einsum("e,eij->ij", clock**2, fitted.weights[:, chosen][:, :, chosen])
    cross = np.einsum("e,eij->ij", clock, fitted.weights[:, chosen, :])
    variance = own - cross @ np.linalg.solve(fitted.weights.sum(axis=0), cross.T)
    # Compared on the scale of the covariates' own spread, so that units do not decide.
    size = np.sqrt(np.diag(fitted.weights.sum(axis=0))[chosen]) * max(1.0, float(np.abs(clock).max()))
    scaled = variance / np.outer(size, size)
    if np.linalg.eigvalsh(scaled).min() < NO_DRIFT:
        return None
    z = score / size
    return float(stats.chi2.sf(float(z @ np.linalg.solve(scaled, z)), len(chosen)))
