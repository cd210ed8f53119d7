"""Numbers that are fractions of counts: to its last digit a share or a mean tells how many people it is of.

93 of 340 is 0.27352941176470591, and no other fraction of so small numbers comes as near; a difference of
two shares tells the product of their people. So where the people beside such a number are withheld, it is
rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

import polars as pl

from models.disclosure.evenings import STEPS
from models.disclosure.exclusive_parts import differences_of_parts
from models.disclosure.protected_rows import ProtectedRows
from models.estimate import SHARE

OF_PROGRAMS: Final = "correlation"
LIMITS: Final = ("ci_low", "ci_high")
# Largest denominator tried, and how near a fraction must come: by chance, one number in a hundred has one.
NEAR: Final = ((10_000, 1e-10), (300_000, 1e-13))
ROUNDED: Final = "Rounded, as its counts are withheld."


def is_fraction(value: float) -> bool:
    """Return whether a number is, up to rounding, a fraction of whole numbers of the size of counts."""
    return any(
        abs(float(Fraction(value).limit_denominator(most)) - value) <= near * max(1.0, abs(value))
        for most, near in NEAR
    )


def round_fractions(rows: ProtectedRows, *, maximum: int) -> ProtectedRows:
    """Round numbers that are fractions, where the people beside them are withheld.

    The step is as wide as a share of one person, so that every number of people has a fraction that rounds
    to it. The limits are rounded alike; error and p-value, from which the estimate follows, go. Where people
    who answered (rows) are withheld beside a share, so are those of them with the event: another row may tell
    their share. A difference of parts whose rows show their people, and a correlation over programs, tell
    nothing that is withheld.

    Parameters
    ----------
    rows
        After the rules on counts.
    maximum : int
        Largest count that is withheld; 0 rounds nothing.
    """
    if not maximum:
        return rows
    estimates, original = rows.estimates, rows.original_estimates
    of_people = [
        not parts and scale != OF_PROGRAMS
        for parts, scale in zip(differences_of_parts(estimates), estimates.get_column("scale"), strict=True)
    ]
    steps = _steps(estimates, original, "estimate", of_people)
    without_rows = (
        estimates.get_column("n_rows").is_null()
        & original.get_column("n_rows").is_not_null()
        & (estimates.get_column("scale") == SHARE)
    )
    gone = pl.Series([step is not None for step in steps], dtype=pl.Boolean)
    shown = rounded(estimates, steps, "estimate", text="note").with_columns(
        pl.when(~gone).then("std_error").alias("std_error"),
        pl.when(~gone).then("p_value").alias("p_value"),
        pl.when(~without_rows).then("n_events").alias("n_events"),
    )
    steps = _steps(rows.diagnostics, rows.original_diagnostics, "value", [True] * rows.diagnostics.height)
    return replace(
        rows, estimates=shown, diagnostics=rounded(rows.diagnostics, steps, "value", text="detail")
    )


def step_of(counts: Sequence[int | None]) -> float:
    """Give the step for a share of as many people or rows as the fewest of these."""
    few = min((count for count in counts if count), default=0)
    return next((step for step in STEPS if step * few >= 1.0), STEPS[-1])


def rounded(
    rows: pl.DataFrame, steps: Sequence[float | None], value: str, *, text: str = "", said: str = ROUNDED
) -> pl.DataFrame:
    """Round a number and its limits to the step of each row, and say so in its text; null rounds nothing."""
    step = pl.Series("step_", steps, dtype=pl.Float64)
    where = pl.col("step_").is_not_null() & pl.col(value).is_not_null()
    before = pl.col(text or value).cast(pl.String).fill_null("")
    sentence = (before == "") | before.str.ends_with(".")
    words = (before + pl.when(sentence).then(pl.lit(" ")).otherwise(pl.lit(". ")) + said).str.strip_chars()
    return (
        rows.with_columns(step)
        .with_columns(
            *(
                pl.when(where)
                .then(((pl.col(name) / pl.col("step_")).round() * pl.col("step_")).round(2) + 0.0)
                .otherwise(pl.col(name))
                .alias(name)
                for name in (value, *LIMITS)
            ),
            *([pl.when(where).then(words).otherwise(pl.col(text)).alias(text)] if text else []),
        )
        .drop("step_")
    )


def _steps(
    shown: pl.DataFrame, exact: pl.DataFrame, value: str, of_people: Sequence[bool]
) -> list[float | None]:
    """Give the step for each number that is a fraction and has lost its people; None for the others."""

    def step(number: float | None, now: int | None, before: int | None) -> float | None:
        lost = now is None and before is not None
        telling = lost and number is not None and not number.is_integer() and is_fraction(number)
        return step_of([before]) if telling else None

    columns = zip(shown[value], shown["n_people"], exact["n_people"], of_people, strict=True)
    return [step(number, now, before) if asked else None for number, now, before, asked in columns]
