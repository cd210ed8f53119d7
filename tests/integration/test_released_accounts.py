"""An attacker who knows what adds up: no small count of people is left with fewer than eleven values."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import duckdb
import polars as pl
import pytest

from models.disclosure.accounts import account_of, values_of
from models.disclosure.exclusive_parts import parts_of_difference
from models.disclosure.internal_diagnostics import without_internal
from models.disclosure.linked_counts import told
from models.disclosure.small_cells import withhold_diagnostics, withhold_estimates
from models.disclosure.telling_fractions import is_fraction
from pipelines.codebook import load_codebook
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

MAXIMUM = 10
KEY = ("analysis", "outcome", "population", "as_of")
POPULATIONS = ("demo_collaborative", "demo_survey", "nc_releases")
ANSWERED = ("C1", "C2", "C3", "R1", "V2")  # their rows are people who answered, not evenings or pairs

Frames = tuple[pl.DataFrame, pl.DataFrame]  # estimates and diagnostics


@pytest.fixture(scope="module")
def exact(demo: Path) -> Frames:
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with Warehouse.look(settings.restricted, load_codebook()) as warehouse:
        estimates = warehouse.read_where("results.estimates", as_of="2026Q3")
        diagnostics = warehouse.read_where("results.diagnostics", as_of="2026Q3")
    return estimates, without_internal(diagnostics)


@pytest.fixture(scope="module")
def released(demo: Path) -> Frames:
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        estimates, diagnostics = (
            connection.sql(f"SELECT * FROM results.{name} WHERE as_of = '2026Q3'").pl()
            for name in ("estimates", "diagnostics")
        )
    return estimates, diagnostics


def solved(exact: Frames, shown: Frames, population: str) -> dict[str, tuple[int, float]]:
    """Small counts that the shown ones, and what they add up to, leave fewer than eleven values."""
    own = [[frame.filter(population=population) for frame in frames] for frames in (exact, shown)]
    values, seen = values_of(*own[0]), values_of(*own[1])
    account = account_of(values)
    known = {account.one(name) for name in seen if account.one(name) in account.counts}
    known |= {
        name for share, of in account.shares.items() if share in seen and known & set(of) for name in of
    }
    known |= {name for name in account.counts if name.endswith("/everybody")} - account.never_shown
    assert len(known) > 2, "the release counts people"
    return told(account.counts, account.sums, set(account.counts) - known, maximum=MAXIMUM)


@pytest.mark.parametrize("population", POPULATIONS)
def test_everything_that_adds_up_leaves_each_small_count_eleven_values_or_more(exact, released, population):
    assert solved(exact, released, population) == {}


def test_the_attack_solves_small_counts_where_only_these_themselves_are_withheld(exact):
    estimates = withhold_estimates(exact[0], maximum=MAXIMUM)
    primary = estimates, withhold_diagnostics(exact[1], maximum=MAXIMUM)
    found = solved(exact, primary, "demo_collaborative")
    assert len({name.partition("/")[0] for name in found}) > 2
    assert any(low == high for low, high in found.values())


def test_no_small_count_is_shown_in_any_place(exact, released):
    for population in POPULATIONS:
        own = [[frame.filter(population=population) for frame in frames] for frames in (exact, released)]
        account, seen = account_of(values_of(*own[0])), values_of(*own[1])
        for name in seen:
            count = account.counts.get(account.one(name))
            assert count is None or not 1 <= count <= MAXIMUM, name


def test_who_is_due_not_due_yet_or_died_is_everybody_of_a_kind_and_tells_no_deaths_within_or_between_waves(
    exact, released
):
    def counts(frames: Frames) -> dict[tuple[str, str, str], float]:
        pattern = r"^(due|not_yet_due|died)_(month_\d+)_(all|social|clinical)$"
        facts = frames[1].filter(pl.col("analysis") == "C1", pl.col("diagnostic").str.contains(pattern))
        found = facts.select(pl.col("diagnostic").str.extract_groups(pattern), "value").drop_nulls("value")
        return {(d["3"], d["2"], d["1"]): value for d, value in found.iter_rows()}

    before, shown = counts(exact), counts(released)
    assert {fate for _, _, fate in shown} >= {"due"}
    attacked = 0
    for arm in ("all", "social", "clinical"):
        known = {
            wave: sum(before[arm, wave, fate] for fate in ("due", "not_yet_due", "died"))
            for wave in ("month_6", "month_12")
        }
        assert len(set(known.values())) == 1, "the same people at both waves"
        for wave, everybody in known.items():
            attacked += before[arm, wave, "died"] in range(1, MAXIMUM + 1)
            told = [shown.get((arm, wave, fate)) for fate in ("due", "not_yet_due")]
            assert None in told or not 1 <= everybody - sum(told) <= MAXIMUM, (arm, wave)
        alive = [
            sum(shown.get((arm, wave, fate), float("nan")) for fate in ("due", "not_yet_due"))
            for wave in known
        ]
        assert not 1 <= abs(alive[0] - alive[1]) <= MAXIMUM, arm
    assert attacked > 2, "some deaths are few"


def test_people_who_answered_less_those_of_another_row_of_the_outcome_are_not_few(released):
    counted = released[0].filter(pl.col("analysis").is_in(ANSWERED), pl.col("n_people").is_not_null())
    answered = 0
    for key, rows in counted.group_by("analysis", "outcome", "population"):
        people = set(rows["n_people"])
        of_these = set(rows.filter(pl.col("n_rows") < pl.col("n_people"))["n_rows"].drop_nulls())
        answered += len(of_these)
        for one, other in combinations(sorted(people | of_these), 2):
            assert other - one > MAXIMUM, key
    assert answered > 20


def test_people_and_answers_of_mediation_less_those_of_the_comparison_are_not_few(released):
    """Whether all of one are among the other no row says; a reader may take it so."""
    terms = {"C1": "social_minus_clinical", "C2": "total"}
    counted = released[0].filter(
        pl.col("analysis").is_in(list(terms)), pl.col("term").is_in(list(terms.values()))
    )
    pairs = 0
    for outcome, both in counted.group_by("outcome"):
        for count in ("n_people", "n_rows"):
            found = both[count].drop_nulls().to_list() if both["analysis"].n_unique() == 2 else []
            pairs += both["analysis"].n_unique() == 2
            assert len(found) < 2 or abs(found[0] - found[1]) not in range(1, MAXIMUM + 1), (outcome, count)
    assert pairs > 2


def test_a_share_is_shown_with_both_of_its_counts_or_not_at_all(exact, released):
    shown = 0
    own = [[frame.filter(population="demo_collaborative") for frame in f] for f in (exact, released)]
    account, seen = account_of(values_of(*own[0])), values_of(*own[1])
    known = {account.one(name) for name in seen}
    for share, (whole, part) in account.shares.items():
        derived = part not in values_of(*own[0])
        assert share not in seen or (whole in known and (derived or part in known)), share
        shown += share in seen
    assert shown > 8


def test_no_number_without_its_people_tells_them_by_its_digits(exact, released):
    """What is a fraction of whole numbers of the size of counts says of how many people it is a share."""
    told, hidden = 0, 0
    for frame, before, value, name in zip(
        released, exact, ("estimate", "value"), ("term", "diagnostic"), strict=True
    ):
        both = frame.join(
            before.select(*KEY, name, people="n_people", number=value), on=[*KEY, name], maintain_order="left"
        )
        for row in both.filter(pl.col(value).is_not_null(), pl.col("people").is_not_null()).to_dicts():
            pair = parts_of_difference(row[name]) and row["analysis"] in ("M1", "W1")
            if row["n_people"] is not None or pair or row.get("scale") == "correlation":
                continue
            fraction = is_fraction(row["number"]) and not float(row["number"]).is_integer()
            hidden += fraction
            told += fraction and abs(row[value] - round(row[value], 2)) > 1e-12
    assert hidden > 10, "before the rule they do"
    assert told == 0


def test_rates_of_follow_up_are_still_told(released):
    rates = released[1].filter(pl.col("diagnostic").str.contains("^follow_up_rate_"), ~pl.col("suppressed"))
    assert {"C1", "R1", "V2"} <= set(rates["analysis"])
