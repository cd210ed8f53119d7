"""Diagnostics that are not released: they check our work, and speak of one person or of no person at all.

They stay in the restricted results, for whoever runs the pipeline. What this list names is neither in the
release nor in the report, whatever the small-cell maximum is.
"""

from __future__ import annotations

from typing import Final

import polars as pl

INTERNAL: Final = (
    # How the pipeline worked. Rows read and not read add up to all evenings, from which withheld ones follow.
    "diary_rows_read",
    "diary_rows_read_again",
    "diary_rows_not_read",
    # About the one person on whom a fit rests most: no count is small, but the number is that person's.
    "largest_share_of_influence",
    "rests_on_one_person",
    # Of a network: with the people and pairs that are told, people nobody helped and who helped nobody.
    "people_interviewed",
    "ties_used",
)
INTERNAL_FAMILIES: Final = (
    # Of an outcome, by kind of program: with those interviewed, the few who skipped a question. A gate tells.
    "answered_rate_",
    "largest_shift_",  # followed by the name of a coefficient
    # Of a network, each also by kind of program. Ties of all that there could be give n (n - 1) of n people.
    "density",
    "share_with_tie",
    "reports_",  # of help, left out for a reason: a few reports are those of a few people
)


def without_internal(diagnostics: pl.DataFrame) -> pl.DataFrame:
    """Leave out the rows of `results.diagnostics` that are not for a reader of the release.

    Parameters
    ----------
    diagnostics : pl.DataFrame
        Rows of `results.diagnostics`.

    Returns
    -------
    pl.DataFrame
        The others, in the same order.
    """
    name = pl.col("diagnostic")
    family = pl.any_horizontal(name.str.starts_with(start) for start in INTERNAL_FAMILIES)
    return diagnostics.filter(~(name.is_in(INTERNAL) | family))
