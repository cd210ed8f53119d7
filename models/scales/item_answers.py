"""Answers to the items of scales as matrices, reversed items turned around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from models.core_frame import require
from models.inference.coefficients import Array
from models.scales.score import ScaleSpec

PERSON, WAVE, ITEM, ANSWER = "participant_id", "wave", "item", "answer"
TABLE: Final = "core.assessment_items"
KEY: Final = (PERSON, WAVE, ITEM)


def item_answers(
    items: pl.DataFrame, scales: Mapping[str, ScaleSpec], people: pl.Series, waves: Sequence[str]
) -> dict[str, dict[str, Array]]:
    """Matrices (people, items) of each scale and wave; NaN where not answered or not asked.

    Parameters
    ----------
    items : pl.DataFrame
        core.assessment_items.
    scales : mapping of name to ScaleSpec
        Each names its items, in the order of the columns.
    people : pl.Series
        Their participant_id, each once, in the order of the rows.
    waves : sequence of str

    Raises
    ------
    ValueError
        A column is lacking, or one of these people told of an item twice at a wave.
    """
    # A quarter's table may have tens of millions of rows: one pass for a wave finds every cell and whether
    # two rows want it, where the check of the whole key holds all of its text twice.
    require(items.head(0), TABLE, key=KEY, columns=(*KEY, ANSWER))
    names = list(dict.fromkeys(item for spec in scales.values() for item in spec.items))
    rows = pl.DataFrame({PERSON: people}).with_row_index("row")
    columns = pl.DataFrame({ITEM: names}).with_row_index("column")
    found: dict[str, dict[str, Array]] = {name: {} for name in scales}
    for wave in waves:
        told = (
            items.lazy()
            .filter(pl.col(WAVE) == wave)
            .select(PERSON, pl.col(ITEM).cast(pl.String), pl.col(ANSWER).cast(pl.Float64))
            .join(columns.lazy(), on=ITEM)
            .join(rows.lazy(), on=PERSON)
            .select("row", "column", ANSWER)
            .collect()
        )
        cell = told["row"].to_numpy().astype(np.int64) * len(names) + told["column"].to_numpy()
        told_of = np.zeros(len(people) * len(names), dtype=bool)
        told_of[cell] = True
        if int(told_of.sum()) < cell.size:
            require(items, TABLE, key=KEY, columns=KEY)
        answers = np.full(told_of.size, np.nan)
        answers[cell] = told[ANSWER].to_numpy()
        answers[~np.isfinite(answers)] = np.nan
        everything = answers.reshape(len(people), len(names))
        for name, spec in scales.items():
            found[name][wave] = _turned(everything[:, [names.index(item) for item in spec.items]], spec)
    return found


def _turned(answers: Array, spec: ScaleSpec) -> Array:
    reversed_items = np.array([item in spec.reverse for item in spec.items])
    answers[:, reversed_items] = spec.answer_minimum + spec.answer_maximum - answers[:, reversed_items]
    return answers
