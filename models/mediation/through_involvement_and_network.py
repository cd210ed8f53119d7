"""C2: through what social programs act: 12-step involvement, and a network that supports abstinence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from models.comparison.answered import answered_rates, answers_gate, arms, share_surely_missing
from models.comparison.cohort import DEAD, NOT_DUE
from models.comparison.comparable_people import ComparablePeople, comparable_people, due_at
from models.comparison.comparison_facts import gates_of_people
from models.comparison.imputed_cohort import ImputedCohort, imputed_cohort
from models.estimate import MINIMUM_PEOPLE, Diagnostic, Estimate, Findings
from models.fitness import Gate, findings_held_back, gate
from models.mediation.mediation_answers import (
    DRAWS,
    MEDIATORS,
    OUTCOMES,
    WAVE_OF_MEDIATORS,
    WAVE_OF_OUTCOMES,
    attrition_weighted,
    complete_cases,
    correlations_at_zero,
    main_answers,
)
from models.mediation.mediation_rows import (
    correlation_facts,
    estimates_of,
    other_way,
    pooled_facts,
    refused_rows,
)
from models.missing.due_and_came import DueAndCame, due_and_came
from models.missing.over_imputations import Pooled
from models.refusal import NotIdentifiedError

ANALYSIS: Final = "C2"
SEED: Final = 20042


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    population: str
    draws: int
    seed: int


def analyse(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    *,
    population: str,
    n_imputations: int | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
    minimum_people: int = MINIMUM_PEOPLE,
    imputed: ImputedCohort | None = None,
) -> Findings:
    """Part the effect of a social against a clinical program by what runs through involvement and network.

    Estimands: total, natural direct and natural indirect effects (`natural_effects.effects_of`) of the kind
    of program on problems with alcohol, with drugs, and abstinence at 12 months, as differences of
    probability, through 12-step activities and through a network that supports abstinence at 6 months: both
    together, each alone, and by path with activities before network. The people are those of C1: alive and
    due at 12 months, whose baseline leaves either kind of program possible (scores from .1 to .9).

    Main answer: `natural_effects` in each imputed copy (`imputed_cohort`), with `draws` resamples of programs
    shared out among them, pooled by Rubin's rules; df of each copy programs less arms. Held back where a gate
    of `models.fitness` fails. Share mediated: only where the total's interval leaves zero out (Fieller).

    Parameters
    ----------
    participants, episodes, assessments : pl.DataFrame
        Core tables of one population, as of one quarter.
    programs : pl.DataFrame
        core.programs as of the same quarter.
    population : str
        Name of the population.
    n_imputations : int, optional
        Imputed copies, as of `imputed_cohort`.
    draws : int
        Resamples of all copies together, at least 60 of each.
    seed : int
        Of imputation and resamples.
    minimum_people : int
        Fewest people of either arm.
    imputed : ImputedCohort, optional
        The same cohort, imputed already; then `n_imputations` says nothing.
    """
    everybody = imputed or imputed_cohort(
        participants, episodes, programs, assessments, n_imputations=n_imputations, seed=seed
    )
    settings = _Settings(population=population, draws=draws, seed=seed)
    of_mediators = everybody.among(~everybody.people[f"status_{WAVE_OF_MEDIATORS}"].is_in([DEAD, NOT_DUE]))
    people = of_mediators.people
    due = people.filter(due_at(people, WAVE_OF_OUTCOMES))
    followed = due_and_came(
        people.filter(pl.col("social").is_not_null()), WAVE_OF_OUTCOMES,
        baseline=[name for name in everybody.baseline if name.endswith("_baseline")],
    )  # fmt: skip
    try:
        _check_arms(due, minimum_people)
        filled = of_mediators.copies()
        of = comparable_people(
            people, filled.copies, wave=WAVE_OF_OUTCOMES, baseline=everybody.baseline, seed=seed
        )
    except NotIdentifiedError as reason:
        none = [
            refused_rows(name, str(reason), population=population, n_people=due.height) for name in OUTCOMES
        ]
        return Findings(analysis=ANALYSIS, estimates=tuple(row for rows in none for row in rows))
    facts = filled.diagnostics(outcome=WAVE_OF_OUTCOMES, population=population)  # C1 tells who came
    return _answered(of, followed, facts, settings)


def _check_arms(due: pl.DataFrame, minimum: int) -> None:
    """Refuse an arm with too few people, and mediators hardly anybody told."""
    for name, arm in (("social", 1), ("clinical", 0)):
        of_arm = due.filter(pl.col("social") == arm)
        if of_arm.height < minimum:
            raise NotIdentifiedError(f"fewer than {minimum} people of {name} programs were due")
        for one in MEDIATORS:
            if of_arm[one.column].drop_nulls().len() < minimum:
                raise NotIdentifiedError(f"fewer than {minimum} people of {name} programs told {one.name}")


def _answered(
    of: ComparablePeople, followed: DueAndCame, facts: tuple[Diagnostic, ...], settings: _Settings
) -> Findings:
    """All outcomes; what fails a gate is held back."""
    answers = main_answers(of, draws=settings.draws, seed=settings.seed)
    names = [name for name in OUTCOMES if isinstance(answers[name], Pooled)]
    ways = {
        "attrition_weighted": (
            attrition_weighted(of, names, seed=settings.seed), len(of.people),
            "those with all answers stand for those lost who were like them at entry; none later is imputed",
        ),
        "complete_cases": (
            *complete_cases(of, names, seed=settings.seed),
            "only people with every answer; nobody stands for those lost",
        ),
    }  # fmt: skip
    common = gates_of_people(of, followed)
    estimates: list[Estimate] = []
    for name in OUTCOMES:
        one = _outcome(of, answers[name], name, settings)
        told = one.diagnostics
        for way, (found, n_people, detail) in ways.items():
            if name in found:
                told += other_way(
                    found[name], name, way, population=settings.population, n_people=n_people, detail=detail
                )
        held = findings_held_back(
            Findings(analysis=ANALYSIS, estimates=one.estimates, diagnostics=told),
            (*common, *_gates_of(of, answers[name], name)),
        )
        estimates += held.estimates
        facts += held.diagnostics
    return Findings(analysis=ANALYSIS, estimates=tuple(estimates), diagnostics=facts)


def _outcome(
    of: ComparablePeople, answer: Pooled | NotIdentifiedError, name: str, settings: _Settings
) -> Findings:
    """One outcome's effects and what belongs to them, or the reason why there are none."""
    population, n = settings.population, len(of.people)
    if isinstance(answer, NotIdentifiedError):
        rows = refused_rows(name, str(answer), population=population, n_people=n)
        return Findings(analysis=ANALYSIS, estimates=rows)
    n_rows = int(of.people[name].is_not_null().sum())
    return Findings(
        analysis=ANALYSIS,
        estimates=estimates_of(answer.inference, name, population=population, n_people=n, n_rows=n_rows),
        diagnostics=(
            *pooled_facts(answer, name, population=population, n_people=n),
            *correlation_facts(
                correlations_at_zero(of, name), name, population=population, n_people=n
            ),
        ),
    )  # fmt: skip


def _gates_of(of: ComparablePeople, answer: Pooled | NotIdentifiedError, name: str) -> tuple[Gate, ...]:
    """Whether enough people answered outcome and mediators, and enough programs and answers carry it."""
    asked = (name, *(mediator.column for mediator in MEDIATORS))
    rates = [
        rate
        for column in asked
        for rate in answered_rates(of.people[column], arms(of.social)).values()
    ]  # fmt: skip
    answers = answers_gate(rates)
    if isinstance(answer, NotIdentifiedError):
        return (answers,)
    at = np.array([float(name == "total") for name in answer.inference.names])
    return (
        answers,
        gate("missing_information", share_surely_missing(answer.missing_information(at))),
        gate("degrees_of_freedom", min(fit.df(at) for fit in answer.fits)),
    )
