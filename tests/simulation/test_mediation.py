"""Natural effects in simulated collaboratives of 600 people in 12 programs, against the demo's planted truth.

    python tests/simulation/test_mediation.py

writes mediation.json beside it (some four minutes on one core): 500 collaboratives, everybody reached, and
estimates alone of 500 more.

    python tests/simulation/test_mediation.py with-loss [sets]

writes mediation_with_loss.json (some four seconds of one core a set): the whole analysis, people lost and
answers imputed, with five copies and 120 resamples of each for time, without the answers beside the main
one.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import polars as pl
import pytest

import models.mediation.through_involvement_and_network as whole
from models.comparison.covariate_columns import columns, covariates
from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of, two_sided_critical
from models.mediation.mediation_answers import MEDIATORS, NAMES, OUTCOMES, PENALTY
from models.mediation.mediation_rows import TERMS, share_mediated
from models.mediation.mediator_laws import share_of
from models.mediation.natural_effects import How, People, natural_effects
from models.mediation.program_bootstrap import bootstrapped
from models.refusal import NotIdentifiedError
from pipelines.codebook import load_codebook
from pipelines.codebook.load import read_yaml
from pipelines.demo.collaborative import draw
from pipelines.demo.interviews import scored_instruments
from pipelines.demo.measures import draw_waves
from pipelines.demo.parameters import WORLD
from pipelines.demo.people import HOUSES, draw_intake
from pipelines.demo.programs import draw_scales, levels_of_care, model_names

STORED = Path(__file__).with_name("mediation.json")
STORED_WITH_LOSS = Path(__file__).with_name("mediation_with_loss.json")
TRUTH = read_yaml(Path(__file__).parents[2] / "data" / "raw" / "demo_truth.yaml")["C2"]["outcomes"]
PEOPLE, REPETITIONS = 600, 500
REPETITIONS_WITH_LOSS, COPIES, DRAWS = 270, 5, 600
FIRST_WITH_LOSS = 10_000  # seed
CODEBOOK = load_codebook()
SCALES = scored_instruments(CODEBOOK)
BACKGROUND = ("sex", "race_ethnicity", "education", "primary_substance", "justice_status", "prior_treatment")
FIRST, SECOND = NAMES


def everybody(seed: int) -> tuple[People, dict[str, np.ndarray], np.ndarray]:
    """One collaborative by the laws of the demo: all answers of everybody in social and clinical programs."""
    random = np.random.default_rng([seed, 4])
    models, levels = model_names(), levels_of_care()
    scales = draw_scales(random, models, 6, WORLD.programs)
    intake = draw_intake(random, PEOPLE, models=models, levels=levels, codebook=CODEBOOK, world=WORLD)
    dose = dict(WORLD.programs.dose)
    people = intake.entrants(
        smps=scales[:, -1], dose=np.array([dose[model] for model in models]),
        own_effect=random.normal(0, WORLD.programs.sd_program, len(models)),
        in_house=np.array([level in HOUSES for level in levels]),
    )  # fmt: skip
    waves = draw_waves(random, people, SCALES, WORLD)
    before, at_6, at_12 = (waves[wave].values for wave in ("baseline", "month_6", "month_12"))
    model = np.array(models)[intake.program]
    kept = model != "mixed"
    frame = pl.DataFrame(
        {name: values for name, values in before.items() if name != "civic_activities_30"}
        | {name: np.array(intake.answers[name]) for name in BACKGROUND}
    ).filter(pl.Series(kept))
    one = np.ones(int(kept.sum()))
    found = People(
        exposed=(model[kept] == "social").astype(float), weights=one, target=one,
        covariates=columns(frame, covariates(frame, frame.columns)).design[:, 1:],
        mediators=tuple(share_of(at_6[m.name][kept], m.most) for m in MEDIATORS),
        laws=tuple(m.law for m in MEDIATORS),
    )  # fmt: skip
    outcomes = {
        "any_problem_alcohol_month_12": at_12["asi_alcohol"] > 0,
        "any_problem_drug_month_12": at_12["asi_drug"] > 0,
        "abstinent_month_12": at_12["abstinent_days_30"] >= 30,
    }
    return found, {name: y[kept].astype(float) for name, y in outcomes.items()}, intake.program[kept]


def truth_of(outcome: str, term: str) -> float:
    """Planted truth. Activities and network do not change each other here, so that the first path is the
    effect of activities alone, and the second is the rest of the joint indirect effect."""
    of = TRUTH[outcome]
    if term == f"path_{FIRST}":
        return float(of[f"indirect_{FIRST}"])
    if term == f"path_{SECOND}":
        return float(of["indirect"]) - float(of[f"indirect_{FIRST}"])
    return float(of[term])


def share_is_held(inference: Inference, share: float) -> bool:
    """Whether Fieller's set of shares holds the true one; told or not, so that nothing is picked out."""
    part = contrast_of(inference, {"indirect": 1.0, "total": -share})
    return abs(part.estimate) <= two_sided_critical(0.05, part.df) * part.std_error


