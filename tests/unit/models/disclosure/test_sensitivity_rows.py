import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.disclosure.results import Results, withhold_results
from models.disclosure.sensitivity_rows import withhold_sensitivity
from models.disclosure.small_cells import WITHHELD

KEY = {"analysis": "W2", "outcome": "meaningfulness", "population": "p", "as_of": "2026Q3"}
ESTIMATE = KEY | {
    "term": "slope", "estimate": 0.8, "std_error": 0.1, "ci_low": 0.6, "ci_high": 1.0, "p_value": 0.01,
    "df": 96.0, "n_people": 98, "n_rows": 980, "n_events": None, "scale": "points per point",
    "small_sample": "t with 96.0 degrees of freedom", "note": "", "suppressed": False,
}  # fmt: skip
FACT = KEY | {
    "diagnostic": "sensitivity_slope_linear", "value": 0.7, "ci_low": 0.5, "ci_high": 0.9,
    "detail": "a linear model", "n_people": 98, "suppressed": False,
}  # fmt: skip
TYPES = {"n_people": pl.Int64, "n_rows": pl.Int64, "n_events": pl.Int64, "suppressed": pl.Boolean}
NUMBERS = ("estimate", "std_error", "ci_low", "ci_high", "p_value", "df", "value")


def frame(row: dict[str, object], *changes: dict[str, object]) -> pl.DataFrame:
    types = {name: TYPES.get(name, pl.Float64 if name in NUMBERS else pl.String) for name in row}
    return pl.DataFrame([row | change for change in changes], schema=types)


def shown(estimate: dict[str, object], fact: dict[str, object], *, exact: float = 0.8) -> dict[str, object]:
    """One diagnostic beside one estimate that the other rules have left so; `exact` is its number."""
    estimates = frame(ESTIMATE, estimate)
    written = estimates.with_columns(estimate=pl.lit(exact))
    return withhold_sensitivity(frame(FACT, fact), estimates, exact=written, maximum=10).row(0, named=True)


WITHHELD_ESTIMATE = {"estimate": None, "n_people": None, "suppressed": True}


@pytest.mark.parametrize("variant", ["linear", "linear_intercept_only", "without_least_compliant"])
@pytest.mark.parametrize("n_people", [None, 98])
def test_a_variant_of_a_withheld_estimate_is_withheld_with_its_limits(variant, n_people):
    row = shown(WITHHELD_ESTIMATE, {"diagnostic": f"sensitivity_slope_{variant}", "n_people": n_people})
    assert [row[name] for name in ("value", "ci_low", "ci_high", "n_people")] == [None] * 4
    assert (row["suppressed"], row["detail"]) == (True, WITHHELD)


@pytest.mark.parametrize(
    "change",
    [{"diagnostic": "icc"}, {"diagnostic": "sensitivity_slope_on_other_days_linear"}, {"outcome": "craving"}],
)
def test_what_is_no_variant_of_the_withheld_estimate_stays(change):
    estimates = frame(ESTIMATE, WITHHELD_ESTIMATE, {"term": "slope_on_other_days", "estimate": 0.1})
    found = withhold_sensitivity(frame(FACT, change), estimates, exact=estimates, maximum=10)
    assert found.row(0, named=True) == FACT | change


@pytest.mark.parametrize(
    ("counted", "told", "keeps"), [(98, 98, True), (None, 98, False), (98, None, False), (None, None, False)]
)
def test_a_variant_with_the_fit_of_its_estimate_keeps_its_limits_only_where_both_show_their_people(
    counted, told, keeps
):
    row = shown({"n_people": counted}, {"value": 0.8 + 1e-9, "n_people": told})
    assert (row["ci_low"], row["ci_high"]) == ((0.5, 0.9) if keeps else (None, None))
    assert (row["value"], row["suppressed"], row["detail"]) == (0.8 + 1e-9, False, "a linear model")


def test_a_variant_of_another_fit_keeps_its_limits_for_no_error_is_known_to_divide_them_by():
    row = shown({"n_people": None}, {"n_people": None})
    assert (row["value"], row["ci_low"], row["ci_high"]) == (0.7, 0.5, 0.9)


def test_without_a_threshold_nothing_is_withheld():
    estimates = frame(ESTIMATE, WITHHELD_ESTIMATE)
    assert (
        withhold_sensitivity(frame(FACT, {}), estimates, exact=estimates, maximum=0).row(0, named=True)
        == FACT
    )


NAMES = (
    "sensitivity_slope_linear", "sensitivity_slope_autoregressive", "observed_scale_slope", "icc",
    "response_rate", "share_at_ceiling", "days_dropped_refused", "days_dropped_no_response",
    "people_with_craving", "people_always_at_ceiling",
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    people=st.integers(0, 40),
    facts=st.dictionaries(
        st.sampled_from(NAMES),
        st.tuples(st.floats(0, 1) | st.integers(0, 40).map(float), st.integers(0, 40)),
        min_size=1,
    ),
    total=st.none() | st.integers(0, 40),
)  # fmt: skip
def test_no_rule_leaves_a_limit_of_a_diagnostic_whose_value_it_takes(people, facts, total):
    curves = pl.DataFrame(
        schema=dict.fromkeys(("analysis", "outcome", "curve", "population", "as_of", "x_unit"), pl.String)
        | {"x": pl.Float64, "n_at_risk": pl.Int64, "n_events": pl.Int64, "suppressed": pl.Boolean}
    )  # fmt: skip
    told = [
        {"diagnostic": name, "value": value, "n_people": n, "ci_low": value - 0.1, "ci_high": value + 0.1}
        for name, (value, n) in facts.items()
    ]
    results = Results(
        estimates=frame(ESTIMATE, {"n_people": people, "n_rows": 10 * people, "df": people - 2.0}),
        curves=curves, diagnostics=frame(FACT, *told),
    )  # fmt: skip
    released = withhold_results(results, totals={"p": total}, maximum=10).diagnostics
    for row in released.iter_rows(named=True):
        if row["value"] is None:
            assert row["suppressed"]
            assert (row["ci_low"], row["ci_high"], row["n_people"]) == (None, None, None)
        elif "rounded to steps" in row["detail"]:
            assert (row["ci_low"], row["ci_high"]) == (None, None), "limits would give the digits back"
