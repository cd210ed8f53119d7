"""What may be claimed of two kinds of programs: verdicts, and what would take a claim away."""

from __future__ import annotations

import pytest

from models.comparison.claims import WORDS
from reports.words import programs_verdicts
from reports.words.phrases import VERDICTS, verdict
from reports.words.programs_compared import OUTCOMES, Outcome
from reports.words.programs_verdicts import Rests
from reports.words.sensitivity import Told
from tests.unit.reports.words.programs_answers import (
    ABSTINENT,
    ALCOHOL,
    BETTER,
    CAPITAL,
    HELD,
    HIDDEN,
    NOT_WORSE,
    OPEN,
    SIMILAR,
    WORSE,
    answer,
)


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


def test_an_answer_without_a_verdict_in_its_note_is_given_none() -> None:
    assert verdict(answer("t", 0.1, note="Made alike.")) == ("", "")
    assert verdict(answer("t", 0.1, note="Wonderful: made alike.")) == ("", "")
    assert verdict(HIDDEN) == ("", "")
    assert verdict(HELD) == ("Not enough to say", "fewer than half of those due were interviewed")


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
    apart = [*told[:3], (CAPITAL, answer("t", 5.0, 1.0)), (OUTCOMES[2], answer("t", -0.2, 0.05, note=BETTER))]
    assert programs_verdicts.widths(apart).endswith(
        "For recovery capital, the range by itself leaves out no difference. Among so many outcomes that can "
        "be chance, so nothing is claimed of it."
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
