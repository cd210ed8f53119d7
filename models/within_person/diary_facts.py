"""What became of the evenings of a diary: answered, left out and why, at an end of the scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.estimate import Diagnostic
from models.within_person.design.rows import Rows

PERSON, DAY, STATUS = "participant_id", "day", "response_status"
STEP = 10  # points: what the report's slopes are told for
SHORT_NAMES: Mapping[str, str] = {"recovery_identity": "identity"}  # in the names of diagnostics


@dataclass(frozen=True, slots=True)
class Told:
    """What a check says: a value, what it is in words, and its interval; or the reason why there is none."""

    value: float | None
    detail: str
    ci_low: float | None = None
    ci_high: float | None = None


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

    def told(self, name: str, told: Told, *, n_people: int | None) -> Diagnostic:
        """Make one diagnostic of what a check says, with its interval."""
        return Diagnostic(
            outcome=self.outcome, diagnostic=name, population=self.population, value=told.value,
            ci_low=told.ci_low, ci_high=told.ci_high, detail=told.detail, n_people=n_people,
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


def spread(facts: Facts, rows: Rows, predictor: str) -> tuple[Diagnostic, ...]:
    """How far a person's evenings lie from their own usual, and people from each other: what is a large step.

    Within: sqrt(sum (x_ti - mean_i)^2 / (n_rows - n_people)), the pooled standard deviation. Between: the
    standard deviation of the person means (divisor people - 1), with the error of each mean in it.
    """
    values, counts = rows.columns[predictor], np.bincount(rows.person, minlength=rows.n_people)
    means = np.bincount(rows.person, weights=values, minlength=rows.n_people) / np.maximum(counts, 1)
    away = values - means[rows.person]
    free = rows.n_rows - rows.n_people
    far = np.abs(away) >= STEP
    label = predictor.replace("_", " ")
    return (
        facts.fact(
            f"spread_of_days_{predictor}", float(np.sqrt(away @ away / free)) if free > 0 else None,
            n_people=int(np.sum(counts > 1)),
            detail=f"standard deviation of a person's {label} about their own mean, points; people: those "
            "with two used evenings or more",
        ),
        facts.fact(
            f"spread_of_people_{predictor}", float(means.std(ddof=1)) if rows.n_people > 1 else None,
            n_people=rows.n_people, detail=f"standard deviation of people's mean {label}, points",
        ),
        facts.fact(
            f"share_of_days_{STEP}_points_from_usual", float(far.mean()) if far.size else None,
            n_people=int(np.unique(rows.person[far]).size),
            detail=f"used evenings on which {label} lay {STEP} points or more from the person's mean; "
            "people: those with such an evening",
        ),
    )  # fmt: skip
