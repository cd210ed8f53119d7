"""What the stored simulations of programs' scores and of hours promise; misses are named, and why.

The files are written by fidelity.py and peers_and_activity.py beside this one.
"""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
FIDELITY = json.loads((HERE / "fidelity.json").read_text())
HOURS = json.loads((HERE / "peers_and_activity.json").read_text())
CAUTIOUS = (
    "97.4 to 98.2%: programs differ little beside the score, so that t with programs less two degrees of "
    "freedom asks for more than is needed"
)
WIDE = (
    "97.6 to 98.0%: as in complete cases of the same sets (97.4 and 97.8%); and standard errors 5 to 9% too "
    "large, as people are imputed into programs that differ more than programs do"
)
ANSWERS = {
    **{f"C3 {name}": told for name, told in FIDELITY["answers"].items()},
    **{f"P1 {world} {name}": told for world in ("effects", "placebo") for name, told in HOURS[world].items()},
}
ONE_IN_TWENTY = "2.5 errors, a ninth of the answer's standard error; not seen with 2,400 people"
BIASED = {
    "C3 any_problem_legal_month_12 slope complete": ONE_IN_TWENTY,
    "C3 any_problem_legal_month_12 difference complete": ONE_IN_TWENTY,
    "C3 eurohis_qol8_month_12 slope complete_many": (
        "3.3 errors, a seventh of the answer's standard error; chance, as far as can be told: 1,050 other "
        "sets and 20 of 40,000 people show .0002 (error .0002), 2,500 drawn by the bare law none"
    ),
    "P1 effects peer_hours_within": "2.04 errors, 2% of the slope; one of twelve such tests",
}
COVERED = {
    **{
        f"C3 {name}": CAUTIOUS
        for name in (
            "any_problem_alcohol_month_12 slope complete",
            "abstinent_month_12 slope complete",
            "eurohis_qol8_month_12 slope complete",
            "eurohis_qol8_month_12 slope complete_many",
        )
    },
    **{
        f"C3 {column}_month_12 {part} imputed": WIDE
        for column in ("any_problem_alcohol", "abstinent")
        for part in ("slope", "difference")
    },
    **{
        f"P1 {world} meaningful_hours": "97.2%: HC2 with Satterthwaite's degrees of freedom is cautious here"
        for world in ("effects", "placebo")
    },
}


def _cases(known: dict[str, str]) -> list[Any]:
    return [
        pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=known[name]))
        if name in known
        else name
        for name in ANSWERS
    ]


@pytest.mark.parametrize("name", _cases(BIASED))
def test_the_bias_is_within_two_monte_carlo_errors(name: str) -> None:
    assert abs(ANSWERS[name]["bias"]) <= 2.0 * ANSWERS[name]["monte_carlo_error"]


@pytest.mark.parametrize("name", _cases(COVERED))
def test_intervals_hold_the_truth_in_93_to_97_percent(name: str) -> None:
    assert 0.93 <= ANSWERS[name]["coverage"] <= 0.97


def test_no_interval_is_too_narrow() -> None:
    assert min(told["coverage"] for told in ANSWERS.values()) >= 0.93


def test_where_programs_change_nothing_holm_lets_no_more_than_5_percent_pass() -> None:
    assert FIDELITY["placebo"]["any_outcome_after_holm"] <= 0.05
    assert max(FIDELITY["placebo"]["single_outcomes"].values()) <= 0.07


def test_where_hours_go_with_nothing_about_5_percent_pass() -> None:
    for told in HOURS["placebo"].values():
        assert told["below_5_percent"] <= 0.07


def test_intervals_on_ranks_hold_the_true_rank() -> None:
    assert all(told["interval_holds_rank"] >= 0.95 for told in HOURS["ranks"].values())


def _module(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"simulated_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_set_of_diaries_made_now_lies_where_the_stored_ones_do() -> None:
    hours = _module("peers_and_activity")
    told = hours.rows_of(hours.one(hours.SEED["effects"], effects=True), effects=True)
    for name, (away, *_) in told.items():
        stored = HOURS["effects"][name]
        assert abs(away - stored["bias"]) <= 4.0 * stored["spread"]


@pytest.mark.slow
def test_collaboratives_made_now_lie_where_the_stored_ones_do() -> None:
    fidelity = _module("fidelity")
    for seed in range(3):
        told = fidelity.one_few(fidelity.SEED["few"] + seed) | fidelity.one_many(fidelity.SEED["many"] + seed)
        for name, (value, *_) in told.items():
            stored = FIDELITY["answers"][name]
            assert abs(value - stored["truth"]) <= 4.5 * stored["spread"]
