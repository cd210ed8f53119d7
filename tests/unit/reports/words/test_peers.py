"""What is said of hours with peers: odds, chances and places."""

from __future__ import annotations

import pytest

from reports.words import peers
from tests.unit.reports.words.growth_answers import HELD, ODDS, RANKS, answer


def test_odds_are_turned_into_a_chance_by_arithmetic_alone() -> None:
    assert peers.moved(0.5, 1.0) == pytest.approx(0.5)
    assert peers.moved(0.5, 3.0) == pytest.approx(0.75)
    assert peers.moved(0.2, 2.0) == pytest.approx(1 / 3)


def test_an_example_is_said_to_be_one_where_the_release_does_not_say_how_common_it_is() -> None:
    assert "As an example, say 50 of 100 are such people." in (
        peers.linked(peers.INTERVIEW, peers.PEERS, ODDS, 1.1, None)
    )


def test_places_are_told_apart_only_where_each_is_one_place() -> None:
    assert "cannot be told apart" in peers.ranks(RANKS)
    sure = [(peers.PEERS, answer("r", 2.0, 2.0, 2.0)), (peers.MEANINGFUL, answer("r", 1.0, 1.0, 1.0))]
    assert peers.ranks(sure).startswith("Hours in meaningful activity go with it more closely")
    assert "not enough to say" in peers.ranks([(peers.PEERS, HELD), (peers.MEANINGFUL, HELD)])
