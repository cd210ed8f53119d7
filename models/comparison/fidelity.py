"""C3: whether people of programs higher on the Social Model Philosophy Scale do better later."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.comparison.answered import answered_rates, answers_gate
from models.comparison.cohort import AREAS, DEAD, NOT_DUE, OUTCOMES, PROGRAM, SMPS, WAVES
from models.comparison.fidelity_answers import POINTS, Asked, first_copies, variance_inflation
from models.comparison.fidelity_rows import Told, all_refused, claimed, told_score
from models.comparison.imputed_cohort import MANY_PEOPLE, SCALES, TOTAL, ImputedCohort, imputed_cohort
from models.comparison.people_by_program import by_program
from models.comparison.program_scale_fits import BETWEEN, FEWEST_PROGRAMS
from models.comparison.regression_fits import Family
from models.estimate import MINIMUM_PEOPLE, Diagnostic, Estimate, Findings
from models.fitness import Gate, findings_held_back, gate
from models.missing.due_and_came import due_and_came
from models.missing.imputation import WORKERS, Imputations

ANALYSIS: Final = "C3"
DOMAINS: Final = SMPS[1:]
CUT: Final = "smps_at_least"  # name of the yes-or-no score where a cut is asked for
KIND: Final = "program_model"
SEED: Final = 20033
# What the choice of a program and the outcome may both rest on, and how far people had come at entry.
ADJUSTED_FOR: Final = (
    *(f"asi_{area}_baseline" for area in AREAS),
    "twelve_step_activities_baseline",
    "network_support_abstinence_baseline",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    population: str
    baseline: tuple[str, ...]
    cut: float | None
    minimum_people: int

    @property
    def scores(self) -> tuple[str, ...]:
        """Scores asked about, the total first."""
        return (TOTAL, *DOMAINS, *((CUT,) if self.cut is not None else ()))


def analyse(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    *,
    population: str,
    cut: float | None = None,
    n_imputations: int | None = None,
    seed: int = SEED,
    minimum_people: int = MINIMUM_PEOPLE,
    imputed: ImputedCohort | None = None,
) -> Findings:
    """Differences in outcome per 10 points of the Social Model Philosophy Scale, at 6 and 12 months.

    Estimand: among people whose first program has a place on the scale, who lived and were due at the wave,
    the log odds ratio of an outcome (points of a scale) per 10 points of the program's score, for people
    with the same severity in seven areas, 12-step activities and network at entry (for quality of life and
    recovery capital also the same score at entry), linear in the score; beside the log odds the mean
    difference in probability between 5 points more and 5 points less. The total and each domain in a model
    of its own. An association between programs, not what raising a program's score would do.

    Models: a random intercept by program, logistic or linear, of every imputed copy of the whole cohort,
    pooled by Rubin's rules (`program_scale_fits`; domains from the `first_copies`).
    Degrees of freedom: programs less two, or Kenward and Roger's. Held back where a gate of
    `models.fitness` fails; fewer than six programs are too few.

    Parameters
    ----------
    participants, episodes, assessments : pl.DataFrame
        Core tables of one population, as of one quarter.
    programs : pl.DataFrame
        core.programs as of the same quarter.
    population : str
        Name of the population.
    cut : float, optional
        Also compare programs whose total is at least this (75 in an older usage) with the others. Any cut
        throws away the differences on either side of it.
    n_imputations : int, optional
        Imputed copies, as of `imputed_cohort`.
    seed : int
        Of the imputation.
    minimum_people : int
        Fewest people due at a wave.
    imputed : ImputedCohort, optional
        The same cohort, imputed already; then `n_imputations` and `seed` say nothing.
    """
    everybody = imputed or imputed_cohort(
        participants, episodes, programs, assessments, n_imputations=n_imputations, seed=seed
    )
    told = _left_out(everybody.people, population)
    of = everybody.among(everybody.people[TOTAL].is_not_null())
    if cut is not None:
        of = of.with_columns((pl.col(TOTAL) >= cut).cast(pl.Float64).alias(CUT))
    settings = _Settings(population=population, baseline=of.baseline, cut=cut, minimum_people=minimum_people)
    found = [_wave(of.people, of.filled, wave, settings) for wave in WAVES]
    return Findings(
        analysis=ANALYSIS,
        estimates=tuple(row for one in found for row in one.estimates),
        diagnostics=told + tuple(row for one in found for row in one.diagnostics),
    )


def outcomes(wave: str) -> tuple[tuple[str, Family], ...]:
    """Columns of the ten outcomes of a wave, and what kind they are."""
    return (
        *((f"{name}_{wave}", "logistic") for name in OUTCOMES),
        *((f"{name}_{wave}", "linear") for name in SCALES),
    )


def _wave(people: pl.DataFrame, filled: Imputations | str, wave: str, settings: _Settings) -> Findings:
    """Answer all questions about one wave."""
    status = people[f"status_{wave}"]
    of_wave = ~status.is_in([DEAD, NOT_DUE])
    due = people.filter(of_wave)
    followed = due_and_came(
        people, wave, baseline=[name for name in settings.baseline if name.endswith("_baseline")]
    )
    facts = _scale_facts(due, wave, settings)  # C1 tells who was due and who came
    n_programs = due[PROGRAM].n_unique()
    reason = None
    if due.height < settings.minimum_people:
        reason = f"fewer than {settings.minimum_people} people were due at this wave"
    elif n_programs < FEWEST_PROGRAMS:
        reason = f"fewer than {FEWEST_PROGRAMS} programs have people due at this wave"
    elif not set(ADJUSTED_FOR) & set(settings.baseline):
        reason = "nobody's severity at entry is known, so that people cannot be made alike"
    elif isinstance(filled, str):
        reason = filled
    if reason is not None or isinstance(filled, str):
        rows = [
            row
            for column, family in outcomes(wave)
            for score in settings.scores
            for row in all_refused(
                _asked(column, family, score, wave, settings), reason or "",
                population=settings.population, n_people=due.height,
            )
        ]  # fmt: skip
        return Findings(analysis=ANALYSIS, estimates=tuple(rows), diagnostics=facts)
    facts += filled.diagnostics(outcome=wave, population=settings.population)
    gates = (
        gate("follow_up", followed.lowest_rate),
        gate("follow_up_difference", followed.difference_of_rates),
        gate("degrees_of_freedom", float(n_programs - BETWEEN)),
    )
    of = by_program(due, [copy.filter(of_wave) for copy in filled.copies])

    def of_outcome(asked: tuple[str, Family]) -> list[Told]:
        return [
            told_score(
                of, _asked(*asked, score, wave, settings), population=settings.population,
                copies=None if score == TOTAL else first_copies(of),
                baseline=settings.baseline if score == TOTAL else (),
            )
            for score in settings.scores
        ]  # fmt: skip

    # Outcomes apart: threads help where arrays are long, and else only wait.
    with ThreadPoolExecutor(WORKERS if len(of) > MANY_PEOPLE else 1) as pool:
        answered = [told for several in pool.map(of_outcome, outcomes(wave)) for told in several]
    return _released(answered, facts, gates, due)


def _released(
    answered: Sequence[Told], facts: tuple[Diagnostic, ...], gates: tuple[Gate, ...], due: pl.DataFrame
) -> Findings:
    """Say what may be claimed, and hold back what fails a gate; gates are told once for each outcome."""
    estimates: list[Estimate] = []
    told = list(facts)
    by_outcome: dict[str, list[Told]] = {}
    for one in claimed(answered):
        by_outcome.setdefault(one.asked.column, []).append(one)
    for column, several in by_outcome.items():
        held = findings_held_back(
            Findings(
                analysis=ANALYSIS,
                estimates=tuple(row for one in several for row in one.estimates),
                diagnostics=tuple(row for one in several for row in one.diagnostics),
            ),
            (*gates, *_gates_of(several[0], due[column], due[KIND])),
        )
        estimates += held.estimates
        told += held.diagnostics
    return Findings(analysis=ANALYSIS, estimates=tuple(estimates), diagnostics=tuple(told))


def _gates_of(total: Told, values: pl.Series, kind: pl.Series) -> tuple[Gate, ...]:
    """Whether enough people of every kind of program answered, and their answers carry the total's slope."""
    groups = {name: (kind == name).to_numpy() for name in kind.unique().drop_nulls()}
    answers = answers_gate([*answered_rates(values, groups).values()])
    return (answers,) if total.missing is None else (answers, gate("missing_information", total.missing))


