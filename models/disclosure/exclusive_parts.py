"""Rows about parts of the people that exclude each other: what the parts leave of the whole is a count too.

Slopes by program model rest on the people of social, clinical and mixed programs; medians on two halves. A
part is no lesser version of another part, but the whole less the parts that are shown must not leave few.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain, combinations
from typing import Any, Final

import polars as pl

from models.disclosure.small_cells import GROUP, NUMBERS, withheld, without_convention

MEDIAN: Final = "median_days_"  # followed by the name of a curve: all its people and events
_PART = re.compile(r"_in_(?P<part>[a-z]+)_programs(?:$|_)")  # a diagnostic may end in a variant
_DIFFERENCE = re.compile(r"(?:^|_)(?P<one>[a-z]+)_minus_(?P<other>[a-z]+)$")


def part_of(term: str) -> str:
    """Name the part of the people that a term or a diagnostic is about; empty where it is all of them."""
    if term.startswith(MEDIAN):
        return term.removeprefix(MEDIAN)
    found = _PART.search(term)
    return found["part"] if found else ""


def parts_of_difference(term: str) -> tuple[str, str] | None:
    """Name the two parts that a row sets against each other; None where it does not."""
    found = _DIFFERENCE.search(term)
    return (found["one"], found["other"]) if found else None


def withhold_differences(estimates: pl.DataFrame) -> pl.DataFrame:
    """Withhold a difference of two parts of which one shows no counts; take its counts from every other.

    Its people are those of its two parts together, so that with one part's count it gives the other's. Its
    interval rests on both parts' errors and degrees of freedom (Welch): with those of one part, and the
    interval of the other, what was taken from the other could be solved. Where both parts show theirs it
    tells nothing beyond them, and keeps its error and p-value. A comparison of groups that no row is about is
    no such difference: its people are counted like those of any row.

    Parameters
    ----------
    estimates : pl.DataFrame
        Rows of `results.estimates` after the primary rule, and once more after the parts have lost counts.

    Returns
    -------
    pl.DataFrame
        The same rows, in the same order.
    """
    indexed = estimates.with_row_index("row_")
    uncounted = pl.col("n_people").is_null() & pl.col("estimate").is_not_null()
    hidden_parts = {
        (*(row[name] for name in GROUP), part_of(row["term"]))
        for row in indexed.filter(pl.col("suppressed") | uncounted).iter_rows(named=True)
    }
    differences = differences_of_parts(estimates)
    hidden = [
        row["row_"]
        for row, parts in zip(indexed.iter_rows(named=True), differences, strict=True)
        if parts & hidden_parts
    ]
    counts = ("n_people", "n_rows", "n_events", "df")
    shown = withheld(indexed, pl.col("row_").is_in(hidden), NUMBERS, text="note")
    is_difference = pl.Series([bool(parts) for parts in differences], dtype=pl.Boolean)
    shown = without_convention(shown.with_columns(difference_=is_difference), pl.col("difference_"))
    return shown.with_columns(
        pl.when(~pl.col("difference_")).then(pl.col(name)).alias(name) for name in counts
    ).drop("row_", "difference_")


def differences_of_parts(estimates: pl.DataFrame) -> list[set[tuple[Any, ...]]]:
    """Give the two parts, (*GROUP, part), that each row sets against each other; none if none has rows."""
    keys = [tuple(row) for row in estimates.select(GROUP).iter_rows()]
    terms = estimates.get_column("term").to_list()
    told = {(*key, part_of(term)) for key, term in zip(keys, terms, strict=True)}
    pairs = [
        {(*key, part) for part in parts_of_difference(term) or ()}
        for key, term in zip(keys, terms, strict=True)
    ]
    return [pair if pair & told else set() for pair in pairs]


def telling_parts(
    estimates: pl.DataFrame, *, totals: Mapping[str, int | None], maximum: int
) -> list[tuple[Any, ...]]:
    """Find the parts whose counts must go, as (*GROUP, part), so that no remainder of a whole is small.

    A remainder is a count of all people, or of the population, less those of any of the parts shown. The
    smallest part of a telling sum yields, as its numbers say least.

    Parameters
    ----------
    estimates : pl.DataFrame
        Rows of `results.estimates` after the primary rule.
    totals
        People of each population; None where that number is not shown.
    maximum : int
        Largest count that is withheld.
    """
    found: list[tuple[Any, ...]] = []
    counted = estimates.filter(pl.col("n_people").is_not_null())
    for key, rows in counted.group_by(GROUP, maintain_order=True):
        people: dict[str, set[int]] = {}
        for term, count in rows.select("term", "n_people").iter_rows():
            if parts_of_difference(term) is None:
                people.setdefault(part_of(term), set()).add(count)
        total = totals.get(rows.item(0, "population"))
        wholes = people.pop("", set()) | ({total} if total is not None else set())
        while telling := _telling(people, wholes, maximum):
            yields = min(telling, key=lambda part: (min(people[part]), part))
            del people[yields]
            found.append((*key, yields))
    return found


def _telling(people: Mapping[str, set[int]], wholes: set[int], maximum: int) -> tuple[str, ...]:
    """Return parts that, taken from a whole, leave 1 to `maximum` people; none where there are no such."""
    several = chain.from_iterable(combinations(people, n) for n in range(1, len(people) + 1))
    for parts in several:
        sums = {0}
        for part in parts:
            sums = {known + count for known in sums for count in people[part]}
        if any(1 <= whole - known <= maximum for whole in wholes for known in sums):
            return parts
    return ()
