"""Promises that hold for any delivery, however dirty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.cleaning.clean import Cleaned
from pipelines.codebook.to_polars import enforce

IDS = ["1", "2", "3", "4", ""]
DAYS = ["2026-04-01", "2026-04-20", "2026-02-30", "April", ""]
TIMES = [f"2026-07-{day:02d} {hour}" for day in (5, 6, 7, 9, 12) for hour in ("21:00:00", "01:30:00")]


def dirty(clean: Mapping[str, str], cells: Mapping[str, list[str]]) -> st.SearchStrategy[dict[str, str]]:
    """Rows like `clean`, in which any of `cells` may hold any of its values."""
    some = st.fixed_dictionaries({}, optional={name: st.sampled_from(v) for name, v in cells.items()})
    return some.map(lambda changed: {**clean, **changed})


@st.composite
def deliveries(draw: st.DrawFn, world: Any) -> dict[str, list[dict[str, str]]]:
    program = dirty(
        world.program("A"), {"code": ["A", "B", ""], "kind": ["S", "C", "?"], "county": ["29510", "1", ""]}
    )
    person = dirty(
        world.person("1"),
        {
            "id": IDS,
            "kind": ["person", "", "ghost"],
            "entry": DAYS,
            "exit": DAYS,
            "program": ["A", "B", "Z", ""],
            "sex": ["1", "2", "3", "-9", ""],
            "age": ["17", "34.5", "x", "-3", "-8", ""],
        },
    )
    wave = dirty(
        world.wave("1"),
        {
            "id": IDS,
            "wave": ["0", "6", "7", ""],
            "seen": DAYS,
            "abstinent": ["0", "31", "2.5", "-9", ""],
            "k6_1": ["0", "4", "5", "-8", ""],
            "k6_2": ["1", "nan", ""],
            "voted_then": ["0", "1", "2", "-9", ""],
            "voted_now": ["0", "1", "2", ""],
        },
    )
    evening = dirty(
        world.evening("1", TIMES[0]),
        {"id": IDS, "at": [*TIMES, "late", ""], "start": ["2026-07-06", ""], "meaning": ["0", "101", ""]},
    )
    tie = dirty({"giver": "1", "receiver": "2"}, {"giver": IDS, "receiver": IDS})
    event = dirty(
        {"id": "1", "happened": "2026-05-01", "what": "arrest"},
        {"id": IDS, "happened": [*DAYS, "2026-12-01"], "what": ["arrest", "death", "party", ""]},
    )
    return {
        "programs": draw(st.lists(program, max_size=3)),
        "people": draw(
            st.permutations([*draw(st.lists(person, max_size=5)), *draw(st.lists(wave, max_size=5))])
        ),
        "diary": draw(st.lists(evening, max_size=6)),
        "ties": draw(st.lists(tie, max_size=4)),
        "justice": draw(st.lists(event, max_size=4)),
    }


def accounts(cleaned: Cleaned) -> dict[str, tuple[int, int, int]]:
    return {file: (n, k, q) for _, file, n, k, q in cleaned.accounts.iter_rows()}


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_row_is_lost_kept_twice_or_both_kept_and_refused(world: Any, data: st.DataObject) -> None:
    files = data.draw(deliveries(world))
    cleaned = world.run(**files)
    refused = {file: set(rows["row_number"]) for (file,), rows in cleaned.quarantine.group_by("file")}
    for name, rows in files.items():
        file = f"{name}.csv" if rows else name
        n, kept, quarantined = accounts(cleaned)[file]
        assert n == len(rows) == kept + quarantined
        assert quarantined == len(refused.get(file, set()))
        assert refused.get(file, set()) <= set(range(1, n + 1))
    tables = cleaned.tables
    # Each kept file row of these makes exactly one core row, and no refused one makes any.
    people_kept = [r for i, r in enumerate(files["people"], 1) if i not in refused.get("people.csv", set())]
    persons = sum(r["kind"] == "person" for r in people_kept)
    assert tables["participants"].height == tables["episodes"].height == persons
    assert tables["assessments"].height == len(people_kept) - persons
    assert tables["programs"].height == len(files["programs"]) - len(refused.get("programs.csv", set()))
    assert tables["support_ties"].height == len(files["ties"]) - len(refused.get("ties.csv", set()))
    assert tables["justice_events"].height == len(files["justice"]) - len(refused.get("justice.csv", set()))
    delivered_evenings = tables["diary_days"].filter(pl.col("response_status") != "no_response").height
    assert delivered_evenings == len(files["diary"]) - len(refused.get("diary.csv", set()))


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_what_is_kept_is_keyed_whole_and_the_same_when_cleaned_again(world: Any, data: st.DataObject) -> None:
    files = data.draw(deliveries(world))
    cleaned = world.run(**files)
    people = set(cleaned.tables["participants"]["participant_id"])
    programs = set(cleaned.tables["programs"]["program_id"])
    for table in world.codebook.tables_in("core"):
        frame = cleaned.tables[table.name]
        assert enforce(world.codebook, table, frame).equals(frame)
        assert frame.select(table.primary_key).is_unique().all()
        for key in table.foreign_keys:
            if key.table in ("participants", "programs"):
                assert set(frame[key.columns[0]].drop_nulls()) <= (
                    people if key.table == "participants" else programs
                )
    assert set(cleaned.quarantine["reason"]) <= set(world.codebook.refusal_reasons)
    again = world.run(**files, crosswalk=cleaned.crosswalk, seed=99)
    assert all(again.tables[name].equals(frame) for name, frame in cleaned.tables.items())
    assert again.quarantine.equals(cleaned.quarantine)
    assert again.crosswalk.frame.equals(cleaned.crosswalk.frame)
