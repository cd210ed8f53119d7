"""Restricted cubic spline of survey answers: weighted least squares with design-based covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError

Array = NDArray[np.float64]
SINGULAR = 1e-6  # smallest singular value of the design beside the largest, below which there is no curve


@dataclass(frozen=True, slots=True, kw_only=True)
class SplineFit:
    """A curve a + b1 s1(x) + ... + bp sp(x) on `knots` (k,), p = k - 1.

    `beta` (k,) with the intercept first and `covariance` (k, k) in Harrell's basis; `df` for t intervals.
    Of each person used: `pull` (n, k), the change of beta for a unit more in their answer; `residual` (n,);
    `leverage` (n,), the change of their own fitted height.
    """

    knots: Array
    beta: Array
    covariance: Array
    df: float
    pull: Array
    residual: Array
    leverage: Array

    @property
    def inference(self) -> Inference:
        """Coefficients in the shape that contrasts are made from."""
        names = ("intercept", *(f"spline_{j}" for j in range(1, len(self.beta))))
        return Inference(
            names=names, beta=self.beta, covariance=self.covariance, df=lambda _contrast: self.df,
            rule="design-based (linearized) covariance of a survey of single people with weights, people "
            "less coefficients as degrees of freedom",
        )  # fmt: skip

    def mean(self, x: Array, derivative: int = 0) -> Array:
        """Height of the curve at `x` (m,), or of one of its derivatives."""
        return np.asarray(basis(x, self.knots, derivative) @ self.beta)

    def std_error(self, x: Array) -> Array:
        """Give the standard error of the height at `x` (m,)."""
        rows = basis(x, self.knots)
        return np.asarray(np.sqrt(np.einsum("ij,jk,ik->i", rows, self.covariance, rows)))


def basis(x: Array, knots: Array, derivative: int = 0) -> Array:
    """Intercept and Harrell's restricted cubic spline basis of `x`, or a derivative of it.

    s1 = x; s(j+1) = [(x - t_j)+^3 - (x - t_(k-1))+^3 (t_k - t_j) / (t_k - t_(k-1)) + (x - t_k)+^3
    (t_(k-1) - t_j) / (t_k - t_(k-1))] / (t_k - t_1)^2: cubic between the knots, with two continuous
    derivatives, a straight line before the first and beyond the last (Harrell 2015, Regression Modeling
    Strategies, section 2.4.5). The third derivative is that to the right of a knot.

    Parameters
    ----------
    x : array (..., m)
        Times.
    knots : array (..., k)
        Increasing; leading axes broadcast with those of `x`, so that each row may have knots of its own.
    derivative : int
        0 to 3.

    Returns
    -------
    array (..., m, k)
    """
    x, knots = np.asarray(x, dtype=float)[..., :, None], np.asarray(knots, dtype=float)[..., None, :]
    beyond = x - knots
    powers = 6.0 * (beyond >= 0) if derivative == 3 else _power(np.maximum(beyond, 0.0), derivative)
    first, inner, before, last = knots[..., :1], knots[..., :-2], knots[..., -2:-1], knots[..., -1:]
    cubic = (
        powers[..., :-2]
        - powers[..., -2:-1] * ((last - inner) / (last - before))
        + powers[..., -1:] * ((before - inner) / (last - before))
    ) / (last - first) ** 2
    answer = np.zeros(powers.shape)
    answer[..., 2:] = cubic
    if derivative == 0:
        answer[..., 0], answer[..., 1] = 1.0, x[..., 0]
    elif derivative == 1:
        answer[..., 1] = 1.0
    return answer


def from_heights(knots: Array) -> Array:
    """Matrix (..., k, k) that turns the heights of a curve at its knots (..., k) into its coefficients."""
    return np.asarray(np.linalg.inv(basis(knots, knots)))


def _power(beyond: Array, derivative: int) -> Array:
    """Third power, or its first or second derivative; products, for `**` is many times slower."""
    if derivative == 2:
        return np.asarray(6.0 * beyond)
    square = beyond * beyond
    return np.asarray(3.0 * square if derivative else square * beyond)


def fit_spline(x: Array, y: Array, weights: Array, knots: Array, *, sampled: int | None = None) -> SplineFit:
    """Fit the curve by weighted least squares; covariance from the survey's design.

    Estimand: the population's least squares fit of y on the basis at `knots`, which are taken as fixed.
    beta = (X'WX)^-1 X'Wy. Covariance (X'WX)^-1 [n/(n-1) sum u_i u_i'] (X'WX)^-1 with u_i = w_i x_i e_i and n
    people `sampled` (Binder 1983, International Statistical Review 51:279), those outside the group adding
    0: linearization for a sample drawn with replacement. Degrees of freedom: people used less
    coefficients. The same as svyglm of R's survey package for a design of weights alone. Worked out for the
    heights at the knots, which are well scaled, and turned into Harrell's coefficients at the end.

    Parameters
    ----------
    x, y, weights : arrays (n,)
        Finite, weights positive.
    knots : array (k,)
        Increasing, at least three.
    sampled : int, optional
        People of the whole survey, if the fit is about some of them.

    Raises
    ------
    NotIdentifiedError
        No more people than coefficients, or times that leave a part of the curve without people.
    """
    n, k = len(x), len(knots)
    if n <= k:
        raise NotIdentifiedError("there are no more people than parts of the curve")
    to_beta = from_heights(knots)
    design = basis(x, knots) @ to_beta
    root = np.sqrt(weights / weights.mean())
    orthonormal, triangle = np.linalg.qr(root[:, None] * design)
    sizes = np.linalg.svd(triangle, compute_uv=False)
    if not sizes[-1] > SINGULAR * sizes[0]:
        raise NotIdentifiedError("people's times leave a part of the curve without people")
    heights = linalg.solve_triangular(triangle, orthonormal.T @ (root * y))
    residual = y - design @ heights
    pull = linalg.solve_triangular(triangle, (orthonormal * root[:, None]).T).T @ to_beta.T
    influence = pull * residual[:, None]
    whole = n if sampled is None else sampled
    return SplineFit(
        knots=knots, beta=to_beta @ heights, df=float(n - k), pull=pull,
        covariance=influence.T @ influence * (whole / (whole - 1)),
        residual=residual, leverage=np.einsum("ij,ij->i", orthonormal, orthonormal),
    )  # fmt: skip
