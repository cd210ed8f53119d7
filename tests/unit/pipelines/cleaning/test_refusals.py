"""Whole-row refusal: the right file, row, column and reason, and what falls with a row."""

from __future__ import annotations

import copy
from typing import Any

import polars as pl
import pytest

from pipelines.cleaning.clean import Known
from pipelines.cleaning.crosswalk import Crosswalk
from pipelines.cleaning.refuse import CleaningError
from pipelines.sources.extract import ExtractError, Refusal

MARK = "QZX7731"


def test_a_clean_delivery_is_kept_whole(world: Any, refused: Any) -> None:
    cleaned = world.run(
        programs=[world.program("A")],
        people=[world.person("1"), world.person("2"), world.wave("1")],
        diary=[world.evening("1", "2026-07-06 21:00:00")],
        ties=[{"giver": "1", "receiver": "2"}],
        justice=[{"id": "1", "happened": "2026-05-05", "what": "arrest"}],
    )
    assert refused(cleaned) == []
    assert cleaned.accounts["rows_in"].to_list() == cleaned.accounts["rows_kept"].to_list() == [1, 3, 1, 1, 1]


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"sex": "3"}, "sex", "unknown_code"),
        ({"age": "old"}, "age", "not_a_number"),
        ({"age": "-4"}, "age", "out_of_range"),
        ({"age": "121"}, "age", "out_of_range"),
        ({"id": ""}, "id", "missing_key"),
        ({"id": "  "}, "id", "missing_key"),
        ({"program": ""}, "program", "missing_required"),
        ({"program": "Z"}, "program", "unknown_program"),
        ({"entry": "2026-02-30"}, "entry", "impossible_date"),
        ({"entry": "April"}, "entry", "not_a_date"),
        ({"exit": "2026-03-31"}, "exit", "impossible_date"),
        ({"kind": "ghost"}, "kind", "feeds_no_table"),
        ({"kind": ""}, "kind", "feeds_no_table"),
    ],
)
def test_each_defect_of_a_persons_row_is_refused_by_name(
    world: Any, refused: Any, cells: dict[str, str], column: str, reason: str
) -> None:
    rows = [world.person("1"), world.person("2", **cells)]
    cleaned = world.run(programs=[world.program("A")], people=rows)
    assert refused(cleaned) == [("people.csv", 2, column, reason)]
    assert cleaned.tables["participants"].height == cleaned.tables["episodes"].height == 1


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"wave": "9"}, "wave", "unknown_code"),
        ({"abstinent": "31"}, "abstinent", "out_of_range"),
        ({"abstinent": "2.5"}, "abstinent", "not_a_whole_number"),
        ({"k6_4": "5"}, "k6_4", "out_of_range"),
        ({"k6_4": "often"}, "k6_4", "not_a_number"),
        ({"voted_then": "2"}, "voted_then", "unknown_code"),
        ({"voted_now": "2"}, "voted_now", "unknown_code"),
        ({"id": "404"}, "id", "unknown_participant"),
    ],
)
def test_one_bad_answer_refuses_the_row_for_every_table(
    world: Any, refused: Any, cells: dict[str, str], column: str, reason: str
) -> None:
    people = [world.person("1"), world.wave("1", **cells)]
    cleaned = world.run(programs=[world.program("A")], people=people)
    assert refused(cleaned) == [("people.csv", 2, column, reason)]
    for table in ("assessments", "assessment_items", "civic_items", "missing_answers"):
        assert cleaned.tables[table].height == 0


def test_every_bad_cell_of_a_row_is_named_and_the_row_counts_once(world: Any, refused: Any) -> None:
    cleaned = world.run(programs=[world.program("A")], people=[world.person("1", sex="3", age="x")])
    assert refused(cleaned) == [
        ("people.csv", 1, "age", "not_a_number"),
        ("people.csv", 1, "sex", "unknown_code"),
    ]
    assert cleaned.accounts.row(1) == ("site", "people.csv", 1, 0, 1)


