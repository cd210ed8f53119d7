"""People by wave: how roles are counted, who is due, and which rows a panel has."""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest

from models.civic.panel import ENGAGEMENT, ROLES, complete, pair_of, people_by_wave, rows_of, was_due
from models.comparison.cohort import PERSON, PROGRAM
from models.refusal import NotIdentifiedError
from pipelines.demo.collaborative import draw

TABLES = ("participants", "episodes", "programs", "assessments", "roles")
Frames = Mapping[str, pl.DataFrame]


@pytest.fixture(scope="module")
def frames() -> Frames:
    return draw(7, 240)


@pytest.fixture(scope="module")
def people(frames: Frames) -> pl.DataFrame:
    return _people(frames)


def _people(frames: Frames) -> pl.DataFrame:
    return people_by_wave(*(frames[name] for name in TABLES))


def test_roles_are_counted_over_all_that_were_answered_at_a_wave(
    frames: Frames, people: pl.DataFrame
) -> None:
    held = (
        frames["roles"].filter(pl.col("wave") == "month_6").group_by(PERSON).agg(count=pl.col("held").sum())
    )
    both = people.join(held, on=PERSON)
    assert both.height > 100
    assert both["roles_held_month_6"].to_list() == both["count"].to_list()
    assert people["roles_held_baseline"].drop_nulls().is_between(0, 4).all()


def test_a_role_that_was_not_answered_leaves_no_count(frames: Frames) -> None:
    one = pl.col("role") == "mentoring"
    gap = frames["roles"].with_columns(held=pl.when(~one).then(pl.col("held")))
    assert _people({**frames, "roles": gap})["roles_held_baseline"].null_count() == 240
    fewer = frames["roles"].filter(~(one & (pl.col("wave") == "month_6")))
    told = _people({**frames, "roles": fewer})
    assert told["roles_held_month_6"].null_count() == 240
    assert told["roles_held_baseline"].null_count() == 0


def test_answers_of_interviews_that_were_not_held_do_not_count(frames: Frames) -> None:
    later = pl.col("wave") == "month_12"
    status = pl.col("followup_status").cast(pl.String)
    lost = frames["assessments"].with_columns(
        followup_status=pl.when(later).then(pl.lit("refused")).otherwise(status)
    )
    told = _people({**frames, "assessments": lost})
    assert told[f"{ENGAGEMENT}_month_12"].null_count() == 240
    assert told[f"{ROLES}_month_12"].null_count() == 240


def test_answers_that_are_no_numbers_are_missing(frames: Frames) -> None:
    broken = frames["assessments"].with_columns(pl.lit(float("inf")).alias(ENGAGEMENT))
    assert _people({**frames, "assessments": broken})[f"{ENGAGEMENT}_baseline"].null_count() == 240


def test_the_dead_and_those_not_yet_due_have_no_interval(people: pl.DataFrame) -> None:
    status = people["status_month_12"]
    due = people.select(was_due(("month_6", "month_12"))).to_series()
    assert not due.filter(status.is_in(["deceased", "not_due"])).any()
    assert due.filter(status == "completed").all()


def test_rows_hold_each_person_once_for_each_interval_answered(people: pl.DataFrame) -> None:
    pair = pair_of(people, ROLES, ENGAGEMENT)
    rows = rows_of(people, pair, only_complete=True)
    for number, interval in enumerate(pair.intervals):
        own = people.filter(complete(pair, interval))
        mask = rows.interval == number
        assert mask.sum() == own.height
        names = pair.needs(interval)
        assert np.hstack([rows.before[mask], rows.later[mask]]) == pytest.approx(own.select(names).to_numpy())
    assert len(np.unique(rows.program)) == people[PROGRAM].n_unique()


def test_a_measure_at_entry_is_no_covariate_of_its_own_path(people: pl.DataFrame) -> None:
    own = pair_of(people, "network_support_abstinence", "recovery_capital_cultural")
    other = pair_of(people, ROLES, ENGAGEMENT)
    assert "network_support_abstinence_baseline" not in {one.name for one in own.coding}
    assert "network_support_abstinence_baseline" in {one.name for one in other.coding}


def test_a_wave_that_few_have_reached_ends_the_panel_before_it(people: pl.DataFrame) -> None:
    early = people.with_columns(
        status_month_12=pl.when(pl.int_range(pl.len()) < 60)
        .then("status_month_12")
        .otherwise(pl.lit("not_due"))
    )
    assert pair_of(early, ROLES, ENGAGEMENT).waves == ("baseline", "month_6")
    with pytest.raises(NotIdentifiedError, match=r"too few people were due|most common answer"):
        pair_of(people.head(30), ROLES, ENGAGEMENT)


@pytest.mark.parametrize(
    ("table", "column"),
    [("roles", "held"), ("assessments", ENGAGEMENT), ("episodes", PROGRAM), ("participants", "sex")],
)
def test_a_missing_column_is_named(frames: Frames, table: str, column: str) -> None:
    with pytest.raises(ValueError, match=rf"core\.{table}\] lacks the columns .*{column}"):
        _people({**frames, table: frames[table].drop(column)})


@pytest.mark.parametrize("table", TABLES)
def test_a_key_that_is_there_twice_is_refused(frames: Frames, table: str) -> None:
    with pytest.raises(ValueError, match=rf"core\.{table}\] repeats its key"):
        _people({**frames, table: pl.concat([frames[table], frames[table].head(1)])})
