import math

import polars as pl
import pytest

from models.within_person.identity_and_craving import STEP, analyse
from tests.unit.models.within_person.diaries import by_term, diary, facts

CRAVING = "craving"


def run(days: pl.DataFrame):
    return analyse(days, population="made_up")


@pytest.fixture(scope="module")
def found():
    return run(diary(people=120))


def test_planted_links_of_both_parts_are_found(found):
    rows = by_term(found)
    for term, truth in (("any_recovery_identity_within", 0.04), ("extent_recovery_identity_within", -0.5)):
        row = rows[(CRAVING, term)]
        assert abs(row.estimate - truth) < 3 * row.std_error
    correlation = rows[(CRAVING, "person_effects_correlation")]
    assert correlation.ci_low < 0.6 < correlation.ci_high


def test_the_odds_ratio_is_the_slope_of_ten_points_exponentiated_with_its_limits(found):
    rows = by_term(found)
    slope = rows[(CRAVING, "any_recovery_identity_within")]
    ratio = rows[(CRAVING, "any_recovery_identity_within_per_10_points")]

    assert ratio.estimate == pytest.approx(math.exp(STEP * slope.estimate))
    assert (ratio.ci_low, ratio.ci_high) == pytest.approx(
        (math.exp(STEP * slope.ci_low), math.exp(STEP * slope.ci_high))
    )
    assert ratio.scale == "odds ratio"


def test_the_extent_counts_the_people_who_craved_and_their_evenings(found):
    days = diary(people=120).filter(pl.col("craving") > 0)
    row = by_term(found)[(CRAVING, "extent_recovery_identity_between")]

    assert days["participant_id"].n_unique() > 109  # all but a few, so that the model's people are told
    assert (row.n_people, row.n_rows) == (120, days.height)
    assert row.df == 120 - 10 - 3


def test_the_slopes_on_both_kinds_of_days_differ_by_the_product(found):
    rows = by_term(found)
    for part in ("any", "extent"):
        with_meeting = rows[(CRAVING, f"{part}_recovery_identity_within_meeting_day")]
        without = rows[(CRAVING, f"{part}_recovery_identity_within_no_meeting_day")]
        product = rows[(CRAVING, f"{part}_recovery_identity_by_attended_meeting")]
        assert with_meeting.estimate - without.estimate == pytest.approx(product.estimate, abs=1e-12)


@pytest.mark.parametrize("people", [1, 2, 9])
def test_slopes_that_rest_on_a_few_people_are_refused_alone(people):
    number = pl.col("participant_id").str.slice(1).cast(pl.Int64)
    days = diary().with_columns(
        recovery_identity=pl.when(number < people).then("recovery_identity").otherwise(40.0 + number)
    )
    rows = by_term(run(days))

    for part in ("any", "extent"):
        for term in ("within", "by_attended_meeting", "within_meeting_day"):
            row = rows[(CRAVING, f"{part}_recovery_identity_{term}")]
            assert row.estimate is None
            assert "whose recovery identity varied" in row.note
        assert rows[(CRAVING, f"{part}_recovery_identity_between")].estimate is not None


def test_a_meeting_that_one_person_ever_went_to_carries_no_product_and_costs_nothing_else():
    alone = pl.col("participant_id") == "p003"
    days = diary().with_columns(attended_meeting=pl.when(alone).then("attended_meeting").otherwise(False))
    rows = by_term(run(days))

    assert rows[(CRAVING, "any_recovery_identity_by_attended_meeting")].estimate is None
    assert rows[(CRAVING, "any_recovery_identity_within")].estimate is not None


def test_a_meeting_every_evening_leaves_the_links_with_identity_standing():
    rows = by_term(run(diary().with_columns(attended_meeting=pl.lit(True))))

    assert rows[(CRAVING, "any_recovery_identity_by_attended_meeting")].estimate is None
    assert rows[(CRAVING, "extent_recovery_identity_within")].estimate is not None


def test_a_craving_below_zero_is_an_error_that_counts():
    days = diary().with_columns(craving=pl.when(pl.int_range(pl.len()) == 3).then(-1.0).otherwise("craving"))

    with pytest.raises(ValueError, match="1 evenings have a craving below zero"):
        run(days)


def test_no_term_is_worded_as_an_effect_and_other_families_stand_beside_it(found):
    for row in found.estimates:
        assert "association, not an effect" in row.note or "difference between people" in row.note
    for variant in ("log", "gamma", "separate"):
        beside = facts(found)[f"sensitivity_extent_recovery_identity_within_{variant}"]
        assert beside.ci_low < beside.value < beside.ci_high
        assert not any(character.isdigit() for character in beside.detail), "limits are columns"


@pytest.mark.parametrize(
    ("case", "word"),
    [
        ("empty", "Fewer than 10 people answered"),
        ("one person", "Fewer than 10 people answered"),
        ("nobody craves", "Fewer than 10 people had any craving"),
        ("everybody always craves", "without craving"),
        ("same craving everywhere", "Not identified"),
        ("constant identity", "Not identified"),
    ],
)
def test_too_little_is_refused_with_a_reason(case, word):
    days = diary()
    if case == "empty":
        days = days.clear()
    if case == "one person":
        days = days.filter(pl.col("participant_id") == "p001")
    if case == "nobody craves":
        days = days.with_columns(craving=pl.lit(0.0))
    if case == "everybody always craves":
        days = days.with_columns(craving=pl.col("craving") + 5)
    if case == "same craving everywhere":
        days = days.with_columns(craving=pl.when(pl.col("craving") > 0).then(50.0).otherwise(0.0))
    if case == "constant identity":
        days = days.with_columns(recovery_identity=pl.lit(50.0))
    found = run(days)

    assert len(found.estimates) == 13
    for row in found.estimates:
        assert row.estimate is None
        assert word in row.note
