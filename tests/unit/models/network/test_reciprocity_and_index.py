"""Counts of pairs and people, the index, classes of pairs, and rank correlations, by hand."""

import math

import numpy as np
import pytest

from models.network.acquaintance import NEVER, pairs_of
from models.network.in_service import COLUMNS, measures
from models.network.independent_ties import fitted
from models.network.program_links import rank_correlation
from models.network.reciprocity import balances, counts_of
from models.refusal import NotIdentifiedError
from tests.unit.models.network.worlds import Tie, network, networks_of

SIX = [(0, 1), (1, 0), (1, 2), (3, 2)]  # of six people; 4 and 5 are alone


def _told(ties: list[Tie], *, size: int, chance: float) -> dict[str, float]:
    counts = counts_of(network(size, ties))
    return dict(zip(COLUMNS, measures(counts.matrix(), np.array([chance]))[0].tolist(), strict=True))


def test_counts_are_those_made_by_hand() -> None:
    counts = counts_of(network(6, SIX))
    assert counts.matrix().tolist() == [[6, 30, 4, 1, 3, 4, 2, 2 + (1 / 3) ** 2, 1]]
    assert balances(network(6, SIX))[:4].tolist() == pytest.approx([0.0, 1 / 3, -1.0, 1.0])
    assert np.isnan(balances(network(6, SIX))[4:]).all()


def test_the_index_is_the_mean_of_its_three_parts_by_their_formulas() -> None:
    told = _told(SIX, size=6, chance=0.5)
    assert told["reciprocity"] == pytest.approx(1 / 3)
    assert told["reciprocity_by_chance"] == pytest.approx(0.5 / 3.5)
    assert told["reciprocity_beyond_chance"] == pytest.approx(1 / 3 - 1 / 7)
    assert told["share_give_and_receive"] == pytest.approx(0.5)
    assert told["balance_spread"] == pytest.approx(math.sqrt((2 + 1 / 9) / 4))
    assert told["density"] == pytest.approx(4 / 30)
    assert told["share_with_tie"] == pytest.approx(4 / 6)
    parts = [told[f"in_service_part_{name}"] for name in ("reciprocity", "give_and_receive", "balance")]
    assert parts == pytest.approx(
        [100 * (1 / 3 - 1 / 7) / (6 / 7), 50.0, 100 * (1 - math.sqrt((2 + 1 / 9) / 4))]
    )
    assert told["in_service_index"] == pytest.approx(sum(parts) / 3)


def test_a_house_where_all_help_is_returned_scores_100_and_one_way_help_0() -> None:
    both_ways = [(0, 1), (1, 0), (2, 3), (3, 2)]
    assert _told(both_ways, size=4, chance=0.4)["in_service_index"] == pytest.approx(100.0)
    assert _told([(0, 1), (2, 3)], size=4, chance=0.1)["in_service_index"] == pytest.approx(0.0)


def test_nothing_to_divide_by_and_chance_unknown_are_not_numbers() -> None:
    assert np.isnan(list(_told([], size=1, chance=0.0).values())[:3]).all()
    told = _told(SIX, size=6, chance=math.nan)
    assert told["reciprocity"] == pytest.approx(1 / 3)
    assert math.isnan(told["in_service_index"])


def test_pairs_further_apart_than_any_tie_can_have_none() -> None:
    ties = network(4, [(0, 1), (1, 2)], entered=[0.0, 10.0, 40.0, 200.0])
    pairs, kept = pairs_of(ties, "time_of_stay")
    classes = pairs.of_cell.reshape(4, 4)
    assert len(kept.giver) == 2
    assert (classes[3, :3] == NEVER).all()
    assert (np.diag(classes) == NEVER).all()
    assert classes[0, 1] == classes[2, 1] != NEVER
    assert classes[0, 2] == NEVER  # 40 days, and no tie beyond 30


def test_only_stays_that_share_a_day_overlap_and_other_ties_are_left_out() -> None:
    ties = network(3, [(0, 1), (0, 2), (2, 0)], entered=[0.0, 50.0, 200.0])
    pairs, kept = pairs_of(ties, "stays_overlapped")
    assert list(zip(kept.giver.tolist(), kept.receiver.tolist(), strict=True)) == [(0, 1)]
    assert (pairs.of_cell != NEVER).sum() == 2


