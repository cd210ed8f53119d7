"""Bias, coverage and size of the within and between slopes under a random slope.

    python tests/simulation/test_within_person.py

writes within_person.json beside this file (about fifteen minutes on one core).

Beside the between slope stands the plain regression of the person means in the same draws. Its interval is
all but exact here (people differ alike, with nearly as many evenings each): where it misses 95%, the draws
are to blame; what the mixed model covers less than that is the mixed model's own.
"""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from models.within_person.centering import within_and_between
from models.within_person.identity_and_meaning import BETWEEN, WITHIN, analyse

STORED = Path(__file__).with_name("within_person.json")
REPETITIONS = 2000
DAYS = 10
# Slopes, spreads and answer rate near the diary studies of evidence section 1, without a ceiling.
SCENARIOS = {
    "91 people, slopes 0.79 and 0.94": {"people": 91, "within": 0.79, "between": 0.94},
    "91 people, no slope": {"people": 91, "within": 0.0, "between": 0.0},
    "25 people, slopes 0.79 and 0.94": {"people": 25, "within": 0.79, "between": 0.94},
}


def _diary(random: np.random.Generator, people: int, within: float, between: float) -> pl.DataFrame:
    """One diary: identity varies within (11) and between (16); slopes vary between people (0.2)."""
    kept = random.random(people * DAYS) < 0.9
    person = np.repeat(np.arange(people), DAYS)[kept]
    identity = random.normal(0, 16, people)[person] + random.normal(0, 11, person.size)
    # Planted slopes are on the parts the model sees: the mean over the evenings a person answered.
    deviation, usual = within_and_between(identity, person)
    meaning = (
        random.normal(0, 16, people)[person]
        + between * usual
        + (within + random.normal(0, 0.2, people)[person]) * deviation
        + random.normal(0, 10, person.size)
    )
    return pl.DataFrame(
        {
            "participant_id": person,
            "day": np.tile(np.arange(1, DAYS + 1), people)[kept],
            "response_status": "answered",
            "recovery_identity": identity,
            "meaningfulness": meaning,
        }
    )


def simulate(people: int, within: float, between: float, repetitions: int, seed: int) -> dict[str, float]:
    """Mean estimate, mean standard error, coverage and rejections, over the fits that gave a number."""
    random = np.random.default_rng(seed)
    results: dict[str, list[tuple[float, float, float, float, float]]] = {WITHIN: [], BETWEEN: []}
    refused = slopes_kept = 0
    plain = []
    for _ in range(repetitions):
        diary = _diary(random, people, within, between)
        findings = analyse(diary, population="simulated", ceiling=np.inf)
        plain.append(_plain_between(diary))
        slopes_kept += any(
            row.diagnostic == "random_slope_kept" and row.value == 1.0 for row in findings.diagnostics
        )
        refused += findings.estimates[0].estimate is None
        for row in findings.estimates:
            if row.estimate is not None:
                values = (row.estimate, row.std_error, row.ci_low, row.ci_high, row.p_value)
                results[row.term].append(tuple(float(v) for v in values if v is not None))  # type: ignore[arg-type]
    answer: dict[str, float] = {
        "repetitions": repetitions,
        "refused": refused,
        "random_slope_kept": slopes_kept / repetitions,
    }
    for term, truth in ((WITHIN, within), (BETWEEN, between)):
        estimate, error, low, high, p_value = np.array(results[term]).T
        answer[f"{term}_bias"] = float(estimate.mean() - truth)
        answer[f"{term}_empirical_sd"] = float(estimate.std(ddof=1))
        answer[f"{term}_mean_std_error"] = float(error.mean())
        answer[f"{term}_coverage"] = float(np.mean((low <= truth) & (truth <= high)))
        answer[f"{term}_rejects_zero"] = float(np.mean(p_value < 0.05))
    slope, error, low, high = np.array(plain).T
    answer["plain_between_empirical_sd"] = float(slope.std(ddof=1))
    answer["plain_between_mean_std_error"] = float(error.mean())
    answer["plain_between_coverage"] = float(np.mean((low <= between) & (between <= high)))
    return answer


