"""Factors of matrices of a few rows, straight from LAPACK: the checks of numpy.linalg cost ten times that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dsyev, dtrtri

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
    """Inverse of L L', symmetric; (n, n).

    Not by LAPACK's dpotri: OpenBLAS wakes its own threads for that at any size, and they then keep a
    processor busy that the threads of the passes need.
    """
    half = triangular_inverse(lower)
    return np.asarray(half.T @ half)


def eigenvalues(a: Array) -> Array:
    """Eigenvalues of a symmetric matrix, ascending; (n,)."""
    return np.asarray(dsyev(a, compute_v=0)[0])
