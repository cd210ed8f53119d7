"""Q1: what is answered, what is refused and why, on surveys of known shape and on broken ones."""

import math
from typing import Any

import numpy as np
import polars as pl
import pytest

from models.estimate import Estimate, Findings
from models.trajectory.quality_of_life import (
    ABOVE,
    DIFFERENCE,
    FALLS,
    NO_DIP,
    NOT_REACHED,
    OPEN_ABOVE,
    PEOPLE_DIFFER,
    analyse,
)
from models.trajectory.survey_people import survey_people
from pipelines.demo.survey import draw_survey

TERMS = [
    f"{stem}{suffix}"
    for suffix in ("", "_with_center", "_without_center")
    for stem in ("dip_depth", "turning_point_years", "crossing_years")
]


def _analyse(survey: pl.DataFrame, **settings: Any) -> Findings:
    return analyse(survey, population="drawn", **({"replicates": 200, "ways": {}} | settings))


def _row(findings: Findings, term: str) -> Estimate:
    return next(row for row in findings.estimates if row.term == term)


def _fact(findings: Findings, name: str) -> float | None:
    return next(row.value for row in findings.diagnostics if row.diagnostic == name)


def _survey(
    mean: Any,
    *,
    people: int = 600,
    never: int = 200,
    level: float = 3.75,
    noise: float = 0.3,
    seed: int = 1,
) -> pl.DataFrame:
    """People with times spread over 20 years and the mean `mean(years)`, and people without a problem."""
    random = np.random.default_rng(seed)
    years = np.round(12 * 20 * random.random(people) ** 2) / 12
    n = people + never
    had = np.arange(n) < people
    center = random.random(n) < 0.5
    return pl.DataFrame(
        {
            "participant_id": [f"p{i}" for i in range(n)],
            "years_in_recovery": pl.Series(np.concatenate([years, np.full(never, np.nan)])).fill_nan(None),
            "ever_had_problem": had,
            "attended_center": pl.Series([bool(c) if h else None for c, h in zip(center, had, strict=True)]),
            "eurohis_qol8": np.concatenate([mean(years), np.full(never, level)]) + random.normal(0, noise, n),
            "survey_weight": random.uniform(0.5, 2.0, n),
        }
    )


def _dipping(years: np.ndarray) -> np.ndarray:
    return np.asarray(3.3 - 0.6 * years * np.exp(1 - years) + 0.9 * (1 - np.exp(-years / 3)))


@pytest.fixture(scope="module")
def demo() -> Findings:
    return analyse(draw_survey(3), population="demo_survey", replicates=400)


def test_every_term_of_every_group_is_answered(demo: Findings) -> None:
    assert [row.term for row in demo.estimates] == [*TERMS, DIFFERENCE]
    for row in demo.estimates:
        assert row.estimate is not None
        assert row.ci_low is not None
        assert row.ci_high is None or row.ci_low <= row.ci_high
        assert PEOPLE_DIFFER in row.note


def test_nothing_says_that_anyone_changed(demo: Findings) -> None:
    for row in demo.estimates:
        assert "does not show that anyone changed" in row.note
        assert "improve" not in row.note


def test_center_members_reach_the_mean_sooner_in_the_demonstration(demo: Findings) -> None:
    difference = _row(demo, DIFFERENCE)
    parts = [_row(demo, f"crossing_years_{group}_center").estimate for group in ("with", "without")]

    assert parts[0] is not None
    assert parts[1] is not None
    assert difference.estimate == pytest.approx(parts[0] - parts[1])
    assert difference.ci_high is not None
    assert difference.ci_high < 0


def test_curves_stand_with_limits_at_each_point_and_wider_ones_for_all(demo: Findings) -> None:
    names = {point.curve for point in demo.curves}
    assert names == {
        f"{group}{kind}"
        for group in ("everybody", "with_center", "without_center")
        for kind in ("", "_simultaneous", "_local_regression")
    }
    wide = {(p.curve.removesuffix("_simultaneous"), p.x): p for p in demo.curves if "simultaneous" in p.curve}
    for point in demo.curves:
        if (other := wide.get((point.curve, point.x))) is not None:
            assert other.estimate == point.estimate
            assert (
                (other.ci_low or 0)
                < (point.ci_low or 0)
                < point.estimate
                < (point.ci_high or 0)
                < (other.ci_high or 0)
            )


def test_the_drawn_curve_crosses_the_mean_at_the_uncorrected_year(demo: Findings) -> None:
    mean, year = _fact(demo, "general_population_mean"), _fact(demo, "uncorrected_crossing_years")
    points = [(p.x, p.estimate) for p in demo.curves if p.curve == "everybody"]

    assert mean is not None
    assert year is not None
    assert np.interp(year, *zip(*points, strict=True)) == pytest.approx(mean, abs=0.005)
    later = _fact(demo, "lower_limit_crossing_years")
    assert later is not None
    assert later > year


