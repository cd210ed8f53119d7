"""Courses of recovery follow the hazards that were planted, and extracts tell of them what could be known."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.survival import cox
from pipelines.codebook.load import read_yaml
from pipelines.demo.chance import stream
from pipelines.demo.checkups import checkup_rows, told_at_interviews
from pipelines.demo.collaborative import draw
from pipelines.demo.courses import COURSES, Courses, as_of, cumulative_hazard, draw_course, landmarks
from pipelines.demo.drawn_courses import course_of, draw_courses
from pipelines.demo.justice import stay_end
from pipelines.demo.quarters import last_day
from pipelines.demo.social_sample import compute, course_values
from pipelines.demo.social_truth import SOCIAL_SAMPLE

YEAR = 365.25


def at_landmarks(n: int, *, sos: float, meetings: float) -> pl.DataFrame:
    """People who left after 100 days, were interviewed 10 days later and say nothing of their use."""
    return pl.DataFrame({"participant_id": [f"S{i}" for i in range(n)]}).with_columns(
        exit_day=pl.lit(100), landmark=pl.lit(110), sos=pl.lit(sos), meetings=pl.lit(meetings),
        clean_days=pl.lit(None, pl.Int64),
    )  # fmt: skip


def drawn(at: pl.DataFrame, seed: int = 1, truth=COURSES) -> Courses:
    never = np.full(at.height, np.inf)
    return draw_course(np.random.default_rng(seed), at, never, np.ones(at.height, dtype=bool), truth)


def log_hazard_ratios(at: pl.DataFrame, courses: Courses) -> tuple[np.ndarray, np.ndarray]:
    """Log hazard ratios of helping and of ten meetings, with errors, in 12 months from the landmark."""
    rows = at.with_columns(first=pl.Series(courses.first_use)).drop_nulls(["landmark", "sos", "meetings"])
    rows = rows.filter(pl.col("first") > pl.col("landmark"))
    free = (rows["first"] - rows["landmark"]).clip(upper_bound=365.0).to_numpy()
    helps = (rows["sos"] >= COURSES.helping_cut).cast(pl.Float64)
    fitted = cox.fit(
        stop=free, event=free < 365, x=np.column_stack([helps, rows["meetings"].cast(pl.Float64) / 10])
    )
    return fitted.beta, np.sqrt(np.diag(fitted.covariance))


@pytest.fixture(scope="module")
def large() -> tuple[pl.DataFrame, Courses]:
    frames = draw(3, 20_000)
    courses, _ = course_of(stream(3, "courses"), frames)
    exits = frames["episodes"].select("participant_id", "exit_day")
    return landmarks(frames["assessments"], exits), courses


@pytest.mark.parametrize(("sos", "meetings"), [(20.0, 8.0), (40.0, 8.0), (45.0, 18.0)])
def test_time_without_use_after_the_landmark_has_its_closed_form(sos, meetings):
    first = drawn(at_landmarks(40_000, sos=sos, meetings=meetings)).first_use
    free = first[first > 110] - 110
    ratio = (COURSES.helping if sos >= 40 else 1.0) * COURSES.meetings_per_10 ** ((meetings - 8) / 10)
    days, hazards = cumulative_hazard()
    for day in (30, 90, 200, 365, 700):
        share = np.exp(-ratio * np.interp(day, days, hazards))
        assert abs((free > day).mean() - share) < 4 * np.sqrt(share * (1 - share) / len(free)), day


def test_at_the_usual_meetings_those_who_do_not_help_reach_twelve_months_as_published():
    days, hazards = cumulative_hazard()
    at_12_months = np.interp(365, days, hazards)
    assert np.exp(-at_12_months) == pytest.approx(0.22)
    assert np.exp(-COURSES.helping * at_12_months) == pytest.approx(0.40, abs=0.005)


def test_cox_regression_at_the_landmark_finds_both_hazard_ratios_again(large):
    at, courses = large
    log_ratios, errors = log_hazard_ratios(at, courses)
    truth = np.log([COURSES.helping, COURSES.meetings_per_10])
    assert (np.abs(log_ratios - truth) < 3.5 * errors).all()
    assert (np.abs(truth) > 5 * errors).all(), "so many people would tell either from no effect"


def test_without_effects_helping_and_meetings_change_nothing():
    placebo = COURSES.without_effects()
    helpers = drawn(at_landmarks(500, sos=60.0, meetings=40.0), truth=placebo)
    others = drawn(at_landmarks(500, sos=12.0, meetings=0.0), truth=placebo)
    assert (helpers.first_use == others.first_use).all()


def test_a_first_use_agrees_with_what_the_landmark_says_of_the_last_30_days(large):
    at, courses = large
    rows = at.with_columns(first=pl.Series(courses.first_use))
    told = rows.filter(pl.col("landmark") - pl.col("exit_day") >= 30)
    used = told.filter(pl.col("clean_days") < 30)
    clean = told.filter(pl.col("clean_days") == 30)
    assert used.height > 3000 and clean.height > 3000
    assert (used["first"] <= used["landmark"]).all()
    within = (clean["first"] > clean["landmark"] - 30) & (clean["first"] <= clean["landmark"])
    assert not within.any()
    before = (clean["first"] <= clean["landmark"]).mean()
    assert 0.05 < before < 0.4, "some used before the landmark all the same"
    assert (rows["first"] > rows["exit_day"]).all()
    assert (courses.first_use == np.round(courses.first_use)).all()


def test_remission_is_complete_on_day_365_exactly_for_those_without_use_until_then(large):
    _, courses = large
    at_once = courses.first_use > 365
    assert (courses.remission[at_once] == 365).all()
    assert (courses.remission[~at_once] > courses.first_use[~at_once] + 365).all()


def test_the_landmark_is_the_first_completed_interview_on_or_after_the_exit():
    assessments = pl.DataFrame({
        "participant_id": ["a", "a", "a", "b", "b", "c"],
        "followup_status": ["completed", "completed", "completed", "not_located", "completed", "completed"],
        "assessment_day": [0, 180, 365, None, 360, 170],
        "sos": [20.0, 41.0, 50.0, None, None, 30.0],
        "twelve_step_meetings_30": [1, 2, 3, None, 4, 5],
        "abstinent_days_30": [0, 30, 30, None, 12, 30],
    })  # fmt: skip
    exits = pl.DataFrame({"participant_id": ["c", "b", "a"], "exit_day": [171, 90, 180]})
    found = landmarks(assessments, exits)
    assert found["participant_id"].to_list() == ["c", "b", "a"]
    assert found["landmark"].to_list() == [None, 360, 180]
    assert found["meetings"].to_list() == [None, 4, 2]
    assert found["sos"].to_list() == [None, None, 41.0]


def test_an_extract_ends_at_its_last_day_at_death_and_at_loss():
    courses = Courses(
        participant_id=pl.Series(["event", "open", "gone", "inside", "died inside"]),
        exit=np.array([50.0, 50.0, 50.0, 300.0, 40.0]),
        left=np.array([True, True, True, True, False]),
        first_use=np.array([80.0, 500.0, 500.0, 600.0, 70.0]),
        remission=np.array([900.0, 365.0, 365.0, 365.0, 950.0]),
        seen_until=np.array([1000.0, 1000.0, 120.0, 1000.0, 40.0]),
    )
    rows = as_of(courses, np.full(5, 200.0)).filter(pl.col("outcome") == "first_use")
    assert rows.select("participant_id", "day_observed", "event_observed").rows() == [
        ("event", 80.0, True),
        ("open", 200.0, False),
        ("gone", 120.0, False),
    ]
    later = as_of(courses, np.full(5, 400.0)).filter(pl.col("outcome") == "sustained_remission")
    assert later.select("day_observed", "event_observed").rows() == [
        (400.0, False),
        (365.0, True),
        (120.0, False),
        (365.0, True),
        (40.0, False),
    ]


def test_the_drawn_frames_have_the_shape_of_the_core_tables_and_deaths_agree():
    frames = draw_courses(5, 600)
    times, events = frames["outcome_times"], frames["justice_events"]
    assert times.select("participant_id", "outcome").is_unique().all()
    assert set(times["outcome"]) == {"first_use", "sustained_remission"}
    assert set(events["justice_measure"]) <= {"death"}
    last = times.filter(pl.col("outcome") == "sustained_remission", ~pl.col("event_observed"))
    died = last.join(events, on="participant_id")
    assert died.height > 5
    assert (died["day_observed"] <= died["event_day"]).all()
    assert (died["day_observed"] == died["event_day"]).mean() > 0.6, "the others were lost before"
    assert draw_courses(5, 600)["outcome_times"].equals(times)


def test_censoring_by_loss_and_extract_leaves_incidences_as_they_are():
    """Kaplan-Meier of remission on censored courses against the share in uncensored ones of other people."""
    frames = draw_courses(11, 20_000)
    rows = frames["outcome_times"].filter(pl.col("outcome") == "sustained_remission")
    day, event = rows["day_observed"].to_numpy(), rows["event_observed"].to_numpy()
    stored = read_yaml(SOCIAL_SAMPLE)["S1"]
    for name, years in {"1_year": 1, "3_years": 3, "5_years": 5}.items():
        survival = 1.0
        for at in np.unique(day[event & (day <= years * YEAR)]):
            survival *= 1 - (event & (day == at)).sum() / (day >= at).sum()
        assert 1 - survival == pytest.approx(stored[f"within_{name}_if_nobody_died"], abs=0.015), name


def test_the_stored_values_are_found_again_with_fewer_people():
    stored, again = read_yaml(SOCIAL_SAMPLE), course_values(20_000)
    for name, tolerance in {
        "helpers_12_months": 0.04,
        "others_12_months": 0.02,
        "restricted_mean_difference": 12.0,
        "hazard_ratio_without_meetings": 0.05,
        "at_risk_share": 0.03,
    }.items():
        assert again["H1"][name] == pytest.approx(stored["H1"][name], abs=tolerance), name
    for name in ("within_1_year", "within_3_years", "within_5_years"):
        assert again["S1"][name] == pytest.approx(stored["S1"][name], abs=0.02), name


def test_helpers_stay_without_use_about_as_often_as_published(truth):
    found = truth["H1"]["large_sample"]
    assert found["helpers_12_months"] == pytest.approx(0.40, abs=0.03)
    assert found["others_12_months"] == pytest.approx(0.22, abs=0.02)


def test_each_extract_repeats_the_last_and_adds_what_became_known(county):
    before, after = (
        {row["participant_id"]: row for row in county.checkups(quarter)} for quarter in county.quarters
    )
    assert set(before) < set(after)
    for participant, row in before.items():
        for day, whether in (("use_day", "used"), ("remission_day", "remission")):
            if row[whether]:
                assert after[participant][day] == row[day]
            elif row[day] is not None:
                assert after[participant][day] >= row[day]
    changed = sum(row["used"] != after[participant]["used"] for participant, row in before.items())
    assert changed > 5


def test_people_in_treatment_have_no_first_use_after_it_and_nobody_uses_before_the_exit(county):
    end = last_day("2026Q3")
    rows = checkup_rows(county.courses, county.people, through=end)
    inside = 0
    for person in county.people:
        exit_day, reason = stay_end(person, county.careers[person.participant_id])
        row = rows.get(person.participant_id, {"use_day": None})
        if exit_day > end or reason == "died":
            inside += 1
            assert row["use_day"] is None
        elif row["use_day"] is not None and row["used"]:
            assert row["use_day"] > exit_day
    assert inside > 5


def test_use_days_lie_before_the_end_of_the_extract_and_before_death(county):
    end = last_day("2026Q2")
    rows = checkup_rows(county.courses, county.people, through=end)
    for person in county.people:
        for day in ("use_day", "remission_day"):
            told = rows.get(person.participant_id, {}).get(day)
            if told is not None:
                assert person.entry <= told <= min(end, county.careers[person.participant_id].death)


def test_the_countys_own_people_carry_the_planted_hazard_ratio(county, codebook):
    exits = pl.DataFrame({
        "participant_id": county.courses.participant_id,
        "exit_day": county.courses.exit.astype(int),
    })  # fmt: skip
    at = landmarks(told_at_interviews(county.interviews, codebook), exits)
    log_ratios, errors = log_hazard_ratios(at, county.courses)
    assert abs(log_ratios[0] - np.log(COURSES.helping)) < 2.5 * errors[0]
    assert errors[0] < 0.3


@pytest.mark.slow
def test_the_stored_social_sample_is_what_its_command_writes():
    stored, again = read_yaml(SOCIAL_SAMPLE), compute()
    assert stored.keys() == again.keys()
    for subject, values in stored.items():
        assert again[subject] == pytest.approx(values, rel=2e-3, abs=2e-4), subject
