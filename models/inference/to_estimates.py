"""From a fit to the one shape every model answers in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from models.estimate import LEVEL, MINIMUM_PEOPLE, Estimate, refused
from models.inference.coefficients import Array, Inference
from models.inference.contrast import Contrast, contrast_of
from models.refusal import NotIdentifiedError


def estimate_of(
    inference: Inference,
    contrast: Mapping[str, float] | Array | Contrast,
    *,
    outcome: str,
    term: str,
    population: str,
    n_people: int,
    n_rows: int | None,
    method: str,
    scale: str,
    note: str = "",
    minimum_people: int = MINIMUM_PEOPLE,
) -> Estimate:
    """Answer with one combination of coefficients, or with the reason why there is none.

    Interval at `LEVEL` and two-sided p-value from t with the contrast's own degrees of freedom, or from the
    normal distribution where they are infinite (`df` is then None).

    Parameters
    ----------
    inference : Inference
        A fit.
    contrast : mapping of coefficient name to weight, array (p,), or Contrast
        What to answer with; a `Contrast` is taken at its own estimate, its interval made anew at `LEVEL`.
    outcome, term, population, method, scale, note : str
        As in `Estimate`.
    n_people, n_rows : int
        Persons and rows that the number rests on.
    minimum_people : int
        With fewer people the answer is refused.

    Raises
    ------
    ValueError
        The contrast names no coefficient of the fit.
    """
    try:
        if n_people < minimum_people:
            raise NotIdentifiedError(f"fewer than {minimum_people} people")
        weights = contrast.weights if isinstance(contrast, Contrast) else contrast
        answer = contrast_of(inference, weights, level=LEVEL)
    except NotIdentifiedError as reason:
        return refused(
            outcome=outcome, term=term, population=population, n_people=n_people, method=method, scale=scale,
            reason=_sentence(str(reason)),
        )  # fmt: skip
    normal = math.isinf(answer.df)
    basis = "normal distribution" if normal else f"t with {answer.df:.1f} degrees of freedom"
    return Estimate(
        outcome=outcome, term=term, population=population, estimate=answer.estimate,
        std_error=answer.std_error, ci_low=answer.low, ci_high=answer.high, p_value=answer.p_value,
        df=None if normal else answer.df, n_people=n_people, n_rows=n_rows, method=method, scale=scale,
        small_sample=f"{basis}; {inference.rule}", note=note,
    )  # fmt: skip


def estimates_of_terms(
    inference: Inference,
    terms: Sequence[str],
    *,
    outcome: str,
    population: str,
    n_people: int,
    n_rows: int | None,
    method: str,
    scale: str,
    notes: Mapping[str, str] | None = None,
    minimum_people: int = MINIMUM_PEOPLE,
) -> tuple[Estimate, ...]:
    """Answer with one row for each coefficient named in `terms`; `notes` by term."""
    return tuple(
        estimate_of(
            inference, {term: 1.0}, outcome=outcome, term=term, population=population, n_people=n_people,
            n_rows=n_rows, method=method, scale=scale, note=(notes or {}).get(term, ""),
            minimum_people=minimum_people,
        )
        for term in terms
    )  # fmt: skip


def _sentence(reason: str) -> str:
    """Reason with a capital and a full stop."""
    text = reason[:1].upper() + reason[1:]
    return text if text.endswith(".") else f"{text}."
