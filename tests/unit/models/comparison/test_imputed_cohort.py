"""One imputation for three analyses: what it holds, and that each says of it what it says by itself."""

import polars as pl
import pytest

from models.comparison import fidelity, social_and_clinical
from models.comparison.cohort import BACKGROUND, BASELINE, SMPS, WAVES
from models.comparison.imputed_cohort import (
    FOLLOWED,
    MEDIATED,
    MEDIATORS,
    PLACE,
    TOTAL,
    imputed_cohort,
    predicts,
)
from models.mediation import mediation_answers, through_involvement_and_network
from models.missing.imputation import Imputations
from models.refusal import NotIdentifiedError
from pipelines.demo.collaborative import draw

TABLES = ("participants", "episodes", "programs", "assessments")


def tables(frames):
    return [frames[name] for name in TABLES]


@pytest.fixture(scope="module")
def frames():
    """A collaborative of which one program has no place on the scale."""
    drawn = dict(draw(3, 300))
    unplaced = pl.col("program_id") == drawn["programs"]["program_id"][0]
    return drawn | {
        "programs": drawn["programs"].with_columns(
            pl.when(unplaced).then(None).otherwise(pl.col(name)).alias(name) for name in SMPS
        )
    }


@pytest.fixture(scope="module")
def cohort(frames):
    return imputed_cohort(*tables(frames), n_imputations=2, seed=1)


def test_copies_are_whole_but_for_the_dead_and_those_not_due(cohort):
    assert isinstance(cohort.filled, Imputations)
    assert len(cohort.filled.copies) == 2
    for copy in cohort.filled.copies:
        assert copy["participant_id"].equals(cohort.people["participant_id"])
        assert not any(copy[name].null_count() for name in cohort.baseline)
        for name in (*FOLLOWED, *MEDIATORS):
            status = copy[f"status_{name[name.rindex('month') :]}"]
            assert copy[name].is_null().equals(status.is_in(["deceased", "not_due"]))


def test_no_copy_gives_a_program_a_place_on_the_scale_that_it_does_not_have(cohort):
    assert cohort.people[TOTAL].null_count() > 0
    for copy in cohort.filled.copies:
        assert PLACE not in copy.columns
        assert copy[TOTAL].equals(cohort.people[TOTAL])


def test_people_without_any_place_on_the_scale_are_imputed_all_the_same(frames):
    nowhere = frames["programs"].with_columns(pl.lit(None, pl.Float64).alias(name) for name in SMPS)
    found = imputed_cohort(*tables(frames | {"programs": nowhere}), n_imputations=2)
    assert isinstance(found.filled, Imputations)


def test_rows_are_chosen_in_frame_and_copies_alike(cohort):
    kept = cohort.people[TOTAL].is_not_null()
    few = cohort.among(kept)
    assert few.people.height == kept.sum()
    for copy, whole in zip(few.copies().copies, cohort.filled.copies, strict=True):
        assert copy.equals(whole.filter(kept))


def test_why_nothing_was_imputed_is_told_by_every_analysis(frames):
    nobody = frames | {"participants": frames["participants"].head(0)}
    found = imputed_cohort(*tables(nobody))
    with pytest.raises(NotIdentifiedError, match="could not be imputed"):
        found.copies()
    for model in (social_and_clinical, through_involvement_and_network, fidelity):
        told = model.analyse(*tables(nobody), population="drawn", imputed=found)
        assert told.estimates
        assert all(row.estimate is None and row.note for row in told.estimates)


@pytest.mark.parametrize("model", [social_and_clinical, fidelity])
def test_an_analysis_says_the_same_of_copies_handed_to_it_as_of_its_own(frames, cohort, model):
    by_itself = model.analyse(*tables(frames), population="drawn", n_imputations=2, seed=1)
    handed = model.analyse(*tables(frames), population="drawn", seed=1, imputed=cohort)
    assert handed == by_itself


def test_mediators_of_the_second_analysis_are_imputed_with_the_rest():
    assert tuple(one.column for one in mediation_answers.MEDIATORS) == MEDIATORS
    assert mediation_answers.OUTCOMES == MEDIATED


def test_what_is_known_of_entry_predicts_everything_and_is_predicted_by_everything():
    entry, later = (PLACE, *BACKGROUND, *BASELINE), (*FOLLOWED, *MEDIATORS)
    for known in entry:
        for other in (*entry, *later):
            assert predicts(known, other) == predicts(other, known) == (known != other)


def test_an_outcome_is_predicted_by_its_own_other_wave_and_the_mediators_and_no_other_outcome():
    for outcome in FOLLOWED:
        wave = next(wave for wave in WAVES if outcome.endswith(wave))
        other_wave = next(one for one in WAVES if one != wave)
        predictors = {one for one in (*FOLLOWED, *MEDIATORS) if predicts(one, outcome)}
        assert predictors == {*MEDIATORS, outcome.replace(wave, other_wave)}


def test_mediators_are_predicted_by_each_other_and_the_outcomes_they_are_analyzed_with():
    for mediator in MEDIATORS:
        predictors = {one for one in (*FOLLOWED, *MEDIATORS) if predicts(one, mediator)}
        assert predictors == {*MEDIATED, *MEDIATORS} - {mediator}
