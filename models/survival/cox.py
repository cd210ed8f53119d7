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
RUNS_AWAY = 15.0  # log hazard ratio per standard deviation beyond which the likelihood has no maximum
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
    """Rows sorted for cumulative sums: who has left and who has not yet entered at each event."""

    x: Array
    case: Array  # weight of each row
    event_rows: NDArray[np.intp]  # rows that end in an event, in order of time
    event_weight: Array  # per event, mean weight of its tie group
    left_from: NDArray[np.intp]  # per event, first row (by stop) still under observation
    by_stop: NDArray[np.intp]
    not_entered_from: NDArray[np.intp]  # per event, first row (by start) not yet under observation
    by_start: NDArray[np.intp]
    tie: NDArray[np.intp]  # per event, number of its tie group
    done: Array  # per event, share of its tie group taken out before it (Efron)


def _risk(start: Array, stop: Array, event: NDArray[np.bool_], x: Array, case: Array) -> _Risk:
    by_stop, by_start = np.argsort(stop, kind="stable"), np.argsort(start, kind="stable")
    rows = by_stop[event[by_stop]]
    times = stop[rows]
    _, tie, size = np.unique(times, return_inverse=True, return_counts=True)
    first = np.concatenate([[0], np.cumsum(size)[:-1]])
    return _Risk(
        x=x, case=case, event_rows=rows, by_stop=by_stop, by_start=by_start, tie=tie,
        event_weight=(np.bincount(tie, weights=case[rows]) / size)[tie],
        left_from=np.searchsorted(stop[by_stop], times, side="left"),
        not_entered_from=np.searchsorted(start[by_start], times, side="left"),
        done=(np.arange(times.size) - first[tie]) / size[tie],
    )  # fmt: skip


def _from_end(values: Array, order: NDArray[np.intp], position: NDArray[np.intp]) -> Array:
    """Sum of `values` over `order[position:]`, for each position."""
    total = np.concatenate([np.cumsum(values[order][::-1], axis=0)[::-1], np.zeros((1, *values.shape[1:]))])
    return np.asarray(total[position])


def _evaluate(beta: Array, risk: _Risk) -> tuple[float, Array, Array, Array]:
    """Log partial likelihood; of each event the expected covariates, their information, the sum at risk."""
    linear = risk.x @ beta
    weight = risk.case * np.exp(linear - linear.max())
    moments = []
    outer = risk.x[:, :, None] * risk.x[:, None, :]
    for values in (weight, weight[:, None] * risk.x, weight[:, None, None] * outer):
        at_risk = _from_end(values, risk.by_stop, risk.left_from)
        at_risk -= _from_end(values, risk.by_start, risk.not_entered_from)
        of_ties = np.zeros((risk.tie.max() + 1, *values.shape[1:]))
        np.add.at(of_ties, risk.tie, values[risk.event_rows])
        share = risk.done.reshape(-1, *([1] * (values.ndim - 1)))
        moments.append(at_risk - share * of_ties[risk.tie])
    total, first, second = moments
    mean = first / total[:, None]
    spread = second / total[:, None, None] - mean[:, :, None] * mean[:, None, :]
    own = (linear[risk.event_rows] - linear.max()) * risk.case[risk.event_rows]
    value = float((own - risk.event_weight * np.log(total)).sum())
    return value, mean, spread * risk.event_weight[:, None, None], total


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
    if np.any(scale == 0) or np.linalg.matrix_rank(x - center) < x.shape[1]:
        raise NotIdentifiedError("the covariates cannot be told apart on these rows")
    case = np.ones(stop.shape) if weights is None else weights
    if not np.all((case > 0) & np.isfinite(case)):
        raise ValueError("weights must be positive numbers")
    risk = _risk(start, stop, event, (x - center) / scale, case)
    if risk.tie.max() == 0 and risk.event_rows.size == risk.not_entered_from[0] - risk.left_from[0]:
        raise NotIdentifiedError("everybody under observation had the event at one time: nobody to compare")
    observed = (risk.x * case[:, None])[risk.event_rows].sum(axis=0)
    beta = np.zeros(x.shape[1])
    value, mean, spread, _ = _evaluate(beta, risk)
    at_no_effect = spread.sum(axis=0)
    for _ in range(MOST_STEPS):
        try:
            step = np.linalg.solve(spread.sum(axis=0), observed - risk.event_weight @ mean)
        except np.linalg.LinAlgError:
            raise NotIdentifiedError("the covariates cannot be told apart at the events") from None
        for halving in range(20):
            candidate = beta + step / 2**halving
            if np.abs(candidate).max() > RUNS_AWAY:
                raise NotIdentifiedError(SEPARATED)
            new_value, new_mean, new_spread, new_total = _evaluate(candidate, risk)
            if new_value >= value - TOLERANCE * abs(value):
                break
        else:
            raise NotIdentifiedError(_why_not_found(spread.sum(axis=0), at_no_effect))
        change, beta = abs(new_value - value), candidate
        value, mean, spread, total = new_value, new_mean, new_spread, new_total
        if change <= TOLERANCE * max(1.0, abs(value)) and np.abs(step).max() < 1e-6:
            moves = _score_residuals(beta, risk, mean, total, start=start, stop=stop)
            return _answer(
                beta=beta, value=value, mean=mean, spread=spread, moves=moves, risk=risk, scale=scale,
                stop=stop,
            )  # fmt: skip
    raise NotIdentifiedError(_why_not_found(spread.sum(axis=0), at_no_effect))


