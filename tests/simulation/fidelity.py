"""Simulated collaboratives for what goes with a program's place on the Social Model Philosophy Scale.

    python tests/simulation/fidelity.py [sets]

writes fidelity.json beside this file (some six minutes of one core for 500 sets). Each set is a collaborative
of twelve programs drawn by the law of the demonstration data, at 12 months: 600 people by complete cases, by
imputed copies (fewer than the analysis makes, and two outcomes only, for time) and by CR2 without program
effects; 2,400 people by complete cases; and a world in which programs change nothing, for how often Holm's
allowance for the eight yes-or-no outcomes lets any pass for a difference.
"""

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from models.comparison.cohort import AREAS, DEAD, NOT_DUE, PROGRAM, cohort
from models.comparison.fidelity import ADJUSTED_FOR, TOTAL
from models.comparison.fidelity_answers import POINTS, Asked, answer
from models.comparison.multiplicity import holm
from models.comparison.people_by_program import by_program
from models.comparison.program_scale_fits import (
    DIFFERENCE,
    SLOPE,
    ProgramRows,
    cluster_robust_slope,
    slope_of,
)
from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.missing.imputation import imputations
from models.refusal import NotIdentifiedError
from pipelines.demo import large_sample
from pipelines.demo.collaborative import draw

STORED = Path(__file__).with_name("fidelity.json")
TRUTH = yaml.safe_load(Path(large_sample.__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
WAVE, PEOPLE, MANY, SETS, COPIES = "month_12", 600, 2400, 500, 4
SEED = {"few": 1_100_000, "many": 1_200_000, "placebo": 1_300_000}
YES_OR_NO = (*(f"any_problem_{area}_{WAVE}" for area in AREAS), f"abstinent_{WAVE}")
TOLD = (f"any_problem_alcohol_{WAVE}", f"abstinent_{WAVE}", f"any_problem_legal_{WAVE}")
LINEAR = f"eurohis_qol8_{WAVE}"
Row = tuple[float, float, bool, float, float]


def asked(column: str) -> Asked:
    """One question about the total, as the analysis asks it."""
    own = ("eurohis_qol8_baseline",) if column == LINEAR else ()
    return Asked(
        column=column, family="linear" if own else "logistic", score=TOTAL, step=POINTS,
        adjusted_for=(*ADJUSTED_FOR, *own),
    )  # fmt: skip


def due(seed: int, people: int, *, effects: bool) -> pl.DataFrame:
    """People of one collaborative who were due at the wave."""
    drawn = draw(seed, people, effects=effects)
    frame = cohort(*(drawn[name] for name in ("participants", "episodes", "programs", "assessments")))
    return frame.filter(~pl.col(f"status_{WAVE}").is_in([DEAD, NOT_DUE]))


def truth_of(name: str) -> float:
    """True value of a told answer; programs move nothing but alcohol, drug and abstinence."""
    column, term, *_ = name.split(" ")
    key = "risk_difference_per_10_points" if term == DIFFERENCE else "log_odds_per_10_points"
    return float(TRUTH.get(f"C3_{column}", {}).get(key, 0.0))


def rows(complete_people: pl.DataFrame, question: Asked) -> ProgramRows:
    """Rows of people who lack nothing."""
    people = by_program(complete_people, (complete_people,))
    return people.rows(0, question.column, question.score, question.step, question.adjusted_for)


def row(found: Inference, name: str, term: str) -> Row:
    """Estimate, standard error, whether the interval holds the truth, p-value, degrees of freedom."""
    told, truth = contrast_of(found, {term: 1.0}), truth_of(name)
    return told.estimate, told.std_error, told.low <= truth <= told.high, told.p_value, told.df


def complete(people: pl.DataFrame, columns: tuple[str, ...], label: str) -> dict[str, Row]:
    """Answers of complete cases."""
    told = {}
    for column in columns:
        question = asked(column)
        own = people.drop_nulls(question.needs())
        found = slope_of(rows(own, question), question.family)
        told[f"{column} {SLOPE} {label}"] = row(found.slope, f"{column} {SLOPE}", SLOPE)
        if found.difference is not None:
            name = f"{column} {DIFFERENCE} {label}"
            told[name] = row(found.difference, name, DIFFERENCE)
    return told


def one_few(seed: int) -> dict[str, Row]:
    """All answers about one collaborative of 600 people."""
    people = due(seed, PEOPLE, effects=True)
    told = complete(people, (*TOLD, LINEAR), "complete")
    for column in TOLD[:2]:
        question = asked(column)
        own = people.drop_nulls(question.needs())
        name = f"{column} {SLOPE} cluster_robust"
        told[name] = row(cluster_robust_slope(rows(own, question), "logistic"), name, SLOPE)
    filled = imputations(
        people, variables=[TOTAL, *ADJUSTED_FOR, *TOLD[:2]], cluster=PROGRAM, groups=("program_model",),
        n_imputations=COPIES, seed=seed,
    )  # fmt: skip
    for column in TOLD[:2]:
        found = answer(by_program(people, filled.copies), asked(column))
        assert found.difference is not None
        for part, term in ((found.slope, SLOPE), (found.difference, DIFFERENCE)):
            name = f"{column} {term} imputed"
            told[name] = row(part.inference, name, term)
    return told


def one_many(seed: int) -> dict[str, Row]:
    """Answers about one collaborative of 2,400 people."""
    return complete(due(seed, MANY, effects=True), (*TOLD, LINEAR), "complete_many")


def one_placebo(seed: int) -> list[float]:
    """P-values of the eight outcomes where programs change nothing."""
    told = complete(due(seed, PEOPLE, effects=False), YES_OR_NO, "placebo")
    return [told[f"{column} {SLOPE} placebo"][3] for column in YES_OR_NO]


def summarized(told: list[Row], truth: float) -> dict[str, float]:
    """Bias in Monte Carlo errors, spread, mean error and coverage over sets."""
    values = np.array(told, dtype=float)
    spread = float(values[:, 0].std(ddof=1))
    return {
        "truth": truth, "bias": round(float(values[:, 0].mean()) - truth, 5),
        "monte_carlo_error": round(spread / float(np.sqrt(len(values))), 5), "spread": round(spread, 5),
        "standard_error": round(float(np.sqrt((values[:, 1] ** 2).mean())), 5),
        "coverage": round(float(values[:, 2].mean()), 4), "df": round(float(np.median(values[:, 4])), 2),
        "sets": len(values),
    }  # fmt: skip


def run(sets: int) -> None:
    """Run the three studies side by side and store what they say so far."""
    told: list[dict[str, Row]] = []
    placebo: list[list[float]] = []
    refusals: list[str] = []
    for number in range(sets):
        try:
            told.append(one_few(SEED["few"] + number) | one_many(SEED["many"] + number))
            placebo.append(one_placebo(SEED["placebo"] + number))
        except NotIdentifiedError as reason:
            refusals.append(str(reason))
        if (number + 1) % 25 == 0 or number + 1 == sets:
            stored(told, placebo, refusals)


def stored(told: list[dict[str, Row]], placebo: list[list[float]], refusals: list[str]) -> None:
    """Write the summary."""
    p = np.array(placebo)
    found = {
        "command": "python tests/simulation/fidelity.py",
        "refused": {reason: refusals.count(reason) for reason in sorted(set(refusals))},
        "answers": {name: summarized([one[name] for one in told], truth_of(name)) for name in told[0]},
        "placebo": {
            "sets": len(p),
            "any_outcome_after_holm": float(np.mean([holm(list(values)).min() < 0.05 for values in p])),
            "single_outcomes": {column: float((p[:, j] < 0.05).mean()) for j, column in enumerate(YES_OR_NO)},
        },
    }
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else SETS)
