"""Interviews at entry and 6 and 12 months later: scores, items, roles, and who is not reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from pipelines.codebook.spec import Codebook, Instrument
from pipelines.demo.chance import Floats, stream
from pipelines.demo.encode import NoAnswer, Record, Value
from pipelines.demo.justice import Career
from pipelines.demo.laws import BASELINE, MONTH_6, MONTH_12, WAVES
from pipelines.demo.measures import (
    COMPLETED,
    DUE,
    HOUSE_ONLY,
    SKIPPED,
    WINDOW,
    Entrants,
    Ints,
    Wave,
    draw_held,
    draw_skipped,
    draw_status,
    draw_waves,
)
from pipelines.demo.parameters import WORLD
from pipelines.demo.people import HOUSES, Person

__all__ = ["BASELINE", "MONTH_6", "MONTH_12", "Interview", "make_interviews", "scored_instruments"]

_REASONS: tuple[NoAnswer | None, ...] = tuple(
    None if reason == "not_answered" else NoAnswer(reason) for reason in SKIPPED
)
_WITH_DECIMALS = "asi_"  # all other measures are whole numbers


@dataclass(frozen=True, slots=True)
class Interview:
    """One wave of one person. `recorded` is the day on which the site entered it: it decides the quarter."""

    person: Person
    wave: str
    recorded: date
    record: Record
    items: dict[str, list[Value | NoAnswer]] = field(default_factory=dict)
    roles: dict[tuple[str, ...], Record] = field(default_factory=dict)

    @property
    def completed(self) -> bool:
        """Whether there are answers."""
        return self.record["followup_status"] == COMPLETED


@dataclass(frozen=True, slots=True)
class _Answered:
    """One wave of everybody, with who was reached when, and which answers were skipped."""

    wave: str
    status: NDArray[np.str_]
    held: Ints
    measured: Wave
    skipped_values: dict[str, NDArray[np.int8]]
    skipped_items: dict[str, NDArray[np.int8]]


def scored_instruments(codebook: Codebook) -> list[Instrument]:
    """Instruments of an interview that are scored from items."""
    scores = set(codebook.table("core.assessments").variables)
    return [i for i in codebook.instruments.values() if i.score in scores and i.method != "as_delivered"]


def make_interviews(
    seed: int, people: tuple[Person, ...], careers: dict[str, Career], codebook: Codebook
) -> list[Interview]:
    """All interviews that would ever be due, person by person; a quarter delivers those recorded in it."""
    rng = stream(seed, "interviews")
    ids = sorted({p.program.program_id for p in people})
    own_effects = dict(zip(ids, rng.normal(0, WORLD.programs.sd_program, len(ids)), strict=True))
    entrants = _entrants(people, own_effects)
    waves = draw_waves(rng, entrants, scored_instruments(codebook), WORLD)
    fates = [careers[p.participant_id] for p in people]
    returned = _days(people, [career.returned for career in fates])
    death = _days(people, [career.death for career in fates])
    answered = []
    for wave in WAVES:
        held = draw_held(rng, len(people), wave)
        status = draw_status(
            rng, entrants, wave, held=held.astype(float), returned=returned, death=death, truth=WORLD.programs
        )
        measured = waves[wave]
        answered.append(
            _Answered(
                wave, status, held, measured,
                {name: draw_skipped(rng, values.shape) for name, values in measured.values.items()},
                {name: draw_skipped(rng, answers.shape) for name, answers in measured.items.items()},
            )
        )  # fmt: skip
    roles = tuple(codebook.variables["role"].values or {})
    return [_interview(person, i, wave, roles) for i, person in enumerate(people) for wave in answered]


def _entrants(people: tuple[Person, ...], own_effects: Mapping[str, float]) -> Entrants:
    dose = dict(WORLD.programs.dose)

    def column(values: list[float]) -> Floats:
        return np.array(values, dtype=float)

    return Entrants(
        asi={area: column([p.asi[area] for p in people]) for area in people[0].asi},
        overall_severity=column([p.overall_severity for p in people]),
        involvement_drive=column([p.involvement_drive for p in people]),
        lasting=column([p.lasting for p in people]),
        supervised=column([float(p.record["justice_status"] != "none") for p in people]),
        smps=column([p.program.smps for p in people]),
        dose=column([dose[p.program.model] for p in people]),
        own_effect=column([own_effects[p.program.program_id] for p in people]),
        in_house=np.array([p.program.level_of_care in HOUSES for p in people], dtype=bool),
    )


def _days(people: tuple[Person, ...], days: list[date | None]) -> Floats:
    return np.array(
        [(day - p.entry).days if day else np.inf for p, day in zip(people, days, strict=True)], dtype=float
    )


def _interview(person: Person, i: int, at: _Answered, roles: tuple[str, ...]) -> Interview:
    key: dict[str, Value | NoAnswer] = {
        "participant_id": person.participant_id,
        "wave": at.wave,
        "followup_status": str(at.status[i]),
    }
    if at.status[i] != COMPLETED:
        return Interview(person, at.wave, person.entry + timedelta(days=DUE[at.wave] + WINDOW + 1), key)
    held = person.entry + timedelta(days=int(at.held[i]))
    shown: dict[str, Value | NoAnswer] = {"assessment_day": held}
    for name, values in at.measured.values.items():
        whole = not name.startswith(_WITH_DECIMALS)
        value = int(values[i]) if whole else float(values[i])
        shown[name] = _or_reason(value, at.skipped_values[name][i])
    items = {
        name: _answers(person, name, answers[i], at.skipped_items[name][i])
        for name, answers in at.measured.items.items()
    }
    held_roles: dict[tuple[str, ...], Record] = {
        (role,): {"held": bool(own)} for role, own in zip(roles, at.measured.roles[i], strict=True)
    }
    return Interview(person, at.wave, held, {**key, **shown}, items, held_roles)


def _answers(
    person: Person, instrument: str, answers: Ints, skipped: NDArray[np.int8]
) -> list[Value | NoAnswer]:
    if instrument == HOUSE_ONLY and person.program.level_of_care not in HOUSES:
        return [NoAnswer("not_applicable")] * len(answers)
    return [_or_reason(int(a), why) for a, why in zip(answers, skipped, strict=True)]


def _or_reason(value: Value, why: np.int8) -> Value | NoAnswer:
    return value if why == len(_REASONS) else _REASONS[why]
