"""Hours go before less craving and with later abstinence as planted; the rest of the diary is left alone."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm

from pipelines.codebook.load import read_yaml
from pipelines.codebook.to_polars import schema
from pipelines.demo.diary import abstinent_next, days_clean, draw_feelings
from pipelines.demo.drawn_diaries import draw_diaries
from pipelines.demo.hours import HOURS, craving_log_odds, draw_hours
from pipelines.demo.parameters import CRAVING, DIARY
from pipelines.demo.quarters import last_day
from pipelines.demo.social_sample import diary_values
from pipelines.demo.social_truth import SOCIAL_SAMPLE


def hours_of(seed: int, n: int, abstinent: np.ndarray | None = None) -> list:
    rng = np.random.default_rng(seed)
    none = np.zeros((n, DIARY.evenings))
    later = np.full(n, HOURS.abstinent_share) if abstinent is None else abstinent
    return [draw_hours(rng, kind, meeting=none, center=none, abstinent=later) for kind in HOURS.kinds]


def test_within_slopes_are_found_by_conditional_comparison_of_a_persons_evenings():
    """With many evenings of equal people the logit of craving falls by the planted slope for each hour."""
    feelings = draw_feelings(np.random.default_rng(4), 60_000)
    n = len(feelings.identity)
    craves = (feelings.craving[:, 1:] > 0).astype(float)
    columns = []
    for told in (feelings.peer_hours, feelings.meaningful_hours):
        columns += [
            told[:, :-1] - told.mean(axis=1, keepdims=True),
            np.repeat(told.mean(axis=1), 13).reshape(n, 13),
        ]
    slopes = conditional_logit(craves, [columns[0], columns[2]])
    planted = np.array([kind.within for kind in HOURS.kinds])
    assert slopes == pytest.approx(planted, abs=0.008)


def conditional_logit(y: np.ndarray, columns: list[np.ndarray]) -> np.ndarray:
    """Slopes within people from all pairs of neighboring evenings, one with craving and one without.

    Of such a pair, the log odds that craving fell on the second are slope times the difference of hours,
    whatever the person's own level.
    """
    unlike = y[:, 1:] != y[:, :-1]
    differences = np.column_stack([(c[:, 1:] - c[:, :-1])[unlike] for c in columns])
    return sm.Logit(y[:, 1:][unlike], differences).fit(disp=0).params


def test_between_slopes_and_the_spread_of_people_add_up_to_the_spread_of_craving():
    spent = draw_feelings(np.random.default_rng(5), 40_000)
    own = sum(
        kind.between * (told.mean(axis=1) - kind.usual)
        for kind, told in zip(HOURS.kinds, (spent.peer_hours, spent.meaningful_hours), strict=True)
    )
    assert own.mean() == pytest.approx(0, abs=0.02), "`usual` is the mean of means"
    assert np.hypot(own.std(), HOURS.rest_sd) == pytest.approx(CRAVING.any_person_sd, abs=0.01)
    share = (spent.craving > 0).mean(axis=1)
    rich = own < np.quantile(own, 0.2)
    poor = own > np.quantile(own, 0.8)
    assert share[poor].mean() - share[rich].mean() > 0.2


def test_levels_of_hours_follow_the_discriminant_function_of_later_abstinence():
    abstinent = (np.random.default_rng(1).random(40_000) < 0.5).astype(float)
    for hours, kind in zip(hours_of(2, len(abstinent), abstinent), HOURS.kinds, strict=True):
        gap = hours.means[abstinent == 1].mean() - hours.means[abstinent == 0].mean()
        assert gap == pytest.approx(kind.abstinent_later, abs=0.06)


def test_yesterday_is_the_evening_before_and_hours_are_told_in_halves():
    (hours, _) = hours_of(3, 50)
    assert (hours.yesterday[:, 1:] == hours.told[:, :-1]).all()
    assert hours.told.shape == hours.yesterday.shape == (50, DIARY.evenings)
    assert (2 * hours.told == np.round(2 * hours.told)).all()
    assert hours.told.min() >= 0 and hours.told.max() <= 16
    within, between = craving_log_odds(HOURS.peer_hours, hours)
    assert within.shape == (50, DIARY.evenings) and between.shape == (50, 1)


def test_without_effects_hours_go_with_nothing_that_comes_later():
    placebo = HOURS.without_effects()
    for kind in placebo.kinds:
        assert kind.within == kind.between == kind.abstinent_later == 0
    assert placebo.rest_sd == CRAVING.any_person_sd
    rng = np.random.default_rng(6)
    feelings = draw_feelings(rng, 20_000, hours=placebo)
    craves = (feelings.craving[:, 1:] > 0).astype(float)
    slopes = conditional_logit(craves, [feelings.peer_hours[:, :-1], feelings.meaningful_hours[:, :-1]])
    assert np.abs(slopes).max() < 0.012


def test_hours_leave_identity_meaning_and_who_answers_as_they_were():
    plain, other = (
        draw_feelings(np.random.default_rng(8), 300, hours=truth)
        for truth in (HOURS, HOURS.without_effects())
    )
    for name in ("identity", "latent", "center", "meeting", "answered"):
        assert (getattr(plain, name) == getattr(other, name)).all(), name
    assert (plain.craving != other.craving).any()


def test_the_drawn_diaries_have_the_columns_of_core_and_an_interview_after_each(codebook):
    frames = draw_diaries(2, 40)
    for name, frame in frames.items():
        assert frame.schema == schema(codebook, codebook.table(f"core.{name}")), name
    days = frames["diary_days"]
    assert set(days.group_by("participant_id").len()["len"]) == {DIARY.evenings}
    silent = days.filter(pl.col("response_status") == "no_response")
    assert silent["craving"].null_count() == silent["evening_day"].null_count() == silent.height
    after = frames["assessments"].filter(pl.col("wave") == "month_6").drop_nulls("assessment_day")
    last = days.group_by("participant_id").agg(pl.col("evening_day").max())
    assert (
        after.join(last, on="participant_id")
        .select(pl.col("assessment_day") > pl.col("evening_day"))
        .to_series()
    ).all()
    assert draw_diaries(2, 40)["diary_days"].equals(days)


def test_the_stored_spreads_and_odds_ratios_are_found_again_with_fewer_people():
    stored, again = read_yaml(SOCIAL_SAMPLE)["P1"], diary_values(20_000)
    for name, value in stored.items():
        if name != "people":
            assert again[name] == pytest.approx(value, abs=0.08 if "ratio" in name else 0.04), name


def test_abstinence_that_hours_go_with_is_that_of_the_first_completed_interview_after_the_diary(county):
    days = days_clean(county.interviews)
    checked = 0
    for person in county.people:
        mine = [i for i in county.interviews if i.person is person and i.completed]
        for interview, later in zip(mine, [*mine[1:], None], strict=True):
            (known,) = abstinent_next(
                [person], [interview.recorded - timedelta(days=DIARY.evenings - 1)], days
            )
            answer = None if later is None else later.record["abstinent_days_30"]
            if isinstance(answer, int):
                assert known == (answer == 30)
                checked += 1
            else:
                assert np.isnan(known)
    assert checked > 500


def test_about_a_third_of_the_demos_diary_people_have_an_interview_after_it_that_was_delivered(county):
    people = {e.person.participant_id: e for evenings in county.diaries.values() for e in evenings}
    end = last_day(county.quarters[-1])
    delivered = [i for i in county.interviews if i.completed and i.recorded <= end]
    latest = {i.person.participant_id: i.recorded for i in sorted(delivered, key=lambda i: i.recorded)}
    followed = sum(latest[who] > e.diary_start + timedelta(days=13) for who, e in people.items())
    assert 35 <= followed <= 60
    assert len(people) == 120
