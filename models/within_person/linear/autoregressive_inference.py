"""Degrees of freedom, a test and an interval where residuals are correlated from day to day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.engine import Engine
from models.within_person.linear.autoregressive_information import (
    AT_ZERO,
    covariance_of_parameters,
    parameters,
    state,
)
from models.within_person.linear.autoregressive_profile import Peak, Profile
from models.within_person.linear.autoregressive_search import LADDER, SUMMIT
from models.within_person.linear.gapped_rows import GappedRows, gapped_rows
from models.within_person.linear.linear_fit import LinearFit

Array = NDArray[np.float64]

CLOSE: Final = 1e-7  # of the correlation at an end of the interval


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationTest:
    """Likelihood-ratio test of independent residuals; `n_pairs` neighbors at the shortest gap carry it."""

    statistic: float
    p_value: float
    n_pairs: int
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationInterval:
    """Values of phi, a day apart, that the likelihood ratio does not reject; `note` names a boundary met."""

    low: float
    high: float
    level: float
    note: str


def autoregressive_inference(fit: LinearFit, rows: ModelRows, *, engine: Engine = "auto") -> Inference:
    """Satterthwaite degrees of freedom that allow for the estimation of the variances and of phi.

    For a contrast l, f = l' C l with C the generalized least squares covariance of beta;
    df = 2 f^2 / (g' A g), g the slope of f in the parameters (factor of the person effects' covariance, log
    residual variance, phi) and A the inverse observed information on them, by central differences of the
    exact slope of the (restricted) deviance. C itself is not enlarged. Person effects without variance, and
    phi at 0, are taken as known.

    Raises
    ------
    NotIdentifiedError
        The fit did not converge, so that it has no information to speak of.

    References
    ----------
    Satterthwaite 1946, Biometrics Bulletin 2:110; Fai & Cornelius 1996, J Stat Comput Simul 54:363;
    Kuznetsova, Brockhoff & Christensen 2017, J Stat Softw 82(13).
    """
    scaled, correlation = _refined(fit, rows, engine)
    residual = fit.residual_variance / scaled.scale.y_scale**2
    relative = scaled.scale.forth(fit.random_covariance) / residual
    at = parameters(relative, residual, scaled.at_unit(correlation), fit.structure)
    spread, left_out = covariance_of_parameters(scaled, at, fit.method)
    here = state(scaled, at, fit.method)
    back = scaled.scale.y_scale * scaled.scale.columns

    def df(contrast: Array) -> float:
        weights = back.T @ np.asarray(contrast, dtype=np.float64)
        variance = float(weights @ here.covariance @ weights)
        if not variance > 0:
            raise ValueError("a contrast needs a coefficient that is not zero")
        slope = np.einsum("a,kab,b->k", weights, here.covariance_slopes, weights)
        return 2.0 * variance**2 / float(slope @ spread @ slope)

    known = "" if at.correlation_moves else "; phi = 0 taken as known"
    if left_out:
        known += f"; {left_out} directions of the variances without information taken as known"
    return Inference(
        names=fit.names, beta=fit.beta, covariance=fit.covariance, df=df,
        rule="t with Satterthwaite degrees of freedom, observed information on the variances and the "
        f"correlation of days ({fit.method.upper()}){known}; the covariance is generalized least squares",
    )  # fmt: skip


def _refined(fit: LinearFit, rows: ModelRows, engine: Engine) -> tuple[GappedRows, float]:
    if fit.correlation is None:
        raise ValueError("the fit has independent residuals; it carries no correlation of days")
    if fit.outcome == "not converged":
        raise NotIdentifiedError(f"the fit did not converge: {fit.note}")
    negative = fit.correlation < 0
    return gapped_rows(rows, structure=fit.structure, negative=negative, engine=engine), fit.correlation


def _at_fit(fit: LinearFit, rows: ModelRows, engine: Engine) -> tuple[Profile, Peak]:
    scaled, correlation = _refined(fit, rows, engine)
    profile = Profile(scaled, method=fit.method, structure=fit.structure, engine=engine)
    return profile, profile(scaled.at_unit(correlation))


def correlation_test(
    fit: LinearFit, rows: ModelRows, *, negative: bool = False, engine: Engine = "auto"
) -> CorrelationTest:
    """Test phi = 0 by the likelihood ratio, which knows that phi >= 0 ends there.

    The statistic is the drop of the (restricted) deviance from independent residuals. Where phi may not be
    negative its null distribution is half a point mass at 0 and half a chi-square with 1 degree of freedom
    (Self & Liang 1987, JASA 82:605, case 5); with `negative`, as the fit must then have been made, the
    chi-square. Near phi = 0 only pairs at the shortest gap speak: with few of them the rule is approximate.
    """
    profile, peak = _at_fit(fit, rows, engine)
    statistic = max(profile(0.0).deviance - peak.deviance, 0.0)
    tail = float(special.chdtrc(1.0, statistic))
    if negative:
        p_value, rule = tail, "chi-square, 1 degree of freedom"
    else:
        at_zero = abs(peak.at) <= AT_ZERO
        p_value, rule = (1.0 if at_zero else 0.5 * tail), "half chi-square with 1 degree of freedom, half 0"
    return CorrelationTest(
        statistic=statistic, p_value=p_value, n_pairs=int(profile.rows.counts[0]),
        rule=f"likelihood ratio, {fit.method.upper()}; {rule}",
    )  # fmt: skip


def correlation_interval(
    fit: LinearFit, rows: ModelRows, *, level: float = 0.95, engine: Engine = "auto"
) -> CorrelationInterval:
    """Profile-likelihood interval of phi, all other parameters refitted at each value.

    The values around the estimate whose (restricted) deviance lies within the chi-square quantile with 1
    degree of freedom (Pinheiro & Bates 2000, section 2.4; Venzon & Moolgavkar 1988, Appl Stat 37:87). An end
    that meets 0 or 1 is that boundary, and `note` says so.
    """
    profile, peak = _at_fit(fit, rows, engine)
    target = peak.deviance + 2.0 * float(special.erfinv(level)) ** 2
    floor = -SUMMIT[-1] if peak.at < 0 else 0.0
    low, low_note = _end(profile, peak, floor, target)
    high, high_note = _end(profile, peak, SUMMIT[-1], target)
    notes = [note for note in (low_note, high_note) if note]
    return CorrelationInterval(
        low=profile.rows.per_day(low), high=profile.rows.per_day(high), level=level, note="; ".join(notes)
    )


def _end(profile: Profile, peak: Peak, bound: float, target: float) -> tuple[float, str]:
    """Walk from the peak toward `bound` until the deviance passes `target`, then find where it does."""
    side = 1.0 if bound == SUMMIT[-1] else -1.0
    grid = sorted(
        {*LADDER, *SUMMIT, *(-at for at in LADDER), *(-at for at in SUMMIT), 0.0}, key=lambda at: side * at
    )
    path = [at for at in grid if side * at > side * peak.at and side * at <= side * bound]
    inside = peak.at
    for outside in path:
        if profile(outside).deviance > target:
            break
        inside = outside
    else:
        edge = float(np.rint(bound))
        return edge, f"the interval reaches the boundary {edge:.0f}"
    goal = np.sqrt(target - peak.deviance)

    def short(at: float) -> float:
        # the root of the rise is nearly straight in the correlation: few steps
        return float(np.sqrt(max(profile(at).deviance - peak.deviance, 0.0)) - goal)

    return float(optimize.brentq(short, inside, outside, xtol=CLOSE)), ""
