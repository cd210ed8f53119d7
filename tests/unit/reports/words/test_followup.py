"""How long people were followed, and how many were asked."""

from __future__ import annotations

from dataclasses import replace

from reports.words.followup import follow_up
from tests.unit.reports.words.answers import answer, fact


def test_follow_up_is_said_in_the_unit_of_each_analysis() -> None:
    assert (
        follow_up([fact("W1", "response_rate", 0.87)])
        == "Answers came for 87 of every 100 evenings asked about."
    )
    assert follow_up([fact("J1", "follow_up", 0.9)]).startswith(
        "For half of the people the records reach 0.9 years"
    )
    assert follow_up([fact("A1", "follow_up", 0.55)]).startswith("55 of every 100 people")


def test_people_who_were_never_asked_are_not_passed_over() -> None:
    asked = [fact("V1", "asked", 330), fact("V1", "answered_both", 303)]
    assert follow_up(asked).startswith(
        "303 of 330 people asked answered for both times. People who could not be reached"
    )
    hidden = [fact("V1", "asked", None, suppressed=True), fact("V1", "answered_both", 303)]
    assert follow_up(hidden) == (
        "These are the 303 people who answered for both times; how many were asked, or could not be reached "
        "for the interview, is not shown. Those not reached may be doing less well."
    )
    assert follow_up([*hidden, fact("V1", "due", 469)]).startswith(
        "303 of 469 people due for the interview answered for both times (65 of every 100)."
    )
    assert follow_up([*asked, fact("V1", "due", 469)]).startswith(
        "330 of 469 people due for the interview could be asked (70 of every 100); 303 of them answered"
    )


def test_follow_up_names_the_people_of_the_answer_and_of_whom_they_are() -> None:
    diary = answer("t", 0.7, n_people=120, n_rows=1497)
    share = replace(fact("W1", "response_rate", 0.9), n_people=120)
    assert follow_up([share], diary, of=598) == (
        "120 of 598 people kept the evening diary. The others are not in these figures and may differ; "
        "whether they were asked is not known here. Answers came for 90 of every 100 evenings asked about "
        "(1,497 evenings are used here)."
    )
    returned = answer("within_3_years", 0.4)
    assert "63 people had been followed for 3 years without a return." in follow_up(
        [fact("J1", "follow_up", 2.7)], returned, still=63
    )
    trial = replace(fact("A1", "follow_up", 0.54), n_people=453)
    assert follow_up([trial], answer("t", 1.0, n_people=244)) == (
        "244 of the 453 people in the study are in this figure."
    )


def test_a_suppressed_or_absent_follow_up_is_not_said() -> None:
    assert follow_up([fact("W1", "response_rate", 0.87, suppressed=True)]) == ""
    assert follow_up([fact("V1", "asked", 480)]) == ""


def test_nobody_due_yet_is_said_and_no_rate_of_nobody() -> None:
    nobody = [fact("V1", name, 0) for name in ("due", "asked", "answered_both")]
    said = "Nobody is due for the interview yet, going by what was delivered."
    assert follow_up(nobody) == said
    assert follow_up([nobody[0], nobody[2]]) == said
