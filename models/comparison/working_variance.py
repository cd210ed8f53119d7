"""How a cluster-robust variance would vary if a working model held: the degrees of freedom that follow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import optimize, special

from models.estimate import LEVEL
from models.inference.coefficients import Array

NODES = 40  # of Gauss and Legendre, for the tail
FEW_CLUSTERS = 60  # up to which a matrix of clusters by clusters is the less work
MANY = 100.0  # from so many degrees of freedom on, the two rules give the same interval


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingVariance:
    """A variance estimate z'Pz of an estimate whose variance is `variance`, z standard normal.

    P = diag(`diagonal`) + F C F' (G, G), with `diagonal` (G,), `factors` F (G, m) and `core` C (m, m): the
    estimate adds the squares of G cluster sums that are correlated because they were centered. P itself is
    formed only of few clusters, so thousands of them cost no more than their number.
    """

    diagonal: Array
    factors: Array
    core: Array
    variance: float

    @property
    def mean(self) -> float:
        """Expectation of the estimate, the trace of P."""
        return float(self.diagonal.sum() + np.einsum("gi,ij,gj->", self.factors, self.core, self.factors))

    def satterthwaite(self) -> float:
        """Degrees of freedom of the chi-square with the same mean and variance: tr(P)^2 / tr(P^2).

        Satterthwaite 1946 (Biometrics Bulletin 2:110); Bell & McCaffrey 2002 (Survey Methodology 28:169).
        """
        inner = self.core @ (self.factors.T @ self.factors)
        own = np.einsum("gi,ij,gj->g", self.factors, self.core, self.factors)
        squares = (self.diagonal**2).sum() + 2.0 * (self.diagonal @ own) + np.trace(inner @ inner)
        return self.mean**2 / float(squares) if squares > 0.0 else math.nan

    def exceeds(self, critical: float) -> float:
        """Probability that |estimate| / sqrt(variance estimate) exceeds `critical` when the truth is zero.

        P(|Z| > c sqrt(Q)) for Z standard normal and Q = z'Pz / variance independent of it. With Craig's
        (1991) form of the normal tail it is a plain integral, (2 / pi) of the integral over 0 < a < pi / 2 of
        det(I + s P)^(-1/2), s = c^2 / (variance sin^2 a).
        """
        return self._exceedance()(critical)

    def _exceedance(self) -> Callable[[float], float]:
        """Return `exceeds`, with all that is the same for every critical value done before."""
        nodes, weights = _angles()
        around, logs = 1.0 / (self.variance * np.sin(nodes) ** 2), self._log_determinants()
        return lambda critical: float(weights @ np.exp(-0.5 * logs(critical**2 * around)))

    def tail_matched(self, *, level: float = LEVEL) -> float:
        """Degrees of freedom of the t distribution with the same critical value at `level`.

        Two moments describe the variance estimate badly where one arm has two to four clusters; this rule
        solves `exceeds` for the critical value and gives the t distribution that has it. From `MANY`
        degrees of freedom on it is Satterthwaite's; not a number where hardly any are left.
        """
        moments = self.satterthwaite()
        if not moments < MANY:
            return moments
        if moments < _FEWEST:
            return math.nan
        alpha, exceeds = 1.0 - level, self._exceedance()
        low, high = 1.0, -float(special.stdtrit(moments, alpha / 2.0))
        while exceeds(high) > alpha:
            low, high = high, 1.5 * high
            if high > _FARTHEST:
                return math.nan
        critical = float(optimize.brentq(lambda c: exceeds(c) - alpha, low, high, xtol=1e-7))
        if critical <= -float(special.stdtrit(_MOST, alpha / 2.0)):
            return _MOST
        found = optimize.brentq(
            lambda log_df: -special.stdtrit(math.exp(log_df), alpha / 2.0) - critical,
            math.log(_FEWEST), math.log(_MOST), xtol=1e-10,
        )  # fmt: skip
        return math.exp(float(found))

    def _log_determinants(self) -> Callable[[Array], Array]:
        """Log of det(I + s P) at each s: by eigenvalues of P, of many clusters by the determinant lemma."""
        if len(self.diagonal) <= FEW_CLUSTERS:
            whole = np.diag(self.diagonal) + self.factors @ self.core @ self.factors.T
            values = np.maximum(np.linalg.eigvalsh(whole), 0.0)
            return lambda scales: np.asarray(np.log1p(scales[:, None] * values).sum(axis=1))
        return self._by_lemma

    def _by_lemma(self, scales: Array) -> Array:
        shifted = 1.0 + scales[:, None] * self.diagonal
        crossed = (self.factors.T / shifted[:, None, :]) @ self.factors
        inner = np.eye(len(self.core)) + scales[:, None, None] * (self.core @ crossed)
        determinants = np.maximum(np.linalg.det(inner), np.finfo(float).tiny)
        return np.asarray(np.log(shifted).sum(axis=1) + np.log(determinants))


@cache
def _angles() -> tuple[Array, Array]:
    """Gauss and Legendre's nodes between 0 and pi / 2, and weights that add up to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return (nodes + 1.0) * math.pi / 4.0, weights / 2.0


_FEWEST, _MOST = 0.3, 1e6  # degrees of freedom between which the t distribution is sought
_FARTHEST = 1e4  # critical value beyond which there is none
