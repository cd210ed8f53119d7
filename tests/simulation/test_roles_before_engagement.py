"""What the stored simulation of roles before engagement promises; misses are named, and why.

The file is written by roles_before_engagement.py beside this one.
"""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
STORED = json.loads((HERE / "roles_before_engagement.json").read_text())
WORLDS = ("effects", "placebo", "placebo_again")
ANSWERS = {f"{world} {name}": told for world in WORLDS for name, told in STORED[world].items()}
NULL = {name: told for name, told in ANSWERS.items() if told["truth"] == 0.0}
CAUTIOUS = "97.2% of 500 sets, Monte Carlo error .7 points; the same path in raw units is covered in 96.8%"
CHANCE = "just beyond the bound in these 500 sets; within it in 1,000 further ones (placebo_again)"
BIASED = {
    "placebo roles_first_minus_engagement_first complete": f"2.06 errors: {CHANCE}",
    "placebo_again engagement_to_roles own_levels": (
        "2.09 errors, a fifteenth of a standard error, with 330 people; no main answer"
    ),
}
FOUND = {
    f"placebo {name} complete": f"7.2%: {CHANCE}"
    for name in ("engagement_to_roles", "engagement_to_roles_per_sd")
}
COVERED = {
    **FOUND,
    "effects roles_to_engagement_per_sd imputed": CAUTIOUS,
    "effects roles_to_engagement own_levels": (
        "92.8%: with 330 people the errors of the random-intercept panel are 5% too small; no main answer"
    ),
}


def _cases(known: dict[str, str], names: dict[str, Any]) -> list[Any]:
    return [
        pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=known[name]))
        if name in known
        else name
        for name in names
    ]


@pytest.mark.parametrize("name", _cases(BIASED, ANSWERS))
def test_the_bias_is_within_two_monte_carlo_errors(name: str) -> None:
    assert abs(ANSWERS[name]["bias"]) <= 2.0 * ANSWERS[name]["monte_carlo_error"]


@pytest.mark.parametrize("name", _cases(COVERED, ANSWERS))
def test_intervals_hold_the_truth_in_93_to_97_percent(name: str) -> None:
    assert 0.93 <= ANSWERS[name]["coverage"] <= 0.97


@pytest.mark.parametrize("name", _cases(FOUND, NULL))
def test_a_direction_that_is_not_there_is_found_in_about_5_percent(name: str) -> None:
    assert NULL[name]["below_5_percent"] <= 0.07


def test_five_hundred_collaboratives_stand_behind_the_answers() -> None:
    assert all(told["sets"] >= 500 for name, told in ANSWERS.items() if not name.endswith("own_levels"))


def test_the_planted_direction_is_found_in_nearly_every_collaborative() -> None:
    for way in ("complete", "imputed"):
        assert ANSWERS[f"effects roles_to_engagement {way}"]["below_5_percent"] >= 0.99
        assert ANSWERS[f"effects roles_first_minus_engagement_first {way}"]["below_5_percent"] >= 0.9


def _simulated() -> Any:
    spec = importlib.util.spec_from_file_location("simulated_roles", HERE / "roles_before_engagement.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_collaboratives_made_now_lie_where_the_stored_ones_do() -> None:
    simulated = _simulated()
    for seed in range(3):
        for world in ("effects", "placebo"):
            frame = simulated.people(simulated.SEED[world] + seed, effects=world == "effects")
            for name, (value, *_) in simulated.complete(frame).items():
                stored = STORED[world][name]
                assert abs(value - stored["truth"]) <= 4.5 * stored["spread"]


@pytest.mark.slow
def test_an_imputed_collaborative_made_now_lies_where_the_stored_ones_do() -> None:
    simulated = _simulated()
    frame = simulated.people(simulated.SEED["effects"], effects=True)
    for name, (value, *_) in simulated.imputed(frame, 0).items():
        stored = STORED["effects"][name]
        assert abs(value - stored["truth"]) <= 4.5 * stored["spread"]