def summary(rows: list[tuple[float, float, float, float]], truth: float) -> dict[str, float]:
    estimate, error, low, high = np.array(rows).T
    return {
        "truth": truth, "bias": float(estimate.mean() - truth),
        "bias_error": float(estimate.std(ddof=1) / math.sqrt(len(estimate))),
        "coverage": float(np.mean((low <= truth) & (truth <= high))),
        "claimed_over_true_error": float(np.sqrt(np.mean(error**2)) / estimate.std(ddof=1)),
        "sets": len(estimate),
    }  # fmt: skip


def simulate(repetitions: int, draws: int = 120) -> dict[str, dict[str, dict[str, float]]]:
    """Everybody reached: by outcome and term."""
    rows: dict[tuple[str, str], list[tuple[float, float, float, float]]] = {}
    held: dict[str, list[bool]] = {name: [] for name in OUTCOMES}
    told: dict[str, list[float]] = {name: [] for name in OUTCOMES}
    for seed in range(repetitions):
        people, outcomes, program = everybody(seed)
        found = bootstrapped(
            people, outcomes, NAMES, program, how=How(penalty=PENALTY), draws=draws, seed=seed
        )
        for name, inference in found.items():
            assert isinstance(inference, Inference)
            for term in TERMS:
                one = contrast_of(inference, {term: 1.0})
                rows.setdefault((name, term), []).append((one.estimate, one.std_error, one.low, one.high))
            held[name].append(share_is_held(inference, truth_of(name, "share_mediated")))
            try:
                told[name].append(share_mediated(inference)[0])
            except NotIdentifiedError:
                continue
    answers: dict[str, dict[str, dict[str, float]]] = {}
    for (name, term), each in rows.items():
        answers.setdefault(name, {})[term] = summary(each, truth_of(name, term))
    for name in OUTCOMES:
        answers[name]["share_mediated"] = {
            "truth": truth_of(name, "share_mediated"), "coverage": float(np.mean(held[name])),
            "told": len(told[name]) / repetitions,
            "median_where_told": float(np.median(told[name])) if told[name] else None,
        }  # fmt: skip
    return answers


def simulate_estimates(first: int, repetitions: int) -> dict[str, dict[str, dict[str, float]]]:
    """Estimates alone of further collaboratives: bias, for a fresh look."""
    found: dict[str, dict[str, list[float]]] = {name: {term: [] for term in TERMS} for name in OUTCOMES}
    for seed in range(first, first + repetitions):
        people, outcomes, _ = everybody(seed)
        for name, outcome in outcomes.items():
            told = natural_effects(people, outcome, NAMES, how=How(penalty=PENALTY), fine=False)
            for term in TERMS:
                found[name][term].append(told[term] - truth_of(name, term))
    return {
        name: {
            term: {"bias": float(np.mean(gaps)), "bias_error": float(np.std(gaps, ddof=1) / len(gaps) ** 0.5)}
            for term, gaps in by_term.items()
        }
        for name, by_term in found.items()
    }


def one_with_loss(number: int) -> dict[tuple[str, str], tuple[float, float, float, float] | None]:
    """Tell what the whole analysis says of one collaborative, people lost; None where it refuses."""
    frames = draw(FIRST_WITH_LOSS + number, PEOPLE)
    left_out = NotIdentifiedError("left out of the simulation, for time")
    with (
        mock.patch.object(whole, "attrition_weighted", lambda of, names, **_: dict.fromkeys(names, left_out)),
        mock.patch.object(
            whole, "complete_cases", lambda of, names, **_: (dict.fromkeys(names, left_out), 0)
        ),
    ):
        found = whole.analyse(
            frames["participants"], frames["episodes"], frames["programs"], frames["assessments"],
            population="simulated", n_imputations=COPIES, draws=DRAWS,
        )  # fmt: skip
    return {
        (row.outcome, row.term): None
        if row.estimate is None
        else (row.estimate, row.std_error, row.ci_low, row.ci_high)
        for row in found.estimates
        if row.term != "share_mediated"
    }


