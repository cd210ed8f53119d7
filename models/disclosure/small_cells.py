"""The primary rule: no count of 1 to `maximum` people is shown, nor a number that rests on one.

A withheld number is null with a flag, never 0: a zero is a finding, and would be read as one. The rule
follows the cell size policy of the Centers for Medicare & Medicaid Services ("no cell 1 to 10 can be
displayed, and no percentage or formula may be used if it results in the display of a cell 1 to 10";
https://resdac.org/node/1506). What it does not do is said in docs/methods/disclosure.md.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

WITHHELD = "Withheld: it rests on a count too small to show."
PROPORTION = "probability"
DERIVED = ("difference", "ratio", "relative_change")  # with one rate shown, each of them gives away the other
GROUP = ("analysis", "outcome", "population", "as_of")
NUMBERS = (
    "estimate", "std_error", "ci_low", "ci_high", "p_value", "df", "n_people", "n_rows", "n_events",
)  # fmt: skip


def is_small(count: pl.Expr, maximum: int) -> pl.Expr:
    """Return whether a count of people lies in 1 to `maximum`; a null count does not."""
    return count.is_between(1, maximum).fill_null(value=False)


def withhold_estimates(estimates: pl.DataFrame, *, maximum: int) -> pl.DataFrame:
    """Withhold every estimate that rests on, or gives away, 1 to `maximum` people.

    A row is withheld where one of these counts is small: `n_people`; `n_events`; and for a proportion,
    people without the event (`n_people - n_events`), and the numerator and its complement that the
    proportion implies (`estimate * n_people`, rounded). A difference or a ratio of two proportions is
    withheld with either of them.

    Parameters
    ----------
    estimates : pl.DataFrame
        Rows of `results.estimates`.
    maximum : int
        Largest count that is withheld; 0 withholds nothing.

    Returns
    -------
    pl.DataFrame
        The same rows and columns, in the same order: numbers null, `suppressed` true and `note` saying
        so where withheld.
    """
    derived = pl.col("term").is_in(DERIVED)
    proportion = (pl.col("scale") == PROPORTION) & ~derived
    numerator = (pl.col("estimate") * pl.col("n_people")).round()
    small = (
        is_small(pl.col("n_people"), maximum)
        | is_small(pl.col("n_events"), maximum)
        | (proportion & is_small(pl.col("n_people") - pl.col("n_events"), maximum))
        | (proportion & is_small(numerator, maximum))
        | (proportion & is_small(pl.col("n_people") - numerator, maximum))
    )
    rate_is_small = (small & proportion).any().over(GROUP)
    return _nulled(estimates, small | (derived & rate_is_small), NUMBERS, text="note")


def withhold_diagnostics(diagnostics: pl.DataFrame, *, maximum: int) -> pl.DataFrame:
    """Withhold every diagnostic whose `n_people`, the people it speaks of, number 1 to `maximum`.

    Parameters
    ----------
    diagnostics : pl.DataFrame
        Rows of `results.diagnostics`.
    maximum : int
        Largest count that is withheld.

    Returns
    -------
    pl.DataFrame
        The same rows; `value` and `n_people` null, `suppressed` true where withheld.
    """
    return _nulled(diagnostics, is_small(pl.col("n_people"), maximum), ("value", "n_people"), text="detail")


def withhold_values(
    rows: pl.DataFrame, populations: pl.DataFrame, *, variables: Collection[str], maximum: int
) -> pl.DataFrame:
    """Null each value of a quasi-identifying variable that 1 to `maximum` people of a population hold.

    People are counted, not rows: a value that one person holds on 40 rows is held by one person.

    Parameters
    ----------
    rows : pl.DataFrame
        A table with one or more rows per `participant_id`.
    populations : pl.DataFrame
        `participant_id` (unique) and `population`; every participant of `rows` is there.
    variables
        The quasi-identifying columns of `rows`.
    maximum : int
        Largest number of people that is withheld.

    Returns
    -------
    pl.DataFrame
        The same rows and columns, in the same order.

    Raises
    ------
    ValueError
        A participant of `rows` has no population: the people of a value cannot be counted.
    """
    people = populations.select("participant_id", population_="population")
    joined = rows.join(people, on="participant_id", how="left", maintain_order="left")
    if strangers := joined.get_column("population_").null_count():
        raise ValueError(f"{strangers} rows speak of a participant without a population")
    holders = pl.col("participant_id").n_unique()
    return joined.with_columns(
        pl.when(~is_small(holders.over("population_", name), maximum)).then(pl.col(name)).alias(name)
        for name in variables
    ).drop("population_")


def _nulled(rows: pl.DataFrame, where: pl.Expr, numbers: Collection[str], *, text: str) -> pl.DataFrame:
    return rows.with_columns(
        *(pl.when(~where).then(pl.col(name)).alias(name) for name in numbers),
        pl.when(where).then(pl.lit(WITHHELD)).otherwise(pl.col(text)).alias(text),
        (pl.col("suppressed") | where).alias("suppressed"),
    )