def _asked(column: str, family: Family, score: str, wave: str, settings: _Settings) -> Asked:
    """Make one question; a scale is adjusted for itself at entry as well."""
    own = f"{column.removesuffix(f'_{wave}')}_baseline"
    wanted = (*ADJUSTED_FOR, *((own,) if family == "linear" else ()))
    return Asked(
        column=column, family=family, score=score, step=1.0 if score == CUT else POINTS,
        adjusted_for=tuple(name for name in wanted if name in settings.baseline),
    )  # fmt: skip


def _left_out(people: pl.DataFrame, population: str) -> tuple[Diagnostic, ...]:
    without = people.filter(pl.col(TOTAL).is_null())
    return (
        Diagnostic(
            outcome="programs", diagnostic="people_without_scale", population=population,
            value=float(without.height), n_people=without.height,
            detail="people whose program has no place on the Social Model Philosophy Scale: left out",
        ),
    )  # fmt: skip


def _scale_facts(due: pl.DataFrame, wave: str, settings: _Settings) -> tuple[Diagnostic, ...]:
    """Programs, how far they lie apart, and why the domains are not put in one model."""
    programs = due.unique(PROGRAM).select(PROGRAM, *SMPS).sort(PROGRAM)
    inflation = variance_inflation(programs, DOMAINS)
    together = (
        "largest variance inflation of a domain if all six stood in one model; they stand in one each"
        if inflation is not None
        else "too few programs, or domains too much alike, for all six in one model; they stand in one each"
    )
    spread = programs[TOTAL].cast(pl.Float64).std() if programs.height > 1 else None
    told = (
        ("programs", float(programs.height), "programs with people due and a place on the scale"),
        ("smps_total_sd", spread, "standard deviation of the programs' totals, points"),
        ("domains_variance_inflation", inflation, together),
    )
    return tuple(
        Diagnostic(
            outcome=wave, diagnostic=name, population=settings.population,
            value=value if isinstance(value, float) else None, detail=detail, n_people=due.height,
        )
        for name, value, detail in told
    )  # fmt: skip