def test_each_sensitivity_answer_of_the_demonstration_has_its_interval(demo: Findings) -> None:
    ways = ["fewer_knots", "more_knots", "without_longest_5_percent", "unweighted", "square_root_of_years"]
    rows = {row.diagnostic: row for row in demo.diagnostics}

    for term in TERMS:
        for way in ways:
            assert f"sensitivity_{term}_{way}" in rows
        assert rows[f"sensitivity_{term}_local_regression"].ci_low is None
    unweighted = rows["sensitivity_crossing_years_unweighted"]
    weighted = _row(demo, "crossing_years").estimate
    assert unweighted.value is not None
    assert weighted is not None
    # in the demonstration those with less schooling and lower quality of life answer more often
    assert unweighted.value > weighted
    assert unweighted.ci_low is not None


def test_the_same_survey_gives_the_same_answers_in_any_order_of_rows() -> None:
    survey = draw_survey(5, 400)

    assert _analyse(survey) == _analyse(survey.reverse())


def test_a_curve_that_stays_below_the_mean_is_answered_with_not_reached() -> None:
    findings = _analyse(_survey(_dipping, level=5.0))

    for suffix in ("", "_with_center", "_without_center"):
        row = _row(findings, f"crossing_years{suffix}")
        assert row.estimate is None
        assert row.note.startswith(NOT_REACHED)
        assert _fact(findings, f"replicates_not_reached{suffix}") == 1.0
    assert _row(findings, DIFFERENCE).estimate is None
    assert "Neither" in _row(findings, DIFFERENCE).note


def test_a_curve_that_may_not_reach_the_mean_has_no_upper_limit() -> None:
    survey = _survey(lambda years: 3.0 + 0.5 * (1 - np.exp(-years / 6)), level=3.44)

    row = _row(_analyse(survey, replicates=1000), "crossing_years")

    assert row.estimate is not None
    assert row.ci_low is not None
    assert row.ci_high is None
    assert row.std_error is None
    assert OPEN_ABOVE in row.note


def test_a_year_not_reached_still_has_a_lower_limit() -> None:
    survey = _survey(lambda years: 3.0 + 0.5 * (1 - np.exp(-years / 6)), level=3.53)

    findings = _analyse(survey, replicates=1000)

    assert _row(findings, "crossing_years").estimate is None
    assert (_fact(findings, "no_sooner_than_years") or 0) > 5
    share = _fact(findings, "replicates_not_reached")
    assert share is not None
    assert 0.5 < share < 1


def test_where_only_those_with_a_center_reach_it_there_is_no_difference_but_a_reason() -> None:
    survey = _survey(lambda years: 3.0 + 0.9 * (1 - np.exp(-years / 4)), level=3.6).with_columns(
        eurohis_qol8=pl.col("eurohis_qol8")
        - 0.7 * (pl.col("attended_center") == False).fill_null(value=False)  # noqa: E712
    )

    findings = _analyse(survey)

    assert _row(findings, "crossing_years_with_center").estimate is not None
    row = _row(findings, DIFFERENCE)
    assert row.estimate is None
    assert "of those without a center: Not reached" in row.note


def test_a_curve_that_only_rises_has_no_dip_and_one_that_only_falls_no_turning_point() -> None:
    rising = _analyse(_survey(lambda years: 3.0 + years / 15, noise=0.01))
    falling = _analyse(_survey(lambda years: 4.5 - years / 15, noise=0.01))

    for term in ("dip_depth", "turning_point_years"):
        assert _row(rising, term).note.startswith(NO_DIP)
        assert _row(falling, term).note.startswith(FALLS)


def test_a_curve_above_the_mean_from_the_start_has_no_year_of_crossing() -> None:
    row = _row(_analyse(_survey(lambda years: 3.5 + years / 40, level=2.5)), "crossing_years")

    assert row.estimate is None
    assert row.note.startswith(ABOVE)


def test_without_people_who_never_had_a_problem_only_the_crossing_is_refused() -> None:
    findings = _analyse(_survey(_dipping, never=4))

    assert _row(findings, "dip_depth").estimate is not None
    assert "Too few people who never had a problem" in _row(findings, "crossing_years").note
    assert "Too few people who never had a problem" in _row(findings, DIFFERENCE).note


def test_a_survey_without_the_question_on_centers_answers_for_everybody() -> None:
    survey = _survey(_dipping).with_columns(attended_center=pl.lit(None, dtype=pl.Boolean))

    findings = _analyse(survey)

    assert _row(findings, "crossing_years").estimate is not None
    for suffix in ("_with_center", "_without_center"):
        assert _row(findings, f"crossing_years{suffix}").estimate is None
    assert _row(findings, DIFFERENCE).note == "One of the two groups has no curve."


