"""True effects of programs, averaged over very many people: what C1, C2, C3 and R1 estimate on the demo.

People are those who chose a social or a clinical program; each meets a program of either model drawn from
the law of programs, with its place on the scale and its own effect. Chances are summed exactly over all
values of the two mediators, so that only people and programs are sampled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import betabinom, binom

from models.scales.score import score
from pipelines.cleaning.scores import spec_of
from pipelines.codebook.load import load_codebook
from pipelines.demo.chance import Floats, expit
from pipelines.demo.followup import draw_occasions
from pipelines.demo.interviews import scored_instruments
from pipelines.demo.justice import draw_fates
from pipelines.demo.laws import (
    ABSTINENT,
    BASELINE,
    MONTH_12,
    N_ACTIVITIES,
    NETWORK_STEPS,
    PROBLEM_AT_FOLLOW_UP,
    USE_SIGN,
    WAVES,
    activities_share,
    leaning,
    log_odds_without_use,
    network_share,
    tens_of_scale,
    unit_severity,
    use_log_odds,
)
from pipelines.demo.measures import Bools, Entrants, Wave, draw_waves
from pipelines.demo.parameters import World
from pipelines.demo.people import draw_intake
from pipelines.demo.programs import draw_scales, levels_of_care, model_names

Effects = dict[str, float]
TRIMMED = (0.1, 0.9)  # chances of a social program that Crump et al. 2009 keep


@dataclass(frozen=True, slots=True)
class Crowd:
    """Very many people with all that was drawn of them, and who came at each wave.

    `scales` holds for each model the total on the scale of a program that a person meets there, `domain` one
    of the six domains of a person's own program; all six follow the same law.
    """

    people: Entrants
    social: Bools
    compared: Bools
    waves: dict[str, Wave]
    came: dict[str, Bools]
    world: World
    scales: dict[str, Floats]
    domain: Floats


@dataclass(frozen=True, slots=True)
class Arm:
    """A program for everybody: its scale, and by value of each mediator everybody's chance of that value."""

    smps: Floats
    activities: tuple[Floats, ...]
    network: tuple[Floats, ...]


def draw_crowd(rng: np.random.Generator, n: int, world: World) -> Crowd:
    """Draw `n` people, each in a program of his or her own, so that programs are averaged over as well."""
    codebook = load_codebook()
    models = model_names()
    intake = draw_intake(rng, n, models=models, levels=levels_of_care(), codebook=codebook, world=world)
    chosen = np.array(models)[intake.program]
    domains = sum(v.startswith("smps_") for v in codebook.table("core.programs").variables) - 1
    drawn = [draw_scales(rng, [model] * n, domains, world.programs) for model, _ in world.programs.dose]
    names = [model for model, _ in world.programs.dose]
    place = np.array([names.index(model) for model in chosen])
    dose = dict(world.programs.dose)
    alone = replace(intake, program=np.arange(n)).entrants(
        smps=np.choose(place, [scales[:, -1] for scales in drawn]),
        dose=np.array([dose[model] for model in chosen]),
        own_effect=rng.normal(0, world.programs.sd_program, n),
        in_house=np.ones(n, dtype=bool),
    )
    waves = draw_waves(rng, alone, scored_instruments(codebook), world)
    fates = draw_fates(rng, intake.from_prison)
    occasions = draw_occasions(
        rng, alone, waves, returned=fates.returned, death=fates.death, truth=world.programs
    )
    came = {wave: occasion.came for wave, occasion in occasions.items()}
    social = chosen == "social"
    return Crowd(
        alone, social, social | (chosen == "clinical"), waves, came, world,
        {model: scales[:, -1] for model, scales in zip(names, drawn, strict=True)},
        np.choose(place, [scales[:, 0] for scales in drawn]),
    )  # fmt: skip