def with_loss(told: list[dict[tuple[str, str], Any]]) -> dict[str, Any]:
    """Summarize such collaboratives, by outcome and term; `refused` counts those without a number."""
    answers: dict[str, dict[str, dict[str, float]]] = {}
    for name, term in told[0]:
        rows = [one[name, term] for one in told if one[name, term] is not None]
        answers.setdefault(name, {})[term] = summary(rows, truth_of(name, term)) | {
            "refused": len(told) - len(rows)
        }
    return {
        "command": "python tests/simulation/test_mediation.py with-loss", "people": PEOPLE, "programs": 12,
        "copies": COPIES, "resamples": DRAWS, "sets": len(told), "analysis": answers,
    }  # fmt: skip


def test_intervals_cover_with_twelve_programs():
    stored = json.loads(STORED.read_text())["everybody"]
    for name in OUTCOMES:
        for term in (*TERMS, "share_mediated"):
            assert 0.93 <= stored[name][term]["coverage"] <= 0.97, (name, term)
        assert stored[name]["total"]["sets"] >= 500


MISSED = {
    (
        "any_problem_drug_month_12",
        "total",
    ): "too near zero by .005, a ninth of its error; the ridge explains .001",
    ("any_problem_drug_month_12", "direct"): "too near zero by .006, a tenth of its error, as the total is",
    (
        "any_problem_drug_month_12",
        f"indirect_{SECOND}",
    ): "too far from zero by .001, a sixteenth of its error",
    ("abstinent_month_12", f"indirect_{SECOND}"): "too far from zero by .001, a sixteenth of its error",
}


def marks(name: str, term: str):
    return [pytest.mark.xfail(strict=True, reason=MISSED[name, term])] if (name, term) in MISSED else []


@pytest.mark.parametrize(
    ("name", "term"),
    [pytest.param(name, term, marks=marks(name, term)) for name in OUTCOMES for term in TERMS],
)
def test_effects_are_unbiased_with_twelve_programs(name, term):
    """Within two Monte Carlo errors over both halves of a thousand collaboratives."""
    stored = json.loads(STORED.read_text())
    one, more = stored["everybody"][name][term], stored["further_estimates"][name][term]
    bias = (one["bias"] + more["bias"]) / 2
    assert abs(bias) <= math.hypot(one["bias_error"], more["bias_error"])  # two errors of the mean


def test_a_few_collaboratives_agree_with_the_truth_now():
    found = simulate(4)
    for name in OUTCOMES:
        for term in TERMS:
            one = found[name][term]
            assert abs(one["bias"]) < 6 * max(one["bias_error"], 0.005), (name, term)


def test_two_points_are_as_good_as_the_whole_law_in_a_collaborative():
    people, outcomes, _ = everybody(1)
    for outcome in outcomes.values():
        few, many = (
            natural_effects(people, outcome, NAMES, how=How(penalty=PENALTY), fine=fine)
            for fine in (False, True)
        )
        assert max(abs(few[name] - many[name]) for name in few) < 2e-4


@pytest.mark.slow
def test_the_stored_simulation_can_be_made_again():
    stored, now = json.loads(STORED.read_text()), simulate(20)
    for name in OUTCOMES:
        for term in TERMS:
            gap = abs(now[name][term]["bias"] - stored["everybody"][name][term]["bias"])
            assert gap < 4 * now[name][term]["bias_error"], (name, term)


@pytest.fixture(scope="module")
def lossy() -> dict[str, Any]:
    return json.loads(STORED_WITH_LOSS.read_text())


WITH_LOSS = [(name, term) for name in OUTCOMES for term in TERMS]


def test_with_people_lost_hardly_a_collaborative_is_refused(lossy):
    assert lossy["sets"] >= 250
    for name, term in WITH_LOSS:
        assert lossy["analysis"][name][term]["refused"] <= 0.05 * lossy["sets"]