def test_a_group_that_weighs_a_handful_of_people_says_nothing() -> None:
    heavy = pl.when(pl.col("attended_center") & (pl.col("participant_id").str.ends_with("7"))).then(900.0)
    survey = _survey(_dipping, people=200).with_columns(
        survey_weight=heavy.otherwise(0.01 * pl.col("survey_weight"))
    )

    findings = _analyse(survey)

    row = _row(findings, "dip_depth_with_center")
    assert row.estimate is None
    assert row.note.startswith("Not enough to say")
    assert row.n_people is not None
    assert not any(point.curve.startswith("with_center") for point in findings.curves)


def test_people_left_out_are_counted_once_by_reason() -> None:
    survey = _survey(_dipping).with_columns(
        eurohis_qol8=pl.when(pl.int_range(pl.len()) < 7).then(math.nan).otherwise("eurohis_qol8"),
        years_in_recovery=pl.when(pl.int_range(pl.len()) < 12).then(None).otherwise("years_in_recovery"),
        survey_weight=pl.when(pl.int_range(pl.len()) < 2).then(0.0).otherwise("survey_weight"),
    )

    people = survey_people(survey)

    assert dict(people.dropped) == {"weight": 2, "problem": 0, "answer": 5, "years": 5}
    assert len(people.status) == survey.height - 2
    assert int(people.in_recovery.sum()) == 600 - 12


def test_a_group_with_fewer_years_has_knots_of_its_own() -> None:
    survey = _survey(_dipping).with_columns(
        years_in_recovery=pl.when(pl.col("attended_center"))
        .then(pl.col("years_in_recovery") / 5)
        .otherwise("years_in_recovery")
    )

    findings = _analyse(survey)

    ends = [_fact(findings, f"curve_ends_years_{group}_center") for group in ("with", "without")]
    assert (ends[0] or 99) <= 4 < (ends[1] or 0)
    last = [_fact(findings, f"knot_5_years_{group}_center") for group in ("with", "without")]
    assert (last[0] or 99) <= 4 < (last[1] or 0)


def test_a_column_that_is_missing_or_a_person_twice_is_refused_by_name() -> None:
    survey = _survey(_dipping, people=30)

    with pytest.raises(ValueError, match="survey_weight"):
        _analyse(survey.drop("survey_weight"))
    with pytest.raises(ValueError, match="repeats its key"):
        _analyse(pl.concat([survey, survey.head(1)]))


