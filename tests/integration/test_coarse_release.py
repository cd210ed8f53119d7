"""Attacks on the released tables of the demo: dates and ages that exact values would give away."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.codebook import load_codebook
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

POPULATION = "demo_collaborative"
TABLES = (
    "core.participants", "core.justice_events", "core.civic_items", "core.diary_days", "core.outcome_times",
    "core.recovery_surveys",
)  # fmt: skip
Frames = dict[str, pl.DataFrame]


def settings_of(folder: Path) -> Settings:
    return Settings.load(data=folder, published=folder / "published", environment={})


@pytest.fixture(scope="module")
def exact(demo: Path) -> Frames:
    """The working tables as of the release's quarter, and each person's day 0."""
    with Warehouse.look(settings_of(demo).restricted, load_codebook()) as warehouse:
        frames = {name: warehouse.read(name, "2026Q3") for name in TABLES}
        known = warehouse.crosswalk().filter(pl.col("variable") == "participant_id")
    origins = known.select(participant_id="random_id", origin=pl.col("origin_date").dt.date()).drop_nulls()
    return frames | {"origins": origins}


@pytest.fixture(scope="module")
def shown(demo: Path) -> Frames:
    """The same tables as released."""
    with duckdb.connect(settings_of(demo).warehouse, read_only=True) as connection:
        return {name: connection.sql(f"SELECT * FROM {name}").pl() for name in TABLES}


def days_too_late(frames: Frames, origins: pl.DataFrame) -> pl.Series:
    """How far each person's day 0 lies before the known extract date less the days to it."""
    latest = (
        frames["core.justice_events"].group_by("participant_id").agg(followed=pl.col("extract_day").max())
    )
    return _too_late(latest, origins)


def _too_late(latest: pl.DataFrame, origins: pl.DataFrame) -> pl.Series:
    known = latest.join(origins, on="participant_id").with_columns(
        end=pl.lit("2026-09-30").str.to_date()  # said on every page of the report
    )
    guess = pl.col("end") - pl.duration(days=pl.col("followed"))
    return known.select((guess - pl.col("origin")).dt.total_days()).to_series()


def added_ages(frames: Frames) -> pl.DataFrame:
    """Age at onset and the lengths of both periods, added up, by person."""
    lengths = frames["core.civic_items"].pivot(
        "period", index="participant_id", values="exposure_years", aggregate_function="max"
    )
    years = pl.col("onset_age") + pl.col("active_addiction") + pl.col("recovery")
    people = frames["core.participants"].join(lengths, on="participant_id")
    return people.select("participant_id", "age_band", added=years).drop_nulls("added")


def share_of_most_frequent(values: pl.Series) -> float:
    return values.value_counts(sort=True)["count"][0] / values.len()


def test_the_extract_date_less_the_days_to_it_no_longer_gives_anybodys_day_0(exact: Frames, shown: Frames):
    before = days_too_late(exact, exact["origins"])
    assert (before == 0).mean() > 0.95, "the attack works on exact days"
    after = days_too_late(shown, exact["origins"])
    assert after.len() > 250
    assert after.is_between(0, 91).all()
    # With 91 days to choose from, 1 in 91 is hit by chance; the most frequent of 91 by a little more.
    assert (after == 0).mean() < 0.03
    assert share_of_most_frequent(after) < 0.06


def test_onset_and_the_lengths_of_both_periods_no_longer_add_up_to_an_age(exact: Frames, shown: Frames):
    ages = added_ages(exact)
    guesses = added_ages(shown).join(ages.select("participant_id", age="added"), on="participant_id")
    assert guesses.height > 250
    assert (guesses["added"] == guesses["age"]).mean() < 0.05
    # The best correction of the sum does no better than the most frequent age of the band, which is shown.
    by_band = [share_of_most_frequent(part["age"]) * part.height for part in guesses.partition_by("age_band")]
    assert share_of_most_frequent(guesses["age"] - guesses["added"]) < sum(by_band) / guesses.height + 0.03


def test_a_released_event_never_lies_after_the_last_day_covered(shown: Frames):
    people = shown["core.participants"].filter(pl.col("population") == POPULATION)
    events = shown["core.justice_events"].join(people, on="participant_id", how="semi")
    assert events.height > 500
    assert (events["event_day"] <= events["extract_day"]).all()
    assert (events["extract_day"] % 91 == 0).all()


def test_days_that_were_counted_before_they_came_to_us_are_as_delivered(exact: Frames, shown: Frames):
    people = exact["core.participants"].filter(pl.col("population") == "nc_releases")
    key = ["event_id", "event_day", "extract_day"]
    delivered = exact["core.justice_events"].join(people, on="participant_id", how="semi").select(key)
    released = shown["core.justice_events"].select(key)
    assert delivered.height > 1445
    assert delivered.join(released, on=key, how="anti").height == 0


def test_every_person_of_the_diary_has_every_evening_refused_ones_too(shown: Frames):
    evenings = shown["core.diary_days"]
    assert set(evenings.group_by("participant_id").len()["len"]) == {14}
    refused = evenings.filter(pl.col("response_status") == "refused")
    assert refused.height > 0
    assert refused.select("meaningfulness", "recovery_identity").null_count().row(0) == (refused.height,) * 2


def test_the_days_that_people_were_followed_for_an_outcome_no_longer_give_anybodys_day_0(
    exact: Frames, shown: Frames
):
    def too_late(frames: Frames) -> pl.Series:
        open_ended = frames["core.outcome_times"].filter(~pl.col("event_observed"))
        followed = open_ended.group_by("participant_id").agg(followed=pl.col("day_observed").max())
        return _too_late(followed, exact["origins"])

    before, after = too_late(exact), too_late(shown)
    assert before.len() == after.len() > 250
    still_followed = (before == 0).mean()
    assert still_followed > 0.6, "the attack works on exact days, but for people who died or were lost"
    assert (after == 0).mean() < 0.03 + 1 / 91
    people = shown["core.participants"].filter(pl.col("population") == POPULATION)
    days = shown["core.outcome_times"].join(people, on="participant_id", how="semi")["day_observed"]
    assert (days % 91 == 0).all()


def test_days_of_the_trial_to_an_outcome_are_as_delivered(exact: Frames, shown: Frames):
    people = exact["core.participants"].filter(pl.col("population") == "help_trial")
    key = ["participant_id", "outcome", "day_observed", "event_observed"]
    delivered = exact["core.outcome_times"].join(people, on="participant_id", how="semi").select(key)
    assert delivered.height == 244 + 431
    assert delivered.join(shown["core.outcome_times"], on=key, how="anti").height == 0


def test_the_day_of_an_evening_stays_in_the_working_tables(exact: Frames, shown: Frames):
    assert exact["core.diary_days"]["evening_day"].drop_nulls().len() > 1400
    assert "evening_day" not in shown["core.diary_days"].columns


def test_weights_and_years_of_the_survey_no_longer_single_people_out(exact: Frames, shown: Frames):
    def alone(frames: Frames, name: str) -> float:
        values = frames["core.recovery_surveys"][name].drop_nulls()
        return float(values.is_unique().mean())

    assert alone(exact, "survey_weight") > 0.5
    assert alone(shown, "survey_weight") < 0.02
    assert alone(shown, "years_in_recovery") == 0
    years = shown["core.recovery_surveys"]["years_in_recovery"].drop_nulls()
    assert (years == years.round()).all()
    assert years.value_counts()["count"].min() > 10
