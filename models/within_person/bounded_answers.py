"""Fit an answer given on a scale with ends: a Tobit where answers pile up there, else a linear model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.autoregressive import fit_autoregressive
from models.within_person.linear.autoregressive_inference import autoregressive_inference
from models.within_person.linear.fit import fit
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.small_sample import kenward_roger
from models.within_person.linear.sums import person_sums
from models.within_person.tobit.fit import TobitFit, fit_tobit

KEPT, SINGULAR, NOT_CONVERGED, NO_SLOPE = "kept", "singular", "not converged", "no own slope"
FALLBACK = {
    KEPT: "",
    SINGULAR: " People's own slopes did not differ measurably: intercept only.",
    NOT_CONVERGED: " The model with people's own slopes did not converge: intercept only.",
    NO_SLOPE: "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A fit that stands: `fate` says what became of the people's own slopes, `method` names the model."""

    fit: TobitFit | LinearFit
    inference: Inference
    fate: str
    method: str

    @property
    def slope_sd(self) -> float | None:
        """Standard deviation of people's own slopes, None where they have none."""
        if self.fate != KEPT:
            return None
        return float(np.sqrt(self.fit.random_covariance[1, 1]))

    @property
    def residual_variance(self) -> float:
        """Variance of a person's days about their own line."""
        if isinstance(self.fit, TobitFit):
            return self.fit.residual_sd**2
        return self.fit.residual_variance


def fit_answers(rows: ModelRows, *, floor: float | None, ceiling: float | None) -> Answered:
    """Fit a Tobit by maximum likelihood; without an answer at an end, the linear model by REML.

    The two are the same model then, and REML with Kenward and Roger's correction is the better of its
    estimates with few people. People's own slopes are kept where they have variance of their own and the
    fit with them converges.

    Raises
    ------
    NotIdentifiedError
        The rows cannot carry the model, or no fit converged.
    ValueError
        An answer outside the ends of the scale.
    """
    low, high = -np.inf if floor is None else floor, np.inf if ceiling is None else ceiling
    if not np.any((rows.y <= low) | (rows.y >= high)):
        return fit_linear(person_sums(rows))
    return _with_fallback(rows.random, lambda random: _tobit(replace(rows, random=random), floor, ceiling))


def fit_linear(sums: PersonSums) -> Answered:
    """Fit the linear mixed model by REML, with Kenward and Roger's correction.

    Raises
    ------
    NotIdentifiedError
        As `fit_answers`.
    """

    def attempt(random: tuple[int, ...]) -> tuple[LinearFit, Inference]:
        chosen = replace(sums, random=random)
        found = fit(chosen)
        return found, kenward_roger(found, chosen)

    return _with_fallback(sums.random, attempt)


def fit_correlated(rows: ModelRows) -> Answered:
    """Fit the linear mixed model whose residuals carry over from day to day, by REML.

    Raises
    ------
    NotIdentifiedError
        As `fit_answers`.
    """

    def attempt(random: tuple[int, ...]) -> tuple[LinearFit, Inference]:
        chosen = replace(rows, random=random)
        found = fit_autoregressive(chosen)
        return found, autoregressive_inference(found, chosen)

    return _with_fallback(rows.random, attempt)


def _tobit(rows: ModelRows, floor: float | None, ceiling: float | None) -> tuple[TobitFit, Inference]:
    found = fit_tobit(rows, floor=floor, ceiling=ceiling)
    return found, found.inference()


def _with_fallback(
    random: tuple[int, ...],
    attempt: Callable[[tuple[int, ...]], tuple[TobitFit | LinearFit, Inference]],
) -> Answered:
    """Try people's own slopes first, then the intercept alone."""
    fate = NO_SLOPE
    if len(random) > 1:
        try:
            found, inference = attempt(random)
        except NotIdentifiedError:
            fate = NOT_CONVERGED
        else:
            if found.outcome == "converged":
                return _answered(found, inference, KEPT)
            fate = SINGULAR if found.outcome == "singular" else NOT_CONVERGED
    found, inference = attempt(random[:1])
    if found.outcome == "not converged":
        raise NotIdentifiedError("the model did not converge")
    return _answered(found, inference, fate)


def _answered(found: TobitFit | LinearFit, inference: Inference, fate: str) -> Answered:
    effects = "random intercept and random within slope" if fate == KEPT else "random intercept"
    if isinstance(found, TobitFit):
        method = f"multilevel Tobit, {effects}, maximum likelihood"
    elif found.correlation is not None:
        method = f"linear mixed model, {effects}, residuals correlated by day, REML"
    else:
        method = f"linear mixed model, {effects}, REML"
    return Answered(fit=found, inference=inference, fate=fate, method=method)
