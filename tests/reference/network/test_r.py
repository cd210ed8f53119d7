"""Mutual help against igraph, sna, survey and base R, on public networks with and without missing reporters.

`Rscript tests/reference/network/generate.R` makes results.json: Coleman's school friendships (sna), who
worked with whom after seven disasters (network), each also with a quarter of the people missing at random.
"""

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.inference.contrast import contrast_of
from models.network.acquaintance import pairs_of
from models.network.degree_preserving_null import draw_null, effective_draws
from models.network.evenings_of_help import Evenings, evenings_of, inferences_of
from models.network.house_inference import Houses, difference_of, inference_of
from models.network.in_service import COLUMNS, measures
from models.network.independent_ties import fitted
from models.network.program_links import rank_correlation
from models.network.reciprocity import counts_of
from models.network.tie_tables import Ties

STORED = json.loads(Path(__file__).with_name("results.json").read_text())
NETWORKS = STORED["networks"]


def _ties(*names: str) -> Ties:
    """Networks as houses of one wave, nobody's time known."""
    told = [NETWORKS[name] for name in names]
    size = np.array([one["size"] for one in told])
    first = np.concatenate([[0], np.cumsum(size)])[:-1]
    unknown = np.full(int(size.sum()), np.nan)
    return Ties(
        programs=names, wave=np.zeros(len(names), dtype=np.int64), program=np.arange(len(names)),
        model=np.array(["social"] * len(names)), size=size, due=size,
        network=np.repeat(np.arange(len(names)), size), entered=unknown, left=unknown,
        giver=_ends(told, first, "giver"), receiver=_ends(told, first, "receiver"),
        people=pl.Series([str(i) for i in range(int(size.sum()))]), left_out={},
    )  # fmt: skip


def _ends(told: list[dict[str, list[int]]], first: np.ndarray, side: str) -> np.ndarray:
    return np.concatenate([np.array(one[side]) + at for one, at in zip(told, first, strict=True)])


@pytest.mark.parametrize("name", NETWORKS)
def test_pairs_people_and_shares_are_those_of_igraph_and_sna(name: str) -> None:
    counts = counts_of(_ties(name))
    told = dict(zip(COLUMNS, measures(counts.matrix(), np.zeros(1))[0], strict=True))
    expected = NETWORKS[name]
    assert counts.mutual[0] == expected["mutual"]
    assert counts.pairs[0] - counts.mutual[0] == expected["asymmetric"]
    assert told["reciprocity"] == pytest.approx(expected["reciprocity_igraph"], abs=1e-12)
    assert told["reciprocity"] == pytest.approx(expected["reciprocity_sna"], abs=1e-12)
    for measure in ("density", "share_give_and_receive", "balance_spread"):
        assert told[measure] == pytest.approx(expected[measure], abs=1e-12)


def test_networks_drawn_by_chance_have_the_mutual_pairs_of_igraphs_rewired_ones() -> None:
    """Means within 4 Monte Carlo errors of both, spreads within a fifth; all networks in one chain."""
    ties = _ties(*NETWORKS)
    pairs, kept = pairs_of(ties, "whoever_entered_when")
    drawn = draw_null(kept, pairs, np.ones(1), draws=600, steps_between=8, seed=11).mutual
    for place, one in enumerate(NETWORKS.values()):
        expected, own = one["rewired"], drawn[:, place]
        if expected["sd"] == 0.0:
            assert np.all(own == expected["mean"])
            continue
        error = math.hypot(
            expected["sd"] / math.sqrt(expected["draws"]), own.std() / math.sqrt(effective_draws(own))
        )
        assert own.mean() == pytest.approx(expected["mean"], abs=4.0 * error)
        assert own.std() == pytest.approx(expected["sd"], rel=0.2)


@pytest.mark.parametrize("name", ["coleman_fall", "coleman_spring"])
def test_the_formula_for_independent_ties_comes_close_to_rewired_networks(name: str) -> None:
    ties = _ties(name)
    pairs, kept = pairs_of(ties, "whoever_entered_when")
    model = fitted(kept, pairs)
    expected = NETWORKS[name]["rewired"]
    assert model.misplaced < 1e-3
    assert model.ties.sum() == pytest.approx(len(ties.giver), abs=0.5)
    assert model.mutual[0] == pytest.approx(expected["mean"], rel=0.06)


