"""What ignoring the correlation of days costs: intervals of within-person slopes, truth known.

    python tests/reference/within_person/autoregressive/simulate.py

writes simulation.json. 91 people, 10 days, 15% of the days missing, intercept by person. The residuals carry
over from day to day (correlation 0.5), and so does the within-person predictor (0.6); the trend over days,
truly zero, is the extreme of such a predictor. 95% intervals come from the fit with independent residuals and
from the fit with correlated ones, Satterthwaite degrees of freedom in both.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import special

from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.autoregressive import fit_autoregressive
from models.within_person.linear.autoregressive_inference import autoregressive_inference, correlation_test
from models.within_person.linear.fit import fit_rows
from models.within_person.linear.linear_fit import LinearFit

PEOPLE, DAYS, MISSING = 91, 10, 0.15
PHI, PHI_OF_PREDICTOR, SLOPE = 0.5, 0.6, 0.4


def _carried(make: np.random.Generator, phi: float) -> np.ndarray:
    noise = make.standard_normal((PEOPLE, DAYS))
    for day in range(1, DAYS):
        noise[:, day] = phi * noise[:, day - 1] + np.sqrt(1 - phi**2) * noise[:, day]
    return noise


def draw(seed: int, *, phi: float = PHI) -> ModelRows:
    """Draw one set, the within-person predictor centered on the days kept."""
    make = np.random.default_rng(seed)
    x, e = _carried(make, PHI_OF_PREDICTOR), _carried(make, phi)
    kept = make.random((PEOPLE, DAYS)) >= MISSING
    kept[:, 0] = True
    y = 5 + SLOPE * x + 1.2 * make.standard_normal((PEOPLE, 1)) + e
    person, day = np.nonzero(kept)
    mean = (x * kept).sum(axis=1) / kept.sum(axis=1)
    columns = np.column_stack([np.ones(person.size), x[kept] - mean[person], mean[person], day])
    return ModelRows(
        y=y[kept], x=columns, names=("intercept", "x_within", "x_between", "day"), random=(0,),
        person=person.astype(np.intp), day=day.astype(float),
    )  # fmt: skip


def _told(fit: LinearFit, rows: ModelRows) -> list[float]:
    """Slope and trend: estimate, standard error, whether the interval covers the truth."""
    inference = autoregressive_inference(fit, rows)
    told = []
    for column, truth in ((1, SLOPE), (3, 0.0)):
        error = float(np.sqrt(fit.covariance[column, column]))
        half = float(special.stdtrit(inference.df(np.eye(4)[column]), 0.975)) * error
        told += [fit.beta[column], error, abs(fit.beta[column] - truth) <= half]
    return told


def summarize(seeds: range) -> dict[str, float]:
    """Bias of phi, coverage of the slope and the trend by both fits, and the size of the test of phi = 0."""
    rows_of = []
    for seed in seeds:
        rows, null_rows = draw(seed), draw(10_000 + seed, phi=0.0)
        correlated, independent = fit_autoregressive(rows), replace(fit_rows(rows), correlation=0.0)
        null = correlation_test(fit_autoregressive(null_rows), null_rows)
        rows_of.append([
            float(correlated.correlation or 0.0), correlated.outcome != "not converged", null.p_value < 0.05,
            *_told(correlated, rows), *_told(independent, rows),
        ])  # fmt: skip
    found = np.array(rows_of, dtype=float)
    mean, spread = found.mean(axis=0), found.std(axis=0, ddof=1)
    summary = {
        "sets": len(found), "converged": int(found[:, 1].sum()), "phi": PHI, "phi_mean": mean[0],
        "phi_sd": spread[0], "size_of_the_test_at_5_percent": mean[2],
    }  # fmt: skip
    for place, name in ((3, "slope"), (6, "trend"), (9, "independent_slope"), (12, "independent_trend")):
        summary |= {
            f"{name}_mean": mean[place], f"{name}_sd": spread[place], f"{name}_error_mean": mean[place + 1],
            f"{name}_coverage": mean[place + 2],
        }  # fmt: skip
    return {key: round(float(value), 5) for key, value in summary.items()}


if __name__ == "__main__":
    stored = json.dumps(summarize(range(600)), indent=2)
    Path(__file__).with_name("simulation.json").write_text(stored + "\n")