def arm_of(crowd: Crowd, smps: Floats) -> Arm:
    """Return the arm in which everybody meets a program at that place on the scale."""
    before, truth, drug = crowd.waves[BASELINE].values, crowd.world.programs, crowd.people.asi["drug"]
    share = activities_share(before["twelve_step_activities"], smps, drug, truth)
    network = network_share(before["network_support_abstinence"], smps, drug, truth)
    a, b = network * truth.network_precision, (1 - network) * truth.network_precision
    return Arm(
        smps,
        tuple(binom.pmf(k, N_ACTIVITIES, share) for k in range(N_ACTIVITIES + 1)),
        tuple(betabinom.pmf(k, NETWORK_STEPS, a, b) for k in range(NETWORK_STEPS + 1)),
    )


def chance(
    crowd: Crowd,
    outcome: str,
    wave: str,
    arm: Arm,
    *,
    activities: Arm | None = None,
    network: Arm | None = None,
) -> Floats:
    """Chance of an outcome for each person, summed over the values of both mediators.

    `activities` and `network` name the arm under which a mediator takes its value, `arm` itself unless said.
    """
    truth, own = crowd.world.programs, crowd.people.own_effect
    rest = log_odds_without_use(outcome, wave, crowd.people.asi, own_effect=own, truth=truth)
    if outcome not in USE_SIGN:
        return expit(rest)
    total = np.zeros(len(rest))
    for a, of_a in enumerate((activities or arm).activities):
        inner = np.zeros(len(rest))
        for step, of_step in enumerate((network or arm).network):
            w = np.float64(100.0 * step / NETWORK_STEPS)
            use = use_log_odds(arm.smps, np.asarray(float(a)), np.asarray(w), truth)
            inner += of_step * expit(rest + USE_SIGN[outcome] * use)
        total += of_a * inner
    return total


def comparison(crowd: Crowd, outcome: str, wave: str, social: Floats, clinical: Floats) -> Effects:
    """Effects of social against clinical programs (C1), from each person's chance under both."""
    mine, everyone = crowd.social, crowd.compared
    lean = expit(leaning(crowd.people.asi, crowd.world.programs))
    gap, overlap = social - clinical, lean * (1 - lean)
    kept = everyone & (lean >= TRIMMED[0]) & (lean <= TRIMMED[1])
    own = np.where(mine, social, clinical)
    theirs, came = everyone & ~mine, crowd.came[wave]
    p1, p0 = float(social[everyone].mean()), float(clinical[everyone].mean())
    return {
        "clinical": p0, "social": p1, "ate": p1 - p0, "att": float(gap[mine].mean()),
        "overlap": float(np.average(gap[everyone], weights=overlap[everyone])),
        "ate_trimmed": float(gap[kept].mean()),
        "odds_ratio": p1 / (1 - p1) / (p0 / (1 - p0)),
        "naive": float(own[mine].mean() - own[theirs].mean()),
        "naive_reached": float(own[mine & came].mean() - own[theirs & came].mean()),
    }  # fmt: skip


def compared_effects(crowd: Crowd) -> dict[str, Effects]:
    """C1 by outcome and wave, and C2 by outcome at 12 months."""
    full, none = arm_of(crowd, crowd.scales["social"]), arm_of(crowd, crowd.scales["clinical"])
    found: dict[str, Effects] = {}
    for outcome in (*PROBLEM_AT_FOLLOW_UP, ABSTINENT):
        name = outcome if outcome == ABSTINENT else f"any_problem_{outcome}"
        for wave in WAVES[1:]:
            social, clinical = (chance(crowd, outcome, wave, arm) for arm in (full, none))
            found[f"C1_{name}_{wave}"] = comparison(crowd, outcome, wave, social, clinical)
            if wave == MONTH_12 and outcome in USE_SIGN:
                found[f"C2_{name}_{wave}"] = mediated(crowd, outcome, wave, full, none)
    return found


