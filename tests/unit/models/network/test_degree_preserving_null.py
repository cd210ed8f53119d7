"""Networks drawn by chance: exactly the distribution that is stated, and nothing else changed."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest

from models.network.acquaintance import NEVER, Pairs, pairs_of
from models.network.by_chance import by_chance, p_value
from models.network.degree_preserving_null import (
    _Chain,
    draw_null,
    effective_draws,
    potential_scale_reduction,
)
from models.network.independent_ties import fitted
from models.network.tie_tables import Ties
from tests.unit.models.network.worlds import Tie, all_networks, mutual_pairs, network, networks_of

RING = [(0, 1), (1, 2), (2, 0)]
MIXED = [(0, 1), (1, 0), (1, 2), (2, 3), (3, 4), (4, 0), (2, 0)]


COPIES = 300  # of a small house side by side, so that one step visits many networks


def _pairs(ties: Ties, classes: dict[Tie, int]) -> Pairs:
    """Classes of ordered pairs by hand, alike in every copy; pairs not named can have no tie."""
    made, _ = pairs_of(ties, "whoever_entered_when")
    size = int(ties.size[0])
    of_cell = np.full(size * size, NEVER, dtype=np.uint8)
    for (giver, receiver), kind in classes.items():
        of_cell[giver * size + receiver] = kind
    return Pairs(
        start=made.start, size=made.size, place=made.place, of_cell=np.tile(of_cell, len(ties.size)),
        classes=max(classes.values()) + 1,
    )  # fmt: skip


def _everybody(size: int) -> list[Tie]:
    return [(g, r) for g, r in itertools.product(range(size), repeat=2) if g != r]


@pytest.mark.parametrize(
    ("size", "ties", "closed", "rare"),
    [
        (3, RING, [], []),
        (5, MIXED, [], []),
        (5, MIXED, [(0, 3), (1, 4)], []),
        (5, MIXED, [], [(0, 1), (1, 0), (3, 1), (2, 4)]),
        (4, [(0, 1), (1, 0), (2, 3), (3, 2)], [], [(0, 2), (2, 0)]),
    ],
)
def test_every_network_of_the_degrees_is_as_frequent_as_its_odds(
    size: int, ties: list[Tie], closed: list[Tie], rare: list[Tie]
) -> None:
    """All networks are listed, and the chain visits each as often as the product of its ties' odds says."""
    allowed = [pair for pair in _everybody(size) if pair not in closed]
    kinds = {pair: int(pair in rare) for pair in allowed}
    odds = np.array([1.0, 0.3])
    listed = all_networks(size, ties, allowed)
    weight = np.array([math.prod(odds[kinds[pair]] for pair in one) for one in listed])
    expected = weight / weight.sum()
    made = networks_of([(size, ties)] * COPIES)
    chain = _Chain(made, _pairs(made, kinds), odds, np.random.default_rng(5))
    receivers = made.receiver.reshape(COPIES, -1) % size
    codes = [sum(1 << (giver * size + receiver) for giver, receiver in one) for one in listed]
    seen_codes = []
    for step in range(1000):
        chain.step()
        if step >= 200 and step % 8 == 0:
            givers = chain.giver.reshape(COPIES, -1)
            seen_codes.append(np.left_shift(1, givers * size + receivers).sum(axis=1))
    visited = np.concatenate(seen_codes)
    found = np.array([(visited == code).mean() for code in codes])
    assert found.sum() == pytest.approx(1.0)
    assert len(listed) > 1
    assert np.abs(found - expected).sum() / 2.0 < 0.03
    mean = sum(mutual_pairs(one) * share for one, share in zip(listed, expected, strict=True))
    seen = sum(mutual_pairs(one) * share for one, share in zip(listed, found, strict=True))
    assert seen == pytest.approx(mean, abs=0.02)


