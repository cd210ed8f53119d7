import numpy as np
import polars as pl
import pytest

from models.estimate import Estimate, Findings
from models.refusal import NotIdentifiedError
from models.within_person import bounded_answers
from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.rows import used_rows
from models.within_person.identity_and_meaning import BETWEEN, DESIGN, WITHIN, analyse

SCHEMA = {
    "participant_id": pl.String,
    "day": pl.Int64,
    "response_status": pl.String,
    "recovery_identity": pl.Float64,
    "meaningfulness": pl.Float64,
}


def _diary(
    *, people: int = 60, days: int = 10, slope_sd: float = 0.3, intercept_sd: float = 8.0, cap: float = np.inf
) -> pl.DataFrame:
    """A diary with slopes 0.6 within and 0.9 between, every evening answered."""
    random = np.random.default_rng(42)
    person = np.repeat(np.arange(people), days)
    usual = random.normal(0, 12, people)
    usual -= usual.mean()
    deviation = random.normal(0, 9, (people, days))
    deviation -= deviation.mean(axis=1, keepdims=True)
    meaning = (
        60
        + random.normal(0, intercept_sd, people)[person]
        + 0.9 * usual[person]
        + (0.6 + random.normal(0, slope_sd, people)[person]) * deviation.ravel()
        + random.normal(0, 6, person.size)
    )
    return pl.DataFrame(
        {
            "participant_id": [f"p{i}" for i in person],
            "day": np.tile(np.arange(1, days + 1), people),
            "response_status": "answered",
            "recovery_identity": 60 + usual[person] + deviation.ravel(),
            "meaningfulness": np.minimum(meaning, cap),
        },
        schema=SCHEMA,
    )


CAP = 72.0  # about a fifth of the evenings of `_diary` reach it


def _run(diary: pl.DataFrame, *, ceiling: float = 1000.0) -> Findings:
    return analyse(diary, population="made_up", floor=-1000.0, ceiling=ceiling)


def _slopes(findings: Findings) -> tuple[Estimate, Estimate]:
    within, between = findings.estimates[:2]
    assert (within.term, between.term) == (WITHIN, BETWEEN)
    return within, between


def _facts(findings: Findings) -> dict[str, float | None]:
    return {row.diagnostic: row.value for row in findings.diagnostics}


def _all_refused(findings: Findings, word: str) -> None:
    for row in _slopes(findings):
        assert row.estimate is None
        assert row.ci_low is None
        assert word in row.note


def test_planted_slopes_lie_within_three_standard_errors() -> None:
    within, between = _slopes(_run(_diary()))

    for row, truth in ((within, 0.6), (between, 0.9)):
        assert row.estimate is not None
        assert row.std_error is not None
        assert abs(row.estimate - truth) < 3 * row.std_error
        assert row.std_error < 0.15
        assert (row.n_people, row.n_rows) == (60, 600)


def test_planted_slopes_are_found_behind_the_ceiling() -> None:
    within, between = _slopes(_run(_diary(people=120, cap=CAP), ceiling=CAP))

    for row, truth in ((within, 0.6), (between, 0.9)):
        assert row.estimate is not None
        assert row.std_error is not None
        assert "Tobit" in row.method
        assert abs(row.estimate - truth) < 3 * row.std_error


def test_a_random_slope_makes_people_the_replicates_of_the_within_slope() -> None:
    within, between = _slopes(_run(_diary(cap=CAP), ceiling=CAP))

    assert "random within slope" in within.method
    assert (within.df, between.df) == (59, 58)


def test_without_an_answer_at_an_end_the_slopes_take_kenward_and_rogers_degrees_of_freedom() -> None:
    within, between = _slopes(_run(_diary()))

    assert "linear mixed model" in within.method
    assert "Kenward" in within.small_sample
    assert between.df == pytest.approx(58, abs=1.5)


def test_slopes_that_do_not_differ_between_people_leave_the_intercept_alone_and_say_so() -> None:
    findings = _run(_diary(slope_sd=0.0, intercept_sd=0.01, cap=CAP), ceiling=CAP)
    within, _ = _slopes(findings)

    assert _facts(findings)["random_slope_kept"] == 0.0
    assert _facts(findings)["slope_sd"] is None
    assert "intercept only" in within.note
    assert within.df == 600 - 60 - 1
    assert within.estimate == pytest.approx(0.6, abs=0.1)


def test_the_between_slope_is_worded_as_a_difference_between_people_and_neither_as_an_effect() -> None:
    within, between = _slopes(_run(_diary()))

    assert "difference between people, not a change" in between.note
    assert "a person's own days" in within.note
    assert all("not an effect" in row.note for row in (within, between))