def test_a_program_in_a_county_that_does_not_exist_takes_its_people_along(world: Any, refused: Any) -> None:
    cleaned = world.run(
        programs=[world.program("A", county="99999")],
        people=[world.person("1"), world.wave("1")],
        diary=[world.evening("1", "2026-07-06 21:00:00")],
    )
    assert refused(cleaned) == [
        ("diary.csv", 1, "id", "unknown_participant"),
        ("people.csv", 1, "program", "unknown_program"),
        ("people.csv", 2, "id", "unknown_participant"),
        ("programs.csv", 1, "county", "unknown_county"),
    ]
    assert all(frame.height == 0 for frame in cleaned.tables.values())
    assert cleaned.crosswalk.frame.height == 0


def test_a_refused_participant_refuses_all_that_point_to_them(world: Any, refused: Any) -> None:
    cleaned = world.run(
        programs=[world.program("A")],
        people=[world.person("1", sex="3"), world.person("2"), world.wave("1")],
        diary=[world.evening("1", "2026-07-06 21:00:00")],
        ties=[{"giver": "2", "receiver": "1"}, {"giver": "1", "receiver": "2"}],
        justice=[{"id": "1", "happened": "2026-05-05", "what": "arrest"}],
    )
    assert refused(cleaned) == [
        ("diary.csv", 1, "id", "unknown_participant"),
        ("justice.csv", 1, "id", "unknown_participant"),
        ("people.csv", 1, "sex", "unknown_code"),
        ("people.csv", 3, "id", "unknown_participant"),
        ("ties.csv", 1, "receiver", "unknown_participant"),
        ("ties.csv", 2, "giver", "unknown_participant"),
    ]


def test_the_first_of_two_rows_with_a_key_wins_and_the_later_one_names_it(world: Any, refused: Any) -> None:
    rows = [world.person("1"), world.person("2"), world.person("1", sex="2", entry="2026-04-09")]
    cleaned = world.run(programs=[world.program("A")], people=rows)
    assert refused(cleaned) == [("people.csv", 3, "id", "duplicate_key")]
    assert (
        cleaned.quarantine["expected"][0]
        == "one row for each participant_id; row 1 of people.csv has the same"
    )
    assert cleaned.tables["participants"]["sex"].to_list() == ["female", "female"]


def test_a_refused_row_does_not_stand_in_the_way_of_a_good_one_with_its_key(world: Any, refused: Any) -> None:
    rows = [world.person("1", sex="3"), world.person("1")]
    cleaned = world.run(programs=[world.program("A")], people=rows)
    assert refused(cleaned) == [("people.csv", 1, "sex", "unknown_code")]
    assert cleaned.tables["participants"].height == 1


def test_two_answers_of_one_evening_are_one_too_many(world: Any, refused: Any) -> None:
    cleaned = world.run(
        programs=[world.program("A")],
        people=[world.person("1")],
        diary=[world.evening("1", "2026-07-06 21:00:00"), world.evening("1", "2026-07-07 00:30:00")],
    )
    assert refused(cleaned) == [("diary.csv", 2, "at", "duplicate_key")]


def test_files_of_one_declaration_are_read_in_order(world: Any) -> None:
    files = [world.extract(f"part{i}.csv", [world.person("1", sex=str(i))]) for i in (1, 2)]
    programs = [world.extract("programs.csv", [world.program("A")])]
    cleaned = world.clean(extracts={("site", "programs"): programs, ("site", "people"): files})
    assert cleaned.quarantine.select("file", "reason").unique().rows() == [("part2.csv", "duplicate_key")]
    assert cleaned.accounts["file"].to_list() == ["programs.csv", "part1.csv", "part2.csv"]


def test_what_earlier_deliveries_introduced_may_be_pointed_to(world: Any, refused: Any) -> None:
    first = world.run(programs=[world.program("A")], people=[world.person("1"), world.person("2", sex="3")])
    known = Known(
        participant_ids=frozenset(first.tables["participants"]["participant_id"]),
        program_ids=frozenset(first.tables["programs"]["program_id"]),
    )
    later = world.run(
        people=[world.person("3"), world.wave("1"), world.wave("2")], crosswalk=first.crosswalk, known=known
    )
    assert refused(later) == [("people.csv", 3, "id", "unknown_participant")]
    assert later.tables["assessments"]["assessment_day"].to_list() == [2]
    unknown = world.run(people=[world.wave("1")], crosswalk=first.crosswalk)
    assert refused(unknown) == [("people.csv", 1, "id", "unknown_participant")]


