"""What a cleaning makes: tables of the codebook, days, ids, scores, evenings, reasons."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from pipelines.cleaning.clean import Known
from pipelines.codebook.to_polars import enforce, schema


def delivery(world: Any, **changed: Any) -> dict[str, Any]:
    files = {
        "programs": [world.program("A"), world.program("B", kind="C")],
        "people": [
            world.person("1", exit="2026-05-01"),
            world.person("2", entry="2026-04-11", program="B", sex="2"),
            world.wave("1", k6_3="", abstinent="-9"),
            world.wave("2", voted_then="-8", voted_now="", seen="2026-04-01"),
        ],
        "diary": [
            world.evening("1", "2026-07-06 21:00:00"),
            world.evening("1", "2026-07-09 01:30:00", meaning=""),
        ],
        "ties": [{"giver": "1", "receiver": "2"}],
        "justice": [{"id": "1", "happened": "2026-03-05", "what": "arrest"}],
    }
    return files | changed


def ids(cleaned: Any) -> dict[str, str]:
    """Random participant id by delivered identifier."""
    return dict(cleaned.crosswalk.of("participant_id").select("identifier", "random_id").iter_rows())


def rows(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return frame.select(columns).rows()


def test_every_core_table_is_there_and_as_the_codebook_says(world: Any) -> None:
    for cleaned in (world.run(**delivery(world)), world.run()):
        for table in world.codebook.tables_in("core"):
            frame = cleaned.tables[table.name]
            assert frame.schema == schema(world.codebook, table)
            assert enforce(world.codebook, table, frame).equals(frame)
            assert frame.select(table.primary_key).is_unique().all()
            assert set(frame["delivered_quarter"]) <= {"2026Q3"}
        assert cleaned.quarantine.schema == schema(
            world.codebook, world.codebook.table("restricted.quarantine")
        )


def test_no_delivered_identifier_is_left_in_a_core_table(world: Any) -> None:
    people = [world.person("QZX1"), world.person("QZX2"), world.wave("QZX1")]
    diary = [world.evening("QZX1", "2026-07-06 21:00:00")]
    ties, justice = (
        [{"giver": "QZX1", "receiver": "QZX2"}],
        [{"id": "QZX1", "happened": "2026-05-05", "what": "death"}],
    )
    cleaned = world.run(**delivery(world, people=people, diary=diary, ties=ties, justice=justice))
    for frame in cleaned.tables.values():
        assert "QZX" not in frame.write_csv()
        assert "\x1f" not in frame.write_csv()
    assert cleaned.tables["support_ties"].height == cleaned.tables["justice_events"].height == 1


def test_the_order_of_a_table_does_not_tell_the_order_of_the_file(world: Any) -> None:
    people = [world.person(str(i)) for i in range(50)]
    cleaned = world.run(**delivery(world, people=people, diary=[], ties=[], justice=[]))
    found = cleaned.tables["participants"]["participant_id"].to_list()
    assert found == sorted(found)


def test_giver_and_receiver_have_the_ids_of_participants(world: Any) -> None:
    cleaned = world.run(**delivery(world))
    who = ids(cleaned)
    assert rows(cleaned.tables["support_ties"], "giver_id", "receiver_id") == [(who["1"], who["2"])]
    assert set(cleaned.crosswalk.frame["variable"]) == {"participant_id", "episode_id", "event_id"}


def test_dates_become_days_since_the_participants_own_day_0(world: Any) -> None:
    cleaned = world.run(**delivery(world))
    who = ids(cleaned)
    assessed = dict(rows(cleaned.tables["assessments"], "participant_id", "assessment_day"))
    assert assessed == {who["1"]: 2, who["2"]: -10}
    assert rows(cleaned.tables["justice_events"], "event_day", "extract_day") == [(-27, 182)]


def test_a_stay_is_counted_from_entry_to_exit_and_open_without_one(world: Any) -> None:
    cleaned = world.run(**delivery(world))
    who = ids(cleaned)
    stays = {
        r[0]: r[1:]
        for r in rows(cleaned.tables["episodes"], "participant_id", "entry_day", "exit_day", "stay_days")
    }
    assert stays == {who["1"]: (0, 30, 30), who["2"]: (0, None, None)}


def test_cleaning_the_same_delivery_again_changes_nothing(world: Any) -> None:
    first = world.run(**delivery(world), seed=1)
    again = world.run(**delivery(world), crosswalk=first.crosswalk, seed=2)
    assert again.crosswalk.frame.equals(first.crosswalk.frame)
    for name, frame in first.tables.items():
        assert again.tables[name].equals(frame), name
    assert again.quarantine.equals(first.quarantine)
    assert again.accounts.equals(first.accounts)


def test_a_later_delivery_keeps_ids_and_never_moves_day_0(world: Any) -> None:
    first = world.run(**delivery(world))
    moved = [world.person("1", entry="2026-04-21"), world.person("3"), world.wave("1", seen="2026-04-21")]
    later = world.run(**delivery(world, people=moved, ties=[]), crosswalk=first.crosswalk, quarter="2026Q4")
    assert ids(later).items() >= ids(first).items()
    before, after = (
        dict(rows(c.crosswalk.of("participant_id"), "identifier", "origin_date")) for c in (first, later)
    )
    assert before["1"] == after["1"] == date(2026, 4, 1)
    assert rows(later.tables["assessments"], "assessment_day") == [(20,)]


def test_a_stay_delivered_again_keeps_its_id_when_it_ends(world: Any) -> None:
    first = world.run(**delivery(world, people=[world.person("1")], ties=[]))
    ended = [world.person("1", exit="2026-06-01")]
    later = world.run(**delivery(world, people=ended, ties=[]), crosswalk=first.crosswalk)
    assert rows(first.tables["episodes"], "episode_id") == rows(later.tables["episodes"], "episode_id")
    assert rows(later.tables["episodes"], "stay_days") == [(61,)]


def test_day_0_is_that_of_the_row_that_is_kept(world: Any) -> None:
    people = [world.person("1", sex="9", entry="2026-01-01"), world.person("1"), world.wave("1")]
    cleaned = world.run(**delivery(world, people=people, ties=[]))
    assert rows(cleaned.tables["assessments"], "assessment_day") == [(2,)]


def test_a_refused_participant_gets_no_id(world: Any) -> None:
    cleaned = world.run(**delivery(world, people=[world.person("1"), world.person("2", sex="9")], ties=[]))
    assert list(ids(cleaned)) == ["1"]


def test_answers_are_kept_and_scored_with_prorating(world: Any) -> None:
    cleaned = world.run(**delivery(world))
    who = ids(cleaned)
    scores = dict(rows(cleaned.tables["assessments"], "participant_id", "k6"))
    assert scores == {who["1"]: pytest.approx(12.0), who["2"]: pytest.approx(12.0)}
    items = cleaned.tables["assessment_items"].filter(pl.col("participant_id") == who["1"])
    assert rows(items, "item", "answer", "missing_reason") == [
        (f"k6_{i}", None if i == 3 else 2.0, "not_answered" if i == 3 else None) for i in range(1, 7)
    ]


def test_an_instrument_that_was_not_given_has_no_items_and_no_score(world: Any) -> None:
    nothing = {f"k6_{i}": "" for i in range(1, 7)}
    people = [world.person("1"), world.wave("1", **nothing)]
    cleaned = world.run(**delivery(world, people=people, ties=[]))
    assert cleaned.tables["assessment_items"].height == 0
    assert cleaned.tables["assessments"]["k6"].to_list() == [None]


def test_missing_codes_and_blanks_leave_their_reasons(world: Any) -> None:
    cleaned = world.run(**delivery(world))
    who = {v: k for k, v in ids(cleaned).items()}
    found = cleaned.tables["missing_answers"].with_columns(pl.col("participant_id").replace_strict(who))
    columns = ("table_name", "participant_id", "occasion", "variable_name", "missing_reason")
    assert sorted(rows(found, *columns)) == [
        ("assessment_items", "1", "baseline k6_3", "answer", "not_answered"),
        ("assessments", "1", "baseline", "abstinent_days_30", "refused"),
        ("civic_items", "2", "voted active_addiction", "answer", "not_asked"),
        ("diary_days", "1", "3", "meaningfulness", "not_answered"),
    ]
    civic = cleaned.tables["civic_items"].filter(pl.col("answer").is_null())
    assert rows(civic, "period", "missing_reason") == [("active_addiction", "not_asked")]


def test_a_reason_in_a_table_of_one_row_a_person_is_given_once(world: Any) -> None:
    people = [world.person("1", age="-9", exit="-8"), world.wave("1")]
    cleaned = world.run(**delivery(world, people=people, diary=[], ties=[]))
    stay = cleaned.tables["episodes"]["episode_id"][0]
    assert rows(
        cleaned.tables["missing_answers"], "table_name", "occasion", "variable_name", "missing_reason"
    ) == [
        ("episodes", stay, "exit_day", "not_asked"),
        ("participants", "once", "age_band", "refused"),
    ]


def test_an_entry_of_each_is_made_only_where_it_is_asked_for(world: Any) -> None:
    cleaned = world.run(**delivery(world))
    who = ids(cleaned)
    periods = cleaned.tables["civic_items"].filter(pl.col("participant_id") == who["2"])["period"].to_list()
    assert periods == ["active_addiction"]


def test_an_entry_of_each_may_replace_a_column_of_its_feed(world: Any) -> None:
    spec = copy.deepcopy(world.spec)
    feed = spec["files"][1]["feeds"][3]
    feed["columns"]["answer"] = "voted_then"
    feed["each"] = [
        {"columns": {"period": {"constant": "active_addiction"}}},
        {"columns": {"period": {"constant": "recovery"}, "answer": "voted_now"}},
    ]
    cleaned = world.run(**delivery(world, people=[world.person("1"), world.wave("1")], ties=[]), spec=spec)
    assert rows(cleaned.tables["civic_items"], "period", "answer") == [
        ("active_addiction", False),
        ("recovery", True),
    ]


def test_rows_of_a_file_can_be_numbered_people(world: Any) -> None:
    spec = copy.deepcopy(world.spec)
    spec["files"] = [
        {
            "name": "cohort",
            "shape": "delimited",
            "pattern": "cohort.csv",
            "feeds": [
                {"table": "participants", "columns": {"participant_id": "_row"}},
                {
                    "table": "justice_events",
                    "columns": {"participant_id": "_row", "extract_day": {"from": "months", "multiply": 30}},
                    "each": [
                        {
                            "columns": {
                                "justice_measure": {"constant": "release"},
                                "event_day": {"constant": 0},
                            }
                        },
                        {
                            "columns": {
                                "justice_measure": {"constant": "return_to_prison"},
                                "event_day": {"from": "months", "multiply": 30},
                            },
                            "only_if": {"returned": ["1"]},
                        },
                    ],
                },
            ],
        }
    ]
    cleaned = world.run(
        spec=spec, cohort=[{"months": "2", "returned": "1"}, {"months": "9", "returned": "0"}]
    )
    events = cleaned.tables["justice_events"]
    assert sorted(rows(events, "justice_measure", "event_day", "extract_day")) == [
        ("release", 0, 60), ("release", 0, 270), ("return_to_prison", 60, 60),
    ]  # fmt: skip
    assert events["event_id"].n_unique() == 3
    assert cleaned.tables["participants"]["population"].to_list() == ["site_people"] * 2


class TestDiary:
    def days(self, world: Any, diary: list[dict[str, str]], **more: Any) -> pl.DataFrame:
        people = [world.person("1"), world.person("2")]
        frame: pl.DataFrame = world.run(
            **delivery(world, people=people, diary=diary, ties=[]), **more
        ).tables["diary_days"]
        return frame

    def test_evenings_without_an_answer_are_rows(self, world: Any) -> None:
        diary = [
            world.evening("1", "2026-07-06 21:00:00"),
            world.evening("1", "2026-07-09 01:30:00", meaning=""),
        ]
        assert rows(self.days(world, diary), "day", "weekday", "response_status", "recovery_identity") == [
            (1, "monday", "answered", 80.0),
            (2, "tuesday", "no_response", None),
            (3, "wednesday", "partial", 80.0),
            (4, "thursday", "no_response", None),
        ]

    def test_a_questionnaire_left_blank_is_no_response(self, world: Any) -> None:
        diary = [world.evening("1", "2026-07-06 21:00:00", identity="", meaning="", meeting="")]
        assert self.days(world, diary)["response_status"].to_list() == ["no_response"] * 4
        cleaned = world.run(**delivery(world, people=[world.person("1")], diary=diary, ties=[]))
        assert cleaned.tables["missing_answers"].height == 0  # the status says it once for the evening

    @pytest.mark.parametrize("at", ["2026-07-05 21:00:00", "2026-07-06 03:59:00", "2026-07-10 21:00:00"])
    def test_an_answer_outside_the_diary_is_refused(self, world: Any, refused: Any, at: str) -> None:
        diary = [world.evening("1", "2026-07-06 21:00:00"), world.evening("1", at)]
        cleaned = world.run(**delivery(world, diary=diary))
        assert refused(cleaned) == [("diary.csv", 2, "at", "out_of_range")]
        assert cleaned.quarantine["expected"].to_list() == ["an evening from 1 to 4"]

    def test_an_evening_whose_answer_was_refused_is_a_row_that_says_so(self, world: Any) -> None:
        diary = [
            world.evening("1", "2026-07-06 21:00:00"),
            world.evening("1", "2026-07-07 21:00:00", meaning="101"),
            world.evening("1", "2026-07-07 22:00:00", meaning="102"),
        ]
        assert rows(self.days(world, diary), "day", "weekday", "response_status", "recovery_identity") == [
            (1, "monday", "answered", 80.0),
            (2, "tuesday", "refused", None),
            (3, "wednesday", "no_response", None),
            (4, "thursday", "no_response", None),
        ]
        cleaned = world.run(**delivery(world, people=[world.person("1")], diary=diary, ties=[]))
        assert cleaned.tables["missing_answers"].height == 0  # quarantine has the reason

    def test_a_refused_answer_beside_a_kept_one_adds_no_evening(self, world: Any) -> None:
        diary = [
            world.evening("1", "2026-07-06 21:00:00"),
            world.evening("1", "2026-07-06 21:30:00"),
            world.evening("1", "2026-07-11 21:00:00"),
        ]
        days = self.days(world, diary)
        assert days["response_status"].to_list() == ["answered", "no_response", "no_response", "no_response"]

    def test_a_refused_answer_does_not_replace_one_of_an_earlier_delivery(self, world: Any) -> None:
        first = world.run(**delivery(world, diary=[world.evening("1", "2026-07-06 21:00:00")]))
        answered = first.tables["diary_days"].filter(pl.col("response_status") == "answered")
        known = Known(diary_days=answered.select("participant_id", "day"))
        again = [
            world.evening("1", "2026-07-06 21:00:00", meaning="101"),
            world.evening("1", "2026-07-07 21:00:00"),
        ]
        later = world.run(**delivery(world, diary=again), crosswalk=first.crosswalk, known=known)
        assert later.tables["diary_days"]["day"].to_list() == [2, 3, 4]

    def test_someone_whose_every_answer_was_refused_has_no_evenings(self, world: Any) -> None:
        assert self.days(world, [world.evening("1", "2026-07-06 21:00:00", meaning="101")]).height == 0

    def test_evenings_after_the_quarter_are_not_due_until_the_file_reaches_them(self, world: Any) -> None:
        late = {"start": "2026-09-29"}
        early = [world.evening("1", "2026-09-29 21:00:00", **late)]
        assert self.days(world, early)["day"].to_list() == [1, 2]
        reached = [*early, world.evening("2", "2026-10-01 21:00:00", **late)]
        assert self.days(world, reached).group_by("participant_id").len()["len"].to_list() == [3, 3]

    def test_every_evening_of_a_closed_study_is_due(self, world: Any) -> None:
        spec = copy.deepcopy(world.spec) | {"quarter": "2026Q3"}
        diary = [world.evening("1", "2026-09-29 21:00:00", start="2026-09-29")]
        assert self.days(world, diary, spec=spec)["day"].to_list() == [1, 2, 3, 4]

    def test_an_evening_answered_in_an_earlier_delivery_is_not_put_down_as_missed(self, world: Any) -> None:
        diary = [world.evening("1", "2026-07-06 21:00:00")]
        first = world.run(**delivery(world, diary=diary))
        answered = first.tables["diary_days"].filter(pl.col("response_status") != "no_response")
        known = Known(diary_days=answered.select("participant_id", "day"))
        more = [world.evening("1", "2026-07-07 21:00:00")]
        later = world.run(**delivery(world, diary=more), crosswalk=first.crosswalk, known=known)
        assert later.tables["diary_days"]["day"].to_list() == [2, 3, 4]
        both = world.run(**delivery(world, diary=[*diary, *more]), crosswalk=first.crosswalk, known=known)
        assert (
            both.tables["diary_days"]["response_status"].to_list() == ["answered"] * 2 + ["no_response"] * 2
        )

    def test_the_files_clock_decides_the_evening(self, world: Any) -> None:
        # 10:30 UTC on July 7 is 05:30 in Chicago: day 2. 08:30 UTC is 03:30: still day 1.
        diary = [world.evening("1", "2026-07-07 08:30:00"), world.evening("1", "2026-07-07 10:30:00")]
        starts = pl.DataFrame({"day": [1, 2], "weekday": ["monday", "tuesday"]})
        days = self.days(world, diary, zone="UTC").filter(pl.col("response_status") == "answered")
        # The start is a plain date and is not moved.
        assert days.select("day", "weekday").equals(starts)

    def test_evenings_over_the_change_of_clocks_are_counted_once(self, world: Any) -> None:
        start = date(2026, 10, 30)
        diary = [
            world.evening("1", f"{start + timedelta(days=i)} 23:50:00", start=str(start)) for i in range(4)
        ]
        assert self.days(world, diary, quarter="2026Q4")["response_status"].to_list() == ["answered"] * 4

    def test_a_numbered_diary_has_no_weekday_unless_it_is_delivered(self, world: Any) -> None:
        spec = copy.deepcopy(world.spec)
        spec["files"][2]["feeds"][0]["columns"]["day"] = "number"
        diary = [{**world.evening("1", ""), "number": "2"}]
        days = self.days(world, diary, spec=spec)
        assert rows(days, "day", "weekday", "response_status")[:2] == [
            (1, None, "no_response"),
            (2, None, "answered"),
        ]
        spec["files"][2]["feeds"][0]["columns"]["weekday"] = {"from": "wd", "codes": {"2": "tuesday"}}
        named = self.days(world, [{**world.evening("1", ""), "number": "2", "wd": "2"}], spec=spec)
        assert named.filter(pl.col("day") == 2)["weekday"].to_list() == ["tuesday"]
