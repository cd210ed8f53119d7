"""Simulate the coverage of the two-part model's intervals, and store it beside this script.

    python tests/unit/models/within_person/two_part/coverage.py [number of sets]

Sets of 91 persons by 10 days, a tenth missing, drawn as in conftest.py (log-normal extent). Some minutes.
"""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[4]))

from models.within_person.two_part.two_part import fit_two_part, split  # noqa: E402

spec = importlib.util.spec_from_file_location("two_part_drawn", HERE / "conftest.py")
assert spec is not None
assert spec.loader is not None
drawn = importlib.util.module_from_spec(spec)
spec.loader.exec_module(drawn)
REACH = 1.959963984540054


def simulate(n_sets: int, first: int = 0) -> dict[str, object]:
    """Bias and coverage of every coefficient and of the correlation over `n_sets` sets, and of fits apart."""
    truth = np.r_[drawn.ANY, drawn.EXTENT]
    correlation = drawn.PERSONS[0, 1] / math.sqrt(drawn.PERSONS[0, 0] * drawn.PERSONS[1, 1])
    together, apart, held, outcomes = [], [], [], {}
    for seed in range(first, first + n_sets):
        any_rows, extent_rows, people = split(drawn.two_part_rows(seed + 10_000))
        found = fit_two_part(any_rows, extent_rows, people=people, family="log", points=11)
        outcomes[found.outcome] = outcomes.get(found.outcome, 0) + 1
        if found.outcome == "converged":
            together.append((np.r_[found.beta_any, found.beta_extent], found.joint_covariance))
            held.append(found.correlation.low < correlation < found.correlation.high)
        alone = fit_two_part(any_rows, extent_rows, people=people, family="log", points=11, correlated=False)
        apart.append((np.r_[alone.beta_any, alone.beta_extent], alone.joint_covariance))

    def summary(fits: list[tuple[np.ndarray, np.ndarray]], true: np.ndarray) -> dict[str, list[float]]:
        beta = np.array([one for one, _ in fits])
        error = np.sqrt([np.diag(covariance)[: true.size] for _, covariance in fits])
        covered = (np.abs(beta - true) < REACH * error).mean(axis=0)
        return {
            "truth": true.tolist(),
            "bias": (beta.mean(axis=0) - true).round(4).tolist(),
            "spread": beta.std(axis=0, ddof=1).round(4).tolist(),
            "mean_error": error.mean(axis=0).round(4).tolist(),
            "coverage": covered.round(4).tolist(),
        }

    return {
        "sets": n_sets,
        "outcomes": outcomes,
        "two_part": summary(together, truth),
        "two_part_apart": summary(apart, truth),
        "correlation": {"truth": round(correlation, 4), "coverage": round(float(np.mean(held)), 4)},
    }


if __name__ == "__main__":
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    (HERE / "coverage.json").write_text(json.dumps(simulate(sets), indent=1) + "\n")
