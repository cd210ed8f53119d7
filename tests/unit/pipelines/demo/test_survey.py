"""The survey holds the curves that were planted, and only the weights bring them out."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.optimize import brentq, minimize_scalar

from pipelines.codebook.to_polars import schema
from pipelines.demo.survey import (
    SURVEY,
    crossing_years,
    draw_respondents,
    draw_survey,
    everybody_at_knots,
    quality_of_life,
    turning_points,
    years_at,
)

CURVES = {
    "with_center": SURVEY.at_knots_with_center,
    "without_center": SURVEY.at_knots_without_center,
    "everybody": everybody_at_knots(),
}


def basis(years: np.ndarray, knots: tuple[float, ...]) -> np.ndarray:
    """Truncated powers of a restricted cubic spline (Harrell 2015, section 2.4.5)."""
    *inner, before, last = knots

    def cube(knot: float) -> np.ndarray:
        return np.maximum(years - knot, 0.0) ** 3

    columns = [np.ones_like(years), years]
    for knot in inner:
        share = (last - knot) / (last - before)
        columns.append(cube(knot) - cube(before) * share + cube(last) * (share - 1))
    return np.column_stack(columns)


@pytest.fixture(scope="module")
def large() -> pl.DataFrame:
    return draw_survey(5, 400_000).drop_nulls("eurohis_qol8")


def mean(rows: pl.DataFrame, *, weighted: bool = True) -> tuple[float, float]:
    """Mean quality of life and its standard error."""
    y = rows["eurohis_qol8"].to_numpy()
    w = rows["survey_weight"].to_numpy() if weighted else np.ones(len(y))
    middle = np.average(y, weights=w)
    return float(middle), float(np.sqrt((w**2 * (y - middle) ** 2).sum()) / w.sum())


@pytest.mark.parametrize("name", CURVES)
def test_the_mean_is_a_restricted_cubic_spline_on_the_stated_knots(name):
    years = np.linspace(0, 30, 400)
    told = quality_of_life(years, CURVES[name])
    design = basis(years, SURVEY.knots)
    fitted = design @ np.linalg.lstsq(design, told, rcond=None)[0]
    assert np.abs(fitted - told).max() < 1e-9
    assert quality_of_life(np.array(SURVEY.knots), CURVES[name]) == pytest.approx(CURVES[name])


@pytest.mark.parametrize("name", CURVES)
def test_turning_points_and_crossings_are_found_again_by_search(name):
    def curve(year: float) -> float:
        return float(quality_of_life(np.array([year]), CURVES[name])[0])

    bottom = minimize_scalar(curve, bounds=(0.2, 3), method="bounded", options={"xatol": 1e-9}).x
    assert turning_points(CURVES[name])[0] == pytest.approx(bottom, abs=1e-5)
    crossing = brentq(lambda year: curve(year) - SURVEY.general_mean, bottom, 12)
    assert crossing_years(CURVES[name], SURVEY.general_mean) == pytest.approx(crossing, abs=1e-9)


def test_each_curve_dips_early_rises_to_about_year_six_and_then_slowly(truth):
    for name, at_knots in CURVES.items():
        found = truth["Q1"][name]
        assert 0.15 < found["dip_depth"] < 0.3
        assert 0.7 < found["turning_point_years"] < 1.2
        assert found["later_turning_points"] == []
        early, late = (
            np.diff(quality_of_life(np.array(years), at_knots))[0] / (years[1] - years[0])
            for years in ((1.5, 6.0), (6.5, 20.0))
        )
        assert early > 4 * late > 0


def test_people_with_a_center_reach_the_general_mean_years_sooner_and_at_no_published_year(truth):
    sooner, later = (truth["Q1"][name]["crossing_years"] for name in ("with_center", "without_center"))
    assert later - sooner > 2
    assert all(abs(year - slide) > 0.5 for year in (sooner, later) for slide in (5.0, 15.0))


def test_a_level_that_the_curve_never_meets_has_no_crossing():
    assert crossing_years(SURVEY.at_knots_without_center, 4.9) is None
    late = crossing_years(SURVEY.at_knots_with_center, 4.35)
    assert SURVEY.knots[-1] < late < SURVEY.longest, "on the straight line beyond the last knot"
    assert quality_of_life(np.array([late]), SURVEY.at_knots_with_center) == pytest.approx(4.35)


def test_weighted_means_are_those_of_the_curves_and_unweighted_ones_are_not(large):
    asked = large.filter(pl.col("ever_had_problem"))
    errs = 0
    for center, at_knots in ((True, SURVEY.at_knots_with_center), (False, SURVEY.at_knots_without_center)):
        for low, high in ((0, 1), (1, 3), (3, 8), (8, 31)):
            rows = asked.filter(
                pl.col("attended_center") == center, pl.col("years_in_recovery").is_between(low, high)
            )
            w = rows["survey_weight"].to_numpy()
            expected = np.average(quality_of_life(rows["years_in_recovery"].to_numpy(), at_knots), weights=w)
            middle, error = mean(rows)
            assert abs(middle - expected) < 4 * error, (center, low)
            errs += abs(mean(rows, weighted=False)[0] - expected) > 4 * error
    assert errs == 8


def test_people_who_never_had_a_problem_have_the_general_mean_by_weight_alone(large):
    rows = large.filter(~pl.col("ever_had_problem"))
    middle, error = mean(rows)
    assert abs(middle - SURVEY.general_mean) < 4 * error
    assert mean(rows, weighted=False)[0] - SURVEY.general_mean > 8 * error


def test_years_follow_the_quantiles_at_which_harrell_puts_knots(large):
    years = large["years_in_recovery"].drop_nulls().to_numpy()
    assert np.quantile(years, SURVEY.knot_quantiles) == pytest.approx(SURVEY.knots, abs=0.1)
    assert years_at(np.array([0.0, 0.5, 1.0])).tolist() == [0.0, 2.6, 30.0]


def test_weights_are_unequal_and_average_to_one(large):
    w = large["survey_weight"]
    assert w.mean() == pytest.approx(1, abs=0.01)
    assert 1.15 < 1 + (w.std() / w.mean()) ** 2 < 1.5, "Kish's loss"
    assert w.min() > 0


def test_without_effects_a_center_makes_no_difference():
    rows = draw_survey(6, 200_000, effects=False).drop_nulls("eurohis_qol8")
    late = rows.filter(pl.col("years_in_recovery") > 3)
    parts = [mean(late.filter(pl.col("attended_center") == center)) for center in (True, False)]
    assert abs(parts[0][0] - parts[1][0]) < 4 * np.hypot(parts[0][1], parts[1][1])


def test_the_survey_has_the_columns_and_types_of_its_core_table(codebook):
    table = codebook.table("core.recovery_surveys")
    types = {n: t for n, t in schema(codebook, table).items() if n not in ("source", "delivered_quarter")}
    assert dict(draw_survey(1, 200).schema) == types
    assert draw_survey(1, 200).equals(draw_survey(1, 200))


def test_what_does_not_apply_to_people_without_a_problem_is_blank_and_scores_lie_on_their_grid():
    rows = draw_respondents(2, 3000)
    never = rows.filter(~pl.col("ever_had_problem"))
    assert (
        never.select("years_in_recovery", "months", "attended_center").null_count().row(0)
        == (never.height,) * 3
    )
    score = rows["eurohis_qol8"].drop_nulls()
    assert ((score * 8) == (score * 8).round()).all()
    assert score.is_between(1, 5).all()
    assert 0 < rows["eurohis_qol8"].null_count() < 0.03 * rows.height
    grown = rows.drop_nulls("years_in_recovery")
    assert (grown["age"] - grown["years_in_recovery"] >= 17.9).all()


def test_the_survey_is_delivered_once_and_whole(county, written):
    files = sorted(p.parent.name for p in (written / "demo_survey").rglob("*.csv"))
    assert files == ["2026Q2"]
    assert county.survey.height == 1500