def _why_not_found(information: Array, at_no_effect: Array) -> str:
    """Tell a likelihood that flattened out on its way to infinity from a search that failed otherwise."""
    left = np.linalg.eigvalsh(information).min() / np.linalg.eigvalsh(at_no_effect).min()
    return SEPARATED if left < FLAT else "the search did not converge"


def _score_residuals(
    beta: Array, risk: _Risk, mean: Array, total: Array, *, start: Array, stop: Array
) -> Array:
    """Each row's part in the score, its weight included, shape (n_rows, p).

    x_i less the mean of the tied events' expectations, where the row ends in an event, less the sum over the
    events at which it is at risk of its expected part (Therneau & Grambsch 2000, Modeling Survival Data,
    sect. 4.6); at Efron's l-th of d tied events those that have the event count with 1 - l / d.
    """
    linear = risk.x @ beta
    size = np.bincount(risk.tie)
    hazard = risk.event_weight / total
    parts = np.column_stack([hazard, hazard[:, None] * mean])
    whole, taken, expected = (np.zeros((size.size, parts.shape[1])) for _ in range(3))
    np.add.at(whole, risk.tie, parts)
    np.add.at(taken, risk.tie, parts * risk.done[:, None])
    np.add.at(expected, risk.tie, np.column_stack([np.ones(risk.tie.size), mean]))
    times = stop[risk.event_rows][np.cumsum(size) - 1]
    passed = np.concatenate([np.zeros((1, parts.shape[1])), np.cumsum(whole, axis=0)])
    exposed = passed[np.searchsorted(times, stop, "right")] - passed[np.searchsorted(times, start, "right")]
    exposed[risk.event_rows] -= taken[risk.tie]
    residual = -np.exp(linear - linear.max())[:, None] * (exposed[:, :1] * risk.x - exposed[:, 1:])
    residual[risk.event_rows] += risk.x[risk.event_rows] - (expected[:, 1:] / size[:, None])[risk.tie]
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


def _answer(
    *,
    beta: Array,
    value: float,
    mean: Array,
    spread: Array,
    moves: Array,
    risk: _Risk,
    scale: Array,
    stop: Array,
) -> CoxFit:
    """Undo the scaling; average the tied events' expectations for the residuals."""
    size = np.bincount(risk.tie)
    tied_mean = np.zeros((size.size, beta.size))
    np.add.at(tied_mean, risk.tie, mean)
    inverse = np.linalg.inv(spread.sum(axis=0))
    return CoxFit(
        beta=beta / scale,
        covariance=inverse / np.outer(scale, scale),
        influence=moves @ inverse / scale,
        log_likelihood=value,
        event_ranks=stats.rankdata(stop)[risk.event_rows],
        residuals=(risk.x[risk.event_rows] - (tied_mean / size[:, None])[risk.tie]) * scale,
        weights=spread * np.outer(scale, scale),
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
