"""Who is in which house at a wave, and which reports of help are ties."""

import polars as pl
import pytest

from models.network.tie_tables import LEFT_OUT, Ties, networks
from tests.unit.models.network.worlds import WAVE, frames

PEOPLE = [("a", "H1", 0), ("b", "H1", 10), ("c", "H1", 20), ("d", "H2", 5), ("e", "H2", 6), ("f", "H1", 7)]


def _networks(tables: dict[str, pl.DataFrame], *, dated: bool = True) -> Ties:
    core = ("participants", "episodes", "programs", "assessments", "support_ties")
    return networks(*(tables[name] for name in core), origins=tables["origins"] if dated else None)


def _named(tables: dict[str, pl.DataFrame]) -> set[tuple[str, str]]:
    made = _networks(tables)
    people = made.people.to_list()
    return {(people[g], people[r]) for g, r in zip(made.giver, made.receiver, strict=True)}


def test_ties_are_among_people_of_one_house_who_were_both_interviewed() -> None:
    ties = [("a", "b"), ("b", "a"), ("d", "e"), ("a", "d"), ("f", "a"), ("c", "c"), ("z", "a"), ("a", "f")]
    tables = frames(PEOPLE, ties, missing=["f"])
    made = _networks(tables)
    assert _named(tables) == {("a", "b"), ("b", "a"), ("d", "e")}
    assert made.left_out[WAVE] == {
        "reports_to_oneself": 1, "reports_of_unknown_people": 1, "reports_without_interview": 1,
        "reports_between_houses": 1, "reports_of_people_not_interviewed": 1,
    }  # fmt: skip
    assert set(made.left_out[WAVE]) == set(LEFT_OUT)
    assert made.size.tolist() == [3, 2]
    assert made.due.tolist() == [4, 2]


def test_a_tie_counts_once_however_many_kinds_of_help_there_were() -> None:
    tables = frames(PEOPLE, [("a", "b")])
    again = tables["support_ties"].with_columns(support_kind=pl.lit("practical"))
    tables["support_ties"] = pl.concat([tables["support_ties"], again])
    assert len(_networks(tables).giver) == 1


def test_a_person_is_in_the_house_of_the_last_stay_begun_by_the_interview() -> None:
    tables = frames(PEOPLE, [("d", "a")])
    moved = pl.DataFrame(
        [("a-2", "a", "H2", 150, None), ("b-2", "b", "H2", 190, None)], orient="row",
        schema=tables["episodes"].schema,
    )  # fmt: skip
    tables["episodes"] = pl.concat([tables["episodes"], moved])
    assert _named(tables) == {("d", "a")}


def test_days_are_counted_on_one_calendar_and_unknown_without_it() -> None:
    made = _networks(frames(PEOPLE, []))
    days = dict(zip(made.people.to_list(), made.entered, strict=True))
    assert days["b"] - days["a"] == 10.0
    assert made.dated
    assert not _networks(frames(PEOPLE, []), dated=False).dated


def test_an_open_stay_never_ends_and_the_dead_are_not_due() -> None:
    tables = frames(PEOPLE, [])
    tables["episodes"] = tables["episodes"].with_columns(exit_day=pl.lit(None, dtype=pl.Int64))
    dead = pl.col("participant_id") == "c"
    tables["assessments"] = tables["assessments"].with_columns(
        followup_status=pl.when(dead).then(pl.lit("deceased")).otherwise("followup_status")
    )
    made = _networks(tables)
    assert (made.left == float("inf")).all()
    assert made.due.tolist() == [3, 2]
    assert "c" not in made.people


def test_a_program_that_nobody_knows_has_no_house() -> None:
    tables = frames(PEOPLE, [("d", "e")])
    tables["programs"] = tables["programs"].filter(pl.col("program_id") == "H1")
    made = _networks(tables)
    assert made.programs == ("H1",)
    assert made.left_out[WAVE]["reports_of_unknown_people"] == 1


@pytest.mark.parametrize("table", ["participants", "episodes", "programs", "assessments", "support_ties"])
def test_a_table_with_a_key_twice_or_a_column_too_few_is_refused_by_name(table: str) -> None:
    tables = frames(PEOPLE, [("a", "b")])
    whole = tables[table]
    tables[table] = pl.concat([whole, whole])
    with pytest.raises(ValueError, match=table):
        _networks(tables)
    tables[table] = whole.drop(whole.columns[0])
    with pytest.raises(ValueError, match=table):
        _networks(tables)
