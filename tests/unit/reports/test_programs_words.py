"""The sentences on the kinds of programs: what they claim, what they never claim, how plainly."""

from __future__ import annotations

import re
from typing import Any

import pytest

from models.comparison import fidelity_rows
from models.comparison.claim_rows import MUCH_LARGER, WAYS
from models.comparison.claims import WORDS
from models.comparison.margins import MARGINS
from models.fitness import LIMITS
from pipelines.codebook import load_codebook
from reports.pages import programs_otherwise
from reports.release import Answer, Fact
from reports.words import (
    programs_alike,
    programs_compared,
    programs_elsewhere,
    programs_scale,
    programs_through,
    programs_verdicts,
)
from reports.words.phrases import VERDICTS, verdict
from reports.words.programs_compared import OUTCOMES, Outcome, outcome_of
from reports.words.programs_verdicts import Rests
from reports.words.sensitivity import Told

ALCOHOL, ABSTINENT = OUTCOMES[0], next(o for o in OUTCOMES if o.code == "abstinent")
CAPITAL = next(o for o in OUTCOMES if o.code == "barc10")
BETTER, NOT_WORSE, SIMILAR, WORSE, OPEN, CHANCE = (
    f"{WORDS[name]} Made alike." for name in ("better", "not worse", "similar", "worse", "open", "chance")
)
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
    found = {said: verdict(answer("t", 0.1, note=f"{said} Made alike.")) for said in WORDS.values()}
    assert all(word in VERDICTS and said == f"{word}: {reason}." for said, (word, reason) in found.items())
    assert {word for word, _ in found.values()} == set(VERDICTS)


def test_each_reason_not_to_claim_that_the_models_write_is_told_apart_in_short() -> None:
    short = {
        name: programs_verdicts.in_short(answer("t", 0.1, note=WORDS[name]))
        for name in ("open", "chance", "pooled", "drawn")
    }
    assert short == {
        "open": "Not enough to say",
        "chance": "Not enough to say: may be chance among ten",
        "pooled": "Not enough to say: hangs on how missing answers are pooled",
        "drawn": "Not enough to say: hangs on the draw of the filled-in answers",
    }
    assert programs_verdicts.in_short(answer("t", 0.1, note=NOT_WORSE)) == "Not worse by the margin or more"


def test_the_rule_is_asked_of_both_kinds_alike_in_words_that_never_count_verdicts() -> None:
    said = " ".join([*SAID, *(line for line in programs_verdicts.VERDICTS)])
    assert "the same of both kinds of program" in programs_verdicts.HOW_JUDGED
    assert "imilar or better" not in said
    assert not re.search(r"on \d+ of \d+", said)
    assert programs_otherwise.MUCH_LARGER == MUCH_LARGER
    assert set(WAYS) < set(programs_alike.WAYS)


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


def test_a_comparison_is_said_in_people_with_range_and_people() -> None:
    told = answer("t", -0.07, 0.16, note=OPEN)
    assert programs_compared.compared(ALCOHOL, "month_12", told, means=(0.31, 0.38), count=370) == (
        "After 12 months, about 31 of every 100 people of social programs had an alcohol problem. For "
        "people like them of clinical programs, it was about 38. That is 7 fewer of 100. The range is "
        "between 23 fewer and 9 more, from 370 people."
    )


def test_without_a_claim_the_verdict_says_what_stays_possible_either_way() -> None:
    assert programs_verdicts.judged(ALCOHOL, answer("t", -0.07, 0.16, note=OPEN), 0.1) == (
        "Not enough to say. A gap of the margin (10 of 100) or more is not ruled out on either side. "
        "Social programs may be better by up to 23 of 100, or worse by up to 9."
    )
    assert programs_verdicts.judged(CAPITAL, answer("t", -1.3, 2.2, note=NOT_WORSE), 2.4) == (
        "Not worse by the margin (2.4 points) or more. Whether it is better cannot be told."
    )
    assert programs_verdicts.judged(ALCOHOL, HELD) == ""