def test_mutual_pairs_by_chance_in_bands_of_time_are_those_of_all_networks_listed() -> None:
    """The rule of the analysis, from days of entry to the mean: bands, closed pairs and burn-in, all houses
    alike in their ties and none in its days."""
    size, copies = 5, 200
    random = np.random.default_rng(1)
    entered = np.array([0.0, 30.0, 60.0, 150.0, 200.0]) + random.uniform(0.0, 150.0, (copies, size))
    made = networks_of([(size, MIXED)] * copies, entered=entered.ravel().tolist())
    pairs, _ = pairs_of(made, "time_of_stay")
    odds = np.append(fitted(made, pairs).odds, np.zeros(NEVER + 1))
    listed = all_networks(size, MIXED, _everybody(size))
    mutual = np.array([mutual_pairs(one) for one in listed])
    expected = []
    for kinds in pairs.of_cell.reshape(copies, size, size):
        weight = np.array([math.prod(odds[kinds[pair]] for pair in one) for one in listed])
        expected.append(float(weight @ mutual / weight.sum()))
    found = by_chance(made, "time_of_stay", seed=3, draws=200, steps_between=8)
    error = float(found.draws.mean(axis=1).std()) / math.sqrt(found.effective)
    assert found.mutual.mean() == pytest.approx(float(np.mean(expected)), abs=4.0 * error)
    assert float(np.mean(expected)) > mutual.mean() + 12.0 * error  # a sampler without bands would give that
    assert np.corrcoef(found.mutual, expected)[0, 1] > 0.9


def test_a_ring_of_three_can_turn_around() -> None:
    """Exchanges of two ties alone would leave it as it is for ever (Roberts 2000)."""
    ties = network(3, RING)
    pairs, _ = pairs_of(ties, "whoever_entered_when")
    chain = _Chain(ties, pairs, np.ones(1), np.random.default_rng(1))
    seen = set()
    for _ in range(200):
        chain.step()
        seen.add(tuple(chain.giver))
    assert len(seen) == 2


def _random_houses(seed: int, sizes: Sequence[int]) -> Ties:
    random = np.random.default_rng(seed)
    houses = []
    for size in sizes:
        there = random.random((size, size)) < 0.15
        np.fill_diagonal(there, val=False)
        houses.append((size, [tuple(pair) for pair in np.argwhere(there).tolist()]))
    return networks_of(houses, entered=random.uniform(0, 800, sum(sizes)))


@pytest.mark.parametrize("rule", ["time_of_stay", "stays_overlapped", "whoever_entered_when"])
def test_everybody_keeps_how_many_they_help_and_are_helped_by(rule: str) -> None:
    ties = _random_houses(4, [20, 3, 12, 30, 1])
    pairs, kept = pairs_of(ties, rule)
    model = fitted(kept, pairs)
    chain = _Chain(kept, pairs, model.odds, np.random.default_rng(2))
    gives = np.bincount(kept.giver, minlength=len(ties.network))
    first = np.concatenate([[0], np.cumsum(ties.size)])[kept.of_tie()]
    for _ in range(60):
        chain.step()
    giver = first + chain.giver
    cells = pairs.cells(kept, giver, kept.receiver)
    assert chain.moved > 0
    assert np.array_equal(np.bincount(giver, minlength=len(ties.network)), gives)
    assert np.all(giver != kept.receiver)
    assert np.all(kept.network[giver] == kept.of_tie())
    assert len(np.unique(cells)) == len(cells)
    assert np.all(pairs.of_cell[cells] != NEVER)
    assert np.array_equal(np.flatnonzero(chain.there), np.sort(cells))


def test_mutual_pairs_are_counted_house_by_house() -> None:
    ties = _random_houses(9, [20, 12, 30])
    pairs, kept = pairs_of(ties, "whoever_entered_when")
    chain = _Chain(kept, pairs, np.ones(1), np.random.default_rng(2))
    for _ in range(10):
        chain.step()
    first = np.concatenate([[0], np.cumsum(ties.size)])[kept.of_tie()]
    there = set(zip((first + chain.giver).tolist(), kept.receiver.tolist(), strict=True))
    expected = np.zeros(3)
    for giver, receiver in there:
        expected[ties.network[giver]] += ((receiver, giver) in there) / 2.0
    assert np.array_equal(chain.mutual(), expected)


