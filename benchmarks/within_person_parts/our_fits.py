"""Our own fits, served to the referee: `our_fits.py PART FOLDER WANTED`, WANTED frame, arrays or all.

"frame" begins at a polars frame and goes the way an analysis goes (rows used, design, sums, fit); "arrays"
begins at the rows of the model; "refits" at what was kept of them. Each runs compiled and in plain numpy.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import diaries
import numpy as np
import polars as pl
import stopwatch

from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.model_rows import ModelRows
from models.within_person.design.rows import Rows, used_rows
from models.within_person.design.terms import (
    Design,
    between,
    model_rows,
    model_sums,
    product,
    value,
    within,
)
from models.within_person.engine import Engine
from models.within_person.linear.autoregressive import fit_autoregressive
from models.within_person.linear.bootstrap import person_bootstrap
from models.within_person.linear.fit import fit, fit_design, fit_rows
from models.within_person.linear.sums import person_sums
from models.within_person.tobit.fit import fit_tobit

PREDICTORS = ("time", "xw", "xb", "meeting")
RANDOM = (0, 2)
ENGINES: tuple[Engine, ...] = ("compiled", "numpy")


def the_frame(folder: Path, outcome: str) -> pl.DataFrame:
    """Read the diary into memory; ids as whole numbers."""
    columns = diaries.read(folder, "person", "day", outcome, *PREDICTORS)
    return pl.DataFrame(columns).with_columns(pl.col("person", "day").cast(pl.Int64))


def the_rows(folder: Path, outcome: str) -> ModelRows:
    """Make the rows of the model here, not by the code under the clock."""
    read: dict[str, Any] = diaries.read(folder, "person", "day", outcome, *PREDICTORS)
    x = np.empty((read["time"].size, len(diaries.FIXED)))
    x[:, 0] = 1.0
    for column, name in enumerate(PREDICTORS, start=1):
        x[:, column] = read[name]
    np.multiply(x[:, 2], x[:, 4], out=x[:, 5])
    return ModelRows(
        y=read[outcome], x=x, names=tuple(diaries.FIXED), random=RANDOM,
        person=read["person"].astype(np.intp), day=read["day"].astype(float),
    )  # fmt: skip


def design_of(outcome: str) -> Design:
    """Write the model that all contestants fit."""
    slope = value("xw")
    terms = (value("time"), slope, value("xb"), value("meeting"))
    return Design(outcome, (*terms, product(slope, value("meeting"))), (slope,))


def used(frame: pl.DataFrame, outcome: str) -> Rows:
    """Rows of the frame that the model can use."""
    return used_rows(frame, person="person", day="day", columns=(outcome, *PREDICTORS))


def describe(fit: Any) -> dict[str, Any]:
    """Say what a fit found, in the order that the rivals keep."""
    deviations = np.sqrt(np.diag(fit.random_covariance))
    residual = getattr(fit, "residual_sd", None)
    spread = [
        *map(float, deviations),
        float(fit.random_covariance[0, 1] / deviations.prod()),
        float(np.sqrt(fit.residual_variance) if residual is None else residual),
    ]
    if getattr(fit, "correlation", None) is not None:
        spread.append(float(fit.correlation))
    return {
        "beta": [float(b) for b in fit.beta],
        "se": [float(s) for s in np.sqrt(np.diag(fit.covariance))],
        "spread": spread,
        "log_likelihood": float(fit.log_likelihood),
        "evaluations": int(fit.evaluations),
        "note": "" if fit.outcome == "converged" else str(fit.outcome),
    }


def _linear(rows: ModelRows, engine: Engine) -> Any:
    """Restricted maximum likelihood."""
    return fit_rows(rows, engine=engine)


def _autoregressive(rows: ModelRows, engine: Engine) -> Any:
    """Residuals correlated by the days between them, over gaps."""
    return fit_autoregressive(rows, engine=engine)


def _tobit(rows: ModelRows, engine: Engine) -> Any:
    """Model the ceiling; standard errors from the observed information."""
    return fit_tobit(rows, floor=None, ceiling=diaries.CEILING, engine=engine)


Fits = dict[str, Callable[[], Any]]
PARTS: dict[str, tuple[str, Callable[[ModelRows, Engine], Any]]] = {
    "linear": ("y", _linear),
    "ar1": ("y", _autoregressive),
    "tobit": ("capped", _tobit),
}


def rows_of(frame: pl.DataFrame, outcome: str) -> ModelRows:
    """From the frame to the rows of the model."""
    return model_rows(used(frame, outcome), design_of(outcome))


def from_frame(part: str, frame: pl.DataFrame, outcome: str, engine: Engine) -> Any:
    """From the frame, the way an analysis goes: a linear fit needs the sums alone, the others the rows."""
    if part == "linear":
        return fit_design(used(frame, outcome), design_of(outcome), engine=engine)
    return PARTS[part][1](rows_of(frame, outcome), engine)


def from_rows(part: str, folder: Path, wanted: str) -> Fits:
    """Fits that begin at the frame, at arrays, or at both ("all"), on each engine."""
    outcome, fit_one = PARTS[part]
    fits: Fits = {}
    if wanted != "arrays":
        frame = the_frame(folder, outcome)
        for engine in ENGINES:
            fits[f"frame-{engine}"] = partial(from_frame, part, frame, outcome, engine)
    if wanted != "frame":
        rows = the_rows(folder, outcome)
        fits |= {f"arrays-{engine}": partial(fit_one, rows, engine) for engine in ENGINES}
    return fits


def refits(folder: Path) -> Fits:
    """Fits from what is kept of the rows: a model's sums, or cross-products that serve many models."""
    rows = the_rows(folder, "y")
    sums = person_sums(rows)
    first = fit(sums)
    cross = CrossProducts.from_rows(used(the_frame(folder, "y"), "y"), design_of("y").columns)
    slope = within("xw")
    other = Design("y", (slope, between("meeting"), product(slope, between("meeting"))), (slope,))
    fits: Fits = {}
    for engine in ENGINES:
        fits[f"sums-{engine}"] = partial(person_sums, rows, engine)
        fits[f"refit-{engine}"] = partial(fit, sums, engine=engine)
        fits[f"refit-from-start-{engine}"] = partial(fit, sums, engine=engine, start=first)
        fits[f"other-model-{engine}"] = partial(
            lambda engine: fit(model_sums(cross, other, engine=engine), engine=engine), engine
        )
        # The estimate itself is fitted first: a replicate is a tenth of the difference.
        fits[f"bootstrap-1-{engine}"] = partial(person_bootstrap, sums, 1, 1, engine=engine)
        fits[f"bootstrap-11-{engine}"] = partial(person_bootstrap, sums, 11, 1, engine=engine)
    return fits


def main(part: str, folder: Path, wanted: str) -> None:
    """Serve one part."""
    fits = refits(folder) if part == "refits" else from_rows(part, folder, wanted)
    stopwatch.serve(fits, lambda answer: describe(answer) if hasattr(answer, "log_likelihood") else {})


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
