"""What more of the social model goes with: every question answered or refused by name."""

from collections.abc import Mapping

import polars as pl
import pytest

from models.comparison.cohort import SMPS
from models.comparison.fidelity import CUT, DOMAINS, TOTAL, WAVES, analyse, outcomes
from models.estimate import Estimate, Findings
from pipelines.demo.collaborative import draw

TABLES = ("participants", "episodes", "programs", "assessments")
Frames = Mapping[str, pl.DataFrame]


@pytest.fixture(scope="module")
def frames() -> Frames:
    return draw(11, 300)


@pytest.fixture(scope="module")
def found(frames: Frames) -> Findings:
    return _asked(frames, cut=75.0)


def _asked(frames: Frames, **changes: object) -> Findings:
    settings = {"n_imputations": 2, **changes}
    return analyse(*(frames[name] for name in TABLES), population="drawn", **settings)  # type: ignore[arg-type]


def _rows(found: Findings, term: str) -> list[Estimate]:
    return [row for row in found.estimates if row.term == term]


def _of_total(found: Findings, outcome: str) -> Estimate:
    (row,) = [row for row in _rows(found, f"{TOTAL}_per_10_points") if row.outcome == outcome]
    return row


def test_every_outcome_is_told_for_the_total_and_for_each_domain_by_itself(found: Findings) -> None:
    columns = {column for wave in WAVES for column, _ in outcomes(wave)}
    for score in (TOTAL, *DOMAINS):
        assert {row.outcome for row in _rows(found, f"{score}_per_10_points")} == columns
    keys = [(row.outcome, row.term) for row in found.estimates]
    assert len(keys) == len(set(keys))


def test_a_yes_or_no_is_told_as_log_odds_and_as_probability_of_one_sign(found: Findings) -> None:
    for row in _rows(found, f"{TOTAL}_per_10_points"):
        beside = [r for r in _rows(found, f"{TOTAL}_per_10_points_probability") if r.outcome == row.outcome]
        if row.scale == "points":
            assert not beside
            continue
        assert row.scale == "log odds"
        (other,) = beside
        if row.estimate is not None:
            assert other.estimate is not None
            assert row.estimate * other.estimate > 0
            assert abs(other.estimate) < abs(row.estimate) / 4 + 1e-9  # a logistic curve is no steeper


def test_the_cut_is_told_only_where_it_is_asked_for(frames: Frames, found: Findings) -> None:
    assert _rows(found, CUT)
    assert not _rows(found, f"{CUT}_per_10_points")
    few = {**frames, "participants": frames["participants"].head(40)}
    assert not [row for row in _asked(few).estimates if row.term.startswith(CUT)]


def test_answers_in_other_ways_stand_beside_the_total(found: Findings) -> None:
    for row in _rows(found, f"{TOTAL}_per_10_points"):
        if row.estimate is None:
            continue
        told = {d.diagnostic: d for d in found.diagnostics if d.outcome == row.outcome}
        for way in ("complete_cases", "attrition_weighted", "cluster_robust", "all_baseline"):
            fact = told[f"sensitivity_{row.term}_{way}"]
            assert fact.value is not None or "not answered" in fact.detail


def test_holms_p_values_are_not_below_those_of_the_rows(found: Findings) -> None:
    adjusted = {(d.outcome, d.diagnostic): d.value for d in found.diagnostics}
    for row in _rows(found, f"{TOTAL}_per_10_points"):
        value = adjusted.get((row.outcome, f"holm_p_{row.term}"))
        if row.p_value is not None:
            assert value is not None
            assert value >= row.p_value - 1e-12
            assert ("beyond chance" in row.note) == (value <= 0.05)


def test_domains_are_never_put_in_one_model_and_it_is_said_why(found: Findings) -> None:
    facts = [d for d in found.diagnostics if d.diagnostic == "domains_variance_inflation"]
    assert len(facts) == len(WAVES)
    assert all(fact.value is not None and fact.value > 10 for fact in facts)  # they follow the total closely


def test_the_same_frames_and_seed_give_the_same_answers(frames: Frames, found: Findings) -> None:
    again = _asked(
        {name: frame.sample(fraction=1.0, shuffle=True, seed=3) for name, frame in frames.items()}, cut=75.0
    )
    for one, other in zip(found.estimates, again.estimates, strict=True):
        assert (one.outcome, one.term, one.note) == (other.outcome, other.term, other.note)
        assert one.estimate == pytest.approx(other.estimate, abs=1e-9)


def test_fewer_than_six_programs_are_held_back(frames: Frames) -> None:
    kept = frames["programs"].filter(pl.col("program_id").is_in(["P01", "P02", "P06", "P07", "P11"]))
    found = _asked({**frames, "programs": kept})
    assert all(row.estimate is None for row in found.estimates)
    assert "too few programs" in _of_total(found, "barc10_month_12").note
    answers = [d for d in found.diagnostics if d.diagnostic.startswith(("sensitivity_", "holm_p"))]
    assert all(fact.value is None for fact in answers)


