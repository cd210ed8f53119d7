"""Bias and coverage of the multilevel Tobit, and what a linear model of the same rows says.

    OPENBLAS_NUM_THREADS=1 python tests/simulation/test_within_person_engine_tobit.py

writes within_person_engine_tobit.json beside this file (two processes). A number after the command runs that
many sets of each scenario and prints instead of writing.

Truth: person effects on the intercept and on the within slope, normal residuals; the ceiling stands where the
share named of all latent answers lies above it. Each set of each scenario has its own seed, so that the first
sets can be run again on their own. Fixed effects: the fit's own intervals (t). Standard deviations: normal on
the log scale, their correlation on Fisher's z, both by the delta method. The linear model takes the capped
answers as they stand.
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.within_person.design.model_rows import ModelRows
from models.within_person.engine import Engine, compiled_is_installed
from models.within_person.linear.fit import fit_rows
from models.within_person.tobit.fit import TobitFit, fit_tobit

STORED = Path(__file__).with_name("within_person_engine_tobit.json")
SEED = 20261122
ENGINE: Engine = "compiled" if compiled_is_installed() else "numpy"  # the answers are the same
FIRST = 5  # sets whose results are stored on their own, to be run again by the quick test
CHUNK = 25

NAMES = ("intercept", "time", "within", "between", "meeting", "within_x_meeting")
BETA = np.array([5.0, 0.1, 0.4, 0.7, 0.3, -0.2])
SPREADS = ("sd_intercept", "sd_slope", "correlation", "sd_residual")
SD_INTERCEPT, SD_SLOPE, CORRELATION, SD_RESIDUAL = 1.2, 0.3, -0.3, 1.0
TRUTH = dict(zip(NAMES + SPREADS, [*BETA, SD_INTERCEPT, SD_SLOPE, CORRELATION, SD_RESIDUAL], strict=True))

SIZES = {
    "91 people, 10 days": {"people": 91, "days": 10, "answered": 0.9, "sets": 4000},
    "500 people, 14 days": {"people": 500, "days": 14, "answered": 1.0, "sets": 2000},
}
SHARES = (0.0, 0.15, 0.45)
SCENARIOS = {
    f"{size}, {share:.0%} at the ceiling": {**settings, "share": share}
    for size, settings in SIZES.items()
    for share in SHARES
}


def _latent(draw: np.random.Generator, people: int, days: int, answered: float) -> ModelRows:
    """One diary before any ceiling."""
    person = np.repeat(np.arange(people), days)
    day = np.tile(np.arange(1.0, days + 1), people)
    kept = draw.random(person.size) < answered
    kept[::days] = True  # nobody drops out altogether
    person, day = person[kept], day[kept]
    predictor = draw.normal(0, 1, people)[person] + draw.normal(0, 1, person.size)
    mean = np.bincount(person, predictor) / np.bincount(person)
    within, between = predictor - mean[person], (mean - mean.mean())[person]
    meeting = (draw.random(person.size) < 0.3).astype(float)
    x = np.column_stack([np.ones(person.size), day / 10, within, between, meeting, within * meeting])
    effect = draw.normal(size=(people, 2))
    intercept = SD_INTERCEPT * effect[:, 0]
    slope = SD_SLOPE * (CORRELATION * effect[:, 0] + np.sqrt(1 - CORRELATION**2) * effect[:, 1])
    y = x @ BETA + intercept[person] + slope[person] * within + draw.normal(0, SD_RESIDUAL, person.size)
    return ModelRows(y=y, x=x, names=NAMES, random=(0, 2), person=person, day=day)


@cache
def ceiling_of(days: int, share: float) -> float:
    """Height above which `share` of all latent answers lie; beyond all of them for 0."""
    if share == 0:
        return np.inf
    many = _latent(np.random.default_rng([SEED, days]), 100_000, days, 1.0)
    return float(np.quantile(many.y, 1 - share))


def _spread_intervals(fit: TobitFit) -> list[tuple[float, float, float, float]]:
    """Estimate, standard error and limits of the two sds, their correlation and the residual sd."""
    p = fit.beta.size
    g = fit.random_covariance
    covariance = fit.joint_covariance[p:, p:]  # of g00, g10, g11, residual sd
    sds = np.sqrt(np.diag(g))
    rho = float(g[1, 0] / sds.prod())
    slopes = np.array(
        [
            [0.5 / g[0, 0], 0, 0, 0],
            [0, 0, 0.5 / g[1, 1], 0],
            np.array([-0.5 * rho / g[0, 0], 1 / sds.prod(), -0.5 * rho / g[1, 1], 0]) / (1 - rho**2),
            [0, 0, 0, 1 / fit.residual_sd],
        ]
    )
    working = np.array([np.log(sds[0]), np.log(sds[1]), np.arctanh(rho), np.log(fit.residual_sd)])
    error = np.sqrt(np.diag(slopes @ covariance @ slopes.T))
    back = (np.exp, np.exp, np.tanh, np.exp)
    stretch = np.array([sds[0], sds[1], 1 - rho**2, fit.residual_sd])
    return [
        (float(f(w)), float(e * s), float(f(w - 1.96 * e)), float(f(w + 1.96 * e)))
        for f, w, e, s in zip(back, working, error, stretch, strict=True)
    ]


def one_set(settings: dict[str, Any], number: int) -> dict[str, Any]:
    """Both models on one diary: estimate, error and limits of each parameter, and how the fits ended."""
    people, days, share = settings["people"], settings["days"], settings["share"]
    draw = np.random.default_rng([SEED, people, days, round(100 * share), number])
    rows = _latent(draw, people, days, settings["answered"])
    ceiling = ceiling_of(days, share)
    rows.y[:] = np.minimum(rows.y, ceiling)
    tobit = fit_tobit(rows, floor=None, ceiling=ceiling if share else None, engine=ENGINE)
    found: dict[str, Any] = {"outcome": tobit.outcome, "at_ceiling": tobit.n_ceiling / tobit.n_rows}
    errors = np.sqrt(np.diag(tobit.covariance))
    found["tobit"] = dict(
        zip(NAMES, zip(tobit.beta, errors, *tobit.wald().T, strict=True), strict=True)
    ) | dict(
        zip(SPREADS, _spread_intervals(tobit) if tobit.outcome == "converged" else [None] * 4, strict=True)
    )
    normal = tobit.wald(distribution="normal").T
    found["normal"] = dict(zip(NAMES, zip(tobit.beta, errors, *normal, strict=True), strict=True))
    linear = fit_rows(rows, engine="numpy")
    error = np.sqrt(np.diag(linear.covariance))
    limits = (linear.beta, error, linear.beta - 1.96 * error, linear.beta + 1.96 * error)
    found["linear"] = dict(zip(NAMES, zip(*limits, strict=True), strict=True))
    return found


def summarize(sets: list[dict[str, Any]]) -> dict[str, Any]:
    """Bias, spread, mean standard error and coverage of each parameter, over sets that gave an interval."""
    outcomes = [one["outcome"] for one in sets]
    answer: dict[str, Any] = {
        "sets": len(sets),
        "at_ceiling": float(np.mean([one["at_ceiling"] for one in sets])),
        **{name: outcomes.count(name) for name in ("converged", "singular", "not converged")},
    }
    for model, names in (("tobit", NAMES + SPREADS), ("normal", NAMES), ("linear", NAMES)):
        answer[model] = {}
        for name in names:
            values = np.array([one[model][name] for one in sets if one[model][name] is not None], dtype=float)
            values = values[np.isfinite(values).all(axis=1)]
            estimate, error, low, high = values.T
            answer[model][name] = {
                "intervals": len(values),
                "bias": float(estimate.mean() - TRUTH[name]),
                "empirical_sd": float(estimate.std(ddof=1)),
                "mean_std_error": float(error.mean()),
                "coverage": float(np.mean((low <= TRUTH[name]) & (TRUTH[name] <= high))),
            }
    return answer


def _some(name: str, start: int, stop: int) -> list[dict[str, Any]]:
    return [one_set(SCENARIOS[name], number) for number in range(start, stop)]


def run(sets: int | None, processes: int = 2) -> dict[str, Any]:
    """Every scenario; the first sets apart."""
    answer = {}
    with ProcessPoolExecutor(processes) as pool:
        for name, settings in SCENARIOS.items():
            wanted = sets or settings["sets"]
            starts = range(0, wanted, CHUNK)
            stops = [min(start + CHUNK, wanted) for start in starts]
            chunks = pool.map(_some, [name] * len(stops), starts, stops)
            every = [one for chunk in chunks for one in chunk]
            answer[name] = {**summarize(every), "first": summarize(every[:FIRST])}
    return answer


def _stored(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(STORED.read_text())[name]
    return found


# Where the slope's spread is small and people are few, sets in which it is zero give no interval; those that
# remain cover a little more than 97%: cautious, and known.
CAUTIOUS = pytest.mark.xfail(
    strict=True,
    reason="97.1 and 97.3%: 91 people and a small spread; sets in which it is zero give no interval",
)


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        pytest.param(
            name,
            parameter,
            marks=[CAUTIOUS]
            if (settings["people"], parameter) == (91, "sd_slope") and settings["share"] < 0.4
            else [],
        )
        for name, settings in SCENARIOS.items()
        for parameter in NAMES + SPREADS
    ],
)
def test_stored_tobit_intervals_cover_between_93_and_97_percent(name: str, parameter: str) -> None:
    assert 0.93 <= _stored(name)["tobit"][parameter]["coverage"] <= 0.97


@pytest.mark.parametrize("name", SCENARIOS)
def test_stored_tobit_fits_gave_an_answer_in_every_set(name: str) -> None:
    stored = _stored(name)

    assert stored["sets"] >= 1000
    assert stored["converged"] + stored["singular"] == stored["sets"]
    assert stored["at_ceiling"] == pytest.approx(SCENARIOS[name]["share"], abs=0.01)


@pytest.mark.parametrize("parameter", NAMES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_stored_tobit_coefficients_are_unbiased(name: str, parameter: str) -> None:
    stored = _stored(name)["tobit"][parameter]

    assert abs(stored["bias"]) < 3.5 * stored["empirical_sd"] / np.sqrt(stored["intervals"])


@pytest.mark.parametrize("parameter", NAMES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_stored_tobit_standard_errors_are_the_spread_of_the_estimates(name: str, parameter: str) -> None:
    stored = _stored(name)["tobit"][parameter]

    assert stored["mean_std_error"] == pytest.approx(stored["empirical_sd"], rel=0.08)


@pytest.mark.parametrize("name", [name for name in SCENARIOS if SCENARIOS[name]["share"]])
def test_stored_linear_model_of_capped_answers_is_biased_and_covers_too_little(name: str) -> None:
    stored = _stored(name)

    for parameter in ("within", "between"):
        linear, tobit = stored["linear"][parameter], stored["tobit"][parameter]
        assert abs(linear["bias"]) > 5 * abs(tobit["bias"])
        assert linear["coverage"] < 0.9


@pytest.mark.parametrize("name", SCENARIOS)
def test_first_sets_are_what_was_stored(name: str) -> None:
    if SCENARIOS[name]["people"] > 91:
        pytest.skip("run again by the slow test")
    again = summarize(_some(name, 0, FIRST))

    for model, results in _stored(name)["first"].items():
        if isinstance(results, dict):
            for parameter, figures in results.items():
                assert again[model][parameter] == pytest.approx(figures, rel=1e-3, abs=1e-4), parameter


@pytest.mark.slow
def test_stored_results_are_what_the_command_gives() -> None:
    again = run(None)

    for name, results in again.items():
        for parameter, figures in results["tobit"].items():
            assert figures == pytest.approx(_stored(name)["tobit"][parameter], rel=1e-2, abs=5e-3), parameter


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(run(int(sys.argv[1])), indent=1))  # noqa: T201
    else:
        STORED.write_text(json.dumps(run(None), indent=1) + "\n")
