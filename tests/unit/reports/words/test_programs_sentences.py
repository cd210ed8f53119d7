"""Sentences on the kinds of programs: plainly worded, and never as an effect."""

from __future__ import annotations

import re

import pytest

from models.comparison.claim_rows import MUCH_LARGER, WAYS
from reports.pages import programs_otherwise
from reports.words import (
    programs_alike,
    programs_compared,
    programs_elsewhere,
    programs_scale,
    programs_through,
    programs_verdicts,
)
from reports.words.programs_compared import OUTCOMES
from reports.words.programs_verdicts import Rests
from tests.unit.reports.words.grade import grade
from tests.unit.reports.words.programs_answers import (
    ABSTINENT,
    ALCOHOL,
    BETTER,
    CAPITAL,
    CHANCE,
    NOT_WORSE,
    OPEN,
    SIMILAR,
    WORSE,
    answer,
    fact,
)

CAUSAL = re.compile(
    r"\b(effects?|impacts?|leads?|led|increases?|decreases?|reduces?|improves?|due to|results? in|boosts?|"
    r"raises?|drives?|predicts?|thanks)\b",
    re.IGNORECASE,
)


def test_the_rule_is_asked_of_both_kinds_alike_in_words_that_never_count_verdicts() -> None:
    said = " ".join([*SAID, *(line for line in programs_verdicts.VERDICTS)])
    assert "the same of both kinds of program" in programs_verdicts.HOW_JUDGED
    assert "imilar or better" not in said
    assert not re.search(r"on \d+ of \d+", said)
    assert programs_otherwise.MUCH_LARGER == MUCH_LARGER
    assert set(WAYS) < set(programs_alike.WAYS)


TOLD = [(o, answer("t", -0.07, 0.16, note=OPEN)) for o in OUTCOMES]

CLAIMED = [
    (o, answer("t", -0.07, 0.16, note=note))
    for o, note in zip(OUTCOMES, [BETTER, WORSE, SIMILAR, NOT_WORSE, CHANCE] * 2, strict=True)
]

ON = Rests(bias=0.02, tipping=0.3, drawn=0.006, ways={"By weights alone": False})

SAID = [
    programs_compared.ALIKE, programs_compared.KINDS, programs_verdicts.HOW_JUDGED, programs_compared.NAIVE,
    programs_verdicts.RANGES_ALONE, programs_verdicts.WITHOUT_CLAIM,
    programs_verdicts.claims(TOLD, "month_12"), programs_verdicts.claims(CLAIMED, "month_12"),
    programs_verdicts.finding(TOLD, "month_12"), programs_verdicts.finding(CLAIMED, "month_12"),
    programs_verdicts.widths(TOLD), programs_verdicts.first_told(ALCOHOL, "month_12", TOLD[0][1]),
    *(
        f"{programs_compared.compared(o, 'month_12', a, means=(0.3, 0.4), count=370)} "
        f"{programs_verdicts.judged(o, a, 0.1)}"
        for o, a in [*TOLD, *CLAIMED]
    ),
    *(programs_verdicts.brief(o, a) for o, a in TOLD),
    *(programs_verdicts.rests_on(o, "month_12", a, ON) for o, a in CLAIMED[:4]),
    programs_verdicts.otherwise([(ALCOHOL, {"a": True}), (CAPITAL, {"a": False})], [], [ABSTINENT]),
    *(meaning for _, meaning in programs_verdicts.GLOSSARY),
    programs_compared.not_alike(ALCOHOL, TOLD[0][1], TOLD[0][1]),
    programs_alike.WHY_ALIKE,
    programs_alike.hidden(ALCOHOL, "month_12", 2.3, 1.4),
    programs_elsewhere.ADVICE, *(one.found for one in programs_elsewhere.SAME_QUESTION),
    programs_alike.control(fact(-0.6, 1.1), fact(-0.9, 1.0), unseen=0.23, correlation=0.08),
    programs_alike.overlap({"people_due": 381.0, "people_compared": 370.0}, "month_12"),
    programs_alike.effective({"effective_sample_size_ate": 138.0, "programs_of_lesser_arm": 5.0}),
    programs_alike.lost({"came_minus_lost_k6_baseline_month_12_all": -0.3}, "month_12"),
    programs_through.ASSUMED, programs_through.WHAT_IS_ASKED, programs_through.HOW_TO_READ,
    programs_through.in_all(ALCOHOL, "month_12", TOLD[0][1]),
    programs_through.hidden(ALCOHOL, 0.34, 0.1),
    programs_through.summary([(ALCOHOL, TOLD[0][1])]),
    programs_through.ONE_BY_ONE, programs_scale.SAME_RULE,
    programs_scale.WHAT_IS_ASKED, programs_scale.NOT_RAISING, programs_scale.DOMAINS_GO_TOGETHER,
    programs_scale.summary(TOLD, 12.0),
    *(programs_scale.per_step(o, "month_12", a) for o, a in TOLD),
]  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_every_sentence_reads_at_grade_8_or_below(said: str) -> None:
    assert said
    assert grade(said) <= 8.0


@pytest.mark.parametrize("said", SAID)
def test_no_sentence_words_an_association_as_an_effect(said: str) -> None:
    assert CAUSAL.findall(said) == []
