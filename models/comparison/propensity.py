"""The chance of entering a social program rather than a clinical one, given what was measured at entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.comparison.covariate_columns import Columns, check_cells
from models.comparison.penalized_regression import fit, predict
from models.estimate import MINIMUM_PEOPLE
from models.refusal import NotIdentifiedError
from models.within_person.two_part.checks import check_separation

Array = NDArray[np.float64]
PENALTY: Final = 1.0  # of a standardized coefficient; see docs/methods/social_and_clinical.md
NEARLY_NONE: Final = 1e-6  # penalty that leaves a maximum of the likelihood where it is, if there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Propensity:
    """Fitted chances `score` (n,) of a social program; `design` (n, 1 + p), `beta` (1 + p,), `penalty`.

    `names` (p,) of the design's columns after the constant.
    """

    score: Array
    design: Array
    names: tuple[str, ...]
    beta: Array
    penalty: float


def propensity(
    columns: Columns,
    social: NDArray[np.bool_],
    *,
    penalty: float = PENALTY,
    start: Array | None = None,
    check: bool = True,
) -> Propensity:
    """Fit P(social | baseline) by logistic regression with a weak ridge penalty.

    Estimand: the propensity score (Rosenbaum & Rubin 1983, Biometrika 70:41). Main effects of all baseline
    variables, standardized; the penalty is that of a normal prior with standard deviation 1 on each
    standardized coefficient. Fitted once to everybody: the score sees no outcome, and fitted to everybody
    it also balances what chance has left unequal, which scores fitted on other folds do not.

    Parameters
    ----------
    columns : Columns
        Complete baseline variables of n people.
    social : array (n,) of bool
        Who entered a social program.
    start : array (1 + p,), optional
        Coefficients to begin from.
    check : bool
        Whether empty cells and separation are looked for (once is enough for copies of the same people).

    Raises
    ------
    NotIdentifiedError
        One arm empty or smaller than `MINIMUM_PEOPLE`; an empty cell; separation (the baseline variables
        tell the arms apart without error); no convergence.
    """
    for name, count in (("social", int(social.sum())), ("clinical", int((~social).sum()))):
        if count == 0:
            raise NotIdentifiedError(f"one arm is empty: nobody entered a {name} program")
        if count < MINIMUM_PEOPLE:
            raise NotIdentifiedError(f"fewer than {MINIMUM_PEOPLE} people entered a {name} program")
    y = social.astype(float)
    if check:
        check_cells(columns, social)
        check_separable(y, columns.design, columns.design_names)
    beta = fit(columns.design, y, family="logistic", penalty=penalty, start=start)
    return Propensity(
        score=predict(columns.design, beta, "logistic"), design=columns.design, names=columns.design_names,
        beta=beta, penalty=penalty,
    )  # fmt: skip


def check_separable(y: Array, design: Array, names: tuple[str, ...]) -> None:
    """Refuse a response that a plane through the baseline variables divides (`check_separation`).

    Raises
    ------
    NotIdentifiedError
        Its message begins with separation or quasi-separation and names the variables.
    """
    try:
        beta = fit(design, y, family="logistic", penalty=NEARLY_NONE)
    except NotIdentifiedError:
        beta = np.full(design.shape[1], np.inf)
    far = beta if np.all(np.isfinite(beta)) else np.full(design.shape[1], 1e6)
    check_separation(y, design, far, ("constant", *names))
