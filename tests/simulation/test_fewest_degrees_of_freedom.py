"""How few degrees of freedom an interval may have and still keep its level: two to eight programs of a kind.

    python tests/simulation/test_fewest_degrees_of_freedom.py

writes fewest_degrees_of_freedom.json beside this file (about four minutes on one core). Programs of equal,
uneven and very uneven size differ by chance and not by kind. Every set is counted by the degrees of freedom
its own interval has, for influence functions (matched to the tail) and for the regression with CR2 and
Satterthwaite's: the limit of `models.fitness` stands between these counts.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.comparison.clusters import influence_inference, regression_inference
from models.fitness import LIMITS
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError

STORED = Path(__file__).with_name("fewest_degrees_of_freedom.json")
SETS = 1_000
KINDS = ((2, 2), (2, 4), (2, 8), (3, 3), (3, 8), (4, 4), (4, 8), (6, 6))
EDGES = (0.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, np.inf)
SIZES = {
    "equal": lambda random, count: np.full(count, 40),
    "uneven": lambda random, count: random.integers(10, 120, count),
    "very uneven": lambda random, count: random.permutation(
        [8, 10, 12, 15, 20, 25, 30, 40, 50, 80, 120, 200]
    )[:count],
}
# Share of the variance between programs, and how their effects are drawn (mean 0, variance 1).
WORLDS = {
    "normal, .05": (0.05, lambda random, count: random.standard_normal(count)),
    "skewed, .20": (0.20, lambda random, count: random.standard_exponential(count) - 1.0),
}
METHODS = ("influence", "CR2, Satterthwaite")


def bin_of(df: float) -> str:
    """Name of the bin that holds `df`."""
    place = int(np.searchsorted(EDGES, df, side="right")) - 1
    low, high = EDGES[place], EDGES[place + 1]
    return f"{low:g} and more" if np.isinf(high) else f"{low:g} to {high:g}"


def simulate(world: str, sets: int, *, seed: int = 1) -> dict[str, dict[str, dict[str, float]]]:
    """By method and bin of degrees of freedom: sets, share that excludes the truth, median half width."""
    random = np.random.default_rng(seed)
    found: dict[str, dict[str, list[tuple[bool, float]]]] = {name: {} for name in METHODS}
    for kinds in KINDS:
        for draw_sizes in SIZES.values():
            for _ in range(sets):
                for method, df, excluded, half in _one(random, kinds, draw_sizes, WORLDS[world]):
                    found[method].setdefault(bin_of(df), []).append((excluded, half))
    return {
        method: {
            name: {
                "sets": len(rows), "excluded": float(np.mean([one for one, _ in rows])),
                "median_half_width": float(np.median([half for _, half in rows])),
            }
            for name, rows in sorted(bins.items(), key=lambda one: float(one[0].split(" ")[0]))
        }
        for method, bins in found.items()
    }  # fmt: skip


def _one(random: np.random.Generator, kinds: tuple[int, int], draw_sizes: Any, world: Any) -> Any:
    """Degrees of freedom, whether zero is excluded and half the width, of either method."""
    count = sum(kinds)
    program = np.repeat(np.arange(count), draw_sizes(random, count))
    arm = (program < kinds[0]).astype(float)
    icc, draw_effects = world
    effects = np.sqrt(icc) * draw_effects(random, count)
    y = effects[program] + np.sqrt(1 - icc) * random.standard_normal(program.size)
    share = arm.mean()
    means = [y[arm == one].mean() for one in (0.0, 1.0)]
    psi = np.where(arm == 1, (y - means[1]) / share, -(y - means[0]) / (1 - share))
    estimate = np.array([means[1] - means[0]])
    design = np.column_stack([np.ones(arm.size), arm])
    ways = {
        METHODS[0]: (lambda: influence_inference(("x",), estimate, psi[:, None], program, arm), [1.0]),
        METHODS[1]: (lambda: regression_inference(design, y, None, program), [0.0, 1.0]),
    }
    for method, (infer, contrast) in ways.items():
        try:
            told = contrast_of(infer(), np.array(contrast))
        except NotIdentifiedError:
            continue
        yield method, told.df, not told.low <= 0.0 <= told.high, (told.high - told.low) / 2


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    return json.loads(STORED.read_text(encoding="utf-8"))


def _low(name: str) -> float:
    return float(name.split(" ", maxsplit=1)[0])


def _cells(stored):
    for world, methods in stored["worlds"].items():
        for method, bins in methods.items():
            for name, row in bins.items():
                yield world, method, name, row


@pytest.mark.parametrize("world", WORLDS)
def test_from_the_limit_of_degrees_of_freedom_on_intervals_keep_3_to_7_percent(stored, world):
    limit = LIMITS["degrees_of_freedom"].limit
    for found, method, name, row in _cells(stored):
        if found == world and _low(name) >= limit:
            assert 0.03 <= row["excluded"] <= 0.07, (method, name)
            assert row["sets"] >= 1_000, (method, name)


def test_below_the_limit_intervals_are_wider_by_half_or_more(stored):
    limit = LIMITS["degrees_of_freedom"].limit
    for world in WORLDS:
        bins = stored["worlds"][world]["influence"]
        enough = bins[bin_of(limit)]["median_half_width"]
        assert bins["2 to 3"]["median_half_width"] > 1.5 * enough


def test_the_limit_is_an_edge_of_the_bins():
    assert LIMITS["degrees_of_freedom"].limit in EDGES


def test_a_fresh_run_agrees_with_the_stored_one(stored):
    world = next(iter(WORLDS))
    found = simulate(world, 20, seed=2)
    for method in METHODS:
        for name, row in found[method].items():
            if row["sets"] >= 40:
                usual = stored["worlds"][world][method][name]["excluded"]
                chance = 4 * np.sqrt(max(usual, 0.02) / row["sets"])
                assert abs(row["excluded"] - usual) < chance, (method, name)


if __name__ == "__main__":
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else SETS
    results = {
        "command": "python tests/simulation/test_fewest_degrees_of_freedom.py",
        "worlds": {world: simulate(world, sets) for world in WORLDS},
    }  # fmt: skip
    STORED.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
