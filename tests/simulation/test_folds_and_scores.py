"""Which folds, and which score: the choices behind the doubly robust estimate, compared on the same sets.

    python tests/simulation/test_folds_and_scores.py [sets]

writes folds_and_scores.json beside this file (four minutes of one core). Attrition-weighted answers at 12
months about legal problems, which programs do not change: collaboratives of 600 people and twelve programs.
Programs' own levels differ as in the demonstration data (standard deviation .1 of the log odds) or five times
as much. Variants:

- as used: score fitted to everybody, outcome models fitted to other folds of people;
- folds of programs: outcome models fitted to other programs;
- score from other folds: the score, too, fitted to other folds of people;
- outcome models from everybody: no cross-fitting at all.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.comparison.attrition import chance_of_being_reached
from models.comparison.clusters import influence_inference
from models.comparison.cohort import BACKGROUND, BASELINE, PROGRAM, cohort
from models.comparison.comparable_people import due_at
from models.comparison.covariate_columns import columns, covariates
from models.comparison.doubly_robust import PENALTY, doubly_robust, expected_outcomes, folds
from models.comparison.outcome_answers import values_of
from models.comparison.penalized_regression import fit, predict
from models.comparison.propensity import PENALTY as SCORE_PENALTY
from models.comparison.propensity import propensity
from models.inference.contrast import contrast_of
from models.missing.imputation import imputations
from models.refusal import NotIdentifiedError
from pipelines.demo import collaborative
from pipelines.demo.parameters import WORLD

STORED = Path(__file__).with_name("folds_and_scores.json")
SETS, SEED, WAVE, OUTCOME, TERM = (
    200,
    300_000,
    "month_12",
    "any_problem_legal_month_12",
    "social_minus_clinical",
)
SPREADS = (0.1, 0.5)
VARIANTS = ("as used", "folds of programs", "score from other folds", "outcome models from everybody")
Floats = NDArray[np.float64]


def program_folds(program: NDArray[Any], social: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    """Folds that hold whole programs, one of each kind where there are five of each."""
    rng, found = np.random.default_rng(seed), np.empty(program.size, dtype=np.int64)
    for arm in (social, ~social):
        for place, one in enumerate(rng.permutation(np.unique(program[arm]))):
            found[program == one] = place % 5
    return found


def from_other_folds(design: Floats, y: Floats, fold: NDArray[np.int64]) -> Floats:
    """Scores of each fold by a model fitted to the others."""
    found = np.empty(y.size)
    for one in np.unique(fold):
        here = fold == one
        beta = fit(design[~here], y[~here], family="logistic", penalty=SCORE_PENALTY)
        found[here] = predict(design[here], beta, "logistic")
    return np.clip(found, 0.02, 0.98)


def from_everybody(
    design: Floats, y: Floats, social: NDArray[np.bool_], answered: NDArray[np.bool_]
) -> Floats:
    """Expected outcomes by models that were fitted to the same people."""
    found = []
    for arm in (~social, social):
        beta = fit(design[arm & answered], y[arm & answered], family="logistic", penalty=PENALTY)
        found.append(predict(design, beta, "logistic"))
    return np.stack(found)


def one(seed: int) -> dict[str, tuple[float, float, bool]]:
    """Estimate, standard error and whether the interval holds zero, by variant."""
    drawn = collaborative.draw(seed, 600)
    people = cohort(*(drawn[name] for name in ("participants", "episodes", "programs", "assessments")))
    names = (*BACKGROUND, *BASELINE)
    copy = imputations(
        people, variables=names, cluster=PROGRAM, groups=("program_model",), n_imputations=2, seed=seed
    ).copies[0]
    due = due_at(people, WAVE)
    frame = copy.filter(due)
    social, program = frame["social"].cast(bool).to_numpy(), frame[PROGRAM].to_numpy()
    of = columns(frame, covariates(people.filter(due), names))
    design, arm = of.design, social.astype(float)
    y, answered = values_of(frame, OUTCOME)
    score = propensity(of, social).score
    chance = chance_of_being_reached(design, social, answered)
    own = folds(program, seed=seed)
    found = {}
    for variant in VARIANTS:
        fold = program_folds(program, social, seed) if variant == "folds of programs" else own
        expected = (
            from_everybody(design, y, social, answered)
            if variant == "outcome models from everybody"
            else expected_outcomes(design, y, social, answered, fold, family="logistic")
        )
        used = from_other_folds(design, arm, own) if variant == "score from other folds" else score
        told = doubly_robust(y, social, used, expected, answered=answered, chance=chance, family="logistic")
        inference = influence_inference(told.names, told.estimates, told.influence, program, social)
        answer = contrast_of(inference, {TERM: 1.0})
        found[variant] = (answer.estimate, answer.std_error, answer.low <= 0.0 <= answer.high)
    return found


def run(sets: int) -> None:
    """Compare the variants at each spread of programs."""
    stored: dict[str, Any] = {"command": "python tests/simulation/test_folds_and_scores.py"}
    for spread in SPREADS:
        collaborative.WORLD = replace(WORLD, programs=replace(WORLD.programs, sd_program=spread))
        rows = []
        for number in range(sets):
            try:
                rows.append(one(SEED + number))
            except NotIdentifiedError:
                continue
        summary = {}
        for variant in VARIANTS:
            values = np.array([row[variant] for row in rows], dtype=float)
            summary[variant] = {
                "bias": round(float(values[:, 0].mean()), 4),
                "monte_carlo_error": round(float(values[:, 0].std(ddof=1) / np.sqrt(len(values))), 4),
                "spread": round(float(values[:, 0].std(ddof=1)), 4),
                "standard_error": round(float(np.sqrt((values[:, 1] ** 2).mean())), 4),
                "coverage": round(float(values[:, 2].mean()), 4), "sets": len(values),
            }  # fmt: skip
        stored[f"programs differ by {spread}"] = summary
    STORED.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return json.loads(STORED.read_text(encoding="utf-8"))


def worlds(results: dict[str, Any]) -> list[dict[str, Any]]:
    return [results[f"programs differ by {spread}"] for spread in SPREADS]


def test_the_variant_used_is_unbiased_and_covers_as_promised(results):
    for world in worlds(results):
        used = world["as used"]
        assert abs(used["bias"]) <= 2 * used["monte_carlo_error"]
        assert 0.93 <= used["coverage"] <= 0.97
        assert used["sets"] >= 190


def test_folds_of_programs_say_more_uncertainty_than_there_is_and_no_folds_less(results):
    for world in worlds(results):
        ratio = {name: own["standard_error"] / own["spread"] for name, own in world.items()}
        assert ratio["folds of programs"] > ratio["as used"] > ratio["outcome models from everybody"]
        assert ratio["outcome models from everybody"] < 0.95


def test_a_score_from_other_folds_varies_more(results):
    for world in worlds(results):
        assert world["score from other folds"]["spread"] > world["as used"]["spread"]


def test_one_set_is_drawn_and_answered_as_in_the_stored_study():
    found = one(SEED)
    assert set(found) == set(VARIANTS)
    assert all(abs(estimate) < 4 * error for estimate, error, _ in found.values())


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else SETS)
