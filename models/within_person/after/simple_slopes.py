"""The slope of a predictor at chosen values of its moderators, and differences between such slopes."""

from __future__ import annotations

from collections.abc import Mapping

from models.estimate import LEVEL
from models.inference.coefficients import Inference
from models.inference.contrast import Contrast, contrast_of


def simple_slope(
    inference: Inference,
    slope: str,
    interactions: Mapping[str, float] | None = None,
    *,
    level: float = LEVEL,
) -> Contrast:
    """Slope of a predictor where its moderators take given values.

    Estimand: b_slope + sum_k m_k b_k, the change of the expected outcome for one unit of the predictor when
    the column that it is multiplied with in product k equals m_k, in the scale and centering of that column.
    Variance w'Vw with w = (1, m_1, ..., m_K): the delta method, exact here (Aiken & West 1991, Multiple
    Regression, ch. 2; Bauer & Curran 2005, Multivar Behav Res 40:373, for mixed models).

    Parameters
    ----------
    inference : Inference
        A fit.
    slope : str
        Coefficient of the predictor itself.
    interactions : mapping of str to float, optional
        Coefficient of each product with the predictor, and the moderator's value; products not named are
        taken at moderator 0. For a product of three the value is that of the two moderators multiplied.
    level : float
        Coverage of the interval.

    Raises
    ------
    NotIdentifiedError
        As `contrast_of`.
    ValueError
        Unknown coefficient, or the slope is named as its own interaction.
    """
    return contrast_of(inference, _terms(slope, interactions or {}), level=level)


def slope_difference(
    inference: Inference,
    interactions: Mapping[str, float],
    minus: Mapping[str, float],
    *,
    level: float = LEVEL,
) -> Contrast:
    """Take the simple slope at the moderator values `minus` from that at the values `interactions`.

    Estimand: sum_k (m_k - m'_k) b_k; the slope's own coefficient cancels. A product named on one side only
    counts as 0 on the other.

    Raises
    ------
    NotIdentifiedError
        As `contrast_of`.
    ValueError
        Unknown coefficient, or both sides are the same.
    """
    names = {**interactions, **minus}
    terms = {name: interactions.get(name, 0.0) - minus.get(name, 0.0) for name in names}
    if not any(terms.values()):
        raise ValueError("the two slopes are taken at the same moderator values")
    return contrast_of(inference, terms, level=level)


def _terms(slope: str, interactions: Mapping[str, float]) -> dict[str, float]:
    if slope in interactions:
        raise ValueError("a slope cannot be its own interaction")
    return {slope: 1.0, **interactions}
