"""Intervals from the profile likelihood, of coefficients and of variances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.stats import chi2

from models.refusal import NotIdentifiedError
from models.within_person.engine import Engine
from models.within_person.linear.fit import optimum, point_at, start_of
from models.within_person.linear.linear_fit import LinearFit, Method
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.scaled_sums import ScaledSums, about_origin, scaled
from models.within_person.linear.scoring import STATIONARY, lower_factor

Array = NDArray[np.float64]

WIDEST: Final = 60  # doublings of the search before a bound is called out of reach
NEAR_ONE: Final = 1.0 - 1e-9  # correlations are searched for inside this


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviation of a person effect, or of the residual where `effect` is None."""

    effect: str | None


@dataclass(frozen=True, slots=True)
class Correlation:
    """Correlation of two person effects."""

    first: str
    second: str


Parameter = str | Spread | Correlation


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileInterval:
    """Values of a parameter that the likelihood does not rule out at `level`.

    `estimate` is the maximum-likelihood value that the interval is drawn around. A bound is NaN where the
    likelihood rules out nothing in that direction as far as was searched; `note` says so.
    """

    parameter: Parameter
    estimate: float
    low: float
    high: float
    level: float
    method: Method
    note: str = ""


def profile_interval(
    sums: PersonSums,
    fit: LinearFit,
    parameter: Parameter,
    level: float = 0.95,
    *,
    engine: Engine = "auto",
) -> ProfileInterval:
    """Invert the likelihood-ratio test of one parameter, all others at their best for each value.

    The interval holds the values whose deviance exceeds the least by no more than the `level` quantile of
    chi-square on 1 degree of freedom. A coefficient is profiled in the full likelihood, since restricted
    likelihoods of different fixed parts do not compare; a variance in the likelihood of the fit. For a
    variance near zero the chi-square rule is cautious: the lower bound is 0 where zero is not ruled out.

    Parameters
    ----------
    parameter : str, Spread or Correlation
        Name of a coefficient; standard deviation of a person effect or of the residual; correlation of two
        person effects.

    Raises
    ------
    NotIdentifiedError
        The fit did not converge, or the model cannot be fitted at a value that the search needs.
    ValueError
        The fit has no such parameter.

    References
    ----------
    Bates et al. 2015, J Stat Softw 67(1), section 5.1; Venzon & Moolgavkar 1988, Appl Stat 37:87.
    """
    if fit.outcome == "not converged":
        raise NotIdentifiedError("the fit did not converge")
    if fit.correlation is not None:
        raise ValueError("the sums know no correlation of the residuals")
    if not 0 < level < 1:
        raise ValueError("the level lies between 0 and 1")
    ready = scaled(sums, fit.structure, engine)
    method: Method = "ml" if isinstance(parameter, str) else fit.method
    best = optimum(ready, method=method, start=start_of(ready, fit))
    if not best.converged:
        raise NotIdentifiedError("the maximum-likelihood fit did not converge")
    curve = _Curve(ready=ready, method=method, d=best.d, least=best.point.deviance)
    reach = float(np.sqrt(chi2.ppf(level, 1)))
    raw = _raw(ready, best.d, best.point.residual)
    if isinstance(parameter, str):
        j = _place(parameter, fit.names)
        estimate = float(ready.beta_shift[j] + ready.y_scale * ready.x_back[j] @ best.point.beta)
        size = ready.y_scale * float(
            np.sqrt(best.point.residual * ready.x_back[j] @ best.point.inverse @ ready.x_back[j])
        )
        low, high = _search(curve.coefficient(j), estimate, size * reach, reach, (-np.inf, np.inf))
    elif isinstance(parameter, Spread) and parameter.effect is None:
        estimate = float(np.sqrt(best.point.residual) * ready.y_scale)
        size = estimate / np.sqrt(2.0 * ready.n_rows)
        low, high = _search(curve.residual(), estimate, size * reach, reach, (0.0, np.inf))
    else:
        effects = tuple(fit.names[i] for i in fit.random)
        if isinstance(parameter, Spread):
            places: tuple[int, ...] = (_place(str(parameter.effect), effects),)
            estimate = float(np.sqrt(max(raw[places[0], places[0]], 0.0)))
            unit = float(
                np.sqrt(best.point.residual) * ready.y_scale * np.linalg.norm(ready.z_back[places[0]])
            )
            step, bounds = max(0.3 * estimate, 0.01 * unit), (0.0, np.inf)
        else:
            if fit.structure == "diagonal":
                raise ValueError("the person effects are uncorrelated in this fit")
            places = (_place(parameter.first, effects), _place(parameter.second, effects))
            sizes = np.sqrt(np.diag(raw))
            if not np.all(sizes[list(places)] > 0):
                raise NotIdentifiedError("an effect without variance has no correlation")
            estimate = float(raw[places[0], places[1]] / np.prod(sizes[list(places)]))
            step, bounds = 0.2, (-NEAR_ONE, NEAR_ONE)
        if 0 not in places:  # the person's intercept may be meant among the rows, not far from them
            curve.ready = about_origin(ready, sums.origin)
            raw = _raw(curve.ready, best.d, best.point.residual)
        low, high = _search(curve.variance(places, raw, best.point.residual), estimate, step, reach, bounds)
    missing = [side for side, value in (("lower", low), ("upper", high)) if np.isnan(value)]
    return ProfileInterval(
        parameter=parameter, estimate=estimate, low=low, high=high, level=level, method=method,
        note=f"no {' and no '.join(missing)} bound: the likelihood stays flat" if missing else "",
    )  # fmt: skip


