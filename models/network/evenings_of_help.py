"""Give and take by the diary: evenings on which people helped, were helped, or both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from models.comparison.cohort import PERSON
from models.core_frame import require
from models.inference.coefficients import Array, Inference

GIVEN, RECEIVED = "help_given", "help_received"
NAMES: Final = ("evenings_give_and_receive", "evenings_balance_spread", "giving_with_receiving_within")
RULE: Final = "variance over people, taken as independent; degrees of freedom people - 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evenings:
    """Answered evenings of each person, arrays (n,): `answered`, with help `given`, `received`, `both`."""

    answered: Array
    given: Array
    received: Array
    both: Array
    not_answered: int


def evenings_of(diary_days: pl.DataFrame) -> Evenings:
    """Count the evenings on which both questions were answered.

    Raises
    ------
    ValueError
        A column is lacking, or an evening is there twice.
    """
    require(diary_days, "core.diary_days", key=(PERSON, "day"), columns=(PERSON, "day", GIVEN, RECEIVED))
    told = diary_days.drop_nulls([GIVEN, RECEIVED]).with_columns(pl.col(GIVEN, RECEIVED).cast(pl.Boolean))
    people = (
        told.group_by(PERSON)
        .agg(
            answered=pl.len(),
            given=pl.col(GIVEN).sum(),
            received=pl.col(RECEIVED).sum(),
            both=(pl.col(GIVEN) & pl.col(RECEIVED)).sum(),
        )
        .sort(PERSON)
    )
    columns = {n: people[n].to_numpy().astype(float) for n in ("answered", "given", "received", "both")}
    return Evenings(**columns, not_answered=diary_days.height - told.height)


def inferences_of(evenings: Evenings) -> dict[str, tuple[Inference, int]]:
    """Three answers, each with the number of people it rests on; those without a number are not there.

    - evenings_give_and_receive: mean over people of the share of their answered evenings with both.
    - evenings_balance_spread: root mean square over people of (evenings given - received) / (given +
      received), of people with any; the counterpart of the network's. An evening counts once, however much
      help there was.
    - giving_with_receiving_within: difference of the chance of helping between a person's evenings with help
      received and the same person's evenings without: least squares with a level for each person (within),
      sum r* g / sum r* r*, with r* the evening's distance from the person's own share. People who receive on
      all evenings or on none tell nothing.

    Errors are those of means over people (of a ratio, by its linearization: sums of each person's r*(g - b r)
    over sum r* r*, with the factor n / (n - 1); Liang & Zeger 1986), df people - 1.
    """
    answers: dict[str, tuple[Inference, int]] = {}
    n, given, received = evenings.answered, evenings.given, evenings.received
    if len(n) > 1:
        share = evenings.both / n
        answers[NAMES[0]] = _single(NAMES[0], float(share.mean()), share - share.mean())
    some = given + received > 0
    if some.sum() > 1:
        squares = ((given - received)[some] / (given + received)[some]) ** 2
        spread = math.sqrt(float(squares.mean()))
        if spread > 0.0:
            answers[NAMES[1]] = _single(NAMES[1], spread, (squares - squares.mean()) / (2.0 * spread))
    spread_of = received * (1.0 - received / n)
    telling = spread_of > 0.0
    if telling.sum() > 1:
        joint = (evenings.both - given * received / n)[telling]
        weight = spread_of[telling]
        slope = float(joint.sum() / weight.sum())
        answers[NAMES[2]] = _single(NAMES[2], slope, (joint - slope * weight) / weight.mean())
    return answers


def _single(name: str, value: float, influence: Array) -> tuple[Inference, int]:
    """Give an answer that is a mean over people, with their distances from it."""
    n = len(influence)
    variance = float(influence @ influence) / (n * (n - 1.0))

    def df(_: Array) -> float:
        return n - 1.0

    told = Inference(
        names=(name,), beta=np.array([value]), covariance=np.array([[variance]]), df=df, rule=RULE
    )
    return told, n
