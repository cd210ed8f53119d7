"""What M1 answers: by wave and kind of program, and with a reason where there is no answer."""

import itertools
import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.estimate import Diagnostic, Estimate, Findings
from models.fitness import LIMITS
from models.gates_kept import told_despite_gates
from models.network import mutuality
from models.network.evenings_of_help import NAMES
from models.network.in_service import FACTS, NEEDS_CHANCE, TERMS
from models.network.program_outcomes import NAMES as OUTCOME_NAMES
from tests.unit.models.network.worlds import frames

MODELS = ["social"] * 5 + ["clinical"] * 5 + ["mixed"] * 2
Frames = dict[str, pl.DataFrame]


def analyse(tables: Frames, *, dated: bool = True, draws: int = 150, steps: int = 5) -> Findings:
    return mutuality.analyse(
        *(tables[name] for name in ("participants", "episodes", "programs", "assessments", "support_ties")),
        diary_days=tables["diary_days"], outcome_times=tables["outcome_times"],
        justice_events=tables["justice_events"], population="x",
        origins=tables["origins"] if dated else None, draws=draws, steps_between=steps,
    )  # fmt: skip


def by_term(found: Findings, outcome: str = "month_6") -> dict[str, Estimate]:
    return {row.term: row for row in found.estimates if row.outcome == outcome}


def facts(found: Findings, outcome: str = "month_6") -> dict[str, Diagnostic]:
    return {row.diagnostic: row for row in found.diagnostics if row.outcome == outcome}


def against_gates(found: Findings) -> tuple[str, ...]:
    """What the blocking check of the pipeline would say."""
    place = {"analysis": "M1", "as_of": "2026Q3", "population": "x"}
    estimates = pl.DataFrame(
        [
            {**place, "outcome": r.outcome, "term": r.term, "estimate": r.estimate, "note": r.note}
            for r in found.estimates
        ],
        schema_overrides={"estimate": pl.Float64},
    )
    gates = [
        {**place, "outcome": r.outcome, "diagnostic": r.diagnostic, "value": r.value}
        for r in found.diagnostics
        if r.diagnostic.startswith("gate_")
    ]
    return told_despite_gates(estimates, pl.DataFrame(gates))


def world(
    seed: int, *, back: float = 0.5, size: int = 24, models: list[str] = MODELS, **made: list[str]
) -> Frames:
    """Houses in which everybody names some people who entered near in time, and is named back at times."""
    random = np.random.default_rng(seed)
    people, ties = [], set()
    for house, _ in enumerate(models):
        entered = random.integers(0, 600, size)
        ids = [f"p{house:02d}_{i:02d}" for i in range(size)]
        people += [(name, f"H{house:02d}", int(day)) for name, day in zip(ids, entered, strict=True)]
        for i in range(size):
            near = [j for j in range(size) if j != i and abs(int(entered[i]) - int(entered[j])) <= 150]
            for j in random.permutation(near)[: random.poisson(1.2)]:
                ties.add((ids[j], ids[i]))
                if random.random() < back:
                    ties.add((ids[i], ids[j]))
    kinds = {f"H{house:02d}": model for house, model in enumerate(models)}
    return frames(people, sorted(ties), models=kinds, **made)


@pytest.fixture(scope="module")
def returned() -> tuple[Frames, Findings]:
    tables = world(1)
    return tables, analyse(tables)


def test_reciprocity_is_mutual_pairs_over_pairs_with_a_tie(returned: tuple[Frames, Findings]) -> None:
    tables, found = returned
    ties = set(tables["support_ties"].select("giver_id", "receiver_id").iter_rows())
    mutual = sum((receiver, giver) in ties for giver, receiver in ties) / 2
    row = by_term(found)["reciprocity"]
    assert row.estimate == pytest.approx(mutual / (len(ties) - mutual))
    assert (row.n_events, row.n_rows) == (mutual, len(ties) - mutual)
    assert row.p_value is None
    assert row.ci_low is not None
    assert row.ci_high is not None
    assert row.ci_low < row.estimate < row.ci_high


def test_help_that_is_returned_goes_beyond_chance_and_help_that_is_not_does_not(
    returned: tuple[Frames, Findings],
) -> None:
    beyond = by_term(returned[1])["reciprocity_beyond_chance"]
    assert beyond.ci_low is not None
    assert beyond.ci_low > 0.0
    assert facts(returned[1])["drawn_networks_p"].value == pytest.approx(2 / 151)
    found = analyse(world(3, back=0.0))
    none = by_term(found)["reciprocity_beyond_chance_in_social_programs"]
    assert none.estimate == pytest.approx(0.0, abs=0.05)
    assert none.p_value is not None
    assert none.p_value > 0.05
    assert facts(found)["drawn_networks_p_in_social_programs"].value > 0.05


