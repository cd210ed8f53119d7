"""Bias and coverage of the day-to-day model, with the mean-centered slope beside it.

    python tests/simulation/test_day_to_day.py

writes day_to_day.json beside this file (some six minutes on two cores).
"""

import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from models.within_person.day_to_day.fit import TERMS, fit_day_to_day
from models.within_person.day_to_day.likelihood import stationary

STORED = Path(__file__).with_name("day_to_day.json")
REPETITIONS = 1000
NOISE = np.array([[100.0, 60.0], [60.0, 120.0]])
LEVELS = np.array([[256.0, 150.0], [150.0, 300.0]])
SCENARIOS = {
    "91 people, 10 days, carry-over": {"people": 91, "days": 10, "a": [[0.30, 0.05], [0.20, 0.25]]},
    "91 people, 10 days, none": {"people": 91, "days": 10, "a": [[0.0, 0.0], [0.0, 0.0]]},
}


def _diaries(random: np.random.Generator, people: int, days: int, a: np.ndarray) -> tuple[np.ndarray, ...]:
    """Draw two series with nine of ten days answered, around levels of their own."""
    spread = stationary(a, NOISE)
    assert spread is not None
    state = random.normal(size=(people, 2)) @ np.linalg.cholesky(spread).T
    series = [state]
    for _ in range(days - 1):
        state = state @ a.T + random.normal(size=(people, 2)) @ np.linalg.cholesky(NOISE).T
        series.append(state)
    levels = random.normal(size=(people, 2)) @ np.linalg.cholesky(LEVELS).T
    z = np.stack(series, axis=1) + levels[:, None, :] + 60
    kept = random.random((people, days)) < 0.9
    person = np.repeat(np.arange(people), days).reshape(people, days)[kept]
    day = np.tile(np.arange(days), (people, 1))[kept]
    return z[kept][:, 0], z[kept][:, 1], np.unique(person, return_inverse=True)[1], day


def _mean_centered(first: np.ndarray, second: np.ndarray, person: np.ndarray, day: np.ndarray) -> float:
    """Carry-over of the second answer by least squares about the person's mean, yesterday's first held."""
    pair = np.flatnonzero((np.diff(person) == 0) & (np.diff(day) == 1))
    who = np.unique(person[pair], return_inverse=True)[1]

    def centered(values: np.ndarray) -> np.ndarray:
        return values - (np.bincount(who, values) / np.bincount(who))[who]

    x = np.column_stack([centered(first[pair]), centered(second[pair])])
    return float(np.linalg.lstsq(x, centered(second[pair + 1]), rcond=None)[0][1])


def _one(job: tuple[int, int, int, list[list[float]]]) -> tuple[list[float], list[float], str, float]:
    seed, people, days, a = job
    rows = _diaries(np.random.default_rng(seed), people, days, np.array(a))
    fit = fit_day_to_day(*rows)
    return list(fit.estimates), list(np.sqrt(np.diag(fit.covariance))), fit.outcome, _mean_centered(*rows)


def simulate(people: int, days: int, a: list[list[float]], repetitions: int, seed: int) -> dict[str, object]:
    truth = np.append(np.ravel(a), NOISE[0, 1] / NOISE[0, 0])
    jobs = [(seed + number, people, days, a) for number in range(repetitions)]
    with ProcessPoolExecutor(2) as pool:
        results = list(pool.map(_one, jobs, chunksize=20))
    given = [row for row in results if row[2] != "not converged"]
    estimates, errors = np.array([row[0] for row in given]), np.array([row[1] for row in given])
    inside = np.abs(estimates - truth) <= stats.t.ppf(0.975, people - 2) * errors
    return {
        "repetitions": repetitions,
        "not_converged": repetitions - len(given),
        "mean_centered_bias": float(np.mean([row[3] for row in results]) - truth[3]),
        **{
            term: {
                "bias": float(estimates[:, at].mean() - truth[at]),
                "empirical_sd": float(estimates[:, at].std(ddof=1)),
                "mean_std_error": float(errors[:, at].mean()),
                "coverage": float(inside[:, at].mean()),
            }
            for at, term in enumerate(TERMS)
        },
    }


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("term", TERMS)
def test_stored_intervals_cover_between_93_and_97_percent(name: str, term: str) -> None:
    assert 0.93 <= json.loads(STORED.read_text())[name][term]["coverage"] <= 0.97


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("term", TERMS)
def test_stored_bias_is_a_small_part_of_the_standard_error(name: str, term: str) -> None:
    stored = json.loads(STORED.read_text())[name]

    assert stored["not_converged"] <= 0.005 * stored["repetitions"]
    assert abs(stored[term]["bias"]) < 0.2 * stored[term]["empirical_sd"]


def test_stored_slope_about_the_person_mean_is_biased_where_ours_is_not() -> None:
    stored = json.loads(STORED.read_text())["91 people, 10 days, carry-over"]

    assert stored["mean_centered_bias"] < -0.1 < stored["second_to_second"]["bias"]


def test_a_small_simulation_recovers_the_carry_over() -> None:
    found = simulate(**SCENARIOS["91 people, 10 days, carry-over"], repetitions=8, seed=1)  # type: ignore[arg-type]

    assert found["not_converged"] == 0
    for term in TERMS:
        assert abs(found[term]["bias"]) < 4 * found[term]["empirical_sd"] / np.sqrt(8)  # type: ignore[index]


if __name__ == "__main__":
    content = {
        name: simulate(**settings, repetitions=REPETITIONS, seed=20261122 + 10_000 * number)  # type: ignore[arg-type]
        for number, (name, settings) in enumerate(SCENARIOS.items())
    }
    STORED.write_text(json.dumps(content, indent=1) + "\n")
