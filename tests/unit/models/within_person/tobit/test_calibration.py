"""Data like those of the daily-identity study give back the truth, with errors like the published ones.

The settings are found by simulation to fit the published standard errors of Lancaster, Apsley, Brick &
Cleveland 2025; they are not estimates of that study's values.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from models.within_person.design.model_rows import ModelRows
from models.within_person.tobit.fit import fit_tobit

NAMES = ("intercept", "day", "person", "center", "meeting", "day_x_center", "day_x_meeting")
BETA = np.array([85.0, 0.79, 0.94, 0.0, 0.0, -0.11, -0.27])
SHOWN = [1, 2, 5, 6]
PUBLISHED_ERRORS = np.array([0.04, 0.11, 0.14, 0.13])
STORED = json.loads((Path(__file__).parent / "calibration.json").read_text())
PEOPLE, NIGHTS, COMPLIANCE, CAP = 91, 10, 0.908, 100.0


def _within(values, person):
    return values - (np.bincount(person, values) / np.bincount(person))[person]


def _study(seed):
    draw = np.random.default_rng(seed)
    person = np.repeat(np.arange(PEOPLE), NIGHTS)
    night = np.tile(np.arange(float(NIGHTS)), PEOPLE)
    center = draw.random(person.size) < expit(-1.3 + 3.2 * draw.normal(size=PEOPLE))[person]
    meeting = draw.random(person.size) < expit(-0.7 + 3.0 * draw.normal(size=PEOPLE))[person]
    identity = 16 * draw.normal(size=PEOPLE)[person] + 11 * draw.normal(size=person.size)
    kept = (draw.random(person.size) < COMPLIANCE) | (night < 2)
    person, night, identity = person[kept], night[kept], identity[kept]
    day, visits, meetings = (_within(v, person) for v in (identity, center[kept] * 1.0, meeting[kept] * 1.0))
    means = np.bincount(person, identity) / np.bincount(person)
    x = np.column_stack(
        [
            np.ones(day.size),
            day,
            (means - means.mean())[person],
            visits,
            meetings,
            day * visits,
            day * meetings,
        ]
    )
    y = x @ BETA + 16 * draw.normal(size=PEOPLE)[person] + 10 * draw.normal(size=day.size)
    return ModelRows(
        y=np.minimum(y, CAP), x=np.ascontiguousarray(x), names=NAMES, random=(0,), person=person, day=night
    )


def _check(sets):
    fits = [fit_tobit(_study(seed), floor=None, ceiling=CAP) for seed in range(sets)]
    assert all(fit.outcome == "converged" for fit in fits)
    estimates = np.array([fit.beta for fit in fits])
    errors = np.array([np.sqrt(np.diag(fit.covariance)) for fit in fits])
    monte_carlo = estimates.std(axis=0, ddof=1) / np.sqrt(sets)
    assert (np.abs(estimates.mean(axis=0) - BETA) < 3 * monte_carlo).all()
    np.testing.assert_allclose(np.median(errors, axis=0)[SHOWN], PUBLISHED_ERRORS, rtol=0.25)
    assert 0.2 < np.mean([fit.n_ceiling / fit.n_rows for fit in fits]) < 0.4
    return estimates, errors


def test_the_truth_and_the_published_errors_come_back():
    _check(12)


def _summary(sets):
    estimates, errors = _check(sets)
    return {
        "command": "make test-slow ARGS=tests/unit/models/within_person/tobit/test_calibration.py",
        "sets": sets,
        "terms": list(NAMES),
        "bias": np.round(estimates.mean(axis=0) - BETA, 6).tolist(),
        "spread_of_the_estimates": np.round(estimates.std(axis=0, ddof=1), 6).tolist(),
        "mean_error": np.round(np.sqrt((errors**2).mean(axis=0)), 6).tolist(),
    }


@pytest.mark.slow
def test_the_stored_bias_and_errors_over_many_studies_come_back():
    found = _summary(STORED["sets"])
    for name in ("bias", "spread_of_the_estimates", "mean_error"):
        np.testing.assert_allclose(found[name], STORED[name], atol=2e-4)


def test_stored_errors_are_the_spread_of_the_estimates():
    np.testing.assert_allclose(
        np.divide(STORED["mean_error"], STORED["spread_of_the_estimates"]), 1.0, atol=0.12
    )