def test_the_p_value_of_a_row_is_that_of_its_limits(returned: tuple[Frames, Findings]) -> None:
    for wave in ("month_6", "month_12"):
        for row in by_term(returned[1], wave).values():
            if row.p_value is not None:
                assert (row.p_value < 0.05) == (row.ci_low > 0.0 or row.ci_high < 0.0)


def test_a_null_without_time_understates_chance_and_the_formula_agrees_with_drawn_networks(
    returned: tuple[Frames, Findings],
) -> None:
    told, row = facts(returned[1]), by_term(returned[1])["reciprocity_beyond_chance"]
    name = "sensitivity_reciprocity_beyond_chance_{}"
    value = {way: told[name.format(way)].value for way in (*mutuality.WAYS, "independent_ties")}
    assert value["whoever_entered_when"] > row.estimate + 0.05
    assert value["independent_ties"] == pytest.approx(row.estimate, abs=0.03)
    assert told[name.format("stays_overlapped")].ci_low is not None


def test_the_parts_of_the_index_are_told_beside_it(returned: tuple[Frames, Findings]) -> None:
    rows, told = by_term(returned[1]), facts(returned[1])
    for end in ("", "_in_social_programs", "_in_clinical_programs"):
        parts = [told[f"{name}{end}"].value for name in FACTS if name.startswith("in_service_part")]
        assert rows[f"in_service_index{end}"].estimate == pytest.approx(sum(parts) / 3)


def test_kinds_of_programs_are_told_apart_where_there_are_enough_houses(
    returned: tuple[Frames, Findings],
) -> None:
    rows = by_term(returned[1])
    for term in TERMS:
        one, two = rows[f"{term}_in_social_programs"], rows[f"{term}_in_clinical_programs"]
        difference = rows[f"{term}_social_minus_clinical"]
        assert difference.estimate == pytest.approx(one.estimate - two.estimate)
        assert difference.n_people == one.n_people + two.n_people
        mixed = rows[f"{term}_in_mixed_programs"]
        assert mixed.estimate is None
        assert "too few houses" in mixed.note
    told = facts(returned[1])
    assert told["gate_houses_in_mixed_programs"].value == 0.0
    assert told["gate_houses_in_social_programs"].value == 1.0
    assert told["gate_houses_social_minus_clinical"].value == 1.0
    assert told["gate_degrees_of_freedom_reciprocity_social_minus_clinical"].value == 1.0
    assert told["reciprocity_by_chance_in_mixed_programs"].value is None


def test_a_number_that_two_houses_carry_is_not_told_nor_what_it_would_follow_from() -> None:
    """All programs: two mixed houses, as different as can be, among ten that are alike."""
    tables = world(7, back=1.0)
    one_sided = pl.col("giver_id").str.starts_with("p11_") & (pl.col("giver_id") > pl.col("receiver_id"))
    tables["support_ties"] = tables["support_ties"].filter(~one_sided)
    found = analyse(tables)
    rows, told = by_term(found), facts(found)
    thin = {term for term in TERMS if rows[term].estimate is None}
    assert "reciprocity" in thin
    assert {"reciprocity_beyond_chance", "in_service_index"} <= thin
    assert all("too few houses carry the number" in rows[term].note for term in thin)
    for name in ("reciprocity_by_chance", "in_service_part_reciprocity", "drawn_networks_p"):
        assert told[name].value is None
    ways = (*mutuality.WAYS, "independent_ties")
    assert all(told[f"sensitivity_reciprocity_beyond_chance_{way}"].value is None for way in ways)
    kept = [row for row in (*rows.values(),) if row.estimate is not None and row.df is not None]
    assert kept
    assert all(row.df >= LIMITS["degrees_of_freedom"].limit - 1e-6 for row in kept)
    assert rows["reciprocity_in_social_programs"].estimate is not None
    assert {told[f"gate_degrees_of_freedom_{term}"].value for term in thin} == {0.0}
    assert against_gates(found) == ()


def test_limits_of_houses_that_are_alike_are_no_narrower_than_of_as_many_independent_pairs() -> None:
    """Five houses of which each has the same ties, so that they differ in nothing."""
    ties = [(i, (i + 1) % 20) for i in range(20)] + [(i, (i - 1) % 20) for i in range(0, 20, 2)]
    row = by_term(analyse(_crowd(20, ties, 5), draws=30, steps=3))["reciprocity"]
    pairs = 5 * 20
    error = math.sqrt(0.5 * 0.5 / pairs)
    assert row.estimate == pytest.approx(0.5)
    assert row.std_error == pytest.approx(error)
    assert row.ci_high - row.estimate == pytest.approx(1.959964 * error, rel=1e-6)
    assert row.df is None
    assert "as many independent pairs" in row.small_sample


