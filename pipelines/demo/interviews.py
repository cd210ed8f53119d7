"""Interviews at entry and 6 and 12 months later: scores, items, roles, and who is not reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

import numpy as np

from pipelines.codebook.spec import Codebook, Instrument
from pipelines.demo.chance import Floats, expit, or_skipped, stream
from pipelines.demo.encode import NoAnswer, Record, Value
from pipelines.demo.justice import Career
from pipelines.demo.parameters import PROGRAMS
from pipelines.demo.people import HOUSES, Person

Number = TypeVar("Number", float, Floats)
BASELINE, MONTH_6, MONTH_12 = "baseline", "month_6", "month_12"
DUE = {BASELINE: 0, MONTH_6: 180, MONTH_12: 365}
_WINDOW = 30  # days around the due day in which an interview counts; afterwards the wave is closed
# Log odds of any problem at follow-up, by area, for a person of average severity in a clinical program. Ours;
# alcohol and drug problems are such that about half are abstinent, as in the published trial.
PROBLEM_AT_FOLLOW_UP = {
    "medical": -0.2,
    "employment": 0.3,
    "alcohol": -0.9,
    "drug": -0.9,
    "legal": -0.7,
    "family": -0.1,
    "psychiatric": 0.2,
}
_PROBLEM_AT_ENTRY = 1.6  # ours, log odds in every area
# Ours. Mean as a share of an instrument's range at entry, gain by follow-up, and what involvement adds.
_LEVELS = {
    "barc10": (0.62, 0.12, 0.0), "eurohis_qol8": (0.52, 0.12, 0.0), "k6": (0.46, -0.14, 0.0),
    "sos": (0.34, 0.10, 0.07), "rhes": (0.70, 0.02, 0.03), "recovery_capital_social": (0.52, 0.10, 0.0),
    "recovery_capital_personal": (0.46, 0.10, 0.0), "recovery_capital_cultural": (0.58, 0.08, 0.0),
}  # fmt: skip
_SD_SHARED, _SD_ITEM = 0.17, 0.20  # ours, in shares of the range: person and item; alpha comes out near .9
_HOUSE_ONLY = "rhes"  # asks about the house one lives in
_SKIPPED = {"refused": 0.005, "dont_know": 0.006, "not_applicable": 0.002, "not_answered": 0.009}  # ours


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
        return self.record["followup_status"] == "completed"


def scored_instruments(codebook: Codebook) -> list[Instrument]:
    """Instruments of an interview that are scored from items."""
    scores = set(codebook.table("core.assessments").variables)
    return [i for i in codebook.instruments.values() if i.score in scores and i.method != "as_delivered"]


def involvement(person: Person) -> float:
    """12-step involvement at follow-up, in SDs of the person part; higher in social programs."""
    return PROGRAMS.dose_to_involvement * dict(PROGRAMS.dose)[person.program.model] + person.involvement_drive


def problem_log_odds(area: str, severity: Mapping[str, Number], *, dose: Number, involved: Number) -> Number:
    """Log odds of any problem in an area at follow-up: the one place where programs have an effect.

    For one person, or for arrays of people.
    """
    odds = PROBLEM_AT_FOLLOW_UP[area] + PROGRAMS.own_severity * severity[area]
    if area in ("alcohol", "drug"):
        odds += (
            PROGRAMS.legal_severity * severity["legal"]
            + PROGRAMS.employment_severity * severity["employment"]
        )
        odds += PROGRAMS.direct * dose + PROGRAMS.involvement * involved
    return odds


def make_interviews(
    seed: int, people: tuple[Person, ...], careers: dict[str, Career], codebook: Codebook
) -> list[Interview]:
    """All interviews that would ever be due, person by person; a quarter delivers those recorded in it."""
    rng = stream(seed, "interviews")
    ids = sorted({p.program.program_id for p in people})
    own_effects = dict(zip(ids, rng.normal(0, PROGRAMS.sd_program, len(ids)), strict=True))
    interviews = []
    for person in people:
        lasting = float(rng.normal())
        for wave, due in DUE.items():
            offset = rng.integers(0, 3) if wave == BASELINE else rng.integers(-20, _WINDOW + 1)
            held = person.entry + timedelta(days=due + int(offset))
            status = _status(rng, person, careers[person.participant_id], wave, held)
            key: dict[str, Value | NoAnswer] = {
                "participant_id": person.participant_id,
                "wave": wave,
                "followup_status": status,
            }
            if status != "completed":
                closed = person.entry + timedelta(days=due + _WINDOW + 1)
                interviews.append(Interview(person, wave, closed, key))
                continue
            effect = own_effects[person.program.program_id]
            answers = {**_problems(rng, person, wave, effect), **_involvement_answers(rng, person, wave)}
            answers["abstinent_days_30"] = _abstinent(rng, answers)
            shown = {name: or_skipped(rng, value, _SKIPPED) for name, value in answers.items()}
            items = {
                i.name: _answers(rng, person, wave, lasting=lasting, instrument=i)
                for i in scored_instruments(codebook)
            }
            roles = _roles(rng, person, wave, codebook)
            interviews.append(
                Interview(person, wave, held, {**key, "assessment_day": held, **shown}, items, roles)
            )
    return interviews


def _status(rng: np.random.Generator, person: Person, career: Career, wave: str, held: date) -> str:
    if wave == BASELINE:
        return "completed"
    if career.death <= held:
        return "deceased"
    in_prison = career.returned is not None and career.returned <= held
    if in_prison and rng.random() < 0.7:
        return "incarcerated"
    odds = dict(PROGRAMS.reached)[wave] + PROGRAMS.reached_severity * person.overall_severity
    if rng.random() < expit(odds):
        return "completed"
    return str(rng.choice(["not_located", "refused", "missed"], p=[0.62, 0.2, 0.18]))


def _problems(rng: np.random.Generator, person: Person, wave: str, program_effect: float) -> dict[str, Value]:
    """Composite scores of the Addiction Severity Index: 0 without a problem, else between 0 and 1."""
    dose = dict(PROGRAMS.dose)[person.program.model]
    scores: dict[str, Value] = {}
    for area, own in person.severity.items():
        odds = _PROBLEM_AT_ENTRY + PROGRAMS.own_severity * own
        level = -0.4
        if wave != BASELINE:
            odds = problem_log_odds(area, person.severity, dose=dose, involved=involvement(person))
            odds += program_effect + (0.1 if wave == MONTH_6 else 0.0)
            level = -1.1
        score = 0.0
        if rng.random() < expit(odds):
            score = float(np.clip(np.round(expit(level + 0.6 * own + 0.4 * rng.normal()), 3), 0.01, 1.0))
        scores[f"asi_{area}"] = score
    return scores


def _abstinent(rng: np.random.Generator, problems: dict[str, Value]) -> int:
    using = max(float(problems["asi_alcohol"]), float(problems["asi_drug"]))  # type: ignore[arg-type]
    if using == 0:
        return 30 if rng.random() < 0.93 else int(rng.integers(24, 30))
    return int(rng.binomial(30, expit(1.2 - 4.0 * using)))


def _involvement_answers(rng: np.random.Generator, person: Person, wave: str) -> dict[str, Value]:
    level = 0.6 * person.involvement_drive - 0.7 if wave == BASELINE else involvement(person)
    return {
        "twelve_step_meetings_30": int(min(90, rng.poisson(np.exp(1.9 + 0.55 * level)))),
        "twelve_step_activities": int(rng.binomial(9, expit(-0.3 + 0.8 * level))),
        "network_support_abstinence": float(
            np.clip(5 * np.round(rng.normal(58 + 11 * level, 18) / 5), 0, 100)
        ),
    }


def _answers(
    rng: np.random.Generator, person: Person, wave: str, *, lasting: float, instrument: Instrument
) -> list[Value | NoAnswer]:
    """Answers to the items of one instrument, on its own range, reversed items turned round."""
    if instrument.name == _HOUSE_ONLY and person.program.level_of_care not in HOUSES:
        return [NoAnswer("not_applicable")] * len(instrument.items)
    start, gain, from_involvement = _LEVELS[instrument.name]
    better = -1.0 if gain < 0 else 1.0
    level = start if wave == BASELINE else start + gain + from_involvement * involvement(person)
    level += _SD_SHARED * better * (0.7 * lasting - 0.5 * person.overall_severity + 0.5 * float(rng.normal()))
    low, high = instrument.answer_minimum, instrument.answer_maximum
    hardness = np.linspace(0.06, -0.06, len(instrument.items))
    answers: list[Value | NoAnswer] = []
    for item, shift in zip(instrument.items, hardness, strict=True):
        share = level + shift + _SD_ITEM * float(rng.normal())
        answer = int(np.clip(np.round(low + (high - low) * share), low, high))
        answers.append(or_skipped(rng, int(low + high - answer) if item.reverse else answer, _SKIPPED))
    return answers


def _roles(
    rng: np.random.Generator, person: Person, wave: str, codebook: Codebook
) -> dict[tuple[str, ...], Record]:
    level = person.involvement_drive - 1.5 if wave == BASELINE else involvement(person)
    return {
        (role,): {"held": bool(rng.random() < expit(-1.5 + 0.8 * level))}
        for role in codebook.variables["role"].values or {}
    }
