"""The laws of choice, loss, mediators and outcomes: each formula once, for arrays of people.

They rest on what the interview at entry measured and on the program, never on a hidden trait, so that a
comparison which adjusts for the measured is free of confounding. The parameters are in `parameters.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipelines.demo.chance import Floats, expit
from pipelines.demo.parameters import EngagementTruth, ProgramTruth

BASELINE, MONTH_6, MONTH_12 = "baseline", "month_6", "month_12"
WAVES = (BASELINE, MONTH_6, MONTH_12)
USE_AREAS = ("alcohol", "drug")
ABSTINENT = "abstinent"
USE_SIGN = {"alcohol": 1.0, "drug": 1.0, ABSTINENT: -1.0}  # what programs move, and which way
# Log odds of any problem at follow-up, by area, for a person of average severity in the middle of the scale;
# and of abstinence (30 of 30 days), which about half reach, as in the published trial. Ours.
PROBLEM_AT_FOLLOW_UP = {
    "medical": -0.2, "employment": 0.3, "alcohol": -0.9, "drug": -0.9, "legal": -0.7, "family": -0.1,
    "psychiatric": 0.2,
}  # fmt: skip
ABSTINENT_AT_FOLLOW_UP = 0.15
N_ACTIVITIES, NETWORK_STEPS, N_ROLES = 9, 20, 4  # a network is told in steps of 5 percent


def unit_severity(asi: Floats, truth: ProgramTruth) -> Floats:
    """Severity of an area measured at entry, in units of about one standard deviation of all people."""
    return (asi - truth.asi_center) / truth.asi_spread


def tens_of_scale(smps: Floats, truth: ProgramTruth) -> Floats:
    """Place of a program on the Social Model Philosophy Scale, in tens of points from the middle."""
    return (smps - truth.smps_center) / 10.0


def leaning(asi: Mapping[str, Floats], truth: ProgramTruth) -> Floats:
    """Log odds of a social against a clinical program, given the scores measured at entry."""
    z = {area: unit_severity(asi[area], truth) for area in ("legal", "employment", "family")}
    return (
        truth.choice_legal * z["legal"]
        + truth.choice_employment * z["employment"]
        + truth.choice_family * z["family"]
    )


def model_shares(asi: Mapping[str, Floats], truth: ProgramTruth) -> tuple[list[str], Floats]:
    """Chance of each program model, by row."""
    lean = leaning(asi, truth)
    scores = np.exp(np.column_stack([lean / 2, np.full(len(lean), -0.9), -lean / 2]))
    return [name for name, _ in truth.dose], scores / scores.sum(axis=1, keepdims=True)


def reached_chance(
    wave: str, asi: Mapping[str, Floats], *, supervised: Floats, dose: Floats, truth: ProgramTruth
) -> Floats:
    """Chance that a person who lives and is free is reached, given what was measured at entry."""
    return expit(
        dict(truth.reached)[wave]
        + truth.reached_alcohol * unit_severity(asi["alcohol"], truth)
        + truth.reached_drug * unit_severity(asi["drug"], truth)
        + truth.reached_employment * unit_severity(asi["employment"], truth)
        + truth.reached_supervised * supervised
        + truth.reached_dose * dose
    )


def activities_share(before: Floats, smps: Floats, drug: Floats, truth: ProgramTruth) -> Floats:
    """Share of the nine 12-step activities at the next interview; `drug` is the score at entry."""
    return (
        truth.activities_share
        + truth.activities_before * before
        + truth.activities_scale * tens_of_scale(smps, truth)
        + truth.activities_drug * unit_severity(drug, truth)
    )


def network_share(before: Floats, smps: Floats, drug: Floats, truth: ProgramTruth) -> Floats:
    """Share of the network that supports abstinence at the next interview; `drug` is the score at entry."""
    return (
        truth.network_share
        + truth.network_before * before
        + truth.network_scale * tens_of_scale(smps, truth)
        + truth.network_drug * unit_severity(drug, truth)
    )


def use_log_odds(smps: Floats, activities: Floats, network: Floats, truth: ProgramTruth) -> Floats:
    """Return what program, activities and network add to the log odds of an alcohol or drug problem.

    `activities` and `network` are those of the interview after 6 months, whichever wave is asked about.
    """
    tens = tens_of_scale(smps, truth)
    a = activities - truth.activities_center
    w = (network - truth.network_center) / 10.0
    return (
        truth.direct * tens
        + (truth.activities + truth.activities_by_program * tens) * a
        + (truth.network + truth.network_by_program * tens) * w
    )


def log_odds_without_use(
    outcome: str, wave: str, asi: Mapping[str, Floats], *, own_effect: Floats, truth: ProgramTruth
) -> Floats:
    """Log odds of a problem in an area, or of abstinence, at follow-up, without what `use_log_odds` adds.

    Parameters
    ----------
    outcome
        An area of the Addiction Severity Index, or `abstinent`.
    wave
        `month_6` or `month_12`.
    asi
        Scores measured at entry, by area.
    own_effect
        The program's own effect beyond the scale, in log odds of a problem.
    truth
        The parameters.
    """

    def z(area: str) -> Floats:
        return unit_severity(asi[area], truth)

    added = own_effect + (truth.month_6_shift if wave == MONTH_6 else 0.0)
    if outcome in USE_SIGN:
        added = added + truth.legal_severity * z("legal") + truth.employment_severity * z("employment")
    if outcome == ABSTINENT:
        own = truth.own_severity * (z("alcohol") + z("drug")) / 2
        return np.asarray(ABSTINENT_AT_FOLLOW_UP - own - added)
    return np.asarray(PROBLEM_AT_FOLLOW_UP[outcome] + truth.own_severity * z(outcome) + added)


def outcome_log_odds(
    outcome: str, wave: str, asi: Mapping[str, Floats], *, use: Floats, own_effect: Floats,
    truth: ProgramTruth,
) -> Floats:  # fmt: skip
    """Log odds of a problem in an area, or of abstinence, at follow-up; `use` is of `use_log_odds`."""
    rest = log_odds_without_use(outcome, wave, asi, own_effect=own_effect, truth=truth)
    return np.asarray(rest + USE_SIGN.get(outcome, 0.0) * use)


def role_share(roles_before: Floats, dose: Floats, truth: EngagementTruth) -> Floats:
    """Chance of holding each role at the next interview."""
    return truth.role_share + truth.role_dose * dose + truth.role_before * roles_before / N_ROLES


def civic_share(civic_before: Floats, roles_before: Floats, truth: EngagementTruth) -> Floats:
    """Share of the most civic activities at the next interview."""
    expected = truth.civic_base + truth.civic_before * civic_before + truth.civic_roles * roles_before
    return expected / truth.civic_most
