"""Answers to one scale's items as a matrix, reversed items turned around."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.core_frame import finite
from models.inference.coefficients import Array
from models.scales.score import ScaleSpec

PERSON, WAVE, ITEM, ANSWER = "participant_id", "wave", "item", "answer"


def item_answers(items: pl.DataFrame, spec: ScaleSpec, people: pl.Series, wave: str) -> Array:
    """Matrix (people, items) of one wave; NaN where not answered or not asked.

    Parameters
    ----------
    items : pl.DataFrame
        core.assessment_items.
    spec : ScaleSpec
        Names the items, in the order of the columns.
    people : pl.Series
        Their participant_id, each once, in the order of the rows.
    wave : str
    """
    rows = pl.DataFrame({PERSON: people}).with_row_index("row")
    columns = pl.DataFrame({ITEM: list(spec.items)}).with_row_index("column")
    found = (
        finite(items.filter((pl.col(WAVE) == wave) & pl.col(ITEM).is_in(list(spec.items))), ANSWER)
        .with_columns(pl.col(ITEM).cast(pl.String))
        .join(rows, on=PERSON)
        .join(columns, on=ITEM)
        .drop_nulls(ANSWER)
    )
    answers = np.full((len(people), len(spec.items)), np.nan)
    answers[found["row"].to_numpy(), found["column"].to_numpy()] = found[ANSWER].to_numpy()
    turned = np.array([item in spec.reverse for item in spec.items])
    answers[:, turned] = spec.answer_minimum + spec.answer_maximum - answers[:, turned]
    return answers
