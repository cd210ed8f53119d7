"""Participants: who they are, how severe their problems are, and which program they chose.

Severity in each area has mean 0 and standard deviation 1 and is never written to a file; interviews
show it with error. Choice of program depends on it, which is the confounding that an analysis must handle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pipelines.codebook.spec import Codebook
from pipelines.demo.chance import Floats, expit, intercept_for, pick, pick_by_row, stream
from pipelines.demo.encode import Record, Value
from pipelines.demo.parameters import JUSTICE, PROGRAMS
from pipelines.demo.programs import Program
from pipelines.demo.quarters import last_day

FIRST_ENTRY = date(2021, 1, 4)
HOUSES = ("recovery_residence", "residential")  # levels of care at which one lives in
_LAST_INTERVIEW = timedelta(days=2)  # an intake interview is held within two days of entry
_SHARED_SEVERITY = 0.5  # the correlation of two areas' severities is its square
_PRISON_BY_LEGAL = 0.8  # ours: log odds of coming from prison per SD of legal severity

# Shares of each category. Published for members of recovery community centers: half women, 78.6% White,
# 48.8% with high school or less, alcohol 26.8% and opioids (heroin among them) 32.7%. The rest is ours.
_SHARES = {
    "sex": {"female": 0.50, "male": 0.49, "other": 0.01},
    "race_ethnicity": {
        "white": 0.786,
        "black": 0.10,
        "hispanic": 0.05,
        "multiracial": 0.03,
        "native_american": 0.014,
        "asian": 0.01,
        "other": 0.01,
    },
    "education": {
        "less_than_high_school": 0.14,
        "high_school": 0.348,
        "some_college": 0.332,
        "college_degree": 0.18,
    },
    "primary_substance": {
        "alcohol": 0.268,
        "opioids": 0.187,
        "heroin": 0.14,
        "methamphetamine": 0.255,
        "cocaine": 0.08,
        "cannabis": 0.05,
        "other": 0.02,
    },
    "exit_reason": {
        "completed": 0.52,
        "left_early": 0.28,
        "asked_to_leave": 0.08,
        "transferred": 0.08,
        "other": 0.04,
    },
    "referral_source": {
        "self": 0.34,
        "recovery_community": 0.18,
        "treatment": 0.22,
        "health_care": 0.08,
        "court": 0.15,
        "other": 0.03,
    },
}
_STATUS_FROM_PRISON = {"parole": 0.78, "released_past_year": 0.22}
_STATUS_OTHERS = {"none": 0.66, "pretrial": 0.10, "probation": 0.21, "other": 0.03}


@dataclass(frozen=True, slots=True)
class Person:
    """One participant. Day 0 is `entry`; `severity` is by area of the Addiction Severity Index.

    `record` and `episode` hold what the intake asks; `involvement_drive` is the person's own part of
    12-step involvement.
    """

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
    seed: int, n: int, *, quarters: tuple[str, ...], programs: tuple[Program, ...], codebook: Codebook
) -> tuple[Person, ...]:
    """Draw the participants, in the order of their entry."""
    rng = stream(seed, "people")
    span = (last_day(quarters[-1]) - _LAST_INTERVIEW - FIRST_ENTRY).days
    entry_days = np.sort(rng.integers(0, span + 1, size=n))
    overall, severity = draw_severity(rng, n, areas(codebook))
    models = pick_by_row(rng, *model_shares(severity))
    chosen = [programs[rng.choice([i for i, p in enumerate(programs) if p.model == m])] for m in models]
    released = intercept_for(JUSTICE.released_share, _PRISON_BY_LEGAL)
    from_prison = rng.random(n) < expit(released + _PRISON_BY_LEGAL * severity["legal"])
    drive, stays = rng.normal(size=n), rng.lognormal(0, 0.75, n)
    answers = _intake_answers(rng, n, from_prison, codebook)
    people = []
    for i in range(n):
        identity = f"SYN-{i + 1:04d}"
        entry = FIRST_ENTRY + timedelta(days=int(entry_days[i]))
        told = {name: column[i] for name, column in answers.items()}
        episode = {
            "episode_id": f"{identity}-E1",
            "participant_id": identity,
            "program_id": chosen[i].program_id,
            "entry_day": entry,
            "exit_reason": told.pop("exit_reason"),
            "referral_source": told.pop("referral_source"),
        }
        # Ours, but for the direction: people stay longer in social-model residences (published).
        typical = (120 if chosen[i].level_of_care in HOUSES else 80) * (
            1.25 if models[i] == "social" else 1.0
        )
        person = Person(
            participant_id=identity,
            number=i + 1,
            entry=entry,
            planned_exit=entry + timedelta(days=max(1, int(typical * stays[i]))),
            program=chosen[i],
            severity={area: float(values[i]) for area, values in severity.items()},
            overall_severity=float(overall[i]),
            involvement_drive=float(drive[i]),
            from_prison=bool(from_prison[i]),
            record={"participant_id": identity, **told},
            episode=episode,
        )
        people.append(person)
    return tuple(people)


def _intake_answers(
    rng: np.random.Generator, n: int, from_prison: np.ndarray, codebook: Codebook
) -> dict[str, list[Value]]:
    """Answers at intake, a list for each variable; `age_band` holds the exact age, as the site asks it."""
    v = codebook.variables
    answers: dict[str, list[Value]] = {name: [*pick(rng, v[name], s, n)] for name, s in _SHARES.items()}
    answers["referral_source"] = [
        "jail" if released else source
        for released, source in zip(from_prison, answers["referral_source"], strict=True)
    ]
    released_status = pick(rng, v["justice_status"], _STATUS_FROM_PRISON, n)
    other_status = pick(rng, v["justice_status"], _STATUS_OTHERS, n)
    answers["justice_status"] = [
        a if released else b
        for released, a, b in zip(from_prison, released_status, other_status, strict=True)
    ]
    age = np.clip(np.round(rng.normal(41.1, 12.4, n)), 18, 78)  # published mean and SD
    onset = np.clip(np.round(rng.normal(19, 5, n)), 9, age - 2)
    recovery = np.clip(np.round(rng.normal(35, 9, n)), onset + 1, age)
    in_recovery = rng.random(n) < 0.85
    answers["age_band"] = [int(a) for a in age]
    answers["onset_age"] = [int(a) for a in onset]
    answers["recovery_age"] = [int(a) if own else None for a, own in zip(recovery, in_recovery, strict=True)]
    answers["prior_treatment"] = [bool(x) for x in rng.random(n) < 0.62]
    return answers
