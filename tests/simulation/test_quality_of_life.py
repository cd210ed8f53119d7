"""Bias and coverage of the dip, the turning point and the crossing year over many surveys of known truth.

    python tests/simulation/test_quality_of_life.py

writes quality_of_life.json beside this file (about two minutes on one core).
"""

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.estimate import Estimate
from models.trajectory.knots import place_knots
from models.trajectory.quality_of_life import NOT_REACHED, analyse
from models.trajectory.spline import fit_spline
from models.trajectory.turning_points import landmarks
from pipelines.demo.survey import (
    SURVEY,
    crossing_years,
    draw_survey,
    everybody_at_knots,
    quality_of_life,
    turning_points,
)

STORED = Path(__file__).with_name("quality_of_life.json")
COMMAND = "python tests/simulation/test_quality_of_life.py"
SETS = 500
REPLICATES = 1000
GROUPS = {
    "": everybody_at_knots(),
    "_with_center": SURVEY.at_knots_with_center,
    "_without_center": SURVEY.at_knots_without_center,
}
SHIFT = 0.75  # points by which quality of life is lowered where nobody's curve is to reach the mean


@dataclass
class Tally:
    """Answers to one term over the sets; what is refused counts as `none`."""

    truth: float
    none: float
    values: list[float]
    limits: list[tuple[float, float]]
    refused: int = 0

    def add(self, row: Estimate) -> None:
        if row.estimate is None:
            self.refused += 1
            self.values.append(self.none)
            return
        self.values.append(row.estimate)
        low, high = row.ci_low, row.ci_high
        self.limits.append((-math.inf if low is None else low, math.inf if high is None else high))

    def summary(self) -> dict[str, float | None]:
        values, (low, high) = np.array(self.values), np.array(self.limits).T
        n = len(values)
        finite = bool(np.isfinite(values).all())
        return {
            "truth": self.truth,
            "refused": self.refused,
            "mean_bias": float(values.mean() - self.truth) if finite else None,
            "mean_bias_in_standard_errors": (
                float((values.mean() - self.truth) / values.std(ddof=1) * math.sqrt(n)) if finite else None
            ),
            "median_bias": float(np.median(values) - self.truth),
            # the estimate lies below the truth as often as above it if the median is not biased
            "median_bias_in_standard_errors": float((0.5 - np.mean(values < self.truth)) * 2 * math.sqrt(n)),
            "empirical_sd": float(values.std(ddof=1)) if finite else None,
            "intervals": len(low),
            "coverage": float(np.mean((low <= self.truth) & (self.truth <= high))),
            "upper_limit_open": float(np.mean(np.isinf(high))),
        }


def truths() -> dict[str, tuple[float, float]]:
    """Truth of each term, and what an answer "none" counts as: no depth, the start, infinity."""
    answer: dict[str, tuple[float, float]] = {}
    for suffix, at_knots in GROUPS.items():
        bottom = float(turning_points(at_knots)[0])
        start, low = quality_of_life(np.array([0.0, bottom]), at_knots)
        crossing = crossing_years(at_knots, SURVEY.general_mean)
        assert crossing is not None
        answer[f"dip_depth{suffix}"] = (float(start - low), 0.0)
        answer[f"turning_point_years{suffix}"] = (bottom, 0.0)
        answer[f"crossing_years{suffix}"] = (crossing, math.inf)
    with_center, without = (answer[f"crossing_years_{group}_center"][0] for group in ("with", "without"))
    answer["crossing_years_with_minus_without_center"] = (with_center - without, -math.inf)
    return answer


def simulate_survey(sets: int, seed: int) -> dict[str, dict[str, float | None]]:
    """Surveys as the demonstration draws them: 1,500 people, answering by education, in whole months."""
    tallies = {term: Tally(*truth, [], []) for term, truth in truths().items()}
    for number in range(sets):
        survey = draw_survey(seed + number)
        found = analyse(survey, population="simulated", replicates=REPLICATES, seed=number, ways={})
        for row in found.estimates:
            tallies[row.term].add(row)
    return {term: tally.summary() for term, tally in tallies.items()}


