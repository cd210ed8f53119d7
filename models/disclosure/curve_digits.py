"""Shares read off a curve, told in steps: to their last digits they say how many people left, and when.

A Kaplan-Meier share is a product of fractions (n - 1) / n over the people at risk at each event. With the
number at the start and the events, few ways of leaving in between give such a product to twelve digits, and
its limits, which rest on the same numbers, tell which of them. A share in a world without death, divided by
the share itself, is how many died. So each curve that counts events, the estimates that are read off it, and
whatever says the same in another way are told in one step.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

import polars as pl

from models.disclosure.evenings import STEPS
from models.disclosure.nested_counts import HORIZON
from models.disclosure.protected_rows import ProtectedRows
from models.disclosure.sensitivity_rows import SENSITIVITY
from models.disclosure.small_cells import GROUP
from models.disclosure.telling_fractions import rounded
from models.estimate import SHARE

CURVE: Final = ("analysis", "outcome", "curve", "population", "as_of")
# A step is at least so much of a share of one person. By trial with groups of 40 to 600, 11 to 40 events and
# up to 10 who left, eleven numbers of people or more then fit share and limits (test_curve_digits).
OF_A_PERSON: Final = 0.75
DIED: Final = "died_before_"  # followed by a term: the share who died before they could have the event
READ_OFF: Final = re.compile(rf"^{HORIZON}|_\d+_months$")  # terms of shares at a time
MEAN_DAYS: Final = "restricted_mean_"  # the area under a curve, in days; `_ratio` of two of them
TOLD: Final = "Told in steps, as more digits would give a small count away."


def step_from(n_people: int | None) -> float:
    """Give the step of shares that start from so many people: 0.01 from 75, 0.02 from 38, then 0.05, 0.1."""
    return next((step for step in STEPS if step * (n_people or 0) >= OF_A_PERSON), STEPS[-1])


def round_curves(curves: pl.DataFrame, *, maximum: int) -> pl.DataFrame:
    """Round shares and limits of each curve that counts events to the step of the people it starts from.

    Parameters
    ----------
    curves : pl.DataFrame
        Rows of `results.curves` as the models wrote them, with all points.
    maximum : int
        Largest count that is withheld; 0 rounds nothing.

    Returns
    -------
    pl.DataFrame
        The same rows, in the same order.
    """
    if not maximum or curves.is_empty():
        return curves
    most = pl.when(pl.col("n_events").is_not_null()).then("n_at_risk").max().over(CURVE)
    steps = [count and step_from(count) for count in curves.select(most_=most)["most_"]]
    return rounded(curves, steps, "estimate")


def round_read_off(rows: ProtectedRows, *, maximum: int) -> ProtectedRows:
    """Round shares that are read off a curve, and whatever else tells such a share or another of people.

    Of estimates these are shares at a horizon (`READ_OFF`); they lose error and p-value, which tell the
    share. Of diagnostics: a share of people in another way (`sensitivity_<term>_...`), of all analyses, as
    two shares of the same people differ by one person; those who died before a horizon; and areas under a
    curve, to whole days.

    Parameters
    ----------
    rows
        After the rules on counts.
    maximum : int
        Largest count that is withheld; 0 rounds nothing.
    """
    if not maximum:
        return rows
    shares: dict[tuple[Any, ...], dict[str, int | None]] = {}
    steps: list[float | None] = []
    for row in rows.original_estimates.iter_rows(named=True):
        read_off = row["scale"] == SHARE and READ_OFF.search(row["term"]) is not None
        steps.append(step_from(row["n_people"]) if read_off else None)
        if row["scale"] == SHARE:
            shares.setdefault(tuple(row[name] for name in GROUP), {})[row["term"]] = row["n_people"]
    gone = pl.Series([step is not None for step in steps], dtype=pl.Boolean)
    shown = rounded(rows.estimates, steps, "estimate", text="note", said=TOLD).with_columns(
        pl.when(~gone).then(pl.col(name)).alias(name) for name in ("std_error", "p_value")
    )
    steps = [
        _step_of(row["diagnostic"], row["n_people"], shares.get(tuple(row[name] for name in GROUP), {}))
        for row in rows.original_diagnostics.iter_rows(named=True)
    ]
    told = rounded(rows.diagnostics, steps, "value", text="detail", said=TOLD)
    return replace(rows, estimates=shown, diagnostics=told)


def _step_of(diagnostic: str, n_people: int | None, shares: dict[str, int | None]) -> float | None:
    """Give the step of a diagnostic; None where it tells no share of `shares`, nor an area under a curve."""
    if diagnostic.startswith(MEAN_DAYS):
        return 0.01 if diagnostic.endswith("_ratio") else 1.0
    for start, end in ((SENSITIVITY, "_"), (DIED, "")):
        about = [term for term in shares if f"{diagnostic}{end}".startswith(f"{start}{term}{end}")]
        if about and (end or diagnostic == start + max(about, key=len)):
            return step_from(shares[max(about, key=len)] or n_people)
    return None