BROKEN = {
    "nobody": lambda s: s.head(0),
    "one person": lambda s: s.head(1),
    "nine people": lambda s: s.head(9),
    "only people without a problem": lambda s: s.filter(~pl.col("ever_had_problem")),
    "all at one time": lambda s: s.with_columns(years_in_recovery=pl.lit(2.0)),
    "two times": lambda s: s.with_columns(years_in_recovery=(pl.int_range(pl.len()) % 2).cast(pl.Float64)),
    "all within a month": lambda s: s.with_columns(years_in_recovery=pl.col("years_in_recovery") / 1000),
    "whole years": lambda s: s.with_columns(pl.col("years_in_recovery").round()),
    "years of 5": lambda s: s.with_columns((pl.col("years_in_recovery") / 5).round() * 5),
    "the same answer from all": lambda s: s.with_columns(eurohis_qol8=pl.lit(3.5)),
    "no answers": lambda s: s.with_columns(eurohis_qol8=pl.lit(None, dtype=pl.Float64)),
    "infinite answers": lambda s: s.with_columns(eurohis_qol8=pl.lit(math.inf)),
    "negative years": lambda s: s.with_columns(-pl.col("years_in_recovery")),
    "weights of 0": lambda s: s.with_columns(survey_weight=pl.lit(0.0)),
    "negative weights": lambda s: s.with_columns(-pl.col("survey_weight")),
    "weights a billion times apart": lambda s: s.with_columns(
        survey_weight=pl.when(pl.int_range(pl.len()) % 5 == 0).then(1e9).otherwise(1.0)
    ),
    "integer columns": lambda s: s.with_columns(
        pl.col("years_in_recovery").round().cast(pl.Int64), pl.col("survey_weight").ceil().cast(pl.Int64)
    ),
    "not known whether they had a problem": lambda s: s.with_columns(
        ever_had_problem=pl.lit(None, dtype=pl.Boolean)
    ),
    "all with a center": lambda s: s.with_columns(attended_center=pl.lit(value=True)),
    "forty people": lambda s: s.gather_every(20),
    "one far beyond the rest": lambda s: s.with_columns(
        years_in_recovery=pl.when(pl.int_range(pl.len()) == 3).then(5000.0).otherwise("years_in_recovery")
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_survey_has_an_answer_or_a_reason_for_each_term(name: str) -> None:
    survey = BROKEN[name](_survey(_dipping))

    findings = _analyse(survey, replicates=60)

    assert [row.term for row in findings.estimates] == [*TERMS, DIFFERENCE]
    for row in findings.estimates:
        assert row.estimate is not None or len(row.note) > 10
        assert "p1" not in row.note


def test_a_fuzz_of_small_surveys_never_ends_in_a_traceback() -> None:
    random = np.random.default_rng(8)
    for number in range(60):
        n = int(random.integers(1, 90))
        survey = pl.DataFrame(
            {
                "participant_id": np.arange(n),
                "years_in_recovery": np.where(
                    random.random(n) < 0.2,
                    np.nan,
                    np.round(random.exponential(random.choice([0.1, 3, 20]), n), 1),
                ),
                "ever_had_problem": pl.Series(
                    [[True, False, None][i] for i in random.choice(3, n, p=[0.7, 0.2, 0.1])]
                ),
                "attended_center": pl.Series([[True, False, None][i] for i in random.choice(3, n)]),
                "eurohis_qol8": np.where(
                    random.random(n) < 0.1, np.nan, random.integers(1, 6, n).astype(float)
                ),
                "survey_weight": np.where(random.random(n) < 0.1, 0.0, random.lognormal(0, 2, n)),
            },
            strict=False,
        )
        findings = _analyse(survey, replicates=30, seed=number)
        assert len(findings.estimates) == len(TERMS) + 1


@pytest.mark.parametrize("seed", [26, 56])
def test_no_crossing_year_lies_outside_its_own_interval_where_replicates_are_skewed(seed: int) -> None:
    """Two draws of 800 people in which twice the estimate less the mean replicate fell below the interval."""
    found = _analyse(draw_survey(seed, 800), replicates=1000)
    rows = [row for row in found.estimates if row.estimate is not None]

    assert {"crossing_years_without_center", DIFFERENCE} <= {row.term for row in rows}
    for row in rows:
        low, high = row.ci_low, row.ci_high
        assert row.estimate is not None
        assert (-math.inf if low is None else low) <= row.estimate <= (math.inf if high is None else high)
    skewed = _row(found, "crossing_years_without_center")
    assert skewed.estimate == _fact(found, "uncorrected_crossing_years_without_center")


@pytest.mark.parametrize("times", [1e200, 1e-200, 2.0**-40])
def test_weights_have_no_unit(times: float) -> None:
    survey = draw_survey(3, 800)
    plain = _analyse(survey, replicates=50)
    found = _analyse(survey.with_columns(pl.col("survey_weight") * times), replicates=50)

    for one, other in zip(plain.estimates, found.estimates, strict=True):
        assert (one.estimate, one.note) == (pytest.approx(other.estimate, rel=1e-9), other.note)


def test_one_person_who_weighs_nearly_everything_is_the_reason() -> None:
    first = pl.int_range(pl.len()) == 5
    heavy = pl.when(first).then(1e160).otherwise("survey_weight").alias("survey_weight")
    row = _row(_analyse(draw_survey(3, 800).with_columns(heavy), replicates=50), "crossing_years")

    assert row.estimate is None
    assert "nearly all of the weight lies on a few people" in row.note.lower()


@pytest.mark.parametrize("value", [1e9, 1e160, 1e308, -1e308])
def test_an_answer_that_no_scale_has_is_left_out_and_counted(value: float) -> None:
    survey = draw_survey(3, 800)
    first = pl.int_range(pl.len()) == 5
    spoiled = survey.with_columns(pl.when(first).then(value).otherwise("eurohis_qol8").alias("eurohis_qol8"))
    without = survey.with_columns(pl.when(~first).then("eurohis_qol8").alias("eurohis_qol8"))
    found, expected = _analyse(spoiled, replicates=50), _analyse(without, replicates=50)

    assert found.estimates == expected.estimates
    name = "people_dropped_answer_missing"
    assert _fact(found, name) == _fact(expected, name) == (_fact(_analyse(survey), name) or 0) + 1


def test_a_time_longer_than_a_life_is_left_out_and_counted() -> None:
    every_third = pl.int_range(pl.len()) % 3 == 0
    survey = draw_survey(3, 800).with_columns(
        pl.when(every_third & pl.col("ever_had_problem")).then(1e15).otherwise("years_in_recovery")
        .alias("years_in_recovery")
    )  # fmt: skip
    found = _analyse(survey, replicates=50)

    assert _row(found, "crossing_years").estimate is not None
    assert (_fact(found, "people_dropped_years_missing") or 0) > 100
