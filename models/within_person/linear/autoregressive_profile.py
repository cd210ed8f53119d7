"""The profile of the likelihood by the correlation of neighboring days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.within_person.engine import Engine
from models.within_person.linear.autoregressive_score import Best, deviance_slope
from models.within_person.linear.fit import deviance, fit, optimum, start_of
from models.within_person.linear.gapped_rows import GappedRows, Whitened, whiten
from models.within_person.linear.linear_fit import Covariance, LinearFit, Method
from models.within_person.linear.scaled_sums import scaled
from models.within_person.linear.scoring import DONE, SAME_SIZE

Array = NDArray[np.float64]

ROUGH: Final = 1e-2  # the same where only the height matters: the deviance is known to about that
INSIDE: Final = 1e-4  # smallest variance over the residual one (unit columns) that is plainly not zero
AHEAD: Final = 1.5  # distances between two correlations that the line through their variances is trusted for


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The best model at one correlation (over `unit` days): deviance, infinite where none was found."""

    at: float
    deviance: float
    slope: float
    best: Best | None
    evaluations: int
    exact: bool


class Profile:
    """The deviance by correlation, the other parameters at their best for each, started from the nearest.

    `hints` are points of like rows to start from before there are own ones.
    """

    def __init__(
        self, rows: GappedRows, *, method: Method, structure: Covariance, engine: Engine,
        hints: tuple[Peak, ...] = (),
    ) -> None:  # fmt: skip
        self.rows, self.method, self.structure, self.engine = rows, method, structure, engine
        self.points: list[Peak] = []
        self.hints = hints
        self.evaluations = 0

    def __call__(self, at: float, *, exact: bool = True) -> Peak:
        """Fit at one correlation; remembered. Where not `exact` the deviance is good to about 0.01."""
        known = next((point for point in self.points if point.at == at), None)
        if known is not None and (known.exact or not exact):
            return known
        point = self._fitted(at, exact=exact)
        if known is not None:
            self.points.remove(known)
        self.evaluations += point.evaluations
        self.points.append(point)
        return point

    @property
    def lowest(self) -> Peak:
        """The lowest deviance seen."""
        return min(self.points, key=lambda point: point.deviance)

    def settle(self, at: float) -> LinearFit:
        """Fit at one correlation; near a boundary of the variances by `fit`, which names what is singular.

        Raises
        ------
        NotIdentifiedError
            There is no answer at that correlation.
        """
        point = self(at)
        if point.best and np.linalg.eigvalsh(point.best.relative)[0] > INSIDE:
            return self._as_fit(point.best, -0.5 * point.deviance)
        sums = whiten(self.rows, at).sums
        for start in (None if point.best is None else self._as_fit(point.best), None):
            found = fit(sums, method=self.method, structure=self.structure, engine=self.engine, start=start)
            self.evaluations += found.evaluations
            if found.outcome != "not converged":
                return found
        raise NotIdentifiedError("the person effects cannot be told apart at the best correlation of days")

    def _start(self, at: float) -> Best | None:
        """Go on from the nearest correlation, along the line through the two nearest of these rows."""
        own = sorted((point for point in self.points if point.best), key=lambda point: abs(point.at - at))
        near = min((*own[:1], *self.hints), key=lambda point: abs(point.at - at), default=None)
        if near is None or near.best is None:
            return None
        if own and near is own[0] and len(own) > 1 and own[1].best is not None:
            share = (at - near.at) / (own[1].at - near.at)
            ahead = near.best.relative + share * (own[1].best.relative - near.best.relative)
            if abs(share) < AHEAD and np.linalg.eigvalsh(ahead)[0] > INSIDE:
                return replace(near.best, relative=ahead)
        return near.best

    def _fitted(self, at: float, *, exact: bool) -> Peak:
        start, white = self._start(at), whiten(self.rows, at)
        done, evaluations = DONE if exact else ROUGH, 0
        try:
            ready = scaled(white.sums, self.structure, self.engine)
            begin = start_of(ready, None if start is None else self._as_fit(start))
            found = optimum(ready, method=self.method, start=begin, done=done)
            evaluations = found.evaluations
        except NotIdentifiedError:
            if at == 0.0:
                raise  # with independent residuals too: the model itself is at fault
        if not evaluations or found.distance > max(done, SAME_SIZE):
            return Peak(at=at, deviance=np.inf, slope=np.nan, best=None, evaluations=evaluations, exact=True)
        point, back = found.point, ready.x_back
        best = Best(
            relative=ready.z_back @ found.d @ ready.z_back.T, residual=point.residual * ready.y_scale**2,
            beta=ready.beta_shift + ready.y_scale * back @ point.beta, inverse=back @ point.inverse @ back.T,
        )  # fmt: skip
        return self._peak(at, white, best, deviance(ready, point, self.method), evaluations, exact=exact)

    def _peak(
        self, at: float, white: Whitened, best: Best, height: float, evaluations: int, *, exact: bool
    ) -> Peak:
        return Peak(
            at=at, deviance=height, best=best, evaluations=evaluations, exact=exact,
            slope=deviance_slope(self.rows, white, best, self.method),
        )  # fmt: skip

    def _as_fit(self, best: Best, log_likelihood: float = np.nan) -> LinearFit:
        return LinearFit(
            names=self.rows.names, beta=best.beta, covariance=best.residual * best.inverse,
            random=self.rows.random, random_covariance=best.residual * best.relative,
            residual_variance=best.residual, log_likelihood=log_likelihood, method=self.method,
            structure=self.structure, outcome="converged", note="", n_rows=self.rows.n_rows,
            n_people=self.rows.n_people, evaluations=0,
        )  # fmt: skip
