"""The county that was drawn has the rates it was drawn from, within Monte Carlo error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.demo.chance import expit, intercept_for
from pipelines.demo.civic import ACTIVE, RATES, RECOVERY
from pipelines.demo.diary import draw_feelings
from pipelines.demo.interviews import BASELINE, MONTH_6, MONTH_12, scored_instruments
from pipelines.demo.justice import make_extract
from pipelines.demo.large_sample import linear_slopes
from pipelines.demo.parameters import DIARY, JUSTICE
from pipelines.demo.quarters import last_day
from pipelines.demo.truth import return_incidence


def of_model(county, model: str, measure) -> np.ndarray:
    return np.array([measure(p) for p in county.people if p.program.model == model])


def test_the_diary_keeps_the_published_response_and_ceiling():
    feelings = draw_feelings(np.random.default_rng(11), 6000)
    answered = feelings.answered == 1
    assert answered.mean() == pytest.approx(DIARY.answered, abs=0.006)
    assert feelings.center.mean() == pytest.approx(DIARY.center_share, abs=0.02)
    assert (feelings.meaningfulness[answered] == 100).mean() == pytest.approx(0.30, abs=0.02)
    for values in (feelings.identity, feelings.meaningfulness, feelings.craving):
        assert values.min() >= 0
        assert values.max() <= 100
        assert (values == np.round(values)).all()


def test_the_latent_slopes_are_the_published_ones():
    feelings = draw_feelings(np.random.default_rng(12), 20_000)
    x, y = feelings.identity, feelings.latent
    w = x - x.mean(axis=1, keepdims=True)
    within = (w * y).sum() / (w**2).sum()
    means = x.mean(axis=1) - x.mean()
    between = (means * y.mean(axis=1)).sum() / (means**2).sum()
    assert within == pytest.approx(DIARY.within, abs=0.01)
    assert between == pytest.approx(DIARY.between, abs=0.03)
    met = feelings.meeting - feelings.meeting.mean(axis=1, keepdims=True)
    visited = feelings.center - feelings.center.mean(axis=1, keepdims=True)
    inside = y - y.mean(axis=1, keepdims=True)
    columns = [w, visited, met, w * visited, w * met]
    design = np.column_stack([(c - c.mean(axis=1, keepdims=True)).ravel() for c in columns])
    slopes = np.linalg.lstsq(design, inside.ravel(), rcond=None)[0]
    assert slopes[3] == pytest.approx(DIARY.within_by_center, abs=0.03)
    assert slopes[4] == pytest.approx(DIARY.within_by_meeting, abs=0.03)


def test_linear_slopes_agree_with_ordinary_regression_on_complete_diaries():
    feelings = draw_feelings(np.random.default_rng(13), 400)
    full = replace(feelings, answered=np.ones_like(feelings.answered))
    x, y = full.identity, full.meaningfulness
    w = x - x.mean(axis=1, keepdims=True)
    slope = np.polyfit(x.mean(axis=1), y.mean(axis=1), 1)[0]
    found = linear_slopes(full)
    assert found["within"] == pytest.approx((w * y).sum() / (w**2).sum(), rel=1e-9)
    assert found["between"] == pytest.approx(slope, rel=1e-6)  # equal weights without missed evenings


def test_about_sixty_people_keep_a_diary_each_quarter_and_nobody_twice(county):
    people = {q: {e.person.participant_id for e in evenings} for q, evenings in county.diaries.items()}
    assert all(55 <= len(ids) <= 60 for ids in people.values())
    assert not set.intersection(*people.values())


def test_some_evenings_are_answered_after_midnight_and_count_for_the_evening_before(county):
    evenings = [e for day in county.diaries.values() for e in day]
    late = [e for e in evenings if e.started.hour < 4]
    assert 0.04 < len(late) / len(evenings) < 0.13
    for evening in evenings:
        day = (evening.started.date() - evening.diary_start).days + 1
        assert evening.day == (day - 1 if evening.started.hour < 4 else day)


def test_diary_people_answer_at_the_calibrated_rate(county):
    n = sum(len(evenings) for evenings in county.diaries.values())
    planned = DIARY.evenings * DIARY.people_per_quarter * len(county.quarters)
    assert n / planned == pytest.approx(DIARY.answered, abs=0.04)


def test_civic_answers_have_the_true_rates(county):
    people = list(county.civic.values())
    for item, rates in RATES.items():
        for period, rate in zip((ACTIVE, RECOVERY), rates, strict=True):
            answers = [p[item, period]["answer"] for p in people]
            given = np.array([a for a in answers if isinstance(a, bool)])
            error = np.sqrt(rate * (1 - rate) / len(given))
            assert abs(given.mean() - rate) < 4 * error, (item, period)
            assert 0 < len(answers) - len(given) < 0.06 * len(answers)


def test_the_extract_finds_the_true_incidence_again(county):
    """Kaplan-Meier by hand on the rows of the last extract."""
    rows = make_extract(county.known_people("2026Q3"), county.careers, through=last_day("2026Q3"))
    release = {r["participant_id"]: r for r in rows if r["justice_measure"] == "release"}
    ends = {r["participant_id"]: r for r in rows if r["justice_measure"] == "death"}
    ends |= {r["participant_id"]: r for r in rows if r["justice_measure"] == "return_to_prison"}
    time, event = [], []
    for person, row in release.items():
        end = ends.get(person, {"event_day": row["extract_day"], "justice_measure": ""})
        time.append((end["event_day"] - row["event_day"]).days)
        event.append(end["justice_measure"] == "return_to_prison")
    time, event = np.array(time), np.array(event)
    for years in (1, 3, 5):
        survival, greenwood = 1.0, 0.0
        for day in np.unique(time[event & (time <= 365.25 * years)]):
            at_risk, events = (time >= day).sum(), ((time == day) & event).sum()
            survival *= 1 - events / at_risk
            greenwood += events / (at_risk * (at_risk - events))
        assert (time >= 365.25 * years).any(), years
        error = survival * np.sqrt(greenwood)
        assert abs(1 - survival - return_incidence(years)) < 3.5 * error, years
    share = len(release) / len(county.people)
    assert share == pytest.approx(JUSTICE.released_share, abs=0.07)


def test_people_enter_the_program_within_two_weeks_of_release(county):
    for person in county.people:
        release = county.careers[person.participant_id].release
        assert (release is not None) == person.from_prison
        if release is not None:
            assert 0 <= (person.entry - release).days <= 14 < JUSTICE.quiet_days


def test_social_programs_start_with_worse_legal_and_employment_and_clinical_with_worse_family(county):
    for area, sign in {"legal": 1, "employment": 1, "family": -1}.items():
        social, clinical = (of_model(county, m, lambda p, a=area: p.asi[a]) for m in ("social", "clinical"))
        gap = social.mean() - clinical.mean()
        error = np.sqrt(social.var() / len(social) + clinical.var() / len(clinical))
        assert sign * gap > 2 * error, area


def test_people_with_severe_problems_are_reached_less_often(county):
    later = [i for i in county.interviews if i.wave == MONTH_12]
    severity = np.array([i.person.asi["alcohol"] + i.person.asi["drug"] for i in later])
    reached = np.array([i.completed for i in later])
    assert severity[~reached].mean() - severity[reached].mean() > 0.05
    share = {w: np.mean([i.completed for i in county.interviews if i.wave == w]) for w in (MONTH_6, MONTH_12)}
    assert 0.75 < share[MONTH_6] < 0.90
    assert 0.65 < share[MONTH_12] < share[MONTH_6]
    assert all(i.completed for i in county.interviews if i.wave == BASELINE)


def test_about_half_of_those_reached_are_abstinent(county):
    """Published: a little over half of the trial's patients, 6 and 12 months after entry."""
    for wave in (MONTH_6, MONTH_12):
        days = [i.record["abstinent_days_30"] for i in county.interviews if i.wave == wave and i.completed]
        given = np.array([d for d in days if isinstance(d, int)])
        assert 0.44 < (given == 30).mean() < 0.60, wave


def test_answers_stay_on_their_scales_and_some_are_missing(county, codebook):
    scales = {i.name: i for i in scored_instruments(codebook)}
    given = skipped = 0
    for interview in county.interviews[::7]:
        for name, answers in interview.items.items():
            assert len(answers) == len(scales[name].items)
            for answer in answers:
                if isinstance(answer, int):
                    assert scales[name].answer_minimum <= answer <= scales[name].answer_maximum
                    given += 1
                elif name != "rhes":
                    skipped += 1
    assert 0.01 < skipped / given < 0.04


def test_nobody_helps_before_meeting_or_names_a_stranger(county):
    entered = {p.participant_id: p for p in county.people}
    recorded = {(i.person.participant_id, i.wave): i.recorded for i in county.interviews}
    for (receiver, wave), given in county.ties.items():
        assert len(given) == len(set(given))
        for giver, _ in given:
            assert giver != receiver
            assert entered[giver].program == entered[receiver].program
            assert entered[giver].entry < recorded[receiver, wave]


def test_the_intercept_makes_the_share():
    z = np.random.default_rng(5).normal(size=200_000)
    assert expit(intercept_for(0.309, 3.2) + 3.2 * z).mean() == pytest.approx(0.309, abs=0.004)
