"""Who tells of a slope: the people whose days differ in what it compares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.within_person.design.rows import Rows

Mask = NDArray[np.bool_]
NO_VARIATION = 1e-9  # of an answer on its scale; equal answers differ by rounding alone


@dataclass(frozen=True, slots=True)
class Basis:
    """People and rows that a slope rests on, as it may be told, and people counted for degrees of freedom."""

    n_people: int
    n_rows: int
    for_df: int
    untold: bool


def varied(rows: Rows, column: str, among: Mask | None = None) -> Mask:
    """Whether a variable differs between a person's rows, or those of them in `among`, (n_people,)."""
    person, values = rows.person, rows.columns[column]
    if among is not None:
        person, values = person[among], values[among]
    low, high = np.full(rows.n_people, np.inf), np.full(rows.n_people, -np.inf)
    np.minimum.at(low, person, values)
    np.maximum.at(high, person, values)
    return np.asarray(high - low >= NO_VARIATION)


def basis(rows: Rows, carriers: Mask, few: int) -> Basis:
    """Count the people who carry a slope, and their rows.

    Where all but 1 to `few` people carry it, their exact number would tell of the few: everybody is then
    counted, and the degrees of freedom lose `few` in their place, which is conservative.
    """
    n_carriers = int(carriers.sum())
    if 0 < rows.n_people - n_carriers <= few:
        return Basis(rows.n_people, rows.n_rows, max(rows.n_people - few, few), untold=True)
    return Basis(n_carriers, int(carriers[rows.person].sum()), n_carriers, untold=False)


def same_answers(rows: Rows, first: str, second: str) -> bool:
    """Whether the two answers of a person's days tell the same: one is a straight line of the other."""
    counts = np.bincount(rows.person, minlength=rows.n_people)
    parts = []
    for column in (first, second):
        values = rows.columns[column]
        means = np.bincount(rows.person, weights=values, minlength=rows.n_people) / np.maximum(counts, 1)
        parts.append(values - means[rows.person])
    sizes = [float(part @ part) for part in parts]
    if min(sizes, default=0.0) <= 0.0:
        return False
    return bool(float(parts[0] @ parts[1]) ** 2 >= (1 - 1e-10) * sizes[0] * sizes[1])


def why_no_slope(
    rows: Rows, *, outcome: str, predictor: str, floor: float, ceiling: float, minimum_people: int
) -> str | None:
    """Say why rows carry no link of a bounded answer with another, in a sentence; None where they may."""
    label = outcome.replace("_", " ")
    if rows.n_people < minimum_people:
        return f"Fewer than {minimum_people} people answered all the questions on any evening."
    y = rows.columns[outcome]
    if bool(np.all(y >= ceiling)):
        return "Every answer is at the top of the scale: there is no variation to explain."
    inside = (y < ceiling) & (y > floor)
    if np.unique(rows.person[inside]).size < minimum_people:
        return f"Fewer than {minimum_people} people ever answered between the ends of the scale."
    if int(varied(rows, outcome).sum()) < minimum_people:
        return (
            f"For fewer than {minimum_people} people did {label} differ from evening to evening: there is no "
            "variation to explain."
        )
    if same_answers(rows, outcome, predictor):
        other = predictor.replace("_", " ")
        return f"On every evening {label} tells the same as {other}: nothing is left to explain."
    return None