def test_an_id_that_was_drawn_does_not_by_itself_make_a_participant(world: Any, refused: Any) -> None:
    drawn, _ = Crosswalk().ids_for("participant_id", "site_people", pl.Series(["1"]))
    cleaned = world.run(people=[world.wave("1")], crosswalk=drawn)
    assert refused(cleaned) == [("people.csv", 1, "id", "unknown_participant")]


def test_a_row_that_the_adapter_refused_is_quarantined_for_its_reason_alone(world: Any, refused: Any) -> None:
    preview = Refusal(
        file="diary.csv", row=2, column="Status", reason="survey_preview", expected="an answer", advice="None"
    )
    rows = [world.evening("1", "2026-07-06 21:00:00"), world.evening("", "nonsense", identity="x")]
    cleaned = world.run(
        programs=[world.program("A")],
        people=[world.person("1")],
        diary=world.extract("diary.csv", rows, refusals=(preview,)),
    )
    assert refused(cleaned) == [("diary.csv", 2, "Status", "survey_preview")]
    assert cleaned.accounts.row(2) == ("site", "diary.csv", 2, 1, 1)


def test_a_code_outside_the_data_dictionary_refuses_the_row(world: Any, refused: Any) -> None:
    people = world.extract(
        "people.csv",
        [world.person("1"), world.wave("1", k6_2="4"), world.wave("1", wave="6", k6_2="-9")],
        allowed={"k6_2": frozenset("0123"), "sex": frozenset("12")},
    )
    cleaned = world.run(programs=[world.program("A")], people=people)
    assert refused(cleaned) == [("people.csv", 2, "k6_2", "unknown_code")]


def test_someone_without_day_0_has_no_days(world: Any, refused: Any) -> None:
    spec = copy.deepcopy(world.spec)
    del spec["files"][1]["feeds"][0]["origin"]
    people = [world.person("1"), world.wave("1")]
    cleaned = world.run(spec=spec, programs=[world.program("A")], people=people)
    assert refused(cleaned) == [
        ("people.csv", 1, "entry", "no_origin_date"),
        ("people.csv", 2, "seen", "no_origin_date"),
    ]


def test_an_event_after_the_last_day_that_the_extract_covers_is_impossible(world: Any, refused: Any) -> None:
    spec = copy.deepcopy(world.spec)
    spec["files"][4]["feeds"][0]["columns"]["extract_day"] = {"constant": "2026-05-01", "date": "%Y-%m-%d"}
    cleaned = world.run(
        spec=spec,
        programs=[world.program("A")],
        people=[world.person("1")],
        justice=[{"id": "1", "happened": "2026-05-05", "what": "arrest"}],
    )
    assert refused(cleaned) == [("justice.csv", 1, "happened", "impossible_date")]


def test_no_refusal_says_what_a_person_answered(world: Any) -> None:
    cells = ("sex", "age", "program", "entry", "exit", "kind")
    people = [world.person(f"{MARK}{i}", **{cell: MARK}) for i, cell in enumerate(cells)]
    people += [world.person(MARK), world.person(MARK)]
    people += [
        world.wave(MARK, **{cell: MARK}) for cell in ("wave", "abstinent", "seen", "k6_1", "voted_then")
    ]
    cleaned = world.run(
        programs=[world.program("A"), world.program("B", county=MARK), world.program("C", kind=MARK)],
        people=people,
        diary=[world.evening(MARK, MARK), world.evening(MARK, "2026-07-06 21:00:00", identity=MARK)],
        ties=[{"giver": MARK, "receiver": f"{MARK}9"}],
        justice=[{"id": MARK, "happened": MARK, "what": MARK}],
    )
    assert cleaned.quarantine.height > 15
    said = cleaned.quarantine.drop("row_values")
    assert MARK not in said.write_csv()
    assert all(MARK in values for values in cleaned.quarantine["row_values"])
    assert all(MARK not in frame.write_csv() for frame in cleaned.tables.values())


