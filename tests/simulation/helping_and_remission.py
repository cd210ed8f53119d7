"""Helping and remission on drawn collaboratives, and under laws of our own, where the truth is known.

    python tests/simulation/helping_and_remission.py

writes helping_and_remission.json beside this file (some five minutes on one core); named worlds alone are
made anew, with the others left as they are.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from models.estimate import Estimate
from models.inference.contrast import two_sided_critical
from models.survival import cox, helping, remission
from models.survival.helping_answers import log_hazard_ratio, programs_of, regression, sureness_of
from models.survival.landmark import at_landmark
from models.survival.return_to_prison import horizon_days
from pipelines.codebook.load import read_yaml
from pipelines.demo.courses import COURSES, cumulative_hazard
from pipelines.demo.drawn_courses import draw_courses
from pipelines.demo.social_truth import SOCIAL_SAMPLE

STORED = Path(__file__).with_name("helping_and_remission.json")
COMMAND = "python tests/simulation/helping_and_remission.py"
COLLABORATIVES, PLACEBOS, OWN = 500, 100, 500
# The first 500 sets of this law lie low by chance (-2.7 and -3.2 standard errors at 1 and 5 years; so do the
# shares of the same people with nobody lost, by -2.3 and -2.2). They are the first 500 of 2,000.
# So lie those of uneven programs at 5 years, high (2.6 standard errors).
MORE = {"remission, 300 people": 2000, "remission, uneven programs": 2000}
PEOPLE, PROGRAMS = 700, 12
SIZES = np.array([1.6, 1.2, 1.0, 0.8, 0.6, 1.5, 1.1, 1.0, 0.9, 0.6, 1.2, 0.8])
HELPING = (
    "helpers_12_months",
    "others_12_months",
    "helping",
    "helping_adjusted",
    "restricted_mean_difference",
)
REMISSION = ("within_1_year", "within_3_years", "within_5_years")
TABLES = ("participants", "episodes", "programs", "assessments", "outcome_times")
ANSWER = tuple[float, float, float]  # estimate, low, high; a ratio as its logarithm


def _answer(row: Estimate) -> ANSWER:
    assert row.estimate is not None, row.note
    assert row.ci_low is not None
    assert row.ci_high is not None
    numbers = np.array([row.estimate, row.ci_low, row.ci_high])
    return tuple(np.log(numbers) if "ratio" in row.scale else numbers)  # type: ignore[return-value]


def _log(row: Any) -> ANSWER:
    return tuple(np.log([row.value, row.ci_low, row.ci_high]))  # type: ignore[return-value]


def _told(answers: list[ANSWER], truth: float) -> dict[str, float]:
    estimate, low, high = np.array(answers).T
    return {
        "truth": truth,
        "bias": float(estimate.mean() - truth),
        "empirical_sd": float(estimate.std(ddof=1)),
        "coverage": float(np.mean((low <= truth) & (truth <= high))),
        "sets": len(answers),
    }


def _hazards(followed: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Who helps, and each person's planted hazard ratio, at the landmark."""
    helps = (followed["sos"] >= COURSES.helping_cut).to_numpy()
    more = (
        followed["twelve_step_meetings_30"].fill_null(COURSES.usual_meetings).to_numpy()
        - COURSES.usual_meetings
    )
    return helps, np.where(helps, COURSES.helping, 1.0) * COURSES.meetings_per_10 ** (more / 10)


def _truths(helps: np.ndarray, ratios: np.ndarray) -> dict[str, float]:
    """Shares and means by the closed form, the ratio alone by a large draw from it."""
    at, hazard = cumulative_hazard()
    at_end = np.exp(-ratios * np.interp(365, at, hazard))
    daily = np.interp(np.arange(365), at, hazard)
    groups = [
        float(np.mean([np.exp(-ratios[who] * day).mean() for day in daily]) * 365) for who in (helps, ~helps)
    ]
    random = np.random.default_rng(1)
    days = [np.ceil(np.interp(random.exponential(size=helps.size) / ratios, hazard, at)) for _ in range(3)]
    stop = np.concatenate(days)
    fitted = cox.fit(
        stop=np.minimum(stop, 365.0), event=stop <= 365, x=np.tile(helps, 3).astype(float)[:, None]
    )
    return {
        "helpers_12_months": float(at_end[helps].mean()),
        "others_12_months": float(at_end[~helps].mean()),
        "helping": float(fitted.beta[0]),
        "helping_adjusted": float(np.log(COURSES.helping)),
        "restricted_mean_difference": groups[0] - groups[1],
    }


