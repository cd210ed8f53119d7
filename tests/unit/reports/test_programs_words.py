"""The sentences on the kinds of programs: what they claim, what they never claim, how plainly."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

from models.comparison import fidelity_rows
from models.comparison.claims import CHANCE
from models.comparison.margins import MARGINS
from models.comparison.margins import verdict as judge
from models.fitness import LIMITS
from pipelines.codebook import load_codebook
from reports.release import Answer, Fact
from reports.words import (
    programs_alike,
    programs_compared,
    programs_elsewhere,
    programs_scale,
    programs_through,
)
from reports.words.phrases import VERDICTS, verdict
from reports.words.programs_compared import OUTCOMES, Outcome, outcome_of
from reports.words.sensitivity import Told

ALCOHOL, ABSTINENT = OUTCOMES[0], next(o for o in OUTCOMES if o.code == "abstinent")
CAPITAL = next(o for o in OUTCOMES if o.code == "barc10")
BETTER = "Better: the whole interval is on the good side of no difference. Made alike."
EITHER = "Similar or better: being worse by the margin or more is excluded. Made alike."
CAUSAL = re.compile(
    r"\b(effects?|impacts?|leads?|led|increases?|decreases?|reduces?|improves?|due to|results? in|boosts?|"
    r"raises?|drives?|predicts?|thanks)\b",
    re.IGNORECASE,
)


def answer(term: str, value: float | None, half: float = 0.1, **more: Any) -> Answer:
    fields: dict[str, Any] = {
        "analysis": "C1", "outcome": "any_problem_alcohol_month_12", "term": term, "population": "somewhere",
        "as_of": "2026Q3", "estimate": value, "std_error": None,
        "ci_low": None if value is None else value - half, "ci_high": None if value is None else value + half,
        "p_value": None, "df": None, "n_people": 362, "n_rows": None, "n_events": None, "method": "m",
        "scale": "probability", "small_sample": "", "note": "", "suppressed": False,
    }  # fmt: skip
    return Answer(**(fields | more))


def fact(value: float | None, half: float | None = None) -> Fact:
    ends = (None, None) if half is None or value is None else (value - half, value + half)
    return Fact("C1", "month_12", "a_fact", "somewhere", "2026Q3", value, *ends, "", 370, False)


HELD = answer("t", None, note="Not enough to say: fewer than half of those due were interviewed.")
HIDDEN = answer("t", None, suppressed=True, n_people=None)


def syllables(word: str) -> int:
    groups = re.findall(r"[aeiouy]+", word.lower())
    silent = re.search(r"([^l]e|[^td]ed)$", word.lower()) is not None
    return max(len(groups) - silent, 1)


def grade(text: str) -> float:
    """Flesch-Kincaid grade; a number counts as one word of two syllables."""
    words = re.findall(r"[A-Za-z']+|\d[\d.,]*\d|\d", text)
    sentences = len(re.findall(r"[.?!](?:\s|$)", text))
    count = sum(2 if word[0].isdigit() else syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * count / len(words) - 15.59


def test_every_verdict_that_the_models_write_is_read_as_one_of_the_vocabulary() -> None:
    limits = [-0.5, -0.15, -0.05, 0.05, 0.15, 0.5]
    found = {
        judge((low + high) / 2, low, high, 0.1, better).words
        for low, high in product(limits, limits)
        for better in ("higher", "lower")
        if low < high
    }
    found |= {*CHANCE.values(), judge(None, None, None, 0.1, "lower").words}
    assert len(found) > 6
    words = {said: verdict(answer("t", 0.1, note=f"{said} Made alike.")) for said in found}
    assert all(word in VERDICTS and said == f"{word}: {reason}." for said, (word, reason) in words.items())
    assert {word for word, _ in words.values()} == set(VERDICTS)


def test_an_answer_without_a_verdict_in_its_note_is_given_none() -> None:
    assert verdict(answer("t", 0.1, note="Made alike.")) == ("", "")
    assert verdict(answer("t", 0.1, note="Wonderful: made alike.")) == ("", "")
    assert verdict(HIDDEN) == ("", "")
    assert verdict(HELD) == ("Not enough to say", "fewer than half of those due were interviewed")


def test_the_outcomes_are_those_with_a_margin_and_point_the_same_way() -> None:
    assert {o.code for o in OUTCOMES} == set(MARGINS)
    for outcome in OUTCOMES:
        assert outcome.fewer == (MARGINS[outcome.code].better == "lower")
        assert outcome.share == (MARGINS[outcome.code].unit == "probability")
        assert outcome_of(f"{outcome.code}_month_6") == (outcome, "month_6")
    assert outcome_of("smps_total") is None


def test_everything_of_the_balance_has_a_name_and_every_condition_its_limit() -> None:
    columns = {
        name.removeprefix("balance_").removesuffix("_before")
        for analysis, name in _terms()
        if analysis == "C1" and name.startswith("balance_") and name.endswith("_before")
    }
    assert len(columns) > 40
    assert [column for column in columns if programs_alike.measure(column) is None] == []
    assert programs_alike.measure("shoe_size") is None
    for condition in programs_alike.CONDITIONS:
        assert condition in LIMITS
        assert re.search(r"\d", programs_alike.limit_of(condition))
    assert programs_alike.limit_of("overlap") == "at least 50 of every 100 people kept in each group"


def _terms() -> list[tuple[str, str]]:
    from pipelines.codebook.to_catalog import catalog_frames

    frame = catalog_frames(load_codebook(), {})["catalog.terms"]
    return list(zip(frame["analysis"], frame["term"], strict=True))


def test_a_comparison_is_said_in_people_with_range_people_and_verdict() -> None:
    told = answer("t", -0.07, 0.16, note=EITHER)
    assert programs_compared.compared(
        ALCOHOL, "month_12", told, means=(0.31, 0.38), count=370, margin=0.1
    ) == (
        "After 12 months, about 31 of every 100 people of social programs had an alcohol problem. For "
        "people like them of clinical programs, it was about 38. That is 7 fewer of 100. The range is "
        "between 23 fewer and 9 more, from 370 people. Similar or better. Being worse by the margin (10 of "
        "100) or more is excluded."
    )


def test_a_score_is_said_in_points_of_its_scale() -> None:
    told = answer("t", 1.3, 2.2, note=EITHER)
    assert programs_compared.compared(CAPITAL, "month_6", told, means=(45.9, 44.6), count=None).startswith(
        "After 6 months, recovery capital stood at 45.9 for people of social programs, on a scale of "
        "10 to 60. For people like them of clinical programs, it stood at 44.6. That is 1.3 points higher. "
        "The range is between 0.9 lower and 3.5 higher."
    )


def test_without_the_means_the_difference_alone_is_said() -> None:
    said = programs_compared.compared(ALCOHOL, "month_12", answer("t", -0.07, 0.16), count=370)
    assert said == (
        "Alcohol problems, social programs against clinical programs: 7 fewer of 100. The range is between "
        "23 fewer and 9 more, from 370 people."
    )


@pytest.mark.parametrize(
    "say",
    [
        lambda a: programs_compared.compared(ALCOHOL, "month_12", a),
        lambda a: programs_compared.brief(ALCOHOL, a),
        lambda a: programs_through.in_all(ALCOHOL, "month_12", a),
        lambda a: programs_through.part(ALCOHOL, Answer(**{**_fields(a), "term": "direct"})),
        lambda a: programs_scale.per_step(ALCOHOL, "month_12", a),
        lambda a: programs_scale.brief(ALCOHOL, a),
    ],
)
def test_what_is_held_back_or_withheld_says_so_with_its_reason_and_gives_no_number(say: Any) -> None:
    held, hidden = say(HELD), say(HIDDEN)
    assert "not enough to say" in held
    assert held.endswith("fewer than half of those due were interviewed.")
    assert hidden.endswith("not shown, to protect privacy, because it rests on few people.")
    for said in (held, hidden):
        assert not re.search(r"\d", said.replace("12 months", ""))


def _fields(a: Answer) -> dict[str, Any]:
    return {name: getattr(a, name) for name in Answer.__dataclass_fields__}


@pytest.mark.parametrize(
    ("outcome", "ends", "said"),
    [
        (ALCOHOL, (-0.20, -0.03), "between 3 and 20 fewer"),
        (ABSTINENT, (0.07, 0.41), "between 7 and 41 more"),
        (ALCOHOL, (-0.23, 0.09), "between 23 fewer and 9 more"),
        (ALCOHOL, (-0.36, 0.003), "between 36 fewer and 0"),
        (CAPITAL, (-1.0, 3.56), "between 1.0 lower and 3.6 higher"),
        (ALCOHOL, (-0.052, -0.048), "very close to 5 fewer"),
        (ALCOHOL, (None, 0.1), ""),
    ],
)
def test_a_range_of_differences_names_the_direction_of_each_end(
    outcome: Outcome, ends: tuple[float | None, float | None], said: str
) -> None:
    assert programs_compared.span(outcome, *ends) == said


def test_a_difference_that_rounds_to_nothing_has_no_direction() -> None:
    assert programs_compared.more_or_less(ALCOHOL, -0.003) == "no more and no fewer of 100"
    assert programs_compared.more_or_less(CAPITAL, 0.04) == "no difference in points"


def test_the_tally_counts_every_outcome_once_and_always_says_better_and_worse() -> None:
    notes = [BETTER, EITHER, "Similar: no.", "Worse: yes.", "Not enough to say: open."]
    told = [(o, answer("t", 0.1, note=note)) for o, note in zip(OUTCOMES, notes, strict=False)]
    told += [(OUTCOMES[5], HELD), (OUTCOMES[6], HIDDEN)]
    said = programs_compared.tally(told, "month_12")
    assert said == (
        "We set people of social programs beside people like them of clinical programs. We look at 7 "
        "outcomes 12 months on. Those of social programs did better on 1 (alcohol) and worse on 1 (work). "
        "Similar or better on 1 (drugs). Similar on 1 (medical). Not enough to say on 2 (legal and family). "
        "Not shown, to protect privacy, on 1 (mental health)."
    )
    numbers = re.findall(r"on (\d)", programs_compared.tally(told, "month_12", names=False))
    assert sum(int(n) for n in numbers) == len(told)
    assert "better on none and worse on none" in programs_compared.tally([(ALCOHOL, HELD)], "month_12")


def test_the_headline_of_the_forest_leaves_no_outcome_out() -> None:
    told = [(ALCOHOL, answer("t", 0.1, note=BETTER)), (ABSTINENT, HELD), (CAPITAL, HIDDEN)]
    assert programs_compared.headline(told, "month_6") == (
        "Social programs, 6 months after entry: similar or better on 1 of 3 outcomes, not enough to say on "
        "1, not shown on 1"
    )


def test_the_plain_difference_stands_beside_the_adjusted_one_and_only_where_both_are_given() -> None:
    adjusted, plain = answer("t", -0.07, 0.16), answer("t", -0.04, 0.12)
    assert programs_compared.not_alike(ALCOHOL, adjusted, plain) == (
        "As the groups stand, alcohol problems differ by 4 fewer of 100. The range is between 16 fewer and 8 "
        "more, from 362 people. With people made alike, it is 7 fewer of 100."
    )
    assert programs_compared.not_alike(ALCOHOL, adjusted, HIDDEN) == ""
    assert programs_compared.not_alike(ALCOHOL, HELD, plain) == ""


def test_balance_is_said_before_and_after_with_the_largest_gap_left() -> None:
    gaps = {"legal problems": (0.31, 0.02), "age": (-0.09, 0.06), "family or social problems": (-0.4, -0.03)}
    assert programs_alike.balance(gaps) == (
        "As they came, the groups differed on 2 of 3 measures by more than 0.1 standard deviations. As they "
        "count, they differ on none: the largest gap is 0.06, in age."
    )
    assert programs_alike.how_they_came(gaps) == (
        "People of social programs stood higher on legal problems, and lower on family or social problems at "
        "entry."
    )
    left = gaps | {"sex": (0.3, 0.2)}
    assert "still differ on 1: sex" in programs_alike.balance(left)
    assert programs_alike.headline_balance(left).startswith("On 1 of 4 measures the groups still differ")


def test_the_check_that_should_find_nothing_warns_where_it_finds_something() -> None:
    assert programs_alike.control(fact(-0.6, 1.1)).endswith("The range holds zero, as it should.")
    assert "were not made fully alike" in programs_alike.control(fact(-2.0, 1.1))
    assert programs_alike.control(fact(None)) == ""
    assert programs_alike.control(None) == ""


def test_an_e_value_is_said_as_what_something_hidden_would_have_to_be() -> None:
    said = programs_alike.hidden(ALCOHOL, "month_12", 2.3, 1.4)
    assert "at least 2.3 times as common" in said
    assert "at least 2.3 times as likely" in said
    assert "1.4 times each would do" in said


def test_who_was_reached_is_said_as_far_as_it_is_shown() -> None:
    facts = {"due_month_12_all": 381.0, "came_month_12_all": 293.0, "people_compared": 370.0}
    assert programs_alike.reached(facts, "month_12").startswith(
        "381 people were due 12 months after entry. Of these, 293 were interviewed, or 77 of every 100. We "
        "compare 370 people."
    )
    assert "is not shown" in programs_alike.reached({"due_month_12_all": 381.0}, "month_12")
    assert programs_alike.reached({}, "month_12") == ""


def test_the_ways_of_working_out_are_concluded_from_for_every_outcome() -> None:
    clear, open_ = Told("", -0.2, -0.3, -0.1), Told("weighted", -0.2, -0.5, 0.1)
    said = programs_alike.otherwise(
        [(ALCOHOL, [clear, clear]), (ABSTINENT, [clear, open_]), (CAPITAL, [open_, open_])]
    )
    assert said.startswith("The difference is clear in every way for alcohol.")
    assert "It depends on the way for abstinence." in said
    assert said.endswith("No way shows a clear difference in the other 1 of 3 outcomes.")
    assert programs_alike.otherwise([(ALCOHOL, [clear])]) == ""


def test_a_share_of_the_difference_is_told_only_where_it_is_given() -> None:
    told = answer("share_mediated", 0.66, 0.3)
    assert programs_through.share(ALCOHOL, told) == (
        "About 66 of every 100 parts of this go with activities and network (between 36 and 96)."
    )
    none = answer("share_mediated", None, note="The total is not clearly different from zero.")
    assert programs_through.share(ALCOHOL, none) == (
        "No share is given. The total is not clearly different from zero."
    )


def test_a_part_that_may_be_none_is_said_to_be_so() -> None:
    clear = programs_through.part(ALCOHOL, answer("indirect", -0.2, 0.1))
    assert clear == "With activities and network together: 20 fewer of 100 (between 10 and 30 fewer)."
    assert programs_through.part(ALCOHOL, answer("indirect", -0.05)).endswith("This may be none at all.")
    assert programs_through.headline(ALCOHOL, {"indirect": answer("indirect", -0.05)}).startswith(
        "Alcohol problems: not enough to say whether any part"
    )


def test_chance_among_many_questions_is_said_as_the_models_say_it() -> None:
    assert fidelity_rows.BEYOND_CHANCE.startswith(programs_scale.BEYOND)
    assert fidelity_rows.CHANCE.startswith(programs_scale.CHANCE)
    beyond = answer("t", -0.04, 0.02, note=f"{fidelity_rows.BEYOND_CHANCE} Between programs.")
    chance = answer("t", -0.04, 0.02, note=f"{fidelity_rows.CHANCE} Between programs.")
    assert programs_scale.per_step(ALCOHOL, "month_12", beyond).endswith("This holds beyond chance.")
    assert programs_scale.per_step(ALCOHOL, "month_12", chance).endswith("this may be chance.")
    assert "none differs beyond chance" in programs_scale.summary([(ALCOHOL, chance)], 12.0)
    assert programs_scale.summary([(ALCOHOL, beyond)], 12.0).endswith("362 people of 12 programs.")
    assert programs_scale.headline([(ALCOHOL, chance)], "month_12").endswith(
        "no outcome differs beyond chance"
    )


TOLD = [(o, answer("t", -0.07, 0.16, note=EITHER)) for o in OUTCOMES]
SAID = [
    programs_compared.ALIKE, programs_compared.KINDS, programs_compared.HOW_JUDGED, programs_compared.NAIVE,
    programs_compared.tally(TOLD, "month_12", names=False),
    *(programs_compared.compared(o, "month_12", a, means=(0.3, 0.4), count=370, margin=0.1) for o, a in TOLD),
    programs_compared.not_alike(ALCOHOL, TOLD[0][1], TOLD[0][1]),
    programs_alike.WHY_ALIKE, programs_alike.NOTHING_HIDDEN,
    programs_alike.hidden(ALCOHOL, "month_12", 2.3, 1.4),
    programs_elsewhere.ADVICE, *(one.found for one in programs_elsewhere.SAME_QUESTION),
    programs_alike.control(fact(-0.6, 1.1)),
    programs_alike.overlap({"people_due": 381.0, "people_compared": 370.0}, "month_12"),
    programs_alike.effective({"effective_sample_size_ate": 138.0, "programs_of_lesser_arm": 5.0}),
    programs_alike.lost({"came_minus_lost_k6_baseline_month_12_all": -0.3}, "month_12"),
    programs_through.ASSUMED, programs_through.WHAT_IS_ASKED, programs_through.HOW_TO_READ,
    programs_through.in_all(ALCOHOL, "month_12", TOLD[0][1]),
    programs_through.hidden(ALCOHOL, 0.34, 0.1),
    programs_through.summary([(ALCOHOL, TOLD[0][1])]),
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
