"""The chance of being reached at a follow-up, given what was measured at entry and the arm."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.comparison.penalized_regression import fit, predict
from models.estimate import MINIMUM_PEOPLE
from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
PENALTY: Final = 10.0  # of a standardized coefficient; see docs/methods/social_and_clinical.md
LEAST_CHANCE: Final = 0.1  # nobody stands for more than ten people who were lost


def chance_of_being_reached(
    design: Array,
    social: NDArray[np.bool_],
    reached: NDArray[np.bool_],
    *,
    penalty: float = PENALTY,
    least: float = LEAST_CHANCE,
    starts: dict[bool, Array] | None = None,
) -> Array:
    """Chance (n,) that a person due is reached, in the person's own arm.

    Estimand: P(reached | baseline, arm), for weights 1 / chance that let those reached stand for those lost
    (Robins, Rotnitzky & Zhao 1995, Journal of the American Statistical Association 90:106; missing at random
    given baseline and arm). A logistic regression in each arm, since people may be lost in another way in
    programs of another kind, with a ridge penalty. Chances below `least` are
    raised to it: a little bias for weights that no single person dominates.

    Parameters
    ----------
    design : array (n, 1 + p)
        The constant and the standardized baseline columns of the people due.
    social, reached : arrays (n,) of bool
    starts : dict, optional
        Coefficients by arm of a like design (another copy's) to begin from; replaced by those found.

    Raises
    ------
    NotIdentifiedError
        Fewer than `MINIMUM_PEOPLE` reached in an arm; no convergence.
    """
    found, known = np.empty(social.size), {} if starts is None else starts
    for which, arm in ((True, social), (False, ~social)):
        if int((arm & reached).sum()) < MINIMUM_PEOPLE:
            raise NotIdentifiedError(
                f"fewer than {MINIMUM_PEOPLE} people of one kind of program were reached with an answer"
            )
        rows, near = design[arm], known.get(which)
        start = near if near is not None and near.size == design.shape[1] else None
        beta = fit(rows, reached[arm].astype(float), family="logistic", penalty=penalty, start=start)
        known[which] = beta
        found[arm] = predict(rows, beta, "logistic")
    return np.maximum(found, least)