def simulate_collaboratives(sets: int, seed: int, *, effects: bool) -> dict[str, Any]:
    """Analyse drawn collaboratives of 700 people in 12 programs, imputation included."""
    answers: dict[str, list[ANSWER]] = {term: [] for term in (*HELPING, *REMISSION)}
    naive, died, of_groups, of_ratios = [], [], [], []
    for number in range(seed, seed + sets):
        frames = dict(draw_courses(number, PEOPLE, effects=effects))
        tables = {name: frames[name] for name in TABLES}
        found = helping.analyse(
            **tables, population="drawn", helping_cut=COURSES.helping_cut, n_imputations=2
        )
        second = remission.analyse(
            frames["outcome_times"], frames["justice_events"], frames["episodes"], population="drawn"
        )
        for row in (*found.estimates, *second.estimates):
            answers[row.term].append(_answer(row))
        told = {row.diagnostic: row for row in (*found.diagnostics, *second.diagnostics)}
        naive.append(_log(told["sensitivity_helping_ever_helped"]))
        died.append([told[f"sensitivity_{term}_if_nobody_died"].value for term in REMISSION])
        followed = at_landmark(**tables).followed.filter(pl.col("sos").is_not_null())
        helps, ratios = _hazards(followed)
        of_groups.append(helps)
        of_ratios.append(ratios)
    if not effects:
        return {
            term: _told(answers[term], 0.0)
            for term in ("helping", "helping_adjusted", "restricted_mean_difference")
        } | {"ever helped": _told(naive, 0.0)}
    planted = _truths(np.concatenate(of_groups), np.concatenate(of_ratios))
    truth = planted | {term: read_yaml(SOCIAL_SAMPLE)["S1"][term] for term in REMISSION}
    return {
        **{term: _told(answers[term], truth[term]) for term in truth},
        "ever helped": _told(naive, planted["helping"]),
        **{
            f"{term} if nobody died": {"bias": float(np.mean(shares) - truth[term])}
            for term, shares in zip(REMISSION, np.array(died, dtype=float).T, strict=True)
        },
    }


def _true_shares(at_once: float, later: float, dying: float) -> dict[str, float]:
    """Share by each horizon: on day 365 with chance `at_once`, then each day `later`; death each day."""
    free, reached, shares = 1.0, 0.0, {}
    for day in range(1, horizon_days(5) + 1):
        chance = at_once if day == 365 else later if day > 365 else 0.0
        # On one day death comes first, so that both never fall on it.
        free *= 1 - dying
        reached += free * chance
        free *= 1 - chance
        shares[day] = reached
    return {term: shares[horizon_days(int(term[7]))] for term in REMISSION}


