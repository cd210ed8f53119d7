"""How much of the outcome's variance a linear mixed model explains, within and between people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError
from models.within_person.after.person_blocks import block
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.person_sums import PersonSums

ROUNDING = 1e-12  # share of the total variance that rounding may leave where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The variance the model implies, in squared units of the outcome, by where it comes from.

    `fixed_within` (f1) and `fixed_between` (f2): the predictors, through their own days and through people's
    means; `slope_variation` (v): people's own slopes; `mean_variation` (m): people's own levels; `residual`.
    """

    fixed_within: float
    fixed_between: float
    slope_variation: float
    mean_variation: float
    residual: float

    @property
    def within(self) -> float:
        """Variance between a person's own days."""
        return self.fixed_within + self.slope_variation + self.residual

    @property
    def between(self) -> float:
        """Variance between people's means."""
        return self.fixed_between + self.mean_variation

    @property
    def total(self) -> float:
        """All of the variance."""
        return self.within + self.between

    def shares(self) -> dict[str, float]:
        """R^2 by name, of the total, within-person and between-person variance.

        `total_marginal` is that of the predictors, `total_conditional` that of predictors and people
        (Nakagawa & Schielzeth 2013, Methods Ecol Evol 4:133; random slopes as in Johnson 2014, ibid. 5:944).
        The between-person shares are left out where the model has no variance between people.
        """
        shares = {
            "total_fixed_within": self.fixed_within / self.total,
            "total_fixed_between": self.fixed_between / self.total,
            "total_slope_variation": self.slope_variation / self.total,
            "total_mean_variation": self.mean_variation / self.total,
            "total_marginal": (self.fixed_within + self.fixed_between) / self.total,
            "total_conditional": 1.0 - self.residual / self.total,
            "within_fixed": self.fixed_within / self.within,
            "within_slope_variation": self.slope_variation / self.within,
        }
        if self.between > ROUNDING * self.total:
            shares["between_fixed"] = self.fixed_between / self.between
            shares["between_mean_variation"] = self.mean_variation / self.between
        return shares


def explained(fit: LinearFit, sums: PersonSums) -> Explained:
    """Split the model-implied variance into its five parts.

    Estimand (Rights & Sterba 2019, Psychol Methods 24:309): with S_w and S_b the covariances of the columns
    within people and of people's means, both over rows with divisor n_rows - 1, and T the covariance of the
    person effects: f1 = beta'S_w beta, f2 = beta'S_b beta, v = tr(T S_w), m = tr(T S_b) + mu'T mu with mu the
    column means. For predictors centered at the person mean these are their measures exactly; for columns
    that vary both ways (a raw moderator, a product) each is split into its two parts, as if it had entered
    centered with equal slopes, and the total is that of their uncentered case.

    Weighted rows count by their weight, with the residual variance averaged alike.

    Parameters
    ----------
    fit : LinearFit
        A fit.
    sums : PersonSums
        Of the rows themselves, also where the residuals are autocorrelated.

    Raises
    ------
    NotIdentifiedError
        No variance at all, a fit that did not converge, or fewer than two rows.
    ValueError
        The fit and the sums are not of the same model.
    """
    if fit.names != sums.names or fit.random != sums.random:
        raise ValueError("the fit and the cross-products are not of the same model")
    n_rows = int(sums.n_rows.sum())
    if fit.outcome == "not converged" or n_rows < 2:
        raise NotIdentifiedError("no converged model on two rows or more: there is no variance to split")
    p = len(fit.names)
    within, between, mean = _covariances(sums, n_rows, p)
    weight = float(block(sums, [0], [0]).sum())
    z = np.ix_(fit.random, fit.random)
    mu = mean[list(fit.random)]
    parts = Explained(
        # Columns without days of their own leave rounding errors, which may be negative.
        fixed_within=max(float(fit.beta @ within @ fit.beta), 0.0),
        fixed_between=max(float(fit.beta @ between @ fit.beta), 0.0),
        slope_variation=max(float(np.trace(fit.random_covariance @ within[z])), 0.0),
        mean_variation=float(np.trace(fit.random_covariance @ between[z]) + mu @ fit.random_covariance @ mu),
        residual=fit.residual_variance * n_rows / weight,
    )
    if not parts.within > 0.0:
        raise NotIdentifiedError("the model has no variance within people to split")
    return parts


def _covariances(sums: PersonSums, n_rows: int, p: int) -> tuple[Array, Array, Array]:
    """Covariance of the columns within people and of people's means, and the mean, over rows."""
    weight = block(sums, [0], [0])[:, 0, 0]
    means = block(sums, [0], range(p))[:, 0, :] / weight[:, None]
    everything = block(sums, range(p), range(p)).sum(axis=0)
    mean = weight @ means / weight.sum()
    apart = means - mean
    between = np.einsum("i,ij,ik->jk", weight, apart, apart)
    within = everything - np.einsum("i,ij,ik->jk", weight, means, means)
    scale = n_rows / (weight.sum() * (n_rows - 1))
    return within * scale, between * scale, mean
