"""Evening diaries: who keeps one, what they feel, and which evenings bring an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from pipelines.demo.chance import Floats, expit, intercept_for, stream
from pipelines.demo.encode import NoAnswer, Value
from pipelines.demo.hours import HOURS, HoursTruth, craving_log_odds, draw_hours
from pipelines.demo.interviews import Interview
from pipelines.demo.justice import Career
from pipelines.demo.parameters import CRAVING, DIARY
from pipelines.demo.people import Person
from pipelines.demo.quarters import first_day, last_day

_FIRST_YEAR = 335  # days from entry to a diary after which an interview comes
_ALL_DAYS = 30  # without use, of the 30 that an interview asks about
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
    peer_hours: Floats
    meaningful_hours: Floats

    @property
    def meaningfulness(self) -> Floats:
        """Answers on the slider."""
        return np.clip(np.round(self.latent), 0, 100)


def draw_feelings(
    rng: np.random.Generator, n: int, *, abstinent: Floats | None = None, hours: HoursTruth = HOURS
) -> Feelings:
    """Draw diaries of `n` people from `DiaryTruth`, `CravingTruth` and `HoursTruth`.

    Parameters
    ----------
    rng
        Random numbers.
    n
        How many people.
    abstinent
        1 for people who will be abstinent at their next interview, 0 for others, NaN (or no array at all)
        where there is none.
    hours
        What hours with peers and in meaningful activity go with.
    """
    t, evenings = DIARY, DIARY.evenings
    own = rng.spawn(1)[0]  # hours have their own random numbers
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
    spent = _spent(own, hours, meeting=meeting, center=center, abstinent=abstinent)
    craving = _craving(rng, within, between, meeting, spent)
    tired = t.answered_per_evening * (np.arange(evenings) - (evenings - 1) / 2)
    willing = intercept_for(t.answered, t.answered_logit_sd) + t.answered_logit_sd * rng.normal(size=(n, 1))
    answered = (rng.random((n, evenings)) < expit(willing + tired)).astype(float)
    return Feelings(
        identity, latent, craving, center, meeting, answered, spent.peer_hours, spent.meaningful_hours
    )


def _habit(rng: np.random.Generator, n: int, share: float, logit_sd: float) -> Floats:
    chance = expit(intercept_for(share, logit_sd) + logit_sd * rng.normal(size=(n, 1)))
    return (rng.random((n, DIARY.evenings)) < chance).astype(float)


@dataclass(frozen=True, slots=True)
class _Spent:
    """Hours told, and what they add to the log odds of any craving: of the evening, and of the person."""

    peer_hours: Floats
    meaningful_hours: Floats
    within: Floats
    between: Floats
    rest_sd: float


def _spent(
    rng: np.random.Generator, truth: HoursTruth, *, meeting: Floats, center: Floats, abstinent: Floats | None
) -> _Spent:
    n = len(meeting)
    later = (rng.random(n) < truth.abstinent_share).astype(float)
    if abstinent is not None:
        later = np.where(np.isnan(abstinent), later, abstinent)
    peers, meaningful = (
        draw_hours(rng, kind, meeting=meeting, center=center, abstinent=later) for kind in truth.kinds
    )
    parts = [craving_log_odds(kind, own) for kind, own in zip(truth.kinds, (peers, meaningful), strict=True)]
    return _Spent(
        peers.told,
        meaningful.told,
        within=sum((part for part, _ in parts), np.zeros(1)),
        between=sum((part for _, part in parts), np.zeros(1)),
        rest_sd=truth.rest_sd,
    )


def _craving(
    rng: np.random.Generator, within: Floats, between: Floats, meeting: Floats, spent: _Spent
) -> Floats:
    c, n = CRAVING, len(within)
    first = spent.between / c.any_person_sd + spent.rest_sd / c.any_person_sd * rng.normal(size=(n, 1))
    second = c.person_correlation * first + np.sqrt(1 - c.person_correlation**2) * rng.normal(size=(n, 1))
    any_odds = c.any_intercept + c.any_within * within + c.any_between * between + c.any_person_sd * first
    any_odds = any_odds + spent.within
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
    seed: int,
    people: tuple[Person, ...],
    careers: dict[str, Career],
    interviews: list[Interview],
    quarters: tuple[str, ...],
) -> dict[str, list[Evening]]:
    """Answered evenings by quarter, in the order in which they arrive; nobody keeps a diary twice.

    Who is asked and what is answered have random numbers of their own, so that a change there leaves what
    people feel as it was.
    """
    rng = stream(seed, "diary")
    told = days_clean(interviews)
    diaries: dict[str, list[Evening]] = {}
    asked: set[str] = set()
    for quarter in quarters:
        asking, answering = rng.spawn(2)
        start, end = first_day(quarter), last_day(quarter)
        fit = [
            p for p in people
            if p.participant_id not in asked
            and 30 <= (start - p.entry).days <= 900
            and careers[p.participant_id].death > end
            and (careers[p.participant_id].returned or end) >= end
        ]  # fmt: skip
        n = min(DIARY.people_per_quarter, len(fit))
        chosen = _asked(asking, fit, start, n)
        asked |= {p.participant_id for p in chosen}
        begins = [
            start + timedelta(days=int(day))
            for day in asking.integers(3, (end - start).days - DIARY.evenings, size=n)
        ]
        feelings = draw_feelings(rng, n, abstinent=abstinent_next(chosen, begins, told))
        evenings: list[Evening] = []
        for i, person in enumerate(chosen):
            evenings += _answered(answering, person, begins[i], feelings, i)
        diaries[quarter] = sorted(evenings, key=lambda e: (e.started, e.person.number))
    return diaries


def _asked(rng: np.random.Generator, fit: list[Person], start: date, n: int) -> list[Person]:
    """Choose `n` people at random, those first who are in their first year and have an interview ahead."""
    early = [p for p in fit if (start - p.entry).days < _FIRST_YEAR]
    late = [p for p in fit if (start - p.entry).days >= _FIRST_YEAR]
    first = min(n, len(early))
    places = [rng.choice(len(early), first, replace=False), rng.choice(len(late), n - first, replace=False)]
    return [pool[i] for pool, at in zip((early, late), places, strict=True) for i in at]


def days_clean(interviews: list[Interview]) -> dict[str, list[tuple[date, Value | NoAnswer]]]:
    """Days without use that participants tell at completed interviews, in the order of the interviews."""
    told: dict[str, list[tuple[date, Value | NoAnswer]]] = {}
    for interview in sorted(interviews, key=lambda i: i.recorded):
        if interview.completed:
            days = interview.record["abstinent_days_30"]
            told.setdefault(interview.person.participant_id, []).append((interview.recorded, days))
    return told


def abstinent_next(
    people: list[Person], begins: list[date], told: dict[str, list[tuple[date, Value | NoAnswer]]]
) -> Floats:
    """Whether people are abstinent at the first interview after the diary ends; NaN if not known."""
    found = np.full(len(people), np.nan)
    for i, (person, begin) in enumerate(zip(people, begins, strict=True)):
        last = begin + timedelta(days=DIARY.evenings - 1)
        days = next((days for held, days in told.get(person.participant_id, ()) if held > last), None)
        if isinstance(days, int):
            found[i] = float(days == _ALL_DAYS)
    return found


def _answered(
    rng: np.random.Generator, person: Person, begins: date, feelings: Feelings, i: int
) -> list[Evening]:
    evenings = []
    meaningfulness = feelings.meaningfulness[i]
    for at in np.flatnonzero(feelings.answered[i]):
        met, visited = bool(feelings.meeting[i, at]), bool(feelings.center[i, at])
        answers: dict[str, Value] = {
            "recovery_identity": float(feelings.identity[i, at]),
            "meaningfulness": float(meaningfulness[at]),
            "craving": float(feelings.craving[i, at]),
            "attended_meeting": met,
            "visited_center": visited,
            "peer_hours": float(feelings.peer_hours[i, at]),
            "meaningful_hours": float(feelings.meaningful_hours[i, at]),
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
