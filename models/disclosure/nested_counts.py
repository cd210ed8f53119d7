"""Counts of which one holds the other: their difference is a count of people too.

Events within 3 years hold those within 2, and the points of a curve hold the points before them. People
with a known link to care are among the people followed. Two such numbers are shown together only where
they differ by nobody or by more than `maximum`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from models.civic.active_addiction_and_recovery import ANALYSIS as PAIRED
from models.disclosure.exclusive_parts import MEDIAN, part_of, telling_parts
from models.disclosure.small_cells import (
    DIAGNOSTIC_NUMBERS,
    GROUP,
    NUMBERS,
    differ_by_few,
    withheld,
    without_degrees,
)
from models.estimate import SHARE

HORIZON: Final = "within_"  # terms that count the events of the curve OVERALL up to a horizon
OVERALL: Final = "overall"
SOME_PEOPLE: Final = r"^people_(with|always)_"  # diagnostics that count some of an analysis' people
OF_AN_ARM: Final = r"^(follow_up_rate|share_kept)_.*(all|social|clinical)$"  # `accounts` sees to these
_ARM: Final = re.compile(r"_(?P<arm>social|clinical)$")  # a diagnostic of the people of one kind of program
COUNTS: Final = ("n_people", "n_rows", "n_events")
_Counts = defaultdict[tuple[Any, ...], list[int]]
COUNTS_WITHHELD = "Counts are withheld: less those of another row they would give a count too small to show."


def counted_along(curve: str) -> pl.Expr:
    """Return which rows of `results.estimates` count the same people and events as a curve."""
    if curve == OVERALL:
        return pl.col("term").str.starts_with(HORIZON)
    of_group = pl.col("term").str.contains(rf"^{re.escape(curve)}_\d+_months$")
    return of_group | (pl.col("term") == MEDIAN + curve)


def withhold_horizons(estimates: pl.DataFrame, *, maximum: int) -> pl.DataFrame:
    """Withhold a horizon that has 1 to `maximum` more events than the last one shown.

    Parameters
    ----------
    estimates : pl.DataFrame
        Rows of `results.estimates` after the primary rule. Events accumulate, so the order of horizons is
        that of their events.
    maximum : int
        Largest count that is withheld.

    Returns
    -------
    pl.DataFrame
        The same rows, in the same order.
    """
    indexed = estimates.with_row_index("row_")
    horizons = indexed.filter(counted_along(OVERALL), pl.col("n_events").is_not_null()).sort("n_events")
    hidden: list[int] = []
    last: dict[tuple[Any, ...], int] = {}
    for row in horizons.iter_rows(named=True):
        group = tuple(row[name] for name in GROUP)
        if group in last and differ_by_few(row["n_events"], last[group], maximum):
            hidden.append(row["row_"])
        else:
            last[group] = row["n_events"]
    return withheld(indexed, pl.col("row_").is_in(hidden), NUMBERS, text="note").drop("row_")


def withhold_lesser_counts(
    estimates: pl.DataFrame, diagnostics: pl.DataFrame, *, totals: Mapping[str, int | None], maximum: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Null the counts of a row that differ by 1 to `maximum` from those of a fuller row.

    Rows of one analysis, outcome and population are compared with each other and with the total of the
    population, the fullest first; rows about one of several parts that exclude each other (medians, program
    models) with the fullest and those of the same part. Parts that leave few of a whole yield as well. An
    estimate keeps its number and its interval, and loses `n_people`, `n_rows`, `n_events` and what
    `without_degrees` takes. A diagnostic loses `n_people`; where its value is a share of these people,
    which would give the number back, it is withheld, as it is where it counts some of them (people with
    craving): the others would follow. Counts of people left out are no part of what they are compared with
    and are passed over, as is the paired analysis, which has its own rule.

    Parameters
    ----------
    estimates, diagnostics : pl.DataFrame
        Rows after the primary rule.
    totals
        People of each population; None where that number is not shown.
    maximum : int
        Largest count that is withheld.

    Returns
    -------
    estimates, diagnostics
        The same rows, in the same order.
    """
    indexed, facts = estimates.with_row_index("row_"), diagnostics.with_row_index("row_")
    people: _Counts = defaultdict(list)
    events: _Counts = defaultdict(list)
    lesser: list[int] = []
    counted = pl.col("n_people").is_not_null() & (pl.col("analysis") != PAIRED)
    yielding = set(telling_parts(estimates.filter(counted), totals=totals, maximum=maximum))
    order = indexed.filter(counted).sort("n_people", "n_events", descending=True, nulls_last=True)
    for row in order.iter_rows(named=True):
        group = tuple(row[name] for name in GROUP)
        part = part_of(row["term"])
        fuller_people = _fuller(people, group, part, totals.get(row["population"]))
        fuller_events = _fuller(events, group, part, None)
        n_events = None if row["scale"] == SHARE else row["n_events"]
        if (
            (*group, part) in yielding
            or any(differ_by_few(row["n_people"], other, maximum) for other in fuller_people)
            or (
                n_events is not None
                and any(differ_by_few(n_events, other, maximum) for other in fuller_events)
            )
        ):
            lesser.append(row["row_"])
        else:
            people[*group, part].append(row["n_people"])
            if n_events is not None:
                events[*group, part].append(n_events)
    nameless, shares = [], []
    counts_some = pl.col("diagnostic").str.contains(SOME_PEOPLE)
    of_an_arm = pl.col("diagnostic").str.contains(OF_AN_ARM)
    speaking = counted & (pl.col("value").is_null() | (pl.col("value") != pl.col("n_people")) | counts_some)
    for row in facts.filter(counted & of_an_arm).iter_rows(named=True):
        people[*(row[name] for name in GROUP), _part(row["diagnostic"])].append(row["n_people"])
    for row in facts.filter(speaking & ~of_an_arm).sort("n_people", descending=True).iter_rows(named=True):
        group = tuple(row[name] for name in GROUP)
        part = _part(row["diagnostic"])
        fuller = _fuller(people, group, part, totals.get(row["population"]))
        few = any(differ_by_few(row["n_people"], other, maximum) for other in fuller)
        if not few and (*group, part) not in yielding:
            people[*group, part].append(row["n_people"])
        elif row["value"] == row["n_people"] or _is_share(row["value"], row["n_people"]):
            shares.append(row["row_"])
        else:
            nameless.append(row["row_"])
    is_lesser = pl.col("row_").is_in(lesser)
    shown = without_counts(indexed, dict.fromkeys(COUNTS, is_lesser))
    facts = withheld(facts, pl.col("row_").is_in(shares), DIAGNOSTIC_NUMBERS, text="detail")
    facts = facts.with_columns(n_people=pl.when(~pl.col("row_").is_in(nameless)).then("n_people"))
    return shown.drop("row_"), facts.drop("row_")


