"""Counts of what was due and came, and how those who came differ from those lost."""

import math

import numpy as np
import polars as pl
import pytest

from models.missing.due_and_came import ALL, due_and_came

STATUSES = {
    "social": {"completed": 14, "partial": 2, "not_located": 6, "missed": 4, "refused": 3, "incarcerated": 1,
               "deceased": 2, "not_due": 5},
    "clinical": {"completed": 20, "not_located": 10, "deceased": 1, None: 4},
}  # fmt: skip


@pytest.fixture
def people() -> pl.DataFrame:
    random = np.random.default_rng(1)
    rows = [
        {"program_model": arm, "status_month_12": status}
        for arm, counts in STATUSES.items()
        for status, count in counts.items()
        for _ in range(count)
    ]
    return pl.DataFrame(rows).with_columns(
        participant_id=pl.int_range(len(rows)),
        need_baseline=pl.Series(random.normal(size=len(rows))),
        sex_baseline=pl.Series(random.choice(["female", "male"], len(rows))),
    )


def arm_of(found, name):
    return next(arm for arm in found.arms if arm.arm == name)


def test_due_leaves_out_the_dead_and_those_not_due_and_an_absent_status_is_not_due(people):
    social = arm_of(due_and_came(people, "month_12"), "social")
    assert (social.due, social.came, social.lost, social.refused, social.incarcerated) == (30, 16, 10, 3, 1)
    assert (social.died, social.not_yet_due) == (2, 5)
    assert social.rate == pytest.approx(16 / 30)
    clinical = arm_of(due_and_came(people, "month_12"), "clinical")
    assert (clinical.due, clinical.came, clinical.lost, clinical.died, clinical.not_yet_due) == (
        30,
        20,
        10,
        1,
        4,
    )


def test_every_person_is_counted_once(people):
    for arm in due_and_came(people, "month_12").arms:
        parts = arm.came + arm.lost + arm.refused + arm.incarcerated
        assert arm.due == parts
    everybody = arm_of(due_and_came(people, "month_12"), ALL)
    assert everybody.due + everybody.died + everybody.not_yet_due == people.height


def test_lowest_rate_and_difference_are_of_the_arms(people):
    found = due_and_came(people, "month_12")
    assert found.lowest_rate == pytest.approx(16 / 30)
    assert found.difference_of_rates == pytest.approx(20 / 30 - 16 / 30)


def test_an_arm_with_nobody_due_has_no_rate_and_leaves_no_difference(people):
    waiting = people.with_columns(
        pl.when(pl.col("program_model") == "social").then(pl.lit("not_due")).otherwise("status_month_12")
        .alias("status_month_12")
    )  # fmt: skip
    found = due_and_came(waiting, "month_12")
    assert found.lowest_rate is None
    assert found.difference_of_rates is None


def test_the_standardized_difference_is_of_the_mean_over_the_pooled_spread(people):
    found = due_and_came(people, "month_12", baseline=("need_baseline",))
    due = people.filter(
        pl.col("status_month_12").is_not_null() & ~pl.col("status_month_12").is_in(["deceased", "not_due"])
    )
    came = pl.col("status_month_12").is_in(["completed", "partial"])
    a, b = due.filter(came)["need_baseline"], due.filter(~came)["need_baseline"]
    expected = (a.mean() - b.mean()) / math.sqrt((a.var() + b.var()) / 2)
    assert found.differences[0].value == pytest.approx(expected, rel=1e-12)
    assert (found.differences[0].n_came, found.differences[0].n_not) == (36, 24)


def test_a_category_is_compared_level_by_level_by_its_shares(people):
    found = due_and_came(people, "month_12", baseline=("sex_baseline",))
    female, male = (
        next(d for d in found.differences if (d.arm, d.level) == (ALL, level)) for level in ("female", "male")
    )
    assert female.value == pytest.approx(-male.value)
    due = people.filter(
        pl.col("status_month_12").is_not_null() & ~pl.col("status_month_12").is_in(["deceased", "not_due"])
    )
    came = pl.col("status_month_12").is_in(["completed", "partial"])
    p, q = (due.filter(which)["sex_baseline"].eq("female").mean() for which in (came, ~came))
    assert female.value == pytest.approx((p - q) / math.sqrt((p * (1 - p) + q * (1 - q)) / 2))


def test_few_people_on_one_side_are_not_compared(people):
    found = due_and_came(people.filter(pl.col("status_month_12") != "not_located"), "month_12")
    assert all(d.value is None for d in found.differences if d.arm in ("clinical", "social"))
    told = found.diagnostics(outcome="follow_up", population="p")
    silent = [fact for fact in told if fact.diagnostic.startswith("came_minus_lost") and fact.value is None]
    assert silent
    assert all("fewer than 10" in fact.detail for fact in silent)


def test_diagnostics_hold_each_count_and_rate_once(people):
    told = due_and_came(people, "month_12").diagnostics(outcome="follow_up", population="p")
    names = [fact.diagnostic for fact in told]
    assert len(set(names)) == len(names)
    assert {"due_month_12_social", "died_month_12_all", "follow_up_rate_month_12_clinical"} <= set(names)


def test_a_status_outside_the_codebook_is_an_error(people):
    with pytest.raises(ValueError, match="status that the codebook does not know"):
        due_and_came(people.with_columns(status_month_12=pl.lit("gone")), "month_12")


def test_a_person_counted_twice_is_an_error(people):
    with pytest.raises(ValueError, match="repeats its key"):
        due_and_came(pl.concat([people, people.head(1)]), "month_12")


def test_nobody_gives_counts_of_nothing(people):
    found = due_and_came(people.clear(), "month_12")
    assert [(arm.arm, arm.due) for arm in found.arms] == [(ALL, 0)]
    assert found.lowest_rate is None
