"""Bias and coverage of helping and remission on drawn collaboratives, and of remission under laws of our own.

`python tests/simulation/helping_and_remission.py` makes helping_and_remission.json; the slow test makes its
worlds anew.
"""

import json
from typing import Any

import numpy as np
import pytest

from tests.simulation.helping_and_remission import (
    HELPING,
    MORE,
    OWN,
    OWN_LAWS,
    RATIOS,
    REMISSION,
    STORED,
    WORLDS,
    run,
    simulate_remission,
)

# Beyond the Monte Carlo error: the truth of `helping` alone is itself found by simulation, and the demo's
# shares of remission are of 600,000 drawn people.
TRUTH_ERROR = {"helping": 0.005, **dict.fromkeys(REMISSION, 0.0008)}


def _stored(world: str, term: str) -> dict[str, float]:
    found: dict[str, float] = json.loads(STORED.read_text())[world][term]
    return found


LOST = (
    "the demo loses people from sight at times that go with their courses (nobody before the landmark), so "
    "that those followed reach remission by .003 too often: the same people followed for good show it"
)
MISSED = {
    "helping_adjusted": (
        "Cox regression with some nine covariates on 200 first uses lies 4% of its logarithm too far from 1, "
        "2.1 Monte Carlo errors and a tenth of its standard error: small samples, chance, or both"
    ),
    "within_1_year": LOST,
    "within_3_years": LOST,
}


def _promised(term: str) -> Any:
    if term not in MISSED:
        return term
    return pytest.param(term, marks=pytest.mark.xfail(reason=MISSED[term], strict=True))


RELEASED = [
    *(("collaboratives", term) for term in (*HELPING, *REMISSION)),
    *((world, "helping") for world in RATIOS),
    *((world, term) for world in OWN_LAWS for term in REMISSION),
]
KINDS = (
    "the twelve programs of a drawn collaborative are of the same kinds every time, and kinds differ: an "
    "interval that takes programs as sampled allows for other kinds than these"
)
FLOOR = (
    "no interval is narrower than that of people as if drawn one by one (95% where programs are alike); "
    "where the one by program happens to be the wider it is taken, which adds some two points"
)
TOO_WIDE = {
    ("collaboratives", "helping"): FLOOR,
    **{("collaboratives", term): KINDS for term in REMISSION},
    ("helping, programs differ a little", "helping"): FLOOR,
    ("remission, 300 people", "within_1_year"): FLOOR,  # 0.979
    ("remission, 300 people", "within_5_years"): FLOOR,  # 0.971
    ("remission, 40 people", "within_1_year"): FLOOR,  # 0.972
    ("remission, 40 people", "within_3_years"): FLOOR,  # 0.980
    ("remission, delayed entry", "within_1_year"): FLOOR,  # 0.972
    ("remission, delayed entry", "within_3_years"): FLOOR,  # 0.978
    ("remission, programs differ", "within_5_years"): FLOOR,  # 0.972
    ("remission, uneven programs differ a little", "within_5_years"): FLOOR,  # 0.972
}


def _not_too_wide(world: str, term: str) -> Any:
    if (world, term) not in TOO_WIDE:
        return (world, term)
    return pytest.param(world, term, marks=pytest.mark.xfail(reason=TOO_WIDE[world, term], strict=True))


@pytest.mark.parametrize(("world", "term"), RELEASED)
def test_stored_intervals_of_released_rows_cover_at_their_level_or_more(world: str, term: str) -> None:
    stored = _stored(world, term)

    refused = json.loads(STORED.read_text())[world].get("refused", {"rows": 0})["rows"]
    assert stored["sets"] + refused >= 500
    assert stored["coverage"] >= 0.93


@pytest.mark.parametrize(("world", "term"), [_not_too_wide(*cell) for cell in RELEASED])
def test_stored_intervals_of_released_rows_are_no_wider_than_they_must_be(world: str, term: str) -> None:
    assert _stored(world, term)["coverage"] <= 0.97