def test_the_quarantine_keeps_the_row_as_delivered(world: Any) -> None:
    cleaned = world.run(programs=[world.program("A", title=" Harbor ", kind="?")])
    assert cleaned.quarantine["row_values"].to_list() == [
        '{"code":"A","title":" Harbor ","kind":"?","county":"29510"}'
    ]


def test_a_declared_column_that_is_not_there_is_an_error_that_names_it(world: Any) -> None:
    rows = [{k: v for k, v in world.program(MARK).items() if k != "title"}]
    with pytest.raises(ExtractError, match=r"programs.csv, column \[title\]") as caught:
        world.run(programs=rows)
    assert MARK not in str(caught.value)


def with_feed(world: Any, file: int, feed: int, **changed: Any) -> dict[str, Any]:
    spec = copy.deepcopy(world.spec)
    spec["files"][file]["feeds"][feed].update(changed)
    return spec


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"wave": "7"}, "wave"),
        ({"kind": "wav"}, "kind"),
        ({"kind": "wav", "wave": "7"}, "kind"),  # the feed of people looks at the kind alone, and is closer
    ],
)
def test_a_row_that_no_feed_takes_is_blamed_on_the_cell_that_is_most_likely_wrong(
    world: Any, refused: Any, cells: dict[str, str], column: str
) -> None:
    spec = with_feed(world, 1, 2, where={"kind": ["wave"], "wave": ["0", "6"]})
    people = [world.person("1"), world.wave("1", **cells)]
    cleaned = world.run(spec=spec, programs=[world.program("A")], people=people)
    assert refused(cleaned) == [("people.csv", 2, column, "feeds_no_table")]


def test_entries_of_each_with_one_key_are_an_error_of_the_declaration(world: Any) -> None:
    entry = {"columns": {"period": {"constant": "recovery"}, "answer": "voted_now"}}
    spec = with_feed(world, 1, 3, each=[entry, entry])
    with pytest.raises(CleaningError, match="the same key") as caught:
        world.run(spec=spec, programs=[world.program("A")], people=[world.person(MARK), world.wave(MARK)])
    assert MARK not in str(caught.value)


def test_entries_of_each_with_one_key_by_the_files_own_cells_refuse_the_row(world: Any, refused: Any) -> None:
    shared = {"wave": {"constant": "baseline"}, "giver_id": "giver", "support_kind": {"constant": "social"}}
    each = [{"columns": {"receiver_id": "receiver"}}, {"columns": {"receiver_id": "other"}}]
    spec = with_feed(world, 3, 0, columns=shared, each=each)
    ties = [{"giver": "1", "receiver": "2", "other": "2"}, {"giver": "2", "receiver": "1", "other": "3"}]
    cleaned = world.run(
        spec=spec, programs=[world.program("A")], people=[world.person(i) for i in "123"], ties=ties
    )
    assert [r[:2] + r[3:] for r in refused(cleaned)] == [("ties.csv", 1, "duplicate_key")] * len(
        refused(cleaned)
    )
    assert cleaned.tables["support_ties"].height == 2


@pytest.mark.parametrize(
    ("file", "feed", "changed", "message"),
    [
        (1, 2, {"origin": {"from": "seen", "date": "%Y-%m-%d"}}, "only the feed of participants"),
        (1, 2, {"columns": {"participant_id": "id"}}, "needs"),
        (1, 2, {"each": [{"columns": {"sos": "k6_1"}}]}, "cannot be combined"),
        (1, 2, {"items": {"asi_legal": "k6_{n}"}}, "is delivered"),
        (1, 2, {"items": {"barc10": "k6_{n}"}}, r"no column for item 7 of \[barc10\]"),
        (1, 0, {"columns": {"participant_id": "id", "nonsense": "sex"}}, r"no variable \[nonsense\]"),
    ],
)
def test_a_declaration_that_cannot_be_followed_is_an_error(
    world: Any, file: int, feed: int, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(CleaningError, match=message):
        world.run(
            spec=with_feed(world, file, feed, **changed),
            programs=[world.program("A")],
            people=[world.person("1"), world.wave("1")],
        )


def test_an_extract_that_no_declaration_names_is_an_error(world: Any) -> None:
    with pytest.raises(CleaningError, match="no declaration names"):
        world.run(surprise=[{"a": "1"}])
