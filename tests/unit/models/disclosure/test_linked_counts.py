"""No small count can be worked out from those that stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.disclosure.linked_counts import bounds, told, withheld_counts

FATES = ("came", "lost", "refused")
ARMS = ("social", "clinical")


def followed(cells: dict[tuple[str, str], int]):
    """Counts of a wave by fate and kind of program, with their totals, and what adds up to what."""
    counts: dict[tuple[str, str], int] = dict(cells)
    for fate in FATES:
        counts[fate, "all"] = sum(cells[fate, arm] for arm in ARMS)
    for arm in (*ARMS, "all"):
        counts["due", arm] = sum(counts[fate, arm] for fate in FATES)
    sums = [{("due", arm): 1} | {(fate, arm): -1 for fate in FATES} for arm in (*ARMS, "all")]
    sums += [{(fate, "all"): 1} | {(fate, arm): -1 for arm in ARMS} for fate in (*FATES, "due")]
    return counts, sums


PLAIN = {
    ("came", "social"): 180, ("came", "clinical"): 167, ("lost", "social"): 24, ("lost", "clinical"): 35,
    ("refused", "social"): 5, ("refused", "clinical"): 11,
}  # fmt: skip


def test_a_small_count_goes_and_so_does_enough_that_it_cannot_be_subtracted():
    counts, sums = followed(PLAIN)
    gone = withheld_counts(counts, sums, maximum=10)
    assert ("refused", "social") in gone
    low, high = bounds(counts, sums, gone, ("refused", "social"))
    assert low <= 5 <= high
    assert high - low >= 10


def test_what_says_most_stays():
    counts, sums = followed(PLAIN)
    gone = withheld_counts(counts, sums, maximum=10)
    assert ("came", "all") not in gone
    assert ("due", "all") not in gone
    assert len(gone) <= 4


def test_without_small_counts_nothing_goes():
    counts, sums = followed(PLAIN | {("refused", "social"): 15})
    assert withheld_counts(counts, sums, maximum=10) == set()
    assert withheld_counts(*followed(PLAIN), maximum=0) == set()


def test_a_zero_is_shown():
    counts, sums = followed(PLAIN | {("refused", "social"): 0})
    assert withheld_counts(counts, sums, maximum=10) == set()


def test_a_remainder_that_no_table_shows_is_kept_from_being_subtracted():
    counts = {"due": 435, "compared": 426, "left out": 9}
    gone = withheld_counts(
        counts, [{"due": 1, "compared": -1, "left out": -1}], maximum=10, never_shown=["left out"]
    )
    assert gone == {"left out", "compared"}


def test_counts_that_do_not_add_up_are_an_error():
    with pytest.raises(ValueError, match="apart by 1"):
        withheld_counts({"due": 3, "came": 2}, [{"due": 1, "came": -1}], maximum=10)


@given(st.lists(st.integers(0, 40), min_size=6, max_size=6), st.sampled_from([1, 5, 10]))
def test_whatever_the_counts_an_attacker_is_left_with_more_values_than_the_rule_hides(cells, maximum):
    counts, sums = followed(dict(zip(PLAIN, cells, strict=True)))
    gone = withheld_counts(counts, sums, maximum=maximum)
    assert {name for name, count in counts.items() if 1 <= count <= maximum} <= gone
    assert told(counts, sums, gone, maximum=maximum) == {}
