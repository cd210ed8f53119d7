"""What may be claimed of a wave: every word is reached, and every reason for having none."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from models.comparison.claims import (
    ALPHA,
    DRAWN,
    TESTS,
    WORDS,
    Claim,
    Difference,
    Seen,
    Test,
    interval_holds,
    judged,
    undone_by,
)

MARGIN = 0.10
MIRRORED: Mapping[Test, Test] = {
    "better": "worse", "worse": "better", "not worse": "not better", "not better": "not worse",
}  # fmt: skip
MIRRORED_CLAIM: Mapping[Claim, Claim] = {
    "better": "worse", "worse": "better", "not worse": "not better", "not better": "not worse",
    "similar": "similar", "not enough to say": "not enough to say",
}  # fmt: skip


def difference(estimate: float, error: float, **changes: object) -> Difference:
    """One outcome of which more is better, seen alike by both rules, copies without any spread."""
    seen = Seen(estimate=estimate, std_error=error, df=8.0)
    plain = Difference(main=seen, rubin=seen, drawn=0.0, margin=MARGIN, better="higher")
    return replace(plain, **changes)


def wave(one: Difference, others: Difference | None = None) -> dict[str, Difference | None]:
    """The outcome asked about, and nine others."""
    return {"asked": one} | {f"other {place}": others for place in range(9)}


def drawn_wave(seed: int) -> dict[str, Difference | None]:
    """Ten outcomes, some with large differences, one of them without an answer."""
    rng = np.random.default_rng(seed)
    found: dict[str, Difference | None] = {
        f"outcome {place}": replace(
            difference(float(rng.normal(0.0, 0.15)), float(rng.uniform(0.01, 0.06))),
            rubin=Seen(estimate=float(rng.normal(0.0, 0.15)), std_error=0.04, df=7.0),
            drawn=float(rng.uniform(0.0, 0.01)), better=str(rng.choice(["higher", "lower"])),
        )
        for place in range(9)
    }  # fmt: skip
    return found | {"without answer": None}


@pytest.mark.parametrize(
    ("one", "claim", "words"),
    [
        (difference(0.30, 0.03), "better", "Better: "),
        (difference(0.05, 0.005), "better", "Better, but by less than the margin: "),
        (difference(-0.30, 0.03), "worse", "Worse: "),
        (difference(-0.05, 0.005), "worse", "Worse, but by less than the margin: "),
        (difference(0.0, 0.02), "similar", "Similar: "),
        (difference(0.10, 0.04), "not worse", "Not worse by the margin or more: "),
        (difference(-0.10, 0.04), "not better", "Not better by the margin or more: "),
        (difference(0.0, 0.20), "not enough to say", WORDS["open"]),
        (difference(0.16, 0.07), "not enough to say", WORDS["chance"]),
    ],
)
def test_every_claim_is_reached_and_said(one: Difference, claim: Claim, words: str) -> None:
    found = judged(wave(one))["asked"]
    assert (found.claim, found.words[: len(words)]) == (claim, words)


def test_what_hangs_on_the_rules_of_pooling_is_not_claimed() -> None:
    one = difference(0.30, 0.03, rubin=Seen(estimate=0.30, std_error=0.3, df=8.0))
    assert judged(wave(one))["asked"].words == WORDS["pooled"]


def test_what_hangs_on_the_draw_of_the_copies_is_not_claimed() -> None:
    """A limit past the margin by less than twice the Monte Carlo error is another seed's to take back."""
    steady = difference(0.05, 0.0375)
    assert judged(wave(steady))["asked"].claim == "not worse"
    slack = undone_by(wave(steady), "asked")
    assert slack is not None
    for times, claim in ((0.99, "not worse"), (1.01, "not enough to say")):
        found = judged(wave(replace(steady, drawn=times * slack[0] / DRAWN)))["asked"]
        assert found.claim == claim
    assert found.words == WORDS["drawn"]


def test_an_outcome_without_an_answer_claims_nothing_and_counts_among_the_ten() -> None:
    one = difference(0.20, 0.05)
    alone, among = judged({"asked": one})["asked"], judged(wave(one))["asked"]
    assert alone.p_values == among.p_values
    assert alone.p_values["better"] == pytest.approx(10 * 2 * stats.t.sf(4.0, 8))
    assert judged(wave(one))["other 1"].words == WORDS["no interval"]


