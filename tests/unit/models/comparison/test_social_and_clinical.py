"""C1 as a whole: what it finds on a drawn collaborative, and a named answer on every frame it cannot use."""

import math
from collections.abc import Callable
from dataclasses import asdict, replace

import polars as pl
import pytest

from models.comparison import comparable_people, comparison_rows, social_and_clinical
from models.comparison.cohort import WAVES
from models.comparison.comparison_rows import ODDS
from models.estimate import Estimate, Findings
from models.gates_kept import told_despite_gates
from models.refusal import NotIdentifiedError
from pipelines.demo.collaborative import draw

Frames = dict[str, pl.DataFrame]
TABLES = ("participants", "episodes", "programs", "assessments")
TERMS = 5  # of a yes or no; scales have no odds
MAIN = "social_minus_clinical"


@pytest.fixture(scope="module")
def frames() -> Frames:
    return dict(draw(20260, 600))


@pytest.fixture(scope="module")
def lean(frames: Frames) -> Frames:
    """The same people with one follow-up and fewer measures, for time."""
    return thinned(frames)


@pytest.fixture(scope="module")
def small() -> Frames:
    return thinned(dict(draw(5, 260)))


@pytest.fixture(scope="module")
def found(frames: Frames) -> Findings:
    return analyse(frames, n_imputations=5)


def thinned(frames: Frames) -> Frames:
    never = ("asi_medical", "asi_psychiatric", "asi_drug", "barc10", "k6", "twelve_step_meetings_30")
    kept = frames["assessments"].filter(pl.col("wave") != "month_6")
    return frames | {
        "assessments": kept.with_columns(pl.lit(None, dtype=kept.schema[name]).alias(name) for name in never)
    }


def analyse(frames: Frames, **settings: int) -> Findings:
    return social_and_clinical.analyse(
        *(frames[name] for name in TABLES), population="drawn", **({"n_imputations": 2} | settings)
    )


def values(found: Findings, outcome: str) -> dict[str, float | None]:
    return {row.diagnostic: row.value for row in found.diagnostics if row.outcome == outcome}


