"""What interviews would measure of many people at once, drawn from the laws: arrays, one entry a person.

Everything is drawn for everybody; who is reached, and which question is skipped, is drawn apart. The noise
of one person's outcomes is shared between waves and between alcohol, drugs and abstinence through normal
scores, which leaves the chance of each exactly as its law says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pipelines.codebook.spec import Instrument
from pipelines.demo.chance import Floats, expit
from pipelines.demo.laws import (
    ABSTINENT,
    BASELINE,
    MONTH_6,
    N_ACTIVITIES,
    N_ROLES,
    NETWORK_STEPS,
    USE_AREAS,
    WAVES,
    activities_share,
    civic_share,
    network_share,
    outcome_log_odds,
    role_share,
    use_log_odds,
)
from pipelines.demo.parameters import CapitalTruth, ProgramTruth, World

_PROBLEM_AT_ENTRY = 1.6  # ours, log odds in every area
_BETWEEN_WAVES, _ALCOHOL_WITH_DRUG, _WITH_ABSTINENCE = 0.4, 0.3, -0.5  # ours, of the normal scores

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Entrants:
    """People on the day they enter: all that later interviews depend on. Arrays, one entry a person.

    `asi` holds the scores measured at entry, by area. `overall_severity`, `lasting` and
    `involvement_drive` are standard normal and hidden: they shape scored scales and what is measured at
    entry, and nothing that a program changes.
    """

    asi: dict[str, Floats]
    overall_severity: Floats
    involvement_drive: Floats
    lasting: Floats
    supervised: Floats
    smps: Floats
    dose: Floats
    own_effect: Floats
    in_house: Bools

    def __len__(self) -> int:
        """Return how many people there are."""
        return len(self.smps)


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave: `values` by variable of an interview, `roles` (people, roles), `items` by instrument."""

    values: dict[str, Floats]
    roles: Bools
    items: dict[str, Ints]


def scores_at_entry(rng: np.random.Generator, severity: Mapping[str, Floats]) -> dict[str, Floats]:
    """Draw composite scores of the Addiction Severity Index at entry: 0 without a problem."""
    found = {}
    for area, own in severity.items():
        problem = rng.random(len(own)) < expit(_PROBLEM_AT_ENTRY + 0.8 * own)
        found[area] = np.where(problem, _composite(rng, -0.4 + 0.6 * own), 0.0)
    return found


def _composite(rng: np.random.Generator, level: Floats) -> Floats:
    return np.clip(np.round(expit(level + 0.4 * rng.normal(size=len(level))), 3), 0.01, 1.0)


def draw_waves(
    rng: np.random.Generator, people: Entrants, instruments: Sequence[Instrument], world: World
) -> dict[str, Wave]:
    """Draw all three waves of everybody, reached or not."""
    noise = _outcome_noise(rng, len(people), tuple(people.asi))
    waves: dict[str, Wave] = {}
    before: Wave | None = None
    for wave in WAVES:
        values = {} if before else {f"asi_{area}": scores for area, scores in people.asi.items()}
        values |= _involvement(rng, people, before, world.programs)
        if before is None:
            values["abstinent_days_30"] = _days_at_entry(rng, people)
        else:
            at_6 = values if wave == MONTH_6 else waves[MONTH_6].values
            use = use_log_odds(
                people.smps,
                at_6["twelve_step_activities"],
                at_6["network_support_abstinence"],
                world.programs,
            )
            values |= _outcomes(rng, people, wave, use=use, noise=noise[wave], truth=world.programs)
        roles, values["civic_activities_30"] = _engagement(rng, people, values, before, world)
        activities = values["twelve_step_activities"]
        items = {
            scale.name: draw_items(rng, people, scale, wave=wave, activities=activities, world=world)
            for scale in instruments
        }
        in_order = before.values if before else values
        before = waves[wave] = Wave({name: values[name] for name in in_order}, roles, items)
    return waves


def _involvement(
    rng: np.random.Generator, people: Entrants, before: Wave | None, truth: ProgramTruth
) -> dict[str, Floats]:
    n, drug = len(people), people.asi["drug"]
    if before is None:
        level = 0.6 * people.involvement_drive - 0.7
        activities = rng.binomial(N_ACTIVITIES, expit(-0.3 + 0.8 * level)).astype(float)
        told = np.round(rng.normal(58 + 11 * level, 18) / 5).astype(float)
        network = np.clip(5 * told, 0, 100)
    else:
        name, other = "twelve_step_activities", "network_support_abstinence"
        share = activities_share(before.values[name], people.smps, drug, truth)
        activities = rng.binomial(N_ACTIVITIES, share).astype(float)
        share = network_share(before.values[other], people.smps, drug, truth)
        own = rng.beta(share * truth.network_precision, (1 - share) * truth.network_precision)
        network = 100.0 / NETWORK_STEPS * rng.binomial(NETWORK_STEPS, own).astype(float)
    meetings = rng.poisson(np.exp(1.55 + 0.12 * activities + 0.45 * rng.normal(size=n)))
    return {
        "twelve_step_meetings_30": np.minimum(meetings, 90).astype(float),
        "twelve_step_activities": activities,
        "network_support_abstinence": network,
    }


