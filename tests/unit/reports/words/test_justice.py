"""What is said of returns to prison: rates, horizons, and people still followed."""

from __future__ import annotations

from models.survival.return_to_prison import DELAYED_METHOD
from reports.words import justice
from tests.unit.reports.words.answers import REFUSED, SUPPRESSED, answer, benchmark


def test_a_rate_is_said_with_its_range_and_its_people() -> None:
    assert justice.returned(answer("within_3_years", 0.351, 0.30, 0.402)) == (
        "About 35 of every 100 people returned to prison within 3 years of release "
        "(between 30 and 40 of 100; 240 people)."
    )


def test_a_rate_without_a_range_or_people_is_said_without_empty_parentheses() -> None:
    said = justice.returned(answer("within_1_year", 0.0, n_people=None))
    assert said == "About 0 of every 100 people returned to prison within 1 year of release."


def test_a_small_rate_is_never_said_to_be_none_and_a_large_one_never_all() -> None:
    assert justice.returned(answer("within_1_year", 0.002)).startswith("Fewer than 1 of every 100")
    assert justice.returned(answer("within_1_year", 0.998)).startswith("More than 99 of every 100")


def test_a_refused_rate_gives_the_reason_and_no_figure() -> None:
    assert justice.returned(REFUSED) == (
        "We cannot say yet how many people returned to prison within 3 years of release, because fewer than "
        "10 people could be followed."
    )


def test_a_suppressed_rate_says_that_it_is_withheld_and_why() -> None:
    said = justice.returned(SUPPRESSED)
    assert said.endswith("not shown, to protect privacy, because it rests on few people.")
    assert "240" not in said


def test_several_horizons_are_said_without_repeating_the_people() -> None:
    said = justice.horizons([answer("within_1_year", 0.14, 0.10, 0.19), REFUSED])
    assert said[0] == "Within 1 year, 14 of every 100 had returned (between 10 and 19)."
    assert said[1].startswith("We cannot say yet")
    assert "people)" not in " ".join(said)


def test_people_seen_from_program_entry_on_are_said_to_be_participants() -> None:
    entered = answer("within_3_years", 0.4, 0.33, 0.48, method=DELAYED_METHOD)
    assert justice.returned(entered) == (
        "Among 240 people who entered a program after leaving prison, about 40 of every 100 returned to "
        "prison within 3 years of release (between 33 and 48 of 100)."
    )
    nameless = justice.returned(answer("within_3_years", 0.4, method=DELAYED_METHOD, n_people=None))
    assert nameless.startswith("Among people who entered a program")


def test_a_share_that_holds_from_a_later_day_on_says_so_in_its_sentence_and_its_headline() -> None:
    late = answer("within_3_years", 0.4, 0.33, 0.48)
    assert "240 people who had not returned in the first 60 days, about 40" in justice.returned(late, 60.0)
    assert "of those not returned by day 60" in justice.headline(late, 60.0)
    assert "first 60 days" not in justice.returned(late, 0.0)


def test_people_still_followed_are_said_beside_a_rate_and_never_without_one() -> None:
    said = justice.followed_on(63, answer("within_3_years", 0.4, 0.33, 0.48))
    assert said.startswith("63 of the 240 people have been followed for the full 3 years without a return;")
    withheld = justice.followed_on(None, answer("within_3_years", 0.4, n_people=None))
    assert withheld.startswith("People count until they returned, or for as long as they were followed.")
    assert justice.followed_on(63, SUPPRESSED) == ""


def test_figures_of_an_event_that_is_not_stated_are_named_as_such() -> None:
    rows = [benchmark("A note", 0.35, "recidivism_not_defined"), benchmark("B", 0.544, "return_to_prison")]
    said = justice.missouri(rows, "return_to_prison")
    assert "run from 35 to 54.4 of every 100 people" in said
    assert "A note does not say which event is counted" in said
    assert "not say" not in justice.missouri(rows[1:], "return_to_prison")
    assert justice.missouri([], "return_to_prison") == ""
