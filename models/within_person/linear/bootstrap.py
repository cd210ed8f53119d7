"""Bootstrap of persons: refit on resampled people, from their sums alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.within_person.engine import Engine, choose
from models.within_person.linear.fit import fit, optimum, start_of
from models.within_person.linear.linear_fit import Covariance, LinearFit, Method
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.scaled_sums import WORTH_COMPILING, ScaledSums, scaled, triangle
from models.within_person.linear.scoring import STATIONARY, Optimum

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonBootstrap:
    """Refits on resampled persons; replicates that gave no estimate are left out and counted.

    `beta` (n, p), `random_covariance` (n, q, q) and `residual_variance` (n,) of the n that did; `refused`
    counts those that did not converge or were not identified.
    """

    names: tuple[str, ...]
    beta: Array
    random_covariance: Array
    residual_variance: Array
    refused: int
    estimate: LinearFit

    def covariance(self) -> Array:
        """Covariance of the coefficients over the replicates; (p, p)."""
        return np.atleast_2d(np.cov(self.beta, rowvar=False))

    def interval(self, contrast: Array, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval of a contrast (p,) of the coefficients."""
        low, high = np.quantile(self.beta @ np.asarray(contrast), [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)


def person_bootstrap(
    sums: PersonSums,
    n: int,
    seed: int,
    *,
    method: Method = "reml",
    structure: Covariance = "full",
    engine: Engine = "auto",
) -> PersonBootstrap:
    """Draw as many persons as there are, with replacement, `n` times, and refit each time.

    A person drawn twice counts as two persons. Predictors stay as they are in `sums`: a between-person
    column is not centered again on the drawn persons, which moves the intercept alone.

    Parameters
    ----------
    sums : PersonSums
        Cross-products by person.
    n : int
        Replicates; 1,000 or more for a 95% percentile interval.
    seed : int
        Of the random numbers; the same seed gives the same replicates.

    Raises
    ------
    NotIdentifiedError
        The sums themselves give no fit, or no replicate does.

    References
    ----------
    Davison & Hinkley 1997, Bootstrap Methods and their Application, section 3.8 (the top level resampled).
    """
    if n < 1:
        raise ValueError("a bootstrap needs at least one replicate")
    engine = choose(engine, rows=n * sums.n_rows.size, worth_it=WORTH_COMPILING)
    estimate = fit(sums, method=method, structure=structure, engine=engine)
    if estimate.outcome == "not converged":
        raise NotIdentifiedError("the fit of all persons did not converge")
    ready = scaled(sums, structure, engine)
    start = start_of(ready, estimate)
    random = np.random.default_rng(seed)
    people = sums.n_rows.size
    beta, spread, residual, refused = [], [], [], 0
    for _ in range(n):
        copies = np.bincount(random.integers(0, people, people), minlength=people).astype(np.float64)
        drawn = resampled(ready, sums, copies)
        try:
            found = optimum(drawn, method=method, start=start, copies=copies, done=STATIONARY)
        except NotIdentifiedError:
            refused += 1
            continue
        if not found.converged:
            refused += 1
            continue
        estimates = _raw(ready, found)
        beta.append(estimates[0])
        spread.append(estimates[1])
        residual.append(estimates[2])
    if not beta:
        raise NotIdentifiedError("no resampling of the persons gave an estimate")
    return PersonBootstrap(
        names=sums.names, beta=np.array(beta), random_covariance=np.array(spread),
        residual_variance=np.array(residual), refused=refused, estimate=estimate,
    )  # fmt: skip


def resampled(ready: ScaledSums, sums: PersonSums, copies: Array) -> ScaledSums:
    """Totals and counts of the persons taken `copies` (n_people,) times each; their own sums stay."""
    total = (copies @ sums.products)[triangle(ready.p + 1)]
    return replace(
        ready, total=ready.w_map.T @ total @ ready.w_map, n_rows=int(copies @ sums.n_rows),
        n_people=int(copies.sum()),
    )  # fmt: skip


def _raw(ready: ScaledSums, found: Optimum) -> tuple[Array, Array, float]:
    """Coefficients, covariance of the person effects and residual variance in the units of the columns."""
    residual = found.point.residual * ready.y_scale**2
    covariance = ready.z_back @ found.d @ ready.z_back.T * residual
    return ready.beta_shift + ready.y_scale * ready.x_back @ found.point.beta, covariance, residual