def test_an_outcome_few_answered_is_held_back_and_the_others_stand(frames: Frames) -> None:
    late = pl.col("wave").cast(pl.String) == "month_12"
    asked = frames["assessments"].with_columns(
        pl.when(late & (pl.int_range(pl.len()) % 5 > 1)).then(None).otherwise("barc10").alias("barc10")
    )
    found = _asked({**frames, "assessments": asked})
    gates = {
        (d.outcome, d.diagnostic): d.value for d in found.diagnostics if d.diagnostic.startswith("gate_")
    }
    assert gates["barc10_month_12", "gate_follow_up"] == 1.0
    assert gates["barc10_month_12", "gate_answers"] == 0.0
    rows = [row for row in found.estimates if row.outcome == "barc10_month_12"]
    assert all(row.estimate is None and "answered this question" in row.note for row in rows)
    assert _of_total(found, "eurohis_qol8_month_12").estimate is not None
    assert gates["eurohis_qol8_month_12", "gate_answers"] == 1.0


def test_programs_without_a_score_leave_its_questions_and_are_counted(
    frames: Frames, found: Findings
) -> None:
    domain = DOMAINS[0]
    place = pl.col("program_id")
    unknown = frames["programs"].with_columns(
        pl.when(place != "P01").then(pl.col(name)).alias(name) for name in SMPS if name != domain
    )
    unknown = unknown.with_columns(pl.when(~place.is_in(["P01", "P02"])).then(pl.col(domain)).alias(domain))
    less = _asked({**frames, "programs": unknown})
    (fact,) = [d for d in less.diagnostics if d.diagnostic == "people_without_scale"]
    assert fact.value == frames["episodes"].filter(place == "P01").height
    for outcome in ("abstinent_month_12", "barc10_month_6"):
        people = [
            next(row.n_people or 0 for row in _rows(of, f"{score}_per_10_points") if row.outcome == outcome)
            for of, score in ((found, TOTAL), (less, TOTAL), (less, domain))
        ]
        assert people[0] > people[1] > people[2] > 0


def _nobody_reached(frames: Frames) -> Frames:
    later = pl.col("wave") != "baseline"
    lost = frames["assessments"].with_columns(
        pl.when(later)
        .then(pl.lit("not_located"))
        .otherwise(pl.col("followup_status").cast(pl.String))
        .alias("followup_status")
    )
    return {**frames, "assessments": lost}


def _without(frames: Frames, table: str, keep: pl.Expr) -> Frames:
    return {**frames, table: frames[table].filter(keep)}


DEGENERATE = {
    "nobody": lambda f: _without(f, "participants", pl.lit(value=False)),
    "no programs": lambda f: _without(f, "programs", pl.lit(value=False)),
    "no episodes": lambda f: _without(f, "episodes", pl.lit(value=False)),
    "no interviews": lambda f: _without(f, "assessments", pl.lit(value=False)),
    "one program": lambda f: _without(f, "programs", pl.col("program_id") == "P03"),
    "nobody reached later": _nobody_reached,
    "nobody asked at entry": lambda f: _without(f, "assessments", pl.col("wave") != "baseline"),
    "one score for all programs": lambda f: {
        **f, "programs": f["programs"].with_columns(pl.lit(50.0).alias(name) for name in SMPS)
    },
    "a handful of people": lambda f: {**f, "participants": f["participants"].head(8)},
    "forty people": lambda f: {**f, "participants": f["participants"].head(40)},
    "everybody abstinent, nobody with a problem": lambda f: {
        **f,
        "assessments": f["assessments"].with_columns(
            pl.lit(0.0).alias(name) for name in f["assessments"].columns if name.startswith("asi_")
        ),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", DEGENERATE)
def test_a_degenerate_collaborative_gets_reasons_in_place_of_numbers(frames: Frames, name: str) -> None:
    people = set(frames["participants"]["participant_id"])
    found = _asked(DEGENERATE[name](frames))
    assert len(found.estimates) == len(WAVES) * (8 * 2 + 2) * len(SMPS)
    answerable = ("forty people", "everybody abstinent, nobody with a problem")  # of scores, at least
    for row in found.estimates:
        if name not in answerable or row.outcome.startswith("any_problem"):
            assert row.estimate is None
        assert row.estimate is not None or (row.note[:1].isupper() and row.note.endswith("."))
        assert not any(person in row.note for person in list(people)[:50])


@pytest.mark.parametrize(("column", "value"), [(TOTAL, float("inf")), (DOMAINS[0], float("nan"))])
def test_a_place_on_the_scale_that_is_no_number_counts_as_none(
    frames: Frames, column: str, value: float
) -> None:
    third = pl.int_range(pl.len()) == 2
    told = [
        _asked(
            {
                **frames,
                "programs": frames["programs"].with_columns(
                    pl.when(third).then(pl.lit(given, pl.Float64)).otherwise(column).alias(column)
                ),
            }
        )
        for given in (value, None)
    ]
    assert told[0] == told[1]


def test_totals_that_differ_by_rounding_alone_are_one_score(frames: Frames) -> None:
    programs = frames["programs"].with_columns((50.0 + 1e-9 * pl.int_range(pl.len())).alias(TOTAL))
    row = _of_total(_asked({**frames, "programs": programs}), "abstinent_month_6")
    assert row.estimate is None
    assert "all programs have the same score" in row.note