def test_without_a_margin_better_and_worse_alone_can_be_claimed() -> None:
    assert judged(wave(difference(0.0, 0.001, margin=None)))["asked"].claim == "not enough to say"
    assert judged(wave(difference(0.3, 0.01, margin=None)))["asked"].holds == {"better", "not worse"}


@pytest.mark.parametrize("seed", range(20))
def test_p_values_are_holms_over_the_ten_for_the_difference_and_for_both_sides_of_the_margin(seed) -> None:
    family = drawn_wave(seed)
    known = {name: one for name, one in family.items() if one is not None}
    gains = {n: one.main.estimate * (1 if one.better == "higher" else -1) for n, one in known.items()}
    t = {
        "difference": [2 * stats.t.sf(abs(gains[n]) / one.main.std_error, 8) for n, one in known.items()],
        "not worse": [stats.t.sf((gains[n] + MARGIN) / one.main.std_error, 8) for n, one in known.items()],
        "not better": [stats.t.sf((MARGIN - gains[n]) / one.main.std_error, 8) for n, one in known.items()],
    }
    found = judged(family)
    for kind, raw in t.items():
        expected = multipletests([*raw, 1.0], method="holm")[1]
        for name, p in zip(known, expected, strict=False):
            of = found[name].p_values
            told = min(of["better"], of["worse"]) if kind == "difference" else of[kind]
            assert told == pytest.approx(p, rel=1e-10)


@pytest.mark.parametrize("seed", range(20))
def test_turned_round_the_rule_says_of_the_other_kind_what_it_said_of_this_one(seed) -> None:
    family = drawn_wave(seed)
    turned = {
        name: one
        and replace(
            one, main=replace(one.main, estimate=-one.main.estimate),
            rubin=replace(one.rubin, estimate=-one.rubin.estimate),
        )
        for name, one in family.items()
    }  # fmt: skip
    found, other = judged(family), judged(turned)
    for name in family:
        assert other[name].claim == MIRRORED_CLAIM[found[name].claim]
        assert other[name].holds == {MIRRORED[test] for test in found[name].holds}
        for test in TESTS:
            assert other[name].p_values[MIRRORED[test]] == found[name].p_values[test]
        assert (undone_by(family, name) or (0.0,))[0] == (undone_by(turned, name) or (0.0,))[0]


@pytest.mark.parametrize("seed", range(20))
def test_the_bias_that_undoes_a_claim_is_the_least_that_does(seed) -> None:
    family = drawn_wave(seed)
    found = judged(family)
    for name, one in family.items():
        undone = undone_by(family, name)
        assert (undone is None) == (found[name].claim == "not enough to say")
        if one is None or undone is None:
            continue
        bias, test = undone
        against = (1 if test in ("worse", "not better") else -1) * (1 if one.better == "higher" else -1)
        for times, stands in ((0.999, True), (1.001, False)):
            by = times * bias * against
            moved = replace(
                one, main=replace(one.main, estimate=one.main.estimate + by),
                rubin=replace(one.rubin, estimate=one.rubin.estimate + by),
            )  # fmt: skip
            assert (test in judged({**family, name: moved})[name].holds) == stands


def test_an_interval_bears_a_test_where_it_leaves_out_the_line_on_that_side() -> None:
    def bears(low: float, high: float) -> set[Test]:
        return {t for t in TESTS if interval_holds(low, high, t, margin=MARGIN, better="higher")}

    assert bears(0.01, 0.3) == {"better", "not worse"}
    assert bears(-0.09, 0.09) == {"not worse", "not better"}
    assert bears(-0.3, -0.01) == {"worse", "not better"}
    assert bears(-0.1, 0.1) == set()
    assert interval_holds(-0.3, -0.01, "better", margin=MARGIN, better="lower")
    assert not interval_holds(0.01, 0.3, "not worse", margin=None, better="higher")


def test_a_margin_of_nothing_and_an_eleventh_outcome_are_errors_of_the_caller() -> None:
    with pytest.raises(ValueError, match="margin"):
        judged({"asked": difference(0.0, 0.1, margin=0.0)})
    with pytest.raises(ValueError, match="ten outcomes"):
        judged({str(place): difference(0.0, 0.1) for place in range(11)})
    assert pytest.approx(0.05) == ALPHA
