"""The people of a comparison: whose first program counts, and what is due of whom."""

import polars as pl
import pytest

from models.comparison.cohort import AREAS, BACKGROUND, BASELINE, COLUMNS, MEASURES, SMPS, WAVES, cohort


def frames(
    episodes: list[tuple[str, str, str, int | None]], assessments: list[dict[str, object]]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    people = sorted(
        {person for _, person, _, _ in episodes} | {str(row["participant_id"]) for row in assessments}
    )
    participants = pl.DataFrame({"participant_id": people}).with_columns(
        *(pl.lit(None, pl.String).alias(name) for name in BACKGROUND), onset_age=pl.lit(20)
    )
    programs = pl.DataFrame({"program_id": ["A", "B", "C"], "model": ["social", "clinical", "mixed"]})
    programs = programs.with_columns(pl.lit(50.0).alias(name) for name in SMPS)
    schema = {"participant_id": pl.String, "wave": pl.String, "followup_status": pl.String}
    schema |= dict.fromkeys(MEASURES, pl.Float64)
    columns = ["episode_id", "participant_id", "program_id", "entry_day"]
    return (
        participants,
        pl.DataFrame(episodes, schema=columns, orient="row"),
        programs,
        pl.DataFrame(assessments, schema=schema),
    )


def interview(person: str, wave: str, status: str = "completed", **values: float) -> dict[str, object]:
    return {"participant_id": person, "wave": wave, "followup_status": status} | values


def test_the_first_program_is_that_of_the_earliest_entry_and_then_of_the_first_id():
    episodes = [("e2", "p", "A", 9), ("e1", "p", "B", 3), ("f2", "q", "A", 0), ("f1", "q", "B", 0)]
    found = cohort(*frames(episodes, []))
    assert found.select("participant_id", "program_id", "social").rows() == [("p", "B", 0), ("q", "B", 0)]


def test_who_has_no_first_episode_in_a_known_program_is_left_out():
    episodes = [("e1", "p", "Z", 0), ("e2", "p", "A", 5), ("f1", "q", "A", None), ("g1", "r", "C", 0)]
    found = cohort(*frames(episodes, []))
    assert found.select("participant_id", "social").rows() == [("r", None)]


def test_a_wave_without_a_row_is_not_due_and_death_stays():
    rows = [interview("p", "month_6", "deceased"), interview("q", "month_12", "not_located")]
    found = cohort(*frames([("e", "p", "A", 0), ("f", "q", "B", 0)], rows))
    told = found.select("participant_id", *(f"status_{wave}" for wave in WAVES)).rows()
    assert told == [("p", "deceased", "deceased"), ("q", "not_due", "not_located")]


def test_a_composite_above_zero_is_a_problem_and_thirty_days_are_abstinent():
    rows = [
        interview("p", "month_6", asi_drug=0.0, asi_legal=0.01, abstinent_days_30=30),
        interview("p", "month_12", "partial", abstinent_days_30=29),
    ]
    found = cohort(*frames([("e", "p", "A", 0)], rows)).row(0, named=True)
    assert found["any_problem_drug_month_6"] is False
    assert found["any_problem_legal_month_6"] is True
    assert found["any_problem_family_month_6"] is None
    assert (found["abstinent_month_6"], found["abstinent_month_12"]) == (True, False)


def test_values_of_a_wave_without_an_interview_are_no_answers():
    rows = [interview("p", "month_6", "refused", asi_drug=0.5, barc10=40.0)]
    found = cohort(*frames([("e", "p", "A", 0)], rows)).row(0, named=True)
    assert found["any_problem_drug_month_6"] is None
    assert found["barc10_month_6"] is None


def test_values_that_are_not_finite_are_missing():
    rows = [interview("p", "baseline", barc10=float("nan"), k6=float("inf"))]
    found = cohort(*frames([("e", "p", "A", 0)], rows)).row(0, named=True)
    assert found["barc10_baseline"] is None
    assert found["k6_baseline"] is None


def test_columns_are_those_of_the_contract_also_without_people():
    empty = [frame.clear() for frame in frames([("e", "p", "A", 0)], [])]
    for found in (cohort(*empty), cohort(*frames([("e", "p", "A", 0)], []))):
        assert tuple(found.columns) == COLUMNS
        assert set(BASELINE) <= set(found.columns)
        assert all(f"any_problem_{area}_{wave}" in found.columns for area in AREAS for wave in WAVES)


def test_a_repeated_key_is_an_error_of_the_caller():
    row = interview("p", "month_6")
    with pytest.raises(ValueError, match="repeats its key"):
        cohort(*frames([("e", "p", "A", 0)], [row, row]))