def test_without_any_date_who_met_whom_is_refused_and_a_single_unknown_date_is_a_class_of_its_own() -> None:
    with pytest.raises(NotIdentifiedError, match="same time"):
        pairs_of(network(3, [(0, 1)]), "time_of_stay")
    pairs, kept = pairs_of(network(3, [(0, 1), (1, 2)], entered=[0.0, 1.0, math.nan]), "time_of_stay")
    assert len(kept.giver) == 2
    assert pairs.of_cell.reshape(3, 3)[1, 2] == pairs.classes - 1


def test_too_many_people_in_a_house_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.network.acquaintance.MOST_PAIRS", 8)
    with pytest.raises(NotIdentifiedError, match="too many people"):
        pairs_of(network(3, [(0, 1)]), "whoever_entered_when")


def test_independent_ties_give_everybody_and_every_class_the_ties_observed() -> None:
    random = np.random.default_rng(3)
    there = random.random((40, 40)) < 0.12
    np.fill_diagonal(there, val=False)
    ties = network(40, [tuple(one) for one in np.argwhere(there)], entered=random.uniform(0, 500, 40))
    for rule in ("time_of_stay", "whoever_entered_when"):
        pairs, kept = pairs_of(ties, rule)
        model = fitted(kept, pairs)
        assert model.misplaced < 1e-3
        assert model.ties[0] == pytest.approx(len(kept.giver), rel=1e-2)
        assert 0.0 < model.mutual[0] < len(kept.giver) / 2


def test_independent_ties_of_a_regular_ring_are_all_alike_likely() -> None:
    """Everybody gives and receives one: the chance is 1/(n - 1) for each pair, and expected mutual pairs
    n(n - 1)/2 of its square."""
    ring = [(i, (i + 1) % 8) for i in range(8)]
    pairs, kept = pairs_of(network(8, ring), "whoever_entered_when")
    assert fitted(kept, pairs).mutual[0] == pytest.approx(28 / 49, rel=1e-3)


def test_nobody_gives_nothing_is_expected() -> None:
    pairs, kept = pairs_of(networks_of([(3, []), (2, [])]), "whoever_entered_when")
    model = fitted(kept, pairs)
    assert model.mutual.tolist() == [0.0, 0.0]


def test_rank_correlation_of_one_order_is_1_and_its_exact_p_is_two_in_all_orders() -> None:
    up = np.arange(8.0)
    found = rank_correlation(up, up**3, ["a"] * 8, seed=1)
    assert found.value == pytest.approx(1.0)
    assert found.exact
    assert found.permutation_p == pytest.approx(2 / math.factorial(8))


def test_what_kinds_of_programs_differ_in_is_no_link_of_programs() -> None:
    """Within kinds one measure falls as the other rises, though both are higher in the second kind."""
    kind = np.repeat(["a", "b", "alone"], [4, 4, 1])
    first = np.concatenate([np.arange(4.0), 100.0 + np.arange(4.0), [900.0]])
    second = np.concatenate([-np.arange(4.0), 100.0 - np.arange(4.0), [900.0]])
    found = rank_correlation(first, second, kind, seed=1)
    assert found.value == pytest.approx(-1.0)
    assert found.n_programs == 8
    assert found.exact
    assert found.permutation_p == pytest.approx(2 / math.factorial(4) ** 2)


def test_the_p_value_of_a_link_is_that_of_its_limits_and_the_permutation_test_stands_apart() -> None:
    random = np.random.default_rng(2)
    kind = np.repeat(["a", "b", "c"], [6, 5, 3])
    for _ in range(20):
        found = rank_correlation(random.random(14), random.random(14), kind, seed=1)
        assert (found.p_value < 0.05) == (found.low > 0.0 or found.high < 0.0)
        assert found.df == 10.0
        assert not found.exact
        assert found.permutation_p == pytest.approx(found.p_value, abs=0.1)


def test_few_programs_or_a_measure_alike_in_all_are_refused_with_the_reason() -> None:
    known = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, np.nan])
    with pytest.raises(NotIdentifiedError, match="fewer than 8 programs"):
        rank_correlation(known, np.arange(8.0), ["a"] * 8, seed=1)
    with pytest.raises(NotIdentifiedError, match="same in all"):
        rank_correlation(np.ones(9), np.arange(9.0), ["a"] * 9, seed=1)
