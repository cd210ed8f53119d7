"""What happens after a release: arrests, convictions, a return to prison, death.

Times are drawn from the hazards of `JusticeTruth`, the same for everyone, and cut off where an extract ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from pipelines.codebook.spec import Codebook
from pipelines.demo.chance import Floats, pick, stream
from pipelines.demo.encode import Record, Value
from pipelines.demo.parameters import JUSTICE
from pipelines.demo.people import Person

_DAYS_TO_ENTRY = 14  # people enter the program within two weeks of release, inside the quiet days
_YEAR = 365.25
_HORIZON = 40 * _YEAR  # no extract looks that far; it keeps dates in the calendar


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the justice extract."""

    measure: str
    day: date
    severity: str | None


@dataclass(frozen=True, slots=True)
class Career:
    """All that will ever happen to a person; an extract shows the part before its last day."""

    release: date | None
    returned: date | None
    death: date
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Fates:
    """Days since entry into the program that bound what is known of people: arrays, one entry a person.

    `released` is the release from prison, 0 or below; `returned` and `death` are whole numbers, `returned`
    infinite for people who were not in prison and for those who die before it.
    """

    released: NDArray[np.int64]
    returned: Floats
    death: Floats


def days_to_return(rng: np.random.Generator, n: int) -> Floats:
    """Days from release to a return to prison of `n` people, by inversion of the cumulative hazard."""
    ends = [*(_YEAR * year for year in range(1, len(JUSTICE.return_hazards))), _HORIZON]
    days = np.array([float(JUSTICE.quiet_days), *ends])
    hazard = np.concatenate([[0.0], np.cumsum(np.diff(days) * JUSTICE.return_hazards)])
    return np.asarray(np.interp(rng.exponential(size=n), hazard, days), dtype=float)


def draw_fates(rng: np.random.Generator, from_prison: NDArray[np.bool_]) -> Fates:
    """Draw releases, returns and deaths; the hazards are the same for everyone who was in prison."""
    n = len(from_prison)
    released = -rng.integers(0, _DAYS_TO_ENTRY + 1, n)
    life = np.minimum(rng.exponential(_YEAR / JUSTICE.death_per_year, n), _HORIZON)
    death = released.astype(float) + JUSTICE.quiet_days + np.ceil(life)
    returned = released + np.ceil(days_to_return(rng, n))
    return Fates(released, np.where(from_prison & (returned < death), returned, np.inf), death)


def make_careers(seed: int, people: tuple[Person, ...], codebook: Codebook) -> dict[str, Career]:
    """Draw what happens to each participant, by participant id."""
    rng = stream(seed, "justice")
    fates = draw_fates(rng, np.array([person.from_prison for person in people], dtype=bool))
    return {
        person.participant_id: _career(rng, person, codebook, fates, at) for at, person in enumerate(people)
    }


def _career(rng: np.random.Generator, person: Person, codebook: Codebook, fates: Fates, at: int) -> Career:
    start = person.entry + timedelta(days=int(fates.released[at]))
    death = person.entry + timedelta(days=int(fates.death[at]))
    if not person.from_prison:
        arrests = _arrests(rng, person.entry, death, JUSTICE.arrest_per_year_others, codebook)
        return Career(None, None, death, (*arrests, Event("death", death, None)))
    returned = None
    if np.isfinite(fates.returned[at]):
        returned = person.entry + timedelta(days=int(fates.returned[at]))
    events = [
        Event("release", start, None),
        *_arrests(rng, start, returned or death, JUSTICE.arrest_per_year, codebook),
        *(_return(rng, start, returned, codebook) if returned else ()),
        Event("death", death, None),
    ]
    return Career(start, returned, death, tuple(sorted(events, key=lambda e: e.day)))


def _return(rng: np.random.Generator, start: date, returned: date, codebook: Codebook) -> list[Event]:
    """Return the events around a return to prison: for a new crime, an arrest and a conviction go before."""
    severity = pick(
        rng, codebook.variables["severity"],
        {"technical": JUSTICE.technical_share, "felony": 1 - JUSTICE.technical_share}, 1,
    )[0]  # fmt: skip
    last = Event("return_to_prison", returned, severity)
    if severity == "technical":
        return [last]
    arrest = max(start + timedelta(days=1), returned - timedelta(days=int(rng.integers(20, 121))))
    return [
        Event("arrest", arrest, severity),
        Event("conviction", returned - timedelta(days=1), severity),
        last,
    ]


def _arrests(
    rng: np.random.Generator, start: date, end: date, per_year: float, codebook: Codebook
) -> tuple[Event, ...]:
    """Arrests at a constant rate while a person is free, some of them followed by a conviction."""
    events: list[Event] = []
    day = start + timedelta(days=JUSTICE.quiet_days)
    while (day := day + timedelta(days=1 + int(rng.exponential(_YEAR / per_year)))) < end:
        severity = pick(rng, codebook.variables["severity"], {"felony": 0.4, "misdemeanor": 0.6}, 1)[0]
        events.append(Event("arrest", day, severity))
        convicted = day + timedelta(days=int(rng.integers(30, 200)))
        if rng.random() < JUSTICE.conviction_after_arrest and convicted < end:
            events.append(Event("conviction", convicted, severity))
    return tuple(events)


def make_extract(people: list[Person], careers: dict[str, Career], *, through: date) -> list[Record]:
    """Rows of an extract that covers all events through a day; the agency sends every row again each time."""
    rows: list[dict[str, Value]] = []
    for person in people:
        for number, event in enumerate(careers[person.participant_id].events, start=1):
            if event.day <= through:
                rows.append(
                    {
                        "event_id": f"{person.participant_id}-J{number}",
                        "participant_id": person.participant_id,
                        "justice_measure": event.measure,
                        "event_day": event.day,
                        "severity": event.severity,
                        "extract_day": through,
                    }
                )
    return list(rows)


def stay_end(person: Person, career: Career) -> tuple[date, str]:
    """Day on which the stay ended, and why: as planned, by a return to prison, or by death."""
    ends = [(person.planned_exit, str(person.episode["exit_reason"])), (career.death, "died")]
    if career.returned is not None:
        ends.append((career.returned, "incarcerated"))
    return min(ends, key=lambda end: end[0])


def episode_as_of(person: Person, career: Career, day: date) -> Record:
    """Return the person's stay as the site knew it on a day: still open if it ended later."""
    end, reason = stay_end(person, career)
    if end > day:
        return {**person.episode, "exit_day": None, "stay_days": None, "exit_reason": None}
    return {**person.episode, "exit_day": end, "stay_days": (end - person.entry).days, "exit_reason": reason}
