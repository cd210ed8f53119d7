"""Participants: who they are, how severe their problems are, and which program they chose.

The scores of the Addiction Severity Index that the interview at entry measures decide which program people
choose: that is the confounding, and an analysis can see all of it. Behind the scores stands a severity of
mean 0 and standard deviation 1 that is never written to a file and decides nothing later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from pipelines.codebook.spec import Codebook
from pipelines.demo.chance import Floats, expit, intercept_for, pick, pick_by_row, stream
from pipelines.demo.encode import Record, Value
from pipelines.demo.laws import model_shares, unit_severity
from pipelines.demo.measures import Entrants, scores_at_entry
from pipelines.demo.parameters import JUSTICE, WORLD, World
from pipelines.demo.programs import Program
from pipelines.demo.quarters import last_day

FIRST_ENTRY = date(2021, 1, 4)
HOUSES = ("recovery_residence", "residential")  # levels of care at which one lives in
_LAST_INTERVIEW = timedelta(days=2)  # an intake interview is held within two days of entry
_SHARED_SEVERITY = 0.5  # the correlation of two areas' severities is its square
_PRISON_BY_LEGAL = 0.8  # ours: log odds of coming from prison per SD of legal severity
# Ours: what a program cannot change goes with legal problems at entry, so that it tests a comparison.
_ONSET_BY_LEGAL = -1.0  # years
_TREATED, _TREATED_BY_LEGAL = 0.5, 0.4  # log odds of an earlier treatment

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
    """One participant. Day 0 is `entry`; `asi` holds the scores measured at entry, by area.

    `record` and `episode` hold what the intake asks. `overall_severity`, `involvement_drive` and `lasting`
    are hidden (see `Entrants`).
    """

    participant_id: str
    number: int
    entry: date
    planned_exit: date
    program: Program
    asi: dict[str, float]
    overall_severity: float
    involvement_drive: float
    lasting: float
    from_prison: bool
    record: Record
    episode: Record


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything that is known or hidden about people on the day they enter: arrays, one entry a person.

    `program` is the place of a person's program in the tuple or array of programs; `planned_days` the stay
    if nothing cuts it short; `answers` a list for each variable of the intake.
    """

    asi: dict[str, Floats]
    overall_severity: Floats
    involvement_drive: Floats
    lasting: Floats
    program: NDArray[np.int64]
    from_prison: NDArray[np.bool_]
    planned_days: NDArray[np.int64]
    answers: dict[str, list[Value]]

    def entrants(
        self, *, smps: Floats, dose: Floats, own_effect: Floats, in_house: NDArray[np.bool_]
    ) -> Entrants:
        """Return what later interviews depend on; the arguments are by program."""
        supervised = np.array([status != "none" for status in self.answers["justice_status"]], dtype=float)
        at = self.program
        return Entrants(
            self.asi, self.overall_severity, self.involvement_drive, self.lasting, supervised,
            smps[at], dose[at], own_effect[at], in_house[at],
        )  # fmt: skip


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


def draw_intake(
    rng: np.random.Generator, n: int, *, models: Sequence[str], levels: Sequence[str], codebook: Codebook,
    world: World = WORLD,
) -> Intake:  # fmt: skip
    """Draw people at intake.

    Parameters
    ----------
    rng
        Random numbers.
    n
        How many people.
    models, levels
        Model and level of care of each program.
    codebook
        Names areas and categories.
    world
        The parameters.
    """
    overall, severity = draw_severity(rng, n, areas(codebook))
    asi = scores_at_entry(rng, severity)
    chosen = np.array(pick_by_row(rng, *model_shares(asi, world.programs)))
    program = np.zeros(n, dtype=np.int64)
    for model in sorted(set(models)):
        own = np.flatnonzero(np.array(models) == model)
        mine = chosen == model
        program[mine] = own[rng.integers(0, len(own), int(mine.sum()))]
    released = intercept_for(JUSTICE.released_share, _PRISON_BY_LEGAL)
    from_prison = rng.random(n) < expit(released + _PRISON_BY_LEGAL * severity["legal"])
    # Ours, but for the direction: people stay longer in social-model residences (published).
    in_house = np.array([level in HOUSES for level in levels])
    typical = np.where(in_house[program], 120, 80) * np.where(chosen == "social", 1.25, 1.0)
    stays = np.maximum(1, (typical * rng.lognormal(0, 0.75, n)).astype(np.int64))
    legal = unit_severity(asi["legal"], world.programs)
    return Intake(
        asi, overall, rng.normal(size=n), rng.normal(size=n), program, from_prison, stays,
        _intake_answers(rng, n, from_prison, legal, codebook),
    )  # fmt: skip


def make_people(
    seed: int, n: int, *, quarters: tuple[str, ...], programs: tuple[Program, ...], codebook: Codebook
) -> tuple[Person, ...]:
    """Draw the participants, in the order of their entry."""
    rng = stream(seed, "people")
    span = (last_day(quarters[-1]) - _LAST_INTERVIEW - FIRST_ENTRY).days
    entry_days = np.sort(rng.integers(0, span + 1, size=n))
    intake = draw_intake(
        rng, n, models=[p.model for p in programs], levels=[p.level_of_care for p in programs],
        codebook=codebook,
    )  # fmt: skip
    return tuple(
        _person(i, FIRST_ENTRY + timedelta(days=int(entry_days[i])), intake, programs) for i in range(n)
    )


def _person(i: int, entry: date, intake: Intake, programs: tuple[Program, ...]) -> Person:
    identity = f"SYN-{i + 1:04d}"
    told = {name: column[i] for name, column in intake.answers.items()}
    program = programs[intake.program[i]]
    episode = {
        "episode_id": f"{identity}-E1",
        "participant_id": identity,
        "program_id": program.program_id,
        "entry_day": entry,
        "exit_reason": told.pop("exit_reason"),
        "referral_source": told.pop("referral_source"),
    }
    return Person(
        participant_id=identity,
        number=i + 1,
        entry=entry,
        planned_exit=entry + timedelta(days=int(intake.planned_days[i])),
        program=program,
        asi={area: float(values[i]) for area, values in intake.asi.items()},
        overall_severity=float(intake.overall_severity[i]),
        involvement_drive=float(intake.involvement_drive[i]),
        lasting=float(intake.lasting[i]),
        from_prison=bool(intake.from_prison[i]),
        record={"participant_id": identity, **told},
        episode=episode,
    )


def _intake_answers(
    rng: np.random.Generator, n: int, from_prison: np.ndarray, legal: Floats, codebook: Codebook
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
    onset = np.clip(np.round(rng.normal(19, 5, n) + _ONSET_BY_LEGAL * legal), 9, age - 2)
    recovery = np.clip(np.round(rng.normal(35, 9, n)), onset + 1, age)
    in_recovery = rng.random(n) < 0.85
    answers["age_band"] = age.astype(int).tolist()
    answers["onset_age"] = onset.astype(int).tolist()
    answers["recovery_age"] = [int(a) if own else None for a, own in zip(recovery, in_recovery, strict=True)]
    answers["prior_treatment"] = (rng.random(n) < expit(_TREATED + _TREATED_BY_LEGAL * legal)).tolist()
    return answers
