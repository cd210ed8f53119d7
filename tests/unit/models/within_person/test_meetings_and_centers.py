import numpy as np
import polars as pl
import pytest

from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.rows import used_rows
from models.within_person.meetings_and_centers import STORED, analyse
from tests.unit.models.within_person.diaries import by_term, diary, facts

MEANING = "meaningfulness"
CAP = 75.0
TERMS = (
    "recovery_identity_by_attended_meeting", "recovery_identity_within_meeting_day",
    "recovery_identity_within_no_meeting_day", "recovery_identity_by_visited_center",
    "recovery_identity_within_center_day", "recovery_identity_within_no_center_day",
)  # fmt: skip
LEVELS = ("attended_meeting_within", "visited_center_within")


def run(days: pl.DataFrame, ceiling: float = CAP, **more):
    return analyse(days, population="made_up", floor=-1000.0, ceiling=ceiling, **more)


@pytest.fixture(scope="module")
def found():
    return run(diary(people=80, cap=CAP))


def test_planted_moderation_is_found_behind_the_ceiling(found):
    for term, truth in zip(TERMS, (-0.4, 0.6, 1.0, 0.0, 0.8, 0.8), strict=True):
        row = by_term(found)[(MEANING, term)]
        assert abs(row.estimate - truth) < 3 * row.std_error, term
        assert "Tobit" in row.method


def test_the_two_simple_slopes_differ_by_the_product_exactly(found):
    rows = by_term(found)
    for what, name in (("meeting", "attended_meeting"), ("center", "visited_center")):
        day = rows[(MEANING, f"recovery_identity_within_{what}_day")].estimate
        other = rows[(MEANING, f"recovery_identity_within_no_{what}_day")].estimate
        assert day - other == pytest.approx(
            rows[(MEANING, f"recovery_identity_by_{name}")].estimate, abs=1e-12
        )


def test_days_with_a_meeting_are_found_as_much_more_meaningful_as_was_planted():
    """Five points on days with a meeting; beside it, people who go often have more meaningful days."""
    days = diary(people=120)
    habit = pl.col("attended_meeting").mean().over("participant_id")
    days = days.with_columns(
        meaningfulness=pl.col("meaningfulness") + 5.0 * pl.col("attended_meeting") + 10.0 * habit
    )
    rows = by_term(run(days, ceiling=1000.0))

    for term, truth in zip(LEVELS, (5.0, 0.0), strict=True):
        row = rows[(MEANING, term)]
        assert abs(row.estimate - truth) < 3 * row.std_error, term
        assert row.scale == "points"
        assert "usual identity; an association, not an effect" in row.note


def test_stored_cross_products_give_the_linear_variants_that_the_rows_give():
    days = diary(cap=CAP)
    columns = [name for name in STORED if "*" not in name]
    rows = used_rows(days, person="participant_id", day="day", columns=columns)
    cross = CrossProducts.from_rows(rows, STORED)

    from_rows, from_sums = facts(run(days)), facts(run(days, cross_products=cross))

    assert from_rows.keys() == from_sums.keys()
    for name, fact in from_rows.items():
        for number in ("value", "ci_low", "ci_high"):
            read, stored = getattr(fact, number), getattr(from_sums[name], number)
            assert stored == (None if read is None else pytest.approx(read, rel=1e-6, abs=1e-9)), name
        assert from_sums[name].detail == fact.detail


def test_habits_between_people_do_not_enter_the_product():
    """People who go often get a steeper slope, nobody's own days differ: the product stays near zero."""
    random = np.random.default_rng(3)
    days = diary(people=150, by_meeting=0.0)
    often = pl.col("participant_id").str.slice(1).cast(pl.Int64) % 2 == 0
    luck = pl.Series(random.random(days.height))
    days = days.with_columns(attended_meeting=pl.when(often).then(luck < 0.9).otherwise(luck < 0.1))
    own = pl.col("recovery_identity") - pl.col("recovery_identity").mean().over("participant_id")
    days = days.with_columns(
        meaningfulness=pl.col("meaningfulness") + pl.when(often).then(0.5 * own).otherwise(0.0)
    )

    row = by_term(run(days, ceiling=1000.0))[(MEANING, "recovery_identity_by_attended_meeting")]

    assert abs(row.estimate) < 3 * row.std_error


def test_a_moderator_with_too_few_people_with_both_kinds_of_days_is_refused_alone():
    always = pl.col("participant_id") >= "p008"
    days = diary(cap=CAP).with_columns(
        attended_meeting=pl.when(always).then(True).otherwise("attended_meeting")
    )
    found = run(days)
    rows = by_term(found)

    assert rows[(MEANING, TERMS[0])].estimate is None
    assert "with and days without a meeting" in rows[(MEANING, TERMS[0])].note
    assert rows[(MEANING, TERMS[3])].estimate is not None
    assert facts(found)["people_with_both_kinds_of_days_attended_meeting"].value < 10


def test_every_term_stands_beside_its_variants(found):
    for term in TERMS:
        for variant in ("linear", "tobit_intercept_only", "autoregressive"):
            beside = facts(found)[f"sensitivity_{term}_{variant}"]
            assert beside.ci_low < beside.value < beside.ci_high
            assert beside.n_people == by_term(found)[(MEANING, term)].n_people


def test_people_whose_identity_never_varies_do_not_carry_a_moderator():
    """Twelve people have days of both kinds, eleven of them with the same identity every evening."""
    number = pl.col("participant_id").str.slice(1).cast(pl.Int64)
    days = diary(cap=CAP).with_columns(
        attended_meeting=pl.when(number < 12).then("attended_meeting").otherwise(False),
        recovery_identity=pl.when((number > 0) & (number < 12)).then(60.0).otherwise("recovery_identity"),
    )
    found = run(days)
    rows = by_term(found)

    for term in TERMS[:3]:
        assert rows[(MEANING, term)].estimate is None
    assert "whose recovery identity varied" in rows[(MEANING, TERMS[0])].note
    assert rows[(MEANING, TERMS[3])].n_people == 49  # the others


def test_terms_count_the_people_whose_days_they_compare():
    number = pl.col("participant_id").str.slice(1).cast(pl.Int64)
    days = diary(cap=CAP).with_columns(
        attended_meeting=pl.when(number < 30).then("attended_meeting").otherwise(False)
    )
    row = by_term(run(days))[(MEANING, TERMS[0])]

    assert (row.n_people, row.n_rows) == (30, 300)


@pytest.mark.parametrize("case", ["empty", "one person", "all at the ceiling"])
def test_too_little_is_refused_with_a_reason(case):
    days = diary(cap=CAP)
    if case == "empty":
        days = days.clear()
    if case == "one person":
        days = days.filter(pl.col("participant_id") == "p001")
    if case == "all at the ceiling":
        days = days.with_columns(meaningfulness=pl.lit(CAP))
    found = run(days)

    assert len(found.estimates) == len(TERMS) + len(LEVELS)
    for row in found.estimates:
        assert row.estimate is None
        assert row.note
    assert facts(found)["converged"].value == 0.0