def test_the_same_seed_draws_the_same_networks_and_another_seed_others() -> None:
    ties = _random_houses(6, [25, 25])
    pairs, kept = pairs_of(ties, "whoever_entered_when")

    def drawn(seed: int) -> np.ndarray:
        return draw_null(kept, pairs, np.ones(1), draws=20, steps_between=3, seed=seed).mutual

    assert np.array_equal(drawn(1), drawn(1))
    assert not np.array_equal(drawn(1), drawn(2))


def test_a_complete_network_leaves_chance_no_room() -> None:
    ties = network(5, _everybody(5))
    found = by_chance(ties, "whoever_entered_when", seed=1, draws=40, steps_between=2)
    assert found.moved == 0.0
    assert not found.mixed
    assert np.all(found.draws == 10.0)


def test_drawn_networks_and_the_formula_agree_where_houses_are_large() -> None:
    ties = _random_houses(12, [60, 60])
    for rule in ("time_of_stay", "whoever_entered_when"):
        found = by_chance(ties, rule, seed=3, draws=150, steps_between=5)
        assert found.mixed
        assert found.misplaced < 1e-3
        assert found.formula.sum() == pytest.approx(found.mutual.sum(), rel=0.06)


def test_draws_are_cut_back_with_many_ties_but_never_below_the_fewest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ties = _random_houses(6, [25, 25])
    monkeypatch.setattr("models.network.by_chance.WORK", 1.0)
    assert len(by_chance(ties, "time_of_stay", seed=1, draws=100, steps_between=1).draws) == 60
    assert len(by_chance(ties, "time_of_stay", seed=1, draws=30, steps_between=1).draws) == 30
    assert len(by_chance(ties, "whoever_entered_when", seed=1, draws=100, steps_between=1).draws) == 10


def test_p_values_are_two_sided_ranks_among_the_draws() -> None:
    draws = np.arange(99.0)
    assert p_value(draws, 98.5, 400.0) == pytest.approx(0.02)
    assert p_value(draws, -0.5, 400.0) == pytest.approx(0.02)
    assert p_value(draws, 49.0, 400.0) == 1.0


def test_effective_draws_fall_with_autocorrelation_and_halves_that_differ_are_seen() -> None:
    random = np.random.default_rng(8)
    noise = random.standard_normal(4000)
    slow = np.zeros(4000)
    for step in range(1, 4000):
        slow[step] = 0.8 * slow[step - 1] + noise[step]
    assert effective_draws(noise) == pytest.approx(4000, rel=0.15)
    assert effective_draws(slow) == pytest.approx(4000 * 0.2 / 1.8, rel=0.35)
    assert effective_draws(np.ones(50)) == 0.0
    assert potential_scale_reduction(noise) == pytest.approx(1.0, abs=0.01)
    assert potential_scale_reduction(noise + np.repeat([0.0, 2.0], 2000)) > 1.5
    assert potential_scale_reduction(np.ones(50)) == 1.0
    assert potential_scale_reduction(np.repeat([0.0, 1.0], 20)) == math.inf


def test_every_proposal_that_touches_a_pair_of_another_is_seen() -> None:
    """First, last and in between: one that went unseen would be made, and moves could not be undone alike."""
    ties = network(20, [(0, 1), (2, 3)])
    pairs, _ = pairs_of(ties, "whoever_entered_when")
    chain = _Chain(ties, pairs, np.ones(1), np.random.default_rng(1))
    random = np.random.default_rng(7)
    for _ in range(100):
        columns = [random.choice(400, 4, replace=False) for _ in range(int(random.integers(1, 60)))]
        cells = np.array(columns).T.astype(np.int32)
        touched = [set(column) for column in cells.T.tolist()]
        expected = [
            any(one & other for j, other in enumerate(touched) if j != i) for i, one in enumerate(touched)
        ]
        assert chain._shared(cells).tolist() == expected
