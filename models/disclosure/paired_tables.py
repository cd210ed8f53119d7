"""Two answers of the same people: rates, changes and their test are one 2 x 2 table, and are judged as one.

With both rates shown, one of the two counts of people who changed gives the other, and each cell of the
table. So does the exact test alone: its p-value is a function of the two counts, and the difference of
rates is known; a paired interval carries their sum. The rates by themselves leave the cells open.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from models.civic.active_addiction_and_recovery import ANALYSIS, FIRST, SECOND
from models.disclosure.small_cells import DIAGNOSTIC_NUMBERS, NUMBERS, is_small, withheld

UNIT: Final = ("outcome", "population", "as_of")
FROM_THE_CELLS: Final = ("difference", "ratio", "relative_change")  # their interval or p-value rests on them
ONLY_FIRST, ONLY_SECOND = f"discordant_only_{FIRST}", f"discordant_only_{SECOND}"
ASKED, ANSWERED = "asked", "answered_both"


def withhold_paired(
    estimates: pl.DataFrame, diagnostics: pl.DataFrame, *, maximum: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Withhold what tells the cells of a 2 x 2 table of which one holds 1 to `maximum` people.

    The cells are yes both times, yes only in either period, and no both times. Where one is small, or
    they are not known because the rates were refused, both counts of people who changed and the rows
    `difference`, `ratio` and `relative_change` are withheld; a refused row keeps its reason. The rates and
    `difference_from_rates`, which follow from margins alone, are left to the primary rule.

    People asked less people who answered for both periods are a count as well. Where it is small for
    one item, `asked` is withheld for every item of the population of which as many were asked: they are
    most likely the same people.

    Parameters
    ----------
    estimates, diagnostics : pl.DataFrame
        Rows of `results.estimates` and `results.diagnostics`, nothing withheld yet; rows of other
        analyses are left as they are.
    maximum : int
        Largest count that is withheld.

    Returns
    -------
    estimates, diagnostics
        The same rows, in the same order.
    """
    if not maximum:
        return estimates, diagnostics
    paired = pl.col("analysis") == ANALYSIS
    telling = _tables(estimates.filter(paired), diagnostics.filter(paired), maximum)
    small = estimates.select(UNIT).join(telling, on=UNIT, how="left", maintain_order="left")["tells"]
    estimates = withheld(
        estimates,
        paired
        & pl.col("term").is_in(FROM_THE_CELLS)
        & pl.col("estimate").is_not_null()
        & small.fill_null(value=True),
        NUMBERS,
        text="note",
    )
    small = diagnostics.select(UNIT).join(telling, on=UNIT, how="left", maintain_order="left")["tells"]
    changed = pl.col("diagnostic").is_in((ONLY_FIRST, ONLY_SECOND)) & small.fill_null(value=True)
    asked = pl.col("diagnostic") == ASKED
    few = _asked_and_silent(diagnostics.filter(paired), maximum)
    told = diagnostics.select("population", "as_of", "value").join(
        few, on=["population", "as_of", "value"], how="left", maintain_order="left"
    )["few"]
    hidden = paired & (changed | (asked & told.fill_null(value=False)))
    return estimates, withheld(diagnostics, hidden, DIAGNOSTIC_NUMBERS, text="detail")


def _tables(estimates: pl.DataFrame, diagnostics: pl.DataFrame, maximum: int) -> pl.DataFrame:
    """One row per item: whether a cell is small or unknown."""
    first, second = pl.col("term") == FIRST, pl.col("term") == SECOND
    only_first = diagnostics.filter(pl.col("diagnostic") == ONLY_FIRST).select(*UNIT, only_first="value")
    cells = ("both", "only_first", "only_second", "neither")
    return (
        estimates.group_by(UNIT)
        .agg(
            n=pl.col("n_people").filter(first).first(),
            first=pl.col("n_events").filter(first).first(),
            second=pl.col("n_events").filter(second).first(),
        )
        .join(only_first, on=UNIT, how="left")
        .with_columns(both=pl.col("first") - pl.col("only_first"))
        .with_columns(only_second=pl.col("second") - pl.col("both"))
        .with_columns(neither=pl.col("n") - pl.col("first") - pl.col("only_second"))
        .select(
            *UNIT,
            tells=pl.any_horizontal(
                pl.col(cell).is_null() | is_small(pl.col(cell), maximum) for cell in cells
            ),
        )
    )


def _asked_and_silent(diagnostics: pl.DataFrame, maximum: int) -> pl.DataFrame:
    """Numbers of people asked (`value`) from which the numbers answered leave few, by population."""
    return (
        diagnostics.group_by(UNIT)
        .agg(
            value=pl.col("value").filter(pl.col("diagnostic") == ASKED).first(),
            answered=pl.col("value").filter(pl.col("diagnostic") == ANSWERED).first(),
        )
        .filter(is_small(pl.col("value") - pl.col("answered"), maximum))
        .select("population", "as_of", "value", few=True)
        .unique()
    )