@pytest.mark.parametrize(
    ("outcome", "value", "half", "said"),
    [
        (ALCOHOL, 0.05, 0.10, "they may be worse by up to 15 of 100, or better by up to 5"),
        (ABSTINENT, 0.05, 0.10, "they may be better by up to 15 of 100, or worse by up to 5"),
        (ABSTINENT, 0.21, 0.18, "by the range alone, they are better by 3 to 39 of 100"),
        (ALCOHOL, 0.21, 0.18, "by the range alone, they are worse by 3 to 39 of 100"),
        (ALCOHOL, 0.12, 0.12, "they may be worse by up to 24 of 100, and hardly better"),
        (CAPITAL, 0.0, 0.01, "they may be alike"),
        (ALCOHOL, -0.05, 0.002, "by the range alone, they are better by about 5 of 100"),
    ],
)
def test_what_a_range_leaves_possible_is_said_as_better_and_worse(
    outcome: Outcome, value: float, half: float, said: str
) -> None:
    assert programs_verdicts.possible(outcome, answer("t", value, half)) == said


def test_a_score_is_said_in_points_of_its_scale() -> None:
    told = answer("t", 1.3, 2.2, note=NOT_WORSE)
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
        lambda a: programs_verdicts.brief(ALCOHOL, a),
        lambda a: programs_verdicts.first_told(ALCOHOL, "month_12", a),
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


def test_what_is_claimed_names_every_outcome_once_and_always_says_better_and_worse() -> None:
    notes = [BETTER, NOT_WORSE, SIMILAR, WORSE, OPEN]
    told = [(o, answer("t", 0.1, note=note)) for o, note in zip(OUTCOMES, notes, strict=False)]
    told += [(OUTCOMES[5], HELD), (OUTCOMES[6], HIDDEN)]
    said = programs_verdicts.claims(told, "month_12")
    assert said == (
        "We set people of social programs beside people like them of clinical programs, 12 months after "
        "entry. Beyond chance, those of social programs did better on alcohol and worse on work. A gap of "
        "the margin or more is ruled out either way for medical. Being worse by the margin or more is ruled "
        "out, and nothing else, for drugs. For legal and family there is not enough to say. Not shown, to "
        "protect privacy: mental health."
    )
    assert [said.count(outcome.name) for outcome, _ in told] == [1] * len(told)


def test_beside_each_claim_stands_the_shift_that_undoes_it_and_beside_nothing_else() -> None:
    told = [(ALCOHOL, answer("t", -0.2, note=BETTER)), (CAPITAL, answer("t", 1.0, note=OPEN))]
    said = programs_verdicts.claims(told, "month_12", {ALCOHOL.code: 0.013, CAPITAL.code: 0.2})
    assert "did better on alcohol (a shift of 1.3 of 100 undoes this) and worse on none." in said
    assert said.endswith("For recovery capital there is not enough to say.")


def test_a_wave_without_a_claim_says_so_of_both_kinds() -> None:
    told = [(o, answer("t", 0.1, note=OPEN)) for o in OUTCOMES]
    said = programs_verdicts.claims(told, "month_6")
    assert "did neither better nor worse beyond chance on any outcome." in said
    assert said.endswith("There is not enough to say for any of the 10 outcomes.")
    assert programs_verdicts.headline(told, "month_6") == (
        "Social programs, 6 months after entry: not enough to say for any outcome"
    )


def test_the_headline_of_the_forest_names_what_is_claimed() -> None:
    told = [(ALCOHOL, answer("t", 0.1, note=BETTER)), (ABSTINENT, HELD), (CAPITAL, HIDDEN)]
    assert programs_verdicts.headline(told, "month_6") == (
        "Social programs, 6 months after entry: better for alcohol; not enough to say for the rest"
    )


def test_how_much_is_known_is_told_by_width_alone_and_the_gap_ruled_out_lies_past_the_range() -> None:
    told = [
        (ALCOHOL, answer("t", -0.0701, 0.16)), (ABSTINENT, answer("t", 0.02, 0.08)),
        (OUTCOMES[1], answer("t", 0.0, 0.3)), (CAPITAL, answer("t", 0.1, 2.0)), (OUTCOMES[2], HELD),
    ]  # fmt: skip
    said = programs_verdicts.widths(told)
    assert said == (
        "How much is known? At best (abstinence), a gap of 10 or more of 100 people is ruled out, for better "
        "and for worse. At worst (drug problems), only one of 30 or more is. Smaller gaps stay possible, "
        "either way."
    )
    assert programs_verdicts.ruled_out_text(*told[0]) == "24 or more"  # the range ends at 23.01
    assert programs_verdicts.ruled_out_text(*told[3]) == "2.1 or more"
    assert programs_verdicts.ruled_out_text(*told[4]) == ""
    mirrored = [(o, answer("t", -(a.estimate or 0.0), 0.16)) for o, a in told[:1]]
    assert programs_verdicts.ruled_out(*mirrored[0]) == programs_verdicts.ruled_out(*told[0])
    assert programs_verdicts.widths(told[:1]) == ""


