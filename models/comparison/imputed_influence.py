"""Variance of a mean over imputed copies: influence functions that know from whom answers were imputed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.comparison.clusters import influence_inference
from models.comparison.doubly_robust import Compared
from models.inference.coefficients import Array, Inference

LEAST_FREE: Final = 1e-3  # of a person's own residual, for one whom the regression fits whatever they say
PENALTY: Final = 1.0  # of a standardized column of the regression that stands for the imputation model
SPREADS: Final = np.r_[0.0, np.geomspace(1e-4, 1e2, 241)]  # of programs, variance over that within them
RULE: Final = (
    "variance of the mean over {m} imputed copies, by influence functions that count every answer with those "
    "imputed from it (Robins and Wang 2000), and the copies' own spread over {m}"
)


def imputed_inference(
    found: Sequence[Compared],
    *,
    design: Array,
    by_arm: Sequence[int] = (),
    filled: Array,
    answered: NDArray[np.bool_],
    social: NDArray[np.bool_],
    program: NDArray[Any],
) -> Inference:
    """Mean of the estimates of m imputed copies, with its variance.

    Estimand: the variance of the mean over copies. Rubin's T = W + (1 + 1/m) B adds the variance of complete
    data to that between copies; where the imputation model tells more than the analysis uses, as a regression
    does whose predictions replace weighted answers, T is too large (Meng 1994, Statistical Science 9:538;
    Robins & Wang 2000, Biometrika 87:113). Here each person's influence is psi, the mean over the copies,
    plus, for those with an answer, what the answers imputed from theirs do to the estimate: x_j' M^-1 s r_j
    with s = sum over those imputed of slope_i x_i, slope_i the derivative of the estimate in i's answer, and
    M = X'X of those with an answer. This takes imputed answers for predictions of a linear regression on the
    arm, baseline and its products with the arm as in the imputation model, and of the program's level,
    shrunken as a random intercept: the residual r_j leaves out the part of that level which the copies show
    already. How much they show is read off the copies (`_levels_shown`): they are drawn with a spread of
    programs that is never zero, while one worked out from the residuals often is; the levels of those imputed
    would then count twice, and errors were 5% too long in simulated collaboratives. Residuals of a regression
    are smaller than its errors, the more so the fewer the answers beside its columns: each is divided by
    sqrt(1 - h), h its leverage, which restores their variance (the HC2 of MacKinnon & White 1985, Journal of
    Econometrics 29:305; leave-one-out residuals, by 1 - h, overstate it).
    Programs are the clusters of the sum (`influence_inference`). The variance is that of the mean of
    m draws: the linearized one + B / m.

    Degrees of freedom: the clusters' of the linearized part, and m - 1 of the small rest (Satterthwaite).

    Parameters
    ----------
    found : sequence of Compared
        Of the copies, the same people in the same order.
    design : array (n, 1 + p)
        The constant and the standardized baseline columns (of one copy).
    by_arm : sequence of int
        Columns of `design` whose effect the imputation model lets differ by arm.
    filled : array (n,)
        Outcome; where it is not `answered`, its mean over the copies.
    answered, social : arrays (n,) of bool
    program : array (n,)

    Raises
    ------
    NotIdentifiedError
        As `influence_inference`.
    """
    m, names = len(found), found[0].names
    estimates = np.stack([one.estimates for one in found])
    influence = np.mean([one.influence for one in found], axis=0)
    slopes = np.mean([one.slopes for one in found], axis=0)
    arm = social.astype(float) - 0.5
    x = np.column_stack([design[:, 0], arm, design[:, 1:], arm[:, None] * design[:, [*by_arm]]])
    influence += _passed_on(x, filled, answered, program, slopes)
    linear = influence_inference(names, estimates.mean(axis=0), influence, program, social.astype(np.int8))
    rest = np.cov(estimates, rowvar=False, ddof=1).reshape(len(names), len(names)) / m

    def df(contrast: Array) -> float:
        own, drawn = (float(contrast @ part @ contrast) for part in (linear.covariance, rest))
        squares = own**2 / linear.df(contrast) + drawn**2 / (m - 1)
        return (own + drawn) ** 2 / squares if squares > 0.0 else 0.0

    return Inference(
        names=names, beta=linear.beta, covariance=linear.covariance + rest, df=df,
        rule=f"{RULE.format(m=m)}; {linear.rule}",
    )  # fmt: skip


def _passed_on(
    x: Array, filled: Array, answered: NDArray[np.bool_], program: NDArray[Any], slopes: Array
) -> Array:
    """Tell what the answers imputed from each person's do to the estimates: (n, k), 0 for those imputed."""
    told = np.zeros((len(filled), slopes.shape[1]))
    if answered.all():
        return told
    given = x[answered]
    ridge = np.r_[0.0, 0.0, np.full(x.shape[1] - 2, PENALTY)]
    gram = given.T @ given + np.diag(ridge)
    away = filled - x @ np.linalg.solve(gram, given.T @ filled[answered])
    leverage = np.einsum("ij,ij->i", given @ np.linalg.inv(gram), given)
    away[answered] /= np.sqrt(np.maximum(1.0 - leverage, LEAST_FREE))
    code = np.unique(program, return_inverse=True)[1]
    residual = away[answered] - _levels_shown(away, answered, code)[code[answered]]
    needed = x[~answered].T @ slopes[~answered]
    told[answered] = residual[:, None] * (given @ np.linalg.solve(gram, needed))
    return told


def _levels_shown(away: Array, answered: NDArray[np.bool_], code: NDArray[np.intp]) -> Array:
    """Levels (programs,) that the copies show in those imputed, of programs 0, 1, ... by `code` (n,).

    With n_p answers whose residuals have the mean r_p, a random intercept is q n_p r_p / (1 + q n_p), q the
    variance between programs over that within. q is that by which these levels come closest to what those
    imputed deviate by (`away`, n) from the regression, on average in their program: least squares, programs
    weighing as many as were imputed in them.
    """
    programs = int(code.max()) + 1
    given, lost = (np.bincount(code[one], minlength=programs).astype(float) for one in (answered, ~answered))
    known, shown = (
        np.bincount(code[one], weights=away[one], minlength=programs) / np.maximum(count, 1.0)
        for one, count in ((answered, given), (~answered, lost))
    )
    levels = SPREADS[:, None] * given / (1.0 + SPREADS[:, None] * given) * known
    return np.asarray(levels[np.argmin((levels - shown) ** 2 @ lost)])
