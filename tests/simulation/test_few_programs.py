"""Size and coverage with few programs: 5 against 5, 6 against 6, 3 against 9, of very unequal size.

    python tests/simulation/test_few_programs.py

writes few_programs.json beside this file (about seven minutes on one core). Programs differ by chance (normal
effects, intraclass correlation .05); arms are given to programs; there is no difference, so that size and
coverage are two sides of one number: coverage of the 95% interval = 1 - size.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.comparison.clusters import influence_inference, jackknife_inference, regression_inference
from models.comparison.multiplicity import holm, max_t, wild_max_t
from models.comparison.wild_bootstrap import wild_cluster_p, wild_influence_p
from models.inference.contrast import contrast_of

STORED = Path(__file__).with_name("few_programs.json")
REPETITIONS = 2_000
FAMILIES = 1_000
DRAWS = 499
ARMS = ((5, 5), (6, 6), (3, 9))
# Ten to 119 people each, or a few large programs among many small.
SIZES = {
    "uneven": lambda random, count: random.integers(10, 120, count),
    "very uneven": lambda random, count: random.permutation(
        [8, 10, 12, 15, 20, 25, 30, 40, 50, 80, 120, 200]
    )[:count],
}
OUTCOMES = 7
CORRELATION = 0.4  # between outcomes, of persons and of programs alike
ICC = 0.05


def _collaborative(
    random: np.random.Generator, arms: tuple[int, int], sizes: str, *, icc: float, outcomes: int
) -> tuple[Any, Any, Any]:
    """Programs, arms and standard normal outcomes (n, outcomes) of everybody."""
    count = sum(arms)
    program = np.repeat(np.arange(count), SIZES[sizes](random, count))
    arm = (program < arms[0]).astype(float)
    root = np.linalg.cholesky((1 - CORRELATION) * np.eye(outcomes) + CORRELATION)
    effects = random.standard_normal((count, outcomes)) @ root.T
    own = random.standard_normal((len(program), outcomes)) @ root.T
    return program, arm, np.sqrt(icc) * effects[program] + np.sqrt(1 - icc) * own


def _influence(y: Any, arm: Any) -> tuple[Any, Any]:
    """Differences of arm means (k,) and their influence functions (n, k)."""
    share = arm.mean()
    treated, untreated = y[arm == 1].mean(axis=0), y[arm == 0].mean(axis=0)
    psi = np.where(arm[:, None] == 1, (y - treated) / share, -(y - untreated) / (1 - share))
    return treated - untreated, psi


def simulate_one(
    arms: tuple[int, int], sizes: str, repetitions: int, seed: int, *, binary: bool
) -> dict[str, Any]:
    """Share of sets in which a difference of zero is rejected at 5%, by method, and mean widths."""
    random = np.random.default_rng(seed)
    rejected: dict[str, list[bool]] = {}
    widths: dict[str, list[float]] = {}
    df: list[float] = []
    errors: list[float] = []
    estimates: list[float] = []

    def note(method: str, low: float | None, high: float | None) -> None:
        rejected.setdefault(method, []).append(not (low or -np.inf) <= 0.0 <= (high or np.inf))
        if low is not None and high is not None:
            widths.setdefault(method, []).append(high - low)

    for _ in range(repetitions):
        program, arm, outcomes = _collaborative(random, arms, sizes, icc=ICC, outcomes=1)
        y = (outcomes > 0.5).astype(float) if binary else outcomes
        value, psi = _influence(y, arm)
        found = contrast_of(influence_inference(("d",), value, psi, program, arm), {"d": 1.0})
        note("influence", found.low, found.high)
        df.append(found.df)
        errors.append(found.std_error)
        estimates.append(found.estimate)
        x = np.column_stack([np.ones(len(arm)), arm])
        cr2 = contrast_of(regression_inference(x, y[:, 0], None, program), {"x1": 1.0})
        note("CR2, Satterthwaite", cr2.low, cr2.high)
        left = np.array([_influence(y[program != g], arm[program != g])[0] for g in range(sum(arms))])
        which = (np.arange(sum(arms)) < arms[0]).astype(int)
        jackknife = contrast_of(jackknife_inference(("d",), value, left, which), {"d": 1.0})
        note("jackknife", jackknife.low, jackknife.high)
        sums = np.bincount(program, weights=psi[:, 0]) / len(psi)
        plain = np.sqrt((sums**2).sum())
        note("normal theory, no correction", float(value[0]) - 1.96 * plain, float(value[0]) + 1.96 * plain)
        wild = wild_cluster_p(x, y[:, 0], None, program, np.array([0.0, 1.0]), draws=DRAWS)
        note("wild, restricted", wild.low, wild.high)
        other = wild_influence_p(float(value[0]), psi[:, 0], program, arm, draws=DRAWS)
        note("wild, influence", other.low, other.high)
    return {
        "repetitions": repetitions,
        "size": {method: float(np.mean(values)) for method, values in rejected.items()},
        "mean_width": {method: float(np.mean(values)) for method, values in widths.items()},
        "unbounded": {method: repetitions - len(widths.get(method, [])) for method in rejected},
        "median_df": float(np.median(df)),
        "error_ratio": float(np.sqrt(np.mean(np.square(errors))) / np.std(estimates)),
    }


def simulate_family(arms: tuple[int, int], sizes: str, repetitions: int, seed: int) -> dict[str, float]:
    """Share of sets with any false finding among seven outcomes, or an interval that misses, by method."""
    random = np.random.default_rng(seed)
    names = tuple(f"outcome_{j}" for j in range(OUTCOMES))
    false: dict[str, list[bool]] = {
        "unadjusted": [],
        "Holm": [],
        "max-t": [],
        "wild max-t": [],
        "intervals": [],
    }
    for _ in range(repetitions):
        program, arm, y = _collaborative(random, arms, sizes, icc=ICC, outcomes=OUTCOMES)
        value, psi = _influence(y, arm)
        fit = influence_inference(names, value, psi, program, arm)
        each = [contrast_of(fit, {name: 1.0}).p_value for name in names]
        together = max_t(
            names, value, np.sqrt(np.diag(fit.covariance)), psi, cluster=program, arms=arm, draws=999
        )
        wild = wild_max_t(names, value, psi, cluster=program, arms=arm, draws=999)
        assert together.low is not None and together.high is not None
        false["unadjusted"].append(min(each) <= 0.05)
        false["Holm"].append(holm(each).min() <= 0.05)
        false["max-t"].append(together.p_values.min() <= 0.05)
        false["wild max-t"].append(wild.p_values.min() <= 0.05)
        false["intervals"].append(bool(np.any(together.low > 0) or np.any(together.high < 0)))
    return {"repetitions": repetitions} | {method: float(np.mean(values)) for method, values in false.items()}


CASES = {
    f"{treated} against {untreated}, {sizes}, {kind}": ((treated, untreated), sizes, kind == "yes or no")
    for treated, untreated in ARMS
    for sizes in SIZES
    for kind in ("points", "yes or no")
}
FAMILY_CASES = {
    f"{treated} against {untreated}, {sizes}": ((treated, untreated), sizes)
    for treated, untreated in ARMS
    for sizes in SIZES
}


def _stored() -> dict[str, Any]:
    return dict(json.loads(STORED.read_text()))


# Promises missed, at 2,000 sets each: known, reported on the methods page, and not used where they fail.
MISSED = {
    "CR2, Satterthwaite": (
        "3 against 9, uneven",
        "Satterthwaite's df are too few: 2.5 and 2.9% (coverage 97.6 and 97.1%)",
    ),
    "wild, restricted": ("5 against 5, very uneven", "a few large programs decide: 7.1 and 7.8%"),
    "wild, influence": ("5 against 5, very uneven", "a few large programs decide: 7.4 and 7.5%"),
}


def _promises() -> list[Any]:
    """Each method in each case, those known to be missed marked."""
    found = [pytest.param("influence", case) for case in CASES]
    for method, (missed, reason) in MISSED.items():
        for case in CASES:
            marks = [pytest.mark.xfail(strict=True, reason=reason)] if case.startswith(f"{missed},") else []
            found.append(pytest.param(method, case, marks=marks))
    return found


@pytest.mark.parametrize(("method", "case"), _promises())
def test_stored_intervals_cover_93_to_97_percent(method: str, case: str) -> None:
    found = _stored()["one outcome"][case]
    assert found["repetitions"] == REPETITIONS
    assert 0.03 <= found["size"][method] <= 0.07


@pytest.mark.parametrize("case", CASES)
def test_stored_errors_are_as_large_as_the_estimates_vary(case: str) -> None:
    assert _stored()["one outcome"][case]["error_ratio"] == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("case", CASES)
def test_stored_normal_theory_is_wrong_beside_it(case: str) -> None:
    assert _stored()["one outcome"][case]["size"]["normal theory, no correction"] > 0.10


@pytest.mark.parametrize("case", FAMILY_CASES)
def test_stored_families_of_outcomes_have_few_false_findings(case: str) -> None:
    found = _stored()["seven outcomes"][case]
    assert found["repetitions"] == FAMILIES
    for method in ("Holm", "max-t", "intervals"):
        assert found[method] <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / FAMILIES), method
    assert found["unadjusted"] > 0.10


def test_a_few_sets_reproduce_the_stored_ones_within_monte_carlo_error() -> None:
    case = "5 against 5, uneven, points"
    arms, sizes, binary = CASES[case]
    found, stored = simulate_one(arms, sizes, 60, 1, binary=binary), _stored()["one outcome"][case]
    for method, share in stored["size"].items():
        assert abs(found["size"][method] - share) < 4 * np.sqrt(max(share, 0.02) / 60), method
    assert found["mean_width"]["influence"] == pytest.approx(stored["mean_width"]["influence"], rel=0.2)


@pytest.mark.slow
def test_simulated_again_the_intervals_cover_as_stored() -> None:
    for seed, (case, (arms, sizes, binary)) in enumerate(CASES.items()):
        found = simulate_one(arms, sizes, 300, seed, binary=binary)["size"]["influence"]
        stored = _stored()["one outcome"][case]["size"]["influence"]
        assert abs(found - stored) < 3.5 * np.sqrt(0.05 * 0.95 * (1 / 300 + 1 / REPETITIONS)), case


if __name__ == "__main__":
    quick = len(sys.argv) > 1  # a first look: python tests/simulation/test_few_programs.py 100
    one, many = (int(sys.argv[1]),) * 2 if quick else (REPETITIONS, FAMILIES)
    results = {
        "command": "python tests/simulation/test_few_programs.py",
        "one outcome": {
            name: simulate_one(arms, sizes, one, seed, binary=binary)
            for seed, (name, (arms, sizes, binary)) in enumerate(CASES.items(), start=4_000)
        },
        "seven outcomes": {
            name: simulate_family(arms, sizes, many, seed)
            for seed, (name, (arms, sizes)) in enumerate(FAMILY_CASES.items(), start=5_000)
        },
    }
    text = json.dumps(results, indent=2)
    (Path("/dev/stdout") if quick else STORED).write_text(text + "\n")
