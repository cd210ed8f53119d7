"""Log-densities of one row given its linear predictor, with the derivatives that a fit needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
FAR = 600.0  # a log ratio beyond which exp would overflow; no fit ends there


@dataclass(frozen=True, slots=True)
class Derivatives:
    """Of the log-density of each row: `value`; in the linear predictor `slope`, and `bend`: minus the second.

    In the logarithm of the dispersion, where the family has one: `tau_slope`, `tau_bend` (minus the second)
    and `cross_bend` (minus the mixed second derivative). All have the shape of the linear predictor.
    """

    value: Array
    slope: Array
    bend: Array
    tau_slope: Array | None = None
    tau_bend: Array | None = None
    cross_bend: Array | None = None


class Family(Protocol):
    """Distribution of a row's response given its linear predictor, concave in that predictor."""

    name: str
    has_dispersion: bool

    def derivatives(self, y: Array, eta: Array, tau: float) -> Derivatives:
        """Log-density and derivatives at `eta`; `y` broadcasts against it; `tau` is the log dispersion."""

    def start_tau(self, y: Array, eta: Array) -> float:
        """Log dispersion that suits the responses, given a first guess of the predictor."""


class Logistic:
    """y 0 or 1, P(y = 1) = 1 / (1 + exp(-eta)); no dispersion."""

    name = "logistic"
    has_dispersion = False

    def derivatives(self, y: Array, eta: Array, tau: float) -> Derivatives:
        """See `Family`; exact in both tails."""
        small = np.exp(-np.abs(eta))
        probability = np.where(eta >= 0.0, 1.0, small)
        probability /= 1.0 + small
        value = y * eta - np.maximum(eta, 0.0) - np.log1p(small)
        bend = small / np.square(1.0 + small)
        return Derivatives(value, y - probability, bend)

    def start_tau(self, y: Array, eta: Array) -> float:
        """No dispersion: 0."""
        return 0.0


class Normal:
    """y = eta + e, e ~ N(0, sigma^2); tau = log sigma."""

    name = "linear"
    has_dispersion = True

    def derivatives(self, y: Array, eta: Array, tau: float) -> Derivatives:
        """See `Family`."""
        precision = np.exp(-2.0 * tau)
        slope = (y - eta) * precision
        square = (y - eta) * slope
        value = -tau - 0.5 * np.log(2.0 * np.pi) - 0.5 * square
        bend = np.full_like(eta, precision)
        return Derivatives(value, slope, bend, square - 1.0, 2.0 * square, 2.0 * slope)

    def start_tau(self, y: Array, eta: Array) -> float:
        """Log of the residual standard deviation."""
        return 0.5 * float(np.log(np.mean((y - eta) ** 2)))


class Gamma:
    """y > 0 gamma with mean exp(eta) and shape k (variance mean^2 / k); tau = log k."""

    name = "gamma"
    has_dispersion = True

    def derivatives(self, y: Array, eta: Array, tau: float) -> Derivatives:
        """See `Family`."""
        shape = np.exp(tau)
        log_y = np.log(y)
        ratio = np.exp(np.minimum(log_y - eta, FAR))
        deviation = log_y - eta - ratio
        value = shape * (tau + deviation) - special.gammaln(shape) - log_y
        tau_slope = shape * (tau + 1.0 - special.digamma(shape) + deviation)
        tau_bend = -tau_slope - shape * (1.0 - shape * special.polygamma(1, shape))
        slope = shape * (ratio - 1.0)
        return Derivatives(value, slope, shape * ratio, tau_slope, tau_bend, -slope)

    def start_tau(self, y: Array, eta: Array) -> float:
        """Shape from the spread of y about its mean (Pearson)."""
        return -float(np.log(np.mean((y * np.exp(-eta) - 1.0) ** 2)))
