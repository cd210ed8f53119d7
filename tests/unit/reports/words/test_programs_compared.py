"""What is said of two kinds of programs beside a verdict: differences, likeness, paths and the scale."""

from __future__ import annotations

import re
from typing import Any

import pytest

from models.comparison import fidelity_rows
from models.comparison.margins import MARGINS
from models.fitness import LIMITS
from pipelines.codebook import load_codebook
from reports.release import Answer
from reports.words import (
    programs_alike,
    programs_compared,
    programs_scale,
    programs_through,
    programs_verdicts,
)
from reports.words.programs_compared import OUTCOMES, Outcome, outcome_of
from tests.unit.reports.words.programs_answers import (
    ABSTINENT,
    ALCOHOL,
    CAPITAL,
    HELD,
    HIDDEN,
    NOT_WORSE,
    OPEN,
    answer,
    fact,
)


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


def test_nobody_due_yet_is_said_and_no_rate_of_nobody() -> None:
    nobody = {"due_month_12_all": 0.0, "came_month_12_all": 0.0, "people_due": 0.0, "people_compared": 0.0}
    assert programs_alike.reached(nobody, "month_12") == (
        "Nobody is due for the interview 12 months after entry yet, going by what was delivered."
    )
    assert programs_alike.overlap(nobody, "month_12") == ""


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
