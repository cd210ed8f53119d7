"""People's own intercepts and slopes, shrunk: for counts and spread, never published by person."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from models.estimate import LEVEL, MINIMUM_PEOPLE
from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError
from models.within_person.after.person_blocks import block, shrinkage
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.person_sums import PersonSums


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonEffects:
    """Shrunken effects of each person. Not shown when printed: these are values of persons.

    `effects` (n_people, q), deviations from the fixed coefficients, in the order of the sums;
    `covariance` (n_people, q, q) of the true effects given the person's days and beta, as lme4 gives it;
    `gain` (n_people, q, p): how far a change of beta moves the effects, effects' = effects - gain dbeta.
    """

    effects: Array = field(repr=False)
    covariance: Array = field(repr=False)
    gain: Array = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSpread:
    """How people differ in one coefficient; no value of any person.

    `mean` is the fixed coefficient, `sd` the model's standard deviation of people around it, `low` to `high`
    the range that holds 95% of people under the model, `share_positive` the share of people above zero
    under it. `shrunken_sd` is the root mean square of the shrunken effects, `reliability` the mean over
    persons of 1 - Var(effect | days) / sd^2: 1 where days tell a person's value, 0 where they tell nothing.
    """

    name: str
    n_people: int
    mean: float
    sd: float
    low: float
    high: float
    share_positive: float | None
    shrunken_sd: float
    reliability: float | None


def person_effects(fit: LinearFit, sums: PersonSums) -> PersonEffects:
    """Best linear unbiased predictions of people's effects.

    Estimand: E[b_i | y] at the estimated beta and variances, b_i = D Z'V^-1 (y_i - X_i beta) =
    (I + D Z'Z)^-1 D (Z'y - Z'X beta) with D in units of the residual variance; covariance sigma^2
    (I + D Z'Z)^-1 D, which leaves out the uncertainty of beta and of D, as lme4's does (Laird & Ware 1982,
    Biometrics 38:963; Bates et al. 2015, J Stat Softw 67(1)). `predictions` adds that of beta.

    Parameters
    ----------
    fit : LinearFit
        A fit.
    sums : PersonSums
        Those it saw; of a fit with autocorrelated residuals, those of the `whitened` rows.

    Raises
    ------
    NotIdentifiedError
        The fit leaves no residual variance, or did not converge.
    ValueError
        The fit and the sums are not of the same model.
    """
    shrunk = shrinkage(fit, sums)
    p = len(fit.names)
    zx = block(sums, fit.random, range(p))
    rest = block(sums, fit.random, [p])[:, :, 0] - zx @ fit.beta
    return PersonEffects(
        effects=np.einsum("iqr,ir->iq", shrunk, rest),
        covariance=fit.residual_variance * shrunk,
        gain=shrunk @ zx,
    )


def spread(fit: LinearFit, effects: PersonEffects) -> tuple[EffectSpread, ...]:
    """How people differ, one row for each random effect.

    The range and the share above zero come from the normal distribution of the model, mean beta_j and
    variance D_jj (Raudenbush & Bryk 2002, Hierarchical Linear Models, ch. 4), not from the shrunken effects,
    which vary less than people do. They are averages of a distribution and speak of no person.

    Raises
    ------
    NotIdentifiedError
        Fewer than `MINIMUM_PEOPLE` people.
    """
    n_people = effects.effects.shape[0]
    if n_people < MINIMUM_PEOPLE:
        raise NotIdentifiedError(f"fewer than {MINIMUM_PEOPLE} people: their spread is not shown")
    reach = float(stats.norm.ppf(0.5 + LEVEL / 2.0))
    rows = []
    for j, column in enumerate(fit.random):
        mean, variance = float(fit.beta[column]), float(fit.random_covariance[j, j])
        sd = math.sqrt(max(variance, 0.0))
        told = 1.0 - effects.covariance[:, j, j].mean() / variance if variance > 0.0 else None
        rows.append(
            EffectSpread(
                name=fit.names[column], n_people=n_people, mean=mean, sd=sd,
                low=mean - reach * sd, high=mean + reach * sd,
                share_positive=float(stats.norm.cdf(mean / sd)) if sd > 0.0 else None,
                shrunken_sd=float(np.sqrt((effects.effects[:, j] ** 2).mean())),
                reliability=None if told is None else float(told),
            )
        )  # fmt: skip
    return tuple(rows)