@pytest.mark.parametrize(("kind", "arms"), [("all", (0, 1)), ("first", (1,)), ("second", (0,))])
def test_reciprocity_over_houses_has_the_jackknife_error_of_survey(kind: str, arms: tuple[int, ...]) -> None:
    rows = [row for row in STORED["houses"] if row["arm"] in arms]
    answer = inference_of(_houses(rows), "reciprocity")
    told = contrast_of(answer, {"reciprocity": 1.0})
    assert told.estimate == pytest.approx(STORED["ratios"][kind]["ratio"], abs=1e-10)
    assert told.std_error == pytest.approx(STORED["ratios"][kind]["se"], abs=1e-10)
    assert told.df == len(rows) - 1


def test_the_difference_of_two_kinds_of_houses_adds_the_variances_of_survey() -> None:
    first, second = (_houses([row for row in STORED["houses"] if row["arm"] == arm]) for arm in (1, 0))
    told = contrast_of(difference_of(first, second, "reciprocity"), {"reciprocity": 1.0})
    one, two = STORED["ratios"]["first"], STORED["ratios"]["second"]
    assert told.estimate == pytest.approx(one["ratio"] - two["ratio"], abs=1e-10)
    assert told.std_error == pytest.approx(math.hypot(one["se"], two["se"]), abs=1e-10)
    welch = (one["se"] ** 2 + two["se"] ** 2) ** 2 / (one["se"] ** 4 / 2 + two["se"] ** 4 / 3)
    assert told.df == pytest.approx(welch, rel=1e-8)


def _houses(rows: list[dict[str, float]]) -> Houses:
    mutual, pairs = (np.array([row[name] for row in rows], dtype=float) for name in ("mutual", "pairs"))
    one = np.ones(len(rows))
    sums = np.column_stack([one, one, mutual + pairs, mutual, pairs, one, one, one, one])
    return Houses(sums=sums, chance=np.zeros(len(rows)), model=np.array(["social"] * len(rows)))


@pytest.mark.parametrize("size", ["eight", "nine", "fourteen"])
def test_rank_correlations_are_those_of_cor_test(size: str) -> None:
    told = STORED["correlations"][size]
    first, second = np.array(told["first"]), np.array(told["second"])
    alike = ["social"] * len(first)
    found = rank_correlation(first, second, alike, seed=3)
    assert found.value == pytest.approx(told["value"], abs=1e-12)
    assert found.low == pytest.approx(told["low"], abs=1e-10)
    tied = rank_correlation(first, np.array(told["ties_second"], dtype=float), alike, seed=3)
    assert tied.value == pytest.approx(told["ties_value"], abs=1e-12)
    if found.exact:
        assert found.permutation_p == pytest.approx(told["p"], abs=1e-10)
    else:  # within 4 Monte Carlo errors
        assert found.permutation_p == pytest.approx(told["p"], abs=4.0 * math.sqrt(told["p"] / 20_000))


def test_give_and_take_of_evenings_is_that_of_a_regression_with_a_level_for_each_person() -> None:
    told = STORED["evenings"]
    found = inferences_of(_evenings(told))
    slope, people = found["giving_with_receiving_within"]
    answer = contrast_of(slope, {"giving_with_receiving_within": 1.0})
    assert people == told["people"]
    assert answer.estimate == pytest.approx(told["slope"], abs=1e-10)
    assert answer.std_error == pytest.approx(told["se"], abs=1e-10)
    both, _ = found["evenings_give_and_receive"]
    answer = contrast_of(both, {"evenings_give_and_receive": 1.0})
    assert answer.estimate == pytest.approx(told["both"], abs=1e-12)
    assert answer.std_error == pytest.approx(told["both_se"], abs=1e-12)


def _evenings(told: dict[str, list[float]]) -> Evenings:
    rows = pl.DataFrame(
        {
            "participant_id": [str(one) for one in told["person"]],
            "help_given": [one == 1 for one in told["given"]],
            "help_received": [one == 1 for one in told["received"]],
        }
    )
    return evenings_of(rows.with_columns(day=pl.int_range(pl.len()).over("participant_id")))