def _plain_between(diary: pl.DataFrame) -> tuple[float, float, float, float]:
    """Slope, standard error and limits of the least-squares regression of person means."""
    means = diary.group_by("participant_id", maintain_order=True).agg(
        pl.col("recovery_identity", "meaningfulness").mean()
    )
    found = stats.linregress(means["recovery_identity"].to_numpy(), means["meaningfulness"].to_numpy())
    half = float(stats.t.ppf(0.975, means.height - 2)) * found.stderr
    return found.slope, found.stderr, found.slope - half, found.slope + half


def _run(repetitions: int) -> dict[str, dict[str, float]]:
    return {
        name: simulate(**settings, repetitions=repetitions, seed=20260101 + number)  # type: ignore[arg-type]
        for number, (name, settings) in enumerate(SCENARIOS.items())
    }


# The strict promise stays as it is, and is known to fail for these: the between slope needs a small-sample
# correction (Kenward & Roger 1997). Once it has one, `strict` makes these marks fail, and they go.
SHORT = pytest.mark.xfail(strict=True, reason="the between slope has no small-sample correction yet")
MANY, NONE, FEW = SCENARIOS


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("term", [WITHIN, BETWEEN])
def test_stored_slopes_are_unbiased_and_never_refused(name: str, term: str) -> None:
    stored = json.loads(STORED.read_text())[name]

    assert stored["refused"] == 0
    assert abs(stored[f"{term}_bias"]) < 3 * stored[f"{term}_empirical_sd"] / np.sqrt(stored["repetitions"])


@pytest.mark.parametrize(
    ("term", "name"),
    [
        *((WITHIN, name) for name in SCENARIOS),
        (BETWEEN, MANY),
        pytest.param(BETWEEN, NONE, marks=SHORT),
        pytest.param(BETWEEN, FEW, marks=SHORT),
    ],
)
def test_stored_intervals_cover_at_their_level(term: str, name: str) -> None:
    stored = json.loads(STORED.read_text())[name]
    monte_carlo = 3 * np.sqrt(0.95 * 0.05 / stored["repetitions"])

    assert stored[f"{term}_coverage"] == pytest.approx(0.95, abs=monte_carlo)


@pytest.mark.parametrize(
    ("term", "name"),
    [
        *((WITHIN, name) for name in SCENARIOS),
        (BETWEEN, MANY),
        (BETWEEN, NONE),
        pytest.param(BETWEEN, FEW, marks=SHORT),
    ],
)
def test_stored_standard_errors_are_the_spread_of_the_estimates(term: str, name: str) -> None:
    stored = json.loads(STORED.read_text())[name]

    assert stored[f"{term}_mean_std_error"] == pytest.approx(stored[f"{term}_empirical_sd"], rel=0.08)


@pytest.mark.parametrize("name", SCENARIOS)
def test_stored_between_slope_falls_short_of_its_level_by_no_more_than_the_page_says(name: str) -> None:
    stored = json.loads(STORED.read_text())[name]

    assert stored[f"{BETWEEN}_coverage"] > 0.925
    assert stored["plain_between_coverage"] - stored[f"{BETWEEN}_coverage"] < 0.012
    assert stored[f"{BETWEEN}_mean_std_error"] > 0.96 * stored["plain_between_mean_std_error"]


@pytest.mark.parametrize("term", [WITHIN, pytest.param(BETWEEN, marks=SHORT)])
def test_stored_size_of_the_test_is_five_percent(term: str) -> None:
    stored = json.loads(STORED.read_text())[NONE]
    monte_carlo = 3 * np.sqrt(0.05 * 0.95 / stored["repetitions"])

    assert stored[f"{term}_rejects_zero"] == pytest.approx(0.05, abs=monte_carlo)


@pytest.mark.slow
def test_stored_results_are_what_the_command_gives() -> None:
    stored = json.loads(STORED.read_text())
    again = _run(REPETITIONS)

    for name, results in again.items():
        assert results == pytest.approx(stored[name], rel=1e-3, abs=5e-3), name


if __name__ == "__main__":
    STORED.write_text(json.dumps(_run(REPETITIONS), indent=2) + "\n")