ALCOHOL, DRUG, ABSTINENT = OUTCOMES
SHRUNK = "imputing draws indirect effects 3 to 5%, totals 0 to 4% toward zero (test_mediation_of_people_lost)"
NEARER_ZERO_WITH_LOSS = {
    (DRUG, f"path_{SECOND}"): ".003 of .027, 2.2 errors",
    (ABSTINENT, "total"): ".010 of .123, 2.7 errors",
    (ABSTINENT, f"indirect_{SECOND}"): ".003 of .030, 2.1 errors",
    (ABSTINENT, f"path_{SECOND}"): ".004 of .030, 2.5 errors",
}
SPREAD_OUT = (
    "errors 3 to 23% too large, as people are imputed into programs that differ more than programs do"
)
WIDE_WITH_LOSS = {
    (ALCOHOL, "total"): "98.9%",
    (ALCOHOL, "direct"): "97.8%",
    (ALCOHOL, "indirect"): "97.4%",
    (ALCOHOL, f"indirect_{FIRST}"): "97.04%",
    (ALCOHOL, f"indirect_{SECOND}"): "98.1%",
    (ALCOHOL, f"path_{FIRST}"): "97.4%",
    (ALCOHOL, f"path_{SECOND}"): "98.1%",
    (DRUG, "total"): "98.5%",
    (DRUG, "direct"): "98.1%",
    (DRUG, "indirect"): "97.8%",
    (DRUG, f"indirect_{FIRST}"): "98.9%",
    (DRUG, f"indirect_{SECOND}"): "97.8%",
    (DRUG, f"path_{FIRST}"): "98.9%",
    (DRUG, f"path_{SECOND}"): "97.8%",
    (ABSTINENT, "direct"): "97.4%",
    (ABSTINENT, "indirect"): "97.04%",
    (ABSTINENT, f"indirect_{FIRST}"): "98.9%",
    (ABSTINENT, f"indirect_{SECOND}"): "97.4%",
    (ABSTINENT, f"path_{FIRST}"): "98.1%",
}


def promised(missed: dict[tuple[str, str], str], why: str) -> list[Any]:
    """Each effect, those that miss the promise marked."""
    marked = {
        one: [pytest.mark.xfail(strict=True, reason=f"{figures}: {why}")] for one, figures in missed.items()
    }
    return [pytest.param(*one, marks=marked.get(one, [])) for one in WITH_LOSS]


@pytest.mark.parametrize(("name", "term"), promised(NEARER_ZERO_WITH_LOSS, SHRUNK))
def test_with_people_lost_effects_are_unbiased(lossy, name, term):
    one = lossy["analysis"][name][term]
    assert abs(one["bias"]) <= 2 * one["bias_error"]


@pytest.mark.parametrize(("name", "term"), WITH_LOSS)
def test_with_people_lost_effects_are_off_by_less_than_a_fifth_of_their_error(lossy, name, term):
    one = lossy["analysis"][name][term]
    error = one["bias_error"] * math.sqrt(one["sets"]) * one["claimed_over_true_error"]
    assert abs(one["bias"]) < 0.2 * error


@pytest.mark.parametrize(("name", "term"), promised(WIDE_WITH_LOSS, SPREAD_OUT))
def test_with_people_lost_intervals_cover_93_to_97_percent(lossy, name, term):
    assert 0.93 <= lossy["analysis"][name][term]["coverage"] <= 0.97


def test_with_people_lost_no_interval_is_too_narrow(lossy):
    for name, term in WITH_LOSS:
        assert lossy["analysis"][name][term]["coverage"] >= 0.95, (name, term)


@pytest.mark.slow
def test_with_people_lost_a_fresh_run_agrees_with_the_stored_one(lossy):
    found = with_loss([one_with_loss(number) for number in range(10)])["analysis"]
    for name, term in WITH_LOSS:
        one, stored = found[name][term], lossy["analysis"][name][term]
        gap = abs(one["bias"] - stored["bias"])
        assert gap <= 4 * math.hypot(one["bias_error"], stored["bias_error"]), (name, term)


def store() -> None:
    """Everybody reached."""
    answers = {
        "command": "python tests/simulation/test_mediation.py", "people": PEOPLE, "programs": 12,
        "everybody": simulate(REPETITIONS), "further_estimates": simulate_estimates(REPETITIONS, REPETITIONS),
    }  # fmt: skip
    STORED.write_text(json.dumps(answers, indent=1) + "\n")


def store_with_loss(sets: int) -> None:
    """People lost and answers missing; what a stopped run has told stays."""
    told = []
    for number in range(sets):
        told.append(one_with_loss(number))
        if number % 10 == 9 or number + 1 == sets:
            STORED_WITH_LOSS.write_text(json.dumps(with_loss(told), indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["with-loss"]:
        store_with_loss(int(sys.argv[2]) if len(sys.argv) > 2 else REPETITIONS_WITH_LOSS)
    else:
        store()