def simulate_never(sets: int, seed: int) -> dict[str, float]:
    """Surveys in which the curves stay below the mean of the general population throughout."""
    terms = [f"crossing_years{suffix}" for suffix in GROUPS]
    refused = dict.fromkeys(terms, 0)
    closed = dict.fromkeys(terms, 0)
    for number in range(sets):
        survey = draw_survey(seed + number).with_columns(
            eurohis_qol8=pl.col("eurohis_qol8") - SHIFT * pl.col("ever_had_problem")
        )
        found = analyse(survey, population="simulated", replicates=REPLICATES, seed=number, ways={})
        for row in found.estimates:
            if row.term in refused:
                refused[row.term] += row.estimate is None and row.note.startswith(NOT_REACHED)
                closed[row.term] += row.ci_high is not None
    return {f"share_not_reached_{term}": refused[term] / sets for term in terms} | {
        f"share_upper_limit_wrongly_closed_{term}": closed[term] / sets for term in terms
    }


def rising(years: np.ndarray) -> np.ndarray:
    """Quality of life that rises from the start: no dip."""
    return np.asarray(3.2 + 0.8 * (1 - np.exp(-years / 3)))


def dipping(years: np.ndarray) -> np.ndarray:
    """Quality of life with its low at half a year, .29 points below the start."""
    dip = 0.3 * 2 * years * np.exp(1 - 2 * years)
    return np.asarray(3.4 - dip + 0.7 * (1 - np.exp(-((years / 5) ** 2))))


def plain_survey(
    random: np.random.Generator, mean: Callable[[np.ndarray], np.ndarray], people: int, years: np.ndarray
) -> pl.DataFrame:
    """People in recovery for so many years, half of them with a center; half as many without a problem."""
    never = people // 2
    answers = np.concatenate([mean(years), np.full(never, 3.75)]) + random.normal(0, 0.5, people + never)
    had = np.arange(people + never) < people
    return pl.DataFrame(
        {
            "participant_id": np.arange(people + never),
            "years_in_recovery": np.concatenate([years, np.full(never, np.nan)]),
            "ever_had_problem": had,
            "attended_center": pl.Series(random.random(people + never) < 0.5),
            "eurohis_qol8": answers,
            "survey_weight": random.uniform(0.5, 2.0, people + never),
        }
    )


def simulate_no_dip(sets: int, seed: int) -> dict[str, float]:
    """Share of surveys of a rising curve in which the interval of the dip's depth leaves out 0."""
    random = np.random.default_rng(seed)
    false = 0
    for number in range(sets):
        years = np.round(12 * random.exponential(6.0, 1000)) / 12
        survey = plain_survey(random, rising, 1000, years)
        found = analyse(survey, population="simulated", replicates=REPLICATES, seed=number, ways={})
        row = next(row for row in found.estimates if row.term == "dip_depth")
        false += row.ci_low is not None and row.ci_low > 0
    return {"share_of_false_dips": false / sets}


def simulate_long_survey(sets: int, seed: int) -> dict[str, float]:
    """Time spread over forty years, a twelfth of the people in the first: is the dip at half a year found?

    With the knots that `place_knots` sets in the first year, and with Harrell's alone.
    """
    random = np.random.default_rng(seed)
    found = {"with_knots_in_the_first_year": 0, "with_the_usual_knots": 0}
    for _ in range(sets):
        years = 40 * random.random(2000) ** 1.45
        weights = random.uniform(0.5, 2.0, 2000)
        answers = dipping(years) + random.normal(0, 0.5, 2000)
        for name, early in (("with_knots_in_the_first_year", 1.0), ("with_the_usual_knots", 0.0)):
            knots = place_knots(years, weights, early=early)
            fit = fit_spline(years, answers, weights, knots)
            once = landmarks(knots, fit.beta[None], np.array([np.nan]), start=0.0, end=38.0)
            found[name] += bool(once.dip_depth[0] > 0.1 and once.turning_point[0] < 1.5)
    return {f"share_found_{name}": count / sets for name, count in found.items()}


