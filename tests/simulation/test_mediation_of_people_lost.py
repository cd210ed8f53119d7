"""What becomes of natural effects when people are lost: imputed, weighted, and the same people all reached.

    python tests/simulation/test_mediation_of_people_lost.py [sets]

writes mediation_of_people_lost.json beside it (some three seconds of one core a set): estimates alone, of the
collaboratives of `test_mediation.py with-loss`, in four ways. With all reached the same people are drawn, of
whom only those in prison are missing, and single answers.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest

from models.comparison.attrition import chance_of_being_reached
from models.comparison.comparable_people import comparable_people
from models.comparison.imputed_cohort import imputed_cohort
from models.comparison.outcome_answers import values_of
from models.mediation.mediation_answers import MEDIATORS, NAMES, OUTCOMES, PENALTY, people_of
from models.mediation.mediation_rows import TERMS
from models.mediation.natural_effects import How, natural_effects
from pipelines.codebook.load import read_yaml
from pipelines.demo import collaborative
from pipelines.demo.parameters import WORLD

STORED = Path(__file__).with_name("mediation_of_people_lost.json")
COMMAND = "python tests/simulation/test_mediation_of_people_lost.py"
TRUTH = read_yaml(Path(__file__).parents[2] / "data" / "raw" / "demo_truth.yaml")["C2"]["outcomes"]
PEOPLE, SETS, COPIES, FIRST = 600, 300, 2, 10_000
ALL_REACHED = replace(
    WORLD, programs=replace(WORLD.programs, reached=(("month_6", 50.0), ("month_12", 50.0)))
)
TOLD = tuple(term for term in TERMS if not term.startswith("path"))
WAYS = ("imputed", "weighted", "all reached", "imputed less all reached", "imputed less weighted")
Answers = dict[str, dict[str, dict[str, float]]]  # by way, outcome and term


def answers(frames: Mapping[str, pl.DataFrame]) -> Answers:
    """Effects of one collaborative over imputed copies, and of those with all answers, weighted."""
    made = imputed_cohort(
        *(frames[name] for name in ("participants", "episodes", "programs", "assessments")),
        n_imputations=COPIES,
    )
    of = comparable_people(made.people, made.copies().copies, wave="month_12", baseline=made.baseline, seed=1)
    how = How(penalty=PENALTY)
    found: Answers = {"imputed": {}, "weighted": {}}
    for name in OUTCOMES:
        each = [
            natural_effects(
                people_of(copy.frame, copy.fitted.design, of.social),
                values_of(copy.frame, name)[0], NAMES, how=how, fine=False,
            )
            for copy in of.copies
        ]  # fmt: skip
        found["imputed"][name] = {term: float(np.mean([one[term] for one in each])) for term in TOLD}
        y, told = values_of(of.people, name)
        for mediator in MEDIATORS:
            told = told & values_of(of.people, mediator.column)[1]
        design = of.copies[0].fitted.design
        weight = told / chance_of_being_reached(design, of.social, told)
        found["weighted"][name] = natural_effects(
            people_of(of.people, design, of.social, weights=weight), y, NAMES, how=how, fine=False
        )
    return found


def one(number: int) -> Answers:
    """One collaborative, people lost and all reached."""
    found = answers(collaborative.draw(FIRST + number, PEOPLE))
    with patch.object(collaborative, "WORLD", ALL_REACHED):
        reached = answers(collaborative.draw(FIRST + number, PEOPLE))
    return found | {"all reached": reached["imputed"]}


def summarized(sets: list[Answers]) -> dict[str, Any]:
    """Bias, and mean gaps between ways in the same collaboratives, with their Monte Carlo errors."""
    effects: dict[str, dict[str, dict[str, float]]] = {}
    for name in OUTCOMES:
        for term in TOLD:
            values = {way: np.array([found[way][name][term] for found in sets]) for way in WAYS[:3]}
            truth = float(TRUTH[name][term])
            gaps = {way: of - truth for way, of in values.items()} | {
                f"imputed less {way}": values["imputed"] - values[way] for way in ("all reached", "weighted")
            }
            effects.setdefault(name, {})[term] = {"truth": truth} | {
                key: round(float(value), 5)
                for way in WAYS
                for key, value in (
                    (way, gaps[way].mean()),
                    (f"{way}, monte_carlo_error", gaps[way].std(ddof=1) / np.sqrt(len(sets))),
                )
            }
    return {
        "command": COMMAND, "people": PEOPLE, "copies": COPIES, "sets": len(sets), "effects": effects,
    }  # fmt: skip


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    return dict(json.loads(STORED.read_text()))


EFFECTS = [(name, term) for name in OUTCOMES for term in TOLD]


@pytest.mark.parametrize("way", ["weighted", "all reached"])
@pytest.mark.parametrize(("name", "term"), EFFECTS)
def test_those_with_all_answers_weighted_and_all_people_reached_show_no_bias(
    stored: dict[str, Any], name: str, term: str, way: str
) -> None:
    """Within two Monte Carlo errors."""
    row = stored["effects"][name][term]
    assert abs(row[way]) <= 2 * row[f"{way}, monte_carlo_error"]


@pytest.mark.parametrize("name", OUTCOMES)
def test_imputing_draws_indirect_effects_6_percent_toward_zero_at_most(
    stored: dict[str, Any], name: str
) -> None:
    """A limit of the method: known, and no larger than stated."""
    row = stored["effects"][name]["indirect"]
    share = -row["imputed less all reached"] / row["truth"]
    assert 0.0 < share < 0.06


def test_a_collaborative_made_now_lies_where_the_stored_ones_do(stored: dict[str, Any]) -> None:
    assert stored["sets"] >= SETS
    found = one(0)
    for name, term in EFFECTS:
        row = stored["effects"][name][term]
        for way in WAYS[:3]:
            spread = row[f"{way}, monte_carlo_error"] * np.sqrt(stored["sets"])
            assert abs(found[way][name][term] - row["truth"]) < 4.5 * spread


def run(sets: int) -> None:
    """Store after every 25 sets."""
    found = []
    for number in range(sets):
        found.append(one(number))
        if number % 25 == 24 or number + 1 == sets:
            STORED.write_text(json.dumps(summarized(found), indent=1) + "\n")


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else SETS)