def simulate_remission(
    sets: int,
    seed: int,
    *,
    people: int,
    delayed: bool = False,
    spread: float = 0.0,
    shortest: int = 700,
    uneven: bool = False,
    contacts: int = 0,
) -> dict[str, Any]:
    """Courses in whole days under known chances: many ties on day 365, deaths, loss, entry up to day 300.

    With `spread` the 12 programs differ in the chance on day 365 (a standard deviation of the logit); the
    truth is the average over programs. The answer is the released row, throughout; that of people as if drawn
    one by one is kept beside it. With `uneven` programs differ in size as 1.6 to 0.6. Deaths are known while
    people are followed; with `contacts` people are known from one contact to the next, so many days apart
    (what was reached before one is told at it), while every death is known, those of the lost as well.
    """
    random = np.random.default_rng(seed)
    later, dying, base = 0.0008, 0.00015, -0.6
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    chances = 1 / (1 + np.exp(-(base + spread * nodes)))
    parts = [
        _true_shares(chance, later, dying) for chance in (chances if spread else [1 / (1 + np.exp(-base))])
    ]
    mixing = weights / weights.sum() if spread else np.ones(1)
    truth = {
        term: float(sum(w * part[term] for w, part in zip(mixing, parts, strict=True))) for term in REMISSION
    }
    answers: dict[str, list[ANSWER]] = {term: [] for term in REMISSION}
    alone: dict[str, list[ANSWER]] = {term: [] for term in REMISSION}
    ignored: dict[str, list[float]] = {term: [] for term in REMISSION}
    refused = 0
    for _ in range(sets):
        program = (
            random.choice(PROGRAMS, people, p=SIZES / SIZES.sum())
            if uneven
            else random.integers(0, PROGRAMS, people)
        )
        chance = 1 / (1 + np.exp(-(base + spread * random.normal(size=PROGRAMS))))[program]
        death = random.geometric(dying, people)
        reach = np.where(random.random(people) < chance, 365, 365 + random.geometric(later, people))
        seen = np.minimum(random.geometric(0.0002, people), random.integers(shortest, 2300, people))
        known = death
        if contacts:
            phase = random.integers(0, contacts, people)
            last = np.minimum(death, seen)
            seen = np.where(last < phase, last, phase + (last - phase) // contacts * contacts)
        else:
            known = np.where(death <= seen, death, 10**6)
        entry = np.where(random.random(people) < 0.5, 0, random.integers(0, 300, people)) * delayed
        first = np.minimum(np.where(death <= reach, 10**6, reach), np.minimum(death, seen))
        came = np.flatnonzero(first > entry)
        person = [f"p{i}" for i in came]
        ids = pl.DataFrame({"participant_id": person})
        findings = remission.analyse(
            ids.with_columns(
                outcome=pl.lit("sustained_remission"), day_observed=pl.Series(first[came]),
                event_observed=pl.Series((reach < death)[came] & (reach <= seen)[came]),
            ),
            ids.with_columns(
                event_id=pl.col("participant_id"), justice_measure=pl.lit("death"),
                event_day=pl.Series(known[came]),
            ),
            ids.with_columns(
                episode_id=pl.col("participant_id"), entry_day=pl.lit(0), program_id=pl.Series(program[came]),
            ),
            population="drawn",
            entered=ids.with_columns(entry_day=pl.Series(entry[came])),
        )  # fmt: skip
        told = {row.diagnostic: row for row in findings.diagnostics}
        for row in findings.estimates:
            if row.estimate is None:
                refused += 1
                continue
            answers[row.term].append(_answer(row))
            ignored[row.term].append(told[f"sensitivity_{row.term}_if_nobody_died"].value)  # type: ignore[arg-type]
            by_person = told[f"sensitivity_{row.term}_by_person"]
            alone[row.term].append((by_person.value, by_person.ci_low, by_person.ci_high))  # type: ignore[arg-type]
    return {
        **{term: _told(answers[term], truth[term]) for term in REMISSION},
        **{f"{term} by person": _told(alone[term], truth[term]) for term in REMISSION},
        **{
            f"{term} if nobody died": {"bias": float(np.mean(ignored[term])) - truth[term]}
            for term in REMISSION
        },
        "refused": {"rows": refused},
    }


def simulate_ratio(sets: int, seed: int, *, programs: float, helping_by_program: float) -> dict[str, Any]:
    """Hazard ratios of 206 people, a fifth of them helpers, in 12 programs of uneven sizes.

    Programs differ in the log hazard (standard deviation `programs`), in how many help (.6 of the logit) and
    in what goes with helping (`helping_by_program`, of the log ratio, whose mean is -.5). Beside the released
    interval: that of people as if drawn one by one, that of programs without the floor, and the sandwich that
    multiplies by G / (G - 1) and takes t with G - 1 degrees of freedom.
    """
    random, people, effect = np.random.default_rng(seed), 206, -0.5
    kinds: tuple[str, ...] = ("helping", "helping by person", "helping without the floor", "helping sandwich")
    answers: dict[str, list[ANSWER]] = {kind: [] for kind in kinds}
    for _ in range(sets):
        program = random.choice(PROGRAMS, people, p=SIZES / SIZES.sum())
        level, own = random.normal(size=(2, PROGRAMS)) * np.array([[programs], [helping_by_program]])
        chance = 1 / (1 + np.exp(-(np.log(0.21 / 0.79) + random.normal(0, 0.6, PROGRAMS))))
        helper = random.random(people) < chance[program]
        hazard = 0.55 * np.log(2) / 60 * np.exp(level[program] + (effect + own[program]) * helper)
        day = np.ceil(random.exponential(1 / hazard))
        end = np.minimum(365.0, random.exponential(365 / 0.08, people))
        drawn = pl.DataFrame(
            {"day": np.minimum(day, end), "used": day <= end, "helper": helper, "program_id": program}
        )
        log = log_hazard_ratio(drawn, (), 10)
        fitted, _ = regression(drawn, (), 10)
        covariance, df = cox.robust_covariance(fitted, programs_of(drawn))
        errors = np.sqrt(np.diag(log.covariance))
        halves = (
            sureness_of(log)[0].half, two_sided_critical(0.05, np.inf) * errors[0],
            two_sided_critical(0.05, log.df(np.array([0.0, 1.0]))) * errors[1],
            two_sided_critical(0.05, float(df)) * np.sqrt(covariance[0, 0]),
        )  # fmt: skip
        beta = float(log.beta[0])
        for kind, half in zip(kinds, halves, strict=True):
            answers[kind].append((beta, beta - half, beta + half))
    return {kind: _told(answers[kind], effect) for kind in kinds}


RATIOS: dict[str, dict[str, float]] = {
    "helping, programs alike": {"programs": 0.0, "helping_by_program": 0.0},
    "helping, programs differ a little": {"programs": 0.3, "helping_by_program": 0.0},
    "helping, programs differ": {"programs": 0.5, "helping_by_program": 0.0},
    "helping, the link differs": {"programs": 0.3, "helping_by_program": 0.4},
}
OWN_LAWS: dict[str, dict[str, Any]] = {
    "remission, 300 people": {"people": 300},
    "remission, 40 people": {"people": 40, "shortest": 1900},
    "remission, delayed entry": {"people": 300, "delayed": True},
    "remission, programs differ": {"people": 360, "spread": 0.7},
    "remission, contacts twice a year": {"people": 600, "contacts": 183, "spread": 0.3},
    "remission, uneven programs": {"people": 600, "uneven": True},
    "remission, uneven programs differ a little": {"people": 600, "spread": 0.3, "uneven": True},
    "remission, uneven programs differ": {"people": 600, "spread": 0.7, "uneven": True},
}


WORLDS = ("collaboratives", "placebo", *RATIOS, *OWN_LAWS)


def run(world: str) -> dict[str, Any]:
    if world == "collaboratives":
        return simulate_collaboratives(COLLABORATIVES, 1000, effects=True)
    if world == "placebo":
        return simulate_collaboratives(PLACEBOS, 5000, effects=False)
    if world in RATIOS:
        return simulate_ratio(OWN, 60 + list(RATIOS).index(world), **RATIOS[world])
    return simulate_remission(MORE.get(world, OWN), 20 + list(OWN_LAWS).index(world), **OWN_LAWS[world])


if __name__ == "__main__":
    for chosen in sys.argv[1:] or WORLDS:
        made = run(chosen)
        kept = json.loads(STORED.read_text()) if STORED.exists() else {}
        STORED.write_text(json.dumps(kept | {"command": COMMAND, chosen: made}, indent=1) + "\n")
