"""Simulated collaboratives for roles before engagement, and engagement before roles.

    python tests/simulation/roles_before_engagement.py [sets] [sets to impute]

writes roles_before_engagement.json beside this file (some half an hour of one core for 500 and 500). Each
set is a collaborative of twelve programs and 600 people drawn by the law of the demonstration data, a third
of them lost by 12 months: complete cases, the paths of deviations from people's own levels, and 20 imputed
copies as in the analysis. Beside it a world in which roles lead to nothing. What
is true in standard units is taken from collaboratives of 40,000 people of whom all are reached.

    python tests/simulation/roles_before_engagement.py again

adds 1,000 further sets of the world in which roles lead to nothing, complete cases alone (some two minutes).

    python tests/simulation/roles_before_engagement.py imputed [sets]

makes the answers over imputed copies anew and leaves all others as they are.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import polars as pl

from models.civic.cross_lagged import (
    BACKWARD,
    BACKWARD_PER_SD,
    FORWARD,
    FORWARD_PER_SD,
    STRONGER,
    cross_lagged,
)
from models.civic.panel import (
    ADJUSTED_FOR,
    ENGAGEMENT,
    MODEL,
    ROLES,
    TELL_OF_LOSS,
    pair_of,
    people_by_wave,
    rows_of,
)
from models.civic.panel_answers import imputed_paths
from models.civic.random_intercepts import random_intercepts
from models.comparison.cohort import PROGRAM
from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.missing.imputation import imputations
from models.refusal import NotIdentifiedError
from pipelines.demo import collaborative
from pipelines.demo.parameters import WORLD

STORED = Path(__file__).with_name("roles_before_engagement.json")
TABLES = ("participants", "episodes", "programs", "assessments", "roles")
PEOPLE, SETS, IMPUTED, COPIES = 600, 500, 500, 20
SEED = {"effects": 2_100_000, "placebo": 2_200_000, "truth": 2_300_000, "again": 2_400_000}
TERMS = {
    "roles_to_engagement": {FORWARD: 1.0},
    "engagement_to_roles": {BACKWARD: 1.0},
    "roles_to_engagement_per_sd": {FORWARD_PER_SD: 1.0},
    "engagement_to_roles_per_sd": {BACKWARD_PER_SD: 1.0},
    "roles_first_minus_engagement_first": STRONGER,
}
OWN_LEVELS = dict(list(TERMS.items())[:2])
Row = tuple[float, float, float, float, float, float]


def people(seed: int, *, effects: bool, size: int = PEOPLE) -> pl.DataFrame:
    """People of one collaborative by wave."""
    drawn = collaborative.draw(seed, size, effects=effects)
    return people_by_wave(*(drawn[name] for name in TABLES))


def truth(draws: int = 5, size: int = 40_000) -> dict[str, float]:
    """True values: the raw paths by the law, those in standard units with the spreads of large draws."""
    law = WORLD.engagement
    everybody = replace(WORLD.programs, reached=(("month_6", 50.0), ("month_12", 50.0)))
    ratios = []
    with patch.object(collaborative, "WORLD", replace(WORLD, programs=everybody)):
        for number in range(draws):
            frame = people(SEED["truth"] + number, effects=True, size=size)
            rows = rows_of(frame, pair_of(frame, ROLES, ENGAGEMENT), only_complete=True)
            before, later = (
                np.sqrt(np.mean([part[rows.interval == k].var(axis=0) for k in (0, 1)], axis=0))
                for part in (rows.before, rows.later)
            )
            ratios.append(before[0] / later[1])
    forward = law.civic_roles * float(np.mean(ratios))
    return {
        "roles_to_engagement": law.civic_roles, "engagement_to_roles": 0.0,
        "roles_to_engagement_per_sd": forward, "engagement_to_roles_per_sd": 0.0,
        "roles_first_minus_engagement_first": forward,
    }  # fmt: skip


def told(found: Inference, terms: dict[str, dict[str, float]], label: str) -> dict[str, Row]:
    """Estimate, standard error, limits, p-value, degrees of freedom of each term."""
    answers = {name: contrast_of(found, paths) for name, paths in terms.items()}
    return {
        f"{name} {label}": (one.estimate, one.std_error, one.low, one.high, one.p_value, one.df)
        for name, one in answers.items()
    }


def complete(frame: pl.DataFrame) -> dict[str, Row]:
    """Answers of complete cases, and of people's own levels among people with three complete waves."""
    pair = pair_of(frame, ROLES, ENGAGEMENT)
    found = told(cross_lagged(rows_of(frame, pair, only_complete=True)), TERMS, "complete")
    whole = frame.drop_nulls(list(pair.columns))
    values = whole.select(pl.col(pair.columns).cast(pl.Float64)).to_numpy()
    try:
        own = random_intercepts(values, whole[PROGRAM].rank("dense").to_numpy())
    except NotIdentifiedError:
        return found  # counted as fewer sets
    return found | told(own.paths, OWN_LEVELS, "own_levels")