def without_counts(estimates: pl.DataFrame, where: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Null counts beside estimates, each where it says, with what `without_degrees` takes; say so."""
    anywhere = pl.any_horizontal(where.values())
    untold = ~pl.col("note").fill_null("").str.contains(COUNTS_WITHHELD, literal=True)
    return without_degrees(estimates, anywhere).with_columns(
        *(pl.when(~hidden).then(pl.col(name)).alias(name) for name, hidden in where.items()),
        note=pl.when(anywhere & untold)
        .then((pl.col("note").fill_null("") + " " + COUNTS_WITHHELD).str.strip_chars())
        .otherwise("note"),
    )


def _fuller(counts: _Counts, group: tuple[Any, ...], part: str, total: int | None) -> list[int]:
    """Give the counts that a row is compared with: of its own part, of the whole, of the population."""
    whole = counts[*group, ""]
    kept = whole if not part else [*whole[:1], *counts[*group, part]]  # the first is the fullest
    return kept if total is None else [*kept, total]


def _part(diagnostic: str) -> str:
    """Name the part of the people that a diagnostic is about: of a kind of program, or an arm."""
    found = _ARM.search(diagnostic)
    return found["arm"] if found else part_of(diagnostic)


def _is_share(value: float | None, n_people: int) -> bool:
    """Whether a value is a share of these people: a whole number of them, neither none nor all."""
    if value is None or not 0 < value < 1:
        return False
    return abs(value * n_people - round(value * n_people)) < 1e-6
