"""Numbers on networks of help (M1): those of few pairs or people go together, and no house is told alone.

Reciprocity M / D of D pairs, M of them mutual; what it exceeds chance by; the share B / P of P people who
both give and receive; and an index that is the mean of its parts: each follows from others by adding. So
where one rests on a small count, all numbers on that part of the houses are withheld.

To its last digit M / D tells M and D (`telling_fractions`). So where a part of the houses has lost counts,
all that is told of it is rounded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import polars as pl

from models.disclosure.exclusive_parts import part_of, parts_of_difference
from models.disclosure.nested_counts import COUNTS, without_counts
from models.disclosure.protected_rows import ProtectedRows
from models.disclosure.small_cells import DIAGNOSTIC_NUMBERS, NUMBERS, withheld
from models.disclosure.telling_fractions import rounded, step_of

ANALYSIS: Final = "M1"
WAVE: Final = "month_"  # the diary's evenings are of no network
NETWORK: Final = ("outcome", "population", "as_of")
SHARES: Final = ("reciprocity", "share_give_and_receive")
LINK: Final = "in_service_index_with_"  # a correlation over programs
HOUSES: Final = "houses_in_"
# Who was due, how chance was drawn for all houses at once, and p values of correlations over programs.
ASIDE: Final = (
    "gate_", "people_", "networks_drawn", "moves_made", "independent_ties_", f"permutation_p_{LINK}",
    f"holm_p_{LINK}",
)  # fmt: skip
HUNDRED_POINTS: Final = "in_service_"  # told from 0 to 100, where others are from 0 to 1
_Part = tuple[Any, ...]  # NETWORK and the part of the houses, empty for all


def withhold_networks(rows: ProtectedRows, *, maximum: int) -> ProtectedRows:
    """Withhold what is told of few pairs or people, take counts that tell of one house, round what lost some.

    Where one kind of program has a single house with ties, all houses less the others are that house: all,
    and that kind, lose their counts.

    Parameters
    ----------
    rows
        After the rules on counts.
    maximum : int
        Largest count that is withheld; 0 withholds nothing.
    """
    if not maximum:
        return rows
    estimates, diagnostics = rows.estimates, rows.diagnostics
    lone = set(_lone(rows.original_diagnostics))
    told = without_counts(
        estimates.with_row_index("row_"), dict.fromkeys(COUNTS, _is_among(_places(estimates, "term", lone)))
    )
    few = {
        part
        for row, part in zip(estimates.iter_rows(named=True), _parts(estimates, "term"), strict=True)
        if part and row["suppressed"] and _is_share(row["term"])
    }
    lost = _lost(told, rows.original_estimates)
    hidden = _is_among(_places(estimates, "term", few)) & pl.col("estimate").is_not_null()
    told = withheld(told, hidden, NUMBERS, text="note")
    how_many = (pl.col("diagnostic") == "houses") | pl.col("diagnostic").str.starts_with(HOUSES)
    hidden = _is_among(_places(diagnostics, "diagnostic", few)) & pl.col("value").is_not_null() & ~how_many
    facts = withheld(diagnostics.with_row_index("row_"), hidden, DIAGNOSTIC_NUMBERS, text="detail")
    nameless = _is_among(_places(diagnostics, "diagnostic", lone))
    facts = facts.with_columns(n_people=pl.when(~nameless).then("n_people"))
    told = rounded(told, _steps(told, "term", lost), "estimate", text="note")
    facts = rounded(facts, _steps(facts, "diagnostic", lost), "value", text="detail")
    return replace(rows, estimates=told.drop("row_"), diagnostics=facts.drop("row_"))


def _parts(rows: pl.DataFrame, name: str) -> Iterator[_Part | None]:
    """Give the part of the houses that each row tells of; None where it tells of none."""
    for row in rows.iter_rows(named=True):
        of_network = row["analysis"] == ANALYSIS and row["outcome"].startswith(WAVE)
        if not of_network or row[name].startswith((*ASIDE, LINK)) or parts_of_difference(row[name]):
            yield None
        else:
            yield (*(row[key] for key in NETWORK), part_of(row[name]))


def _places(rows: pl.DataFrame, name: str, parts: Collection[_Part]) -> list[int]:
    return [place for place, part in enumerate(_parts(rows, name)) if part in parts]


def _steps(rows: pl.DataFrame, name: str, lost: Mapping[_Part, float]) -> list[float | None]:
    """Give the step to which each row is rounded; None where it is not."""
    steps = [
        None if part is None or row == "houses" or row.startswith(HOUSES) else lost.get(part)
        for part, row in zip(_parts(rows, name), rows.get_column(name), strict=True)
    ]
    return [
        step and (100.0 * step if row.startswith(HUNDRED_POINTS) else step)
        for step, row in zip(steps, rows.get_column(name), strict=True)
    ]


def _is_among(places: list[int]) -> pl.Expr:
    return pl.col("row_").is_in(places)


def _is_share(term: str) -> bool:
    part = part_of(term)
    return (term.removesuffix(f"_in_{part}_programs") if part else term) in SHARES


def _lost(rows: pl.DataFrame, exact: pl.DataFrame) -> dict[_Part, float]:
    """Find the parts of the houses whose shares have lost a count, and the step to which they are rounded."""
    lost: dict[_Part, float] = {}
    pairs = zip(rows.iter_rows(named=True), exact.iter_rows(named=True), strict=True)
    for (row, before), part in zip(pairs, _parts(rows, "term"), strict=True):
        gone = any(row[name] is None and before[name] is not None for name in COUNTS)
        if part and gone and _is_share(row["term"]):
            lost[part] = max(lost.get(part, 0.0), step_of([before["n_people"], before["n_rows"]]))
    return lost


def _lone(exact: pl.DataFrame) -> Iterator[_Part]:
    """Find kinds of programs with one house, and all houses of the same wave."""
    for row in exact.iter_rows(named=True):
        if row["analysis"] == ANALYSIS and row["diagnostic"].startswith(HOUSES) and row["value"] == 1.0:
            about = tuple(row[key] for key in NETWORK)
            yield (*about, part_of(row["diagnostic"]))
            yield (*about, "")
