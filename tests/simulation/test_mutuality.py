"""What M1 finds in many collaboratives whose reciprocity is known: bias, coverage and false findings.

`python tests/simulation/mutuality.py` makes mutuality.json; the slow test draws some of its sets anew.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tests.simulation.mutuality import COMMAND, SETS, SETS_APART, one_set

STORED = json.loads(Path(__file__).with_name("mutuality.json").read_text())
WORLDS = ("planted", "placebo")  # of networks drawn by chance as well
ALL_WORLDS = (*WORLDS, "apart")
BANDS = "2.3 errors: the error of the bands' densities makes chance look larger, by .002 of .18"
CUT = (
    "2.1 and 2.4 errors, .15 and .27 points of 22: the part beyond chance is cut off at 0, so that it is "
    "above 0 on average where nothing is beyond chance"
)
WIDE = "97.6 to 98.6%: two mixed houses hold the degrees of freedom of all twelve down"
FEW = "98.6%: with one mutual pair in eleven houses have a handful each, and the floor of independent pairs"
FLOOR = (
    "97.2 to 98.0%: limits of a share are never narrower than those of as many independent pairs or people"
)
DIFFER = "92.0 to 92.8%: five houses that truly differ, taken as normal"
OF_FEW = (
    "2.6 to 3.7 errors, .004 to .008 of .41 to .67: few houses, which truly differ, and the truth itself "
    "has an error of .7 of this one"
)
# Promises missed: bias beyond two Monte Carlo errors, or coverage outside 93 to 97%.
BIASED = {
    ("planted", "reciprocity_beyond_chance, everybody"): BANDS,
    ("placebo", "in_service_index, everybody"): CUT,
    ("placebo", "in_service_index, clinical"): CUT,
    **{
        ("apart", f"{term}, {kind}"): OF_FEW
        for term, kind in (
            ("reciprocity", "everybody"), ("share_give_and_receive", "everybody"),
            ("balance_spread", "everybody"), ("reciprocity", "social"), ("balance_spread", "social"),
        )
    },
}  # fmt: skip
MISCOVERED = {
    ("planted", "reciprocity, everybody"): WIDE,
    ("planted", "reciprocity_beyond_chance, everybody"): WIDE,
    ("planted", "balance_spread, everybody"): WIDE,
    ("planted", "in_service_index, everybody"): WIDE,
    ("placebo", "reciprocity, everybody"): WIDE,
    ("placebo", "reciprocity, social_minus_clinical"): FEW,
    ("planted", "reciprocity, social_minus_clinical"): FLOOR,
    **{("planted", f"{term}, social"): FLOOR for term in ("reciprocity", "share_give_and_receive")},
    ("planted", "reciprocity, clinical"): FLOOR,
    ("placebo", "reciprocity, social"): FLOOR,
    **{("placebo", f"{term}, clinical"): FLOOR for term in ("reciprocity", "share_give_and_receive")},
    ("apart", "share_give_and_receive, social"): DIFFER,
    **{("apart", f"{term}, clinical"): DIFFER for term in ("reciprocity", "balance_spread")},
}


def _cases(missed: dict[tuple[str, str], str]) -> list[object]:
    marks = {case: [pytest.mark.xfail(strict=True, reason=reason)] for case, reason in missed.items()}
    return [
        pytest.param(world, term, marks=marks.get((world, term), []))
        for world in ALL_WORLDS
        for term in STORED[world]["terms"]
    ]


def test_the_stored_study_is_that_of_the_command_over_all_sets() -> None:
    assert STORED["command"] == COMMAND
    assert [STORED[world]["sets"] for world in WORLDS] == [SETS, SETS]
    assert STORED["apart"]["sets"] == SETS_APART


@pytest.mark.parametrize("world", ALL_WORLDS)
def test_kinds_with_five_houses_are_always_told_and_all_houses_in_four_of_five_sets(world: str) -> None:
    """Two mixed houses hold the degrees of freedom of all twelve down, at times below the limit."""
    for term, row in STORED[world]["terms"].items():
        assert row["told"] == 1.0 if not term.endswith("everybody") else 0.75 <= row["told"] < 1.0


@pytest.mark.parametrize(("world", "term"), _cases(BIASED))
def test_bias_is_within_two_monte_carlo_errors(world: str, term: str) -> None:
    row = STORED[world]["terms"][term]
    assert abs(row["bias"]) <= 2.0 * row["monte_carlo_error"]


@pytest.mark.parametrize(("world", "term"), _cases(MISCOVERED))
def test_limits_hold_the_truth_in_93_to_97_percent_of_sets(world: str, term: str) -> None:
    assert 0.93 <= STORED[world]["terms"][term]["coverage"] <= 0.97


@pytest.mark.parametrize("kind", ["everybody", "social"])
def test_help_that_nobody_returns_is_found_beyond_chance_in_5_percent_of_sets(kind: str) -> None:
    """Within two Monte Carlo errors of 5%."""
    error = math.sqrt(0.05 * 0.95 / SETS)
    assert STORED["placebo"]["rejected"][kind] == pytest.approx(0.05, abs=2.0 * error)


def test_help_that_is_returned_half_the_time_is_always_found_beyond_chance() -> None:
    assert STORED["planted"]["rejected"]["social"] >= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_sets_drawn_anew_lie_where_the_stored_ones_do(world: str) -> None:
    sets = [one_set(number, returned=world == "planted") for number in range(500, 520)]
    for term, row in STORED[world]["terms"].items():
        values = np.array([one["found"][term][0] for one in sets])
        error = math.hypot(row["monte_carlo_error"], values.std(ddof=1) / math.sqrt(len(values)))
        assert values.mean() - row["truth"] == pytest.approx(row["bias"], abs=5.0 * error)
