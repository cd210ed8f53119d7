"""Ties join people who could have met, and are returned as often as planted."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.codebook.load import read_yaml
from pipelines.codebook.to_polars import schema
from pipelines.demo.drawn_ties import draw_support
from pipelines.demo.social_sample import tie_values
from pipelines.demo.social_truth import SOCIAL_SAMPLE
from pipelines.demo.ties import TIES, TieTruth, draw_ties


def drawn(seed: int, *, n: int = 400, returned: float, truth: TieTruth = TIES, span: float = 2000.0):
    rng = np.random.default_rng(seed)
    entered = rng.integers(0, int(span), n).astype(float)
    interviewed = np.where(rng.random(n) < 0.8, entered + 180, np.nan)
    ties = draw_ties(rng, entered=entered, interviewed=interviewed, returned=returned, truth=truth)
    return entered, interviewed, ties


def test_nobody_names_themselves_a_stranger_or_without_an_interview():
    entered, interviewed, ties = drawn(1, returned=0.5)
    assert len(ties.giver) > 300
    assert (ties.giver != ties.receiver).all()
    assert not np.isnan(interviewed[ties.receiver]).any()
    assert (np.abs(entered[ties.giver] - entered[ties.receiver]) <= TIES.same_time).all()
    assert (entered[ties.giver] + TIES.acquainted < interviewed[ties.receiver]).all()


def test_no_tie_is_named_twice():
    _, _, ties = drawn(2, returned=0.5)
    rows = np.column_stack([ties.receiver, ties.giver, ties.kind])
    assert len(np.unique(rows, axis=0)) == len(rows)


@pytest.mark.parametrize("returned", [0.0, 0.3, 1.0])
def test_the_planted_share_of_ties_that_can_be_returned_is(returned):
    """In a crowd of which each knows thousands, hardly any tie is mutual by chance."""
    _, interviewed, ties = drawn(3, n=2500, returned=returned, span=149.0)
    there = set(zip(ties.giver.tolist(), ties.receiver.tolist(), strict=True))
    could = [(g, r) for g, r in there if not np.isnan(interviewed[g])]
    pairs = {frozenset(pair) for pair in could}
    mutual = sum((r, g) in there for g, r in could) / 2
    assert mutual / len(pairs) == pytest.approx(returned, abs=0.04)


def test_people_think_of_the_planted_number_of_helpers_first():
    _, interviewed, ties = drawn(4, n=3000, returned=0.0, span=149.0)
    asked = (~np.isnan(interviewed)).sum()
    assert len(ties.giver) / asked == pytest.approx(TIES.each, abs=0.08)
    kinds = np.bincount(ties.kind, minlength=len(TIES.kinds)) / len(ties.kind)
    assert kinds == pytest.approx([share for _, share in TIES.kinds], abs=0.03)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_program_with_hardly_anybody_has_hardly_any_ties(n):
    _, _, ties = drawn(5, n=n, returned=0.5)
    assert len(ties.giver) == len(ties.receiver) == len(ties.kind)
    assert n == 2 or len(ties.giver) == 0


def test_the_drawn_ties_have_the_columns_of_core_and_stay_within_programs(codebook):
    frames = draw_support(3, 400)
    ties = frames["support_ties"]
    assert ties.schema == schema(codebook, codebook.table("core.support_ties"))
    homes = frames["episodes"].select("participant_id", "program_id")
    both = ties.join(homes, left_on="giver_id", right_on="participant_id").join(
        homes, left_on="receiver_id", right_on="participant_id", suffix="_receiver"
    )
    assert both.height == ties.height > 400
    assert (both["program_id"] == both["program_id_receiver"]).all()
    assert ties.select("wave", "giver_id", "receiver_id", "support_kind").is_unique().all()
    assert set(ties["wave"]) == {"month_6", "month_12"}
    assert draw_support(3, 400)["support_ties"].equals(ties)


def test_the_stored_reciprocity_is_found_again_with_fewer_collaboratives():
    stored, again = read_yaml(SOCIAL_SAMPLE), tie_values(8)
    for model, found in again.items():
        for name in ("reciprocity", "by_chance", "if_none_were_returned", "give_and_receive"):
            assert found[name] == pytest.approx(stored[f"M1_{model}"][name], abs=0.05), (model, name)


def test_social_programs_return_more_and_everybody_more_than_chance(truth):
    models = truth["M1"]["models"]
    assert models["social"]["reciprocity"] - models["clinical"]["reciprocity"] > 0.15
    for found in models.values():
        assert found["by_chance"] < found["if_none_were_returned"] < found["reciprocity"]


def test_the_county_names_helpers_with_every_kind_of_the_codebook(county, codebook):
    kinds = set(codebook.variables["support_kind"].values)
    named = [(giver, kind) for ties in county.ties.values() for giver, kind in ties]
    assert {kind for _, kind in named} == kinds
    assert len(named) > 800
