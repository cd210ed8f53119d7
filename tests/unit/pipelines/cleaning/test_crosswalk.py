"""Random ids and origins."""

from __future__ import annotations

import random
import re
from datetime import date

import polars as pl
import pytest

from pipelines.cleaning.crosswalk import LETTERS, Crosswalk
from pipelines.codebook.load import load_codebook
from pipelines.codebook.to_polars import enforce


def people(*names: str | None) -> pl.Series:
    return pl.Series("id", names, dtype=pl.String)


def origin(identifier: str, day: date, population: str = "p") -> pl.DataFrame:
    return pl.DataFrame({"population": [population], "identifier": [identifier], "origin_date": [day]})


def test_ids_are_readable_and_without_signs_that_people_misread() -> None:
    _, ids = Crosswalk().ids_for("participant_id", "p", people("a", "b"))
    assert all(re.fullmatch(r"P-[0-9A-HJKMNP-TV-Z]{8}", i) for i in ids)
    assert len(LETTERS) == len(set(LETTERS)) == 32


def test_the_same_identifier_gets_the_same_id_and_a_null_gets_none() -> None:
    first, ids = Crosswalk().ids_for("participant_id", "p", people("b", "a", None, "b"))
    assert ids[0] == ids[3] != ids[1]
    assert ids[2] is None
    again, later = first.ids_for("participant_id", "p", people("c", "a"))
    assert later[1] == ids[1]
    assert again.frame.height == 3


def test_the_same_identifier_in_two_populations_is_two_people() -> None:
    walk, ids = Crosswalk().ids_for("participant_id", "p", people("a"))
    _, others = walk.ids_for("participant_id", "q", people("a"))
    assert ids[0] != others[0]


def test_ids_are_not_computed_from_the_identifier() -> None:
    draws = {Crosswalk().ids_for("participant_id", "p", people("a"))[1][0] for _ in range(20)}
    assert len(draws) == 20


def test_an_id_that_is_taken_is_drawn_again() -> None:
    drawn = iter([bytes(8), bytes(8), bytes(range(8))])
    walk, first = Crosswalk().ids_for("participant_id", "p", people("a"), random_bytes=lambda n: next(drawn))
    _, second = walk.ids_for("participant_id", "p", people("b"), random_bytes=lambda n: next(drawn))
    assert (first[0], second[0]) == ("P-00000000", "P-01234567")


def test_many_ids_are_all_different() -> None:
    names = people(*map(str, range(20_000)))
    _, ids = Crosswalk().ids_for("participant_id", "p", names, random_bytes=random.Random(3).randbytes)
    assert ids.n_unique() == 20_000


def test_an_origin_is_set_once_and_never_moved() -> None:
    walk, _ = Crosswalk().ids_for("participant_id", "p", people("a", "b"))
    walk = walk.with_origins(origin("a", date(2026, 4, 1)))
    walk = walk.with_origins(origin("a", date(2026, 5, 1))).with_origins(origin("b", date(2026, 6, 1)))
    found = dict(walk.of("participant_id", "p").select("identifier", "origin_date").iter_rows())
    assert found == {"a": date(2026, 4, 1), "b": date(2026, 6, 1)}


def test_an_earlier_crosswalk_is_not_changed_by_a_later_one() -> None:
    empty = Crosswalk()
    walk, _ = empty.ids_for("participant_id", "p", people("a"))
    walk.with_origins(origin("a", date(2026, 4, 1)))
    assert empty.frame.height == 0
    assert walk.frame["origin_date"].null_count() == 1


@pytest.mark.parametrize("kind", ["timestamp", "date", "text"])
def test_a_stored_crosswalk_reads_back_the_same(kind: str) -> None:
    walk, _ = Crosswalk().ids_for("participant_id", "p", people("a", "b"))
    walk = walk.with_origins(origin("a", date(2026, 4, 1)))
    stored = walk.frame
    if kind != "timestamp":
        stored = stored.with_columns(pl.col("origin_date").dt.date())
    if kind == "text":
        stored = stored.with_columns(pl.col("origin_date").cast(pl.String))
    assert Crosswalk(stored).frame.equals(walk.frame)


def test_the_crosswalk_is_the_codebooks_table() -> None:
    book = load_codebook()
    walk, _ = Crosswalk().ids_for("episode_id", "p", people("a"))
    table = book.table("restricted.crosswalk")
    assert enforce(book, table, walk.frame).equals(walk.frame)


def test_a_crosswalk_that_holds_an_id_twice_is_refused() -> None:
    walk, _ = Crosswalk().ids_for("participant_id", "p", people("a", "b"))
    with pytest.raises(ValueError, match="twice"):
        Crosswalk(walk.frame.with_columns(random_id=pl.lit("P-00000000")))


def test_a_spoiled_origin_is_an_error_that_does_not_show_it() -> None:
    walk, _ = Crosswalk().ids_for("participant_id", "p", people("a"))
    with pytest.raises(ValueError, match="not a date") as caught:
        Crosswalk(walk.frame.with_columns(origin_date=pl.lit("2026-99-77")))
    assert "99" not in str(caught.value)