def test_what_ignoring_the_ceiling_would_have_said_stands_beside_the_headline() -> None:
    findings = _run(_diary(cap=60.0), ceiling=60.0)
    within, _ = _slopes(findings)
    ignored = _facts(findings)[f"sensitivity_{WITHIN}_linear"]

    assert within.estimate is not None
    assert ignored is not None
    assert ignored < 0.75 * within.estimate


@pytest.mark.parametrize(
    "variant",
    ["linear", "linear_intercept_only", "tobit_intercept_only", "autoregressive", "without_least_compliant"],
)
@pytest.mark.parametrize("term", [WITHIN, BETWEEN])
def test_every_variant_of_the_model_reports_both_slopes_with_an_interval(variant: str, term: str) -> None:
    silent = pl.col("participant_id").is_in(["p1", "p2", "p3"]) & (pl.col("day") > 3)
    diary = _diary(people=150, cap=CAP).with_columns(
        meaningfulness=pl.when(silent).then(None).otherwise("meaningfulness")
    )
    findings = _run(diary, ceiling=CAP)
    (row,) = [r for r in findings.diagnostics if r.diagnostic == f"sensitivity_{term}_{variant}"]

    assert row.value == pytest.approx({WITHIN: 0.6, BETWEEN: 0.9}[term], abs=0.25)
    assert row.ci_low < row.value < row.ci_high
    assert not any(character.isdigit() for character in row.detail), "limits are columns, not words"


def test_the_slopes_are_checked_on_the_answered_scale_on_latent_means_and_day_by_day() -> None:
    diary = _diary(people=100, cap=CAP)
    findings = _run(diary, ceiling=CAP)
    facts = _facts(findings)
    below = float((diary["meaningfulness"] < CAP).mean())

    assert facts[f"observed_scale_{WITHIN}"] == pytest.approx(0.6 * below, abs=0.06)
    assert facts[f"own_slopes_p_{WITHIN}"] < 0.001
    assert facts["residual_correlation_by_day"] < 0.1
    assert facts["between_on_latent_mean_recovery_identity"] == pytest.approx(0.75, abs=0.2)


def test_stored_cross_products_give_the_linear_variant_of_the_rows() -> None:
    diary = _diary(cap=CAP)
    rows = used_rows(diary, person="participant_id", day="day", columns=DESIGN.variables)
    stored = CrossProducts.from_rows(rows, DESIGN.columns)

    plain = _facts(_run(diary, ceiling=CAP))
    from_stored = _facts(
        analyse(diary, population="made_up", floor=-1000.0, ceiling=CAP, cross_products=stored)
    )

    for term in (WITHIN, BETWEEN):
        name = f"sensitivity_{term}_linear"
        assert from_stored[name] == pytest.approx(plain[name], rel=1e-8)


def _models(people: int = 60) -> pl.DataFrame:
    kinds = ["social" if i % 2 else "clinical" for i in range(people - 4)] + ["mixed"] * 4
    return pl.DataFrame({"participant_id": [f"p{i}" for i in range(people)], "program_model": kinds})


def test_each_program_model_with_enough_people_has_its_own_slopes_and_the_others_a_reason() -> None:
    findings = analyse(
        _diary(cap=CAP), population="made_up", floor=-1000.0, ceiling=CAP, program_models=_models()
    )
    by_term = {row.term: row for row in findings.estimates}
    alone = _diary(cap=CAP).join(
        _models().filter(pl.col("program_model") == "social"), on="participant_id", how="semi"
    )

    assert by_term[f"{WITHIN}_in_social_programs"].n_people == 28
    assert by_term[f"{WITHIN}_in_social_programs"].estimate == _slopes(_run(alone, ceiling=CAP))[0].estimate
    assert by_term[f"{WITHIN}_in_mixed_programs"].estimate is None
    assert "Fewer than 10 people" in by_term[f"{WITHIN}_in_mixed_programs"].note


def test_the_difference_of_two_program_models_is_that_of_their_slopes_with_both_errors() -> None:
    findings = analyse(
        _diary(cap=CAP), population="made_up", floor=-1000.0, ceiling=CAP, program_models=_models()
    )
    by_term = {row.term: row for row in findings.estimates}
    social, clinical = (by_term[f"{WITHIN}_in_{kind}_programs"] for kind in ("social", "clinical"))
    difference = by_term[f"{WITHIN}_social_minus_clinical"]

    assert difference.estimate == pytest.approx(social.estimate - clinical.estimate)
    assert difference.std_error == pytest.approx(np.hypot(social.std_error, clinical.std_error))
    assert "not an effect" in difference.note


