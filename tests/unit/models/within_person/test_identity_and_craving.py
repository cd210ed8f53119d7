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
    row = by_term(found)[(CRAVING, "extent_recovery_identity_within")]

    assert (row.n_people, row.n_rows) == (days["participant_id"].n_unique(), days.height)


def test_no_term_is_worded_as_an_effect_and_other_families_stand_beside_it(found):
    for row in found.estimates:
        assert "association, not an effect" in row.note or "difference between people" in row.note
    for variant in ("log", "gamma", "separate"):
        assert "95% interval" in facts(found)[f"sensitivity_extent_recovery_identity_within_{variant}"].detail


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

    assert len(found.estimates) == 9
    for row in found.estimates:
        assert row.estimate is None
        assert word in row.note
