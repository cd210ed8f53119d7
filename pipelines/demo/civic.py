"""Life in Recovery at 12 months: the same things asked about active addiction and about recovery."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from pipelines.codebook.spec import Codebook
from pipelines.demo.chance import or_skipped, stream
from pipelines.demo.encode import Record, Value
from pipelines.demo.interviews import MONTH_12, Interview

ACTIVE, RECOVERY = "active_addiction", "recovery"
# True rates, then and now. Published or derived: volunteered and domestic_violence (UK), health_checkups and
# exercised (Canada), arrested and fired then (US). The others are ours, in the published direction.
RATES = {
    "volunteered": (0.079, 0.79), "community_service": (0.12, 0.52), "voted": (0.44, 0.64),
    "helped_others": (0.24, 0.80), "employed": (0.42, 0.64), "school_or_training": (0.15, 0.30),
    "family_activities": (0.46, 0.78), "paid_taxes": (0.48, 0.72), "paid_bills": (0.37, 0.74),
    "planned_future": (0.19, 0.56), "health_checkups": (0.337, 0.828), "exercised": (0.165, 0.687),
    "arrested": (0.50, 0.05), "incarcerated": (0.33, 0.03), "fired": (0.50, 0.06),
    "emergency_room": (0.28, 0.03), "domestic_violence": (0.40, 0.07),
}  # fmt: skip
_CORRELATION = 0.3  # ours: of the two answers of a person, on the normal scale
_TAKES_TIME = ("volunteered", "community_service", "helped_others")
_SKIPPED = {"refused": 0.008, "dont_know": 0.008, "not_answered": 0.008}

Key = tuple[str, ...]


def make_civic(seed: int, interviews: list[Interview], codebook: Codebook) -> dict[str, dict[Key, Record]]:
    """Answers of everyone who was reached at 12 months, by participant, then by item and period.

    Raises
    ------
    ValueError
        The codebook asks for an item that has no true rates here, or the other way round.
    """
    items = list(codebook.variables["civic_item"].values or {})
    if set(items) != set(RATES):
        raise ValueError(f"civic items without true rates, or the other way round: {set(items) ^ set(RATES)}")
    rng = stream(seed, "civic")
    return {
        i.person.participant_id: _answers(rng, i, items)
        for i in interviews
        if i.wave == MONTH_12 and i.completed
    }


def _answers(rng: np.random.Generator, interview: Interview, items: list[str]) -> dict[Key, Record]:
    person = interview.person
    age, onset = (int(person.record[name]) for name in ("age_band", "onset_age"))  # type: ignore[arg-type]
    since_entry = round((interview.recorded - person.entry).days / 365.25, 1)
    years: dict[str, Value] = {ACTIVE: age - onset, RECOVERY: since_entry}
    answers: dict[Key, Record] = {}
    for item in items:
        shared = rng.normal()
        for period, rate in zip((ACTIVE, RECOVERY), RATES[item], strict=True):
            latent = np.sqrt(_CORRELATION) * shared + np.sqrt(1 - _CORRELATION) * rng.normal()
            answer = or_skipped(rng, bool(latent < ndtri(rate)), _SKIPPED)
            hours: Value = None
            if item in _TAKES_TIME and answer is True:
                hours = float(np.clip(np.round(rng.lognormal(1.9, 0.7)), 1, 120))
            answers[item, period] = {
                "answer": answer,
                "hours_per_month": hours,
                "exposure_years": years[period],
            }
    return answers
