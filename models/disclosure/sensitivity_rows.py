"""The same number worked out in another way: withheld with the number, and no key to what was taken from it.

A diagnostic `sensitivity_<term>_<variant>` comes near the estimate of its term. And its limits lie t(df) * SE
from its value: it has no error of its own to divide that by, but a variant may come to the very fit of the
estimate (people's own slopes that do not differ, no answer at an end of the scale). Then the two intervals,
or the estimate's error, give its degrees of freedom, and from these people or rows.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from models.disclosure.small_cells import DIAGNOSTIC_NUMBERS, GROUP, withheld

SENSITIVITY: Final = "sensitivity_"
SAME_FIT: Final = (
    1e-6  # relative: one fit reached in two ways agrees to this at least; two models hardly ever
)


def withhold_sensitivity(
    diagnostics: pl.DataFrame, estimates: pl.DataFrame, *, exact: pl.DataFrame, maximum: int
) -> pl.DataFrame:
    """Withhold the variants of a withheld estimate, and limits of variants from which counts could be solved.

    The limits go where the variant's value is that of the estimate, so that both rest on one standard error,
    and either of them shows no people. Where both show theirs, degrees of freedom tell nothing beyond these.

    Parameters
    ----------
    diagnostics, estimates : pl.DataFrame
        Rows after the other rules.
    exact : pl.DataFrame
        The same estimates, in the same order, as the models wrote them.
    maximum : int
        Largest count that is withheld; 0 withholds nothing.

    Returns
    -------
    pl.DataFrame
        The same diagnostics, in the same order.
    """
    if not maximum:
        return diagnostics
    numbers: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    told = estimates.select(*GROUP, "term", "n_people", "suppressed", exact_=exact.get_column("estimate"))
    for row in told.iter_rows(named=True):
        numbers.setdefault(tuple(row[name] for name in GROUP), {})[row["term"]] = row
    gone, unlimited = [], []
    for place, row in enumerate(diagnostics.iter_rows(named=True)):
        about = _estimate_of(row["diagnostic"], numbers.get(tuple(row[name] for name in GROUP), {}))
        if about is None or row["suppressed"]:
            continue
        if about["suppressed"]:
            gone.append(place)
        elif (about["n_people"] is None or row["n_people"] is None) and _same(row["value"], about["exact_"]):
            unlimited.append(place)
    shown = withheld(
        diagnostics.with_row_index("row_"), pl.col("row_").is_in(gone), DIAGNOSTIC_NUMBERS, text="detail"
    )
    keeps = ~pl.col("row_").is_in(unlimited)
    return shown.with_columns(
        pl.when(keeps).then(pl.col(name)).alias(name) for name in ("ci_low", "ci_high")
    ).drop("row_")


def _estimate_of(diagnostic: str, numbers: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """Find the estimate whose number a diagnostic works out in another way: the longest term that fits."""
    fitting = [term for term in numbers if diagnostic.startswith(f"{SENSITIVITY}{term}_")]
    return numbers[max(fitting, key=len)] if fitting else None


def _same(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= SAME_FIT * abs(other)
