"""Augmented inverse probability weighting with cross-fitted outcome models, for three target populations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.comparison.cross_fitting import FoldedRows, folded_rows, without_each_fold
from models.comparison.penalized_regression import Family, predict
from models.comparison.weights import TARGETS, Target, weights
from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
FoldedArms = tuple[FoldedRows, FoldedRows]  # of clinical and of social programs
FOLDS: Final = 5
PENALTY: Final = 10.0  # of a standardized coefficient of an outcome model
LEAST_OF_A_KIND: Final = 5  # people with and without the outcome in each arm: fewer carry no comparison
TERMS: Final[dict[Target, str]] = {
    "ate": "social_minus_clinical",
    "att": "social_minus_clinical_among_social",
    "overlap": "social_minus_clinical_overlap",
}
LOG_ODDS: Final = "log_odds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Estimates (k,) called `names`, and each person's `influence` (n, k) on them, which has mean zero.

    `slopes` (n, k) are n times the derivatives of the estimates in each person's outcome, models as fitted.

    Names: social and clinical, the mean outcome if everybody had entered a program of that kind; `TERMS`,
    the differences; and for shares `LOG_ODDS`, the log of the odds ratio of the first two.
    """

    names: tuple[str, ...]
    estimates: Array
    influence: Array
    slopes: Array


def folds(program: NDArray[Any], *, seed: int | Sequence[int], n_folds: int = FOLDS) -> NDArray[np.int64]:
    """Fold (n,) of each person: every program's people are spread evenly over the folds, at random.

    Folds of people, not of programs: the models hold no program of its own, so that what they learn of a
    program's level from others of its people is no more than its people's baseline gives away, while models
    that never saw the program miss its level by more than it deviates, which makes intervals too wide
    (simulated: docs/methods/social_and_clinical.md). The programs' levels enter where they belong: in the
    cluster sums of the influence functions.
    """
    order = np.random.default_rng(seed).permutation(program.size)
    order = order[np.argsort(np.unique(program, return_inverse=True)[1][order], kind="stable")]
    found = np.empty(program.size, dtype=np.int64)
    found[order] = np.arange(program.size) % n_folds
    return found


def folded_arms(design: Array, social: Bools, fold: NDArray[np.int64]) -> FoldedArms:
    """Put the people of either arm, clinical first, in the order of their folds (n,)."""
    codes = np.unique(fold, return_inverse=True)[1].astype(np.int64)
    return folded_rows(design, ~social, codes), folded_rows(design, social, codes)


def expected_outcomes(
    design: Array,
    y: Array,
    social: Bools,
    answered: Bools,
    fold: NDArray[np.int64],
    *,
    family: Family,
    penalty: float = PENALTY,
    starts: dict[bool, Array] | None = None,
    arms: FoldedArms | None = None,
) -> Array:
    """Cross-fitted expected outcome under either kind of program: (2, n), clinical first.

    Each person's is predicted by models fitted to the people of the other folds, apart by arm, so that no
    one's own outcome shapes their prediction (Chernozhukov et al. 2018, Econometrics Journal 21:C1).

    Parameters
    ----------
    design : array (n, 1 + p)
    y : array (n,)
        Outcome; ignored where not `answered`.
    social, answered : arrays (n,) of bool
    fold : array (n,)
        As of `folds`.
    starts : dict, optional
        Coefficients (folds, 1 + p) by arm to begin from; replaced by those found.
    arms : FoldedArms, optional
        As of `folded_arms`, where they are known already.

    Raises
    ------
    NotIdentifiedError
        A fold's complement has nobody of an arm with an answer; no convergence.
    """
    found = np.empty((2, y.size))
    known = {} if starts is None else starts
    rows = arms or folded_arms(design, social, fold)
    for arm in (False, True):
        beta = without_each_fold(rows[arm], y, answered, family=family, penalty=penalty, start=known.get(arm))
        known[arm] = beta
        for one in rows:
            for own, low, high in zip(beta, one.edges[:-1], one.edges[1:], strict=True):
                found[int(arm), one.place[low:high]] = predict(one.x[low:high], own, family)
    return found