def _place(name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        raise ValueError(f"the fit has no parameter of {name}")
    return names.index(name)


def _raw(ready: ScaledSums, d: Array, residual: float) -> Array:
    """Covariance of the person effects in the units of the columns (q, q)."""
    return np.asarray(ready.z_back @ d @ ready.z_back.T * (residual * ready.y_scale**2))


def _search(
    rise: Callable[[float], float], estimate: float, step: float, reach: float, bounds: tuple[float, float]
) -> tuple[float, float]:
    """Where the root of the deviance's rise reaches `reach`, below and above the estimate."""
    found = []
    for sign, bound in ((-1.0, bounds[0]), (1.0, bounds[1])):
        if sign * (bound - estimate) <= 1e-9:  # the estimate lies on the bound
            found.append(float(np.sign(bound)))
            continue
        inner, outer = estimate, estimate + sign * step
        answer = None
        for _ in range(WIDEST):
            outer = min(max(outer, bounds[0]), bounds[1])
            if np.sqrt(max(rise(outer), 0.0)) >= reach:
                answer = float(
                    optimize.brentq(
                        lambda value: np.sqrt(max(rise(value), 0.0)) - reach,
                        inner,
                        outer,
                        xtol=1e-9 * step,
                        rtol=1e-10,
                    )
                )
                break
            if outer == bound:
                answer = float(np.sign(bound))  # 0 of a standard deviation, -1 or 1 of a correlation
                break
            inner, outer = outer, estimate + 2.0 * (outer - estimate)
        found.append(float("nan") if answer is None else answer)
    return found[0], found[1]


@dataclass(slots=True, kw_only=True)
class _Curve:
    """Rise of the deviance over its least value as one parameter is held; `d` is where the last one ended."""

    ready: ScaledSums
    method: Method
    d: Array
    least: float

    def coefficient(self, j: int) -> Callable[[float], float]:
        ready = self.ready

        def rise(value: float) -> float:
            held = (ready.y_scale * ready.x_back[j], value - float(ready.beta_shift[j]))
            return self._rise(held=held)

        return rise

    def residual(self) -> Callable[[float], float]:
        return lambda value: self._rise(residual=max(value / self.ready.y_scale, 1e-12) ** 2)

    def _rise(self, *, held: tuple[Array, float] | None = None, residual: float | None = None) -> float:
        start = self.d + np.eye(self.ready.q) * 1e-7
        found = optimum(
            self.ready, method=self.method, start=start, held=held, residual=residual, done=STATIONARY
        )
        if not found.converged:
            raise NotIdentifiedError("the model could not be fitted with the parameter held")
        self.d = found.d
        return found.point.deviance - self.least

    def variance(self, places: tuple[int, ...], raw: Array, residual: float) -> Callable[[float], float]:
        """Hold a standard deviation (one place) or a correlation (two) of the raw person effects."""
        model = _HeldVariance.at(self.ready, self.method, places, raw, residual)

        def rise(value: float) -> float:
            return model.least(value) - self.least

        return rise


@dataclass(slots=True, kw_only=True)
class _HeldVariance:
    """The deviance in the factor of the raw covariance, whose first row or rows hold the parameter.

    The covariance is `unit` R R' `unit` after putting the held effects first; R is lower triangular and
    `values` its free entries, then log(sigma^2) last.
    """

    ready: ScaledSums
    method: Method
    order: NDArray[np.intp]
    correlated: bool
    unit: Array
    values: Array

    @classmethod
    def at(
        cls, ready: ScaledSums, method: Method, places: tuple[int, ...], raw: Array, residual: float
    ) -> _HeldVariance:
        q = ready.q
        order = np.array([*places, *(i for i in range(q) if i not in places)], dtype=np.intp)
        unit = np.linalg.norm(ready.z_back, axis=1)[order] * ready.y_scale
        own = raw[np.ix_(order, order)] / np.outer(unit, unit)
        factor = lower_factor(own + 1e-6 * np.eye(q))
        model = cls(ready=ready, method=method, order=order, correlated=len(places) == 2, unit=unit,
                    values=np.zeros(0))  # fmt: skip
        free = [factor[u, w] for u, w in model._entries()]
        if model.correlated:
            free[:2] = np.log([np.linalg.norm(factor[0]), np.linalg.norm(factor[1])])
        model.values = np.array([*free, np.log(residual)])
        return model

    def _entries(self) -> list[tuple[int, int]]:
        """Entries of R that are free; of two correlated effects, first the two standard deviations."""
        q = self.ready.q
        full = self.ready.structure == "full"
        first = 2 if self.correlated else 1
        head = [(0, 0), (1, 1)] if self.correlated else []
        return head + [(u, w) for u in range(first, q) for w in range(u + 1) if full or u == w]

    def _factor(self, value: float, free: Array) -> tuple[Array, Array]:
        """R (q, q) and its derivative in each free value (n, q, q)."""
        q, entries = self.ready.q, self._entries()
        factor, slopes = np.zeros((q, q)), np.zeros((len(entries), q, q))
        for index, (u, w) in enumerate(entries):
            factor[u, w], slopes[index, u, w] = free[index], 1.0
        if self.correlated:
            one, two = np.exp(free[:2])
            rest = np.sqrt(1.0 - value**2)
            factor[0, 0], factor[1, 0], factor[1, 1] = one, value * two, rest * two
            slopes[:2] = 0.0
            slopes[0, 0, 0], slopes[1, 1, 0], slopes[1, 1, 1] = one, value * two, rest * two
        else:
            factor[0, 0] = value / self.unit[0]
        return factor, slopes

    def _deviance(self, values: Array, held: float) -> tuple[float, Array]:
        """Deviance and its slope in the free values, by the chain rule through D = covariance / sigma^2."""
        ready = self.ready
        factor, slopes = self._factor(held, values[:-1])
        residual = float(np.exp(values[-1]))
        back = np.linalg.inv(ready.z_back)[:, self.order] * (self.unit / ready.y_scale)
        turned = back @ factor / np.sqrt(residual)
        d = turned @ turned.T
        point = point_at(ready, lower_factor(d), self.method, residual=residual)
        df = ready.n_rows - ready.p if self.method == "reml" else ready.n_rows
        inner = 2.0 * back.T @ point.slope @ back @ factor / residual
        in_free = np.einsum("nab,ab->n", slopes, inner)
        in_log = df - point.rest / residual - float(np.sum(point.slope * d))
        return point.deviance, np.append(in_free, in_log)

    def least(self, held: float) -> float:
        """Least deviance with the parameter at `held`."""
        found = optimize.minimize(
            self._deviance,
            self.values,
            args=(held,),
            jac=True,
            method="BFGS",
            options={"gtol": 1e-6, "maxiter": 300},
        )
        slope = float(np.abs(found.jac).max())
        if slope > 1e-2:
            raise NotIdentifiedError("the model could not be fitted with the parameter held")
        self.values = np.asarray(found.x)
        return float(found.fun)
