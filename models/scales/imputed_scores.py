"""Imputed copies of the scores of all waves, for all scales together or, where that fails, each alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from models.comparison.cohort import PROGRAM
from models.missing.imputation import Imputations, imputations
from models.refusal import NotIdentifiedError
from models.scales.wide_scores import BASELINE, MODEL, PREDICTORS, WAVES


def imputed_scores(
    people: pl.DataFrame, outcomes: Sequence[str], *, n_imputations: int, seed: int, minimum_people: int
) -> Mapping[str, Imputations | NotIdentifiedError]:
    """Impute the scores that are missing: copies by outcome, or why there are none.

    Every score helps to impute the others. If one of them cannot be imputed (nobody of one kind of program
    answered it), each is imputed without the others, so that it takes only itself down.

    Parameters
    ----------
    people : pl.DataFrame
        Of `wide_scores`.
    outcomes : sequence of str
        Those with fewer than `minimum_people` scores at entry are left out, as are their waves with fewer.
    n_imputations, seed : int
        As in `imputations`.
    minimum_people : int
    """
    columns = {outcome: _answered(people, outcome, minimum_people) for outcome in outcomes}
    told: dict[str, Imputations | NotIdentifiedError] = {
        outcome: NotIdentifiedError(f"fewer than {minimum_people} people have a score at entry")
        for outcome, own in columns.items()
        if not own
    }
    asked = [outcome for outcome, own in columns.items() if own]
    if not asked:
        return told

    def run(*chosen: str) -> Imputations:
        scores = [column for outcome in chosen for column in columns[outcome]]
        known = [name for name in PREDICTORS if people[name].count() >= minimum_people]
        return imputations(
            people, variables=(*scores, *known), cluster=PROGRAM, groups=(MODEL,),
            n_imputations=n_imputations, seed=seed,
        )  # fmt: skip

    try:
        together = run(*asked)
    except NotIdentifiedError as reason:
        if len(asked) == 1:
            return told | {asked[0]: reason}
        for outcome in asked:
            try:
                told[outcome] = run(outcome)
            except NotIdentifiedError as own:
                told[outcome] = own
        return told
    return told | dict.fromkeys(asked, together)


def _answered(people: pl.DataFrame, outcome: str, minimum_people: int) -> list[str]:
    """Columns of an outcome with enough scores to impute the rest; none without those at entry."""
    found = [f"{outcome}_{wave}" for wave in WAVES if people[f"{outcome}_{wave}"].count() >= minimum_people]
    return found if f"{outcome}_{BASELINE}" in found else []
