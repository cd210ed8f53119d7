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
    proportional-hazards check.
    """

    beta: Array
    covariance: Array
    log_likelihood: float
    event_ranks: Array
    residuals: Array
    weights: Array
    n_rows: int
    n_events: int


@dataclass(frozen=True, slots=True)
class _Risk:
    """Rows sorted for cumulative sums: who has left and who has not yet entered at each event."""

    x: Array
    event_rows: NDArray[np.intp]  # rows that end in an event, in order of time
    left_from: NDArray[np.intp]  # per event, first row (by stop) still under observation
    by_stop: NDArray[np.intp]
    not_entered_from: NDArray[np.intp]  # per event, first row (by start) not yet under observation
    by_start: NDArray[np.intp]
    tie: NDArray[np.intp]  # per event, number of its tie group
    done: Array  # per event, share of its tie group taken out before it (Efron)


def _risk(start: Array, stop: Array, event: NDArray[np.bool_], x: Array) -> _Risk:
    by_stop, by_start = np.argsort(stop, kind="stable"), np.argsort(start, kind="stable")
    rows = by_stop[event[by_stop]]
    times = stop[rows]
    _, tie, size = np.unique(times, return_inverse=True, return_counts=True)
    first = np.concatenate([[0], np.cumsum(size)[:-1]])
    return _Risk(
        x=x, event_rows=rows, by_stop=by_stop, by_start=by_start, tie=tie,
        left_from=np.searchsorted(stop[by_stop], times, side="left"),
        not_entered_from=np.searchsorted(start[by_start], times, side="left"),
        done=(np.arange(times.size) - first[tie]) / size[tie],
    )  # fmt: skip


def _from_end(values: Array, order: NDArray[np.intp], position: NDArray[np.intp]) -> Array:
    """Sum of `values` over `order[position:]`, for each position."""
    total = np.concatenate([np.cumsum(values[order][::-1], axis=0)[::-1], np.zeros((1, *values.shape[1:]))])
    return np.asarray(total[position])


def _evaluate(beta: Array, risk: _Risk) -> tuple[float, Array, Array]:
    """Log partial likelihood, each event's expected covariates (n_events, p), and their variance."""
    linear = risk.x @ beta
    weight = np.exp(linear - linear.max())
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
    value = float((linear[risk.event_rows] - linear.max() - np.log(total)).sum())
    return value, mean, spread


def fit(*, stop: Array, event: NDArray[np.bool_], x: Array, start: Array | None = None) -> CoxFit:
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
    risk = _risk(start, stop, event, (x - center) / scale)
    if risk.tie.max() == 0 and risk.event_rows.size == risk.not_entered_from[0] - risk.left_from[0]:
        raise NotIdentifiedError("everybody under observation had the event at one time: nobody to compare")
    observed = risk.x[risk.event_rows]
    beta = np.zeros(x.shape[1])
    value, mean, spread = _evaluate(beta, risk)
    at_no_effect = spread.sum(axis=0)
    for _ in range(MOST_STEPS):
        try:
            step = np.linalg.solve(spread.sum(axis=0), (observed - mean).sum(axis=0))
        except np.linalg.LinAlgError:
            raise NotIdentifiedError("the covariates cannot be told apart at the events") from None
        for halving in range(20):
            candidate = beta + step / 2**halving
            if np.abs(candidate).max() > RUNS_AWAY:
                raise NotIdentifiedError(SEPARATED)
            new_value, new_mean, new_spread = _evaluate(candidate, risk)
            if new_value >= value - TOLERANCE * abs(value):
                break
        else:
            raise NotIdentifiedError(_why_not_found(spread.sum(axis=0), at_no_effect))
        change, beta = abs(new_value - value), candidate
        value, mean, spread = new_value, new_mean, new_spread
        if change <= TOLERANCE * max(1.0, abs(value)) and np.abs(step).max() < 1e-6:
            return _answer(
                beta=beta, value=value, mean=mean, spread=spread, risk=risk, scale=scale, stop=stop
            )  # fmt: skip
    raise NotIdentifiedError(_why_not_found(spread.sum(axis=0), at_no_effect))


def _why_not_found(information: Array, at_no_effect: Array) -> str:
    """Tell a likelihood that flattened out on its way to infinity from a search that failed otherwise."""
    left = np.linalg.eigvalsh(information).min() / np.linalg.eigvalsh(at_no_effect).min()
    return SEPARATED if left < FLAT else "the search did not converge"


def _answer(
    *, beta: Array, value: float, mean: Array, spread: Array, risk: _Risk, scale: Array, stop: Array
) -> CoxFit:
    """Undo the scaling; average the tied events' expectations for the residuals."""
    size = np.bincount(risk.tie)
    tied_mean = np.zeros((size.size, beta.size))
    np.add.at(tied_mean, risk.tie, mean)
    return CoxFit(
        beta=beta / scale,
        covariance=np.linalg.inv(spread.sum(axis=0)) / np.outer(scale, scale),
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
