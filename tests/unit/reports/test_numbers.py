"""How numbers are written, in the one place that rounds."""

from __future__ import annotations

import pytest

from reports import numbers


def test_a_negative_number_has_a_minus_sign_and_a_rounded_zero_has_none() -> None:
    assert numbers.decimal(-1.25, 1) == "−1.3"
    assert numbers.decimal(-0.04, 1) == "0.0"
    assert numbers.decimal(0.04, 1, signed=True) == "0.0"
    assert numbers.decimal(2.0, 0, signed=True) == "+2"


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(16.5, 0, "17"), (44.5, 0, "45"), (62.5, 0, "63"), (1.625, 2, "1.63"), (100 * 0.145, 0, "15")],
)
def test_halves_are_rounded_up_as_they_were_written(value: float, digits: int, text: str) -> None:
    assert numbers.decimal(value, digits) == text


def test_published_figures_keep_the_digits_they_were_published_with() -> None:
    assert [numbers.published_percent(share) for share in (0.165, 0.433, 0.35, 0.5, 0.07)] == [
        "16.5%", "43.3%", "35%", "50%", "7%",
    ]  # fmt: skip
    assert [numbers.as_published(value) for value in (-40.0, 2.0, 2000.0)] == ["−40", "2", "2,000"]


def test_counts_have_thousands_separators_and_an_absent_one_is_a_dash() -> None:
    assert [numbers.count(n) for n in (1445, 0, None)] == ["1,445", "0", "–"]


@pytest.mark.parametrize(
    ("share", "of_100", "percent"),
    [
        (0.0, "0", "0%"),
        (0.001, "fewer than 1", "0.1%"),
        (0.351, "35", "35%"),
        (0.997, "more than 99", "99.7%"),
        (1.0, "100", "100%"),
    ],
)
def test_a_share_near_none_or_all_is_not_rounded_onto_it(share: float, of_100: str, percent: str) -> None:
    assert numbers.of_100(share) == of_100
    assert numbers.percent(share) == percent


def test_a_range_whose_ends_round_alike_is_not_said_as_between_the_same() -> None:
    assert numbers.between(0.341, 0.344, numbers.of_100) == "very close to 34"
    assert numbers.between(0.30, 0.40, numbers.of_100) == "between 30 and 40"


@pytest.mark.parametrize(
    ("scale", "value", "text"),
    [
        ("probability", 0.62, "62%"),
        ("proportion", 0.52, "52%"),
        ("probability difference", -0.41, "−41 points"),
        ("probability difference", 0.41, "+41 points"),
        ("ratio", 2.954, "2.95"),
        ("ratio", 10.04, "10.0"),
        ("hazard ratio", 0.857, "0.86"),
        ("percent", 195.2, "+195%"),
        ("days", 1.0, "1 day"),
        ("days", 61.0, "61 days"),
        ("points per point", 0.789, "0.79"),
    ],
)
def test_each_scale_is_written_in_its_own_way(scale: str, value: float, text: str) -> None:
    assert numbers.writer(scale)(value) == text


def test_an_interval_without_ends_is_a_dash_and_an_end_not_reached_is_said() -> None:
    assert numbers.interval(0.3, 0.4, numbers.percent) == "30%\u00a0to\u00a040%"
    assert numbers.interval(3.5, None, numbers.times) == "from 3.50; upper limit not reached"
    assert numbers.interval(None, 3.5, numbers.times) == "up to 3.50; no lower limit"
    assert numbers.interval(None, None, numbers.percent) == "–"


def test_a_download_is_never_said_to_be_of_no_size() -> None:
    assert [numbers.kilobytes(n) for n in (3, 1499, 2_000_000)] == ["1 kB", "1 kB", "2,000 kB"]


def test_two_shares_and_their_difference_are_written_to_the_places_at_which_they_agree() -> None:
    assert numbers.agreeing(0.75, 0.07, 0.68) == (0, 0.68)
    assert numbers.agreeing(0.753, 0.067, 0.686) == (1, pytest.approx(0.686))
    digits, apart = numbers.agreeing(0.75389, 0.06542, 0.75389 - 0.06542)
    written = [numbers.of_100(share, digits) for share in (0.75389, 0.06542, apart)]
    assert written == ["75.4", "6.5", "68.9"]
    assert numbers.agreeing(0.31, 0.42, -0.11) == (0, -0.11)
    assert numbers.agreeing(0.5, 0.2, 0.25) == (0, 0.25)  # worked out otherwise: no places make it agree
