"""The cohort with its missing answers imputed once, for all comparisons of what came later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from models.comparison.cohort import BACKGROUND, BASELINE, OUTCOMES, PROGRAM, SMPS, WAVES, cohort
from models.comparison.comparable_people import differs_by_arm, usable
from models.missing.imputation import Imputations, imputations
from models.refusal import NotIdentifiedError

SCALES: Final = ("eurohis_qol8", "barc10")
# Measured at six months: mediators of C2; not adjusted for in C1 and C3 (programs change them), but they tell
# of those lost later.
MEDIATORS: Final = ("twelve_step_activities_month_6", "network_support_abstinence_month_6")
# What C2 puts in one model with the mediators.
MEDIATED: Final = ("any_problem_alcohol_month_12", "any_problem_drug_month_12", "abstinent_month_12")
FOLLOWED: Final = tuple(f"{name}_{wave}" for wave in WAVES for name in (*OUTCOMES, *SCALES))
TOTAL: Final = SMPS[0]
PLACE: Final = "place_on_scale"  # in the chains only: `TOTAL`, or what stands for it where there is none
MODEL: Final = "program_model"
IMPUTATIONS: Final = 20
MANY_PEOPLE: Final = 20_000
# The mean over m copies has the variance of that over infinitely many, and B / m more. With five of them and
# a quarter of the information missing that is a standard error 2.5% longer (Rubin 1987, p. 114).
IMPUTATIONS_OF_MANY: Final = 5
SEED: Final = 20031  # the same data give the same copies


@dataclass(frozen=True, slots=True, kw_only=True)
class ImputedCohort:
    """People of a comparison, and their copies without gaps.

    `people` as of `cohort.cohort`; `baseline` the variables measured at entry that enough of them answered;
    `filled` the copies, rows in the order of `people`, or the reason why there are none.
    """

    people: pl.DataFrame
    baseline: tuple[str, ...]
    filled: Imputations | str

    def among(self, kept: pl.Series) -> ImputedCohort:
        """Keep some of the people (booleans), in the frame and in every copy.

        `baseline` is then what enough of those kept answered.
        """
        people = self.people.filter(kept)
        filled = self.filled
        if isinstance(filled, Imputations):
            filled = replace(filled, copies=tuple(copy.filter(kept) for copy in filled.copies))
        return replace(self, people=people, baseline=usable(people, self.baseline), filled=filled)

    def with_columns(self, *made: pl.Expr) -> ImputedCohort:
        """Add columns to the frame and to every copy."""
        filled = self.filled
        if isinstance(filled, Imputations):
            filled = replace(filled, copies=tuple(copy.with_columns(made) for copy in filled.copies))
        return replace(self, people=self.people.with_columns(made), filled=filled)

    def copies(self) -> Imputations:
        """Return the copies of the people.

        Raises
        ------
        NotIdentifiedError
            There are none; the reason.
        """
        if isinstance(self.filled, str):
            raise NotIdentifiedError(self.filled)
        return self.filled


def usual_copies(n_people: int) -> int:
    """Say how many copies to make: fewer for more than `MANY_PEOPLE`."""
    return IMPUTATIONS_OF_MANY if n_people > MANY_PEOPLE else IMPUTATIONS


def imputed_cohort(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    *,
    n_imputations: int | None = None,
    seed: int = SEED,
) -> ImputedCohort:
    """Fill the missing answers of the whole cohort, both waves in one model (`missing.imputation`).

    In the model is what any of C1, C2 and C3 uses, so that what they allow to differ is not watered down
    (Meng 1994, Statistical Science 9:538): baseline and background, outcomes and mediators of both waves;
    program model and programs as levels; the products of program model with severity at entry (C1) and
    with the mediators (C2); and the program's place on the Social Model Philosophy Scale (C3). Which of it
    predicts which is settled beforehand (`predicts`). A program without a place gets, within the chains only,
    the mean over the programs of its model that have one (over all, if none has): its own level says how its
    people deviate, and no copy shows the number.

    Parameters
    ----------
    participants, episodes, assessments : pl.DataFrame
        Core tables of one population, as of one quarter.
    programs : pl.DataFrame
        core.programs as of the same quarter.
    n_imputations : int, optional
        Copies; `IMPUTATIONS`, or `IMPUTATIONS_OF_MANY` for more than `MANY_PEOPLE` people.
    seed : int
        Of the imputation.
    """
    people = cohort(participants, episodes, programs, assessments)
    baseline = usable(people, (*BACKGROUND, *BASELINE))
    filled: Imputations | str
    try:
        filled = _filled(people, baseline, n_imputations or usual_copies(people.height), seed)
    except NotIdentifiedError as reason:
        filled = f"the missing answers could not be imputed: {reason}"
    return ImputedCohort(people=people, baseline=baseline, filled=filled)


def _filled(people: pl.DataFrame, baseline: tuple[str, ...], n_imputations: int, seed: int) -> Imputations:
    if people.is_empty():
        raise NotIdentifiedError("nobody has a first episode in a known program")
    placed = _placed(people)
    place = (PLACE,) if placed[PLACE].null_count() == 0 else ()  # no program has a place
    mediators = usable(people, MEDIATORS)
    found = imputations(
        placed,
        variables=[*place, *baseline, *usable(people, FOLLOWED), *mediators],
        cluster=PROGRAM,
        groups=(MODEL,),
        products=[*(name for name in baseline if differs_by_arm(name)), *mediators],
        n_imputations=n_imputations,
        seed=seed,
        predicts=predicts,
    )
    return replace(found, copies=tuple(copy.drop(PLACE) for copy in found.copies))


def predicts(one: str, other: str) -> bool:
    """Tell whether `one` is in the imputation model of `other`: what an analysis joins, and own answers.

    All that is known of entry, and the program's place, predict everything, and are predicted by everything:
    they are in every model of C1 to C3, and the chance of being reached is made of them. What came later is
    predicted beside them by its own answer at the other wave and by the mediators, which tell of those lost
    afterwards; mediators by each other and by the outcomes of C2. Not by other outcomes: no analysis has two
    of them in one model, and some twenty predictors of nothing that is asked draw what is asked toward zero
    (van Buuren, Boshuizen & Knook 1999, Statistics in Medicine 18:681, choose predictors so; Hardt, Herke &
    Leonhart 2012, BMC Medical Research Methodology 12:184, on too many).
    """
    if one not in FOLLOWED or other not in (*FOLLOWED, *MEDIATORS):
        return one != other
    if other in MEDIATORS:
        return one in MEDIATED
    return one != other and _measure(one) == _measure(other)


def _measure(name: str) -> str:
    """Name what is measured, without the wave."""
    return next(name.removesuffix(f"_{wave}") for wave in WAVES if name.endswith(f"_{wave}"))


def _placed(people: pl.DataFrame) -> pl.DataFrame:
    """Add `PLACE`, complete unless no program has a place."""
    by_program = people.unique(PROGRAM).select(PROGRAM, MODEL, TOTAL)
    of_model = by_program.group_by(MODEL).agg(pl.col(TOTAL).mean().alias("of_model"))
    place = by_program.join(of_model, on=MODEL, how="left", nulls_equal=True).select(
        PROGRAM, pl.coalesce(TOTAL, "of_model", pl.col(TOTAL).mean()).cast(pl.Float64).alias(PLACE)
    )
    return people.join(place, on=PROGRAM, how="left", maintain_order="left")
