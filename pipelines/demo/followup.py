"""Who is reached for which interview, and which questions are skipped: for many people at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.demo.chance import Floats
from pipelines.demo.laws import BASELINE, MONTH_6, MONTH_12, reached_chance
from pipelines.demo.measures import Bools, Entrants, Ints, Wave
from pipelines.demo.parameters import ProgramTruth

DUE = {BASELINE: 0, MONTH_6: 180, MONTH_12: 365}
WINDOW = 30  # days around the due day in which an interview counts; afterwards the wave is closed
COMPLETED, IN_PRISON, DEAD = "completed", "incarcerated", "deceased"
HOUSE_ONLY = "rhes"  # asks about the house one lives in
# Ours. Shares of the answers that are not given, by reason; a blank stands for not_answered.
SKIPPED = {"refused": 0.005, "dont_know": 0.006, "not_applicable": 0.002, "not_answered": 0.009}
ANSWERED = len(SKIPPED)  # in place of a reason
_NOT_ASKED = list(SKIPPED).index("not_applicable")
_LOST = {"not_located": 0.62, "refused": 0.20, "missed": 0.18}  # ours
_HELD_IN_PRISON = 0.7  # ours: share of people in prison who are out of reach there


@dataclass(frozen=True, slots=True)
class Occasion:
    """One wave of everybody: what was measured, who was reached on which day, why answers are missing.

    `held` is the day since entry on which the interview took place, if it did. `why_values`, by variable,
    and `why_items` (people, items), by instrument, hold the place of a reason in `SKIPPED`, or `ANSWERED`.
    """

    wave: str
    measured: Wave
    status: NDArray[np.str_]
    held: Ints
    why_values: dict[str, NDArray[np.int8]]
    why_items: dict[str, NDArray[np.int8]]

    @property
    def came(self) -> Bools:
        """Who was reached."""
        return np.asarray(self.status == COMPLETED, dtype=bool)


def draw_occasions(
    rng: np.random.Generator, people: Entrants, waves: dict[str, Wave], *, returned: Floats, death: Floats,
    truth: ProgramTruth,
) -> dict[str, Occasion]:  # fmt: skip
    """Draw who is reached at each wave, and what those who are leave out.

    `returned` to prison and `death` are days since entry, infinite where it never happens.
    """
    occasions = {}
    for name, wave in waves.items():
        held = _held(rng, len(people), name)
        status = np.full(len(people), COMPLETED)
        if name != BASELINE:
            chance = reached_chance(
                name, people.asi, supervised=people.supervised, dose=people.dose, truth=truth
            )
            status = _status(rng, chance, locked=returned <= held, dead=death <= held)
        items = {scale: _reasons(rng, answers.shape) for scale, answers in wave.items.items()}
        if HOUSE_ONLY in items:
            items[HOUSE_ONLY][~people.in_house] = _NOT_ASKED
        values = {variable: _reasons(rng, own.shape) for variable, own in wave.values.items()}
        occasions[name] = Occasion(name, wave, status, held, values, items)
    return occasions


def _held(rng: np.random.Generator, n: int, wave: str) -> Ints:
    early, late = (0, 2) if wave == BASELINE else (-20, WINDOW)
    return DUE[wave] + rng.integers(early, late + 1, n)


def _status(rng: np.random.Generator, chance: Floats, *, locked: Bools, dead: Bools) -> NDArray[np.str_]:
    n = len(chance)
    out_of_reach = locked & (rng.random(n) < _HELD_IN_PRISON)
    came = rng.random(n) < chance
    why = rng.choice(list(_LOST), size=n, p=list(_LOST.values()))
    return np.select([dead, out_of_reach, came], [DEAD, IN_PRISON, COMPLETED], default=why)


def _reasons(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.int8]:
    edges = np.cumsum(list(SKIPPED.values()))
    draws = rng.random(shape, dtype=np.float32)
    reasons = np.full(shape, ANSWERED, dtype=np.int8)
    rare = draws < edges[-1]
    reasons[rare] = np.searchsorted(edges, draws[rare], side="right")
    return reasons