def test_no_house_is_named_or_told_alone(returned: tuple[Frames, Findings]) -> None:
    rows = (*returned[1].estimates, *returned[1].diagnostics)
    assert not any("H0" in str(row) or "p0" in str(row) for row in rows)


def test_the_same_seed_gives_the_same_answers() -> None:
    tables = world(2, models=MODELS[:6], size=12)
    assert analyse(tables, draws=40, steps=2) == analyse(tables, draws=40, steps=2)


def test_answers_do_not_hang_on_the_order_of_rows() -> None:
    tables = world(2, models=MODELS[:6], size=12)
    shuffled = {name: table.sample(fraction=1.0, shuffle=True, seed=4) for name, table in tables.items()}
    assert analyse(tables, draws=40, steps=2) == analyse(shuffled, draws=40, steps=2)


def test_without_dates_what_needs_chance_is_refused_and_told_beside_as_if_time_were_nothing(
    returned: tuple[Frames, Findings],
) -> None:
    found = analyse(returned[0], dated=False)
    rows, told = by_term(found), facts(found)
    for term in NEEDS_CHANCE:
        assert rows[term].estimate is None
        assert "same time is not known" in rows[term].note
    assert rows["reciprocity"].estimate == by_term(returned[1])["reciprocity"].estimate
    assert told["sensitivity_reciprocity_beyond_chance_whoever_entered_when"].value is not None
    assert told["sensitivity_reciprocity_beyond_chance_stays_overlapped"].value is None
    assert rows["in_service_index_with_barc10_change"].estimate is None


def test_a_wave_at_which_most_were_not_reached_says_not_enough() -> None:
    people = world(1)["participants"]["participant_id"].to_list()
    rows = by_term(analyse(world(1, missing=people[::2] + people[1::8]), draws=20, steps=1))
    assert rows["reciprocity"].estimate is None
    assert rows["reciprocity"].note.startswith("Not enough to say: fewer than half")


def test_ties_to_people_not_interviewed_are_counted_and_left_out() -> None:
    everybody = world(1)
    missing = everybody["participants"]["participant_id"].to_list()[::5]
    told = facts(analyse(world(1, missing=missing), draws=20, steps=1))
    assert told["reports_of_people_not_interviewed"].value > 0
    assert told["ties_used"].value < everybody["support_ties"].height
    assert told["people_due"].value - told["people_interviewed"].value == len(missing)


def test_a_mutual_index_goes_with_what_became_of_people_only_by_rank_and_over_enough_programs() -> None:
    tables = world(5)
    ids = tables["participants"]["participant_id"]
    rows = by_term(analyse(tables))
    assert rows["in_service_index_with_sustained_remission"].note.startswith("Fewer than 8 programs")
    baseline = tables["assessments"].with_columns(
        wave=pl.lit("baseline"), barc10=30.0 + ids.str.slice(1, 2).cast(pl.Float64)
    )
    tables["assessments"] = pl.concat([tables["assessments"], baseline])
    reached = [int(one[1:3]) * 2 > int(one[4:]) for one in ids]
    tables["outcome_times"] = pl.DataFrame(
        {"participant_id": ids, "outcome": "sustained_remission", "event_observed": reached,
         "day_observed": [900.0 if one else 1200.0 for one in reached]}
    )  # fmt: skip
    found = analyse(tables)
    rows = by_term(found)
    for measure in ("barc10_change", "sustained_remission"):
        row = rows[f"in_service_index_with_{measure}"]
        assert row.n_rows == 12
        assert -1.0 <= row.ci_low <= row.estimate <= row.ci_high <= 1.0
        assert 0.0 < row.p_value <= 1.0
        assert "among the 2 links looked at" in row.note
        told = facts(found)
        permuted = [told[f"permutation_p_in_service_index_with_{one}"].value for one in OUTCOME_NAMES]
        adjusted = [told[f"holm_p_in_service_index_with_{one}"].value for one in OUTCOME_NAMES]
        assert max(adjusted) == pytest.approx(max(*permuted, 2.0 * min(permuted)))
        assert min(adjusted) == pytest.approx(2.0 * min(permuted))
    both = (rows["in_service_index_with_barc10_change"], rows["in_service_index_with_sustained_remission"])
    assert both[0].estimate == pytest.approx(-both[1].estimate)  # each rises or falls with the house's number


