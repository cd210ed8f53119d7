"""Size of the slope-variance test, and coverage of the between slope, of the linear mixed model.

    OPENBLAS_NUM_THREADS=1 python tests/simulation/test_within_person_engine_linear.py

writes within_person_engine_linear.json beside this file (two processes). A number after the command runs that
many sets of each scenario and prints instead of writing.

Diaries as in the studies of evidence section 1: 10 evenings, 90% answered, slopes 0.79 and 0.94 or none.
Each set of each scenario has its own seed, so that the first sets can be run again on their own. The
slope-variance test is tried where that variance is zero; the slopes where it is 0.2 squared.
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.fit import fit
from models.within_person.linear.small_sample import kenward_roger, satterthwaite
from models.within_person.linear.sums import person_sums
from models.within_person.linear.variance_tests import variance_test

STORED = Path(__file__).with_name("within_person_engine_linear.json")
SEED = 20261122
FIRST = 5  # sets whose results are stored on their own, to be run again by the quick test
CHUNK = 50
NAMES = ("intercept", "within", "between")
WITHIN, BETWEEN = 0.79, 0.94
METHODS = ("kenward_roger", "satterthwaite", "normal")

VARIANCE = {
    "91 people, 10 days": {
        "people": 91,
        "days": 10,
        "answered": 0.9,
        "slopes": (WITHIN, BETWEEN),
        "sets": 4000,
    },
    "500 people, 14 days": {
        "people": 500,
        "days": 14,
        "answered": 1.0,
        "slopes": (WITHIN, BETWEEN),
        "sets": 2000,
    },
}
SLOPES = {
    f"{people} people, {text}": {
        "people": people,
        "days": 10,
        "answered": 0.9,
        "slopes": slopes,
        "sets": 4000,
    }
    for people in (25, 91)
    for text, slopes in (("slopes 0.79 and 0.94", (WITHIN, BETWEEN)), ("no slope", (0.0, 0.0)))
}


def _diary(draw: np.random.Generator, settings: dict[str, Any], slope_sd: float) -> ModelRows:
    """Identity varies within (11) and between (16) persons; intercepts by 16, residuals by 10."""
    people, days, slopes = settings["people"], settings["days"], settings["slopes"]
    person = np.repeat(np.arange(people), days)
    kept = draw.random(person.size) < settings["answered"]
    kept[::days] = True  # nobody drops out altogether
    person = person[kept]
    identity = draw.normal(0, 16, people)[person] + draw.normal(0, 11, person.size)
    mean = np.bincount(person, identity) / np.bincount(person)
    within, between = identity - mean[person], (mean - mean.mean())[person]
    y = (
        draw.normal(0, 16, people)[person]
        + (slopes[0] + draw.normal(0, slope_sd, people)[person]) * within
        + slopes[1] * between
        + draw.normal(0, 10, person.size)
    )
    x = np.column_stack([np.ones(person.size), within, between])
    return ModelRows(y=y, x=x, names=NAMES, random=(0, 1), person=person)


def _draw(settings: dict[str, Any], number: int, marks: tuple[int, ...]) -> np.random.Generator:
    return np.random.default_rng([SEED, settings["people"], settings["days"], *marks, number])


def variance_set(settings: dict[str, Any], number: int) -> dict[str, Any]:
    """p of the test that slopes do not vary, where they do not."""
    rows = _diary(_draw(settings, number, (0,)), settings, 0.0)
    sums = person_sums(rows, "numpy")
    try:
        p_value = variance_test(sums, fit(sums, engine="numpy"), "within", engine="numpy").p_value
    except NotIdentifiedError:
        p_value = np.nan
    return {"p_value": p_value}


def slopes_set(settings: dict[str, Any], number: int) -> dict[str, Any]:
    """Both slopes by each rule: estimate, error, limits and p of no slope."""
    some = bool(any(settings["slopes"]))
    rows = _diary(_draw(settings, number, (1, int(some))), settings, 0.2)
    sums = person_sums(rows, "numpy")
    found = fit(sums, engine="numpy")
    normal = Inference(
        names=found.names, beta=found.beta, covariance=found.covariance, df=lambda _: np.inf, rule="normal"
    )
    rules = (kenward_roger(found, sums), satterthwaite(found, sums), normal)
    return {
        "outcome": found.outcome,
        **{name: _by_slope(rule) for name, rule in zip(METHODS, rules, strict=True)},
    }


def _by_slope(rule: Inference) -> dict[str, tuple[float, ...]]:
    answer = {}
    for column, name in ((1, "within"), (2, "between")):
        contrast = np.zeros(3)
        contrast[column] = 1.0
        df = rule.df(contrast)
        estimate, error = float(rule.beta[column]), float(np.sqrt(rule.covariance[column, column]))
        reference = stats.t(df) if np.isfinite(df) else stats.norm()
        half = float(reference.ppf(0.975)) * error
        p_value = 2 * float(reference.sf(abs(estimate / error)))
        answer[name] = (estimate, error, estimate - half, estimate + half, p_value, df)
    return answer


def summarize_variance(sets: list[dict[str, Any]]) -> dict[str, float]:
    """How often the test says that slopes vary."""
    p_value = np.array([one["p_value"] for one in sets])
    return {
        "sets": len(sets),
        "without_an_answer": int(np.isnan(p_value).sum()),
        **{f"rejects_at_{level}": float(np.nanmean(p_value <= level)) for level in (0.05, 0.01)},
    }


def summarize_slopes(sets: list[dict[str, Any]], truth: tuple[float, float]) -> dict[str, Any]:
    """Bias, spread, mean error, coverage and rejections of no slope, by rule and slope."""
    outcomes = [one["outcome"] for one in sets]
    answer: dict[str, Any] = {
        "sets": len(sets),
        **{name: outcomes.count(name) for name in ("converged", "singular", "not converged")},
    }
    for method in METHODS:
        answer[method] = {}
        for name, slope in zip(("within", "between"), truth, strict=True):
            estimate, error, low, high, p_value, df = np.array([one[method][name] for one in sets]).T
            answer[method][name] = {
                "bias": float(estimate.mean() - slope),
                "empirical_sd": float(estimate.std(ddof=1)),
                "mean_std_error": float(error.mean()),
                "median_df": float(np.median(df)) if np.isfinite(df).all() else None,
                "coverage": float(np.mean((low <= slope) & (slope <= high))),
                "rejects_zero": float(np.mean(p_value <= 0.05)),
            }
    return answer


def _some_variance(name: str, start: int, stop: int) -> list[dict[str, Any]]:
    return [variance_set(VARIANCE[name], number) for number in range(start, stop)]


def _some_slopes(name: str, start: int, stop: int) -> list[dict[str, Any]]:
    return [slopes_set(SLOPES[name], number) for number in range(start, stop)]


def run(sets: int | None, processes: int = 2) -> dict[str, Any]:
    """Every scenario; the first sets apart."""
    answer: dict[str, Any] = {"slope variance": {}, "slopes": {}}
    with ProcessPoolExecutor(processes) as pool:

        def every(one: Any, name: str, wanted: int) -> list[dict[str, Any]]:
            starts = range(0, wanted, CHUNK)
            stops = [min(start + CHUNK, wanted) for start in starts]
            return [row for chunk in pool.map(one, [name] * len(stops), starts, stops) for row in chunk]

        for name, settings in VARIANCE.items():
            found = every(_some_variance, name, sets or settings["sets"])
            answer["slope variance"][name] = {
                **summarize_variance(found), "first": [one["p_value"] for one in found[:FIRST]]
            }  # fmt: skip
        for name, settings in SLOPES.items():
            found = every(_some_slopes, name, sets or settings["sets"])
            truth = settings["slopes"]
            answer["slopes"][name] = {
                **summarize_slopes(found, truth), "first": summarize_slopes(found[:FIRST], truth)
            }  # fmt: skip
    return answer


def _stored(kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(STORED.read_text())[kind][name]
    return found


@pytest.mark.parametrize("name", VARIANCE)
def test_stored_slope_variance_test_rejects_a_true_zero_five_times_in_a_hundred(name: str) -> None:
    stored = _stored("slope variance", name)

    assert stored["without_an_answer"] == 0
    assert stored["rejects_at_0.05"] == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / stored["sets"]))


@pytest.mark.parametrize("slope", ["within", "between"])
@pytest.mark.parametrize("name", SLOPES)
def test_stored_kenward_roger_intervals_cover_at_their_level(name: str, slope: str) -> None:
    stored = _stored("slopes", name)
    monte_carlo = 3 * np.sqrt(0.05 * 0.95 / stored["sets"])

    assert stored["kenward_roger"][slope]["coverage"] == pytest.approx(0.95, abs=monte_carlo)
    assert 0.93 <= stored["kenward_roger"][slope]["coverage"] <= 0.97


@pytest.mark.parametrize("slope", ["within", "between"])
@pytest.mark.parametrize("name", [name for name in SLOPES if "no slope" in name])
def test_stored_kenward_roger_test_has_its_size(name: str, slope: str) -> None:
    stored = _stored("slopes", name)
    monte_carlo = 3 * np.sqrt(0.05 * 0.95 / stored["sets"])

    assert stored["kenward_roger"][slope]["rejects_zero"] == pytest.approx(0.05, abs=monte_carlo)


@pytest.mark.parametrize("slope", ["within", "between"])
@pytest.mark.parametrize("name", SLOPES)
def test_stored_slopes_are_unbiased_and_never_refused(name: str, slope: str) -> None:
    stored = _stored("slopes", name)
    found = stored["kenward_roger"][slope]

    assert stored["not converged"] == 0
    assert abs(found["bias"]) < 3 * found["empirical_sd"] / np.sqrt(stored["sets"])


@pytest.mark.parametrize("name", VARIANCE)
def test_first_sets_of_the_slope_variance_test_are_what_was_stored(name: str) -> None:
    again = [one["p_value"] for one in _some_variance(name, 0, FIRST)]

    assert again == pytest.approx(_stored("slope variance", name)["first"], abs=1e-4)


@pytest.mark.parametrize("name", SLOPES)
def test_first_sets_of_slopes_are_what_was_stored(name: str) -> None:
    again = summarize_slopes(_some_slopes(name, 0, FIRST), SLOPES[name]["slopes"])

    for method in METHODS:
        for slope, figures in _stored("slopes", name)["first"][method].items():
            numbers = {key: figure for key, figure in figures.items() if figure is not None}
            assert {key: again[method][slope][key] for key in numbers} == pytest.approx(
                numbers, rel=1e-3, abs=1e-4
            ), method


@pytest.mark.slow
def test_stored_results_are_what_the_command_gives() -> None:
    again = run(None)

    for kind, scenarios in again.items():
        for name, results in scenarios.items():
            for key, figures in results.items():
                if isinstance(figures, float):
                    assert figures == pytest.approx(_stored(kind, name)[key], abs=5e-3), (name, key)
                elif key in METHODS:
                    for slope, figure in figures.items():
                        assert figure == pytest.approx(_stored(kind, name)[key][slope], rel=1e-2, abs=5e-3)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(run(int(sys.argv[1])), indent=1))  # noqa: T201
    else:
        STORED.write_text(json.dumps(run(None), indent=1) + "\n")
