"""Sentences on remission, capital, quality of life, helping, peers, mutual help and roles, read whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.trajectory.quality_of_life import NOT_REACHED
from reports.pages import closing
from reports.words import helping, mutual_help, peers, quality_of_life, recovery_capital, remission, roles
from tests.unit.reports.words.grade import grade
from tests.unit.reports.words.growth_answers import (
    APART,
    BETTER,
    BEYOND,
    CROSSING,
    DAYS,
    DIP,
    GAIN,
    NO_ODDS,
    ODDS,
    PAIRS,
    PATH,
    RANKS,
    RATIO,
    SHARE,
    TURN,
    UNCLEAR,
    WORSE,
    answer,
    fact,
)

EIGHTH = 8.0  # highest school grade that a sentence may ask of a reader

SENTENCES = [
    quality_of_life.crossing(answer("c", None, note=NOT_REACHED), ends=26.0),
    remission.reached(SHARE), remission.DEATH, remission.LAST, remission.LOST, remission.PROGRAMS,
    remission.died_unseen(fact("near", 14.0), fact("late", 12.0)),
    recovery_capital.at_the_cut(answer("a", 0.22, 0.18, 0.27), answer("b", 0.50, 0.43, 0.57)),
    recovery_capital.lead(answer("a", 0.22, 0.18, 0.27), answer("b", 0.50, 0.43, 0.57, n_people=458)),
    recovery_capital.up_and_down(answer("u", 0.31, 0.25, 0.38), answer("d", None, suppressed=True)),
    quality_of_life.elsewhere(CROSSING, [4.0, 5.3]),
    quality_of_life.no_dip_in("_with_center", replace(DIP, ci_low=0.0)),
    recovery_capital.change(GAIN), recovery_capital.change(replace(GAIN, ci_low=-0.4)),
    recovery_capital.reliable(BETTER, WORSE), recovery_capital.ERROR, recovery_capital.NOBODY_COMPARED,
    recovery_capital.CUT_MEANS, recovery_capital.HANG_TOGETHER,
    quality_of_life.crossing(CROSSING), quality_of_life.crossing(replace(CROSSING, ci_high=None)),
    quality_of_life.crossing(CROSSING, "_with_center"), quality_of_life.dip(DIP, TURN),
    quality_of_life.dip(replace(DIP, ci_low=0.0), TURN), quality_of_life.turning_range(TURN),
    quality_of_life.difference(APART), quality_of_life.difference(replace(APART, ci_high=0.6)),
    quality_of_life.BETWEEN_PEOPLE, quality_of_life.SURVIVORS, quality_of_life.CHOSE,
    helping.share("helpers", answer("h", 0.37, 0.21, 0.53, n_people=43)), helping.days_without(DAYS),
    helping.days_without(replace(DAYS, ci_low=-4.0)), helping.rate(RATIO), helping.rate(UNCLEAR, "meetings"),
    helping.NOT_WHAT_HELPING_DOES, helping.AS_THEY_ARE,
    peers.linked(peers.WITHIN, peers.PEERS, ODDS, 2.2, 0.48),
    peers.linked(peers.WITHIN, peers.PEERS, NO_ODDS, 2.2, 0.48), peers.ranks(RANKS), peers.A_LINK,
    mutual_help.both_ways(PAIRS, fact("reciprocity_by_chance", 0.22)), mutual_help.beyond(BEYOND),
    mutual_help.give_and_receive(answer("s", 0.62, 0.56, 0.68)), mutual_help.difference(BEYOND),
    mutual_help.NO_MAP, mutual_help.BY_CHANCE,
    roles.path(roles.ROLES_FIRST, PATH), roles.path(roles.ENGAGEMENT_FIRST, replace(PATH, ci_low=-0.1)),
    roles.apart(PATH), roles.apart(replace(PATH, ci_low=-0.1)), roles.A_LINK,
    roles.ORDER, roles.order([True, False, False]), roles.ORDER_IS_NO_PROOF,
    mutual_help.WEIGHTS, mutual_help.OTHER_PEOPLE, mutual_help.FEW.format(4),
    mutual_help.difference(BEYOND, BEYOND), mutual_help.difference(BEYOND, replace(BEYOND, ci_low=-0.1)),
    closing.NO_PUBLISHED,
]  # fmt: skip


@pytest.mark.parametrize("said", SENTENCES)
def test_every_sentence_reads_at_eighth_grade_or_below(said: str) -> None:
    assert grade(said) <= EIGHTH


def test_the_grade_measure_tells_hard_words_from_plain_ones() -> None:
    assert grade("Longitudinal heterogeneity necessitates methodological sophistication.") > 16.0
    assert grade("The cat sat on the mat.") < 2.0


@pytest.mark.parametrize("said", SENTENCES)
def test_every_sentence_is_whole(said: str) -> None:
    assert said[0].isupper() or said[0].isdigit()
    assert said.endswith(".")
    assert "  " not in said
    assert "None" not in said
    assert "()" not in said