def imputed(frame: pl.DataFrame, seed: int) -> dict[str, Row]:
    """Answers over imputed copies."""
    pair = pair_of(frame, ROLES, ENGAGEMENT)
    names = tuple(dict.fromkeys((*pair.columns, *ADJUSTED_FOR, *TELL_OF_LOSS)))
    filled = imputations(
        frame, variables=names, cluster=PROGRAM, groups=(MODEL,), n_imputations=COPIES, seed=seed
    )
    return told(imputed_paths(filled.copies, pair).inference, TERMS, "imputed")


def summarized(rows: list[Row], true: float) -> dict[str, float]:
    """Bias in Monte Carlo errors, spread, mean error and coverage over sets."""
    values = np.array(rows, dtype=float)
    spread = float(values[:, 0].std(ddof=1))
    covered = (values[:, 2] <= true) & (true <= values[:, 3])
    return {
        "truth": round(true, 5), "bias": round(float(values[:, 0].mean()) - true, 5),
        "monte_carlo_error": round(spread / float(np.sqrt(len(values))), 5), "spread": round(spread, 5),
        "standard_error": round(float(np.sqrt((values[:, 1] ** 2).mean())), 5),
        "coverage": round(float(covered.mean()), 4),
        "below_5_percent": round(float((values[:, 4] < 0.05).mean()), 4),
        "df": round(float(np.median(values[:, 5])), 2), "sets": len(values),
    }  # fmt: skip


def run(sets: int, to_impute: int) -> None:
    """Run all studies and store what they say so far."""
    true = truth()
    found: dict[str, list[dict[str, Row]]] = {"effects": [], "placebo": []}
    for number in range(sets):
        for world, kept in found.items():
            frame = people(SEED[world] + number, effects=world == "effects")
            one = complete(frame)
            kept.append(one | (imputed(frame, number) if world == "effects" and number < to_impute else {}))
        if (number + 1) % 25 == 0 or number + 1 == sets:
            store(found, true)


def store(found: dict[str, list[dict[str, Row]]], true: dict[str, float]) -> None:
    """Write the summary."""
    nothing = dict.fromkeys(true, 0.0)
    said: dict[str, object] = {"command": "python tests/simulation/roles_before_engagement.py"}
    for world, sets in found.items():
        names = list(dict.fromkeys(name for one in sets for name in one))
        said[world] = {
            name: summarized(
                [one[name] for one in sets if name in one],
                (true if world == "effects" else nothing)[name.split(" ")[0]],
            )
            for name in names
        }
    STORED.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def again(sets: int = 1000) -> None:
    """Add further sets of the world in which roles lead to nothing to what is stored."""
    found = [complete(people(SEED["again"] + number, effects=False)) for number in range(sets)]
    said = json.loads(STORED.read_text(encoding="utf-8"))
    said["command_again"] = "python tests/simulation/roles_before_engagement.py again"
    said["placebo_again"] = {
        name: summarized([one[name] for one in found if name in one], 0.0) for name in found[0]
    }
    STORED.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def impute_anew(sets: int = IMPUTED) -> None:
    """Make the answers over imputed copies anew; keep what else is stored."""
    true, found = truth(), []
    said = json.loads(STORED.read_text(encoding="utf-8"))
    said["command_imputed"] = "python tests/simulation/roles_before_engagement.py imputed"
    for number in range(sets):
        found.append(imputed(people(SEED["effects"] + number, effects=True), number))
        if (number + 1) % 25 == 0 or number + 1 == sets:
            for name in found[0]:
                told = [one[name] for one in found]
                said["effects"][name] = summarized(told, true[name.split(" ")[0]])
            STORED.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__" and sys.argv[1:] == ["again"]:
    again()
elif __name__ == "__main__" and sys.argv[1:2] == ["imputed"]:
    impute_anew(*[int(one) for one in sys.argv[2:3]])
elif __name__ == "__main__":
    run(*([int(one) for one in sys.argv[1:3]] or [SETS, IMPUTED]))