def _run(sets: int) -> dict[str, object]:
    return {
        "command": COMMAND,
        "sets": sets,
        "survey": simulate_survey(sets, 70_000),
        "never reached": simulate_never(sets // 10, 80_000),
        "no dip": simulate_no_dip(2 * sets // 5, 90_000),
        "forty years": simulate_long_survey(sets, 95_000),
    }


def _stored() -> dict[str, dict[str, dict[str, float]]]:
    return json.loads(STORED.read_text())


@pytest.mark.parametrize("term", truths())
def test_stored_answers_are_not_biased_in_the_median(term: str) -> None:
    row = _stored()["survey"][term]

    assert abs(row["median_bias_in_standard_errors"]) <= 2


def _missed(terms: Iterable[str], term: str, reason: str) -> list[object]:
    """Parameters, of which one is known to miss its bound."""
    late = pytest.mark.xfail(strict=True, reason=reason)
    return [pytest.param(name, marks=late) if name == term else name for name in terms]


@pytest.mark.parametrize(
    "term",
    _missed(
        (term for term in truths() if not term.startswith("turning")),
        "crossing_years_with_center",
        "late by .02 years (2.3 standard errors): knots set by the sample blur the steepest part",
    ),
)
def test_stored_depths_and_crossing_years_are_not_biased_in_the_mean(term: str) -> None:
    row = _stored()["survey"][term]

    assert row["mean_bias_in_standard_errors"] is not None
    assert abs(row["mean_bias_in_standard_errors"]) <= 2


@pytest.mark.parametrize(
    "term",
    _missed(
        truths(),
        "turning_point_years_with_center",
        "97.1%: intervals are given only where a dip is found, and those cover a little too often",
    ),
)
def test_stored_intervals_cover_the_truth_at_their_level(term: str) -> None:
    row = _stored()["survey"][term]

    assert row["intervals"] >= 0.9 * SETS
    assert 0.93 <= row["coverage"] <= 0.97


def test_stored_curves_that_never_reach_the_mean_are_answered_so() -> None:
    never = _stored()["never reached"]

    for suffix in GROUPS:
        assert never[f"share_not_reached_crossing_years{suffix}"] >= 0.8
        assert never[f"share_upper_limit_wrongly_closed_crossing_years{suffix}"] <= 0.05


def test_stored_rising_curves_hold_false_dips_no_more_often_than_one_in_twenty() -> None:
    assert _stored()["no dip"]["share_of_false_dips"] <= 0.05


def test_stored_early_dips_are_found_with_knots_in_the_first_year_and_missed_with_the_usual_ones() -> None:
    long = _stored()["forty years"]

    assert long["share_found_with_knots_in_the_first_year"] >= 0.85
    assert long["share_found_with_the_usual_knots"] <= 0.1


def test_a_few_surveys_give_answers_near_the_truth() -> None:
    found = simulate_survey(4, 500)

    for term in ("crossing_years", "crossing_years_with_center"):
        assert found[term]["refused"] == 0
        assert abs(found[term]["median_bias"] or 0) < 0.6
    assert abs(found["dip_depth"]["median_bias"] or 0) < 0.2


@pytest.mark.slow
def test_stored_results_are_what_the_command_gives() -> None:
    stored = _stored()
    for name, results in _run(SETS).items():
        if isinstance(results, dict):
            flat = pl.json_normalize([results]).row(0)
            assert flat == pytest.approx(pl.json_normalize([stored[name]]).row(0), rel=1e-4, abs=4e-3)


if __name__ == "__main__":
    STORED.write_text(json.dumps(_run(SETS), indent=2) + "\n")
