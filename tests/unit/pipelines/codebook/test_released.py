"""What reaches researchers, guarded on the real codebook."""

from __future__ import annotations

import pytest

from pipelines.codebook import Codebook, Table, load_codebook
from pipelines.codebook.bounds import bounds
from pipelines.codebook.released import not_null, primary_key, released_tables, released_variables
from pipelines.codebook.spec import Variable


def test_no_identifying_or_restricted_variable_reaches_the_release() -> None:
    codebook = load_codebook()
    private = {name for name, v in codebook.variables.items() if v.sensitivity != "public"}
    assert "evening_day" in private
    for table in released_tables(codebook):
        assert not private & {v.name for v in released_variables(codebook, table)}, table.full_name


KEPT_BACK = {"core.support_ties"}


def test_all_is_released_but_the_restricted_layer_and_tables_that_say_why_not() -> None:
    codebook = load_codebook()
    released = {table.full_name for table in released_tables(codebook)}
    restricted = {table.full_name for table in codebook.tables_in("restricted")}
    assert set(codebook.tables) - released == restricted | KEPT_BACK
    for name in KEPT_BACK:
        warnings = codebook.table(name).usage_warnings
        assert [text for text in warnings if text.startswith("Not released. ")], name


def test_no_description_label_or_warning_of_the_real_codebook_is_empty() -> None:
    codebook = load_codebook()
    texts = {
        **{
            name: [v.label, v.description, *(v.values or {}).values()]
            for name, v in codebook.variables.items()
        },
        **{name: [t.label, t.description, *t.usage_warnings] for name, t in codebook.tables.items()},
        **{
            name: [i.label, i.description, i.citation, i.licence, *(item.topic for item in i.items)]
            for name, i in codebook.instruments.items()
        },
        **{
            name: [a.label, a.question, a.estimand, a.method, a.not_said]
            for name, a in codebook.analyses.items()
        },
    }
    unsaid = [n for n, found in texts.items() if any(not t.strip() or "TODO" in t for t in found)]
    assert not unsaid


def test_every_released_table_of_the_real_codebook_keeps_its_key_and_loses_its_delivery() -> None:
    codebook = load_codebook()
    for table in released_tables(codebook):
        names = [variable.name for variable in released_variables(codebook, table)]
        assert set(primary_key(table, released=True)) <= set(names)
        assert ("delivered_quarter" in names) == (
            "delivered_quarter" in table.variables and not table.partitioned
        )
        assert ("source" in names) == ("source" in table.variables)


def test_a_working_key_holds_the_delivery_once(small: Codebook) -> None:
    table = small.table("core.assessments")
    assert primary_key(table, released=False) == ["participant_id", "wave", "delivered_quarter"]
    assert primary_key(table, released=True) == ["participant_id", "wave"]


def test_a_required_value_that_may_be_withheld_may_be_null_in_the_release_only() -> None:
    codebook = load_codebook()
    table = codebook.table("core.episodes")
    withheld = {v.name for v in codebook.variables_of(table) if v.quasi_identifying} & set(table.required)
    assert withheld, "episodes require a quasi-identifying variable"
    assert withheld <= set(not_null(codebook, table, released=False))
    assert not withheld & set(not_null(codebook, table, released=True))
    programs = codebook.table("core.programs")
    assert "program_id" in not_null(codebook, programs, released=True), "a key is never withheld"


def test_a_released_table_whose_key_is_private_is_refused(small: Codebook) -> None:
    crosswalk = small.table("restricted.crosswalk")
    fields = {name: getattr(crosswalk, name) for name in Table.model_fields} | {"released": True}
    with pytest.raises(ValueError, match="identifier"):
        released_variables(small, Table(**fields))


def test_the_release_says_how_it_rounds_and_the_working_table_is_exact(small: Codebook) -> None:
    table = small.table("core.assessments")
    said = {v.name: v.description for v in released_variables(small, table)}
    assert said["barc10"] == "What barc10 is. In the release it is rounded to 1 decimal."
    assert small.variable(table, "barc10").description == "What barc10 is."


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"type": "text", "release_step": 5.0}, "only a number has a release_step"),
        ({"type": "number", "release_step": 5.0, "release_decimals": 1}, "not to both"),
        ({"type": "integer", "release_decimals": 1}, "only a number with a fraction"),
        ({"type": "integer", "release_step": 2.5}, "needs a whole release_step"),
        ({"type": "integer", "release_step": 5.0, "minimum": 18.0}, "pass its minimum"),
    ],
)
def test_a_rounding_that_cannot_hold_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Variable.model_validate({"name": "n", "label": "N", "description": "N.", **fields})


def test_whatever_adds_up_to_a_date_or_an_age_is_rounded_in_the_release() -> None:
    codebook = load_codebook()
    steps = {name: v.release_step for name, v in codebook.variables.items() if v.release_step is not None}
    ages = {"onset_age": 5, "recovery_age": 5, "exposure_years": 5}
    assert steps == {"extract_day": 91, "day_observed": 91, **ages}
    assert codebook.table("core.justice_events").released_until == {"event_day": "extract_day"}


def test_every_score_that_is_made_or_delivered_is_rounded_in_the_release() -> None:
    codebook = load_codebook()
    scores = {instrument.score for instrument in codebook.instruments.values()} & set(
        codebook.table("core.assessments").variables
    )
    assert len(scores) > 15
    assert all(codebook.variables[name].release_decimals is not None for name in scores)


def test_bounds_before_banding_are_not_bounds_of_the_column() -> None:
    banded = Variable(
        name="age_band", type="category", label="Age", description="Age.", values={"young": "Young"},
        bands=[0.0], minimum=0, maximum=120,
    )  # fmt: skip
    assert bounds(banded) == (None, None)
    number = Variable(name="score", type="number", label="Score", description="Score.", minimum=0)
    assert bounds(number) == (0, None)
