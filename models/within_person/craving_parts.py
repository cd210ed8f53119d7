"""The two parts of W3: who tells of which slope in each, and the terms that each can carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from models.within_person.carriers import Basis, Mask, basis, varied
from models.within_person.design.rows import Rows
from models.within_person.design.terms import Design, Term, between, product, within

PartName = Literal["any", "extent"]
OUTCOME: Final = "craving"
PREDICTOR: Final = "recovery_identity"
MEETING: Final = "attended_meeting"
WITHIN, BETWEEN = f"{PREDICTOR}_within", f"{PREDICTOR}_between"
BY_MEETING: Final = f"{PREDICTOR}_by_{MEETING}"
ON_MEETING_DAY, ON_OTHER_DAY = f"{WITHIN}_meeting_day", f"{WITHIN}_no_meeting_day"
TERMS: Final = (WITHIN, BETWEEN, BY_MEETING, ON_MEETING_DAY, ON_OTHER_DAY)
NOBODY: Final[Mapping[str, str]] = {
    WITHIN: "whose recovery identity varied over those evenings",
    BY_MEETING: "whose recovery identity varied and who had evenings with and without a meeting among those",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part: its design, what each term rests on, and why a term is missing.

    `weights` of the coefficients in each term that the part carries; `told` the people and rows that it
    rests on; `missing` the reason for each term that it does not carry.
    """

    name: PartName
    design: Design
    weights: Mapping[str, Mapping[str, float]]
    told: Mapping[str, Basis]
    missing: Mapping[str, str]


def part_of(name: PartName, rows: Rows, minimum_people: int) -> Part:
    """Find out who carries which slope of a part, and leave out the terms that too few do.

    Whether there is any craving is told, within people, by those who had evenings with and without; how
    strong it is, by the evenings with some. Identity must vary over those evenings, and for the product the
    person must have had meetings on some of them and none on others.

    Parameters
    ----------
    rows
        Every evening used.
    """
    craved = rows.columns[OUTCOME] > 0
    among = np.ones(rows.n_rows, dtype=np.bool_) if name == "any" else craved
    present = np.bincount(rows.person[among], minlength=rows.n_people) > 0
    answers = varied(rows, OUTCOME) if name == "extent" else _both(rows, craved)
    identity = varied(rows, PREDICTOR, among) & (answers if name == "any" else present)
    meeting = varied(rows, MEETING, among) & (answers if name == "any" else present)
    carriers = {WITHIN: identity, BETWEEN: present, BY_MEETING: identity & meeting}
    enough = {term: int(who.sum()) >= minimum_people for term, who in carriers.items()}
    fixed: list[Term] = [between(PREDICTOR)]
    if enough[WITHIN]:
        fixed.insert(0, within(PREDICTOR))
    if int(meeting.sum()) >= minimum_people:
        fixed.append(within(MEETING))
    if _differs(rows, present):
        fixed.append(between(MEETING))
    if enough[BY_MEETING]:
        fixed.append(product(within(PREDICTOR), within(MEETING), BY_MEETING))
    weights: dict[str, dict[str, float]] = {BETWEEN: {BETWEEN: 1.0}}
    if enough[WITHIN]:
        weights[WITHIN] = {WITHIN: 1.0}
    if enough[BY_MEETING]:
        habit = _habit(rows, among, carriers[BY_MEETING])
        weights[BY_MEETING] = {BY_MEETING: 1.0}
        weights[ON_MEETING_DAY] = {WITHIN: 1.0, BY_MEETING: 1.0 - habit}
        weights[ON_OTHER_DAY] = {WITHIN: 1.0, BY_MEETING: -habit}
    resting = {term: term if term in carriers else BY_MEETING for term in TERMS}
    return Part(
        name=name,
        design=Design(OUTCOME, fixed=tuple(fixed)),
        weights=weights,
        told={term: _basis(rows, among, carriers[resting[term]], minimum_people) for term in weights},
        missing={
            term: f"Fewer than {minimum_people} people {NOBODY[resting[term]]}."
            for term in TERMS
            if term not in weights
        },
    )


def _both(rows: Rows, craved: Mask) -> Mask:
    """People who had evenings with craving and evenings without, (n_people,)."""
    some = np.bincount(rows.person[craved], minlength=rows.n_people)
    return np.asarray((some > 0) & (some < np.bincount(rows.person, minlength=rows.n_people)))


def _differs(rows: Rows, present: Mask) -> bool:
    """Whether people's habits of going to meetings differ."""
    habits = np.bincount(rows.person, weights=rows.columns[MEETING]) / np.bincount(rows.person)
    return bool(np.ptp(habits[present]) > 0) if present.any() else False


def _habit(rows: Rows, among: Mask, carriers: Mask) -> float:
    """Share of evenings with a meeting, averaged over the people who carry the product."""
    person, meeting = rows.person[among], rows.columns[MEETING][among]
    count = np.bincount(person, minlength=rows.n_people)
    share = np.bincount(person, weights=meeting, minlength=rows.n_people)[carriers] / count[carriers]
    return float(share.mean())


def _basis(rows: Rows, among: Mask, carriers: Mask, few: int) -> Basis:
    """People who carry a term, and their rows of the part."""
    told = basis(rows, carriers, few)
    of_part = among if told.untold else among & carriers[rows.person]
    return Basis(told.n_people, int(of_part.sum()), told.for_df, told.untold)
