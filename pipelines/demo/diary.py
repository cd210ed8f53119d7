"""Evening diaries: who keeps one, what they feel, and which evenings bring an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from pipelines.demo.chance import Floats, expit, intercept_for, stream
from pipelines.demo.encode import Value
from pipelines.demo.justice import Career
from pipelines.demo.parameters import CRAVING, DIARY
from pipelines.demo.people import Person
from pipelines.demo.quarters import first_day, last_day

_AFTER_MIDNIGHT = 0.08  # ours: share of evenings answered after midnight


@dataclass(frozen=True, slots=True)
class Evening:
    """One answered evening. `started` is local time where the person lives."""

    person: Person
    day: int
    diary_start: date
    started: datetime
    seconds: int
    finished: bool
    answers: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Feelings:
    """What `n` people feel over the evenings of a diary; arrays are people by evenings.

    `latent` is meaningfulness before it is rounded and cut off at the ends of the scale.
    """

    identity: Floats
    latent: Floats
    craving: Floats
    center: Floats
    meeting: Floats
    answered: Floats

    @property
    def meaningfulness(self) -> Floats:
        """Answers on the slider."""
        return np.clip(np.round(self.latent), 0, 100)


def draw_feelings(rng: np.random.Generator, n: int) -> Feelings:
    """Draw diaries of `n` people from `DiaryTruth` and `CravingTruth`."""
    t, evenings = DIARY, DIARY.evenings
    person_mean = t.identity_mean + t.sd_identity_person * rng.normal(size=(n, 1))
    identity = np.clip(np.round(person_mean + t.sd_identity_day * rng.normal(size=(n, evenings))), 0, 100)
    # Centered over all planned evenings, so that the slopes hold exactly for the answers on the slider.
    within = identity - identity.mean(axis=1, keepdims=True)
    between = identity.mean(axis=1, keepdims=True) - t.identity_mean
    center = _habit(rng, n, t.center_share, t.center_logit_sd)
    meeting = _habit(rng, n, t.meeting_share, t.meeting_logit_sd)
    latent = (
        t.intercept
        + t.within * within
        + t.between * between
        + t.center * center
        + t.meeting * meeting
        + t.within_by_center * within * (center - center.mean(axis=1, keepdims=True))
        + t.within_by_meeting * within * (meeting - meeting.mean(axis=1, keepdims=True))
        + t.sd_person * rng.normal(size=(n, 1))
        + t.sd_residual * rng.normal(size=(n, evenings))
    )
    craving = _craving(rng, within, between, meeting)
    tired = t.answered_per_evening * (np.arange(evenings) - (evenings - 1) / 2)
    willing = intercept_for(t.answered, t.answered_logit_sd) + t.answered_logit_sd * rng.normal(size=(n, 1))
    answered = (rng.random((n, evenings)) < expit(willing + tired)).astype(float)
    return Feelings(identity, latent, craving, center, meeting, answered)


def _habit(rng: np.random.Generator, n: int, share: float, logit_sd: float) -> Floats:
    chance = expit(intercept_for(share, logit_sd) + logit_sd * rng.normal(size=(n, 1)))
    return (rng.random((n, DIARY.evenings)) < chance).astype(float)


def _craving(rng: np.random.Generator, within: Floats, between: Floats, meeting: Floats) -> Floats:
    c, n = CRAVING, len(within)
    first = rng.normal(size=(n, 1))
    second = c.person_correlation * first + np.sqrt(1 - c.person_correlation**2) * rng.normal(size=(n, 1))
    any_odds = c.any_intercept + c.any_within * within + c.any_between * between + c.any_person_sd * first
    extent = (
        c.extent_intercept
        + c.extent_between * between
        + c.extent_within_by_meeting * within * meeting
        + c.extent_person_sd * second
        + c.extent_residual_sd * rng.normal(size=within.shape)
    )
    points = np.clip(np.round(c.points_per_unit * extent), 1, 100)
    return np.where(rng.random(within.shape) < expit(any_odds), points, 0.0)


def make_diaries(
    seed: int, people: tuple[Person, ...], careers: dict[str, Career], quarters: tuple[str, ...]
) -> dict[str, list[Evening]]:
    """Answered evenings by quarter, in the order in which they arrive; nobody keeps a diary twice."""
    rng = stream(seed, "diary")
    diaries: dict[str, list[Evening]] = {}
    asked: set[str] = set()
    for quarter in quarters:
        start, end = first_day(quarter), last_day(quarter)
        fit = [
            p for p in people
            if p.participant_id not in asked
            and 30 <= (start - p.entry).days <= 900
            and careers[p.participant_id].death > end
            and (careers[p.participant_id].returned or end) >= end
        ]  # fmt: skip
        n = min(DIARY.people_per_quarter, len(fit))
        chosen = [fit[i] for i in sorted(rng.choice(len(fit), size=n, replace=False))]
        asked |= {p.participant_id for p in chosen}
        feelings = draw_feelings(rng, n)
        evenings: list[Evening] = []
        last_start = (end - start).days - DIARY.evenings
        for i, person in enumerate(chosen):
            begins = start + timedelta(days=int(rng.integers(3, last_start)))
            evenings += _answered(rng, person, begins, feelings, i)
        diaries[quarter] = sorted(evenings, key=lambda e: (e.started, e.person.number))
    return diaries


def _answered(
    rng: np.random.Generator, person: Person, begins: date, feelings: Feelings, i: int
) -> list[Evening]:
    evenings = []
    meaningfulness = feelings.meaningfulness[i]
    for at in np.flatnonzero(feelings.answered[i]):
        met, visited = bool(feelings.meeting[i, at]), bool(feelings.center[i, at])
        peers = float(np.clip(np.round(2 * rng.gamma(1.2, 1.0 + 1.2 * met + 1.0 * visited)) / 2, 0, 16))
        answers: dict[str, Value] = {
            "recovery_identity": float(feelings.identity[i, at]),
            "meaningfulness": float(meaningfulness[at]),
            "craving": float(feelings.craving[i, at]),
            "attended_meeting": met,
            "visited_center": visited,
            "peer_hours": peers,
            "meaningful_hours": float(np.clip(np.round(2 * rng.gamma(2.0, 1.6)) / 2, 0, 16)),
            "help_given": bool(rng.random() < expit(-0.9 + 0.9 * met + 0.5 * visited)),
            "help_received": bool(rng.random() < expit(-0.7 + 0.8 * met + 0.7 * visited)),
        }
        finished = rng.random() >= DIARY.partial
        if not finished:
            kept = int(rng.integers(1, len(answers)))
            answers = {name: value if n < kept else None for n, (name, value) in enumerate(answers.items())}
        evening = datetime(begins.year, begins.month, begins.day) + timedelta(days=int(at))  # noqa: DTZ001 - local
        after_midnight = rng.random() < _AFTER_MIDNIGHT
        minutes = rng.uniform(24 * 60, 26.5 * 60) if after_midnight else rng.uniform(19 * 60, 23 * 60 + 50)
        evenings.append(
            Evening(
                person, int(at) + 1, begins, evening + timedelta(seconds=int(minutes * 60)),
                int(rng.integers(70, 420)), bool(finished), answers,
            )
        )  # fmt: skip
    return evenings
