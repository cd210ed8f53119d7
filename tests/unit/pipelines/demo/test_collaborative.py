"""A drawn collaborative has the shape of the core tables; a sound analysis of it finds the truth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest

from pipelines.codebook.load import read_yaml
from pipelines.codebook.to_polars import enforce, schema
from pipelines.demo.chance import expit
from pipelines.demo.collaborative import draw
from pipelines.demo.truth import LARGE_SAMPLE

AREAS = ("medical", "employment", "alcohol", "drug", "legal", "family", "psychiatric")
MEASURED = [f"asi_{area}_baseline" for area in AREAS] + [
    "twelve_step_activities_baseline",
    "network_support_abstinence_baseline",
]
LOST = ("not_located", "refused", "missed", "incarcerated", "deceased")
TRUTH = read_yaml(LARGE_SAMPLE)


def wide(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """One row for each person: intake, program, and every wave beside the others."""
    people = (
        frames["participants"]
        .join(frames["episodes"].select("participant_id", "program_id"), on="participant_id")
        .join(frames["programs"].select("program_id", "model", "smps_total"), on="program_id")
    )
    held = frames["roles"].group_by("participant_id", "wave").agg(roles=pl.col("held").sum())
    answers = frames["assessments"].join(held, on=["participant_id", "wave"], how="left")
    for wave in ("baseline", "month_6", "month_12"):
        own = answers.filter(wave=wave).drop("wave", "source", "delivered_quarter")
        people = people.join(
            own.rename(lambda c, w=wave: c if c == "participant_id" else f"{c}_{w}"), on="participant_id"
        )
    return people


def logistic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Slopes of a logistic regression, by Newton's method."""
    slopes = np.zeros(x.shape[1])
    for _ in range(20):
        p = expit(x @ slopes)
        slopes += np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]), x.T @ (y - p))
    return slopes


def doubly_robust(people: pl.DataFrame, outcome: pl.Expr) -> tuple[float, float, float]:
    """Naive difference, adjusted difference, and the standard error of the adjusted one, by program."""
    people = people.filter(pl.col("model") != "mixed").drop_nulls(MEASURED)
    status = people["justice_status"].to_dummies(drop_first=True).to_numpy()
    x = np.column_stack([np.ones(people.height), people.select(MEASURED).to_numpy(), status])
    social = (people["model"] == "social").to_numpy()
    y = people.select(outcome.cast(pl.Float64)).to_series()
    came = y.is_not_null().to_numpy()
    y = y.fill_null(0.0).to_numpy()
    chosen = expit(x @ logistic(x, social))
    with_model = np.column_stack([x, social])
    reached = expit(with_model @ logistic(with_model, came))
    parts = {}
    for arm, chance in ((True, chosen), (False, 1 - chosen)):
        mine = came & (social == arm)
        fitted = expit(x @ logistic(x[mine], y[mine]))
        parts[arm] = fitted + mine / (chance * reached) * (y - fitted)
    influence = parts[True] - parts[False]
    ate = float(influence.mean())
    by_program = pl.DataFrame({"p": people["program_id"], "d": influence - ate}).group_by("p").sum()["d"]
    naive = float(y[came & social].mean() - y[came & ~social].mean())
    return naive, ate, float(np.sqrt((by_program**2).sum()) / len(influence))


def outcome_of(name: str) -> pl.Expr:
    """Return an outcome of C1 as an expression on the wide frame."""
    if name.startswith("any_problem_"):
        return pl.col(name.replace("any_problem", "asi")) > 0
    return pl.col(name.replace("abstinent", "abstinent_days_30")) == 30


@pytest.fixture(scope="module")
def many() -> pl.DataFrame:
    return wide(draw(2026, 40_000, programs=800))


@pytest.fixture(scope="module")
def placebo() -> pl.DataFrame:
    return wide(draw(2027, 30_000, programs=600, effects=False))


def test_the_frames_are_core_tables_with_unique_keys(codebook):
    frames = draw(1, 150, items=True)
    assert set(frames) == {
        "programs", "participants", "episodes", "justice_events", "assessments", "roles", "assessment_items",
    }  # fmt: skip
    for name, frame in frames.items():
        table = codebook.table(f"core.{name}")
        assert frame.schema == schema(codebook, table)
        assert enforce(codebook, table, frame).equals(frame)
        assert not frame.select(pl.struct(table.primary_key).is_duplicated().any()).item()
        if "participant_id" in frame.columns:
            assert set(frame["participant_id"]) <= set(frames["participants"]["participant_id"])
        for variable in (codebook.variable(table, column) for column in frame.columns):
            given = set(frame[variable.name].drop_nulls().to_list())
            if variable.type == "category":
                assert given <= set(variable.values or {})
            elif variable.minimum is not None and variable.maximum is not None and given:
                assert variable.minimum <= min(given) <= max(given) <= variable.maximum


def test_the_same_seed_draws_the_same_frames_and_another_seed_others():
    first, again, other = draw(5, 80), draw(5, 80), draw(6, 80)
    assert all(first[name].equals(again[name]) for name in first)
    assert not first["assessments"].equals(other["assessments"])
    assert not first["programs"].equals(other["programs"])


def test_further_programs_repeat_the_models_of_the_twelve():
    programs = draw(5, 80, programs=30)["programs"]
    models = programs["model"].to_list()
    assert models == [models[i % 12] for i in range(30)]
    assert programs["program_id"].n_unique() == 30


