"""V2: whether roles in the recovery community go before civic engagement, or engagement before roles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from models.civic.cross_lagged import (
    BACKWARD,
    BACKWARD_PER_SD,
    FIRST_CARRIED,
    FORWARD,
    FORWARD_PER_SD,
    SECOND_CARRIED,
    STRONGER,
    path_of,
)
from models.civic.panel import (
    ADJUSTED_FOR,
    ENGAGEMENT,
    FOLLOW_UPS,
    MODEL,
    ROLES,
    TELL_OF_LOSS,
    Pair,
    pair_of,
    people_by_wave,
    was_due,
)
from models.civic.panel_answers import (
    Answer,
    answered,
    attempt,
    attrition_weighted,
    complete_cases,
    imputed_paths,
    own_levels,
)
from models.civic.pathway_order import pathway_order, steps_known
from models.comparison.cohort import PROGRAM
from models.comparison.comparable_people import usable
from models.comparison.imputed_cohort import usual_copies
from models.estimate import LEVEL, MINIMUM_PEOPLE, Diagnostic, Estimate, Findings, refused
from models.fitness import findings_held_back, gate
from models.inference.contrast import contrast_of, weights_of
from models.inference.to_estimates import estimate_of
from models.missing.imputation import Imputations, imputations
from models.missing.over_imputations import Pooled
from models.refusal import NotIdentifiedError

Counts = dict[str, tuple[int, int]]  # by the wave that ends an interval: people due, and answered

ANALYSIS: Final = "V2"
SEED: Final = 20250512
TO_ENGAGEMENT, TO_ROLES = "roles_to_engagement", "engagement_to_roles"
DIFFERENCE: Final = "roles_first_minus_engagement_first"
METHOD: Final = (
    "cross-lagged regressions within programs, given both at the wave before and what was measured at entry; "
    "missing answers imputed"
)
PER_POINT, PER_SD = "points per point", "standard deviations per standard deviation"
NOTE: Final = (
    "What goes before, among people of one program: an association, not what taking on a role would do."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    """One number: its place in the answers, and the combination of paths that it is."""

    outcome: str
    name: str
    paths: dict[str, float]
    scale: str


POOLED: Final = (
    _Term(outcome=ENGAGEMENT, name=TO_ENGAGEMENT, paths={FORWARD: 1.0}, scale=PER_POINT),
    _Term(outcome=ENGAGEMENT, name=f"{TO_ENGAGEMENT}_per_sd", paths={FORWARD_PER_SD: 1.0}, scale=PER_SD),
    _Term(outcome=ENGAGEMENT, name=DIFFERENCE, paths=STRONGER, scale=PER_SD),
    _Term(outcome=ROLES, name=TO_ROLES, paths={BACKWARD: 1.0}, scale=PER_POINT),
    _Term(outcome=ROLES, name=f"{TO_ROLES}_per_sd", paths={BACKWARD_PER_SD: 1.0}, scale=PER_SD),
)  # fmt: skip
CARRIED: Final = (
    (ENGAGEMENT, "engagement_carried_over", SECOND_CARRIED),
    (ROLES, "roles_carried_over", FIRST_CARRIED),
)
TESTED_OTHERWISE: Final = tuple(term for term in POOLED if not term.name.endswith("_per_sd"))


def analyse(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    roles: pl.DataFrame,
    *,
    population: str,
    n_imputations: int | None = None,
    seed: int = SEED,
    minimum_people: int = MINIMUM_PEOPLE,
) -> Findings:
    """Cross-lagged paths between the roles held and civic activities at entry and 6 and 12 months.

    Estimands, in people whose first program is known, alive and due at both ends of an interval between
    interviews, for people of the same program and wave, alike in both measures at the interview before and in
    what was measured at entry (`panel.ADJUSTED_FOR`): the difference in civic activities at an interview for
    one more role held at the interview before, `roles_to_engagement`; the difference in the number of roles
    held for one more civic activity before, `engagement_to_roles`; both as the mean of the two intervals, and
    of each interval by itself (named by the wave at which it ends); in units of standard deviations among
    people at the same wave, `_per_sd`; and `roles_first_minus_engagement_first`, the difference of the two
    in those units.

    Estimator, covariance and degrees of freedom: `cross_lagged.cross_lagged` in every imputed copy, pooled by
    Rubin's rules. Beside it complete cases, people reached weighted for those lost, and paths of deviations
    from people's own levels (`random_intercepts`); and links of the order in which recovery is said to grow
    (`pathway_order`). Held back where a gate of `models.fitness` fails.

    Parameters
    ----------
    participants, episodes, programs, assessments, roles : pl.DataFrame
        Core tables of one population, as of one quarter.
    population : str
        Name of the population.
    n_imputations : int, optional
        Copies; fewer than usual for very many people (`imputed_cohort.usual_copies`).
    seed : int
        Of all chance in them.
    minimum_people : int
        Fewest people due at both ends of an interval.

    Raises
    ------
    ValueError
        A table lacks a column or holds a key twice.
    """
    people = people_by_wave(participants, episodes, programs, assessments, roles)
    asked = _Asked(people=people, population=population, minimum_people=minimum_people)
    try:
        pair = pair_of(people, ROLES, ENGAGEMENT)
        asked.check(pair)
        filled = _imputed(people, pair, n_imputations or usual_copies(people.height), seed)
        return asked.answers(pair, filled)
    except NotIdentifiedError as reason:
        return asked.all_refused(str(reason))


def _imputed(people: pl.DataFrame, pair: Pair, n_imputations: int, seed: int) -> Imputations:
    """Fill everybody's answers, all waves in one model."""
    names = dict.fromkeys(
        (*pair.columns, *usable(people, (*ADJUSTED_FOR, *TELL_OF_LOSS)), *steps_known(people))
    )
    return imputations(
        people, variables=tuple(names), cluster=PROGRAM, groups=(MODEL,), n_imputations=n_imputations,
        seed=seed,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The people, and how to speak of them."""

    people: pl.DataFrame
    population: str
    minimum_people: int

    def check(self, pair: Pair) -> None:
        """Refuse where there is nobody to speak of, or no programs to speak of chance."""
        if self.due(pair).height < self.minimum_people:
            raise NotIdentifiedError(
                f"fewer than {self.minimum_people} people were due at two interviews in a row"
            )
        if self.due(pair)[PROGRAM].n_unique() < 2:
            raise NotIdentifiedError("at least two programs are needed to tell programs from chance")

    def due(self, pair: Pair) -> pl.DataFrame:
        """People due at both ends of an interval at least."""
        return self.people.filter(pl.any_horizontal(was_due(one) for one in pair.intervals))

    def all_refused(self, reason: str) -> Findings:
        """Every row with the reason in place of a number."""
        rows = [
            self.refused(term, reason, self.people.height)
            for term in (*POOLED, *(row for wave in FOLLOW_UPS for row in _of_wave(wave)))
        ]
        return Findings(analysis=ANALYSIS, estimates=tuple(rows))

    def refused(self, term: _Term, reason: str, n_people: int) -> Estimate:
        return refused(
            outcome=term.outcome, term=term.name, population=self.population, n_people=n_people,
            method=METHOD, scale=term.scale, reason=f"{reason[:1].upper()}{reason[1:].rstrip('.')}.",
        )  # fmt: skip

    def answers(self, pair: Pair, filled: Imputations) -> Findings:
        """Both intervals together, then each alone."""
        pooled = imputed_paths(filled.copies, pair)
        counts = answered(self.people, pair)
        found = [self._together(pair, filled, pooled, counts)]
        found += [self._of_interval(pair, pooled, counts, wave) for wave in FOLLOW_UPS]
        facts = filled.diagnostics(outcome=ENGAGEMENT, population=self.population)
        return Findings(
            analysis=ANALYSIS,
            estimates=tuple(row for one in found for row in one.estimates),
            diagnostics=facts + tuple(row for one in found for row in one.diagnostics),
        )

    def _together(self, pair: Pair, filled: Imputations, pooled: Pooled, counts: Counts) -> Findings:
        n_people = self.due(pair).height
        told = [
            *self._missing(pooled, n_people),
            self._fact(
                "intervals", float(len(pair.intervals)), "intervals between interviews that the mean is of",
                n_people,
            ),
            *self._carried(pooled, n_people),
            *self._otherwise(pair, filled),
            *pathway_order(self.people, filled.copies, population=self.population, n_people=n_people),
        ]  # fmt: skip
        return self._released(POOLED, pooled, counts, n_people, told)

    def _of_interval(self, pair: Pair, pooled: Pooled, counts: Counts, wave: str) -> Findings:
        if wave not in counts:
            rows = [self.refused(term, pair.ended, self.people.height) for term in _of_wave(wave)]
            return Findings(analysis=ANALYSIS, estimates=tuple(rows))
        n_due, came = counts[wave]
        facts = [
            self._fact(f"due_{wave}", float(n_due), "people alive and due at both ends", n_due),
            self._fact(f"answered_{wave}", float(came), "people who answered both at both ends", came),
            self._fact(f"follow_up_rate_{wave}", came / n_due, "share of those due who answered", n_due),
        ]
        terms = _of_wave(wave, [*counts].index(wave))
        return self._released(terms, pooled, {wave: counts[wave]}, n_due, facts, suffix=f"_{wave}")

    def _released(
        self,
        terms: Sequence[_Term],
        pooled: Pooled,
        counts: Counts,
        n_people: int,
        facts: Sequence[Diagnostic],
        *,
        suffix: str = "",
    ) -> Findings:
        """Rows of the terms, held back where a gate fails."""
        n_due = sum(due for due, _ in counts.values())
        n_rows = sum(came for _, came in counts.values())
        gates = (
            gate("follow_up", n_rows / n_due if n_due else None),
            gate("degrees_of_freedom", min(_complete_df(pooled, term.paths) for term in terms)),
        )
        rows = tuple(
            estimate_of(
                pooled.inference, term.paths, outcome=term.outcome, term=term.name,
                population=self.population, n_people=n_people, n_rows=n_rows, method=METHOD,
                scale=term.scale, note=NOTE, minimum_people=self.minimum_people,
            )
            for term in terms
        )  # fmt: skip
        rows = tuple(_verdict(row) if row.term == DIFFERENCE else row for row in rows)
        return findings_held_back(
            Findings(analysis=ANALYSIS, estimates=rows, diagnostics=tuple(facts)),
            [replace(one, name=f"{one.name}{suffix}") for one in gates],
        )

    def _missing(self, pooled: Pooled, n_people: int) -> list[Diagnostic]:
        told: list[Diagnostic] = []
        for outcome in (ENGAGEMENT, ROLES):
            told += pooled.diagnostics(
                {term.name: term.paths for term in POOLED if term.outcome == outcome}, outcome=outcome,
                population=self.population, n_people=n_people,
            )  # fmt: skip
        return told

    def _carried(self, pooled: Pooled, n_people: int) -> list[Diagnostic]:
        told = []
        for outcome, name, path in CARRIED:
            told.append(
                self._told(
                    name, {path: 1.0}, (pooled.inference, n_people, ""), outcome=outcome,
                    detail="difference for one more of the same at the interview before",
                )
            )  # fmt: skip
        return told

    def _otherwise(self, pair: Pair, filled: Imputations) -> list[Diagnostic]:
        """Reach the same numbers in other ways: sensitivity_<term>_<way>."""
        ways: dict[str, tuple[Callable[[], Answer], str]] = {
            "complete_cases": (
                lambda: complete_cases(self.people, pair),
                "only intervals at both ends of which everything was answered; nobody stands for those lost",
            ),
            "attrition_weighted": (
                lambda: attrition_weighted(self.people, filled.copies, pair),
                "intervals answered stand for those lost of people who were like them at entry",
            ),
            "own_levels": (
                lambda: own_levels(filled.copies, pair),
                "deviations from people's own levels over three waves (random intercepts), no covariates",
            ),
        }
        told = []
        for way, (make, detail) in ways.items():
            found = attempt(make)
            for term in TESTED_OTHERWISE:
                if way == "own_levels" and term.name == DIFFERENCE:
                    continue  # its standard deviations would be those within persons, another unit
                told.append(
                    self._told(f"sensitivity_{term.name}_{way}", term.paths, found, outcome=term.outcome,
                               detail=detail)
                )  # fmt: skip
        return told

    def _told(
        self, name: str, paths: dict[str, float], found: Answer | str, *, outcome: str, detail: str
    ) -> Diagnostic:
        """One combination of paths as a diagnostic, or why there is none."""
        if isinstance(found, str):
            return self._fact(name, None, f"{detail}; {found}", None, outcome=outcome)
        inference, n_people, said = found
        detail = f"{detail}; {said}" if said else detail
        try:
            answer = contrast_of(inference, paths, level=LEVEL)
        except NotIdentifiedError as reason:
            return self._fact(name, None, f"{detail}; not answered: {reason}", n_people, outcome=outcome)
        return replace(
            self._fact(name, answer.estimate, detail, n_people, outcome=outcome),
            ci_low=answer.low, ci_high=answer.high,
        )  # fmt: skip

    def _fact(
        self, name: str, value: float | None, detail: str, n_people: int | None, *, outcome: str = ENGAGEMENT
    ) -> Diagnostic:
        return Diagnostic(
            outcome=outcome, diagnostic=name, population=self.population, value=value, detail=detail,
            n_people=n_people,
        )  # fmt: skip


def _of_wave(wave: str, interval: int = 0) -> tuple[_Term, _Term]:
    """Terms of the interval of that number, which ends at a wave."""
    both = ((ENGAGEMENT, TO_ENGAGEMENT, FORWARD), (ROLES, TO_ROLES, BACKWARD))
    first, second = (
        _Term(
            outcome=outcome, name=f"{name}_{wave}", paths={path_of(path, interval): 1.0}, scale=PER_POINT
        )
        for outcome, name, path in both
    )  # fmt: skip
    return first, second


def _verdict(row: Estimate) -> Estimate:
    """Say of the difference which direction is the stronger one."""
    if row.ci_low is None or row.ci_high is None:
        return row
    words = "Which direction is stronger cannot be told from chance."
    if row.ci_low > 0.0:
        words = "Roles go before engagement more than engagement before roles."
    elif row.ci_high < 0.0:
        words = "Engagement goes before roles more than roles before engagement."
    return replace(row, note=f"{words} {row.note}")


def _complete_df(pooled: Pooled, paths: Mapping[str, float]) -> float:
    """Degrees of freedom of a term without regard to missing answers, mean of the copies."""
    weights = weights_of(pooled.inference, paths)
    return sum(fit.df(weights) for fit in pooled.fits) / len(pooled.fits)
