"""The same slopes in the people of each kind of program, and how two kinds differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import sqrt
from typing import Final

import numpy as np
import polars as pl
from scipy import stats

from models.estimate import LEVEL, Estimate
from models.within_person.design.rows import Rows, keep_people
from models.within_person.diary_facts import PERSON

PROGRAM_MODEL: Final = "program_model"
COMPARED: Final = ("social", "clinical")
NOTE: Final = "People of {kind} programs alone, not made comparable with those of other programs."
DIFFERENCE_NOTE: Final = (
    "The people of the two kinds of program may differ in other ways: a difference between people, not an "
    "effect of the program."
)


def by_program_model(
    rows: Rows, program_models: pl.DataFrame | None, slopes_of: Callable[[Rows], tuple[Estimate, ...]]
) -> tuple[Estimate, ...]:
    """Slopes by program model, each fitted on its own people, and social less clinical for each slope.

    Separate fits let every variance differ by program model, too. Their difference has the variance of both
    added, and Welch and Satterthwaite's degrees of freedom (Welch 1947, Biometrika 34:28). Program models
    with too few people are refused by `slopes_of`.

    Parameters
    ----------
    rows
        All rows used.
    program_models
        `participant_id` and `program_model`; people not in it are in no part.
    slopes_of
        The estimates of some rows.
    """
    if program_models is None:
        return ()
    people = pl.DataFrame({PERSON: rows.people}).join(
        program_models.select(PERSON, PROGRAM_MODEL), on=PERSON, how="left", maintain_order="left"
    )
    kind = people.get_column(PROGRAM_MODEL)
    found: dict[str, tuple[Estimate, ...]] = {}
    for name in sorted(kind.drop_nulls().unique()):
        part = keep_people(rows, (kind == name).fill_null(value=False).to_numpy())
        found[name] = slopes_of(part)
    answers = [
        replace(
            estimate, term=f"{estimate.term}_in_{name}_programs",
            note=f"{NOTE.format(kind=name)} {estimate.note}",
        )
        for name, estimates in found.items()
        for estimate in estimates
    ]  # fmt: skip
    if all(name in found for name in COMPARED):
        answers += [_less(a, b) for a, b in zip(*(found[name] for name in COMPARED), strict=True)]
    return tuple(answers)


def _less(first: Estimate, second: Estimate) -> Estimate:
    """Difference of two estimates from different people."""
    term = f"{first.term}_{COMPARED[0]}_minus_{COMPARED[1]}"
    counted = (first.n_people, second.n_people)
    n_people = None if None in counted else sum(n for n in counted if n is not None)
    parts = (first.estimate, second.estimate, first.std_error, second.std_error)
    if any(part is None for part in parts):
        return replace(
            first, term=term, estimate=None, std_error=None, ci_low=None, ci_high=None, p_value=None, df=None,
            n_people=n_people, n_rows=None, small_sample="none",
            note="Too few people in one of the two kinds of program, or no model that stands there.",
        )  # fmt: skip
    value = float(first.estimate or 0.0) - float(second.estimate or 0.0)
    variances = np.array([float(first.std_error or 0.0), float(second.std_error or 0.0)]) ** 2
    error = sqrt(float(variances.sum()))
    dfs = np.array([np.inf if e.df is None else e.df for e in (first, second)])
    df = float(variances.sum() ** 2 / np.sum(variances**2 / dfs)) if np.any(np.isfinite(dfs)) else np.inf
    reference = stats.t(df) if np.isfinite(df) else stats.norm
    half = float(reference.ppf(0.5 + LEVEL / 2)) * error
    return replace(
        first, term=term, estimate=value, std_error=error, ci_low=value - half, ci_high=value + half,
        p_value=float(2 * reference.sf(abs(value) / error)), df=df if np.isfinite(df) else None,
        n_people=n_people, n_rows=None,
        small_sample=f"t with {df:.1f} degrees of freedom (Welch and Satterthwaite)", note=DIFFERENCE_NOTE,
    )  # fmt: skip
