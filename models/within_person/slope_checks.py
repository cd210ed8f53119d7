"""What else the same evenings say of the slopes: on the answered scale, on latent means, day by day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy import stats

from models.estimate import LEVEL, Diagnostic
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError
from models.within_person.bounded_answers import Answered
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.latent_mean import latent_slopes
from models.within_person.design.model_rows import ModelRows
from models.within_person.design.rows import Rows
from models.within_person.diary_facts import Facts, Told
from models.within_person.linear.autoregressive import fit_autoregressive
from models.within_person.linear.autoregressive_inference import correlation_interval, correlation_test
from models.within_person.linear.fit import fit
from models.within_person.linear.sums import person_sums
from models.within_person.linear.variance_tests import variance_test
from models.within_person.tobit.fit import TobitFit
from models.within_person.tobit.margins import margins

OBSERVED: Final = "observed effect"


def slope_checks(
    facts: Facts, rows: Rows, model: ModelRows, answered: Answered, *, predictor: str, slope: str
) -> tuple[Diagnostic, ...]:
    """Report each check with its value and its words, or the reason why there is none.

    Parameters
    ----------
    facts
        The outcome and the population.
    rows, model
        The rows used, and those of the headline model.
    answered
        The headline fit.
    predictor, slope : str
        The variable, and the coefficient of its within part.
    """
    checks: dict[str, Callable[[], Told]] = {
        f"own_slopes_p_{slope}": lambda: _own_slopes(model, slope),
        f"observed_scale_{slope}": lambda: _observed_scale(model, answered, slope),
        f"between_on_latent_mean_{predictor}": lambda: _latent_mean(rows, predictor, facts.outcome),
        "residual_correlation_by_day": lambda: _by_day(model),
    }
    found = []
    for name, check in checks.items():
        try:
            told = check()
        except NotIdentifiedError as reason:
            told = Told(None, str(reason))
        found.append(facts.told(name, told, n_people=model.n_people))
    return tuple(found)


def _own_slopes(model: ModelRows, slope: str) -> Told:
    sums = person_sums(model)
    test = variance_test(sums, fit(sums), slope)
    return Told(test.p_value, f"p-value of people's slopes all being equal, in the linear model; {test.rule}")


def _observed_scale(model: ModelRows, answered: Answered, slope: str) -> Told:
    """Average slope of the answer as given, ends of the scale and all."""
    if not isinstance(answered.fit, TobitFit):
        return Told(None, "no answer lies at an end of the scale: the slope itself is that of the answers")
    direction = np.array([float(name == slope) for name in answered.fit.names])
    told = next(m for m in margins(answered.fit, model, direction) if m.name == OBSERVED)
    half = float(stats.norm.ppf(0.5 + LEVEL / 2)) * told.std_error
    return Told(
        told.value,
        "average change of the answer as given for one point, ends of the scale included; interval on the "
        "normal distribution, delta method",
        told.value - half,
        told.value + half,
    )


def _latent_mean(rows: Rows, predictor: str, outcome: str) -> Told:
    """Between slope on the level behind a person's few answers, answers at an end taken as they stand."""
    cross = CrossProducts.from_rows(rows, (predictor, outcome))
    inference = latent_slopes(cross, predictor, outcome).inference()
    told = contrast_of(inference, {f"{predictor}_between": 1.0}, level=LEVEL)
    return Told(
        told.estimate,
        "between slope on people's levels instead of the means of their answers, linear model",
        told.low,
        told.high,
    )


def _by_day(model: ModelRows) -> Told:
    found = fit_autoregressive(model)
    if found.outcome == "not converged":
        return Told(None, f"no correlation of residuals could be found: {found.note}")
    limits = correlation_interval(found, model)
    test = correlation_test(found, model)
    return Told(
        found.correlation,
        f"correlation of residuals a day apart, linear model; p-value of none {test.p_value:.3f}",
        limits.low,
        limits.high,
    )