def test_evenings_with_help_given_and_received_are_shares_within_people() -> None:
    tables = frames([("a", "H", 0)], [])
    rows = [
        (person, day, given, received)
        for person, evenings in enumerate(itertools.repeat([(True, True), (True, False), (False, False)], 12))
        for day, (given, received) in enumerate(evenings)
    ]
    tables["diary_days"] = pl.DataFrame(
        [(f"p{person}", day, given, received and person % 2 == 0) for person, day, given, received in rows],
        orient="row", schema=tables["diary_days"].schema,
    )  # fmt: skip
    told = by_term(analyse(tables, draws=5, steps=1), "diary")
    assert told["evenings_give_and_receive"].estimate == pytest.approx(1 / 6)
    assert told["evenings_balance_spread"].estimate == pytest.approx(math.sqrt((1 / 9 + 1) / 2))
    assert told["giving_with_receiving_within"].note.startswith("Fewer than 10 people")
    assert set(told) == set(NAMES)


def _crowd(size: int, ties: list[tuple[int, int]], houses: int = 1) -> Frames:
    people = [(f"h{h}p{i}", f"H{h}", i) for h in range(houses) for i in range(size)]
    named = [(f"h{h}p{giver}", f"h{h}p{receiver}") for h in range(houses) for giver, receiver in ties]
    return frames(people, named)


COMPLETE = [(i, j) for i in range(6) for j in range(6) if i != j]
EDGES = {
    "nobody at all": (frames([], []), "Fewer than 10 people"),
    "nobody named anybody": (_crowd(20, [], 5), "Fewer than 10 people"),
    "one house": (_crowd(20, [(i, (i + 1) % 20) for i in range(20)]), "too few houses"),
    "everybody names only themselves": (_crowd(20, [(i, i) for i in range(20)], 5), "Fewer than 10 people"),
    "a person of no house": (
        frames([("a", "H", 0), ("b", "H", 0)], [("z", "a"), ("b", "y")]), "Fewer than 10 people",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_what_cannot_be_told_is_refused_by_name(name: str) -> None:
    tables, reason = EDGES[name]
    found = analyse(tables, draws=10, steps=1)
    assert {row.outcome for row in found.estimates} == {"month_6", "month_12", "diary"}
    assert all(row.estimate is None for row in found.estimates)
    assert reason in by_term(found)["reciprocity"].note
    assert against_gates(found) == ()


def test_houses_where_everybody_helps_everybody_are_all_mutual_and_leave_chance_no_room() -> None:
    rows = by_term(analyse(_crowd(6, COMPLETE, 5), draws=10, steps=1))
    assert rows["reciprocity"].estimate == 1.0
    assert rows["reciprocity"].ci_low is None
    assert rows["reciprocity"].note.startswith("No limits")
    assert rows["share_give_and_receive"].estimate == 1.0
    assert rows["balance_spread"].estimate == 0.0
    assert "no other way" in rows["reciprocity_beyond_chance"].note


@pytest.mark.parametrize("seed", range(12))
def test_random_and_degenerate_tables_give_a_number_with_limits_or_a_reason(seed: int) -> None:
    random = np.random.default_rng(seed)
    houses, size = int(random.integers(1, 9)), int(random.integers(1, 14))
    ids = [f"q{i}" for i in range(houses * size)]
    homes = random.integers(0, houses, len(ids))
    people = [
        (name, f"H{home}", int(day))
        for name, home, day in zip(ids, homes, random.integers(0, 400, len(ids)), strict=True)
    ]
    count = int(random.integers(0, 6 * len(ids) + 1))
    ties = {(ids[a], ids[b]) for a, b in random.integers(0, len(ids), (count, 2))} | {("nobody", ids[0])}
    kinds = {f"H{h}": str(random.choice(["social", "clinical", "mixed"])) for h in range(houses)}
    tables = frames(people, sorted(ties), models=kinds, missing=ids[:: int(random.integers(3, 9))])
    unknown = random.random(len(ids)) < 0.2
    tables["origins"] = tables["origins"].with_columns(
        origin_date=pl.Series(
            [None if u else date(2024, 1, 1) + timedelta(days=int(d)) for u, (_, _, d) in
             zip(unknown, people, strict=True)], dtype=pl.Date,
        )
    )  # fmt: skip
    found = analyse(tables, draws=12, steps=2)
    assert against_gates(found) == ()
    for row in found.estimates:
        assert row.note
        if row.estimate is not None and row.ci_low is not None:
            assert row.ci_high is not None
            assert row.ci_low <= row.estimate <= row.ci_high
