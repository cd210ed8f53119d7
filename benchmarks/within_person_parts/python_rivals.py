"""The Python rivals, each run by whichever interpreter has it: `python_rivals.py NAME FOLDER`."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diaries
import numpy as np
import stopwatch

COLUMNS = ("y", "time", "xw", "xb", "meeting")


def glmm(folder: Path, *, frame: bool) -> tuple[Callable[[], Any], Callable[[Any], dict[str, Any]]]:
    """Rust package glmm, from a polars frame or (its fastest way in) a dict of arrays with integer ids."""
    import glmm as package  # noqa: PLC0415

    data: Any = diaries.read(folder, *COLUMNS, "person")
    data["person"] = data["person"].astype(np.int64)
    if frame:
        import polars as pl  # noqa: PLC0415

        data = pl.DataFrame(data)
    formula = "y ~ time + xw + xb + meeting + xw:meeting + (1 + xw | person)"

    def describe(fit: Any) -> dict[str, Any]:
        deviations, correlations = fit.stddev_corr(0)
        return {
            "beta": list(map(float, fit.beta)),
            "se": list(map(float, fit.se)),
            "spread": [*map(float, deviations), float(correlations[0, 1]), float(np.sqrt(fit.dispersion))],
            "log_likelihood": float(fit.loglik),
            "note": "" if fit.converged else "says it did not converge",
        }

    # Its degrees of freedom are off: ours are timed apart too.
    return lambda: package.fit(data, formula, satterthwaite=False), describe


def mixed_lm(folder: Path) -> tuple[Callable[[], Any], Callable[[Any], dict[str, Any]]]:
    """MixedLM of statsmodels, by its formula interface."""
    import pandas as pd  # noqa: PLC0415
    import statsmodels.formula.api as smf  # noqa: PLC0415

    data = pd.DataFrame(diaries.read(folder, *COLUMNS, "person"))

    def fit() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return smf.mixedlm(
                "y ~ time + xw + xb + meeting + xw:meeting", data, groups="person", re_formula="~xw"
            ).fit(reml=True)

    def describe(fit: Any) -> dict[str, Any]:
        covariance = np.asarray(fit.cov_re)
        deviations = np.sqrt(np.diag(covariance))
        return {
            "beta": [float(b) for b in fit.fe_params],
            "se": [float(s) for s in fit.bse_fe],
            "spread": [
                *map(float, deviations),
                float(covariance[0, 1] / deviations.prod()),
                float(np.sqrt(fit.scale)),
            ],
            "log_likelihood": float(fit.llf),
            "note": "" if fit.converged else "says it did not converge",
        }

    return fit, describe


def main(name: str, folder: Path) -> None:
    """Serve one rival."""
    fit, describe = {
        "glmm": lambda: glmm(folder, frame=True),
        "glmm-arrays": lambda: glmm(folder, frame=False),
        "statsmodels": lambda: mixed_lm(folder),
    }[name]()
    stopwatch.serve({"go": fit}, describe)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
