"""The primary rule: no count of 1 to `maximum` people is shown, nor a number that rests on one.

A withheld number is null with a flag, never 0: a zero is a finding, and would be read as one. The rule
follows the cell size policy of the Centers for Medicare & Medicaid Services ("no cell 1 to 10 can be
displayed, and no percentage or formula may be used if it results in the display of a cell 1 to 10";
https://resdac.org/node/1506). The other modules here keep numbers that were shown from being subtracted;
what is not done is said in docs/methods/disclosure.md.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from models.estimate import SHARE, SHARE_OF_PAIRS

WITHHELD = "Withheld: it rests on a count too small to show."
CONVENTION = "small_sample"  # of estimates; diagnostics have none
CONVENTION_WITHHELD = "Withheld with the counts."
# With one rate shown, each of them gives away the other.
DERIVED = ("difference", "difference_from_rates", "ratio", "relative_change")
GROUP = ("analysis", "outcome", "population", "as_of")
# Their degrees of freedom count programs and what these differ in, not people: no count follows from them.
OF_PROGRAMS = ("C1", "C2", "C3", "R1", "V2")
OF_PAIRS = ("M1",)  # their rows are pairs of people: rows less people count nobody
NUMBERS = (
    "estimate", "std_error", "ci_low", "ci_high", "p_value", "df", "n_people", "n_rows", "n_events",
)  # fmt: skip

DIAGNOSTIC_NUMBERS = ("value", "ci_low", "ci_high", "n_people")


def is_small(count: pl.Expr, maximum: int) -> pl.Expr:
    """Return whether a count of people lies in 1 to `maximum`; a null count does not."""
    return count.is_between(1, maximum).fill_null(value=False)


def differ_by_few(one: float, other: float, maximum: int) -> bool:
    """Return whether two counts differ by 1 to `maximum`, whichever is the greater."""
    return 1 <= abs(one - other) <= maximum


def withhold_estimates(estimates: pl.DataFrame, *, maximum: int) -> pl.DataFrame:
    """Withhold every estimate that rests on, or gives away, 1 to `maximum` people.

    A row is withheld where one of these counts is small: `n_people`; `n_events`; and for a proportion,
    people without the event (`n_people` or fewer rows, less `n_events`), and the numerator and its complement
    that the proportion implies (`estimate * n_people`, rounded); for a share of pairs, pairs without it
    (`n_rows` less `n_events`), as few pairs are of few people. A difference or a ratio of two proportions
    is withheld with either of them.

    A median, a hazard ratio or another number that is no proportion does not tell how many had the event.
    Where people without the event are few, such a row keeps its estimate and loses `n_events` alone; where
    `n_rows` less `n_people` is few (people whose time is split into two rows), it loses `n_rows`. With a
    count goes what `without_degrees` takes.

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
    proportion = pl.col("scale") == SHARE
    numerator = (pl.col("estimate") * pl.col("n_people")).round()
    answered = pl.min_horizontal("n_people", "n_rows")
    of_pairs = pl.col("scale") == SHARE_OF_PAIRS
    without_event = ~of_pairs & (
        is_small(pl.col("n_people") - pl.col("n_events"), maximum)
        | is_small(answered - pl.col("n_events"), maximum)
    )
    split = is_small(pl.col("n_rows") - pl.col("n_people"), maximum) & ~pl.col("analysis").is_in(OF_PAIRS)
    small = (
        is_small(pl.col("n_people"), maximum)
        | is_small(pl.col("n_events"), maximum)
        | (proportion & without_event)
        | (proportion & is_small(numerator, maximum))
        | (proportion & is_small(pl.col("n_people") - numerator, maximum))
    )
    small |= of_pairs & is_small(pl.col("n_rows") - pl.col("n_events"), maximum)
    rate_is_small = (small & proportion).any().over(GROUP)
    shown = withheld(estimates, small | (derived & rate_is_small), NUMBERS, text="note")
    return without_degrees(shown, without_event | split).with_columns(
        n_events=pl.when(~without_event).then("n_events"), n_rows=pl.when(~split).then("n_rows")
    )


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
        The same rows; `DIAGNOSTIC_NUMBERS` null, `suppressed` true where withheld.
    """
    return withheld(diagnostics, is_small(pl.col("n_people"), maximum), DIAGNOSTIC_NUMBERS, text="detail")


def withheld(rows: pl.DataFrame, where: pl.Expr, numbers: Collection[str], *, text: str) -> pl.DataFrame:
    """Null the numbers of some rows, flag them, and put `WITHHELD` in the place of their text."""
    return without_convention(rows, where).with_columns(
        *(pl.when(~where).then(pl.col(name)).alias(name) for name in numbers),
        pl.when(where).then(pl.lit(WITHHELD)).otherwise(pl.col(text)).alias(text),
        (pl.col("suppressed") | where).alias("suppressed"),
    )


def without_convention(rows: pl.DataFrame, where: pl.Expr) -> pl.DataFrame:
    """Replace a small-sample convention with a number in it, where the counts of its row are withheld.

    Degrees of freedom are people or rows less a few, in words as in their column.
    """
    if CONVENTION not in rows.columns:
        return rows
    tells = where & pl.col(CONVENTION).str.contains(r"\d").fill_null(value=False)
    return rows.with_columns(
        pl.when(tells).then(pl.lit(CONVENTION_WITHHELD)).otherwise(pl.col(CONVENTION)).alias(CONVENTION)
    )


def without_degrees(rows: pl.DataFrame, where: pl.Expr) -> pl.DataFrame:
    """Take from estimates without counts what their degrees of freedom are, or could be solved from.

    An interval is estimate +/- t(df) * SE, and the p-value is that of estimate / SE on the same `df`: from
    the interval and either of them `df` follows to the last digit, and from it people or rows. So a row with
    degrees of freedom keeps its estimate and its interval, which hold SE and `df` in one product, and loses
    `df`, `std_error` and `p_value`. A row on the normal distribution has no `df` to lose, and a row of
    `OF_PROGRAMS` keeps its own.

    Parameters
    ----------
    rows : pl.DataFrame
        Rows of `results.estimates`.
    where : pl.Expr
        Which of them lose a count; null reads as false.

    Returns
    -------
    pl.DataFrame
        The same rows, in the same order.
    """
    where = where.fill_null(value=False)
    solvable = where & pl.col("df").is_not_null()
    if "analysis" in rows.columns:
        solvable &= ~pl.col("analysis").is_in(OF_PROGRAMS)
    return without_convention(rows, where).with_columns(
        pl.when(~solvable).then(pl.col(name)).alias(name) for name in ("std_error", "p_value", "df")
    )
