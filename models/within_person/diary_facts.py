"""What became of the evenings of a diary: answered, left out and why, at an end of the scale."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from models.estimate import Diagnostic
from models.within_person.design.rows import Rows

PERSON, DAY, STATUS = "participant_id", "day", "response_status"
SHORT_NAMES: Mapping[str, str] = {"recovery_identity": "identity"}  # in the names of diagnostics


class Facts:
    """Diagnostics of one outcome and population; `n_people` counts those that a number speaks of."""

    def __init__(self, outcome: str, population: str) -> None:
        self.outcome, self.population = outcome, population

    def fact(
        self, name: str, value: float | None, *, detail: str = "", n_people: int | None = None
    ) -> Diagnostic:
        """Make one diagnostic."""
        return Diagnostic(
            outcome=self.outcome, diagnostic=name, population=self.population, value=value, detail=detail,
            n_people=n_people,
        )  # fmt: skip


def attrition(
    facts: Facts, days: pl.DataFrame, rows: Rows, columns: tuple[str, ...]
) -> tuple[Diagnostic, ...]:
    """Evenings and people left out, and why: each evening counts under one reason.

    An evening without any answer, one whose delivered row was refused, then the first of `columns` that an
    answered evening lacks. No total is given: a withheld part could be had from it by subtraction.
    """
    silent, faulty = pl.col(STATUS) == "no_response", pl.col(STATUS) == "refused"
    missing = pl.any_horizontal(pl.col(*columns).is_null())
    parts = {
        "days_dropped_no_response": (silent & missing, "evenings without any answer"),
        "days_dropped_refused": (
            faulty & missing,
            "evenings whose delivered row was refused as faulty: answered, but the answers are not here",
        ),
    }
    so_far = ~silent & ~faulty
    for column in columns:
        lacking = so_far & pl.col(column).is_null()
        parts[f"days_dropped_{SHORT_NAMES.get(column, column)}_missing"] = (
            lacking,
            f"answered evenings without {column.replace('_', ' ')}, not counted under another reason",
        )
        so_far = so_far & pl.col(column).is_not_null()
    asked, responded = days[PERSON].n_unique(), days.filter(~silent & ~faulty).height
    counts = []
    for name, (which, detail) in parts.items():
        dropped = days.filter(which)
        counts.append(
            facts.fact(name, float(dropped.height), detail=detail, n_people=dropped[PERSON].n_unique())
        )
    lost = asked - rows.n_people
    return (
        facts.fact(
            "response_rate", responded / days.height if days.height else None, n_people=asked,
            detail="expected evenings with an answer that could be kept, complete or partial",
        ),
        *counts,
        facts.fact(
            "people_dropped", float(lost), n_people=lost,
            detail="people without one evening on which all these questions were answered",
        ),
    )  # fmt: skip


def at_the_ends(facts: Facts, rows: Rows, *, floor: float, ceiling: float) -> tuple[Diagnostic, ...]:
    """How much of the outcome lies at the ends of its scale."""
    y, label = rows.columns[facts.outcome], facts.outcome.replace("_", " ")
    top, bottom = y >= ceiling, y <= floor
    always = int(np.sum(np.bincount(rows.person, weights=~top, minlength=rows.n_people) == 0))
    share_top = float(top.mean()) if y.size else None
    share_bottom = float(bottom.mean()) if y.size else None
    touched = int(np.unique(rows.person[bottom]).size)
    return (
        facts.fact(
            "share_at_ceiling", share_top, n_people=rows.n_people,
            detail=f"used evenings with the highest possible {label}",
        ),
        facts.fact(
            "share_at_floor", share_bottom, n_people=touched,
            detail=f"used evenings with the lowest possible {label}; people: those with such an evening",
        ),
        facts.fact(
            "people_always_at_ceiling", float(always), n_people=always,
            detail=f"people whose every used evening has the highest possible {label}",
        ),
    )  # fmt: skip