def doubly_robust(
    y: Array,
    social: Bools,
    score: Array,
    expected: Array,
    *,
    answered: Bools | None = None,
    chance: Array | None = None,
    family: Family,
) -> Compared:
    """Compare the arms by augmented inverse probability weighting.

    Estimand of a target population with share t(x) of the people at x: E[t (Y(1) - Y(0))] / E[t]; t = 1
    everybody (ATE), t = e(x) the people of social programs (ATT), t = e (1 - e) the overlap (ATO). Formula,
    for each arm a: mean_t of m_a(x) + sum w_a (Y - m_a(x)) / sum w_a, with w_1 = A / e, A, A (1 - e) and
    w_0 = (1 - A) / (1 - e), (1 - A) e / (1 - e), (1 - A) e, each divided by the chance of having been reached
    where outcomes are missing. mean_t weighs people by 1, by A, and by (A - e)^2: the last has expectation
    e (1 - e) and makes the estimate of the ATO insensitive to small errors of the score, of which t is made.
    (Robins, Rotnitzky & Zhao 1994, Journal of the American Statistical Association 89:846; weights summing to
    one within arms: Kang & Schafer 2007, Statistical Science 22:523; the efficient influence functions:
    Hirano, Imbens & Ridder 2003, Econometrica 71:1161; Crump et al. 2006, NBER TWP 330.)

    Consistent for ATE and ATT where the score or the outcome models are right, for the ATO where the score
    is. Influence function of an arm: t (m_a - mean_t) / mean(t) + w_a (Y - m_a - mean_w) / mean(w_a). To
    first order it accounts for the estimated score and outcome models, whose errors enter as products.

    Parameters
    ----------
    y, score : arrays (n,)
        Outcome (ignored where not answered), propensity score.
    social : array (n,) of bool
    expected : array (2, n)
        As of `expected_outcomes`.
    answered : array (n,) of bool, optional
        Who has an outcome; all without it.
    chance : array (n,), optional
        Chance of having an outcome, in the person's own arm.
    family : "logistic" or "linear"
        With "logistic" the outcome is a yes or no, and the odds ratio is given.

    Raises
    ------
    NotIdentifiedError
        Too few people with an outcome, or with either answer, in an arm; or a mean outside 0 to 1.
    """
    has = np.ones(y.size, dtype=bool) if answered is None else answered
    check_outcome(y, social, has, family=family)
    reach = has if chance is None else has / chance
    ipw = dict.fromkeys(TARGETS, reach)
    names: list[str] = []
    estimates: list[float] = []
    influence: list[Array] = []
    slopes: list[Array] = []
    share = {"ate": np.ones(y.size), "att": social.astype(float), "overlap": (social - score) ** 2}
    for target in TARGETS:
        w = weights(score, social, target) * ipw[target]
        arms = [_arm(y, has & (social == arm), w, expected[int(arm)], share[target]) for arm in (True, False)]
        if target == "ate":
            names += ["social", "clinical"]
            estimates += [mean for mean, _, _ in arms]
            influence += [own for _, own, _ in arms]
            slopes += [slope for _, _, slope in arms]
        names.append(TERMS[target])
        estimates.append(arms[0][0] - arms[1][0])
        influence.append(arms[0][1] - arms[1][1])
        slopes.append(arms[0][2] - arms[1][2])
    if family == "logistic":
        log_odds, rates = _log_odds_ratio(estimates[:2])
        names.append(LOG_ODDS)
        estimates.append(log_odds)
        influence.append(rates[0] * influence[0] - rates[1] * influence[1])
        slopes.append(rates[0] * slopes[0] - rates[1] * slopes[1])
    return Compared(
        names=tuple(names), estimates=np.array(estimates), influence=np.column_stack(influence),
        slopes=np.column_stack(slopes),
    )  # fmt: skip


def unadjusted(y: Array, social: Bools) -> tuple[float, Array]:
    """Difference of plain means, and its influence function (n,); everybody has an outcome."""
    own, means = np.zeros(y.size), []
    for arm, sign in ((social, 1.0), (~social, -1.0)):
        mean = float(y[arm].mean())
        means.append(mean)
        own += sign * np.where(arm, y - mean, 0.0) / float(arm.mean())
    return means[0] - means[1], own


def check_outcome(y: Array, social: Bools, answered: Bools, *, family: Family) -> None:
    """Refuse an outcome that one of the arms hardly has, or hardly lacks, or that does not vary.

    Raises
    ------
    NotIdentifiedError
        Fewer than `LEAST_OF_A_KIND` people with, or without, a yes-or-no outcome in an arm; a number that is
        the same for everybody in an arm, or known of fewer than that many.
    """
    for name, arm in (("social", social & answered), ("clinical", ~social & answered)):
        values = y[arm]
        if values.size < 2 * LEAST_OF_A_KIND:
            raise NotIdentifiedError(
                f"fewer than {2 * LEAST_OF_A_KIND} people of {name} programs have the outcome"
            )
        if family == "logistic":
            if min(float(values.sum()), float((1.0 - values).sum())) < LEAST_OF_A_KIND:
                raise NotIdentifiedError(
                    f"fewer than {LEAST_OF_A_KIND} people of {name} programs with, or without, the outcome"
                )
        elif float(np.ptp(values)) == 0.0:
            raise NotIdentifiedError(f"the outcome does not vary among the people of {name} programs")


def _arm(y: Array, has: Bools, w: Array, expected: Array, share: Array) -> tuple[float, Array, Array]:
    """Mean outcome under one kind of program in the target population, its influence function and slopes."""
    n = y.size
    part = np.where(has, w, 0.0)
    total, people = float(part.sum()), float(share.sum())
    residual = np.where(has, y, 0.0) - expected
    left = float(part @ residual) / total
    base = float(share @ expected) / people
    slope = part * n / total
    return base + left, share * (expected - base) * n / people + slope * (residual - left), slope


def _log_odds_ratio(means: Sequence[float]) -> tuple[float, list[float]]:
    """Log odds ratio of two shares, and the derivative of either log odds in its share (delta method)."""
    if not all(0.0 < mean < 1.0 for mean in means):
        raise NotIdentifiedError("an adjusted share lies outside 0 to 1, so that its odds have no meaning")
    value = np.log(means[0] / (1.0 - means[0])) - np.log(means[1] / (1.0 - means[1]))
    return float(value), [1.0 / (mean * (1.0 - mean)) for mean in means]
