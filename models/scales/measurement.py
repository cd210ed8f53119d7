"""How well one scale measures at each wave, and whether alike: facts for `results.diagnostics`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.estimate import Diagnostic
from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError
from models.scales.invariance import Invariance, measurement_change
from models.scales.reliability import (
    MeasurementError,
    Reliability,
    alpha_of,
    any_covariance,
    measurement_error_of,
    omega,
)
from models.scales.wide_scores import BASELINE, FOLLOW_UPS

REJECTED: Final = 0.05  # p value of a step at which measurement is said to have changed,
WORSE_FIT: Final = -0.01  # and the change of CFI it takes (Cheung & Rensvold 2002, Struct Eq Modeling 9:233)
CHANGED = {
    "metric": "The questions go together otherwise than at entry: scores of the two times may not compare.",
    "scalar": (
        "Some questions are answered otherwise than at entry by people who are otherwise alike: part of the "
        "change may be that."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A scale's reliability at entry (None where there is none), facts, and what to warn of by wave.

    `error_of_error` is the relative standard error of the standard error of measurement at entry.
    """

    alpha_at_entry: float | None
    error_of_error: float | None
    facts: tuple[Diagnostic, ...]
    warnings: Mapping[str, str]


def measurement_of(answers: Mapping[str, Array], *, outcome: str, population: str) -> Measurement:
    """Alpha and omega at each wave, and tests of measurement change since entry.

    Parameters
    ----------
    answers : mapping of wave to array (people, items)
        The same people in the same rows, reversed items turned around; NaN where not answered.
    outcome, population : str
        As in `Diagnostic`.
    """

    def fact(
        name: str,
        value: float | None,
        detail: str = "",
        limits: tuple[float, float] | None = None,
        n_people: int | None = None,
    ) -> Diagnostic:
        low, high = limits or (None, None)
        return Diagnostic(
            outcome=outcome, diagnostic=name, population=population, value=value, ci_low=low, ci_high=high,
            detail=detail, n_people=n_people,
        )  # fmt: skip

    facts: list[Diagnostic] = []
    at_entry: Reliability | None = None
    error: MeasurementError | None = None
    for wave, matrix in answers.items():
        people = int((~np.isnan(matrix)).any(axis=1).sum())
        for measure in ("alpha", "omega"):
            try:
                if measure == "alpha":
                    whole = any_covariance(matrix)
                    found = alpha_of(whole)
                    if wave == BASELINE:
                        at_entry, error = found, measurement_error_of(whole)
                else:
                    found = omega(matrix)
            except NotIdentifiedError as reason:
                facts.append(fact(f"{measure}_{wave}", None, str(reason), n_people=people))
                continue
            facts.append(
                fact(f"{measure}_{wave}", found.value, limits=(found.low, found.high), n_people=people)
            )
    warnings = {}
    for wave in (wave for wave in FOLLOW_UPS if wave in answers):
        try:
            tested = measurement_change(answers[BASELINE], answers[wave])
        except NotIdentifiedError as reason:
            facts.append(fact(f"measurement_change_{wave}", None, str(reason)))
            continue
        facts += _told(tested, wave, fact)
        warnings[wave] = _warning(tested)
    return Measurement(
        alpha_at_entry=at_entry.value if at_entry is not None else None,
        error_of_error=error.std_error / error.value if error is not None else None,
        facts=tuple(facts), warnings=warnings,
    )  # fmt: skip


def _told(tested: Invariance, wave: str, fact: Callable[..., Diagnostic]) -> list[Diagnostic]:
    n = tested.n_people
    facts = [fact(f"people_measured_twice_{wave}", float(tested.n_twice), n_people=tested.n_twice)]
    for one in tested.fits:
        if one.level == "configural":
            facts.append(fact(f"one_factor_cfi_{wave}", one.cfi, n_people=n))
            facts.append(fact(f"one_factor_rmsea_{wave}", one.rmsea, n_people=n))
    for step in tested.steps:
        facts.append(fact(f"same_{_WHAT[step.level]}_p_{wave}", step.p_value, n_people=n))
        if step.cfi_change is not None:
            facts.append(fact(f"same_{_WHAT[step.level]}_cfi_change_{wave}", step.cfi_change, n_people=n))
    low, high = tested.change_limits
    facts.append(fact(f"factor_change_{wave}", tested.change, limits=(low, high), n_people=n))
    return facts


_WHAT: Final = {"metric": "loadings", "scalar": "intercepts"}


def _warning(tested: Invariance) -> str:
    """Say in a sentence what changed, the first step that failed; empty where none did."""
    for step in tested.steps:
        clear = step.cfi_change is None or step.cfi_change < WORSE_FIT
        if step.p_value < REJECTED and clear:
            return CHANGED[step.level]
    return ""
