"""Which people an analysis by program model speaks of, and what each recipe reads."""

from __future__ import annotations

import polars as pl
import pytest

from models.estimate import Findings
from pipelines.analyses import analyse, asked_of, run_together
from pipelines.asked import Asked, Recipe
from pipelines.codebook import Codebook
from pipelines.recipes import RECIPES, TOGETHER, program_models

PROGRAMS = pl.DataFrame(
    {"program_id": ["A", "B", "C", "D"], "model": ["social", "social", "clinical", None]},
    schema={"program_id": pl.String, "model": pl.String},
)


def stays(*said: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        said, schema={"participant_id": pl.String, "program_id": pl.String}, orient="row"
    ).with_columns(entry_day=pl.lit(0))


def test_a_person_whose_stays_were_all_in_programs_of_one_model_is_of_that_model():
    found = program_models(stays(("P1", "A"), ("P1", "B"), ("P2", "C")), PROGRAMS)
    assert found.rows() == [("P1", "social"), ("P2", "clinical")]


def test_a_person_with_stays_in_programs_of_two_models_is_of_none():
    assert program_models(stays(("P1", "A"), ("P1", "C"), ("P2", "C")), PROGRAMS).rows() == [
        ("P2", "clinical")
    ]


def test_a_program_without_a_model_or_unknown_puts_nobody_into_a_part():
    assert program_models(stays(("P1", "D"), ("P2", "E"), ("P3", "A"), ("P3", "D")), PROGRAMS).is_empty()


def test_every_table_that_a_recipe_reads_is_in_the_codebook(codebook: Codebook):
    for name, recipe in RECIPES.items():
        assert recipe.reads["participants"] == "core.participants", name
        assert set(recipe.reads.values()) <= set(codebook.tables), name
    assert [name for name, recipe in RECIPES.items() if "diary_sums" in recipe.reads] == ["W1", "W2"]


def test_first_use_after_detoxification_is_asked_only_where_people_were_linked_to_care_or_not(
    codebook: Codebook, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []

    def run(one: Asked) -> Findings:
        asked.append(one.population)
        return Findings(analysis="A1", estimates=(), curves=(), diagnostics=())

    recipe = RECIPES["A1"]
    monkeypatch.setitem(RECIPES, "A1", Recipe(tables=recipe.tables, run=run, where=recipe.where))
    people = pl.DataFrame({"participant_id": ["P1", "P2", "P3"], "population": ["trial", "trial", "other"]})
    times = pl.DataFrame({
        "participant_id": ["P1", "P2", "P3"],
        "outcome": ["first_use", "link_to_primary_care", "first_use"],
    })  # fmt: skip
    tables = {"outcome_times": times, "participants": people, "assessments": people}
    analyse("A1", asked_of("A1", tables, codebook, quarter="2026Q3"))
    assert asked == ["trial"]


def test_every_analysis_is_run_once_and_those_run_together_read_the_same_tables():
    assert sorted(name for names in run_together() for name in names) == sorted(RECIPES)
    for names in TOGETHER:
        assert len({(RECIPES[name].tables, RECIPES[name].sums) for name in names}) == 1
        assert all(RECIPES[name].where is None for name in names)
