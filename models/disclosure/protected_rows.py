"""Estimates and diagnostics under protection, beside the original rows that the models wrote."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedRows:
    """What a release would show so far, and what it was made of.

    A rule that withholds or rounds is given these and gives back these: it changes `estimates` and
    `diagnostics`, and reads from the original rows what earlier rules have taken already.

    Attributes
    ----------
    estimates, diagnostics : pl.DataFrame
        Rows of `results.estimates` and `results.diagnostics` after the rules applied so far.
    original_estimates, original_diagnostics : pl.DataFrame
        The same rows, in the same order, as the models wrote them.

    Raises
    ------
    ValueError
        There are not as many rows as original rows.
    """

    estimates: pl.DataFrame
    diagnostics: pl.DataFrame
    original_estimates: pl.DataFrame
    original_diagnostics: pl.DataFrame

    def __post_init__(self) -> None:
        """Hold rows and original rows to the same number: a rule sets them side by side."""
        for shown, original in (
            (self.estimates, self.original_estimates),
            (self.diagnostics, self.original_diagnostics),
        ):
            if shown.height != original.height:
                raise ValueError(f"{shown.height} rows stand beside {original.height} original rows")
