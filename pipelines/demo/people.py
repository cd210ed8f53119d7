"""Participants: who they are, how severe their problems are, which program they chose and for how long.

Severity in each area has mean 0 and standard deviation 1 and is never written to a file; interviews
show it with error. Choice of program depends on it, which is the confounding that an analysis must handle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pipelines.codebook.spec import Codebook
from pipelines.demo.chance import Floats, expit, pick, pick_by_row, stream
from pipelines.demo.encode import Record
from pipelines.demo.parameters import JUSTICE, PROGRAMS
from pipelines.demo.programs import Program
from pipelines.demo.quarters import last_day

FIRST_ENTRY = date(2021, 1, 4)
_SHARED_SEVERITY = 0.5  # correlation of two areas' severities is its square
_RESIDENTIAL = ("recovery_residence", "residential")


@dataclass(frozen=True, slots=True)
class Person:
    """One participant. Day 0 is `entry`; `severity` is by area of the Addiction Severity Index."""

    participant_id: str
    number: int
    entry: date
    planned_exit: date
    program: Program
    severity: dict[str, float]
    overall_severity: float
    involvement_drive: float
    from_prison: bool
    record: Record
    episode: Record


def areas(codebook: Codebook) -> tuple[str, ...]:
    """Areas of the Addiction Severity Index, as the codebook's variables name them."""
    names = codebook.table("core.assessments").variables
    return tuple(name.removeprefix("asi_") for name in names if name.startswith("asi_"))


def draw_severity(
    rng: np.random.Generator, n: int, names: tuple[str, ...]
) -> tuple[Floats, dict[str, Floats]]:
    """Overall severity and, sharing part of it, the severity of each area; all with standard deviation 1."""
    overall = rng.normal(size=n)
    rest = np.sqrt(1 - _SHARED_SEVERITY**2)
    return overall, {name: _SHARED_SEVERITY * overall + rest * rng.normal(size=n) for name in names}


def model_shares(severity: dict[str, Floats]) -> tuple[list[str], Floats]:
    """Chance of each program model, by row: legal and employment problems lead to social programs."""
    lean = (
        PROGRAMS.choice_legal * severity["legal"]
        + PROGRAMS.choice_employment * severity["employment"]
        + PROGRAMS.choice_family * severity["family"]
    )
    scores = np.exp(np.column_stack([lean / 2, np.full(len(lean), -0.9), -lean / 2]))
    return [name for name, _ in PROGRAMS.dose], scores / scores.sum(axis=1, keepdims=True)


def make_people(
    seed: int, n: int, quarters: tuple[str, ...], programs: tuple[Program, ...], codebook: Codebook
) -> tuple[Person, ...]:
    """Draw the participants, in the order of their entry."""
    rng = stream(seed, "people")
    v = codebook.variables
    span = (last_day(quarters[-1]) - FIRST_ENTRY).days
    entry_days = np.sort(rng.integers(0, span + 1, size=n))
    overall, severity = draw_severity(rng, n, areas(codebook))
    models = pick_by_row(rng, *model_shares(severity))
    choices = [rng.choice([i for i, p in enumerate(programs) if p.model == m]) for m in models]
    from_prison = rng.random(n) < expit(-0.45 + 0.8 * severity["legal"]) * JUSTICE.released_share / 0.40

    age = np.clip(np.round(rng.normal(41.1, 12.4, n)), 18, 78).astype(int)  # published: 41.1 (12.4)
    onset = np.clip(np.round(rng.normal(19, 5, n)), 9, age - 2).astype(int)
    recovery = np.clip(np.round(rng.normal(35, 9, n)), onset + 1, age).astype(int)
    considers = rng.random(n) < 0.85
    sex = pick(rng, v["sex"], {"female": 0.50, "male": 0.49, "other": 0.01}, n)  # published: 50% women
    race = pick(
        rng, v["race_ethnicity"],
        {"white": 0.786, "black": 0.10, "hispanic": 0.05, "native_american": 0.014, "asian": 0.01,
         "multiracial": 0.03, "other": 0.01}, n,
    )  # fmt: skip
    education = pick(
        rng, v["education"],
        {"less_than_high_school": 0.14, "high_school": 0.348, "some_college": 0.332, "college_degree": 0.18}, n,
    )  # fmt: skip
    substance = pick(
        rng, v["primary_substance"],
        {"alcohol": 0.268, "opioids": 0.187, "heroin": 0.14, "methamphetamine": 0.255, "cocaine": 0.08,
         "cannabis": 0.05, "other": 0.02}, n,
    )  # fmt: skip
    status_free = pick(
        rng, v["justice_status"], {"none": 0.66, "pretrial": 0.10, "probation": 0.21, "other": 0.03}, n
    )
    status_released = pick(rng, v["justice_status"], {"parole": 0.78, "released_past_year": 0.22}, n)
    prior = rng.random(n) < 0.62
    drive = rng.normal(size=n)
    stays = rng.lognormal(0, 0.75, n)
    episode_text = _episode_texts(rng, v, n)

    people = []
    for i in range(n):
        program = programs[choices[i]]
        entry = FIRST_ENTRY + timedelta(days=int(entry_days[i]))
        typical = 120 if program.level_of_care in _RESIDENTIAL else 80
        planned = entry + timedelta(
            days=max(1, int(typical * stays[i] * (1.25 if program.model == "social" else 1.0)))
        )
        identity = f"SYN-{i + 1:04d}"
        people.append(
            Person(
                participant_id=identity, number=i + 1, entry=entry, planned_exit=planned,
                program=program, severity={a: float(s[i]) for a, s in severity.items()},
                overall_severity=float(overall[i]), involvement_drive=float(drive[i]),
                from_prison=bool(from_prison[i]),
                record={
                    "participant_id": identity, "sex": sex[i], "age_band": int(age[i]), "race_ethnicity": race[i],
                    "education": education[i], "primary_substance": substance[i], "prior_treatment": bool(prior[i]),
                    "justice_status": status_released[i] if from_prison[i] else status_free[i],
                    "onset_age": int(onset[i]), "recovery_age": int(recovery[i]) if considers[i] else None,
                },
                episode={
                    "episode_id": f"{identity}-E1", "participant_id": identity, "program_id": program.program_id,
                    "entry_day": entry, "exit_reason": episode_text["exit_reason"][i],
                    "referral_source": "jail" if from_prison[i] else episode_text["referral_source"][i],
                },
            )
        )  # fmt: skip
    return tuple(people)


def _episode_texts(rng: np.random.Generator, v: dict, n: int) -> dict[str, list[str]]:  # type: ignore[type-arg]
    return {
        "exit_reason": pick(
            rng, v["exit_reason"],
            {"completed": 0.52, "left_early": 0.28, "asked_to_leave": 0.08, "transferred": 0.08, "other": 0.04}, n,
        ),
        "referral_source": pick(
            rng, v["referral_source"],
            {"self": 0.34, "recovery_community": 0.18, "treatment": 0.22, "health_care": 0.08, "court": 0.15,
             "other": 0.03}, n,
        ),
    }  # fmt: skip
