"""The profile of the likelihood by the correlation of neighboring days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.within_person.engine import Engine
from models.within_person.linear.autoregressive_score import Best, deviance_slope
from models.within_person.linear.fit import fit
from models.within_person.linear.gapped_rows import GappedRows, Whitened, whiten
from models.within_person.linear.linear_fit import Covariance, LinearFit, Method
from models.within_person.refusal import NotIdentifiedError

Array = NDArray[np.float64]

EXACT: Final = 1e-11  # squared distance from the best variances, in standard errors
ROUGH: Final = 1e-2  # the same where only the height matters: the deviance is known to about that
START: Final = 0.5  # factor of the person effects' covariance before anything is known
OFF_THE_EDGE: Final = 1e-4  # added to a variance that another correlation left at zero
QUICK_PEOPLE: Final = 5_000  # beyond, one pass outweighs what a search in one compiled call saves
INSIDE: Final = 1e-4  # smallest variance over the residual one (unit columns) that is plainly not zero
PASSES: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The best model at one correlation (over `unit` days): deviance, infinite where none was found."""

    at: float
    deviance: float
    slope: float
    best: Best | None
    evaluations: int
    exact: bool
    fit: LinearFit | None = None


class Profile:
    """The deviance by correlation, the other parameters at their best for each, started from the nearest.

    Where the compiled engine is asked for by name, the variances of one or two person effects are searched in
    one compiled call, which takes seconds to compile once; what that cannot settle, and all else, goes to
    `fit`.
    """

    def __init__(self, rows: GappedRows, *, method: Method, structure: Covariance, engine: Engine) -> None:
        self.rows, self.method, self.structure, self.engine = rows, method, structure, engine
        self.points: list[Peak] = []
        self.evaluations = 0
        self.quick = engine == "compiled" and len(rows.random) <= 2 and rows.n_people <= QUICK_PEOPLE

    def __call__(self, at: float, *, exact: bool = True) -> Peak:
        """Fit at one correlation; remembered. Where not `exact` the deviance is good to about 0.01."""
        known = next((point for point in self.points if point.at == at), None)
        if known is not None and (known.exact or not exact):
            return known
        if known is not None:
            self.points.remove(known)
        white = whiten(self.rows, at)
        point = self._quick(at, white, exact=exact) if self.quick else None
        point = point or self._thorough(at, white)
        self.evaluations += point.evaluations
        self.points.append(point)
        return point

    @property
    def lowest(self) -> Peak:
        """The lowest deviance seen."""
        return min(self.points, key=lambda point: point.deviance)

    def settle(self, at: float) -> LinearFit:
        """Fit at one correlation; near a boundary of the variances by `fit`, which names what is singular."""
        point = self(at)
        if point.fit is None and point.best and np.linalg.eigvalsh(point.best.relative)[0] > INSIDE:
            return self._as_fit(point.best, -0.5 * point.deviance)
        if point.fit is None:
            point = self._thorough(at, whiten(self.rows, at))
            self.evaluations += point.evaluations
        if point.fit is None:
            raise NotIdentifiedError(
                "the person effects cannot be told apart at the best correlation of days"
            )
        return point.fit

    def _nearest(self, at: float) -> Best | None:
        found = [point for point in self.points if point.best is not None]
        return min(found, key=lambda point: abs(point.at - at)).best if found else None

    def _quick(self, at: float, white: Whitened, *, exact: bool) -> Peak | None:
        from models.within_person.linear.autoregressive_search_kernels import (  # noqa: PLC0415
            score_variances,
        )

        q, p = len(self.rows.random), len(self.rows.names)
        near = self._nearest(at)
        factor: Array = START * np.eye(q)
        if near is not None:
            factor = np.asarray(
                np.linalg.cholesky(near.relative + OFF_THE_EDGE * np.eye(q)), dtype=np.float64
            )
        beta, inverse = np.zeros(p), np.zeros((p, p))
        deviance, residual, distance, evaluations = score_variances(
            white.sums.products, np.asarray(self.rows.random, dtype=np.int64), factor,
            self.structure == "diagonal", self.method == "reml", self.rows.n_rows, EXACT if exact else ROUGH,
            PASSES, beta, inverse,
        )  # fmt: skip
        if not np.isfinite(distance):
            self.evaluations += evaluations
            return None
        best = Best(relative=factor @ factor.T, residual=residual, beta=beta, inverse=inverse)
        return Peak(
            at=at, deviance=deviance - white.sums.log_weights, best=best, evaluations=evaluations,
            exact=exact, slope=deviance_slope(self.rows, white, best, self.method),
        )  # fmt: skip

    def _thorough(self, at: float, white: Whitened) -> Peak:
        near = self._nearest(at)
        start = None if near is None else self._as_fit(near, np.nan)
        try:
            found = fit(
                white.sums, method=self.method, structure=self.structure, engine=self.engine, start=start
            )
        except NotIdentifiedError:
            if at == 0.0:
                raise  # with independent residuals too: the model itself is at fault
            return Peak(at=at, deviance=np.inf, slope=np.nan, best=None, evaluations=0, exact=True)
        if found.outcome == "not converged":
            return Peak(
                at=at, deviance=np.inf, slope=np.nan, best=None, evaluations=found.evaluations, exact=True
            )
        best = Best(
            relative=found.random_covariance / found.residual_variance, residual=found.residual_variance,
            beta=found.beta, inverse=found.covariance / found.residual_variance,
        )  # fmt: skip
        return Peak(
            at=at, deviance=-2.0 * found.log_likelihood, best=best, evaluations=found.evaluations, exact=True,
            slope=deviance_slope(self.rows, white, best, self.method), fit=found,
        )  # fmt: skip

    def _as_fit(self, best: Best, log_likelihood: float) -> LinearFit:
        return LinearFit(
            names=self.rows.names, beta=best.beta, covariance=best.residual * best.inverse,
            random=self.rows.random, random_covariance=best.residual * best.relative,
            residual_variance=best.residual, log_likelihood=log_likelihood, method=self.method,
            structure=self.structure, outcome="converged", note="", n_rows=self.rows.n_rows,
            n_people=self.rows.n_people, evaluations=0,
        )  # fmt: skip
