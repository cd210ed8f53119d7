"""Simulate the coverage of robust and model-based intervals where people's slopes differ; store it beside.

    python tests/unit/models/within_person/two_part/robust_coverage.py [number of sets]

Sets of 90 people by 10 days; log odds -0.3 + b + (slope + v) x with slope -.04 per point, x centered on each
person's mean with a deviation of 10 points, b and v normal. The fit has random intercepts alone. Its slope is
not the center of people's slopes where these differ (the model with one slope estimates another number), so
coverage is held against both: the center, and the slope this fit has in one set of 100,000 people.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[4]))

from models.within_person.design.model_rows import ModelRows  # noqa: E402
from models.within_person.two_part.mixed_logistic import fit_logistic, robust  # noqa: E402

PEOPLE, DAYS, SLOPE, DEVIATIONS = 90, 10, -0.04, (0.0, 0.05)
LARGE = 100_000
NORMAL = 1.959963984540054


def draw(rng: np.random.Generator, deviation: float, n_people: int = PEOPLE) -> ModelRows:
    """One set of days."""
    person = np.repeat(np.arange(n_people), DAYS)
    x = 10.0 * rng.normal(size=person.size)
    x -= (np.bincount(person, x) / DAYS)[person]
    intercept, slope = 1.2 * rng.normal(size=n_people), SLOPE + deviation * rng.normal(size=n_people)
    odds = np.exp(-0.3 + intercept[person] + slope[person] * x)
    y = (rng.random(person.size) < odds / (1 + odds)) * 1.0
    design = np.column_stack([np.ones(person.size), x])
    return ModelRows(y=y, x=design, names=("intercept", "within"), random=(0,), person=person)


def case(deviation: float, n_sets: int) -> dict[str, Any]:
    """Coverage at one deviation of people's slopes, over `n_sets` sets."""
    in_many = float(fit_logistic(draw(np.random.default_rng(77), deviation, LARGE), points=9).beta[1])
    found = []
    for seed in range(n_sets):
        fit = fit_logistic(draw(np.random.default_rng([seed, 5]), deviation), points=9)
        told = robust(fit)
        reach = float(stats.t.ppf(0.975, told.df(np.array([0.0, 1.0]))))
        found.append((fit.beta[1], fit.covariance[1, 1] ** 0.5, told.covariance[1, 1] ** 0.5, reach))
    beta, model, sandwich, reach = np.array(found).T

    def summary(error: np.ndarray, reach: np.ndarray | float) -> dict[str, float]:
        covered = [float((np.abs(beta - truth) < reach * error).mean()) for truth in (in_many, SLOPE)]
        return {
            "coverage": round(covered[0], 4),
            "coverage_of_center": round(covered[1], 4),
            "mean_error": round(float(error.mean()), 5),
        }

    return {
        "slope_deviation": deviation,
        "sets": n_sets,
        "slope_in_many_people": round(in_many, 5),
        "mean": round(float(beta.mean()), 5),
        "spread": round(float(beta.std(ddof=1)), 5),
        "model": summary(model, NORMAL),
        "robust": summary(sandwich, reach),
    }


def simulate(n_sets: int) -> dict[str, Any]:
    """Every deviation of people's slopes."""
    return {"people": PEOPLE, "days": DAYS, "slope": SLOPE, "cases": [case(d, n_sets) for d in DEVIATIONS]}


if __name__ == "__main__":
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    (HERE / "robust_coverage.json").write_text(json.dumps(simulate(sets), indent=1) + "\n")
