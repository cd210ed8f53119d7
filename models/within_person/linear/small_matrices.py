"""Factors of matrices of a few rows, straight from LAPACK: the checks of numpy.linalg cost ten times that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotri, dsyev, dtrtri

Array = NDArray[np.float64]


def cholesky(a: Array) -> Array:
    """Lower triangular L with L L' = a; (n, n).

    Raises
    ------
    numpy.linalg.LinAlgError
        `a` is not positive definite.
    """
    lower, failed = dpotrf(a, lower=1)
    if failed or not lower[-1, -1] > 0:  # not a number passes LAPACK
        raise np.linalg.LinAlgError
    return np.asarray(lower)


def triangular_inverse(lower: Array) -> Array:
    """Inverse of a lower triangular matrix without zeros on its diagonal; (n, n)."""
    return np.asarray(dtrtri(lower, lower=1)[0])


def inverse_of(lower: Array) -> Array:
    """Inverse of L L', symmetric; (n, n)."""
    half = np.tril(dpotri(lower, lower=1)[0])
    full: Array = half + half.T
    full.ravel()[:: lower.shape[0] + 1] = half.diagonal()
    return full


def eigenvalues(a: Array) -> Array:
    """Eigenvalues of a symmetric matrix, ascending; (n,)."""
    return np.asarray(dsyev(a, compute_v=0)[0])