def _days_at_entry(rng: np.random.Generator, people: Entrants) -> Floats:
    using = np.maximum(people.asi["alcohol"], people.asi["drug"])
    clean = np.where(rng.random(len(using)) < 0.93, 30, rng.integers(24, 30, len(using)))
    return np.where(using == 0, clean, rng.binomial(30, expit(1.2 - 4.0 * using))).astype(float)


def _outcome_noise(rng: np.random.Generator, n: int, areas: tuple[str, ...]) -> dict[str, dict[str, Floats]]:
    """Uniform noise by wave and outcome; each is uniform, those of a person go together."""
    lasting = {name: rng.normal(size=n) for name in (*areas, ABSTINENT)}
    noise: dict[str, dict[str, Floats]] = {}
    for wave in WAVES[1:]:
        z = {
            name: np.sqrt(_BETWEEN_WAVES) * own + np.sqrt(1 - _BETWEEN_WAVES) * rng.normal(size=n)
            for name, own in lasting.items()
        }
        first, second = USE_AREAS
        z[second] = _ALCOHOL_WITH_DRUG * z[first] + np.sqrt(1 - _ALCOHOL_WITH_DRUG**2) * z[second]
        shared = _WITH_ABSTINENCE * (z[first] + z[second])
        rest = 1 - 2 * _WITH_ABSTINENCE**2 * (1 + _ALCOHOL_WITH_DRUG)
        z[ABSTINENT] = shared + np.sqrt(rest) * z[ABSTINENT]
        noise[wave] = {name: ndtr(score) for name, score in z.items()}
    return noise


def _outcomes(
    rng: np.random.Generator, people: Entrants, wave: str, *, use: Floats, noise: Mapping[str, Floats],
    truth: ProgramTruth,
) -> dict[str, Floats]:  # fmt: skip
    def happens(outcome: str) -> Bools:
        odds = outcome_log_odds(outcome, wave, people.asi, use=use, own_effect=people.own_effect, truth=truth)
        return noise[outcome] < expit(odds)

    found = {}
    for area, at_entry in people.asi.items():
        level = -1.1 + 0.6 * (at_entry - truth.asi_center) / truth.asi_spread
        found[f"asi_{area}"] = np.where(happens(area), _composite(rng, level), 0.0)
    using = np.maximum(found["asi_alcohol"], found["asi_drug"])
    some = np.minimum(rng.binomial(30, expit(1.6 - 3.0 * using)), 29)
    found["abstinent_days_30"] = np.where(happens(ABSTINENT), 30, some).astype(float)
    return found


def _engagement(
    rng: np.random.Generator,
    people: Entrants,
    values: Mapping[str, Floats],
    before: Wave | None,
    world: World,
) -> tuple[Bools, Floats]:
    truth = world.engagement
    if before is None:
        share = truth.role_share_at_entry + truth.role_activities_at_entry * values["twelve_step_activities"]
        roles = rng.random((len(people), N_ROLES)) < share[:, None]
        expected = truth.civic_at_entry + truth.civic_roles_at_entry * roles.sum(axis=1)
        return roles, rng.binomial(truth.civic_most, expected / truth.civic_most).astype(float)
    held = before.roles.sum(axis=1).astype(float)
    roles = rng.random((len(people), N_ROLES)) < role_share(held, people.dose, truth)[:, None]
    civic = rng.binomial(truth.civic_most, civic_share(before.values["civic_activities_30"], held, truth))
    return roles, civic.astype(float)


def draw_items(
    rng: np.random.Generator, people: Entrants, scale: Instrument, *, wave: str, activities: Floats,
    world: World,
) -> Ints:  # fmt: skip
    """Draw answers (people, items) on the instrument's own range, reversed items turned round."""
    truth: CapitalTruth = world.capital
    start, gain, from_activities = dict(truth.levels)[scale.name]
    better = -1.0 if scale.name in truth.high_is_worse else 1.0
    involved = (activities - world.programs.activities_center) / truth.sd_activities
    level = (
        start + gain * dict(truth.gained)[wave] + (from_activities * involved if wave != BASELINE else 0.0)
    )
    own = 0.7 * people.lasting - 0.5 * people.overall_severity + 0.5 * rng.normal(size=len(people))
    low, high = scale.answer_minimum, scale.answer_maximum
    shift = np.linspace(truth.hardness, -truth.hardness, len(scale.items))
    share = np.asarray(level + truth.sd_shared * better * own)[:, None] + shift
    share = share + truth.sd_item * rng.standard_normal((len(people), len(scale.items)), dtype=np.float32)
    answers = np.clip(np.round(low + (high - low) * share), low, high)
    turned = np.array([item.reverse for item in scale.items])
    return np.where(turned, low + high - answers, answers).astype(np.int64)
