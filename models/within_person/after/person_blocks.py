"""Blocks of the packed cross-products by person, as matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.scaled_sums import triangle


def block(sums: PersonSums, left: Sequence[int], right: Sequence[int]) -> Array:
    """Cross-products of the columns `left` with the columns `right`, shape (n_people, left, right).

    Columns are numbered as in the design; the number of coefficients stands for the response.
    """
    blocks: Array = sums.about_zero().products[:, triangle(len(sums.names) + 1)[np.ix_(left, right)]]
    return blocks


def without(sums: PersonSums, left_out: NDArray[np.bool_]) -> PersonSums:
    """Leave out the persons marked, shape (n_people,).

    `log_weights` stays that of all rows: it moves the log-likelihood by a constant and no estimate.
    """
    return replace(sums, products=sums.products[~left_out], n_rows=sums.n_rows[~left_out])


def shrinkage(fit: LinearFit, sums: PersonSums) -> Array:
    """(I + D Z'Z)^-1 D of each person, D = random covariance / residual variance; (n_people, q, q).

    Times the residual variance this is the covariance of a person's effects given their days and beta. D may
    be singular.

    Raises
    ------
    NotIdentifiedError
        The fit did not converge or leaves no residual variance.
    ValueError
        The fit and the sums are not of the same model.
    """
    if fit.names != sums.names or fit.random != sums.random:
        raise ValueError("the fit and the cross-products are not of the same model")
    if fit.outcome == "not converged":
        raise NotIdentifiedError("the model did not converge")
    if not fit.residual_variance > 0.0:
        raise NotIdentifiedError("the model leaves no residual variance")
    relative = fit.random_covariance / fit.residual_variance
    zz = block(sums, fit.random, fit.random)
    shrunk: Array = np.asarray(
        np.linalg.solve(np.eye(len(fit.random)) + relative @ zz, np.broadcast_to(relative, zz.shape))
    )
    return np.asarray((shrunk + shrunk.transpose(0, 2, 1)) / 2.0, dtype=np.float64)