@pytest.mark.parametrize("asked", [{"people": 0}, {"people": 80, "programs": 11}])
def test_too_few_people_or_programs_are_refused_in_words(asked):
    with pytest.raises(ValueError, match="needs people, and at least 12 programs"):
        draw(5, **asked)


def test_asking_for_the_items_changes_nothing_else():
    without, with_items = draw(5, 80), draw(5, 80, items=True)
    assert all(without[name].equals(with_items[name]) for name in without)


def test_people_who_were_not_reached_have_no_answers_and_no_roles():
    frames = draw(9, 400, items=True)
    lost = frames["assessments"].filter(pl.col("followup_status") != "completed")
    assert set(lost["followup_status"]) == set(LOST)
    key = ["participant_id", "wave", "followup_status", "source", "delivered_quarter"]
    assert lost.select(pl.exclude(key)).null_count().row(0) == (lost.height,) * (lost.width - len(key))
    for name in ("roles", "assessment_items"):
        assert frames[name].join(lost, on=["participant_id", "wave"], how="semi").is_empty()


def test_the_dead_are_not_reached_after_their_death():
    frames = draw(10, 4000)
    deaths = frames["justice_events"].filter(justice_measure="death")
    seen = frames["assessments"].join(deaths, on="participant_id").filter(followup_status="completed")
    assert (seen["assessment_day"] < seen["event_day"]).all()
    assert deaths["participant_id"].n_unique() == 4000


def test_a_draw_follows_the_same_laws_as_the_files(county, many):
    """What people of the files measure, beside what is drawn: within four standard errors."""
    for wave in ("month_6", "month_12"):
        interviews = [i for i in county.interviews if i.wave == wave]
        came = np.array([i.completed for i in interviews])
        drawn = (many[f"followup_status_{wave}"] == "completed").mean()
        assert abs(came.mean() - drawn) < 4 * np.sqrt(drawn * (1 - drawn) / len(came))
        for name in (
            "asi_drug",
            "twelve_step_activities",
            "network_support_abstinence",
            "civic_activities_30",
        ):
            given = [i.record[name] for i in interviews if i.completed]
            told = np.array([v for v in given if isinstance(v, int | float)], dtype=float)
            theirs = many[f"{name}_{wave}"].drop_nulls()
            # Twelve programs of their own add to the error of people.
            error = 1.5 * theirs.std() / np.sqrt(len(told))
            assert abs(told.mean() - theirs.mean()) < 4 * error, (name, wave)


@pytest.mark.parametrize("wave", ["month_6", "month_12"])
@pytest.mark.parametrize(
    "outcome",
    ["any_problem_alcohol", "any_problem_drug", "abstinent", "any_problem_legal", "any_problem_family"],
)
def test_adjusting_for_what_was_measured_finds_the_true_effect_and_the_naive_comparison_does_not(
    many, outcome, wave
):
    truth = TRUTH[f"C1_{outcome}_{wave}"]
    naive, adjusted, error = doubly_robust(many, outcome_of(f"{outcome}_{wave}"))
    assert abs(adjusted - truth["ate"]) < 4 * error
    assert abs(naive - truth["naive_reached"]) < 5 * error
    assert abs(naive - truth["ate"]) > 5 * error


@pytest.mark.parametrize(
    "outcome", ["any_problem_alcohol_month_12", "abstinent_month_6", "any_problem_legal_month_12"]
)
def test_in_the_placebo_world_the_naive_comparison_finds_an_effect_and_the_adjusted_one_none(
    placebo, outcome
):
    naive, adjusted, error = doubly_robust(placebo, outcome_of(outcome))
    assert abs(adjusted) < 4 * error
    assert abs(naive) > 5 * error


def test_what_programs_cannot_change_differs_between_their_people_until_entry_is_adjusted_for(many):
    naive, adjusted, error = doubly_robust(many, pl.col("prior_treatment"))
    assert naive > 0.02
    assert abs(adjusted) < 4 * error


def test_roles_go_before_civic_activities_and_not_the_other_way_round(many, placebo):
    for people, slope in ((many, 0.6), (placebo, 0.0)):
        for before, after in (("baseline", "month_6"), ("month_6", "month_12")):
            columns = [f"civic_activities_30_{before}", f"roles_{before}"]
            given = people.drop_nulls([*columns, f"civic_activities_30_{after}", f"roles_{after}"])
            models = given["model"].to_dummies(drop_first=True).to_numpy()
            x = np.column_stack([np.ones(given.height), given.select(columns).to_numpy(), models])
            inverse = np.linalg.inv(x.T @ x)
            for outcome, at, truth in (("civic_activities_30", 2, slope), ("roles", 1, 0.0)):
                y = given[f"{outcome}_{after}"].to_numpy().astype(float)
                slopes = inverse @ x.T @ y
                error = np.sqrt((y - x @ slopes).var() * inverse[at, at])
                assert abs(slopes[at] - truth) < 4 * error, (outcome, after)


def test_nobody_gains_recovery_capital_in_the_placebo_world(many, placebo):
    gain = "barc10_month_12"
    changes = [
        people.select(pl.col(gain) - pl.col("barc10_baseline")).to_series().drop_nulls()
        for people in (many, placebo)
    ]
    real, none = changes
    assert abs(none.mean()) < 4 * none.std() / np.sqrt(len(none))
    assert real.mean() > 4
