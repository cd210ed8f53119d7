"""Values that have no closed form, found once with very many synthetic people and stored beside this file.

`python -m pipelines.demo.large_sample > pipelines/demo/large_sample.yaml` makes them again (about a minute).
The demo itself reads the stored values, so that writing it takes seconds.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
import yaml

from pipelines.demo.diary import Feelings, draw_feelings
from pipelines.demo.gains import gains
from pipelines.demo.parameters import WORLD
from pipelines.demo.program_effects import compared_effects, draw_crowd, fidelity, scale_effects
from pipelines.demo.truth import LARGE_SAMPLE_COMMAND

SEED = 7
Answer = dict[str, float]


def linear_slopes(feelings: Feelings) -> Answer:
    """Slopes to which linear mixed models of the censored answers converge.

    With a random intercept, identity centered at the person's mean is orthogonal to everything that is
    constant in a person, so the within-person slope is the pooled regression on it; the between-person
    slope is the regression of person means, weighted by n_i / (n_i s_u^2 + s_e^2).
    """
    seen = feelings.answered == 1
    n = np.maximum(seen.sum(axis=1), 1)
    keep = seen.sum(axis=1) > 1
    y = feelings.meaningfulness
    mean_x, mean_y = ((seen * a).sum(axis=1) / n for a in (feelings.identity, y))
    w = np.where(seen, feelings.identity - mean_x[:, None], 0.0)[keep]
    within = float((w * y[keep]).sum() / (w**2).sum())
    rest = np.where(seen, y - mean_y[:, None] - within * (feelings.identity - mean_x[:, None]), 0.0)[keep]
    n, mean_x, mean_y = n[keep].astype(float), mean_x[keep], mean_y[keep]
    se2 = float((rest**2).sum() / (n - 1).sum())
    weights = np.ones(len(n))
    between = su2 = 0.0
    for _ in range(5):
        x = mean_x - np.average(mean_x, weights=weights)
        between = float((weights * x * mean_y).sum() / (weights * x**2).sum())
        gap = mean_y - np.average(mean_y, weights=weights) - between * x
        su2 = max(0.0, float(np.average(gap**2, weights=weights) - np.average(se2 / n, weights=weights)))
        weights = n / (n * su2 + se2)
    return {"within": within, "between": between, "icc": su2 / (su2 + se2)}


def random_slopes(feelings: Feelings) -> Answer:
    """Slopes of a linear mixed model with a random intercept and a random within-person slope.

    They differ from those with a random intercept alone: near the ceiling a person's answers vary less and
    rise less, and the model weighs people by both.
    """
    person, evening = np.nonzero(feelings.answered)
    frame = pd.DataFrame({
        "person": person,
        "y": feelings.meaningfulness[person, evening],
        "x": feelings.identity[person, evening],
    })  # fmt: skip
    means = frame.groupby("person")["x"].transform("mean")
    frame["w"], frame["b"] = frame["x"] - means, means - means.mean()
    # In tenths of a point the two variances are of one size, which the optimizer needs.
    frame["w10"] = frame["w"] / 10
    fit = smf.mixedlm("y ~ w10 + b", frame, groups="person", re_formula="~w10").fit(reml=True, method="lbfgs")
    if not fit.converged:
        raise RuntimeError("the linear mixed model did not converge")
    return {"within": float(fit.params["w10"] / 10), "between": float(fit.params["b"])}


def diary_values(people: int, people_random_slope: int) -> Answer:
    """Values that analyses of the diary would find with very many people."""
    rng = np.random.default_rng([SEED, 1])
    feelings = draw_feelings(rng, people)
    linear = linear_slopes(feelings)
    seen = feelings.answered == 1
    answers = feelings.meaningfulness[seen]
    random_slope = random_slopes(draw_feelings(rng, people_random_slope))
    return {
        "people": people,
        "linear_random_intercept_within": linear["within"],
        "linear_random_intercept_between": linear["between"],
        "linear_random_intercept_icc": linear["icc"],
        "people_random_slope": people_random_slope,
        "linear_random_slope_within": random_slope["within"],
        "linear_random_slope_between": random_slope["between"],
        "share_at_ceiling": float((answers == 100).mean()),
        "share_at_floor": float((answers == 0).mean()),
        "mean": float(answers.mean()),
        "sd": float(answers.std()),
        "response_rate": float(seen.mean()),
        "center_share": float(feelings.center[seen].mean()),
        "craving_any_share": float((feelings.craving[seen] > 0).mean()),
    }


def program_values(people: int) -> dict[str, Answer]:
    """Effects of programs (C1, C2, C3), and gains in recovery capital (R1), by analysis, outcome and wave."""
    crowd = draw_crowd(np.random.default_rng([SEED, 2]), people, WORLD)
    return {**compared_effects(crowd), **scale_effects(crowd), **fidelity(crowd), **gains(crowd)}


def compute(
    people: int = 400_000, people_random_slope: int = 4_000, people_in_programs: int = 120_000
) -> dict[str, dict[str, float]]:
    """All values that the truth quotes, rounded to four decimals."""
    values: dict[str, dict[str, float]] = {"diary": diary_values(people, people_random_slope)}
    values |= program_values(people_in_programs)
    return {
        subject: {name: v if isinstance(v, int) else round(v, 4) + 0.0 for name, v in found.items()}
        for subject, found in values.items()
    }


if __name__ == "__main__":
    sys.stdout.write(f"# Made by: {LARGE_SAMPLE_COMMAND}\n" + yaml.safe_dump(compute(), sort_keys=False))
