"""Values that few people of a population hold, hidden among others in tables with a row for each person."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import polars as pl

from models.disclosure.small_cells import is_small

PERSON = "participant_id"


def withhold_values(
    rows: pl.DataFrame, populations: pl.DataFrame, *, variables: Collection[str], maximum: int
) -> pl.DataFrame:
    """Null a quasi-identifying variable of people with a value that 1 to `maximum` of a population hold.

    Nulls alone would name these people: who has no value has the one value that is not to be seen. So
    further people, who hold the most common value, lose theirs as well, until 2 * (`maximum` + 1) people
    are hidden; that number says nothing of how many hold the rare value. They are chosen by `lot`, so that
    nobody without the lots can tell the ones from the others, and a release made again hides the same.
    Where the most common value has too few people for that, the variable is nulled for everybody.

    People are counted, not rows: a value that one person holds on 40 rows is held by one person. Who is
    hidden loses the variable on every row of the table. Values that were null before do not count as hidden.

    Parameters
    ----------
    rows : pl.DataFrame
        A table with one or more rows per `participant_id`.
    populations : pl.DataFrame
        `participant_id` (unique), `population`, and `lot`: text drawn at random, never released. Every
        participant of `rows` is there.
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
    people = populations.select(PERSON, population_="population", lot_="lot")
    joined = rows.join(people, on=PERSON, how="left", maintain_order="left")
    if strangers := joined.get_column("population_").null_count():
        raise ValueError(f"{strangers} rows speak of a participant without a population")
    shown = rows
    for name in variables:
        held = joined.select(PERSON, "population_", "lot_", value_=name).drop_nulls("value_").unique()
        hidden: set[str] = set()
        for (_,), holders in held.group_by("population_"):
            hidden |= _hidden(holders, name, maximum)
        shown = shown.with_columns(
            pl.when(~pl.col(PERSON).is_in(sorted(hidden))).then(pl.col(name)).alias(name)
        )
    return shown


def _hidden(holders: pl.DataFrame, variable: str, maximum: int) -> set[str]:
    """Who of one population loses a variable; `holders` has a row for each person and value."""
    enough = 2 * (maximum + 1)
    hidden: set[str] = set()
    while True:
        seen = holders.filter(~pl.col(PERSON).is_in(sorted(hidden)))
        counts = seen.group_by("value_").len().sort("len", "value_", descending=[True, False])
        rare = counts.filter(is_small(pl.col("len"), maximum))["value_"]
        if rare.len():
            hidden |= set(seen.filter(pl.col("value_").is_in(rare.to_list()))[PERSON])
            continue
        missing = enough - len(hidden)
        if not hidden or missing <= 0:
            return hidden
        if counts.is_empty() or counts.item(0, "len") - missing <= maximum:
            return set(holders[PERSON])
        common = seen.filter(pl.col("value_") == counts.item(0, "value_"))
        hidden |= set(sorted(common[PERSON], key=_lots(common, variable).__getitem__)[:missing])


def _lots(people: pl.DataFrame, variable: str) -> dict[str, str]:
    """Order people anew for each variable, or who is hidden in many of them would be known as a filler."""
    return {
        person: hashlib.sha256(f"{lot}\n{variable}\n{person}".encode()).hexdigest()
        for person, lot in people.select(PERSON, "lot_").iter_rows()
    }
