"""What the residuals of a linear mixed model say against it, in counts and spread alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from models.estimate import MINIMUM_PEOPLE, Diagnostic
from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError
from models.within_person.after.person_effects import PersonEffects
from models.within_person.after.predictions import with_person_effects
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.linear_fit import LinearFit

SAME_DAY = 1e-6  # days; a gap this close to the lag counts as the lag


@dataclass(frozen=True, slots=True, kw_only=True)
class LagCorrelation:
    """Correlation of residuals exactly `lag` days apart; None where too few people have such a pair.

    `independent` is what the residuals would show on average if days were independent: below zero, because
    each person's level (and slope) was taken from the same days.
    """

    lag: float
    correlation: float | None
    independent: float | None
    n_pairs: int
    n_people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Normality:
    """How far from normal: correlation with the normal quantiles (1 is normal), skewness, excess kurtosis."""

    quantile_correlation: float
    skewness: float
    excess_kurtosis: float
    n: int


def residuals(fit: LinearFit, rows: ModelRows, effects: PersonEffects) -> Array:
    """Standardized residuals given the person effects, (n_rows,); inside use only.

    sqrt(w) (y - X beta - Z b) / sigma: nlme's "pearson" residuals (Pinheiro & Bates 2000, Mixed-Effects
    Models in S and S-PLUS, ch. 5). Of a fit with autocorrelated residuals, pass the whitened rows: nlme's
    "normalized".

    Raises
    ------
    NotIdentifiedError
        The fit leaves no residual variance.
    """
    if not fit.residual_variance > 0.0:
        raise NotIdentifiedError("the model leaves no residual variance")
    rest = rows.y - with_person_effects(fit, rows.x, rows.person, effects)
    return np.asarray(rest * _root_weights(rows) / math.sqrt(fit.residual_variance), dtype=np.float64)


def autocorrelation(
    fit: LinearFit, rows: ModelRows, effects: PersonEffects, *, max_lag: int = 3
) -> tuple[LagCorrelation, ...]:
    """Correlate residuals of the same person 1, 2, ... `max_lag` days apart.

    Estimand: mean of r_j r_k over the pairs exactly that many days apart, over the mean of r^2 (Pinheiro &
    Bates 2000, ch. 5, whose lags count rows; here they count days, so a missing day makes no neighbors).
    `independent` is the same ratio of expectations under independent days: cov(r) = I - Z M Z',
    M = (I + D Z'Z)^-1 D, the estimation of beta left aside.

    Raises
    ------
    NotIdentifiedError
        The rows carry no day, or the fit leaves no residual variance.
    """
    if rows.day is None:
        raise NotIdentifiedError("without the day of each row there is no autocorrelation to look for")
    r = residuals(fit, rows, effects)
    z = rows.x[:, list(fit.random)] * _root_weights(rows)[:, None]
    pulled = np.einsum("nqr,nr->nq", effects.covariance[rows.person] / fit.residual_variance, z)
    mean_square = float((r**2).mean())
    expected_square = float((1.0 - np.einsum("nq,nq->n", z, pulled)).mean())
    answers = []
    for lag, (first, second) in enumerate(_pairs(rows.person, rows.day, max_lag), start=1):
        n_people = int(np.count_nonzero(np.bincount(rows.person[first])))
        enough = n_people >= MINIMUM_PEOPLE and mean_square > 0.0
        answers.append(
            LagCorrelation(
                lag=float(lag), n_pairs=int(first.size), n_people=n_people,
                correlation=float((r[first] * r[second]).mean()) / mean_square if enough else None,
                independent=(
                    -float(np.einsum("nq,nq->n", z[first], pulled[second]).mean()) / expected_square
                    if enough and expected_square > 0.0
                    else None
                ),
            )
        )  # fmt: skip
    return tuple(answers)


def normality(values: Array) -> Normality:
    """Compare values with a normal distribution.

    Quantile correlation: of the sorted values with Blom's normal scores, Phi^-1((i - 3/8) / (n + 1/4))
    (Looney & Gulledge 1985, Am Stat 39:75). Skewness g1 = m3 / m2^1.5 and excess kurtosis g2 = m4 / m2^2 - 3,
    m_k the central moments with divisor n.

    Raises
    ------
    NotIdentifiedError
        Fewer than `MINIMUM_PEOPLE` values, or no spread.
    """
    n = values.size
    if n < MINIMUM_PEOPLE:
        raise NotIdentifiedError(f"fewer than {MINIMUM_PEOPLE} values: their distribution cannot be judged")
    centered = values - values.mean()
    variance = float((centered**2).mean())
    if not variance > 0.0:
        raise NotIdentifiedError("the values have no spread")
    scores = special.ndtri((np.arange(1, n + 1) - 0.375) / (n + 0.25))
    ordered = np.sort(centered)
    return Normality(
        quantile_correlation=float(ordered @ scores / np.sqrt((ordered @ ordered) * (scores @ scores))),
        skewness=float((centered**3).mean()) / variance**1.5,
        excess_kurtosis=float((centered**4).mean()) / variance**2 - 3.0,
        n=n,
    )


def effect_normality(fit: LinearFit, effects: PersonEffects, which: int) -> Normality:
    """Compare the shrunken effects of column `which` of the random ones with a normal distribution.

    Each is divided by its own standard deviation sqrt(D_jj - C_jj), because people with more days are shrunk
    less. Shrinkage itself draws effects toward normal: this sees gross departures only (Verbeke & Lesaffre
    1996, J Am Stat Assoc 91:217).

    Raises
    ------
    NotIdentifiedError
        As `normality`; people's effects do not differ.
    """
    if not fit.random_covariance[which, which] > 0.0:
        raise NotIdentifiedError("people do not differ in this: there are no effects to judge")
    variance = fit.random_covariance[which, which] - effects.covariance[:, which, which]
    told = variance > 1e-9 * fit.random_covariance[which, which]
    return normality(effects.effects[told, which] / np.sqrt(variance[told]))


def residual_diagnostics(
    fit: LinearFit,
    rows: ModelRows,
    effects: PersonEffects,
    *,
    outcome: str,
    population: str,
    max_lag: int = 3,
) -> tuple[Diagnostic, ...]:
    """Collect the checks as diagnostics; one that cannot be made is there with no value, and says why."""
    facts = []

    def add(name: str, value: float | None, detail: str, n_people: int) -> None:
        facts.append(
            Diagnostic(
                outcome=outcome, diagnostic=name, population=population, value=value, detail=detail,
                n_people=n_people,
            )
        )  # fmt: skip

    try:
        for lag in autocorrelation(fit, rows, effects, max_lag=max_lag):
            base = "" if lag.independent is None else f"; independent days would show {lag.independent:.3f}"
            few = f"too few people with such a pair (fewer than {MINIMUM_PEOPLE})"
            apart = "1 day" if lag.lag == 1.0 else f"{lag.lag:.0f} days"
            told = few if lag.correlation is None else f"{lag.n_pairs} pairs{base}"
            add(
                f"residual_correlation_lag_{lag.lag:.0f}", lag.correlation,
                f"correlation of a person's residuals exactly {apart} apart: {told}",
                rows.n_people,
            )  # fmt: skip
    except NotIdentifiedError as reason:
        add("residual_correlation", None, str(reason), rows.n_people)
    for which in range(-1, len(fit.random)):
        what = "residual" if which < 0 else f"{fit.names[fit.random[which]]}_effect"
        try:
            if which < 0:
                found = normality(residuals(fit, rows, effects))
            else:
                found = effect_normality(fit, effects, which)
        except NotIdentifiedError as reason:
            add(f"{what}_normality", None, str(reason), rows.n_people)
            continue
        add(
            f"{what}_normality", found.quantile_correlation,
            f"correlation with normal quantiles, 1 where normal; skewness {found.skewness:.2f}, "
            f"excess kurtosis {found.excess_kurtosis:.2f}", rows.n_people,
        )  # fmt: skip
    return tuple(facts)


def _root_weights(rows: ModelRows) -> Array:
    return np.ones_like(rows.y) if rows.weights is None else np.sqrt(rows.weights)


def _pairs(
    person: NDArray[np.intp], day: Array, max_lag: int
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Find the rows of one person exactly 1, 2, ... `max_lag` days apart: indices, earlier and later."""
    pairs = [(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp))] * max_lag
    for shift in range(1, person.size):
        gap = day[shift:] - day[:-shift]
        within = (person[shift:] == person[:-shift]) & (gap <= max_lag + SAME_DAY)
        if not within.any():  # days rise within a person: no later row can be near enough either
            break
        for lag in range(1, max_lag + 1):
            first = np.flatnonzero(within & (np.abs(gap - lag) <= SAME_DAY))
            earlier, later = pairs[lag - 1]
            pairs[lag - 1] = (np.append(earlier, first), np.append(later, first + shift))
    return pairs
