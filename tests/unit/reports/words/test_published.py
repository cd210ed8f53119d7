"""Figures that others published: their digits, their words and their ranges."""

from __future__ import annotations

import pytest

from reports.words import published
from tests.unit.reports.words.answers import benchmark


@pytest.mark.parametrize(
    ("value", "scale", "note", "text"),
    [
        (0.433, "probability", None, "43.3%"),
        (0.35, "probability", None, "35%"),
        (3.0, "ratio", "Published in words: nearly threefold. Rates not found.", "nearly threefold"),
        (2.0, "ratio", None, "2 times as many"),
        (50.0, "percent", None, "+50%"),
        (-40.0, "percent", None, "−40%"),
        (40.0, "percent", "in percent or in percentage points", "+40 (percent or points: not clear)"),
        (0.1, "ratio", "1 / 10; published in words as a tenfold decrease.", "tenfold decrease"),
        (None, "ratio", None, "–"),
    ],
)
def test_a_published_figure_keeps_its_digits_or_its_words(
    value: float, scale: str, note: str | None, text: str
) -> None:
    assert published.figure(benchmark("S", value, "o", scale=scale, note=note, term="t")) == text


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (0.9, "alpha", "Alpha 0.90"),
        (0.65, "odds ratio", "0.65 times the odds"),
        (0.61, "hazard ratio", "0.61 times as common at any one time"),
        (0.84, "ratio of scores", "0.84 times the score"),
        (7.76, "percentage points of days", "7.76 of every 100 days"),
        (0.4, "probability", "40%"),
        (None, "alpha", "–"),
    ],
)
def test_a_published_figure_that_stands_alone_names_its_unit(
    value: float | None, scale: str, text: str
) -> None:
    assert published.cited(benchmark("S", value, "o", scale=scale, term="t")) == text


def test_a_bound_and_a_round_number_are_said_to_be_such() -> None:
    for value_is, text in (("at_least", "at least +50%"), ("about", "about +50%"), (None, "+50%")):
        row = benchmark("S", 50.0, "o", scale="percent", term="t", value_is=value_is)
        assert published.figure(row) == text


def test_a_published_range_is_worked_out_from_the_published_error_alone() -> None:
    low, high = published.interval(benchmark("S", 0.79, "o", std_error=0.04))
    assert (low, high) == pytest.approx((0.7116, 0.8684))
    assert published.interval(benchmark("S", 0.79, "o")) == (None, None)
