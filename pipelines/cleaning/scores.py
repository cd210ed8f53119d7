"""Answers to items become rows of assessment_items, and scores by the codebook's instruments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from models.scales.score import ScaleSpec, score
from pipelines.cleaning.convert import only_listed, recode
from pipelines.cleaning.landed import Landed
from pipelines.cleaning.refuse import CleaningError, Fault
from pipelines.cleaning.working_columns import ROW_ID, WHY
from pipelines.codebook.spec import Codebook, Instrument
from pipelines.sources.columns import item_number
from pipelines.sources.declaration import Feed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """Rows of a file in which the items stand, with their missing codes and the dictionary's codes."""

    cells: pl.DataFrame
    reasons: Mapping[str, str]
    allowed_codes: Mapping[str, frozenset[str]]
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers of one feed: long, one row per file row and item; and the scores, one column each."""

    long: pl.DataFrame
    scores: list[pl.Series]
    faults: tuple[Fault, ...]


def read_items(landed: Landed, feed: Feed, cells: pl.DataFrame, codebook: Codebook, place: str) -> Answers:
    """Read and score the items of every instrument of a feed.

    An instrument of which a row holds neither an answer nor a missing code was not given on that
    occasion: it makes no rows. Otherwise a blank item is `not_answered`.

    Raises
    ------
    CleaningError
        The file does not have the instrument's items, or its score is delivered and made here at once.
    """
    longs, scores = [], []
    faults: list[Fault] = []
    sheet = _Sheet(
        cells=cells,
        reasons={**landed.declaration.missing_codes, **feed.item_missing_codes},
        allowed_codes=landed.allowed_codes,
        place=place,
    )
    for name, pattern in feed.items.items():
        instrument = codebook.instruments[name]
        if instrument.method == "as_delivered" or instrument.score in feed.columns:
            raise CleaningError(
                f"{place}: the score of [{name}] is delivered; map it, and leave out its items"
            )
        answers, whys = _read_instrument(sheet, instrument, pattern, faults)
        scores.append(_score(answers, instrument))
        longs.append(_as_rows(cells[ROW_ID], answers, whys, instrument))
    return Answers(long=pl.concat(longs), scores=scores, faults=tuple(faults))


def _read_instrument(
    sheet: _Sheet, instrument: Instrument, pattern: str, faults: list[Fault]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the answers as numbers in range and the reasons of missing codes, a column for each item."""
    by_number = {item_number(pattern, column): column for column in sheet.cells.columns}
    low, high = instrument.answer_minimum, instrument.answer_maximum
    expected = f"an answer from {low:g} to {high:g}"
    answers, whys = [], []
    for number, item in enumerate(instrument.items, start=1):
        shown = by_number.get(number)
        if shown is None:
            raise CleaningError(
                f"{sheet.place}: the file has no column for item {number} of [{instrument.name}]"
            )
        text = sheet.cells[shown].alias(item.name)
        why = recode(text, sheet.reasons, pl.String())
        text = text.set(why.is_not_null(), None)
        if (allowed := sheet.allowed_codes.get(shown)) is not None:
            text = only_listed(text, allowed, shown, faults)
        answer = text.cast(pl.Float64, strict=False)
        answer = answer.set(~answer.is_finite(), None)
        unread = text.is_not_null() & answer.is_null()
        outside = ((answer < low) | (answer > high)).fill_null(value=False)
        faults.append(Fault(mask=unread, column=shown, reason="not_a_number", expected=expected))
        faults.append(Fault(mask=outside, column=shown, reason="out_of_range", expected=expected))
        answers.append(answer.set(outside, None))
        whys.append(why)
    return pl.DataFrame(answers), pl.DataFrame(whys)


def spec_of(instrument: Instrument) -> ScaleSpec:
    """Return how an instrument of the codebook is scored.

    Raises
    ------
    CleaningError
        Its source delivers the score.
    """
    if instrument.method == "as_delivered":
        raise CleaningError(f"[{instrument.name}] is scored by its source")
    return ScaleSpec(
        items=tuple(item.name for item in instrument.items),
        method=instrument.method,
        answer_minimum=instrument.answer_minimum,
        answer_maximum=instrument.answer_maximum,
        minimum_answered=instrument.minimum_answered,
        reverse=frozenset(item.name for item in instrument.items if item.reverse),
    )


def _score(answers: pl.DataFrame, instrument: Instrument) -> pl.Series:
    return pl.Series(instrument.score, score(answers.to_numpy(), spec_of(instrument))).fill_nan(None)


def _as_rows(
    row_ids: pl.Series, answers: pl.DataFrame, whys: pl.DataFrame, instrument: Instrument
) -> pl.DataFrame:
    """Stack the items of rows on which the instrument was given."""
    given = pl.any_horizontal(pl.all().is_not_null())
    was_given = answers.select(given).to_series() | whys.select(given).to_series()
    ids = row_ids.alias(ROW_ID).filter(was_given)
    items = answers.columns
    long = (
        answers.filter(was_given)
        .with_columns(ids)
        .unpivot(items, index=ROW_ID, variable_name="item", value_name="answer")
    )
    why = whys.filter(was_given).unpivot(items, value_name="why")["why"]
    blank = long["answer"].is_null() & why.is_null()
    return long.with_columns(
        pl.lit(instrument.name).alias("instrument"), why.set(blank, "not_answered").alias(WHY + "answer")
    )