def test_share_at_ceiling_and_people_always_there_are_counted() -> None:
    diary = _diary().with_columns(
        meaningfulness=pl.when(pl.col("participant_id") == "p3")
        .then(100.0)
        .otherwise(pl.col("meaningfulness").clip(upper_bound=100.0))
    )
    findings = _run(diary, ceiling=100.0)
    at_top = diary.filter(pl.col("meaningfulness") >= 100.0)

    assert _facts(findings)["share_at_ceiling"] == pytest.approx(at_top.height / diary.height)
    always = next(row for row in findings.diagnostics if row.diagnostic == "people_always_at_ceiling")
    assert always.value == 1.0
    assert always.n_people == 1  # so that disclosure sees whom the number speaks of


def test_every_dropped_evening_has_one_reason() -> None:
    diary = _diary().with_columns(
        response_status=pl.col("day").replace_strict(
            {1: "no_response", 4: "refused"}, default=pl.col("response_status")
        ),
        recovery_identity=pl.when(pl.col("day").is_in([1, 2, 4])).then(None).otherwise("recovery_identity"),
        meaningfulness=pl.when(pl.col("day").is_in([1, 2, 3, 4]) | (pl.col("participant_id") == "p0"))
        .then(None)
        .otherwise("meaningfulness"),
    )
    findings = _run(diary)
    facts = _facts(findings)
    within, _ = _slopes(findings)

    assert facts["days_dropped_no_response"] == 60
    assert facts["days_dropped_refused"] == 60
    assert facts["days_dropped_identity_missing"] == 60
    assert facts["days_dropped_meaningfulness_missing"] == 60 + 6
    assert "days_dropped" not in facts  # a total gives away a withheld part by subtraction
    assert facts["people_dropped"] == 1
    assert facts["response_rate"] == pytest.approx(0.8)  # neither silent nor refused evenings
    assert within.n_rows == diary.height - 246
    assert within.n_people == 59


def test_person_means_are_those_of_the_rows_used_in_the_fit() -> None:
    """An identity answer on an evening without meaningfulness must not move the person mean."""
    diary = _diary()
    extra = diary.filter(pl.col("day") == 1).with_columns(
        day=pl.lit(99, pl.Int64), recovery_identity=pl.lit(0.0), meaningfulness=pl.lit(None, pl.Float64)
    )
    alone, with_extra = _slopes(_run(diary)), _slopes(_run(pl.concat([diary, extra])))

    for row, other in zip(alone, with_extra, strict=True):
        assert other.estimate == row.estimate


def test_icc_is_the_between_share_of_the_variance() -> None:
    findings = _run(_diary(people=200))
    expected = (8.0**2 + (0.9 * 12) ** 2) / (8.0**2 + (0.9 * 12) ** 2 + 6.0**2 + (0.36 + 0.09) * 9.0**2)

    assert _facts(findings)["icc"] == pytest.approx(expected, abs=0.08)


def test_an_empty_diary_is_refused() -> None:
    _all_refused(_run(_diary().clear()), "Fewer than 10 people")


def test_one_person_is_refused() -> None:
    _all_refused(_run(_diary().filter(pl.col("participant_id") == "p1")), "Fewer than 10 people")


def test_nine_people_are_refused_and_ten_are_not() -> None:
    _all_refused(_run(_diary(people=9)), "Fewer than 10 people")
    assert _slopes(_run(_diary(people=10)))[0].estimate is not None


def test_everybody_at_the_ceiling_is_refused() -> None:
    findings = _run(_diary().with_columns(meaningfulness=pl.lit(100.0)), ceiling=100.0)

    _all_refused(findings, "top of the scale")
    assert _facts(findings)["converged"] == 0.0


def _moving(people: int) -> pl.DataFrame:
    """The diary with an identity that varies within the first `people` alone."""
    moving = pl.col("participant_id").is_in([f"p{i}" for i in range(people)])
    usual = pl.col("recovery_identity").mean().over("participant_id").round(1)
    return _diary().with_columns(
        recovery_identity=pl.when(moving).then(pl.col("recovery_identity")).otherwise(usual)
    )


