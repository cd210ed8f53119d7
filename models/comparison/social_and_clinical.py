"""C1: whether people of social programs report fewer problems later than people of clinical programs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.comparison.answered import answered_rates, answers_gate, arms, rate_facts
from models.comparison.claim_rows import claimed
from models.comparison.cohort import ONSET, OUTCOMES, WAVES
from models.comparison.comparable_people import ComparablePeople, comparable_people, due_at
from models.comparison.comparison_facts import facts_of_people, gates_of_people, gates_of_target
from models.comparison.comparison_rows import ADJUSTED, Told, all_refused, told_outcome
from models.comparison.doubly_robust import TERMS
from models.comparison.imputed_cohort import MANY_PEOPLE, SCALES, ImputedCohort, imputed_cohort
from models.comparison.negative_control import control_facts
from models.comparison.outcome_answers import MAIN, Outcome
from models.estimate import MINIMUM_PEOPLE, Diagnostic, Estimate, Findings
from models.fitness import Gate, failed, findings_held_back, gate
from models.missing.due_and_came import DueAndCame, due_and_came
from models.missing.imputation import WORKERS, Imputations
from models.refusal import NotIdentifiedError

ANALYSIS: Final = "C1"
SEED: Final = 20031  # of imputation and folds: the same data give the same answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    population: str
    baseline: tuple[str, ...]
    seed: int
    minimum_people: int


def outcomes(wave: str) -> tuple[Outcome, ...]:
    """Give the ten outcomes of one wave."""
    return (
        *(Outcome(name=name, wave=wave, family="logistic") for name in OUTCOMES),
        *(Outcome(name=name, wave=wave, family="linear") for name in SCALES),
    )


def analyse(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    *,
    population: str,
    n_imputations: int | None = None,
    seed: int = SEED,
    minimum_people: int = MINIMUM_PEOPLE,
    imputed: ImputedCohort | None = None,
) -> Findings:
    """Compare people of social with people of clinical programs at 6 and 12 months, made alike at entry.

    Estimand: of the people whose first program was social or clinical, who lived and were due at the wave and
    who might have entered either (scores from .1 to .9), the mean outcome if all had entered a social
    program less that if all had entered a clinical one (ATE); the odds ratio of the two shares; the same
    difference among people like those of social programs (ATT) and weighted to those in the balance (ATO).
    Assumes that the baseline variables are all that led both to the kind of program and to the outcome,
    that those lost differ from those reached only as baseline, program and other answers tell, and that one
    person's program does nothing to another's outcome.

    Main answer: mean of `doubly_robust` over `n_imputations` imputed copies of the whole cohort (mixed
    programs included, programs as a level), variance by `imputed_inference`, programs as clusters. It is
    held back where a gate of `models.fitness` fails.

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
    seed : int
        Of imputation and folds.
    minimum_people : int
        Fewest people of either arm due at a wave.
    imputed : ImputedCohort, optional
        The same cohort, imputed already; then `n_imputations` says nothing.
    """
    of = imputed or imputed_cohort(
        participants, episodes, programs, assessments, n_imputations=n_imputations, seed=seed
    )
    people, filled = of.people, of.filled
    settings = _Settings(
        population=population, baseline=of.baseline, seed=seed, minimum_people=minimum_people
    )
    estimates: list[Estimate] = []
    told: list[Diagnostic] = []
    for wave in WAVES:
        found = _wave(people, filled, wave, settings)
        estimates += found.estimates
        told += found.diagnostics
    return Findings(analysis=ANALYSIS, estimates=tuple(estimates), diagnostics=tuple(told))


def _wave(people: pl.DataFrame, filled: Imputations | str, wave: str, settings: _Settings) -> Findings:
    """Answer all outcomes of one wave."""
    compared = people.filter(pl.col("social").is_not_null())
    followed = due_and_came(
        compared, wave, baseline=[n for n in settings.baseline if n.endswith("_baseline")]
    )
    facts = followed.diagnostics(outcome=wave, population=settings.population)
    due = people.filter(due_at(people, wave))
    reason = _too_few(due, settings.minimum_people)
    of: ComparablePeople | None = None
    if reason is None and isinstance(filled, str):
        reason = filled
    if reason is None and isinstance(filled, Imputations):
        try:
            of = comparable_people(
                people, filled.copies, wave=wave, baseline=settings.baseline, seed=settings.seed
            )
        except NotIdentifiedError as error:
            reason = str(error)
    if of is None:
        none = [
            all_refused(outcome, reason or "", population=settings.population, n_people=due.height)
            for outcome in outcomes(wave)
        ]
        return Findings(
            analysis=ANALYSIS,
            estimates=tuple(row for one in none for row in one.estimates),
            diagnostics=facts,
        )
    assert isinstance(filled, Imputations)
    facts += filled.diagnostics(outcome=wave, population=settings.population)
    facts += facts_of_people(of, population=settings.population)
    return _answered(of, followed, facts, settings)


def _answered(
    of: ComparablePeople, followed: DueAndCame, facts: tuple[Diagnostic, ...], settings: _Settings
) -> Findings:
    """All outcomes of a wave whose people could be compared; what fails a gate is held back."""

    def of_outcome(outcome: Outcome) -> Told:
        return told_outcome(of, outcome, population=settings.population, seed=settings.seed)

    # Outcomes apart: threads help where arrays are long, and else only wait.
    with ThreadPoolExecutor(WORKERS if len(of.people) > MANY_PEOPLE else 1) as pool:
        told = list(pool.map(of_outcome, outcomes(of.wave)))
    common = gates_of_people(of, followed)
    control = Findings(
        analysis=ANALYSIS, estimates=(),
        diagnostics=control_facts(
            of, ONSET, [outcome.column for outcome in outcomes(of.wave)], population=settings.population
        ),
    )  # fmt: skip
    facts += findings_held_back(control, common).diagnostics
    estimates: list[Estimate] = []
    gates = {one.outcome.column: (*common, *_gates_of_outcome(of, one)) for one in told}
    closed = [column for column, several in gates.items() if failed(several)]
    for one in claimed(told, of, without_answer=closed):
        held = _held_back(of, one, gates[one.outcome.column], settings)
        estimates += held.estimates
        facts += held.diagnostics
    return Findings(analysis=ANALYSIS, estimates=tuple(estimates), diagnostics=facts)


def _held_back(of: ComparablePeople, one: Told, gates: tuple[Gate, ...], settings: _Settings) -> Findings:
    """One outcome, without what fails a gate; answers for other populations have gates of their own."""
    groups = arms(of.social)
    rates = answered_rates(of.people[one.outcome.column], groups)
    told_of = tuple(
        fact for fact in one.diagnostics if not (failed(gates) and fact.diagnostic.startswith(ADJUSTED))
    )
    held = findings_held_back(
        Findings(analysis=ANALYSIS, estimates=one.estimates, diagnostics=told_of), gates
    )
    told = held.diagnostics
    estimates = held.estimates
    for target in ("att", "overlap"):
        own = Findings(
            analysis=ANALYSIS,
            estimates=tuple(row for row in estimates if row.term == TERMS[target]),
            diagnostics=tuple(fact for fact in told if TERMS[target] in fact.diagnostic),
        )
        checked = findings_held_back(own, gates_of_target(of, target))
        by_term = {row.term: row for row in checked.estimates}
        estimates = tuple(by_term.get(row.term, row) for row in estimates)
        told = tuple(fact for fact in told if TERMS[target] not in fact.diagnostic) + checked.diagnostics
    told += rate_facts(rates, groups, outcome=one.outcome.column, population=settings.population)
    return Findings(analysis=ANALYSIS, estimates=estimates, diagnostics=told)


def _gates_of_outcome(of: ComparablePeople, told: Told) -> tuple[Gate, ...]:
    """Whether enough people answered, and enough programs and answers carry the difference."""
    answers = answers_gate([*answered_rates(of.people[told.outcome.column], arms(of.social)).values()])
    if told.answer is None:
        return (answers,)
    row = next(row for row in told.estimates if row.term == MAIN)
    return (
        answers,
        gate("missing_information", told.answer.variance_missing),
        gate("degrees_of_freedom", row.df),
    )


def _too_few(due: pl.DataFrame, minimum: int) -> str | None:
    """Why an arm is too small to be compared, if it is."""
    if due.is_empty():
        return "nobody of a social or clinical program was due at this wave"
    for name, arm in (("social", 1), ("clinical", 0)):
        count = due.filter(pl.col("social") == arm).height
        if count == 0:
            return f"one arm is empty: nobody of a {name} program was due at this wave"
        if count < minimum:
            return f"fewer than {minimum} people of {name} programs were due at this wave"
    return None