@pytest.mark.parametrize("world", [name for name, law in OWN_LAWS.items() if law.get("spread")])
def test_stored_intervals_of_people_drawn_one_by_one_fall_short_where_programs_differ(world: str) -> None:
    assert _stored(world, "within_1_year by person")["coverage"] < 0.90
    assert _stored(world, "within_3_years by person")["coverage"] < 0.93


def test_stored_ratios_of_people_drawn_one_by_one_fall_short_where_what_goes_with_helping_differs() -> None:
    world = "helping, the link differs"

    assert _stored(world, "helping by person")["coverage"] < 0.93 <= _stored(world, "helping")["coverage"]


@pytest.mark.parametrize("term", [_promised(term) for term in (*HELPING, *REMISSION)])
def test_stored_answers_on_500_collaboratives_are_unbiased(term: str) -> None:
    stored = _stored("collaboratives", term)

    error = np.hypot(stored["empirical_sd"] / np.sqrt(stored["sets"]), TRUTH_ERROR.get(term, 0.0))
    assert abs(stored["bias"]) < 2 * error


@pytest.mark.parametrize("name", [name for name, law in OWN_LAWS.items() if not law.get("contacts")])
@pytest.mark.parametrize("term", REMISSION)
def test_stored_remission_under_known_chances_is_unbiased(name: str, term: str) -> None:
    stored = _stored(name, term)

    assert abs(stored["bias"]) < 2 * stored["empirical_sd"] / np.sqrt(stored["sets"])


@pytest.mark.parametrize("term", REMISSION)
def test_stored_deaths_after_the_last_contact_cost_little_when_counted_and_much_when_not(term: str) -> None:
    """Contacts each half year, deaths of the lost known too: the rule errs by -.01, without it .02 to .08.

    A promise of no bias would be missed: the deaths of people lost for other reasons count, their peers who
    live are censored; and who reaches the year between the last contact and death is not seen to.
    """
    world = "remission, contacts twice a year"
    counted, ignored = (_stored(world, name)["bias"] for name in (term, f"{term} if nobody died"))

    assert -0.015 < counted < 0
    assert ignored > 2 * abs(counted)


@pytest.mark.parametrize("term", ["helping", "helping_adjusted", "restricted_mean_difference"])
def test_stored_placebo_worlds_find_an_effect_as_often_as_chance_does(term: str) -> None:
    stored = _stored("placebo", term)

    assert stored["coverage"] >= 0.95 - 2.5 * np.sqrt(0.05 * 0.95 / stored["sets"])


@pytest.mark.parametrize("world", ["collaboratives", "placebo"])
def test_stored_naive_ratio_is_far_larger_than_the_truth_in_either_world(world: str) -> None:
    """Immortal time: log ratios more than .4 below the truth, and intervals that hardly ever hold it."""
    stored = _stored(world, "ever helped")

    assert stored["bias"] < -0.4
    assert stored["coverage"] < 0.2


@pytest.mark.parametrize("term", REMISSION)
def test_stored_shares_that_censor_deaths_overstate(term: str) -> None:
    naive, ours = _stored("collaboratives", f"{term} if nobody died"), _stored("collaboratives", term)

    assert naive["bias"] > max(0.0, ours["bias"]) + 0.002


def test_a_few_sets_again_agree_with_the_stored_ones() -> None:
    again = simulate_remission(12, 3, people=300)

    for term in REMISSION:
        stored = _stored("remission, 300 people", term)
        assert again[term]["truth"] == pytest.approx(stored["truth"])
        assert abs(again[term]["bias"] - stored["bias"]) < 4 * stored["empirical_sd"] / np.sqrt(12)


@pytest.mark.parametrize("name", OWN_LAWS)
def test_hardly_any_set_is_refused(name: str) -> None:
    assert _stored(name, "refused")["rows"] <= 0.01 * 3 * MORE.get(name, OWN)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_stored_results_are_what_the_command_gives(world: str) -> None:
    for term, numbers in run(world).items():
        assert numbers == pytest.approx(_stored(world, term), rel=1e-6, abs=1e-9), term