@pytest.mark.parametrize("people", [0, 1, 9])
def test_a_within_slope_that_rests_on_fewer_than_ten_people_is_refused_alone(people: int) -> None:
    findings = _run(_moving(people))
    within, between = _slopes(findings)

    assert within.estimate is None
    assert "For fewer than 10 people did recovery identity vary" in within.note
    assert between.estimate is not None
    assert between.std_error is not None
    assert abs(between.estimate - 0.9) < 3 * between.std_error
    assert (between.n_people, between.n_rows) == (60, 600)
    assert between.df == pytest.approx(58, abs=1e-6)
    assert "random intercept, REML" in between.method
    assert _facts(findings)["converged"] == 1.0


def test_people_who_say_nothing_of_the_within_slope_are_not_counted_for_it() -> None:
    """Of 60 people 20 give one evening only: people, rows and degrees of freedom are the other 40's."""
    once = pl.col("participant_id").is_in([f"p{i}" for i in range(20)])
    within, between = _slopes(_run(_diary(cap=CAP).filter(~once | (pl.col("day") == 1)), ceiling=CAP))

    assert "random within slope" in within.method
    assert (within.n_people, within.n_rows, within.df) == (40, 400, 39)
    assert (between.n_people, between.n_rows, between.df) == (60, 420, 58)


@pytest.mark.parametrize("few", [1, 4, 10])
def test_how_many_of_a_few_people_never_varied_cannot_be_told_from_the_within_slope(few: int) -> None:
    """The counts are the model's, and the degrees of freedom the same whether 1 or 10 never varied."""
    capped = _moving(60 - few).with_columns(pl.col("meaningfulness").clip(upper_bound=CAP))
    within, between = _slopes(_run(capped, ceiling=CAP))

    assert (within.n_people, within.n_rows) == (between.n_people, between.n_rows) == (60, 600)
    assert within.df == 60 - 1 - 10


def test_one_evening_each_is_refused_because_a_person_cannot_be_told_from_the_day() -> None:
    findings = _run(_diary().filter(pl.col("day") == 1))

    _all_refused(findings, "did meaningfulness differ from evening to evening")
    assert "icc" not in _facts(findings)


def test_an_outcome_that_leaves_the_ceiling_in_fewer_than_ten_people_is_refused() -> None:
    nearly = _diary().with_columns(
        meaningfulness=pl.when(pl.col("participant_id") == "p3").then(50.0 + pl.col("day")).otherwise(100.0)
    )

    _all_refused(_run(nearly, ceiling=100.0), "Fewer than 10 people ever answered between the ends")


def test_answers_that_are_not_numbers_are_missing_answers() -> None:
    hole = (pl.col("participant_id") == "p3") & (pl.col("day") == 2)
    found, expected = (
        _run(_diary().with_columns(meaningfulness=pl.when(hole).then(value).otherwise("meaningfulness")))
        for value in (float("nan"), None)
    )

    assert found == expected
    assert _slopes(found)[1].n_rows == 599


def test_a_random_slope_that_does_not_converge_is_not_said_to_be_the_same_in_everybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = bounded_answers.fit_tobit

    def stuck(rows, **settings):
        if len(rows.random) > 1:
            raise NotIdentifiedError("stuck")
        return real(rows, **settings)

    monkeypatch.setattr(bounded_answers, "fit_tobit", stuck)
    findings = _run(_diary(cap=CAP), ceiling=CAP)
    within, _ = _slopes(findings)

    assert "did not converge: intercept only" in within.note
    assert "did not differ" not in within.note
    assert _facts(findings)["random_slope_kept"] == 0.0


def test_identity_with_the_same_mean_in_everybody_is_refused() -> None:
    centered = _diary().with_columns(
        recovery_identity=pl.col("recovery_identity")
        - pl.col("recovery_identity").mean().over("participant_id")
    )

    _all_refused(_run(centered), "no variation in: recovery_identity_between")


def test_constant_answers_below_the_ceiling_are_refused() -> None:
    _all_refused(_run(_diary().with_columns(meaningfulness=pl.lit(50.0))), "no variation")


def test_a_fit_that_does_not_converge_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(rows, **settings):
        raise NotIdentifiedError("the model did not converge")

    monkeypatch.setattr(bounded_answers, "fit_tobit", stuck)

    _all_refused(_run(_diary(cap=CAP), ceiling=CAP), "did not converge")


def test_a_day_delivered_twice_is_an_error_that_shows_no_value() -> None:
    diary = _diary()

    with pytest.raises(ValueError, match="repeats its key") as error:
        _run(pl.concat([diary, diary.head(3)]))
    assert "p0" not in str(error.value)


def test_a_frame_without_its_columns_is_an_error_that_names_them() -> None:
    with pytest.raises(ValueError, match="meaningfulness"):
        _run(_diary().drop("meaningfulness"))
