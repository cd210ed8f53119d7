"""What the copies hold, and what is refused."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from models.missing import chained_equations, imputation
from models.missing.imputation import imputations, imputed
from models.refusal import NotIdentifiedError

VARIABLES = ("need_baseline", "substance", "score_month_6", "days_month_12", "sober_month_12")
SETTINGS = {"variables": VARIABLES, "cluster": "program_id", "groups": ("program_model",), "seed": 7}


@pytest.fixture(scope="module")
def copies(make_cohort):
    return imputed(make_cohort(), **SETTINGS, n_imputations=4)


def test_copies_are_complete_and_keep_rows_columns_types_and_answers_given(cohort, copies):
    for copy in copies:
        assert copy.schema == cohort.schema
        assert copy.select(VARIABLES).null_count().sum_horizontal().item() == 0
        for name in cohort.columns:
            answered = cohort[name].is_not_null()
            assert copy[name].filter(answered).equals(cohort[name].filter(answered))


def test_imputed_answers_are_answers_that_somebody_gave(cohort, copies):
    for name in VARIABLES:
        given = set(cohort[name].drop_nulls().to_list())
        for copy in copies:
            assert set(copy[name].to_list()) <= given


def test_copies_differ_where_answers_are_missing(copies):
    days = np.stack([copy["days_month_12"].to_numpy() for copy in copies])
    assert (days.std(axis=0) > 0).sum() > 20


def test_the_same_seed_gives_the_same_copies_on_any_number_of_threads(cohort, copies, monkeypatch):
    monkeypatch.setattr(imputation, "MANY", 1)
    monkeypatch.setattr(imputation, "SWEEPS", 20)
    again = imputed(cohort, **SETTINGS, n_imputations=4)
    for one, other in zip(copies, again, strict=True):
        assert_frame_equal(one, other)


def test_another_seed_gives_other_copies(cohort, copies):
    other = imputed(cohort, **(SETTINGS | {"seed": 8}), n_imputations=4)
    assert not other[0].equals(copies[0])


def test_the_order_of_people_does_not_decide_who_gets_whose_answer(cohort):
    """Shuffled rows come back in their order, complete and with their own answers."""
    shuffled = cohort.sample(fraction=1.0, shuffle=True, seed=3)
    copy = imputed(shuffled, **SETTINGS, n_imputations=2)[1]
    answered = shuffled["score_month_6"].is_not_null()
    assert copy["participant_id"].equals(shuffled["participant_id"])
    assert copy["score_month_6"].filter(answered).equals(shuffled["score_month_6"].filter(answered))


def test_the_dead_and_those_not_due_keep_no_answer_at_that_wave_and_are_filled_before_it(cohort):
    dead = pl.col("participant_id") < 15
    early = pl.col("participant_id").is_between(15, 29)
    told = cohort.with_columns(
        pl.when(dead).then(pl.lit("deceased")).when(early).then(None).otherwise("status_month_12")
        .alias("status_month_12"),
        *(pl.when(~(dead | early)).then(name).alias(name) for name in ("days_month_12", "sober_month_12")),
    )  # fmt: skip
    found = imputations(told, **SETTINGS, n_imputations=2)
    for copy in found.copies:
        assert copy.filter(dead | early)["days_month_12"].null_count() == 30
        assert copy.filter(~(dead | early))["days_month_12"].null_count() == 0
        assert copy["score_month_6"].null_count() == 0
    assert found.n_withheld == 60
    assert found.n_missing == sum(told[name].null_count() for name in VARIABLES) - 60


def test_nothing_missing_gives_equal_copies_and_no_sweeps(cohort):
    whole = cohort.drop_nulls()
    found = imputations(whole, **SETTINGS, n_imputations=3)
    assert found.sweeps == 0
    assert len(found.copies) == 3
    for copy in found.copies:
        assert_frame_equal(copy, whole)


def test_what_everybody_said_alike_is_imputed_as_that(cohort):
    frame = cohort.with_columns(same_month_6=pl.when(pl.col("score_month_6").is_not_null()).then(3))
    copy = imputed(frame, **(SETTINGS | {"variables": (*VARIABLES, "same_month_6")}), n_imputations=2)[0]
    assert copy["same_month_6"].unique().to_list() == [3]


def test_infinite_and_undefined_numbers_are_missing_answers(cohort):
    frame = cohort.with_columns(
        need_baseline=pl.when(pl.col("participant_id") == 3).then(float("inf"))
        .when(pl.col("participant_id") == 4).then(float("nan")).otherwise("need_baseline")
    )  # fmt: skip
    copy = imputed(frame, **SETTINGS, n_imputations=2)[0]
    assert copy["need_baseline"].is_finite().all()


def test_repeated_and_separating_columns_are_no_trouble(cohort):
    frame = cohort.with_columns(
        again=pl.col("need_baseline") * 2 + 1,
        # known in one direction only: whoever uses alcohol needs more than all others
        need_baseline=pl.col("need_baseline") + 10 * (pl.col("substance") == "alcohol").fill_null(False),
    )
    copies = imputed(frame, **(SETTINGS | {"variables": (*VARIABLES, "again")}), n_imputations=2)
    assert copies[0].select(VARIABLES).null_count().sum_horizontal().item() == 0


def test_few_programs_are_told_apart_one_by_one(make_cohort):
    copies = imputed(make_cohort(programs=3), **SETTINGS, n_imputations=2)
    assert copies[0].select(VARIABLES).null_count().sum_horizontal().item() == 0


def test_a_program_nobody_of_which_answered_is_imputed_from_the_spread_of_the_others(cohort):
    silent = cohort.with_columns(score_month_6=pl.when(pl.col("program_id") != "3").then("score_month_6"))
    copies = imputed(silent, **SETTINGS, n_imputations=20)
    spread = {
        program: np.std(
            [copy.filter(pl.col("program_id") == program)["score_month_6"].mean() for copy in copies]
        )
        for program in "0123456789"
    }
    silent_one = spread.pop("3")
    assert silent_one > 1.3 * max(spread.values())


def test_small_samples_use_fewer_predictors_and_say_so(make_cohort):
    random = np.random.default_rng(1)
    small = make_cohort(people=60).with_columns(
        pl.Series(f"noise_{k}", random.normal(size=60)) for k in range(25)
    )
    names = (*VARIABLES, *(f"noise_{k}" for k in range(25)))
    found = imputations(small, **(SETTINGS | {"variables": names}), n_imputations=2)
    assert found.predictors_left_out > 0
    assert {fact.diagnostic for fact in found.diagnostics(outcome="days", population="p")} >= {
        "imputations", "imputation_sweeps", "imputation_scale_reduction", "imputation_predictors_left_out",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"score_month_6": pl.when(pl.col("participant_id") < 9).then(1.5)},
            "fewer than 10 people answered score",
        ),
        ({"program_id": pl.when(pl.col("participant_id") > 3).then("program_id")}, "program_id is not known"),
        ({"program_model": pl.lit(None, dtype=pl.String)}, "program_model is not known"),
        (
            {"score_month_6": pl.when(pl.col("program_model") == "social").then("score_month_6")},
            "nobody of one level of program_model answered score_month_6",
        ),
    ],
)
def test_what_cannot_be_imputed_is_refused_by_name(cohort, change, words):
    with pytest.raises(NotIdentifiedError, match=words):
        imputed(cohort.with_columns(**change), **SETTINGS)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"variables": ("nothing",)}, "lacks the columns"),
        ({"variables": ("need_baseline", "need_baseline")}, "named twice"),
        ({"n_imputations": 1}, "two copies or more"),
        ({"products": ("age",)}, "products are of variables"),
        ({"products": ("substance",)}, "products are of numbers"),
    ],
)
def test_settings_that_make_no_sense_are_an_error(cohort, settings, words):
    with pytest.raises(ValueError, match=words):
        imputed(cohort, **(SETTINGS | settings))


def test_a_date_has_no_imputation_model(cohort):
    frame = cohort.with_columns(day=pl.date(2026, 1, 1))
    with pytest.raises(ValueError, match="day is neither a number nor a category"):
        imputed(frame, **(SETTINGS | {"variables": (*VARIABLES, "day")}))


def test_chains_that_do_not_agree_are_refused_by_the_variable(cohort, monkeypatch):
    monkeypatch.setattr(imputation, "largest_allowed", lambda *_: 0.0)
    monkeypatch.setattr(imputation, "MOST_SWEEPS", 20)
    with pytest.raises(NotIdentifiedError, match="did not come to agree on "):
        imputed(cohort, **SETTINGS, n_imputations=2)


def test_a_category_alone_is_imputed_by_its_shares(cohort):
    copies = imputed(cohort, **(SETTINGS | {"variables": ("substance",)}), n_imputations=2)
    assert copies[0]["substance"].null_count() == 0


def test_names_of_variables_do_not_matter(cohort):
    odd = {"need_baseline": "everybody", "score_month_6": "a + b ~ c", "days_month_12": "0"}
    names = [odd.get(name, name) for name in VARIABLES]
    copies = imputed(cohort.rename(odd), **(SETTINGS | {"variables": names}), n_imputations=2)
    assert copies[0].select(names).null_count().sum_horizontal().item() == 0


def test_nobody_is_refused(cohort):
    with pytest.raises(NotIdentifiedError, match="nobody"):
        imputed(cohort.clear(), **SETTINGS)


def test_an_interaction_left_out_of_the_imputation_is_watered_down_and_a_product_keeps_it():
    """Slopes of 1 and -1 in two arms; half the outcomes are missing by chance."""
    random = np.random.default_rng(5)
    x, arm = random.normal(size=800), random.integers(0, 2, 800)
    y = np.where(random.random(800) < 0.5, np.nan, (2 * arm - 1) * x + 0.5 * random.normal(size=800))
    frame = pl.DataFrame({"x": x, "arm": arm.astype(str), "y": y}).fill_nan(None)

    def slope(products):
        copies = imputed(
            frame,
            variables=("x", "y"),
            cluster=None,
            groups=("arm",),
            n_imputations=5,
            seed=2,
            products=products,
        )
        in_arm = [copy.filter(pl.col("arm") == "1") for copy in copies]
        return np.mean([np.polyfit(one["x"], one["y"], 1)[0] for one in in_arm])

    assert slope(()) < 0.7
    assert slope(("x",)) == pytest.approx(1.0, abs=0.08)


def test_a_variable_said_not_to_predict_another_has_no_part_in_its_answers():
    """Answers follow a clue but for noise; with the clue withheld, what is imputed knows nothing of it."""
    random = np.random.default_rng(5)
    clue = random.standard_normal(600)
    asked = clue + 0.1 * random.standard_normal(600)
    lost = random.random(600) < 0.4
    frame = pl.DataFrame({
        "program_id": np.arange(600) % 8, "program_model": np.where(np.arange(600) % 2, "social", "clinical"),
        "clue": clue, "other": random.standard_normal(600), "asked": np.where(lost, np.nan, asked),
    })  # fmt: skip
    settings = SETTINGS | {"variables": ("clue", "other", "asked"), "n_imputations": 2}

    def likeness(predicts):
        copy = imputations(frame, **settings, predicts=predicts).copies[0]
        return float(np.corrcoef(copy["asked"].to_numpy()[lost], clue[lost])[0, 1])

    assert likeness(imputation.every_other) > 0.95
    assert abs(likeness(lambda one, other: (one, other) != ("clue", "asked"))) < 0.25


def test_very_many_people_get_the_answers_that_were_predicted_for_them(monkeypatch):
    monkeypatch.setattr(chained_equations, "MANY_WANTING", 1)
    random = np.random.default_rng(5)
    known = random.standard_normal(400)
    truth = 10.0 * known + 0.1 * random.standard_normal(400)
    lost = random.random(400) < 0.4
    frame = pl.DataFrame({
        "program_id": np.arange(400) % 8, "program_model": np.where(np.arange(400) % 2, "social", "clinical"),
        "known": known, "asked": np.where(lost, np.nan, truth),
    })  # fmt: skip
    settings = SETTINGS | {"variables": ("known", "asked")}
    for copy in imputed(frame, **settings, n_imputations=2):
        filled = copy["asked"].to_numpy()
        np.testing.assert_array_equal(filled[~lost], truth[~lost])
        assert np.corrcoef(filled[lost], truth[lost])[0, 1] > 0.99
