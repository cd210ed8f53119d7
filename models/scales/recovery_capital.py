"""R1: how recovery capital and quality of life change, in whom reliably, and how many reach the cut."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.comparison.cohort import PERSON
from models.comparison.imputed_cohort import MANY_PEOPLE, usual_copies
from models.estimate import LEVEL, MINIMUM_PEOPLE, Diagnostic, Estimate, Findings, refused
from models.fitness import NOT_ENOUGH, Gate, diagnostics_of, failed, gate, held_back
from models.inference.coefficients import Array, Inference
from models.inference.contrast import contrast_of, two_sided_critical, weights_of
from models.inference.to_estimates import estimate_of
from models.missing.imputation import WORKERS, Imputations
from models.missing.over_imputations import over_imputations
from models.refusal import NotIdentifiedError
from models.scales.fact_words import words_of
from models.scales.gain_sensitivity import all_interviews, attrition_weighted, program_levels
from models.scales.gains import AT_LEAST, BETTER, CHANGE, WORSE, Gain, due, due_rows, gains_of, means_of
from models.scales.imputed_scores import imputed_scores
from models.scales.item_answers import item_answers
from models.scales.measurement import Measurement, measurement_of
from models.scales.reliable_change import change_limit, share_of
from models.scales.score import ScaleSpec
from models.scales.wide_scores import BASELINE, FOLLOW_UPS, NUMBER, WAVES, wide_scores

ANALYSIS: Final = "R1"
OUTCOMES: Final = (
    "barc10", "recovery_capital_social", "recovery_capital_personal", "recovery_capital_cultural",
    "eurohis_qol8",
)  # fmt: skip
CHANGE_METHOD = "mean change since entry over everybody due, lost answers imputed; programs as clusters"
SHARE_METHOD = "share of everybody due, lost answers imputed; Wilson's interval, programs as clusters"
POINTS, PROBABILITY = "points", "probability"
CHANGE_NOTE = "The same people before and after, without people to compare with: not an effect of a program."
RELIABLE_NOTE = (
    "By more than error of measurement alone changes a score in 95% of people who did not change; not an "
    "effect of a program."
)
CUT_NOTE = "The cut comes from one validation sample; it describes groups and does not judge a person."


def analyse(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    assessment_items: pl.DataFrame,
    *,
    population: str,
    scales: Mapping[str, ScaleSpec],
    cutoffs: Mapping[str, float],
    retest: Mapping[str, float] | None = None,
    n_imputations: int | None = None,
    seed: int = 20260701,
    minimum_people: int = MINIMUM_PEOPLE,
) -> Findings:
    """Change of each score since entry, and how well it was measured.

    Estimands, at 6 and 12 months, in people whose first program is known and who were alive and due: the mean
    change of the score since entry (points); the share whose change lies beyond the limit of reliable change
    (Jacobson & Truax 1991; `reliable_change.change_limit`, with the standard deviation and alpha at entry);
    the share whose score is at or above the cut. Scores lost are imputed by chained equations, programs and
    the scores of all waves in the model, and the answers of the copies pooled by Rubin's rules; each copy's
    variance is that of sums over programs (`gains.gains_of`). Shares have Wilson's interval
    (`reliable_change.share_of`).

    Beside them in the diagnostics: alpha and omega at each wave, tests of measurement change, follow-up, and
    the same numbers from complete cases, from people weighted to stand for those lost, and from mixed models.

    Parameters
    ----------
    participants, episodes, programs, assessments, assessment_items : pl.DataFrame
        Core tables of one population, as of one quarter.
    population : str
        Name of the population.
    scales : mapping of score to ScaleSpec
        How each outcome is scored; the names are columns of core.assessments, higher scores better.
    cutoffs : mapping of score to float
        Cuts of those that have one.
    retest : mapping of score to float, optional
        Reliabilities that take the place of alpha in the limit of reliable change.
    n_imputations : int, optional
        Copies; fewer than usual for very many people (`imputed_cohort.usual_copies`).
    seed : int
        Of all chance in them.
    minimum_people : int
        With fewer people a term is refused.

    Raises
    ------
    ValueError
        A table lacks a column or holds a key twice.
    """
    people = wide_scores(participants, episodes, programs, assessments, tuple(scales))
    answers = item_answers(assessment_items, scales, people[PERSON], WAVES)
    copies = imputed_scores(
        people, tuple(scales), n_imputations=n_imputations or usual_copies(people.height), seed=seed,
        minimum_people=minimum_people,
    )  # fmt: skip

    def of_scale(outcome: str) -> tuple[list[Estimate], list[Diagnostic]]:
        return _Scale(
            outcome=outcome, population=population, people=people, minimum_people=minimum_people,
            measured=measurement_of(answers[outcome], outcome=outcome, population=population),
            copies=copies[outcome], retest=(retest or {}).get(outcome), cut=cutoffs.get(outcome),
        ).answers()  # fmt: skip

    # Scales apart: threads help where arrays are long, and else only wait.
    with ThreadPoolExecutor(WORKERS if people.height > MANY_PEOPLE else 1) as threads:
        told = list(threads.map(of_scale, scales))
    return Findings(
        analysis=ANALYSIS,
        estimates=tuple(row for found, _ in told for row in found),
        diagnostics=tuple(
            replace(row, detail=row.detail or words_of(row.diagnostic)) for _, facts in told for row in facts
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """One score: its people, copies and measurement, and what is said of them."""

    outcome: str
    population: str
    people: pl.DataFrame
    minimum_people: int
    measured: Measurement
    copies: Imputations | NotIdentifiedError
    retest: float | None
    cut: float | None

    def answers(self) -> tuple[list[Estimate], list[Diagnostic]]:
        limit, facts, limits = self._limit()
        facts = [*self.measured.facts, *facts]
        estimates: list[Estimate] = []
        for wave in WAVES if self.cut is not None else FOLLOW_UPS:
            gain = Gain(outcome=self.outcome, wave=wave, limit=limit, cut=self.cut)
            found, told = self._at(gain, limits)
            estimates += found
            facts += told
        if isinstance(self.copies, Imputations):
            facts += self.copies.diagnostics(outcome=self.outcome, population=self.population)
        return estimates, facts

    def _limit(self) -> tuple[float | None, list[Diagnostic], tuple[float, float] | None]:
        """Limit of reliable change, with the standard deviation it rests on, and the limit's own limits."""
        scores = self.people[f"{self.outcome}_{BASELINE}"].drop_nulls()
        sd = scores.std() if len(scores) >= self.minimum_people else None
        spread = float(sd) if isinstance(sd, float) else math.nan
        facts = [self._fact("sd_baseline", spread if math.isfinite(spread) else None, n_people=len(scores))]
        reliability = self.retest if self.retest is not None else self.measured.alpha_at_entry
        try:
            if reliability is None:
                raise NotIdentifiedError("the scale's reliability at entry is not known")
            limit = change_limit(spread, reliability)
        except NotIdentifiedError as reason:
            return None, [*facts, self._fact("reliable_change_limit", None, str(reason))], None
        limits = None
        if self.retest is None and self.measured.error_of_error is not None:
            factor = math.exp(two_sided_critical(1.0 - LEVEL, math.inf) * self.measured.error_of_error)
            limits = limit / factor, limit * factor
        facts.append(self._fact("reliable_change_limit", limit, limits=limits, n_people=len(scores)))
        return limit, facts, limits

    def _at(self, gain: Gain, limits: tuple[float, float] | None) -> tuple[list[Estimate], list[Diagnostic]]:
        """Say what there is to say of one wave."""
        here = due(self.people, gain.wave)
        values = gain.values(here)
        known = np.isfinite(values).all(axis=1) if gain.names else np.zeros(here.height, dtype=bool)
        scored = int(known.sum())
        facts = self._followed(gain.wave, here, scored)
        gates = self._gates(gain.wave, here.height, scored)
        told: list[Diagnostic] = []
        try:
            if scored < self.minimum_people:
                raise NotIdentifiedError(f"fewer than {self.minimum_people} people have a score at each time")
            if isinstance(self.copies, NotIdentifiedError):
                raise self.copies
            rows, programs = due_rows(self.people, gain.wave).to_numpy(), here[NUMBER].to_numpy()
            pooled = over_imputations(
                self.copies.copies, lambda copy: means_of(gain.names, gain.values(copy)[rows], programs)
            )
        except NotIdentifiedError as reason:
            estimates = [self._refused(gain, name, here.height, str(reason)) for name in self._asked(gain)]
        else:
            estimates = [
                self._estimate(gain, name, pooled.inference, here.height, values[known])
                for name in self._asked(gain)
            ]
            terms = {self._term(gain, name): {name: 1.0} for name in gain.names}
            missing = pooled.diagnostics(
                terms, outcome=self.outcome, population=self.population, n_people=here.height
            )
            facts += [one for one in missing if one.diagnostic.startswith("fraction_missing_")]
            told = self._sensitivity(gain, scored) + self._other_limits(gain, limits, rows)
        if failed(gates):
            told = [replace(one, value=None, ci_low=None, ci_high=None, detail=NOT_ENOUGH) for one in told]
        said = diagnostics_of(gates, outcome=self.outcome, population=self.population)
        return list(held_back(estimates, gates)), [*facts, *told, *said]

    def _asked(self, gain: Gain) -> tuple[str, ...]:
        """All that is asked of a wave, also what cannot be answered."""
        of_change = () if gain.wave == BASELINE else (CHANGE, BETTER, WORSE)
        return (*of_change, *((AT_LEAST,) if gain.cut is not None else ()))

    def _term(self, gain: Gain, name: str) -> str:
        return f"{name}_{gain.cut:g}_{gain.wave}" if name == AT_LEAST else f"{name}_{gain.wave}"

    def _estimate(self, gain: Gain, name: str, pooled: Inference, n_people: int, seen: Array) -> Estimate:
        """One term; `seen` (n_rows, p) are the values of those who came."""
        n_rows = len(seen)
        if name not in gain.names:
            return self._refused(gain, name, n_people, "the scale's reliability at entry is not known")
        term = self._term(gain, name)
        if name == CHANGE:
            note = " ".join(part for part in (CHANGE_NOTE, self.measured.warnings.get(gain.wave, "")) if part)
            return estimate_of(
                pooled, {name: 1.0}, outcome=self.outcome, term=term, population=self.population,
                n_people=n_people, n_rows=n_rows, method=CHANGE_METHOD, scale=POINTS, note=note,
                minimum_people=self.minimum_people,
            )  # fmt: skip
        try:
            share = share_of(pooled, weights_of(pooled, {name: 1.0}), n_people)
        except NotIdentifiedError as reason:
            return self._refused(gain, name, n_people, str(reason))
        basis = "normal" if math.isinf(share.df) else f"t with {share.df:.1f} degrees of freedom"
        return Estimate(
            outcome=self.outcome, term=term, population=self.population, estimate=share.value,
            std_error=share.std_error, ci_low=share.low, ci_high=share.high,
            df=None if math.isinf(share.df) else share.df, n_people=n_people, n_rows=n_rows,
            n_events=int(seen[:, gain.names.index(name)].sum()), method=SHARE_METHOD, scale=PROBABILITY,
            note=CUT_NOTE if name == AT_LEAST else RELIABLE_NOTE,
            small_sample=f"Wilson, {basis}, widened for programs and imputation; {pooled.rule}",
        )  # fmt: skip

    def _refused(self, gain: Gain, name: str, n_people: int, reason: str) -> Estimate:
        return refused(
            outcome=self.outcome, term=self._term(gain, name), population=self.population, n_people=n_people,
            method=CHANGE_METHOD if name == CHANGE else SHARE_METHOD,
            scale=POINTS if name == CHANGE else PROBABILITY, reason=f"{reason[:1].upper()}{reason[1:]}.",
        )  # fmt: skip

    def _gates(self, wave: str, n_due: int, scored: int) -> list[Gate]:
        """Conditions to speak of a wave, named after it: another wave may pass."""
        imputed = 1.0 if isinstance(self.copies, Imputations) else 0.0
        found = [gate("imputation", imputed)]
        if wave != BASELINE:
            found.append(gate("follow_up", scored / n_due if n_due else None))
        return [replace(one, name=f"{one.name}_{wave}") for one in found]

    def _followed(self, wave: str, here: pl.DataFrame, scored: int) -> list[Diagnostic]:
        n_due = here.height
        return [
            self._fact(f"due_{wave}", float(n_due), n_people=n_due),
            self._fact(f"scored_{wave}", float(scored), n_people=scored),
            self._fact(f"follow_up_rate_{wave}", scored / n_due if n_due else None, n_people=n_due),
        ]

    def _sensitivity(self, gain: Gain, scored: int) -> list[Diagnostic]:
        """Reach the same numbers otherwise: sensitivity_<term>_<way>."""
        assert isinstance(self.copies, Imputations)
        copy = self.copies.copies[0]
        ways: dict[str, Callable[[], Inference]] = {
            "complete_cases": lambda: gains_of(due(self.people, gain.wave), gain),
            "attrition_weighted": lambda: attrition_weighted(self.people, copy, gain),
        }
        if gain.wave == BASELINE:
            return []
        told = []
        for way, of in ways.items():
            told += self._otherwise(gain, way, gain.names, of, scored)
        told += self._otherwise(
            gain, "all_interviews", (CHANGE,), lambda: all_interviews(self.people, gain), None
        )
        told += self._otherwise(
            gain, "program_levels", (CHANGE,), lambda: program_levels(self.people, gain), scored
        )
        return told

    def _other_limits(
        self, gain: Gain, limits: tuple[float, float] | None, rows: NDArray[np.bool_]
    ) -> list[Diagnostic]:
        """Give the shares beyond the limit's own limits: on a scale of few steps a little may move many."""
        assert isinstance(self.copies, Imputations)
        if limits is None or gain.wave == BASELINE:
            return []
        told = []
        for which, limit in zip(("low", "high"), limits, strict=True):
            moved = replace(gain, limit=limit)
            means = np.mean([moved.values(copy)[rows].mean(axis=0) for copy in self.copies.copies], axis=0)
            told += [
                self._fact(
                    f"sensitivity_{self._term(gain, name)}_limit_{which}",
                    float(means[gain.names.index(name)]), n_people=int(rows.sum()),
                )
                for name in (BETTER, WORSE)
            ]  # fmt: skip
        return told

    def _otherwise(
        self, gain: Gain, way: str, names: Sequence[str], of: Callable[[], Inference], n_people: int | None
    ) -> list[Diagnostic]:
        try:
            inference: Inference | NotIdentifiedError = of()
        except NotIdentifiedError as reason:
            inference = reason
        told = []
        for name in names:
            term = f"sensitivity_{self._term(gain, name)}_{way}"
            try:
                if isinstance(inference, NotIdentifiedError):
                    raise inference
                weights = weights_of(inference, {name: 1.0})
                if name == CHANGE:
                    answer = contrast_of(inference, weights)
                    told.append(
                        self._fact(term, answer.estimate, limits=(answer.low, answer.high), n_people=n_people)
                    )
                else:
                    share = share_of(inference, weights, n_people or 0)
                    told.append(
                        self._fact(term, share.value, limits=(share.low, share.high), n_people=n_people)
                    )
            except NotIdentifiedError as reason:
                told.append(self._fact(term, None, str(reason), n_people=n_people))
        return told

    def _fact(
        self, name: str, value: float | None, detail: str = "", *, limits: tuple[float, float] | None = None,
        n_people: int | None = None,
    ) -> Diagnostic:  # fmt: skip
        low, high = limits or (None, None)
        return Diagnostic(
            outcome=self.outcome, diagnostic=name, population=self.population, value=value, ci_low=low,
            ci_high=high, detail=detail, n_people=n_people,
        )  # fmt: skip
