"""Roles before engagement, engagement before roles: every question answered or refused by name."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
import pytest

from models.civic.panel import ENGAGEMENT, MEANING, ROLES
from models.civic.pathway_order import LINKS, NOT_ASKED
from models.civic.roles_before_engagement import (
    DIFFERENCE,
    POOLED,
    TO_ENGAGEMENT,
    TO_ROLES,
    analyse,
)
from models.estimate import Diagnostic, Estimate, Findings
from pipelines.demo.collaborative import draw

TABLES = ("participants", "episodes", "programs", "assessments", "roles")
Frames = Mapping[str, pl.DataFrame]
TERMS = {
    (row.outcome, row.name) for row in POOLED
} | {(ENGAGEMENT, f"{TO_ENGAGEMENT}_{wave}") for wave in ("month_6", "month_12")} | {
    (ROLES, f"{TO_ROLES}_{wave}") for wave in ("month_6", "month_12")
}  # fmt: skip


@pytest.fixture(scope="module")
def frames() -> Frames:
    return draw(11, 400)


@pytest.fixture(scope="module")
def found(frames: Frames) -> Findings:
    return _asked(frames)


def _asked(frames: Frames, **changes: object) -> Findings:
    settings = {"n_imputations": 3, **changes}
    return analyse(*(frames[name] for name in TABLES), population="drawn", **settings)  # type: ignore[arg-type]


def _row(found: Findings, term: str) -> Estimate:
    (row,) = [row for row in found.estimates if row.term == term]
    return row


def _facts(found: Findings) -> dict[str, Diagnostic]:
    return {fact.diagnostic: fact for fact in found.diagnostics}


def test_both_directions_are_told_together_by_interval_in_standard_units_and_compared(
    found: Findings,
) -> None:
    assert {(row.outcome, row.term) for row in found.estimates} == TERMS
    assert len(found.estimates) == len(TERMS)
    for row in found.estimates:
        assert row.estimate is not None
        assert row.ci_low is not None
        assert row.ci_high is not None
        assert row.ci_low < row.estimate < row.ci_high
        assert "association" in row.note


def test_the_planted_direction_is_found_and_the_other_is_not(found: Findings) -> None:
    planted, other = _row(found, TO_ENGAGEMENT), _row(found, TO_ROLES)
    assert planted.ci_low is not None
    assert planted.ci_low > 0.0
    assert other.ci_low is not None
    assert other.ci_high is not None
    assert other.ci_low < 0.0 < other.ci_high


def test_the_mean_path_is_that_of_its_intervals(found: Findings) -> None:
    for term in (TO_ENGAGEMENT, TO_ROLES):
        parts = [_row(found, f"{term}_{wave}").estimate or 0.0 for wave in ("month_6", "month_12")]
        assert _row(found, term).estimate == pytest.approx(np.mean(parts), rel=1e-9)
    assert _facts(found)["intervals"].value == 2.0


def test_the_difference_is_that_of_the_standardized_paths_and_says_which_is_stronger(found: Findings) -> None:
    forward, backward = (_row(found, f"{term}_per_sd").estimate or 0.0 for term in (TO_ENGAGEMENT, TO_ROLES))
    row = _row(found, DIFFERENCE)
    assert row.estimate == pytest.approx(forward - backward, rel=1e-9)
    assert row.ci_low is not None
    assert ("Roles go before engagement" in row.note) == (row.ci_low > 0.0)


def test_answers_in_other_ways_stand_beside_both_directions(found: Findings) -> None:
    told = _facts(found)
    for term in (TO_ENGAGEMENT, TO_ROLES):
        for way in ("complete_cases", "attrition_weighted", "own_levels"):
            fact = told[f"sensitivity_{term}_{way}"]
            assert fact.value is not None or "not answered" in fact.detail
            if fact.value is not None and way != "own_levels":
                assert fact.value == pytest.approx(_row(found, term).estimate, abs=0.15)
    for way in ("complete_cases", "attrition_weighted"):
        assert f"sensitivity_{DIFFERENCE}_{way}" in told


def test_the_order_of_recovery_names_what_stands_for_each_step_and_what_is_left_out(found: Findings) -> None:
    told = _facts(found)
    for earlier, later in LINKS:
        for name in (f"path_{earlier}_to_{later}", f"path_{later}_to_{earlier}"):
            fact = told[name]
            assert fact.value is not None
            assert abs(fact.value) < 1.0
    assert all(name in told["steps_measured"].detail for name in (*NOT_ASKED, MEANING, ROLES, ENGAGEMENT))


def test_the_same_frames_and_seed_give_the_same_answers_in_any_order(frames: Frames, found: Findings) -> None:
    again = _asked({name: one.sample(fraction=1.0, shuffle=True, seed=4) for name, one in frames.items()})
    for one, other in zip(found.estimates, again.estimates, strict=True):
        assert (one.outcome, one.term, one.note) == (other.outcome, other.term, other.note)
        assert one.estimate == pytest.approx(other.estimate, abs=1e-9)


def test_a_step_of_the_order_that_nobody_answered_takes_only_its_links_down(
    frames: Frames, found: Findings
) -> None:
    without = frames["assessments"].with_columns(pl.lit(None, pl.Float64).alias(MEANING))
    other = _asked({**frames, "assessments": without})
    told = _facts(other)
    assert all(told[f"path_{a}_to_{b}"].value is None for a, b in LINKS)
    assert all("not answered" in told[f"path_{a}_to_{b}"].detail for a, b in LINKS)
    assert _row(other, TO_ENGAGEMENT).estimate is not None


def test_where_few_were_reached_the_answers_are_held_back_with_the_reason(frames: Frames) -> None:
    status, later = pl.col("followup_status").cast(pl.String), pl.col("wave") != "baseline"
    chosen = pl.col("participant_id").str.slice(-1).is_in(["1", "2", "3"])
    lost = frames["assessments"].with_columns(
        followup_status=pl.when(later & ~chosen).then(pl.lit("not_located")).otherwise(status)
    )
    held = _asked({**frames, "assessments": lost})
    assert all(row.estimate is None for row in held.estimates)
    assert "fewer than half of those due" in _row(held, TO_ENGAGEMENT).note
    answers = [d for d in held.diagnostics if d.diagnostic.startswith(("sensitivity_", "path_"))]
    assert answers
    assert all(fact.value is None and fact.ci_low is None for fact in answers)
    assert _facts(held)["gate_follow_up"].value == 0.0


def test_three_programs_are_too_few_to_trust_an_interval(frames: Frames) -> None:
    held = _asked(
        {**frames, "programs": frames["programs"].filter(pl.col("program_id").is_in(["P01", "P06", "P08"]))}
    )
    assert all(row.estimate is None for row in held.estimates)
    assert "too few programs" in _row(held, TO_ENGAGEMENT).note


def test_before_anybody_is_due_at_12_months_the_first_interval_speaks_alone(frames: Frames) -> None:
    early = frames["assessments"].filter(pl.col("wave") != "month_12")
    told = _asked({**frames, "assessments": early})
    assert _row(told, TO_ENGAGEMENT).estimate == pytest.approx(
        _row(told, f"{TO_ENGAGEMENT}_month_6").estimate
    )
    assert _row(told, f"{TO_ENGAGEMENT}_month_12").estimate is None
    assert "most common answer" in _row(told, f"{TO_ENGAGEMENT}_month_12").note
    assert _facts(told)["intervals"].value == 1.0
    assert "three waves" in _facts(told)[f"sensitivity_{TO_ENGAGEMENT}_own_levels"].detail


def _keep(table: str, keep: pl.Expr) -> Callable[[Frames], Frames]:
    return lambda f: {**f, table: f[table].filter(keep)}


def _set(table: str, **values: object) -> Callable[[Frames], Frames]:
    def change(f: Frames) -> Frames:
        columns = [pl.lit(value).cast(f[table].schema[name]).alias(name) for name, value in values.items()]
        return {**f, table: f[table].with_columns(columns)}

    return change


DEGENERATE: dict[str, Callable[[Frames], Frames]] = {
    "nobody": _keep("participants", pl.lit(value=False)),
    "one person": lambda f: {**f, "participants": f["participants"].head(1)},
    "a handful of people": lambda f: {**f, "participants": f["participants"].head(8)},
    "forty people": lambda f: {**f, "participants": f["participants"].head(40)},
    "no programs": _keep("programs", pl.lit(value=False)),
    "no episodes": _keep("episodes", pl.lit(value=False)),
    "no interviews": _keep("assessments", pl.lit(value=False)),
    "no roles asked": _keep("roles", pl.lit(value=False)),
    "one program": _keep("programs", pl.col("program_id") == "P03"),
    "one wave": _keep("assessments", pl.col("wave") == "baseline"),
    "nobody asked at entry": _keep("assessments", pl.col("wave") != "baseline"),
    "nobody with a role": _set("roles", held=False),
    "everybody with every role": _set("roles", held=True),
    "nobody engaged": _set("assessments", civic_activities_30=0),
    "everybody engaged as much as the scale allows": _set("assessments", civic_activities_30=20),
    "engagement never answered": _set("assessments", civic_activities_30=None),
    "roles never answered": _set("roles", held=None),
    "everybody dead": lambda f: {
        **f,
        "assessments": f["assessments"].with_columns(
            followup_status=pl.when(pl.col("wave") == "baseline")
            .then(pl.lit("completed"))
            .otherwise(pl.lit("deceased"))
        ),
    },
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_a_degenerate_collaborative_gets_reasons_in_place_of_numbers(frames: Frames, name: str) -> None:
    told = _asked(DEGENERATE[name](frames), n_imputations=2)
    assert {(row.outcome, row.term) for row in told.estimates} == TERMS
    for row in told.estimates:
        assert row.estimate is None
        assert row.note[:1].isupper()
        assert row.note.endswith(".")
        assert "S0000" not in row.note
    answers = [d for d in told.diagnostics if d.diagnostic.startswith(("sensitivity_", "path_"))]
    assert all(fact.ci_low is None for fact in answers)


def test_one_person_who_alone_holds_roles_carries_no_answer(frames: Frames) -> None:
    alone = frames["roles"].with_columns(
        held=pl.col("participant_id") == frames["roles"]["participant_id"][0]
    )
    told = _asked({**frames, "roles": alone}, n_imputations=2)
    assert all(row.estimate is None for row in told.estimates)
    assert all("most common answer" in row.note for row in told.estimates)


@pytest.mark.parametrize("seed", range(8))
def test_any_cut_of_the_tables_ends_in_finite_numbers_or_reasons(frames: Frames, seed: int) -> None:
    rng = np.random.default_rng(seed)
    changed = {
        name: one.sample(n=int(one.height * rng.choice([0.1, 0.6, 0.97, 1.0, 1.0])), seed=seed)
        for name, one in frames.items()
        if name != "programs"
    }
    programs = frames["programs"].sample(n=int(rng.integers(2, 13)), seed=seed)
    gaps = rng.random(changed["assessments"].height) < rng.choice([0.0, 0.5, 0.95])
    odd = rng.choice([math.nan, math.inf, 0.0, 1e9], changed["assessments"].height)
    assessments = changed["assessments"].with_columns(
        pl.when(pl.Series(gaps)).then(None).otherwise(ENGAGEMENT).alias(ENGAGEMENT),
        pl.when(pl.Series(rng.random(gaps.size) < 0.02))
        .then(pl.Series(odd))
        .otherwise(MEANING)
        .alias(MEANING),
    )
    told = _asked({**changed, "programs": programs, "assessments": assessments}, n_imputations=2)
    assert {(row.outcome, row.term) for row in told.estimates} == TERMS
    for row in told.estimates:
        assert row.note.endswith(".")
        assert (row.estimate is None) == (row.ci_low is None)
