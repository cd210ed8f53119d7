import numpy as np
import polars as pl
import pytest

from models.within_person.yesterday_and_today import analyse
from tests.unit.models.within_person.day_to_day.test_day_to_day import TRUTH, diaries
from tests.unit.models.within_person.diaries import by_term, facts

MEANING, IDENTITY = "meaningfulness", "recovery_identity"


def frame(people=200, seed=5, **settings):
    first, second, person, day = diaries(np.random.default_rng(seed), people=people, **settings)
    return pl.DataFrame(
        {
            "participant_id": [f"p{i:03d}" for i in person],
            "day": day + 1,
            "response_status": "answered",
            IDENTITY: first,
            MEANING: second,
        }
    )


def run(days):
    return analyse(days, population="made_up", floor=-1000.0, ceiling=1000.0)


@pytest.fixture(scope="module")
def found():
    return run(frame())


def test_planted_carry_over_is_found_under_its_name(found):
    named = (
        (IDENTITY, f"yesterday_{IDENTITY}_within"), (IDENTITY, f"yesterday_{MEANING}_within"),
        (MEANING, f"yesterday_{IDENTITY}_within"), (MEANING, f"yesterday_{MEANING}_within"),
        (MEANING, f"today_{IDENTITY}_within"),
    )  # fmt: skip
    for key, truth in zip(named, TRUTH, strict=True):
        row = by_term(found)[key]
        assert abs(row.estimate - truth) < 3.5 * row.std_error, key
        assert "not an effect" in row.note


def test_the_common_way_stands_beside_it_and_differs(found):
    beside = facts(found)[f"sensitivity_yesterday_{IDENTITY}_within_centered_at_person_mean"]

    assert beside.value is not None
    assert beside.ci_low < beside.value < beside.ci_high


def test_evenings_in_a_row_are_counted(found):
    days = frame().sort("participant_id", "day")
    next_day = (pl.col("day").diff() == 1) & (pl.col("participant_id") == pl.col("participant_id").shift(1))

    assert facts(found)["evenings_after_an_evening"].value == days.filter(next_day).height


def test_every_other_evening_alone_is_refused():
    found = run(frame(people=30).filter(pl.col("day") % 2 == 0))

    for row in found.estimates:
        assert row.estimate is None
        assert "two evenings in a row" in row.note


@pytest.mark.parametrize("answer", [IDENTITY, MEANING])
def test_slopes_that_rest_on_one_person_are_refused(answer):
    alone = pl.col("participant_id") == "p003"
    days = frame(people=40).with_columns(pl.when(alone).then(answer).otherwise(70.0).alias(answer))
    found = run(days)

    for row in found.estimates:
        assert row.estimate is None
        assert "Fewer than 10 people" in row.note or "For fewer than 10 people" in row.note


def test_people_counted_are_those_whose_answers_varied_on_evenings_in_a_row():
    number = pl.col("participant_id").str.slice(1).cast(pl.Int64)
    days = frame(people=60).filter((number >= 20) | (pl.col("day") % 2 == 0))
    row = run(days).estimates[0]

    assert row.n_people == 40
    assert row.df == 38


def test_the_same_answer_to_both_questions_is_refused_by_name():
    found = run(frame(people=30).with_columns(pl.col(IDENTITY).alias(MEANING)))

    assert all("tells the same" in row.note for row in found.estimates)


def test_an_answer_outside_the_scale_is_an_error_that_counts():
    with pytest.raises(ValueError, match="1 evenings"):
        analyse(
            frame(people=30).with_columns(
                pl.when(pl.int_range(pl.len()) == 5).then(2000.0).otherwise(MEANING).alias(MEANING)
            ),
            population="made_up", floor=-1000.0, ceiling=1000.0,
        )  # fmt: skip


@pytest.mark.parametrize("case", ["empty", "one person", "constant identity"])
def test_too_little_is_refused_with_a_reason(case):
    days = frame(people=30)
    if case == "empty":
        days = days.clear()
    if case == "one person":
        days = days.filter(pl.col("participant_id") == "p001")
    if case == "constant identity":
        days = days.with_columns(pl.lit(50.0).alias(IDENTITY))
    found = run(days)

    assert len(found.estimates) == 5
    assert all(row.estimate is None and row.note for row in found.estimates)
    assert facts(found)["converged"].value == 0.0
