import numpy as np
import polars as pl
import pytest

from models.within_person.design.rows import used_rows
from models.within_person.diary_facts import Facts
from models.within_person.identity_and_meaning import DESIGN, WITHIN
from models.within_person.sensitivity import least_compliant, sensitivity
from tests.unit.models.within_person.diaries import diary

VARIABLES = ("recovery_identity", "meaningfulness")


def rows_with(answered: list[int]):
    """People of ten evenings, the first `answered[i]` of which the i-th person answered."""
    days = diary(people=len(answered))
    kept = pl.Series("kept", np.repeat(answered, 10))
    days = days.with_columns(
        pl.when(pl.col("day") <= kept).then(name).otherwise(None).alias(name) for name in VARIABLES
    )
    return used_rows(days, person="participant_id", day="day", columns=VARIABLES)


def test_the_tenth_that_answered_least_is_set_apart():
    rows = rows_with([3, 4, 5, 6] + [10] * 36)

    assert np.flatnonzero(least_compliant(rows)).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("complete", [5, 26, 91])
def test_a_tie_never_sets_apart_more_than_a_fifth(complete):
    rows = rows_with([9] * (91 - complete) + [10] * complete)

    assert least_compliant(rows).sum() == 0


def test_the_variant_is_refused_where_nobody_stands_out():
    rows = rows_with([9] * 56 + [10] * 4)
    found = sensitivity(
        Facts("meaningfulness", "made_up"), rows, DESIGN, {WITHIN: {WITHIN: 1.0}}, floor=0.0, ceiling=200.0,
        counted={WITHIN: rows.n_people},
    )  # fmt: skip
    (told,) = [fact for fact in found if fact.diagnostic.endswith("without_least_compliant")]

    assert told.value is None
    assert "too many people answered the same part" in told.detail