def test_a_claim_is_told_with_all_that_would_take_it_away() -> None:
    told = answer("t", 0.2, 0.05, note=BETTER)
    on = Rests(bias=0.024, tipping=0.31, drawn=0.006, ways={"By weights alone": False, "Another": True})
    assert programs_verdicts.rests_on(ABSTINENT, "month_6", told, on) == (
        "Abstinence, 6 months after entry, “better”. This falls if something hidden shifts the gap by 2.4 of "
        "100. It also falls if those of social programs who did not answer fared worse than we filled in, "
        "by 31 of 100 or more. It is near the line: filling in missing answers anew shifts the gap by about "
        "0.6 of 100. Worked out in other ways and taken by itself, it does not hold for “by weights alone”."
    )
    far = programs_verdicts.rests_on(
        CAPITAL, "month_6", told, Rests(bias=0.02, drawn=0.001, side="better", beyond=True, ways={"A": True})
    )
    assert "by 0.02 points." in far
    assert "near the line" not in far
    assert "Nothing that those of social programs who did not answer could have said" in far
    assert far.endswith("it holds each time.")
    assert programs_verdicts.rests_on(ABSTINENT, "month_6", answer("t", 0.2, note=OPEN), on) == ""


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


def test_the_check_on_age_at_the_start_is_told_before_and_after_and_never_reassures() -> None:
    said = programs_alike.control(fact(-0.6, 1.1), fact(-0.9, 1.0), unseen=0.23, correlation=0.08)
    assert said == (
        "A check: the age at which the problem began. No program can change it. As they came, people of "
        "social programs began 0.9 years younger (the range runs from −1.9 to 0.1 years). With people made "
        "alike, it is 0.6 years younger (the range runs from −1.7 to 0.5 years). That the range holds zero "
        "tells us little. A gap of 0.23 standard deviations could be there unseen. And this age goes little "
        "with how people fare (correlations of 0.08 at most). So it could miss the very thing that sets the "
        "groups apart."
    )
    assert "as it should" not in said
    assert "were not made fully alike" in programs_alike.control(fact(-2.0, 1.1))
    assert "is 0.40 at most" in programs_alike.control(fact(-0.6, 1.1), correlation=0.4)
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


def test_the_ways_of_working_out_put_the_claim_to_the_test_and_not_zero_alone() -> None:
    clear, open_ = Told("", -0.2, -0.3, -0.1), Told("weighted", -0.2, -0.5, 0.1)
    told = [(ALCOHOL, [clear, clear]), (ABSTINENT, [clear, open_]), (CAPITAL, [open_, open_])]
    said = programs_verdicts.otherwise(
        [(ALCOHOL, {"weighted": True}), (CAPITAL, {"weighted": True, "rubin": False})], told, [CAPITAL]
    )
    assert said == (
        "In every way, what is claimed holds for alcohol. In some ways it does not hold for recovery "
        "capital: read that with care. Without a claim above, some range below leaves out no difference for "
        "abstinence. Each stands by itself, and among so many some do so by chance. For recovery capital, "
        "Rubin's rules give a much wider range: go by that one."
    )
    assert programs_verdicts.otherwise([], told).startswith("Nothing is claimed above")
    assert programs_verdicts.otherwise([], []) == ""


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
    assert programs_scale.per_step(ALCOHOL, "month_12", chance).endswith(
        "With ten outcomes looked at, this may be chance."
    )
    assert "none differs beyond chance" in programs_scale.summary([(ALCOHOL, chance)], 12.0)
    assert programs_scale.summary([(ALCOHOL, beyond)], 12.0).endswith("362 people of 12 programs.")
    assert programs_scale.headline([(ALCOHOL, chance)], "month_12").endswith(
        "no outcome differs beyond chance"
    )


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
