"""Interviews at entry and 6 and 12 months later: scores, items, roles, and who is not reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from pipelines.codebook.spec import Codebook, Instrument
from pipelines.demo.chance import Floats, stream
from pipelines.demo.encode import NoAnswer, Record, Value
from pipelines.demo.followup import ANSWERED, COMPLETED, DUE, SKIPPED, WINDOW, Occasion, draw_occasions
from pipelines.demo.justice import Career
from pipelines.demo.laws import BASELINE, MONTH_6, MONTH_12, WAVES
from pipelines.demo.measures import Entrants, draw_waves
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
    own = [careers[p.participant_id] for p in people]
    occasions = draw_occasions(
        rng, entrants, waves,
        returned=_days(people, [career.returned for career in own]),
        death=_days(people, [career.death for career in own]),
        truth=WORLD.programs,
    )  # fmt: skip
    roles = tuple(codebook.variables["role"].values or {})
    return [
        _interview(person, i, occasions[wave], roles) for i, person in enumerate(people) for wave in WAVES
    ]


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


def _interview(person: Person, i: int, occasion: Occasion, roles: tuple[str, ...]) -> Interview:
    status = str(occasion.status[i])
    key: dict[str, Value | NoAnswer] = {
        "participant_id": person.participant_id,
        "wave": occasion.wave,
        "followup_status": status,
    }
    if status != COMPLETED:
        closed = person.entry + timedelta(days=DUE[occasion.wave] + WINDOW + 1)
        return Interview(person, occasion.wave, closed, key)
    measured, held = occasion.measured, person.entry + timedelta(days=int(occasion.held[i]))
    shown: dict[str, Value | NoAnswer] = {"assessment_day": held}
    for name, values in measured.values.items():
        value = float(values[i]) if name.startswith(_WITH_DECIMALS) else int(values[i])
        shown[name] = _or_reason(value, occasion.why_values[name][i])
    items: dict[str, list[Value | NoAnswer]] = {
        name: [
            _or_reason(int(answer), why)
            for answer, why in zip(answers[i], occasion.why_items[name][i], strict=True)
        ]
        for name, answers in measured.items.items()
    }
    held_roles: dict[tuple[str, ...], Record] = {
        (role,): {"held": bool(own)} for role, own in zip(roles, measured.roles[i], strict=True)
    }
    return Interview(person, occasion.wave, held, {**key, **shown}, items, held_roles)


def _or_reason(value: Value, why: np.int8) -> Value | NoAnswer:
    return value if why == ANSWERED else _REASONS[why]
