"""Rounding of person-level values before release, where the exact value would give away more than it says.

A day count whose other end is one known date is that date: an extract's last day, less the days to it, is a
person's day 0. Ages and lengths of periods that add up to a person's age are that age. And a score with
fifteen digits is a fingerprint. The working tables, and all results, rest on the exact values.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

PERSON = "participant_id"


def coarsen_values(
    rows: pl.DataFrame,
    dated: pl.Series,
    *,
    steps: Mapping[str, float],
    decimals: Mapping[str, int],
    until: Mapping[str, str],
) -> pl.DataFrame:
    """Round values, and leave out what lies after a rounded end.

    Parameters
    ----------
    rows : polars.DataFrame
        One table about participants, with participant_id.
    dated : polars.Series
        Ids of the people whose day 0 is a calendar date that somebody keeps. Days of other people were
        counted before they reached us; there is no date to give away, and they are not rounded down.
    steps : mapping of str to float
        Columns to round down to a multiple of this, for people in `dated`.
    decimals : mapping of str to int
        Columns to round, halves away from zero, to so many decimals, for everybody.
    until : mapping of str to str
        Day columns, each with the column of the day on which it ends. Rows of people in `dated` whose day
        lies after that end, once rounded, are left out: else an event after the end would narrow it again,
        and people would seem followed to the end of their quarter only if something happened to them.

    Returns
    -------
    polars.DataFrame
        The rows in their order, with the same columns and types. Nulls stay null.
    """
    if not (steps or decimals):
        return rows
    protected = pl.col(PERSON).is_in(dated.implode())
    down = [
        pl.when(protected)
        .then(((pl.col(name) / step).floor() * step).cast(rows.schema[name]))
        .otherwise(pl.col(name))
        .alias(name)
        for name, step in steps.items()
    ]
    near = [pl.col(name).round(places, mode="half_away_from_zero") for name, places in decimals.items()]
    rounded = rows.with_columns(*down, *near)
    after = [pl.col(day) > pl.col(end) for day, end in until.items()]
    return (
        rounded.filter(~(protected & pl.any_horizontal(after)).fill_null(value=False)) if after else rounded
    )