def mediated(crowd: Crowd, outcome: str, wave: str, full: Arm, none: Arm) -> Effects:
    """Total effect and natural effects through the two mediators (C2), for those compared.

    `indirect_<mediator>` lets that mediator alone fall back to its value under a clinical program, and
    `direct_<mediator>` is the rest of the total; `direct` keeps both at their clinical values. The mediators
    are independent given the program and what was measured at entry, so that each is identified alone.
    """

    def mean(arm: Arm, *, activities: Arm, network: Arm) -> float:
        found = chance(crowd, outcome, wave, arm, activities=activities, network=network)
        return float(found[crowd.compared].mean())

    social, clinical = (mean(arm, activities=arm, network=arm) for arm in (full, none))
    total = social - clinical
    direct = mean(full, activities=none, network=none) - clinical
    through_activities = social - mean(full, activities=none, network=full)
    through_network = social - mean(full, activities=full, network=none)
    return {
        "total": total, "direct": direct, "indirect": total - direct,
        "share_mediated": (total - direct) / total if total else np.nan,
        "indirect_twelve_step_activities": through_activities,
        "direct_twelve_step_activities": total - through_activities,
        "indirect_network_support_abstinence": through_network,
        "direct_network_support_abstinence": total - through_network,
    }  # fmt: skip


def fidelity(crowd: Crowd) -> dict[str, Effects]:
    """Effect per 10 points of the Social Model Philosophy Scale (C3), in people of all programs.

    The log odds are those of a logistic model of the scale and of what was measured at entry (seven scores,
    activities, network), with the programs' own effects known; a random intercept by program converges to
    them with many programs. Those of a domain are alike for all six: alone it stands for the total, with
    error. The risk difference compares 5 points above a person's program with 5 below.
    """
    people, truth = crowd.people, crowd.world.programs
    before = crowd.waves[BASELINE].values
    columns = [unit_severity(scores, truth) for scores in people.asi.values()]
    columns += [before[name] / 10 for name in ("twelve_step_activities", "network_support_abstinence")]
    ones = np.ones(len(people))
    designs = {
        name: np.column_stack([ones, tens_of_scale(scale, truth), *columns])
        for name, scale in (
            ("log_odds_per_10_points", people.smps),
            ("log_odds_per_10_points_of_a_domain", crowd.domain),
        )
    }
    arms = {shift: arm_of(crowd, people.smps + shift) for shift in (-5.0, 0.0, 5.0)}
    found: dict[str, Effects] = {}
    for outcome in (*PROBLEM_AT_FOLLOW_UP, ABSTINENT):
        name = outcome if outcome == ABSTINENT else f"any_problem_{outcome}"
        sign = -1.0 if outcome == ABSTINENT else 1.0
        for wave in WAVES[1:]:
            p = {shift: chance(crowd, outcome, wave, arm) for shift, arm in arms.items()}
            found[f"C3_{name}_{wave}"] = {
                **{
                    told: float(_logistic(design, p[0.0], offset=sign * people.own_effect)[1])
                    for told, design in designs.items()
                },
                "risk_difference_per_10_points": float((p[5.0] - p[-5.0]).mean()),
            }
    return found


def _logistic(design: Floats, chances: Floats, *, offset: Floats) -> Floats:
    """Logistic regression of chances, by Newton's method."""
    slopes = np.zeros(design.shape[1])
    for _ in range(25):
        fitted = expit(design @ slopes + offset)
        information = design.T @ (design * (fitted * (1 - fitted))[:, None])
        step = np.linalg.solve(information, design.T @ (chances - fitted))
        slopes = slopes + step
        if np.abs(step).max() < 1e-10:
            return slopes
    raise RuntimeError("the logistic regression of the large sample did not converge")


def scale_effects(crowd: Crowd) -> dict[str, Effects]:
    """C1 on scored scales: no program changes them, yet those who chose differ."""
    found: dict[str, Effects] = {}
    scales = {i.name: i for i in scored_instruments(load_codebook())}
    theirs = crowd.compared & ~crowd.social
    for name in ("eurohis_qol8", "barc10"):
        for wave in WAVES[1:]:
            values, came = score(crowd.waves[wave].items[name], spec_of(scales[name])), crowd.came[wave]
            found[f"C1_{name}_{wave}"] = {
                "ate": 0.0, "att": 0.0, "overlap": 0.0, "ate_trimmed": 0.0,
                "naive": float(values[crowd.social].mean() - values[theirs].mean()),
                "naive_reached": float(values[crowd.social & came].mean() - values[theirs & came].mean()),
            }  # fmt: skip
    return found