def as_frames(found: Findings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows as the release is checked."""
    rows, facts = (
        pl.DataFrame(map(asdict, rows), infer_schema_length=None).with_columns(
            analysis=pl.lit(found.analysis), as_of=pl.lit("2026Q3")
        )
        for rows in (found.estimates, found.diagnostics)
    )
    return rows, facts


def reasons(found: Findings) -> set[str]:
    """Why nothing is said of month 12; every row is refused and no row carries a number."""
    assert found.estimates
    assert all(row.estimate is None and row.ci_low is None and row.p_value is None for row in found.estimates)
    return {row.note for row in found.estimates if row.outcome.endswith("month_12")}


def test_every_outcome_wave_and_term_is_answered_once(found):
    keys = [(row.outcome, row.term) for row in found.estimates]
    assert len(keys) == len(set(keys)) == 2 * (8 * TERMS + 2 * (TERMS - 1))
    for row in found.estimates:
        assert row.estimate is not None, (row.outcome, row.term, row.note)
        assert row.ci_low < row.estimate < row.ci_high
        assert row.df > 1


def test_diagnostics_have_one_row_for_each_name(found):
    keys = [(row.outcome, row.diagnostic) for row in found.diagnostics]
    assert len(keys) == len(set(keys))


def test_the_odds_ratio_and_the_difference_tell_of_the_same_adjusted_shares(found):
    rows = {(row.outcome, row.term): row.estimate for row in found.estimates}
    told = values(found, "any_problem_alcohol_month_12")
    social, clinical = told["adjusted_social"], told["adjusted_clinical"]
    assert rows["any_problem_alcohol_month_12", MAIN] == pytest.approx(social - clinical)
    odds = social / (1 - social) / (clinical / (1 - clinical))
    # pooled on the log scale: the mean log is not the log of the means
    assert rows["any_problem_alcohol_month_12", "social_over_clinical_odds"] == pytest.approx(odds, rel=0.02)


def test_each_main_row_says_what_may_be_claimed_and_its_numbers_say_the_same(found):
    prefixes = {
        ("better",): "Better", ("worse",): "Worse", ("not_worse", "not_better"): "Similar: ",
        ("not_worse",): "Not worse by", ("not_better",): "Not better by", (): "Not enough to say: ",
    }  # fmt: skip
    for row in found.estimates:
        if row.term == MAIN:
            told = values(found, row.outcome)
            held = tuple(
                c for c in ("better", "worse", "not_worse", "not_better") if told[f"claim_{c}_{MAIN}"]
            )
            assert row.note.startswith(prefixes[held[:1] if {"better", "worse"} & set(held) else held])
            claimed = bool(held)
            assert (f"bias_that_undoes_{MAIN}" in told) == (f"tipping_point_{MAIN}" in told) == claimed
            for way in ("complete_cases", "attrition_weighted", "weighted"):
                assert (f"claim_holds_{way}_{MAIN}" in told) == claimed


def test_an_outcome_is_called_better_or_worse_only_after_allowance_for_all_ten(found):
    for row in found.estimates:
        if row.term == MAIN:
            told = values(found, row.outcome)
            assert told[f"holm_p_{MAIN}"] >= row.p_value
            if told[f"claim_better_{MAIN}"] or told[f"claim_worse_{MAIN}"]:
                assert told[f"holm_p_{MAIN}"] <= 0.05
    for wave in WAVES:
        p = [row.p_value for row in found.estimates if row.term == MAIN and row.outcome.endswith(f"_{wave}")]
        least = min(values(found, row.outcome)[f"holm_p_{MAIN}"] for row in found.estimates
                    if row.term == MAIN and row.outcome.endswith(f"_{wave}"))  # fmt: skip
        assert least == pytest.approx(min(1.0, 10 * min(p)))


def test_a_tipping_point_is_the_bias_over_the_share_of_weight_on_imputed_answers(found):
    checked = 0
    for row in found.estimates:
        told = values(found, row.outcome)
        if row.term == MAIN and f"tipping_point_{MAIN}" in told:
            share = told[f"bias_that_undoes_{MAIN}"] / told[f"tipping_point_{MAIN}"]
            assert share == pytest.approx(1.0 - told["answered_rate_social"], abs=0.06)
            checked += 1
    assert checked


def test_an_outcome_hardly_anybody_answered_is_held_back_though_all_were_interviewed(frames):
    late = pl.col("wave").cast(pl.String) == "month_12"
    deleted = frames["assessments"].with_columns(
        pl.when(late & (pl.int_range(pl.len()).hash(3) % 100 < 88)).then(None)
        .otherwise(pl.col("barc10")).alias("barc10")
    )  # fmt: skip
    found = analyse(frames | {"assessments": deleted})
    told = values(found, "barc10_month_12")
    assert (told["gate_follow_up"], told["gate_answers"]) == (1.0, 0.0)
    assert max(told["answered_rate_social"], told["answered_rate_clinical"]) < 0.25
    rows = [row for row in found.estimates if row.outcome == "barc10_month_12"]
    assert all(row.estimate is None and row.note.startswith(("Not enough", "Fewer")) for row in rows)
    assert not any(
        told.get(f"claim_{test}_{MAIN}") for test in ("better", "worse", "not_worse", "not_better")
    )
    assert told_despite_gates(*as_frames(found)) == ()
    others = [r for r in found.estimates if r.term == MAIN and r.outcome == "abstinent_month_12"]
    assert others[0].estimate is not None


def test_the_negative_control_is_told_before_and_after_with_what_it_could_have_found(found):
    for wave in WAVES:
        told = values(found, wave)
        assert told["negative_control_onset_age_before"] != told["negative_control_onset_age"]
        assert 0.1 < told["negative_control_onset_age_detectable"] < 1.0
        assert 0.0 < told["negative_control_onset_age_correlation"] < 0.5


def test_an_answer_for_another_population_is_held_back_by_its_own_balance_alone(found, frames, monkeypatch):
    assert all(value for name, value in values(found, "barc10_month_12").items() if name.startswith("gate_"))
    plain = comparable_people.comparable_people

    def unbalanced(*args, **settings):
        of = plain(*args, **settings)
        return replace(of, largest=of.largest | {"att": 0.3})

    monkeypatch.setattr(social_and_clinical, "comparable_people", unbalanced)
    held = analyse(frames, n_imputations=5)
    for row in held.estimates:
        if row.term == f"{MAIN}_among_social":
            assert row.estimate is None and "still differ" in row.note
        elif row.term in (MAIN, f"{MAIN}_overlap"):
            assert row.estimate is not None
    told = values(held, "barc10_month_12")
    gates = [told[f"gate_balance{ending}"] for ending in ("", "_among_social", "_overlap")]
    assert gates == [1.0, 0.0, 1.0]
    assert told_despite_gates(*as_frames(held)) == ()
    assert told[f"sensitivity_{MAIN}_among_social_rubin"] is None
    assert told[f"sensitivity_{MAIN}_rubin"] is not None


def test_weighting_leaves_less_imbalance_in_what_led_to_social_programs(found):
    for wave in WAVES:
        told = values(found, wave)
        for area in ("legal", "employment", "family"):
            before, after = (told[f"balance_asi_{area}_baseline_{when}"] for when in ("before", "after"))
            assert abs(after) < min(0.1, abs(before))


def test_the_answer_by_other_ways_stands_beside_the_main_one(found):
    told = values(found, "abstinent_month_12")
    main = next(row for row in found.estimates if (row.outcome, row.term) == ("abstinent_month_12", MAIN))
    for way in ("complete_cases", "attrition_weighted", "weighted"):
        assert abs(told[f"sensitivity_{MAIN}_{way}"] - main.estimate) < 3 * main.std_error


def test_the_same_data_and_seed_give_the_same_answer_in_any_order_of_rows(small):
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=1) for name, frame in small.items()}
    first, second = analyse(small), analyse(shuffled)
    assert [row.estimate for row in first.estimates] == pytest.approx(
        [row.estimate for row in second.estimates], nan_ok=True
    )


def test_dead_people_are_neither_due_nor_imputed(lean):
    status = pl.col("followup_status")
    dead = lean["assessments"].with_columns(
        pl.when((pl.col("wave") == "month_12") & (status != "completed")).then(pl.lit("deceased"))
        .otherwise(status).alias("followup_status")
    )  # fmt: skip
    told = values(analyse(lean | {"assessments": dead}), "month_12")
    assert told["due_month_12_all"] == told["came_month_12_all"]
    assert told["died_month_12_all"] > 50


def test_a_wave_that_nobody_is_due_for_is_refused_and_the_other_answered(lean):
    found = analyse(lean)
    for row in found.estimates:
        if row.outcome.endswith("month_6"):
            assert row.estimate is None and "due at this wave" in row.note
    assert any(row.estimate is not None for row in found.estimates)


def test_little_follow_up_is_held_back_with_the_reason(lean):
    lost = lean["assessments"].with_columns(
        pl.when((pl.col("wave") != "baseline") & (pl.int_range(pl.len()) % 2 == 0))
        .then(pl.lit("not_located")).otherwise(pl.col("followup_status")).alias("followup_status")
    )  # fmt: skip
    found = analyse(lean | {"assessments": lost})
    assert all("interviewed" in note or "Fewer than 10 people" in note for note in reasons(found))
    assert all(row.value is None for row in found.diagnostics if row.diagnostic.startswith("sensitivity_"))
    gates = {row.value for row in found.diagnostics if row.diagnostic == "gate_follow_up"}
    assert gates == {0.0}, "the gate says so"
    assert not any(row.diagnostic.startswith("adjusted_") for row in found.diagnostics)


def _models(frames: Frames, **model: str) -> Frames:
    named = pl.col("model").replace(model)
    return frames | {"programs": frames["programs"].with_columns(named.alias("model"))}


def _separated(frames: Frames) -> Frames:
    """Legal severity above zero exactly where the program is social."""
    social = frames["programs"].filter(pl.col("model") == "social")["program_id"]
    own = frames["episodes"].filter(pl.col("program_id").is_in(social.to_list()))["participant_id"]
    legal = (
        pl.when(pl.col("participant_id").is_in(own.to_list()))
        .then(0.5 + 0.01 * (pl.int_range(pl.len()) % 7))
        .otherwise(0.1 + 0.01 * (pl.int_range(pl.len()) % 7))
    )
    return frames | {"assessments": frames["assessments"].with_columns(legal.alias("asi_legal"))}


def _empty_cell(frames: Frames) -> Frames:
    """Everybody of social programs, and nobody else, has had treatment before."""
    social = frames["programs"].filter(pl.col("model") == "social")["program_id"]
    own = frames["episodes"].filter(pl.col("program_id").is_in(social.to_list()))["participant_id"]
    before = pl.col("participant_id").is_in(own.to_list())
    return frames | {"participants": frames["participants"].with_columns(prior_treatment=before)}


def _one_program_each(frames: Frames) -> Frames:
    first = {"social": "P01", "clinical": "P06", "mixed": "P11"}
    home = frames["programs"].select("program_id", pl.col("model").replace(first).alias("first"))
    moved = frames["episodes"].join(home, on="program_id").with_columns(program_id="first").drop("first")
    return frames | {"episodes": moved}


def _answers(frames: Frames, **values: float | None) -> Frames:
    changed = [
        pl.lit(value, dtype=frames["assessments"].schema[name]).alias(name) for name, value in values.items()
    ]
    return frames | {"assessments": frames["assessments"].with_columns(changed)}


REFUSED: dict[str, tuple[Callable[[Frames], Frames], str]] = {
    "no one at all": (lambda f: {name: frame.clear() for name, frame in f.items()}, "nobody"),
    "no program known": (lambda f: f | {"programs": f["programs"].clear()}, "nobody"),
    "no social program": (lambda f: _models(f, social="mixed"), "one arm is empty"),
    "no clinical program": (lambda f: _models(f, clinical="mixed"), "one arm is empty"),
    "few people": (lambda f: f | {"participants": f["participants"].head(30)}, "fewer than|"),
    "separation": (_separated, "separation"),
    "empty cell": (_empty_cell, "empty cell"),
    "one program of each kind": (_one_program_each, "programs"),
    "nobody interviewed again": (
        lambda f: f | {"assessments": f["assessments"].filter(pl.col("wave") == "baseline")},
        "due at this wave",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_frame_that_cannot_carry_a_comparison_is_refused_with_its_name(small, case):
    change, words = REFUSED[case]
    for note in reasons(analyse(change(small))):
        assert any(word in note.lower() for word in words.split("|")), note
        assert "S0" not in note and "P0" not in note, "a reason holds no identifier"


def test_outcomes_that_never_vary_are_refused_and_others_answered(lean):
    found = analyse(_answers(lean, asi_alcohol=0.0, abstinent_days_30=30, eurohis_qol8=3.0), n_imputations=5)
    by_outcome = {row.outcome: row for row in found.estimates if row.term == MAIN}
    for name in ("any_problem_alcohol", "abstinent", "eurohis_qol8"):
        assert by_outcome[f"{name}_month_12"].estimate is None
    assert by_outcome["any_problem_legal_month_12"].estimate is not None


def test_a_measure_that_a_site_never_takes_is_left_out_and_its_outcome_refused(lean):
    found = analyse(_answers(lean, eurohis_qol8=None, asi_family=None))
    assert "balance_eurohis_qol8_baseline_after" not in values(found, "month_12")
    by_outcome = {row.outcome: row for row in found.estimates if row.term == MAIN}
    assert by_outcome["eurohis_qol8_month_12"].estimate is None
    assert "Fewer than 10 people" in by_outcome["eurohis_qol8_month_12"].note
    assert by_outcome["abstinent_month_12"].estimate is not None


def test_values_that_are_not_numbers_count_as_missing(lean):
    odd = lean["assessments"].with_columns(
        pl.when(pl.int_range(pl.len()) % 40 == 0).then(float("inf"))
        .when(pl.int_range(pl.len()) % 41 == 0).then(float("nan"))
        .otherwise(pl.col("asi_alcohol")).alias("asi_alcohol")
    )  # fmt: skip
    found = analyse(lean | {"assessments": odd})
    numbers = [row.estimate for row in found.estimates if row.estimate is not None]
    assert numbers and all(math.isfinite(number) for number in numbers)


def test_a_key_held_twice_is_an_error_of_the_caller(small):
    twice = pl.concat([small["assessments"], small["assessments"].head(1)])
    with pytest.raises(ValueError, match="repeats its key"):
        analyse(small | {"assessments": twice})


def test_an_odds_ratio_whose_limit_is_beyond_all_numbers_is_refused_and_not_told():
    row = Estimate(
        outcome="abstinent_month_12", term=ODDS, population="drawn", estimate=0.4, std_error=30.0,
        ci_low=-800.0, ci_high=800.8, p_value=0.9, df=1.1, n_people=100, n_rows=90, method="",
        scale="", small_sample="",
    )  # fmt: skip
    with pytest.raises(NotIdentifiedError, match="no upper end"):
        comparison_rows._ratio(row)
    told = comparison_rows._ratio(replace(row, ci_high=3.0))
    assert (told.estimate, told.ci_low) == (math.exp(0.4), 0.0)
