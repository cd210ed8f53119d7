"""Linear mixed model whose residuals are correlated from day to day."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.engine import Engine
from models.within_person.linear.autoregressive_profile import Peak, Profile
from models.within_person.linear.autoregressive_sample import minimum
from models.within_person.linear.autoregressive_search import NEARBY, SUMMIT
from models.within_person.linear.gapped_rows import gapped_rows
from models.within_person.linear.linear_fit import Covariance, LinearFit, Method

Array = NDArray[np.float64]

HARDLY_WORSE: Final = 3.841  # deviance: values within the 95% profile interval
WIDE: Final = 0.5  # range of correlations fitting hardly worse, from which the rows tell little of it
HALFWAY: Final = 0.5  # looked at where the estimate is 0, to see how much the rows tell


def fit_autoregressive(
    rows: ModelRows, *, method: Method = "reml", structure: Covariance = "full", negative: bool = False,
    engine: Engine = "auto",
) -> LinearFit:  # fmt: skip
    """Fit y = X beta + Z b + e, e of one person correlated phi^|day - day'|, persons independent.

    Estimand: beta of E[y | X] = X beta under the normal mixed model with first-order autoregressive
    residuals in continuous time: the correlation hangs on the days between two rows, so a missing day is a
    gap of two days and its neighbors are not made neighbors. Residual variance sigma^2 / weight. For a given
    phi the rows are whitened by gap and the independent-residual model is fitted to their cross-products;
    the profile deviance, with the sum of log(1 - phi^2gap) added, is then minimized over 0 <= phi < 1 by its
    exact slope. Where people are many, a random sample of them says at which peak to look, if its answer is
    clear (`minimum`); `evaluations` counts passes over everybody. The covariance of beta is generalized least
    squares at the estimated variances and phi; `autoregressive_inference` gives degrees of freedom that allow
    for their uncertainty.

    Parameters
    ----------
    rows : ModelRows
        With `day`, in any unit; gaps need not be whole.
    method, structure, engine
        As for `fit`.
    negative : bool
        Allow -1 < phi < 1. Needs gaps of whole days; the sign alternates with the gap.

    Returns
    -------
    LinearFit
        `correlation` is phi, a day apart. At the boundary phi = 0 the fit is the one with independent
        residuals, and `note` says so. Where the likelihood rises as phi nears 1 the outcome is "not
        converged" and `note` names that boundary; so does it where very different phi fit about as well.

    Raises
    ------
    ValueError
        No days, days that do not rise within a person, gaps of part days where `negative`; rows with a value
        that is missing or infinite or a weight that is not positive, counted; a column whose values cannot be
        squared.
    NotIdentifiedError
        There are no more rows than parameters, no person has two rows, phi cannot be told from the person
        effects, or the columns from one another.

    References
    ----------
    Jones & Boadi-Boateng 1991, Biometrics 47:161; Pinheiro & Bates 2000, Mixed-Effects Models in S and
    S-PLUS, section 5.3; Chi & Reinsel 1989, JASA 84:452.
    """
    scaled = gapped_rows(rows, structure=structure, negative=negative, engine=engine)
    _refuse_saturated(rows, structure)
    profile, best = minimum(scaled, method=method, structure=structure, engine=engine, negative=negative)
    found = scaled.scale.back(profile.settle(best.at))
    outcome, notes = found.outcome, [found.note] if found.note else []
    if best.at == 0.0:
        profile(HALFWAY)
        notes.append("no correlation of neighboring days: phi is at its boundary 0")
    elif abs(best.at) == SUMMIT[-1] and best.slope * best.at < 0:
        outcome = "not converged"
        notes.append(f"the likelihood still rises as phi nears {'1' if best.at > 0 else '-1'}, its boundary")
    notes += _hardly_told(profile, best)
    return replace(
        found, correlation=scaled.per_day(best.at), outcome=outcome, note="; ".join(notes),
        evaluations=profile.evaluations,
    )  # fmt: skip


def _refuse_saturated(rows: ModelRows, structure: Covariance) -> None:
    q, p = len(rows.random), rows.x.shape[1]
    variances = 1 + (q * (q + 1) // 2 if structure == "full" else q)
    if rows.y.size - p <= variances + 1:
        raise NotIdentifiedError(
            f"{rows.y.size} rows do not suffice for {p} coefficients, {variances} variances and a correlation"
        )


def _hardly_told(profile: Profile, best: Peak) -> list[str]:
    """Say where very different correlations fit about as well.

    The 95% interval from the bend of the profile at its minimum, on Fisher's z scale, widened to every
    correlation tried that fits within the limit of the likelihood ratio.
    """
    low = high = best.at
    others = [point for point in profile.points if point.best and 1e-5 < abs(point.at - best.at) < NEARBY]
    if others:
        other = min(others, key=lambda point: abs(point.at - best.at))
        bend = (other.slope - best.slope) / (other.at - best.at)
        half = np.sqrt(2.0 * HARDLY_WORSE / max(bend, 1e-12)) / (1.0 - best.at**2)
        low, high = (float(np.tanh(np.arctanh(best.at) + side)) for side in (-half, half))
    close = [point.at for point in profile.points if point.deviance < best.deviance + HARDLY_WORSE]
    low, high = min([low, *close]), max([high, *close])
    if best.at >= 0 and min(point.at for point in profile.points) >= 0:
        low = max(low, 0.0)
    if high - low < WIDE:
        return []
    return [
        f"phi is weakly identified: correlations from about {low:.2f} to {high:.2f} between rows "
        f"{profile.rows.unit:.3g} days apart fit within the 95% limit of the likelihood ratio"
    ]
